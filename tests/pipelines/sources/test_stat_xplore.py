"""Tables of Stat-Xplore, asked for with a key from a real server on loopback."""

from __future__ import annotations

import json
import time

import pytest

from indicators.declaring.strict_yaml import check_as
from indicators.errors import ConfigError, SourceUnavailable, UnreadableSource
from indicators.readers.stat_xplore import answer_table
from pipelines.sources.addresses import STAT_XPLORE, Address
from pipelines.sources.download import fetch
from pipelines.sources.provenance import hash_file, record_path

SERVICE = "/webapi/rest/v1/table"
KEY = "65794a30655841694f694a4b5631516943"
COUNT = "str:count:CILIF_REL:V_F_CILIF_REL"
WARDS = "str:field:CILIF_REL:V_F_CILIF_REL:WARD_CODE"
WARD = "str:value:CILIF_REL:V_F_CILIF_REL:WARD_CODE:V_C_MASTERGEOG11_WARD_TO_LA_NI"
QUERY = {
    "database": "str:database:CILIF_REL",
    "measures": [COUNT],
    "dimensions": [[WARDS]],
    "recodes": {WARDS: {"map": [[f"{WARD}:S13002516"], [f"{WARD}:S13002517"]], "total": False}},
}
TABLE = json.dumps(
    {
        "query": QUERY,
        "measures": [{"uri": COUNT, "label": "Relative Low Income"}],
        "fields": [
            {
                "label": "Ward",
                "uri": WARDS,
                "items": [
                    {"labels": ["Mòr"], "uris": [f"{WARD}:S13002516"]},
                    {"labels": ["Beag"], "uris": [f"{WARD}:S13002517"]},
                ],
            }
        ],
        "cubes": {COUNT: {"values": [310, 95]}},
    },
    ensure_ascii=False,
).encode()


@pytest.fixture
def key(monkeypatch):
    """A key in the environment."""
    monkeypatch.setenv("STAT_XPLORE_KEY", KEY)
    return KEY


def address_of(entry):
    return check_as(Address, entry, "An address", where="a.yaml")


@pytest.fixture
def source(publisher, declare):
    """A source of one table."""
    publisher.serves(SERVICE, TABLE)
    address = address_of({"kind": "stat_xplore", "url": f"{publisher.address}{SERVICE}", "query": QUERY})
    return saved(declare, address)


def saved(declare, *addresses):
    return declare(*addresses, file_name="table.json", format="json", encoding=None)


def test_the_query_is_sent_with_the_key_and_the_answer_kept_as_it_came(publisher, client, source, downloads, key):
    got = fetch(source, downloads=downloads, client=client)
    assert got.path.read_bytes() == TABLE
    assert got.sha256 == hash_file(got.path)
    (request,) = publisher.requests
    assert (request.method, request.path) == ("POST", SERVICE)
    assert request.headers["apikey"] == KEY
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == QUERY
    assert got.address_used == f"{publisher.address}{SERVICE} (str:database:CILIF_REL)"
    # and it is what the reader of saved answers reads
    table = answer_table(got.path)
    assert table.columns["Ward code"].tolist() == ["S13002516", "S13002517"]
    assert table.columns["Value"].tolist() == [310, 95]


def test_the_key_is_written_nowhere(client, source, downloads, key):
    got = fetch(source, downloads=downloads, client=client)
    assert KEY not in repr(source)
    assert KEY not in repr(got)
    kept = [path for path in downloads.rglob("*") if path.is_file()]
    assert {path.name for path in kept} == {"table.json", record_path(got.path).name}
    assert not any(KEY.encode() in path.read_bytes() for path in kept)


@pytest.mark.parametrize("empty", [None, "  "], ids=["unset", "blank"])
def test_without_a_key_nothing_is_asked_and_the_error_says_how_to_get_one(
    publisher, client, source, downloads, monkeypatch, empty
):
    monkeypatch.delenv("STAT_XPLORE_KEY", raising=False)
    if empty is not None:
        monkeypatch.setenv("STAT_XPLORE_KEY", empty)
    with pytest.raises(SourceUnavailable, match="STAT_XPLORE_KEY") as caught:
        fetch(source, downloads=downloads, client=client)
    assert "https://stat-xplore.dwp.gov.uk → Account → Open Data API access" in str(caught.value)
    assert publisher.requests == []


def test_without_a_key_the_next_address_is_tried(publisher, client, declare, source, downloads, monkeypatch):
    monkeypatch.delenv("STAT_XPLORE_KEY", raising=False)
    publisher.serves("/copy.json", TABLE)
    both = saved(declare, *source.addresses, Address("plain", url=f"{publisher.address}/copy.json"))
    assert fetch(both, downloads=downloads, client=client).address_used.endswith("/copy.json")
    assert publisher.paths() == ["/copy.json"]


def test_without_a_key_what_is_here_serves_and_is_not_called_stale(client, source, downloads, monkeypatch):
    monkeypatch.setenv("STAT_XPLORE_KEY", KEY)
    fetch(source, downloads=downloads, client=client)
    monkeypatch.delenv("STAT_XPLORE_KEY")
    got = fetch(source, downloads=downloads, client=client)
    assert (got.changed, got.served_stale, got.note) == (False, False, "")


