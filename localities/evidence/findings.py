"""Findings: every estimate held against the rest of its partnership's area and the rest of Scotland.

The figures come from `localities.evidence.weighing`, the grades from `localities.evidence.grading`; here they become
the table ``findings``, together with what is for maps and ranks only: the shrunken value and the posterior probability
of being among the partnership's worst fifth and tenth.

A count that its publisher suppressed, or a share that it rounded, is an interval. Each comparison is also made with the
locality's counts at their lower bound and the rest's at their upper, and the other way round; a finding whose grade
changes between those is not assessed, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue
from indicators.schema.tables import TABLES
from indicators.schema.vocabulary import COMPARATORS, SIGNIFICANCES
from indicators.shrinkage.shrinkage import beta_binomial, gamma_poisson, normal_normal
from indicators.shrinkage.worst_fraction import posterior_worst_fraction
from localities.evidence.grading import NOT_ASSESSED, Families, Grades, families, grade, regrade
from localities.evidence.kept import Arrays, Keep, Kept, Rows, anew, of_what
from localities.evidence.panel import Floats, Panel, build_panel
from localities.evidence.reasons import NOTHING_TO_COMPARE, why_open, words_of
from localities.evidence.sides import LocalitySums, Sides
from localities.evidence.sums import Panels, build_places, coarse_panel, coarse_places, parents_of, values_of
from localities.evidence.weighing import (
    COMPARISON_FIELDS,
    TESTS,
    Evidence,
    compare_sides,
    evidence_against,
    sides_of,
    sum_localities,
)
from localities.settings import Settings

FOR_MAPS = ("shrunken_value", "posterior_worst_fifth", "posterior_worst_tenth")
"""Columns for maps and ranks only."""

BOUNDS = (("numerator_low", "numerator_high"), ("numerator_high", "numerator_low"))
"""Open counts in the locality and in the rest, at the two extremes that pull a comparison apart most."""

FEWEST_RANKED = 5
"""Localities in a partnership below which nobody is among a worst fifth."""


@dataclass(frozen=True)
class Assessment:
    """Evidence and grades against one comparator.

    Parameters
    ----------
    at_bounds
        The grades with open counts at each of `BOUNDS`; empty where nothing is suppressed or rounded.
    """

    comparator: str
    sides: Sides
    evidence: Evidence
    grades: Grades
    at_bounds: tuple[NDArray[np.int8], ...] = ()

    def take(self, rows: NDArray[np.intp]) -> Assessment:
        """Return some of the localities, in the order given."""
        return Assessment(
            self.comparator,
            self.sides.take(rows),
            self.evidence.take(rows),
            self.grades.take(rows),
            tuple(one[rows] for one in self.at_bounds),
        )


VOTING = (*sorted(TESTS), "depth")
"""What grades and votes are made of."""


def sums_of_tested(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    *,
    headline_only: bool = False,
    panels: Panels | None = None,
) -> LocalitySums:
    """Return the sums of every indicator that is tested, published by data zone or by intermediate zone only."""
    tested = panels_of_tested(observations, catalogue, zones, headline_only=headline_only, panels=panels)
    return sums_over(tested, zones, candidate_localities, membership)


def panels_of_tested(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    *,
    headline_only: bool = False,
    panels: Panels | None = None,
) -> tuple[Panel, ...]:
    """Return the panel of every indicator that is tested by data zone, and of those by intermediate zone if any are.

    `panels` are those of other tables of the same run, where there are any.
    """
    if panels is None and headline_only:
        # older figures by data zone, most of them, need not be laid out
        fine = build_panel(
            observations,
            catalogue,
            zones["zone_code"],
            headline_only=True,
            intermediate_zone_codes=parents_of(zones),
        )
        coarse = coarse_panel(observations, catalogue, zones)
        found = (fine.tested(), *(() if coarse is None else (coarse.tested(),)))
    else:
        found = (panels or Panels()).tested(observations, catalogue, zones)
    return headlines_of(found) if headline_only else found


def headlines_of(tested: Sequence[Panel]) -> tuple[Panel, ...]:
    """Return the headline periods of the panels of `panels_of_tested`."""
    found = [one.take(np.flatnonzero(one.series["is_headline_period"].to_numpy(dtype=bool))) for one in tested]
    return (found[0], *(one for one in found[1:] if len(one.series)))


def sums_over(
    panels: Sequence[Panel], zones: pd.DataFrame, candidate_localities: pd.DataFrame, membership: pd.DataFrame
) -> LocalitySums:
    """Return the sums of localities over the panels of `panels_of_tested`."""
    places = build_places(zones, candidate_localities, membership)  # type: ignore[arg-type]
    layers = [(places, panels[0]), *((coarse_places(zones, places), panel) for panel in panels[1:])]
    return sum_localities(*layers)


def assess(
    localities: LocalitySums,
    settings: Settings,
    *,
    wanted: Sequence[str] = COMPARISON_FIELDS,
    sides: Sequence[Sides] | None = None,
    rows: NDArray[np.intp] | None = None,
    keep: Keep = anew,
    **options: object,
) -> list[Assessment]:
    """Return the evidence and the grades against both comparators.

    Parameters
    ----------
    wanted
        Fields of the comparison that are kept, `TESTS` among them; q values only where all are.
    sides
        Both sides of the same localities and series for each comparator, where the caller has them already.
    rows
        Localities whose assessment is returned, all by default: the others are only there to be held against.
    keep
        Keeps comparisons.
    options
        As in `localities.evidence.weighing.compare_sides`.
    """
    return list(_assessments(localities, settings, sides, wanted, rows, keep, **options))


def assess_beside(
    localities: LocalitySums, settings: Settings, sides: Sides, name: str, keep: Keep = anew
) -> Assessment:
    """Return the assessment against something beside the two comparators of the Act, such as the same kind of place."""
    who = families(localities.places, len(localities.indicators), settings)
    return _assessment(localities, settings, name, sides, who, sorted(TESTS), None, {}, of_what(keep, name))


def _assessments(
    localities: LocalitySums,
    settings: Settings,
    given: Sequence[Sides] | None = None,
    wanted: Sequence[str] = COMPARISON_FIELDS,
    rows: NDArray[np.intp] | None = None,
    keep: Keep = anew,
    **options: object,
) -> Iterator[Assessment]:
    """Yield the assessment against each comparator; a caller who lets go of one before the next saves its memory."""
    who = families(localities.places, len(localities.indicators), settings)
    for number, comparator in enumerate(COMPARATORS):
        sides = given[number] if given else sides_of(localities, comparator)
        yield _assessment(localities, settings, comparator, sides, who, wanted, rows, options, keep)
        del sides


def _assessment(
    localities: LocalitySums,
    settings: Settings,
    comparator: str,
    sides: Sides,
    who: Families,
    wanted: Sequence[str],
    rows: NDArray[np.intp] | None,
    options: dict[str, object],
    keep: Keep = anew,
) -> Assessment:
    """Return the assessment against one comparator."""
    # of places that are only held against, p is enough: limits are most of the work
    needed = wanted if rows is None else sorted(TESTS)
    evidence = evidence_against(localities, sides, settings, keep, wanted=needed, **options)
    if wanted is COMPARISON_FIELDS:
        grades = grade(evidence, who, settings)
    else:
        blank = np.full((1, 1), np.nan)
        grades = Grades(regrade(evidence, who, settings), blank, blank)
    is_open = sides.is_open
    at_bounds: tuple[NDArray[np.int8], ...] = ()
    if is_open.any():
        touched = np.flatnonzero(is_open.any(axis=0))
        at_bounds = tuple(
            _grades_at(sides, evidence, grades.grade, touched, counts, who, settings, options, keep)
            for counts in BOUNDS
        )
        changed = np.logical_or.reduce([other != grades.grade for other in at_bounds]) & is_open & evidence.is_assessed
        reason = np.where(changed, why_open(sides), evidence.reason)
        evidence = replace(evidence, reason=reason)
        grades = replace(grades, grade=np.where(changed, np.int8(NOT_ASSESSED), grades.grade).astype(np.int8))
    if rows is None:
        return Assessment(comparator, sides, evidence, grades, at_bounds)
    found = Assessment(comparator, sides, evidence, grades, at_bounds).take(rows)
    comparison = compare_sides(found.sides, settings, wanted=wanted, **options)  # type: ignore[arg-type]
    return replace(found, evidence=replace(found.evidence, comparison=comparison))


def _grades_at(
    sides: Sides,
    evidence: Evidence,
    graded: NDArray[np.int8],
    touched: NDArray[np.intp],
    counts: tuple[str, str],
    who: Families,
    settings: Settings,
    options: dict[str, object],
    keep: Keep,
) -> NDArray[np.int8]:
    """Return the grades with open counts at one pair of bounds, computed anew for the touched columns only."""

    def compared(rows: Rows) -> Arrays:
        bound = compare_sides(
            sides.columns(touched).take(rows),
            settings,
            **{**options, "counts": counts[0], "rest_counts": counts[1], "wanted": sorted(TESTS)},  # type: ignore[arg-type]
        )
        # which columns are touched hangs on what else is compared, so that all are kept
        every = {name: np.full((len(array), graded.shape[1]), np.nan) for name, array in bound.items()}
        for name, array in bound.items():
            every[name][:, touched] = array
        return every

    bound = {name: array[:, touched] for name, array in keep(f"{sides.comparator}-{counts[0]}", compared).items()}
    at_bounds = graded.copy()
    there = Evidence(bound, evidence.whole_value[:, touched], evidence.reason[:, touched])
    at_bounds[:, touched] = regrade(there, who.columns(touched), settings)
    return at_bounds


def build_findings(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    settings: Settings,
    panels: Panels | None = None,
    sets: Sequence[str] = (),
    kept: Kept | None = None,
) -> pd.DataFrame:
    """Return the table ``findings``: one row per candidate locality, indicator, period and comparator.

    A locality is compared with the *rest* of the comparator's area, never with an area that holds it; the value of
    the whole area is there too, so that published figures reconcile. p values are one-sided toward poorer. Populations
    (never poorer in themselves) and pure description, such as ranks, have estimates and no findings. `sets` are the
    candidate sets whose rows are wanted, all by default; own boundaries need those of the reference set beside them.
    What no threshold decides is taken from `kept`, and left there.

    Raises
    ------
    ConfigError
        If an observation names an indicator that is not declared.
    """
    localities = sums_of_tested(observations, catalogue, zones, candidate_localities, membership, panels=panels)
    due = np.isin(localities.places.candidate_set.astype("str"), sets)
    keep = kept.of(localities.places.candidate_set) if kept else anew
    if not sets or due.all():
        return findings_of(localities, _assessments(localities, settings, keep=keep), settings, keep)
    rows = np.flatnonzero(due)
    return findings_of(localities.take(rows), _assessments(localities, settings, rows=rows, keep=keep), settings)


def findings_of(
    localities: LocalitySums, assessments: Iterable[Assessment], settings: Settings, keep: Keep = anew
) -> pd.DataFrame:
    """Return the table ``findings`` of localities from their assessments, with every field of the comparison."""
    parts: list[pd.DataFrame] = []
    same, words = _the_same(localities, keep), words_of(settings)
    for one in assessments:
        parts.append(_rows(same, one, words))
        del one
    return pd.concat(parts, ignore_index=True)


def _the_same(localities: LocalitySums, keep: Keep) -> dict[str, object]:
    """Return the columns that are the same against either comparator."""
    maps = keep("maps", lambda rows: dict(zip(FOR_MAPS, for_maps(localities.take(rows)), strict=True)))
    count, series = localities.sums.denominator.shape
    k = np.tile(np.arange(series), count)

    def repeated(name: str) -> pd.Categorical:
        codes, names = pd.factorize(localities.series[name].to_numpy(dtype=object))
        return pd.Categorical.from_codes(codes[k], categories=names)

    return {
        "locality_id": pd.Categorical.from_codes(
            np.repeat(np.arange(count), series), categories=pd.Index(localities.places.locality_id)
        ),
        "indicator_id": repeated("indicator_id"),
        "period": repeated("period"),
        "is_headline_period": localities.series["is_headline_period"].to_numpy(dtype=bool)[k],
        **{name: maps[name].ravel() for name in FOR_MAPS},
    }


def _rows(same: dict[str, object], one: Assessment, words: NDArray[np.object_]) -> pd.DataFrame:
    comparison, grades = one.evidence.comparison, one.grades
    significance = pd.Categorical.from_codes(
        np.minimum(grades.grade, NOT_ASSESSED).ravel(), categories=list(SIGNIFICANCES)
    )
    # no comparison could be computed although nothing else stands against it
    bare = (grades.grade == NOT_ASSESSED) & one.evidence.is_assessed
    reason = np.where(bare, np.int16(NOTHING_TO_COMPARE), one.evidence.reason)
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
        "reason": pd.Categorical.from_codes(reason.ravel() - 1, categories=words[1:]),
    }
    return pd.DataFrame({name: columns[name] for name in TABLES["findings"].columns})


def _finite(array: Floats) -> Floats:
    """Return the array flat, with NaN for a limit that does not exist (a ratio to nothing, no bound)."""
    return np.where(np.isfinite(array), array, np.nan).ravel()


def for_maps(localities: LocalitySums) -> tuple[Floats, Floats, Floats]:
    """Return shrunken values and the chances of the worst fifth and tenth of the partnership, for headline periods.

    The noise is that of the figure itself: binomial, Poisson with its declared dispersion, or of the people behind a
    mean; what is measured without error is not shrunk, and a mean whose people are not known has neither. The prior is
    fitted per candidate set, indicator and period over all of Scotland; ranks are within the partnership, among five
    localities with a figure or more.
    """
    sums, places = localities.sums, localities.places
    shape = sums.denominator.shape
    shrunken = np.full(shape, np.nan)
    worst = {0.2: np.full(shape, np.nan), 0.1: np.full(shape, np.nan)}
    is_headline = localities.series["is_headline_period"].to_numpy(dtype=bool)
    sets, _ = pd.factorize(places.candidate_set)
    value = values_of(sums, localities.indicators)
    by_cpp = sets * len(places.cpp_codes) + places.cpp
    for family, kinds in (
        ("beta", ("proportion",)),
        ("gamma", ("rate", "standardised_rate", "standardised_ratio")),
        ("normal", ("mean",)),
    ):
        columns = np.array(
            [k for k, one in enumerate(localities.indicators) if one.kind in kinds and is_headline[k]
             and (one.kind != "mean" or one.sd_between_people is not None)], dtype=np.intp
        )  # fmt: skip
        if not len(columns):
            continue
        numbers = np.arange(len(columns))
        # one family per candidate set x series; worst fractions per set x CPP x series
        group = (sets[:, None] * len(columns) + numbers).ravel()
        within = (by_cpp[:, None] * len(columns) + numbers).ravel()
        own = [localities.indicators[column] for column in columns]
        denominator = sums.denominator[:, columns]
        empty = (denominator <= 0) | (sums.zones[:, columns] <= 0)
        if family == "normal":
            with np.errstate(invalid="ignore", divide="ignore"):
                error = np.array([one.sd_between_people for one in own]) / np.sqrt(denominator)
            posterior = normal_normal(
                np.where(empty, np.nan, value[:, columns]).ravel(), np.where(empty, np.nan, error).ravel(), group
            )
            scale = np.ones(empty.size)
        else:
            model = beta_binomial if family == "beta" else gamma_poisson
            dispersion = np.array([one.dispersion for one in own])
            counts = (sums.numerator[:, columns] / dispersion, denominator / dispersion)
            events, people = (np.where(empty, np.nan, one).ravel() for one in counts)
            posterior = model(events, people, group)
            scale = np.tile([one.multiplier for one in own], shape[0])
        shrunken[:, columns] = (posterior["shrunken_value"].to_numpy() * scale).reshape(shape[0], -1)
        few = np.bincount(within[~empty.ravel()], minlength=int(within.max()) + 1)[within] < FEWEST_RANKED
        direction = np.tile([one.poorer_is for one in own], shape[0])
        for fraction, target in worst.items():
            chance = posterior_worst_fraction(
                posterior["posterior_a"].to_numpy(),
                posterior["posterior_b"].to_numpy(),
                within,
                family=family,
                fraction=fraction,
                poorer_is=direction,
            )
            target[:, columns] = np.where(few, np.nan, chance).reshape(shape[0], -1)
    return shrunken, worst[0.2], worst[0.1]
