"""Score tests and limits: against the likelihood itself, and where limits are open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from indicators.two_groups import score
from indicators.two_groups.score import restricted_proportions, score_deviate, score_limit

Z = 1.959963984540054


def arrays(*values: float) -> list[np.ndarray]:
    return [np.array([value], dtype=float) for value in values]


def deviate(x1, n1, x2, n2, scale, null) -> float:
    return float(score_deviate(*arrays(x1, n1, x2, n2), scale, np.array([null]))[0])


def limit(x1, n1, x2, n2, scale, side) -> float:
    return float(score_limit(*arrays(x1, n1, x2, n2), scale, np.array([float(side)]), Z)[0])


def most_likely(x1, n1, x2, n2, first, low, high) -> tuple[float, float]:
    """Return both proportions that make the counts most likely, ``first(p2)`` being the first: found by search."""

    def minus(p2: float) -> float:
        p1 = np.clip(first(p2), 1e-300, 1 - 1e-16)
        p2 = np.clip(p2, 1e-300, 1 - 1e-16)
        return -(x1 * np.log(p1) + (n1 - x1) * np.log1p(-p1) + x2 * np.log(p2) + (n2 - x2) * np.log1p(-p2))

    found = minimize_scalar(minus, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    return first(found), found


COUNTS = [(15, 50, 10, 50), (2, 40, 300, 1000), (39, 40, 300, 1000), (0, 30, 7, 900), (30, 30, 7, 900), (5, 9, 1, 4)]


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("null", [-0.7, -0.2, -0.01, 0.0, 0.03, 0.25, 0.8])
def test_the_proportions_that_fit_best_under_a_difference(counts, null):
    found = restricted_proportions(*arrays(*counts), "points", np.array([null]))
    best = most_likely(*counts, lambda p2: p2 + null, max(0.0, -null), min(1.0, 1.0 - null))
    np.testing.assert_allclose([one[0] for one in found], best, atol=2e-6)


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("null", [0.2, 0.9, 1.0, 1.25, 4.0])
def test_the_proportions_that_fit_best_under_a_ratio_or_odds_ratio(counts, null):
    found = restricted_proportions(*arrays(*counts), "ratio", np.array([null]))
    best = most_likely(*counts, lambda p2: null * p2, 0.0, min(1.0, 1.0 / null))
    np.testing.assert_allclose([one[0] for one in found], best, atol=2e-6)
    found = restricted_proportions(*arrays(*counts), "odds", np.array([null]))
    best = most_likely(*counts, lambda p2: null * p2 / (1 + (null - 1) * p2), 0.0, 1.0)
    np.testing.assert_allclose([one[0] for one in found], best, atol=2e-6)


def test_a_difference_between_groups_that_are_alike_has_the_pooled_proportion():
    # the cubic's three roots fall together in a half of all: 20/40 held to be 20/40
    p1, p2 = restricted_proportions(*arrays(20, 40, 20, 40), "points", np.array([0.0]))
    assert (p1[0], p2[0]) == pytest.approx((0.5, 0.5))
    assert deviate(20, 40, 20, 40, "points", 0.0) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("scale", ["odds", "ratio"])
def test_at_a_score_limit_the_statistic_is_the_normal_deviate(scale, monkeypatch):
    """The secant method finds every one of these: bisection is for what it leaves, and takes ten times as long."""
    monkeypatch.setattr(score, "_bisect", None)
    rng = np.random.default_rng(5)
    n1, n2 = rng.integers(60, 9_000, 400).astype(float), rng.integers(40_000, 400_000, 400).astype(float)
    x1, x2 = np.ceil(n1 * rng.uniform(0.02, 0.6, 400)), np.ceil(n2 * rng.uniform(0.02, 0.6, 400))
    for side in (1.0, -1.0):
        found = score_limit(x1, n1, x2, n2, scale, np.full(400, side), Z)
        at = score_deviate(x1, n1, x2, n2, scale, np.exp(found))
        np.testing.assert_allclose(at, side * Z, atol=2e-6)


@pytest.mark.parametrize("scale", ["odds", "ratio"])
@pytest.mark.parametrize("counts", [(1, 50, 3, 90_000), (49, 50, 3, 90_000), (1, 9_000, 80, 90), (3, 7, 1, 5)])
def test_limits_far_out_are_found_as_well(scale, counts):
    for side in (1, -1):
        found = limit(*counts, scale, side)
        assert deviate(*counts, scale, np.exp(found)) == pytest.approx(side * Z, abs=1e-5)


@pytest.mark.parametrize(
    ("counts", "scale", "is_open_below", "is_open_above"),
    [
        ((0, 50, 10, 900), "ratio", True, False),
        ((0, 50, 10, 900), "odds", True, False),
        ((1, 50, 1, 900), "ratio", False, False),
        ((1, 50, 1, 900), "odds", False, False),
        ((5, 50, 0, 900), "ratio", False, True),
        ((5, 50, 0, 900), "odds", False, True),
        ((50, 50, 10, 900), "odds", False, True),
        ((50, 50, 10, 900), "ratio", False, False),
        ((5, 50, 900, 900), "odds", True, False),
        ((5, 50, 900, 900), "ratio", False, False),
        ((49, 50, 899, 900), "odds", False, False),
        ((np.nan, 50, 10, 900), "odds", True, True),
        ((5, 50, np.nan, 900), "ratio", True, True),
        ((5, 0, 10, 900), "ratio", True, True),
        ((5, 50, 10, 0), "odds", True, True),
    ],
)
def test_where_counts_put_no_bound(counts, scale, is_open_below, is_open_above):
    with np.errstate(all="ignore"):
        assert (limit(*counts, scale, 1) == -np.inf) == is_open_below
        assert (limit(*counts, scale, -1) == np.inf) == is_open_above


def test_what_bisection_finds():
    """The zero of 3 − x within 40 of 0, and of a function that never falls below: the upper end."""
    found = score._bisect(lambda x, rows: np.array([3.0, 39.0, -39.0])[rows] - x, np.arange(3), np.zeros(3))
    np.testing.assert_allclose(found, [3.0, 39.0, -39.0], atol=1e-12)


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(["odds", "ratio"]))
@settings(max_examples=40, deadline=None)
def test_limits_turn_round_with_the_groups(x1, x2, scale):
    """The upper limit of one over the other is the lower one of the other over the one."""
    assert limit(x1, 80, x2, 70, scale, -1) == pytest.approx(-limit(x2, 70, x1, 80, scale, 1), abs=1e-5)


def test_certainty_where_nothing_is_left_to_chance():
    # nobody of 10 and nobody of 20: no information, z is 0; under a difference of a tenth, that cannot be
    assert deviate(0, 10, 0, 20, "ratio", 1.0) == 0.0
    assert deviate(10, 10, 20, 20, "points", 0.0) == 0.0


def test_scales_are_named():
    with pytest.raises(ValueError, match="'odds', 'ratio' or 'points'"):
        deviate(1, 2, 1, 2, "log", 1.0)
    with pytest.raises(ValueError, match="'odds' or 'ratio'"):
        limit(1, 2, 1, 2, "points", 1)
