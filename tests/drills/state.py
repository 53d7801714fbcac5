"""What a working folder serves: whether it is whole, and a hash of all of it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from indicators.errors import UnreadableSource
from pipelines.folders import Home
from pipelines.storage.store import Store


@dataclass(frozen=True)
class Served:
    """What readers see: the version of each table and the hash of each publication, all opened and found whole."""

    tables: dict[str, str]
    files: dict[str, str]
    faults: tuple[str, ...] = ()

    def is_of(self, *states: Served) -> bool:
        """Return whether everything is whole, and each table and file as in one of some states."""
        if self.faults:
            return False
        for what in ("tables", "files"):
            mine = getattr(self, what)
            for name in set(mine) | {name for one in states for name in getattr(one, what)}:
                if mine.get(name) not in [getattr(one, what).get(name) for one in states]:
                    return False
        return True


def served(home: Home) -> Served:
    """Return what a working folder serves, having opened all of it."""
    faults = []
    store = Store(home.store)
    tables = {}
    for path in sorted(home.store.glob("*/current.json")):
        table = path.parent.name
        try:
            manifest = store.manifest(table)
        except UnreadableSource:
            faults.append(table)
            continue
        if manifest is None:
            continue
        tables[table] = manifest.version
        if not store.is_sound(manifest):
            faults.append(table)
    files = {}
    for path in sorted(home.publications.rglob("*")):
        if not path.is_file() or path.name.startswith(".") or ".edition" in path.parts or path.suffix == ".json":
            continue
        name = path.relative_to(home.publications).as_posix()
        files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        try:
            files[name] = _opened(path) or files[name]
        except (OSError, ValueError, sqlite3.Error, duckdb.Error) as error:
            faults.append(f"{path.name}: {error}")
    for path in home.editions.glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    return Served(tables, files, tuple(faults))


def _opened(path: Path) -> str:
    """Return, having looked through a file, a hash of its rows where bytes may differ (DuckDB)."""
    if path.suffix == ".gpkg":
        with closing(sqlite3.connect(f"file:{path.as_posix()}?mode=ro", uri=True)) as connection:
            [(answer,)] = connection.execute("pragma integrity_check").fetchall()
            if answer != "ok":
                raise ValueError(answer)
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            names = [
                name for (name,) in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
            ]
            rows = [
                (name, *connection.execute(f'select count(*), bit_xor(hash(t)) from "{name}" t').fetchall())
                for name in names
            ]
        return hashlib.sha256(repr(rows).encode()).hexdigest()
    return ""


def copy_of(source: Path, target: Path) -> Path:
    """Return a copy of a working folder, in place of whatever was there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    return target
