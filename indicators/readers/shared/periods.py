"""Periods as publishers write them, and the days that they cover.

Here: calendar, financial (from 1 April) and school years (from 1 August), spans of these, quarters, months, days. Some
labels can be read in two ways: ``2011-12`` is a financial year or a December. A column is read as a whole: beside
``2011-11`` it is December. Not here: which period an indicator has; its declaration says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from indicators.errors import ConfigError, compose, some

__all__ = ["FORMS", "Period", "declared_period", "parse_period", "parse_periods"]

_SHOWN = (
    "2017, 2014-2017, 2017/18, 2016/17-2018/19, school year 2016/17, 2023-Q2, May 2021, 2021-05, 202105, Jan-Mar 2024, "
    "April 2019 to March 2020, 2011-03-27, 27/03/2011, 20110327 or mid-2021"
)
FORMS = ("calendar_year", "financial_year", "school_year", "quarter", "month", "day")
"""What a label can be read as; a column whose labels could be two of these is read as its declaration says."""

_FIRST = ("financial_year", "month", "school_year", "quarter", "day", "calendar_year")
"""Which of several readings is taken where nothing else decides."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
         "December")  # fmt: skip
_NAME = r"([a-z]{3})[a-z]*\.?"
_TO = r"\s*(?:-|–|—|to|until)\s*"
_SAYS = (
    ("school_year", re.compile(r"\b(?:school|academic)[ -]*years?\b|\b(?:school|academic)\b")),
    ("financial_year", re.compile(r"\b(?:financial|fiscal|tax)[ -]*years?\b|\bfy\b|\bfinancial\b")),
    ("calendar_year", re.compile(r"\bcalendar[ -]*years?\b")),
)
# what some publishers add to a span of years: "2014 to 2018 (5 year aggregate)"
_POOLED = re.compile(
    r"\(?(?:\b\d{1,2}|\bone|\btwo|\bthree|\bfour|\bfive)?[- ]*(?:years?|yr)?[- ]*"
    r"\b(?:rolling|aggregates?|averages?|combined|pooled|means?|total)\b(?: (?:aggregates?|averages?|means?))?\)?"
)
# what says that figures of a period are provisional or revised, or have a note
_MARKED = re.compile(r"\s*(?:\[[^\]]*\]|\((?:p|r|e|provisional|revised|estimated?)\)|\*+|(?<=\d)[pr])$")
_ADDRESS = re.compile(r"https?://\S*/(?:id|doc)/(?:(year|month|quarter|government-year|day)|gregorian-interval)/(\S+)")


@dataclass(frozen=True)
class Period:
    """A period: its label in one form for all publishers, its first and its last day."""

    label: str
    start: dt.date
    end: dt.date


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
    found = _readings(label)
    if not found:
        raise ConfigError(
            compose(
                "A period cannot be understood", expected=_SHOWN, found=label, remedy="write the period in such a form"
            )
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
    found = {label: _readings(label) for label in labels}
    for label, readings in found.items():
        if not readings:
            parse_period(label)
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
                    compose("A label is no such period", column=column or None, expected=form, found=label,
                            remedy="correct period_form in the declaration")
                )  # fmt: skip
    elif open_ones and not common:
        shown = [f"{label} ({' or '.join(one)})" for label, one in found.items() if _shape(label) in shapes]
        raise ConfigError(
            compose(
                "A column mixes months and years",
                column=column or None,
                expected="one reading for all of its labels",
                found=some(shown, 6),
                remedy="correct the labels, or take some of the periods (columns: {periods: [...]})",
            )
        )
    rolled = ["calendar_year"] if {"month", "calendar_year"} <= common and _is_rolled(list(open_ones.values())) else []
    wanted = [form, *_hints(column), *(one for one in FORMS if one in plain), *rolled, *_FIRST]
    chosen = next((one for one in wanted if one in common), "")
    return {
        label: readings.get(form or chosen) or next(readings[one] for one in _FIRST if one in readings)
        for label, readings in found.items()
    }


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
                expected=f"period: {_SHOWN}",
                found="none",
                remedy="add the period",
            )
        )
    start, end = columns.get("period_start"), columns.get("period_end")
    if start is None or end is None:
        return parse_periods([label], form=str(columns.get("period_form") or ""))[label]
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


