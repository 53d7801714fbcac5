"""The table ``group_findings``: groups of people of each council held against others, by the tests of localities.

A group of a council is held against three comparators, and is never part of what it is tested against:

- ``cpp``, the rest of the council's people: are they worse off than their neighbours who are not of the group?
- ``scotland``, everybody else in Scotland: are they worse off than people in Scotland generally?
- ``same_group``, the same group elsewhere in Scotland: is it harder to be of this group here than elsewhere?

The tests, the smallest important difference and the control of false discoveries are those of localities
(`localities.evidence`); a family is one indicator, comparator and period over all councils and groups. Figures are
crude but where the groups are ages: then the third compares people of the same age, and the first two mostly tell that
people grow old. `age_basis` says which, because health of disabled people against others' is largely age too.

What cannot be read stays a state: a declaration whose file is absent or whose groups are none has rows that say why,
and stops nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue, Indicator
from indicators.declaring.groups import EVERYBODY
from indicators.errors import LocalitiesError, SourceUnavailable, UnreadableSource
from indicators.intervals.counts import quasi_proportion, quasi_rate, rate, two_sided_quantile, wilson
from indicators.observations.by_group import COUNTS, read_groups, read_together
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from indicators.schema.vocabulary import GROUP_COMPARATORS, SIGNIFICANCES
from localities.councils import CPPS
from localities.evidence.findings import BOUNDS
from localities.evidence.grading import NOT_ASSESSED, Families, grade, regrade
from localities.evidence.panel import Floats
from localities.evidence.reasons import ROUNDED_REASON, SUPPRESSED_REASON
from localities.evidence.sides import Sides
from localities.evidence.sums import Sums, values_of
from localities.evidence.weighing import TESTS, Evidence, compare_sides
from localities.settings import Settings

_log = logging.getLogger(__name__)

SCOTLAND = ("S92000003", "Scotland")
"""GSS code and name of the whole country, whose groups are held against everybody else in it."""

_NOT_READ = "not known"
"""Period of a table that could not be read."""

_WHY = {
    "missing": "not published for this council",
    "suppressed": "suppressed by the publisher",
    "not_applicable": "there is nobody of this group",
}
_SHAPES = {"difference_lower_ci": "difference_lower", "difference_upper_ci": "difference_upper",
           "ratio_lower_ci": "ratio_lower", "ratio_upper_ci": "ratio_upper"}  # fmt: skip


def build_group_findings(
    files: Mapping[str, Path],
    catalogue: Catalogue,
    zones: pd.DataFrame,
    settings: Settings,
    cache: Path | None = None,
) -> pd.DataFrame:
    """Return the table ``group_findings``: one row per group, council (and Scotland), indicator, period and comparator.

    Parameters
    ----------
    files
        The file of each source id; a declaration whose files are not there has rows that say so.
    catalogue
        ``by_group`` of it.
    zones
        Table ``zones``, for the councils that there are and which zones lie in them.
    settings
        ``confidence, alpha, minimum_expected, minimum_coverage``.
    cache
        Folder for what readers made; None for no cache.

    Nothing is raised for what cannot be read: `be_read` does, of a new version of a file.
    """
    names = zones.drop_duplicates("cpp_code").set_index("cpp_code")["cpp_name"].sort_index()
    council_of = _councils(zones)
    parts = []
    read = read_together(files, catalogue.by_group, cache)
    for one in catalogue.by_group:
        try:
            figures = read_groups(
                files, one, council_of, minimum_coverage=settings.minimum_coverage, rows=read.get(one.id)
            )
        except LocalitiesError as error:
            # that an optional file is not there is no news; that one cannot be read is
            level = logging.INFO if isinstance(error, SourceUnavailable) else logging.WARNING
            _log.log(level, "%s by group is left out: %s", one.id, error)
            parts.append(_unread(one, names, str(error).partition("\n")[0]))
        else:
            parts.append(_findings(one, figures, names, settings))
    columns = list(TABLES["group_findings"].columns)
    table = pd.concat([*parts, pd.DataFrame(columns=columns)], ignore_index=True)[columns]
    return coerce("group_findings", table)


def be_read(findings: pd.DataFrame, *, where: str) -> None:
    """Raise where a declaration could not be read, which in a run is a state that stops nothing else.

    Raises
    ------
    UnreadableSource
        With the first reason.
    """
    unread = findings[findings["period"] == _NOT_READ]
    if len(unread):
        raise UnreadableSource(
            "A table by group cannot be read",
            where=where,
            codes=unread["indicator_id"].unique(),
            found=unread["reason"].iloc[0],
            remedy="look at the file, and at the declarations that read it",
        )


def _councils(zones: pd.DataFrame) -> pd.Series:
    """Return the council of every area that a table may name: zones, intermediate zones, councils by any code."""
    own = set(zones["cpp_code"])
    former = {old: cpp.code for cpp in CPPS if cpp.code in own for old in cpp.former_codes}
    of_zones = zones.set_index("zone_code")["cpp_code"]
    larger = zones.dropna(subset="intermediate_zone_code").drop_duplicates("intermediate_zone_code")
    of_larger = larger.set_index("intermediate_zone_code")["cpp_code"]
    return pd.concat([of_zones, of_larger, pd.Series(former | {one: one for one in sorted(own)}, dtype="str")])


def _findings(one: Indicator, figures: pd.DataFrame, names: pd.Series, settings: Settings) -> pd.DataFrame:
    figures = pd.concat([figures, _of_scotland(figures, settings)], ignore_index=True)
    key = ["group_name", "area_code", "period"]
    at = figures.set_index(key)
    rows = figures[figures["group_name"] != EVERYBODY].reset_index(drop=True)
    wholes = {
        "cpp": _at(at, rows.assign(group_name=EVERYBODY)),
        "scotland": _at(at, rows.assign(group_name=EVERYBODY, area_code=SCOTLAND[0])),
        "same_group": _at(at, rows.assign(area_code=SCOTLAND[0])),
    }
    is_country = (rows["area_code"] == SCOTLAND[0]).to_numpy()
    stacked, whole = [], []
    for comparator in GROUP_COMPARATORS:
        # the country has no rest but its other people
        kept = np.ones(len(rows), dtype=bool) if comparator == "scotland" else ~is_country
        stacked.append(rows[kept].assign(group_comparator=comparator))
        whole.append(wholes[comparator][kept])
    table, of_whole = pd.concat(stacked, ignore_index=True), pd.concat(whole, ignore_index=True)
    is_apart = bool(one.groups and one.groups.whole) & (table["group_comparator"] != "same_group").to_numpy()
    sides = _sides(one, table, of_whole, is_apart)
    table = _graded(one, table, sides, _reasons(one, table, of_whole, sides, settings), settings)
    table["share_of_people"] = (table["denominator"] / _at(at, table.assign(group_name=EVERYBODY))["denominator"]).clip(
        upper=1.0
    )
    if one.kind == "mean" or one.is_approximate:
        table["share_of_people"] = np.nan  # what stands behind these are no people that were counted
    table["is_headline_period"] = table["period_end"] == table["period_end"].max()
    return _described(one, table, names)


def _at(figures: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of groups, areas and periods, in the order of the rows."""
    wanted = pd.MultiIndex.from_frame(rows[["group_name", "area_code", "period"]])
    return figures.reindex(wanted).reset_index(drop=True)


