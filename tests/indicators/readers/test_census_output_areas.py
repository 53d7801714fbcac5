"""Census tables by output area: sums to zones of either vintage, and standardised ratios on the table's own ages."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from indicators.catalogue import load_catalogue
from indicators.errors import ConfigError, GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from indicators.readers import census_output_areas, companions_of

AREAS = ["S00135307", "S00135308", "S00135309", "S00135310"]
# two ages, one answer; a tab before a name and a total that misses its ages, as in the real tables
NAMES = {
    "UV302b0001": "All people: Total",
    "UV302b0002": "\tAll people: young",
    "UV302b0003": "All people: old",
    "UV302b0004": "Bad: young",
    "UV302b0005": "\tBad: old",
}
CELLS = [[151, 100, 50, 1, 10], [149, 100, 50, 3, 10], [51, 0, 50, 0, 20], [200, 200, 0, 4, 0]]
ZONES_2022 = ["S01013482", "S01013482", "S01013483", "S01013484"]
ZONES_2011 = ["S01006506", "S01006507", "S01006507", ""]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    made = {
        "nrs-census-2022-oa-uv302b": tmp_path / "UV302b.parquet",
        "nrs-census-2022-oa-metadata": tmp_path / "Table_Metadata.csv",
        "nrs-oa22-dz22-lookup": tmp_path / "published.csv",
        "derived-data-zone-2011-2022": tmp_path / "inferred.csv.gz",
    }
    write_table(made, CELLS)
    rows = "".join(f"{name},{one}\n" for one, name in NAMES.items())
    made["nrs-census-2022-oa-metadata"].write_text("Variable_Name,Variable_ID\n" + rows, encoding="utf-8")
    lines = "".join(f"{pair[0]},{pair[1]}\n" for pair in zip(AREAS, ZONES_2022, strict=True))
    made["nrs-oa22-dz22-lookup"].write_text("OA22,DZ22\n" + lines, encoding="utf-8")
    lines = "".join(f"{pair[0]},{pair[1]}\n" for pair in zip(AREAS, ZONES_2011, strict=True))
    made["derived-data-zone-2011-2022"].write_bytes(gzip.compress(("OA22,DZ2011\n" + lines).encode()))
    return made


def write_table(files: dict[str, Path], cells: list[list[float]], areas: list[str] = AREAS) -> None:
    frame = pd.DataFrame(cells, index=pd.Index(areas, name="OA"), columns=list(NAMES))
    frame.to_parquet(files["nrs-census-2022-oa-uv302b"])


def bad_health(zones: str, **columns: object):
    one = load_catalogue(zones=zones)["census_bad_health"]
    return replace(one, columns={**one.columns, "numerator": ["Bad: {age}"], "ages": ["young", "old"], **columns})


def test_expected_events_come_from_the_tables_own_ages_and_scotlands_rate_at_each(files):
    rows = census_output_areas.read(files, [bad_health("2022")]).set_index("area_code")
    # Scotland: 8 of 400 young (2 %), 40 of 150 old (4 in 15); the totals of 151 and 149 are not used
    assert rows["numerator"].tolist() == [24, 20, 4]
    assert rows["denominator"].tolist() == pytest.approx([200 * 0.02 + 100 * 4 / 15, 50 * 4 / 15, 4])
    assert rows.loc["S01013483", "value"] == pytest.approx(150)
    # over the country, as many are expected as observed
    assert rows["denominator"].sum() == pytest.approx(rows["numerator"].sum())
    assert set(rows["vintage"]) == {"2022"}


def test_an_unassigned_output_area_counts_in_no_2011_zone_but_in_scotlands_rate(files):
    rows = census_output_areas.read(files, [bad_health("2011")]).set_index("area_code")
    assert rows["numerator"].to_dict() == {"S01006506": 11, "S01006507": 33}
    # 100 young at 2 % and 50 old at 4 in 15; without the unassigned one the young's rate would be 4 of 200
    assert rows.loc["S01006506", "denominator"] == pytest.approx(2 + 50 * 4 / 15)


def test_a_share_is_of_the_cells_that_are_named(files):
    one = replace(
        bad_health("2022", numerator=["Bad: old"], denominator=["All people: old"], ages=None), kind="proportion"
    )
    rows = census_output_areas.read(files, [one]).set_index("area_code")
    assert rows[["numerator", "denominator"]].loc["S01013482"].tolist() == [20, 100]
    assert rows["status"].to_dict()["S01013484"] == "not_applicable"


def test_on_2011_zones_the_censuss_own_table_stands_where_there_is_one():
    of_2011, of_2022 = (load_catalogue(zones=one)["census_overcrowding"] for one in ("2011", "2022"))
    assert (of_2011.source, of_2011.reader) == ("nrs-census-2022-uv415", "mapped_table")
    assert (of_2022.source, of_2022.reader) == ("nrs-census-2022-oa-uv415", "census_output_areas")
    assert "nrs-oa22-dz22-lookup" in companions_of(of_2022)
    assert {of_2011.area_type, of_2022.area_type} == {"data_zone"}


@pytest.mark.parametrize(
    ("spoil", "failure", "said"),
    [
        (lambda files: write_table(files, [[-1, 0, 0, 0, 0], *CELLS[1:]]), SchemaError, "no count"),
        (lambda files: write_table(files, [[float("nan")] * 5, *CELLS[1:]]), SchemaError, "no count"),
        (lambda files: write_table(files, CELLS, ["S00088956", *AREAS[1:]]), GeographyError, "2011 output areas"),
        (lambda files: files["nrs-census-2022-oa-uv302b"].write_bytes(b"PAR1"), UnreadableSource, "cannot be read"),
        (lambda files: files["nrs-census-2022-oa-metadata"].write_text("Variable_Name,Variable_ID\n"), SchemaError,
         "without a name"),
        (lambda files: files.pop("nrs-oa22-dz22-lookup"), SourceUnavailable, "nrs-oa22-dz22-lookup"),
    ],
)  # fmt: skip
def test_what_is_no_such_table_is_refused(files, spoil, failure, said):
    spoil(files)
    with pytest.raises(failure, match=said):
        census_output_areas.read(files, [bad_health("2022")])


def test_a_name_that_the_table_lacks_and_no_name_at_all(files):
    with pytest.raises(SchemaError, match="Awful: young"):
        census_output_areas.read(files, [bad_health("2022", numerator=["Awful: {age}"])])
    with pytest.raises(ConfigError, match="names no columns"):
        census_output_areas.read(files, [bad_health("2022", numerator=[])])


@pytest.mark.mirror
def test_scotland_and_a_zone_have_their_published_counts(mirror):
    from pipelines.sources.declarations import load_sources

    files = {key: one.path_in(mirror) for key, one in load_sources().items() if one.path_in(mirror).is_file()}
    wanted = [one for one in load_catalogue(zones="2022") if one.reader == "census_output_areas"]
    rows = census_output_areas.read(files, wanted)
    of = {name: part.set_index("area_code") for name, part in rows.groupby("indicator_id", observed=True)}
    assert {len(part) for part in of.values()} == {7_392}
    scotland = {name: (part["numerator"].sum(), part["denominator"].sum()) for name, part in of.items()}
    # first results of the census: 5,436,600 residents and 2,509,300 households; 5.3 % in bad and 1.6 % in very bad
    # health; cells are perturbed, so tables differ a little
    assert scotland["census_disability_a_lot"][1] == pytest.approx(5_436_600, rel=0.001)
    assert scotland["census_bad_health"][0] / 5_436_600 == pytest.approx(0.069, abs=0.001)
    assert scotland["census_bad_health"][1] == pytest.approx(scotland["census_bad_health"][0])
    assert scotland["census_no_central_heating"][1] == pytest.approx(2_509_300, rel=0.001)
    # by hand from the rows of its nine output areas in UV501: 8 + 18 + 13 + 8 + 13 + 5 + 5 + 8 + 3 of
    # 116 + 87 + 82 + 84 + 82 + 103 + 67 + 138 + 65
    assert of["census_no_qualifications"].loc["S01013482", ["numerator", "denominator"]].tolist() == [81, 824]


@pytest.mark.mirror
def test_sums_to_2011_zones_agree_with_the_censuss_own_table_of_them(mirror):
    """Two files of the census, by output area and by zone of 2011: within perturbation, or not assigned at all."""
    from indicators.readers import mapped_table
    from pipelines.sources.declarations import load_sources

    files = {key: one.path_in(mirror) for key, one in load_sources().items() if one.path_in(mirror).is_file()}
    name = "census_disability_a_lot"
    by_zone = mapped_table.read(files, [load_catalogue()[name]]).set_index("area_code")
    summed = replace(load_catalogue(zones="2022")[name], geography="data_zone_2011")
    by_area = census_output_areas.read(files, [summed]).set_index("area_code")
    assert len(by_zone) == 6_976
    assert len(by_area) == 6_922
    away = (by_area["denominator"] - by_zone["denominator"]).dropna().abs()
    assert away.max() <= 16
    assert away.median() <= 2
    unassigned = by_zone.loc[~by_zone.index.isin(by_area.index), "denominator"]
    # 51 zones with residents by the mid-year estimates; the table counts people in 50 of them
    assert (unassigned > 0).sum() == 50
    assert unassigned.sum() == pytest.approx(59_496, abs=20)