def _is_rolled(readings: list[dict[str, Period]]) -> bool:
    """Return whether spans of years are equally long, each from another year: 2008-10, 2009-11, 2010-12."""
    spans = [one["calendar_year"] for one in readings]
    starts = {one.start.year for one in spans}
    return len(spans) > 1 and len(starts) == len(spans) and len({one.end.year - one.start.year for one in spans}) == 1


def _shape(label: object) -> str:
    return re.sub(r"\d", "9", _text(label))


def _hints(column: str) -> list[str]:
    name = re.sub(r"[_-]+", " ", column.casefold())
    forms = [form for form, pattern in _SAYS if pattern.search(name)]
    return forms + [form for form in ("month", "quarter") if form in name]


def _text(label: object) -> str:
    if isinstance(label, dt.datetime):
        label = label.date()
    return f"{label:.0f}" if isinstance(label, float) and label.is_integer() else " ".join(str(label).split())


def _readings(label: object) -> dict[str, Period]:
    """Return every period that a label may name, by form."""
    text = _text(label)
    if match := _ADDRESS.fullmatch(text):
        return _of_address(match[1], match[2])
    text = _MARKED.sub("", text.casefold())
    forms = [form for form, pattern in _SAYS if pattern.search(text)]
    for _, pattern in _SAYS:
        text = pattern.sub("", text)
    text = " ".join(_POOLED.sub("", text).strip(" ;,()").split())
    found: dict[str, Period] = {}
    for pattern, make in _PATTERNS:
        if match := pattern.fullmatch(text):
            try:
                found = make(*match.groups()) | found
            except ValueError:  # the 31st of June, and the like
                continue
    if forms:
        found = {form: period for form, period in found.items() if form in forms}
    return found


