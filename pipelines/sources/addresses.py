"""The kinds of address at which a publisher offers a file.

An address says *where* and *in what form*; nothing is requested here. Each kind is one entry in `KINDS`: the keys that
it needs, the keys that it may have, and the reading of its values. How an address is asked is in `retrieval`.

===============  ========================================================================================
``plain``        ``url`` of the file; ``member`` if the file is inside a zip at that address
``ckan``         ``portal``, ``resource_id`` and ``form``: the published ``file``, the ``dump`` of its table,
                 or the ``datastore`` read page by page
``arcgis``       ``url`` of a layer, the ``fields`` wanted (the first names a feature) and a condition ``where``
``stat_xplore``  ``query``, a mapping of ``database``, ``measures``, ``dimensions`` and perhaps ``recodes``;
                 ``url`` only if the service has moved. Needs a key: see `stat_xplore`
``page``         ``url`` of a web page from which a person downloads the file; no machine can
===============  ========================================================================================
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from indicators.errors import ConfigError, compose

__all__ = ["CKAN_FORMS", "KINDS", "STAT_XPLORE", "Address", "is_loopback", "is_secure", "parse_address"]

CKAN_FORMS = ("file", "dump", "datastore")
STAT_XPLORE = "https://stat-xplore.dwp.gov.uk/webapi/rest/v1/table"

_RESOURCE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Address:
    """One place where a publisher offers a file, and in what form."""

    kind: str
    url: str | None = None
    member: str | None = None
    portal: str | None = None
    resource_id: str | None = None
    form: str | None = None
    fields: str | None = None
    where: str | None = None
    # as JSON, so that an address stays a value that cannot change
    query: str | None = None

    @property
    def shown(self) -> str:
        """The address as a person would look it up.

        Examples
        --------
        >>> Address("plain", url="https://example.org/a.zip", member="in/a.csv").shown
        'https://example.org/a.zip (in/a.csv)'
        >>> Address("ckan", portal="https://example.org", resource_id="1f", form="dump").shown
        'https://example.org/datastore/dump/1f?bom=true'
        """
        if self.kind == "arcgis":
            return f"{self.url} ({self.where})" if self.where else str(self.url)
        if self.kind == "stat_xplore":
            return f"{self.url} ({json.loads(self.query or '{}').get('database')})"
        if self.kind != "ckan":
            return f"{self.url} ({self.member})" if self.member else str(self.url)
        if self.form == "dump":
            return f"{self.portal}/datastore/dump/{self.resource_id}?bom=true"
        if self.form == "datastore":
            return f"{self.portal}/api/3/action/datastore_search?resource_id={self.resource_id}"
        return f"{self.portal}/api/3/action/resource_show?id={self.resource_id}"

    @property
    def is_automatic(self) -> bool:
        """Whether a program can download from here."""
        return self.kind != "page"


@dataclass(frozen=True)
class _Kind:
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


KINDS: Mapping[str, _Kind] = {
    "plain": _Kind(needs=("url",), may=("member",)),
    "ckan": _Kind(needs=("portal", "resource_id", "form")),
    "arcgis": _Kind(needs=("url", "fields"), may=("where",)),
    "stat_xplore": _Kind(needs=("query",), may=("url",)),
    "page": _Kind(needs=("url",)),
}


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine.

    Examples
    --------
    >>> is_loopback("http://127.0.0.1:8000/a"), is_loopback("http://[::1]/a"), is_loopback("http://example.org/a")
    (True, True, False)
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_secure(url: str) -> bool:
    """Return whether an address may be asked: https, or http on this machine.

    Examples
    --------
    >>> is_secure("https://example.org/a"), is_secure("http://localhost:80/a"), is_secure("http://example.org/a")
    (True, True, False)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))


