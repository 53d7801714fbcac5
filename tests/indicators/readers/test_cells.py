"""What a cell may hold, and that whatever else it holds is refused with its column and area."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from indicators.errors import SchemaError
from indicators.readers.shared.cells import parse_cells
from indicators.readers.shared.layout import read_table

ZONES = ["S01006506", "S01006507", "S01006508"]


def parsed(cells: list[object], **said: object):
    return parse_cells(cells, codes=ZONES, where="file.xlsx", column="people", **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "said", "zone", "found"),
    [
        ([12.0, "5%", 3.0], {"is_count": True}, "S01006507", "'5%'"),
        ([12.0, 4.0, True], {}, "S01006508", "'True'"),
        ([False, 4.0, 1.0], {}, "S01006506", "'False'"),
        ([12.0, "#REF!", 3.0], {"not_applicable": [""]}, "S01006507", "'#REF!'"),
        ([12.0, "1e999", 3.0], {}, "S01006507", "'1e999'"),
    ],
)
def test_what_is_no_figure_is_refused_by_cell_and_column(cells, said, zone, found):
    with pytest.raises(SchemaError) as refused:
        parsed(cells, **said)
    assert "column people" in str(refused.value)
    assert zone in str(refused.value)
    assert found in str(refused.value)


@pytest.mark.parametrize("meaning", ["missing", "not_applicable"])
@pytest.mark.parametrize("blank", ["", None, "  "])
def test_a_column_that_was_emptied_is_no_column_of_blanks(blank, meaning):
    with pytest.raises(SchemaError, match="blank throughout"):
        parsed([blank, blank, blank], **{meaning: [""]})


def test_no_value_available_is_missing_also_where_a_blank_is_not_applicable():
    assert parsed([12.0, "#N/A", ""], not_applicable=[""]).status.tolist() == ["observed", "missing", "not_applicable"]


def test_a_percentage_is_read_where_no_count_is_expected():
    assert parsed(["8%", "12.5 %", "1,234"]).value.tolist() == [8.0, 12.5, 1234.0]


def test_an_error_of_a_workbook_is_not_its_blank(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data & more"
    for row in (["Data_Zone", "people", "rate"], [ZONES[0], 12, 0.1], [ZONES[1], None, 0.2], [ZONES[2], "#REF!", None]):
        sheet.append(row)
    sheet["B4"].data_type = "e"
    book.save(tmp_path / "file.xlsx")
    table = read_table(tmp_path / "file.xlsx", sheet="Data & more", has=["Data_Zone"])
    assert table.column("people").tolist() == [12.0, "", "#REF!"]
    assert table.column("rate").tolist() == [0.1, 0.2, ""]
