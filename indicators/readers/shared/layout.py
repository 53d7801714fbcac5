"""Where the table is in a published file: titles above it, its header of one or several rows, its rows, notes below.

Every reader, every draft and every list of areas finds its table here. What the bytes are is in `grids`; what a cell
says is in `cells`. A table has one row per area or per area and group; it is known by

- the names of columns that a declaration gives, or else
- codes of areas (``S01006506``), alone in a cell, at the end of an address, or beside a name, or else
- the first row that is about as wide as the rows below it.

Two layouts are turned into this form: an area that stands only on the first of its rows, and one block of rows per
area under a heading. A layout that is not known is said to be that, with what was seen; it is not a damaged file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from indicators.errors import UnreadableSource, some
from indicators.readers.shared.blocks import (
    another_beside,
    blocks,
    filled_down,
    headings,
    is_in_blocks,
    turned,
    until_another,
)
from indicators.readers.shared.grids import Grid, read_grids
from indicators.readers.shared.published import BETWEEN, PublishedTable, Seen, readable_file
from indicators.readers.shared.rows import (
    SEARCHED,
    Parts,
    Row,
    code_in,
    filled,
    is_count,
    is_figure,
    unknown,
    words,
)
from indicators.readers.shared.workbooks import cell_text

_SHOWN = 5
_CUT_CODE = re.compile(r"[SEWN]\d{1,7}|https?://\S*")
_ADDRESS = re.compile(r"https?://")
_SENTENCE = re.compile(r"[SEWN]\d{8}\W*\s+\w+\s+\w")
# an export of these kinds has notes below, or a notice at its end; without any, rows are gone
_ENDS_WITH_NOTES = ("counting:", "scotland's census")
_QUALIFIERS = {"c": "[c]", "z": "[z]", "x": "[x]", ":": "[x]", "u": "[u]", "low": "[low]", "w": "[w]"}


def read_table(
    path: Path, *, sheet: str = "", has: Collection[str] = (), encoding: str = "", is_list: bool = False
) -> PublishedTable:
    r"""Return the table of a file, with what was seen around it (`PublishedTable.seen`).

    Parameters
    ----------
    path
        Delimited text in any encoding, plain or compressed, a workbook, Parquet, JSON, the tables of a GeoPackage, or
        an answer of Stat-Xplore.
    sheet
        Of a workbook; by default, of those not hidden, that with the most rows of zones with figures.
    has
        Names of columns that the header holds.
    encoding
        Of text, where it is declared.
    is_list
        Whether a list of areas is looked for, which need not have figures.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML or damaged: bytes that end too early among them.
    SchemaError
        If its layout is not known.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "table.csv"
    >>> _ = path.write_text("Table 3: patients,,\nDataZone,Year,Patients\nS01006506,2021,*\nNote: rounded\n")
    >>> table = read_table(path)
    >>> table.column("Patients").tolist(), table.seen.area, table.seen.titles, table.seen.notes
    (['*'], 'DataZone', ('Table 3: patients',), ('Note: rounded',))
    """
    from indicators.readers.stat_xplore import answer_table, is_answer

    if is_answer(readable_file(path)):
        table = answer_table(path)
        return replace(table, seen=Seen(area=next((n for n in table.columns if n.endswith(" code")), "")))
    grids = read_grids(path, sheet=sheet, encoding=encoding)
    counted = {one.sheet: _zones_in(one, is_list=is_list) for one in grids} if len(grids) > 1 else {}
    named = [one for one in grids if _row_with(one.rows, has) is not None] if has and counted else []
    grid = max(named or grids, key=lambda one: _worth(one, counted)) if counted else grids[0]
    where = f"{path}, sheet {grid.sheet}" if grid.sheet else str(path)
    found = _find(grid.rows, where, has)
    seen = replace(
        found.seen,
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        compression=grid.compression,
        sheet=grid.sheet,
        sheets=tuple((one.sheet, counted[one.sheet][1], one.is_hidden) for one in grids if counted),
    )
    return replace(found, seen=seen)


def _find(rows: Sequence[Row], where: str, has: Collection[str]) -> PublishedTable:
    rows = turned(rows)
    named = _row_with(rows, has) if has else None
    first = _first_of_areas(rows, 0 if named is None else named + 1)
    if first is None:
        parts = _without_codes(rows, where, named)
    elif is_in_blocks(rows, first):
        parts = blocks(rows, where, first)
    else:
        parts = _with_codes(rows, where, first, named, has)
    return _table(parts, where)


def _row_with(rows: Sequence[Row], has: Collection[str]) -> int | None:
    """Return the first row that holds all of some texts as whole cells."""
    wanted = {text.casefold() for text in has}
    for number, row in enumerate(rows[:SEARCHED]):
        if wanted <= {cell_text(cell).casefold() for cell in row}:
            return number
    return None


def _first_of_areas(rows: Sequence[Row], start: int) -> tuple[int, int] | None:
    """Return row and column of the first code of an area; of several columns that with the most different zones."""
    for number, row in enumerate(rows[start : start + SEARCHED], start=start):
        places = [place for place, cell in enumerate(row) if code_in(cell)]
        if not places:
            continue
        below = rows[number : number + SEARCHED]

        def worth(place: int, below: Sequence[Row] = below) -> tuple[int, int]:
            codes = {code_in(one[place]) for one in below if len(one) > place}
            return sum(code[:3] in ("S00", "S01") for code in codes), len(codes)

        return number, max(places, key=worth)
    return None


def _with_codes(
    rows: Sequence[Row], where: str, first: tuple[int, int], named: int | None, has: Collection[str]
) -> Parts:
    """Return the parts of a table with a code on its rows."""
    start, place = first
    if named is not None:
        names = [cell_text(cell).casefold() for cell in rows[named]]
        if len(has) == 1 and any(code_in(row[at]) for row in rows[start : start + 20]
                                 for at in [names.index(next(iter(has)).casefold())] if at < len(row)):  # fmt: skip
            place = names.index(next(iter(has)).casefold())
    numbers = _header(rows, start, place, where)
    rows, another = until_another(rows, start, place, numbers[-1])
    if beside := another_beside(rows, start, place, numbers[-1]):
        shown = ", ".join(text for cell in rows[numbers[-1]][beside:] if (text := cell_text(cell)))
        another.append(f"another table beside it, of other areas: {shown}: save it alone to read it")
        rows = [row[:beside] for row in rows]
    header = _joined([rows[number] for number in numbers], place)
    codes = [code_in(row[place]) if len(row) > place and not _is_note(row, place) else "" for row in rows[start:]]
    full = filled_down(rows[start:], codes, place)
    body = [_coded(row, place, code) for row, code in zip(rows[start:], full, strict=True) if code]
    last = start + max(number for number, code in enumerate(full) if code)
    parts = Parts(header, body, place, header_rows=tuple(number + 1 for number in numbers))
    parts.titles = [text for row in rows[: numbers[0]] if (text := words(row))]
    parts.left_out += another
    above = headings(rows, numbers[-1], [*[""] * start, *full])
    if above:
        parts.header, parts.body = [*header, "above"], [[*_of_width(row, len(header)), text]
                                                        for row, text in zip(body, above, strict=True)]  # fmt: skip
        parts.left_out.append(
            f"tables under each other: what stands above each is in the column above ({some(dict.fromkeys(above))})"
        )
    if full != codes:
        parts.left_out.append("a code stands only on the first row of each area: filled down")
    names = [cell_text(cell) for cell in rows[numbers[-1]]]
    odd = [row for row, code in zip(rows[start:], full, strict=True)
           if not code and filled(row) and [cell_text(cell) for cell in row] != names]  # fmt: skip
    figures = [row for row in odd if sum(is_figure(row[at]) for at in filled(row)[1:]) > 0]
    if figures:
        shown = ", ".join(dict.fromkeys(cell_text(row[filled(row)[0]]) for row in figures[:_SHOWN]))
        parts.left_out.append(f"{len(figures):,} rows without the code of an area, such as {shown}")
    parts.notes = [text for row in odd if row not in figures and (text := words(row))]
    _be_whole(rows, last, parts, where)
    return parts


def _of_width(row: Row, width: int) -> list[object]:
    return [*row[:width], *[""] * (width - len(row))]


def _is_note(row: Row, place: int) -> bool:
    """Return whether a row holds nothing but a sentence that names an area."""
    return bool(_SENTENCE.search(cell_text(row[place]))) and filled(row) == [place]


def _coded(row: Row, place: int, code: str) -> list[object]:
    cells = list(row)
    cells[place] = code
    return cells


def _header(rows: Sequence[Row], start: int, place: int, where: str) -> list[int]:
    """Return the numbers of the rows that name the columns, above the first row of areas."""

    def beside(number: int) -> list[int]:
        return [at for at in filled(rows[number]) if at > place]

    def is_total(number: int, above: int | None) -> bool:
        """Return whether a row has the figures of a whole, under a row of as many names."""
        if above is None or not any(is_count(rows[number][at]) for at in beside(number)):
            return False
        return len(beside(above)) >= len(beside(number)) and not any(is_count(rows[above][at]) for at in beside(above))

    found: list[int] = []
    widest = max(filled(row)[-1] for row in rows[start : start + 50] if filled(row))
    for number in range(start - 1, -1, -1):
        if not filled(rows[number]):
            if found:
                break
            continue
        if is_total(number, next((one for one in range(number - 1, -1, -1) if filled(rows[one])), None)):
            continue
        if found and (filled(rows[number])[-1] > widest or cell_text(rows[number][filled(rows[number])[0]])[0] == "#"):
            break  # a sentence with commas, or a comment
        # the last row may name the areas alone, with the names of the figures above it
        is_last = not found and (beside(number) or len(filled(rows[number])) >= 2)
        is_name = not found and number > 0 and beside(number - 1)
        is_second = found and not beside(found[0]) and len(filled(rows[found[0]])) == 1
        if is_last or is_name or (found and (len(beside(number)) >= 2 or (is_second and beside(number)))):
            found.insert(0, number)
        else:
            break
    if not found:
        raise unknown(rows, where, "a row of names above the first area", remedy="write the names of the columns above")
    return found


def _joined(header: Sequence[Row], place: int) -> list[str]:
    """Return one name per column from a header of several rows; upper names hold to the right until the next."""
    kept = [row for row in header if not all(_ADDRESS.match(cell_text(row[at])) for at in filled(row))] or header[-1:]
    width = max(max(len(row) for row in kept), place + 1)
    what = ""
    if len(kept) > 1 and len(filled(kept[-1])) == 1:
        # what the areas are called, in a row of its own
        what, kept = words(kept[-1]), kept[:-1]
    names: list[list[str]] = [[] for _ in range(width)]
    for number, row in enumerate(kept):
        above = ""
        for at in range(width):
            text = " ".join(cell_text(row[at]).split("\n")) if at < len(row) else ""
            is_upper = number < len(kept) - 1 and len(filled(kept[-1])) > 1
            above = text or (above if is_upper and at > place else "")
            if above and above not in names[at]:
                names[at].append(above)
    # what only holds over from the left names nothing: a column of trailing commas
    own = {at for row in kept for at in filled(row)}
    names = [parts if at in own else [] for at, parts in enumerate(names)]
    joined = [(parts[-1] if at <= place else BETWEEN.join(parts)) if parts else "" for at, parts in enumerate(names)]
    joined[place] = what or joined[place]
    return joined


def _without_codes(rows: Sequence[Row], where: str, named: int | None) -> Parts:
    """Return the parts of a table without codes of areas: a lookup, or a list of names."""
    near = [len(filled(row)) for row in rows[:SEARCHED]]
    usual = Counter(width for width in near if width).most_common(1)
    top = named
    if top is None and usual:
        least = max(usual[0][0] / 2, min(2, usual[0][0]))
        top = next((number for number, width in enumerate(near) if width >= least), None)
    if top is None:
        raise unknown(rows, where, "a row of names")
    header = [cell_text(cell) for cell in rows[top]]
    body = [row for row in rows[top + 1 :] if filled(row)]
    parts = Parts(header, body, header_rows=(top + 1,))
    parts.titles = [text for row in rows[:top] if (text := words(row))]
    # notes below: rows of one cell, where the table has more
    while len(header) > 2 and body and len(filled(body[-1])) == 1 and len(body[-1]) in (1, len(header)):
        if filled(body[-1]) != [0]:
            break
        if len(body[-1]) == 1 and not parts.notes and " " not in words(body[-1]).strip():
            break  # the beginning of a row that was cut
        parts.notes.insert(0, words(body.pop()))
    return parts


def _be_whole(rows: Sequence[Row], last: int, parts: Parts, where: str) -> None:
    """Raise if the bytes end too early: within a code, or without the notes that the export ends with."""
    after = [row for row in rows[last + 1 :] if filled(row)]
    if len(after) == 1 and len(after[0]) == 1 and _CUT_CODE.fullmatch(cell_text(after[0][0])):
        raise _cut_short(where, "rows that end", f"{cell_text(after[0][0])!r} at the end")
    titles = " ".join(parts.titles).casefold()
    if any(one in titles for one in _ENDS_WITH_NOTES) and not parts.notes:
        raise _cut_short(where, "an export that ends with its notes or copyright", "nothing after the last row")


def _table(parts: Parts, where: str) -> PublishedTable:
    header, body = parts.header, parts.body
    while header and not header[-1] and not any(len(row) >= len(header) and cell_text(row[-1]) for row in body[:50]):
        header = header[:-1]
    width = len(header)
    lengths = [max(width, *(at + 1 for at in filled(row))) if len(row) > width else len(row) for row in body]
    longer = [number for number, length in enumerate(lengths) if length > width]
    if longer and len(longer) == len(body) and set(lengths) == {width + 1} and _is_numbered(body):
        # a program that wrote numbers of rows without a name for them
        header, width = ["", *header], width + 1
    elif longer:
        raise unknown(
            [header, *(body[number] for number in longer[:3])],
            where,
            f"{width} cells in each row, as in the header",
            f"{lengths[longer[0]]} in {len(longer):,} rows; a comma in a name that is not quoted would do that",
        )
    shorter = [number for number, length in enumerate(lengths) if length < width]
    if shorter and shorter[-1] == len(body) - 1 and lengths[-1] < min(lengths[:-1], default=width):
        raise _cut_short(where, f"{width} cells in the last row, as in the header", f"{lengths[-1]}")
    if body and len(shorter) == len(body):
        raise unknown([header, *body[:2]], where, f"{width} cells in each row, as in the header", f"{max(lengths)}")
    cells = np.full((len(body), width), "", dtype=object)
    if shorter:
        parts.left_out.append(f"{len(shorter):,} rows end early: taken as blank cells")
        for number, row in enumerate(body):
            cells[number, : len(row)] = row[:width]
    elif body:
        cells[:] = [row[:width] for row in body]
    unnamed = [at for at, name in enumerate(header) if not name and any(cell_text(row[at]) for row in cells[:50])]
    if unnamed:
        parts.left_out.append("columns without a name: " + ", ".join(str(at + 1) for at in unnamed[:_SHOWN]))
    repeated = {name for name, times in Counter(header).items() if name and times > 1}
    if repeated:
        parts.left_out.append(f"columns that share a name: {', '.join(sorted(repeated))}")
    columns = {name: cells[:, at] for at, name in enumerate(header) if name and name not in repeated}
    area = header[parts.area] if parts.area >= 0 else ""
    if parts.area >= 0 and area not in columns:
        area = "area"
        columns = {area: cells[:, parts.area], **columns}
    seen = Seen(
        area=area,
        titles=tuple(parts.titles),
        notes=tuple(parts.notes),
        header_rows=parts.header_rows,
        left_out=tuple(parts.left_out),
        repeated=frozenset(repeated),
    )
    return PublishedTable(where, _qualified(columns), seen)


def _is_numbered(body: Sequence[Row]) -> bool:
    first = [cell_text(row[0]) for row in body[:50]]
    return first in ([str(at) for at in range(len(first))], [str(at + 1) for at in range(len(first))])


def _qualified(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return columns with a qualifier (``PatientsQF``: ``c``) for the blank or the 0 that it explains, as ``[c]``."""
    for name, cells in list(columns.items()):
        beside = next((columns[one] for one in (f"{name}QF", f"{name}_QF", f"{name} QF") if one in columns), None)
        if beside is None:
            continue
        meant = np.array([_QUALIFIERS.get(cell_text(cell).casefold(), "") for cell in beside], dtype=object)
        blank = np.array([cell_text(cell) in ("", "0") for cell in cells], dtype=bool)
        if (blank & (meant != "")).any():
            columns[name] = np.where(blank & (meant != ""), meant, cells)
    return columns


def _zones_in(grid: Grid, *, is_list: bool) -> tuple[int, int]:
    """Return how many rows of a grid have a code of a zone and a figure (of a list: the code), and how many a code."""
    coded = [row for row in grid.rows if any(code_in(cell)[:3] in ("S00", "S01", "S02") for cell in row)]
    return (len(coded) if is_list else sum(any(map(is_figure, row)) for row in coded)), len(coded)


def _worth(grid: Grid, counted: Mapping[str, tuple[int, int]]) -> tuple[bool, int, int, int]:
    """Return what makes a sheet the one that is meant: in sight, with most zones, and of two of these, most figures."""
    with_figures, zones = counted[grid.sheet]
    figures = sum(is_figure(cell) for row in grid.rows[:50] for cell in row)
    return zones > 0 and not grid.is_hidden, with_figures, zones, figures


def _cut_short(where: str, expected: str, found: object) -> UnreadableSource:
    return UnreadableSource(
        "A file is damaged or cut short",
        where=where,
        expected=expected,
        found=found,
        remedy="fetch the file again with `localities sources fetch`",
    )
