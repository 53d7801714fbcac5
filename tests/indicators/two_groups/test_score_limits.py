"""Score limits: where the score test just rejects, published examples, and where counts put no bound."""

from __future__ import annotations

import numpy as np
import pytest

from indicators.two_groups.score import score_deviate
from indicators.two_groups.score_limits import log_odds_lower_limit, log_ratio_lower_limit

Z = 1.959963984540054
LIMITS = {"ratio": log_ratio_lower_limit, "odds": log_odds_lower_limit}


def limits(scale, x1, n1, x2, n2, z=Z) -> tuple[float, float]:
    a, b, c, d = (np.array([value], dtype=float) for value in (x1, n1, x2, n2))
    with np.errstate(all="ignore"):
        return float(LIMITS[scale](a, b, c, d, z)[0]), float(-LIMITS[scale](c, d, a, b, z)[0])


def test_koopmans_own_example():
    # Koopman (1984), p. 516: 36/40 against 16/80, ratio 4.5
    assert np.exp(limits("ratio", 36, 40, 16, 80)) == pytest.approx((2.94, 7.15), abs=0.005)


@pytest.mark.parametrize("scale", LIMITS)
@pytest.mark.parametrize("z", [0.5, Z, 3.09])
def test_limits_are_where_the_test_just_rejects(scale, z):
    rng = np.random.default_rng(0)
    n1, n2 = np.exp(rng.uniform(0, 9, 2000)).round(), np.exp(rng.uniform(0, 14, 2000)).round()
    x1 = rng.binomial(n1.astype(int), rng.beta(0.5, 1, 2000)).astype(float)
    x2 = rng.binomial(n2.astype(int), rng.beta(0.5, 1, 2000)).astype(float)
    x1[:200] = n1[:200]
    found = LIMITS[scale](x1, n1, x2, n2, z)
    bounded = np.isfinite(found)
    assert (bounded == ((x1 > 0) & ((x2 < n2) | (scale == "ratio")))).all()
    at = score_deviate(*(one[bounded] for one in (x1, n1, x2, n2)), scale, np.exp(found[bounded]))
    np.testing.assert_allclose(at, z, atol=2e-5)


@pytest.mark.parametrize("scale", LIMITS)
@pytest.mark.parametrize("counts", [(1, 50, 3, 90_000), (49, 50, 3, 90_000), (1, 9_000, 80, 90), (3, 7, 1, 5)])
def test_limits_far_out_are_found_as_well(scale, counts):
    one = [np.array([value], dtype=float) for value in counts]
    for found, side in zip(limits(scale, *counts), (1, -1), strict=True):
        assert score_deviate(*one, scale, np.exp([found]))[0] == pytest.approx(side * Z, abs=1e-8)


def test_a_ratio_where_one_group_has_nothing_but_events():
    """z = 1.96. 2/2 against 5/10: p2 is 7/12, its chi-squared 4 * 5 / (10 * 7), and p1 = 2 / (2 + 3.8416 - 0.2857)."""
    assert np.exp(limits("ratio", 2, 2, 5, 10, 1.96)[0]) == pytest.approx(2 / 5.5559 / (7 / 12), abs=1e-4)
    # 5/10 against 2/2: Wilson's lower limit of 5/10 is (10 + 3.8416 - 1.96 * sqrt(3.8416 + 10)) / (2 * 13.8416)
    assert np.exp(limits("ratio", 5, 10, 2, 2, 1.96)[0]) == pytest.approx(0.23659, abs=1e-5)
    # all of 50 against 10 of 900: p1 is 1, and Wilson's upper limit of 10/900 is 0.020331
    assert np.exp(limits("ratio", 50, 50, 10, 900, 1.96)[0]) == pytest.approx(1 / 0.020331, rel=1e-4)
    # all of 3 against all of 7: 3 / (3 + 3.8416)
    assert np.exp(limits("ratio", 3, 3, 7, 7, 1.96)[0]) == pytest.approx(0.43849, abs=1e-5)


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
    ],
)
def test_where_counts_put_no_bound(counts, scale, is_open_below, is_open_above):
    lower, upper = limits(scale, *counts)
    assert (lower == -np.inf) == is_open_below
    assert (upper == np.inf) == is_open_above
