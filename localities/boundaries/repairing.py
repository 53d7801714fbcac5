"""Repair of polygons that publishers and partnerships supply: what was wrong, what was done, and how much it moved.

For boundaries that are fitted to zones by residents, where a sliver on a river bank must not stop a run. Boundaries of
the zones themselves are checked more strictly: see `localities.boundaries.files.check_polygons`.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from indicators.errors import GeographyError

REPORT = ["locality_name", "problem", "done", "area_m2"]
# a part or hole smaller than this is a slip of a digitiser's hand, not a place: a square of ten metres
_SLIVER_M2 = 100.0
_OVERLAP_SHARE = 0.01


def repair_polygons(geometry: np.ndarray, names: np.ndarray, where: object) -> tuple[np.ndarray, pd.DataFrame]:
    """Return polygons that can be used, None where none is left, and the report of what was done.

    What is empty is left out; lines and points among polygons, and parts and holes under 100 square metres, are
    dropped; invalid polygons are made valid.

    Parameters
    ----------
    geometry, names
        One of each per area.
    where
        The file, for the error.

    Returns
    -------
    tuple
        Polygons, and the report: ``locality_name, problem, done, area_m2`` (square metres that changed).

    Raises
    ------
    GeographyError
        If no polygon is left.

    Examples
    --------
    A bow-tie of two triangles, 25 square kilometres each:

    >>> tie = shapely.Polygon([(0, 0), (10_000, 10_000), (10_000, 0), (0, 10_000)])
    >>> mended, report = repair_polygons(np.array([tie]), np.array(["Tie"]), "a file")
    >>> mended[0].area, report["done"].tolist()
    (50000000.0, ['made valid'])
    """
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
            "No polygon is left of a boundary file",
            where=where,
            expected="polygons of areas",
            found=f"{len(geometry):,} rows without one: {_kinds_of(geometry)}",
            remedy="check that this is the file of boundaries",
        )
    return result, pd.DataFrame(rows, columns=REPORT)


def _kinds_of(geometry: np.ndarray) -> str:
    """Return how many geometries there are of each kind, in words."""
    kinds = [one.geom_type if one is not None and not one.is_empty else "no geometry" for one in geometry]
    return ", ".join(f"{kinds.count(kind):,} {kind}" for kind in sorted(set(kinds)))


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


def overlaps_of(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pairs of areas that overlap by more than a square metre, in the form of the report; none is changed.

    Parameters
    ----------
    areas
        ``locality_name`` and polygons.
    """
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
    return pd.DataFrame(rows, columns=REPORT)
