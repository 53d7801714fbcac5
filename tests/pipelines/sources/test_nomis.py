"""Tables of Nomis, read page by page from a real server on loopback that answers as Nomis does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from indicators.declaring.strict_yaml import check_as
from indicators.errors import ConfigError, SourceUnavailable, UnreadableSource
from pipelines.sources.addresses import NOMIS, Address
from pipelines.sources.download import fetch
from pipelines.sources.nomis import write_table
from tests.pipelines.sources.conftest import Answer, Publisher, Request

PATH = "/api/v01/dataset/NM_162_1.data.csv"
SELECT = "geography_code,obs_value"
RECORDS = [(f"S0100{number}", str(number)) for number in range(6506, 6513)]


def page(records: list[tuple[str, str]], offset: int, total: int) -> bytes:
    lines = ['"GEOGRAPHY_CODE","OBS_VALUE","RECORD_OFFSET","RECORD_COUNT"']
    lines += [f'"{code}",{value},{offset + place},{total}' for place, (code, value) in enumerate(records)]
    return ("\r\n".join(lines) + "\r\n").encode()


def serve(publisher: Publisher, *, most: int = 3, records=RECORDS, cut: int | None = None) -> None:
    """Answer as a guest is answered: never more than `most` records, with HTTP 200; nothing from `cut` on."""

    def answer(request: Request) -> Answer:
        start, wanted = int(request.query["RecordOffset"]), int(request.query["RecordLimit"])
        stop = start + min(wanted, most)
        stop = stop if cut is None else min(stop, cut)
        return Answer(page(records[start:stop], start, len(records)), headers={"Content-Type": "text/csv"})

    publisher.answers[PATH] = answer


@pytest.fixture
def source(publisher: Publisher, declare: Callable):
    asked = {"geography": "2013265931TYPE298", "date": "latest", "measure": 1, "select": SELECT}
    service = f"{publisher.address}/api/v01/dataset"
    entry = {"kind": "nomis", "url": service, "dataset": "NM_162_1", "parameters": asked}
    return declare(check_as(Address, entry, "An address", where="a.yaml"), encoding="utf-8")


def test_all_pages_become_one_table_without_the_records_numbers(publisher, client, source, downloads, monkeypatch):
    monkeypatch.delenv("NOMIS_KEY", raising=False)
    serve(publisher)
    got = fetch(source, downloads=downloads, client=client)
    lines = got.path.read_text(encoding="utf-8").splitlines()
    assert lines == ["GEOGRAPHY_CODE,OBS_VALUE", *(",".join(one) for one in RECORDS)]
    # seven records, never more than three in an answer: what a guest is not sent is asked for again
    assert [request.query["RecordOffset"] for request in publisher.requests] == ["0", "3", "6"]
    first = publisher.requests[0].query
    assert first["RecordLimit"] == "25000"
    # how many there are in all is asked for, whatever was selected
    assert first["select"] == f"{SELECT},record_count"
    assert (first["geography"], first["measure"]) == ("2013265931TYPE298", "1")
    assert "uid" not in first


def test_a_key_makes_larger_pages_and_is_written_nowhere(publisher, client, source, downloads, monkeypatch):
    monkeypatch.setenv("NOMIS_KEY", "0xabc123")
    serve(publisher, most=100_000)
    got = fetch(source, downloads=downloads, client=client)
    (request,) = publisher.requests
    assert (request.query["uid"], request.query["RecordLimit"]) == ("0xabc123", "100000")
    kept = [path for path in downloads.rglob("*") if path.is_file()]
    assert not any(b"0xabc123" in path.read_bytes() for path in kept)
    assert "0xabc123" not in repr(got) + repr(source)


def test_a_key_that_is_refused_is_not_shown(publisher, client, source, downloads, monkeypatch):
    monkeypatch.setenv("NOMIS_KEY", "0xabc123")
    publisher.serves(PATH, b"no", status=403)
    with pytest.raises(SourceUnavailable, match="NOMIS_KEY was refused") as caught:
        fetch(source, downloads=downloads, client=client)
    assert "0xabc123" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html><body>Nomis is busy</body></html>", "a web page where CSV was expected"),
        (b"", "empty where CSV was expected"),
        (b"Error: Too many cells requested, 1,234,567\n", "no column RECORD_COUNT: 'Error: Too many cells"),
        (page(RECORDS[:2], 0, 2)[:-8] + b'\r\n"S010', "a record is cut short"),
        (b'"A","RECORD_COUNT"\r\n1,2\r\n2,3\r\n', "the records disagree on how many there are"),
    ],
)
def test_what_is_no_table_of_nomis_is_refused(publisher, client, source, downloads, body, says):
    publisher.serves(PATH, body)
    with pytest.raises((UnreadableSource, SourceUnavailable)) as caught:
        fetch(source, downloads=downloads, client=client)
    assert says in str(caught.value)


def test_pages_that_end_too_soon_are_no_table(publisher, client, source, downloads):
    serve(publisher, cut=5)
    with pytest.raises(UnreadableSource, match="the table ends after 5 of 7 records"):
        fetch(source, downloads=downloads, client=client)
    assert not source.path_in(downloads).exists()


def test_a_table_that_changes_between_two_pages_is_not_taken(publisher, client, source, downloads):
    publisher.serves(PATH, page(RECORDS[:3], 0, 7), page(RECORDS[3:6], 3, 8))
    with pytest.raises(UnreadableSource, match="changed while it was read"):
        fetch(source, downloads=downloads, client=client)


def test_no_records_are_an_empty_table_and_not_a_loop(publisher, client, source, downloads, tmp_path):
    publisher.serves(PATH, page([], 0, 0))
    target = tmp_path / "table.csv"
    write_table(f"{publisher.address}{PATH}", target, client, parameters={"geography": "1"})
    assert target.read_text() == "GEOGRAPHY_CODE,OBS_VALUE\n"
    assert len(publisher.requests) == 1


def test_a_busy_server_is_waited_for_and_a_wrong_question_is_not(publisher, client, patience, source, downloads):
    publisher.fails_first(PATH, 1, page(RECORDS, 0, 7), status=429, Retry_After="7")
    fetch(source, downloads=downloads, client=client)
    assert patience.waits == [7.0]
    publisher.serves(PATH, b"bad", status=400)
    with pytest.raises(SourceUnavailable, match="the parameters of the declaration were refused"):
        fetch(source, downloads=downloads / "elsewhere", client=client)


@pytest.mark.parametrize(
    "changes", [{"url": "https://example.org/api"}, {"dataset": "claimants"}, {"parameters": None}, {"form": "dump"}]
)
def test_a_wrong_declaration_is_refused(changes):
    entry = {"kind": "nomis", "dataset": "NM_162_1", "parameters": {"geography": "1"}} | changes
    with pytest.raises(ConfigError):
        check_as(Address, {key: value for key, value in entry.items() if value is not None}, "An address", where="a")
    good = Address("nomis", dataset="NM_162_1", parameters={"geography": "1"})
    assert good.table_url == f"{NOMIS}/NM_162_1.data.csv"
