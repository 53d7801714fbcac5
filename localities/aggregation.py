"""Sums over localities and over what they are held against, and estimates with their intervals.

Everything is a product of a sparse membership matrix (localities x zones) with the dense arrays of a `Panel`
(zones x series): one pass for all of Scotland, every candidate set, indicator and period.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from indicators.catalogue import Catalogue, Indicator
from indicators.intervals import quasi_proportion, quasi_rate, rate, standardised_ratio, wilson
from indicators.tables import STATUSES
from localities.panel import STATE, Floats, Panel, build_panel
from localities.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "Places",
    "Sums",
    "aggregate",
    "build_estimates",
    "build_places",
    "coarse_places_and_panel",
    "parents_of",
    "places_and_panel",
]


_COARSE = "intermediate_zone"
_WHOLE = 1e-9
"""Share of residents up to which an area counts as whole, or not at all."""


@dataclass(frozen=True)
class Places:
    """Candidate localities as arithmetic needs them.

    Parameters
    ----------
    locality_id, candidate_set
        One per locality (L), in the order of the rows of ``members``.
    members
        L x Z sparse matrix: share of each zone's residents who belong.
    cpp
        Index of each locality's partnership (L).
    zone_cpp
        Index of each zone's partnership (Z).
    cpp_codes
        Codes by index.
    population
        Residents of each zone (Z).
    drawn_from
        Ids of the indicators that each locality was drawn from.
    parts
        Where the rows of the panel are larger areas: data zones in each. Empty for data zones.
    """

    locality_id: NDArray[np.object_]
    candidate_set: NDArray[np.object_]
    members: sparse.csr_array
    cpp: NDArray[np.intp]
    zone_cpp: NDArray[np.intp]
    cpp_codes: NDArray[np.object_]
    population: Floats
    drawn_from: tuple[frozenset[str], ...]
    parts: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def is_coarse(self) -> bool:
        """Whether the areas are larger than data zones."""
        return bool(len(self.parts))

    @property
    def is_cutting(self) -> NDArray[np.bool_]:
        """Per locality: some area belongs to it in part only."""
        partly = self.members.copy()
        partly.data = ((partly.data > _WHOLE) & (partly.data < 1 - _WHOLE)).astype(float)
        return np.asarray(partly.sum(axis=1)).ravel() > 0

    @property
    def by_cpp(self) -> sparse.csr_array:
        """CPPs x zones: 1 where the zone lies in the partnership."""
        zones = len(self.zone_cpp)
        return sparse.csr_array((np.ones(zones), (self.zone_cpp, np.arange(zones))), shape=(len(self.cpp_codes), zones))


@dataclass(frozen=True)
class Sums:
    """Sums of usable figures over areas x series.

    Parameters
    ----------
    numerator, numerator_low, numerator_high, denominator
        Counts; suppressed ones imputed, at their lower and at their upper bound.
    weighted
        Sum of denominator x value, for means.
    squared_weights
        Sum of squared denominators, for the effective number of zones.
    zones
        Zones with a usable figure.
    residents
        Residents of zones with an observed (not imputed) figure.
    usable_residents
        Residents of zones with a figure, observed or known to lie between bounds.
    imputed
        Zones whose suppressed count is imputed.
    """

    numerator: Floats
    numerator_low: Floats
    numerator_high: Floats
    denominator: Floats
    weighted: Floats
    squared_weights: Floats
    zones: Floats
    residents: Floats
    usable_residents: Floats
    imputed: Floats

    def minus(self, other: Sums) -> Sums:
        """Return these sums less another's: the rest of an area."""
        return Sums(*(getattr(self, name) - getattr(other, name) for name in self.__dataclass_fields__))

    def columns(self, wanted: NDArray[np.intp]) -> Sums:
        """Return the sums of some series, in the order given."""
        return Sums(*(getattr(self, name)[:, wanted] for name in self.__dataclass_fields__))

    def take(self, rows: NDArray[np.intp]) -> Sums:
        """Return the sums of some areas, in the order given."""
        return Sums(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def build_places(zones: gpd.GeoDataFrame, candidate_localities: pd.DataFrame, membership: pd.DataFrame) -> Places:
    """Return localities and zones as `Places`, in the order of the tables given."""
    codes, cpp_codes = pd.factorize(zones["cpp_code"], sort=True)
    rows = pd.Index(candidate_localities["locality_id"]).get_indexer(pd.Index(membership["locality_id"]))
    columns = pd.Index(zones["zone_code"]).get_indexer(pd.Index(membership["zone_code"]))
    members = sparse.csr_array(
        (membership["weight"].to_numpy(dtype="float64"), (rows, columns)),
        shape=(len(candidate_localities), len(zones)),
    )
    return Places(
        locality_id=candidate_localities["locality_id"].to_numpy(dtype=object),
        candidate_set=candidate_localities["candidate_set"].to_numpy(dtype=object),
        members=members,
        cpp=pd.Index(cpp_codes).get_indexer(pd.Index(candidate_localities["cpp_code"])),
        zone_cpp=codes.astype(np.intp),
        cpp_codes=np.asarray(cpp_codes, dtype=object),
        population=zones["population"].to_numpy(dtype="float64"),
        drawn_from=tuple(
            frozenset(part.strip() for part in str(text).split(",") if part.strip()) if pd.notna(text) else frozenset()
            for text in candidate_localities["drawn_from"]
        ),
    )


def aggregate(areas: sparse.csr_array, panel: Panel, population: Floats) -> Sums:
    """Return the sums of a panel over areas.

    Parameters
    ----------
    areas
        A x Z matrix of weights: a count goes to an area by the share of its zone's residents who belong.
    panel
        Figures by zone.
    population
        Residents by zone, for coverage.
    """
    usable = panel.is_usable

    def total(array: Floats) -> Floats:
        return areas @ np.where(usable, np.nan_to_num(array), 0.0)

    observed = usable & ~panel.is_imputed
    touched = areas.copy()
    touched.data = (touched.data > 0).astype(float)
    return Sums(
        numerator=total(panel.numerator),
        numerator_low=total(panel.numerator_low),
        numerator_high=total(panel.numerator_high),
        denominator=total(panel.denominator),
        weighted=total(panel.denominator * panel.value),
        squared_weights=areas.power(2) @ np.where(usable, np.nan_to_num(panel.denominator) ** 2, 0.0),
        zones=touched @ usable.astype(float),
        residents=areas @ (observed * population[:, None]),
        usable_residents=areas @ (usable * population[:, None]),
        imputed=touched @ panel.is_imputed.astype(float),
    )


def values_of(sums: Sums, indicators: tuple[Indicator, ...]) -> Floats:
    """Return values in each indicator's unit, areas x series; NaN where nothing stands behind one."""
    is_mean = np.array([one.kind == "mean" for one in indicators])
    multiplier = np.array([one.multiplier for one in indicators])
    with np.errstate(invalid="ignore", divide="ignore"):
        counted = sums.numerator / sums.denominator * multiplier
        mean = sums.weighted / sums.denominator
    return np.where(sums.denominator > 0, np.where(is_mean, mean, counted), np.nan)


def between_zone_variance(panel: Panel, columns: NDArray[np.intp]) -> tuple[Floats, NDArray[np.intp]]:
    """Return the weighted variance between all zones of Scotland for some series, and the number of zones behind it.

    S^2 = N / (N - 1) * sum w (x - mean)^2 / sum w, with w the people that the mean concerns.
    """
    usable = panel.is_usable[:, columns]
    weight = np.where(usable, np.nan_to_num(panel.denominator[:, columns]), 0.0)
    value = np.where(usable, np.nan_to_num(panel.value[:, columns]), 0.0)
    count = usable.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (weight * value).sum(axis=0) / weight.sum(axis=0)
        spread = (weight * (value - mean) ** 2).sum(axis=0) / weight.sum(axis=0)
        return np.where(count > 1, spread * count / np.maximum(count - 1, 1), 0.0), count


def places_and_panel(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: gpd.GeoDataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
) -> tuple[Places, Panel]:
    """Return both forms that aggregation works on, from the tables."""
    panel = build_panel(
        observations, catalogue, zones["zone_code"], intermediate_zone_codes=parents_of(zones)
    )
    return build_places(zones, candidate_localities, membership), panel


def coarse_places_and_panel(
    observations: pd.DataFrame, catalogue: Catalogue, zones: pd.DataFrame, places: Places
) -> tuple[Places, Panel] | None:
    """Return both forms for what is published by intermediate zone only; None where nothing is.

    The share of an intermediate zone that belongs to a locality is that of its residents.
    """
    parents = parents_of(zones)
    if parents is None or not any(one.area_type == _COARSE for one in catalogue):
        return None
    at, codes = pd.factorize(parents.astype("str"), sort=True)
    panel = build_panel(observations, catalogue, codes, area_type=_COARSE)
    if not len(panel.series):
        return None
    count = len(at)
    people = sparse.csr_array((places.population, (np.arange(count), at)), shape=(count, len(codes)))
    population: Floats = np.asarray(people.sum(axis=0), dtype=np.float64).ravel()
    inside = (places.members @ people).tocsr()
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(population > 0, 1 / population, 0.0)
    members = sparse.csr_array(inside @ sparse.diags_array(share))
    members.data = np.where(members.data > 1 - _WHOLE, 1.0, members.data)
    first = np.unique(at, return_index=True)[1]
    coarse = replace(
        places,
        members=members,
        zone_cpp=places.zone_cpp[first],
        population=population,
        parts=np.bincount(at, minlength=len(codes)).astype(float),
    )
    return coarse, panel


def _of_cut_areas(
    places: Places, panel: Panel, columns: NDArray[np.intp], variance: Floats, total: Floats
) -> Floats | float:
    """Return the variance of means that comes from areas of which only a part belongs.

    The part of an area of n data zones that holds a share s of its residents is taken as drawn from it at random, and
    zones within an area to differ as the areas do among each other: the part's mean then has the variance
    S^2 (1 - s) / (s n) about that of the area.
    """
    if not places.is_coarse:
        return 0.0
    weight = np.where(panel.is_usable[:, columns], np.nan_to_num(panel.denominator[:, columns]), 0.0)
    partly = places.members.copy()
    partly.data = partly.data * (1 - partly.data)
    spread = (partly @ sparse.diags_array(1 / places.parts)) @ weight**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, variance * spread / total**2, np.nan)


