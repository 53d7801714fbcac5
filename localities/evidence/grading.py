"""Grades of findings: p values corrected within their family, and what they add up to.

A family is one candidate set, comparator and period: the places and indicators that one reader looks at together.
The latest period of every indicator counts as one period, *headline*, because a verdict reads them together although
publishers' years differ; each earlier period is a family of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.comparison.false_discovery import benjamini_hochberg, rejected
from localities.evidence.panel import Floats, Panel
from localities.evidence.sums import Places
from localities.evidence.weighing import Evidence
from localities.settings import Settings

__all__ = [
    "BETTER",
    "NOT_ASSESSED",
    "NOT_DIFFERENT",
    "POORER",
    "SLIGHTLY_POORER",
    "Grades",
    "families",
    "grade",
    "regrade",
]

POORER, SLIGHTLY_POORER, NOT_DIFFERENT, BETTER, NOT_ASSESSED = range(5)
"""Grades as small integers, in the order of `indicators.schema.vocabulary.SIGNIFICANCES`."""


@dataclass(frozen=True)
class Grades:
    """Grades of localities x series against one comparator, with the q values that they come from."""

    grade: NDArray[np.int8]
    q_value: Floats
    q_important: Floats


def families(places: Places, panel: Panel) -> NDArray[np.intp]:
    """Return the family of each locality x series for one comparator, as integers."""
    is_headline = panel.series["is_headline_period"].to_numpy(dtype=bool)
    period = np.where(is_headline, "headline", panel.series["period"].to_numpy(dtype=object))
    sets, _ = pd.factorize(places.candidate_set)
    periods, names = pd.factorize(period)
    return sets[:, None] * len(names) + periods[None, :]


def grade(evidence: Evidence, family: NDArray[np.intp], settings: Settings) -> Grades:
    """Return the grade of every comparison.

    ``poorer`` where the q value of the smallest important difference is below alpha; ``slightly_poorer`` where only
    that of no difference is; ``better`` where the q value toward better is; else ``not_different``. What may not be
    graded is ``not_assessed`` and does not count in its family.
    """
    assessed = evidence.is_assessed & np.isfinite(evidence.comparison["p_value"])
    rows = assessed.ravel()
    keys = family.ravel()[rows]

    def corrected(name: str) -> Floats:
        q = np.full(assessed.size, np.nan)
        q[rows] = benjamini_hochberg(evidence.comparison[name].ravel()[rows], keys)
        return q.reshape(assessed.shape)

    q_value, q_important = corrected("p_value"), corrected("p_important")
    with np.errstate(invalid="ignore"):
        grades = _graded(
            assessed,
            q_important < settings.alpha,
            q_value < settings.alpha,
            _rejected(evidence, "p_better", assessed, family, settings.alpha),
        )
    return Grades(grades, q_value, q_important)


def regrade(evidence: Evidence, family: NDArray[np.intp], settings: Settings) -> NDArray[np.int8]:
    """Return the grades alone, as `grade` gives them: for working them out again under other settings."""
    assessed = evidence.is_assessed & np.isfinite(evidence.comparison["p_value"])
    return _graded(
        assessed,
        *(
            _rejected(evidence, name, assessed, family, settings.alpha)
            for name in ("p_important", "p_value", "p_better")
        ),
    )


def _rejected(
    evidence: Evidence, name: str, assessed: NDArray[np.bool_], family: NDArray[np.intp], alpha: float
) -> NDArray[np.bool_]:
    p = np.where(assessed, evidence.comparison[name], np.nan)
    return rejected(p.ravel(), family.ravel(), alpha).reshape(assessed.shape)


def _graded(
    assessed: NDArray[np.bool_],
    important: NDArray[np.bool_],
    different: NDArray[np.bool_],
    better: NDArray[np.bool_],
) -> NDArray[np.int8]:
    grades = np.full(assessed.shape, NOT_DIFFERENT, dtype=np.int8)
    grades[better] = BETTER
    grades[different] = SLIGHTLY_POORER
    grades[important] = POORER
    grades[~assessed] = NOT_ASSESSED
    return grades
