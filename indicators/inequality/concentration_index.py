"""Concentration index: how far an outcome is gathered among the more, or the less, deprived.

References
----------
Kakwani N, Wagstaff A, van Doorslaer E (1997) Journal of Econometrics 77:87-103 (index and its variance).
O'Donnell O, van Doorslaer E, Wagstaff A, Lindelow M (2008) Analyzing Health Equity Using Household Survey Data, World
Bank, ch. 8 (grouped data).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from indicators.arrays.arguments import check_confidence, check_not_negative
from indicators.inequality.ridits import group_totals, ridits, two_dimensional
from indicators.intervals.counts import Interval, _named


def concentration_index(
    values: ArrayLike,
    population: ArrayLike,
    deprivation: ArrayLike,
    group: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return the concentration index by group and series, between −1 and 1.

    Below 0 where the outcome is gathered among the more deprived (the convention of the World Bank, who rank from the
    poorest), 0 where it is spread like the population, above 0 where it is gathered among the less deprived.

    Parameters
    ----------
    values
        The indicator, not negative: a rate, proportion or mean, zones × series or one per zone.
    population
        People that the value concerns, of the same shape or one per zone.
    deprivation
        What orders the zones, higher more deprived, one per zone.
    group
        Index of each zone's group from 0, negative for none; one group by default.
    confidence
        Share in (0, 1).

    Returns
    -------
    Interval
        Arrays of groups × series. NaN for groups of fewer than three zones, or where all values are 0.

    Notes
    -----
    ``C = (2/μ) Σ f_t μ_t R_t − 1``, f the share of the population, μ the mean, R the ridit from the most deprived.
    Variance, of grouped data whose variance within groups is not known (Kakwani, Wagstaff and van Doorslaer 1997, eq.
    14, with the T zones as sample): ``(1/T) (Σ f_t a_t² − (1 + C)²)``, ``a_t = (μ_t/μ)(2 R_t − 1 − C) + 2 − q_{t−1} −
    q_t``, q the cumulative share of the outcome. Student's t on T − 1 degrees of freedom, cut at −1 and 1. The index of
    a proportion cannot reach −1 or 1 where the proportion is high: compare it between places with care.

    Examples
    --------
    Under-five deaths in India 1982-92 by fifth of wealth, poorest first: births, and deaths per 1,000 births (World
    Bank, Quantitative Techniques for Health Equity Analysis, technical note 7, table 1).

    >>> births, deaths = [29939, 28776, 26528, 24689, 19739], [154.7, 152.9, 119.5, 86.9, 54.3]
    >>> concentration_index(deaths, births, deprivation=[5, 4, 3, 2, 1]).estimate.round(4).tolist()
    [[-0.1694]]
    """
    from scipy.special import stdtrit

    check_confidence(confidence)
    v, w = two_dimensional(values=values, population=population)
    check_not_negative("values", v)
    check_not_negative("population", w)
    d = np.ravel(np.asarray(deprivation, dtype=np.float64))
    g = np.zeros(len(v), dtype=np.intp) if group is None else np.asarray(group, dtype=np.intp)
    total = group_totals(g, int(g.max(initial=0)) + 1)
    known = np.isfinite(v) & (w > 0) & np.isfinite(d)[:, None]
    w, v = np.where(known, w, 0.0), np.where(known, v, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        f = np.nan_to_num(w / (total @ w)[g])
        mean = total @ (f * v)
        relative = np.nan_to_num(v / mean[g])
        rank = np.nan_to_num(ridits(-d, w, g))
        # zones without events keep their place in the order of those that have some
        reached = np.nan_to_num(ridits(-d, np.where(known, np.maximum(f * relative, 1e-15), 0.0), g))
        count = total @ known.astype(float)
        index = np.where((count > 2) & (mean > 0), 2 * (total @ (f * relative * rank)) - 1, np.nan)
        a = relative * (2 * rank - 1 - index[g]) + 2 - 2 * reached
        variance = np.maximum(total @ np.where(known, f * a * a, 0.0) - (1 + index) ** 2, 0.0) / count
        half = stdtrit(np.where(count > 1, count - 1, np.nan), 0.5 + confidence / 2) * np.sqrt(variance)
    return _named(index, np.maximum(index - half, -1.0), np.minimum(index + half, 1.0), "Kakwani, over zones")
