"""The table `estimates`: a value with its interval for every locality, indicator and period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue
from indicators.intervals.counts import quasi_proportion, quasi_rate, rate, standardised_ratio, wilson
from indicators.schema.vocabulary import STATUSES
from localities.evidence.panel import STATE, Floats, Panel
from localities.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd

from localities.evidence.sums import (
    Panels,
    Places,
    Sums,
    adding_up_in,
    aggregate,
    between_zone_variance,
    coarse_places_and_panel,
    of_cut_areas,
    places_and_panel,
    values_of,
)

_NOBODY = 0.5


def build_estimates(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: gpd.GeoDataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    settings: Settings,
    panels: Panels | None = None,
) -> pd.DataFrame:
    """Return the table ``estimates``: one row per candidate locality, indicator and period.

    Counts are summed before any rate is taken. Whole counts of a proportion have Wilson limits, rates exact limits
    below ten events and Byar's above, counts that are not whole or that are dispersed the quasi-likelihood versions,
    and means limits from the people behind them; a mean whose people are not known has none. ``coverage`` is the share
    of residents who live in zones with an observed figure; a suppressed zone is imputed where the source declares
    bounds (status ``modelled`` then), else left out. Figures published for intermediate zones only are those of the
    whole intermediate zones in a locality; a locality that cuts some gets their figures by its share of their
    residents, with wider limits, as ``modelled``.

    Raises
    ------
    ConfigError
        If an observation names an indicator that is not declared.
    """
    places, panel = places_and_panel(observations, catalogue, zones, candidate_localities, membership, panels)
    table = estimates_of(places, panel, settings)
    coarse = coarse_places_and_panel(observations, catalogue, zones, places, panels)
    return table if coarse is None else _stacked([table, estimates_of(*coarse, settings)])


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return rows of several tables of the same columns one after another, texts as codes staying codes."""
    from pandas.api.types import union_categoricals

    def column(name: str) -> object:
        parts = [one[name] for one in tables]
        is_coded = isinstance(parts[0].dtype, pd.CategoricalDtype)
        return union_categoricals(parts) if is_coded else np.concatenate([one.to_numpy() for one in parts])

    return pd.DataFrame({name: column(name) for name in tables[0].columns})


def estimates_of(places: Places, panel: Panel, settings: Settings) -> pd.DataFrame:
    """Return the rows of the table ``estimates`` for the series of a panel."""
    sums = aggregate(places.members, panel, places.population, places.adding_up)
    value = values_of(sums, panel.indicators)
    apart = _not_to_be_had(places, panel)
    value[apart] = np.nan
    lower, upper = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    method = np.full(value.shape, "none", dtype=object)
    effective = np.where(sums.denominator > 0, sums.denominator, np.nan)

    groups: dict[tuple[str, bool, float], list[int]] = {}
    for column, one in enumerate(panel.indicators):
        is_whole = one.counts_are_whole and one.people is None and one.dispersion == 1
        groups.setdefault((one.kind, is_whole, one.dispersion), []).append(column)
    for (kind, is_whole, dispersion), listed in groups.items():
        columns = np.array(listed)
        scale = np.array([panel.indicators[column].multiplier for column in listed])
        x, n = sums.numerator[:, columns], sums.denominator[:, columns]
        if kind == "mean":
            own = [panel.indicators[column] for column in listed]
            between = np.array([np.nan if one.sd_between_people is None else one.sd_between_people for one in own])
            with np.errstate(invalid="ignore", divide="ignore"):
                variance = of_cut_areas(places, panel, columns, between_zone_variance(panel, columns)[0], n)
                half = _z(settings.confidence) * np.sqrt(np.where(n > 0, between**2 / n, np.nan) + variance)
            # limits are cut at what a value can be; an estimate beyond it (a publisher's own) keeps its place inside
            least, most = np.array([panel.indicators[column].possible for column in listed]).T
            mean = value[:, columns]
            lower[:, columns] = np.minimum(np.maximum(mean - half, least), mean)
            upper[:, columns] = np.maximum(np.minimum(mean + half, most), mean)
            named = np.where(between > 0, "normal, people behind the mean", "measured")
            method[:, columns] = np.where(np.isfinite(half), named, "none")
            continue
        # an imputed count need not be whole, and then takes the version that allows it
        whole = is_whole & (x == np.round(x))
        for rows, exact in ((whole, True), (~whole, False)):
            if not rows.any():
                continue
            interval = _interval(kind, x[rows], n[rows], exact, dispersion, settings.confidence)
            factor = np.broadcast_to(scale, x.shape)[rows]
            _put(lower, columns, rows, interval.lower * factor)
            _put(upper, columns, rows, interval.upper * factor)
            _put(method, columns, rows, interval.method)
    status = np.where(apart, "not_applicable", status_of(places, panel, sums))
    return _estimates_table(places, panel, sums, value, lower, upper, method, status, effective, settings)


