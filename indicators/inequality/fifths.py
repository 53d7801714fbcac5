"""The most and the least deprived fifth held against each other: gap, ratio, and the attributable share.

The plainest measures of inequality, and the ones that a board reads first. They use the ends of the order of
deprivation only; `indicators.inequality.slope_index` and `indicators.inequality.concentration_index` use all of it.
Fifths come from `indicators.inequality.ridits.fifths`: local to each group, and equal in residents as far as whole
zones allow.

References
----------
Donner A, Zou GY (2012) Statistical Methods in Medical Research 21:347-359.
Hanley JA (2001) Journal of Epidemiology and Community Health 55:508-514 (population attributable fraction).
Zou GY, Donner A (2008) Statistics in Medicine 27:1693-1702.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from indicators.arrays.arguments import Floats, check_confidence, check_not_negative
from indicators.inequality.ridits import group_totals, two_dimensional
from indicators.intervals.counts import EXACT_BELOW, Interval, _named, poisson_count_limits, two_sided_quantile
from indicators.two_groups.effects import (
    difference_of_means,
    difference_of_proportions,
    mover_difference,
    mover_ratio,
    ratio_of_means,
    ratio_of_proportions,
)

KINDS = ("proportion", "rate", "standardised_rate", "standardised_ratio")


class FifthMeasures(NamedTuple):
    """Gap, ratio and attributable share, arrays of groups × series.

    Parameters
    ----------
    gap
        Most less least deprived fifth, in the unit of the indicator.
    ratio
        Most over least deprived fifth.
    attributable
        ``1 − least deprived fifth / whole group``: the share of events that would not be, if every fifth had the value
        of the least deprived. Below 0 where values fall with deprivation.
    """

    gap: Interval
    ratio: Interval
    attributable: Interval


def _attributable(rest_over_least: Interval, people_least: Floats, people: Floats) -> Interval:
    """Return 1 − 1 / (p + (1 − p) r), r the rest over the least deprived, p its share of people: it rises with r."""
    with np.errstate(invalid="ignore", divide="ignore"):
        p = people_least / people

        def share(r: Floats) -> Floats:
            return np.asarray(np.where(p < 1, 1 - 1 / (p + (1 - p) * r), np.nan))

        estimate, lower, upper = (share(one) for one in rest_over_least[:3])
    # no events in the least deprived fifth: everything is attributable; none in the rest either: nothing can be said
    return _named(estimate, lower, upper, rest_over_least.method.copy())


def count_gaps(
    kind: str,
    events: ArrayLike,
    people: ArrayLike,
    fifth: ArrayLike,
    group: ArrayLike | None = None,
    *,
    multiplier: ArrayLike = 1.0,
    confidence: float = 0.95,
) -> FifthMeasures:
    """Return gap, ratio and attributable share of counts, with intervals of the counts' own sampling error.

    Parameters
    ----------
    kind
        ``proportion`` (binomial), or ``rate``, ``standardised_rate``, ``standardised_ratio`` (Poisson).
    events, people
        Zones × series, or one per zone; a zone with a NaN in either is left out. Need not be whole.
    fifth
        1 least to 5 most deprived, one per zone; other zones count in the whole group only.
    group
        Index of each zone's group from 0, negative for none; one group by default.
    multiplier
        The gap is per this many units: one number, or one per series.
    confidence
        Share in (0, 1).

    Notes
    -----
    Proportions: Newcombe and Koopman. Others: MOVER on exact (below ten events) or Byar's limits, which take counts
    that are not whole. The attributable share transforms the ratio of the other four fifths to the least deprived,
    which share nobody. These limits are of chance in the counts alone, for just these zones: other zones as deprived
    would differ by much more, which they do not show.

    Examples
    --------
    >>> out = count_gaps("proportion", [5, 9, 10, 14, 25], [100] * 5, [1, 2, 3, 4, 5], multiplier=100)
    >>> out.gap.estimate.round(2).tolist(), out.ratio.estimate.round(2).tolist()
    ([[20.0]], [[5.0]])
    >>> out.attributable.estimate.round(4).tolist()  # 1 - 5 / 12.6
    [[0.6032]]
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}; for means use mean_gaps")
    check_confidence(confidence)
    x, n = two_dimensional(events=events, people=people)
    check_not_negative("events", x)
    check_not_negative("people", n)
    g = np.zeros(len(x), dtype=np.intp) if group is None else np.asarray(group, dtype=np.intp)
    total = group_totals(g, int(g.max(initial=0)) + 1)
    known = np.isfinite(x) & (n > 0)
    x, n = np.where(known, x, 0.0), np.where(known, n, 0.0)
    where = np.asarray(fifth)[:, None]
    x1, n1 = total @ (x * (where == 5)), total @ (n * (where == 5))
    x2, n2 = total @ (x * (where == 1)), total @ (n * (where == 1))
    everyone = total @ n
    x3, n3 = total @ x - x2, everyone - n2
    x3 = np.where(n3 > 0, np.maximum(x3, 0.0), 0.0)
    scale = np.broadcast_to(np.asarray(multiplier, dtype=np.float64), x1.shape)
    if kind == "proportion":
        gap = difference_of_proportions(x1, n1, x2, n2, confidence)
        ratio = ratio_of_proportions(x1, n1, x2, n2, confidence)
        rest = ratio_of_proportions(np.minimum(x3, n3), n3, x2, n2, confidence)
    else:
        gap, ratio = _rates(x1, n1, x2, n2, confidence)
        rest = _rates(x3, n3, x2, n2, confidence)[1]
    gap = Interval(gap.estimate * scale, gap.lower * scale, gap.upper * scale, gap.method)
    return FifthMeasures(gap, ratio, _attributable(rest, n2, everyone))


