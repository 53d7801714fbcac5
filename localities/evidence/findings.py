"""Findings: every estimate held against the rest of its partnership's area and the rest of Scotland.

The figures come from `localities.evidence.weighing`, the grades from `localities.evidence.grading`; here they become
the table ``findings``, together with what is for maps and ranks only: the shrunken value and the posterior probability
of being among the partnership's worst fifth and tenth.

A count that its publisher suppressed is an interval. Each comparison is also made with the locality's suppressed
counts at their lower bound and the rest's at their upper, and the other way round; a finding whose grade changes
between those is not assessed, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue
from indicators.schema.tables import TABLES
from indicators.schema.vocabulary import COMPARATORS, SIGNIFICANCES
from indicators.shrinkage.shrinkage import beta_binomial, gamma_poisson, normal_normal
from indicators.shrinkage.worst_fraction import posterior_worst_fraction
from localities.evidence.grading import NOT_ASSESSED, Grades, families, grade, regrade
from localities.evidence.panel import Floats, Panel
from localities.evidence.sums import Places, between_zone_variance, places_and_panel, values_of
from localities.evidence.weighing import COMPARISON_FIELDS, Evidence, Held, hold, weigh
from localities.settings import Settings

__all__ = ["BOUNDS", "Assessment", "assess", "build_findings"]

BOUNDS = (("numerator_low", "numerator_high"), ("numerator_high", "numerator_low"))
"""Suppressed counts in the locality and in the rest, at the two extremes that pull a comparison apart most."""

SUPPRESSED_REASON = "the grade depends on counts that the publisher suppressed"


@dataclass(frozen=True)
class Assessment:
    """Evidence and grades against one comparator.

    Parameters
    ----------
    at_bounds
        The grades with suppressed counts at each of `BOUNDS`; empty where nothing is suppressed.
    """

    comparator: str
    held: Held
    evidence: Evidence
    grades: Grades
    at_bounds: tuple[NDArray[np.int8], ...] = ()


_VOTING = ("p_value", "p_better", "p_important", "depth")
"""What grades and votes are made of."""

_TESTS = _VOTING[:3]


def assess(
    places: Places,
    panel: Panel,
    settings: Settings,
    *,
    important_factor: float = 1.0,
    with_q: bool = True,
    held: Sequence[Held] | None = None,
) -> list[Assessment]:
    """Return the evidence and the grades against both comparators.

    Parameters
    ----------
    important_factor
        As in `localities.evidence.weighing.weigh`.
    with_q
        Whether q values and every field of the comparison are wanted beside the grades, and what votes are made of.
    held
        What is held of the same localities and series against each comparator, where the caller has it already.
    """
    return list(_assessments(places, panel, settings, important_factor, held, is_whole=with_q))


def _assessments(
    places: Places,
    panel: Panel,
    settings: Settings,
    important_factor: float = 1.0,
    given: Sequence[Held] | None = None,
    *,
    is_whole: bool = True,
) -> Iterator[Assessment]:
    """Yield the assessment against each comparator; a caller who lets go of one before the next saves its memory.

    `is_whole` keeps every field of the comparison and the q values, which findings show and verdicts do not need.
    """
    family = families(places, panel)
    own: Held | None = None
    for number, comparator in enumerate(COMPARATORS):
        held = given[number] if given else hold(places, panel, comparator, other=own)
        # the next comparator needs the localities' own sums, not those of this one's area
        own = replace(held, whole=held.locality, rest=held.locality, zone_whole=held.zone_locality)
        yield _assessment(places, panel, settings, comparator, held, family, important_factor, is_whole)
        del held


def _assessment(
    places: Places,
    panel: Panel,
    settings: Settings,
    comparator: str,
    held: Held,
    family: NDArray[np.intp],
    important_factor: float,
    is_whole: bool,
) -> Assessment:
    """Return the assessment against one comparator."""
    wanted = COMPARISON_FIELDS if is_whole else _VOTING
    evidence = weigh(places, panel, held, settings, important_factor=important_factor, wanted=wanted)
    if is_whole:
        grades = grade(evidence, family, settings)
    else:
        blank = np.full((1, 1), np.nan)
        grades = Grades(regrade(evidence, family, settings), blank, blank)
    hidden = (held.locality.imputed > 0) | (held.rest.imputed > 0)
    at_bounds: tuple[NDArray[np.int8], ...] = ()
    if hidden.any():
        touched = np.flatnonzero(hidden.any(axis=0))
        at_bounds = tuple(
            _grades_at(places, panel, held, evidence, touched, counts, family, settings, important_factor)
            for counts in BOUNDS
        )
        changed = np.logical_or.reduce([other != grades.grade for other in at_bounds])
        changed &= hidden & evidence.is_assessed
        reason = evidence.reason.copy()
        reason[changed] = SUPPRESSED_REASON
        evidence = replace(evidence, reason=reason)
        grades = replace(grades, grade=np.where(changed, np.int8(NOT_ASSESSED), grades.grade).astype(np.int8))
    return Assessment(comparator, held, evidence, grades, at_bounds)


def _grades_at(
    places: Places,
    panel: Panel,
    held: Held,
    evidence: Evidence,
    touched: NDArray[np.intp],
    counts: tuple[str, str],
    family: NDArray[np.intp],
    settings: Settings,
    important_factor: float,
) -> NDArray[np.int8]:
    """Return the grades with suppressed counts at one pair of bounds, computed anew for the touched columns only."""
    bound = weigh(
        places,
        panel.take(touched),
        held.columns(touched),
        settings,
        counts=counts[0],
        rest_counts=counts[1],
        important_factor=important_factor,
        wanted=_TESTS,
    )
    at_bound = {name: evidence.comparison[name].copy() for name in _TESTS}
    for name, array in at_bound.items():
        array[:, touched] = bound.comparison[name]
    return regrade(replace(evidence, comparison=at_bound), family, settings)


def build_findings(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the table ``findings``: one row per candidate locality, indicator, period and comparator.

    A locality is compared with the *rest* of the comparator's area, never with an area that holds it; the value of
    the whole area is there too, so that published figures reconcile. p values are one-sided toward poorer. Populations
    (never poorer in themselves) and pure description, such as ranks, have estimates and no findings.

    Raises
    ------
    ConfigError
        If an observation names an indicator that is not declared.
    """
    places, panel = places_and_panel(observations, catalogue, zones, candidate_localities, membership)
    panel = panel.tested()
    parts: list[pd.DataFrame] = []
    same: dict[str, object] = {}
    for one in _assessments(places, panel, settings):
        same = same or _the_same(places, panel, one.held)
        parts.append(_rows(same, one))
        del one
    return pd.concat(parts, ignore_index=True)


