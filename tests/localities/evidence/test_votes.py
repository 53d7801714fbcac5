"""Votes counted by hand: how many indicators carry one, how deep it is, who is left out."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from indicators.schema.vocabulary import CORE_VOTES, VOTES
from localities.evidence.grading import BETTER, LOST, NOT_ASSESSED, NOT_DIFFERENT, POORER, SLIGHTLY_POORER
from localities.evidence.votes import (
    INSUFFICIENT,
    NO_EVIDENCE,
    SOME,
    STRONG,
    Ballot,
    Votes,
    ballot,
    best_of,
    count_votes,
)
from localities.settings import Settings
from tests.localities.evidence.conftest import indicator

INCOME, HEALTH, EDUCATION, CRIME, HOUSING, ACCESS = range(6)


def counted(grades: list[list[int]], vote: list[int], depth=None, **changed: float) -> Votes:
    """Return the votes of places (rows) from the grades of indicators, `vote` of each being given."""
    found = np.array(grades, dtype=np.int8)
    deep = np.zeros(found.shape) if depth is None else np.array(depth, dtype=float)
    return count_votes(found, deep, Ballot(np.arange(len(vote)), np.array(vote)), replace(Settings(), **changed))


def test_the_order_of_votes_puts_the_core_ones_first():
    assert (*CORE_VOTES, "crime", "housing", "access") == VOTES
    assert len(CORE_VOTES) == 3
    assert counted([[POORER]], [INCOME]).core == slice(0, 3)
    assert Ballot(np.arange(4), np.array([EDUCATION, CRIME, INCOME, ACCESS])).is_core.tolist() == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("grades", "share", "is_poorer", "is_slightly", "is_better"),
    [
        # one of two is half
        ([POORER, NOT_DIFFERENT], 0.5, True, False, False),
        # one of three is less, and two of three are more
        ([POORER, NOT_DIFFERENT, NOT_DIFFERENT], 0.5, False, False, False),
        ([POORER, POORER, NOT_DIFFERENT], 0.5, True, False, False),
        # what is not assessed does not count among them
        ([POORER, NOT_DIFFERENT, NOT_ASSESSED, NOT_ASSESSED], 0.5, True, False, False),
        # poorer and slightly poorer together
        ([POORER, SLIGHTLY_POORER, NOT_DIFFERENT, NOT_DIFFERENT], 0.5, False, True, False),
        ([SLIGHTLY_POORER, NOT_DIFFERENT], 0.5, False, True, False),
        # both halves: the poorer one is heard
        ([POORER, BETTER], 0.5, True, False, False),
        ([SLIGHTLY_POORER, BETTER], 0.5, False, True, False),
        ([BETTER, NOT_DIFFERENT], 0.5, False, False, True),
        ([BETTER, NOT_DIFFERENT, NOT_DIFFERENT], 0.5, False, False, False),
        # another share: three of four
        ([POORER, POORER, POORER, NOT_DIFFERENT], 0.75, True, False, False),
        ([POORER, POORER, NOT_DIFFERENT, NOT_DIFFERENT], 0.75, False, False, False),
        # any one, where no share is asked for; but none is not one
        ([POORER, BETTER, BETTER], 0.0, True, False, False),
        ([NOT_DIFFERENT, NOT_DIFFERENT], 0.0, False, False, False),
        ([NOT_ASSESSED], 0.0, False, False, False),
    ],
)
def test_how_many_indicators_carry_a_vote(grades, share, is_poorer, is_slightly, is_better):
    found = counted([grades], [HEALTH] * len(grades), vote_share=share)
    assert found.poorer[0].tolist() == [False, is_poorer, False, False, False, False]
    assert found.slightly[0].tolist() == [False, is_slightly, False, False, False, False]
    assert found.better[0].tolist() == [False, is_better, False, False, False, False]
    is_assessed = any(one != NOT_ASSESSED for one in grades)
    assert found.assessed[0].tolist() == [False, is_assessed, False, False, False, False]


def test_depth_is_the_mean_of_what_is_assessed_within_the_limit():
    """2 and 4 are 3 on average; a depth not assessed is left out; one beyond the limit of 5 counts as 5 or −5."""
    grades = [[POORER, POORER, NOT_ASSESSED, BETTER, NOT_ASSESSED], [POORER, NOT_DIFFERENT, POORER, BETTER, POORER]]
    depth = [[2.0, 4.0, 9.0, -7.0, 1.0], [1.0, np.nan, 8.0, 0.5, np.inf]]
    found = counted(grades, [INCOME, INCOME, INCOME, HEALTH, CRIME], depth, depth_limit=5.0)
    # second place: (1 + 0 + 5) / 3 = 2
    np.testing.assert_allclose(found.depth[:, [INCOME, HEALTH, CRIME]], [[3.0, -5.0, np.nan], [2.0, 0.5, 5.0]])
    assert np.isnan(found.depth[:, [EDUCATION, HOUSING, ACCESS]]).all()


def test_a_share_that_rounding_lifts_is_reached_by_as_many_as_it_says():
    """56 % of 25 is 14, and a computer's 0.56 times 25 is a little more."""
    assert 0.56 * 25 > 14
    for few, is_poorer in ((14, True), (13, False)):
        found = counted([[POORER] * few + [NOT_DIFFERENT] * (25 - few)], [HEALTH] * 25, vote_share=0.56)
        assert found.poorer[0, HEALTH] == is_poorer


