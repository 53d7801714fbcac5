"""Archives opened within limits, and files that are not what their source declares."""

from __future__ import annotations

import gzip
import lzma
import sqlite3
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from indicators.errors import UnreadableSource
from pipelines.sources.archives import open_safely, sniff


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
        ("csv_gz", b"a,b\n1,2\n", "not packed with gzip"),
        ("csv_gz", gzip.compress(b"a,b\n" * 1_000, mtime=0)[:-9], "cut short"),
        ("csv_gz", gzip.compress(b"<html>", mtime=0), "does not hold a table"),
        ("xlsx", b"\xd0\xcf\x11\xe0 " + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("csv_bz2", b"a,b\n1,2\n", "not packed with bzip2"),
        ("csv_xz", lzma.compress(b"a,b\n" * 1_000)[:-9], "cut short"),
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
    with pytest.raises(UnreadableSource, match="holds no table"):
        sniff(make_zip(tmp_path / "a.zip", {"a.md": b"x"}), "csv_zip")
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


# Limits, exactly


def refused(path: Path, **limits) -> str:
    """Return why an archive is refused; nothing where it opens."""
    try:
        with open_safely(path, **limits):
            return ""
    except UnreadableSource as error:
        return str(error)


def test_what_an_archive_may_unpack_to_is_allowed_to_the_byte(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a.bin": bytes(600), "b.bin": bytes(600)})
    assert refused(path, max_total_bytes=1_200) == ""
    assert "1,200 bytes" in refused(path, max_total_bytes=1_199)


def test_a_small_file_may_unpack_as_far_as_it_likes(tmp_path):
    assert refused(make_zip(tmp_path / "a.zip", {"zeros.bin": bytes(1_000_000)}), max_ratio=1) == ""
    assert "suspiciously far" in refused(make_zip(tmp_path / "b.zip", {"zeros.bin": bytes(1_000_001)}), max_ratio=1)


def test_a_large_file_may_unpack_up_to_the_ratio(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"zeros.bin": bytes(2_000_000)})
    with zipfile.ZipFile(path) as archive:
        ratio = 2_000_000 / archive.infolist()[0].compress_size
    assert refused(path, max_ratio=ratio) == ""
    assert f"zeros.bin: {ratio:,.0f}" in refused(path, max_ratio=ratio - 1)
    with zipfile.ZipFile(tmp_path / "stored.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("zeros.bin", bytes(1_000_001))
    assert refused(tmp_path / "stored.zip", max_ratio=1) == ""


@pytest.mark.parametrize(
    ("mode", "words"),
    [(0o100644, ""), (0o040755, ""), (0, ""), (0o120777, "link"), (0o020666, "device"), (0o010644, "device")],
)
def test_only_files_and_folders_are_members(tmp_path, mode, words):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        member = zipfile.ZipInfo("a/" if mode == 0o040755 else "a")
        member.external_attr = mode << 16
        archive.writestr(member, b"")
    assert words in refused(tmp_path / "a.zip")
    assert bool(refused(tmp_path / "a.zip")) == bool(words)


def test_a_name_cut_at_a_nul_or_ending_in_a_space_is_refused(tmp_path):
    assert "unsafe path" in refused(make_zip(tmp_path / "a.zip", {"name ": b"x"}))
    path = make_zip(tmp_path / "b.zip", {"goodX.txt": b"x"})
    path.write_bytes(path.read_bytes().replace(b"goodX.txt", b"good\x00.txt"))
    assert "unsafe path" in refused(path)


@pytest.mark.parametrize(("flag", "words"), [(0x1, "encrypted"), (0x2, "")])
def test_a_member_with_a_password_is_refused(tmp_path, flag, words):
    path = make_zip(tmp_path / "a.zip", {"a.csv": b"zone\n"})
    body = bytearray(path.read_bytes())
    body[body.index(b"PK\x01\x02") + 8] |= flag
    path.write_bytes(bytes(body))
    assert words in refused(path)
    assert bool(refused(path)) == bool(words)


def test_a_gzip_is_read_to_its_end_and_no_further_than_the_limit(tmp_path, monkeypatch):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"zone,count\n" * 10, mtime=0))  # 110 bytes
    for name, value in (("_HEAD", 64), ("_CHUNK", 16), ("MAX_TOTAL_BYTES", 110)):
        monkeypatch.setattr(f"pipelines.sources.archives.{name}", value)
    sniff(path, "csv_gz")
    monkeypatch.setattr("pipelines.sources.archives.MAX_TOTAL_BYTES", 109)
    with pytest.raises(UnreadableSource, match="at most 109 bytes"):
        sniff(path, "csv_gz")
    monkeypatch.setattr("pipelines.sources.archives.MAX_TOTAL_BYTES", 40)
    with pytest.raises(UnreadableSource, match="at most 40 bytes"):
        sniff(path, "csv_gz")
    path.write_bytes(gzip.compress(b'{"error": "no such table"}', mtime=0))
    with pytest.raises(UnreadableSource, match="JSON") as failure:
        sniff(path, "csv_gz")
    assert "a.csv.gz" in str(failure.value)


