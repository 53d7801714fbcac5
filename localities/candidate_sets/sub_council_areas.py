"""Sub-council areas: the areas that the Improvement Service projects population for, many chosen by the council."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from indicators.errors import GeographyError
from indicators.readers.shared.layout import read_table
from localities.boundaries.files import check_file
from localities.councils import slug_of
from localities.zones.zones import checked_codes

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "Sub-council areas"
DESCRIPTION = "Areas of the Improvement Service's sub-council population projections: wards, or what the council chose."
SOURCES = ("is-sub-council-areas",)
IS_COMPLETE = True
DRAWN_FROM: tuple[str, ...] = ()

_ZONE, _AREA = "Datazone 2011 Code", "Sub-Council Area Name"


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the sub-council area of every data zone.

    Two names occur in two councils each, so the code of an area is its CPP's code and its short name; the file's own
    names of councils are not used.

    Raises
    ------
    GeographyError
        If the lookup's zones are not those of the table ``zones``.
    """
    path = context.file(SOURCES[0])
    areas = context.of_these_zones(_coded(read_areas(path)), path, is_division=True)
    zones = context.zones[["zone_code", "cpp_code"]]
    merged = zones.merge(areas, on="zone_code", how="outer", indicator=True)
    off = merged["_merge"] != "both"
    if off.any():
        raise GeographyError(
            "The lookup of sub-council areas is of other zones",
            where=path,
            column=_ZONE,
            codes=merged.loc[off, "zone_code"],
            expected=f"the {len(zones):,} zones of the table zones",
            found=f"{int(off.sum()):,} in one but not the other",
            remedy="use the lookup on 2011 data zones",
        )
    return merged.assign(locality_code=merged["cpp_code"] + "-" + merged["locality_code"])[list(areas.columns)]


def _coded(areas: pd.DataFrame) -> pd.DataFrame:
    slugs = {name: slug_of(name) for name in areas["locality_name"].unique()}
    return areas.assign(locality_code=areas["locality_name"].map(slugs), weight=1.0)


def read_areas(path: Path) -> pd.DataFrame:
    """Return ``zone_code, locality_name`` from the lookup workbook.

    Raises
    ------
    UnreadableSource
        If the file is not a workbook.
    SchemaError
        If no sheet has the columns.
    GeographyError
        If codes are duplicated, unknown or of another vintage, or an area is blank.
    """
    check_file(path)
    table = read_table(path, has=[_ZONE, _AREA])
    codes = checked_codes(pd.Series(table.column(_ZONE), dtype="str"), path, _ZONE, "2011")
    names = pd.Series(table.column(_AREA), dtype="str").str.strip()
    blank = names.isna() | (names == "")
    if blank.any():
        raise GeographyError(
            "A zone has no sub-council area",
            where=path,
            column=_AREA,
            codes=codes[blank],
            expected="an area for every zone",
            found=f"{int(blank.sum()):,} blank",
            remedy="fetch the lookup again",
        )
    return pd.DataFrame({"zone_code": codes, "locality_name": names})
