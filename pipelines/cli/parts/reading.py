"""Reading the store for commands that show what a run has found: only the columns and rows that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from indicators.errors import ConfigError
from indicators.schema.tables import TABLES
from pipelines.folders import Home
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.storage.store import Store


class StoredTables(Mapping[str, "pd.DataFrame"]):
    """The tables of a store by name, each read when it is first asked for, without geometry.

    Parameters
    ----------
    store
        The store.
    only
        Rows wanted of some tables: allowed values by column. The largest tables are much quicker that way.
    columns
        Columns wanted of some tables.
    """

    def __init__(
        self,
        store: Store,
        only: Mapping[str, Mapping[str, Sequence[object]]] | None = None,
        columns: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._store = store
        self._only, self._columns = dict(only or {}), dict(columns or {})
        there = store.manifests()
        self._names = [name for name in TABLES if name in there]
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = rows_of(self._store, name, columns=self._columns.get(name), where=self._only.get(name))
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        # to ask whether a table is there must not read it
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def open_store(home: Home, *needed: str, is_sample: bool = False) -> Store:
    """Return the store of a working folder that holds the tables needed.

    Raises
    ------
    ConfigError
        If one has not been computed; says what to run first.
    """
    from pipelines.storage.store import Store

    store = Store(home.store)
    there = store.manifests()
    absent = [name for name in needed if name not in there]
    if absent:
        command = "localities run --sample" if is_sample else "localities run"
        nothing = "those of an earlier version, in another format" if store.of_other_formats() else "none of them"
        raise ConfigError(
            "Nothing has been computed yet" if not there else "A table has not been computed yet",
            where=store.root,
            expected=f"the tables {', '.join(needed)}",
            found=f"no {', '.join(absent)}" if there else nothing,
            remedy=f"run `{command}` first, or name the folder of an earlier run with --home",
        )
    return store


def where_of(**wanted: Sequence[object] | None) -> dict[str, Sequence[object]]:
    """Return the allowed values by column, without those that were not asked for.

    Examples
    --------
    >>> where_of(cpp_code=["S12000047"], candidate_set=None)
    {'cpp_code': ['S12000047']}
    """
    return {name: values for name, values in wanted.items() if values is not None}
