"""What a team's machines do to each other, and what becomes of it: one function for each row of the table.

A run is the command line in a process of its own, which says on standard error what it is doing. A fault strikes at the
line that says that a write has begun; a case whose write had ended by then does not count, and is tried again later.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pipelines.folders import Home
from tests.drills.state import Served, served
from tests.team.servers import BUCKET, Ceph, Postgres, S3rver

ROOT = Path(__file__).parents[2]
SETTINGS = "publications: [geopackage]\ncandidate_sets: [wards, natural_communities]\n"
"""Of a run of the sample most is writing documents, and they are not what is tried here; nor are other drawings."""


@dataclass(frozen=True)
class Row:
    """One fault, what became of it, and by name what has to hold for all to be intact."""

    what: str
    happened: str
    holds: dict[str, bool]
    said: str = ""
    is_amidst: bool = True

    @property
    def is_intact(self) -> bool:
        """Whether all of it holds."""
        return bool(self.holds) and all(self.holds.values())

    @property
    def broken(self) -> str:
        """Names of what does not hold."""
        return ", ".join(name for name, does in self.holds.items() if not does)


def first_amidst(strike: Callable[[int], Row], at: Sequence[int]) -> Row:
    """Strike at one write after another until one is struck before it ends: a case whose write had ended is no case."""
    for nth in at:
        row = strike(nth)
        if row.is_amidst or not row.is_intact:
            return row
    return replace(row, holds=row.holds | {"struck in the middle of a write": False})


@dataclass
class Done:
    """How a run ended."""

    code: int
    lines: list[str]
    is_struck: bool = False

    @property
    def error(self) -> str:
        """What it said was wrong, on one line."""
        at = next((number for number, line in enumerate(self.lines) if line.startswith("Error")), None)
        return "" if at is None else " ".join(" ".join(self.lines[at : at + 6]).split())


@dataclass
class Team:
    """The servers, and the result that one process gives by itself."""

    room: Path
    ceph: Ceph
    postgres: Postgres
    reference: Served = field(default_factory=lambda: Served({}, {}))
    made: int = 0

    def prepare(self) -> None:
        """Start the object store, and compute what everything has to agree with."""
        self.ceph.start()
        home = self.home("alone", with_downloads=False)
        done = self.run(home, store="")
        if done.code:
            raise RuntimeError("\n".join(done.lines[-20:]))
        self.reference = served(home.for_sample())
        if len(self.reference.tables) < 20 or not any(name.endswith(".gpkg") for name in self.reference.files):
            raise RuntimeError(f"one process gave {self.reference}: nothing to hold others against")

    def home(self, name: str, *, with_downloads: bool = True, settings: str = SETTINGS) -> Home:
        """Return a new working folder; with the downloads of the first, so that they are of the same second."""
        self.made += 1
        home = Home(self.room / f"{self.made:02} {name}")
        sample = home.for_sample()
        sample.root.mkdir(parents=True)
        sample.settings_file.write_text(settings, encoding="utf-8")
        if with_downloads:
            shutil.copytree(Home(self.room / "01 alone").for_sample().downloads, sample.downloads)
        return home

    def store(self, name: str) -> str:
        """Return the address of a store that nobody used."""
        self.made += 1
        return f"s3://{BUCKET}/{self.made:02}-{name}"

    def environment(self, home: Home, store: str) -> dict[str, str]:
        """Return the environment of a process that works in a folder, with a store."""
        return {
            **os.environ,
            **self.ceph.environment,
            "PYTHONPATH": str(ROOT),
            "LOCALITIES_HOME": str(home.root),
            "LOCALITIES_STORE": store,
            "LOCALITIES_LOG": "text",
            "LOCALITIES_SAMPLE": "1",
            "DAGSTER_DISABLE_TELEMETRY": "1",
        }

    def begin(self, home: Home, store: str, **more: str) -> subprocess.Popen[str]:
        """Start a run."""
        command = [sys.executable, "-m", "pipelines.cli", "run", "--sample", "--quiet"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, bufsize=1,
                                env=self.environment(home, store) | more, cwd=home.root)  # fmt: skip

    def run(
        self,
        home: Home,
        store: str,
        *,
        at: str = "",
        nth: int = 1,
        strike: Callable[[subprocess.Popen[str]], None] | None = None,
    ) -> Done:
        """Run to the end; strike when a line says something of the tables for the nth time."""
        process = self.begin(home, store)
        done = Done(0, [])
        for line in process.stderr or ():
            done.lines.append(line.rstrip())
            if strike is not None and at in line and "/store" in line and not done.is_struck:
                nth -= 1
                if nth == 0:
                    strike(process)
                    done.is_struck = True
        done.code = process.wait()
        return done

    def agrees(self, home: Home) -> bool:
        """Return whether a folder serves the versions and bytes that one process gives."""
        return served(home.for_sample()) == self.reference

    def agrees_tables(self, home: Home) -> bool:
        """Return whether a folder serves the versions of one process; only runs fetch publications."""
        found = served(home.for_sample())
        return found.tables == self.reference.tables and not found.faults

    def holds_for_reader(self, seen: Served) -> dict[str, bool]:
        """Return whether what a reader saw in the middle is whole, and each table as one process gives it."""
        return {
            "a reader sees whole tables": not seen.faults,
            "and none half-made": all(self.reference.tables.get(one) == seen.tables[one] for one in seen.tables),
        }

    def from_store(self, store: str) -> Home:
        """Return a new machine's folder after it has brought itself to what is current."""
        home = self.home("reader", with_downloads=False)
        self.from_folder(home, store)
        return home

    def from_folder(self, home: Home, store: str) -> None:
        """Have a working folder brought to what is current, and hand over what it has."""
        command = [sys.executable, "-m", "pipelines.cli", "home", "--sample"]
        subprocess.run(command, env=self.environment(home, store), capture_output=True, check=False, cwd=home.root)