def test_without_depths_votes_have_none_and_nobody_is_warned():
    voting, grades = Ballot(np.arange(2), np.array([INCOME, HEALTH])), np.array([[POORER, NOT_ASSESSED]], dtype=np.int8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = count_votes(grades, None, voting, Settings())
        deep = count_votes(grades, np.array([[2.0, 3.0]]), voting, Settings())
    assert found.depth.shape == (1, len(VOTES))
    assert found.depth.dtype == np.float64
    assert np.isnan(found.depth).all()
    assert found.poorer.tolist() == deep.poorer.tolist()
    assert (deep.depth[0, INCOME], np.isnan(deep.depth[0, 1:]).all()) == (2.0, True)


def test_where_nothing_is_lost_both_ends_are_the_verdict():
    found = counted([[P, P, N], [P, X, X]], [INCOME, HEALTH, EDUCATION])
    for end in (found.verdict, found.strongest, found.weakest):
        assert end.tolist() == [STRONG, INSUFFICIENT]


def test_what_is_lost_cannot_flag_by_being_gone():
    """A vote of two poorer and one lost stands; one of one poorer, one not, and one lost could be either."""
    vote = [0, 0, 0, 1, 2]
    grades = np.array(
        [
            # two of three poorer whatever the third says; health poorer; education better whatever else
            [P, P, X, P, B],
            # income: one poorer, one not, one lost: poorer or not, so between some and strong
            [P, N, X, P, N],
            # one poorer of two, and the third lost would leave it at one of three or two of three
            [P, N, X, N, N],
            # nothing is lost: the same grades are not assessed for another reason
            [P, N, X, P, N],
        ],
        dtype=np.int8,
    )
    grades[:3, 2] = LOST
    found = count_votes(grades, np.zeros(grades.shape), Ballot(np.arange(5), np.array(vote)), Settings())
    assert found.verdict.tolist() == [SOME, INSUFFICIENT, INSUFFICIENT, STRONG]
    assert found.assessed[:, 0].tolist() == [True, False, False, True]
    assert [found.strongest[1], found.weakest[1], found.weakest[2]] == [STRONG, SOME, NO_EVIDENCE]
    # a whole vote lost: better would stand against two that are poorer
    gone = np.array([[P, P, P, P, LOST]], dtype=np.int8)
    found = count_votes(gone, np.zeros(gone.shape), Ballot(np.arange(5), np.array(vote)), Settings())
    assert (found.verdict[0], found.strongest[0], found.weakest[0]) == (INSUFFICIENT, STRONG, SOME)


P, S, N, B, X = POORER, SLIGHTLY_POORER, NOT_DIFFERENT, BETTER, NOT_ASSESSED


@pytest.mark.parametrize(
    ("grades", "verdict"),
    [
        ([P, P, P, X, X, X], STRONG),
        ([P, P, N, N, N, N], STRONG),
        ([P, N, P, B, B, B], STRONG),
        ([X, P, P, N, N, N], STRONG),
        ([P, P, B, P, P, P], SOME),
        ([P, X, N, P, P, P], SOME),
        ([N, N, P, N, N, N], SOME),
        ([S, N, S, N, N, N], SOME),
        ([S, B, N, P, N, N], SOME),
        ([N, N, S, N, P, N], SOME),
        ([S, N, N, N, N, P], NO_EVIDENCE),
        ([S, N, N, S, S, S], NO_EVIDENCE),
        ([N, N, N, P, P, P], NO_EVIDENCE),
        ([X, N, B, P, P, P], NO_EVIDENCE),
        ([P, X, X, P, P, P], INSUFFICIENT),
        ([X, X, X, P, P, P], INSUFFICIENT),
    ],
)
def test_the_verdict_of_six_votes_of_one_indicator_each(grades, verdict):
    assert counted([grades], list(range(6))).verdict.tolist() == [verdict]


def test_places_are_judged_each_by_itself_and_comparators_each_on_its_own():
    cpp = counted([[P, P, N], [S, N, N], [P, X, X]], [INCOME, HEALTH, EDUCATION]).verdict
    scotland = counted([[N, N, N], [P, N, N], [X, X, X]], [INCOME, HEALTH, EDUCATION]).verdict
    assert cpp.tolist() == [STRONG, NO_EVIDENCE, INSUFFICIENT]
    assert cpp.dtype == np.int8
    assert best_of([cpp, scotland]).tolist() == [STRONG, SOME, INSUFFICIENT]
    # two places that lean in one core vote each, and a third with crime, are no evidence together either
    apart = counted([[S, N, N, N], [N, S, N, N], [N, N, N, P]], [INCOME, HEALTH, EDUCATION, CRIME]).verdict
    assert apart.tolist() == [NO_EVIDENCE] * 3


def test_a_ballot_without_some_indicators_and_without_a_vote():
    voting = Ballot(np.array([2, 5, 7, 9]), np.array([INCOME, HEALTH, INCOME, CRIME]))
    assert voting.without(5).columns.tolist() == [2, 7, 9]
    assert voting.without(5).vote.tolist() == [INCOME, INCOME, CRIME]
    assert voting.without(np.array([2, 9])).columns.tolist() == [5, 7]
    assert voting.without_vote(INCOME).columns.tolist() == [5, 9]
    assert voting.without_vote(INCOME).vote.tolist() == [HEALTH, CRIME]
    assert voting.matrix.tolist() == [[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0]]


def test_who_votes():
    """Outcomes with a vote in their headline period; not one that a newer figure there supersedes."""
    voting = replace(indicator("income"), vote="income_and_work")
    ill = replace(indicator("ill_2011"), vote="health")
    iller = replace(indicator("ill_2022"), vote="health", supersedes=("ill_2011",))
    earlier = replace(indicator("crime"), vote="crime")
    found = ballot((voting, ill, iller, earlier), np.array([True, True, True, False]))
    assert found.columns.tolist() == [0, 2]
    assert found.vote.tolist() == [INCOME, HEALTH]
    # without the newer one, the older votes
    assert ballot((voting, ill), np.array([True, True])).columns.tolist() == [0, 1]
    # where nobody votes there is nothing to be said
    nobody = ballot((), np.array([], dtype=bool))
    assert (nobody.columns.dtype, nobody.vote.dtype) == (np.intp, np.intp)
    grades = np.full((2, 3), POORER, dtype=np.int8)
    assert count_votes(grades, np.zeros((2, 3)), nobody, Settings()).verdict.tolist() == [INSUFFICIENT, INSUFFICIENT]
    # a newer figure that is not there in its headline period supersedes nothing
    assert ballot((ill, iller), np.array([True, False])).columns.tolist() == [0]


def test_a_vote_with_lost_indicators_stands_only_where_they_could_not_turn_it():
    # income's only figure is lost; health is poorer whatever the lost one would say, and education has lost nothing
    found = counted(
        [[LOST, POORER, LOST, BETTER]], [INCOME, HEALTH, HEALTH, EDUCATION], [[9.0, 2.0, 9.0, -1.0]], depth_limit=3.0
    )
    assert found.assessed.tolist() == [[False, True, True, False, False, False]]
    assert found.poorer.tolist() == [[False, True, False, False, False, False]]
    assert found.better.tolist() == [[False, False, True, False, False, False]]
    assert not found.slightly.any()
    np.testing.assert_array_equal(found.depth, [[np.nan, 2.0, -1.0, np.nan, np.nan, np.nan]])
    # slightly poorer or poorer, and better or poorer: neither is said
    turned = counted([[SLIGHTLY_POORER, LOST, BETTER, LOST]], [INCOME, INCOME, HEALTH, HEALTH])
    assert not (turned.assessed | turned.poorer | turned.slightly | turned.better).any()
    assert (turned.strongest[0], turned.weakest[0]) == (STRONG, NO_EVIDENCE)


def test_what_another_place_lost_changes_nothing_here():
    """Poor in two core votes, whatever stands beside; the second place lost health, which decides what it is."""
    here, there = [POORER, POORER, NOT_DIFFERENT], [POORER, LOST, NOT_DIFFERENT]
    vote = [INCOME, HEALTH, EDUCATION]
    alone = counted([here], vote)
    both = counted([here, there, here], vote)
    assert both.verdict.tolist() == [STRONG, INSUFFICIENT, STRONG]
    assert (both.strongest.tolist(), both.weakest.tolist()) == ([STRONG] * 3, [STRONG, SOME, STRONG])
    for name in ("assessed", "poorer", "slightly", "better"):
        assert getattr(both, name)[[0, 2]].tolist() == getattr(alone, name).tolist() * 2
    assert both.assessed[1].tolist()[:3] == [True, False, True]
