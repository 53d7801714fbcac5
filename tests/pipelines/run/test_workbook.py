"""What an analyst finds in the workbook of a partnership and in the archive of tables beside it."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from localities.publishing.layers import Layer
from localities.publishing.workbook import recommended_set
from pipelines.run.workspace import Workspace

from .conftest import A

ISLE = "fictional-oneils-isle"


@pytest.fixture
def folder(published: Workspace) -> Path:
    return published.home.publications


def sheet(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_excel(folder / f"{ISLE}.xlsx", sheet_name=name, engine="calamine")


def files(folder: Path) -> dict[str, list[list[str]]]:
    with zipfile.ZipFile(folder / f"{ISLE} tables.zip") as archive:
        texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    return {name: list(csv.reader(io.StringIO(text))) for name, text in texts.items() if name.endswith(".csv")}


def test_contents_list_every_sheet_with_its_rows(folder):
    book = openpyxl.load_workbook(folder / f"{ISLE}.xlsx")
    listed = sheet(folder, "Contents")
    assert ["Cover", "Contents", *listed["Sheet"]] == book.sheetnames
    for name, rows in zip(listed["Sheet"], listed["Rows"], strict=True):
        assert len(sheet(folder, name)) == rows
        assert book[name].freeze_panes == "B2"
        assert book[name].auto_filter.ref is not None


def test_evidence_is_that_of_the_store_both_comparators_in_a_row(workspace, folder):
    shown = sheet(folder, "Evidence")
    findings = workspace.store.read("findings")
    estimates = workspace.store.read("estimates")
    mine = findings[findings["locality_id"].isin(shown["Candidate locality (code)"]) & findings["is_headline_period"]]
    assert len(shown) == len(mine.drop_duplicates(["locality_id", "indicator_id"]))
    keys = ["Candidate locality (code)", "Indicator (code)"]
    for comparator, words in (("scotland", "the rest of Scotland"), ("cpp", "elsewhere in this partnership")):
        rows = mine[mine["comparator"] == comparator].set_index(["locality_id", "indicator_id"])
        held = shown.set_index(keys).loc[rows.index]
        told = held[f"Comparator value (the rest), against {words}"]
        assert told.tolist() == pytest.approx(rows["comparator_value"].tolist(), nan_ok=True)
    values = estimates[estimates["is_headline_period"]].set_index(["locality_id", "indicator_id"])["value"]
    assert shown["Value"].tolist() == pytest.approx(
        values.loc[list(zip(*(shown[k] for k in keys), strict=True))].tolist(), nan_ok=True
    )


def test_localities_are_in_words_with_units_and_every_residents_figure_is_that_of_the_store(workspace, folder):
    shown = sheet(folder, "Localities").set_index("Candidate locality (code)")
    stored = workspace.store.read("candidate_localities").set_index("locality_id")["population"]
    assert shown["Residents (people)"].to_dict() == stored[shown.index].to_dict()
    assert shown.loc[A, "Flagged"] == "yes"
    assert shown.loc[A, "Way of drawing localities"] == "Intermediate zones"


def test_no_cell_is_a_formula_and_a_date_is_a_date(folder):
    book = openpyxl.load_workbook(folder / f"{ISLE}.xlsx")
    cells = [cell for one in book for row in one.iter_rows() for cell in row if cell.value is not None]
    assert cells
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "inlineStr"}
    assert any(cell.is_date for cell in cells)


def test_figures_are_shown_with_the_decimals_of_their_field(folder):
    book = openpyxl.load_workbook(folder / f"{ISLE}.xlsx")
    row = {cell.value: book["Evidence"].cell(2, cell.column) for cell in book["Evidence"][1]}
    assert row["Value"].number_format == "#,##0.00"
    places = {cell.value: book["Localities"].cell(2, cell.column) for cell in book["Localities"][1]}
    assert places["Residents (people)"].number_format == "#,##0"


def test_sentences_go_on_in_a_further_line_and_the_cover_says_how_old_the_evidence_is(workspace, folder):
    book = openpyxl.load_workbook(folder / f"{ISLE}.xlsx")
    row = {cell.value: book["Localities"].cell(2, cell.column) for cell in book["Localities"][1]}
    assert row["Answer"].alignment.wrap_text
    # folded away: it would make every row as high as itself
    assert not row["Why"].alignment.wrap_text
    verdicts = workspace.store.read("verdicts")
    shown = verdicts[verdicts["locality_id"].isin(sheet(folder, "Evidence")["Candidate locality (code)"])]
    years = f"Evidence of {shown['evidence_from'].min().year} to {shown['evidence_to'].max().year}."
    assert years in [cell.value for (cell,) in book["Cover"].iter_rows()]


def test_the_archive_has_a_meaning_for_every_column(folder):
    tables = files(folder)
    listed = tables.pop("dictionary.csv")
    empty = {(row[0], row[1]): row[listed[0].index("empty_means")] for row in listed[1:]}
    assert empty["findings.csv", "q_important"] == "not tested"
    dictionary = {(row[0], row[1]): row[3] for row in listed[1:]}
    assert {"localities.csv", "findings.csv", "sources.csv"} <= set(tables)
    for name, rows in tables.items():
        for column in rows[0]:
            assert dictionary[name, column], (name, column)


def test_findings_of_the_archive_are_all_of_the_store(workspace, folder):
    rows = files(folder)["findings.csv"]
    head = rows[0]
    findings = workspace.store.read("findings")
    places = workspace.store.read("candidate_localities")
    here = places.loc[places["cpp_code"] == "S12990001", "locality_id"]
    stored = findings[findings["is_headline_period"] & findings["locality_id"].isin(here)]
    told = {
        tuple(row[head.index(name)] for name in ("locality_id", "indicator_id", "comparator")): row[
            head.index("comparator_value")
        ]
        for row in rows[1:]
    }
    assert len(told) == len(stored)
    for one in stored.itertuples():
        text = told[one.locality_id, one.indicator_id, one.comparator]
        assert (float(text) if text else None) == (None if pd.isna(one.comparator_value) else one.comparator_value)


def test_a_setting_leaves_out_what_nobody_opens(already):
    endings = {path.suffix for path in already.home.publications.iterdir()}
    assert ".gpkg" in endings
    assert not endings & {".xlsx", ".zip", ".html"}


def test_what_xml_cannot_hold_stands_in_a_cell_by_its_number(tmp_path):
    import xlsxwriter
    from python_calamine import load_workbook

    from localities.publishing.sheet_lines import LinedSheet, lines_of

    texts = ["a\x01b", "_x0041_", " led ", 'if 1 < 2 & "so"', None]
    numbers = [0.1 + 0.2, 12, float("nan"), -1e-20, True]
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet("One", LinedSheet)
    lines = lines_of([texts, numbers], [None, book.add_format({"num_format": "0.0"})])
    sheet.add_lines(lines, len(lines) + 1, 2)
    book.close()
    read = load_workbook(tmp_path / "a.xlsx").get_sheet_by_name("One").to_python()
    assert [row[0] for row in read] == ["a\x01b", "_x0041_", " led ", 'if 1 < 2 & "so"', ""]
    # sixteen significant digits, as the library writes them
    assert [row[1] for row in read] == [0.3, 12.0, "", -1e-20, 1.0]


def test_sheets_open_on_what_is_read_first_no_wider_than_a_laptop_and_fold_the_rest(folder):
    book = openpyxl.load_workbook(folder / f"{ISLE}.xlsx")
    for name, first in (("Localities", "Locality"), ("Evidence", "Locality"), ("Data zones", "Data zone")):
        seen, folded, letters = [], [], 0.0
        # columns of one look stand together in the file
        for one in book[name].column_dimensions.values():
            for place in range(one.min, one.max + 1):
                title = book[name].cell(1, place).value
                (folded if one.hidden else seen).append(title)
                letters += 0 if one.hidden else one.width
        assert seen[0] == first
        assert letters < 200, name
        # ids are there for whoever joins tables, out of sight
        assert not [title for title in seen if title.endswith("(code)")]
        assert [title for title in folded if title.endswith("(code)")]
    assert "Answer" in [cell.value for cell in book["Localities"][1]][:4]


def test_where_no_drawing_is_recommended_the_proposed_one_comes_first():
    """Na h-Eileanan Siar: no drawing flags anybody, so none is recommended; one is proposed all the same."""
    reach = [
        {"candidate_set": "settlements", "is_recommended": False, "is_proposed": False},
        {"candidate_set": "natural_communities", "is_recommended": False, "is_proposed": True},
        {"candidate_set": "wards", "is_recommended": False, "is_proposed": False},
    ]

    def layers(rows: list[dict[str, object]]) -> list[Layer]:
        drawn = [
            Layer(one["candidate_set"], "", pa.table({"candidate_set": [one["candidate_set"]]}), "verdict")
            for one in rows
        ]
        return [*drawn, Layer("Which boundaries serve best", "", pa.Table.from_pylist(rows))]

    assert recommended_set(layers(reach)) == "natural_communities"
    assert recommended_set(layers([*reach[:2], reach[2] | {"is_recommended": True}])) == "wards"
    assert recommended_set(layers(reach[:1])) == "settlements"
