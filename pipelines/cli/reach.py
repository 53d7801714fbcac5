"""`localities reach`: which boundaries serve best, by what they reach of the people in need and what they miss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import Areas, AsCsv, AsJson, CandidateSets, HomeFolder, Sample, among, refuse
from pipelines.cli.parts.output import count, number, percent, table_of
from pipelines.cli.parts.reading import open_store, where_of
from pipelines.cli.parts.results import Asked, asked_for
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd


def reach(
    area: Areas = None,
    candidate_set: CandidateSets = None,
    missed: Annotated[
        bool,
        typer.Option("--missed", help="Data zones instead: people in need outside every flagged place, most first."),
    ] = False,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show which boundaries serve best: people in need reached and missed by each way of drawing, and a recommendation.

    Scope is where localities are flagged. What gains most has the largest share of people in need there over its share
    of residents. It weighs ways of drawing; the decision remains the partnership's. With --missed: where people in need
    live outside every flagged place of the drawing proposed, zone by zone. What the publisher hides stays hidden.
    """
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=area)
    if missed:
        if candidate_set:
            raise refuse("--missed is about the drawing proposed: give no other", "--candidate-set")
        _show_missed(asked)
        return
    store = open_store(asked.home, "reach", is_sample=sample)
    rows = rows_of(store, "reach", where=where_of(cpp_code=asked.areas))
    named = among(candidate_set, sorted(rows["candidate_set"].unique()), "--candidate-set")
    rows = rows if named is None else rows[rows["candidate_set"].isin(named)]
    rows = rows.sort_values(
        ["cpp_code", "is_recommended", "lift", "candidate_set"], ascending=[True, False, False, True], ignore_index=True
    )
    asked.show(rows, _show, what="rows", nothing="Nothing matches.")


def _show_missed(asked: Asked) -> None:
    store = open_store(asked.home, "need_outside", "zones", is_sample=asked.is_sample)
    rows = rows_of(store, "need_outside", where=where_of(cpp_code=asked.areas))
    about = ["zone_code", "zone_name", "cpp_name", "intermediate_zone_name", "urban_rural_8_name", "population"]
    zones = rows_of(store, "zones", columns=about, where=where_of(cpp_code=asked.areas))
    rows = rows.merge(zones, on="zone_code").sort_values(
        ["cpp_code", "need_outside_scotland", "zone_code"], ascending=[True, False, True], ignore_index=True
    )
    asked.show(rows, _missed_table, what="rows", nothing="Nothing matches.")


def _missed_table(rows: pd.DataFrame) -> None:
    for (code, name), group in rows.groupby(["cpp_code", "cpp_name"], sort=False, observed=True):
        hidden = int((group["status"] == "suppressed").sum())
        hiding = f"; hidden by the publisher in {count(hidden)} zones" if hidden else ""
        need = group["people_in_need"].sum()
        table_of(
            f"{name} ({code}): people in need outside flagged places",
            group.head(_MOST_ZONES),
            (
                ("Data zone", "left", lambda row: f"{row.zone_name} ({row.zone_code})"),
                ("Intermediate zone", "left", lambda row: str(row.intermediate_zone_name)),
                ("Kind of place", "left", lambda row: str(row.urban_rural_8_name)),
                ("In need", "right", lambda row: count(row.people_in_need)),
                ("Outside places poorer than Scotland", "right", lambda row: count(row.need_outside_scotland)),
                ("Outside places poorer within", "right", lambda row: count(row.need_outside_cpp)),
            ),
            caption=f"Of {count(need)} people in need {count(group['need_outside_scotland'].sum())} live outside every "
            f"place poorer than Scotland, {count(group['need_outside_cpp'].sum())} outside every place poorer than "
            f"elsewhere in the partnership ({group['candidate_set'].iloc[0].replace('_', ' ')}){hiding}. Need in the "
            "country is scattered: no evidence does not mean no need. --csv lists every zone.",
            if_wide=("Intermediate zone", "Kind of place"),
        )


_MOST_ZONES = 15
"""Zones shown of a partnership; files have all."""


def _show(rows: pd.DataFrame) -> None:
    for (code, name), group in rows.groupby(["cpp_code", "cpp_name"], sort=False):
        _show_partnership(f"{name} ({code})", group)


def _show_partnership(title: str, rows: pd.DataFrame) -> None:
    table_of(
        title,
        rows,
        (
            ("Way of drawing", "left", lambda row: str(row.candidate_set)),
            ("Flagged", "right", lambda row: count(row.flagged_count)),
            ("Of", "right", lambda row: count(row.locality_count)),
            ("Need reached", "right", lambda row: percent(row.share_of_need)),
            ("Residents in scope", "right", lambda row: percent(row.share_of_residents)),
            ("Gain, points", "right", lambda row: number(100 * row.lift)),
            ("In need of 100 inside", "right", lambda row: number(row.need_per_100_in)),
            ("Outside", "right", lambda row: number(row.need_per_100_out)),
            ("People in need missed", "right", lambda row: count(row.need_missed)),
            ("Fit", "right", lambda row: percent(row.fit)),
            ("Under the limit", "right", lambda row: percent(row.share_within_limit)),
            (
                "Latest evidence",
                "right",
                lambda row: "" if row.evidence_to != row.evidence_to else f"{row.evidence_to:%Y-%m}",
            ),
            ("Modelled", "right", lambda row: percent(row.share_modelled)),
            ("Missed where", "left", lambda row: row.missed_where if isinstance(row.missed_where, str) else ""),
        ),
        caption=_caption(rows),
        if_wide=(
            "Missed where",
            "Modelled",
            "Latest evidence",
            "Outside",
            "In need of 100 inside",
            "Fit",
            "Of",
            "Under the limit",
        ),
    )


def _caption(rows: pd.DataFrame) -> str:
    chosen = rows[rows["is_recommended"]]
    if chosen.empty:
        return "No way of drawing is recommended here: --json or --csv give the reason of each."
    return f"{chosen['candidate_set'].iloc[0]}: {chosen['reason'].iloc[0]}"
