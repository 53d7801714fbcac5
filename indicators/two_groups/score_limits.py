"""Score limits of a ratio and of an odds ratio of two proportions, a million rows at a time.

Arrays in, arrays out, unchecked. The values at which `indicators.two_groups.score.score_deviate` is just z, by a
substitution that leaves a convex function of one number, so that a few steps of Newton's method suffice.

References
----------
Koopman PAR (1984) Biometrics 40:513-517.
Miettinen O, Nurminen M (1985) Statistics in Medicine 4:213-226 (here without their factor N/(N−1)).
"""

from __future__ import annotations

import numpy as np

from indicators.arrays.arguments import Floats
from indicators.intervals.counts import wilson_limits

_STEPS = 8


def log_ratio_lower_limit(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float) -> Floats:
    """Return the logarithm of Koopman's lower limit of p1 / p2; −∞ at zero events in group 1.

    The upper limit is minus the lower limit of p2 / p1.

    Notes
    -----
    Under a ratio θ the restricted estimates satisfy ``(x1 − n1 p1)/(1 − p1) = −(x2 − n2 p2)/(1 − p2) = t``, so that
    ``p1 = (x1 − t)/(n1 − t)``, ``p2 = (x2 + t)/(n2 + t)`` and Koopman's chi-squared is ``t² [(1 − x1/n1)/(x1 − t) +
    (1 − x2/n2)/(x2 + t)]``: convex and rising in t on (0, x1). Newton's method from above its root never leaves the
    interval. A group with nothing but events has no such t, and its limit a closed form: see `_where_one_is_full`.

    Examples
    --------
    >>> one = [np.array([v]) for v in (36.0, 40.0, 16.0, 80.0)]  # Koopman (1984): 2.94 to 7.15
    >>> np.exp(log_ratio_lower_limit(*one, 1.959964)).round(2)
    array([2.94])
    >>> np.exp(-log_ratio_lower_limit(*one[2:], *one[:2], 1.959964)).round(2)
    array([7.15])
    """
    z2 = z * z
    a, b = 1.0 - x1 / n1, 1.0 - x2 / n2
    full = (a <= 0) | (b <= 0)
    free = (x1 > 0) & ~full
    if not free.all():
        result = np.full(x1.shape, -np.inf)
        if free.any():
            result[free] = log_ratio_lower_limit(x1[free], n1[free], x2[free], n2[free], z)
        rest = np.flatnonzero(full & (x1 > 0))
        if len(rest):
            result[rest] = _where_one_is_full(x1[rest], n1[rest], x2[rest], n2[rest], z)
        return result
    # v = 1 / (a/(x1 − t) + b/(x2 + t)) is concave: its tangent at 0 gives a start that is never below the root.
    weight = 1.0 / (a * x2 + b * x1)
    v0 = x1 * x2 * weight
    slope = (b * x1 * x1 - a * x2 * x2) * weight * weight
    t = 0.5 * z * (z * slope + np.sqrt(z2 * slope * slope + 4.0 * v0))
    # One group alone bounds it as well: t² a / (x1 − t) <= z².
    t = np.minimum(t, 2.0 * x1 / (1.0 + np.sqrt(1.0 + 4.0 * x1 * a / z2)))
    # one that has arrived stays: its limit must not depend on how long others take
    is_there = np.zeros(t.shape, dtype=bool)
    for _ in range(_STEPS):
        r1 = 1.0 / (x1 - t)
        r2 = 1.0 / (x2 + t)
        u1, u2 = a * r1, b * r2
        u = u1 + u2
        step = (t * u - z2 / t) / (2.0 * u + t * (u1 * r1 - u2 * r2))
        t = np.where(is_there, t, t - step)
        is_there |= np.abs(step) < 1e-9
        if is_there.all():
            break
    return np.log((x1 - t) * (n2 + t) / ((n1 - t) * (x2 + t)))


