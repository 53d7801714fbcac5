"""Delimited text as rows of cells: which encoding, and what parts the cells."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

from indicators.errors import SchemaError, UnreadableSource
from indicators.readers.shared.rows import code_in

_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar", " ": "spaces"}
_DELIMITERS = (",", "\t", ";", "|")
_LOOKED_AT = 300
_CODE = re.compile(r"[SEWNsewn]\d{8}(?!\d)")


def text_rows(path: Path, content: bytes, encoding: str = "") -> tuple[list[list[str]], str, str]:
    """Return the rows of a text, the encoding that it was read with, and what parts its cells, in a word.

    Parameters
    ----------
    path
        For messages.
    content
        The bytes, unpacked.
    encoding
        As declared: obeyed. Without one: what a mark says, else UTF-8, else Windows-1252.

    Raises
    ------
    UnreadableSource
        If it ends within a quoted cell, or is no text.
    SchemaError
        If it is not in the declared encoding, or quotes within cells leave open where a cell ends.
    """
    text, used = _decoded(path, content, encoding)
    if "\n" not in text:
        text = text.replace("\r", "\n")
    delimiter = _delimiter(text)
    if text[:4].casefold() == "sep=":
        text = text.partition("\n")[2]
    rows = _rows(path, text, delimiter)
    if all(len(row) < 2 for row in rows) and any(code_in(cell) for row in rows[:_LOOKED_AT] for cell in row):
        # each row in quotes of its own: a table that was exported twice
        whole = "\n".join(row[0] if row else "" for row in rows)
        delimiter = _delimiter(whole)
        rows = _rows(path, whole, delimiter)
    return rows, used, _NAMES.get(delimiter, repr(delimiter))


def _rows(path: Path, text: str, delimiter: str) -> list[list[str]]:
    def read(*, strict: bool) -> list[list[str]]:
        stream = io.StringIO(text, newline="")
        return list(csv.reader(stream, delimiter=delimiter, strict=strict, skipinitialspace=delimiter == " "))

    try:
        return read(strict=True)
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise damaged(path, "quoted cells that end", error) from error
    # quotes within a quoted cell, which should have been doubled
    rows = read(strict=False)
    if swallowed := next((cell for row in rows for cell in row if "\n" in cell and _CODE.search(cell)), ""):
        raise SchemaError(
            "The layout of this table is not known",
            where=path,
            expected="quotes within a cell doubled, or none",
            found=f"a cell that goes on over several rows: {swallowed[:80]!r}",
            remedy="save the table again with a spreadsheet program, as CSV",
        )
    return rows


def _decoded(path: Path, content: bytes, declared: str) -> tuple[str, str]:
    """Return the text, and the encoding that it was read with."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        guesses = ["utf-16"]
    elif content[1:2] == b"\x00" and content[3:4] == b"\x00":
        guesses = ["utf-16-le"]
    elif content[:1] == b"\x00" and content[2:3] == b"\x00" and content[1:2] != b"\x00":
        guesses = ["utf-16-be"]
    elif b"\x00" in content[:4096]:
        raise damaged(path, "text with one row per line, a workbook or Parquet", "binary data")
    else:
        guesses = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in [declared] if declared else guesses:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            if declared:
                fits = next(one for one in guesses if _fits(content, one))
                raise SchemaError(
                    "A file is not in the encoding that is declared",
                    where=path,
                    expected=declared,
                    found=f"a byte that it does not have at {error.start:,}; {fits} fits",
                    remedy=f"declare encoding: {fits} in the declaration of the source, if names look right so",
                ) from error
            continue
        return text.removeprefix("\ufeff"), "utf-8" if encoding == "utf-8-sig" else encoding
    raise damaged(path, "text", "bytes of no encoding")


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    """Return what parts cells: that by which most rows fall into most cells, as many in each."""
    if text[:4].casefold() == "sep=" and len(text.partition("\n")[0].rstrip("\r")) == 5:
        return text[4]
    lines = text[:200_000].split("\n")[:_LOOKED_AT]
    coded = [line for line in lines if _CODE.search(line)]
    is_plain = not any(one in line for line in coded for one in _DELIMITERS)
    if is_plain and 2 * len(coded) > len(lines) and all(len(line.split()) > 1 for line in coded):
        return " "

    def score(delimiter: str) -> int:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            return 0
        counted = Counter(width for width in widths if width > 1)
        return max((width - 1) * rows for width, rows in counted.items()) if counted else 0

    return max(_DELIMITERS, key=score)


def damaged(path: Path, expected: str, found: object) -> UnreadableSource:
    """Return the error for a file whose bytes are not whole."""
    return UnreadableSource(
        "A file is damaged or cut short",
        where=path,
        expected=expected,
        found=found,
        remedy="fetch the file again with `localities sources fetch`",
    )
