"""What a cell may hold, and that whatever else it holds is refused with its column and area."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from indicators.errors import SchemaError
from indicators.readers.shared.cells import bounds_of, parse_cells, proposed_meaning
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


def test_a_declared_symbol_that_looks_like_a_number_is_a_symbol():
    found = parsed([-99.0, "-99", 41], suppressed=["-99"])
    assert found.status.tolist() == ["suppressed", "suppressed", "observed"]
    assert found.value.tolist()[2] == 41
    with pytest.raises(SchemaError, match="negative"):
        parsed([-99.0, "-99", 41])


@pytest.mark.parametrize(
    ("symbol", "meaning"),
    [
        ("[c]", "suppressed"), ("c", "suppressed"), ("*", "suppressed"), ("#", "suppressed"), ("<5", "suppressed"),
        ("5 or fewer", "suppressed"), ("five or less", "suppressed"), ("1-4", "suppressed"), ("[low]", "suppressed"),
        ("[z]", "not_applicable"), ("n/a", "not_applicable"), ("Not applicable", "not_applicable"),
        ("[x]", "missing"), ("..", "missing"), ("...", "missing"), ("…", "missing"), ("–", "missing"), ("-", "missing"),
        ("NULL", "missing"), (":", "missing"), ("banana", ""), ("TRUE", ""), ("#REF!", ""),
    ],
)  # fmt: skip
def test_the_usual_meaning_of_a_symbol_is_proposed(symbol, meaning):
    assert proposed_meaning(symbol) == meaning


def test_a_symbol_that_nobody_declared_is_refused_with_what_it_usually_means():
    with pytest.raises(SchemaError, match=r"'\[c\]' as suppressed \(symbols\), 'NULL' as missing \(missing\)"):
        parsed(["[c]", "NULL", 3.0])
    with pytest.raises(SchemaError, match="a formula of the workbook has failed"):
        parsed([12.0, "#DIV/0!", 3.0])


def test_the_three_states_stay_apart():
    states = parsed(["[c]", "[z]", "[x]"], suppressed=["[c]"], not_applicable=["[z]"], missing=["", "[x]"]).status
    assert states.tolist() == ["suppressed", "not_applicable", "missing"]


@pytest.mark.parametrize(
    ("symbol", "bounds"),
    [
        ("<5", (0, 4)),
        ("fewer than five", (0, 4)),
        ("5 or fewer", (0, 5)),
        ("≤5", (0, 5)),
        ("1 to 4", (1, 4)),
        ("c", None),
    ],
)
def test_a_symbol_may_say_its_own_bounds(symbol, bounds):
    assert bounds_of(symbol) == bounds


@pytest.mark.parametrize("column", ["Income rate", "Patients_%", "Share of homes", "Stays per 1,000"])
def test_a_column_of_rates_is_no_column_of_counts(column):
    given = {"codes": ZONES, "where": "file.csv", "column": column}
    with pytest.raises(SchemaError, match="holds rates"):
        parse_cells([12, 4, 7], is_count=True, **given)
    # counts of people in a column that is named after a rate band
    assert parse_cells([120, 400, 700], is_count=True, **given).value.tolist() == [120, 400, 700]


def test_fractions_are_no_counts_unless_that_is_declared():
    with pytest.raises(SchemaError, match=rf"holds fractions[\s\S]*{ZONES[1]}"):
        parsed([3, 4.5, 7], is_count=True, is_whole=True)
    assert parsed([3, 4.5, 7], is_count=True).value.tolist() == [3, 4.5, 7]


def test_a_column_in_one_state_is_reported(caplog):
    parsed(["*", "*", "*"], suppressed=["*"])
    assert "every one of 3 cells is suppressed" in caplog.text


def test_marks_of_figures_and_other_separators_do_not_hide_them():
    assert parsed(["12 [p]", "1\u00a0234 [note 3]", "7 [r]"], is_count=True).value.tolist() == [12, 1234, 7]
    assert parsed(["£123,456", "£99.50", "1"]).value.tolist() == [123456, 99.5, 1]
    assert parsed(["\u22121.5", "1'234", "2 345"], minimum=None).value.tolist() == [-1.5, 1234, 2345]
