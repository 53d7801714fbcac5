"""Archives opened within limits, and files that are not what their source declares."""

from __future__ import annotations

import gzip
import sqlite3
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from indicators.errors import UnreadableSource
from pipelines.sources.archives import header_of, open_safely, sniff


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # zipfile warns of the double name that one test wants
        for name, body in members.items():
            archive.writestr(name, body)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "a/../../outside.txt",
        "/etc/outside.txt",
        "C:/outside.txt",
        "a\\..\\outside.txt",
        "con.txt",
        "a/name.",
    ],
)
def test_a_path_out_of_the_folder_is_refused(tmp_path, name):
    path = make_zip(tmp_path / "a.zip", {"good.txt": b"x", name: b"evil"})
    with pytest.raises(UnreadableSource, match="unsafe path"), open_safely(path):
        pass


def test_a_symbolic_link_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnreadableSource, match="link"), open_safely(path):
        pass


def test_too_many_files_are_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", {f"{n}.txt": b"x" for n in range(11)})
    with pytest.raises(UnreadableSource, match="at most 10"), open_safely(path, max_files=10):
        pass
    with open_safely(path, max_files=11) as archive:
        assert len(archive.names) == 11


def test_too_many_bytes_are_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a.bin": bytes(600), "b.bin": bytes(600)})
    with pytest.raises(UnreadableSource, match="1,200 bytes"), open_safely(path, max_total_bytes=1_000):
        pass


def test_a_file_that_unpacks_a_thousandfold_is_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"zeros.bin": bytes(5_000_000)})
    with pytest.raises(UnreadableSource, match="suspiciously far"), open_safely(path):
        pass


def test_a_member_that_lies_about_its_size_is_found_out(tmp_path):
    """The list of members says 10 bytes; the member holds 5,000. Reading stops and the checksum fails."""
    path = make_zip(tmp_path / "a.zip", {"a.txt": bytes(range(250)) * 20})
    body = bytearray(path.read_bytes())
    entry = body.index(b"PK\x01\x02")
    body[entry + 24 : entry + 28] = struct.pack("<I", 10)
    path.write_bytes(bytes(body))
    with pytest.raises(UnreadableSource, match="damaged"), open_safely(path) as archive:
        archive.test()


def test_a_damaged_member_is_named(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.csv", b"zone,count\nS01990001,1\n")
    path.write_bytes(path.read_bytes().replace(b"S01990001", b"S01990007"))
    with pytest.raises(UnreadableSource, match=r"a\.csv"):
        sniff(path, "csv_zip")


def test_one_name_twice_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Table.csv", b"1")
        archive.writestr("table.csv", b"2")
    with pytest.raises(UnreadableSource, match="twice"), open_safely(path):
        pass


def test_members_are_named_and_read(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"in/a.csv": b"1", "b.csv": b"22"})
    with open_safely(path) as archive:
        assert archive.names == ["in/a.csv", "b.csv"]
        with archive.open("in/a.csv") as stream:
            assert stream.read() == b"1"
        with pytest.raises(UnreadableSource, match="lacks a file"), archive.open("c.csv"):
            pass


def shapefile(path: Path, *endings: str) -> Path:
    return make_zip(path, {f"zones.{ending}": b"x" for ending in endings})


@pytest.mark.parametrize(
    ("file_format", "body", "words"),
    [
        ("csv", b"", "empty"),
        ("csv", b"  \r\n", "empty"),
        ("csv", b"<html></html>", "web page"),
        ("csv", b"\xef\xbb\xbf  <!DOCTYPE html>", "web page"),
        ("csv", b'{"error": "not found"}', "JSON"),
        ("csv", b"a,b\x00c", "not text"),
        ("csv_gz", b"a,b\n1,2\n", "not gzipped"),
        ("csv_gz", gzip.compress(b"a,b\n" * 1_000, mtime=0)[:-9], "cut short"),
        ("csv_gz", gzip.compress(b"<html>", mtime=0), "does not hold a table"),
        ("xlsx", b"\xd0\xcf\x11\xe0 old", r"old \.xls"),
        ("xlsx", b"PK\x03\x04 half", "truncated or not a zip"),
        ("shapefile_zip", b"not a zip", "truncated or not a zip"),
        ("geopackage", b"SQLite format 2", "not a GeoPackage"),
        ("geojson", b'{"type": "FeatureCollection", "features": [', "cut short"),
        ("geojson", b'{"type": "FeatureCollection", "features": []}', "no features"),
        ("geojson", b"a,b\n1,2\n", "not GeoJSON"),
        ("parquet", b"PAR1 half of one", "cut short"),
        ("parquet", b"a,b\n1,2\n", "another format"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(tmp_path, file_format, body, words):
    path = tmp_path / "file"
    path.write_bytes(body)
    with pytest.raises(UnreadableSource, match=words) as failure:
        sniff(path, file_format)
    assert "to do:" in str(failure.value)


def test_archives_that_lack_what_they_are_for(tmp_path):
    with pytest.raises(UnreadableSource, match="no CSV file"):
        sniff(make_zip(tmp_path / "a.zip", {"a.txt": b"x"}), "csv_zip")
    with pytest.raises(UnreadableSource, match="no whole shapefile"):
        sniff(shapefile(tmp_path / "b.zip", "shp", "dbf"), "shapefile_zip")
    with pytest.raises(UnreadableSource, match="not a workbook"):
        sniff(make_zip(tmp_path / "c.xlsx", {"a.txt": b"x"}), "xlsx")


def test_whole_files_pass(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"a,b\n1,2\n", mtime=0))
    (tmp_path / "a.json").write_bytes(b'{"type": "FeatureCollection", "features": [{"type": "Feature"}]}')
    make_zip(tmp_path / "a.xlsx", {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    database = sqlite3.connect(tmp_path / "a.gpkg")
    database.execute("create table gpkg_contents (table_name text)")
    database.execute("insert into gpkg_contents values ('zones')")
    database.commit()
    database.close()
    (tmp_path / "a.parquet").write_bytes(b"PAR1 columns and their footer PAR1")
    sniff(tmp_path / "a.csv", "csv")
    sniff(tmp_path / "a.parquet", "parquet")
    sniff(tmp_path / "a.gz", "csv_gz")
    sniff(tmp_path / "a.json", "geojson")
    sniff(tmp_path / "a.xlsx", "xlsx")
    sniff(tmp_path / "a.gpkg", "geopackage")
    sniff(shapefile(tmp_path / "a.zip", "shp", "shx", "dbf"), "shapefile_zip")


def test_a_truncated_geopackage_is_found_by_its_own_page_count(tmp_path):
    path = tmp_path / "a.gpkg"
    database = sqlite3.connect(path)
    database.execute("create table gpkg_contents (table_name text)")
    database.executemany("insert into gpkg_contents values (?)", [("x" * 500,)] * 100)
    database.commit()
    database.close()
    path.write_bytes(path.read_bytes()[:8_192])
    with pytest.raises(UnreadableSource, match="cut short"):
        sniff(path, "geopackage")


def test_the_header_of_a_table(tmp_path):
    (tmp_path / "a.csv").write_bytes("\ufeffzone, Mòr\n".encode())
    assert header_of(tmp_path / "a.csv", "utf-8-sig") == ["zone", "Mòr"]
    (tmp_path / "b.csv").write_bytes("zone,Mòr\n".encode("cp1252"))
    with pytest.raises(UnreadableSource, match="text in utf-8"):
        header_of(tmp_path / "b.csv", "utf-8-sig")
