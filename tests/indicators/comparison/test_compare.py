"""A locality against the rest of its area: rules, published values, and what must always hold."""

from __future__ import annotations

from dataclasses import fields
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from indicators.comparison.compare import (
    Comparison,
    compare_means,
    compare_proportions,
    compare_rates,
    compare_standardised_ratios,
)
from indicators.comparison.counts import NUMBERS
from indicators.two_groups.zone_exchange import exchange_deviate, exchange_skewness, exchange_tails, zone_sums

HIGHER = {"poorer_is": "higher"}
TEXTS = ("null_model", "test_method")


def numbers(result: Comparison) -> np.ndarray:
    return np.array([getattr(result, name) for name in NUMBERS])


# rules


def test_newcombes_contrast_a():
    # Newcombe (1998), table II (a), method 10: 56/70 against 48/80, difference 0.2, limits 0.0524 and 0.3339
    one = compare_proportions(56, 70, 48, 80, important=0.05, scale="points", **HIGHER)
    assert [round(float(v[0]), 4) for v in (one.difference, one.difference_lower, one.difference_upper)] == [
        0.2, 0.0524, 0.3339,
    ]  # fmt: skip
    # pooled 104/150 = 0.6933: z = 0.2 / √(0.6933 · 0.3067 · (1/70 + 1/80)) = 0.2 / 0.07547 = 2.650
    assert one.p_value[0] == pytest.approx(stats.norm.sf(2.650), abs=2e-5)
    assert one.p_two_sided[0] == pytest.approx(2 * one.p_value[0])
    assert one.depth[0] == pytest.approx(0.0524 / 0.05, abs=0.001)
    assert one.null_model[0] == "sampling"


def test_koopmans_ratio():
    one = compare_proportions(36, 40, 16, 80, important=1.25, scale="ratio", **HIGHER)  # Koopman (1984), p. 516
    assert [round(float(v[0]), 2) for v in (one.ratio, one.ratio_lower, one.ratio_upper)] == [4.5, 2.94, 7.15]
    assert one.depth[0] == pytest.approx(np.log(2.94) / np.log(1.25), abs=0.01)


def test_a_small_expected_count_is_tested_exactly():
    # 3 of 10 against 5 of 200: expected 8 · 10/210 = 0.38 events. Fisher's exact test, one-sided.
    one = compare_proportions(3, 10, 5, 200, important=2.0, scale="odds", **HIGHER)
    assert one.test_method[0] == "exact hypergeometric (odds ratio)"
    assert one.p_value[0] == pytest.approx(stats.fisher_exact([[3, 7], [5, 195]], alternative="greater").pvalue)
    assert one.p_better[0] == pytest.approx(stats.fisher_exact([[3, 7], [5, 195]], alternative="less").pvalue)
    # under an odds ratio of 2 the events follow Fisher's noncentral hypergeometric distribution
    assert one.p_important[0] == pytest.approx(stats.nchypergeom_fisher(210, 10, 8, 2.0).sf(2))


def test_five_expected_events_change_the_rule():
    # pooled 100/1000: a locality of 50 expects exactly five, one of 49 fewer
    both = compare_proportions([5, 5], [50, 49], [95, 95], [950, 951], important=1.5, scale="ratio", **HIGHER)
    assert both.test_method.tolist() == ["score (ratio)", "exact hypergeometric (ratio)"]


def test_exact_and_score_agree_where_counts_are_large_enough_for_both():
    from indicators.comparison.counts import _exact_proportions
    from indicators.two_groups.score import score_deviate

    counts = [np.array([v]) for v in (240.0, 2000.0, 2000.0, 20_000.0)]
    for code, scale, sid in ((0, "ratio", 1.1), (1, "odds", 1.1), (2, "points", 0.01)):
        null = np.array([sid])
        _, _, harder = _exact_proportions(*counts, null, np.array([code], dtype=np.int8))
        assert harder[0] == pytest.approx(stats.norm.sf(score_deviate(*counts, scale, null)[0]), rel=0.15)


