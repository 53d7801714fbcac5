"""Parts of the work by themselves, on tables of the national run: the best of a few rounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.bench.measures import Bench, Measured, bench
from tests.bench.national import files_of, make_home

if TYPE_CHECKING:
    from localities.evidence.panel import Panel
    from localities.evidence.sums import Places
    from pipelines.storage.store import Store


def _best(work: Callable[[], object], rounds: int = 3) -> float:
    """Return the shortest of some rounds, in seconds: what the work takes when nothing else is in the way."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def _store(bench: Bench) -> Store:
    from pipelines.storage.store import Store

    make_home(bench)
    return Store(bench.home / "store")


@bench("adjacency")
def adjacency(bench: Bench) -> list[Measured]:
    """Zone adjacency with shared border lengths."""
    from localities.zones.adjacency import build_adjacency

    zones = _store(bench).read("zones")
    return [Measured("zone adjacency with shared border lengths", 0.5, _best(lambda: build_adjacency(zones)))]


@bench("natural-communities")
def natural_communities(bench: Bench) -> list[Measured]:
    """Natural communities of all of Scotland, designed and refined; what they read is read before."""
    from localities.candidates import drawing_context
    from localities.drawing.natural_communities.communities import design_communities, identities_of
    from localities.settings import Settings

    store, settings = _store(bench), Settings()
    context = drawing_context(
        store.read("zones"), store.read("adjacency"), files_of(bench), limit=settings.limit, seed=settings.seed
    )
    identities_of(context)
    found = design_communities(context)
    note = f"{len(np.unique(found.region)):,} communities"
    return [Measured("natural communities designed and refined", 5.0, _best(lambda: design_communities(context), 2),
                     note=note)]  # fmt: skip


@bench("comparisons")
def comparisons(bench: Bench) -> list[Measured]:
    """One million comparisons of proportions and one of rates, of sizes as real localities have."""
    from indicators.comparison.compare import compare_proportions, compare_rates

    rng = np.random.default_rng(2015)
    rows = 1_000_000
    people = np.round(np.exp(rng.normal(7.5, 1.0, rows))) + 1
    rest = np.round(np.exp(rng.normal(11.5, 0.7, rows))) + 1
    rate = np.exp(rng.normal(-2.2, 0.6, rows)).clip(0.001, 0.9)
    here, there = rng.binomial(people.astype(int), rate), rng.binomial(rest.astype(int), rate)
    given: dict[str, Any] = {"important": 1.25, "scale": "ratio", "poorer_is": "higher"}
    return [
        Measured("one million comparisons of proportions", 2.0,
                 _best(lambda: compare_proportions(here, people, there, rest, **given), 2)),
        Measured("one million comparisons of rates", 2.0,
                 _best(lambda: compare_rates(here, people, there, rest, **given), 2)),
    ]  # fmt: skip


_TIMES = 10
SETS = ("intermediate_zones", "wards", "natural_communities")


@bench("ten-times")
def ten_times(bench: Bench) -> list[Measured]:
    """Ten times Scotland against once: aggregation and evidence for headline periods of three candidate sets."""
    from localities.evidence.findings import assess
    from localities.evidence.weighing import sum_localities
    from localities.settings import Settings

    places, panel = figures_of_sets(bench, SETS)
    settings = Settings()
    many_places, many = repeated(places, panel, _TIMES)
    once = _best(lambda: assess(sum_localities((places, panel)), settings), 2)
    tenfold = _best(lambda: assess(sum_localities((many_places, many)), settings), 2)
    size = f"{len(places.locality_id):,} localities, {len(panel.series)} series"
    note = f"{once:.2f} s and {tenfold:.2f} s; {size}, ten times"
    return [Measured("ten times Scotland", 12.0, tenfold / once, "times", note)]


