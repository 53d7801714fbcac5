"""One GeoPackage per community planning partnership, written whole.

GDAL writes the first layer with geometry and long tables; other layers, styles, titles and metadata follow as plain
rows. The same layers give the same bytes in one environment (versions of GDAL and SQLite are written into the file).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from localities.publishing.aliases import write_aliases
from localities.publishing.atomic import Placed, place_whole
from localities.publishing.attributes import write_attributes
from localities.publishing.metadata import About, write_metadata
from localities.publishing.qgis_project import write_project
from localities.publishing.shapes import can_repeat, write_shapes
from localities.publishing.styles import write_styles

if TYPE_CHECKING:
    import pyarrow as pa

    from localities.publishing.layers import Layer

# the moment that GDAL writes as "last change", with milliseconds as the standard asks; no journal, because the file is
# a draft until it is whole
_STEADY = {
    "OGR_CURRENT_DATE": "2020-01-01T00:00:00.000Z",
    "OGR_SQLITE_SYNCHRONOUS": "OFF",
    "OGR_SQLITE_JOURNAL": "OFF",
}

_MANY_ROWS = 1_500
"""Rows from which GDAL writes a table without geometry faster than it takes to open the file anew."""


@contextmanager
def steady_gdal() -> Iterator[None]:
    """Hold GDAL's settings so that what it writes does not depend on the clock; put them back afterwards.

    The settings belong to the whole process: hold them around all writing threads, not in each.
    """
    import pyogrio

    before = {name: pyogrio.get_gdal_config_option(name) for name in _STEADY}
    pyogrio.set_gdal_config_options(_STEADY)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def write_geopackage(target: Path, layers: Sequence[Layer], about: About) -> Placed:
    """Return where the file is after writing every layer whole; call it inside `steady_gdal`.

    Parameters
    ----------
    target
        Wanted path, ending in ``.gpkg``.
    layers
        Layers in the order of the file.
    about
        What the file says of itself.

    Raises
    ------
    ConfigError
        If the file cannot be put in place, see `localities.publishing.atomic.place_whole`.
    """
    return place_whole(target, lambda draft: _write(draft, layers, about, target.name))


def fingerprint_of(layers: Sequence[Layer], about: About, *further: str, volatile: Sequence[str] = ()) -> str:
    """Return a hash of everything that a GeoPackage is made of.

    Parameters
    ----------
    layers, about
        As for `write_geopackage`.
    further
        Whatever else decides the bytes, such as versions.
    volatile
        Columns of the layer "Sources" that are left out, because they change when a source is fetched anew although
        nothing that it says of this area did.
    """
    import pyarrow as pa

    digest = hashlib.sha256(repr((about, further)).encode())
    for layer in layers:
        table = layer.table
        if layer.name == "Sources":
            table = table.drop_columns([name for name in volatile if name in table.column_names])
        digest.update(f"{layer.name}\n{layer.description}\n{layer.style}\n{layer.words}\n".encode())
        with pa.ipc.new_stream(pa.PythonFile(_Hashing(digest), "w"), table.schema) as writer:
            writer.write_table(table)
    return digest.hexdigest()


class _Hashing:
    """Something to write to that keeps nothing but a hash."""

    closed = False

    def __init__(self, digest: hashlib._Hash) -> None:
        self.digest = digest

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        return len(content)

    def flush(self) -> None:
        """Do nothing: the hash is always up to date."""


def _write(draft: Path, layers: Sequence[Layer], about: About, name: str) -> None:
    pattern = next((layer.name for layer in layers if layer.is_spatial and can_repeat(layer)), None)
    by_gdal = {layer.name for layer in layers if _is_for_gdal(layer, pattern)}
    for layer in layers:
        if layer.name in by_gdal:
            _write_layer(draft, layer)
    with closing(sqlite3.connect(draft, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        file.execute("BEGIN")
        for layer in layers:
            if layer.name not in by_gdal and layer.is_spatial:
                write_shapes(file, layer, str(pattern))
            elif layer.name not in by_gdal:
                write_attributes(file, layer)
        _list_in_order(file, layers)
        write_aliases(file, layers)
        write_styles(file, layers, is_fictional=about.is_fictional)
        write_metadata(file, about, layers)
        write_project(file, layers, about, name)
        file.execute("COMMIT")


def _is_for_gdal(layer: Layer, pattern: str | None) -> bool:
    if layer.is_spatial:
        return layer.name == pattern or pattern is None or not can_repeat(layer)
    return layer.table.num_rows > _MANY_ROWS


def _list_in_order(file: sqlite3.Connection, layers: Sequence[Layer]) -> None:
    """List the layers in their own order, whoever wrote them."""
    listed = {row[0]: row for row in file.execute("SELECT * FROM gpkg_contents")}
    file.execute("DELETE FROM gpkg_contents")
    marks = ", ".join("?" * len(next(iter(listed.values()), ())))
    file.executemany(f"INSERT INTO gpkg_contents VALUES ({marks})", [listed[layer.name] for layer in layers])


def _write_layer(draft: Path, layer: Layer) -> None:
    import pyogrio

    # the version of the standard that older clients read without a warning; nothing here needs a later one
    options = {"FID": "fid", "DESCRIPTION": layer.description, "IDENTIFIER": layer.name, "VERSION": "1.2"}
    table = _dates_as_text(layer.table)
    if layer.is_spatial:
        pyogrio.write_arrow(
            table, draft, layer=layer.name, driver="GPKG", geometry_name="geometry", geometry_type="MultiPolygon",
            crs="EPSG:27700", GEOMETRY_NAME="geom", **options,
        )  # fmt: skip
    else:
        pyogrio.write_arrow(table, draft, layer=layer.name, driver="GPKG", **options)


def _dates_as_text(table: pa.Table) -> pa.Table:
    """Return the table with dates as text in ISO 8601."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for number, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) or pa.types.is_date(field.type):
            text = pc.strftime(table[field.name], format="%Y-%m-%d")
            table = table.set_column(number, field.name, text)
    return table
