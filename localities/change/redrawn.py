"""Localities redrawn on the zones of the other census: their polygons there, and the verdicts that they would have.

People gained and lost are in the table ``vintages``, which needs no figures. Verdicts and polygons need a run on the
zones of the other census too: its zones and its observations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from indicators.catalogue import Catalogue, load_catalogue
from indicators.schema.tables import TABLES
from localities.boundaries.dissolving import dissolve
from localities.change.vintages import membership_on, moved_verdicts
from localities.evidence.verdicts import build_judgements
from localities.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd

_SOMEBODY = 0.5
"""Fewer people than this are none: shares are rounded."""


def build_redrawn(
    zones: pd.DataFrame,
    crosswalk: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    vintages: pd.DataFrame,
    verdicts: pd.DataFrame,
    there: gpd.GeoDataFrame,
    observations: pd.DataFrame,
    settings: Settings,
) -> gpd.GeoDataFrame:
    """Return the table ``redrawn``: each locality that changes on the other zones, as it is there.

    Parameters
    ----------
    zones, crosswalk, candidate_localities, membership, vintages, verdicts
        Tables of the run.
    there, observations
        Zones, with geometry, and observations of the run on the zones of the other census.
    settings
        Thresholds.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per locality with a zone there, of which somebody is gained or lost, or the verdict moves; EPSG:27700.
    """
    import geopandas as gpd

    names = [name for name in TABLES["redrawn"].columns if name != "geometry"]
    rows = with_verdicts_there(vintages, verdicts, zones, crosswalk, candidate_localities, membership, there,
                               observations, settings)  # fmt: skip
    is_moved = rows["moved_by"].notna() | (rows[["people_lost", "people_gained"]] >= _SOMEBODY).any(axis=1)
    rows = rows[is_moved & (rows["redrawn_zones"] > 0)].reset_index(drop=True)
    chosen = candidate_localities[candidate_localities["locality_id"].isin(rows["locality_id"])].reset_index(drop=True)
    shapes = shapes_there(membership_on(zones, crosswalk, chosen, membership), there)
    return gpd.GeoDataFrame(rows[names], geometry=shapes.reindex(rows["locality_id"]).to_numpy(), crs=there.crs)


def with_verdicts_there(
    vintages: pd.DataFrame,
    verdicts: pd.DataFrame,
    zones: pd.DataFrame,
    crosswalk: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    there: pd.DataFrame,
    observations: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the table ``vintages`` with the verdicts that localities have here and there, and why they move.

    Parameters as in `build_redrawn`; columns as in `localities.change.vintages.moved_verdicts`.
    """
    observed = set(observations["indicator_id"].unique())
    declared = load_catalogue(zones=str(there["vintage"].iloc[0]))
    catalogue = Catalogue(tuple(one for one in declared if one.id in observed))
    judged = []
    for is_redrawn in (False, True):
        members = membership_on(zones, crosswalk, candidate_localities, membership, is_redrawn=is_redrawn)
        is_placed = candidate_localities["locality_id"].isin(members["locality_id"])
        placed = candidate_localities[is_placed].reset_index(drop=True)
        judged.append(build_judgements(observations, catalogue, there, placed, members, settings, is_alone=True))
    return moved_verdicts(vintages, verdicts, *judged)


def shapes_there(members: pd.DataFrame, there: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the polygons of localities made of zones of the other census, by locality.

    Parameters
    ----------
    members
        ``locality_id, zone_code`` on those zones.
    there
        The zones, with geometry.
    """
    import geopandas as gpd

    at = pd.Index(there["zone_code"]).get_indexer(members["zone_code"])
    group, ids = members["locality_id"].factorize()
    shapes = dissolve(np.asarray(there.geometry)[at], group, len(ids))
    return gpd.GeoSeries(shapes, index=ids, crs=there.crs)
