"""One table in every kind of file that it may come in, and files that are no table."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest

from indicators.declaring.looking import look_at, what_was_seen
from indicators.errors import SchemaError, UnreadableSource
from indicators.readers.shared.cells import parse_cells
from indicators.readers.shared.layout import read_table

CODES = ["S01006506", "S01006507", "S01006508"]
PATIENTS = [12, 1234, 7]
CSV = "DataZone,Patients\n" + "".join(f"{code},{count}\n" for code, count in zip(CODES, PATIENTS, strict=True))
RECORDS = [{"DataZone": code, "Patients": count} for code, count in zip(CODES, PATIENTS, strict=True)]


def book(*sheets: tuple[str, list[list[object]], bool]) -> bytes:
    """The bytes of a workbook of sheets: name, rows, whether hidden."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows, is_hidden in sheets:
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if is_hidden else "visible"
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


ROWS: list[list[object]] = [["DataZone", "Patients"], *([one["DataZone"], one["Patients"]] for one in RECORDS)]


def packed(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return stream.getvalue()


def parquet(path: Path) -> None:
    pd.DataFrame({"Patients": PATIENTS}, index=pd.Index(CODES, name="DataZone")).to_parquet(path)


def geopackage(path: Path) -> None:
    pyogrio.write_dataframe(pd.DataFrame(RECORDS), path, layer="zones", driver="GPKG")


KINDS: dict[str, bytes | Callable[[Path], None]] = {
    "records.json": json.dumps({"result": {"records": RECORDS, "fields": [{"id": "a"}] * 2}}).encode(),
    "lines.json": "\n".join(map(json.dumps, RECORDS)).encode(),
    "columns.json": json.dumps({"DataZone": CODES, "Patients": PATIENTS}).encode(),
    "split.json": json.dumps({"columns": ["DataZone", "Patients"], "data": ROWS[1:]}).encode(),
    "rows.json": json.dumps(ROWS).encode(),
    "map.geojson": json.dumps(
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": one} for one in RECORDS]}
    ).encode(),
    "index.parquet": parquet,
    "layer.gpkg": geopackage,
    "a.csv.bz2": bz2.compress(CSV.encode()),
    "a.csv.xz": lzma.compress(CSV.encode()),
    "explained.zip": packed(data_csv=CSV.encode(), README_txt=b"read, me", __MACOSX___data_csv=b"\x00\x05"),
    "book.zip": packed(data_xlsx=book(("A", ROWS, False))),
    "big_endian.csv": CSV.encode("utf-16-be"),
    "cr.csv": CSV.replace("\n", "\r").encode(),
    "spaces.txt": CSV.replace(",", "     ").encode(),
    # what R's write.table makes of it: no name above the numbers of rows
    "r.txt": ('"DataZone" "Patients"\n' + "".join(f'"{n}" "{one["DataZone"]}" {one["Patients"]}\n'
                                                  for n, one in enumerate(RECORDS, 1))).encode(),
    # exported twice: each row in quotes of its own
    "twice.csv": "".join(f'"{line}"\n' for line in CSV.splitlines()).encode(),
    "comments.csv": f"# made by a, b, c, d\n# of 2021\n{CSV}".encode(),
    "pages.csv": CSV.replace("S01006508", "DataZone,Patients\nS01006508").encode(),
    "below.csv": f"{CSV}\nTable 2\nDataZone,Deaths\nS01006509,1\nS01006510,2\n".encode(),
    "beside.csv": b"DataZone,Patients,,DataZone,Deaths\n"
    + "".join(f"{a},{n},,{b},1\n" for a, b, n in zip(CODES, reversed(CODES), PATIENTS, strict=True)).encode(),
    "hidden.xlsx": book(("Old", [["DataZone", "Patients"], *([one, 1] for one in CODES)], True), ("New", ROWS, False)),
    "lookup.xlsx": book(
        ("Contents", [["Zones", "S01006506 to S01006508"]], False),
        ("Lookup", [["DZ", "Council"], *([f"S0100{number}", "Fife"] for number in range(6506, 6540))], False),
        ("Data", ROWS, False),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_one_table_in_every_kind_of_file(tmp_path: Path, name: str) -> None:
    content = KINDS[name]
    if callable(content):
        content(tmp_path / name)
    else:
        (tmp_path / name).write_bytes(content)
    table = read_table(tmp_path / name)
    cells = parse_cells(table.column("Patients"), codes=CODES, where=name, column="Patients", is_count=True)
    assert table.column(table.seen.area).tolist() == CODES
    assert cells.value.tolist() == PATIENTS


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n\x00", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\x00", "a picture"),
        (packed(word__document_xml=b"<x/>"), "a text document"),
        (b'<?xml version="1.0"?><Workbook/>', "an XML document"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"<html><table><tr><td>S01006506</td></tr></table></html>", "save its table as CSV"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UnreadableSource, match=said) as failure:
        read_table(tmp_path / "file")
    assert "cut short" not in str(failure.value)
    assert "fetch the file again" not in str(failure.value)


def test_quotes_that_are_not_doubled_are_no_damage_unless_they_swallow_rows(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text(
        "".join(f'{code},"The "Rows"",{n}\n' for code, n in (("DataZone", "n"), *zip(CODES, "123", strict=True)))
    )
    assert read_table(path).column("n").tolist() == ["1", "2", "3"]
    path.write_text(f'DataZone,Name,n\n{CODES[0]},"The Rows,1\n{CODES[1]},"x",2\n{CODES[2]},y,3\n')
    with pytest.raises(SchemaError, match="quotes within a cell"):
        read_table(path)


def test_what_was_passed_over_is_said(tmp_path: Path) -> None:
    for name, said in (
        ("below.csv", "another table below, of DataZone, Deaths"),
        ("beside.csv", "another table beside it, of other areas: DataZone, Deaths"),
        ("hidden.xlsx", "Old (3, hidden), New (3). Taken: New"),
        ("lookup.xlsx", "Lookup (34), Data (3). Taken: Data"),
    ):
        (tmp_path / name).write_bytes(KINDS[name])
        assert said in " ".join(what_was_seen(look_at(tmp_path / name)))
