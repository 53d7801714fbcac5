"""Old and new on one machine in one run: ``python -m tests.bench --against REV``, and the history of such ratios.

The revision is checked out beside; both run cold and in turn, each in a working folder of its own that is emptied
before every round, and both with the libraries of this environment. Of the rounds the best counts: what else the
machine does can only make one longer.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tests.bench.interactive import COMMANDS, seconds_of
from tests.bench.national import timed_process

_HERE = Path(__file__).resolve().parents[2]
_LIBRARIES = ("numpy", "pandas", "scipy", "pyarrow", "geopandas", "shapely", "duckdb")


def against(mirror: Path, revision: str, *, rounds: int = 2) -> str:
    """Return a section for docs/BENCHMARKS.md: the national run and interactive commands, old, new and their ratio."""
    with tempfile.TemporaryDirectory(prefix="localities-against-") as temporary:
        old = Path(temporary) / "old"
        _git("worktree", "add", "--detach", str(old), revision)
        try:
            trees = {"old": old, "new": _HERE}
            homes = {name: Path(temporary) / f"home-{name}" for name in trees}
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in trees}
            for _ in range(rounds):
                for name, tree in trees.items():
                    shutil.rmtree(homes[name], ignore_errors=True)
                    runs[name].append(_national(tree, mirror, homes[name]))
            rows = _of_runs(*(min(runs[name], key=lambda one: one["everything"]) for name in trees))
            for command in COMMANDS:
                took = [seconds_of(command, str(homes[name]), _environment(tree)) for name, tree in trees.items()]
                rows.append(_row(command, *(one[0] for one in took)))
                rows.append(_row(f"– {command}, of the processor", *(one[1] for one in took)))
        finally:
            _git("worktree", "remove", "--force", str(old))
    title = f"## {_git('rev-parse', '--short', 'HEAD')} against {_git('rev-parse', '--short', revision)}"
    head = [title, "", machine() + f" The best of {rounds} rounds in turn.", "", "| work | old | new | new / old |",
            "|---|---|---|---|"]  # fmt: skip
    return "\n".join([*head, *rows]) + "\n"


def machine() -> str:
    """Return a sentence on the machine and the versions of what does the work."""
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB, {platform.system()}, load"
        f" {psutil.getloadavg()[0]:.1f}; Python {platform.python_version()}, {libraries}."
    )


def _national(tree: Path, mirror: Path, home: Path) -> dict[str, float]:
    """Return wall and processor seconds, peak megabytes and seconds per step of a cold run of a tree."""
    took = timed_process(
        [sys.executable, "-m", "pipelines.cli", "run", "--area", "all", "--mirror", str(mirror), "--home", str(home),
         "--json"],
        environment=_environment(tree),
    )  # fmt: skip
    measured = {"everything": took.seconds, "processor": took.processor, "peak": took.megabytes}
    return {**measured, **json.loads(took.said)["seconds"]}


def _of_runs(old: dict[str, float], new: dict[str, float]) -> list[str]:
    names = {"everything": "national run, cold", "processor": "its processor seconds", "peak": "its peak memory, MB"}
    order = [*names, *sorted((old.keys() | new.keys()) - names.keys(), key=lambda one: -old.get(one, 0.0))]
    return [_row(names.get(name, f"– {name}"), old.get(name), new.get(name)) for name in order]


def _row(name: str, old: float | None, new: float | None) -> str:
    ratio = f"{new / old:.2f}" if old and new is not None else "–"
    cells = ["–" if one is None else f"{one:,.0f}" if one >= 200 else f"{one:.2f}" for one in (old, new)]
    return f"| {name} | {cells[0]} | {cells[1]} | {ratio} |"


def _environment(tree: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(tree)}


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(_HERE), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()
