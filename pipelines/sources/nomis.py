"""Tables of Nomis (Office for National Statistics), asked for page by page and written as one CSV file.

Nomis needs no key. A guest gets at most 25,000 records for a question, and what is beyond them is left out without a
word and with HTTP 200; a key (free: register at https://www.nomisweb.co.uk, the page My Account shows the unique id,
which begins with 0x) raises that to 100,000. Put it into the environment variable ``NOMIS_KEY``; it is sent to Nomis
alone and written nowhere. So that nothing is lost in silence, every page is asked to say how many records there are
in all (``RECORD_COUNT``), and a table is taken only when so many have come.

In a declaration the parameters are those of the API's own addresses, which Nomis offers for download with each table::

    addresses:
      - kind: nomis
        dataset: NM_162_1
        parameters: {geography: 2013265931TYPE432, date: latest, gender: 0, age: 0, measure: 1, measures: 20100}
    file_name: claimants.csv
    format: csv
    encoding: utf-8

References
----------
Nomis, API documentation, https://www.nomisweb.co.uk/api/v01/help: data in CSV, ``select``, ``RecordLimit``,
``RecordOffset``, ``uid``.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from pipelines.sources.transport import AddressFailed, Client, Progress

KEY_VARIABLE = "NOMIS_KEY"

GUEST_ROWS, KEY_ROWS = 25_000, 100_000
"""Most records of one answer, without a key and with one."""

_COUNT, _OFFSET = "RECORD_COUNT", "RECORD_OFFSET"


def write_table(
    url: str,
    target: Path,
    client: Client,
    *,
    parameters: Mapping[str, str],
    encoding: str | None = None,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
    page_rows: int | None = None,
) -> None:
    """Write all records of a question to ``target``, without the columns that number them.

    Parameters
    ----------
    url
        Address of the dataset's CSV, such as ``https://www.nomisweb.co.uk/api/v01/dataset/NM_162_1.data.csv``.
    target
        The file to write.
    client
        How to ask.
    parameters
        As in the API's addresses; ``select`` may leave out the record's numbers, which are asked for anyway.
    encoding
        Of the file; UTF-8 by default.
    progress
        Called with bytes so far and, if known, in all.
    environment
        Where the key is; by default this process's environment.
    page_rows
        Records to ask for at a time; by default as many as are allowed.

    Raises
    ------
    AddressFailed
        If Nomis refuses, answers with anything but CSV, or ends before the number of records that it said.
    """
    key = (os.environ if environment is None else environment).get(KEY_VARIABLE, "").strip()
    rows_at_once = page_rows or (KEY_ROWS if key else GUEST_ROWS)
    page = target.with_name(f"{target.name}.page")
    names: list[str] | None = None
    total, read = None, 0
    try:
        with target.open("w", encoding=encoding or "utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            while total is None or read < total:
                asked = {**_with_count(parameters), "RecordLimit": str(rows_at_once), "RecordOffset": str(read)}
                _ask(url, asked, key, page, client, progress)
                columns, found, rows = _parts(page)
                if names is None:
                    names, total = columns, found
                    writer.writerow(names)
                elif not rows:
                    raise AddressFailed(f"the table ends after {read:,} of {total:,} records", unreadable=True)
                elif (columns, found) != (names, total):
                    raise AddressFailed("the table changed while it was read", unreadable=True)
                writer.writerows(rows)
                read += len(rows)
            if read != total:
                raise AddressFailed(f"the table has {read:,} records where {total:,} were said", unreadable=True)
    finally:
        page.unlink(missing_ok=True)


def _with_count(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters with a selection that says how many records there are."""
    selected = next((name for name in parameters if name.casefold() == "select"), None)
    if selected is None:
        return dict(parameters)
    wanted = [name for name in parameters[selected].split(",") if name.strip()]
    more = [] if any(name.strip().casefold() == _COUNT.casefold() for name in wanted) else [_COUNT.casefold()]
    return {**parameters, selected: ",".join([*wanted, *more])}


def _ask(url: str, asked: Mapping[str, str], key: str, page: Path, client: Client, progress: Progress | None) -> None:
    question = {**asked, **({"uid": key} if key else {})}
    try:
        client.get_file(f"{url}?{urlencode(question, safe=',.')}", page, progress=progress)
    except AddressFailed as failure:
        reason = failure.reason.replace(key, "...") if key else failure.reason
        if reason.startswith(("HTTP 401", "HTTP 403")) and key:
            reason = f"{reason}: the key in {KEY_VARIABLE} was refused; without one Nomis answers too"
        elif reason.startswith("HTTP 400"):
            reason = f"{reason}: the parameters of the declaration were refused"
        raise AddressFailed(reason, unreadable=failure.unreadable) from None


def _parts(page: Path) -> tuple[list[str], int, list[list[str]]]:
    """Return the names of a page's columns, the number of records in all, and its rows; those of numbers left out."""
    # a mark at the beginning, or none
    text = page.read_text(encoding="utf-8-sig", errors="replace")
    if text.lstrip().startswith("<") or not text.strip():
        raise AddressFailed(f"the answer is {'a web page' if text.strip() else 'empty'} where CSV was expected",
                            unreadable=True)  # fmt: skip
    header, *rows = csv.reader(io.StringIO(text))
    upper = [name.strip().upper() for name in header]
    if _COUNT not in upper:
        beginning = " ".join(text.split())[:80]
        raise AddressFailed(f"the answer has no column {_COUNT}: {beginning!r}", unreadable=True)
    kept = [place for place, name in enumerate(upper) if name not in (_COUNT, _OFFSET)]
    at = upper.index(_COUNT)
    rows = [row for row in rows if row]
    if any(len(row) != len(header) for row in rows):
        raise AddressFailed("a record is cut short", unreadable=True)
    counts = {row[at].strip() for row in rows}
    if rows and (len(counts) != 1 or not next(iter(counts)).isdigit()):
        raise AddressFailed(f"the records disagree on how many there are: {', '.join(sorted(counts)[:3])}",
                            unreadable=True)  # fmt: skip
    total = int(next(iter(counts))) if rows else 0
    return [header[place] for place in kept], total, [[row[place] for place in kept] for row in rows]
