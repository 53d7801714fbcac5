"""Inequality: published values, values worked by hand, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.inequality.concentration_index import concentration_index
from indicators.inequality.duncan_index import duncan_index
from indicators.inequality.fifths import count_gaps, mean_gaps
from indicators.inequality.relative_index import relative_index
from indicators.inequality.ridits import fifths, ridits
from indicators.inequality.slope_index import slope_indices

# India 1982-92, births and under-five deaths per 1,000 by fifth of wealth, poorest first: World Bank, Quantitative
# Techniques for Health Equity Analysis, technical note 7, table 1.
BIRTHS, DEATHS = np.array([29939, 28776, 26528, 24689, 19739.0]), np.array([154.7, 152.9, 119.5, 86.9, 54.3])
POOREST_FIRST = np.array([5.0, 4, 3, 2, 1])

# Ten deciles of an area, life expectancy: the example in the manual of UKHSA's PHEindicatormethods::phe_sii ("Area1").
PEOPLE = np.array([7291, 7997, 6105, 7666, 5790, 6934, 5918, 5974, 7147, 7534.0])
YEARS = np.array([75.9, 78.3, 83.8, 83.6, 80.5, 81.1, 81.7, 84.2, 80.6, 86.3])


def improvement_service_index(value, deprived, others) -> float:
    """Compute the published formula as written, low to high, for zones without ties."""
    by = np.argsort(value)
    a, b = np.cumsum(deprived[by]) / deprived.sum(), np.cumsum(others[by]) / others.sum()
    return float((a[:-1] * b[1:]).sum() - (a[1:] * b[:-1]).sum())


def zones(count: int = 12):
    whole = st.integers(1, 500)
    row = st.tuples(st.integers(0, 10_000), whole, whole)
    return st.lists(row, min_size=4, max_size=count, unique_by=lambda one: one[0]).map(
        lambda rows: tuple(np.array(column, dtype=float) for column in zip(*rows, strict=True))
    )


@given(zones())
def test_duncan_index_is_the_improvement_service_formula_and_its_sign_follows_direction(table) -> None:
    value, deprived, others = table
    published = improvement_service_index(value, deprived, others)
    lower = duncan_index(value, deprived, others, poorer_is="lower")
    higher = duncan_index(value, deprived, others, poorer_is="higher")
    assert lower.estimate[0, 0] == pytest.approx(published, abs=1e-9)
    assert higher.estimate[0, 0] == pytest.approx(-published, abs=1e-9)
    assert -1 <= lower.lower[0, 0] <= lower.estimate[0, 0] <= lower.upper[0, 0] <= 1


def test_duncan_index_is_0_where_everyone_is_spread_alike_and_1_where_wholly_apart() -> None:
    value = np.array([1.0, 2, 3, 4])
    assert duncan_index(value, [1, 2, 3, 4], [2, 4, 6, 8]).estimate[0, 0] == pytest.approx(0)
    assert duncan_index(value, [0, 0, 3, 4], [2, 4, 0, 0]).estimate[0, 0] == pytest.approx(1)


def test_duncan_index_does_not_depend_on_the_order_of_tied_zones() -> None:
    # Two tied zones are one zone of 9 deprived and 5 others against one of 1 and 5: 2 (.9 x .75 + .1 x .25) - 1 = 0.4
    first = duncan_index([20, 20, 10], [6, 3, 1], [2, 3, 5])
    second = duncan_index([20, 20, 10], [3, 6, 1], [3, 2, 5])
    assert first.estimate[0, 0] == pytest.approx(0.4)
    assert second.estimate[0, 0] == pytest.approx(0.4)


def test_duncan_index_is_not_given_where_over_a_fifth_of_zones_have_no_value() -> None:
    value = np.array([1.0, 2, 3, 4, np.nan, np.nan])
    assert np.isnan(duncan_index(value, np.arange(1.0, 7), np.ones(6)).estimate[0, 0])
    assert np.isfinite(duncan_index(value[:5], np.arange(1.0, 6), np.ones(5)).estimate[0, 0])


def test_duncan_interval_is_the_jackknife_by_leaving_zones_out() -> None:
    rng = np.random.default_rng(1)
    deprived, others = rng.integers(5, 300, 300).astype(float), rng.integers(200, 900, 300).astype(float)
    value = deprived / (deprived + others) + rng.normal(0, 0.2, 300)
    out = duncan_index(value, deprived, others)
    left_out = np.array([
        duncan_index(np.delete(value, i), np.delete(deprived, i), np.delete(others, i)).estimate[0, 0]
        for i in range(300)
    ])  # fmt: skip
    error = np.sqrt(299 / 300 * ((left_out - left_out.mean()) ** 2).sum())
    assert (out.upper - out.lower)[0, 0] / 2 / 1.959964 == pytest.approx(error, rel=0.02)


def test_concentration_index_of_india_is_the_published_one() -> None:
    out = concentration_index(DEATHS, BIRTHS, POOREST_FIRST)
    assert out.estimate[0, 0] == pytest.approx(-0.1694, abs=5e-5)  # technical note 7, table 1
    # and twice the area between the curve and the diagonal, by the trapezoid rule
    p = np.r_[0, np.cumsum(BIRTHS) / BIRTHS.sum()]
    curve = np.r_[0, np.cumsum(BIRTHS * DEATHS) / (BIRTHS * DEATHS).sum()]
    assert out.estimate[0, 0] == pytest.approx(1 - (np.diff(p) * (curve[1:] + curve[:-1])).sum(), abs=1e-12)


def test_concentration_variance_is_equation_14_worked_step_by_step() -> None:
    f = BIRTHS / BIRTHS.sum()
    mean = (f * DEATHS).sum()
    rank = np.cumsum(f) - f / 2
    c = 2 / mean * (f * DEATHS * rank).sum() - 1
    q = np.cumsum(f * DEATHS) / mean
    a = DEATHS / mean * (2 * rank - 1 - c) + 2 - np.r_[0, q[:-1]] - q
    variance = ((f * a**2).sum() - (1 + c) ** 2) / 5
    out = concentration_index(DEATHS, BIRTHS, POOREST_FIRST)
    # Student's t, four degrees of freedom, 97.5 %: 2.776445
    assert out.upper[0, 0] - out.estimate[0, 0] == pytest.approx(2.776445 * np.sqrt(variance), rel=1e-6)


@given(zones())
def test_concentration_index_flips_when_the_order_is_reversed(table) -> None:
    value, people, other = table
    forward = concentration_index(value + 1, people, other)
    backward = concentration_index(value + 1, people, -other)
    assert forward.estimate[0, 0] == pytest.approx(-backward.estimate[0, 0], abs=1e-9)
    assert forward.lower[0, 0] - 1e-12 <= forward.estimate[0, 0] <= forward.upper[0, 0] + 1e-12


def test_concentration_index_is_0_where_all_zones_are_alike() -> None:
    assert concentration_index([7.0] * 4, [1, 2, 3, 4], [4, 3, 2, 1]).estimate[0, 0] == pytest.approx(0)


def test_slope_index_is_public_health_englands_regression() -> None:
    # Y sqrt(a) on sqrt(a) and b sqrt(a), a the share of the population, b the relative rank (Low and Low 2004), by an
    # independent least squares; decile 1 is the most deprived.
    share = PEOPLE / PEOPLE.sum()
    rank = np.cumsum(share) - share / 2
    root = np.sqrt(share)
    (start, slope), *_ = np.linalg.lstsq(np.column_stack([root, rank * root]), YEARS * root, rcond=None)
    out = slope_indices(YEARS, PEOPLE, -np.arange(10.0))
    # ours runs from the least to the most deprived
    assert out.slope.estimate[0, 0] == pytest.approx(-slope)
    assert out.relative.estimate[0, 0] == pytest.approx(start / (start + slope))


def test_slope_error_is_hc3_by_matrices() -> None:
    share = PEOPLE / PEOPLE.sum()
    rank = np.cumsum(share) - share / 2
    design, weight = np.column_stack([np.ones(10), rank]), np.diag(share)
    bread = np.linalg.inv(design.T @ weight @ design)
    residual = YEARS - design @ bread @ design.T @ weight @ YEARS
    hat = np.diag(design @ bread @ design.T @ weight)
    meat = design.T @ weight @ np.diag((residual / (1 - hat)) ** 2) @ weight @ design
    error = np.sqrt((bread @ meat @ bread)[1, 1])
    out = slope_indices(YEARS, PEOPLE, -np.arange(10.0)).slope
    # Student's t, eight degrees of freedom, 97.5 %: 2.306004
    assert out.upper[0, 0] - out.estimate[0, 0] == pytest.approx(2.306004 * error, rel=1e-6)


def test_slope_interval_covers() -> None:
    rng = np.random.default_rng(7)
    people = rng.integers(500, 1200, (40, 400)).astype(float)
    truth = 10 + 20 * (ridits(np.arange(40.0), people) - 0.5)
    value = truth + rng.normal(0, 1, truth.shape) * (2 + truth / 5)  # spread that grows with the value
    out = slope_indices(value, people, np.arange(40.0)).slope
    held = ((out.lower <= 20) & (out.upper >= 20)).mean()
    assert held == pytest.approx(0.95, abs=0.03)


@given(zones())
def test_slope_and_relative_index_flip_with_the_order_and_hold_their_estimates(table) -> None:
    value, people, other = table
    forward, backward = slope_indices(value, people, other), slope_indices(value, people, -other)
    assert forward.slope.estimate[0, 0] == pytest.approx(-backward.slope.estimate[0, 0], abs=1e-6)
    for one in forward:
        if np.isfinite(one.estimate[0, 0]):
            assert one.lower[0, 0] <= one.estimate[0, 0] <= one.upper[0, 0]
    if np.isfinite(forward.relative.estimate[0, 0]):
        assert forward.relative.estimate[0, 0] * backward.relative.estimate[0, 0] == pytest.approx(1)


def test_relative_index_is_not_given_where_the_line_passes_0() -> None:
    out = slope_indices([0.0, 0.0, 0.0, 100.0], [1, 1, 1, 1], [1, 2, 3, 4])
    assert np.isfinite(out.slope.estimate[0, 0])
    assert np.isnan(out.relative.estimate[0, 0])
    assert out.relative.method[0, 0] == "none"


def test_multiplicative_relative_index_is_poisson_regression_by_matrices() -> None:
    # the deaths of India again, with births as exposure: Newton on the Poisson likelihood, then the HC3 sandwich
    share = BIRTHS / BIRTHS.sum()
    ridit = 1 - (np.cumsum(share) - share / 2)
    design, beta = np.column_stack([np.ones(5), ridit]), np.array([np.log(120.0), 0.0])
    for _ in range(50):
        fitted = np.exp(design @ beta)
        bread = np.linalg.inv(design.T @ ((BIRTHS * fitted)[:, None] * design))
        beta = beta + bread @ design.T @ (BIRTHS * (DEATHS - fitted))
    out = relative_index(DEATHS, BIRTHS, POOREST_FIRST)
    # the poorest are the most deprived: ridit 1
    assert out.estimate[0, 0] == pytest.approx(np.exp(beta[1]), rel=1e-9)
    hat = np.einsum("ij,jk,ik->i", design, bread, design) * BIRTHS * fitted
    score = design * (BIRTHS * (DEATHS - fitted) / (1 - hat))[:, None]
    error = np.sqrt((bread @ score.T @ score @ bread)[1, 1])
    # Student's t, three degrees of freedom, 97.5 %: 3.182446
    assert out.upper[0, 0] == pytest.approx(np.exp(beta[1] + 3.182446 * error), rel=1e-6)


@given(zones())
def test_multiplicative_relative_index_turns_over_with_the_order(table) -> None:
    value, people, other = table
    forward, backward = relative_index(value + 1, people, other), relative_index(value + 1, people, -other)
    # two zones' worth of people apart, or all equally deprived: nothing fits either way
    assert np.isfinite(forward.estimate[0, 0]) == np.isfinite(backward.estimate[0, 0])
    if np.isfinite(forward.estimate[0, 0]):
        assert forward.estimate[0, 0] * backward.estimate[0, 0] == pytest.approx(1, rel=1e-6)
        assert forward.lower[0, 0] <= forward.estimate[0, 0] <= forward.upper[0, 0]


def test_multiplicative_relative_index_is_given_where_the_straight_line_fails() -> None:
    out = relative_index([0.0, 1.0, 3.0, 100.0], [1, 1, 1, 1], [1, 2, 3, 4])
    assert out.estimate[0, 0] > 100
    # events in the last zone only: no finite index
    assert np.isnan(relative_index([0.0, 0.0, 0.0, 100.0], [1, 1, 1, 1], [1, 2, 3, 4]).estimate[0, 0])
    assert np.isnan(relative_index([0.0, 0.0, 0.0], [1, 1, 1], [1, 2, 3]).estimate[0, 0])


def test_multiplicative_relative_index_covers() -> None:
    rng = np.random.default_rng(17)
    people = rng.integers(500, 1200, (40, 400)).astype(float)
    truth = 0.02 * np.exp(np.log(8) * ridits(np.arange(40.0), people))
    events = rng.poisson(people * truth * rng.gamma(20, 1 / 20, truth.shape))
    out = relative_index(events / people, people, np.arange(40.0))
    assert ((out.lower <= 8) & (out.upper >= 8)).mean() == pytest.approx(0.95, abs=0.03)


def test_ridits_average_one_half_and_ignore_the_order_of_rows() -> None:
    rng = np.random.default_rng(2)
    value, people, group = rng.integers(0, 9, 60).astype(float), rng.integers(1, 99, 60), rng.integers(0, 3, 60)
    out = ridits(value, people, group)[:, 0]
    for one in range(3):
        inside = group == one
        assert np.average(out[inside], weights=people[inside]) == pytest.approx(0.5)
    shuffled = rng.permutation(60)
    np.testing.assert_allclose(ridits(value[shuffled], people[shuffled], group[shuffled])[:, 0], out[shuffled])


def test_ridits_of_several_series_are_those_of_each() -> None:
    rng = np.random.default_rng(4)
    value, people = rng.normal(size=(30, 3)), rng.integers(0, 50, (30, 3)).astype(float)
    value[3, 1] = np.nan
    together = ridits(value, people)
    for k in range(3):
        np.testing.assert_allclose(together[:, k], ridits(value[:, k], people[:, k])[:, 0])
    assert np.isnan(together[3, 1])
    assert np.isnan(together[people == 0]).all()


def test_fifths_are_equal_in_people_and_local_to_their_group() -> None:
    rank = np.arange(200.0)
    group = np.repeat([0, 1], 100)
    out = fifths(rank, np.ones(200), group)
    assert np.bincount(out[:100]).tolist() == [0, 20, 20, 20, 20, 20]
    assert out[100] == 1
    assert out[199] == 5
    assert fifths([1.0, 2.0], [0, 10]).tolist() == [0, 3]


def test_gap_ratio_and_attributable_share_by_hand() -> None:
    # fifths of 100 people with 5, 9, 10, 14 and 25: gap 20 points, ratio 5, attributable 1 - 5 / 12.6
    out = count_gaps("proportion", [5, 9, 10, 14, 25], [100] * 5, [1, 2, 3, 4, 5], multiplier=100)
    assert out.gap.estimate[0, 0] == pytest.approx(20)
    assert out.ratio.estimate[0, 0] == pytest.approx(5)
    assert out.attributable.estimate[0, 0] == pytest.approx(1 - 5 / 12.6)
    assert out.gap.method[0, 0] == "Newcombe"
    for one in out:
        assert one.lower[0, 0] < one.estimate[0, 0] < one.upper[0, 0]


def test_attributable_limits_are_those_of_the_rest_against_the_least_deprived() -> None:
    from indicators.two_groups.effects import ratio_of_proportions

    out = count_gaps("proportion", [5, 9, 10, 14, 25], [100] * 5, [1, 2, 3, 4, 5]).attributable
    rest = ratio_of_proportions(58, 400, 5, 100)
    assert out.lower[0, 0] == pytest.approx(1 - 1 / (0.2 + 0.8 * rest.lower[0]))
    assert out.upper[0, 0] == pytest.approx(1 - 1 / (0.2 + 0.8 * rest.upper[0]))


def test_rates_take_counts_that_are_not_whole() -> None:
    out = count_gaps("rate", [10.5, 0, 0, 0, 40.25], [1000.0] * 5, [1, 2, 3, 4, 5], multiplier=1000)
    assert out.gap.estimate[0, 0] == pytest.approx(29.75)
    assert out.ratio.lower[0, 0] < 40.25 / 10.5 < out.ratio.upper[0, 0]


def test_gaps_of_means_by_hand() -> None:
    # Fifth 1: 4, 6 (mean 5, variance 2, of the mean 1); fifth 5: 9, 11 (10, 1): gap 5, error sqrt 2.
    out = mean_gaps([4.0, 6, 5, 9, 11], np.ones(5), [1, 1, 3, 5, 5])
    assert out.gap.upper[0, 0] == pytest.approx(5 + 1.959964 * np.sqrt(2))
    # rest: 5, 9, 11: mean 25/3; whole 7; attributable 1 - 5/7
    assert out.attributable.estimate[0, 0] == pytest.approx(1 - 5 / 7)


def test_an_empty_fifth_gives_nothing_rather_than_zero() -> None:
    out = count_gaps("proportion", [5, 9], [100, 100], [2, 3])
    assert np.isnan(out.gap.estimate[0, 0])
    assert out.gap.method[0, 0] == "none"


def test_groups_and_series_are_computed_apart() -> None:
    rng = np.random.default_rng(9)
    group = np.repeat([0, 1, 2], 25)
    value, people = rng.gamma(3, 2, (75, 4)), rng.integers(300, 1200, (75, 4)).astype(float)
    deprivation = rng.uniform(size=75)
    together = concentration_index(value, people, deprivation, group)
    slopes = slope_indices(value, people, deprivation, group)
    duncan = duncan_index(value, people[:, 0], people[:, 1], group)
    for g in range(3):
        inside = group == g
        for k in range(4):
            alone = concentration_index(value[inside, k], people[inside, k], deprivation[inside])
            assert together.lower[g, k] == pytest.approx(alone.lower[0, 0])
            slope = slope_indices(value[inside, k], people[inside, k], deprivation[inside])
            assert slopes.relative.upper[g, k] == pytest.approx(slope.relative.upper[0, 0])
            one = duncan_index(value[inside, k], people[inside, 0], people[inside, 1])
            assert duncan.lower[g, k] == pytest.approx(one.lower[0, 0])
