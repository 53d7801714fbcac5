"""Grades by hand: families, guests of a family, and the order in which answers count."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from localities.boundaries.own_ids import PREFIX
from localities.evidence.grading import (
    BETTER,
    LOST,
    NOT_ASSESSED,
    NOT_DIFFERENT,
    POORER,
    SLIGHTLY_POORER,
    Families,
    Grades,
    families,
    grade,
    passes,
    regrade,
)
from localities.settings import Settings

SETTINGS = replace(Settings(), alpha=0.05)
NAN = float("nan")


def evidence(p_value, p_important, p_better, is_assessed=None):
    """Return what grading needs of evidence: p values of places x series."""
    table = {
        name: np.array(values, dtype=float)
        for name, values in (("p_value", p_value), ("p_important", p_important), ("p_better", p_better))
    }
    known = np.ones(table["p_value"].shape, dtype=bool) if is_assessed is None else np.array(is_assessed)
    return SimpleNamespace(comparison=table, is_assessed=known, is_lost=np.zeros(known.shape, dtype=bool))


def alone(places: int, series: int = 1, guests: int = 0) -> Families:
    """One family for each series; the last places are guests of it."""
    is_guest = np.arange(places) >= places - guests
    return Families(np.tile(np.arange(series), (places, 1)), is_guest)


def test_each_grade_where_nothing_is_corrected():
    """Five series of one place: families of one, so that q is p."""
    who = alone(1, 5)
    found = evidence(
        [[0.001, 0.001, 0.50, 0.99, 0.001]],
        [[0.010, 0.300, 0.90, 1.00, 0.010]],
        [[0.999, 0.999, 0.50, 0.01, 0.999]],
        [[True, True, True, True, False]],
    )
    expected = [[POORER, SLIGHTLY_POORER, NOT_DIFFERENT, BETTER, NOT_ASSESSED]]
    graded = grade(found, who, SETTINGS)
    assert graded.grade.tolist() == expected
    assert regrade(found, who, SETTINGS).tolist() == expected
    np.testing.assert_allclose(graded.q_value, [[0.001, 0.001, 0.5, 0.99, NAN]])
    np.testing.assert_allclose(graded.q_important, [[0.01, 0.3, 0.9, 1.0, NAN]])


def test_a_q_value_of_alpha_is_not_below_it():
    for column, code in ((0, SLIGHTLY_POORER), (1, POORER), (2, BETTER)):
        at, below = [[1.0], [1.0], [1.0]], [[1.0], [1.0], [1.0]]
        at[column], below[column] = [0.05], [0.0499]
        for p, expected in ((at, NOT_DIFFERENT), (below, code)):
            found = evidence(*([one] for one in p))
            assert grade(found, alone(1), SETTINGS).grade.tolist() == [[expected]]
            assert regrade(found, alone(1), SETTINGS).tolist() == [[expected]]


def test_what_has_no_p_value_is_not_assessed_and_counts_for_nobody():
    """0.04 would be 0.08 in a family of two; the other place has no p, and so it is 0.04."""
    found = evidence([[0.04], [NAN]], [[0.04], [0.01]], [[0.9], [0.01]])
    graded = grade(found, alone(2), SETTINGS)
    assert graded.grade.tolist() == [[POORER], [NOT_ASSESSED]]
    assert graded.q_important.tolist()[0] == [0.04]
    assert np.isnan(graded.q_important[1, 0])
    assert regrade(found, alone(2), SETTINGS).tolist() == [[POORER], [NOT_ASSESSED]]
    one_more = evidence([[0.04], [0.9]], [[0.04], [0.9]], [[0.9], [0.9]])
    assert grade(one_more, alone(2), SETTINGS).grade.tolist() == [[NOT_DIFFERENT], [NOT_DIFFERENT]]


def test_what_is_lost_on_these_zones_is_told_from_what_was_never_known():
    found = evidence([[0.001, NAN, NAN]], [[0.001, NAN, NAN]], [[0.9, NAN, NAN]], [[True, False, False]])
    found.is_lost[0, 2] = True
    expected = [[POORER, NOT_ASSESSED, LOST]]
    graded, again = grade(found, alone(1, 3), SETTINGS).grade, regrade(found, alone(1, 3), SETTINGS)
    assert graded.tolist() == again.tolist() == expected
    assert graded.dtype == again.dtype == np.int8


def test_series_are_families_of_their_own():
    """First series: p of 0.04 and 0.045 of two are both 0.045. Second: 0.04 and 0.9 are 0.08 and 0.9."""
    p = [[0.04, 0.04], [0.045, 0.9]]
    found = evidence(p, p, [[0.9, 0.9], [0.9, 0.9]])
    graded = grade(found, alone(2, 2), SETTINGS)
    np.testing.assert_allclose(graded.q_value, [[0.045, 0.08], [0.045, 0.9]])
    assert graded.grade.tolist() == [[POORER, NOT_DIFFERENT], [POORER, NOT_DIFFERENT]]


def test_guests_are_held_against_a_family_and_do_not_change_it():
    """Three places with p of 0.01, 0.02 and 0.9: q of 0.03, 0.03, 0.9. A guest with 0.015 passes where they do.

    One with 0.4 does not, and no guest moves what the family has.
    """
    p = [[0.01], [0.02], [0.9], [0.015], [0.4]]
    found = evidence(p, p, [[0.9]] * 5)
    graded = grade(found, alone(5, guests=2), SETTINGS)
    np.testing.assert_allclose(graded.q_value[:3], [[0.03], [0.03], [0.9]])
    expected = [[POORER], [POORER], [NOT_DIFFERENT], [POORER], [NOT_DIFFERENT]]
    assert graded.grade.tolist() == expected
    assert regrade(found, alone(5, guests=2), SETTINGS).tolist() == expected
    assert passes(np.array(p), alone(5, guests=2), 0.05).tolist() == [[True], [True], [False], [True], [False]]
    # a guest whose q is alpha itself does not pass: 0.05 beside one reference test of 0.05
    assert passes(np.array([[0.05], [0.05]]), alone(2, guests=1), 0.05).tolist() == [[False], [False]]
    # two guests and two series keep their places: beside a reference test each, they pay their own p
    wide = np.array([[0.01, 0.9], [0.9, 0.01], [0.01, 0.9]])
    assert passes(wide, alone(3, 2, guests=2), 0.05).tolist() == [[True, False], [False, True], [True, False]]
    q = grade(evidence(wide, wide, 1 - wide), alone(3, 2, guests=2), SETTINGS).q_value
    np.testing.assert_allclose(q, wide)
    nobody = np.array([[0.01], [NAN]])
    assert passes(nobody, alone(2, guests=1), 0.05).tolist() == [[True], [False]]


def places(*sets: str) -> SimpleNamespace:
    return SimpleNamespace(candidate_set=np.array(sets, dtype=object))


def test_a_family_is_one_set_and_one_series():
    who = families(places("wards", "zones", "wards"), 2, SETTINGS)
    assert who.family.shape == (3, 2)
    assert (who.family[0] == who.family[2]).all()
    # two sets x two series: four families, counted from 0
    assert sorted(np.unique(who.family).tolist()) == [0, 1, 2, 3]
    assert np.issubdtype(who.family.dtype, np.integer)
    assert not who.is_guest.any()


@pytest.mark.parametrize(
    ("sets", "reference", "host"),
    [
        (("wards", "zones", "zones", f"{PREFIX}mine"), "wards", 0),
        # the reference set was not drawn: the largest of the others
        (("wards", "zones", "zones", f"{PREFIX}mine"), "elsewhere", 1),
        ((f"{PREFIX}mine", "wards", "zones", "zones"), "wards", 1),
    ],
)
def test_own_boundaries_are_guests_of_the_reference_set(sets, reference, host):
    who = families(places(*sets), 2, replace(SETTINGS, reference_set=reference))
    own = next(n for n, name in enumerate(sets) if name.startswith(PREFIX))
    assert who.is_guest.tolist() == [name.startswith(PREFIX) for name in sets]
    assert who.family[own].tolist() == who.family[host].tolist()
    assert len(np.unique(who.family)) == 4


def test_own_boundaries_alone_are_one_family():
    who = families(places(f"{PREFIX}one", f"{PREFIX}other"), 1, SETTINGS)
    assert who.is_guest.tolist() == [False, False]
    assert who.is_guest.dtype == bool
    assert who.family.tolist() == [[0], [0]]


def test_some_places_in_another_order_and_some_series():
    by_place = Grades(
        np.array([[1, 2], [3, 4]]), np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[0.5, 0.6], [0.7, 0.8]])
    )
    turned = by_place.take(np.array([1, 0]))
    assert turned.grade.tolist() == [[3, 4], [1, 2]]
    assert turned.q_value.tolist() == [[0.3, 0.4], [0.1, 0.2]]
    assert turned.q_important.tolist() == [[0.7, 0.8], [0.5, 0.6]]
    some = Families(np.array([[0, 1, 2], [3, 4, 5]]), np.array([False, True])).columns(np.array([2, 0]))
    assert some.family.tolist() == [[2, 0], [5, 3]]
    assert some.is_guest.tolist() == [False, True]
