"""A partnership's own boundaries: any format and CRS, dirty or not, repaired with a report and fitted to residents."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from indicators.errors import ConfigError, GeographyError, SchemaError, UnreadableSource
from localities.boundaries.files import Undecided
from localities.boundaries.own_files import add_boundaries, load_own, own_sets, read_boundaries
from localities.candidates import build_candidates, drawing_context
from localities.drawing.own import draw_own, fit_report

EAST, NORTH = 400_000, 800_000


def box(x0, y0, x1, y1):
    return shapely.box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)


@pytest.fixture
def areas():
    return gpd.GeoDataFrame(
        {"Area Name": ["St Mary's", "Hill"]}, geometry=[box(0, 0, 200, 100), box(200, 0, 400, 100)], crs="EPSG:27700"
    )


def zones_by_name(context, own):
    drawing = draw_own(context, own)
    return drawing.groupby("locality_name")["zone_code"].agg(lambda some: [int(code[-2:]) for code in some]).to_dict()


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp"])
@pytest.mark.parametrize("crs", ["EPSG:27700", "EPSG:4326", "EPSG:3857"])
def test_every_format_and_crs_gives_the_same_zones(tmp_path, drawn, areas, suffix, crs):
    if suffix == ".geojson" and crs == "EPSG:3857":
        crs = "EPSG:4326"  # GeoJSON is in degrees by its standard
    path = tmp_path / f"mine{suffix}"
    areas.to_crs(crs).to_file(path)
    own = add_boundaries(tmp_path / "boundaries", path)
    context = drawing_context(drawn.zones, drawn.adjacency, drawn.files)
    assert zones_by_name(context, own) == {"Hill": [3, 4], "St Mary's": [1, 2]}


def test_own_boundaries_are_a_candidate_set_like_any_other(tmp_path, drawn, areas):
    path, folder = tmp_path / "current_plan-areas.gpkg", tmp_path / "boundaries"
    areas.to_file(path)
    own = add_boundaries(folder, path, is_current=True)
    assert own.set_id == "own_current_plan_areas"
    assert own_sets(folder) == ("own_current_plan_areas",)
    assert load_own(folder, own.set_id).is_current
    context = drawing_context(drawn.zones, drawn.adjacency, drawn.files, boundaries=folder)
    localities, members = build_candidates(context)
    mine = localities[localities["candidate_set"] == own.set_id]
    assert mine.set_index("locality_id")["population"].to_dict() == {
        "own_current_plan_areas:hill": 700,
        "own_current_plan_areas:st-marys": 300,
    }
    assert set(members.loc[members["candidate_set"] == own.set_id, "weight"]) == {1.0}


def test_a_list_of_zones_needs_no_fit(tmp_path, drawn):
    path = tmp_path / "zones.csv"
    path.write_text("Zone,Place\nS01990001,St Mary's\nS01990002,St Mary's\nS01990003,Hill\n", encoding="utf-8-sig")
    own = add_boundaries(tmp_path / "b", path, title="Ours")
    context = drawing_context(drawn.zones, drawn.adjacency, drawn.files)
    assert not own.has_polygons
    assert zones_by_name(context, load_own(tmp_path / "b", "own_ours")) == {"Hill": [3], "St Mary's": [1, 2]}
    assert fit_report(context, own, draw_own(context, own)).empty


def test_dirt_is_repaired_and_reported(tmp_path):
    bow_tie = shapely.Polygon([(EAST, NORTH), (EAST + 100, NORTH + 100), (EAST + 100, NORTH), (EAST, NORTH + 100)])
    with_sliver = shapely.MultiPolygon([box(200, 0, 300, 100), box(350, 0, 351, 1)])
    holed = box(400, 0, 500, 100).difference(box(450, 50, 451, 51))
    frame = gpd.GeoDataFrame(
        {"name": ["Tie", "Sliver", "Hole", "Hole", "None", "Over"]},
        geometry=[bow_tie, with_sliver, holed, box(500, 0, 600, 100), None, box(250, 0, 320, 100)],
        crs="EPSG:27700",
    )
    frame.to_file(tmp_path / "dirty.gpkg")
    areas, report = read_boundaries(tmp_path / "dirty.gpkg")
    found = dict(zip(report["locality_name"], report["problem"], strict=False))
    assert sorted(areas["locality_name"]) == ["Hole", "Over", "Sliver", "Tie"]
    assert shapely.is_valid(areas.geometry.to_numpy()).all()
    assert areas.set_index("locality_name").geometry.area.to_dict() == pytest.approx(
        # the bow-tie is two triangles of 2,500; the hole is filled; two rows of one name are together
        {"Hole": 20_000, "Over": 7_000, "Sliver": 10_000, "Tie": 5_000}
    )
    problems = " | ".join(report["problem"])
    for word in ("no geometry", "invalid", "slivers", "tiny holes", "2 rows of one name", "overlaps"):
        assert word in problems
    assert found["None"] == "no geometry"
    assert report.loc[report["problem"].str.startswith("overlaps"), "area_m2"].tolist() == pytest.approx([5_000])


def test_overlapping_areas_may_share_zones(tmp_path, drawn):
    frame = gpd.GeoDataFrame(
        {"name": ["A", "B"]}, geometry=[box(0, 0, 200, 100), box(100, 0, 300, 100)], crs="EPSG:27700"
    )
    frame.to_file(tmp_path / "o.gpkg")
    own = add_boundaries(tmp_path / "b", tmp_path / "o.gpkg")
    context = drawing_context(drawn.zones, drawn.adjacency, drawn.files)
    assert zones_by_name(context, own) == {"A": [1, 2], "B": [2, 3]}


def test_fit_by_shares_keeps_the_residents_inside(tmp_path, drawn):
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[box(0, 0, 100, 160)], crs="EPSG:27700")
    frame.to_file(tmp_path / "a.gpkg")
    own = add_boundaries(tmp_path / "b", tmp_path / "a.gpkg", by_shares=True)
    context = drawing_context(drawn.zones, drawn.adjacency, drawn.files, boundaries=tmp_path / "b")
    localities, members = build_candidates(context, [own.set_id])
    # zone 1 whole, 100 residents; 3 of 10 of zone 5, which has none
    assert members["weight"].to_numpy() == pytest.approx([1.0, 0.3])
    assert localities["population"].tolist() == [100]
    assert fit_report(context, own, draw_own(context, own))["captured"].to_numpy() == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", UnreadableSource, "empty"),
        (b"<html></html>", UnreadableSource, "HTML page"),
        (b"not a map", UnreadableSource, "cannot be read"),
    ],
)
def test_a_file_that_is_no_map_is_refused(tmp_path, content, error, message):
    path = tmp_path / "mine.gpkg"
    path.write_bytes(content)
    with pytest.raises(error, match=message):
        add_boundaries(tmp_path / "b", path)
    assert own_sets(tmp_path / "b") == ()


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UnreadableSource, match="missing"):
        add_boundaries(tmp_path / "b", tmp_path / "nowhere.gpkg")


def test_a_crs_is_checked_and_obeyed_and_a_layer_named(tmp_path, areas):
    path = tmp_path / "mine.gpkg"
    # in metres of the grid, but stated to be those of web maps
    areas.set_crs("EPSG:3857", allow_override=True).to_file(path, layer="areas")
    with pytest.raises(ConfigError, match=r"(?s)EPSG:27700.*'banana'"):
        read_boundaries(path, crs="banana")
    found, report = read_boundaries(path, crs="EPSG:27700")
    assert found.total_bounds.tolist() == [EAST, NORTH, EAST + 400, NORTH + 100]
    assert report["done"].tolist() == ["read as EPSG:27700, as --crs says", "read from there"]
    areas.head(1).to_file(path, layer="older")
    with pytest.raises(Undecided, match="--layer") as failure:
        read_boundaries(path)
    assert failure.value.choices == ("areas", "older")
    assert read_boundaries(path, layer="Older")[0]["locality_name"].tolist() == ["St Mary's"]
    with pytest.raises(SchemaError, match="There is no such layer"):
        read_boundaries(path, layer="newer")


def test_areas_without_a_name_and_in_other_scripts_stay_apart(tmp_path):
    names = ["東京", "北京", "", None, "Hill"]
    boxes = [box(100 * at, 0, 100 * at + 100, 100) for at in range(5)]
    gpd.GeoDataFrame({"name": names}, geometry=boxes, crs="EPSG:27700").to_file(tmp_path / "a.gpkg")
    areas, _ = read_boundaries(tmp_path / "a.gpkg")
    assert sorted(areas["locality_name"]) == ["Hill", "unnamed 1", "unnamed 2", "北京", "東京"]
    assert areas["locality_code"].is_unique


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_crs_is_asked_for_and_not_guessed(tmp_path, areas):
    path = tmp_path / "mine.gpkg"
    areas.set_crs(None, allow_override=True).to_file(path)
    with pytest.raises(GeographyError, match="coordinate reference system"):
        read_boundaries(path)
    found, _ = read_boundaries(path, crs="EPSG:27700")
    assert len(found) == 2


def test_the_column_of_names_is_found_or_asked_for(tmp_path, areas):
    path = tmp_path / "mine.gpkg"
    areas.rename(columns={"Area Name": "a"}).assign(b="x").to_file(path)
    with pytest.raises(SchemaError, match="names the areas"):
        read_boundaries(path)
    found, _ = read_boundaries(path, name_column="a")
    assert found["locality_name"].tolist() == ["Hill", "St Mary's"]
    with pytest.raises(SchemaError, match="column c"):
        read_boundaries(path, name_column="c")


def test_areas_without_polygons_are_refused(tmp_path):
    points = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(EAST, NORTH)], crs="EPSG:27700")
    points.to_file(tmp_path / "p.gpkg")
    with pytest.raises(GeographyError, match=r"(?s)No polygon is left.*1 Point"):
        read_boundaries(tmp_path / "p.gpkg")


def test_areas_elsewhere_hold_no_zone(tmp_path, drawn, areas):
    areas.translate(50_000).to_frame("geometry").assign(name="Far").to_file(tmp_path / "far.gpkg")
    own = add_boundaries(tmp_path / "b", tmp_path / "far.gpkg")
    with pytest.raises(GeographyError, match="hold no zone"):
        draw_own(drawing_context(drawn.zones, drawn.adjacency, drawn.files), own)


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (["zone,name", "S01006506,A", "S01006507,A", "S01013482,A"], GeographyError, "(?s)several censuses.*S01013482"),
        (["zone,name", "S01020999,A"], GeographyError, "(?s)no data zones.*S01020999"),
        (["zone,name", "S01990001,"], GeographyError, "blank names"),
        (["zone,name", "S01990001,A", "S01990001,A"], SchemaError, "twice"),
        (["zone,name,weight", "S01990001,A,2"], SchemaError, "weight"),
        (["zone,name,weight", "S01990001,A,few"], SchemaError, "weight"),
        (["place,name", "x,A"], SchemaError, "data zone codes"),
    ],
)
def test_a_wrong_list_of_zones_is_explained(tmp_path, rows, error, message):
    path = tmp_path / "zones.csv"
    path.write_text("\n".join(rows))
    with pytest.raises(error, match=message):
        read_boundaries(path)


def test_a_list_by_zones_of_another_census_is_redrawn_by_where_people_live(tmp_path, drawn):
    """A of 2022 holds nine in ten of the people of zone 1 and all of 2, B the tenth and zone 3."""
    path = tmp_path / "later.csv"
    path.write_text("zone,name\nS01013482,A\nS01013483,B")
    own = add_boundaries(tmp_path / "b", path)
    one, two, three = (f"S0199000{number}" for number in (1, 2, 3))
    pairs = [("S01013482", one, 0.9), ("S01013482", two, 1.0), ("S01013483", one, 0.1), ("S01013483", three, 1.0)]
    crosswalk = pd.DataFrame(pairs, columns=["from_code", "to_code", "share_of_to"])
    crosswalk = crosswalk.assign(from_vintage="2022", to_vintage="2011", share_of_from=0.5)
    context = drawing_context(drawn.zones, drawn.adjacency, drawn.files, boundaries=tmp_path / "b", crosswalk=crosswalk)
    assert zones_by_name(context, own) == {"A": [1, 2], "B": [3]}
    localities = build_candidates(context, [own.set_id])[0].set_index("locality_name")
    people = drawn.zones.set_index("zone_code")["population"]
    inside = (0.9 * people[one] + people[two]) / (people[one] + people[two])
    # what is exact and what is not: all of B's zone lives in B
    assert localities["fit"].to_dict() == pytest.approx({"A": inside, "B": 1.0})
    without = drawing_context(drawn.zones, drawn.adjacency, drawn.files, boundaries=tmp_path / "b")
    with pytest.raises(GeographyError, match="nothing leads from them"):
        draw_own(without, own)


def test_a_set_needs_an_id_of_its_own(tmp_path, areas):
    areas.to_file(tmp_path / "mine.gpkg")
    with pytest.raises(ConfigError, match="title"):
        add_boundaries(tmp_path / "b", tmp_path / "mine.gpkg", title="!!!")
    with pytest.raises(ConfigError, match="own_nothing"):
        load_own(tmp_path / "b", "own_nothing")


@pytest.mark.mirror
def test_the_published_dirty_polygons_of_sub_council_areas(scotland, tmp_path):
    path = scotland.files["is-sub-council-area-boundaries"]
    own = add_boundaries(tmp_path, path, title="Sub-council polygons")
    problems = own.report["problem"].str.split(" ").str[0].value_counts()
    assert problems["invalid:"] == 1
    assert problems["overlaps"] > 10
    context = drawing_context(scotland.zones, scotland.adjacency, scotland.files, boundaries=tmp_path)
    localities, _ = build_candidates(context, [own.set_id])
    # two names occur in two councils each: 343 names are 345 areas
    assert len(localities) == 345
    assert np.average(localities["fit"], weights=localities["population"]) > 0.95
    lookup, _ = build_candidates(context, ["sub_council_areas"])
    both = pd.merge(lookup, localities, on=["locality_name", "cpp_code"])
    assert len(both) > 340
