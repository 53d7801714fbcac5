"""Sums over localities and over what they are held against, and estimates with their intervals.

Everything is a product of a sparse membership matrix (localities x zones) with the dense arrays of a `Panel`
(zones x series): one pass for all of Scotland, every candidate set, indicator and period.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from indicators.catalogue import Catalogue, Indicator
from localities.evidence.panel import (
    LOST,
    OF_HIDDEN,
    OF_OLD_ZONES,
    OF_PARENT,
    Floats,
    Panel,
    build_panel,
    load_panel,
    save_panel,
)

if TYPE_CHECKING:
    import geopandas as gpd

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
    exact
        See `adding_up`; None for nothing.
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
    exact: sparse.csr_array | None = None

    @property
    def adding_up(self) -> sparse.csr_array:
        """As ``members``: the share of each zone's residents who come from old zones that belong whole."""
        return sparse.csr_array(self.members.shape) if self.exact is None else self.exact

    def take(self, rows: NDArray[np.intp]) -> Places:
        """Return some of the localities, in the order given."""
        some = {name: getattr(self, name)[rows] for name in ("locality_id", "candidate_set", "members", "cpp")}
        some["exact"] = None if self.exact is None else self.exact[rows]
        return replace(self, **some, drawn_from=tuple(self.drawn_from[row] for row in rows))

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
        Residents of zones with an observed figure: neither imputed nor shared out, unless it adds up in the area.
    usable_residents
        Residents of zones with a figure, observed, shared out from other zones, or known to lie between bounds.
    modelled_residents
        Residents of zones whose figure is shared out from zones of another census and does not add up inside the area,
        or could not be had from them.
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
    modelled_residents: Floats
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
    exact = None
    if "exact_share" in membership:
        weights = (membership["weight"] * membership["exact_share"].fillna(0.0)).to_numpy(dtype="float64")
        exact = sparse.csr_array((weights, (rows, columns)), shape=members.shape)
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
        exact=exact,
    )


def aggregate(areas: sparse.csr_array, panel: Panel, population: Floats, exact: sparse.csr_array | None = None) -> Sums:
    """Return the sums of a panel over areas.

    Parameters
    ----------
    areas
        A x Z matrix of weights: a count goes to an area by the share of its zone's residents who belong.
    panel
        Figures by zone.
    population
        Residents by zone, for coverage.
    exact
        As `areas`: how much of each zone comes from zones of another census that the area holds whole. None: all of
        it, as in a partnership or the country.
    """
    usable = panel.is_usable

    def total(array: Floats) -> Floats:
        return areas @ np.where(usable, np.nan_to_num(array), 0.0)

    shared_out = usable & panel.is_shared_out
    observed = areas @ ((usable & ~panel.is_imputed & ~shared_out) * population[:, None])
    modelled = areas @ ((shared_out | (panel.summable == LOST)) * population[:, None])
    if (shared_out & (panel.summable > 0)).any():
        modelled = modelled - adding_up_in(areas, panel, population, exact, usable)
        observed = observed + adding_up_in(areas, panel, population, exact, usable & ~panel.is_imputed)
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
        residents=observed,
        usable_residents=areas @ (usable * population[:, None]),
        modelled_residents=modelled,
        imputed=touched @ panel.is_imputed.astype(float),
    )


