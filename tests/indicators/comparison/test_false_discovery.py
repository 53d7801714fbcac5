"""False discovery rates: the published example, families, and what is not tested."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from indicators.comparison.false_discovery import against_reference, benjamini_hochberg, rejected

# Benjamini and Hochberg (1995), p. 295: fifteen comparisons of two treatments of heart attacks.
HEART = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_the_example_of_benjamini_and_hochberg():
    q = benjamini_hochberg(HEART)
    assert (q <= 0.05).sum() == 4  # as they found, where Bonferroni rejects three
    assert q[3] == pytest.approx(0.0095 * 15 / 4)
    # the fifth: 0.0201 · 15/5 = 0.0603, below 0.0298 · 15/7 = 0.0639 and 0.0344 · 15/8 = 0.0645
    assert q[4] == pytest.approx(0.0603)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_agrees_with_scipy(p):
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p), atol=1e-12)


def test_what_is_not_tested_counts_for_nobody():
    q = benjamini_hochberg([0.01, np.nan, 0.04, np.nan])
    np.testing.assert_allclose(q, [0.02, np.nan, 0.04, np.nan])
    assert np.isnan(benjamini_hochberg([np.nan, np.nan])).all()


def test_each_family_is_corrected_alone():
    p = np.array([0.01, 0.02, 0.03, 0.5, np.nan, 0.04])
    families = pd.DataFrame(
        {
            "candidate_set": ["wards", "wards", "wards", "drawn", "drawn", "drawn"],
            "comparator": ["cpp", "cpp", "scotland", "cpp", "cpp", "cpp"],
        }
    )
    # wards × cpp: 0.01 and 0.02, both 0.02; wards × scotland: alone; drawn × cpp: 0.5 and 0.04, so 0.5 and 0.08
    np.testing.assert_allclose(benjamini_hochberg(p, families), [0.02, 0.02, 0.03, 0.5, np.nan, 0.08])


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 2)), min_size=1, max_size=30), st.randoms())
@settings(max_examples=40, deadline=None)
def test_order_and_names_of_families_do_not_matter(rows, random):
    p, family = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    q = benjamini_hochberg(p, family)
    order = list(range(len(rows)))
    random.shuffle(order)
    np.testing.assert_array_equal(benjamini_hochberg(p[order], family[order]), q[order])
    np.testing.assert_array_equal(benjamini_hochberg(p, np.array(["c", "a", "b"])[family]), q)
    assert (q >= p - 1e-15).all()


def test_a_p_value_outside_0_and_1_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([0.1, 1.2])
    with pytest.raises(ValueError, match="2 p values"):
        benjamini_hochberg([0.1, 0.2], families=["one"])


def test_a_family_without_a_name_is_a_family():
    p = [0.01, 0.04, 0.04]
    assert benjamini_hochberg(p, [None, None, "Fife"]).tolist() == [0.02, 0.04, 0.04]
    frame = pd.DataFrame({"comparator": ["cpp", "cpp", "cpp"], "period": [None, None, "2017"]})
    assert benjamini_hochberg(p, frame).tolist() == [0.02, 0.04, 0.04]


def test_tests_that_are_rejected_family_by_family():
    """Family 0: 0.01, 0.03, 0.035 of three; q = 0.03, 0.035, 0.035. Family 1: 0.02, 0.03 of four; q = 0.06, 0.06.
    Family 2 is not tested. Family 3: one p of 0.039.
    """
    p = np.array([0.03, 0.02, 0.01, 0.9, 0.035, 0.03, np.nan, 0.039, 0.8])
    family = np.array([0, 1, 0, 1, 0, 1, 2, 3, 1])
    expected = [True, False, True, False, True, False, False, True, False]
    assert rejected(p, family, 0.04).tolist() == expected
    assert (benjamini_hochberg(p, family) < 0.04).tolist() == expected
    assert rejected(p, family, 0.034).tolist() == [False, False, True, False, False, False, False, False, False]


def test_ranks_begin_anew_in_every_family():
    """Family 0: 0.01 alone. Family 1: 0.03 and 0.035 of two; q = 0.035 and 0.035, the first by the second's rank."""
    p, family = np.array([0.01, 0.03, 0.035]), np.array([0, 1, 1])
    assert rejected(p, family, 0.036).tolist() == [True, True, True]
    assert rejected(p, family, 0.034).tolist() == [True, False, False]


