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
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from indicators.errors import (
    ConfigError,
    LocalitiesError,
    SchemaError,
    SourceChanged,
    SourceUnavailable,
    UnreadableSource,
    compose,
    some,
)
from pipelines.sources.addresses import Address, is_secure
from pipelines.sources.archives import header_of, sniff
from pipelines.sources.declarations import Source
from pipelines.sources.provenance import Record, hash_file, read_record, record_path, write_record
from pipelines.sources.retrieval import Answer, Known, retrieve
from pipelines.sources.stat_xplore import NoKey
from pipelines.sources.transport import AddressFailed, Client, Progress

if TYPE_CHECKING:
    import requests

__all__ = ["Check", "Fetched", "Finding", "add_file", "check", "fetch"]

Check = Callable[[Path], None]

_INCOMING = ".incoming-"
_ABANDONED_SECONDS = 86_400


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


@dataclass(frozen=True)
class Finding:
    """Something that `check` found wrong or worth knowing about a file on disk."""

    source_id: str
    level: Literal["error", "warning"]
    what: str


@dataclass(frozen=True)
class _Offer:
    """One place to ask, in order."""

    shown: str
    how: str
    ask: Callable[[Path, Record | None], tuple[Answer, dict[str, object]]]

    @property
    def is_mirror(self) -> bool:
        return self.how.startswith("mirror")


class _Absent(AddressFailed):
    """The place has no such file for us, and that is no fault: a mirror without it, a page for people, no key."""


