"""Exchange of zones where one zone of great weight makes the distribution very skewed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from indicators.comparison.compare import compare_means
from indicators.two_groups.zone_exchange import exchange_skewness, exchange_tails, zone_sums

ZONES, PLACES = 3_000, 2_000


@pytest.fixture(scope="module")
def country():
    """Zones alike but for one with 1,000 times the weight and an extreme value, and places of three zones at random."""
    rng = np.random.default_rng(5)
    values, weights = rng.normal(0, 1, ZONES), np.ones(ZONES)
    values[0], weights[0] = 6.0, 1_000.0
    members = np.array([rng.choice(np.arange(1, ZONES), 3, replace=False) for _ in range(PLACES)])
    group = np.repeat(np.arange(PLACES), 3)
    locality = zone_sums(values[:, None], weights, group, members.ravel(), group_count=PLACES)
    area = zone_sums(values[:, None], weights, np.zeros(ZONES, dtype=int)).take(np.zeros(PLACES, dtype=int))
    return locality, area


def test_the_country_is_as_skewed_as_the_worst_of_the_real_ones(country):
    # University entrants in SIMD 2020v2 reach 33 for places of a few zones: halls of residence
    assert np.abs(exchange_skewness(*country)).max() > 15


def test_places_that_an_exchange_would_give_are_not_called_rare(country):
    # The places were dealt at random: at most 5 % have p below 5 %, either way, and 99.9 % of such deals have no more
    most = binom.ppf(0.999, PLACES, 0.05)
    for tail in exchange_tails(*country):
        assert (tail < 0.05).sum() <= most


@pytest.mark.parametrize("poorer_is", ["higher", "lower"])
def test_a_test_rejects_only_what_its_limit_leaves_out(country, poorer_is):
    found = compare_means(*country, important=0.5, scale="points", sd=1.0, poorer_is=poorer_is, confidence=0.95)
    # one-sided 2.5 %: the near limit beyond the important difference, and p below 2.5 %, are the same statement
    assert not ((found.p_important < 0.025 * (1 - 1e-6)) & (found.depth < 1 - 1e-6)).any()
    assert not ((found.p_value < 0.025 * (1 - 1e-6)) & (found.depth < -1e-6)).any()
