"""Sheets of published workbooks, and tables that stand side by side on one.

A sheet with one table is read as any other file, by `layout`. Not here: what a table's figures mean.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indicators.errors import SchemaError, UnreadableSource
from indicators.readers.shared.published import PublishedTable, readable_file, table_of

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_SEARCHED_ROWS = 60

Rows = Sequence[Sequence[object]]


def read_sheet(path: Path, sheet: str) -> Rows:
    """Return the rows of a sheet: numbers as float, texts as str, empty cells as "".

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML, truncated or no workbook.
    SchemaError
        If the workbook has no such sheet.
    """
    from python_calamine import CalamineError, WorksheetNotFound

    workbook = _opened(path)
    try:
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except WorksheetNotFound:
        raise SchemaError(
            "A sheet is missing or renamed",
            where=path,
            expected=f"a sheet named {sheet}",
            found=", ".join(workbook.sheet_names) or "no sheets",
            remedy="if the publisher renamed it, change the name in the declaration of the indicator",
        ) from None
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    for number, place, shown in _error_cells(path, sheet):
        if number < len(rows) and place < len(rows[number]):
            rows[number][place] = shown
    return rows


def _error_cells(path: Path, sheet: str) -> Iterator[tuple[int, int, str]]:
    """Yield row, column and text of the cells of an .xlsx sheet that hold an error such as #REF!.

    The library that reads workbooks gives them back as empty, which a publisher's blank would then be taken for.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        try:
            book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
            related = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
            named = {unescape(_attribute(one, "name")): _attribute(one, "r:id") for one in _tags(book, "sheet")}
            target = {_attribute(one, "Id"): _attribute(one, "Target") for one in _tags(related, "Relationship")}
            place = target[named[sheet]].removeprefix("/")
            content = archive.read(place if place.startswith("xl/") else f"xl/{place}")
        except KeyError:  # another layout than Office's own: no error can be told from a blank
            return
    if b't="e"' not in content:
        return
    for found in re.finditer(rb"<c\s([^>]*)>(.*?)</c>", content, re.DOTALL):
        if b't="e"' in found[1]:
            letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", _attribute(found[1].decode(), "r")).groups()  # type: ignore[union-attr]
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            shown = re.search(rb"<v>(.*?)</v>", found[2])
            yield int(digits) - 1, column - 1, unescape(shown[1].decode()) if shown else "#ERROR!"


def _is_error(cell: object) -> bool:
    return isinstance(cell, str) and cell.startswith("#") and cell.endswith(("!", "?", "/A"))


def _tags(text: str, name: str) -> list[str]:
    return re.findall(rf"<{name}\s[^>]*>", text)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'(?:^|\s){name}="([^"]*)"', tag)
    return found[1] if found else ""


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets, in order.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML, truncated or no workbook.
    """
    return list(_opened(path).sheet_names)


def hidden_sheets(path: Path) -> frozenset[str]:
    """Return the names of the sheets that a workbook hides."""
    from python_calamine import SheetVisibleEnum

    return frozenset(one.name for one in _opened(path).sheets_metadata if one.visible != SheetVisibleEnum.Visible)


def _opened(path: Path) -> CalamineWorkbook:
    from python_calamine import CalamineError, CalamineWorkbook

    content = readable_file(path)
    if content[:2] != b"PK" and content[:4] != b"\xd0\xcf\x11\xe0":
        raise _unreadable(path, "another kind of file")
    try:
        return CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def side_by_side(path: Path, sheet: str, code_columns: Collection[str]) -> dict[str, PublishedTable]:
    """Return the tables that stand side by side on a sheet, by the title above each.

    A table is a run of columns with headers, parted from the next by a column without; its first column holds area
    codes under one of the names of `code_columns`; its title is the nearest text above the header in its own columns.
    Each table keeps its codes in a column named ``area``; headers such as 2014.0 become ``2014``.

    Raises
    ------
    UnreadableSource, SchemaError
        As `read_sheet`; or if no row has such a column of codes.
    """
    rows = read_sheet(path, sheet)
    where = f"{path}, sheet {sheet}"
    names = {name.casefold() for name in code_columns}
    start, header, firsts = -1, [], []
    for number, row in enumerate(rows[:_SEARCHED_ROWS]):
        header = [cell_text(cell) for cell in row]
        firsts = [place for place, run in _runs(header) if header[place].casefold() in names]
        if firsts:
            start = number
            break
    if start < 0:
        raise SchemaError(
            "The header of a table is not there",
            where=where,
            column=" or ".join(sorted(code_columns)),
            expected="a column of area codes under this name",
            found="no such column",
            remedy="fetch the file again; if the publisher changed its form, the reader needs the new name",
        )
    cells = np.empty((len(rows) - start - 1, len(header)), dtype=object)
    if len(cells):
        cells[:] = rows[start + 1 :]
    tables = {}
    for place, run in _runs(header):
        if place not in firsts:
            continue
        part = cells[:, place : place + run]
        # a formula that was copied beyond the table leaves an error in a row without a code: no row of the table
        filled = np.array([any(cell not in ("", None) and not _is_error(cell) for cell in one) for one in part])
        title = _title_above(rows[:start], place, run)
        tables[title] = table_of(
            f"{where}, table {title or 'without title'!r}",
            ["area", *header[place + 1 : place + run]],
            part[filled].tolist(),
        )
    return tables


def cell_text(cell: object) -> str:
    """Return a cell as text, whole numbers without decimals.

    Examples
    --------
    >>> cell_text(2014.0), cell_text(None), cell_text(" DZ ")
    ('2014', '', 'DZ')
    """
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return f"{cell:.0f}"
    return str(cell).strip()


def _runs(header: Sequence[str]) -> list[tuple[int, int]]:
    """Return first column and length of each run of columns with headers."""
    runs: list[tuple[int, int]] = []
    start = None
    for place, name in enumerate([*header, ""]):
        if name and start is None:
            start = place
        elif not name and start is not None:
            runs.append((start, place - start))
            start = None
    return runs


def _title_above(above: Rows, place: int, run: int) -> str:
    for row in reversed(above):
        for cell in row[place : place + run]:
            if cell_text(cell):
                return cell_text(cell)
    return ""


def _unreadable(path: Path, found: object) -> UnreadableSource:
    return UnreadableSource(
        "A workbook cannot be opened; it may be cut short",
        where=path,
        expected="a whole .xlsx workbook",
        found=found,
        remedy="fetch the file again with `localities sources fetch`",
    )