def _the_same(places: Places, panel: Panel, held: Held) -> dict[str, object]:
    """Return the columns that are the same against either comparator."""
    shrunken, fifth, tenth = _for_maps(places, panel, held)
    count, series = shrunken.shape
    k = np.tile(np.arange(series), count)

    def repeated(name: str) -> pd.Categorical:
        codes, names = pd.factorize(panel.series[name].to_numpy(dtype=object))
        return pd.Categorical.from_codes(codes[k], categories=names)

    return {
        "locality_id": pd.Categorical.from_codes(
            np.repeat(np.arange(count), series), categories=pd.Index(places.locality_id)
        ),
        "indicator_id": repeated("indicator_id"),
        "period": repeated("period"),
        "is_headline_period": panel.series["is_headline_period"].to_numpy(dtype=bool)[k],
        "shrunken_value": shrunken.ravel(),
        "posterior_worst_fifth": fifth.ravel(),
        "posterior_worst_tenth": tenth.ravel(),
    }


def _rows(same: dict[str, object], one: Assessment) -> pd.DataFrame:
    comparison, grades = one.evidence.comparison, one.grades
    significance = pd.Categorical.from_codes(grades.grade.ravel(), categories=list(SIGNIFICANCES))
    reason = one.evidence.reason.copy()
    # no comparison could be computed although nothing above stands against it: no spread, or nobody to compare
    bare = (grades.grade == NOT_ASSESSED) & (reason == "")
    reason[bare] = "no spread between zones to compare with"
    columns = {
        **same,
        "comparator": pd.Categorical.from_codes(
            np.full(grades.grade.size, COMPARATORS.index(one.comparator)), categories=list(COMPARATORS)
        ),
        "comparator_value": comparison["comparator_value"].ravel(),
        "whole_area_value": one.evidence.whole_value.ravel(),
        "difference": comparison["difference"].ravel(),
        "difference_lower_ci": _finite(comparison["difference_lower"]),
        "difference_upper_ci": _finite(comparison["difference_upper"]),
        "ratio": _finite(comparison["ratio"]),
        "ratio_lower_ci": _finite(comparison["ratio_lower"]),
        "ratio_upper_ci": _finite(comparison["ratio_upper"]),
        "p_value": comparison["p_value"].ravel(),
        "q_value": grades.q_value.ravel(),
        "p_important": comparison["p_important"].ravel(),
        "q_important": grades.q_important.ravel(),
        "null_model": pd.Categorical(comparison["null_model"].ravel()),
        "test_method": pd.Categorical(comparison["test_method"].ravel()),
        "depth": _finite(comparison["depth"]),
        "significance": significance,
        "reason": pd.Categorical(np.where(reason == "", np.array(None, dtype=object), reason).ravel()),
    }
    return pd.DataFrame({name: columns[name] for name in TABLES["findings"].columns})


