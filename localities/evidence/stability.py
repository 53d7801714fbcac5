"""How far a flag depends on choices: the verdict worked out again under other settings, one change at a time.

The alternatives: a stricter and a laxer alpha, smaller and larger important differences, other shares and depths in the
verdict's rule, each voting indicator left out, suppressed counts at their bounds, and special zones left out.
Whether the drawing of boundaries matters is asked over the other candidate sets: `drawing_support`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from localities.evidence.findings import Assessment, assess
from localities.evidence.grading import families, regrade
from localities.evidence.panel import Floats, Panel
from localities.evidence.sums import Places
from localities.evidence.votes import STRONG, Ballot, ballot, best_of, count_votes
from localities.settings import Settings

__all__ = ["IMPORTANT_FACTORS", "SPECIAL_ZONES", "alternatives", "drawing_support", "flags"]

IMPORTANT_FACTORS = (0.75, 1.25)
"""Smallest important differences are taken a quarter smaller and larger (a ratio of 1.25: 1.18 and 1.32)."""

SPECIAL_ZONES = "special zones left out"

Flags = NDArray[np.bool_]


def flags(
    assessments: list[Assessment], voting: Ballot, settings: Settings, grades: list[NDArray[np.int8]] | None = None
) -> Flags:
    """Return which localities have strong evidence against at least one comparator."""
    given = grades or [one.grades.grade for one in assessments]
    verdicts = [
        count_votes(graded, one.evidence.comparison["depth"], voting, settings).verdict
        for one, graded in zip(assessments, given, strict=True)
    ]
    return best_of(verdicts) == STRONG


def alternatives(
    places: Places, panel: Panel, assessments: list[Assessment], special: NDArray[np.bool_], settings: Settings
) -> Iterator[tuple[str, Flags]]:
    """Yield the name of each alternative and the flags under it.

    Parameters
    ----------
    panel, assessments
        Headline periods only, and `localities.evidence.findings.assess` of them.
    special
        Special zones, in the order of the panel's zones.
    """
    voting = ballot(panel.indicators, panel.series["is_headline_period"].to_numpy(dtype=bool))
    family = families(places, panel)
    for alpha in (settings.alpha / 5, min(2 * settings.alpha, 0.5)):
        other = replace(settings, alpha=alpha)
        yield (
            f"alpha {alpha:g}",
            flags(assessments, voting, other, [regrade(one.evidence, family, other) for one in assessments]),
        )
    for factor in IMPORTANT_FACTORS:
        words = "smaller" if factor < 1 else "larger"
        held = [one.held for one in assessments]
        again = assess(places, panel, settings, important_factor=factor, with_q=False, held=held)
        flagged = flags(again, voting, settings)
        del again
        yield f"important differences {abs(factor - 1):.0%} {words}", flagged
    for name, by, words in (
        ("vote_share", 0.17, "a domain poorer from {:.0%} of its indicators"),
        ("strong_vote_share", 0.1, "strong evidence from {:.0%} of the domains"),
        ("strong_depth", 0.5, "two domains enough from a depth of {:g}"),
    ):
        for change in (-by, by):
            value = float(np.clip(getattr(settings, name) + change, 0.0, 1.0 if name.endswith("share") else np.inf))
            changed: dict[str, Any] = {name: value}
            yield words.format(value), flags(assessments, voting, replace(settings, **changed))
    for column in voting.columns:
        yield f"without {panel.indicators[column].title}", flags(assessments, voting.without(column), settings)
    if any(one.at_bounds for one in assessments):
        for position, words in enumerate(("low here, high elsewhere", "high here, low elsewhere")):
            graded = [one.at_bounds[position] if one.at_bounds else one.grades.grade for one in assessments]
            yield f"suppressed counts {words}", flags(assessments, voting, settings, graded)
    if special.any():
        again = assess(places, panel.without(special), settings, with_q=False)
        yield SPECIAL_ZONES, flags(again, voting, settings)


def drawing_support(places: Places, flagged: Flags) -> Floats:
    """Return, per locality, the share of its residents who live in flagged localities under the other candidate sets.

    The mean over the other sets, each weighted alike; a set that leaves some of the residents out counts them as not
    flagged, but one that holds none of them has no say: what another partnership draws for itself changes nothing here.
    NaN where no other set has a say, or nobody lives there.
    """
    sets, names = pd.factorize(places.candidate_set)
    people = places.members @ places.population
    inside = np.full((len(names), len(people)), np.nan)
    for number in range(len(names)):
        rows = (sets == number) & flagged
        zone_share = np.minimum(np.asarray(places.members[np.flatnonzero(rows)].sum(axis=0)).ravel(), 1.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            inside[number] = np.where(people > 0, (places.members @ (places.population * zone_share)) / people, np.nan)
        held = np.asarray(places.members[np.flatnonzero(sets == number)].sum(axis=0)).ravel() > 0
        inside[number, (sets == number) | (places.members @ (places.population * held) <= 0)] = np.nan
    others = np.isfinite(inside).sum(axis=0)
    return np.where(others > 0, np.nansum(inside, axis=0) / np.maximum(others, 1), np.nan)
