"""Where people in need live outside every flagged place: the table ``need_outside``, one row per zone.

Need in the country is scattered, and no drawing of areas finds most of it. So beside every map of flagged places stands
where the others live, in the drawing that is proposed to each partnership. The two answers are kept apart: outside
what is poorer than Scotland, and outside what is poorer than elsewhere in the partnership.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.schema.vocabulary import COMPARATORS
from localities.choosing.reach import shares_flagged
from localities.settings import Settings


def build_need_outside(
    observations: pd.DataFrame,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    verdicts: pd.DataFrame,
    reach: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the table ``need_outside``.

    Parameters
    ----------
    observations, zones, candidate_localities, membership, verdicts, reach
        The tables; ``reach`` says which set is proposed to each partnership.
    settings
        ``need_indicator`` counts people in need.

    Returns
    -------
    pandas.DataFrame
        Per data zone ``candidate_set`` (the proposed one, else the recommended), ``status, people_in_need`` in the
        latest period, and ``need_outside_scotland, need_outside_cpp``: of them, those outside every place flagged by
        that answer. Of a zone that belongs to a flagged place in part, the rest by its share of residents. What the
        publisher hides stays hidden: missing, never zero.
    """
    from indicators.schema.validation import coerce

    is_need = (observations["indicator_id"] == settings.need_indicator) & (observations["area_type"] == "data_zone")
    rows = observations.loc[is_need.to_numpy(), ["area_code", "period_end", "numerator", "status"]]
    rows = rows[rows["period_end"] == rows["period_end"].max()]
    codes = zones["zone_code"].astype("str")
    known = rows.set_index(rows["area_code"].astype("str")).reindex(codes)
    need = known["numerator"].to_numpy(dtype="float64")
    # a run that draws no proposal shows its recommended set, or the first
    ordered = reach.sort_values(["is_proposed", "is_recommended", "candidate_set"], ascending=[False, False, True])
    shown = ordered.drop_duplicates("cpp_code").astype({"cpp_code": "str"}).set_index("cpp_code")["candidate_set"]
    of_zone = zones["cpp_code"].astype("str").map(shown.astype("str")).fillna("none")
    shares = {
        comparator: shares_flagged(
            zones,
            candidate_localities,
            membership,
            verdicts.assign(is_flagged=verdicts[f"verdict_{comparator}"] == "strong_evidence"),
        )
        for comparator in COMPARATORS
    }
    columns = {}
    for comparator, by_set in shares.items():
        at = pd.Index(by_set.index).get_indexer(pd.Index(of_zone))
        # a partnership without the proposed drawing has no flagged place in it
        inside = np.where(at >= 0, by_set.to_numpy()[at, np.arange(len(zones))], 0.0)
        columns[f"need_outside_{comparator}"] = need * (1.0 - inside)
    table = pd.DataFrame(
        {
            "zone_code": codes.to_numpy(),
            "cpp_code": zones["cpp_code"].to_numpy(),
            "candidate_set": of_zone.to_numpy(dtype=object),
            "status": known["status"].astype("object").fillna("missing").to_numpy(),
            "people_in_need": need,
            **columns,
        }
    )
    return coerce("need_outside", table)
