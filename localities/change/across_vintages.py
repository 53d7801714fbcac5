"""Series that pass from the zones of one census to those of another: whole where nothing was apportioned, else broken.

A locality that holds the zones of the other census whole is a union of smallest common groups: its figures from there
are what was published, and the series goes on. Elsewhere the change of zones cannot be told from what happened to
people, so the series breaks where its zones change, and the reason says so.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from indicators.catalogue import Catalogue
from indicators.observations.carrying import broken_at_vintages

_ALL = 1 - 1e-6


def hold_zones_whole(membership: pd.DataFrame) -> set[str]:
    """Return the localities all of whose residents live in zones of the other census that they hold whole."""
    least = membership.groupby("locality_id", observed=True)["exact_share"].min()
    return set(least.index[least >= _ALL].astype(str))


def across_vintages(
    build: Callable[[Catalogue], pd.DataFrame],
    catalogue: Catalogue,
    observations: pd.DataFrame,
    membership: pd.DataFrame,
    area: str,
) -> pd.DataFrame:
    """Return a table of series, broken where their zones change but in areas that hold the old zones whole.

    Parameters
    ----------
    build
        Returns the table (``indicator_id``, the column `area` and ``reason`` among its columns) from a catalogue.
    catalogue
        The declared indicators.
    observations, membership
        Tables of the run.
    area
        Column of the areas; what is not in `membership`, such as a partnership, holds its zones whole.
    """
    broken = broken_at_vintages(catalogue, observations)
    table = build(broken)
    added = {one.id: days for one in broken if (days := set(one.breaks) - set(catalogue[one.id].breaks))}
    if not added:
        return table
    cut = set(membership["locality_id"].astype(str)) - hold_zones_whole(membership)

    def goes_on(rows: pd.DataFrame) -> pd.Series:
        return rows["indicator_id"].isin(added) & ~rows[area].astype(str).isin(cut)

    reason = table["reason"].astype("str")
    for name, days in added.items():
        for day in days:
            text = f"{day:%d %B %Y}".lstrip("0")
            pattern = rf"(from before {text}|from {text} on) do not compare \(break\)"
            again = reason.str.replace(pattern, r"\1 do not compare (zones of another census)", regex=True)
            reason = reason.mask(table["indicator_id"] == name, again)
    table, whole = table.assign(reason=reason), build(catalogue)
    parts = [table[~goes_on(table)], whole[goes_on(whole)]]
    return pd.concat(parts, ignore_index=True).sort_values(["indicator_id", area], kind="stable", ignore_index=True)
