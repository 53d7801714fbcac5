"""Is this file what it should be? Checks of downloaded files, and archives opened within limits.

A publisher's server may answer with an error page, half a file, or nothing; an archive may unpack to a thousand times
its size or write outside its folder. `sniff` refuses the first, `open_safely` the second. What the *contents* mean is
for the readers.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
import sqlite3
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from indicators.errors import UnreadableSource
from indicators.readers.shared.grids import IN_ZIPS
from indicators.readers.shared.records import loaded

MAX_FILES = 2_000
MAX_TOTAL_BYTES = 4_000_000_000
MAX_RATIO = 200
# Below this size a high ratio is harmless: a column of zeros in a small file compresses a thousandfold.
_RATIO_FROM_BYTES = 1_000_000
_CHUNK = 1 << 20
_HEAD = 64 * 1024
_WHOLE_JSON_BYTES = 30_000_000

_UNSAFE_NAME = re.compile(r'[<>:"|?*\\\x00-\x1f]')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError)


class SafeArchive:
    """A zip archive whose list of members has passed the limits. Made by `open_safely`."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self._members = {info.filename: info for info in archive.infolist() if not info.is_dir()}

    @property
    def names(self) -> list[str]:
        """The files inside, in the archive's order, with ``/`` between folders."""
        return list(self._members)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Yield one member as a stream of bytes.

        Raises
        ------
        UnreadableSource
            If the archive has no such member, or its bytes are damaged.
        """
        info = self._member(name)
        try:
            stream = self._archive.open(info)
        except _DAMAGE as error:
            raise _unreadable(self.path, "The archive is damaged", "members that open", f"{name}: {error}") from error
        with stream:
            try:
                yield stream
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise _unreadable(self.path, "The archive is damaged", "members whose checksums hold", name) from error

    def test(self) -> None:
        """Read every member to its end and compare its checksum.

        Raises
        ------
        UnreadableSource
            Naming the first member that is damaged.
        """
        for name in self._members:
            with self.open(name) as stream:
                while stream.read(_CHUNK):
                    pass

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self._members:
            raise _unreadable(self.path, "The archive lacks a file", name, ", ".join(self.names[:5]) or "no files")
        return self._members[name]


@contextmanager
def open_safely(
    path: Path,
    *,
    max_files: int = MAX_FILES,
    max_total_bytes: int = MAX_TOTAL_BYTES,
    max_ratio: float = MAX_RATIO,
) -> Iterator[SafeArchive]:
    """Yield a zip archive after checking what it says that it holds.

    Refused before anything is unpacked: more than ``max_files`` members, more than ``max_total_bytes`` unpacked, a
    member above 1 MB that is more than ``max_ratio`` times its packed size, a path that is absolute, climbs with
    ``..``, or is not a file name on every operating system, a symbolic link, an encrypted member, two members with
    one name (also where they differ by case only). A member that unpacks to more than it declares ends in a failed
    checksum, not in a full disk.

    Raises
    ------
    UnreadableSource
        Naming the file, the member and the limit.
    """
    path = Path(path)
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise _unreadable(path, "The archive is missing", "a file", "none") from error
    except _DAMAGE as error:
        raise _unreadable(path, "The archive is truncated or not a zip", "a zip file", str(error)) from error
    with archive:
        infos = archive.infolist()
        if len(infos) > max_files:
            raise _unreadable(path, "The archive holds too many files", f"at most {max_files:,}", f"{len(infos):,}")
        total = sum(info.file_size for info in infos)
        if total > max_total_bytes:
            raise _unreadable(
                path, "The archive unpacks to too much", f"at most {max_total_bytes:,} bytes", f"{total:,} bytes"
            )
        seen: set[str] = set()
        for info in infos:
            _refuse_unsafe(path, info, max_ratio)
            key = info.filename.rstrip("/").casefold()
            if key in seen:
                raise _unreadable(path, "The archive holds one name twice", "each file once", info.filename)
            seen.add(key)
        yield SafeArchive(path, archive)


def sniff(path: Path, file_format: str) -> None:
    """Check that a file is whole and has the form that its source declares.

    Parameters
    ----------
    path
        The file.
    file_format
        One of the formats of a declaration: ``csv, csv_bz2, csv_gz, csv_xz, csv_zip, geojson, geopackage, json,
        parquet, shapefile_zip, xlsx`` (any workbook).

    Raises
    ------
    UnreadableSource
        If the file is missing, empty, an HTML or XML page, an error message in JSON, cut short, or another format.
    ValueError
        If the format is not one of them.
    """
    path = Path(path)
    if file_format not in _SNIFFERS:
        raise ValueError(f"unknown format {file_format!r}; known: {', '.join(_SNIFFERS)}")
    if not path.is_file():
        raise _unreadable(path, "The file is missing", "a file", "none")
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    start = _start(head)
    if not start:
        raise _unreadable(path, "The file is empty", f"a {file_format} file", f"{path.stat().st_size:,} bytes")
    if start.startswith(b"<"):
        shown = start[:60].decode("utf-8", "replace")
        raise _unreadable(path, "The file is a web page, not data", f"a {file_format} file", shown)
    _SNIFFERS[file_format](path, head)


def _start(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _unreadable(path: Path, what: str, expected: str, found: str) -> UnreadableSource:
    return UnreadableSource(
        what,
        where=path.name,
        expected=expected,
        found=found,
        remedy="download it again, or supply it by hand with `localities sources add-file`",
    )


def _refuse_unsafe(path: Path, info: zipfile.ZipInfo, max_ratio: float) -> None:
    name = info.filename
    parts = PurePosixPath(name).parts
    bad_part = next(
        (
            part
            for part in parts
            if _UNSAFE_NAME.search(part)
            or part.endswith((".", " "))  # also one that climbs: ..
            or part.split(".")[0].casefold() in _DEVICES
        ),
        None,
    )
    # orig_filename is the name before zipfile cut it at a NUL or turned separators round.
    if name.startswith("/") or bad_part or not parts or _UNSAFE_NAME.search(info.orig_filename):
        raise _unreadable(path, "The archive holds an unsafe path", "paths inside one folder", repr(info.orig_filename))
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode) or (stat.S_IFMT(mode) and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))):
        raise _unreadable(path, "The archive holds a link or a device", "files and folders", name)
    if info.flag_bits & 0x1:
        raise _unreadable(path, "The archive is encrypted", "files without a password", name)
    if info.file_size > _RATIO_FROM_BYTES and info.file_size > max_ratio * max(info.compress_size, 1):
        ratio = info.file_size / max(info.compress_size, 1)
        raise _unreadable(
            path,
            "A file in the archive unpacks suspiciously far",
            f"at most {max_ratio:g} times",
            f"{name}: {ratio:,.0f}",
        )


def _sniff_text(path: Path, head: bytes) -> None:
    start = _start(head)
    if start.startswith(b"{"):
        shown = start[:80].decode("utf-8", "replace")
        raise _unreadable(path, "The file is a message in JSON, not a table", "a csv file", shown)
    # text in UTF-16 has a mark, or a NUL in every other byte
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00\x00" in (head[1:4:2], head[:3:2])
    if b"\x00" in head and not is_wide:
        raise _unreadable(path, "The file is not text", "a csv file", repr(head[:8]))


def _sniff_csv_gz(path: Path, head: bytes) -> None:
    _sniff_packed(path, head, b"\x1f\x8b", "gzip", gzip.open)


def _sniff_csv_bz2(path: Path, head: bytes) -> None:
    _sniff_packed(path, head, b"BZh", "bzip2", bz2.open)


def _sniff_csv_xz(path: Path, head: bytes) -> None:
    _sniff_packed(path, head, b"\xfd7zXZ", "xz", lzma.open)


def _sniff_packed(path: Path, head: bytes, mark: bytes, name: str, opener: Callable[..., Any]) -> None:
    if not head.startswith(mark):
        raise _unreadable(path, f"The file is not packed with {name}", f"a {name} file", repr(head[:8]))
    try:
        with opener(path, "rb") as stream:
            first = stream.read(_HEAD)
            total = len(first)
            while chunk := stream.read(_CHUNK):
                total += len(chunk)
                if total > MAX_TOTAL_BYTES:
                    raise _unreadable(
                        path, "The file unpacks to too much", f"at most {MAX_TOTAL_BYTES:,} bytes", "more"
                    )
    except _DAMAGE as error:
        raise _unreadable(path, "The file is cut short or damaged", f"a whole {name} file", str(error)) from error
    start = _start(first)
    if not start or start.startswith(b"<"):
        raise _unreadable(path, "The file does not hold a table", "a csv file, packed", repr(start[:60]))
    _sniff_text(path, first)


def _tested_names(path: Path) -> list[str]:
    with open_safely(path) as archive:
        archive.test()
        return archive.names


def _sniff_csv_zip(path: Path, head: bytes) -> None:
    names = _tested_names(path)
    if not any(name.lower().endswith(IN_ZIPS) for name in names):
        raise _unreadable(path, "The archive holds no table", f"one of {', '.join(IN_ZIPS)}", ", ".join(names[:5]))


def _sniff_shapefile_zip(path: Path, head: bytes) -> None:
    names = {name.lower() for name in _tested_names(path)}
    stems = [name[:-4] for name in names if name.endswith(".shp")]
    if not any({f"{stem}.dbf", f"{stem}.shx"} <= names for stem in stems):
        found = ", ".join(sorted(names)[:5]) or "no files"
        raise _unreadable(path, "The archive holds no whole shapefile", "a .shp with its .shx and .dbf", found)


def _sniff_xlsx(path: Path, head: bytes) -> None:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise _unreadable(path, "The workbook has a password", "a workbook that opens without one", repr(head[:8]))
        return  # an old .xls: whoever reads it sees whether it is whole
    names = _tested_names(path)
    is_open_document = "mimetype" in names and "content.xml" in names
    if not is_open_document and (
        "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names)
    ):
        raise _unreadable(path, "The file is a zip but not a workbook", "an .xlsx workbook", ", ".join(names[:5]))


def _sniff_geopackage(path: Path, head: bytes) -> None:
    if not head.startswith(b"SQLite format 3\x00") or len(head) < 100:
        raise _unreadable(path, "The file is not a GeoPackage", "an SQLite database", repr(head[:16]))
    page = int.from_bytes(head[16:18])
    expected = (65_536 if page == 1 else page) * int.from_bytes(head[28:32])
    size = path.stat().st_size
    if size < expected:
        raise _unreadable(path, "The file is cut short", f"{expected:,} bytes", f"{size:,} bytes")
    try:
        # immutable: a check must leave no journal beside a file that it only looks at.
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            found = database.execute("select count(*) from gpkg_contents").fetchone()
        finally:
            database.close()
    except sqlite3.Error as error:
        raise _unreadable(path, "The file is not a GeoPackage", "a table gpkg_contents", str(error)) from error
    if not found or not found[0]:
        raise _unreadable(path, "The GeoPackage is empty", "at least one layer", "none")


def _sniff_geojson(path: Path, head: bytes) -> None:
    expected = "a GeoJSON feature collection"
    if not _start(head).startswith(b"{"):
        raise _unreadable(path, "The file is not GeoJSON", expected, repr(head[:60]))
    size = path.stat().st_size
    if size > _WHOLE_JSON_BYTES:
        with path.open("rb") as stream:
            stream.seek(-1024, 2)
            tail = stream.read().rstrip()
        if not tail.endswith(b"}") or b'"type"' not in head:
            raise _unreadable(path, "The file is cut short or not GeoJSON", expected, repr(tail[-20:]))
        return
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, "The file is cut short or damaged", expected, str(error)) from error
    if document.get("type") != "FeatureCollection" or not document.get("features"):
        found = " ".join(str(document)[:80].split())
        raise _unreadable(path, "The file holds no features", expected, found)


def _sniff_json(path: Path, head: bytes) -> None:
    expected = "a whole JSON object or list, or one on each line"
    if not _start(head).startswith((b"{", b"[")):
        raise _unreadable(path, "The file is not a JSON object", expected, repr(head[:60]))
    try:
        loaded(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, "The file is cut short or damaged", expected, str(error)) from error


def _sniff_parquet(path: Path, head: bytes) -> None:
    # four marked bytes at both ends: a file cut short has lost those of its end
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - 4, 0))
        tail = stream.read(4)
    if not head.startswith(b"PAR1") or tail != b"PAR1":
        raise _unreadable(
            path, "The file is cut short or another format", "a whole Parquet file", repr(head[:4] + b" ... " + tail)
        )


_SNIFFERS = {
    "csv": _sniff_text,
    "csv_bz2": _sniff_csv_bz2,
    "csv_gz": _sniff_csv_gz,
    "csv_xz": _sniff_csv_xz,
    "csv_zip": _sniff_csv_zip,
    "geojson": _sniff_geojson,
    "geopackage": _sniff_geopackage,
    "json": _sniff_json,
    "parquet": _sniff_parquet,
    "shapefile_zip": _sniff_shapefile_zip,
    "xlsx": _sniff_xlsx,
}
