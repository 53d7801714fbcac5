"""What is told of one council's groups of people: rows of the table ``group_findings``, comparators side by side."""

from __future__ import annotations

import pandas as pd

from indicators.schema.vocabulary import GROUP_COMPARATORS


def groups_of(findings: pd.DataFrame, cpp_code: str, *, headline_only: bool = True) -> pd.DataFrame:
    """Return the findings of one council, one row per group and indicator, the comparators side by side.

    Parameters
    ----------
    findings
        Table ``group_findings``.
    cpp_code
        Code of the council, or of Scotland.
    headline_only
        Only the latest period of each indicator.

    Returns
    -------
    pandas.DataFrame
        ``indicator_id, group_dimension, group_name, period``, figures of the group (``denominator, share_of_people,
        value, lower_ci, upper_ci, status``) and, for each comparator, ``<comparator>_value``, ``_significance``,
        ``_ratio``, ``_difference``, ``_age_basis`` and ``_reason``, in the order of the table.
    """
    rows = findings[findings["area_code"] == cpp_code]
    if headline_only:
        rows = rows[rows["is_headline_period"]]
    key = ["indicator_id", "group_dimension", "group_name", "period"]
    own = ["denominator", "share_of_people", "value", "lower_ci", "upper_ci", "status"]
    beside = {"comparator_value": "value", **{name: name for name in (
        "significance", "ratio", "difference", "age_basis", "reason")}}  # fmt: skip
    found = rows.drop_duplicates(key)[[*key, *own]].set_index(key)
    for comparator in GROUP_COMPARATORS:
        part = rows[rows["group_comparator"] == comparator].set_index(key)[list(beside)]
        found = found.join(part.rename(columns={name: f"{comparator}_{short}" for name, short in beside.items()}))
    return found.reset_index()
