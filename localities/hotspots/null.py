"""The null of "beyond this area's own inequality": zones differ, neighbours are alike, and nowhere is special.

A Poisson or Bernoulli null (`plain_replications`, the one of "beyond chance") says that all zones have the same rate.
Real zones never do, so that it finds clusters everywhere. Here zones keep the spread of rates that was observed, and a
random field with the observed spatial correlation says where in the area the high and the low ones lie.

1. Each zone's distance from its expectation, on the logarithmic (Poisson) or logit (Bernoulli) scale; as it is for
   means. Its variance beyond what sampling alone would give is the over-dispersion. Distances are shrunk so that their
   variance is just that: what is left is a spread of rates without the noise of small numbers.
2. A field by Leroux, Lei and Breslow (`localities.hotspots.field`) orders the zones, and the sorted distances are laid
   out in that order: the marginal distribution stays as observed, with whatever tails it has. Such surrogates are due
   to Viladomat et al. (2014), *Assessing the significance of global and local correlations under spatial
   autocorrelation*, Biometrics 70, 409-418. With independent zones this is the permutation null.
3. Sampling noise is added again: counts are drawn.

The field is fitted by simulation, to two figures: Moran's I of neighbours, and Moran's I of all zones that one window
may hold, which tell how strong the correlation is and how far it reaches. Both leave out the strongest window, so that
a hot spot does not pass for correlation; replications have their own strongest window taken out in the same way, which
makes the two comparable. The correlation is not known well where zones are few, so it is not one number: each candidate
field is weighted by how likely it makes the observed figures, and replications are shared out by weight. Loh and Zhu
(2007), *Accounting for spatial correlation in the scan statistic*, Annals of Applied Statistics 1, 560-584, show why:
an uncorrelated null makes false hot spots of correlation.

Outcomes that are scanned together are drawn together, with the correlation between their distances.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from localities.hotspots.field import Fields
from localities.hotspots.measures import Measure
from localities.hotspots.scan import Excesses, Scan, excesses_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
FIELDS: tuple[tuple[float, int], ...] = (
    *((rho, 1) for rho in (0.0, 0.4, 0.65, 0.8, 0.9, 0.96, 0.99, 0.998)),
    *((rho, 2) for rho in (0.4, 0.65, 0.8, 0.9, 0.96)),
)
"""Candidate fields, ρ and order: each about evenly spaced in the correlation of neighbours."""
_NOISE_DRAWS = 64
_FIT_DRAWS = 40
_DRAWS_AT_ONCE = 128


@dataclass(frozen=True)
class Fitted:
    """The null of one outcome.

    Parameters
    ----------
    spread
        Distances of zones from their expectation without sampling noise, sorted, one per zone with a figure.
    over_dispersion
        Their standard deviation.
    morans_i
        Moran's I of zones that one window may hold, outside the strongest window.
    weights
        Weight of each of `FIELDS`.
    """

    spread: Floats
    over_dispersion: float
    morans_i: float
    weights: Floats


@dataclass(frozen=True)
class Null:
    """The null of outcomes that are scanned together.

    Parameters
    ----------
    measures, fitted
        The outcomes and what was fitted to each.
    fields
        Random fields over the area's zones.
    mixing
        Outcomes x outcomes: lower triangle whose product with itself is the correlation between outcomes.
    """

    measures: Sequence[Measure]
    fitted: Sequence[Fitted]
    fields: Fields
    mixing: Floats

    def replications(self, count: int, rng: np.random.Generator) -> Iterator[Excesses]:
        """Yield what zones have more than expected in replications, some at a time, `count` in all."""
        shares = [_shared_out(one.weights, count) for one in self.fitted]
        # one outcome's replications stay in order of field; the others' are shuffled against them
        shares = [share if number == 0 else rng.permutation(share) for number, share in enumerate(shares)]
        for start in range(0, count, _DRAWS_AT_ONCE):
            some = [share[start : start + _DRAWS_AT_ONCE] for share in shares]
            own = [self.fields.innovations(rng, len(some[0])) for _ in self.measures]
            drawn = []
            for number, measure in enumerate(self.measures):
                weights = self.mixing[number, : number + 1]
                mixed = own[0] * weights[0]
                for weight, other in zip(weights[1:], own[1:], strict=False):
                    mixed += weight * other
                field = np.empty((self.fields.zones, len(some[number])))
                for which in np.unique(some[number]):
                    columns = np.flatnonzero(some[number] == which)
                    rho, order = FIELDS[which]
                    field[:, columns] = self.fields.draw(rho, mixed[:, columns], order)
                drawn.append(_figures(measure, _laid_out(measure, self.fitted[number].spread, field), rng))
            yield excesses_of(self.measures, drawn)


def plain_replications(measures: Sequence[Measure], count: int, rng: np.random.Generator) -> Iterator[Excesses]:
    """Yield what zones have more than expected where all have the expected rate; means change places at random."""
    for start in range(0, count, _DRAWS_AT_ONCE):
        drawn = []
        for measure in measures:
            shape = (len(measure.observed), min(_DRAWS_AT_ONCE, count - start))
            apart = np.zeros(shape)
            if measure.model == "normal":
                own = np.sort((measure.observed - measure.expected)[measure.has_figure])
                apart = _laid_out(measure, own, rng.random(shape))
            drawn.append(_figures(measure, apart, rng))
        yield excesses_of(measures, drawn)


def fit_null(
    measures: Sequence[Measure], graph: csr_array, windows: csr_array, reach: csr_array, rng: np.random.Generator
) -> Null:
    """Return the null fitted to the figures of an area.

    Parameters
    ----------
    measures
        Outcomes over the area's zones.
    graph
        Neighbours.
    windows, reach
        From `localities.hotspots.windows.circular_windows`.
    rng
        Source of randomness.
    """
    fields = Fields(graph)
    pairs = _pairs(reach)
    fitted = [_fit(measure, fields, windows, (graph, pairs), rng) for measure in measures]
    return Null(measures, fitted, fields, _mixing(measures, rng))


def _fit(
    measure: Measure, fields: Fields, windows: csr_array, pairs: Sequence[csr_array], rng: np.random.Generator
) -> Fitted:
    distance, noise = _distances(measure, rng)
    known = measure.has_figure
    own = distance[known]
    mean, variance = own.mean(), own.var()
    over = float(max(variance - noise[known].mean(), 0.0))
    standard = (own - mean) / np.sqrt(np.maximum(over + noise[known], 1e-300))
    scale = standard.std()
    spread = np.sort(mean + np.sqrt(over) * standard / (scale if scale > 0 else 1.0))
    scan = Scan(windows, [measure])

    def likeness(values: Floats) -> Floats:
        """Moran's I of figures, zones x replications, outside the strongest window of each: 2 x replications."""
        window = scan.strongest(excesses_of([measure], [values]))[1]
        kept = np.repeat(known[:, None], values.shape[1], axis=1).astype(float)
        some = np.flatnonzero(window >= 0)
        kept[:, some] *= 1.0 - windows[window[some]].toarray().T
        apart = _raw_distances(measure, values)
        return np.stack([_morans_i(apart, kept, one) for one in pairs])

    observed = likeness(measure.observed[:, None])[:, 0]
    innovations = fields.innovations(rng, _FIT_DRAWS)
    log_weight = np.empty(len(FIELDS))
    for number, (rho, order) in enumerate(FIELDS):
        simulated = likeness(_figures(measure, _laid_out(measure, spread, fields.draw(rho, innovations, order)), rng))
        log_weight[number] = _log_normal(observed, simulated)
    weights = np.exp(log_weight - log_weight.max())
    return Fitted(spread, float(np.sqrt(over)), float(observed[1]), weights / weights.sum())


