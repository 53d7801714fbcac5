"""Change in a place held against change in the rest over the same periods: difference in differences, with limits.

Counts are compared by ratios: had the place changed by the same ratio as the rest, the ratio of the two ratios of
change would be 1. Means, which may cross 0, are compared by differences. Nothing here says *why* a place changed
otherwise than the rest: that would need the two to have moved together before, and nothing else to have happened.

References
----------
Altman DG, Bland JM (2003) BMJ 326:219 (interaction revisited: the difference between two estimates).
Zou GY, Donner A (2008) Statistics in Medicine 27:1693-1702 (MOVER, for any sum of independent estimates).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from indicators.arrays.arguments import Floats, aligned
from indicators.intervals.counts import Interval, _named

__all__ = ["Figure", "change_of", "difference_in_changes"]


class Figure(NamedTuple):
    """A value with its limits: numbers, or arrays of one shape."""

    value: ArrayLike
    lower: ArrayLike
    upper: ArrayLike


def change_of(first: Figure, last: Figure, correlation: ArrayLike = 0.0) -> Interval:
    """Return last less first, with limits from both figures' own limits.

    Parameters
    ----------
    first, last
        The place in the first and in the last period, in one unit.
    correlation
        Of the two figures' errors, in [-1, 1]. For means whose limits come from the spread between zones it is the
        correlation of the zones' values in the two periods: zones that keep their order tell a change more surely.

    Notes
    -----
    MOVER (Zou and Donner 2008, equation 4); without correlation that of `indicators.change.trends.change`.

    Examples
    --------
    Means of 10 and 11, each give or take 1: by themselves, the change is 1 give or take 1.41. Where zones mostly keep
    their order, with a correlation of 0.9, give or take 0.45.

    >>> out = change_of(Figure(10, 9, 11), Figure(11, 10, 12), [0.0, 0.9])
    >>> out.lower.round(2).tolist(), out.upper.round(2).tolist()
    ([-0.41, 0.55], [2.41, 1.45])
    """
    a, al, au, b, bl, bu, r = aligned(
        **{
            f"{name}_{part}": value
            for name, figure in (("first", first), ("last", last))
            for part, value in figure._asdict().items()
        },
        correlation=correlation,
    )
    with np.errstate(invalid="ignore"):
        lower, upper = b - a - _joined(b - bl, au - a, r), b - a + _joined(bu - b, a - al, r)
    known = np.isfinite(lower) & np.isfinite(upper)
    named = _named(np.where(known, b - a, np.nan), lower, upper, "MOVER")
    named.method[~known] = "none"
    return named


def _joined(one: Floats, other: Floats, correlation: Floats) -> Floats:
    """Return the distance to a limit of a difference from those of its two parts."""
    # a limit without bound stays so: no correlation takes anything from it
    shared = np.where(correlation == 0, 0.0, 2 * correlation * one * other)
    return np.sqrt(np.maximum(one**2 + other**2 - shared, 0.0))


def difference_in_changes(
    first: Figure,
    last: Figure,
    rest_first: Figure,
    rest_last: Figure,
    *,
    is_ratio: bool,
    correlation: ArrayLike = 0.0,
) -> Interval:
    """Return how much more a place changed than the rest, with limits at the confidence of the figures' own.

    Parameters
    ----------
    first, last
        The place in the first and in the last period.
    rest_first, rest_last
        The rest in the same periods. The place is no part of it.
    is_ratio
        True for counts: per cent by which the place's ratio of change exceeds the rest's, 0 where both changed by the
        same ratio. False for means: difference of the two differences, in their unit.
    correlation
        Of the first and the last figure's errors, as in `change_of`; of the place and of the rest alike.

    Notes
    -----
    MOVER over four estimates: without correlation, the lower limit is the estimate less the root of the sum of the
    squared distances to the near limits (``last``, ``rest_first``: lower; ``first``, ``rest_last``: upper); for counts
    on the logarithm. A count of 0 in any of the four has no ratio: NaN. A lower limit of 0 leaves the ratio unbounded
    on that side: -100 %, or an upper limit of infinity. Where the same people are counted twice the change is surer
    than it says.

    Examples
    --------
    100 of 1,000 became 150 of 1,000, a ratio of 1.5; in the rest 200 of 2,000 became 220, a ratio of 1.1.
    1.5 / 1.1 is 36.4 % more.

    >>> out = difference_in_changes(
    ...     Figure(0.10, 0.0829, 0.1201), Figure(0.15, 0.1292, 0.1735),
    ...     Figure(0.10, 0.0876, 0.1139), Figure(0.11, 0.0970, 0.1245), is_ratio=True)
    >>> out.estimate.round(1).tolist(), out.lower.round(1).tolist(), out.upper.round(1).tolist()
    ([36.4], [1.2], [83.8])
    """
    a, al, au, b, bl, bu, c, cl, cu, d, dl, du, r = aligned(
        **{
            f"{name}_{part}": value
            for name, figure in (("first", first), ("last", last), ("rest_first", rest_first), ("rest_last", rest_last))
            for part, value in figure._asdict().items()
        },
        correlation=correlation,
    )
    if is_ratio:
        with np.errstate(divide="ignore", invalid="ignore"):
            a, al, au, b, bl, bu, c, cl, cu, d, dl, du = (
                np.log(one) for one in (a, al, au, b, bl, bu, c, cl, cu, d, dl, du)
            )
    with np.errstate(invalid="ignore", over="ignore"):
        estimate = (b - a) - (d - c)
        lower = estimate - np.hypot(_joined(b - bl, au - a, r), _joined(du - d, c - cl, r))
        upper = estimate + np.hypot(_joined(bu - b, a - al, r), _joined(d - dl, cu - c, r))
        if is_ratio:
            estimate, lower, upper = (np.expm1(one) * 100 for one in (estimate, lower, upper))
    known = np.isfinite(estimate) & ~np.isnan(lower) & ~np.isnan(upper)

    def kept(values: Floats) -> Floats:
        return np.where(known, values, np.nan)

    method = "MOVER, ratio of ratios" if is_ratio else "MOVER, difference in differences"
    named = _named(kept(estimate), kept(lower), kept(upper), method)
    named.method[~known] = "none"
    return named
