"""Figures of whole councils, shown beside a partnership and never a vote.

A council's life expectancy or drug deaths say what kind of area a partnership has, and nothing about one place in it:
no figure here is held against anything. Each is as published, with the publisher's limits where there are any.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import GeographyError, compose
from indicators.readers.shared.cells import parse_cells
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.periods import parse_period
from indicators.readers.shared.published import PublishedTable
from indicators.readers.shared.workbooks import cell_text, read_sheet
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from localities.councils import cpp_table

__all__ = ["CONTEXT_SOURCES", "build_context"]

_LIFE, _DRUGS, _CHILDREN = (
    "scotpho-life-expectancy-intermediate-zone", "nrs-drug-deaths-council", "end-child-poverty-council"
)  # fmt: skip
CONTEXT_SOURCES = (_LIFE, _DRUGS, _CHILDREN)
"""Sources of the table ``council_context``; it holds what those that are there say."""

_SCOTLAND = "S92000003"
# a rate of too few deaths is not given
_TOO_FEW = ("[l]",)


def build_context(files: Mapping[str, Path]) -> pd.DataFrame:
    """Return the table ``council_context``: one row per council (or Scotland), figure and period.

    Parameters
    ----------
    files
        The file of each source id; those of `CONTEXT_SOURCES` that are not there are left out.

    Raises
    ------
    UnreadableSource, SchemaError, GeographyError, ConfigError
        If a file cannot be read, lacks a column, or names a council or a period that is not known.
    """
    readers = {_LIFE: _life_expectancy, _DRUGS: _drug_deaths, _CHILDREN: _child_poverty}
    frames = [readers[one](Path(files[one])).assign(source_id=one) for one in CONTEXT_SOURCES if one in files]
    columns = list(TABLES["council_context"].columns)
    table = pd.concat([*frames, pd.DataFrame(columns=columns)], ignore_index=True)[columns]
    return coerce("council_context", table.sort_values(list(TABLES["council_context"].key), ignore_index=True))


def _life_expectancy(path: Path) -> pd.DataFrame:
    table = read_table(path)
    council = np.isin(table.column("area_type"), ["Council area", "Scotland"])
    rows = table.rows_where(council)
    codes = np.where(rows.column("area_type") == "Scotland", _SCOTLAND, rows.column("area_code"))
    names = ("measure", "lower_confidence_interval", "upper_confidence_interval")
    return _rows(rows, codes, rows.column("indicator"), rows.column("period"), names, "years")


def _drug_deaths(path: Path) -> pd.DataFrame:
    table = read_table(path, sheet="Table_C4", has=["Council area", "Five-year period"])
    rate = next(name for name in table.columns if name.startswith("Age-standardised rate"))
    names = (rate, "Lower 95% confidence interval", "Upper 95% confidence interval")
    figure = np.full(len(table), "Drug misuse deaths, standardised by age", dtype=object)
    return _rows(table, _codes_of(table), figure, table.column("Five-year period"), names, "per 100,000 residents")


def _child_poverty(path: Path) -> pd.DataFrame:
    """Return shares of children in poverty; two header rows, numbers first and shares after them."""
    top, years, *rows = read_sheet(path, "Local Authority")
    code = [cell_text(cell) for cell in top].index("Area Code")
    first = [cell_text(cell) for cell in top].index("Percentage")
    own = [row for row in rows if cell_text(row[code]).startswith("S12")]
    frames = []
    for place in range(first, len(years)):
        cells = np.array([row[place] for row in own], dtype=object)
        codes = np.array([cell_text(row[code]) for row in own], dtype=object)
        label = cell_text(years[place])
        table = PublishedTable(f"{path}, sheet Local Authority", {label: cells})
        figure = np.full(len(own), "Children in poverty after housing costs", dtype=object)
        frames.append(_rows(table, codes, figure, np.full(len(own), label), (label,), "% of children", 100.0))
    return pd.concat(frames, ignore_index=True)


def _rows(
    table: PublishedTable,
    codes: np.ndarray,
    figure: np.ndarray,
    period: np.ndarray,
    names: tuple[str, ...],
    unit: str,
    multiplier: float = 1.0,
) -> pd.DataFrame:
    numbers = [
        parse_cells(table.column(name), codes=codes, where=table.where, column=name, suppressed=_TOO_FEW).value
        * multiplier
        for name in names
    ]
    numbers += [np.full(len(codes), np.nan)] * (3 - len(numbers))
    labels = {one: parse_period(one).label for one in pd.unique(period)}
    return pd.DataFrame(
        {
            "area_code": codes,
            "context_figure": figure,
            "period": [labels[one] for one in period],
            **dict(zip(("value", "lower_ci", "upper_ci"), numbers, strict=True)),
            "unit": unit,
        }
    )


def _codes_of(table: PublishedTable) -> np.ndarray:
    """Return the code of each council named in the first column."""
    known = cpp_table()
    code = {"Scotland": _SCOTLAND, **dict(zip(known["cpp_name"], known["cpp_code"], strict=True))}
    names = [cell_text(cell) for cell in table.column("Council area")]
    strange = sorted({name for name in names if name not in code})
    if strange:
        raise GeographyError(
            compose(
                "A table names councils that are not known",
                where=table.where,
                column="Council area",
                codes=strange,
                expected="names of Scotland's councils",
                found=f"{len(strange)} others",
                remedy="correct the names, or fetch the file again",
            )
        )
    return np.array([code[name] for name in names], dtype=object)