def test_a_rate_is_tested_given_the_events_of_both():
    one = compare_rates([11, 60], [800, 1000], [21, 400], [3011, 10_000], important=1.2, scale="ratio", **HIGHER)
    # R's documentation of poisson.test: 11 in 800 against 21 in 3011
    assert one.ratio_lower[0] == pytest.approx(0.8584264, abs=1e-5)
    assert one.ratio_upper[0] == pytest.approx(4.2772659, abs=1e-5)
    for row, (x1, e1, x2, e2) in enumerate(((11, 800, 21, 3011), (60, 1000, 400, 10_000))):
        at_none = stats.binomtest(x1, x1 + x2, e1 / (e1 + e2), alternative="greater").pvalue
        at_least = stats.binomtest(x1, x1 + x2, 1.2 * e1 / (1.2 * e1 + e2), alternative="greater").pvalue
        assert one.p_value[row] == pytest.approx(at_none, rel=1e-3)
        assert one.p_important[row] == pytest.approx(at_least, rel=1e-3)


def test_a_difference_of_rates_is_tested_at_the_rates_that_fit_best():
    # 30 in 1000 against 100 in 10,000 held to differ by 0.01: the likelihood of λ + 0.01 and λ is highest where
    # 30/(λ + 0.01) + 100/λ = 11,000, that is 11,000 λ² + (110 − 130) λ − 1 = 0.
    rest = np.roots([11_000, 11_000 * 0.01 - 130, -100 * 0.01]).max()
    ratio = (rest + 0.01) / rest
    one = compare_rates(30, 1000, 100, 10_000, important=0.01, scale="points", **HIGHER)
    share = ratio * 1000 / (ratio * 1000 + 10_000)
    assert one.p_important[0] == pytest.approx(stats.binom.sf(29, 130, share), rel=1e-3)


def test_against_a_large_rest_the_conditional_test_is_the_exact_poisson_test():
    one = compare_standardised_ratios([30, 4], [20.0, 9.0], 4_000_000, 4_000_000.0, important=1.1, **HIGHER)
    np.testing.assert_allclose(one.p_value, stats.poisson.sf([29, 3], [20, 9]), rtol=1e-3)
    np.testing.assert_allclose(one.p_important, stats.poisson.sf([29, 3], [22, 9.9]), rtol=1e-3)
    assert one.test_method[0] == "exact Poisson, conditional (ratio)"


def test_counts_that_are_not_whole_say_so_and_use_their_dispersion():
    # the mean of three years is as certain as the three years together
    yearly = compare_rates(40, 1000, 3000, 1e5, important=1.2, scale="ratio", dispersion=1 / 3, **HIGHER)
    whole = compare_rates(120, 3000, 9000, 3e5, important=1.2, scale="ratio", **HIGHER)
    np.testing.assert_allclose(numbers(yearly), numbers(whole), rtol=1e-9)
    assert yearly.test_method[0] == "quasi conditional binomial (ratio)"
    half = compare_proportions(
        [10.5, 10, 10], 100, 800, 9000, important=1.2, scale="ratio", is_whole=[True, False, True], **HIGHER
    )
    assert half.test_method.tolist() == ["quasi-score (ratio)", "quasi-score (ratio)", "score (ratio)"]
    # rounding errors of a sum are not fractions of a person
    rest = compare_proportions(10, 100, 800 + 1e-9, 9000, important=1.2, scale="ratio", **HIGHER)
    assert rest.test_method[0] == "score (ratio)"


def test_missing_and_empty_are_nothing_and_zero_is_something():
    one = compare_proportions(
        [np.nan, 0, 0, 3, 0], [50, 0, 50, 50, 50], [5, 5, 5, 0, 0], [500, 500, 500, 500, 500],
        important=1.25, scale="ratio", **HIGHER,
    )  # fmt: skip
    assert one.null_model.tolist() == ["none", "none", "sampling", "sampling", "sampling"]
    assert one.test_method[:2].tolist() == ["none", "none"]
    assert np.isnan(numbers(one)[:, :2]).all()
    zero = numbers(one)[:, 2:]
    assert np.isnan(zero).sum() == 1  # the ratio of nothing to nothing
    assert np.isnan(one.ratio[4])
    assert (one.ratio_lower[4], one.ratio_upper[4]) == (0, np.inf)
    assert one.ratio[3] == one.ratio_upper[3] == np.inf
    assert np.isfinite(one.difference_upper[2:]).all()
    assert np.isfinite(one.depth[2:]).all()


