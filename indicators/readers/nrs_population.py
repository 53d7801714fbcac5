"""Residents by single year of age, from the small area population estimates of National Records of Scotland.

Each year's workbook has its own titles, header rows and names (``Age 0`` to ``Age 90 and over``, or ``AGE0`` to
``AGE90+``), so the sheet is the one that has such a header, and ages are read from the numbers in the names.

What a declaration says under ``columns``:

``ages``, ``among``
    First and last age counted, and of the people that they are counted among; by default all ages. The last column,
    90 and over, is in where the last age is 90 or more.
``period``
    Date of the estimate.
``since``
    Instead of ``ages``: the file to compare with, for the change in residents. ``source`` is another such workbook, or
    with ``sheet``, ``area`` and ``column`` any workbook with a column of residents. The same source is named under
    ``companions``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError
from indicators.readers.shared.areas import check_areas, is_of_geography
from indicators.readers.shared.cells import NOT_APPLICABLE, Cells, parse_cells
from indicators.readers.shared.measured import as_cells, counted, join, source_table, weighted
from indicators.readers.shared.periods import declared_period
from indicators.readers.shared.published import source_file
from indicators.readers.shared.workbooks import cell_text, read_sheet, sheet_names

OLDEST = 90
_AGE = re.compile(r"age\s*(\d+)(?:\s*\+|\s*and over)?", re.IGNORECASE)
_CODES = ("data zone code", "area code", "datazone2011code")
_SEARCHED_ROWS = 12


@dataclass(frozen=True)
class Residents:
    """Residents by area and age: `areas` of shape (rows,), `ages` of shape (rows, 91), the last 90 and over."""

    areas: np.ndarray
    ages: np.ndarray
    where: str

    def aged(self, first: int, last: int) -> np.ndarray:
        """Return the residents from a first to a last age, both in."""
        return self.ages[:, first : min(last, OLDEST) + 1].sum(axis=1)


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations of age groups, and of the change in residents.

    The change is published as a value weighted by the residents that it starts from, so that the weighted mean over
    zones is exactly the change of the place.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If a file is not there, is no workbook, lacks an age, or holds codes or cells that are not allowed.
    """
    known: dict[str, Residents] = {}

    def residents(source: str, geography: str) -> Residents:
        if source not in known:
            known[source] = read_residents(source_file(files, source), geography)
        return known[source]

    frames = []
    for one in indicators:
        people, period = residents(one.source, one.geography), declared_period(one.columns, one.id)
        if "since" in one.columns:
            before = _before(files, one, people, residents)
            frames.append(weighted(one, period, people.areas, _change(people, before), as_cells(before)))
            continue
        numerator = ages_of(one, "ages", one.columns.get("ages"))
        denominator = ages_of(one, "among", one.columns.get("among", [0, OLDEST]))
        frames.append(
            counted(
                one,
                period,
                people.areas,
                as_cells(people.aged(*numerator)),
                as_cells(people.aged(*denominator)),
                where=people.where,
            )
        )
    return join(frames)


def read_residents(path: Path, geography: str) -> Residents:
    """Return the residents of each area by single year of age; a file that has not changed is read once.

    Raises
    ------
    UnreadableSource, SchemaError, GeographyError
        If the workbook cannot be read, has no sheet with ages 0 to 90, or its codes or cells are not allowed.
    """
    now = path.stat()
    return _read_once(path, geography, now.st_size, now.st_mtime_ns)


@lru_cache(maxsize=4)
def _read_once(path: Path, geography: str, size: int, changed: int) -> Residents:
    """Return the residents of a file as it is at one moment; several readers weigh with the same people."""
    for sheet in sheet_names(path):
        rows = read_sheet(path, sheet)
        for start, row in enumerate(rows[:_SEARCHED_ROWS]):
            header = [cell_text(cell) for cell in row]
            ages = {int(match[1]): place for place, name in enumerate(header) if (match := _AGE.fullmatch(name))}
            codes = [place for place, name in enumerate(header) if name.casefold() in _CODES]
            if ages and codes:
                return _residents(path, sheet, rows[start + 1 :], codes[0], ages, geography)
    raise SchemaError(
        "A workbook has no table of residents by age",
        where=path,
        column="Age 0",
        expected=f"a row with {' or '.join(_CODES)} and the ages 0 to {OLDEST}",
        found="no such row",
        remedy="fetch the file again; if the publisher renamed the columns, the reader needs the new names",
    )


