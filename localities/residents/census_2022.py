"""Residents of the census of 2022 by output area, and the zones of 2011 and 2022 that they live in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import GeographyError, SchemaError, UnreadableSource
from indicators.readers.shared.areas import check_areas
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.output_areas import OUTPUT_AREA_LOOKUPS, zones_of_output_areas
from indicators.readers.shared.published import source_file

RESIDENTS_SOURCE = "nrs-census-2022-oa-uv102b"
_AREA, _PEOPLE = "OA", "UV102b0001"
_FIT = "fit_residual"


def residents_by_output_area(files: Mapping[str, Path]) -> pd.DataFrame:
    """Return residents of 2022 by output area: ``oa_code, people, zone_2022, zone_2011``.

    ``zone_2011`` is missing where the lookup assigns the output area to no zone of 2011.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError
        If a file is not there or cannot be read, or a number of people is not one.
    GeographyError
        If output areas are of another census, or a lookup does not hold those of the table.
    """
    return _with_zones(_with_zones(_read(source_file(files, RESIDENTS_SOURCE)), files, "2022"), files, "2011")


def residents_by_zone(files: Mapping[str, Path]) -> pd.DataFrame:
    """Return residents of 2022 by zone of 2022: ``zone_code, population``.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError, GeographyError
        As `residents_by_output_area`.
    """
    table = _with_zones(_read(source_file(files, RESIDENTS_SOURCE)), files, "2022")
    sums = table.groupby("zone_2022", sort=True)["people"].sum()
    return sums.rename_axis("zone_code").rename("population").reset_index()


def has_residuals(files: Mapping[str, Path]) -> bool:
    """Return whether the lookup to zones of 2011 says how well each output area fits; the publisher's does not."""
    source_id = OUTPUT_AREA_LOOKUPS["2011"][0]
    return _FIT in read_table(source_file(files, source_id)).columns


def _read(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
        absent = [name for name in (_AREA, _PEOPLE) if name not in names]
        table = pq.read_table(path, columns=[_AREA, _PEOPLE]).to_pandas().reset_index() if not absent else None
    except (pa.ArrowException, OSError) as error:
        raise UnreadableSource(
            "A census table cannot be read",
            where=path,
            expected="a Parquet file",
            found=error,
            remedy="fetch it again: it may be truncated or of another format",
        ) from error
    if table is None:
        raise SchemaError(
            "A column is missing or renamed",
            where=path,
            expected=f"{_AREA} (output area) and {_PEOPLE} (all people)",
            found=", ".join(names[:6]),
            remedy="use table UV102b by output area of 2022",
        )
    codes = check_areas(table[_AREA].to_numpy(), geography="output_area_2022", where=path, column=_AREA)
    people = pd.to_numeric(table[_PEOPLE], errors="coerce").to_numpy(dtype="float64")
    odd = ~np.isfinite(people) | (people < 0) | (people != np.floor(people))
    if odd.any():
        raise SchemaError(
            "A number of residents is not a whole number of at least 0",
            where=path,
            column=_PEOPLE,
            codes=codes[odd],
            expected="0, 1, 2, ...",
            found=", ".join(map(repr, table.loc[odd, _PEOPLE].unique()[:5])),
            remedy="fetch the table again",
        )
    return pd.DataFrame({"oa_code": pd.Series(codes, dtype="str"), "people": people.astype("int64")})


def _with_zones(table: pd.DataFrame, files: Mapping[str, Path], vintage: str) -> pd.DataFrame:
    """Return the table with the zone of each output area; every one must be in the lookup, in 2022 with a zone."""
    source_id, lookup = OUTPUT_AREA_LOOKUPS[vintage][0], zones_of_output_areas(files, vintage)
    if vintage == "2022":
        lookup = lookup.dropna()
    absent = pd.Index(table["oa_code"]).difference(pd.Index(lookup["oa_code"]))
    if len(absent):
        raise GeographyError(
            "A lookup lacks output areas in which people live",
            where=source_id,
            codes=absent,
            expected=f"each of the {len(table):,} output areas of the census table, once",
            found=f"{len(absent):,} absent",
            remedy="fetch the lookup again: these people would belong nowhere",
        )
    return table.merge(lookup.rename(columns={"zone_code": f"zone_{vintage}"}), on="oa_code")
