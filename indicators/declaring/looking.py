"""What a published file looks like: form, columns, areas, periods, groups and their members, symbols, what is around.

Everything is listed, with what was left out and why. The declaration that would read it is drafted in
`indicators.declaring.drafting`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.declaring.own import UNDECIDED
from indicators.errors import ConfigError, SchemaError, some
from indicators.readers.nrs_population import read_residents
from indicators.readers.shared.areas import vintages_of, zones_of_a_vintage
from indicators.readers.shared.cells import is_error, proposed_meaning
from indicators.readers.shared.dressed import how_dressed, plain_numbers
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.periods import Period, parse_periods, periods_within
from indicators.readers.shared.published import PublishedTable, Seen
from indicators.readers.shared.workbooks import cell_text

_FEW_OTHERS = 12
_MANY = 40
_MEMBERS = 150
_LONG = {"value", "measurement", "datecode"}
_TOTALS = ("all", "all people", "total", "count", "persons", "all ages", "both", "both sexes", "all persons")
_DATE = re.compile(r"date|year|period|month|quarter|time|^above$", re.IGNORECASE)
_FIGURES_OF_SEVERAL_KINDS = re.compile(r"measure|indicator|variable|unit|statistic|series|outcome", re.IGNORECASE)
_GROUP = re.compile(r"age|sex|gender|band|group|tenure|size|type|rooms|code", re.IGNORECASE)
_QUALIFIER = re.compile(r"(?P<of>.+?)[_ ]?QF")
_TYPES = {"S92": "Scotland", "S12": "councils", "S02": "intermediate zones", "S01": "data zones", "S00": "output areas",
          "S08": "health boards", "S13": "wards", "S37": "partnerships"}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a file: what it was taken for (`role`), and why, or what is in it."""

    name: str
    role: str
    why: str


@dataclass(frozen=True)
class Form:
    """What a file looks like.

    Parameters
    ----------
    reader
        Name of the reader for this form.
    geography
        Such as ``data_zone_2011``.
    rows
        Areas found.
    seen
        What stands around the table.
    area, date
        Column of the area codes and column of the periods, where there are any.
    periods
        Periods found, as the readers name them.
    figures
        Columns of numbers.
    wide
        Names of columns of which there is one per period, with ``{period}`` for it.
    dimensions
        The members of each column of groups.
    over
        Columns of groups none of whose members is a total: their sum would be.
    symbols
        Texts in columns of numbers that are no numbers, and the meaning proposed for each, "" where none is known.
    columns
        Every column, as it was taken.
    others
        Areas of each other vintage that are in the table too.
    areas
        Their codes.
    repeated
        Rows of an area and period that no column of groups tells from another.
    """

    reader: str
    geography: str
    rows: int
    seen: Seen = field(default_factory=Seen)
    area: str = ""
    date: str = ""
    periods: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    dimensions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    over: tuple[str, ...] = ()
    symbols: dict[str, str] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    others: dict[str, int] = field(default_factory=dict)
    areas: frozenset[str] = frozenset()
    repeated: int = 0

    @property
    def share_of_areas(self) -> float:
        """Share of all areas of this geography that the file has."""
        area_type, _, vintage = self.geography.rpartition("_")
        return self.rows / zones_of_a_vintage(area_type, vintage)


