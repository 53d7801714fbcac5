"""Protection of a source's small counts, zone by zone, before anything is made of them.

Published open counts stay as published. A source that is not open declares its rule, ``disclosure: {smallest_count: 5,
rounding: 5}``, and every reader's rows go through here (`indicators.readers.reader_named`), so that whatever follows is
a function of protected counts alone: sums over any drawing of boundaries, differences of drawings that overlap, of
editions, and of groups give back no more than them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pydantic
import pydantic.dataclasses

from indicators.declaring.strict_yaml import STRICT, AtKey
from indicators.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from indicators.catalogue import Indicator

KEY = "disclosure"
"""Under what name an indicator's columns carry the rules of its sources, by source."""


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Disclosure:
    """How small counts of a source are protected."""

    smallest_count: Annotated[int, pydantic.Field(ge=2, le=100)]
    """Smallest count that is shown: 1 up to it are suppressed, and none is told from another."""
    rounding: Annotated[int, pydantic.Field(ge=2, le=100)]
    """Base to which every other count is rounded: at least ``smallest_count``, or a suppressed count could be worked
    out from a total and the rest."""

    @pydantic.model_validator(mode="after")
    def _rounds_enough(self) -> Disclosure:
        if self.rounding < self.smallest_count:
            raise AtKey("rounding", f"at least smallest_count, {self.smallest_count}", self.rounding)
        return self


def with_rules(one: Indicator, rules: Mapping[str, Disclosure]) -> Indicator:
    """Return an indicator that knows the rules of its sources; suppressed counts lie between 1 and what is shown.

    Parameters
    ----------
    one
        The indicator.
    rules
        Of those of its sources that have one, by id.
    """
    if not rules:
        return one
    own = one.suppression
    upper = float(max(rule.smallest_count for rule in rules.values()) - 1)
    lower = 1.0 if own.lower is None else min(own.lower, 1.0)
    bounds = replace(own, lower=lower, upper=upper if own.upper is None else max(own.upper, upper))
    carried = {source: asdict(rule) for source, rule in rules.items()}
    return replace(one, columns={**one.columns, KEY: carried}, suppression=bounds)


def ruled_alike(one: Indicator, source: str) -> dict[str, Any]:
    """Return an indicator's columns with the rule and encoding of its source for another, such as an earlier file."""
    found = dict(one.columns)
    for key in (KEY, "encodings"):
        known: Mapping[str, Any] = one.columns.get(key) or {}
        if one.source in known:
            found[key] = {**known, source: known[one.source]}
    return found


def rule_of(one: Indicator, sources: Iterable[str]) -> Disclosure | None:
    """Return the strictest rule that any of some sources of an indicator declares; None where none does."""
    declared: Mapping[str, Any] = one.columns.get(KEY) or {}
    found = [declared[source] for source in sources if source in declared]
    if not found:
        return None
    smallest = max(rule["smallest_count"] for rule in found)
    return Disclosure(smallest, max(smallest, *(rule["rounding"] for rule in found)))


def protected(rows: pd.DataFrame, rules: Sequence[tuple[Indicator, Disclosure]]) -> pd.DataFrame:
    """Return a reader's rows with small counts protected as their sources declare; all others as they are.

    Parameters
    ----------
    rows
        ``indicator_id, area_type, numerator, denominator, value, status, source_id`` and more, as readers return them.
    rules
        The editions read whose sources have a rule, with it.

    Raises
    ------
    ConfigError
        If a figure to be protected has no count: a mean or a share alone cannot be.

    Notes
    -----
    For a count n, a denominator d, smallest count s and base b ≥ s, with r(x) = max(b, b ⌊x / b + ½⌋) for x > 0:

    - d becomes r(d), so that none below s is told from another;
    - 0 < n < s is suppressed, a count between 1 and s − 1, whoever asks;
    - n ≥ s becomes r(n); of a proportion, d where fewer than s people are left out, and never more than d;
    - the value is what these two give.

    Totals that the source publishes for larger areas are left out: they would say what the hidden counts of an area add
    up to. The rounding is the same for the same count, today and in the next edition. Sums of rounded counts are off
    by about b √(zones / 12); intervals do not hold that.
    """
    import pandas as pd

    if not rules:
        return rows
    key = pd.MultiIndex.from_arrays([rows["indicator_id"].astype("str"), rows["source_id"].astype("str")])
    result = rows.copy()
    result["status"] = result["status"].astype(object)
    is_left_out = np.zeros(len(rows), dtype=bool)
    for one, rule in rules:
        at = np.flatnonzero(key == (one.id, one.source))
        is_other = (rows["area_type"].astype("str").to_numpy()[at] != one.area_type) if len(at) else np.empty(0, bool)
        is_left_out[at[is_other]] = True
        at = at[~is_other]
        _protect(result, at, one, rule)
    # categories of before may not have the one that is new
    is_coded = isinstance(rows["status"].dtype, pd.CategoricalDtype)
    result["status"] = result["status"].astype("category" if is_coded else rows["status"].dtype)
    return result[~is_left_out].reset_index(drop=True)


def _protect(result: pd.DataFrame, at: np.ndarray, one: Indicator, rule: Disclosure) -> None:
    count, people, value = (
        result[name].to_numpy(dtype="float64", na_value=np.nan)[at] for name in ("numerator", "denominator", "value")
    )
    status = result["status"].to_numpy(dtype=object)[at]
    has_figure = np.isin(status.astype(str), ("observed", "modelled"))
    if (has_figure & np.isfinite(value) & ~(np.isfinite(count) & np.isfinite(people))).any():
        raise ConfigError(
            f"{one.id} cannot be protected: its source declares a rule for counts, and figures come without",
            where=f"source {one.source}", expected="a count and the people it is among",
            found=f"a {one.kind} without counts",
            remedy="declare numerator and denominator, or protect the file before it is brought in",
        )  # fmt: skip
    rounded = _rounded(people, rule.rounding)
    shown = _rounded(count, rule.rounding)
    if one.kind == "proportion":
        shown = np.where(people - count < rule.smallest_count, rounded, np.minimum(shown, rounded))
    few = has_figure & (count > 0) & (count < rule.smallest_count)
    shown = np.where(few, np.nan, shown)
    figure = np.divide(shown, rounded, out=np.full(len(at), np.nan), where=rounded > 0) * one.multiplier
    for name, values in (("numerator", shown), ("denominator", rounded), ("value", figure)):
        column = result[name].to_numpy(dtype="float64", na_value=np.nan).copy()
        column[at] = np.where(has_figure, values, rounded if name == "denominator" else np.nan)
        result[name] = column
    statuses = result["status"].to_numpy(dtype=object).copy()
    statuses[at[few]] = "suppressed"
    result["status"] = statuses


def _rounded(values: np.ndarray, base: int) -> np.ndarray:
    """Return values rounded to a base, the half upwards; of more than none, at least the base.

    Examples
    --------
    >>> _rounded(np.array([0.0, 1.0, 7.0, 8.0, 12.5]), 5).tolist()
    [0.0, 5.0, 5.0, 10.0, 15.0]
    """
    return np.where(values > 0, np.maximum(np.floor(values / base + 0.5) * base, base), values)
