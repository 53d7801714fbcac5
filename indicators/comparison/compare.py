"""A locality held against the rest of an area: difference, ratio, limits and tests, each row by a stated rule.

Every function is vectorised, takes any number of rows (or rows × indicators) and returns a `Comparison`. Two
questions are asked of every row, both one-sided toward poorer: is there a difference at all (`p_value`), and is it
larger than the smallest that matters (`p_important`, a minimum-effect test: its null is a difference at or below that
one). Groups share nobody: the comparator is the *rest* of the area. Values are numerator over denominator, without
any multiplier.

What a row's null means is in `null_model`: ``sampling`` (these residents' events as one outcome of chance), or ``none``
where nothing can be said or the figures are measured without error. How areas differ among each other is the
inequality that is looked for, and never taken for noise.

References
----------
Cochran WG (1954) Biometrics 10:417-451 (expected counts below 5).
Murphy KR, Myors B (1999) Journal of Applied Psychology 84:234-248 (minimum-effect tests).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.arrays.arguments import Floats, aligned, check_not_above, check_not_negative, check_positive
from indicators.arrays.row_chunks import CHUNK_ROWS, in_chunks
from indicators.comparison.counts import NUMBERS, SCALES, proportion_rows, rate_rows
from indicators.comparison.result import Comparison, check_important, comparison_of, word_codes
from indicators.intervals.counts import two_sided_quantile

_ROUNDING = 1e-6
"""Counts this near to a whole number are that number."""

_Kernel = Callable[..., tuple[Floats, NDArray[np.int8]]]


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
    with_limits: bool = True,
) -> Comparison:
    z = two_sided_quantile(confidence)
    scales = word_codes("scale", scale, SCALES, ("sd",) if is_share else ("sd", "odds"))
    higher = word_codes("poorer_is", poorer_is, ("lower", "higher")).astype(bool)
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
    check_important(sid, scales, 1.0 if is_share else np.inf)
    if is_share:
        check_not_above(names[0], x1, names[1], n1)
        check_not_above(names[2], x2, names[3], n2)

    rows = len(x1)
    numbers = np.full((len(NUMBERS), rows), np.nan)
    methods = np.zeros(rows, dtype=np.int8)

    def work(start: int, stop: int) -> None:
        piece = [values[start:stop] for values in columns]
        # a rest that misses nobody by a hair is nobody
        known = (piece[1] > _ROUNDING) & (piece[3] > _ROUNDING) & ~np.isnan(piece[0] + piece[2] + piece[4] + piece[5])
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
        found, method = kernel(a, m, b, k, least, spread, on, up, quasi, z, with_limits)
        numbers[:, kept] = found
        methods[kept] = method + method_shift

    in_chunks(work, rows, chunk_rows)
    return comparison_of(numbers.reshape(len(NUMBERS), *shape), methods.reshape(shape), "sampling")


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
    with_limits: bool = True,
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
    with_limits
        Whether limits and depth are wanted; without them, where only tests are, most of the time is saved.

    Raises
    ------
    ValueError
        If a count is negative or above its total, or an argument is not one of those above.

    Notes
    -----
    A smallest important *ratio* is asked of the adverse side: where lower is poorer, of those who are not counted. So
    780 of 1,000 taking part and 220 of 1,000 not taking part have one answer. The ratio shown is that of the values.

    Limits: difference by Newcombe (1998, method 10), ratio by Koopman (1984); odds ratio (for depth) by Miettinen and
    Nurminen (1985). Tests, row by row:

    - **score**, pooled for no difference; for the important one with the proportions that fit best under it,
      Miettinen and Nurminen (1985), Farrington and Manning (1990).
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
        with_limits=with_limits,
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
    with_limits: bool = True,
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
    poorer_is, confidence, is_whole, dispersion, chunk_rows, with_limits
        As for `compare_proportions`; dispersion is variance over mean.

    Notes
    -----
    **Conditional binomial** (Przyborowski and Wilenski 1940): given the events of both groups together, the
    locality's are binomial with probability ``ρ e1 / (ρ e1 + e2)`` under a ratio of rates ρ. Exact at any size; from
    30 events in both groups upward by Peizer and Pratt's formula (`indicators.two_groups.binomial_tails`). A difference
    does not fix that probability: it is taken at the ratio of the two rates that fit best under the difference. Ratio
    limits are those that this test just rejects; difference limits combine the exact or Byar's limits of each rate (Zou
    and Donner 2008). Counts that are not whole are divided by their dispersion, and the tails continue smoothly between
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
        with_limits=with_limits,
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
    with_limits: bool = True,
) -> Comparison:
    """Return standardised ratios (observed over expected) of localities held against those of the rest of their area.

    Parameters
    ----------
    observed1, expected1
        Events observed in the locality, and expected at the standard's rates (known without error).
    observed2, expected2
        The same in the rest, at the same standard's rates.
    important, scale, poorer_is, confidence, is_whole, dispersion, chunk_rows, with_limits
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
        with_limits=with_limits,
    )
