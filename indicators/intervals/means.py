"""Confidence intervals for the weighted mean of a place's zones.

References
----------
Cochran WG (1977) Sampling Techniques, 3rd ed., Wiley, ch. 2-3 (finite populations).
Kish L (1965) Survey Sampling, Wiley, p. 427 (effective number).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from indicators.arrays.arguments import Floats, aligned, check_not_negative
from indicators.intervals.counts import Interval, _named, two_sided_quantile

__all__ = ["WeightedMean", "weighted_mean"]


class WeightedMean(NamedTuple):
    """Weighted means of groups of zones: an interval, the zones used and their effective number."""

    interval: Interval
    zones: Floats
    effective_n: Floats


def weighted_mean(
    values: ArrayLike,
    weights: ArrayLike,
    group: ArrayLike,
    comparator: ArrayLike | None = None,
    *,
    group_count: int | None = None,
    confidence: float = 0.95,
) -> WeightedMean:
    """Return the weighted mean of the zones of each group, with limits from the spread between zones.

    Parameters
    ----------
    values, weights
        One per zone: the published mean, and how many people it concerns. A zone with NaN in either, or weight 0, is
        left out.
    group
        Index of each zone's group (locality), from 0; negative for zones in none, which still count as zones of
        their comparator.
    comparator
        Index of each zone's comparator area, from 0; all zones in one area by default. Every group lies in one area.
    group_count
        Number of groups; by default the largest index + 1.
    confidence
        Share in (0, 1).

    Returns
    -------
    WeightedMean
        Arrays with one entry per group. NaN and ``"none"`` for a group without any value.

    Notes
    -----
    The standard error treats the group's n zones as drawn from the N zones of its comparator without replacement: ``S
    √((1 − n/N) / n_eff)``, with S² the weighted variance between the comparator's zones (so that a group of one zone
    has limits too), and Kish's ``n_eff = (Σw)² / Σw²``. A group that is its whole comparator has no such error. It is
    an interval for a place like this one, not for the people in it, whose spread a published mean does not tell.

    Examples
    --------
    >>> mean = weighted_mean([10.0, 20.0, 30.0, 40.0], [1, 1, 1, 1], [0, 0, 1, 1])
    >>> mean.interval.to_frame().round(2)
       value  lower_ci  upper_ci                      ci_method
    0   15.0      2.35     27.65  between zones, finite population
    1   35.0     22.35     47.65  between zones, finite population
    """
    z = two_sided_quantile(confidence)
    x, w = aligned(values=values, weights=weights)
    check_not_negative("weights", w)
    g = np.asarray(group, dtype=np.intp)
    c = np.zeros(x.shape, dtype=np.intp) if comparator is None else np.asarray(comparator, dtype=np.intp)
    if g.shape != x.shape or c.shape != x.shape:
        raise ValueError("group and comparator must have one entry per zone")
    if (c < 0).any():
        raise ValueError("comparator must be an index from 0 for every zone")
    size = int(g.max(initial=-1)) + 1 if group_count is None else group_count
    known = ~np.isnan(x) & (w > 0)
    area_of = np.full(size, -1, dtype=np.intp)
    area_of[g[g >= 0]] = c[g >= 0]
    if (area_of[g[g >= 0]] != c[g >= 0]).any():
        raise ValueError("a group lies in more than one comparator area")
    x, w, g, c = x[known], w[known], g[known], c[known]

    areas = int(c.max(initial=0)) + 1
    area_n = np.bincount(c, minlength=areas).astype(float)
    area_w = np.bincount(c, w, areas)
    with np.errstate(invalid="ignore", divide="ignore"):
        area_mean = np.bincount(c, w * x, areas) / area_w
        spread = np.bincount(c, w * (x - area_mean[c]) ** 2, areas) / area_w
        variance = spread * area_n / np.maximum(area_n - 1, 1)
        inside = g >= 0
        gi, wi, xi = g[inside], w[inside], x[inside]
        n = np.bincount(gi, minlength=size).astype(float)
        total = np.bincount(gi, wi, size)
        mean = np.bincount(gi, wi * xi, size) / total
        effective = np.where(n > 0, total**2 / np.bincount(gi, wi * wi, size), 0.0)
        home = np.clip(area_of, 0, areas - 1)
        half = z * np.sqrt(variance[home] * np.maximum(1 - n / area_n[home], 0.0) / effective)
    return WeightedMean(_named(mean, mean - half, mean + half, "between zones, finite population"), n, effective)
