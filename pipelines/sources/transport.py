"""Asking a server for a file or a small JSON answer, with bounded patience.

https only, except to this machine; every redirect is held to the same rule, and may lead to no private, loopback or
link-local address, however it is written. Connection errors, timeouts, 429 and server errors are tried again a few
times; anything else is a plain no. A transfer is bounded in all: a watch cuts the connection of a server that drips,
in its headers too. Nothing here knows what a source is.
"""

from __future__ import annotations

import contextlib
import email.utils
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from pipelines.sources.addresses import is_loopback, is_secure

if TYPE_CHECKING:
    import requests

Progress = Callable[[int, "int | None"], None]

_CHUNK = 256 * 1024
_MAX_REDIRECTS = 8
_MAX_JSON_BYTES = 200_000_000


class AddressFailed(Exception):
    """One address did not yield the file; another one may.

    Parameters
    ----------
    reason
        Why, in a few words for a person.
    unreadable
        The server answered, but with something that is not the file.
    """

    def __init__(self, reason: str, *, unreadable: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unreadable = unreadable


class _TryAgain(AddressFailed):
    """A failure that may pass by itself."""

    def __init__(self, reason: str, *, unreadable: bool = False, wait: float | None = None) -> None:
        super().__init__(reason, unreadable=unreadable)
        self.wait = wait


@dataclass(frozen=True)
class Reply:
    """What a server answered to a request for a file."""

    is_new: bool
    etag: str | None = None
    last_modified: str | None = None


@dataclass
class Client:
    """Requests with the rules of this module.

    Attributes
    ----------
    session
        A `requests.Session`; made when first needed.
    timeout
        Seconds to connect, and seconds without a byte.
    retries
        How often an address is asked again after a failure that may pass.
    backoff
        Seconds before the first repetition; doubled each time.
    longest_wait
        No single wait is longer than this; a server that asks for more (Retry-After) is given up.
    max_bytes
        A larger file is refused.
    max_seconds
        A transfer that takes longer in all, with its repetitions, redirects and pages, is given up, however steadily it
        drips.
    sleep
        How to wait.
    sign_in
        Name and password for the address that is asked first, not for where it redirects to.
    """

    session: requests.Session | None = None
    timeout: tuple[float, float] = (10.0, 60.0)
    retries: int = 3
    backoff: float = 0.5
    longest_wait: float = 60.0
    max_bytes: int = 2_000_000_000
    max_seconds: float = 1_800.0
    sleep: Callable[[float], None] = time.sleep
    sign_in: tuple[str, str] | None = field(default=None, repr=False)
    _deadline: float | None = field(default=None, init=False, repr=False)
    _watch: _Watch | None = field(default=None, init=False, repr=False)

    @contextlib.contextmanager
    def bounded(self) -> Iterator[None]:
        """Bound everything that is asked within, together, by `max_seconds`.

        Raises
        ------
        AddressFailed
            If it takes longer.
        """
        if self._deadline is not None:
            yield
            return
        self._deadline = time.monotonic() + self.max_seconds
        self._watch = _Watch(self.max_seconds)
        too_long = f"it took more than {self.max_seconds:,.0f} seconds in all"
        try:
            yield
            if self._watch.is_over:
                # a cut connection may look like an answer that has ended
                raise AddressFailed(too_long)
        except Exception as error:
            if self._watch.is_over:
                raise AddressFailed(too_long) from error
            raise
        finally:
            self._watch.end()
            self._deadline = self._watch = None

    def get_file(
        self,
        url: str,
        target: Path,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        progress: Progress | None = None,
    ) -> Reply:
        """Stream a file to ``target`` and return what the server said of it, or that its copy is unchanged.

        Parameters
        ----------
        url
            Where.
        target
            Written from its beginning at each try; the caller moves it into place.
        etag, last_modified
            What the server said of the copy that we hold; given, they make the request conditional.
        progress
            Called with bytes so far and, if the server says, bytes in all.

        Raises
        ------
        AddressFailed
            With the reason, after the last try.
        """
        headers = {}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified

        def once() -> Reply:
            response = self._open(url, headers)
            try:
                if response.status_code == 304 and headers:
                    return Reply(is_new=False, etag=etag, last_modified=last_modified)
                if response.status_code != 200:
                    raise AddressFailed(f"HTTP {response.status_code} where a file was expected")
                with target.open("wb") as out:
                    self._stream(response, out.write, self.max_bytes, progress)
                return Reply(
                    is_new=True,
                    etag=response.headers.get("ETag"),
                    last_modified=response.headers.get("Last-Modified"),
                )
            finally:
                response.close()

        return self._patiently(once)

    def get_json(self, url: str, params: Mapping[str, str]) -> Any:
        """Return a JSON answer.

        Raises
        ------
        AddressFailed
            If the server does not answer, or not with JSON.
        """

        def once() -> Any:
            response = self._open(url, {"Accept": "application/json"}, params)
            try:
                if response.status_code != 200:
                    raise AddressFailed(f"HTTP {response.status_code} where an answer was expected")
                body = bytearray()
                self._stream(response, body.extend, _MAX_JSON_BYTES, None)
            finally:
                response.close()
            import json

            try:
                return json.loads(body)
            except ValueError as error:
                start = bytes(body[:40])
                raise AddressFailed(f"the answer is not JSON: {start!r}", unreadable=True) from error

        return self._patiently(once)

    def post_file(
        self,
        url: str,
        target: Path,
        *,
        body: bytes,
        secret: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Send a question in JSON and stream its answer to ``target``.

        Parameters
        ----------
        url
            Where.
        target
            Written from its beginning at each try; the caller moves it into place.
        body
            The question.
        secret
            Headers for this server alone. Redirects are refused, so that they reach no other.
        progress
            Called with bytes so far and, if the server says, bytes in all.

        Raises
        ------
        AddressFailed
            With the reason, after the last try.
        """
        headers = {"Accept": "application/json", "Content-Type": "application/json", **(secret or {})}

        def once() -> None:
            response = self._open(url, headers, body=body)
            try:
                if response.status_code != 200:
                    raise AddressFailed(f"HTTP {response.status_code} where a file was expected")
                with target.open("wb") as out:
                    self._stream(response, out.write, min(self.max_bytes, _MAX_JSON_BYTES), progress)
            finally:
                response.close()

        self._patiently(once)

    def _patiently(self, once: Callable[[], Any]) -> Any:
        with self.bounded():
            return self._again(once)

    def _again(self, once: Callable[[], Any]) -> Any:
        for attempt in range(self.retries + 1):
            try:
                return once()
            except _TryAgain as failure:
                wait = self.backoff * 2**attempt if failure.wait is None else failure.wait
                if attempt == self.retries:
                    tries = f" (tried {attempt + 1} times)" if attempt else ""
                    raise AddressFailed(failure.reason + tries, unreadable=failure.unreadable) from failure
                if failure.wait is not None and wait > self.longest_wait:
                    raise AddressFailed(f"{failure.reason}; it asks to wait {wait:,.0f} seconds") from failure
                if self._deadline is not None and time.monotonic() + wait > self._deadline:
                    raise AddressFailed(f"{failure.reason}; no time is left to try again") from failure
                self.sleep(min(wait, self.longest_wait))
        raise RuntimeError("the last attempt returns or raises")

    def _open(
        self,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> requests.Response:
        """Return an answer whose redirects were followed (refused if we sent a body), its own body unread."""
        import requests

        if self.session is None:
            self.session = _new_session(self._connected)
        self._peers: list[bool] = []
        for hop in range(_MAX_REDIRECTS + 1):
            if not is_secure(url):
                raise AddressFailed(f"the address is not https: {without_password(url)}")
            try:
                response = self.session.request(
                    "GET" if body is None else "POST",
                    url,
                    params=params,
                    data=body,
                    # each request has a connection of its own, which the watch can cut
                    headers={"Accept-Encoding": "identity", "Connection": "close", **headers},
                    auth=self.sign_in if hop == 0 else None,
                    stream=True,
                    timeout=self.timeout,
                    allow_redirects=False,
                    # A proxy elsewhere cannot reach this machine's own addresses.
                    proxies={"http": "", "https": ""} if is_loopback(url) else None,
                )
            except ValueError as error:  # also where it redirects to, which is read before it is followed
                raise AddressFailed(f"{without_password(url)}, or what it redirects to, is no address") from error
            except requests.exceptions.RequestException as error:
                raise _connection_failure(error) from error
            if response.is_redirect and body is not None:
                response.close()
                raise AddressFailed("it sends the question elsewhere, which is not followed")
            if response.is_redirect:
                url, params = _redirected(response), None
                response.close()
                continue
            if response.status_code == 429 or response.status_code >= 500:
                wait = _retry_after(response.headers.get("Retry-After"))
                if wait is None and response.status_code == 429:
                    wait = _until_reset(response.headers.get("X-RateLimit-Reset"))
                response.close()
                raise _TryAgain(f"HTTP {response.status_code} {response.reason}".rstrip(), wait=wait)
            if response.status_code >= 400:
                response.close()
                raise AddressFailed(f"HTTP {response.status_code} {response.reason}".rstrip())
            return response
        raise AddressFailed(f"more than {_MAX_REDIRECTS} redirects")

    def _connected(self, connection: socket.socket) -> None:
        """Have the watch look after a new connection, and refuse one that a redirect made to an inner address.

        An address that is asked first is a declared one. An answer from elsewhere must not make us ask services on this
        machine or its network; the peer is looked at, so no spelling and no name hides where it leads.
        """
        if self._watch is not None:
            self._watch.look_after(connection)
        is_inner = not is_public(str(connection.getpeername()[0]))
        self._peers.append(is_inner)
        if is_inner and not self._peers[0]:
            connection.close()
            raise AddressFailed("it redirects to an address inside this machine or its network, which is not followed")

    def _stream(
        self,
        response: requests.Response,
        write: Callable[[bytes], object],
        max_bytes: int,
        progress: Progress | None,
    ) -> None:
        import requests

        declared = response.headers.get("Content-Length", "")
        length = int(declared) if declared.isdigit() else None
        if length is not None and length > max_bytes:
            raise AddressFailed(f"the file is too large: {length:,} bytes, at most {max_bytes:,}", unreadable=True)
        size = 0
        # A server may pack the body all the same; then Content-Length counts the packed bytes.
        is_packed = response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
        try:
            for chunk in response.iter_content(_CHUNK):
                write(chunk)
                size += len(chunk)
                if size > max_bytes:
                    raise AddressFailed(f"the file is too large: over {max_bytes:,} bytes", unreadable=True)
                if self._watch is not None and self._watch.is_over:
                    raise AddressFailed("the time is over")
                if progress is not None:
                    progress(size, None if is_packed else length)
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            expected = f" of {length:,}" if length is not None else ""
            came = max(size, _bytes_that_came(error))
            raise _TryAgain(f"the answer was cut short after {came:,}{expected} bytes", unreadable=True) from error
        except requests.exceptions.RequestException as error:
            raise _connection_failure(error) from error
        if length is not None and not is_packed and size != length:
            raise _TryAgain(f"the answer was cut short after {size:,} of {length:,} bytes", unreadable=True)


class _Watch:
    """Cuts the connections of a transfer when its time is over.

    A socket has a time-out for each read, which a server that sends a byte now and then never meets.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._connections: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def look_after(self, connection: socket.socket) -> None:
        """Hold on to a connection, by a handle of its own: encryption takes the first one over."""
        with self._lock:
            self._connections.append(connection.dup())
        if self.is_over:
            self._cut()

    def end(self) -> None:
        """Let go of everything."""
        self._timer.cancel()
        with self._lock:
            while self._connections:
                self._connections.pop().close()

    def _cut(self) -> None:
        self.is_over = True
        with self._lock:
            for one in self._connections:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the whole internet: not private, loopback or link-local.

    Examples
    --------
    >>> [is_public(one) for one in ("8.8.8.8", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fe80::1%eth0")]
    [True, False, False, False, False]
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and (mapped is None or mapped.is_global)


def without_password(url: str) -> str:
    """Return an address that may be shown and kept: a name and password in it are left out.

    Examples
    --------
    >>> without_password("https://somebody:secret@example.org/a"), without_password("https://somebody:se@cret@[x/a")
    ('https://example.org/a', 'an address that cannot be read')
    """
    try:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return "an address that cannot be read"


def _redirected(response: requests.Response) -> str:
    try:
        url = urljoin(response.url, response.headers["Location"])
        urlsplit(url).port  # noqa: B018 - reading it is what finds a port that is none
        return url
    except (KeyError, ValueError, UnicodeError) as error:
        raise AddressFailed("it redirects to an address that is none") from error


def _new_session(connected: Callable[[socket.socket], None]) -> requests.Session:
    """Return a session that hands over each new connection before anything is sent over it."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    def watched(pool: Any, *, through_proxy: bool) -> Any:
        class Watched(pool.ConnectionCls):  # type: ignore[misc]
            def _new_conn(self) -> socket.socket:
                made: socket.socket = super()._new_conn()
                # the peer of a proxied connection is the proxy, which its owner has chosen
                if not through_proxy:
                    connected(made)
                return made

        return type("WatchedPool", (pool,), {"ConnectionCls": Watched})

    def pools(*, through_proxy: bool) -> dict[str, Any]:
        return {
            "http": watched(HTTPConnectionPool, through_proxy=through_proxy),
            "https": watched(HTTPSConnectionPool, through_proxy=through_proxy),
        }

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options)
            self.poolmanager.pool_classes_by_scheme = pools(through_proxy=False)

    session = requests.Session()
    session.headers["User-Agent"] = "scottish-localities (community planning statistics)"
    # nothing of this machine's accounts is sent to a publisher
    session.auth = _nobody
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())
    return session


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _bytes_that_came(error: Exception) -> int:
    """Return how many bytes urllib3 had when an answer ended early: it does not hand on the last, incomplete piece."""
    from urllib3.exceptions import IncompleteRead

    cause: object = error.args[0] if error.args else None
    found = [cause, *getattr(cause, "args", ())]
    return max((one.partial for one in found if isinstance(one, IncompleteRead)), default=0)


def _connection_failure(error: Exception) -> AddressFailed:
    """Say why a connection failed, and whether trying again can help."""
    import requests
    from urllib3.exceptions import NameResolutionError

    if isinstance(error, requests.exceptions.Timeout):
        return _TryAgain("no answer in time")
    if isinstance(error, requests.exceptions.SSLError):
        return AddressFailed("its certificate is not trusted")
    cause: object = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    if isinstance(reason, NameResolutionError):
        return AddressFailed("the name of the server is not known (is this machine on line?)")
    if isinstance(error, requests.exceptions.ConnectionError):
        return _TryAgain(f"no connection ({type(reason or cause or error).__name__})")
    return AddressFailed(f"the request failed ({type(error).__name__})")


def _retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, given as seconds or as a date.

    Examples
    --------
    >>> _retry_after("7"), _retry_after("soon"), _retry_after("Thu, 01 Jan 1970 00:00:00 GMT")
    (7.0, None, 0.0)
    """
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())


def _until_reset(value: str | None) -> float | None:
    """Return the seconds until the moment that X-RateLimit-Reset names, in milliseconds since 1970 (Stat-Xplore).

    Others count seconds, from 1970 or from now. Numbers of both kinds are far too small for milliseconds since 1970
    and say nothing here; nor does a moment that has passed.

    Examples
    --------
    >>> _until_reset("1600000000000"), _until_reset("1600000000"), _until_reset("soon")
    (None, None, None)
    """
    if value is None or not value.strip().isdigit() or float(value) < 1e11:
        return None
    wait = float(value) / 1000 - time.time()
    return wait if wait > 0 else None
