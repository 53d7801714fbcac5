"""Change and trends: published values, independent least squares, and what must always hold."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.change.pooled_dispersion import steadied_dispersion
from indicators.change.trends import LINKS, change, fit_trends
from indicators.observations.comparable_periods import comparable_run

YEARS = np.arange(2014.5, 2021)

# AIDS deaths in Australia by quarter, 1983 to 1986: Dobson (1990), An Introduction to Generalized Linear Models, p. 42.
AIDS = np.array([0, 1, 2, 3, 1, 4, 9, 18, 23, 31, 20, 25, 37, 45.0])

# Beetles killed by carbon disulphide, by log dose: Bliss (1935), as in Dobson (1990), table 8.2.
DOSE = np.array([1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839])
BEETLES = np.array([59, 60, 62, 56, 63, 59, 62, 60.0])
KILLED = np.array([6, 13, 18, 28, 52, 53, 61, 60.0])


def newton(kind: str, x, n, t) -> tuple[np.ndarray, np.ndarray]:
    """Maximise the likelihood of one series by Newton's method on matrices, independently of the code under test."""
    design = np.column_stack([np.ones_like(t), t - t.mean()])
    start = x.sum() / n.sum()
    beta = np.array([np.log(start / (1 - start)) if kind == "proportion" else np.log(start), 0.0])
    for _ in range(60):
        eta = design @ beta
        value = 1 / (1 + np.exp(-eta)) if kind == "proportion" else np.exp(eta)
        weight = n * (value * (1 - value) if kind == "proportion" else value)
        information = design.T @ (weight[:, None] * design)
        beta = beta + np.linalg.solve(information, design.T @ (x - n * value))
    pearson = ((x - n * value) ** 2 / weight).sum() / (len(x) - 2)
    return beta, np.linalg.inv(information) * max(pearson, 1.0)


def test_poisson_trend_of_aids_deaths_has_the_published_slope() -> None:
    out = fit_trends("rate", [AIDS], np.ones(14), np.arange(1.0, 15), steady=False)
    # Poisson regression on the quarter: intercept 0.3396, slope 0.2565 (Venables and Ripley's and others' fits of it)
    assert out.slope[0] == pytest.approx(0.2565, abs=5e-5)
    assert out.level[0] - out.slope[0] * 7.5 == pytest.approx(0.3396, abs=5e-5)


def test_logistic_trend_of_beetles_has_the_published_slope() -> None:
    out = fit_trends("proportion", [KILLED], [BEETLES], DOSE, steady=False)
    # Dobson (1990), table 8.4: intercept -60.72, slope 34.27
    assert out.slope[0] == pytest.approx(34.27, abs=5e-3)
    assert out.level[0] - out.slope[0] * DOSE.mean() == pytest.approx(-60.72, abs=1e-2)


@pytest.mark.parametrize("kind", ["rate", "proportion"])
def test_fit_and_limits_are_those_of_an_independent_newton(kind) -> None:
    rng = np.random.default_rng(8)
    n = rng.integers(400, 900, 7).astype(float)
    x = rng.binomial(n.astype(int), np.linspace(0.1, 0.3, 7)).astype(float) + rng.uniform(-3, 3, 7)
    beta, covariance = newton(kind, x, n, YEARS)
    out = fit_trends(kind, [x], [n], YEARS, steady=False)
    assert out.level[0] == pytest.approx(beta[0])
    assert out.slope[0] == pytest.approx(beta[1])
    v00, v01, v11 = (one[0] for one in out.covariance)
    np.testing.assert_allclose([v00, v01, v11], [covariance[0, 0], covariance[0, 1], covariance[1, 1]], rtol=1e-6)
    # projected three years on: line error and the scatter of one figure, Student's t on five degrees of freedom
    ahead = np.array([1.0, 6.0])
    eta = ahead @ beta
    value = 1 / (1 + np.exp(-eta)) if kind == "proportion" else np.exp(eta)
    information = n[-1] * (value * (1 - value) if kind == "proportion" else value)
    error = np.sqrt(ahead @ covariance @ ahead + out.dispersion[0] / information)
    low = eta - 2.570582 * error
    low = 1 / (1 + np.exp(-low)) if kind == "proportion" else np.exp(low)
    got = out.project(3)
    assert got.estimate[0] == pytest.approx(value)
    assert got.lower[0] == pytest.approx(low, rel=1e-6)


