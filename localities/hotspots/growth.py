"""Windows of flexible shape: from each local peak, the neighbour that is worst joins next, while residents fit.

Greedy growth follows the data, so replications grow their own windows (Duczmal and Assunção 2004 search such shapes by
annealing; Tango and Takahashi 2005 try all of them, which stops at some 30 zones). A window stays within the
neighbourhood of the zone that it starts from, as Tango and Takahashi's do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from localities.hotspots.measures import Measure
from localities.hotspots.neighbourhoods import Neighbourhoods
from localities.hotspots.scan import Excesses

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Grown:
    """Windows grown in replications.

    Parameters
    ----------
    draw
        Replication of each start, in order.
    path
        Starts x steps: zones in the order in which they joined, -1 after the last.
    ratio
        Starts x steps x outcomes: log likelihood ratio of the zones so far.
    """

    draw: NDArray[np.intp]
    path: NDArray[np.intp]
    ratio: Floats


@dataclass(frozen=True)
class Growth:
    """Grows windows in an area.

    Parameters
    ----------
    about
        Neighbourhoods of n zones.
    graph
        n x n matrix of neighbours.
    population
        Residents of each zone.
    most_residents
        Windows have no more.
    measures
        Outcomes over the zones.
    least_ratio
        As of `localities.hotspots.scan.Scan`.
    """

    about: Neighbourhoods
    graph: csr_array
    population: NDArray[np.int64]
    most_residents: float
    measures: Sequence[Measure]
    least_ratio: float = 1.0

    def without(self, zones: NDArray[np.intp]) -> Growth:
        """Return what grows where some zones are taken: they have no figures, and nothing takes them in."""
        people = self.population.copy()
        people[zones] = int(self.most_residents) + 1
        return replace(self, population=people, measures=[one.without(zones) for one in self.measures])

    @property
    def count(self) -> float:
        """Number of windows: without end, because they follow the data."""
        return float("inf")

    def apart(self, data: Excesses, least: float, most: int) -> list[tuple[NDArray[np.intp], Floats]]:
        """Return zones and ratios of the strongest windows grown that do not overlap (`Scan.apart`)."""
        grown = self.grow(data)
        total = np.where(grown.path >= 0, grown.ratio.sum(axis=2), 0.0)
        total[(total < least) | (total <= 0)] = 0.0
        # the last place is for -1, the place that nothing takes
        taken = np.zeros(len(self.population) + 1, dtype=bool)
        chosen: list[tuple[NDArray[np.intp], Floats]] = []
        while len(chosen) < most and total.any():
            row, column = np.unravel_index(int(np.argmax(total)), total.shape)
            zones = np.sort(grown.path[row, : column + 1])
            chosen.append((zones, grown.ratio[row, column]))
            taken[zones] = True
            # from the first zone that is taken on, a path's windows overlap
            total[np.cumsum(taken[grown.path], axis=1) > 0] = 0.0
        return chosen

    def largest(self, excesses: Excesses) -> Floats:
        """Return the largest ratio of each replication."""
        draws = excesses[0][0].shape[1]
        best = np.zeros(draws)
        step = max(1, int(_CELLS_AT_ONCE / (0.25 * self.about.nearest.size)))
        for start in range(0, draws, step):
            part = slice(start, start + step)
            some = [more[:, part] for more in excesses[0]], [squares[part] for squares in excesses[1]]
            grown = self.grow(some)
            if len(grown.draw):
                np.maximum.at(best[part], grown.draw, grown.ratio.sum(axis=2).max(axis=1))
        return best

    def grow(self, excesses: Excesses) -> Grown:
        """Return every window grown, zone by zone, from the peaks of each replication."""
        worth = self._worth(excesses)
        start, draw = self._peaks(worth)
        order = np.argsort(draw, kind="stable")
        start, draw = start[order], draw[order]
        path = self._paths(worth, start, draw)
        return Grown(draw, path, self._ratios(path, draw, excesses))

    def _worth(self, excesses: Excesses) -> Floats:
        """Return how much poorer each zone is, zones x replications, small numbers held back."""
        total = np.zeros(excesses[0][0].shape)
        for measure, more in zip(self.measures, excesses[0], strict=True):
            base = measure.size if measure.model == "normal" else measure.expected + 1.0
            own = more / np.where(base > 0, base, 1.0)[:, None]
            scale = own.std()
            total += own / scale if scale > 0 else own
        return total

    def _peaks(self, worth: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return zones, and their replication, that are poorer than expected and than every neighbour."""
        peak = (worth > 0) & (self.population <= self.most_residents)[:, None]
        degree = np.diff(self.graph.indptr)
        joined = np.flatnonzero(degree > 0)
        if len(joined):
            highest = np.maximum.reduceat(worth[self.graph.indices], self.graph.indptr[joined], axis=0)
            peak[joined] &= worth[joined] >= highest
        start, draw = np.nonzero(peak)
        return start, draw

    def _paths(self, worth: Floats, start: NDArray[np.intp], draw: NDArray[np.intp]) -> NDArray[np.intp]:
        starts, size = len(start), self.about.size
        if not starts:
            return np.empty((0, 1), dtype=np.intp)
        every = np.arange(starts)
        near = self.about.nearest[start]
        local = worth[near, draw[:, None]].astype(np.float32)
        people = self.population[near]
        residents = np.zeros(starts, dtype=np.int64)
        # what may join, by worth; what may not yet, or no longer, is minus infinity
        waiting = np.full((starts, size), -np.inf, dtype=np.float32)
        waiting[:, 0] = local[:, 0]
        is_free = np.ones((starts, size), dtype=bool)
        steps = []
        live = every
        while len(live):
            best = waiting[live].argmax(axis=1)
            can = np.isfinite(waiting[live, best])
            live, best = live[can], best[can]
            if not len(live):
                break
            joined = np.full(starts, -1, dtype=np.intp)
            joined[live] = near[live, best]
            steps.append(joined)
            residents[live] += people[live, best]
            is_free[live, best] = False
            fits = people[live] + residents[live, None] <= self.most_residents
            is_free[live] &= fits
            free = is_free[live]
            reached = self.about.touching[start[live], best] & free
            now = np.where(reached, local[live], waiting[live])
            waiting[live] = np.where(free, now, -np.inf)
        return np.stack(steps, axis=1)

    def _ratios(self, path: NDArray[np.intp], draw: NDArray[np.intp], excesses: Excesses) -> Floats:
        there = path >= 0
        zones = np.where(there, path, 0)

        def sums(values: Floats) -> Floats:
            return np.cumsum(np.where(there, values, 0.0), axis=1)

        found, marked = [], np.zeros(path.shape, dtype=bool)
        for measure, more, squares in zip(self.measures, *excesses, strict=True):
            inside, expected = sums(more[zones, draw[:, None]]), sums(measure.expected[zones])
            ratio = measure.llr(inside, expected, sums(measure.size[zones]), squares[draw][:, None])
            marked |= inside >= measure.least_excess(expected, self.least_ratio)
            found.append(np.where(there, ratio, 0.0))
        return np.stack(found, axis=2) * marked[:, :, None]
