"""The table of zones, and every input file that must not become one."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from indicators.errors import GeographyError, LocalitiesError, SchemaError, UnreadableSource
from indicators.schema.validation import validate
from localities.zones.zones import build_zones

FILES = ("boundaries", "centroids", "lookup", "population")


def test_zones_carry_names_parents_and_residents(drawn):
    zones = validate("zones", drawn.zones).set_index("zone_code")
    assert len(zones) == 19
    # 100 (1 + 2 + ... + 19) less the 500 that zone 5 does not have
    assert zones["population"].sum() == 18_500
    assert zones.loc["S01990005", "population"] == 0
    assert zones["population_period"].unique().tolist() == ["30 June 2021"]
    longest = "Drochaid nan Clach Bàna agus Ceann Loch a' Mhuilinn Mhòir (O'Neil's)"
    assert zones.loc["S01990013", "zone_name"] == f"{longest} - 13"
    assert zones.loc["S01990001", "cpp_name"] == "Sgìre a' Mhuilinn"
    assert zones.loc["S01990001", "cpp_slug"] == "sgire-a-mhuilinn"
    assert (zones["area_m2"] == 10_000).all()
    assert (zones["perimeter_m"] == 400).all()
    assert zones.crs.to_epsg() == 27700


def test_census_residents_serve_where_no_estimates_are_given(country):
    from localities.zones.zones import build_zones

    files = country.write()
    zones = build_zones(boundaries=files["boundaries"], centroids=files["centroids"], lookup=files["lookup"])
    assert zones["population"].sum() == 19 * 90
    assert zones["population_period"].unique().tolist() == ["27 March 2011"]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(country, build_zones_of, name):
    files = country.write()
    files[name].unlink()
    with pytest.raises(UnreadableSource, match=f"(?s)missing.*{files[name].name}"):
        build_zones_of(files)


@pytest.mark.parametrize("name", FILES)
def test_a_web_page_is_not_data(country, build_zones_of, name):
    files = country.write()
    files[name].write_text("<!DOCTYPE html><html><body>Please sign in</body></html>")
    with pytest.raises(UnreadableSource, match="HTML page"):
        build_zones_of(files)


@pytest.mark.parametrize("name", FILES)
def test_an_empty_file_is_refused(country, build_zones_of, name):
    files = country.write()
    files[name].write_bytes(b"")
    with pytest.raises(UnreadableSource, match="empty"):
        build_zones_of(files)


@pytest.mark.parametrize("name", ["boundaries", "centroids", "population"])
def test_a_truncated_archive_is_refused(country, build_zones_of, name):
    files = country.write()
    whole = files[name].read_bytes()
    files[name].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableSource, match=files[name].name):
        build_zones_of(files)


def _rename(column):
    def change(frame):
        return frame.rename(columns={column: "Renamed"})

    return change


def _put(column, row, value):
    def change(frame):
        frame = frame.copy()
        frame.loc[row, column] = value
        return frame

    return change


def _drop_last(frame):
    return frame.iloc[:-1]


@pytest.mark.parametrize(
    ("part", "change", "error", "message"),
    [
        ("boundaries", _rename("DataZone"), SchemaError, "missing or was renamed"),
        ("boundaries", _rename("TotPop2011"), SchemaError, "TotPop2011"),
        ("centroids", _rename("DataZone"), SchemaError, "missing or was renamed"),
        ("lookup", _rename("IZ2011_Code"), SchemaError, "IZ2011_Code"),
        ("population", _rename("Total population"), SchemaError, "Total population"),
        ("boundaries", _put("DataZone", 0, "S01990002"), GeographyError, "Duplicated zone codes"),
        ("centroids", _put("DataZone", 0, "S01990002"), GeographyError, "Duplicated zone codes"),
        ("lookup", _put("DZ2011_Code", 0, "S01990002"), GeographyError, "Duplicated zone codes"),
        ("population", _put("Data zone code", 0, "S01990002"), GeographyError, "Duplicated zone codes"),
        ("boundaries", _put("DataZone", 0, "X"), GeographyError, "not that of a data zone"),
        ("lookup", _put("DZ2011_Code", 0, "E01000001"), GeographyError, "not that of a data zone"),
        ("population", _put("Data zone code", 0, "S0199"), GeographyError, "not that of a data zone"),
        ("boundaries", _put("DataZone", 0, "S01000001"), GeographyError, "another vintage"),
        ("centroids", _put("DataZone", 0, "S01000001"), GeographyError, "another vintage"),
        ("lookup", _put("DZ2011_Code", 0, "S01000001"), GeographyError, "another vintage"),
        ("population", _put("Data zone code", 0, "S01013999"), GeographyError, "another vintage"),
        ("centroids", _drop_last, GeographyError, "absent from a file"),
        ("lookup", _drop_last, GeographyError, "absent from a file"),
        ("population", _drop_last, GeographyError, "absent from a file"),
        ("boundaries", _put("TotPop2011", 0, -1), SchemaError, "whole number"),
        ("population", _put("Total population", 0, -1), SchemaError, "whole number"),
        ("population", _put("Total population", 0, "many"), SchemaError, "'many'"),
        ("population", _put("Total population", 0, 10.5), SchemaError, "whole number"),
        ("population", _put("Total population", 0, "*"), SchemaError, "whole number"),
        ("lookup", _put("IZ2011_Name", 0, None), SchemaError, "lacks a name or a parent"),
        ("lookup", _put("LA_Code", 0, "S12990002"), GeographyError, "more than one cpp_code"),
        ("lookup", _put("UR8_Code", 0, 9), SchemaError, "urban rural"),
    ],
)
def test_a_wrong_table_is_explained(country, build_zones_of, part, change, error, message):
    setattr(country, part, change(getattr(country, part)))
    with pytest.raises(error, match=message) as caught:
        build_zones_of(country.write())
    assert "to do:" in str(caught.value)


def test_a_crs_is_never_guessed(country, build_zones_of):
    with pytest.raises(GeographyError, match=r"does not say which coordinate reference system"):
        build_zones_of(country.write(has_prj=False))


def test_another_crs_is_an_error_unless_declared(country, build_zones_of):
    from localities.zones.zones import build_zones

    country.boundaries = country.boundaries.to_crs("EPSG:4326")
    files = country.write()
    with pytest.raises(GeographyError, match="EPSG:4326"):
        build_zones_of(files)
    zones = build_zones(
        boundaries=files["boundaries"], centroids=files["centroids"], lookup=files["lookup"], reproject=True
    )
    assert zones.crs.to_epsg() == 27700
    assert zones["area_m2"].to_numpy() == pytest.approx(10_000, rel=1e-3)


def test_degrees_under_a_label_of_metres_are_found_out(country, build_zones_of):
    degrees = country.boundaries.to_crs("EPSG:4326").set_crs("EPSG:27700", allow_override=True)
    country.boundaries = degrees
    with pytest.raises(GeographyError, match="look like degrees"):
        build_zones_of(country.write())


def test_a_bow_tie_is_not_repaired_in_silence(country, build_zones_of):
    bow_tie = shapely.Polygon([(400_000, 800_000), (400_100, 800_100), (400_100, 800_000), (400_000, 800_100)])
    country.boundaries.loc[0, "geometry"] = bow_tie
    with pytest.raises(GeographyError, match=r"(?s)invalid.*S01990001"):
        build_zones_of(country.write())


def test_points_are_not_boundaries(country, build_zones_of):
    files = country.write()
    country.centroids.assign(TotPop2011=1, ResPop2011=1).pipe(gpd.GeoDataFrame).to_file(Path(country.folder) / "p.gpkg")
    files["boundaries"] = Path(country.folder) / "p.gpkg"
    with pytest.raises(GeographyError, match="not a polygon"):
        build_zones_of(files)


def test_every_message_says_where_and_what_to_do(country, build_zones_of):
    country.lookup = country.lookup.rename(columns={"LA_Name": "Council"})
    with pytest.raises(LocalitiesError) as caught:
        build_zones_of(country.write())
    text = str(caught.value)
    assert "lookup.csv" in text
    assert "LA_Name" in text
    assert "Council" in text
    assert "to do:" in text


def _of_2022(country):
    """The same country on zones of 2022: the publisher's names of columns, codes of that census."""
    codes = {f"S0199{number:04d}": f"S01{13_481 + number:06d}" for number in range(1, 20)}
    names = {"DataZone": "dzcode", "TotPop2011": "totpop2022", "ResPop2011": "hhres2022"}
    country.boundaries = country.boundaries.rename(columns=names).replace({"dzcode": codes})
    country.centroids = country.centroids.rename(columns=names).replace({"dzcode": codes})
    lookup = country.lookup.rename(columns=lambda name: name.replace("DZ2011", "DZ22").replace("IZ2011", "IZ22"))
    country.lookup = lookup.replace({"DZ22_Code": codes})[[name for name in lookup if "TTWA" not in name]]
    return country.write(), pd.DataFrame({"zone_code": list(codes.values()), "population": range(81, 100)})


