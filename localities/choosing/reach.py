"""Which boundaries serve best: what each way of drawing localities reaches of the people in need, and what it misses.

For each CPP and candidate set: the share of people in need inside flagged localities against the share of all residents
there, need per head inside and outside, whom it misses and where they live, how well its boundaries fit, and a
recommendation that says its reasons. It weighs drawings; it flags nothing. How two drawings differ from each other,
whatever they reach, is in `localities.choosing.two_drawings`.

In the words of targeting by area, ``share_of_need`` is completeness and ``need_per_100_in`` efficiency (Tunstall and
Lupton 2003, Is targeting deprived areas an effective means to reach poor people?, CASEpaper 70).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue
from indicators.errors import SchemaError
from indicators.schema.vocabulary import COMPARATORS
from localities.settings import Settings

Floats = NDArray[np.float64]
COLUMNS = (
    "cpp_code", "cpp_name", "candidate_set", "locality_count", "flagged_count", "population", "share_covered",
    "share_overlapping", "residents_in_scope", "share_of_residents", "people_in_need", "need_reached", "share_of_need",
    "need_per_100_in", "need_per_100_out", "lift", "need_missed", "missed_where", "fit", "share_within_limit",
    "evidence_from", "evidence_to", "share_modelled",
)  # fmt: skip
_MOST_MISSED = 3
PROPOSED = "natural_communities"
"""The candidate set that is proposed to a partnership until it brings a drawing of its own."""
NEARLY = 0.01
"""Sets whose gains differ by less than this, one point, are called nearly as good."""


def build_reach(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    estimates: pd.DataFrame,
    verdicts: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the table ``reach``: one row per CPP and candidate set, with which is recommended and why.

    What is reached is counted for the answer against Scotland; where a partnership has no flag of that kind in any set,
    for the answer within it (``counted_against``).

    Parameters
    ----------
    observations, zones, candidate_localities, membership, estimates, verdicts
        The tables.
    catalogue
        The declared indicators: outcomes are the evidence whose age counts.
    settings
        ``need_indicator`` counts people in need; ``least_fit``, ``least_within_limit`` and ``least_covered`` say which
        sets may be recommended.

    Raises
    ------
    ConfigError
        If the indicator of need is not declared.
    """
    from indicators.schema.validation import coerce

    one = catalogue[settings.need_indicator]
    outcomes = [other.id for other in catalogue if other.role == "outcome" and other.is_tested]
    latest = estimates["is_headline_period"].to_numpy(dtype=bool)
    headline = estimates.loc[latest, ["locality_id", "indicator_id", "status"]]
    headline = headline.loc[headline["indicator_id"].isin(outcomes).to_numpy()]
    need, ends = need_counted(observations, one.id), _period_ends(observations, outcomes)
    answers = {
        comparator: reach_table(
            zones,
            candidate_localities,
            membership,
            verdicts.assign(is_flagged=verdicts[f"verdict_{comparator}"] == "strong_evidence"),
            need,
            headline,
            ends,
        )
        for comparator in COMPARATORS
    }
    table = of_one_answer(answers)
    found = recommend(
        table,
        least_fit=settings.least_fit,
        least_within_limit=settings.least_within_limit,
        least_covered=settings.least_covered,
    )
    found = found.assign(people_in_need_indicator=one.id, is_proposed=_is_proposed(found, candidate_localities))
    return coerce("reach", found)


