"""Exchange of zones: how far a locality's weighted mean strays when zones change places at random.

For indicators of kind *mean*, published per zone without the counts behind them, there is no sampling model. What can
be said is whether the locality's zones stand out among the zones of its comparator: the null ``zone_exchange``. All
moments come from a few sums over zones (`zone_sums`), so that every locality × indicator is computed at once.

References
----------
Hall P (1992) Journal of the Royal Statistical Society B 54:221-228 (removing skewness by a monotone transformation).
Strasser H, Weber C (1999) Mathematical Methods of Statistics 8:220-250 (moments of linear permutation statistics).
Wilson EB, Hilferty MM (1931) Proceedings of the National Academy of Sciences 17:684-688 (cube root of a gamma).
Pitman EJG (1937) Supplement to the Journal of the Royal Statistical Society 4:119-130 (permutation tests).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indicators.arrays.arguments import Floats, check_not_negative

__all__ = [
    "ZoneSums",
    "exchange_deviate",
    "exchange_limits",
    "exchange_skewness",
    "exchange_tails",
    "smallest_exchange_p",
    "unskewed",
    "zone_sums",
]


@dataclass(frozen=True)
class ZoneSums:
    """Sums over the zones of each group, per indicator; every array is groups × indicators.

    With a the share of a zone that belongs to the group, w its weight (people concerned), x its value less `centre`:

    Parameters
    ----------
    zones, zones2, zones3
        Σa, Σa² and Σa³: the number of zones with a value.
    w, wx
        Σaw and Σawx.
    ww, wwx, wwxx
        Σaw², Σaw²x and Σaw²x².
    a2ww
        Σa²w².
    www, wwwx, wwwxx, wwwxxx
        Σaw³, Σaw³x, Σaw³x² and Σaw³x³.
    centre
        Per indicator, subtracted from every value so that sums of squares keep their precision.
    """

    zones: Floats
    zones2: Floats
    zones3: Floats
    w: Floats
    wx: Floats
    ww: Floats
    wwx: Floats
    wwxx: Floats
    a2ww: Floats
    www: Floats
    wwwx: Floats
    wwwxx: Floats
    wwwxxx: Floats
    centre: Floats

    @property
    def mean(self) -> Floats:
        """Weighted means; NaN for a group without any value."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.wx / self.w + self.centre)

    @property
    def effective_n(self) -> Floats:
        """Kish's effective number of zones, (Σaw)² / Σa²w²; 0 for a group without any value."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.a2ww > 0, self.w**2 / self.a2ww, 0.0)

    def take(self, rows: NDArray[np.intp] | slice) -> ZoneSums:
        """Return the sums of the given groups, in that order: an area's sums once per locality."""
        return ZoneSums(
            **{f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "centre"}, centre=self.centre
        )


