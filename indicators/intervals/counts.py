"""Confidence intervals for one proportion, rate or standardised ratio, vectorised, each row with its method.

Every function takes numbers or arrays of one length and returns an `Interval`. A row that has a NaN among its inputs,
or nothing to divide by, has NaN limits and the method ``"none"``; zero events never do. Nothing here knows about
suppression: pass NaN, or run the low and the high count. None of these intervals allows for mistakes in the counts, for
residents who were not counted, or for people moving between areas.

References
----------
Breslow NE, Day NE (1987) Statistical Methods in Cancer Research II, IARC, p. 69 (Byar's approximation).
Clopper CJ, Pearson ES (1934) Biometrika 26:404-413.
Cochran WG (1977) Sampling Techniques, 3rd ed., Wiley, ch. 2-3 (finite populations).
Garwood F (1936) Biometrika 28:437-442.
McCullagh P, Nelder JA (1989) Generalized Linear Models, 2nd ed., ch. 9 (quasi-likelihood).
Wilson EB (1927) Journal of the American Statistical Association 22:209-212.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, gammaincinv, ndtri

from indicators.arrays.arguments import (
    Floats,
    aligned,
    check_confidence,
    check_not_above,
    check_not_negative,
    check_positive,
    check_whole,
    labels,
)

EXACT_BELOW = 10
"""Number of events below which rates and ratios take exact limits, and Byar's above (see `rate`)."""

_QUASI = "For annual averages and modelled counts use the quasi-likelihood version"


class Interval(NamedTuple):
    """An estimate with its limits, and the method of each row.

    Parameters
    ----------
    estimate, lower, upper
        Float arrays of one shape, in the unit of the estimate.
    method
        Object array of names; ``"none"`` where there is no estimate.
    """

    estimate: Floats
    lower: Floats
    upper: Floats
    method: NDArray[np.object_]

    def to_frame(self) -> pd.DataFrame:
        """Return columns ``value, lower_ci, upper_ci, ci_method``, one row per estimate.

        Examples
        --------
        >>> wilson(15, 148).to_frame().round(4)
            value  lower_ci  upper_ci ci_method
        0  0.1014    0.0624    0.1605    Wilson
        """
        return pd.DataFrame(
            {"value": self.estimate, "lower_ci": self.lower, "upper_ci": self.upper, "ci_method": self.method}
        )


def two_sided_quantile(confidence: float) -> float:
    """Return the standard normal deviate z of a two-sided interval.

    Examples
    --------
    >>> round(two_sided_quantile(0.95), 4)
    1.96
    """
    return float(ndtri(0.5 + check_confidence(confidence) / 2))


def _named(estimate: Floats, lower: Floats, upper: Floats, method: str | NDArray[np.object_]) -> Interval:
    missing = np.isnan(estimate)
    if isinstance(method, str):
        method = labels(np.ones(estimate.shape, dtype=np.intp), ("none", method))
    method[missing] = "none"
    return Interval(estimate, np.where(missing, np.nan, lower), np.where(missing, np.nan, upper), method)


def _events_and_total(events: ArrayLike, total: ArrayLike) -> tuple[Floats, Floats]:
    x, n = aligned(events=events, total=total)
    check_not_negative("events", x)
    check_not_negative("total", n)
    check_not_above("events", x, "total", n)
    return np.minimum(x, n), n


def wilson_limits(x: Floats, n: Floats, z: float) -> tuple[Floats, Floats]:
    """Return Wilson's limits for events `x` out of `n` > 0, unchecked: 0 and 1 exactly at the ends.

    ``(2x + z² ∓ z √(z² + 4x(n−x)/n)) / 2(n + z²)``; Wilson (1927).
    """
    z2 = z * z
    root = z * np.sqrt(z2 + 4.0 * x * (n - x) / n)
    middle = 2.0 * x + z2
    scale = 0.5 / (n + z2)
    lower = np.where(x <= 0, 0.0, (middle - root) * scale)
    upper = np.where(x >= n, 1.0, (middle + root) * scale)
    return lower, upper


