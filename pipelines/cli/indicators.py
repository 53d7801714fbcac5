"""`localities indicators`: the catalogue, one declaration in full, and the checking of declarations."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indicators.errors import LocalitiesError, some
from pipelines.cli.parts.adding import add_indicator
from pipelines.cli.parts.choices import AsJson, HomeFolder, Sample, home_of, indicators_named
from pipelines.cli.parts.output import (
    EXIT_CODES,
    count,
    in_words,
    records,
    rows_in,
    screen,
    table,
    table_of,
    to_stderr,
    write_json,
    yes_no,
)

if TYPE_CHECKING:
    from indicators.catalogue import Indicator
    from pipelines.run.trying import Tried

indicators = typer.Typer(
    help="The declared indicators: list, show one in full, check declarations.",
    no_args_is_help=True,
    epilog=EXIT_CODES,
)


@indicators.command("list", epilog=EXIT_CODES)
def list_indicators(as_json: AsJson = False) -> None:
    """Show every declared indicator, by domain."""
    from indicators.catalogue import load_catalogue

    declared = load_catalogue()
    every = (*declared.indicators, *declared.by_group)
    catalogue = sorted(every, key=lambda one: (one.domain.casefold(), one.id))
    if as_json:
        write_json([asdict(one) for one in sorted(catalogue, key=lambda one: one.id)])
        return
    for domain, members in groupby(catalogue, key=lambda one: one.domain):
        table_of(
            domain,
            members,
            (
                ("Indicator", "code", lambda one: one.id),
                ("Title", "left", lambda one: one.title),
                (
                    "Role",
                    "left",
                    lambda one: f"{one.role}, by {one.groups.dimension.replace('_', ' ')}" if one.groups else one.role,
                ),
                ("Kind", "left", lambda one: one.kind.replace("_", " ")),
                ("Unit", "left", lambda one: one.unit),
                ("Poorer", "left", lambda one: f"{one.poorer_is} is poorer" if one.is_tested else "not tested"),
                ("Important difference", "right", lambda one: _difference(one)),
                ("Votes", "left", lambda one: yes_no(one.votes)),
            ),
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

    catalogue = load_catalogue()
    found = {one.id: one for one in catalogue.by_group}.get(indicator)
    if found is None:
        indicators_named([indicator], option="ID")
        found = catalogue[indicator]
    declared = asdict(found) | {"votes": found.votes}
    if as_json:
        write_json(declared)
        return
    table(
        found.title,
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
    named: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE|ID",
            help="Declarations, by file or by id; by default the whole catalogue.",
            show_default=False,
        ),
    ] = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Check declarations: keys, values and names, and the figures by every rule of a run where files are there.

    Of what is named it also says which findings there will be in which candidate sets, and why not others, and which
    verdicts would change, held against the last run of the working folder. Nothing is changed.
    """
    from indicators.catalogue import Catalogue
    from indicators.declaring.checking import check_declaration
    from pipelines.run.trying import has_run, try_indicator
    from pipelines.sources.declarations import load_sources, with_encodings

    working = home_of(home, is_sample=sample)
    declared = load_sources()
    files = {one.id: one.path_in(working.downloads) for one in declared.values()}
    problems: dict[str, list[str]] = {}
    tried: dict[str, Tried] = {}
    untried: list[str] = []
    for place, given in _to_check(named):
        try:
            indicator = _parsed(given) if isinstance(given, Path) else given
            (one,) = with_encodings(Catalogue((indicator,)), declared)
            problems[place] = check_declaration(one, sources=declared, files=files)
            if named and one.groups and not problems[place]:
                untried.append(f"{place} is by group: `localities groups` shows what a run makes of it.")
            elif named and not problems[place] and has_run(working) and _at_hand(one, files):
                from indicators.catalogue import load_catalogue

                tried[place] = try_indicator(working, one, load_catalogue(), files)
            elif named and not problems[place]:
                lacking = "the file of its source" if has_run(working) else "a run of this working folder"
                untried.append(f"Not tried on localities: {place} needs {lacking}.")
        except LocalitiesError as error:
            problems[place] = [str(error)]
    wrong = {place: found for place, found in problems.items() if found}
    if as_json:
        shown = {place: {name: records(getattr(one, name)) for name in ("figures", "findings", "verdicts")}
                 for place, one in tried.items()}  # fmt: skip
        write_json({"checked": len(problems), "problems": wrong, "tried": shown})
    else:
        for found in wrong.values():
            for message in found:
                to_stderr(f"Error: {message}")
        for place, one_tried in tried.items():
            _show_tried(place, one_tried)
        for line in untried:
            screen().print(line, markup=False, soft_wrap=True)
        screen().print(f"{len(problems) - len(wrong)} of {len(problems)} declarations are good.")
    if wrong:
        raise typer.Exit(1)


