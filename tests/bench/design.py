"""The design engine held against its peers on the same zones, variables and number of regions.

``python -m tests.bench --peers`` with LOCALITIES_MIRROR set prints it; peers come with the extra ``peers`` (spopt,
pygeoda, gerrychain). Not on Windows, where no copy of a process can be made. Zones of Fife, four standardised variables
of SIMD 2020v2. Prints a table in Markdown: seconds, homogeneity (sum of squares within regions over the total; less is
better), compactness (mean of Polsby and Popper), agreement with intermediate zones (adjusted Rand index over zones),
regions at or over 10,000 residents. A peer that is not installed is named as such. Not a test: nothing here fails.
"""

from __future__ import annotations

import multiprocessing
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty

import geopandas as gpd
import numpy as np
import pandas as pd

from localities.boundaries.dissolving import compactness, dissolve
from localities.choosing.two_drawings import adjusted_rand_index
from localities.drawing.natural_communities import Weights, design, problem_of
from localities.zones.adjacency import build_adjacency
from localities.zones.zones import build_zones

VARIABLES = ("income_rate", "employment_rate", "no_qualifications", "SMR")
PATIENCE = 60
"""Seconds that one engine may take."""
COUNTS = (104, 57)
"""Regions asked for: as many as Fife has intermediate zones, and natural communities."""

Draw = Callable[[], np.ndarray]


def load(mirror: Path, cpp_name: str = "Fife") -> tuple[gpd.GeoDataFrame, pd.DataFrame, np.ndarray]:
    """Return zones, adjacency and standardised variables of one CPP."""
    zones = build_zones(
        boundaries=mirror / "sg-data-zone-boundaries-2011" / "SG_DataZoneBdry_2011.zip",
        centroids=mirror / "sg-data-zone-centroids-2011" / "SG_DataZoneCent_2011.zip",
        lookup=mirror / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv",
        population=mirror / "nrs-sape-2021" / "sape-2021-persons.xlsx",
    )
    zones = zones[zones["cpp_name"] == cpp_name].reset_index(drop=True)
    table = pd.read_csv(mirror / "sg-simd-2020v2" / "simd2020_withinds.csv", dtype=str, encoding="utf-8-sig")
    table = table.set_index("Data_Zone").reindex(zones["zone_code"])[list(VARIABLES)]
    values = table.apply(lambda column: pd.to_numeric(column.str.rstrip("%"), errors="coerce"))
    values = values.fillna(values.mean()).to_numpy()
    return zones, build_adjacency(zones), (values - values.mean(axis=0)) / values.std(axis=0)


def ours(
    zones: gpd.GeoDataFrame, adjacency: pd.DataFrame, values: np.ndarray, count: int
) -> Iterator[tuple[str, Draw]]:
    """Yield the engine: under the limit, with shorter borders, and without a limit as the peers are."""
    for name, border, limit in (
        ("this project", 0.0, 10_000),
        ("this project, short borders", 0.005, 10_000),
        ("this project, no limit", 0.0005, 1e9),
    ):
        weights = Weights(identities={}, border=border, size=0.0, floor=0.0, homogeneity=1.0)

        def draw(weights: Weights = weights, limit: float = limit) -> np.ndarray:
            problem = problem_of(zones, adjacency, {}, weights=weights, attributes=values, floor=0, limit=limit)
            return design(problem, count=count, rounds=5, is_thorough=True).region

        yield name, draw


