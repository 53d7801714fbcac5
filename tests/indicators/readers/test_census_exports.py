"""Exports of the census table builder: titles above, names over two rows, perturbed cells, notes below."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.errors import ConfigError, GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from indicators.readers import mapped_table
from tests.indicators.conftest import ZONES, pointing_at, spoil, write_sheet

BOOK, CSV = "nrs-census-2022-uv303", "nrs-census-2022-uv201"
NAMES = [
    "All people",
    "Day-to-day activities limited a lot",
    "\tDay-to-day activities limited a little",
    "Day-to-day activities not limited",
]
# of the published table; the parts of the second zone sum to 758, those of the first to 969
ROWS = [[ZONES[0], 969, 63, 140, 766], [ZONES[1], 758, 59, 115, 584]]
NOTES = [["", ""], ["INFO", "Cells in this table have been randomly adjusted"], ["Crown copyright 2024"]]


def write_book(folder: Path, rows=ROWS, names=NAMES, notes=NOTES) -> dict[str, Path]:
    titles = [[""], ["Scotland's Census 2022"], ["Counting: Individuals"], ["Default Summation", "Individuals"], [""]]
    sheet = [*titles, ["Disability", "", *names], ["", "Intermediate Zone - Data Zone 2011"]]
    path = folder / "UV303.xlsx"
    # the export's first sheet is the table
    write_sheet(path, "notes", [])
    from openpyxl import Workbook

    book = Workbook()
    for one in [*sheet, *(["", *row] for row in rows), *notes]:
        book.active.append(one)
    book.save(path)
    return {BOOK: path}


def write_csv(folder: Path, rows: list[str] | None = None, end='\n"Crown copyright 2024 For further information"\n'):
    rows = rows or [f'"{ZONES[0]}",969,890,30,', f'"{ZONES[1]}",758,711,5,']
    head = ['"Scotland\'s Census 2022"', "", '"Ethnic Group","All People","White: Total","Asian: Total",']
    path = folder / "UV201.csv"
    path.write_text("\n".join([*head, '"Intermediate Zone - Data Zone 2011",', *rows]) + end, encoding="utf-8")
    return {CSV: path}


@pytest.fixture
def disability(catalogue):
    return pointing_at(catalogue["census_disability"], tolerated_excess=0)


@pytest.fixture
def ethnic(catalogue):
    return pointing_at(catalogue["census_asian"], numerator=["Asian: Total"])


def test_columns_are_summed_and_blanks_around_names_do_not_matter(tmp_path, disability):
    read = mapped_table.read(write_book(tmp_path), [disability])
    assert read["area_code"].tolist() == list(ZONES[:2])
    assert read["numerator"].tolist() == [63 + 140, 59 + 115]
    assert read["value"].tolist() == [pytest.approx(203 / 969 * 100), pytest.approx(174 / 758 * 100)]


def test_the_csv_form_is_read_alike(tmp_path, ethnic):
    read = mapped_table.read(write_csv(tmp_path), [ethnic])
    assert read["numerator"].tolist() == [30, 5]
    assert read["denominator"].tolist() == [969, 758]


def test_a_missing_file_is_named(tmp_path, disability):
    with pytest.raises(SourceUnavailable, match=BOOK):
        mapped_table.read({}, [disability])


@pytest.mark.parametrize("how", ["empty", "html", "truncated"])
def test_what_is_no_workbook_is_refused(tmp_path, disability, how):
    files = write_book(tmp_path)
    spoil(files[BOOK], how)
    with pytest.raises(UnreadableSource, match=r"UV303\.xlsx"):
        mapped_table.read(files, [disability])


@pytest.mark.parametrize("how", ["empty", "html"])
def test_what_is_no_csv_is_refused(tmp_path, ethnic, how):
    files = write_csv(tmp_path)
    spoil(files[CSV], how)
    with pytest.raises(UnreadableSource, match=r"UV201\.csv"):
        mapped_table.read(files, [ethnic])


def test_an_export_without_its_last_notes_is_cut_short(tmp_path, disability, ethnic):
    with pytest.raises(UnreadableSource, match="cut short"):
        mapped_table.read(write_book(tmp_path, notes=[]), [disability])
    with pytest.raises(UnreadableSource, match="cut short"):
        mapped_table.read(write_csv(tmp_path, end="\n"), [ethnic])


def test_a_row_cut_in_the_middle_is_refused(tmp_path, ethnic):
    with pytest.raises(UnreadableSource, match="cut short"):
        mapped_table.read(write_csv(tmp_path, rows=[f'"{ZONES[0]}",969,890,30,', f'"{ZONES[1]}",758']), [ethnic])


def test_a_renamed_column_is_named(tmp_path, disability):
    names = [name.replace("limited a lot", "limited much") for name in NAMES]
    with pytest.raises(SchemaError, match="limited a lot"):
        mapped_table.read(write_book(tmp_path, names=names), [disability])


def test_a_table_without_areas_is_refused(tmp_path, disability):
    with pytest.raises(SchemaError, match="no areas"):
        mapped_table.read(write_book(tmp_path, rows=[["Scotland", 1, 1, 1, 1]]), [disability])


@pytest.mark.parametrize("code", ["S01000001", ZONES[1]])
def test_codes_of_2001_or_twice_are_refused(tmp_path, disability, code):
    with pytest.raises(GeographyError, match=code):
        mapped_table.read(write_book(tmp_path, rows=[[code, *ROWS[0][1:]], ROWS[1]]), [disability])


def test_zones_of_2022_are_not_those_of_2011(tmp_path, disability):
    with pytest.raises(GeographyError, match="2022 data zones"):
        mapped_table.read(write_book(tmp_path, rows=[["S01013482", *ROWS[0][1:]]]), [disability])


@pytest.mark.parametrize("cell", [-1, "few"])
def test_negative_or_wordy_cells_are_refused(tmp_path, disability, cell):
    with pytest.raises(SchemaError, match=ZONES[0]):
        mapped_table.read(write_book(tmp_path, rows=[[ZONES[0], 969, cell, 140, 766]]), [disability])


def test_parts_above_their_total_are_refused_beyond_what_perturbation_explains(tmp_path, disability):
    rows = [[ZONES[0], 969, 900, 140, 0], ROWS[1]]
    with pytest.raises(SchemaError, match="1040 of 969"):
        mapped_table.read(write_book(tmp_path, rows=rows), [disability])
    read = mapped_table.read(write_book(tmp_path, rows=rows), [pointing_at(disability, tolerated_excess=1)])
    assert read["status"].tolist() == ["modelled", "observed"]


def test_a_declaration_without_columns_is_refused(tmp_path, disability):
    with pytest.raises(ConfigError, match="where its numerator is"):
        mapped_table.read(write_book(tmp_path), [pointing_at(disability, numerator=None)])
