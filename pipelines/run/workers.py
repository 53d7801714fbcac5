"""Who computes parts of a work that need not wait for each other: Dask's workers, else processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from indicators.errors import ConfigError, compose

__all__ = ["SCHEDULER_VARIABLE", "workers"]

SCHEDULER_VARIABLE = "LOCALITIES_SCHEDULER"
_MOST, _SECONDS = 4, 20


@contextmanager
def workers(scheduler: str | None = None, *, is_large: bool = True) -> Iterator[Executor | None]:
    """Yield an executor; None where this process should do it all by itself.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler; by default what ``LOCALITIES_SCHEDULER`` names.
    is_large
        Whether the work is worth starting processes of this machine, a few seconds.

    Raises
    ------
    ConfigError
        If no scheduler answers there, or the extra ``dask`` is not installed.
    """
    address = scheduler or os.environ.get(SCHEDULER_VARIABLE, "")
    if not address:
        processes = min(os.cpu_count() or 1, _MOST) if is_large else 1
        if processes < 2:
            yield None
            return
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            yield pool
        return
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ConfigError(
            compose(
                "A Dask scheduler is named, and its library is not installed",
                expected="the extra `dask`",
                remedy='pip install "scottish-localities[dask]"',
            )
        ) from error
    try:
        client = Client(address, timeout=_SECONDS)
    except (OSError, ValueError) as error:
        raise ConfigError(
            compose("No Dask scheduler answers", where=address, found=error, remedy="see that it runs, and its address")
        ) from error
    with client:
        yield client.get_executor()
