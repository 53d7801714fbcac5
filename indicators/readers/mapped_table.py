"""Any published table with an area code on each row, read by what its declaration says about columns and dimensions.

Where the table is in its file, whatever stands above, below and beside it, is found by
`indicators.readers.shared.layout`. Long tables (one figure per row, with dimensions beside it) and wide ones (a column
per figure, or per period) are read alike: cubes of statistics.gov.scot and data.gov.scot, tables of CKAN portals,
exports of census table builders, sheets of workbooks, answers of Stat-Xplore.

What a declaration says under ``columns``:

``area``, ``date``
    Columns of the area codes and of the periods. Without ``area`` the column that holds codes of areas is taken. A list
    of columns such as ``[Year, Quarter]`` is read together. Without ``date`` the table has one period, given as
    ``period``, or a column for each (see ``{period}``).
``sheet``
    Sheet of a workbook; without it that with the most rows of zones. ``"Table {period}"`` reads every sheet in sight
    that is named after a period, as that period's.
``where``
    Values that columns must have, for every figure: ``{Measurement: Count, Gender: All}``. A list allows several.
``sum_over``
    Columns of groups whose members are summed: ``[Sex]``, where no row has both sexes. Every area must have the same.
``numerator``, ``denominator``, ``value``, ``weight``
    Each a column, or ``{column: Value, where: {Age: 0-15}}``, or a list of these that is summed. ``column`` is
    ``Value`` unless given. ``{source: ..., column: ..., where: ...}`` takes it from another source, by area: of each
    area once, for every period. The source is named under ``companions``. For ``weight`` also ``{source: ..., ages:
    [5, 17]}``, residents of these ages in a file of `nrs_population`. Counts need the first two, a mean the last two; a
    value with ``people`` needs no weight. In a name, ``{period}`` stands for a period: ``Patients {period}`` reads a
    column of each.
``periods``
    Periods to read; by default all.
``period_form``
    What labels are that could be two things: one of `indicators.readers.shared.periods.FORMS`.
``pool``
    Number of consecutive periods whose counts are summed before any rate is taken, for small numbers.
``mixes_vintages``
    True where the table has areas of several censuses.
``drawn_as``, ``crosswalk``
    Geography of the table where it is another vintage than the declared one, such as ``data_zone_2001``, and the
    shares of residents by which its counts are carried over; see `crosswalk`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError
from indicators.readers.nrs_population import people_of
from indicators.readers.shared.areas import check_areas, is_of_geography
from indicators.readers.shared.cells import MISSING, OBSERVED, SUPPRESSED, Cells, parse_cells
from indicators.readers.shared.crosswalk import Crosswalk, read_crosswalk
from indicators.readers.shared.measured import as_cells, counted, declared_symbols, join, source_table, weighted
from indicators.readers.shared.periods import Period, declared_period, parse_periods
from indicators.readers.shared.published import PublishedTable, source_file
from indicators.readers.shared.workbooks import cell_text, hidden_sheets, sheet_names

_VALUE = "Value"
_OF_A_TERM = {"column", "where", "source", "sheet", "area", "ages", "by_age"}


Figures = tuple[Period, pd.Index, Cells, Cells]
"""A period, the areas with figures, and the cells of numerator and denominator (or of value and weight)."""


@dataclass(frozen=True)
class Term:
    """One part of a figure: a column, and the values that other columns must have; perhaps of another source."""

    column: str
    where: Mapping[str, tuple[str, ...]]
    elsewhere: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class _Period:
    """A period, the rows that are of it, and its label in names of columns."""

    period: Period
    rows: np.ndarray
    label: str = ""


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations that the declarations map.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If a file is not there, cannot be read, lacks a column, has no rows with the values asked for, has several for
        one area and period, or holds codes or cells that are not allowed.
    """
    tables: dict[tuple[str, ...], PublishedTable] = {}
    frames = []
    for one in indicators:
        drawn_as = str(one.columns.get("drawn_as", one.geography))
        readings = [_Reading(files, by_sheet, tables, drawn_as) for by_sheet in _by_sheet(files, one)]
        found = [(reading.table.where, figure) for reading in readings for figure in reading.figures()]
        is_value, size = readings[0].is_value, int(one.columns.get("pool") or 0)
        if size and is_value:
            raise ConfigError(
                "Only counts are pooled",
                where=f"{one.id}.yaml",
                column="columns.pool",
                expected="numerator and denominator beside it",
                found=f"a value, and pool: {size}",
                remedy="take pool out, or get the counts",
            )
        if size:
            found = [(found[0][0], figure) for figure in pooled([figure for _, figure in found], size)]
        if not is_value and (size or readings[0].is_sum):
            _check_bounds(one, found)
        walk = read_crosswalk(files, one, drawn_as) if drawn_as != one.geography else None
        make = weighted if is_value else counted
        for where, figure in found:
            period, index, first, second = figure if walk is None else _carried(one, walk, figure, is_value=is_value)
            frames.append(make(one, period, index.to_numpy(dtype=object), first, second, where=where))
    return join(frames)


