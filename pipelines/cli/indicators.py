"""`localities indicators`: the catalogue, one declaration in full, and the checking of declarations."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indicators.errors import LocalitiesError
from pipelines.cli.parts.choices import AsJson, HomeFolder, home_of, indicators_named
from pipelines.cli.parts.output import EXIT_CODES, screen, table, to_stderr, write_json, yes_no

if TYPE_CHECKING:
    from indicators.catalogue import Indicator

__all__ = ["register"]

indicators = typer.Typer(
    help="The declared indicators: list, show one in full, check declarations.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    from pipelines.cli.parts.adding import register as register_add

    register_add(indicators)
    app.add_typer(indicators, name="indicators", epilog=EXIT_CODES)


@indicators.command("list", epilog=EXIT_CODES)
def list_indicators(as_json: AsJson = False) -> None:
    """Show every declared indicator, by domain."""
    from indicators.catalogue import load_catalogue

    catalogue = sorted(load_catalogue(), key=lambda one: (one.domain.casefold(), one.id))
    if as_json:
        write_json([asdict(one) for one in sorted(catalogue, key=lambda one: one.id)])
        return
    for domain, members in groupby(catalogue, key=lambda one: one.domain):
        table(
            domain,
            (
                ("Indicator", "code"),
                ("Title", "left"),
                ("Role", "left"),
                ("Kind", "left"),
                ("Unit", "left"),
                ("Poorer", "left"),
                ("Important difference", "right"),
                ("Votes", "left"),
            ),
            [
                (
                    one.id,
                    one.title,
                    one.role,
                    one.kind.replace("_", " "),
                    one.unit,
                    f"{one.poorer_is} is poorer" if one.is_tested else "not tested",
                    _difference(one),
                    yes_no(one.votes),
                )
                for one in members
            ],
            if_wide=("Kind", "Important difference", "Unit", "Role", "Votes"),
        )
    screen().print(f"{len(catalogue)} indicators. `localities indicators show <id>` shows everything declared of one.")


def _difference(one: Indicator) -> str:
    words = {"ratio": "times", "odds": "times the odds", "sd": "sd between zones", "points": one.unit}
    return f"{one.smallest_important_difference:g} {words[one.smallest_important_difference_scale]}"


@indicators.command("show", epilog=EXIT_CODES)
def show_indicator(
    indicator: Annotated[str, typer.Argument(metavar="ID", help="Id of the indicator.")], as_json: AsJson = False
) -> None:
    """Show everything that is declared of one indicator."""
    from indicators.catalogue import load_catalogue

    indicators_named([indicator], option="ID")
    catalogue = load_catalogue()
    declared = asdict(catalogue[indicator]) | {"votes": catalogue[indicator].votes}
    if as_json:
        write_json(declared)
        return
    table(
        catalogue[indicator].title,
        (("Declared", "left"), ("Value", "left")),
        [(name.replace("_", " "), _text(value)) for name, value in declared.items() if name != "title"],
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_text(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None or value == "" else str(value)


@indicators.command("check", epilog=EXIT_CODES)
def check_declarations(
    file: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Declarations; by default the whole catalogue.", show_default=False),
    ] = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Check declarations: keys and values, names, and the figures themselves where the files have been fetched."""
    from indicators.declaring.checking import check_declaration
    from pipelines.sources.declarations import load_sources

    declared = load_sources()
    files = {one.id: one.path_in(home_of(home).downloads) for one in declared.values()}
    problems: dict[str, list[str]] = {}
    if file:
        for path in file:
            try:
                problems[str(path)] = check_declaration(_parsed(path), sources=declared, files=files)
            except LocalitiesError as error:
                problems[str(path)] = [str(error)]
    else:
        from indicators.catalogue import declared_folder, load_catalogue

        for one in load_catalogue():
            found = check_declaration(one, sources=declared, files=files)
            problems[str(declared_folder() / f"{one.id}.yaml")] = found
    wrong = {path: found for path, found in problems.items() if found}
    if as_json:
        write_json({"checked": len(problems), "problems": wrong})
    else:
        for found in wrong.values():
            for message in found:
                to_stderr(f"Error: {message}")
        screen().print(f"{len(problems) - len(wrong)} of {len(problems)} declarations are good.")
    if wrong:
        raise typer.Exit(1)


def _parsed(path: Path) -> Indicator:
    from indicators.catalogue import WHAT, parse_indicator
    from indicators.declaring.strict_yaml import read_yaml

    return parse_indicator(read_yaml(path, WHAT), path)
