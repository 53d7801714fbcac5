"""What is measured, under which name and against which budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """One measurement against its budget.

    Parameters
    ----------
    work
        What was done.
    budget, measured
        In `unit`.
    unit
        ``s``, ``MB``, or ``times``.
    note
        What else a reader should know, or empty.
    """

    work: str
    budget: float
    measured: float
    unit: str = "s"
    note: str = ""

    @property
    def is_within(self) -> bool:
        """Whether the budget is kept."""
        return self.measured <= self.budget


@dataclass(frozen=True)
class Bench:
    """What measurements share.

    Parameters
    ----------
    mirror
        Folder of real data.
    home
        Working folder whose store holds a whole run, once `tests.bench.national` has made it.
    """

    mirror: Path
    home: Path


@dataclass(frozen=True)
class _Entry:
    name: str
    run: Callable[[Bench], list[Measured]]
    is_default: bool = field(default=True)


BENCHES: dict[str, _Entry] = {}


def bench(name: str, *, is_default: bool = True) -> Callable[[Callable[[Bench], list[Measured]]], Callable]:
    """Return a decorator that registers a measurement; one that is not a default runs only when named."""

    def register(function: Callable[[Bench], list[Measured]]) -> Callable[[Bench], list[Measured]]:
        BENCHES[name] = _Entry(name, function, is_default)
        return function

    return register
