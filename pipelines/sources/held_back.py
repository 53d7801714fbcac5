"""Versions of a file that came and do not serve: kept beside the one that does, with the reason.

Beside ``<folder>/<file>`` lie ``<folder>/held-back/<file>``, the bytes, and ``<file>.held-back.json``, what is known of
them. A later version that is accepted, by its check or by a person, takes the place of both.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from indicators.errors import LocalitiesError
from pipelines.sources.provenance import Record
from pipelines.storage.whole import write_whole

FOLDER = "held-back"


@dataclass(frozen=True)
class HeldBack:
    """What is known of a version that is held back.

    Attributes
    ----------
    record
        Where the bytes came from.
    reason
        Why they do not serve, on one line.
    path
        Where they lie.
    """

    record: Record
    reason: str
    path: Path

    @property
    def in_words(self) -> str:
        """For people: since when, why, and what to do."""
        return (
            f"the version of {self.record.retrieved_at[:10]} is held back: {self.reason} (kept as {FOLDER}/"
            f'{self.path.name}; `localities sources accept {self.record.source_id} --because "..."` takes it)'
        )


def hold_back(incoming: Path, target: Path, record: Record, reason: LocalitiesError) -> HeldBack:
    """Move the bytes of a version that may not serve beside the place of the file, and say why."""
    version = HeldBack(record, " ".join(str(reason).split()), _place(target))
    before = read_held_back(target)
    if before is not None and before.record.sha256 == record.sha256:
        # the same bytes as last night: since when stays
        version = HeldBack(before.record, version.reason, version.path)
    version.path.parent.mkdir(exist_ok=True)
    os.replace(incoming, version.path)
    text = json.dumps({"reason": version.reason, "record": asdict(version.record)}, indent=2, ensure_ascii=False) + "\n"
    write_whole(_note(target), text)
    return version


def read_held_back(target: Path) -> HeldBack | None:
    """Return what is held back for a file, or None if nothing is."""
    try:
        kept = json.loads(_note(target).read_text(encoding="utf-8"))
        version = HeldBack(Record(**kept["record"]), str(kept["reason"]), _place(target))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return version if version.path.is_file() else None


def discard(target: Path) -> None:
    """Let go of what is held back for a file, if anything is."""
    _note(target).unlink(missing_ok=True)
    _place(target).unlink(missing_ok=True)
    try:
        _place(target).parent.rmdir()
    except OSError:  # not there, or another file of the folder is held back
        return


def _place(target: Path) -> Path:
    return target.parent / FOLDER / target.name


def _note(target: Path) -> Path:
    return target.with_name(f"{target.name}.held-back.json")
