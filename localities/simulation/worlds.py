"""Worlds: figures for every zone as a stated process would have made them, on the real geography and denominators.

Three kinds of world are enough to see what each part of the method guards against:

``sampling``
    No differences at all: every zone has the national level, and only chance differs.
``scattered``
    Zones differ as much as the real ones do (each indicator keeps its real distribution over zones, and indicators
    their real correlations), but without any regard to where they lie.
``clustered``
    The same, and neighbours are as alike as the real ones are.

Counts are binomial (proportions) or Poisson (rates) around the zone's level, with the real denominators. Counts that
the publisher would have hidden are hidden. For means there is no sampling model; see `World`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from localities.evidence.panel import STATE, Panel
from localities.evidence.sums import spread_of_means
from localities.simulation.fields import neighbour_correlation, smoother

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]

SMOOTHING_STEPS = 4
"""Steps over the graph: neighbours up to some 8 zones apart share noise, about the size of a town of 50,000."""

_NODES = 9
_BLANK = 1e-9


@dataclass(frozen=True)
class Scenario:
    """A kind of world.

    Parameters
    ----------
    name, meaning
        For the tables and in words.
    spread
        Spread of zones' levels about the national one, as a share of the real spread.
    is_clustered
        Whether neighbours are alike.
    """

    name: str
    meaning: str
    spread: float
    is_clustered: bool


SCENARIOS = (
    Scenario("sampling", "no zone differs from another; chance alone", 0.0, False),
    Scenario("scattered", "zones differ as much as the real ones, without regard to where they lie", 1.0, False),
    Scenario("clustered, small", "zones differ a fifth as much as the real ones, neighbours alike", 0.2, True),
    Scenario("clustered", "zones differ as much as the real ones, and neighbours are as alike", 1.0, True),
)


@dataclass(frozen=True)
class Process:
    """What the real figures say about levels: their distribution, how indicators go together, how neighbours do.

    Parameters
    ----------
    panel
        The real figures, whose denominators and gaps every world keeps.
    quantiles
        Per series, the real levels of its zones, ascending (numerator / denominator for counts, the value for means).
    overall
        Per series, the level of all zones together.
    root
        Series x series: a square root of the correlation of normal scores.
    smooth_share
        Per series, share of the variance of normal scores that is smooth over the graph.
    neighbour_correlation
        Per series, Moran's I of the real normal scores.
    smooth
        Zones x zones: `localities.simulation.fields.smoother`.
    spread
        Per mean, the real standard deviation between zones; NaN for counts.
    """

    panel: Panel
    quantiles: tuple[Floats, ...]
    overall: Floats
    root: Floats
    smooth_share: Floats
    neighbour_correlation: Floats
    smooth: csr_array
    spread: Floats


@dataclass(frozen=True)
class World:
    """A simulated world.

    Parameters
    ----------
    panel
        Figures as they would be published.
    level
        Zones x series: the true level of each zone, numerator / denominator for counts and the value for means.
    place
        Zones x series: the level that is due to where the zone lies, its own scatter averaged out. Findings are about
        residents, so their truth is `level`.
    spread
        Per mean, the standard deviation between the real zones: the unit of what matters, which a world without
        differences lacks.
    """

    panel: Panel
    level: Floats
    place: Floats
    spread: Floats


def levels_of(panel: Panel) -> Floats:
    """Return the observed level of each zone and series; NaN where none is usable or its count is hidden."""
    is_mean = np.array([one.kind == "mean" for one in panel.indicators])
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.where(is_mean, panel.value, panel.numerator / panel.denominator)
    return np.where(panel.is_usable & ~panel.is_imputed, level, np.nan)


def fit_process(panel: Panel, neighbours: csr_array) -> Process:
    """Return the process behind real figures.

    Parameters
    ----------
    panel
        One period of each indicator.
    neighbours
        Zones x zones, 0 and 1, in the order of the panel.

    Notes
    -----
    The smooth share is the neighbours' correlation over that of a wholly smooth field. Observed levels of counts hold
    sampling noise: their spread is drawn in, and the smooth share raised, by the reliability of a zone's level (one
    less the mean sampling variance over the observed variance), so that a world's figures spread as the real ones do.
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    level = levels_of(panel)
    ranks = rankdata(level, axis=0, nan_policy="omit")
    scores = ndtri((ranks - 0.5) / np.isfinite(level).sum(axis=0))
    smooth = smoother(neighbours, SMOOTHING_STEPS)
    # Moran's I of a wholly smooth field: mean covariance over pairs of neighbours
    covariance = neighbours.astype(float).multiply(smooth @ smooth.T)
    wholly = float(covariance.sum() / max(neighbours.sum(), 1))
    alike = neighbour_correlation(scores, neighbours)
    known = np.isfinite(scores).astype(float)
    z = np.nan_to_num(scores)
    both = known.T @ known
    scale = np.sqrt(((z**2).T @ known) * ((z**2).T @ known).T)
    correlation = np.where(both > 2, z.T @ z / np.where(scale > 0, scale, 1.0), 0.0)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    root /= np.sqrt((root**2).sum(axis=1, keepdims=True))
    weight = np.where(np.isfinite(level), np.nan_to_num(panel.denominator), 0.0)
    overall = (weight * np.nan_to_num(level)).sum(axis=0) / np.maximum(weight.sum(axis=0), _BLANK)
    reliable = _reliability(panel, level, overall)
    quantiles = [
        middle + np.sqrt(trust) * (np.sort(column[np.isfinite(column)]) - middle)
        for column, middle, trust in zip(level.T, overall, reliable, strict=True)
    ]
    return Process(
        panel=panel,
        quantiles=tuple(quantiles),
        overall=overall,
        root=root,
        smooth_share=np.clip(alike / np.maximum(wholly * reliable, _BLANK), 0.0, 1.0),
        neighbour_correlation=alike,
        smooth=smooth,
        spread=spread_of_means(panel),
    )


