"""Published tables as they come: files that can be read, and columns found by name.

Here: refusing what is no table (absent, empty, HTML), reading delimited text, and naming what is wrong with it. Reading
sheets is in `workbooks`; what cells mean is in `cells`.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indicators.errors import SchemaError, SourceUnavailable, UnreadableSource, compose

__all__ = ["PublishedTable", "read_delimited", "readable_file", "source_file"]


@dataclass(frozen=True)
class PublishedTable:
    """A table as published: cells by column, untouched.

    Parameters
    ----------
    where
        File, and sheet if any, for messages.
    columns
        Cells by name of column, each an object array of shape (rows,).
    """

    where: str
    columns: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str) -> np.ndarray:
        """Return the cells of one column.

        Raises
        ------
        SchemaError
            If there is no such column, naming those there are that look like it.
        """
        try:
            return self.columns[name]
        except KeyError:
            from difflib import get_close_matches

            near = get_close_matches(name.casefold(), [str(one).casefold() for one in self.columns], n=3, cutoff=0.6)
            alike = [one for one in self.columns if str(one).casefold() in near]
            raise SchemaError(
                compose(
                    "A column is missing or renamed",
                    where=self.where,
                    column=name,
                    expected=f"a column named {name}",
                    found=f"{len(self.columns)} columns, the nearest: {', '.join(alike) or 'none alike'}",
                    remedy="if the publisher renamed it, change the name in the declaration of the indicator",
                )
            ) from None

    def rows_where(self, keep: np.ndarray) -> PublishedTable:
        """Return the table with only the rows of a boolean mask."""
        return PublishedTable(self.where, {name: cells[keep] for name, cells in self.columns.items()})


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
            compose(
                f"The file of the source {source_id} is not there",
                where=path,
                expected="a downloaded file",
                found="no file",
                remedy="fetch it with `localities sources fetch`, or add it with `localities sources add-file`",
            )
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
        raise _unreadable("A file is a web page, not data", path, "a table", "HTML")
    return content


def read_delimited(
    path: Path, *, delimiter: str = ",", encodings: Sequence[str] = ("utf-8-sig", "cp1252")
) -> PublishedTable:
    r"""Return a delimited text file, every cell as text.

    Plain or gzipped. Every row must have as many cells as the header, so that a file cut short is noticed.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML, a truncated archive, no text, or has rows of unequal length.
    SchemaError
        If two columns share a name.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "table.csv"
    >>> _ = path.write_text("DZ,count\nS01006506,*\n", encoding="utf-8")
    >>> read_delimited(path).column("count").tolist()
    ['*']
    """
    content = readable_file(path)
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise _unreadable("A compressed file is damaged", path, "a whole gzip file", error) from error
    if b"\x00" in content[:4096] or content[:2] == b"PK":
        raise _unreadable("A file is not delimited text", path, "text with one row per line", "binary data")
    text = _decoded(content, path, encodings)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise _unreadable("A file is not well-formed delimited text", path, "quoted cells that end", error) from error
    header = [name.strip() for name in rows[0]]
    ragged = [number for number, row in enumerate(rows[1:], start=2) if len(row) != len(header)]
    if ragged:
        raise _unreadable(
            "Rows differ in length, so the file may be cut short",
            path,
            f"{len(header)} cells in every row",
            f"{len(rows[ragged[0] - 1])} in row {ragged[0]:,}; {len(ragged):,} such rows",
        )
    return table_of(str(path), header, rows[1:])


def table_of(where: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> PublishedTable:
    """Return rows as a table, its columns named by the header.

    Raises
    ------
    SchemaError
        If two columns share a name.
    """
    repeated = sorted({name for name in header if name and list(header).count(name) > 1})
    if repeated:
        raise SchemaError(
            compose(
                "Two columns share a name",
                where=where,
                column=repeated[0],
                expected="each name once",
                found=", ".join(repeated),
                remedy="fetch the file again, or correct its header",
            )
        )
    cells = np.empty((len(rows), len(header)), dtype=object)
    if rows:
        cells[:] = rows
    return PublishedTable(where, {name: cells[:, place] for place, name in enumerate(header) if name})


def _decoded(content: bytes, path: Path, encodings: Sequence[str]) -> str:
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable("A file is not text in a known encoding", path, " or ".join(encodings), "other bytes")


def _unreadable(what: str, path: Path, expected: str, found: object) -> UnreadableSource:
    return UnreadableSource(
        compose(
            what,
            where=path,
            expected=expected,
            found=found,
            remedy="fetch the file again with `localities sources fetch`",
        )
    )
