"""``python -m tests.team [--only name ...]``: a team's machines on this one, with real servers on loopback.

Needs Debian's ceph-mon, ceph-osd, radosgw and postgresql; npm for the store that has to be refused. Ends with exit code
1 where anything was not whole.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.team.cases import CASES, Team
from tests.team.dagster_cases import DAGSTER_CASES
from tests.team.dask_cases import DASK_CASES
from tests.team.servers import Ceph, Postgres, absent


def main(given: list[str] | None = None) -> int:
    """Print a row for each case as it comes; return 1 where one left something broken."""
    every = {**CASES, **DAGSTER_CASES, **DASK_CASES}
    parser = argparse.ArgumentParser(prog="python -m tests.team", description="A team's machines, on this one.")
    parser.add_argument("--only", nargs="+", choices=list(every), default=list(every), help="these cases only")
    parser.add_argument("--room", type=Path, help="where to work; by default a folder that is removed")
    chosen = parser.parse_args(given)
    if lacking := absent():
        print(
            f"Not there: {', '.join(lacking)}. On Debian: apt-get install --no-install-recommends {' '.join(lacking)}"
        )
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped all the same
    broken = 0
    with tempfile.TemporaryDirectory(prefix="localities-team-") as temporary:
        room = (chosen.room or Path(temporary)).resolve()
        room.chmod(0o755)  # PostgreSQL runs as another user where this one is root
        team = Team(room, Ceph(room / "ceph"), Postgres(room / "postgres"))
        try:
            team.prepare()
            print("| what | what happened | intact | said | seconds |\n|---|---|---|---|---|", flush=True)
            for name in chosen.only:
                start = time.perf_counter()
                for row in every[name](team):
                    seconds = time.perf_counter() - start
                    intact, said = "yes" if row.is_intact else f"NO: {row.broken}", row.said.replace("|", "/")
                    print(f"| {row.what} | {row.happened} | {intact} | {said} | {seconds:.0f} |", flush=True)
                    broken += not row.is_intact
                    start = time.perf_counter()
        finally:
            team.postgres.stop()
            team.ceph.stop()
    print(f"\n{broken} of the rows above left something broken." if broken else "\nAll intact.")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
