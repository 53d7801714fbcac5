"""A border along a river, railway or motorway is no neighbourhood unless it is crossed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from indicators.errors import SchemaError
from localities.zones import adjacency as adjacency_module
from localities.zones.adjacency import build_adjacency
from localities.zones.barriers import read_barriers
from localities.zones.graph import are_contiguous, neighbour_matrix

NO_LINKS = pd.DataFrame(columns=["zone_code", "neighbour_code", "kind", "name"])


@pytest.fixture
def town(monkeypatch):
    """Three columns of 400 m and two rows: zones 1 to 3 south, 4 to 6 north; no crossings but those of a test."""
    monkeypatch.setattr(adjacency_module, "load_links", lambda: crossings())
    squares = [shapely.box(x, y, x + 400, y + 400) for y in (0, 400) for x in (0, 400, 800)]
    return gpd.GeoDataFrame(
        {
            "zone_code": [f"S0199000{n}" for n in range(1, 7)],
            "cpp_code": "S12990001",
            "centroid_x": [one.centroid.x for one in squares],
            "centroid_y": [one.centroid.y for one in squares],
        },
        geometry=squares,
        crs="EPSG:27700",
    )


def crossings(*ends):
    return pd.DataFrame(list(ends), columns=["from_x", "from_y", "to_x", "to_y"])


def barriers(*kinds_and_shapes):
    kinds, shapes = zip(*kinds_and_shapes, strict=True)
    return gpd.GeoDataFrame({"kind": list(kinds)}, geometry=list(shapes), crs="EPSG:27700")


def closed(found):
    shut = found[found["barrier"].notna() & (found["zone_code"] < found["neighbour_code"])]
    ends = shut["zone_code"].str[-1], shut["neighbour_code"].str[-1]
    return dict(zip(zip(*ends, strict=True), shut["barrier"], strict=True))


# along the border between south and north, from the west edge into the last column
RIVER = shapely.LineString([(-50, 405), (950, 410)])


@pytest.mark.parametrize("kind", ["river", "canal", "railway", "motorway"])
def test_a_border_along_a_barrier_is_closed_and_one_beside_its_end_is_not(town, kind):
    found = build_adjacency(town, NO_LINKS, barriers=barriers((kind, RIVER)))
    # of the third column's border less than half runs along it
    assert closed(found) == {("1", "4"): kind, ("2", "5"): kind}
    near = neighbour_matrix(pd.Index(town["zone_code"]), found).toarray()
    assert near[0, 3] == 0
    assert near[2, 5] == 1
    members = pd.DataFrame({"locality_id": "x", "zone_code": ["S01990001", "S01990004"]})
    # an area that somebody drew across it is in one piece all the same
    assert are_contiguous(members, found)["x"]
    # a closed border keeps its length in the table
    assert (found.loc[found["barrier"].notna(), "shared_border_m"] == 400).all()


def test_a_bridge_opens_the_border_that_it_crosses_and_no_other(town, monkeypatch):
    monkeypatch.setattr(adjacency_module, "load_links", lambda: crossings((100, 350, 100, 450)))
    # from the middle of the first border to those of the second it is more than 300 m
    found = build_adjacency(town, NO_LINKS, barriers=barriers(("river", RIVER)))
    assert closed(found) == {("2", "5"): "river"}


def test_a_station_opens_a_railway_and_not_a_river(town):
    station = ("station", shapely.Point(100, 400))
    assert ("1", "4") not in closed(build_adjacency(town, NO_LINKS, barriers=barriers(("railway", RIVER), station)))
    assert ("1", "4") in closed(build_adjacency(town, NO_LINKS, barriers=barriers(("river", RIVER), station)))


def test_a_line_through_both_zones_parts_nobody(town):
    across = shapely.LineString([(200, -50), (200, 850)])
    assert closed(build_adjacency(town, NO_LINKS, barriers=barriers(("river", across)))) == {}


def test_where_a_partnership_would_fall_apart_the_nearest_border_is_taken_to_be_crossed(town):
    whole = shapely.LineString([(-50, 400), (1_250, 400)])
    town.loc[1, "centroid_y"] = 300.0
    found = build_adjacency(town, NO_LINKS, barriers=barriers(("river", whole)))
    # zone 2's people live nearest to the other bank
    assert closed(found) == {("1", "4"): "river", ("3", "6"): "river"}


def test_files_of_barriers_are_read_as_their_publishers_name_things(tmp_path):
    line = shapely.LineString([(0, 0), (100, 0)])
    water = gpd.GeoDataFrame({"form": ["inlandRiver", "canal", "lake", "tidalRiver"]}, geometry=[line] * 4, crs=27700)
    roads = gpd.GeoDataFrame({"road_classification": ["Motorway", "A Road"]}, geometry=[line] * 2, crs=27700)
    water.to_file(tmp_path / "water.gpkg")
    roads.to_file(tmp_path / "roads.gpkg")
    found = read_barriers(
        {"os-open-rivers": tmp_path / "water.gpkg", "os-open-roads-motorways": tmp_path / "roads.gpkg"}
    )
    assert sorted(found["kind"]) == ["canal", "motorway", "river", "river"]
    assert read_barriers({"another-source": tmp_path / "none.gpkg"}) is None
    water.rename(columns={"form": "shape"}).to_file(tmp_path / "odd.gpkg")
    with pytest.raises(SchemaError, match="which are rivers"):
        read_barriers({"os-open-rivers": tmp_path / "odd.gpkg"})


@pytest.mark.mirror
def test_motorways_and_rivers_of_scotland_part_communities(scotland):
    zones, adjacency = scotland.zones, scotland.adjacency
    name = zones.set_index("zone_code")["zone_name"]
    cpp = zones.set_index("zone_code")["cpp_code"]
    inside = adjacency[adjacency["zone_code"].map(cpp).to_numpy() == adjacency["neighbour_code"].map(cpp).to_numpy()]
    shut = inside[inside["barrier"].notna()]
    found = set(zip(shut["zone_code"].map(name), shut["neighbour_code"].map(name), shut["barrier"], strict=True))
    # the M8 between the city centre and Woodlands, and between Royston and Dennistoun
    assert ("City Centre West - 01", "Woodlands - 08", "motorway") in found
    assert ("Dennistoun North - 01", "Roystonhill, Blochairn, and Provanmill - 02", "motorway") in found
    # the Forth between Cornton and Stirling
    assert ("Cornton - 01", "Forth - 01", "river") in found
    # far fewer than one border in ten is closed
    assert 0.02 < len(shut) / len(inside) < 0.08
    assert np.array_equal(shut["shared_border_m"] > 0, np.ones(len(shut), dtype=bool))
