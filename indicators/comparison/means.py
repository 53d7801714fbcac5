"""Means of localities held against those of the rest of their area, with the sampling error of the people behind them.

A mean is as sure as the people that it is taken over: with a standard deviation s between people, a mean over n has the
variance s²/n. Where s is 0 the figure is measured, not sampled (a travel time), and a difference is what it is. How
much *areas* differ among each other is never taken for noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from indicators.arrays.arguments import Floats, aligned, check_not_negative, check_positive
from indicators.comparison.counts import DEEPEST, METHODS, SCALES, toward_poorer
from indicators.comparison.result import Comparison, comparison_of, word_codes
from indicators.intervals.counts import two_sided_quantile


def compare_means(
    mean1: ArrayLike,
    people1: ArrayLike,
    mean2: ArrayLike,
    people2: ArrayLike,
    *,
    sd_between_people: ArrayLike,
    important: ArrayLike,
    scale: Any,
    sd: ArrayLike = 1.0,
    poorer_is: Any,
    confidence: float = 0.95,
) -> Comparison:
    """Return means of localities held against those of the rest of their area.

    Parameters
    ----------
    mean1, people1
        Mean of the locality, and the people that it is taken over.
    mean2, people2
        The same of the rest.
    sd_between_people
        Standard deviation between the people of a place; 0 for what is measured and not sampled.
    important
        Smallest important difference: in standard deviations between zones, or points in the unit of the values.
    scale
        ``"sd"`` or ``"points"``.
    sd
        Standard deviation between zones, the unit of ``important`` on the scale ``sd``.
    poorer_is, confidence
        As for `indicators.comparison.compare.compare_proportions`.

    Returns
    -------
    Comparison
        Of the shape of the arguments; NaN where a mean or its people are not known, or there is no standard deviation
        between people.

    Notes
    -----
    The difference is normal with variance s²/n1 + s²/n2; the important one is subtracted before the second test. Of
    what is measured, p is 0 or 1. The ratio's limits are those of the difference over the rest's mean, and NaN unless
    both means are above 0.

    Examples
    --------
    Scores of 100 and of 10,000 leavers that differ by 1.5 between leavers: (5.0 - 5.6) / (1.5 * sqrt(0.0101)) = -3.98.

    >>> one = compare_means(
    ...     5.0, 100, 5.6, 10_000, sd_between_people=1.5, important=0.25, scale="points", poorer_is="lower")
    >>> one.p_value.round(6), one.p_important.round(4)
    (array([3.4e-05]), array([0.0101]))
    >>> minutes = dict(sd_between_people=0, important=3, scale="points", poorer_is="higher")
    >>> compare_means(14.9, 800, 6.0, 5000, **minutes).p_value
    array([0.])
    """
    z = two_sided_quantile(confidence)
    scales = word_codes("scale", scale, SCALES, ("ratio", "odds"))
    higher = word_codes("poorer_is", poorer_is, ("lower", "higher")).astype(bool)
    m1, n1, m2, n2, between, least, spread = aligned(
        mean1=mean1, people1=people1, mean2=mean2, people2=people2, sd_between_people=sd_between_people,
        important=important, sd=sd,
    )  # fmt: skip
    check_not_negative("sd_between_people", between)
    check_positive("important", least)
    is_sd = scales == SCALES.index("sd")
    with np.errstate(invalid="ignore", divide="ignore"):
        points = np.where(is_sd, least * spread, least)
        known = (n1 > 0) & (n2 > 0) & np.isfinite(m1 + m2 + between) & (points > 0)
        difference = np.where(known, m1 - m2, np.nan)
        error = np.where(known, between * np.sqrt(1.0 / n1 + 1.0 / n2), np.nan)
        effect, _ = toward_poorer(higher, difference, -difference)
        lower, upper = difference - z * error, difference + z * error
        near, _ = toward_poorer(higher, lower, -upper)
        scaled = np.where((m1 > 0) & (m2 > 0), m2, np.nan)
        p_value, p_better = _above(effect, error), _above(-effect, error)
        numbers = np.stack(
            np.broadcast_arrays(
                m1,
                m2,
                difference,
                lower,
                upper,
                m1 / scaled,
                np.maximum(1.0 + lower / scaled, 0.0),
                1.0 + upper / scaled,
                p_value,
                p_better,
                np.minimum(1.0, 2.0 * np.minimum(p_value, p_better)),
                _above(effect - points, error),
                np.clip(near / points, -DEEPEST, DEEPEST),
            )
        )
    numbers[2:, ~known] = np.nan
    method = np.where(known, np.where(between > 0, METHODS.index("normal (difference)"), METHODS.index("measured")), 0)
    return comparison_of(numbers, method.astype(np.int8), "sampling")


def _above(effect: Floats, error: Floats) -> Floats:
    """Return the one-sided p of an effect toward poorer; without error 0 where there is one and 1 where not."""
    certain = np.where(effect > 0, 0.0, 1.0)
    return np.where(error > 0, ndtr(-effect / np.where(error > 0, error, 1.0)), certain)
