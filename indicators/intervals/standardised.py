"""Rates made comparable between places of different age: directly and indirectly standardised, with intervals.

*Direct*: the place's own rate in each age band, weighted as the standard population is. *Indirect*: the events that the
place would have at the standard's rates, against those that it has. Direct rates compare any two places and need events
by age band; indirect ones need only their total, and compare each place with the standard. Every function is vectorised
over places; a row with a NaN has NaN and the method ``"none"``, zero events never do.

References
----------
Breslow NE, Day NE (1987) Statistical Methods in Cancer Research II, IARC, pp. 52-72.
Dobson AJ, Kuulasmaa K, Eberle E, Scherer J (1991) Statistics in Medicine 10:457-462.
Fay MP, Feuer EJ (1997) Statistics in Medicine 16:791-801 (a weighted rate as a scaled Poisson count).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.arrays.arguments import (
    Floats,
    aligned,
    check_not_negative,
    check_positive,
    is_whole,
    labels,
)
from indicators.intervals.counts import (
    EXACT_BELOW,
    Interval,
    poisson_count_limits,
    standardised_ratio,
    two_sided_quantile,
)


@dataclass(frozen=True)
class StandardisedRate:
    """Directly standardised rates with their limits; every field has one entry per place.

    Parameters
    ----------
    interval
        Rates per multiplier, limits and method.
    variance
        Of the rate, in squared units of the rate; 0 at zero events.
    events
        All events of the place.
    effective_exposure
        The exposure e at which ``rate × e`` events have the rate's own relative error, as Poisson events over an
        exposure would (Fay and Feuer 1997); per multiplier.
    dispersion
        Variance over Poisson variance.
    merged_bands
        Age bands without residents, whose weight went to a neighbouring band.
    """

    interval: Interval
    variance: Floats
    events: Floats
    effective_exposure: Floats
    dispersion: Floats
    merged_bands: NDArray[np.intp]


def _bands(name: str, values: ArrayLike) -> Floats:
    array = np.asarray(aligned(**{name: values})[0])
    if array.ndim < 2:
        raise ValueError(f"{name} must be places × age bands or places × sexes × age bands; found shape {array.shape}")
    check_not_negative(name, array)
    return array


def _without_empty_bands(weights: Floats, people: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Return weights in which a band without residents gives its weight to the next younger one that has some.

    That is what merging the two bands does, since an empty band has no events either. At the young end the weight
    goes up.
    """
    weights = np.array(np.broadcast_to(weights, people.shape))
    empty = people == 0
    merged = empty.reshape(len(people), -1).sum(axis=1)
    if empty.any():
        for older in range(people.shape[-1] - 1, 0, -1):
            moved = np.where(empty[..., older], weights[..., older], 0.0)
            weights[..., older - 1] += moved
            weights[..., older] -= moved
        for younger in range(people.shape[-1] - 1):
            moved = np.where(empty[..., younger], weights[..., younger], 0.0)
            weights[..., younger + 1] += moved
            weights[..., younger] -= moved
    return weights, merged


