"""Which data zone of a vintage, and which council, each census output area of 2022 lies in.

The output areas of 2022 are the smallest areas of the census and nest in the data zones of 2022, so a table by output
area gives figures for zones of 2022 exactly. For the data zones of 2011 a lookup says where the residents of each
output area live; an output area that it leaves out belongs to no zone, and its zone has no figure: *missing*, not 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd

from indicators.errors import GeographyError
from indicators.readers.shared.areas import check_areas
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.published import source_file

# by vintage of the zones, 2019 of councils: the source, and its columns of output areas and of zones
OUTPUT_AREA_LOOKUPS = {
    "2011": ("derived-data-zone-2011-2022", "OA22", "DZ2011"),
    "2022": ("nrs-oa22-dz22-lookup", "OA22", "DZ22"),
    "2019": ("nrs-oa22-dz22-lookup", "OA22", "CA19"),
}


def zones_of_output_areas(files: Mapping[str, Path], vintage: str) -> pd.DataFrame:
    """Return the data zone of each output area of 2022: ``oa_code, zone_code``, in order of the codes.

    One row per output area in the lookup. ``zone_code`` is missing where the lookup assigns it to no zone; so a zone
    may have no output area at all.

    Parameters
    ----------
    files
        The file of each source id; that of the vintage is needed: see `OUTPUT_AREA_LOOKUPS`.
    vintage
        Of the data zones: ``2011`` or ``2022``; ``2019`` of councils, whose code then is the ``zone_code``.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError
        If the file is not there, cannot be read, or lacks a column.
    GeographyError
        If there is no lookup to such zones, a code is of another vintage, or an output area is there twice.
    """
    if vintage not in OUTPUT_AREA_LOOKUPS:
        raise GeographyError(
            "Output areas of 2022 have no lookup to data zones of this vintage",
            expected=" or ".join(OUTPUT_AREA_LOOKUPS),
            found=vintage,
            remedy="run on zones of 2011 or of 2022",
        )
    path = source_file(files, OUTPUT_AREA_LOOKUPS[vintage][0])
    known = path.stat() if path.is_file() else None
    return _read(path, known and (known.st_mtime_ns, known.st_size), vintage).copy()


@lru_cache(maxsize=2)
def _read(path: Path, state: object, vintage: str) -> pd.DataFrame:
    """Return a lookup; one that nobody has touched is read once in a process, which takes a third of a second."""
    _, from_column, to_column = OUTPUT_AREA_LOOKUPS[vintage]
    table = read_table(path, has=[from_column])
    areas = check_areas(table.column(from_column), geography="output_area_2022", where=table.where, column=from_column)
    zones = pd.Series(table.column(to_column), dtype="str").str.strip()
    zones = zones.mask(zones == "")
    check_areas(
        zones.dropna().to_numpy(dtype=object),
        geography=f"{'council' if vintage == '2019' else 'data_zone'}_{vintage}",
        where=table.where,
        column=to_column,
        is_unique=False,
    )
    return pd.DataFrame({"oa_code": pd.Series(areas, dtype="str"), "zone_code": zones}).sort_values(
        "oa_code", ignore_index=True
    )
