"""Log likelihood ratios, worked by hand from the published formulas."""

from __future__ import annotations

import numpy as np
import pytest

from localities.hotspots.likelihood import bernoulli_llr, count_bound, normal_llr, poisson_llr


def test_poisson_ratio_is_kulldorffs():
    # Kulldorff (1997): (c/e)^c ((C-c)/(C-e))^(C-c). 20 events inside where 10 of all 100 were expected:
    # 20 ln 2 + 80 ln(80/90) = 13.86294 - 9.42264
    assert poisson_llr(10.0, 10.0, 100.0) == pytest.approx(4.44030, abs=1e-5)


def test_bernoulli_ratio_is_kulldorffs():
    # 6 cases among 10 inside, 14 among 90 outside, 20 among 100 in all. Kulldorff (1997), against one share:
    # 6 ln .6 + 4 ln .4 + 14 ln(14/90) + 76 ln(76/90) - 20 ln .2 - 80 ln .8
    #   = -3.06495 - 3.66516 - 26.05053 - 12.84980 + 32.18876 + 17.85148 = 4.40979
    assert bernoulli_llr(6 - 2.0, 2.0, 10.0, 20.0, 100.0) == pytest.approx(4.40979, abs=2e-5)


def test_normal_ratio_is_kulldorff_huang_and_kontys():
    # Values 2, 4 | 10, 12: mean 7, squares 25 + 9 + 9 + 25 = 68. Two means leave 2 + 2 = 4.
    # N/2 ln(variance of one mean / variance of two) = 4/2 ln(68/4) = 5.66643
    assert normal_llr((10 - 7) + (12 - 7), 2.0, 4.0, 68.0, 4) == pytest.approx(5.66643, abs=1e-5)


def test_weights_of_the_normal_model_count_a_zone_as_often():
    # values 1 (weight 3) outside; 5 (weight 1) and 2 (weight 4) inside. Mean 16/8 = 2, squares 3 + 9 + 0 = 12.
    # Two means, 1 and 13/5, take away 3 x 1² + 5 x 0.6² = 4.8: 3/2 ln(12/7.2)
    excess = 1 * (5 - 2) + 4 * (2 - 2)
    assert normal_llr(excess, 5.0, 8.0, 12.0, 3) == pytest.approx(1.5 * np.log(12 / 7.2))


def test_fewer_than_expected_is_no_hot_spot_unless_fewer_is_poorer():
    assert poisson_llr(-4.0, 10.0, 100.0) == 0
    # 6 events where 10 were expected, where fewer are poorer: 6 ln .6 + 94 ln(94/90) = -3.06495 + 4.08757
    assert poisson_llr(4.0, 10.0, 100.0, sign=-1.0) == pytest.approx(1.02262, abs=1e-4)


def test_extremes_are_finite():
    # all 50 events inside, where 5 were expected: 50 ln 10
    assert poisson_llr(45.0, 5.0, 50.0) == pytest.approx(50 * np.log(10))
    # everybody inside counted, nobody outside: 10 ln(10/2) + 40 ln(40/32)
    expected = 10 * np.log(5) + 40 * np.log(40 / 32)
    assert bernoulli_llr(8.0, 2.0, 10.0, 10.0, 50.0) == pytest.approx(expected)


def test_bound_is_never_below_the_ratio():
    rng = np.random.default_rng(3)
    expected = rng.uniform(0.1, 40, 2_000)
    size = expected + rng.uniform(0.1, 200, 2_000)
    excess = rng.uniform(0, 1, 2_000) * np.minimum(size - expected, 100 - expected)
    for sizes, ratio in (
        (None, poisson_llr(excess, expected, 100.0)),
        (size, bernoulli_llr(excess, expected, size, 100.0, 1_000.0)),
    ):
        assert (count_bound(expected, sizes, 100.0, 1_000.0) * excess**2 >= ratio - 1e-9).all()
