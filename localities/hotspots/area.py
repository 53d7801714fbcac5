"""One area: its windows, the null fitted to it, its most likely and further hot spots, and their p."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from localities.hotspots.growth import Growth
from localities.hotspots.measures import Measure
from localities.hotspots.neighbourhoods import neighbourhoods
from localities.hotspots.null import Null, fit_null
from localities.hotspots.scan import Excesses, Scan, excesses_of
from localities.hotspots.windows import circular_windows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Area", "Cluster", "Found", "search_area"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """The zones of one area.

    Parameters
    ----------
    code
        Of the area.
    graph
        n x n matrix of neighbours.
    points
        n x 2 population-weighted centroids.
    population
        Residents of each zone.
    """

    code: str
    graph: csr_array
    points: Floats
    population: NDArray[np.int64]


@dataclass(frozen=True)
class Cluster:
    """One hot spot: positions of its zones in the area, its ratios by outcome, and its p."""

    zones: NDArray[np.intp]
    ratios: Floats
    p_value: float


@dataclass(frozen=True)
class Found:
    """What was found in an area: hot spots by rank, the number of circular windows, and the null."""

    clusters: tuple[Cluster, ...]
    windows: int
    null: Null


def search_area(
    area: Area,
    measures: Sequence[Measure],
    *,
    shape: str,
    most_residents: float,
    replications: int,
    rng: np.random.Generator,
    alpha: float,
    most: int,
) -> Found:
    """Return the hot spots of an area.

    Parameters
    ----------
    area, measures
        Zones, and outcomes over them.
    shape, replications, alpha, most
        See `localities.hotspots.search.find_hot_spots`.
    most_residents
        Windows have no more.
    rng
        Source of randomness.

    Notes
    -----
    p = (1 + replications at least as strong) / (1 + replications) (Dwass 1957; Barnard 1963).
    """
    about = neighbourhoods(area.points, area.graph)
    windows, reach = circular_windows(about, area.population, most_residents)
    scan = Scan(windows, measures)
    null = fit_null(measures, area.graph, windows, reach, rng)
    data = excesses_of(measures, [one.observed[:, None] for one in measures])
    strongest: list[Floats] = []
    if shape == "circular":
        candidates, ratios = _of_windows(scan, data, most)
        for drawn in null.replications(replications, rng):
            strongest.append(scan.strongest(drawn)[0])
    else:
        growth = Growth(about, area.graph, area.population, most_residents, measures)
        candidates, ratios = _grown(growth, data, most)
        for drawn in null.replications(replications, rng):
            strongest.append(growth.strongest(drawn))
    draws = np.concatenate(strongest)
    clusters: list[Cluster] = []
    for zones, ratio in zip(candidates, ratios, strict=True):
        # rounding must not make equal ratios unequal
        as_strong = int((draws >= ratio.sum() * (1 - 1e-9)).sum())
        p_value = (1 + as_strong) / (1 + replications)
        if not clusters or p_value <= alpha:
            clusters.append(Cluster(zones, ratio, p_value))
    return Found(tuple(clusters), int(windows.shape[0]), null)


def _of_windows(scan: Scan, data: Excesses, most: int) -> tuple[list[NDArray[np.intp]], list[Floats]]:
    """Return the strongest windows that do not overlap, and their ratios."""
    ratios = scan.ratios(data)
    total = ratios.sum(axis=1)
    taken = np.zeros(scan.windows.shape[1])
    chosen: list[int] = []
    while len(chosen) < most and len(total):
        best = int(np.argmax(total))
        if total[best] <= 0:
            break
        chosen.append(best)
        taken += scan.windows[[best]].toarray()[0]
        total = np.where(scan.windows @ taken > 0, 0.0, total)
    return [np.sort(scan.windows[[one]].indices.astype(np.intp)) for one in chosen], [ratios[one] for one in chosen]


def _grown(growth: Growth, data: Excesses, most: int) -> tuple[list[NDArray[np.intp]], list[Floats]]:
    """Return the strongest grown windows that do not overlap, and their ratios."""
    grown = growth.grow(data)
    total = np.where(grown.path >= 0, grown.ratio.sum(axis=2), 0.0)
    taken = np.zeros(len(growth.population) + 1, dtype=bool)
    zones: list[NDArray[np.intp]] = []
    ratios: list[Floats] = []
    while len(zones) < most and total.size:
        row, column = np.unravel_index(int(np.argmax(total)), total.shape)
        if total[row, column] <= 0:
            break
        zones.append(np.sort(grown.path[row, : column + 1]))
        ratios.append(grown.ratio[row, column])
        taken[zones[-1]] = True
        # from the first zone that is taken on, a path's windows overlap; -1 is the place that nothing takes
        total = np.where(np.cumsum(taken[grown.path], axis=1) > 0, 0.0, total)
    return zones, ratios
