"""Intermediate zones: the statistical areas that data zones nest in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "Intermediate zones"
DESCRIPTION = "Statistical areas of 2,500 to 6,000 residents at the 2011 census, made of whole data zones."
SOURCES: tuple[str, ...] = ()
IS_COMPLETE = True
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the intermediate zone of every data zone."""
    zones = context.zones
    return pd.DataFrame(
        {
            "locality_code": zones["intermediate_zone_code"],
            "locality_name": zones["intermediate_zone_name"],
            "zone_code": zones["zone_code"],
            "weight": 1.0,
        }
    )
