"""Answers of the Department for Work and Pensions' Stat-Xplore, saved as JSON, laid out as a long table.

An answer holds the members of each field and a block of figures with one axis per field. Here each combination becomes
a row: per field a column of labels under the field's name and one of codes under ``<name> code``, and the figures
under ``Value`` (or, where there are several measures, under the name of each). A declaration maps such a table like
any other (`mapped_table`). Asking Stat-Xplore, which needs a key, is not done here.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indicators.errors import UnreadableSource
from indicators.readers.shared.published import PublishedTable, readable_file


def is_answer(content: bytes) -> bool:
    """Return whether a file may be an answer: JSON with an object at the top, and cubes in it.

    Examples
    --------
    >>> is_answer(b'{"cubes": {}}'), is_answer(b"DataZone,Value")
    (True, False)
    """
    return content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"cubes"' in content


def answer_table(path: Path) -> PublishedTable:
    """Return an answer as a table with one row per combination of members.

    A figure that is not there (null) becomes an empty cell. The code of a member is the last part of its address, such
    as ``S01006506``; totals have none.

    Raises
    ------
    UnreadableSource
        If the file is no JSON, no such answer, or holds another number of figures than its fields allow.
    """
    try:
        answer = json.loads(readable_file(path).decode("utf-8-sig"))
        fields, measures, cubes = answer["fields"], answer["measures"], answer["cubes"]
        labels = [[_label(item) for item in one["items"]] for one in fields]
        codes = [[_code(item) for item in one["items"]] for one in fields]
        names = [str(one["label"]) for one in fields]
        figures = [_flat(cubes[one["uri"]]["values"]) for one in measures]
    except (KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise _unreadable(path, "an answer of Stat-Xplore with fields, measures and cubes", error) from error
    size = int(np.prod([len(one) for one in labels])) if labels else 0
    if not figures or any(len(one) != size for one in figures):
        raise _unreadable(path, f"{size:,} figures for each measure", ", ".join(f"{len(one):,}" for one in figures))
    columns: dict[str, np.ndarray] = {}
    for name, shown, coded in zip(names, _columns(labels), _columns(codes), strict=True):
        columns[name], columns[f"{name} code"] = shown, coded
    for one, values in zip(measures, figures, strict=True):
        columns["Value" if len(measures) == 1 else str(one["label"])] = values
    return PublishedTable(str(path), columns)


def _columns(members: Sequence[Sequence[str]]) -> list[np.ndarray]:
    """Return one column per field: every combination of members, the last field fastest, as the figures are."""
    rows = np.array(list(itertools.product(*members)), dtype=object).reshape(-1, len(members))
    return [rows[:, place] for place in range(len(members))]


def _flat(values: Any) -> np.ndarray:
    array = np.array(values, dtype=object).ravel()
    return np.array(["" if cell is None else cell for cell in array], dtype=object)


def _label(item: Mapping[str, Any]) -> str:
    return ", ".join(str(one) for one in item["labels"])


def _code(item: Mapping[str, Any]) -> str:
    addresses = item.get("uris") or []
    return str(addresses[0]).rsplit(":", 1)[-1] if addresses else ""


def _unreadable(path: Path, expected: str, found: object) -> UnreadableSource:
    return UnreadableSource(
        "A file is no whole answer of Stat-Xplore",
        where=path,
        expected=expected,
        found=found,
        remedy="ask Stat-Xplore again and save its answer whole",
    )
