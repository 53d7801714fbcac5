"""Dispersion of short series, steadied by that of many like them.

Three yearly figures leave one degree of freedom for their scatter about a line: an estimate so loose that the interval
of the slope would span anything. But there are thousands of places, and how far one indicator strays from its trend is
much the same in all of them. Each place's dispersion is drawn toward that, by as much as the places agree.

References
----------
Smyth GK (2004) Statistical Applications in Genetics and Molecular Biology 3:3 (moderated variances, section 6).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import polygamma, psi

from indicators.arrays.arguments import Floats, aligned, check_not_negative
from indicators.arrays.families import family_codes, family_sum


class Steadied(NamedTuple):
    """Dispersion and degrees of freedom (infinite where places agree), one per row."""

    dispersion: Floats
    freedom: Floats


def trigamma_inverse(values: ArrayLike) -> Floats:
    """Return y with trigamma(y) = value, by Newton's method (Smyth 2004, appendix).

    Examples
    --------
    >>> trigamma_inverse([polygamma(1, 3.0)]).round(9).tolist()
    [3.0]
    """
    (x,) = aligned(values=values)
    y = 0.5 + 1 / x
    # each stops by itself, so that none depends on the others that are worked out with it
    going = np.ones(y.shape, dtype=bool)
    for _ in range(50):
        trigamma = polygamma(1, y)
        step = np.where(going, trigamma * (1 - trigamma / x) / polygamma(2, y), 0.0)
        y = y + step
        going &= -step / y >= 1e-10
        if not going.any():
            break
    return np.asarray(y)


def steadied_dispersion(
    dispersion: ArrayLike, freedom: ArrayLike, family: Any = None, teaches: ArrayLike | None = None
) -> Steadied:
    """Return each row's dispersion, drawn toward its family's, and the degrees of freedom behind it.

    Parameters
    ----------
    dispersion
        Pearson chi-squared, or residual variance, over its degrees of freedom; NaN is left out.
    freedom
        Degrees of freedom of each row.
    family
        Label of each row's family, such as its indicator; one family by default.
    teaches
        Which rows the family's dispersion is learnt from, all by default; the others are drawn toward it all the same.

    Notes
    -----
    ``s² ~ φ₀ F(d, d₀)`` over the family, with d₀ and φ₀ from the mean and variance of log s² (Smyth 2004). Each row
    gets ``(d₀ φ₀ + d s²) / (d₀ + d)`` on ``d₀ + d`` degrees of freedom. Where the rows differ no more than chance has
    it, d₀ is infinite and φ₀ their mean. Families of fewer than three rows stay as they are.

    Examples
    --------
    Rows that scatter no more than chance explains are all given the same dispersion.

    >>> out = steadied_dispersion([1.0, 1.1, 0.9, 1.0, 1.05], [4] * 5)
    >>> out.dispersion.round(2).tolist(), out.freedom.tolist()
    ([1.01, 1.01, 1.01, 1.01, 1.01], [inf, inf, inf, inf, inf])
    """
    s2, d = aligned(dispersion=dispersion, freedom=freedom)
    check_not_negative("dispersion", s2)
    codes, names = family_codes(family, len(s2))
    every = np.isfinite(s2) & (d > 0)
    known = every if teaches is None else every & np.asarray(teaches, dtype=bool)
    size = len(names)
    count = family_sum(codes, known, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        typical = family_sum(codes, np.where(known, s2, 0.0), size) / count
        # a perfect fit by luck has no logarithm; a trace of the family's own scatter stands in
        floored = np.maximum(np.where(known, s2, 1.0), np.maximum(1e-5 * typical[codes], 1e-300))
        half = np.where(known, d, 1.0) / 2
        e = np.where(known, np.log(floored) - psi(half) + np.log(half), 0.0)
        mean = family_sum(codes, e, size) / count
        spread = family_sum(codes, np.where(known, (e - mean[codes]) ** 2, 0.0), size) / (count - 1)
        spread -= family_sum(codes, np.where(known, polygamma(1, half), 0.0), size) / count
        loose = np.isfinite(spread) & (spread > 0)
        prior = np.where(loose, 2 * trigamma_inverse(np.where(loose, spread, 1.0)), np.inf)
        finite = np.where(loose, prior, 2.0) / 2
        total = family_sum(codes, np.where(known, d, 0.0), size)
        pooled = family_sum(codes, np.where(known, d * s2, 0.0), size) / total
        phi0 = np.where(loose, np.exp(mean + psi(finite) - np.log(finite)), pooled)
        d0, target = prior[codes], phi0[codes]
        drawn = np.where(np.isinf(d0), target, (d0 * target + d * s2) / (d0 + d))
    few = count[codes] < 3
    return Steadied(
        np.where(every, np.where(few, s2, drawn), np.nan), np.where(every, np.where(few, d, d0 + d), np.nan)
    )
