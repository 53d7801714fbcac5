"""What each locality's figures say against the rest of a comparator, as arrays of localities x series.

One `Evidence` is for one comparator. Findings are tables made of it (`localities.evidence.findings`); verdicts and
their stability evaluate it again under other settings (`localities.evidence.stability`). The tests themselves, and the
one place where the direction of "poorer" is applied, are in `indicators.comparison.compare`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from indicators.catalogue import Indicator
from indicators.comparison.compare import compare_proportions, compare_rates, compare_standardised_ratios
from indicators.comparison.means import compare_means
from indicators.comparison.result import Comparison
from localities.evidence.kept import Keep, anew
from localities.evidence.panel import STATE, Floats, Panel
from localities.evidence.reasons import EVEN, is_lost, reasons_of
from localities.evidence.sides import Layer, LocalitySums, Sides
from localities.evidence.sums import Places, Sums, aggregate, spread_of_means, values_of
from localities.settings import Settings

COMPARISON_FIELDS = tuple(field.name for field in fields(Comparison))
TESTS = frozenset(("p_value", "p_better", "p_important"))
"""Fields that need no limits, which are most of the work."""
_TEXT = ("null_model", "test_method")


@dataclass(frozen=True)
class Evidence:
    """Comparisons with one comparator; every array is localities x series, counts in units of the indicator.

    Parameters
    ----------
    comparison
        Fields of `indicators.comparison.compare.Comparison` by name.
    whole_value
        Value of the whole comparator area.
    reason
        Why a comparison is not assessed, as codes of `localities.evidence.reasons`; 0 where it is.
    """

    comparison: dict[str, NDArray]
    whole_value: Floats
    reason: NDArray[np.int16]

    def take(self, rows: NDArray[np.intp]) -> Evidence:
        """Return some of the localities, in the order given."""
        comparison = {name: array[rows] for name, array in self.comparison.items()}
        return Evidence(comparison, self.whole_value[rows], self.reason[rows])

    @property
    def is_assessed(self) -> NDArray[np.bool_]:
        """Localities x series: the comparison may be graded."""
        return self.reason == 0

    @property
    def is_lost(self) -> NDArray[np.bool_]:
        """Localities x series: not assessed for figures of another census's zones, though it could be on those."""
        return is_lost(self.reason)

    def columns(self, wanted: NDArray[np.intp]) -> Evidence:
        """Return the evidence of some series, in the order given."""
        comparison = {name: array[:, wanted] for name, array in self.comparison.items()}
        return Evidence(comparison, self.whole_value[:, wanted], self.reason[:, wanted])


def sum_localities(*layers: Layer) -> LocalitySums:
    """Return the sums of localities over one or two layers of figures: data zones, then intermediate zones."""
    places = layers[0][0]
    count = len(places.locality_id)
    spreads, unseen, cut = [], [], []
    for own, panel in layers:
        spreads.append(spread_of_means(panel))
        unseen.append(_main_state(own, panel))
        is_cut = own.is_cutting if own.is_coarse else np.zeros(count, dtype=bool)
        cut.append(np.broadcast_to(is_cut[:, None], (count, len(panel.indicators))))
    return LocalitySums(
        layers,
        pd.concat([panel.series for _, panel in layers], ignore_index=True),
        tuple(one for _, panel in layers for one in panel.indicators),
        _beside([aggregate(own.members, panel, own.population, own.adding_up) for own, panel in layers]),
        np.concatenate(spreads),
        places.members @ places.population,
        np.concatenate(unseen, axis=1),
        np.concatenate(cut, axis=1),
        np.concatenate([(panel.state == STATE["modelled"]).all(axis=0) for _, panel in layers]),
    )


def sides_of(localities: LocalitySums, comparator: str) -> Sides:
    """Return the sums of localities and of the rest of what they are held against.

    Parameters
    ----------
    comparator
        ``cpp`` (elsewhere in the partnership's area) or ``scotland`` (elsewhere in Scotland).
    """
    wholes = []
    for places, panel in localities.layers:
        if comparator == "cpp":
            areas, of = places.by_cpp, places.cpp
        else:
            areas = sparse.csr_array(np.ones((1, len(places.zone_cpp))))
            of = np.zeros(len(places.cpp), dtype=np.intp)
        wholes.append(aggregate(areas, panel, places.population).take(of))
    whole = _beside(wholes)
    rest = whole.minus(localities.sums)
    return Sides(localities.indicators, localities.spread, localities.sums, whole, rest, comparator)


