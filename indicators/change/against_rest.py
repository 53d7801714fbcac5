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


class Figure(NamedTuple):
    """A value with its limits: numbers, or arrays of one shape."""

    value: ArrayLike
    lower: ArrayLike
    upper: ArrayLike


def change_of(first: Figure, last: Figure) -> Interval:
    """Return last less first, with limits from both figures' own limits.

    Parameters
    ----------
    first, last
        The place in the first and in the last period, in one unit.

    Notes
    -----
    MOVER (Zou and Donner 2008, equation 3), that of `indicators.change.trends.change`.

    Examples
    --------
    Means of 10 and 11, each give or take 1: the change is 1 give or take 1.41.

    >>> out = change_of(Figure(10, 9, 11), Figure(11, 10, 12))
    >>> out.lower.round(2).tolist(), out.upper.round(2).tolist()
    ([-0.41], [2.41])
    """
    a, al, au, b, bl, bu = aligned(
        **{
            f"{name}_{part}": value
            for name, figure in (("first", first), ("last", last))
            for part, value in figure._asdict().items()
        }
    )
    with np.errstate(invalid="ignore"):
        lower, upper = b - a - np.hypot(b - bl, au - a), b - a + np.hypot(bu - b, a - al)
    known = np.isfinite(lower) & np.isfinite(upper)
    # a change without limits is known all the same
    named = _named(b - a, lower, upper, "MOVER")
    named.method[~known] = "none"
    return named


def difference_in_changes(
    first: Figure,
    last: Figure,
    rest_first: Figure,
    rest_last: Figure,
    *,
    is_ratio: bool,
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

    Notes
    -----
    MOVER over four estimates: the lower limit is the estimate less the root of the sum of the
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
    a, al, au, b, bl, bu, c, cl, cu, d, dl, du = aligned(
        **{
            f"{name}_{part}": value
            for name, figure in (("first", first), ("last", last), ("rest_first", rest_first), ("rest_last", rest_last))
            for part, value in figure._asdict().items()
        }
    )
    if is_ratio:
        with np.errstate(divide="ignore", invalid="ignore"):
            a, al, au, b, bl, bu, c, cl, cu, d, dl, du = (
                np.log(one) for one in (a, al, au, b, bl, bu, c, cl, cu, d, dl, du)
            )
    with np.errstate(invalid="ignore", over="ignore"):
        estimate = (b - a) - (d - c)
        lower = estimate - np.hypot(np.hypot(b - bl, au - a), np.hypot(du - d, c - cl))
        upper = estimate + np.hypot(np.hypot(bu - b, a - al), np.hypot(d - dl, cu - c))
        if is_ratio:
            estimate, lower, upper = (np.expm1(one) * 100 for one in (estimate, lower, upper))
    estimate = np.where(np.isfinite(estimate), estimate, np.nan)
    known = np.isfinite(estimate) & ~np.isnan(lower) & ~np.isnan(upper)

    def kept(values: Floats) -> Floats:
        return np.where(known, values, np.nan)

    method = "MOVER, ratio of ratios" if is_ratio else "MOVER, difference in differences"
    named = _named(estimate, kept(lower), kept(upper), method)
    named.method[~known] = "none"
    return named
