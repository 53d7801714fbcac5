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

from indicators.multiplicity import benjamini_hochberg
from localities.aggregation import Places
from localities.evidence import Evidence
from localities.panel import Floats, Panel
from localities.settings import Settings

__all__ = ["BETTER", "NOT_ASSESSED", "NOT_DIFFERENT", "POORER", "SLIGHTLY_POORER", "Grades", "families", "grade"]

POORER, SLIGHTLY_POORER, NOT_DIFFERENT, BETTER, NOT_ASSESSED = range(5)
"""Grades as small integers, in the order of `indicators.tables.SIGNIFICANCES`."""


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

    q_value, q_important, q_better = corrected("p_value"), corrected("p_important"), corrected("p_better")
    with np.errstate(invalid="ignore"):
        grades = np.select(
            [~assessed, q_important < settings.alpha, q_value < settings.alpha, q_better < settings.alpha],
            [NOT_ASSESSED, POORER, SLIGHTLY_POORER, BETTER],
            NOT_DIFFERENT,
        ).astype(np.int8)
    return Grades(grades, q_value, q_important)