def adding_up_in(
    areas: sparse.csr_array, panel: Panel, population: Floats, exact: sparse.csr_array | None, among: NDArray[np.bool_]
) -> Floats:
    """Return the residents of areas whose figures were shared out and add up there to what was published: A x K.

    Parameters
    ----------
    areas, panel, population, exact
        As in `aggregate`.
    among
        Z x K: the figures that count.
    """
    shared_out = among & panel.is_shared_out
    carried = shared_out & np.isin(panel.summable, (OF_OLD_ZONES, OF_HIDDEN))
    found: Floats = np.zeros((areas.shape[0], len(panel.indicators)))
    if carried.any():
        found = np.asarray((areas if exact is None else exact) @ (carried * population[:, None]))
    if not len(panel.parent):
        return found
    remainder = shared_out & (panel.summable == OF_PARENT)
    for column in np.flatnonzero(remainder.any(axis=0)):
        zone = np.flatnonzero(remainder[:, column])
        parents, of = np.unique(panel.parent[zone], return_inverse=True)
        sharing = sparse.csr_array((np.ones(len(zone)), (zone, of)), shape=(len(population), len(parents)))
        is_whole = (areas @ sharing).toarray() > np.bincount(of) - _WHOLE
        found[:, column] += is_whole @ np.bincount(of, weights=population[zone])
    return found


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


def spread_of_means(panel: Panel) -> Floats:
    """Return the standard deviation between all areas of Scotland of each mean, less what is chance; NaN for counts.

    The mean of an area's n people has the variance s^2 / n by chance alone, which weighted by people is s^2 N / sum n
    over N areas. Half of what is left is what matters on the scale ``sd``: with the chance of thirty leavers in it,
    the smallest important difference would grow as areas shrink. Nothing is taken off where s is not declared; 0 where
    areas differ by no more than chance.
    """
    columns = panel.of_kind("mean")
    found = np.full(len(panel.indicators), np.nan)
    variance, count = between_zone_variance(panel, columns)
    people = np.where(panel.is_usable[:, columns], np.nan_to_num(panel.denominator[:, columns]), 0.0).sum(axis=0)
    between_people = np.array([panel.indicators[column].sd_between_people or 0.0 for column in columns])
    chance = between_people**2 * count / np.maximum(people, 1e-12)
    found[columns] = np.sqrt(np.maximum(variance - chance, 0.0))
    return found


Both = tuple[Panel, Panel | None]
"""The panel of data zones, and that of what is published by intermediate zone only."""


class Panels:
    """The panels of all published figures, made once for the tables of a run that work on the same ones.

    Parameters
    ----------
    find_folder
        Returns where those of the observations at hand are kept, given the indicators; None keeps nothing.
    """

    def __init__(self, find_folder: Callable[[Catalogue], Path] | None = None) -> None:
        self._find_folder = find_folder
        self._of: tuple[Floats, Catalogue, list[str]] | None = None
        self._made: Both | None = None
        self._tested: tuple[Panel, ...] = ()

    def of(self, observations: pd.DataFrame, catalogue: Catalogue, zones: pd.DataFrame) -> Both:
        """Return the panel of data zones, and that of what is published by intermediate zone only, None for nothing."""
        figures: Floats = observations["value"].to_numpy(dtype="float64")
        codes = zones["zone_code"].tolist()
        if self._made is None or self._of is None or not _are_same(self._of, (figures, catalogue, codes)):
            self._made, self._tested = self._kept_or_built(observations, catalogue, zones), ()
            self._of = figures, catalogue, codes
        return self._made

    def _kept_or_built(self, observations: pd.DataFrame, catalogue: Catalogue, zones: pd.DataFrame) -> Both:
        folder = self._find_folder(catalogue) if self._find_folder else None
        if folder is not None and (kept := load_panels(folder, catalogue)):
            return kept
        fine = build_panel(observations, catalogue, zones["zone_code"], intermediate_zone_codes=parents_of(zones))
        coarse = coarse_panel(observations, catalogue, zones)
        if folder is not None:
            _keep_panels(folder, fine, coarse)
        return fine, coarse

    def tested(self, observations: pd.DataFrame, catalogue: Catalogue, zones: pd.DataFrame) -> tuple[Panel, ...]:
        """Return the panels of what is tested; that of intermediate zones only where something is."""
        fine, coarse = self.of(observations, catalogue, zones)
        if not self._tested:
            found = [fine.tested()] if coarse is None else [fine.tested(), coarse.tested()]
            self._tested = tuple(one for number, one in enumerate(found) if not number or len(one.series))
        return self._tested


