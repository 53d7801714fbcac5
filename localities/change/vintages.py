"""What becomes of every locality on the zones of another census: redrawn there, with people gained and lost.

A locality is made of zones. On other zones the same boundary takes in the zones of which it holds most residents, so
some people come in and some are left out. Both are counted here in people of the 2022 census, by the output areas that
zones of both censuses are made of; nothing is measured on the ground. Which verdicts that moves needs the figures on
both: see `moved_verdicts`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from indicators.schema.tables import TABLES
from indicators.schema.vocabulary import OPEN_VERDICT, UNASSIGNED
from localities.candidate_sets import is_complete, set_ids
from localities.zones.crosswalk import exact_shares

_HALF = 0.5 - 1e-9
_NOBODY = 0.5
"""People fewer than this are none: shares are rounded."""


def build_vintages(
    zones: pd.DataFrame, crosswalk: pd.DataFrame, candidate_localities: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    """Return the table ``vintages``: each locality of a run redrawn on the zones of the other census.

    Parameters
    ----------
    zones, candidate_localities, membership
        Tables of the run.
    crosswalk
        Table ``crosswalk``; without pairs between 2011 and 2022 the table is empty.

    Returns
    -------
    pandas.DataFrame
        One row per locality. ``changed_zones``: of its zones, those in which not the same people live as in one zone
        of the other census. ``people`` are residents of 2022, those of zones whose people are unassigned left out and
        named in ``unassigned_zones``. ``people_kept`` live in the locality as it is and as redrawn, ``people_lost``
        only as it is, ``people_gained`` only as redrawn (people whose zone here is not known among them).
    """
    columns = list(TABLES["vintages"].columns)
    if crosswalk.empty or not len(zones):
        return pd.DataFrame(columns=columns)
    vintage, other = _both(zones)
    pairs = crosswalk[(crosswalk["from_vintage"] == vintage) & (crosswalk["to_vintage"] == other)]
    if pairs.empty:
        return pd.DataFrame(columns=columns)
    bridge = _Bridge(pairs, zones["zone_code"], crosswalk[(crosswalk["from_vintage"] == other)
                                                         & (crosswalk["to_vintage"] == vintage)])  # fmt: skip
    places = pd.Index(candidate_localities["locality_id"])
    members = _matrix(membership, places, bridge.froms)
    inside = (members @ bridge.people).tocsr()
    chosen = _chosen(inside, bridge.totals, candidate_localities["candidate_set"].to_numpy(dtype=object))
    whole = (members > 0).astype(float)
    kept = np.asarray(inside.multiply(chosen).sum(axis=1)).ravel()
    people = np.asarray(inside.sum(axis=1)).ravel()
    table = candidate_localities[["locality_id", "candidate_set", "locality_name", "cpp_code"]].reset_index(drop=True)
    table = table.assign(
        from_vintage=vintage,
        to_vintage=other,
        zone_count=np.asarray(whole.sum(axis=1)).ravel().astype("int64"),
        changed_zones=(whole @ bridge.is_changed).astype("int64"),
        unassigned_zones=(whole @ bridge.is_lost).astype("int64"),
        redrawn_zones=np.asarray(chosen.sum(axis=1)).ravel().astype("int64"),
        people=people,
        people_in_changed_zones=np.asarray((members.multiply(bridge.is_changed)) @ bridge.people.sum(axis=1)).ravel(),
        people_kept=kept,
        people_lost=np.maximum(people - kept, 0.0),
        people_gained=np.maximum(chosen @ bridge.totals - kept, 0.0),
    )
    return table[columns]


def membership_on(
    zones: pd.DataFrame,
    crosswalk: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    *,
    is_redrawn: bool = True,
) -> pd.DataFrame:
    """Return the membership of localities in the zones of the other census.

    Parameters
    ----------
    zones, crosswalk, candidate_localities, membership
        As in `build_vintages`.
    is_redrawn
        Whether localities are made of whole zones of the other census; otherwise their boundary stays, and a zone
        belongs by the share of its people.
    """
    vintage, other = _both(zones)
    back = crosswalk[(crosswalk["from_vintage"] == other) & (crosswalk["to_vintage"] == vintage)]
    pairs = crosswalk[(crosswalk["from_vintage"] == vintage) & (crosswalk["to_vintage"] == other)]
    bridge = _Bridge(pairs, zones["zone_code"], back)
    places = pd.Index(candidate_localities["locality_id"])
    sets = candidate_localities["candidate_set"].to_numpy(dtype=object)
    inside = (_matrix(membership, places, bridge.froms) @ bridge.people).tocsr()
    if is_redrawn:
        found = _chosen(inside, bridge.totals, sets).tocoo()
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (inside @ sparse.diags_array(np.where(bridge.totals > 0, 1 / bridge.totals, 0.0))).tocoo()
    row, column = found.coords
    has = found.data > 1e-3
    rows = pd.DataFrame(
        {
            "locality_id": places.to_numpy()[row[has]],
            "candidate_set": sets[row[has]],
            "zone_code": bridge.tos.to_numpy()[column[has]],
            "weight": np.clip(found.data[has], 0.0, 1.0),
        }
    )
    return rows.assign(exact_share=exact_shares(rows, crosswalk, other))


def moved_verdicts(
    table: pd.DataFrame, here: pd.DataFrame, boundary_kept: pd.DataFrame, redrawn: pd.DataFrame
) -> pd.DataFrame:
    """Return the table ``vintages`` with the verdict of each locality as it is and as redrawn, and why it moved.

    Parameters
    ----------
    table
        From `build_vintages`.
    here
        Verdicts on the zones that the localities were drawn on: ``locality_id, verdict, reason``.
    boundary_kept
        Verdicts on the figures of the other zones with the boundary kept, zones belonging by share.
    redrawn
        Verdicts on the figures of the other zones, redrawn, with their ``reason``.

    Returns
    -------
    pandas.DataFrame
        With ``verdict``, ``redrawn_verdict`` and ``moved_by``: ``boundary`` where the verdict is the same as long as
        the boundary is, ``figures`` where the figures of changed zones move it, ``threshold`` where the same people in
        the same zones get another verdict, because what they are held against moved past a threshold, ``modelled``
        where it cannot be assessed here or there, for figures that are modelled; empty where it stays, or there is
        none.
    """
    three = [one.set_index("locality_id")["verdict"] for one in (here, boundary_kept, redrawn)]
    before, kept, after = (table["locality_id"].map(one) for one in three)
    is_moved = before.notna() & after.notna() & (before != after)
    same_people = (table["changed_zones"] == 0) & (table["people_gained"] < _NOBODY) & (table["people_lost"] < _NOBODY)
    reasons = [
        table["locality_id"].map(one.set_index("locality_id")["reason"]).astype("str") for one in (here, redrawn)
    ]
    is_open = np.logical_or(*(one.str.startswith(OPEN_VERDICT).fillna(False) for one in reasons))
    cases = [is_open.astype(bool), kept == before, same_people]
    why = np.select(cases, ["modelled", "boundary", "threshold"], "figures")
    return table.assign(
        verdict=before, redrawn_verdict=after, moved_by=pd.Series(why, index=table.index).where(is_moved)
    )


def changed_zones(zones: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Return the zones in which not the same people live as in one zone of the other census.

    One row per zone: the columns of `zones`, ``people`` (residents of 2022; missing where nobody knows),
    ``common_group`` and ``other_zones``, the zones of the other census in which some of them live.
    """
    vintage, other = _both(zones)
    leads = (crosswalk["from_vintage"] == vintage) & (crosswalk["to_vintage"] == other)
    by = crosswalk[leads & ~crosswalk["is_exact"]].groupby("from_code")
    found = pd.DataFrame(
        {
            "people": by["people"].sum(min_count=1),
            "common_group": by["common_group"].first(),
            "other_zones": by["to_code"].agg(", ".join),
        }
    )
    return zones.merge(found, left_on="zone_code", right_index=True).sort_values("zone_code", ignore_index=True)


