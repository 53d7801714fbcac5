r"""The division at any moment, and what a change to it is worth.

The energy of a division into regions R, in residents, is

.. math:: E = -\sum_R \sum_l w_l p_{Rl}^2 / L + s \sum_R P_R^2 / L + \sum_{cut} t_{ij} + f \sum_R (F - P_R)_+ + h S

where :math:`p_{Rl}` are the residents of R who have identity l, each by its strength, :math:`w_l` the vote of its
kind, :math:`P_R` residents, L the limit and s half of all votes. So every pair of residents counts once: together
they gain the votes for it less those against, whatever the size of the region or of the identity. :math:`t_{ij}` is
the worth of a border between zones, lost where it is cut; F the floor; S the sum of squares of the attributes within
regions.
"""

from __future__ import annotations

from collections.abc import Iterable

from localities.drawing.natural_communities.problem import Problem


class Division:
    """Zones in regions, each contiguous, with the sums that changes of the energy need."""

    def __init__(self, problem: Problem, regions: Iterable[int]) -> None:
        self.problem = problem
        self.region = list(regions)
        count = max(self.region, default=-1) + 1
        self.members: list[set[int]] = [set() for _ in range(count)]
        self.people = [0.0] * count
        self.labelled: list[dict[int, float]] = [{} for _ in range(count)]
        self.sums: list[list[float]] = [[0.0] * problem.attributes.shape[1] for _ in range(count)]
        self._rows = problem.attributes.tolist()
        self._pull = problem.size
        for zone, one in enumerate(self.region):
            self._put(zone, one)

    def _put(self, zone: int, region: int) -> None:
        people = self.problem.population[zone]
        self.region[zone] = region
        self.members[region].add(zone)
        self.people[region] += people
        labelled = self.labelled[region]
        for label, some in self.problem.labels[zone]:
            labelled[label] = labelled.get(label, 0.0) + some
        sums = self.sums[region]
        for at, value in enumerate(self._rows[zone]):
            sums[at] += value

    def _take(self, zone: int) -> None:
        people, region = self.problem.population[zone], self.region[zone]
        self.members[region].discard(zone)
        self.people[region] -= people
        labelled = self.labelled[region]
        for label, some in self.problem.labels[zone]:
            labelled[label] -= some
        sums = self.sums[region]
        for at, value in enumerate(self._rows[zone]):
            sums[at] -= value

    def move(self, zone: int, region: int) -> None:
        """Move a zone to a region."""
        self._take(zone)
        self._put(zone, region)

    def absorb(self, one: int, other: int) -> None:
        """Put all zones of the other region into the first."""
        for zone in sorted(self.members[other]):
            self.move(zone, one)

    def ties_to(self, zone: int) -> dict[int, float]:
        """Return the worth of a zone's borders with each region, its own included."""
        found: dict[int, float] = {}
        region = self.region
        for near, tie in zip(self.problem.neighbours[zone], self.problem.ties[zone], strict=True):
            found[region[near]] = found.get(region[near], 0.0) + tie
        return found

    def change_of_move(self, zone: int, target: int, ties: dict[int, float]) -> float:
        """Return the change of the energy if a zone moved to another region; `ties` from `ties_to`."""
        return self.change_of_leaving(zone, ties) + self.change_of_joining(zone, target, ties)

    def change_of_leaving(self, zone: int, ties: dict[int, float]) -> float:
        """Return the change of the energy if a zone were in no region."""
        problem = self.problem
        own = self.region[zone]
        people, labelled = problem.population[zone], self.labelled[own]
        shared = 0.0
        for (label, pull), (_, some) in zip(problem.pulls[zone], problem.labels[zone], strict=True):
            shared += pull * (labelled[label] - some)
        left = self.people[own] - people
        change = 2 * (shared - self._pull * people * left) + ties.get(own, 0.0) - self._lack(self.people[own])
        if len(self.members[own]) > 1:
            change += self._lack(left)
            if problem.weights.homogeneity:
                change -= problem.weights.homogeneity * self._spread_of_leaving(zone, own)
        return change

    def change_of_joining(self, zone: int, target: int, ties: dict[int, float]) -> float:
        """Return the change of the energy if a zone that is in no region joined one that it is not in."""
        problem = self.problem
        people, labelled, present = problem.population[zone], self.labelled[target], self.people[target]
        shared = 0.0
        for label, pull in problem.pulls[zone]:
            with_label = labelled.get(label)
            if with_label:
                shared += pull * with_label
        change = 2 * (self._pull * people * present - shared) - ties.get(target, 0.0)
        change += self._lack(present + people) - self._lack(present)
        if problem.weights.homogeneity:
            change += problem.weights.homogeneity * self._spread_of_joining(zone, target)
        return change

    def change_of_merge(self, one: int, other: int, ties: float) -> float:
        """Return the change of the energy if two regions merged; `ties` is the worth of the border between them."""
        return self.change_of_union(one, other, ties + 2 * self.shared(one, other))

    def change_of_union(self, one: int, other: int, gain: float) -> float:
        """Return the change of the energy if two regions merged; `gain` is their border and twice what they share."""
        p, q = self.people[one], self.people[other]
        change = 2 * self._pull * p * q - gain
        change += self.change_of_lack(p, q)
        if self.problem.weights.homogeneity:
            n, m = len(self.members[one]), len(self.members[other])
            change += self.spread_between(self.sums[one], n, self.sums[other], m)
        return change

    def shared(self, one: int, other: int) -> float:
        """Return the votes for pairs of residents of two regions."""
        labelled, smaller = self.labelled[one], self.labelled[other]
        if len(labelled) < len(smaller):
            labelled, smaller = smaller, labelled
        worth = self.problem.worth
        shared = 0.0
        for label, people in smaller.items():
            with_label = labelled.get(label)
            if with_label:
                shared += worth[label] * people * with_label
        return shared

    def spread_between(self, sums: list[float], n: int, others: list[float], m: int) -> float:
        """Return what n and m zones with these sums of attributes lose in homogeneity by being together."""
        gap = sum((a / n - b / m) ** 2 for a, b in zip(sums, others, strict=True))
        return self.problem.weights.homogeneity * n * m / (n + m) * gap

    def _lack(self, people: float) -> float:
        floor = self.problem.floor
        return self.problem.weights.floor * (floor - people) if people < floor else 0.0

    def change_of_lack(self, people: float, others: float) -> float:
        """Return the change of the energy, for the floor alone, where two numbers of residents come together."""
        return self._lack(people + others) - self._lack(people) - self._lack(others)

    def _spread_of_leaving(self, zone: int, own: int) -> float:
        n = len(self.members[own])
        return sum((a - b / n) ** 2 for a, b in zip(self._rows[zone], self.sums[own], strict=True)) * n / (n - 1)

    def _spread_of_joining(self, zone: int, target: int) -> float:
        m = len(self.members[target])
        return sum((a - b / m) ** 2 for a, b in zip(self._rows[zone], self.sums[target], strict=True)) * m / (m + 1)

    def unlike(self, one: int, other: int) -> float:
        """Return what two zones alone would lose in homogeneity by being together."""
        return self.spread_between(self._rows[one], 1, self._rows[other], 1)

    def row(self, zone: int) -> list[float]:
        """Return the attributes of a zone."""
        return self._rows[zone]

    def stays_whole_without(self, zone: int) -> bool:
        """Return whether the rest of a zone's region still hangs together without it."""
        members = self.members[self.region[zone]]
        neighbours = self.problem.neighbours
        near = [one for one in neighbours[zone] if one in members]
        if len(near) < 2:
            return len(near) == len(members) - 1 or len(near) == 1
        wanted = set(near[1:])
        seen = {zone, near[0]}
        stack = [near[0]]
        while stack:
            for one in neighbours[stack.pop()]:
                if one in members and one not in seen:
                    seen.add(one)
                    wanted.discard(one)
                    if not wanted:
                        return True
                    stack.append(one)
        return False

    def regions_near(self, one: int) -> dict[int, float]:
        """Return the regions that border a region, with the worth of the border."""
        found: dict[int, float] = {}
        region = self.region
        for zone in self.members[one]:
            for near, tie in zip(self.problem.neighbours[zone], self.problem.ties[zone], strict=True):
                other = region[near]
                if other != one:
                    found[other] = found.get(other, 0.0) + tie
        return found

    def energy(self) -> float:
        """Return the energy of the whole division, from scratch."""
        problem = self.problem
        total = 0.0
        for one, members in enumerate(self.members):
            if members:
                total -= sum(problem.worth[label] * people**2 for label, people in self.labelled[one].items())
                total += self._pull * self.people[one] ** 2 + self._lack(self.people[one])
                if problem.weights.homogeneity:
                    squares = sum(value**2 for zone in members for value in self._rows[zone])
                    spread = squares - sum(value**2 for value in self.sums[one]) / len(members)
                    total += problem.weights.homogeneity * spread
        cut = sum(
            tie
            for zone, (near, ties) in enumerate(zip(problem.neighbours, problem.ties, strict=True))
            for one, tie in zip(near, ties, strict=True)
            if self.region[one] != self.region[zone]
        )
        return total + cut / 2
