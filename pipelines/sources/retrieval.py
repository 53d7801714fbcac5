"""How each kind of address is asked for its file.

One function per kind, each leaving the declared file at ``target``: a plain file, a file inside a zip, CKAN's three
forms, the features of an ArcGIS layer (`arcgis`), and tables of Stat-Xplore and Nomis (`stat_xplore`, `nomis`). CKAN's
record of a resource names the file; its datastore holds the same table, whole as a dump or in pages. A datastore
speaks UTF-8, so a table from there is written in the encoding that the source declares.
"""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from indicators.errors import LocalitiesError
from pipelines.sources.addresses import Address
from pipelines.sources.arcgis import write_features
from pipelines.sources.archives import open_safely
from pipelines.sources.nomis import write_table
from pipelines.sources.stat_xplore import write_answer
from pipelines.sources.transport import AddressFailed, Client, Progress

# CKAN's own default ceiling (ckan.datastore.search.rows_max); a portal may send fewer.
PAGE_ROWS = 32_000
_ROW_NUMBER = "_id"


@dataclass(frozen=True)
class Known:
    """What a server last said of the copy that we hold."""

    asked: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Answer:
    """What came of asking an address."""

    is_new: bool
    asked: str
    etag: str | None = None
    last_modified: str | None = None


def retrieve(
    address: Address,
    target: Path,
    client: Client,
    *,
    encoding: str | None = None,
    known: Known | None = None,
    progress: Progress | None = None,
    page_rows: int = PAGE_ROWS,
) -> Answer:
    """Write the file that an address offers to ``target``, or say that the copy that we hold is unchanged.

    Parameters
    ----------
    address
        Where, and in what form.
    target
        The file to write; its folder may hold temporary files beside it.
    client
        How to ask.
    encoding
        The declared encoding of a text file.
    known
        Makes the request conditional if it is to the same address.
    progress
        Called with bytes so far and in all.
    page_rows
        Rows to ask for in one page of a datastore.

    Raises
    ------
    AddressFailed
        If the address does not yield the file.
    """
    if address.kind == "page":
        raise AddressFailed(f"only a person can download it, from {address.url}")
    with client.bounded():
        return _retrieve(address, target, client, encoding, known, progress, page_rows)


def _retrieve(
    address: Address,
    target: Path,
    client: Client,
    encoding: str | None,
    known: Known | None,
    progress: Progress | None,
    page_rows: int,
) -> Answer:
    if address.kind == "plain":
        url = str(address.url)
        if address.member is None:
            return _file(url, target, client, known, progress)
        return _member(url, address.member, target, client, known, progress)
    if address.kind == "arcgis":
        write_features(
            str(address.url),
            target,
            client,
            fields=str(address.fields),
            where=address.where or "1=1",
            progress=progress,
        )
        return Answer(is_new=True, asked=address.shown)
    if address.kind == "stat_xplore":
        write_answer(str(address.url), target, client, query=address.body, progress=progress)
        return Answer(is_new=True, asked=address.shown)
    if address.kind == "nomis":
        parameters = address.parameters or {}
        write_table(address.table_url, target, client, parameters=parameters, encoding=encoding, progress=progress)
        return Answer(is_new=True, asked=address.shown)
    if address.form == "file":
        return _file(_resource_url(address, client), target, client, known, progress)
    if address.form == "dump":
        answer = _file(address.shown, target, client, known, progress)
        if answer.is_new:
            _recode(target, encoding)
        return answer
    _datastore(address, target, client, encoding, progress, page_rows)
    return Answer(is_new=True, asked=address.shown)


def _file(url: str, target: Path, client: Client, known: Known | None, progress: Progress | None) -> Answer:
    same = known if known is not None and known.asked == url else Known()
    reply = client.get_file(url, target, etag=same.etag, last_modified=same.last_modified, progress=progress)
    return Answer(reply.is_new, url, reply.etag, reply.last_modified)


