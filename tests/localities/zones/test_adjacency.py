"""Which zones touch, along how much border, and how islands are joined."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from indicators.errors import ConfigError, GeographyError
from indicators.schema.validation import validate
from localities.zones.adjacency import build_adjacency, load_links, place_links, resolve_links
from localities.zones.borders import borders_of
from localities.zones.graph import are_contiguous, components_within, neighbour_matrix


def pairs_of(polygons):
    first, second, length, _ = borders_of(np.array(polygons), tolerance_m=1.0)
    return {(int(a), int(b)): float(metres) for a, b, metres in zip(first, second, length, strict=True)}


def test_a_grid_of_squares_has_borders_of_its_sides(drawn):
    borders = drawn.adjacency[~drawn.adjacency["is_link"]]
    # A: 3 rows x 3 borders + 2 x 4; B: 3 x 1 + 2 x 2; between them 3 rows: 27 borders, both directions
    assert len(borders) == 2 * (9 + 8 + 3 + 4 + 3)
    assert (borders["shared_border_m"] == 100.0).all()
    validate("adjacency", drawn.adjacency)


def test_touching_in_a_corner_is_not_a_border(drawn):
    pairs = set(zip(drawn.adjacency["zone_code"], drawn.adjacency["neighbour_code"], strict=True))
    assert ("S01990001", "S01990002") in pairs
    assert ("S01990001", "S01990006") not in pairs


def test_every_pair_is_stored_in_both_directions_with_one_length(drawn):
    forward = drawn.adjacency.set_index(["zone_code", "neighbour_code"])["shared_border_m"]
    back = drawn.adjacency.set_index(["neighbour_code", "zone_code"])["shared_border_m"]
    back.index.names = forward.index.names
    pd.testing.assert_series_equal(forward, back.reindex(forward.index))


def test_an_island_is_joined_to_the_nearest_zone_of_its_own_partnership(drawn):
    links = drawn.adjacency[drawn.adjacency["is_link"]]
    # zone 4, at the south-eastern corner of the block, is nearest; zone 15 of B is nearer still
    assert set(zip(links["zone_code"], links["neighbour_code"], strict=True)) == {
        ("S01990004", "S01990013"),
        ("S01990013", "S01990004"),
    }
    assert (links["shared_border_m"] == 0).all()


def test_each_partnership_hangs_together(drawn):
    cpp = pd.factorize(drawn.zones["cpp_code"])[0]
    parts = components_within(neighbour_matrix(pd.Index(drawn.zones["zone_code"]), drawn.adjacency), cpp)
    assert pd.Series(parts).groupby(cpp).nunique().tolist() == [1, 1]


def test_a_declared_link_is_used_and_named(drawn):
    links = pd.DataFrame(
        [["S01990001", "S01990013", "ferry", "Mill - island"]], columns=["zone_code", "neighbour_code", "kind", "name"]
    )
    borders = drawn.adjacency[~drawn.adjacency["is_link"]]
    found = resolve_links(drawn.zones, borders, links)
    assert found[["zone_code", "neighbour_code", "kind"]].to_numpy().tolist() == [["S01990001", "S01990013", "ferry"]]
    assert found["distance_m"].tolist() == [900.0]


def test_a_link_to_nowhere_is_an_error(drawn):
    links = pd.DataFrame(
        [["S01990001", "S01999999", "ferry", "Mill - nowhere"]], columns=["zone_code", "neighbour_code", "kind", "name"]
    )
    with pytest.raises(GeographyError, match="S01999999"):
        build_adjacency(drawn.zones, links)


def test_squares_of_different_vertices_are_measured():
    # one long side faces two short ones: no segment occurs twice
    tall = shapely.box(0, 0, 100, 200)
    lower, upper = shapely.box(100, 0, 200, 100), shapely.box(100, 100, 200, 200)
    found = pairs_of([tall, lower, upper])
    assert found[0, 1] == pytest.approx(100, abs=2)
    assert found[0, 2] == pytest.approx(100, abs=2)
    assert found[1, 2] == 100


def test_a_gap_within_the_tolerance_is_a_border_and_a_wider_one_is_not():
    left = shapely.box(0, 0, 100, 100)
    assert pairs_of([left, shapely.box(100.5, 0, 200, 100)])[0, 1] == pytest.approx(100, abs=2)
    assert pairs_of([left, shapely.box(103, 0, 200, 100)]) == {}


def test_a_hole_is_a_border():
    ring = shapely.box(0, 0, 300, 300).difference(shapely.box(100, 100, 200, 200))
    assert pairs_of([ring, shapely.box(100, 100, 200, 200)]) == {(0, 1): 400.0}


def test_a_zone_of_several_parts_counts_each_part_of_its_border():
    two = shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(200, 0, 300, 100)])
    assert pairs_of([two, shapely.box(100, 0, 200, 100)]) == {(0, 1): 200.0}


def test_one_zone_alone_has_no_neighbours():
    zones = gpd.GeoDataFrame(
        {"zone_code": ["S01990001"], "cpp_code": "S12990001", "centroid_x": 0.0, "centroid_y": 0.0},
        geometry=[shapely.box(0, 0, 1, 1)],
        crs="EPSG:27700",
    )
    found = build_adjacency(zones)
    assert len(found) == 0
    assert list(found.columns) == [
        "zone_code", "neighbour_code", "shared_border_m", "is_link", "link_kind", "barrier",
    ]  # fmt: skip


def test_the_declared_links_of_scotland_are_well_formed():
    links = load_links()
    assert links["name"].is_unique
    assert {"Ardrossan - Brodick (Arran)", "Skye Bridge (Kyle of Lochalsh - Kyleakin)", "Clyde Tunnel"} <= set(
        links["name"]
    )
    apart = np.hypot(links["from_x"] - links["to_x"], links["from_y"] - links["to_y"])
    # the Churchill Barriers are the longest of the fixed ones, the boat to Coll and Tiree has the longest way
    assert links["name"][apart.where(links["kind"] != "ferry").idxmax()].startswith("Churchill Barriers")
    assert apart.max() < 75_000


def test_a_crossing_joins_the_zones_that_hold_or_are_nearest_to_its_ends(drawn):
    west, north = 400_000.0, 800_000.0
    links = pd.DataFrame(
        [
            # zone 1 is the square from the corner, zone 13 the island 900 m east of it; the end lies 50 m off its shore
            ("bridge", "A", west + 50, north + 50, west + 850, north + 50),
            ("bridge", "again", west + 40, north + 40, west + 950, north + 50),
            ("ferry", "inside one zone", west + 10, north + 10, west + 90, north + 90),
            ("ferry", "to another country", west + 50, north + 50, west + 9_000, north),
        ],
        columns=["kind", "name", "from_x", "from_y", "to_x", "to_y"],
    )
    found = place_links(drawn.zones, links)
    assert found.to_numpy().tolist() == [["S01990001", "S01990013", "bridge", "A"]]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("links: [", ConfigError),
        ("links: 3", ConfigError),
        ("links:\n  - {kind: ferry, ends: [[1, 2]], name: x, why: y, source: z}", ConfigError),
        ("links:\n  - {kind: balloon, ends: [[1, 2], [3, 4]], name: x, why: y, source: z}", ConfigError),
        ("links:\n  - {kind: ferry, ends: [[1, 2], [3, 4]], why: y, source: z}", ConfigError),
        ("links:\n  - {kind: ferry, ends: [[1, 2], [3, 4]], name: x, source: z}", ConfigError),
        ("links:\n  - {kind: ferry, ends: [[1, 2], [3, far]], name: x, why: y, source: z}", ConfigError),
    ],
)
def test_a_wrong_list_of_links_is_explained(tmp_path, text, error):
    path = tmp_path / "links.yaml"
    path.write_text(text)
    with pytest.raises(error, match="links"):
        load_links(path)


def test_contiguity_goes_over_links_and_not_over_corners(drawn):
    members = pd.DataFrame(
        [("corner", "S01990001"), ("corner", "S01990006"), ("link", "S01990004"), ("link", "S01990013")],
        columns=["locality_id", "zone_code"],
    )
    assert are_contiguous(members, drawn.adjacency).to_dict() == {"corner": False, "link": True}


@pytest.mark.mirror
def test_scotland_hangs_together(scotland):
    zones, adjacency = scotland.zones, scotland.adjacency
    assert len(zones) == 6_976
    assert zones["intermediate_zone_code"].nunique() == 1_279
    assert zones["cpp_code"].nunique() == 32
    validate("zones", zones)
    validate("adjacency", adjacency)
    forward = pd.MultiIndex.from_frame(adjacency[["zone_code", "neighbour_code"]])
    back = pd.MultiIndex.from_frame(adjacency[["neighbour_code", "zone_code"]])
    assert forward.isin(back).all()
    assert adjacency["zone_code"].nunique() == 6_976
    cpp = pd.factorize(zones["cpp_code"])[0]
    parts = components_within(neighbour_matrix(pd.Index(zones["zone_code"]), adjacency), cpp)
    assert (pd.Series(parts).groupby(cpp).nunique() == 1).all()
    # every partnership is joined by real crossings: none needed the rule of the nearest zones
    links = resolve_links(zones, adjacency[~adjacency["is_link"]])
    assert (links["kind"] != "nearest").all()


@pytest.mark.mirror
def test_every_declared_crossing_is_needed_once_and_lies_in_one_partnership(scotland):
    zones, adjacency = scotland.zones, scotland.adjacency
    declared = load_links()
    placed = place_links(zones, declared)
    cpp = zones.set_index("zone_code")["cpp_code"]
    assert (placed["zone_code"].map(cpp).to_numpy() == placed["neighbour_code"].map(cpp).to_numpy()).all()
    # each entry is a pair of zones of its own
    assert set(placed["name"]) == set(declared["name"])
    # and data lack it: the two do not touch. These three touch in the rebuilt outlines, which are generalised to 20 m
    touching = placed.merge(adjacency[~adjacency["is_link"]], on=["zone_code", "neighbour_code"])
    assert set(touching["name"]) == {
        "Ballachulish Bridge", "Bridge of Dee (Garthdee - Kincorth)", "Churchill Barriers (Mainland - Burray)",
    }  # fmt: skip


@pytest.mark.mirror
def test_no_crossing_over_narrow_water_is_missing(scotland):
    """Zones within 150 m of each other over water, far apart by land, are a few zones apart over the links."""
    from scipy.sparse.csgraph import shortest_path

    zones, adjacency = scotland.zones, scotland.adjacency
    codes, shapes = pd.Index(zones["zone_code"]), zones.geometry.to_numpy()
    cpp = pd.factorize(zones["cpp_code"])[0]
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="dwithin", distance=150)
    kept = (first < second) & (cpp[first] == cpp[second])
    first, second = first[kept], second[kept]
    land = neighbour_matrix(codes, adjacency[~adjacency["is_link"]].drop(columns="barrier"))
    far = np.asarray(land[first, second]).ravel() == 0
    far[far] = shapely.distance(shapes[first[far]], shapes[second[far]]) > 15
    first, second = first[far], second[far]
    # over land the way is short or, for islands, there is none
    starts, at = np.unique(first, return_inverse=True)
    by_land = shortest_path(land, unweighted=True, indices=starts)[at, second]
    apart = (by_land >= 5) & np.isfinite(by_land)
    between = shapely.line_interpolate_point(shapely.shortest_line(shapes[first], shapes[second]), 0.5, normalized=True)
    wet = np.ones(len(first), dtype=bool)
    wet[tree.query(between, predicate="within")[0]] = False
    asked = apart & wet
    assert asked.sum() > 20
    with_links = neighbour_matrix(codes, adjacency.drop(columns="barrier"))
    steps = shortest_path(with_links, unweighted=True, indices=starts)[at, second][asked]
    assert steps.max() <= 4


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("crossing", "one", "other"),
    [
        ("Montrose Bridge", "Montrose South - 01", "Lunan - 04"),
        ("Queen's Bridge", "Central and South Inch - 04", "Gannochy and Walnut Grove - 03"),
        ("Govan - Partick Bridge", "Ibrox - 02", "Hillhead - 07"),
        ("Albert Bridge", "Gorbals and Hutchesontown - 03", "City Centre East - 06"),
        ("Waterloo Bridge", "Inverness Central, Raigmore and Longman - 01", "Inverness Merkinch - 01"),
        ("Bridge of Don", "Old Aberdeen - 04", "Balgownie and Donmouth East - 04"),
        ("White Cart Bridge and Inchinnan", "Renfrew North - 06", "Erskine East and Inchinnan - 01"),
        ("St Michael's Bridge", "Troqueer - 02", "Dumfries Central - 04"),
        ("Bawbee Bridge", "Methil New Bayview", "Leven South West"),
    ],
)
def test_bridges_over_tidal_rivers_make_neighbours(scotland, crossing, one, other):
    placed = place_links(scotland.zones, load_links())
    code = scotland.zones.set_index("zone_name")["zone_code"]
    pair = sorted([code[one], code[other]])
    row = placed[(placed["zone_code"] == pair[0]) & (placed["neighbour_code"] == pair[1])]
    assert len(row) == 1
    assert row["name"].iloc[0].startswith(crossing)
    links = scotland.adjacency[scotland.adjacency["is_link"]]
    assert ((links["zone_code"] == pair[0]) & (links["neighbour_code"] == pair[1])).any()


@pytest.mark.mirror
def test_borders_add_up_to_perimeters(scotland):
    # a zone's borders are at most its perimeter; inland zones are bordered all round
    borders = scotland.adjacency.groupby("zone_code")["shared_border_m"].sum()
    perimeter = scotland.zones.set_index("zone_code")["perimeter_m"]
    assert (borders <= perimeter.reindex(borders.index) * 1.001 + 2).all()
    assert ((borders / perimeter.reindex(borders.index)) > 0.999).mean() > 0.75
