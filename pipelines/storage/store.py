"""The store of record: one folder per table, one Parquet file per version, one manifest that names the current one.

Writing goes in three moves: *validate* the frame against its declaration, *write* it whole under its version, and
*promote* it by moving ``current.json`` into place last. Whatever fails before the last move, readers go on seeing what
they saw. The version of a table is the hash of its data, so rewriting identical content keeps its version and nothing
downstream moves; what the file says of its columns in words is no part of it.

A table that grows with the number of drawings is kept in parts, one for each candidate set: ``<table>/<set>`` is a
folder like that of a table, with a manifest of its own. The table's own manifest then lists its parts in order, each
with the version that readers see, and is moved last too; a reader gets the parts one after another.

Every manifest carries the number of the store's form, `FORMAT`. Tables of another form count as never computed; their
files stay until a whole run has succeeded (`Store.forget_other_formats`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.errors import ConfigError, UnreadableSource, some
from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from pipelines.storage.whole import sync, write_whole

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT = 3
"""Raised when tables or columns are renamed, or what a version is a hash of changes. 1 had no number, 2 no parts."""

KEPT_VERSIONS = 3
_PARQUET = {"compression": "zstd", "compression_level": 1}
_GROUP_ROWS, _GROUP_OF_PLACES, _GROUP_OF_SHAPES = 32_768, 8_192, 64
"""Rows of a Parquet row group: tables are in order of partnership, so that what one of them shows is read alone."""


@dataclass(frozen=True)
class Manifest:
    """What stands behind the current version of one table.

    Parameters
    ----------
    table, version, rows
        Name, hash of the content, number of rows.
    inputs
        Version of every table that it was computed from.
    sources
        SHA-256 of every source file that it was computed from.
    code_version
        Version of the code that made it.
    configuration
        Settings that it depends on, by name.
    written_at
        UTC, ISO 8601: when this content first became current.
    format
        Form of the store that it was written in.
    parts
        Of a table in parts, the version of each, by candidate set and in order.
    """

    table: str
    version: str
    rows: int
    inputs: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    code_version: str = ""
    configuration: Mapping[str, object] = field(default_factory=dict)
    written_at: str = ""
    format: int = FORMAT
    parts: Mapping[str, str] = field(default_factory=dict)


class Store:
    """Versioned tables in a folder.

    Parameters
    ----------
    root
        Folder of the store; made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def manifest(self, table: str) -> Manifest | None:
        """Return the manifest of the current version, or None where the table was never written in this format.

        Raises
        ------
        UnreadableSource
            If ``current.json`` is damaged.
        """
        if _declared(table) not in TABLES:
            raise ConfigError("Unknown table", expected=", ".join(TABLES), found=table, remedy="use a declared name")
        path = self.root / table / "current.json"
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            content = json.loads(text)
            return Manifest(**content) if content.get("format", 1) == FORMAT else None
        except (ValueError, TypeError, AttributeError) as error:
            raise UnreadableSource(
                "A manifest of the store is damaged",
                where=path,
                found=error,
                remedy="delete the file: the next run computes the table again",
            ) from error

    def manifests(self) -> dict[str, Manifest]:
        """Return the manifests of every table that has a current version whose file is there."""
        found = {}
        for table in TABLES:
            manifest = self.manifest(table)
            if manifest is not None and all(path.is_file() for path in self.files_of(manifest)):
                found[table] = manifest
        return found

    def sound_manifests(self) -> dict[str, Manifest]:
        """Return the manifests of every table and part whose current version can be read, as it was written.

        A part is named ``<table>/<set>``. A table that is damaged is as good as never computed: the next run computes
        it again.
        """
        found = {}
        parts = [f"{path.parent.parent.name}/{path.parent.name}" for path in self.root.glob("*/*/current.json")]
        for table in (*TABLES, *(one for one in sorted(parts) if _declared(one) in TABLES)):
            try:
                manifest = self.manifest(table)
            except UnreadableSource:
                continue
            if manifest is not None and self.is_sound(manifest):
                found[table] = manifest
        return found

    def is_sound(self, manifest: Manifest) -> bool:
        """Return whether every file of a version is there and has the content that its name says."""
        try:
            for path in self.files_of(manifest):
                status = path.stat()
                if _version_of(path, status.st_size, status.st_mtime_ns) != path.stem:
                    return False
            return True
        except (OSError, ValueError):  # cut short, or no Parquet at all
            return False

    def of_other_formats(self) -> dict[str, int]:
        """Return the folders of tables whose current version has another format than this program's, and which."""
        found = {}
        for path in sorted(self.root.glob("*/current.json")):
            try:
                number = json.loads(path.read_text(encoding="utf-8")).get("format", 1)
            except (OSError, ValueError, AttributeError):
                continue
            if number != FORMAT:
                found[path.parent.name] = number
        return found

    def forget_other_formats(self) -> None:
        """Delete tables of other formats that no table of this one has replaced, such as one that was renamed."""
        for name in self.of_other_formats():
            if name not in TABLES:
                shutil.rmtree(self.root / name, ignore_errors=True)

    def files_of(self, manifest: Manifest) -> list[Path]:
        """Return the Parquet files of a version: one, or one for each part in order."""
        folder = self.root / manifest.table
        if manifest.parts:
            return [folder / name / f"{version}.parquet" for name, version in manifest.parts.items()]
        return [folder / f"{manifest.version}.parquet"]

    def paths(self, table: str, sets: Collection[str] | None = None, *, is_read_whole: bool = True) -> list[Path]:
        """Return the Parquet files of the current version: one, or one for each part in order.

        Parameters
        ----------
        table
            Name of the table.
        sets
            Candidate sets whose parts are wanted, where it is kept in parts; all by default.
        is_read_whole
            Whether the content is held against its version first; a few rows of a large table are not worth that.

        Raises
        ------
        ConfigError
            If the table has never been written, or was by another version of the program, with other columns.
        UnreadableSource
            If the file is not what was written.
        """
        manifest = self.manifest(table)
        if manifest is None:
            raise ConfigError(
                f"The table {table} has not been computed yet",
                where=self.root,
                remedy="run `localities run`, or materialise it in Dagster, first",
            )
        if manifest.parts and sets is not None:
            manifest = replace(manifest, parts={name: one for name, one in manifest.parts.items() if name in sets})
            if not manifest.parts:
                return []
        paths = self.files_of(manifest)
        if not (self.is_sound(manifest) if is_read_whole else all(path.is_file() for path in paths)):
            raise UnreadableSource(
                "A file of the store is damaged or gone",
                where=paths[0] if len(paths) == 1 else self.root / table,
                expected=f"the version {manifest.version} of the table {table}",
                remedy="run `localities run`: it computes the table again",
            )
        lacking = _lacking(table, paths[0])
        if lacking:
            raise ConfigError(
                f"The table {table} was made by another version of this program: it lacks columns",
                where=self.root / table,
                column=some(lacking),
                remedy="run `localities run`: it computes again what this version needs",
            )
        return paths

    def read(
        self,
        table: str,
        columns: list[str] | None = None,
        *,
        as_categories: bool = False,
        sets: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """Return the current version: a GeoDataFrame (EPSG:27700) where the table is spatial.

        Parameters
        ----------
        table
            Name of the table.
        columns
            Columns wanted; all by default. Without ``geometry`` among them the result is a plain frame.
        as_categories
            Text as categories in order of name, read as Parquet stores it: a long table takes a fraction of the time
            and of the memory.
        sets
            As in `paths`.
        """
        import pandas as pd

        paths = self.paths(table, sets)
        if as_categories:
            return _read_coded(table, paths, columns)
        read = pd.read_parquet
        if TABLES[table].is_spatial and (columns is None or "geometry" in columns):
            import geopandas as gpd

            read = gpd.read_parquet
        frames = [read(path, columns=columns) for path in paths]
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)

    def write(
        self,
        table: str,
        frame: pd.DataFrame,
        *,
        inputs: Mapping[str, str] | None = None,
        sources: Mapping[str, str] | None = None,
        code_version: str = "",
        configuration: Mapping[str, object] | None = None,
        is_valid: bool = False,
    ) -> Manifest:
        """Validate, write and promote a table; return its manifest.

        Where the content is what it was, the version and the time of writing stay, and only what stands behind it is
        brought up to date.

        Parameters
        ----------
        table, frame
            Name, of a part ``<table>/<set>``, and new content.
        inputs, sources, code_version, configuration
            What stands behind it; see `Manifest`.
        is_valid
            The frame comes from `indicators.schema.validation.validate` and need not be checked twice.

        Raises
        ------
        SchemaError
            If the frame does not keep to its declaration. Nothing is written then.
        """
        from indicators.schema.validation import validate

        declared = _declared(table)
        valid = frame if is_valid else validate(declared, frame)
        folder = self.root / table
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{os.getpid()}.parquet.part"
        try:
            if TABLES[declared].is_spatial:
                valid.to_parquet(
                    temporary, geometry_encoding="WKB", schema_version="1.0.0", index=False,
                    row_group_size=_GROUP_OF_SHAPES, **_PARQUET,
                )  # fmt: skip
            else:
                _write_plain(declared, valid, temporary)
            sync(temporary)
            version = _data_version(temporary)
            manifest = Manifest(
                table=table,
                version=version,
                rows=len(valid),
                inputs=dict(sorted((inputs or {}).items())),
                sources=dict(sorted((sources or {}).items())),
                code_version=code_version,
                configuration=dict(sorted((configuration or {}).items())),
                written_at=self._since(table, version),
            )
            os.replace(temporary, folder / f"{version}.parquet")
        finally:
            temporary.unlink(missing_ok=True)
        self._promote(manifest)
        self._prune(table, keep=version)
        return manifest

    def list_parts(
        self,
        table: str,
        sets: Sequence[str],
        *,
        code_version: str = "",
        configuration: Mapping[str, object] | None = None,
    ) -> Manifest:
        """Make the current versions of some parts the table that readers see, in order; return its manifest.

        Parts of other candidate sets, and a file of the whole that was written before, are deleted.
        """
        names = {one: f"{table}/{one}" for one in sets}
        parts = {one: found for one, name in names.items() if (found := self.manifest(name)) is not None}
        part_versions = {one: found.version for one, found in parts.items()}
        version = hashlib.sha256(json.dumps(list(part_versions.items())).encode()).hexdigest()[:20]
        manifest = Manifest(
            table=table,
            version=version,
            rows=sum(found.rows for found in parts.values()),
            inputs={names[one]: found.version for one, found in parts.items()},
            code_version=code_version,
            configuration=dict(sorted((configuration or {}).items())),
            written_at=self._since(table, version),
            parts=part_versions,
        )
        self._promote(manifest)
        for path in (self.root / table).iterdir():
            if path.is_dir() and path.name not in parts:
                shutil.rmtree(path, ignore_errors=True)
            elif path.suffix == ".parquet":
                with suppress(OSError):  # a reader on Windows holds it open; the next run tries again
                    path.unlink()
        return manifest

    def _since(self, table: str, version: str) -> str:
        """Return when a version first became current: now, if it is not."""
        try:
            before = self.manifest(table)
        except UnreadableSource:
            before = None
        return before.written_at if before is not None and before.version == version else _now()

    def _promote(self, manifest: Manifest) -> None:
        text = json.dumps(asdict(manifest), indent=1, default=str) + "\n"
        # where an object store keeps the record, everybody's pointer comes first; parts become current with their table
        if "/" not in manifest.table and (self.root / ".shared").is_file():
            self.give_everybody(manifest, text)
        write_whole(self.root / manifest.table / "current.json", text)

    def give_everybody(self, manifest: Manifest, text: str) -> None:
        """Make a table's version current in the record that an object store keeps of this one.

        Raises
        ------
        Overtaken
            If another run changed the table, or one that it was computed from.
        """
        from pipelines.storage.shared import Shared

        shared = Shared.of(self.root)
        if shared is None:
            return
        table, parts = manifest.table, [f"{manifest.table}/{one}" for one in manifest.parts]
        inputs = set(manifest.inputs) - set(parts)
        changed: dict[str, Path | bytes | None] = {f"{table}/current.json": text.encode()}
        for part in parts:
            found = self.manifest(part)
            inputs |= set(found.inputs) if found else set()
            changed[f"{part}/current.json"] = self.root / part / "current.json"
        changed |= {path.relative_to(self.root).as_posix(): path for path in self.files_of(manifest)}
        shared.promote(table, changed, frozenset(inputs))

    def _prune(self, table: str, keep: str) -> None:
        versions = sorted((self.root / table).glob("*.parquet"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in [path for path in versions if path.stem != keep][KEPT_VERSIONS - 1 :]:
            try:
                path.unlink()
            except OSError:  # a reader on Windows holds it open; the next run tries again
                continue


@lru_cache(maxsize=256)
def _version_of(path: Path, size: int, mtime_ns: int) -> str:
    """Return the version of a file by its data; a file that nobody has touched is read once in a process."""
    return _data_version(path)


def _data_version(path: Path) -> str:
    """Return the hash of the data of a Parquet file: its pages, and the names and types of its columns."""
    import pyarrow.parquet as pq

    size = path.stat().st_size
    with path.open("rb") as handle:
        handle.seek(size - 8)
        end = size - 8 - int.from_bytes(handle.read(4), "little")
        handle.seek(0)
        digest = hashlib.sha256()
        while block := handle.read(min(1 << 20, max(0, end - handle.tell()))):
            digest.update(block)
    columns = [(one.name, str(one.type)) for one in pq.read_schema(path)]
    digest.update(json.dumps(columns).encode())
    return digest.hexdigest()[:20]


def _write_plain(table: str, frame: pd.DataFrame, path: Path) -> None:
    """Write a valid frame without geometry: text as text, also where the frame holds it as categories.

    Categories are written as the dictionaries that Parquet keeps anyway, several times faster than text by text. What
    the file says of its columns is the plain form, with what each means, so that every reader gets text.
    """
    import base64

    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from indicators.schema.validation import arrow_schema, coerce

    plain = coerce(table, frame.iloc[:0])
    schema = pa.Table.from_pandas(plain, schema=arrow_schema(table, plain), preserve_index=False).schema
    columns = [
        _dictionary(frame[field.name])
        if isinstance(frame[field.name].dtype, pd.CategoricalDtype)
        else pa.array(frame[field.name], type=field.type, from_pandas=True)
        for field in schema
    ]
    stored = pa.schema([field.with_type(column.type) for field, column in zip(schema, columns, strict=True)])
    file_metadata = {**(schema.metadata or {}), b"ARROW:schema": base64.b64encode(schema.serialize().to_pybytes())}
    # numbers with a fraction seldom repeat: a dictionary of them takes twice the time, and more room
    repeating = [field.name for field in stored if not pa.types.is_floating(field.type)]
    with pq.ParquetWriter(path, stored, store_schema=False, use_dictionary=repeating, **_PARQUET) as writer:
        size = _GROUP_OF_PLACES if "locality_id" in frame else _GROUP_ROWS
        writer.write_table(pa.Table.from_arrays(columns, schema=stored), row_group_size=size)
        writer.add_key_value_metadata(file_metadata)


def _dictionary(column: pd.Series) -> pa.DictionaryArray:
    """Return categories as a dictionary of the texts that occur, in order: the same content gives the same bytes."""
    import numpy as np
    import pyarrow as pa

    codes = column.cat.codes.to_numpy()
    texts = column.cat.categories.astype(str).to_numpy(dtype=object)
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(texts)))
    order = used[np.argsort(texts[used], kind="stable")]
    place = np.full(len(texts) + 1, 0, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    indices = pa.array(place[codes], mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(texts[order], pa.string()))


def _declared(table: str) -> str:
    """Return the name under which a table or a part of one is declared."""
    return table.partition("/")[0]


def _lacking(table: str, path: Path) -> list[str]:
    """Return the declared columns that a file of a store has not."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = set(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError):
        return []  # what is damaged is said where its content is read
    return [name for name in TABLES[_declared(table)].columns if name not in names]


def _read_coded(table: str, paths: Sequence[Path], columns: list[str] | None) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = [name for name in TABLES[table].columns if columns is None or name in columns]
    texts = [name for name in wanted if FIELDS[name].dtype in ("code", "text")]
    read = [pq.read_table(path, columns=columns, read_dictionary=texts) for path in paths]
    whole = read[0] if len(read) == 1 else pa.concat_tables(read).unify_dictionaries()
    frame = whole.to_pandas(ignore_metadata=True)
    for name in texts:
        found = frame[name].array
        if isinstance(found, pd.Categorical):
            # in order of name, as categories made of text are: grouping then gives the same order
            frame[name] = found.reorder_categories(sorted(found.categories))
    return frame


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
