"""The input tables of steps, read from the store alike by the command line and by Dagster.

A step gets geometry only where it asks for it, and the long tables with text as categories: both are most of what they
would take of memory, and of time to read. A table that several steps read is read once per version.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from indicators.schema.tables import TABLES
from pipelines.run.staleness import current_version

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.steps.step import Step
    from pipelines.storage.store import Store

_LONG = ("observations", "estimates", "findings")
"""Tables of a million rows, whose text is taken as categories."""


class Inputs:
    """Tables read from the store for the steps of one run.

    Parameters
    ----------
    store
        The store of record.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[tuple[str, bool], tuple[str, pd.DataFrame]] = {}

    def of(self, step: Step) -> dict[str, pd.DataFrame]:
        """Return the inputs of a step."""
        return {name: self.read(name, with_geometry=spatial) for name, spatial in _keys(step)}

    def read(self, table: str, *, with_geometry: bool) -> pd.DataFrame:
        """Return the current version of a table.

        Raises
        ------
        ConfigError
            If the table has not been computed yet.
        """
        version = current_version(self._store, table)
        # a table without geometry is the same either way
        key = table, with_geometry and TABLES[table].is_spatial
        if key not in self._read or self._read[key][0] != version:
            self._read[key] = version, self._load(*key)
        # a shallow copy: a step that adds a column to its input must not change that of the next
        return self._read[key][1].copy(deep=False)

    def keep(self, steps: Iterable[Step]) -> None:
        """Let go of everything that none of these steps reads."""
        wanted = {(name, spatial and TABLES[name].is_spatial) for one in steps for name, spatial in _keys(one)}
        for key in [key for key in self._read if key not in wanted]:
            del self._read[key]

    def _load(self, table: str, with_geometry: bool) -> pd.DataFrame:
        if TABLES[table].is_spatial and not with_geometry:
            return self._store.read(table, [name for name in TABLES[table].columns if name != "geometry"])
        return self._store.read(table, as_categories=table in _LONG)


def _keys(step: Step) -> list[tuple[str, bool]]:
    return [(name, name in step.spatial_inputs) for name in step.inputs]
