"""The tables of hot spots: what was found, in words and figures that a planner can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.schema.tables import TABLES
from localities.hotspots.area import Cluster, Found
from localities.hotspots.measures import Measure

_OUTCOME_COLUMNS = (
    "hot_spot_id", "indicator_id", "period", "model", "observed", "expected", "ratio", "log_likelihood_ratio",
)  # fmt: skip
_AREA_COLUMNS = (
    "area_code", "indicator_id", "zone_count", "windows", "over_dispersion", "spatial_correlation",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """One area's code, positions of its zones, outcomes, and what was found (None where nothing could be)."""

    code: str
    members: NDArray[np.intp]
    measures: Sequence[Measure]
    found: Found | None


def tables_of(
    zones: pd.DataFrame, drawn: Sequence[Drawn], about: Mapping[str, Any], need: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return ``hot_spots``, ``hot_spot_zones``, one row per hot spot and outcome, and one per area and outcome.

    Parameters
    ----------
    zones
        In the order that `Drawn.members` counts in.
    drawn
        The areas.
    about
        ``within, shape, replications, seed, alpha``.
    need
        ``numerator, denominator, period`` of people in need by zone code; None where they are not known.
    """
    in_need = None if need is None else need.reindex(zones["zone_code"])
    counts = None if in_need is None else in_need[["numerator", "denominator"]].to_numpy(dtype="float64", na_value=0.0)
    periods = None if in_need is None else in_need["period"].to_numpy(dtype=object, na_value=None)
    spots: list[dict[str, Any]] = []
    outcomes: list[dict[str, Any]] = []
    groups: list[NDArray[np.intp]] = []
    areas: list[dict[str, Any]] = []
    for one in drawn:
        if one.found is None:
            continue
        areas += [
            {
                "area_code": one.code,
                "indicator_id": measure.indicator_id,
                "zone_count": int(measure.has_figure.sum()),
                "windows": one.found.windows,
                "over_dispersion": fitted.over_dispersion,
                "spatial_correlation": fitted.morans_i,
            }
            for measure, fitted in zip(one.measures, one.found.null.fitted, strict=True)
        ]
        for rank, cluster in enumerate(one.found.clusters, start=1):
            name = f"hot_spot:{one.code}-{rank}"
            own = [
                {"hot_spot_id": name, **_outcome(measure, cluster, number)}
                for number, measure in enumerate(one.measures)
            ]
            outcomes += own
            members = one.members[cluster.zones]
            groups.append(members)
            spots.append(
                {
                    "hot_spot_id": name,
                    "rank": rank,
                    **_figures(own),
                    **_need(counts, periods, members),
                    "p_chance": cluster.p_chance,
                    "is_beyond_chance": cluster.p_chance <= about["alpha"],
                    "p_inequality": cluster.p_inequality,
                    "is_beyond_inequality": cluster.p_inequality <= about["alpha"],
                    "over_dispersion": one.found.null.fitted[0].over_dispersion,
                    "spatial_correlation": one.found.null.fitted[0].morans_i,
                    **{key: about[key] for key in ("within", "shape", "replications", "seed")},
                }
            )
    codes = zones["zone_code"].to_numpy(dtype=object)
    members_of = [
        {"hot_spot_id": spot["hot_spot_id"], "zone_code": code}
        for spot, members in zip(spots, groups, strict=True)
        for code in sorted(codes[members])
    ]
    return (
        _hot_spots(zones, spots, groups),
        pd.DataFrame(members_of, columns=list(TABLES["hot_spot_zones"].columns)).astype("str"),
        pd.DataFrame(outcomes, columns=list(_OUTCOME_COLUMNS)),
        pd.DataFrame(areas, columns=list(_AREA_COLUMNS)),
    )


def _need(
    counts: NDArray[np.float64] | None, periods: NDArray[np.object_] | None, members: NDArray[np.intp]
) -> dict[str, Any]:
    """Return people in need, among whom they were counted and when: seldom today's residents."""
    if counts is None or periods is None:
        return {"people_in_need": np.nan, "people_in_need_among": np.nan, "people_in_need_period": None}
    in_need, among = counts[members].sum(axis=0).tolist()
    return {
        "people_in_need": in_need,
        "people_in_need_among": among,
        "people_in_need_period": next(filter(None, periods[members]), None),
    }


def _outcome(measure: Measure, cluster: Cluster, number: int) -> dict[str, Any]:
    """Return what was observed and expected inside, and how many times the rest's rate that is."""
    inside = np.zeros(len(measure.observed), dtype=bool)
    inside[cluster.zones] = True
    if measure.model == "normal":
        weight = measure.size
        observed, rest = (
            float(np.average(measure.observed[part], weights=weight[part])) if weight[part].sum() > 0 else np.nan
            for part in (inside, ~inside)
        )
        whole = float(np.average(measure.observed, weights=weight))
        adjusted = float(np.average(measure.expected[inside], weights=weight[inside])) if weight[inside].sum() else 0.0
        expected = whole if not measure.expected.any() else adjusted
        ratio = observed / rest if observed > 0 and rest > 0 else np.nan
    else:
        observed, expected = float(measure.observed[inside].sum()), float(measure.expected[inside].sum())
        rest, expected_rest = float(measure.observed[~inside].sum()), float(measure.expected[~inside].sum())
        both = expected > 0 and expected_rest > 0 and rest > 0
        ratio = (observed / expected) / (rest / expected_rest) if both else np.nan
    return {
        "indicator_id": measure.indicator_id,
        "period": measure.period,
        "model": measure.model,
        "observed": observed,
        "expected": expected,
        "ratio": ratio,
        "log_likelihood_ratio": float(cluster.ratios[number]),
    }


def _figures(own: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of a hot spot: of its outcome where it is one; sums of different things say nothing."""
    alone = own[0] if len(own) == 1 else {}
    return {
        "indicators": ", ".join(one["indicator_id"] for one in own),
        "periods": ", ".join(dict.fromkeys(one["period"] for one in own)),
        **{name: alone.get(name, np.nan) for name in ("observed", "expected", "ratio")},
        "log_likelihood_ratio": sum(one["log_likelihood_ratio"] for one in own),
    }


def _places(zones: pd.DataFrame, groups: Sequence[NDArray[np.intp]]) -> pd.DataFrame:
    """Return where hot spots are: the partnership of most of their residents, and a name from intermediate zones."""
    rows = np.concatenate([np.empty(0, dtype=np.intp), *groups])
    kept = ["cpp_code", "cpp_name", "intermediate_zone_name", "population"]
    members = pd.DataFrame({name: zones[name].to_numpy(dtype=object)[rows] for name in kept})
    members["spot"] = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
    members["population"] = members["population"].astype(float)
    # zones without residents still name and place what they are in
    members["people"] = members["population"] + 1e-6

    def largest(by: list[str]) -> pd.DataFrame:
        sums = members.groupby(["spot", *by], as_index=False)["people"].sum()
        return sums.sort_values(["spot", "people"], ascending=[True, False], kind="stable", ignore_index=True)

    names = largest(["intermediate_zone_name"])
    whole = names.groupby("spot")["people"].transform("sum")
    order = names.groupby("spot").cumcount()
    # the places that hold at least a quarter of its residents, at most three
    named = names[(order == 0) | ((names["people"] >= 0.25 * whole) & (order < 3))]
    found = largest(["cpp_code", "cpp_name"]).drop_duplicates("spot").set_index("spot")[["cpp_code", "cpp_name"]]
    found["hot_spot_name"] = named.groupby("spot")["intermediate_zone_name"].agg(" / ".join)
    found["population"] = members.groupby("spot")["population"].sum().astype("int64")
    found["zone_count"] = members.groupby("spot").size()
    return found


def _hot_spots(zones: pd.DataFrame, spots: list[dict[str, Any]], groups: list[NDArray[np.intp]]) -> pd.DataFrame:
    columns = [name for name in TABLES["hot_spots"].columns if name != "geometry"]
    frame = pd.DataFrame(spots).join(_places(zones, groups)).reindex(columns=columns)
    if "geometry" not in zones.columns:
        return frame
    import geopandas as gpd

    from localities.boundaries.dissolving import dissolve
    from localities.boundaries.files import CRS

    shapes = np.empty(0, dtype=object)
    if spots:
        rows = np.concatenate(groups)
        group = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
        shapes = dissolve(zones["geometry"].to_numpy()[rows], group, len(groups))
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)
