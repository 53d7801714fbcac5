"""How firm a verdict is: worked out again under other settings, one change at a time, and at larger differences.

The alternatives: a stricter and a laxer alpha, smaller and larger important differences, other shares of a vote's
indicators, each voting indicator of a core vote left out, open counts (suppressed, rounded) at their bounds, episodes
at other dispersions, old evidence left out, and special zones left out. Whether the drawing of boundaries matters is
asked over the other candidate sets: `drawing_support`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.schema.vocabulary import CORE_VOTES
from localities.evidence.findings import Assessment, assess
from localities.evidence.grading import NOT_ASSESSED, POORER, SLIGHTLY_POORER, families, passes, regrade
from localities.evidence.kept import Arrays, Keep, Rows, anew, of_what
from localities.evidence.panel import Floats
from localities.evidence.sides import LocalitySums, Sides
from localities.evidence.sums import Places
from localities.evidence.votes import STRONG, Ballot, count_votes
from localities.evidence.weighing import TESTS, compare_sides, sum_localities
from localities.settings import Settings

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


def strong(graded: Sequence[NDArray[np.int8]], voting: Ballot, settings: Settings) -> Flags:
    """Return which localities have strong evidence, against each comparator."""
    return np.column_stack([count_votes(one, None, voting, settings).verdict == STRONG for one in graded])


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
    keep: Keep = anew,
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
    keep
        Keeps comparisons.
    """
    # only core votes make a flag, and every family is of one series: the others need not be worked out again
    columns = voting.columns[voting.is_core]
    ballot = Ballot(np.arange(len(columns)), voting.vote[voting.is_core])
    core = localities.columns(columns)
    who = families(core.places, len(columns), settings)
    sides = [one.sides.columns(columns) for one in assessments]
    evidence = [one.evidence.columns(columns) for one in assessments]
    graded = [one.grades.grade[:, columns] for one in assessments]
    for alpha in (settings.alpha / 5, min(2 * settings.alpha, 0.5)):
        other = replace(settings, alpha=alpha)
        again = [regrade(one, who, other) for one in evidence]
        yield Alternative(f"alpha {alpha:g}", "threshold", strong(again, ballot, other))
    for factor in IMPORTANT_FACTORS:
        words = "smaller" if factor < 1 else "larger"
        again = _grades(core, settings, of_what(keep, f"factor {factor:g}"), sides, important_factor=factor)
        yield Alternative(
            f"important differences {abs(factor - 1):.0%} {words}", "threshold", strong(again, ballot, settings)
        )
    for by in (-0.17, 0.17):
        share = float(np.clip(settings.vote_share + by, 0.0, 1.0))
        other = replace(settings, vote_share=share)
        words = f"a vote poorer from {share:.0%} of its indicators"
        yield Alternative(words, "threshold", strong(graded, ballot, other))
    for number, name in enumerate(CORE_VOTES):
        yield Alternative(name.replace("_", " "), "vote", strong(graded, ballot.without_vote(number), settings))
    for column, one in enumerate(core.indicators):
        yield Alternative(f"without {one.title}", "indicator", strong(graded, ballot.without(column), settings))
    if any(one.at_bounds for one in assessments):
        for position, words in enumerate(("low here, high elsewhere", "high here, low elsewhere")):
            again = [one.at_bounds[position][:, columns] if one.at_bounds else one.grades.grade[:, columns]
                     for one in assessments]  # fmt: skip
            flags = strong(again, ballot, settings)
            yield Alternative(f"suppressed and rounded counts {words}", "counts", flags)
    if any(localities.indicators[column].dispersion > 1 for column in voting.columns):
        episodes = np.flatnonzero([one.dispersion > 1 for one in core.indicators])
        of_episodes = core.columns(episodes), [one.columns(episodes) for one in sides]
        for dispersion in DISPERSIONS:
            again = [grades.copy() for grades in graded]
            keeping = of_what(keep, f"dispersion {dispersion:g}")
            others = _grades(of_episodes[0], settings, keeping, of_episodes[1], episodes=dispersion)
            for grades, part in zip(again, others, strict=True):
                grades[:, episodes] = part
            yield Alternative(f"episodes at dispersion {dispersion:g}", "dispersion", strong(again, ballot, settings))
    recent = without_old(voting, localities.series, OLD_YEARS)
    if len(recent.columns) < len(voting.columns):
        old = np.flatnonzero(~np.isin(columns, recent.columns))
        yield Alternative(
            f"evidence more than {OLD_YEARS:g} years older than the newest left out",
            "age",
            strong(graded, ballot.without(old), settings),
        )
    if special.any():
        (places, panel), *coarse = core.layers
        others_only = sum_localities((places, panel.without(special)), *coarse)
        again = _grades(others_only, settings, of_what(keep, "special"))
        yield Alternative(SPECIAL_ZONES, "zones", strong(again, ballot, settings))


