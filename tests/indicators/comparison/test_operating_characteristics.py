"""Coverage and size, computed exactly: the validation tables, against published values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from indicators.comparison.operating_characteristics import coverage_of_counts, interval_coverage_table, size_table
from indicators.intervals.counts import clopper_pearson, garwood, wilson


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return interval_coverage_table().set_index("method")


def test_the_published_worst_point_of_wilsons_interval():
    # Agresti and Coull (1998), section 3: near p = 0.18/n the 95 % score interval covers with 0.838 for large n,
    # because one event already excludes it and P(X = 0) = exp(−0.1765).
    size = 10_000
    just_below = wilson(1, size).lower[0] * (1 - 1e-9)
    found = coverage_of_counts(
        wilson(np.arange(size + 1), size), np.array([just_below]), lambda x, p: stats.binom.cdf(x, size, p)
    )
    assert found[0] == pytest.approx(0.838, abs=0.0005)


@pytest.mark.parametrize("method", [wilson, clopper_pearson])
def test_coverage_is_the_sum_of_what_is_covered(method):
    interval = method(np.arange(31), 30)
    for truth in (0.02, 0.11, 0.5, 0.97):
        held = (interval.lower <= truth) & (truth <= interval.upper)
        by_sum = stats.binom.pmf(np.arange(31), 30, truth)[held].sum()
        by_run = coverage_of_counts(interval, np.array([truth]), lambda x, p: stats.binom.cdf(x, 30, p))
        assert by_run[0] == pytest.approx(by_sum)


def test_exact_methods_never_cover_less_than_they_say(table):
    for method in ("Clopper-Pearson", "Garwood", "conditional binomial"):
        assert table.loc[method, "lowest_interval_coverage"] >= 0.95
        assert table.loc[method, "share_below_nominal"] == 0


def test_wilson_and_byar_average_what_they_should(table):
    for method in ("Wilson", "Byar", "Garwood below ten events, else Byar", "Dobson", "Newcombe", "Koopman"):
        assert 0.94 <= table.loc[method, "mean_interval_coverage"] <= 0.97
        assert 0.85 <= table.loc[method, "lowest_interval_coverage"] <= table.loc[method, "mean_interval_coverage"]


def test_the_table_says_what_it_was_computed_on(table):
    assert (table["points"] > 0).all()
    assert table["grid"].str.len().min() > 20
    assert table["lowest_at"].str.len().min() > 5
    assert (table["nominal"] == 0.95).all()


def test_exact_coverage_holds_at_another_confidence():
    counts = np.arange(200)
    truth = np.geomspace(0.1, 60, 50)
    covered = coverage_of_counts(garwood(counts, confidence=0.998), truth, stats.poisson.cdf)
    assert covered.min() >= 0.998


def test_tests_reject_about_as_often_as_they_say():
    sizes = size_table(0.05)
    exact = sizes[sizes["method"] == "conditional binomial"]
    assert exact["maximum_size"].max() <= 0.0501  # 0.0001 for the closed formula of its tails
    # The score test is approximate: on average below its level, at its worst point a fifth above it.
    score = sizes[sizes["method"] != "conditional binomial"]
    assert score["mean_size"].max() <= 0.05
    assert score["maximum_size"].max() <= 0.06
    assert set(sizes["null"]) == {"no difference", "smallest important difference"}
