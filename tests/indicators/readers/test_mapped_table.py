"""Published tables that a declaration alone describes: cubes, CKAN tables, sheets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from indicators.catalogue import People, Suppression
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


SYMBOLS = Suppression(("*",))
"""Without bounds."""


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
    # a cell hides 0 to 4, and what is summed with it may be any number
    with pytest.raises(ConfigError, match=rf"those of one cell, and these counts are sums[\s\S]*{ZONES[0]}"):
        read(write_text(tmp_path, CUBE), both)
    both = replace(both, suppression=SYMBOLS)
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


def test_a_sheet_for_each_year_is_read_as_that_years(tmp_path, young):
    book = load_workbook(
        write_sheet(tmp_path / "book.xlsx", "Table 2018-19", [["Zone", "All", "Young"], [ZONES[0], 50, 10]])
    )
    for name, young_people in (("Table 2019-20", 12), ("Table of contents", 0), ("Table 2020-21", 13)):
        page = book.create_sheet(name)
        for row in (["Zone", "All", "Young"], [ZONES[0], 50, young_people]):
            page.append(row)
    book["Table 2020-21"].sheet_state = "hidden"
    book.save(tmp_path / "book.xlsx")
    mapped = {"area": "Zone", "date": None, "where": None, "numerator": "Young", "denominator": "All"}
    declared = remapped(young, sheet="Table {period}", **mapped)
    files = {SOURCE: tmp_path / "book.xlsx"}
    rows = read(files, declared)
    assert rows["numerator"].to_dict() == {(ZONES[0], "2018/19"): 10, (ZONES[0], "2019/20"): 12}
    assert set(read(files, remapped(declared, periods=["2019/20"]))["numerator"]) == {12}
    # 10 of 50 and 12 of 50 are 22 of 100
    both = read(files, remapped(declared, pool=2))
    assert both[["numerator", "denominator", "value"]].to_dict("index") == {
        (ZONES[0], "2018/19-2019/20"): {"numerator": 22, "denominator": 100, "value": 22}
    }
    for wrong in ({"periods": ["2017/18"]}, {"sheet": "Page {period}"}):
        with pytest.raises(SchemaError, match=r"no sheet of a period[\s\S]*Table 2019-20"):
            read(files, remapped(declared, **wrong))


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
    # shares have no counts to sum yet
    shares = replace(remapped(wide, value="Some", weight="All"), kind="mean", smallest_important_difference_scale="sd")
    with pytest.raises(ConfigError, match=r"Only counts are pooled[\s\S]*pool: 3"):
        read(write_text(tmp_path, text), shares)


def wide(young, **columns):
    return remapped(young, area="DataZone", date=None, where=None, numerator="Some", denominator="All", **columns)


def test_groups_without_a_total_are_summed(tmp_path, young):
    rows = [f"{zone},2021,{sex},{some},{of}" for zone, sex, some, of in (
        (ZONES[0], "Female", 3, 10), (ZONES[0], "Male", 4, 10), (ZONES[1], "Female", 1, 5), (ZONES[1], "Male", "*", 5),
    )]  # fmt: skip
    text = "DataZone,Year,Sex,Some,All\n" + "\n".join(rows) + "\n"
    one = replace(remapped(wide(young), date="Year", sum_over=["Sex"]), suppression=SYMBOLS)
    found = read(write_text(tmp_path, text), one)
    assert found.loc[(ZONES[0], "2021"), ["numerator", "denominator"]].tolist() == [7, 20]
    assert found.loc[(ZONES[1], "2021"), "status"] == "suppressed"
    with pytest.raises(SchemaError, match=rf"cannot be summed[\s\S]*{ZONES[1]}[\s\S]*1 areas with fewer"):
        read(write_text(tmp_path, text.replace(rows[2] + "\n", "")), one)


def test_a_column_for_each_period_is_read_by_its_pattern(tmp_path, young):
    text = f"DataZone,Some 2020/21,All 2020/21,Some 2021-22,All 2021-22\n{ZONES[0]},1,10,3,10\n"
    one = remapped(wide(young), numerator="Some {period}", denominator="All {period}")
    assert read(write_text(tmp_path, text), one)["value"].to_dict() == {
        (ZONES[0], "2020/21"): 10, (ZONES[0], "2021/22"): 30,
    }  # fmt: skip


def test_a_base_may_be_in_another_source(tmp_path, young):
    files = write_text(tmp_path, f"DataZone,Some\n{ZONES[0]},3\n{ZONES[1]},4\n")
    other = tmp_path / "homes.csv"
    other.write_text(f"Homes by zone;;\nName;Code;Homes\na;{ZONES[1]};40\nb;{ZONES[0]};10\n", encoding="utf-8")
    one = remapped(wide(young, period="2020"), denominator={"source": "homes", "column": "Homes"}, companions=["homes"])
    assert read({**files, "homes": other}, one)["value"].tolist() == [30, 10]


def test_a_percentage_with_its_people_elsewhere_is_a_count(tmp_path, young):
    files = write_text(tmp_path, f"DataZone,Percent\n{ZONES[0]},25\n{ZONES[1]},[c]\n")
    other = tmp_path / "people.csv"
    other.write_text(f"DataZone,People\n{ZONES[0]},80\n{ZONES[1]},40\n", encoding="utf-8")
    one = replace(
        remapped(wide(young, period="2020"), numerator=None, denominator=None, value="Percent"),
        people=People(source="people", column="People", per=100),
        suppression=Suppression(("[c]",)),
    )
    found = read({**files, "people": other}, one)
    assert found.loc[(ZONES[0], "2020"), ["numerator", "denominator", "value"]].tolist() == [20, 80, 25]
    assert found["status"].tolist() == ["observed", "suppressed"]


def test_months_beside_each_other_are_no_financial_years(tmp_path, young):
    rows = [f"{ZONES[0]},{label},{n},10" for n, label in enumerate(("2011-11", "2011-12", "2012-01"))]
    text = "DataZone,When,Some,All\n" + "\n".join(rows) + "\n"
    found = read(write_text(tmp_path, text), remapped(wide(young), date="When"))
    assert set(found.reset_index()["period"]) == {"November 2011", "December 2011", "January 2012"}
    mixed = text + f"{ZONES[0]},2013-14,5,10\n"
    with pytest.raises(ConfigError, match="mixes months and years"):
        read(write_text(tmp_path, mixed), remapped(wide(young), date="When"))
    only = remapped(wide(young), date="When", periods=["2013-14"])
    assert read(write_text(tmp_path, mixed), only).reset_index()["period"].tolist() == ["2013/14"]


def test_a_period_may_stand_in_two_columns(tmp_path, young):
    text = f"DataZone,Year,Quarter,Some,All\n{ZONES[0]},2021,Q1,1,10\n{ZONES[0]},2021,Q2,3,10\n"
    found = read(write_text(tmp_path, text), remapped(wide(young), date=["Year", "Quarter"]))
    assert found["value"].to_dict() == {(ZONES[0], "2021 Q1"): 10, (ZONES[0], "2021 Q2"): 30}


def test_a_mean_below_what_can_be_is_refused_and_a_declared_symbol_is_not_one(tmp_path, catalogue):
    text = f"DataZone,Score,People\n{ZONES[0]},-99,100\n{ZONES[1]},41,50\n"
    columns = {"area": "DataZone", "value": "Score", "weight": "People", "period": "2021"}
    score = replace(catalogue["simd_attainment"], source=SOURCE, columns=columns)
    with pytest.raises(SchemaError, match=rf"cannot be[\s\S]*{ZONES[0]}[\s\S]*-99"):
        read(write_text(tmp_path, text), score)
    hidden = replace(score, suppression=Suppression(("-99",)))
    assert read(write_text(tmp_path, text), hidden)["status"].tolist() == ["suppressed", "observed"]


def test_people_counted_where_nobody_lives_are_named(tmp_path, young, caplog):
    text = f"DataZone,Some,All\n{ZONES[0]},3,0\n{ZONES[1]},4,8\n"
    with caplog.at_level("INFO"):
        found = read(write_text(tmp_path, text), wide(young, period="2020"))
    assert found["status"].tolist() == ["not_applicable", "observed"]
    assert ZONES[0] in caplog.text
    assert ZONES[1] not in caplog.text


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


def test_zones_of_two_censuses_in_one_file_are_refused_with_their_number(tmp_path, young):
    extra = "S01013482,2020/2021,Count,People,9,All,All\nS01013482,2020/2021,Count,People,5,0-15,All\n"
    with pytest.raises(GeographyError, match=r"(?s)another vintage.*S01013482.*1 of 3 codes are of the 2022"):
        read(write_text(tmp_path, CUBE + extra), young)


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
