"""Two groups of counts compared, rows of one chunk at a time: called by `compare` after its checks.

Every function takes float arrays of one length without NaN and with denominators above 0, and returns the numbers of
`NUMBERS` as rows of one array, with a code into `METHODS` for each column. Group 1 is the locality, group 2 the rest.
Tests look toward poorer only: where poorer is lower, the two groups change places first (`toward_poorer`).

References
----------
Farrington CP, Manning G (1990) Statistics in Medicine 9:1447-1454.
Fisher RA (1935) Journal of the Royal Statistical Society 98:39-82.
Koopman PAR (1984) Biometrics 40:513-517.
McCullagh P, Nelder JA (1989) Generalized Linear Models, 2nd ed., ch. 9 (quasi-likelihood).
Miettinen O, Nurminen M (1985) Statistics in Medicine 4:213-226.
Newcombe RG (1998) Statistics in Medicine 17:873-890.
Przyborowski J, Wilenski H (1940) Biometrika 31:313-323.
Zou GY, Donner A (2008) Statistics in Medicine 27:1693-1702.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from indicators.arrays.arguments import Floats
from indicators.intervals.counts import EXACT_BELOW, poisson_count_limits, wilson_limits
from indicators.two_groups.binomial_tails import rate_ratio_lower_limit, share_tails
from indicators.two_groups.effects import mover_difference
from indicators.two_groups.exact import conditional_hypergeometric_tails
from indicators.two_groups.score import restricted_proportions, score_deviate
from indicators.two_groups.score_limits import log_odds_lower_limit, log_ratio_lower_limit

EXACT_BELOW_EXPECTED = 5.0
"""Expected count, of the four of a two-by-two table, below which proportions are compared exactly (Cochran 1954)."""

DEEPEST = 20.0
"""Depth is held within ±20 smallest important differences: a limit at 0 or infinity must not rule an average."""

SCALES = ("ratio", "odds", "points", "sd")

NUMBERS = (
    "value",
    "comparator_value",
    "difference",
    "difference_lower",
    "difference_upper",
    "ratio",
    "ratio_lower",
    "ratio_upper",
    "p_value",
    "p_better",
    "p_two_sided",
    "p_important",
    "depth",
)

METHODS = (
    "none",
    "score (ratio)",
    "score (odds ratio)",
    "score (difference)",
    "exact hypergeometric (ratio)",
    "exact hypergeometric (odds ratio)",
    "exact hypergeometric (difference)",
    "quasi-score (ratio)",
    "quasi-score (odds ratio)",
    "quasi-score (difference)",
    "conditional binomial (ratio)",
    "conditional binomial (difference)",
    "quasi conditional binomial (ratio)",
    "quasi conditional binomial (difference)",
    "exact Poisson, conditional (ratio)",
    "exact Poisson, conditional (difference)",
    "quasi exact Poisson, conditional (ratio)",
    "quasi exact Poisson, conditional (difference)",
    "log ratio",
    "normal (difference)",
    "conditional binomial, effective counts",
    "measured",
)

Rows = NDArray[np.intp] | slice


def toward_poorer(is_higher: NDArray[np.bool_], first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return two mirror-image quantities in the order (toward poorer, toward better).

    The one place where direction is applied. `first` belongs to *higher*, `second` to *lower*: the two groups, the two
    tails of a test, a lower limit and minus the upper limit.

    Examples
    --------
    >>> toward_poorer(np.array([True, False]), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    (array([1., 4.]), array([3., 2.]))
    """
    if is_higher.all():
        return first, second
    return np.where(is_higher, first, second), np.where(is_higher, second, first)


def _of_each(codes: NDArray[np.int8]) -> list[tuple[int, Rows]]:
    """Return each code that occurs with its rows, without copying where all rows have the same."""
    if (codes == codes[0]).all():
        return [(int(codes[0]), slice(None))]
    return [(int(code), np.flatnonzero(codes == code)) for code in np.unique(codes)]


def _fill_tests(out: Floats, above: Floats, below: Floats, important: Floats, near: Floats) -> None:
    """Write p values and depth; `near` in smallest important differences."""
    out[8], out[9], out[11] = above, below, np.maximum(important, above)
    np.minimum(1.0, 2.0 * np.minimum(above, below), out=out[10])
    np.clip(near, -DEEPEST, DEEPEST, out=out[12])