def test_means_are_weighted_least_squares_on_the_logarithm() -> None:
    value, weight = np.array([5.1, 5.3, 5.2, 5.6, 5.5]), np.array([40, 50, 45, 60, 55.0])
    years = np.arange(2015.0, 2020)
    root = np.sqrt(weight)
    design = np.column_stack([np.ones(5), years - years.mean()])
    beta, *_ = np.linalg.lstsq(design * root[:, None], np.log(value) * root, rcond=None)
    out = fit_trends("mean", [value], [weight], years, steady=False)
    assert out.annual_change.estimate[0] == pytest.approx(np.expm1(beta[1]))
    residual = ((np.log(value) - design @ beta) ** 2 * weight).sum() / 3
    covariance = residual * np.linalg.inv(design.T @ (weight[:, None] * design))
    # Student's t on three degrees of freedom, 97.5 %: 3.182446
    high = np.expm1(beta[1] + 3.182446 * np.sqrt(covariance[1, 1]))
    assert out.annual_change.upper[0] == pytest.approx(high, rel=1e-6)


def test_annual_change_of_a_proportion_by_hand() -> None:
    # An exact logistic line from 0.2 to 0.4 in two years: the even yearly step is sqrt(2).
    middle = 1 / (1 + np.exp(-(np.log(0.25) + np.log(2 / 3)) / 2))
    out = fit_trends("proportion", [[200, 1000 * middle, 400]], [1000] * 3, [2015, 2016, 2017], steady=False)
    assert out.annual_change.estimate[0] == pytest.approx(np.sqrt(2) - 1)


def test_rows_with_missing_periods_are_those_of_the_periods_they_have() -> None:
    x = np.array([[10, np.nan, 14, 12, 19, np.nan, 25.0]])
    n = np.full(7, 500.0)
    keep = np.isfinite(x[0])
    whole = fit_trends("rate", x, n, YEARS, steady=False)
    part = fit_trends("rate", x[:, keep], n[keep], YEARS[keep], steady=False)
    assert whole.periods[0] == 5
    assert whole.annual_change.lower[0] == pytest.approx(part.annual_change.lower[0])
    assert whole.project(10).upper[0] == pytest.approx(part.project(10).upper[0])


def test_no_trend_from_two_periods_or_from_events_in_one_end_period() -> None:
    x = [[5, 7, np.nan], [0, 0, 9], [0, 9, 0], [0, 0, 0], [4, 5, 6]]
    out = fit_trends("rate", x, [100.0] * 3, [2015, 2016, 2017])
    assert out.is_fitted.tolist() == [False, False, True, False, True]
    assert np.isnan(out.annual_change.estimate[0])
    assert out.project(1).method[1] == "none"
    everyone = fit_trends("proportion", [[100, 100, 100], [99, 100, 100]], [100.0] * 3, [2015, 2016, 2017])
    assert not everyone.is_fitted.any()


def test_means_below_zero_have_no_trend() -> None:
    out = fit_trends("mean", [[1.0, -2.0, 3.0], [1.0, 2.0, 3.0]], [1.0] * 3, [2015, 2016, 2017])
    assert out.is_fitted.tolist() == [False, True]