def sides_in(localities: LocalitySums, wholes: Sequence[sparse.csr_array]) -> Sides:
    """Return the sums of localities and of the rest of an area of each, which holds it.

    Parameters
    ----------
    wholes
        Localities x zones of each layer: which share of a zone is of the area.
    """
    layers = zip(wholes, localities.layers, strict=True)
    whole = _beside([aggregate(areas, panel, places.population) for areas, (places, panel) in layers])
    return Sides(localities.indicators, localities.spread, localities.sums, whole, whole.minus(localities.sums))


def sides_of_a_kind(localities: LocalitySums, kinds: NDArray[np.intp]) -> Sides:
    """Return localities, and the rest of Scotland's zones of the class that most of their residents live in.

    Parameters
    ----------
    kinds
        Class of each data zone, from 0; -1 where it is not known, and then in no rest.
    """
    places = localities.places
    count = len(localities.residents)
    groups = max(int(kinds.max(initial=-1)) + 1, 1)
    known = np.flatnonzero(kinds >= 0)
    by_kind = sparse.csr_array((np.ones(len(known)), (kinds[known], known)), shape=(groups, len(kinds)))
    own = np.asarray((places.members @ sparse.diags_array(places.population) @ by_kind.T).todense()).argmax(axis=1)
    wholes, inside = [], []
    for layer, panel in localities.layers:
        if layer.is_coarse:
            # an intermediate zone may hold several classes: held against nothing
            size = (count, len(panel.indicators))
            empty = Sums(*(np.zeros(size) for _ in fields(Sums)))
            wholes.append(empty)
            inside.append(empty)
            continue
        wholes.append(aggregate(by_kind, panel, layer.population).take(own))
        members = layer.members.tocoo()
        same = kinds[members.col] == own[members.row]
        alike = sparse.csr_array((members.data[same], (members.row[same], members.col[same])), shape=members.shape)
        inside.append(aggregate(alike, panel, layer.population))
    whole = _beside(wholes)
    return Sides(localities.indicators, localities.spread, localities.sums, whole, whole.minus(_beside(inside)))


def _beside(parts: list[Sums]) -> Sums:
    if len(parts) == 1:
        return parts[0]
    return Sums(*(np.concatenate([getattr(one, field.name) for one in parts], axis=1) for field in fields(Sums)))


def compare_sides(
    sides: Sides,
    settings: Settings,
    *,
    counts: str = "numerator",
    rest_counts: str | None = None,
    important_factor: float = 1.0,
    important_ratio: float | None = None,
    episodes: float | None = None,
    wanted: Sequence[str] = COMPARISON_FIELDS,
) -> dict[str, NDArray]:
    """Return the fields of the comparison of every locality and series, by name.

    Parameters
    ----------
    counts, rest_counts
        Which count to use for the locality and for the rest: ``numerator``, ``numerator_low`` or ``numerator_high``
        (suppressed or rounded counts in the middle, at their lower or at their upper bound).
    important_factor
        Multiplies every smallest important difference (on the log scale of a ratio), to see what hangs on it.
    important_ratio
        Stands in for every smallest important ratio, to see how far a finding holds; differences on other scales grow
        as the logarithm of this ratio does over that of `EVEN`.
    episodes
        Stands in for the dispersion of the indicators that declare one above 1.
    wanted
        Fields of the comparison that are kept.
    """
    shape = sides.locality.denominator.shape
    found: dict[str, NDArray] = {
        name: np.full(shape, "none", dtype=object) if name in _TEXT else np.full(shape, np.nan) for name in wanted
    }
    here = _at_bound(sides.locality, counts, sides.indicators)
    elsewhere = _at_bound(sides.rest, rest_counts or counts, sides.indicators)
    groups: dict[tuple[str, bool, str, str], list[int]] = {}
    for column, one in enumerate(sides.indicators):
        is_whole = one.counts_are_whole and one.people is None
        key = (one.kind, is_whole, one.smallest_important_difference_scale, one.poorer_is)
        groups.setdefault(key, []).append(column)
    for (kind, is_whole, scale, poorer_is), listed in groups.items():
        columns = np.array(listed)
        own = [sides.indicators[column] for column in listed]
        multiplier = np.array([one.multiplier for one in own])
        important = _important(np.array([one.smallest_important_difference for one in own]), scale, important_factor,
                               important_ratio)  # fmt: skip
        n1, n2 = sides.locality.denominator[:, columns], sides.rest.denominator[:, columns]
        blank = (n1 <= 0) | (n2 <= 0)
        n1, n2 = np.where(blank, np.nan, n1), np.where(blank, np.nan, n2)
        if kind == "mean":
            between = [np.nan if one.sd_between_people is None else one.sd_between_people for one in own]
            result = compare_means(
                sides.locality.weighted[:, columns] / n1,
                n1,
                sides.rest.weighted[:, columns] / n2,
                n2,
                sd_between_people=between,
                important=important,
                scale=scale,
                sd=sides.spread[columns],
                poorer_is=poorer_is,
                confidence=settings.confidence,
            )
            multiplier = np.ones(len(listed))
        else:
            comparisons: dict[str, Callable[..., Comparison]] = {
                "proportion": compare_proportions,
                "rate": compare_rates,
                "standardised_rate": compare_rates,
                "standardised_ratio": compare_standardised_ratios,
            }
            dispersion = np.array([one.dispersion for one in own])
            if episodes is not None:
                dispersion = np.where(dispersion > 1, episodes, dispersion)
            result = comparisons[kind](
                np.where(blank, np.nan, here[:, columns]),
                n1,
                np.where(blank, np.nan, elsewhere[:, columns]),
                n2,
                important=important / multiplier if scale == "points" else important,
                scale=scale,
                poorer_is=poorer_is,
                confidence=settings.confidence,
                is_whole=is_whole,
                dispersion=dispersion,
                with_limits=not TESTS.issuperset(wanted),
            )
        for name in wanted:
            part = getattr(result, name)
            if name in _UNITS:
                part = part * multiplier
            found[name][:, columns] = part
    arbitrary = [column for column, one in enumerate(sides.indicators) if not one.is_ratio_scale]
    for name in {"ratio", "ratio_lower", "ratio_upper"} & found.keys():
        found[name][:, arbitrary] = np.nan
    return found