def peers(
    zones: gpd.GeoDataFrame, adjacency: pd.DataFrame, values: np.ndarray, count: int
) -> Iterator[tuple[str, Draw]]:
    """Yield the peers that are installed, each as a function that draws."""
    frame = zones[["zone_code", "population", "geometry"]].copy()
    names = [f"v{i}" for i in range(values.shape[1])]
    frame[names] = values
    least = 0.85 * zones["population"].sum() / count
    try:
        import pygeoda
    except ImportError:
        print("pygeoda is not installed")
    else:
        opened = pygeoda.open(frame[["population", *names, "geometry"]])
        weights, data = pygeoda.rook_weights(opened), opened[names]
        bound = opened["population"]

        def labels(result: dict) -> np.ndarray:
            return np.asarray(result["Clusters"])

        yield "pygeoda skater", lambda: labels(pygeoda.skater(count, weights, data))
        yield "pygeoda redcap", lambda: labels(pygeoda.redcap(count, weights, data, "fullorder-wardlinkage"))
        yield "pygeoda schc", lambda: labels(pygeoda.schc(count, weights, data, "ward"))
        yield "pygeoda azp greedy", lambda: labels(pygeoda.azp_greedy(count, weights, data, random_seed=2015))
        yield (
            "pygeoda azp tabu",
            lambda: labels(pygeoda.azp_tabu(count, weights, data, tabu_length=10, conv_tabu=10, random_seed=2015)),
        )
        yield (
            "pygeoda maxp greedy",
            lambda: labels(pygeoda.maxp_greedy(weights, data, bound, least, iterations=20, random_seed=2015)),
        )
    try:
        import random

        import networkx
        from gerrychain import Graph
        from gerrychain.partition import recursive_tree_part
    except ImportError:
        print("gerrychain is not installed")
    else:

        def tree() -> np.ndarray:
            random.seed(2015)
            net = networkx.Graph()
            net.add_nodes_from((one, {"population": people}) for one, people in enumerate(zones["population"]))
            place = pd.Index(zones["zone_code"])
            net.add_edges_from(
                zip(
                    place.get_indexer(adjacency["zone_code"]).tolist(),
                    place.get_indexer(adjacency["neighbour_code"]).tolist(),
                    strict=True,
                )
            )
            target = zones["population"].sum() / count
            parts = recursive_tree_part(Graph.from_networkx(net), range(count), target, "population", 0.3)
            return np.array([parts[one] for one in range(len(zones))])

        yield "gerrychain recursive_tree_part", tree
    try:
        from libpysal.weights import W
        from spopt.region import MaxPHeuristic, Skater
    except ImportError:
        print("spopt is not installed")
    else:
        near: dict[int, list[int]] = {one: [] for one in range(len(zones))}
        place = pd.Index(zones["zone_code"])
        for a, b in zip(
            place.get_indexer(adjacency["zone_code"]), place.get_indexer(adjacency["neighbour_code"]), strict=True
        ):
            near[int(a)].append(int(b))
        graph = W(near, silence_warnings=True)

        def skater() -> np.ndarray:
            model = Skater(frame, graph, names, n_clusters=count)
            model.solve()
            return np.asarray(model.labels_)

        def max_p() -> np.ndarray:
            np.random.seed(2015)  # noqa: NPY002 - the peer draws from the global state
            model = MaxPHeuristic(frame, graph, names, "population", least, top_n=2, max_iterations_construction=20)
            model.solve()
            return np.asarray(model.labels_)

        yield "spopt Skater", skater
        yield "spopt MaxPHeuristic", max_p


def row(name: str, zones: gpd.GeoDataFrame, values: np.ndarray, region: np.ndarray, seconds: float) -> str:
    """Return one row of the table."""
    number = pd.factorize(region)[0]
    count = number.max() + 1
    means = np.stack([np.bincount(number, weights=column) / np.bincount(number) for column in values.T], axis=1)
    within = ((values - means[number]) ** 2).sum() / ((values - values.mean(axis=0)) ** 2).sum()
    people = np.bincount(number, weights=zones["population"])
    shapes = compactness(dissolve(zones.geometry.to_numpy(), number, count)).mean()
    zone = pd.factorize(zones["intermediate_zone_code"])[0]
    table = np.zeros((count, zone.max() + 1))
    np.add.at(table, (number, zone), 1)
    return (
        f"| {name} | {count} | {seconds:.2f} | {within:.3f} | {shapes:.3f} | {adjusted_rand_index(table):.3f} "
        f"| {int((people >= 10_000).sum())} | {people.min():,.0f}–{people.max():,.0f} |"
    )


def timed(draw: Draw) -> tuple[np.ndarray | None, float]:
    """Return what a function drew and the seconds it took; None where it failed or took too long."""

    def work(queue: multiprocessing.Queue) -> None:
        start = time.perf_counter()
        region = draw()
        queue.put((np.asarray(region), time.perf_counter() - start))

    # a copy of this process, so that one that does not end can be ended
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=work, args=(queue,))
    process.start()
    try:
        return queue.get(timeout=PATIENCE)
    except Empty:
        return None, float(PATIENCE)
    finally:
        process.terminate()
        process.join()


def compare(mirror: Path) -> None:
    """Print the table for two numbers of regions, a row as soon as it is measured."""
    warnings.simplefilter("ignore")
    zones, adjacency, values = load(mirror)
    print("| engine | regions | seconds | within / total | compactness | agreement | 10,000 or more | residents |")
    print("|---|---|---|---|---|---|---|---|")
    print(row("intermediate zones", zones, values, zones["intermediate_zone_code"].to_numpy(), 0.0))
    for count in COUNTS:
        for name, draw in (*ours(zones, adjacency, values, count), *peers(zones, adjacency, values, count)):
            region, seconds = timed(draw)
            if region is None:
                print(f"| {name} | {count} | over {PATIENCE} or failed | | | | | |", flush=True)
            else:
                print(row(name, zones, values, region, seconds), flush=True)
