"""A GeoPackage once more under a name that carries its edition, so that several editions can lie in one folder.

QGIS looks for the layers of a stored project by the name of their file: a plain copy beside the original shows the
original's data. This copy's project names the copy itself. The rest of its bytes are those of the original.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from localities.publishing.atomic import Placed, place_whole
from localities.publishing.qgis_project import renamed


def edition_name(file_name: str, edition: str) -> str:
    """Return the name of a file with its edition.

    Examples
    --------
    >>> edition_name("glasgow-city.gpkg", "1e8dd2e5")
    'glasgow-city_1e8dd2e5.gpkg'
    """
    stem, _, suffix = file_name.rpartition(".")
    return f"{stem}_{edition}.{suffix}"


def copy_of_edition(source: Path, edition: str) -> Placed:
    """Return where the copy is, after writing it and removing those of earlier editions that nobody has open.

    Parameters
    ----------
    source
        The GeoPackage. The copy lies beside it.
    edition
        Letters that tell its edition from others.

    Raises
    ------
    ConfigError
        If the copy cannot be put in place.
    """
    target = source.with_name(edition_name(source.name, edition))
    placed = place_whole(target, lambda draft: _write(source, draft, target.name))
    earlier = re.compile(re.escape(source.stem) + rf"_[0-9a-f]{{{len(edition)}}}\.gpkg")
    for other in source.parent.iterdir():
        if earlier.fullmatch(other.name) and other != target:
            with suppress(OSError):
                other.unlink()
    return placed


def _write(source: Path, draft: Path, name: str) -> None:
    shutil.copyfile(source, draft)
    with closing(sqlite3.connect(draft, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = OFF")
        for row, content in file.execute("SELECT rowid, content FROM qgis_projects").fetchall():
            changed = renamed(content, source.name, name)
            file.execute("UPDATE qgis_projects SET content = ? WHERE rowid = ?", (changed, row))
