"""What is told of the whole council beside one of its places: figures that say what kind of area it is."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from localities.explain import sentences as words

__all__ = ["of_the_council"]

_SCOTLAND = "S92000003"


def of_the_council(tables: Mapping[str, pd.DataFrame], place: pd.Series) -> tuple[str, ...]:
    """Return one line for each figure of the council in its latest period, beside Scotland's where that is there.

    Parameters
    ----------
    tables
        With ``council_context`` among them; without it nothing is told.
    place
        Row of ``candidate_localities``.
    """
    if "council_context" not in tables:
        return ()
    table = tables["council_context"]
    of_both = table[table["area_code"].isin([place["cpp_code"], _SCOTLAND]) & table["value"].notna()]
    lines = []
    for figure, rows in of_both.sort_values("period").groupby("context_figure", sort=True, observed=True):
        # a figure of twenty years ago, because there were too few since, is no context
        own = rows[(rows["area_code"] == place["cpp_code"]) & (rows["period"] == rows["period"].iloc[-1])]
        if own.empty:
            continue
        latest = own.iloc[-1]
        same = rows[(rows["area_code"] == _SCOTLAND) & (rows["period"] == latest["period"])]
        limits = ""
        if pd.notna(latest["lower_ci"]):
            limits = f" ({words.number(latest['lower_ci'])} to {words.number(latest['upper_ci'])})"
        beside = f"; Scotland {words.number(same['value'].iloc[0])}" if len(same) else ""
        lines.append(f"{figure}, {latest['period']}: {words.number(latest['value'])}{limits} {latest['unit']}{beside}.")
    if lines:
        lines.append(
            f"These are of the whole council ({place['cpp_name']}): they say nothing of one place in it, and have no "
            "part in any verdict."
        )
    return tuple(lines)
