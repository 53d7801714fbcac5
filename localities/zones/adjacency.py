"""Which zones touch, along how much border, and which are joined by a ferry, a bridge or a causeway.

The graph of zones. Two zones are neighbours when they share a stretch of border (rook
contiguity); touching in a corner is not enough. Declared links (`links.yaml`) join what the sea parts, and
inside a CPP the shortest further links are added until its zones hang together. A border along a river, canal,
railway or motorway without a crossing stays in the table, says so, and joins nothing (`localities.zones.barriers`).
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from indicators.declaring.strict_yaml import read_yaml
from indicators.errors import ConfigError, GeographyError
from localities.zones.barriers import closed_borders
from localities.zones.borders import borders_of
from localities.zones.graph import components_within, neighbour_matrix

LINK_COLUMNS = ("zone_code", "neighbour_code", "kind", "name", "distance_m")
LINK_KINDS = ("bridge", "causeway", "ferry", "tunnel")
_LANDING_M = 1_500.0


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
        See `localities.zones.borders.borders_of`.

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
    first, second, length, stretches = borders_of(zones.geometry.to_numpy(), tolerance_m, codes)
    borders = pd.DataFrame(
        {"zone_code": codes[first], "neighbour_code": codes[second], "shared_border_m": length, "is_link": False}
    )
    joined = resolve_links(zones, borders, links)
    borders["barrier"] = None
    if barriers is not None and len(barriers):
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
            "The list of links is empty", where=source, expected="a list named links", remedy="see links.yaml"
        )
    rows = []
    for number, entry in enumerate(entries, start=1):
        if not _is_link(entry):
            raise ConfigError(
                "A link is not declared as it should be",
                where=f"{source}, entry {number}",
                expected=f"kind ({', '.join(LINK_KINDS)}), name, two ends (easting and northing), why and source",
                found=entry,
                remedy="mend the entry",
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
                "A link names a zone that does not exist",
                where="links between zones",
                codes=unknown,
                expected="codes of the table zones",
                found=f"{len(unknown):,} others",
                remedy="correct the link or leave it out",
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
