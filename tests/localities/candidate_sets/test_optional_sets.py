"""Sets whose files a person may have to bring: read in the publishers' formats, fitted by residents, drawn when there.

The country is that of `conftest`: partnership A is a block of four columns and three rows (zones 1 to 12) and an island
(13); B is zones 14 to 19. Of a zone's residents 3 of 10 live 25 m, 7 of 10 live 75 m north of its southern edge.
"""

from __future__ import annotations

import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from indicators.errors import GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from localities.boundaries.fitting import best_fit
from localities.candidate_sets import candidate_set, is_optional, optional_sources, set_ids, sources_of
from localities.candidates import build_candidates, drawing_context
from localities.residents.practices import read_practices
from localities.zones.barriers import BARRIER_SOURCES
from localities.zones.crosswalk import OPTIONAL_SOURCES
from pipelines.run.workspace import open_workspace
from pipelines.sources.declarations import load_sources
from pipelines.steps.registry import all_steps

from .test_identity_sets import write_postcodes

pytestmark = [
    pytest.mark.filterwarnings("ignore:Column names longer than 10"),
    pytest.mark.filterwarnings("ignore:Normalized/laundered field name"),
]

EAST, NORTH = 400_000, 800_000
OPTIONAL = (
    "built_up_localities",
    "community_councils",
    "nearest_gp_practices",
    "primary_school_catchments",
    "secondary_school_catchments",
    "settlements",
)


def box(x0, y0, x1, y1):
    return shapely.box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)


def write_layers(path, **layers):
    """A zip with a folder of shapefiles, as the publishers' download pages give it."""
    room = path.with_suffix("")
    for name, frame in layers.items():
        (room / name).mkdir(parents=True)
        frame.to_file(room / name / f"{name}.shp")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(one for one in room.rglob("*") if one.is_file()):
            archive.write(part, f"download/{part.name}")
    return path


def polygons(rows, columns, crs="EPSG:27700"):
    frame = pd.DataFrame([row[:-1] for row in rows], columns=columns)
    return gpd.GeoDataFrame(frame, geometry=[row[-1] for row in rows], crs="EPSG:27700").to_crs(crs)


def councils_frame():
    tie = shapely.Polygon([(EAST + x, NORTH + y) for x, y in ((0, 200), (200, 300), (200, 200), (0, 300))])
    rows = [
        ("S12990001", "Sgìre a' Mhuilinn", "St Mary's & Mill", "Yes", box(0, 0, 200, 200)),
        # a sliver of ten square metres over the border, which holds no one
        ("S12990001", "Sgìre a' Mhuilinn", "Hill", "No", box(200, 0, 400, 300).union(box(410, 0, 420, 1))),
        # invalid: a bow-tie over zones 9 and 10
        ("S12990001", "Sgìre a' Mhuilinn", "Tie", "Yes", tie),
        ("S12990001", "Sgìre a' Mhuilinn", "Eilean", "Yes", box(890, -10, 1010, 110)),
        # the same name in another council, reaching over its border, and a row without a name
        ("S12990002", "Brae", "Hill", "Yes", box(300, 0, 500, 200)),
        ("S12990002", "Brae", "", "Yes", box(500, 200, 600, 300)),
    ]
    return polygons(rows, ["la_s_code", "local_authority", "cc_name", "active"])


def catchments(rows):
    return polygons(rows, ["la_s_code", "local_authority", "seed_code", "school_name", "type", "level"])


def school(council, code, name, geometry, *, level="Primary", kind="Non-denominational"):
    return (council, "", code, name, kind, level, geometry)


