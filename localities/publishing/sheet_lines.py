"""Rows of a sheet written column by column: a third of the time that a call of the library for every cell takes.

The library writes everything else of the file. What a cell looks like in it is laid down by the standard (ECMA-376,
part 1, 18.3.1.4).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

_LONGEST_CELL = 32_000
_DAY_0 = datetime.date(1899, 12, 30)

# characters that XML cannot hold stand in a cell by their number, and a text that looks like one by that of its "_"
_LOOKS_ESCAPED = re.compile("(_x[0-9a-fA-F]{4}_)")
_NO_CHARACTER = re.compile("([\x00-\x08\x0b-\x1f\ufffe\uffff])")


class LinedSheet(Worksheet):
    """A worksheet with rows that are ready as text below those that the library was given."""

    lines: Sequence[str] = ()

    def add_lines(self, lines: Sequence[str], rows: int, columns: int) -> None:
        """Take rows, as `lines_of` has them, down to a row and to a column counted from 1."""
        self.lines = lines
        # the size of the sheet stands in its file before its rows
        self._check_dimensions(rows - 1, columns - 1)

    def _write_rows(self) -> None:
        super()._write_rows()
        self.fh.writelines(self.lines)


def lines_of(columns: Sequence[Iterable[Any]], styles: Sequence[Any]) -> list[str]:
    """Return one row of XML for each row of some columns, from the second row of the sheet on.

    Parameters
    ----------
    columns
        Texts, numbers and days; None and NaN are empty cells.
    styles
        Format of each column, or None.

    Examples
    --------
    >>> lines_of([["a & b", None], [1.5, 2.0]], [None, None])[0]
    '<row r="2"><c r="A2" t="inlineStr"><is><t>a &amp; b</t></is></c><c r="B2"><v>1.5</v></c></row>'
    >>> lines_of([["a & b", None], [1.5, 2.0]], [None, None])[1]
    '<row r="3"><c r="B3"><v>2</v></c></row>'
    """
    names = [xl_col_to_name(place) for place in range(len(columns))]
    cells = [_cells(values, style) for values, style in zip(columns, styles, strict=True)]
    found = []
    for number, row in enumerate(zip(*cells, strict=True), start=2):
        text = "".join([f'<c r="{name}{number}"{cell}' for name, cell in zip(names, row, strict=True) if cell])
        found.append(f'<row r="{number}">{text}</row>')
    return found


def _cells(values: Iterable[Any], style: Any) -> list[str]:
    """Return what follows the name of each cell of a column; nothing for an empty one."""
    looks = f' s="{style._get_xf_index()}"' if style is not None else ""
    known: dict[str, str] = {}
    found = []
    for value in values:
        if value is None or value != value:
            found.append("")
        elif type(value) is str:
            if value not in known:
                known[value] = looks + _text(value)
            found.append(known[value])
        elif isinstance(value, datetime.date):
            found.append(f"{looks}><v>{(datetime.date(value.year, value.month, value.day) - _DAY_0).days}</v></c>")
        else:
            found.append(f"{looks}><v>{value:.16G}</v></c>")
    return found


def _text(value: str) -> str:
    text = _LOOKS_ESCAPED.sub(r"_x005F\1", value[:_LONGEST_CELL])
    text = _NO_CHARACTER.sub(lambda found: f"_x{ord(found[1]):04X}_", text)
    kept = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f' t="inlineStr"><is><t{kept}>{text}</t></is></c>'
