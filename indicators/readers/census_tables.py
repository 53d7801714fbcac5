"""Tables of Scotland's Census, as its table builder exports them: workbook or CSV, one row per area.

Titles stand above the table and notes below it. The names of the columns are in one row, the name of the areas in the
next, and the codes in the first column that is not empty. Cells are perturbed against disclosure, so parts need not sum
to their total: a part that exceeds it is tolerated only where the declaration says so.

What a declaration says under ``columns``:

``numerator``, ``denominator``
    Names of the columns that are summed, one or several, without surrounding blanks.
``period``
    Census day.
``tolerated_excess``
    In how many areas parts may exceed their total (see `indicators.readers.shared.measured.counted`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError, UnreadableSource, compose
from indicators.readers.shared.areas import check_areas
from indicators.readers.shared.cells import OBSERVED, Cells, parse_cells
from indicators.readers.shared.measured import counted, join
from indicators.readers.shared.periods import declared_period
from indicators.readers.shared.published import PublishedTable, readable_file, source_file, table_of
from indicators.readers.shared.workbooks import cell_text, read_sheet, sheet_names

__all__ = ["export_table", "read", "summed"]

_CODE = re.compile(r"[SEWN]\d{8}")
_FOOTER = ("crown copyright", "wingarc")


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations of shares of people or households, by data zone.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If a file is not there, is no export of the table builder, lacks a column, or holds codes or cells that are not
        allowed.
    """
    frames = []
    tables: dict[str, tuple[PublishedTable, np.ndarray]] = {}
    for one in indicators:
        if one.source not in tables:
            table = export_table(source_file(files, one.source))
            areas = check_areas(table.column("area"), geography=one.geography, where=table.where, column="area")
            tables[one.source] = table, areas
        table, areas = tables[one.source]
        numerator, denominator = summed(one, "numerator", table, areas), summed(one, "denominator", table, areas)
        frames.append(
            counted(one, declared_period(one.columns, one.id), areas, numerator, denominator, where=table.where)
        )
    return join(frames)


def export_table(path: Path) -> PublishedTable:
    """Return an export as a table, its codes in a column named ``area``.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML, truncated, or ends without the notes that every export ends with.
    SchemaError
        If it has no rows of areas, or no row of names above them.
    """
    content = readable_file(path)
    if content[:2] == b"PK":
        rows: Sequence[Sequence[object]] = read_sheet(path, sheet_names(path)[0])
    else:
        try:
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        except (UnicodeDecodeError, csv.Error) as error:
            raise _cut_short(path, error) from error
    first, place = _first_area(rows, path)
    header = _header(rows[:first], place, path)
    is_area = [len(row) > place and bool(_CODE.fullmatch(str(row[place]))) for row in rows]
    last = max(number for number, found in enumerate(is_area) if found)
    notes = " ".join(str(cell) for row in rows[last + 1 :] for cell in row).casefold()
    if not any(mark in notes for mark in _FOOTER):
        raise _cut_short(path, "no copyright notice after the last row")
    body = [row[: len(header)] for row, found in zip(rows, is_area, strict=True) if found]
    if any(len(row) < len(header) for row in body):
        raise _cut_short(path, "a row with fewer cells than the header")
    header[place] = "area"
    return table_of(str(path), header, body)


def summed(indicator: Indicator, key: str, table: PublishedTable, areas: np.ndarray) -> Cells:
    """Return the sum of the declared columns; it is observed only where all of them are.

    Raises
    ------
    ConfigError
        If the declaration names no column.
    SchemaError
        If a column is not there, or a cell is not allowed.
    """
    given = indicator.columns.get(key)
    names = [given] if isinstance(given, str) else list(given or ())
    if not names:
        raise ConfigError(
            compose(
                "A declaration names no columns",
                where=f"{indicator.id}.yaml",
                column=f"columns, {key}",
                expected="one or several names of columns",
                found=given,
                remedy="correct the declaration",
            )
        )
    value, status = np.zeros(len(areas)), np.full(len(areas), OBSERVED, dtype=object)
    for name in names:
        cells = parse_cells(
            table.column(name),
            codes=areas,
            where=table.where,
            column=name,
            suppressed=indicator.suppression.symbols,
            is_count=True,
        )
        value = value + cells.value
        status = np.where(status == OBSERVED, cells.status, status)
    return Cells(value, status)


def _first_area(rows: Sequence[Sequence[object]], path: Path) -> tuple[int, int]:
    """Return the row and the column of the first area code."""
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, str) and _CODE.fullmatch(cell):
                return number, place
    raise SchemaError(
        compose(
            "A census table has no rows of areas",
            where=path,
            expected="an area code at the head of each row",
            found=f"{len(rows):,} rows without one",
            remedy="export the table again, by data zone",
        )
    )


def _header(above: Sequence[Sequence[object]], place: int, path: Path) -> list[str]:
    """Return the names above the first row of areas: the nearest row with names beside the place of the codes."""
    for row in reversed(above):
        names = [cell_text(cell) for cell in row]
        if sum(bool(name) for name in names[place + 1 :]) >= 2:
            # trailing commas of the CSV form make a last column without a name
            return names
    raise SchemaError(
        compose(
            "The header of a table is not there",
            where=path,
            expected="a row of names above the first area",
            found="none",
            remedy="export the table again",
        )
    )


def _cut_short(path: Path, found: object) -> UnreadableSource:
    return UnreadableSource(
        compose(
            "A census table is cut short",
            where=path,
            expected="an export that ends with the copyright notice",
            found=found,
            remedy="export the table again, and add it with `localities sources add-file`",
        )
    )
