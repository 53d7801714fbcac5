"""`localities targets`: what a locality could aim for in 1, 3 and 10 years, and on which ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import (
    Areas,
    AsCsv,
    AsJson,
    CandidateSets,
    HomeFolder,
    Indicators,
    Sample,
    one_locality,
    refuse,
)
from pipelines.cli.parts.output import in_words, number, numbers, rows_in, screen, table
from pipelines.cli.parts.reading import open_store, where_of
from pipelines.cli.parts.results import PLACE, asked_for, places_in
from pipelines.storage.reading import rows_of, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from indicators.catalogue import Catalogue
    from pipelines.storage.store import Store

NEEDED = ("zones", "candidate_localities", "membership", "estimates", "findings", "trends")


def targets(
    locality: Annotated[
        str, typer.Argument(metavar="LOCALITY", help="Candidate locality: id, code, name, or a zone or postcode in it.")
    ],
    indicator: Indicators = None,
    gap_share: Annotated[
        float,
        typer.Option("--gap-share", min=0.0, max=1.0, help="Share of the gap to the rest of its area to be closed."),
    ] = 0.5,
    area: Areas = None,
    candidate_set: CandidateSets = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show a range for targets: the trend continued, the best quarter of similar places, part of the gap closed.

    For outcomes with a series, in 1, 3 and 10 years. None of the figures is the target: that is the board's to choose.
    Similar places are of the same candidate set; all urban, town or rural; and in the same fifth of income deprivation.
    """
    asked = asked_for(
        home, sample=sample, as_json=as_json, as_csv=as_csv, area=area, candidate_set=candidate_set, indicator=indicator
    )

    from indicators.catalogue import load_catalogue

    catalogue = load_catalogue()
    outcomes = [one.id for one in catalogue if one.role == "outcome"]
    odd = [one for one in asked.indicators or () if one not in outcomes]
    if odd:
        raise refuse(f"Only outcomes are given targets. Not an outcome: {', '.join(odd)}.", "--indicator")
    store = open_store(asked.home, *NEEDED, is_sample=sample)
    every = rows_of(store, "candidate_localities", columns=[*PLACE, "population"])
    chosen = one_locality(locality, places_in(store, asked), option="LOCALITY", store=store, home=asked.home)
    place = every[every["locality_id"] == chosen].iloc[0]
    rows = targets_of(store, chosen, every[every["candidate_set"] == place["candidate_set"]], catalogue,
                       asked.indicators or outcomes, gap_share)  # fmt: skip
    hidden = 0
    if asked.indicators is None:
        hidden = rows.loc[~rows["has_series"], "indicator_id"].nunique()
        rows = rows[rows["has_series"]]
    title = f"{place['locality_name']} ({chosen}), {place['cpp_name']}"

    asked.show(
        rows, lambda shown: _show(title, shown, catalogue), what="rows", nothing=f"{title}: no outcome has a series."
    )
    if hidden and not (as_json or as_csv):
        screen().print(f"Outcomes without an earlier period, not shown unless named with --indicator: {hidden}.")


def targets_of(
    store: Store, chosen: str, alike: pd.DataFrame, catalogue: Catalogue, indicators: Sequence[str], gap_share: float
) -> pd.DataFrame:
    """Return the targets of a locality. ``alike`` are all places of its candidate set; few of their rows are read."""
    from localities.change.targets import similar_places, targets_by_ground

    settings = settings_of(store)
    candidate_set = where_of(candidate_set=alike["candidate_set"].unique().tolist())
    headline = {"is_headline_period": [True]}
    similar = similar_places(
        rows_of(store, "estimates", where={**headline, "indicator_id": [settings.need_indicator]}),
        alike,
        rows_of(store, "membership", where=candidate_set),
        rows_of(store, "zones", columns=["zone_code", "population", "urban_rural_8_code"]),
        settings,
    )
    described = similar[chosen]
    ids = similar.index[similar == described].tolist() if similar.notna()[chosen] else [chosen]
    one = {"locality_id": [chosen], "indicator_id": list(indicators)}
    return targets_by_ground(
        chosen,
        rows_of(store, "trends", where=one),
        rows_of(store, "estimates", where={**headline, "locality_id": ids, "indicator_id": list(indicators)}),
        rows_of(store, "findings", where={**headline, **one}),
        similar,
        catalogue,
        gap_share=gap_share,
    )


def _why(three: pd.DataFrame) -> str:
    """Return the reasons of one ground, each with its years unless it holds for all of them."""
    known = three[three["reason"].notna()]
    reasons = []
    for reason, group in known.groupby("reason", sort=False):
        years = ", ".join(map(str, group["years_ahead"]))
        reasons.append(str(reason) if len(group) == len(three) else f"{reason} (years: {years})")
    return "; ".join(reasons)


def _show(title: str, rows: pd.DataFrame, catalogue: Catalogue) -> None:
    lines = []
    for indicator, group in rows.groupby("indicator_id", sort=False):
        now = next(rows_in(group))
        one = catalogue[str(indicator)]
        for ground, three in group.groupby("ground", sort=False):
            ahead = three.set_index("years_ahead")
            lines.append(
                (
                    f"{one.title} ({one.unit})",
                    str(now.period),
                    number(now.value),
                    in_words(ground),
                    *(number(value) for value in ahead["target"]),
                    *(numbers(row.target_lower, row.target_upper) for row in rows_in(three)),
                    _why(three),
                )
            )
    first = next(rows_in(rows))
    table(
        title,
        (
            ("Outcome", "left"),
            ("Latest", "left"),
            ("Value", "right"),
            ("Ground", "left"),
            ("In 1 year", "right"),
            ("3 years", "right"),
            ("10 years", "right"),
            ("Limits, 1 year", "right"),
            ("Limits, 3 years", "right"),
            ("Limits, 10 years", "right"),
            ("Why", "left"),
        ),
        lines,
        caption=(
            f"Gap closed: {first.gap_share:.0%} of that to the rest of its area. "
            f"Similar: {in_words(first.similar_to) or 'not known'}. "
            "Only the trend has limits, and only the trend depends on the years."
        ),
        if_wide=("Limits, 10 years", "Limits, 1 year", "Limits, 3 years", "Why", "Latest"),
        once=("Outcome", "Latest", "Value"),
    )
