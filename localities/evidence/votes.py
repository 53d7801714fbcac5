"""Votes: what the findings of a locality add up to, domain by domain, as arrays.

Indicators of one vote (a group of domains that move together, such as income and work) share it. A vote is *poorer*
where at least ``vote_share`` of its assessed outcome indicators are. Strong evidence needs breadth, or breadth and
depth: at least ``strong_votes`` poorer votes, which are either ``strong_vote_share`` of those assessed or poorer by
``strong_depth`` smallest important differences on average. One domain alone is never strong evidence. Some evidence is
one poorer vote, or as broad a pattern as strong evidence asks for in which votes are at least slightly poorer: small
places can rarely show more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indicators.catalogue import Indicator
from localities.evidence.grading import NOT_ASSESSED, POORER, SLIGHTLY_POORER
from localities.evidence.panel import Floats
from localities.settings import Settings

__all__ = ["INSUFFICIENT", "NO_EVIDENCE", "SOME", "STRONG", "Ballot", "Votes", "ballot", "best_of", "count_votes"]

STRONG, SOME, NO_EVIDENCE, INSUFFICIENT = range(4)
"""Verdicts as small integers, in the order of `indicators.schema.vocabulary.VERDICTS`."""


@dataclass(frozen=True)
class Ballot:
    """Who votes: the columns of voting indicators, and the vote of each.

    Parameters
    ----------
    columns
        Series of outcome indicators that are tested, in their headline period.
    vote
        Position of each column's vote in ``names``.
    names
        Votes in alphabetical order.
    """

    columns: NDArray[np.intp]
    vote: NDArray[np.intp]
    names: tuple[str, ...]

    def without(self, column: int) -> Ballot:
        """Return the ballot with one indicator left out (and its vote, if it was the only one)."""
        keep = self.columns != column
        present = np.unique(self.vote[keep])
        return Ballot(
            self.columns[keep],
            np.searchsorted(present, self.vote[keep]),
            tuple(self.names[vote] for vote in present),
        )

    @property
    def matrix(self) -> Floats:
        """Columns x votes: 1 where the indicator belongs to the vote."""
        return (self.vote[:, None] == np.arange(len(self.names))).astype(float)


@dataclass(frozen=True)
class Votes:
    """Votes of localities against one comparator.

    Parameters
    ----------
    assessed, poorer, slightly
        Localities x votes: the vote is assessed, poorer, or (if not poorer) at least slightly poorer.
    depth
        Localities x votes: mean depth of the vote's assessed indicators; NaN where none is.
    verdict
        Per locality, `STRONG` to `INSUFFICIENT`.
    """

    assessed: NDArray[np.bool_]
    poorer: NDArray[np.bool_]
    slightly: NDArray[np.bool_]
    depth: Floats
    verdict: NDArray[np.int8]


def ballot(indicators: tuple[Indicator, ...], is_headline: NDArray[np.bool_]) -> Ballot:
    """Return who votes among the series of a panel."""
    columns = [k for k, one in enumerate(indicators) if one.votes and is_headline[k]]
    names = tuple(sorted({indicators[k].vote for k in columns}))
    return Ballot(
        np.array(columns, dtype=np.intp),
        np.array([names.index(indicators[k].vote) for k in columns], dtype=np.intp),
        names,
    )


def count_votes(grades: NDArray[np.int8], depth: Floats, voting: Ballot, settings: Settings) -> Votes:
    """Return the votes and the verdict of every locality against one comparator.

    Parameters
    ----------
    grades, depth
        Localities x series, from `localities.evidence.grading` and `localities.evidence.weighing`.
    """
    part = grades[:, voting.columns]
    matrix = voting.matrix
    assessed_indicators = (part != NOT_ASSESSED).astype(float)
    number = assessed_indicators @ matrix
    with np.errstate(invalid="ignore", divide="ignore"):
        poorer_share = (part == POORER).astype(float) @ matrix / number
        any_share = np.isin(part, (POORER, SLIGHTLY_POORER)).astype(float) @ matrix / number
        cut = np.clip(np.nan_to_num(depth[:, voting.columns], nan=0.0), -settings.depth_limit, settings.depth_limit)
        vote_depth = (cut * assessed_indicators) @ matrix / number
    assessed = number > 0
    poorer = assessed & (poorer_share >= settings.vote_share) & (poorer_share > 0)
    slightly = assessed & ~poorer & (any_share >= settings.vote_share) & (any_share > 0)
    votes, poor = assessed.sum(axis=1), poorer.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        deep = np.where(poor > 0, np.where(poorer, np.nan_to_num(vote_depth), 0).sum(axis=1) / np.maximum(poor, 1), 0.0)
        broad = poor >= settings.strong_vote_share * votes
    strong = (poor >= settings.strong_votes) & (broad | (deep >= settings.strong_depth))
    leaning = poor + slightly.sum(axis=1)
    some = (poor >= 1) | ((leaning >= settings.strong_votes) & (leaning >= settings.strong_vote_share * votes))
    verdict = np.select([votes < settings.minimum_votes, strong, some], [INSUFFICIENT, STRONG, SOME], NO_EVIDENCE)
    verdict = verdict.astype(np.int8)
    return Votes(assessed, poorer, slightly, vote_depth, verdict)


def best_of(verdicts: list[NDArray[np.int8]]) -> NDArray[np.int8]:
    """Return the strongest of the verdicts against each comparator: each stands on its own."""
    return np.minimum.reduce(verdicts)
