"""Drafts of declarations: what a published file looks like, written down as the declaration that would read it.

A draft says what can be seen (form, columns, areas, periods, dimensions and their values) and leaves a question mark
where a person must decide: what is counted among whom, in which role, and which difference matters. Checking a finished
declaration is in `indicators.declaring.checking`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import GEOGRAPHIES
from indicators.errors import ConfigError, SchemaError, compose
from indicators.readers.census_tables import export_table
from indicators.readers.mapped_table import text_table
from indicators.readers.nrs_population import read_residents
from indicators.readers.shared.areas import vintages_of
from indicators.readers.shared.periods import parse_period
from indicators.readers.shared.published import PublishedTable, readable_file, table_of
from indicators.readers.shared.workbooks import Rows, cell_text, read_sheet, sheet_names
from indicators.readers.slice_csv import slice_table

__all__ = ["UNDECIDED", "Form", "draft_declaration", "look_at"]

UNDECIDED = "?"
"""What a draft says where a person must decide; a declaration with one left is refused by
`indicators.declaring.checking`."""

_OTHER_VINTAGE = (
    "# These areas are not those that the project draws with, and codes are never matched across vintages: get the\n"
    "# table for the areas of 2011, or a crosswalk by residents."
)
_CODE = re.compile(r"(S01|S02)\d{6}")
_MANY = 40
_LONG = {"value", "measurement", "datecode"}
_TOTALS = ("all", "all people", "total", "count", "persons", "all ages")
_SYMBOLS = ("*", "..", "c", "-", ":", "x", "n/a", "na")


@dataclass(frozen=True)
class Form:
    """What a file looks like.

    Parameters
    ----------
    reader
        Name of the reader for this form.
    geography
        Such as ``data_zone_2011``.
    sheet, area, date
        Sheet, column of the area codes and column of the periods, where there are any.
    periods
        Periods found, as the readers name them.
    figures
        Columns of numbers.
    dimensions
        For long tables: the values of each column that is neither area, period nor number.
    symbols
        Texts in columns of numbers that are no numbers.
    is_mixed
        Whether areas of other vintages are in the table too.
    rows
        Areas found.
    """

    reader: str
    geography: str
    rows: int
    sheet: str = ""
    area: str = ""
    date: str = ""
    periods: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    dimensions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()
    is_mixed: bool = False


def look_at(path: Path) -> Form:
    r"""Return what a published file looks like.

    Parameters
    ----------
    path
        A CSV or a workbook.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML or damaged.
    SchemaError
        If no column holds codes of data zones or intermediate zones.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "patients.csv"
    >>> _ = path.write_text("DataZone,Year,Patients\nS01006506,2020,3\nS01006507,2020,5\n", encoding="utf-8")
    >>> form = look_at(path)
    >>> form.reader, form.area, form.date, form.periods, form.figures
    ('mapped_table', 'DataZone', 'Year', ('2020',), ('Patients',))
    """
    content = readable_file(path)
    if content[:2] == b"PK":
        return _workbook_form(path)
    head = content[:4000].decode("utf-8-sig", errors="replace")
    if "Counting:" in head:
        return _census_form(path)
    if "Reference Area" in head and "Reference Period" in head:
        table, period = slice_table(path)
        return _described("slice_csv", table, "area", periods=(period.label,))
    table = text_table(path)
    return _described("mapped_table", table, _area_column(table))


def draft_declaration(form: Form, *, indicator_id: str, source: str, title: str = UNDECIDED) -> str:
    """Return a declaration as YAML text, with a question mark wherever a person must decide.

    Parameters
    ----------
    form
        What the file looks like.
    indicator_id, source
        Ids of the new indicator and of its source.
    title
        Title in plain words, if known.

    Raises
    ------
    ConfigError
        If the id is not made of small letters, digits and underscores.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", indicator_id):
        raise ConfigError(
            compose(
                "An id of an indicator has the wrong form",
                expected="small letters, digits and underscores, such as nrs_children",
                found=indicator_id,
                remedy="choose another id",
            )
        )
    is_mean = form.reader == "slice_csv"
    lines = [
        "# A draft: replace every ? and delete the lines of comment that have served.",
        f"# The file has {form.rows:,} areas: {form.geography.replace('_', ' ')}.",
        *([] if form.geography in set(GEOGRAPHIES) - {"data_zone_2001"} else [_OTHER_VINTAGE]),
        f"id: {indicator_id}",
        f"title: {_text(title)}",
        f"definition: {_text(UNDECIDED)}  # who or what is counted, among whom; ends with a full stop",
        f"domain: {_text(UNDECIDED)}  # Income, Work, Health, Education, Housing, Crime, Access, Population or another",
        f"role: {_text(UNDECIDED)}  # outcome (votes), determinant, access or population (never vote)",
        f"source: {source}",
        f"reader: {form.reader}",
        f"geography: {form.geography}",
        f"kind: {'mean' if is_mean else 'proportion'}  # proportion, rate, standardised_ratio or mean",
        "columns:",
        *(f"  {line}" for line in _columns(form)),
        f"numerator: {_text(UNDECIDED)}  # in words",
        f"denominator: {_text(UNDECIDED)}  # in words",
        f"unit: {_text(UNDECIDED)}  # such as % of residents, or per 10,000 residents",
        f"multiplier: {1 if is_mean else 100}  # value = numerator / denominator x this; of a mean, the value x this",
        f"poorer_is: {_text(UNDECIDED)}  # higher or lower",
        f"smallest_important_difference: {0.5 if is_mean else 1.25}  # say why in a comment",
        f"smallest_important_difference_scale: {'sd' if is_mean else 'ratio'}  # ratio, odds, points, or sd for a mean",
        f"national_outcome: {_text(UNDECIDED)}",
    ]
    if form.symbols:
        lines += [
            "suppression:  # what hides small counts, and the counts that it may stand for",
            f"  symbols: {json.dumps(list(form.symbols), ensure_ascii=False)}",
        ]
    lines += ["caveats: >-", f"  {UNDECIDED}"]
    return "\n".join(lines) + "\n"


