"""Files as rows of cells: text in any encoding, with any delimiter, plain or compressed; sheets of workbooks; Parquet.

Here: what kind of file the bytes are. Text is in `texts`, JSON in `records`, workbooks in `workbooks`; what the rows
mean (titles, header, table, notes) is in `layout`. A file is called damaged only where its bytes are.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from indicators.errors import SchemaError, UnreadableSource
from indicators.readers.shared.published import readable_file
from indicators.readers.shared.records import record_rows
from indicators.readers.shared.texts import damaged, text_rows
from indicators.readers.shared.workbooks import hidden_sheets, read_sheet, sheet_names

Rows = Sequence[Sequence[object]]

_TABLES = (".csv", ".tsv", ".tab", ".dat", ".json", ".txt")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
IN_ZIPS = (*_TABLES, *_WORKBOOKS)
"""Endings of the files of a zip that may be its table."""
_MOST_BYTES = 2_000_000_000
_DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError)
_WORKBOOK = ("xl/", "mimetype")
_OTHERS = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"{\\rtf": "a text document",
    b"<?xml": "an XML document",
}


@dataclass(frozen=True)
class Grid:
    """Rows of cells, and how they were had from the file.

    Parameters
    ----------
    rows
        Cells by row: texts, or of a workbook also numbers and dates. Rows may differ in length.
    sheet
        Name of the sheet, or of the layer of a GeoPackage; "" for text.
    encoding, delimiter, compression
        Of text: what it was read with, in words; "" for a workbook.
    is_hidden
        Whether the workbook hides the sheet.
    """

    rows: Rows
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    compression: str = ""
    is_hidden: bool = False


def read_grids(path: Path, *, sheet: str = "", encoding: str = "") -> list[Grid]:
    r"""Return the grids of a file: one of text or Parquet, one per sheet of a workbook.

    Parameters
    ----------
    path
        Delimited text (plain, gzip, bzip2, xz, or alone in a zip), a workbook, Parquet, JSON records, or the tables of
        a GeoPackage without their geometry.
    sheet
        Of a workbook or GeoPackage: only this sheet or layer.
    encoding
        As declared: obeyed. Without one: what a mark says, else UTF-8, else Windows-1252.

    Raises
    ------
    UnreadableSource
        If the file is empty, HTML, a document, a truncated archive or workbook, or no text in the declared encoding.
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
    if (kind := next((kind for mark, kind in _OTHERS.items() if content.startswith(mark)), "")) or (
        kind := _document_in(path, content)
    ):
        raise UnreadableSource(
            "A file is no table",
            where=path,
            expected="text with one row per line, a workbook or Parquet",
            found=kind,
            remedy="get the table behind it as CSV or as a workbook, from the publisher",
        )
    if content[:4] == b"\xd0\xcf\x11\xe0" or (content[:2] == b"PK" and _is_workbook(path)):
        names = [sheet] if sheet else sheet_names(path)
        hidden = hidden_sheets(path) if len(names) > 1 else frozenset()
        return [Grid(read_sheet(path, name), name, is_hidden=name in hidden) for name in names]
    if content[:4] == b"PAR1":
        return [Grid(_parquet(path, content))]
    if content[:15] == b"SQLite format 3":
        return _layers(path, sheet)
    content, compression = _unpacked(path, content)
    if content[:2] == b"PK" or content[:4] == b"\xd0\xcf\x11\xe0":
        return [replace(one, compression=compression) for one in _from_within(path, content, sheet)]
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return [Grid(record_rows(path, content))]
    rows, used, delimiter = text_rows(path, content, encoding)
    return [Grid(rows, "", used, delimiter, compression)]


def _parquet(path: Path, content: bytes) -> Rows:
    import pandas as pd

    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except (ValueError, OSError) as error:
        raise damaged(path, "a whole Parquet file", error) from error
    if any(frame.index.names):
        frame = frame.reset_index()  # the areas may be what its rows are called by
    frame = frame.astype(object).where(frame.notna(), None)
    return [list(map(str, frame.columns)), *frame.to_numpy().tolist()]


def _layers(path: Path, layer: str) -> list[Grid]:
    """Return the tables of a GeoPackage, without their geometry."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        known = [str(one) for one, _ in pyogrio.list_layers(path)]
        if layer and layer not in known:
            raise SchemaError(
                "A layer is missing or renamed", where=path, expected=f"a layer named {layer}",
                found=", ".join(known) or "no layers", remedy="change the name in the declaration",
            )  # fmt: skip
        tables = {name: pyogrio.read_dataframe(path, layer=name, read_geometry=False)
                  for name in ([layer] if layer else known)}  # fmt: skip
    except (DataSourceError, DataLayerError) as error:
        raise damaged(path, "a whole GeoPackage", error) from error
    grids = []
    for name, table in tables.items():
        cells = table.astype(object).where(table.notna(), None)
        grids.append(Grid([list(map(str, table.columns)), *cells.to_numpy().tolist()], name))
    return grids


def _document_in(path: Path, content: bytes) -> str:
    """Return what document of an office a file is, "" if it is none."""
    if content[:4] == b"\xd0\xcf\x11\xe0" and "EncryptedPackage".encode("utf-16-le") in content:
        return "a workbook that is locked with a password"
    if content[:2] == b"PK" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        kinds = {"word/": "a text document", "ppt/": "slides"}
        return next((kind for start, kind in kinds.items() if any(name.startswith(start) for name in names)), "")
    return ""


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith(_WORKBOOK) for name in archive.namelist())
    except zipfile.BadZipFile:
        return True  # cut short: whoever opens workbooks says so


def _from_within(path: Path, content: bytes, sheet: str) -> list[Grid]:
    """Return the grids of a workbook that was in a zip: whoever opens workbooks wants a file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder) / path.name
        inner.write_bytes(content)
        return read_grids(inner, sheet=sheet)


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
                name = _the_table(path, archive.namelist())
                with archive.open(name) as stream:
                    return _limited(path, stream.read(_MOST_BYTES + 1)), f"zip, {name}"
    except _DAMAGE as error:
        raise damaged(path, "a whole compressed file without a password", error) from error
    return content, ""


def _the_table(path: Path, names: Sequence[str]) -> str:
    """Return which file of a zip is its table: the only one, whatever else explains it."""
    real = [one for one in names if not (one.endswith("/") or "__MACOSX" in one or PurePosixPath(one).name[0] == ".")]
    for endings in (_TABLES[:-1], _WORKBOOKS, _TABLES):
        found = [one for one in real if one.casefold().endswith(endings)]
        if len(found) == 1:
            return found[0]
        if found:
            break
    raise SchemaError(
        "A zip does not hold one table",
        where=path,
        expected=f"one file that ends with {', '.join(IN_ZIPS)}",
        found=", ".join(found or real[:8]) or "nothing",
        remedy="unpack it, and give the file that is meant",
    )


def _limited(path: Path, content: bytes) -> bytes:
    if len(content) > _MOST_BYTES:
        raise damaged(path, f"at most {_MOST_BYTES:,} bytes unpacked", "more")
    return content