def test_where_everybody_is_counted_nothing_differs():
    one = compare_proportions([44, 0], 44, [21, 0], 21, important=1.5, scale="odds", dispersion=2.5, **HIGHER)
    for name in ("p_value", "p_better", "p_two_sided", "p_important"):
        assert getattr(one, name).tolist() == [1, 1]


def test_scales_and_directions_may_differ_by_row_and_by_indicator():
    counts = np.array([[20.0, 30.0], [40.0, 50.0]])
    mixed = compare_proportions(
        counts, 200.0, 900.0, 9000.0,
        important=np.array([1.25, 0.05]), scale=np.array(["odds", "points"]), poorer_is=np.array(["higher", "lower"]),
    )  # fmt: skip
    assert mixed.value.shape == (2, 2)
    left = compare_proportions(counts[:, 0], 200.0, 900.0, 9000.0, important=1.25, scale="odds", poorer_is="higher")
    right = compare_proportions(counts[:, 1], 200.0, 900.0, 9000.0, important=0.05, scale="points", poorer_is="lower")
    np.testing.assert_array_equal(numbers(mixed)[:, :, 0], numbers(left))
    np.testing.assert_array_equal(numbers(mixed)[:, :, 1], numbers(right))
    assert mixed.test_method[0].tolist() == ["score (odds ratio)", "score (difference)"]


@pytest.mark.parametrize(
    ("given_important", "scale", "words"),
    [
        (0.8, "ratio", "above 1"),
        (1.0, "odds", "above 1"),
        (5.0, "points", "shares below 1"),
        (1.2, "sd", "expected"),
        (-0.1, "points", "above 0"),
    ],
)
def test_a_smallest_important_difference_must_be_one(given_important, scale, words):
    with pytest.raises(ValueError, match=words):
        compare_proportions(5, 50, 50, 900, important=given_important, scale=scale, **HIGHER)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="poorer_is is 'high'"):
        compare_rates(5, 50, 50, 900, important=1.2, scale="ratio", poorer_is="high")
    with pytest.raises(ValueError, match="cannot be above total1"):
        compare_proportions(51, 50, 50, 900, important=1.2, scale="ratio", **HIGHER)
    with pytest.raises(ValueError, match="odds"):
        compare_rates(5, 50, 50, 900, important=1.2, scale="odds", **HIGHER)


# what always holds

group = st.tuples(st.integers(0, 400), st.integers(0, 4000)).map(lambda pair: (pair[0], max(sum(pair), 1)))
scales = st.sampled_from([("ratio", 1.25), ("odds", 1.5), ("points", 0.05)])
rate_scales = st.sampled_from([("ratio", 1.25), ("points", 0.02)])
directions = st.sampled_from(["higher", "lower"])


@given(first=group, second=group, scale=scales, poorer_is=directions)
@settings(max_examples=80, deadline=None)
def test_an_important_difference_is_harder_to_show_than_any(first, second, scale, poorer_is):
    for compare in (compare_proportions, compare_rates):
        if compare is compare_rates and scale[0] == "odds":
            continue
        one = compare(*first, *second, important=scale[1], scale=scale[0], poorer_is=poorer_is)
        assert one.p_important[0] >= one.p_value[0] - 1e-12
        for name in ("p_value", "p_better", "p_two_sided", "p_important"):
            assert 0 <= getattr(one, name)[0] <= 1
        assert one.difference_lower[0] - 1e-9 <= one.difference[0] <= one.difference_upper[0] + 1e-9
        if np.isfinite(one.ratio[0]):
            assert one.ratio_lower[0] <= one.ratio[0] * (1 + 1e-9)
            assert one.ratio_upper[0] >= one.ratio[0] * (1 - 1e-9)


