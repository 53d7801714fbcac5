"""Steps computed by a process of their own while the run goes on with others, where the country is large enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING

from pipelines.run.memory import give_back, spared
from pipelines.workers import end_with_parent, processes_for

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.steps.step import Context, Step
    from pipelines.storage.store import Store

_MANY_BYTES = 20_000_000
"""Published files from which starting another process, a second or two, is worth it."""

Tables = dict[str, "pd.DataFrame"]
Result = Callable[["Step", "Context", "dict[str, pd.DataFrame]"], "dict[str, pd.DataFrame]"]


class Apart:
    """The process, started when the first step is given to it; ends with the block that it is made for.

    Parameters
    ----------
    store
        Where steps find their tables.
    result_of
        Computes and checks the tables of a step; a function of a module, so that another process finds it.
    """

    def __init__(self, store: Store, result_of: Result) -> None:
        self._store, self._result_of = store, result_of
        self._pool: ProcessPoolExecutor | None = None
        self._begun: dict[str, Future[list[Tables]]] = {}
        self._ahead: dict[str, Future[None]] = {}

    def __enter__(self) -> Apart:
        """Return itself: nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process; what it is at is waited for."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def begin(self, step: Step, context: Context, batches: Sequence[Sequence[str]] = ((),)) -> None:
        """Have a step computed whose tables are there, if that is worth a process.

        Parameters
        ----------
        step, context
            What, and what it may use.
        batches
            Of a step in parts, the sets that are computed together, one batch after another.
        """
        if pool := self._pool_for(context):
            zones, wanted = context.settings.zones, [tuple(one) for one in batches]
            self._begun[step.name] = pool.submit(
                _compute, self._store, self._result_of, step.name, zones, _slim(context), wanted
            )

    def begin_ahead(self, step: Step, context: Context) -> None:
        """Have done what a step can do before its tables are there, if that is worth a process."""
        if step.ahead is not None and (pool := self._pool_for(context)):
            self._ahead[step.name] = pool.submit(step.ahead, _slim(context))

    def wait_ahead(self, step: Step) -> None:
        """Wait until what a step can do ahead is done, where it was begun.

        Raises
        ------
        LocalitiesError
            If it failed.
        """
        begun = self._ahead.pop(step.name, None)
        if begun is not None:
            begun.result()

    def _pool_for(self, context: Context) -> ProcessPoolExecutor | None:
        if self._pool is None:
            size = sum(path.stat().st_size for path in context.files.values() if path.is_file())
            if size < _MANY_BYTES or processes_for(2) < 2:
                return None
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent)
        return self._pool

    def close(self) -> None:
        """Take no more steps: the process ends with the last that it has, and gives its memory back."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)

    def take(self, step: Step) -> list[Tables] | None:
        """Return the tables of each batch of a step when they are there; None where it was not begun.

        Raises
        ------
        LocalitiesError
            If the step or a check of its tables failed.
        """
        begun = self._begun.pop(step.name, None)
        return None if begun is None else begun.result()

    def ready(self, waiting: Sequence[Step], planned: Sequence[Step]) -> list[Step]:
        """Return those of the waiting steps whose inputs no planned step will still make."""
        made = {table for one in planned for table in one.outputs}
        return [one for one in waiting if one.apart and not made & set(one.inputs)]


def _slim(context: Context) -> Context:
    """Return what a step may use without where sources came from, which is for the table of sources alone."""
    return replace(context, provenance=None, there=None, panels=None)


def _compute(
    store: Store, result_of: Result, name: str, zones: str, context: Context, batches: Sequence[tuple[str, ...]]
) -> list[Tables]:
    from localities.evidence.sums import Panels
    from pipelines.run.figures import figures_folder
    from pipelines.run.inputs import Inputs
    from pipelines.steps.parts import of_parts
    from pipelines.steps.registry import all_steps

    step = next(one for one in all_steps(zones) if one.name == name)
    split = {table for one in all_steps(zones) if one.per_set for table in one.outputs}
    found = []
    with spared():
        tables = Inputs(store).of(step)
        context = replace(context, panels=Panels(partial(figures_folder, store, context.cache)))
        for sets in batches:
            given = {key: of_parts(one, sets) if sets and key in split else one for key, one in tables.items()}
            found.append(result_of(step, replace(context, sets=sets), given))
    give_back()
    return found
