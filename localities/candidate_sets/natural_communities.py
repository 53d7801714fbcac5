"""Natural communities: designed under the limit, true to identity and geography, no outcome used in the drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from localities.drawing.natural_communities.communities import design_communities, place_names
from localities.drawing.natural_communities.naming import names_by_places, names_of

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "Natural communities (proposed)"
DESCRIPTION = (
    "Contiguous communities with fewer residents than the limit, drawn from the names that residents live nearest to, "
    "settlements, wards, postcode sectors and intermediate zones, never across a river, railway or motorway without a "
    "crossing; proposed until the partnership confirms them."
)
SOURCES: tuple[str, ...] = ()
# identities that sharpen the design where their sources are at hand
OPTIONAL_SOURCES = ("nrs-localities-2020", "nrs-output-areas-2011", "os-code-point-open", "os-open-names")
IS_COMPLETE = True
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the natural community of every data zone.

    A community's code is that of its first data zone. Names come from places with points where their file is at hand,
    with other possible names; else from intermediate zones.
    """
    zones = context.zones
    found = design_communities(context)
    first = pd.Series(found.region).drop_duplicates().index
    codes = zones["zone_code"].to_numpy()[first]
    places = place_names(context)
    if places is None:
        names, others = names_of(zones, found.region), None
    else:
        names, others = names_by_places(zones, found.region, places, limit=context.limit)
    return pd.DataFrame(
        {
            "locality_code": codes[found.region],
            "locality_name": names[found.region],
            "alternative_names": None if others is None else others[found.region],
            "zone_code": zones["zone_code"],
            "weight": 1.0,
        }
    )