def _rates(x1: Floats, e1: Floats, x2: Floats, e2: Floats, confidence: float) -> tuple[Interval, Interval]:
    z, alpha = two_sided_quantile(confidence), 1 - confidence
    with np.errstate(invalid="ignore", divide="ignore"):
        sides: list[Floats] = []
        for x, e in ((x1, e1), (x2, e2)):
            e = np.where(e > 0, e, np.nan)
            lower, upper = poisson_count_limits(x, z, alpha, x < EXACT_BELOW)
            sides.extend((x / e, lower / e, upper / e))
        difference, ratio = mover_difference(*sides), mover_ratio(*sides)
        gap = _named(sides[0] - sides[3], *difference, "MOVER (Byar)")
        return gap, _named(sides[0] / sides[3], *ratio, "MOVER (Byar)")


def mean_gaps(
    values: ArrayLike,
    weights: ArrayLike,
    fifth: ArrayLike,
    group: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> FifthMeasures:
    """Return gap, ratio and attributable share of means, with intervals from the spread between each fifth's zones.

    Parameters
    ----------
    values, weights
        The published mean of each zone and how many people it concerns; zones × series, or one per zone.
    fifth, group, confidence
        As for `count_gaps`.

    Notes
    -----
    A fifth's mean has variance ``S²/n_eff``, S² the weighted variance between its zones and Kish's ``n_eff``; a fifth
    of one zone has none, and so no limits.

    Examples
    --------
    >>> out = mean_gaps([4.0, 6.0, 5.0, 9.0, 11.0], [1, 1, 1, 1, 1], [1, 1, 3, 5, 5])
    >>> out.gap.estimate.tolist(), out.ratio.estimate.tolist(), out.gap.lower.round(2).tolist()
    ([[5.0]], [[2.0]], [[2.23]])
    """
    v, w = two_dimensional(values=values, weights=weights)
    check_not_negative("weights", w)
    g = np.zeros(len(v), dtype=np.intp) if group is None else np.asarray(group, dtype=np.intp)
    total = group_totals(g, int(g.max(initial=0)) + 1)
    known = np.isfinite(v) & (w > 0)
    v, w = np.where(known, v, 0.0), np.where(known, w, 0.0)
    where = np.asarray(fifth)[:, None]

    def mean_and_variance(inside: np.ndarray) -> tuple[Floats, Floats]:
        with np.errstate(invalid="ignore", divide="ignore"):
            share = w * inside
            weight = total @ share
            mean = (total @ (share * v)) / weight
            count = total @ (known & inside).astype(float)
            spread = (total @ (share * (v - mean[g]) ** 2)) / weight * count / np.where(count > 1, count - 1, np.nan)
            return mean, spread * (total @ share**2) / weight**2

    most, least = mean_and_variance(where == 5), mean_and_variance(where == 1)
    rest = mean_and_variance(where != 1)
    people = total @ w
    return FifthMeasures(
        _between(difference_of_means(*most, *least, confidence), most[0] - least[0]),
        _between(ratio_of_means(*most, *least, confidence), most[0] / np.where(least[0] > 0, least[0], np.nan)),
        _attributable(
            _between(ratio_of_means(*rest, *least, confidence), rest[0] / np.where(least[0] > 0, least[0], np.nan)),
            total @ (w * (where == 1)),
            people,
        ),
    )


def _between(interval: Interval, estimate: Floats) -> Interval:
    """Return the interval with its estimate even where one zone gives no limits."""
    method = np.where(np.isfinite(interval.lower), "between zones", "none").astype(object)
    return Interval(estimate, interval.lower, interval.upper, method)
