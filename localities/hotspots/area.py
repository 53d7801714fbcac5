"""One area: its windows, its hot spots in order of strength, and two answers about each.

*Beyond chance*: would an area whose zones all have one rate show a place as strong? Each hot spot is judged in what is
left of the area after the stronger ones are taken out, so that the first hides none (Zhang, Assunção and Kulldorff
2010, *Spatial scan statistics adjusted for multiple clusters*, Journal of Probability and Statistics 2010:642379).

*Beyond this area's own inequality*: would an area whose zones differ as much, and whose neighbours are as alike, with
nothing special about any place (`localities.hotspots.null`)? A hot spot that is beyond it is taken out of the spread
and the correlation that weaker ones are held against. The strongest is not taken out before it is judged: chance, too,
has a strongest window, and without its rates the test calls a fifth of areas without any hot spot, at 5 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from localities.hotspots.growth import Growth
from localities.hotspots.measures import Measure
from localities.hotspots.neighbourhoods import neighbourhoods
from localities.hotspots.null import Null, fit_null, plain_replications
from localities.hotspots.scan import Scan, excesses_of
from localities.hotspots.windows import circular_windows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Zones = NDArray[np.intp]
_SURE = 0.01
"""Replications as strong as a hot spot that may at most be expected where none is drawn: see `_beyond_chance`."""


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
class Rules:
    """How to search.

    Parameters
    ----------
    shape
        ``circular``: the part of a circle that hangs together; ``flexible``: grown from the data; ``plain``: circles
        whatever lies between their zones.
    most_residents
        Windows have no more.
    least_ratio, least_strength
        A hot spot's rate is at least so many times the rest's, and its log likelihood ratio at least this.
    most
        Hot spots shown, at most.
    replications
        Draws of each null.
    alpha
        p at which a hot spot is taken to be beyond an area's own inequality.
    """

    shape: str
    most_residents: float
    least_ratio: float
    least_strength: float
    most: int
    replications: int
    alpha: float


@dataclass(frozen=True)
class Cluster:
    """One hot spot: positions of its zones in the area, its ratios by outcome, and the p of both answers."""

    zones: Zones
    ratios: Floats
    p_chance: float
    p_inequality: float


@dataclass(frozen=True)
class Found:
    """What was found in an area: hot spots by rank, the number of circular windows, and the null."""

    clusters: tuple[Cluster, ...]
    windows: int
    null: Null


def search_area(area: Area, measures: Sequence[Measure], rules: Rules, rng: np.random.Generator) -> Found:
    """Return the hot spots of an area.

    Parameters
    ----------
    area, measures
        Zones, and outcomes over them.
    rules
        How to search.
    rng
        Source of randomness.

    Notes
    -----
    p = (1 + replications at least as strong) / (1 + replications) (Dwass 1957; Barnard 1963). Replications obey the
    least ratio too.
    """
    about = neighbourhoods(area.points, area.graph)
    if rules.shape == "plain":
        about = replace(about, touching=np.ones_like(about.touching))
    windows, reach = circular_windows(about, area.population, rules.most_residents)
    null = fit_null(measures, area.graph, windows, reach, rng)
    search: Scan | Growth = Scan(windows, measures, rules.least_ratio)
    if rules.shape == "flexible":
        search = Growth(about, area.graph, area.population, rules.most_residents, measures, rules.least_ratio)
    data = excesses_of(measures, [one.observed[:, None] for one in measures])
    chosen = search.apart(data, rules.least_strength, rules.most)
    if not chosen:
        return Found((), int(windows.shape[0]), null)
    chances = _beyond_chance(search, [zones for zones, _ in chosen], rules, rng)
    unequal = _beyond_inequality(search, [zones for zones, _ in chosen], area, null, (windows, reach), rules, rng)
    clusters = [
        Cluster(zones, ratios, *answers) for (zones, ratios), *answers in zip(chosen, chances, unequal, strict=True)
    ]
    return Found(tuple(clusters), int(windows.shape[0]), null)


def _p(draws: Floats, strength: float) -> float:
    # rounding must not make equal ratios unequal
    return float((1 + (draws >= strength * (1 - 1e-9)).sum()) / (1 + len(draws)))


def _beyond_chance(
    search: Scan | Growth, chosen: Sequence[Zones], rules: Rules, rng: np.random.Generator
) -> list[float]:
    """Return p of each hot spot in what is left of the area after the stronger ones are taken out.

    Windows x exp(-ratio) bounds how often chance makes a ratio as large in any window (Chernoff's bound, summed over
    windows). Where fewer than a hundredth of a replication as strong is to be expected, none is drawn and p is the
    least that replications can give. The first hot spot that is not as sure is held against replications of what is
    left there, and so are all weaker ones: less is left for them, so that their p may be a little too large.
    """
    draws: Floats | None = None
    found = []
    for rank, zones in enumerate(chosen):
        taken = np.concatenate([np.empty(0, dtype=np.intp), *chosen[:rank]])
        strength = _strength([one.without(taken) for one in search.measures], zones)
        if np.log(search.count) - strength < np.log(_SURE / rules.replications):
            found.append(1 / (1 + rules.replications))
            continue
        if draws is None:
            left = search.without(taken)
            drawn = plain_replications(left.measures, rules.replications, rng)
            draws = np.concatenate([left.largest(some) for some in drawn])
        found.append(_p(draws, strength))
    return found


def _beyond_inequality(
    search: Scan | Growth,
    chosen: Sequence[Zones],
    area: Area,
    null: Null,
    circles: tuple[csr_array, csr_array],
    rules: Rules,
    rng: np.random.Generator,
) -> list[float]:
    """Return p of each hot spot, in what is left of the area after stronger ones that are beyond it are taken out.

    Others are held against the strongest of each replication, so that their p is too large rather than too small.
    """
    windows, reach = circles
    left, taken, found = search, np.empty(0, dtype=np.intp), []
    draws: Floats | None = None
    for zones in chosen:
        if draws is None:
            draws = np.concatenate([left.largest(some) for some in null.replications(rules.replications, rng)])
        found.append(_p(draws, _strength(left.measures, zones)))
        if found[-1] <= rules.alpha:
            taken = np.concatenate([taken, zones])
            left = search.without(taken)
            if not all(one.can_be_scanned for one in left.measures):
                return found + [1.0] * (len(chosen) - len(found))
            null = fit_null(
                left.measures, area.graph, Scan(windows, search.measures).without(taken).windows, reach, rng
            )
            draws = None
    return found


def _strength(measures: Sequence[Measure], zones: Zones) -> float:
    """Return the log likelihood ratio of some zones, summed over outcomes."""
    total = 0.0
    excesses, squares = excesses_of(measures, [one.observed[:, None] for one in measures])
    for one, more, square in zip(measures, excesses, squares, strict=True):
        total += float(one.llr(more[zones].sum(), one.expected[zones].sum(), one.size[zones].sum(), square[0]))
    return total
