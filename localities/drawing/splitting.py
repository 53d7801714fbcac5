"""Areas at or over the limit, split into contiguous parts under it, named from their parent and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from localities.drawing.natural_communities.communities import design_communities

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext


def split_over_limit(context: DrawingContext, drawing: pd.DataFrame) -> pd.DataFrame:
    """Return a drawing of whole zones with every locality at or over the limit split into contiguous parts under it.

    The parts are natural communities inside their parent (`localities.drawing.natural_communities`): intermediate
    zones, places and the like kept together. A part is named "parent: part", the part being the intermediate zone that
    most of its residents live in.

    Parameters
    ----------
    context
        Zones, graph and limit.
    drawing
        ``locality_code, locality_name, zone_code``, weights of 1, and any further columns, which are kept.

    Raises
    ------
    GeographyError
        If one zone alone reaches the limit.
    """
    at = context.codes.get_indexer(pd.Index(drawing["zone_code"]))
    people = context.population[at]
    group = pd.factorize(drawing["locality_code"])[0]
    large = np.bincount(group, weights=people)[group] >= context.limit
    part = np.zeros(len(drawing), dtype=np.intp)
    if large.any():
        within = drawing[large].set_index("zone_code")["locality_code"]
        chosen = np.flatnonzero(context.codes.isin(within.index))
        region = pd.Series(design_communities(context, within=within).region, index=context.codes[chosen])
        rows = np.flatnonzero(large)
        pairs = pd.DataFrame({"group": group[rows], "region": drawing["zone_code"].iloc[rows].map(region).to_numpy()})
        # regions are numbered in order of their first zone: parts are numbered so within their parent
        part[rows] = pairs.groupby("group")["region"].rank(method="dense").astype(int).to_numpy()
    return _named_parts(context, drawing, at, people, part)


def _named_parts(
    context: DrawingContext, drawing: pd.DataFrame, at: np.ndarray, people: np.ndarray, part: np.ndarray
) -> pd.DataFrame:
    result = drawing.copy()
    whole = part == 0
    with_part = drawing["locality_code"] + "-" + pd.Series(part, index=drawing.index).astype("str")
    result["locality_code"] = drawing["locality_code"].where(whole, with_part)
    named = pd.DataFrame(
        {
            "code": result["locality_code"],
            "parent": drawing["locality_name"],
            "name": context.zones["intermediate_zone_name"].to_numpy()[at],
            "people": people,
        }
    )[~whole]
    sums = named.groupby(["code", "parent", "name"], as_index=False)["people"].sum()
    sums = sums.sort_values(["code", "people", "name"], ascending=[True, False, True], kind="stable")
    best = sums.drop_duplicates("code").set_index("code")
    label = best["parent"] + ": " + best["name"]
    again = label.groupby([best["parent"], best["name"]]).cumcount()
    count = label.groupby([best["parent"], best["name"]]).transform("size")
    label = label.where(count == 1, label + " " + (again + 1).astype("str"))
    result["locality_name"] = result["locality_code"].map(label).where(~whole, drawing["locality_name"])
    return result
