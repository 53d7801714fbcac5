"""Random fields over the graph of zones with a given spatial correlation.

The proper conditional autoregression of Leroux, Lei and Breslow (2000): precision ``Q = (1 - ρ) I + ρ (D - W)``, where
W is 1 for neighbours and D counts them. At ρ = 0 zones are independent; toward 1 the field is Besag's intrinsic one.
The second order has the precision ``Q²``: a simultaneous autoregression, smoother, whose correlation reaches further
for the same likeness of neighbours. Drawn from a banded factor, so that Scotland's 7,000 zones need no dense matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
_SCALING_DRAWS = 128


@dataclass
class Fields:
    """Fields over one graph.

    Parameters
    ----------
    graph
        n x n symmetric matrix of neighbours.

    Notes
    -----
    With the Cholesky factor ``Q = U'U``, ``U⁻¹ g`` has the covariance ``Q⁻¹`` (Rue and Held 2005, algorithm 2.4); zones
    are put in an order that keeps U in a narrow band. Each zone is then divided by its standard deviation over 128
    draws, because zones at the rim have fewer neighbours and would vary more: the error of that scale is 6 % and has no
    direction.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> fields = Fields(csr_array(np.diag(np.ones(2), 1) + np.diag(np.ones(2), -1)))
    >>> draws = fields.draw(0.5, fields.innovations(np.random.default_rng(1), 20_000))
    >>> np.corrcoef(draws[0], draws[1])[0, 1].round(2).item()  # precisions 1, 1.5, 1 beside -0.5: √0.2 = 0.447
    0.45
    """

    graph: csr_array
    _factors: dict[float, Floats] = field(default_factory=dict, repr=False)
    _deviations: dict[tuple[float, int], Floats] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Find an order of zones in which neighbours are close."""
        from scipy.sparse.csgraph import reverse_cuthill_mckee

        self.zones = int(self.graph.shape[0])
        order = reverse_cuthill_mckee(self.graph.tocsr(), symmetric_mode=True).astype(np.intp)
        self._place = np.empty(self.zones, dtype=np.intp)
        self._place[order] = np.arange(self.zones)
        edges = self.graph.tocoo()
        first, second = (self._place[one] for one in edges.coords)
        above = first < second
        self._first, self._second = first[above], second[above]
        self._band = int((self._second - self._first).max(initial=0))
        self._degree = np.bincount(np.concatenate([self._first, self._second]), minlength=self.zones)

    def innovations(self, rng: np.random.Generator, draws: int) -> Floats:
        """Return the independent normal numbers that `draw` makes fields of, a column for each."""
        return rng.standard_normal((self.zones, draws))

    def draw(self, rho: float, innovations: Floats, order: int = 1) -> Floats:
        """Return fields, zones x draws, each zone with mean 0 and variance 1.

        Parameters
        ----------
        rho
            Spatial correlation, 0 to less than 1.
        innovations
            From `innovations`; sums of them with weights of length 1 give correlated fields.
        order
            1 for the conditional autoregression, 2 for the smoother field.
        """
        if rho == 0:
            return innovations.copy()
        if rho not in self._factors:
            self._factors[rho] = self._factor(rho)
        factor = self._factors[rho]
        if (rho, order) not in self._deviations:
            trial = _solved(factor, self.innovations(np.random.default_rng(0), _SCALING_DRAWS), order)
            self._deviations[rho, order] = np.sqrt((trial**2).mean(axis=1))
        return (_solved(factor, innovations, order) / self._deviations[rho, order][:, None])[self._place]

    def _factor(self, rho: float) -> Floats:
        upper = np.zeros((self.zones, self._band + 1))
        upper[:, 0] = 1 - rho + rho * self._degree
        upper[self._first, self._second - self._first] = -rho
        return _banded_cholesky(upper)


def _solved(factor: Floats, innovations: Floats, order: int) -> Floats:
    from scipy.linalg.lapack import dtbtrs

    # the second thing returned is the place of a zero on the diagonal, which these factors never have
    mixed = np.asfortranarray(innovations)
    if order == 2:
        mixed = dtbtrs(factor, mixed, uplo="U", trans="T")[0]
    return dtbtrs(factor, mixed, uplo="U")[0]


def _banded_cholesky(upper: Floats) -> Floats:
    """Return the Cholesky factor of a banded matrix in LAPACK's form, from its rows right of the diagonal.

    LAPACK's own does the same with threads, which on matrices this small wait for each other: where other work shares
    the processors that took a hundred times as long.

    Examples
    --------
    >>> _banded_cholesky(np.array([[4.0, 2.0], [5.0, 0.0]]))  # [[4, 2], [2, 5]] = U'U, U = [[2, 1], [0, 2]]
    array([[0., 1.],
           [2., 2.]])
    """
    from numpy.lib.stride_tricks import as_strided

    count, width = upper.shape
    band = width - 1
    # each row has room on its left, so that the part below the diagonal of a square step has somewhere to go unread
    rows = np.zeros((count + band, width + band))
    rows[:count, band:] = upper
    step = rows.strides[0]
    squares = as_strided(rows[:, band:], (count, width, width), (step, step - rows.itemsize, rows.itemsize))
    for square in squares:
        row = square[0]
        row /= np.sqrt(row[0])
        square[1:, 1:] -= np.multiply.outer(row[1:], row[1:])
    factor = np.zeros((width, count))
    for above in range(width):
        factor[band - above, above:] = rows[: count - above, band + above]
    return factor
