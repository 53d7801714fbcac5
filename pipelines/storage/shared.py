"""A working folder whose record is an object store: the folder is then a cache of it, and several machines share it.

Files never change under their hash, so whatever a record names is whole. What changes is the record of a folder (the
store, publications, editions, downloads): a small list of its files, replaced on condition that nobody was faster.
Promotion is that replacement. A reader sees the list of before or that of after; a run that was overtaken is told by
whom, changes nothing, and is right again when it is run again.

Which store a working folder belongs to is noted in the folder (`NOTE`), with the list that it last saw: what the folder
stands on. Nothing of this is imported where no store is named.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import platform
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock

from indicators.errors import ConfigError, UnreadableSource
from pipelines.storage.objects import Address, Objects, Overtaken
from pipelines.storage.whole import write_whole

NOTE = ".shared"
"""In a folder whose record is an object store: which, and the list of its files that was last seen."""

POINTER = "current.json"
KEPT_AFTER = dt.timedelta(days=2)
"""Files that no record names are kept so long, for who still reads an earlier list."""

_FORM = 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A file in a record: its content, and who put it there."""

    sha256: str
    size: int
    by: str = ""
    at: str = ""


@dataclass
class _Note:
    store: str
    key: str
    tag: str = ""
    is_bare: bool = False
    files: dict[str, Entry] = field(default_factory=dict)


