"""Files that are either whole or not there.

A file is written under a temporary name in its own folder and then moved over the old one, so that a reader sees the
old file or the new one, never half of it, and a failure leaves the old one as it was.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from indicators.errors import ConfigError

_IN_USE = ("-wal", "-shm", ".wal")

STALE_SECONDS = 24 * 3600
"""Age after which an unfinished file of an interrupted run is removed."""


@dataclass(frozen=True)
class Placed:
    """Where a new file ended up.

    Parameters
    ----------
    path
        The new file: the wanted path, or one beside it.
    is_in_place
        Whether the new file is at the wanted path.
    note
        What a person should know, or empty.
    """

    path: Path
    is_in_place: bool
    note: str = ""


def place_whole(target: Path, write: Callable[[Path], object]) -> Placed:
    """Return where the file is after writing it whole and moving it to its name.

    A file that is open in another program, such as QGIS, is not replaced: on Windows it cannot be, and elsewhere a
    database whose ``-wal`` or ``-shm`` lies beside it would be read as a mixture of both from then on. The new file is
    then kept beside it as ``name (new).suffix`` and the note says so; the next successful replacement removes that
    copy.

    Parameters
    ----------
    target
        Wanted path; its folder is made when absent.
    write
        Called once with a temporary path in the same folder and with the same suffix, which it must fill.

    Raises
    ------
    ConfigError
        If neither the wanted path nor the one beside it can be replaced, or the folder cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> place_whole(folder / "a.txt", lambda path: path.write_text("whole", encoding="utf-8")).is_in_place
    True
    >>> [path.name for path in folder.iterdir()]
    ['a.txt']
    """
    target = Path(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            "The folder of a publication cannot be made",
            where=target.parent,
            found=error,
            remedy="choose another folder with --out, or make it writable",
        ) from error
    _remove_stale(target)
    draft = target.with_name(f".{target.stem}.{uuid.uuid4().hex[:12]}.partial{target.suffix}")
    try:
        write(draft)
        return move_whole(draft, target)
    finally:
        for leftover in (draft, *(draft.with_name(draft.name + end) for end in ("-journal", "-wal", "-shm", ".wal"))):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)


def in_use(target: Path) -> list[Path]:
    """Return the files beside a database that say that a program has it open, or left it in the middle of something."""
    return [one for end in _IN_USE if (one := target.with_name(target.name + end)).is_file()]


def move_whole(draft: Path, target: Path) -> Placed:
    """Return where a whole file is after moving it to its name, or beside it where that is in use; see `place_whole`.

    Raises
    ------
    ConfigError
        If neither can be replaced.
    """
    beside = target.with_name(f"{target.stem} (new){target.suffix}")
    try:
        if target.is_file() and (busy := in_use(target)):
            raise PermissionError(f"{', '.join(one.name for one in busy)} lies beside it")
        os.replace(draft, target)
    except PermissionError as refused:
        try:
            os.replace(draft, beside)
        except PermissionError as error:
            raise ConfigError(
                "A publication cannot be replaced",
                where=target,
                expected="a file that no other program holds open",
                found=f"{refused}; and beside it: {error}",
                remedy=f"close {target.name} and {beside.name} in QGIS and other programs, then run again",
            ) from error
        return Placed(
            beside,
            False,
            f"{target.name} is open in another program and could not be replaced ({refused}): the new file is "
            f"{beside.name}. Close the old one and rename, or run again.",
        )
    # a copy kept beside on an earlier run is now older than the file in place
    with contextlib.suppress(OSError):
        beside.unlink(missing_ok=True)
    return Placed(target, True)


def _remove_stale(target: Path) -> None:
    now = time.time()
    start, end = f".{target.stem}.", f".partial{target.suffix}"
    for path in target.parent.iterdir():
        if path.name.startswith(start) and path.name.endswith(end):
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime > STALE_SECONDS:
                    path.unlink(missing_ok=True)
