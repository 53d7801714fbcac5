"""Funnel limits and over-dispersion: how far values stray by chance, for charts only.

A funnel shows each area's value against its size, with the limits inside which 95 % and 99.8 % of areas would lie if
nothing but chance separated them. **It is a chart, not a test of need.** Plain limits call two areas in five outliers,
because areas really do differ; limits widened for over-dispersion call almost none, because the spread that they allow
for *is* the inequality that community planning looks for. Which places are poorer is decided by the smallest important
difference, in `indicators.comparison.compare`, and never here.

References
----------
DerSimonian R, Laird N (1986) Controlled Clinical Trials 7:177-188 (between-area variance by moments).
Spiegelhalter DJ (2005) Statistics in Medicine 24:1185-1202 (funnel plots; interpolated exact limits, appendix A.1).
Spiegelhalter DJ (2005) Quality and Safety in Health Care 14:347-351 (over-dispersion, winsorised z).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from indicators.arrays.arguments import (
    Floats,
    aligned,
    check_not_above,
    check_not_negative,
    check_positive,
)
from indicators.arrays.families import family_codes, family_sum, index_of
from indicators.intervals.counts import two_sided_quantile

__all__ = ["KINDS", "additive_variance", "dispersion", "funnel", "funnel_limits", "naive_z", "winsorised"]

KINDS = ("proportion", "rate", "standardised_ratio")
"""Kinds that have a sampling model: binomial for the first, Poisson for the others."""


def _check_kind(kind: str) -> bool:
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}: other kinds have no sampling model")
    return kind == "proportion"


def naive_z(kind: str, numerator: ArrayLike, denominator: ArrayLike, target: ArrayLike) -> Floats:
    """Return z: how many standard errors each area lies from the target, if chance were all.

    Parameters
    ----------
    kind
        ``proportion``, ``rate`` or ``standardised_ratio``.
    numerator, denominator
        Events and people, person-years or expected events.
    target
        Proportion, rate or ratio that areas are held against, per one unit of the denominator.

    Notes
    -----
    ``(y − θ) / √(θ(1−θ)/n)`` for a proportion, ``(y − θ) / √(θ/E)`` for a rate or ratio: the standard error is that of
    the target, as the funnel has it. NaN where the denominator is 0 or the target leaves no room for chance.

    Examples
    --------
    >>> naive_z("proportion", [30], [100], [0.2]).round(2).tolist()
    [2.5]
    """
    is_binomial = _check_kind(kind)
    x, n, theta = aligned(numerator=numerator, denominator=denominator, target=target)
    check_not_negative("numerator", x)
    check_not_negative("denominator", n)
    if is_binomial:
        check_not_above("numerator", x, "denominator", n)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = theta * (1 - theta) if is_binomial else theta
        z = (x / n - theta) / np.sqrt(spread / n)
    return np.where(np.isfinite(z), z, np.nan)


def winsorised(z: ArrayLike, share: float = 0.1, group: Any = None) -> Floats:
    """Return z with the lowest and highest `share` of each group drawn in to its quantiles; NaN stays.

    Outlying areas would otherwise inflate the dispersion that is meant to describe the ordinary ones.

    Examples
    --------
    >>> winsorised([-9.0, -1.0, 0.0, 1.0, 9.0], share=0.25).tolist()
    [-1.0, -1.0, 0.0, 1.0, 1.0]
    """
    if not 0 <= share < 0.5:
        raise ValueError(f"share is {share}; give the share drawn in at each end, from 0 to below 0.5")
    (values,) = aligned(z=z)
    codes, _ = family_codes(group, len(values))
    grouped = pd.Series(values).groupby(codes)
    low = grouped.quantile(share).reindex(range(codes.max(initial=-1) + 1)).to_numpy()[codes]
    high = grouped.quantile(1 - share).reindex(range(codes.max(initial=-1) + 1)).to_numpy()[codes]
    return np.asarray(np.clip(values, low, high))


def dispersion(z: ArrayLike, winsorise: float = 0.1, group: Any = None) -> Floats:
    """Return phi for each row's group: the mean of squared z, winsorised; 1 where only chance separates areas.

    Parameters
    ----------
    z
        From `naive_z`; NaN is left out.
    winsorise
        Share drawn in at each end; 0 for none.
    group
        Label of each row's family; one family by default.

    Notes
    -----
    ``φ = Σ z² / I`` over the I areas (Spiegelhalter 2005, Quality and Safety in Health Care 14:347-351). With 10 %
    winsorised at each end and nothing but chance, φ is about 0.79, so that limits are only ever widened where φ is
    above 1.

    Examples
    --------
    >>> dispersion([3.0, -3.0, 1.0, -1.0], winsorise=0.0).tolist()
    [5.0, 5.0, 5.0, 5.0]
    """
    values = winsorised(z, winsorise, group)
    codes, names = family_codes(group, len(values))
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        phi = family_sum(codes, np.where(known, values**2, 0.0), len(names)) / family_sum(codes, known, len(names))
    return np.asarray(phi[codes])


def additive_variance(z: ArrayLike, standard_error: ArrayLike, winsorise: float = 0.1, group: Any = None) -> Floats:
    """Return tau², the variance between areas beyond chance, for each row's group.

    Parameters
    ----------
    z, standard_error
        Deviation of each area from the target in standard errors, and that standard error, on the scale wanted.
    winsorise, group
        As for `dispersion`.

    Notes
    -----
    ``τ² = (I φ − (I − 1)) / (Σw − Σw²/Σw)`` with ``w = 1/s²``, and 0 where that is negative (Spiegelhalter 2005, after
    DerSimonian and Laird 1986).

    Examples
    --------
    Two areas two standard errors either side, each with s = 1: I φ = 8, Σw − Σw²/Σw = 2 − 1, so τ² = (8 − 1) / 1.

    >>> additive_variance([2.0, -2.0], [1.0, 1.0], winsorise=0.0).tolist()
    [7.0, 7.0]
    """
    values, error = aligned(z=winsorised(z, winsorise, group), standard_error=standard_error)
    check_positive("standard_error", error)
    codes, names = family_codes(group, len(values))
    known = np.isfinite(values) & np.isfinite(error)
    weight = np.where(known, 1 / np.where(known, error, 1.0) ** 2, 0.0)
    count = family_sum(codes, known, len(names))
    square = family_sum(codes, np.where(known, values**2, 0.0), len(names))
    total, total2 = family_sum(codes, weight, len(names)), family_sum(codes, weight**2, len(names))
    with np.errstate(invalid="ignore", divide="ignore"):
        tau2 = (square - (count - 1)) / (total - total2 / total)
    return np.asarray(np.where(np.isfinite(tau2), np.maximum(tau2, 0.0), 0.0)[codes])


def _exact_count(is_binomial: bool, n: Floats, theta: Floats, p: float) -> Floats:
    """Return the count at which the distribution function, joined by straight lines, equals p."""
    from scipy.special import bdtrik, betainc, gammaincc, pdtrik

    with np.errstate(invalid="ignore"):
        # the continuous inverse is at most one below the discrete quantile; a hair lower, so that ties are not skipped
        continuous = bdtrik(p, n, theta) if is_binomial else pdtrik(p, n * theta)
        r = np.maximum(np.ceil(continuous - 1e-9), 0.0)

        def below(k: Floats) -> Floats:
            inside = np.maximum(k, 0.0)
            if is_binomial:
                full = inside >= n
                value = betainc(np.where(full, 1.0, n - inside), inside + 1, 1 - theta)
                return np.where(k < 0, 0.0, np.where(full, 1.0, value))
            return np.where(k < 0, 0.0, gammaincc(inside + 1, n * theta))

        at, before = below(r), below(r - 1)
        return np.asarray(r - (at - p) / (at - before))


def funnel_limits(
    kind: str,
    denominator: ArrayLike,
    target: ArrayLike,
    confidence: float = 0.95,
    *,
    dispersion: ArrayLike = 1.0,
    between_variance: ArrayLike = 0.0,
    multiplier: float = 1.0,
    method: str = "exact",
) -> tuple[Floats, Floats]:
    """Return the lower and upper funnel limit at each size, for charts only.

    Parameters
    ----------
    kind
        ``proportion``, ``rate`` or ``standardised_ratio``.
    denominator
        Sizes at which to draw: people, person-years or expected events.
    target
        Proportion, rate or ratio, per one unit of the denominator.
    confidence
        Share of areas inside if only chance separated them; 0.95 and 0.998 are usual.
    dispersion
        φ of `dispersion`: limits are ``θ ± z √φ s``. Values below 1 are taken as 1.
    between_variance
        τ² of `additive_variance` on the variance-stabilised scale: limits are ``g⁻¹(g(θ) ± z √(s² + τ²))`` with g the
        arcsine of the square root (``s = 1/(2√n)``) for a proportion and the square root (``s = 1/(2√E)``) else.
    multiplier
        Limits are per this many units, such as 100 or 100,000.
    method
        ``exact``: interpolated binomial or Poisson limits where neither φ nor τ² widens them. ``normal``:
        ``θ ± z s`` throughout.

    Returns
    -------
    tuple of arrays
        Lower limits, not below 0, and upper limits, not above 1 (times the multiplier) for proportions.

    Notes
    -----
    Exact limits join the steps of the distribution function by straight lines (Spiegelhalter 2005, Statistics in
    Medicine, appendix A.1): ``(r − (F(r) − p) / (F(r) − F(r−1))) / n``, r the smallest count with F(r) >= p.

    Examples
    --------
    >>> low, high = funnel_limits("proportion", [102, 10_000], 0.80642448, method="normal", multiplier=100)
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([72.97, 79.87], [88.31, 81.42])
    """
    is_binomial = _check_kind(kind)
    if method not in ("exact", "normal"):
        raise ValueError(f"method is {method!r}; expected exact or normal")
    n, theta, phi, tau2 = aligned(
        denominator=denominator, target=target, dispersion=dispersion, between_variance=between_variance
    )
    check_not_negative("denominator", n)
    check_not_negative("target", theta)
    check_not_negative("between_variance", tau2)
    if is_binomial:
        check_not_above("target", theta, "1", np.ones_like(theta))
    z = two_sided_quantile(confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = theta * (1 - theta) if is_binomial else theta
        half = z * np.sqrt(np.maximum(phi, 1.0) * spread / n)
        lower, upper = theta - half, theta + half
        if (tau2 > 0).any():
            stable = np.arcsin(np.sqrt(theta)) if is_binomial else np.sqrt(theta)
            reach = z * np.sqrt(0.25 / n + tau2)
            low, high = np.maximum(stable - reach, 0.0), stable + reach
            if is_binomial:
                low, high = np.sin(low) ** 2, np.sin(np.minimum(high, np.pi / 2)) ** 2
            else:
                low, high = low**2, high**2
            lower, upper = np.where(tau2 > 0, low, lower), np.where(tau2 > 0, high, upper)
        plain = (tau2 <= 0) & (phi <= 1) & (n > 0) & (theta > 0) & (theta < 1 if is_binomial else True)
        if method == "exact" and plain.any():
            tail = (1 - confidence) / 2
            lower[plain] = _exact_count(is_binomial, n[plain], theta[plain], tail) / n[plain]
            upper[plain] = _exact_count(is_binomial, n[plain], theta[plain], 1 - tail) / n[plain]
        # with less than about one event expected the interpolated limits can miss the centre line itself
        lower, upper = np.minimum(lower, theta), np.maximum(upper, theta)
    upper = np.minimum(upper, 1.0) if is_binomial else upper
    missing = ~(n > 0) | np.isnan(theta)
    return (
        np.where(missing, np.nan, np.maximum(lower, 0.0) * multiplier),
        np.where(missing, np.nan, upper * multiplier),
    )


def funnel(
    kind: str,
    numerator: ArrayLike,
    denominator: ArrayLike,
    target: ArrayLike | None = None,
    *,
    over_dispersion: str = "none",
    winsorise: float = 0.1,
    group: Any = None,
    multiplier: float = 1.0,
) -> pd.DataFrame:
    """Return what a funnel chart needs, one row per area. For charts only: it decides nothing.

    Parameters
    ----------
    kind
        ``proportion``, ``rate`` or ``standardised_ratio``.
    numerator, denominator
        Events, and people, person-years or expected events; NaN where not known.
    target
        Centre line, per one unit of the denominator; by default all events over all denominators of the group.
    over_dispersion
        ``none``; ``multiplicative``, limits wider by √φ; or ``additive``, a random effect between areas.
    winsorise
        Share of z drawn in at each end before φ or τ² is estimated.
    group
        Label of each row's family, such as its partnership.
    multiplier
        Values and limits are per this many units.

    Returns
    -------
    pandas.DataFrame
        ``value, target, z, dispersion`` (φ), ``between_sd`` (τ, on the variance-stabilised scale)``, lower_95,
        upper_95, lower_998, upper_998``, with the index of the input.

    Examples
    --------
    >>> out = funnel("proportion", [30, 10, 20], [100, 100, 100], multiplier=100)
    >>> out[["value", "target", "z", "lower_95", "upper_95"]].round(1)
       value  target    z  lower_95  upper_95
    0   30.0    20.0  2.5      12.0      27.6
    1   10.0    20.0 -2.5      12.0      27.6
    2   20.0    20.0  0.0      12.0      27.6
    """
    is_binomial = _check_kind(kind)
    if over_dispersion not in ("none", "multiplicative", "additive"):
        raise ValueError(f"over_dispersion is {over_dispersion!r}; expected none, multiplicative or additive")
    index = index_of(np.size(numerator), numerator, denominator)
    x, n = aligned(numerator=numerator, denominator=denominator)
    codes, names = family_codes(group, len(x))
    if target is None:
        known = np.isfinite(x) & np.isfinite(n)
        events = family_sum(codes, np.where(known, x, 0.0), len(names))
        with np.errstate(invalid="ignore", divide="ignore"):
            theta = (events / family_sum(codes, np.where(known, n, 0.0), len(names)))[codes]
    else:
        theta = aligned(target=target, numerator=x)[0]
    z = naive_z(kind, x, n, theta)
    phi = dispersion(z, winsorise, codes)
    tau2 = np.zeros_like(phi)
    if over_dispersion == "additive":
        with np.errstate(invalid="ignore", divide="ignore"):
            g = (lambda p: np.arcsin(np.sqrt(np.clip(p, 0, 1)))) if is_binomial else np.sqrt
            error = np.where(n > 0, 0.5 / np.sqrt(n), np.nan)
            tau2 = additive_variance((g(x / n) - g(theta)) / error, error, winsorise, codes)
    widen = phi if over_dispersion == "multiplicative" else np.ones_like(phi)
    columns = {"value": x / np.where(n > 0, n, np.nan) * multiplier, "target": theta * multiplier, "z": z,
               "dispersion": phi, "between_sd": np.sqrt(tau2)}  # fmt: skip
    for name, confidence in (("95", 0.95), ("998", 0.998)):
        columns[f"lower_{name}"], columns[f"upper_{name}"] = funnel_limits(
            kind, n, theta, confidence, dispersion=np.nan_to_num(widen, nan=1.0), between_variance=tau2,
            multiplier=multiplier,
        )  # fmt: skip
    return pd.DataFrame(columns, index=index)
