"""Figures of whole councils, shown beside a partnership and never a vote.

A council's life expectancy or drug deaths say what kind of area a partnership has, and nothing about one place in it:
no figure here is tested. Each is as published, with the publisher's limits where there are any, and Scotland's figure
is set beside it by `localities.choosing.beside_scotland`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import ConfigError, GeographyError
from indicators.readers import scotpho
from indicators.readers.shared.cells import parse_cells
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.periods import parse_period
from indicators.readers.shared.published import PublishedTable
from indicators.readers.shared.workbooks import cell_text, read_sheet
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from localities.choosing.beside_scotland import SCOTLAND
from localities.councils import cpp_codes, cpp_table

_LIFE, _DRUGS, _CHILDREN, _BENCHMARKS = (
    "scotpho-life-expectancy-intermediate-zone", "nrs-drug-deaths-council", "end-child-poverty-council",
    "is-lgbf-council",
)  # fmt: skip
CONTEXT_SOURCES = (_LIFE, _DRUGS, _CHILDREN, _BENCHMARKS, scotpho.PROFILES, scotpho.TECHNICAL_DOCUMENT)
"""Sources of the table ``council_context``; it holds what those that are there say."""

# title, unit, what the published figure is multiplied by, and which way is poorer, where there is one
_BENCHMARK = {
    "CHN01": ("Cost per primary school pupil", "£", 1.0, None),
    "CORP06b": ("Sickness absence of council staff other than teachers", "days per employee", 1.0, "higher"),
    "CORP07": ("Council tax received by the end of the year", "% of what is due", 100.0, "lower"),
    "ENV01a": ("Net cost of collecting waste", "£ per premises", 1.0, None),
    "ENV04b": ("Class A roads that should be considered for maintenance", "% of class A roads", 100.0, "higher"),
    "ENV06": ("Household waste that is recycled", "% of household waste", 100.0, "lower"),
    "ENV07b": ("Adults satisfied with street cleaning", "% of adults", 100.0, "lower"),
}
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
    readers = {
        _LIFE: ("life_expectancy", _life_expectancy),
        _DRUGS: ("drug_deaths", _drug_deaths),
        _CHILDREN: ("child_poverty", _child_poverty),
        _BENCHMARKS: ("council_services", _benchmarks),
    }
    frames = [
        read(Path(files[one])).assign(source_id=one, context_topic=topic)
        for one, (topic, read) in readers.items()
        if one in files
    ]
    if {scotpho.PROFILES, scotpho.TECHNICAL_DOCUMENT} <= set(files):
        frames.append(_profiles(files))
    columns = list(TABLES["council_context"].columns)
    table = pd.concat([*frames, pd.DataFrame(columns=columns)], ignore_index=True)
    names = {SCOTLAND: "Scotland", **dict(zip(*(cpp_table()[one] for one in ("cpp_code", "cpp_name")), strict=True))}
    table["area_name"] = table["area_code"].map(names)
    table = table[columns].sort_values(list(TABLES["council_context"].key), ignore_index=True)
    return coerce("council_context", table)


def _life_expectancy(path: Path) -> pd.DataFrame:
    table = read_table(path)
    council = np.isin(table.column("area_type"), ["Council area", "Scotland"])
    rows = table.rows_where(council)
    codes = np.where(rows.column("area_type") == "Scotland", SCOTLAND, rows.column("area_code"))
    names = ("measure", "lower_confidence_interval", "upper_confidence_interval")
    return _rows(rows, codes, rows.column("indicator"), rows.column("period"), names, "years", poorer_is="lower")


def _drug_deaths(path: Path) -> pd.DataFrame:
    table = read_table(path, sheet="Table_C4", has=["Council area", "Five-year period"])
    rate = next(name for name in table.columns if name.startswith("Age-standardised rate"))
    names = (rate, "Lower 95% confidence interval", "Upper 95% confidence interval")
    figure = np.full(len(table), "Drug misuse deaths, standardised by age", dtype=object)
    codes = _codes_of(table, "Council area")
    return _rows(table, codes, figure, table.column("Five-year period"), names, "per 100,000 residents")


def _child_poverty(path: Path) -> pd.DataFrame:
    """Return shares of children in poverty; two header rows, numbers first and shares after them.

    Scotland's is the share of all children of its councils: the children of each are its number over its share.
    """
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
        one = _rows(table, codes, figure, np.full(len(own), label), (label,), "% of children", 100.0)
        whole, labels = np.nan, [cell_text(cell) for cell in years[:first]]
        if label in labels and one["value"].gt(0).all():
            cells = np.array([row[labels.index(label)] for row in own], dtype=object)
            counted = PublishedTable(table.where, {label: cells})
            poor = _rows(counted, codes, figure, np.full(len(own), label), (label,), "% of children")["value"]
            whole = 100 * poor.sum() / (100 * poor / one["value"]).sum()
        frames += [one, one.head(1).assign(area_code=SCOTLAND, value=whole)]
    return pd.concat(frames, ignore_index=True)


def _benchmarks(path: Path) -> pd.DataFrame:
    """Return the benchmarks of the framework that are known by title; Scotland's figure stands on every row."""
    table = read_table(path, has=["Indicators_Information_Code", "LA_Data_LGBF_Year"])
    kind = pd.Series(table.column("Indicators_Information_Code"), dtype="str").str.strip()
    codes = _codes_of(table, "LA_Information_LocalAuthority")
    period = table.column("LA_Data_LGBF_Year")
    frames = []
    for one, (title, unit, multiplier, poorer_is) in _BENCHMARK.items():
        chosen = (kind == one).to_numpy()
        first = chosen & ~pd.DataFrame({"kind": kind, "period": period}).duplicated().to_numpy()
        for keep, area, name in (
            (chosen, codes, "LA_Data_LA_IndicatorReal"),
            (first, np.full(len(codes), SCOTLAND, dtype=object), "Scotland_Data_Scotland_Indicator_Real"),
        ):
            if keep.any():
                rows = table.rows_where(keep)
                figure = np.full(len(rows), title, dtype=object)
                frames.append(_rows(rows, area[keep], figure, period[keep], (name,), unit, multiplier, poorer_is))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _profiles(files: Mapping[str, Path]) -> pd.DataFrame:
    """Return the health profiles; each figure has one period, in the publisher's words."""
    table = scotpho.council_context(files)
    named = {"cpp_code": "area_code", "indicator": "context_figure", "poorer_is": "context_poorer_is"}
    table = table.rename(columns=named).assign(source_id=scotpho.PROFILES, context_topic="health_profile")
    table["unit"] = table["unit"].str.lower().replace({"percentage": "%"})
    # the same series as the publisher's own file of life expectancy, in a later period
    life = table["context_figure"].str.contains("life expectancy", case=False)
    labels = {one: parse_period(one).label for one in table.loc[life, "period"].unique()}
    same = {"context_topic": "life_expectancy", "unit": "years", "context_poorer_is": "lower"}
    return pd.concat([table[~life], table[life].assign(**same, period=table.loc[life, "period"].map(labels))])


def _rows(
    table: PublishedTable,
    codes: np.ndarray,
    figure: np.ndarray,
    period: np.ndarray,
    names: tuple[str, ...],
    unit: str,
    multiplier: float = 1.0,
    poorer_is: str | None = "higher",
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
            "context_poorer_is": poorer_is,
        }
    )


def _codes_of(table: PublishedTable, column: str) -> np.ndarray:
    """Return the code of each council named in a column, in any of its usual spellings."""
    names = [cell_text(cell) for cell in table.column(column)]
    asked = [name for name in dict.fromkeys(names) if name != "Scotland"]
    try:
        code = {"Scotland": SCOTLAND, **dict(zip(asked, cpp_codes(asked), strict=True))}
    except ConfigError:
        strange = [name for name in asked if not _is_council(name)]
        raise GeographyError(
            "A table names councils that are not known",
            where=table.where,
            column=column,
            codes=sorted(strange),
            expected="names of Scotland's councils",
            found=f"{len(strange)} others",
            remedy="correct the names, or fetch the file again",
        ) from None
    return np.array([code[name] for name in names], dtype=object)


def _is_council(name: str) -> bool:
    try:
        return bool(cpp_codes([name]))
    except ConfigError:
        return False
