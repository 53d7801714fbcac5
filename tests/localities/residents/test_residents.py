"""Output areas, and fitting by where residents live; and the wards' and areas' files that must not be read."""

from __future__ import annotations

import gzip

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from indicators.errors import GeographyError, SchemaError, UnreadableSource
from localities.boundaries.fitting import best_fit, fit_errors, resident_shares, shares_fit
from localities.candidates import build_candidates, drawing_context
from localities.residents.output_areas import read_output_areas, residents_of

EAST, NORTH = 400_000, 800_000


@pytest.fixture
def residents(drawn):
    return residents_of(drawn.zones, read_output_areas(drawn.files["nrs-output-areas-2011"]))


def boundaries(*polygons):
    return gpd.GeoDataFrame(
        {"locality_code": [f"b{i}" for i in range(len(polygons))], "locality_name": "Area"},
        geometry=list(polygons),
        crs="EPSG:27700",
    )


def test_points_carry_every_resident_once(drawn, residents):
    assert residents["residents"].sum() == pytest.approx(18_500)
    assert residents.groupby("zone")["share"].sum().to_numpy() == pytest.approx(1.0)


def test_a_zone_without_points_stands_at_its_centroid(drawn):
    points = pd.DataFrame({"zone_code": ["S01990001"], "residents": [0.0], "x": [0.0], "y": [0.0]})
    found = residents_of(drawn.zones, points)
    assert len(found) == 19
    assert found.loc[0, ["x", "y"]].tolist() == [EAST + 50, NORTH + 50]


def test_shares_follow_people_and_not_area(drawn, residents):
    # the lower 60 m of zone 1 hold 3 of 10 residents
    found = resident_shares(drawn.zones, residents, boundaries(shapely.box(EAST, NORTH, EAST + 100, NORTH + 60)))
    assert found[["zone", "boundary", "share"]].to_numpy().tolist() == [[0, 0, 0.3]]


def test_best_fit_takes_zones_with_half_their_residents(drawn, residents):
    area = boundaries(shapely.box(EAST, NORTH + 60, EAST + 200, NORTH + 160))
    # zones 1 and 2: 7 of 10 inside; zones 5 and 6: 3 of 10
    found = best_fit(drawn.zones, residents, area)
    assert found["zone_code"].tolist() == ["S01990001", "S01990002"]
    assert found["inside"].to_numpy() == pytest.approx(0.7)
    error = fit_errors(drawn.zones, residents, area, found).iloc[0]
    # inside live 0.7 (100 + 200) + 0.3 (0 + 600) = 390; fitted 300; both 210
    assert error["residents_inside"] == pytest.approx(390)
    assert error["residents_fitted"] == pytest.approx(300)
    assert error["fit"] == pytest.approx(0.7)
    assert error["captured"] == pytest.approx(210 / 390)
    assert error["error_share"] == pytest.approx((390 + 300 - 420) / 390)


def test_shares_have_no_error(drawn, residents):
    area = boundaries(shapely.box(EAST, NORTH + 60, EAST + 200, NORTH + 160))
    found = shares_fit(drawn.zones, residents, area)
    assert found["weight"].to_numpy() == pytest.approx([0.7, 0.7, 0.3, 0.3])
    assert fit_errors(drawn.zones, residents, area, found)["error_share"].iloc[0] == pytest.approx(0.0)


def test_overlapping_boundaries_each_keep_their_residents(drawn, residents):
    both = boundaries(*(shapely.box(EAST, NORTH, EAST + width, NORTH + 100) for width in (100, 200)))
    found = best_fit(drawn.zones, residents, both)
    assert found.groupby("locality_code")["zone_code"].agg(list).to_dict() == {
        "b0": ["S01990001"],
        "b1": ["S01990001", "S01990002"],
    }


def test_a_partnership_without_a_boundary_is_named(drawn, residents):
    wards = boundaries(shapely.box(EAST, NORTH, EAST + 400, NORTH + 300)).assign(cpp_code="S12990001")
    with pytest.raises(GeographyError, match="Brae"):
        best_fit(drawn.zones, residents, wards, is_division=True)