def _check_bounds(one: Indicator, found: Sequence[tuple[str, Figures]]) -> None:
    """Raise where sums hold hidden counts and bounds are declared: those are of one cell, and a sum may be far more."""
    if one.suppression.upper is None:
        return
    for where, (_, index, counts, _) in found:
        hidden = counts.status == SUPPRESSED
        if hidden.any():
            raise ConfigError(
                "Bounds of hidden counts are those of one cell, and these counts are sums",
                where=where,
                column="suppression",
                codes=index[hidden],
                expected="no lower and upper, or counts that are not summed",
                found=f"{one.suppression.lower:g} to {one.suppression.upper:g}, in {int(hidden.sum()):,} areas",
                remedy=f"take lower and upper out of {one.id}.yaml: these areas are then left out; or take a "
                "column that holds the sum",
            )


def _by_sheet(files: Mapping[str, Path], indicator: Indicator) -> list[Indicator]:
    """Return an indicator as declared, or once for each sheet that is named after a period."""
    columns = indicator.columns
    before, named, after = str(columns.get("sheet") or "").partition("{period}")
    if not named:
        return [indicator]
    path = source_file(files, indicator.source)
    in_sight = [name for name in sheet_names(path) if name not in hidden_sheets(path)]
    pattern = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")
    labels = [match[1] for name in in_sight if (match := pattern.fullmatch(name)) and _is_period(match[1])]
    parsed = parse_periods(labels, column="sheet", form=str(columns.get("period_form") or ""))
    listed = [str(label) for label in columns.get("periods") or labels]
    wanted = [one.label for one in parse_periods(listed, column="sheet").values()]
    if not labels or (absent := sorted(set(wanted) - {one.label for one in parsed.values()})):
        raise SchemaError(
            "A workbook has no sheet of a period",
            where=str(path),
            column=f"{before}{named}{after}",
            expected=", ".join(absent) if labels else "sheets named after periods, such as 2019 or 2018/19",
            found=", ".join(in_sight) or "no sheets",
            remedy=f"check sheet and periods in {indicator.id}.yaml",
        )
    rest = {key: value for key, value in columns.items() if key not in ("periods", "date")}
    return [
        replace(indicator, columns={**rest, "sheet": f"{before}{label}{after}", "period": label})
        for label in labels
        if parsed[label].label in wanted
    ]


