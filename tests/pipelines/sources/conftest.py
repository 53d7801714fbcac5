"""A publisher on loopback: a real HTTP server that answers as it is told to, and remembers what it was asked."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.sources.addresses import Address
from pipelines.sources.declarations import Source
from pipelines.sources.transport import Client


@dataclass
class Answer:
    """One answer: its status, body and headers; `promised` lies about the length of the body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None


@dataclass
class Request:
    """What was asked."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""


class Publisher:
    """The server. `answers[path]` is one answer, a function of the request, or a list used up in turn (last stays)."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[Request], Answer] | list[Answer]] = {}
        self.requests: list[Request] = []
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                headers = {key.lower(): value for key, value in self.headers.items()}
                sent = self.rfile.read(int(headers.get("content-length", 0)))
                request = Request(parts.path, query, headers, self.command, sent)
                publisher.requests.append(request)
                answer = publisher.answers.get(parts.path, Answer(b"no such page", 404))
                if isinstance(answer, list):
                    answer = answer.pop(0) if len(answer) > 1 else answer[0]
                if callable(answer):
                    answer = answer(request)
                self.send_response(answer.status)
                for key, value in answer.headers.items():
                    self.send_header(key, value)
                if answer.status != 304:
                    length = len(answer.body) if answer.promised is None else answer.promised
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                if answer.status != 304:
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def paths(self) -> list[str]:
        """Return what was asked for, in order."""
        return [request.path for request in self.requests]

    def serves(self, path: str, *bodies: bytes, status: int = 200, promised: int | None = None, **headers: str) -> None:
        """Answer with these bodies in turn, the last one for ever."""
        fields = {key.replace("_", "-"): value for key, value in headers.items()}
        self.answers[path] = [Answer(body, status, fields, promised) for body in bodies]

    def fails_first(self, path: str, times: int, body: bytes, status: int = 500, **headers: str) -> None:
        """Answer with an error a number of times, then with the body."""
        fields = {key.replace("_", "-"): value for key, value in headers.items()}
        self.answers[path] = [*(Answer(b"oops", status, fields) for _ in range(times)), Answer(body)]

    def versioned(self, path: str, body: bytes, etag: str = '"1"', last_modified: str | None = None) -> None:
        """Serve a file with validators: 304 to whoever holds it already."""

        def answer(request: Request) -> Answer:
            headers = {"ETag": etag} | ({"Last-Modified": last_modified} if last_modified else {})
            if request.headers.get("if-none-match") == etag:
                return Answer(status=304, headers=headers)
            return Answer(body, headers=headers)

        self.answers[path] = answer

    def ckan(self, resource_id: str, names: list[str], rows: list[list[str]], most: int = 1000) -> None:
        """Serve a table as a CKAN datastore does: by pages of at most `most` rows, numbered in `_id`."""

        def answer(request: Request) -> Answer:
            if request.query.get("resource_id") != resource_id:
                return Answer(json.dumps({"success": False, "error": {"message": "Not found"}}).encode(), 404)
            start = int(request.query["offset"])
            stop = start + min(int(request.query["limit"]), most)
            page = [{"_id": n + 1, **dict(zip(names, row, strict=True))} for n, row in enumerate(rows)][start:stop]
            result = {
                "fields": [{"id": name, "type": "text"} for name in ["_id", *names]],
                "records": page,
                "total": len(rows),
            }
            return Answer(json.dumps({"success": True, "result": result}).encode())

        self.answers["/api/3/action/datastore_search"] = answer

    def stop(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher of nothing yet."""
    server = Publisher()
    yield server
    server.stop()


@dataclass
class Patience:
    """Waits that were asked for, none of them waited."""

    waits: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def patience() -> Patience:
    """Record the waits between tries."""
    return Patience()


@pytest.fixture
def client(patience: Patience) -> Iterator[Client]:
    """A client that never really waits."""
    client = Client(timeout=(2.0, 2.0), retries=2, backoff=0.5, sleep=patience)
    yield client
    if client.session is not None:
        client.session.close()


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """The downloads folder, not made yet."""
    return tmp_path / "downloads"


@pytest.fixture
def declare() -> Callable[..., Source]:
    """Declare a source of a small table, rolling unless told otherwise."""

    def make(*addresses: Address | str, **changes: object) -> Source:
        given: dict[str, object] = {
            "id": "small-table",
            "title": "A small table",
            "publisher": "A publisher",
            "landing_page": "https://publisher.example/small-table",
            "addresses": tuple(Address("plain", url=one) if isinstance(one, str) else one for one in addresses),
            "file_name": "table.csv",
            "folder": "small-table",
            "format": "csv",
            "encoding": "utf-8-sig",
            "licence": "Open Government Licence v3.0",
            "attribution": "Contains public sector information.",
            "vintage": "2011",
            "update": "rolling",
        }
        return Source(**(given | changes))  # type: ignore[arg-type]

    return make
