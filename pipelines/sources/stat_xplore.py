"""Tables of the Department for Work and Pensions' Stat-Xplore, asked for with a query and kept as its JSON answer.

Stat-Xplore answers only to people who have a key. It is free: register at https://stat-xplore.dwp.gov.uk, and the page
Account shows it under Open Data API access. Put it into the environment variable ``STAT_XPLORE_KEY``. It is sent to
Stat-Xplore alone and written nowhere; without it the address is passed over like one that only a person can use.

In a declaration the query is what Stat-Xplore itself offers for download as "Open Data API query (.json)", or the like
written as YAML::

    addresses:
      - kind: stat_xplore
        query:
          database: "str:database:CILIF_REL"
          measures: ["str:count:CILIF_REL:V_F_CILIF_REL"]
          dimensions:
            - ["str:field:CILIF_REL:V_F_CILIF_REL:WARD_CODE"]
            - ["str:field:CILIF_REL:F_CILIF_DATE:DATE_NAME"]
          recodes: {}
    file_name: children-in-low-income-families.json
    format: json

The file is read by `indicators.readers.stat_xplore` and mapped like any other table (``reader: mapped_table``). A key
may ask 2,000 times in an hour, and a source is one question. An answer 429 says when the hour ends; a short wait is
waited, a long one is given up and named, so that a run never stands still for an hour.

References
----------
Department for Work and Pensions, Stat-Xplore online help: Open Data API, Table Endpoint and Rate Limit Endpoint.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pipelines.sources.transport import AddressFailed, Client, Progress

KEY_VARIABLE = "STAT_XPLORE_KEY"

_HOW_TO_GET_ONE = "https://stat-xplore.dwp.gov.uk → Account → Open Data API access"
_PARTS = ("cubes", "fields", "measures")


class NoKey(AddressFailed):
    """There is no key to ask with, and that is no fault of the source."""


def key_from_environment(environment: Mapping[str, str] | None = None) -> str:
    """Return the key that ``STAT_XPLORE_KEY`` holds.

    Raises
    ------
    NoKey
        If it is unset or empty; says how to get one.
    AddressFailed
        If it holds what no header may: the value itself is never shown.

    Examples
    --------
    >>> key_from_environment({"STAT_XPLORE_KEY": " abc123 "})
    'abc123'
    """
    key = (os.environ if environment is None else environment).get(KEY_VARIABLE, "").strip()
    if not key:
        raise NoKey(f"it needs a key in {KEY_VARIABLE}, which is free: {_HOW_TO_GET_ONE}")
    # checked here because the library that sends it would quote it when it complains
    if not all("!" <= sign <= "~" for sign in key):
        raise AddressFailed(f"{KEY_VARIABLE} is no key: it holds spaces or signs outside ASCII")
    return key


def write_answer(
    url: str,
    target: Path,
    client: Client,
    *,
    query: str,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Write Stat-Xplore's answer to a query to ``target``, byte for byte.

    Parameters
    ----------
    url
        Address of the table service.
    target
        The file to write.
    client
        How to ask.
    query
        The query as JSON.
    progress
        Called with bytes so far and, if known, in all.
    environment
        Where the key is; by default this process's environment.

    Raises
    ------
    NoKey
        If there is no key.
    AddressFailed
        If Stat-Xplore refuses the key or the query, asks for too long a wait, or answers with anything but a table.
    """
    key = key_from_environment(environment)
    try:
        client.post_file(url, target, body=query.encode("utf-8"), secret={"APIKey": key}, progress=progress)
    except AddressFailed as failure:
        if failure.reason.startswith(("HTTP 401", "HTTP 403")):
            advice = f"the key in {KEY_VARIABLE} was refused; yours is at {_HOW_TO_GET_ONE}"
            raise AddressFailed(f"{failure.reason}: {advice}") from failure
        if failure.reason.startswith("HTTP 400"):
            raise AddressFailed(f"{failure.reason}: the query of the declaration was refused") from failure
        raise
    _require_table(target.read_bytes())


def _require_table(body: bytes) -> None:
    try:
        answer = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        is_page = body.lstrip().startswith(b"<")
        found = "a web page" if is_page else "cut short or no JSON"
        raise AddressFailed(f"the answer is not Stat-Xplore's JSON but {found}", unreadable=True) from error
    missing = [part for part in _PARTS if not isinstance(answer, dict) or not answer.get(part)]
    if missing:
        raise AddressFailed(f"the answer is JSON without {', '.join(missing)}: no table", unreadable=True)
