"""GeoParquet and Parquet, one file per table: the store's own files under the names of their tables.

Geometries are WKB in EPSG:27700 (GeoParquet 1.0), which every reader of the format opens.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from localities.publishing.atomic import Placed, place_whole

__all__ = ["write_parquet"]


def write_parquet(target: Path, stored: Path) -> Placed:
    """Return where the file is after copying the stored table whole.

    Parameters
    ----------
    target
        Wanted path, ``<table>.parquet``.
    stored
        File of the current version in the store.
    """
    return place_whole(target, lambda draft: shutil.copyfile(stored, draft))
