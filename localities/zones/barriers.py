"""Where communities do not touch: borders between zones that run along a river, canal, railway or motorway.

People on its two sides are neighbours only where it is crossed. Crossings are known from the declared links
(`links.yaml`) and, of railways, from stations. No file of bridges is among the sources: where closing borders would cut
a CPP in pieces, the nearest of them are taken to be crossed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from indicators.errors import SchemaError
from localities.boundaries.files import CRS, check_file
from localities.zones.borders import Stretches

KINDS = ("motorway", "river", "canal", "railway")
"""What parts, the stronger first; a border along two is named for the first."""
STATION = "station"
BARRIER_SOURCES = (
    "os-open-roads-motorways",
    "os-open-rivers",
    "osm-waterways-2009",
    "os-strategi-railways",
    "os-strategi-stations",
)
"""Each may be absent: a border is held only against what is there."""

# lines and outlines are generalised by up to 20 m each, and a river is wide
_BESIDE_M = 60.0
_ALONG = 0.7
_REACH_M = 300.0
_PIECE_M = 100.0
# words of the two publishers of waterways; streams, drains and docks part nobody
_WATER = {"river": "river", "inlandRiver": "river", "tidalRiver": "river", "canal": "canal"}


def read_barriers(files: Mapping[str, Path]) -> gpd.GeoDataFrame | None:
    """Return lines that part and stations that join, ``kind, geometry`` (EPSG:27700); None where no source is there.

    Parameters
    ----------
    files
        The file of each source id; those of `BARRIER_SOURCES` are read.

    Raises
    ------
    UnreadableSource
        If a file is missing, empty or no GeoPackage.
    SchemaError
        If a file of waterways does not say which are rivers.
    """
    parts = [_read(source, files[source]) for source in BARRIER_SOURCES if source in files]
    if not parts:
        return None
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=CRS)


def _read(source: str, path: Path) -> gpd.GeoDataFrame:
    check_file(path)
    frame = gpd.read_file(path).to_crs(CRS)
    if source.endswith("motorways"):
        # the whole product holds every class of road
        if "road_classification" in frame:
            frame = frame[frame["road_classification"] == "Motorway"]
        kind: object = "motorway"
    elif source.endswith("railways"):
        kind = "railway"
    elif source.endswith("stations"):
        kind = STATION
    else:
        named = next((name for name in ("type", "form") if name in frame), None)
        if named is None:
            raise SchemaError(
                "A file of waterways does not say which are rivers",
                where=path,
                expected="a column type or form",
                found=", ".join(map(str, frame.columns)),
                remedy="fetch the file again, or give one of its publisher's other formats",
            )
        kind = frame[named].map(_WATER)
    found = gpd.GeoDataFrame({"kind": kind, "geometry": frame.geometry}, crs=CRS)
    return found[found["kind"].notna() & ~found.geometry.is_empty]


def closed_borders(
    zones: pd.DataFrame,
    borders: pd.DataFrame,
    stretches: Stretches,
    barriers: gpd.GeoDataFrame,
    links: pd.DataFrame,
    *,
    crossings: pd.DataFrame,
) -> NDArray[np.object_]:
    """Return for each border the kind of the barrier that closes it, or None.

    A barrier closes a border where 70 % of the border runs within 60 m of it, the line between the places where most
    residents of the two zones live goes over it, and no crossing is known within 300 m of the border.

    Parameters
    ----------
    zones
        ``zone_code, cpp_code, centroid_x, centroid_y``.
    borders
        ``zone_code, neighbour_code``, each pair once.
    stretches
        The pieces that borders are made of.
    barriers
        From `read_barriers`.
    links
        Links between zones, ``zone_code, neighbour_code``: with borders they make the graph.
    crossings
        ``from_x, from_y, to_x, to_y`` of declared crossings; each opens whatever barrier it goes over.
    """
    codes = pd.Index(zones["zone_code"])
    first, second = codes.get_indexer(borders["zone_code"]), codes.get_indexer(borders["neighbour_code"])
    points = zones[["centroid_x", "centroid_y"]].to_numpy(dtype="float64")
    between = shapely.linestrings(np.stack([points[first], points[second]], axis=1))
    pairs = pd.MultiIndex.from_arrays([first, second])
    pair, length, middle = _pieces(pairs.get_indexer(pd.MultiIndex.from_arrays(stretches[:2])), stretches)
    whole = np.maximum(np.bincount(pair, weights=length, minlength=len(borders)), 1e-9)
    bridges = crossings[["from_x", "from_y", "to_x", "to_y"]].to_numpy(dtype="float64").reshape(-1, 2, 2).mean(axis=1)
    closed = np.full(len(borders), None, dtype=object)
    for kind in reversed(KINDS):
        lines = barriers.geometry.to_numpy()[(barriers["kind"] == kind).to_numpy()]
        if not len(lines):
            continue
        tree = shapely.STRtree(lines)
        over = np.zeros(len(borders), dtype=bool)
        over[tree.query(between, predicate="intersects")[0]] = True
        asked = np.flatnonzero(over[pair])
        beside = np.zeros(len(pair), dtype=bool)
        beside[asked[tree.query(shapely.points(middle[asked]), predicate="dwithin", distance=_BESIDE_M)[0]]] = True
        along = np.bincount(pair, weights=length * beside, minlength=len(borders)) / whole
        shut = over & (along >= _ALONG)
        open_at = bridges
        if kind == "railway":
            stations = barriers.geometry[(barriers["kind"] == STATION).to_numpy()]
            open_at = np.concatenate([bridges, np.column_stack([stations.x, stations.y])])
        shut[_crossed(pair, middle, np.flatnonzero(shut), open_at)] = False
        closed[shut] = kind
    closed[_needed(zones, first, second, points, closed, links)] = None
    return closed


def _pieces(pair: NDArray, stretches: Stretches) -> tuple[NDArray, NDArray, NDArray]:
    """Return pieces of at most 100 m: the border of each, its metres and its middle."""
    known = pair >= 0
    start, end = stretches.start[known], stretches.end[known]
    metres = np.hypot(*(end - start).T)
    count = np.maximum(np.ceil(metres / _PIECE_M).astype(np.intp), 1)
    of = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    part = ((number + 0.5) / count[of])[:, None]
    return pair[known][of], (metres / count)[of], start[of] + part * (end - start)[of]


def _crossed(pair: NDArray, middle: NDArray, shut: NDArray, open_at: NDArray) -> NDArray:
    """Return those of the shut borders that come near a crossing."""
    asked = np.flatnonzero(np.isin(pair, shut))
    if not len(asked) or not len(open_at):
        return np.empty(0, dtype=np.intp)
    tree = shapely.STRtree(shapely.points(open_at))
    near = tree.query(shapely.points(middle[asked]), predicate="dwithin", distance=_REACH_M)[0]
    return np.unique(pair[asked[near]])


def _needed(
    zones: pd.DataFrame, first: NDArray, second: NDArray, points: NDArray, closed: NDArray, links: pd.DataFrame
) -> NDArray:
    """Return the closed borders without which a CPP falls into more parts: the nearest that join them again."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    codes = pd.Index(zones["zone_code"])
    cpp = pd.factorize(zones["cpp_code"])[0]
    one = np.concatenate([first, codes.get_indexer(links["zone_code"])])
    other = np.concatenate([second, codes.get_indexer(links["neighbour_code"])])
    # open ways cost next to nothing, so that the tree takes a closed border only where there is no other way
    cost = np.full(len(one), 1e-6)
    shut = np.flatnonzero(closed != np.array(None))
    apart = points[first[shut]] - points[second[shut]]
    cost[shut] = 1.0 + np.hypot(apart[:, 0], apart[:, 1])
    inside = cpp[one] == cpp[other]
    graph = csr_array((cost[inside], (one[inside], other[inside])), shape=(len(codes), len(codes)))
    tree = minimum_spanning_tree(graph).tocoo()
    taken = tree.data >= 1.0
    chosen = pd.MultiIndex.from_arrays([tree.coords[0][taken], tree.coords[1][taken]])
    pairs = pd.MultiIndex.from_arrays([first[shut], second[shut]])
    return shut[pairs.isin(chosen)]
