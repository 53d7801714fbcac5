"""Votes: what the findings of a locality add up to, as arrays.

Three core votes can make a flag: income and work; health; education. Crime (where it happened, not whom it befell),
housing and access describe and corroborate. A vote is *poorer* where at least ``vote_share`` of its assessed indicators
surely and importantly are, *slightly poorer* where as many are at least surely poorer, and *better* where as many are
surely better.

- **Strong evidence**: poorer in at least two core votes, and not better in the third. Where one of the three cannot be
  assessed, both others must be poorer.
- **Some evidence**: one core vote poorer; or two at least slightly; or one slightly, and crime or housing poorer.
- **Insufficient**: fewer than two core votes could be assessed.

On the zones of another census some indicators are *lost*: their figures are modelled there. Contrary evidence may be
among them, so a vote stands only where they could not change it, whatever they would say; and so does a verdict. Where
they could, it is insufficient: the same evidence gives the same verdict on either zones, or none.

No vote weighs more than another: rules with weights turn out to say "income and work, and any one other".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indicators.catalogue import Indicator
from indicators.schema.vocabulary import CORE_VOTES, VOTES
from localities.evidence.grading import BETTER, LOST, NOT_ASSESSED, POORER, SLIGHTLY_POORER
from localities.evidence.panel import Floats
from localities.settings import Settings

STRONG, SOME, NO_EVIDENCE, INSUFFICIENT = range(4)
"""Verdicts as small integers, in the order of `indicators.schema.vocabulary.VERDICTS`."""

CORROBORATING = ("crime", "housing")
"""Votes that, poorer, make some evidence of one core vote that is slightly poorer."""


@dataclass(frozen=True)
class Ballot:
    """Who votes: the columns of voting indicators, and the vote of each.

    Parameters
    ----------
    columns
        Series of outcome indicators that are tested, in their headline period.
    vote
        Position of each column's vote in `indicators.schema.vocabulary.VOTES`.
    """

    columns: NDArray[np.intp]
    vote: NDArray[np.intp]

    @property
    def is_core(self) -> NDArray[np.bool_]:
        """Per column: its vote can make a flag."""
        return self.vote < len(CORE_VOTES)

    def without(self, columns: NDArray[np.intp] | int) -> Ballot:
        """Return the ballot with some indicators left out."""
        keep = ~np.isin(self.columns, columns)
        return Ballot(self.columns[keep], self.vote[keep])

    def without_vote(self, vote: int) -> Ballot:
        """Return the ballot with one vote left out."""
        keep = self.vote != vote
        return Ballot(self.columns[keep], self.vote[keep])

    @property
    def matrix(self) -> Floats:
        """Columns x votes: 1 where the indicator belongs to the vote."""
        return (self.vote[:, None] == np.arange(len(VOTES))).astype(float)


@dataclass(frozen=True)
class Votes:
    """Votes of localities against one comparator.

    Parameters
    ----------
    assessed, poorer, slightly, better
        Localities x `indicators.schema.vocabulary.VOTES`: the vote is assessed, poorer, (if not poorer) at least
        slightly poorer, or better.
    depth
        Localities x votes: mean depth of the vote's assessed indicators; NaN where none is.
    of, carrying, needed
        Localities x votes: its assessed indicators, those of them that are poorer, and how many make the vote poorer.
    verdict
        Per locality, `STRONG` to `INSUFFICIENT`.
    strongest, weakest
        The verdict at the two ends of what lost indicators could say.
    """

    assessed: NDArray[np.bool_]
    poorer: NDArray[np.bool_]
    slightly: NDArray[np.bool_]
    better: NDArray[np.bool_]
    depth: Floats
    of: Floats
    carrying: Floats
    needed: Floats
    verdict: NDArray[np.int8]
    strongest: NDArray[np.int8]
    weakest: NDArray[np.int8]

    @property
    def core(self) -> slice:
        """The columns of the core votes."""
        return slice(0, len(CORE_VOTES))


def ballot(indicators: tuple[Indicator, ...], is_headline: NDArray[np.bool_]) -> Ballot:
    """Return who votes among the series of a panel: not what a newer figure there of the very same thing supersedes."""
    voting = [k for k, one in enumerate(indicators) if one.votes and is_headline[k]]
    old = {name for k in voting for name in indicators[k].supersedes}
    columns = [k for k in voting if indicators[k].id not in old]
    return Ballot(
        np.array(columns, dtype=np.intp), np.array([VOTES.index(indicators[k].vote) for k in columns], dtype=np.intp)
    )


def count_votes(grades: NDArray[np.int8], depth: Floats | None, voting: Ballot, settings: Settings) -> Votes:
    """Return the votes and the verdict of every locality against one comparator.

    Parameters
    ----------
    grades, depth
        Localities x series, from `localities.evidence.grading` and `localities.evidence.weighing`; without depths,
        which decide nothing, those of the votes are NaN.
    """
    lost = grades == LOST
    found = _count(np.where(lost, np.int8(NOT_ASSESSED), grades), depth, voting, settings)
    rows = np.flatnonzero(lost[:, voting.columns].any(axis=1))
    if not len(rows):
        return found
    # a verdict never falls when a grade rises, so the two ends bound whatever the lost indicators would say
    most, least = (
        _count(np.where(lost[rows], np.int8(code), grades[rows]), None, voting, settings) for code in (POORER, BETTER)
    )
    stands = np.ones(found.poorer.shape, dtype=bool)
    stands[rows] = np.logical_and.reduce([getattr(most, name) == getattr(least, name) for name in _STATES])
    strongest, weakest = found.verdict.copy(), found.verdict.copy()
    strongest[rows], weakest[rows] = most.verdict, least.verdict
    return Votes(
        found.assessed & stands,
        found.poorer & stands,
        found.slightly & stands,
        found.better & stands,
        np.where(stands, found.depth, np.nan),
        found.of,
        found.carrying,
        found.needed,
        settled([strongest], [weakest]),
        strongest,
        weakest,
    )


_STATES = ("poorer", "slightly", "better")


def _count(grades: NDArray[np.int8], depth: Floats | None, voting: Ballot, settings: Settings) -> Votes:
    part = grades[:, voting.columns]
    # small whole numbers, for which single precision is exact and several times faster
    matrix = voting.matrix.astype(np.float32)
    assessed_indicators = part != NOT_ASSESSED
    number = (assessed_indicators.astype(np.float32) @ matrix).astype(np.float64)
    assessed = number > 0
    # half of them but for rounding, and none is never enough
    needed = np.where(assessed, np.maximum(settings.vote_share * number - 1e-9, 1e-9), np.inf)

    def counted(which: NDArray[np.bool_]) -> Floats:
        return (which.astype(np.float32) @ matrix).astype(np.float64)

    carrying = counted(part == POORER)
    poorer = carrying >= needed
    slightly = ~poorer & (counted((part == POORER) | (part == SLIGHTLY_POORER)) >= needed)
    better = ~poorer & ~slightly & (counted(part == BETTER) >= needed)
    vote_depth = np.full(number.shape, np.nan)
    if depth is not None:
        with np.errstate(invalid="ignore"):
            cut = np.clip(np.nan_to_num(depth[:, voting.columns]), -settings.depth_limit, settings.depth_limit)
            # not by a product of matrices, whose last bit depends on how many places are judged together
            depths = np.einsum("ij,jk->ik", cut * assessed_indicators, np.asarray(voting.matrix, dtype=np.float64))
            vote_depth = depths / number
    verdict = verdict_of(assessed, poorer, slightly, better)
    return Votes(
        assessed, poorer, slightly, better, vote_depth, number, carrying, np.ceil(needed), verdict, verdict, verdict
    )


def verdict_of(
    assessed: NDArray[np.bool_], poorer: NDArray[np.bool_], slightly: NDArray[np.bool_], better: NDArray[np.bool_]
) -> NDArray[np.int8]:
    """Return the verdict of each locality from its votes (localities x votes), by the rule at the top."""
    core = slice(len(CORE_VOTES))
    known = assessed[:, core].sum(axis=1)
    poor, lean = poorer[:, core].sum(axis=1), slightly[:, core].sum(axis=1)
    beside = poorer[:, [VOTES.index(name) for name in CORROBORATING]].any(axis=1)
    strong = (poor >= 2) & ~better[:, core].any(axis=1)
    some = (poor >= 1) | (poor + lean >= 2) | ((lean >= 1) & beside)
    return np.select([known < 2, strong, some], [INSUFFICIENT, STRONG, SOME], NO_EVIDENCE).astype(np.int8)


def best_of(verdicts: list[NDArray[np.int8]]) -> NDArray[np.int8]:
    """Return the stronger of the verdicts against each comparator: each stands on its own."""
    return np.minimum.reduce(verdicts)


def settled(strongest: list[NDArray[np.int8]], weakest: list[NDArray[np.int8]]) -> NDArray[np.int8]:
    """Return the stronger of the verdicts, each at both ends of what lost indicators could say; insufficient between.

    Examples
    --------
    >>> settled([np.array([STRONG, SOME, STRONG])], [np.array([STRONG, SOME, SOME])]).tolist()
    [0, 1, 3]
    """
    most, least = best_of(strongest), best_of(weakest)
    return np.where(most == least, most, np.int8(INSUFFICIENT))
