"""Which zones touch, along how much border, and which are joined by a ferry, a bridge or a causeway.

The graph of zones. Two zones are neighbours when they share a stretch of border (rook
contiguity); touching in a corner is not enough. Declared links (`links.yaml`) join what the sea parts, and
inside a CPP the shortest further links are added until its zones hang together. A border along a river, canal,
railway or motorway without a crossing stays in the table, says so, and joins nothing (`localities.zones.barriers`).
"""

from __future__ import annotations

import logging
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from indicators.declaring.strict_yaml import read_yaml
from indicators.errors import ConfigError, GeographyError, compose
from localities.zones.graph import components_within, neighbour_matrix

__all__ = [
    "LINK_COLUMNS",
    "VERSION",
    "Stretches",
    "build_adjacency",
    "load_links",
    "place_links",
    "resolve_links",
    "shared_borders",
]

VERSION = "2"

LINK_COLUMNS = ("zone_code", "neighbour_code", "kind", "name", "distance_m")
LINK_KINDS = ("bridge", "causeway", "ferry", "tunnel")
_LANDING_M = 1_500.0
_MILLIMETRES = 1000.0
_SAMPLE_EVERY = 64
_log = logging.getLogger(__name__)


def build_adjacency(
    zones: gpd.GeoDataFrame,
    links: pd.DataFrame | None = None,
    *,
    barriers: gpd.GeoDataFrame | None = None,
    tolerance_m: float = 1.0,
) -> pd.DataFrame:
    """Return the neighbours of every zone, both directions, sorted, in the form of the table ``adjacency``.

    Parameters
    ----------
    zones
        Table ``zones``: ``zone_code, cpp_code, centroid_x, centroid_y`` and polygons in EPSG:27700.
    links
        Links to use, as `place_links` returns them; None means the project's own, where both ends are among `zones`.
    barriers
        Rivers, canals, railways and motorways, and stations where railways are crossed, from
        `localities.zones.barriers.read_barriers`; None means that no border is held against any.
    tolerance_m
        See `shared_borders`.

    Returns
    -------
    pandas.DataFrame
        ``zone_code, neighbour_code, shared_border_m`` (metres; 0 for a link), ``is_link``, ``link_kind`` (bridge,
        causeway, ferry, tunnel, or nearest; none for a border) and ``barrier``: what the border runs along where no
        crossing is known (river, canal, railway, motorway), none where the two are neighbours. Zones of one CPP are
        always connected, if need be by the links that `resolve_links` adds.

    Raises
    ------
    GeographyError
        If `links` is given and names a zone that does not exist.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = gpd.GeoDataFrame(
    ...     {"zone_code": ["S01990001", "S01990002", "S01990003"], "cpp_code": "S12990001",
    ...      "centroid_x": [50.0, 150.0, 450.0], "centroid_y": 50.0},
    ...     geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(400, 0, 500, 100)],
    ...     crs="EPSG:27700")
    >>> build_adjacency(squares).query("zone_code < neighbour_code").drop(columns="barrier")
       zone_code neighbour_code  shared_border_m  is_link link_kind
    0  S01990001      S01990002            100.0    False       NaN
    2  S01990002      S01990003              0.0     True   nearest
    """
    codes = zones["zone_code"].to_numpy(dtype=object)
    first, second, length, stretches = _borders(zones.geometry.to_numpy(), tolerance_m, codes)
    borders = pd.DataFrame(
        {"zone_code": codes[first], "neighbour_code": codes[second], "shared_border_m": length, "is_link": False}
    )
    joined = resolve_links(zones, borders, links)
    borders["barrier"] = None
    if barriers is not None and len(barriers):
        from localities.zones.barriers import closed_borders

        borders["barrier"] = closed_borders(zones, borders, stretches, barriers, joined, crossings=load_links())
    extra = joined[["zone_code", "neighbour_code", "kind"]].rename(columns={"kind": "link_kind"})
    extra = extra.assign(shared_border_m=0.0, is_link=True)
    half = pd.concat([borders, extra], ignore_index=True).astype({"is_link": bool})
    half = half[["zone_code", "neighbour_code", "shared_border_m", "is_link", "link_kind", "barrier"]]
    half[["link_kind", "barrier"]] = half[["link_kind", "barrier"]].astype("str").where(lambda column: column.notna())
    mirrored = half.rename(columns={"zone_code": "neighbour_code", "neighbour_code": "zone_code"})
    both = pd.concat([half, mirrored[half.columns]], ignore_index=True)
    both[["zone_code", "neighbour_code"]] = both[["zone_code", "neighbour_code"]].astype("str")
    both = both.sort_values(["is_link", "zone_code", "neighbour_code"])
    both = both.drop_duplicates(["zone_code", "neighbour_code"])
    return both.sort_values(["zone_code", "neighbour_code"], ignore_index=True)


