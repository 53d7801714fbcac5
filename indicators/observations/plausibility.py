"""Whether a new version of published figures can be what it says: compared with the version before it.

A file may have the right form and hold the wrong content: half of the areas gone, rows against the wrong codes, one
number repeated, thousands for units. Nothing here is wrong by itself, so nothing is refused for good: what is found is
a reason to hold a version back until a person has looked. Form and codes are checked elsewhere, in every run.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd

from indicators.errors import LocalitiesError, some

LEAST_AREAS = 0.9
"""Share of the areas of the version before that must still be there."""
MORE_HIDDEN = 0.10
"""How much the share of areas without a figure may rise."""
REVISED = 0.10
"""How far the total of a period that was published before may be revised, as a share."""
HISTORY = 3.0
"""How many times its largest step so far the total of a new period may differ from the one before it."""
FREE_STEP = 0.20
"""A step that is never too large, as a share, however calm the series has been."""
FIRST_STEP = 0.50
"""The same where the series has no history of steps."""
RESIDENTS = 0.05
"""How far the number of all residents may differ from the version before, as a share."""
ALIKE = 0.5
"""Least rank correlation, over areas, of one period's figures in two versions."""
AS_USUAL = 0.85
"""Least rank correlation of neighbouring periods, as a share of those of the pairs before and after."""

_SOME_AREAS = 20
_SOME_PERIODS = 4
_SURELY = 4.0
_NEARLY_ONE = 0.9999
_KEY = ["indicator_id", "area_type", "period"]


class Implausible(LocalitiesError):
    """A file can be read, and what it says can hardly be true; a person may accept it all the same."""


def compare_observations(after: pd.DataFrame, before: pd.DataFrame | None, *, where: str) -> None:
    """Raise unless figures can be a new version of those before them.

    Looked at for each indicator and period: whether all areas have one value (at least 20 areas) and had not before;
    whether areas went (more than a tenth); whether more are without a figure (by more than 10 points); totals (of
    counts, else the mean over areas): a period published before may be revised by a tenth, the first new one may differ
    from the last by three times the largest step of the series so far, by a fifth always; and whether the figures of a
    period go to other areas than before (rank correlation below 0.5). Where a series has four periods or more: whether
    two neighbouring ones are much less alike than the others are (rank correlation below 0.85 of the median), as where
    a part of a file stands at other areas than the rest, or averages begin anew; a series that is known to be so stays.

    Parameters
    ----------
    after, before
        Rows of the table ``observations``: of the new file, and of the one before it for the same indicators. None
        where there was none: then only what is odd by itself is looked at.
    where
        The file, for the message.

    Raises
    ------
    Implausible
        Naming up to five findings.
    """
    known = None if before is None else before[before["indicator_id"].isin(after["indicator_id"].unique())]
    found = [*_all_equal(after, known), *_parted(after, known)]
    if known is not None and len(known):
        found += [*_gone(after, known), *_hidden(after, known), *_jumps(after, known), *_elsewhere(after, known)]
    _raise(found, where)


def compare_residents(after: pd.Series, before: pd.Series | None, *, where: str) -> None:
    """Raise unless the residents of areas can be a new version of those before them.

    Parameters
    ----------
    after, before
        Residents by code of area (index); None where there was no version before.
    where
        The files, for the message.

    Raises
    ------
    Implausible
        If all areas have the same number, more than a tenth of the areas went, or the total is off by more than 5 %.

    Examples
    --------
    >>> people = pd.Series({"S01006506": 880, "S01006507": 790})
    >>> compare_residents(people * 2, people, where="sape.xlsx")
    Traceback (most recent call last):
    ...
    indicators.observations.plausibility.Implausible: What a new version says can hardly be true.
      where: sape.xlsx
      expected: about what the version before says, within its own history
      found: 3,340 residents where there were 1,670
      to do: look at the file; if it is right, `localities sources accept <source> --because "..."`
    """
    found = []
    if len(after) >= _SOME_AREAS and after.nunique() == 1:
        found.append(f"every one of {len(after):,} areas has {after.iloc[0]:,} residents")
    if before is not None and len(before):
        kept = len(before.index.intersection(after.index))
        if kept < LEAST_AREAS * len(before):
            found.append(f"{len(before) - kept:,} of {len(before):,} areas are gone")
        total, was = float(after.sum()), float(before.sum())
        if was > 0 and abs(total / was - 1) > RESIDENTS:
            found.append(f"{total:,.0f} residents where there were {was:,.0f}")
    _raise(found, where)