@bench("scale", is_default=False)
def scale(bench: Bench) -> list[Measured]:
    """One candidate set on one, ten and a hundred Scotlands: seconds and memory of sums and of evidence."""
    from localities.evidence.findings import assess
    from localities.evidence.weighing import sum_localities
    from localities.settings import Settings

    one = figures_of_sets(bench, SETS[:1])
    assess(sum_localities(one), Settings())
    found = []
    once: dict[str, float] = {}
    for times in (1, 10, 100):
        places, panel = one if times == 1 else repeated(*one, times)
        sums, megabytes, localities = _watched(lambda given=(places, panel): sum_localities(given))  # type: ignore[misc]
        took = {"sums": (sums, megabytes)}
        took["evidence"] = _watched(lambda given=localities: assess(given, Settings()))[:2]  # type: ignore[misc]
        for name, (seconds, peak) in took.items():
            budget = once.setdefault(name, max(seconds, 0.01)) * times * 1.1
            size = f"{len(places.locality_id):,} localities, {len(panel.zone_codes):,} zones"
            found.append(Measured(f"{name}, {times} times Scotland", round(budget, 2), seconds, "s",
                                  note=f"{peak:,.0f} MB at most; {size}"))  # fmt: skip
        del places, panel, localities
    return found


def _watched(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return the seconds that work takes, the most megabytes that this process holds meanwhile, and the result."""
    import threading

    import psutil

    process, most, done = psutil.Process(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            most[0] = max(most[0], process.memory_info().rss / 2**20)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.process_time()
    result = work()
    seconds = time.process_time() - start
    done.set()
    watcher.join()
    return seconds, most[0], result


def figures_of_sets(bench: Bench, sets: tuple[str, ...]) -> tuple[Places, Panel]:
    """Return localities of some candidate sets and the headline figures of zones."""
    from localities.evidence.sums import build_places

    store = _store(bench)
    zones = store.read("zones", ["zone_code", "cpp_code", "population"])
    localities = store.read("candidate_localities", ["locality_id", "candidate_set", "cpp_code", "drawn_from"])
    localities = localities[localities["candidate_set"].isin(sets)].reset_index(drop=True)
    members = store.read("membership", ["locality_id", "zone_code", "weight"])
    members = members[members["locality_id"].isin(localities["locality_id"])]
    return build_places(zones, localities, members), panel_of_headlines(store)


def panel_of_headlines(store: Store) -> Panel:
    """Return the headline figures of data zones that are tested."""
    from indicators.catalogue import load_catalogue
    from localities.evidence.panel import build_panel

    zones = store.read("zones", ["zone_code"])
    observations = store.read("observations", as_categories=True)
    return build_panel(observations, load_catalogue(), zones["zone_code"], headline_only=True).tested()


def repeated(places: Places, panel: Panel, times: int) -> tuple[Places, Panel]:
    """Return so many Scotlands side by side, with partnerships of their own."""
    from dataclasses import replace

    from scipy import sparse

    partnerships = len(places.cpp_codes)
    shift = np.arange(times)[:, None] * partnerships
    many = replace(
        places,
        locality_id=np.tile(places.locality_id, times),
        candidate_set=np.tile(places.candidate_set, times),
        members=sparse.csr_array(sparse.block_diag([places.members] * times, format="csr")),
        cpp=(places.cpp[None, :] + shift).ravel(),
        zone_cpp=(places.zone_cpp[None, :] + shift).ravel(),
        cpp_codes=np.tile(places.cpp_codes, times),
        population=np.tile(places.population, times),
        drawn_from=places.drawn_from * times,
    )
    arrays = [name for name, value in vars(panel).items() if isinstance(value, np.ndarray) and value.ndim == 2]
    stacked: dict[str, Any] = {name: np.tile(getattr(panel, name), (times, 1)) for name in arrays}
    return many, replace(panel, zone_codes=np.tile(panel.zone_codes, times), **stacked)


@bench("hot-spots")
def hot_spots(bench: Bench) -> list[Measured]:
    """Hot spots of every partnership with the default settings; the design names no budget, half a minute is ours."""
    from indicators.catalogue import load_catalogue
    from localities.hotspots.search import find_hot_spots
    from localities.settings import Settings

    store, settings, catalogue = _store(bench), Settings(), load_catalogue()
    zones, neighbours, observations = (store.read(name) for name in ("zones", "adjacency", "observations"))
    outcomes = [catalogue[one] for one in settings.hot_spot_indicators]

    def work() -> object:
        return find_hot_spots(
            zones, neighbours, observations, indicators=outcomes, shape=settings.hot_spot_shape, limit=settings.limit,
            replications=settings.hot_spot_replications, seed=settings.seed, alpha=settings.alpha,
        )  # fmt: skip

    return [Measured("hot spots of every partnership", 30.0, _best(work, 1), note="no budget of the design")]
