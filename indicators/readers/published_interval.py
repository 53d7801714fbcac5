"""Means published with their limits and without the people behind them, such as life expectancy by intermediate zone.

The table is read as by `mapped_table`, with the same keys under ``columns``, and instead of ``weight``:

``limits``
    Columns of the lower and the upper limit of the published interval at 95 %.

The denominator holds the people whose mean would have that interval: (sd / standard error) squared, with sd the
declared ``sd_between_people``. So a single area's interval is the published one, and areas taken together weigh by how
surely each is known. Of life expectancy these are about the deaths that it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, SchemaError, compose
from indicators.readers import mapped_table
from indicators.readers.shared.measured import join

__all__ = ["read"]

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
    return join([_of(files, one) for one in indicators])


def _of(files: Mapping[str, Path], one: Indicator) -> pd.DataFrame:
    limits = one.columns.get("limits")
    if not isinstance(limits, list | tuple) or len(limits) != 2 or not one.sd_between_people:
        raise ConfigError(
            compose(
                "A declaration does not say where the published interval is",
                where=f"{one.id}.yaml",
                column="columns, limits",
                expected="limits: [lower, upper], and sd_between_people",
                found=f"limits: {limits}; sd_between_people: {one.sd_between_people}",
                remedy="add both",
            )
        )
    columns = {key: value for key, value in one.columns.items() if key != "limits"}
    lower, upper = (mapped_table.read(files, [replace(one, columns={**columns, "weight": limit})]) for limit in limits)
    low, value, high = (
        frame.to_numpy(dtype="float64") for frame in (lower["denominator"], lower["value"], upper["denominator"])
    )
    wrong = (np.isfinite(value)) & ~((low < high) & (low <= value) & (value <= high))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise SchemaError(
            compose(
                "A published interval does not hold its value",
                where=f"source {one.source}",
                column=", ".join(map(str, limits)),
                codes=lower["area_code"].astype("str")[wrong].unique(),
                expected="lower limit, value, upper limit in this order",
                found=f"{low[first]:g}, {value[first]:g}, {high[first]:g}",
                remedy="ask the publisher, or correct the columns in the declaration",
            )
        )
    return lower.assign(denominator=(one.sd_between_people * _WIDTH / (high - low)) ** 2)
