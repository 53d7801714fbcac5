"""The table ``progress``: each place against its own past, and against the rest over the same years.

The Act asks partnerships for a report on progress every year. This is the data behind one: how far each locality has
come, whether it gains or loses ground on the rest of its partnership (a partnership: on the rest of Scotland), and
which localities surely go the other way than their partnership as a whole, so that its average hides them.

`localities.change.trends` fits trends and says where they lead; here are the plain changes from the first to the last
of the same periods, which a reader can check against published figures.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from indicators.catalogue import Catalogue, Indicator
from indicators.change.against_rest import Figure, change_of, difference_in_changes
from indicators.intervals.counts import quasi_proportion, quasi_rate, rate, standardised_ratio, two_sided_quantile
from indicators.observations.comparable_periods import ComparableRun, comparable_run
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from indicators.schema.vocabulary import GROUNDS, PROGRESS_DIRECTIONS
from localities.change.trends import periods_left_out
from localities.evidence.panel import Floats, Panel
from localities.evidence.sums import (
    Places,
    Sums,
    aggregate,
    coarse_places_and_panel,
    places_and_panel,
    values_of,
)
from localities.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd

_IMPROVING, _WORSENING, _NO_CLEAR, _UNKNOWN = range(4)


def build_progress(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame | gpd.GeoDataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the table ``progress``: one row per place and indicator with periods that compare.

    Parameters
    ----------
    observations, catalogue
        Tables and declarations. Populations, which have no better or worse, are left out; so are periods that the
        publisher modelled throughout, and an indicator all of whose changes cross a break (the table ``trends`` says
        so). Indicators that are only described, not tested, are in: their past is as well known.
    zones, candidate_localities, membership
        Tables of the same names.
    settings
        ``confidence``, ``minimum_coverage`` and ``minimum_residents``.

    Returns
    -------
    pandas.DataFrame
        Columns as declared in `indicators.schema.tables`. The wider area is the partnership for a locality, and
        Scotland for a partnership (``candidate_set`` is ``cpp``); the rest is the wider area without the place.

        - ``change`` and ``rest_change``: last less first, in the indicator's unit, over the place's own first and last
          period with figures, so that both are of the same years.
        - ``change_against_rest``: for counts, by how many per cent its ratio of change exceeds the rest's; for means,
          the difference of the changes. See `indicators.change.against_rest`.
        - ``change_direction``, ``wider_direction``: ``improving`` or ``worsening`` where the limits leave out 0.
        - ``ground``: ``gaining_ground`` where it surely changed for the better of the rest, whichever way both went.
          Of counts that is by per cent; where points say the opposite neither is called, and the reason says so.
        - ``is_against_the_trend``: it surely improves where the whole wider area surely worsens, or the reverse.

    Notes
    -----
    Limits hold chance alone, for counts with their declared dispersion and suppressed ones at the bound that widens
    them. Those of means come from the spread between people, and are not known where that is not declared. What is
    measured has no chance. Year-to-year scatter
    beyond chance makes them too narrow, people counted in both periods too wide. With limits at 95 %, of places that
    do not change one in forty is called improving and one in forty worsening: of many localities some stand against
    the trend by luck. Figures of intermediate zones apportioned to a locality that cuts some are not assessed: their
    change is that of the whole zones.
    """
    runs = _runs(observations, catalogue)
    if not runs:
        empty = {name: pd.Series(dtype="object") for name in TABLES["progress"].columns}
        return coerce("progress", pd.DataFrame(empty))
    kept = {(name, label) for name, (labels, _) in runs.items() for label in labels}
    used = observations[_is_kept(observations, kept)]
    parts = [places_and_panel(used, catalogue, zones, candidate_localities, membership)]  # type: ignore[arg-type]
    coarse = coarse_places_and_panel(used, catalogue, zones, parts[0][0])
    parts += [] if coarse is None else [coarse]
    frames = [frame for places, panel in parts if len(panel.series) for frame in _frames(places, panel, runs, settings)]
    table = pd.concat(frames, ignore_index=True)
    return coerce("progress", table)


def _runs(observations: pd.DataFrame, catalogue: Catalogue) -> dict[str, tuple[list[str], ComparableRun]]:
    """Return the labels of the periods that compare, in order of time, of each indicator that has two or more."""
    columns = ["indicator_id", "period", "period_start", "period_end"]
    found: dict[str, tuple[list[str], ComparableRun]] = {}
    measured = observations.loc[observations["status"] != "modelled", columns]
    periods = measured.drop_duplicates().sort_values(["indicator_id", "period_end", "period_start"])
    for name, rows in periods.groupby("indicator_id", observed=True):
        one = catalogue[str(name)]
        if one.role == "population" or len(rows) < 2:
            continue
        starts, ends = ([moment.date() for moment in pd.to_datetime(rows[key])] for key in columns[2:])
        run = comparable_run(starts, ends, one.breaks)
        if run.keep.sum() > 1:
            found[one.id] = (rows["period"].astype("str")[run.keep].tolist(), run)
    return found


