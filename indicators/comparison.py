"""A locality held against the rest of an area: difference, ratio, limits and tests, each row by a stated rule.

Every function is vectorised, takes any number of rows (or rows × indicators) and returns a `Comparison`. Two
questions are asked of every row, both one-sided toward poorer: is there a difference at all (`p_value`), and is it
larger than the smallest that matters (`p_important`, a minimum-effect test: its null is a difference at or below that
one). Groups share nobody: the comparator is the *rest* of the area. Values are numerator over denominator, without
any multiplier.

What a row's null means is in `null`: ``sampling`` (these residents' events as one outcome of chance) or
``zone_exchange`` (zones change places at random); ``none`` where nothing can be said.

References
----------
Cochran WG (1954) Biometrics 10:417-451 (expected counts below 5).
Murphy KR, Myors B (1999) Journal of Applied Psychology 84:234-248 (minimum-effect tests).
Box GEP, Andersen SL (1955) Journal of the Royal Statistical Society B 17:1-34 (t for permutation tests).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from indicators.arguments import (
    Floats,
    aligned,
    check_confidence,
    check_not_above,
    check_not_negative,
    check_positive,
    labels,
)
from indicators.comparison_counts import DEEPEST, METHODS, NUMBERS, SCALES, proportion_rows, rate_rows, toward_poorer
from indicators.exchange import ZoneSums, exchange_deviate, exchange_limits
from indicators.intervals import two_sided_quantile
from indicators.row_chunks import CHUNK_ROWS, in_chunks

if TYPE_CHECKING:
    from indicators.standardisation import StandardisedRate

__all__ = [
    "Comparison",
    "compare_means",
    "compare_proportions",
    "compare_rates",
    "compare_standardised_rates",
    "compare_standardised_ratios",
]


@dataclass(frozen=True)
class Comparison:
    """A locality against the rest of an area; every field is an array of one shape, one entry per row.

    Parameters
    ----------
    value, comparator_value
        Of the locality, and of the rest; numerator over denominator.
    difference, difference_lower, difference_upper
        Locality minus rest, with two-sided limits.
    ratio, ratio_lower, ratio_upper
        Locality over rest, with two-sided limits. Infinite where the rest has no events; 0/0 is NaN between 0 and ∞.
    p_value, p_better
        One-sided p of no difference, toward poorer and toward better.
    p_two_sided
        Twice the smaller of the two, at most 1.
    p_important
        One-sided p toward poorer of a difference at or below the smallest important one.
    depth
        The limit nearest to no difference on the side of poorer, in smallest important differences: 0 no difference, 1
        exactly important; on the logarithm for ratios and odds. Within ±20.
    null
        ``"sampling"``, ``"zone_exchange"`` or ``"none"``.
    test_method
        Name of the test; ``"none"`` where a count is missing or a side is empty, and then every number that needs it is
        NaN.
    """

    value: Floats
    comparator_value: Floats
    difference: Floats
    difference_lower: Floats
    difference_upper: Floats
    ratio: Floats
    ratio_lower: Floats
    ratio_upper: Floats
    p_value: Floats
    p_better: Floats
    p_two_sided: Floats
    p_important: Floats
    depth: Floats
    null: NDArray[np.object_]
    test_method: NDArray[np.object_]


_NULLS = ("none", "sampling", "zone_exchange")

_ROUNDING = 1e-6
"""Counts this near to a whole number are that number."""

_Kernel = Callable[..., tuple[Floats, NDArray[np.int8]]]


def _codes(name: str, given: Any, allowed: tuple[str, ...], refused: tuple[str, ...] = ()) -> NDArray[np.int8]:
    """Return text as codes into `allowed`."""
    text = np.atleast_1d(np.asarray(given, dtype=object))
    codes = np.full(text.shape, -1, dtype=np.int8)
    for code, word in enumerate(allowed):
        if word not in refused:
            codes[text == word] = code
    if (codes < 0).any():
        words = " or ".join(repr(word) for word in allowed if word not in refused)
        raise ValueError(f"{name} is {text[codes < 0][0]!r}; expected {words}")
    return codes


def _check_important(important: Floats, scale: NDArray[np.int8], most_points: float) -> None:
    is_ratio = (scale == SCALES.index("ratio")) | (scale == SCALES.index("odds"))
    check_positive("important", important)
    low = is_ratio & (important <= 1)
    if low.any():
        raise ValueError(
            f"important is {important[low][0]:g}; a smallest important ratio or odds ratio is above 1 whichever way is"
            " poorer: where lower is poorer, 1.25 means a ratio of 1 / 1.25"
        )
    high = (scale == SCALES.index("points")) & (important >= most_points)
    if high.any():
        raise ValueError(
            f"important is {important[high][0]:g}; points of a proportion are shares below 1, such as 0.05"
        )


def _settled(counts: Floats, quasi: NDArray[np.bool_]) -> Floats:
    """Return counts without rounding errors, and mark in `quasi` the rows in which they are not whole.

    A rest is an area less a locality, and so may miss a whole number by a hair.
    """
    whole = np.rint(counts)
    off = np.abs(counts - whole) > _ROUNDING
    quasi |= off
    return np.where(off, counts, whole) if off.any() else whole


def _compare_counts(
    kernel: _Kernel,
    names: tuple[str, str, str, str],
    counts: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
    important: ArrayLike,
    scale: Any,
    poorer_is: Any,
    confidence: float,
    is_whole: ArrayLike,
    dispersion: ArrayLike,
    *,
    is_share: bool,
    method_shift: int = 0,
    chunk_rows: int = CHUNK_ROWS,
) -> Comparison:
    z = two_sided_quantile(confidence)
    scales = _codes("scale", scale, SCALES, ("sd",) if is_share else ("sd", "odds"))
    higher = _codes("poorer_is", poorer_is, ("lower", "higher")).astype(bool)
    whole = np.atleast_1d(np.asarray(is_whole, dtype=bool))
    x1, n1, x2, n2, sid, phi = aligned(
        **dict(zip(names, counts, strict=True)), important=important, dispersion=dispersion
    )
    shape = np.broadcast_shapes(x1.shape, scales.shape, higher.shape, whole.shape)
    columns = [np.broadcast_to(values, shape).ravel() for values in (x1, n1, x2, n2, sid, phi, scales, higher, whole)]
    x1, n1, x2, n2, sid, phi, scales, higher, whole = columns
    for name, values in zip(names, (x1, n1, x2, n2), strict=True):
        check_not_negative(name, values + _ROUNDING)
    check_positive("dispersion", phi)
    _check_important(sid, scales, 1.0 if is_share else np.inf)
    if is_share:
        check_not_above(names[0], x1, names[1], n1)
        check_not_above(names[2], x2, names[3], n2)

    rows = len(x1)
    numbers = np.full((len(NUMBERS), rows), np.nan)
    methods = np.zeros(rows, dtype=np.int8)

    def work(start: int, stop: int) -> None:
        piece = [values[start:stop] for values in columns]
        known = (piece[1] > 0) & (piece[3] > 0) & ~np.isnan(piece[0] + piece[2] + piece[4] + piece[5])
        kept: slice | NDArray[np.intp] = slice(start, stop)
        if not known.all():
            inside = np.flatnonzero(known)
            if not len(inside):
                return
            piece, kept = [values[inside] for values in piece], inside + start
        a, m, b, k, least, spread, on, up, declared = piece
        a, b = np.maximum(a, 0.0), np.maximum(b, 0.0)
        quasi = ~declared | (spread != 1.0)
        a, b = _settled(a, quasi), _settled(b, quasi)
        if is_share:
            m, k = _settled(m, quasi), _settled(k, quasi)
            a, b = np.minimum(a, m), np.minimum(b, k)
        found, method = kernel(a, m, b, k, least, spread, on, up, quasi, z)
        numbers[:, kept] = found
        methods[kept] = method + method_shift

    in_chunks(work, rows, chunk_rows)
    return _comparison(numbers.reshape(len(NUMBERS), *shape), methods.reshape(shape), 1)


def _comparison(numbers: Floats, methods: NDArray[np.int8], null: int) -> Comparison:
    return Comparison(
        *numbers,
        null=labels(np.where(methods > 0, null, 0), _NULLS),
        test_method=labels(methods.astype(np.intp), METHODS),
    )


def compare_proportions(
    events1: ArrayLike,
    total1: ArrayLike,
    events2: ArrayLike,
    total2: ArrayLike,
    *,
    important: ArrayLike,
    scale: Any,
    poorer_is: Any,
    confidence: float = 0.95,
    is_whole: ArrayLike = True,
    dispersion: ArrayLike = 1.0,
    chunk_rows: int = CHUNK_ROWS,
) -> Comparison:
    """Return proportions of localities held against those of the rest of their area.

    Parameters
    ----------
    events1, total1
        People counted in the locality, out of whom.
    events2, total2
        The same in the rest of the area.
    important
        Smallest important difference on its scale: above 1 for a ratio or odds ratio whichever way is poorer, or a
        share such as 0.05 for points.
    scale
        ``"ratio"``, ``"odds"`` or ``"points"``.
    poorer_is
        ``"higher"`` or ``"lower"``.
    confidence
        Share in (0, 1), of the two-sided limits.
    is_whole
        Whether the counts are counts of people or events; otherwise (annual averages, modelled counts)
        quasi-likelihood.
    dispersion
        Variance over binomial variance; another than 1 takes quasi-likelihood too.
    chunk_rows
        Most rows worked on at once; changes the speed only.

    Raises
    ------
    ValueError
        If a count is negative or above its total, or an argument is not one of those above.

    Notes
    -----
    Limits: difference by Newcombe (1998, method 10), ratio by Koopman (1984); odds ratio (for depth) by Miettinen and
    Nurminen (1985). Tests, row by row:

    - **score**, pooled for no difference; for the important one with the proportions that fit best under it,
    Miettinen and
      Nurminen (1985), Farrington and Manning (1990).
    - **exact hypergeometric** where one of the four expected counts under no difference is below 5: P(at least as many
      events), given the events of both groups together. For an important odds ratio this is Fisher's noncentral
      distribution, without approximation. A ratio or difference does not fix that distribution: it is taken at the odds
      ratio of the two proportions that fit best under the ratio or difference.
    - **quasi-score** where counts are not whole: all counts are divided by the dispersion first, which leaves as much
      information as binomial counts would hold.

    Limits are score limits in every row, so in rows tested exactly a limit just beyond the null may go with a p value
    just above its level.

    Examples
    --------
    The 56 of 70 and 48 of 80 of Newcombe (1998), table II (a), against an important difference of 5 points:

    >>> one = compare_proportions(56, 70, 48, 80, important=0.05, scale="points", poorer_is="higher")
    >>> one.difference_lower.round(4), one.difference_upper.round(4), one.test_method
    (array([0.0524]), array([0.3339]), array(['score (difference)'], dtype=object))
    >>> one.p_value.round(4), one.p_important.round(4), one.depth.round(2)
    (array([0.004]), array([0.0226]), array([1.05]))
    """
    return _compare_counts(
        proportion_rows,
        ("events1", "total1", "events2", "total2"),
        (events1, total1, events2, total2),
        important,
        scale,
        poorer_is,
        confidence,
        is_whole,
        dispersion,
        is_share=True,
        chunk_rows=chunk_rows,
    )


def compare_rates(
    events1: ArrayLike,
    exposure1: ArrayLike,
    events2: ArrayLike,
    exposure2: ArrayLike,
    *,
    important: ArrayLike,
    scale: Any,
    poorer_is: Any,
    confidence: float = 0.95,
    is_whole: ArrayLike = True,
    dispersion: ArrayLike = 1.0,
    chunk_rows: int = CHUNK_ROWS,
) -> Comparison:
    """Return rates of localities held against those of the rest of their area.

    Parameters
    ----------
    events1, exposure1
        Events in the locality, and the denominator that the source declares; neither bounds the other.
    events2, exposure2
        The same in the rest of the area.
    important
        Smallest important difference: a ratio above 1, or points per unit of exposure.
    scale
        ``"ratio"`` or ``"points"``.
    poorer_is, confidence, is_whole, dispersion, chunk_rows
        As for `compare_proportions`; dispersion is variance over mean.

    Notes
    -----
    **Conditional binomial** (Przyborowski and Wilenski 1940): given the events of both groups together, the
    locality's are binomial with probability ``ρ e1 / (ρ e1 + e2)`` under a ratio of rates ρ. Exact at any size; from
    30 events in both groups upward by Peizer and Pratt's formula (`indicators.binomial_tails`). A difference does not
    fix that probability: it is taken at the ratio of the two rates that fit best under the difference. Ratio limits
    are those that this test just rejects; difference limits combine the exact or Byar's limits of each rate (Zou and
    Donner 2008). Counts that are not whole are divided by their dispersion, and the tails continue smoothly between
    whole counts.

    Examples
    --------
    >>> one = compare_rates([60, 3], 1000, [400, 0], 10_000, important=1.2, scale="ratio", poorer_is="higher")
    >>> one.ratio, one.ratio_lower.round(3), one.ratio_upper.round(3)
    (array([1.5, inf]), array([1.124, 4.132]), array([1.972,   inf]))
    >>> one.p_value.round(4), one.p_important.round(4), one.depth.round(2)
    (array([0.0031, 0.0008]), array([0.0648, 0.0012]), array([0.64, 7.78]))
    """
    return _compare_counts(
        rate_rows,
        ("events1", "exposure1", "events2", "exposure2"),
        (events1, exposure1, events2, exposure2),
        important,
        scale,
        poorer_is,
        confidence,
        is_whole,
        dispersion,
        is_share=False,
        chunk_rows=chunk_rows,
    )


def compare_standardised_ratios(
    observed1: ArrayLike,
    expected1: ArrayLike,
    observed2: ArrayLike,
    expected2: ArrayLike,
    *,
    important: ArrayLike,
    scale: Any = "ratio",
    poorer_is: Any,
    confidence: float = 0.95,
    is_whole: ArrayLike = True,
    dispersion: ArrayLike = 1.0,
    chunk_rows: int = CHUNK_ROWS,
) -> Comparison:
    """Return standardised ratios (observed over expected) of localities held against those of the rest of their area.

    Parameters
    ----------
    observed1, expected1
        Events observed in the locality, and expected at the standard's rates (known without error).
    observed2, expected2
        The same in the rest, at the same standard's rates.
    important, scale, poorer_is, confidence, is_whole, dispersion, chunk_rows
        As for `compare_rates`, with expected counts as exposures.

    Notes
    -----
    Both counts are Poisson; given their sum the locality's is binomial, which is the exact test of their ratio. As the
    rest grows it becomes the exact Poisson test of the locality against the standard. Two standardised ratios compare
    fairly only where age structures are similar (Breslow and Day 1987, p. 72).

    Examples
    --------
    >>> one = compare_standardised_ratios(30, 20.0, 40_000, 40_000.0, important=1.1, poorer_is="higher")
    >>> one.p_value.round(4), one.test_method  # P(X >= 30) of Poisson(20) is 0.0218
    (array([0.0219]), array(['exact Poisson, conditional (ratio)'], dtype=object))
    """
    return _compare_counts(
        rate_rows,
        ("observed1", "expected1", "observed2", "expected2"),
        (observed1, expected1, observed2, expected2),
        important,
        scale,
        poorer_is,
        confidence,
        is_whole,
        dispersion,
        is_share=False,
        method_shift=4,
        chunk_rows=chunk_rows,
    )


def compare_means(
    locality: ZoneSums,
    area: ZoneSums,
    *,
    important: ArrayLike,
    scale: Any,
    sd: ArrayLike,
    poorer_is: Any,
    confidence: float = 0.95,
) -> Comparison:
    """Return weighted means of localities held against those of the rest of their area, under exchange of zones.

    Parameters
    ----------
    locality, area
        Sums of `indicators.exchange.zone_sums`, localities × indicators; `area` is the locality together with its rest,
        row by row.
    important
        Smallest important difference: in standard deviations between zones, or points in the unit of the values.
    scale
        ``"sd"`` or ``"points"``.
    sd
        Standard deviation between zones, per indicator.
    poorer_is, confidence
        As for `compare_proportions`.

    Returns
    -------
    Comparison
        Localities × indicators. NaN where the locality or its rest has no zone with a value, where the area has fewer
        than three, or where all values are the same.

    Notes
    -----
    The deviate is that of `indicators.exchange.exchange_deviate`, from the exact first two moments of the permutation
    distribution. As a correlation between belonging and value it is ``r = z / √(N − 1)`` over N zones, and its tails
    are those of ``t = r √((N − 2) / (1 − r²))`` with N − 2 degrees of freedom, which keeps the distribution within
    its bounds when zones are few (Pitman 1937; Box and Andersen 1955). Skewness of the values is not allowed for: for
    a locality of two or three zones of a very skewed indicator, p values beyond 0.01 are too small. Limits of the
    difference are those that this test just rejects; infinite where zones are so few that nothing is rejected. The
    ratio's limits are these over the rest's mean, and NaN unless both means are above 0.

    Examples
    --------
    >>> from indicators.exchange import zone_sums
    >>> x, one = np.arange(1.0, 13.0), np.ones(12)
    >>> found = compare_means(
    ...     zone_sums(x, one, [0, 0, 0], [9, 10, 11]), zone_sums(x, one, [0] * 12),
    ...     important=0.5, scale="sd", sd=3.6, poorer_is="higher")

    One of the 220 sets of three has so high a sum: exactly 1/220 = 0.0045, and half of it, 0.0023, without the tie.

    >>> found.difference.round(2), found.p_value.round(4)
    (array([[6.]]), array([[0.0024]]))
    """
    level = (1.0 + check_confidence(confidence)) / 2.0
    scales = _codes("scale", scale, SCALES, ("ratio", "odds"))
    higher = _codes("poorer_is", poorer_is, ("lower", "higher")).astype(bool)
    least, spread = aligned(important=important, sd=sd)
    check_positive("important", least)
    check_positive("sd", np.where(scales == SCALES.index("sd"), spread, 1.0))
    shape = locality.w.shape
    points = np.broadcast_to(np.where(scales == SCALES.index("sd"), least * spread, least), shape)
    higher = np.broadcast_to(higher, shape)
    sign, _ = toward_poorer(higher, np.ones(shape), -np.ones(shape))

    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (area.wx - locality.wx) / np.where(area.w - locality.w > 1e-9 * area.w, area.w - locality.w, np.nan)
        comparator_value = rest + locality.centre
        value = locality.mean
        freedom = np.where(area.zones >= 2.5, area.zones - 2.0, np.nan)
        t_limit = stdtrit(freedom, level)
        z_limit = t_limit * np.sqrt((freedom + 1.0) / (freedom + t_limit * t_limit))
        difference, lower, upper = exchange_limits(locality, area, z_limit)
        t0 = _t(exchange_deviate(locality, area), freedom)
        t1 = _t(exchange_deviate(locality, area, sign * points), freedom)
        p_value, p_better = toward_poorer(higher, stdtr(freedom, -t0), stdtr(freedom, t0))
        p_important, _ = toward_poorer(higher, stdtr(freedom, -t1), stdtr(freedom, t1))
        near, _ = toward_poorer(higher, lower, -upper)
        positive = (value > 0) & (comparator_value > 0)
        scaled = np.where(positive, comparator_value, np.nan)
        numbers = np.stack(
            [
                value,
                comparator_value,
                difference,
                lower,
                upper,
                value / scaled,
                np.maximum(1.0 + lower / scaled, 0.0),
                1.0 + upper / scaled,
                p_value,
                p_better,
                np.minimum(1.0, 2.0 * np.minimum(p_value, p_better)),
                p_important,
                np.clip(near / points, -DEEPEST, DEEPEST),
            ]
        )
    known = ~np.isnan(p_value + p_important + difference + comparator_value)
    numbers[2:, ~known] = np.nan
    return _comparison(numbers, np.where(known, METHODS.index("permutation moments"), 0).astype(np.int8), 2)


def _t(z: Floats, freedom: Floats) -> Floats:
    """Return Student's t of a permutation deviate; z² is at most N − 1, where t is infinite."""
    return z * np.sqrt(freedom / np.maximum(freedom + 1.0 - z * z, 1e-12))


def compare_standardised_rates(
    locality: StandardisedRate,
    rest: StandardisedRate,
    *,
    important: ArrayLike,
    scale: Any = "ratio",
    poorer_is: Any,
    confidence: float = 0.95,
) -> Comparison:
    """Return directly standardised rates of localities held against those of the rest of their area.

    Parameters
    ----------
    locality, rest
        Results of `indicators.standardisation.directly_standardised`, row by row, of the same standard and multiplier.
    important
        Smallest important difference: a ratio above 1, or points in the unit of the rates.
    scale
        ``"ratio"`` or ``"points"``.
    poorer_is, confidence
        As for `compare_proportions`.
    """
    from indicators.standardised_comparison import compare

    return compare(locality, rest, important, scale, poorer_is, confidence)
