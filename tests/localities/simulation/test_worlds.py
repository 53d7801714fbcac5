"""Simulated worlds keep what is real and follow the process that they state; truth is worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from localities.evidence.panel import STATE
from localities.evidence.sums import Places
from localities.simulation.fields import neighbour_correlation, smoother
from localities.simulation.truth import true_depth
from localities.simulation.worlds import SCENARIOS, levels_of, simulate

SAMPLING, SCATTERED, SMALL, CLUSTERED = SCENARIOS
INDICATORS = ("crime", "health", "income", "school")


def worlds(square, scenario, count=20):
    return [simulate(square.process, scenario, np.random.default_rng([7, number])) for number in range(count)]


def test_a_smoothed_field_keeps_unit_variance_and_makes_neighbours_alike():
    # a ring of 50: after one step each zone is the mean of three; two neighbours share two of the three deviates
    ring = np.roll(np.eye(50), 1, axis=1)
    matrix = sparse.csr_array(ring + ring.T)
    once = smoother(matrix, 1)
    assert np.asarray(once.power(2).sum(axis=1)).ravel() == pytest.approx(1.0)
    covariance = (once @ once.T).toarray()
    assert covariance[0, 1] == pytest.approx(2 / 3)
    assert covariance[0, 3] == 0
    fields = once @ np.random.default_rng(1).standard_normal((50, 400))
    assert neighbour_correlation(fields, matrix).mean() == pytest.approx(2 / 3, abs=0.05)


def test_worlds_keep_denominators_and_gaps(square):
    gap = dataclasses.replace(square.panel, value=square.panel.value.copy())
    gap.value[5, INDICATORS.index("health")] = np.nan
    process = dataclasses.replace(square.process, panel=gap)
    world = simulate(process, CLUSTERED, np.random.default_rng(1)).panel
    assert np.array_equal(world.denominator, gap.denominator)
    assert np.array_equal(world.is_usable, gap.is_usable)
    assert not world.is_usable[5, INDICATORS.index("health")]


def test_counts_of_a_world_without_differences_are_binomial_and_poisson_around_one_level(square):
    found = worlds(square, SAMPLING)
    income, crime = INDICATORS.index("income"), INDICATORS.index("crime")
    for column in (income, crime):
        level = square.process.overall[column]
        expected = square.panel.denominator[:, column] * level
        variance = expected * (1 - level if column == income else 1)
        true = np.stack([one.panel.numerator[:, column] for one in found])
        # hidden counts stand imputed: leave out their zones for crime
        shown = np.stack([one.panel.state[:, column] == STATE["observed"] for one in found])
        z = ((true - expected) / np.sqrt(variance))[shown]
        assert abs(z.mean()) < 4 / np.sqrt(len(z))
        assert z.var() == pytest.approx(1.0, abs=0.06)


def test_small_counts_are_hidden_as_the_publisher_hides_them(square):
    column = INDICATORS.index("crime")
    panel = worlds(square, CLUSTERED, 1)[0].panel
    hidden = panel.state[:, column] == STATE["suppressed"]
    assert hidden.any()
    assert (panel.numerator_low[hidden, column] == 0).all()
    assert (panel.numerator_high[hidden, column] == 3).all()
    assert (panel.numerator[~hidden, column] > 3).all()


def test_clustered_worlds_are_as_spread_and_as_alike_as_the_real_figures(square):
    matrix = sparse.csr_array(
        (np.ones(sum(map(len, square.neighbours))),
         (np.repeat(np.arange(400), list(map(len, square.neighbours))), np.concatenate(square.neighbours))),
        shape=(400, 400),
    )  # fmt: skip
    real = levels_of(square.panel)
    alike, spread = [], []
    for one in worlds(square, CLUSTERED):
        level = levels_of(one.panel)
        alike.append(neighbour_correlation(level, matrix))
        spread.append(np.nanstd(level, axis=0))
    assert np.mean(alike, axis=0) == pytest.approx(neighbour_correlation(real, matrix), abs=0.12)
    assert np.mean(spread, axis=0) == pytest.approx(np.nanstd(real, axis=0), rel=0.15)
    scattered = [neighbour_correlation(levels_of(one.panel), matrix) for one in worlds(square, SCATTERED)]
    assert np.mean(scattered, axis=0) == pytest.approx(0.0, abs=0.03)


def test_true_depths_by_hand(square):
    # zones 0 and 1 are locality A, zone 2 the rest of partnership 0, zone 3 partnership 1; 100 people each
    places = Places(
        locality_id=np.array(["A"], dtype=object),
        candidate_set=np.array(["set"], dtype=object),
        members=sparse.csr_array(np.array([[1.0, 1.0, 0.0, 0.0]])),
        cpp=np.array([0]),
        zone_cpp=np.array([0, 0, 0, 1]),
        cpp_codes=np.array(["x", "y"], dtype=object),
        population=np.full(4, 100.0),
        drawn_from=(frozenset(),),
    )
    panel = dataclasses.replace(
        square.panel,
        numerator=np.full((4, 4), 10.0),
        denominator=np.full((4, 4), 100.0),
        value=np.full((4, 4), 1.0),
        numerator_low=np.full((4, 4), 10.0),
        numerator_high=np.full((4, 4), 10.0),
        state=np.zeros((4, 4), dtype=np.int8),
    )
    #                crime  health income school
    level = np.array([[0.2, 3.0, 0.25, 4.0], [0.3, 5.0, 0.0625, 4.0], [0.2, 3.0, 0.1, 5.0], [0.1, 2.0, 0.1, 7.0]])
    spread = np.array([np.nan, 2.0, np.nan, 1.0])  # of health and school
    cpp = true_depth(places, panel, level, spread, "cpp")[0]
    # crime 0.25 against 0.2 is one ratio of 1.25; health 4 against 3 is one of 0.5 x 2; income 0.15625 against 0.1 is
    # 1.25 twice; school, where lower is poorer, 4 against 5 is two of 0.5 x 1
    assert cpp == pytest.approx([1.0, 1.0, 2.0, 2.0])
    scotland = true_depth(places, panel, level, spread, "scotland")[0]
    # the rest of Scotland: crime 0.15, health 2.5, income 0.1, school 6
    assert scotland == pytest.approx([np.log(0.25 / 0.15) / np.log(1.25), 1.5, 2.0, 4.0])


def test_the_same_seed_gives_the_same_world(square):
    first, second = (simulate(square.process, CLUSTERED, np.random.default_rng(3)) for _ in range(2))
    other = simulate(square.process, CLUSTERED, np.random.default_rng(4))
    assert np.array_equal(first.panel.numerator, second.panel.numerator, equal_nan=True)
    assert not np.array_equal(first.panel.numerator, other.panel.numerator, equal_nan=True)