def _log_normal(observed: Floats, simulated: Floats) -> float:
    """Return the log density of figures under the normal distribution that simulated ones have."""
    apart = observed - simulated.mean(axis=1)
    # a little more variance than was seen, so that figures that never move do no harm
    covariance = np.cov(simulated) + 1e-8 * np.eye(len(observed))
    return float(-0.5 * apart @ np.linalg.solve(covariance, apart) - 0.5 * np.linalg.slogdet(covariance)[1])


def _raw_distances(measure: Measure, observed: Floats) -> Floats:
    """Return distances from expectation, zones x replications; halves are added so that no logarithm is infinite."""
    expected, size = measure.expected[:, None], measure.size[:, None]
    if measure.model == "normal":
        return np.where(size > 0, observed - expected, 0.0)
    apart = np.log((observed + 0.5) / (expected + 0.5))
    if measure.model == "bernoulli":
        apart -= np.log((size - observed + 0.5) / (size - expected + 0.5))
    return apart


def _distances(measure: Measure, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the distances of the data, less the bias of sampling alone, and the variance of sampling alone."""
    own = _raw_distances(measure, measure.observed[:, None])[:, 0]
    if measure.model == "normal":
        return own, np.zeros_like(own)
    alone = _raw_distances(measure, _figures(measure, np.zeros((len(own), _NOISE_DRAWS)), rng))
    return own - alone.mean(axis=1), alone.var(axis=1)


def _laid_out(measure: Measure, spread: Floats, field: Floats) -> Floats:
    """Return the distances of zones where a field orders them: zones x replications."""
    known = np.flatnonzero(measure.has_figure)
    order = known[np.argsort(field[known], axis=0)]
    result = np.zeros(field.shape)
    np.put_along_axis(result, order, np.broadcast_to(spread[:, None], order.shape), axis=0)
    return result


def _figures(measure: Measure, distance: Floats, rng: np.random.Generator) -> Floats:
    """Return figures drawn at distances from their expectation."""
    expected, size = measure.expected[:, None], measure.size[:, None]
    if measure.model == "normal":
        return np.where(size > 0, expected + distance, 0.0)
    if measure.model == "poisson":
        return rng.poisson(expected * np.exp(distance)).astype(float)
    people = np.rint(size).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = expected / (size - expected) * np.exp(distance)
        chance = np.where(size > expected, odds / (1 + odds), 1.0)
    return rng.binomial(people, np.where(size > 0, chance, 0.0)).astype(float)


def _pairs(reach: csr_array) -> csr_array:
    """Return pairs of different zones that a window about the first may hold: 0 and 1."""
    from scipy.sparse import csr_array as sparse

    cells = reach.tocoo()
    first, second = cells.coords
    apart = first != second
    return sparse((np.ones(int(apart.sum())), (first[apart], second[apart])), shape=reach.shape)


def _morans_i(values: Floats, kept: Floats, pairs: csr_array) -> Floats:
    count = kept.sum(axis=0)
    apart = (values - (values * kept).sum(axis=0) / np.maximum(count, 1)) * kept
    products = (apart * (pairs @ apart)).sum(axis=0)
    weight = (kept * (pairs @ kept)).sum(axis=0)
    variance = (apart**2).sum(axis=0) / np.maximum(count, 1)
    usable = (weight > 0) & (variance > 0)
    return np.where(usable, products / np.where(usable, weight * variance, 1.0), 0.0)


def _mixing(measures: Sequence[Measure], rng: np.random.Generator) -> Floats:
    """Return the lower triangle of the correlation between outcomes, sampling noise allowed for."""
    number = len(measures)
    correlation = np.eye(number)
    each = [_distances(measure, rng) for measure in measures]
    for one in range(number):
        for other in range(one):
            both = measures[one].has_figure & measures[other].has_figure
            if both.sum() < 3:
                continue
            first, second = each[one][0][both], each[other][0][both]
            shared = float(np.mean((first - first.mean()) * (second - second.mean())))
            variances = [
                max(values.var() - each[which][1][both].mean(), 0.1 * values.var())
                for values, which in ((first, one), (second, other))
            ]
            scale = float(np.sqrt(variances[0] * variances[1]))
            if scale > 0:
                correlation[one, other] = correlation[other, one] = np.clip(shared / scale, -0.99, 0.99)
    # pairs are estimated one by one, so that together they may not be a correlation: the nearest way back
    values, vectors = np.linalg.eigh(correlation)
    mended = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    root = np.sqrt(np.diag(mended))
    return np.linalg.cholesky(mended / np.outer(root, root))


def _shared_out(weights: Floats, count: int) -> NDArray[np.intp]:
    """Return the number of the candidate field of each of `count` replications, by largest remainder."""
    exact = weights * count
    whole = np.floor(exact).astype(np.intp)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: count - int(whole.sum())]] += 1
    return np.repeat(np.arange(len(weights)), whole)
