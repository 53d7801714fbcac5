"""Counts behind the Improvement Service's Community Planning Outcomes Profile, by data zone and year.

The workbook has one sheet per outcome with two tables side by side: counts on the left, populations on the right, each
with a title above it and one column per year. ``..`` is a suppressed count; a blank is missing.

What a declaration says under ``columns``:

``sheet``
    Name of the sheet.
``numerator``, ``denominator``
    Titles of the table of counts and of the table of populations.
``periods``
    Column of the counts for each period.
``fill``
    ``{sheet: ..., lookup: {source: ..., area: ..., parent: ...}}``: where counts of data zones are blank although the
    total of their intermediate zone is published on another sheet, what the total leaves over is shared among them, in
    proportion to their counts of the nearest other year that is read, else to their people, and marked as modelled, and
    as remainders: over all zones that share it, it adds up to what was published. A total with a suppressed count in it
    leaves over nothing known.
``totals``
    Sheet of the same counts by intermediate zone, if there is one. Its rows only serve to narrow suppressed counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError
from indicators.readers.cpop_intermediate import read_parents
from indicators.readers.shared.areas import check_areas
from indicators.readers.shared.cells import MISSING, SUPPRESSED, Cells, parse_cells
from indicators.readers.shared.measured import MODELLED, counted, declared_text, join
from indicators.readers.shared.periods import parse_period
from indicators.readers.shared.published import PublishedTable, source_file
from indicators.readers.shared.workbooks import side_by_side

# the publisher names the column of the same codes differently from sheet to sheet
_CODE_COLUMNS = ("S-code", "DataZone", "DZ", "InterZone", "Average", "CPP")


_SOMEONE = 0.5
"""What a total must leave over, in people, before a blank is filled from it."""


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations of indicators by data zone (or intermediate zone) and financial year.

    The population of a financial year is the mid-year estimate of the year in which it starts, as the publisher has it.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If the file is not there, is no workbook, lacks a table or a year, or holds codes or cells that are not allowed.
    """
    frames = []
    sheets: dict[tuple[str, str], dict[str, PublishedTable]] = {}
    for one in [part for given in indicators for part in _with_totals(given)]:
        place = (one.source, declared_text(one, "sheet"))
        if place not in sheets:
            sheets[place] = side_by_side(source_file(files, one.source), place[1], _CODE_COLUMNS)
        counts = _titled(sheets[place], declared_text(one, "numerator"), place[1])
        people = _titled(sheets[place], declared_text(one, "denominator"), place[1])
        areas = check_areas(counts.column("area"), geography=one.geography, where=counts.where, column="area")
        below = check_areas(people.column("area"), geography=one.geography, where=people.where, column="area")
        rows = pd.Index(below).get_indexer(pd.Index(areas))
        labels = _periods(one)
        known = {label: _counts(one, counts, areas, label) for label in labels}
        among = {}
        for label in labels:
            year = str(parse_period(label).start.year)
            population = parse_cells(people.column(year), codes=below, where=people.where, column=year, is_count=True)
            among[label] = population.take(rows)
        filled = _filled(files, one, areas, known, among, sheets) if "fill" in one.columns else known
        for label in labels:
            frame = counted(one, parse_period(label), areas, filled[label], among[label], where=counts.where)
            frames.append(frame.assign(is_remainder=filled[label].status == MODELLED))
    return join(frames)


def _counts(indicator: Indicator, table: PublishedTable, areas: np.ndarray, label: str) -> Cells:
    return parse_cells(
        table.column(label),
        codes=areas,
        where=table.where,
        column=label,
        suppressed=indicator.suppression.symbols,
        is_count=True,
    )


