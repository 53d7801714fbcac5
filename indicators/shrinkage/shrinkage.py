"""Empirical-Bayes shrinkage of many areas at once.

For maps and ranks only: a small area's raw value is pulled toward the mean of its family, the more so the fewer events
it has. Nothing here tests or flags. The chance of being among the worst is in
`indicators.shrinkage.worst_fraction`. A *family* is a set of areas that may be held against each other: one indicator,
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
Morris CN (1983). Parametric empirical Bayes inference: theory and applications. *JASA* 78, 47-55.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from indicators.arrays.arguments import (
    Floats,
    aligned,
    check_confidence,
    check_not_above,
    check_not_negative,
    check_positive,
)
from indicators.arrays.families import family_codes, family_sum, index_of

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

_MOST_STEPS = 200


def _between(
    value: Floats,
    unit_variance: Any,
    size: Floats,
    share: Floats,
    codes: np.ndarray,
    groups: int,
    mean: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Return the prior mean, the variance between areas and the total weight of each family, by Paule and Mandel.

    Newton's steps from 0, where the equation is decreasing and convex in the variance, so that they never overshoot.
    ``unit_variance(mean)`` is the sampling variance of one unit of ``size``; ``share`` is ``c`` of the module's text.
    """
    areas = np.bincount(codes, minlength=groups)
    between = np.zeros(groups)
    live = areas >= 2
    total = np.zeros(groups)
    is_there = np.zeros(groups, dtype=bool)
    for _ in range(_MOST_STEPS):
        variance = unit_variance(mean)[codes] / size + share * between[codes]
        weight = 1.0 / variance
        total = np.where(is_there, total, family_sum(codes, weight, groups))
        newer = np.divide(family_sum(codes, weight * value, groups), total, out=np.zeros(groups), where=total > 0)
        residual = value - newer[codes]
        q = family_sum(codes, weight * residual**2, groups)
        slope = family_sum(codes, share * (weight * residual) ** 2, groups)
        step = np.divide(q - (areas - 1), slope, out=np.zeros(groups), where=slope > 0)
        updated = np.where(live, np.maximum(between + step, 0.0), 0.0)
        scale = np.maximum(updated, between)
        settled = np.abs(updated - between) <= 1e-12 * scale
        settled &= np.abs(newer - mean) <= 1e-12 * np.maximum(np.abs(newer), np.sqrt(scale))
        # a group that has arrived stays: its answer must not depend on how long others take
        mean, between = np.where(is_there, mean, newer), np.where(is_there, between, updated)
        is_there |= settled
        if is_there.all():
            break
    return mean, between, total


def _morris(
    value: Floats,
    sampling: Floats,
    between: Floats,
    pull: Floats,
    mean: Floats,
    total: Floats,
    areas: np.ndarray,
    codes: np.ndarray,
) -> Floats:
    """Return the variance to add because the prior's mean and spread are estimated (Morris 1983, section 5)."""
    average = family_sum(codes, sampling, len(areas)) / np.maximum(areas, 1)
    spread = sampling + between[codes]
    ratio = np.divide(average[codes] + between[codes], spread, out=np.ones_like(spread), where=spread > 0)
    of_mean = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)[codes]
    # 2 / (k - 3) of Morris's pull squared, which is (k - 3) / (k - 1) of ours.
    of_spread = 2.0 * (areas - 3) / np.maximum(areas - 1, 1) ** 2
    return pull**2 * (of_mean + of_spread[codes] * ratio * (value - mean[codes]) ** 2)


