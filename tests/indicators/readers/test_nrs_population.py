"""Residents by age: two years of the publisher's workbooks, each with its own header."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indicators.errors import ConfigError, GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from indicators.readers import nrs_population
from tests.indicators.conftest import ZONES, pointing_at, spoil, write_sheet

NEW, OLD, BASE = "nrs-sape-2021", "nrs-sape-2020", "sg-simd-2020v2-indicators"
# ten children of 15, twenty people of 16, three of 64, four of 65 and one of 90 or over
PEOPLE = {15: 10, 16: 20, 64: 3, 65: 4, 90: 1}
AGES_2021 = [*(f"Age {age}" for age in range(90)), "Age 90 and over"]
AGES_2020 = [*(f"AGE{age}" for age in range(90)), "AGE90+"]


def row(code: str, people: dict[int, object], *, names: int = 4) -> list[object]:
    counts = [people.get(age, 0) for age in range(91)]
    total = sum(count for count in counts if isinstance(count, int))
    return [code, *["name"] * (names - 1), total, *counts]


def write_files(folder: Path, rows=None, header=AGES_2021) -> dict[str, Path]:
    rows = rows or [row(ZONES[0], PEOPLE), row(ZONES[1], {30: 50}), row(ZONES[2], {})]
    head = ["Data zone code", "Data zone name", "Council area code", "Council area name", "Total population", *header]
    new = [["Table 1: Population of data zones"], ["This worksheet contains one table. "], head, *rows]
    old = [
        ["Table 1a: Estimated population"],
        ["", "", "", "PERSONS"],
        ["Area code", "Area name", "Council area", "All ages", *AGES_2020],
        row("", {15: 999}, names=3),
        ["DataZone2011Code", "DataZone2011Name", "CouncilArea2019Name"],
        row(ZONES[0], {15: 12, 16: 28}, names=3),
        [""],
        ["© Crown Copyright 2021"],
    ]
    base = [["Data_Zone", "Total_population"], [ZONES[0], 40], [ZONES[1], 40], [ZONES[2], 0]]
    return {
        NEW: write_sheet(folder / "2021.xlsx", "Population_persons_2021", new),
        OLD: write_sheet(folder / "2020.xlsx", "Table 1a Persons (2020)", old),
        BASE: write_sheet(folder / "simd.xlsx", "Data", base),
    }


@pytest.fixture
def children(catalogue):
    return pointing_at(catalogue["nrs_children"], editions=None)


def read_one(files, indicator):
    return nrs_population.read(files, [indicator]).set_index("area_code")


@pytest.mark.parametrize(
    ("indicator", "numerator", "denominator"),
    [
        ("nrs_children", 10, 38),
        ("nrs_young_adults", 20, 38),
        ("nrs_working_age", 23, 38),
        ("nrs_older_people", 5, 38),
        ("nrs_oldest_people", 1, 38),
        ("nrs_old_age_dependency", 5, 23),
    ],
)
def test_each_age_is_in_its_group(tmp_path, catalogue, indicator, numerator, denominator):
    read = read_one(write_files(tmp_path), pointing_at(catalogue[indicator], editions=None)).loc[ZONES[0]]
    assert (read["numerator"], read["denominator"]) == (numerator, denominator)
    assert read["value"] == pytest.approx(100 * numerator / denominator)


def test_the_year_before_has_another_header_and_a_row_for_scotland(tmp_path, children):
    from dataclasses import replace

    read = nrs_population.read(write_files(tmp_path), [replace(children, source=OLD)])
    assert read["area_code"].tolist() == [ZONES[0]]
    assert (read["numerator"].iloc[0], read["denominator"].iloc[0]) == (12, 40)


def test_change_is_weighted_by_the_residents_that_it_starts_from(tmp_path, catalogue):
    # 40 to 38 people is -5 %, 40 to 50 is +25 %; the place went from 80 to 88, +10 %, the mean weighted by 40 and 40
    read = read_one(write_files(tmp_path), catalogue["nrs_population_change"])
    assert read["value"].tolist()[:2] == [pytest.approx(-5), pytest.approx(25)]
    assert np.average(read["value"][:2], weights=read["denominator"][:2]) == pytest.approx(10)
    assert read.loc[ZONES[2], "status"] == "not_applicable"


def test_falling_numbers_are_the_poorer_side(catalogue):
    assert catalogue["nrs_population_change"].poorer_is == "lower"


def test_a_missing_file_is_named(tmp_path, children):
    with pytest.raises(SourceUnavailable, match=NEW):
        nrs_population.read({}, [children])


@pytest.mark.parametrize("how", ["empty", "html", "truncated", "other"])
def test_what_is_no_workbook_is_refused(tmp_path, children, how):
    files = write_files(tmp_path)
    spoil(files[NEW], how)
    with pytest.raises(UnreadableSource, match=r"2021\.xlsx"):
        nrs_population.read(files, [children])


def test_a_missing_age_is_named(tmp_path, children):
    header = ["Years 7" if name == "Age 7" else name for name in AGES_2021]
    with pytest.raises(SchemaError, match="Age 7"):
        nrs_population.read(write_files(tmp_path, header=header), [children])


def test_a_workbook_without_ages_is_refused(tmp_path, children):
    files = write_files(tmp_path)
    with pytest.raises(SchemaError, match="no table of residents by age"):
        nrs_population.read({NEW: files[BASE]}, [children])


@pytest.mark.parametrize("code", ["S01000001", "E01000001"])
def test_codes_of_2001_or_of_elsewhere_are_refused(tmp_path, children, code):
    with pytest.raises(GeographyError, match=code):
        nrs_population.read(write_files(tmp_path, [row(code, PEOPLE)]), [children])


def test_a_duplicated_zone_is_refused(tmp_path, children):
    with pytest.raises(GeographyError, match="Duplicated"):
        nrs_population.read(write_files(tmp_path, [row(ZONES[0], PEOPLE)] * 2), [children])


@pytest.mark.parametrize("cell", [-1, "many", "*"])
def test_negative_or_wordy_cells_are_refused(tmp_path, children, cell):
    with pytest.raises(SchemaError, match=ZONES[0]):
        nrs_population.read(write_files(tmp_path, [row(ZONES[0], {15: cell})]), [children])


def test_ages_out_of_order_are_refused(tmp_path, children):
    with pytest.raises(ConfigError, match="which ages"):
        nrs_population.read(write_files(tmp_path), [pointing_at(children, ages=[15, 0])])
