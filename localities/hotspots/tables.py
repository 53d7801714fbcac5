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

__all__ = ["Drawn", "tables_of"]

NULL = "correlated"
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
    zones: pd.DataFrame, drawn: Sequence[Drawn], about: Mapping[str, Any]
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
    """
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
                    **_place(zones.iloc[members]),
                    **_figures(own),
                    "p_value": cluster.p_value,
                    "is_significant": cluster.p_value <= about["alpha"],
                    "null_model": NULL,
                    "over_dispersion": one.found.null.fitted[0].over_dispersion,
                    "spatial_correlation": one.found.null.fitted[0].morans_i,
                    **{key: about[key] for key in ("within", "shape", "replications", "seed")},
                }
            )
    members_of = [
        {"hot_spot_id": spot["hot_spot_id"], "zone_code": code}
        for spot, members in zip(spots, groups, strict=True)
        for code in sorted(zones["zone_code"].iloc[members])
    ]
    return (
        _hot_spots(zones, spots, groups),
        pd.DataFrame(members_of, columns=list(TABLES["hot_spot_zones"].columns)).astype("str"),
        pd.DataFrame(outcomes, columns=list(_OUTCOME_COLUMNS)),
        pd.DataFrame(areas, columns=list(_AREA_COLUMNS)),
    )


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


def _place(members: pd.DataFrame) -> dict[str, Any]:
    """Return where a hot spot is: the partnership of most of its residents, and a name from intermediate zones."""
    people = members["population"].astype(float) + 1e-6
    cpp = people.groupby([members["cpp_code"], members["cpp_name"]]).sum().sort_values(ascending=False, kind="stable")
    names = people.groupby(members["intermediate_zone_name"]).sum().sort_values(ascending=False, kind="stable")
    # the places that hold at least a quarter of its residents, at most three
    kept = [str(name) for name, share in (names / people.sum()).items() if share >= 0.25][:3] or [str(names.index[0])]
    return {
        "hot_spot_name": " / ".join(kept),
        "cpp_code": cpp.index[0][0],
        "cpp_name": cpp.index[0][1],
        "population": int(members["population"].sum()),
        "zone_count": len(members),
    }


def _hot_spots(zones: pd.DataFrame, spots: list[dict[str, Any]], groups: list[NDArray[np.intp]]) -> pd.DataFrame:
    columns = [name for name in TABLES["hot_spots"].columns if name != "geometry"]
    frame = pd.DataFrame(spots, columns=columns)
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
