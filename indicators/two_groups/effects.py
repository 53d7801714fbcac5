"""Differences and ratios between two groups, with limits: proportions and means.

Group 1 is the locality, group 2 the rest of its comparator; they share nobody. Every function is vectorised and
returns an `Interval`. Zero events give finite limits or the honest 0 or infinity (a ratio with none in group 2),
never NaN; a row with a NaN or nothing to divide by has NaN and ``"none"``.

References
----------
Donner A, Zou GY (2012) Statistical Methods in Medical Research 21:347-359 (MOVER for ratios).
Koopman PAR (1984) Biometrics 40:513-517.
Miettinen O, Nurminen M (1985) Statistics in Medicine 4:213-226.
Newcombe RG (1998) Statistics in Medicine 17:873-890.
Przyborowski J, Wilenski H (1940) Biometrika 31:313-323.
Zou GY, Donner A (2008) Statistics in Medicine 27:1693-1702 (MOVER for differences).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from indicators.arrays.arguments import (
    Floats,
    aligned,
    check_not_above,
    check_not_negative,
)
from indicators.intervals.counts import (
    Interval,
    _named,
    two_sided_quantile,
    wilson_limits,
)
from indicators.two_groups.score_limits import log_ratio_lower_limit


def mover_difference(
    value1: Floats, lower1: Floats, upper1: Floats, value2: Floats, lower2: Floats, upper2: Floats
) -> tuple[Floats, Floats]:
    """Return limits of a difference from the separate limits of two independent estimates, unchecked.

    ``d − √((a1−l1)² + (u2−a2)²)`` and ``d + √((u1−a1)² + (a2−l2)²)``: the method of variance estimates recovery, Zou
    and Donner (2008); with Wilson's limits it is Newcombe's (1998) method 10.
    """
    difference = value1 - value2
    return (
        difference - np.hypot(value1 - lower1, upper2 - value2),
        difference + np.hypot(upper1 - value1, value2 - lower2),
    )


def mover_ratio(
    value1: Floats, lower1: Floats, upper1: Floats, value2: Floats, lower2: Floats, upper2: Floats
) -> tuple[Floats, Floats]:
    """Return limits of a ratio from the separate limits of two independent estimates not below 0, unchecked.

    Donner and Zou (2012): the ratio r at which the MOVER limit of ``a1 − r a2`` is 0. The upper limit is infinite where
    group 2 may be 0.
    """
    product = value1 * value2
    low = lower1 * (2 * value1 - lower1)
    high = upper1 * np.maximum(2 * value1 - upper1, -np.inf)
    low2 = lower2 * (2 * value2 - lower2)
    high2 = upper2 * (2 * value2 - upper2)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Written so that neither subtracts near-equal numbers.
        lower = low / (product + np.sqrt(np.maximum(product * product - low * high2, 0.0)))
        upper = (product + np.sqrt(np.maximum(product * product - high * low2, 0.0))) / low2
    lower = np.where(value1 <= 0, 0.0, lower)
    return lower, np.where(low2 <= 0, np.inf, upper)


def _two_proportions(
    events: ArrayLike, total: ArrayLike, rest_events: ArrayLike, rest_total: ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    x1, n1, x2, n2 = aligned(events=events, total=total, rest_events=rest_events, rest_total=rest_total)
    for name, values in (("events", x1), ("total", n1), ("rest_events", x2), ("rest_total", n2)):
        check_not_negative(name, values)
    check_not_above("events", x1, "total", n1)
    check_not_above("rest_events", x2, "rest_total", n2)
    known = (n1 > 0) & (n2 > 0) & ~np.isnan(x1) & ~np.isnan(x2)
    return (
        np.where(known, np.minimum(x1, n1), np.nan),
        np.where(known, n1, np.nan),
        np.where(known, np.minimum(x2, n2), np.nan),
        np.where(known, n2, np.nan),
    )


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return a ratio in which something over nothing is infinite and nothing over nothing is NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(numerator / denominator, dtype=np.float64)


def _named_ratio(numerator: Floats, estimate: Floats, lower: Floats, upper: Floats, method: str) -> Interval:
    """Return an interval in which 0/0 has an undefined estimate but keeps its method and limits."""
    named = _named(np.where(np.isnan(numerator), np.nan, 0.0), lower, upper, method)
    return named._replace(estimate=estimate)


def difference_of_proportions(
    events: ArrayLike, total: ArrayLike, rest_events: ArrayLike, rest_total: ArrayLike, confidence: float = 0.95
) -> Interval:
    """Return differences of two proportions with Newcombe's hybrid score interval.

    Parameters
    ----------
    events, total
        Of the locality; 0 <= events <= total.
    rest_events, rest_total
        Of the rest of the comparator.
    confidence
        Share in (0, 1).

    Notes
    -----
    Newcombe (1998), method 10 (without continuity correction).

    Examples
    --------
    >>> difference_of_proportions(56, 70, 48, 80).to_frame().round(4)  # Newcombe (1998), table II (a)
       value  lower_ci  upper_ci ci_method
    0    0.2    0.0524    0.3339  Newcombe
    """
    z = two_sided_quantile(confidence)
    x1, n1, x2, n2 = _two_proportions(events, total, rest_events, rest_total)
    p1, p2 = x1 / n1, x2 / n2
    return _named(p1 - p2, *mover_difference(p1, *wilson_limits(x1, n1, z), p2, *wilson_limits(x2, n2, z)), "Newcombe")


def ratio_of_proportions(
    events: ArrayLike, total: ArrayLike, rest_events: ArrayLike, rest_total: ArrayLike, confidence: float = 0.95
) -> Interval:
    """Return ratios of two proportions with Koopman's score interval.

    Parameters as for `difference_of_proportions`.

    Notes
    -----
    Koopman (1984); the values at which the score test of the ratio just rejects: `indicators.two_groups.score_limits`.

    Examples
    --------
    >>> ratio_of_proportions(36, 40, 16, 80).to_frame().round(2)  # Koopman (1984), p. 516
       value  lower_ci  upper_ci ci_method
    0    4.5      2.94      7.15   Koopman
    """
    z = two_sided_quantile(confidence)
    x1, n1, x2, n2 = _two_proportions(events, total, rest_events, rest_total)
    with np.errstate(all="ignore"):
        lower, upper = (
            np.exp(log_ratio_lower_limit(x1, n1, x2, n2, z)),
            np.exp(-log_ratio_lower_limit(x2, n2, x1, n1, z)),
        )
    return _named_ratio(x1 + x2, _ratio(x1 / n1, x2 / n2), lower, upper, "Koopman")


def _two_means(value: ArrayLike, variance: ArrayLike, rest_value: ArrayLike, rest_variance: ArrayLike) -> list[Floats]:
    arrays = aligned(value=value, variance=variance, rest_value=rest_value, rest_variance=rest_variance)
    check_not_negative("variance", arrays[1])
    check_not_negative("rest_variance", arrays[3])
    return arrays


def difference_of_means(
    value: ArrayLike, variance: ArrayLike, rest_value: ArrayLike, rest_variance: ArrayLike, confidence: float = 0.95
) -> Interval:
    """Return differences of two independent means, given the variance of each mean (the standard error squared).

    Examples
    --------
    >>> difference_of_means(12.0, 0.25, 10.0, 0.0).to_frame().round(2)
       value  lower_ci  upper_ci ci_method
    0    2.0      1.02      2.98    normal
    """
    z = two_sided_quantile(confidence)
    m1, v1, m2, v2 = _two_means(value, variance, rest_value, rest_variance)
    difference, half = m1 - m2, z * np.sqrt(v1 + v2)
    return _named(difference + 0 * half, difference - half, difference + half, "normal")


def ratio_of_means(
    value: ArrayLike, variance: ArrayLike, rest_value: ArrayLike, rest_variance: ArrayLike, confidence: float = 0.95
) -> Interval:
    """Return ratios of two independent positive means, given the variance of each mean.

    NaN and ``"none"`` where a mean is not above 0: a ratio has no meaning there.

    Notes
    -----
    ``r exp(∓ z √(v1/m1² + v2/m2²))``, the delta method on the logarithm.

    Examples
    --------
    >>> ratio_of_means(12.0, 0.25, 10.0, 0.0).to_frame().round(2)
       value  lower_ci  upper_ci  ci_method
    0    1.2      1.11       1.3  log ratio
    """
    z = two_sided_quantile(confidence)
    m1, v1, m2, v2 = _two_means(value, variance, rest_value, rest_variance)
    m1, m2 = np.where(m1 > 0, m1, np.nan), np.where(m2 > 0, m2, np.nan)
    spread = np.exp(z * np.sqrt(v1 / m1**2 + v2 / m2**2))
    return _named(m1 / m2 + 0 * spread, m1 / m2 / spread, m1 / m2 * spread, "log ratio")
