"""Hot spots: where poorer outcomes gather, found by a spatial scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.steps.step import Context, step

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@step(
    group="findings",
    outputs=("hot_spots", "hot_spot_zones"),
    settings=("limit", "alpha", "seed", "hot_spot_indicators", "hot_spot_shape", "hot_spot_replications"),
    registries=("indicators.declarations",),
    kinds=("geopandas", "scipy"),
)
def hot_spots(
    context: Context, zones: gpd.GeoDataFrame, adjacency: pd.DataFrame, observations: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Hot spots of each partnership: contiguous zones under the limit where poorer outcomes gather, and their zones.

    The most likely hot spot of every area, whatever its p, and further ones whose p is at most alpha. The scan's p,
    against a null in which zones differ and neighbours are alike, is their only inference: they are not drawings, no
    division of the area, and are never tested again.
    """
    from localities.hotspots.search import find_hot_spots

    settings = context.settings
    found = find_hot_spots(
        zones,
        adjacency,
        observations,
        indicators=[context.catalogue[one] for one in settings.hot_spot_indicators],
        shape=settings.hot_spot_shape,
        limit=settings.limit,
        replications=settings.hot_spot_replications,
        seed=settings.seed,
        alpha=settings.alpha,
    )
    return {"hot_spots": found.hot_spots, "hot_spot_zones": found.hot_spot_zones}