class Shared:
    """One folder and its record.

    Parameters
    ----------
    folder
        The folder on this machine.
    address
        The store, with the workspace.
    name
        Of the folder within a working folder, such as ``store``.
    """

    def __init__(self, folder: Path, address: str, name: str) -> None:
        self.folder, self.address, self.name = Path(folder), Address(address), name

    @classmethod
    def of(cls, folder: Path) -> Shared | None:
        """Return what a folder belongs to; None where it stands for itself."""
        if not (folder / NOTE).is_file():
            return None
        note = _read_note(folder)
        return cls(folder, note.store, note.key.partition("/")[2].partition("/")[2].removesuffix(".json"))

    @property
    def key(self) -> str:
        """Key of the record."""
        return f"workspaces/{self.address.workspace}/{self.name}.json"

    def record(self) -> dict[str, Entry] | None:
        """Return what is current for everybody; None where nothing was ever handed over."""
        found = Objects(self.address.url).read(self.key)
        return None if found is None else _files_of(found[0], self.key)

    def connect(self) -> None:
        """Make the folder a cache of the record, or see that it is one.

        Raises
        ------
        ConfigError
            If the folder belongs to another store, or holds content of its own while the record does too; or if the
            store does not keep one of several writers.
        """
        if (self.folder / NOTE).is_file():
            note = _read_note(self.folder)
            if (note.store, note.key) != (str(self.address), self.key):
                raise ConfigError(
                    "This folder belongs to another store",
                    where=self.folder,
                    expected=note.store,
                    found=str(self.address),
                    remedy="give a working folder of its own for each store and workspace",
                )
            return
        objects = Objects(self.address.url)
        objects.try_out()
        self.folder.mkdir(parents=True, exist_ok=True)
        there = self.record()
        if there is None and self.address.workspace != Address.MAIN:
            main = objects.read(f"workspaces/{Address.MAIN}/{self.name}.json")
            if main is not None:  # begins as everybody's: what stands on the same settings is not computed again
                objects.replace(self.key, main[0], "")
                there = self.record()
        if there and self.name.endswith("store") and any(self.folder.glob(f"*/{POINTER}")):
            raise ConfigError(
                "This folder and the store both hold tables",
                where=self.folder,
                expected="a working folder without tables, or a store without",
                found=str(self.address),
                remedy="name another working folder with LOCALITIES_HOME, or another address",
            )
        self._save(_Note(str(self.address), self.key, is_bare=objects.is_bare))

    def pull(self, wanted: Callable[[str], bool] = lambda path: True) -> int:
        """Bring the folder to what the record says, files first and pointers last; return how many were fetched."""
        with self._locked() as (note, objects):
            found = objects.read(note.key)
            fresh, tag = ({}, "") if found is None else (_files_of(found[0], note.key), found[1])
            lacking = [(path, one) for path, one in fresh.items() if wanted(path) and not self._has(path, one, note)]
            lacking.sort(key=lambda item: item[0].endswith(".json"))
            for pointers in (False, True):
                some = [(one.sha256, self.folder / path) for path, one in lacking if path.endswith(".json") is pointers]
                objects.fetch(some)
            for path in sorted(set(note.files) - set(fresh), key=lambda path: not path.endswith(".json")):
                (self.folder / path).unlink(missing_ok=True)
            if found is not None and self.name.endswith("store"):
                self._forget_unrecorded(fresh)
            note.files, note.tag = fresh, tag
            self._save(note)
        if lacking:
            _log.info("fetched %d files of %s", len(lacking), self.name)
        return len(lacking)

    def push(self, changed: Mapping[str, Path | bytes | None], stands_on: frozenset[str] = frozenset()) -> None:
        """Put files and replace the record: all of them become current for everybody, or none does.

        Parameters
        ----------
        changed
            By path in the folder: the file or its content, or None for one that goes.
        stands_on
            Further paths that must be what this folder last saw.

        Raises
        ------
        Overtaken
            If one of these was changed by somebody else; says by whom and when.
        """
        with self._locked() as (note, objects):
            who, now = f"{platform.node()}, process {os.getpid()}", _now()
            entries = {path: _entry_of(one, who, now) for path, one in changed.items() if one is not None}
            known = {one.sha256 for one in note.files.values()}
            new = {entries[path].sha256: one for path, one in changed.items()
                   if one is not None and entries[path].sha256 not in known}  # fmt: skip
            _log.info("putting %d files of %s", len(new), self.name)
            objects.keep(new)
            base, tag = note.files, note.tag
            while True:
                files = {path: one for path, one in (base | entries).items() if changed.get(path, b"") is not None}
                _log.info("replacing the record of %s", self.name)
                try:
                    tag = objects.replace(note.key, _record_of(files), tag)
                    break
                except Overtaken:
                    found = objects.read(note.key)
                    base, tag = ({}, "") if found is None else (_files_of(found[0], note.key), found[1])
                    # where both write the same, nobody loses anything
                    agreed = {path for path in changed if _content(entries.get(path)) == _content(base.get(path))}
                    self._refuse_moved(note.files, base, {*changed, *stands_on} - agreed)
            # what others changed meanwhile is not here, so the next push must look again
            is_alone = base == note.files
            note.files = {
                path: one for path, one in (note.files | entries).items() if changed.get(path, b"") is not None
            }
            note.tag = tag if is_alone else ""
            self._save(note)

    def promote(self, table: str, changed: Mapping[str, Path | bytes | None], inputs: frozenset[str]) -> None:
        """Make a table's version current for everybody, unless it or a table that it was computed from has moved.

        Parameters
        ----------
        table
            Its name.
        changed
            Its pointer and its files, with those of its parts; what else the record has of it goes.
        inputs
            Tables, and parts of some, that it was computed from.
        """
        gone = {path for path in _read_note(self.folder).files if path.startswith(f"{table}/") and path not in changed}
        self.push({**changed, **dict.fromkeys(gone)}, frozenset(f"{one}/{POINTER}" for one in inputs))
        _log.info("promoted %s", table)

    def sync(self, *within: str) -> None:
        """Fetch what others changed and put what was changed here, of files that are replaced whole.

        Parameters
        ----------
        within
            Names in the folder that are looked at; by default all of it.

        Raises
        ------
        Overtaken
            If the same file was changed here and elsewhere.
        """
        note = _read_note(self.folder)
        here = {path.relative_to(self.folder).as_posix(): path for path in _files_in(self.folder, within)}

        def is_meant(path: str) -> bool:
            return not within or path.partition("/")[0] in within

        changed: dict[str, Path | None] = {
            path: there for path, there in here.items() if not self._has(path, note.files.get(path), note)
        }
        changed |= {path: None for path in note.files if path not in here and is_meant(path)}
        found = Objects(self.address.url, is_bare=note.is_bare).read(note.key, unless=note.tag)
        if found is not None:
            fresh = _files_of(found[0], note.key)
            # never seen here before: everybody's is taken
            changed = {path: one for path, one in changed.items() if path in note.files or path not in fresh}
            self._refuse_moved(note.files, fresh, set(changed))
            changed_here = set(changed)
            self.pull(lambda path: is_meant(path) and path not in changed_here)
        if changed:
            self.push(changed)

    def tidy(self) -> int:
        """Delete the files of the store that no record of any workspace names any more; return how many."""
        objects = Objects(self.address.url)
        used = set()
        before = dt.datetime.now(dt.UTC) - KEPT_AFTER
        for key in objects.records():
            found = objects.read(key)
            used |= {one.sha256 for one in _files_of(found[0], key).values()} if found else set()
        return objects.forget(used, before=before)

    def _refuse_moved(self, seen: Mapping[str, Entry], fresh: Mapping[str, Entry], paths: set[str]) -> None:
        moved = sorted(path for path in paths if _content(seen.get(path)) != _content(fresh.get(path)))
        if moved:
            other = next((fresh[path] for path in moved if path in fresh), None)
            raise Overtaken(
                "Another run was faster, so nothing of this one was taken",
                where=f"{self.address.url}/{self.key}",
                codes=moved,
                found=f"written by {other.by} at {other.at}" if other else "deleted by another run",
                remedy="run again: it goes on from what is there now",
            )

    def _has(self, path: str, entry: Entry | None, note: _Note) -> bool:
        """Return whether a file is here as the record has it; Parquet files are named by their content."""
        there = self.folder / path
        try:
            size = there.stat().st_size
        except OSError:
            return entry is None
        if entry is None or size != entry.size:
            return False
        seen = note.files.get(path)
        is_named_by_content = path.endswith(".parquet") and self.name.endswith(("store", "editions"))
        if is_named_by_content and seen is not None and seen.sha256 == entry.sha256:
            return True
        return _sha256_of(there) == entry.sha256

    def _forget_unrecorded(self, fresh: Mapping[str, Entry]) -> None:
        """Delete pointers that a run moved here and nobody else knows: what it computed was never promoted."""
        for path in (*self.folder.glob(f"*/{POINTER}"), *self.folder.glob(f"*/*/{POINTER}")):
            if path.relative_to(self.folder).as_posix() not in fresh:
                path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[tuple[_Note, Objects]]:
        """Hold the folder's note: several processes of one machine may work in one folder."""
        with FileLock(self.folder / ".shared.lock"):
            note = _read_note(self.folder)
            yield note, Objects(self.address.url, is_bare=note.is_bare)

    def _save(self, note: _Note) -> None:
        write_whole(self.folder / NOTE, json.dumps(asdict(note), indent=0) + "\n")


