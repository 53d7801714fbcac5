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
    vintage="2011",
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


@step(
    group="geography",
    outputs=("zones",),
    sources=(
        "sg-data-zone-boundaries-2022",
        "sg-data-zone-centroids-2022",
        "sg-data-zone-lookup-2022",
        "nrs-oa22-dz22-lookup",
        "nrs-census-2022-oa-uv102b",
    ),
    kinds=("geopandas", "shapefile"),
    vintage="2022",
)
def zones_2022(context: Context) -> gpd.GeoDataFrame:
    """Data zones of 2022 with boundary, population-weighted centroid, parents and residents.

    One row per data zone, EPSG:27700. Residents are those of the 2022 census, added up from output areas, until
    mid-year estimates are published for these zones.
    """
    from localities.residents.census_2022 import RESIDENTS_SOURCE, residents_by_zone
    from localities.zones.zones import build_zones

    return build_zones(
        boundaries=context.files["sg-data-zone-boundaries-2022"],
        centroids=context.files["sg-data-zone-centroids-2022"],
        lookup=context.files["sg-data-zone-lookup-2022"],
        counted=residents_by_zone(context.files),
        population_source_id=RESIDENTS_SOURCE,
        vintage="2022",
    )


def _crosswalk_sources() -> tuple[str, ...]:
    from localities.zones.crosswalk import SOURCES

    return SOURCES


def _crosswalk_optional() -> tuple[str, ...]:
    from localities.zones.crosswalk import OPTIONAL_SOURCES

    return OPTIONAL_SOURCES


@step(group="geography", sources=_crosswalk_sources, optional=_crosswalk_optional)
def crosswalk(context: Context) -> pd.DataFrame:
    """Zones of 2001, 2011 and 2022 in which the same people live: shares, whether exact, smallest common groups.

    Residents are those of the 2022 census by output area. Empty where the lookups are not at hand: figures of another
    census's zones are then left out.
    """
    from localities.zones.crosswalk import crosswalk_of

    return crosswalk_of(context.files, inferred=context.inferred)


def _barriers() -> tuple[str, ...]:
    from localities.zones.barriers import BARRIER_SOURCES

    return BARRIER_SOURCES


@step(group="geography", sources=_barriers, optional=_barriers, kinds=("shapely",), spatial_inputs=("zones",))
def adjacency(context: Context, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Neighbouring data zones with the length of their shared border, and the declared links that join islands.

    One row per ordered pair: rook contiguity (a shared border, not a shared corner), both directions. A border along a
    river, canal, railway or motorway without a crossing is marked, and joins nothing; where none of their files is at
    hand, no border is.
    """
    from localities.zones.adjacency import build_adjacency
    from localities.zones.barriers import read_barriers

    return build_adjacency(zones, barriers=read_barriers(context.files))
