"""What one label of a period may mean: every reading of it, by form.

Which of several readings holds is decided by the column as a whole, in `periods`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
         "December")  # fmt: skip
_NAME = r"([a-z]{3})[a-z]*\.?"
_TO = r"\s*(?:-|–|—|to|until)\s*"
SAYS = (
    ("school_year", re.compile(r"(?:\b\d )?\b(?:school|academic)[ -]*years?\b|\b(?:school|academic)\b|\bay\b")),
    ("financial_year", re.compile(r"(?:\b\d )?\b(?:financial|fiscal|tax)[ -]*years?\b|\bfy\b|\bfinancial\b")),
    ("calendar_year", re.compile(r"(?:\b\d )?\bcalendar[ -]*years?\b")),
)
# what some publishers add to a span of years: "2014 to 2018 (5 year aggregate)"
_POOLED = re.compile(
    r"\(?(?:\b\d{1,2}|\bone|\btwo|\bthree|\bfour|\bfive)?[- ]*(?:years?|yr)?[- ]*"
    r"\b(?:rolling|aggregates?|averages?|combined|pooled|means?|total)\b(?: (?:aggregates?|averages?|means?))?\)?"
)
# what says that figures of a period are provisional or revised, or have a note
_MARKED = re.compile(r"\s*(?:\[[^\]]*\]|\((?:p|r|e|provisional|revised|estimated?)\)|\*+|(?<=\d)[pr])$")
# what stands before or after a date and says nothing of it
_AROUND = re.compile(r"^(?:as )?(?:at|on|in) (?=\d|[a-z]{3})|\bcensus(?: (?:day|date|year))?\b")
_ADDRESS = re.compile(r"https?://\S*/(?:id|doc)/(?:(year|month|quarter|government-year|day)|gregorian-interval)/(\S+)")


@dataclass(frozen=True)
class Period:
    """A period: its label in one form for all publishers, its first and its last day."""

    label: str
    start: dt.date
    end: dt.date


def label_text(label: object) -> str:
    """Return a label as text: a day of a workbook without its hour, a whole number without decimals."""
    if isinstance(label, dt.datetime):
        label = label.date()
    return f"{label:.0f}" if isinstance(label, float) and label.is_integer() else " ".join(str(label).split())


def readings_of(label: object) -> dict[str, Period]:
    """Return every period that a label may name, by form."""
    text = label_text(label)
    if match := _ADDRESS.fullmatch(text):
        return _of_address(match[1], match[2])
    text = _MARKED.sub("", text.casefold())
    forms = [form for form, pattern in SAYS if pattern.search(text)]
    for _, pattern in SAYS:
        text = pattern.sub("", text)
    text = " ".join(_AROUND.sub("", _POOLED.sub("", text)).strip(" ;,()").split())
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


def months_of(first_year: int, first: int, last_year: int, last: int) -> dict[str, Period]:
    """Return the period from one month to another, by its form: month, quarter, calendar, financial or school year."""
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


def _two_digits(first: str, second: str, *, only: str = "") -> dict[str, Period]:
    """Return what 2011-12 may be: a month, a year that runs into the next, or a span of years."""
    year, end = int(first), int(first[:2] + second)
    if only:
        return {only: _split_years(first, first)[only]} if (year + 1) % 100 == int(second) else {}
    found = months_of(year, int(second), year, int(second))
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
    return months_of(int(year), 3 * int(quarter) - 2, int(year), 3 * int(quarter))


def _financial_quarter(year: str, end: str, quarter: str) -> dict[str, Period]:
    if (int(year) + 1) % 100 != int(end) % 100:
        return {}
    first = 3 * int(quarter) + 1
    return months_of(int(year) + first // 13, (first - 1) % 12 + 1, int(year) + first // 13, (first + 1) % 12 + 1)


def _month(name: str) -> int:
    return _MONTHS.index(name)


def _full(year: str) -> int:
    return int(year) + (2000 if len(year) == 2 else 0)


def _named(name: str, year: str) -> dict[str, Period]:
    return months_of(_full(year), _month(name) + 1, _full(year), _month(name) + 1)


def _named_span(first: str, first_year: str | None, last: str, year: str) -> dict[str, Period]:
    begin, end = _month(first) + 1, _month(last) + 1
    start = _full(first_year) if first_year else _full(year) - (begin > end)
    return months_of(start, begin, _full(year), end)


def _year_to(name: str, year: str) -> dict[str, Period]:
    last = _month(name) + 1
    return months_of(int(year) - (last < 12), last % 12 + 1, int(year), last)


def _day(year: str, month: str, day: str) -> dict[str, Period]:
    one = dt.date(int(year), int(month), int(day))
    return {"day": Period(one.isoformat(), one, one)}


_Y = r"((?:1[89]|20|21)\d{2})"
_Q = "q(?:uarter|tr)?"
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
        (r"fy ?(\d{2})[/-](\d{2})", lambda first, end: _two_digits("20" + first, end, only="financial_year")),
        (rf"{_Y}[ -]*{_Q} ?([1-4])", _quarter),
        (rf"{_Q} ?([1-4])[ ,-]*{_Y}", lambda quarter, year: _quarter(year, quarter)),
        (rf"([1-4])(?:st|nd|rd|th) {_Q} {_Y}", lambda quarter, year: _quarter(year, quarter)),
        (rf"{_Y}[/-](\d{{2}}|\d{{4}})[ -]*{_Q} ?([1-4])", _financial_quarter),
        (rf"{_Q} ?([1-4])[ ,-]*{_Y}[/-](\d{{2}}|\d{{4}})", lambda q, y, end: _financial_quarter(y, end, q)),
        (rf"{_Y} ?m(\d{{2}})", lambda year, month: months_of(int(year), int(month), int(year), int(month))),
        (rf"(\d{{1,2}})/{_Y}", lambda month, year: months_of(int(year), int(month), int(year), int(month))),
        (rf"(?:(?:(?:1|one|a)?[ -]?year|12[ -]months?) (?:end(?:ing|ed)?|to)|ending|ended|y/?e)(?: the)?"
         rf"(?: (?:28|29|30|31)(?:st|th)?)? {_NAME} {_Y}", _year_to),
        (rf"{_NAME}[ -]+({_Y[1:-1]}|\d{{2}})", _named),
        (rf"{_Y}[ -]+{_NAME}", lambda year, name: _named(name, year)),
        (rf"{_Y}[ -]+{_NAME}{_TO}{_NAME}", lambda year, first, last: _named_span(first, None, last, year)),
        (rf"{_NAME} ?({_Y[1:-1]})?{_TO}{_NAME}[ -]+({_Y[1:-1]}|\d{{2}})", _named_span),
        (rf"{_Y}-(\d{{2}})-(\d{{2}})(?:[t ]00:00(?::00)?(?:\.0+)?z?)?", _day),
        (rf"{_Y}(\d{{2}})(\d{{2}})", _day),
        (rf"(\d{{1,2}})[/.-](\d{{1,2}})[/.-]({_Y[1:-1]}|\d{{2}})(?: 00:00(?::00)?)?",
         lambda day, month, year: _day(str(_full(year)), month, day)),
        (rf"(\d{{1,2}})(?:st|nd|rd|th)?[ -]{_NAME}[ -]({_Y[1:-1]}|\d{{2}})",
         lambda day, name, year: _day(str(_full(year)), str(_month(name) + 1), day)),
        (rf"mid[ -]?(?:year )?{_Y}", lambda year: _day(year, "6", "30")),
    )
)  # fmt: skip


def _of_address(kind: str | None, rest: str) -> dict[str, Period]:
    """Return what an address of reference.data.gov.uk names, which says its form."""
    if kind == "government-year":
        return {"financial_year": one} if (one := readings_of(rest.replace("-", "/", 1)).get("financial_year")) else {}
    if kind is not None:
        form = "calendar_year" if kind == "year" else kind
        return {form: one} if (one := readings_of(rest).get(form)) else {}
    match = re.fullmatch(rf"{_Y}-(\d{{2}})-\d{{2}}T[\d:]+/P(\d+)([YM])", rest)
    if match is None:
        return {}
    year, month, count = int(match[1]), int(match[2]), int(match[3]) * (12 if match[4] == "Y" else 1)
    last = month + count - 2
    return months_of(year, month, year + last // 12, last % 12 + 1)
