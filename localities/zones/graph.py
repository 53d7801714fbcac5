"""The graph of zones: its matrix, and whether sets of zones hang together in it.

How the graph comes about (borders and links) is in `localities.zones.adjacency`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def neighbour_matrix(codes: pd.Index, adjacency: pd.DataFrame) -> csr_array:
    """Return the zone-by-zone matrix of 0 and 1 in the order of `codes`; pairs with other zones are left out.

    Parameters
    ----------
    codes
        Zone codes, unique.
    adjacency
        Pairs ``zone_code, neighbour_code``, one direction or both; where it has a column ``barrier``, pairs with one
        are no neighbours.
    """
    from scipy.sparse import csr_array

    adjacency = _open(adjacency)
    first = codes.get_indexer(pd.Index(adjacency["zone_code"]))
    second = codes.get_indexer(pd.Index(adjacency["neighbour_code"]))
    inside = (first >= 0) & (second >= 0)
    first, second = first[inside], second[inside]
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    matrix = csr_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(len(codes), len(codes)))
    matrix.data[:] = 1
    return matrix


def _open(adjacency: pd.DataFrame) -> pd.DataFrame:
    return adjacency[adjacency["barrier"].isna()] if "barrier" in adjacency else adjacency


def components_within(matrix: csr_array, groups: np.ndarray) -> np.ndarray:
    """Return for each zone the number of its part: zones of one group that reach each other inside the group.

    Parameters
    ----------
    matrix
        From `neighbour_matrix`.
    groups
        One whole number per zone; edges between groups do not count.

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = pd.DataFrame({"zone_code": ["a", "b", "c"], "neighbour_code": ["b", "c", "d"]})
    >>> components_within(neighbour_matrix(pd.Index(list("abcd")), pairs), np.array([0, 0, 1, 0])).tolist()
    [0, 0, 1, 2]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    edges = matrix.tocoo()
    first, second = edges.coords
    same = groups[first] == groups[second]
    kept = csr_array((np.ones(int(same.sum()), dtype=np.int8), (first[same], second[same])), shape=matrix.shape)
    return connected_components(kept, directed=False)[1]


def are_contiguous(membership: pd.DataFrame, adjacency: pd.DataFrame) -> pd.Series:
    """Return for each locality whether all its zones reach each other inside it, indexed by ``locality_id``.

    Localities may overlap: each is judged on its own. A zone that belongs in part counts as a member.

    Parameters
    ----------
    membership
        ``locality_id, zone_code``.
    adjacency
        ``zone_code, neighbour_code``, both directions; links count as borders do. So do borders that a river or railway
        closes (``barrier``): an area that lies on both sides is in one piece all the same.

    Examples
    --------
    >>> import pandas as pd
    >>> members = pd.DataFrame({"locality_id": ["x", "x", "y", "y"], "zone_code": ["a", "b", "a", "c"]})
    >>> pairs = pd.DataFrame({"zone_code": ["a", "b", "b", "c"], "neighbour_code": ["b", "a", "c", "b"]})
    >>> are_contiguous(members, pairs).to_dict()
    {'x': True, 'y': False}
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    locality, localities = pd.factorize(membership["locality_id"], sort=True)
    zone, zones = pd.factorize(membership["zone_code"])
    codes = pd.Index(zones)
    first = codes.get_indexer(pd.Index(adjacency["zone_code"]))
    second = codes.get_indexer(pd.Index(adjacency["neighbour_code"]))
    inside = (first >= 0) & (second >= 0)
    pairs = pd.DataFrame({"zone": first[inside], "neighbour": second[inside]})
    members = pd.DataFrame({"row": np.arange(len(membership)), "locality": locality, "zone": zone})
    # rows of the membership are the nodes, so that a zone of two localities is two nodes
    edges = members.merge(pairs, on="zone").merge(
        members.rename(columns={"zone": "neighbour", "row": "other"}), on=["locality", "neighbour"]
    )
    size = len(members)
    graph = csr_array((np.ones(len(edges), dtype=np.int8), (edges["row"], edges["other"])), shape=(size, size))
    part = connected_components(graph, directed=False)[1]
    parts = pd.Series(part).groupby(locality).nunique()
    index = pd.Index(localities, name="locality_id", dtype="str")
    return pd.Series(parts.to_numpy() == 1, index=index, name="is_contiguous")
