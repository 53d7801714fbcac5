"""`localities inequality`: how unequal outcomes are between the more and the less deprived zones of an area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from indicators.schema.vocabulary import INEQUALITY_MEASURES
from pipelines.cli.parts.choices import (
    Areas,
    AsCsv,
    AsJson,
    HomeFolder,
    Indicators,
    Limit,
    Sample,
    among,
    areas_named,
    first_rows,
    home_of,
    indicators_named,
    one_form,
)
from pipelines.cli.parts.output import (
    EXIT_CODES,
    in_words,
    number,
    numbers,
    rows_in,
    say_fictional,
    screen,
    table,
    write_csv,
    write_rows,
)
from pipelines.cli.parts.reading import open_store, rows_of, where_of

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.folders import Home

__all__ = ["register"]

# the country stands in the table as an area of its own (localities.change.inequality.SCOTLAND, too heavy to import
# here)
COUNTRY = "S92000003"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("inequality", epilog=EXIT_CODES)(inequality)


def inequality(
    area: Areas = None,
    indicator: Indicators = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            "--measure",
            "-m",
            metavar="MEASURE",
            help=f"One of {', '.join(INEQUALITY_MEASURES)}. Repeatable; all by default.",
            show_default=False,
        ),
    ] = None,
    all_periods: Annotated[bool, typer.Option("--all-periods", help="Every period, not only the latest.")] = False,
    limit: Limit = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show how unequal outcomes are inside each CPP area, and in Scotland (--area Scotland)."""
    one_form(as_json, as_csv)
    measures = among(measure, INEQUALITY_MEASURES, "--measure")
    working = home_of(home, is_sample=sample)
    wanted = _areas(area, working, is_sample=sample)
    indicators = indicators_named(indicator)
    store = open_store(working, "inequality", is_sample=sample)
    where = where_of(indicator_id=indicators, measure=measures, is_headline_period=None if all_periods else [True])
    rows = rows_of(store, "inequality", where=where | where_of(area_code=wanted))
    rows = rows.sort_values(["area_code", "indicator_id", "period", "measure"], ignore_index=True)
    total = len(rows)
    rows = first_rows(rows, limit, is_for_machines=as_json or as_csv)
    if as_json:
        write_rows(rows)
    elif as_csv:
        write_csv(rows)
    elif rows.empty:
        screen().print("Nothing matches.")
    else:
        if sample:
            say_fictional()
        country = rows_of(store, "inequality", where=where | {"area_code": [COUNTRY]})
        _show(rows, country)
        if len(rows) < total:
            screen().print(f"Showing {len(rows):,} of {total:,} rows: narrow them, or give --limit 0 for all.")


def _areas(texts: Sequence[str] | None, home: Home, *, is_sample: bool) -> list[str] | None:
    """Return the codes of the areas named, or None for all; Scotland is one of them."""
    others = [text for text in texts or () if text.strip().casefold() not in ("scotland", COUNTRY.casefold())]
    names_country = len(others) < len(texts or ())
    if names_country and not others:
        return [COUNTRY]
    found = areas_named(others, home, is_sample=is_sample)
    return [*found, COUNTRY] if names_country and found is not None else found


def _show(rows: pd.DataFrame, country: pd.DataFrame) -> None:
    from indicators.catalogue import load_catalogue

    titles = {one.id: one.title for one in load_catalogue()}
    key = ["indicator_id", "period", "measure"]
    beside = country[[*key, "value"]].rename(columns={"value": "country_value"})
    for (name, code), group in rows.groupby(["area_name", "area_code"], sort=False):
        table(
            f"{name} ({code})",
            (
                ("Indicator", "left"),
                ("Period", "left"),
                ("Measure", "left"),
                ("Value", "right"),
                ("Interval", "right"),
                ("Unit", "left"),
                ("Scotland", "right"),
                ("Why not", "left"),
            ),
            [
                (
                    titles.get(row.indicator_id, str(row.indicator_id)),
                    str(row.period),
                    in_words(row.measure),
                    number(row.value),
                    numbers(row.lower_ci, row.upper_ci),
                    str(row.unit),
                    number(row.country_value),
                    in_words(row.reason),
                )
                for row in rows_in(group.merge(beside, on=key, how="left"))
            ],
            if_wide=("Unit", "Why not", "Interval"),
        )
