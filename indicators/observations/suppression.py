"""Suppressed counts: what can be said of a count that its publisher hides, from its bounds and from published totals.

A suppressed count is not missing at random: it is small. It is known to lie between bounds that the source declares;
where the publisher gives totals for larger areas, what the visible counts leave of a total says a little more. Such
totals are often perturbed for disclosure control, so they are tied *softly*: by how much they disagree with sums of
visible counts where nothing is hidden.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.arrays.arguments import Floats


class Hidden(NamedTuple):
    """Hidden counts, one entry per area; NaN where nothing is hidden.

    Parameters
    ----------
    imputed
        Expected count.
    lower, upper
        Bounds of the count: the declared ones, narrowed where totals allow.
    """

    imputed: Floats
    lower: Floats
    upper: Floats


def impute_hidden(
    counts: ArrayLike,
    is_hidden: NDArray[np.bool_],
    lower: ArrayLike,
    upper: ArrayLike,
    group: NDArray[np.intp] | None = None,
    totals: ArrayLike | None = None,
) -> Hidden:
    """Return expected values and bounds of hidden counts.

    Parameters
    ----------
    counts
        Visible counts, shape (areas,); NaN where there is none.
    is_hidden
        Where a count is suppressed.
    lower, upper
        Declared bounds, one each or one per area.
    group
        Index of the larger area that each area lies in, from 0; negative where it lies in none.
    totals
        Published count of each larger area, by index; NaN where there is none.

    Notes
    -----
    Without totals the expected count is the middle of the bounds. With totals, let r = total − Σ visible of a larger
    area with h hidden counts. Larger areas without hidden counts give the mean b and variance v of r. The hidden
    counts' own mean m is Σ(r − b) / Σh, held inside the bounds, and their variance is taken as that of a uniform
    count, ((u − l + 1)² − 1) / 12. Then the sum S of the hidden counts of an area has, as a normal approximation,

        E S = h m + k (r − b − h m),   k = h s² / (h s² + v),   Var S = h s² (1 − k),

    held inside Σl and Σu: the ordinary regression of a sum on its noisy reading (credibility, Bühlmann 1967, ASTIN
    Bulletin 4:199-207). Bounds of one count narrow to what E S ± 3 sd leaves when all others are at their own bounds:
    three standard deviations, because a bound that is wrong hides a finding that should not be called sure.

    Larger areas with a missing count (neither visible nor hidden) are left out, because their r holds more than hidden
    counts. At least 30 larger areas without hidden counts are asked for before totals are used at all.

    Examples
    --------
    >>> counts, hidden = np.array([10.0, np.nan, 7.0]), np.array([False, True, False])
    >>> impute_hidden(counts, hidden, 0, 4).imputed.tolist()
    [nan, 2.0, nan]
    """
    x = np.asarray(counts, dtype=np.float64)
    low = np.where(is_hidden, np.broadcast_to(np.asarray(lower, dtype=np.float64), x.shape), np.nan)
    high = np.where(is_hidden, np.broadcast_to(np.asarray(upper, dtype=np.float64), x.shape), np.nan)
    imputed = (low + high) / 2
    if group is None or totals is None or not is_hidden.any():
        return Hidden(imputed, low, high)
    total = np.asarray(totals, dtype=np.float64)
    inside = group >= 0
    size = len(total)

    def summed(values: Floats) -> Floats:
        return np.bincount(group[inside], weights=values[inside], minlength=size).astype(np.float64)

    h = summed(is_hidden.astype(float))
    gaps = summed((np.isnan(x) & ~is_hidden).astype(float))
    rest = total - summed(np.where(is_hidden, 0.0, np.nan_to_num(x)))
    plain = np.isfinite(rest) & (gaps == 0) & (h == 0)
    tied = np.isfinite(rest) & (gaps == 0) & (h > 0)
    if plain.sum() < 30 or not tied.any():
        return Hidden(imputed, low, high)
    bias, noise = float(rest[plain].mean()), float(rest[plain].var(ddof=1))
    floor, ceiling = summed(np.nan_to_num(low)), summed(np.nan_to_num(high))
    mean_low, mean_high = floor[tied].sum() / h[tied].sum(), ceiling[tied].sum() / h[tied].sum()
    mean = float(np.clip((rest[tied] - bias).sum() / h[tied].sum(), mean_low, mean_high))
    width = (ceiling - floor) / np.maximum(h, 1)
    own = h * ((width + 1) ** 2 - 1) / 12
    k = own / np.where(own > 0, own + noise, 1.0)
    # where an area's own bounds are narrower than usual its mean is held inside them
    expected = np.clip(h * mean, floor, ceiling)
    expected = np.clip(expected + k * (rest - bias - expected), floor, ceiling)
    spread = 3 * np.sqrt(own * (1 - k))
    sum_low, sum_high = np.maximum(expected - spread, floor), np.minimum(expected + spread, ceiling)

    rows = np.flatnonzero(is_hidden & inside)
    rows = rows[tied[group[rows]]]
    of = group[rows]
    # the expected sum is shared out in proportion to the room between the bounds
    room = ceiling[of] - floor[of]
    part = (expected[of] - floor[of]) / np.where(room > 0, room, 1.0)
    imputed[rows] = low[rows] + part * (high[rows] - low[rows])
    new_low = np.maximum(low[rows], sum_low[of] - (ceiling[of] - high[rows]))
    new_high = np.minimum(high[rows], sum_high[of] - (floor[of] - low[rows]))
    low[rows], high[rows] = new_low, np.maximum(new_high, new_low)
    return Hidden(imputed, low, high)
