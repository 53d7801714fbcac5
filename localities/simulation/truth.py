"""What is true of every locality in a simulated world, on the scale that findings and verdicts use.

The truth is put through the same rule as the evidence: a finding of *poorer* is false where the true difference is no
larger than the smallest important one, and a verdict is false where the true differences themselves, known without
error, would not give it. So no world needs to be free of differences for falsehood to have a meaning.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from indicators.schema.vocabulary import COMPARATORS
from localities.evidence.findings import Assessment
from localities.evidence.grading import NOT_ASSESSED, NOT_DIFFERENT, POORER, SLIGHTLY_POORER
from localities.evidence.panel import Floats, Panel
from localities.evidence.sums import Places
from localities.evidence.votes import Ballot, Votes, count_votes
from localities.settings import Settings
from localities.simulation.worlds import World

ROUNDING = 1e-9
"""True depths nearer than this to 0 or 1 are exactly there."""


def true_depth(places: Places, panel: Panel, level: Floats, spread: Floats, comparator: str) -> Floats:
    """Return the true difference of every locality from the rest, in smallest important differences toward poorer.

    Parameters
    ----------
    panel
        Whose denominators and gaps stand: what is not published has no truth here.
    level
        Zones x series; as in `localities.simulation.worlds.World`.
    spread
        Standard deviation between zones, per series: the unit of important differences on the scale ``sd``.
    comparator
        ``cpp`` or ``scotland``.

    Returns
    -------
    array
        Localities x series: 0 no difference, 1 exactly the smallest important one; NaN where there is no figure.
    """
    size = np.where(panel.is_usable, np.nan_to_num(panel.denominator), 0.0)
    total = size * np.nan_to_num(level)
    if comparator == "cpp":
        areas, of = places.by_cpp, places.cpp
    else:
        areas = sparse.csr_array(np.ones((1, len(places.zone_cpp))))
        of = np.zeros(len(places.cpp), dtype=np.intp)
    inside, people = places.members @ total, places.members @ size
    with np.errstate(invalid="ignore", divide="ignore"):
        here = np.where(people > 0, inside / people, np.nan)
        others = (areas @ size)[of] - people
        rest = np.where(others > ROUNDING * people, ((areas @ total)[of] - inside) / others, np.nan)
    depth = np.full(here.shape, np.nan)
    for column, one in enumerate(panel.indicators):
        important, scale = one.smallest_important_difference, one.smallest_important_difference_scale
        x, y = here[:, column], rest[:, column]
        with np.errstate(invalid="ignore", divide="ignore"):
            if scale == "ratio" and one.kind == "proportion" and one.poorer_is == "lower":
                # judged by those who are not counted
                found = -np.log((1 - x) / (1 - y)) / np.log(important)
            elif scale == "ratio":
                found = np.log(x / y) / np.log(important)
            elif scale == "odds":
                found = (np.log(x / (1 - x)) - np.log(y / (1 - y))) / np.log(important)
            elif scale == "points":
                found = (x - y) * one.multiplier / important
            else:
                found = (x - y) / (important * spread[column])
        depth[:, column] = found if one.poorer_is == "higher" else -found
    return depth


def true_votes(
    places: Places, world: World, assessments: list[Assessment], voting: Ballot, settings: Settings
) -> tuple[list[Floats], list[Votes]]:  # fmt: skip
    """Return the true depths and the votes that they give against each comparator, of what was assessed."""
    depths, votes = [], []
    for comparator, one in zip(COMPARATORS, assessments, strict=True):
        depth = true_depth(places, world.panel, world.level, one.sides.spread, comparator)
        votes.append(count_votes(_true_grades(depth, one.grades.grade), depth, voting, settings))
        depths.append(depth)
    return depths, votes


def _true_grades(depth: Floats, given: NDArray[np.int8]) -> NDArray[np.int8]:
    with np.errstate(invalid="ignore"):
        grades = np.select([depth > 1 + ROUNDING, depth > ROUNDING], [POORER, SLIGHTLY_POORER], NOT_DIFFERENT)
    return np.where((given >= NOT_ASSESSED) | np.isnan(depth), NOT_ASSESSED, grades).astype(np.int8)
