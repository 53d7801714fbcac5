"""Means and shares published with their limits and without the people behind them, such as life expectancy by zone.

The table is read as by `mapped_table`, with the same keys under ``columns``, and instead of ``weight``:

``limits``
    Columns of the lower and the upper limit of the published interval at 95 %.

The denominator holds the people whose mean would have that interval: (sd / standard error) squared, with sd the
declared ``sd_between_people``. So a single area's interval is the published one, and areas taken together weigh by how
surely each is known. Of life expectancy these are about the deaths that it was made from.

A share (kind ``proportion``; ``multiplier: 100`` where it is a percentage) becomes counts: the denominator holds the
people n whose Wilson limits would be as far apart, and the numerator the share of them. Of a survey these are the
people that it is worth as a simple sample. With w the width, p the share and z = 1.96, n is the larger root of
w^2 (n + z^2)^2 = 4 z^2 (n p (1 - p) + z^2 / 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError
from indicators.readers import mapped_table
from indicators.readers.shared.measured import join

# a published interval at 95 % is this many standard errors wide
_WIDTH = 2 * 1.959963984540054


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations of means with published intervals.

    Raises
    ------
    ConfigError
        If a declaration lacks the limits, or the standard deviation between people.
    SchemaError
        If an interval does not hold its value, or has no width; and as `mapped_table.read`.
    """
    # all limits in one go, so that a file that many share is read once
    limits = [each for one in indicators for each in _limits(one)]
    found = mapped_table.read(files, limits)
    by_limit = dict(list(found.groupby("indicator_id", observed=True, sort=False)))
    frames = [_of(one, *(by_limit[each.id].reset_index(drop=True) for each in _limits(one))) for one in indicators]
    return join(frames)


_UPPER = ", upper limit"


def _limits(one: Indicator) -> tuple[Indicator, Indicator]:
    """Return a mean for each of the limits, which stands where the people would."""
    limits = one.columns.get("limits")
    is_share = one.kind == "proportion"
    if not isinstance(limits, list | tuple) or len(limits) != 2 or not (is_share or one.sd_between_people):
        raise ConfigError(
            "A declaration does not say where the published interval is",
            where=f"{one.id}.yaml",
            column="columns, limits",
            expected="limits: [lower, upper], and of a mean sd_between_people",
            found=f"limits: {limits}; sd_between_people: {one.sd_between_people}",
            remedy="add both",
        )
    columns = {key: value for key, value in one.columns.items() if key != "limits"}
    published = replace(one, kind="mean", multiplier=1.0, smallest_important_difference_scale="points")
    lower, upper = (replace(published, columns={**columns, "weight": limit}) for limit in limits)
    return lower, replace(upper, id=one.id + _UPPER)


def _of(one: Indicator, lower: pd.DataFrame, upper: pd.DataFrame) -> pd.DataFrame:
    lower["indicator_id"] = pd.Categorical.from_codes(np.zeros(len(lower), dtype=np.int8), categories=[one.id])
    low, value, high = (
        frame.to_numpy(dtype="float64") for frame in (lower["denominator"], lower["value"], upper["denominator"])
    )
    wrong = (np.isfinite(value)) & ~((low < high) & (low <= value) & (value <= high))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise SchemaError(
            "A published interval does not hold its value",
            where=f"source {one.source}",
            column=", ".join(map(str, one.columns["limits"])),
            codes=lower["area_code"].astype("str")[wrong].unique(),
            expected="lower limit, value, upper limit in this order",
            found=f"{low[first]:g}, {value[first]:g}, {high[first]:g}",
            remedy="ask the publisher, or correct the columns in the declaration",
        )
    if one.sd_between_people and one.kind != "proportion":
        return lower.assign(
            denominator=(one.sd_between_people * _WIDTH / (high - low)) ** 2, value=value * one.multiplier
        )
    people = people_behind(value / one.multiplier, (high - low) / one.multiplier)
    return lower.assign(numerator=value / one.multiplier * people, denominator=people)


def people_behind(share: ArrayLike, width: ArrayLike) -> NDArray[np.float64]:
    """Return of how many people a share has Wilson limits at 95 % so far apart.

    Examples
    --------
    20 of 100: limits 0.1333 and 0.2888 (Newcombe 1998, Statistics in Medicine 17:857-872, method 3).

    >>> int(people_behind(0.2, 0.2888 - 0.1333).round())
    100
    """
    p, squared = np.asarray(share, dtype=np.float64), np.asarray(width, dtype=np.float64) ** 2
    z2 = (_WIDTH / 2) ** 2
    half = 2 * z2 * p * (1 - p) - squared * z2
    with np.errstate(invalid="ignore", divide="ignore"):
        return (half + np.sqrt(half**2 + squared * z2**2 * (1 - squared))) / squared