def races(team: Team) -> Iterator[Row]:
    """Have writers race on the store that keeps one of them, and on one that keeps all."""
    script = "from pipelines.storage.objects import Objects; Objects('s3://localities/race').try_out(); print('held')"
    tried = {"Ceph's gateway": team.ceph.environment}
    server = S3rver(team.room / "s3rver")
    if shutil.which("npm"):
        server.start()
        tried["s3rver"] = server.environment
    try:
        for name, environment in tried.items():
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False,
                                  env={**os.environ, "PYTHONPATH": str(ROOT), **environment})  # fmt: skip
            held = done.stdout.strip() == "held"
            why = [line.strip() for line in done.stderr.splitlines() if line.strip().startswith("found:")]
            as_it_should = held is (name != "s3rver")
            yield Row(f"8 writers race, 6 rounds: {name}", "taken" if held else "refused",
                      {"taken only where one wins": as_it_should}, " ".join(why))  # fmt: skip
    finally:
        server.stop()


def one_store(team: Team) -> Iterator[Row]:
    """Run with the store on one machine, and read and run again on a second."""
    store, first = team.store("one"), team.home("first")
    done = team.run(first, store)
    yield Row("a run with the store on S3", "ended well" if not done.code else "failed",
              {"as one process": team.agrees(first)}, done.error)  # fmt: skip
    second = team.home("second", with_downloads=False)
    done = team.run(second, store)
    computed = sum("promoted" in line for line in done.lines)
    yield Row("a second machine runs", f"computed {computed} tables",
              {"as one process": team.agrees(second), "all fetched": not computed}, done.error)  # fmt: skip


def two_writers(team: Team) -> Iterator[Row]:
    """Have two machines run at once on one store, and then each again."""
    store, homes = team.store("two"), [team.home("left"), team.home("right")]
    processes = [team.begin(home, store) for home in homes]
    ended = []
    for process in processes:
        _, text = process.communicate()
        ended.append(Done(process.returncode, text.splitlines()))
    told = [one.error for one in ended if one.code]
    again = [team.run(home, store) for home in homes]
    yield Row(
        "two machines run at once on one store",
        f"{sum(not one.code for one in ended)} ended well, {len(told)} told that another was faster; both well again",
        {
            "told by whom": all("faster" in one for one in told),
            "both well again": [one.code for one in again] == [0, 0],
            "left as one process": team.agrees(homes[0]),
            "right as one process": team.agrees(homes[1]),
            "a reader has the same": team.agrees_tables(team.from_store(store)),
        },
        " / ".join([*(one[:160] for one in told), *(one.error for one in again if one.code)]),
    )


