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


def test_certainty_where_nothing_is_left_to_chance():
    # nobody of 10 and nobody of 20: no information, z is 0; under a difference of a tenth, that cannot be
    assert deviate(0, 10, 0, 20, "ratio", 1.0) == 0.0
    assert deviate(10, 10, 20, 20, "points", 0.0) == 0.0


def test_scales_are_named():
    with pytest.raises(ValueError, match="'odds', 'ratio' or 'points'"):
        deviate(1, 2, 1, 2, "log", 1.0)
