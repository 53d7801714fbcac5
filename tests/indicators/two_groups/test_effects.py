"""Differences and ratios with limits, against tables that others published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.two_groups.effects import (
    difference_of_means,
    difference_of_proportions,
    ratio_of_means,
    ratio_of_proportions,
)

# Newcombe RG (1998) Statistics in Medicine 17:873-890, table II, method 10: the eight contrasts (a) to (h).
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]


@pytest.mark.parametrize(("x1", "n1", "x2", "n2", "lower", "upper"), NEWCOMBE)
def test_difference_is_newcombes_method_10(x1, n1, x2, n2, lower, upper):
    ci = difference_of_proportions(x1, n1, x2, n2)
    assert ci.lower[0] == pytest.approx(lower, abs=6e-5)
    assert ci.upper[0] == pytest.approx(upper, abs=6e-5)


def test_aspirin():
    # Agresti (2007) An Introduction to Categorical Data Analysis, 2nd ed., pp. 27-29: 189 of 11,034 heart attacks on
    # placebo, 104 of 11,037 on aspirin: difference 0.0077 (0.005 to 0.011), ratio 1.82 (1.43 to 2.30).
    counts = (189, 11_034, 104, 11_037)
    difference, ratio = difference_of_proportions(*counts), ratio_of_proportions(*counts)
    assert [round(v[0], 3) for v in difference[:3]] == [0.008, 0.005, 0.011]
    assert ratio.estimate[0] == pytest.approx(1.82, abs=0.005)
    assert [ratio.lower[0], ratio.upper[0]] == pytest.approx([1.43, 2.30], abs=0.01)


def test_koopmans_ratio():
    ci = ratio_of_proportions(36, 40, 16, 80)  # Koopman (1984), p. 516
    assert [round(v[0], 2) for v in ci[:3]] == [4.5, 2.94, 7.15]


def test_nothing_over_nothing():
    both = ratio_of_proportions(0, 100, 0, 900)
    assert np.isnan(both.estimate[0])
    assert (both.lower[0], both.upper[0]) == (0, np.inf)
    share = ratio_of_proportions([0, 3], 100, 0, 900)
    assert share.estimate[1] == np.inf
    assert share.lower[1] > 1


def test_means_by_hand():
    # 12 (variance 0.25) and 10 (known): 2 ± 1.96 · 0.5; log ratio spread 1.96 · 0.5/12 = 0.0817, 1.2 / e^0.0817 = 1.106
    assert difference_of_means(12.0, 0.25, 10.0, 0.0).lower[0] == pytest.approx(1.02, abs=0.001)
    assert ratio_of_means(12.0, 0.25, 10.0, 0.0).lower[0] == pytest.approx(1.106, abs=0.001)
    assert ratio_of_means(-1.0, 0.25, 10.0, 0.0).method[0] == "none"


group = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(lambda pair: (pair[0], pair[0] + pair[1] + 1))


@given(first=group, second=group, confidence=st.floats(0.5, 0.998))
@settings(max_examples=60, deadline=None)
def test_exchanging_the_groups_turns_every_effect_round(first, second, confidence):
    here, there = (difference_of_proportions(*one, *two, confidence) for one, two in ((first, second), (second, first)))
    np.testing.assert_allclose(here.lower, -there.upper, atol=1e-9)
    here, there = (ratio_of_proportions(*one, *two, confidence) for one, two in ((first, second), (second, first)))
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(here.lower, 1 / there.upper, rtol=1e-9)


@given(first=group, second=group)
@settings(max_examples=60, deadline=None)
def test_limits_hold_the_effect(first, second):
    for effect in (difference_of_proportions, ratio_of_proportions):
        ci = effect(*first, *second)
        assert not np.isnan(ci.lower[0])
        assert not np.isnan(ci.upper[0])
        if np.isfinite(ci.estimate[0]):
            assert ci.lower[0] - 1e-9 <= ci.estimate[0] <= ci.upper[0] + 1e-9
