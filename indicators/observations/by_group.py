"""Figures of groups of people by council, from the readers of every other figure.

A declaration with ``groups`` is read once for each group and once for everybody, by the reader that it names, and so
protected as its source demands (`indicators.readers.shared.disclosure`). Figures by zone are summed to councils; counts
that are hidden are kept as their bounds. What cannot be of
groups is refused here: a total among them, groups that overlap where it is not declared, a group larger than
everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.declaring.groups import EVERYBODY, of_group
from indicators.errors import ConfigError, GeographyError, LocalitiesError, SchemaError
from indicators.observations.build import read_kept
from indicators.readers import editions_of
from indicators.readers.shared.disclosure import KEY as DISCLOSED

COUNTS = ("numerator", "numerator_low", "numerator_high", "denominator", "weighted")
"""Sums by group and council: counts as observed or imputed and at both bounds, people, and people times value."""

_A_TOTAL, _SLACK = 0.002, 0.02
"""Relative differences: within the first in every council a group has as many people as everybody; by more than the
second it cannot have more. Cells of the census are perturbed, so parts miss their total by about a thousandth."""


def read_together(
    files: Mapping[str, Path], declared: Sequence[Indicator], cache: Path | None = None
) -> dict[str, pd.DataFrame]:
    """Return what readers make of all groups of several declarations, by the declaration's id.

    A file that several share is read once. What cannot be read together is left out: `read_groups` then reads it by
    itself, and says what is wrong with which. What was read is kept in the folder `cache`, where there is one.
    """
    found: dict[str, pd.DataFrame] = {}
    for reader in sorted({one.reader for one in declared}):
        sharing = [one for one in declared if one.reader == reader]
        try:
            rows = _read(files, sharing, cache)
        except LocalitiesError:
            continue
        whose = {variant.id: one.id for one in sharing for variant in variants_of(one).values()}
        ids = rows["indicator_id"].astype("str").map(whose)
        found |= {one.id: rows[ids == one.id].reset_index(drop=True) for one in sharing}
    return found


def _read(files: Mapping[str, Path], declared: Sequence[Indicator], cache: Path | None = None) -> pd.DataFrame:
    variants = [variant for one in declared for variant in variants_of(one).values()]
    editions = [edition for one in variants for edition in editions_of(one)]
    return read_kept(declared[0].reader, files, editions, cache and cache / "groups")


def read_groups(
    files: Mapping[str, Path],
    one: Indicator,
    council_of: pd.Series,
    *,
    minimum_coverage: float = 0.75,
    rows: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the figures of every group of a declaration, by council and period.

    Parameters
    ----------
    files
        The file of each source id.
    one
        A declaration with ``groups``.
    council_of
        Code of the council by code of area: of every data zone and intermediate zone that may be named, and of each
        council itself.
    minimum_coverage
        Share of a council's zones that must have figures; else the council has none.
    rows
        What `read_together` read of it.

    Returns
    -------
    pandas.DataFrame
        One row per group, council and period, in order of the declaration, each council of `council_of` among them:
        ``group_name`` (`indicators.declaring.groups.EVERYBODY` for everybody), ``area_code, period, period_end``, the
        sums of `COUNTS` and ``status``. Counts are missing where there is no figure.

    Raises
    ------
    ConfigError, SourceUnavailable, UnreadableSource, SchemaError, GeographyError
        As the reader; or if the groups are no groups, or an area is not known.
    """
    if one.groups is None:
        raise ConfigError("A declaration has no groups", where=f"{one.id}.yaml", expected="groups: {...}")
    names = {variant.id: group for group, variant in variants_of(one).items()}
    rows = _read(files, [one]) if rows is None else rows
    # the latest edition comes first, and stands
    rows = rows[~rows.duplicated(["indicator_id", "area_code", "period"])]
    rows = rows.assign(group_name=pd.Categorical(rows["indicator_id"].astype("str").map(names), [*names.values()]))
    rows["council"] = rows["area_code"].astype("str").map(council_of)
    _be_known(one, rows)
    figures = _by_council(one, rows, sorted(set(council_of)), minimum_coverage)
    if not one.groups.whole:
        figures = pd.concat([figures, _together(figures)], ignore_index=True)
    _be_groups(one, figures)
    return figures


def variants_of(one: Indicator) -> dict[str, Indicator]:
    """Return a declaration with ``groups`` once for each group, by its name, as a reader reads any other."""
    groups = one.groups.all if one.groups else {}
    return {
        group: replace(
            one,
            id=f"{one.id} ({group})" if group else one.id,
            columns=of_group(one.columns, names, f"{one.id}.yaml"),
        )
        for group, names in groups.items()
    }


def _be_known(one: Indicator, rows: pd.DataFrame) -> None:
    strange = rows.loc[rows["council"].isna(), "area_code"].astype("str").unique()
    if len(strange):
        raise GeographyError(
            f"Figures by group are of areas that are not known ({one.id})",
            where=f"source {one.source}",
            column="area_code",
            codes=strange,
            expected="councils, output areas of 2022, or zones of the census that the run stands on",
            found=f"{len(strange):,} others",
            remedy="get the table by council or by output area; zones of another census have no council here",
        )


