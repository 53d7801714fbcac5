"""GeoParquet and Parquet, one file per table: what the store holds under the names of the tables.

Geometries are WKB in EPSG:27700 (GeoParquet 1.0), which every reader of the format opens.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from localities.publishing.atomic import Placed, place_whole

if TYPE_CHECKING:
    import pandas as pd


def write_parquet(target: Path, stored: Sequence[Path]) -> Placed:
    """Return where the file is after copying the stored table whole, its parts one after another.

    Parameters
    ----------
    target
        Wanted path, ``<table>.parquet``.
    stored
        Files of the current version in the store.
    """
    if len(stored) == 1:
        return place_whole(target, lambda draft: shutil.copyfile(stored[0], draft))
    return place_whole(target, lambda draft: _join(stored, draft))


def write_frame(target: Path, frame: pd.DataFrame) -> Placed:
    """Return where the file is after writing a table that no store holds.

    Parameters
    ----------
    target
        Wanted path, ``<table>.parquet``.
    frame
        In its declared form.
    """
    return place_whole(target, lambda draft: frame.to_parquet(draft, index=False, compression="zstd"))


def _join(parts: Sequence[Path], draft: Path) -> None:
    """Write the rows of several files of one form into one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(parts[0])
    # texts as codes, which are written as they are read
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    kept_metadata = pq.read_metadata(parts[0]).metadata
    coded = pq.ParquetFile(parts[0], read_dictionary=texts).schema_arrow
    with pq.ParquetWriter(draft, coded, store_schema=False, compression="zstd", compression_level=1) as writer:
        for path in parts:
            with pq.ParquetFile(path, read_dictionary=texts) as file:
                for batch in file.iter_batches(1 << 18):
                    writer.write_batch(batch)
        writer.add_key_value_metadata(kept_metadata)
