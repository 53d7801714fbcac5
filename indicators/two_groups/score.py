"""Score tests of two proportions: odds ratio, ratio or difference, for any hypothetical value.

Arrays in, arrays out, unchecked: the callers in `indicators.comparison` check. Counts may be fractional. Each
statistic takes its variance from the proportions that fit best *under the hypothesis* (restricted maximum likelihood),
which keeps it sound at zero events. Limits are in `indicators.two_groups.score_limits`.

References
----------
Farrington CP, Manning G (1990) Statistics in Medicine 9:1447-1454.
Koopman PAR (1984) Biometrics 40:513-517.
Miettinen O, Nurminen M (1985) Statistics in Medicine 4:213-226 (here without their factor N/(N−1)).
"""

from __future__ import annotations

import numpy as np

from indicators.arrays.arguments import Floats


def _restricted_odds(m: Floats, n1: Floats, n2: Floats, null: Floats) -> tuple[Floats, Floats]:
    a = n2 * (null - 1.0)
    b = n1 * null + n2 - m * (null - 1.0)
    root = np.sqrt(np.maximum(b * b + 4.0 * a * m, 0.0))
    # Of the two ways to write the root of a quadratic, the one that does not subtract near-equal numbers.
    p2 = np.where(b > 0, 2.0 * m / np.where(b > 0, b + root, 1.0), (root - b) / np.where(b > 0, 1.0, 2.0 * a))
    return null * p2 / (1.0 + (null - 1.0) * p2), p2


def _restricted_ratio(x1: Floats, n1: Floats, x2: Floats, n2: Floats, null: Floats) -> tuple[Floats, Floats]:
    m = x1 + x2
    b = null * (n1 + x2) + x1 + n2
    p2 = 2.0 * m / (b + np.sqrt(np.maximum(b * b - 4.0 * (n1 + n2) * null * m, 0.0)))
    return null * p2, p2


def _restricted_difference(x1: Floats, n1: Floats, x2: Floats, n2: Floats, null: Floats) -> tuple[Floats, Floats]:
    total, m = n1 + n2, x1 + x2
    l3 = 3.0 * total
    l2 = ((n1 + 2.0 * n2) * null - total - m) / l3
    l1 = ((n2 * null - total - 2.0 * x2) * null + m) / l3
    l0 = x2 * null * (1.0 - null) / total
    q = l2 * l2 * l2 - 1.5 * l1 * l2 + 0.5 * l0
    p = np.sqrt(np.maximum(l2 * l2 - l1, 0.0))
    cube = p * p * p
    cosine = q / np.where(cube > 0, cube, 1.0)
    angle = (np.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3.0
    p2 = np.clip(2.0 * p * np.cos(angle) - l2, np.maximum(0.0, -null), np.minimum(1.0, 1.0 - null))
    return p2 + null, p2


def restricted_proportions(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, scale: str, null: Floats
) -> tuple[Floats, Floats]:
    """Return the two proportions that fit best under a hypothetical odds ratio, ratio or difference.

    Parameters as for `score_deviate`.

    Examples
    --------
    15/50 and 10/50 held to be equal: both are 25/100.

    >>> one = [np.array([v]) for v in (15.0, 50.0, 10.0, 50.0)]
    >>> [round(float(p[0]), 4) for p in restricted_proportions(*one, "ratio", np.array([1.0]))]
    [0.25, 0.25]
    """
    if scale == "odds":
        return _restricted_odds(x1 + x2, n1, n2, null)
    if scale == "ratio":
        return _restricted_ratio(x1, n1, x2, n2, null)
    if scale == "points":
        return _restricted_difference(x1, n1, x2, n2, null)
    raise ValueError(f"scale is {scale!r}; expected 'odds', 'ratio' or 'points'")


def score_deviate(x1: Floats, n1: Floats, x2: Floats, n2: Floats, scale: str, null: Floats) -> Floats:
    """Return the score statistic z of two proportions against a hypothetical effect; above 0 where group 1 is higher.

    Parameters
    ----------
    x1, n1, x2, n2
        Events and totals; totals above 0.
    scale
        ``"odds"`` (odds ratio), ``"ratio"`` or ``"points"`` (difference, as a share).
    null
        The hypothetical odds ratio or ratio (above 0) or difference (in (−1, 1)).

    Notes
    -----
    Odds ratio and ratio: Miettinen and Nurminen (1985), Koopman (1984), both quadratics; difference: the cubic of
    Miettinen and Nurminen, Farrington and Manning (1990). At *no difference* all three are the pooled score test.
    Where no information is left (no events, or nothing but events, in both groups) z is 0.

    Examples
    --------
    The pooled test of 15/50 against 10/50 is z = 0.1 / √(0.25 · 0.75 · 0.04) = 1.1547.

    >>> one = [np.array([v]) for v in (15.0, 50.0, 10.0, 50.0)]
    >>> [round(float(score_deviate(*one, scale, np.array([null]))[0]), 4)
    ...  for scale, null in (("odds", 1.0), ("ratio", 1.0), ("points", 0.0))]
    [1.1547, 1.1547, 1.1547]
    """
    p1, p2 = restricted_proportions(x1, n1, x2, n2, scale, null)
    if scale == "odds":
        numerator = x1 - n1 * p1
        v1, v2 = n1 * p1 * (1.0 - p1), n2 * p2 * (1.0 - p2)
        variance = v1 * v2 / np.where(v1 + v2 > 0, v1 + v2, 1.0)
    elif scale == "ratio":
        numerator = x1 / n1 - null * x2 / n2
        variance = p1 * np.maximum(1.0 - p1, 0.0) / n1 + null * null * p2 * np.maximum(1.0 - p2, 0.0) / n2
    else:
        numerator = x1 / n1 - x2 / n2 - null
        variance = p1 * np.maximum(1.0 - p1, 0.0) / n1 + p2 * np.maximum(1.0 - p2, 0.0) / n2
    # without information the numerator is 0 too
    return numerator / np.sqrt(np.where(variance > 0, variance, 1.0))
