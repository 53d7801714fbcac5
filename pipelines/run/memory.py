"""Memory given back between the steps of a run.

What a step has let go of stays with the allocators of Python, Arrow and the C library, which each keep it for
themselves; the next step then asks for more. Handed back, a run of the whole country fits in half of it.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_MOST_KEPT = 1 << 30


@contextmanager
def spared() -> Iterator[None]:
    """Spare a run the automatic collection of cycles, and put it back after.

    It walks through millions of texts of which none is in a cycle; `give_back` collects between steps. And have what an
    array of millions of numbers lets go of kept for the next one, not handed back and asked for anew, page by page:
    half of the time that a run spends in the system.
    """
    was_on = gc.isenabled()
    gc.disable()
    mallopt = _of_the_c_library("mallopt")
    if mallopt is not None:
        for parameter in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            mallopt(parameter, _MOST_KEPT)
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def give_back() -> None:
    """Return unused memory to the system, as far as the platform knows how to; results are the same without it."""
    # frames are freed as they are let go of; only the young generations can hold what a step left in cycles
    gc.collect(1)
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    trim = _of_the_c_library("malloc_trim")
    if trim is not None:
        trim(0)


def _of_the_c_library(name: str) -> Any:
    """Return a function that the GNU C library has, or None where there is another library."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
