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


def tied_country(tied, bias, noise, plain=30):
    """Return counts, hidden, lower, upper, group and totals of a country whose bias and noise are known exactly.

    ``plain`` areas have one visible count of 50 and a total of ``50 + bias ± d``, half of them each, with
    ``d² plain / (plain − 1) = noise``. Each area of ``tied`` has a visible count of 40, hidden counts with the bounds
    given, and a total of 40 and the rest given.
    """
    d = np.sqrt(noise * (plain - 1) / plain)
    counts, hidden, lower, upper, group, totals = [], [], [], [], [], []
    for area in range(plain):
        for one, value in zip((counts, hidden, lower, upper, group), (50.0, False, 0.0, 0.0, area), strict=True):
            one.append(value)
        totals.append(50.0 + bias + (d if area % 2 else -d))
    for area, (bounds, rest) in enumerate(tied, plain):
        for low, high in [(None, None), *bounds]:
            is_visible = low is None
            counts.append(40.0 if is_visible else None)
            hidden.append(not is_visible)
            lower.append(0.0 if is_visible else low)
            upper.append(0.0 if is_visible else high)
            group.append(area)
        totals.append(40.0 + rest)
    return counts, np.array(hidden), lower, upper, np.array(group), totals


# Six areas with hidden counts, bias 2 and noise 0.25: rests of 10, 5.5, 6, 5, 9 and 6.5, less the bias of each, are 30
# for nine hidden counts: m = 10/3, inside the mean bounds 13/9 and 38/9.
# First area: two counts of 1 to 5. Their variance is 2 · (5² − 1)/12 = 4, k = 4/4.25 = 0.941; from 2 m = 6.667 the sum
# goes to 6.667 + 0.941 (8 − 6.667) = 7.922, ± 3 √(4 · 0.0588) = 1.455: 6.466 to 9.377. So each count is at least
# 6.466 − 5 = 1.466, at most 5, and (7.922 − 2)/8 of the way from 1 to 5: 3.961. The others likewise.
TIED = [
    ([(1, 5), (1, 5)], 10.0),
    ([(1, 5), (1, 5)], 5.5),
    ([(0, 2)], 6.0),
    ([(4, 6)], 5.0),
    ([(3, 3)], 9.0),
    ([(0, 4), (2, 3)], 6.5),
]
IMPUTED = [3.9608, 3.9608, 1.8431, 1.8431, 2.0, 4.0, 3.0, 2.2039, 2.5510]
LOWER = [1.4664, 1.4664, 1.0, 1.0, 0.7208, 4.0, 3.0, 0.3459, 2.0]
UPPER = [5.0, 5.0, 4.1415, 4.1415, 2.0, 5.2792, 3.0, 4.0, 3.0]


def test_bias_and_noise_of_totals_by_hand() -> None:
    counts, hidden, lower, upper, group, totals = tied_country(TIED, bias=2.0, noise=0.25)
    found = impute_hidden(counts, hidden, lower, upper, group, totals)
    np.testing.assert_allclose(found.imputed[hidden], IMPUTED, atol=6e-5)
    np.testing.assert_allclose(found.lower[hidden], LOWER, atol=6e-5)
    np.testing.assert_allclose(found.upper[hidden], UPPER, atol=6e-5)
    assert np.isnan(found.imputed[~hidden]).all()
    assert np.isnan(found.lower[~hidden]).all()


def test_thirty_plain_areas_are_asked_for() -> None:
    counts, hidden, lower, upper, group, totals = tied_country(TIED, bias=2.0, noise=0.25, plain=28)
    found = impute_hidden(counts, hidden, lower, upper, group, totals)
    assert found.imputed[hidden].tolist() == [3, 3, 3, 3, 1, 5, 3, 2, 2.5]
    assert found.lower[hidden].tolist() == [1, 1, 1, 1, 0, 4, 3, 0, 2]
    assert found.upper[hidden].tolist() == [5, 5, 5, 5, 2, 6, 3, 4, 3]


def test_the_mean_of_hidden_counts_stays_inside_their_bounds() -> None:
    """A rest of 1,000 with a noise of 4,000 says almost nothing, so that each sum stays near the mean.

    The mean of a count of 1 to 5 and one of 0 to 20 is at most 12.5 and at least 0.5. The second count's variance is
    (21² − 1)/12 = 36.7, k = 0.00908: 12.5 + 0.00908 (28 − 12.5) = 12.64. With −900 and bounds 2 to 6: 1 and 1.245.
    """
    for bounds, rest, imputed in ((1, 5), 1000.0, [5.0, 12.6408]), ((2, 6), -900.0, [2.0, 1.2453]):
        counts, hidden, lower, upper, group, totals = tied_country([([bounds], rest), ([(0, 20)], 30.0)], 2.0, 4000.0)
        found = impute_hidden(counts, hidden, lower, upper, group, totals)
        np.testing.assert_allclose(found.imputed[hidden], imputed, atol=6e-5)


def test_without_groups_or_totals_bounds_are_all_that_is_known() -> None:
    counts, hidden, lower, upper, group, totals = tied_country(TIED, bias=2.0, noise=0.25)
    middle = [3, 3, 3, 3, 1, 5, 3, 2, 2.5]
    assert impute_hidden(counts, hidden, lower, upper, group, None).imputed[hidden].tolist() == middle
    assert impute_hidden(counts, hidden, lower, upper, None, totals).imputed[hidden].tolist() == middle
    unknown = [*totals[:30], *[None] * 6]
    assert impute_hidden(counts, hidden, lower, upper, group, unknown).imputed[hidden].tolist() == middle
    nowhere = np.where(group >= 30, -1, group)
    assert impute_hidden(counts, hidden, lower, upper, nowhere, totals).imputed[hidden].tolist() == middle
    seen = impute_hidden([1.0, 2.0], np.array([False, False]), 0, 4, np.array([0, 0]), [3.0])
    assert np.isnan(seen.imputed).all()
    assert np.isnan(seen.upper).all()


def test_a_larger_area_without_zones_changes_nothing() -> None:
    counts, hidden, lower, upper, group, totals = tied_country(TIED, bias=2.0, noise=0.25)
    found = impute_hidden(counts, hidden, lower, upper, group, [*totals, None])
    np.testing.assert_allclose(found.imputed[hidden], IMPUTED, atol=6e-5)
