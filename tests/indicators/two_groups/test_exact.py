"""Exact conditional tests, their fast stand-ins, and score tests, against scipy and worked examples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from indicators.two_groups.binomial_tails import EXACT_BELOW_EVENTS, rate_ratio_lower_limit, share_tails
from indicators.two_groups.exact import conditional_binomial_tails, conditional_hypergeometric_tails
from indicators.two_groups.score import score_deviate


def one(*values):
    return [np.array([float(value)]) for value in values]


def test_fishers_tea():
    # Fisher (1935) The Design of Experiments, ch. II: 3 of 4 cups; (16 + 1) of 70 ways are as good or better.
    above, below = conditional_hypergeometric_tails(*one(3, 4, 1, 4), np.array([[1.0]]))
    assert above[0, 0] == pytest.approx(17 / 70)
    assert below[0, 0] == pytest.approx(69 / 70)
    assert above[0, 0] == pytest.approx(stats.fisher_exact([[3, 1], [1, 3]], alternative="greater").pvalue)


@given(
    x1=st.integers(0, 30), y1=st.integers(1, 40), x2=st.integers(0, 40), y2=st.integers(1, 400), psi=st.floats(0.2, 5)
)
@settings(max_examples=40, deadline=None)
def test_noncentral_hypergeometric_agrees_with_scipy(x1, y1, x2, y2, psi):
    n1, n2 = x1 + y1, x2 + y2
    above, below = conditional_hypergeometric_tails(*one(x1, n1, x2, n2), np.array([[psi]]))
    known = stats.nchypergeom_fisher(n1 + n2, n1, x1 + x2, psi)
    assert below[0, 0] == pytest.approx(known.cdf(x1), abs=1e-9)
    assert above[0, 0] == pytest.approx(known.sf(x1 - 1), abs=1e-9)


def test_many_rows_at_once_equal_each_row_alone():
    rng = np.random.default_rng(3)
    n1, n2 = rng.integers(5, 60, 300).astype(float), rng.integers(50, 900, 300).astype(float)
    x1, x2 = rng.binomial(n1.astype(int), 0.06).astype(float), rng.binomial(n2.astype(int), 0.05).astype(float)
    psi = rng.uniform(0.5, 3, (300, 2))
    together = conditional_hypergeometric_tails(x1, n1, x2, n2, psi)
    for row in range(0, 300, 37):
        alone = conditional_hypergeometric_tails(*(v[row : row + 1] for v in (x1, n1, x2, n2)), psi[row : row + 1])
        np.testing.assert_allclose(alone[0][0], together[0][row], rtol=1e-12)
        np.testing.assert_allclose(alone[1][0], together[1][row], rtol=1e-12)


@given(x1=st.integers(0, 400), x2=st.integers(0, 400), share=st.floats(0.01, 0.99))
@settings(max_examples=60, deadline=None)
def test_conditional_binomial_agrees_with_scipy(x1, x2, share):
    above, below = conditional_binomial_tails(*one(x1, x2), np.array([[share]]))
    assert above[0, 0] == pytest.approx(stats.binom.sf(x1 - 1, x1 + x2, share), rel=1e-8, abs=1e-12)
    assert below[0, 0] == pytest.approx(stats.binom.cdf(x1, x1 + x2, share), rel=1e-8, abs=1e-12)


def test_the_fast_tails_are_as_good_as_they_say():
    # Peizer and Pratt's formula from 30 events upward: 0.1 % of any tail above 0.0001.
    rng = np.random.default_rng(1)
    x1 = np.exp(rng.uniform(np.log(EXACT_BELOW_EVENTS), 8, 20_000)).round()
    x2 = np.exp(rng.uniform(np.log(EXACT_BELOW_EVENTS), 14, 20_000)).round()
    odd = x1 / x2 * np.exp(rng.normal(size=len(x1)) * 1.5 / np.sqrt(np.minimum(x1, x2)))
    share = odd / (1 + odd)
    for ours, theirs in zip(
        share_tails(x1, x2, share),
        (stats.binom.sf(x1 - 1, x1 + x2, share), stats.binom.cdf(x1, x1 + x2, share)),
        strict=True,
    ):
        seen = theirs > 1e-4
        np.testing.assert_allclose(ours[seen], theirs[seen], rtol=1e-3)


def test_few_events_take_the_exact_tails():
    x1, x2, share = np.array([0.0, 29.0, 4.0]), np.array([50.0, 2e5, 4.0]), np.array([0.01, 1e-4, 0.5])
    above, below = share_tails(x1, x2, share)
    np.testing.assert_allclose(above, stats.binom.sf(x1 - 1, x1 + x2, share), rtol=1e-9)
    np.testing.assert_allclose(below, stats.binom.cdf(x1, x1 + x2, share), rtol=1e-9)


def test_rate_ratio_is_the_published_example_of_r():
    # The documentation of R's poisson.test: 11 events in 800 against 21 in 3011 (Box, Hunter and Hunter); rate ratio
    # 1.971488, 95 % limits 0.8584264 and 4.2772659.
    z = stats.norm.ppf(0.975)
    assert rate_ratio_lower_limit(*one(11, 800, 21, 3011), z)[0] == pytest.approx(0.8584264, rel=1e-4)
    assert 1 / rate_ratio_lower_limit(*one(21, 3011, 11, 800), z)[0] == pytest.approx(4.2772659, rel=1e-4)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.998])
def test_fast_limits_of_a_rate_ratio_are_the_exact_ones(confidence):
    rng = np.random.default_rng(2)
    x1 = np.r_[0, 3, 29, np.exp(rng.uniform(3.4, 9, 500)).round()]
    x2 = np.r_[0, 40, 3, np.exp(rng.uniform(3.4, 14, 500)).round()]
    ones, z = np.ones(len(x1)), stats.norm.ppf((1 + confidence) / 2)
    for few, many in ((x1, x2), (x2, x1)):
        # Clopper and Pearson's lower limit of the share of events in the first group, turned into a ratio
        share = np.nan_to_num(stats.beta.ppf((1 - confidence) / 2, few, many + 1))
        found = rate_ratio_lower_limit(few, ones, many, ones, z)
        np.testing.assert_allclose(found, share / (1 - share), rtol=1e-4)


def restricted_likelihood_z(x1, n1, x2, n2, second_of_first, numerator):
    """z with the two proportions that maximise the likelihood, found by search and not by formula."""

    def minus_log(p1):
        p2 = second_of_first(p1)
        if not (0 < p1 < 1 and 0 < p2 < 1):
            return np.inf
        return -(x1 * np.log(p1) + (n1 - x1) * np.log1p(-p1) + x2 * np.log(p2) + (n2 - x2) * np.log1p(-p2))

    grid = np.linspace(1e-6, 1 - 1e-6, 20_001)
    start = grid[np.argmin([minus_log(p) for p in grid])]
    p1 = optimize.minimize_scalar(
        minus_log, bounds=(max(start - 1e-4, 1e-9), min(start + 1e-4, 1 - 1e-9)), method="bounded",
        options={"xatol": 1e-12},
    ).x  # fmt: skip
    return numerator(p1, second_of_first(p1))


@pytest.mark.parametrize(("x1", "n1", "x2", "n2"), [(15, 50, 10, 50), (4, 30, 90, 400), (0, 20, 5, 100)])
def test_score_statistics_take_the_restricted_maximum(x1, n1, x2, n2):
    for scale, null, second, z in (
        (
            "points", 0.08, lambda p: p - 0.08,
            lambda p, q: (x1 / n1 - x2 / n2 - 0.08) / np.sqrt(p * (1 - p) / n1 + q * (1 - q) / n2),
        ),
        (
            "ratio", 1.5, lambda p: p / 1.5,
            lambda p, q: (x1 / n1 - 1.5 * x2 / n2) / np.sqrt(p * (1 - p) / n1 + 2.25 * q * (1 - q) / n2),
        ),
        (
            "odds", 1.5, lambda p: p / (p + 1.5 * (1 - p)),
            lambda p, q: (x1 - n1 * p) * np.sqrt(1 / (n1 * p * (1 - p)) + 1 / (n2 * q * (1 - q))),
        ),
    ):  # fmt: skip
        found = score_deviate(*one(x1, n1, x2, n2), scale, np.array([null]))[0]
        assert found == pytest.approx(restricted_likelihood_z(x1, n1, x2, n2, second, z), abs=2e-4), scale
