"""What is scanned: the figures of one outcome in the zones of an area, what is expected, which way is poorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue, Indicator
from indicators.errors import ConfigError, GeographyError
from localities.evidence.panel import build_panel
from localities.hotspots.likelihood import bernoulli_llr, count_bound, least_excess, normal_llr, poisson_llr

MODELS = ("bernoulli", "poisson", "normal")
_MODEL_OF_KIND = {"proportion": "bernoulli", "mean": "normal"}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One outcome over zones.

    Parameters
    ----------
    indicator_id, period, model
        What it is, when, and one of `MODELS`.
    sign
        1 where more (or a higher mean) is poorer, -1 where less is.
    observed
        Counts; for the normal model, values. 0 where there is no figure.
    size
        People at risk (Bernoulli), exposure (Poisson), weight (normal). 0 where there is no figure.
    expected
        Counts expected; for the normal model, values expected. 0 where there is no figure.
    """

    indicator_id: str
    period: str
    model: str
    sign: float
    observed: Floats
    size: Floats
    expected: Floats

    @property
    def has_figure(self) -> NDArray[np.bool_]:
        """Zones with a figure."""
        return self.size > 0

    @property
    def can_be_scanned(self) -> bool:
        """Whether zones differ in any way that a scan could find."""
        known = self.observed[self.has_figure]
        if self.model == "normal":
            return len(known) > 2 and float(np.ptp(known)) > 0
        room = self.size.sum() if self.model == "bernoulli" else np.inf
        return len(known) > 2 and 0 < float(known.sum()) < room

    def within(self, zones: NDArray[np.intp]) -> Measure:
        """Return the outcome in some zones, expected counts scaled to have the total of those observed there."""
        observed, size, expected = (one[zones] for one in (self.observed, self.size, self.expected))
        if self.model != "normal" and expected.sum() > 0:
            expected = expected * (observed.sum() / expected.sum())
        if self.model == "bernoulli":
            expected = np.minimum(expected, size)
        return Measure(self.indicator_id, self.period, self.model, self.sign, observed, size, expected)

    def without(self, zones: NDArray[np.intp]) -> Measure:
        """Return the outcome as if some zones had no figure."""
        kept = np.ones(len(self.observed))
        kept[zones] = 0.0
        parts = (self.observed * kept, self.size * kept, self.expected * kept)
        left = Measure(self.indicator_id, self.period, self.model, self.sign, *parts)
        return left.within(np.arange(len(kept)))

    def excess(self, observed: Floats) -> tuple[Floats, Floats]:
        """Return what each zone has more than expected, toward poorer, and the squares of the normal model.

        Parameters
        ----------
        observed
            Zones x replications. Counts of a replication are scaled to the total that was observed, so that all are
            judged as if that many events had been shared out.
        """
        if self.model == "normal":
            weight = self.size[:, None]
            apart = observed - self.expected[:, None]
            mean = (weight * apart).sum(axis=0) / weight.sum()
            apart = apart - mean
            return self.sign * weight * apart, (weight * apart**2).sum(axis=0)
        totals = observed.sum(axis=0)
        scale = self.observed.sum() / np.where(totals > 0, totals, 1.0)
        counts = observed * scale
        if self.model == "bernoulli":
            counts = np.minimum(counts, self.size[:, None])
        return self.sign * (counts - self.expected[:, None]), np.zeros(observed.shape[1])

    def llr(self, excess: Floats, expected: Floats, size: Floats, squares: Floats | float) -> Floats:
        """Return log likelihood ratios of windows, given their sums."""
        if self.model == "normal":
            return normal_llr(excess, size, self.size.sum(), squares, float(self.has_figure.sum()))
        if self.model == "bernoulli":
            return bernoulli_llr(excess, expected, size, self.observed.sum(), self.size.sum(), self.sign)
        return poisson_llr(excess, expected, self.observed.sum(), self.sign)

    def least_excess(self, expected: Floats, ratio: float) -> Floats:
        """Return the excess from which windows have a ratio to the rest's rate; for means, no bound."""
        if self.model == "normal" or ratio <= 1:
            return np.full(expected.shape, -np.inf)
        # rounding must not make a ratio that is just enough too small
        return least_excess(expected, self.observed.sum(), ratio, self.sign) - 1e-9

    def bound(self, expected: Floats, size: Floats) -> Floats:
        """Return k per window such that k x excess² bounds the ratio of counts (`count_bound`)."""
        is_share = self.model == "bernoulli"
        return count_bound(expected, size if is_share else None, float(self.observed.sum()), float(self.size.sum()))


