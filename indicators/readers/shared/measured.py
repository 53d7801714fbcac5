"""Observations from parsed cells: numerator, denominator, value and status of one indicator and period.

Every reader ends here, so that what a suppressed, not applicable or missing cell does to a figure, and what is refused,
is the same for all publishers. Not here: where the cells come from.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator, Suppression
from indicators.errors import ConfigError, SchemaError, some
from indicators.readers.shared.areas import geography_of
from indicators.readers.shared.cells import MISSING, NOT_APPLICABLE, OBSERVED, SUPPRESSED, Cells
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.periods import Period
from indicators.readers.shared.published import PublishedTable, source_file

_log = logging.getLogger(__name__)

MODELLED = "modelled"

# the worst of two cells decides what a figure made of both is
_WORST_FIRST = (NOT_APPLICABLE, SUPPRESSED, MISSING, MODELLED, OBSERVED)


def counted(
    indicator: Indicator,
    period: Period,
    areas: np.ndarray,
    numerator: Cells,
    denominator: Cells,
    *,
    where: Path | str,
) -> pd.DataFrame:
    """Return the observations of an indicator that is a count among a population.

    An area whose denominator is 0 has no such people: its status is ``not_applicable`` and its value is missing, while
    its counts stay as published, so that totals reconcile: events happen where nobody lives. People cannot be counted
    there: such areas of a proportion are named in the log. A suppressed count keeps its denominator: what it may stand
    for is declared by the source and used later.

    In a proportion a count may not exceed its population. Where both come from different sources a few areas may show
    it all the same, because a population estimate lags behind new homes; then the declaration says in how many areas at
    most (``columns: {tolerated_excess: 10}``), the population is raised to the people counted in it, and the status is
    ``modelled``.

    Parameters
    ----------
    indicator, period
        What is counted, and when.
    areas
        Area codes, shape (rows,).
    numerator, denominator
        Cells of both, shape (rows,).
    where
        File and sheet, for messages.

    Returns
    -------
    pandas.DataFrame
        Columns of the table ``observations``; texts as categories.

    Raises
    ------
    SchemaError
        If counts exceed their population in more areas than tolerated.
    """
    status = _worst(numerator.status, denominator.status)
    status[(numerator.status == SUPPRESSED) & (denominator.status == OBSERVED)] = SUPPRESSED
    below = denominator.value.copy()
    excess = (numerator.value > below * (1 + 1e-9)) & (below > 0)
    nobody = (below == 0) & (numerator.value > 0)
    if indicator.kind == "proportion" and nobody.any():
        _log.info(
            "%s, %s: people are counted in %d areas where there are none (%s): not applicable there; %s",
            indicator.id, period.label, int(nobody.sum()), some(areas[nobody]), where,
        )  # fmt: skip
    if indicator.kind == "proportion" and excess.any():
        tolerated = indicator.columns.get("tolerated_excess", 0)
        if int(excess.sum()) > int(tolerated):
            first = int(np.flatnonzero(excess)[0])
            raise SchemaError(
                f"More people are counted than there are ({indicator.id}, {period.label})",
                where=where,
                column=f"{indicator.columns.get('numerator')} over {indicator.columns.get('denominator')}",
                codes=areas[excess],
                expected=f"a count above its population in at most {int(tolerated)} areas",
                found=f"{int(excess.sum()):,} areas, such as {numerator.value[first]:g} of {below[first]:g}",
                remedy="check that both columns concern the same people; if the population is an estimate that "
                "lags behind, declare tolerated_excess",
            )
        below[excess] = numerator.value[excess]
        status[excess] = MODELLED
    empty = below == 0
    status[empty] = NOT_APPLICABLE
    usable = np.isin(status, (OBSERVED, MODELLED))
    value = np.full(len(areas), np.nan)
    np.divide(numerator.value * indicator.multiplier, below, out=value, where=usable & ~empty)
    return _frame(indicator, period, areas, numerator.value, below, value, status)


def weighted(
    indicator: Indicator, period: Period, areas: np.ndarray, value: Cells, weight: Cells, *, where: Path | str = ""
) -> pd.DataFrame:
    """Return the observations of an indicator published without counts: a value, and the people that it concerns.

    The value is the published one times the indicator's multiplier; the denominator holds the weight. A value without
    people (weight 0) stays observed: it counts in statistics of zones, not in statistics of residents.

    Where the declaration says whom a share or ratio concerns (`indicators.catalogue.People`), the denominator holds
    these people, or the events expected among them, and the numerator the count that the figure comes to. That need
    not be whole: what rounding leaves open is an interval (`localities.evidence.panel`).

    Raises
    ------
    SchemaError
        If a value is not one that can be (`indicators.catalogue.Indicator.possible`), such as an undeclared -99.
    """
    status = value.status.copy()
    _be_possible(indicator, period, areas, value, where)
    if indicator.people is not None:
        people = weight.value * indicator.people.per_person
        status[(people == 0) | (weight.status == NOT_APPLICABLE)] = NOT_APPLICABLE
        usable = np.isin(status, (OBSERVED, MODELLED)) & (people > 0)
        share = np.where(usable, value.value / indicator.people.per, np.nan)
        return _frame(indicator, period, areas, share * people, people, share * indicator.multiplier, status)
    known = np.where(np.isin(status, (OBSERVED, MODELLED)), value.value * indicator.multiplier, np.nan)
    return _frame(indicator, period, areas, np.full(len(areas), np.nan), weight.value, known, status)


def _be_possible(indicator: Indicator, period: Period, areas: np.ndarray, value: Cells, where: Path | str) -> None:
    least, most = indicator.possible
    shown = value.value * (indicator.multiplier / (indicator.people.per if indicator.people else 1.0))
    with np.errstate(invalid="ignore"):
        outside = (shown < least - 1e-9) | (shown > most + 1e-9)
    if not outside.any():
        return
    first = int(np.flatnonzero(outside)[0])
    raise SchemaError(
        f"A published value cannot be ({indicator.id}, {period.label})",
        where=where,
        column=str(indicator.columns.get("value", "")) or None,
        codes=areas[outside],
        expected=f"values from {least:g} to {most:g} in {indicator.unit}",
        found=f"{shown[first]:g} in the first of {int(outside.sum()):,}",
        remedy="if the number is a symbol, list it under suppression; if zero is arbitrary, declare "
        "is_ratio_scale: false; else look at multiplier and unit",
    )


def declared_symbols(declared: Suppression) -> dict[str, tuple[str, ...]]:
    """Return the arguments of `parse_cells` for the symbols of a declaration; a blank is missing by default."""
    known = (*declared.symbols, *declared.not_applicable)
    blank = () if "" in known else ("",)
    return {
        "suppressed": declared.symbols,
        "not_applicable": declared.not_applicable,
        "missing": (*blank, *declared.missing),
    }


def join(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return frames of observations under each other, texts still categories."""
    if len(frames) == 1:
        return frames[0]
    joined = {}
    for name in frames[0].columns:
        parts = [frame[name] for frame in frames]
        if isinstance(parts[0].dtype, pd.CategoricalDtype):
            joined[name] = pd.Series(pd.api.types.union_categoricals([part.array for part in parts]))
        else:
            joined[name] = pd.Series(np.concatenate([part.to_numpy() for part in parts]))
    return pd.DataFrame(joined)


