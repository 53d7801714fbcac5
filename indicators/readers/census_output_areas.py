"""Tables of Scotland's Census 2022 by output area, summed to data zones.

One Parquet file per table, one row per output area, columns named for table and place (``UV302b0004``); what each holds
is said by the table of metadata beside them. A zone's figure is the sum over its output areas; a zone that the lookup
assigns none to has no figure. Cells are perturbed against disclosure, so parts do not sum to their total and tables
differ a little in theirs: a figure is made of cells of one table, numerator and base alike.

What a declaration says under ``columns``:

``numerator``, ``denominator``
    Names of the columns that are summed, one or several, without surrounding blanks. With ``ages`` each name holds
    ``{age}``, and the figure is a standardised ratio: events observed at these ages against those expected if
    Scotland's rate at each age held.
``ages``
    Names of the ages, as in the columns' names.
``metadata``
    Source of the table of metadata; also named under ``companions``.
``period``
    Census day.
``tolerated_excess``
    In how many zones parts may exceed their total (see `indicators.readers.shared.measured.counted`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError, UnreadableSource
from indicators.readers.shared.areas import check_areas, geography_of
from indicators.readers.shared.measured import as_cells, counted, declared_text, join, source_table
from indicators.readers.shared.output_areas import zones_of_output_areas
from indicators.readers.shared.periods import declared_period
from indicators.readers.shared.published import source_file


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations of counts and standardised ratios by data zone.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        If a file is not there, is no such table, lacks a column, or holds codes or cells that are not allowed.
    """
    frames = []
    tables: dict[str, pd.DataFrame] = {}
    lookups: dict[str, pd.Series] = {}
    for one in indicators:
        if one.source not in tables:
            tables[one.source] = _table(files, one)
        vintage = geography_of(one.geography)[1]
        if vintage not in lookups:
            lookups[vintage] = zones_of_output_areas(files, vintage).set_index("oa_code")["zone_code"]
        table = tables[one.source]
        zone = lookups[vintage].reindex(table.index)
        numerator, denominator = _by_age(one, table) if one.columns.get("ages") else _sums(one, table)
        sums = pd.DataFrame({"numerator": numerator, "denominator": denominator}).groupby(zone.to_numpy()).sum()
        frames.append(
            counted(
                one,
                declared_period(one.columns, one.id),
                sums.index.to_numpy(dtype=object),
                as_cells(sums["numerator"]),
                as_cells(sums["denominator"]),
                where=source_file(files, one.source),
            )
        )
    return join(frames)


def _table(files: Mapping[str, Path], indicator: Indicator) -> pd.DataFrame:
    """Return a table by output area, its columns named in words."""
    import pyarrow as pa

    path = source_file(files, indicator.source)
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UnreadableSource(
            "A census table cannot be read", where=path, expected="a whole Parquet file", found=error,
            remedy="fetch the file again with `localities sources fetch`",
        ) from error  # fmt: skip
    check_areas(table.index.to_numpy(dtype=object), geography="output_area_2022", where=path, column="OA")
    metadata = source_table(files, indicator, source=declared_text(indicator, "metadata"))
    names = dict(
        zip(
            metadata.column("Variable_ID"),
            (str(name).strip() for name in metadata.column("Variable_Name")),
            strict=True,
        )
    )
    unnamed = [name for name in table.columns if name not in names]
    cells = table.to_numpy(dtype="float64", na_value=np.nan)
    wrong = ~(cells >= 0)
    if unnamed or wrong.any():
        raise SchemaError(
            "A census table holds columns without a name"
            if unnamed
            else "A census table holds cells that are no count",
            where=path,
            column=unnamed[0] if unnamed else str(table.columns[np.flatnonzero(wrong.any(axis=0))[0]]),
            codes=None if unnamed else table.index[wrong.any(axis=1)],
            expected="columns that the metadata name, and counts of at least 0",
            remedy="fetch the table and its metadata again: they belong together",
        )
    return pd.DataFrame(cells, index=table.index.astype("str"), columns=[names[name] for name in table.columns])


def _sums(indicator: Indicator, table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return counts and their base by output area."""
    return tuple(_summed(indicator, table, _names(indicator, key)) for key in ("numerator", "denominator"))


def _by_age(indicator: Indicator, table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return events observed, and those expected at Scotland's rate at each age, by output area.

    Scotland's rate at an age is that of the whole table. So the events expected sum to those observed.
    """
    observed, expected = 0.0, 0.0
    for age in indicator.columns["ages"]:
        events, people = (
            _summed(indicator, table, [name.format(age=age) for name in _names(indicator, key)])
            for key in ("numerator", "denominator")
        )
        observed, expected = observed + events, expected + people * (events.sum() / people.sum())
    return observed, expected


def _names(indicator: Indicator, key: str) -> list[str]:
    given = indicator.columns.get(key)
    names = [given] if isinstance(given, str) else list(given or ())
    if not names:
        raise ConfigError(
            "A declaration names no columns", where=f"{indicator.id}.yaml", column=f"columns, {key}",
            expected="one or several names of columns", found=given, remedy="correct the declaration",
        )  # fmt: skip
    return names


def _summed(indicator: Indicator, table: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise SchemaError(
            "A column is missing or renamed",
            where=f"source {indicator.source}",
            column=absent[0],
            expected=", ".join(map(str, table.columns[:5])) + ", ...",
            found="no such column",
            remedy=f"correct the name in {indicator.id}.yaml",
        )
    return table[list(names)].sum(axis=1)
