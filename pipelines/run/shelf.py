"""The folder of publications: what each file in it was made of, and the edition that is being made beside it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.run.report import Published
from pipelines.storage.whole import write_whole

if TYPE_CHECKING:
    from localities.publishing.atomic import Placed

RECORD = "publications.json"
_ROOM = ".edition"


class Shelf:
    """The folder of publications, what each file in it was made of, and the edition that is being made beside it.

    New files are written under ``.edition``; only when every one of them is whole are they moved, all together. What
    is to be moved is noted first, so that a run that is killed between two moves is finished by the next.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.room = folder / _ROOM
        self.record: dict[str, dict[str, Any]] = self._read(folder / RECORD)
        if self.room.is_dir():
            for name, kept in self._read(self.room / RECORD).items():
                if (self.room / name).is_file():
                    self._move(name, kept)
                elif (folder / name).is_file() and sha256_of(folder / name) == kept["sha256"]:
                    self.record[name] = kept
            shutil.rmtree(self.room, ignore_errors=True)
            self._save()
        self.before = json.dumps(self.record, sort_keys=True)
        self.made: dict[str, dict[str, Any]] = {}

    @staticmethod
    def _read(path: Path) -> dict[str, dict[str, Any]]:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return {name: dict(one) for name, one in content["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # no record, or a damaged one: every file is due again, which is slower and never wrong
            return {}

    def holds(self, name: str, kind: str, fingerprint: str) -> bool:
        """Return whether the file is there, holds what was written, and was made of just this."""
        kept = self.record.get(name, {})
        if not fingerprint or kept.get(kind) != fingerprint:
            return False
        try:
            return sha256_of(self.folder / name) == kept.get("sha256")
        except OSError:
            return False

    def unchanged(self, name: str, **kept: str) -> Published:
        """Leave a file as it is, and keep what it would be made of now."""
        self.record[name] |= kept
        return Published(name, self.folder / name, "unchanged", "", str(self.record[name].get("sha256", "")))

    def place(self, name: str, write: Callable[[Path], Placed], **kept: str) -> Published:
        """Write a file of the new edition and keep what it was made of."""
        write(self.room / name)
        return self.take(name, sha256_of(self.room / name), **kept)

    def latest(self, name: str) -> Path:
        """Return where a file is: of the new edition where it has been written anew, else as it stands."""
        return self.room / name if name in self.made else self.folder / name

    def take(self, name: str, sha256: str, **kept: str) -> Published:
        """Take in a file that was written where the new edition is made, and keep what it was made of."""
        self.made[name] = {"sha256": sha256, "size": (self.room / name).stat().st_size, **kept}
        return Published(name, self.folder / name, "written", "", sha256)

    def issue(self, found: Sequence[Published]) -> list[Published]:
        """Move the whole edition into place; return what became of every file."""
        if self.made:
            self._share()
            write_whole(self.room / RECORD, json.dumps({"files": self.made}) + "\n")
        placed = {name: self._move(name, kept) for name, kept in self.made.items()}
        self._save()
        shutil.rmtree(self.room, ignore_errors=True)
        return [
            one
            if one.name not in placed or placed[one.name].is_in_place
            else replace(one, path=placed[one.name].path, status="kept_beside", note=placed[one.name].note)
            for one in found
        ]

    def _share(self) -> None:
        """Make the edition current for everybody, where an object store keeps the record of this folder."""
        if not (self.folder / ".shared").is_file():
            return
        from pipelines.storage.shared import Shared

        if shared := Shared.of(self.folder):
            record = _written(self.record | self.made).encode()
            shared.push({**{name: self.room / name for name in self.made}, RECORD: record})

    def abandon(self) -> None:
        """Let go of an edition that did not become whole."""
        shutil.rmtree(self.room, ignore_errors=True)

    def _move(self, name: str, kept: dict[str, Any]) -> Placed:
        from localities.publishing.atomic import move_whole

        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        placed = move_whole(self.room / name, self.folder / name)
        if placed.is_in_place:
            self.record[name] = kept
        return placed

    def _save(self) -> None:
        if json.dumps(self.record, sort_keys=True) != getattr(self, "before", ""):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.folder / RECORD, _written(self.record))


def _written(record: dict[str, dict[str, Any]]) -> str:
    return json.dumps({"files": record}, indent=1, sort_keys=True) + "\n"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
