"""Weighted means of localities held against those of the rest of their area, under exchange of zones.

References
----------
Box GEP, Andersen SL (1955) Journal of the Royal Statistical Society B 17:1-34 (t for permutation tests).
Pitman EJG (1937) Supplement to the Journal of the Royal Statistical Society 4:119-130.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from indicators.arguments import Floats, aligned, check_confidence, check_positive
from indicators.comparison_counts import DEEPEST, METHODS, SCALES, toward_poorer
from indicators.comparison_result import Comparison, comparison_of, word_codes
from indicators.exchange import ZoneSums, exchange_deviate, exchange_limits

__all__ = ["compare_means"]


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
    scales = word_codes("scale", scale, SCALES, ("ratio", "odds"))
    higher = word_codes("poorer_is", poorer_is, ("lower", "higher")).astype(bool)
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
    method = np.where(known, METHODS.index("permutation moments"), 0).astype(np.int8)
    return comparison_of(numbers, method, "zone_exchange")


def _t(z: Floats, freedom: Floats) -> Floats:
    """Return Student's t of a permutation deviate; z² is at most N − 1, where t is infinite."""
    return z * np.sqrt(freedom / np.maximum(freedom + 1.0 - z * z, 1e-12))