def _not_to_be_had(places: Places, panel: Panel) -> NDArray[np.bool_]:
    """Return where a place is not one area, of a figure that areas together have not from their own."""
    alone = np.array([not one.is_combined for one in panel.indicators], dtype=bool)
    is_one = (np.diff(places.members.indptr) == 1) & ~places.is_cutting
    return ~is_one[:, None] & alone[None, :]


def _interval(kind: str, x: Floats, n: Floats, is_whole: bool, dispersion: float, confidence: float):
    if kind == "proportion":
        return wilson(x, n, confidence) if is_whole else quasi_proportion(x, n, dispersion, confidence)
    if kind == "standardised_ratio" and is_whole:
        return standardised_ratio(x, n, confidence)
    return rate(x, n, confidence) if is_whole else quasi_rate(x, n, dispersion, confidence)


def _put(target: NDArray, columns: NDArray[np.intp], rows: NDArray[np.bool_], values: NDArray) -> None:
    block = target[:, columns]
    block[rows] = values
    target[:, columns] = block


def _z(confidence: float) -> float:
    from indicators.intervals.counts import two_sided_quantile

    return two_sided_quantile(confidence)


def _estimates_table(
    places: Places,
    panel: Panel,
    sums: Sums,
    value: Floats,
    lower: Floats,
    upper: Floats,
    method: NDArray[np.object_],
    status: NDArray[np.object_],
    effective: Floats,
    settings: Settings,
) -> pd.DataFrame:
    residents = (places.members @ places.population)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        coverage = np.where(residents > 0, np.clip(sums.residents / residents, 0, 1), np.nan)
    count, series = value.shape
    k = np.tile(np.arange(series), count)

    def repeated(name: str) -> pd.Categorical:
        codes, names = pd.factorize(panel.series[name].to_numpy(dtype=object))
        return pd.Categorical.from_codes(codes[k], categories=names)

    has = np.isfinite(value).ravel()
    is_count = np.array([one.kind != "mean" for one in panel.indicators])
    return pd.DataFrame(
        {
            # texts that repeat for every row as codes: a quarter of the memory
            "locality_id": pd.Categorical.from_codes(
                np.repeat(np.arange(count), series), categories=pd.Index(places.locality_id)
            ),
            "indicator_id": repeated("indicator_id"),
            "period": repeated("period"),
            "is_headline_period": panel.series["is_headline_period"].to_numpy(dtype=bool)[k],
            "numerator": np.where(has & is_count[k], sums.numerator.ravel(), np.nan),
            "denominator": np.where(has, sums.denominator.ravel(), np.nan),
            "value": value.ravel(),
            "lower_ci": lower.ravel(),
            "upper_ci": upper.ravel(),
            "ci_method": pd.Categorical(method.ravel()),
            "confidence": settings.confidence,
            "coverage": coverage.ravel(),
            "effective_n": effective.ravel(),
            "status": pd.Categorical(status.ravel()),
            "source_id": repeated("source_id"),
        }
    )


def status_of(places: Places, panel: Panel, sums: Sums) -> NDArray[np.object_]:
    """Return the status of each locality x series.

    ``observed`` where some zone has a figure and none of them was imputed or modelled (what adds up from old zones that
    belong whole was not); ``modelled`` where one was; else what most of its zones say: ``suppressed``,
    ``not_applicable`` or ``missing``.
    """
    touched = places.members.copy()
    touched.data = (touched.data > 0).astype(float)
    votes = np.stack([touched @ (panel.state == STATE[name]).astype(float) for name in STATUSES])
    # an "observed" zone without residents has no figure, so it says not applicable
    votes[STATE["not_applicable"]] += votes[STATE["observed"]]
    votes[STATE["observed"]] = 0
    worst = np.array(STATUSES, dtype=object)[votes.argmax(axis=0)]
    shared = (panel.state == STATE["modelled"]) & panel.is_usable
    adds_up = shared & (panel.summable > 0)
    modelled = touched @ (shared & ~adds_up).astype(float)
    if adds_up.any():
        whole = adding_up_in(places.members, panel, places.population, places.adding_up, adds_up)
        part = places.members @ (adds_up * places.population[:, None]) - whole
        modelled = modelled + (part > _NOBODY)
    is_modelled = (sums.imputed > 0) | (modelled > 0) | (places.is_cutting & places.is_coarse)[:, None]
    return np.where(sums.zones == 0, worst, np.where(is_modelled, "modelled", "observed"))
