"""Grades of findings: p values corrected within their family, and what they add up to.

A family is one indicator, one comparator, one candidate set and one period: so what else is measured, and how many
other places are looked at, does not decide about a place. A partnership's own boundaries, which may be a single one,
are never a family of their own: they are held against the thresholds that a declared reference set has for the same
indicator, comparator and period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.comparison.false_discovery import against_reference, benjamini_hochberg, rejected
from localities.boundaries.own_ids import PREFIX
from localities.evidence.panel import Floats
from localities.evidence.sums import Places
from localities.evidence.weighing import Evidence
from localities.settings import Settings

POORER, SLIGHTLY_POORER, NOT_DIFFERENT, BETTER, NOT_ASSESSED, LOST = range(6)
"""Grades as small integers, in the order of `indicators.schema.vocabulary.SIGNIFICANCES`; `LOST` is not assessed too:
on these zones, for figures that another census's have."""


@dataclass(frozen=True)
class Grades:
    """Grades of localities x series against one comparator, with the q values that they come from."""

    grade: NDArray[np.int8]
    q_value: Floats
    q_important: Floats

    def take(self, rows: NDArray[np.intp]) -> Grades:
        """Return some of the localities, in the order given."""
        return Grades(self.grade[rows], self.q_value[rows], self.q_important[rows])


@dataclass(frozen=True)
class Families:
    """Who is corrected together.

    Parameters
    ----------
    family
        Localities x series, as integers; of a guest the family whose thresholds it is held against.
    is_guest
        Per locality: held against a family without being part of it.
    """

    family: NDArray[np.intp]
    is_guest: NDArray[np.bool_]

    def columns(self, wanted: NDArray[np.intp]) -> Families:
        """Return the families of some series: what else is measured is no part of any."""
        return Families(self.family[:, wanted], self.is_guest)


def families(places: Places, series_count: int, settings: Settings) -> Families:
    """Return the family of each locality x series for one comparator.

    Own boundaries are guests of ``settings.reference_set`` where it is among the sets; else of the largest of the other
    sets; alone, all own sets together are one family.
    """
    names = pd.Series(places.candidate_set, dtype="str")
    is_guest = guests_of(names, settings)
    if is_guest.any():
        names = names.where(~is_guest, host_of(names, settings))
    elif len(names) and names.str.startswith(PREFIX).all():
        names[:] = PREFIX
    sets, _ = pd.factorize(names)
    return Families(sets[:, None] * series_count + np.arange(series_count)[None, :], is_guest)


def guests_of(candidate_sets: pd.Series, settings: Settings) -> NDArray[np.bool_]:
    """Return which localities are of own boundaries, and so held against another set that is there."""
    own = candidate_sets.str.startswith(PREFIX).to_numpy(dtype=bool)
    return own if host_of(candidate_sets, settings) else np.zeros(len(own), dtype=bool)


def host_of(candidate_sets: pd.Series, settings: Settings) -> str | None:
    """Return the set that own boundaries are held against; None where there is no other than own ones."""
    others = candidate_sets[~candidate_sets.str.startswith(PREFIX)].value_counts()
    if settings.reference_set in others.index:
        return settings.reference_set
    return str(others.index[0]) if len(others) else None


def grade(evidence: Evidence, who: Families, settings: Settings) -> Grades:
    """Return the grade of every comparison.

    ``poorer`` where the q value of the smallest important difference is below alpha; ``slightly_poorer`` where only
    that of no difference is; ``better`` where the q value toward better is; else ``not_different``. What may not be
    graded is ``not_assessed`` and does not count in its family.
    """
    assessed = evidence.is_assessed & np.isfinite(evidence.comparison["p_value"])
    q_value, q_important, q_better = (
        _corrected(np.where(assessed, evidence.comparison[name], np.nan), who)
        for name in ("p_value", "p_important", "p_better")
    )
    with np.errstate(invalid="ignore"):
        grades = _graded(assessed, q_important < settings.alpha, q_value < settings.alpha, q_better < settings.alpha)
    grades[evidence.is_lost] = LOST
    return Grades(grades, q_value, q_important)


def _corrected(p: Floats, who: Families) -> Floats:
    q = np.full(p.shape, np.nan)
    members, guests = ~who.is_guest, who.is_guest
    q[members] = benjamini_hochberg(p[members].ravel(), who.family[members].ravel()).reshape(p[members].shape)
    if guests.any():
        q[guests] = against_reference(
            p[guests].ravel(), who.family[guests].ravel(), p[members].ravel(), who.family[members].ravel()
        ).reshape(p[guests].shape)
    return q


def regrade(evidence: Evidence, who: Families, settings: Settings) -> NDArray[np.int8]:
    """Return the grades alone, as `grade` gives them: for working them out again under other settings."""
    assessed = evidence.is_assessed & np.isfinite(evidence.comparison["p_value"])
    grades = _graded(
        assessed,
        *(
            passes(np.where(assessed, evidence.comparison[name], np.nan), who, settings.alpha)
            for name in ("p_important", "p_value", "p_better")
        ),
    )
    grades[evidence.is_lost] = LOST
    return grades


def passes(p: Floats, who: Families, alpha: float) -> NDArray[np.bool_]:
    """Return which p values (localities x series, NaN not tested) are below the threshold of their family."""
    found = np.zeros(p.shape, dtype=bool)
    members, guests = ~who.is_guest, who.is_guest
    found[members] = rejected(p[members].ravel(), who.family[members].ravel(), alpha).reshape(p[members].shape)
    if guests.any():
        # q below alpha is p below what Benjamini and Hochberg's procedure allows in the family, of which it is no part
        family, size = who.family[members], int(who.family.max(initial=-1)) + 1
        tests, those_below = (
            np.bincount(family.ravel(), weights=one.ravel(), minlength=size)
            for one in (~np.isnan(p[members]), found[members])
        )
        of = who.family[guests]
        with np.errstate(invalid="ignore"):
            found[guests] = (tests[of] > 0) & (p[guests] * tests[of] / np.maximum(those_below[of], 1) < alpha)
    return found


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
