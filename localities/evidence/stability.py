"""How firm a verdict is: worked out again under other settings, one change at a time, and at larger differences.

The alternatives: a stricter and a laxer alpha, smaller and larger important differences, other shares of a vote's
indicators, each voting indicator of a core vote left out, open counts (suppressed, rounded) at their bounds, episodes
at other dispersions, old evidence left out, and special zones left out. Whether the drawing of boundaries matters is
asked over the other candidate sets: `drawing_support`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.schema.vocabulary import CORE_VOTES
from localities.evidence.findings import Assessment, assess
from localities.evidence.grading import NOT_ASSESSED, POORER, SLIGHTLY_POORER, Families, families, passes, regrade
from localities.evidence.panel import Floats
from localities.evidence.sums import Places
from localities.evidence.votes import STRONG, Ballot, count_votes
from localities.evidence.weighing import LocalitySums, compare_sides, sum_localities
from localities.settings import Settings

__all__ = [
    "DISPERSIONS",
    "IMPORTANT_FACTORS",
    "RATIOS",
    "SPECIAL_ZONES",
    "Alternative",
    "alternatives",
    "drawing_support",
    "holds_up_to",
    "without_old",
]

IMPORTANT_FACTORS = (0.75, 1.25)
"""Smallest important differences are taken a quarter smaller and larger (a ratio of 1.25: 1.18 and 1.32)."""

DISPERSIONS = (1.0, 2.0, 4.0)
"""Variances of episodes, such as stays in hospital, over those of people."""

RATIOS = (1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.75, 2.0, 2.5, 3.0)
"""Smallest important ratios at which strong evidence is asked for, to say how far it holds."""

OLD_YEARS = 8.0
"""Evidence this much older than the newest is left out, to see what hangs on it."""

SPECIAL_ZONES = "special zones left out"

Flags = NDArray[np.bool_]
"""Localities x comparators: strong evidence against it."""


@dataclass(frozen=True)
class Alternative:
    """One change: its name, what kind of thing is changed, and the flags under it.

    Parameters
    ----------
    kind
        ``threshold``, ``vote``, ``indicator``, ``counts``, ``dispersion``, ``age`` or ``zones``.
    """

    name: str
    kind: str
    flags: Flags


def strong(
    assessments: list[Assessment], voting: Ballot, settings: Settings, grades: list[NDArray[np.int8]] | None = None
) -> Flags:
    """Return which localities have strong evidence, against each comparator."""
    given = grades or [one.grades.grade for one in assessments]
    return np.column_stack(
        [
            count_votes(graded, one.evidence.comparison["depth"], voting, settings).verdict == STRONG
            for one, graded in zip(assessments, given, strict=True)
        ]
    )


def without_old(voting: Ballot, series: pd.DataFrame, years: float) -> Ballot:
    """Return the ballot without evidence that ends more than some years before the newest; 0 leaves out nothing."""
    if not years or not len(voting.columns):
        return voting
    end = pd.to_datetime(series["period_end"]).to_numpy()[voting.columns]
    age = (end.max() - end) / np.timedelta64(1, "D") / 365.25
    return voting.without(voting.columns[age > years])


def alternatives(
    localities: LocalitySums,
    assessments: list[Assessment],
    voting: Ballot,
    special: NDArray[np.bool_],
    settings: Settings,
) -> Iterator[Alternative]:
    """Yield each alternative with the flags under it.

    Parameters
    ----------
    localities, assessments
        Headline periods only, and `localities.evidence.findings.assess` of them.
    voting
        Who votes.
    special
        Special zones, in the order of the data zones.
    """
    who = families(localities.places, len(localities.indicators), settings)
    sides = [one.sides for one in assessments]
    for alpha in (settings.alpha / 5, min(2 * settings.alpha, 0.5)):
        other = replace(settings, alpha=alpha)
        graded = [regrade(one.evidence, who, other) for one in assessments]
        yield Alternative(f"alpha {alpha:g}", "threshold", strong(assessments, voting, other, graded))
    for factor in IMPORTANT_FACTORS:
        words = "smaller" if factor < 1 else "larger"
        again = assess(localities, settings, with_q=False, sides=sides, important_factor=factor)
        yield Alternative(
            f"important differences {abs(factor - 1):.0%} {words}", "threshold", strong(again, voting, settings)
        )
    for by in (-0.17, 0.17):
        share = float(np.clip(settings.vote_share + by, 0.0, 1.0))
        other = replace(settings, vote_share=share)
        words = f"a vote poorer from {share:.0%} of its indicators"
        yield Alternative(words, "threshold", strong(assessments, voting, other))
    for number, name in enumerate(CORE_VOTES):
        words = name.replace("_", " ")
        yield Alternative(words, "vote", strong(assessments, voting.without_vote(number), settings))
    for column in voting.columns[voting.is_core]:
        title = localities.indicators[column].title
        yield Alternative(f"without {title}", "indicator", strong(assessments, voting.without(column), settings))
    if any(one.at_bounds for one in assessments):
        for position, words in enumerate(("low here, high elsewhere", "high here, low elsewhere")):
            graded = [one.at_bounds[position] if one.at_bounds else one.grades.grade for one in assessments]
            flags = strong(assessments, voting, settings, graded)
            yield Alternative(f"suppressed and rounded counts {words}", "counts", flags)
    if any(localities.indicators[column].dispersion > 1 for column in voting.columns):
        for dispersion in DISPERSIONS:
            again = assess(localities, settings, with_q=False, sides=sides, episodes=dispersion)
            yield Alternative(f"episodes at dispersion {dispersion:g}", "dispersion", strong(again, voting, settings))
    recent = without_old(voting, localities.series, OLD_YEARS)
    if len(recent.columns) < len(voting.columns):
        yield Alternative(
            f"evidence more than {OLD_YEARS:g} years older than the newest left out",
            "age",
            strong(assessments, recent, settings),
        )
    if special.any():
        (places, panel), *coarse = localities.layers
        kept = sum_localities((places, panel.without(special)), *coarse)
        yield Alternative(SPECIAL_ZONES, "zones", strong(assess(kept, settings, with_q=False), voting, settings))


def holds_up_to(localities: LocalitySums, assessments: list[Assessment], voting: Ballot, settings: Settings) -> Floats:
    """Return the largest of `RATIOS` as smallest important ratio at which evidence is strong; NaN where at none.

    Localities x comparators. For a flag it says how firm it is; for a place without one how near it comes.
    """
    core = voting.columns[voting.is_core]
    who = families(localities.places, len(localities.indicators), settings)
    mine = Families(who.family[:, core], who.is_guest)
    ballot = Ballot(np.arange(len(core)), voting.vote[voting.is_core])
    found = np.full((len(localities.residents), len(assessments)), np.nan)
    for position, one in enumerate(assessments):
        sides = one.sides.columns(core)
        base, depth = one.grades.grade[:, core], one.evidence.comparison["depth"][:, core]
        assessed = base != NOT_ASSESSED
        leaning = np.where(base == POORER, SLIGHTLY_POORER, base)
        for ratio in RATIOS:
            p = compare_sides(sides, settings, important_ratio=ratio, wanted=("p_important",))["p_important"]
            poorer = passes(np.where(assessed, p, np.nan), mine, settings.alpha)
            graded = np.where(poorer, POORER, leaning).astype(np.int8)
            is_strong = count_votes(graded, depth, ballot, settings).verdict == STRONG
            found[is_strong, position] = ratio
    return found


def drawing_support(places: Places, flagged: NDArray[np.bool_]) -> Floats:
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
