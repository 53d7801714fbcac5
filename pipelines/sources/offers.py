"""Where a file may come from: a mirror folder, a mirror address, a publisher; what each offers, unread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from indicators.errors import (
    ConfigError,
)
from pipelines.sources.addresses import Address, is_secure
from pipelines.sources.declarations import Source
from pipelines.sources.provenance import Record
from pipelines.sources.retrieval import Answer, Known, retrieve
from pipelines.sources.stat_xplore import NoKey
from pipelines.sources.transport import AddressFailed, Client, Progress, without_password


@dataclass(frozen=True)
class Offer:
    """One place to ask, in order."""

    shown: str
    how: str
    ask: Callable[[Path, Record | None], tuple[Answer, dict[str, object]]]

    @property
    def is_mirror(self) -> bool:
        """Whether this place is a mirror and not the publisher."""
        return self.how.startswith("mirror")


class Absent(AddressFailed):
    """The place has no such file for us, and that is no fault: a mirror without it, a page for people, no key."""


def mirror_offer(source: Source, mirror: str | Path, client: Client, progress: Progress | None) -> Offer:
    """Return what a mirror, a folder or a base address, offers of a source.

    Raises
    ------
    ConfigError
        If it is neither a folder nor an address that may be used.
    """
    named = str(mirror)
    if "://" in named:
        if not is_secure(named):
            raise ConfigError(
                "The mirror's address cannot be used",
                expected="a folder, an https address, or http on this machine",
                found=without_password(named),
                remedy="correct --mirror or LOCALITIES_MIRROR",
            )
        plain, sign_in = _signed_in(named)
        url = f"{plain.rstrip('/')}/{quote(source.folder)}/{quote(source.file_name)}"
        asking = replace(client, sign_in=sign_in)

        def ask_address(incoming: Path, record: Record | None) -> tuple[Answer, dict[str, object]]:
            try:
                return retrieve(
                    Address("plain", url=url), incoming, asking, known=_known(record), progress=progress
                ), {}
            except AddressFailed as failure:
                if failure.reason.startswith(("HTTP 404", "HTTP 410")):
                    raise Absent("the mirror has no such file") from failure
                raise

        return Offer(url, "mirror address", ask_address)

    folder = Path(mirror)
    if not folder.is_dir():
        raise ConfigError(
            "The mirror is not a folder",
            where=folder,
            expected="a folder laid out as <source-id>/<file name>, or an https address",
            found="no such folder",
            remedy="correct --mirror or LOCALITIES_MIRROR",
        )
    original = source.path_in(folder)

    def ask_folder(incoming: Path, record: Record | None) -> tuple[Answer, dict[str, object]]:
        if not original.is_file():
            raise Absent("the mirror has no such file")
        status = original.stat()
        seen: dict[str, object] = {
            "mirror_path": str(original.resolve()),
            "mirror_size": status.st_size,
            "mirror_mtime_ns": status.st_mtime_ns,
        }
        if record is not None and all(getattr(record, key) == value for key, value in seen.items()):
            return Answer(is_new=False, asked=""), seen
        copy_whole(original, incoming, progress)
        return Answer(is_new=True, asked=""), seen

    return Offer(f"mirror:{source.relative_path}", "mirror folder", ask_folder)


def _signed_in(address: str) -> tuple[str, tuple[str, str] | None]:
    """Return an address without the name and password in it, and these; they are kept and shown nowhere."""
    parts = urlsplit(address)
    if parts.username is None:
        return address, None
    return without_password(address), (unquote(parts.username), unquote(parts.password or ""))


def publisher_offer(source: Source, address: Address, client: Client, progress: Progress | None) -> Offer:
    """Return what one of the declared addresses of a source offers."""

    def ask(incoming: Path, record: Record | None) -> tuple[Answer, dict[str, object]]:
        if not address.is_automatic:
            raise Absent(f"only a person can download it, from {address.url}")
        known = _known(record)
        try:
            return retrieve(address, incoming, client, encoding=source.encoding, known=known, progress=progress), {}
        except NoKey as failure:
            raise Absent(failure.reason) from failure

    return Offer(address.shown, "publisher", ask)


def _known(record: Record | None) -> Known | None:
    return Known(record.asked, record.etag, record.last_modified) if record is not None else None


def copy_whole(original: Path, target: Path, progress: Progress | None) -> None:
    """Copy a file, telling how far it is; a folder that cannot be written to is a `ConfigError`."""
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
        raise not_writable(target.parent.parent, error) from error


def not_writable(folder: Path, error: OSError) -> ConfigError:
    """Return the error that says that a folder cannot be written to."""
    return ConfigError(
        "The downloads folder cannot be written",
        where=folder,
        found=str(error),
        remedy="free some space, or name another folder with LOCALITIES_HOME",
    )