_UNITS = ("value", "comparator_value", "difference", "difference_lower", "difference_upper")


def _important(given: Floats, scale: str, factor: float, ratio: float | None) -> Floats:
    is_ratio = scale in ("ratio", "odds")
    if ratio is not None:
        return np.full(given.shape, ratio) if is_ratio else given * np.log(ratio) / np.log(EVEN)
    return given**factor if is_ratio else given * factor


ROUNDING_CERTAINTY = 0.001
"""Chance at most that what rounding adds to a sum lies outside the bounds used."""


def _at_bound(sums: Sums, name: str, indicators: tuple[Indicator, ...]) -> Floats:
    """Return counts at a bound, or as they are.

    A publisher rounds up as often as down, whatever the figure: over n areas errors of at most h each add up to no more
    than h sqrt(2 n ln(2 / 0.001)) but once in a thousand (Hoeffding 1963, Journal of the American Statistical
    Association 58:13-30, theorem 2), and never to more than n h. What is hidden because it is small has no such rule.
    """
    counts = getattr(sums, name)
    if name == "numerator" or not any(one.rounding for one in indicators):
        return np.maximum(counts, 0.0)
    is_rounded = np.array([one.rounding > 0 for one in indicators])
    areas = np.maximum(sums.zones, 1.0)
    share = np.minimum(np.sqrt(2 * np.log(2 / ROUNDING_CERTAINTY) / areas), 1.0)
    return np.maximum(np.where(is_rounded, sums.numerator + share * (counts - sums.numerator), counts), 0.0)


def evidence_against(
    localities: LocalitySums, sides: Sides, settings: Settings, keep: Keep = anew, **options: object
) -> Evidence:
    """Return the evidence for every locality and series against one comparator; options as in `compare_sides`."""
    wanted = options.get("wanted", ())
    return Evidence(
        keep(sides.comparator, lambda rows: compare_sides(sides.take(rows), settings, **options), wanted),  # type: ignore[arg-type]
        values_of(sides.whole, sides.indicators),
        reasons_of(localities, sides, settings),
    )


def _main_state(places: Places, panel: Panel) -> NDArray[np.int8]:
    """Return, per locality x series, which of suppressed, not applicable and missing most of its zones say."""
    touched = places.members.copy()
    touched.data = (touched.data > 0).astype(float)
    names = ("suppressed", "not_applicable", "missing")
    counts = np.stack([touched @ (panel.state == STATE[name]).astype(float) for name in names])
    return np.array([STATE[name] for name in names], dtype=np.int8)[counts.argmax(axis=0)]
