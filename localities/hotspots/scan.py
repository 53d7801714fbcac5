"""The strongest window of data, and of each of many replications: sums over windows as one sparse matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from localities.hotspots.measures import Measure

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
_CELLS_AT_ONCE = 3_000_000

Excesses = tuple[list[Floats], list[Floats]]
"""Per outcome: zones x replications more than expected, and the squares of each replication (`Measure.excess`)."""


def excesses_of(measures: Sequence[Measure], observed: Sequence[Floats]) -> Excesses:
    """Return what zones have more than expected, per outcome, for figures of zones x replications."""
    both = [measure.excess(values) for measure, values in zip(measures, observed, strict=True)]
    return [more for more, _ in both], [squares for _, squares in both]


@dataclass
class Scan:
    """A set of windows and the outcomes that are scanned together.

    The ratio of a window is the sum over outcomes of those where it is poorer (Kulldorff and others 2007,
    *Multivariate scan statistics for disease surveillance*, Statistics in Medicine 26, 1824-1833).

    Parameters
    ----------
    windows
        Windows x zones, 0 and 1.
    measures
        Outcomes over the same zones.
    least_ratio
        Windows count only where at least one outcome's rate is this many times the rest's.
    """

    windows: csr_array
    measures: Sequence[Measure]
    least_ratio: float = 1.0

    def __post_init__(self) -> None:
        """Sum what does not change between replications."""
        self._expected = [self.windows @ one.expected for one in self.measures]
        self._size = [self.windows @ one.size for one in self.measures]
        self._least = [
            one.least_excess(expected, self.least_ratio)[:, None]
            for one, expected in zip(self.measures, self._expected, strict=True)
        ]
        self._bound = [
            one.bound(expected, size)
            for one, expected, size in zip(self.measures, self._expected, self._size, strict=True)
        ]

    def ratios(self, excesses: Excesses) -> Floats:
        """Return the log likelihood ratio of every window and outcome for the first replication: windows x outcomes."""
        inside = [(self.windows @ more[:, 0])[:, None] for more in excesses[0]]
        ratios = [
            one.llr(more[:, 0], expected, size, squares[0])
            for one, more, squares, expected, size in zip(
                self.measures, inside, excesses[1], self._expected, self._size, strict=True
            )
        ]
        return np.stack(ratios, axis=1) * self._marked(inside)

    @property
    def count(self) -> float:
        """Number of windows."""
        return float(self.windows.shape[0])

    def without(self, zones: NDArray[np.intp]) -> Scan:
        """Return the windows that hold none of some zones, over what is left without them."""
        taken = np.zeros(self.windows.shape[1])
        taken[zones] = 1.0
        left = self.windows[np.flatnonzero(self.windows @ taken == 0)]
        return Scan(left, [one.without(zones) for one in self.measures], self.least_ratio)

    def apart(self, data: Excesses, least: float, most: int) -> list[tuple[NDArray[np.intp], Floats]]:
        """Return zones and ratios of the strongest windows that do not overlap, strongest first.

        Parameters
        ----------
        data
            What zones have more than expected.
        least, most
            The ratio that a window has at least, summed over outcomes; and how many are returned at most.
        """
        ratios = self.ratios(data)
        total = ratios.sum(axis=1)
        total[(total < least) | (total <= 0)] = 0.0
        taken = np.zeros(self.windows.shape[1])
        chosen: list[tuple[NDArray[np.intp], Floats]] = []
        while len(chosen) < most and total.any():
            best = int(np.argmax(total))
            zones = self.windows[[best]].indices.astype(np.intp)
            chosen.append((np.sort(zones), ratios[best]))
            taken[zones] = 1.0
            total[self.windows @ taken > 0] = 0.0
        return chosen

    def largest(self, excesses: Excesses) -> Floats:
        """Return the largest ratio of each replication."""
        return self.strongest(excesses)[0]

    def strongest(self, excesses: Excesses) -> tuple[Floats, NDArray[np.intp]]:
        """Return the largest ratio of each replication and the window that has it (-1 where none is above 0)."""
        draws = excesses[0][0].shape[1]
        ratio = np.zeros(draws)
        window = np.full(draws, -1, dtype=np.intp)
        if not self.windows.shape[0]:
            return ratio, window
        step = max(1, _CELLS_AT_ONCE // self.windows.shape[0])
        for start in range(0, draws, step):
            part = slice(start, start + step)
            some = [more[:, part] for more in excesses[0]], [squares[part] for squares in excesses[1]]
            ratio[part], window[part] = self._strongest(some)
        return ratio, window

    def _strongest(self, excesses: Excesses) -> tuple[Floats, NDArray[np.intp]]:
        inside = [self.windows @ more for more in excesses[0]]
        bounds = [self._bound_of(number, more, excesses[1][number]) for number, more in enumerate(inside)]
        bound = bounds[0] if len(bounds) == 1 else np.sum(bounds, axis=0)
        if self.least_ratio > 1:
            bound *= self._marked(inside)
        draws = np.arange(bound.shape[1])
        promising = bound.argmax(axis=0)
        found = self._exact(inside, excesses[1], promising, draws)
        found[bound[promising, draws] <= 0] = 0.0
        # only windows whose bound beats a ratio already reached can be the strongest
        rows, columns = np.nonzero(bound > found)
        rows, columns = np.concatenate([promising, rows]), np.concatenate([draws, columns])
        value = np.concatenate([found, self._exact(inside, excesses[1], rows[len(draws) :], columns[len(draws) :])])
        order = np.lexsort((rows, -value, columns))
        first = order[np.searchsorted(columns[order], draws)]
        return value[first], np.where(value[first] > 0, rows[first], -1)

    def _marked(self, inside: Sequence[Floats]) -> NDArray[np.bool_]:
        """Return which windows of which replications have the least ratio in any outcome."""
        marked = [more >= least for more, least in zip(inside, self._least, strict=True)]
        return marked[0] if len(marked) == 1 else np.logical_or.reduce(marked)

    def _bound_of(self, number: int, inside: Floats, squares: Floats) -> Floats:
        measure = self.measures[number]
        if measure.model == "normal":
            return measure.llr(inside, self._expected[number][:, None], self._size[number][:, None], squares)
        bound = np.maximum(inside, 0.0)
        bound *= bound
        bound *= self._bound[number][:, None]
        return bound

    def _exact(
        self, inside: Sequence[Floats], squares: Sequence[Floats], rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> Floats:
        total = np.zeros(len(rows))
        for number, measure in enumerate(self.measures):
            total += measure.llr(
                inside[number][rows, columns],
                self._expected[number][rows],
                self._size[number][rows],
                squares[number][columns],
            )
        return total
