"""How often a community that really is poorer is found, by the size of the effect.

Communities are grown over the zone graph where no boundary was consulted, so that no candidate set has them as a whole;
or, where it is known which named place the residents of each zone live nearest to, along names: what people there would
call one place. What is asked of a set is whether the locality that holds most of a community's residents gets strong
evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from indicators.catalogue import Indicator
from localities.evidence.panel import Floats
from localities.evidence.sums import Places
from localities.evidence.votes import SOME, STRONG
from localities.settings import Settings
from localities.simulation.tally import Tally, judge
from localities.simulation.worlds import Process, Scenario, World, observe, simulate

AS_PLANTED = "as planted"
"""A candidate set whose boundaries happen to be those of the planted communities; what no drawing can do better."""

ALONG_NAMES = "along names"
"""What is added to the name of a pattern whose communities are those of named places."""

SIZES = (2_000, 9_000)
"""Residents of a planted community, at least and at most."""

RATIOS = (1.0, 1.1, 1.25, 1.5, 2.0, 2.5, 3.0)

REFERENCE_RATIO = 1.25
"""A ratio of 1.25 is one smallest important difference, here of every indicator, whatever its own scale."""

_MOST = 0.95

Members = NDArray[np.intp]


def grow_communities(
    neighbours: Sequence[Members],
    population: Floats,
    points: Floats,
    zone_cpp: NDArray[np.intp],
    rng: np.random.Generator,
    sizes: tuple[int, int] = SIZES,
) -> list[Members]:
    """Return one contiguous and compact community of zones per CPP, where one can be grown.

    Parameters
    ----------
    neighbours
        Positions of each zone's neighbours.
    population, points, zone_cpp
        Residents, centroid in metres, and CPP of each zone.
    sizes
        Residents at least and at most; the size aimed at is drawn evenly between them.

    Notes
    -----
    From a zone drawn at random, the neighbouring zone nearest to it is added until the size aimed at is reached.
    A community that cannot reach the least size (an islet, a CPP's corner) is tried again from another zone.
    """
    found = []
    for cpp in range(int(zone_cpp.max()) + 1):
        own = np.flatnonzero((zone_cpp == cpp) & (population > 0))
        for start in rng.permutation(own)[:20]:
            aim = rng.uniform(*sizes)
            members = _grown(int(start), neighbours, population, points, zone_cpp, aim, sizes[1])
            if population[members].sum() >= sizes[0]:
                found.append(members)
                break
    return found


def named_communities(
    names: NDArray[np.object_],
    neighbours: Sequence[Members],
    population: Floats,
    zone_cpp: NDArray[np.intp],
    rng: np.random.Generator,
    sizes: tuple[int, int] = SIZES,
) -> list[Members]:
    """Return the zones of one named place per CPP, drawn at random among those of the sizes; none where a CPP has none.

    Parameters
    ----------
    names
        Named place of each zone; None for none. Zones of one name that do not touch are several places.
    neighbours, population, zone_cpp, sizes
        As for `grow_communities`.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    count = np.array([len(near) for near in neighbours])
    one, other = np.repeat(np.arange(len(count)), count), np.concatenate(neighbours)
    label = pd.factorize(pd.Series(names))[0]
    joined = (label[one] == label[other]) & (label[one] >= 0) & (zone_cpp[one] == zone_cpp[other])
    graph = csr_array((np.ones(int(joined.sum())), (one[joined], other[joined])), shape=(len(count), len(count)))
    part = connected_components(graph, directed=False)[1]
    residents = np.bincount(part, weights=population)
    fits = (residents >= sizes[0]) & (residents <= sizes[1])
    found = []
    for cpp in range(int(zone_cpp.max()) + 1):
        possible = np.unique(part[(zone_cpp == cpp) & (label >= 0) & (population > 0)])
        possible = possible[fits[possible]]
        if len(possible):
            found.append(np.flatnonzero(part == rng.choice(possible)))
    return found


def _grown(
    start: int, neighbours: Sequence[Members], population: Floats, points: Floats, zone_cpp: NDArray[np.intp],
    aim: float, most: float,
) -> Members:  # fmt: skip
    inside, residents = {start}, float(population[start])
    edge = set(neighbours[start].tolist())
    while residents < aim:
        allowed = [z for z in edge if zone_cpp[z] == zone_cpp[start] and residents + population[z] <= most]
        if not allowed:
            break
        distance = ((points[allowed] - points[start]) ** 2).sum(axis=1)
        chosen = allowed[int(np.lexsort((allowed, distance))[0])]
        inside.add(chosen)
        residents += float(population[chosen])
        edge = (edge | set(neighbours[chosen].tolist())) - inside
    return np.array(sorted(inside), dtype=np.intp)


def plant(
    process: Process, world: World, communities: Sequence[Members], ratio: float, votes: Sequence[str],
    rng: np.random.Generator,
) -> World:  # fmt: skip
    """Return the world with communities of a stated effect in some votes, and at the national level in the others.

    Parameters
    ----------
    ratio
        A community's count rate over Scotland's. For means the same number of smallest important differences:
        log(ratio) / log(1.25) of them. Zones in the community keep their own scatter about it.
    votes
        Votes (groups of domains) whose indicators are poorer.
    """
    panel = process.panel
    depth = np.log(ratio) / np.log(REFERENCE_RATIO)
    size = np.where(panel.is_usable, np.nan_to_num(panel.denominator), 0.0)
    overall = (size * np.nan_to_num(world.level)).sum(axis=0) / size.sum(axis=0)
    level, place = world.level.copy(), world.place.copy()
    for column, one in enumerate(panel.indicators):
        sign = 1.0 if one.poorer_is == "higher" else -1.0
        effect = depth * sign if one.vote in votes else 0.0
        for members in communities:
            weight = size[members, column]
            if weight.sum() <= 0:
                continue
            if one.kind == "mean":
                aim = overall[column] + effect * in_units(one, float(process.spread[column]))
                # what is shifted is the place; the scatter of its zones stays what chance made it
                shift = aim - np.average(place[members, column], weights=weight)
                place[members, column] += shift
                level[members, column] += shift
            else:
                now = np.average(level[members, column], weights=weight)
                aim = overall[column] * as_ratio(one, overall[column], effect)
                level[members, column] *= aim / max(now, 1e-12)
                if one.kind == "proportion":
                    level[members, column] = np.minimum(level[members, column], _MOST)
                place[members, column] = level[members, column]
    return observe(process, level, place, rng)


def in_units(one: Indicator, spread: float) -> float:
    """Return the smallest important difference of a mean in its own units; `spread` between zones is that of ``sd``."""
    scale = one.smallest_important_difference_scale
    return one.smallest_important_difference * (spread if scale == "sd" else 1.0)


def as_ratio(one: Indicator, overall: float, effect: float) -> float:
    """Return what a count's level is multiplied by for an effect in smallest important differences, up or down."""
    important, scale = one.smallest_important_difference, one.smallest_important_difference_scale
    if scale == "points":
        return max(1.0 + effect * important / one.multiplier / overall, 0.0)
    if scale == "odds":
        odds = overall / (1 - overall) * important**effect
        return odds / (1 + odds) / overall
    if one.kind == "proportion" and one.poorer_is == "lower":
        # judged by those who are not counted
        return (1 - (1 - overall) * important**-effect) / overall
    return important**effect


def with_communities(places: Places, communities: Sequence[Members], base: str) -> Places:
    """Return the places with one more candidate set: a base set's localities, cut back to make room for communities.

    What is left of a locality may be nothing; it is then not assessed.
    """
    own = np.flatnonzero(places.candidate_set == base)
    inside = np.zeros(len(places.population))
    for members in communities:
        inside[members] = 1.0
    left = sparse.csr_array(places.members[own].multiply(1.0 - inside[None, :]))
    left.eliminate_zeros()
    new = sparse.csr_array(
        (
            np.ones(sum(len(one) for one in communities)),
            (np.repeat(np.arange(len(communities)), [len(one) for one in communities]), np.concatenate(communities)),
        ),
        shape=(len(communities), len(inside)),
    )
    number = len(own) + len(communities)
    return Places(
        locality_id=np.append(places.locality_id, [f"{AS_PLANTED}:{k}" for k in range(number)]),
        candidate_set=np.append(places.candidate_set, np.full(number, AS_PLANTED, dtype=object)),
        members=sparse.csr_array(sparse.vstack([places.members, left, new])),
        cpp=np.concatenate([places.cpp, places.cpp[own], places.zone_cpp[[one[0] for one in communities]]]),
        zone_cpp=places.zone_cpp,
        cpp_codes=places.cpp_codes,
        population=places.population,
        drawn_from=(*places.drawn_from, *[frozenset[str]()] * number),
    )


def power_table(
    places: Places,
    process: Process,
    settings: Settings,
    *,
    neighbours: Sequence[Members],
    points: Floats,
    background: Scenario,
    patterns: Mapping[str, Sequence[str]],
    worlds: int,
    seed: int,
    base: str,
    alternatives: Mapping[str, Settings],
    names: NDArray[np.object_] | None = None,
    ratios: Sequence[float] = RATIOS,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Return how often planted communities are found.

    Parameters
    ----------
    background
        Scenario of everywhere else.
    patterns
        Names of patterns and the votes in which a community is poorer.
    worlds
        Worlds per ratio and pattern, each with a community in every CPP.
    base
        Candidate set that `with_communities` cuts back.
    alternatives
        Other settings of the verdict's rule, by name; each adds a column ``is_strong: <name>``.
    names
        Named place of each zone: the first pattern is then planted along names, too.

    Returns
    -------
    DataFrame
        One row per pattern, ratio, candidate set and community: ``residents``, ``share_held`` (of the community's
        residents, by the locality that holds most), ``locality_residents``, ``is_strong``, ``is_some``,
        ``share_reached`` (of the community's residents, in any locality with strong evidence).

    Notes
    -----
    The communities of one world are poorer at the same time, and in Scotland's figures as they would be; they make
    up some 3 % of residents, so that the true ratio against the rest is a little smaller than the one stated.
    """
    sets = (*sorted(set(places.candidate_set)), AS_PLANTED)
    rows: list[dict[str, object]] = []
    planted = {(pattern, False): votes for pattern, votes in patterns.items()}
    if names is not None:
        first = next(iter(patterns))
        planted[f"{first}, {ALONG_NAMES}", True] = patterns[first]
    for (pattern, is_named), votes in planted.items():
        for ratio in ratios:
            if progress:
                progress(f"planted: {pattern}, ratio {ratio:g}")
            for number in range(worlds):
                # the same communities and background for every ratio: differences are the effect's alone
                rng = np.random.default_rng([seed, 101, number])
                if names is not None and is_named:
                    communities = named_communities(names, neighbours, places.population, places.zone_cpp, rng)
                else:
                    communities = grow_communities(neighbours, places.population, points, places.zone_cpp, rng)
                world = simulate(process, background, rng)
                world = plant(process, world, communities, ratio, votes, rng)
                drawn = with_communities(places, communities, base)
                judged = judge(Tally(sets), drawn, world, settings)
                others = {name: judged.under(other) for name, other in alternatives.items()}
                rows += [
                    {"pattern": pattern, "ratio": ratio, "world": number, **row}
                    for row in _found(drawn, communities, judged.verdict, sets, others)
                ]
    return pd.DataFrame(rows)


def _found(
    places: Places, communities: Sequence[Members], verdict: NDArray[np.int8], sets: tuple[str, ...],
    others: Mapping[str, NDArray[np.int8]],
) -> list[dict[str, object]]:  # fmt: skip
    inside = np.zeros((len(places.population), len(communities)))
    for number, members in enumerate(communities):
        inside[members, number] = places.population[members]
    residents_inside = places.members @ inside
    residents = inside.sum(axis=0)
    people = places.members @ places.population
    rows = []
    for name in sets:
        own = np.flatnonzero(places.candidate_set == name)
        best = own[residents_inside[own].argmax(axis=0)]
        strong = own[verdict[own] == STRONG]
        reached = residents_inside[strong].sum(axis=0)
        for number, locality in enumerate(best):
            rows.append(
                {
                    "candidate_set": name,
                    "residents": residents[number],
                    "share_held": residents_inside[locality, number] / residents[number],
                    "locality_residents": people[locality],
                    "is_strong": verdict[locality] == STRONG,
                    "is_some": verdict[locality] == SOME,
                    "share_reached": min(reached[number] / residents[number], 1.0),
                    **{f"is_strong: {key}": values[locality] == STRONG for key, values in others.items()},
                }
            )
    return rows
