"""Which zones of three censuses hold the same people, worked by hand on output areas that can be counted on fingers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from indicators.errors import ConfigError, GeographyError, SchemaError
from indicators.schema.validation import coerce, validate
from localities.residents.census_2022 import RESIDENTS_SOURCE, residents_by_output_area, residents_by_zone
from localities.zones.crosswalk import SOURCES, build_crosswalk, crosswalk_of, read_pairs_of_2001

A, B, C, D, E = (f"S010065{number:02d}" for number in range(6, 11))
K, L, M, N, O_ = (f"S010134{number}" for number in range(82, 87))

# A is K. B became L and M. C and D exchanged a street: N holds all of C and a part of D, O the rest of D.
# Of O, 20 people live in an output area that no lookup assigns to a zone of 2011; E got none at all.
AREAS = pd.DataFrame(
    [
        ("S00135307", 100, A, K), ("S00135308", 60, B, L), ("S00135309", 40, B, M), ("S00135310", 90, C, N),
        ("S00135311", 10, D, N), ("S00135312", 70, D, O_), ("S00135313", 20, None, O_),
    ],
    columns=["oa_code", "people", "zone_2011", "zone_2022"],
)  # fmt: skip


@pytest.fixture
def crosswalk() -> pd.DataFrame:
    zones = pd.Series([A, B, C, D, E])
    pairs = pd.DataFrame({"zone_2001": ["S01000001", "S01000002", "S01000002"], "zone_2011": [A, B, C]})
    return validate("crosswalk", coerce("crosswalk", build_crosswalk(AREAS, pairs, zones_2011=zones)))


def _pair(crosswalk: pd.DataFrame, one: str, other: str) -> pd.Series:
    return crosswalk[(crosswalk["from_code"] == one) & (crosswalk["to_code"] == other)].squeeze()


def test_only_zones_with_the_same_people_are_exact(crosswalk):
    later = crosswalk[(crosswalk["from_vintage"] == "2011") & (crosswalk["to_vintage"] == "2022")]
    assert later.loc[later["is_exact"], ["from_code", "to_code"]].to_numpy().tolist() == [[A, K]]
    # a zone that was cut in two is shared out by where its people live now: never exact
    assert _pair(crosswalk, B, L)["share_of_from"] == pytest.approx(0.6)
    assert _pair(crosswalk, L, B)["share_of_from"] == 1.0
    assert _pair(crosswalk, D, N)["share_of_to"] == pytest.approx(10 / 100)


def test_people_are_conserved_and_the_unassigned_are_named(crosswalk):
    back = crosswalk[(crosswalk["from_vintage"] == "2022") & (crosswalk["to_vintage"] == "2011")]
    assert back["people"].sum() == AREAS["people"].sum() == 390
    assert _pair(crosswalk, O_, "unassigned")["people"] == 20
    assert _pair(crosswalk, O_, D)["share_of_from"] == pytest.approx(70 / 90)
    # nobody says how many live in E: not zero, not known
    lost = _pair(crosswalk, E, "unassigned")
    assert lost["share_of_from"] == 1.0
    assert pd.isna(lost["people"])
    ways = crosswalk[crosswalk["share_of_from"].notna()].groupby(["from_vintage", "to_vintage", "from_code"])
    assert ways["share_of_from"].sum().to_numpy() == pytest.approx(1.0)


def test_smallest_common_groups(crosswalk):
    later = crosswalk[(crosswalk["from_vintage"] == "2011") & (crosswalk["to_vintage"] == "2022")]
    groups = later.dropna(subset="common_group").groupby("common_group")
    assert {name: sorted({*rows["from_code"], *rows["to_code"]}) for name, rows in groups} == {
        A: [A, K],
        B: [B, L, M],
        C: [C, D, N, O_],
    }
    assert groups["is_whole_group"].first().to_dict() == {A: True, B: True, C: False}


def test_zones_of_2001_are_exact_one_to_one_only(crosswalk):
    assert _pair(crosswalk, "S01000001", A)["is_exact"]
    assert _pair(crosswalk, "S01000001", K)["is_exact"]
    overlap = _pair(crosswalk, "S01000002", B)
    assert not overlap["is_exact"]
    assert pd.isna(overlap["share_of_from"])
    assert overlap["basis"] == "published"
    assert _pair(crosswalk, "S01000002", L).empty


def _files(folder: Path, areas: pd.DataFrame, **columns: object) -> dict[str, Path]:
    paths = {name: folder / name for name in SOURCES}
    table = areas.rename(columns={"oa_code": "OA", "people": "UV102b0001"})[["OA", "UV102b0001"]]
    table.assign(**columns).to_parquet(paths[RESIDENTS_SOURCE], index=False)
    nested = areas.rename(columns={"oa_code": "OA22", "zone_2022": "DZ22"}).assign(IZ22="S02002510")
    nested.to_csv(paths["nrs-oa22-dz22-lookup"], index=False)
    best_fit = areas.rename(columns={"oa_code": "OA22", "zone_2011": "DZ2011"}).assign(fit_residual=0.0)
    best_fit.to_csv(paths["derived-data-zone-2011-2022"], index=False)
    parents = pd.DataFrame({"DZ2011_Code": [A, B, C, D, E], "IZ2011_Code": "S02001236"})
    parents.to_csv(paths["sg-data-zone-lookup-2011"], index=False)
    pd.DataFrame({"dz01_code": ["S01000001"], "dz11_code": [A]}).to_csv(
        paths["sg-data-zone-lookup-2001-2011"], index=False
    )
    return paths


def test_files_become_the_table_and_say_what_was_declared_of_the_lookup(tmp_path):
    files = _files(tmp_path, AREAS)
    table = crosswalk_of(files, inferred={"derived-data-zone-2011-2022"})
    between = table["from_vintage"].isin(["2011", "2022"]) & table["to_vintage"].isin(["2011", "2022"])
    assert set(table.loc[between, "basis"]) == {"inferred"}
    with pytest.raises(ConfigError, match=r"(?s)fitted.*derived-data-zone-2011-2022\.yaml, column basis.*inferred"):
        crosswalk_of(files)
    published = pd.read_csv(files["derived-data-zone-2011-2022"]).drop(columns="fit_residual")
    published.to_csv(files["derived-data-zone-2011-2022"], index=False)
    again = crosswalk_of(files)
    assert set(again["basis"]) == {"published"}
    assert _pair(again, B, L)[["from_parent", "to_parent"]].tolist() == ["S02001236", "S02002510"]
    assert residents_by_zone(files).set_index("zone_code")["population"].to_dict() == {
        K: 100, L: 60, M: 40, N: 100, O_: 90
    }  # fmt: skip
    assert len(crosswalk_of({})) == 0


def test_a_lookup_that_lacks_output_areas_is_refused(tmp_path):
    files = _files(tmp_path, AREAS)
    pd.read_csv(files["nrs-oa22-dz22-lookup"]).iloc[1:].to_csv(files["nrs-oa22-dz22-lookup"], index=False)
    with pytest.raises(GeographyError, match=r"(?s)lacks output areas.*S00135307"):
        residents_by_output_area(files)


def test_output_areas_of_2011_are_refused(tmp_path):
    # the 46,351 output areas of 2011 have codes from S00088956
    files = _files(tmp_path, AREAS.assign(oa_code=[f"S000889{number}" for number in range(56, 63)]))
    with pytest.raises(GeographyError, match="S00088956"):
        residents_by_output_area(files)


def test_people_who_are_no_number_are_refused(tmp_path):
    files = _files(tmp_path, AREAS.assign(people=[10.5, *AREAS["people"][1:]]))
    with pytest.raises(SchemaError, match=r"(?s)UV102b0001.*S00135307.*10\.5"):
        residents_by_output_area(files)


def test_pairs_of_mixed_censuses_are_refused(tmp_path):
    path = tmp_path / "lookup.csv"
    pd.DataFrame({"dz01_code": ["S01000001", B], "dz11_code": [A, B]}).to_csv(path, index=False)
    with pytest.raises(GeographyError, match=B):
        read_pairs_of_2001(path)


@pytest.mark.mirror
def test_scotland(mirror: Path):
    """5,592 zones hold the same people; 422 output areas with 59,496 people have no zone of 2011 (METHOD.md)."""
    files = {
        RESIDENTS_SOURCE: mirror / "nrs-census-2022-output-area" / "UV102b.parquet",
        "derived-data-zone-2011-2022": mirror / "derived-data-zone-2011-2022" / "oa2022_to_dz2011_inferred.csv.gz",
        "nrs-oa22-dz22-lookup": mirror / "nrs-oa22-dz22-lookup" / "oa22_dz22_iz22_ca19_ukpc24.csv",
        "sg-data-zone-lookup-2011": mirror / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv",
        "sg-data-zone-lookup-2001-2011": mirror / "sg-data-zone-2001-2011-lookup" / "lookup_dz01_dz11.csv",
    }
    areas = residents_by_output_area(files)
    assert areas.loc[areas["zone_2011"].isna(), "people"].agg(["size", "sum"]).tolist() == [422, 59_496]
    table = validate("crosswalk", coerce("crosswalk", crosswalk_of(files, inferred=["derived-data-zone-2011-2022"])))
    later = table[(table["from_vintage"] == "2011") & (table["to_vintage"] == "2022")]
    assert later["is_exact"].sum() == 5_592
    whole = later[later["is_whole_group"]]
    groups = pd.read_csv(mirror / "derived-data-zone-2011-2022" / "smallest_common_groups.csv", dtype=str)
    listed = groups.groupby("group")["zone"].agg(frozenset)
    mine = whole.groupby("common_group").apply(lambda rows: frozenset({*rows["from_code"], *rows["to_code"]}))
    assert set(mine) == set(listed)
    assert len(listed) == 6_232
    back = table[(table["from_vintage"] == "2022") & (table["to_vintage"] == "2011")]
    by_zone = residents_by_zone(files).set_index("zone_code")["population"]
    assert len(by_zone) == 7_392
    assert back.groupby("from_code")["people"].sum().to_dict() == by_zone.to_dict()
    assert back.loc[back["to_code"] == "unassigned", "people"].sum() == 59_496
