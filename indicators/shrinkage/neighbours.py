"""Empirical-Bayes rates smoothed toward their neighbours, for maps only.

References
----------
Marshall RJ (1991). Mapping disease and mortality rates using empirical Bayes estimators. *Applied Statistics* 40,
283-294.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from indicators.arrays.arguments import aligned
from indicators.arrays.families import family_sum
from indicators.shrinkage.shrinkage import gamma_poisson, posterior_limits

__all__ = ["gamma_poisson_local"]


def gamma_poisson_local(
    events: Any,
    exposure: Any,
    edges: tuple[Any, Any],
    group: Any = None,
    *,
    confidence: float = 0.95,
    dispersion: Any = 1.0,
) -> pd.DataFrame:
    """Return rates shrunken toward their neighbours, for maps only (Marshall 1991).

    Each area's prior is that of its neighbourhood, itself included: the pooled rate ``m`` and the variance
    ``A = max(0, sum(e * (x - m)**2) / sum(e) - m / mean(e))``. A smoothed map hides sharp edges between places:
    never rank, test or flag with it.

    Parameters
    ----------
    events, exposure, confidence, dispersion
        As in `gamma_poisson`. Shares of residents fit as well while they are well below one half.
    edges
        Two arrays of positions (0 is the first area): area, neighbour. Each pair may appear once or in both
        directions.
    group
        Families for areas on their own, such as an island without links: those take the prior of their family.

    Returns
    -------
    pandas.DataFrame
        As `gamma_poisson`; ``prior_areas`` counts the neighbourhood. Limits are the posterior's, without Morris's
        allowance: a neighbourhood is too small to say how well its own spread is known.

    Examples
    --------
    >>> out = gamma_poisson_local([2, 10, 12], [100, 100, 100], ([0, 1], [1, 2]), group=[0, 0, 0])
    >>> out["shrunken_value"].round(4).tolist()
    [0.035, 0.0914, 0.11]
    """
    result = gamma_poisson(events, exposure, group, confidence=confidence, dispersion=dispersion)
    y, e, phi = aligned(events=events, exposure=exposure, dispersion=dispersion)
    usable = ~np.isnan(y) & (e > 0) & ~np.isnan(phi)
    length = len(y)
    first, second = (np.asarray(end, dtype=np.int64) for end in edges)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError("edges must be two one-dimensional arrays of the same length")
    if len(first) and (min(first.min(), second.min()) < 0 or max(first.max(), second.max()) >= length):
        raise ValueError(f"edges must hold positions from 0 to {length - 1}")
    kept = (first != second) & usable[first] & usable[second]
    first, second = first[kept], second[kept]
    pairs = np.unique(np.concatenate([first * length + second, second * length + first]))
    area, near = np.divmod(pairs, length)
    own = np.flatnonzero(usable)
    area, near = np.concatenate([area, own]), np.concatenate([near, own])

    effective = np.where(usable, e / phi, 0.0)
    rate = np.divide(y, e, out=np.zeros(length), where=usable)
    members = np.bincount(area, minlength=length)
    size = family_sum(area, effective[near], length)
    mean = np.divide(family_sum(area, (effective * rate)[near], length), size, out=np.zeros(length), where=size > 0)
    square = family_sum(area, effective[near] * (rate[near] - mean[area]) ** 2, length)
    local = usable & (members >= 2) & (mean > 0)
    n = np.where(local, effective, 1.0)
    total, m = np.where(local, size, 1.0), np.where(local, mean, 1.0)
    between = np.maximum(np.where(local, square, 0.0) / total - m * members / total, 0.0)
    pull = m / (m + n * between)
    centre = pull * m + (1.0 - pull) * rate
    # Where neighbours do not differ the prior is the pooled rate, known as well as its events allow.
    variance = np.where(between > 0, centre * between / (m + n * between), m / total)
    a, b = centre**2 / variance, centre / variance
    lower, upper = posterior_limits("gamma", a, b, confidence)
    columns = {
        "shrunken_value": centre,
        "shrunken_lower": lower,
        "shrunken_upper": upper,
        "shrinkage": pull,
        "posterior_a": a,
        "posterior_b": b,
        "posterior_sd": np.sqrt(variance),
        "prior_mean": m,
        "prior_sd": np.sqrt(between),
        "prior_areas": members,
    }
    for name, values in columns.items():
        result[name] = np.where(local, values, result[name].to_numpy())
    result["shrinkage_status"] = np.where(local, "shrunken", result["shrinkage_status"].to_numpy())
    result["prior_areas"] = result["prior_areas"].astype(np.int64)
    return result
