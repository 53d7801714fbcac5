"""``python -m tests.drills [--only name ...] [--mirror folder] [--seed n] [--kills n] [--in-a-row n]``: faults.

Works on the fictional sample; with a folder of real data, on all of Scotland, where ``--in-a-row 5`` spares runs:
killed, begun again, killed again, and only then let finish. Ends with exit code 1
where anything served was not whole.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.drills.faults import DRILLS, Country


def main(given: list[str] | None = None) -> int:
    """Print a row for each fault as it comes; return 1 where one left something broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description="Faults done on purpose.")
    parser.add_argument("--only", nargs="+", choices=list(DRILLS), default=list(DRILLS), help="these drills only")
    parser.add_argument("--mirror", type=Path, help="folder of real data, instead of the sample")
    parser.add_argument("--seed", type=int, default=2015, help="draws the points at which runs are killed")
    parser.add_argument("--kills", type=int, default=20, help="kills each of a cold and of a warm run")
    parser.add_argument("--in-a-row", type=int, default=1, help="kills before a run may finish: fewer whole runs")
    parser.add_argument("--room", type=Path, help="where to work; by default a folder that is removed")
    chosen = parser.parse_args(given)
    broken = 0
    with tempfile.TemporaryDirectory(prefix="localities-drills-") as temporary:
        mirror = str(chosen.mirror.resolve()) if chosen.mirror else None
        country = Country(
            (chosen.room or Path(temporary)).resolve(), mirror, chosen.seed, chosen.kills, chosen.in_a_row
        )
        print("| fault | what happened | intact | said | seconds |\n|---|---|---|---|---|", flush=True)
        for name in chosen.only:
            start = time.perf_counter()
            for row in DRILLS[name](country):
                seconds = time.perf_counter() - start
                intact = "yes" if row.is_intact else "NO"
                said = row.said.replace("|", "/")
                print(f"| {row.fault} | {row.happened} | {intact} | {said} | {seconds:.0f} |", flush=True)
                broken += not row.is_intact
                start = time.perf_counter()
    print(f"\n{broken} of the rows above left something broken." if broken else "\nAll intact.")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