def _by_council(one: Indicator, rows: pd.DataFrame, councils: Sequence[str], minimum_coverage: float) -> pd.DataFrame:
    """Return sums by group, council and period."""
    hidden = (rows["status"] == "suppressed").to_numpy()
    numerator, below = (rows[name].to_numpy(dtype="float64", copy=True) for name in ("numerator", "denominator"))
    low, high = numerator.copy(), numerator.copy()
    bounds = one.suppression
    if hidden.any() and bounds.lower is not None and bounds.upper is not None:
        # no more can be counted than there are
        top = np.minimum(bounds.upper, below[hidden])
        low[hidden], high[hidden] = np.minimum(bounds.lower, top), top
        numerator[hidden] = (low[hidden] + high[hidden]) / 2
    value = rows["value"].to_numpy(dtype="float64")
    counts = value if one.kind == "mean" else numerator
    usable = np.isfinite(counts) & np.isfinite(below)
    sums = pd.DataFrame(
        {
            "numerator": numerator, "numerator_low": low, "numerator_high": high, "denominator": below,
            "weighted": below * value,
        }
    )  # fmt: skip
    sums[~usable] = np.nan
    marks = {
        "areas": np.ones(len(rows)),
        "usable": usable.astype(float),
        "hidden": (hidden & usable).astype(float),
        **{
            f"is_{state}": (rows["status"] == state).to_numpy(dtype=float) for state in ("suppressed", "not_applicable")
        },
    }
    frame = sums.assign(**marks, **{name: rows[name].to_numpy() for name in ("council", "period")})
    frame["group_name"] = rows["group_name"].to_numpy()
    summed = frame.groupby(["group_name", "council", "period"], observed=True).sum(min_count=1)
    ends = rows.groupby(rows["period"].astype("str"))["period_end"].max()
    every = pd.MultiIndex.from_product(
        [rows["group_name"].cat.categories, councils, ends.sort_values().index], names=summed.index.names
    )
    summed = summed.reindex(every)
    seen = summed["areas"].notna() & (summed["usable"] >= minimum_coverage * summed["areas"])
    # a count with nobody behind it, and a group that is not there at all, are no figures
    nobody = summed["is_not_applicable"].eq(summed["areas"]) | (seen & summed["denominator"].eq(0))
    status = np.select(
        [nobody, seen & (summed["hidden"] > 0), seen, summed["is_suppressed"] > 0],
        ["not_applicable", "suppressed", "observed", "suppressed"],
        "missing",
    )
    table = summed[list(COUNTS)].where(seen & ~nobody).assign(status=status).reset_index()
    table["group_name"] = table["group_name"].astype("str")
    table["period_end"] = table["period"].map(ends)
    first = ["group_name", "council", "period", "period_end"]
    return table[[*first, *COUNTS, "status"]].rename(columns={"council": "area_code"})


def _together(figures: pd.DataFrame) -> pd.DataFrame:
    """Return everybody as all groups together; where one of them has no figure there is none of everybody."""
    by = figures.groupby(["area_code", "period", "period_end"], sort=False)
    sums = by[list(COUNTS)].sum(min_count=1)
    has = figures["denominator"].notna() | (figures["status"] == "not_applicable")
    whole = has.groupby([figures[name] for name in ("area_code", "period", "period_end")], sort=False).all()
    hidden = by["status"].agg(lambda states: (states == "suppressed").any())
    status = np.where(whole & sums["denominator"].gt(0), np.where(hidden, "suppressed", "observed"), "missing")
    sums[status == "missing"] = np.nan
    return sums.assign(status=status, group_name=EVERYBODY).reset_index()


def _be_groups(one: Indicator, figures: pd.DataFrame) -> None:
    """Refuse what cannot be groups of the people of a council."""
    people = figures.pivot_table(index=["area_code", "period"], columns="group_name", values="denominator", sort=False)
    if EVERYBODY not in people or one.groups is None:
        raise SchemaError(
            f"There is no figure of everybody to hold groups against ({one.id})",
            where=f"source {one.source}",
            expected="the people of which the groups are a part",
            remedy="name them under groups: {whole: ...}",
        )
    everybody = people.pop(EVERYBODY)
    if one.kind == "mean" or one.is_approximate:
        return  # what stands behind these are no people that were counted
    # what a source rounds may miss its total by as much for each group
    base = max((rule["rounding"] for rule in (one.columns.get(DISCLOSED) or {}).values()), default=0.0)
    share = people.sub(base, axis=0).clip(lower=0.0).div(everybody, axis=0) if base else people.div(everybody, axis=0)
    problems: list[tuple[str, list[str], str, str]] = [
        (
            "A group has more people than there are",
            list(share.columns[(share > 1 + _SLACK).any()]),
            "no group with more people than everybody, in any council",
            "check which column or row is everybody",
        ),
        (
            "A total is among the groups",
            list(share.columns[((share - 1).abs() < _A_TOTAL).groupby(level="period").all().any()]),
            "groups that are a part of everybody",
            "leave it out of members; everybody is named under whole",
        ),
    ]
    every = (people.sum(axis=1) - base * people.notna().sum(axis=1)).clip(lower=0.0)
    total = every.groupby(level="period").sum() / everybody.groupby(level="period").sum()
    if not one.groups.overlap and (total > 1 + _SLACK).any():
        over = "groups overlap, or one is a total of others"
        problems.append(
            (
                "The groups are more people together than there are",
                [f"{name}: {value:.0%}" for name, value in total[total > 1 + _SLACK].items()],
                "at most everybody",
                f"{over}: leave the total out, or declare overlap: true",
            )
        )
    for what, found, expected, remedy in problems:
        if found:
            raise SchemaError(
                f"{what} ({one.id})",
                where=f"source {one.source}",
                column="groups",
                codes=found,
                expected=expected,
                remedy=remedy,
            )
