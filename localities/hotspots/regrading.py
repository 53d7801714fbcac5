"""Hot spots under another alpha: searched anew only in the areas in which it decides something.

Of a search, alpha decides which hot spots are taken out before weaker ones are held against an area's own inequality,
and nothing else. Where every p lies on the same side of both alphas, the same ones are, and the search would find the
same; only the two answers are read anew.
"""

from __future__ import annotations

import pandas as pd


def areas_decided_by(hot_spots: pd.DataFrame, before: float, now: float) -> list[str]:
    """Return the codes of the partnerships in which hot spots may differ, in order.

    Parameters
    ----------
    hot_spots
        The table of this name, searched within partnerships.
    before, now
        Alpha that it was made with, and the one wanted.

    Examples
    --------
    >>> import pandas as pd
    >>> found = pd.DataFrame({"cpp_code": ["S12000047", "S12000049"], "p_inequality": [0.045, 0.3]})
    >>> areas_decided_by(found, 0.05, 0.04)
    ['S12000047']
    """
    moved = (hot_spots["p_inequality"] <= before) != (hot_spots["p_inequality"] <= now)
    return sorted(hot_spots.loc[moved, "cpp_code"].unique())


def put_together(
    before: tuple[pd.DataFrame, pd.DataFrame], searched: tuple[pd.DataFrame, pd.DataFrame] | None, alpha: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``hot_spots`` and ``hot_spot_zones``: those of before, but of the areas that were searched again.

    Parameters
    ----------
    before
        Both tables as they were.
    searched
        Both tables of `areas_decided_by`, under the new alpha; None where there are no such areas.
    alpha
        The new one.
    """
    kept = before[0] if searched is None else before[0][~before[0]["cpp_code"].isin(searched[0]["cpp_code"])]
    kept = kept.assign(is_beyond_chance=kept["p_chance"] <= alpha, is_beyond_inequality=kept["p_inequality"] <= alpha)
    if searched is None:
        return kept, before[1]
    spots = pd.concat([kept, searched[0]]).sort_values(["cpp_code", "rank"], kind="stable", ignore_index=True)
    zones = pd.concat([before[1][before[1]["hot_spot_id"].isin(kept["hot_spot_id"])], searched[1]])
    place = pd.Index(spots["hot_spot_id"]).get_indexer(pd.Index(zones["hot_spot_id"]))
    return spots, zones.iloc[place.argsort(kind="stable")].reset_index(drop=True)
