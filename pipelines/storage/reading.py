"""Reading part of a store: only the columns and rows wanted, and the settings that its tables were made with."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from localities.settings import Settings
    from pipelines.storage.store import Store


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
    if columns is None:
        with _saying_what_is_damaged(store, table):
            columns = _names_in(_paths_of(store, table, where or {})[0])
    return arrow_rows(store, table, columns=columns, where=where).to_pandas()


def arrow_rows(
    store: Store,
    table: str,
    *,
    columns: Sequence[str] | None = None,
    where: Mapping[str, Sequence[object]] | None = None,
    coded: bool = False,
) -> pa.Table:
    """Return rows of a table as an Arrow table, geometry as WKB.

    Only the groups of rows that hold a wanted one are read whole: of the others no more than the columns that are asked
    about, and not even these where their least and largest value tell.

    Parameters
    ----------
    store, table, where
        As in `rows_of`.
    columns
        Columns wanted; all by default.
    coded
        Text as codes into a dictionary, as Parquet stores it.

    Raises
    ------
    ConfigError, UnreadableSource
        As `rows_of`.
    """
    import pyarrow as pa

    from indicators.schema.fields import FIELDS
    from indicators.schema.tables import TABLES

    texts = [one for one in TABLES[table].columns if coded and FIELDS[one].dtype in ("code", "text")]
    paths = _paths_of(store, table, where or {})
    with _saying_what_is_damaged(store, table):
        parts = [_rows_in(path, columns, dict(where or {}), texts) for path in paths]
    if not texts:
        return pa.concat_tables(parts) if len(parts) > 1 else parts[0]
    filled = [one for one in parts if one.num_rows] or parts[:1]
    return pa.concat_tables(filled).unify_dictionaries().combine_chunks()


@contextmanager
def _saying_what_is_damaged(store: Store, table: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowInvalid, OSError):
        store.paths(table)  # where the file is damaged, this says so
        raise


def _paths_of(store: Store, table: str, where: Mapping[str, Sequence[object]]) -> list[Path]:
    return store.paths(table, _sets_among(where), is_read_whole=False) or store.paths(table)[:1]


def _rows_in(
    path: Path, columns: Sequence[str] | None, where: Mapping[str, Sequence[object]], texts: Sequence[str]
) -> pa.Table:
    """Return the wanted rows of one file, in order."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    names = None if columns is None else list(columns)
    footer = pq.read_metadata(path)
    # what is asked about is looked at as codes: each distinct text once
    asked = [one.name for one in footer.schema.to_arrow_schema() if one.name in where and _is_text(one.type)]
    with pq.ParquetFile(path, metadata=footer, read_dictionary=list({*texts, *asked})) as file:
        if not where:
            return file.read(names, use_threads=False)
        place = {file.metadata.schema.column(number).path: number for number in range(file.metadata.num_columns)}
        sought = [(place[name], sorted(map(str, values))) for name, values in where.items()]
        groups = [at for at in range(file.num_row_groups) if _may_hold(file.metadata.row_group(at), sought)]
        looked_at = file.read_row_groups(groups, list(where), use_threads=False)
        is_wanted = np.ones(looked_at.num_rows, dtype=bool)
        for name, values in where.items():
            column = looked_at[name]
            kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
            is_wanted &= pc.is_in(column, value_set=pa.array(list(values), kind)).to_numpy()
        ends = np.cumsum([file.metadata.row_group(at).num_rows for at in groups])
        of_groups = np.split(is_wanted, ends[:-1]) if groups else []
        hit = [(at, rows) for at, rows in zip(groups, of_groups, strict=True) if rows.any()]
        found = []
        if hit:
            rows = file.read_row_groups([at for at, _ in hit], names, use_threads=False)
            found.append(rows.filter(pa.array(np.concatenate([one for _, one in hit]))))
        # not `empty_table`, whose columns have no part at all: pandas cannot join those
        nothing = pa.Table.from_batches([pa.RecordBatch.from_pylist([], file.schema_arrow)])
        whole = pa.concat_tables(found) if found else nothing
        whole = whole if names is None else whole.select(names)
    for number, field in enumerate(whole.schema):
        if field.name in asked and field.name not in texts:
            whole = whole.set_column(
                number, field.with_type(field.type.value_type), whole[field.name].cast(field.type.value_type)
            )
    return whole


def _names_in(path: Path) -> list[str]:
    """Return the columns of a file but its geometry."""
    import pyarrow.parquet as pq

    return [name for name in pq.read_schema(path).names if name != "geometry"]


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _may_hold(group: Any, sought: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Return whether a group of rows can hold a wanted one, by the least and largest value of what is asked about.

    `sought` has the number of each column, and the texts wanted there in order.
    """
    for number, texts in sought:
        if not texts:
            return False
        limits = group.column(number).statistics
        if limits is None or not limits.has_min_max or not isinstance(limits.min, str):
            continue
        place = bisect_left(texts, limits.min)
        if place == len(texts) or texts[place] > limits.max:
            return False
    return True


def _sets_among(where: Mapping[str, Sequence[object]]) -> set[str] | None:
    """Return the candidate sets whose parts can hold rows that are wanted; None where that does not follow."""
    if "candidate_set" in where:
        return {str(one) for one in where["candidate_set"]}
    ids = where.get("locality_id")
    return None if ids is None else {str(one).partition(":")[0] for one in ids}
