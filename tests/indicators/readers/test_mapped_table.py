"""Published tables that a declaration alone describes: cubes, CKAN tables, sheets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indicators.errors import ConfigError, GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from indicators.readers import mapped_table
from tests.indicators.conftest import ZONES, spoil, write_sheet

SOURCE = "a-table"
CUBE = """FeatureCode,DateCode,Measurement,Units,Value,Age,Sex
S92000003,2020,Count,People,99,All,All
{0},2019/2020,Count,People,10,All,All
{0},2019/2020,Count,People,4,0-15,All
{0},2019/2020,Count,People,3,16-24,All
{0},2020/2021,Count,People,12,All,All
{0},2020/2021,Count,People,*,0-15,All
{0},2020/2021,Count,People,2,16-24,All
{0},2020/2021,Ratio,Percent,40,0-15,All
{1},2020/2021,Count,People,0,All,All
{1},2020/2021,Count,People,0,0-15,All
{1},2020/2021,Count,People,0,16-24,All
""".format(*ZONES)


@pytest.fixture
def young(catalogue):
    """The share of residents under 16, from a cube of statistics.gov.scot."""
    columns = {
        "area": "FeatureCode",
        "date": "DateCode",
        "where": {"Measurement": "Count", "Sex": "All"},
        "numerator": {"where": {"Age": "0-15"}},
        "denominator": {"where": {"Age": "All"}},
    }
    bounds = replace(catalogue["cpop_child_poverty"].suppression, symbols=("*",))
    return replace(catalogue["nrs_children"], source=SOURCE, reader="mapped_table", columns=columns, suppression=bounds)


def remapped(indicator, **columns):
    merged = {**indicator.columns, **columns}
    return replace(indicator, columns={key: value for key, value in merged.items() if value is not None})


def write_text(folder: Path, text: str) -> dict[str, Path]:
    path = folder / "table.csv"
    path.write_text("\ufeff" + text, encoding="utf-8")
    return {SOURCE: path}


def read(files, indicator):
    return mapped_table.read(files, [indicator]).set_index(["area_code", "period"])


def test_a_cube_is_cut_by_its_dimensions(tmp_path, young):
    rows = read(write_text(tmp_path, CUBE), young)
    first = rows.loc[(ZONES[0], "2019/20")]
    assert (first["numerator"], first["denominator"], first["value"]) == (4, 10, 40)
    assert str(first["period_end"].date()) == "2020-03-31"
    assert rows.loc[(ZONES[0], "2020/21"), "status"] == "suppressed"
    assert rows.loc[(ZONES[1], "2020/21"), "status"] == "not_applicable"
    assert len(rows) == 3


def test_members_of_a_dimension_are_summed_before_the_rate(tmp_path, young):
    both = remapped(young, numerator=[{"where": {"Age": "0-15"}}, {"where": {"Age": "16-24"}}])
    rows = read(write_text(tmp_path, CUBE), both)
    assert rows.loc[(ZONES[0], "2019/20"), "numerator"] == 7
    # a sum with a suppressed part is suppressed, not the rest
    assert rows.loc[(ZONES[0], "2020/21"), "status"] == "suppressed"
    assert np.isnan(rows.loc[(ZONES[0], "2020/21"), "numerator"])


def test_the_successor_names_its_columns_otherwise(tmp_path, young):
    text = CUBE.replace("FeatureCode,DateCode,Measurement,Units", "GeographyCode,DateCode,Measurement,GeographyType")
    rows = read(write_text(tmp_path, text), remapped(young, area="GeographyCode"))
    assert rows.loc[(ZONES[0], "2019/20"), "value"] == 40


def test_a_table_of_a_ckan_portal_is_wide(tmp_path, young):
    text = f"_id,DataZone,Year,Patients,Registered\n1,{ZONES[0]},2020,3,12\n2,{ZONES[0]},2021,6,12\n"
    wide = remapped(young, area="DataZone", date="Year", where=None, numerator="Patients", denominator="Registered")
    rows = read(write_text(tmp_path, text), wide)
    assert rows["value"].tolist() == [25, 50]
    assert read(write_text(tmp_path, text), remapped(wide, periods=["2021"])).index.tolist() == [(ZONES[0], "2021")]


def test_a_mean_has_a_value_and_a_weight(tmp_path, catalogue):
    text = f"DataZone,Score,People\n{ZONES[0]},-1.5,100\n{ZONES[1]},2,50\n"
    columns = {"area": "DataZone", "value": "Score", "weight": "People", "period": "2020"}
    score = replace(catalogue["simd_attainment"], source=SOURCE, columns=columns, is_ratio_scale=False)
    rows = read(write_text(tmp_path, text), score)
    assert rows["value"].tolist() == [-1.5, 2]
    assert rows["denominator"].tolist() == [100, 50]


def test_a_sheet_is_read_alike(tmp_path, young):
    rows = [["A title"], [""], ["Zone", "Young", "All"], [ZONES[0], 4, 10]]
    files = {SOURCE: write_sheet(tmp_path / "book.xlsx", "Table 1", rows)}
    columns = {"area": "Zone", "sheet": "Table 1", "numerator": "Young", "denominator": "All", "period": "2020"}
    assert read(files, replace(young, columns=columns))["value"].tolist() == [40]


def test_small_numbers_are_pooled_as_counts(tmp_path, young):
    # 1 of 10, 2 of 20 and 9 of 30 are 12 of 60, 20 %; the mean of the three rates would be 16.7 %
    lines = [f"{ZONES[0]},{year},{some},{of}" for year, some, of in ((2018, 1, 10), (2019, 2, 20), (2020, 9, 30))]
    text = "DataZone,Year,Some,All\n" + "\n".join(lines) + "\n"
    wide = remapped(young, area="DataZone", date="Year", where=None, numerator="Some", denominator="All", pool=3)
    rows = read(write_text(tmp_path, text), wide)
    assert rows.index.tolist() == [(ZONES[0], "2018-2020")]
    assert rows["value"].tolist() == [20]
    with pytest.raises(ConfigError, match="cannot be pooled"):
        read(write_text(tmp_path, text.replace("2019", "2016")), wide)


def test_a_missing_file_is_named(young):
    with pytest.raises(SourceUnavailable, match=SOURCE):
        mapped_table.read({}, [young])


@pytest.mark.parametrize("how", ["empty", "html", "other"])
def test_what_is_no_data_is_refused(tmp_path, young, how):
    files = write_text(tmp_path, CUBE)
    spoil(files[SOURCE], how)
    with pytest.raises(UnreadableSource, match=r"table\.csv"):
        mapped_table.read(files, [young])


def test_a_row_cut_in_the_middle_is_refused(tmp_path, young):
    with pytest.raises(UnreadableSource, match="cut short"):
        read(write_text(tmp_path, CUBE.rstrip()[:-6]), young)


def test_a_renamed_column_is_named(tmp_path, young):
    with pytest.raises(SchemaError, match=r"column named Age\b"):
        read(write_text(tmp_path, CUBE.replace(",Age,", ",AgeGroup,")), young)


def test_a_value_that_no_row_has_is_named(tmp_path, young):
    with pytest.raises(SchemaError, match="Age is 0 to 15"):
        read(write_text(tmp_path, CUBE), remapped(young, numerator={"where": {"Age": "0 to 15"}}))


def test_a_period_that_is_not_there_is_named(tmp_path, young):
    with pytest.raises(SchemaError, match=r"no rows of a period[\s\S]*2030/31"):
        read(write_text(tmp_path, CUBE), remapped(young, periods=["2030/31"]))


def test_a_dimension_left_open_gives_several_rows_per_zone_and_is_refused(tmp_path, young):
    with pytest.raises(GeographyError, match="Duplicated"):
        read(write_text(tmp_path, CUBE), remapped(young, numerator={"where": {}}))


def test_zones_of_2001_are_refused_unless_the_table_is_declared_to_mix_them(tmp_path, young):
    extra = "S01000001,2019/2020,Count,People,9,All,All\nS01000001,2019/2020,Count,People,9,0-15,All\n"
    with pytest.raises(GeographyError, match="2001 data zones"):
        read(write_text(tmp_path, CUBE + extra), young)
    assert len(read(write_text(tmp_path, CUBE + extra), remapped(young, mixes_vintages=True))) == 3


@pytest.mark.parametrize("cell", ["-1", "few"])
def test_negative_or_wordy_cells_are_refused(tmp_path, young, cell):
    text = CUBE.replace("Count,People,4,0-15", f"Count,People,{cell},0-15")
    with pytest.raises(SchemaError, match=ZONES[0]):
        read(write_text(tmp_path, text), young)


def test_more_young_people_than_people_is_refused(tmp_path, young):
    with pytest.raises(SchemaError, match="11 of 10"):
        read(write_text(tmp_path, CUBE.replace("Count,People,4,0-15", "Count,People,11,0-15")), young)


@pytest.mark.parametrize("given", [None, 3, {"rows": {}}])
def test_a_declaration_that_does_not_map_its_figure_is_refused(tmp_path, young, given):
    with pytest.raises(ConfigError, match="numerator"):
        read(write_text(tmp_path, CUBE), remapped(young, numerator=given))
