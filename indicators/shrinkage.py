"""Empirical-Bayes shrinkage of many areas at once, and the posterior chance of being among the worst.

For maps and ranks only: a small area's raw value is pulled toward the mean of its family, the more so the fewer events
it has. Nothing here tests or flags. A *family* is a set of areas that may be held against each other: one indicator,
comparator area and period. Three models:

========  ===============================================  =================================================
kind      model                                            posterior
========  ===============================================  =================================================
rates     ``y ~ Poisson(exposure * t)``, ``t ~ gamma``     gamma (``posterior_a`` shape, ``posterior_b`` rate)
shares    ``y ~ binomial(n, t)``, ``t ~ beta``             beta (``posterior_a``, ``posterior_b``)
means     ``x ~ normal(t, se**2)``, ``t ~ normal``         normal (``posterior_a`` mean, ``posterior_b`` sd)
========  ===============================================  =================================================

**How the prior is estimated: by moments**, the same for all three. The variance between areas, ``A``, solves
``sum(w * (x - m)**2) = k - 1`` with ``w = 1 / Var(x)``, ``Var(x) = v + c * A``, and ``m`` the mean weighted by ``w``
(Paule and Mandel; DerSimonian and Kacker 2007). ``v`` is the sampling variance *at the prior mean*, not at the area's
own value, so that areas without events are not given too much weight. Where even ``A = 0`` leaves less spread than
sampling would, ``A`` is 0 and areas are pulled the whole way.

**The limits allow for the prior being estimated**: the posterior variance is increased as by Morris (1983), which
matters with a dozen areas and vanishes with hundreds; the posterior keeps its family, with matched mean and variance.

**Missing and suppressed values** (NaN) and areas without exposure take no part and stay NaN, with ``shrinkage_status``
``no_data``: nothing is invented for them. A family with fewer than `MINIMUM_AREAS` areas that have data says nothing
about its own spread: ``too_few_areas``, and NaN. Fit such areas in a wider family.

References
----------
Clayton D, Kaldor J (1987). Empirical Bayes estimates of age-standardized relative risks for use in disease mapping.
*Biometrics* 43, 671-681.
DerSimonian R, Kacker R (2007). Random-effects model for meta-analysis of clinical trials: an update. *Contemporary
Clinical Trials* 28, 105-114.
Lin R, Louis TA, Paddock SM, Ridgeway G (2006). Loss function based ranking in two-stage, hierarchical models.
*Bayesian Analysis* 1, 915-946.
Marshall RJ (1991). Mapping disease and mortality rates using empirical Bayes estimators. *Applied Statistics* 40,
283-294.
Morris CN (1983). Parametric empirical Bayes inference: theory and applications. *JASA* 78, 47-55.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

__all__ = [
    "COLUMNS",
    "MINIMUM_AREAS",
    "beta_binomial",
    "gamma_poisson",
    "gamma_poisson_local",
    "normal_normal",
    "posterior_worst_fraction",
    "shrink",
]

#: Fewest areas with data from which the spread between areas is estimated: Morris's correction needs ``k - 3 > 0``.
MINIMUM_AREAS = 4

#: Columns of every result.
COLUMNS = (
    "shrunken_value",
    "shrunken_lower",
    "shrunken_upper",
    "shrinkage",
    "posterior_family",
    "posterior_a",
    "posterior_b",
    "posterior_sd",
    "prior_mean",
    "prior_sd",
    "prior_areas",
    "shrinkage_status",
)

_FAMILIES = {
    "rate": "gamma",
    "standardised_ratio": "gamma",
    "proportion": "beta",
    "standardised_rate": "normal",
    "mean": "normal",
}
_MOST_STEPS = 200


def _numbers(name: str, values: Any, length: int | None = None) -> np.ndarray:
    """Return a one-dimensional float array, or say which argument is at fault."""
    array = np.asarray(values, dtype=float)
    if array.ndim == 0 and length is not None:
        array = np.full(length, float(array))
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, found {array.ndim} dimensions")
    if length is not None and len(array) != length:
        raise ValueError(f"{name} must have {length} values, one per area, found {len(array)}")
    if np.isinf(array).any():
        raise ValueError(f"{name} must be finite or missing, found infinity")
    return array


def _group_codes(group: Any, length: int) -> tuple[np.ndarray, int]:
    """Return families as whole numbers from 0, and how many there are; a missing label is a family of its own."""
    if group is None:
        return np.zeros(length, dtype=np.intp), 1
    if len(group) != length:
        raise ValueError(f"group must have {length} values, one per area, found {len(group)}")
    codes, labels = pd.factorize(
        np.asarray(group) if not isinstance(group, pd.Series) else group, use_na_sentinel=False
    )
    return codes, max(len(labels), 1)


def _sum(codes: np.ndarray, amount: np.ndarray, groups: int) -> np.ndarray:
    """Return the sum of each group, as floats even where there is nothing to add."""
    return np.bincount(codes, amount, minlength=groups).astype(float)


def _check_confidence(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie strictly between 0 and 1 (0.95, not 95), found {confidence}")
    return float(confidence)


def _check_dispersion(dispersion: Any, length: int) -> np.ndarray:
    array = _numbers("dispersion", dispersion, length)
    if (array <= 0).any():
        raise ValueError("dispersion must be above 0")
    return array


def _between(
    value: np.ndarray,
    unit_variance: Any,
    size: np.ndarray,
    share: np.ndarray,
    codes: np.ndarray,
    groups: int,
    mean: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the prior mean, the variance between areas and the total weight of each family, by Paule and Mandel.

    Newton's steps from 0, where the equation is decreasing and convex in the variance, so that they never overshoot.
    ``unit_variance(mean)`` is the sampling variance of one unit of ``size``; ``share`` is ``c`` of the module's text.
    """
    areas = np.bincount(codes, minlength=groups)
    between = np.zeros(groups)
    live = areas >= 2
    total = np.zeros(groups)
    for _ in range(_MOST_STEPS):
        variance = unit_variance(mean)[codes] / size + share * between[codes]
        weight = 1.0 / variance
        total = _sum(codes, weight, groups)
        newer = np.divide(_sum(codes, weight * value, groups), total, out=np.zeros(groups), where=total > 0)
        residual = value - newer[codes]
        q = _sum(codes, weight * residual**2, groups)
        slope = _sum(codes, share * (weight * residual) ** 2, groups)
        step = np.divide(q - (areas - 1), slope, out=np.zeros(groups), where=slope > 0)
        updated = np.where(live, np.maximum(between + step, 0.0), 0.0)
        scale = np.maximum(updated, between)
        settled = np.abs(updated - between) <= 1e-12 * scale
        settled &= np.abs(newer - mean) <= 1e-12 * np.maximum(np.abs(newer), np.sqrt(scale))
        mean, between = newer, updated
        if settled.all():
            break
    return mean, between, total