def _table_of(
    files: Mapping[str, Path],
    indicator: Indicator,
    given: Mapping[str, Any],
    known: dict[tuple[str, ...], PublishedTable],
) -> PublishedTable:
    """Return the table of a source, read once for all that use it alike."""
    source, sheet, area = (str(given.get(key) or "") for key in ("source", "sheet", "area"))
    encoding = (indicator.columns.get("encodings") or {}).get(source or indicator.source, "")
    place = (source or indicator.source, sheet, area, str(encoding))
    if place not in known:
        has = [area] if area else ()
        known[place] = source_table(files, indicator, source=place[0], sheet=sheet, has=has)
    return known[place]


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
            "Periods cannot be pooled",
            expected=f"{size} consecutive periods",
            found=", ".join(one[0].label for one in ordered) or "none",
            remedy="change pool in the declaration, or the periods",
        )
    return result


class _Reading:
    """The table of one indicator, and how its figures are found there."""

    def __init__(
        self,
        files: Mapping[str, Path],
        indicator: Indicator,
        tables: dict[tuple[str, ...], PublishedTable],
        geography: str,
    ) -> None:
        self.files, self.one, self.tables, self.geography = files, indicator, tables, geography
        columns = indicator.columns
        self.table = _table_of(files, indicator, columns, tables)
        self.area = str(columns.get("area") or self.table.seen.area)
        if not self.area:
            raise SchemaError(
                "A file has no areas that the project knows",
                where=self.table.where,
                expected="a column of codes of data zones (S01...) or intermediate zones (S02...)",
                found=f"columns {', '.join(list(self.table.columns)[:8])}",
                remedy="get the table by data zone, or by intermediate zone, with their codes",
            )
        self.codes = self.table.column(self.area)
        mixes = columns.get("mixes_vintages") is True
        self.keep = is_of_geography(self.codes, geography, mixes_vintages=mixes)
        self.keep &= _matches(self.table, _conditions(indicator, columns.get("where") or {}))
        self.over = [str(name) for name in columns.get("sum_over") or ()]
        self.is_value = indicator.kind == "mean" or indicator.people is not None
        several = columns.get("numerator")
        self.is_sum = bool(self.over) or (isinstance(several, list | tuple) and len(several) > 1)

    def figures(self) -> list[Figures]:
        """Return the figures of every period."""
        one = self.one
        names = ("value", "weight") if self.is_value else ("numerator", "denominator")
        terms = {name: _terms(one, name, self.table.columns) for name in names}
        found: list[Figures] = []
        for period in self._periods(terms[names[0]][0].column):
            index: pd.Index | None = None
            both = []
            for name in names:
                parts = []
                for term in terms[name]:
                    areas, cells = self._cells(term, name, period, index)
                    # the areas of the first figure are those of all
                    index = areas if index is None else index
                    parts.append(cells.take(areas.get_indexer(index)))
                both.append(_summed(parts))
            if index is not None:
                found.append((period.period, index, both[0], both[1]))
        return found

    def _cells(self, term: Term, name: str, period: _Period, index: pd.Index | None) -> tuple[pd.Index, Cells]:
        """Return the areas and the cells of a term in a period."""
        given, table, codes, rows = term.elsewhere, self.table, self.codes, period.rows
        if given is not None and ("ages" in given or "by_age" in given):
            people = people_of(self.files, self.one, given, self.geography)
            return pd.Index(people.index), as_cells(people.to_numpy())
        column, area = term.column, self.area
        if given is not None:
            table = _table_of(self.files, self.one, given, self.tables)
            area = str(given.get("area") or table.seen.area)
            codes = table.column(area)
            rows = is_of_geography(codes, self.geography, mixes_vintages=True)
        elif "{period}" in column:
            column = _with_period(table, column, period)
        here = np.flatnonzero(rows & _matches(table, term.where))
        found = _areas(self.one, table, codes[here], area, term, period.period, self.geography, bool(self.over))
        cells = parse_cells(
            table.column(column)[here],
            codes=found,
            where=table.where,
            column=column,
            minimum=None if name == "value" else 0.0,
            is_count=name in ("numerator", "denominator"),
            is_whole=name == "numerator" and self.one.counts_are_whole and not self.one.columns.get("drawn_as"),
            **declared_symbols(self.one.suppression),
        )
        if self.over and given is None:
            return self._over_groups(found, cells, here, term)
        return pd.Index(found), cells

    def _over_groups(self, areas: np.ndarray, cells: Cells, here: np.ndarray, term: Term) -> tuple[pd.Index, Cells]:
        """Return figures summed over the members of groups; every area must have the same members, each once."""
        groups = pd.MultiIndex.from_arrays(
            [pd.Series([cell_text(cell) for cell in self.table.column(name)[here]], dtype="str") for name in self.over]
        )
        at, index = pd.factorize(areas)
        twice = pd.MultiIndex.from_arrays([at, groups.to_flat_index()]).duplicated()
        members = len(groups.unique())
        short = np.bincount(at, minlength=len(index)) != members
        if twice.any() or short.any():
            raise SchemaError(
                f"Groups cannot be summed ({self.one.id})",
                where=self.table.where,
                column=", ".join(self.over),
                codes=pd.unique(areas[twice]) if twice.any() else np.asarray(index)[short],
                expected=f"each of {members:,} members once in every area",
                found="a member twice" if twice.any() else f"{int(short.sum()):,} areas with fewer",
                remedy="name further columns under sum_over or where, or choose members",
            )
        total = np.bincount(at, weights=np.nan_to_num(cells.value), minlength=len(index))
        status = np.full(len(index), OBSERVED, dtype=object)
        for row in np.flatnonzero(cells.status != OBSERVED):
            status[at[row]] = cells.status[row]
        total[status != OBSERVED] = np.nan
        return pd.Index(index), Cells(total, status)

    def _periods(self, first: str) -> list[_Period]:
        """Return each period with the rows that are of it."""
        columns, date = self.one.columns, self.one.columns.get("date")
        form = str(columns.get("period_form") or "")
        if "{period}" in first:
            pattern = re.compile(re.escape(first).replace(r"\{period\}", "(.+)"))
            labels = [match[1] for name in self.table.columns if (match := pattern.fullmatch(name))]
            labels = [label for label in labels if _is_period(label)]
            column = first
        elif date is None:
            return [_Period(self._stated(declared_period(columns, self.one.id)), self.keep)]
        else:
            names = [str(name) for name in (date if isinstance(date, list | tuple) else [date])]
            parts = [[cell_text(cell) for cell in self.table.column(name)] for name in names]
            texts = np.array([" ".join(both) for both in zip(*parts, strict=True)], dtype=object)
            labels, column = list(pd.unique(texts[self.keep])), " ".join(names)
        listed = [str(label) for label in columns.get("periods") or ()]
        # a list of labels as they stand in the file leaves the others unread
        labels = [label for label in labels if label in listed] or labels
        parsed = parse_periods(labels, column=column, form=form)
        wanted = [one.label for one in parse_periods(listed, column=column, form=form).values()]
        kept = {label: period for label, period in parsed.items() if not wanted or period.label in wanted}
        absent = sorted(set(wanted) - {period.label for period in kept.values()})
        if absent or not kept:
            raise SchemaError(
                "A table has no rows of a period",
                where=self.table.where,
                column=column,
                expected=", ".join(absent) or "rows with the values that the declaration asks for",
                found=", ".join(map(str, labels[:8])) or "none",
                remedy=f"check periods and where in {self.one.id}.yaml",
            )
        if "{period}" in first:
            return [_Period(period, self.keep, str(label)) for label, period in kept.items()]
        return [_Period(period, self.keep & (texts == label)) for label, period in kept.items()]

    def _stated(self, declared: Period) -> Period:
        """Return the declared period, unless the titles of the table state another (``Reference Period 2019``)."""
        for title in self.table.seen.titles:
            stated = title.casefold().partition("reference period ")[2]
            if stated and _is_period(stated) and next(iter(parse_periods([stated]).values())) != declared:
                raise SchemaError(
                    "A table covers another period",
                    where=self.table.where,
                    expected=declared.label,
                    found=stated,
                    remedy=f"get the table of {declared.label}, or change the period in {self.one.id}.yaml",
                )
        return declared