def _finite(array: Floats) -> Floats:
    """Return the array flat, with NaN for a limit that does not exist (a ratio to nothing, no bound)."""
    return np.where(np.isfinite(array), array, np.nan).ravel()


def _for_maps(places: Places, panel: Panel, held: Held) -> tuple[Floats, Floats, Floats]:
    """Return shrunken values and the chances of the worst fifth and tenth of the partnership, for headline periods.

    The prior is fitted per candidate set, indicator and period over all of Scotland; ranks are within the partnership.
    """
    shape = held.locality.denominator.shape
    shrunken = np.full(shape, np.nan)
    worst = {0.2: np.full(shape, np.nan), 0.1: np.full(shape, np.nan)}
    is_headline = panel.series["is_headline_period"].to_numpy(dtype=bool)
    sets, _ = pd.factorize(places.candidate_set)
    value = values_of(held.locality, panel.indicators)
    by_cpp = sets * len(places.cpp_codes) + places.cpp
    for family, kinds in (
        ("beta", ("proportion",)),
        ("gamma", ("rate", "standardised_rate", "standardised_ratio")),
        ("normal", ("mean",)),
    ):
        columns = panel.of_kind(*kinds)
        columns = columns[is_headline[columns]]
        if not len(columns):
            continue
        numbers = np.arange(len(columns))
        # one family per candidate set x series; worst fractions per set x CPP x series
        group = (sets[:, None] * len(columns) + numbers).ravel()
        within = (by_cpp[:, None] * len(columns) + numbers).ravel()
        denominator = held.locality.denominator[:, columns].ravel()
        scale = np.tile([panel.indicators[column].multiplier for column in columns], shape[0])
        empty = denominator <= 0
        if family == "normal":
            variance, count = between_zone_variance(panel, columns)
            squares = held.locality.squared_weights[:, columns]
            with np.errstate(invalid="ignore", divide="ignore"):
                left_out = np.clip(1 - held.locality.zones[:, columns] / np.maximum(count, 1), 0, 1)
                error = np.sqrt(variance * left_out * squares) / held.locality.denominator[:, columns]
            given = np.where(empty, np.nan, value[:, columns].ravel())
            posterior = normal_normal(given, np.where(empty, np.nan, error.ravel()), group)
            scale = np.ones(len(given))
        else:
            model = beta_binomial if family == "beta" else gamma_poisson
            numerator = held.locality.numerator[:, columns].ravel()
            posterior = model(np.where(empty, np.nan, numerator), np.where(empty, np.nan, denominator), group)
        shrunken[:, columns] = (posterior["shrunken_value"].to_numpy() * scale).reshape(shape[0], -1)
        direction = np.tile([panel.indicators[column].poorer_is for column in columns], shape[0])
        for fraction, target in worst.items():
            chance = posterior_worst_fraction(
                posterior["posterior_a"].to_numpy(),
                posterior["posterior_b"].to_numpy(),
                within,
                family=family,
                fraction=fraction,
                poorer_is=direction,
            )
            target[:, columns] = chance.reshape(shape[0], -1)
    return shrunken, worst[0.2], worst[0.1]