def _morris(
    value: np.ndarray,
    sampling: np.ndarray,
    between: np.ndarray,
    pull: np.ndarray,
    mean: np.ndarray,
    total: np.ndarray,
    areas: np.ndarray,
    codes: np.ndarray,
) -> np.ndarray:
    """Return the variance to add because the prior's mean and spread are estimated (Morris 1983, section 5)."""
    average = _sum(codes, sampling, len(areas)) / np.maximum(areas, 1)
    spread = sampling + between[codes]
    ratio = np.divide(average[codes] + between[codes], spread, out=np.ones_like(spread), where=spread > 0)
    of_mean = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)[codes]
    # 2 / (k - 3) of Morris's pull squared, which is (k - 3) / (k - 1) of ours.
    of_spread = 2.0 * (areas - 3) / np.maximum(areas - 1, 1) ** 2
    return pull**2 * (of_mean + of_spread[codes] * ratio * (value - mean[codes]) ** 2)


def _limits(family: str, a: np.ndarray, b: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    tail = (1.0 - confidence) / 2.0
    if family == "gamma":
        return special.gammaincinv(a, tail) / b, special.gammainccinv(a, tail) / b
    if family == "beta":
        return special.betaincinv(a, b, tail), special.betainccinv(a, b, tail)
    half = special.ndtri(1.0 - tail) * b
    return a - half, a + half


def _fit(
    family: str,
    value: np.ndarray,
    size: np.ndarray,
    usable: np.ndarray,
    group: Any,
    start: tuple[np.ndarray, np.ndarray] | None,
    confidence: float,
    index: pd.Index,
) -> pd.DataFrame:
    """Return the result of one model; ``size`` is effective exposure, trials, or 1 / sampling variance."""
    length = len(value)
    codes_all, groups = _group_codes(group, length)
    areas_all = np.bincount(codes_all[usable], minlength=groups)
    fitted = usable & (areas_all[codes_all] >= MINIMUM_AREAS)
    codes, x, n = codes_all[fitted], value[fitted], size[fitted]
    areas = np.bincount(codes, minlength=groups)

    if start is None:
        mean0 = _sum(codes, x, groups) / np.maximum(areas, 1)
        floor = ceiling = None
    else:
        total_events = _sum(codes, start[0][fitted], groups)
        total_size = _sum(codes, start[1][fitted], groups)
        # No event anywhere (or nobody without one) leaves no variance to work with: half an event, as by Jeffreys.
        with np.errstate(divide="ignore", invalid="ignore"):
            floor = np.where(total_size > 0, 0.5 / total_size, 1.0)
            ceiling = (
                1.0 - np.where(total_size > 0, 0.5 / (total_size + 1.0), 0.0) if family == "beta" else None
            )
            if family == "beta":
                floor = np.where(total_size > 0, 0.5 / (total_size + 1.0), 0.5)
            mean0 = np.where(total_size > 0, total_events / total_size, floor)

    def inside(mean: np.ndarray) -> np.ndarray:
        if floor is None:
            return mean
        return np.clip(mean, floor, ceiling) if ceiling is not None else np.maximum(mean, floor)

    def unit_variance(mean: np.ndarray) -> np.ndarray:
        kept = inside(mean)
        if family == "gamma":
            return kept
        return kept * (1.0 - kept) if family == "beta" else np.ones_like(kept)

    share = np.clip((n - 1.0) / n, 0.0, 1.0) if family == "beta" else np.ones_like(n)
    mean, between, total = _between(x, unit_variance, n, share, codes, groups, inside(mean0))
    mean = inside(mean)
    unit = unit_variance(mean)
    if family == "beta":
        between = np.minimum(between, 0.999 * unit)
    sampling = unit[codes] / n

    # The share of the way to the prior mean. For beta-binomial the prior weighs (unit - A) / A people, not unit / A.
    prior_part = (unit - between)[codes] if family == "beta" else unit[codes]
    whole = prior_part + n * between[codes]
    pull = np.divide(prior_part, whole, out=np.zeros_like(whole), where=whole > 0)
    pull = np.where(between[codes] <= 0, 1.0, pull)
    centre = pull * mean[codes] + (1.0 - pull) * x

    if family == "gamma":
        variance = centre * between[codes] / whole
    elif family == "beta":
        variance = centre * (1.0 - centre) * between[codes] / (whole + between[codes])
    else:
        variance = sampling * (1.0 - pull)
    variance = variance + _morris(x, sampling, between, pull, mean, total, areas, codes)

    if family == "gamma":
        a, b = centre**2 / variance, centre / variance
    elif family == "beta":
        strength = np.maximum(centre * (1.0 - centre) / variance - 1.0, 1.0)
        a, b = centre * strength, (1.0 - centre) * strength
        variance = centre * (1.0 - centre) / (strength + 1.0)
    else:
        a, b = centre, np.sqrt(variance)
    lower, upper = _limits(family, a, b, confidence)

    def spread(part: np.ndarray) -> np.ndarray:
        out = np.full(length, np.nan)
        out[fitted] = part
        return out

    known = areas_all[codes_all] >= MINIMUM_AREAS
    prior_mean = np.where(known, mean[codes_all], np.nan)
    prior_sd = np.where(known, np.sqrt(between)[codes_all], np.nan)
    status = np.select([fitted, usable], ["shrunken", "too_few_areas"], "no_data")
    return pd.DataFrame(
        {
            "shrunken_value": spread(centre),
            "shrunken_lower": spread(lower),
            "shrunken_upper": spread(upper),
            "shrinkage": spread(pull),
            "posterior_family": family,
            "posterior_a": spread(a),
            "posterior_b": spread(b),
            "posterior_sd": spread(np.sqrt(variance)),
            "prior_mean": prior_mean,
            "prior_sd": prior_sd,
            "prior_areas": areas_all[codes_all],
            "shrinkage_status": status,
        },
        index=index,
    )


def _index_of(*candidates: Any) -> pd.Index | None:
    for one in candidates:
        if isinstance(one, pd.Series):
            return one.index
    return None


def gamma_poisson(
    events: Any, exposure: Any, group: Any = None, *, confidence: float = 0.95, dispersion: Any = 1.0
) -> pd.DataFrame:
    """Return rates (or observed over expected) shrunken toward the mean of their family.

    Parameters
    ----------
    events
        Events of each area, at least 0; need not be whole; NaN where missing or suppressed.
    exposure
        Person-years, population or expected events; 0 or NaN means no rate.
    group
        Family of each area, any labels; None is one family.
    confidence
        Of the posterior interval, strictly between 0 and 1.
    dispersion
        Quasi-likelihood factor: an event counts as ``1 / dispersion`` of a Poisson event. One number or one per area.

    Returns
    -------
    pandas.DataFrame
        One row per area, `COLUMNS`. Values are events per unit of exposure. ``shrinkage`` is the share of the way
        from the raw rate (0) to the prior mean (1). ``shrinkage_status`` is ``shrunken``, ``no_data`` or
        ``too_few_areas``.

    Raises
    ------
    ValueError
        For negative events or exposure, events without exposure, or lengths that differ.

    Examples
    --------
    Equal exposures have a closed form: ``A = s**2 - m / exposure`` = 0.00055 - 0.0003 = 0.00025, and each rate moves
    0.0003 / 0.00055 = 55 % of the way to the mean, 0.03.

    >>> out = gamma_poisson([0, 1, 4, 5, 5], [100] * 5)
    >>> round(float(out["prior_sd"].iloc[0] ** 2), 6), out["shrinkage"].iloc[0].round(3).item()
    (0.00025, 0.545)
    >>> out["shrunken_value"].round(4).tolist()
    [0.0164, 0.0209, 0.0345, 0.0391, 0.0391]
    """
    index = _index_of(events, exposure, group)
    y = _numbers("events", events)
    e = _numbers("exposure", exposure, len(y))
    phi = _check_dispersion(dispersion, len(y))
    if (y < 0).any() or (e < 0).any():
        raise ValueError("events and exposure must not be negative")
    if ((e == 0) & (y > 0)).any():
        raise ValueError("events must be 0 where exposure is 0")
    usable = np.isfinite(y) & np.isfinite(e) & (e > 0) & np.isfinite(phi)
    rate = np.divide(y, e, out=np.full(len(y), np.nan), where=usable)
    return _fit(
        "gamma",
        rate,
        e / phi,
        usable,
        group,
        (y / phi, e / phi),
        _check_confidence(confidence),
        index if index is not None else pd.RangeIndex(len(y)),
    )


def beta_binomial(
    events: Any, trials: Any, group: Any = None, *, confidence: float = 0.95, dispersion: Any = 1.0
) -> pd.DataFrame:
    """Return proportions shrunken toward the mean of their family.

    Parameters
    ----------
    events
        People counted, between 0 and ``trials``; need not be whole; NaN where missing or suppressed.
    trials
        People at risk; 0 or NaN means no proportion.
    group, confidence, dispersion
        As in `gamma_poisson`.

    Returns
    -------
    pandas.DataFrame
        As `gamma_poisson`, values as shares of 1.

    Raises
    ------
    ValueError
        For negative counts, or more events than trials.

    Examples
    --------
    >>> out = beta_binomial([10, 20, 30, 40, 3], [100, 100, 100, 100, 10])
    >>> out["shrunken_value"].round(3).tolist()
    [0.122, 0.208, 0.294, 0.38, 0.272]
    """
    index = _index_of(events, trials, group)
    y = _numbers("events", events)
    n = _numbers("trials", trials, len(y))
    phi = _check_dispersion(dispersion, len(y))
    if (y < 0).any() or (n < 0).any():
        raise ValueError("events and trials must not be negative")
    if (y > n).any():
        raise ValueError("events must not exceed trials")
    usable = np.isfinite(y) & np.isfinite(n) & (n > 0) & np.isfinite(phi)
    share = np.divide(y, n, out=np.full(len(y), np.nan), where=usable)
    return _fit(
        "beta",
        share,
        n / phi,
        usable,
        group,
        (y / phi, n / phi),
        _check_confidence(confidence),
        index if index is not None else pd.RangeIndex(len(y)),
    )


def normal_normal(
    value: Any, standard_error: Any, group: Any = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return means shrunken toward the weighted mean of their family.

    Parameters
    ----------
    value
        Mean (or standardised rate) of each area; NaN where missing.
    standard_error
        Its standard error, at least 0; NaN makes the area ``no_data``.
    group, confidence
        As in `gamma_poisson`.

    Returns
    -------
    pandas.DataFrame
        As `gamma_poisson`, values in the unit of ``value``.

    Examples
    --------
    Eight schools (Rubin 1981): the spread is less than sampling alone would give, so all go to the pooled mean.

    >>> effects, errors = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]
    >>> out = normal_normal(effects, errors)
    >>> out["shrunken_value"].round(2).unique().tolist(), out["prior_sd"].unique().tolist()
    ([7.69], [0.0])
    """
    index = _index_of(value, standard_error, group)
    x = _numbers("value", value)
    se = _numbers("standard_error", standard_error, len(x))
    if (se < 0).any():
        raise ValueError("standard_error must not be negative")
    usable = np.isfinite(x) & np.isfinite(se)
    # Kept off zero so that a mean published without error still has a weight: a part in 10**18 of the variance.
    codes, groups = _group_codes(group, len(x))
    largest = np.zeros(groups)
    np.maximum.at(largest, codes[usable], np.abs(x[usable]))
    smallest = 1e-9 * np.where(largest > 0, largest, 1.0)[codes]
    size = 1.0 / np.where(usable, np.maximum(se, smallest), 1.0) ** 2
    return _fit(
        "normal",
        x,
        size,
        usable,
        group,
        None,
        _check_confidence(confidence),
        index if index is not None else pd.RangeIndex(len(x)),
    )


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
    index = _index_of(events, exposure, group)
    result = gamma_poisson(events, exposure, group, confidence=confidence, dispersion=dispersion)
    y, e = _numbers("events", events), _numbers("exposure", exposure, len(result))
    phi = _check_dispersion(dispersion, len(y))
    usable = np.isfinite(y) & np.isfinite(e) & (e > 0)
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
    size = _sum(area, effective[near], length)
    mean = np.divide(_sum(area, (effective * rate)[near], length), size, out=np.zeros(length), where=size > 0)
    square = _sum(area, effective[near] * (rate[near] - mean[area]) ** 2, length)
    local = usable & (members >= 2) & (mean > 0)
    n = np.where(local, effective, 1.0)
    total, m = np.where(local, size, 1.0), np.where(local, mean, 1.0)
    between = np.maximum(np.where(local, square, 0.0) / total - m * members / total, 0.0)
    pull = m / (m + n * between)
    centre = pull * m + (1.0 - pull) * rate
    # Where neighbours do not differ the prior is the pooled rate, known as well as its events allow.
    variance = np.where(between > 0, centre * between / (m + n * between), m / total)
    a, b = centre**2 / variance, centre / variance
    lower, upper = _limits("gamma", a, b, _check_confidence(confidence))
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
        result[name] = np.where(local, values, result[name])
    result["shrinkage_status"] = np.where(local, "shrunken", result["shrinkage_status"])
    result["prior_areas"] = result["prior_areas"].astype(np.int64)
    if index is not None:
        result.index = index
    return result


def shrink(
    table: pd.DataFrame,
    group_keys: Sequence[str],
    *,
    kind: str | None = None,
    confidence: float = 0.95,
    dispersion: Any = 1.0,
) -> pd.DataFrame:
    """Return shrunken values for a table that mixes indicators of every kind.

    Parameters
    ----------
    table
        One row per area and family, with ``numerator``, ``denominator`` and optionally ``multiplier`` (1 if absent)
        for rows of kind ``proportion``, ``rate`` and ``standardised_ratio``, and ``value`` and ``standard_error`` for
        ``mean`` and ``standardised_rate``.
    group_keys
        Columns that make a family, such as ``["indicator_id", "comparator_area_code", "period"]``.
    kind
        One kind for all rows; None reads it from the column ``kind``.
    confidence
        Of the posterior interval.
    dispersion
        As in `gamma_poisson`; one number or one per row.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS` for the same index. ``shrunken_*``, ``posterior_sd`` and ``prior_*`` are in the unit of ``value``
        (multiplied); ``posterior_a`` and ``posterior_b`` describe numerator over denominator, before multiplying.

    Raises
    ------
    ValueError
        For a kind that is not known, or missing columns.

    Examples
    --------
    >>> table = pd.DataFrame({"indicator_id": "crime", "kind": "rate", "numerator": [0, 1, 4, 5, 5],
    ...                       "denominator": 100, "multiplier": 1000})
    >>> shrink(table, ["indicator_id"])["shrunken_value"].round(2).tolist()
    [16.36, 20.91, 34.55, 39.09, 39.09]
    """
    wanted = list(group_keys) + (["kind"] if kind is None else [])
    absent = [name for name in wanted if name not in table.columns]
    if absent:
        raise ValueError(f"table lacks the columns {', '.join(absent)}")
    kinds = table["kind"].to_numpy(dtype=object) if kind is None else np.full(len(table), kind, dtype=object)
    unknown = sorted({str(one) for one in pd.unique(kinds) if one not in _FAMILIES})
    if unknown:
        raise ValueError(f"kind must be one of {', '.join(_FAMILIES)}; found {', '.join(unknown)}")
    family = pd.Series(kinds).map(_FAMILIES).to_numpy(dtype=object)
    group = table.groupby(list(group_keys), sort=False, observed=True, dropna=False).ngroup().to_numpy()
    phi = _check_dispersion(dispersion, len(table))
    multiplier = table["multiplier"].to_numpy(dtype=float) if "multiplier" in table else np.ones(len(table))
    parts = []
    for name in ("gamma", "beta", "normal"):
        rows = np.flatnonzero(family == name)
        if not len(rows):
            continue
        if name == "normal":
            part = normal_normal(
                table["value"].to_numpy(dtype=float)[rows],
                table["standard_error"].to_numpy(dtype=float)[rows] * np.sqrt(phi[rows]),
                group[rows],
                confidence=confidence,
            )
        else:
            model = gamma_poisson if name == "gamma" else beta_binomial
            part = model(
                table["numerator"].to_numpy(dtype=float)[rows],
                table["denominator"].to_numpy(dtype=float)[rows],
                group[rows],
                confidence=confidence,
                dispersion=phi[rows],
            )
            scaled = [
                "shrunken_value",
                "shrunken_lower",
                "shrunken_upper",
                "posterior_sd",
                "prior_mean",
                "prior_sd",
            ]
            part[scaled] = part[scaled].to_numpy() * multiplier[rows][:, None]
        part.index = pd.Index(rows)
        parts.append(part)
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS), index=table.index)
    result = pd.concat(parts).sort_index()
    result.index = table.index
    return result


def _lower_tail(family: str, a: np.ndarray, b: np.ndarray, at: np.ndarray) -> np.ndarray:
    if family == "gamma":
        return special.gammainc(a, b * at)
    if family == "beta":
        return special.betainc(a, b, np.clip(at, 0.0, 1.0))
    return special.ndtr((at - a) / b)


def _density(family: str, a: np.ndarray, b: np.ndarray, at: np.ndarray) -> np.ndarray:
    if family == "gamma":
        return np.exp(special.xlogy(a - 1.0, at) + a * np.log(b) - b * at - special.gammaln(a))
    if family == "beta":
        return np.exp(special.xlogy(a - 1.0, at) + special.xlog1py(b - 1.0, -at) - special.betaln(a, b))
    return np.exp(-0.5 * ((at - a) / b) ** 2) / (b * np.sqrt(2.0 * np.pi))


def _thresholds(
    family: str, a: np.ndarray, b: np.ndarray, codes: np.ndarray, groups: int, wanted: np.ndarray
) -> np.ndarray:
    """Return the value of each group that ``wanted`` areas are expected to exceed.

    Bisection on a scale where the posteriors are all but normal (cube root for gamma, Wilson and Hilferty; log odds
    for beta), then Newton's steps on the exact tails.
    """
    if family == "gamma":
        middle = np.cbrt(a / b) * (1.0 - 1.0 / (9.0 * a))
        sd = np.cbrt(a / b) / (3.0 * np.sqrt(a))
    elif family == "beta":
        middle = special.digamma(a) - special.digamma(b)
        sd = np.sqrt(1.0 / a + 1.0 / b)
    else:
        middle, sd = a, b
    low, high = np.full(groups, np.inf), np.full(groups, -np.inf)
    np.minimum.at(low, codes, middle - 9.0 * sd)
    np.maximum.at(high, codes, middle + 9.0 * sd)
    for _ in range(40):
        cut = 0.5 * (low + high)
        above = _sum(codes, special.ndtr((middle - cut[codes]) / sd), groups)
        too_low = above > wanted
        low, high = np.where(too_low, cut, low), np.where(too_low, high, cut)
    cut = 0.5 * (low + high)
    if family == "normal":
        return cut
    cut = np.maximum(cut, 1e-300) ** 3 if family == "gamma" else special.expit(cut)
    for _ in range(6):
        above = _sum(codes, 1.0 - _lower_tail(family, a, b, cut[codes]), groups)
        error = above - wanted
        if np.all(np.abs(error) <= 1e-6 * np.maximum(wanted, 1.0)):
            break
        slope = _sum(codes, _density(family, a, b, cut[codes]), groups)
        step = np.divide(error, slope, out=np.zeros(groups), where=slope > 0)
        cut = cut + np.clip(step, -0.5 * cut, cut if family == "gamma" else 0.5 * (1.0 - cut))
    return cut


def posterior_worst_fraction(
    posterior_a: Any,
    posterior_b: Any,
    group: Any = None,
    *,
    family: Any = "normal",
    fraction: float = 0.2,
    poorer_is: Any = "higher",
    method: str = "threshold",
    draws: int = 2000,
    seed: int | None = None,
) -> np.ndarray:
    """Return each area's posterior probability of being among the worst fraction of its group.

    **What counts as worst.** Of ``k`` areas with a posterior, ``max(1, fraction * k)`` are the worst: with fewer than
    five areas the worst fifth is *the single worst*, and where ``fraction * k`` is not whole (1.2 of 6) the next area
    counts in part. So the probabilities of a group always sum to that number. One area alone has no rank: NaN.

    Parameters
    ----------
    posterior_a, posterior_b
        Parameters of each area's posterior as in `COLUMNS`; for ``normal``, its mean and standard deviation. NaN
        (no posterior) stays NaN and does not count among the ``k``.
    group
        Group of each area: the localities of one CPP, candidate set, indicator and period.
    family
        ``gamma``, ``beta`` or ``normal``: one name, or one per area (the same throughout a group).
    fraction
        Strictly between 0 and 1: 0.2 is the worst fifth, 0.1 the worst tenth.
    poorer_is
        ``higher`` or ``lower``: one, or one per area (the same throughout a group).
    method
        ``threshold`` finds the value that as many areas as count are expected to exceed and returns each posterior's
        probability beyond it (Lin et al. 2006, section 4: the posterior of the ensemble). Deterministic and fast.
        ``monte_carlo`` ranks draws from the posteriors, which is the definition itself, and slow; the two agree to
        within a few points in groups of ten or more, less well with two or three areas.
    draws, seed
        Of Monte Carlo, which needs a seed.

    Returns
    -------
    numpy.ndarray
        Probabilities in [0, 1].

    Raises
    ------
    ValueError
        For a fraction outside (0, 1), an unknown family, direction or method, a group that mixes them, or Monte
        Carlo without a seed.

    Examples
    --------
    >>> posterior_worst_fraction([10, 11, 12, 13, 20], [1, 1, 1, 1, 1]).round(3).tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0]
    >>> posterior_worst_fraction([5, 5, 5, 5, 5], [1, 1, 1, 1, 1], poorer_is="lower").round(3).tolist()
    [0.2, 0.2, 0.2, 0.2, 0.2]
    """
    if not 0.0 < fraction < 1.0:
        raise ValueError(f"fraction must lie strictly between 0 and 1, found {fraction}")
    if method not in ("threshold", "monte_carlo"):
        raise ValueError(f"method must be 'threshold' or 'monte_carlo', found {method!r}")
    if method == "monte_carlo" and (seed is None or draws < 1):
        raise ValueError("monte_carlo needs a seed and at least one draw")
    a = _numbers("posterior_a", posterior_a)
    length = len(a)
    b = _numbers("posterior_b", posterior_b, length)
    codes, groups = _group_codes(group, length)
    families = _labels("family", family, length, ("gamma", "beta", "normal"), codes, groups)
    higher = _labels("poorer_is", poorer_is, length, ("higher", "lower"), codes, groups) == 0
    usable = np.isfinite(a) & np.isfinite(b)
    result = np.full(length, np.nan)
    for number, name in enumerate(("gamma", "beta", "normal")):
        rows = np.flatnonzero(usable & (families == number))
        if not len(rows):
            continue
        local, labels = pd.factorize(codes[rows])
        count = np.bincount(local)
        wanted = np.maximum(1.0, fraction * count)
        first, second = a[rows], b[rows]
        if name != "normal" and ((first <= 0) | (second <= 0)).any():
            raise ValueError(f"the parameters of a {name} posterior must be above 0")
        if name == "normal" and (second < 0).any():
            raise ValueError("the standard deviation of a normal posterior must not be negative")
        up = higher[rows]
        if method == "threshold":
            if name == "normal":
                # A posterior without spread would make a step: a billionth of its group's size makes ties equal.
                size = np.zeros(len(labels))
                np.maximum.at(size, local, np.abs(first))
                second = np.maximum(second, 1e-9 * np.where(size > 0, size, 1.0)[local])
            expected_above = np.where(np.bincount(local, up) > 0, wanted, count - wanted)
            cut = _thresholds(name, first, second, local, len(labels), expected_above)
            below = _lower_tail(name, first, second, cut[local])
            chance = np.where(up, 1.0 - below, below)
        else:
            chance = _ranked_draws(
                name, first, second, local, count, wanted, up, draws, np.random.default_rng(seed)
            )
        result[rows] = np.where(count[local] >= 2, np.clip(chance, 0.0, 1.0), np.nan)
    return result


def _labels(
    name: str, values: Any, length: int, allowed: tuple[str, ...], codes: np.ndarray, groups: int
) -> np.ndarray:
    """Return positions in ``allowed``, after checking that each group has one."""
    if isinstance(values, str):
        if values not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, found {values!r}")
        return np.full(length, allowed.index(values))
    if len(values) != length:
        raise ValueError(f"{name} must have {length} values, one per area, found {len(values)}")
    found = pd.Index(allowed).get_indexer(pd.Index(values))
    if (found < 0).any():
        raise ValueError(f"{name} must be one of {', '.join(allowed)}")
    one = np.zeros(groups, dtype=found.dtype)
    one[codes] = found
    if (one[codes] != found).any():
        raise ValueError(f"{name} must be the same throughout a group")
    return found


def _ranked_draws(
    family: str,
    a: np.ndarray,
    b: np.ndarray,
    codes: np.ndarray,
    count: np.ndarray,
    wanted: np.ndarray,
    up: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return how often each area is among the worst, over draws from the posteriors."""
    hits = np.zeros(len(a))
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    place = np.arange(len(a)) - np.repeat(start, count)
    credit = np.clip(np.repeat(wanted, count) - place, 0.0, 1.0)
    for _ in range(draws):
        if family == "gamma":
            drawn = rng.gamma(a) / b
        elif family == "beta":
            drawn = rng.beta(a, b)
        else:
            drawn = rng.normal(a, b)
        order = np.lexsort((np.where(up, -drawn, drawn), codes))
        hits[order] += credit
    return hits / draws
