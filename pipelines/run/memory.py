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

__all__ = ["give_back", "spared"]


@contextmanager
def spared() -> Iterator[None]:
    """Spare a run the automatic collection of cycles, and put it back after.

    It walks through millions of texts of which none is in a cycle; `give_back` collects between steps.
    """
    was_on = gc.isenabled()
    gc.disable()
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
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the GNU C library has it, others do not
        if trim is not None:
            trim(0)
