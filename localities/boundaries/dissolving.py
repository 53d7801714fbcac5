"""Polygons of localities, made by removing the borders between their zones, and how compact they are."""

from __future__ import annotations

import numpy as np
import shapely

from indicators.arrays.row_chunks import in_chunks

_TOGETHER = 64
"""Localities that one thread unites at a time."""


def dissolve(polygons: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Return the union of the polygons of each group.

    In a clean coverage, borders between members are cancelled, many times faster than a general union. Where the
    members do not match vertex by vertex (the area of the result is not the sum of theirs), the general union is taken
    instead.

    Parameters
    ----------
    polygons
        One per member.
    groups
        Group of each member, 0 to `count` - 1; every group has a member.
    count
        Number of groups.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(9, 0, 10, 1)])
    >>> [one.area for one in dissolve(squares, np.array([0, 0, 1]), 2)]
    [2.0, 1.0]
    """
    order = np.argsort(groups, kind="stable")
    members, sizes = polygons[order], np.bincount(groups, minlength=count)
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    result = np.empty(count, dtype=object)

    def work(first: int, last: int) -> None:
        for one in range(first, last):
            some = members[start[one] : start[one] + sizes[one]]
            result[one] = some[0] if len(some) == 1 else _union(some)

    # the union works outside Python's lock
    in_chunks(work, count, _TOGETHER)
    return result


def _union(polygons: np.ndarray) -> shapely.Geometry:
    try:
        union = shapely.coverage_union_all(polygons)
    except shapely.GEOSException:
        return shapely.union_all(polygons)
    area = shapely.area(polygons).sum()
    if abs(union.area - area) > 1e-9 * area:
        return shapely.union_all(polygons)
    return union


def compactness(polygons: np.ndarray) -> np.ndarray:
    """Return how compact polygons are: 4 pi area / perimeter squared, 1 for a circle (Polsby and Popper 1991).

    Coasts make perimeters long: a low value on an island says nothing about how zones were put together.

    Examples
    --------
    >>> compactness(np.array([shapely.box(0, 0, 10, 10)])).round(4).tolist()
    [0.7854]
    """
    return np.clip(4 * np.pi * shapely.area(polygons) / shapely.length(polygons) ** 2, 0.0, 1.0)
