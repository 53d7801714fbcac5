"""Which periods of a series compare with each other: never across a break, and never counting a year twice.

References
----------
Office for Statistics Regulation, Code of Practice for Statistics, practice V4.4 (discontinuities are explained).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indicators.arguments import Floats

__all__ = ["ComparableRun", "comparable_run"]


class ComparableRun(NamedTuple):
    """The latest run of periods that compare.

    Parameters
    ----------
    keep
        Which periods belong to the run, one per period given.
    years
        Middle of each period in years, such as 2017.5.
    last_break
        The break that the run follows, or None.
    dropped_by_break, dropped_by_overlap
        How many periods were left out for either reason.
    """

    keep: NDArray[np.bool_]
    years: Floats
    last_break: dt.date | None
    dropped_by_break: int
    dropped_by_overlap: int


def comparable_run(
    starts: Sequence[dt.date], ends: Sequence[dt.date], breaks: Sequence[dt.date] = ()
) -> ComparableRun:
    """Return the latest run of periods that compare with each other.

    Parameters
    ----------
    starts, ends
        First and last day of each period, in any order.
    breaks
        First days on which figures no longer compare with those before.

    Notes
    -----
    A period before the latest break that falls within the series is left out, and so is one that a break cuts in two:
    it holds figures of both kinds. Of overlapping periods, such as three-year averages published every year, those
    that do not overlap are taken, from the latest backward: otherwise each year would count three times and every trend
    would look surer than it is.

    Examples
    --------
    >>> day = dt.date
    >>> run = comparable_run([day(2015, 1, 1), day(2016, 1, 1), day(2017, 1, 1)],
    ...                      [day(2015, 12, 31), day(2016, 12, 31), day(2017, 12, 31)], [day(2016, 1, 1)])
    >>> run.keep.tolist(), run.dropped_by_break
    ([False, True, True], 1)
    """
    first = np.array([one.toordinal() for one in starts], dtype=np.int64)
    last = np.array([one.toordinal() for one in ends], dtype=np.int64)
    if len(first) != len(last) or (first > last).any():
        raise ValueError("every period needs a first day that is not after its last day")
    days = np.array(sorted(one.toordinal() for one in breaks), dtype=np.int64)
    # the number of breaks on or before a day is the era that it belongs to
    era_first, era_last = np.searchsorted(days, first, side="right"), np.searchsorted(days, last, side="right")
    era = era_last.max(initial=0)
    keep = (era_first == era_last) & (era_last == era)
    by_break = int((~keep).sum())
    reached = None
    overlap = 0
    for row in np.argsort(-last, kind="stable"):
        if not keep[row]:
            continue
        if reached is not None and last[row] >= reached:
            keep[row] = False
            overlap += 1
        else:
            reached = first[row]
    followed = dt.date.fromordinal(int(days[era - 1])) if by_break and era > 0 else None
    # the proleptic day count over the mean Gregorian year: steady steps, right to a day
    middle = np.array([(a + b + 1) / 2 for a, b in zip(first, last, strict=True)])
    return ComparableRun(keep, (middle - 1) / 365.2425 + 1, followed, by_break, overlap)