def _columns(form: Form) -> list[str]:
    """Return the lines under ``columns``, with what there is to choose from in comments."""
    lines = []
    if form.reader == "nrs_population":
        return ["ages: [0, 15]  # first and last age counted", f"period: {_text(UNDECIDED)}  # date of the estimate"]
    if form.reader == "mapped_table":
        if form.sheet:
            lines.append(f"sheet: {_text(form.sheet)}")
        lines.append(f"area: {_text(form.area)}")
        if form.date:
            lines += [f"date: {_text(form.date)}", _comment("periods", form.periods)]
        if form.dimensions:
            lines.append("where:")
            for name, values in form.dimensions.items():
                lines += [f"  {_text(name)}: {_text(_total(values))}", "  " + _comment("values", values)]
    if form.is_mixed:
        lines.append("mixes_vintages: true")
    if form.reader == "slice_csv":
        lines += [
            f"value: {_text(UNDECIDED)}",
            _comment("columns", form.figures),
            f"weight: {{source: {_text(UNDECIDED)}, column: {_text(UNDECIDED)}}}  # people or homes that it concerns",
            f"companions: [{_text(UNDECIDED)}]  # the source of the weight",
            f"period: {_text(form.periods[0])}",
        ]
        return lines
    if form.dimensions:
        lines += [
            f"numerator: {{where: {{{_text(UNDECIDED)}: {_text(UNDECIDED)}}}}}  # the member that is counted",
            f"denominator: {{where: {{{_text(UNDECIDED)}: {_text(UNDECIDED)}}}}}  # the member that it is among",
        ]
    else:
        total = next((name for name in form.figures if name.casefold().startswith(("all", "total"))), UNDECIDED)
        lines += [f"numerator: [{_text(UNDECIDED)}]", f"denominator: [{_text(total)}]"]
        lines.append(_comment("columns", form.figures))
    if not form.date:
        lines.append(f"period: {_text(form.periods[0] if form.periods else UNDECIDED)}")
    return lines


def _workbook_form(path: Path) -> Form:
    best: Form | None = None
    for sheet in sheet_names(path):
        rows = read_sheet(path, sheet)
        head = " ".join(cell_text(cell) for row in rows[:14] for cell in row)
        if "Counting:" in head:
            return _census_form(path)
        names = {cell_text(cell).casefold() for row in rows[:14] for cell in row}
        if {"age 0", "age0"} & names:
            geography = f"data_zone_{_vintage(_codes_of(rows))}"
            return Form("nrs_population", geography, len(read_residents(path, geography).areas))
        table = _sheet_form(path, sheet, rows)
        if table is not None and (best is None or table.rows > best.rows):
            best = table
    if best is None:
        raise _no_areas(path)
    return best


def _codes_of(rows: Rows) -> list[str]:
    """Return the cells of a sheet that look like codes of data zones or intermediate zones, one a row."""
    return [next((text for cell in row if _CODE.fullmatch(text := cell_text(cell))), "") for row in rows]


def _census_form(path: Path) -> Form:
    return _described("census_tables", export_table(path), "area")