def model_of(indicator: Indicator) -> str:
    """Return the model for an indicator: people counted or not, events, or means."""
    return _MODEL_OF_KIND.get(indicator.kind, "poisson")


def measures_of(
    observations: pd.DataFrame,
    indicators: Sequence[Indicator],
    zone_codes: Sequence[str],
    expected: Mapping[str, pd.Series] | None = None,
    models: Mapping[str, str] | None = None,
) -> list[Measure]:
    """Return the latest figures of indicators over zones, in the order asked for.

    Parameters
    ----------
    observations
        Table ``observations``. A suppressed count whose bounds are declared stands at the middle of them.
    indicators
        Outcomes to scan.
    zone_codes
        Zones in the order wanted.
    expected
        Per indicator, what is expected of each zone given covariates (age, rurality, whatever was adjusted for), by
        zone code: counts, or values for means. Only its proportions matter for counts. By default the same rate, or
        mean, everywhere.
    models
        Per indicator, one of `MODELS`, where the one that its kind takes is not wanted.

    Raises
    ------
    ConfigError
        If there are no figures for an indicator, or no such model.
    GeographyError
        If an expectation lacks a zone that has a figure, or is negative.
    """
    wanted = [one.id for one in indicators]
    rows = observations[observations["indicator_id"].isin(wanted) & (observations["area_type"] == "data_zone")]
    absent = sorted(set(wanted) - set(rows["indicator_id"].unique()))
    if absent or not wanted:
        raise ConfigError(
            "There is nothing to scan: an indicator has no figures for data zones",
            codes=absent,
            expected="indicators with observations of data zones",
            remedy="name others",
        )
    panel = build_panel(rows, Catalogue(tuple(indicators)), zone_codes, headline_only=True)
    column_of = {name: column for column, name in enumerate(panel.series["indicator_id"])}
    found = []
    for one in indicators:
        column = column_of[one.id]
        model = (models or {}).get(one.id) or model_of(one)
        if model not in MODELS:
            raise ConfigError("No such model", expected=", ".join(MODELS), found=model)
        counted = panel.value if model == "normal" else panel.numerator
        there = np.isfinite(counted[:, column]) & (panel.denominator[:, column] > 0)
        observed = np.where(there, counted[:, column], 0.0)
        size = np.where(there, panel.denominator[:, column], 0.0)
        if model == "bernoulli":
            observed = np.minimum(observed, size)
        if not there.any():
            raise ConfigError(
                "An indicator has no figures that a scan of this kind could use", codes=[one.id], found=model
            )
        usual = _usual(observed, size, model)
        given = (expected or {}).get(one.id)
        if given is not None:
            usual = _given(one.id, given, zone_codes, there, model)
        sign = 1.0 if one.poorer_is == "higher" else -1.0
        period = str(panel.series["period"].iloc[column])
        found.append(Measure(one.id, period, model, sign, observed, size, np.where(there, usual, 0.0)))
    return found


def _usual(observed: Floats, size: Floats, model: str) -> Floats:
    if model == "normal":
        return np.zeros_like(observed)
    return size * (observed.sum() / size.sum())


def _given(
    indicator_id: str, expected: pd.Series, zone_codes: Sequence[str], there: NDArray[np.bool_], model: str
) -> Floats:
    values = expected.reindex(pd.Index(zone_codes)).to_numpy(dtype="float64")
    bad = there & (~np.isfinite(values) | ((values < 0) & (model != "normal")))
    if bad.any():
        raise GeographyError(
            "An expectation is missing or negative for zones that have figures",
            where=f"expected values of {indicator_id}",
            codes=np.asarray(zone_codes, dtype=object)[bad],
            expected="a number of at least 0 for every zone with a figure",
            found=f"{int(bad.sum()):,} zones without",
            remedy="give the expectation for these zones",
        )
    return np.where(there, values, 0.0)
