"""The geography of the sample: land, data zones, what they nest in, output areas, and wards that do not quite nest.

Zones are Voronoi cells of seeded points, cut by a coast. All lines are noded together on a one-metre grid before the
polygons are built from them, so neighbours share every vertex of their border. What people in the zones live with is
in `outcomes`; no file is written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from tests.sample_country.plan import COUNCILS, LANDS, Council, Land

CRS = "EPSG:27700"
EMPTIED = 2
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Country:
    """The sample's geography, CRS EPSG:27700 throughout.

    Attributes
    ----------
    zones
        One row per data zone, in the order of its codes: `zone_code, zone_name, intermediate_zone_code,
        intermediate_zone_name, ward_code, ward_name, sub_council_area, council` (position in the plan)`,
        urban_rural, total_2011, resident_2011, households_2011, is_emptied, x, y` (population-weighted)`, geometry`.
    output_areas
        One row per census output area, with the columns of the published file (`masterpc` is blank here).
    wards
        One row per ward: `ward_code, ward_name, council, geometry`. Their borders depart a little from zones' edges.
    neighbours
        Symmetric matrix of zones × zones, 1 where two share a border or a ferry. No file says where the ferries go: the
        pipeline joins the parts of a council by a rule of its own.
    """

    zones: gpd.GeoDataFrame
    output_areas: pd.DataFrame
    wards: gpd.GeoDataFrame
    neighbours: csr_array


def make_country(seed: int) -> Country:
    """Return the geography of the sample for a seed."""
    coasts = _coasts(np.random.default_rng([seed, 1]))
    points = _scatter_zones(np.random.default_rng([seed, 2]), coasts)
    points["geometry"] = _cells(np.random.default_rng([seed, 3]), points, coasts)
    matrix = _borders(points["geometry"].to_numpy())
    ferries = _ferries(points, matrix)
    matrix = matrix + ferries + ferries.T

    zones = _census(np.random.default_rng([seed, 4]), points)
    _name_parts(zones, matrix)
    order = zones.sort_values(["council", "intermediate_zone", "y", "x"], ascending=[True, True, False, True]).index
    zones = zones.loc[order].reset_index(drop=True)
    matrix = matrix[order][:, order]
    _code(zones)
    _empty_two(zones)

    output_areas = _output_areas(np.random.default_rng([seed, 5]), zones)
    zones[["x", "y"]] = _weighted_centroids(zones, output_areas)
    frame = gpd.GeoDataFrame(zones, geometry="geometry", crs=CRS)
    return Country(frame, output_areas, _wards(frame), matrix)


def _coasts(rng: np.random.Generator) -> dict[str, Any]:
    """Return a polygon for each land: an ellipse roughened by a few harmonics of seeded phase."""
    return {land.name: _coast(rng, land) for land in LANDS}


def _coast(rng: np.random.Generator, land: Land) -> Any:
    angle = np.linspace(0.0, 2.0 * np.pi, land.coast_points, endpoint=False)
    waves = np.arange(2, 9)
    phase = rng.uniform(0.0, 2.0 * np.pi, waves.size)
    height = rng.uniform(0.5, 1.0, waves.size) * 0.11 / np.sqrt(waves)
    reach = 1.0 + (height * np.sin(np.outer(angle, waves) + phase)).sum(axis=1) + rng.normal(0.0, 0.01, angle.size)
    ring = np.column_stack(
        [land.x + land.half_width * reach * np.cos(angle), land.y + land.half_height * reach * np.sin(angle)]
    )
    return shapely.Polygon(np.round(ring))


def _council_at(xy: FloatArray) -> IntArray:
    """Return the council that holds each point of the mainland: that of the nearest anchor, distances weighted."""
    owner, distance = [], []
    for position, council in enumerate(COUNCILS):
        for x, y, weight in council.anchors:
            owner.append(position)
            distance.append(np.hypot(xy[:, 0] - x, xy[:, 1] - y) / weight)
    return np.array(owner)[np.argmin(distance, axis=0)]


def _scatter_zones(rng: np.random.Generator, coasts: dict[str, Any]) -> pd.DataFrame:
    """Return one row per zone: a point, its land, council and urban-rural class.

    Each point is the best of many candidates: the farthest from the points before it, in units of the spacing that
    its distance from the centre calls for. So cells are compact, and small only where the settlement is dense.
    """
    rows: list[tuple[float, float, str, int, int]] = []
    for position, council in enumerate(COUNCILS):
        for settlement in council.settlements:
            coast = coasts[settlement.land]
            for _ in range(settlement.zones):
                xy = rng.normal(0.0, settlement.spread, (120, 2)) + np.array([settlement.x, settlement.y])
                keep = shapely.contains_xy(coast, xy)
                if council.anchors:
                    keep &= _council_at(xy) == position
                xy = xy[keep] if keep.any() else np.array([[settlement.x, settlement.y]])
                placed = np.array([row[:2] for row in rows if row[2] == settlement.land]).reshape(-1, 2)
                if placed.size:
                    gap = shapely.distance(shapely.points(xy), shapely.multipoints(placed))
                    off = np.hypot(xy[:, 0] - settlement.x, xy[:, 1] - settlement.y) / settlement.spread
                    xy = xy[[int(np.argmax(gap / np.exp(off**2 / 4.0)))]]
                rows.append((float(xy[0, 0]), float(xy[0, 1]), settlement.land, position, settlement.urban_rural))
    return pd.DataFrame(rows, columns=["seed_x", "seed_y", "land", "council", "urban_rural"])


def _cells(rng: np.random.Generator, points: pd.DataFrame, coasts: dict[str, Any]) -> Any:
    """Return the polygon of each zone; the last islet belongs to the zone of the one before it."""
    seeds = shapely.points(points["seed_x"], points["seed_y"])
    cells = np.empty(len(points), dtype=object)
    for name, coast in coasts.items():
        members = np.flatnonzero(points["land"].to_numpy() == name)
        if members.size == 0:
            members = np.flatnonzero(points["land"].to_numpy() == "Holm of Tarf")
            cells[members[0]] = shapely.union(cells[members[0]], coast)
            continue
        if members.size == 1:
            cells[members[0]] = coast
            continue
        ridges = shapely.voronoi_polygons(
            shapely.multipoints(seeds[members]),
            extend_to=shapely.box(*shapely.buffer(coast, 500).bounds),
            only_edges=True,
        )
        lines = [_roughened(rng, line) for line in sorted(shapely.get_parts(ridges), key=lambda line: line.wkb)]
        noded = shapely.union_all([*lines, shapely.boundary(coast)], grid_size=1.0)
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
        inside = shapely.point_on_surface(faces)
        kept = shapely.contains(coast, inside)
        faces, inside = faces[kept], inside[kept]
        _, owner = shapely.STRtree(seeds[members]).query_nearest(inside, all_matches=False)
        for position, member in enumerate(members):
            cells[member] = shapely.union_all(faces[owner == position])
    return shapely.normalize(cells)


def _roughened(rng: np.random.Generator, line: Any) -> Any:
    """Return a ridge with one or two bends, small enough to keep clear of its neighbours."""
    ends = shapely.get_coordinates(line)
    along = ends[-1] - ends[0]
    length = float(np.hypot(*along))
    bends = rng.uniform(-0.07, 0.07, 2)
    if length < 400.0:
        return line
    across = np.array([-along[1], along[0]])
    return shapely.LineString(
        [ends[0], ends[0] + along * 0.35 + across * bends[0], ends[0] + along * 0.68 + across * bends[1], ends[-1]]
    )


def _borders(polygons: Any) -> csr_array:
    """Return the matrix of zones that share a border longer than a point."""
    tree = shapely.STRtree(polygons)
    a, b = tree.query(polygons, predicate="touches")
    length = shapely.length(shapely.intersection(polygons[a], polygons[b]))
    a, b = a[length > 0], b[length > 0]
    return csr_array((np.ones(a.size), (a, b)), shape=(len(polygons), len(polygons)))


def _ferries(points: pd.DataFrame, matrix: csr_array) -> csr_array:
    """Return the shortest ferries that join the pieces of the island council, each once."""
    islands = np.flatnonzero(points["council"].to_numpy() == len(COUNCILS) - 1)
    cells = points["geometry"].to_numpy()[islands]
    start: list[int] = []
    end: list[int] = []
    while True:
        linked = matrix[islands][:, islands].tolil()
        linked[start, end] = 1
        count, piece = connected_components(linked.tocsr(), directed=False)
        if count == 1:
            break
        distance = shapely.distance(cells[:, None], cells[None, :])
        distance[piece[:, None] == piece[None, :]] = np.inf
        a, b = np.unravel_index(int(np.argmin(distance)), distance.shape)
        start.append(int(a))
        end.append(int(b))
    return csr_array((np.ones(len(start)), (islands[start], islands[end])), shape=matrix.shape)


def _census(rng: np.random.Generator, points: pd.DataFrame) -> pd.DataFrame:
    """Return the zones with the residents and households of the 2011 census; some hold a hall, barracks or a prison."""
    zones = points.copy()
    zones["x"], zones["y"] = points["seed_x"], points["seed_y"]
    zones["total_2011"] = np.clip(np.round(rng.normal(770.0, 125.0, len(zones))), 480, 1_120).astype(int)
    communal = np.where(rng.random(len(zones)) < 0.25, rng.poisson(16.0, len(zones)), 0)
    communal[rng.choice(np.flatnonzero(zones["council"] == 0), 2, replace=False)] = (310, 265)
    zones["resident_2011"] = zones["total_2011"] - communal
    persons = rng.normal(2.2, 0.18, len(zones)).clip(1.7, 2.7)
    zones["households_2011"] = np.round(zones["resident_2011"] / persons).astype(int)
    return zones


def _divide(
    members: IntArray, weight: FloatArray, parts: int, xy: FloatArray, matrix: csr_array, turn: int
) -> list[IntArray]:
    """Return a division of zones into compact, contiguous parts of about the same weight, by repeated halving.

    `turn` 0 always cuts across the longer side; 1 starts with the shorter, which divides the same zones otherwise.
    """
    if parts == 1:
        return [members]
    spread = np.subtract(*np.percentile(xy[members], [90, 10], axis=0))
    axis = int(np.argmax(spread)) if turn == 0 else int(np.argmin(spread))
    ranked = members[np.argsort(xy[members, axis], kind="stable")]
    share = np.cumsum(weight[ranked]) / weight[ranked].sum()
    cut = int(np.clip(np.searchsorted(share, (parts // 2) / parts) + 1, 1, ranked.size - 1))
    one, other = ranked[:cut], ranked[cut:]
    for _ in range(2):
        one, moved = _largest_piece(one, matrix)
        other, back = _largest_piece(np.concatenate([other, moved]), matrix)
        one = np.concatenate([one, back])
    return [
        *_divide(one, weight, parts // 2, xy, matrix, 0),
        *_divide(other, weight, parts - parts // 2, xy, matrix, 0),
    ]


def _largest_piece(members: IntArray, matrix: csr_array) -> tuple[IntArray, IntArray]:
    """Return the zones of the largest contiguous piece, and the rest."""
    _, piece = connected_components(matrix[members][:, members], directed=False)
    is_largest = piece == np.argmax(np.bincount(piece))
    return members[is_largest], members[~is_largest]


def _name_parts(zones: pd.DataFrame, matrix: csr_array) -> None:
    """Add to each zone its intermediate zone, ward and sub-council area: names, and numbers in order of the codes."""
    xy = zones[["x", "y"]].to_numpy()
    ones = np.ones(len(zones))
    residents = zones["total_2011"].to_numpy(dtype=float)
    numbers = {name: np.zeros(len(zones), dtype=np.int64) for name in ("intermediate_zone", "ward")}
    names = {name: np.empty(len(zones), dtype=object) for name in ("intermediate_zone", "ward", "sub_council_area")}
    before_iz = before_ward = 0
    for position, council in enumerate(COUNCILS):
        members = np.flatnonzero(zones["council"].to_numpy() == position)
        parts = _outward(_divide(members, ones, len(council.intermediate_zones), xy, matrix, 0), xy, council)
        for number, (part, name) in enumerate(zip(parts, council.intermediate_zones, strict=True)):
            numbers["intermediate_zone"][part], names["intermediate_zone"][part] = before_iz + number, name
        wards = _outward(_divide(members, residents, len(council.wards), xy, matrix, 1), xy, council)
        for number, (part, name) in enumerate(zip(wards, council.wards, strict=True)):
            numbers["ward"][part], names["ward"][part] = before_ward + number, name
            names["sub_council_area"][part] = name
        if council.custom_areas:
            areas = _outward(_divide(members, residents, len(council.custom_areas), xy, matrix, 0), xy, council)
            for part, name in zip(areas, council.custom_areas, strict=True):
                names["sub_council_area"][part] = name
        before_iz += len(parts)
        before_ward += len(wards)
    zones["sub_council_area"] = names["sub_council_area"]
    for kind in numbers:
        zones[kind], zones[f"{kind}_name"] = numbers[kind], names[kind]


def _outward(parts: Sequence[IntArray], xy: FloatArray, council: Council) -> list[IntArray]:
    """Return the parts in order of distance from the council's seat; those of the islands from north to south."""
    seat = council.settlements[0]
    middle = np.array([xy[part].mean(axis=0) for part in parts])
    key = np.hypot(middle[:, 0] - seat.x, middle[:, 1] - seat.y) if council.anchors else -middle[:, 1]
    return [parts[position] for position in np.argsort(key, kind="stable")]


