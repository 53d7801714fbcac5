"""A partnership's own boundaries: read from its files, repaired with a report, kept, and fitted to zones by residents.

Polygons (GeoPackage, GeoJSON, shapefile) in any CRS, overlapping or not, dirty or not; or a CSV of data zone codes.
What is kept is the repaired boundaries, not the fit, so that they are fitted anew when zones or residents change. They
become a candidate set like any other; current locality plan areas are marked as current.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from indicators.errors import ConfigError, GeographyError, SchemaError, compose
from localities.fitting import best_fit, fit_errors, shares_fit
from localities.geofiles import CRS, check_file, read_features
from localities.places import slug_of, vintage_of
from localities.residents import residents_of

if TYPE_CHECKING:
    from localities.drawing import DrawingContext

__all__ = ["OwnBoundaries", "add_boundaries", "draw_own", "fit_report", "load_own", "own_sets", "read_boundaries"]

PREFIX = "own-"
_NAMES = ("locality_name", "locality", "name", "area_name", "area", "title", "label")
# a part or hole smaller than this is a slip of a digitiser's hand, not a place: a square of ten metres
_SLIVER_M2 = 100.0
_OVERLAP_SHARE = 0.01
_REPORT = ["locality_name", "problem", "done", "area_m2"]


@dataclass(frozen=True)
class OwnBoundaries:
    """A set of own boundaries.

    Parameters
    ----------
    set_id
        Id of the candidate set, ``own-`` and a short name.
    title
        For people.
    is_current
        Whether these are the areas of current locality plans.
    by_shares
        Whether zones belong by the share of residents inside, else whole where most residents live inside.
    origin
        Name and SHA-256 of the file that they came from.
    areas
        ``locality_code, locality_name, geometry`` (EPSG:27700), or for codes of zones ``locality_code, locality_name,
        zone_code, weight``.
    report
        What was found and mended: ``locality_name, problem, done, area_m2``.
    """

    set_id: str
    title: str
    is_current: bool
    by_shares: bool
    origin: str
    areas: pd.DataFrame
    report: pd.DataFrame

    @property
    def has_polygons(self) -> bool:
        """Whether boundaries are polygons, not lists of zones."""
        return "geometry" in self.areas


def read_boundaries(
    path: Path, *, name_column: str | None = None, crs: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return areas and the report of their repair from a file of polygons or of zone codes.

    Polygons: what is empty is left out; lines and points among polygons, and parts and holes under 100 square metres,
    are dropped; invalid polygons are made valid; rows of one name are put together. Overlaps are kept and reported.
    A CSV has one column of data zone codes, one of names and perhaps one named ``weight`` (share of residents).

    Parameters
    ----------
    path
        The file.
    name_column
        Column of names; None means to find it.
    crs
        CRS of a file that states none.

    Raises
    ------
    UnreadableSource, GeographyError
        As `localities.geofiles.read_features`; also if no polygon is left, or codes are not 2011 data zones.
    SchemaError
        If the column of names or codes cannot be told.
    """
    if path.suffix.lower() in (".csv", ".txt"):
        return _read_codes(path, name_column), pd.DataFrame(columns=_REPORT)
    frame = read_features(path, crs)
    column = _name_column(frame.drop(columns=frame.geometry.name), name_column, path)
    names = frame[column].astype("str").str.strip()
    geometry, report = _repaired(frame.geometry.to_numpy(), names.fillna("unnamed").to_numpy(dtype=object), path)
    kept = pd.DataFrame({"locality_name": names.fillna("unnamed"), "geometry": geometry})
    kept = kept[[one is not None for one in geometry]]
    areas, merged = _one_row_each(kept)
    report = pd.concat([report, merged, _overlaps(areas)], ignore_index=True)
    return areas, report


