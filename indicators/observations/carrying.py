"""Figures of another census's zones, carried to the zones of a run by where people lived in 2022.

Where the same people live in both zones a figure is theirs in both: it is carried *exactly*, whatever it measures.
Elsewhere a count is shared out by residents and added up anew, and is *modelled*, also where zones nest: who lived in
which half before 2022 is not known. A rate without counts says nothing of a part of its people; it is carried only
where every zone of the smallest common group has the same one. Ranks are never carried, nor what is measured by
distance or per hectare: a boundary may have moved over empty land.

What is shared out adds up again, over a place that holds the old zones whole, to what was published for them: nothing
is apportioned there. ``is_summable`` marks such figures; how much of a place's zones comes from old zones that it holds
whole is in its membership (`localities.zones.crosswalk.exact_shares`).

Figures of intermediate zones are carried where an intermediate zone of the other census holds the same people: exactly.

A carried figure keeps the vintage of the zones that it was published for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from indicators.catalogue import Catalogue, Indicator
from indicators.schema.vocabulary import STATUSES, UNASSIGNED

Floats = NDArray[np.float64]
_STATE = {status: number for number, status in enumerate(STATUSES)}
_TEXTS = ("indicator_id", "area_code", "area_type", "vintage", "period", "status", "source_id")
_SAME = 1e-9


def carry_observations(
    observations: pd.DataFrame,
    crosswalk: pd.DataFrame,
    catalogue: Catalogue,
    zone_codes: Sequence[str] | NDArray[np.object_],
    zones: str,
) -> pd.DataFrame:
    """Return observations on the zones of a run: those published for them as they are, others carried.

    Parameters
    ----------
    observations
        Rows of the table ``observations``, of zones of any census; texts may be categories.
    crosswalk
        Table ``crosswalk``.
    catalogue
        The declared indicators; one that is not declared ``is_carried`` stays on its own zones, and so does not come.
    zone_codes
        The zones of the run.
    zones
        Their census.

    Returns
    -------
    pandas.DataFrame
        Every carried series has a row for every zone of the run: *missing* where nothing could be carried, so never 0.
        A zone some of whose people are unassigned has the figure of the others, modelled. Figures of intermediate zones
        come where one there holds the same people, else they are missing. ``is_summable`` is a figure that was shared
        out of zones none of whose own was missing or modelled; ``is_lost`` one that is missing here alone. Where hidden
        counts are in it, ``open_by`` is its share of half the distance between their bounds.
    """
    observations = observations.assign(is_summable=False, is_lost=False, open_by=0.0)
    here = (observations["vintage"] == zones).to_numpy()
    is_zone = (observations["area_type"] == "data_zone").to_numpy()
    parts = [observations[here]]
    index = pd.Index(zone_codes)
    carried = {one.id for one in catalogue if one.is_carried}
    may = observations["indicator_id"].isin(carried).to_numpy()
    for vintage in sorted(set(observations["vintage"].astype(str)) - {zones}):
        rows = observations[may & is_zone & (observations["vintage"] == vintage).to_numpy()]
        larger = observations[may & ~is_zone & (observations["vintage"] == vintage).to_numpy()]
        pairs = crosswalk[(crosswalk["from_vintage"] == vintage) & (crosswalk["to_vintage"] == zones)]
        if len(larger):
            back = (crosswalk["from_vintage"] == zones) & (crosswalk["to_vintage"] == vintage)
            lost = crosswalk.loc[back & (crosswalk["to_code"] == UNASSIGNED), "from_parent"]
            parts.append(_of_parents(larger, pairs, set(lost.dropna())))
        pairs = pairs[(pairs["to_code"] != UNASSIGNED) & pairs["share_of_from"].notna()]
        if len(rows) and len(pairs):
            parts.append(_carried(rows, pairs, catalogue, index))
    return pd.concat([part.astype({name: "str" for name in _TEXTS}) for part in parts], ignore_index=True)


def broken_at_vintages(catalogue: Catalogue, observations: pd.DataFrame) -> Catalogue:
    """Return the catalogue with a break wherever the figures of an indicator pass to the zones of another census.

    A series that changes its zones midway is two: what the change of zones did to a place cannot be told from what
    happened there.

    Parameters
    ----------
    catalogue
        The declared indicators, with their own breaks.
    observations
        Table ``observations``: ``indicator_id, vintage, period_start``.
    """
    known = observations[["indicator_id", "vintage", "period_start"]].drop_duplicates().sort_values("period_start")
    several = known.groupby("indicator_id", observed=True)["vintage"].nunique()
    changed = []
    for one in catalogue:
        if several.get(one.id, 1) < 2:
            changed.append(one)
            continue
        its_own = known[known["indicator_id"] == one.id]
        moves = its_own["vintage"].astype("str").ne(its_own["vintage"].astype("str").shift()) & (
            its_own.index != its_own.index[0]
        )
        days = tuple(day.date() for day in its_own.loc[moves, "period_start"])
        changed.append(replace(one, breaks=tuple(sorted({*one.breaks, *days}))))
    return Catalogue(tuple(changed))


def _of_parents(rows: pd.DataFrame, pairs: pd.DataFrame, lost: set[str]) -> pd.DataFrame:
    """Return figures of intermediate zones for those of the run: of the one with the same people, else missing.

    `lost` are those of the run that hold unassigned people.
    """
    known = pairs.dropna(subset="from_parent")
    lone = {}
    for side, other in (("from_parent", "to_parent"), ("to_parent", "from_parent")):
        by = known.groupby(side)
        lone[side] = (by[other].nunique() == 1) & by["is_whole_group"].all()
    same = known[known["from_parent"].map(lone["from_parent"]) & known["to_parent"].map(lone["to_parent"]).eq(True)]
    same = same[~same["to_parent"].isin(lost)].drop_duplicates("from_parent").set_index("from_parent")["to_parent"]
    here = pd.Index(sorted({*known["to_parent"].dropna(), *lost}))
    code = rows["area_code"].astype("str").map(same)
    exact = rows[code.notna()].assign(area_code=code.dropna())
    series = rows.drop_duplicates(["indicator_id", "period", "source_id"])
    blank = series.loc[series.index.repeat(len(here))].assign(
        area_code=np.tile(here.to_numpy(), len(series)), numerator=np.nan, denominator=np.nan, value=np.nan,
        status="missing", is_remainder=False,
    )  # fmt: skip
    texts = [one.astype(dict.fromkeys(_TEXTS, "str")) for one in (exact, blank)]
    return pd.concat(texts, ignore_index=True).drop_duplicates(["indicator_id", "area_code", "period", "source_id"])


@dataclass(frozen=True)
class _Bridge:
    """Zones of one census (F) and of another (T): shares of people, and which pairs are exact."""

    shares: sparse.csr_array  # T x F: share of the people of F who live in T
    touches: sparse.csr_array  # T x F: 1 where some do
    groups: sparse.csr_array  # T x F: 1 for every zone of F in the smallest common group of T
    exact_of: NDArray[np.intp]  # T: position of the zone of F with the same people, or -1


def _bridge(pairs: pd.DataFrame, froms: pd.Index, tos: pd.Index) -> _Bridge:
    column, row = froms.get_indexer(pairs["from_code"]), tos.get_indexer(pairs["to_code"])
    known = (column >= 0) & (row >= 0)
    pairs, column, row = pairs[known], column[known], row[known]
    shape = (len(tos), len(froms))
    shares = sparse.csr_array((pairs["share_of_from"].to_numpy(dtype="float64"), (row, column)), shape=shape)
    touches = sparse.csr_array((np.ones(len(pairs)), (row, column)), shape=shape)
    group, names = pd.factorize(pairs["common_group"])
    of_from = sparse.csr_array((np.ones(len(pairs)), (column, group)), shape=(len(froms), len(names)))
    of_to = sparse.csr_array((np.ones(len(pairs)), (row, group)), shape=(len(tos), len(names)))
    groups = (of_to @ of_from.T).tocsr()
    groups.data[:] = 1.0
    exact_of = np.full(len(tos), -1, dtype=np.intp)
    is_exact = pairs["is_exact"].to_numpy(dtype=bool)
    exact_of[row[is_exact]] = column[is_exact]
    return _Bridge(shares, touches, groups, exact_of)


def _carried(rows: pd.DataFrame, pairs: pd.DataFrame, catalogue: Catalogue, tos: pd.Index) -> pd.DataFrame:
    froms = pd.Index(sorted(set(pairs["from_code"])))
    zone = froms.get_indexer(pd.Index(rows["area_code"].astype(str)))
    rows, zone = rows[zone >= 0], zone[zone >= 0]
    key = ["indicator_id", "period", "source_id"]
    column = rows.groupby(key, sort=True, observed=True).ngroup().to_numpy()
    series = rows.iloc[np.unique(column, return_index=True)[1]]
    indicators = [catalogue[name] for name in series["indicator_id"].astype(str)]
    shape = (len(froms), len(series))

    def spread(name: str) -> Floats:
        array = np.full(shape, np.nan)
        array[zone, column] = rows[name].to_numpy(dtype="float64")
        return array

    numerator, denominator, value = spread("numerator"), spread("denominator"), spread("value")
    state = np.full(shape, _STATE["missing"], dtype=np.int8)
    state[zone, column] = rows["status"].astype(str).map(_STATE).to_numpy()
    bridge = _bridge(pairs, froms, tos)
    middle, half = _hidden(indicators, denominator, state)
    shared: tuple[NDArray[Any], ...] = _shared_out(bridge, numerator, denominator, value, state, indicators, middle)
    exact = (bridge.exact_of >= 0)[:, None]
    given: tuple[NDArray[Any], ...] = (numerator, denominator, value, state)
    found = [np.where(exact, source[bridge.exact_of], target) for target, source in zip(shared, given, strict=True)]
    size, count = len(tos), len(series)
    flags = ("is_summable", "is_lost", "is_remainder", "open_by")
    own = ("area_code", "numerator", "denominator", "value", "status", *flags)
    names = [name for name in rows.columns if name not in own]
    result = {name: np.repeat(series[name].to_numpy(), size) for name in names}
    result["area_code"] = np.tile(tos.to_numpy(), count)
    for name, array in zip(("numerator", "denominator", "value"), found, strict=False):
        result[name] = array.T.ravel()
    unsure = np.isin(state, [_STATE[name] for name in ("missing", "modelled")])
    is_shared = (found[3] == _STATE["modelled"]) & ~exact
    is_summable = (np.asarray(bridge.touches @ unsure.astype(float)) == 0) & is_shared
    result["is_summable"] = is_summable.T.ravel()
    result["open_by"] = np.where(is_shared, bridge.shares @ np.nan_to_num(half), 0.0).T.ravel()
    # what was missing in every zone before is missing still; a zone whose people are all unassigned has lost its figure
    touches = np.asarray(bridge.touches.sum(axis=1))[:, None]
    missing_before = (touches > 0) & (
        np.asarray(bridge.touches @ (state == _STATE["missing"]).astype(float)) == touches
    )
    result["is_lost"] = ((found[3] == _STATE["missing"]) & ~exact & ~missing_before).T.ravel()
    result["is_remainder"] = np.zeros(is_shared.size, dtype=bool)  # of an intermediate zone of the other census
    result["status"] = np.array(STATUSES, dtype=object)[found[3].T.ravel()]
    return pd.DataFrame(result)[list(rows.columns)]


def _shared_out(
    bridge: _Bridge,
    numerator: Floats,
    denominator: Floats,
    value: Floats,
    state: NDArray[np.int8],
    indicators: Sequence[Indicator],
    middle: Floats,
) -> tuple[Floats, Floats, Floats, NDArray[np.int8]]:
    """Return figures of zones that hold other people than any zone before: T x K each."""
    suppressed, lacking = state == _STATE["suppressed"], state == _STATE["missing"]
    known_middle = np.isfinite(middle)
    counts = np.where(known_middle, middle, numerator)
    has_people = np.isfinite(denominator)
    people = bridge.shares @ np.where(has_people, denominator, 0.0)
    has_count = np.isfinite(counts) & has_people

    def some(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(bridge.touches @ where.astype(float)) > 0

    # a zone to which a figure does not apply has nobody whom it concerns: it takes nothing from the others
    is_open = ~some(lacking | (suppressed & ~known_middle)) & some(has_count)
    open_count = np.where(is_open, bridge.shares @ np.where(has_count, counts, 0.0), np.nan)
    alone_hidden = some(suppressed) & ~some(~suppressed)
    multiplier = np.array([one.multiplier for one in indicators])
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = open_count / np.where(people > 0, people, np.nan) * multiplier
    # of a rate without counts, what every zone of the group says, if all say the same
    is_bare = np.isfinite(value) & ~np.isfinite(numerator)
    size = np.asarray(bridge.groups.sum(axis=1))[:, None]
    agreed = bridge.groups @ np.where(is_bare, value, 0.0) / np.maximum(size, 1)
    square = bridge.groups @ np.where(is_bare, value, 0.0) ** 2 / np.maximum(size, 1)
    is_whole = (np.asarray(bridge.groups @ is_bare.astype(float)) == size) & (size > 0)
    is_agreed = is_whole & (square - agreed**2 <= _SAME * np.maximum(square, 1.0))

    status = np.full(people.shape, _STATE["missing"], dtype=np.int8)
    status[~some(state != _STATE["not_applicable"]) & some(state == _STATE["not_applicable"])] = _STATE[
        "not_applicable"
    ]
    status[some(suppressed) & ~is_open] = _STATE["suppressed"]
    status[is_open | is_agreed] = _STATE["modelled"]
    # a count that is hidden in the one zone that a zone was part of stays between the same bounds
    status[alone_hidden] = _STATE["suppressed"]
    shown = status == _STATE["modelled"]
    return (
        np.where(shown & is_open, open_count, np.nan),
        np.where((shown | (status == _STATE["suppressed"])) & (people > 0), people, np.nan),
        np.where(shown, np.where(is_open, rate, agreed), np.nan),
        status,
    )


def _hidden(indicators: Sequence[Indicator], denominator: Floats, state: NDArray[np.int8]) -> tuple[Floats, Floats]:
    """Return the middle between the bounds of suppressed counts and half their distance; NaN elsewhere.

    Bounds are the declared ones, and no more people are counted than there are.
    """
    bounds = np.array([(one.suppression.lower, one.suppression.upper) for one in indicators], dtype="float64")
    top = np.where(state == _STATE["suppressed"], np.minimum(bounds[:, 1], denominator), np.nan)
    low = np.minimum(bounds[:, 0], top)
    return (low + top) / 2, (top - low) / 2
