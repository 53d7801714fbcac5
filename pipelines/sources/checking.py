"""Whether the files that are there are what their declarations say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indicators.errors import (
    LocalitiesError,
    SchemaError,
    some,
)
from pipelines.sources.archives import sniff
from pipelines.sources.declarations import Source
from pipelines.sources.held_back import read_held_back
from pipelines.sources.provenance import hash_file, read_record, record_path


@dataclass(frozen=True)
class Finding:
    """Something that `check` found wrong or worth knowing about a file on disk."""

    source_id: str
    level: Literal["error", "warning"]
    what: str


def check(source: Source, downloads: Path, read: Callable[[Path], None] | None = None) -> list[Finding]:
    """Return what is wrong with the file of a source as it lies on disk; empty if nothing.

    Nothing is requested. The bytes are hashed and compared with the record and, if pinned, with the declaration; the
    format and the required columns are checked, and ``read`` reads the file as a run would. What is held back is told.
    """
    target = source.path_in(Path(downloads))
    beside = read_held_back(target)
    findings = [Finding(source.id, "warning", beside.in_words)] if beside is not None else []
    if not target.is_file():
        return [Finding(source.id, "error", f"not downloaded yet: {target}"), *findings]
    record = read_record(target)
    sha256 = hash_file(target)
    if record is None:
        findings.append(Finding(source.id, "warning", f"no record of where it came from: {record_path(target).name}"))
    elif record.sha256 != sha256:
        findings.append(
            Finding(source.id, "error", f"altered since it was retrieved: sha256 {sha256}, recorded {record.sha256}")
        )
    if source.is_pinned and sha256 not in source.sha256:
        findings.append(
            Finding(source.id, "error", f"not a known version: sha256 {sha256}, declared {some(source.sha256)}")
        )
    try:
        sniff(target, source.format)
        require_columns(source, target)
        if read is not None:
            read(target)
    except LocalitiesError as error:
        findings.append(Finding(source.id, "error", " ".join(str(error).split())))
    return findings


def require_columns(source: Source, path: Path) -> None:
    """Refuse a file whose columns are not those that its declaration requires."""
    if not source.requires_columns:
        return
    from indicators.readers.shared.layout import read_table

    table = read_table(path, has=source.requires_columns, encoding=source.encoding or "")
    header = [*table.columns, *table.seen.repeated]
    missing = [name for name in source.requires_columns if name not in header]
    if missing:
        raise SchemaError(
            "A column is missing or renamed",
            where=source.file_name,
            column=some(missing),
            expected=", ".join(source.requires_columns),
            found=some(header, limit=12),
            remedy=f"supply a file with these columns, or correct requires_columns in {declaration_name(source)}",
        )


def declaration_name(source: Source) -> str:
    """Return the name of the file in which a source is declared."""
    return source.declared_in.name if source.declared_in is not None else f"{source.id}.yaml"
