"""Where each file on disk came from, kept beside it, and the `sources` table that every output carries.

Beside ``<file>`` lies ``<file>.provenance.json``. It is moved into place after the file, so a record never speaks of
bytes that are not there; a file without a record that fits is not trusted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.storage.whole import write_whole

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.sources.declarations import Source


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
    accepted_because, accepted_at
        Why and when a person accepted a version that was held back.
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
    accepted_because: str | None = None
    accepted_at: str | None = None


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
    write_whole(record_path(path), json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n")


def provenance_row(source: Source, fetched: Fetched, *, rows: int | None = None) -> dict[str, Any]:
    """Return one row of the table `sources`: the provenance of one input file.

    Parameters
    ----------
    source
        The declaration.
    fetched
        What `fetch` or `add_file` returned for it.
    rows
        How many rows (zones, areas, points) the reader found, if it is known.
    """
    return {
        "source_id": source.id,
        "title": source.title,
        "publisher": source.publisher,
        "landing_page": source.landing_page,
        "address_used": fetched.address_used,
        "licence": source.licence,
        "attribution": source.attribution,
        "source_vintage": None if source.vintage == "none" else source.vintage,
        "sha256": fetched.sha256,
        "retrieved_at": fetched.retrieved_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "rows": rows,
        "is_stale": fetched.served_stale,
        "note": fetched.note or None,
        "is_fictional": source.is_fictional,
    }


def absent_row(source: Source, note: str) -> dict[str, Any]:
    """Return the row of the table `sources` for a source that a run does without: no file, and a note that says so."""
    unknown = dict.fromkeys(("address_used", "sha256", "retrieved_at"), "none")
    return {
        "source_id": source.id,
        "title": f"{source.title} (left out)",
        "publisher": source.publisher,
        "landing_page": source.landing_page,
        "licence": source.licence,
        "attribution": source.attribution,
        "source_vintage": None if source.vintage == "none" else source.vintage,
        "rows": None,
        "is_stale": False,
        "note": note,
        "is_fictional": source.is_fictional,
        **unknown,
    }


def sources_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the table `sources`: one row per input file, in the order of the ids.

    Parameters
    ----------
    rows
        Rows made by `provenance_row`.

    Raises
    ------
    SchemaError
        If a row does not have the columns and types that `indicators.schema.tables` declares.
    """
    import pandas as pd

    from indicators.schema.tables import TABLES
    from indicators.schema.validation import validate

    ordered = sorted(rows, key=lambda row: str(row["source_id"]))
    return validate("sources", pd.DataFrame([dict(row) for row in ordered], columns=list(TABLES["sources"].columns)))


@dataclass(frozen=True)
class Fetched:
    """A file that is ready to be read, and where it came from.

    Attributes
    ----------
    path
        The file, among the downloads.
    sha256, size
        Of its bytes. The hash is the version of the source.
    address_used
        Where these bytes came from: an address, ``mirror:<folder>/<file>``, or ``added by hand: <file name>``.
    retrieved_at
        When these bytes first came, in UTC.
    from_mirror
        Whether they came from a mirror.
    changed
        Whether the bytes differ from those that were there before, or none were.
    served_stale
        Whether the source could not be refreshed, so that the last good version serves.
    note
        What a person should know: why it is stale, what was replaced. Empty if nothing.
    """

    source_id: str
    path: Path
    sha256: str
    size: int
    address_used: str
    retrieved_at: datetime
    from_mirror: bool
    changed: bool
    served_stale: bool = False
    note: str = ""
