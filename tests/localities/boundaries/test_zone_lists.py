"""Lists of areas by code: which column holds codes and which names, and which data zones the codes mean."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from indicators.errors import GeographyError, SchemaError
from localities.boundaries.files import Undecided
from localities.boundaries.own_files import add_boundaries, own_sets
from localities.boundaries.zone_lists import read_list
from localities.candidates import drawing_context
from localities.drawing.context import DrawingContext
from localities.drawing.own import draw_own, left_out
from localities.drawing.units import in_data_zones, unknown_codes


def listed(tmp_path, *rows, **said):
    path = tmp_path / "list.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    areas, _ = read_list(path, **said)
    return list(zip(areas["zone_code"], areas["locality_name"], strict=True))


def test_of_several_columns_of_codes_that_of_zones_is_read_and_the_areas_name_not_their_code(tmp_path):
    rows = ["CA,Zone,SubArea,SubAreaName,HB", "S12000033,S01006506,PN1,South,S08000020"]
    rows += ["S12000033,S01006507,PN2,North,S08000020", "S12000033,S01006508,PN1,South,S08000020"]
    expected = [("S01006506", "South"), ("S01006507", "North"), ("S01006508", "South")]
    assert listed(tmp_path, *rows) == expected
    # preamble, semicolons and a note below are the layer's business
    other = ["Areas of the plan", "", *(row.replace(",", ";") for row in rows), "Source: council"]
    assert listed(tmp_path, *other) == expected


def test_which_of_several_names_is_asked_for(tmp_path):
    rows = ["Zone,Zone name,IZ name,Council,Place", "S01006506,Culter - 01,Culter,City,South"]
    rows += ["S01006507,Culter - 02,Culter,City,North", "S01006508,Cults - 01,Cults,City,North"]
    with pytest.raises(Undecided, match="--name-column") as failure:
        listed(tmp_path, *rows)
    # the name of each zone names no area
    assert failure.value.choices == ("IZ name", "Council", "Place")
    assert [name for _, name in listed(tmp_path, *rows, name_column="Place")] == ["South", "North", "North"]
    with pytest.raises(SchemaError, match="There is no column Plaice"):
        listed(tmp_path, *rows, name_column="Plaice")


def test_which_of_two_columns_of_zones_is_asked_for(tmp_path):
    rows = ["Zone 2001,Zone 2011,Place", "S01000001,S01006506,A", "S01000002,S01006507,A"]
    with pytest.raises(Undecided, match="--code-column") as failure:
        listed(tmp_path, *rows)
    assert failure.value.choices == ("Zone 2001", "Zone 2011")
    assert listed(tmp_path, *rows, code_column="Zone 2001") == [("S01000001", "A"), ("S01000002", "A")]


def test_a_row_is_about_the_code_that_no_other_row_has(tmp_path):
    rows = ["Postcode,Zone,Place", "eh6 5ab,S01006506,A", "EH6 5AD,S01006506,B"]
    assert listed(tmp_path, *rows) == [("EH6 5AB", "A"), ("EH6 5AD", "B")]
    # the only other column names the areas, though it looks like codes
    assert listed(tmp_path, "Postcode,Area", "KY8 1AA,KY8 1") == [("KY8 1AA", "KY8 1")]


def test_a_mistyped_code_is_not_left_out_in_silence(tmp_path):
    with pytest.raises(GeographyError, match="S0100650"):
        listed(tmp_path, "Zone,Place", "S01006506,A", "S0100650,A", "S01006508,A")


def test_a_workbook_is_read_and_its_sheet_named(tmp_path):
    path = tmp_path / "areas.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Notes": ["Our areas"]}).to_excel(book, sheet_name="Read me", index=False)
        pd.DataFrame({"Zone": ["S01006506", "S01006507"], "Place": "A"}).to_excel(book, sheet_name="Old", index=False)
        pd.DataFrame({"Zone": ["S01006506", "S01006507", "S01006508"], "Place": ["A", "A", "B"]}).to_excel(
            book, sheet_name="New", index=False
        )
    assert read_list(path)[0]["locality_name"].tolist() == ["A", "A", "B"]
    assert read_list(path, sheet="Old")[0]["locality_name"].tolist() == ["A", "A"]


def areas_of(*rows):
    frame = pd.DataFrame(rows, columns=["locality_name", "zone_code"])
    return frame.assign(locality_code=frame["locality_name"].str.lower(), weight=1.0)


def zones_of(drawing):
    return list(zip(drawing["locality_name"], drawing["zone_code"], drawing["weight"], strict=True))


def test_intermediate_zones_are_their_data_zones():
    zones = pd.DataFrame(
        {
            "zone_code": ["S01006506", "S01006507", "S01006513"],
            "intermediate_zone_code": ["S02001236"] * 2 + ["S02001237"],
        }
    )
    context = SimpleNamespace(zones=zones, vintage="2011", crosswalk=None)
    found = in_data_zones(context, areas_of(("A", "S02001236")), "a list")
    assert zones_of(found) == [("A", "S01006506", 1.0), ("A", "S01006507", 1.0)]
    with pytest.raises(GeographyError, match="S02001239"):
        in_data_zones(context, areas_of(("A", "S02001236"), ("A", "S02001239")), "a list")
    with pytest.raises(GeographyError, match=r"census of 2001[\s\S]*list the data zones of 2001"):
        in_data_zones(context, areas_of(("A", "S02000001")), "a list of 2001")
    # of 2022, through the zones of 2022 that the crosswalk names
    crosswalk = pd.DataFrame({"from_vintage": "2022", "from_parent": ["S02002515"], "from_code": ["S01013482"]})
    context = SimpleNamespace(zones=zones, vintage="2011", crosswalk=crosswalk)
    assert zones_of(in_data_zones(context, areas_of(("A", "S02002515")), "a list")) == [("A", "S01013482", 1.0)]


def test_postcodes_and_sectors_are_the_zones_in_which_at_least_half_of_the_people_live_there():
    """Of zone 6506 six in ten live at EH6 5AB and the others at EH6 5AD; of zone 6507 all at EH6 6AA."""
    postcodes = pd.DataFrame({"postcode": ["EH6 5AB", "EH6 5AD", "EH6 6AA"], "sector": ["EH6 5", "EH6 5", "EH6 6"]})
    people = pd.DataFrame({"zone": [0, 0, 1], "postcode": [0, 1, 2], "share": [0.6, 0.4, 1.0]})
    zones = pd.DataFrame({"zone_code": ["S01006506", "S01006507"]})
    context = SimpleNamespace(zones=zones, vintage="2011", postcodes=(postcodes, people))
    by_postcode = areas_of(("A", "EH6 5AB"), ("B", "EH65AD"), ("B", "EH6 6AA"))
    assert zones_of(in_data_zones(context, by_postcode, "a list")) == [
        ("A", "S01006506", 1.0),
        ("B", "S01006507", 1.0),
    ]
    assert zones_of(in_data_zones(context, by_postcode, "a list", by_shares=True)) == [
        ("A", "S01006506", 0.6),
        ("B", "S01006506", 0.4),
        ("B", "S01006507", 1.0),
    ]
    assert in_data_zones(context, by_postcode, "a list")["inside"].tolist() == [0.6, 1.0]
    with_unknown = areas_of(("A", "EH6 5AB"), ("B", "EH65AD"), ("B", "EH6 6AA"), ("B", "EH6 9ZZ"))
    assert zones_of(in_data_zones(context, with_unknown, "a list")) == zones_of(
        in_data_zones(context, by_postcode, "a list")
    )
    assert unknown_codes(context, with_unknown)["zone_code"].tolist() == ["EH6 9ZZ"]
    by_sector = areas_of(("A", "EH6 5"))
    assert zones_of(in_data_zones(context, by_sector, "a list")) == [("A", "S01006506", 1.0)]


def test_output_areas_of_2022_are_taken_as_equal_parts_of_their_zone(tmp_path):
    path = tmp_path / "lookup.csv"
    path.write_text("OA22,DZ22\nS00135307,S01013482\nS00135308,S01013482\nS00135309,S01013482\nS00135310,S01013483\n")
    context = SimpleNamespace(file=lambda source: {"nrs-oa22-dz22-lookup": path}[source], vintage="2022")
    areas = areas_of(("A", "S00135307"), ("A", "S00135308"), ("B", "S00135309"), ("B", "S00135310"))
    # two of three, one of three, one of one
    assert zones_of(in_data_zones(context, areas, "a list")) == [("A", "S01013482", 1.0), ("B", "S01013483", 1.0)]


def test_zones_of_another_partnership_are_named(tmp_path, drawn):
    first, other = drawn.zones.drop_duplicates("cpp_code")[["zone_code", "cpp_code", "cpp_name"]].head(2).to_numpy()
    path = tmp_path / "mine.csv"
    path.write_text(f"Zone,Place\n{first[0]},A\n{other[0]},A\n")
    context = drawing_context(drawn.zones, drawn.adjacency, drawn.files)
    own = add_boundaries(tmp_path / "b", path, cpp_code=first[1], check=lambda own: left_out(context, own))
    assert own.report["problem"].tolist() == [
        "codes in the column Zone, names in the column Place",
        f"1 zone of {other[2]}: {other[0]}",
    ]
    assert own.report["done"].tolist() == ["read from there", "left out"]
    assert draw_own(context, own)["zone_code"].tolist() == [first[0]]


def test_nothing_is_kept_of_a_list_that_is_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("Zone,IZ,Place\nS01006506,x,A\nS01006507,x,B\nS01006508,y,A\n")
    with pytest.raises(Undecided):
        add_boundaries(tmp_path / "b", path)
    assert own_sets(tmp_path / "b") == ()


def test_zones_of_2001_are_drawn_where_all_that_they_overlap_are_listed_and_named_where_not():
    """Of 2001, zones 1 and 2 make up 6506, zone 3 is 6507; zone 4 shares 6508 with zone 5, which is not listed."""
    zones = pd.DataFrame({"zone_code": ["S01006506", "S01006507", "S01006508"], "cpp_code": "a", "cpp_name": "A"})
    crosswalk = pd.DataFrame(
        [("S01000001", "S01006506", None), ("S01000002", "S01006506", None), ("S01000003", "S01006507", 1.0),
         ("S01000004", "S01006508", None), ("S01000005", "S01006508", None)],
        columns=["from_code", "to_code", "share_of_to"],
    ).assign(from_vintage="2001", to_vintage="2011")  # fmt: skip
    context = DrawingContext(
        zones=zones.assign(area_m2=1.0), adjacency=pd.DataFrame(), files={}, draw_set=dict, crosswalk=crosswalk
    )
    areas = areas_of(*(("A", f"S0100000{number}") for number in range(1, 5)))
    drawn = context.of_these_zones(areas, "a list")
    assert drawn[["zone_code", "inside"]].to_numpy().tolist() == [["S01006506", 1.0], ["S01006507", 1.0]]
    own = SimpleNamespace(
        has_polygons=False,
        areas=areas,
        title="mine",
        about=SimpleNamespace(by_shares=False, cpp_code=None, file_name="mine.csv"),
    )
    (line,) = left_out(context, own)["problem"]
    assert line == "1 zone of another census that no zone of the run stands for: S01000004"


def test_ground_of_a_polygon_in_another_partnership_is_named():
    squares = [box(east, 0, east + 100, 100) for east in (0, 100)]
    zones = gpd.GeoDataFrame(
        {"zone_code": ["S01006506", "S01006507"], "cpp_code": ["a", "b"], "cpp_name": ["Fife", "Angus"]},
        geometry=squares, crs="EPSG:27700",
    )  # fmt: skip
    areas = gpd.GeoDataFrame(
        {"locality_code": ["in", "over"], "locality_name": ["In", "Over"]},
        geometry=[box(0, 0, 50, 50), box(50, 0, 150, 100)], crs="EPSG:27700",
    )  # fmt: skip
    own = SimpleNamespace(has_polygons=True, areas=areas, title="mine", about=SimpleNamespace(cpp_code="a"))
    rows = left_out(SimpleNamespace(zones=zones), own)
    assert rows[["locality_name", "problem", "area_m2"]].to_numpy().tolist() == [
        ["Over", "50% of its ground is in Angus", 5000.0]
    ]
