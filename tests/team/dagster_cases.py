"""Dagster with PostgreSQL and several runs at once; killed amidst writes.

The instance is that of `deploy/server/dagster.yaml`. What a run says while it goes is what Dagster captures of its
steps, or what the worker writes.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.folders import Home
from tests.drills.state import served
from tests.team.cases import ROOT, SETTINGS, Row, Team, first_amidst
from tests.team.servers import LOOPBACK, answers, free_port, wait_until

POSTGRES_VARIABLE = "DAGSTER_POSTGRES_URL"
PATIENCE = 900.0
PUT = re.compile(r"putting \d+ files of \S*store\b")
_LAUNCH = """
mutation ($parameters: ExecutionParams!) {
  launchPipelineExecution(executionParams: $parameters) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""


@dataclass
class Service:
    """Dagster as a server runs it: a code server for each workspace, the page, the daemon; over PostgreSQL."""

    team: Team
    folder: Path
    places: dict[str, tuple[Home, str]]
    scheduler: str = ""
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    page: int = field(default_factory=free_port)

    def environment(self, home: Home, store: str) -> dict[str, str]:
        return self.team.environment(home, store) | {
            "DAGSTER_HOME": str(self.folder),
            POSTGRES_VARIABLE: self.team.postgres.url,
            "LOCALITIES_SCHEDULER": self.scheduler,
            "LOCALITIES_UI_ADDRESSES": f"http://{LOOPBACK}:{self.page}",
        }

    def start(self) -> None:
        self.folder.mkdir(parents=True)
        shutil.copyfile(ROOT / "deploy" / "server" / "dagster.yaml", self.folder / "dagster.yaml")
        locations = []
        for name, (home, store) in self.places.items():
            port = free_port()
            self._begin(name, home, store, "-m", "dagster", "api", "grpc", "-m", "pipelines.definitions",
                        "-d", str(ROOT), "-h", LOOPBACK, "-p", str(port), "--location-name", name)  # fmt: skip
            self._wait_for(name, port)
            locations.append(f"  - grpc_server: {{host: {LOOPBACK}, port: {port}, location_name: {name}}}\n")
        (self.folder / "workspace.yaml").write_text("load_from:\n" + "".join(locations), encoding="utf-8")
        self.start_daemon()
        home, store = next(iter(self.places.values()))
        self._begin("page", home, store, "-m", "pipelines.webserver", "-w", "workspace.yaml", "-h", LOOPBACK,
                    "-p", str(self.page))  # fmt: skip
        self._wait_for("page", self.page)

    def _wait_for(self, name: str, port: int) -> None:
        def is_there() -> bool:
            if self._running[name].poll() is not None:
                raise RuntimeError((self.folder / f"{name}.log").read_text(errors="replace")[-1500:])
            return answers(port)

        wait_until(is_there, name, 120)

    def start_daemon(self) -> None:
        home, store = next(iter(self.places.values()))
        self._begin("daemon", home, store, "-m", "dagster._daemon", "run", "-w", "workspace.yaml")

    def kill(self, name: str) -> None:
        self._running[name].kill()
        self._running[name].wait()

    def stop(self) -> None:
        for one in reversed(self._running.values()):
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()

    def _begin(self, name: str, home: Home, store: str, *command: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self._running[name] = subprocess.Popen(
            [sys.executable, *command], stdout=log, stderr=log, cwd=self.folder, env=self.environment(home, store),
            start_new_session=True,
        )  # fmt: skip

    def launch(self, location: str) -> str:
        """Ask the page for a run of everything in a workspace; return its id."""
        import requests

        selector = {"repositoryLocationName": location, "repositoryName": "__repository__", "pipelineName": "refresh"}
        parameters = {"selector": selector, "mode": "default", "runConfigData": {}}
        asked = {"query": _LAUNCH, "variables": {"parameters": parameters}}
        for _ in range(5):
            answer = requests.post(f"http://{LOOPBACK}:{self.page}/graphql", json=asked, timeout=180).json()
            launched = (answer.get("data") or {}).get("launchPipelineExecution") or {}
            if run := launched.get("run"):
                return str(run["runId"])
            # the page keeps connections, and finds out at the first use that a database began again meanwhile
            if "server closed the connection" not in launched.get("message", ""):
                break
        raise RuntimeError(f"no run was launched: {answer}")

    def run_of(self, run_id: str) -> Any:
        """Return the record of a run."""
        with self._instance() as instance:
            return instance.get_run_record_by_id(run_id)

    def end_of(self, run_id: str) -> str:
        """Wait for a run; return how it ended."""
        wait_until(lambda: self.run_of(run_id).dagster_run.is_finished, f"run {run_id}", PATIENCE)
        return str(self.run_of(run_id).dagster_run.status.value)

    def steps_of(self, run_id: str) -> Counter[int]:
        """Return how many steps each process finished."""
        with self._instance() as instance:
            events = [one.dagster_event for one in instance.all_logs(run_id) if one.dagster_event]
        return Counter(one.pid for one in events if one.event_type_value == "STEP_SUCCESS")

    @contextmanager
    def _instance(self) -> Iterator[Any]:
        from dagster import DagsterInstance

        os.environ[POSTGRES_VARIABLE] = self.team.postgres.url
        instance = DagsterInstance.from_config(str(self.folder))
        try:
            yield instance
        finally:
            instance.dispose()

    def put(self, nth: int) -> Path | None:
        """Wait for the nth table that is being put, or the next; return the file of what its process says meanwhile."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            said = {path: path.read_text("utf-8", "replace") for path in self.folder.rglob("*.err")}
            amidst = [path for path, text in said.items() if is_putting(text)]
            if amidst and sum(len(PUT.findall(text)) for text in said.values()) >= nth:
                return amidst[0]
            time.sleep(0.01)
        return None


def is_putting(said: str) -> bool:
    """Return whether a process has begun to put a table and not said that it was promoted."""
    return len(PUT.findall(said)) > said.count("promoted")


def kill_who_writes(path: Path) -> None:
    """Kill the process whose standard error is a file."""
    for pid in [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]:
        with suppress(OSError):
            if os.readlink(f"/proc/{pid}/fd/2") == str(path):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def served_by(team: Team, name: str, places: dict[str, tuple[Home, str]], scheduler: str = "") -> Iterator[Service]:
    if team.postgres.process is None or team.postgres.process.poll() is not None:
        team.postgres.start()
    team.made += 1
    service = Service(team, team.room / f"{team.made:02} {name}", places, scheduler)
    for home, store in places.values():
        team.from_folder(home, store)
    try:
        service.start()
        yield service
    finally:
        service.stop()


def two_runs(team: Team) -> Iterator[Row]:
    """Have Dagster run two workspaces at once, and one workspace twice."""
    store = team.store("dagster")
    national, anna = team.home("national"), team.home("anna", settings=f"{SETTINGS}alpha: 0.01\n")
    with served_by(team, "dagster", {"national": (national, store), "anna": (anna, f"{store}#anna")}) as service:
        runs = [service.launch(name) for name in ("national", "anna", "national")]
        ends = [service.end_of(one) for one in runs]
        times = [(one.start_time, one.end_time) for one in map(service.run_of, runs)]
        beside = times[0][0] < times[1][1] and times[1][0] < times[0][1]
        after = times[2][0] >= times[0][1] - 1 or times[0][0] >= times[2][1] - 1
        hers = served(anna.for_sample())
        yield Row(
            "PostgreSQL, page, daemon: two workspaces at once, one of them twice",
            f"{', '.join(ends)}; two side by side: {'yes' if beside else 'no'}; the second of one after the first: "
            f"{'yes' if after else 'no'}",
            {
                "all ended well": ends == ["SUCCESS"] * 3,
                "two workspaces side by side": beside,
                "one workspace one after the other": after,
                "as one process": team.agrees(national),
                "hers are whole": not hers.faults,
                "hers differ where settings do": hers.tables["findings"] != team.reference.tables["findings"],
            },
        )


def killed_services(team: Team) -> Iterator[Row]:
    """Kill the run's process, the database and the daemon while a run puts a table; run again."""

    def strike(what: str, nth: int) -> Row:
        store, national = team.store("service"), team.home("national")
        with served_by(team, f"without {what}", {"national": (national, store)}) as service:
            run_id = service.launch("national")
            path = service.put(nth)
            if what == "run" and path is not None:
                kill_who_writes(path)
            elif what == "database":
                team.postgres.kill()
            elif what == "daemon":
                service.kill("daemon")
            is_amidst = path is not None and is_putting(path.read_text("utf-8", "replace"))
            seen = served(team.from_store(store).for_sample())
            if what == "database":
                time.sleep(3)
                team.postgres.start()
            if what == "daemon":
                service.start_daemon()
            end = service.end_of(run_id)
            again = service.end_of(service.launch("national"))
            return Row(
                f"{what} killed while a run puts a table, the {nth}th",
                f"{end}; a reader saw {len(seen.tables)} whole tables; the next night: {again}",
                team.holds_for_reader(seen)
                | {"the next night is right": again == "SUCCESS", "as one process": team.agrees(national)},
                is_amidst=is_amidst,
            )

    for what in ("run", "database", "daemon"):
        yield first_amidst(partial(strike, what), range(6, 10))


DAGSTER_CASES = {"two-runs": two_runs, "killed-services": killed_services}