def test_over_the_limit_it_waits_as_long_as_it_is_told(publisher, client, patience, source, downloads, key):
    publisher.fails_first(SERVICE, 2, TABLE, status=429, Retry_After="7")
    assert fetch(source, downloads=downloads, client=client).path.read_bytes() == TABLE
    assert patience.waits == [7.0, 7.0]
    # the question is sent whole each time
    assert [json.loads(request.body) for request in publisher.requests] == [QUERY] * 3


def test_the_moment_at_which_the_limit_ends_is_waited_for(publisher, client, patience, source, downloads, key):
    reset = str(round((time.time() + 30) * 1000))
    publisher.fails_first(SERVICE, 1, TABLE, status=429, X_RateLimit_Reset=reset)
    fetch(source, downloads=downloads, client=client)
    assert len(patience.waits) == 1
    assert 20 < patience.waits[0] <= 30


@pytest.mark.parametrize("named", ["Retry-After", "X-RateLimit-Reset"])
def test_a_limit_that_lasts_is_given_up(publisher, client, patience, source, downloads, key, named):
    told = "1800" if named == "Retry-After" else str(round((time.time() + 1800) * 1000))
    publisher.fails_first(SERVICE, 9, TABLE, status=429, **{named.replace("-", "_"): told})
    with pytest.raises(SourceUnavailable, match=r"HTTP 429 .*asks to wait 1,(800|79\d) seconds"):
        fetch(source, downloads=downloads, client=client)
    assert patience.waits == []
    assert len(publisher.requests) == 1


def test_a_limit_without_an_end_is_asked_a_bounded_number_of_times(publisher, client, patience, source, downloads, key):
    publisher.fails_first(SERVICE, 9, TABLE, status=429)
    with pytest.raises(SourceUnavailable, match="tried 3 times"):
        fetch(source, downloads=downloads, client=client)
    assert (len(publisher.requests), patience.waits) == (3, [0.5, 1.0])


@pytest.mark.parametrize(
    ("status", "words"), [(401, "STAT_XPLORE_KEY was refused"), (403, "STAT_XPLORE_KEY was refused"), (400, "query")]
)
def test_a_refusal_says_what_was_refused_but_not_the_key(publisher, client, source, downloads, key, status, words):
    publisher.serves(SERVICE, f"no: {KEY}".encode(), status=status)
    with pytest.raises(SourceUnavailable, match=words) as caught:
        fetch(source, downloads=downloads, client=client)
    assert KEY not in str(caught.value)
    assert len(publisher.requests) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", "a web page"),
        (TABLE[:-40], "cut short"),
        (b'{"errorMessage": "no such field"}', "without cubes, fields, measures"),
        (b"[1, 2]", "without cubes, fields, measures"),
        (b'{"cubes": {}, "fields": [1], "measures": [1]}', "without cubes"),
    ],
    ids=["a web page", "cut short", "a message", "a list", "no figures"],
)
def test_anything_but_a_table_is_refused(publisher, client, source, downloads, key, body, words):
    publisher.serves(SERVICE, body)
    with pytest.raises(UnreadableSource, match=words):
        fetch(source, downloads=downloads, client=client)
    assert not list(downloads.rglob("*.json"))


def test_the_key_does_not_follow_a_redirect(publisher, client, source, downloads, key):
    publisher.serves(SERVICE, b"", status=307, Location=f"{publisher.address}/elsewhere")
    publisher.serves("/elsewhere", TABLE)
    with pytest.raises(SourceUnavailable, match="sends the question elsewhere"):
        fetch(source, downloads=downloads, client=client)
    assert publisher.paths() == [SERVICE]


@pytest.mark.parametrize("wrong", ["two words", "one\ntwo", "clé"])
def test_a_key_that_cannot_be_one_is_not_sent_or_shown(publisher, client, source, downloads, monkeypatch, wrong):
    monkeypatch.setenv("STAT_XPLORE_KEY", wrong)
    with pytest.raises(SourceUnavailable, match="STAT_XPLORE_KEY is no key") as caught:
        fetch(source, downloads=downloads, client=client)
    assert wrong not in str(caught.value)
    assert publisher.requests == []


def test_the_service_is_stat_xplore_unless_declared_otherwise():
    address = address_of({"kind": "stat_xplore", "query": QUERY})
    assert address.url == STAT_XPLORE
    assert address.shown == "https://stat-xplore.dwp.gov.uk/webapi/rest/v1/table (str:database:CILIF_REL)"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"query": "str:database:CILIF_REL"}, "query"),
        ({"query": QUERY | {"APIKey": KEY}}, "query.APIKey"),
        ({"query": QUERY | {"database": "CILIF_REL"}}, "query.database"),
        ({"query": QUERY | {"measures": []}}, "query.measures"),
        ({"query": QUERY | {"dimensions": [WARDS]}}, "query.dimensions"),
        ({"query": QUERY | {"recodes": [WARDS]}}, "query.recodes"),
        ({"url": "https://elsewhere.example/webapi/rest/v1/table"}, "url"),
        ({"url": "http://stat-xplore.dwp.gov.uk/webapi/rest/v1/table"}, "url"),
    ],
)
def test_a_wrong_declaration_names_the_key(changes, key):
    entry = {"kind": "stat_xplore", "query": QUERY} | changes
    with pytest.raises(ConfigError) as caught:
        address_of(entry)
    assert f"at {key}" in str(caught.value)
    assert KEY not in str(caught.value)