def proportion_rows(
    x1: Floats,
    n1: Floats,
    x2: Floats,
    n2: Floats,
    important: Floats,
    phi: Floats,
    scale: NDArray[np.int8],
    is_higher: NDArray[np.bool_],
    is_quasi: NDArray[np.bool_],
    z: float,
    with_limits: bool = True,
) -> tuple[Floats, NDArray[np.int8]]:
    """Return two proportions compared; rules and references in `indicators.comparison.compare.compare_proportions`.

    Without limits, those and the depth are NaN.
    """
    out = np.empty((len(NUMBERS), len(x1)))
    p1, p2 = x1 / n1, x2 / n2
    out[0], out[1], out[2] = p1, p2, p1 - p2
    if is_quasi.any():
        x1, n1, x2, n2 = x1 / phi, n1 / phi, x2 / phi, n2 / phi
    with np.errstate(divide="ignore", invalid="ignore"):
        out[5] = p1 / p2
    log_lower = log_upper = np.empty(0)
    out[[3, 4, 6, 7]] = np.nan
    if with_limits:
        out[3], out[4] = mover_difference(p1, *wilson_limits(x1, n1, z), p2, *wilson_limits(x2, n2, z))
        log_lower = log_ratio_lower_limit(x1, n1, x2, n2, z)
        log_upper = -log_ratio_lower_limit(x2, n2, x1, n1, z)
        out[6], out[7] = np.exp(log_lower), np.exp(log_upper)

    # A ratio of shares is not the ratio of what is left: where lower is poorer, the adverse side is judged.
    turned = ~is_higher & (scale == SCALES.index("ratio"))
    if turned.any():
        x1, x2, is_higher = np.where(turned, n1 - x1, x1), np.where(turned, n2 - x2, x2), is_higher | turned
        if with_limits:
            at = np.flatnonzero(turned)
            log_lower[at] = log_ratio_lower_limit(x1[at], n1[at], x2[at], n2[at], z)
    xa, xb = toward_poorer(is_higher, x1, x2)
    na, nb = toward_poorer(is_higher, n1, n2)
    total = na + nb
    pooled = (xa + xb) / total
    variance = pooled * (1.0 - pooled) * total / (na * nb)
    informed = variance > 0
    z0 = np.where(informed, (xa / na - xb / nb) / np.sqrt(np.where(informed, variance, 1.0)), 0.0)
    # No events at all, or nothing but events, say nothing about a difference: p is 1, as in the exact test.
    above, below = np.where(informed, ndtr(-z0), 1.0), np.where(informed, ndtr(z0), 1.0)
    harder, near = np.empty(x1.shape), np.full(x1.shape, np.nan)
    # in whole numbers, so that events and their absence are asked the same: 5 of 17 expects 5, as 12 of 17 does
    rarer = np.minimum(xa + xb, total - (xa + xb))
    exact = ~is_quasi & (np.minimum(na, nb) * rarer < EXACT_BELOW_EXPECTED * total)
    method = np.where(is_quasi, 7, np.where(exact, 4, 1)).astype(np.int8) + scale
    for code, rows in _of_each(scale):
        a, ma, b, mb, sid = xa[rows], na[rows], xb[rows], nb[rows], important[rows]
        harder[rows] = ndtr(-score_deviate(a, ma, b, mb, SCALES[code], sid))
        if not with_limits:
            continue
        if SCALES[code] == "odds":
            near[rows] = log_odds_lower_limit(a, ma, b, mb, z) / np.log(sid)
        elif SCALES[code] == "ratio":
            near[rows] = toward_poorer(is_higher[rows], log_lower[rows], -log_upper[rows])[0] / np.log(sid)
        else:
            near[rows] = toward_poorer(is_higher[rows], out[3][rows], -out[4][rows])[0] / sid
    few = np.flatnonzero(exact)
    if len(few):
        above[few], below[few], harder[few] = _exact_proportions(
            xa[few], na[few], xb[few], nb[few], important[few], scale[few]
        )
    _fill_tests(out, above, below, harder, near)
    return out, method