def _grades(
    localities: LocalitySums, settings: Settings, keep: Keep, sides: Sequence[Sides] | None = None, **options: object
) -> list[NDArray[np.int8]]:
    """Return the grades against each comparator, under other settings."""
    found = assess(localities, settings, wanted=sorted(TESTS), sides=sides, keep=keep, **options)  # type: ignore[arg-type]
    return [one.grades.grade for one in found]


def holds_up_to(
    localities: LocalitySums, assessments: list[Assessment], voting: Ballot, settings: Settings, keep: Keep = anew
) -> Floats:
    """Return the largest of `RATIOS` as smallest important ratio at which evidence is strong; NaN where at none.

    Localities x comparators. For a flag it says how firm it is; for a place without one how near it comes.
    """
    least = max(settings.alpha, _OPEN)
    core = voting.columns[voting.is_core]
    who = families(localities.places, len(localities.indicators), settings).columns(core)
    ballot = Ballot(np.arange(len(core)), voting.vote[voting.is_core])
    found = np.full((len(localities.residents), len(assessments)), np.nan)
    for position, one in enumerate(assessments):
        sides = one.sides.columns(core)
        base = one.grades.grade[:, core]
        assessed = base < NOT_ASSESSED
        leaning = np.where(base == POORER, SLIGHTLY_POORER, base)
        every = keep(f"{one.comparator}-holds {least:g}", partial(_p_by_ratio, sides, settings, least))
        for ratio in RATIOS:
            p = np.where(assessed, every[f"{ratio:g}"], np.nan)
            graded = np.where(passes(p, who, settings.alpha), POORER, leaning).astype(np.int8)
            found[strong([graded], ballot, settings)[:, 0], position] = ratio
    return found


_OPEN = 0.1
"""p from which on larger ratios are not looked at, if alpha is not larger: so that another alpha finds it kept."""


def _p_by_ratio(sides: Sides, settings: Settings, least: float, rows: Rows) -> Arrays:
    """Return p of the smallest important difference at each of `RATIOS`.

    It rises with the ratio, and from alpha upward decides nothing, here or in its family: a place all of whose p are
    `least` or more keeps them.
    """
    sides = sides.take(rows)
    p = np.zeros(sides.locality.denominator.shape)
    found = {}
    for ratio in RATIOS:
        open_rows = np.flatnonzero((p < least).any(axis=1))
        p = p.copy()
        p[open_rows] = compare_sides(
            sides.take(open_rows), settings, important_ratio=ratio, wanted=("p_important",)
        )["p_important"]  # fmt: skip
        found[f"{ratio:g}"] = p
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
        inside_any = np.asarray(places.members[np.flatnonzero(sets == number)].sum(axis=0)).ravel() > 0
        inside[number, (sets == number) | (places.members @ (places.population * inside_any) <= 0)] = np.nan
    others = np.isfinite(inside).sum(axis=0)
    return np.where(others > 0, np.nansum(inside, axis=0) / np.maximum(others, 1), np.nan)
