"""Does it agree with what is known? Verdicts on the real figures beside the index of deprivation and other rules.

Nothing here is asserted or tuned to: the index is made of many of the same figures, and a method that copied it would
agree best. Shown is whom the answers name, where they part from the index, and the reason that stands with each such
place; the same for a plain rule and for the Improvement Service's ranking of communities, replayed on the figures that
are here: within each partnership the mean of the z-scores of its outcomes by intermediate zone, worst fifth named.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue
from localities.evidence.panel import build_panel

KNOWN_SET = "intermediate_zones"
RULES = {
    "scotland": "Strong against Scotland",
    "cpp": "Strong against the CPP",
    "index": "Most residents in Scotland's worst fifth",
    "ranking": "Improvement Service's ranking, replayed",
}
"""What names a place, by column."""

_WORST_FIFTH, _INCOME = "simd_most_deprived_20", "simd_income"
_FIFTH = 0.2


def known_tables(tables: Mapping[str, pd.DataFrame], catalogue: Catalogue) -> dict[str, pd.DataFrame]:
    """Return what the verdicts on intermediate zones name, beside the index; empty without these or their figures.

    Parameters
    ----------
    tables
        ``zones, membership, observations, verdicts``.

    Returns
    -------
    dict
        ``known_cpps`` and ``known_ground``: per partnership, and per class of the urban-rural classification,
        ``residents``, ``worst_fifth`` (share of them in Scotland's most deprived fifth of zones) and, per rule, the
        share of residents in places that it names. ``known_agreement``: per rule the rank correlation of its column
        with ``worst_fifth`` over partnerships, residents and places named, and of these ``better_half``.
        ``known_better_half``: places with strong evidence whose share of income-deprived residents is below that of
        the median resident's place. ``known_missed``: places without it, against Scotland, most of whose residents
        live in the worst fifth.
    """
    verdicts = tables.get("verdicts", pd.DataFrame({"candidate_set": []}))
    own = verdicts[verdicts["candidate_set"] == KNOWN_SET]
    if not len(own) or not {_WORST_FIFTH, _INCOME} <= set(tables["observations"]["indicator_id"]):
        return {}
    zones = tables["zones"].reset_index(drop=True)
    member = tables["membership"]
    member = member[member["candidate_set"] == KNOWN_SET].merge(zones, on="zone_code")
    panel = build_panel(tables["observations"], catalogue, zones["zone_code"].tolist(), headline_only=True)
    share = {name: _zone_share(panel, name) for name in (_WORST_FIFTH, _INCOME)}
    at = pd.Index(zones["zone_code"]).get_indexer(pd.Index(member["zone_code"]))
    people = member["weight"] * member["population"].astype("float64")
    summed = pd.DataFrame({"locality_id": member["locality_id"], "residents": people})
    for name, values in share.items():
        summed[name] = people * values[at]
    places = own.merge(summed.groupby("locality_id", as_index=False).sum(), on="locality_id")
    places = places[places["residents"] > 0].reset_index(drop=True)
    places["worst_fifth"], places["income"] = (places[name] / places["residents"] for name in share)
    places["scotland"] = (places["verdict_scotland"] == "strong_evidence").astype(float)
    places["cpp"] = (places["verdict_cpp"] == "strong_evidence").astype(float)
    places["index"] = (places["worst_fifth"] > 0.5).astype(float)
    places["ranking"] = _ranking(tables["observations"], catalogue, places)
    ordered = places.sort_values("income")
    half = ordered["income"].to_numpy()[np.searchsorted(ordered["residents"].cumsum(), places["residents"].sum() / 2)]
    places["is_better_half"] = places["income"] < half
    by_cpp = _shares(places.assign(area=places["cpp_name"]))
    named = list(RULES)
    ground = member.assign(residents=people, place=member["locality_id"])
    ground = ground.merge(places[["locality_id", "worst_fifth", *named]], on="locality_id")
    ground["worst_fifth"] = share[_WORST_FIFTH][pd.Index(zones["zone_code"]).get_indexer(pd.Index(ground["zone_code"]))]
    ground["area"] = ground["urban_rural_8_code"].astype("str") + " " + ground["urban_rural_8_name"].astype("str")
    agreement = pd.DataFrame(
        {
            "rule": named,
            "correlation": [by_cpp[one].corr(by_cpp["worst_fifth"], method="spearman") for one in named],
            "residents": [np.average(places[one], weights=places["residents"]) for one in named],
            "places": [int(places[one].sum()) for one in named],
            "better_half": [int((places[one].astype(bool) & places["is_better_half"]).sum()) for one in named],
            "missed": [int(((places[one] == 0) & (places["index"] == 1)).sum()) for one in named],
        }
    )
    columns = [
        "locality_name",
        "cpp_name",
        "residents",
        "worst_fifth",
        "income",
        "verdict_scotland",
        "verdict_cpp",
        "reason",
    ]
    strong = places["scotland"].astype(bool) | places["cpp"].astype(bool)
    missed = (places["scotland"] == 0) & (places["index"] == 1)
    return {
        "known_agreement": agreement,
        "known_cpps": by_cpp,
        "known_ground": _shares(ground),
        "known_better_half": places.loc[strong & places["is_better_half"], columns].sort_values("income"),
        "known_missed": places.loc[missed, columns].sort_values("worst_fifth", ascending=False),
    }


def _zone_share(panel, name: str) -> NDArray[np.float64]:
    column = [one.id for one in panel.indicators].index(name)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(panel.numerator[:, column] / panel.denominator[:, column])


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Return, per area, residents and the share of them in the worst fifth and in places that each rule names."""
    wanted = ["worst_fifth", *RULES]
    weighted = rows[wanted].mul(rows["residents"], axis=0).assign(area=rows["area"], residents=rows["residents"])
    summed = weighted.groupby("area").sum()
    return summed[wanted].div(summed["residents"], axis=0).assign(residents=summed["residents"]).reset_index()


def _ranking(observations: pd.DataFrame, catalogue: Catalogue, places: pd.DataFrame) -> NDArray[np.float64]:
    """Return 1 for the places in the worst fifth of their partnership by the mean of z-scores of outcomes."""
    codes = places["locality_id"].str.rpartition(":")[2]
    panel = build_panel(observations, catalogue, codes.tolist(), headline_only=True, area_type="intermediate_zone")
    outcomes = [k for k, one in enumerate(panel.indicators) if one.source == "is-cpop-intermediate-zones"]
    if not outcomes:
        return np.zeros(len(places))
    sign = np.array([1.0 if panel.indicators[k].poorer_is == "higher" else -1.0 for k in outcomes])
    value = pd.DataFrame(panel.value[:, outcomes] * sign)
    within = value.groupby(places["cpp_name"].to_numpy())
    score = ((value - within.transform("mean")) / within.transform("std")).mean(axis=1)
    rank = score.groupby(places["cpp_name"].to_numpy()).rank(pct=True)
    return (rank > 1 - _FIFTH).to_numpy(dtype="float64")
