"""Boundaries that are not made of whole zones, fitted to zones by where residents live, with the error stated.

Area plays no part: a zone of hills with one village belongs where the village lies. Points that carry residents are
from `localities.residents.output_areas`.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from indicators.errors import GeographyError


def resident_shares(
    zones: pd.DataFrame, residents: pd.DataFrame, boundaries: gpd.GeoDataFrame, *, is_division: bool = False
) -> pd.DataFrame:
    """Return the share of each zone's residents who live inside each boundary.

    Parameters
    ----------
    zones
        Table ``zones`` (its polygons are not used).
    residents
        ``zone, x, y, share``, as `localities.residents.output_areas.residents_of` returns them.
    boundaries
        Polygons in EPSG:27700; where there is a column ``cpp_code``, only residents of that CPP count as inside. They
        may overlap: a point inside several is inside each.
    is_division
        Whether the boundaries are meant to divide the whole area: then a point inside none (clipped coasts, rounding)
        counts to the nearest one of its CPP.

    Returns
    -------
    pandas.DataFrame
        ``zone`` and ``boundary`` (positions), ``share`` (more than 0 to 1), ``nearest_share`` (the part of it that is
        inside none and counted to the nearest), in order.

    Raises
    ------
    GeographyError
        If `is_division` and a CPP has residents but no boundary.
    """
    points = shapely.points(residents["x"].to_numpy(), residents["y"].to_numpy())
    polygons = boundaries.geometry.to_numpy()
    shapely.prepare(polygons)
    tree = shapely.STRtree(points)
    boundary, point = tree.query(polygons, predicate="intersects")
    zone_of = residents["zone"].to_numpy()
    own_cpp, cpp_of_boundary = _cpp_numbers(zones, boundaries)
    if cpp_of_boundary is not None:
        same = own_cpp[zone_of[point]] == cpp_of_boundary[boundary]
        boundary, point = boundary[same], point[same]
    if is_division:
        # a point on a common border is inside two: the first counts, so that residents are counted once
        order = np.lexsort((boundary, point))
        boundary, point = boundary[order], point[order]
        first = np.ones(len(point), dtype=bool)
        first[1:] = point[1:] != point[:-1]
        boundary, point = boundary[first], point[first]
    is_near = np.zeros(len(point), dtype=bool)
    if is_division:
        outside = np.setdiff1d(np.arange(len(points)), point)
        near = _nearest(points, outside, zone_of, own_cpp, polygons, cpp_of_boundary, zones)
        boundary, point = np.concatenate([boundary, near]), np.concatenate([point, outside])
        is_near = np.concatenate([is_near, np.ones(len(near), dtype=bool)])
    share = residents["share"].to_numpy()[point]
    near_share = share * is_near
    frame = pd.DataFrame({"zone": zone_of[point], "boundary": boundary, "share": share, "nearest_share": near_share})
    return frame.groupby(["zone", "boundary"], as_index=False, sort=True).sum()


def zones_at(zones: gpd.GeoDataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Return points with the zone that each lies in as ``zone_code``; those in none are left out.

    Parameters
    ----------
    zones
        Table ``zones`` with polygons.
    points
        ``x, y`` (metres, EPSG:27700) and what else they carry.
    """
    polygons = zones.geometry.to_numpy()
    shapely.prepare(polygons)
    tree = shapely.STRtree(shapely.points(points["x"].to_numpy(), points["y"].to_numpy()))
    zone, point = tree.query(polygons, predicate="intersects")
    # a point on a common border is in two: the first counts
    point, first = np.unique(point, return_index=True)
    return points.iloc[point].assign(zone_code=zones["zone_code"].to_numpy()[zone[first]]).reset_index(drop=True)


