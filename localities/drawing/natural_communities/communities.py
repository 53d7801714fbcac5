"""Zones of a drawing context as a design problem: identities found, ferries closed, small communities explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from localities.drawing.natural_communities.engine import Design, design
from localities.drawing.natural_communities.identity import zone_places
from localities.drawing.natural_communities.problem import problem_of
from localities.drawing.natural_communities.weights import Weights

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

__all__ = ["FLOOR", "crossed", "design_communities", "identities_of", "reasons_below"]

FLOOR = 1_500
# identities taken from other sets, where their sources are at hand
_FROM_SETS = {"postcode_sector": "postcode_sectors", "nearest_primary_school": "nearest_primary_schools"}


def identities_of(context: DrawingContext) -> dict[str, np.ndarray]:
    """Return the identities of every zone: intermediate zone, place, ward, and where sources are at hand the others."""
    from localities.candidate_sets import sources_of

    zones = context.zones
    found = {
        "intermediate_zone": zones["intermediate_zone_code"].to_numpy(dtype=object),
        "place": zone_places(zones),
        "ward": zones["ward_code"].to_numpy(dtype=object),
    }
    for kind, set_id in _FROM_SETS.items():
        if set(sources_of([set_id], with_optional=False)) <= set(context.files):
            drawing = context.draw(set_id).set_index("zone_code")["locality_code"]
            # the same sector or school in two councils is two identities: no locality can hold both
            label = zones["cpp_code"] + "/" + zones["zone_code"].map(drawing)
            found[kind] = label.to_numpy(dtype=object)
    return found


def crossed(adjacency: pd.DataFrame) -> np.ndarray:
    """Return for each pair of neighbours whether a community may go across: borders, bridges, causeways and tunnels.

    Not a border along a river, railway or motorway without a crossing. No ferries either: people who share a ferry do
    not share a main street, so an island is a community of its own, however small.
    """
    may = ~adjacency["is_link"].to_numpy(dtype=bool)
    if "link_kind" in adjacency:
        may |= adjacency["link_kind"].isin(["bridge", "causeway", "tunnel"]).to_numpy()
    if "barrier" in adjacency:
        may &= adjacency["barrier"].isna().to_numpy()
    return may


def design_communities(
    context: DrawingContext,
    *,
    within: pd.Series | None = None,
    floor: float = FLOOR,
    weights: Weights | None = None,
    attributes: pd.DataFrame | None = None,
) -> Design:
    """Return the natural communities of a context's zones.

    Parameters
    ----------
    context
        Zones, graph, limit, seed.
    within
        What no community crosses beside the CPP, indexed by zone code, for the zones to be divided; None means all
        zones and the CPP alone.
    floor
        Residents that a community should have; see `reasons_below`.
    weights
        None means the defaults: identity and geography only.
    attributes
        Variables for homogeneity, indexed by zone code. Their indicators must not be tested on what comes out.

    Raises
    ------
    ConfigError, GeographyError
        See `localities.drawing.natural_communities.problem.problem_of`.
    """
    zones, identities = context.zones, identities_of(context)
    group = None
    if within is None:
        may_cross: np.ndarray | None = crossed(context.adjacency)
    else:
        chosen = zones["zone_code"].isin(within.index).to_numpy()
        zones = zones[chosen]
        identities = {kind: values[chosen] for kind, values in identities.items()}
        group = zones["zone_code"].map(within).to_numpy(dtype=object)
        # inside a boundary that is given, what it holds belongs together, over the water too
        may_cross = None
    problem = problem_of(
        zones,
        context.adjacency,
        identities,
        limit=context.limit,
        floor=min(floor, context.limit / 5),
        weights=weights,
        group=group,
        attributes=None if attributes is None else attributes.reindex(zones["zone_code"]).to_numpy(),
        crossed=may_cross,
    )
    return design(problem, seed=context.seed)


def reasons_below(
    zones: pd.DataFrame, adjacency: pd.DataFrame, region: np.ndarray, *, limit: float, floor: float = FLOOR
) -> pd.DataFrame:
    """Return why each community below the floor is: ``region, population, reason``.

    The reason is ``island`` where only ferries lead to the rest of its CPP, else ``neighbours full`` where it would
    reach the limit with any neighbour, else ``chosen``: somebody drew it so, for the engine does not.
    """
    codes = pd.Index(zones["zone_code"])
    population = np.bincount(region, weights=zones["population"].to_numpy(dtype="float64"))
    cpp = zones["cpp_code"].to_numpy(dtype=object)
    pairs = adjacency[crossed(adjacency)]
    first, second = codes.get_indexer(pairs["zone_code"]), codes.get_indexer(pairs["neighbour_code"])
    known = (first >= 0) & (second >= 0)
    first, second = first[known], second[known]
    apart = (region[first] != region[second]) & (cpp[first] == cpp[second])
    near = pd.DataFrame({"region": region[first[apart]], "other": population[region[second[apart]]]})
    least = near.groupby("region")["other"].min()
    small = np.flatnonzero(population < floor)
    together = population[small] + least.reindex(small).to_numpy()
    reason = np.where(np.isnan(together), "island", np.where(together >= limit, "neighbours full", "chosen"))
    return pd.DataFrame({"region": small, "population": population[small].astype("int64"), "reason": reason})
