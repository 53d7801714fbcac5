"""The table ``observations``: every published figure, read by its reader, checked, in one form.

Readers are slow where workbooks are large, so what a reader made is kept as Parquet, under a key that changes with the
bytes of its files, the declarations that it serves and the code of the readers. Nothing is ever read from the cache
under another key, and a cache that was deleted is simply made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from indicators.catalogue import Catalogue, Indicator
from indicators.errors import GeographyError, SchemaError
from indicators.observations.coverage import check_cover
from indicators.observations.revisions import newest_editions
from indicators.readers import companions_of, domain_index, editions_of, reader_named
from indicators.readers.shared.published import source_file
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce

_TEXTS = ("indicator_id", "area_code", "area_type", "vintage", "period", "status", "source_id")
_RARELY = {"is_summable": False, "is_lost": False, "is_remainder": False, "open_by": 0.0}
_INDEX = "domain_index"


def build_observations(
    files: Mapping[str, Path],
    catalogue: Catalogue,
    *,
    zone_codes: Iterable[str],
    cache: Path | None = None,
    zones: str = "2011",
    crosswalk: pd.DataFrame | None = None,
    zone_councils: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the table ``observations``: one row per indicator, area and period, in order of these.

    Figures published for the zones of another census than the run's are carried over
    (`indicators.observations.carrying`).

    Parameters
    ----------
    files
        The file of each source id; every source of `indicators.readers.sources_of` must be there.
    catalogue
        The declared indicators.
    zone_codes
        The data zones of the country; a figure for any other is an error.
    cache
        Folder for what readers made; None for no cache.
    zones
        Census of the country's data zones.
    crosswalk
        Table ``crosswalk``, for figures on zones of another census.
    zone_councils
        Council of each of `zone_codes`, for indicators that cover some councils only.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        As the readers; or if figures are for unknown data zones, or for fewer than 90 % of those that they cover.
    """
    indices = [one for one in catalogue if one.reader == _INDEX]
    by_reader = _by_reader(catalogue)
    frames = [
        newest_editions(read_kept(name, files, indicators, cache), catalogue)
        for name, indicators in sorted(by_reader.items())
    ]
    table = _sorted(frames)
    if indices:
        table = _sorted([table, domain_index.derive(table, indices, catalogue)])
    codes = np.asarray(list(zone_codes), dtype=object)
    if (table["vintage"] != zones).any():
        table = _on_zones(table, catalogue, codes, zones, crosswalk)
    _check_zones(table, codes)
    check_cover(table, catalogue, codes, zone_councils)
    table = _as_texts(table)
    return coerce("observations", table)


