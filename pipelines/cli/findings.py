"""`localities findings`, and the list of `localities candidates`: what a run has found, read from the store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indicators.schema.vocabulary import COMPARATORS, SIGNIFICANCES
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
from pipelines.cli.parts.output import count, in_words, number, numbers, percent, table_of, yes_no
from pipelines.cli.parts.reading import open_store, where_of
from pipelines.cli.parts.results import PLACE, asked_for, places_in, titled
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.storage.store import Store

STYLES = {
    "strong evidence": "bold red",
    "some evidence": "yellow",
    "poorer": "bold red",
    "slightly poorer": "yellow",
    "better": "green",
}


def show_candidates(
    area: Sequence[str] | None,
    candidate_set: Sequence[str] | None,
    flagged: bool,
    flagged_within: bool,
    sample: bool,
    home: Path | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Print candidate localities with their residents, shape, fit and verdict; both kinds of flag wanted: either."""
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=area, candidate_set=candidate_set)
    rows = candidate_rows(open_store(asked.home, "candidate_localities", is_sample=sample), asked.areas, asked.sets)
    wanted = [name for name, is_wanted in (("scotland", flagged), ("cpp", flagged_within)) if is_wanted]
    if wanted:
        rows = rows[(rows[[f"verdict_{name}" for name in wanted]] == "strong_evidence").any(axis=1)]
    asked.show(rows, _show_candidates, what="localities", nothing="No candidate locality matches.")


def candidate_rows(store: Store, areas: Sequence[str] | None, sets: Sequence[str] | None) -> pd.DataFrame:
    """Return candidate localities with their verdicts, one row each, in order of ``locality_id``.

    The columns of `candidate_localities` without its geometry, and of its verdict ``verdict, is_flagged, basis,
    verdict_scotland, poorer_votes_scotland, verdict_cpp, poorer_votes_cpp, holds_up_to, people_in_need,
    priority_rank``; missing where no verdict has been computed.
    """
    verdict = (
        "verdict",
        "is_flagged",
        "basis",
        "verdict_scotland",
        "poorer_votes_scotland",
        "verdict_cpp",
        "poorer_votes_cpp",
        "holds_up_to",
        "people_in_need",
        "priority_rank",
    )
    rows = rows_of(store, "candidate_localities", where=where_of(cpp_code=areas, candidate_set=sets))
    if "verdicts" in store.manifests():
        rows = rows.merge(
            rows_of(
                store,
                "verdicts",
                columns=["locality_id", *verdict],
                where=where_of(cpp_code=areas, candidate_set=sets),
            ),
            on="locality_id",
            how="left",
            validate="one_to_one",
        )
    else:
        rows = rows.assign(**dict.fromkeys(verdict))
    return rows.sort_values("locality_id", ignore_index=True)


def _show_candidates(rows: pd.DataFrame) -> None:
    """Print a table for each CPP and candidate set: their names stand once, above, and leave room for the rest."""
    ordered = rows.sort_values(["cpp_name", "candidate_set", "priority_rank", "locality_name", "locality_id"])
    for (cpp, code, kind), group in ordered.groupby(["cpp_name", "cpp_code", "candidate_set"], sort=False):
        table_of(
            f"{cpp} ({code}): {kind}, {_counted(len(group))}",
            group,
            (
                ("Rank", "right", lambda row: count(row.priority_rank)),
                ("Locality", "left", lambda row: str(row.locality_name)),
                ("Id", "code", lambda row: str(row.locality_id)),
                ("Residents", "right", lambda row: count(row.population)),
                ("Within limit", "left", lambda row: yes_no(row.is_within_limit)),
                ("Zones", "right", lambda row: count(row.zone_count)),
                ("One piece", "left", lambda row: yes_no(row.is_contiguous)),
                ("Compactness, 0 to 1", "right", lambda row: number(row.compactness, 2)),
                ("Fit", "right", lambda row: percent(row.fit)),
                ("Than Scotland", "left", lambda row: in_words(row.verdict_scotland)),
                ("Than its CPP", "left", lambda row: in_words(row.verdict_cpp)),
                ("Holds up to, ratio", "right", lambda row: number(row.holds_up_to, 2)),
                (
                    "Poorer than Scotland in",
                    "left",
                    lambda row: "" if not isinstance(row.poorer_votes_scotland, str) else row.poorer_votes_scotland,
                ),
            ),
            styles=STYLES,
            if_wide=(
                "Compactness, 0 to 1",
                "One piece",
                "Within limit",
                "Poorer than Scotland in",
                "Holds up to, ratio",
                "Id",
                "Fit",
                "Zones",
            ),
        )


