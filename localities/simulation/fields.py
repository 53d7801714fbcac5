"""Random fields over the zone graph: noise made smooth, so that neighbours are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]


def smoother(neighbours: csr_array, steps: int) -> csr_array:
    """Return the matrix that makes independent normal deviates smooth over the graph, each zone's variance still 1.

    Parameters
    ----------
    neighbours
        Zones x zones, 0 and 1, symmetric; see `localities.zones.graph.neighbour_matrix`.
    steps
        How many times each zone takes the mean of itself and its neighbours, a neighbour counting as much as itself.

    Notes
    -----
    The matrix is ``(I + A)`` with rows of sum 1, to the power of `steps`, each row then divided by its length: a moving
    average over the graph (a spatial moving-average process; Cressie 1993, Statistics for Spatial Data, section 6.4).
    A zone without neighbours keeps its own noise.

    Examples
    --------
    Three zones in a row, one step: the middle one is the mean of three deviates, scaled back to variance 1.

    >>> from scipy.sparse import csr_array
    >>> row = smoother(csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])), 1).toarray()[1]
    >>> row.round(4).tolist(), float((row**2).sum().round(6))
    ([0.5774, 0.5774, 0.5774], 1.0)
    """
    from scipy import sparse

    count = neighbours.shape[0]
    step = sparse.csr_array(neighbours.astype(float) + sparse.eye_array(count, format="csr"))
    step = sparse.csr_array(sparse.diags_array(1.0 / np.asarray(step.sum(axis=1)).ravel()) @ step)
    power = sparse.csr_array(sparse.eye_array(count, format="csr"))
    for _ in range(steps):
        power = sparse.csr_array(step @ power)
    length = np.sqrt(np.asarray(power.power(2).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array(1.0 / length) @ power)


def neighbour_correlation(scores: Floats, neighbours: csr_array) -> Floats:
    """Return the mean product of standardised scores over pairs of neighbours, per column (Moran's I of the graph).

    Parameters
    ----------
    scores
        Zones x columns; NaN where there is none, and such pairs are left out.
    neighbours
        Zones x zones, 0 and 1.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> chain = csr_array(np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]))
    >>> neighbour_correlation(np.array([[-1.0], [-1.0], [1.0], [1.0]]), chain).round(4)  # products 1, -1, 1
    array([0.3333])
    """
    known = np.isfinite(scores)
    z = np.where(known, scores, np.nan)
    z = np.nan_to_num((z - np.nanmean(z, axis=0)) / np.nanstd(z, axis=0))
    pairs = (neighbours.astype(float) @ known.astype(float)) * known
    return np.asarray((z * (neighbours.astype(float) @ z)).sum(axis=0) / np.maximum(pairs.sum(axis=0), 1.0))