def _raise(found: list[str], where: str) -> None:
    if found:
        raise Implausible(
            "What a new version says can hardly be true",
            where=where,
            expected="about what the version before says, within its own history",
            found=some(found),
            remedy='look at the file; if it is right, `localities sources accept <source> --because "..."`',
        )


def _has_figure(rows: pd.DataFrame) -> pd.Series:
    return rows["status"].isin(["observed", "modelled"])


def _all_equal(after: pd.DataFrame, before: pd.DataFrame | None) -> Iterator[str]:
    now = _one_value(after)
    if before is None:
        # an index is 100 everywhere in its base year; one value in every year is no index
        usual = now.groupby(level="indicator_id", observed=True).transform(lambda same: not same.all())
    else:
        was = _one_value(before)
        ever = was.groupby(level="indicator_id", observed=True).any()
        usual = pd.Series([bool(was.get(key, ever.get(key[0], False))) for key in now.index], now.index, dtype=bool)
    for key in now.index[now & ~usual.astype(bool)]:
        yield f"{key[0]} has one value in every area in {key[2]}"


def _one_value(rows: pd.DataFrame) -> pd.Series:
    figures = rows[_has_figure(rows)].groupby(_KEY, observed=True, sort=True)["value"].agg(["size", "min", "max"])
    return (figures["min"] == figures["max"]) & (figures["size"] >= _SOME_AREAS)


def _parted(after: pd.DataFrame, before: pd.DataFrame | None) -> Iterator[str]:
    """Yield the places where a series falls in two: the figures before and after stand at different areas."""
    known = set() if before is None else set(_partings(before))
    for (indicator_id, period), (alike, usual) in _partings(after).items():
        if (indicator_id, period) not in known:
            yield (
                f"{indicator_id} in {period} has its figures in other areas than in the period before "
                f"(rank correlation {alike:.2f}; {usual:.2f} before and after that)"
            )


