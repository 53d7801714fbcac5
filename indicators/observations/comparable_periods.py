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

from indicators.arrays.arguments import Floats


class ComparableRun(NamedTuple):
    """A run of periods that compare.

    Parameters
    ----------
    keep
        Which periods belong to the run, one per period given.
    years
        Middle of each period in years, such as 2017.5.
    begins_after, ends_before
        The breaks that the run lies between; None where no figures were left out on that side.
    dropped_by_overlap
        How many periods of the run were left out because they overlap a later one.
    """

    keep: NDArray[np.bool_]
    years: Floats
    begins_after: dt.date | None
    ends_before: dt.date | None
    dropped_by_overlap: int


def comparable_run(
    starts: Sequence[dt.date], ends: Sequence[dt.date], breaks: Sequence[dt.date] = (), *, wanted: int = 2
) -> ComparableRun:
    """Return the latest run of periods that compare with each other.

    Parameters
    ----------
    starts, ends
        First and last day of each period, in any order.
    breaks
        First days on which figures no longer compare with those before.
    wanted
        Periods that a run should have: the latest run with as many is taken, and only if there is none the latest. A
        single figure after the latest break tells no change; the run before it does.

    Notes
    -----
    A period that a break cuts in two belongs to no run: it holds figures of both kinds. Of overlapping periods, such as
    three-year averages published every year, those that do not overlap are taken, from the latest backward: otherwise
    each year would count three times and every trend would look surer than it is.

    Examples
    --------
    >>> day = dt.date
    >>> run = comparable_run([day(2015, 1, 1), day(2016, 1, 1), day(2017, 1, 1)],
    ...                      [day(2015, 12, 31), day(2016, 12, 31), day(2017, 12, 31)], [day(2016, 1, 1)])
    >>> run.keep.tolist(), run.begins_after
    ([False, True, True], datetime.date(2016, 1, 1))
    """
    first = np.array([one.toordinal() for one in starts], dtype=np.int64)
    last = np.array([one.toordinal() for one in ends], dtype=np.int64)
    if len(first) != len(last) or (first > last).any():
        raise ValueError("every period needs a first day that is not after its last day")
    days = np.array(sorted(one.toordinal() for one in breaks), dtype=np.int64)
    # the number of breaks on or before a day is the era that it belongs to
    era_first, era_last = np.searchsorted(days, first, side="right"), np.searchsorted(days, last, side="right")
    whole = era_first == era_last
    apart = whole.copy()
    reached: dict[int, int] = {}
    for row in np.argsort(-last, kind="stable"):
        era = int(era_last[row])
        if not whole[row]:
            continue
        if era in reached and last[row] >= reached[era]:
            apart[row] = False
        else:
            reached[era] = int(first[row])
    counts = np.bincount(era_last[apart], minlength=len(days) + 1)
    enough = np.flatnonzero(counts >= wanted)
    chosen = int(enough[-1]) if len(enough) else int(np.flatnonzero(counts)[-1]) if counts.any() else -1
    keep = apart & (era_last == chosen)
    earlier, later = (era_first < chosen).any(), (era_last > chosen).any()
    begins = dt.date.fromordinal(int(days[chosen - 1])) if chosen > 0 and earlier else None
    ends_before = dt.date.fromordinal(int(days[chosen])) if 0 <= chosen < len(days) and later else None
    # the proleptic day count over the mean Gregorian year: steady steps, right to a day
    years = ((first + last + 1) / 2 - 1) / 365.2425 + 1
    return ComparableRun(keep, years, begins, ends_before, int((whole & (era_last == chosen)).sum() - keep.sum()))
