"""Construction: contiguity-constrained agglomeration under the limit.

Every zone starts alone. Again and again the two neighbouring regions that gain most per resident of the smaller one are
merged, as long as they stay under the limit together and the energy falls. Where homogeneity counts, the change of the
energy itself decides, as in Ward's method.
"""

from __future__ import annotations

import heapq

from localities.drawing.natural_communities.energy import Division
from localities.drawing.natural_communities.problem import Problem

__all__ = ["agglomerate"]


def agglomerate(problem: Problem, *, start: list[int] | None = None, count: int | None = None) -> Division:
    """Return a division made by merging.

    Parameters
    ----------
    problem
        What to divide.
    start
        Regions to start from; None means every zone alone.
    count
        Number of regions to reach: merging goes on while there are more, even where the energy rises, and stops there.
        None means to merge as long as the energy falls.
    """
    size = len(problem.population)
    division = Division(problem, range(size) if start is None else start)
    ties = _ties_between(division)
    alive = {one for one, members in enumerate(division.members) if members}
    version = dict.fromkeys(alive, 0)
    # for homogeneity the loss itself is what Ward's method goes by
    per_resident = not problem.weights.homogeneity
    heap: list[tuple[float, int, int, int, int]] = []

    def push(one: int, other: int) -> None:
        together = division.people[one] + division.people[other]
        if together >= problem.limit:
            return
        change = division.change_of_merge(one, other, ties[one][other])
        if change >= 0 and count is None:
            return
        smaller = max(min(division.people[one], division.people[other]), 1.0) if per_resident else 1.0
        low, high = (one, other) if one < other else (other, one)
        heapq.heappush(heap, (change / smaller, low, high, version[low], version[high]))

    for one in sorted(alive):
        for other in ties[one]:
            if one < other:
                push(one, other)
    while heap and (count is None or len(alive) > count):
        _, one, other, first, second = heapq.heappop(heap)
        if one not in alive or other not in alive or version[one] != first or version[other] != second:
            continue
        if len(division.members[one]) < len(division.members[other]):
            one, other = other, one
        division.absorb(one, other)
        alive.discard(other)
        version[one] += 1
        del ties[one][other]
        for near, tie in ties.pop(other).items():
            if near != one:
                ties[one][near] = ties[one].get(near, 0.0) + tie
                del ties[near][other]
                ties[near][one] = ties[one][near]
        for near in ties[one]:
            push(one, near)
    return division


def _ties_between(division: Division) -> dict[int, dict[int, float]]:
    found: dict[int, dict[int, float]] = {one: {} for one, members in enumerate(division.members) if members}
    region = division.region
    for zone, (near, ties) in enumerate(zip(division.problem.neighbours, division.problem.ties, strict=True)):
        mine = found[region[zone]]
        for one, tie in zip(near, ties, strict=True):
            other = region[one]
            if other != region[zone]:
                mine[other] = mine.get(other, 0.0) + tie
    return found
