"""Indicators of the Scottish Index of Multiple Deprivation, one row per data zone.

The workbook of gov.scot has every figure at full precision, and writes ``*`` for what is suppressed and for what does
not apply. The CSV of the same edition tells them apart (``*``, and a blank or ``n/a``), with figures rounded to whole
per cent. So figures come from the workbook and the meaning of its ``*`` from the CSV.

What a declaration says under ``columns``:

``sheet``, ``area``
    Sheet of the figures and column of the zone codes.
``numerator``, ``denominator``
    Columns of a count and of its population.
``denominator_from``
    Instead of ``denominator``: pairs of a count and its rate, both published; the population is their quotient, from
    the first pair whose count is not 0.
``value``, ``weight``
    Columns of a figure published without counts, and of the people that stand in for those that it concerns; or for
    the weight ``{source: ..., ages: [5, 17]}``, the residents of these ages in a file of `nrs_population`. The same
    source is named under ``companions``. A figure with ``people`` needs no weight.
``companion``, ``status``
    Source of the CSV, and the name of the column there, by default the same as in the workbook.
``star``
    ``not_applicable`` where no companion is needed, because ``*`` means nothing else in this column.
``not_applicable``
    Further texts that say that a figure does not apply, such as the error of the workbook in zones without residents.
``period``
    What the figures cover; see `indicators.readers.shared.periods`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.readers.nrs_population import people_of
from indicators.readers.shared.areas import check_areas
from indicators.readers.shared.cells import NOT_APPLICABLE, OBSERVED, SUPPRESSED, Cells, parse_cells
from indicators.readers.shared.measured import as_cells, counted, declared_text, join, source_table, weighted
from indicators.readers.shared.periods import declared_period
from indicators.readers.shared.published import PublishedTable

_STAR = "*"
_NOT_APPLICABLE_TEXTS = ("", "n/a")


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations of indicators of one or more editions of the index.

    Parameters
    ----------
    files
        The file of each source id.
    indicators
        Indicators whose reader is this one.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If a file is not there, is no workbook, lacks a column, or holds codes or cells that are not allowed.
    """
    frames = []
    sheets: dict[tuple[str, str, str], Sheet] = {}
    for one in indicators:
        place = (one.source, declared_text(one, "sheet"), str(one.columns.get("companion", "")))
        if place not in sheets:
            sheets[place] = Sheet(files, one, place)
        sheet = sheets[place]
        period = declared_period(one.columns, one.id)
        if one.kind == "mean" or one.people:
            value = sheet.cells(one, declared_text(one, "value"))
            frames.append(weighted(one, period, sheet.areas, value, sheet.weight(one, files)))
            continue
        if "denominator_from" in one.columns:
            below = sheet.recovered(one)
        else:
            below = sheet.cells(one, declared_text(one, "denominator"))
        numerator = sheet.cells(one, declared_text(one, "numerator"))
        frames.append(counted(one, period, sheet.areas, numerator, below, where=sheet.table.where))
    return join(frames)


class Sheet:
    """The figures of one edition, with the statuses of its companion CSV if it has one."""

    def __init__(self, files: Mapping[str, Path], first: Indicator, place: tuple[str, str, str]) -> None:
        source, name, companion = place
        area = declared_text(first, "area")
        self.table: PublishedTable = source_table(files, first, source=source, sheet=name, has=[area])
        self.areas = check_areas(
            self.table.column(area), geography=first.geography, where=self.table.where, column=area
        )
        self.companion: PublishedTable | None = None
        self.rows = np.empty(0, dtype=np.intp)
        self.parsed: dict[tuple[str, tuple[str, ...]], Cells] = {}
        if companion:
            self.companion = source_table(files, first, source=companion, has=[area])
            codes = check_areas(
                self.companion.column(area), geography=first.geography, where=self.companion.where, column=area
            )
            self.rows = pd.Index(codes).get_indexer(pd.Index(self.areas))

    def cells(self, indicator: Indicator, column: str) -> Cells:
        """Return one column of the workbook, its ``*`` explained by the companion."""
        symbols = indicator.suppression.symbols or (_STAR,)
        if indicator.columns.get("star") == NOT_APPLICABLE:
            symbols = ()
        if (column, symbols) not in self.parsed:
            self.parsed[column, symbols] = self._parse(indicator, column, symbols)
        return self.parsed[column, symbols]

    def _parse(self, indicator: Indicator, column: str, symbols: tuple[str, ...]) -> Cells:
        cells = parse_cells(
            self.table.column(column),
            codes=self.areas,
            where=self.table.where,
            column=column,
            suppressed=symbols,
            not_applicable=(
                *(_NOT_APPLICABLE_TEXTS if symbols else (*_NOT_APPLICABLE_TEXTS, _STAR)),
                *map(str, indicator.columns.get("not_applicable") or ()),
            ),
            missing=(),
        )
        hidden = np.flatnonzero(cells.status == SUPPRESSED)
        if self.companion is None or not len(hidden):
            return cells
        texts = self.companion.column(str(indicator.columns.get("status", column)))
        rows = self.rows[hidden]
        explained = np.array(["" if row < 0 else str(texts[row]).strip() for row in rows], dtype=object)
        cells.status[hidden[np.isin(explained, _NOT_APPLICABLE_TEXTS)]] = NOT_APPLICABLE
        return cells

    def weight(self, indicator: Indicator, files: Mapping[str, Path]) -> Cells:
        """Return the people that stand in for those that a figure without counts concerns."""
        given = indicator.weight
        if isinstance(given, str):
            return self.cells(indicator, given)
        if not isinstance(given, Mapping):
            return self.cells(indicator, declared_text(indicator, "weight"))
        return as_cells(people_of(files, indicator, given, indicator.geography).reindex(self.areas).to_numpy())

    def recovered(self, indicator: Indicator) -> Cells:
        """Return a population that is not published, as count / rate of the declared pairs, in whole people."""
        people = np.full(len(self.areas), np.nan)
        for count_name, rate_name in indicator.columns["denominator_from"]:
            count, rate = self.cells(indicator, str(count_name)), self.cells(indicator, str(rate_name))
            known = np.isnan(people) & (count.status == OBSERVED) & (rate.value > 0)
            people[known] = np.round(count.value[known] / rate.value[known])
        return as_cells(people)
