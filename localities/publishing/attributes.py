"""Small tables without geometry, written as plain rows: opening the file through GDAL costs more than writing them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from localities.publishing.layers import Layer

__all__ = ["write_attributes"]

_MOMENT = "2020-01-01T00:00:00.000Z"


def write_attributes(file: sqlite3.Connection, layer: Layer) -> None:
    """Write one layer without geometry into the open GeoPackage, registered as an attribute table.

    Text, numbers and booleans keep their type; a missing value is NULL.
    """
    table = layer.table
    name = _quoted(layer.name)
    columns = ", ".join(f"{_quoted(field.name)} {_sql_type(field.type)}" for field in table.schema)
    file.execute(f"CREATE TABLE {name} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {columns})")
    marks = ", ".join("?" * table.num_columns)
    file.executemany(
        f"INSERT INTO {name} ({', '.join(map(_quoted, table.column_names))}) VALUES ({marks})",
        zip(*(_values(column) for column in table.columns), strict=True),
    )
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
        " VALUES (?, 'attributes', ?, ?, ?)",
        (layer.name, layer.name, layer.description, _MOMENT),
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _sql_type(kind: pa.DataType) -> str:
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
