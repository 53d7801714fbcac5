"""Rows worked through in pieces that fit the processor's cache, on as many threads as it pays to use.

The pieces are the same whatever the number of threads, so that the same rows give the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable

CHUNK_ROWS = 16_384
"""Rows of a piece: some twenty float columns of it fit a cache of a few megabytes."""

_MOST_THREADS = 4


def in_chunks(work: Callable[[int, int], None], rows: int, chunk_rows: int = CHUNK_ROWS) -> None:
    """Call ``work(start, stop)`` for every piece of `rows` rows; pieces may run at the same time.

    Parameters
    ----------
    work
        Fills its own rows of arrays that the caller made. What it raises is raised here.
    rows
        Number of rows.
    chunk_rows
        Most rows of a piece.

    Notes
    -----
    numpy and scipy's array functions let other threads run meanwhile, so two cores take little more than half the time.

    Examples
    --------
    >>> seen = []
    >>> in_chunks(lambda start, stop: seen.append((start, stop)), 5, chunk_rows=2)
    >>> sorted(seen)
    [(0, 2), (2, 4), (4, 5)]
    """
    starts = range(0, rows, chunk_rows)
    threads = min(len(starts), os.cpu_count() or 1, _MOST_THREADS)
    if threads < 2:
        for start in starts:
            work(start, min(start + chunk_rows, rows))
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda start: work(start, min(start + chunk_rows, rows)), starts):
            pass
