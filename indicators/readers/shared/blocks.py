"""One row per area made of other layouts: blocks per area, codes filled down, tables under each other, areas across.

Of several tables with columns or areas of their own, one is taken and the others are named.
Where a table is in its grid is found in `layout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, zip_longest

from indicators.readers.shared.cells import proposed_meaning
from indicators.readers.shared.rows import SEARCHED, Parts, Row, code_in, filled, is_count, is_figure, unknown, words
from indicators.readers.shared.workbooks import cell_text

_LEAST_ACROSS = 3


def is_in_blocks(rows: Sequence[Row], first: tuple[int, int]) -> bool:
    """Return whether codes stand in headings: no row with one has figures, and rows without one have."""
    near = rows[first[0] : first[0] + SEARCHED]
    with_code = [row for row in near if any(code_in(cell) for cell in row)]
    others = [row for row in near if not any(code_in(cell) for cell in row)]
    return not any(is_figure(cell) for row in with_code for cell in row) and any(
        is_figure(cell) for row in others for cell in row[1:]
    )


def blocks(rows: Sequence[Row], where: str, first: tuple[int, int]) -> Parts:
    """Return the parts of one block of rows per area: its code in a heading, perhaps a header in each block."""
    heads = [(number, code) for number, row in enumerate(rows) if (code := next(filter(None, map(code_in, row)), ""))]
    after = rows[first[0] + 1 : heads[1][0] if len(heads) > 1 else len(rows)]
    names = next((row for row in after if len(filled(row)) > 1 and not any(map(is_figure, row))), None)
    if names is None:
        above = [row for row in rows[: first[0]] if len(filled(row)) > 1]
        if not above:
            raise unknown(rows, where, "names of columns above or in the block of each area")
        names = above[-1]
    header = [cell_text(cell) for cell in names]
    under = next((row for row, above in zip(after[1:], after, strict=False) if above is names), ())
    own = header
    if filled(under) == [0]:
        # the upper left cell names what is across; what is down stands under it
        header = [cell_text(under[0]), *header[1:]]
    body: list[Row] = []
    notes = []
    for (number, code), end in zip(heads, [*(one for one, _ in heads[1:]), len(rows)], strict=True):
        for row in rows[number + 1 : end]:
            places = filled(row)
            cells = [cell_text(row[at]) for at in places if at]
            if any(is_figure(row[at]) for at in places if at) or (cells and all(map(proposed_meaning, cells))):
                body.append([code, *row])
            elif places and [cell_text(cell) for cell in row] != own and row != under:
                notes.append(words(row))
    parts = Parts(["area", *header], body, 0, notes=notes)
    parts.left_out.append(f"one block of rows for each of {len(heads):,} areas: the code in its heading is on each row")
    return parts


def filled_down(rows: Sequence[Row], codes: list[str], place: int) -> list[str]:
    """Return codes filled down, where each stands on the first of equally many rows."""
    at = [number for number, code in enumerate(codes) if code]
    between = {after - before for before, after in pairwise(at)}
    if len(at) < 2 or len(between) != 1 or between == {1}:
        return codes
    step = between.pop()
    blank = all(
        len(rows[number]) > place and not cell_text(rows[number][place]) and any(map(is_figure, rows[number]))
        for start in at
        for number in range(start + 1, start + step)
        if number < len(rows)
    )
    if not blank or at[-1] + step > len(rows):
        return codes
    result = list(codes)
    for start in at:
        result[start : start + step] = [codes[start]] * step
    return result


def headings(rows: Sequence[Row], header: int, codes: Sequence[str]) -> list[str]:
    """Return what stands above the table of each row, where tables of one header stand under each other.

    Of "date", "June 2023" and "date", "June 2024" the months are left.

    Parameters
    ----------
    rows
        The grid from its first row on.
    header
        Number of the last row of the first table's header.
    codes
        Code of each row of the grid, "" for none.
    """
    names = [cell_text(cell) for cell in rows[header]]
    starts = [number for number, row in enumerate(rows) if number >= header and _says(row, names)]
    if len(starts) < 2:
        return []
    above = [next((number for number in range(start - 1, -1, -1) if filled(rows[number])), -1) for start in starts]
    cells = [[] if at < 0 or codes[at] else [cell_text(rows[at][place]) for place in filled(rows[at])] for at in above]
    if all(len(one) > 1 for one in cells) and len({one[0] for one in cells}) == 1:
        cells = [one[1:] for one in cells]  # "date", and the month beside it
    labels = [" ".join(one) for one in cells]
    if not any(labels[1:]) and len(set(filter(None, codes))) == len(list(filter(None, codes))):
        return []  # the header stands again on each page
    if len(set(labels)) < len(labels):
        labels = [str(number + 1) for number in range(len(starts))]
    found, at = [], 0
    for number, code in enumerate(codes):
        while at + 1 < len(starts) and number > starts[at + 1]:
            at += 1
        if code:
            found.append(labels[at])
    return found


def _says(row: Row, names: Sequence[str]) -> bool:
    """Return whether the cells of a row are these texts; most rows differ in the first."""
    return len(row) == len(names) and all(cell_text(cell) == name for cell, name in zip(row, names, strict=True))


def turned(rows: Sequence[Row]) -> Sequence[Row]:
    """Return a grid with areas down, also where they stand across in one row."""
    for number, row in enumerate(rows[:SEARCHED]):
        across = {code for code in map(code_in, row) if code}
        if not across:
            continue
        if len(across) < _LEAST_ACROSS or len({code[:3] for code in across}) > 1:
            return rows
        if any(code_in(cell) for below in rows[number + 1 : number + 20] for cell in below):
            return rows
        return [list(column) for column in zip_longest(*rows[number:], fillvalue="")]
    return rows


def until_another(rows: Sequence[Row], start: int, place: int, header: int) -> tuple[Sequence[Row], list[str]]:
    """Return the rows down to where a table with other columns begins, and what is said of that."""
    names = [cell_text(cell) for cell in rows[header]]
    for number in range(start + 1, len(rows) - 1):
        row = rows[number]
        if len(row) <= place or code_in(row[place]) or not cell_text(row[place]) or _says(row, names):
            continue
        others = [cell_text(cell) for cell in row]
        following = next((one for one in rows[number + 1 :] if filled(one)), ())
        is_followed = len(following) > place and code_in(following[place]) and any(map(is_figure, following))
        if is_followed and len(filled(row)) > 1 and not any(map(is_count, row)):
            while number > start and not code_in(rows[number - 1][place] if len(rows[number - 1]) > place else ""):
                number -= 1  # its titles go with it
            shown = ", ".join(text for text in others if text)
            return rows[:number], [f"another table below, of {shown}: save it alone to read it"]
    return rows, []


def another_beside(rows: Sequence[Row], start: int, place: int, header: int) -> int:
    """Return the column where a table of other areas begins to the right, 0 where none does."""
    first = code_in(rows[start][place])[:3]
    names = [cell_text(cell) for cell in rows[header]]
    for at in range(place + 1, len(rows[start])):
        is_parted = not any(len(row) >= at and cell_text(row[at - 1]) for row in rows[header : start + SEARCHED])
        is_named_alike = at < len(names) and place < len(names) and names[at] == names[place] != ""
        if code_in(rows[start][at])[:3] != first or not (is_parted or is_named_alike):
            continue
        if any(code_in(row[at]) != code_in(row[place]) for row in rows[start:] if len(row) > at and code_in(row[at])):
            return at - is_parted
    return 0