def _is_kept(observations: pd.DataFrame, kept: set[tuple[str, str]]) -> NDArray[np.bool_]:
    """Return which observations are of one of these indicators and periods; each pair is looked at once."""
    pairs = ["indicator_id", "period"]
    number = observations.groupby(pairs, sort=False, observed=True).ngroup().to_numpy()
    first = np.unique(number, return_index=True)[1]
    each = zip(*(observations[name].iloc[first].astype("str") for name in pairs), strict=True)
    return np.array([pair in kept for pair in each], dtype=bool)[number]


def _frames(
    places: Places, panel: Panel, runs: dict[str, tuple[list[str], ComparableRun]], settings: Settings
) -> list[pd.DataFrame]:
    localities, partnerships = len(places.locality_id), len(places.cpp_codes)
    country = sparse.csr_array(np.ones((1, len(places.population))))
    areas = [sparse.vstack([one, places.by_cpp, country]).tocsr() for one in (places.members, places.adding_up)]
    every = aggregate(areas[0], panel, places.population, areas[1])
    area = every.take(np.arange(localities + partnerships))
    wider = np.concatenate([localities + places.cpp, np.full(partnerships, localities + partnerships)])
    rest = _not_below_zero(every.take(wider).minus(area))
    residents = np.concatenate([places.members @ places.population, places.by_cpp @ places.population])
    cutting = np.concatenate([places.is_cutting & places.is_coarse, np.zeros(partnerships, dtype=bool)])
    same = {
        "area_id": np.concatenate([places.locality_id, places.cpp_codes]),
        "candidate_set": np.concatenate([places.candidate_set, np.full(partnerships, "cpp", dtype=object)]),
    }
    names = panel.series["indicator_id"].astype("str")
    frames = []
    for name in dict.fromkeys(names):
        labels, run = runs[name]
        at = np.flatnonzero(names == name)
        columns = at[pd.Index(panel.series["period"].astype("str").to_numpy()[at]).get_indexer(pd.Index(labels))]
        one = panel.indicators[columns[0]]
        figures = [_figures(sums.columns(columns), one, settings) for sums in (every, rest)]
        with np.errstate(invalid="ignore", divide="ignore"):
            coverage = np.where(residents > 0, 1 / residents, np.nan)[:, None] * area.residents[:, columns]
        enough = (residents >= settings.minimum_residents) & ~cutting
        values = np.asarray(figures[0].value)[: len(residents)]
        known = np.isfinite(values) & (coverage >= settings.minimum_coverage - 1e-12)
        frames.append(
            _frame(
                same, one, np.array(labels, dtype=object), run, known, enough, cutting, wider, figures, settings
            )
        )  # fmt: skip
    return frames


def _not_below_zero(sums: Sums) -> Sums:
    """Return the sums of a rest without the rounding errors of a difference."""
    return Sums(*(np.where(getattr(sums, one.name) < 1e-9, 0.0, getattr(sums, one.name))
                  if one.name not in ("weighted",) else getattr(sums, one.name) for one in fields(sums)))  # fmt: skip


def _figures(sums: Sums, one: Indicator, settings: Settings) -> Figure:
    """Return values and limits in the indicator's unit, areas x periods; suppressed counts widen the limits."""
    value = values_of(sums, (one,) * sums.denominator.shape[1])
    if one.kind == "mean":
        # as for findings: what these people's figure owes to chance, never how much zones differ
        between = np.nan if one.sd_between_people is None else one.sd_between_people
        with np.errstate(invalid="ignore", divide="ignore"):
            half = two_sided_quantile(settings.confidence) * between / np.sqrt(sums.denominator)
        return Figure(value, value - half, value + half)
    limits = []
    for counts, side in ((sums.numerator_low, "lower"), (sums.numerator_high, "upper")):
        events = np.minimum(counts, sums.denominator) if one.kind == "proportion" else counts
        limits.append(_limit(one, events, sums.denominator, side, settings.confidence) * one.multiplier)
    return Figure(value, *limits)


def _limit(one: Indicator, events: Floats, denominator: Floats, side: str, confidence: float) -> Floats:
    """Return one limit per unit of the denominator, by the methods of the table ``estimates``."""
    found = np.full(events.shape, np.nan)
    there = denominator > 0
    if one.kind == "proportion":
        share = quasi_proportion(events[there], denominator[there], one.dispersion, confidence)
        found[there] = getattr(share, side)
        return found
    whole = there & one.counts_are_whole & (one.dispersion == 1) & (events == np.round(events))
    exact = standardised_ratio if one.kind == "standardised_ratio" else rate
    found[whole] = getattr(exact(events[whole], denominator[whole], confidence), side)
    other = there & ~whole
    found[other] = getattr(quasi_rate(events[other], denominator[other], one.dispersion, confidence), side)
    return found


