"""How differently the income deprived and others are spread over zones: the Duncan index.

Two indices go by that name. This is the one that the Improvement Service publishes in its Community Planning Outcomes
Profile (CPOP): zones are put in order *by the outcome*, and the question is whether income-deprived people live in the
zones with poorer outcomes. The classic index of dissimilarity knows no order.

References
----------
Duncan OD, Duncan B (1955) American Sociological Review 20:210-217.
Improvement Service, Community Planning Outcomes Profile, methodology and published index by partnership.
Lieberson S (1976) Sociological Methodology 7:276-291 (net difference).
Shao J, Tu D (1995) The Jackknife and Bootstrap, Springer, ch. 2 (infinitesimal jackknife).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from indicators.arrays.arguments import Floats, check_not_negative
from indicators.inequality.ridits import group_totals, ridits_of_two, two_dimensional
from indicators.intervals.counts import Interval, _named, two_sided_quantile


def duncan_index(
    values: ArrayLike,
    deprived: ArrayLike,
    others: ArrayLike,
    group: ArrayLike | None = None,
    *,
    poorer_is: str = "higher",
    confidence: float = 0.95,
    minimum_known: float = 0.8,
) -> Interval:
    """Return the Duncan index as CPOP defines it, by group and series, between −1 and 1.

    0: income-deprived people and others have the same outcomes. Above 0: the income deprived live in zones with poorer
    outcomes; 1 where every one of them lives in a poorer zone than every other person. Below 0: the other way round.

    Parameters
    ----------
    values
        The indicator, zones × series or one per zone, which puts zones in order.
    deprived, others
        Residents who are and are not income deprived, one per zone.
    group
        Index of each zone's group from 0, negative for none; one group by default.
    poorer_is
        ``higher`` or ``lower`` values are poorer.
    confidence
        Share in (0, 1).
    minimum_known
        Share of a group's zones that must have a value, else NaN: CPOP gives none where over a fifth are missing.

    Returns
    -------
    Interval
        Arrays of groups × series.

    Notes
    -----
    With ``a_i`` and ``b_i`` the cumulative shares of the deprived and of others, zones ordered from poorer to better,
    CPOP computes ``Σ a_i b_{i+1} − Σ a_{i+1} b_i``. It equals ``2 Σ α_i R_i − 1``, α the zone's share of the deprived
    and R its ridit among others, which treats tied zones as one (CPOP leaves ties in the order of the file). CPOP
    orders from low to high and flips signs afterwards by hand; here the direction is an argument.

    Limits: infinitesimal jackknife over zones, normal, cut at −1 and 1. They describe how much the index hangs on
    single zones, not errors in the counts.

    Examples
    --------
    Three zones, from the worst outcome to the best: 6, 3 and 1 deprived, 2, 3 and 5 others.
    ``a = .6, .9, 1`` and ``b = .2, .5, 1``, so (.6×.5 + .9×1) − (.9×.2 + 1×.5) = 0.52.

    >>> out = duncan_index([30.0, 20.0, 10.0], [6, 3, 1], [2, 3, 5])
    >>> out.estimate.round(4).tolist()
    [[0.52]]
    """
    if poorer_is not in ("higher", "lower"):
        raise ValueError(f"poorer_is is {poorer_is!r}; expected higher or lower")
    z = two_sided_quantile(confidence)
    v, y, x = two_dimensional(values=values, deprived=deprived, others=others)
    check_not_negative("deprived", y)
    check_not_negative("others", x)
    g = np.zeros(len(v), dtype=np.intp) if group is None else np.asarray(group, dtype=np.intp)
    total = group_totals(g, int(g.max(initial=0)) + 1)
    populated = np.isfinite(y) & np.isfinite(x) & (y + x > 0)
    known = populated & np.isfinite(v)
    toward_poorer = np.where(known, v if poorer_is == "higher" else -v, np.nan)
    y, x = np.where(known, y, 0.0), np.where(known, x, 0.0)

    def share(people: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.nan_to_num(people / (total @ people)[g]))

    a, b = share(y), share(x)
    # ridits need somebody in the zone; a zone without others still has a place in their order
    among_others, among_deprived = _net(toward_poorer, b, a, known, g)
    estimate = total @ (a * among_others)
    count = total @ known.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        influence = a * (among_others - estimate[g]) - b * (among_deprived + estimate[g])
        half = z * np.sqrt(count / (count - 1) * (total @ influence**2))
        enough = (count >= minimum_known * (total @ populated.astype(float))) & (count > 1)
    enough &= (total @ y > 0) & (total @ x > 0)
    estimate = np.where(enough, estimate, np.nan)
    return _named(
        estimate,
        np.maximum(estimate - half, -1.0),
        np.minimum(estimate + half, 1.0),
        "jackknife over zones",
    )


def _net(
    order_by: Floats, others: Floats, deprived: Floats, known: np.ndarray, group: np.ndarray
) -> tuple[Floats, Floats]:
    """Return Σ_j sign(order_i − order_j) share_j of both for every zone: the share below it less the share above it."""
    # a token of weight gives empty zones their place without moving anyone else's by more than rounding
    one, two = (np.where(known, np.maximum(people, 1e-15), 0.0) for people in (others, deprived))
    below_others, below_deprived = ridits_of_two(order_by, one, two, group)
    return np.nan_to_num(2 * below_others - 1), np.nan_to_num(2 * below_deprived - 1)
