"""Relative index of inequality by a multiplicative model: how many times higher an outcome is at the deprived end.

The straight line of `indicators.inequality.slope_index` passes below 0 at the least deprived end where inequality is
great, just where the relative index matters most. The multiplicative model never does.

References
----------
Long JS, Ervin LH (2000) The American Statistician 54:217-224 (HC3).
McCullagh P, Nelder JA (1989) Generalized Linear Models, 2nd ed., ch. 6 and 9.
Moreno-Betancur M, Latouche A, Menvielle G, Kunst AE, Rey G (2015) Epidemiology 26:518-527.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from indicators.arrays.arguments import check_confidence, check_not_negative
from indicators.inequality.ridits import group_totals, ridits, two_dimensional
from indicators.intervals.counts import Interval, _named

_STEEPEST = 50.0
"""A logarithm of the index beyond which events are at one end only, and no finite index fits."""


def relative_index(
    values: ArrayLike,
    population: ArrayLike,
    deprivation: ArrayLike,
    group: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return the relative index of inequality (RII) by group and series: most over least deprived end.

    1 where there is no slope, above 1 where values rise with deprivation. It is not turned by which way is poorer.

    Parameters
    ----------
    values
        The indicator, not negative, zones × series or one per zone; NaN where not known.
    population
        People that the value concerns, of the same shape or one per zone.
    deprivation
        What orders the zones, higher more deprived, one per zone.
    group
        Index of each zone's group from 0, negative for none; one group by default.
    confidence
        Share in (0, 1).

    Returns
    -------
    Interval
        Arrays of groups × series; NaN for fewer than three zones, or where no finite index fits.

    Notes
    -----
    Variant: ``E(value) = exp(a + b × ridit)``, ridit 0 least and 1 most deprived, by Poisson scores weighted by
    population (for counts over people, Poisson regression with people as exposure; only the mean need be right).
    ``RII = exp(b)`` (Moreno-Betancur and others 2015). Limits: heteroscedasticity-consistent errors (HC3) over zones,
    Student's t on n − 2 degrees of freedom, for these zones in this order (see `indicators.inequality.slope_index`).

    Examples
    --------
    Five equal zones, each half as high again as the one before: 1.5 to the power of 5 from end to end.

    >>> out = relative_index([16.0, 24.0, 36.0, 54.0, 81.0], [9] * 5, [1, 2, 3, 4, 5])
    >>> out.estimate.round(4).tolist(), round(1.5**5, 4)
    ([[7.5938]], 7.5938)
    """
    from scipy.special import stdtrit

    check_confidence(confidence)
    v, w = two_dimensional(values=values, population=population)
    check_not_negative("values", v)
    check_not_negative("population", w)
    d = np.ravel(np.asarray(deprivation, dtype=np.float64))
    g = np.zeros(len(v), dtype=np.intp) if group is None else np.asarray(group, dtype=np.intp)
    total = group_totals(g, int(g.max(initial=0)) + 1)
    known = np.isfinite(v) & (w > 0) & np.isfinite(d)[:, None] & (g >= 0)[:, None]
    w, v = np.where(known, w, 0.0), np.where(known, v, 0.0)
    with np.errstate(all="ignore"):
        f = np.nan_to_num(w / (total @ w)[g])
        x = np.where(known, ridits(d, w, g) - 0.5, 0.0)
        count = total @ known.astype(float)
        mean = total @ (f * v)
        y = np.nan_to_num(v / mean[g])  # of mean 1, so that b alone remains to be found
        moment = total @ (f * x * y)
        slope = 12 * moment  # the straight line's, which is where a gentle slope starts from
        slope = np.clip(slope, -3.0, 3.0)
        for _ in range(60):
            # a is such that the fitted mean is the observed one; Newton on what is left
            weight = f * np.exp(slope[g] * x)
            s0, s1 = total @ weight, total @ (weight * x)
            s2 = total @ (weight * x * x)
            gap = moment - s1 / s0
            step = gap / (s2 / s0 - (s1 / s0) ** 2)
            slope = np.clip(slope + np.clip(step, -3.0, 3.0), -2 * _STEEPEST, 2 * _STEEPEST)
            if not (np.abs(step) > 1e-9).any():
                break
        given = (count > 2) & (mean > 0) & (np.abs(slope) < _STEEPEST) & (np.abs(step) < 1e-6)
        fitted = np.exp(slope[g] * x) / (total @ (f * np.exp(slope[g] * x)))[g]
        weight = f * fitted
        s1, s2 = total @ (weight * x), total @ (weight * x * x)
        spread = s2 - s1**2
        away = np.where(known, x - s1[g], 0.0)
        leverage = weight * (1 + away * away / spread[g])
        score = away * f * (y - fitted) / np.maximum(1 - leverage, 1e-6)
        error = np.sqrt(total @ score**2) / spread
        half = stdtrit(np.where(count > 2, count - 2, np.nan), 0.5 + confidence / 2) * error
        slope = np.where(given, slope, np.nan)
        index, low, high = np.exp(slope), np.exp(slope - half), np.exp(np.minimum(slope + half, 700.0))
    return _named(index, low, high, "weighted log-linear regression on ridit, HC3")