def _of_scotland(figures: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the sums over councils; none where the councils with a figure have too few of Scotland's people."""
    people = figures[figures["group_name"] == EVERYBODY].set_index(["area_code", "period"])["denominator"]
    everybody = people.reindex(pd.MultiIndex.from_frame(figures[["area_code", "period"]])).to_numpy()
    has = np.isfinite(figures["denominator"].to_numpy(dtype="float64")) | (figures["status"] == "not_applicable")
    frame = figures.assign(everybody=everybody, covered=np.where(has, everybody, 0.0))
    frame["is_hidden"] = frame["status"] == "suppressed"
    by = frame.groupby(["group_name", "period", "period_end"], sort=False)
    sums = by[[*COUNTS, "everybody", "covered"]].sum(min_count=1)
    enough = (sums["covered"] >= settings.minimum_coverage * sums["everybody"]) & sums["denominator"].gt(0)
    status = np.where(enough, np.where(by["is_hidden"].any(), "suppressed", "observed"), "missing")
    return sums[list(COUNTS)].where(enough).assign(status=status, area_code=SCOTLAND[0]).reset_index()


def _sides(one: Indicator, rows: pd.DataFrame, whole: pd.DataFrame, is_apart: NDArray[np.bool_]) -> Sides:
    """Return both sides of every row, one column each: the group, and the whole that it is a part of less the group.

    Where the whole is published apart from its groups (`is_apart`), what is hidden in the group is open in the rest the
    other way round; where it is their sum, the group's own bounds fall out of it.
    """
    here = {name: rows[name].to_numpy(dtype="float64") for name in COUNTS}
    all_of = {name: whole[name].to_numpy(dtype="float64") for name in COUNTS}
    rest = {name: np.maximum(all_of[name] - here[name], 0.0) for name in COUNTS}
    low, high = "numerator_low", "numerator_high"
    rest[low] = np.maximum(all_of[low] - np.where(is_apart, here[high], here[low]), 0.0)
    rest[high] = np.maximum(all_of[high] - np.where(is_apart, here[low], here[high]), 0.0)
    return Sides((one,), np.array([np.nan]), _sums(here), _sums(all_of), _sums(rest))


def _sums(counts: Mapping[str, Floats]) -> Sums:
    shape = (len(counts["denominator"]), 1)
    blank = np.zeros(shape)
    known = {name: np.nan_to_num(counts[name]).reshape(shape) for name in COUNTS}
    return Sums(**{one.name: known.get(one.name, blank) for one in fields(Sums)})


def _reasons(
    one: Indicator, rows: pd.DataFrame, whole: pd.DataFrame, sides: Sides, settings: Settings
) -> NDArray[np.object_]:
    """Return why each row may not be graded, "" where it may; the first that applies stands."""
    group, rest = sides.locality, sides.rest
    reason = np.full(len(rows), "", dtype=object)

    def note(where: NDArray[np.bool_], text: str) -> None:
        reason[where & (reason == "")] = text

    has = rows["denominator"].notna().to_numpy()
    for status, text in _WHY.items():
        note(~has & (rows["status"] == status).to_numpy(), text)
    note(whole["denominator"].isna().to_numpy(), "too few councils have a figure: there is none for the rest")
    note(rest.denominator[:, 0] <= 0, "the group is everybody: there is no rest to compare with")
    if one.kind == "mean":
        if one.sd_between_people is None:
            note(np.ones(len(rows), dtype=bool), "published without the people behind it: described only")
        return reason
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (rest.numerator / rest.denominator * group.denominator / one.dispersion)[:, 0]
    if one.kind == "proportion":
        # a share near one is as hard to tell from one as a share near zero is from zero
        expected = np.minimum(expected, group.denominator[:, 0] / one.dispersion - expected)
    note(~(expected >= settings.minimum_expected), f"fewer than {settings.minimum_expected:g} events expected")
    return reason


def _graded(
    one: Indicator, rows: pd.DataFrame, sides: Sides, reason: NDArray[np.object_], settings: Settings
) -> pd.DataFrame:
    """Return the rows with their estimates, comparisons and grades."""
    found = compare_sides(sides, settings)
    evidence = Evidence(found, values_of(sides.whole, sides.indicators), (reason != "").astype(np.int16)[:, None])
    family = pd.factorize(pd.MultiIndex.from_frame(rows[["group_comparator", "period"]]))[0][:, None]
    who = Families(family.astype(np.intp), np.zeros(len(rows), dtype=bool))
    grades = grade(evidence, who, settings)
    final, is_open = grades.grade[:, 0].copy(), sides.is_open[:, 0]
    if is_open.any():
        for counts, of_rest in BOUNDS:
            bound = compare_sides(sides, settings, counts=counts, rest_counts=of_rest, wanted=sorted(TESTS))
            other = regrade(Evidence(bound, evidence.whole_value, evidence.reason), who, settings)[:, 0]
            changed = is_open & (reason == "") & (other != grades.grade[:, 0])
            reason[changed] = SUPPRESSED_REASON if one.suppression.symbols else ROUNDED_REASON
            final[changed] = NOT_ASSESSED
    reason[(final == NOT_ASSESSED) & (reason == "")] = "no people or events to compare"
    lower, upper, method = _interval(one, sides.locality, settings.confidence)
    has = rows["denominator"].notna().to_numpy()
    plain = {name: found[name][:, 0] for name in (
        "comparator_value", "difference", "ratio", "p_value", "p_important", "null_model", "test_method", "depth",
    )}  # fmt: skip
    limits = {name: found[given][:, 0] for name, given in _SHAPES.items()}
    value = values_of(sides.locality, sides.indicators)[:, 0]
    table = rows.assign(
        value=np.where(has, value, np.nan), lower_ci=np.where(has, lower, np.nan),
        upper_ci=np.where(has, upper, np.nan), ci_method=np.where(has, method, "none"), confidence=settings.confidence,
        whole_area_value=evidence.whole_value[:, 0], q_value=grades.q_value[:, 0], q_important=grades.q_important[:, 0],
        significance=np.array(SIGNIFICANCES, dtype=object)[np.minimum(final, NOT_ASSESSED)],
        reason=pd.Series(reason, rows.index).replace("", None), **plain, **limits,
    )  # fmt: skip
    numbers = [*limits, "ratio", "comparator_value", "difference", "whole_area_value", "depth"]
    table[numbers] = table[numbers].where(np.isfinite(table[numbers].astype("float64")))
    # the hidden are shown as what is imputed for them, and a mean has no count
    table["numerator"] = table["numerator"].where(has & (one.kind != "mean"))
    return table


def _interval(one: Indicator, sums: Sums, confidence: float) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """Return limits of every group's own figure, and their method, as estimates of localities have them."""
    x, n = sums.numerator[:, 0], np.where(sums.denominator[:, 0] > 0, sums.denominator[:, 0], np.nan)
    if one.kind == "mean":
        half = two_sided_quantile(confidence) * (one.sd_between_people or np.nan) / np.sqrt(n)
        value = sums.weighted[:, 0] / n
        method = np.where(np.isfinite(half), "normal, people behind the mean", "none")
        return value - half, value + half, method.astype(object)
    whole = one.counts_are_whole and one.people is None and one.dispersion == 1 and bool((x == np.round(x)).all())
    if one.kind == "proportion":
        found = wilson(x, n, confidence) if whole else quasi_proportion(x, n, one.dispersion, confidence)
    else:
        found = rate(x, n, confidence) if whole else quasi_rate(x, n, one.dispersion, confidence)
    return found.lower * one.multiplier, found.upper * one.multiplier, found.method


def _described(one: Indicator, table: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    dimension = one.groups.dimension if one.groups else ""
    of_ages = np.where(table["group_comparator"] == "same_group", "same_ages", "other_ages")
    return table.assign(
        indicator_id=one.id,
        group_dimension=dimension,
        area_name=table["area_code"].map(names).fillna(SCOTLAND[1]),
        age_basis=of_ages if dimension == "age" else "not_adjusted",
        source_id=one.source,
    )


def _unread(one: Indicator, names: pd.Series, why: str) -> pd.DataFrame:
    """Return the rows of a declaration that could not be read: each says why, and none has a figure."""
    groups = list(one.groups.members) if one.groups else []
    areas = [*names.index, SCOTLAND[0]]
    cells = [(group, area, comparator) for group in groups for area in areas for comparator in GROUP_COMPARATORS
             if area != SCOTLAND[0] or comparator == "scotland"]  # fmt: skip
    table = pd.DataFrame(cells, columns=["group_name", "area_code", "group_comparator"])
    blank = [name for name in TABLES["group_findings"].columns if name not in table]
    table = table.reindex(columns=[*table.columns, *blank])
    table = table.assign(
        period=_NOT_READ, is_headline_period=True, status="missing", significance="not_assessed", ci_method="none",
        confidence=0.0, null_model="none", test_method="none", reason=f"its table could not be read: {why}",
    )  # fmt: skip
    return _described(one, table, names)