def _name_column(frame: pd.DataFrame, wanted: str | None, path: Path) -> str:
    columns = [str(one) for one in frame.columns]
    if wanted is not None:
        if wanted in columns:
            return wanted
    else:
        words = {column: slug_of(column).replace("-", "_") for column in columns}
        text = [column for column in columns if pd.api.types.is_string_dtype(frame[column])]
        for name in _NAMES:
            found = [column for column in text if words[column] == name]
            found = found or [column for column in text if words[column].endswith(f"_{name}")]
            if found:
                return found[0]
        if len(text) == 1:
            return text[0]
    raise SchemaError(
        compose(
            "Which column names the areas cannot be told",
            where=path,
            column=wanted,
            expected=wanted or f"a column of text called {', '.join(_NAMES[:4])}, ...",
            found=", ".join(columns) or "no columns",
            remedy="say which column holds the names",
        )
    )


def _repaired(geometry: np.ndarray, names: np.ndarray, path: Path) -> tuple[np.ndarray, pd.DataFrame]:
    rows: list[tuple[object, str, str, float]] = []
    result = geometry.copy()
    for at in np.flatnonzero(shapely.is_missing(geometry) | shapely.is_empty(geometry)).tolist():
        rows.append((names[at], "no geometry", "left out", 0.0))
        result[at] = None
    for at in np.flatnonzero(~shapely.is_valid(geometry) & ~shapely.is_missing(geometry)).tolist():
        valid = shapely.make_valid(geometry[at], method="structure", keep_collapsed=False)
        changed = abs(valid.area - geometry[at].area)
        rows.append((names[at], f"invalid: {shapely.is_valid_reason(geometry[at])}", "made valid", changed))
        result[at] = valid
    for at, one in enumerate(result):
        if one is None:
            continue
        parts = [part for part in shapely.get_parts([one]) if part.geom_type in ("Polygon", "MultiPolygon")]
        polygons = shapely.get_parts(np.array(parts, dtype=object)) if parts else np.empty(0, dtype=object)
        if len(polygons) == 0:
            rows.append((names[at], f"not a polygon: {one.geom_type}", "left out", 0.0))
            result[at] = None
            continue
        area = shapely.area(polygons)
        large = area >= _SLIVER_M2
        if not large.all() and large.any():
            rows.append((names[at], f"{int((~large).sum())} slivers", "dropped", float(area[~large].sum())))
            polygons = polygons[large]
        filled, hole_area = _without_small_holes(polygons)
        if hole_area:
            rows.append((names[at], "tiny holes", "filled", hole_area))
        result[at] = shapely.union_all(filled) if len(filled) > 1 else filled[0]
    if all(one is None for one in result):
        raise GeographyError(
            compose(
                "No polygon is left of a boundary file",
                where=path,
                expected="polygons of areas",
                found=f"{len(geometry):,} rows without one",
                remedy="check that this is the file of boundaries",
            )
        )
    return result, pd.DataFrame(rows, columns=_REPORT)


def _without_small_holes(polygons: np.ndarray) -> tuple[np.ndarray, float]:
    filled, gone = [], 0.0
    for polygon in polygons:
        holes = [shapely.Polygon(ring) for ring in polygon.interiors]
        small = [hole for hole in holes if hole.area < _SLIVER_M2]
        if small:
            gone += sum(hole.area for hole in small)
            polygon = shapely.Polygon(polygon.exterior, [hole.exterior for hole in holes if hole.area >= _SLIVER_M2])
        filled.append(polygon)
    return np.array(filled, dtype=object), gone


