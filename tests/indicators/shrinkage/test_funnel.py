"""Funnel limits and over-dispersion, against published values and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.shrinkage.funnel import additive_variance, dispersion, funnel, funnel_limits, winsorised


@pytest.mark.parametrize(
    ("size", "lower_95", "upper_95", "lower_998", "upper_998"),
    [
        # UKHSA PHEindicatormethods, testdata_funnel_prop_outputs.csv, baseline 80.642448 %
        (8, 53.263915, 100, 37.475315, 100),
        (102, 72.974925, 88.309971, 68.553233, 92.731663),
        (1008, 78.203374, 83.081521, 76.796814, 84.488082),
        (20742, 80.10476, 81.180135, 79.794688, 81.490208),
    ],
)
def test_normal_limits_of_a_proportion_match_the_published_workbook(size, lower_95, upper_95, lower_998, upper_998):
    for confidence, lower, upper in ((0.95, lower_95, upper_95), (0.998, lower_998, upper_998)):
        limits = funnel_limits("proportion", size, 0.80642448, confidence, method="normal", multiplier=100)
        assert limits[0][0] == pytest.approx(lower, abs=2e-4)
        assert limits[1][0] == pytest.approx(upper, abs=2e-4)


@pytest.mark.parametrize(
    ("events", "expected", "confidence"),
    [
        # UKHSA PHEindicatormethods, testdata_funnel_ratio_outputs.csv: the expected count whose lower limit is `events`
        (1, 5.571644585, 0.95),
        (20, 30.88838097, 0.95),
        (100, 121.6268111, 0.95),
        (84, 116.3596908, 0.998),
    ],
)
def test_lower_limits_of_a_standardised_ratio_match_the_published_workbook(events, expected, confidence):
    lower, _ = funnel_limits("standardised_ratio", expected, 1.0, confidence)
    assert lower[0] * expected == pytest.approx(events, rel=1e-6)


@pytest.mark.parametrize(("events", "expected"), [(3, 1.089865762), (19, 12.21651877), (99, 81.36400699)])
def test_upper_limits_of_a_standardised_ratio_sit_where_the_distribution_function_is_975_in_1000(events, expected):
    # The same workbook lists these expected counts as those at which `events` + 1 has probability 0.025 or less, so the
    # distribution function is 0.975 at `events`, where Spiegelhalter (2005, appendix A.1) puts the limit.
    _, upper = funnel_limits("standardised_ratio", expected, 1.0, 0.95)
    assert upper[0] * expected == pytest.approx(events, rel=1e-6)


def test_exact_binomial_limits_by_hand() -> None:
    # n = 2, theta = 1/2: F = .25, .75, 1. p = .5 is halfway up the second step: limit (1 - (.75 - .5) / .5) / 2 = .25;
    # the 50 % limits use p = .25 (r = 0, exactly F(0): limit 0) and p = .75 (r = 1, exactly F(1): limit 1/2).
    lower, upper = funnel_limits("proportion", 2, 0.5, 0.5)
    assert lower[0] == pytest.approx(0.0)
    assert upper[0] == pytest.approx(0.5)


def test_winsorised_dispersion_by_hand() -> None:
    # Eleven z from -5 to 5: the 10 % and 90 % quantiles are -4 and 4, so the ends become -4 and 4:
    # (4 x 16 + 2 (9 + 4 + 1)) / 11 = 92 / 11; without winsorising 110 / 11.
    z = np.arange(-5.0, 6.0)
    assert winsorised(z, 0.1).min() == -4
    assert dispersion(z, 0.1)[0] == pytest.approx(92 / 11)
    assert dispersion(z, 0.0)[0] == pytest.approx(10.0)


def test_multiplicative_limits_are_wider_by_the_square_root_of_the_dispersion() -> None:
    plain = funnel_limits("rate", [400.0], 0.05, method="normal")
    wide = funnel_limits("rate", [400.0], 0.05, dispersion=4.0)
    assert wide[1][0] - 0.05 == pytest.approx(2 * (plain[1][0] - 0.05))
    # below 1, chance alone already gives wider limits
    assert funnel_limits("rate", [400.0], 0.05, dispersion=0.5, method="normal")[1] == plain[1]


def test_additive_variance_is_recovered() -> None:
    rng = np.random.default_rng(3)
    error = rng.uniform(0.02, 0.2, 4000)
    z = rng.normal(0, np.hypot(error, 0.15)) / error
    assert np.sqrt(additive_variance(z, error, winsorise=0.0)[0]) == pytest.approx(0.15, rel=0.05)
    assert additive_variance(rng.normal(size=50) * 0.1, np.ones(50))[0] == 0.0


def test_over_dispersed_limits_hold_the_areas_that_plain_ones_do_not() -> None:
    rng = np.random.default_rng(5)
    people = rng.integers(400, 6000, 800)
    events = rng.binomial(people, rng.beta(20, 80, 800))

    def outside(how: str, winsorise: float) -> float:
        out = funnel("proportion", events, people, over_dispersion=how, winsorise=winsorise)
        return float(((out["value"] < out["lower_95"]) | (out["value"] > out["upper_95"])).mean())

    assert outside("none", 0.1) > 0.4
    # a random effect is what made these areas, so one in twenty lies outside; drawing in ordinary tails narrows it
    assert outside("additive", 0.0) == pytest.approx(0.05, abs=0.02)
    assert 0.05 < outside("additive", 0.1) < 0.15
    assert outside("multiplicative", 0.0) < 0.12


def test_groups_have_their_own_centre_line() -> None:
    out = funnel("rate", [10, 30, 5, 5], [100, 100, 100, 100], group=["Fife", "Fife", "Moray", "Moray"])
    assert out["target"].tolist() == [0.2, 0.2, 0.05, 0.05]


@given(
    st.sampled_from(["proportion", "rate", "standardised_ratio"]),
    st.floats(1, 1e5),
    st.floats(0.01, 0.99),
    st.floats(1, 9),
    st.floats(0, 0.02),
)
def test_limits_hold_the_target_and_are_nested(kind, size, target, phi, tau2) -> None:
    size = np.ceil(size)
    widen = {"dispersion": phi} if tau2 < 0.01 else {"between_variance": tau2}
    inner = funnel_limits(kind, size, target, 0.95, **widen)
    outer = funnel_limits(kind, size, target, 0.998, **widen)
    assert outer[0] <= inner[0] <= target + 1e-12
    assert target - 1e-12 <= inner[1] <= outer[1]


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="no sampling model"):
        funnel("mean", [1], [2])
