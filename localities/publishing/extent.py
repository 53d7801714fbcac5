"""How far a map of an area reaches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

_ISLET = 0.005
"""Share of an area under which a further part of a polygon is an islet: Fair Isle, of half as much again, is none."""


def extent_without_islets(polygons: Sequence[shapely.Geometry] | NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the extent of polygons, but for small parts of them far out, on which a map would waste most of its room.

    Parameters
    ----------
    polygons
        Of one partnership, such as its zones. The largest part of each is always within.

    Returns
    -------
    numpy.ndarray
        West, south, east and north, in the units of the polygons.

    Examples
    --------
    >>> far = shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(900, 0, 901, 1)])
    >>> extent_without_islets([far]).tolist()
    [0.0, 0.0, 100.0, 100.0]
    """
    parts, polygon = shapely.get_parts(np.asarray(polygons, dtype=object), return_index=True)
    areas = shapely.area(parts)
    largest = np.zeros(len(polygons))
    np.maximum.at(largest, polygon, areas)
    kept = (areas == largest[polygon]) | (areas >= _ISLET * areas.sum())
    return shapely.total_bounds(parts[kept])
