"""The table ``inequality``: how unequal outcomes are between the more and the less deprived zones of each partnership.

Zones are ranked by the share of residents who are income deprived, inside each partnership and inside Scotland, so that
a partnership is measured by its own order and not by a national one. Every measure describes the zones' figures as
published; none of them says which place is poorer (see `localities.evidence.findings`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue, Indicator
from indicators.errors import ConfigError
from indicators.inequality.concentration_index import concentration_index
from indicators.inequality.duncan_index import duncan_index
from indicators.inequality.fifths import count_gaps, mean_gaps
from indicators.inequality.relative_index import relative_index
from indicators.inequality.ridits import fifths, group_totals
from indicators.inequality.slope_index import slope_indices
from indicators.intervals.counts import Interval
from indicators.schema.validation import coerce
from indicators.schema.vocabulary import INEQUALITY_MEASURES
from localities.evidence.panel import Floats, Panel, build_panel
from localities.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd

SCOTLAND = ("S92000003", "Scotland")
"""GSS code and name of the whole country, which stands beside the partnerships as an area of its own."""

_UNITS = {
    "duncan_index": "index, -1 to 1",
    "relative_index": "ratio, most over least deprived",
    "concentration_index": "index, -1 to 1",
    "fifths_ratio": "ratio, most over least deprived fifth",
    "attributable_share": "share of the whole",
}
_REASONS = {
    "duncan_index": "over a fifth of zones have no figure, or fewer than two have one",
    "slope_index": "fewer than three zones have a figure, or all are equally deprived",
    "relative_index": "fewer than three zones have a figure, or events are in the zones at one end only",
    "concentration_index": "fewer than three zones have a figure, or all are 0",
    "fifths_gap": "no zone with a figure in the most or the least deprived fifth",
    "fifths_ratio": "no zone with a figure in the most or the least deprived fifth, or the latter's value is 0",
    "attributable_share": "no zone with a figure in the least deprived fifth or outside it, or no events",
}


def build_inequality(
    observations: pd.DataFrame, catalogue: Catalogue, zones: gpd.GeoDataFrame | pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """Return the table ``inequality``: one row per area, indicator, period and measure.

    Parameters
    ----------
    observations
        Table ``observations``. Suppressed counts whose bounds are declared stand at the middle of them.
    catalogue
        The declared indicators. Populations and indicators that are not tested are left out.
    zones
        Table ``zones``.
    settings
        ``confidence``, and ``need_indicator``: the count of income-deprived residents that ranks zones (its latest
        period, for every series, so that what moves is the outcome and not the order).

    Returns
    -------
    pandas.DataFrame
        Columns as declared in `indicators.schema.tables`. ``value`` and its limits are in ``unit``:

        - ``duncan_index``: −1 to 1, above 0 where income-deprived people live in zones with poorer outcomes (CPOP).
        - ``slope_index``: most less least deprived end of a straight line fitted to all zones.
        - ``relative_index``: most over least deprived end of a multiplicative model of all zones.
        - ``concentration_index``: below 0 where the outcome is gathered among the more deprived.
        - ``fifths_gap``, ``fifths_ratio``: most less (over) least deprived fifth of the area's residents.
        - ``attributable_share``: share of the whole that would not be, had everyone the least deprived fifth's value.

        All but the first follow the indicator's own direction: for attainment a slope below 0 means poorer outcomes
        among the more deprived. A value that cannot be given is missing and says why; a limit that is missing beside a
        value has no bound.

    Raises
    ------
    ConfigError
        If the indicator that ranks zones has no counts.
    """
    measured = {one.id for one in catalogue if one.role != "population" and one.is_tested}
    rows = observations[observations["indicator_id"].isin(measured | {settings.need_indicator})]
    panel = build_panel(rows, catalogue, zones["zone_code"].tolist())
    deprived, residents = _income_deprived(panel, settings)
    panel = panel.take(np.flatnonzero(panel.series["indicator_id"].isin(measured)))
    codes, cpp_codes = pd.factorize(zones["cpp_code"], sort=True)
    names = zones.drop_duplicates("cpp_code").set_index("cpp_code")["cpp_name"]
    people = zones["population"].to_numpy(dtype="float64")

    frames = []
    for group, area_codes, area_names in (
        (codes.astype(np.intp), list(cpp_codes), [names[one] for one in cpp_codes]),
        (np.zeros(len(zones), dtype=np.intp), [SCOTLAND[0]], [SCOTLAND[1]]),
    ):
        measures = _measures(panel, deprived, residents, people, group, len(area_codes), settings.confidence)
        frames.append(_rows(panel, measures, group, people, area_codes, area_names, settings.confidence))
    # what some councils publish says how unequal each of them is, and nothing of Scotland
    partly = [one.id for one in catalogue if one.covers]
    frames[-1] = frames[-1][~frames[-1]["indicator_id"].isin(partly)]
    return coerce("inequality", pd.concat(frames, ignore_index=True))


def _income_deprived(panel: Panel, settings: Settings) -> tuple[Floats, Floats]:
    """Return income-deprived residents and all residents of each zone, NaN where not known."""
    name = settings.need_indicator
    found = panel.series.index[(panel.series["indicator_id"] == name) & panel.series["is_headline_period"]]
    if not len(found) or not np.isfinite(panel.numerator[:, found[0]]).any():
        raise ConfigError(
            "The indicator that ranks zones by deprivation has no counts",
            column="need_indicator",
            expected="an indicator with people counted among residents, such as simd_income",
            found=name,
            remedy="name another in settings.yaml",
        )
    return panel.numerator[:, found[0]], panel.denominator[:, found[0]]


def _measures(
    panel: Panel,
    deprived: Floats,
    residents: Floats,
    people: Floats,
    group: NDArray[np.intp],
    areas: int,
    confidence: float,
) -> dict[str, Interval]:
    """Return every measure as arrays of areas × series."""
    usable = panel.is_usable
    is_mean = np.array([one.kind == "mean" for one in panel.indicators])
    multiplier = np.array([one.multiplier for one in panel.indicators])
    weight = np.where(usable, panel.denominator, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        rank = np.where(residents > 0, deprived / residents, np.nan)
        value = np.where(is_mean, panel.value, panel.numerator / panel.denominator * multiplier)
    value = np.where(usable, value, np.nan)
    toward_poorer = value * np.where([one.poorer_is == "higher" for one in panel.indicators], 1.0, -1.0)
    # these two have no meaning for a value that may be negative
    not_negative = np.where(np.nanmin(np.where(usable, value, 0.0), axis=0) < 0, np.nan, value)
    found = {
        "duncan_index": duncan_index(toward_poorer, deprived, residents - deprived, group, confidence=confidence),
        "slope_index": slope_indices(value, weight, rank, group, confidence=confidence).slope,
        "relative_index": relative_index(not_negative, weight, rank, group, confidence=confidence),
        "concentration_index": concentration_index(not_negative, weight, rank, group, confidence=confidence),
    }
    fifth = fifths(rank, people, group)
    gaps = {name: _empty((areas, len(panel.indicators))) for name in ("gap", "ratio", "attributable")}
    for kind, columns in _by_kind(panel.indicators).items():
        if kind == "mean":
            part = mean_gaps(value[:, columns], weight[:, columns], fifth, group, confidence=confidence)
        else:
            counts = np.where(usable, panel.numerator, np.nan)[:, columns]
            part = count_gaps(
                kind, counts, weight[:, columns], fifth, group, multiplier=multiplier[columns], confidence=confidence
            )
        for name, whole in gaps.items():
            for target, source in zip(whole, getattr(part, name), strict=True):
                target[:, columns] = source
    for name, measure in (("gap", "fifths_gap"), ("ratio", "fifths_ratio"), ("attributable", "attributable_share")):
        found[measure] = gaps[name]
    return found


def _by_kind(indicators: tuple[Indicator, ...]) -> dict[str, NDArray[np.intp]]:
    kinds = [one.kind for one in indicators]
    return {kind: np.flatnonzero([one == kind for one in kinds]) for kind in dict.fromkeys(kinds)}


def _empty(shape: tuple[int, int]) -> Interval:
    numbers: Callable[[], Floats] = lambda: np.full(shape, np.nan)  # noqa: E731 – three arrays that share nothing
    return Interval(numbers(), numbers(), numbers(), np.full(shape, "none", dtype=object))


def _rows(
    panel: Panel,
    measures: dict[str, Interval],
    group: NDArray[np.intp],
    people: Floats,
    area_codes: list[str],
    area_names: list[str],
    confidence: float,
) -> pd.DataFrame:
    areas, series = len(area_codes), len(panel.series)
    total = group_totals(group, areas)
    zone_count = total @ panel.is_usable.astype(float)
    each = len(INEQUALITY_MEASURES)

    def spread(values: object) -> NDArray:
        """Repeat one per series for every area and measure: areas, then series, then measures."""
        return np.tile(np.repeat(np.asarray(values, dtype=object), each), areas)

    def stacked(name: str) -> NDArray:
        return np.stack([getattr(measures[one], name) for one in INEQUALITY_MEASURES], axis=-1).ravel()

    value, lower, upper = (stacked(name) for name in ("estimate", "lower", "upper"))
    given = np.isfinite(value)
    measure = np.tile(np.array(INEQUALITY_MEASURES, dtype=object), areas * series)
    unit = np.array([[_UNITS.get(name, one.unit) for name in INEQUALITY_MEASURES] for one in panel.indicators])
    why = np.tile(np.array([_REASONS[name] for name in INEQUALITY_MEASURES], dtype=object), areas * series)
    return pd.DataFrame(
        {
            "area_code": np.repeat(np.array(area_codes, dtype=object), series * each),
            "area_name": np.repeat(np.array(area_names, dtype=object), series * each),
            "indicator_id": spread(panel.series["indicator_id"]),
            "period": spread(panel.series["period"]),
            "is_headline_period": spread(panel.series["is_headline_period"]).astype(bool),
            "measure": measure,
            "value": np.where(given, value, np.nan),
            "unit": np.tile(unit.ravel(), areas),
            # an unbounded limit is missing
            "lower_ci": np.where(given & np.isfinite(lower), lower, np.nan),
            "upper_ci": np.where(given & np.isfinite(upper), upper, np.nan),
            "ci_method": np.where(given, stacked("method"), "none"),
            "confidence": confidence,
            "zones_with_figures": np.repeat(zone_count.ravel(), each).astype(np.int64),
            "population": np.repeat(np.rint(total @ people), series * each).astype(np.int64),
            "reason": pd.Series(why, dtype="str").mask(given).array,
        }
    )