def _member(
    url: str, member: str, target: Path, client: Client, known: Known | None, progress: Progress | None
) -> Answer:
    archive_path = target.with_name(f"{target.name}.archive.zip")
    answer = _file(url, archive_path, client, known, progress)
    if answer.is_new:
        try:
            with open_safely(archive_path) as archive, archive.open(member) as stream, target.open("wb") as out:
                while chunk := stream.read(1 << 20):
                    out.write(chunk)
        except LocalitiesError as error:
            raise AddressFailed(" ".join(str(error).split()), unreadable=True) from error
        finally:
            archive_path.unlink(missing_ok=True)
    return answer


def _call(address: Address, client: Client, action: str, params: dict[str, str]) -> dict[str, Any]:
    answer = client.get_json(f"{address.portal}/api/3/action/{action}", params)
    if not isinstance(answer, dict) or not answer.get("success") or not isinstance(answer.get("result"), dict):
        error = answer.get("error") if isinstance(answer, dict) else None
        raise AddressFailed(f"the portal answers {action} with an error: {error}", unreadable=True)
    result: dict[str, Any] = answer["result"]
    return result


def _resource_url(address: Address, client: Client) -> str:
    result = _call(address, client, "resource_show", {"id": str(address.resource_id)})
    url = result.get("url")
    if not isinstance(url, str) or not url:
        raise AddressFailed("the portal's record of the resource names no file", unreadable=True)
    return urljoin(f"{address.portal}/", url)


def _recode(path: Path, encoding: str | None) -> None:
    """Rewrite a UTF-8 file in the declared encoding."""
    if encoding is None or codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
        return
    rewritten = path.with_name(f"{path.name}.recoded")
    try:
        with (
            path.open("r", encoding="utf-8-sig", newline="") as stream,
            rewritten.open("w", encoding=encoding, newline="") as out,
        ):
            while text := stream.read(1 << 20):
                out.write(text)
    except UnicodeError as error:
        raise AddressFailed(f"the table cannot be written in {encoding}: {error}", unreadable=True) from error
    rewritten.replace(path)


def _datastore(
    address: Address,
    target: Path,
    client: Client,
    encoding: str | None,
    progress: Progress | None,
    page_rows: int,
) -> None:
    """Assemble a table from its pages, in the order of the portal's row numbers, which are left out."""
    names: list[str] | None = None
    total: int | None = None
    read = 0
    try:
        with target.open("w", encoding=encoding or "utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            while total is None or read < total:
                page = _call(
                    address,
                    client,
                    "datastore_search",
                    {
                        "resource_id": str(address.resource_id),
                        "limit": str(page_rows),
                        "offset": str(read),
                        "sort": _ROW_NUMBER,
                        "include_total": "true",
                    },
                )
                columns, found, rows = _page_parts(page)
                if names is None:
                    names, total = columns, found
                    writer.writerow(names)
                elif (columns, found) != (names, total):
                    raise AddressFailed("the table changed while it was read", unreadable=True)
                if not rows and read < found:
                    raise AddressFailed(f"the table ends after {read:,} of {found:,} rows", unreadable=True)
                writer.writerows([["" if row.get(n) is None else row[n] for n in columns] for row in rows])
                read += len(rows)
                if progress is not None:
                    progress(out.tell(), None)
            if read != total:
                raise AddressFailed(f"the table has {read:,} rows where {total:,} were said", unreadable=True)
    except UnicodeError as error:
        raise AddressFailed(f"the table cannot be written in {encoding}: {error}", unreadable=True) from error


def _page_parts(page: dict[str, Any]) -> tuple[list[str], int, list[dict[str, Any]]]:
    try:
        columns = [field["id"] for field in page["fields"] if field["id"] != _ROW_NUMBER]
        rows = list(page["records"])
        return columns, int(page["total"]), rows
    except (KeyError, TypeError, ValueError) as error:
        raise AddressFailed("the portal's page of the table lacks fields, records or total", unreadable=True) from error
