"""Exact conditional tests of two groups: tail probabilities for any hypothetical odds ratio or rate ratio.

Arrays in, arrays out, unchecked: `indicators.comparison.compare` checks. Both tests condition on the events of the two
groups together, so they need no estimate of the common level and hold at zero events.

References
----------
Fisher RA (1935) Journal of the Royal Statistical Society 98:39-82 (noncentral hypergeometric).
Przyborowski J, Wilenski H (1940) Biometrika 31:313-323 (conditional binomial).
Cornfield J (1956) Proc. 3rd Berkeley Symposium 4:135-148 (exact odds ratio).
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, gammaln

from indicators.arrays.arguments import Floats

_HUGE = 1e280
_TINY = 1e-17


def conditional_hypergeometric_tails(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, odds_ratios: Floats
) -> tuple[Floats, Floats]:
    """Return P(X ≥ x1) and P(X ≤ x1) given all events, under hypothetical odds ratios.

    Parameters
    ----------
    x1, n1, x2, n2
        Whole events and totals, one per row.
    odds_ratios
        Rows × hypotheses, above 0. At 1 the distribution is the ordinary hypergeometric (Fisher's exact test).

    Returns
    -------
    tuple of arrays
        Both rows × hypotheses. They overlap in P(X = x1).

    Notes
    -----
    Weights ``C(n1, k) C(n2, m − k) ψ^k`` (Fisher 1935), summed outward from k = x1 by the ratio of neighbours, all
    rows at once, until what is left is below 1e-17 of the sum. The work per row is the width of the distribution,
    which is small where an expected count is.

    Examples
    --------
    Fisher's tea: 3 of 4 cups right. P(X ≥ 3) = (16 + 1) / 70.

    >>> upper, lower = conditional_hypergeometric_tails(*np.array([[3.0], [4.0], [1.0], [4.0]]), np.array([[1.0]]))
    >>> bool(np.isclose(upper[0, 0], 17 / 70)), bool(np.isclose(lower[0, 0], 69 / 70))
    (True, True)
    """
    m = x1 + x2
    psi = np.clip(odds_ratios, 1e-12, 1e12)
    above = _outward(x1, n1, m, n2, psi, up=True)
    below = _outward(x1, n1, m, n2, psi, up=False)
    whole = 1.0 + above + below
    return (1.0 + above) / whole, (1.0 + below) / whole


def _outward(x1: Floats, n1: Floats, m: Floats, n2: Floats, psi: Floats, *, up: bool) -> Floats:
    """Return the weights beyond x1 on one side, relative to the weight at x1."""
    result = np.zeros(psi.shape)
    rows = np.arange(len(x1))
    k, a, b, c = x1.copy(), n1, m, n2 - m
    odds = psi if up else 1.0 / psi
    term = np.ones(psi.shape)
    total = np.zeros(psi.shape)
    step = 0
    while len(rows):
        if up:
            ratio = (a - k) * (b - k) / ((k + 1.0) * (c + k + 1.0))
            k = k + 1.0
        else:
            ratio = k * (c + k) / ((a - k + 1.0) * (b - k + 1.0))
            k = k - 1.0
        factor = ratio[:, None] * odds
        term = np.minimum(term * factor, _HUGE)
        total = np.minimum(total + term, _HUGE)
        step += 1
        if step % 4 == 0 or len(rows) < 64:
            # The ratio falls with every step: once it is below 1, what is left is less than a geometric series.
            going = (term > _TINY * (1.0 + total) * np.maximum(1.0 - factor, 1e-3)).any(axis=1)
            if not going.all():
                result[rows[~going]] = total[~going]
                rows, k, a, b, c = rows[going], k[going], a[going], b[going], c[going]
                odds, term, total = odds[going], term[going], total[going]
    return result


def conditional_binomial_tails(x1: Floats, x2: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Return P(X ≥ x1) and P(X ≤ x1) for X of x1 + x2 events, each in group 1 with probability `share`.

    Parameters
    ----------
    x1, x2
        Events of the two groups; fractional ones are allowed (see Notes).
    share
        Rows × hypotheses: ``ρ e1 / (ρ e1 + e2)`` under a rate ratio ρ and exposures e1, e2.

    Notes
    -----
    Two independent Poisson counts given their sum (Przyborowski and Wilenski 1940). The tails are regularised
    incomplete beta functions, ``I_π(x1, x2 + 1)`` and ``I_{1−π}(x2, x1 + 1)``, which are exact at any size and
    continue smoothly to fractional counts. The smaller one is computed so; the other follows, because they overlap in
    P(X = x1).

    Examples
    --------
    >>> upper, lower = conditional_binomial_tails(np.array([3.0]), np.array([1.0]), np.array([[0.5]]))
    >>> upper[0, 0].round(4), lower[0, 0].round(4)  # 5/16 and 15/16
    (np.float64(0.3125), np.float64(0.9375))
    """
    x1, x2 = x1[:, None], x2[:, None]
    high = x1 > (x1 + x2) * share
    a = np.where(high, x1, x2)
    b = np.where(high, x2, x1) + 1.0
    near = np.where(high, share, 1.0 - share)
    small = np.where(a > 0, betainc(np.where(a > 0, a, 1.0), b, near), 1.0)
    tiny = np.finfo(float).tiny
    with np.errstate(under="ignore"):
        equal = np.exp(
            gammaln(x1 + x2 + 1.0)
            - gammaln(x1 + 1.0)
            - gammaln(x2 + 1.0)
            + x1 * np.log(np.maximum(share, tiny))
            + x2 * np.log(np.maximum(1.0 - share, tiny))
        )
    large = np.clip(1.0 - small + equal, 0.0, 1.0)
    return np.where(high, small, large), np.where(high, large, small)
