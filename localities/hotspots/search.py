"""Hot spots of all areas: the search, and the tables that come of it."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError
from localities.hotspots.area import Area, Found, Rules, search_area
from localities.hotspots.measures import Measure, measures_of
from localities.hotspots.tables import Drawn, tables_of
from localities.zones.graph import neighbour_matrix

if TYPE_CHECKING:
    import geopandas as gpd

SHAPES = ("circular", "flexible", "plain")
WITHIN = ("cpp", "scotland")
_SCOTLAND = "S92000003"


@dataclass(frozen=True)
class HotSpots:
    """What a search found.

    Parameters
    ----------
    hot_spots, hot_spot_zones
        The tables of these names (`indicators.schema.tables`); the first without geometry where the zones had none.
    outcomes
        One row per hot spot and outcome: ``hot_spot_id, indicator_id, period, model, observed, expected, ratio,
        log_likelihood_ratio``.
    areas
        One row per area and outcome: ``area_code, indicator_id, zone_count, windows, over_dispersion,
        spatial_correlation``: what the null was fitted to.
    """

    hot_spots: pd.DataFrame
    hot_spot_zones: pd.DataFrame
    outcomes: pd.DataFrame
    areas: pd.DataFrame


def find_hot_spots(
    zones: gpd.GeoDataFrame | pd.DataFrame,
    adjacency: pd.DataFrame,
    observations: pd.DataFrame,
    *,
    indicators: Sequence[Indicator],
    expected: Mapping[str, pd.Series] | None = None,
    models: Mapping[str, str] | None = None,
    within: str = "cpp",
    shape: str = "circular",
    limit: int = 10_000,
    replications: int = 999,
    seed: int = 2015,
    alpha: float = 0.05,
    least_ratio: float = 1.5,
    least_strength: float = 12.0,
    areas: Sequence[str] | None = None,
    most: int = 1_000,
    need: pd.DataFrame | None = None,
    workers: Executor | None = None,
) -> HotSpots:
    """Return the hot spots of every partnership's area, or of Scotland: contiguous sets of zones that are poorer.

    Parameters
    ----------
    zones, adjacency, observations
        The tables.
    indicators
        Outcomes, scanned together: a hot spot's ratio is the sum over those that are poorer there.
    expected, models
        See `localities.hotspots.measures.measures_of`.
    within
        ``cpp``: inside each partnership's area and against the rest of it; ``scotland``: free of partnerships.
    shape
        ``circular`` (the part of a circle that hangs together), ``flexible`` (grown from the data; replications grow
        their own) or ``plain`` (circles whatever lies between their zones).
    limit
        A hot spot has fewer residents than this, and at most half of its area's.
    replications
        Draws of the null; p is never below 1 / (replications + 1).
    seed
        Seed of what is random. An area's result does not depend on which others are searched, nor on the order or the
        codes of its zones.
    alpha
        Level of ``is_beyond_chance`` and ``is_beyond_inequality``.
    least_ratio, least_strength
        Shown is every hot spot that does not overlap a stronger one, whose rate is at least so many times the rest's
        (in one outcome at least; of means no ratio is asked) and whose log likelihood ratio is at least this.
    areas
        Codes of partnerships to search; None for all. Not with ``within="scotland"``.
    most
        Hot spots of an area, at most.
    need
        People in need, from `localities.choosing.reach.need_counted`: summed in each hot spot where given.
    workers
        Search the areas beside each other; by default two threads. Each area has random numbers of its own, so the
        results are the same.

    Raises
    ------
    ConfigError
        If an argument is not one of those named here, or an indicator has no figures.

    Notes
    -----
    The scan statistic is Kulldorff's (1997; normal model 2009); the two answers about each hot spot are those of
    `localities.hotspots.area`. A p is for one area: of 32 areas without anything special about any place, one or two
    have a strongest window with a p below 0.05.
    """
    _check(within, shape, replications, most, least_ratio, areas)
    ordered = zones.sort_values(["centroid_x", "centroid_y", "zone_code"], ignore_index=True)
    codes = pd.Index(ordered["zone_code"])
    measures = measures_of(observations, indicators, codes.tolist(), expected, models)
    graph = neighbour_matrix(codes, adjacency)
    points = ordered[["centroid_x", "centroid_y"]].to_numpy(dtype="float64")
    population = ordered["population"].to_numpy(dtype="int64")
    places = ordered["cpp_code"].to_numpy(dtype=object) if within == "cpp" else np.full(len(ordered), _SCOTLAND)
    names = sorted(set(places) if areas is None or within == "scotland" else set(places) & set(areas))

    every = [np.flatnonzero(places == name) for name in names]
    searches = []
    for name, members in zip(names, every, strict=True):
        area = Area(name, graph[members][:, members], points[members], population[members])
        own = [one for measure in measures if (one := measure.within(members)).can_be_scanned]
        # a hot spot of more than half of an area would be the area, and what is around it the exception
        most_residents = min(limit - 1, int(area.population.sum()) // 2)
        rules = Rules(shape, most_residents, least_ratio, least_strength, most, replications, alpha)
        searches.append((area, own, rules, seed))
    done = zip(every, searches, _searched(searches, workers), strict=True)
    drawn = [Drawn(area.code, members, own, found) for members, (area, own, *_), found in done]
    about = {"within": within, "shape": shape, "replications": replications, "seed": seed, "alpha": alpha}
    return HotSpots(*tables_of(ordered, drawn, about, need))


def _searched(
    searches: Sequence[tuple[Area, list[Measure], Rules, int]], workers: Executor | None
) -> list[Found | None]:
    """Return what is found in each area; the largest are begun first, so that none is waited for alone."""
    by_size = sorted(range(len(searches)), key=lambda number: -len(searches[number][0].points))
    # matrix products and draws let other threads work
    threads = ThreadPoolExecutor(max(1, min(len(searches), 2, os.cpu_count() or 1)))
    with nullcontext(workers) if workers else threads as pool:
        begun = {number: pool.submit(_search, *searches[number]) for number in by_size}
        return [begun[number].result() for number in range(len(searches))]


def _search(area: Area, measures: list[Measure], rules: Rules, seed: int) -> Found | None:
    rng = np.random.default_rng([seed, zlib.crc32(area.code.encode())])
    return search_area(area, measures, rules, rng) if measures else None


def _check(
    within: str, shape: str, replications: int, most: int, least_ratio: float, areas: Sequence[str] | None
) -> None:
    for name, value, allowed in (("within", within, WITHIN), ("shape", shape, SHAPES)):
        if value not in allowed:
            raise ConfigError(
                f"Hot spots cannot be searched with this {name}", expected=" or ".join(allowed), found=value
            )
    for name, number in (("replications", replications), ("most", most), ("least_ratio", least_ratio)):
        if number < 1:
            raise ConfigError(f"The search for hot spots needs {name}", expected="at least 1", found=number)
    if areas is not None and within == "scotland":
        raise ConfigError(
            "Areas cannot be chosen where hot spots are searched in all of Scotland",
            found=", ".join(areas),
            remedy="leave the areas out, or search within cpp",
        )