def test_trend_and_prediction_intervals_cover() -> None:
    rng = np.random.default_rng(12)
    rows, years = 3000, np.arange(6.0)
    people = rng.integers(800, 6000, rows).astype(float)[:, None]
    truth = 0.06 * np.exp(0.05 * years)
    # twice the Poisson variance, from place to place alike
    counts = rng.negative_binomial(people * truth, 0.5).astype(float)
    out = fit_trends("rate", counts, people, years)
    held = (out.annual_change.lower <= np.expm1(0.05)) & (out.annual_change.upper >= np.expm1(0.05))
    assert held.mean() == pytest.approx(0.95, abs=0.02)
    assert out.dispersion.mean() == pytest.approx(2.0, abs=0.15)
    later = rng.negative_binomial(people[:, 0] * 0.06 * np.exp(0.05 * 8), 0.5) / people[:, 0]
    ahead = out.project(3)
    assert ((ahead.lower <= later) & (later <= ahead.upper)).mean() == pytest.approx(0.95, abs=0.02)


@given(
    st.sampled_from(sorted(LINKS)),
    st.lists(st.integers(1, 400), min_size=3, max_size=9),
    st.floats(0.5, 0.99),
)
def test_intervals_hold_their_estimates_and_proportions_stay_between_0_and_1(kind, counts, confidence) -> None:
    x = np.array(counts, dtype=float)
    out = fit_trends(kind, [x], np.full(len(x), 500.0), np.arange(len(x)) + 2010.0, confidence=confidence)
    for one in (out.annual_change, out.project(0), out.project(10), out.fitted(2012.0)):
        if np.isfinite(one.lower[0]) and np.isfinite(one.upper[0]):
            assert one.lower[0] <= one.estimate[0] * (1 + 1e-9)
            assert one.estimate[0] <= one.upper[0] * (1 + 1e-9)
    if kind == "proportion" and out.is_fitted[0]:
        assert 0 <= out.project(10).lower[0] <= out.project(10).upper[0] <= 1


def test_change_between_two_proportions_is_newcombes() -> None:
    from indicators.intervals.counts import wilson
    from indicators.two_groups.effects import difference_of_proportions

    before, after = wilson(48, 80), wilson(56, 70)
    out = change(*before[:3], *after[:3])
    published = difference_of_proportions(56, 70, 48, 80)
    assert out.lower[0] == pytest.approx(published.lower[0])
    assert out.lower[0] == pytest.approx(0.0524, abs=5e-5)  # Newcombe (1998), table II (a), method 10
    assert change(0.1, 0.05, np.nan, 0.2, 0.1, 0.3).method[0] == "none"


# ---- periods that compare


def calendar(*years: int) -> tuple[list[dt.date], list[dt.date]]:
    return [dt.date(y, 1, 1) for y in years], [dt.date(y, 12, 31) for y in years]


def test_a_trend_never_crosses_a_break() -> None:
    run = comparable_run(*calendar(2013, 2014, 2015, 2016, 2017), [dt.date(2015, 1, 1)])
    assert run.keep.tolist() == [False, False, True, True, True]
    assert run.begins_after == dt.date(2015, 1, 1)
    assert run.ends_before is None
    assert run.years[2:].round(2).tolist() == [2015.5, 2016.5, 2017.5]


def test_a_period_that_a_break_cuts_in_two_is_left_out() -> None:
    run = comparable_run(*calendar(2015, 2016, 2017), [dt.date(2016, 7, 1)])
    assert run.keep.tolist() == [False, False, True]


def test_breaks_outside_the_series_change_nothing() -> None:
    run = comparable_run(*calendar(2015, 2016, 2017), [dt.date(2001, 1, 1), dt.date(2020, 1, 1)])
    assert run.keep.all()
    assert run.begins_after is None
    assert run.ends_before is None


def test_one_figure_after_a_break_tells_no_change_so_the_run_before_it_is_taken() -> None:
    run = comparable_run(*calendar(2014, 2015, 2016, 2017, 2020), [dt.date(2020, 1, 1)])
    assert run.keep.tolist() == [True, True, True, True, False]
    assert run.ends_before == dt.date(2020, 1, 1)
    assert comparable_run(*calendar(2014, 2015, 2016, 2017, 2020), [dt.date(2020, 1, 1)], wanted=1).keep.sum() == 1