def _cpp_numbers(zones: pd.DataFrame, boundaries: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
    number, codes = pd.factorize(zones["cpp_code"], sort=True)
    if "cpp_code" not in boundaries:
        return number, None
    return number, pd.Index(codes).get_indexer(pd.Index(boundaries["cpp_code"]))


def _nearest(
    points: np.ndarray,
    outside: np.ndarray,
    zone_of: np.ndarray,
    own_cpp: np.ndarray,
    polygons: np.ndarray,
    cpp_of_boundary: np.ndarray | None,
    zones: pd.DataFrame,
) -> np.ndarray:
    """Return for each point that is inside no boundary the nearest boundary of its CPP."""
    result = np.full(len(outside), -1, dtype=np.intp)
    cpp = own_cpp[zone_of[outside]] if cpp_of_boundary is not None else np.zeros(len(outside), dtype=np.intp)
    for one in np.unique(cpp):
        residents_here = np.flatnonzero(cpp == one)
        theirs = np.flatnonzero(cpp_of_boundary == one) if cpp_of_boundary is not None else np.arange(len(polygons))
        if not len(theirs):
            lost = np.unique(zone_of[outside[residents_here]])
            raise GeographyError(
                "A community planning partnership has no boundary of the set",
                where=zones["cpp_name"].iloc[lost[0]],
                codes=zones["zone_code"].iloc[lost],
                expected="boundaries that divide every partnership's area",
                found=f"{len(lost):,} zones without one",
                remedy="check the codes of councils in the boundary file",
            )
        found = shapely.STRtree(polygons[theirs]).query_nearest(points[outside[residents_here]], all_matches=False)
        result[residents_here[found[0]]] = theirs[found[1]]
    return result


def best_fit(
    zones: pd.DataFrame,
    residents: pd.DataFrame,
    boundaries: gpd.GeoDataFrame,
    *,
    is_division: bool = False,
    is_exclusive: bool = False,
    threshold: float = 0.5,
) -> pd.DataFrame:
    """Return whole zones for each boundary: each zone goes where most of its residents live.

    Parameters
    ----------
    zones, residents, boundaries, is_division
        See `resident_shares`; `boundaries` has ``locality_code`` and ``locality_name``.
    is_exclusive
        Whether a zone belongs to one boundary at most, though the boundaries need not cover every place: to the one
        that holds most of its residents, where all boundaries together hold at least `threshold` of them.
    threshold
        With neither, a zone belongs to every boundary that holds at least this share of its residents.

    Returns
    -------
    pandas.DataFrame
        ``locality_code, locality_name, zone_code, weight`` (1), ``inside`` (share of the zone's residents who live
        inside the boundary; those counted to the nearest do not). Boundaries that no zone fits are absent.

    Raises
    ------
    GeographyError
        See `resident_shares`.
    """
    shares = resident_shares(zones, residents, boundaries, is_division=is_division)
    if is_division or is_exclusive:
        # the largest share; among equal ones the first boundary
        order = shares.sort_values(["zone", "share", "boundary"], ascending=[True, False, True], kind="stable")
        kept = order.drop_duplicates("zone")
        if not is_division:
            inside = kept["zone"].map(shares.groupby("zone")["share"].sum())
            kept = kept[inside >= threshold - 1e-9]
    else:
        kept = shares[shares["share"] >= threshold - 1e-9]
    return _drawing(zones, boundaries, kept, np.ones(len(kept)), kept["share"] - kept["nearest_share"])


def shares_fit(
    zones: pd.DataFrame, residents: pd.DataFrame, boundaries: gpd.GeoDataFrame, *, is_division: bool = False
) -> pd.DataFrame:
    """Return shares of zones for each boundary: its weight is the share of the zone's residents inside.

    A figure of the locality is then the zones' figures shared out, as if a zone's people were alike. Shares below one
    in a thousand are left out.

    Returns
    -------
    pandas.DataFrame
        ``locality_code, locality_name, zone_code, weight`` (0 to 1), ``inside`` (1, or less where residents are
        counted to the nearest boundary).

    Raises
    ------
    GeographyError
        See `resident_shares`.
    """
    shares = resident_shares(zones, residents, boundaries, is_division=is_division)
    kept = shares[shares["share"] >= 1e-3]
    inside = 1 - kept["nearest_share"] / kept["share"]
    return _drawing(zones, boundaries, kept, kept["share"].clip(upper=1.0).to_numpy(), inside)


def _drawing(
    zones: pd.DataFrame, boundaries: pd.DataFrame, kept: pd.DataFrame, weight: np.ndarray, inside: pd.Series
) -> pd.DataFrame:
    at = kept["boundary"].to_numpy()
    return pd.DataFrame(
        {
            "locality_code": boundaries["locality_code"].to_numpy()[at],
            "locality_name": boundaries["locality_name"].to_numpy()[at],
            "zone_code": zones["zone_code"].to_numpy()[kept["zone"].to_numpy()],
            "weight": weight,
            "inside": inside.clip(0.0, 1.0).to_numpy(),
        }
    )


def fit_errors(
    zones: pd.DataFrame, residents: pd.DataFrame, boundaries: gpd.GeoDataFrame, drawing: pd.DataFrame
) -> pd.DataFrame:
    """Return the error of a fit, one row per boundary.

    Returns
    -------
    pandas.DataFrame
        ``locality_code, residents_inside`` (who live inside the boundary), ``residents_fitted`` (of the zones that
        stand for it), ``residents_both``, ``fit`` (both / fitted), ``captured`` (both / inside), ``error_share``
        ((inside + fitted - 2 both) / inside: wrongly left out and wrongly taken in, per resident inside).
    """
    shares = resident_shares(zones, residents, boundaries)
    population = zones["population"].to_numpy(dtype="float64")
    codes = boundaries["locality_code"].to_numpy()
    inside = pd.DataFrame(
        {
            "locality_code": codes[shares["boundary"].to_numpy()],
            "zone_code": zones["zone_code"].to_numpy()[shares["zone"].to_numpy()],
            "people": shares["share"].to_numpy() * population[shares["zone"].to_numpy()],
        }
    )
    inside = inside.groupby(["locality_code", "zone_code"], as_index=False).sum()
    fitted = drawing[["locality_code", "zone_code", "weight"]].copy()
    fitted["fitted"] = fitted["weight"] * fitted["zone_code"].map(zones.set_index("zone_code")["population"])
    both = inside.merge(fitted, on=["locality_code", "zone_code"], how="outer").fillna(
        {"people": 0.0, "fitted": 0.0, "weight": 0.0}
    )
    both["both"] = np.minimum(both["people"], both["fitted"])
    sums = both.groupby("locality_code")[["people", "fitted", "both"]].sum().reindex(pd.unique(codes), fill_value=0.0)
    sums.columns = ["residents_inside", "residents_fitted", "residents_both"]
    with np.errstate(invalid="ignore", divide="ignore"):
        sums["fit"] = sums["residents_both"] / sums["residents_fitted"]
        sums["captured"] = sums["residents_both"] / sums["residents_inside"]
        wrong = sums["residents_inside"] + sums["residents_fitted"] - 2 * sums["residents_both"]
        sums["error_share"] = wrong / sums["residents_inside"]
    return sums.rename_axis("locality_code").reset_index()


def best_label(zones: pd.DataFrame, shares: pd.DataFrame, codes: np.ndarray, names: np.ndarray) -> pd.DataFrame:
    """Return the drawing in which each zone goes to the label that most of its residents carry.

    Parameters
    ----------
    zones
        Table ``zones``.
    shares
        ``zone`` and ``label`` (positions; several rows of a pair are summed), ``share`` of the zone's residents.
    codes, names
        Code and name of each label.

    Returns
    -------
    pandas.DataFrame
        As `best_fit`. Among equal shares the first label is taken.

    Examples
    --------
    >>> zones = pd.DataFrame({"zone_code": ["S01006506"]})
    >>> shares = pd.DataFrame({"zone": 0, "label": [0, 1, 1], "share": [0.4, 0.3, 0.3]})
    >>> drawing = best_label(zones, shares, np.array(["EH6-5", "EH6-6"]), np.array(["EH6 5", "EH6 6"]))
    >>> drawing.iloc[0].astype(str).tolist()
    ['EH6-6', 'EH6 6', 'S01006506', '1.0', '0.6']
    """
    sums = shares.groupby(["zone", "label"], sort=True)[["share"]].sum().reset_index()
    sums = sums.sort_values(["zone", "share", "label"], ascending=[True, False, True], kind="stable")
    best = sums.drop_duplicates("zone")
    at = best["label"].to_numpy()
    return pd.DataFrame(
        {
            "locality_code": codes[at],
            "locality_name": names[at],
            "zone_code": zones["zone_code"].to_numpy()[best["zone"].to_numpy()],
            "weight": 1.0,
            "inside": best["share"].clip(0.0, 1.0).to_numpy(),
        }
    )
