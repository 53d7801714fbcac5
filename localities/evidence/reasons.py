"""Why a comparison may not be graded, as small integers: the words are the same for thousands of places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indicators.observations.coverage import councils_of
from localities.evidence.panel import STATE, Floats
from localities.evidence.sides import LocalitySums, Sides
from localities.settings import Settings

SUPPRESSED_REASON = "the grade depends on counts that the publisher suppressed"
ROUNDED_REASON = "the grade depends on how the publisher rounded"
EVEN = 1.25
"""Smallest important ratio that most declarations have: the one that differences on other scales are likened to."""

(_NONE, _SUPPRESSED, _ROUNDED, NOTHING_TO_COMPARE, _DRAWN_ON, _MODELLED, _FEW_RESIDENTS, _HIDDEN, _NOT_APPLICABLE,
 _MISSING, _EMPTY, _CUT, _COVERAGE, _NO_REST, _FEW_ELSEWHERE, _NO_PEOPLE, _FEW_EVENTS, _FEW_PEOPLE, _NOT_NATIONAL,
 _CARRIED) = range(20)  # fmt: skip
"""Codes of reasons; `_CARRIED` and the 100 after it say how many per cent of the residents it concerns."""


def words_of(settings: Settings) -> NDArray[np.object_]:
    """Return the words of every code; "" of the first, which is no reason."""
    fixed = {
        _NONE: "",
        _SUPPRESSED: SUPPRESSED_REASON,
        _ROUNDED: ROUNDED_REASON,
        NOTHING_TO_COMPARE: "no people or events to compare",
        _DRAWN_ON: "used to draw the locality",
        _MODELLED: "modelled by the publisher, not observed",
        _FEW_RESIDENTS: f"fewer than {settings.minimum_residents:,} residents",
        _HIDDEN: "suppressed by the publisher",
        _NOT_APPLICABLE: "not applicable here",
        _MISSING: "not published for this place",
        _EMPTY: "no figure with people behind it",
        _CUT: "published by intermediate zone, and this locality is not made of whole ones",
        _COVERAGE: f"figures cover less than {settings.minimum_coverage:.0%} of its residents",
        _NO_REST: "it is the whole area: there is no rest to compare with",
        _FEW_ELSEWHERE: f"figures of fewer than {settings.minimum_residents:,} residents elsewhere to compare with",
        _NO_PEOPLE: "published without the people behind it, so its chance variation is not known: described only",
        _NOT_NATIONAL: "published for some councils only: there is no figure for the rest of Scotland",
        _FEW_EVENTS: f"fewer than {settings.minimum_expected:g} events expected",
        _FEW_PEOPLE: "too few people behind the mean",
    }
    words = "are modelled from other zones (another census's, or larger ones), or cannot be had"
    carried = [f"figures of {part}% of its residents {words}" for part in range(101)]
    return np.array([*(fixed[code] for code in range(_CARRIED)), *carried], dtype=object)


def why_open(sides: Sides) -> NDArray[np.int16]:
    """Return the code of why counts are open where they are: suppressed on either side, else rounded."""
    hidden = (sides.locality.imputed > 0) | (sides.rest.imputed > 0)
    return np.where(hidden, np.int16(_SUPPRESSED), np.int16(_ROUNDED))


def is_lost(reason: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Return which codes say that the figures are those of another census's zones."""
    return reason >= _CARRIED


def reasons_of(of: LocalitySums, sides: Sides, settings: Settings) -> NDArray[np.int16]:
    """Return the code of why each comparison may not be graded, 0 where it may; the first that applies stands.

    Localities x series.
    """
    locality, rest = sides.locality, sides.rest
    residents = of.residents[:, None]
    is_mean = np.array([one.kind == "mean" for one in of.indicators], dtype=bool)
    unknown = np.array([one.kind == "mean" and one.sd_between_people is None for one in of.indicators], dtype=bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        usable = np.where(residents > 0, locality.usable_residents / residents, 0.0)
        modelled = np.where(residents > 0, locality.modelled_residents / residents, 0.0)
    expected = _evidence(sides)
    reason = np.full(locality.denominator.shape, _NONE, dtype=np.int16)

    def note(where: NDArray[np.bool_], code: int | NDArray[np.int16]) -> None:
        np.copyto(reason, np.int16(code), where=where & (reason == _NONE), casting="unsafe")

    ids = [one.id for one in of.indicators]
    twins = {one.id: frozenset((one.id, *one.same_as)) for one in of.indicators}
    for row, drawn_from in enumerate(of.places.drawn_from):
        if drawn_from:
            reason[row, [bool(drawn_from & twins[name]) for name in ids]] = _DRAWN_ON
    covers = [councils_of(one.covers) for one in of.indicators]
    for column in np.flatnonzero([bool(one) for one in covers]):
        outside = ~np.isin(of.places.cpp_codes[of.places.cpp], list(covers[column]))
        inside = _NONE if sides.comparator == "cpp" else _NOT_NATIONAL
        reason[:, column] = np.where(reason[:, column] == _NONE, np.where(outside, _MISSING, inside), reason[:, column])
    note(of.is_modelled[None, :], _MODELLED)
    note(residents < settings.minimum_residents, _FEW_RESIDENTS)
    note(of.is_cut, _CUT)
    note(rest.zones < 0.5, _NO_REST)
    note(rest.usable_residents < settings.minimum_residents, _FEW_ELSEWHERE)
    note(unknown[None, :], _NO_PEOPLE)
    with np.errstate(invalid="ignore", divide="ignore"):
        # what is wanting is taken to be as what is there: lost is only what could be graded on the zones of home
        few = expected / usable < settings.minimum_expected
    lost = (modelled > settings.modelled_share) & ~few
    note(lost, (_CARRIED + np.rint(np.minimum(modelled, 1.0) * 100)).astype(np.int16))
    hidden = locality.zones == 0
    for name, code in (("suppressed", _HIDDEN), ("not_applicable", _NOT_APPLICABLE), ("missing", _MISSING)):
        note(hidden & (of.unseen == STATE[name]), code)
    note(hidden, _EMPTY)
    note(usable < settings.minimum_coverage, _COVERAGE)
    few = ~(expected >= settings.minimum_expected)
    note(few & is_mean, _FEW_PEOPLE)
    note(few, _FEW_EVENTS)
    return reason


def _evidence(sides: Sides) -> Floats:
    """Return how much each figure can tell, as events expected at the rate of the rest: localities x series.

    Episodes tell as much as fewer people would, and a proportion near one as little as one near zero. A ratio of 1.25
    is ln 1.25 √E standard errors of the logarithm of E events; a difference δ of a mean is δ √n / s of its own. So n
    people behind a mean tell as much as (δ / (s ln 1.25))² n events, and what is measured tells everything.
    """
    locality, rest, indicators = sides.locality, sides.rest, sides.indicators
    dispersion = np.array([one.dispersion for one in indicators], dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = rest.numerator / rest.denominator * locality.denominator / dispersion
    is_share = np.array([one.kind == "proportion" for one in indicators], dtype=bool)
    expected = np.where(is_share, np.minimum(expected, locality.denominator / dispersion - expected), expected)
    for column, one in enumerate(indicators):
        if one.kind != "mean":
            continue
        least = one.smallest_important_difference
        least *= sides.spread[column] if one.smallest_important_difference_scale == "sd" else 1.0
        people = locality.denominator[:, column]
        each = (least / (one.sd_between_people * np.log(EVEN))) ** 2 if one.sd_between_people else np.inf
        expected[:, column] = np.where(people > 0, people * each, 0.0) if np.isfinite(each) else np.inf
    return expected
