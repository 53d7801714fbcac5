"""Who computes parts of a work that need not wait for each other: Dask's workers, else processes of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import current_process, get_context, parent_process
from threading import Thread

from indicators.errors import ConfigError

SCHEDULER_VARIABLE = "LOCALITIES_SCHEDULER"
_MOST, _SECONDS = 4, 20


def is_a_worker() -> bool:
    """Return whether this is one of Dask's workers, at a task that somebody gave it."""
    if "distributed" not in sys.modules:
        return False
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return True


def processes_for(parts: int) -> int:
    """Return how many processes of this machine are worth it for so many parts: 1 where it has to do them itself.

    Each takes a third of a gigabyte, so four are the most. A Dask worker with a nanny may not start any.
    """
    return 1 if current_process().daemon else max(1, min(os.cpu_count() or 1, parts, _MOST))


def end_with_parent() -> None:
    """Have a process end when the one that started it is gone: that was killed, and this one would wait for ever."""
    parent = parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os._exit(1)

    Thread(target=follow, daemon=True).start()


@contextmanager
def workers(scheduler: str | None = None, *, parts: int) -> Iterator[Executor | None]:
    """Yield an executor; None where this process should do it all by itself.

    What one of Dask's workers is given, it does on its own machine: were it to wait for the others, all could wait.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler; by default what ``LOCALITIES_SCHEDULER`` names.
    parts
        How many parts are worth a process of this machine each, a few seconds; 1 if none is.

    Raises
    ------
    ConfigError
        If no scheduler answers there, or the extra ``dask`` is not installed.
    """
    address = scheduler or os.environ.get(SCHEDULER_VARIABLE, "")
    if not address or is_a_worker():
        processes = processes_for(parts)
        if processes < 2:
            yield None
            return
        pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=end_with_parent)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)
        return
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ConfigError(
            "A Dask scheduler is named, and its library is not installed",
            expected="the extra `dask`",
            remedy='pip install "scottish-localities[dask]"',
        ) from error
    try:
        client = Client(address, timeout=_SECONDS)
    except (OSError, ValueError) as error:
        raise ConfigError(
            "No Dask scheduler answers", where=address, found=error, remedy="see that it runs, and its address"
        ) from error
    with client:
        yield client.get_executor()