class _Bridge:
    """Zones of a run (F) and of the other census (T): people of 2022 in both, and totals of T."""

    def __init__(self, pairs: pd.DataFrame, codes: pd.Series, back: pd.DataFrame) -> None:
        self.froms = pd.Index(codes)
        self.tos = pd.Index(sorted(set(back["from_code"])))
        known = pairs[(pairs["to_code"] != UNASSIGNED) & pairs["people"].notna()]
        at = self.froms.get_indexer(known["from_code"]), self.tos.get_indexer(known["to_code"])
        has = (at[0] >= 0) & (at[1] >= 0)
        self.people = sparse.csr_array(
            (known["people"].to_numpy(dtype="float64")[has], (at[0][has], at[1][has])),
            shape=(len(self.froms), len(self.tos)),
        )
        totals = back.groupby("from_code")["people"].sum()
        self.totals = totals.reindex(self.tos).fillna(0.0).to_numpy(dtype="float64")
        exact = set(pairs.loc[pairs["is_exact"], "from_code"])
        self.is_changed = np.array([code not in exact for code in self.froms], dtype=float)
        lost = set(pairs.loc[pairs["to_code"] == UNASSIGNED, "from_code"])
        self.is_lost = np.array([code in lost for code in self.froms], dtype=float)


def _both(zones: pd.DataFrame) -> tuple[str, str]:
    vintage = str(zones["vintage"].iloc[0])
    return vintage, "2022" if vintage == "2011" else "2011"


def _matrix(membership: pd.DataFrame, places: pd.Index, froms: pd.Index) -> sparse.csr_array:
    membership = membership[membership["locality_id"].isin(places)]
    row, column = places.get_indexer(membership["locality_id"]), froms.get_indexer(membership["zone_code"])
    weight = membership["weight"].to_numpy(dtype="float64")
    return sparse.csr_array((weight, (row, column)), shape=(len(places), len(froms)))


def _chosen(inside: sparse.csr_array, totals: np.ndarray, sets: np.ndarray) -> sparse.csr_array:
    """Return localities x zones, 1 where a zone belongs: by half of its people; of a complete set, by the most."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (inside @ sparse.diags_array(np.where(totals > 0, 1 / totals, 0.0))).tocoo()
    row, column = share.coords
    frame = pd.DataFrame({"row": row, "column": column, "share": share.data, "set": sets[row]})
    frame = frame[frame["share"] > 0]
    complete = {one for one in set_ids() if is_complete(one)}
    most = frame.sort_values(["set", "column", "share", "row"], ascending=[True, True, False, True])
    is_most = ~most.duplicated(["set", "column"]) & most["set"].isin(complete)
    kept = most[is_most | (~most["set"].isin(complete) & (most["share"] >= _HALF))]
    ones = np.ones(len(kept))
    return sparse.csr_array((ones, (kept["row"].to_numpy(), kept["column"].to_numpy())), shape=inside.shape)
