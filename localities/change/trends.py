"""The table ``trends``: how each candidate locality has changed, and where its trend leads.

Partnerships report progress every year and set targets for 1, 3 and 10 years. A trend is fitted to the latest periods
that compare; where a declared break, too few periods or too few figures stand in the way, the row says so instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue, Indicator
from indicators.change.trends import MINIMUM_PERIODS, Trends, change, fit_trends
from indicators.observations.comparable_periods import ComparableRun, comparable_run
from indicators.readers.shared.periods import parse_period
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from indicators.schema.vocabulary import PROJECTED_YEARS
from localities.evidence.grading import guests_of, host_of
from localities.settings import Settings

_FIGURES = ("numerator", "denominator", "value", "lower_ci", "upper_ci", "coverage")


def build_trends(estimates: pd.DataFrame, catalogue: Catalogue, settings: Settings) -> pd.DataFrame:
    """Return the table ``trends``: one row per candidate locality and indicator with more than one period.

    Parameters
    ----------
    estimates
        Table ``estimates``. A figure counts where residents enough are covered (``minimum_coverage``).
    catalogue
        The declared indicators, with their breaks.
    settings
        ``confidence`` and ``minimum_coverage``.

    Returns
    -------
    pandas.DataFrame
        Columns as declared in `indicators.schema.tables`. ``trend_status`` is ``trend`` (three periods or more),
        ``change_only`` (two), or ``not_assessed``; ``reason`` says why, and which periods were left out.
        ``trend_direction`` is ``improving`` or ``worsening`` where the limits of the yearly change (with two periods,
        of the change) leave out 0, ``rising`` or ``falling`` for populations, which have no better or worse.

    Notes
    -----
    Changes are of the figures as published: a locality whose residents move away changes too. Dispersion is steadied
    over the localities of a candidate set, that of own boundaries by the reference set's: what is drawn beside it moves
    no trend. See `indicators.change.trends` for the methods.
    """
    several = estimates.groupby("indicator_id", observed=True)["period"].nunique()
    sets = pd.Series({one: str(one).partition(":")[0] for one in estimates["locality_id"].unique()}, dtype="str")
    is_guest = pd.Series(guests_of(sets, settings), index=sets.index)
    families = sets.where(~is_guest, host_of(sets, settings)), is_guest
    frames = [
        _of_indicator(estimates[estimates["indicator_id"] == name], catalogue[name], families, settings)
        for name in sorted(several.index[several > 1].astype(str))
    ]
    if not frames:
        return coerce("trends", pd.DataFrame({name: pd.Series(dtype="object") for name in TABLES["trends"].columns}))
    return coerce("trends", pd.concat(frames, ignore_index=True))


def _of_indicator(
    rows: pd.DataFrame, indicator: Indicator, families: tuple[pd.Series, pd.Series], settings: Settings
) -> pd.DataFrame:
    periods = sorted((parse_period(label) for label in rows["period"].unique()), key=lambda one: (one.end, one.start))
    labels = [one.label for one in periods]
    run = comparable_run([one.start for one in periods], [one.end for one in periods], indicator.breaks)
    row, localities = pd.factorize(rows["locality_id"])
    column = pd.Index(labels).get_indexer(pd.Index(rows["period"]))

    def spread(name: str) -> NDArray[np.float64]:
        array = np.full((len(localities), len(labels)), np.nan)
        array[row, column] = rows[name].to_numpy(dtype="float64", na_value=np.nan)
        return array[:, run.keep]

    figure = {name: spread(name) for name in _FIGURES}
    covered = figure["coverage"] >= settings.minimum_coverage
    known = covered & np.isfinite(figure["value"])
    is_mean = indicator.kind == "mean"
    most = indicator.possible[1]
    is_bounded = is_mean and np.isfinite(most)
    unit = most if is_bounded else 1.0
    family, is_guest = (one.loc[localities].to_numpy() for one in families)
    trends = fit_trends(
        "bounded mean" if is_bounded else indicator.kind,
        np.where(known, figure["value"] / unit if is_mean else figure["numerator"], np.nan),
        np.where(known, figure["denominator"], np.nan),
        run.years[run.keep],
        family=family,
        teaches=~is_guest,
        multiplier=unit if is_mean else indicator.multiplier,
        confidence=settings.confidence,
    )
    kept = np.array(labels, dtype=object)[run.keep]
    count = known.sum(axis=1)
    has = count > 1
    every = np.arange(len(count))
    first = known.argmax(axis=1)
    last = known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    moved = change(
        *(np.where(has, figure[name][every, first], np.nan) for name in ("value", "lower_ci", "upper_ci")),
        *(np.where(has, figure[name][every, last], np.nan) for name in ("value", "lower_ci", "upper_ci")),
    )
    annual = trends.annual_change
    columns: dict[str, Any] = {
        "locality_id": localities,
        "indicator_id": indicator.id,
        "first_period": pd.Series(kept[first], dtype="str").where(has),
        "last_period": pd.Series(kept[last], dtype="str").where(has),
        "period_count": count,
        "change": moved.estimate,
        "change_lower_ci": moved.lower,
        "change_upper_ci": moved.upper,
        "annual_change_pct": annual.estimate * 100,
        "annual_change_lower_ci_pct": annual.lower * 100,
        "annual_change_upper_ci_pct": annual.upper * 100,
        "dispersion": trends.dispersion,
        "trend_method": annual.method,
        "trend_direction": _direction(indicator, trends, moved.lower, moved.upper),
        "confidence": settings.confidence,
        "trend_status": np.where(trends.is_fitted, "trend", np.where(has, "change_only", "not_assessed")),
        "reason": _reasons(run, kept, count, trends, known.shape[1]),
    }
    for years in PROJECTED_YEARS:
        ahead = trends.project(years)
        columns[f"projected_{years}"] = ahead.estimate
        columns[f"projected_{years}_lower"] = ahead.lower
        columns[f"projected_{years}_upper"] = ahead.upper
    return pd.DataFrame(columns)


def _direction(
    indicator: Indicator, trends: Trends, change_lower: NDArray[np.float64], change_upper: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Return which way each row surely goes; the indicator's direction is applied here and nowhere else."""
    lower = np.where(trends.is_fitted, trends.annual_change.lower, change_lower)
    upper = np.where(trends.is_fitted, trends.annual_change.upper, change_upper)
    up, down = "rising", "falling"
    if indicator.role != "population":
        up, down = ("worsening", "improving") if indicator.poorer_is == "higher" else ("improving", "worsening")
    result = np.where(lower > 0, up, np.where(upper < 0, down, "no_clear_change")).astype(object)
    result[~(np.isfinite(lower) & np.isfinite(upper))] = "not_assessed"
    return result


