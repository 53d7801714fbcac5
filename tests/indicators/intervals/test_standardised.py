"""Rates standardised for age, against published examples and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from indicators.comparison.compare import compare_rates
from indicators.comparison.standardised import compare_standardised_rates
from indicators.intervals.counts import byar, garwood
from indicators.intervals.standardised import (
    directly_standardised,
    expected_events,
    indirectly_standardised_ratio,
)

# Fleiss (1981) Statistical Methods for Rates and Proportions, 2nd ed., table 14.4 (Stark and Mantel 1966): births and
# children with Down's syndrome by age of mother (under 20, 20-24, ..., 40 and over), Michigan 1950-1964.
FIRST = ([107, 141, 60, 40, 39, 25], [230061, 329449, 114920, 39487, 14208, 3052])
FIFTH = ([0, 8, 63, 112, 262, 295], [327, 30666, 123419, 149919, 104088, 34392])
BIRTHS = [319933, 931318, 786511, 488235, 237863, 61313]

# Eurostat (2013) Revision of the European Standard Population: nineteen bands of five years, 100,000 people
EUROPEAN = np.array([
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000,
])  # fmt: skip


def test_the_standardised_rates_of_fleiss():
    # Directly standardised to all births: 92.3 per 100,000 for first births and 75.5 for fifth and later ones, as in
    # Fleiss; 75.52901 in Fay and Feuer (1997).
    rates = directly_standardised([FIRST[0], FIFTH[0]], [FIRST[1], FIFTH[1]], BIRTHS).interval
    assert rates.estimate[1] == pytest.approx(75.52901, abs=1e-5)
    assert rates.estimate[0] == pytest.approx(92.3, abs=0.1)


def test_dobsons_limits_by_hand():
    # 740 events: Byar's limits stretched about 740 by √(Var/X), with Var = Σ w² x/n²
    weight = np.array(BIRTHS) / sum(BIRTHS)
    variance = (weight**2 * np.array(FIFTH[0]) / np.array(FIFTH[1]) ** 2).sum()
    count = byar(740)
    one = directly_standardised([FIFTH[0]], [FIFTH[1]], BIRTHS).interval
    assert one.method[0] == "Dobson (Byar)"
    assert one.lower[0] == pytest.approx(75.52901 + 1e5 * np.sqrt(variance / 740) * (count.lower[0] - 740), abs=1e-4)
    assert one.upper[0] == pytest.approx(75.52901 + 1e5 * np.sqrt(variance / 740) * (count.upper[0] - 740), abs=1e-4)


def test_a_place_like_the_standard_has_its_crude_rate():
    standard = EUROPEAN
    one = directly_standardised([standard * 0.01], [standard], standard, multiplier=1000, dispersion=1.0)
    crude = byar(1000, 100_000, multiplier=1000)
    assert one.interval.estimate[0] == pytest.approx(10)
    assert one.interval.lower[0] == pytest.approx(crude.lower[0])
    assert one.effective_exposure[0] * 10 == pytest.approx(1000)


def test_few_events_take_exact_limits_and_none_take_a_limit_too():
    people, standard = [[1000.0, 500.0]], [1, 1]
    few = directly_standardised([[3, 2]], people, standard, multiplier=1000)
    assert few.interval.method[0] == "Dobson (Garwood)"
    # rate 0.5 · 3 + 0.5 · 4 = 3.5; √((0.25 · 3 + 0.25 · 2 · 4) / 5) = 0.7416; exact limits of 5 are 1.6235 and 11.6683
    assert few.interval.lower[0] == pytest.approx(3.5 + 0.7416 * (1.6235 - 5), abs=1e-3)
    assert few.interval.upper[0] == pytest.approx(3.5 + 0.7416 * (11.6683 - 5), abs=1e-3)
    none = directly_standardised([[0, 0]], people, standard, multiplier=1000)
    # √((0.25/1000 + 0.25/500) / 1500) = 0.0007071; times 3.689 and 1000
    assert none.interval.lower[0] == 0
    assert none.interval.upper[0] == pytest.approx(0.7071 * garwood(0).upper[0], abs=1e-3)


def test_a_band_without_residents_is_merged_with_the_next_younger():
    with_gap = directly_standardised([[5, 7, 0]], [[800, 300, 0]], [5, 3, 2])
    merged = directly_standardised([[5, 7]], [[800, 300]], [5, 5])
    assert with_gap.interval.estimate[0] == pytest.approx(merged.interval.estimate[0])
    assert with_gap.merged_bands[0] == 1
    youngest = directly_standardised([[0, 7, 1]], [[0, 300, 90]], [5, 3, 2])
    assert youngest.interval.estimate[0] == pytest.approx(
        directly_standardised([[7, 1]], [[300, 90]], [8, 2]).interval.estimate[0]
    )


def test_both_sexes_are_the_mean_of_the_two():
    rng = np.random.default_rng(1)
    people = rng.integers(100, 400, (2, 19)).astype(float)
    deaths = rng.binomial(people.astype(int), 0.03).astype(float)
    both = directly_standardised(deaths[None], people[None], np.vstack([EUROPEAN, EUROPEAN]))
    each = directly_standardised(deaths, people, EUROPEAN)
    assert both.interval.estimate[0] == pytest.approx(each.interval.estimate.mean())


def test_missing_is_not_zero_and_impossible_is_refused():
    one = directly_standardised([[1, np.nan]], [[10, 10]], [1, 1])
    assert one.interval.method[0] == "none"
    assert np.isnan(one.interval.upper[0])
    with pytest.raises(ValueError, match="without residents"):
        directly_standardised([[1, 2]], [[10, 0]], [1, 1])
    with pytest.raises(ValueError, match="bands differ"):
        directly_standardised([[1, 2]], [[10, 5]], [1, 1, 1])


def test_indirect_standardisation_by_hand():
    # the standard: 20/10,000 and 60/6,000; the place expects 1000 · 0.002 + 500 · 0.01 = 7 and has 12
    args = ([[1000, 500]], [20, 60], [10_000, 6_000])
    assert expected_events(*args)[0] == pytest.approx(7)
    ratio = indirectly_standardised_ratio([12], *args)
    assert ratio.estimate[0] == pytest.approx(1200 / 7)
    assert ratio.lower[0] == pytest.approx(100 * byar(12).lower[0] / 7)


def test_log_ratio_of_two_standardised_rates_by_hand():
    place = directly_standardised([[10, 20]], [[1000, 500]], [3, 1], multiplier=1000)
    rest = directly_standardised([[500, 900]], [[90_000, 40_000]], [3, 1], multiplier=1000)
    # 17.5 (variance 10.625) and 0.75 · 500/90 + 0.25 · 900/40 = 9.7917
    # (0.5625 · 500/90² + 0.0625 · 900/40² = 0.06988): se = √(10.625/306.25 + 0.06988/95.877) = 0.18820
    one = compare_standardised_rates(place, rest, important=1.25, poorer_is="higher")
    assert one.p_value[0] == pytest.approx(stats.norm.sf(np.log(17.5 / 9.7917) / 0.18820), rel=1e-3)
    assert one.p_important[0] == pytest.approx(stats.norm.sf(np.log(17.5 / 9.7917 / 1.25) / 0.18820), rel=1e-3)
    assert one.ratio_lower[0] == pytest.approx(1.7872 * np.exp(-1.95996 * 0.18820), rel=1e-3)
    assert one.test_method[0] == "log ratio"
    points = compare_standardised_rates(place, rest, important=2.0, scale="points", poorer_is="lower")
    assert points.p_better[0] == pytest.approx(stats.norm.sf((17.5 - 9.7917) / np.sqrt(10.625 + 0.06988)), rel=1e-3)


def test_few_events_are_compared_as_counts():
    # one band only: a standardised rate is a crude rate, and so must be its comparison
    place = directly_standardised([[4], [0]], [[900], [900]], [1], multiplier=1000)
    rest = directly_standardised([[100], [100]], [[90_000], [90_000]], [1], multiplier=1000)
    one = compare_standardised_rates(place, rest, important=1.25, poorer_is="higher")
    crude = compare_rates([4, 0], 900, 100, 90_000, important=1.25, scale="ratio", poorer_is="higher")
    np.testing.assert_allclose(one.p_value, crude.p_value, rtol=1e-3)
    np.testing.assert_allclose(one.ratio_lower, crude.ratio_lower, rtol=1e-3)
    assert one.test_method[0] == "conditional binomial, effective counts"
    assert not np.isnan(one.difference_upper).any()


bands = st.lists(st.tuples(st.integers(0, 40), st.integers(50, 900)), min_size=2, max_size=6)


@given(bands, st.floats(0.5, 0.99), st.floats(0.5, 0.99))
@settings(max_examples=50, deadline=None)
def test_limits_hold_the_rate_and_widen_with_confidence(rows, low, high):
    low, high = min(low, high), max(low, high)
    events, people = [[row[0] for row in rows]], [[row[1] for row in rows]]
    standard = np.arange(1, len(rows) + 1)
    narrow = directly_standardised(events, people, standard, low).interval
    wide = directly_standardised(events, people, standard, high).interval
    assert wide.lower[0] <= narrow.lower[0] + 1e-9
    assert narrow.upper[0] <= wide.upper[0] + 1e-9
    if high >= 0.8:
        assert wide.lower[0] - 1e-9 <= wide.estimate[0] <= wide.upper[0] + 1e-9
    order = np.argsort(people[0])
    moved = directly_standardised(np.array(events)[:, order], np.array(people)[:, order], standard[order], low).interval
    assert moved.estimate[0] == pytest.approx(narrow.estimate[0])