def _on_zones(
    table: pd.DataFrame, catalogue: Catalogue, codes: np.ndarray, zones: str, crosswalk: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the figures on the zones of a run, those of other zones carried, once they are of zones that are known."""
    from indicators.observations.carrying import carry_observations

    for vintage in sorted(set(table["vintage"].astype(str)) - {zones}):
        lead = crosswalk is not None and (crosswalk["from_vintage"] == vintage) & (crosswalk["to_vintage"] == zones)
        known = crosswalk.loc[lead, "from_code"].unique() if crosswalk is not None else []
        rows = table[(table["vintage"] == vintage).to_numpy()]
        if not len(known):
            raise GeographyError(
                f"Figures are for zones of {vintage}, and nothing leads from them to those of {zones}",
                where=f"source {', '.join(sorted(set(rows['source_id'].astype(str)))[:5])}",
                codes=sorted(set(rows["indicator_id"].astype(str))),
                expected=f"a crosswalk from {vintage} to {zones}; codes are never matched across vintages",
                found="no lookup between them at hand",
                remedy="fetch the lookups by output area: localities sources list names them",
            )
        _check_zones(rows, np.asarray(known, dtype=object))
    return _sorted_texts(carry_observations(table, crosswalk, catalogue, codes, zones))


def _sorted_texts(table: pd.DataFrame) -> pd.DataFrame:
    return _sorted([table.astype({name: "category" for name in _TEXTS})])


def read_ahead(files: Mapping[str, Path], catalogue: Catalogue, *, cache: Path) -> None:
    """Fill the cache of readers, so that `build_observations` finds what they make of their files.

    Needs no table, so it can go on beside other work.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError, ConfigError
        As the readers.
    """
    for name, indicators in sorted(_by_reader(catalogue).items()):
        if not _place(name, files, indicators, cache).is_file():
            read_kept(name, files, indicators, cache)


def _by_reader(catalogue: Catalogue) -> dict[str, list[Indicator]]:
    found: dict[str, list[Indicator]] = {}
    for one in catalogue:
        if one.reader != _INDEX:
            found.setdefault(one.reader, []).extend(editions_of(one))
    return found


def _place(name: str, files: Mapping[str, Path], indicators: Sequence[Indicator], cache: Path) -> Path:
    return cache / "observations" / f"{name}-{_key(files, indicators)}.parquet"


def read_kept(
    name: str, files: Mapping[str, Path], indicators: Sequence[Indicator], cache: Path | None
) -> pd.DataFrame:
    """Return what a reader makes of its files, from the cache where that holds it."""
    if cache is None:
        return reader_named(name)(files, indicators)
    path = _place(name, files, indicators, cache)
    if path.is_file():
        try:
            return _restored(path)
        except (OSError, ValueError):
            path.unlink(missing_ok=True)  # cut short by a crash or a full disk; made again below
    frame = reader_named(name)(files, indicators)
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"{name}-*.parquet"):
        old.unlink(missing_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    frame.to_parquet(part, compression="zstd", index=False)
    part.replace(path)
    return frame


def _restored(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame = pq.read_table(path, read_dictionary=list(_TEXTS)).to_pandas()
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error
    for name in _TEXTS:
        if not isinstance(frame[name].dtype, pd.CategoricalDtype):
            frame[name] = frame[name].astype("category")
    return frame


def _key(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> str:
    digest = hashlib.sha256()
    for source in sorted({source for one in indicators for source in (one.source, *companions_of(one))}):
        digest.update(source.encode())
        with source_file(files, source).open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    digest.update(json.dumps([asdict(one) for one in indicators], default=str, sort_keys=True).encode())
    folder = Path(__file__).parents[1] / "readers"
    for path in [*sorted(folder.rglob("*.py")), Path(__file__)]:
        digest.update(path.relative_to(folder.parent).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def _sorted(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the frames under each other, in order of the table's key, texts as categories in order of name."""
    columns: dict[str, Any] = {}
    for name in TABLES["observations"].columns:
        # what is hardly ever so is said by the readers and steps that find it
        parts = [frame[name] if name in frame else pd.Series(_RARELY[name], frame.index) for frame in frames]
        if name in _TEXTS:
            columns[name] = pd.api.types.union_categoricals([part.array for part in parts], sort_categories=True)
        else:
            columns[name] = np.concatenate([part.to_numpy() for part in parts])
    keys = [columns[name].codes for name in reversed(TABLES["observations"].key)]
    order = np.lexsort(keys)
    for place in np.flatnonzero(np.all([key[order][1:] == key[order][:-1] for key in keys], axis=0))[:1]:
        found = [str(columns[name][order[place]]) for name in TABLES["observations"].key]
        raise SchemaError(
            "A figure is there twice",
            where="table observations",
            codes=[" / ".join(found)],
            expected="one figure per indicator, area and period",
            remedy="check the periods that the declaration lists",
        )
    return pd.DataFrame({name: values[order] for name, values in columns.items()}, copy=False)


def _check_zones(table: pd.DataFrame, zone_codes: np.ndarray) -> None:
    """Raise unless every data zone observed is one of the country's."""
    areas = table["area_code"].array
    here = np.asarray(areas.categories.isin(zone_codes))
    is_zone = (table["area_type"] == "data_zone").to_numpy()
    strange = is_zone & ~here[areas.codes]
    if strange.any():
        codes = sorted(set(np.asarray(areas.categories)[np.unique(areas.codes[strange])]))
        named = sorted(set(table["source_id"].astype(object)[strange]))
        raise GeographyError(
            "Figures are for data zones that are not there",
            where=f"source {', '.join(named)}",
            column="area_code",
            codes=codes,
            expected=f"codes among the {len(zone_codes):,} data zones",
            found=f"{len(codes):,} others",
            remedy="check that the file is of this country and vintage; codes are never matched across vintages",
        )


def _as_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with texts for categories: a lookup by code, many times faster than text by text."""
    result = {}
    for name in table.columns:
        column = table[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            texts = pd.array(list(column.cat.categories), dtype="str")
            result[name] = pd.Series(texts.take(column.cat.codes.to_numpy()))
        else:
            result[name] = column
    return pd.DataFrame(result)
