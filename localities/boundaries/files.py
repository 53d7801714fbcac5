"""Reading of geographic files: a zip of a shapefile or any vector file, with its CRS and geometry checked.

What a file *means* (which columns, which codes) belongs to the module that asks for it. Nothing here reprojects unless
the caller says so.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from indicators.errors import GeographyError, LocalitiesError, SchemaError, UnreadableSource, compose

__all__ = [
    "CRS",
    "check_columns",
    "check_file",
    "check_polygons",
    "in_grid",
    "read_csv",
    "read_features",
    "read_layer",
    "read_sheet",
]

CRS = "EPSG:27700"
# the grid's own reach, with room for a fictional country beside it
_GRID = (-200_000.0, -200_000.0, 1_000_000.0, 1_500_000.0)
_log = logging.getLogger(__name__)


def check_file(path: Path) -> None:
    """Raise if a file is absent, empty, or an HTML page saved under a data file's name.

    Raises
    ------
    UnreadableSource
        In each of these cases.
    """
    if not path.is_file():
        raise UnreadableSource(
            compose("A file is missing", where=path, remedy="fetch it, or add it by hand: localities sources add-file")
        )
    with path.open("rb") as stream:
        start = stream.read(512)
    if not start:
        raise UnreadableSource(compose("A file is empty", where=path, remedy="fetch it again"))
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
        raise UnreadableSource(
            compose(
                "A file holds an HTML page instead of data",
                where=path,
                expected=f"a {path.suffix or 'data'} file",
                found="a web page, probably an error or a login page of the publisher",
                remedy="fetch it again, or download it by hand from the source's landing page",
            )
        )


def read_csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return the named columns of a CSV file as text, with blank cells missing.

    The publishers' lookups are Windows-1252; a file that starts with a UTF-8 byte order mark is read as UTF-8.

    Raises
    ------
    UnreadableSource
        If the file is absent, empty, a web page, or not text in a table.
    SchemaError
        If a column is absent, or a row has more cells than the header.
    """
    check_file(path)
    with path.open("rb") as stream:
        has_mark = stream.read(3) == b"\xef\xbb\xbf"
    encoding = "utf-8-sig" if has_mark else "cp1252"
    try:
        header = pd.read_csv(path, encoding=encoding, dtype=str, nrows=0)
        check_columns(path, columns, header.columns)
        return pd.read_csv(
            path, encoding=encoding, dtype=str, usecols=list(columns), keep_default_na=False, na_values=[""]
        )
    except UnicodeDecodeError as error:
        raise UnreadableSource(
            compose(
                "A file is not text in its declared encoding",
                where=path,
                expected=encoding,
                found=str(error),
                remedy="fetch the publisher's CSV again; do not re-save it from a spreadsheet",
            )
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableSource(
            compose("A file is not a CSV table", where=path, found=str(error).strip(), remedy="fetch it again")
        ) from error


def check_columns(where: object, wanted: Sequence[str], present: Sequence[str] | np.ndarray | pd.Index) -> None:
    """Raise if a wanted column is not among those present.

    Raises
    ------
    SchemaError
        Naming the absent columns and those that are there.
    """
    names = [str(name) for name in present]
    absent = [name for name in wanted if name not in names]
    if absent:
        raise SchemaError(
            compose(
                "A column is missing or was renamed",
                where=where,
                column=", ".join(absent),
                expected=", ".join(wanted),
                found=", ".join(names) or "no columns",
                remedy="compare the file with the publisher's; if they renamed it, change the reader",
            )
        )


def read_sheet(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return the named columns of the first sheet of a workbook whose first row names them all.

    Raises
    ------
    UnreadableSource
        If the file is absent, empty, a web page, or not a workbook.
    SchemaError
        If no sheet has every column.
    """
    import python_calamine

    check_file(path)
    failure: SchemaError | None = None
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python()
            header = [str(cell).strip() for cell in rows[0]] if rows else []
            try:
                check_columns(f"{path}, sheet {name}", columns, header)
            except SchemaError as error:
                failure = failure or error
                continue
            at = [header.index(column) for column in columns]
            cells = [[row[i] for i in at] for row in rows[1:] if any(str(row[i]).strip() for i in at)]
            return pd.DataFrame(cells, columns=list(columns))
    except (python_calamine.CalamineError, OSError) as error:
        raise UnreadableSource(
            compose(
                "A workbook cannot be read",
                where=path,
                expected="an Excel workbook (.xlsx)",
                found=str(error),
                remedy="fetch it again: it may be truncated or of another format",
            )
        ) from error
    raise failure or SchemaError(compose("A workbook has no sheets", where=path, remedy="fetch it again"))


def read_layer(path: Path, columns: Sequence[str], *, reproject: bool = False) -> gpd.GeoDataFrame:
    """Return the named columns and the geometry of a vector file, in EPSG:27700.

    Parameters
    ----------
    path
        A zip of one or more shapefiles, in any folder of the zip, or another vector file that GDAL reads. Of several
        layers the first with every named column is read.
    columns
        Attribute columns to read.
    reproject
        Whether a file in another, stated CRS is transformed to EPSG:27700. Otherwise that is an error. Without grid
        files for the Ordnance Survey's transformation, the result is within about 5 m.

    Raises
    ------
    UnreadableSource
        If the file is absent, empty, a web page, truncated, or has no vector layer.
    SchemaError
        If no layer has every column.
    GeographyError
        If the CRS is absent, another one, or does not fit the coordinates.
    """
    check_file(path)
    layer = _layer_of(path, columns)
    try:
        frame = pyogrio.read_dataframe(layer, columns=list(columns), force_2d=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise _unreadable(path, error) from error
    return in_grid(frame, path, reproject)


def read_features(path: Path, crs: str | None = None, *, layer: str = "") -> gpd.GeoDataFrame:
    """Return every column and geometry of one layer of a vector file in any CRS, in EPSG:27700.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile or zip of one, or another file that GDAL reads.
    crs
        CRS of a file that does not state one; a stated one is believed.
    layer
        Part of a name: of several shapefiles in a zip, the first whose name holds it is read, else the first of all.

    Raises
    ------
    UnreadableSource
        If the file is absent, empty, a web page, truncated, or has no vector layer.
    GeographyError
        If no CRS is known, or the coordinates do not fit it.
    """
    check_file(path)
    try:
        frame = pyogrio.read_dataframe(_layer_of(path, [], layer), force_2d=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise _unreadable(path, error) from error
    if crs is not None and isinstance(frame, gpd.GeoDataFrame) and frame.crs is None:
        frame = frame.set_crs(crs)
    return in_grid(frame, path, True)


def _unreadable(path: Path, error: Exception | str) -> UnreadableSource:
    return UnreadableSource(
        compose(
            "A geographic file cannot be read",
            where=path,
            expected="a whole file that GDAL opens (a zip of a shapefile, or a GeoPackage)",
            found=str(error),
            remedy="fetch it again: it may be truncated or of another format",
        )
    )


def _layer_of(path: Path, columns: Sequence[str], layer: str = "") -> str:
    if path.suffix.lower() != ".zip":
        addresses = [path.as_posix()]
    else:
        try:
            with zipfile.ZipFile(path) as archive:
                inner = sorted(name for name in archive.namelist() if PurePosixPath(name).suffix.lower() == ".shp")
        except zipfile.BadZipFile as error:
            raise _unreadable(path, f"not a whole zip archive: {error}") from error
        if not inner:
            raise _unreadable(path, "a zip without a shapefile (.shp)")
        asked = [name for name in inner if layer.casefold() in PurePosixPath(name).stem.casefold()]
        addresses = [f"/vsizip/{path.as_posix()}/{name}" for name in asked or inner]
    failure: LocalitiesError | None = None
    for address in addresses:
        try:
            check_columns(path, columns, pyogrio.read_info(address)["fields"])
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            failure = failure or _unreadable(path, error)
        except SchemaError as error:
            failure = failure or error
        else:
            return address
    raise failure or _unreadable(path, "no layer")


def in_grid(frame: gpd.GeoDataFrame, path: Path, reproject: bool) -> gpd.GeoDataFrame:
    """Return a frame in EPSG:27700, whose coordinates fit its stated CRS; `path` is what errors call it."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise _unreadable(path, "a table without geometry")
    if frame.crs is None:
        raise GeographyError(
            compose(
                "A geographic file does not say which coordinate reference system it uses",
                where=path,
                expected=f"{CRS} (British National Grid)",
                found="no CRS; for a shapefile, no .prj beside the .shp",
                remedy="fetch the file again with its .prj; we do not guess",
            )
        )
    code = frame.crs.to_epsg(min_confidence=25)
    if code != 27700:
        if not reproject:
            raise GeographyError(
                compose(
                    "A geographic file is in another coordinate reference system",
                    where=path,
                    expected=f"{CRS} (British National Grid, metres)",
                    found=f"EPSG:{code} ({frame.crs.name})" if code else frame.crs.name,
                    remedy="fetch the version in British National Grid, or declare that it may be reprojected",
                )
            )
        frame = frame.to_crs(CRS)
    frame = frame.set_crs(CRS, allow_override=True)
    if len(frame):
        bounds = frame.total_bounds
        looks_like_degrees = np.isfinite(bounds).all() and (np.abs(bounds) <= 180).all()
        if looks_like_degrees or (bounds[:2] < _GRID[:2]).any() or (bounds[2:] > _GRID[2:]).any():
            shown = ", ".join(f"{value:.6g}" for value in bounds)
            raise GeographyError(
                compose(
                    "The coordinates do not fit the stated coordinate reference system",
                    where=path,
                    expected=f"{CRS}: metres within the British National Grid",
                    found=f"bounds {shown}" + (", which look like degrees" if looks_like_degrees else ""),
                    remedy="fetch the file again; its CRS label or its coordinates are wrong",
                )
            )
    return frame


def check_polygons(
    geometry: np.ndarray, codes: pd.Series, where: object, *, largest_change: float = 1e-6
) -> np.ndarray:
    """Return the polygons, with harmless defects repaired, or raise.

    An invalid polygon is repaired when the repair changes its area by less than `largest_change` of it (such as a
    boundary that touches itself), and logged. A polygon whose repair would change the area (a bow-tie) is an error:
    which shape was meant is not ours to decide.

    Raises
    ------
    GeographyError
        If a geometry is missing, empty, not polygonal, or invalid beyond harmless repair.
    """
    empty = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    if empty.any():
        raise GeographyError(
            compose(
                "A geometry is missing or empty",
                where=where,
                codes=codes[empty],
                expected="a polygon for every area",
                found=f"{int(empty.sum()):,} without",
                remedy="fetch the boundary file again",
            )
        )
    polygonal = np.isin(shapely.get_type_id(geometry), (3, 6))
    if not polygonal.all():
        raise GeographyError(
            compose(
                "A geometry is not a polygon",
                where=where,
                codes=codes[~polygonal],
                expected="Polygon or MultiPolygon",
                found=", ".join(sorted({str(g.geom_type) for g in geometry[~polygonal]})),
                remedy="check that this is the file of boundaries, not of centroids or lines",
            )
        )
    invalid = ~shapely.is_valid(geometry)
    if not invalid.any():
        return geometry
    before = shapely.area(geometry[invalid])
    repaired = shapely.make_valid(geometry[invalid], method="structure", keep_collapsed=False)
    # the signed ring area of a bow-tie cancels, so a repair that changes it was not harmless
    changed = np.abs(shapely.area(repaired) - before) > largest_change * np.maximum(before, 1.0)
    changed |= shapely.is_empty(repaired) | ~np.isin(shapely.get_type_id(repaired), (3, 6))
    if changed.any():
        reasons = sorted(set(shapely.is_valid_reason(geometry[invalid][changed])))
        raise GeographyError(
            compose(
                "A polygon is invalid and cannot be repaired without changing its shape",
                where=where,
                codes=codes[invalid][changed],
                expected="valid polygons",
                found="; ".join(reasons[:3]),
                remedy="fetch the boundary file again, or ask its publisher to mend it",
            )
        )
    _log.warning("%s: %d invalid polygons repaired without change of area", where, int(invalid.sum()))
    result = geometry.copy()
    result[invalid] = repaired
    return result
