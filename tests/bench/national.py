"""The national run in a process of its own: cold, and again when nothing changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.bench.measures import Bench, Measured, bench

_EVERY_SECONDS = 0.1


def command(bench: Bench) -> list[str]:
    """Return the command of the whole job."""
    job = ["run", "--area", "all", "--mirror", str(bench.mirror), "--home", str(bench.home), "--json"]
    return [sys.executable, "-m", "pipelines.cli", *job]


class Timed(NamedTuple):
    """What a process took with its children: seconds, seconds of the processor, most megabytes, and what it printed."""

    seconds: float
    processor: float
    megabytes: float
    said: str


def timed_process(arguments: list[str], *, code: int = 0, environment: Mapping[str, str] | None = None) -> Timed:
    """Return what a process took, with its children.

    Memory that processes share counts once where the system says how much of it each has, and for each elsewhere.
    Seconds of the processor are those of everything that ended; 0 on Windows, which does not say.

    Parameters
    ----------
    arguments
        The command.
    code
        Exit code that it is to end with.
    environment
        Variables of its environment; by default those of this process.

    Raises
    ------
    SystemExit
        If it ends otherwise, with the end of what it said.
    """
    import psutil

    # who has the project installed has its modules compiled
    given = {name: one for name, one in (environment or os.environ).items() if name != "PYTHONDONTWRITEBYTECODE"}
    start, before = time.perf_counter(), os.times()
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=given
    )
    peak = 0

    def held(one: psutil.Process) -> int:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            found = one.memory_full_info()
            return int(getattr(found, "pss", found.rss))
        return 0

    def watch() -> None:
        nonlocal peak
        with suppress(psutil.NoSuchProcess):
            watched = psutil.Process(process.pid)
            while process.poll() is None:
                peak = max(peak, sum(map(held, [watched, *watched.children(recursive=True)])))
                time.sleep(_EVERY_SECONDS)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    said, complaint = process.communicate()
    seconds, after = time.perf_counter() - start, os.times()
    watcher.join()
    if process.returncode != code:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{complaint[-2000:]}")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Timed(seconds, processor, peak / 2**20, said)


def make_home(bench: Bench) -> None:
    """Run the whole job in the bench's home, if its store does not hold one yet."""
    if not (bench.home / "store" / "verdicts" / "current.json").is_file():
        timed_process(command(bench))


@bench("national")
def national(bench: Bench) -> list[Measured]:
    """Everything, from files of the mirror to publications, one process, cold."""
    for part in ("downloads", "cache", "store", "publications"):
        shutil.rmtree(bench.home / part, ignore_errors=True)
    took = timed_process(command(bench))
    report = json.loads(took.said)
    phases = sorted(report["seconds"].items(), key=lambda one: -one[1])
    size = sum(path.stat().st_size for path in (bench.home / "publications").rglob("*.gpkg")) / 2**20
    note = ", ".join(f"{name} {spent:.1f}" for name, spent in phases[:6]) + f"; GeoPackages {size:,.0f} MB"
    return [
        Measured("national run, cold", _budget(), took.seconds, "s", f"processor {took.processor:.1f} s; {note}"),
        Measured("national run, peak memory", 1536.0, took.megabytes, "MB"),
    ]


_OF_BEFORE, _SECONDS, _PER_INDICATOR = 97, 20.0, 0.1


def _budget() -> float:
    """Return the budget of the cold run: that of the first 97 indicators, and a tenth of a second for each since."""
    from indicators.catalogue import load_catalogue

    return _SECONDS + _PER_INDICATOR * max(0, len(list(load_catalogue())) - _OF_BEFORE)


@bench("nothing-changed")
def nothing_changed(bench: Bench) -> list[Measured]:
    """A night when nothing changed, beyond starting up."""
    make_home(bench)
    start_up = min(timed_process([sys.executable, "-m", "pipelines.cli", "--help"]).seconds for _ in range(3))
    took = timed_process(command(bench))
    recomputed = [one["table"] for one in json.loads(took.said)["tables"] if one["is_recomputed"]]
    note = f"starting up {start_up:.1f} s" + (f"; recomputed: {', '.join(recomputed)}" if recomputed else "")
    return [Measured("a night when nothing changed, beyond starting up", 2.0, took.seconds - start_up, "s", note)]


def files_of(bench: Bench) -> dict[str, Path]:
    """Return the downloaded file of every source."""
    from pipelines.folders import Home
    from pipelines.run.run import fetch_sources
    from pipelines.run.workspace import open_workspace

    workspace = open_workspace(Home(bench.home), mirror=bench.mirror)
    return {key: one.path for key, one in fetch_sources(workspace, network=False).items()}
