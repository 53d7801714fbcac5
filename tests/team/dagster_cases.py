"""Dagster with PostgreSQL and several runs at once, in its own processes and on Dask's workers; killed amidst writes.

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
from pathlib import Path
from typing import Any

from pipelines.folders import Home
from tests.drills.state import served
from tests.team.cases import ROOT, SETTINGS, Row, Team
from tests.team.servers import LOOPBACK, answers, free_port, wait_until

__all__ = ["DAGSTER_CASES"]

POSTGRES_VARIABLE = "DAGSTER_POSTGRES_URL"
PATIENCE = 900.0
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
        answer = requests.post(
            f"http://{LOOPBACK}:{self.page}/graphql",
            json={"query": _LAUNCH, "variables": {"parameters": parameters}},
            timeout=180,
        ).json()
        try:
            return str(answer["data"]["launchPipelineExecution"]["run"]["runId"])
        except (KeyError, TypeError):
            raise RuntimeError(f"no run was launched: {answer}") from None

    def run_of(self, run_id: str) -> Any:
        """Return the record of a run."""
        with self._instance() as instance:
            return instance.get_run_record_by_id(run_id)

    def end_of(self, run_id: str) -> str:
        """Wait for a run; return how it ended."""
        wait_until(lambda: self.run_of(run_id).dagster_run.is_finished, f"run {run_id}", PATIENCE)
        return str(self.run_of(run_id).dagster_run.status.value)

    def pid_of(self, run_id: str) -> int:
        """Return the process that computes a run's steps."""
        with self._instance() as instance:
            said = [one.user_message for one in instance.all_logs(run_id) if "(pid: " in (one.user_message or "")]
        return int(re.findall(r"\(pid: (\d+)\)", said[-1])[0])

    def steps_of(self, run_id: str) -> tuple[Counter[int], int]:
        """Return how many steps each process finished, and the process of the one that was begun last."""
        with self._instance() as instance:
            events = [one.dagster_event for one in instance.all_logs(run_id) if one.dagster_event]
        begun = [one.pid for one in events if one.event_type_value == "STEP_START"]
        return Counter(one.pid for one in events if one.event_type_value == "STEP_SUCCESS"), begun[-1] if begun else 0

    @contextmanager
    def _instance(self) -> Iterator[Any]:
        from dagster import DagsterInstance

        os.environ[POSTGRES_VARIABLE] = self.team.postgres.url
        instance = DagsterInstance.from_config(str(self.folder))
        try:
            yield instance
        finally:
            instance.dispose()

    def said(self) -> str:
        """Return what steps have said so far, as Dagster captures it."""
        return "".join(one.read_text(encoding="utf-8", errors="replace") for one in sorted(self.folder.rglob("*.err")))

    def wait_for(self, run_id: str, text: str, times: int) -> bool:
        """Wait until a run has said something so often; return whether it came to that."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.said().count(text) >= times:
                return True
            time.sleep(0.02)
        return False


@contextmanager
def _served_by(team: Team, name: str, places: dict[str, tuple[Home, str]], scheduler: str = "") -> Iterator[Service]:
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
    with _served_by(team, "dagster", {"national": (national, store), "anna": (anna, f"{store}#anna")}) as service:
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
            ends == ["SUCCESS"] * 3 and beside and after and team.agrees(national) and not hers.faults
            and hers.tables["findings"] != team.reference.tables["findings"],
        )  # fmt: skip


def killed_services(team: Team) -> Iterator[Row]:
    """Kill the run's process, the database and the daemon while a run puts a table; run again."""
    for what in ("run", "database", "daemon"):
        store, national = team.store("service"), team.home("national")
        with _served_by(team, f"without {what}", {"national": (national, store)}) as service:
            run_id = service.launch("national")
            amidst = service.wait_for(run_id, "putting", 6)
            before = service.said().count("promoted")
            if what == "run":
                os.kill(service.pid_of(run_id), signal.SIGKILL)
            elif what == "database":
                team.postgres.kill()
            else:
                service.kill("daemon")
            after = service.said().count("promoted")
            seen = served(team.from_store(store).for_sample())
            if what == "database":
                time.sleep(3)
                team.postgres.start()
            if what == "daemon":
                service.start_daemon()
            end = service.end_of(run_id)
            again = service.end_of(service.launch("national"))
            other = {table for table, version in seen.tables.items() if team.reference.tables[table] != version}
            yield Row(
                f"{what} killed while a run puts its sixth table"
                + ("" if amidst and before == after else " (had ended)"),
                f"{end}; a reader saw {len(seen.tables)} whole tables; the next night: {again}",
                amidst and not other and not seen.faults and again == "SUCCESS" and team.agrees(national),
            )


def on_dask(team: Team) -> Iterator[Row]:
    """Have two of Dask's workers, each with a folder of its own, compute a run; then kill one of them amidst."""
    port = free_port()
    for kill in (False, True):
        store, national = team.store("dask"), team.home("national")
        homes = [team.home("worker", with_downloads=False) for _ in range(2)]
        with _served_by(team, "dask", {"national": (national, store)}, f"tcp://{LOOPBACK}:{port}") as service:
            service._begin("scheduler", national, store, "-m", "distributed.cli.dask_scheduler", "--host", LOOPBACK,
                           "--port", str(port), "--no-dashboard")  # fmt: skip
            wait_until(lambda: answers(port), "Dask's scheduler")
            for number, home in enumerate(homes, 1):
                service._begin(f"worker{number}", home, store, "-m", "distributed.cli.dask_worker",
                               f"tcp://{LOOPBACK}:{port}", "--nthreads", "1", "--no-nanny", "--no-dashboard",
                               "--local-directory", str(home.root / "dask"))  # fmt: skip
            run_id = service.launch("national")
            struck = ""
            if kill and service.wait_for(run_id, "putting", 6):
                _, amidst = service.steps_of(run_id)
                struck = next((name for name, one in service._running.items() if one.pid == amidst), "")
                service.kill(struck)
            end = service.end_of(run_id)
            steps, _ = service.steps_of(run_id)
            done = sorted(steps.values(), reverse=True)
            again = service.end_of(service.launch("national")) if kill else end
            reader = team.home("reader", with_downloads=False)
            fetched = team.run(reader, store)
            yield Row(
                "Dask: two workers" + (f", {struck} killed while it puts a table" if kill else ""),
                f"{end}; steps by each process: {', '.join(map(str, done))}" + (f"; the next: {again}" if kill else ""),
                again == "SUCCESS" and (len(done) == 2 or kill) and bool(struck) is kill and not fetched.code
                and team.agrees(reader) and not any("promoted" in line for line in fetched.lines),
            )  # fmt: skip


DAGSTER_CASES = {"two-runs": two_runs, "killed-services": killed_services, "dask": on_dask}
