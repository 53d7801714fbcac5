"""Which boundaries serve best: what each way of drawing localities reaches of the people in need, and what it misses.

For each CPP and candidate set: the share of people in need inside flagged localities against the share of all residents
there, need per head inside and outside, whom it misses and where they live, how well its boundaries fit, and a
recommendation that says its reasons. It weighs drawings; it flags nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.errors import SchemaError, compose

__all__ = ["recommend", "serving_table"]

COLUMNS = (
    "cpp_code", "cpp_name", "candidate_set", "localities", "flagged", "residents", "residents_in_scope",
    "share_of_residents", "need", "need_reached", "share_of_need", "need_per_100_in", "need_per_100_out", "lift",
    "need_missed", "missed_where", "fit", "share_within_limit", "evidence_from", "evidence_to", "share_modelled",
)  # fmt: skip


def serving_table(
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    verdicts: pd.DataFrame,
    need: pd.Series,
    estimates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row per CPP and candidate set.

    A zone in several flagged localities counts once, by its largest weight.

    Parameters
    ----------
    zones, candidate_localities, membership, verdicts
        The tables.
    need
        People in need by zone code, such as the numerator of ``simd_income``; missing is none known.
    estimates
        The table: gives the age of the headline evidence and the share of it that is modelled.

    Returns
    -------
    pandas.DataFrame
        ``cpp_code, cpp_name, candidate_set, localities, flagged`` (number of localities) ``, residents,
        residents_in_scope`` (inside flagged ones) ``, share_of_residents, need, need_reached, share_of_need,
        need_per_100_in, need_per_100_out`` (people in need per 100 residents) ``, lift`` (share of need less share of
        residents) ``, need_missed, missed_where`` (the three intermediate zones with most of it) ``, fit`` (mean,
        weighted by residents) ``, share_within_limit`` (of localities) ``, evidence_from, evidence_to`` (headline
        periods) ``, share_modelled`` (of headline estimates).

    Raises
    ------
    SchemaError
        If people in need are negative.
    """
    people = zones["population"].to_numpy(dtype="float64")
    needy = zones["zone_code"].map(need).fillna(0.0).to_numpy(dtype="float64")
    if (needy < 0).any():
        raise SchemaError(
            compose(
                "People in need are negative",
                codes=zones["zone_code"][needy < 0],
                expected="a number of at least 0",
                remedy="give counts of people",
            )
        )
    flagged = set(verdicts.loc[verdicts["is_flagged"], "locality_id"])
    cpp, cpp_codes = pd.factorize(zones["cpp_code"], sort=True)
    where = pd.Index(zones["zone_code"])
    names = zones.drop_duplicates("cpp_code").set_index("cpp_code")["cpp_name"]
    rows = []
    for set_id, mine in candidate_localities.groupby("candidate_set", sort=True):
        inside = membership[(membership["candidate_set"] == set_id) & membership["locality_id"].isin(flagged)]
        share = np.zeros(len(zones))
        np.maximum.at(share, where.get_indexer(pd.Index(inside["zone_code"])), inside["weight"].to_numpy())
        sums = {
            name: np.bincount(cpp, weights=values, minlength=len(cpp_codes))
            for name, values in {
                "people": people,
                "in_scope": people * share,
                "need": needy,
                "reached": needy * share,
            }.items()
        }
        missed = needy * (1 - share)
        for at, code in enumerate(cpp_codes):
            here = mine[mine["cpp_code"] == code]
            if here.empty:
                continue
            total, scope = sums["people"][at], sums["in_scope"][at]
            in_need, reached = sums["need"][at], sums["reached"][at]
            rows.append(
                {
                    "cpp_code": code,
                    "cpp_name": names[code],
                    "candidate_set": set_id,
                    "localities": len(here),
                    "flagged": int(here["locality_id"].isin(flagged).sum()),
                    "residents": round(total),
                    "residents_in_scope": round(scope),
                    "share_of_residents": _ratio(scope, total),
                    "need": in_need,
                    "need_reached": reached,
                    "share_of_need": _ratio(reached, in_need),
                    "need_per_100_in": 100 * _ratio(reached, scope),
                    "need_per_100_out": 100 * _ratio(in_need - reached, total - scope),
                    "lift": _ratio(reached, in_need) - _ratio(scope, total),
                    "need_missed": in_need - reached,
                    "missed_where": _largest(zones, missed, cpp == at),
                    "fit": float(np.average(here["fit"], weights=np.maximum(here["population"], 1))),
                    "share_within_limit": float(here["is_within_limit"].mean()),
                    **_evidence(estimates, here["locality_id"]),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(["cpp_code", "candidate_set"], ignore_index=True)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _largest(zones: pd.DataFrame, missed: np.ndarray, inside: np.ndarray) -> str:
    """Return the three intermediate zones with most people in need outside every flagged place, and how many."""
    sums = pd.Series(missed[inside]).groupby(zones["intermediate_zone_name"].to_numpy()[inside]).sum()
    top = sums.sort_values(ascending=False, kind="stable").head(3)
    return "; ".join(f"{name} ({people:,.0f})" for name, people in top.items() if people >= 0.5)


def _evidence(estimates: pd.DataFrame | None, localities: pd.Series) -> dict[str, object]:
    if estimates is None:
        return {"evidence_from": None, "evidence_to": None, "share_modelled": float("nan")}
    some = estimates[estimates["is_headline_period"] & estimates["locality_id"].isin(localities)]
    held = some[some["status"].isin(["observed", "modelled"])]
    years = held["period"].astype("str").str.slice(0, 4)
    return {
        "evidence_from": years.min() if len(held) else None,
        "evidence_to": years.max() if len(held) else None,
        "share_modelled": float((held["status"] == "modelled").mean()) if len(held) else float("nan"),
    }


def recommend(table: pd.DataFrame, *, least_fit: float = 0.8, least_within_limit: float = 0.5) -> pd.DataFrame:
    """Return the candidate set to start from in each CPP, with reasons: ``cpp_code, candidate_set, reasons``.

    Among sets whose boundaries fit residents and most of whose localities are under the limit, the one whose flagged
    localities hold the largest share of people in need over their share of residents (``lift``). Where none qualifies
    or nothing is flagged anywhere, that is said instead.

    Parameters
    ----------
    table
        From `serving_table`.
    least_fit, least_within_limit
        What a set must have to be recommended.
    """
    rows = []
    for code, some in table.groupby("cpp_code", sort=True):
        fits = some[(some["fit"] >= least_fit) & (some["share_within_limit"] >= least_within_limit)]
        useful = fits[fits["flagged"] > 0].sort_values(
            ["lift", "share_of_residents", "candidate_set"], ascending=[False, True, True], kind="stable"
        )
        if useful.empty:
            why = "no set flags a locality here" if (some["flagged"] == 0).all() else "no set fits and keeps the limit"
            rows.append((code, None, f"None: {why}."))
            continue
        best = useful.iloc[0]
        reasons = (
            f"{best['flagged']} of {best['localities']} localities hold {best['share_of_need']:.0%} of people in need "
            f"and {best['share_of_residents']:.0%} of residents ({best['need_per_100_in']:.0f} in 100 inside, "
            f"{best['need_per_100_out']:.0f} outside); fit {best['fit']:.0%}; "
            f"{best['share_within_limit']:.0%} of localities under the limit."
        )
        left_out = sorted(set(some["candidate_set"]) - set(fits["candidate_set"]))
        if left_out:
            reasons += f" Left out for fit or size: {', '.join(left_out)}."
        rows.append((code, best["candidate_set"], reasons))
    return pd.DataFrame(rows, columns=["cpp_code", "candidate_set", "reasons"])