def directly_standardised(
    events: ArrayLike,
    population: ArrayLike,
    standard: ArrayLike,
    confidence: float = 0.95,
    multiplier: float = 100_000.0,
    dispersion: ArrayLike = 1.0,
) -> StandardisedRate:
    """Return directly standardised rates with Dobson's interval.

    Parameters
    ----------
    events, population
        Places × age bands, or places × sexes × age bands: events, and residents (or person-years).
    standard
        The standard population, bands or sexes × bands, such as the European one of 2013.
    confidence
        Share in (0, 1).
    multiplier
        The rates are per this many of the population.
    dispersion
        Variance over Poisson variance, per place; counts that are not whole or have another dispersion than 1 are
        named ``quasi``.

    Returns
    -------
    StandardisedRate
        NaN and ``"none"`` where a count is NaN, nobody lives in any band of a sex, or events have no residents.

    Raises
    ------
    ValueError
        If a number is negative, the bands differ, or events stand in a band without residents.

    Notes
    -----
    ``R = Σ w x/n`` with w the standard's shares, ``Var R = Σ w² x/n²``. Dobson and others (1991): ``R + √(Var R / X)
    (X_L − X)`` and the same with X_U, where X is all events and X_L, X_U are its Poisson limits: exact below ten
    events, Byar's from ten upward. At zero events √(Var R / X) is not defined; it is then taken for events spread as
    residents are, ``√(Σ w²/n / Σ n)``. A band without residents is merged with the next younger one.

    Both sexes with the same standard: the rate is the mean of the two sexes' rates, as National Records of Scotland
    has it.

    Examples
    --------
    Two bands, standard 3 : 1. R = 0.75 · 10/1000 + 0.25 · 20/500 = 17.5 per 1,000 and
    Var R = 0.75² · 10/1000² + 0.25² · 20/500² = 10.625 per million; √(10.625/30) = 0.5951. Byar's limits of 30 are
    20.24 and 42.83, so the rate's are 17.5 − 0.5951 · 9.76 and 17.5 + 0.5951 · 12.83.

    >>> one = directly_standardised([[10, 20]], [[1000, 500]], [3, 1], multiplier=1000)
    >>> one.interval.to_frame().round(2)
       value  lower_ci  upper_ci      ci_method
    0   17.5     11.69     25.13  Dobson (Byar)
    """
    z = two_sided_quantile(confidence)
    x, n = _bands("events", events), _bands("population", population)
    weights = aligned(standard=standard)[0]
    check_not_negative("standard", weights)
    if x.shape != n.shape or x.shape[1:] != weights.shape:
        raise ValueError(
            f"the bands differ: events {x.shape}, population {n.shape}, standard {weights.shape}; the standard has the"
            " bands of one place"
        )
    if ((n == 0) & (x > 0)).any():
        place = int(np.argwhere((n == 0) & (x > 0))[0][0])
        raise ValueError(f"place {place} has events in an age band without residents; are the periods the same?")
    (phi,) = aligned(dispersion=dispersion)
    check_positive("dispersion", phi)
    phi = np.broadcast_to(phi, (len(x),)).astype(np.float64)

    weights, merged = _without_empty_bands(weights / weights.sum(), n)
    axes = tuple(range(1, x.ndim))
    missing = np.isnan(x).any(axis=axes) | np.isnan(n).any(axis=axes) | ((n == 0) & (weights > 0)).any(axis=axes)
    safe = np.where(n > 0, n, 1.0)
    used = np.where(n > 0, weights, 0.0)
    rate = (used * x / safe).sum(axis=axes)
    variance = (used * used * x / safe**2).sum(axis=axes)
    total = x.sum(axis=axes)
    with np.errstate(invalid="ignore", divide="ignore"):
        per_event = np.where(
            total > 0,
            np.sqrt(variance / np.where(total > 0, total, 1.0)),
            np.sqrt((used * used / safe).sum(axis=axes) / n.sum(axis=axes)),
        )
        few = total / phi < EXACT_BELOW
        low, high = poisson_count_limits(np.where(missing, 0.0, total / phi), z, 1 - confidence, few)
        half = phi * per_event
        lower, upper = rate + half * (low - total / phi), rate + half * (high - total / phi)
        exposure = np.where(total > 0, rate / np.where(variance > 0, variance, np.nan), 1.0 / per_event)
    whole = is_whole(x.reshape(len(x), -1)).all(axis=1)
    quasi = (phi != 1.0) | ~whole
    codes = np.where(missing, 0, 1 + few + 2 * quasi).astype(np.intp)
    names = ("none", "Dobson (Byar)", "Dobson (Garwood)", "quasi-Dobson (Byar)", "quasi-Dobson (Garwood)")
    rate, lower, upper, variance, exposure = (
        np.where(missing, np.nan, values) for values in (rate, lower, upper, phi * variance, exposure / phi)
    )
    return StandardisedRate(
        Interval(rate * multiplier, np.maximum(lower, 0.0) * multiplier, upper * multiplier, labels(codes, names)),
        variance * multiplier**2,
        np.where(missing, np.nan, total),
        exposure / multiplier,
        phi,
        merged,
    )


def expected_events(population: ArrayLike, standard_events: ArrayLike, standard_population: ArrayLike) -> Floats:
    """Return the events that each place would have at the standard's rates.

    Parameters
    ----------
    population
        Places × age bands (or × sexes × age bands): residents.
    standard_events, standard_population
        Of the standard place, such as Scotland, one per band.

    Examples
    --------
    >>> expected_events([[1000, 500]], [20, 60], [10_000, 6_000])  # 1000 · 0.002 + 500 · 0.01
    array([7.])
    """
    n = _bands("population", population)
    x, standard = aligned(standard_events=standard_events, standard_population=standard_population)
    check_not_negative("standard_events", x)
    check_positive("standard_population", standard)
    if n.shape[1:] != x.shape:
        raise ValueError(f"the bands differ: population {n.shape}, standard {x.shape}")
    return (n * (x / standard)).sum(axis=tuple(range(1, n.ndim)))


def indirectly_standardised_ratio(
    observed: ArrayLike,
    population: ArrayLike,
    standard_events: ArrayLike,
    standard_population: ArrayLike,
    confidence: float = 0.95,
    multiplier: float = 100.0,
) -> Interval:
    """Return indirectly standardised ratios (100 = as the standard), exact limits below ten observed and Byar's above.

    Parameters
    ----------
    observed
        All events of each place, whole.
    population, standard_events, standard_population
        As for `expected_events`.
    confidence, multiplier
        As for `indicators.intervals.counts.standardised_ratio`.

    Examples
    --------
    >>> indirectly_standardised_ratio([12], [[1000, 500]], [20, 60], [10_000, 6_000]).to_frame().round(1)
       value  lower_ci  upper_ci ci_method
    0  171.4      88.5     299.5      Byar
    """
    expected = expected_events(population, standard_events, standard_population)
    return standardised_ratio(observed, expected, confidence, multiplier)
