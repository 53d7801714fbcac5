"""A range for targets: the trend continued, the best quarter of similar places, a stated share of the gap closed.

Community planning partnerships set targets for 1, 3 and 10 years. None of the three figures here is *the* target: each
answers another question – where does the place go by itself, what do places like it already reach, and what would a
promise to close part of the gap mean in numbers. The range between them is what a board can argue about.

References
----------
Scottish Government (2016) Community Empowerment (Scotland) Act 2015: Part 2 guidance (outcomes over the short, medium
and long term).
Hyndman RJ, Fan Y (1996) The American Statistician 50:361-365 (quantiles, definition 7).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from indicators.arrays.arguments import Floats, aligned
from indicators.arrays.families import family_codes, index_of

MINIMUM_PLACES = 8
"""Similar places with a value below which no best quarter is told: the best of four is a single place."""


def _sign(poorer_is: ArrayLike, length: int) -> Floats:
    """Return +1 where lower values are better, −1 where higher ones are."""
    given = np.broadcast_to(np.asarray(poorer_is, dtype=object), (length,))
    odd = ~np.isin(given.astype(str), ("higher", "lower"))
    if odd.any():
        raise ValueError(f"poorer_is is {given[odd][0]!r}; expected higher or lower")
    return np.where(given.astype(str) == "higher", 1.0, -1.0)


def best_quarter(
    values: ArrayLike,
    similar: Any = None,
    poorer_is: ArrayLike = "higher",
    *,
    share: float = 0.25,
    minimum_places: int = MINIMUM_PLACES,
) -> Floats:
    """Return, for each place, the value that the best quarter of places like it reach or pass.

    Parameters
    ----------
    values
        One per place; NaN is left out.
    similar
        Label of the places that each is like, such as its urban-rural class and its fifth of deprivation in the same
        candidate set; all alike by default. A place counts among its own, as in any published quartile.
    poorer_is
        ``higher`` or ``lower``, one or one per place.
    share
        Share of places that are called best.
    minimum_places
        Fewer places with a value give none.

    Notes
    -----
    The quantile of Hyndman and Fan's definition 7, in the direction of better.

    Examples
    --------
    >>> best_quarter([30, 10, 20, 40, 50, 60, 70, 80, 90]).tolist()[0]
    30.0
    >>> best_quarter([30, 10, 20, 40, 50, 60, 70, 80, 90], poorer_is="lower").tolist()[0]
    70.0
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}; give it strictly between 0 and 1, such as 0.25")
    (v,) = aligned(values=values)
    sign = _sign(poorer_is, len(v))
    codes, _ = family_codes(similar, len(v))
    # one family may not mix directions, so the sign is part of it
    oriented = pd.Series(v * sign)
    grouped = oriented.groupby([codes, sign])
    family = grouped.ngroup().to_numpy()
    best, count = grouped.quantile(share).to_numpy()[family], grouped.count().to_numpy()[family]
    return np.where(count >= minimum_places, best * sign, np.nan)


def gap_closed(value: ArrayLike, comparator: ArrayLike, share: ArrayLike, poorer_is: ArrayLike = "higher") -> Floats:
    """Return the value once a share of the gap to the comparator is closed; the value itself where there is no gap.

    Parameters
    ----------
    value, comparator
        The place's value and what it is held against, in one unit.
    share
        Share of the gap to close, 0 to 1.
    poorer_is
        ``higher`` or ``lower``, one or one per place.

    Notes
    -----
    ``value + share × (comparator − value)``. A place that is already better has no gap to close, and no target is set
    below what it has.

    Examples
    --------
    >>> gap_closed([20.0, 8.0], 10.0, 0.3).tolist()
    [17.0, 8.0]
    """
    v, c, s = aligned(value=value, comparator=comparator, share=share)
    if ((s < 0) | (s > 1)).any():
        raise ValueError("share must lie between 0 and 1: give 0.3 for three tenths of the gap")
    behind = (v - c) * _sign(poorer_is, len(v)) > 0
    return np.where(behind, v + s * (c - v), np.where(np.isnan(c), np.nan, v))