def test_a_q_value_of_alpha_itself_is_not_below_it():
    p, family = np.array([0.25, 0.9]), np.array([0, 0])
    assert benjamini_hochberg(p).tolist() == [0.5, 0.9]
    assert rejected(p, family, 0.5).tolist() == [False, False]
    assert rejected(p[:1], family[:1], 0.25).tolist() == [False]
    assert rejected(p, family, 0.51).tolist() == [True, False]


def test_the_sizes_of_families_may_be_known_to_the_caller():
    """0.01 alone is rejected at 0.02; as one of two tests, of which the caller holds the other, it is not."""
    p, family = np.array([0.01]), np.array([0])
    assert rejected(p, family, 0.02).tolist() == [True]
    assert rejected(p, family, 0.02, sizes=np.array([2])).tolist() == [False]


def test_no_test_and_no_small_p_reject_nothing():
    assert rejected([], np.array([], dtype=int), 0.05).tolist() == []
    assert rejected([0.5, None], np.array([0, 1]), 0.05).tolist() == [False, False]


@given(
    st.lists(st.tuples(st.floats(0, 1) | st.just(float("nan")), st.integers(0, 3)), min_size=1, max_size=40),
    st.floats(0.01, 0.5),
)
@settings(max_examples=80, deadline=None)
def test_rejected_are_those_whose_q_is_below_alpha(rows, alpha):
    p, family = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    q = benjamini_hochberg(p, family)
    near = np.abs(q - alpha) < 1e-12  # where rounding decides
    assert (rejected(p, family, alpha) == (q < alpha))[~near].all()


def test_tests_held_against_families_that_they_are_not_part_of_by_hand():
    """Each pays m t / max(1, k(t)), at its own p or at a reference p above it, whichever is less."""
    reference = np.array([0.5, 0.02, 0.01, 0.2, 0.03, 0.9, np.nan, 0.4])
    of_reference = np.array([0, 1, 0, 0, 1, 0, 1, 3])
    asked = [
        (0.6, 0, 4 * 0.6 / 3),
        (0.025, 1, 2 * 0.03 / 2),  # at the 0.03 above it; at its own p it would pay 2 * 0.025 / 1
        (0.015, 0, 4 * 0.015 / 1),
        (0.001, 2, np.nan),  # a family without tests
        (0.19, 0, 4 * 0.2 / 2),
        (np.nan, 0, np.nan),
        (0.5, 1, 2 * 0.5 / 2),
        (0.3, 3, 0.3),  # one among one
        (0.95, 0, 0.95),
        (0.02, 1, 2 * 0.03 / 2),  # the reference test at the same p counts
    ]
    p, families, expected = (np.array(one, dtype=float) for one in zip(*asked, strict=True))
    found = against_reference(p, families.astype(int), reference, of_reference)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_what_was_not_tested_may_be_none():
    one, two = np.zeros(1, dtype=int), np.zeros(2, dtype=int)
    assert against_reference([0.01, None], two, [0.5, None], two).round(3).tolist()[0] == 0.01
    assert np.isnan(against_reference([None], one, [0.5], one)).all()


def test_nothing_asked_and_nothing_to_hold_it_against():
    none, nowhere = np.zeros(0), np.zeros(0, dtype=int)
    assert against_reference(none, nowhere, none, nowhere).tolist() == []
    assert np.isnan(against_reference([0.01], np.zeros(1, dtype=int), none, nowhere)).all()


def test_tests_without_a_family_are_one_family():
    assert benjamini_hochberg([0.01, 0.04], np.array([None, None], dtype=object)).tolist() == [0.02, 0.04]
