"""Many tests at once: q values that hold the expected share of false findings.

References
----------
Benjamini Y, Hochberg Y (1995) Journal of the Royal Statistical Society B 57:289-300.
Benjamini Y, Yekutieli D (2001) Annals of Statistics 29:1165-1188 (validity under positive dependence).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from indicators.arrays.arguments import Floats, aligned


def _family_codes(families: ArrayLike | pd.DataFrame | None, size: int) -> NDArray[Any]:
    if families is None:
        return np.zeros(size, dtype=np.intp)
    if isinstance(families, pd.DataFrame):
        codes = families.groupby(list(families.columns), dropna=False).ngroup().to_numpy()
    else:
        codes = pd.factorize(np.asarray(families))[0]  # none is a family too: -1
    if codes.shape != (size,):
        raise ValueError(f"families has {len(codes):,} rows, and there are {size:,} p values")
    return codes


def benjamini_hochberg(p_values: ArrayLike, families: ArrayLike | pd.DataFrame | None = None) -> Floats:
    """Return q values: rejecting where q <= α holds the false discovery rate of each family at α.

    Parameters
    ----------
    p_values
        One-dimensional, in [0, 1]. NaN means not tested: it stays NaN and does not count in its family.
    families
        Who is corrected together: one key per p value, or a frame whose columns together are the key (here candidate
        set, comparator and period). By default all are one family.

    Raises
    ------
    ValueError
        If a p value is outside [0, 1], or the lengths differ.

    Notes
    -----
    ``q(i) = min over j >= i of p(j) m / j`` for ordered p values of a family of m, Benjamini and Hochberg (1995).
    Valid for independent and for positively dependent tests (Benjamini and Yekutieli 2001); neighbouring places and
    related indicators usually are positively dependent. Ties share one q.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).tolist()
    [0.02, 0.04, 0.04, 0.02]
    >>> benjamini_hochberg([0.01, 0.04, 0.04], families=["Fife", "Fife", "Moray"]).tolist()
    [0.02, 0.04, 0.04]
    """
    (p,) = aligned(p_values=p_values)
    if p.ndim != 1:
        raise ValueError(f"p_values must be one-dimensional; found shape {p.shape}")
    bad = (p < 0) | (p > 1)
    if bad.any():
        raise ValueError(f"p_values must lie between 0 and 1; found {p[bad][0]:g} in row {np.flatnonzero(bad)[0]}")
    codes = _family_codes(families, len(p))
    result = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    if len(tested) == 0:
        return result
    # Sorted by family, then from the largest p down, so that the running minimum is taken forward. Equal p share a q in
    # whatever order they come, and short codes are sorted by counting.
    order = tested[np.argsort(-p[tested])]
    few = codes.min() >= 0 and codes.max() <= np.iinfo(np.uint16).max
    order = order[np.argsort(codes[order].astype(np.uint16) if few else codes[order], kind="stable")]
    family = codes[order]
    starts = np.flatnonzero(np.r_[True, family[1:] != family[:-1]])
    sizes = np.diff(np.r_[starts, len(order)])
    rank = np.repeat(sizes, sizes) - (np.arange(len(order)) - np.repeat(starts, sizes))
    raw = p[order] * np.repeat(sizes, sizes) / rank
    result[order] = pd.Series(raw).groupby(family).cummin().to_numpy()
    return result


def against_reference(
    p_values: ArrayLike,
    families: NDArray[np.intp],
    reference: ArrayLike,
    reference_families: NDArray[np.intp],
) -> Floats:
    """Return q values of tests that are held against the thresholds of a reference family without being part of it.

    Parameters
    ----------
    p_values, families
        The tests, and the reference family of each.
    reference, reference_families
        The p values of the reference families; NaN means not tested.

    Notes
    -----
    With m reference tests, ``q(p) = min over t of m t / max(1, k(t))``, where t is p itself or a reference p at or
    above it and k(t) the number of reference p values at or below t. So q is below α exactly where p is below the
    threshold that Benjamini and Hochberg's procedure sets in the reference family, and a test alone pays the price of
    one among m. NaN where the reference family has no tests.

    Examples
    --------
    >>> one, ten = np.zeros(1, dtype=int), np.zeros(10, dtype=int)
    >>> against_reference([0.004], one, [0.001, 0.002, 0.003, *[0.5] * 7], ten).round(4).tolist()
    [0.0133]
    >>> against_reference([0.004], one, [0.5] * 10, ten).tolist()
    [0.04]
    """
    p, known = np.asarray(p_values, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    tested = ~np.isnan(known)
    known, codes = known[tested], reference_families[tested]
    q_known = benjamini_hochberg(known, codes)
    result = np.full(p.shape, np.nan)
    asked = np.flatnonzero(~np.isnan(p))
    # reference first at equal p, so that each test follows those at or below it
    order = np.lexsort(
        (np.r_[np.zeros(len(known)), np.ones(len(asked))], np.r_[known, p[asked]], np.r_[codes, families[asked]])
    )
    is_known = order < len(known)
    family = np.r_[codes, families[asked]][order]
    first = np.r_[True, family[1:] != family[:-1]]
    rank = np.cumsum(is_known)
    before: NDArray[np.intp] = np.maximum.accumulate(np.where(first, rank - is_known, 0))
    sizes = np.bincount(codes, minlength=int(family.max(initial=-1)) + 1)
    # the q of the next reference test above, within the family: backwards, the last seen
    above = pd.Series(np.where(is_known, np.r_[q_known, np.zeros(len(asked))][order], np.nan)[::-1])
    above = above.groupby(family[::-1]).ffill().to_numpy()[::-1]
    at = np.flatnonzero(~is_known)
    m, k = sizes[family[at]], (rank - before)[at]
    own = np.where(m > 0, np.r_[known, p[asked]][order][at] * m / np.maximum(k, 1), np.nan)
    # never above 1: a test above all of the reference pays its own p, and of the others the next above is one
    result[asked[order[at] - len(known)]] = np.fmin(own, above[at])
    return result


def rejected(
    p_values: ArrayLike, families: NDArray[np.intp], alpha: float, sizes: NDArray[Any] | None = None
) -> NDArray[np.bool_]:
    """Return which tests have a q value below alpha, without the q values of the others: several times faster.

    Parameters
    ----------
    p_values
        One-dimensional, in [0, 1]; NaN means not tested.
    families
        Who is corrected together, as integers from 0.
    alpha
        False discovery rate, in (0, 1).
    sizes
        Tests in each family, where the caller knows them; by default the p values that are not NaN.

    Notes
    -----
    A p value of alpha or more cannot have a q below alpha, because its rank is at most the size of its family. So only
    the smaller ones are sorted.

    Examples
    --------
    >>> p, family = [0.01, 0.04, 0.03, 0.005, float("nan")], np.zeros(5, dtype=int)
    >>> rejected(p, family, 0.03).tolist(), (benjamini_hochberg(p) < 0.03).tolist()
    ([True, False, False, True, False], [True, False, False, True, False])
    """
    p = np.asarray(p_values, dtype=np.float64)
    if sizes is None:
        sizes = np.bincount(families, weights=~np.isnan(p))
    result = np.zeros(p.shape, dtype=bool)
    small = np.flatnonzero(p < alpha)
    if not len(small):
        return result
    codes = families[small]
    order = np.lexsort((p[small], codes))
    ordered, code = p[small][order], codes[order]
    first = np.r_[True, code[1:] != code[:-1]]
    rank = np.arange(len(order)) - np.maximum.accumulate(np.where(first, np.arange(len(order)), 0)) + 1
    passes = ordered * sizes[code] < alpha * rank
    # everything up to the last that passes, family by family
    last = np.zeros(len(sizes), dtype=np.intp)
    np.maximum.at(last, code[passes], rank[passes])
    result[small[order]] = rank <= last[code]
    return result
