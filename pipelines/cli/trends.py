"""`localities trends`: how an indicator has changed in a locality, and where that leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from indicators.schema.vocabulary import TREND_DIRECTIONS
from pipelines.cli.parts.choices import (
    Areas,
    AsCsv,
    AsJson,
    CandidateSets,
    HomeFolder,
    Indicators,
    Limit,
    Localities,
    Sample,
    among,
    areas_named,
    first_rows,
    home_of,
    indicators_named,
    localities_named,
    one_form,
    sets_named,
)
from pipelines.cli.parts.output import (
    EXIT_CODES,
    count,
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

__all__ = ["register"]

_PLACE = ("locality_id", "candidate_set", "locality_name", "cpp_code", "cpp_name")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("trends", epilog=EXIT_CODES)(trends)


def trends(
    area: Areas = None,
    locality: Localities = None,
    indicator: Indicators = None,
    candidate_set: CandidateSets = None,
    direction: Annotated[
        list[str] | None,
        typer.Option(
            "--direction", metavar="|".join(TREND_DIRECTIONS), help="Way of the trend. Repeatable.", show_default=False
        ),
    ] = None,
    limit: Limit = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show how indicators have changed in localities, the yearly trend, and where it leads in three years."""
    one_form(as_json, as_csv)
    directions = among(direction, TREND_DIRECTIONS, "--direction")
    working = home_of(home, is_sample=sample)
    areas = areas_named(area, working, is_sample=sample)
    sets = sets_named(candidate_set, working)
    indicators = indicators_named(indicator)
    store = open_store(working, "trends", "candidate_localities", is_sample=sample)
    everywhere = rows_of(store, "candidate_localities", columns=list(_PLACE))
    places = rows_of(
        store, "candidate_localities", columns=list(_PLACE), where=where_of(cpp_code=areas, candidate_set=sets)
    )
    if locality:
        places = localities_named(locality, places, option="--locality")
    rows = rows_of(
        store,
        "trends",
        where=where_of(
            locality_id=places["locality_id"].tolist() if len(places) < len(everywhere) else None,
            indicator_id=indicators,
            trend_direction=directions,
        ),
    )
    rows = places.merge(rows, on="locality_id", how="inner", validate="one_to_many")
    rows = rows.sort_values(["locality_id", "indicator_id"], ignore_index=True)
    total = len(rows)
    rows = first_rows(rows, limit, is_for_machines=as_json or as_csv)
    if as_json:
        write_rows(rows)
    elif as_csv:
        write_csv(rows)
    elif rows.empty:
        screen().print("No trend matches.")
    else:
        if sample:
            say_fictional()
        _show(rows)
        if len(rows) < total:
            screen().print(f"Showing {len(rows):,} of {total:,} trends: narrow them, or give --limit 0 for all.")


def _show(rows: pd.DataFrame) -> None:
    from indicators.catalogue import load_catalogue

    titles = {one.id: one.title for one in load_catalogue()}
    for (name, place, cpp), group in rows.groupby(["locality_name", "locality_id", "cpp_name"], sort=False):
        table(
            f"{name} ({place}), {cpp}",
            (
                ("Indicator", "left"),
                ("From", "left"),
                ("To", "left"),
                ("Periods", "right"),
                ("Change", "right"),
                ("By chance alone", "right"),
                ("% a year", "right"),
                ("In 3 years", "right"),
                ("Limits in 3 years", "right"),
                ("Trend", "left"),
                ("Why", "left"),
            ),
            [
                (
                    titles.get(row.indicator_id, str(row.indicator_id)),
                    in_words(row.first_period),
                    in_words(row.last_period),
                    count(row.period_count),
                    number(row.change),
                    numbers(row.change_lower_ci, row.change_upper_ci),
                    number(row.annual_change_pct),
                    number(row.projected_3),
                    numbers(row.projected_3_lower, row.projected_3_upper),
                    in_words(row.trend_direction),
                    in_words(row.reason),
                )
                for row in rows_in(group)
            ],
            styles={"worsening": "bold red", "improving": "green"},
            if_wide=("Periods", "By chance alone", "Limits in 3 years", "Why", "% a year"),
        )
