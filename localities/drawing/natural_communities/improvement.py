"""Improvement: boundary moves, swaps, merges and new cuts, none of which breaks contiguity or the limit.

Only changes that lower the energy are made, so the search ends. The order is that of a seeded shuffle.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from localities.drawing.natural_communities.energy import Division

_LEAST = 1e-6


def improve(
    division: Division,
    rng: np.random.Generator,
    *,
    rounds: int = 3,
    keeps_count: bool = False,
    is_thorough: bool = False,
) -> None:
    """Refine a division in place until nothing helps, or for a number of rounds.

    Parameters
    ----------
    division
        Contiguous regions under the limit.
    rng
        Source of the order in which zones are visited.
    rounds
        Rounds of moves and swaps, merges and new cuts.
    keeps_count
        Whether the number of regions must stay: no merges, and no region is emptied.
    is_thorough
        Whether every pair of neighbouring regions is cut anew, not only those below the floor.
    """
    for _ in range(rounds):
        changed = move_and_swap(division, rng.permutation(len(division.region)).tolist(), keeps_count=keeps_count)
        changed += merge_and_split(division) if keeps_count else split(division) + merge(division)
        changed += recut(division, every=is_thorough)
        if not changed:
            return


def move_and_swap(division: Division, order: list[int], *, keeps_count: bool = False) -> int:
    """Move zones over boundaries, or swap two, while that lowers the energy; return the number of changes."""
    problem = division.problem
    waiting = deque(order)
    queued = [True] * len(order)
    changes = 0
    while waiting:
        zone = waiting.popleft()
        queued[zone] = False
        own = division.region[zone]
        ties = division.ties_to(zone)
        if len(ties) == 1 and own in ties:
            continue
        if keeps_count and len(division.members[own]) == 1:
            continue
        best, target, blocked = -_LEAST, -1, []
        leaving = division.change_of_leaving(zone, ties)
        for region in ties:
            if region == own:
                continue
            change = leaving + division.change_of_joining(zone, region, ties)
            if change < best:
                if division.people[region] + problem.population[zone] < problem.limit:
                    best, target = change, region
                else:
                    blocked.append((change, region))
        if target < 0 and not blocked:
            continue
        if not division.stays_whole_without(zone):
            continue
        moved = [zone]
        if target >= 0:
            division.move(zone, target)
        else:
            partner = _swap(division, zone, sorted(blocked))
            if partner < 0:
                continue
            moved.append(partner)
        changes += 1
        for one in moved:
            for near in (one, *problem.neighbours[one]):
                if not queued[near]:
                    queued[near] = True
                    waiting.append(near)
    return changes


def _swap(division: Division, zone: int, blocked: list[tuple[float, int]]) -> int:
    """Swap a zone with one of a full region if that helps; return the partner, or -1."""
    problem = division.problem
    own = division.region[zone]
    for change, region in blocked:
        division.move(zone, region)
        excess = division.people[region] - problem.limit
        room = problem.limit - division.people[own]
        best, partner = -_LEAST - change, -1
        near_own = {near for one in division.members[own] for near in problem.neighbours[one]}
        for one in sorted(near_own & division.members[region]):
            if one == zone or problem.population[one] <= excess or problem.population[one] >= room:
                continue
            back = division.change_of_move(one, own, division.ties_to(one))
            if back < best and division.stays_whole_without(one):
                best, partner = back, one
        if partner >= 0:
            division.move(partner, own)
            return partner
        division.move(zone, own)
    return -1


def merge(division: Division) -> int:
    """Merge neighbouring regions while that lowers the energy; return the number of merges."""
    limit = division.problem.limit
    changes = 0
    for one in range(len(division.members)):
        while division.members[one]:
            best, partner = -_LEAST, -1
            for other, ties in sorted(division.regions_near(one).items()):
                if division.people[one] + division.people[other] < limit:
                    change = division.change_of_merge(one, other, ties)
                    if change < best:
                        best, partner = change, other
            if partner < 0:
                break
            division.absorb(one, partner)
            changes += 1
    return changes


def split(division: Division) -> int:
    """Cut regions in two where that lowers the energy; return the number of cuts.

    What was put together zone by zone to reach the floor may by then be two communities that reach it each.
    """
    free = [one for one, members in enumerate(division.members) if not members]
    waiting = [one for one, members in enumerate(division.members) if len(members) > 1]
    changes = 0
    while waiting and free:
        one = waiting.pop()
        change, side = _best_cut(division, sorted(division.members[one]))
        if side is None or change >= -_LEAST:
            continue
        new = free.pop()
        for zone in sorted(side):
            division.move(zone, new)
        waiting += [part for part in (one, new) if len(division.members[part]) > 1]
        changes += 1
    return changes


def raise_to_floor(division: Division) -> int:
    """Merge every region below the floor with its best neighbour, if they stay under the limit; return how many.

    The floor is a rule, not a wish: it holds wherever geography and the limit allow.
    """
    problem = division.problem
    changes = 0
    waiting = [one for one, members in enumerate(division.members) if members]
    for one in sorted(waiting, key=lambda region: (division.people[region], region)):
        while division.members[one] and division.people[one] < problem.floor:
            best, partner = float("inf"), -1
            for other, ties in sorted(division.regions_near(one).items()):
                if division.people[one] + division.people[other] < problem.limit:
                    change = division.change_of_merge(one, other, ties)
                    if change < best:
                        best, partner = change, other
            if partner < 0:
                break
            division.absorb(one, partner)
            changes += 1
    return changes


def reduce_to(division: Division, count: int) -> int:
    """Share out small regions among their neighbours until a number of regions is left; return how many went.

    Merging ends with many regions that are nearly full and some that fit nowhere whole. Zone by zone such a region can
    still go to neighbours with room. The smallest are tried first; one that cannot go entirely stays as it was.
    """
    alive = sum(1 for members in division.members if members)
    gone = 0
    tried: set[int] = set()
    while alive - gone > count:
        open_regions = [one for one, members in enumerate(division.members) if members and one not in tried]
        if not open_regions:
            break
        smallest = min(open_regions, key=lambda one: (division.people[one], one))
        if _share_out(division, smallest):
            gone += 1
            tried.clear()
        else:
            tried.add(smallest)
    return gone


def _share_out(division: Division, region: int) -> bool:
    """Move every zone of a region to neighbours with room, the best move first; undo all if one is left."""
    problem = division.problem
    undone: list[int] = []
    while division.members[region]:
        best, chosen, target = float("inf"), -1, -1
        for zone in sorted(division.members[region]):
            ties = division.ties_to(zone)
            for other in ties:
                if other == region or division.people[other] + problem.population[zone] >= problem.limit:
                    continue
                change = division.change_of_move(zone, other, ties)
                if change < best and (len(division.members[region]) == 1 or division.stays_whole_without(zone)):
                    best, chosen, target = change, zone, other
        if chosen < 0:
            for zone in undone:
                division.move(zone, region)
            return False
        division.move(chosen, target)
        undone.append(chosen)
    return True


def merge_and_split(division: Division) -> int:
    """Merge two regions and split another where both together lower the energy; return the number of such changes.

    The number of regions stays. This reaches what moves over boundaries cannot: a boundary where it does not pay goes,
    and one where it does comes.
    """
    limit = division.problem.limit
    splits: dict[int, tuple[float, set[int] | None]] = {}
    merges: dict[tuple[int, int], float] = {}
    waiting = {one for one, members in enumerate(division.members) if members}
    changes = 0
    while True:
        for one in sorted(waiting):
            splits.pop(one, None)
        merges = {pair: change for pair, change in merges.items() if waiting.isdisjoint(pair)}
        for one in sorted(waiting):
            if len(division.members[one]) > 1:
                change, side = _best_cut(division, sorted(division.members[one]))
                if side is not None:
                    splits[one] = (change, side)
            for other, ties in division.regions_near(one).items():
                if division.people[one] + division.people[other] < limit:
                    merges[min(one, other), max(one, other)] = division.change_of_merge(one, other, ties)
        best, chosen = -_LEAST, None
        by_gain = sorted((change, one) for one, (change, _) in splits.items())[:3]
        for change, pair in sorted((change, pair) for pair, change in merges.items())[:8]:
            for gain, region in by_gain:
                if region not in pair and change + gain < best:
                    best, chosen = change + gain, (pair, region)
        if chosen is None:
            return changes
        (one, other), region = chosen
        division.absorb(one, other)
        side = splits[region][1] or set()
        for zone in sorted(side):
            division.move(zone, other)
        waiting = {one, other, region}
        waiting |= {near for some in (one, other, region) for near in division.regions_near(some)}
        changes += 1


def recut(division: Division, *, every: bool = False) -> int:
    """Cut pairs of neighbouring regions anew where that lowers the energy; return the number of changes.

    The pair becomes one and is cut at the best edge of the tree of its strongest ties. Regions below the floor are
    tried with every neighbour; others only if `every`.
    """
    problem = division.problem
    changes = 0
    for one in range(len(division.members)):
        if not division.members[one] or (not every and division.people[one] >= problem.floor):
            continue
        for other in sorted(division.regions_near(one)):
            if division.members[one] and division.members[other] and _cut_anew(division, one, other):
                changes += 1
                break
    return changes


def _cut_anew(division: Division, one: int, other: int) -> bool:
    zones = sorted(division.members[one] | division.members[other])
    joined = division.change_of_merge(one, other, division.regions_near(one)[other])
    change, side = _best_cut(division, zones)
    if side is None or joined + change >= -_LEAST:
        return False
    for zone in zones:
        target = other if zone in side else one
        if division.region[zone] != target:
            division.move(zone, target)
    return True


def _best_cut(division: Division, zones: list[int]) -> tuple[float, set[int] | None]:
    """Return the least change of the energy where zones that are together part in two under the limit, and one part.

    They are cut at one edge of the tree of their strongest ties. What each of its branches holds is summed from the
    leaves up; a border between zones is cut by every edge of the tree on the way from one to the other.
    """
    problem = division.problem
    worth, homogeneity = problem.worth, problem.weights.homogeneity
    parent, order = _strongest_tree(division, zones)
    rank = {zone: at for at, zone in enumerate(order)}
    below = {zone: problem.population[zone] for zone in zones}
    labelled = {zone: dict(problem.labels[zone]) for zone in zones}
    rows = {zone: (list(division.row(zone)), 1) for zone in zones} if homogeneity else {}
    crossing = dict.fromkeys(zones, 0.0)
    for zone in zones:
        for near, tie in zip(problem.neighbours[zone], problem.ties[zone], strict=True):
            if near > zone and near in rank:
                one, other = zone, near
                while one != other:
                    if rank[one] < rank[other]:
                        one, other = other, one
                    crossing[one] += tie
                    one = parent[one]
    branches = []
    for zone in reversed(order[1:]):
        up = parent[zone]
        branches.append((zone, labelled[zone]))
        below[up] += below[zone]
        less, more = labelled[zone], dict(labelled[up])
        if len(less) > len(more):
            less, more = more, dict(less)
        for label, some in less.items():
            more[label] = more.get(label, 0.0) + some
        labelled[up] = more
        if homogeneity:
            sums, count = rows[up]
            rows[up] = [a + b for a, b in zip(sums, rows[zone][0], strict=True)], count + rows[zone][1]
    total, every = below[order[0]], labelled[order[0]]
    best, top = float("inf"), -1
    for zone, here in reversed(branches):
        people = below[zone]
        if people >= problem.limit or total - people >= problem.limit:
            continue
        shared = sum(worth[label] * some * (every[label] - some) for label, some in here.items())
        change = 2 * (shared - problem.size * people * (total - people)) + crossing[zone]
        change -= division.change_of_lack(people, total - people)
        if homogeneity:
            (sums, n), (whole, m) = rows[zone], rows[order[0]]
            rest = [a - b for a, b in zip(whole, sums, strict=True)]
            change -= division.spread_between(sums, n, rest, m - n)
        if change < best:
            best, top = change, zone
    return best, None if top < 0 else _branch(parent, order, top)


def _branch(parent: dict[int, int], order: list[int], top: int) -> set[int]:
    inside = {top}
    for zone in order[order.index(top) + 1 :]:
        if parent[zone] in inside:
            inside.add(zone)
    return inside


def _strongest_tree(division: Division, zones: list[int]) -> tuple[dict[int, int], list[int]]:
    """Return parents and an order from the root of the tree of strongest ties over some zones (Prim).

    The strength of a tie is what its two zones alone would gain from being together.
    """
    problem = division.problem
    left = set(zones)
    strength: dict[int, float] = {}
    parent: dict[int, int] = {}
    order: list[int] = []
    current = zones[0]
    while True:
        order.append(current)
        left.discard(current)
        strength.pop(current, None)
        if not left:
            return parent, order
        for near, gain in zip(problem.neighbours[current], problem.gains[current], strict=True):
            if near in left:
                if problem.weights.homogeneity:
                    gain -= division.unlike(near, current)
                if near not in strength or gain > strength[near]:
                    strength[near], parent[near] = gain, current
        current = max(strength, key=lambda zone: (strength[zone], -zone))
