"""Residents who live in the zones that an index ranks as Scotland's most deprived, overall or by domain.

Description, never tested: the ranks are built from the same indicators that are tested by themselves.

What a declaration says under ``columns``:

``area``, ``rank``, ``population``
    Columns of the zone codes, of the rank (1 is most deprived) and of the residents.
``most_deprived``
    Share of zones that count as most deprived, such as 0.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError
from indicators.readers.shared.areas import check_areas
from indicators.readers.shared.cells import Cells, parse_cells
from indicators.readers.shared.measured import counted, declared_text, join, source_table
from indicators.readers.shared.periods import declared_period
from indicators.readers.shared.published import PublishedTable


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return, per zone, its residents if it is among the most deprived, else 0, of its residents.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If the file is not there, is no CSV, lacks a column, or holds codes or cells that are not allowed.
    """
    frames = []
    tables: dict[str, PublishedTable] = {}
    columns: dict[tuple[str, str], Cells] = {}
    codes: dict[tuple[str, str], np.ndarray] = {}
    for one in indicators:
        if one.source not in tables:
            tables[one.source] = source_table(files, one)
        table = tables[one.source]
        area = declared_text(one, "area")
        if (one.source, area) not in codes:
            codes[one.source, area] = check_areas(
                table.column(area), geography=one.geography, where=table.where, column=area
            )
        areas = codes[one.source, area]
        rank, people = declared_text(one, "rank"), declared_text(one, "population")
        for name in (rank, people):
            if (one.source, name) not in columns:
                columns[one.source, name] = parse_cells(table.column(name), codes=areas, where=table.where, column=name)
        ranks, residents = columns[one.source, rank], columns[one.source, people]
        inside = ranks.value <= zones_at_most(one, len(areas))
        numerator = Cells(np.where(inside, residents.value, 0.0 * residents.value), ranks.status)
        frames.append(
            counted(one, declared_period(one.columns, one.id), areas, numerator, residents, where=table.where)
        )
    return join(frames)


def zones_at_most(indicator: Indicator, zones: int) -> int:
    """Return how many zones the declared share stands for: 1,395 for 20 % of 6,976, as the published quintiles have it.

    Raises
    ------
    ConfigError
        If the share is not between 0 and 1.
    """
    share = indicator.columns.get("most_deprived")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
        raise ConfigError(
            "A declaration does not say which share of zones counts as most deprived",
            where=f"{indicator.id}.yaml",
            column="columns",
            expected="most_deprived: a number between 0 and 1, such as 0.2",
            found=share,
            remedy="add it under columns",
        )
    return math.floor(share * zones + 1e-9)
