"""Small files written in one move, and made to last: what a reader finds is whole, also after a power cut."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path


def write_whole(target: Path, text: str) -> None:
    """Write a text file in one move; the file before it stands until the new one is on the disk."""
    # not by `tempfile`, whose files nobody else may read: a team shares the store
    temporary = target.with_name(f".{target.name}-{uuid.uuid4().hex[:12]}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
        sync(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk.

    Windows cannot be asked for a folder, nor some network drives for anything; they are left to themselves.
    """
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
