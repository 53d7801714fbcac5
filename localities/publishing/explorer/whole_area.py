"""What a page tells of a whole partnership: its groups of people, and its council in context. No place is among it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from localities.publishing.of_groups import CONTEXT, GROUPS
from localities.publishing.why import number_text
from localities.wording.codes import CODES_IN_WORDS
from localities.wording.periods import period_in_words

if TYPE_CHECKING:
    import pyarrow as pa

_ABOUT_GROUPS = (
    "Each group of people beside the rest of the council's people, everybody else in Scotland, and the same group "
    "elsewhere in Scotland; not beside people who are only of other ages. Groups never decide the verdict on a place."
)
_LEFT_OUT = "health_profile"
"""Some 230 figures of a council: in its GeoPackage and workbook."""


def whole_area(tables: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """Return the tables of a whole partnership as texts: title, what it is, header and rows of each that there is.

    Parameters
    ----------
    tables
        Tables of layers, by name.
    """
    found = [((GROUPS[0], _ABOUT_GROUPS), _groups(tables.get(GROUPS[0]))), (CONTEXT, _context(tables.get(CONTEXT[0])))]
    return [
        {"title": title, "about": about, "header": list(rows.columns), "rows": rows.to_numpy().tolist()}
        for (title, about), rows in found
        if len(rows)
    ]


def _groups(table: pa.Table | None) -> pd.DataFrame:
    """Return each group of people beside whom it is held against; nothing where growing old is in the difference."""
    if table is None:
        return pd.DataFrame()
    rows = table.to_pandas()
    rows = rows[rows["value"].notna() & rows["comparator_value"].notna() & (rows["age_basis"] != "other_ages")]
    words = CODES_IN_WORDS
    return pd.DataFrame(
        {
            "Group": rows["indicator_title"] + ": " + rows["group_name"] + ", " + rows["period"].map(period_in_words),
            "Here": _with_limits(rows),
            "Held against": rows["group_comparator"].map(words["group_comparator"]),
            "There": [number_text(one, unit) for one, unit in zip(rows["comparator_value"], rows["unit"], strict=True)],
            "Answer": rows["significance"].map(words["significance"]),
        }
    )


def _context(table: pa.Table | None) -> pd.DataFrame:
    if table is None:
        return pd.DataFrame()
    rows = table.to_pandas()
    rows = rows[rows["context_topic"] != _LEFT_OUT]
    scotland = [
        f"{number_text(one.scotland_value)}{'' if one.scotland_period == one.period else f' ({one.scotland_period})'}"
        if pd.notna(one.scotland_value)
        else "not published"
        for one in rows.itertuples()
    ]
    return pd.DataFrame(
        {
            "Figure": rows["context_figure"] + ", " + rows["period"],
            "Here": _with_limits(rows.assign(unit="")),
            "Unit": rows["unit"],
            "Scotland": scotland,
        }
    )


def _with_limits(rows: pd.DataFrame) -> list[str]:
    return [
        number_text(one.value, one.unit)
        + (f" ({number_text(one.lower_ci)} to {number_text(one.upper_ci)})" if pd.notna(one.lower_ci) else "")
        for one in rows.itertuples()
    ]
