"""A real web server and daemon over the sample, asked through GraphQL as the page asks them."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from indicators.errors import ConfigError
from pipelines.folders import Home
from pipelines.service import launch, place_settings, start, stop
from pipelines.storage.store import Store

pytestmark = pytest.mark.service

# generous, because other work may share the machine; each wait ends as soon as there is an answer
PATIENCE = 240.0


@dataclass
class Service:
    """A running web server: where it is, and its working folder."""

    address: str
    home: Home
    log: Path

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        reply = requests.post(f"{self.address}/graphql", json={"query": query, "variables": variables}, timeout=60)
        answer = reply.json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def wait(self, what: str, look: Callable[[], Any]) -> Any:
        """Return the first answer that is not None."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = look()
            if found is not None:
                return found
            time.sleep(0.5)
        pytest.fail(f"waited {PATIENCE:.0f} s for {what}\n{self.log.read_text(errors='replace')[-4000:]}")

    def launch(self, job: str, config: dict[str, Any] | None = None) -> str:
        """Start a run as the page does, and return its id."""
        answer = self.ask(
            """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
                 __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
            params={
                "selector": {
                    "repositoryName": "__repository__",
                    "repositoryLocationName": "pipelines.definitions",
                    "jobName": job,
                },
                "runConfigData": config or {},
                "mode": "default",
            },
        )["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return answer["run"]["runId"]

    def runs(self, job: str) -> list[dict[str, Any]]:
        return self.ask(
            """query ($job: String) { runsOrError(filter: {pipelineName: $job}) { ... on Runs { results {
                 runId status assetSelection { path } } } } }""",
            job=job,
        )["runsOrError"]["results"]

    def versions(self) -> dict[str, str]:
        return {table: one.version for table, one in Store(self.home.store).manifests().items()}

    def finished(self, run_id: str) -> str:
        """Wait for the end of a run and return its status."""

        def look() -> str | None:
            status = self.ask("query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", id=run_id)[
                "runOrError"
            ]["status"]
            return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

        return self.wait(f"the end of run {run_id}", look)


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, sample_home: Home) -> Iterator[Service]:
    root, port = tmp_path_factory.mktemp("service"), _free_port()
    # test_materialise.py computes and publishes everything by Dagster
    shutil.copytree(sample_home.root.parent, root / "home", ignore=shutil.ignore_patterns("publications"))
    home = Home(root / "home").for_sample()
    # of what partnerships are given, GeoPackages alone are looked at here
    home.settings_file.write_text("publications: [geopackage]\n", encoding="utf-8")
    log = root / "dagster.log"
    with log.open("wb") as output:
        process = launch(Home(root / "home"), port=port, sample=True, output=output.fileno())
        served = Service(f"http://127.0.0.1:{port}", Home(root / "home").for_sample(), log)
        try:

            def look() -> dict[str, Any] | None:
                assert process.poll() is None, log.read_text(errors="replace")[-4000:]
                try:
                    nodes = served.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")
                except requests.ConnectionError:
                    return None
                return nodes["repositoriesOrError"].get("nodes") or None

            served.wait("the web server to load the definitions", look)
            yield served
        finally:
            stop(process)
    assert process.returncode is not None
    # what was killed may answer for a moment longer
    served.wait("every process to end", lambda: not _alive(served.home) or None)
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def _alive(home: Home) -> list[psutil.Process]:
    """Return the processes of Dagster on a working folder that have not ended."""
    return [
        one
        for one in psutil.process_iter(["environ", "status"])
        if (one.info["environ"] or {}).get("DAGSTER_HOME") == str(home.dagster)
        and one.info["status"] != psutil.STATUS_ZOMBIE
    ]


def _repository(service: Service) -> dict[str, Any]:
    return service.ask(
        """{ repositoriesOrError { ... on RepositoryConnection { nodes {
             assetGroups { groupName }
             schedules { name cronSchedule executionTimezone scheduleState { status } }
             sensors { name sensorState { status ticks(limit: 5) { status skipReason error { message } } } }
           } } } }"""
    )["repositoriesOrError"]["nodes"][0]


def _ticked(service: Service) -> list[dict[str, Any]] | None:
    return _repository(service)["sensors"][0]["sensorState"]["ticks"] or None


def test_schedule_and_sensor_are_on_without_being_switched_on(service: Service):
    found = _repository(service)
    assert [(one["name"], one["cronSchedule"], one["executionTimezone"]) for one in found["schedules"]] == [
        ("nightly_refresh", "0 2 * * *", "Europe/London")
    ]
    assert found["schedules"][0]["scheduleState"]["status"] == "RUNNING"
    assert [one["name"] for one in found["sensors"]] == ["refresh_after_sources"]
    assert found["sensors"][0]["sensorState"]["status"] == "RUNNING"
    groups = {one["groupName"] for one in found["assetGroups"]}
    assert groups == {"sources", "settings", "geography", "indicators", "candidates", "findings", "publications"}


def test_one_run_at_a_time(service: Service):
    said = service.ask(
        "{ instance { runQueueConfig { maxConcurrentRuns } daemonHealth { allDaemonStatuses { daemonType } } } }"
    )
    assert said["instance"]["runQueueConfig"]["maxConcurrentRuns"] == 1


def test_a_check_asked_from_the_page_and_the_run_that_follows_a_change(service: Service):
    """The night after an analyst asked for more certainty: what depends on it is recomputed, and nothing before it."""
    service.wait("the first look of the sensor", lambda: _ticked(service))
    before = service.versions()
    service.home.settings_file.write_text("publications: [geopackage]\nalpha: 0.01\n", encoding="utf-8")
    assert service.finished(service.launch("check_sources")) == "SUCCESS"
    (follower,) = service.wait("the run that follows", lambda: service.runs("refresh") or None)
    asked = {"/".join(one["path"]) for one in follower["assetSelection"]}
    assert {"findings", "verdicts", "publications"} <= asked
    assert not asked & {"zones", "adjacency", "indicators", "observations", "sources", "candidate_localities"}
    assert service.finished(follower["runId"]) == "SUCCESS"
    assert service.versions()["verdicts"] != before["verdicts"]
    assert len(list(service.home.publications.glob("fictional-*.gpkg"))) >= 3
    assert (service.home.publications / "fictional-country.duckdb").is_file()


def test_taken_port_is_refused_before_anything_starts(tmp_path: Path):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        with pytest.raises(ConfigError, match="The port is taken"):
            start(Home(tmp_path), port=held.getsockname()[1])
    assert list(tmp_path.iterdir()) == []


def test_settings_are_placed_under_an_absolute_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    folder = place_settings(Path("dagster_home"))
    assert folder == tmp_path.resolve() / "dagster_home"
    assert "max_concurrent_runs: 1" in (folder / "dagster.yaml").read_text(encoding="utf-8")