def load_panels(folder: Path, catalogue: Catalogue) -> Both | None:
    """Return the panels kept in a folder, mapped into memory; None where there are none, or they are damaged."""
    if not folder.is_dir():
        return None
    coarse = folder / "coarse"
    try:
        return load_panel(folder / "fine", catalogue), load_panel(coarse, catalogue) if coarse.is_dir() else None
    except (OSError, ValueError, EOFError):
        # so that those made again can take its place
        shutil.rmtree(folder, ignore_errors=True)
        return None


def _keep_panels(folder: Path, fine: Panel, coarse: Panel | None) -> None:
    draft = folder.with_name(f".{uuid.uuid4().hex}.part")
    save_panel(fine, draft / "fine")
    if coarse is not None:
        save_panel(coarse, draft / "coarse")
    with suppress(OSError):  # another process was quicker
        draft.rename(folder)
    shutil.rmtree(draft, ignore_errors=True)
    for old in set(folder.parent.parent.iterdir()) - {folder.parent}:
        shutil.rmtree(old, ignore_errors=True)


def _are_same(one: tuple[Floats, Catalogue, list[str]], other: tuple[Floats, Catalogue, list[str]]) -> bool:
    """Return whether figures are the same array in memory, which is kept and so is no other, in the same order."""
    (figures, catalogue, codes), (others, other_catalogue, other_codes) = one, other
    at = [each.__array_interface__["data"][0] for each in (figures, others)]
    return len(figures) == len(others) and at[0] == at[1] and catalogue is other_catalogue and codes == other_codes


def places_and_panel(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: gpd.GeoDataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    panels: Panels | None = None,
) -> tuple[Places, Panel]:
    """Return both forms that aggregation works on, from the tables."""
    if panels is None:
        parents = parents_of(zones)
        panel = build_panel(observations, catalogue, zones["zone_code"], intermediate_zone_codes=parents)
    else:
        panel = panels.of(observations, catalogue, zones)[0]
    return build_places(zones, candidate_localities, membership), panel


def coarse_places_and_panel(
    observations: pd.DataFrame, catalogue: Catalogue, zones: pd.DataFrame, places: Places, panels: Panels | None = None
) -> tuple[Places, Panel] | None:
    """Return both forms for what is published by intermediate zone only; None where nothing is."""
    panel = panels.of(observations, catalogue, zones)[1] if panels else coarse_panel(observations, catalogue, zones)
    return None if panel is None else (coarse_places(zones, places), panel)


def coarse_panel(observations: pd.DataFrame, catalogue: Catalogue, zones: pd.DataFrame) -> Panel | None:
    """Return the panel of what is published by intermediate zone only; None where nothing is."""
    parents = parents_of(zones)
    if parents is None or not any(one.area_type == _COARSE for one in catalogue):
        return None
    panel = build_panel(observations, catalogue, sorted(parents.astype("str").unique()), area_type=_COARSE)
    return panel if len(panel.series) else None


def coarse_places(zones: pd.DataFrame, places: Places) -> Places:
    """Return localities over intermediate zones, in order of code: the share of one is that of its residents."""
    at, codes = pd.factorize(zones["intermediate_zone_code"].astype("str"), sort=True)
    count = len(at)
    people = sparse.csr_array((places.population, (np.arange(count), at)), shape=(count, len(codes)))
    population: Floats = np.asarray(people.sum(axis=0), dtype=np.float64).ravel()
    inside = (places.members @ people).tocsr()
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(population > 0, 1 / population, 0.0)
    members = sparse.csr_array(inside @ sparse.diags_array(share))
    members.data = np.where(members.data > 1 - _WHOLE, 1.0, members.data)
    first = np.unique(at, return_index=True)[1]
    return replace(
        places,
        members=members,
        zone_cpp=places.zone_cpp[first],
        population=population,
        exact=None,
        parts=np.bincount(at, minlength=len(codes)).astype(float),
    )


def of_cut_areas(
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
