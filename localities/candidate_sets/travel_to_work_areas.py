"""Travel-to-work areas, cut along the boundaries of partnerships."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from indicators.errors import GeographyError

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "Travel-to-work areas"
DESCRIPTION = "Areas of 2011 in which most residents also work, made of data zones and cut along councils."
SOURCES: tuple[str, ...] = ()
IS_DEFAULT = False
IS_COMPLETE = False
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the travel-to-work area of every data zone that has one."""
    zones = context.zones[context.zones["travel_to_work_area_code"].notna()]
    if zones.empty:
        raise GeographyError(
            "Travel-to-work areas cannot be drawn on these zones",
            where=f"data zones of {context.vintage}",
            expected="a travel-to-work area in the publisher's lookup of zones",
            found="none: they are published for zones of 2011",
            remedy="leave travel_to_work_areas out of candidate_sets",
        )
    return pd.DataFrame(
        {
            "locality_code": zones["travel_to_work_area_code"],
            "locality_name": zones["travel_to_work_area_name"],
            "zone_code": zones["zone_code"],
            "weight": 1.0,
        }
    )