def _partings(rows: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the rank correlation with the period before, and the usual one, of periods that are unlike it."""
    figures = rows[rows["status"] == "observed"]
    found = {}
    for (indicator_id, _), own in figures.groupby(["indicator_id", "area_type"], observed=True):
        last = own.groupby("period", observed=True)["period_end"].first().sort_values(kind="stable")
        if len(last) < _SOME_PERIODS:
            continue
        ranks = own.pivot(index="area_code", columns="period", values="value")[last.index.astype(str)].rank()
        if len(ranks) < _SOME_AREAS:
            continue
        alike = np.array([ranks.iloc[:, at].corr(ranks.iloc[:, at + 1]) for at in range(len(last) - 1)])
        # on either side of where a series parts its periods are alike: not so of one that spreads from a base year
        usual = np.minimum(alike[:-2], alike[2:])
        # where areas are few, chance alone makes one year less alike than another
        apart = np.arctanh(np.minimum(usual, _NEARLY_ONE)) - np.arctanh(np.clip(alike[1:-1], -1, 1) * _NEARLY_ONE)
        for at in np.flatnonzero((alike[1:-1] < AS_USUAL * usual) & (apart > _SURELY / np.sqrt(len(ranks)))):
            found[str(indicator_id), str(last.index[at + 2])] = (float(alike[at + 1]), float(usual[at]))
    return found


def _gone(after: pd.DataFrame, before: pd.DataFrame) -> Iterator[str]:
    was = before.groupby(["indicator_id", "area_type"], observed=True)["area_code"].unique()
    now = after.groupby(["indicator_id", "area_type"], observed=True)["area_code"].unique()
    for key, areas in was.items():
        kept = np.isin(areas, now.get(key, np.empty(0, dtype=object))).sum()
        if kept < LEAST_AREAS * len(areas):
            yield f"{key[0]} has {kept:,} of the {len(areas):,} areas that it had"


def _hidden(after: pd.DataFrame, before: pd.DataFrame) -> Iterator[str]:
    # a figure that does not apply is not hidden: nobody lives there
    was, now = (
        rows["status"].isin(["suppressed", "missing"]).groupby([rows[name] for name in _KEY], observed=True).mean()
        for rows in (before, after)
    )
    worst = was.groupby(level="indicator_id", observed=True).max()
    for key, share in now.items():
        usual = was.get(key, worst.get(key[0], 0.0))
        if share > usual + MORE_HIDDEN:
            yield f"{key[0]} is without a figure in {share:.0%} of areas in {key[2]}, before in {usual:.0%}"


def _totals(rows: pd.DataFrame) -> pd.Series:
    """Return one figure for each indicator and period: the sum of counts, else the mean over areas."""
    figures = rows[_has_figure(rows)]
    grouped = figures.groupby([*_KEY, "period_end"], observed=True, sort=True)
    sums, means = grouped["numerator"].sum(min_count=1), grouped["value"].mean()
    return sums.where(sums.notna(), means)


def _jumps(after: pd.DataFrame, before: pd.DataFrame) -> Iterator[str]:
    was, now = _totals(before), _totals(after)
    for key in now.index.intersection(was.index):
        change = _step(was[key], now[key])
        if change > REVISED:
            yield f"the total of {key[0]} in {key[2]} is {now[key]:,.6g}, before {was[key]:,.6g}"
    series = was.reset_index(name="total")
    fresh = now[~now.index.isin(was.index)].reset_index(name="total")
    for (indicator, area_type), new in fresh.groupby(["indicator_id", "area_type"], observed=True):
        history = series[(series["indicator_id"] == indicator) & (series["area_type"] == area_type)]
        history = history.sort_values("period_end")
        later = new[new["period_end"] > history["period_end"].max()].sort_values("period_end")
        if not len(history) or not len(later):
            continue
        totals = history["total"].to_numpy(dtype="float64")
        steps = [_step(first, second) for first, second in itertools.pairwise(totals)]
        allowed = max(FREE_STEP, HISTORY * max(steps)) if steps else FIRST_STEP
        first = later.iloc[0]
        if _step(totals[-1], float(first["total"])) > allowed:
            yield f"the total of {indicator} goes from {totals[-1]:,.6g} to {first['total']:,.6g} in {first['period']}"


def _step(first: float, second: float) -> float:
    """Return the change from one total to the next as a share of the first; 0 to anything is no share."""
    if first == 0 or not np.isfinite(first) or not np.isfinite(second):
        return 0.0 if second == first or not np.isfinite(first) else np.inf
    return abs(second / first - 1.0)


def _elsewhere(after: pd.DataFrame, before: pd.DataFrame) -> Iterator[str]:
    columns = [*_KEY, "area_code"]
    both = (
        before.loc[_has_figure(before), [*columns, "value"]]
        .astype(dict.fromkeys(columns, "str"))
        .merge(
            after.loc[_has_figure(after), [*columns, "value"]].astype(dict.fromkeys(columns, "str")),
            on=columns,
            suffixes=("_before", "_after"),
        )
    )
    for key, rows in both.groupby(_KEY, sort=True):
        first, second = rows["value_before"].rank(), rows["value_after"].rank()
        if len(rows) < _SOME_AREAS or first.nunique() < 3 or second.nunique() < 3:
            continue
        alike = float(np.corrcoef(first, second)[0, 1])
        if alike < ALIKE:
            yield f"{key[0]} in {key[2]} has its figures in other areas than before (rank correlation {alike:.2f})"
