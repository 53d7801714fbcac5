"""What a hostile or broken server may do to a transfer: drip, redirect inwards, redirect nowhere; and passwords."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from indicators.errors import ConfigError, LocalitiesError
from pipelines.sources import transport
from pipelines.sources.download import fetch
from pipelines.sources.provenance import record_path
from pipelines.sources.transport import AddressFailed, Client

TABLE = b"\xef\xbb\xbfDataZone,Count\nS01006506,8\n"


@contextmanager
def dripping(first: bytes) -> Iterator[str]:
    """A server that sends some bytes, then one more every tenth of a second, for ever."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
                connection.recv(65_536)
                connection.sendall(first)
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.1)
            except OSError:
                if listening.fileno() < 0:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/table.csv"
    finally:
        listening.close()


@pytest.mark.parametrize(
    "first",
    [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n"],
    ids=["in its headers", "in its body"],
)
def test_a_server_that_drips_is_given_up_in_time(first, tmp_path: Path):
    client = Client(timeout=(2.0, 2.0), retries=3, max_seconds=0.6)
    began = time.monotonic()
    with dripping(first) as address, pytest.raises(AddressFailed, match="more than 1 seconds in all"):
        client.get_file(address, tmp_path / "table.csv")
    assert time.monotonic() - began < 5.0


def test_repetitions_count_towards_the_time_in_all(publisher, patience, tmp_path: Path):
    publisher.serves("/table.csv", b"oops", status=503)
    client = Client(timeout=(2.0, 2.0), retries=50, backoff=20.0, max_seconds=60.0, sleep=patience)
    with pytest.raises(AddressFailed, match="no time is left"):
        client.get_file(f"{publisher.address}/table.csv", tmp_path / "table.csv")
    assert sum(patience.waits) <= 60.0


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]"],
)
def test_a_redirect_inwards_is_refused_in_every_spelling(publisher, monkeypatch, tmp_path: Path, host):
    """The publisher stands for one of the internet: its own connection, the first, is taken for a public one."""
    seen: list[str] = []
    real = transport.is_public

    def first_is_public(address: str) -> bool:
        seen.append(address)
        return len(seen) == 1 or real(address)

    monkeypatch.setattr(transport, "is_public", first_is_public)
    monkeypatch.setattr(transport, "is_secure", lambda url: True)
    port = publisher.address.rpartition(":")[2]
    publisher.serves("/secret.csv", TABLE)
    publisher.serves("/table.csv", b"", status=302, Location=f"http://{host}:{port}/secret.csv")
    with pytest.raises(AddressFailed, match=r"inside this machine|no connection|is no address"):
        Client(timeout=(2.0, 2.0), retries=0).get_file(f"{publisher.address}/table.csv", tmp_path / "table.csv")
    assert publisher.paths() == ["/table.csv"]
    assert not (tmp_path / "table.csv").exists()


@pytest.mark.parametrize(
    "location", ["http://[bad", "https://example.org:port/a", "https://\udcff/a", "//", "https://" + "a" * 70 + ".b/"]
)
def test_a_redirect_nowhere_is_a_reason(publisher, client, declare, downloads, location):
    publisher.serves("/table.csv", b"", status=302, Location=location.encode("utf-8", "replace").decode())
    with pytest.raises(LocalitiesError, match="small-table could not be had"):
        fetch(declare(f"{publisher.address}/table.csv"), downloads=downloads, client=client)


def test_a_mirrors_password_is_sent_to_it_alone_and_kept_nowhere(publisher, client, declare, downloads):
    publisher.serves("/m/small-table/table.csv", b"", status=302, Location="/elsewhere.csv")
    publisher.serves("/elsewhere.csv", TABLE)
    named = publisher.address.replace("http://", "http://somebody:sec%40ret@")
    got = fetch(declare(), downloads=downloads, mirror=f"{named}/m", client=client)
    first, second = publisher.requests
    assert first.headers["authorization"] == "Basic c29tZWJvZHk6c2VjQHJldA=="  # somebody:sec@ret
    assert "authorization" not in second.headers
    kept = record_path(got.path).read_text(encoding="utf-8") + str(got)
    assert "sec" not in kept.replace("seconds", "")
    assert "somebody" not in kept
    with pytest.raises(ConfigError) as refused:
        fetch(declare(), downloads=downloads, mirror="ftp://somebody:secret@example.org", client=client)
    assert "secret" not in str(refused.value)


def test_a_failing_mirror_does_not_tell_its_password(client, declare, downloads):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    quick = replace(client, retries=0)
    with pytest.raises(LocalitiesError) as failed:
        fetch(declare(), downloads=downloads, mirror=f"http://somebody:secret@127.0.0.1:{port}/m", client=quick)
    assert "secret" not in str(failed.value)
