"""`localities trends`: how an indicator has changed in a locality, and where that leads."""

from __future__ import annotations

from functools import partial
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
    localities_named,
)
from pipelines.cli.parts.output import count, in_words, number, numbers, table_of
from pipelines.cli.parts.reading import open_store, where_of
from pipelines.cli.parts.results import asked_for, places_in, titled
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.storage.store import Store


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
    directions = among(direction, TREND_DIRECTIONS, "--direction")
    asked = asked_for(
        home, sample=sample, as_json=as_json, as_csv=as_csv, area=area, candidate_set=candidate_set, indicator=indicator
    )
    store = open_store(asked.home, "trends", "candidate_localities", is_sample=sample)
    places = places_in(store, asked)
    is_every_place = asked.areas is None and asked.sets is None and not locality
    if locality:
        places = localities_named(locality, places, option="--locality", store=store, home=asked.home)
    rows = rows_of(
        store,
        "trends",
        where=where_of(
            locality_id=None if is_every_place else places["locality_id"].tolist(),
            indicator_id=asked.indicators,
            trend_direction=directions,
        ),
    )
    rows = places.merge(rows, on="locality_id", how="inner", validate="one_to_many")
    rows = rows.sort_values(["locality_id", "indicator_id"], ignore_index=True)
    asked.show(rows, partial(_show, store=store), what="trends", nothing="No trend matches.", limit=limit)


def _show(rows: pd.DataFrame, store: Store) -> None:
    titles = titled(rows["indicator_id"], store)
    for (name, place, cpp), group in rows.groupby(["locality_name", "locality_id", "cpp_name"], sort=False):
        table_of(
            f"{name} ({place}), {cpp}",
            group,
            (
                ("Indicator", "left", lambda row: titles[row.indicator_id]),
                ("From", "left", lambda row: in_words(row.first_period)),
                ("To", "left", lambda row: in_words(row.last_period)),
                ("Periods", "right", lambda row: count(row.period_count)),
                ("Change", "right", lambda row: number(row.change)),
                ("Change by chance alone", "right", lambda row: numbers(row.change_lower_ci, row.change_upper_ci)),
                ("Change, % a year", "right", lambda row: number(row.annual_change_pct)),
                ("In 3 years", "right", lambda row: number(row.projected_3)),
                ("Limits in 3 years", "right", lambda row: numbers(row.projected_3_lower, row.projected_3_upper)),
                ("Trend", "left", lambda row: in_words(row.trend_direction)),
                ("Why", "left", lambda row: in_words(row.reason)),
            ),
            styles={"worsening": "bold red", "improving": "green"},
            if_wide=("Periods", "Change by chance alone", "Why", "Limits in 3 years", "Change, % a year", "From"),
        )
