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
import pyproj
import shapely

from indicators.errors import ConfigError, GeographyError, LocalitiesError, SchemaError, UnreadableSource

CRS = "EPSG:27700"
# the grid's own reach, with room for a fictional country beside it
_GRID = (-200_000.0, -200_000.0, 1_000_000.0, 1_500_000.0)
_USUAL = "EPSG:27700 (British National Grid), EPSG:4326 (longitude and latitude), EPSG:3857 (web maps)"
_log = logging.getLogger(__name__)


class Undecided(SchemaError):
    """Several columns or layers of a file could be meant, and a person has to say which.

    Parameters
    ----------
    what, where
        What cannot be told, and the file.
    parameter
        Name of the argument that says it, such as ``name_column``.
    choices
        What could be meant.
    """

    def __init__(self, what: str, where: object, parameter: str, choices: Sequence[str]) -> None:
        option = "--" + parameter.replace("_", "-")
        super().__init__(
            what,
            where=where,
            expected=f"{option} with one of these",
            found=", ".join(choices),
            remedy=f"say which is meant: {option} {choices[0]!r}, for example",
        )
        self.parameter, self.choices = parameter, tuple(choices)


def checked_crs(text: str) -> pyproj.CRS:
    """Return the coordinate reference system that a text names.

    Raises
    ------
    ConfigError
        If there is none of that name.

    Examples
    --------
    >>> checked_crs("EPSG:27700").name
    'OSGB36 / British National Grid'
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError as error:
        raise ConfigError(
            "There is no such coordinate reference system",
            expected=f"EPSG: and a number, such as {_USUAL}",
            found=repr(text),
            remedy="give the one that the file was saved in: --crs EPSG:27700, for example",
        ) from error


def check_file(path: Path) -> None:
    """Raise if a file is absent, empty, or an HTML page saved under a data file's name.

    Raises
    ------
    UnreadableSource
        In each of these cases.
    """
    if not path.is_file():
        raise UnreadableSource(
            "A file is missing", where=path, remedy="fetch it, or add it by hand: localities sources add-file"
        )
    with path.open("rb") as stream:
        start = stream.read(512)
    if not start:
        raise UnreadableSource("A file is empty", where=path, remedy="fetch it again")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
        raise UnreadableSource(
            "A file holds an HTML page instead of data",
            where=path,
            expected=f"a {path.suffix or 'data'} file",
            found="a web page, probably an error or a login page of the publisher",
            remedy="fetch it again, or download it by hand from the source's landing page",
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
            "A file is not text in its declared encoding",
            where=path,
            expected=encoding,
            found=str(error),
            remedy="fetch the publisher's CSV again; do not re-save it from a spreadsheet",
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableSource(
            "A file is not a CSV table", where=path, found=str(error).strip(), remedy="fetch it again"
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
            "A column is missing or was renamed",
            where=where,
            column=", ".join(absent),
            expected=", ".join(wanted),
            found=", ".join(names) or "no columns",
            remedy="compare the file with the publisher's; if they renamed it, change the reader",
        )


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


def read_features(path: Path, crs: str | None = None, *, layer: str = "", only: str | None = None) -> gpd.GeoDataFrame:
    """Return every column and geometry of one layer of a vector file in any CRS, in EPSG:27700.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile or zip of one, or another file that GDAL reads.
    crs
        CRS of the coordinates, whatever the file states; None means what it states.
    layer
        Part of a name: of several shapefiles in a zip, the first whose name holds it is read, else the first of all.
    only
        Name of the one layer to read. Without it, and without `layer`, a file with several layers of polygons is not
        decided for.

    Raises
    ------
    Undecided
        If several layers could be meant.
    SchemaError
        If there is no such layer.
    UnreadableSource
        If the file is absent, empty, a web page, truncated, or has no vector layer.
    GeographyError
        If no CRS is known, or the coordinates do not fit it.
    """
    check_file(path)
    try:
        address, name = (_layer_of(path, [], layer), None) if layer else _only_layer(path, only)
        with np.errstate(invalid="ignore"):  # a coordinate that is no number is refused by name later
            frame = pyogrio.read_dataframe(address, layer=name, force_2d=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise _unreadable(path, error) from error
    if crs is not None and isinstance(frame, gpd.GeoDataFrame):
        frame = frame.set_crs(checked_crs(crs), allow_override=True)
    return in_grid(frame, path, True)


def stated_crs(path: Path, only: str | None = None) -> str | None:
    """Return the CRS that a layer of a vector file states, None where it states none."""
    address, name = _only_layer(path, only)
    stated = pyogrio.read_info(address, layer=name)["crs"]
    return None if stated is None else str(stated)


def _only_layer(path: Path, wanted: str | None) -> tuple[str, str | None]:
    """Return the address and name of the layer that is meant: the one that is named, or the only one of polygons."""
    layers = {}
    for address in _addresses(path):
        for name, kind in pyogrio.list_layers(address):
            layers[str(name)] = address, kind
    if wanted is not None:
        found = [name for name in layers if name.casefold() == wanted.strip().casefold()]
        if not found:
            raise SchemaError(
                "There is no such layer",
                where=path,
                expected=", ".join(layers),
                found=wanted,
                remedy="name one of these with --layer",
            )
    else:
        found = [name for name, (_, kind) in layers.items() if kind is not None and "Polygon" in kind]
        found = found or [name for name, (_, kind) in layers.items() if kind is not None] or list(layers)
        if len(found) > 1:
            raise Undecided("Several layers could be meant", path, "layer", found)
        if not found:
            raise _unreadable(path, "no layer")
    return layers[found[0]][0], found[0]


def _unreadable(path: Path, error: Exception | str) -> UnreadableSource:
    return UnreadableSource(
        "A geographic file cannot be read",
        where=path,
        expected="a whole file that GDAL opens (a zip of a shapefile, or a GeoPackage)",
        found=str(error),
        remedy="fetch it again: it may be truncated or of another format",
    )


def _addresses(path: Path, layer: str = "") -> list[str]:
    if path.suffix.lower() != ".zip":
        return [path.as_posix()]
    try:
        with zipfile.ZipFile(path) as archive:
            inner = sorted(name for name in archive.namelist() if PurePosixPath(name).suffix.lower() == ".shp")
    except zipfile.BadZipFile as error:
        raise _unreadable(path, f"not a whole zip archive: {error}") from error
    if not inner:
        raise _unreadable(path, "a zip without a shapefile (.shp)")
    asked = [name for name in inner if layer.casefold() in PurePosixPath(name).stem.casefold()]
    return [f"/vsizip/{path.as_posix()}/{name}" for name in asked or inner]


def _layer_of(path: Path, columns: Sequence[str], layer: str = "") -> str:
    addresses = _addresses(path, layer)
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
            "A geographic file does not say which coordinate reference system it uses",
            where=path,
            expected=f"{CRS} (British National Grid)",
            found="no CRS; for a shapefile, no .prj beside the .shp",
            remedy="fetch the file again with its .prj, or say it: --crs EPSG:27700; we do not guess",
        )
    code = frame.crs.to_epsg(min_confidence=25)
    if code != 27700:
        if not reproject:
            raise GeographyError(
                "A geographic file is in another coordinate reference system",
                where=path,
                expected=f"{CRS} (British National Grid, metres)",
                found=f"EPSG:{code} ({frame.crs.name})" if code else frame.crs.name,
                remedy="fetch the version in British National Grid, or declare that it may be reprojected",
            )
        frame = frame.to_crs(CRS)
    frame = frame.set_crs(CRS, allow_override=True)
    if len(frame):
        bounds = frame.total_bounds
        looks_like_degrees = np.isfinite(bounds).all() and (np.abs(bounds) <= 180).all()
        if looks_like_degrees or (bounds[:2] < _GRID[:2]).any() or (bounds[2:] > _GRID[2:]).any():
            shown = ", ".join(f"{value:.6g}" for value in bounds)
            raise GeographyError(
                "The coordinates do not fit the stated coordinate reference system",
                where=path,
                expected=f"{CRS}: metres within the British National Grid",
                found=(
                    "coordinates that the stated system cannot place"
                    if not np.isfinite(bounds).any()
                    else f"bounds {shown}" + (", which look like degrees" if looks_like_degrees else "")
                ),
                remedy="its CRS label or its coordinates are wrong: say which system it is in with --crs, or fetch"
                " the file again",
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
            "A geometry is missing or empty",
            where=where,
            codes=codes[empty],
            expected="a polygon for every area",
            found=f"{int(empty.sum()):,} without",
            remedy="fetch the boundary file again",
        )
    polygonal = np.isin(shapely.get_type_id(geometry), (3, 6))
    if not polygonal.all():
        raise GeographyError(
            "A geometry is not a polygon",
            where=where,
            codes=codes[~polygonal],
            expected="Polygon or MultiPolygon",
            found=", ".join(sorted({str(g.geom_type) for g in geometry[~polygonal]})),
            remedy="check that this is the file of boundaries, not of centroids or lines",
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
            "A polygon is invalid and cannot be repaired without changing its shape",
            where=where,
            codes=codes[invalid][changed],
            expected="valid polygons",
            found="; ".join(reasons[:3]),
            remedy="fetch the boundary file again, or ask its publisher to mend it",
        )
    _log.warning("%s: %d invalid polygons repaired without change of area", where, int(invalid.sum()))
    result = geometry.copy()
    result[invalid] = repaired
    return result