def _to_check(named: list[str] | None) -> list[tuple[str, Indicator | Path]]:
    """Return where each declaration to check is, and the declaration or its file."""
    from indicators.catalogue import declared_folder, load_catalogue
    from indicators.declaring.own import own_folder

    if not named:
        catalogue = load_catalogue()
        every = (*catalogue.indicators, *catalogue.by_group)
        return [(str(declared_folder() / f"{one.id}.yaml"), one) for one in every]
    places: list[tuple[str, Indicator | Path]] = []
    for text in named:
        own = own_folder("indicators")
        known = [folder / f"{text}.yaml" for folder in (own, declared_folder()) if folder is not None]
        path = next((place for place in known if place.is_file()), Path(text).expanduser())
        places.append((str(path), path))
    return places


def _at_hand(one: Indicator, files: dict[str, Path]) -> bool:
    from indicators.readers import sources_of

    return all(source in files and files[source].is_file() for source in sources_of([one.on_zones("2011")]))


def _show_tried(place: str, tried: Tried) -> None:
    out = screen()
    out.print(place, style="bold", markup=False)
    for row in rows_in(tried.figures):
        counts = [f"{getattr(row, name):,} {name.replace('_', ' ')}" for name in tried.figures.columns[1:]]
        out.print(f"{row.period}: {', '.join(counts)}.", markup=False)
    if tried.findings.empty:
        out.print("It describes: no findings.")
    else:
        table(
            "Findings that there will be",
            (("Candidate set", "code"), ("Places", "right"), ("Assessed, Scotland", "right"), ("Poorer", "right"),
             ("Assessed, CPP", "right"), ("Poorer", "right"), ("Why others are not", "left")),
            [(row.candidate_set, count(row.localities), count(row.assessed_scotland), count(row.poorer_scotland),
              count(row.assessed_cpp), count(row.poorer_cpp), row.reason) for row in rows_in(tried.findings)],
        )  # fmt: skip
    if tried.verdicts.empty:
        out.print("No verdict changes.")
        return
    for (cpp, drawn), part in tried.verdicts.groupby(["cpp_name", "candidate_set"], sort=True):
        moves = part.groupby(["comparator", "before", "after"]).agg(
            places=("locality_name", "size"), names=("locality_name", lambda names: some(list(names), 3))
        )
        for (comparator, before, after), move in moves.iterrows():
            against = "Scotland" if comparator == "scotland" else "its CPP"
            out.print(
                f"{cpp}, {drawn}: {move['places']} against {against} from {in_words(before)} to {in_words(after)} "
                f"({move['names']}).",
                markup=False,
                soft_wrap=True,
            )
    out.print(f"{len(tried.verdicts):,} answers would change; nothing has been changed.")


def _parsed(path: Path) -> Indicator:
    from indicators.catalogue import WHAT, parse_indicator
    from indicators.declaring.checking import refuse_draft
    from indicators.declaring.strict_yaml import read_yaml

    content = read_yaml(path, WHAT)
    refuse_draft(content, path)
    return parse_indicator(content, path)


indicators.command("add", epilog=EXIT_CODES)(add_indicator)