def findings(
    area: Areas = None,
    locality: Localities = None,
    indicator: Indicators = None,
    candidate_set: CandidateSets = None,
    comparator: Annotated[
        str | None, typer.Option("--comparator", metavar="|".join(COMPARATORS), help="What it is held against.")
    ] = None,
    significance: Annotated[
        list[str] | None,
        typer.Option("--significance", metavar="|".join(SIGNIFICANCES), help="Grade of the finding. Repeatable."),
    ] = None,
    all_periods: Annotated[bool, typer.Option("--all-periods", help="Every period, not only the latest.")] = False,
    limit: Limit = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show findings: the value of an indicator in a locality, held against the rest of its CPP area or of Scotland."""
    comparators = among(None if comparator is None else [comparator], COMPARATORS, "--comparator")
    grades = among(significance, SIGNIFICANCES, "--significance")
    asked = asked_for(
        home, sample=sample, as_json=as_json, as_csv=as_csv, area=area, candidate_set=candidate_set, indicator=indicator
    )
    store = open_store(asked.home, "findings", "estimates", "candidate_localities", is_sample=sample)
    places = places_in(store, asked)
    if locality:
        places = localities_named(locality, places, option="--locality", store=store, home=asked.home)
    for_machines = as_json or as_csv
    rows = finding_rows(
        store,
        places,
        indicators=asked.indicators,
        comparators=comparators,
        significances=grades,
        headline_only=not all_periods,
        columns=None if for_machines else _SHOWN,
    )
    if for_machines:
        rows = with_estimates(rows, store)
    asked.show(rows, partial(_show_findings, store=store), what="findings", nothing="No finding matches.", limit=limit)


def finding_rows(
    store: Store,
    places: pd.DataFrame,
    *,
    indicators: Sequence[str] | None = None,
    comparators: Sequence[str] | None = None,
    significances: Sequence[str] | None = None,
    headline_only: bool = True,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return findings of the given places, in order of their key: with the name, candidate set and CPP of the place.

    Parameters
    ----------
    store
        The store.
    places
        Rows of `candidate_localities` with its id, names and codes.
    indicators, comparators, significances
        Values wanted; None for all.
    headline_only
        Only the latest period of each indicator.
    columns
        Those wanted of the table, its key among them; all by default.
    """
    where = where_of(
        locality_id=places["locality_id"].tolist() if len(places) < _number_of(store) else None,
        indicator_id=indicators,
        is_headline_period=[True] if headline_only else None,
        comparator=comparators,
        significance=significances,
    )
    rows = rows_of(store, "findings", columns=columns, where=where)
    rows = rows.merge(places[list(PLACE)], on="locality_id", how="inner", validate="many_to_one")
    first = [*PLACE, "indicator_id", "period", "comparator", "significance"]
    rows = rows[first + [name for name in rows.columns if name not in first]]
    return rows.sort_values([*_KEY, "comparator"], ignore_index=True)


_KEY = ["locality_id", "indicator_id", "period"]
_ESTIMATE = ["numerator", "denominator", "value", "lower_ci", "upper_ci", "ci_method", "coverage", "status"]
_SHOWN = (*_KEY, "comparator", "significance", "comparator_value", "ratio", "q_important")


def with_estimates(rows: pd.DataFrame, store: Store) -> pd.DataFrame:
    """Return findings with the estimate behind each: ``numerator, denominator, value``, limits, coverage, status."""
    where = where_of(
        locality_id=rows["locality_id"].unique().tolist(), indicator_id=rows["indicator_id"].unique().tolist()
    )
    estimates = rows_of(store, "estimates", columns=[*_KEY, *_ESTIMATE], where=where)
    first = [*PLACE, "indicator_id", "period", "comparator", "significance"]
    found = rows.merge(estimates, on=_KEY, how="left", validate="many_to_one")
    return found[[*first, *_ESTIMATE, *(name for name in rows.columns if name not in first)]]


def _number_of(store: Store) -> int:
    """Return how many candidate localities there are."""
    stored = store.manifest("candidate_localities")
    return stored.rows if stored is not None else 0


def _show_findings(rows: pd.DataFrame, store: Store) -> None:
    rows, titles = with_estimates(rows, store), titled(rows["indicator_id"], store)
    held_against = {"cpp": "CPP", "scotland": "Scotland"}
    for (name, place, cpp), group in rows.groupby(["locality_name", "locality_id", "cpp_name"], sort=False):
        table_of(
            f"{name} ({place}), {cpp}",
            group,
            (
                ("Indicator", "left", lambda row: titles[row.indicator_id]),
                ("Period", "left", lambda row: str(row.period)),
                ("Value", "right", lambda row: number(row.value)),
                ("Interval", "right", lambda row: numbers(row.lower_ci, row.upper_ci)),
                (
                    "Held against the rest of",
                    "left",
                    lambda row: held_against.get(str(row.comparator), str(row.comparator)),
                ),
                ("There", "right", lambda row: number(row.comparator_value)),
                ("Ratio", "right", lambda row: number(row.ratio)),
                ("q important", "right", lambda row: _q(row.q_important)),
                ("Finding", "left", lambda row: in_words(row.significance)),
            ),
            styles=STYLES,
            if_wide=("q important", "Interval", "Ratio", "Period"),
            once=("Indicator", "Period", "Value", "Interval"),
        )


def _counted(localities: int) -> str:
    return "1 locality" if localities == 1 else f"{localities:,} localities"


def _q(value: Any) -> str:
    if not number(value):
        return ""
    return "<0.001" if value < 0.001 else f"{value:.3f}"