def target_range(
    current: ArrayLike,
    trend_continued: ArrayLike,
    best: ArrayLike,
    closed: ArrayLike,
    poorer_is: ArrayLike = "higher",
) -> pd.DataFrame:
    """Return the three figures beside each other, and the range from the least to the most that they ask for.

    Parameters
    ----------
    current
        Value now.
    trend_continued
        Value at the target's date if the trend goes on (`indicators.change.trends.Trends.project`); NaN without a
        trend.
    best
        From `best_quarter`.
    closed
        From `gap_closed`.
    poorer_is
        ``higher`` or ``lower``, one or one per place.

    Returns
    -------
    pandas.DataFrame
        ``current, trend_continued, best_quarter, gap_closed, least_ambitious, most_ambitious, is_ahead``. The range is
        of the figures that are known, and never worse than the value now: a target is not to lose ground.
        `is_ahead` says that every known figure is at or behind the value now.

    Examples
    --------
    >>> target_range([20.0], [21.0], [12.0], [17.0]).iloc[0].to_dict()
    {'current': 20.0, 'trend_continued': 21.0, 'best_quarter': 12.0, 'gap_closed': 17.0,
     'least_ambitious': 20.0, 'most_ambitious': 12.0, 'is_ahead': False}
    """
    index = index_of(np.size(current), current, trend_continued, best, closed)
    now, trend, quarter, gap = aligned(current=current, trend_continued=trend_continued, best=best, closed=closed)
    sign = _sign(poorer_is, len(now))
    # oriented so that more is better
    asked = np.stack([trend, quarter, gap]) * -sign
    here = now * -sign
    none: NDArray[np.bool_] = np.isnan(asked).all(axis=0) | np.isnan(now)
    least = np.maximum(np.where(np.isnan(asked), np.inf, asked).min(axis=0), here)
    most = np.maximum(np.where(np.isnan(asked), -np.inf, asked).max(axis=0), here)
    return pd.DataFrame(
        {
            "current": now,
            "trend_continued": trend,
            "best_quarter": quarter,
            "gap_closed": gap,
            "least_ambitious": np.where(none, np.nan, least * -sign),
            "most_ambitious": np.where(none, np.nan, most * -sign),
            "is_ahead": ~none & (np.where(np.isnan(asked), -np.inf, asked) <= here).all(axis=0),
        },
        index=index,
    )


def on_the_way(start: ArrayLike, target: ArrayLike, share_of_time: ArrayLike) -> Floats:
    """Return where a value would be on a straight line from its start to its target.

    Parameters
    ----------
    start, target
        In one unit.
    share_of_time
        How much of the time to the target has passed; before the start counts as 0, after its day as 1.

    Examples
    --------
    >>> on_the_way([20.0, 20.0, 20.0], 14.0, [0.5, 0.0, 1.7]).tolist()
    [17.0, 20.0, 14.0]
    """
    s, t, share = aligned(start=start, target=target, share_of_time=share_of_time)
    return s + np.clip(share, 0.0, 1.0) * (t - s)


def target_track(
    lower: ArrayLike, upper: ArrayLike, expected: ArrayLike, poorer_is: ArrayLike = "higher"
) -> NDArray[np.object_]:
    """Return whether a value is on the way to a target, as its interval says.

    Parameters
    ----------
    lower, upper
        Limits of the latest value.
    expected
        From `on_the_way`.
    poorer_is
        ``higher`` or ``lower``, one or one per value.

    Returns
    -------
    numpy.ndarray
        ``on_track`` where the whole interval is at least as good as expected, ``not_on_track`` where all of it is
        worse, ``cannot_tell`` where it holds both, ``not_assessed`` where one of the numbers is not known.

    Notes
    -----
    The interval is that of the latest value alone. The start is itself an estimate, and what is expected is taken as
    given, as a board took it when it agreed on the target.

    Examples
    --------
    >>> target_track([10, 18, 15, float("nan")], [13, 21, 19, 19], 17.0).tolist()
    ['on_track', 'not_on_track', 'cannot_tell', 'not_assessed']
    >>> target_track([88.0], [91.0], 92.0, "lower").tolist()
    ['not_on_track']
    """
    low, high, wanted = aligned(lower=lower, upper=upper, expected=expected)
    sign = _sign(poorer_is, len(low))
    # oriented so that less is better
    ends = np.sort(np.stack([low * sign, high * sign]), axis=0)
    goal = wanted * sign
    known = ~(np.isnan(ends).any(axis=0) | np.isnan(goal))
    found = np.select(
        [~known, ends[1] <= goal, ends[0] > goal], ["not_assessed", "on_track", "not_on_track"], "cannot_tell"
    )
    return found.astype(object)
