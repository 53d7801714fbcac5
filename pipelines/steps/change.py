"""Inequality and change: how unequal each partnership is, and how each candidate locality has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.steps import Context, step

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@step(group="findings", settings=("confidence", "need_indicator"), registries=("indicators.declarations",))
def inequality(context: Context, observations: pd.DataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """How unequal outcomes are between more and less deprived zones, in each partnership and in Scotland.

    The Duncan index as the Improvement Service defines it, slope and relative index of inequality, concentration index,
    gap and ratio between the most and the least deprived fifth, and the attributable share, with intervals.
    """
    from localities.inequality import build_inequality

    return build_inequality(observations, context.catalogue, zones, context.settings)


@step(group="findings", settings=("confidence", "minimum_coverage"), registries=("indicators.declarations",))
def trends(context: Context, estimates: pd.DataFrame) -> pd.DataFrame:
    """How each candidate locality has changed, its trend, and where that leads in 1, 3 and 10 years.

    Never across a declared break; a place with too few periods says so. Limits of a projection hold the error of the
    line and the scatter about it, not the chance that the line bends.
    """
    from localities.progress import build_trends

    return build_trends(estimates, context.catalogue, context.settings)