def _is_proposed(table: pd.DataFrame, candidate_localities: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which set is proposed to each CPP: a drawing of its own based on a proposed one, else that one.

    Of several own drawings it is the one that was brought in last.
    """
    needed = ["cpp_code", "candidate_set", "based_on_since"]
    own = candidate_localities.loc[candidate_localities["based_on"].notna(), needed]
    last = (
        own.sort_values(["based_on_since", "candidate_set"])
        .drop_duplicates("cpp_code", keep="last")
        .set_index("cpp_code")
    )
    wanted = table["cpp_code"].astype("str").map(last["candidate_set"].astype("str")).astype("str").fillna(PROPOSED)
    return (table["candidate_set"].astype("str") == wanted).to_numpy()


def of_one_answer(answers: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the reach of the flags against Scotland; of a CPP without any, of those within the partnership.

    The two answers are never added up: how many each flags, and what share of need and residents, stands beside.
    """
    scotland, cpp = answers["scotland"], answers["cpp"]
    has = scotland.groupby("cpp_code")["flagged_count"].transform("sum") > 0
    table = pd.concat([scotland[has], cpp[~has]]).sort_index()
    table["counted_against"] = np.where(has, "scotland", "cpp")
    for comparator, one in answers.items():
        for name in ("flagged_count", "share_of_need", "share_of_residents"):
            table[f"{name}_{comparator}"] = one[name]
    return table


def need_counted(observations: pd.DataFrame, indicator_id: str) -> pd.DataFrame:
    """Return ``numerator, denominator, period`` of people in need by zone code: how many, among whom, and when.

    It is the latest period. A zone whose count is suppressed or missing is left out: none is known there.
    """
    rows = observations[["indicator_id", "area_type"]]
    is_wanted = (rows["indicator_id"] == indicator_id).to_numpy() & (rows["area_type"] == "data_zone").to_numpy()
    rows = observations.loc[is_wanted, ["area_code", "period_end", "period", "numerator", "denominator"]]
    rows = rows[(rows["period_end"] == rows["period_end"].max()) & rows["numerator"].notna()]
    rows = rows.set_index(rows["area_code"].astype("str"))[["numerator", "denominator", "period"]]
    return rows.astype({"numerator": "float64", "denominator": "float64", "period": "str"})


def _period_ends(observations: pd.DataFrame, indicators: list[str]) -> pd.Series:
    """Return the end of the latest period of each indicator."""
    rows = observations.loc[observations["indicator_id"].isin(indicators).to_numpy(), ["indicator_id", "period_end"]]
    ends = rows.groupby("indicator_id", observed=True)["period_end"].max()
    return pd.Series(pd.to_datetime(ends.to_numpy()), index=ends.index.astype("str"))


def reach_table(
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    verdicts: pd.DataFrame,
    need: pd.DataFrame,
    headline: pd.DataFrame | None = None,
    period_ends: pd.Series | None = None,
) -> pd.DataFrame:
    """Return one row per CPP and candidate set: what its flagged localities reach, and what they miss.

    Shares of a zone in several localities add up. Where the localities of a set overlap in a zone, so that its shares
    come to more than the whole, the zone counts by its largest share in a flagged one: at least so many live there.
    A set that leaves zones out misses the people in need there.

    Parameters
    ----------
    zones, candidate_localities, membership, verdicts
        The tables.
    need
        From `need_counted`; a zone without a number has none known.
    headline
        Rows of ``estimates`` whose age counts: gives the age of the evidence and the share of it that is modelled.
    period_ends
        End of the latest period by indicator.

    Returns
    -------
    pandas.DataFrame
        ``cpp_code, cpp_name, candidate_set, locality_count, flagged_count, population`` (residents of the CPP)
        ``, share_covered`` (share of them in a locality of the set) ``, share_overlapping`` (in more than one)
        ``, residents_in_scope`` (in flagged ones) ``, share_of_residents, people_in_need, need_reached, share_of_need,
        need_per_100_in, need_per_100_out`` (people in need per 100 of those whom they were counted among: fewer
        than now, where homes were built since) ``, lift`` (share of need less share of residents)
        ``, need_missed, missed_where`` (the three intermediate zones with most of it) ``, fit`` (mean,
        weighted by residents) ``, share_within_limit`` (of localities) ``, evidence_from, evidence_to`` (earliest and
        latest end of the headline periods) ``, share_modelled`` (of headline estimates).

    Raises
    ------
    SchemaError
        If people in need are negative.
    """
    codes = zones["zone_code"].astype("str")
    people = zones["population"].to_numpy(dtype="float64")
    needy, among = (
        codes.map(need[name]).fillna(0.0).to_numpy(dtype="float64") for name in ("numerator", "denominator")
    )
    if (needy < 0).any():
        raise SchemaError(
            "People in need are negative",
            codes=codes[needy < 0],
            expected="a number of at least 0",
            remedy="give counts of people",
        )
    cpp, cpp_codes = pd.factorize(zones["cpp_code"].astype("str"), sort=True)
    names = dict(zip(cpp, zones["cpp_name"], strict=True))
    places = _places(candidate_localities, verdicts, pd.Index(cpp_codes))
    sets = sorted(places["candidate_set"].unique())
    total, flagged = _shares(places, membership, codes, sets)

    def by_cpp(values: Floats) -> Floats:
        """Sum zones of each set by CPP: sets × CPPs."""
        return np.stack([np.bincount(cpp, weights=row, minlength=len(cpp_codes)) for row in values])

    whole = np.ones_like(total)
    residents, in_need = by_cpp(people * whole), by_cpp(needy * whole)
    covered, overlapping = by_cpp(people * np.minimum(total, 1.0)), by_cpp(people * (total > 1.0 + 1e-6))
    scope, reached = by_cpp(people * flagged), by_cpp(needy * flagged)
    counted_in, counted = by_cpp(among * flagged), by_cpp(among * whole)
    # rounding in sums of shares must not show as people
    missed = np.maximum(needy * (1.0 - flagged), 0.0)
    where = _where_missed(zones, missed, cpp, len(cpp_codes))
    groups = _by_group(places, headline, period_ends)
    at_cpp, at_set = groups["cpp"].to_numpy(), pd.Index(sets).get_indexer(pd.Index(groups["candidate_set"]))

    def of(values: Floats) -> Floats:
        return values[at_set, at_cpp]

    table = pd.DataFrame(
        {
            "cpp_code": cpp_codes[at_cpp],
            "cpp_name": [names[one] for one in at_cpp],
            "population": np.rint(of(residents)).astype("int64"),
            "share_covered": _ratio(of(covered), of(residents)).clip(0.0, 1.0),
            "share_overlapping": _ratio(of(overlapping), of(residents)).clip(0.0, 1.0),
            "residents_in_scope": of(scope),
            "share_of_residents": _ratio(of(scope), of(residents)).clip(0.0, 1.0),
            "people_in_need": of(in_need),
            "need_reached": of(reached),
            "share_of_need": _ratio(of(reached), of(in_need)).clip(0.0, 1.0),
            "need_per_100_in": 100 * _ratio(of(reached), of(counted_in)),
            "need_per_100_out": 100 * _ratio(of(in_need - reached), of(counted - counted_in)),
            "need_missed": np.maximum(of(in_need - reached), 0.0),
            "missed_where": [where[one][other] for one, other in zip(at_set, at_cpp, strict=True)],
        }
    ).assign(**{name: groups[name].to_numpy() for name in groups.columns if name != "cpp"})
    table["lift"] = table["share_of_need"] - table["share_of_residents"]
    return table[list(COLUMNS)].sort_values(["cpp_code", "candidate_set"], ignore_index=True)


def shares_flagged(
    zones: pd.DataFrame, candidate_localities: pd.DataFrame, membership: pd.DataFrame, verdicts: pd.DataFrame
) -> pd.DataFrame:
    """Return the share of each zone (columns, by position) that flagged localities of each set (rows) hold."""
    cpp_codes = pd.Index(sorted(zones["cpp_code"].astype("str").unique()))
    places = _places(candidate_localities, verdicts, cpp_codes)
    sets = sorted(places["candidate_set"].unique())
    return pd.DataFrame(_shares(places, membership, zones["zone_code"].astype("str"), sets)[1], index=sets)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return part over whole, missing where the whole is less than half a person."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole >= 0.5, part / whole, np.nan)


def _places(candidate_localities: pd.DataFrame, verdicts: pd.DataFrame, cpps: pd.Index) -> pd.DataFrame:
    flagged = set(verdicts.loc[verdicts["is_flagged"].fillna(False).astype(bool), "locality_id"])
    places = candidate_localities[["locality_id", "candidate_set", "population", "fit", "is_within_limit"]].copy()
    places["candidate_set"] = places["candidate_set"].astype("str")
    places["cpp"] = cpps.get_indexer(pd.Index(candidate_localities["cpp_code"].astype("str")))
    places["is_flagged"] = places["locality_id"].isin(flagged).to_numpy()
    return places


def _shares(places: pd.DataFrame, membership: pd.DataFrame, codes: pd.Series, sets: list[str]) -> tuple[Floats, Floats]:
    """Return the share of each zone in the localities of each set, which may exceed 1, and in flagged ones."""
    place = pd.Index(places["locality_id"]).get_indexer(pd.Index(membership["locality_id"]))
    zone = pd.Index(codes).get_indexer(pd.Index(membership["zone_code"]))
    weight = membership["weight"].to_numpy(dtype="float64")
    known = (place >= 0) & (zone >= 0)
    place, zone, weight = place[known], zone[known], weight[known]
    number = pd.Index(sets).get_indexer(pd.Index(places["candidate_set"]))
    cell = number[place] * len(codes) + zone
    shape, size = (len(sets), len(codes)), len(sets) * len(codes)
    hit = places["is_flagged"].to_numpy()[place]
    total: Floats = np.bincount(cell, weights=weight, minlength=size).astype("float64").reshape(shape)
    summed = np.bincount(cell[hit], weights=weight[hit], minlength=size).reshape(shape)
    largest = np.zeros(size)
    np.maximum.at(largest, cell[hit], weight[hit])
    return total, np.minimum(np.where(total > 1.0 + 1e-6, largest.reshape(shape), summed), 1.0)


def _where_missed(zones: pd.DataFrame, missed: Floats, cpp: NDArray[np.intp], cpps: int) -> list[list[str | None]]:
    """Return, per set and CPP, the intermediate zones with most people in need outside flagged places, in words."""
    area, _ = pd.factorize(zones["intermediate_zone_code"])
    first = np.unique(area, return_index=True)[1]
    name, of_cpp = zones["intermediate_zone_name"].to_numpy(dtype=object)[first], cpp[first]
    inside = [np.flatnonzero(of_cpp == one) for one in range(cpps)]
    found: list[list[str | None]] = []
    for row in missed:
        sums = np.bincount(area, weights=row, minlength=len(first))
        tops = [one[np.argsort(-sums[one], kind="stable")[:_MOST_MISSED]] for one in inside]
        listed = [[f"{name[at]} ({sums[at]:,.0f})" for at in top if sums[at] >= 0.5] for top in tops]
        found.append(["; ".join(one) or None for one in listed])
    return found


def _by_group(places: pd.DataFrame, headline: pd.DataFrame | None, period_ends: pd.Series | None) -> pd.DataFrame:
    """Return one row per CPP and set that has a locality there: what is a matter of localities, not of zones."""
    key = ["cpp", "candidate_set"]
    # a locality without residents still has a boundary that fits or does not
    heavy = places["population"].to_numpy(dtype="float64").clip(min=1.0)
    fit = places["fit"].to_numpy(dtype="float64")
    rows = places.assign(
        weight=np.where(np.isnan(fit), 0.0, heavy), fitted=np.nan_to_num(fit) * heavy, within=places["is_within_limit"]
    )
    groups = rows.groupby(key, sort=True).agg(
        locality_count=("locality_id", "size"), flagged_count=("is_flagged", "sum"), weight=("weight", "sum"),
        fitted=("fitted", "sum"), share_within_limit=("within", "mean"),
    )  # fmt: skip
    groups["fit"] = _ratio(groups.pop("fitted").to_numpy(), groups.pop("weight").to_numpy())
    groups["evidence_from"] = groups["evidence_to"] = pd.Series(pd.NaT, index=groups.index, dtype="datetime64[us]")
    groups["share_modelled"] = np.nan
    if headline is not None and period_ends is not None and len(headline):
        # texts are looked up once each: there are half a million rows
        locality, indicator, status = (
            pd.Categorical(headline[one]) for one in ("locality_id", "indicator_id", "status")
        )
        at = pd.Index(places["locality_id"]).get_indexer(locality.categories.astype("str"))[locality.codes]
        has_figure = (at >= 0) & np.isin(status.categories.astype("str"), ["observed", "modelled"])[status.codes]
        cell = groups.index.get_indexer(pd.MultiIndex.from_frame(places[key]))
        evidence = pd.DataFrame(
            {
                "cell": cell[at[has_figure]],
                "ends": period_ends.reindex(indicator.categories.astype("str")).to_numpy()[indicator.codes[has_figure]],
                "modelled": (status.categories == "modelled")[status.codes[has_figure]],
            }
        )
        found = evidence.groupby("cell").agg(
            evidence_from=("ends", "min"), evidence_to=("ends", "max"), share_modelled=("modelled", "mean")
        )
        found.index = groups.index[found.index]
        groups[list(found.columns)] = found.reindex(groups.index)
    return groups.reset_index()


def recommend(
    table: pd.DataFrame,
    *,
    least_fit: float = 0.8,
    least_within_limit: float = 0.5,
    least_covered: float = 0.95,
) -> pd.DataFrame:
    """Return the table with the set to start from in each CPP, ``is_recommended``, and why or why not, ``reason``.

    The Act asks for a division of the whole area. So among sets that divide it without much overlap, whose boundaries
    fit residents and most of whose localities are under the limit, it is the one whose flagged localities hold the
    largest share of people in need over their share of residents (``lift``); of equals the one with fewer people in
    scope. Where none qualifies, or nothing is flagged anywhere, no set is recommended and each says why. Smaller
    localities follow need more closely whatever their borders, so a small gain over larger ones is no reason by itself.

    Parameters
    ----------
    table
        From `reach_table`.
    least_fit, least_within_limit, least_covered
        What a set must have to be recommended; at most 1 - ``least_covered`` may live in more than one locality.
    """
    why: list[list[str]] = [[] for _ in range(len(table))]

    def unless(holds: pd.Series, say: str, shown: str) -> None:
        for at in np.flatnonzero(~holds.to_numpy(dtype=bool)):
            why[at].append(f"{say} ({table[shown].iloc[at]:.0%})" if shown else say)

    unless(table["people_in_need"] > 0, "no people in need are known here", "")
    unless(table["flagged_count"] > 0, "it flags no locality here", "")
    unless(table["share_covered"] >= least_covered, "its localities leave residents out: too few are in one",
           "share_covered")  # fmt: skip
    unless(table["share_overlapping"] <= 1 - least_covered, "its localities overlap", "share_overlapping")
    unless(table["fit"] >= least_fit, "its localities fit their boundaries too badly", "fit")
    unless(table["share_within_limit"] >= least_within_limit, "too few of its localities are under the limit",
           "share_within_limit")  # fmt: skip
    qualifies = np.array([not one for one in why], dtype=bool)
    order = table[qualifies].sort_values(
        ["cpp_code", "lift", "share_of_residents", "candidate_set"], ascending=[True, False, True, True], kind="stable"
    )
    best = dict(order.reset_index().drop_duplicates("cpp_code").set_index("cpp_code")["index"])
    is_best = table.index.isin(list(best.values()))
    reasons = []
    for row, against, chosen in zip(table.itertuples(), why, is_best, strict=True):
        if against:
            reasons.append(f"Not recommended: {'; '.join(against)}.")
            continue
        other = table.loc[best[row.cpp_code]]
        if chosen:
            near = order[(order["cpp_code"] == row.cpp_code) & (order["lift"] > row.lift - NEARLY)]
            also = [_words(one) for one in near["candidate_set"] if one != row.candidate_set]
            close = f" Nearly as good: {', '.join(also)}." if also else ""
            reasons.append(f"Recommended: of the sets that qualify, it gains most. {_reached(row)}{close}")
        else:
            less = "nearly as much as" if row.lift > other["lift"] - NEARLY else "less than"
            than = f"{less} {_words(other['candidate_set'])} ({_points(other['lift'])})"
            reasons.append(f"Not recommended: gains {than}. {_reached(row)}")
    return table.assign(is_recommended=is_best, reason=reasons)


def _words(candidate_set: str) -> str:
    return candidate_set.replace("_", " ")


def _points(lift: float) -> str:
    return f"{100 * lift:.1f} points"


def _or_none(value: float) -> str:
    return "nobody" if np.isnan(value) else f"{value:.0f}"


def _reached(row: Any) -> str:
    against = {"scotland": " poorer than Scotland", "cpp": " poorer only within the partnership"}
    than = against.get(getattr(row, "counted_against", ""), "")
    verb = "holds" if row.flagged_count == 1 else "hold"
    return (
        f"{row.flagged_count} of {row.locality_count} localities{than} {verb} {row.share_of_need:.1%} of people in "
        f"need and {row.share_of_residents:.1%} of residents: {_points(row.lift)} gained ("
        f"{row.need_per_100_in:.0f} in 100 residents in need inside, {_or_none(row.need_per_100_out)} outside)."
    )
