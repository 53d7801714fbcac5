"""Construction: contiguity-constrained agglomeration under the limit.

Every zone starts alone. Again and again the two neighbouring regions that gain most per resident of the smaller one are
merged, as long as they stay under the limit together and the energy falls. Where homogeneity counts, the change of the
energy itself decides, as in Ward's method.
"""

from __future__ import annotations

import heapq

from localities.drawing.natural_communities.energy import Division
from localities.drawing.natural_communities.problem import Problem


def agglomerate(problem: Problem, *, count: int | None = None) -> Division:
    """Return a division made by merging.

    Parameters
    ----------
    problem
        What to divide.
    count
        Number of regions to reach: merging goes on while there are more, even where the energy rises, and stops there.
        None means to merge as long as the energy falls.
    """
    size = len(problem.population)
    division = Division(problem, range(size))
    # what regions that touch would gain by being together, but for their size; it adds up as they merge
    gains = [dict(zip(near, gain, strict=True)) for near, gain in zip(problem.neighbours, problem.gains, strict=True)]
    alive = set(range(size))
    version = [0] * size
    # for homogeneity the loss itself is what Ward's method goes by
    per_resident = not problem.weights.homogeneity
    heap: list[tuple[float, int, int, int, int]] = []

    def push(one: int, other: int) -> None:
        together = division.people[one] + division.people[other]
        if together >= problem.limit:
            return
        change = division.change_of_union(one, other, gains[one][other])
        if change >= 0 and count is None:
            return
        smaller = max(min(division.people[one], division.people[other]), 1.0) if per_resident else 1.0
        low, high = (one, other) if one < other else (other, one)
        heapq.heappush(heap, (change / smaller, low, high, version[low], version[high]))

    for one in range(size):
        for other in gains[one]:
            if one < other:
                push(one, other)
    while heap and (count is None or len(alive) > count):
        _, one, other, first, second = heapq.heappop(heap)
        if one not in alive or other not in alive or version[one] != first or version[other] != second:
            continue
        if len(division.members[one]) < len(division.members[other]):
            one, other = other, one
        kept, absorbed = gains[one], gains[other]
        del kept[other], absorbed[one]
        for near, gain in absorbed.items():
            del gains[near][other]
            # a region that touches one of the two shares votes with both
            kept[near] = gain + (kept[near] if near in kept else 2 * division.shared(one, near))
        for near in kept:
            if near not in absorbed:
                kept[near] += 2 * division.shared(other, near)
            gains[near][one] = kept[near]
        division.absorb(one, other)
        alive.discard(other)
        version[one] += 1
        for near in kept:
            push(one, near)
    return division