def _year_end(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


def _years(first: str, last: str) -> dict[str, Period]:
    if int(first) > int(last):
        return {}
    label = first if first == last else f"{first}-{last}"
    return {"calendar_year": Period(label, dt.date(int(first), 1, 1), dt.date(int(last), 12, 31))}


def _split_years(first: str, last: str) -> dict[str, Period]:
    """Return financial or school years from the year that each of two begins in."""
    begin, end = int(first), int(last)
    if begin > end:
        return {}
    label = "-".join(f"{year}/{(year + 1) % 100:02d}" for year in dict.fromkeys((begin, end)))
    school = "school year " if begin == end else "school years "
    return {
        "financial_year": Period(label, dt.date(begin, 4, 1), dt.date(end + 1, 3, 31)),
        "school_year": Period(school + label, dt.date(begin, 8, 1), dt.date(end + 1, 7, 31)),
    }


def _months(first_year: int, first: int, last_year: int, last: int) -> dict[str, Period]:
    if not (1 <= first <= 12 and 1 <= last <= 12) or (first_year, first) > (last_year, last):
        return {}
    start, end = dt.date(first_year, first, 1), _year_end(last_year, last)
    count = (last_year - first_year) * 12 + last - first + 1
    if count == 1:
        return {"month": Period(f"{_LONG[first - 1]} {first_year}", start, end)}
    if first % 3 == 1 and count == 3:
        return {"quarter": Period(f"{first_year} Q{(first + 2) // 3}", start, end)}
    if first == 1 and last == 12:
        return _years(str(first_year), str(last_year))
    if (first, last) in ((4, 3), (8, 7)):
        both = _split_years(str(first_year), str(last_year - 1))
        form = "financial_year" if first == 4 else "school_year"
        return {form: both[form]}
    return {"month": Period(f"{_LONG[first - 1]} {first_year} to {_LONG[last - 1]} {last_year}", start, end)}


def _two_digits(first: str, second: str) -> dict[str, Period]:
    """Return what 2011-12 may be: a month, a year that runs into the next, or a span of years."""
    year, end = int(first), int(first[:2] + second)
    found = _months(year, int(second), year, int(second))
    if (year + 1) % 100 == int(second):
        return found | _split_years(first, first)
    return found | (_years(first, str(end)) if year + 1 < end <= year + 10 else {})


def _next_year(first: str, second: str) -> dict[str, Period]:
    return _split_years(first, first) if int(second) == int(first) + 1 else {}


def _long_or_years(first: str, second: str) -> dict[str, Period]:
    return _years(first, second)


def _split_spans(first: str, a: str, second: str, b: str) -> dict[str, Period]:
    follows = all((int(year) + 1) % 100 == int(end) % 100 for year, end in ((first, a), (second, b)))
    return _split_years(first, second) if follows else {}


def _quarter(year: str, quarter: str) -> dict[str, Period]:
    return _months(int(year), 3 * int(quarter) - 2, int(year), 3 * int(quarter))


def _financial_quarter(year: str, end: str, quarter: str) -> dict[str, Period]:
    if (int(year) + 1) % 100 != int(end) % 100:
        return {}
    first = 3 * int(quarter) + 1
    return _months(int(year) + first // 13, (first - 1) % 12 + 1, int(year) + first // 13, (first + 1) % 12 + 1)


def _month(name: str) -> int:
    return _MONTHS.index(name)


def _full(year: str) -> int:
    return int(year) + (2000 if len(year) == 2 else 0)


def _named(name: str, year: str) -> dict[str, Period]:
    return _months(_full(year), _month(name) + 1, _full(year), _month(name) + 1)


def _named_span(first: str, first_year: str | None, last: str, year: str) -> dict[str, Period]:
    begin, end = _month(first) + 1, _month(last) + 1
    start = _full(first_year) if first_year else _full(year) - (begin > end)
    return _months(start, begin, _full(year), end)


def _day(year: str, month: str, day: str) -> dict[str, Period]:
    one = dt.date(int(year), int(month), int(day))
    return {"day": Period(one.isoformat(), one, one)}


_Y = r"((?:1[89]|20|21)\d{2})"
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[..., dict[str, Period]]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (_Y, lambda year: _years(year, year)),
        (rf"{_Y}{_TO}{_Y}", _long_or_years),
        (rf"{_Y}/{_Y}", _next_year),
        (rf"{_Y}{_Y}", _next_year),
        (rf"{_Y}[/–-](\d{{2}})", _two_digits),
        (rf"{_Y}(\d{{2}})", _two_digits),
        (rf"{_Y}[/–-](\d{{2}}|\d{{4}}){_TO}{_Y}[/–-](\d{{2}}|\d{{4}})", _split_spans),
        (rf"{_Y}[ -]*q(?:uarter)? ?([1-4])", _quarter),
        (rf"q(?:uarter)? ?([1-4])[ ,-]*{_Y}", lambda quarter, year: _quarter(year, quarter)),
        (rf"{_Y}[/-](\d{{2}}|\d{{4}})[ -]*q(?:uarter)? ?([1-4])", _financial_quarter),
        (rf"q(?:uarter)? ?([1-4])[ ,-]*{_Y}[/-](\d{{2}}|\d{{4}})", lambda q, y, end: _financial_quarter(y, end, q)),
        (rf"{_NAME}[ -]+({_Y[1:-1]}|\d{{2}})", _named),
        (rf"{_Y}[ -]+{_NAME}", lambda year, name: _named(name, year)),
        (rf"{_NAME} ?({_Y[1:-1]})?{_TO}{_NAME}[ -]+({_Y[1:-1]}|\d{{2}})", _named_span),
        (rf"{_Y}-(\d{{2}})-(\d{{2}})(?:[t ]00:00(?::00)?(?:\.0+)?z?)?", _day),
        (rf"{_Y}(\d{{2}})(\d{{2}})", _day),
        (rf"(\d{{1,2}})[/.-](\d{{1,2}})[/.-]{_Y}(?: 00:00(?::00)?)?", lambda day, month, year: _day(year, month, day)),
        (rf"(\d{{1,2}})(?:st|nd|rd|th)?[ -]{_NAME}[ -]{_Y}",
         lambda day, name, year: _day(year, str(_month(name) + 1), day)),
        (rf"mid[ -]?(?:year )?{_Y}", lambda year: _day(year, "6", "30")),
    )
)  # fmt: skip


def _of_address(kind: str | None, rest: str) -> dict[str, Period]:
    """Return what an address of reference.data.gov.uk names, which says its form."""
    if kind == "government-year":
        return {"financial_year": one} if (one := _readings(rest.replace("-", "/", 1)).get("financial_year")) else {}
    if kind is not None:
        form = "calendar_year" if kind == "year" else kind
        return {form: one} if (one := _readings(rest).get(form)) else {}
    match = re.fullmatch(rf"{_Y}-(\d{{2}})-\d{{2}}T[\d:]+/P(\d+)([YM])", rest)
    if match is None:
        return {}
    year, month, count = int(match[1]), int(match[2]), int(match[3]) * (12 if match[4] == "Y" else 1)
    last = month + count - 2
    return _months(year, month, year + last // 12, last % 12 + 1)
