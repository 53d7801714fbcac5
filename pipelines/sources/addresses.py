"""The kinds of address at which a publisher offers a file.

An address says *where* and *in what form*; nothing is requested here. Each kind is one entry in `KINDS`: the keys that
it needs and those that it may have. How an address is asked is in `retrieval`.

===============  ========================================================================================
``plain``        ``url`` of the file; ``member`` if the file is inside a zip at that address
``ckan``         ``portal``, ``resource_id`` and ``form``: the published ``file``, the ``dump`` of its table,
                 or the ``datastore`` read page by page
``arcgis``       ``url`` of a layer, the ``fields`` wanted (the first names a feature) and a condition ``where``
``stat_xplore``  ``query``, a mapping of ``database``, ``measures``, ``dimensions`` and perhaps ``recodes``;
                 ``url`` only if the service has moved. Needs a key: see `stat_xplore`
``nomis``        ``dataset`` and ``parameters`` of Nomis's API, read page by page; ``url`` only if the service has
                 moved. A key is not needed: see `nomis`
``page``         ``url`` of a web page from which a person downloads the file; no machine can
===============  ========================================================================================

Any address may be ``unconfirmed``: why, in words, where no documentation or use of it by others was found that says the
same. `localities sources list` shows it.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import pydantic
import pydantic.dataclasses

from indicators.declaring.strict_yaml import STRICT, AtKey

STAT_XPLORE = "https://stat-xplore.dwp.gov.uk/webapi/rest/v1/table"

NOMIS = "https://www.nomisweb.co.uk/api/v01/dataset"

AddressKind = Literal["plain", "ckan", "arcgis", "stat_xplore", "nomis", "page"]


@dataclass(frozen=True)
class _Kind:
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


KINDS: Mapping[str, _Kind] = {
    "plain": _Kind(needs=("url",), may=("member",)),
    "ckan": _Kind(needs=("portal", "resource_id", "form")),
    "arcgis": _Kind(needs=("url", "fields"), may=("where",)),
    "stat_xplore": _Kind(needs=("query",), may=("url",)),
    "nomis": _Kind(needs=("dataset", "parameters"), may=("url",)),
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


def _needs_https(url: str) -> str:
    if not is_secure(url):
        raise ValueError("an https address")
    return url


def _inside(member: str) -> str:
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts or "\\" in member:
        raise ValueError("a path inside the archive, with /")
    return member


Text = Annotated[str, pydantic.Field(pattern=r"\S")]
Url = Annotated[Text, pydantic.AfterValidator(_needs_https)]
# numbers are texts here: codes of Nomis look like either
Parameter = Annotated[
    str,
    pydantic.BeforeValidator(
        lambda given: str(given) if type(given) is int else given, json_schema_input_type=str | int
    ),
    pydantic.Field(min_length=1),
]
Names = Annotated[tuple[Text, ...], pydantic.Field(min_length=1)]


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Query:
    """A query of Stat-Xplore: the names that its own web page shows."""

    database: Annotated[str, pydantic.Field(pattern=r"^str:database:")]
    """Such as ``str:database:CILIF_REL``."""
    measures: Names
    """Names such as ``str:count:...``."""
    dimensions: Annotated[tuple[Names, ...], pydantic.Field(min_length=1)]
    """Lists of names such as ``str:field:...``."""
    recodes: dict[str, Any] = field(default_factory=dict)
    """Members wanted, by field."""


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Address:
    """One place where a publisher offers a file, and in what form."""

    kind: AddressKind
    """How the address is asked; each kind has keys of its own."""
    url: Url | None = None
    """The address of a file, a layer or a page."""
    member: Annotated[str, pydantic.AfterValidator(_inside)] | None = None
    """The file inside a zip, with ``/``."""
    portal: Annotated[Url, pydantic.AfterValidator(lambda url: url.rstrip("/"))] | None = None
    """The address of a CKAN portal."""
    resource_id: Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | None = None
    """A CKAN identifier (8-4-4-4-12 hexadecimal)."""
    form: Literal["file", "dump", "datastore"] | None = None
    """Of CKAN: the published file, the dump of its table, or the datastore read page by page."""
    fields: Text | None = None
    """Of an ArcGIS layer: the fields wanted; the first names a feature."""
    where: Text | None = None
    """Of an ArcGIS layer: a condition."""
    query: Query | None = None
    """Of Stat-Xplore: what is asked."""
    dataset: Annotated[str, pydantic.Field(pattern=r"^NM_\d+_\d+$")] | None = None
    """Of Nomis: the dataset, such as ``NM_162_1``."""
    parameters: dict[str, Parameter] | None = None
    """Of Nomis: what is asked, as in the API's own addresses."""
    unconfirmed: Text | None = None
    """What of the address no documentation was found to confirm; nothing where it is confirmed."""

    @pydantic.model_validator(mode="after")
    def _keys_of_the_kind(self) -> Address:
        rules = KINDS[self.kind]
        given = {one.name for one in fields(self) if getattr(self, one.name) is not None} - {"kind", "unconfirmed"}
        for name in sorted(given - {*rules.needs, *rules.may}):
            raise AtKey(name, f"only {', '.join(('kind', *rules.needs, *rules.may))}", "a key of another kind")
        for name in rules.needs:
            if name not in given:
                raise AtKey(name, f"a value: kind {self.kind} needs it", "nothing")
        if self.kind == "stat_xplore":
            self._be_at(STAT_XPLORE)
        if self.kind == "nomis":
            self._be_at(NOMIS)
        return self

    def _be_at(self, service: str) -> None:
        """Take the address of a service that a person's key is for, unless another is declared on this machine."""
        object.__setattr__(self, "url", self.url or service)
        if not (urlsplit(str(self.url)).hostname == urlsplit(service).hostname or is_loopback(str(self.url))):
            raise AtKey("url", f"an address at {urlsplit(service).hostname}, to which a key may be sent", self.url)

    @property
    def body(self) -> str:
        """The query as JSON, as it is sent."""
        return json.dumps({key: value for key, value in asdict(self)["query"].items() if value}, ensure_ascii=False)

    @property
    def shown(self) -> str:
        """The address as a person would look it up.

        Examples
        --------
        >>> Address("plain", url="https://example.org/a.zip", member="in/a.csv").shown
        'https://example.org/a.zip (in/a.csv)'
        >>> number = "1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f"
        >>> Address("ckan", portal="https://example.org", resource_id=number, form="dump").shown
        'https://example.org/datastore/dump/1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f?bom=true'
        """
        if self.kind == "arcgis":
            return f"{self.url} ({self.where})" if self.where else str(self.url)
        if self.kind == "stat_xplore":
            return f"{self.url} ({self.query.database if self.query else ''})"
        if self.kind == "nomis":
            asked = ", ".join(f"{name}={value}" for name, value in (self.parameters or {}).items())
            return f"{self.table_url} ({asked})"
        if self.kind != "ckan":
            return f"{self.url} ({self.member})" if self.member else str(self.url)
        if self.form == "dump":
            return f"{self.portal}/datastore/dump/{self.resource_id}?bom=true"
        if self.form == "datastore":
            return f"{self.portal}/api/3/action/datastore_search?resource_id={self.resource_id}"
        return f"{self.portal}/api/3/action/resource_show?id={self.resource_id}"

    @property
    def table_url(self) -> str:
        """Of Nomis: the address of the dataset's CSV."""
        return f"{self.url}/{self.dataset}.data.csv"

    @property
    def key(self) -> str:
        """Which key it takes, in words; nothing where there is none."""
        return {"stat_xplore": "needed: STAT_XPLORE_KEY", "nomis": "not needed; NOMIS_KEY for larger pages"}.get(
            self.kind, ""
        )

    @property
    def is_automatic(self) -> bool:
        """Whether a program can download from here."""
        return self.kind != "page"
