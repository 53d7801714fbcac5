"""Dagster's page answers only to itself: four attacks that any open web page can try, and what must go on working."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget

from pipelines.webserver import addresses_of, guarded_webserver

HOST = "127.0.0.1:3000"
PAGE = f"http://{HOST}"
FOREIGN = "https://evil.example"
MUTATION = "mutation { setNuxSeen }"
QUERY = "{ version }"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The web server as Dagster makes it, and as it is started here."""
    from dagster_webserver.webserver import DagsterWebserver  # a second and a half that one process need take

    with (
        dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as instance,
        WorkspaceProcessContext(instance, workspace_load_target=EmptyWorkspaceTarget()) as context,
    ):
        guarded = guarded_webserver(addresses_of("127.0.0.1", 3000, ["https://localities.example"]))
        yield {
            "plain": DagsterWebserver(context).create_asgi_app(),
            "guarded": guarded(context).create_asgi_app(),
            "unnamed": guarded_webserver([])(context).create_asgi_app(),
        }


def ask(app: Any, kind: str, *, headers: dict[str, str], body: bytes = b"", **scope: Any) -> tuple[int, bytes]:
    """Return status and body of one request, or of a WebSocket 101 or 403 and what came over it."""
    sent: list[dict[str, Any]] = []
    start = {"type": "start", "id": "1", "payload": {"query": MUTATION}}
    waiting: list[dict[str, Any]] = [{"type": "http.request", "body": body}]
    if kind == "websocket":
        waiting = [
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": json.dumps(start)},
            {"type": "websocket.disconnect", "code": 1000},
        ]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else await asyncio.sleep(60, {})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    whole = {
        "type": kind,
        "method": "GET",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        "scheme": "http",
        "subprotocols": [],
        "http_version": "1.1",
        "server": ("127.0.0.1", 3000),
        **scope,
    }
    asyncio.run(asyncio.wait_for(app(whole, receive, send), 30))
    if kind == "websocket":
        return (101 if sent[0]["type"] == "websocket.accept" else 403), json.dumps(sent[1:]).encode()
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


def mutation() -> bytes:
    return urlencode({"query": MUTATION}).encode()


ATTACKS: dict[str, dict[str, Any]] = {
    "a mutation by GET, as the address of a picture": {
        "kind": "http",
        "query_string": mutation(),
        "headers": {"host": HOST},
    },
    "a mutation by POST as plain text": {
        "kind": "http",
        "method": "POST",
        "query_string": mutation(),
        "headers": {"host": HOST, "origin": FOREIGN, "content-type": "text/plain"},
    },
    "a mutation by POST as plain text, its page not named": {
        "kind": "http",
        "method": "POST",
        "query_string": mutation(),
        "headers": {"host": HOST, "content-type": "text/plain; to=application/json"},
    },
    "a WebSocket of a foreign page": {"kind": "websocket", "headers": {"host": HOST, "origin": FOREIGN}},
    "a WebSocket of a sandboxed page": {"kind": "websocket", "headers": {"host": HOST, "origin": "null"}},
    "a name that leads to this machine": {
        "kind": "http",
        "method": "POST",
        "body": json.dumps({"query": MUTATION}).encode(),
        "headers": {"host": "evil.example:3000", "content-type": "application/json"},
    },
    "a WebSocket to such a name": {
        "kind": "websocket",
        "headers": {"host": "evil.example:3000", "origin": "http://evil.example:3000"},
    },
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_a_foreign_page_sends_is_refused(served, attack):
    reached, _ = ask(served["plain"], **attack)
    assert reached != 403, "Dagster itself refuses this by now: the guard may go"
    assert ask(served["guarded"], **attack)[0] == 403
    assert ask(served["unnamed"], **attack)[0] == 403


def test_a_report_that_a_foreign_page_posts_is_refused(served):
    headers = {"host": HOST, "origin": FOREIGN, "content-type": "text/plain"}
    sent = {"method": "POST", "path": "/report_asset_materialization/zones"}
    assert ask(served["guarded"], "http", headers=headers, **sent)[0] == 403


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (HOST, PAGE),
        ("localhost:3000", "http://localhost:3000"),
        ("localities.example", "https://localities.example"),
        (HOST, None),
    ],
)
def test_its_own_page_a_proxy_and_a_program_are_answered(served, host, origin):
    headers = {"host": host, "content-type": "application/json"} | ({"origin": origin} if origin else {})
    status, body = ask(
        served["guarded"], "http", method="POST", headers=headers, body=json.dumps({"query": QUERY}).encode()
    )
    assert (status, list(json.loads(body)["data"])) == (200, ["version"])
    assert ask(served["guarded"], "websocket", headers=headers)[0] == 101


def test_a_link_from_elsewhere_opens_the_page(served):
    headers = {"host": HOST, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "accept": "text/html"}
    assert ask(served["guarded"], "http", headers=headers, path="/server_info")[0] == 200
    by_script = headers | {"sec-fetch-mode": "no-cors"}
    assert ask(served["guarded"], "http", headers=by_script, path="/server_info")[0] == 403
