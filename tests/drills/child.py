"""A run in a process of its own, in which one write goes wrong: ``python -m tests.drills.child``.

Writes are counted by the interpreter's audit events: files opened to be written, moved, linked, removed. What C code
writes by itself (GDAL, SQLite, DuckDB) is not counted; kills between two counted writes fall into it all the same.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import threading
from pathlib import Path

_MOVES = ("os.rename", "os.remove", "os.link", "os.rmdir", "os.truncate")


class Fault:
    """Counts writes, and at one of them kills the process or says that the disk is full, from then on always."""

    def __init__(self, at: int, kind: str) -> None:
        self.at, self.kind, self.count = at, kind, 0
        self._lock = threading.Lock()

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Look at an audit event."""
        if event == "open":
            path, mode = arguments[0], arguments[1]
            # a pipe to another process, opened by its number, is no file
            if isinstance(path, int) or not (isinstance(mode, str) and set(mode) & set("wax+")):
                return
        elif event not in _MOVES:
            return
        with self._lock:
            self.count += 1
            is_due = bool(self.at) and self.count >= self.at
        if not is_due:
            return
        if self.kind == "kill":
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        # what is removed makes room
        elif event not in ("os.remove", "os.rmdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def main() -> int:
    """Run; print how many writes there were."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--at", type=int, default=0)
    parser.add_argument("--kind", choices=("kill", "full"), default="kill")
    parser.add_argument("--mirror", default=None)
    parser.add_argument("--real", action="store_true")
    chosen = parser.parse_args()
    from indicators.errors import LocalitiesError
    from pipelines.cli.parts.machine import in_words
    from pipelines.folders import Home
    from pipelines.run.run import run
    from pipelines.run.workspace import open_workspace

    workspace = open_workspace(Home(chosen.home), mirror=chosen.mirror, is_sample=not chosen.real)
    fault = Fault(chosen.at, chosen.kind)
    sys.addaudithook(fault)
    try:
        report = run(workspace, network=chosen.mirror is not None and "://" in chosen.mirror)
    except LocalitiesError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    except OSError as error:
        # as the command line says it, or else a traceback
        words = in_words(error)
        if words is None:
            raise
        print(" ".join(words.split()), file=sys.stderr)
        return 1
    for warning in report.warnings:
        print(" ".join(warning.split()), file=sys.stderr)
    print(fault.count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
