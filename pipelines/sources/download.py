"""Bring the file of a source to the downloads folder, checked, whole and with its provenance, or leave what is there.

The layout is that of a mirror: ``<downloads>/<folder>/<file name>``, with ``<file>.provenance.json`` beside it. A new
file is written in a temporary folder next to its place, checked there, and moved in one step; whatever goes wrong
before, the last good version stands.

A file of a mirror *folder* is copied, not used in place: a mirror may change or vanish while a run reads it, and
outputs must be traceable to bytes that we keep. It is copied again only when its size or time differs from the
recorded ones.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.errors import (
    ConfigError,
    LocalitiesError,
    SourceChanged,
    SourceUnavailable,
    UnreadableSource,
)
from pipelines.sources.archives import sniff
from pipelines.sources.checking import declaration_name, require_columns
from pipelines.sources.declarations import Source
from pipelines.sources.held_back import discard, hold_back, read_held_back
from pipelines.sources.offers import Absent, Offer, copy_whole, mirror_offer, not_writable, publisher_offer
from pipelines.sources.provenance import Fetched, Record, hash_file, read_record, write_record
from pipelines.sources.transport import AddressFailed, Client, Progress
from pipelines.storage.whole import sync

if TYPE_CHECKING:
    pass

Check = Callable[[Path], None]

_INCOMING = ".incoming-"
_ABANDONED_SECONDS = 86_400


def fetch(
    source: Source,
    *,
    downloads: Path,
    mirror: str | Path | None = None,
    progress: Progress | None = None,
    check: Check | None = None,
    network: bool = True,
    force: bool = False,
    client: Client | None = None,
    now: datetime | None = None,
) -> Fetched:
    """Return the file of a source, brought up to date if it can be.

    The mirror is asked first, then the declared addresses in order. A mirror that holds the file has the last word,
    also when the file is bad: the network is asked only for what the mirror lacks. A candidate must be whole and of
    the declared format, hold the required columns, be one of the known files if the source is pinned, and pass
    ``check``.

    Parameters
    ----------
    source
        The declaration.
    downloads
        The downloads folder; made if it does not exist.
    mirror
        A folder or a base address laid out as ``<folder>/<file name>``; see `mirror_from_environment`.
    progress
        Called with bytes so far and, if known, bytes in all.
    check
        Called with the candidate before it becomes the new version; refuses it by raising a `LocalitiesError`. A
        version of a rolling file that is refused here, or lacks required columns, is kept as held back.
    network
        False leaves the publishers alone: only the mirror and what is already here.
    force
        Ask the publisher also for a pinned file that is already here.
    client
        What asks, with its patience; by default a new one.
    now
        The time to record, in UTC; by default the present.

    Returns
    -------
    Fetched
        For a rolling source that cannot be refreshed the last good version, with ``served_stale`` and a note.

    Raises
    ------
    SourceUnavailable
        If no place yields the file and no good version is here; lists each place and why.
    UnreadableSource, SchemaError
        If what came is not the file, and no good version of a rolling source is here.
    SourceChanged
        If a pinned source has other bytes than the declared ones.
    ConfigError
        If the mirror does not exist or the downloads folder cannot be written.
    """
    client = client or Client()
    moment = now or datetime.now(UTC)
    target = source.path_in(Path(downloads))
    serving, remark = _serving(source, target, check, moment)
    mirrored = [mirror_offer(source, mirror, client, progress)] if mirror else []
    published = [publisher_offer(source, address, client, progress) for address in source.addresses]
    is_settled = source.is_pinned and serving is not None and not force
    offers = mirrored if is_settled or not network else mirrored + published

    failures: list[tuple[Offer, AddressFailed]] = []
    refusals: list[LocalitiesError] = []
    with _incoming(target) as incoming:
        for offer in offers:
            try:
                answer, seen = offer.ask(incoming, serving)
            except AddressFailed as failure:
                failures.append((offer, failure))
                if failure.unreadable:
                    refusals.append(_unreadable(source, offer.shown, failure))
                    if offer.is_mirror:
                        break
                continue
            if not answer.is_new and serving is not None:
                discard(target)
                return _fetched(source, target, serving, changed=False, note=remark)
            try:
                sha256 = _known_version(source, incoming)
            except LocalitiesError as refusal:
                refusals.append(_with_place(refusal, source, offer.shown))
                if offer.is_mirror:
                    break
                continue
            record = Record(
                source_id=source.id,
                sha256=sha256,
                size=incoming.stat().st_size,
                mtime_ns=0,
                how=offer.how,
                address_used=offer.shown,
                retrieved_at=moment.isoformat(timespec="seconds"),
                asked=answer.asked,
                etag=answer.etag,
                last_modified=answer.last_modified,
                **seen,  # type: ignore[arg-type]
            )
            if serving is not None and serving.sha256 == sha256:
                if serving.how != "found":
                    record = replace(
                        record, how=serving.how, address_used=serving.address_used, retrieved_at=serving.retrieved_at
                    )
                record = replace(
                    record,
                    mtime_ns=target.stat().st_mtime_ns,
                    accepted_because=serving.accepted_because,
                    accepted_at=serving.accepted_at,
                )
                write_record(target, record)
                discard(target)
                return _fetched(source, target, record, changed=False, note=remark)
            try:
                _readable(source, incoming, check)
            except LocalitiesError as refusal:
                refusals.append(_with_place(refusal, source, offer.shown))
                if not source.is_pinned:
                    hold_back(incoming, target, record, refusal)
                if offer.is_mirror:
                    break
                continue
            if serving is not None and serving.how == "added by hand":
                remark = "It replaces the file that was added by hand."
            return _fetched(source, target, _promote(incoming, target, record), changed=True, note=remark)

    if serving is not None and not (source.is_pinned and refusals):
        return _keep(source, target, serving, failures, refusals)
    beside = read_held_back(target)
    remark = f"{remark} {beside.in_words}".strip() if beside is not None and not refusals else remark
    raise _failure(source, failures, refusals, remark, asked_network=network)


def add_file(
    source: Source, path: Path, downloads: Path, *, check: Check | None = None, now: datetime | None = None
) -> Fetched:
    """Take a file that a person supplies as the file of a source, under the same refusals as a download.

    Parameters
    ----------
    source
        The declaration.
    path
        The file; it is copied, whatever its name.
    downloads
        The downloads folder; made if it does not exist.
    check
        As in `fetch`.
    now
        The time to record, in UTC; by default the present.

    Raises
    ------
    SourceUnavailable
        If there is no such file.
    UnreadableSource, SchemaError
        If it is not of the declared format or lacks required columns.
    SourceChanged
        If the source is pinned to other bytes.
    """
    path = Path(path)
    if not path.is_file():
        raise SourceUnavailable("There is no such file to add", where=path, remedy="name the file that you downloaded")
    target = source.path_in(Path(downloads))
    moment = now or datetime.now(UTC)
    before = read_record(target) if target.is_file() else None
    shown = f"added by hand: {path.name}"
    with _incoming(target) as incoming:
        copy_whole(path, incoming, None)
        try:
            sha256 = _known_version(source, incoming)
            _readable(source, incoming, check)
        except LocalitiesError as refusal:
            raise _with_place(refusal, source, str(path)) from refusal
        record = Record(
            source_id=source.id,
            sha256=sha256,
            size=incoming.stat().st_size,
            mtime_ns=0,
            how="added by hand",
            address_used=shown,
            retrieved_at=moment.isoformat(timespec="seconds"),
        )
        changed = before is None or before.sha256 != sha256
        return _fetched(source, target, _promote(incoming, target, record), changed=changed)


def accept(
    source: Source, downloads: Path, because: str, *, check: Check | None = None, now: datetime | None = None
) -> Fetched:
    """Take the version of a file that is held back, because a person says so; the reason is recorded with the file.

    Parameters
    ----------
    source
        The declaration.
    downloads
        The downloads folder.
    because
        Why it is right after all; becomes part of the provenance that every output carries.
    check
        Refuses what no run could read, whoever accepts it.
    now
        The time to record, in UTC; by default the present.

    Raises
    ------
    ConfigError
        If nothing is held back, or no reason is given.
    UnreadableSource, SchemaError, GeographyError
        If it cannot be read at all. It stays held back.
    """
    target = source.path_in(Path(downloads))
    version, reason = read_held_back(target), " ".join(because.split())
    if version is None or not reason:
        raise ConfigError(
            f"No version of {source.id} is held back" if version is None else "A version is accepted for a reason",
            where=target.parent,
            expected="a version that is held back" if version is None else '--because "..." in a few words',
            found="none" if version is None else "nothing",
            remedy="`localities sources list` shows what is held back",
        )
    try:
        _known_version(source, version.path)
        _readable(source, version.path, check)
    except LocalitiesError as refusal:
        raise _with_place(refusal, source, f"the version that is held back, {version.path.name}") from refusal
    moment = now or datetime.now(UTC)
    record = replace(version.record, accepted_because=reason, accepted_at=moment.isoformat(timespec="seconds"))
    return _fetched(source, target, _promote(version.path, target, record), changed=True)


def _serving(source: Source, target: Path, check: Check | None, moment: datetime) -> tuple[Record | None, str]:
    """Return the record of the good version that is here, if there is one, and a remark on what is here."""
    if not target.is_file():
        return None, ""
    status = target.stat()
    record = read_record(target)
    sha256: str | None = None
    if record is not None and (record.size, record.mtime_ns) == (status.st_size, status.st_mtime_ns):
        sha256 = record.sha256
    if sha256 is None:
        sha256 = hash_file(target)
    if source.is_pinned and sha256 not in source.sha256:
        return None, "The file that was here is not a known version."
    if record is not None and record.sha256 == sha256:
        return replace(record, mtime_ns=status.st_mtime_ns), ""
    if record is not None and not source.is_pinned:
        return None, "The file that was here had been altered since it was retrieved."
    try:
        _known_version(source, target)
        _readable(source, target, check)
    except LocalitiesError:
        return None, "The file that was here had no record and was not usable."
    found = Record(
        source_id=source.id,
        sha256=sha256,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        how="found",
        address_used=f"found in the downloads: {source.relative_path}",
        retrieved_at=moment.isoformat(timespec="seconds"),
    )
    write_record(target, found)
    return found, "The file was already here without a record of where it came from."


def _known_version(source: Source, candidate: Path) -> str:
    """Return the hash of a candidate that is whole, of the declared format and, if pinned, one of the known files."""
    sniff(candidate, source.format)
    sha256 = hash_file(candidate)
    if source.is_pinned and sha256 not in source.sha256:
        raise SourceChanged(
            f"The pinned source {source.id} has other bytes than its declaration lists",
            where=source.file_name,
            expected=f"sha256 {' or '.join(source.sha256)}",
            found=f"sha256 {sha256}",
            remedy=(
                f"supply the known file with `localities sources add-file {source.id} <path>`, or, if the new "
                f"version is meant, review it and add its hash to {declaration_name(source)}"
            ),
        )
    return sha256


def _readable(source: Source, candidate: Path, check: Check | None) -> None:
    """Raise unless a candidate holds what is needed of it."""
    require_columns(source, candidate)
    if check is not None:
        check(candidate)


@contextmanager
def _incoming(target: Path) -> Iterator[Path]:
    """Yield a path with the target's own name in a temporary folder beside it, removed at the end."""
    folder = target.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        room = Path(tempfile.mkdtemp(dir=folder, prefix=_INCOMING))
    except OSError as error:
        raise not_writable(folder, error) from error
    try:
        yield room / target.name
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed left behind, but not what another may still be writing."""
    for left in folder.glob(f"{_INCOMING}*"):
        try:
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        except FileNotFoundError:
            continue


def _promote(incoming: Path, target: Path, record: Record) -> Record:
    """Move a candidate into place and record it."""
    try:
        sync(incoming)
        os.replace(incoming, target)
        record = replace(record, mtime_ns=target.stat().st_mtime_ns)
        write_record(target, record)
        discard(target)
    except OSError as error:
        raise SourceUnavailable(
            "The new file cannot be put in place",
            where=target,
            found=str(error),
            remedy="close the program that has the file open, and fetch again",
        ) from error
    return record


def _fetched(source: Source, target: Path, record: Record, *, changed: bool, note: str = "") -> Fetched:
    beside = read_held_back(target)
    notes = [note] if note else []
    if beside is not None:
        notes.append(f"the version of {record.retrieved_at[:10]} serves; {beside.in_words}")
    if record.accepted_because is not None:
        notes.append(f"accepted by a person on {str(record.accepted_at)[:10]}: {record.accepted_because}")
    return Fetched(
        source_id=source.id,
        path=target,
        sha256=record.sha256,
        size=record.size,
        address_used=record.address_used,
        retrieved_at=datetime.fromisoformat(record.retrieved_at),
        from_mirror=record.how.startswith("mirror"),
        changed=changed,
        served_stale=beside is not None,
        note="; ".join(notes),
    )


def _keep(
    source: Source,
    target: Path,
    version: Record,
    failures: list[tuple[Offer, AddressFailed]],
    refusals: list[LocalitiesError],
) -> Fetched:
    """Return the version that is here, and say why it was not refreshed."""
    kept = _fetched(source, target, version, changed=False)
    troubles = [(offer, failure) for offer, failure in failures if not isinstance(failure, Absent)]
    reasons = [f"{offer.shown}: {failure.reason}" for offer, failure in troubles if not failure.unreadable]
    beside = read_held_back(target)
    if beside is None:
        reasons += [" ".join(str(refusal).split()) for refusal in refusals]
    if not reasons:
        return kept
    since = f"the version of {kept.retrieved_at:%d %B %Y} serves"
    note = f"{source.id} could not be refreshed; {since}. {'; '.join(reasons)}"
    return replace(kept, served_stale=not source.is_pinned, note=f"{note}; {beside.in_words}" if beside else note)


def _unreadable(source: Source, shown: str, failure: AddressFailed) -> UnreadableSource:
    return UnreadableSource(
        f"What came for {source.id} is not the file",
        where=shown,
        expected=f"a whole {source.format} file",
        found=failure.reason,
        remedy=f"try again later, or `localities sources add-file {source.id} <path>`",
    )


def _with_place(refusal: LocalitiesError, source: Source, shown: str) -> LocalitiesError:
    placed = type(refusal)(f"{refusal}\n  source: {source.id}, from {shown}")
    placed.__cause__ = refusal
    return placed


def _failure(
    source: Source,
    failures: list[tuple[Offer, AddressFailed]],
    refusals: list[LocalitiesError],
    remark: str,
    *,
    asked_network: bool,
) -> LocalitiesError:
    """Return the error for a source that no place yielded: the first bad answer, else why each place failed."""
    listed = "".join(f"\n    {offer.shown}: {failure.reason}" for offer, failure in failures)
    if refusals:
        changed = [refusal for refusal in refusals if isinstance(refusal, SourceChanged)]
        first = (changed or refusals)[0]
        others = "".join(
            f"\n    {offer.shown}: {failure.reason}" for offer, failure in failures if not failure.unreadable
        )
        return type(first)(f"{first}\n  also asked:{others}") if others else first
    if not failures:
        listed = " no place to ask" if asked_network else " nothing: the network was not to be used"
    remedy = f"download it from {source.landing_page} and run `localities sources add-file {source.id} <path>`"
    return SourceUnavailable(
        f"The source {source.id} could not be had. {remark}".strip(),
        where=source.file_name,
        found=f"asked:{listed}",
        remedy=f"{remedy}, or name a mirror with --mirror or LOCALITIES_MIRROR",
    )