def _one_row_each(kept: pd.DataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    kept = kept.assign(locality_code=kept["locality_name"].map(lambda name: slug_of(name) or "unnamed"))
    rows, together = [], []
    for code, some in kept.groupby("locality_code", sort=True):
        geometry = some["geometry"].iloc[0]
        if len(some) > 1:
            geometry = shapely.union_all(some["geometry"].to_numpy())
            together.append((some["locality_name"].iloc[0], f"{len(some)} rows of one name", "put together", 0.0))
        rows.append((code, some["locality_name"].iloc[0], geometry))
    frame = pd.DataFrame(rows, columns=["locality_code", "locality_name", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS), pd.DataFrame(together, columns=_REPORT)


def _overlaps(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    geometry = areas.geometry.to_numpy()
    one, other = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(geometry[one], geometry[other]))
    smaller = np.minimum(shapely.area(geometry[one]), shapely.area(geometry[other]))
    names = areas["locality_name"].to_numpy()
    rows = [
        (names[a], f"overlaps {names[b]}", "kept" if size > _OVERLAP_SHARE * least else "kept: a sliver", float(size))
        for a, b, size, least in zip(one, other, shared, smaller, strict=True)
        if size > 1.0
    ]
    return pd.DataFrame(rows, columns=_REPORT)


def _read_codes(path: Path, name_column: str | None) -> pd.DataFrame:
    check_file(path)
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except UnicodeDecodeError:
        table = pd.read_csv(path, dtype=str, encoding="cp1252", keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise SchemaError(compose("A list of zones is not a CSV table", where=path, found=str(error))) from error
    has_codes = [column for column in table if table[column].str.strip().str.fullmatch(r"S\d{8}").mean() > 0.5]
    if len(has_codes) != 1:
        raise SchemaError(
            compose(
                "Which column holds data zone codes cannot be told",
                where=path,
                expected="one column of codes such as S01006506",
                found=", ".join(map(str, has_codes or table.columns)),
                remedy="keep one column of codes and one of names",
            )
        )
    codes = table[has_codes[0]].str.strip()
    column = _name_column(table.drop(columns=has_codes + [one for one in table if one == "weight"]), name_column, path)
    names = table[column].str.strip()
    odd = (vintage_of(codes.astype("str")) != "2011") | (names == "")
    if odd.any():
        raise GeographyError(
            compose(
                "A list of zones holds codes that are not 2011 data zones, or blank names",
                where=path,
                codes=codes[odd],
                expected="2011 data zones, each with the name of its area",
                found=f"{int(odd.sum()):,} of {len(table):,} rows",
                remedy="use the codes of 2011 data zones",
            )
        )
    weight = pd.to_numeric(table["weight"], errors="coerce") if "weight" in table else pd.Series(1.0, index=table.index)
    areas = pd.DataFrame(
        {"locality_code": names.map(slug_of), "locality_name": names, "zone_code": codes, "weight": weight}
    )
    off = ~weight.between(0, 1, inclusive="right") | areas.duplicated(["locality_code", "zone_code"])
    if off.any():
        raise SchemaError(
            compose(
                "A list of zones names a zone twice in an area, or gives a weight outside 0 to 1",
                where=path,
                codes=codes[off],
                expected="each zone once in an area; a weight above 0 and at most 1",
                remedy="correct the list",
            )
        )
    return areas


def add_boundaries(
    folder: Path,
    path: Path,
    *,
    title: str | None = None,
    name_column: str | None = None,
    crs: str | None = None,
    is_current: bool = False,
    by_shares: bool = False,
    reserved: Sequence[str] = (),
) -> OwnBoundaries:
    """Read a file of boundaries, keep what comes of it under a folder, and return it.

    Kept are ``<set id>.parquet`` and ``<set id>.json``, each moved into place whole; adding a file of the same title
    again replaces the set.

    Parameters
    ----------
    folder
        ``boundaries/`` of the working folder.
    path
        GeoPackage, GeoJSON, shapefile (or a zip of one), or CSV of zone codes.
    title
        Name of the set; None means the file's name.
    name_column, crs
        See `read_boundaries`.
    is_current
        Whether these are the areas of current locality plans.
    by_shares
        Whether zones belong by shares of their residents.
    reserved
        Ids of other candidate sets, which it may not take.

    Raises
    ------
    ConfigError
        If the title leaves no id, or the id is taken.
    UnreadableSource, SchemaError, GeographyError
        See `read_boundaries`.
    """
    text = title or re.sub(r"[_-]+", " ", path.stem)
    set_id = PREFIX + slug_of(text)
    if set_id == PREFIX or set_id in reserved:
        raise ConfigError(
            compose("A set of boundaries needs a title of its own", expected="letters or digits", found=repr(text))
        )
    areas, report = read_boundaries(path, name_column=name_column, crs=crs)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    own = OwnBoundaries(set_id, text, is_current, by_shares, f"{path.name} ({digest})", areas, report)
    folder.mkdir(parents=True, exist_ok=True)
    table, about = folder / f"{set_id}.parquet", folder / f"{set_id}.json"
    part = table.with_suffix(".part")
    areas.to_parquet(part)
    content = {
        "title": own.title,
        "is_current": is_current,
        "by_shares": by_shares,
        "origin": own.origin,
        "report": report.to_dict(orient="records"),
    }
    note = about.with_suffix(".json.part")
    note.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(table)
    note.replace(about)
    return own


def own_sets(folder: Path) -> tuple[str, ...]:
    """Return the ids of the sets of own boundaries kept in a folder, in order."""
    if not folder.is_dir():
        return ()
    found = (path.stem for path in folder.glob(f"{PREFIX}*.json") if path.with_suffix(".parquet").is_file())
    return tuple(sorted(found))


def load_own(folder: Path, set_id: str) -> OwnBoundaries:
    """Return a kept set of own boundaries.

    Raises
    ------
    ConfigError
        If there is none of that id.
    """
    if set_id not in own_sets(folder):
        raise ConfigError(
            compose(
                "No such set of own boundaries",
                where=folder,
                expected=", ".join(own_sets(folder)) or "none have been added",
                found=set_id,
                remedy="add it: localities candidates add <file>",
            )
        )
    about = json.loads((folder / f"{set_id}.json").read_text(encoding="utf-8"))
    path = folder / f"{set_id}.parquet"
    try:
        areas: pd.DataFrame = gpd.read_parquet(path)
    except ValueError:
        areas = pd.read_parquet(path)
    return OwnBoundaries(
        set_id,
        about["title"],
        about["is_current"],
        about["by_shares"],
        about["origin"],
        areas,
        pd.DataFrame(about["report"], columns=_REPORT),
    )


def draw_own(context: DrawingContext, own: OwnBoundaries) -> pd.DataFrame:
    """Return the drawing of own boundaries: their zones, by where residents live.

    Boundaries that fit no zone (fewer residents than half of any zone) are absent: see `fit_report`.

    Raises
    ------
    GeographyError
        If no boundary fits any zone.
    """
    if not own.has_polygons:
        return own.areas.copy()
    fit = shares_fit if own.by_shares else best_fit
    drawing = fit(context.zones, _residents(context), gpd.GeoDataFrame(own.areas))
    if drawing.empty:
        raise GeographyError(
            compose(
                "Own boundaries hold no zone",
                where=own.title,
                codes=own.areas["locality_code"],
                expected="areas with at least half of a zone's residents",
                remedy="check the position of the boundaries, or fit them by shares",
            )
        )
    return drawing


def fit_report(context: DrawingContext, own: OwnBoundaries) -> pd.DataFrame:
    """Return how well zones stand for each boundary; see `localities.fitting.fit_errors`. Empty for lists of zones."""
    if not own.has_polygons:
        return pd.DataFrame()
    areas = gpd.GeoDataFrame(own.areas)
    found = fit_errors(context.zones, _residents(context), areas, draw_own(context, own))
    return found.merge(own.areas[["locality_code", "locality_name"]], on="locality_code")


def _residents(context: DrawingContext) -> pd.DataFrame:
    if "nrs-output-areas-2011" in context.files:
        return context.residents
    # without output areas a zone's residents stand at its population-weighted centroid
    none = pd.DataFrame({"zone_code": pd.Series(dtype="str"), "residents": [], "x": [], "y": []})
    return residents_of(context.zones, none)
