"""Slices that statistics.gov.scot exported as spreadsheets: areas down, one dimension across, one period.

Above the table stand where it comes from, its measure and its period (``Reference Period,2019``); areas are addresses
that end with their code. A slice mixes Scotland, councils, intermediate zones and data zones; only areas of the
declared geography are read.

What a declaration says under ``columns``:

``value``
    Name of the column.
``weight``
    The people or homes that stand in for those that the value concerns: a mapping with ``source`` and ``column`` of a
    census table (see `census_tables`). The same source is named under ``companions``.
``mixes_vintages``
    True where the slice has data zones of several censuses: those of another vintage than the declared one are left
    out, never matched.
``period``
    Optional: what the slice must cover; its own statement is checked against it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError, UnreadableSource, compose
from indicators.readers.census_tables import export_table
from indicators.readers.shared.areas import check_areas, is_of_geography
from indicators.readers.shared.cells import Cells, parse_cells
from indicators.readers.shared.measured import declared_text, join, weighted
from indicators.readers.shared.periods import Period, parse_period
from indicators.readers.shared.published import PublishedTable, readable_file, source_file, table_of

__all__ = ["read", "slice_table"]

_AREA = "Reference Area"


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations of shares published without counts.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If a file is not there, is no such slice, lacks a column, covers another period, or holds codes or cells that
        are not allowed.
    """
    frames = []
    slices: dict[str, tuple[PublishedTable, Period]] = {}
    weights: dict[tuple[str, str], tuple[np.ndarray, Cells]] = {}
    for one in indicators:
        if one.source not in slices:
            slices[one.source] = slice_table(source_file(files, one.source))
        table, period = slices[one.source]
        expected = one.columns.get("period")
        if expected is not None and str(expected) != period.label:
            raise SchemaError(
                compose(
                    "A slice covers another period",
                    where=table.where,
                    expected=expected,
                    found=period.label,
                    remedy=f"export the slice of {expected}, or change the period in {one.id}.yaml",
                )
            )
        mixes = one.columns.get("mixes_vintages") is True
        table = table.rows_where(is_of_geography(table.column("area"), one.geography, mixes_vintages=mixes))
        areas = check_areas(table.column("area"), geography=one.geography, where=table.where, column=_AREA)
        name = declared_text(one, "value")
        value = parse_cells(
            table.column(name), codes=areas, where=table.where, column=name, suppressed=one.suppression.symbols
        )
        frames.append(weighted(one, period, areas, value, _weight(files, one, areas, weights)))
    return join(frames)


def slice_table(path: Path) -> tuple[PublishedTable, Period]:
    """Return a slice as a table, its codes in a column named ``area``, and the period that it states.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML, no text, or has rows shorter than its header.
    SchemaError
        If it states no period or has no header.
    """
    try:
        text = readable_file(path).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, "text in UTF-8", error) from error
    start = next((number for number, row in enumerate(rows) if len(row) > 2 and row[1].strip() == _AREA), -1)
    stated = next((row[1] for row in rows[: max(start, 0)] if row and row[0].strip() == "Reference Period"), None)
    if start < 0 or stated is None:
        raise SchemaError(
            compose(
                "A slice of statistics.gov.scot has no header" if start < 0 else "A slice states no period",
                where=path,
                column=_AREA if start < 0 else "Reference Period",
                expected=f"rows that begin with 'Reference Period', and a header with {_AREA!r}",
                found="none",
                remedy="export the slice again as a spreadsheet (CSV)",
            )
        )
    header = ["area", *(name.strip() for name in rows[start][1:])]
    body = [row for row in rows[start + 1 :] if row]
    short = [number for number, row in enumerate(body) if len(row) != len(header)]
    if short or not body:
        raise _unreadable(path, f"{len(header)} cells in every row", f"{len(short):,} other rows of {len(body):,}")
    cells = [[row[0].rsplit("/", 1)[-1], *row[1:]] for row in body]
    return table_of(str(path), header, cells), parse_period(stated)


def _weight(
    files: Mapping[str, Path],
    indicator: Indicator,
    areas: np.ndarray,
    known: dict[tuple[str, str], tuple[np.ndarray, Cells]],
) -> Cells:
    given = indicator.columns.get("weight")
    if not isinstance(given, Mapping) or not {"source", "column"} <= set(given):
        raise ConfigError(
            compose(
                "A declaration does not say what weighs its values",
                where=f"{indicator.id}.yaml",
                column="columns, weight",
                expected="{source: ..., column: ...}",
                found=given,
                remedy="name a census table and its column",
            )
        )
    place = str(given["source"]), str(given["column"])
    if place not in known:
        table = export_table(source_file(files, place[0]))
        codes = check_areas(table.column("area"), geography=indicator.geography, where=table.where, column="area")
        cells = parse_cells(table.column(place[1]), codes=codes, where=table.where, column=place[1])
        known[place] = codes, cells
    codes, cells = known[place]
    return cells.take(pd.Index(codes).get_indexer(pd.Index(areas)))


def _unreadable(path: Path, expected: str, found: object) -> UnreadableSource:
    return UnreadableSource(
        compose(
            "A slice of statistics.gov.scot is damaged or cut short",
            where=path,
            expected=expected,
            found=found,
            remedy="export the slice again, and add it with `localities sources add-file`",
        )
    )
