"""Sets drawn from postcodes, schools and lookups of others, and their files that must not be read."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest

from indicators.errors import GeographyError, SchemaError, UnreadableSource
from localities.candidates import build_candidates, drawing_context

EAST, NORTH = 400_000, 800_000


def _sector(number):
    """ZZ1 1 lies in the west of the block, ZZ1 2 in its east, ZZ2 1 in B, ZZ9 9 on the island."""
    if number <= 12:
        return "ZZ1 1" if (number - 1) % 4 < 2 else "ZZ1 2"
    return "ZZ9 9" if number == 13 else "ZZ2 1"


def _postcode(number):
    if number <= 12:
        x, y = 100 * ((number - 1) % 4), 100 * ((number - 1) // 4)
    else:
        x, y = (900, 0) if number == 13 else (400 + 100 * ((number - 14) % 2), 100 * ((number - 14) // 2))
    return (f"{_sector(number)}{chr(64 + number)}A", 10, EAST + x + 50, NORTH + y + 55, "S92000003")


# one in each zone; then one without a position, and one of another country
POSTCODES = [
    *(_postcode(number) for number in range(1, 20)),
    ("ZZ7 7AA", 90, 0, 0, "S92000003"),
    ("XX1 1AA", 10, EAST + 50, NORTH + 60, "E92000001"),
]

SCHOOLS = pd.DataFrame(
    [
        ("1P", "Primary", "Local Authority", "Mill School", "S12990001", "Non-denominational", 100, 100, 150),
        ("2P", "Primary", "Local Authority", "O'Neil's School", "S12990001", "Non-denominational", 100, 300, 150),
        ("3P", "Primary", "Local Authority", "Brae School", "S12990002", "Non-denominational", 50, 500, 150),
        # none of these is the school of everyone nearby
        ("4P", "Primary", "Local Authority", "Mill Gaelic Unit", "S12990001", "Non-denominational", 30, 50, 50),
        ("5P", "Primary", "Local Authority", "St Mary's", "S12990001", "Roman Catholic", 300, 60, 60),
        ("6P", "Primary", "Local Authority", "Closed School", "S12990001", "Non-denominational", 0, 70, 70),
        ("7S", "Secondary", "Local Authority", "Mill Academy", "S12990001", "Non-denominational", 500, 100, 100),
        ("8S", "Secondary", "Local Authority", "Brae Academy", "S12990002", "Non-denominational", 500, 500, 100),
    ],
    columns=["SchUID", "SchoolType", "CentreType", "SchoolName", "LACode", "Denomination", "Pupil_Roll", "x", "y"],
)


def write_postcodes(path, rows=POSTCODES, member="Data/CSV/zz.csv"):
    lines = [f'"{code}",{quality},{x},{y},"{country}","S08","S08","S12","S13"' for code, quality, x, y, country in rows]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, "\n".join(lines) + "\n")
        archive.writestr("Doc/readme.txt", "notes")
    return path


def write_schools(path, frame=SCHOOLS):
    table = frame.assign(GridRefEasting=EAST + frame["x"], GridRefNorthing=NORTH + frame["y"])
    table.drop(columns=["x", "y"]).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def write_hscp(path, rows=None):
    rows = rows or [(f"S0199{n:04d}", "PN1", "Mill and Brae" if n <= 13 else "Brae") for n in range(1, 19)]
    frame = pd.DataFrame(rows, columns=["DataZone", "SubHSCP", "SubHSCPName"])
    frame.assign(CA="S12000001").to_csv(path, index=False)
    return path


@pytest.fixture
def files(drawn, tmp_path):
    return {
        **drawn.files,
        "os-code-point-open": write_postcodes(tmp_path / "codepo_gb.zip"),
        "sg-school-roll-2022": write_schools(tmp_path / "schools.csv"),
        "phs-hscp-locality-lookup": write_hscp(tmp_path / "hscp.csv"),
    }


def zones_of(drawn, files, set_id):
    context = drawing_context(drawn.zones, drawn.adjacency, files)
    localities, members = build_candidates(context, [set_id])
    names = localities.set_index("locality_id")["locality_name"]
    found = members.assign(name=members["locality_id"].map(names))
    return found.groupby("locality_id")["zone_code"].agg(lambda some: [int(code[-2:]) for code in some]).to_dict()


def test_postcode_sectors_take_zones_by_their_nearest_postcodes(drawn, files):
    found = zones_of(drawn, files, "postcode_sectors")
    assert found == {
        "postcode_sectors:ZZ1-1": [1, 2, 5, 6, 9, 10],
        "postcode_sectors:ZZ1-2": [3, 4, 7, 8, 11, 12],
        "postcode_sectors:ZZ2-1": [14, 15, 16, 17, 18, 19],
        "postcode_sectors:ZZ9-9": [13],
    }


def test_postcode_districts_are_wider(drawn, files):
    found = zones_of(drawn, files, "postcode_districts")
    assert found["postcode_districts:ZZ1"] == list(range(1, 13))


def test_the_nearest_school_of_the_council_is_taken_weighted_by_roll(drawn, files, tmp_path):
    found = zones_of(drawn, files, "nearest_primary_schools")
    assert found["nearest_primary_schools:1P"] == [1, 2, 5, 6, 9, 10]
    # the island belongs to A: its school is in A, although B's is nearer
    assert found["nearest_primary_schools:2P"] == [3, 4, 7, 8, 11, 12, 13]
    assert found["nearest_primary_schools:3P"] == [14, 15, 16, 17, 18, 19]
    # 16 times the pupils reach four times as far: 200 m x 4 / 5 from the larger one, so column 3 as well
    larger = SCHOOLS.assign(Pupil_Roll=SCHOOLS["Pupil_Roll"].where(SCHOOLS["SchUID"] != "1P", 1_600))
    files["sg-school-roll-2022"] = write_schools(tmp_path / "larger.csv", larger)
    assert 7 in zones_of(drawn, files, "nearest_primary_schools")["nearest_primary_schools:1P"]


def test_secondary_schools_are_a_set_of_their_own(drawn, files):
    found = zones_of(drawn, files, "nearest_secondary_schools")
    assert found["nearest_secondary_schools:7S"] == list(range(1, 14))


def test_hscp_localities_need_not_cover_every_zone(drawn, files):
    found = zones_of(drawn, files, "hscp_localities")
    assert found == {
        "hscp_localities:PN1-mill-and-brae": list(range(1, 14)),
        "hscp_localities:PN1-brae": [14, 15, 16, 17, 18],
    }


def test_travel_to_work_areas_are_cut_along_councils(drawn, files):
    found = zones_of(drawn, files, "travel_to_work_areas")
    assert sorted(found) == ["travel_to_work_areas:S22990001-S12990001", "travel_to_work_areas:S22990001-S12990002"]


SETS = {
    "os-code-point-open": "postcode_sectors",
    "sg-school-roll-2022": "nearest_primary_schools",
    "phs-hscp-locality-lookup": "hscp_localities",
}


@pytest.mark.parametrize(("source", "set_id"), SETS.items())
def test_a_missing_file_is_named(drawn, files, source, set_id):
    files[source].unlink()
    with pytest.raises(UnreadableSource, match=f"(?s)missing.*{files[source].name}"):
        zones_of(drawn, files, set_id)


@pytest.mark.parametrize(("source", "set_id"), SETS.items())
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf<!doctype html><html></html>"])
def test_an_empty_file_or_a_web_page_is_refused(drawn, files, source, set_id, content):
    files[source].write_bytes(content)
    with pytest.raises(UnreadableSource, match=files[source].name):
        zones_of(drawn, files, set_id)


def test_a_truncated_zip_is_refused(drawn, files):
    path = files["os-code-point-open"]
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UnreadableSource, match="postcodes"):
        zones_of(drawn, files, "postcode_sectors")


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([("ZZ1 1AA", 10, 1, 1, "S92000003")] * 2, GeographyError, "1 repeated"),
        ([("ZZ1 1AA", 10, "east", 1, "S92000003")], GeographyError, "1 without a position"),
        ([("XX1 1AA", 10, 1, 1, "E92000001")], GeographyError, "0 postcodes"),
    ],
)
def test_wrong_postcodes_are_explained(drawn, files, rows, error, message):
    write_postcodes(files["os-code-point-open"], rows)
    with pytest.raises(error, match=message):
        zones_of(drawn, files, "postcode_sectors")


def test_a_zip_of_another_product_is_refused(drawn, files):
    write_postcodes(files["os-code-point-open"], member="other/zz.txt")
    with pytest.raises(UnreadableSource, match="Data/CSV"):
        zones_of(drawn, files, "postcode_sectors")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda frame: frame.rename(columns={"Pupil_Roll": "Roll"}), SchemaError, "Pupil_Roll"),
        (lambda frame: frame.assign(Pupil_Roll=-1), SchemaError, "negative"),
        (lambda frame: frame.assign(Pupil_Roll="*"), SchemaError, "not one"),
        (lambda frame: frame.assign(SchUID="1P"), GeographyError, "repeated"),
        (lambda frame: frame.assign(LACode="S12990001"), GeographyError, "no school"),
        (lambda frame: frame.assign(SchoolType="Special"), GeographyError, "0 schools"),
    ],
)
def test_wrong_schools_are_explained(drawn, files, change, error, message):
    write_schools(files["sg-school-roll-2022"], change(SCHOOLS))
    with pytest.raises(error, match=message):
        zones_of(drawn, files, "nearest_primary_schools")


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([("S01990001", "P", "A"), ("S01990001", "P", "A")], GeographyError, "Duplicated"),
        ([("S01000001", "P", "A")], GeographyError, "vintage"),
        ([("S01990099", "P", "A")], GeographyError, "1 unknown"),
        ([("S01990001", "P", None)], GeographyError, "1 blank"),
    ],
)
def test_wrong_lookups_are_explained(drawn, files, rows, error, message):
    write_hscp(files["phs-hscp-locality-lookup"], rows)
    with pytest.raises(error, match=message):
        zones_of(drawn, files, "hscp_localities")


@pytest.mark.mirror
def test_identity_sets_of_scotland(scotland):
    context = drawing_context(scotland.zones, scotland.adjacency, scotland.files)
    localities, members = build_candidates(context)
    count = localities.groupby("candidate_set").size()
    zones = members.groupby("candidate_set")["zone_code"].nunique()
    # the publisher's lookup: 97 localities, 5,219 zones
    assert (count["hscp_localities"], zones["hscp_localities"]) == (97, 5_219)
    complete = ["postcode_districts", "postcode_sectors", "nearest_primary_schools", "nearest_secondary_schools"]
    assert (zones[complete] == 6_976).all()
    assert localities["locality_id"].is_unique
    assert not localities.duplicated(["candidate_set", "cpp_code", "locality_name"]).any()
    # residents are counted where they live: whole-zone sets hold Scotland
    residents = localities.groupby("candidate_set")["population"].sum()
    assert (residents[complete] == scotland.zones["population"].sum()).all()
