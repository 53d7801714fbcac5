"""Partnerships written side by side, by as many processes as there are cores, or by this one where they are small."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from importlib.metadata import version
from multiprocessing import current_process, get_context
from pathlib import Path

from pipelines.run.memory import give_back, spared
from pipelines.run.partnership import Edition, Writer, Written, lay_out_for
from pipelines.storage.whole import write_whole
from pipelines.workers import end_with_parent, processes_for

_MANY = 500
"""Data zones to be written from which starting other processes, some seconds of work each, is worth it."""

_WRITER: Writer | None = None
"""What a process that this module started writes with."""


def library_kept_in(cache: Path, zones: int) -> str:
    """Return the script that draws the maps of pages, from the cache where it was made before.

    Making it takes a hundred megabytes that a process keeps: where many zones follow, another process does it.
    """
    from localities.publishing.explorer.page import map_library

    path = cache / f"map-library-{version('vl-convert-python')}.js"
    if path.is_file():
        # ends of lines as they are: a script may hold them in a text
        return path.read_bytes().decode()
    if zones < _MANY or current_process().daemon:
        text = map_library()
    else:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            text = pool.submit(map_library).result()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    return text


def written_by(
    edition: Edition, wanted: Sequence[tuple[str, Sequence[str]]], zones: int
) -> Iterator[tuple[str, Written]]:
    """Yield what became of the files of each partnership, as they are done.

    Parameters
    ----------
    edition
        What their files have in common.
    wanted
        Code and kinds of files of each partnership, in the order in which they are begun.
    zones
        How many data zones they have.
    """
    processes = processes_for(len(wanted))
    if zones < _MANY or processes < 2:
        writer = Writer(edition)
        for code, kinds in wanted:
            yield code, writer.write(code, kinds)
        return
    folder = edition.shelf.room / "rows"
    edition = replace(edition, laid_out=folder)
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(edition,))
    try:
        # they import what they need while the rows are laid out
        for _ in range(processes):
            pool.submit(_prepare)
        lay_out_for(edition.store, edition.kinds, folder)
        give_back()
        begun = {pool.submit(_write, code, kinds): code for code, kinds in wanted}
        for one in as_completed(begun):
            yield begun[one], one.result()
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)


def _begin(edition: Edition) -> None:
    global _WRITER
    end_with_parent()
    _WRITER = Writer(edition)


def _prepare() -> None:
    """Import what writing takes, before there is anything to write."""
    import pyogrio  # noqa: F401
    import xlsxwriter  # noqa: F401


def _write(code: str, kinds: Sequence[str]) -> Written:
    if _WRITER is None:
        raise RuntimeError("this process was started without an edition to write")
    with spared():
        written = _WRITER.write(code, kinds)
    give_back()
    return written
