"""Electoral wards, fitted to data zones by where residents live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from localities.boundaries.files import check_polygons, read_layer
from localities.boundaries.fitting import best_fit
from localities.councils import current_code

if TYPE_CHECKING:
    from pathlib import Path

    from localities.drawing.context import DrawingContext

TITLE = "Electoral wards"
DESCRIPTION = "Multi-member council wards of 2025; each data zone goes to the ward where most of its residents live."
SOURCES = ("ons-wards-2025", "nrs-output-areas-2011")
IS_COMPLETE = True
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the ward of every data zone, with the share of its residents who live inside that ward.

    A zone goes to the ward of its own council area where most of its residents (output areas at the 2011 census) live;
    where none of them lives inside any, to the nearest.
    """
    wards = read_wards(context.file(SOURCES[0]))
    return best_fit(context.zones, context.residents, wards, is_division=True)


def read_wards(path: Path) -> gpd.GeoDataFrame:
    """Return ``locality_code, locality_name, cpp_code`` and polygons of the wards, EPSG:27700.

    Raises
    ------
    UnreadableSource, SchemaError, GeographyError
        As `localities.boundaries.files.read_layer` and `localities.boundaries.files.check_polygons`.
    """
    layer = read_layer(path, ["WD25CD", "WD25NM", "LAD25CD"], reproject=True)
    layer["geometry"] = check_polygons(layer.geometry.to_numpy(), layer["WD25CD"], path, largest_change=1e-3)
    layer = layer.rename(columns={"WD25CD": "locality_code", "WD25NM": "locality_name", "LAD25CD": "cpp_code"})
    layer["cpp_code"] = layer["cpp_code"].map({code: current_code(code) for code in layer["cpp_code"].unique()})
    return layer[["locality_code", "locality_name", "cpp_code", "geometry"]]
