"""Zones of a drawing context as a design problem: identities found, ferries closed."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from localities.drawing.natural_communities.engine import Design, design
from localities.drawing.natural_communities.identity import zone_places
from localities.drawing.natural_communities.named_places import islands_of
from localities.drawing.natural_communities.naming import PlaceNames
from localities.drawing.natural_communities.problem import Identity, problem_of
from localities.drawing.natural_communities.weights import IDENTITIES, Weights
from localities.zones.graph import components_within, neighbour_matrix

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

FLOOR = 1_500
# identities taken from other sets, where their sources are at hand
_FROM_SETS = {
    "postcode_sector": "postcode_sectors",
    "nearest_primary_school": "nearest_primary_schools",
    "community_council": "community_councils",
}
_ABSTAINS = 0.5**0.5
_log = logging.getLogger(__name__)


def identities_of(context: DrawingContext, kinds: Collection[str] = tuple(IDENTITIES)) -> dict[str, Identity]:
    """Return the identities of every zone, of the kinds named, where their sources are at hand.

    The places in the intermediate zone's name and the ward are always known. `named_place`: a zone has the places that
    its residents live nearest to, each with the root of their share, so that two zones of the same shares agree fully.
    `settlement`: see `_settlements`. The same name, sector or school in two CPPs is two identities.
    """
    zones = context.zones
    found: dict[str, Identity] = {
        "place": zone_places(zones),
        "ward": zones["ward_code"].to_numpy(dtype=object),
    }
    if context.named_places is not None:
        shares = context.named_places[1]
        found["named_place"] = pd.DataFrame(
            {"zone": shares["zone"], "label": shares["place"], "strength": np.sqrt(shares["share"])}
        )
    known = settlement_of(context)
    if known is not None:
        found["settlement"] = _settlements(context, known)
    for kind, set_id in _FROM_SETS.items():
        if kind in kinds and _is_drawable(context, set_id):
            drawing = context.draw(set_id).drop_duplicates("zone_code").set_index("zone_code")["locality_code"]
            label = zones["cpp_code"] + "/" + zones["zone_code"].map(drawing)
            found[kind] = label.to_numpy(dtype=object)
    absent = [kind for kind in kinds if kind not in found]
    if absent:
        _log.info("natural communities are drawn without %s: no file of it is at hand", ", ".join(absent))
    return {kind: values for kind, values in found.items() if kind in kinds}


_SETTLEMENTS = "built_up_localities"


def _is_drawable(context: DrawingContext, set_id: str) -> bool:
    from localities.candidate_sets import sources_of

    return set(sources_of([set_id], with_optional=False)) <= set(context.files)


def settlement_of(context: DrawingContext) -> pd.DataFrame | None:
    """Return ``locality_code, locality_name`` of the locality of National Records of each zone, NaN in open country.

    In the order of the zones; None where their file is not at hand.
    """
    if not _is_drawable(context, _SETTLEMENTS):
        return None
    drawn = context.draw(_SETTLEMENTS).drop_duplicates("zone_code").set_index("zone_code")
    return drawn[["locality_code", "locality_name"]].reindex(context.codes)


def _settlements(context: DrawingContext, known: pd.DataFrame) -> pd.DataFrame:
    """Return the settlement that each zone is in: its island, or its locality of National Records.

    An island or a locality under the limit votes for its zones to stay together. A larger locality, and open country,
    votes only against mixing with what is outside it: with a strength of the root of a half, two of its zones get half
    a vote, which is none for or against.
    """
    cpp = context.zones["cpp_code"].to_numpy(dtype=object)
    island, is_island = _islands(context)
    code = known["locality_code"].to_numpy(dtype=object)
    people = pd.Series(context.population).groupby(code).transform("sum").to_numpy()
    is_whole = is_island | (pd.notna(code) & (people < context.limit))
    label = pd.Series(cpp) + "/" + pd.Series(code).fillna("open country")
    label = label.where(~is_island, "island " + pd.Series(island).astype("str"))
    return pd.DataFrame({"zone": np.arange(len(code)), "label": label, "strength": np.where(is_whole, 1.0, _ABSTAINS)})


def _islands(context: DrawingContext) -> tuple[np.ndarray, np.ndarray]:
    """Return which part of its CPP each zone is in, where ferries alone join parts, and whether it is an island.

    An island has fewer residents than the limit.
    """
    ways = neighbour_matrix(context.codes, context.adjacency[crossed(context.adjacency)])
    part = components_within(ways, pd.factorize(context.zones["cpp_code"])[0])
    return part, np.bincount(part, weights=context.population)[part] < context.limit


def place_names(context: DrawingContext) -> PlaceNames | None:
    """Return the names with points that communities are called by; None where no file of them is at hand."""
    if context.named_places is None:
        return None
    places, shares, is_large = context.named_places
    settlement = settlement_of(context)
    return PlaceNames(
        places["name"].to_numpy(dtype=object),
        shares,
        is_large,
        None if settlement is None else _plain(settlement["locality_name"], context.zones["cpp_name"]),
        islands_of(context.residents, np.flatnonzero(_islands(context)[1])),
    )


def _plain(names: pd.Series, councils: pd.Series) -> np.ndarray:
    """Return names without what stands in brackets: "Westhill (Highland)"; of Gaelic ones the English in brackets."""
    plain, bracket = names.str.replace(r"\s*\([^)]*\)$", "", regex=True), names.str.extract(r"\(([^)]*)\)$")[0]
    is_english = (bracket.notna() & ~bracket.isin(pd.unique(councils))).to_numpy()
    return plain.where(~is_english, bracket).to_numpy(dtype=object)


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
        Residents that a community should have.
    weights
        None means the defaults: identity and geography only.
    attributes
        Variables for homogeneity, indexed by zone code. Their indicators must not be tested on what comes out.

    Raises
    ------
    ConfigError, GeographyError
        See `localities.drawing.natural_communities.problem.problem_of`.
    """
    zones = context.zones
    identities = identities_of(context, tuple((weights or Weights()).identities))
    group = None
    if within is None:
        may_cross: np.ndarray | None = crossed(context.adjacency)
    else:
        chosen = zones["zone_code"].isin(within.index).to_numpy()
        zones = zones[chosen]
        identities = {kind: _chosen(values, chosen) for kind, values in identities.items()}
        group = zones["zone_code"].map(within).to_numpy(dtype=object)
        # inside a boundary that is given, what it holds belongs together, by ferry too
        may_cross = context.adjacency["barrier"].isna().to_numpy() if "barrier" in context.adjacency else None
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


def _chosen(values: Identity, chosen: np.ndarray) -> Identity:
    if not isinstance(values, pd.DataFrame):
        return values[chosen]
    kept = values[chosen[values["zone"].to_numpy()]]
    return kept.assign(zone=(np.cumsum(chosen) - 1)[kept["zone"].to_numpy()])
