"""Suppressed counts: bounds alone, exact totals, noisy totals."""

from __future__ import annotations

import numpy as np
import pytest

from indicators.observations.suppression import impute_hidden


def country(noise: float, seed: int = 1):
    """Return 200 larger areas of five areas; counts below 5 of the last 60 areas' first are hidden."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(200), 5)
    counts = rng.integers(20, 60, 1000).astype(float)
    hidden = np.zeros(1000, dtype=bool)
    first = np.arange(140, 200) * 5
    counts[first] = rng.choice([0.0, 1.0, 2.0], 60)  # mean 1, the bounds say 0 to 4
    hidden[first] = True
    totals = np.bincount(group, weights=counts) + np.round(rng.normal(0, noise, 200))
    visible = np.where(hidden, np.nan, counts)
    return visible, hidden, group, totals, counts


def test_without_totals_a_hidden_count_is_the_middle_of_its_bounds() -> None:
    found = impute_hidden([5.0, np.nan], np.array([False, True]), 0, [4.0, 3.0])
    assert found.imputed[1] == 1.5
    assert (found.lower[1], found.upper[1]) == (0.0, 3.0)
    assert np.isnan(found.imputed[0])


def test_exact_totals_give_hidden_counts_back() -> None:
    visible, hidden, group, totals, truth = country(noise=0.0)
    found = impute_hidden(visible, hidden, 0, 4, group, totals)
    np.testing.assert_allclose(found.imputed[hidden], truth[hidden], atol=1e-9)
    np.testing.assert_allclose(found.lower[hidden], truth[hidden], atol=1e-9)
    np.testing.assert_allclose(found.upper[hidden], truth[hidden], atol=1e-9)


def test_noisy_totals_give_the_mean_back_and_leave_the_bounds() -> None:
    visible, hidden, group, totals, truth = country(noise=4.5)
    found = impute_hidden(visible, hidden, 0, 4, group, totals)
    # the middle of the bounds would say 2; the totals say what is true on average, about 1
    assert found.imputed[hidden].mean() == pytest.approx(truth[hidden].mean(), abs=0.6)
    assert (found.lower[hidden] == 0).all()
    assert (found.upper[hidden] == 4).all()
    # one reading with a standard deviation of 4.5 says little of one count with 1.4: k = 2 / (2 + 20) or so
    assert found.imputed[hidden].std() < 0.6


def test_values_stay_inside_their_bounds_whatever_the_totals_say() -> None:
    visible, hidden, group, totals, _ = country(noise=30.0)
    found = impute_hidden(visible, hidden, 0, 4, group, totals)
    assert (found.imputed[hidden] >= found.lower[hidden] - 1e-9).all()
    assert (found.imputed[hidden] <= found.upper[hidden] + 1e-9).all()
    assert (found.lower[hidden] >= 0).all()
    assert (found.upper[hidden] <= 4).all()


def test_a_missing_count_is_not_taken_for_hidden_people() -> None:
    visible, hidden, group, totals, _ = country(noise=0.0)
    at = 140 * 5 + 1  # beside a hidden count, one that was never published
    visible[at] = np.nan
    found = impute_hidden(visible, hidden, 0, 4, group, totals)
    assert found.imputed[140 * 5] == 2.0
    assert (found.lower[140 * 5], found.upper[140 * 5]) == (0.0, 4.0)
