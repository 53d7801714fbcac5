"""Further layers with geometry, written as plain rows after the pattern of one that GDAL wrote.

GDAL opens the whole file anew for every layer, which costs several times what the rows do once there are a dozen ways
of drawing localities. GDAL writes the first such layer; the table, spatial index and triggers of the others repeat its
definitions under their own names, so that they stay those of the GDAL in use.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from localities.publishing.attributes import insert_rows, quoted, sql_type

if TYPE_CHECKING:
    from localities.publishing.layers import Layer

_MOMENT = "2020-01-01T00:00:00.000Z"
_SRS = 27700
_FLAGS = 0b00000011  # standard binary, not empty, envelope of x and y, little-endian


def can_repeat(layer: Layer) -> bool:
    """Return whether a layer can be written here: its name needs no escaping, and SQLite has spatial indexes."""
    return "'" not in layer.name and '"' not in layer.name and _has_spatial_indexes()


@cache
def _has_spatial_indexes() -> bool:
    with closing(sqlite3.connect(":memory:")) as memory:
        return ("ENABLE_RTREE",) in memory.execute("PRAGMA compile_options").fetchall()


def write_shapes(file: sqlite3.Connection, layer: Layer, pattern: str) -> None:
    """Write one layer with geometry into the open GeoPackage.

    Parameters
    ----------
    file
        The GeoPackage, in a transaction.
    layer
        Layer whose WKB column ``geometry`` holds multipolygons, little-endian, in EPSG:27700.
    pattern
        Name of a layer with geometry that GDAL wrote into the same file.
    """
    import shapely

    wkb = layer.table["geometry"].to_pylist()
    bounds = shapely.bounds(shapely.from_wkb(np.array(wkb, dtype=object)))
    table = layer.table.drop_columns("geometry")
    columns = ["fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", "geom MULTIPOLYGON"]
    columns += [f"{quoted(field.name)} {sql_type(field.type)}" for field in table.schema]
    file.execute(f"CREATE TABLE {quoted(layer.name)} ({', '.join(columns)})")
    insert_rows(file, layer.name, table, geom=_geopackage_binary(wkb, bounds))
    extent = [*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist()] if wkb else [None] * 4
    file.execute(
        "INSERT INTO gpkg_contents VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?, ?)",
        (layer.name, layer.name, layer.description, _MOMENT, *extent, _SRS),
    )
    file.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'MULTIPOLYGON', ?, 0, 0)", (layer.name, _SRS))
    file.execute("INSERT INTO gpkg_ogr_contents (table_name, feature_count) VALUES (?, ?)", (layer.name, len(wkb)))
    file.execute(
        "INSERT INTO gpkg_extensions SELECT ?, column_name, extension_name, definition, scope FROM gpkg_extensions"
        " WHERE table_name = ? AND extension_name = 'gpkg_rtree_index'",
        (layer.name, pattern),
    )
    index = quoted(f"rtree_{layer.name}_geom")
    file.execute(f"CREATE VIRTUAL TABLE {index} USING rtree(id, minx, maxx, miny, maxy)")
    file.executemany(
        f"INSERT INTO {index} VALUES (?, ?, ?, ?, ?)",
        zip(range(1, len(wkb) + 1), *(bounds[:, at].tolist() for at in (0, 2, 1, 3)), strict=True),
    )
    # last, because they call functions that only GDAL and QGIS bring
    for (definition,) in file.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? ORDER BY rowid", (pattern,)
    ).fetchall():
        file.execute(definition.replace(pattern, layer.name))


def _geopackage_binary(wkb: list[bytes], bounds: np.ndarray) -> list[bytes]:
    """Return geometries as GeoPackage has them: a header with the reference system and the envelope, then the WKB."""
    headers = np.zeros(
        len(wkb), dtype=[("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs", "<i4"), ("envelope", "<f8", 4)]
    )
    headers["magic"], headers["flags"], headers["srs"] = b"GP", _FLAGS, _SRS
    headers["envelope"] = bounds[:, [0, 2, 1, 3]]
    return [header.tobytes() + one for header, one in zip(headers, wkb, strict=True)]