def _code(zones: pd.DataFrame) -> None:
    """Add the codes, and names such as "Seafaulds - 03", to zones that are in order."""
    zones["zone_code"] = [f"S0199{number:04d}" for number in range(1, len(zones) + 1)]
    zones["intermediate_zone_code"] = [f"S0299{int(number) + 1:04d}" for number in zones["intermediate_zone"]]
    zones["ward_code"] = [f"S13990{int(number) + 1:03d}" for number in zones["ward"]]
    within = zones.groupby("intermediate_zone_code").cumcount() + 1
    zones["zone_name"] = zones["intermediate_zone_name"] + " - " + within.map("{:02d}".format)


def _empty_two(zones: pd.DataFrame) -> None:
    """Mark two zones of the city's northern edge, whose homes were pulled down after the census."""
    edge = zones[(zones["council"] == 0) & (zones["urban_rural"] == 2)]
    zones["is_emptied"] = False
    zones.loc[edge.index[:EMPTIED], "is_emptied"] = True


def _output_areas(rng: np.random.Generator, zones: pd.DataFrame) -> pd.DataFrame:
    """Return three to five output areas per zone, at points inside it; residents and households sum to its own."""
    rows: list[tuple[object, ...]] = []
    zone: Any
    for zone in zones.itertuples(index=False):
        count = int(rng.integers(3, 6))
        shares = rng.dirichlet(np.full(count, 12.0))
        people = 60 + rng.multinomial(zone.total_2011 - 60 * count, shares)
        households = 20 + rng.multinomial(zone.households_2011 - 20 * count, people / people.sum())
        left, bottom, right, top = zone.geometry.bounds
        candidates = np.round(rng.uniform((left, bottom), (right, top), (400, 2)))
        inside = candidates[shapely.contains_xy(zone.geometry, candidates)][:count]
        # Most people live near the middle of a zone, whatever its shape.
        middle = shapely.get_coordinates(shapely.point_on_surface(zone.geometry))[0]
        pulled = np.round(inside + (middle - inside) * rng.uniform(0.0, 0.5))
        inside = np.where(shapely.contains_xy(zone.geometry, pulled)[:, None], pulled, inside)
        for position in range(count):
            rows.append(
                (
                    households[position],
                    people[position],
                    COUNCILS[zone.council].code,
                    round(zone.geometry.area / count / 10_000, 6),
                    "",
                    int(inside[position, 0]),
                    int(inside[position, 1]),
                    zone.zone_code,
                    zone.intermediate_zone_code,
                )
            )
    columns = ["HHcount", "Popcount", "council", "hect", "masterpc", "easting", "northing", "DataZone", "InterZone"]
    areas = pd.DataFrame(rows, columns=columns)
    areas.insert(0, "code", [f"S0099{number:04d}" for number in range(1, len(areas) + 1)])
    return areas


