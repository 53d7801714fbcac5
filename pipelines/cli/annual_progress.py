"""`localities progress`: each place against its own past and against the rest, for an annual progress report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from indicators.schema.vocabulary import GROUNDS
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
from pipelines.cli.parts.output import in_words, number, numbers, screen, table_of, yes_no
from pipelines.cli.parts.reading import open_store, where_of
from pipelines.cli.parts.results import PLACE, asked_for, titled
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.folders import Home
    from pipelines.storage.store import Store


def progress(
    area: Areas = None,
    locality: Localities = None,
    indicator: Indicators = None,
    candidate_set: CandidateSets = None,
    ground: Annotated[
        list[str] | None,
        typer.Option(
            "--ground", metavar="|".join(GROUNDS), help="Against the rest of its area. Repeatable.", show_default=False
        ),
    ] = None,
    against_the_trend: Annotated[
        bool,
        typer.Option("--against-the-trend", help="Only what surely goes the other way than the area as a whole."),
    ] = False,
    limit: Limit = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show how far places have come: against their own past, and against the rest over the same years.

    The data behind an annual progress report. Partnerships come first, then the areas of current locality plans, then
    flagged localities, then all others.
    """
    grounds = among(ground, GROUNDS, "--ground")
    asked = asked_for(
        home, sample=sample, as_json=as_json, as_csv=as_csv, area=area, candidate_set=candidate_set, indicator=indicator
    )
    store = open_store(asked.home, "progress", "candidate_localities", "zones", is_sample=sample)
    every = _places(store, asked.home)
    places = every
    if asked.areas is not None:
        places = places[places["cpp_code"].isin(asked.areas)]
    if asked.sets is not None:
        places = places[places["candidate_set"].isin(["cpp", *asked.sets])]
    if locality:
        places = localities_named(
            locality, places[places["candidate_set"] != "cpp"], option="--locality", store=store, home=asked.home
        )
    rows = rows_of(
        store,
        "progress",
        where=where_of(
            area_id=places["locality_id"].tolist() if len(places) < len(every) else None,
            indicator_id=asked.indicators,
            ground=grounds,
            is_against_the_trend=[True] if against_the_trend else None,
        ),
    ).drop(columns="candidate_set")
    shown = places.rename(columns={"locality_id": "area_id", "locality_name": "area_name"})
    rows = shown.merge(rows, on="area_id", how="inner", validate="one_to_many")
    rows = rows.sort_values(["cpp_name", "order", "area_id", "indicator_id"], ignore_index=True).drop(columns="order")

    def show(shown: pd.DataFrame) -> None:
        _show(shown, store)
        if not against_the_trend:
            _say_hidden(rows[rows["is_against_the_trend"] & (rows["candidate_set"] != "cpp")])

    asked.show(rows, show, what="changes", nothing="No change matches.", limit=limit)


def _places(store: Store, home: Home) -> pd.DataFrame:
    """Return every partnership and locality, whether it is flagged or current, and which come first."""
    import pandas as pd

    from localities.boundaries.own_files import describe_own, own_sets

    places = rows_of(store, "candidate_localities", columns=list(PLACE))
    zones = rows_of(store, "zones", columns=["cpp_code", "cpp_name"]).drop_duplicates("cpp_code")
    partnerships = zones.assign(locality_id=zones["cpp_code"], locality_name=zones["cpp_name"], candidate_set="cpp")
    both = pd.concat([partnerships[list(PLACE)], places], ignore_index=True)
    flagged: set[str] = set()
    if "verdicts" in store.manifests():
        verdicts = rows_of(store, "verdicts", columns=["locality_id"], where={"is_flagged": [True]})
        flagged = set(verdicts["locality_id"])
    both["is_flagged"] = both["locality_id"].isin(flagged)
    current = [name for name in own_sets(home.boundaries) if describe_own(home.boundaries, name).is_current]
    both["is_current"] = both["candidate_set"].isin(current)
    both["order"] = 3
    both.loc[both["is_flagged"], "order"] = 2
    both.loc[both["is_current"], "order"] = 1
    both.loc[both["candidate_set"] == "cpp", "order"] = 0
    return both


def _show(rows: pd.DataFrame, store: Store) -> None:
    titles = titled(rows["indicator_id"], store)
    for (name, place, cpp), group in rows.groupby(["area_name", "area_id", "cpp_name"], sort=False):
        flagged = ", flagged" if group["is_flagged"].iloc[0] else ""
        table_of(
            f"{name} ({place})" + ("" if name == cpp else f", {cpp}{flagged}"),
            group,
            (
                ("Indicator", "left", lambda row: titles[row.indicator_id]),
                ("From", "left", lambda row: in_words(row.first_period)),
                ("To", "left", lambda row: in_words(row.last_period)),
                ("Was", "right", lambda row: number(row.first_value)),
                ("Is", "right", lambda row: number(row.last_value)),
                ("Change", "right", lambda row: number(row.change)),
                ("Limits", "right", lambda row: numbers(row.change_lower_ci, row.change_upper_ci)),
                ("Way", "left", lambda row: in_words(row.change_direction)),
                ("Rest", "right", lambda row: number(row.rest_change)),
                (
                    "More than the rest",
                    "right",
                    lambda row: _more(row.change_against_rest, row.change_against_rest_scale),
                ),
                (
                    "Limits of that",
                    "right",
                    lambda row: numbers(row.change_against_rest_lower_ci, row.change_against_rest_upper_ci),
                ),
                ("Ground", "left", lambda row: in_words(row.ground)),
                ("Against the trend", "left", lambda row: yes_no(row.is_against_the_trend)),
                ("Why", "left", lambda row: in_words(row.reason)),
            ),
            styles={"worsening": "bold red", "improving": "green", "losing ground": "red", "gaining ground": "green"},
            caption="Changes are in the unit of the indicator; where a cell says %, of its level.",
            if_wide=("Why", "Limits of that", "Limits", "Against the trend", "Rest", "Was", "Way", "From", "To"),
        )


def _more(value: float, scale: str) -> str:
    text = number(value)
    return f"{text}%" if text and scale == "percent" else text


def _say_hidden(hidden: pd.DataFrame) -> None:
    """Say what averages hide: how many places go the other way than their partnership."""
    if hidden.empty:
        return
    count = hidden["area_id"].nunique()
    are = "1 locality surely goes" if count == 1 else f"{count:,} localities surely go"
    screen().print(
        f"What an average hides: {are} the other way than the partnership as a whole. List with --against-the-trend."
    )
