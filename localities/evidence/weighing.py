"""What each locality's figures say against the rest of a comparator, as arrays of localities x series.

One `Evidence` holds one comparator. Findings are tables made of it (`localities.evidence.findings`); verdicts and their
stability evaluate it again under other settings (`localities.evidence.stability`). The tests themselves, and the one
place where the direction of "poorer" is applied, are in `indicators.comparison.compare`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from indicators.comparison.compare import (
    Comparison,
    compare_means,
    compare_proportions,
    compare_rates,
    compare_standardised_ratios,
)
from indicators.two_groups.zone_exchange import ZoneSums, zone_sums
from localities.evidence.panel import STATE, Floats, Panel
from localities.evidence.sums import Places, Sums, aggregate, between_zone_variance, values_of
from localities.settings import Settings

__all__ = ["COMPARISON_FIELDS", "Evidence", "Held", "hold", "weigh"]

COMPARISON_FIELDS = tuple(field.name for field in fields(Comparison))
_TEXT = ("null_model", "test_method")


@dataclass(frozen=True)
class Held:
    """Sums of every locality, of the area that it is held against as a whole, and of the rest of that area.

    Parameters
    ----------
    locality, whole, rest
        Localities x series.
    zone_locality, zone_whole
        Sums over zones for the columns of kind ``mean``, in the order of ``means``.
    means
        Columns of kind ``mean``.
    spread
        Standard deviation between all zones of Scotland, per column of ``means``.
    """

    locality: Sums
    whole: Sums
    rest: Sums
    zone_locality: ZoneSums
    zone_whole: ZoneSums
    means: NDArray[np.intp]
    spread: Floats

    def columns(self, wanted: NDArray[np.intp]) -> Held:
        """Return what is held for some series, in ascending order of their columns."""
        kept = np.flatnonzero(np.isin(self.means, wanted))
        return Held(
            self.locality.columns(wanted),
            self.whole.columns(wanted),
            self.rest.columns(wanted),
            _columns(self.zone_locality, kept),
            _columns(self.zone_whole, kept),
            np.searchsorted(wanted, self.means[kept]),
            self.spread[kept],
        )


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
        Why a comparison is not assessed, "" where it is.
    """

    comparison: dict[str, NDArray]
    whole_value: Floats
    reason: NDArray[np.object_]

    @property
    def is_assessed(self) -> NDArray[np.bool_]:
        """Localities x series: the comparison may be graded."""
        return self.reason == ""


def hold(places: Places, panel: Panel, comparator: str, *, other: Held | None = None) -> Held:
    """Return the sums of localities and of the rest of what they are held against.

    Parameters
    ----------
    comparator
        ``cpp`` (elsewhere in the partnership's area) or ``scotland`` (elsewhere in Scotland).
    other
        The same localities and series held against another comparator: their own sums are then not made again.
    """
    if comparator == "cpp":
        areas, of = places.by_cpp, places.cpp
    else:
        zones = len(places.zone_cpp)
        areas = sparse.csr_array(np.ones((1, zones)))
        of = np.zeros(len(places.cpp), dtype=np.intp)
    locality = aggregate(places.members, panel, places.population) if other is None else other.locality
    whole = aggregate(areas, panel, places.population).take(of)
    means = panel.of_kind("mean")
    every = areas.tocoo()
    usable = panel.is_usable[:, means]
    weight = np.where(usable, panel.denominator[:, means], np.nan)
    weight = np.nan_to_num(weight)
    value = np.where(usable, panel.value[:, means], np.nan)
    if other is None:
        members = places.members.tocoo()
        own = zone_sums(value, weight, members.row, members.col, members.data, group_count=len(places.cpp))
        spread = np.sqrt(between_zone_variance(panel, means)[0])
    else:
        own, spread = other.zone_locality, other.spread
    return Held(
        locality,
        whole,
        whole.minus(locality),
        own,
        zone_sums(value, weight, every.row, every.col, every.data, group_count=areas.shape[0]).take(of),
        means,
        spread,
    )