def test_zones_of_2022_with_residents_added_up(country):
    files, counted = _of_2022(country)
    zones = build_zones(
        files["boundaries"], files["centroids"], files["lookup"], counted=counted, vintage="2022",
        population_source_id="nrs-census-2022-oa-uv102b",
    )  # fmt: skip
    zones = validate("zones", zones)
    assert zones["population"].sum() == 1_710
    assert set(zones["vintage"]) == {"2022"}
    assert set(zones["population_period"]) == {"20 March 2022"}
    assert zones["travel_to_work_area_code"].isna().all()
    with pytest.raises(GeographyError, match="absent from a file"):
        build_zones(files["boundaries"], files["centroids"], files["lookup"], counted=counted[1:], vintage="2022")
    wrong = country.lookup.replace({"S01013482": "S01006506"})
    wrong.to_csv(files["lookup"], index=False, encoding="cp1252")
    with pytest.raises(GeographyError, match="another vintage"):
        build_zones(files["boundaries"], files["centroids"], files["lookup"], counted=counted, vintage="2022")


def test_a_polygon_of_2022_that_touches_itself_is_repaired(country):
    # the square of zone 1, its ring running twice over one point of its southern side
    x, y = 400_000, 800_000
    ring = [(x, y), (x + 50, y), (x + 40, y + 10), (x + 50, y), (x + 100, y), (x + 100, y + 100), (x, y + 100), (x, y)]
    country.boundaries.loc[0, "geometry"] = shapely.Polygon(ring)
    assert not country.boundaries.geometry[0].is_valid
    files, counted = _of_2022(country)
    zones = build_zones(files["boundaries"], files["centroids"], files["lookup"], counted=counted, vintage="2022")
    assert zones.geometry.is_valid.all()
    assert zones["area_m2"].iloc[0] == pytest.approx(10_000)


def test_residents_of_2022_who_do_not_add_up_to_their_zones_are_refused(country):
    """A lookup that puts the people of one zone into its neighbour: 81 and 82 of some 90 become 0 and 163."""
    files, counted = _of_2022(country)
    counted.loc[[0, 1], "population"] = [0, 163]
    with pytest.raises(GeographyError, match="do not add up") as caught:
        build_zones(files["boundaries"], files["centroids"], files["lookup"], counted=counted, vintage="2022",
                    population_source_id="nrs-census-2022-oa-uv102b")  # fmt: skip
    assert "about 90 in S01013482" in str(caught.value)
    assert "2 zones in all" in str(caught.value)
