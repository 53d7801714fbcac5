"""Countries on a grid: zones are squares of one kilometre, and each council is a block of them."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from indicators.catalogue import Indicator


def grid_country(councils: int, rows: int, columns: int, residents: int | np.ndarray = 800) -> gpd.GeoDataFrame:
    """Zones of councils side by side; one that is `rows` x `columns` squares, row by row."""
    each = rows * columns
    number = np.arange(councils * each)
    council, within = number // each, number % each
    across, up = council * columns + within % columns, within // columns
    frame = pd.DataFrame(
        {
            "zone_code": [f"S01{990000 + one:06d}" for one in number],
            "population": residents,
            "cpp_code": [f"S12{990000 + one:06d}" for one in council],
            "cpp_name": [f"Council {one}" for one in council],
            "intermediate_zone_name": [f"Quarter {one}" for one in up // 4],
            "centroid_x": across * 1000.0 + 500,
            "centroid_y": up * 1000.0 + 500,
        }
    )
    squares = [box(x * 1000, y * 1000, (x + 1) * 1000, (y + 1) * 1000) for x, y in zip(across, up, strict=True)]
    return gpd.GeoDataFrame(frame, geometry=squares, crs="EPSG:27700")


def neighbours(zones: pd.DataFrame) -> pd.DataFrame:
    """Pairs of squares that share a side, both directions, over council borders too."""
    places = zip(zones["centroid_x"], zones["centroid_y"], zones["zone_code"], strict=True)
    at = {(x, y): code for x, y, code in places}
    pairs = [
        (code, at[x + dx, y + dy])
        for (x, y), code in at.items()
        for dx, dy in ((1000, 0), (-1000, 0), (0, 1000), (0, -1000))
        if (x + dx, y + dy) in at
    ]
    return pd.DataFrame(sorted(pairs), columns=["zone_code", "neighbour_code"])


def indicator(name: str = "claimants", kind: str = "proportion", poorer_is: str = "higher") -> Indicator:
    """A made-up outcome."""
    return Indicator(
        id=name, title=name, definition=name, domain="Income", role="outcome", source="none", reader="none",
        geography="data_zone_2011", kind=kind, unit="% of residents", poorer_is=poorer_is,
        smallest_important_difference=1.25, national_outcome="Poverty",
        smallest_important_difference_scale="sd" if kind == "mean" else "ratio",
    )  # fmt: skip


def observed(
    zones: pd.DataFrame,
    counts: Sequence[float] | np.ndarray,
    denominators: Sequence[float] | np.ndarray | None = None,
    name: str = "claimants",
    *,
    is_mean: bool = False,
) -> pd.DataFrame:
    """Observations of one outcome: counts among residents, or means."""
    people = zones["population"].to_numpy(dtype=float) if denominators is None else np.asarray(denominators, float)
    figures = np.asarray(counts, dtype=float)
    return pd.DataFrame(
        {
            "indicator_id": name,
            "area_code": zones["zone_code"].to_numpy(),
            "area_type": "data_zone",
            "vintage": "2011",
            "period_start": pd.Timestamp("2017-01-01"),
            "period_end": pd.Timestamp("2017-12-31"),
            "period": "2017",
            "numerator": np.nan if is_mean else figures,
            "denominator": people,
            "value": figures if is_mean else 100 * figures / np.maximum(people, 1),
            "status": "observed",
            "source_id": "none",
        }
    )


def correlated_counts(
    zones: pd.DataFrame, pairs: pd.DataFrame, rng: np.random.Generator, *, spread: float, rho: float
) -> np.ndarray:
    """Counts among residents, 12 % at the middle, whose log odds are alike in neighbours; by dense matrices.

    An autoregression of the error kind (simultaneous), not the conditional one that the search fits: the null must
    hold for processes that are not its own.
    """
    codes = pd.Index(zones["zone_code"])
    odds = np.empty(len(zones))
    cpp = zones["cpp_code"].to_numpy()
    first, second = codes.get_indexer(pairs["zone_code"]), codes.get_indexer(pairs["neighbour_code"])
    size = int((cpp == cpp[0]).sum())
    weights = np.zeros((size, size))
    inside = (first < size) & (second < size)
    weights[first[inside], second[inside]] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    root = np.linalg.inv(np.eye(size) - rho * weights)
    root *= spread / np.sqrt((root**2).sum(axis=1, keepdims=True))
    for start in range(0, len(zones), size):
        odds[start : start + size] = root @ rng.standard_normal(size)
    chance = 1 / (1 + np.exp(-(np.log(0.12 / 0.88) + odds)))
    return rng.binomial(zones["population"].to_numpy(), chance)
