"""Reading part of a store: only the columns and rows wanted, and the settings that its tables were made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from localities.settings import Settings
    from pipelines.storage.store import Store

__all__ = ["rows_of", "settings_of"]


def settings_of(store: Store) -> Settings:
    """Return the thresholds that the tables of a store were made with; defaults for what none of them depends on."""
    from dataclasses import fields

    from localities.settings import Settings, load_settings

    # a manifest's configuration also holds what is no setting, such as the version of the declared indicators
    known = {one.name for one in fields(Settings)}
    used: dict[str, object] = {}
    for manifest in store.manifests().values():
        used.update((name, value) for name, value in manifest.configuration.items() if name in known)
    return load_settings(None, **used)


def rows_of(
    store: Store,
    table: str,
    *,
    columns: Sequence[str] | None = None,
    where: Mapping[str, Sequence[object]] | None = None,
) -> pd.DataFrame:
    """Return rows of a table without its geometry.

    Parameters
    ----------
    store
        The store.
    table
        Name of the table.
    columns
        Columns wanted; all but the geometry by default.
    where
        Allowed values by column; other rows are not read.

    Raises
    ------
    ConfigError, UnreadableSource
        If the table has never been written, or its file is damaged.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = dict(where or {})
    paths = store.paths(table, _sets_among(wanted), is_read_whole=False) or store.paths(table)[:1]
    filters = [(name, "in", list(values)) for name, values in wanted.items()]
    is_empty = any(not allowed for _, _, allowed in filters)
    try:
        if columns is None:
            columns = [name for name in pq.read_schema(paths[0]).names if name != "geometry"]
        only = None if is_empty else filters or None
        frames = [pd.read_parquet(path, columns=list(columns), filters=only) for path in paths]
    except (pa.ArrowInvalid, OSError):
        store.paths(table)  # where the file is damaged, this says so
        raise
    found = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    return found.head(0) if is_empty else found


def _sets_among(where: Mapping[str, Sequence[object]]) -> set[str] | None:
    """Return the candidate sets whose parts can hold rows that are wanted; None where that does not follow."""
    if "candidate_set" in where:
        return {str(one) for one in where["candidate_set"]}
    ids = where.get("locality_id")
    return None if ids is None else {str(one).partition(":")[0] for one in ids}