def parents_of(zones: pd.DataFrame) -> pd.Series | None:
    """Return the intermediate zone of each zone, or None where the table does not say."""
    return zones["intermediate_zone_code"] if "intermediate_zone_code" in zones.columns else None


def build_estimates(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: gpd.GeoDataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the table ``estimates``: one row per candidate locality, indicator and period.

    Counts are summed before any rate is taken. Whole counts of a proportion have Wilson limits, rates exact limits
    below ten events and Byar's above, counts that are not whole the quasi-likelihood versions, and means limits from
    the spread between zones, as a finite population. ``coverage`` is the share of residents who live in zones with an
    observed figure; a suppressed zone is imputed where the source declares bounds (status ``modelled`` then), else
    left out. Figures published for intermediate zones only are those of the whole intermediate zones in a locality;
    a locality that cuts some gets their figures by its share of their residents, with wider limits, as ``modelled``.

    Raises
    ------
    ConfigError
        If an observation names an indicator that is not declared.
    """
    places, panel = places_and_panel(observations, catalogue, zones, candidate_localities, membership)
    table = _estimates(places, panel, settings)
    coarse = coarse_places_and_panel(observations, catalogue, zones, places)
    if coarse is None:
        return table
    return pd.concat([table, _estimates(*coarse, settings)], ignore_index=True)


def _estimates(places: Places, panel: Panel, settings: Settings) -> pd.DataFrame:
    """Return the rows of the table ``estimates`` for the series of a panel."""
    sums = aggregate(places.members, panel, places.population)
    value = values_of(sums, panel.indicators)
    lower, upper = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    method = np.full(value.shape, "none", dtype=object)
    effective = np.where(sums.denominator > 0, sums.denominator, np.nan)

    groups: dict[tuple[str, bool], list[int]] = {}
    for column, one in enumerate(panel.indicators):
        groups.setdefault((one.kind, one.counts_are_whole), []).append(column)
    for (kind, is_whole), listed in groups.items():
        columns = np.array(listed)
        scale = np.array([panel.indicators[column].multiplier for column in listed])
        x, n = sums.numerator[:, columns], sums.denominator[:, columns]
        if kind == "mean":
            variance, count = between_zone_variance(panel, columns)
            squares = sums.squared_weights[:, columns]
            with np.errstate(invalid="ignore", divide="ignore"):
                kish = np.where(squares > 0, n**2 / squares, np.nan)
                left_out = np.clip(1 - sums.zones[:, columns] / np.maximum(count, 1), 0, 1)
                own = variance * left_out / kish
                half = _z(settings.confidence) * np.sqrt(own + _of_cut_areas(places, panel, columns, variance, n))
            # limits are cut at what a value can be; an estimate beyond it (a publisher's own) keeps its place inside
            least, most = np.array([panel.indicators[column].possible for column in listed]).T
            mean = value[:, columns]
            lower[:, columns] = np.minimum(np.maximum(mean - half, least), mean)
            upper[:, columns] = np.maximum(np.minimum(mean + half, most), mean)
            method[:, columns] = np.where(np.isfinite(half), "between zones, finite population", "none")
            effective[:, columns] = kish
            continue
        # an imputed count need not be whole, and then takes the version that allows it
        whole = is_whole & (x == np.round(x))
        for rows, exact in ((whole, True), (~whole, False)):
            if not rows.any():
                continue
            interval = _interval(kind, x[rows], n[rows], exact, settings.confidence)
            factor = np.broadcast_to(scale, x.shape)[rows]
            _put(lower, columns, rows, interval.lower * factor)
            _put(upper, columns, rows, interval.upper * factor)
            _put(method, columns, rows, interval.method)
    return _estimates_table(places, panel, sums, value, lower, upper, method, effective, settings)


def _interval(kind: str, x: Floats, n: Floats, is_whole: bool, confidence: float):
    if kind == "proportion":
        return wilson(x, n, confidence) if is_whole else quasi_proportion(x, n, 1.0, confidence)
    if kind == "standardised_ratio" and is_whole:
        return standardised_ratio(x, n, confidence)
    return rate(x, n, confidence) if is_whole else quasi_rate(x, n, 1.0, confidence)


def _put(target: NDArray, columns: NDArray[np.intp], rows: NDArray[np.bool_], values: NDArray) -> None:
    block = target[:, columns]
    block[rows] = values
    target[:, columns] = block


def _z(confidence: float) -> float:
    from indicators.intervals import two_sided_quantile

    return two_sided_quantile(confidence)


def _estimates_table(
    places: Places,
    panel: Panel,
    sums: Sums,
    value: Floats,
    lower: Floats,
    upper: Floats,
    method: NDArray[np.object_],
    effective: Floats,
    settings: Settings,
) -> pd.DataFrame:
    residents = (places.members @ places.population)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        coverage = np.where(residents > 0, np.clip(sums.residents / residents, 0, 1), np.nan)
    count, series = value.shape
    k = np.tile(np.arange(series), count)

    def column(name: str) -> NDArray[np.object_]:
        return panel.series[name].to_numpy()[k]

    has = np.isfinite(value).ravel()
    is_count = np.array([one.kind != "mean" for one in panel.indicators])
    return pd.DataFrame(
        {
            # texts that repeat for every row as codes: a quarter of the memory
            "locality_id": pd.Categorical.from_codes(
                np.repeat(np.arange(count), series), categories=pd.Index(places.locality_id)
            ),
            "indicator_id": column("indicator_id"),
            "period": column("period"),
            "is_headline_period": column("is_headline_period"),
            "numerator": np.where(has & is_count[k], sums.numerator.ravel(), np.nan),
            "denominator": np.where(has, sums.denominator.ravel(), np.nan),
            "value": value.ravel(),
            "lower_ci": lower.ravel(),
            "upper_ci": upper.ravel(),
            "ci_method": method.ravel(),
            "confidence": settings.confidence,
            "coverage": coverage.ravel(),
            "effective_n": effective.ravel(),
            "status": status_of(places, panel, sums).ravel(),
            "source_id": column("source_id"),
        }
    )


def status_of(places: Places, panel: Panel, sums: Sums) -> NDArray[np.object_]:
    """Return the status of each locality x series.

    ``observed`` where some zone has a figure and none of them was imputed or modelled; ``modelled`` where one was;
    else what most of its zones say: ``suppressed``, ``not_applicable`` or ``missing``.
    """
    touched = places.members.copy()
    touched.data = (touched.data > 0).astype(float)
    votes = np.stack([touched @ (panel.state == STATE[name]).astype(float) for name in STATUSES])
    # an "observed" zone without residents has no figure, so it says not applicable
    votes[STATE["not_applicable"]] += votes[STATE["observed"]]
    votes[STATE["observed"]] = 0
    worst = np.array(STATUSES, dtype=object)[votes.argmax(axis=0)]
    modelled = touched @ ((panel.state == STATE["modelled"]) & panel.is_usable).astype(float)
    is_modelled = (sums.imputed > 0) | (modelled > 0) | (places.is_cutting & places.is_coarse)[:, None]
    return np.where(sums.zones == 0, worst, np.where(is_modelled, "modelled", "observed"))