def _frame(
    same: dict[str, NDArray[np.object_]],
    one: Indicator,
    labels: NDArray[np.object_],
    run: ComparableRun,
    known: NDArray[np.bool_],
    enough: NDArray[np.bool_],
    cutting: NDArray[np.bool_],
    wider: NDArray[np.intp],
    figures: list[Figure],
    settings: Settings,
) -> pd.DataFrame:
    count = known.sum(axis=1)
    has = (count > 1) & enough
    every = np.arange(len(known))
    first, last = known.argmax(axis=1), known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)

    def ends(figure: Figure, rows: NDArray[np.intp]) -> tuple[Figure, Figure]:
        begin, end = (
            Figure(*(np.where(has, np.asarray(part)[rows, column], np.nan) for part in figure))
            for column in (first, last)
        )
        return begin, end

    own, whole, rest = ends(figures[0], every), ends(figures[0], wider), ends(figures[1], every)
    moved, of_whole, of_rest = (change_of(begin, end) for begin, end in (own, whole, rest))
    is_ratio = one.kind != "mean"
    against = difference_in_changes(*own, *rest, is_ratio=is_ratio)
    own_way, wider_way = (_way(one, found.lower, found.upper) for found in (moved, of_whole))
    ground = _way(one, against.lower, against.upper)
    # from a high level more points can be fewer per cent: what hangs on the scale is no ground gained or lost
    with np.errstate(invalid="ignore"):
        is_contrary = against.estimate * (moved.estimate - of_rest.estimate) < 0
    hangs_on_scale = (ground < _NO_CLEAR) & is_contrary
    ground[hangs_on_scale] = _NO_CLEAR
    opposite = ((own_way == _IMPROVING) & (wider_way == _WORSENING)) | (
        (own_way == _WORSENING) & (wider_way == _IMPROVING)
    )
    columns: dict[str, Any] = {
        **{name: pd.Categorical(values) for name, values in same.items()},
        "indicator_id": one.id,
        "first_period": pd.Categorical(np.where(has, labels[first], None)),
        "last_period": pd.Categorical(np.where(has, labels[last], None)),
        "period_count": count,
        "first_value": own[0].value,
        "last_value": own[1].value,
        **_columns("change", moved),
        **_columns("rest_change", of_rest),
        **_columns("change_against_rest", against),
        "change_against_rest_scale": "percent" if is_ratio else "points",
        "change_direction": pd.Categorical.from_codes(own_way, categories=list(PROGRESS_DIRECTIONS)),
        "wider_direction": pd.Categorical.from_codes(wider_way, categories=list(PROGRESS_DIRECTIONS)),
        "ground": pd.Categorical.from_codes(ground, categories=list(GROUNDS)),
        "is_against_the_trend": opposite,
        "change_method": "MOVER, periods independent",
        "confidence": settings.confidence,
        "reason": _reasons(
            run,
            count,
            enough,
            cutting,
            ground == _UNKNOWN,
            hangs_on_scale,
            np.isfinite(rest[1].value),
            settings,
            is_chance_unknown=one.kind == "mean" and one.sd_between_people is None,
        ),
    }
    return pd.DataFrame(columns)


def _columns(name: str, interval: Any) -> dict[str, Floats]:
    """Return an interval's columns; a limit without bound is missing."""
    parts = {"": interval.estimate, "_lower_ci": interval.lower, "_upper_ci": interval.upper}
    return {f"{name}{end}": np.where(np.isfinite(part), part, np.nan) for end, part in parts.items()}


def _way(one: Indicator, lower: Floats, upper: Floats) -> NDArray[np.int8]:
    """Return which way limits surely lie from 0; the indicator's direction is applied here and nowhere else."""
    up, down = (_WORSENING, _IMPROVING) if one.poorer_is == "higher" else (_IMPROVING, _WORSENING)
    way = np.where(lower > 0, up, np.where(upper < 0, down, _NO_CLEAR)).astype(np.int8)
    way[np.isnan(lower) | np.isnan(upper)] = _UNKNOWN
    return way


def _reasons(
    run: ComparableRun,
    count: NDArray[np.intp],
    enough: NDArray[np.bool_],
    cutting: NDArray[np.bool_],
    no_ground: NDArray[np.bool_],
    hangs_on_scale: NDArray[np.bool_],
    has_rest: NDArray[np.bool_],
    settings: Settings,
    *,
    is_chance_unknown: bool,
) -> pd.Categorical:
    """Return in plain words what could not be worked out, and which periods were left out."""
    words = (
        "",
        "apportioned from larger areas, whose change is not its own",
        f"fewer than {settings.minimum_residents:,} residents",
        "fewer than two periods with figures for enough residents",
        "no rest of the wider area to hold it against",
        "published without the people behind it, so its chance variation is not known"
        if is_chance_unknown
        else "no events in one of the periods: no ratio of changes",
        "more than the rest by one scale, less by the other: by per cent and by points",
    )
    which = np.select(
        [cutting, ~enough, count < 2, no_ground & ~has_rest, no_ground, hangs_on_scale], [1, 2, 3, 4, 5, 6], default=0
    )  # fmt: skip
    left_out = periods_left_out(run)
    whole = ["; ".join(filter(None, (word, *left_out))) or None for word in words]
    return pd.Categorical(np.array(whole, dtype=object)[which])