def _reliability(panel: Panel, level: Floats, overall: Floats) -> Floats:
    """Return per series the share of the variance of zones' levels that is not sampling noise."""
    found = np.ones(level.shape[1])
    for column, one in enumerate(panel.indicators):
        known = np.isfinite(level[:, column])
        size, middle = panel.denominator[known, column], overall[column]
        person = middle * (1 - middle if one.kind == "proportion" else 1.0)
        if one.kind == "mean":
            person = (one.sd_between_people or 0.0) ** 2
        noise = person * np.mean(1.0 / size)
        found[column] = np.clip(1 - noise / max(float(np.var(level[known, column])), _BLANK * middle**2), 0.05, 1.0)
    return found


def simulate(process: Process, scenario: Scenario, rng: np.random.Generator) -> World:
    """Return one world of a scenario.

    Notes
    -----
    Normal deviates z = sqrt(h) S + sqrt(1 - h) N with S smooth over the graph, N a zone's own, and both correlated
    between indicators as the real normal scores are; h is the indicator's smooth share, or 0 where the scenario is not
    clustered. A zone's level is the real quantile of z, drawn in toward the overall level by the scenario's spread
    (a Gaussian copula: Nelsen 2006, An Introduction to Copulas, section 2.3).
    """
    zones, series = process.panel.denominator.shape
    if scenario.spread == 0:
        flat = np.broadcast_to(process.overall, (zones, series)).copy()
        return observe(process, flat, flat, rng)
    share = process.smooth_share if scenario.is_clustered else np.zeros(series)
    own = rng.standard_normal((zones, series)) @ process.root.T
    smooth = np.sqrt(share) * (process.smooth @ (rng.standard_normal((zones, series)) @ process.root.T))
    level = _quantile(process, smooth + np.sqrt(1 - share) * own)
    # the zone's own scatter averaged out by Gauss and Hermite's rule
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    place = np.zeros_like(level)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        place += weight * _quantile(process, smooth + np.sqrt(1 - share) * node)
    drawn_in = [process.overall + scenario.spread * (one - process.overall) for one in (level, place)]
    return observe(process, drawn_in[0], drawn_in[1], rng)


def _quantile(process: Process, deviates: Floats) -> Floats:
    from scipy.special import ndtr

    found = np.empty_like(deviates)
    for column, values in enumerate(process.quantiles):
        found[:, column] = np.interp(ndtr(deviates[:, column]), (np.arange(len(values)) + 0.5) / len(values), values)
    return found


