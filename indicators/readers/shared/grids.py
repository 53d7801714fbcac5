"""Files as rows of cells: text in any encoding, with any delimiter, plain or compressed; sheets of workbooks; Parquet.

Here: what the bytes are. What the rows mean (titles, header, table, notes) is in `layout`. A file is called damaged
only where its bytes are.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indicators.errors import SchemaError, UnreadableSource, compose
from indicators.readers.shared.published import readable_file
from indicators.readers.shared.workbooks import read_sheet, sheet_names

__all__ = ["Grid", "read_grids"]

Rows = Sequence[Sequence[object]]

_DELIMITERS = (",", "\t", ";", "|")
_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_LOOKED_AT = 300
_TABLES = (".csv", ".txt", ".tsv", ".tab", ".dat")
_MOST_BYTES = 2_000_000_000
_DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
_WORKBOOK = ("xl/", "mimetype", "[Content_Types].xml")


@dataclass(frozen=True)
class Grid:
    """Rows of cells, and how they were had from the file.

    Parameters
    ----------
    rows
        Cells by row: texts, or of a workbook also numbers and dates. Rows may differ in length.
    sheet
        Name of the sheet; "" for text.
    encoding, delimiter, compression
        Of text: what it was read with, in words; "" for a workbook.
    """

    rows: Rows
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    compression: str = ""


def read_grids(path: Path, *, sheet: str = "", encoding: str = "") -> list[Grid]:
    r"""Return the grids of a file: one of text or Parquet, one per sheet of a workbook.

    Parameters
    ----------
    path
        Delimited text (plain, gzip, bzip2, xz, or alone in a zip), a workbook, Parquet, or JSON records.
    sheet
        Of a workbook: only this sheet.
    encoding
        As declared: obeyed. Without one: what a mark says, else UTF-8, else Windows-1252.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML, a truncated archive or workbook, or no text in the declared encoding.
    SchemaError
        If a workbook has no such sheet, or a zip holds several tables.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "homes.csv"
    >>> _ = path.write_bytes("DataZone;Homes under £200k\nS01006506;9\n".encode("cp1252"))
    >>> (grid,) = read_grids(path)
    >>> grid.rows[0], grid.encoding, grid.delimiter
    (['DataZone', 'Homes under £200k'], 'cp1252', 'semicolon')
    """
    content = readable_file(path)
    if content[:4] == b"\xd0\xcf\x11\xe0" or (content[:2] == b"PK" and _is_workbook(path)):
        names = [sheet] if sheet else sheet_names(path)
        return [Grid(read_sheet(path, name), name) for name in names]
    if content[:4] == b"PAR1":
        import pandas as pd

        try:
            frame = pd.read_parquet(io.BytesIO(content))
        except (ValueError, OSError) as error:
            raise _damaged(path, "a whole Parquet file", error) from error
        frame = frame.astype(object).where(frame.notna(), None)
        return [Grid([list(map(str, frame.columns)), *frame.to_numpy().tolist()])]
    content, compression = _unpacked(path, content)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return [Grid(_records(path, content))]
    text, used = _decoded(path, content, encoding)
    if "\n" not in text:
        text = text.replace("\r", "\n")
    delimiter = _delimiter(text)
    if text[:4].casefold() == "sep=":
        text = text.partition("\n")[2]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _damaged(path, "quoted cells that end", error) from error
    return [Grid(rows, "", used, _NAMES.get(delimiter, repr(delimiter)), compression)]


def _records(path: Path, content: bytes) -> Rows:
    """Return the rows of the first list of records in JSON, such as the answer of a data portal."""
    try:
        left = [json.loads(content.decode("utf-8-sig"))]
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "whole JSON", error) from error
    longest: list[dict[str, object]] = []
    while left:
        part = left.pop(0)
        # the records of an answer outnumber what it says of their fields
        if isinstance(part, list) and len(part) > len(longest) and all(isinstance(one, dict) for one in part):
            longest = part
        inside = part.values() if isinstance(part, dict) else part if part is not longest else ()
        left += [one for one in inside if isinstance(one, dict | list)]
    if longest:
        names = list(dict.fromkeys(name for one in longest for name in one))
        return [names, *([one.get(name) for name in names] for one in longest)]
    raise SchemaError(
        compose(
            "The layout of this table is not known",
            where=path,
            expected="a list of records in JSON, one per area",
            found=content[:80].decode("utf-8", "replace"),
            remedy="get the table as CSV",
        )
    )


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith(_WORKBOOK) for name in archive.namelist())
    except zipfile.BadZipFile:
        return True  # cut short: whoever opens workbooks says so


def _unpacked(path: Path, content: bytes) -> tuple[bytes, str]:
    """Return text from a compressed file, and how it was compressed."""
    try:
        for mark, name, opener in (
            (b"\x1f\x8b", "gzip", gzip.open),
            (b"BZh", "bzip2", bz2.open),
            (b"\xfd7zXZ", "xz", lzma.open),
        ):
            if content.startswith(mark):
                with opener(io.BytesIO(content), "rb") as stream:
                    return _limited(path, stream.read(_MOST_BYTES + 1)), name
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = [one for one in archive.namelist() if one.casefold().endswith(_TABLES)]
                if len(names) != 1:
                    raise SchemaError(
                        compose(
                            "A zip does not hold one table",
                            where=path,
                            expected=f"one file that ends with {', '.join(_TABLES)}",
                            found=", ".join(names or archive.namelist()[:8]) or "nothing",
                            remedy="unpack it, and give the file that is meant",
                        )
                    )
                with archive.open(names[0]) as stream:
                    return _limited(path, stream.read(_MOST_BYTES + 1)), f"zip, {names[0]}"
    except _DAMAGE as error:
        raise _damaged(path, "a whole compressed file", error) from error
    return content, ""


def _limited(path: Path, content: bytes) -> bytes:
    if len(content) > _MOST_BYTES:
        raise _damaged(path, f"at most {_MOST_BYTES:,} bytes unpacked", "more")
    return content


def _decoded(path: Path, content: bytes, declared: str) -> tuple[str, str]:
    """Return the text, and the encoding that it was read with."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        guesses = ["utf-16"]
    elif content[1:2] == b"\x00" and content[3:4] == b"\x00":
        guesses = ["utf-16-le"]
    elif b"\x00" in content[:4096]:
        raise _damaged(path, "text with one row per line, a workbook or Parquet", "binary data")
    else:
        guesses = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in [declared] if declared else guesses:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            if declared:
                fits = next(one for one in guesses if _fits(content, one))
                raise SchemaError(
                    compose(
                        "A file is not in the encoding that is declared",
                        where=path,
                        expected=declared,
                        found=f"a byte that it does not have at {error.start:,}; {fits} fits",
                        remedy=f"declare encoding: {fits} in the declaration of the source, if names look right so",
                    )
                ) from error
            continue
        return text.removeprefix("\ufeff"), "utf-8" if encoding == "utf-8-sig" else encoding
    raise _damaged(path, "text", "bytes of no encoding")


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

    def score(delimiter: str) -> int:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            return 0
        counted = Counter(width for width in widths if width > 1)
        return max((width - 1) * rows for width, rows in counted.items()) if counted else 0

    return max(_DELIMITERS, key=score)


def _damaged(path: Path, expected: str, found: object) -> UnreadableSource:
    return UnreadableSource(
        compose(
            "A file is damaged or cut short",
            where=path,
            expected=expected,
            found=found,
            remedy="fetch the file again with `localities sources fetch`",
        )
    )
