"""The national DuckDB file: every table under its own name, with the meaning of every column.

Written in the storage version that clients since DuckDB 1.5 open, and swapped in whole: DuckDB lets one process write,
and a reader in another would block it. The file is compared by content; its bytes differ from one writing to the next.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from localities.publishing.atomic import Placed, place_whole

__all__ = ["STORAGE_VERSION", "write_duckdb"]

STORAGE_VERSION = "v1.5.0"
_CRS = "EPSG:27700"


def write_duckdb(target: Path, stored: Mapping[str, Path], *, about: str = "") -> Placed:
    """Return where the file is after writing every table into it.

    Parameters
    ----------
    target
        Wanted path, ending in ``.duckdb``.
    stored
        Parquet file of each table; geometries as WKB GeoParquet in EPSG:27700.
    about
        A sentence that becomes the comment of every table, after what a row is.
    """

    def write(draft: Path) -> None:
        spill = draft.with_name(draft.name + ".spill")
        try:
            _write(draft, stored, about, spill)
        finally:
            shutil.rmtree(spill, ignore_errors=True)

    return place_whole(target, write)


def _write(draft: Path, stored: Mapping[str, Path], about: str, spill: Path) -> None:
    import duckdb

    with duckdb.connect(":memory:") as connection:
        # tables stream through, beside GeoPackages: more memory or threads would be taken from those
        connection.execute("SET memory_limit = '200MB'")
        connection.execute("SET threads = 1")
        connection.execute(f"SET temp_directory = {_text(str(spill))}")
        # nothing is fetched: reading geometry needs no extension here
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute(f"ATTACH {_text(str(draft))} AS country (STORAGE_VERSION {_text(STORAGE_VERSION)})")
        for table, path in stored.items():
            source = f"read_parquet({_text(str(path))})"
            described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
            columns = ", ".join(
                f"ST_SetCRS({_name(name)}, {_text(_CRS)}) AS {_name(name)}"
                if str(kind).startswith("GEOMETRY")
                else _name(name)
                for name, kind, *_ in described
            )
            connection.execute(f"CREATE TABLE country.{_name(table)} AS SELECT {columns} FROM {source}")
            for sentence in _comments(table, [name for name, *_ in described], about):
                connection.execute(sentence)
        connection.execute("DETACH country")


def _comments(table: str, columns: list[str], about: str) -> list[str]:
    declared = TABLES.get(table)
    found = []
    if declared is not None:
        comment = f"{declared.title}: {declared.row}. {about}".strip()
        found.append(f"COMMENT ON TABLE country.{_name(table)} IS {_text(comment)}")
    for column in columns:
        if column in FIELDS:
            field = FIELDS[column]
            comment = f"{field.description} ({field.unit})" if field.unit else field.description
            found.append(f"COMMENT ON COLUMN country.{_name(table)}.{_name(column)} IS {_text(comment)}")
    return found


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
