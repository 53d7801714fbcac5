"""Counts behind CPOP: two tables side by side on a sheet, suppressed counts, averages that are not whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indicators.catalogue import NotRead, Suppression
from indicators.declaring.checking import check_figures
from indicators.errors import ConfigError, GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from indicators.readers import cpop, reader_named
from tests.indicators.conftest import ZONES, pointing_at, spoil, write_sheet

SOURCE = "is-cpop"
TITLES = ["Children in low-income households", *[""] * 5, "Population 0-15"]
HEADER = ["S-code", "Council", "Name", "2014/15", "2015/16", "", "S-code", "Council", "Name", 2014, 2015]
LEFT = [
    [ZONES[0], "Aberdeen City", "Culter - 01", 5, ".."],
    [ZONES[1], "Aberdeen City", "Culter - 02", 16, 22],
    [ZONES[2], "Aberdeen City", "Culter - 03", "", 0],
]
RIGHT = {
    ZONES[0]: [ZONES[0], "Aberdeen City", "Culter - 01", 153, 154],
    ZONES[1]: [ZONES[1], "Aberdeen City", "Culter - 02", 145, 124],
    ZONES[2]: [ZONES[2], "Aberdeen City", "Culter - 03", 103, 0],
}


@pytest.fixture
def children(catalogue):
    periods = ["2014/15", "2015/16"]
    return pointing_at(catalogue["cpop_child_poverty"], totals=None, periods=periods, tolerated_excess=None)


def write_files(folder: Path, left=LEFT, right=RIGHT, header=HEADER, titles=TITLES) -> dict[str, Path]:
    # the publisher's two tables need not be in the same order
    people = list(right.values())[::-1]
    blank = [""] * len(header)
    rows = [[*one, "", *other] for one, other in zip(left, people, strict=True)]
    return {SOURCE: write_sheet(folder / "cpop.xlsx", "Child Poverty - DZ", [titles, header, *rows, blank])}


def changed(row: int, column: int, value: object) -> list[list[object]]:
    rows = [list(one) for one in LEFT]
    rows[row][column] = value
    return rows


def test_counts_meet_the_population_of_their_own_zone(tmp_path, children):
    read = cpop.read(write_files(tmp_path), [children]).set_index(["area_code", "period"])
    first = read.loc[(ZONES[0], "2014/15")]
    assert (first["numerator"], first["denominator"]) == (5, 153)
    assert first["value"] == pytest.approx(5 / 153 * 100)
    assert str(first["period_start"].date()) == "2014-04-01"
    assert str(first["period_end"].date()) == "2015-03-31"


def test_suppressed_missing_and_nobody_stay_apart(tmp_path, children):
    read = cpop.read(write_files(tmp_path), [children]).set_index(["area_code", "period"])
    hidden = read.loc[(ZONES[0], "2015/16")]
    assert hidden["status"] == "suppressed"
    assert np.isnan(hidden["numerator"])
    assert hidden["denominator"] == 154
    assert read.loc[(ZONES[2], "2014/15"), "status"] == "missing"
    assert read.loc[(ZONES[2], "2015/16"), "status"] == "not_applicable"


def test_averages_of_a_year_are_not_rounded(tmp_path, catalogue):
    rows = [
        ["", "Total claiming OOWB (average for financial year)", "", "Working age population", ""],
        ["DataZone", "2013/14", "", "DZ", 2013],
        [ZONES[0], 32.75, "", ZONES[0], 606],
    ]
    files = {SOURCE: write_sheet(tmp_path / "cpop.xlsx", "OOWB - DZ", rows)}
    claims = pointing_at(catalogue["cpop_out_of_work"], periods=["2013/14"], fill=None)
    read = cpop.read(files, [claims])
    assert read["numerator"].tolist() == [32.75]
    assert read["value"].tolist() == [pytest.approx(32.75 / 606 * 100)]


def write_claims(folder: Path, second: list[object], total: float) -> dict[str, Path]:
    """Three zones of one intermediate zone, with claims of two years and the total of their intermediate zone."""
    from openpyxl import load_workbook

    title = "Total claiming OOWB (average for financial year)"
    left = [[ZONES[0], 30, second[0]], [ZONES[1], 10, second[1]], [ZONES[2], 8, second[2]]]
    zones = [["", title, "", "", "Working age population"], ["DataZone", "2017/18", "2018/19", "", "DZ", 2017, 2018]]
    zones += [[*row, "", row[0], 400, 400] for row in left]
    path = write_sheet(folder / "cpop.xlsx", "OOWB - DZ", zones)
    book = load_workbook(path)
    sheet = book.create_sheet("OOWB - IGZ")
    above = ["", "", title], ["Average", "LA Name", "2017/18", "2018/19"]
    for row in (*above, ["S02001236", "Aberdeen City", 48, total]):
        sheet.append(row)
    book.save(path)
    lookup = folder / "lookup.csv"
    lookup.write_text("DZ2011_Code,IZ2011_Code\n" + "".join(f"{zone},S02001236\n" for zone in ZONES), encoding="cp1252")
    return {SOURCE: path, "sg-data-zone-lookup-2011": lookup}


@pytest.fixture
def claims(catalogue):
    return replace(pointing_at(catalogue["cpop_out_of_work"], periods=["2017/18", "2018/19"]), not_read=None)


def test_blanks_share_what_the_published_total_leaves_over(tmp_path, claims):
    # of 69, the third zone has 9; the others share 60 as 30 to 10, their counts of the year before
    rows = cpop.read(write_claims(tmp_path, ["", "", 9], 69), [claims]).set_index(["area_code", "period"])
    assert rows.loc[(ZONES[0], "2018/19"), "numerator"] == 45
    assert rows.loc[(ZONES[1], "2018/19"), "numerator"] == 15
    assert rows.loc[(ZONES[0], "2018/19"), "status"] == "modelled"
    assert rows.loc[(ZONES[2], "2018/19"), "status"] == "observed"
    assert rows["is_remainder"].unstack()["2018/19"].tolist() == [True, True, False]
    assert not rows["is_remainder"].unstack()["2017/18"].any()


def test_a_period_that_is_not_read_is_nowhere_and_fills_no_blank(tmp_path, claims):
    # the year before would share 60 as 30 to 10; it is not read, and 400 people live in either zone
    apart = replace(claims, not_read=NotRead("Stands at other zones.", periods=("2017/18",)))
    rows = reader_named("cpop")(write_claims(tmp_path, ["", "", 9], 69), [apart])
    assert set(rows["period"]) == {"2018/19"}
    assert rows.set_index("area_code").loc[list(ZONES[:3]), "numerator"].tolist() == [30, 30, 9]


def test_an_area_that_is_not_read_is_missing_in_every_period(tmp_path, claims):
    apart = replace(claims, not_read=NotRead("Stands at 0 throughout.", areas=(ZONES[0],)))
    rows = reader_named("cpop")(write_claims(tmp_path, [0, 10, 9], 69), [apart]).set_index(["area_code", "period"])
    assert set(rows.loc[ZONES[0], "status"]) == {"missing"}
    assert rows.loc[ZONES[0], ["numerator", "value"]].isna().all(axis=None)
    assert rows.loc[(ZONES[2], "2018/19"), "numerator"] == 9
    files = write_claims(tmp_path, [0, 10, 9], 69)
    # in another country it takes nothing out
    elsewhere = replace(claims, not_read=NotRead("Nowhere.", areas=("S01000001",)))
    assert "missing" not in set(reader_named("cpop")(files, [elsewhere])["status"])
    mistyped = replace(claims, not_read=NotRead("Mistyped.", areas=(ZONES[0], "S01000001")))
    said = "\n".join(check_figures(mistyped, files))
    assert "not to be read are not there" in said
    assert "S01000001" in said


@pytest.mark.parametrize("periods", [("2016/17",), ("2017/18", "2018/19")])
def test_periods_not_read_that_are_not_there_or_leave_nothing_are_refused(tmp_path, claims, periods):
    apart = replace(claims, not_read=NotRead("Stands at other zones.", periods=periods))
    with pytest.raises(ConfigError, match=r"not_read[\s\S]*2017/18"):
        reader_named("cpop")(write_claims(tmp_path, ["", "", 9], 69), [apart])


def test_what_a_total_leaves_over_is_not_known_where_a_count_in_it_is_hidden(tmp_path, claims):
    hiding = replace(claims, suppression=Suppression(("..",), 0, 4))
    rows = cpop.read(write_claims(tmp_path, ["", "..", 9], 69), [hiding]).set_index(["area_code", "period"])
    assert rows.loc[(ZONES[0], "2018/19"), ["status", "is_remainder"]].tolist() == ["missing", False]
    assert rows.loc[(ZONES[1], "2018/19"), "status"] == "suppressed"


def test_a_total_that_leaves_nothing_over_fills_no_blank(tmp_path, claims):
    rows = cpop.read(write_claims(tmp_path, ["", 60, 9], 69), [claims]).set_index(["area_code", "period"])
    assert rows.loc[(ZONES[0], "2018/19"), "status"] == "missing"
    assert np.isnan(rows.loc[(ZONES[0], "2018/19"), "numerator"])


def test_a_lookup_is_needed_to_fill_blanks(tmp_path, claims):
    files = write_claims(tmp_path, ["", "", 9], 69)
    with pytest.raises(ConfigError, match="how blanks are filled"):
        cpop.read(files, [pointing_at(claims, fill={"sheet": "OOWB - IGZ"})])
    spoil(files["sg-data-zone-lookup-2011"], "missing")
    with pytest.raises(SourceUnavailable, match="lookup"):
        cpop.read(files, [claims])


def test_a_missing_file_is_named(tmp_path, children):
    files = write_files(tmp_path)
    spoil(files[SOURCE], "missing")
    with pytest.raises(SourceUnavailable, match=SOURCE):
        cpop.read(files, [children])


@pytest.mark.parametrize("how", ["empty", "html", "truncated", "other"])
def test_what_is_no_workbook_is_refused(tmp_path, children, how):
    files = write_files(tmp_path)
    spoil(files[SOURCE], how)
    with pytest.raises(UnreadableSource, match=r"cpop\.xlsx"):
        cpop.read(files, [children])


def test_a_year_that_is_not_there_is_named(tmp_path, children):
    with pytest.raises(SchemaError, match=r"2016/17[\s\S]*2015/16"):
        cpop.read(write_files(tmp_path), [pointing_at(children, periods=["2016/17"])])


def test_a_retitled_table_is_named(tmp_path, children):
    titles = ["Children in poverty", *TITLES[1:]]
    with pytest.raises(SchemaError, match=r"Children in low-income households[\s\S]*Children in poverty"):
        cpop.read(write_files(tmp_path, titles=titles), [children])


def test_a_renamed_column_of_codes_is_refused(tmp_path, children):
    header = ["Zone" if name == "S-code" else name for name in HEADER]
    with pytest.raises(SchemaError, match="S-code"):
        cpop.read(write_files(tmp_path, header=header), [children])


def test_a_duplicated_zone_is_refused(tmp_path, children):
    with pytest.raises(GeographyError, match=rf"Duplicated[\s\S]*{ZONES[0]}"):
        cpop.read(write_files(tmp_path, left=changed(1, 0, ZONES[0])), [children])


def test_zones_of_2001_are_refused_by_their_vintage(tmp_path, children):
    with pytest.raises(GeographyError, match="2001 data zones"):
        cpop.read(write_files(tmp_path, left=changed(0, 0, "S01000001")), [children])


def test_a_code_that_is_no_zone_is_refused(tmp_path, children):
    with pytest.raises(GeographyError, match="W01000001"):
        cpop.read(write_files(tmp_path, left=changed(0, 0, "W01000001")), [children])


def test_a_negative_count_is_refused(tmp_path, children):
    with pytest.raises(SchemaError, match=rf"negative[\s\S]*{ZONES[1]}"):
        cpop.read(write_files(tmp_path, left=changed(1, 3, -1)), [children])


def test_a_symbol_that_is_not_declared_is_refused(tmp_path, children):
    with pytest.raises(SchemaError, match=r"'c'[\s\S]*add them to the declaration"):
        cpop.read(write_files(tmp_path, left=changed(1, 3, "c")), [children])


def test_more_children_counted_than_there_are_is_refused(tmp_path, children):
    with pytest.raises(SchemaError, match=rf"{ZONES[1]}[\s\S]*146 of 145"):
        cpop.read(write_files(tmp_path, left=changed(1, 3, 146)), [children])


def test_where_a_lagging_population_is_tolerated_it_is_raised_and_marked(tmp_path, children):
    tolerant = pointing_at(children, tolerated_excess=1)
    read = cpop.read(write_files(tmp_path, left=changed(1, 3, 146)), [tolerant]).set_index(["area_code", "period"])
    raised = read.loc[(ZONES[1], "2014/15")]
    assert raised["status"] == "modelled"
    assert (raised["numerator"], raised["denominator"], raised["value"]) == (146, 146, 100)


def test_totals_by_intermediate_zone_stand_beside_the_zones(tmp_path, catalogue, children):
    files = write_files(tmp_path)
    from openpyxl import load_workbook

    book = load_workbook(files[SOURCE])
    sheet = book.create_sheet("Child Poverty - IGZ")
    for row in (
        [TITLES[0], "", "", "", "", TITLES[-1], "", ""],
        ["InterZone", "Council", "2014/15", "2015/16", "", "InterZone", 2014, 2015],
        ["S02001236", "S12000033", 52, 69, "", "S02001236", 871, 845],
    ):
        sheet.append(row)
    book.save(files[SOURCE])
    read = cpop.read(files, [pointing_at(children, totals="Child Poverty - IGZ")])
    totals = read[read["area_type"] == "intermediate_zone"].set_index("period")
    assert totals.loc["2014/15", "numerator"] == 52
    assert totals.loc["2015/16", "denominator"] == 845
    assert set(read.loc[read["area_type"] == "data_zone", "area_code"]) == set(ZONES)
