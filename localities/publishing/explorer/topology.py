"""Shapes of a page: data zones as one topology in whole numbers.

Every locality is a union of data zones, so a page carries each border once and puts localities of every drawing
together from their zones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_STEPS = 20_000
"""Steps of the grid over the longer side of the area: well below a pixel at ten times the size of a screen."""

Whole = NDArray[np.int64]


def topology_of(wkb: np.ndarray, fineness: float = 2_000.0) -> dict[str, Any]:
    """Return the topology of zones (TopoJSON): ``transform``, ``arcs`` in differences, and rings of arcs by zone.

    Borders are simplified together (Visvalingam and Whyatt, 1993), so that neighbours still meet.

    Parameters
    ----------
    wkb
        Polygons of zones that do not overlap, in metres.
    fineness
        The side of a square as large as the area, over the length below which detail is left out; never under 10 m.

    Returns
    -------
    dict
        ``transform`` (scale and translate, metres), ``arcs``, and ``zones``: for each zone a list of polygons, each a
        list of rings, each a list of arcs (``~n`` for arc n backwards).
    """
    import shapely

    shapes = shapely.from_wkb(wkb)
    tolerance = max(10.0, float(np.sqrt(shapely.area(shapes).sum())) / fineness)
    simple = shapely.coverage_simplify(shapes, tolerance)
    # a zone whose every corner goes keeps its shape
    simple = np.where(shapely.is_empty(simple), shapes, simple)
    parts, zone = shapely.get_parts(simple, return_index=True)
    # islets of a few pixels at most: they would be most of the file in the north and west
    area = shapely.area(parts)
    largest = np.zeros(len(simple))
    np.maximum.at(largest, zone, area)
    kept = (area >= 4 * tolerance**2) | (area == largest[zone])
    simple = shapely.multipolygons(parts[kept], indices=zone[kept])
    _, points, (ends_of_rings, ends_of_polygons, ends_of_zones) = shapely.to_ragged_array(simple, include_z=False)
    least = points.min(axis=0)
    scale = np.where(np.ptp(points, axis=0) > 0, np.ptp(points, axis=0), 1.0) / (_STEPS - 1)
    grid = np.rint((points - least) / scale).astype(np.int64)
    arcs, rings = _arcs_of(*_without_repeats(grid, ends_of_rings.astype(np.int64)))
    polygons = _grouped(rings, ends_of_polygons)
    return {
        "transform": {"scale": scale.tolist(), "translate": least.tolist()},
        "arcs": arcs,
        "zones": _grouped(polygons, ends_of_zones),
    }


def _grouped(parts: list[Any], ends: np.ndarray) -> list[list[Any]]:
    return [parts[start:stop] for start, stop in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]


def _without_repeats(grid: Whole, ends: Whole) -> tuple[Whole, Whole]:
    """Return the corners of rings, each once, and the ring of each corner; of a ring of one point, that."""
    ring = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    kept = np.ones(len(grid), dtype=bool)
    kept[1:] = (grid[1:] != grid[:-1]).any(axis=1) | (ring[1:] != ring[:-1])
    # the last point of a ring is its first
    last = ends[1:] - 1
    kept[last] = False
    grid, ring = grid[kept], ring[kept]
    first = np.searchsorted(ring, np.arange(len(ends) - 1))
    final = np.append(first[1:], len(ring)) - 1
    twice = final[(final > first) & (grid[final] == grid[first]).all(axis=1)]
    return np.delete(grid, twice, axis=0), np.delete(ring, twice)


def _arcs_of(grid: Whole, ring: Whole) -> tuple[list[Any], list[list[int]]]:
    """Return the arcs of rings that share borders, each once and in differences, and the arcs of each ring.

    An arc ends where a corner has other neighbours in one ring than in another. So the corner after its first one says
    which arc it is, from either end.
    """
    _, corner = np.unique(grid[:, 0] * _STEPS + grid[:, 1], return_inverse=True)
    start, size = _spans(ring)
    before, after = _neighbours(start, size, ring)
    pair = np.sort(np.column_stack([corner[before], corner[after]]), axis=1)
    seen = np.zeros(int(corner.max()) + 1, dtype=np.int64)
    seen[corner[::-1]] = np.arange(len(corner))[::-1]
    ends = np.zeros(len(seen), dtype=bool)
    ends[corner[(pair != pair[seen[corner]]).any(axis=1)]] = True
    is_end = ends[corner]
    # a ring that meets no other begins at the corner that is first of all in order, as it does in its neighbour's hole
    whole = ~np.logical_or.reduceat(is_end, start)
    smallest = np.minimum.reduceat(corner, start)
    is_end |= whole[ring] & (corner == smallest[ring])

    # every ring from its first end
    at = np.arange(len(ring)) - start[ring]
    first = np.minimum.reduceat(np.where(is_end, at, len(ring)), start)
    order = np.lexsort(((at - first[ring]) % size[ring], ring))
    grid, corner, is_end = grid[order], corner[order], is_end[order]
    before, after = _neighbours(start, size, ring)
    begin = np.flatnonzero(is_end)
    owner = ring[begin]
    is_last = np.append(owner[1:] != owner[:-1], True)
    close = np.where(is_last, start[owner], np.append(begin[1:], 0))
    many = len(seen)
    forward = corner[begin] * many + corner[after[begin]]
    backward = corner[close] * many + corner[before[close]]
    _, found, which = np.unique(np.minimum(forward, backward), return_index=True, return_inverse=True)
    # in the order in which rings come to them
    rank = np.argsort(np.argsort(found))
    turned = backward < forward
    number = rank[which]
    number = np.where(turned == turned[found][which], number, ~number)
    arcs = []
    stop = np.where(is_last, start[owner] + size[owner], np.append(begin[1:], 0))
    for one in np.sort(found).tolist():
        line = np.concatenate([grid[begin[one] : stop[one]], grid[close[one]][None]])
        arcs.append(np.diff(line, axis=0, prepend=0).tolist())
    cuts = np.searchsorted(owner, np.arange(len(start) + 1))
    return arcs, _grouped(number.tolist(), cuts)


def _spans(ring: Whole) -> tuple[Whole, Whole]:
    """Return where each ring begins, and its corners."""
    start = np.flatnonzero(np.append(True, ring[1:] != ring[:-1]))
    return start, np.diff(np.append(start, len(ring)))


def _neighbours(start: Whole, size: Whole, ring: Whole) -> tuple[Whole, Whole]:
    """Return the places of the corners before and after each corner of its ring."""
    place = np.arange(len(ring)) - start[ring]
    return start[ring] + (place - 1) % size[ring], start[ring] + (place + 1) % size[ring]