def _is_period(label: str) -> bool:
    try:
        return bool(parse_periods([label]))
    except ConfigError:
        return False


def _with_period(table: PublishedTable, name: str, period: _Period) -> str:
    """Return the column of a name for a period: with its very label, or with another that means the same."""
    exact = name.replace("{period}", period.label)
    if exact in table.columns:
        return exact
    pattern = re.compile(re.escape(name).replace(r"\{period\}", "(.+)"))
    for other in table.columns:
        if (match := pattern.fullmatch(other)) and _is_period(match[1]):
            (found,) = parse_periods([match[1]]).values()
            if found.start <= period.period.start and period.period.end <= found.end:
                return other
    return exact


def _carried(indicator: Indicator, walk: Crosswalk, figures: Figures, *, is_value: bool) -> Figures:
    """Return figures for the areas of today; of a mean, what is carried is value times weight."""
    period, codes, first, second = figures
    if not is_value:
        return period, walk.new, walk.carry(codes, first), walk.carry(codes, second)
    weight = walk.carry(codes, second)
    product = walk.carry(codes, Cells(first.value * second.value, _summed([first, second]).status))
    value = np.full(len(walk.new), np.nan)
    np.divide(product.value, weight.value, out=value, where=weight.value > 0)
    return period, walk.new, Cells(value, product.status), weight


