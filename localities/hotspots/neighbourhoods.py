"""The zones about each zone, nearest first, and which of them touch each other.

Windows of either shape stay inside the neighbourhood of the zone that they start from. Distances are between
population-weighted centroids; touching is contiguity in the graph of zones, ferries and bridges included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_ZONES = 48
"""Zones in a neighbourhood: nearly four times what 9,999 residents fill on average (data zones have about 750)."""


@dataclass(frozen=True)
class Neighbourhoods:
    """The nearest zones of each of n zones.

    Parameters
    ----------
    nearest
        n x K positions of zones, itself first, then by distance.
    touching
        n x K x K: whether two zones of a neighbourhood touch.
    """

    nearest: NDArray[np.intp]
    touching: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Zones in a neighbourhood."""
        return int(self.nearest.shape[1])


def neighbourhoods(points: NDArray[np.float64], graph: csr_array, most: int | None = None) -> Neighbourhoods:
    """Return the neighbourhood of every zone.

    Parameters
    ----------
    points
        n x 2 population-weighted centroids, metres.
    graph
        n x n matrix of neighbours.
    most
        Zones in a neighbourhood, by default `MOST_ZONES`; fewer where there are fewer.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> row = csr_array(np.diag([1.0, 1.0], 1) + np.diag([1.0, 1.0], -1))
    >>> neighbourhoods(np.array([[0.0, 0], [1, 0], [3, 0]]), row).nearest.tolist()
    [[0, 1, 2], [1, 0, 2], [2, 1, 0]]
    """
    from scipy.spatial import cKDTree

    count = len(points)
    most = min(MOST_ZONES if most is None else most, count)
    # a few more than needed, so that zones at the same distance are taken in their order and not in the tree's
    asked = min(most + 8, count)
    distance, found = cKDTree(points).query(points, asked)
    distance, found = np.reshape(distance, (count, asked)), np.reshape(found, (count, asked))
    # itself first, also where centroids coincide; millimetres make equal distances equal
    distance = np.where(found == np.arange(count)[:, None], -1.0, np.round(distance, 3))
    order = np.lexsort((found, distance), axis=1)[:, :most]
    nearest = np.take_along_axis(found, order, axis=1).astype(np.intp)
    return Neighbourhoods(nearest, _touching(nearest, graph))


def _touching(nearest: NDArray[np.intp], graph: csr_array) -> NDArray[np.bool_]:
    count, most = nearest.shape
    touching = np.zeros((count, most, most), dtype=bool)
    degrees = np.diff(graph.indptr)
    centre = np.repeat(np.arange(count), most)
    column = np.tile(np.arange(most), count)
    place = np.full(count, -1, dtype=np.intp)
    # one sorted key per neighbourhood and zone, so that neighbours are looked up all at once
    key = centre * count + nearest.ravel()
    order = np.argsort(key)
    key, place = key[order], column[order]
    many = degrees[nearest.ravel()]
    first = np.repeat(np.arange(len(centre)), many)
    offset = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    other = graph.indices[np.repeat(graph.indptr[nearest.ravel()], many) + offset]
    wanted = centre[first] * count + other
    at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    hit = key[at] == wanted
    touching[centre[first[hit]], column[first[hit]], place[at[hit]]] = True
    return touching