@pytest.fixture
def files(drawn, tmp_path):
    pn = catchments(
        [
            school("S12990001", "1234567", "Mill Primary School", box(0, 0, 200, 300)),
            school("S12990001", "1234568", "O'Neil's Primary School", box(200, 0, 400, 200)),
            school("S12990002", "7654321", "Brae Primary School", box(400, 0, 600, 300)),
        ]
    )
    sn = catchments([school("S12990001", "1111111", "Mill Academy", box(0, 0, 400, 300), level="Secondary")])
    pd_layer = catchments([school("S12990001", "2222222", "St Mary's", box(0, 0, 600, 300), kind="Denominational")])
    ns = polygons([("S20000001", "Mill", box(0, 0, 420, 300))], ["code", "name"])
    nl = polygons(
        [("S19000001", "Mill West", box(0, 0, 200, 300)), ("S19000002", "Mill East", box(200, 0, 420, 300))],
        ["code", "name"],
    )
    shapes = {"Localities2020_MHW": nl, "Settlements2020_MHW": ns}
    return {
        **drawn.files,
        "is-community-council-boundaries": write_layers(tmp_path / "pub_commcnc.zip", pub_commcnc=councils_frame()),
        "is-school-catchments": write_layers(
            tmp_path / "school_catchments.zip", pub_schlpd=pd_layer, pub_schlpn=pn, pub_schlsn=sn
        ),
        "nrs-settlements-2020": write_layers(tmp_path / "s.zip", **shapes),
        "nrs-localities-2020": write_layers(tmp_path / "l.zip", **shapes),
        "os-code-point-open": write_postcodes(tmp_path / "codepo_gb.zip"),
        "phs-gp-practices": write_practices(tmp_path / "gp.csv"),
    }


