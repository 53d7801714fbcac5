"""Findings with both comparators beside each other: one row per locality and indicator.

The layer "Findings" has one row per comparator, as the store has. People compare across a row, so a workbook and an
explorer show both answers in one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

OF_THE_PLACE = (
    "locality_name", "candidate_set", "indicator_title", "domain", "period", "value", "lower_ci", "upper_ci", "unit",
    "numerator", "denominator", "status",
)  # fmt: skip
"""What belongs to the place and indicator, whatever it is held against."""

OF_EACH_COMPARATOR = (
    "significance", "comparator_value", "difference", "difference_lower_ci", "difference_upper_ci", "q_important",
    "reason",
)  # fmt: skip
"""What each comparator has of its own; the columns end in ``_scotland`` and ``_cpp``."""


_LAST = ("source_title", "locality_id", "indicator_id")


def side_by_side(findings: pa.Table) -> pd.DataFrame:
    """Return one row per locality and indicator, in the order of the findings.

    Parameters
    ----------
    findings
        The layer "Findings": one row per locality, indicator and comparator.

    Returns
    -------
    pandas.DataFrame
        `OF_THE_PLACE`, then `OF_EACH_COMPARATOR` for ``scotland`` and for ``cpp``, the source's title and the ids.
        What was not held against a comparator is missing there.

    Examples
    --------
    >>> import pyarrow as pa
    >>> columns = (*OF_THE_PLACE, *OF_EACH_COMPARATOR, "source_title", "locality_id", "indicator_id")
    >>> row = dict.fromkeys(columns, "x") | {"value": 23.1}
    >>> both = [row | {"comparator": "cpp", "difference": 4.5}, row | {"comparator": "scotland", "difference": 6.0}]
    >>> found = side_by_side(pa.Table.from_pylist(both))
    >>> found[["value", "difference_scotland", "difference_cpp"]].values.tolist()
    [[23.1, 6.0, 4.5]]
    """
    import pandas as pd

    frame = findings.select([*OF_THE_PLACE, "comparator", *OF_EACH_COMPARATOR, *_LAST]).to_pandas()
    first = ~frame.duplicated(["locality_id", "indicator_id"])
    # findings come in order of locality and indicator: a row belongs to the last first one
    group = first.cumsum().to_numpy() - 1
    result = frame.loc[first, list(OF_THE_PLACE)].reset_index(drop=True)
    for comparator in ("scotland", "cpp"):
        selected = (frame["comparator"] == comparator).to_numpy()
        for name in OF_EACH_COMPARATOR:
            is_number = pd.api.types.is_float_dtype(frame[name])
            column = np.full(len(result), np.nan if is_number else None, dtype=float if is_number else object)
            column[group[selected]] = frame[name].to_numpy()[selected]
            result[f"{name}_{comparator}"] = column
    for name in _LAST:
        result[name] = frame.loc[first, name].to_numpy()
    return result
