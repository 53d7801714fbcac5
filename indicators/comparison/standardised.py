"""Directly standardised rates of localities held against those of the rest of their area.

References
----------
Breslow NE, Day NE (1987) Statistical Methods in Cancer Research II, IARC, pp. 64-68 (logarithm of the ratio).
Fay MP, Feuer EJ (1997) Statistics in Medicine 16:791-801 (effective counts).
Zou GY, Donner A (2008) Statistics in Medicine 27:1693-1702.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from indicators.arrays.arguments import aligned, check_positive
from indicators.comparison.counts import DEEPEST, METHODS, NUMBERS, SCALES, rate_rows, toward_poorer
from indicators.comparison.result import Comparison, check_important, comparison_of, word_codes
from indicators.intervals.counts import EXACT_BELOW, two_sided_quantile
from indicators.intervals.standardised import StandardisedRate
from indicators.two_groups.effects import mover_difference


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
        Results of `indicators.intervals.standardised.directly_standardised`, row by row, of the same standard,
        multiplier and confidence.
    important
        Smallest important difference: a ratio above 1, or points in the unit of the rates.
    scale
        ``"ratio"`` or ``"points"``.
    poorer_is
        ``"higher"`` or ``"lower"``.
    confidence
        Share in (0, 1), of the two-sided limits.

    Notes
    -----
    **Log ratio**: ``log(R1/R2)`` is held to be normal with variance ``Var R1/R1² + Var R2/R2²``, less ``log ρ`` under
    an important ratio ρ; a difference is tested by ``R1 − R2`` and ``Var R1 + Var R2``. Where either side has fewer
    than ten events a standardised rate is taken as a Poisson count ``R²/Var R`` over an exposure ``R/Var R`` (Fay and
    Feuer 1997), and the two are compared as `compare_rates` does: **conditional binomial, effective counts**. Limits
    of the difference combine Dobson's limits of each rate (Zou and Donner 2008).

    Examples
    --------
    >>> from indicators.intervals.standardised import directly_standardised
    >>> place = directly_standardised([[10, 20]], [[1000, 500]], [3, 1], multiplier=1000)
    >>> rest = directly_standardised([[500, 900]], [[90_000, 40_000]], [3, 1], multiplier=1000)
    >>> one = compare_standardised_rates(place, rest, important=1.25, poorer_is="higher")
    >>> one.ratio.round(2), one.ratio_lower.round(2), one.p_value.round(4), one.p_important.round(4)
    (array([1.79]), array([1.24]), array([0.001]), array([0.0287]))
    """
    z = two_sided_quantile(confidence)
    codes = word_codes("scale", scale, SCALES, ("sd", "odds"))
    higher = word_codes("poorer_is", poorer_is, ("lower", "higher")).astype(bool)
    (least,) = aligned(important=important)
    r1, r2 = locality.interval.estimate, rest.interval.estimate
    if r1.shape != r2.shape:
        raise ValueError(f"locality has {len(r1):,} rows and rest {len(r2):,}; give one rest per locality")
    check_positive("important", least)
    check_important(least, codes, np.inf)
    least, codes, higher = (np.broadcast_to(values, r1.shape) for values in (least, codes, higher))
    is_ratio = codes == SCALES.index("ratio")
    known = ~np.isnan(r1 + r2)
    few = known & (np.fmin(locality.events / locality.dispersion, rest.events / rest.dispersion) < EXACT_BELOW)

    v1, v2 = locality.variance, rest.variance
    numbers = np.full((len(NUMBERS), *r1.shape), np.nan)
    numbers[0], numbers[1], numbers[2] = r1, r2, r1 - r2
    numbers[3], numbers[4] = mover_difference(
        r1, locality.interval.lower, locality.interval.upper, r2, rest.interval.lower, rest.interval.upper
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        numbers[5] = r1 / r2
        spread = np.sqrt(v1 / r1**2 + v2 / r2**2)
        log_ratio = np.log(numbers[5])
        numbers[6], numbers[7] = np.exp(log_ratio - z * spread), np.exp(log_ratio + z * spread)
        error = np.where(is_ratio, spread, np.sqrt(v1 + v2))
        effect, _ = toward_poorer(higher, log_ratio, -log_ratio)
        gap, _ = toward_poorer(higher, r1 - r2, r2 - r1)
        effect = np.where(is_ratio, effect, gap)
        null = np.where(is_ratio, np.log(least), least)
        numbers[8], numbers[9], numbers[11] = (
            ndtr(-effect / error),
            ndtr(effect / error),
            ndtr((null - effect) / error),
        )
        numbers[10] = np.minimum(1.0, 2.0 * np.minimum(numbers[8], numbers[9]))
        near_gap, _ = toward_poorer(higher, numbers[3], -numbers[4])
        numbers[12] = np.clip(np.where(is_ratio, effect - z * spread, near_gap) / null, -DEEPEST, DEEPEST)
    method = np.where(known, np.where(is_ratio, METHODS.index("log ratio"), METHODS.index("normal (difference)")), 0)
    if few.any():
        rows = np.flatnonzero(few)
        e1, e2 = locality.effective_exposure[rows], rest.effective_exposure[rows]
        found, _ = rate_rows(
            r1[rows] * e1,
            e1,
            r2[rows] * e2,
            e2,
            least[rows],
            np.ones(len(rows)),
            codes[rows],
            higher[rows],
            np.ones(len(rows), dtype=bool),
            z,
        )
        # The difference keeps Dobson's limits; for points the depth follows them.
        found[3:5] = numbers[3:5, rows]
        found[12] = np.where(is_ratio[rows], found[12], np.clip((near_gap / least)[rows], -DEEPEST, DEEPEST))
        numbers[:, rows] = found
        method[rows] = METHODS.index("conditional binomial, effective counts")
    numbers[2:, ~known] = np.nan
    return comparison_of(numbers, method.astype(np.int8), "sampling")
