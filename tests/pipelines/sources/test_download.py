"""Downloads over a real server on loopback: what is taken, what is refused, and what stands when a refresh fails."""

from __future__ import annotations

import hashlib
import io
import os
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indicators.errors import (
    ConfigError,
    SchemaError,
    SourceChanged,
    SourceUnavailable,
    UnreadableSource,
)
from pipelines.sources.addresses import Address
from pipelines.sources.checking import check
from pipelines.sources.download import add_file, fetch
from pipelines.sources.provenance import read_record
from pipelines.sources.transport import Client

TABLE = b"\xef\xbb\xbfzone,count\nS01990001,8\nS01990002,*\n"
NEWER = b"\xef\xbb\xbfzone,count\nS01990001,9\nS01990002,*\n"
PAGE = b"<!DOCTYPE html><html><body>Service unavailable</body></html>"
FIRST = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
SECOND = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def zipped(**members: bytes) -> bytes:
    """Return a zip; an underscore pair in a name stands for a stroke, one for a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), body)
    return out.getvalue()


def left(downloads: Path) -> list[str]:
    return sorted(path.relative_to(downloads).as_posix() for path in downloads.rglob("*") if path.is_file())


# ---- what comes -----------------------------------------------------------------------------------------------------


def test_a_plain_file_is_downloaded_with_its_provenance(publisher, client, declare, downloads):
    publisher.serves("/table.csv", TABLE)
    source = declare(f"{publisher.address}/table.csv")
    seen: list[tuple[int, int | None]] = []

    got = fetch(source, downloads=downloads, client=client, now=FIRST, progress=lambda *done: seen.append(done))

    assert got.path == downloads / "small-table" / "table.csv"
    assert got.path.read_bytes() == TABLE
    assert (got.sha256, got.size) == (sha256(TABLE), len(TABLE))
    assert got.address_used == f"{publisher.address}/table.csv"
    assert (got.retrieved_at, got.from_mirror, got.changed, got.served_stale) == (FIRST, False, True, False)
    assert seen[-1] == (len(TABLE), len(TABLE))
    assert left(downloads) == ["small-table/table.csv", "small-table/table.csv.provenance.json"]


def test_a_member_of_a_zip_is_taken_out(publisher, client, declare, downloads):
    publisher.serves("/all.zip", zipped(inner__table_csv=TABLE, read_me=b"hello"))
    source = declare(Address("plain", url=f"{publisher.address}/all.zip", member="inner/table.csv"))

    got = fetch(source, downloads=downloads, client=client)

    assert got.path.read_bytes() == TABLE
    assert got.address_used.endswith("/all.zip (inner/table.csv)")
    assert left(downloads) == ["small-table/table.csv", "small-table/table.csv.provenance.json"]


def test_a_zip_without_the_member_is_refused(publisher, client, declare, downloads):
    publisher.serves("/all.zip", zipped(other_csv=TABLE))
    source = declare(Address("plain", url=f"{publisher.address}/all.zip", member="inner/table.csv"))
    with pytest.raises(UnreadableSource, match=r"inner/table\.csv"):
        fetch(source, downloads=downloads, client=client)
    assert left(downloads) == []


RESOURCE = "20ad5f65-c5c2-407e-8355-7c25bf579e87"


def ckan(publisher, form: str) -> Address:
    return Address("ckan", portal=publisher.address, resource_id=RESOURCE, form=form)


def test_ckan_file_is_found_through_the_portals_record(publisher, client, declare, downloads):
    record = f'{{"success": true, "result": {{"url": "{publisher.address}/files/t.csv"}}}}'.encode()
    publisher.serves("/api/3/action/resource_show", record)
    publisher.serves("/files/t.csv", TABLE)
    got = fetch(declare(ckan(publisher, "file")), downloads=downloads, client=client)
    assert got.path.read_bytes() == TABLE
    assert publisher.requests[0].query == {"id": RESOURCE}


def test_ckan_dump_is_written_in_the_declared_encoding(publisher, client, declare, downloads):
    publisher.serves(f"/datastore/dump/{RESOURCE}", "_id,name\n1,Mòr\n".encode("utf-8-sig"))
    source = declare(ckan(publisher, "dump"), encoding="cp1252", requires_columns=("name",))
    got = fetch(source, downloads=downloads, client=client)
    assert got.path.read_bytes() == "_id,name\n1,Mòr\n".encode("cp1252")


def test_ckan_datastore_is_read_page_by_page_without_row_numbers(publisher, client, declare, downloads, monkeypatch):
    rows = [[f"S0199{n:04}", str(n)] for n in range(1, 8)]
    publisher.ckan(RESOURCE, ["zone", "count"], rows, most=3)
    got = fetch(declare(ckan(publisher, "datastore"), encoding="utf-8"), downloads=downloads, client=client)
    lines = got.path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "zone,count"
    assert lines[1:] == [",".join(row) for row in rows]
    # 7 rows in pages of at most 3: three pages
    assert [request.query["offset"] for request in publisher.requests] == ["0", "3", "6"]


def test_a_portal_that_answers_with_an_error_is_no_table(publisher, client, declare, downloads):
    publisher.serves("/api/3/action/datastore_search", b'{"success": false, "error": {"message": "Gone"}}')
    with pytest.raises(UnreadableSource, match="Gone"):
        fetch(declare(ckan(publisher, "datastore")), downloads=downloads, client=client)


def test_the_next_address_is_asked_when_one_has_no_file(publisher, client, declare, downloads):
    publisher.serves("/moved.csv", TABLE)
    source = declare(f"{publisher.address}/old.csv", f"{publisher.address}/moved.csv")
    got = fetch(source, downloads=downloads, client=client)
    assert got.address_used == f"{publisher.address}/moved.csv"
    assert publisher.paths() == ["/old.csv", "/moved.csv"]


# ---- mirrors --------------------------------------------------------------------------------------------------------


def test_a_mirror_folder_is_asked_before_the_publisher(publisher, client, declare, downloads, tmp_path):
    mirror = tmp_path / "mirror"
    (mirror / "small-table").mkdir(parents=True)
    (mirror / "small-table" / "table.csv").write_bytes(TABLE)
    source = declare(f"{publisher.address}/table.csv")

    got = fetch(source, downloads=downloads, mirror=mirror, client=client)

    assert got.from_mirror
    assert got.address_used == "mirror:small-table/table.csv"
    assert got.path.read_bytes() == TABLE
    assert publisher.requests == []
    # looked at again: neither size nor time moved, so nothing is copied
    again = fetch(source, downloads=downloads, mirror=mirror, client=client)
    assert (again.changed, again.retrieved_at) == (False, got.retrieved_at)


def test_a_mirror_folder_that_changes_brings_a_new_version(client, declare, downloads, tmp_path):
    original = tmp_path / "mirror" / "small-table" / "table.csv"
    original.parent.mkdir(parents=True)
    original.write_bytes(TABLE)
    source = declare("https://publisher.example/table.csv")
    fetch(source, downloads=downloads, mirror=tmp_path / "mirror", client=client)
    original.write_bytes(NEWER)
    later = time.time_ns() + 5_000_000_000
    os.utime(original, ns=(later, later))
    got = fetch(source, downloads=downloads, mirror=tmp_path / "mirror", client=client)
    assert got.changed
    assert got.path.read_bytes() == NEWER


def test_a_mirror_address_is_asked_and_a_missing_file_leads_to_the_publisher(publisher, client, declare, downloads):
    publisher.serves("/mirror/small-table/table.csv", TABLE)
    publisher.serves("/published.csv", NEWER)
    source = declare(f"{publisher.address}/published.csv")
    got = fetch(source, downloads=downloads, mirror=f"{publisher.address}/mirror/", client=client)
    assert (got.from_mirror, got.address_used) == (True, f"{publisher.address}/mirror/small-table/table.csv")

    other = declare(f"{publisher.address}/published.csv", folder="another")
    got = fetch(other, downloads=downloads, mirror=f"{publisher.address}/mirror", client=client)
    assert (got.from_mirror, got.path.read_bytes()) == (False, NEWER)


def test_a_bad_file_of_the_mirror_is_not_papered_over_by_the_publisher(publisher, client, declare, downloads, tmp_path):
    original = tmp_path / "mirror" / "small-table" / "table.csv"
    original.parent.mkdir(parents=True)
    original.write_bytes(PAGE)
    publisher.serves("/table.csv", TABLE)
    with pytest.raises(UnreadableSource, match="mirror:small-table"):
        fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, mirror=tmp_path / "mirror", client=client)
    assert publisher.requests == []


def test_a_mirror_that_is_not_there_is_a_wrong_option(client, declare, downloads, tmp_path):
    with pytest.raises(ConfigError, match="LOCALITIES_MIRROR"):
        fetch(declare(), downloads=downloads, mirror=tmp_path / "nowhere", client=client)


# ---- conditional requests -------------------------------------------------------------------------------------------


def test_an_unchanged_file_is_not_sent_again(publisher, client, declare, downloads):
    publisher.versioned("/table.csv", TABLE, etag='"v1"', last_modified="Mon, 05 Jan 2026 00:00:00 GMT")
    source = declare(f"{publisher.address}/table.csv")
    fetch(source, downloads=downloads, client=client, now=FIRST)
    before = (downloads / "small-table" / "table.csv").stat().st_mtime_ns

    got = fetch(source, downloads=downloads, client=client, now=SECOND)

    asked = publisher.requests[-1].headers
    assert asked["if-none-match"] == '"v1"'
    assert asked["if-modified-since"] == "Mon, 05 Jan 2026 00:00:00 GMT"
    assert (got.changed, got.retrieved_at, got.served_stale, got.note) == (False, FIRST, False, "")
    assert got.path.stat().st_mtime_ns == before


def test_a_changed_file_is_sent_and_becomes_the_new_version(publisher, client, declare, downloads):
    publisher.versioned("/table.csv", TABLE, etag='"v1"')
    source = declare(f"{publisher.address}/table.csv")
    fetch(source, downloads=downloads, client=client, now=FIRST)
    publisher.versioned("/table.csv", NEWER, etag='"v2"')
    got = fetch(source, downloads=downloads, client=client, now=SECOND)
    assert (got.changed, got.retrieved_at, got.path.read_bytes()) == (True, SECOND, NEWER)


def test_the_same_bytes_without_validators_keep_their_date(publisher, client, declare, downloads):
    publisher.serves("/table.csv", TABLE)
    source = declare(f"{publisher.address}/table.csv")
    fetch(source, downloads=downloads, client=client, now=FIRST)
    got = fetch(source, downloads=downloads, client=client, now=SECOND)
    assert (got.changed, got.retrieved_at) == (False, FIRST)


def test_an_altered_file_on_disk_is_asked_for_unconditionally(publisher, client, declare, downloads):
    publisher.versioned("/table.csv", TABLE, etag='"v1"')
    source = declare(f"{publisher.address}/table.csv")
    path = fetch(source, downloads=downloads, client=client).path
    path.write_bytes(TABLE + b"S01990003,1\n")
    got = fetch(source, downloads=downloads, client=client)
    assert "if-none-match" not in publisher.requests[-1].headers
    assert got.path.read_bytes() == TABLE
    assert "altered" in got.note


# ---- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (PAGE, "web page"),
        (b"", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (b'{"success": false}', "JSON"),
    ],
    ids=["an HTML page", "nothing", "a mark and a line end", "a JSON message"],
)
def test_something_else_in_place_of_the_table_is_refused(publisher, client, declare, downloads, body, words):
    publisher.serves("/table.csv", body)
    with pytest.raises(UnreadableSource, match=words) as failure:
        fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client)
    assert "small-table" in str(failure.value)
    assert "add-file" in str(failure.value)
    assert left(downloads) == []


def test_a_body_cut_short_is_tried_again_then_refused(publisher, client, declare, downloads):
    publisher.serves("/table.csv", TABLE[:20], promised=len(TABLE))
    with pytest.raises(UnreadableSource, match="cut short after 20 of"):
        fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client)
    assert len(publisher.requests) == 3
    assert left(downloads) == []


def test_a_truncated_archive_is_refused(publisher, client, declare, downloads):
    whole = zipped(a_shp=os.urandom(4000), a_shx=b"x" * 100, a_dbf=b"y" * 100)
    publisher.serves("/a.zip", whole[: len(whole) // 2])
    source = declare(f"{publisher.address}/a.zip", file_name="a.zip", format="shapefile_zip", encoding=None)
    with pytest.raises(UnreadableSource, match="truncated or not a zip"):
        fetch(source, downloads=downloads, client=client)
    assert left(downloads) == []


def test_a_renamed_column_is_named(publisher, client, declare, downloads):
    publisher.serves("/table.csv", TABLE)
    source = declare(f"{publisher.address}/table.csv", requires_columns=("zone", "residents"))
    with pytest.raises(SchemaError, match="residents") as failure:
        fetch(source, downloads=downloads, client=client)
    assert "zone, count" in str(failure.value)


def test_no_file_anywhere_lists_each_place_and_what_to_do(publisher, client, patience, declare, downloads):
    source = declare(f"{publisher.address}/a.csv", Address("page", url="https://publisher.example/form"))
    with pytest.raises(SourceUnavailable) as failure:
        fetch(source, downloads=downloads, client=client)
    said = str(failure.value)
    assert "HTTP 404" in said
    assert "only a person can download it, from https://publisher.example/form" in said
    assert "localities sources add-file small-table" in said
    assert len(publisher.requests) == 1  # a 404 is a plain no
    assert patience.waits == []


def test_a_server_error_passes_after_a_few_tries(publisher, client, patience, declare, downloads):
    publisher.fails_first("/table.csv", 2, TABLE)
    got = fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client)
    assert got.path.read_bytes() == TABLE
    assert patience.waits == [0.5, 1.0]  # doubled each time


def test_retries_are_bounded(publisher, client, patience, declare, downloads):
    publisher.serves("/table.csv", b"oops", status=500)
    with pytest.raises(SourceUnavailable, match=r"HTTP 500 .*tried 3 times"):
        fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client)
    assert len(publisher.requests) == 3
    assert len(patience.waits) == 2


def test_a_server_that_says_when_to_come_back_is_obeyed_within_reason(publisher, client, patience, declare, downloads):
    publisher.fails_first("/table.csv", 1, TABLE, status=429, Retry_After="7")
    fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client)
    assert patience.waits == [7.0]

    publisher.fails_first("/late.csv", 1, TABLE, status=503, Retry_After="3600")
    with pytest.raises(SourceUnavailable, match="asks to wait 3,600 seconds"):
        fetch(declare(f"{publisher.address}/late.csv", folder="late"), downloads=downloads, client=client)


def test_a_refused_connection_is_a_reason_not_a_traceback(publisher, client, declare, downloads):
    publisher.stop()
    try:
        with pytest.raises(SourceUnavailable, match="no connection"):
            fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client)
    finally:
        publisher.__init__()  # the fixture stops it again


def test_a_file_that_is_too_large_is_given_up(publisher, patience, declare, downloads):
    publisher.serves("/table.csv", TABLE)
    small = Client(retries=0, sleep=patience, max_bytes=10)
    with pytest.raises(UnreadableSource, match="too large"):
        fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=small)


def test_only_https_except_on_this_machine(publisher, client, declare, downloads):
    with pytest.raises(ValueError, match="https"):
        declare("http://publisher.example/table.csv")
    source = declare("https://publisher.example/table.csv")
    with pytest.raises(ConfigError, match="https"):
        fetch(source, downloads=downloads, mirror="http://mirror.example/data", client=client)


def test_a_redirect_may_not_leave_https(publisher, client, declare, downloads):
    publisher.serves("/table.csv", b"", status=302, Location="http://publisher.example/table.csv")
    with pytest.raises(SourceUnavailable, match="not https"):
        fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client)


def test_redirects_are_followed_and_bounded(publisher, client, declare, downloads):
    publisher.serves("/old.csv", b"", status=301, Location="/table.csv")
    publisher.serves("/table.csv", TABLE)
    publisher.serves("/round.csv", b"", status=302, Location="/round.csv")
    assert fetch(declare(f"{publisher.address}/old.csv"), downloads=downloads, client=client).size == len(TABLE)
    with pytest.raises(SourceUnavailable, match="redirects"):
        fetch(declare(f"{publisher.address}/round.csv", folder="round"), downloads=downloads, client=client)


# ---- pinned ---------------------------------------------------------------------------------------------------------


def pinned(declare, publisher, *known: bytes):
    return declare(f"{publisher.address}/table.csv", update="pinned", sha256=tuple(sha256(body) for body in known))


def test_a_pinned_file_with_other_bytes_names_the_hashes(publisher, client, declare, downloads):
    publisher.serves("/table.csv", NEWER)
    with pytest.raises(SourceChanged) as failure:
        fetch(pinned(declare, publisher, TABLE), downloads=downloads, client=client)
    assert sha256(TABLE) in str(failure.value)
    assert sha256(NEWER) in str(failure.value)
    assert "small-table.yaml" in str(failure.value)
    assert left(downloads) == []


def test_a_pinned_file_may_be_any_of_the_known_ones(publisher, client, declare, downloads):
    publisher.serves("/table.csv", NEWER)
    assert fetch(pinned(declare, publisher, TABLE, NEWER), downloads=downloads, client=client).sha256 == sha256(NEWER)


def test_a_pinned_file_that_is_here_is_not_asked_for_again(publisher, client, declare, downloads):
    publisher.serves("/table.csv", TABLE)
    source = pinned(declare, publisher, TABLE)
    fetch(source, downloads=downloads, client=client)
    assert not fetch(source, downloads=downloads, client=client).changed
    assert len(publisher.requests) == 1
    fetch(source, downloads=downloads, client=client, force=True)
    assert len(publisher.requests) == 2


def test_a_pinned_file_that_the_mirror_changes_is_an_error_and_the_old_bytes_stay(
    publisher, client, declare, downloads, tmp_path
):
    publisher.serves("/table.csv", TABLE)
    source = pinned(declare, publisher, TABLE)
    path = fetch(source, downloads=downloads, client=client).path
    original = tmp_path / "mirror" / "small-table" / "table.csv"
    original.parent.mkdir(parents=True)
    original.write_bytes(NEWER)
    with pytest.raises(SourceChanged):
        fetch(source, downloads=downloads, mirror=tmp_path / "mirror", client=client)
    assert path.read_bytes() == TABLE


# ---- rolling: the last good version ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [(PAGE, 200, "web page"), (b"", 200, "empty"), (b"gone", 404, "HTTP 404"), (b"oops", 503, "HTTP 503")],
    ids=["HTML", "empty", "404", "503"],
)
def test_a_rolling_source_keeps_reach_its_last_good_version(
    publisher, client, declare, downloads, body, status, reason
):
    publisher.serves("/table.csv", TABLE)
    source = declare(f"{publisher.address}/table.csv")
    path = fetch(source, downloads=downloads, client=client, now=FIRST).path
    publisher.serves("/table.csv", body, status=status)

    got = fetch(source, downloads=downloads, client=client, now=SECOND)

    assert (got.served_stale, got.changed, got.sha256) == (True, False, sha256(TABLE))
    assert "05 January 2026" in got.note
    assert reason in got.note
    assert path.read_bytes() == TABLE
    assert left(downloads) == ["small-table/table.csv", "small-table/table.csv.provenance.json"]


def test_a_new_version_serves_only_after_its_check(publisher, client, declare, downloads):
    def no_nines(path: Path) -> None:
        if b"9\n" in path.read_bytes():
            raise SchemaError("Nine is not a count.")

    publisher.serves("/table.csv", TABLE, NEWER, TABLE + b"S01990003,4\n")
    source = declare(f"{publisher.address}/table.csv")
    fetch(source, downloads=downloads, client=client, check=no_nines)

    held = fetch(source, downloads=downloads, client=client, check=no_nines)
    assert held.served_stale
    assert "Nine is not a count" in held.note
    assert held.path.read_bytes() == TABLE

    mended = fetch(source, downloads=downloads, client=client, check=no_nines)
    assert (mended.served_stale, mended.changed, mended.note) == (False, True, "")


def test_a_first_version_that_fails_its_check_is_an_error(publisher, client, declare, downloads):
    def never(path: Path) -> None:
        raise SchemaError("No good.")

    publisher.serves("/table.csv", TABLE)
    with pytest.raises(SchemaError, match=r"No good.[\s\S]*small-table"):
        fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client, check=never)
    assert left(downloads) == ["small-table/held-back/table.csv", "small-table/table.csv.held-back.json"]


def test_off_line_serves_what_is_here_and_asks_nothing(publisher, client, declare, downloads):
    publisher.serves("/table.csv", TABLE)
    source = declare(f"{publisher.address}/table.csv")
    with pytest.raises(SourceUnavailable, match="network was not to be used"):
        fetch(source, downloads=downloads, client=client, network=False)
    fetch(source, downloads=downloads, client=client)
    got = fetch(source, downloads=downloads, client=client, network=False)
    assert (got.served_stale, got.note) == (False, "")
    assert len(publisher.requests) == 1


# ---- whole-file moves -----------------------------------------------------------------------------------------------


def test_nobody_sees_a_partial_file(publisher, client, declare, downloads):
    """While the new version comes in, the place holds the old one whole; after the failure too."""
    publisher.serves("/table.csv", TABLE)
    source = declare(f"{publisher.address}/table.csv")
    path = fetch(source, downloads=downloads, client=client).path
    long = NEWER * 20_000  # several of the pieces that a download comes in
    publisher.serves("/table.csv", long[:600_000], promised=len(long))
    seen: list[bytes] = []
    fetch(source, downloads=downloads, client=client, progress=lambda *done: seen.append(path.read_bytes()))
    assert seen
    assert set(seen) == {TABLE}
    assert path.read_bytes() == TABLE
    assert left(downloads) == ["small-table/table.csv", "small-table/table.csv.provenance.json"]


def test_an_interruption_leaves_no_file(publisher, client, declare, downloads):
    publisher.serves("/table.csv", TABLE)

    def interrupt(*done: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client, progress=interrupt)
    assert left(downloads) == []


def test_what_a_killed_run_left_is_swept_after_a_day(publisher, client, declare, downloads):
    publisher.serves("/table.csv", TABLE)
    old, young = downloads / "small-table" / ".incoming-old", downloads / "small-table" / ".incoming-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))
    fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client)
    assert not old.exists()
    assert young.exists()


# ---- files from a person, and checks --------------------------------------------------------------------------------


def test_a_file_added_by_hand_serves_until_the_publisher_has_another(publisher, client, declare, downloads, tmp_path):
    supplied = tmp_path / "from my desk.csv"
    supplied.write_bytes(TABLE)
    source = declare(f"{publisher.address}/table.csv")

    got = add_file(source, supplied, downloads, now=FIRST)
    assert (got.address_used, got.changed) == ("added by hand: from my desk.csv", True)
    assert supplied.exists()
    assert not add_file(source, supplied, downloads).changed

    publisher.serves("/table.csv", NEWER)
    replaced = fetch(source, downloads=downloads, client=client)
    assert "added by hand" in replaced.note


def test_a_file_added_by_hand_meets_the_same_refusals(declare, downloads, tmp_path):
    page, other = tmp_path / "page.csv", tmp_path / "other.csv"
    page.write_bytes(PAGE)
    other.write_bytes(NEWER)
    with pytest.raises(UnreadableSource, match=r"page\.csv"):
        add_file(declare(), page, downloads)
    with pytest.raises(SourceChanged):
        add_file(declare(update="pinned", sha256=(sha256(TABLE),)), other, downloads)
    with pytest.raises(SourceUnavailable, match="no such file"):
        add_file(declare(), tmp_path / "none.csv", downloads)
    assert left(downloads) == []


def test_check_says_what_is_wrong_on_disk(publisher, client, declare, downloads):
    source = declare(f"{publisher.address}/table.csv", requires_columns=("zone",))
    assert ["not downloaded yet" in one.what for one in check(source, downloads)] == [True]

    publisher.serves("/table.csv", TABLE)
    path = fetch(source, downloads=downloads, client=client).path
    assert check(source, downloads) == []

    path.write_bytes(PAGE)
    found = check(source, downloads)
    assert {one.level for one in found} == {"error"}
    assert any("altered since it was retrieved" in one.what for one in found)
    assert any("web page" in one.what for one in found)

    path.write_bytes(TABLE)
    path.with_name("table.csv.provenance.json").unlink()
    assert [(one.level, one.source_id) for one in check(source, downloads)] == [("warning", "small-table")]

    known = declare(update="pinned", sha256=(sha256(NEWER),))
    assert any(sha256(NEWER) in one.what and one.level == "error" for one in check(known, downloads))


def test_a_password_in_the_mirrors_address_is_not_recorded(publisher, client, declare, downloads):
    publisher.serves("/m/small-table/table.csv", TABLE)
    named = publisher.address.replace("http://", "http://somebody:secret@")
    got = fetch(declare(), downloads=downloads, mirror=f"{named}/m", client=client)
    assert "secret" not in got.address_used
    record = read_record(got.path)
    assert record is not None
    assert "secret" not in record.address_used
