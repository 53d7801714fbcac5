"""Where parts begin to pay: the evidence of three drawings, each a part, on one, ten and more Scotlands.

``python -m tests.bench.in_parts HOME TIMES WHO`` computes it in a process of its own and prints the seconds; WHO is
``one`` (this process), ``local`` (`pipelines.workers` on this machine, which it starts) or ``dask`` (two workers that
wait already, as a cluster's do).
"""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.measures import Bench, Measured, bench
from tests.bench.national import make_home, timed_process
from tests.bench.parts import SETS, figures_of_sets, repeated

if TYPE_CHECKING:
    from localities.evidence.panel import Panel
    from localities.evidence.sums import Places

__all__: list[str] = []

_SIZES = (1, 10)
_WHO = {"one": "one process", "local": "local parts", "dask": "two of Dask's workers"}


@bench("in-parts", is_default=False)
def in_parts(bench: Bench) -> list[Measured]:
    """Evidence of three candidate sets: wall seconds of those who share it, against those of one process."""
    make_home(bench)
    found = []
    for times in _SIZES:
        alone = 0.0
        for who, name in _WHO.items():
            took = timed_process([sys.executable, "-m", __name__, str(bench.home), str(times), who])
            seconds, rows = took.said.split()
            alone = alone or float(seconds)
            work = f"evidence of three drawings, {times} times Scotland, {name}"
            note = f"{took.megabytes:,.0f} MB in all at most; {rows} localities"
            found.append(Measured(work, round(alone, 2), float(seconds), note=note))
    return found


def _evidence(places: Places, panel: Panel) -> int:
    """Return of how many localities there is evidence; it stays where it was computed, as a step's does."""
    from localities.evidence.findings import assess
    from localities.evidence.weighing import sum_localities
    from localities.settings import Settings

    assess(sum_localities((places, panel)), Settings())
    return len(places.locality_id)


def _main(home: str, times: int, who: str) -> None:
    from pipelines.workers import workers

    bench = Bench(Path(), Path(home))
    parts = [repeated(*figures_of_sets(bench, (one,)), times) for one in SETS]
    cluster: Any = nullcontext()
    if who == "dask":
        from distributed import LocalCluster

        cluster = LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
    with cluster:
        if who == "dask":  # a cluster has imported what it needs
            with cluster.get_client() as client:
                client.run(_evidence, *repeated(*figures_of_sets(bench, SETS[:1]), 1))
        start = time.perf_counter()
        if who == "one":
            rows = [_evidence(*one) for one in parts]
        else:
            with workers(cluster.scheduler_address if who == "dask" else None, parts=len(parts)) as others:
                if others is None:
                    raise SystemExit("This machine has one core: nobody to share with.")
                begun = [others.submit(_evidence, *one) for one in parts]
                rows = [one.result() for one in begun]
        print(f"{time.perf_counter() - start:.2f} {sum(rows)}")


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
