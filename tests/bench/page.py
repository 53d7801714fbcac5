"""Everything anew from a click in Dagster's page, held against the command line on the same machine, in turn."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import requests

from pipelines.folders import Home
from pipelines.service import launch, stop
from tests.bench.measures import Bench, Measured, bench
from tests.bench.national import command, timed_process

_PATIENCE = 1800.0
_LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
_STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
_LOADED = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"


@bench("page", is_default=False)
def page(bench: Bench) -> list[Measured]:
    """A cold run by the command line, then "Materialize all" in the page of an empty working folder, to its success."""
    with tempfile.TemporaryDirectory(prefix="localities-bench-") as temporary:
        by_command = timed_process(command(Bench(bench.mirror, Path(temporary) / "command")))
        by_page = _clicked(Path(temporary) / "page", bench.mirror)
    by, (seconds, processor) = by_command.seconds, by_page
    note = f"command line {by:.0f} s, processor {by_command.processor:.0f} s; page {seconds:.0f} s, {processor:.0f} s"
    return [Measured("a run in Dagster's page, in those of the command line", 1.3, seconds / by, "times", note)]


def _clicked(folder: Path, mirror: Path) -> tuple[float, float]:
    """Return the seconds from a click to the end of the run that it starts, and those of the processor."""
    folder.mkdir()
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    with (folder / "dagster.log").open("wb") as log:
        process = launch(Home(folder), port=port, mirror=mirror, output=log.fileno())
        try:

            def ask(query: str, **variables: object) -> dict:
                answer = requests.post(
                    f"http://127.0.0.1:{port}/graphql", json={"query": query, "variables": variables}, timeout=60
                )
                return answer.json()["data"]

            def is_loaded() -> bool:
                try:
                    return bool(ask(_LOADED)["repositoriesOrError"].get("nodes"))
                except requests.ConnectionError:
                    return False

            _until(is_loaded)
            start, before = time.perf_counter(), _processor(process.pid)
            selector = {
                "repositoryName": "__repository__",
                "repositoryLocationName": "pipelines.definitions",
                "jobName": "__ASSET_JOB",
            }
            answer = ask(_LAUNCH, params={"selector": selector, "runConfigData": {}, "mode": "default"})["launchRun"]
            if answer["__typename"] != "LaunchRunSuccess":
                raise SystemExit(f"Dagster's page started no run: {answer}")

            def status() -> str:
                return str(ask(_STATUS, id=answer["run"]["runId"])["runOrError"]["status"])

            _until(lambda: status() in ("SUCCESS", "FAILURE", "CANCELED"))
            seconds = time.perf_counter() - start
            if (end := status()) != "SUCCESS":
                raise SystemExit(f"The run in Dagster's page ended with {end}; see {folder / 'dagster.log'}.")
            return seconds, _processor(process.pid) - before
        finally:
            stop(process)


def _processor(process: int) -> float:
    """Return the seconds of the processor that a process and those below it took, also those that ended."""
    top = psutil.Process(process)
    return sum(sum(one.cpu_times()[:4]) for one in (top, *top.children(recursive=True)))


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"Dagster's page: nothing within {_PATIENCE:.0f} seconds.")
        time.sleep(0.5)
