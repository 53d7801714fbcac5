"""Score tests, against the likelihood itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from indicators.two_groups.score import restricted_proportions, score_deviate


def arrays(*values: float) -> list[np.ndarray]:
    return [np.array([value], dtype=float) for value in values]


def deviate(x1, n1, x2, n2, scale, null) -> float:
    return float(score_deviate(*arrays(x1, n1, x2, n2), scale, np.array([null]))[0])


def most_likely(x1, n1, x2, n2, first, low, high) -> tuple[float, float]:
    """Return both proportions that make the counts most likely, ``first(p2)`` being the first: found by search."""

    def minus(p2: float) -> float:
        p1 = np.clip(first(p2), 1e-300, 1 - 1e-16)
        p2 = np.clip(p2, 1e-300, 1 - 1e-16)
        return -(x1 * np.log(p1) + (n1 - x1) * np.log1p(-p1) + x2 * np.log(p2) + (n2 - x2) * np.log1p(-p2))

    found = minimize_scalar(minus, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    return first(found), found


COUNTS = [
    (15, 50, 10, 50),
    (2, 40, 300, 1000),
    (39, 40, 300, 1000),
    (0, 30, 7, 900),
    (30, 30, 7, 900),
    (5, 9, 1, 4),
    (39, 40, 700, 1000),
]


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


def test_certainty_where_nothing_is_left_to_chance():
    # nobody of 10 and nobody of 20: no information, z is 0; under a difference of a tenth, that cannot be
    assert deviate(0, 10, 0, 20, "ratio", 1.0) == 0.0
    assert deviate(10, 10, 20, 20, "points", 0.0) == 0.0


def test_scales_are_named():
    with pytest.raises(ValueError, match="'odds', 'ratio' or 'points'"):
        deviate(1, 2, 1, 2, "log", 1.0)


@pytest.mark.parametrize(
    ("counts", "null"),
    [
        ((13, 13, 55, 55), 0.0),
        ((0, 160, 32, 32), -0.2),
        ((0, 77, 11, 68), -0.7),
        ((1, 59, 0, 51), 0.25),
        ((50, 50, 16, 45), 0.8),
        ((126, 129, 195, 195), -0.2),
    ],
)
def test_proportions_at_the_end_of_what_is_possible_are_not_beyond_it(counts, null):
    """Where the cubic's root lies at a bound, rounding alone would put it on the other side."""
    p1, p2 = (float(one[0]) for one in restricted_proportions(*arrays(*counts), "points", np.array([null])))
    assert max(0.0, -null) <= p2 <= min(1.0, 1.0 - null)
    assert p1 == pytest.approx(p2 + null)


def test_an_odds_ratio_at_which_the_quadratic_turns_round():
    # 80 events among 40 and 80 under an odds ratio of 4: b = 4 (40 - 80) + 80 + 80 = 0, so p2 = sqrt(80 / 240)
    p1, p2 = (float(one[0]) for one in restricted_proportions(*arrays(30, 40, 50, 80), "odds", np.array([4.0])))
    assert p2 == pytest.approx(3**-0.5)
    assert 40 * p1 + 80 * p2 == pytest.approx(80)
    # b = 0.5 with 80.5 in group 2
    p1, p2 = (float(one[0]) for one in restricted_proportions(*arrays(30, 40, 50, 80.5), "odds", np.array([4.0])))
    assert 40 * p1 + 80.5 * p2 == pytest.approx(80)


def test_where_everyone_has_the_outcome():
    assert [one[0] for one in restricted_proportions(*arrays(10, 10, 20, 20), "ratio", np.array([1.0]))] == [1.0, 1.0]


def test_deviates_by_hand():
    # 15/50 and 10/50 under a ratio of 2: p2 = 50 / (185 + sqrt(185^2 - 20,000)) = 0.16433, p1 = 0.32866,
    # z = (0.3 - 0.4) / sqrt(0.0044129 + 4 * 0.0027465)
    assert deviate(15, 50, 10, 50, "ratio", 2.0) == pytest.approx(-0.80585, abs=1e-4)
    # no gap is left to what was seen
    assert deviate(15, 50, 10, 50, "points", 0.1) == pytest.approx(0.0, abs=1e-12)
    # 1 of 2 and none of 2: a quarter in both, 0.375^2 / 0.75 of variance
    assert deviate(1, 2, 0, 2, "odds", 1.0) == pytest.approx(0.5 / 0.1875**0.5)
