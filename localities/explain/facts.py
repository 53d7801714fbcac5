"""What the tables say about one candidate locality, gathered for explaining."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from indicators.errors import ConfigError
from indicators.schema.vocabulary import COMPARATORS, CORE_VOTES

Tables = Mapping[str, pd.DataFrame]

_GRADES = {"poorer": 2, "slightly_poorer": 1}


@dataclass(frozen=True)
class Facts:
    """One locality.

    Parameters
    ----------
    place
        Its row of ``candidate_localities``.
    verdict
        Its row of ``verdicts``.
    findings
        Its findings for headline periods, one row per indicator and comparator, with the estimate beside them and
        ``indicator_title, domain, vote, role, unit, poorer_is, national_outcome`` and the source's ``source_title,
        publisher, licence``.
    votes
        One row per vote and comparator: ``vote, comparator``, its indicators (``assessed, poorer, slightly, better``),
        ``depth``, and its ``state`` as the verdict counted it: ``poorer | slightly | better``, or empty.
    neighbours
        Localities of the same candidate set that share a border or a link, with their verdicts.
    zones
        Names of its zones.
    without
        Outcome indicators that it has no finding on: ``indicator_title, vote``.
    reach
        Row of ``reach`` for its partnership and candidate set; None where the table is not there.
    """

    place: pd.Series
    verdict: pd.Series
    findings: pd.DataFrame
    votes: pd.DataFrame
    neighbours: pd.DataFrame
    zones: tuple[str, ...]
    without: pd.DataFrame
    reach: pd.Series | None

    @cached_property
    def strongest(self) -> pd.DataFrame:
        """Return outcomes assessed against either comparator, strongest first, in the order of a GeoPackage's Evidence.

        One row per indicator, with the columns of ``findings`` that do not depend on the comparator, and
        ``<comparator>_value, <comparator>_significance, <comparator>_ratio, <comparator>_difference`` with limits;
        missing where it was not assessed.
        """
        assessed = self.findings[
            (self.findings["significance"] != "not_assessed") & (self.findings["role"] == "outcome")
        ]
        assessed = assessed.assign(
            grade=assessed["significance"].astype("str").map(_GRADES).fillna(0),
            core=assessed["vote"].isin(CORE_VOTES),
            significance=assessed["significance"].astype("str"),
        ).rename(columns={"comparator_value": "other_value"})
        best = assessed.groupby("indicator_id", observed=True)[["grade", "depth"]].max()
        ordered = assessed.drop_duplicates("indicator_id").set_index("indicator_id")
        ordered = ordered.assign(grade=best["grade"], depth=best["depth"]).reset_index()
        by_comparator = ["other_value", "significance", "ratio", "ratio_lower_ci", "ratio_upper_ci",
                "difference", "difference_lower_ci", "difference_upper_ci"]  # fmt: skip
        ordered = ordered.drop(columns=[*by_comparator, "comparator"])
        for comparator in ("scotland", "cpp"):
            rows = assessed[assessed["comparator"] == comparator].set_index("indicator_id")[by_comparator]
            named = rows.rename(columns=lambda name, at=comparator: f"{at}_{name.removeprefix('other_')}")
            ordered = ordered.join(named, on="indicator_id")
        return ordered.sort_values(
            ["grade", "core", "depth", "indicator_id"], ascending=[False, False, False, True], ignore_index=True
        )


def find_locality(verdicts: pd.DataFrame, text: str) -> str:
    """Return the id of the locality that a text names: its id, its code, or its name.

    Raises
    ------
    ConfigError
        If no locality or more than one has that name; the message lists them.
    """
    wanted = text.strip().casefold()
    ids = verdicts["locality_id"].astype(str)
    exact = verdicts[ids.str.casefold() == wanted]
    if exact.empty:
        exact = verdicts[ids.str.partition(":")[2].str.casefold() == wanted]
    if exact.empty:
        exact = verdicts[verdicts["locality_name"].astype(str).str.casefold() == wanted]
    if exact.empty:
        exact = verdicts[verdicts["locality_name"].astype(str).str.casefold().str.contains(wanted, regex=False)]
    if len(exact) == 1:
        return str(exact["locality_id"].iloc[0])
    shown = exact.head(10)
    raise ConfigError(
        "No candidate locality has that name" if exact.empty else "More than one candidate locality has that name",
        expected="one id, such as intermediate_zones:S02001236, or a name that is unique"
        if exact.empty
        else "one of "
        + "; ".join(f"{row.locality_id} ({row.locality_name}, {row.cpp_name})" for row in shown.itertuples())
        + (f"; and {len(exact) - 10} more" if len(exact) > 10 else ""),
        found=text,
        remedy="list them with `localities candidates`, and give the id",
    )


def gather(tables: Tables, locality_id: str) -> Facts:
    """Return the facts of one locality.

    Parameters
    ----------
    tables
        At least ``candidate_localities, verdicts, findings, estimates, indicators, sources, membership, adjacency,
        zones``. The first may lack geometry.
    locality_id
        As `find_locality` returns it.
    """
    findings = tables["findings"]
    headline = findings[(findings["locality_id"] == locality_id) & findings["is_headline_period"]]
    estimates = tables["estimates"]
    columns = ["indicator_id", "period", "numerator", "denominator", "value", "lower_ci", "upper_ci", "ci_method",
               "confidence", "coverage", "status", "source_id"]  # fmt: skip
    figures = estimates.loc[estimates["locality_id"] == locality_id, columns]
    described = tables["indicators"][
        ["indicator_id", "indicator_title", "domain", "vote", "supersedes", "role", "kind", "unit", "poorer_is",
         "smallest_important_difference", "smallest_important_difference_scale", "is_approximate", "national_outcome"]
    ]  # fmt: skip
    of_sources = tables["sources"].set_index("source_id")[["title", "publisher", "licence"]]
    headline = headline.merge(figures, on=["indicator_id", "period"], validate="many_to_one").merge(
        described, on="indicator_id", validate="many_to_one"
    )
    headline = headline.join(of_sources.rename(columns={"title": "source_title"}), on="source_id")
    place = tables["candidate_localities"].set_index("locality_id", drop=False).loc[locality_id]
    verdicts = tables["verdicts"].set_index("locality_id", drop=False)
    membership = tables["membership"]
    codes = membership.loc[membership["locality_id"] == locality_id, "zone_code"]
    names = tables["zones"].set_index("zone_code")["zone_name"].reindex(codes)
    return Facts(
        place=place,
        verdict=verdicts.loc[locality_id],
        findings=headline,
        votes=_votes(headline, verdicts.loc[locality_id]),
        neighbours=_neighbours(tables, locality_id, str(place["candidate_set"]), set(codes)),
        zones=tuple(names),
        without=_without(tables["indicators"], headline),
        reach=_reach(tables, place),
    )


def superseded_in(findings: pd.DataFrame) -> set[str]:
    """Return the indicators that do not vote because a newer one among the findings stands for them."""
    return {name for text in findings["supersedes"].dropna().unique() for name in str(text).split("; ")}


def _votes(findings: pd.DataFrame, verdict: pd.Series) -> pd.DataFrame:
    old = superseded_in(findings)
    voting = findings[
        (findings["role"] == "outcome")
        & findings["vote"].notna()
        & ~findings["indicator_id"].isin(old)
        & (findings["significance"] != "not_assessed")
    ]
    counted = (
        voting.assign(
            is_poor=voting["significance"] == "poorer",
            is_slight=voting["significance"].isin(["poorer", "slightly_poorer"]),
            is_better=voting["significance"] == "better",
        )
        .groupby(["vote", "comparator"], observed=True)
        .agg(assessed=("is_poor", "size"), poorer=("is_poor", "sum"), slightly=("is_slight", "sum"),
             better=("is_better", "sum"), depth=("depth", "mean"))
        .reset_index()
    )  # fmt: skip
    # counted once, for the verdict: a second count would give a second answer
    state = {
        (name.replace(" ", "_"), comparator): one
        for comparator in COMPARATORS
        for one in ("poorer", "slightly", "better")
        if pd.notna(names := verdict[f"{one}_votes_{comparator}"])
        for name in str(names).split("; ")
    }
    rows = zip(counted["vote"], counted["comparator"], strict=True)
    return counted.assign(state=[state.get((str(vote), str(comparator)), "") for vote, comparator in rows])


def _without(indicators: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    missing = (indicators["role"] == "outcome") & ~indicators["indicator_id"].isin(findings["indicator_id"])
    return indicators.loc[missing, ["indicator_title", "vote"]]


def _reach(tables: Tables, place: pd.Series) -> pd.Series | None:
    if "reach" not in tables:
        return None
    table = tables["reach"]
    rows = table[(table["cpp_code"] == place["cpp_code"]) & (table["candidate_set"] == place["candidate_set"])]
    return None if rows.empty else rows.iloc[0]


def _neighbours(tables: Tables, locality_id: str, candidate_set: str, codes: set[str]) -> pd.DataFrame:
    adjacency, membership = tables["adjacency"], tables["membership"]
    around = set(adjacency.loc[adjacency["zone_code"].isin(codes), "neighbour_code"]) - codes
    same_set = membership[(membership["candidate_set"] == candidate_set) & membership["zone_code"].isin(around)]
    ids = sorted(set(same_set["locality_id"]) - {locality_id})
    verdicts = tables["verdicts"]
    found = verdicts[verdicts["locality_id"].isin(ids)]
    return found.sort_values(["cpp_code", "priority_rank"])
