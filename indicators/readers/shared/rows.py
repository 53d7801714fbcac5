"""What one row of a grid holds: filled cells, figures, the code of an area; and a grid taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from indicators.errors import SchemaError
from indicators.readers.shared.workbooks import cell_text

Row = Sequence[object]

SEARCHED = 400
"""Rows that are looked at to find out what a table looks like."""

_CODE = re.compile(r"(?<![A-Za-z0-9])([SEWNsewn]\d{8})(?![A-Za-z0-9])")
_PROSE = 160


def code_in(cell: object) -> str:
    """Return the code of the area that a cell names, "" where it names none or several.

    Examples
    --------
    >>> code_in("http://statistics.example/id/statistical-geography/S01006506")
    'S01006506'
    >>> code_in("S01006506 : Culter - 01"), code_in("S01006506 to S01006512"), code_in(12.0)
    ('S01006506', '', '')
    """
    if not isinstance(cell, str) or len(cell) > _PROSE or not (found := _CODE.findall(cell)):
        return ""
    return found[0].upper() if len(found) == 1 else ""


@dataclass
class Parts:
    """A grid taken apart: names of columns, rows of the table, and what is around them."""

    header: list[str]
    body: Sequence[Row]
    area: int = -1
    titles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    header_rows: tuple[int, ...] = ()


def filled(row: Row) -> list[int]:
    """Return the places of the cells that hold something."""
    return [place for place, cell in enumerate(row) if cell_text(cell)]


def words(row: Row) -> str:
    """Return everything in a row as one text."""
    return " ".join(cell_text(row[place]) for place in filled(row))


def is_figure(cell: object) -> bool:
    """Return whether a cell is a number, also one with a percent sign or separators of thousands."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return True
    text = cell_text(cell).replace(",", "").rstrip("%")
    return bool(text) and (text.lstrip("+-").replace(".", "", 1).isdigit())


def is_count(cell: object) -> bool:
    """Return whether a cell is a figure and no year, which could name a column."""
    return is_figure(cell) and not re.fullmatch(r"(?:19|20)\d\d", cell_text(cell))


def unknown(
    rows: Sequence[Row],
    where: str,
    expected: str,
    found: str = "",
    remedy: str = "name a column of its header in the declaration (area), or save the table alone, as CSV",
) -> SchemaError:
    """Return the error for a layout that is not known, with its first rows."""
    shown = " / ".join(", ".join(cell_text(cell)[:20] for cell in row[:6]) for row in rows[:4])
    return SchemaError(
        "The layout of this table is not known",
        where=where,
        expected=expected,
        found=f"{found + '; ' if found else ''}{shown or 'nothing'}",
        remedy=remedy,
    )
