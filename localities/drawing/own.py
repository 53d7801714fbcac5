"""The drawing of a partnership's own boundaries, and how well zones fit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from indicators.errors import GeographyError, compose
from localities.boundaries.fitting import best_fit, fit_errors, shares_fit
from localities.residents.output_areas import residents_of

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

from localities.boundaries.own_files import OwnBoundaries

__all__ = ["draw_own", "fit_report"]


def draw_own(context: DrawingContext, own: OwnBoundaries) -> pd.DataFrame:
    """Return the drawing of own boundaries: their zones, by where residents live.

    Boundaries that fit no zone (fewer residents than half of any zone) are absent: see `fit_report`. Of a set that is
    one partnership's, only its own zones are taken.

    Raises
    ------
    GeographyError
        If no boundary fits any zone.
    """
    if own.has_polygons:
        fit = shares_fit if own.about.by_shares else best_fit
        drawing = fit(context.zones, _residents(context), _of_cpp(own))
    else:
        drawing = context.of_these_zones(own.areas.copy(), own.title)
        if own.about.cpp_code is not None:
            own_zones = context.zones.loc[context.zones["cpp_code"] == own.about.cpp_code, "zone_code"]
            drawing = drawing[drawing["zone_code"].isin(own_zones)]
    if drawing.empty:
        raise GeographyError(
            compose(
                "Own boundaries hold no zone",
                where=own.title,
                codes=own.areas["locality_code"].unique(),
                expected="areas with at least half of a zone's residents",
                remedy="check the position of the boundaries and the partnership, or fit them by shares",
            )
        )
    return drawing.reset_index(drop=True)


def _of_cpp(own: OwnBoundaries) -> gpd.GeoDataFrame:
    areas = gpd.GeoDataFrame(own.areas)
    return areas if own.about.cpp_code is None else areas.assign(cpp_code=own.about.cpp_code)


def fit_report(context: DrawingContext, own: OwnBoundaries, drawing: pd.DataFrame) -> pd.DataFrame:
    """Return how well zones stand for each boundary (`localities.boundaries.fitting`); empty for lists of zones.

    `drawing` is what `draw_own` returns of them.
    """
    if not own.has_polygons:
        return pd.DataFrame()
    found = fit_errors(context.zones, _residents(context), _of_cpp(own), drawing)
    return found.merge(own.areas[["locality_code", "locality_name"]], on="locality_code")


def _residents(context: DrawingContext) -> pd.DataFrame:
    if "nrs-output-areas-2011" in context.files:
        return context.residents
    # without output areas a zone's residents stand at its population-weighted centroid
    none = pd.DataFrame({"zone_code": pd.Series(dtype="str"), "residents": [], "x": [], "y": []})
    return residents_of(context.zones, none)