@given(first=group, second=group, scale=scales)
@settings(max_examples=60, deadline=None)
def test_flags_flip_when_direction_flips(first, second, scale):
    up = compare_proportions(*first, *second, important=scale[1], scale=scale[0], poorer_is="higher")
    down = compare_proportions(*first, *second, important=scale[1], scale=scale[0], poorer_is="lower")
    np.testing.assert_allclose(up.p_value, down.p_better, rtol=1e-9)
    np.testing.assert_allclose(up.p_better, down.p_value, rtol=1e-9)
    np.testing.assert_array_equal(up.difference_lower, down.difference_lower)
    # "more is poorer" of an event is "less is poorer" of its absence, on the scales that are symmetric
    if scale[0] != "ratio":
        (x1, n1), (x2, n2) = first, second
        absent = compare_proportions(
            n1 - x1, n1, n2 - x2, n2, important=scale[1], scale=scale[0], poorer_is="lower"
        )  # fmt: skip
        np.testing.assert_allclose(up.p_important, absent.p_important, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(up.depth, absent.depth, rtol=1e-6, atol=1e-9)


@given(first=group, second=group, scale=scales, poorer_is=directions)
@settings(max_examples=60, deadline=None)
def test_exchanging_the_groups_exchanges_poorer_and_better(first, second, scale, poorer_is):
    for compare in (compare_proportions, compare_rates):
        if compare is compare_rates and scale[0] == "odds":
            continue
        here = compare(*first, *second, important=scale[1], scale=scale[0], poorer_is=poorer_is)
        there = compare(*second, *first, important=scale[1], scale=scale[0], poorer_is=poorer_is)
        np.testing.assert_allclose(here.p_value, there.p_better, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(here.difference_lower, -there.difference_upper, atol=1e-12)
        with np.errstate(divide="ignore"):
            np.testing.assert_allclose(here.ratio_lower, 1 / there.ratio_upper, rtol=1e-6)


@given(first=group, second=group, scale=st.sampled_from([("ratio", 1.25), ("odds", 1.5)]), poorer_is=directions)
@settings(max_examples=60, deadline=None)
def test_the_near_limit_passes_the_important_difference_when_the_test_rejects(first, second, scale, poorer_is):
    one = compare_proportions(*first, *second, important=scale[1], scale=scale[0], poorer_is=poorer_is)
    if one.test_method[0].startswith("score") and abs(one.depth[0] - 1) > 1e-4:
        assert (one.depth[0] > 1) == (one.p_important[0] < 0.025)


@given(first=group, second=group, poorer_is=directions)
@settings(max_examples=40, deadline=None)
def test_the_same_holds_for_rates(first, second, poorer_is):
    one = compare_rates(*first, *second, important=1.25, scale="ratio", poorer_is=poorer_is)
    if abs(one.depth[0] - 1) > 1e-3:
        assert (one.depth[0] > 1) == (one.p_important[0] < 0.025)


def many(rows: int = 5000) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(11)
    n1 = rng.integers(20, 9000, rows).astype(float)
    n2 = rng.integers(10_000, 5_000_000, rows).astype(float)
    level = rng.beta(0.6, 6, rows)
    return rng.binomial(n1.astype(int), level).astype(float), n1, rng.binomial(n2.astype(int), level / 1.2), n2


@pytest.mark.parametrize(("compare", "scale"), [(compare_proportions, "ratio"), (compare_rates, "points")])
def test_neither_chunks_nor_order_of_rows_matter(compare, scale):
    counts = many()
    kwargs = {"important": 1.25 if scale == "ratio" else 0.02, "scale": scale, **HIGHER}
    whole = compare(*counts, **kwargs)
    for rows in (37, 1024):
        pieces = compare(*counts, chunk_rows=rows, **kwargs)
        np.testing.assert_allclose(numbers(pieces), numbers(whole), rtol=1e-6, atol=1e-15)
        assert (pieces.test_method == whole.test_method).all()
    order = np.random.default_rng(0).permutation(len(counts[0]))
    moved = compare(*(values[order] for values in counts), **kwargs)
    np.testing.assert_allclose(numbers(moved), numbers(whole)[:, order], rtol=1e-6, atol=1e-15)


def test_a_split_zone_leaves_count_methods_unchanged():
    # 60 of 700 in one zone, or 25 of 300 and 35 of 400 in its halves: only sums reach the comparison
    whole = compare_proportions(60, 700, 900, 20_000, important=1.25, scale="ratio", **HIGHER)
    halves = compare_proportions(25 + 35, 300 + 400, 900, 20_000, important=1.25, scale="ratio", **HIGHER)
    np.testing.assert_array_equal(numbers(whole), numbers(halves))


def test_under_no_difference_the_tests_reject_no_more_than_they_say():
    # exact: every outcome of two binomials, weighted by its probability; 12 and 60 people at 20 %
    x1, x2 = (values.ravel().astype(float) for values in np.meshgrid(np.arange(13), np.arange(61), indexing="ij"))
    weight = stats.binom.pmf(x1, 12, 0.2) * stats.binom.pmf(x2, 60, 0.2)
    one = compare_proportions(x1, 12, x2, 60, important=1.5, scale="odds", **HIGHER)
    exact = np.char.startswith(one.test_method.astype(str), "exact")
    assert weight[exact].sum() > 0.9
    for level in (0.01, 0.05, 0.2):
        assert weight[exact & (one.p_value <= level)].sum() <= level
        # at the important odds ratio itself: locality at odds 1.5 · 0.25, 3/11
        at_important = stats.binom.pmf(x1, 12, 0.375 / 1.375) * stats.binom.pmf(x2, 60, 0.2)
        assert at_important[exact & (one.p_important <= level)].sum() <= level


# means


def exchange(values, people, inside, **kwargs) -> Comparison:
    values, people = np.asarray(values, float), np.asarray(people, float)
    zones = np.arange(len(values))
    return compare_means(
        zone_sums(values, people, np.zeros(len(inside), int), np.asarray(inside)),
        zone_sums(values, people, np.zeros(len(zones), int), zones),
        **kwargs,
    )


def test_moments_of_every_exchange_of_zones():
    rng = np.random.default_rng(4)
    values, people = rng.gamma(2, 3, 9), rng.integers(400, 1200, 9).astype(float)
    area = zone_sums(values, people, np.zeros(9, int))
    mean = (people * values).sum() / people.sum()
    d = people * (values - mean)
    every = np.array([d[list(chosen)].sum() for chosen in combinations(range(9), 3)])
    assert every.mean() == pytest.approx(0, abs=1e-9)
    here = zone_sums(values, people, [0, 0, 0], [2, 4, 7])
    z = exchange_deviate(here, area)[0, 0]
    assert z == pytest.approx(d[[2, 4, 7]].sum() / every.std(), rel=1e-9)
    assert exchange_skewness(here, area)[0, 0] == pytest.approx((every**3).mean() / every.std() ** 3, rel=1e-9)


def test_skewness_under_a_difference_is_that_of_the_lowered_values():
    rng = np.random.default_rng(14)
    values, people = rng.gamma(1, 3, 12), rng.integers(400, 1200, 12).astype(float)
    inside = np.isin(np.arange(12), [1, 5, 6, 9])
    lowered = values - 2.5 * inside
    sums = [zone_sums(v, people, np.zeros(4, int), np.flatnonzero(inside)) for v in (values, lowered)]
    areas = [zone_sums(v, people, np.zeros(12, int)) for v in (values, lowered)]
    for moment in (exchange_deviate, exchange_skewness):
        assert moment(sums[0], areas[0], 2.5)[0, 0] == pytest.approx(moment(sums[1], areas[1])[0, 0], rel=1e-9)


def test_skewed_indicators_are_not_called_poorer_too_often():
    # Values like hospital stays for alcohol: most zones low, a few very high. 4,000 random localities of five of 400
    # zones: 1 % should have p below 0.01. A normal tail gives it to more than 2 %.
    rng = np.random.default_rng(9)
    values, people = rng.lognormal(0, 0.9, 400), rng.integers(500, 1000, 400).astype(float)
    chosen = np.concatenate([rng.choice(400, 5, replace=False) for _ in range(4000)])
    places = zone_sums(values, people, np.repeat(np.arange(4000), 5), chosen)
    area = zone_sums(values, people, np.zeros(400, int)).take(np.zeros(4000, int))
    above, below = exchange_tails(places, area)
    assert 0.005 < (above < 0.01).mean() < 0.0145
    assert (below < 0.01).mean() < 0.0145
    assert (stats.norm.sf(exchange_deviate(places, area)) < 0.01).mean() > 0.02


def test_no_p_value_is_below_one_over_the_number_of_choices():
    # one of 29 zones, as in Orkney: whatever it is like, one zone in 29 is the highest
    values = np.r_[1000.0, np.random.default_rng(2).normal(0, 1, 28)]
    one = exchange(values, np.ones(29), [0], important=1.0, scale="points", sd=1.0, **HIGHER)
    assert one.p_value[0, 0] == pytest.approx(1 / 29)
    assert one.difference_lower[0, 0] == -np.inf  # so nothing is rejected at 2.5 %
    assert one.depth[0, 0] == -20


def test_p_values_of_exchange_are_close_to_full_enumeration():
    rng = np.random.default_rng(8)
    values, people = rng.normal(20, 4, 16), np.ones(16)
    every = np.array([values[list(chosen)].mean() for chosen in combinations(range(16), 4)])
    for inside in ([0, 1, 2, 3], np.argsort(values)[-5:-1], np.argsort(values)[3:7]):
        one = exchange(values, people, inside, important=1.0, scale="points", sd=4.0, **HIGHER)
        here = values[inside].mean()
        exactly = (every > here + 1e-12).mean() + 0.5 * (np.abs(every - here) <= 1e-12).mean()
        assert one.p_value[0, 0] == pytest.approx(exactly, abs=0.015)
    assert one.null_model[0, 0] == "zone_exchange"
    assert one.test_method[0, 0] == "permutation moments"


def test_means_flip_with_direction_and_scale_with_their_unit():
    rng = np.random.default_rng(5)
    values, people, inside = rng.normal(50, 10, 60), rng.integers(300, 900, 60), np.arange(7)
    up = exchange(values, people, inside, important=0.5, scale="sd", sd=10.0, poorer_is="higher")
    down = exchange(-values, people, inside, important=0.5, scale="sd", sd=10.0, poorer_is="lower")
    for name in ("p_value", "p_better", "p_important", "depth"):
        np.testing.assert_allclose(getattr(up, name), getattr(down, name), rtol=1e-9)
    points = exchange(10 * values, people, inside, important=50.0, scale="points", sd=1.0, poorer_is="higher")
    np.testing.assert_allclose(points.p_important, up.p_important, rtol=1e-9)
    np.testing.assert_allclose(points.difference_lower, 10 * up.difference_lower, rtol=1e-9)


def test_the_limit_of_a_mean_is_where_its_test_just_rejects():
    rng = np.random.default_rng(6)
    values, people, inside = rng.normal(50, 10, 40), rng.integers(300, 900, 40), np.arange(6)
    one = exchange(values + 9 * (np.arange(40) < 6), people, inside, important=0.5, scale="sd", sd=10.0, **HIGHER)
    at_limit = exchange(
        values + 9 * (np.arange(40) < 6), people, inside,
        important=one.difference_lower[0, 0], scale="points", sd=1.0, **HIGHER,
    )  # fmt: skip
    assert at_limit.p_important[0, 0] == pytest.approx(0.025, abs=1e-6)
    assert at_limit.depth[0, 0] == pytest.approx(1)


def test_means_without_zones_are_nothing():
    values, one = np.array([1.0, 2.0, np.nan, 4.0]), np.ones(4)
    sums = zone_sums(values, one, [0, 1, 2, 2, 2], [2, 0, 0, 1, 3], group_count=3)
    area = zone_sums(values, one, np.zeros(4, int)).take(np.zeros(3, int))
    found = compare_means(sums, area, important=0.5, scale="sd", sd=1.0, **HIGHER)
    # no zone with a value; one zone of three; the whole area, which has no rest
    assert found.null_model[:, 0].tolist() == ["none", "zone_exchange", "none"]
    assert np.isnan(found.p_value[[0, 2], 0]).all()


def test_every_field_has_one_shape():
    one = compare_proportions(many(50)[0], 9000, 50, 900, important=1.25, scale="odds", **HIGHER)
    assert {getattr(one, field.name).shape for field in fields(one)} == {(50,)}


def test_a_split_zone_keeps_the_mean_and_reports_another_effective_number():
    # zone 1 (mean 20, 600 people) in halves of 300: same mean; (500 + 600)²/(500² + 600²) = 1.984 zones become
    # (500 + 300 + 300)²/(500² + 2 · 300²) = 2.814
    whole = zone_sums([10.0, 20.0], [500.0, 600.0], [0, 0])
    halves = zone_sums([10.0, 20.0, 20.0], [500.0, 300.0, 300.0], [0, 0, 0])
    assert whole.mean[0, 0] == pytest.approx(halves.mean[0, 0])
    assert whole.effective_n[0, 0] == pytest.approx(1.984, abs=0.001)
    assert halves.effective_n[0, 0] == pytest.approx(2.814, abs=0.001)