def fetch(
    source: Source,
    *,
    downloads: Path,
    mirror: str | Path | None = None,
    session: requests.Session | None = None,
    progress: Progress | None = None,
    timeout: tuple[float, float] = (10.0, 60.0),
    retries: int = 3,
    backoff: float = 0.5,
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
    session
        A session to ask with; by default a new one when first needed.
    progress
        Called with bytes so far and, if known, bytes in all.
    timeout
        Seconds to connect, and seconds without a byte.
    retries, backoff
        How often to ask an address again after a failure that may pass, and the first wait in seconds, then doubled.
    check
        Called with the candidate before it becomes the new version; refuses it by raising a `LocalitiesError`.
    network
        False leaves the publishers alone: only the mirror and what is already here.
    force
        Ask the publisher also for a pinned file that is already here.
    client
        All of session, timeout, retries and backoff in one; overrides them.
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
    client = client or Client(session=session, timeout=timeout, retries=retries, backoff=backoff)
    moment = now or datetime.now(UTC)
    target = source.path_in(Path(downloads))
    held, remark = _held(source, target, check, moment)
    mirrored = [_mirror_offer(source, mirror, client, progress)] if mirror else []
    published = [_publisher_offer(source, address, client, progress) for address in source.addresses]
    is_settled = source.is_pinned and held is not None and not force
    offers = mirrored if is_settled or not network else mirrored + published

    failures: list[tuple[_Offer, AddressFailed]] = []
    refusals: list[LocalitiesError] = []
    with _incoming(target) as incoming:
        for offer in offers:
            try:
                answer, seen = offer.ask(incoming, held)
            except AddressFailed as failure:
                failures.append((offer, failure))
                if failure.unreadable:
                    refusals.append(_unreadable(source, offer.shown, failure))
                    if offer.is_mirror:
                        break
                continue
            if not answer.is_new and held is not None:
                return _fetched(source, target, held, changed=False, note=remark)
            try:
                sha256 = _accept(source, incoming, check)
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
            if held is not None and held.sha256 == sha256:
                if held.how != "found":
                    record = replace(
                        record, how=held.how, address_used=held.address_used, retrieved_at=held.retrieved_at
                    )
                record = replace(record, mtime_ns=target.stat().st_mtime_ns)
                write_record(target, record)
                return _fetched(source, target, record, changed=False, note=remark)
            if held is not None and held.how == "added by hand":
                remark = "It replaces the file that was added by hand."
            return _fetched(source, target, _promote(incoming, target, record), changed=True, note=remark)

    if held is not None and not (source.is_pinned and refusals):
        return _keep(source, target, held, failures, refusals)
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
        raise SourceUnavailable(
            compose("There is no such file to add", where=path, remedy="name the file that you downloaded")
        )
    target = source.path_in(Path(downloads))
    moment = now or datetime.now(UTC)
    before = read_record(target) if target.is_file() else None
    shown = f"added by hand: {path.name}"
    with _incoming(target) as incoming:
        _copy(path, incoming, None)
        try:
            sha256 = _accept(source, incoming, check)
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


def check(source: Source, downloads: Path) -> list[Finding]:
    """Return what is wrong with the file of a source as it lies on disk; empty if nothing.

    Nothing is requested. The bytes are hashed and compared with the record and, if pinned, with the declaration; the
    format and the required columns are checked.
    """
    target = source.path_in(Path(downloads))
    if not target.is_file():
        return [Finding(source.id, "error", f"not downloaded yet: {target}")]
    findings: list[Finding] = []
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
        _require_columns(source, target)
    except LocalitiesError as error:
        findings.append(Finding(source.id, "error", " ".join(str(error).split())))
    return findings


def _held(source: Source, target: Path, check: Check | None, moment: datetime) -> tuple[Record | None, str]:
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
        _accept(source, target, check)
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


def _accept(source: Source, candidate: Path, check: Check | None) -> str:
    """Return the hash of a candidate that may become the new version."""
    sniff(candidate, source.format)
    sha256 = hash_file(candidate)
    if source.is_pinned and sha256 not in source.sha256:
        raise SourceChanged(
            compose(
                f"The pinned source {source.id} has other bytes than its declaration lists",
                where=source.file_name,
                expected=f"sha256 {' or '.join(source.sha256)}",
                found=f"sha256 {sha256}",
                remedy=(
                    f"supply the known file with `localities sources add-file {source.id} <path>`, or, if the new "
                    f"version is meant, review it and add its hash to {_declaration(source)}"
                ),
            )
        )
    _require_columns(source, candidate)
    if check is not None:
        check(candidate)
    return sha256


def _require_columns(source: Source, path: Path) -> None:
    if not source.requires_columns or source.encoding is None:
        return
    header = header_of(path, source.encoding, source.format)
    missing = [name for name in source.requires_columns if name not in header]
    if missing:
        raise SchemaError(
            compose(
                "A column is missing or renamed",
                where=source.file_name,
                column=some(missing),
                expected=", ".join(source.requires_columns),
                found=some(header, limit=12),
                remedy=f"supply a file with these columns, or correct requires_columns in {_declaration(source)}",
            )
        )


def _mirror_offer(source: Source, mirror: str | Path, client: Client, progress: Progress | None) -> _Offer:
    named = str(mirror)
    if "://" in named:
        if not is_secure(named):
            raise ConfigError(
                compose(
                    "The mirror's address cannot be used",
                    expected="a folder, an https address, or http on this machine",
                    found=named,
                    remedy="correct --mirror or LOCALITIES_MIRROR",
                )
            )
        url = f"{named.rstrip('/')}/{quote(source.folder)}/{quote(source.file_name)}"

        def ask_address(incoming: Path, held: Record | None) -> tuple[Answer, dict[str, object]]:
            try:
                return retrieve(Address("plain", url=url), incoming, client, known=_known(held), progress=progress), {}
            except AddressFailed as failure:
                if failure.reason.startswith(("HTTP 404", "HTTP 410")):
                    raise _Absent("the mirror has no such file") from failure
                raise

        return _Offer(_without_password(url), "mirror address", ask_address)

    folder = Path(mirror)
    if not folder.is_dir():
        raise ConfigError(
            compose(
                "The mirror is not a folder",
                where=folder,
                expected="a folder laid out as <source-id>/<file name>, or an https address",
                found="no such folder",
                remedy="correct --mirror or LOCALITIES_MIRROR",
            )
        )
    original = source.path_in(folder)

    def ask_folder(incoming: Path, held: Record | None) -> tuple[Answer, dict[str, object]]:
        if not original.is_file():
            raise _Absent("the mirror has no such file")
        status = original.stat()
        seen: dict[str, object] = {
            "mirror_path": str(original.resolve()),
            "mirror_size": status.st_size,
            "mirror_mtime_ns": status.st_mtime_ns,
        }
        if held is not None and all(getattr(held, key) == value for key, value in seen.items()):
            return Answer(is_new=False, asked=""), seen
        _copy(original, incoming, progress)
        return Answer(is_new=True, asked=""), seen

    return _Offer(f"mirror:{source.relative_path}", "mirror folder", ask_folder)


def _without_password(url: str) -> str:
    """Return an address that may be shown in outputs: a name and password in it are left out."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _publisher_offer(source: Source, address: Address, client: Client, progress: Progress | None) -> _Offer:
    def ask(incoming: Path, held: Record | None) -> tuple[Answer, dict[str, object]]:
        if not address.is_automatic:
            raise _Absent(f"only a person can download it, from {address.url}")
        known = _known(held)
        try:
            return retrieve(address, incoming, client, encoding=source.encoding, known=known, progress=progress), {}
        except NoKey as failure:
            raise _Absent(failure.reason) from failure

    return _Offer(address.shown, "publisher", ask)


def _known(held: Record | None) -> Known | None:
    return Known(held.asked, held.etag, held.last_modified) if held is not None else None


@contextmanager
def _incoming(target: Path) -> Iterator[Path]:
    """Yield a path with the target's own name in a temporary folder beside it, removed at the end."""
    folder = target.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        room = Path(tempfile.mkdtemp(dir=folder, prefix=_INCOMING))
    except OSError as error:
        raise _not_writable(folder, error) from error
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


def _copy(original: Path, target: Path, progress: Progress | None) -> None:
    size = original.stat().st_size
    done = 0
    try:
        with original.open("rb") as stream, target.open("wb") as out:
            while chunk := stream.read(1 << 20):
                out.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, size)
    except OSError as error:
        raise _not_writable(target.parent.parent, error) from error