def write_practices(path, rows=None):
    rows = rows or [
        ("10002", "Mill Surgery", "4,000", "ZZ1 1AA", "X"),
        # two practices in one health centre
        ("10003", "Dr O'Neil", "1500", "ZZ12GA", "X"),
        ("10004", "Health Centre Practice", "2500", "ZZ1 2GA", "X"),
        ("10005", "Empty Practice", "0", "ZZ2 1NA", "X"),
        ("10006", "Brae Practice", "4000", "ZZ2 1PA", "X"),
    ]
    columns = ["PracticeCode", "GPPracticeName", "PracticeListSize", "Postcode", "GPCluster"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def draw(drawn, files, set_id):
    context = drawing_context(drawn.zones, drawn.adjacency, files)
    return build_candidates(context, [set_id])


def zones_of(drawn, files, set_id):
    localities, members = draw(drawn, files, set_id)
    found = members.groupby("locality_id")["zone_code"].agg(lambda some: [int(code[-2:]) for code in some])
    found.index = found.index.str.removeprefix(f"{set_id}:")
    names = localities.set_index(localities["locality_id"].str.removeprefix(f"{set_id}:"))["locality_name"]
    return found.to_dict(), names.to_dict()


def test_community_councils_are_repaired_and_stay_in_their_council(drawn, files, caplog):
    with caplog.at_level("WARNING"):
        zones, names = zones_of(drawn, files, "community_councils")
    assert zones == {
        "S12990001-st-marys-and-mill": [1, 2, 5, 6],
        # A's Hill has its sliver dropped; B's reaches into A's zones 4 and 8, where it does not count
        "S12990001-hill": [3, 4, 7, 8, 11, 12],
        "S12990001-eilean": [13],
        "S12990002-hill": [14, 16],
        # the bow-tie is two triangles that touch in the middle: the points of zone 9 at 75 m lie in the western one
        "S12990001-tie": [9, 10],
    }
    assert names["S12990001-hill"] == names["S12990002-hill"] == "Hill"
    assert "Tie: invalid" in caplog.text
    assert "1 slivers, dropped" in caplog.text
    # zones 15 and 17 to 19 are in none: the row without a name is no community council
    members = draw(drawn, files, "community_councils")[1]
    assert not set(members["zone_code"]) & {"S01990015", "S01990017", "S01990018", "S01990019"}


def test_settlements_and_localities_are_told_apart_in_one_zip(drawn, files):
    zones, names = zones_of(drawn, files, "settlements")
    assert zones == {"S20000001": list(range(1, 13))}
    assert names == {"S20000001": "Mill"}
    zones, _ = zones_of(drawn, files, "built_up_localities")
    assert zones == {"S19000001": [1, 2, 5, 6, 9, 10], "S19000002": [3, 4, 7, 8, 11, 12]}
    # the open country and the island are in none of them, and that is no error
    assert not candidate_set("settlements").IS_COMPLETE


def test_catchments_are_of_non_denominational_schools(drawn, files):
    zones, names = zones_of(drawn, files, "primary_school_catchments")
    assert zones == {
        "1234567": [1, 2, 5, 6, 9, 10],
        "1234568": [3, 4, 7, 8],
        "7654321": [14, 15, 16, 17, 18, 19],
    }
    assert names["1234568"] == "O'Neil's Primary School"
    assert zones_of(drawn, files, "secondary_school_catchments")[0] == {"1111111": list(range(1, 13))}


def test_practices_reach_by_the_patients_on_their_lists(drawn, files):
    zones, names = zones_of(drawn, files, "nearest_gp_practices")
    # Mill Surgery is in zone 1, the health centre (1,500 and 2,500 patients) in zone 7, Brae Practice in zone 16: equal
    # lists, so the border runs half way; the island is nearest to Brae, and is cut off along the council's boundary
    assert names == {
        "10002": "Mill Surgery",
        "10003": "Health Centre Practice and 1 more",
        "10006-S12990001": "Brae Practice",
        "10006-S12990002": "Brae Practice",
    }
    assert 13 in zones["10006-S12990001"]
    assert sorted(one for some in zones.values() for one in some) == list(range(1, 20))
    assert 1 in zones["10002"]
    assert 7 in zones["10003"]


def test_a_practice_at_an_unknown_postcode_is_left_out_but_not_many(drawn, files, tmp_path):
    context = drawing_context(drawn.zones, drawn.adjacency, files)
    postcodes, _ = context.postcodes
    known = [(str(n), f"P{n}", "100", "ZZ1 1AA", "X") for n in range(30)]
    path = write_practices(tmp_path / "a.csv", [*known, ("99", "Lost", "100", "QQ1 1QQ", "X")])
    found = read_practices(path, postcodes)
    assert found["patients"].tolist() == [3_000]
    assert found["practices"].tolist() == [30]
    lost = [(f"L{n}", "Lost", "100", "QQ1 1QQ", "X") for n in range(3)]
    with pytest.raises(GeographyError, match="L0"):
        read_practices(write_practices(tmp_path / "b.csv", [*known, *lost]), postcodes)
    with pytest.raises(SchemaError, match="few"):
        read_practices(write_practices(tmp_path / "c.csv", [("1", "P", "few", "ZZ1 1AA", "X")]), postcodes)


def test_a_zone_over_three_boundaries_goes_to_the_largest_part_where_half_live_inside(drawn):
    # zone 1's residents: 30 % at 25 m, 70 % at 75 m; two boundaries that hold one point each
    context = drawing_context(drawn.zones, drawn.adjacency, drawn.files)
    areas = gpd.GeoDataFrame(
        {"locality_code": ["low", "high"], "locality_name": ["Low", "High"]},
        geometry=[box(0, 0, 400, 50), box(0, 50, 400, 100)],
        crs="EPSG:27700",
    )
    found = best_fit(context.zones, context.residents, areas, is_exclusive=True)
    assert set(found["locality_code"]) == {"high"}
    assert found["inside"].to_numpy() == pytest.approx([0.7] * 4)
    low = best_fit(context.zones, context.residents, areas.iloc[[0]], is_exclusive=True)
    assert low.empty


@pytest.mark.parametrize("set_id", ["community_councils", "settlements", "primary_school_catchments"])
def test_a_renamed_column_is_said(drawn, files, tmp_path, set_id):
    source = candidate_set(set_id).SOURCES[0]
    frame = polygons([("x", box(0, 0, 100, 100))], ["other"])
    files[source] = write_layers(tmp_path / f"{set_id}.zip", layer=frame)
    with pytest.raises(SchemaError, match="renamed"):
        draw(drawn, files, set_id)


@pytest.mark.parametrize("set_id", OPTIONAL)
def test_a_web_page_under_the_file_name_is_refused(drawn, files, set_id):
    files[candidate_set(set_id).SOURCES[0]].write_text("<!DOCTYPE html><html></html>")
    with pytest.raises(UnreadableSource, match="HTML"):
        draw(drawn, files, set_id)


# -- when they are drawn -------------------------------------------------------------------------------------------


def test_optional_sets_are_these_and_their_sources_are_declared_with_terms():
    assert tuple(one for one in set_ids() if is_optional(one)) == OPTIONAL
    declared = load_sources()
    assert set(optional_sources()) == {
        "is-community-council-boundaries",
        "is-school-catchments",
        "nrs-localities-2020",
        "nrs-settlements-2020",
        "os-open-names",
        "phs-gp-practices",
    }
    for source in optional_sources():
        assert declared[source].landing_page.startswith("https://")
        assert "Government Licence" in declared[source].licence


def test_sets_are_drawn_when_all_their_files_are_there(drawn, files):
    some = {key: path for key, path in files.items() if key not in ("phs-gp-practices", "nrs-settlements-2020")}
    localities, _ = build_candidates(drawing_context(drawn.zones, drawn.adjacency, some))
    there = set(localities["candidate_set"]) & set(OPTIONAL)
    assert there == {
        "built_up_localities",
        "community_councils",
        "primary_school_catchments",
        "secondary_school_catchments",
    }


def _read(workspace):
    return {source for one in workspace.steps for source in one.find_sources()}


@pytest.mark.parametrize("source", ["os-open-names", "os-strategi-railways"])
def test_what_only_sharpens_a_drawing_is_read_where_it_is(tmp_path, source):
    from pipelines.folders import Home

    mirror = tmp_path / "mirror"
    path = load_sources()[source].path_in(mirror)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK")
    assert source in open_workspace(Home(tmp_path / "home"), mirror=mirror).sources


def test_a_workspace_reads_optional_files_only_where_they_are(tmp_path):
    from pipelines.folders import Home

    home, mirror = Home(tmp_path / "home"), tmp_path / "mirror"
    mirror.mkdir()
    bare = open_workspace(home, mirror=mirror)
    assert not set(optional_sources()) & (set(bare.sources) | _read(bare))
    # beside the barriers of `adjacency`, what leads to other zones, and what a run on those reads
    elsewhere = {source for one in all_steps("2022") for source in one.find_sources()} - set(bare.sources)
    assert {*optional_sources(), *BARRIER_SOURCES} <= set(bare.optional)
    assert set(bare.optional) == {*optional_sources(), *BARRIER_SOURCES, *OPTIONAL_SOURCES, *elsewhere} - set(
        bare.sources
    )
    source = bare.optional["is-school-catchments"]
    for folder in (home.downloads, mirror):
        path = source.path_in(folder)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"PK")
        now = open_workspace(home, mirror=mirror)
        assert set(now.sources) - set(bare.sources) == {"is-school-catchments"}
        assert _read(now) - _read(bare) == {"is-school-catchments"}
        assert "is-school-catchments" not in now.optional
        path.unlink()


def test_a_set_that_the_settings_name_has_its_source_fetched(tmp_path):
    from pipelines.folders import Home
    from pipelines.run.run import fetch_sources

    workspace = open_workspace(Home(tmp_path), mirror=None, candidate_sets=["community_councils"])
    assert "is-community-council-boundaries" in workspace.sources
    assert "phs-gp-practices" in workspace.optional
    with pytest.raises(SourceUnavailable, match="add-file is-community-council-boundaries"):
        fetch_sources(workspace, only=["is-community-council-boundaries"])


def test_every_source_of_a_set_is_read_by_the_step_that_draws():
    read = {source for one in all_steps() if one.name == "candidate_localities" for source in one.find_sources()}
    # and those that place own boundaries
    assert read == {*sources_of(), "nrs-oa22-dz22-lookup"}
    assert np.isin(optional_sources(), list(read)).all()
