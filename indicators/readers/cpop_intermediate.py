"""Outcomes of the Community Planning Outcomes Profile by intermediate or data zone: finished rates, a column per year.

A column is named ``Outcome_Type_Period``, such as ``Attainment_Raw data_2013/14``. Only ``Raw data`` is an observation.
``Imputed`` and ``Projected`` figures are the publisher's own models: read only where a declaration asks for them, and
then always as ``modelled``. No counts are published, so residents of the ages concerned stand in as weights.

What a declaration says under ``columns``:

``sheet``, ``outcome``
    Name of the sheet, and of the outcome in the names of its columns.
``area``
    Column of the codes, where it is not ``IGZ``.
``weight``
    ``{source: ..., ages: [16, 64]}``: residents of these ages in a file of `nrs_population`.
``lookup``
    ``{source: ..., area: ..., parent: ...}``: the intermediate zone of each data zone, for figures of intermediate
    zones.
``years``
    How many years each figure covers, of which the column is labelled by the last; 1 unless given.
``types``
    By default ``[Raw data]``.
``first``
    First period to read, where earlier ones are rebuilt by the publisher.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError
from indicators.readers.nrs_population import people_of
from indicators.readers.shared.areas import check_areas
from indicators.readers.shared.cells import Cells, parse_cells
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.measured import MODELLED, as_cells, declared_text, join, source_table, weighted
from indicators.readers.shared.periods import Period, parse_period
from indicators.readers.shared.published import PublishedTable, source_file

RAW = "Raw data"
_AREA = "InterZone"
_NAME = re.compile(r"(?P<outcome>.+)_(?P<type>[^_]+)_(?P<period>\d{4}/\d{2})")


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations of outcomes by intermediate zone and year.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If a file is not there, is no workbook, lacks the outcome, or holds codes or cells that are not allowed.
    """
    frames = []
    parents: dict[tuple[str, str, str], pd.Series] = {}
    tables: dict[tuple[str, str, str], PublishedTable] = {}
    for one in indicators:
        area = declared_text(one, "area", _AREA)
        place = one.source, declared_text(one, "sheet"), area
        if place not in tables:
            tables[place] = source_table(files, one, sheet=place[1], has=[area])
        table = tables[place]
        areas = check_areas(table.column(area), geography=one.geography, where=table.where, column=area)
        weight = _residents(files, one, areas, parents)
        for name, kind, label in _columns(one, table):
            value = parse_cells(table.column(name), codes=areas, where=table.where, column=name)
            frame = weighted(one, _period(one, label), areas, value, weight)
            if kind != RAW:
                frame["status"] = frame["status"].cat.rename_categories({"observed": MODELLED})
            frames.append(frame)
    return join(frames)


def _period(indicator: Indicator, label: str) -> Period:
    """Return the years that a figure covers, of which its label is the last."""
    earlier = int(indicator.columns.get("years", 1)) - 1
    first = f"{int(label[:4]) - earlier}/{(int(label[5:]) - earlier) % 100:02d}"
    return parse_period(f"{first}-{label}" if earlier else label)


def _columns(indicator: Indicator, table: PublishedTable) -> list[tuple[str, str, str]]:
    """Return name, type and period of the columns that the declaration asks for."""
    outcome = declared_text(indicator, "outcome")
    types = indicator.columns.get("types") or [RAW]
    first = str(indicator.columns.get("first", ""))
    found = []
    for name in table.columns:
        match = _NAME.fullmatch(name)
        if match and match["outcome"] == outcome and match["type"] in types and match["period"] >= first:
            found.append((name, match["type"], match["period"]))
    if not found:
        outcomes = sorted({match["outcome"] for name in table.columns if (match := _NAME.fullmatch(name))})
        raise SchemaError(
            "An outcome is missing or renamed",
            where=table.where,
            column=f"{outcome}_{types[0]}_...",
            expected="columns named Outcome_Type_Period",
            found=", ".join(outcomes) or "no such columns",
            remedy="if the publisher renamed it, change outcome in the declaration of the indicator",
        )
    return found


def _residents(
    files: Mapping[str, Path],
    indicator: Indicator,
    areas: np.ndarray,
    parents: dict[tuple[str, str, str], pd.Series],
) -> Cells:
    """Return the residents of the declared ages in each area; lookups read once are kept in `parents`."""
    weight, lookup = indicator.weight, indicator.columns.get("lookup")
    if isinstance(weight, Mapping) and (indicator.area_type == "data_zone" or weight.get("column")):
        return as_cells(people_of(files, indicator, weight, indicator.geography).reindex(areas).to_numpy())
    if not isinstance(weight, Mapping) or not isinstance(lookup, Mapping):
        raise ConfigError(
            "A declaration does not say who weighs its values",
            where=f"{indicator.id}.yaml",
            column="columns",
            expected="weight: {source: ..., ages: [...]} and lookup: {source: ..., area: ..., parent: ...}",
            found=f"weight: {weight}; lookup: {lookup}",
            remedy="add both",
        )
    vintage = indicator.geography.rpartition("_")[2]
    counted = people_of(files, indicator, weight, f"data_zone_{vintage}")
    place = str(lookup.get("source")), str(lookup.get("area")), str(lookup.get("parent"))
    if place not in parents:
        parents[place] = read_parents(files, lookup, indicator.geography)
    parent = parents[place]
    summed = counted.reindex(parent.index).groupby(parent.to_numpy()).sum(min_count=1)
    return as_cells(summed.reindex(areas).to_numpy())


def read_parents(files: Mapping[str, Path], lookup: Mapping[str, object], geography: str) -> pd.Series:
    """Return the intermediate zone of each data zone, by the code of the data zone.

    Parameters
    ----------
    lookup
        Source of the lookup and its columns: ``source, area, parent``.
    geography
        Of the intermediate zones, such as ``intermediate_zone_2011``.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError
        If the file is not there, is no CSV, lacks a column, or holds codes that are not allowed.
    """
    table = read_table(source_file(files, str(lookup.get("source"))), has=[str(lookup.get("area"))])
    area, parent = str(lookup.get("area")), str(lookup.get("parent"))
    vintage = geography.rpartition("_")[2]
    zones = check_areas(table.column(area), geography=f"data_zone_{vintage}", where=table.where, column=area)
    found = check_areas(table.column(parent), geography=geography, where=table.where, column=parent, is_unique=False)
    return pd.Series(found, index=zones)