def periods_left_out(run: ComparableRun) -> list[str]:
    """Return in plain words which periods of a series do not count, and why."""
    left_out = []
    if run.begins_after is not None:
        left_out.append(f"figures from before {run.begins_after:%d %B %Y} do not compare (break)".replace(" 0", " "))
    if run.ends_before is not None:
        left_out.append(f"figures from {run.ends_before:%d %B %Y} on do not compare (break)".replace(" 0", " "))
    if run.dropped_by_overlap:
        left_out.append("overlapping periods are counted once")
    return left_out


def _reasons(
    run: ComparableRun, kept: NDArray[np.object_], count: NDArray[np.intp], trends: Trends, available: int
) -> pd.api.extensions.ExtensionArray:
    """Return in plain words why there is no trend, and which periods were left out."""
    left_out = periods_left_out(run)
    if available < 2 and (run.begins_after or run.ends_before):
        none = "every change crosses a break"
    elif available < 2:
        none = "periods overlap"
    else:
        none = "fewer than two periods with figures for enough residents"
    allow = (
        "the people behind the mean, where they are known"
        if trends.kind in ("mean", "bounded mean")
        else "chance alone"
    )
    only = f"fewer than three periods: limits allow for {allow}"
    unstable = "no stable trend: events in one period only, or values not above 0"
    which = np.where(trends.is_fitted, 0, np.where(count < 2, 1, np.where(count < MINIMUM_PERIODS, 2, 3)))
    whole = ["; ".join(filter(None, (word, *left_out))) or None for word in ("", none, only, unstable)]
    return pd.array(np.array(whole, dtype=object)[which], dtype="str")
