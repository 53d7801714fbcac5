"""The areas of current locality plans held against every other drawing: whom they reach, and whom they miss.

A current area has a plan whatever the evidence says, so all of it counts as reached. Of another drawing its flagged
localities count: places with strong evidence of poorer outcomes. Which drawing serves best is in
`localities.choosing.reach`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from indicators.errors import SchemaError

COLUMNS = (
    "cpp_code", "cpp_name", "current_set", "candidate_set", "residents_current", "share_of_residents_current",
    "need", "need_current", "share_of_need_current", "outside_where", "flagged", "residents_flagged", "need_flagged",
    "share_of_need_flagged", "need_in_both", "need_missed", "need_only_current", "flagged_missed", "missed_where",
)  # fmt: skip


def need_by_zone(observations: pd.DataFrame, indicator_id: str) -> pd.Series:
    """Return people in need by zone code: the numerator of a count indicator in its latest period.

    Zones whose number is suppressed or missing are absent.
    """
    rows = observations[(observations["indicator_id"] == indicator_id) & observations["numerator"].notna()]
    latest = rows[rows["period_end"] == rows["period_end"].max()]
    return latest.drop_duplicates("area_code").set_index("area_code")["numerator"].astype("float64")


def compare_current(
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    verdicts: pd.DataFrame,
    need: pd.Series,
    current_sets: Sequence[str],
) -> pd.DataFrame:
    """Return one row per CPP, set of current areas in it, and candidate set (that of the current areas too).

    A zone in several localities counts once, by its largest weight; where it is partly in a current area and partly in
    a flagged locality, the smaller share is in both.

    Parameters
    ----------
    zones, candidate_localities, membership, verdicts
        The tables.
    need
        People in need by zone code; missing is none known.
    current_sets
        Ids of the candidate sets that are current locality plan areas.

    Returns
    -------
    pandas.DataFrame
        ``cpp_code, cpp_name, current_set, candidate_set``; of the current areas ``residents_current,
        share_of_residents_current, need`` (of the CPP) ``, need_current, share_of_need_current, outside_where`` (the
        intermediate zones with most people in need outside); of the candidate set ``flagged`` (localities) ``,
        residents_flagged, need_flagged, share_of_need_flagged``; of the two ``need_in_both, need_missed`` (flagged, but
        outside the current areas) ``, need_only_current`` (in a current area, not flagged) ``, flagged_missed``
        (flagged localities with less than half of their residents in a current area) ``, missed_where`` (those with
        most people in need outside). Residents and people in need are not rounded.

    Raises
    ------
    SchemaError
        If people in need are negative.
    """
    needy = zones["zone_code"].map(need).fillna(0.0).to_numpy(dtype="float64")
    if (needy < 0).any():
        raise SchemaError(
            "People in need are negative",
            codes=zones["zone_code"][needy < 0],
            expected="a number of at least 0",
            remedy="give counts of people",
        )
    people = zones["population"].to_numpy(dtype="float64")
    at = pd.Series(np.arange(len(zones)), index=zones["zone_code"])
    member = membership[["locality_id", "candidate_set", "weight"]].assign(
        zone=membership["zone_code"].map(at).to_numpy()
    )
    flagged = set(verdicts.loc[verdicts["is_flagged"], "locality_id"])
    member["is_flagged"] = member["locality_id"].isin(flagged)
    places = candidate_localities.set_index("locality_id")
    cpp_of = zones["cpp_code"].to_numpy(dtype=object)
    cpp_names = zones.drop_duplicates("cpp_code").set_index("cpp_code")["cpp_name"]
    sets = sorted(candidate_localities["candidate_set"].unique())
    flags = {one: member[(member["candidate_set"] == one) & member["is_flagged"]] for one in sets}
    share_flagged = {one: _largest_share(rows, len(zones)) for one, rows in flags.items()}
    rows = []
    for current in current_sets:
        inside = _largest_share(member[member["candidate_set"] == current], len(zones))
        for cpp_code in sorted(places.loc[places["candidate_set"] == current, "cpp_code"].unique()):
            here = cpp_of == cpp_code
            shared = {
                "cpp_code": cpp_code,
                "cpp_name": cpp_names[cpp_code],
                "current_set": current,
                "residents_current": float((people * inside)[here].sum()),
                "share_of_residents_current": _ratio((people * inside)[here].sum(), people[here].sum()),
                "need": float(needy[here].sum()),
                "need_current": float((needy * inside)[here].sum()),
                "share_of_need_current": _ratio((needy * inside)[here].sum(), needy[here].sum()),
                "outside_where": _top(
                    zones["intermediate_zone_name"].to_numpy(dtype=object)[here], (needy * (1 - inside))[here]
                ),
            }
            for one in sets:
                if not ((places["candidate_set"] == one) & (places["cpp_code"] == cpp_code)).any():
                    continue
                other = share_flagged[one]
                both = np.minimum(inside, other)
                missed, where = _missed(flags[one], inside, here, people, needy, places["locality_name"])
                rows.append(
                    {
                        **shared,
                        "candidate_set": one,
                        "flagged": int(flags[one].loc[here[flags[one]["zone"]], "locality_id"].nunique()),
                        "residents_flagged": float((people * other)[here].sum()),
                        "need_flagged": float((needy * other)[here].sum()),
                        "share_of_need_flagged": _ratio((needy * other)[here].sum(), needy[here].sum()),
                        "need_in_both": float((needy * both)[here].sum()),
                        "need_missed": float((needy * (other - both))[here].sum()),
                        "need_only_current": float((needy * (inside - both))[here].sum()),
                        "flagged_missed": missed,
                        "missed_where": where,
                    }
                )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _largest_share(rows: pd.DataFrame, count: int) -> np.ndarray:
    share = np.zeros(count)
    np.maximum.at(share, rows["zone"].to_numpy(dtype=np.intp), rows["weight"].to_numpy(dtype="float64"))
    return share


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")


def _missed(
    flags: pd.DataFrame, inside: np.ndarray, here: np.ndarray, people: np.ndarray, needy: np.ndarray, names: pd.Series
) -> tuple[int, str]:
    """Return how many flagged localities lie mostly outside the current areas, and those with most people in need."""
    flagged_here = flags[here[flags["zone"]]]
    zone, weight = flagged_here["zone"].to_numpy(dtype=np.intp), flagged_here["weight"].to_numpy(dtype="float64")
    covered = np.minimum(weight, inside[zone])
    sums = pd.DataFrame(
        {
            "locality_id": flagged_here["locality_id"].to_numpy(),
            "residents": people[zone] * weight,
            "covered": people[zone] * covered,
            "need_outside": needy[zone] * (weight - covered),
        }
    )
    sums = sums.groupby("locality_id").sum()
    out = sums[sums["covered"] < sums["residents"] / 2]
    where = _top(names.reindex(out.index).to_numpy(dtype=object), out["need_outside"].to_numpy())
    return len(out), where


def _top(names: np.ndarray, people: np.ndarray) -> str:
    """Return the three names with most people, and how many."""
    sums = pd.Series(people, dtype="float64").groupby(names).sum()
    first = sums.sort_values(ascending=False, kind="stable").head(3)
    return "; ".join(f"{name} ({number:,.0f})" for name, number in first.items() if number >= 0.5)
