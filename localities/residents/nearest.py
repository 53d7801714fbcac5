"""Which place is nearest in a straight line, larger places reaching further: a stand-in where no catchment is known.

Roads, ferries and hills play no part, so a set drawn by this says that it is an approximation.
"""

from __future__ import annotations

import numpy as np

_WEIGHED = 12


def nearest_weighted(points: np.ndarray, places: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return for each point the position of its place: the least distance over the square root of the size.

    Twice the people come from about twice the area, so from the square root of two times as far. The twelve places
    nearest in a straight line are weighed.

    Parameters
    ----------
    points, places
        Easting and northing in metres, one row each.
    sizes
        People of each place: pupils, patients. Above 0.

    Examples
    --------
    Between a place of 100 people and one of 400, 300 m apart, the border is at 100 m.

    >>> places = np.array([[0.0, 0.0], [300.0, 0.0]])
    >>> nearest_weighted(np.array([[90.0, 0.0], [110.0, 0.0]]), places, np.array([100, 400])).tolist()
    [0, 1]
    """
    from scipy.spatial import cKDTree

    count = min(_WEIGHED, len(places))
    distance, near = cKDTree(places).query(points, k=np.arange(1, count + 1))
    found = np.asarray(near)
    cost = distance / np.sqrt(np.asarray(sizes, dtype="float64"))[found]
    return np.asarray(found[np.arange(len(points)), cost.argmin(axis=1)])
