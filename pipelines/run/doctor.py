"""Whether this machine can do the work: versions, room, permissions, locks, clocks, declarations, addresses."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from indicators.errors import LocalitiesError, some

if TYPE_CHECKING:
    from pipelines.folders import Home

DISTRIBUTION = "scottish-localities"
GOOD, WARNING, ERROR = "good", "warning", "error"
NEEDED_BYTES, COMFORTABLE_BYTES = 1_000_000_000, 4_000_000_000
"""A working folder of all Scotland takes about a gigabyte; a run that replaces everything needs it a second time."""
LATE = dt.timedelta(minutes=5)
SECONDS = 10.0


@dataclass(frozen=True)
class Ailment:
    """What was looked at, how it is (``good``, ``warning``, ``error``), what was found, and what to do."""

    what: str
    state: str
    found: str
    remedy: str = ""


def examine(home: Home) -> list[Ailment]:
    """Return what was found of each thing that a run needs on this machine; nobody is asked."""
    looks: tuple[Callable[[Home], Iterator[Ailment]], ...] = (_versions, _folder, _room, _lock, _clock, _declarations)
    return [found for look in looks for found in look(home)]


def examine_servers(urls: Iterable[str]) -> list[Ailment]:
    """Return whether the server of each address answers, and whether its clock and this one agree."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(_server, urls))


def addresses(home: Home) -> list[str]:
    """Return one address of each server that the sources are fetched from."""
    from pipelines.run.workspace import open_workspace

    urls = [
        one.url for source in open_workspace(home).sources.values() for one in source.addresses if one.url
    ]  # fmt: skip
    return list({urlsplit(url).netloc: url for url in urls}.values())


def _versions(home: Home) -> Iterator[Ailment]:
    from packaging.requirements import Requirement

    python = ".".join(map(str, sys.version_info[:3]))
    is_known = sys.version_info >= (3, 11)
    yield Ailment("Python", GOOD if is_known else ERROR, python, "" if is_known else "install Python 3.11 or later")
    try:
        needed = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        yield Ailment("packages", WARNING, "run from a folder, not installed", "pip install .")
        return
    wrong = []
    for requirement in map(Requirement, needed):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        if not version or not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} {version or 'not installed'} (needs {requirement.specifier})")
    remedy = "install scottish-localities again, with the constraints of its release"
    yield Ailment("packages", ERROR, some(wrong, 5), remedy) if wrong else Ailment("packages", GOOD, "as required")


def _folder(home: Home) -> Iterator[Ailment]:
    first, second = (home.root / f".doctor-{uuid.uuid4().hex[:12]}" for _ in range(2))
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        first.write_bytes(b"?")
        os.replace(first, second)
        yield Ailment("working folder", GOOD, f"{home.root} can be written to")
    except OSError as error:
        remedy = "give yourself the right to write there, or name another folder in LOCALITIES_HOME"
        yield Ailment("working folder", ERROR, f"{home.root}: {error.strerror or error}", remedy)
    finally:
        for path in (first, second):
            path.unlink(missing_ok=True)


def _room(home: Home) -> Iterator[Ailment]:
    folder = home.root if home.root.is_dir() else home.root.parent
    free = shutil.disk_usage(folder).free
    state = GOOD if free >= COMFORTABLE_BYTES else WARNING if free >= NEEDED_BYTES else ERROR
    remedy = "" if state == GOOD else "make room, or name a folder on another drive in LOCALITIES_HOME"
    yield Ailment("room on the drive", state, f"{free / 1e9:,.1f} GB free", remedy)


def _lock(home: Home) -> Iterator[Ailment]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(home.lock, timeout=0):
            yield Ailment("lock", GOOD, "no run is under way")
    except Timeout:
        yield Ailment("lock", WARNING, "a run is under way", "wait for it to end")
    except OSError as error:
        yield Ailment("lock", ERROR, f"{home.lock}: {error.strerror or error}", "put the folder on a local drive")


def _clock(home: Home) -> Iterator[Ailment]:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("Europe/London")
        yield Ailment("time zones", GOOD, "Europe/London is known")
    except ZoneInfoNotFoundError:
        yield Ailment("time zones", ERROR, "Europe/London is not known", "pip install tzdata")
    last = max((path.stat().st_mtime for path in home.store.glob("*/current.json")), default=0.0)
    ahead = dt.timedelta(seconds=last) - dt.timedelta(seconds=dt.datetime.now(dt.UTC).timestamp())
    if ahead > LATE:
        yield Ailment("clock", WARNING, f"tables were written {ahead} in the future", "set the machine's clock right")


def _declarations(home: Home) -> Iterator[Ailment]:
    from pipelines.run.workspace import open_workspace

    try:
        opened = open_workspace(home)
        found = f"{len(opened.catalogue)} indicators, {len(opened.sources)} sources"
        yield Ailment("declarations and settings", GOOD, found)
    except LocalitiesError as error:
        yield Ailment(
            "declarations and settings", ERROR, " ".join(str(error).split()), "correct the file that is named"
        )


def _server(url: str) -> Ailment:
    import requests

    host = urlsplit(url).netloc.rpartition("@")[2]
    try:
        with requests.get(url, timeout=SECONDS, allow_redirects=False, stream=True) as reply:
            status, date = reply.status_code, reply.headers.get("Date")
    except requests.RequestException as error:
        remedy = "ask whoever runs the network to let it through, set HTTPS_PROXY, or fetch the files by hand"
        return Ailment(host, WARNING, f"does not answer: {type(error).__name__}", remedy)
    if date:
        try:
            apart = abs(dt.datetime.now(dt.UTC) - parsedate_to_datetime(date))
        except (TypeError, ValueError):
            apart = dt.timedelta()
        if apart > LATE:
            return Ailment(host, WARNING, f"its clock and this one are {apart} apart", "set the machine's clock right")
    if status >= 500:
        return Ailment(host, WARNING, f"answers with an error of its own ({status})", "try again later")
    return Ailment(host, GOOD, f"answers ({status})")
