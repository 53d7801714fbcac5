"""Objects in an object store: whole files by their hash, and small records replaced only if nobody was faster.

S3 and what speaks it, Google Cloud Storage and Azure, through `obstore` (the extra ``team``). Addresses and keys come
from the environment in the form that each provider gives them, such as ``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID`` and
``AWS_SECRET_ACCESS_KEY``. Everything rests on one promise of the store: of several writers that replace a record on
condition, one wins and the others are told. `Objects.try_out` has writers race for it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from indicators.errors import ConfigError, LocalitiesError, UnreadableSource

WRITERS, ROUNDS = 8, 3
"""Of the race at the beginning."""
AT_ONCE = 8
_PATIENCE = dt.timedelta(seconds=20)
_BLOCK = 1 << 20
_TRIED: dict[str, bool] = {}
"""Stores that kept one of several writers in this process, and whether they want tags bare."""


class StoreUnavailable(LocalitiesError):
    """The object store does not answer, or refuses what is asked of it."""


class Overtaken(LocalitiesError):
    """Another run was faster: what this one stands on, or was about to replace, is not what it was."""


class Address(str):
    """Where a team's store is: ``s3://bucket/prefix``, with ``#name`` behind it for a workspace of one's own.

    Examples
    --------
    >>> Address("s3://council/localities").workspace, Address("s3://council/localities#anna").workspace
    ('main', 'anna')
    >>> Address("s3://council/localities#anna").url
    's3://council/localities'
    """

    MAIN = "main"

    @property
    def url(self) -> str:
        """The address without the name of a workspace."""
        return self.partition("#")[0].rstrip("/")

    @property
    def workspace(self) -> str:
        """Name of the workspace.

        Raises
        ------
        ConfigError
            If it cannot be one.
        """
        name = self.partition("#")[2] or self.MAIN
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", name):
            raise ConfigError(
                "A workspace of the store cannot have this name",
                expected="small letters, digits, dots, dashes and underscores",
                found=name,
            )
        return name


class Objects:
    """The objects under one address.

    Parameters
    ----------
    url
        Such as ``s3://bucket/prefix``.
    is_bare
        Whether this store wants the tag of a record without its quotes, as `try_out` found.
    """

    def __init__(self, url: str, *, is_bare: bool = False) -> None:
        self.url, self.is_bare = url, is_bare

    def read(self, key: str, *, unless: str = "") -> tuple[bytes, str] | None:
        """Return a record and its tag; None where there is none, or where its tag is still ``unless``."""
        import obstore
        from obstore.exceptions import NotModifiedError

        with _in_words(self.url):
            try:
                options: Any = {"if_none_match": unless} if unless else {}
                found = obstore.get(_opened(self.url), key, options=options)
                return bytes(found.bytes()), str(found.meta["e_tag"])
            except (FileNotFoundError, NotModifiedError):
                return None

    def replace(self, key: str, content: bytes, tag: str) -> str:
        """Replace a record whose tag is still ``tag``, or make one where there is none (``""``); return its new tag.

        Raises
        ------
        Overtaken
            If somebody else replaced or made it first. Nothing is written then.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with _in_words(self.url):
            mode: Any = {"e_tag": tag.strip('"') if self.is_bare else tag} if tag else "create"
            try:
                return str(obstore.put(_opened(self.url), key, content, mode=mode)["e_tag"])
            except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
                # asked again because its answer was lost, a request finds what itself has written
                found = self.read(key)
                if found is not None and found[0] == content:
                    return found[1]
                raise Overtaken("Another run was faster", where=f"{self.url}/{key}") from error

    def keep(self, files: dict[str, Path | bytes]) -> None:
        """Put files under the hash of their content; the same content may be put twice."""
        import obstore

        def put(item: tuple[str, Path | bytes]) -> None:
            with _in_words(self.url):
                obstore.put(_opened(self.url), _key_of(item[0]), item[1])

        _at_once(put, files.items())

    def fetch(self, wanted: Iterable[tuple[str, Path]]) -> None:
        """Put the files of some hashes into their places, each in one move.

        Raises
        ------
        UnreadableSource
            If what arrives has another hash.
        """
        import obstore

        def get(item: tuple[str, Path]) -> None:
            sha256, target = item
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}-{uuid.uuid4().hex[:12]}.part")
            digest = hashlib.sha256()
            try:
                with _in_words(self.url), part.open("wb") as stream:
                    for block in obstore.get(_opened(self.url), _key_of(sha256)).stream(min_chunk_size=_BLOCK):
                        digest.update(block)
                        stream.write(block)
                if digest.hexdigest() != sha256:
                    raise UnreadableSource("An object of the store is damaged", where=f"{self.url}/{_key_of(sha256)}")
                os.replace(part, target)
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

        _at_once(get, wanted)

    def records(self) -> list[str]:
        """Return the keys of all records, of every workspace."""
        return [one for one, _ in self._list("workspaces/")]

    def forget(self, used: set[str], *, before: dt.datetime) -> int:
        """Delete files that no record names and that were put before a time; return how many."""
        import obstore

        old = [key for key, at in self._list("files/") if at < before and key.rpartition("/")[2] not in used]
        with _in_words(self.url):
            for key in old:
                obstore.delete(_opened(self.url), key)
        return len(old)

    def try_out(self) -> None:
        """Have writers race for a record, made and replaced, and find in which form the store wants tags; once.

        Raises
        ------
        ConfigError
            If in any round not exactly one of them wins, or the record is not that one's: two runs would mix.
        """
        if self.url in _TRIED:
            self.is_bare = _TRIED[self.url]
            return
        for kind in ("made", "replaced"):
            for number in range(ROUNDS):
                won, is_theirs = self._race(kind)
                if kind == "replaced" and not won and not self.is_bare:
                    self.is_bare = True
                    won, is_theirs = self._race(kind)
                if won == 1 and is_theirs:
                    continue
                raise ConfigError(
                    "This object store cannot hold what several machines write",
                    where=self.url,
                    expected=f"one of {WRITERS} writers at a time to win the race for a record that is {kind}",
                    found=f"{won} that were told so in round {number + 1}"
                    + ("" if is_theirs else ", and another's content"),
                    remedy="use one that honours If-None-Match and If-Match when objects are put",
                )
        _TRIED[self.url] = self.is_bare

    def _race(self, kind: str) -> tuple[int, bool]:
        import obstore

        key = f"tried/{uuid.uuid4().hex}"
        tag = self.replace(key, b"0", "") if kind == "replaced" else ""

        def write(number: int) -> str:
            try:
                self.replace(key, f"{number + 1}".encode(), tag)
            except Overtaken:
                return ""
            return f"{number + 1}"

        with ThreadPoolExecutor(WRITERS) as pool:
            won = [one for one in pool.map(write, range(WRITERS)) if one]
        found = self.read(key)
        with _in_words(self.url):
            obstore.delete(_opened(self.url), key)
        return len(won), found is not None and found[0].decode() in (won or ["0"])

    def _list(self, prefix: str) -> list[tuple[str, dt.datetime]]:
        import obstore

        with _in_words(self.url):
            return [
                (one["path"], one["last_modified"]) for some in obstore.list(_opened(self.url), prefix) for one in some
            ]