def _fit(
    family: str,
    value: Floats,
    size: Floats,
    usable: np.ndarray,
    group: Any,
    start: tuple[Floats, Floats] | None,
    confidence: float,
    index: pd.Index,
) -> pd.DataFrame:
    """Return the result of one model; ``size`` is effective exposure, trials, or 1 / sampling variance."""
    length = len(value)
    codes_all, labels = family_codes(group, length)
    groups = len(labels)
    areas_all = np.bincount(codes_all[usable], minlength=groups)
    fitted = usable & (areas_all[codes_all] >= MINIMUM_AREAS)
    codes, x, n = codes_all[fitted], value[fitted], size[fitted]
    areas = np.bincount(codes, minlength=groups)

    if start is None:
        mean0 = family_sum(codes, x, groups) / np.maximum(areas, 1)
        floor = ceiling = None
    else:
        total_events = family_sum(codes, start[0][fitted], groups)
        total_size = family_sum(codes, start[1][fitted], groups)
        # No event anywhere (or nobody without one) leaves no variance to work with: half an event, as by Jeffreys.
        with np.errstate(divide="ignore", invalid="ignore"):
            floor = np.where(total_size > 0, 0.5 / total_size, 1.0)
            ceiling = 1.0 - np.where(total_size > 0, 0.5 / (total_size + 1.0), 0.0) if family == "beta" else None
            if family == "beta":
                floor = np.where(total_size > 0, 0.5 / (total_size + 1.0), 0.5)
            mean0 = np.where(total_size > 0, total_events / total_size, floor)

    def inside(mean: Floats) -> Floats:
        if floor is None:
            return mean
        return np.clip(mean, floor, ceiling) if ceiling is not None else np.maximum(mean, floor)

    def unit_variance(mean: Floats) -> Floats:
        kept = inside(mean)
        if family == "gamma":
            return kept
        return kept * (1.0 - kept) if family == "beta" else np.ones_like(kept)

    share = np.clip((n - 1.0) / n, 0.0, 1.0) if family == "beta" else np.ones_like(n)
    mean, between, total = _between(x, unit_variance, n, share, codes, groups, inside(mean0))
    mean = inside(mean)
    unit = unit_variance(mean)
    # A prior is worth at least half an event, or one person: below that it has no middle, and areas no upper limit.
    if family == "gamma":
        between = np.minimum(between, 2.0 * mean**2)
    elif family == "beta":
        between = np.minimum(between, 0.5 * unit)
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
    lower, upper = posterior_limits(family, a, b, confidence)

    def spread(part: Floats) -> Floats:
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


def posterior_limits(family: str, a: Floats, b: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the equal-tailed limits of posteriors of one family.

    Examples
    --------
    >>> lower, upper = posterior_limits("normal", np.array([0.0]), np.array([1.0]), 0.95)
    >>> round(float(upper[0]), 2)
    1.96
    """
    tail = (1.0 - confidence) / 2.0
    if family == "gamma":
        return special.gammaincinv(a, tail) / b, special.gammainccinv(a, tail) / b
    if family == "beta":
        return np.asarray(special.betaincinv(a, b, tail)), np.asarray(special.betainccinv(a, b, tail))
    half = special.ndtri(1.0 - tail) * b
    return a - half, a + half


def _counts(
    events: Any, total: Any, dispersion: Any, names: tuple[str, str]
) -> tuple[Floats, Floats, Floats, np.ndarray]:
    """Return checked events, totals and dispersion, and which rows have a value."""
    y, n, phi = aligned(**{names[0]: events, names[1]: total, "dispersion": dispersion})
    check_not_negative(names[0], y)
    check_not_negative(names[1], n)
    check_positive("dispersion", phi)
    if ((n == 0) & (y > 0)).any():
        raise ValueError(f"{names[0]} must be 0 where {names[1]} is 0")
    return y, n, phi, ~np.isnan(y) & (n > 0) & ~np.isnan(phi)


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
    y, e, phi, usable = _counts(events, exposure, dispersion, ("events", "exposure"))
    rate = np.divide(y, e, out=np.full(len(y), np.nan), where=usable)
    index = index_of(len(y), events, exposure, group)
    start = (y / phi, e / phi)
    return _fit("gamma", rate, e / phi, usable, group, start, check_confidence(confidence), index)


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
    y, n, phi, usable = _counts(events, trials, dispersion, ("events", "trials"))
    check_not_above("events", y, "trials", n)
    share = np.divide(y, n, out=np.full(len(y), np.nan), where=usable)
    index = index_of(len(y), events, trials, group)
    start = (y / phi, n / phi)
    return _fit("beta", share, n / phi, usable, group, start, check_confidence(confidence), index)


def normal_normal(value: Any, standard_error: Any, group: Any = None, *, confidence: float = 0.95) -> pd.DataFrame:
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
    x, se = aligned(value=value, standard_error=standard_error)
    check_not_negative("standard_error", se)
    usable = ~np.isnan(x) & ~np.isnan(se)
    # Kept off zero so that a mean published without error still has a weight: a part in 10**18 of the variance.
    codes, labels = family_codes(group, len(x))
    largest = np.zeros(len(labels))
    np.maximum.at(largest, codes[usable], np.abs(x[usable]))
    smallest = 1e-9 * np.where(largest > 0, largest, 1.0)[codes]
    size = 1.0 / np.where(usable, np.maximum(se, smallest), 1.0) ** 2
    index = index_of(len(x), value, standard_error, group)
    return _fit("normal", x, size, usable, group, None, check_confidence(confidence), index)
