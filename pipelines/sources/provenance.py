"""Where each file on disk came from, kept beside it, and the `sources` table that every output carries.

Beside ``<file>`` lies ``<file>.provenance.json``. It is moved into place after the file, so a record never speaks of
bytes that are not there; a file without a record that fits is not trusted.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.sources.declarations import Source

__all__ = ["SOURCE_COLUMNS", "Record", "hash_file", "read_record", "record_path", "source_rows", "write_record"]

SOURCE_COLUMNS = (
    "source_id",
    "title",
    "publisher",
    "landing_page",
    "address_used",
    "licence",
    "attribution",
    "vintage",
    "sha256",
    "retrieved_at",
    "rows",
)


@dataclass(frozen=True)
class Record:
    """What is known of one file among the downloads.

    Attributes
    ----------
    how
        ``mirror folder``, ``mirror address``, ``publisher``, ``added by hand`` or ``found`` (in the downloads folder).
    retrieved_at
        When these bytes first came, in UTC (ISO 8601); asking again and getting the same bytes does not move it.
    mtime_ns
        The file's own time when recorded: with the size it spares hashing a file that nobody has touched.
    asked, etag, last_modified
        What the server at ``asked`` said of this copy, for a conditional request to the same address.
    mirror_path, mirror_size, mirror_mtime_ns
        The file of a mirror folder that this is a copy of.
    """

    source_id: str
    sha256: str
    size: int
    mtime_ns: int
    how: str
    address_used: str
    retrieved_at: str
    asked: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    mirror_path: str | None = None
    mirror_size: int | None = None
    mirror_mtime_ns: int | None = None


class _Retrieved(Protocol):
    """The part of a fetched file that the `sources` table shows."""

    @property
    def address_used(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def retrieved_at(self) -> datetime: ...


def record_path(path: Path) -> Path:
    """Return where the record of a file lies.

    Examples
    --------
    >>> record_path(Path("a/b.csv")).name
    'b.csv.provenance.json'
    """
    return path.with_name(f"{path.name}.provenance.json")


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in lower-case hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_record(path: Path) -> Record | None:
    """Return the record of a file, or None if there is none that can be read."""
    try:
        kept = json.loads(record_path(path).read_text(encoding="utf-8"))
        known = {field.name for field in fields(Record)}
        record = Record(**{key: value for key, value in kept.items() if key in known})
        datetime.fromisoformat(record.retrieved_at)
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return record


def write_record(path: Path, record: Record) -> None:
    """Write the record of a file in one move."""
    target = record_path(path)
    text = json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n"
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".record-", suffix=".json")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def source_rows(
    sources: Mapping[str, Source], fetched: Mapping[str, _Retrieved], rows: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """Return the `sources` table: the provenance of every input, one row per source, in the order of the ids.

    Parameters
    ----------
    sources
        The declarations.
    fetched
        What `fetch` or `add_file` returned, by source id. Only these become rows.
    rows
        How many rows (zones, areas, points) the reader found in each; missing where not given.

    Returns
    -------
    pandas.DataFrame
        Columns `SOURCE_COLUMNS`. ``retrieved_at`` is in UTC; ``rows`` is a nullable integer; the rest are strings.

    Raises
    ------
    KeyError
        If a fetched source is not declared.
    """
    import pandas as pd

    counts = rows or {}
    table = pd.DataFrame(
        [
            {
                "source_id": source_id,
                "title": sources[source_id].title,
                "publisher": sources[source_id].publisher,
                "landing_page": sources[source_id].landing_page,
                "address_used": fetched[source_id].address_used,
                "licence": sources[source_id].licence,
                "attribution": sources[source_id].attribution,
                "vintage": sources[source_id].vintage,
                "sha256": fetched[source_id].sha256,
                "retrieved_at": fetched[source_id].retrieved_at,
                "rows": counts.get(source_id),
            }
            for source_id in sorted(fetched)
        ],
        columns=list(SOURCE_COLUMNS),
    )
    text = {name: "str" for name in SOURCE_COLUMNS if name not in ("retrieved_at", "rows")}
    table = table.astype({**text, "rows": "Int64"})
    table["retrieved_at"] = pd.to_datetime(table["retrieved_at"], utc=True)
    return table