def _areas(
    indicator: Indicator,
    table: PublishedTable,
    codes: np.ndarray,
    column: str,
    term: Term,
    period: Period,
    geography: str,
    is_grouped: bool,
) -> np.ndarray:
    if not len(codes):
        raise SchemaError(
            f"A table has no rows for a figure ({indicator.id}, {period.label})",
            where=table.where,
            column=term.column,
            expected="rows where " + ", ".join(f"{name} is {' or '.join(one)}" for name, one in term.where.items()),
            found="none",
            remedy="check the names and values in the declaration against the file",
        )
    return check_areas(codes, geography=geography, where=table.where, column=column, is_unique=not is_grouped)


def _matches(table: PublishedTable, where: Mapping[str, tuple[str, ...]]) -> np.ndarray:
    rows = np.ones(len(table), dtype=bool)
    for name, allowed in where.items():
        rows &= np.isin(np.array([cell_text(cell) for cell in table.column(name)], dtype=object), list(allowed))
    return rows


def _terms(indicator: Indicator, key: str, columns: Collection[str]) -> list[Term]:
    given = indicator.weight if key == "weight" else indicator.columns.get(key)
    listed = given if isinstance(given, list | tuple) else [given]
    terms = []
    for one in listed:
        if isinstance(one, str) and one:
            terms.append(Term(one, {}))
        elif isinstance(one, Mapping) and set(one) <= _OF_A_TERM:
            where = _conditions(indicator, one.get("where") or {})
            usual = (
                _VALUE if _VALUE in columns else next((name for name in columns if name.casefold() == "value"), _VALUE)
            )
            terms.append(Term(str(one.get("column") or usual), where, one if one.get("source") else None))
        else:
            raise ConfigError(
                f"A declaration does not say where its {key} is",
                where=f"{indicator.id}.yaml",
                column=f"columns, {key}",
                expected="a column, {column: ..., where: {...}}, {source: ..., column: ...}, or a list of these",
                found=one,
                remedy="correct the declaration",
            )
    return terms


def _conditions(indicator: Indicator, given: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping):
        raise ConfigError(
            "A condition of a declaration is not a mapping",
            where=f"{indicator.id}.yaml",
            column="columns, where",
            expected="{column: value}",
            found=given,
            remedy="correct the declaration",
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
