"""Any published table with an area code on each row, read by what its declaration says about columns and dimensions.

Long tables (one figure per row, with dimensions beside it) and wide ones (a column per figure) are read alike:

- statistics.gov.scot's cubes: ``FeatureCode, DateCode, Measurement, Units, Value`` and dimensions;
- data.gov.scot's, its successor: ``GeographyCode, GeographyType, DateCode, Measurement, Value`` and dimensions;
- tables of a CKAN portal such as opendata.nhs.scot: a code, often a year, and a column per figure;
- a sheet of a workbook whose header is somewhere in its first sixty rows;
- an answer of Stat-Xplore saved as JSON (`stat_xplore`).

What a declaration says under ``columns``:

``area``, ``date``
    Columns of the area codes and of the periods. Without ``date`` the table has one period, given as ``period``.
``sheet``
    Sheet of a workbook; without it the file is delimited text.
``where``
    Values that columns must have, for every figure: ``{Measurement: Count, Gender: All}``. A list allows several.
``numerator``, ``denominator``, ``value``, ``weight``
    Each a column, or ``{column: Value, where: {Age: 0-15}}``, or a list of these that is summed. ``column`` is
    ``Value`` unless given. Counts need the first two, a mean the last two.
``periods``
    Periods to read; by default all.
``pool``
    Number of consecutive periods whose counts are summed before any rate is taken, for small numbers.
``mixes_vintages``
    True where the table has areas of several censuses.
``drawn_as``, ``crosswalk``
    Geography of the table where it is another vintage than the declared one, such as ``data_zone_2001``, and the
    shares of residents by which its counts are carried over; see `crosswalk`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError, UnreadableSource, compose
from indicators.readers.shared.areas import check_areas, is_of_geography
from indicators.readers.shared.cells import MISSING, OBSERVED, Cells, parse_cells
from indicators.readers.shared.crosswalk import Crosswalk, read_crosswalk
from indicators.readers.shared.measured import counted, declared_text, join, weighted
from indicators.readers.shared.periods import Period, declared_period, parse_period
from indicators.readers.shared.published import PublishedTable, readable_file, source_file
from indicators.readers.shared.workbooks import cell_text, sheet_table
from indicators.readers.stat_xplore import answer_table, is_answer

__all__ = ["pooled", "read", "text_table"]

_VALUE = "Value"


Figures = tuple[Period, pd.Index, Cells, Cells]
"""A period, the areas with figures, and the cells of numerator and denominator (or of value and weight)."""


@dataclass(frozen=True)
class Term:
    """One part of a figure: a column, and the values that other columns must have."""

    column: str
    where: Mapping[str, tuple[str, ...]]


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations that the declarations map.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If a file is not there, cannot be read, lacks a column, has no rows with the values asked for, has several for
        one area and period, or holds codes or cells that are not allowed.
    """
    tables: dict[tuple[str, str], PublishedTable] = {}
    frames = []
    for one in indicators:
        place = one.source, str(one.columns.get("sheet", ""))
        if place not in tables:
            path = source_file(files, one.source)
            tables[place] = _table(path, place[1], declared_text(one, "area"))
        drawn_as = str(one.columns.get("drawn_as", one.geography))
        walk = read_crosswalk(files, one, drawn_as) if drawn_as != one.geography else None
        frames.extend(_of_indicator(one, tables[place], drawn_as, walk))
    return join(frames)


def _table(path: Path, sheet: str, area: str) -> PublishedTable:
    if sheet:
        return sheet_table(path, sheet, [area])
    return answer_table(path) if is_answer(readable_file(path)) else text_table(path)


