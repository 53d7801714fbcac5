"""Dagster's web server and page, answering only to the page itself.

Dagster asks nobody who they are, and by itself answers any web page that a person happens to have open: a mutation sent
by GET, by POST as plain text, or over a WebSocket from a foreign page, or to a foreign name that leads to this machine.
Here every request must name a host that the server goes by; a request that a browser makes for a page must be for one
of the server's own; and what changes something must be sent as JSON, which no foreign page can do unasked.

Started by `pipelines.service` in place of ``dagster_webserver``; who signs in is for a proxy in front of it to ask.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

ADDRESSES_VARIABLE = "LOCALITIES_UI_ADDRESSES"
"""Addresses that the page goes by, such as ``http://127.0.0.1:3000``, with blanks between."""

EVERYWHERE = "0.0.0.0"  # noqa: S104 - named here to be told apart: it is no name that a page goes by

_ENDPOINT = "/graphql"


def addresses_of(host: str, port: int, further: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the addresses of a page that is served on a host and port, and under further ones by a proxy.

    Examples
    --------
    >>> addresses_of("127.0.0.1", 3000)
    ('http://127.0.0.1:3000', 'http://[::1]:3000', 'http://localhost:3000')
    >>> addresses_of("127.0.0.1", 3000, ["https://localities.example/"])[-1]
    'https://localities.example'
    """
    named = f"[{host}]" if ":" in host else host
    own = {f"http://{one}:{port}" for one in ("127.0.0.1", "localhost", "[::1]", named)} - {
        f"http://{EVERYWHERE}:{port}"
    }
    return (*sorted(own), *(one.rstrip("/").lower() for one in further))


class OwnPageOnly:
    """ASGI middleware that refuses whatever is not asked by the server's own page, or by a program, of the server.

    Parameters
    ----------
    app
        What answers the rest.
    addresses
        From `addresses_of`. None are known where the server was not started by `pipelines.service`: all is refused.
    """

    def __init__(self, app: ASGIApp, addresses: Sequence[str]) -> None:
        self._app = app
        self._origins = frozenset(addresses)
        self._hosts = frozenset(urlsplit(one).netloc for one in addresses)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with 403."""
        if scope["type"] not in ("http", "websocket") or self._is_own(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "not from this page"})
        else:
            from starlette.responses import PlainTextResponse

            refusal = "Refused: this page answers only to itself. See docs/OPERATIONS.md for serving it to a team."
            await PlainTextResponse(refusal, 403)(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        from starlette.datastructures import Headers

        headers = Headers(scope=scope)
        if headers.getlist("host") != [headers.get("host", "")] or headers["host"].lower() not in self._hosts:
            return False
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in self._origins:
            return False
        if scope["type"] == "websocket":
            return True  # a browser always says which page opens a WebSocket
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate":
            return False
        if not scope["path"].rstrip("/").endswith(_ENDPOINT):
            return scope["method"] in ("GET", "HEAD") or origin is not None or "sec-fetch-site" not in headers
        if scope["method"] == "POST":
            return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
        return "query" not in parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def main(arguments: Sequence[str]) -> None:
    """Run ``dagster dev`` with this web server in place of Dagster's (first argument ``dev``), or the server itself."""
    if list(arguments[:1]) == ["dev"]:
        _dev(arguments[1:])
    else:
        _serve(arguments)


def _serve(arguments: Sequence[str]) -> None:
    import dagster_webserver.app
    from dagster_webserver.cli import cli

    dagster_webserver.app.DagsterWebserver = guarded_webserver()  # type: ignore[misc]
    cli(list(arguments), auto_envvar_prefix="DAGSTER_WEBSERVER")


def guarded_webserver(addresses: Sequence[str] | None = None) -> Any:
    """Return the class of Dagster's web server with `OwnPageOnly` before everything else."""
    from dagster_webserver.webserver import DagsterWebserver
    from starlette.middleware import Middleware

    known = tuple(os.environ.get(ADDRESSES_VARIABLE, "").split()) if addresses is None else tuple(addresses)

    class GuardedWebserver(DagsterWebserver):
        def build_middleware(self) -> list[Middleware]:
            return [Middleware(OwnPageOnly, addresses=known), *super().build_middleware()]

    return GuardedWebserver


def _dev(arguments: Sequence[str]) -> None:
    """Run ``dagster dev``, whose web server is a process of its own, and refuse to go on without the guard in it."""
    import dagster._cli.dev as dev

    begin = dev.open_ipc_subprocess
    guarded: list[bool] = []

    def begin_guarded(parts: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        if "dagster_webserver" in parts:
            parts = ["pipelines.webserver" if one == "dagster_webserver" else one for one in parts]
            guarded.append(True)
        if not guarded:
            raise RuntimeError("this version of Dagster starts its web server in a way that cannot be guarded")
        return begin(parts, **options)

    dev.open_ipc_subprocess = begin_guarded  # type: ignore[assignment]
    dev.dev_command(list(arguments), prog_name="dagster dev")


if __name__ == "__main__":
    main(sys.argv[1:])
