"""Periods as publishers write them, and the days that they cover.

Here: calendar, financial (from 1 April) and school years (from 1 August), spans of these, quarters, months, days. Some
labels can be read in two ways: ``2011-12`` is a financial year or a December. A column is read as a whole: beside
``2011-11`` it is December. Not here: which period an indicator has; its declaration says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Any

from indicators.errors import ConfigError, some
from indicators.readers.shared.period_labels import SAYS, Period, label_text, months_of, readings_of

_SHOWN = (
    "2017, 2014-2017, 2017/18, 2016/17-2018/19, school year 2016/17, 2023-Q2, May 2021, 2021-05, 202105, Jan-Mar 2024, "
    "April 2019 to March 2020, 2011-03-27, 27/03/2011, 20110327 or mid-2021"
)
FORMS = ("calendar_year", "financial_year", "school_year", "quarter", "month", "day")
"""What a label can be read as; a column whose labels could be two of these is read as its declaration says."""

_FIRST = ("financial_year", "month", "school_year", "quarter", "day", "calendar_year")
"""Which of several readings is taken where nothing else decides."""

_MOST_WORDS = 6


def parse_period(label: object) -> Period:
    """Return the period that a label names by itself; of two readings years come before months.

    Parameters
    ----------
    label
        ``2017`` (calendar year), ``2014-2017``, ``2017/18`` (1 April to 31 March), ``2016/17-2018/19``, ``Academic year
        2016-17`` (1 August to 31 July), ``2023-Q2``, ``May 2021``, ``2021-05``, ``Jan-Mar 2024``, a day, or
        ``Mid-2021`` (30 June, the day of mid-year estimates). A workbook's 2017.0 counts as ``2017``, and
        ``2017/2018`` as ``2017/18``; words such as ``5 year aggregate`` say nothing more and are left out.

    Raises
    ------
    ConfigError
        If the label has none of these forms, or its years are out of order.

    Examples
    --------
    >>> parse_period("2014/15-2017/18")
    Period(label='2014/15-2017/18', start=datetime.date(2014, 4, 1), end=datetime.date(2018, 3, 31))
    >>> parse_period("February 2024")
    Period(label='February 2024', start=datetime.date(2024, 2, 1), end=datetime.date(2024, 2, 29))
    >>> parse_period(2017.0).label, parse_period("1999/2000").label, parse_period("2021Q3").end
    ('2017', '1999/00', datetime.date(2021, 9, 30))
    """
    found = readings_of(label)
    if not found:
        raise ConfigError(
            "A period cannot be understood", expected=_SHOWN, found=label, remedy="write the period in such a form"
        )
    return next(found[form] for form in _FIRST if form in found)


def parse_periods(labels: Iterable[object], *, column: str = "", form: str = "") -> dict[object, Period]:
    """Return the period of each label of a column, read as the column as a whole says.

    Parameters
    ----------
    labels
        Labels, each once.
    column
        Its name, which may say what they are: ``Month``, ``School year``.
    form
        One of `FORMS`, where a declaration says what they are.

    Raises
    ------
    ConfigError
        If a label has no known form, or the column mixes what can only be months with what can only be years.

    Examples
    --------
    >>> found = parse_periods(["2011-11", "2011-12", "2012-01"])
    >>> [one.label for one in found.values()]
    ['November 2011', 'December 2011', 'January 2012']
    >>> parse_periods(["2010-11", "2011-12"])["2011-12"].label
    '2011/12'
    """
    found = {label: readings_of(label) for label in labels}
    for label, readings in found.items():
        if not readings:
            parse_period(label)
    if form in ("", "month", "quarter") and (unit := form or _begun_by(found.values(), column)):
        found = {label: _begun(one["day"].start, unit) if "day" in one else one for label, one in found.items()}
    open_ones = {label: one for label, one in found.items() if len(one) > 1}
    plain = {next(iter(one)) for one in found.values() if len(one) == 1}
    shapes = {_shape(label) for label in open_ones}
    common = set(FORMS)
    for label, one in found.items():
        if label in open_ones or _shape(label) in shapes:
            common &= set(one)
    if form:
        for label, readings in found.items():
            if form not in readings:
                raise ConfigError(
                    "A label is no such period", column=column or None, expected=form, found=label,
                    remedy="correct period_form in the declaration",
                )  # fmt: skip
    elif open_ones and not common:
        shown = [f"{label} ({' or '.join(one)})" for label, one in found.items() if _shape(label) in shapes]
        raise ConfigError(
            "A column mixes months and years",
            column=column or None,
            expected="one reading for all of its labels",
            found=some(shown, 6),
            remedy="correct the labels, or take some of the periods (columns: {periods: [...]})",
        )
    rolled = ["calendar_year"] if {"month", "calendar_year"} <= common and _is_rolled(list(open_ones.values())) else []
    wanted = [form, *_hints(column), *(one for one in FORMS if one in plain), *rolled, *_FIRST]
    chosen = next((one for one in wanted if one in common), "")
    return {
        label: readings.get(form or chosen) or next(readings[one] for one in _FIRST if one in readings)
        for label, readings in found.items()
    }


def periods_within(text: str) -> list[tuple[int, int]]:
    """Return where a text names periods, as first and last place: the longest run of words that is one, of each.

    Examples
    --------
    >>> name = "Patients, 2017/18 to 2019/20, per 1,000"
    >>> [name[start:end] for start, end in periods_within(name)]
    ['2017/18 to 2019/20']
    >>> periods_within("Aged 16-24")
    []
    """
    words = [match.span() for match in re.finditer(r"[^\s_|,;:()\[\]]+", text)]
    found, at = [], 0
    while at < len(words):
        for last in range(min(at + _MOST_WORDS, len(words)) - 1, at - 1, -1):
            start, end = words[at][0], words[last][1]
            if re.search(r"\d\d", text[start:end]) and readings_of(text[start:end]):
                found.append((start, end))
                at = last
                break
        at += 1
    return found


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
            "A declaration gives no period",
            where=f"{indicator_id}.yaml",
            column="columns",
            expected=f"period: {_SHOWN}",
            found="none",
            remedy="add the period",
        )
    start, end = columns.get("period_start"), columns.get("period_end")
    if start is None or end is None:
        return parse_periods([label], form=str(columns.get("period_form") or ""))[label]
    first, last = (parse_period(str(day)) for day in (start, end))
    if first.start > last.end:
        raise ConfigError(
            "A period ends before it begins",
            where=f"{indicator_id}.yaml",
            column="columns, period_end",
            expected=f"{first.start} or later",
            found=end,
            remedy="correct the two days",
        )
    return Period(str(label), first.start, last.end)


def _begun_by(readings: Collection[dict[str, Period]], column: str) -> str:
    """Return what days stand for that are all the first of a month: ``month`` or ``quarter``, "" for themselves."""
    days = [one["day"].start for one in readings if "day" in one]
    if len(days) < len(readings) or not all(day.day == 1 for day in days):
        return ""
    months = sorted({12 * day.year + day.month for day in days})
    if "quarter" in _hints(column) and all(month % 3 == 1 for month in months):
        return "quarter"
    # a workbook keeps a month as its first day
    follow = len(months) > 1 and any(after - before == 1 for before, after in pairwise(months))
    return "month" if follow or "month" in _hints(column) else ""


def _begun(day: dt.date, unit: str) -> dict[str, Period]:
    last = day.month + 2 if unit == "quarter" else day.month
    return months_of(day.year, day.month, day.year, last) if day.day == 1 and last <= 12 else {}


def _is_rolled(readings: list[dict[str, Period]]) -> bool:
    """Return whether spans of years are equally long, each from another year: 2008-10, 2009-11, 2010-12."""
    spans = [one["calendar_year"] for one in readings]
    starts = {one.start.year for one in spans}
    return len(spans) > 1 and len(starts) == len(spans) and len({one.end.year - one.start.year for one in spans}) == 1


def _shape(label: object) -> str:
    return re.sub(r"\d", "9", label_text(label))


def _hints(column: str) -> list[str]:
    name = re.sub(r"[_-]+", " ", column.casefold())
    forms = [form for form, pattern in SAYS if pattern.search(name)]
    return forms + [form for form in ("month", "quarter") if form in name]