def as_cells(numbers: Sequence[float] | np.ndarray) -> Cells:
    """Return numbers as cells; NaN is missing.

    Examples
    --------
    >>> as_cells([1.0, float("nan")]).status.tolist()
    ['observed', 'missing']
    """
    value = np.asarray(numbers, dtype="float64")
    return Cells(value, np.where(np.isfinite(value), OBSERVED, MISSING).astype(object))


def source_table(
    files: Mapping[str, Path], indicator: Indicator, *, source: str = "", sheet: str = "", has: Collection[str] = ()
) -> PublishedTable:
    """Return the table of an indicator's source, or of another that it names, in the encoding that is declared for it.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError
        As `source_file` and `indicators.readers.shared.layout.read_table`.
    """
    source = source or indicator.source
    declared = (indicator.columns.get("encodings") or {}).get(source, "")
    return read_table(source_file(files, source), sheet=sheet, has=has, encoding=str(declared))


def declared_text(indicator: Indicator, key: str, default: str | None = None) -> str:
    """Return a text of the ``columns`` of a declaration.

    Raises
    ------
    ConfigError
        If the declaration lacks it.
    """
    value = indicator.columns.get(key, default)
    if value is None or value == "":
        raise ConfigError(
            f"A declaration does not say where its {key} is",
            where=f"{indicator.id}.yaml",
            column="columns",
            expected=f"{key}: a name in the publisher's file",
            found="nothing",
            remedy=f"add {key} under columns; the reader {indicator.reader} needs it",
        )
    return str(value)


def _worst(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    result = np.full(len(first), OBSERVED, dtype=object)
    for status in reversed(_WORST_FIRST):
        result[(first == status) | (second == status)] = status
    return result


def _frame(
    indicator: Indicator,
    period: Period,
    areas: np.ndarray,
    numerator: np.ndarray,
    denominator: np.ndarray,
    value: np.ndarray,
    status: np.ndarray,
) -> pd.DataFrame:
    area_type, vintage = geography_of(indicator.geography)
    count = len(areas)
    dates = [np.full(count, np.datetime64(day, "us")) for day in (period.start, period.end)]
    return pd.DataFrame(
        {
            "indicator_id": _constant(indicator.id, count),
            "area_code": pd.Categorical(areas),
            "area_type": _constant(area_type, count),
            "vintage": _constant(vintage, count),
            "period_start": dates[0],
            "period_end": dates[1],
            "period": _constant(period.label, count),
            "numerator": numerator,
            "denominator": denominator,
            "value": value,
            "status": pd.Categorical(status),
            "source_id": _constant(indicator.source, count),
        }
    )


def _constant(text: str, count: int) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(np.zeros(count, dtype=np.int8), dtype=_only(text))


@lru_cache(maxsize=1024)
def _only(text: str) -> pd.CategoricalDtype:
    """Return the type of a column of one text, which costs more to make than the column."""
    return pd.CategoricalDtype(pd.Index([text]))