def look_at(path: Path, *, sheet: str = "", encoding: str = "") -> Form:
    r"""Return what a published file looks like.

    Parameters
    ----------
    path
        Delimited text, plain or compressed, a workbook, Parquet, or an answer of Stat-Xplore.
    encoding
        Of text, where it is known.
    sheet
        Of a workbook; by default that with most zones and figures.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML or damaged.
    SchemaError
        If its layout is not known, or no column holds codes of data zones or intermediate zones.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "patients.csv"
    >>> _ = path.write_text("DataZone,Year,Patients\nS01006506,2020,3\nS01006507,2020,[c]\n", encoding="utf-8")
    >>> form = look_at(path)
    >>> form.reader, form.area, form.date, form.periods, form.figures, form.symbols
    ('mapped_table', 'DataZone', 'Year', ('2020',), ('Patients',), {'[c]': 'suppressed'})
    """
    table = read_table(path, sheet=sheet, encoding=encoding)
    codes = [cell_text(cell) for cell in table.column(table.seen.area)] if table.seen.area else []
    is_zones = any(code.startswith("S01") for code in codes)
    area_type, prefix = ("data_zone", "S01") if is_zones else ("intermediate_zone", "S02")
    kept = np.array([code.startswith(prefix) for code in codes], dtype=bool)
    known = sorted({code for code, keep in zip(codes, kept, strict=True) if keep})
    found = vintages_of(known, area_type)
    vintages = set(found) - {""}
    if not vintages:
        raise _no_areas(table)
    vintage = "2011" if "2011" in vintages else sorted(vintages)[0]
    geography = f"{area_type}_{vintage}"
    if {"age 0", "age0"} & {name.casefold() for name in table.columns}:
        return Form("nrs_population", geography, len(read_residents(path, geography).areas), table.seen)
    areas = {one: int((found == one).sum()) for one in sorted(vintages)}
    return _described(table, np.array(codes, dtype=object), kept, geography, areas.pop(vintage), areas)


def _described(
    table: PublishedTable, codes: np.ndarray, kept: np.ndarray, geography: str, rows: int, others: dict[str, int]
) -> Form:
    texts = {name: pd.Series([cell_text(one) for one in cells[kept]], dtype="str")
             for name, cells in table.columns.items() if name != table.seen.area}  # fmt: skip
    is_long = _LONG & {name.casefold() for name in table.columns} >= {"value"}
    columns = [Column(table.seen.area, "area", _areas_in_words(codes, geography, others))]
    date, wide = "", list[str]()
    periods: tuple[str, ...] = ()
    figures: list[str] = []
    groups: dict[str, tuple[str, ...]] = {}
    symbols: dict[str, str] = {}
    for name, column in texts.items():
        distinct = list(pd.unique(column))
        if not date and (parsed := _as_periods(name, distinct)):
            date, periods = name, tuple(one.label for one in sorted(parsed, key=lambda one: (one.start, one.end)))
            columns.append(Column(name, "date", f"{len(periods)} periods: {some(periods, 4)}"))
        elif (match := _QUALIFIER.fullmatch(name)) and match["of"] in texts:
            columns.append(Column(name, "qualifier", f"explains blanks of {match['of']}"))
        elif name.casefold() in ("_id", "units") or not any(distinct):
            columns.append(
                Column(name, "left out", "blank throughout" if not any(distinct) else "says nothing of a figure")
            )
        elif (odd := _odd_among_figures(column)) is not None:
            figures.append(name)
            symbols |= {text: proposed_meaning(text) for text in odd}
            why = f"among them {some(odd, 5)}" if odd else "numbers throughout"
            columns.append(Column(name, "figures", "; ".join((why, *how_dressed(column)))))
        elif len(distinct) <= _MEMBERS:
            groups[name] = tuple(sorted(distinct))
        else:
            columns.append(Column(name, "left out", f"{len(distinct):,} texts, such as {some(distinct, 2)}"))
    dimensions = _needed(codes[kept], date, texts, groups, figures, is_long=is_long)
    summed = () if is_long else [name for name in dimensions if not _FIGURES_OF_SEVERAL_KINDS.search(name)]
    over = [name for name in summed if total_of(dimensions[name]) == UNDECIDED]
    for name, members in {**groups, **dimensions}.items():
        if name not in dimensions:
            columns.append(Column(name, "left out", f"the same for every row of an area: {some(members, 3)}"))
            continue
        total = total_of(members)
        taken = (
            "their sum, for no member is a total" if name in over else f"{total!r}" if total != UNDECIDED else "you say"
        )
        columns.append(Column(name, "groups", f"{len(members)} members: {some(members, 8)}; taken: {taken}"))
    figures = [name for name in figures if name not in dimensions]
    if not date:
        wide, periods = _by_period(figures)
    columns += [Column(name, "left out", "several columns share this name") for name in sorted(table.seen.repeated)]
    return Form(
        reader="mapped_table",
        geography=geography,
        rows=rows,
        seen=table.seen,
        area=table.seen.area,
        date=date,
        periods=periods or _stated(table.seen),
        figures=tuple(figures),
        wide=tuple(wide),
        dimensions=dimensions,
        over=tuple(over),
        symbols=dict(sorted(symbols.items())),
        columns=tuple(
            sorted(columns, key=lambda one: list(table.columns).index(one.name) if one.name in table.columns else -1)
        ),
        others=others,
        areas=frozenset(codes[kept]),
        repeated=_repeated(codes[kept], [texts[name] for name in (*dimensions, *([date] if date else []))]),
    )