def connected(folder: Path, address: str, name: str) -> Shared:
    """Return a folder that is a cache of its record, after seeing that it may be one."""
    shared = Shared(folder, address, name)
    shared.connect()
    return shared


def _files_in(folder: Path, within: Sequence[str]) -> Iterator[Path]:
    tops = [folder / one for one in within] or [folder]
    for path in sorted(path for top in tops for path in (top.rglob("*") if top.is_dir() else [top])):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _content(entry: Entry | None) -> str:
    return "" if entry is None else entry.sha256


def _entry_of(content: Path | bytes, who: str, now: str) -> Entry:
    if isinstance(content, bytes):
        return Entry(hashlib.sha256(content).hexdigest(), len(content), who, now)
    return Entry(_sha256_of(content), content.stat().st_size, who, now)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _record_of(files: Mapping[str, Entry]) -> bytes:
    # an id of its own: two records with the same list are told apart, so nobody takes another's for his own
    content = {
        "form": _FORM,
        "id": uuid.uuid4().hex,
        "files": {path: asdict(one) for path, one in sorted(files.items())},
    }
    return json.dumps(content, separators=(",", ":")).encode()


def _files_of(record: bytes, key: str) -> dict[str, Entry]:
    try:
        content = json.loads(record)
        if content["form"] != _FORM:
            raise ValueError(f"form {content['form']}")
        return {path: Entry(**one) for path, one in content["files"].items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableSource(
            "A record of the store cannot be read", where=key, found=error, remedy="use the version that wrote it"
        ) from error


def _read_note(folder: Path) -> _Note:
    try:
        content: dict[str, Any] = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        return _Note(**content | {"files": {path: Entry(**one) for path, one in content["files"].items()}})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableSource(
            "The note of which store a folder belongs to cannot be read",
            where=folder / NOTE,
            found=error,
            remedy="delete the folder: it is a cache, and is fetched again",
        ) from error


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
