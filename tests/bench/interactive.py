"""What a person waits for: commands that show what is stored, each in a process of its own, on a store that is warm."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tests.bench.measures import Bench, Measured, bench
from tests.bench.national import make_home, timed_process

_PLACE, _AREA, _FILE = "intermediate_zones:S02001935", "Glasgow City", "one-boundary.geojson"
COMMANDS: Mapping[str, tuple[float, int, tuple[str, ...]]] = {
    "help": (0.25, 0, ("--help",)),
    "explain": (1.0, 0, ("explain", _PLACE)),
    "explain, a mistyped name": (1.0, 2, ("explain", "Andreston")),
    "candidates of a partnership": (1.0, 0, ("candidates", "--area", _AREA)),
    "findings of a partnership": (1.0, 0, ("findings", "--area", _AREA)),
    "groups of a partnership": (1.0, 0, ("groups", "--area", _AREA)),
    "context of a partnership": (1.0, 0, ("context", "--area", _AREA)),
    "one boundary judged, nothing kept": (2.0, 0, ("check", _FILE, "--area", _AREA)),
}
"""Budget, exit code and arguments of each."""

_ROUNDS = 3


def seconds_of(name: str, home: str, environment: Mapping[str, str] | None = None) -> tuple[float, float]:
    """Return the seconds that a command takes, and those of the processor, the best of a few rounds."""
    _, code, arguments = COMMANDS[name]
    where = [] if arguments == ("--help",) else ["--home", home]
    given = [str(one_boundary(Path(home))) if one == _FILE else one for one in arguments]
    command = [sys.executable, "-m", "pipelines.cli", *given, *where]
    rounds = [timed_process(command, code=code, environment=environment) for _ in range(_ROUNDS)]
    return min(one.seconds for one in rounds), min(one.processor for one in rounds)


def one_boundary(home: Path) -> Path:
    """Return a file with the outline of a place, as a person would bring it; made once for a working folder."""
    from pipelines.storage.store import Store

    path = home / _FILE
    if not path.is_file():
        places = Store(home / "store").read("candidate_localities", ["locality_id", "locality_name", "geometry"])
        places.loc[places["locality_id"] == _PLACE, ["locality_name", "geometry"]].to_file(path, driver="GeoJSON")
    return path


@bench("interactive")
def interactive(bench: Bench) -> list[Measured]:
    """Commands that show what is stored."""
    make_home(bench)
    found = []
    for name, (budget, _, arguments) in COMMANDS.items():
        seconds, processor = seconds_of(name, str(bench.home))
        found.append(
            Measured(name, budget, seconds, note=f"`localities {' '.join(arguments)}`; processor {processor:.2f} s")
        )
    return found
