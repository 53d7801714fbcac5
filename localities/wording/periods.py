"""Periods as a reader says them."""

from __future__ import annotations

import re
from calendar import month_name
from functools import cache

_DAY = re.compile(r"(\d{4})-(\d{2})-\d{2}")


@cache
def period_in_words(period: str) -> str:
    """Return a period in words: the month of a single day, the first and last year of a run of years.

    Examples
    --------
    >>> period_in_words("2011-03-27"), period_in_words("2014-2017"), period_in_words("2015/16-2017/18")
    ('March 2011', '2014 to 2017', '2015/16 to 2017/18')
    >>> period_in_words("2017/18"), period_in_words("2017")
    ('2017/18', '2017')
    """
    day = _DAY.fullmatch(period)
    return f"{month_name[int(day[2])]} {day[1]}" if day else " to ".join(period.split("-"))