# Forms


def test_archives_of_tables_and_workbooks_by_what_they_hold(tmp_path):
    sniff(make_zip(tmp_path / "a.zip", {"READ ME.txt": b"x", "TABLE.CSV": b"1"}), "csv_zip")
    for members in ({"[Content_Types].xml": b"x"}, {"xl/workbook.xml": b"x"}):
        with pytest.raises(UnreadableSource, match="not a workbook"):
            sniff(make_zip(tmp_path / "b.xlsx", members), "xlsx")


def database(path: Path, *, page: int = 4_096, layers: int = 1, filled: int = 0) -> Path:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(f"pragma page_size = {page}")
    connection.execute("create table gpkg_contents (table_name text)")
    connection.executemany("insert into gpkg_contents values (?)", [("zones",)] * layers)
    connection.execute("create table filling (text)")
    connection.executemany("insert into filling values (?)", [("x" * 60_000,)] * filled)
    connection.commit()
    connection.close()
    return path


def test_a_geopackage_of_the_largest_pages(tmp_path):
    path = database(tmp_path / "a.gpkg", page=65_536, filled=5)
    sniff(path, "geopackage")
    path.write_bytes(path.read_bytes()[:-65_536])
    with pytest.raises(UnreadableSource, match="cut short"):
        sniff(path, "geopackage")


def test_what_is_no_geopackage(tmp_path):
    def why(body: bytes) -> str:
        (tmp_path / "a.gpkg").write_bytes(body)
        with pytest.raises(UnreadableSource) as failure:
            sniff(tmp_path / "a.gpkg", "geopackage")
        return str(failure.value)

    whole = database(tmp_path / "whole.gpkg").read_bytes()
    assert "an SQLite database" in why(b"another form of file " * 10)
    assert "an SQLite database" in why(whole[:99])
    assert "cut short" in why(whole[:100])
    assert "empty" in why(database(tmp_path / "none.gpkg", layers=0).read_bytes())


def test_a_large_geojson_is_judged_by_its_ends(tmp_path, monkeypatch):
    path = tmp_path / "a.geojson"
    body = b'{"type": "FeatureCollection", "features": [' + b" " * 2_000 + b'{"type": "Feature"}]}'
    monkeypatch.setattr("pipelines.sources.archives._WHOLE_JSON_BYTES", 1_500)
    for good in (body, body + b"\n \n"):
        path.write_bytes(good)
        sniff(path, "geojson")
    for bad in (body[:-1], body + b"]", body.replace(b'"type"', b'"kind"')):
        path.write_bytes(bad)
        with pytest.raises(UnreadableSource, match="cut short or not GeoJSON"):
            sniff(path, "geojson")
    # of exactly that size, it is read whole
    monkeypatch.setattr("pipelines.sources.archives._WHOLE_JSON_BYTES", len(body))
    path.write_bytes(body.replace(b'"Feature"}', b'"Feature"]'))
    with pytest.raises(UnreadableSource, match="cut short or damaged"):
        sniff(path, "geojson")


def test_a_json_document_is_one_whole_object(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf {"rows": []}')
    sniff(path, "json")
    for body, words in (
        (b'"a"', "not a JSON object"),
        (b'{"rows": [', "cut short"),
        (b'{"a": "\xff"}', "cut short"),
    ):
        path.write_bytes(body)
        with pytest.raises(UnreadableSource, match=words):
            sniff(path, "json")
