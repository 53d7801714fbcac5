"""Which boundaries serve best, and how two ways of drawing differ: read from a store made by hand."""

from __future__ import annotations

import math
import shutil

import pandas as pd
import pytest


def test_the_recommended_way_of_drawing_comes_first(localities, stored_drawings):
    found = localities("reach", "--area", "Edinburgh", "--json").json
    assert [(one["candidate_set"], one["is_recommended"], one["lift"]) for one in found] == [
        ("wards", True, 0.45),
        ("sub_council_areas", False, 0.0),
    ]
    assert found[0]["evidence_to"].startswith("2017-12-31")
    assert found[1]["reason"] == "Not recommended: it flags no locality here."


def test_reach_as_a_table_says_what_is_reached_and_why(localities, stored_drawings, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    ran = localities("reach", "--area", "Edinburgh")
    row = next(line for line in ran.out.splitlines() if line.strip().startswith("wards "))
    for figure in ("75%", "30%", "45.0", "40", "2017-12", "Portobello (40)"):
        assert figure in row
    assert "wards: Recommended: of the sets that qualify, it gains most." in ran.words
    assert "No way of drawing is recommended here" in localities("reach", "--area", "Western Isles").words


def test_reach_is_narrowed_and_printed_as_csv(localities, stored_drawings):
    ran = localities("reach", "--candidate-set", "sub-council-areas", "--csv")
    header, *rows = ran.out.splitlines()
    assert header.startswith("cpp_code,cpp_name,candidate_set,is_recommended,reason")
    assert len(rows) == 1
    assert localities("reach", "--candidate-set", "parishes").code == 2


def test_two_ways_of_drawing_compared(localities, stored_drawings):
    found = localities("compare", "wards", "sub-council-areas", "--json").json
    # the Isles have no sub-council area: nothing to compare there
    assert [one["cpp_name"] for one in found] == ["City of Edinburgh"]
    edinburgh = found[0]
    # zone 1 goes from the ward of 0 to the area of 2 and 3
    assert (edinburgh["zones_moved"], edinburgh["residents_affected"], edinburgh["residents"]) == (1, 200, 1000)
    assert (edinburgh["localities_before"], edinburgh["localities_after"]) == (2, 2)
    # shares .1, .2 and .7 of residents: H(A|B) = .2 ln(.9/.2) + .7 ln(.9/.7), H(B|A) = .1 ln 3 + .2 ln 1.5
    expected = 0.2 * math.log(4.5) + 0.7 * math.log(9 / 7) + 0.1 * math.log(3) + 0.2 * math.log(1.5)
    assert edinburgh["variation_of_information"] == pytest.approx(expected)
    # pairs of residents: together in both C(100,2) + C(200,2) + C(700,2), in wards C(300,2) + C(700,2),
    # in areas C(100,2) + C(900,2), of all C(1000,2)
    both, wards, areas = 4950 + 19900 + 244650, 44850 + 244650, 4950 + 404550
    chance = wards * areas / 499500
    assert edinburgh["adjusted_rand_index"] == pytest.approx((both - chance) / ((wards + areas) / 2 - chance))


def test_zones_that_moved_are_listed_with_their_places(localities, stored_drawings):
    found = localities("compare", "wards", "sub_council_areas", "--moved", "--json").json
    assert [(one["zone_code"], one["name_before"], one["name_after"]) for one in found] == [
        ("S01008001", "Leith", "All else")
    ]
    assert "Leith" in localities("compare", "wards", "sub_council_areas", "--moved").out
    assert localities("compare", "wards", "wards", "--moved").out.strip() == "No zone moved."
    isles = localities("compare", "wards", "sub_council_areas", "--area", "S12000013")
    assert isles.out.strip() == "No area has localities in both drawings."


def test_a_set_held_against_an_earlier_run(localities, stored_drawings, tmp_path):
    earlier = tmp_path / "earlier"
    shutil.copytree(tmp_path / "home", earlier)
    same = localities("compare", "wards", "--against", earlier, "--json").json
    assert [(one["zones_moved"], one["adjusted_rand_index"]) for one in same] == [(0, 1.0), (0, 1.0)]

    # since then, zone 1 went over from the first ward to the second
    before = stored_drawings.read("membership")
    file = tmp_path / "membership.parquet"
    before.to_parquet(file)
    stored_drawings.write(
        "membership", before.assign(locality_id=before["locality_id"].mask(
            (before["zone_code"] == "S01008001") & (before["candidate_set"] == "wards"), "wards:2"))
    )  # fmt: skip
    for path in (earlier, earlier / "store", file):
        found = localities("compare", "wards", "--against", path, "--area", "edinburgh", "--json").json
        assert [(one["zones_moved"], one["residents_affected"]) for one in found] == [(1, 200)]


def test_a_set_held_against_an_earlier_geopackage(localities, stored_drawings, tmp_path):
    import pyogrio

    file = tmp_path / "city-of-edinburgh.gpkg"
    before = stored_drawings.read("membership").query("candidate_set == 'wards' and zone_code != 'S01008009'")
    pyogrio.write_dataframe(pd.DataFrame(before), file, layer="Zones of localities", driver="GPKG")
    found = localities("compare", "wards", "sub_council_areas", "--against", file, "--json").json
    assert [(one["cpp_name"], one["zones_moved"]) for one in found] == [("City of Edinburgh", 1)]


def test_what_is_no_earlier_run_is_refused_in_words(localities, stored_drawings, tmp_path):
    ran = localities("compare", "wards", "--against", tmp_path / "nowhere.gpkg")
    assert (ran.code, ran.out) == (1, "")
    assert "holds no zones of localities" in ran.err
    assert localities("compare", "wards", "--against", tmp_path).code == 1


def test_an_earlier_run_on_other_zones_is_refused(localities, stored_drawings, tmp_path):
    file = tmp_path / "membership.parquet"
    rows = stored_drawings.read("membership").assign(zone_code="S01099999")
    rows.drop_duplicates("locality_id").to_parquet(file)
    ran = localities("compare", "wards", "--against", file)
    assert ran.code == 1
    assert "S01099999" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("compare", "wards"), "Name a second way of drawing"),
        (("compare", "wards", "parishes"), "'parishes' is not one of sub_council_areas, wards"),
        (("reach", "--csv", "--json"), "not both"),
    ],
)
def test_wrong_usage(localities, stored_drawings, arguments, words):
    ran = localities(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.words


def test_a_store_from_before_the_table_says_what_to_run(localities, stored):
    ran = localities("reach")
    assert ran.code == 1
    assert "localities run" in ran.err
