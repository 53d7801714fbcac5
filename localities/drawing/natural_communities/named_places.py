"""Names with points: which populated places the residents of each zone live nearest to, at each place's own scale.

Ordnance Survey's Open Names gives suburban areas, villages and towns a point and an extent. A place of twice the extent
reaches a little farther, so that Corstorphine is not cut short by every house group on its edge. A town of more
residents than a community may have is not the name of a part of it: its suburbs are, and its own point stands for its
centre alone.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.declaring.strict_yaml import read_yaml
from indicators.errors import SchemaError, UnreadableSource
from localities.boundaries.files import check_columns, check_file

_COLUMNS = ["NAME1", "LOCAL_TYPE", "NAME2", "NAME2_LANG", "X", "Y", "MBRXMIN", "MBRYMIN", "MBRXMAX", "MBRYMAX"]
# cities are named by their suburbs; hamlets and other settlements are smaller than any community
KINDS = ("Suburban Area", "Village", "Town")
_CENTRE_M = 500.0
_AROUND = 12
_LEAST_SHARE = 0.02
_SHARPNESS = 4.0
_ISLAND_M = 15_000.0


def read_named_places(path: Path) -> pd.DataFrame:
    """Return populated places: ``name, kind, x, y, west, south, east, north`` (metres, EPSG:27700).

    Raises
    ------
    UnreadableSource
        If the file is missing, empty or no CSV file.
    SchemaError
        If a column is absent, or a coordinate is no number.
    """
    check_file(path)
    try:
        check_columns(path, _COLUMNS, pd.read_csv(path, nrows=0).columns)
        table = pd.read_csv(path, usecols=_COLUMNS, encoding="utf-8", dtype=dict.fromkeys(_COLUMNS[:4], str))
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableSource(
            "A file of named places cannot be read", where=path, found=str(error), remedy="fetch it again"
        ) from error
    # the English name where the first is Gaelic and there are both: what publishers' other files are in
    english = table["NAME2_LANG"].eq("eng") & table["NAME2"].notna()
    table["NAME1"] = table["NAME1"].where(~english, table["NAME2"])
    table = table[list(_COLUMNS[:2]) + _COLUMNS[4:]]
    table = table.set_axis(["name", "kind", "x", "y", "west", "south", "east", "north"], axis=1)
    table = table[table["kind"].isin(KINDS)].reset_index(drop=True)
    places = table.columns[2:]
    numbers = table[places].apply(pd.to_numeric, errors="coerce")
    odd = ~np.isfinite(numbers).all(axis=1)
    if odd.any():
        raise SchemaError(
            "A coordinate of a named place is no number",
            where=path,
            codes=table.loc[odd, "name"],
            expected="eastings and northings",
            found=f"{int(odd.sum()):,} places without",
            remedy="fetch the file again",
        )
    table[places] = numbers
    return table


def nearest_places(places: pd.DataFrame, residents: pd.DataFrame, *, limit: float) -> tuple[pd.DataFrame, NDArray]:
    r"""Return the places that each zone's residents live nearest to, and which places are towns over the limit.

    Each point of residents is shared out over the twelve nearest places in proportion to :math:`e^{-4 d^2 / (r h)}`,
    where d is the distance, h half the side of a square as large as the place's extent and r 500 m: a resident as near
    to two names belongs half to each. Shares below 2 % are dropped.

    Parameters
    ----------
    places
        From `read_named_places`.
    residents
        ``zone, x, y, share, residents``, as `localities.residents.output_areas.residents_of` returns them.
    limit
        Residents under which a community stays.

    Returns
    -------
    tuple
        ``zone`` (position), ``place`` (position), ``share`` (of the zone's residents; sums to 1 in each zone with
        points), in order; and for each place whether it is a town with `limit` residents or more inside its extent.
    """
    import shapely
    from scipy.spatial import cKDTree

    points = residents[["x", "y"]].to_numpy(dtype="float64")
    extents = shapely.box(*(places[side].to_numpy() for side in ("west", "south", "east", "north")))
    is_town = (places["kind"] == "Town").to_numpy()
    inside, town = shapely.STRtree(extents[is_town]).query(shapely.points(points), predicate="intersects")
    people = np.bincount(town, weights=residents["residents"].to_numpy()[inside], minlength=int(is_town.sum()))
    is_large = is_town.copy()
    is_large[is_town] = people >= limit
    half = np.maximum(np.sqrt(shapely.area(extents)) / 2, 1.0)
    half[is_large] = np.minimum(half[is_large], _CENTRE_M)
    count = min(_AROUND, len(places))
    distance, near = cKDTree(places[["x", "y"]].to_numpy()).query(points, k=range(1, count + 1))
    far = distance**2 / (_CENTRE_M * half[near])
    weight = np.exp(-_SHARPNESS * (far - far.min(axis=1, keepdims=True)))
    weight /= weight.sum(axis=1, keepdims=True)
    weight[weight < _LEAST_SHARE] = 0.0
    weight /= weight.sum(axis=1, keepdims=True)
    frame = pd.DataFrame(
        {
            "zone": np.repeat(residents["zone"].to_numpy(), count),
            "place": near.ravel(),
            "share": (weight * residents["share"].to_numpy()[:, None]).ravel(),
        }
    )
    frame = frame[frame["share"] > 0].groupby(["zone", "place"], as_index=False)["share"].sum()
    return frame, is_large


def islands_of(residents: pd.DataFrame, zones: NDArray) -> pd.DataFrame:
    """Return the islands that residents of zones live on: ``zone`` (position), ``name, share`` (of its residents).

    Each point of residents is on the island of the nearest place of `islands.yaml`, within 15 km.

    Parameters
    ----------
    residents
        As for `nearest_places`.
    zones
        Positions of zones on islands.
    """
    from scipy.spatial import cKDTree

    content = read_yaml(resources.files("localities.drawing.natural_communities") / "islands.yaml", "The islands")
    listed = [(entry["name"], *place) for entry in content["islands"] for place in entry["places"]]
    known = pd.DataFrame(listed, columns=["name", "x", "y"])
    points = residents[residents["zone"].isin(zones)]
    found = cKDTree(known[["x", "y"]].to_numpy()).query(points[["x", "y"]].to_numpy(), distance_upper_bound=_ISLAND_M)
    near = found[1] < len(known)
    points = points[near].assign(name=known["name"].to_numpy()[found[1][near]])
    return points.groupby(["zone", "name"], as_index=False)["share"].sum()
