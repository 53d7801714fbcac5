"""Small tables without geometry, written as plain rows: opening the file through GDAL costs more than writing them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from localities.publishing.layers import Layer

_MOMENT = "2020-01-01T00:00:00.000Z"


def write_attributes(file: sqlite3.Connection, layer: Layer) -> None:
    """Write one layer without geometry into the open GeoPackage, registered as an attribute table.

    Text, numbers and booleans keep their type; a missing value is NULL.
    """
    table = layer.table
    name = quoted(layer.name)
    columns = ", ".join(f"{quoted(field.name)} {sql_type(field.type)}" for field in table.schema)
    file.execute(f"CREATE TABLE {name} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {columns})")
    insert_rows(file, layer.name, table)
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
        " VALUES (?, 'attributes', ?, ?, ?)",
        (layer.name, layer.name, layer.description, _MOMENT),
    )


def insert_rows(file: sqlite3.Connection, name: str, table: pa.Table, **further: list[bytes]) -> None:
    """Insert every row of an Arrow table, and further columns, into a table that has columns of these names."""
    columns = [*further, *table.column_names]
    file.executemany(
        f"INSERT INTO {quoted(name)} ({', '.join(map(quoted, columns))}) VALUES ({', '.join('?' * len(columns))})",
        zip(*further.values(), *(_values(column) for column in table.columns), strict=True),
    )


def quoted(text: str) -> str:
    """Return a name as SQL has it."""
    return '"' + text.replace('"', '""') + '"'


def sql_type(kind: pa.DataType) -> str:
    """Return the type of a GeoPackage column that holds an Arrow type."""
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return "BOOLEAN"
    if pa.types.is_integer(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) else "TEXT"


def _values(column: pa.ChunkedArray) -> list[object]:
    values = column.to_pylist()
    import pyarrow as pa

    if pa.types.is_floating(column.type):
        return [None if value != value else value for value in values]
    if pa.types.is_temporal(column.type):
        return [None if value is None else value.isoformat()[:10] for value in values]
    return values