def garwood_count_limits(x: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Return exact limits of a Poisson mean for counts `x`, `alpha` = 1 − confidence, unchecked; Garwood (1936)."""
    lower = np.where(x > 0, gammaincinv(np.where(x > 0, x, 1.0), alpha / 2), 0.0)
    return lower, np.asarray(gammaincinv(x + 1.0, 1 - alpha / 2))


def byar_count_limits(x: Floats, z: float) -> tuple[Floats, Floats]:
    """Return Byar's limits of a Poisson mean for counts `x`, unchecked; Breslow and Day (1987)."""
    safe = np.where(x > 0, x, 1.0)
    below = np.maximum(1.0 - 1.0 / (9.0 * safe) - z / (3.0 * np.sqrt(safe)), 0.0)
    lower = np.where(x > 0, safe * below * below * below, 0.0)
    y = x + 1.0
    above = 1.0 - 1.0 / (9.0 * y) + z / (3.0 * np.sqrt(y))
    return lower, y * above * above * above


def poisson_count_limits(x: Floats, z: float, alpha: float, exact: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return limits of a Poisson mean, exact in the rows that say so and Byar's elsewhere, unchecked."""
    lower, upper = byar_count_limits(x, z)
    if exact.any():
        lower[exact], upper[exact] = garwood_count_limits(x[exact], alpha)
    return lower, upper


def wilson(events: ArrayLike, total: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return proportions with Wilson's score interval.

    Parameters
    ----------
    events, total
        People counted, out of whom; 0 <= events <= total. Not necessarily whole, but see `quasi_proportion`.
    confidence
        Share in (0, 1).

    Returns
    -------
    Interval
        Proportions between 0 and 1. NaN and ``"none"`` where total is 0 or an input is NaN.

    Raises
    ------
    ValueError
        If events are negative or above their total, or confidence is not in (0, 1).

    Notes
    -----
    ``(2x + z² ∓ z √(z² + 4x(n−x)/n)) / 2(n + z²)``, Wilson (1927). Average coverage is near nominal; for single
    values of the true proportion near 0 or 1 it may be less.

    Examples
    --------
    >>> ci = wilson([81, 15, 0, 1], [263, 148, 20, 29])  # Newcombe (1998), table I
    >>> ci.lower.round(4).tolist(), ci.upper.round(4).tolist()
    ([0.2553, 0.0624, 0.0, 0.0061], [0.3662, 0.1605, 0.1611, 0.1718])
    """
    z = two_sided_quantile(confidence)
    x, n = _events_and_total(events, total)
    n = np.where(n > 0, n, np.nan)
    return _named(x / n, *wilson_limits(x, n, z), "Wilson")


def clopper_pearson(events: ArrayLike, total: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return proportions with the exact binomial interval: coverage is at least nominal.

    Parameters and errors as for `wilson`; events and total must also be whole.

    Notes
    -----
    Quantiles of Beta(x, n−x+1) and Beta(x+1, n−x), Clopper and Pearson (1934).

    Examples
    --------
    >>> ci = clopper_pearson([0, 15], [20, 148])  # Newcombe (1998), table I, method 5
    >>> ci.lower.round(4).tolist(), ci.upper.round(4).tolist()
    ([0.0, 0.0578], [0.1684, 0.1617])
    """
    alpha = 1 - check_confidence(confidence)
    x, n = _events_and_total(events, total)
    check_whole("events", x, _QUASI)
    check_whole("total", n, _QUASI)
    n = np.where(n > 0, n, np.nan)
    lower = np.where(x > 0, betaincinv(np.where(x > 0, x, 1.0), n - x + 1.0, alpha / 2), 0.0)
    upper = np.where(x < n, betaincinv(x + 1.0, np.where(x < n, n - x, 1.0), 1 - alpha / 2), 1.0)
    return _named(x / n, lower, upper, "Clopper-Pearson")


def _events_and_exposure(events: ArrayLike, exposure: ArrayLike, names: tuple[str, str]) -> tuple[Floats, Floats]:
    x, e = aligned(**{names[0]: events, names[1]: exposure})
    check_not_negative(names[0], x)
    check_not_negative(names[1], e)
    return np.where(e > 0, x, np.nan), np.where(e > 0, e, np.nan)


def garwood(
    events: ArrayLike, exposure: ArrayLike = 1.0, confidence: float = 0.95, multiplier: float = 1.0
) -> Interval:
    """Return rates with the exact Poisson interval: coverage is at least nominal.

    Parameters
    ----------
    events
        Whole counts, not negative.
    exposure
        Denominator in the unit that the source declares (people, person-years); not negative.
    confidence
        Share in (0, 1).
    multiplier
        The rate is per this many units of exposure, such as 100,000.

    Notes
    -----
    Half the quantiles of chi-squared with 2x and 2x + 2 degrees of freedom, Garwood (1936).

    Examples
    --------
    >>> ci = garwood([0, 5, 20])  # Garwood (1936), as in Breslow and Day (1987), table 2.10
    >>> ci.lower.round(2).tolist(), ci.upper.round(2).tolist()
    ([0.0, 1.62, 12.22], [3.69, 11.67, 30.89])
    """
    alpha = 1 - check_confidence(confidence)
    x, e = _events_and_exposure(events, exposure, ("events", "exposure"))
    check_whole("events", x, _QUASI)
    scale = multiplier / e
    lower, upper = garwood_count_limits(x, alpha)
    return _named(x * scale, lower * scale, upper * scale, "Garwood")


def byar(events: ArrayLike, exposure: ArrayLike = 1.0, confidence: float = 0.95, multiplier: float = 1.0) -> Interval:
    """Return rates with Byar's approximation to the exact Poisson interval.

    Parameters and errors as for `garwood`. Within 0.2 % of the exact 95 % limits from ten events upward.

    Notes
    -----
    ``x (1 − 1/9x − z/3√x)³`` and ``y (1 − 1/9y + z/3√y)³`` with ``y = x + 1``; Breslow and Day (1987).

    Examples
    --------
    >>> byar(10).to_frame().round(2)
       value  lower_ci  upper_ci ci_method
    0   10.0      4.79     18.39      Byar
    """
    z = two_sided_quantile(confidence)
    x, e = _events_and_exposure(events, exposure, ("events", "exposure"))
    check_whole("events", x, _QUASI)
    scale = multiplier / e
    lower, upper = byar_count_limits(x, z)
    return _named(x * scale, lower * scale, upper * scale, "Byar")


def _poisson(x: Floats, scale: Floats, confidence: float, method: tuple[str, str]) -> Interval:
    few = x < EXACT_BELOW
    lower, upper = poisson_count_limits(x, two_sided_quantile(confidence), 1 - confidence, few)
    return _named(x * scale, lower * scale, upper * scale, labels(few.astype(np.intp), method))


def rate(events: ArrayLike, exposure: ArrayLike, confidence: float = 0.95, multiplier: float = 1.0) -> Interval:
    """Return rates with exact limits below ten events and Byar's from ten upward, row by row.

    Parameters and errors as for `garwood`.

    Examples
    --------
    >>> rate([9, 10], 1000, multiplier=1000).to_frame().round(2)
       value  lower_ci  upper_ci ci_method
    0    9.0      4.12     17.08   Garwood
    1   10.0      4.79     18.39      Byar
    """
    check_confidence(confidence)
    x, e = _events_and_exposure(events, exposure, ("events", "exposure"))
    check_whole("events", x, _QUASI)
    return _poisson(x, multiplier / e, confidence, ("Byar", "Garwood"))


def standardised_ratio(
    observed: ArrayLike, expected: ArrayLike, confidence: float = 0.95, multiplier: float = 1.0
) -> Interval:
    """Return standardised ratios, observed over expected, with exact limits below ten observed and Byar's above.

    Parameters
    ----------
    observed
        Whole counts.
    expected
        Counts expected at the standard's rates; taken as known without error.
    confidence
        Share in (0, 1).
    multiplier
        1 for a ratio, 100 where the standard is to be 100.

    Examples
    --------
    >>> standardised_ratio(12, 8.0, multiplier=100).to_frame().round(1)
       value  lower_ci  upper_ci ci_method
    0  150.0      77.4     262.0      Byar
    """
    check_confidence(confidence)
    x, e = _events_and_exposure(observed, expected, ("observed", "expected"))
    check_whole("observed", x, _QUASI)
    return _poisson(x, multiplier / e, confidence, ("Byar", "Garwood"))


def quasi_proportion(events: ArrayLike, total: ArrayLike, dispersion: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return proportions with Wilson's interval for counts that vary `dispersion` times as much as binomial ones.

    Parameters
    ----------
    events, total
        As for `wilson`; need not be whole.
    dispersion
        Variance over binomial variance, above 0. The mean of k yearly counts has 1/k; modelled or clustered counts
        usually have more than 1.
    confidence
        Share in (0, 1).

    Notes
    -----
    Wilson's limits at ``x/φ`` out of ``n/φ``: the numbers that carry the same information under the binomial.

    Examples
    --------
    >>> quasi_proportion(10.5, 100, 2.0).to_frame().round(4)
       value  lower_ci  upper_ci     ci_method
    0  0.105    0.0466    0.2198  quasi-Wilson
    """
    z = two_sided_quantile(confidence)
    x, n = _events_and_total(events, total)
    x, n, phi = aligned(events=x, total=n, dispersion=dispersion)
    check_positive("dispersion", phi)
    n = np.where(n > 0, n, np.nan)
    return _named(x / n + 0.0 * phi, *wilson_limits(x / phi, n / phi, z), "quasi-Wilson")


def quasi_rate(
    events: ArrayLike,
    exposure: ArrayLike,
    dispersion: ArrayLike,
    confidence: float = 0.95,
    multiplier: float = 1.0,
) -> Interval:
    """Return rates for counts that vary `dispersion` times as much as Poisson ones, and need not be whole.

    Parameters
    ----------
    events, exposure, multiplier
        As for `garwood`, but the counts need not be whole.
    dispersion
        Variance over mean, above 0. The mean of k yearly counts has 1/k.
    confidence
        Share in (0, 1).

    Notes
    -----
    ``x/φ`` behaves like a Poisson count to second moments, so its limits times φ are limits for x: by the gamma
    quantiles of `garwood` where ``x/φ`` is below ten, else Byar's.

    Examples
    --------
    Forty crimes a year as the mean of three years; the interval is that of 120 crimes in three years.

    >>> quasi_rate(40, 1000, dispersion=1 / 3, multiplier=1000).to_frame().round(2)
       value  lower_ci  upper_ci   ci_method
    0   40.0     33.16     47.83  quasi-Byar
    """
    check_confidence(confidence)
    x, e = _events_and_exposure(events, exposure, ("events", "exposure"))
    x, e, phi = aligned(events=x, exposure=e, dispersion=dispersion)
    check_positive("dispersion", phi)
    return _poisson(x / phi, phi * multiplier / e, confidence, ("quasi-Byar", "quasi-Garwood"))
