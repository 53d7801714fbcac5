"""Places whose true ratio is known exactly, drawn person by person and published as the publishers do.

Everywhere else people are alike: every zone has Scotland's level, so that what a place is held against is known too.
The place's own level is a stated multiple of it: just at the smallest important difference, where *poorer* would be
false, and beyond, where it should be found. What is counted is drawn from the people whom each figure concerns;
episodes, such as stays in hospital, come several to a person. Figures are then rounded, hidden and turned into ratios,
and read again as a reader would (`localities.simulation.worlds.observe`).

That nobody else is poorer makes correction for many places as strict as it can be. So the same places are also set into
Scotland as it is: everywhere else the real figures stand, and the family holds as many poor places as there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.schema.vocabulary import COMPARATORS, CORE_VOTES, VOTES
from localities.evidence.findings import assess
from localities.evidence.grading import NOT_ASSESSED, POORER
from localities.evidence.panel import Floats, Panel
from localities.evidence.sums import Places
from localities.evidence.votes import STRONG, ballot, best_of, count_votes
from localities.evidence.weighing import sum_localities
from localities.settings import Settings
from localities.simulation.planted import AS_PLANTED, as_ratio, grow_communities, in_units, with_communities
from localities.simulation.worlds import Process, observe

AT_THE_BOUNDARY = 1.25
"""The ratio at which every indicator is just at its smallest important difference (`planted.REFERENCE_RATIO`)."""

PERSON_RATIOS = (1.0, AT_THE_BOUNDARY, 1.5, 1.75, 2.0)
RESIDENTS = (2_000, 4_000, 9_000)
"""Residents of a place, within a tenth."""

EPISODES = (None, 1.0, 2.0, 4.0)
"""True dispersion of episodes: as declared (None), or each of these."""


def persons_tables(
    places: Places,
    process: Process,
    settings: Settings,
    *,
    neighbours: Sequence[NDArray[np.intp]],
    points: Floats,
    base: str,
    worlds: int,
    seed: int,
    worlds_at_the_boundary: int | None = None,
    ratios: Sequence[float] = PERSON_RATIOS,
    residents: Sequence[int] = RESIDENTS,
    episodes: Sequence[float | None] = EPISODES,
    progress: Callable[[str], None] | None = None,
) -> dict[str, pd.DataFrame]:
    """Return how often places of a known ratio are called poorer, by indicator, vote and verdict.

    Parameters
    ----------
    base
        Candidate set in whose family the places stand, cut back to make room for them: all its other localities are
        at Scotland's level.
    worlds
        Worlds per size, ratio and dispersion, each with one place per partnership, poorer in every vote.
    worlds_at_the_boundary
        Worlds at the smallest important difference, of the middle size and as declared: there a share is held against
        alpha, for each indicator. None means as many as elsewhere.
    ratios, residents, episodes
        As `PERSON_RATIOS`, `RESIDENTS` and `EPISODES`. True dispersions other than the declared are drawn at the first
        and last ratio of those above 1 and the middle size; among Scotland's real figures every ratio above 1.

    Returns
    -------
    dict
        ``person_findings``: per ratio, residents, episodes, whether the real figures stand elsewhere, indicator and
        comparator: ``places`` assessed, ``below`` (p of the smallest important difference under alpha, uncorrected),
        ``poorer`` (as graded) and ``covered`` (the interval of the ratio holds the true one: exactly that within the
        partnership, where nobody else is poorer). In Scotland as it is the true ratio is known against Scotland only.
        ``person_votes``: the same by vote, ``poorer`` by half of its indicators. ``person_verdicts``: ``places``,
        ``strong``, and of the other localities of the family, where nothing is poorer, ``others`` and
        ``others_strong``.
    """
    panel = process.panel
    voting = ballot(panel.indicators, np.ones(len(panel.indicators), dtype=bool))
    whole = [one.kind != "mean" and one.counts_are_whole and one.people is None for one in panel.indicators]
    found: dict[str, list[pd.DataFrame]] = {"person_findings": [], "person_votes": [], "person_verdicts": []}
    for size, ratio, spread, is_real in _cases(ratios, residents, episodes):
        if progress:
            where = "in Scotland as it is" if is_real else "where nobody else is poorer"
            progress(f"places of {size:,} at a ratio of {ratio:g} {where}, dispersion {spread or 'as declared'}")
        findings = np.zeros((4, len(COMPARATORS), len(panel.indicators)))
        votes = np.zeros((2, len(COMPARATORS), len(VOTES)))
        verdicts = np.zeros(4)
        is_boundary = (size, ratio, spread, is_real) == (_middle(residents), AT_THE_BOUNDARY, episodes[0], False)
        for number in range(worlds_at_the_boundary if is_boundary and worlds_at_the_boundary else worlds):
            # the same places for every ratio and dispersion
            rng = np.random.default_rng([seed, 211, size, number])
            members = grow_communities(
                neighbours, places.population, points, places.zone_cpp, rng, (int(0.9 * size), int(1.1 * size))
            )
            level = _level(process, members, ratio)
            true = level[members[0][0]] / process.overall
            world = observe(process, level, level, rng, episodes=spread)
            figures = _set_into(panel, world.panel, members) if is_real else world.panel
            drawn = with_communities(places, members, base)
            own = drawn.candidate_set == AS_PLANTED
            drawn = _only(drawn, own)
            planted = np.arange(len(drawn.locality_id)) >= len(drawn.locality_id) - len(members)
            summed = replace(sum_localities((drawn, figures)), spread=world.spread)
            judged = assess(summed, settings)
            counted = [
                count_votes(one.grades.grade, one.evidence.comparison["depth"], voting, settings) for one in judged
            ]
            for side, (one, vote) in enumerate(zip(judged, counted, strict=True)):
                assessed = one.grades.grade < NOT_ASSESSED
                with np.errstate(invalid="ignore"):
                    below = assessed & (one.evidence.comparison["p_important"] < settings.alpha)
                low, high = (one.evidence.comparison[name] for name in ("ratio_lower", "ratio_upper"))
                with np.errstate(invalid="ignore"):
                    covered = assessed & (low <= true) & (true <= high)
                for row, array in enumerate((assessed, below, one.grades.grade == POORER, covered)):
                    findings[row, side] += array[planted].sum(axis=0)
                for row, array in enumerate((vote.assessed, vote.poorer)):
                    votes[row, side] += array[planted].sum(axis=0)
            # among real places the ratio is known against Scotland alone, and who else is poorer is no error
            verdict = best_of([vote.verdict for vote in counted[is_real:]])
            others = ~planted & (not is_real)
            verdicts += (
                planted.sum(), (verdict[planted] == STRONG).sum(), others.sum(), (verdict[others] == STRONG).sum()
            )  # fmt: skip
        case = {"ratio": ratio, "residents": size, "episodes": np.nan if spread is None else spread,
                "is_real_elsewhere": is_real}  # fmt: skip
        ids = [one.id for one in panel.indicators]
        for side, comparator in enumerate(COMPARATORS):
            if is_real and comparator == "cpp":
                continue
            found["person_findings"].append(
                pd.DataFrame({**case, "comparator": comparator, "indicator_id": ids,
                              "vote": [one.vote for one in panel.indicators], "is_whole": whole,
                              **dict(zip(("places", "below", "poorer", "covered"), findings[:, side], strict=True))})
            )  # fmt: skip
            found["person_votes"].append(
                pd.DataFrame({**case, "comparator": comparator, "vote": VOTES, "is_core": np.isin(VOTES, CORE_VOTES),
                              **dict(zip(("places", "poorer"), votes[:, side], strict=True))})
            )  # fmt: skip
        names = ("places", "strong", "others", "others_strong")
        found["person_verdicts"].append(pd.DataFrame([{**case, **dict(zip(names, verdicts, strict=True))}]))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}


def _set_into(real: Panel, drawn: Panel, members: Sequence[NDArray[np.intp]]) -> Panel:
    """Return the real figures with those drawn in the zones of the places."""
    inside = np.zeros((len(real.zone_codes), 1), dtype=bool)
    inside[np.concatenate(members)] = True
    names = ("numerator", "denominator", "value", "numerator_low", "numerator_high", "state")
    return replace(real, **{name: np.where(inside, getattr(drawn, name), getattr(real, name)) for name in names})


def _level(process: Process, members: Sequence[NDArray[np.intp]], ratio: float) -> Floats:
    """Return the true level of every zone and series: Scotland's, and that times the ratio in the places."""
    indicators, depth = process.panel.indicators, np.log(ratio) / np.log(AT_THE_BOUNDARY)
    level = np.broadcast_to(process.overall, process.panel.denominator.shape).copy()
    for column, (one, overall) in enumerate(zip(indicators, process.overall, strict=True)):
        effect = depth if one.poorer_is == "higher" else -depth
        if one.kind == "mean":
            aim = overall + effect * in_units(one, float(process.spread[column]))
        else:
            aim = overall * as_ratio(one, overall, effect)
        level[np.concatenate(members), column] = aim
    return level


def _cases(
    ratios: Sequence[float], residents: Sequence[int], episodes: Sequence[float | None]
) -> list[tuple[int, float, float | None, bool]]:
    """Return size, ratio, true dispersion, and whether the real figures stand elsewhere."""
    cases = [(size, ratio, episodes[0], False) for size in residents for ratio in ratios]
    middle, beyond = _middle(residents), [one for one in ratios if one > 1]
    cases += [(middle, ratio, one, False) for one in episodes[1:] for ratio in (beyond[0], beyond[-1])]
    return cases + [(middle, ratio, episodes[0], True) for ratio in beyond]


def _middle(residents: Sequence[int]) -> int:
    return residents[len(residents) // 2]


def _only(places: Places, rows: NDArray[np.bool_]) -> Places:
    """Return the places of some rows."""
    return Places(
        locality_id=places.locality_id[rows],
        candidate_set=places.candidate_set[rows],
        members=places.members[np.flatnonzero(rows)],
        cpp=places.cpp[rows],
        zone_cpp=places.zone_cpp,
        cpp_codes=places.cpp_codes,
        population=places.population,
        drawn_from=tuple(one for one, kept in zip(places.drawn_from, rows, strict=True) if kept),
    )
