"""Where each zone stands in its area's population when zones are put in order: the ridits that inequality rests on.

The Duncan index, the slope and relative index of inequality, the concentration index and population-weighted fifths
are all sums over ridits. A ridit is the share of the population that lives in zones lower in the order, plus half the
zone's own (Bross 1958). Zones that tie share the ridit of their joint middle, so that the order of rows never matters.

References
----------
Bross IDJ (1958) Biometrics 14:18-38.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from indicators.arrays.arguments import Floats, check_not_negative


def two_dimensional(**named: ArrayLike) -> list[Floats]:
    """Return arrays of zones × series, all of one shape; one-dimensional ones are one series, repeated as needed.

    Examples
    --------
    >>> [one.shape for one in two_dimensional(values=[[1, 2], [3, 4], [5, 6]], weight=[1, 1, 1])]
    [(3, 2), (3, 2)]
    """
    arrays = [np.asarray(values, dtype=np.float64) for values in named.values()]
    arrays = [one[:, None] if one.ndim == 1 else one for one in arrays]
    try:
        return [np.array(one) for one in np.broadcast_arrays(*arrays)]
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(named, arrays, strict=True))
        raise ValueError(f"arguments differ in their zones or series: {shapes}") from error


def group_totals(group: NDArray[np.intp], count: int) -> sparse.csr_array:
    """Return the groups × zones matrix whose product with zones × series is the total of each group.

    Parameters
    ----------
    group
        Index of each zone's group, from 0; negative for zones in none.
    count
        Number of groups.

    Examples
    --------
    >>> (group_totals(np.array([0, 1, 0]), 2) @ np.array([[1.0], [2.0], [3.0]])).tolist()
    [[4.0], [2.0]]
    """
    group = np.asarray(group, dtype=np.intp)
    inside = np.flatnonzero(group >= 0)
    return sparse.csr_array((np.ones(len(inside)), (group[inside], inside)), shape=(count, len(group)))


def ridits(order_by: ArrayLike, weight: ArrayLike, group: ArrayLike | None = None) -> Floats:
    """Return the ridit of each zone and series in its group, strictly between 0 and 1; NaN for zones left out.

    Parameters
    ----------
    order_by
        What puts zones in order, lowest first: one value per zone, or zones × series.
    weight
        Population of each zone: one per zone, or zones × series. A zone with a NaN in either, or no population, is left
        out.
    group
        Index of each zone's group, from 0; negative for zones in none. One group by default.

    Returns
    -------
    array, zones × series
        ``(people in lower zones + half the people in zones that tie) / people of the group``. Its mean, weighted by the
        population, is 1/2 in every group.

    Examples
    --------
    >>> ridits([10, 20, 20, 40], [2, 1, 1, 4]).ravel().tolist()
    [0.125, 0.375, 0.375, 0.75]
    """
    order = np.asarray(order_by, dtype=np.float64)
    _, w = two_dimensional(order_by=order, weight=weight)
    check_not_negative("weight", w)
    g = np.zeros(len(w), dtype=np.intp) if group is None else np.asarray(group, dtype=np.intp)
    if g.shape != (len(w),):
        raise ValueError(f"group must have {len(w)} values, one per zone, found {g.shape}")
    if order.ndim == 1 or order.shape[1] == 1:
        return _ridits(np.ravel(order), w, g)
    # every series has an order of its own, and a sort each is what that costs
    return np.concatenate([_ridits(order[:, k], w[:, [k]], g) for k in range(w.shape[1])], axis=1)


def ridits_of_two(order_by: Floats, weight: Floats, other: Floats, group: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return the ridits of two populations of the same zones in the same order, each series sorted once.

    Parameters
    ----------
    order_by, weight, other
        Zones × series, all of one shape.
    group
        As for `ridits`.

    Examples
    --------
    >>> order, one, two = np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]])
    >>> [found.ravel().tolist() for found in ridits_of_two(order, one, two, np.array([0, 0]))]
    [[0.125, 0.625], [0.25, 0.75]]
    """
    both = [
        _ridits(order_by[:, k], np.column_stack([weight[:, k], other[:, k]]), group) for k in range(order_by.shape[1])
    ]
    return np.column_stack([one[:, 0] for one in both]), np.column_stack([one[:, 1] for one in both])


def _ridits(order_by: Floats, weight: Floats, group: NDArray[np.intp]) -> Floats:
    by = np.lexsort((order_by, group))
    value, home = order_by[by], group[by]
    known = np.isfinite(value) & (home >= 0)
    w = np.where(known[:, None] & (weight[by] > 0), weight[by], 0.0)
    if not len(by):
        return weight.copy()
    starts = np.flatnonzero(np.r_[True, (value[1:] != value[:-1]) | (home[1:] != home[:-1])])
    block = np.cumsum(np.r_[0, np.bincount(starts, minlength=len(by))[1:]])
    in_block = np.add.reduceat(w, starts, axis=0)
    middle = np.cumsum(in_block, axis=0) - in_block / 2
    first = np.flatnonzero(np.r_[True, home[starts][1:] != home[starts][:-1]])
    which = np.cumsum(np.r_[0, np.bincount(first, minlength=len(starts))[1:]])
    total = np.add.reduceat(in_block, first, axis=0)
    before = np.cumsum(total, axis=0) - total
    with np.errstate(invalid="ignore", divide="ignore"):
        ridit = (middle - before[which]) / total[which]
    result = np.empty_like(w)
    result[by] = np.where(w > 0, ridit[block], np.nan)
    return result


def fifths(rank_by: ArrayLike, population: ArrayLike, group: ArrayLike | None = None) -> NDArray[np.int8]:
    """Return the fifth of its group's population that each zone falls in: 1 lowest of `rank_by` to 5 highest, 0 none.

    Parameters
    ----------
    rank_by
        One value per zone, such as the share of residents who are income deprived: 5 is then the most deprived.
    population
        Residents per zone.
    group
        As for `ridits`.

    Notes
    -----
    Whole zones: a zone goes where the middle of its residents does. In a small group fifths are uneven, and one may be
    empty.

    Examples
    --------
    >>> fifths([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [100, 100, 100, 100, 100, 100]).tolist()
    [1, 2, 3, 3, 4, 5]
    """
    ridit = ridits(np.ravel(np.asarray(rank_by, dtype=np.float64)), population, group)[:, 0]
    # a hair less, so that a middle exactly on a boundary does not depend on rounding
    return np.where(np.isfinite(ridit), np.floor(np.nan_to_num(ridit) * 5 - 1e-9) + 1, 0).astype(np.int8)
