"""A range for the targets of each locality: the trend continued, the best quarter of similar places, a gap part closed.

Computed when asked for, from the stored tables, because the years and the share of the gap are the board's to choose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from indicators.catalogue import Catalogue
from indicators.change.targets import MINIMUM_PLACES, best_quarter, gap_closed, target_range
from indicators.errors import ConfigError
from indicators.inequality.ridits import fifths
from indicators.schema.vocabulary import PROJECTED_YEARS
from localities.boundaries.own_ids import PREFIX
from localities.evidence.grading import guests_of, host_of
from localities.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd

GROUNDS = ("trend_continued", "best_quarter", "gap_closed")
"""What a target can rest on, in the order in which they are told."""

_KINDS = ("urban", "town", "rural")
_FIFTHS = ("", "least", "second least", "middle", "second most", "most")


def similar_places(
    estimates: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    zones: gpd.GeoDataFrame | pd.DataFrame,
    settings: Settings,
) -> pd.Series:
    """Return in plain words what each candidate locality is like, by locality: those that share it are similar.

    The same candidate set; urban (classes 1 and 2 of the Scottish Government's 8-fold urban rural classification), town
    (3 to 5) or rural (6 to 8), by where most residents live; and the same fifth of the set's residents by the share who
    are income deprived. Missing where the class or the share is not known. Own boundaries, which may be few, are like
    localities of ``reference_set``.
    """
    place = candidate_localities.set_index("locality_id")
    zone = zones.set_index("zone_code")
    codes = membership["zone_code"]
    people = membership["weight"].to_numpy() * codes.map(zone["population"]).to_numpy(dtype="float64")
    urban_rural = codes.map(zone["urban_rural_8_code"]).to_numpy(dtype="float64", na_value=np.nan)
    kind = np.where(urban_rural <= 2, 0, np.where(urban_rural <= 5, 1, np.where(urban_rural <= 8, 2, -1)))
    counted = pd.DataFrame(
        {"locality_id": membership["locality_id"], **{one: people * (kind == n) for n, one in enumerate(_KINDS)}}
    )
    lived = counted.groupby("locality_id").sum().reindex(place.index)
    most = lived.to_numpy().argmax(axis=1)

    need = estimates[(estimates["indicator_id"] == settings.need_indicator) & estimates["is_headline_period"]]
    share = need.set_index("locality_id")["value"].reindex(place.index).to_numpy(dtype="float64", na_value=np.nan)
    group = pd.factorize(place["candidate_set"])[0].astype(np.intp)
    fifth = fifths(share, place["population"].to_numpy(dtype="float64"), group)
    sets = place["candidate_set"].astype("str")
    guests, host = guests_of(sets, settings), host_of(sets, settings)
    if guests.any():
        inside = (sets == host).to_numpy()
        tops = [share[inside & (fifth > 0) & (fifth <= number)].max(initial=-np.inf) for number in range(1, 5)]
        placed = np.where(np.isfinite(share), np.searchsorted(tops, share) + 1, 0)
        fifth = np.where(guests, placed, fifth).astype(np.int8)
        sets = sets.where(~guests, host)
    words = (
        sets.astype(object)
        + ", "
        + np.array(_KINDS, dtype=object)[most]
        + ", "
        + np.array(_FIFTHS, dtype=object)[fifth]
        + " deprived fifth"
    )
    return words.where((lived.sum(axis=1).to_numpy() > 0) & (fifth > 0))


def build_target_ranges(
    trends: pd.DataFrame,
    estimates: pd.DataFrame,
    findings: pd.DataFrame,
    similar: pd.Series,
    catalogue: Catalogue,
    *,
    years: int = 3,
    gap_share: float = 0.3,
    comparator: str = "cpp",
) -> pd.DataFrame:
    """Return a range for targets, one row per candidate locality and outcome.

    Parameters
    ----------
    trends, estimates, findings
        Stored tables.
    similar
        From `similar_places`.
    catalogue
        The declared indicators; only outcomes are given targets.
    years
        1, 3 or 10: how far ahead the trend is continued.
    gap_share
        Share of the gap to the comparator that is to be closed by then.
    comparator
        ``cpp`` or ``scotland``: the rest of which area the gap is to.

    Returns
    -------
    pandas.DataFrame
        ``locality_id, indicator_id, period, years_ahead, gap_share, similar_to, similar_count`` and the columns of
        `indicators.change.targets.target_range`. ``trend_continued`` is missing where the trend does not reach the
        headline period, because a break lies between: it would set a target in a measure that is no longer published.

    Raises
    ------
    ConfigError
        If the years are not projected.
    """
    if years not in PROJECTED_YEARS:
        raise ConfigError(
            "Targets can be worked out for some horizons only",
            expected=", ".join(map(str, PROJECTED_YEARS)),
            found=years,
            remedy="choose one of them",
        )
    # also those that vote through an index: a board can aim at fewer early deaths, hardly at standard deviations
    outcomes = [one.id for one in catalogue if one.role == "outcome"]
    rows = estimates[estimates["is_headline_period"] & estimates["indicator_id"].isin(outcomes)]
    key = ["locality_id", "indicator_id"]
    rows = rows[[*key, "period", "value"]].reset_index(drop=True)
    ahead = trends[[*key, "last_period", f"projected_{years}"]]
    against = findings.loc[findings["comparator"] == comparator, [*key, "period", "comparator_value"]]
    rows = rows.merge(ahead, on=key, how="left").merge(against, on=[*key, "period"], how="left")
    rows["similar_to"] = rows["locality_id"].map(similar)
    direction = rows["indicator_id"].map({one.id: one.poorer_is for one in catalogue}).to_numpy(dtype=object)
    value = rows["value"].to_numpy(dtype="float64", na_value=np.nan)
    alike = rows["indicator_id"].astype(object) + " / " + rows["similar_to"].astype(object)
    known = rows["similar_to"].notna().to_numpy()
    best = np.full(len(rows), np.nan)
    # own boundaries are held against the places that they are like, and are none of them
    is_own = rows["locality_id"].astype("str").str.startswith(PREFIX)
    guest = (is_own & ~rows["similar_to"].astype("str").str.startswith(PREFIX)).to_numpy()
    hosts = known & ~guest
    if hosts.any():
        best[hosts] = best_quarter(value[hosts], alike[hosts], direction[hosts])
        of_group = pd.Series(best[hosts], index=alike[hosts]).groupby(level=0).first()
        best[known & guest] = alike[known & guest].map(of_group)
    reaches = (rows["last_period"] == rows["period"]).fillna(False).to_numpy(dtype=bool)
    trend = np.where(reaches, rows[f"projected_{years}"].to_numpy(dtype="float64", na_value=np.nan), np.nan)
    gap = gap_closed(value, rows["comparator_value"].to_numpy(dtype="float64", na_value=np.nan), gap_share, direction)
    counts = pd.Series(np.isfinite(value) & ~guest).groupby(alike.to_numpy()).transform("sum").where(known, 0)
    described = pd.DataFrame(
        {
            "locality_id": rows["locality_id"],
            "indicator_id": rows["indicator_id"],
            "period": rows["period"],
            "years_ahead": years,
            "gap_share": gap_share,
            "similar_to": rows["similar_to"],
            "similar_count": counts.astype("int64"),
        }
    )
    return pd.concat([described, target_range(value, trend, best, gap, direction)], axis=1)


def targets_by_ground(
    locality_id: str,
    trends: pd.DataFrame,
    estimates: pd.DataFrame,
    findings: pd.DataFrame,
    similar: pd.Series,
    catalogue: Catalogue,
    *,
    gap_share: float = 0.5,
    comparator: str = "cpp",
) -> pd.DataFrame:
    """Return the targets of one locality, one row per outcome, ground and horizon, with limits or why there is none.

    Parameters
    ----------
    locality_id
        The candidate locality.
    trends, estimates, findings, similar, catalogue, gap_share, comparator
        As in `build_target_ranges`; estimates of all places that are similar, trends and findings of the one.

    Returns
    -------
    pandas.DataFrame
        ``locality_id, indicator_id, period, value, lower_ci, upper_ci, ground, years_ahead, target, target_lower,
        target_upper, reason, has_series, comparator_value, gap_share, similar_to, similar_count``, the value in the
        indicator's unit. Only the trend has limits (of prediction), and only the trend depends on the years: the other
        two grounds say what, and the board by when. ``reason`` says why there is no target, or that the figure asks
        for nothing more than the place has. ``has_series`` is False without an earlier period in ``trends``.
    """
    ranges = pd.concat(
        build_target_ranges(
            trends, estimates, findings, similar, catalogue, years=years, gap_share=gap_share, comparator=comparator
        )
        for years in PROJECTED_YEARS
    )
    key = ["locality_id", "indicator_id"]
    rows = ranges[ranges["locality_id"] == locality_id].melt(
        id_vars=[*key, "period", "years_ahead", "gap_share", "similar_to", "similar_count", "current"],
        value_vars=list(GROUNDS),
        var_name="ground",
        value_name="target",
    )
    measured = estimates.loc[estimates["is_headline_period"], [*key, "lower_ci", "upper_ci", "status"]]
    against = findings.loc[findings["comparator"] == comparator, [*key, "period", "comparator_value", "reason"]]
    rows = rows.merge(measured, on=key, how="left").merge(
        against.rename(columns={"reason": "comparator_reason"}), on=[*key, "period"], how="left"
    )
    limits = [
        trends[[*key, f"projected_{years}_lower", f"projected_{years}_upper"]]
        .set_axis([*key, "target_lower", "target_upper"], axis=1)
        .assign(years_ahead=years, ground="trend_continued")
        for years in PROJECTED_YEARS
    ]
    rows = rows.merge(pd.concat(limits), on=[*key, "years_ahead", "ground"], how="left")
    of_trend = trends[[*key, "last_period", "trend_status", "reason"]].rename(columns={"reason": "trend_reason"})
    rows = rows.merge(of_trend, on=key, how="left")
    rows["has_series"] = rows["trend_status"].notna()
    for name in ("target_lower", "target_upper"):
        rows[name] = rows[name].where(rows["target"].notna())
    poorer = {one.id: one.poorer_is for one in catalogue}
    rows["reason"] = [_reason(row, poorer[row.indicator_id]) for row in rows.itertuples(index=False)]
    rows["order"] = rows["ground"].map({name: n for n, name in enumerate(GROUNDS)})
    rows = rows.sort_values(["indicator_id", "order", "years_ahead"], ignore_index=True)
    return rows.rename(columns={"current": "value"})[
        [*key, "period", "value", "lower_ci", "upper_ci", "ground", "years_ahead", "target", "target_lower",
         "target_upper", "reason", "has_series", "comparator_value", "gap_share", "similar_to", "similar_count"]
    ]  # fmt: skip


def _reason(row: Any, poorer_is: str) -> str | None:
    """Return why a row has no target, or asks for nothing more than the place has."""
    if pd.isna(row.current):
        return f"no figure for {row.period}: {str(row.status).replace('_', ' ')}"
    if pd.isna(row.target):
        return _why_none(row)
    better = row.target < row.current if poorer_is == "higher" else row.target > row.current
    if better:
        return None
    return {
        "trend_continued": "where the trend leads, no target: no better than now",
        "best_quarter": "already within the best quarter of similar places",
        "gap_closed": "no gap to close, or none of it to be closed: the value stays as it is",
    }[row.ground]


def _why_none(row: Any) -> str:
    if row.ground == "trend_continued":
        if pd.isna(row.trend_status):
            return "no earlier period to compare with"
        if pd.notna(row.last_period) and row.last_period != row.period:
            ends = f"the trend ends with {row.last_period}, and {row.period} is the latest"
            return ends if pd.isna(row.trend_reason) else f"{ends}: {row.trend_reason}"
        if row.trend_status == "change_only":
            return "two periods show a change, not a trend"
        return "no trend could be worked out" if pd.isna(row.trend_reason) else str(row.trend_reason)
    if row.ground == "best_quarter":
        if pd.isna(row.similar_to):
            return "what it is like is not known: its urban rural class or its share of residents in need"
        return f"places like it with a figure: {row.similar_count}, and {MINIMUM_PLACES} are needed"
    return "not held against the rest" if pd.isna(row.comparator_reason) else str(row.comparator_reason)