def parse_address(entry: object, *, where: object, key: str) -> Address:
    """Return the address that one entry of a declaration describes.

    Parameters
    ----------
    entry
        A mapping with ``kind`` and the keys of that kind.
    where
        The file that holds the declaration, for error messages.
    key
        The place in the file, such as ``addresses[0]``.

    Raises
    ------
    ConfigError
        If the kind is unknown, a key is missing or unknown, or an address is not https (or on this machine).

    Examples
    --------
    >>> parse_address({"kind": "plain", "url": "https://example.org/a.csv"}, where="a.yaml", key="addresses[0]").shown
    'https://example.org/a.csv'
    """
    if not isinstance(entry, dict):
        raise _wrong(where, key, "a mapping with kind and its keys", repr(entry))
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise _wrong(where, f"{key}.kind", " | ".join(KINDS), repr(kind))
    rules = KINDS[kind]
    given: dict[str, Any] = {name: value for name, value in entry.items() if name != "kind"}
    unknown = [name for name in given if name not in rules.needs + rules.may]
    if unknown:
        allowed = ", ".join(("kind", *rules.needs, *rules.may))
        raise _wrong(where, f"{key}.{unknown[0]}", f"only {allowed}", "an unknown key")
    for name in rules.needs:
        if name not in given:
            raise _wrong(where, f"{key}.{name}", f"a value: kind {kind} needs it", "nothing")
    if kind == "stat_xplore":
        given = {"url": STAT_XPLORE} | given
        given["query"] = _query(given["query"], where=where, key=f"{key}.query")
    for name, value in given.items():
        if not isinstance(value, str) or not value.strip():
            raise _wrong(where, f"{key}.{name}", "text", repr(value))
    for name in ("url", "portal"):
        if name in given and not is_secure(given[name]):
            raise _wrong(where, f"{key}.{name}", "an https address", given[name])
    if kind == "stat_xplore" and not _may_have_the_key(given["url"]):
        expected = f"an address at {urlsplit(STAT_XPLORE).hostname}, to which a key may be sent"
        raise _wrong(where, f"{key}.url", expected, given["url"])
    if "portal" in given:
        given["portal"] = given["portal"].rstrip("/")
    if "form" in given and given["form"] not in CKAN_FORMS:
        raise _wrong(where, f"{key}.form", " | ".join(CKAN_FORMS), repr(given["form"]))
    if "resource_id" in given and not _RESOURCE_ID.fullmatch(given["resource_id"]):
        raise _wrong(where, f"{key}.resource_id", "a CKAN identifier (8-4-4-4-12 hexadecimal)", given["resource_id"])
    if "member" in given:
        path = PurePosixPath(given["member"])
        if path.is_absolute() or ".." in path.parts or "\\" in given["member"]:
            raise _wrong(where, f"{key}.member", "a path inside the archive, with /", given["member"])
    return Address(kind=kind, **given)


def _may_have_the_key(url: str) -> bool:
    """Return whether a person's key may be sent there: to the service that gave it, or to this machine."""
    return urlsplit(url).hostname == urlsplit(STAT_XPLORE).hostname or is_loopback(url)


def _query(query: object, *, where: object, key: str) -> str:
    """Return a query of Stat-Xplore as JSON, its parts in the order of the declaration."""
    if not isinstance(query, dict):
        raise _wrong(where, key, "a mapping with database, measures and dimensions", repr(query))
    unknown = [str(name) for name in query if name not in ("database", "measures", "dimensions", "recodes")]
    if unknown:
        # the value is not shown: somebody may have put a key there
        raise _wrong(where, f"{key}.{unknown[0]}", "only database, measures, dimensions, recodes", "an unknown key")
    database, measures, dimensions = (query.get(name) for name in ("database", "measures", "dimensions"))
    if not isinstance(database, str) or not database.startswith("str:database:"):
        raise _wrong(where, f"{key}.database", "a name such as str:database:CILIF_REL", repr(database))
    if not _are_names(measures):
        raise _wrong(where, f"{key}.measures", "a list of names such as str:count:...", repr(measures))
    if not isinstance(dimensions, list) or not dimensions or not all(_are_names(one) for one in dimensions):
        raise _wrong(where, f"{key}.dimensions", "a list of lists of names such as str:field:...", repr(dimensions))
    if not isinstance(query.get("recodes", {}), dict):
        raise _wrong(where, f"{key}.recodes", "a mapping of fields to their members", repr(query["recodes"]))
    try:
        return json.dumps(query, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise _wrong(where, f"{key}.recodes", "text, numbers, true and false: quote dates", str(error)) from error


def _are_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one.strip() for one in value)


def _wrong(where: object, key: str, expected: str, found: str) -> ConfigError:
    return ConfigError(
        compose(
            f"A source declaration has a wrong address at {key}",
            where=where,
            expected=expected,
            found=found,
            remedy="correct the declaration",
        )
    )
