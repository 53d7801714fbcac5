"""Empirical-Bayes shrinkage, smoothing toward neighbours, and the chance of being among the worst."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indicators.shrinkage.shrinkage import beta_binomial, gamma_poisson, normal_normal
from indicators.shrinkage.worst_fraction import posterior_worst_fraction

# Thirteen trials of BCG vaccine: cases and others, vaccinated then controls (Colditz et al. 1994, JAMA 271).
BCG = np.array(
    [
        [4, 119, 11, 128],
        [6, 300, 29, 274],
        [3, 228, 11, 209],
        [62, 13536, 248, 12619],
        [33, 5036, 47, 5761],
        [180, 1361, 372, 1079],
        [8, 2537, 10, 619],
        [505, 87886, 499, 87892],
        [29, 7470, 45, 7232],
        [17, 1699, 65, 1600],
        [186, 50448, 141, 27197],
        [5, 2493, 3, 2338],
        [27, 16886, 29, 17825],
    ],
    dtype=float,
)


def test_between_variance_matches_the_published_paule_mandel_estimate() -> None:
    treated, others, controls, healthy = BCG.T
    log_ratio = np.log(treated / (treated + others)) - np.log(controls / (controls + healthy))
    error = np.sqrt(1 / treated - 1 / (treated + others) + 1 / controls - 1 / (controls + healthy))
    out = normal_normal(log_ratio, error)
    # Viechtbauer's metafor documentation, rma(yi, vi, data=dat.bcg, method="PM"): tau^2 = 0.3181, estimate -0.7150.
    assert out["prior_sd"].iloc[0] ** 2 == pytest.approx(0.3181, abs=5e-5)
    assert out["prior_mean"].iloc[0] == pytest.approx(-0.7150, abs=5e-5)


def test_eight_schools_go_all_the_way_to_the_pooled_mean() -> None:
    # Rubin (1981), as in Gelman et al., Bayesian Data Analysis, section 5.5: Q = 4.7 < 7, pooled 7.7 with s.e. 4.1.
    out = normal_normal([28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18])
    np.testing.assert_allclose(out["shrunken_value"], 7.7, atol=0.05)
    assert (out["shrinkage"] == 1.0).all()
    # A school that lies on the pooled mean has just the pooled standard error, 4.07.
    assert out["posterior_sd"].iloc[1] == pytest.approx(4.07, abs=0.01)


def test_equal_exposures_have_a_closed_form() -> None:
    # Mean .03; s^2 = (.0009 + .0004 + .0001 + .0004 + .0004) / 4 = .00055; A = .00055 - .03 / 100 = .00025.
    out = gamma_poisson([0, 1, 4, 5, 5], [100] * 5)
    assert out["prior_sd"].iloc[0] ** 2 == pytest.approx(0.00025)
    # (a + y) / (b + E) with a = m^2 / A = 3.6 and b = m / A = 120.
    np.testing.assert_allclose(out["shrunken_value"], (3.6 + np.array([0, 1, 4, 5, 5])) / 220)


def test_beta_binomial_posterior_mean_is_prior_plus_data() -> None:
    events, trials = np.array([10.0, 20, 30, 40, 3]), np.array([100.0, 100, 100, 100, 10])
    out = beta_binomial(events, trials)
    mean, variance = out["prior_mean"].iloc[0], out["prior_sd"].iloc[0] ** 2
    strength = mean * (1 - mean) / variance - 1
    np.testing.assert_allclose(out["shrunken_value"], (mean * strength + events) / (strength + trials))
    # The moment equation holds: sum of squares over Var(p) = p(1-p)/n + A(n-1)/n is k - 1.
    spread = mean * (1 - mean) / trials + variance * (trials - 1) / trials
    assert ((events / trials - mean) ** 2 / spread).sum() == pytest.approx(4)


def test_prior_is_recovered_from_many_areas() -> None:
    rng = np.random.default_rng(11)
    exposure = rng.uniform(200, 4000, 6000)
    rate = rng.gamma(4.0, 0.05 / 4.0, 6000)  # mean .05, sd .025
    out = gamma_poisson(rng.poisson(rate * exposure), exposure)
    assert out["prior_mean"].iloc[0] == pytest.approx(0.05, rel=0.02)
    assert out["prior_sd"].iloc[0] == pytest.approx(0.025, rel=0.05)
    inside = (out["shrunken_lower"] <= rate) & (rate <= out["shrunken_upper"])
    assert 0.935 < inside.mean() < 0.965


@pytest.mark.parametrize("areas", [6, 12])
def test_limits_allow_for_the_prior_being_estimated_from_few_areas(areas: int) -> None:
    rng = np.random.default_rng(3)
    sets = 1500
    group = np.repeat(np.arange(sets), areas)
    exposure = rng.uniform(500, 3000, sets * areas)
    rate = rng.gamma(6.0, 0.03 / 6.0, sets * areas)
    out = gamma_poisson(rng.poisson(rate * exposure), exposure, group)
    inside = (out["shrunken_lower"] <= rate) & (rate <= out["shrunken_upper"])
    assert 0.92 < inside.mean() < 0.98


@st.composite
def counts(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    trials = draw(st.lists(st.integers(1, 5000), min_size=4, max_size=30))
    return [draw(st.integers(0, n)) for n in trials], trials


@settings(max_examples=30, deadline=None)
@given(counts(), st.sampled_from([gamma_poisson, beta_binomial]))
def test_shrunken_value_lies_between_raw_and_prior_inside_its_limits(data, model) -> None:  # type: ignore[no-untyped-def]
    events, trials = data
    out = model(events, trials)
    raw, prior = np.array(events) / np.array(trials), out["prior_mean"].to_numpy()
    value = out["shrunken_value"].to_numpy()
    slack = 1e-9 * np.maximum(raw, prior) + 1e-12
    assert (value >= np.minimum(raw, prior) - slack).all()
    assert (value <= np.maximum(raw, prior) + slack).all()
    assert out["shrinkage"].between(0, 1).all()
    assert (out["shrunken_upper"] > out["shrunken_lower"]).all()
    assert (out["posterior_a"] > 0).all()
    assert (out["posterior_b"] > 0).all()
    if model is beta_binomial:
        assert (out["shrunken_upper"] <= 1).all()


def test_no_event_anywhere_still_has_an_upper_limit() -> None:
    for model in (gamma_poisson, beta_binomial):
        out = model([0, 0, 0, 0, 0], [100, 200, 50, 100, 50])
        assert out[["shrunken_value", "shrunken_lower", "shrunken_upper"]].notna().all(axis=None)
        assert (out["shrunken_upper"] > 0).all()
    everybody = beta_binomial([100, 200, 50, 100, 50], [100, 200, 50, 100, 50])
    assert (everybody["shrunken_lower"] < 1).all()


def test_missing_suppressed_and_unpopulated_areas_stay_without_a_value() -> None:
    out = gamma_poisson([3, np.nan, 0, 5, 2, 9], [100, 100, 0, 100, 100, 100])
    assert out["shrinkage_status"].tolist() == ["shrunken", "no_data", "no_data", *["shrunken"] * 3]
    assert out["shrunken_value"].isna().tolist() == [False, True, True, False, False, False]
    assert (out["prior_areas"] == 4).all()


def test_too_few_areas_say_so() -> None:
    out = gamma_poisson([3, 4, 5], [100, 100, 100])
    assert (out["shrinkage_status"] == "too_few_areas").all()
    assert out["shrunken_value"].isna().all()


def test_families_do_not_touch_each_other() -> None:
    rng = np.random.default_rng(5)
    events, exposure, group = rng.poisson(20, 60), rng.uniform(300, 900, 60), np.repeat(["A", "B", "C"], 20)
    together = gamma_poisson(events, exposure, group)
    alone = gamma_poisson(events[group == "B"], exposure[group == "B"])
    numbers = together.select_dtypes("float").columns
    np.testing.assert_allclose(together.loc[group == "B", numbers], alone[numbers], rtol=1e-9)


def test_dispersion_shrinks_more_because_an_event_counts_for_less() -> None:
    events, exposure = [5, 12, 33, 41, 60], [1000] * 5
    assert (
        gamma_poisson(events, exposure, dispersion=2)["shrinkage"] > gamma_poisson(events, exposure)["shrinkage"]
    ).all()


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be above"):
        beta_binomial([11], [10])
    with pytest.raises(ValueError, match="negative"):
        gamma_poisson([-1], [10])
    with pytest.raises(ValueError, match="must be 0 where"):
        gamma_poisson([1], [0])
    with pytest.raises(ValueError, match="confidence"):
        gamma_poisson([1], [10], confidence=95)
    with pytest.raises(ValueError, match="one per row"):
        gamma_poisson([1, 2], [10, 10], group=["a"])


# Among the worst


def posteriors(family: str, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    if family == "normal":
        return rng.normal(10, 2, size), rng.uniform(0.5, 2, size)
    a = rng.uniform(5, 60, size)
    return a, a * rng.uniform(3, 8, size)


@pytest.mark.parametrize("family", ["gamma", "beta", "normal"])
@pytest.mark.parametrize("poorer_is", ["higher", "lower"])
def test_chances_agree_with_ranked_draws(family: str, poorer_is: str) -> None:
    rng = np.random.default_rng(7)
    a, b = posteriors(family, rng, 240)
    group = np.repeat(np.arange(6), 40)
    fast = posterior_worst_fraction(a, b, group, family=family, poorer_is=poorer_is)
    shape = (2000, 240)
    draws = {
        "gamma": lambda: rng.gamma(a, 1 / b, shape), "beta": lambda: rng.beta(a, b, shape),
        "normal": lambda: rng.normal(a, b, shape),
    }[family]()  # fmt: skip
    worst_first = draws if poorer_is == "lower" else -draws
    # the definition: how often an area is among the worst 8 of its 40
    slow = (worst_first.reshape(2000, 6, 40).argsort(axis=2).argsort(axis=2) < 8).mean(axis=0).ravel()
    assert np.abs(fast - slow).max() < 0.06
    assert np.abs(fast - slow).mean() < 0.01
    np.testing.assert_allclose(np.bincount(group, fast), 8.0, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0, 50)), min_size=2, max_size=40),
    st.sampled_from([0.1, 0.2, 0.5]),
)
@example([(0.0, 5e-324), (5e-324, 0.0)], 0.1)  # a billionth of the least number that there is, is nothing
@example([(0.0, 0.0), (0.0, 5e-324)], 0.1)
def test_chances_lie_in_0_to_1_and_sum_to_what_counts_as_worst(areas, fraction) -> None:  # type: ignore[no-untyped-def]
    mean, sd = np.array(areas).T
    chance = posterior_worst_fraction(mean, sd, fraction=fraction)
    assert ((chance >= 0) & (chance <= 1)).all()
    assert chance.sum() == pytest.approx(max(1.0, fraction * len(areas)), abs=1e-3)
    # Flipping the sign and the direction changes nothing.
    flipped = posterior_worst_fraction(-mean, sd, fraction=fraction, poorer_is="lower")
    np.testing.assert_allclose(flipped, chance, atol=1e-4)


def test_a_posterior_without_spread_near_zero_shares_with_one_that_has_some() -> None:
    # the one is known to be all but 0, the other is as often above as below it
    chance = posterior_worst_fraction([0.0, 2.5e-84], [1.0, 0.0], fraction=0.1)
    assert chance.tolist() == pytest.approx([0.5, 0.5], abs=1e-3)


def test_few_areas_share_one_worst_place_and_one_alone_has_no_rank() -> None:
    assert posterior_worst_fraction([5, 5, 5], [1, 1, 1]).tolist() == pytest.approx([1 / 3] * 3)
    assert np.isnan(posterior_worst_fraction([5.0], [1.0])).all()
    # Six islands: the worst fifth is 1.2 areas, the worst tenth the single worst.
    means = [1, 2, 3, 4, 5, 6]
    assert posterior_worst_fraction(means, [1] * 6, fraction=0.2).sum() == pytest.approx(1.2)
    assert posterior_worst_fraction(means, [1] * 6, fraction=0.1).sum() == pytest.approx(1.0)


def test_areas_without_a_posterior_do_not_count() -> None:
    chance = posterior_worst_fraction([1, np.nan, 2, 3, 4, 9], [1.0] * 6)
    assert np.isnan(chance[1])
    assert np.nansum(chance) == pytest.approx(1.0)


def test_groups_that_mix_directions_and_fractions_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="same throughout"):
        posterior_worst_fraction([1, 2], [1, 1], poorer_is=["higher", "lower"])
    with pytest.raises(ValueError, match="fraction"):
        posterior_worst_fraction([1, 2], [1, 1], fraction=20)


@pytest.mark.parametrize("family", ["gamma", "beta", "normal"])
def test_a_group_has_the_same_chances_whatever_groups_are_beside_it(family):
    """To the last bit: sets computed together, or one by one after a failure, give the same table."""
    rng = np.random.default_rng(2015)
    first, second = rng.uniform(2, 400, 300), rng.uniform(20, 4_000, 300)
    group = np.repeat(np.arange(30), 10)
    together = posterior_worst_fraction(first, second, group, family=family)
    for one in range(30):
        rows = group == one
        alone = posterior_worst_fraction(first[rows], second[rows], family=family)
        np.testing.assert_array_equal(alone, together[rows])
