"""Backup and restoring of what only a working folder knows: what no publisher would give again, and no run compute.

A backup is one zip file with the same bytes for the same content. It holds settings, own boundaries, given names, own
declarations, what people decided, editions, and of the downloads those that a person added or accepted; never what a
publisher gives again or the next run makes: other downloads, store, caches, publications.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from indicators.errors import ConfigError, UnreadableSource, some
from pipelines.folders import GIVEN
from pipelines.storage.whole import sync

if TYPE_CHECKING:
    from pipelines.folders import Home

_KEPT = (
    "settings.yaml",
    "names.csv",
    *(f"{folder}/**/*" for folder in GIVEN),
    "downloads/*/*",
    "editions/**/*",
    "zones_*/editions/**/*",
)
"""What only the folder knows, as patterns in it."""

_FIXED = (1980, 1, 1, 0, 0, 0)
_MOST_BYTES = 20_000_000_000


def back_up(home: Home, target: Path) -> list[str]:
    """Write a backup; return the names of what it holds, in order.

    Raises
    ------
    ConfigError
        If the file is there already, or there is nothing to back up. Nothing is written then.
    """
    if target.exists():
        raise ConfigError("A backup would replace a file", where=target, remedy="choose another name")
    names = list(_names(home))
    if not names:
        raise ConfigError(
            "There is nothing to back up",
            where=home.root,
            expected=some(list(_KEPT), len(_KEPT)),
            found="none of them",
            remedy="name the working folder with --home",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name in names:
                about = zipfile.ZipInfo(name, _FIXED)
                about.external_attr = (stat.S_IFREG | 0o644) << 16
                # Parquet is compressed already
                about.compress_type = zipfile.ZIP_STORED if name.endswith(".parquet") else zipfile.ZIP_DEFLATED
                archive.writestr(about, (home.root / name).read_bytes())
        sync(part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return names


def restore(home: Home, source: Path) -> list[str]:
    """Put the content of a backup into a working folder; return the names of what was written, in order.

    What is there with the same content is left alone.

    Raises
    ------
    ConfigError
        If something is there with another content. Nothing is written then.
    UnreadableSource
        If the file is no backup, or is damaged. Nothing is written then.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            content = _content(archive, source)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableSource(
            "The backup cannot be read", where=source, found=error, remedy="take another copy of it"
        ) from error
    others = [name for name, data in content.items() if (path := home.root / name).exists() and not _holds(path, data)]
    if others:
        raise ConfigError(
            "The working folder has other content under these names",
            where=home.root,
            codes=others,
            remedy="restore into an empty folder (--home), or move them away first",
        )
    written = [name for name in content if not (home.root / name).exists()]
    for name in written:
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content[name])
        sync(part)
        os.replace(part, path)
    return written


def _names(home: Home) -> Iterator[str]:
    found = {path for pattern in _KEPT for path in home.root.glob(pattern) if path.is_file()}
    for path in sorted(found):
        if not path.name.startswith(".") and (home.downloads not in path.parents or _is_of_a_person(path)):
            yield path.relative_to(home.root).as_posix()


def _is_of_a_person(path: Path) -> bool:
    """Return whether a download, or the record of one, came by hand or was accepted by a person."""
    from pipelines.sources.provenance import read_record

    record = read_record(path.with_name(path.name.removesuffix(".provenance.json")))
    return record is not None and (record.how == "added by hand" or record.accepted_because is not None)


def _content(archive: zipfile.ZipFile, source: Path) -> dict[str, bytes]:
    """Return every file of a backup, held against its checksum; refuse names that no backup has."""
    infos = archive.infolist()
    strange = [one.filename for one in infos if not _is_kept(one.filename)]
    if strange or not infos or sum(one.file_size for one in infos) > _MOST_BYTES:
        raise UnreadableSource(
            "This is no backup of a working folder",
            where=source,
            codes=strange[:5],
            expected=some(list(_KEPT), len(_KEPT)),
            found="other names" if strange else "no file, or far too much",
            remedy="give a file that `localities backup` wrote",
        )
    return {one.filename: archive.read(one) for one in infos}


def _is_kept(name: str) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not path.parts:
        return False
    starts = [PurePosixPath(pattern).parts for pattern in _KEPT]
    return any(
        path.match(pattern) if "**" not in pattern else _starts(path.parts, start[: start.index("**")])
        for pattern, start in zip(_KEPT, starts, strict=True)
    )


def _starts(parts: tuple[str, ...], start: tuple[str, ...]) -> bool:
    return len(parts) > len(start) and all(PurePosixPath(a).match(b) for a, b in zip(parts, start, strict=False))


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data
