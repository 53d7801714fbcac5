"""A locality against the rest of its area: rules, published values, and what must always hold."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from indicators.comparison.compare import compare_proportions, compare_rates, compare_standardised_ratios
from indicators.comparison.counts import NUMBERS
from indicators.comparison.means import compare_means
from indicators.comparison.result import Comparison

HIGHER = {"poorer_is": "higher"}


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


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("compare", [compare_proportions, compare_rates])
def test_a_rest_that_is_nobody_by_a_hair_is_nobody(compare):
    """A partnership less a locality that is all of it: what the subtraction leaves is rounding."""
    found = compare([3.0, 3.0], [10.0, 10.0], [2e-13, 50.0], [3e-12, 100.0], important=1.25, scale="ratio", **HIGHER)
    assert np.isnan([found.p_value[0], found.ratio[0]]).all()
    assert found.test_method[0] == "none"
    assert found.ratio[1] == pytest.approx(0.6)


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
@example(first=(5, 17), second=(5, 17), scale=("ratio", 1.25))
@settings(max_examples=60, deadline=None)
def test_flags_flip_when_direction_flips(first, second, scale):
    up = compare_proportions(*first, *second, important=scale[1], scale=scale[0], poorer_is="higher")
    down = compare_proportions(*first, *second, important=scale[1], scale=scale[0], poorer_is="lower")
    np.testing.assert_allclose(up.p_value, down.p_better, rtol=1e-9)
    np.testing.assert_allclose(up.p_better, down.p_value, rtol=1e-9)
    np.testing.assert_array_equal(up.difference_lower, down.difference_lower)
    # "more is poorer" of an event is "less is poorer" of its absence, on every scale
    (x1, n1), (x2, n2) = first, second
    absent = compare_proportions(n1 - x1, n1, n2 - x2, n2, important=scale[1], scale=scale[0], poorer_is="lower")
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


MEANS = {"sd_between_people": 12.0, "important": 0.5, "scale": "sd", "sd": 4.0}


def test_a_mean_is_as_sure_as_the_people_behind_it():
    # (53 - 50) / (12 * sqrt(1/400 + 1/3600)) = 4.743; less half a standard deviation of 4 between zones: 1.581
    one = compare_means(53.0, 400, 50.0, 3600, **MEANS, **HIGHER)
    assert one.p_value[0] == pytest.approx(stats.norm.sf(4.743416), rel=1e-5)
    assert one.p_important[0] == pytest.approx(stats.norm.sf(1.581139), rel=1e-5)
    assert (one.null_model[0], one.test_method[0]) == ("sampling", "normal (difference)")


def test_what_is_measured_is_what_it_is():
    found = compare_means(
        [14.9, 5.9, 7.0], 800, 6.0, 5000, sd_between_people=0.0, important=3.0, scale="points", **HIGHER
    )
    assert found.p_value.tolist() == [0.0, 1.0, 0.0]
    assert found.p_important.tolist() == [0.0, 1.0, 1.0]
    assert (found.difference_lower == found.difference_upper).all()
    assert set(found.null_model) == {"none"}
    assert set(found.test_method) == {"measured"}


def test_means_flip_with_direction_and_scale_with_their_unit():
    m1, n1 = np.linspace(45, 55, 7), np.arange(100, 800, 100)
    up = compare_means(m1, n1, 50.0, 4000, **MEANS, poorer_is="higher")
    down = compare_means(-m1, n1, -50.0, 4000, **MEANS, poorer_is="lower")
    for name in ("p_value", "p_better", "p_important", "depth"):
        np.testing.assert_allclose(getattr(up, name), getattr(down, name), rtol=1e-9)
    points = compare_means(
        10 * m1, n1, 500.0, 4000, sd_between_people=120.0, important=20.0, scale="points", poorer_is="higher"
    )
    np.testing.assert_allclose(points.p_important, up.p_important, rtol=1e-9)
    np.testing.assert_allclose(points.difference_lower, 10 * up.difference_lower, rtol=1e-9)


def test_means_of_nobody_or_of_people_unknown_are_nothing():
    found = compare_means([1.0, 1.0, np.nan], [0, 10, 10], 2.0, 50, sd_between_people=[1.0, np.nan, 1.0],
                          important=1.0, scale="points", **HIGHER)  # fmt: skip
    assert np.isnan(found.p_value).all()
    assert set(found.null_model) == {"none"}


def test_one_answer_for_one_fact_whichever_side_is_counted():
    """780 of 1,000 take part against 92,000 of 100,000: 22 % do not, against 8 %, 2.75 times as many."""
    taking_part = compare_proportions(780, 1000, 92_000, 100_000, important=1.25, scale="ratio", poorer_is="lower")
    not_taking = compare_proportions(220, 1000, 8_000, 100_000, important=1.25, scale="ratio", poorer_is="higher")
    for name in ("p_value", "p_better", "p_important", "depth"):
        assert getattr(taking_part, name)[0] == pytest.approx(getattr(not_taking, name)[0], rel=1e-9)
    assert taking_part.p_important[0] < 1e-30
    assert taking_part.ratio[0] == pytest.approx(0.78 / 0.92)
    assert not_taking.ratio[0] == pytest.approx(2.75)


def test_every_field_has_one_shape():
    one = compare_proportions(many(50)[0], 9000, 50, 900, important=1.25, scale="odds", **HIGHER)
    assert {getattr(one, field.name).shape for field in fields(one)} == {(50,)}