def weigh(
    places: Places,
    panel: Panel,
    held: Held,
    settings: Settings,
    *,
    counts: str = "numerator",
    rest_counts: str | None = None,
    important_factor: float = 1.0,
    wanted: Sequence[str] = COMPARISON_FIELDS,
) -> Evidence:
    """Return the evidence for every locality and series against one comparator.

    Parameters
    ----------
    counts, rest_counts
        Which count to use for the locality and for the rest: ``numerator``, ``numerator_low`` or ``numerator_high``
        (suppressed counts imputed, at their lower or at their upper bound).
    important_factor
        Multiplies every smallest important difference (on the log scale of a ratio), to see what hangs on it.
    wanted
        Fields of the comparison that are kept.
    """
    shape = held.locality.denominator.shape
    found: dict[str, NDArray] = {
        name: np.full(shape, "none", dtype=object) if name in _TEXT else np.full(shape, np.nan) for name in wanted
    }
    groups: dict[tuple[str, bool, str, str], list[int]] = {}
    for column, one in enumerate(panel.indicators):
        key = (one.kind, one.counts_are_whole, one.smallest_important_difference_scale, one.poorer_is)
        groups.setdefault(key, []).append(column)
    for (kind, is_whole, scale, poorer_is), listed in groups.items():
        columns = np.array(listed)
        multiplier = np.array([panel.indicators[column].multiplier for column in listed])
        given = np.array([panel.indicators[column].smallest_important_difference for column in listed])
        important = given**important_factor if scale in ("ratio", "odds") else given * important_factor
        if kind == "mean":
            at = np.searchsorted(held.means, columns)
            result = compare_means(
                _columns(held.zone_locality, at),
                _columns(held.zone_whole, at),
                important=important,
                scale=scale,
                sd=held.spread[at],
                poorer_is=poorer_is,
                confidence=settings.confidence,
            )
            multiplier = np.ones(len(listed))
        else:
            x1 = getattr(held.locality, counts)[:, columns]
            x2 = _rest(held, rest_counts or counts, counts)[:, columns]
            n1, n2 = held.locality.denominator[:, columns], held.rest.denominator[:, columns]
            comparisons: dict[str, Callable[..., Comparison]] = {
                "proportion": compare_proportions,
                "rate": compare_rates,
                "standardised_rate": compare_rates,
                "standardised_ratio": compare_standardised_ratios,
            }
            compare = comparisons[kind]
            blank = (n1 <= 0) | (n2 <= 0)
            result = compare(
                np.where(blank, np.nan, x1),
                np.where(blank, np.nan, n1),
                np.where(blank, np.nan, x2),
                np.where(blank, np.nan, n2),
                important=important / multiplier if scale == "points" else important,
                scale=scale,
                poorer_is=poorer_is,
                confidence=settings.confidence,
                is_whole=is_whole,
            )
        for name in wanted:
            part = getattr(result, name)
            if name in _UNITS:
                part = part * multiplier
            found[name][:, columns] = part
    arbitrary = [column for column, one in enumerate(panel.indicators) if not one.is_ratio_scale]
    for name in {"ratio", "ratio_lower", "ratio_upper"} & found.keys():
        found[name][:, arbitrary] = np.nan
    return Evidence(found, values_of(held.whole, panel.indicators), _reasons(places, panel, held, settings))


_UNITS = ("value", "comparator_value", "difference", "difference_lower", "difference_upper")


def _rest(held: Held, name: str, locality_name: str) -> Floats:
    """Return the counts of the rest of the area: the whole's at one bound less the locality's at the same."""
    if name == locality_name == "numerator":
        return np.maximum(held.rest.numerator, 0.0)
    return np.maximum(getattr(held.whole, name) - getattr(held.locality, name), 0.0)


def _columns(sums: ZoneSums, at: NDArray[np.intp]) -> ZoneSums:
    return replace(sums, **{field.name: getattr(sums, field.name)[..., at] for field in fields(sums)})


def _reasons(places: Places, panel: Panel, held: Held, settings: Settings) -> NDArray[np.object_]:
    """Return why each comparison may not be graded, "" where it may; the first reason that applies stands."""
    locality, rest = held.locality, held.rest
    residents = (places.members @ places.population)[:, None]
    is_mean = np.array([one.kind == "mean" for one in panel.indicators])
    with np.errstate(invalid="ignore", divide="ignore"):
        usable = np.where(residents > 0, locality.usable_residents / residents, 0.0)
        expected = rest.numerator / rest.denominator * locality.denominator
    # a proportion near one is as hard to tell from one as a proportion near zero is from zero
    is_share = np.array([one.kind == "proportion" for one in panel.indicators])
    expected = np.where(is_share, np.minimum(expected, locality.denominator - expected), expected)
    reason = np.full(locality.denominator.shape, "", dtype=object)

    def note(where: NDArray[np.bool_], text: str) -> None:
        reason[np.broadcast_to(where, reason.shape) & (reason == "")] = text

    ids = [one.id for one in panel.indicators]
    twins = {one.id: frozenset((one.id, *one.same_as)) for one in panel.indicators}
    for row, drawn_from in enumerate(places.drawn_from):
        if drawn_from:
            used = np.array([bool(drawn_from & twins[name]) for name in ids])
            reason[row, used & (reason[row] == "")] = "used to draw the locality"
    note(
        (panel.state == STATE["modelled"]).all(axis=0)[None, :],
        "modelled by the publisher, not observed",
    )
    note(residents < settings.minimum_residents, f"fewer than {settings.minimum_residents:,} residents")
    hidden = locality.zones == 0
    status = _main_state(places, panel)
    for name, words in (
        ("suppressed", "suppressed by the publisher"),
        ("not_applicable", "not applicable here"),
        ("missing", "not published for this place"),
    ):
        note(hidden & (status == STATE[name]), words)
    note(hidden, "no figure with people behind it")
    note(
        usable < settings.minimum_coverage,
        f"figures cover less than {settings.minimum_coverage:.0%} of its residents",
    )
    note(rest.zones < 0.5, "it is the whole area: there is no rest to compare with")
    note(is_mean & (locality.zones < settings.minimum_zones), f"a mean over fewer than {settings.minimum_zones} zones")
    note(is_mean & (rest.zones < settings.minimum_zones), "the rest of the area has too few zones")
    note(
        ~is_mean & ~(expected >= settings.minimum_expected),
        f"fewer than {settings.minimum_expected:g} events expected",
    )
    return reason


def _main_state(places: Places, panel: Panel) -> NDArray[np.intp]:
    """Return, per locality x series, which of suppressed, not applicable and missing most of its zones say."""
    touched = places.members.copy()
    touched.data = (touched.data > 0).astype(float)
    names = ("suppressed", "not_applicable", "missing")
    counts = np.stack([touched @ (panel.state == STATE[name]).astype(float) for name in names])
    return np.array([STATE[name] for name in names])[counts.argmax(axis=0)]
