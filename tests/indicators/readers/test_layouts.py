"""The table in a file, whatever is around it: encodings, delimiters, titles, headers, notes, blocks, sheets."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.errors import SchemaError, UnreadableSource
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.rows import code_in
from indicators.readers.shared.workbooks import cell_text
from tests.indicators.conftest import ZONES

CODES = [f"S{1006506 + number:08d}" for number in range(7)]
MEASURES = ["Patients", "All £"]

delimiters = st.sampled_from([",", "\t", ";", "|"])
encodings = st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"])
preambles = st.sampled_from(
    [
        [],
        [["Table 3: homes under £200k"]],
        [["Table 3"], ["Source: NRS, 2021"], []],
        [["Counting"], [], ["date", "June 2024"], []],
        [["date", "June 2024"]],
    ]
)
footers = st.sampled_from([[], [[], ["Notes"], ["1. Rounded, to £5"]], [["Source", "NRS"]], [["c = confidential"]]])
cells = st.sampled_from(["12", "0", "1,234", "[c]", "*", "<5", "–", "NULL", "5 or fewer", "8.5%", ""])
dressings = st.sampled_from(["{}", "http://statistics.example/id/statistical-geography/{}", " {} ", "{} : Culter"])


@st.composite
def grids(draw: st.DrawFn) -> tuple[list[list[str]], dict[str, list[str]]]:
    """Draw the rows of a file, and the cells of each column that it holds."""
    lead = ["Council", "Name"][: draw(st.integers(0, 2))]
    blank = [""] * len(lead)
    years = draw(st.sampled_from([[], ["2020"], ["2020", "2021"], ["2019/20", "2020/21", "2021/22"]]))
    dressing, has_units = draw(dressings), draw(st.booleans())
    figures = MEASURES * max(len(years), 1)
    rows = list(draw(preambles))
    if len(years) > 1:
        rows.append([*blank, "", *(text for year in years for text in (year, ""))])
    rows.append([*lead, "DataZone", *figures])
    if has_units:
        rows.append([*blank, "", *["number"] * len(figures)])
    if draw(st.booleans()):
        rows.append([])
    if draw(st.booleans()):
        rows.append([*(["Scotland"] + [""] * len(lead)), *[str(50_000 + at) for at in range(len(figures))]])
    values = [[draw(cells) for _ in figures] for _ in CODES]
    # something must be a figure, or nothing tells a table from a list
    values[0][0], values[0][1] = "12", "2000"
    rows += [[*(["Fife", "Culter, 1"][: len(lead)]), dressing.format(code), *row]
             for code, row in zip(CODES, values, strict=True)]  # fmt: skip
    if draw(st.booleans()):
        rows.append(["Total", *[""] * len(lead), *["9999"] * len(figures)])
    rows += draw(footers)
    trailing = [""] * draw(st.integers(0, 2))
    names = [
        " | ".join(
            [*([years[at // 2]] if len(years) > 1 else []), MEASURES[at % 2], *(["number"] if has_units else [])]
        )
        for at in range(len(figures))
    ]
    held = {name: [row[at] for row in values] for at, name in enumerate(names)}
    return [[*row, *trailing] if row else row for row in rows], held


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grids(), delimiters, encodings, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_whatever_is_around_it_the_table_is_the_same(
    tmp_path: Path,
    made: tuple[list[list[str]], dict[str, list[str]]],
    delimiter: str,
    encoding: str,
    end: str,
    is_book: bool,
) -> None:
    rows, held = made
    path = tmp_path / "file"
    if is_book:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([float(cell) if cell.isdigit() else cell or None for cell in row])
        book.save(path)
    else:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
        path.write_bytes(out.getvalue().encode(encoding))
    table = read_table(path)
    assert table.column(table.seen.area).tolist() == CODES
    for name, expected in held.items():
        assert [cell_text(cell) for cell in table.column(name)] == expected
    if not is_book:
        assert table.seen.delimiter == {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}[delimiter]


@pytest.mark.parametrize("extension", ["gz", "bz2", "xz", "zip"])
def test_compressed_text_is_text(tmp_path: Path, extension: str) -> None:
    content = f"DataZone,Patients\n{ZONES[0]},3\n".encode()
    path = tmp_path / f"file.csv.{extension}"
    if extension == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("table.csv", content)
            archive.writestr("readme.md", "no table")
    else:
        path.write_bytes({"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[extension](content))
    assert read_table(path).column("Patients").tolist() == ["3"]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UnreadableSource, match="cut short"):
        read_table(path)


def test_a_declared_encoding_is_obeyed(tmp_path: Path) -> None:
    # the byte A3 is a pound sign in Windows-1252 and u with an acute accent in the older code page 850
    path = tmp_path / "file.csv"
    path.write_bytes(b"DataZone,Under \xa3200k\nS01006506,3\n")
    assert "Under £200k" in read_table(path).columns
    assert "Under ú200k" in read_table(path, encoding="cp850").columns
    with pytest.raises(SchemaError, match=r"not in the encoding that is declared[\s\S]*cp1252 fits"):
        read_table(path, encoding="utf-8")


def written(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_code_on_the_first_row_of_an_area_alone_is_filled_down(tmp_path: Path) -> None:
    rows = [f"{code},Female,{n}\n,Male,{n + 1}" for n, code in enumerate(ZONES)]
    table = read_table(written(tmp_path, "DataZone,Sex,Patients\n" + "\n".join(rows) + "\n"))
    assert table.column("DataZone").tolist() == [code for code in ZONES for _ in range(2)]
    assert table.column("Patients").tolist() == ["0", "1", "1", "2", "2", "3"]


def test_totals_between_areas_are_no_rows_of_the_area_above(tmp_path: Path) -> None:
    text = f"DataZone,Name,Patients\n{ZONES[0]},a,1\n{ZONES[1]},b,2\n,Council,3\n{ZONES[2]},c,4\n,Scotland,7\n"
    table = read_table(written(tmp_path, text))
    assert table.column("Patients").tolist() == ["1", "2", "4"]
    assert any("2 rows without the code of an area, such as Council, Scotland" in one for one in table.seen.left_out)


def test_a_block_may_name_what_is_across_and_what_is_down(tmp_path: Path) -> None:
    blocks = [f" {code},,\nSex,Female,Male\nAge,,\n0-15,[c],{n}\n15,[c],[c]\n,,\n" for n, code in enumerate(ZONES)]
    text = "Counting: People,,\n\n" + "".join(blocks) + "INFO,perturbed,\n\nCrown copyright,,\n"
    table = read_table(written(tmp_path, text))
    assert table.column("Age").tolist() == ["0-15", "15"] * 3
    assert table.column("Female").tolist() == ["[c]"] * 6
    assert table.seen.notes == ("INFO perturbed", "Crown copyright")


@pytest.mark.parametrize("is_repeated", [True, False])
def test_one_block_of_rows_per_area(tmp_path: Path, is_repeated: bool) -> None:
    head = "Age,Male,Female"
    blocks = [
        f"{code} Culter\n{head if is_repeated else ''}\n0-15,{n},4\n16-64,8,{n}\n" for n, code in enumerate(ZONES)
    ]
    text = "Residents by age\n" + ("" if is_repeated else head + "\n") + "\n".join(blocks)
    table = read_table(written(tmp_path, text))
    assert table.column("area").tolist() == [code for code in ZONES for _ in range(2)]
    assert table.column("Age").tolist() == ["0-15", "16-64"] * 3
    assert table.column("Male").tolist() == ["0", "8", "1", "8", "2", "8"]


def test_names_over_several_columns_are_part_of_each(tmp_path: Path) -> None:
    # a trailing comma in each row names nothing
    text = f"Zones,2021,,2022,,\nDataZone,Patients,All,Patients,All,\n{ZONES[0]},1,9,2,8,\n{ZONES[1]},3,7,4,6,\n"
    table = read_table(written(tmp_path, text))
    assert list(table.columns) == ["DataZone", "2021 | Patients", "2021 | All", "2022 | Patients", "2022 | All"]
    assert table.column("2022 | All").tolist() == ["8", "6"]
    with pytest.raises(SchemaError, match="missing or renamed"):
        table.column("Patients")


def test_a_total_above_the_zones_is_no_header(tmp_path: Path) -> None:
    text = f"Area,Name,All,Aged 0\n,SCOTLAND,5466000,48635\nDataZoneCode,ZoneName,,\n{ZONES[0]},Culter,843,5\n"
    table = read_table(written(tmp_path, text))
    assert list(table.columns) == ["DataZoneCode", "Name | ZoneName", "All", "Aged 0"]
    text = f"DataZone,2011,2012\nScotland,70,80\n{ZONES[0]},1,2\n{ZONES[1]},3,4\n"
    assert read_table(written(tmp_path, text)).column("2012").tolist() == ["2", "4"]


def test_numbers_of_rows_without_a_name_do_not_shift_the_columns(tmp_path: Path) -> None:
    rows = "".join(f"{n + 1},{code},{n * 10}\n" for n, code in enumerate(ZONES))
    table = read_table(written(tmp_path, "DataZone,Patients\n" + rows))
    assert table.column("DataZone").tolist() == list(ZONES)
    assert table.column("Patients").tolist() == ["0", "10", "20"]


def test_a_comma_that_is_not_quoted_is_a_layout_not_known_and_no_damage(tmp_path: Path) -> None:
    text = f"DataZone,Name,Patients\n{ZONES[0]},Culter,1\n{ZONES[1]},Aberdeen, City of,2\n"
    with pytest.raises(SchemaError, match=r"layout of this table is not known[\s\S]*4 in 1 rows"):
        read_table(written(tmp_path, text))


@pytest.mark.parametrize("end", [f"{ZONES[1]},Culter", "S0100", "http://x/id/S01"])
def test_bytes_that_end_too_early_are_damage(tmp_path: Path, end: str) -> None:
    with pytest.raises(UnreadableSource, match="damaged or cut short"):
        read_table(written(tmp_path, f"DataZone,Name,Patients\n{ZONES[0]},Culter,1\n{end}"))


def test_what_a_qualifier_says_of_a_blank_is_kept(tmp_path: Path) -> None:
    text = f"DataZone,Stays,StaysQF\n{ZONES[0]},,c\n{ZONES[1]},7,p\n{ZONES[2]},,z\n"
    assert read_table(written(tmp_path, text)).column("Stays").tolist() == ["[c]", "7", "[z]"]


def test_names_that_columns_share_are_refused_where_they_are_asked_for(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, f"DataZone,All,All,Young\n{ZONES[0]},1,2,3\n"))
    assert table.column("Young").tolist() == ["3"]
    with pytest.raises(SchemaError, match="share a name"):
        table.column("All")


def test_of_several_sheets_that_with_the_zones_is_taken_and_all_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["A workbook", "of 2024"])
    for name, codes in (("Councils", ["S12000033", "S12000034"]), ("Zones", ZONES)):
        sheet = book.create_sheet(name)
        for row in (["Table"], [], ["Code", "Homes"], *([code, 4] for code in codes)):
            sheet.append(row)
    book.save(tmp_path / "file.xlsx")
    table = read_table(tmp_path / "file.xlsx")
    assert table.column("Homes").tolist() == [4.0, 4.0, 4.0]
    assert table.seen.sheets == (("Cover", 0, False), ("Councils", 0, False), ("Zones", 3, False))


def test_a_lookup_of_names_has_its_header_found_too(tmp_path: Path) -> None:
    text = "Lookup of 2024\n\nVariable,Meaning,Unit\na,Patients,people\nb,Homes,homes\nNote: the end of it\n"
    table = read_table(written(tmp_path, text))
    assert table.column("Meaning").tolist() == ["Patients", "Homes"]
    assert table.seen.notes == ("Note: the end of it",)


def test_a_note_that_names_an_area_is_no_row(tmp_path: Path) -> None:
    text = f"DataZone,Patients\n{ZONES[0]},1\n{ZONES[1]},2\n{ZONES[0]} was merged in 2019\n"
    table = read_table(written(tmp_path, text))
    assert table.column("Patients").tolist() == ["1", "2"]
    assert table.seen.notes == (f"{ZONES[0]} was merged in 2019",)


def test_the_code_of_an_area_in_a_cell() -> None:
    assert code_in("Culter - 01 (S01006506)") == "S01006506"
    assert code_in("XS010065060") == code_in(None) == code_in(12) == ""


def test_records_in_json_are_a_table_and_other_json_is_a_layout_not_known(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    fields = [{"id": "DataZone", "type": "text"}, {"id": "Stays", "type": "int"}]
    records = [{"DataZone": code, "Stays": number} for number, code in enumerate(ZONES)]
    path.write_text(json.dumps({"success": True, "result": {"fields": fields, "records": records}}), encoding="utf-8")
    table = read_table(path)
    assert (table.seen.area, table.column("Stays").tolist()) == ("DataZone", [0, 1, 2])
    path.write_text('{"error": "too many requests"}', encoding="utf-8")
    with pytest.raises(SchemaError, match="layout of this table is not known"):
        read_table(path)
    path.write_text('{"records": [{"DataZone": "S010', encoding="utf-8")
    with pytest.raises(UnreadableSource, match="damaged or cut short"):
        read_table(path)


def test_codes_in_small_letters_are_codes(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, f"datazone,Homes\n{ZONES[0].lower()},3\n"))
    assert table.column("datazone").tolist() == [ZONES[0]]


def test_tables_under_each_other_are_one_with_what_stands_above_each(tmp_path: Path) -> None:
    tables = [
        f'"a measure"\n"date","{month}"\n\n"zone","code","Total"\n"a","{ZONES[0]}",{n}\n"b","{ZONES[1]}",{n + 1}\n\n'
        for n, month in ((3, "June 2023"), (7, "June 2024"))
    ]
    table = read_table(written(tmp_path, "".join(tables)))
    assert table.column("Total").tolist() == ["3", "4", "7", "8"]
    assert table.column("above").tolist() == ["June 2023"] * 2 + ["June 2024"] * 2


def test_areas_across_are_turned_down(tmp_path: Path) -> None:
    text = f"Patients by zone\n\nMeasure,{','.join(ZONES)}\nPatients,1,2,3\nAll,9,8,7\n"
    table = read_table(written(tmp_path, text))
    assert table.column("All").tolist() == ["9", "8", "7"]
    assert table.column(table.seen.area).tolist() == list(ZONES)