def _promote(incoming: Path, target: Path, record: Record) -> Record:
    """Move a candidate into place and record it."""
    try:
        os.replace(incoming, target)
        record = replace(record, mtime_ns=target.stat().st_mtime_ns)
        write_record(target, record)
    except OSError as error:
        raise SourceUnavailable(
            compose(
                "The new file cannot be put in place",
                where=target,
                found=str(error),
                remedy="close the program that has the file open, and fetch again",
            )
        ) from error
    return record


def _fetched(source: Source, target: Path, record: Record, *, changed: bool, note: str = "") -> Fetched:
    return Fetched(
        source_id=source.id,
        path=target,
        sha256=record.sha256,
        size=record.size,
        address_used=record.address_used,
        retrieved_at=datetime.fromisoformat(record.retrieved_at),
        from_mirror=record.how.startswith("mirror"),
        changed=changed,
        note=note,
    )


def _keep(
    source: Source,
    target: Path,
    held: Record,
    failures: list[tuple[_Offer, AddressFailed]],
    refusals: list[LocalitiesError],
) -> Fetched:
    """Return the version that is here, and say why it was not refreshed."""
    kept = _fetched(source, target, held, changed=False)
    troubles = [(offer, failure) for offer, failure in failures if not isinstance(failure, _Absent)]
    reasons = [f"{offer.shown}: {failure.reason}" for offer, failure in troubles if not failure.unreadable]
    reasons += [" ".join(str(refusal).split()) for refusal in refusals]
    if not reasons:
        return kept
    since = f"the version of {kept.retrieved_at:%d %B %Y} serves"
    note = f"{source.id} could not be refreshed; {since}. {'; '.join(reasons)}"
    return replace(kept, served_stale=not source.is_pinned, note=note)


def _unreadable(source: Source, shown: str, failure: AddressFailed) -> UnreadableSource:
    return UnreadableSource(
        compose(
            f"What came for {source.id} is not the file",
            where=shown,
            expected=f"a whole {source.format} file",
            found=failure.reason,
            remedy=f"try again later, or `localities sources add-file {source.id} <path>`",
        )
    )


def _with_place(refusal: LocalitiesError, source: Source, shown: str) -> LocalitiesError:
    placed = type(refusal)(f"{refusal}\n  source: {source.id}, from {shown}")
    placed.__cause__ = refusal
    return placed


def _failure(
    source: Source,
    failures: list[tuple[_Offer, AddressFailed]],
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
        compose(
            f"The source {source.id} could not be had. {remark}".strip(),
            where=source.file_name,
            found=f"asked:{listed}",
            remedy=f"{remedy}, or name a mirror with --mirror or LOCALITIES_MIRROR",
        )
    )


def _not_writable(folder: Path, error: OSError) -> ConfigError:
    return ConfigError(
        compose(
            "The downloads folder cannot be written",
            where=folder,
            found=str(error),
            remedy="free some space, or name another folder with LOCALITIES_HOME",
        )
    )


def _declaration(source: Source) -> str:
    return source.declared_in.name if source.declared_in is not None else f"{source.id}.yaml"