def _where_one_is_full(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float) -> Floats:
    """Return the logarithm of Koopman's lower limit where one group, or both, has nothing but events.

    Where it is group 2, every smaller ratio fits best with p2 = 1, and the limit is Wilson's of p1. Where it is group
    1, p2 is the pooled share of all under any ratio that leaves p1 below 1; group 2 then adds its own chi-squared, and
    what is left of z² says p1: ``n1 (1 − p1)/p1``. Where nothing is left, p1 = 1, and the limit is one over Wilson's
    upper limit of p2.
    """
    left = z * z - n1 * n1 * (n2 - x2) / (n2 * (n1 + x2))
    ratio = n1 / (n1 + np.maximum(left, 0.0)) * (n1 + n2) / (n1 + x2)
    first = np.where(left > 0, ratio, 1.0 / wilson_limits(x2, n2, z)[1])
    return np.log(np.where(x1 >= n1, first, wilson_limits(x1, n1, z)[0]))


def log_odds_lower_limit(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float) -> Floats:
    """Return the logarithm of the lower score limit of the odds ratio of group 1 over group 2.

    −∞ where group 1 has no events, or group 2 nothing but events. The upper limit is minus the lower limit of group 2
    over group 1.

    Notes
    -----
    Restricted estimates keep the events of both groups together: ``n1 p1 = x1 − t``, ``n2 p2 = x2 + t``, and the score
    chi-squared is ``t² [1/(n1 p1 q1) + 1/(n2 p2 q2)]``, convex and rising in t on (0, min(x1, n2 − x2)).

    Examples
    --------
    >>> one = [np.array([v]) for v in (15.0, 50.0, 10.0, 50.0)]
    >>> np.exp(log_odds_lower_limit(*one, 1.959964)).round(3)
    array([0.693])
    """
    open_end = (x1 <= 0) | (x2 >= n2)
    if open_end.any():
        result = np.full(x1.shape, -np.inf)
        free = ~open_end
        if free.any():
            result[free] = log_odds_lower_limit(x1[free], n1[free], x2[free], n2[free], z)
        return result
    z2 = z * z
    y1, y2 = n1 - x1, n2 - x2
    i1, i2 = 1.0 / n1, 1.0 / n2
    v1, v2 = x1 * y1 * i1, x2 * y2 * i2
    d1, d2 = (x1 - y1) * i1, (y2 - x2) * i2
    # As above, with v = v1 v2 / (v1 + v2); each group alone bounds t by its own Wilson limit.
    weight = 1.0 / np.maximum(v1 + v2, 1e-300)
    v0 = v1 * v2 * weight
    slope = (d1 * v2 * v2 + d2 * v1 * v1) * weight * weight
    t = 0.5 * z * (z * slope + np.sqrt(z2 * slope * slope + 4.0 * v0))
    alone1 = (z2 * d1 + z * np.sqrt(z2 + 4.0 * v1)) / (2.0 * (1.0 + z2 * i1))
    alone2 = (z2 * d2 + z * np.sqrt(z2 + 4.0 * v2)) / (2.0 * (1.0 + z2 * i2))
    ceiling = np.minimum(alone1, alone2)
    # With a group at 0 or all events v0 and the slope may both be 0: then start from the bound.
    t = np.where((t > 0) & (v1 + v2 > 0), np.minimum(t, ceiling), ceiling)
    is_there = np.zeros(t.shape, dtype=bool)  # as above
    for _ in range(_STEPS):
        p1, q1, p2, q2 = x1 - t, y1 + t, x2 + t, y2 - t
        r1, r2 = n1 / (p1 * q1), n2 / (p2 * q2)
        u = r1 + r2
        # d/dt of 1/v is −v'/v²
        bend = r1 * r1 * (q1 - p1) * i1 + r2 * r2 * (p2 - q2) * i2
        step = (t * u - z2 / t) / (2.0 * u + t * bend)
        t = np.where(is_there, t, t - step)
        is_there |= np.abs(step) < 1e-9
        if is_there.all():
            break
    return np.log((x1 - t) * (y2 - t) / ((y1 + t) * (x2 + t)))
