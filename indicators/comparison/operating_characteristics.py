"""How often the intervals hold the truth, and how often the tests reject it: computed, not simulated.

For every point of a stated grid of counts and sizes the probability of each outcome is known, so coverage is a sum
over outcomes and has no Monte Carlo error. Exact methods must reach the nominal coverage at every point; approximate
ones are judged by their average, and their lowest point is shown beside it (Agresti and Coull 1998; Brown, Cai and
DasGupta 2001). This is what chance alone does to counts: it says nothing about mistakes in the counts.

References
----------
Agresti A, Coull BA (1998) The American Statistician 52:119-126.
Brown LD, Cai TT, DasGupta A (2001) Statistical Science 16:101-133.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrik, gammaln, pdtr, pdtrik, xlog1py, xlogy

from indicators.arrays.arguments import Floats, check_confidence
from indicators.comparison.compare import compare_proportions, compare_rates
from indicators.intervals.counts import Interval, byar, clopper_pearson, garwood, rate, wilson
from indicators.intervals.standardised import directly_standardised

_SIZES = (20, 50, 100, 250, 500, 1000, 2500, 5000, 9000)
_SHARES = (0.01, 0.5)
_MEANS = (0.5, 200.0)
_GRID = 400
_LEFT_OUT = 1e-7
"""Probability of outcomes at each end of each count that sums over two or more counts leave out."""

IMPORTANT_RATIO = 1.25
"""Ratio at which `size_table` asks how often the minimum-effect test rejects."""


def _row(method: str, quantity: str, grid: str, nominal: float, coverage: Floats, where: list[str]) -> dict[str, Any]:
    lowest = int(np.argmin(coverage))
    return {
        "method": method,
        "quantity": quantity,
        "grid": grid,
        "points": len(coverage),
        "nominal": nominal,
        "mean_interval_coverage": float(coverage.mean()),
        "lowest_interval_coverage": float(coverage[lowest]),
        "lowest_at": where[lowest],
        "share_below_nominal": float((coverage < nominal - 1e-6).mean()),
    }


def coverage_of_counts(interval: Interval, truth: Floats, cdf: Callable[..., Any]) -> Floats:
    """Return the coverage of each truth by the intervals of the counts 0, 1, 2, ....

    Parameters
    ----------
    interval
        Of each count in order; limits rise with the count, so that those which hold a truth are one run.
    truth
        True values, in the unit of the interval.
    cdf
        ``cdf(x, truth)``: probability of a count of at most x.

    Examples
    --------
    Of 2 people, 0, 1 or 2: Clopper and Pearson's limits hold one half whatever happens.

    >>> ci = clopper_pearson([0, 1, 2], 2)
    >>> coverage_of_counts(ci, np.array([0.5]), lambda x, p: bdtr(x, 2, p))
    array([1.])
    """
    first = np.searchsorted(interval.upper, truth, side="left")
    last = np.searchsorted(interval.lower, truth, side="right") - 1
    below = np.where(first > 0, cdf(np.maximum(first - 1, 0), truth), 0.0)
    return np.where(last >= first, cdf(last, truth) - below, 0.0)


def _binomial_cdf(size: int, x: NDArray[np.intp], share: Floats) -> Floats:
    return np.asarray(bdtr(x, size, share))


def _proportions(confidence: float) -> list[dict[str, Any]]:
    truth = np.linspace(*_SHARES, _GRID)
    grid = f"{_SIZES[0]} to {_SIZES[-1]:,} people ({len(_SIZES)} sizes), shares {_SHARES[0]:g} to {_SHARES[1]:g}"
    rows = []
    for name, method in (("Clopper-Pearson", clopper_pearson), ("Wilson", wilson)):
        found: list[Floats] = []
        where: list[str] = []
        for size in _SIZES:
            interval = method(np.arange(size + 1), size, confidence)
            found.append(coverage_of_counts(interval, truth, partial(_binomial_cdf, size)))
            where.extend(f"{size:,} people, share {p:.3f}" for p in truth)
        rows.append(_row(name, "proportion", grid, confidence, np.concatenate(found), where))
    return rows


def _rates(confidence: float) -> list[dict[str, Any]]:
    truth = np.geomspace(*_MEANS, _GRID)
    grid = f"{_MEANS[0]:g} to {_MEANS[1]:g} expected events"
    counts = np.arange(int(_MEANS[1] * 3))
    where = [f"{mean:.2f} expected events" for mean in truth]
    return [
        _row(name, "rate", grid, confidence, coverage_of_counts(method(counts, 1.0, confidence), truth, pdtr), where)
        for name, method in (("Garwood", garwood), ("Byar", byar), ("Garwood below ten events, else Byar", rate))
    ]


@dataclass(frozen=True)
class _Outcomes:
    """Pairs of counts with their probabilities, for every point of a grid of two groups."""

    point: NDArray[np.intp]
    x1: Floats
    size1: Floats
    x2: Floats
    size2: Floats
    probability: Floats
    level1: Floats
    level2: Floats
    where: list[str]

    def summed(self, event: NDArray[np.bool_]) -> Floats:
        """Return the probability of an event at each point, of the outcomes that are in the sum."""
        whole = np.bincount(self.point, self.probability, len(self.where))
        return np.bincount(self.point, self.probability * event, len(self.where)) / whole

    def covers(self, lower: Floats, upper: Floats, truth: Floats) -> Floats:
        """Return the coverage of a truth per point."""
        at = truth[self.point]
        return self.summed((lower <= at) & (at <= upper))


def _binomial(size: float, level: float) -> tuple[Floats, Floats]:
    low = max(np.floor(bdtrik(_LEFT_OUT, size, level)), 0) if bdtr(0, size, level) < _LEFT_OUT else 0.0
    x = np.arange(low, min(np.ceil(bdtrik(1 - _LEFT_OUT, size, level)) + 1, size) + 1)
    choose = gammaln(size + 1) - gammaln(x + 1) - gammaln(size - x + 1)
    return x, np.exp(choose + xlogy(x, level) + xlog1py(size - x, -level))


def _poisson(size: float, level: float) -> tuple[Floats, Floats]:
    mean = size * level
    low = max(np.floor(pdtrik(_LEFT_OUT, mean)), 0) if np.exp(-mean) < _LEFT_OUT else 0.0
    x = np.arange(low, np.ceil(pdtrik(1 - _LEFT_OUT, mean)) + 2)
    return x, np.exp(xlogy(x, mean) - mean - gammaln(x + 1))


_Grid = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]
"""Sizes of the locality, sizes of the rest, and levels in the rest."""


def _outcomes(kind: str, grid: _Grid, ratios: tuple[float, ...]) -> _Outcomes:
    sizes, rest, levels = grid
    distribution = _binomial if kind == "proportion" else _poisson
    parts: list[tuple[Floats, ...]] = []
    level1: list[float] = []
    level2: list[float] = []
    where: list[str] = []
    for size1 in sizes:
        for size2 in rest:
            for level in levels:
                for ratio in ratios:
                    if kind == "proportion" and ratio * level > 0.9:
                        continue
                    (x1, p1), (x2, p2) = distribution(size1, ratio * level), distribution(size2, level)
                    one, other = (values.ravel() for values in np.meshgrid(x1, x2, indexing="ij"))
                    full = np.full(one.shape, float(len(where)))
                    parts.append((full, one, 0 * one + size1, other, 0 * one + size2, np.outer(p1, p2).ravel()))
                    level1.append(ratio * level)
                    level2.append(level)
                    if kind == "proportion":
                        where.append(f"{size1:,} against {size2:,} people, {ratio * level:.3g} against {level:g}")
                    else:
                        where.append(f"{size1 * ratio * level:g} against {size2 * level:g} expected events")
    point, x1, n1, x2, n2, probability = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Outcomes(point.astype(np.intp), x1, n1, x2, n2, probability, np.array(level1), np.array(level2), where)


_TWO_PROPORTIONS: _Grid = ((30, 100, 400, 2000), (1000, 20_000), (0.02, 0.1, 0.3))
_TWO_RATES: _Grid = ((2.0, 5.0, 20.0, 80.0), (100.0, 3000.0), (1.0,))
_GRIDS = {
    "proportion": "30 to 2,000 people against 1,000 and 20,000, shares 0.02, 0.1, 0.3, ratios {ratios}",
    "rate": "2 to 80 expected events (times the ratio) against 100 and 3,000, ratios {ratios}",
}


def _two_groups(confidence: float) -> list[dict[str, Any]]:
    ratios = (0.8, 1.0, 1.25, 2.0)
    rows = []
    settings: dict[str, Any] = {"important": IMPORTANT_RATIO, "scale": "ratio", "poorer_is": "higher"}
    for kind, grid, compare, difference, ratio in (
        ("proportion", _TWO_PROPORTIONS, compare_proportions, "Newcombe", "Koopman"),
        ("rate", _TWO_RATES, compare_rates, "MOVER (Garwood below 10, else Byar)", "conditional binomial"),
    ):
        all_of = _outcomes(kind, grid, ratios)
        found = compare(all_of.x1, all_of.size1, all_of.x2, all_of.size2, confidence=confidence, **settings)
        text = _GRIDS[kind].format(ratios=", ".join(f"{one:g}" for one in ratios))
        for name, quantity, lower, upper, truth in (
            (difference, "difference", found.difference_lower, found.difference_upper, all_of.level1 - all_of.level2),
            (ratio, "ratio", found.ratio_lower, found.ratio_upper, all_of.level1 / all_of.level2),
        ):
            coverage = all_of.covers(lower, upper, truth)
            rows.append(_row(name, f"{quantity} of two {kind}s", text, confidence, coverage, all_of.where))
    return rows


def _standardised(confidence: float) -> list[dict[str, Any]]:
    people = np.array([600.0, 300.0, 100.0])
    standard = np.array([500.0, 300.0, 200.0])
    found: list[float] = []
    where: list[str] = []
    for total in (2.0, 6.0, 15.0, 30.0):
        for tilt in (1.0, 3.0, 9.0):
            level = people * tilt ** np.arange(3)
            means = total * level / level.sum()
            counts, chances = zip(*(_poisson(1.0, mean) for mean in means), strict=True)
            events = np.stack([grid.ravel() for grid in np.meshgrid(*counts, indexing="ij")], axis=1)
            chance = np.prod([grid.ravel() for grid in np.meshgrid(*chances, indexing="ij")], axis=0)
            truth = (standard / standard.sum() * means / people).sum() * 1000
            interval = directly_standardised(
                events, np.broadcast_to(people, events.shape), standard, confidence, multiplier=1000
            ).interval
            covers = (interval.lower <= truth) & (truth <= interval.upper)
            found.append(float((chance * covers).sum() / chance.sum()))
            where.append(f"{total:g} expected events, rates rising {tilt:g} times per band")
    grid = "three age bands, 2 to 30 expected events, rates equal or rising 3 or 9 times per band"
    return [_row("Dobson", "directly standardised rate", grid, confidence, np.array(found), where)]


def interval_coverage_table(confidence: float = 0.95) -> pd.DataFrame:
    """Return the coverage of every interval on a stated grid of counts and sizes.

    Parameters
    ----------
    confidence
        Nominal coverage, share in (0, 1).

    Returns
    -------
    DataFrame
        One row per method: ``method, quantity, grid`` (in words)``, points, nominal, mean_interval_coverage,
        lowest_interval_coverage, lowest_at, share_below_nominal`` (share of the grid's points).

    Notes
    -----
    The coverage at a point is the probability of those outcomes whose interval holds the truth. Sums over two or three
    counts leave out outcomes of less than one in five million at each end. Takes about three seconds.
    """
    confidence = check_confidence(confidence)
    return pd.DataFrame(
        _proportions(confidence) + _rates(confidence) + _standardised(confidence) + _two_groups(confidence)
    )


def size_table(level: float = 0.05) -> pd.DataFrame:
    """Return how often each test rejects at `level` where its null is just true.

    Parameters
    ----------
    level
        Of the one-sided tests, share in (0, 1).

    Returns
    -------
    DataFrame
        One row per family of tests and null: ``method, null`` (no difference, or exactly the smallest important one:
        a ratio of 1.25)``, grid, points, level, mean_size, maximum_size, highest_at, share_above_level``. Rules per
        row are those of `indicators.comparison.compare`, so a point may mix score and exact tests, by its outcomes.
    """
    level = check_confidence(level)
    rows = []
    for kind, grid, compare, name in (
        ("proportion", _TWO_PROPORTIONS, compare_proportions, "score, exact below 5 expected"),
        ("rate", _TWO_RATES, compare_rates, "conditional binomial"),
    ):
        for poorer_is in ("higher", "lower"):
            for null, at, field in (
                ("no difference", 1.0, "p_value"),
                ("smallest important difference", IMPORTANT_RATIO, "p_important"),
            ):
                ratio = at if poorer_is == "higher" else 1.0 / at
                all_of = _outcomes(kind, grid, (ratio,))
                found = compare(
                    all_of.x1,
                    all_of.size1,
                    all_of.x2,
                    all_of.size2,
                    important=IMPORTANT_RATIO,
                    scale="ratio",
                    poorer_is=poorer_is,
                )
                size = all_of.summed(getattr(found, field) <= level)
                highest = int(np.argmax(size))
                rows.append(
                    {
                        "method": name,
                        "quantity": kind,
                        "poorer_is": poorer_is,
                        "null": null,
                        "grid": _GRIDS[kind].format(ratios=f"{ratio:g}"),
                        "points": len(size),
                        "level": level,
                        "mean_size": float(size.mean()),
                        "maximum_size": float(size[highest]),
                        "highest_at": all_of.where[highest],
                        "share_above_level": float((size > level + 1e-6).mean()),
                    }
                )
    return pd.DataFrame(rows)