def analysts(team: Team) -> Iterator[Row]:
    """Have an analyst with settings of her own run beside everybody, in a workspace of her own and without one."""
    store, everybody = team.store("analysts"), team.home("everybody")
    team.run(everybody, store)
    anna = team.home("anna", settings=f"{SETTINGS}alpha: 0.01\n")
    refused = team.run(anna, store)
    yield Row("other settings, without a workspace of their own", "refused" if refused.code else "ran",
              {"told what to do": refused.code == 1 and "#your-name" in refused.error,
               "a reader has everybody's": team.agrees_tables(team.from_store(store))},
              refused.error[:120])  # fmt: skip
    anna = team.home("anna", settings=f"{SETTINGS}alpha: 0.01\n", with_downloads=False)
    processes = [team.begin(anna, f"{store}#anna"), team.begin(everybody, store)]
    codes = [process.communicate() and process.returncode for process in processes]
    hers, everybodys = served(anna.for_sample()), served(everybody.for_sample())
    kept = {path.name for path in anna.for_sample().editions.glob("*.json")}
    others = {path.name for path in everybody.for_sample().editions.glob("*.json")}
    yield Row(
        "two runs at once with different settings, each in its workspace",
        f"both ended well; editions {len(others)} and {len(kept)}",
        {
            "both ended well": codes == [0, 0],
            "everybody's as one process": everybodys == team.reference,
            "hers are whole": not hers.faults,
            "hers differ where settings do": hers.tables["findings"] != everybodys.tables["findings"],
            "and nowhere else": hers.tables["zones"] == everybodys.tables["zones"],
            "a reader has everybody's": team.agrees_tables(team.from_store(store)),
        },
    )


def killed_writers(team: Team) -> Iterator[Row]:
    """Kill a run while it puts files, and while it replaces the record, at several tables."""

    def strike(at: str, nth: int) -> Row:
        store, home = team.store("killed"), team.home("killed")
        done = team.run(home, store, at=at, nth=nth, strike=lambda process: process.kill())
        steps = ("putting", "replacing", "promoted")
        last = next((line for line in reversed(done.lines) if any(one in line for one in steps)), "")
        seen = served(team.from_store(store).for_sample())
        other = team.home("other")
        after, again = team.run(other, store), team.run(home, store)
        return Row(
            f"run killed while {at}, {nth} writes in",
            f"a reader saw {len(seen.tables)} whole tables; the next runs, there and elsewhere, are right",
            team.holds_for_reader(seen)
            | {
                "elsewhere as one process": not after.code and team.agrees(other),
                "there as one process": not again.code and team.agrees(home),
            },
            _message(last),
            is_amidst=done.is_struck and done.code != 0 and "promoted" not in last,
        )

    for at, nth in (("putting", 2), ("replacing", 3), ("putting", 12), ("replacing", 20)):
        yield first_amidst(partial(strike, at), range(nth, nth + 4))


def killed_store(team: Team) -> Iterator[Row]:
    """Kill the object store while a run puts files; start it and run again."""
    for at, nth in (("putting", 4), ("replacing", 8)):
        store, home = team.store("gone"), team.home("gone")
        done = team.run(home, store, at=at, nth=nth, strike=lambda _: team.ceph.kill_gateway())
        local = served(home.for_sample())
        team.ceph.start_gateway()
        again = team.run(home, store)
        yield Row(
            f"object store killed while a run was {at}",
            f"the run {'failed' if done.code else 'ended well'}; right after it is back",
            {
                "struck, so that the run failed": done.is_struck and done.code == 1,
                "what is there is whole": not local.faults,
                "right after it": not again.code and team.agrees(home),
                "a reader has the same": team.agrees_tables(team.from_store(store)),
            },
            done.error[:120],
        )


def _message(line: str) -> str:
    return line.partition("INFO ")[2].partition(" [")[0]


CASES = {
    "races": races,
    "one-store": one_store,
    "two-writers": two_writers,
    "analysts": analysts,
    "killed-writers": killed_writers,
    "killed-store": killed_store,
}
