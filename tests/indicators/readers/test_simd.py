"""SIMD 2020v2 from its workbook, with what `*` means from its CSV."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indicators.catalogue import People
from indicators.errors import GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from indicators.readers import simd
from tests.indicators.conftest import ZONES, pointing_at, spoil, write_sheet
from tests.indicators.readers import test_nrs_population

BOOK, CSV = "sg-simd-2020v2-indicators", "sg-simd-2020v2"
HEADER = [
    "Data_Zone", "Total_population", "Working_age_population", "Income_count", "Attendance", "crime_count",
    "overcrowded_count", "overcrowded_rate", "nocentralheat_count", "nocentralheat_rate",
]  # fmt: skip
# 87 / 0.102112676 = 852 and 4 / 0.004784689 = 836, the household residents published with the centroids
ROWS = [
    [ZONES[0], 894, 580, 71, "*", 11.139188173390128, 87, 0.102112676, 10, 0.011737089],
    [ZONES[1], 793, 470, 43, "*", "*", 0, 0.0, 4, 0.004784689],
    [ZONES[2], 0, 0, 0, 0.9, "*", 0, 0.0, 0, 0.0],
]
CSV_TEXT = "\ufeffData_Zone,Attendance,crime_count,nocentralheating_count\n{}\n"
CSV_ROWS = [f"{ZONES[0]},*,11,10", f"{ZONES[1]},,*,4", f"{ZONES[2]},90%,*,0"]


def write_files(folder: Path, rows=ROWS, header=HEADER, csv_rows=CSV_ROWS) -> dict[str, Path]:
    book = write_sheet(folder / "indicators.xlsx", "Data", [header, *rows])
    text = folder / "simd.csv"
    text.write_text(CSV_TEXT.format("\n".join(csv_rows)), encoding="utf-8")
    return {BOOK: book, CSV: text}


def changed(row: int, column: str, value: object) -> list[list[object]]:
    rows = [list(one) for one in ROWS]
    rows[row][HEADER.index(column)] = value
    return rows


@pytest.fixture
def attendance(catalogue):
    one = pointing_at(catalogue["simd_attendance"], companions=None, editions=None)
    return replace(one, people=People(column="Total_population"))


def read_one(files, indicator):
    return simd.read(files, [indicator]).set_index("area_code")


def test_a_share_is_count_over_population(tmp_path, catalogue):
    read = read_one(write_files(tmp_path), catalogue["simd_income"])
    assert read.loc[ZONES[0], "value"] == pytest.approx(71 / 894 * 100)
    assert (read.loc[ZONES[0], "numerator"], read.loc[ZONES[0], "denominator"]) == (71, 894)


def test_a_zone_without_residents_is_not_applicable_and_never_zero(tmp_path, catalogue):
    read = read_one(write_files(tmp_path), catalogue["simd_income"])
    assert read.loc[ZONES[2], "status"] == "not_applicable"
    assert np.isnan(read.loc[ZONES[2], "value"])


def test_the_star_means_what_the_csv_says(tmp_path, attendance):
    read = read_one(write_files(tmp_path), attendance)
    # nobody lives in the third: a share of no one does not apply
    assert read["status"].tolist() == ["suppressed", "not_applicable", "not_applicable"]
    assert read["value"].isna().all()


def test_pupils_are_stood_in_for_by_residents_of_their_age(tmp_path, catalogue):
    # of the ages 5 to 17 the first zone has ten residents of 15 and twenty of 16
    people = test_nrs_population.write_files(tmp_path / "people")
    attendance = pointing_at(catalogue["simd_attendance"], editions=None)
    read = read_one({**write_files(tmp_path), "nrs-sape-2021": people["nrs-sape-2021"]}, attendance)
    # nine in ten of them are pupils
    assert read["denominator"].tolist() == [27, 0, 0]


def test_modelled_crime_keeps_its_fractions(tmp_path, catalogue):
    # published for this zone: 124.5994202840059 per 10,000
    read = read_one(write_files(tmp_path), catalogue["simd_crime"])
    assert read.loc[ZONES[0], "numerator"] == pytest.approx(11.139188173390128)
    assert read.loc[ZONES[0], "value"] == pytest.approx(124.5994202840059)
    assert read.loc[ZONES[1], "status"] == "suppressed"
    assert np.isnan(read.loc[ZONES[1], "numerator"])
    assert read.loc[ZONES[1], "denominator"] == 793


def test_people_in_households_are_recovered_from_either_pair(tmp_path, catalogue):
    read = read_one(write_files(tmp_path), catalogue["simd_overcrowding"])
    assert read["denominator"].tolist()[:2] == [852, 836]
    assert read.loc[ZONES[2], "status"] == "missing"


@pytest.mark.parametrize("which", [BOOK, CSV])
def test_a_missing_file_is_named(tmp_path, attendance, which):
    files = write_files(tmp_path)
    spoil(files[which], "missing")
    with pytest.raises(SourceUnavailable, match=which):
        simd.read(files, [attendance])


@pytest.mark.parametrize("which", [BOOK, CSV])
@pytest.mark.parametrize("how", ["empty", "html", "other"])
def test_what_is_no_data_is_refused(tmp_path, attendance, which, how):
    files = write_files(tmp_path)
    spoil(files[which], how)
    with pytest.raises(UnreadableSource, match=files[which].name):
        simd.read(files, [attendance])


def test_a_truncated_workbook_is_refused(tmp_path, catalogue):
    files = write_files(tmp_path)
    spoil(files[BOOK], "truncated")
    with pytest.raises(UnreadableSource, match="cut short"):
        simd.read(files, [catalogue["simd_income"]])


def test_a_csv_cut_in_the_middle_of_a_row_is_refused(tmp_path, attendance):
    files = write_files(tmp_path)
    files[CSV].write_text(CSV_TEXT.format(CSV_ROWS[0] + f"\n{ZONES[1]},,"), encoding="utf-8")
    with pytest.raises(UnreadableSource, match="cut short"):
        simd.read(files, [attendance])


def test_a_renamed_column_is_named_with_the_nearest(tmp_path, catalogue):
    header = ["Income_counts" if name == "Income_count" else name for name in HEADER]
    with pytest.raises(SchemaError, match=r"Income_count\b[\s\S]*Income_counts"):
        simd.read(write_files(tmp_path, header=header), [catalogue["simd_income"]])


def test_a_renamed_sheet_is_named(tmp_path, catalogue):
    with pytest.raises(SchemaError, match="a sheet named Figures"):
        simd.read(write_files(tmp_path), [pointing_at(catalogue["simd_income"], sheet="Figures")])


def test_a_duplicated_zone_is_refused(tmp_path, catalogue):
    with pytest.raises(GeographyError, match=rf"Duplicated data zone codes[\s\S]*{ZONES[0]}"):
        simd.read(write_files(tmp_path, rows=[*ROWS, ROWS[0]]), [catalogue["simd_income"]])


def test_zones_of_2001_are_refused_by_their_vintage(tmp_path, catalogue):
    with pytest.raises(GeographyError, match=r"S01000001[\s\S]*2001 data zones"):
        simd.read(write_files(tmp_path, rows=changed(0, "Data_Zone", "S01000001")), [catalogue["simd_income"]])


def test_a_code_that_is_no_zone_is_refused(tmp_path, catalogue):
    with pytest.raises(GeographyError, match="E01000001"):
        simd.read(write_files(tmp_path, rows=changed(0, "Data_Zone", "E01000001")), [catalogue["simd_income"]])


def test_a_negative_count_is_refused(tmp_path, catalogue):
    with pytest.raises(SchemaError, match=rf"negative[\s\S]*Income_count[\s\S]*{ZONES[1]}"):
        simd.read(write_files(tmp_path, rows=changed(1, "Income_count", -3)), [catalogue["simd_income"]])


def test_a_cell_that_is_no_number_is_refused(tmp_path, catalogue):
    with pytest.raises(SchemaError, match=rf"not a number[\s\S]*{ZONES[1]}[\s\S]*'many'"):
        simd.read(write_files(tmp_path, rows=changed(1, "Income_count", "many")), [catalogue["simd_income"]])


def test_more_deprived_people_than_people_is_refused(tmp_path, catalogue):
    with pytest.raises(SchemaError, match=rf"{ZONES[1]}[\s\S]*794 of 793"):
        simd.read(write_files(tmp_path, rows=changed(1, "Income_count", 794)), [catalogue["simd_income"]])


def test_crimes_may_exceed_residents(tmp_path, catalogue):
    """A rate is no proportion: few people live where most crimes are recorded."""
    read = read_one(write_files(tmp_path, rows=changed(1, "crime_count", 1159.5)), catalogue["simd_crime"])
    assert read.loc[ZONES[1], "value"] > 10_000