def _exact_proportions(
    xa: Floats, na: Floats, xb: Floats, nb: Floats, important: Floats, scale: NDArray[np.int8]
) -> tuple[Floats, Floats, Floats]:
    """Return exact P(at least, at most) under no difference, and P(at least) under the important one."""
    odds = important.copy()
    for code, rows in _of_each(scale):
        if SCALES[code] == "odds":
            continue
        pa, pb = restricted_proportions(xa[rows], na[rows], xb[rows], nb[rows], SCALES[code], important[rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            fitted = pa * (1.0 - pb) / (pb * (1.0 - pa))
        odds[rows] = np.where(np.isnan(fitted), 1.0, fitted)
    upper, lower = conditional_hypergeometric_tails(xa, na, xb, nb, np.column_stack([np.ones(len(odds)), odds]))
    return upper[:, 0], lower[:, 0], upper[:, 1]


def rate_rows(
    x1: Floats,
    e1: Floats,
    x2: Floats,
    e2: Floats,
    important: Floats,
    phi: Floats,
    scale: NDArray[np.int8],
    is_higher: NDArray[np.bool_],
    is_quasi: NDArray[np.bool_],
    z: float,
    with_limits: bool = True,
) -> tuple[Floats, NDArray[np.int8]]:
    """Return two rates compared; rules and references in `indicators.comparison.compare.compare_rates`.

    Without limits, those and the depth are NaN.
    """
    out = np.empty((len(NUMBERS), len(x1)))
    r1, r2 = x1 / e1, x2 / e2
    out[0], out[1], out[2] = r1, r2, r1 - r2
    if is_quasi.any():
        x1, e1, x2, e2 = x1 / phi, e1 / phi, x2 / phi, e2 / phi
    with np.errstate(divide="ignore", invalid="ignore"):
        out[5] = r1 / r2
    out[[3, 4, 6, 7]] = np.nan
    if with_limits:
        alpha = 2.0 * float(ndtr(-z))
        l1, u1 = poisson_count_limits(x1, z, alpha, x1 < EXACT_BELOW)
        l2, u2 = poisson_count_limits(x2, z, alpha, x2 < EXACT_BELOW)
        out[3], out[4] = mover_difference(r1, l1 / e1, u1 / e1, r2, l2 / e2, u2 / e2)
        with np.errstate(divide="ignore", invalid="ignore"):
            out[6] = rate_ratio_lower_limit(x1, e1, x2, e2, z)
            out[7] = 1.0 / rate_ratio_lower_limit(x2, e2, x1, e1, z)

    xa, xb = toward_poorer(is_higher, x1, x2)
    ea, eb = toward_poorer(is_higher, e1, e2)
    ratio, near = important.copy(), np.empty(x1.shape)
    for code, rows in _of_each(scale):
        if SCALES[code] == "ratio":
            with np.errstate(divide="ignore"):
                lower, upper = np.log(out[6][rows]), np.log(out[7][rows])
            near[rows] = toward_poorer(is_higher[rows], lower, -upper)[0] / np.log(important[rows])
        else:
            ratio[rows] = _fitted_rate_ratio(xa[rows], ea[rows], xb[rows], eb[rows], important[rows])
            near[rows] = toward_poorer(is_higher[rows], out[3][rows], -out[4][rows])[0] / important[rows]
    above, below = share_tails(xa, xb, ea / (ea + eb))
    harder, _ = share_tails(xa, xb, ratio * ea / (ratio * ea + eb), lower=False)
    _fill_tests(out, above, below, harder, near)
    return out, (np.where(is_quasi, 12, 10) + (scale != 0)).astype(np.int8)


def _fitted_rate_ratio(xa: Floats, ea: Floats, xb: Floats, eb: Floats, points: Floats) -> Floats:
    """Return the ratio of the two rates that fit best when they differ by `points`: the root of a quadratic."""
    exposure = ea + eb
    b = xa + xb - exposure * points
    root = np.sqrt(b * b + 4.0 * exposure * xb * points)
    # Of the two ways to write the root, the one that does not subtract near-equal numbers.
    rate_b = np.where(
        b > 0, (b + root) / (2.0 * exposure), 2.0 * xb * points / np.where(b > 0, 1.0, np.maximum(root - b, 1e-300))
    )
    return np.minimum(1.0 + points / np.maximum(rate_b, 1e-300), 1e12)
