"""Periods as publishers write them, and the days that they cover.

Here: calendar years, financial years (1 April to 31 March), spans of either, and single days. Not here: which period an
indicator has; its declaration says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from indicators.errors import ConfigError, compose

__all__ = ["Period", "declared_period", "parse_period"]

_FORMS = "2017, 2014-2017, 2017/18, 2016/17-2018/19, May 2021 or 2011-03-27"
_YEAR = re.compile(r"(\d{4})")
_YEARS = re.compile(r"(\d{4})\s*(?:-|–|to)\s*(\d{4})")
_FINANCIAL = re.compile(r"(\d{4})[/-](\d{2})")
_FINANCIALS = re.compile(r"(\d{4})/(\d{2})\s*(?:-|–|to)\s*(\d{4})/(\d{2})")
_LONG_FINANCIAL = re.compile(r"(\d{4})/(\d{2})(\d{2})\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(r"([A-Za-z]{3})[a-z]*[ -](\d{4}|\d{2})")
# what some publishers add to a span of years: "2014 to 2018 (5 year aggregate)"
_POOLED = re.compile(r"\s*\(\d+ years? aggregates?\)$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Period:
    """A period: its label as published, its first and its last day."""

    label: str
    start: dt.date
    end: dt.date


def parse_period(label: object) -> Period:
    """Return the period that a label names.

    Parameters
    ----------
    label
        ``2017`` (calendar year), ``2014-2017`` (calendar years), ``2017/18`` (1 April to 31 March),
        ``2016/17-2018/19`` (financial years), ``May 2021`` (a month) or ``2011-03-27`` (a day). A
        workbook's 2017.0 counts as ``2017``, and ``2017/2018`` as ``2017/18``; what follows a span of years, as in
        ``2014 to 2018 (5 year aggregate)``, says nothing more and is left out.

    Raises
    ------
    ConfigError
        If the label has none of these forms, or its years are out of order.

    Examples
    --------
    >>> parse_period("2014/15-2017/18")
    Period(label='2014/15-2017/18', start=datetime.date(2014, 4, 1), end=datetime.date(2018, 3, 31))
    >>> parse_period("February 2024")
    Period(label='2024-02', start=datetime.date(2024, 2, 1), end=datetime.date(2024, 2, 29))
    >>> parse_period(2017.0).label, parse_period("1999/2000").label
    ('2017', '1999/00')
    """
    text = f"{label:.0f}" if isinstance(label, float) and label.is_integer() else str(label).strip()
    # 2017/2018, but not 2017/1818: the century must be that of the year that follows
    text = _LONG_FINANCIAL.sub(lambda long: f"{long[1]}/{long[3]}" if _is_next(*long.groups()) else long[0], text)
    if match := _YEAR.fullmatch(text):
        return Period(text, dt.date(int(match[1]), 1, 1), dt.date(int(match[1]), 12, 31))
    text = _POOLED.sub("", text)
    if (match := _YEARS.fullmatch(text)) and match[1] <= match[2]:
        return Period(f"{match[1]}-{match[2]}", dt.date(int(match[1]), 1, 1), dt.date(int(match[2]), 12, 31))
    if (match := _FINANCIAL.fullmatch(text)) and _follows(match[1], match[2]):
        return Period(text, dt.date(int(match[1]), 4, 1), dt.date(int(match[1]) + 1, 3, 31))
    if (
        (match := _FINANCIALS.fullmatch(text))
        and _follows(match[1], match[2])
        and _follows(match[3], match[4])
        and match[1] <= match[3]
    ):
        return Period(text, dt.date(int(match[1]), 4, 1), dt.date(int(match[3]) + 1, 3, 31))
    if (match := _MONTH.fullmatch(text)) and match[1].casefold() in _MONTHS:
        year = int(match[2]) + (2000 if len(match[2]) == 2 else 0)
        month = _MONTHS.index(match[1].casefold()) + 1
        after = dt.date(year + month // 12, month % 12 + 1, 1)
        return Period(f"{year}-{month:02d}", dt.date(year, month, 1), after - dt.timedelta(days=1))
    if _DAY.fullmatch(text):
        try:
            day = dt.date.fromisoformat(text)
            return Period(text, day, day)
        except ValueError:
            pass
    raise ConfigError(
        compose("A period cannot be understood", expected=_FORMS, found=text, remedy="write the period in such a form")
    )


def declared_period(columns: Mapping[str, Any], indicator_id: str) -> Period:
    """Return the period that a declaration gives for all its figures.

    ``period`` is the label; ``period_start`` and ``period_end`` are needed only where the label does not tell the days.

    Raises
    ------
    ConfigError
        If the declaration has no period, or one that cannot be understood.

    Examples
    --------
    >>> declared_period({"period": "2017"}, "simd_income").end
    datetime.date(2017, 12, 31)
    """
    label = columns.get("period")
    if label is None:
        raise ConfigError(
            compose(
                "A declaration gives no period",
                where=f"{indicator_id}.yaml",
                column="columns",
                expected=f"period: {_FORMS}",
                found="none",
                remedy="add the period",
            )
        )
    start, end = columns.get("period_start"), columns.get("period_end")
    if start is None or end is None:
        return parse_period(label)
    first, last = (parse_period(str(day)) for day in (start, end))
    if first.start > last.end:
        raise ConfigError(
            compose(
                "A period ends before it begins",
                where=f"{indicator_id}.yaml",
                column="columns, period_end",
                expected=f"{first.start} or later",
                found=end,
                remedy="correct the two days",
            )
        )
    return Period(str(label), first.start, last.end)


def _is_next(first: str, century: str, year: str) -> bool:
    return int(f"{century}{year}") == int(first) + 1


def _follows(first: str, second: str) -> bool:
    return (int(first) + 1) % 100 == int(second)