def _weighted_centroids(zones: pd.DataFrame, areas: pd.DataFrame) -> FloatArray:
    """Return the mean point of each zone's residents, or of its largest output area where that mean falls outside."""
    people = areas["Popcount"]
    moments = areas.assign(x=areas["easting"] * people, y=areas["northing"] * people)
    sums = moments.groupby("DataZone")[["x", "y", "Popcount"]].sum().loc[zones["zone_code"]]
    centroid = np.round(sums[["x", "y"]].to_numpy() / sums[["Popcount"]].to_numpy())
    outside = ~shapely.contains_xy(zones["geometry"].to_numpy(), centroid)
    largest = areas.sort_values("Popcount", kind="stable").groupby("DataZone").tail(1).set_index("DataZone")
    centroid[outside] = largest.loc[zones.loc[outside, "zone_code"], ["easting", "northing"]].to_numpy()
    return centroid


def _wards(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the wards, whose inner borders are drawn more simply than the zones that best fit them."""
    pieces = []
    for _, within in zones.groupby("council"):
        wards = within.dissolve(["ward_code", "ward_name", "council"], method="coverage").reset_index()
        spacing = float(np.sqrt(within.area.median()))
        wards["geometry"] = shapely.coverage_simplify(
            wards.geometry.to_numpy(), tolerance=1.2 * spacing, simplify_boundary=False
        )
        pieces.append(wards[["ward_code", "ward_name", "council", "geometry"]])
    return pd.concat(pieces, ignore_index=True).sort_values("ward_code", ignore_index=True)
