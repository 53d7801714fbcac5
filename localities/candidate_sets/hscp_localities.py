"""Localities of health and social care partnerships."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from indicators.errors import GeographyError
from localities.boundaries.files import read_csv
from localities.councils import slug_of
from localities.zones.zones import checked_codes

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "HSCP localities"
DESCRIPTION = (
    "Localities of health and social care partnerships (2021), for the councils whose partnerships have published them."
)
SOURCES = ("phs-hscp-locality-lookup",)
IS_COMPLETE = False
DRAWN_FROM: tuple[str, ...] = ()

_ZONE, _CODE, _NAME = "DataZone", "SubHSCP", "SubHSCPName"


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the locality of every data zone that the lookup holds.

    The lookup's own columns of councils and partnerships are wrong for some and are not read. A name stands for one
    locality in a CPP; the publisher's codes are kept.

    Raises
    ------
    UnreadableSource, SchemaError
        As `localities.boundaries.files.read_csv`.
    GeographyError
        If codes are duplicated, unknown or of another vintage, or a locality is blank.
    """
    path = context.file(SOURCES[0])
    table = read_csv(path, [_ZONE, _CODE, _NAME])
    codes = checked_codes(table[_ZONE], path, _ZONE, "2011")
    blank = table[_CODE].isna() | table[_NAME].isna()
    unknown = ~codes.isin(context.codes) if context.vintage == "2011" else blank & False
    if blank.any() or unknown.any():
        raise GeographyError(
            "A zone has no locality, or is not a zone of this geography",
            where=path,
            codes=codes[blank | unknown],
            expected="known zones, each with a locality",
            found=f"{int(blank.sum()):,} blank, {int(unknown.sum()):,} unknown",
            remedy="fetch the lookup again",
        )
    drawing = pd.DataFrame(
        {
            "locality_code": table[_CODE].str.strip() + "-" + table[_NAME].map(slug_of),
            "locality_name": table[_NAME].str.strip(),
            "zone_code": codes,
            "weight": 1.0,
        }
    )
    return context.of_these_zones(drawing, path)