def _repeated(codes: np.ndarray, beside: Sequence[pd.Series]) -> int:
    """Return how many rows nothing tells from another of the same area."""
    rows = pd.DataFrame({"area": codes, **{str(number): one.to_numpy() for number, one in enumerate(beside)}})
    return int(rows.duplicated().sum())


def _areas_in_words(codes: np.ndarray, geography: str, censuses: dict[str, int]) -> str:
    """Return what the codes are of, and how many rows are of other areas."""
    others = pd.Series([code[:3] for code in codes if code[:3] != ("S01" if geography.startswith("data") else "S02")])
    counted = ", ".join(f"{count:,} {_TYPES.get(kind, kind)}" for kind, count in others.value_counts().items())
    mixed = "".join(f"; {count:,} of {census} among them" for census, count in censuses.items())
    return f"codes of {geography.replace('_', ' ')}{mixed}" + (f"; left out: rows of {counted}" if counted else "")


def _as_periods(name: str, distinct: Sequence[str]) -> list[Period]:
    """Return the periods of a column, none where it is no column of periods."""
    if len(distinct) > _MEMBERS or (not _DATE.search(name) and all(text.isdigit() for text in distinct)):
        return []
    try:
        return list({one.label: one for one in parse_periods(distinct, column=name).values()}.values())
    except ConfigError as error:
        if "mixes" in str(error):
            raise
        return []


def _odd_among_figures(column: pd.Series) -> list[str] | None:
    """Return the texts of a column of figures that are none; None where it is no column of figures."""
    numbers = pd.Series(plain_numbers(column), index=column.index)
    odd = [text for text in pd.unique(column[numbers.isna()]) if text]
    if not numbers.notna().any():
        # all of it hidden, perhaps
        return odd if odd and all(map(proposed_meaning, odd)) else None
    known = all(map(proposed_meaning, odd))
    return odd if known or (len(odd) <= _FEW_OTHERS and numbers.notna().mean() >= 0.5) else None


def _needed(
    codes: np.ndarray, date: str, texts: Mapping[str, pd.Series], groups: Mapping[str, tuple[str, ...]],
    figures: Sequence[str], *, is_long: bool,
) -> dict[str, tuple[str, ...]]:  # fmt: skip
    """Return the columns of groups: those by which rows of one area and period differ; of a long table all."""
    if is_long:
        return {name: members for name, members in groups.items() if len(members) <= _MANY}
    keys = pd.DataFrame({"area": codes, "date": texts[date] if date else ""})
    found: dict[str, tuple[str, ...]] = {}
    numbered = [name for name in figures if _GROUP.search(name) and texts[name].nunique() <= _MEMBERS]
    for name in [*groups, *numbered]:
        if not keys.duplicated().any():
            break
        if keys.assign(one=texts[name]).groupby(list(keys.columns), sort=False)["one"].nunique().max() > 1:
            found[name] = tuple(sorted(pd.unique(texts[name])))
            keys[f"by {name}"] = texts[name]
    return found