def observe(
    process: Process, level: Floats, place: Floats, rng: np.random.Generator, *, episodes: float | None = None
) -> World:
    """Return the world whose zones have the levels given, as it would be published and read again.

    Each zone's people are drawn once: binomial or Poisson counts, the mean of as many people as a mean has behind it.
    Episodes come several to a person: Poisson many people have a geometric number of them each, so that their variance
    is the dispersion times their mean. Small counts are hidden, and what is published rounded is rounded.

    Parameters
    ----------
    episodes
        True dispersion of the indicators that declare one above 1; None means as declared.
    """
    real = process.panel
    usable = real.is_usable
    size = np.where(usable, np.nan_to_num(real.denominator), 0.0)
    numerator, value = np.full(level.shape, np.nan), np.full(level.shape, np.nan)
    low, high = numerator.copy(), numerator.copy()
    state = real.state.copy()
    level = level.copy()
    for column, one in enumerate(real.indicators):
        n, at = size[:, column], usable[:, column]
        if one.kind == "mean":
            noise = (one.sd_between_people or 0.0) / np.sqrt(np.where(n > 0, n, np.inf))
            value[at, column] = (level[:, column] + noise * rng.standard_normal(len(n)))[at]
            continue
        expected = np.maximum(level[:, column], 0.0)
        if one.kind == "proportion":
            drawn = rng.binomial(np.rint(n).astype(np.int64), np.minimum(expected, 1.0)).astype(float)
        else:
            dispersion = one.dispersion if episodes is None or one.dispersion == 1 else episodes
            drawn = _episodes(rng, n * expected, dispersion)
        most = n if one.kind == "proportion" else np.inf
        open_by = np.zeros(len(n))
        if one.rounding and one.people is not None:
            step = one.rounding / one.people.per * n
            drawn = np.round(np.divide(drawn, step, out=np.zeros(len(n)), where=step > 0)) * step
            open_by = step / 2
        numerator[at, column] = np.minimum(drawn, most)[at]
        low[at, column] = np.maximum(drawn - open_by, 0.0)[at]
        high[at, column] = np.minimum(drawn + open_by, most)[at]
        value[at, column] = numerator[at, column] / n[at] * one.multiplier
        state[at & (state[:, column] == STATE["suppressed"]), column] = STATE["observed"]
    panel = Panel(real.zone_codes, real.series, real.indicators, numerator, np.where(usable, size, real.denominator),
                  value, low, high, state, real.summable, real.parent)  # fmt: skip
    return World(_hidden(panel, real), level, place, process.spread)


def _episodes(rng: np.random.Generator, expected: Floats, dispersion: float) -> Floats:
    """Return counts of a mean and a dispersion: people, each with a geometric number of episodes.

    With m episodes to a person on average the variance is 2 m - 1 times the mean (Pólya and Aeppli's distribution).
    """
    if dispersion == 1:
        return rng.poisson(expected).astype(float)
    each = (dispersion + 1) / 2
    people = rng.poisson(expected / each)
    more = rng.negative_binomial(np.maximum(people, 1), 1 / each)
    return (people + np.where(people > 0, more, 0)).astype(float)


def _hidden(panel: Panel, real: Panel) -> Panel:
    """Return the panel with small counts hidden, in the series in which the publisher hides them."""
    numerator, low, high = (array.copy() for array in (panel.numerator, panel.numerator_low, panel.numerator_high))
    state = panel.state.copy()
    for column in np.flatnonzero(real.is_imputed.any(axis=0)):
        bounds = real.indicators[column].suppression
        if bounds.lower is None or bounds.upper is None:
            continue
        hide = (numerator[:, column] >= bounds.lower) & (numerator[:, column] <= bounds.upper)
        top = np.minimum(bounds.upper, panel.denominator[hide, column])
        low[hide, column], high[hide, column] = np.minimum(bounds.lower, top), top
        middle = (low[hide, column] + top) / 2
        numerator[hide, column] = np.round(middle) if real.indicators[column].counts_are_whole else middle
        state[hide, column] = STATE["suppressed"]
    return replace(panel, numerator=numerator, numerator_low=low, numerator_high=high, state=state)
