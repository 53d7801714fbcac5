"""Boundaries as publishers of areas give them: named polygons, of some councils or all, with the dirt that they have.

The publishers collect them from councils, so columns differ in case and shapefiles cut their names to ten letters;
polygons overlap, leave gaps and are sometimes invalid. They are repaired and that is logged. Wards and zones are
stricter: see `localities.boundaries.files`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from indicators.errors import SchemaError
from localities.boundaries.files import CRS, read_features
from localities.boundaries.repairing import repair_polygons
from localities.councils import current_code, slug_of

_log = logging.getLogger(__name__)
# a shapefile keeps no more of a column's name
_SHAPEFILE_NAME = 10


def read_areas(
    path: Path,
    *,
    name: Sequence[str],
    code: Sequence[str] = (),
    council: Sequence[str] = (),
    layer: str = "",
    only: tuple[str, str] | None = None,
) -> gpd.GeoDataFrame:
    """Return ``locality_code, locality_name, geometry`` and, where the file has councils, ``cpp_code``; EPSG:27700.

    Rows without a name are left out. Rows of one code (and council) are one area.

    Parameters
    ----------
    path
        A zip of shapefiles or another vector file.
    name, code, council
        Spellings of the column of names, of codes, and of councils' GSS codes, the first found is read. Where codes are
        not given or blank, an area's code is its council's code and its short name.
    layer
        Part of the name of the layer wanted, of several in a zip.
    only
        A column and the value that its rows must have, where the file has the column.

    Raises
    ------
    UnreadableSource, GeographyError
        As `localities.boundaries.files.read_features`, or if no polygon is left.
    SchemaError
        If the column of names is absent.
    """
    frame = read_features(path, layer=layer)
    if only is not None:
        kind = _column(frame, only[:1])
        if kind is not None:
            frame = frame[frame[kind].astype("str").str.strip().str.casefold() == only[1]]
    named = _column(frame, name)
    if named is None:
        raise SchemaError(
            "A column is missing or was renamed",
            where=path,
            column=name[0],
            expected=" or ".join(name),
            found=", ".join(str(one) for one in frame.columns if one != frame.geometry.name),
            remedy="compare the file with the publisher's; if they renamed it, change the reader",
        )
    names = _text(frame, named)
    frame, names = frame[names != ""], names[names != ""]
    mended, report = repair_polygons(frame.geometry.to_numpy(), names.to_numpy(dtype=object), path)
    for row in report.to_dict(orient="records"):
        _log.warning("%s: %s: %s, %s", path.name, row["locality_name"], row["problem"], row["done"])
    areas = pd.DataFrame({"locality_name": names.to_numpy(), "geometry": mended})
    councils = _column(frame, council)
    if councils is not None:
        found = _text(frame, councils)
        areas["cpp_code"] = found.map({one: current_code(one) for one in found.unique()}).to_numpy()
    slugs = names.map({one: slug_of(one) or "unnamed" for one in names.unique()}).to_numpy()
    places = areas["cpp_code"] + "-" + slugs if councils is not None else pd.Series(slugs, index=areas.index)
    coded = _column(frame, code)
    codes = places if coded is None else pd.Series(_text(frame, coded).to_numpy(), index=areas.index)
    areas["locality_code"] = codes.where(codes != "", places)
    areas = areas[[one is not None for one in mended]]
    keys = ["locality_code", "cpp_code"] if councils is not None else ["locality_code"]
    return _together(gpd.GeoDataFrame(areas, geometry="geometry", crs=CRS), keys)


def _together(areas: gpd.GeoDataFrame, keys: list[str]) -> gpd.GeoDataFrame:
    if areas.duplicated(keys).any():
        areas = areas.dissolve(by=keys, as_index=False, aggfunc="first", sort=True)
    areas = areas.sort_values(keys, ignore_index=True)
    # one school or council's code may stand in the files of two councils: each part is a locality of its own
    twice = areas["locality_code"].duplicated(keep=False)
    if twice.any():
        areas.loc[twice, "locality_code"] = areas["locality_code"] + "-" + areas["cpp_code"]
    columns = ["locality_code", "locality_name", *(one for one in ("cpp_code",) if one in areas), "geometry"]
    return areas[columns]


def _text(frame: pd.DataFrame, column: str) -> pd.Series:
    values = frame[column]
    if pd.api.types.is_float_dtype(values):
        # whole numbers with gaps come as fractions
        values = values.astype("Int64")
    return values.astype("str").str.strip().replace({"nan": "", "None": "", "<NA>": ""}).fillna("")


def _column(frame: pd.DataFrame, spellings: Sequence[str]) -> str | None:
    columns = {str(one).casefold(): str(one) for one in frame.columns}
    for spelling in spellings:
        for tried in (spelling.casefold(), spelling.casefold()[:_SHAPEFILE_NAME]):
            if tried in columns:
                return columns[tried]
    return None
