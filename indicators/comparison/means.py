"""Weighted means of localities held against those of the rest of their area, under exchange of zones.

References
----------
Pitman EJG (1937) Supplement to the Journal of the Royal Statistical Society 4:119-130.
Strasser H, Weber C (1999) Mathematical Methods of Statistics 8:220-250.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.arrays.arguments import Floats, aligned, check_positive
from indicators.arrays.row_chunks import CHUNK_ROWS, in_chunks
from indicators.comparison.counts import DEEPEST, METHODS, NUMBERS, SCALES, toward_poorer
from indicators.comparison.result import Comparison, comparison_of, word_codes
from indicators.intervals.counts import two_sided_quantile
from indicators.two_groups.zone_exchange import ZoneSums, exchange_limits, exchange_tails

__all__ = ["compare_means"]


def compare_means(
    locality: ZoneSums,
    area: ZoneSums,
    *,
    important: ArrayLike,
    scale: Any,
    sd: ArrayLike,
    poorer_is: Any,
    confidence: float = 0.95,
) -> Comparison:
    """Return weighted means of localities held against those of the rest of their area, under exchange of zones.

    Parameters
    ----------
    locality, area
        Sums of `indicators.two_groups.zone_exchange.zone_sums`, localities × indicators; `area` is the locality
        together with its rest, row by row.
    important
        Smallest important difference: in standard deviations between zones, or points in the unit of the values.
    scale
        ``"sd"`` or ``"points"``.
    sd
        Standard deviation between zones, per indicator.
    poorer_is, confidence
        As for `compare_proportions`.

    Returns
    -------
    Comparison
        Localities × indicators. NaN where the locality or its rest has no zone with a value, where the area has fewer
        than three, or where all values are the same.

    Notes
    -----
    Tails are those of `indicators.two_groups.zone_exchange.exchange_tails`: three moments of the permutation
    distribution. Many indicators are skewed toward poorer; without the third moment a normal tail rejects two to three
    times too often at 1 % for localities of two to eight zones. No p is below 1 over the number of ways in which the
    locality's zones could be chosen. Limits of the difference are those that this test just rejects; infinite where
    zones are so few that nothing is rejected. The ratio's limits are these over the rest's mean, and NaN unless both
    means are above 0.

    Examples
    --------
    >>> from indicators.two_groups.zone_exchange import zone_sums
    >>> x, one = np.arange(1.0, 13.0), np.ones(12)
    >>> found = compare_means(
    ...     zone_sums(x, one, [0, 0, 0], [9, 10, 11]), zone_sums(x, one, [0] * 12),
    ...     important=0.5, scale="sd", sd=3.6, poorer_is="higher")

    One of the 220 sets of three has so high a sum: exactly 1/220 = 0.0045.

    >>> found.difference.round(2), found.p_value.round(4)
    (array([[6.]]), array([[0.0063]]))
    """
    z = two_sided_quantile(confidence)
    scales = word_codes("scale", scale, SCALES, ("ratio", "odds"))
    higher = word_codes("poorer_is", poorer_is, ("lower", "higher")).astype(bool)
    least, spread = aligned(important=important, sd=sd)
    check_positive("important", least)
    check_positive("sd", np.where(scales == SCALES.index("sd"), spread, 1.0))
    shape = locality.w.shape
    points = np.broadcast_to(np.where(scales == SCALES.index("sd"), least * spread, least), shape)
    higher = np.broadcast_to(higher, shape)

    numbers = np.empty((len(NUMBERS), *shape))
    known = np.empty(shape, dtype=bool)

    def work(start: int, stop: int) -> None:
        piece = slice(start, stop)
        numbers[:, piece], known[piece] = _rows(locality.take(piece), area.take(piece), points[piece], higher[piece], z)

    in_chunks(work, shape[0], max(1, CHUNK_ROWS // max(1, shape[1])))
    numbers[2:, ~known] = np.nan
    method = np.where(known, METHODS.index("permutation moments"), 0).astype(np.int8)
    return comparison_of(numbers, method, "zone_exchange")


def _rows(
    locality: ZoneSums, area: ZoneSums, points: Floats, higher: NDArray[np.bool_], z: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the `NUMBERS` of some localities, and where there are any."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        rest = (area.wx - locality.wx) / np.where(area.w - locality.w > 1e-9 * area.w, area.w - locality.w, np.nan)
        value, comparator_value = locality.mean, rest + locality.centre
        difference, lower, upper = exchange_limits(locality, area, z)
        p_value, p_better = toward_poorer(higher, *exchange_tails(locality, area))
        shift, _ = toward_poorer(higher, points, -points)
        p_important, _ = toward_poorer(higher, *exchange_tails(locality, area, shift))
        # Skewness changes a little with the shift, which must not make the harder question the easier one.
        p_important = np.maximum(p_important, p_value)
        near, _ = toward_poorer(higher, lower, -upper)
        scaled = np.where((value > 0) & (comparator_value > 0), comparator_value, np.nan)
        numbers = np.stack(
            [
                value,
                comparator_value,
                difference,
                lower,
                upper,
                value / scaled,
                np.maximum(1.0 + lower / scaled, 0.0),
                1.0 + upper / scaled,
                p_value,
                p_better,
                np.minimum(1.0, 2.0 * np.minimum(p_value, p_better)),
                p_important,
                np.clip(near / points, -DEEPEST, DEEPEST),
            ]
        )
    return numbers, (area.zones >= 2.5) & ~np.isnan(p_value + p_important + difference + comparator_value)