def _build(country, name, files=None):
    from localities.zones.adjacency import build_adjacency
    from localities.zones.zones import build_zones

    files = files or country.write()
    zones = build_zones(files["boundaries"], files["centroids"], files["lookup"], files["population"])
    return build_candidates(drawing_context(zones, build_adjacency(zones), files, limit=3_000), [name])


SOURCES = {"wards": ["ons-wards-2025", "nrs-output-areas-2011"], "sub_council_areas": ["is-sub-council-areas"]}
CASES = [(name, source) for name, sources in SOURCES.items() for source in sources]


@pytest.mark.parametrize(("name", "source"), CASES)
def test_a_missing_file_is_named(country, name, source):
    files = country.write()
    files[source].unlink()
    with pytest.raises(UnreadableSource, match=f"(?s)missing.*{files[source].name}"):
        _build(country, name, files)


@pytest.mark.parametrize(("name", "source"), CASES)
@pytest.mark.parametrize("content", [b"", b"<html><body>Sign in</body></html>"])
def test_an_empty_file_or_a_web_page_is_refused(country, name, source, content):
    files = country.write()
    files[source].write_bytes(content)
    with pytest.raises(UnreadableSource, match=files[source].name):
        _build(country, name, files)


@pytest.mark.parametrize(("name", "source"), CASES)
def test_a_truncated_file_is_refused(country, name, source):
    files = country.write()
    whole = files[source].read_bytes()
    files[source].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableSource, match=files[source].name):
        _build(country, name, files)


def _put(column, row, value):
    def change(frame):
        frame = frame.copy()
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value
        return frame

    return change


def _rename(column):
    return lambda frame: frame.rename(columns={column: "Other"})


@pytest.mark.parametrize(
    ("part", "change", "name", "error", "message"),
    [
        ("output_areas", _rename("Popcount"), "wards", SchemaError, "Popcount"),
        ("output_areas", _put("Popcount", 0, -3), "wards", SchemaError, "negative"),
        ("output_areas", _put("Popcount", 0, "few"), "wards", SchemaError, "'few'"),
        ("output_areas", _put("code", 0, "S00990001"), "wards", GeographyError, "Duplicated"),
        ("output_areas", _put("DataZone", 0, "S01000001"), "wards", GeographyError, "S01000001"),
        ("wards", _rename("WD25CD"), "wards", SchemaError, "WD25CD"),
        ("wards", _put("LAD25CD", 2, "S12990009"), "wards", GeographyError, "Brae"),
        ("sub_council", _rename("Sub-Council Area Name"), "sub_council_areas", SchemaError, "Sub-Council Area Name"),
        ("sub_council", _put("Datazone 2011 Code", 0, "S01990002"), "sub_council_areas", GeographyError, "Duplicated"),
        ("sub_council", _put("Datazone 2011 Code", 0, "S01000001"), "sub_council_areas", GeographyError, "vintage"),
        ("sub_council", _put("Datazone 2011 Code", 0, "S01990099"), "sub_council_areas", GeographyError, "S01990099"),
        ("sub_council", _put("Sub-Council Area Name", 0, None), "sub_council_areas", GeographyError, "no sub-council"),
    ],
)
def test_a_wrong_table_is_explained(country, part, change, name, error, message):
    setattr(country, part, change(getattr(country, part)))
    with pytest.raises(error, match=message):
        _build(country, name)


def test_wards_without_a_crs_are_refused(country):
    country.wards = country.wards.set_crs(None, allow_override=True)
    with pytest.raises(GeographyError, match="coordinate reference system"):
        _build(country, "wards")


def test_an_invalid_ward_is_refused(country):
    x, y = country.wards.geometry.iloc[0].exterior.xy
    country.wards.loc[0, "geometry"] = shapely.Polygon([(x[0], y[0]), (x[2], y[2]), (x[1], y[1]), (x[3], y[3])])
    with pytest.raises(GeographyError, match=r"(?s)invalid.*S13990001"):
        _build(country, "wards")


def test_output_areas_of_a_damaged_archive_are_refused(tmp_path):
    path = tmp_path / "oa.csv.gz"
    with gzip.open(path, "wt") as stream:
        stream.write("code,Popcount,easting,northing,DataZone\n" + "S00000001,1,1,1,S01006506\n" * 2000)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(bytes(whole))
    with pytest.raises((UnreadableSource, GeographyError, SchemaError)):
        read_output_areas(path)