def _by_period(figures: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return names of columns that differ by a period alone, ``{period}`` in its place, and the periods."""
    labels: dict[str, list[str]] = {}
    for name in figures:
        for start, end in periods_within(name):
            labels.setdefault(name[:start] + "{period}" + name[end:], []).append(name[start:end])
    wide: list[str] = []
    periods: dict[str, Period] = {}
    for template, found in labels.items():
        try:
            parsed = parse_periods(found) if len(found) > 1 else {}
        except ConfigError:
            continue
        if parsed:
            wide.append(template)
            periods |= {one.label: one for one in parsed.values()}
    return wide, tuple(one.label for one in sorted(periods.values(), key=lambda one: one.start))


def _stated(seen: Seen) -> tuple[str, ...]:
    """Return the period that a title states by itself: ``date June 2024``, ``Reference Period 2019``."""
    for title in seen.titles:
        match = re.fullmatch(r"(?:date|reference period|period|year)\W+(.+)", title, re.IGNORECASE)
        try:
            if match:
                return tuple(one.label for one in parse_periods([match[1]]).values())
        except ConfigError:
            continue
    return ()


def what_was_seen(form: Form) -> Iterator[str]:
    """Yield, line by line, everything that was seen of a file, and what was left out and why."""
    seen = form.seen
    if seen.encoding:
        text = f"Text in {seen.encoding}, cells parted by {seen.delimiter}"
        yield text + (f", {seen.compression}." if seen.compression else ".")
    if seen.sheets:
        listed = ", ".join(f"{name} ({count:,}{', hidden' * hidden})" for name, count, hidden in seen.sheets)
        yield (
            f"Sheets, and their rows with the code of a zone: {listed}. Taken: {seen.sheet}, of those in sight the one "
            "with most zones with figures, the first of equals (--sheet names another)."
        )
    elif seen.sheet:
        yield f"Sheet: {seen.sheet}."
    if seen.titles:
        yield f"Above the table: {' / '.join(seen.titles[:6])}"
    if len(seen.header_rows) > 1:
        yield f"Names of columns are in rows {', '.join(map(str, seen.header_rows))}, put together."
    if seen.notes:
        yield f"Below the table: {' / '.join(note[:100] for note in seen.notes[:4])}"
    yield from (f"Left out or changed: {what}." for what in seen.left_out)
    share = f" ({form.share_of_areas:.0%} of all)" if form.share_of_areas < 0.995 else ""
    yield f"{form.rows:,} areas: {form.geography.replace('_', ' ')}{share}."
    if form.periods and not form.date:
        yield f"Periods: {some(form.periods, 8)}."
    for one in form.columns:
        yield f"Column {one.name}: {one.role}; {one.why}."
    if form.repeated:
        yield f"{form.repeated:,} rows repeat an area and period, and no column tells them apart: they will be refused."
    for symbol, meaning in form.symbols.items():
        shown = "a formula that has failed: ask the publisher" if is_error(symbol) else "meaning not known"
        yield f"Symbol {symbol!r}: {meaning.replace('_', ' ') or shown}, to confirm."


def total_of(values: Sequence[str]) -> str:
    """Return the member of a group that is its total; a question mark where none is."""
    return next((value for value in values if value.casefold() in _TOTALS), UNDECIDED)


def _no_areas(table: PublishedTable) -> SchemaError:
    return SchemaError(
        "A file has no areas that the project knows",
        where=table.where,
        expected="a column of codes of data zones (S01...) or intermediate zones (S02...)",
        found=f"columns {some(list(table.columns), 6)}",
        remedy="get the table by data zone, or by intermediate zone, with their codes: names are never matched, "
        "because several intermediate zones have the same",
    )
