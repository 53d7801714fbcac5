"""Log likelihood ratios of a window: more events (or a higher mean) inside than outside, against the same everywhere.

All are functions of the *excess*: observed less expected inside the window, counted toward poorer. Where the excess is
not above 0, the ratio is 0: hot spots are one-sided.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def _x_log(x: Floats, over: Floats) -> Floats:
    """Return ``x log(x / over)``, 0 where x is not above 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((x > 0) & (over > 0), x * np.log(np.where(x > 0, x, 1.0) / over), 0.0)


def poisson_llr(excess: ArrayLike, expected: ArrayLike, total: ArrayLike, sign: float = 1.0) -> Floats:
    """Return the log likelihood ratio of windows for counts that are Poisson.

    Parameters
    ----------
    excess
        Events less expected events inside, times `sign`.
    expected
        Expected events inside, scaled so that all zones together have as many as were observed.
    total
        Events in all zones.
    sign
        1 where more events are poorer, -1 where fewer are.

    Notes
    -----
    Kulldorff (1997), *A spatial scan statistic*, Communications in Statistics 26, 1481-1496: ``c log(c/e) + (C - c)
    log((C - c)/(C - e))`` where c > e, else 0.

    Examples
    --------
    Ten events where four were expected, of forty: 10 log(10/4) + 30 log(30/36).

    >>> poisson_llr(6.0, 4.0, 40.0).round(4).item()
    3.6933
    """
    more, e, total = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in (excess, expected, total)))
    c = e + sign * more
    value = _x_log(c, e) + _x_log(total - c, total - e)
    return np.where(more > 0, np.maximum(value, 0.0), 0.0)


def bernoulli_llr(
    excess: ArrayLike, expected: ArrayLike, size: ArrayLike, total: ArrayLike, all_sizes: ArrayLike, sign: float = 1.0
) -> Floats:
    """Return the log likelihood ratio of windows for people who are counted or not.

    Parameters
    ----------
    excess, expected, total, sign
        As in `poisson_llr`.
    size
        People inside.
    all_sizes
        People in all zones.

    Notes
    -----
    Kulldorff (1997), Bernoulli model, written against expected counts: ``c log(c/e) + (n - c) log((n - c)/(n - e))``
    inside, and the same outside. Where the expectation is the same share everywhere this is Kulldorff's own formula;
    with covariates the expectation differs from zone to zone.

    Examples
    --------
    Twenty of 50 people counted inside, 30 of 150 outside; a quarter everywhere.

    >>> bernoulli_llr(7.5, 12.5, 50.0, 50.0, 200.0).round(4).item()
    3.7561
    """
    more, e, n, total, everyone = np.broadcast_arrays(
        *(np.asarray(one, dtype=float) for one in (excess, expected, size, total, all_sizes))
    )
    c = e + sign * more
    value = (
        _x_log(c, e)
        + _x_log(n - c, n - e)
        + _x_log(total - c, total - e)
        + _x_log(everyone - n - total + c, everyone - n - total + e)
    )
    return np.where(more > 0, np.maximum(value, 0.0), 0.0)


def normal_llr(
    excess: ArrayLike, weight: ArrayLike, all_weights: ArrayLike, squares: ArrayLike, zones: float
) -> Floats:
    """Return the log likelihood ratio of windows for means that are normal, with weights.

    Parameters
    ----------
    excess
        Sum over the zones inside of weight x (value less the weighted mean of all zones), toward poorer.
    weight, all_weights
        Weights inside, and of all zones.
    squares
        Sum over all zones of weight x squared distance from the weighted mean.
    zones
        Zones with a figure.

    Notes
    -----
    Kulldorff, Huang and Konty (2009), *A scan statistic for continuous data based on the normal probability model*,
    International Journal of Health Geographics 8:58; with weights, Huang et al. (2009), JASA 104, 886-898: ``N/2
    log(σ0²/σ²)``, where σ² leaves inside and outside their own means. The squares that two means take away are
    ``S² W / (w (W - w))``.

    Examples
    --------
    Values 1, 2, 3 outside and 6, 8 inside with equal weights: mean 4, squares 34; apart, 2 + 2 = 4.
    5/2 log(34/4) = 5.3502.

    >>> normal_llr(6.0, 2.0, 5.0, 34.0, 5).round(4).item()
    5.3502
    """
    more, w, everything, squares = np.broadcast_arrays(
        *(np.asarray(one, dtype=float) for one in (excess, weight, all_weights, squares))
    )
    rest = w * (everything - w)
    usable = (more > 0) & (rest > 0) & (squares > 0)
    taken = np.where(usable, more**2 * everything, 0.0) / np.where(usable, rest * squares, 1.0)
    # all of the variation gone would be an infinite ratio: rounding alone can bring it there
    return np.where(usable, -zones / 2 * np.log1p(-np.minimum(taken, 1 - 1e-12)), 0.0)


def count_bound(expected: Floats, size: Floats | None, total: float, all_sizes: float) -> Floats:
    """Return for each window k such that ``k x excess²`` is never below its log likelihood ratio.

    A Kullback-Leibler divergence is at most Pearson's chi-squared distance (log x <= x - 1), so windows whose bound is
    below a ratio already found need no logarithms.

    Examples
    --------
    >>> bound = count_bound(np.array([4.0]), None, 40.0, np.inf)
    >>> bool(bound[0] * 6.0**2 >= poisson_llr(6.0, 4.0, 40.0))
    True
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        inside, outside = 1 / expected, 1 / (total - expected)
        if size is not None:
            inside = inside + 1 / (size - expected)
            outside = outside + 1 / (all_sizes - size - total + expected)
        bound = inside + outside
    return np.where(np.isfinite(bound) & (bound > 0), bound, 0.0)


def least_excess(expected: ArrayLike, total: ArrayLike, ratio: float, sign: float = 1.0) -> Floats:
    """Return the excess from which a window's rate is `ratio` times the rest's (where fewer are poorer, 1 / `ratio`).

    Parameters
    ----------
    expected, total, sign
        As in `poisson_llr`.
    ratio
        At least 1.

    Notes
    -----
    ``(c/e) / ((C - c)/(C - e)) >= r`` holds where ``c >= r e C / (C - e + r e)``.

    Examples
    --------
    Ten expected of 100: 20 events inside and 80 outside make (20/10) / (80/90) = 2.25.

    >>> least_excess(10.0, 100.0, 2.25).round(9).item()
    10.0
    """
    e, total = np.broadcast_arrays(np.asarray(expected, dtype=float), np.asarray(total, dtype=float))
    times = ratio**sign
    return sign * e * (times * total / np.maximum(total - e + times * e, 1e-300) - 1)