def _filled(
    files: Mapping[str, Path],
    indicator: Indicator,
    areas: np.ndarray,
    known: Mapping[str, Cells],
    among: Mapping[str, Cells],
    sheets: dict[tuple[str, str], dict[str, PublishedTable]],
) -> dict[str, Cells]:
    """Return counts by period, blanks filled with what the published totals of intermediate zones leave over."""
    fill = indicator.columns["fill"]
    if not isinstance(fill, Mapping) or not isinstance(fill.get("lookup"), Mapping) or "sheet" not in fill:
        raise ConfigError(
            "A declaration does not say how blanks are filled",
            where=f"{indicator.id}.yaml",
            column="columns, fill",
            expected="{sheet: ..., lookup: {source: ..., area: ..., parent: ...}}",
            found=fill,
            remedy="correct the declaration",
        )
    place = (indicator.source, str(fill["sheet"]))
    if place not in sheets:
        sheets[place] = side_by_side(source_file(files, indicator.source), place[1], _CODE_COLUMNS)
    totals = _titled(sheets[place], declared_text(indicator, "numerator"), place[1])
    larger = "intermediate_zone_" + indicator.geography.rpartition("_")[2]
    names = check_areas(totals.column("area"), geography=larger, where=totals.where, column="area")
    parents = read_parents(files, fill["lookup"], larger)
    parent = pd.Index(names).get_indexer(pd.Index(parents.reindex(areas).to_numpy()))
    return {
        label: _shared_out(
            cells, _likely(label, indicator, known, among), _counts(indicator, totals, names, label), parent
        )
        for label, cells in known.items()
    }


def _likely(label: str, indicator: Indicator, known: Mapping[str, Cells], among: Mapping[str, Cells]) -> np.ndarray:
    """Return each area's count in the nearest other period that is read; where none has one, all areas' rate of it."""
    out = indicator.not_read.periods if indicator.not_read else ()
    labels = list(known)
    here = labels.index(label)
    nearest = np.full(len(known[label].value), np.nan)
    for other in sorted(range(len(labels)), key=lambda place: (abs(place - here), place)):
        if labels[other] not in out:
            nearest = np.where(np.isnan(nearest), known[labels[other]].value, nearest)
    people = among[label].value
    both = np.isfinite(nearest) & (people > 0)
    rate = nearest[both].sum() / people[both].sum() if both.any() else 1.0
    return np.where(np.isnan(nearest), people * rate, nearest)


def _shared_out(cells: Cells, likely: np.ndarray, totals: Cells, parent: np.ndarray) -> Cells:
    """Return cells whose blanks share, as they are likely, what their intermediate zone's total leaves over."""
    blank = (cells.status == MISSING) & (parent >= 0)
    if not blank.any():
        return cells
    size = len(totals.value)
    at = np.maximum(parent, 0)
    inside = parent >= 0
    published = np.bincount(at[inside], weights=np.nan_to_num(cells.value[inside]), minlength=size)
    hidden = np.bincount(at[inside & (cells.status == SUPPRESSED)], minlength=size)
    left = np.where(hidden == 0, np.maximum(totals.value - published, 0.0), np.nan)
    base = np.nan_to_num(likely)
    among = np.bincount(at[blank], weights=base[blank], minlength=size)
    value, status = cells.value.copy(), cells.status.copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        share = left[at] * base / among[at]
    # a total that leaves nothing over says nothing about a blank
    usable = blank & np.isfinite(share) & (left[at] >= _SOMEONE)
    value[usable], status[usable] = share[usable], MODELLED
    return Cells(value, status)


def _with_totals(indicator: Indicator) -> tuple[Indicator, ...]:
    """Return an indicator, and itself by intermediate zone where a sheet of totals is declared."""
    sheet = indicator.columns.get("totals")
    if sheet is None:
        return (indicator,)
    columns = {**indicator.columns, "sheet": sheet}
    return (indicator, replace(indicator, geography="intermediate_zone_2011", columns=columns))


def _periods(indicator: Indicator) -> list[str]:
    labels = indicator.columns.get("periods")
    if not isinstance(labels, list | tuple) or not labels:
        raise ConfigError(
            "A declaration lists no periods",
            where=f"{indicator.id}.yaml",
            column="columns",
            expected='periods: ["2014/15", "2015/16"]',
            found=labels,
            remedy="add the columns of the workbook that hold its years",
        )
    return [str(label) for label in labels]


def _titled(tables: Mapping[str, PublishedTable], title: str, sheet: str) -> PublishedTable:
    if title not in tables:
        raise SchemaError(
            "A table is missing or renamed",
            where=f"sheet {sheet}",
            expected=f"a table with the title {title!r} above it",
            found=", ".join(map(repr, tables)) or "no tables",
            remedy="if the publisher renamed it, change the title in the declaration of the indicator",
        )
    return tables[title]