def _key_of(sha256: str) -> str:
    return f"files/{sha256[:2]}/{sha256}"


def _at_once(do: Any, items: Iterable[Any]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(do, items):
            pass


@cache
def _opened(url: str) -> Any:
    try:
        from obstore.store import from_url
    except ModuleNotFoundError as error:
        raise ConfigError(
            "A store on object storage needs a further package",
            where=url,
            expected="the extra `team`",
            remedy='pip install "scottish-localities[team]"',
        ) from error
    from obstore.exceptions import BaseError

    try:
        return from_url(url, retry_config={"max_retries": 5, "retry_timeout": _PATIENCE})  # type: ignore[call-overload]
    except (BaseError, ValueError, OSError) as error:
        raise ConfigError(
            "This is no address of an object store",
            found=url,
            expected="such as s3://bucket/prefix, gs://bucket/prefix or az://container/prefix",
        ) from error


@contextmanager
def _in_words(url: str) -> Iterator[None]:
    from obstore.exceptions import AlreadyExistsError, BaseError, NotModifiedError, PreconditionError

    try:
        yield
    except (AlreadyExistsError, NotModifiedError, PreconditionError):
        raise
    except BaseError as error:
        # the first line says it; what follows is for whoever debugs the library
        raise StoreUnavailable(
            "The object store could not be used",
            where=url,
            found=str(error).partition("\n")[0],
            remedy="see that it runs, and what the environment says of its address and keys; then run again. What "
            "was there before stays",
        ) from error
