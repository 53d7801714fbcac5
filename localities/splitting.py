"""Areas at or over the limit, split into contiguous parts under it, named from their parent and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from indicators.errors import GeographyError, compose

if TYPE_CHECKING:
    from localities.drawing import DrawingContext

__all__ = ["halves", "split_over_limit"]


def split_over_limit(context: DrawingContext, drawing: pd.DataFrame) -> pd.DataFrame:
    """Return a drawing of whole zones with every locality at or over the limit split into contiguous parts under it.

    Each is cut where the shortest tree over its zones has the edge that halves its residents best, again and again
    until every part has fewer residents than the limit. What does not hang together is first taken apart. A part is
    named "parent: part", the part being the intermediate zone that most of its residents live in.

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
    group, _ = pd.factorize(drawing["locality_code"])
    total = np.bincount(group, weights=people)
    part = np.zeros(len(drawing), dtype=np.intp)
    for large in np.flatnonzero(total >= context.limit):
        rows = np.flatnonzero(group == large)
        part[rows] = 1 + _parts(context, at[rows])
    return _named_parts(context, drawing, at, people, part)


def _parts(context: DrawingContext, zones: np.ndarray) -> np.ndarray:
    """Return the number of the part of each zone, from 0 in order of the first zone."""
    from scipy.sparse.csgraph import connected_components

    people = context.population
    label = np.zeros(len(zones), dtype=np.intp)
    waiting = [np.arange(len(zones))]
    done: list[np.ndarray] = []
    while waiting:
        some = waiting.pop()
        members = zones[some]
        graph = context.matrix[members][:, members]
        number, piece = connected_components(graph, directed=False)
        if number > 1:
            waiting.extend(some[piece == one] for one in range(number))
        elif people[members].sum() < context.limit:
            done.append(some)
        elif len(members) == 1:
            raise GeographyError(
                compose(
                    "A single zone reaches the limit of residents and cannot be split",
                    where="table zones",
                    codes=[context.codes[members[0]]],
                    expected=f"fewer than {context.limit:,} residents",
                    found=f"{people[members[0]]:,.0f}",
                    remedy="raise the setting `limit`",
                )
            )
        else:
            side = halves(graph, people[members], context.points[members])
            waiting.extend([some[side], some[~side]])
    for number, some in enumerate(sorted(done, key=lambda one: int(zones[one].min()))):
        label[some] = number
    return label


def halves(graph: object, people: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return which zones fall on one side of the best cut: both sides contiguous, residents as even as the tree allows.

    Parameters
    ----------
    graph
        Sparse matrix of a connected graph.
    people
        Residents.
    points
        Centroids, metres.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> line = csr_array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]])
    >>> halves(line, [10, 10, 10, 30], [[0, 0], [1, 0], [2, 0], [3, 0]]).tolist()
    [False, False, False, True]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

    edges = csr_array(graph).tocoo()
    points = np.asarray(points, dtype="float64")
    first, second = edges.coords
    # coinciding centroids still need an edge: zero would mean none
    length = np.maximum(np.hypot(*(points[first] - points[second]).T), 1e-6)
    tree = minimum_spanning_tree(csr_array((length, (first, second)), shape=edges.shape))
    order, parent = breadth_first_order(tree, 0, directed=False)
    below = np.asarray(people, dtype="float64").copy()
    for one in order[:0:-1]:
        below[parent[one]] += below[one]
    total = below[0]
    cut = int(order[1:][np.argmin(np.abs(below[order[1:]] - total / 2))])
    side = np.zeros(len(below), dtype=bool)
    side[cut] = True
    for one in order[1:]:
        side[one] |= side[parent[one]]
    return side


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
