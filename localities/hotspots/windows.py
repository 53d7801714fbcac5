"""Circular windows: the zones nearest to a zone that can be reached from it inside the circle, while they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from localities.hotspots.neighbourhoods import Neighbourhoods

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def circular_windows(
    about: Neighbourhoods, population: NDArray[np.int64], most_residents: float
) -> tuple[csr_array, csr_array]:
    """Return the windows and the reach of each zone.

    Circles about each population-weighted centroid grow zone by zone. A window is the part of the circle that hangs
    together with its centre, so that it is contiguous even where the circle crosses an estuary. The same set of zones
    is one window, whatever its centre.

    Parameters
    ----------
    about
        Neighbourhoods of n zones.
    population
        Residents of each zone.
    most_residents
        Windows have no more.

    Returns
    -------
    tuple of scipy.sparse.csr_array
        Windows x n of 0 and 1; and n x n, the zones of the largest window about each zone (all 0 where a zone alone
        has too many residents).

    Examples
    --------
    Three zones in a row of 400 residents each, at most 900 together:

    >>> from scipy.sparse import csr_array
    >>> from localities.hotspots.neighbourhoods import neighbourhoods
    >>> row = csr_array(np.diag([1.0, 1.0], 1) + np.diag([1.0, 1.0], -1))
    >>> about = neighbourhoods(np.array([[0.0, 0], [1, 0], [3, 0]]), row)
    >>> circular_windows(about, np.array([400, 400, 400]), 900)[0].toarray().astype(int).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]]
    """
    from scipy.sparse import csr_array

    count, size = about.nearest.shape
    people = population[about.nearest]
    inside = np.zeros((count, size), dtype=bool)
    touched = np.zeros((count, size), dtype=bool)
    largest = np.zeros((count, size), dtype=bool)
    touched[:, 0] = True
    residents = np.zeros(count, dtype=np.float64)
    centres, columns, sizes = [], [], []
    for far in range(size):
        grown = np.zeros(count, dtype=bool)
        while True:
            new = touched[:, : far + 1] & ~inside[:, : far + 1]
            rows = np.flatnonzero(new.any(axis=1) & (residents <= most_residents))
            if not len(rows):
                break
            first = new[rows].argmax(axis=1)
            inside[rows, first] = True
            touched[rows] |= about.touching[rows, first]
            residents[rows] += people[rows, first]
            grown[rows] = True
        kept = np.flatnonzero(grown & (residents <= most_residents))
        largest[kept] = inside[kept]
        where, column = np.nonzero(inside[kept])
        centres.append(kept[where])
        columns.append(column)
        sizes.append(np.bincount(where, minlength=len(kept)))
    pointers = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    members = about.nearest[np.concatenate(centres), np.concatenate(columns)]
    distinct = _first_of_each(members, pointers, count)
    every = csr_array((np.ones(len(members)), members, pointers), shape=(len(pointers) - 1, count))
    windows = every[distinct]
    windows.sort_indices()
    row, column = np.nonzero(largest)
    reach = csr_array((np.ones(len(row)), (row, about.nearest[row, column])), shape=(count, count))
    return windows, reach


def zone_keys(count: int) -> NDArray[np.uint64]:
    """Return a scattered 64-bit number for each zone: the sum over a set of zones tells sets apart."""
    keys = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        keys = (keys ^ (keys >> np.uint64(shift))) * np.uint64(factor)
    return keys ^ (keys >> np.uint64(31))


def _first_of_each(members: NDArray[np.intp], pointers: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    if len(pointers) == 1:
        return np.empty(0, dtype=np.intp)
    sums = np.add.reduceat(zone_keys(count)[members], pointers[:-1])
    return np.sort(np.unique(sums, return_index=True)[1])