def test_overlapping_averages_are_counted_once() -> None:
    # three-year averages published every year, 2011-13 to 2017-19: of seven, three do not overlap
    starts = [dt.date(y, 1, 1) for y in range(2011, 2018)]
    ends = [dt.date(y + 2, 12, 31) for y in range(2011, 2018)]
    run = comparable_run(starts, ends)
    assert np.flatnonzero(run.keep).tolist() == [0, 3, 6]
    assert run.dropped_by_overlap == 4


@given(st.lists(st.integers(1990, 2030), min_size=1, max_size=12, unique=True), st.lists(st.dates(), max_size=4))
def test_periods_kept_lie_between_the_same_breaks_and_never_overlap(years, breaks) -> None:
    starts, ends = calendar(*years)
    run = comparable_run(starts, ends, breaks)
    kept = sorted((starts[i], ends[i]) for i in np.flatnonzero(run.keep))
    if kept:
        assert not any(kept[0][0] < one <= kept[-1][1] for one in breaks)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(kept))


# ---- steadied dispersion


def test_steadied_dispersion_recovers_the_prior() -> None:
    rng = np.random.default_rng(6)
    # s2 ~ phi0 F(d, d0): phi0 = 3, d0 = 8, d = 4 (Smyth 2004, section 4)
    s2 = 3 * rng.f(4, 8, 20000)
    out = steadied_dispersion(s2, np.full(20000, 4.0))
    prior = out.freedom[0] - 4
    assert prior == pytest.approx(8, rel=0.1)
    phi0 = (out.dispersion[0] * out.freedom[0] - 4 * s2[0]) / prior
    assert phi0 == pytest.approx(3, rel=0.05)


def test_a_guest_is_drawn_toward_a_family_that_it_does_not_teach() -> None:
    # rows that scatter no more than chance are given their mean, 5.05 / 5; the guest's 9 is no part of it
    scatter, freedom = [1.0, 1.1, 0.9, 1.0, 1.05, 9.0], [4.0] * 6
    out = steadied_dispersion(scatter, freedom, teaches=[True] * 5 + [False])
    assert out.dispersion.tolist() == pytest.approx([1.01] * 6)
    assert steadied_dispersion(scatter, freedom).dispersion[0] > 1.01


def test_small_families_keep_their_own_dispersion() -> None:
    out = steadied_dispersion([2.0, 9.0, np.nan], [1.0, 2.0, 1.0], family=["a", "b", "b"])
    assert out.dispersion[:2].tolist() == [2.0, 9.0]
    assert out.freedom[:2].tolist() == [1.0, 2.0]
    assert np.isnan(out.dispersion[2])


def test_a_share_published_without_counts_never_leads_beyond_all_of_them():
    """Two thirds to nine tenths in six years: a line goes past 100 % in ten more, its logit never."""
    shares = [[0.667, 0.711, 0.80, 0.896, 0.808, 0.912]]
    people = np.full((1, 6), 45.0)
    years = np.arange(2017.0, 2023.0)
    out = fit_trends("bounded mean", shares, people, years, multiplier=100.0, steady=False)
    straight = np.polyfit(years, shares[0], 1)
    assert np.polyval(straight, 2032) > 1
    for ahead in (1, 3, 10):
        found = out.project(ahead)
        assert 0 <= found.lower[0] <= found.estimate[0] <= found.upper[0] <= 100
    assert out.annual_change.estimate[0] > 0
    # all of them, and none: half a person short, so that the logit exists
    whole = fit_trends("bounded mean", [[1.0, 1.0, 1.0, 0.0]], np.full((1, 4), 10.0), [2018.0, 2019, 2020, 2021])
    assert np.isfinite(whole.project(3).estimate).all()