def shared_borders(
    polygons: np.ndarray, *, tolerance_m: float = 1.0, names: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of polygons that share a stretch of border, and its length: ``first, second, length_m``.

    In a clean coverage, neighbours have the same vertices along their common border, so a border is a set of segments
    that occur twice. All segments are hashed and sorted once. Where vertices do not match (slivers, gaps or overlaps up
    to the tolerance, a vertex on one side only), the segments that occur once are measured as well: what of them runs
    within the tolerance of the other polygon's, averaged over the two; without matched segments at least ten times the
    tolerance counts. Which polygons need that is found from samples along those segments, and is logged.

    Parameters
    ----------
    polygons
        Valid polygons in one metric CRS.
    tolerance_m
        Largest gap or overlap, in metres, across which polygons still touch.
    names
        Codes for the log; None means positions.

    Returns
    -------
    tuple of numpy.ndarray
        Positions ``first < second`` in order, and metres.
    """
    return _borders(polygons, tolerance_m, names)[:3]


def _borders(
    polygons: np.ndarray, tolerance_m: float, names: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Stretches]:
    """Return what `shared_borders` does, and the matched segments."""
    count = len(polygons)
    lines = _Segments(polygons)
    first, second, length = lines.matched_pairs(count)
    suspect, involved = lines.pairs_running_along(tolerance_m)
    if len(suspect):
        shown = np.unique(suspect) if names is None else names[np.unique(suspect)]
        _log.warning(
            "borders of %d polygons do not match their neighbours' vertex by vertex (%s, ...): measured within %g m",
            len(shown), ", ".join(map(str, shown[:5])), tolerance_m,
        )  # fmt: skip
        metres = lines.measured(suspect, involved, tolerance_m)
        merged = pd.DataFrame(
            {
                "first": np.concatenate([first, suspect[:, 0]]),
                "second": np.concatenate([second, suspect[:, 1]]),
                "length": np.concatenate([length, metres]),
            }
        )
        merged = merged.groupby(["first", "second"], sort=True)["length"].sum().reset_index()
        # a pair with matched segments stays, however short they are
        matched = pd.MultiIndex.from_arrays([first, second])
        known = pd.MultiIndex.from_frame(merged[["first", "second"]]).isin(matched)
        merged = merged[known | (merged["length"] >= 10 * tolerance_m)]
        first, second, length = (merged[name].to_numpy() for name in ("first", "second", "length"))
    return first, second, length, lines.stretches


class Stretches(NamedTuple):
    """Straight pieces of border: positions of the two polygons, and both ends (n x 2, metres)."""

    first: np.ndarray
    second: np.ndarray
    start: np.ndarray
    end: np.ndarray


class _Segments:
    """Every segment of every ring, with the polygon that it belongs to."""

    def __init__(self, polygons: np.ndarray) -> None:
        parts, part_owner = shapely.get_parts(polygons, return_index=True)
        rings, ring_owner = shapely.get_rings(parts, return_index=True)
        points, ring = shapely.get_coordinates(rings, return_index=True)
        self._origin = points.min(axis=0) if len(points) else np.zeros(2)
        points = points - self._origin
        # a vertex is one whole number: millimetres east and north, 32 bits each (4,294 km)
        grid = np.rint(points * _MILLIMETRES).astype(np.uint64)
        vertex = (grid[:, 0] << np.uint64(32)) | grid[:, 1]
        keep = (ring[1:] == ring[:-1]) & (vertex[1:] != vertex[:-1])
        self.start = points[:-1][keep]
        self.end = points[1:][keep]
        self.ring = ring[:-1][keep]
        self.owner = part_owner[ring_owner][self.ring]
        self._low = np.minimum(vertex[:-1][keep], vertex[1:][keep])
        self._high = np.maximum(vertex[:-1][keep], vertex[1:][keep])
        self._is_matched = np.zeros(len(self.ring), dtype=bool)
        nothing = np.empty(0, dtype=np.int64)
        self.stretches = Stretches(nothing, nothing, np.empty((0, 2)), np.empty((0, 2)))

    def matched_pairs(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        mixed = (self._low * np.uint64(0x9E3779B97F4A7C15)) ^ (self._high * np.uint64(0xC2B2AE3D27D4EB4F))
        order = np.argsort(mixed, kind="stable")
        low, high, owner = self._low[order], self._high[order], self.owner[order]
        # a hash only brings equal segments together; that they are equal is checked on the segments
        twin = np.flatnonzero((low[1:] == low[:-1]) & (high[1:] == high[:-1]))
        self._is_matched[order[twin]] = True
        self._is_matched[order[twin + 1]] = True
        twin = twin[owner[twin] != owner[twin + 1]]
        one, other = owner[twin], owner[twin + 1]
        at = order[twin]
        metres = np.hypot(*(self.end[at] - self.start[at]).T)
        low_owner, high_owner = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
        self.stretches = Stretches(low_owner, high_owner, self.start[at] + self._origin, self.end[at] + self._origin)
        pair = low_owner * count + high_owner
        pairs, index = np.unique(pair, return_inverse=True)
        return pairs // count, pairs % count, np.bincount(index, weights=metres, minlength=len(pairs))

    def pairs_running_along(self, tolerance_m: float) -> tuple[np.ndarray, np.ndarray]:
        """Return pairs of polygons, ``first < second``, whose unmatched borders run along each other, and where.

        The second array has the positions of the segments involved.

        The middles of some unmatched segments are held against short stretches of unmatched border: first a sample,
        then, for the polygons that it finds, every segment.
        """
        single = np.flatnonzero(~self._is_matched)
        if not len(single):
            return np.empty((0, 2), dtype=np.int64), single
        starts = np.ones(len(single), dtype=bool)
        starts[1:] = (np.diff(single) > 1) | (np.diff(self.ring[single]) != 0)
        run_start = np.flatnonzero(starts)
        run = np.cumsum(starts) - 1
        run_length = np.diff(np.append(run_start, len(single)))
        within = np.arange(len(single)) - run_start[run]
        stretches, owner = self._stretches(single, within % _SAMPLE_EVERY == 0)
        tree = shapely.STRtree(stretches)
        sample = single[(within % _SAMPLE_EVERY == 0) | (within == run_length[run] // 2)]
        involved, own, near = self._near(tree, owner, sample, tolerance_m)
        if len(own):
            found = np.unique(np.concatenate([own, near]))
            every = single[np.isin(self.owner[single], found)]
            involved, own, near = self._near(tree, owner, every, tolerance_m)
        pairs = np.stack([np.minimum(own, near), np.maximum(own, near)], axis=1)
        return np.unique(pairs, axis=0), np.unique(involved)

    def _stretches(self, single: np.ndarray, begins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return lines of consecutive segments, each beginning where said, and their polygons."""
        number = np.cumsum(begins) - 1
        last = np.append(begins[1:], True)
        # each line: the start of every segment, then the end of the last
        position = np.arange(len(single)) + number
        total = len(single) + int(begins.sum())
        points = np.empty((total, 2))
        indices = np.empty(total, dtype=np.intp)
        points[position], indices[position] = self.start[single], number
        points[position[last] + 1], indices[position[last] + 1] = self.end[single[last]], number[last]
        return shapely.linestrings(points, indices=indices), self.owner[single[begins]]

    def _near(
        self, tree: shapely.STRtree, owner: np.ndarray, sample: np.ndarray, tolerance_m: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        middle = shapely.points((self.start[sample] + self.end[sample]) / 2)
        at, near = tree.query(middle, predicate="dwithin", distance=tolerance_m)
        own, other = self.owner[sample[at]], owner[near]
        differ = own != other
        return sample[at[differ]], own[differ], other[differ]

    def measured(self, pairs: np.ndarray, involved: np.ndarray, tolerance_m: float) -> np.ndarray:
        """Return the metres of unmatched border that each pair has in common: the mean of both polygons' lengths."""
        used, index = np.unique(pairs, return_inverse=True)
        index = index.reshape(pairs.shape)
        segments = shapely.linestrings(np.stack([self.start[involved], self.end[involved]], axis=1))
        place = np.searchsorted(used, self.owner[involved])
        order = np.argsort(place, kind="stable")
        lines = np.full(len(used), shapely.MultiLineString(), dtype=object)
        shapely.multilinestrings(segments[order], indices=place[order], out=lines)
        wide = shapely.buffer(lines, tolerance_m, cap_style="flat")
        one = shapely.length(shapely.intersection(lines[index[:, 0]], wide[index[:, 1]]))
        other = shapely.length(shapely.intersection(lines[index[:, 1]], wide[index[:, 0]]))
        return (one + other) / 2


def load_links(path: Path | None = None) -> pd.DataFrame:
    """Return declared crossings: ``kind, name, from_x, from_y, to_x, to_y, why, source`` (metres), in order.

    Parameters
    ----------
    path
        A YAML file with a list ``links`` of mappings ``kind, name, ends`` (two pairs of easting and northing), ``why``
        and ``source``; None means the project's own list of Scotland's ferries, bridges, causeways and tunnels inside
        council areas.

    Raises
    ------
    ConfigError
        If the file is absent or is not YAML, or an entry is not as described.
    """
    source = path if path is not None else resources.files("localities.zones").joinpath("links.yaml")
    content = read_yaml(source, "The list of links")
    entries = content.get("links") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ConfigError(
            compose("The list of links is empty", where=source, expected="a list named links", remedy="see links.yaml")
        )
    rows = []
    for number, entry in enumerate(entries, start=1):
        if not _is_link(entry):
            raise ConfigError(
                compose(
                    "A link is not declared as it should be",
                    where=f"{source}, entry {number}",
                    expected=f"kind ({', '.join(LINK_KINDS)}), name, two ends (easting and northing), why and source",
                    found=entry,
                    remedy="mend the entry",
                )
            )
        ends = [float(value) for point in entry["ends"] for value in point]
        rows.append((entry["kind"], entry["name"], *ends, entry["why"], entry["source"]))
    return pd.DataFrame(rows, columns=["kind", "name", "from_x", "from_y", "to_x", "to_y", "why", "source"])


def _is_link(entry: object) -> bool:
    if not isinstance(entry, dict) or entry.get("kind") not in LINK_KINDS:
        return False
    ends = entry.get("ends")
    return (
        all(isinstance(entry.get(key), str) and entry[key] for key in ("name", "why", "source"))
        and isinstance(ends, list)
        and len(ends) == 2
        and all(isinstance(one, list) and len(one) == 2 for one in ends)
        and all(isinstance(value, int | float) for one in ends for value in one)
    )


def place_links(zones: gpd.GeoDataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Return the zones that crossings join: ``zone_code < neighbour_code, kind, name``, each pair once, sorted.

    The zone of an end is the one that holds it, else the nearest within 1,500 m. Crossings with an end that is farther
    from every zone are left out (they belong to another country or council), as are those inside one zone.

    Parameters
    ----------
    zones
        Table ``zones``, of any year.
    links
        From `load_links`.
    """
    codes = zones["zone_code"].to_numpy(dtype=object)
    tree = shapely.STRtree(zones.geometry.to_numpy())
    found = np.full((2, len(links)), -1, dtype=np.intp)
    for side, (x, y) in enumerate((("from_x", "from_y"), ("to_x", "to_y"))):
        points = shapely.points(links[[x, y]].to_numpy())
        at, near = tree.query_nearest(points, max_distance=_LANDING_M, all_matches=False)
        found[side, at] = near
    kept = (found >= 0).all(axis=0) & (found[0] != found[1])
    ends = np.sort(codes[found[:, kept]].astype(str), axis=0)
    placed = pd.DataFrame({"zone_code": ends[0], "neighbour_code": ends[1]}).astype("str")
    placed[["kind", "name"]] = links.loc[kept, ["kind", "name"]].to_numpy()
    placed = placed.drop_duplicates(["zone_code", "neighbour_code"])
    return placed.sort_values(list(LINK_COLUMNS[:2]), ignore_index=True)


def resolve_links(zones: gpd.GeoDataFrame, borders: pd.DataFrame, links: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the links that join zones without a common border, with their kind, name and length.

    Declared links come first. If the zones of a CPP still fall into parts, the parts are joined by the shortest lines
    between centroids of their zones, one at a time (a minimum spanning tree); these have the kind ``nearest``.

    Parameters
    ----------
    zones
        Table ``zones``.
    borders
        Pairs of zones with a common border, one direction or both: ``zone_code, neighbour_code``.
    links
        As `place_links` returns them; None means the project's own, where both ends are among `zones`.

    Returns
    -------
    pandas.DataFrame
        ``zone_code < neighbour_code, kind, name, distance_m`` (metres between centroids), sorted.

    Raises
    ------
    GeographyError
        If `links` is given and names a zone that does not exist.
    """
    codes = pd.Index(zones["zone_code"])
    if links is None:
        declared = place_links(zones, load_links())
    else:
        declared = links
        named = pd.Index(declared["zone_code"]).append(pd.Index(declared["neighbour_code"])).unique()
        unknown = named.difference(codes)
        if len(unknown):
            raise GeographyError(
                compose(
                    "A link names a zone that does not exist",
                    where="links between zones",
                    codes=unknown,
                    expected="codes of the table zones",
                    found=f"{len(unknown):,} others",
                    remedy="correct the link or leave it out",
                )
            )
    known = pd.MultiIndex.from_frame(borders[["zone_code", "neighbour_code"]])
    known = known.append(pd.MultiIndex.from_frame(borders[["neighbour_code", "zone_code"]]))
    pairs = pd.MultiIndex.from_frame(declared[["zone_code", "neighbour_code"]])
    declared = declared[~pairs.isin(known)]
    joined = pd.concat([borders[["zone_code", "neighbour_code"]], declared[["zone_code", "neighbour_code"]]])
    points = zones[["centroid_x", "centroid_y"]].to_numpy(dtype="float64")
    first, second = _shortest_links(codes, zones["cpp_code"], joined, points)
    ends = np.sort(np.stack([codes.to_numpy(dtype=object)[first], codes.to_numpy(dtype=object)[second]]), axis=0)
    nearest = pd.DataFrame({"zone_code": ends[0], "neighbour_code": ends[1], "kind": "nearest"})
    nearest["name"] = "nearest zones of parts of one CPP"
    result = pd.concat([declared[list(LINK_COLUMNS[:4])], nearest], ignore_index=True)
    apart = points[codes.get_indexer(result["zone_code"])] - points[codes.get_indexer(result["neighbour_code"])]
    result["distance_m"] = np.hypot(apart[:, 0], apart[:, 1]) if len(result) else np.empty(0)
    return result.sort_values(list(LINK_COLUMNS[:2]), ignore_index=True)


def _shortest_links(
    codes: pd.Index, cpp: pd.Series, joined: pd.DataFrame, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the zones to join so that each CPP hangs together."""
    from scipy.sparse.csgraph import minimum_spanning_tree
    from scipy.spatial.distance import cdist

    group = pd.factorize(cpp, sort=True)[0]
    part = components_within(neighbour_matrix(codes, joined), group)
    first: list[int] = []
    second: list[int] = []
    parts_of = pd.Series(part).groupby(group).nunique()
    for wanting in parts_of.index[parts_of > 1]:
        members = np.flatnonzero(group == wanting)
        labels = np.unique(part[members])
        of_part = [members[part[members] == label] for label in labels]
        size = len(labels)
        lengths = np.zeros((size, size))
        ends = np.zeros((size, size, 2), dtype=np.int64)
        for one in range(size):
            for other in range(one + 1, size):
                apart = cdist(points[of_part[one]], points[of_part[other]])
                row, column = np.unravel_index(int(np.argmin(apart)), apart.shape)
                # parts whose centroids coincide still need a link; zero would mean no edge to the tree
                lengths[one, other] = max(float(apart[row, column]), 1e-6)
                ends[one, other] = of_part[one][row], of_part[other][column]
        chosen = minimum_spanning_tree(lengths).tocoo()
        first.extend(ends[chosen.row, chosen.col, 0].tolist())
        second.extend(ends[chosen.row, chosen.col, 1].tolist())
    return np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)
