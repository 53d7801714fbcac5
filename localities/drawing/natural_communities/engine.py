"""The engine: construction, improvement, and an account of what came out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from localities.drawing.natural_communities.construction import agglomerate
from localities.drawing.natural_communities.energy import Division
from localities.drawing.natural_communities.improvement import improve, raise_to_floor, reduce_to
from localities.drawing.natural_communities.problem import Problem


@dataclass(frozen=True)
class Design:
    """A division.

    Parameters
    ----------
    region
        Number of each zone's region, from 0 in order of the first zone.
    population
        Residents of each region.
    energy
        Energy of the division; see `localities.drawing.natural_communities.energy`.
    """

    region: NDArray[np.intp]
    population: NDArray[np.float64]
    energy: float

    @property
    def count(self) -> int:
        """Number of regions."""
        return len(self.population)


def design(
    problem: Problem, *, seed: int = 2015, count: int | None = None, rounds: int = 3, is_thorough: bool = False
) -> Design:
    """Return a division of zones into contiguous regions under the limit.

    The same problem and seed give the same division.

    Parameters
    ----------
    problem
        From `localities.drawing.natural_communities.problem.problem_of`.
    seed
        Seed of the order in which improvements are tried.
    count
        Number of regions to aim for; None lets the weights decide. More remain where the limit asks for it.
    rounds
        Rounds of improvement.
    is_thorough
        Whether every pair of neighbouring regions is cut anew, too: a little better, several times slower.

    Examples
    --------
    >>> import pandas as pd
    >>> from localities.drawing.natural_communities import problem_of
    >>> zones = pd.DataFrame({"zone_code": list("abcd"), "cpp_code": "x", "population": 900, "perimeter_m": 400.0})
    >>> pairs = pd.DataFrame({"zone_code": list("abc"), "neighbour_code": list("bcd"), "shared_border_m": 100.0})
    >>> both = pd.concat([pairs, pairs.rename(columns={"zone_code": "neighbour_code", "neighbour_code": "zone_code"})])
    >>> problem = problem_of(zones, both, {"place": ["North", "North", "South", "South"]}, floor=1_000)
    >>> design(problem).region.tolist()
    [0, 0, 1, 1]
    """
    division = agglomerate(problem, count=count)
    rng = np.random.default_rng(seed)
    if count is not None and reduce_to(division, count):
        # sharing out filled the neighbours: a round of moves makes room to go on
        improve(division, rng, rounds=1, keeps_count=True, is_thorough=is_thorough)
        reduce_to(division, count)
    improve(division, rng, rounds=rounds, keeps_count=count is not None, is_thorough=is_thorough)
    if count is None:
        raise_to_floor(division)
    return _finished(division)


def _finished(division: Division) -> Design:
    region = np.array(division.region, dtype=np.intp)
    _, first, number = np.unique(region, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.intp)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    tidy = rank[number]
    population = np.bincount(tidy, weights=np.array(division.problem.population), minlength=len(first))
    return Design(tidy, population.astype("float64"), division.energy())