def _sheet_form(path: Path, sheet: str, rows: Rows) -> Form | None:
    first = next(
        ((number, place) for number, row in enumerate(rows[:60]) for place, cell in enumerate(row)
         if _CODE.fullmatch(cell_text(cell))),
        None,
    )  # fmt: skip
    if first is None or first[0] == 0:
        return None
    number, place = first
    header = [cell_text(cell) for cell in rows[number - 1]]
    if not header[place]:
        return None
    unique = [name if header.index(name) == at else "" for at, name in enumerate(header)]
    body = [list(row) for row in rows[number:] if _CODE.fullmatch(cell_text(row[place]))]
    return _described("mapped_table", table_of(f"{path}, sheet {sheet}", unique, body), header[place], sheet=sheet)


def _described(reader: str, table: PublishedTable, area: str, *, sheet: str = "", periods: Sequence[str] = ()) -> Form:
    """Return the form of a table: what each of its columns holds."""
    codes = [cell_text(cell) for cell in table.column(area)]
    kept = np.array([bool(_CODE.fullmatch(code)) for code in codes], dtype=bool)
    if not kept.any():
        raise _no_areas(table.where)
    known = sorted({code for code, keep in zip(codes, kept, strict=True) if keep})
    is_zones = any(code.startswith("S01") for code in known)
    area_type, prefix = ("data_zone", "S01") if is_zones else ("intermediate_zone", "S02")
    known = [code for code in known if code.startswith(prefix)]
    found = vintages_of(known, area_type)
    vintages = set(found) - {""}
    if not vintages:
        raise _no_areas(table.where)
    vintage = "2011" if "2011" in vintages else sorted(vintages)[0]
    figures, dimensions, symbols, date = [], {}, set(), ""
    stated = tuple(periods)
    for name, cells in table.columns.items():
        if name == area or name.casefold() in ("_id", "units"):
            continue
        texts = pd.Series([cell_text(cell) for cell in cells[kept]], dtype="str")
        distinct = list(pd.unique(texts))
        if not stated and not date and _is_date(name, distinct):
            date, stated = name, tuple(sorted(parse_period(text).label for text in distinct))
            continue
        numbers = pd.to_numeric(texts.str.rstrip("%").str.replace(",", "", regex=False), errors="coerce")
        odd = set(texts[numbers.isna()]) - {""}
        if numbers.notna().any() and all(text.casefold() in _SYMBOLS for text in odd):
            figures.append(name)
            symbols |= odd
        elif len(distinct) <= _MANY:
            dimensions[name] = tuple(sorted(distinct))
    is_long = _LONG & {name.casefold() for name in table.columns} >= {"value"}
    return Form(
        reader=reader,
        geography=f"{area_type}_{vintage}",
        rows=int((found == vintage).sum()),
        sheet=sheet,
        area=area,
        date=date,
        periods=stated,
        figures=tuple(figures),
        dimensions=dimensions if is_long else {},
        symbols=tuple(sorted(symbols)),
        is_mixed=len(vintages) > 1,
    )


def _is_date(name: str, distinct: Sequence[str]) -> bool:
    if not re.search(r"date|year|period", name, re.IGNORECASE) or len(distinct) > _MANY:
        return False
    try:
        return all(bool(parse_period(text)) for text in distinct)
    except ConfigError:
        return False


def _area_column(table: PublishedTable) -> str:
    """Return the column with the most codes of data zones or intermediate zones."""
    shares = {}
    for name, cells in table.columns.items():
        shown = cells[:: max(1, len(cells) // 500)]
        shares[name] = sum(bool(_CODE.fullmatch(cell_text(cell))) for cell in shown)
    best = max(shares, key=lambda name: shares[name], default="")
    if not best or not shares[best]:
        raise _no_areas(table.where)
    return best


def _vintage(codes: Sequence[str]) -> str:
    found = set(vintages_of([code for code in codes if code.startswith("S01")])) - {""}
    return "2011" if "2011" in found or not found else sorted(found)[0]


def _total(values: Sequence[str]) -> str:
    return next((value for value in values if value.casefold() in _TOTALS), UNDECIDED)


def _comment(what: str, values: Sequence[str]) -> str:
    shown = ", ".join(repr(value) for value in values[:12])
    return f"# {what}: {shown}" + (f" and {len(values) - 12} more" if len(values) > 12 else "")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _no_areas(where: object) -> SchemaError:
    return SchemaError(
        compose(
            "A file has no areas that the project knows",
            where=where,
            expected="a column of codes of data zones (S01...) or intermediate zones (S02...)",
            found="none",
            remedy="get the table by data zone, or by intermediate zone",
        )
    )
