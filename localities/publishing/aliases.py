"""Titles, meanings and lists of values of every column, as the schema extension of GeoPackage has them.

QGIS and GDAL show these in place of the names of columns and the codes in them; both stay as they are in the tables, so
that a layer still joins to the national files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from localities.wording.codes import CODES_IN_WORDS, aliases, describe

if TYPE_CHECKING:
    from localities.publishing.layers import Layer

_DEFINITION = "http://www.geopackage.org/spec121/#extension_schema"

# as the GeoPackage standard, 1.3, annex C has them: a checker compares column by column
_COLUMNS_SQL = """
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name))
"""
_CONSTRAINTS_SQL = """
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))
"""


def write_aliases(file: sqlite3.Connection, layers: Sequence[Layer]) -> None:
    """Write the title, meaning and values of every column of the layers into the open GeoPackage."""
    file.execute(_COLUMNS_SQL)
    file.execute(_CONSTRAINTS_SQL)
    rows, used = [], set()
    for layer in layers:
        columns = [name for name in layer.table.column_names if name != "geometry"]
        for column, title in aliases(columns).items():
            constraint = f"list_{column}" if column in CODES_IN_WORDS else None
            if constraint:
                used.add(column)
            rows.append((layer.name, column, title, title, describe(column), constraint))
    file.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description, constraint_name)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )
    file.executemany(
        "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description)"
        " VALUES (?, 'enum', ?, ?)",
        [(f"list_{column}", code, words) for column in sorted(used) for code, words in CODES_IN_WORDS[column].items()],
    )
    file.executemany(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope)"
        " VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [("gpkg_data_columns", _DEFINITION), ("gpkg_data_column_constraints", _DEFINITION)],
    )
