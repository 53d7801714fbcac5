"""Intervals for one proportion, rate or mean, against tables that others published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from indicators.intervals.counts import (
    byar,
    clopper_pearson,
    garwood,
    quasi_proportion,
    quasi_rate,
    rate,
    standardised_ratio,
    wilson,
)

# Newcombe RG (1998) Statistics in Medicine 17:857-872, table I: the four examples, methods 3 and 5.
EVENTS, TOTAL = [81, 15, 0, 1], [263, 148, 20, 29]


def test_wilson_is_newcombes_method_3():
    ci = wilson(EVENTS, TOTAL)
    np.testing.assert_allclose(ci.lower, [0.2553, 0.0624, 0.0000, 0.0061], atol=5e-5)
    np.testing.assert_allclose(ci.upper, [0.3662, 0.1605, 0.1611, 0.1718], atol=5e-5)


def test_clopper_pearson_is_newcombes_method_5():
    ci = clopper_pearson(EVENTS, TOTAL)
    np.testing.assert_allclose(ci.lower, [0.2527, 0.0578, 0.0000, 0.0009], atol=5e-5)
    np.testing.assert_allclose(ci.upper, [0.3676, 0.1617, 0.1684, 0.1776], atol=5e-5)


def test_garwood_is_the_published_table():
    # Garwood (1936), as tabulated in Breslow and Day (1987), table 2.10 (factors times the count)
    ci = garwood([0, 1, 2, 5, 10, 20, 30, 50, 100])
    np.testing.assert_allclose(ci.lower, [0, 0.0253, 0.242, 1.62, 4.80, 12.22, 20.24, 37.11, 81.36], atol=6e-3)
    np.testing.assert_allclose(ci.upper, [3.69, 5.57, 7.22, 11.67, 18.39, 30.89, 42.83, 65.92, 121.63], atol=6e-3)


def test_byar_is_as_close_to_exact_as_public_health_guidance_says():
    # Public Health England (2018) Technical Guide: Confidence Intervals: from ten events upward within 0.2 % at 95 %.
    events = np.arange(10, 500)
    exact, close = garwood(events), byar(events)
    np.testing.assert_allclose(close.lower, exact.lower, rtol=0.002)
    np.testing.assert_allclose(close.upper, exact.upper, rtol=0.002)


@pytest.mark.parametrize(("confidence", "x", "n"), [(0.9, 3, 17), (0.95, 0, 8), (0.998, 40, 41)])
def test_one_proportion_agrees_with_scipy(confidence, x, n):
    test = stats.binomtest(x, n)
    for ours, theirs in ((clopper_pearson, "exact"), (wilson, "wilson")):
        low, high = test.proportion_ci(confidence, method=theirs)
        ci = ours(x, n, confidence)
        np.testing.assert_allclose([ci.lower[0], ci.upper[0]], [low, high], atol=1e-9)


def test_ten_events_change_the_method_of_a_rate():
    assert rate([0, 9, 10], 1000).method.tolist() == ["Garwood", "Garwood", "Byar"]


def test_standardised_ratio_by_hand():
    # 12 observed, 8 expected: 150; exact limits of 12 are 6.20 and 20.96, so 77.5 and 262.0. Byar: 6.19 and 20.96.
    ci = standardised_ratio(12, 8.0, multiplier=100)
    np.testing.assert_allclose([ci.estimate[0], ci.lower[0], ci.upper[0]], [150, 77.4, 262.0], atol=0.05)


def test_the_mean_of_three_years_has_the_interval_of_three_years():
    # 40 a year over three years are 120 events over three times the exposure.
    yearly, all_years = quasi_rate(40, 1000, dispersion=1 / 3), byar(120, 3000)
    np.testing.assert_allclose(yearly.lower, all_years.lower)
    np.testing.assert_allclose(yearly.upper, all_years.upper)
    share, people = quasi_proportion(10.5, 100, 0.5), wilson(21, 200)
    np.testing.assert_allclose([share.lower, share.upper], [people.lower, people.upper])


def test_zero_events_are_not_missing_and_missing_is_not_zero():
    ci = wilson([0, np.nan, 0], [20, 20, 0])
    assert ci.lower[0] == 0
    assert ci.upper[0] > 0
    assert np.isnan(ci.upper[1:]).all()
    assert ci.method.tolist() == ["Wilson", "none", "none"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: wilson(11, 10), "cannot be above total"),
        (lambda: wilson(-1, 10), "cannot be negative"),
        (lambda: wilson(1, 10, 95), "share between 0 and 1"),
        (lambda: clopper_pearson(1.5, 10), "must be whole"),
        (lambda: quasi_rate(1.5, 10, 0.0), "must be above 0"),
        (lambda: wilson([1, 2], [10, 10, 10]), "differ in length"),
    ],
)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


counts = st.integers(0, 500)
shares = st.floats(0.01, 0.999)


@given(x=counts, more=counts, low=shares, high=shares)
@settings(max_examples=60, deadline=None)
def test_limits_hold_the_estimate_and_widen_with_confidence(x, more, low, high):
    low, high = min(low, high), max(low, high)
    n = x + more + 1
    for method in (wilson, clopper_pearson):
        narrow, wide = method(x, n, low), method(x, n, high)
        assert wide.lower[0] - 1e-12 <= narrow.lower[0] <= x / n + 1e-12
        assert x / n - 1e-12 <= narrow.upper[0] <= wide.upper[0] + 1e-12
    for poisson in (garwood, byar, rate):
        narrow, wide = poisson(x, 10.0, low), poisson(x, 10.0, high)
        assert wide.lower[0] <= narrow.lower[0] + 1e-12
        assert narrow.upper[0] <= wide.upper[0] + 1e-12
    at_95 = rate(x, 10.0)
    assert at_95.lower[0] <= x / 10 <= at_95.upper[0]


@given(x=counts, more=counts)
@settings(max_examples=60, deadline=None)
def test_events_and_non_events_are_mirror_images(x, more):
    n = x + more + 1
    for method in (wilson, clopper_pearson):
        one, other = method(x, n), method(n - x, n)
        np.testing.assert_allclose(one.lower, 1 - other.upper, atol=1e-12)
