"""A proposed drawing as a GeoPackage to be edited: zones that are moved by the name of their community.

In QGIS a zone is selected and given another community's name; a new name makes a new community. `reason` says why. The
file comes back with ``localities candidates add FILE --based-on SET`` (`localities.boundaries.edited`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from indicators.schema.publication import in_order
from localities.boundaries.edited import COMMUNITY, REASON
from localities.publishing.layers import Layer

if TYPE_CHECKING:
    import geopandas as gpd


def layers_for_editing(
    zones: gpd.GeoDataFrame, localities: gpd.GeoDataFrame, members: pd.DataFrame, *, note: str = ""
) -> list[Layer]:
    """Return the layers of one partnership's drawing: its communities as proposed, and the zones to edit.

    Parameters
    ----------
    zones, localities, members
        The partnership's rows of ``zones``; one candidate set's rows of ``candidate_localities`` and ``membership``. A
        zone in parts of several localities stands in the largest part.
    note
        Ends the descriptions.
    """
    import pyarrow as pa
    import shapely

    main = members.sort_values(["weight", "locality_id"], ascending=[False, True]).drop_duplicates("zone_code")
    whose = main.set_index("zone_code")["locality_id"].map(localities.set_index("locality_id")["locality_name"])
    ordered = zones.sort_values("zone_code", ignore_index=True)
    community = ordered["zone_code"].map(whose).astype("str")
    rows = ordered.assign(**{COMMUNITY: community, REASON: "", "community_proposed": community})
    places = localities.sort_values("locality_name", ignore_index=True)

    def layer(name: str, description: str, frame: pd.DataFrame, shapes: np.ndarray, style: str) -> Layer:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        parts = [shapely.multipolygons([one]) if one.geom_type == "Polygon" else one for one in shapes]
        return Layer(name, description + note, table.append_column("geometry", pa.array(shapely.to_wkb(parts))), style)

    return [
        layer(
            "Zones to edit",
            "One row per data zone. To move zones, select them and give them another community's name; a new name makes"
            " a new community, a blank one leaves a zone out. Say why under reason.",
            pd.DataFrame(rows[in_order("editing")]),
            ordered.geometry.to_numpy(),
            "community",
        ),
        layer(
            "Communities as proposed",
            "One row per community of the proposed drawing, for comparison: what is changed here is not read back.",
            pd.DataFrame(places[in_order("proposed")]),
            places.geometry.to_numpy(),
            "",
        ),
    ]
