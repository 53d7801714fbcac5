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
``totals``
    Sheet of the same counts by intermediate zone, if there is one. Its rows only serve to narrow suppressed counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError, compose
from indicators.readers.areas import check_areas
from indicators.readers.cells import parse_cells
from indicators.readers.measured import counted, declared_text, join
from indicators.readers.periods import parse_period
from indicators.readers.published import PublishedTable, source_file
from indicators.readers.workbooks import side_by_side

__all__ = ["read"]

# the publisher names the column of the same codes differently from sheet to sheet
_CODE_COLUMNS = ("S-code", "DataZone", "DZ", "InterZone", "Average", "CPP")


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
        for label in _periods(one):
            period = parse_period(label)
            year = str(period.start.year)
            numerator = parse_cells(
                counts.column(label),
                codes=areas,
                where=counts.where,
                column=label,
                suppressed=one.suppression.symbols,
            )
            denominator = parse_cells(people.column(year), codes=below, where=people.where, column=year).take(rows)
            frames.append(counted(one, period, areas, numerator, denominator, where=counts.where))
    return join(frames)


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
            compose(
                "A declaration lists no periods",
                where=f"{indicator.id}.yaml",
                column="columns",
                expected='periods: ["2014/15", "2015/16"]',
                found=labels,
                remedy="add the columns of the workbook that hold its years",
            )
        )
    return [str(label) for label in labels]


def _titled(tables: Mapping[str, PublishedTable], title: str, sheet: str) -> PublishedTable:
    if title not in tables:
        raise SchemaError(
            compose(
                "A table is missing or renamed",
                where=f"sheet {sheet}",
                expected=f"a table with the title {title!r} above it",
                found=", ".join(map(repr, tables)) or "no tables",
                remedy="if the publisher renamed it, change the title in the declaration of the indicator",
            )
        )
    return tables[title]
