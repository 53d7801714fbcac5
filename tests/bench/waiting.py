"""What a person waits for after a change: a threshold, or a boundary of one's own, and one partnership published."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.bench.interactive import one_boundary
from tests.bench.measures import Bench, Measured, bench
from tests.bench.national import Timed, make_home, timed_process

_AREA = "Glasgow City"
_KEPT = ("downloads", "cache", "store")


@bench("waiting")
def waiting(bench: Bench) -> list[Measured]:
    """One threshold changed, and one boundary of one's own, each from a store that is whole to one GeoPackage."""
    make_home(bench)
    boundary = one_boundary(bench.home)
    found = []
    for work, budget, settings, own in (
        ("one threshold changed, one partnership published", 10.0, {"vote_share": 0.6}, None),
        ("alpha changed, one partnership published", 10.0, {"alpha": 0.04}, None),
        ("a boundary of one's own, to a GeoPackage", 6.0, {}, boundary),
    ):
        took = _after(bench, settings, own)
        steps = sorted(json.loads(took.said)["seconds"].items(), key=lambda one: -one[1])
        longest = ", ".join(f"{name} {seconds:.1f}" for name, seconds in steps[:6])
        note = f"processor {took.processor:.1f} s; {took.megabytes:,.0f} MB in all processes; {_AREA}: {longest}"
        found.append(Measured(work, budget, took.seconds, note=note))
    return found


def _after(bench: Bench, settings: dict[str, float], own: Path | None) -> Timed:
    """Return what it takes to publish a partnership after a change, in a copy of the working folder."""
    with tempfile.TemporaryDirectory(prefix="localities-bench-") as temporary:
        home = Path(temporary)
        for name in _KEPT:
            shutil.copytree(bench.home / name, home / name)
        command = [sys.executable, "-m", "pipelines.cli"]
        where = ["--home", str(home)]
        run = [*command, "run", "--area", _AREA, "--mirror", str(bench.mirror), *where, "--json"]
        _write_settings(home, {})
        timed_process(run)
        _write_settings(home, settings)
        if own is None:
            return timed_process(run)
        added = timed_process([*command, "candidates", "add", str(own), "--area", _AREA, *where])
        took = timed_process(run)
        return Timed(
            added.seconds + took.seconds,
            added.processor + took.processor,
            max(added.megabytes, took.megabytes),
            took.said,
        )


def _write_settings(home: Path, settings: dict[str, float]) -> None:
    lines = ["publications: [geopackage]", *(f"{name}: {value}" for name, value in settings.items())]
    (home / "settings.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