def text_table(path: Path) -> PublishedTable:
    """Return delimited text as a table; faster than `read_delimited` for tables of a million rows.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML, binary, has no rows, rows longer than its header, or a last row that is shorter.
    """
    content = readable_file(path)
    try:
        if b"\x00" in content[:4096] or content[:2] == b"PK":
            raise ValueError("binary data")
        frame = pd.read_csv(io.BytesIO(content), dtype=object, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    # rows too long are refused above, and rows too short are filled up: a file cut short shows in its last line
    last = next(csv.reader([content.decode("utf-8-sig").rstrip().rpartition("\n")[2]]), [])
    if len(last) != len(frame.columns) or not len(frame):
        raise _unreadable(path, f"{len(last)} cells in the last row, {len(frame.columns)} in the header")
    return PublishedTable(str(path), {str(name).strip(): frame[name].to_numpy() for name in frame.columns})


def pooled(figures: Sequence[Figures], size: int) -> list[Figures]:
    """Return counts summed over every run of consecutive periods, before any rate is taken.

    Parameters
    ----------
    figures
        Per period: the period, the areas, and the cells of numerator and denominator.
    size
        Periods in a run. A sum is observed only where all of its parts are.

    Raises
    ------
    ConfigError
        If no run of consecutive periods is that long.
    """
    ordered = sorted(figures, key=lambda one: one[0].start)
    result = []
    for last in range(size - 1, len(ordered)):
        run = ordered[last - size + 1 : last + 1]
        gaps = [(after[0].start - before[0].end).days for before, after in pairwise(run)]
        if any(gap != 1 for gap in gaps):
            continue
        areas = run[-1][1]
        aligned = [[cells.take(index.get_indexer(areas)) for cells in both] for _, index, *both in run]
        sums = [_summed([one[side] for one in aligned]) for side in (0, 1)]
        label = f"{run[0][0].label}-{run[-1][0].label}"
        result.append((Period(label, run[0][0].start, run[-1][0].end), areas, sums[0], sums[1]))
    if not result:
        raise ConfigError(
            compose(
                "Periods cannot be pooled",
                expected=f"{size} consecutive periods",
                found=", ".join(one[0].label for one in ordered) or "none",
                remedy="change pool in the declaration, or the periods",
            )
        )
    return result


def _of_indicator(
    indicator: Indicator, table: PublishedTable, geography: str, walk: Crosswalk | None
) -> list[pd.DataFrame]:
    area = declared_text(indicator, "area")
    codes = table.column(area)
    mixes = indicator.columns.get("mixes_vintages") is True
    keep = is_of_geography(codes, geography, mixes_vintages=mixes)
    keep &= _matches(table, _conditions(indicator, indicator.columns.get("where") or {}))
    names = ("value", "weight") if indicator.kind == "mean" else ("numerator", "denominator")
    terms = {name: _terms(indicator, name) for name in names}
    figures: list[Figures] = []
    for period, rows in _periods(indicator, table, keep):
        index: pd.Index | None = None
        both = []
        for name in names:
            parts = []
            for term in terms[name]:
                here = np.flatnonzero(rows & _matches(table, term.where))
                areas = pd.Index(_areas(indicator, table, codes[here], area, term, period, geography))
                # the areas of the first figure are those of all
                index = areas if index is None else index
                cells = parse_cells(
                    table.column(term.column)[here],
                    codes=areas,
                    where=table.where,
                    column=term.column,
                    suppressed=indicator.suppression.symbols,
                    minimum=None if name == "value" else 0.0,
                    is_count=name != "value",
                )
                parts.append(cells.take(areas.get_indexer(index)))
            both.append(_summed(parts))
        if index is not None:
            figures.append((period, index, both[0], both[1]))
    if indicator.columns.get("pool") and indicator.kind != "mean":
        figures = pooled(figures, int(indicator.columns["pool"]))
    if walk is not None:
        figures = [_carried(indicator, walk, one) for one in figures]
    make = weighted if indicator.kind == "mean" else counted
    extra: dict[str, Any] = {} if indicator.kind == "mean" else {"where": table.where}
    return [
        make(indicator, period, index.to_numpy(dtype=object), first, second, **extra)
        for period, index, first, second in figures
    ]


def _carried(indicator: Indicator, walk: Crosswalk, figures: Figures) -> Figures:
    """Return figures for the areas of today; of a mean, what is carried is value times weight."""
    period, codes, first, second = figures
    if indicator.kind != "mean":
        return period, walk.new, walk.carry(codes, first), walk.carry(codes, second)
    weight = walk.carry(codes, second)
    product = walk.carry(codes, Cells(first.value * second.value, _summed([first, second]).status))
    value = np.full(len(walk.new), np.nan)
    np.divide(product.value, weight.value, out=value, where=weight.value > 0)
    return period, walk.new, Cells(value, product.status), weight


def _periods(indicator: Indicator, table: PublishedTable, keep: np.ndarray) -> list[tuple[Period, np.ndarray]]:
    """Return each period with the rows that are of it."""
    date = indicator.columns.get("date")
    if date is None:
        return [(declared_period(indicator.columns, indicator.id), keep)]
    labels = np.array([cell_text(cell) for cell in table.column(str(date))], dtype=object)
    wanted = [str(one) for one in indicator.columns.get("periods") or ()]
    found = [label for label in pd.unique(labels[keep]) if not wanted or parse_period(label).label in wanted]
    absent = sorted(set(wanted) - {parse_period(label).label for label in found})
    if absent or not found:
        raise SchemaError(
            compose(
                "A table has no rows of a period",
                where=table.where,
                column=str(date),
                expected=", ".join(absent) or "rows with the values that the declaration asks for",
                found=", ".join(map(str, pd.unique(labels)[:8])),
                remedy=f"check periods and where in {indicator.id}.yaml",
            )
        )
    return [(parse_period(label), keep & (labels == label)) for label in found]


def _areas(
    indicator: Indicator,
    table: PublishedTable,
    codes: np.ndarray,
    column: str,
    term: Term,
    period: Period,
    geography: str,
) -> np.ndarray:
    if not len(codes):
        raise SchemaError(
            compose(
                f"A table has no rows for a figure ({indicator.id}, {period.label})",
                where=table.where,
                column=term.column,
                expected="rows where " + ", ".join(f"{name} is {' or '.join(one)}" for name, one in term.where.items()),
                found="none",
                remedy="check the names and values in the declaration against the file",
            )
        )
    return check_areas(codes, geography=geography, where=table.where, column=column)


def _matches(table: PublishedTable, where: Mapping[str, tuple[str, ...]]) -> np.ndarray:
    rows = np.ones(len(table), dtype=bool)
    for name, allowed in where.items():
        rows &= np.isin(np.array([cell_text(cell) for cell in table.column(name)], dtype=object), list(allowed))
    return rows


def _terms(indicator: Indicator, key: str) -> list[Term]:
    given = indicator.columns.get(key)
    listed = given if isinstance(given, list | tuple) else [given]
    terms = []
    for one in listed:
        if isinstance(one, str) and one:
            terms.append(Term(one, {}))
        elif isinstance(one, Mapping) and set(one) <= {"column", "where"}:
            terms.append(Term(str(one.get("column", _VALUE)), _conditions(indicator, one.get("where") or {})))
        else:
            raise ConfigError(
                compose(
                    f"A declaration does not say where its {key} is",
                    where=f"{indicator.id}.yaml",
                    column=f"columns, {key}",
                    expected="a column, {column: ..., where: {...}}, or a list of these",
                    found=one,
                    remedy="correct the declaration",
                )
            )
    return terms


def _conditions(indicator: Indicator, given: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping):
        raise ConfigError(
            compose(
                "A condition of a declaration is not a mapping",
                where=f"{indicator.id}.yaml",
                column="columns, where",
                expected="{column: value}",
                found=given,
                remedy="correct the declaration",
            )
        )
    return {
        str(name): tuple(map(cell_text, value)) if isinstance(value, list | tuple) else (cell_text(value),)
        for name, value in given.items()
    }


def _summed(parts: Sequence[Cells]) -> Cells:
    """Return the sum of cells; its status is the first that is not observed."""
    value, status = parts[0].value.copy(), parts[0].status.copy()
    for part in parts[1:]:
        value = value + part.value
        status = np.where(status == OBSERVED, part.status, status)
    value[status != OBSERVED] = np.nan
    return Cells(value, np.where(pd.isna(status), MISSING, status).astype(object))


def _unreadable(path: Path, found: object) -> UnreadableSource:
    return UnreadableSource(
        compose(
            "A table is damaged or cut short",
            where=path,
            expected="delimited text with as many cells in each row as in the header",
            found=found,
            remedy="fetch the file again with `localities sources fetch`",
        )
    )
