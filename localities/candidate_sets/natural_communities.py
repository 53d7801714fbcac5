"""Natural communities: designed under the limit, true to identity and geography, no outcome used in the drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from localities.drawing.natural_communities.communities import design_communities
from localities.drawing.natural_communities.naming import names_of

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "Natural communities (proposed)"
DESCRIPTION = (
    "Contiguous communities with fewer residents than the limit, which keep intermediate zones, named places, wards, "
    "postcode sectors and schools together; proposed until the partnership confirms them."
)
SOURCES: tuple[str, ...] = ()
# identities that sharpen the design where their sources are at hand
OPTIONAL_SOURCES = ("nrs-output-areas-2011", "os-code-point-open", "sg-school-roll-2022")
IS_COMPLETE = True
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the natural community of every data zone.

    A community's code is that of its first data zone.
    """
    zones = context.zones
    found = design_communities(context)
    first = pd.Series(found.region).drop_duplicates().index
    codes = zones["zone_code"].to_numpy()[first]
    return pd.DataFrame(
        {
            "locality_code": codes[found.region],
            "locality_name": names_of(zones, found.region)[found.region],
            "zone_code": zones["zone_code"],
            "weight": 1.0,
        }
    )