def zone_sums(
    values: ArrayLike,
    weights: ArrayLike,
    group: ArrayLike,
    zone: ArrayLike | None = None,
    share: ArrayLike = 1.0,
    *,
    group_count: int | None = None,
) -> ZoneSums:
    """Return the sums that `compare_means` needs, for all groups and indicators at once.

    Parameters
    ----------
    values
        Zones × indicators (or one indicator): the published means. NaN where there is none.
    weights
        As `values`, or one per zone: how many people each mean concerns. A zone with NaN or 0 is left out.
    group
        Index of a group, from 0, per membership row. One zone may be in many groups.
    zone
        Position of the zone among the rows of `values`, per membership row; by default row by row.
    share
        Share of the zone that belongs to the group, in [0, 1], per membership row.
    group_count
        Number of groups; by default the largest index + 1.

    Examples
    --------
    Two localities, of zones 0-1 and 1-2, and the area of all four zones:

    >>> values, people = np.array([[10.0], [20.0], [30.0], [40.0]]), np.array([1.0, 1.0, 2.0, 1.0])
    >>> zone_sums(values, people, [0, 0, 1, 1], [0, 1, 1, 2]).mean.ravel().round(2).tolist()
    [15.0, 26.67]
    >>> zone_sums(values, people, np.zeros(4, dtype=int)).mean.tolist()
    [[26.0]]
    """
    from scipy.sparse import csr_array

    x = np.asarray(values, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    w = np.asarray(weights, dtype=np.float64)
    w = np.broadcast_to(w[:, None] if w.ndim == 1 else w, x.shape)
    check_not_negative("weights", w)
    rows = np.asarray(group, dtype=np.intp)
    columns = np.arange(len(x), dtype=np.intp) if zone is None else np.asarray(zone, dtype=np.intp)
    if rows.shape != columns.shape:
        raise ValueError(f"group has {len(rows):,} rows and zone {len(columns):,}; give one of each per membership row")
    a = np.broadcast_to(np.asarray(share, dtype=np.float64), rows.shape)
    if ((a < 0) | (a > 1 + 1e-9) | np.isnan(a)).any():
        raise ValueError("share must lie between 0 and 1")
    size = int(rows.max(initial=-1)) + 1 if group_count is None else group_count

    known = ~np.isnan(x) & (w > 0)
    count = known.astype(np.float64)
    w = np.where(known, w, 0.0)
    total = w.sum(axis=0)
    centre = np.where(known, w * x, 0.0).sum(axis=0) / np.where(total > 0, total, 1.0)
    x = np.where(known, x - centre, 0.0)

    shape = (size, len(x))
    once = csr_array((a, (rows, columns)), shape=shape)
    wx, ww = w * x, w * w
    www = ww * w
    known_sums = [count, w, wx, ww, ww * x, wx * wx, www, www * x, www * x * x, wx * wx * wx]
    zones, sw, swx, sww, swwx, swwxx, s3, s3x, s3xx, s3xxx = np.hsplit(
        np.asarray(once @ np.hstack(known_sums)), len(known_sums)
    )
    zones2, zones3, a2ww = zones, zones, sww
    if (a != 1.0).any():
        twice, thrice = (csr_array((a**power, (rows, columns)), shape=shape) for power in (2, 3))
        zones2, a2ww = np.hsplit(np.asarray(twice @ np.hstack([count, ww])), 2)
        zones3 = np.asarray(thrice @ count)
    return ZoneSums(zones, zones2, zones3, sw, swx, sww, swwx, swwxx, a2ww, s3, s3x, s3xx, s3xxx, centre)


def _quadratic(locality: ZoneSums, area: ZoneSums) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return T and its permutation variance as functions of a shift δ of the locality: T0, T1, and V's coefficients.

    With the locality's values lowered by δ, the area's mean becomes μ − fδ, where f is the locality's share of the
    weight, and a zone's deviation d = w (x − aδ − μ + fδ). Squares of a are those of whole zones (a² = a) in the one
    small term that a split zone adds.
    """
    f = locality.w / area.w
    mu = area.wx / area.w
    n = area.zones
    factor = (locality.zones2 - locality.zones**2 / n) / (n - 1)
    # Σd² = Σ w²(x − μ)² − 2δ Σ w²(x − μ)(a − f) + δ² Σ w²(a − f)²
    v0 = area.wwxx - 2 * mu * area.wwx + mu * mu * area.ww
    v1 = (locality.wwx - mu * locality.ww) - f * (area.wwx - mu * area.ww)
    v2 = locality.a2ww - 2 * f * locality.ww + f * f * area.ww
    t0 = locality.wx - locality.w * mu
    t1 = locality.w * (1 - f)
    return t0, t1, factor * v0, factor * v1, factor * v2


def exchange_deviate(locality: ZoneSums, area: ZoneSums, shift: ArrayLike = 0.0) -> Floats:
    """Return the deviate z of each locality's mean under random exchange of zones, its values lowered by `shift`.

    Parameters
    ----------
    locality, area
        Sums from `zone_sums` over the same values; `area` is the locality together with its rest, row by row.
    shift
        Difference under the hypothesis, in units of the values.

    Notes
    -----
    The statistic is ``T = Σ a w (x − μ)`` with μ the area's weighted mean; T over the locality's weight and the
    rest's share of it is the difference of the two means. When labels a are permuted over the N zones of the area,
    ``E T = 0`` and ``Var T = (Σa² − (Σa)²/N) / (N − 1) · Σ w² (x − μ)²`` (Strasser and Weber 1999); for whole zones
    the first factor is ``n (N − n) / N (N − 1)``. For another difference than 0 the locality's values are lowered by
    it first. NaN where the locality, the rest or the spread is empty. Neighbouring zones are alike and a locality is
    made of neighbours, so the deviate overstates evidence when what is asked is whether a place differs by more than
    chance placed it there.

    Examples
    --------
    Of the 6 ways to label two of 1, 2, 3, 4, sums run 3, 4, 5, 5, 6, 7: mean 5, variance 5/3; the pair 3, 4 has 7.

    >>> x, one = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4)
    >>> z = exchange_deviate(zone_sums(x, one, [0, 0], [2, 3]), zone_sums(x, one, [0, 0, 0, 0]))
    >>> bool(np.isclose(z[0, 0], 2 / np.sqrt(5 / 3)))
    True
    """
    delta = np.asarray(shift, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        t0, t1, v0, v1, v2 = _quadratic(locality, area)
        variance = v0 - 2 * delta * v1 + delta * delta * v2
        floor = 1e-12 * np.abs(v0 + delta * delta * v2)
        spread = np.where(variance > floor, variance, np.nan)
        return np.asarray((t0 - delta * t1) / np.sqrt(spread))


def exchange_skewness(locality: ZoneSums, area: ZoneSums, shift: ArrayLike = 0.0) -> Floats:
    """Return the skewness of each locality's mean under random exchange of zones, its values lowered by `shift`.

    Parameters as for `exchange_deviate`.

    Notes
    -----
    ``E T³ = Σ(a − ā)³ Σ d³ N / ((N − 1)(N − 2))`` with d = w (x − μ), over ``(Var T)^{3/2}``: exact for whole zones. 0
    where the area has fewer than three zones or no spread.

    Examples
    --------
    One of 0, 0, 0, 4: it is 4 in one way of four. Deviations −1, −1, −1, 3: E T³ = (27 − 3)/4 = 6, E T² = 12/4 = 3.

    >>> x, one = np.array([0.0, 0.0, 0.0, 4.0]), np.ones(4)
    >>> exchange_skewness(zone_sums(x, one, [0], [3]), zone_sums(x, one, [0, 0, 0, 0])).round(4)  # 6 / 3^1.5
    array([[1.1547]])
    """
    return _skewness(locality, area)(np.asarray(shift, dtype=np.float64))


def _skewness(locality: ZoneSums, area: ZoneSums) -> Callable[[Floats], Floats]:
    """Return the skewness as a function of the shift; what does not hang on the shift is worked out once."""
    with np.errstate(invalid="ignore", divide="ignore"):
        _, _, v0, v1, v2 = _quadratic(locality, area)
        n = area.zones
        share = locality.zones / n
        labels = locality.zones3 - 3 * share * locality.zones2 + 2 * n * share * share * share
        mean, part = area.wx / area.w, locality.w / area.w
        ways = (n - 1) * (n - 2)

    def at(delta: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = v0 - 2 * delta * v1 + delta * delta * v2
            m = mean - part * delta
            cubes = area.wwwxxx - 3 * m * area.wwwxx + 3 * m * m * area.wwwx - m * m * m * area.www
            squares = locality.wwwxx - 2 * m * locality.wwwx + m * m * locality.www
            firsts = locality.wwwx - m * locality.www
            cubes = cubes - delta * (3 * squares - delta * (3 * firsts - delta * locality.www))
            skewness = labels * cubes * n / ways / (variance * np.sqrt(variance))
        return np.where(np.isfinite(skewness), skewness, 0.0)

    return at


def unskewed(deviate: ArrayLike, skewness: ArrayLike) -> Floats:
    """Return the normal deviate with the same tail as a standardised gamma (Pearson III) deviate of that skewness.

    Notes
    -----
    Wilson and Hilferty's (1931) cube root, ``(6/γ) [(1 + γz/2)^{1/3} − 1] + γ/6``. It rises with z everywhere, so
    that the order of p values is that of deviates.

    Examples
    --------
    P(χ² > 20.09) of 8 degrees of freedom is 0.01; its skewness is 1 and its deviate (20.09 − 8)/4 = 3.0225.

    >>> from scipy.special import ndtr
    >>> float(ndtr(-unskewed(3.0225, 1.0)).round(4))
    0.0101
    """
    z, g = np.asarray(deviate, dtype=np.float64), np.asarray(skewness, dtype=np.float64)
    flat = np.abs(g) < 1e-4
    safe = np.where(flat, 1.0, g)
    return np.where(flat, z - g * (z * z - 1.0) / 6.0, 6.0 / safe * (np.cbrt(1.0 + safe * z / 2.0) - 1.0) + safe / 6.0)


def _skewed(normal: float, skewness: Floats) -> Floats:
    """Return the deviate at which `exchange_tails` gives the normal tail: of `unskewed`, or itself if that is more."""
    flat = np.abs(skewness) < 1e-4
    g = np.where(flat, 1.0, skewness)
    gamma = np.where(
        flat,
        normal + skewness * (normal * normal - 1.0) / 6.0,
        2.0 / g * (_cubed(1.0 + g * (normal - g / 6.0) / 6.0) - 1.0),
    )
    return np.maximum(normal, gamma)


def _cubed(x: Floats) -> Floats:
    # a power of a negative number takes fifty times as long as two products
    return x * x * x


def smallest_exchange_p(locality: ZoneSums, area: ZoneSums) -> Floats:
    """Return the smallest p that an exchange can give: 1 over the number of ways to choose the locality's zones.

    Examples
    --------
    Two of four zones: 6 ways.

    >>> x, one = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4)
    >>> smallest_exchange_p(zone_sums(x, one, [0, 0], [2, 3]), zone_sums(x, one, [0, 0, 0, 0])).round(4)
    array([[0.1667]])
    """
    from scipy.special import gammaln

    n, k = area.zones, locality.zones
    with np.errstate(invalid="ignore"):
        ways = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(np.maximum(n - k, 0.0) + 1.0)
    return np.exp(-np.maximum(ways, 0.0))


def exchange_tails(locality: ZoneSums, area: ZoneSums, shift: ArrayLike = 0.0) -> tuple[Floats, Floats]:
    """Return P(at least) and P(at most) each locality's mean under random exchange, its values lowered by `shift`.

    Parameters as for `exchange_deviate`.

    Notes
    -----
    The tail of a gamma distribution (Pearson III) with the exact mean, variance and skewness, on the side of the
    skewness, but never less than the normal tail: where one zone of great weight makes the skewness very large, three
    moments do not describe the middle of the distribution, and a gamma would call values near the mean rare. On the
    other side, where a gamma ends too early, the normal tail, which is too large rather than too small. Never below
    `smallest_exchange_p`.

    Examples
    --------
    The highest pair of 1, 2, 3, 4: one way of six.

    >>> x, one = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4)
    >>> above, below = exchange_tails(zone_sums(x, one, [0, 0], [2, 3]), zone_sums(x, one, [0, 0, 0, 0]))
    >>> above.round(4), below.round(4)
    (array([[0.1667]]), array([[0.9393]]))
    """
    from scipy.special import ndtr

    z = exchange_deviate(locality, area, shift)
    skewness = exchange_skewness(locality, area, shift)
    floor = np.where(np.isnan(z), np.nan, smallest_exchange_p(locality, area))
    above = ndtr(-np.minimum(z, unskewed(z, np.maximum(skewness, 0.0))))
    below = ndtr(-np.minimum(-z, unskewed(-z, np.maximum(-skewness, 0.0))))
    return np.maximum(above, floor), np.maximum(below, floor)


_REFINEMENTS = 12


def exchange_limits(locality: ZoneSums, area: ZoneSums, z: float) -> tuple[Floats, Floats, Floats]:
    """Return the difference of a locality's mean from the rest's, with the limits that the exchange test just rejects.

    Notes
    -----
    `exchange_deviate` equals ±z at the roots of a quadratic in the shift. Skewness moves z a little, and itself moves
    with the shift: a few rounds settle both. Where the locality's zones can be chosen in so few ways that no shift is
    ever rejected at this z, the limits are infinite.
    """
    from scipy.special import ndtr

    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        parts = _quadratic(locality, area)
        skewness_at = _skewness(locality, area)
        difference = parts[0] / parts[1]
        missing = ~np.isfinite(difference)
        sides = []
        for side in (-1, 1):
            limit = np.where(missing, 0.0, difference)
            for _ in range(_REFINEMENTS):
                skewness = np.maximum(-side * skewness_at(limit), 0.0)
                moved = _root(*parts, _skewed(z, skewness), side)
                settled = np.where(np.isfinite(moved), moved, limit)
                step = np.abs(settled - limit) / (1e-12 + np.abs(difference) + np.abs(limit))
                limit = settled
                if np.nanmax(step, initial=0.0) < 1e-8:
                    break
            sides.append(np.where(np.isfinite(moved), limit, side * np.inf))
    few = smallest_exchange_p(locality, area) > ndtr(-z)
    lower, upper = (np.where(few, side * np.inf, limit) for side, limit in zip((-1, 1), sides, strict=True))
    return (
        np.where(missing, np.nan, difference),
        np.where(missing, np.nan, np.minimum(lower, difference)),
        np.where(missing, np.nan, np.maximum(upper, difference)),
    )


def _root(t0: Floats, t1: Floats, v0: Floats, v1: Floats, v2: Floats, z: Floats, side: int) -> Floats:
    """Return the shift below (side −1) or above (+1) the difference at which the deviate is z away from 0."""
    a, b, c = t1 * t1 - z * z * v2, t0 * t1 - z * z * v1, t0 * t0 - z * z * v0
    root = np.sqrt(np.maximum(b * b - a * c, 0.0))
    bounded = a > 1e-9 * t1 * t1
    return np.where(bounded, (b + side * root) / np.where(bounded, a, 1.0), side * np.inf)
