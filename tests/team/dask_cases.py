"""Two of Dask's workers, each with a folder of its own: a run of Dagster's, one killed in it, and parts of commands."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from pipelines.folders import Home
from pipelines.workers import SCHEDULER_VARIABLE
from tests.drills.state import served
from tests.team.cases import Row, Team, first_amidst
from tests.team.dagster_cases import is_putting, kill_who_writes, served_by
from tests.team.servers import Dask

COMMANDS = (
    ("hot-spots", "--replications", "99", "--json"),
    ("pack", "--format", "docx,pdf,html", "--out", "."),
    ("validate", "--worlds", "1", "--planted", "1", "--drawn", "1", "--persons", "1", "--quiet", "--out", "page.md"),
)


def refresh(team: Team) -> Iterator[Row]:
    """Have the workers compute a run; then another, and kill one of them amidst."""
    yield _refresh(team, 0)
    yield first_amidst(partial(_refresh, team), range(6, 10))


def _refresh(team: Team, nth: int) -> Row:
    store, national = team.store("dask"), team.home("national")
    homes = [team.home("worker", with_downloads=False) for _ in range(2)]
    team.made += 1
    dask = Dask(team.room / f"{team.made:02} dask")
    with served_by(team, "dask", {"national": (national, store)}, dask.url) as service:
        dask.start([service.environment(home, store) for home in homes])
        try:
            run_id, is_amidst = service.launch("national"), True
            if nth:
                path = service.put(nth)
                if path is not None:
                    kill_who_writes(path)
                is_amidst = path is not None and is_putting(path.read_text("utf-8", "replace"))
            end = service.end_of(run_id)
            done = sorted(service.steps_of(run_id).values(), reverse=True)
            again = service.end_of(service.launch("national")) if nth else end
        finally:
            dask.stop()
    written = [served(home.for_sample()).files for home in homes]
    reader = team.home("reader", with_downloads=False)
    fetched = team.run(reader, store)
    return Row(
        "Dagster on two of Dask's workers" + (f", one killed while it puts a table, the {nth}th" if nth else ""),
        f"{end}; steps by each process: {', '.join(map(str, done))}" + (f"; the next: {again}" if nth else ""),
        {
            "ended well": again == "SUCCESS",
            "both worked": len(done) > 1,
            "a worker's files as one process": team.reference.files in written,
            "a reader as one process": not fetched.code and team.agrees(reader),
            "all fetched": not any("promoted" in line for line in fetched.lines),
        },
        is_amidst=is_amidst,
    )


def commands(team: Team) -> Iterator[Row]:
    """Have the workers share the work of a command; hold what it writes against what this machine writes alone."""
    store, national = team.store("shared"), team.home("national")
    first = team.run(national, store)
    homes = [team.home("worker", with_downloads=False) for _ in range(2)]
    team.made += 1
    dask = Dask(team.room / f"{team.made:02} dask")
    dask.start([team.environment(home, store) for home in homes])
    try:
        for command in COMMANDS:
            alone, shared = (_written(team, national, store, command, scheduler) for scheduler in ("", dask.url))
            yield Row(
                f"`localities {command[0]}` by two of Dask's workers",
                f"{len(alone)} files and what is printed",
                {"ended well": not first.code and bool(alone), "the same bytes": alone == shared},
            )
    finally:
        dask.stop()
    yield Row("the workers' own folders", "filled from the store",
              {"the same tables": all(team.agrees_tables(home) for home in homes)})  # fmt: skip


def _written(team: Team, home: Home, store: str, command: tuple[str, ...], scheduler: str) -> dict[str, str]:
    """Return the hash of what a command prints and of each file that it writes; nothing where it failed."""
    team.made += 1
    out = team.room / f"{team.made:02} {command[0]}"
    out.mkdir()
    environment = team.environment(home, store) | {SCHEDULER_VARIABLE: scheduler, "LOCALITIES_LOG": ""}
    done = subprocess.run([sys.executable, "-m", "pipelines.cli", *command, "--sample"], env=environment, cwd=out,
                          capture_output=True, check=False)  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-1500:])
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    return {name: hashlib.sha256(content).hexdigest() for name, content in {"": done.stdout, **files}.items()}


DASK_CASES = {"dask": refresh, "dask-commands": commands}
