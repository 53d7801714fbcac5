"""Observations laid out for arithmetic: one row per zone, one column per indicator and period.

Aggregation, comparison and simulation all work on these arrays; nothing outside this module pivots observations.
What was not observed stays apart: a cell's state is kept beside its figures, and a suppressed count is held as the
interval that its source declares, with an imputed value inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue, Indicator
from indicators.observations.suppression import impute_hidden
from indicators.schema.vocabulary import STATUSES

Floats = NDArray[np.float64]
_TEXTS = ("indicator_id", "area_code", "area_type", "period", "status", "source_id")
_SERIES, _ZONES = "series.parquet", "zones.npy"
_ARRAYS = ("numerator", "denominator", "value", "numerator_low", "numerator_high", "state", "summable")
OF_OLD_ZONES, OF_PARENT, OF_HIDDEN, LOST = 1.0, 2.0, 3.0, -1.0
"""Why a figure that was shared out adds up: see `Panel`."""
STATE = {status: number for number, status in enumerate(STATUSES)}


@dataclass(frozen=True)
class Panel:
    """Figures by zone and series.

    Parameters
    ----------
    zone_codes
        Data zones, one per row (Z).
    series
        One row per column of the arrays (K): ``indicator_id, period, is_headline_period, source_id, period_start,
        period_end``.
    indicators
        The indicator of each column.
    numerator, denominator, value
        Z x K; NaN where there is no figure. A suppressed numerator whose bounds are declared is imputed.
    numerator_low, numerator_high
        Z x K; the numerator with every suppressed count, and every count made of a rounded figure, at its lower and
        upper bound.
    state
        Z x K; position in `indicators.schema.vocabulary.STATUSES`.
    summable
        Z x K; for a figure that was shared out and adds up to what was published: `OF_OLD_ZONES` in a place that holds
        the other census's zones whole, `OF_HIDDEN` likewise with hidden counts in it, `OF_PARENT` in a place that holds
        all zones that share what an intermediate zone's total leaves over. `LOST` where a figure could not be had from
        the other census's zones, which had one; else 0.
    parent
        Z; index of the intermediate zone of each zone, empty where it is not known.
    """

    zone_codes: NDArray[np.object_]
    series: pd.DataFrame
    indicators: tuple[Indicator, ...]
    numerator: Floats
    denominator: Floats
    value: Floats
    numerator_low: Floats
    numerator_high: Floats
    state: NDArray[np.int8]
    summable: Floats
    parent: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))

    @property
    def is_imputed(self) -> NDArray[np.bool_]:
        """Z x K: a suppressed count that stands in the arrays as an imputed one, or one that such counts are in."""
        return ((self.state == STATE["suppressed"]) & np.isfinite(self.numerator)) | (self.summable == OF_HIDDEN)

    @property
    def is_shared_out(self) -> NDArray[np.bool_]:
        """Z x K: a figure shared out from other zones, in a series that is observed elsewhere."""
        return (self.state == STATE["modelled"]) & (self.state == STATE["observed"]).any(axis=0)

    @property
    def is_usable(self) -> NDArray[np.bool_]:
        """Z x K: figures that enter sums."""
        counts = np.array([one.kind != "mean" for one in self.indicators])
        has = np.where(counts, np.isfinite(self.numerator), np.isfinite(self.value))
        return has & np.isfinite(self.denominator) & (self.denominator > 0)

    def take(self, columns: NDArray[np.intp]) -> Panel:
        """Return the panel of some series, in the order given."""
        return replace(
            self,
            series=self.series.iloc[columns].reset_index(drop=True),
            indicators=tuple(self.indicators[column] for column in columns),
            **{name: getattr(self, name)[:, columns] for name in _ARRAYS},
        )

    def tested(self) -> Panel:
        """Return the panel of indicators that are tested: neither pure description nor populations."""
        return self.take(np.flatnonzero([one.is_tested and one.role != "population" for one in self.indicators]))

    def without(self, zones: NDArray[np.bool_]) -> Panel:
        """Return the panel with some zones left out, as if nothing were published for them."""
        arrays = {name: getattr(self, name).copy() for name in _ARRAYS}
        for name, array in arrays.items():
            array[zones] = STATE["missing"] if name == "state" else np.nan
        return Panel(self.zone_codes, self.series, self.indicators, **arrays, parent=self.parent)

    def of_kind(self, *kinds: str) -> NDArray[np.intp]:
        """Return the columns whose indicator is of one of these kinds."""
        return np.array([k for k, one in enumerate(self.indicators) if one.kind in kinds], dtype=np.intp)


def save_panel(panel: Panel, folder: Path) -> None:
    """Write a panel into a new folder: one array a file, as `load_panel` maps them into memory."""
    folder.mkdir(parents=True)
    panel.series.to_parquet(folder / _SERIES, index=False)
    np.save(folder / _ZONES, panel.zone_codes.astype(str))
    for name in (*_ARRAYS, "parent"):
        np.save(folder / f"{name}.npy", getattr(panel, name))


def load_panel(folder: Path, catalogue: Catalogue) -> Panel:
    """Return a panel that was saved; its arrays are read from the disk where they are used."""
    series = pd.read_parquet(folder / _SERIES)
    return Panel(
        np.load(folder / _ZONES).astype(object),
        series,
        tuple(catalogue[name] for name in series["indicator_id"]),
        # as plain arrays, so that what is computed of them is, too
        *(np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in (*_ARRAYS, "parent")),
    )


def build_panel(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zone_codes: Sequence[str],
    *,
    headline_only: bool = False,
    intermediate_zone_codes: Sequence[str] | None = None,
    area_type: str = "data_zone",
) -> Panel:
    """Return the observations of data zones, or of larger areas, as a `Panel`.

    Parameters
    ----------
    observations
        Table ``observations``. Of an indicator published for data zones, rows for intermediate zones serve only as
        totals for suppressed counts.
    catalogue
        The declared indicators; observations of others are an error of the caller.
    zone_codes
        Data zones in the order wanted.
    headline_only
        Keep only the latest period of each indicator.
    intermediate_zone_codes
        Intermediate zone of each data zone, to tie suppressed counts softly to the totals published for those.
    area_type
        Type of area of the rows of the panel; only indicators published for it are in. With ``intermediate_zone``,
        ``zone_codes`` are those of intermediate zones.

    Notes
    -----
    A suppressed count is imputed inside its declared bounds (`indicators.observations.suppression`), lowered to the
    denominator if that is smaller. Findings are judged at both bounds as well (`localities.evidence.findings`), so the
    imputed value only decides what is shown.
    """
    # texts as categories: each distinct one is looked at once
    rows = observations.assign(
        **{name: observations[name].astype("category") for name in _TEXTS if name in observations.columns}
    )
    declared = rows["indicator_id"].cat.remove_unused_categories().cat.categories
    wanted = [name for name in declared if catalogue[name].area_type == area_type]
    if len(wanted) < len(declared):
        rows = rows[rows["indicator_id"].isin(wanted)]
    latest = rows.groupby("indicator_id", observed=True)["period_end"].transform("max")
    is_headline = rows["period_end"] == latest
    if headline_only:
        rows, is_headline = rows[is_headline], is_headline[is_headline]
    column_of = rows.groupby(["indicator_id", "period"], sort=True, observed=True).ngroup().to_numpy()
    _, first = np.unique(column_of, return_index=True)
    series = pd.DataFrame(
        {name: rows[name].iloc[first].astype("str").to_numpy() for name in ("indicator_id", "period", "source_id")}
        | {name: rows[name].iloc[first].to_numpy() for name in ("period_start", "period_end")}
    )
    series.insert(2, "is_headline_period", is_headline.to_numpy()[first])
    indicators = tuple(catalogue[name] for name in series["indicator_id"])

    index = pd.Index(zone_codes)
    areas = rows["area_code"].cat
    zone_of = index.get_indexer(pd.Index(areas.categories))[areas.codes]
    here = (rows["area_type"] == area_type).to_numpy() & (zone_of >= 0)
    shape = (len(index), len(series))
    z, k = zone_of[here], column_of[here]

    def spread(name: str) -> Floats:
        array = np.full(shape, np.nan)
        array[z, k] = rows[name].to_numpy(dtype="float64")[here]
        return array

    numerator, denominator, value = spread("numerator"), spread("denominator"), spread("value")
    rare = {
        name: np.nan_to_num(spread(name)) if name in rows and rows[name].any() else np.zeros(shape)
        for name in ("is_summable", "is_lost", "is_remainder", "open_by")
    }
    is_open = rare["open_by"] > 0
    summable = rare["is_summable"] * np.where(is_open, OF_HIDDEN, OF_OLD_ZONES)
    summable[rare["is_remainder"] > 0] = OF_PARENT
    summable[rare["is_lost"] > 0] = LOST
    state = np.full(shape, STATE["missing"], dtype=np.int8)
    state[z, k] = rows["status"].cat.set_categories(list(STATUSES)).cat.codes.to_numpy()[here]

    low, high = numerator.copy(), numerator.copy()
    suppressed = state == STATE["suppressed"]
    totals, group = _totals(rows, column_of, shape[1], intermediate_zone_codes)
    for column, one in enumerate(indicators):
        if one.rounding and one.people is not None:
            open_by = one.rounding / 2 / one.people.per * denominator[:, column]
            most = denominator[:, column] if one.kind == "proportion" else np.inf
            low[:, column] = np.maximum(numerator[:, column] - open_by, 0.0)
            high[:, column] = np.minimum(numerator[:, column] + open_by, most)
        hidden = suppressed[:, column]
        bounds = one.suppression
        if not hidden.any() or bounds.lower is None or bounds.upper is None:
            continue
        # no more people can be counted than there are; without a denominator there is nothing to bound
        top = np.minimum(bounds.upper, denominator[:, column])
        known = hidden & np.isfinite(top)
        found = impute_hidden(
            numerator[:, column], known, np.minimum(bounds.lower, top), top, group, totals.get(column)
        )
        low[known, column], high[known, column] = found.lower[known], found.upper[known]
        # a count of people is whole, so that exact methods still apply
        imputed = np.round(found.imputed[known]) if one.counts_are_whole else found.imputed[known]
        numerator[known, column] = imputed
        if one.counts_are_whole:
            low[known, column] = np.floor(low[known, column] + 1e-9)
            high[known, column] = np.ceil(high[known, column] - 1e-9)
    low[is_open] = np.maximum(numerator - rare["open_by"], 0.0)[is_open]
    high[is_open] = (numerator + rare["open_by"])[is_open]
    parent = np.empty(0, dtype=np.intp)
    if intermediate_zone_codes is not None:
        parent = pd.factorize(pd.Series(intermediate_zone_codes, dtype="str"))[0].astype(np.intp)
    arrays = (numerator, denominator, value, low, high, state, summable, parent)
    return Panel(np.asarray(index, dtype=object), series, indicators, *arrays)


def _totals(
    rows: pd.DataFrame, column_of: NDArray[np.intp], columns: int, parents: Sequence[str] | None
) -> tuple[dict[int, Floats], NDArray[np.intp] | None]:
    """Return published totals by series and intermediate zone, and the intermediate zone of each zone by index."""
    is_total = (rows["area_type"] == "intermediate_zone").to_numpy()
    if parents is None or not is_total.any():
        return {}, None
    group, names = pd.factorize(pd.Series(parents, dtype="str"))
    areas = rows["area_code"].cat
    at = pd.Index(names).get_indexer(pd.Index(areas.categories.astype("str")))[areas.codes[is_total]]
    value, column = rows["numerator"].to_numpy(dtype="float64")[is_total], column_of[is_total]
    found = {}
    for one in range(columns):
        of_one = (column == one) & (at >= 0)
        if of_one.any():
            total = np.full(len(names), np.nan)
            total[at[of_one]] = value[of_one]
            found[one] = total
    return found, group.astype(np.intp)
