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
    settings=(
        "limit",
        "alpha",
        "seed",
        "need_indicator",
        "hot_spot_indicators",
        "hot_spot_shape",
        "hot_spot_least_ratio",
        "hot_spot_least_strength",
        "hot_spot_replications",
    ),
    registries=("indicators.declarations",),
    graded_by=("alpha",),
    kinds=("geopandas", "scipy"),
    spatial_inputs=("zones",),
    apart=True,
)
def hot_spots(
    context: Context, zones: gpd.GeoDataFrame, adjacency: pd.DataFrame, observations: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Hot spots of each partnership: contiguous zones under the limit where poorer outcomes gather, and their zones.

    Every one above a declared relative risk and strength that overlaps no stronger one, in order, with two answers:
    beyond chance, and beyond this area's own inequality. These are their only inference: they are not drawings, no
    division of the area, and are never tested again.
    """
    from localities.choosing.reach import need_counted
    from localities.hotspots.regrading import areas_decided_by, put_together
    from localities.hotspots.search import find_hot_spots
    from pipelines.workers import workers

    settings, before = context.settings, context.before
    areas = None
    if before is not None:
        areas = areas_decided_by(before.tables["hot_spots"], before.settings["alpha"], settings.alpha)
    tables = None
    if areas != []:
        with workers(parts=1) as others:
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
                least_ratio=settings.hot_spot_least_ratio,
                least_strength=settings.hot_spot_least_strength,
                areas=areas,
                need=need_counted(observations, settings.need_indicator),
                workers=others,
            )
        tables = found.hot_spots, found.hot_spot_zones
    names = ("hot_spots", "hot_spot_zones")
    if before is not None:
        tables = put_together((before.tables[names[0]], before.tables[names[1]]), tables, settings.alpha)
    return dict(zip(names, tables or (), strict=True))
