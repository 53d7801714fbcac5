"""Published tables as they come: files that can be read, and columns found by name.

Here: refusing what is no table (absent, empty, HTML), and naming the column that is not there. Finding the table in a
file is in `layout`; what cells mean is in `cells`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from indicators.errors import SchemaError, SourceUnavailable, UnreadableSource

BETWEEN = " | "
"""Between the parts of a name that a header of several rows gives."""


@dataclass(frozen=True)
class Seen:
    """What was seen around a table.

    Parameters
    ----------
    area
        Column of the codes of areas; "" where no cell holds one.
    encoding, delimiter, compression, sheet
        How its cells were had.
    sheets
        Every sheet of the workbook, how many of its rows hold the code of a zone, and whether it is hidden.
    titles, notes
        Texts above and below.
    header_rows
        Numbers of the rows that name the columns, from 1.
    left_out
        What was left out or changed, in words.
    repeated
        Names that several columns share: none of these can be asked for.
    """

    area: str = ""
    encoding: str = ""
    delimiter: str = ""
    compression: str = ""
    sheet: str = ""
    sheets: tuple[tuple[str, int, bool], ...] = ()
    titles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    header_rows: tuple[int, ...] = ()
    left_out: tuple[str, ...] = ()
    repeated: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PublishedTable:
    """A table as published: cells by column, untouched.

    Parameters
    ----------
    where
        File, and sheet if any, for messages.
    columns
        Cells by name of column, each an object array of shape (rows,).
    seen
        What was seen around it.
    """

    where: str
    columns: Mapping[str, np.ndarray]
    seen: Seen = field(default_factory=Seen)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str) -> np.ndarray:
        """Return the cells of one column; of a header of several rows its last part will do, where one column has it.

        Raises
        ------
        SchemaError
            If there is no such column, naming those there are that look like it; or several have the name.
        """
        if name in self.seen.repeated:
            raise _shared(self.where, [name])
        try:
            return self.columns[name]
        except KeyError:
            below = [one for one in self.columns if one.endswith(BETWEEN + name)]
            if len(below) == 1:
                return self.columns[below[0]]
            from difflib import get_close_matches

            near = get_close_matches(name.casefold(), [str(one).casefold() for one in self.columns], n=3, cutoff=0.6)
            alike = [one for one in self.columns if str(one).casefold() in near]
            raise SchemaError(
                "A column is missing or renamed",
                where=self.where,
                column=name,
                expected=f"a column named {name}",
                found=f"{len(self.columns)} columns, the nearest: {', '.join(alike) or 'none alike'}",
                remedy="if the publisher renamed it, change the name in the declaration of the indicator",
            ) from None

    def rows_where(self, keep: np.ndarray) -> PublishedTable:
        """Return the table with only the rows of a boolean mask."""
        return replace(self, columns={name: cells[keep] for name, cells in self.columns.items()})


def source_file(files: Mapping[str, Path], source_id: str) -> Path:
    """Return the file of a source.

    Raises
    ------
    SourceUnavailable
        If the source was not fetched or its file is not there.
    """
    path = files.get(source_id)
    if path is None or not Path(path).is_file():
        raise SourceUnavailable(
            f"The file of the source {source_id} is not there",
            where=path,
            expected="a downloaded file",
            found="no file",
            remedy="fetch it with `localities sources fetch`, or add it with `localities sources add-file`",
        )
    return Path(path)


def readable_file(path: Path) -> bytes:
    """Return the bytes of a file that may be a table.

    Raises
    ------
    UnreadableSource
        If the file is empty or a web page.
    """
    content = path.read_bytes()
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        raise _unreadable("A file is empty", path, "a table", f"{len(content):,} bytes")
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body")):
        if b"<table" in content.lower() and re.search(rb"S0[012]\d{6}", content):
            remedy = "open it in a spreadsheet program, and save its table as CSV or as a workbook"
            raise _unreadable("A file is a web page, not data", path, "a table", "HTML with a table", remedy)
        raise _unreadable("A file is a web page, not data", path, "a table", "HTML")
    return content


def table_of(where: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> PublishedTable:
    """Return rows as a table, its columns named by the header.

    Raises
    ------
    SchemaError
        If two columns share a name.
    """
    repeated = sorted({name for name in header if name and list(header).count(name) > 1})
    if repeated:
        raise _shared(where, repeated)
    cells = np.empty((len(rows), len(header)), dtype=object)
    if rows:
        cells[:] = rows
    return PublishedTable(where, {name: cells[:, place] for place, name in enumerate(header) if name})


def _shared(where: str, names: Sequence[str]) -> SchemaError:
    return SchemaError(
        "Two columns share a name",
        where=where,
        column=names[0],
        expected="each name once",
        found=", ".join(names),
        remedy="give each column a name of its own in the file, or ask the publisher which is meant",
    )


def _unreadable(
    what: str,
    path: Path,
    expected: str,
    found: object,
    remedy: str = "fetch the file again with `localities sources fetch`",
) -> UnreadableSource:
    return UnreadableSource(
        what,
        where=path,
        expected=expected,
        found=found,
        remedy=remedy,
    )
