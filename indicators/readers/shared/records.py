"""Records in JSON as rows of cells: answers of data portals, features of a map, columns or rows of a data frame."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from indicators.errors import SchemaError, UnreadableSource

_INSIDE = ("properties", "attributes", "fields")
"""Under which the cells of a record lie, where they do not lie in it: of GeoJSON, of ArcGIS, of Airtable."""


def record_rows(path: Path, content: bytes) -> Sequence[Sequence[object]]:
    r"""Return the rows of the longest table in JSON, names of columns first.

    A table is a list of records, a list of lists of one length (named by a list of as many texts beside it), or
    columns: lists of one length by name. Records may also stand one on each line.

    Raises
    ------
    UnreadableSource
        If it is no whole JSON.
    SchemaError
        If it holds no such table.

    Examples
    --------
    >>> record_rows(Path("a.json"), b'{"features": [{"type": "Feature", "properties": {"DataZone": "S01006506"}}]}')
    [['DataZone'], ['S01006506']]
    >>> record_rows(Path("a.json"), b'{"columns": ["DataZone", "Patients"], "data": [["S01006506", 3]]}')
    [['DataZone', 'Patients'], ['S01006506', 3]]
    """
    try:
        whole = loaded(content)
    except (ValueError, RecursionError) as error:
        raise UnreadableSource(
            "A file is damaged or cut short",
            where=path,
            expected="whole JSON",
            found=error,
            remedy="fetch the file again with `localities sources fetch`",
        ) from error
    found = max(_tables(whole), key=len, default=[])
    if len(found) > 1:
        return found
    raise SchemaError(
        "The layout of this table is not known",
        where=path,
        expected="a list of records in JSON, one per area",
        found=content[:80].decode("utf-8", "replace"),
        remedy="get the table as CSV",
    )


def loaded(content: bytes) -> object:
    r"""Return what JSON holds; of records that stand one on each line, their list.

    Raises
    ------
    ValueError, RecursionError
        If it is no whole JSON.

    Examples
    --------
    >>> loaded(b'{"a": 1}\n{"a": 2}\n')
    [{'a': 1}, {'a': 2}]
    """
    text = content.decode("utf-8-sig")
    try:
        return json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and lines[0].rstrip().endswith("}"):
            return [json.loads(line) for line in lines]
        raise


def _tables(content: object) -> Iterator[list[list[object]]]:
    """Yield every table within, by whatever form it has."""
    left: list[object] = [content]
    while left:
        part = left.pop(0)
        inside = list(part.values()) if isinstance(part, dict) else part if isinstance(part, list) else []
        left += [one for one in inside if isinstance(one, dict | list)]
        if isinstance(part, dict):
            lists = {name: one for name, one in part.items() if isinstance(one, list) and one and not _holds(one)}
            if len(lists) > 1 and len(lists) == len(part) and len({len(one) for one in lists.values()}) == 1:
                yield [list(lists), *map(list, zip(*lists.values(), strict=True))]
            for one in part.values():
                if isinstance(one, list) and one and all(isinstance(row, list) and len(row) > 1 for row in one):
                    # the names stand beside the rows
                    names = [two for two in lists.values() if len(two) == len(one[0]) and isinstance(two[0], str)]
                    yield [[*row] for row in (*names[:1], *one)]
        elif isinstance(part, list) and part and all(isinstance(one, dict) for one in part):
            key = next((name for name in _INSIDE if all(isinstance(one.get(name), dict) for one in part)), None)
            records = [one[key] for one in part] if key else part
            keys = dict.fromkeys(name for one in records for name in one)
            yield [list(keys), *([one.get(name) for name in keys] for one in records)]
        elif part is content and isinstance(part, list) and all(isinstance(one, list) for one in part):
            yield part


def _holds(cells: list[object]) -> bool:
    return any(isinstance(one, dict | list) for one in cells)