def _residents(
    path: Path, sheet: str, rows: Sequence[Sequence[object]], code: int, ages: Mapping[int, int], geography: str
) -> Residents:
    where = f"{path}, sheet {sheet}"
    absent = sorted(set(range(OLDEST + 1)) - set(ages))
    if absent:
        raise SchemaError(
            "A column is missing or renamed",
            where=where,
            column=f"Age {absent[0]}",
            expected=f"the ages 0 to {OLDEST}",
            found=f"{len(ages)} ages",
            remedy="fetch the file again",
        )
    # totals for Scotland, second headers and notes have no code, or one that is no code at all
    kept = [row for row in rows if re.fullmatch(r"[A-Z]\d{8}", cell_text(row[code]))]
    areas = check_areas([row[code] for row in kept], geography=geography, where=where, column="area code")
    order = [ages[age] for age in range(OLDEST + 1)]
    cells = np.array([[row[place] for place in order] for row in kept], dtype=object)
    flat = parse_cells(
        cells.ravel(),
        codes=np.repeat(areas, len(order)),
        where=where,
        column="ages",
        missing=(),
        suppressed=(),
        is_count=True,
    )
    return Residents(areas, flat.value.reshape(cells.shape), where)


def people_of(
    files: Mapping[str, Path], indicator: Indicator, weight: Mapping[str, object], geography: str
) -> pd.Series:
    """Return the people that a figure without counts concerns, by area: residents of some ages, or a column.

    Parameters
    ----------
    weight
        ``source`` with ``ages``, ``by_age`` or ``column``, as `indicators.catalogue.People` describes them; beside a
        column perhaps the ``area`` and the ``sheet`` where it is.
    """
    if weight.get("column"):
        area, sheet, column = (str(weight.get(key) or "") for key in ("area", "sheet", "column"))
        table = source_table(
            files, indicator, source=str(weight.get("source")), sheet=sheet, has=[area] if area else ()
        )
        area = area or table.seen.area
        table = table.rows_where(is_of_geography(table.column(area), geography, mixes_vintages=True))
        areas = check_areas(table.column(area), geography=geography, where=table.where, column=area)
        cells = parse_cells(table.column(column), codes=areas, where=table.where, column=column)
        return pd.Series(cells.value, index=areas)
    people = read_residents(source_file(files, str(weight.get("source"))), geography)
    by_age = weight.get("by_age")
    if isinstance(by_age, list | tuple) and by_age:
        counted = np.sum([people.aged(first, last) * rate for first, last, rate in by_age], axis=0)
    else:
        counted = people.aged(*ages_of(indicator, "ages", weight.get("ages")))
    return pd.Series(counted, index=people.areas)


def _before(files: Mapping[str, Path], indicator: Indicator, people: Residents, residents) -> np.ndarray:
    """Return the residents of the same areas at the earlier date."""
    since = indicator.columns["since"]
    if not isinstance(since, Mapping) or "source" not in since:
        raise ConfigError(
            "A declaration does not say what to compare residents with",
            where=f"{indicator.id}.yaml",
            column="columns, since",
            expected="{source: ..., period: ...}",
            found=since,
            remedy="name the source of the earlier residents",
        )
    source = str(since["source"])
    if "column" not in since:
        earlier = residents(source, indicator.geography)
        areas, total = earlier.areas, earlier.aged(0, OLDEST)
    else:
        area, sheet = (str(since.get(key) or "") for key in ("area", "sheet"))
        table = source_table(files, indicator, source=source, sheet=sheet, has=[area])
        areas = check_areas(table.column(area), geography=indicator.geography, where=table.where, column=area)
        column = str(since["column"])
        total = parse_cells(table.column(column), codes=areas, where=table.where, column=column).value
    rows = pd.Index(areas).get_indexer(pd.Index(people.areas))
    return np.where(rows >= 0, total[rows], np.nan)


def _change(people: Residents, before: np.ndarray) -> Cells:
    """Return the change as a share of the residents before; where nobody lived it does not apply."""
    now = people.aged(0, OLDEST)
    share = np.full(len(now), np.nan)
    np.divide(now - before, before, out=share, where=before > 0)
    cells = as_cells(share)
    cells.status[before == 0] = NOT_APPLICABLE
    return cells


def ages_of(indicator: Indicator, key: str, given: object) -> tuple[int, int]:
    """Return a declared pair of first and last age.

    Raises
    ------
    ConfigError
        If it is no such pair.
    """
    if (
        not isinstance(given, list | tuple)
        or len(given) != 2
        or not all(isinstance(age, int) for age in given)
        or not 0 <= given[0] <= given[1]
    ):
        raise ConfigError(
            "A declaration does not say which ages it counts",
            where=f"{indicator.id}.yaml",
            column=f"columns, {key}",
            expected="first and last age, such as [0, 15]",
            found=given,
            remedy="correct the declaration",
        )
    return given[0], given[1]
