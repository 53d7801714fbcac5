"""A drawing made of one census's zones, redrawn on those of another by where people live.

A zone of the run goes to the area in which most of its people live. How much of it does is kept as ``inside``, so that
the fit of a redrawn area is said like that of any boundary that is not made of whole zones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.errors import GeographyError
from indicators.schema.vocabulary import UNASSIGNED
from localities.councils import vintage_of

_HALF = 0.5 - 1e-9


def redraw(
    drawing: pd.DataFrame,
    zones: pd.DataFrame,
    crosswalk: pd.DataFrame | None,
    vintage: str,
    where: object,
    *,
    is_division: bool = False,
) -> pd.DataFrame:
    """Return a drawing on the zones of a census: as it is, or redrawn by where people of 2022 live.

    Parameters
    ----------
    drawing
        ``locality_code, locality_name, zone_code, weight``; zones of one census.
    zones
        Table ``zones`` of the run.
    crosswalk
        Table ``crosswalk``; None where there is none.
    vintage
        Census of `zones`.
    where
        What the drawing is of, for messages.
    is_division
        Whether every zone is to be in exactly one area: then each goes to the area with the largest share of its
        people, and one whose people are unassigned to that of the nearest zone of its partnership. Otherwise a zone
        belongs to every area that holds at least half of them.

    Returns
    -------
    pandas.DataFrame
        As `drawing`, with ``inside``: the share of the zone's people who live in the area, where it was redrawn.

    Raises
    ------
    GeographyError
        If the zones are of several censuses, or the crosswalk does not lead from theirs to `vintage`.

    Examples
    --------
    >>> crosswalk = pd.DataFrame({"from_vintage": "2011", "to_vintage": "2022",
    ...     "from_code": ["S01006506", "S01006507"], "to_code": "S01013482", "share_of_to": [0.3, 0.7]})
    >>> drawing = pd.DataFrame({"locality_code": ["a", "b"], "locality_name": ["A", "B"],
    ...     "zone_code": ["S01006506", "S01006507"], "weight": 1.0})
    >>> zones = pd.DataFrame({"zone_code": ["S01013482"]})
    >>> redraw(drawing, zones, crosswalk, "2022", "example")[["locality_code", "zone_code", "inside"]]
      locality_code  zone_code  inside
    0             b  S01013482     0.7
    """
    found = sorted(set(vintage_of(drawing["zone_code"].astype("str")).fillna("unknown")))
    if found == [vintage]:
        return drawing
    pairs = whole = pd.DataFrame()
    if crosswalk is not None and len(found) == 1:
        pairs = crosswalk[(crosswalk["from_vintage"] == found[0]) & (crosswalk["to_vintage"] == vintage)]
        pairs = pairs[pairs["to_code"] != UNASSIGNED]
        whole = _whole(drawing, pairs)
        pairs = pairs[pairs["share_of_to"].notna()]
    if pairs.empty:
        raise GeographyError(
            "Areas are made of zones of another census, and nothing leads from them to those of the run",
            where=where,
            codes=drawing["zone_code"].unique(),
            expected=f"zones of {vintage}, or of one other census with a crosswalk to them",
            found=f"zones of {' and '.join(found) or 'no census'}",
            remedy="use a list on zones of one census, and fetch the lookups by output area",
        )
    merged = drawing.merge(pairs[["from_code", "to_code", "share_of_to"]], left_on="zone_code", right_on="from_code")
    merged["inside"] = merged["weight"] * merged["share_of_to"]
    names = drawing.drop_duplicates("locality_code").set_index("locality_code")["locality_name"]
    shares = merged.groupby(["to_code", "locality_code"], as_index=False)["inside"].sum()
    shares = pd.concat([shares, whole], ignore_index=True)
    shares = shares.rename(columns={"to_code": "zone_code"})
    if is_division:
        best = shares.sort_values(["zone_code", "inside", "locality_code"], ascending=[True, False, True])
        kept = best.drop_duplicates("zone_code")
        kept = pd.concat([kept, _nearest(zones, kept)], ignore_index=True)
    else:
        kept = shares[shares["inside"] >= _HALF]
    kept = kept.assign(
        locality_name=kept["locality_code"].map(names), weight=1.0, inside=kept["inside"].clip(upper=1.0)
    )
    columns = ["locality_code", "locality_name", "zone_code", "weight", "inside"]
    return kept.sort_values(["locality_code", "zone_code"], ignore_index=True)[columns]


def _whole(drawing: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the zones of unknown shares that lie wholly in an area, because every zone that they overlap does.

    ``to_code, locality_code, inside``.
    """
    open_ones = pairs[pairs["to_code"].isin(pairs.loc[pairs["share_of_to"].isna(), "to_code"])]
    parts = open_ones.groupby("to_code")["from_code"].nunique()
    listed = drawing[drawing["weight"] == 1.0].merge(open_ones, left_on="zone_code", right_on="from_code")
    counts = listed.groupby(["to_code", "locality_code"])["from_code"].nunique().reset_index(name="overlapping")
    full = counts[counts["overlapping"] == counts["to_code"].map(parts)]
    return full[["to_code", "locality_code"]].assign(inside=1.0)


def _nearest(zones: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Return for the zones in no area that of the nearest zone of their partnership; nobody is known to be inside."""
    from scipy.spatial import KDTree

    known = zones.merge(kept[["zone_code", "locality_code"]], on="zone_code", how="left")
    parts = []
    for _, rows in known.groupby("cpp_code", sort=True):
        has = rows["locality_code"].notna().to_numpy()
        if has.all() or not has.any():
            continue
        points = rows[["centroid_x", "centroid_y"]].to_numpy(dtype="float64")
        nearest = np.asarray(KDTree(points[has]).query(points[~has])[1])
        parts.append(
            pd.DataFrame(
                {
                    "zone_code": rows["zone_code"].to_numpy()[~has],
                    "locality_code": rows["locality_code"].to_numpy()[has][nearest],
                    "inside": 0.0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else kept.iloc[:0]
