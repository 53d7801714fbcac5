"""Geography layer: data zones and which of them are neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.steps.step import Context, step

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@step(
    group="geography",
    sources=(
        "sg-data-zone-boundaries-2011",
        "sg-data-zone-centroids-2011",
        "sg-data-zone-lookup-2011",
        "nrs-sape-2021",
    ),
    kinds=("geopandas", "shapefile"),
)
def zones(context: Context) -> gpd.GeoDataFrame:
    """Data zones of 2011 with boundary, population-weighted centroid, parents and mid-2021 residents.

    One row per data zone, EPSG:27700. Residents are the National Records of Scotland mid-2021 estimates, the latest
    for these zones; the 2017 residents of SIMD 2020v2 remain the denominators of its own indicators.
    """
    from localities.zones.zones import build_zones

    return build_zones(
        boundaries=context.files["sg-data-zone-boundaries-2011"],
        centroids=context.files["sg-data-zone-centroids-2011"],
        lookup=context.files["sg-data-zone-lookup-2011"],
        population=context.files["nrs-sape-2021"],
    )


def _barriers() -> tuple[str, ...]:
    from localities.zones.barriers import BARRIER_SOURCES

    return BARRIER_SOURCES


@step(group="geography", sources=_barriers, optional=_barriers, kinds=("shapely",))
def adjacency(context: Context, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Neighbouring data zones with the length of their shared border, and the declared links that join islands.

    One row per ordered pair: rook contiguity (a shared border, not a shared corner), both directions. A border along a
    river, canal, railway or motorway without a crossing is marked, and joins nothing; where none of their files is at
    hand, no border is.
    """
    from localities.zones.adjacency import build_adjacency
    from localities.zones.barriers import read_barriers

    return build_adjacency(zones, barriers=read_barriers(context.files))
