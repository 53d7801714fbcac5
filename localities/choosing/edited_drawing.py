"""A drawing that a partnership edited, held against the one that was proposed to it: what changed, and for whom."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from localities.choosing.two_drawings import compare_drawings


@dataclass(frozen=True)
class Edits:
    """What an edited drawing changes.

    Parameters
    ----------
    moved
        Zones that changed their community: ``zone_code, zone_name, community_before, community_after`` (missing where
        there is none)``, population, reason``.
    renamed
        Communities that stand for each other under another name: ``community_before, community_after, residents_kept``.
    matched
        Ids of localities that stand for each other: ``locality_before, locality_after``.
    residents_moved, residents
        Residents of the zones that moved, and of all.
    """

    moved: pd.DataFrame
    renamed: pd.DataFrame
    matched: pd.DataFrame
    residents_moved: int
    residents: int


def edits_of(
    before: tuple[pd.DataFrame, pd.DataFrame],
    after: tuple[pd.DataFrame, pd.DataFrame],
    zones: pd.DataFrame,
    reasons: pd.Series,
) -> Edits:
    """Return what the second drawing of a partnership's zones changes in the first.

    Parameters
    ----------
    before, after
        Localities (``locality_id, locality_name``) and membership of each.
    zones
        ``zone_code, zone_name, population`` of the partnership.
    reasons
        Reason for each zone, by zone code; blank where none was given.
    """
    found = compare_drawings(before[1], after[1], zones)
    old = before[0].set_index("locality_id")["locality_name"]
    new = after[0].set_index("locality_id")["locality_name"]
    moved = pd.DataFrame(
        {
            "zone_code": found.moved["zone_code"],
            "zone_name": found.moved["zone_code"].map(zones.set_index("zone_code")["zone_name"]),
            "community_before": found.moved["locality_before"].map(old),
            "community_after": found.moved["locality_after"].map(new),
            "population": found.moved["population"].astype("int64"),
            "reason": found.moved["zone_code"].map(reasons.astype("str")).astype("str").fillna(""),
        }
    )
    pairs = found.matched.assign(
        community_before=found.matched["locality_before"].map(old),
        community_after=found.matched["locality_after"].map(new),
    )
    renamed = pairs.loc[
        pairs["community_before"] != pairs["community_after"], ["community_before", "community_after", "residents_kept"]
    ]
    return Edits(
        moved=moved.sort_values(["community_after", "zone_code"], ignore_index=True),
        renamed=renamed.reset_index(drop=True),
        matched=found.matched[["locality_before", "locality_after"]],
        residents_moved=found.residents_affected,
        residents=found.residents,
    )


def moved_verdicts(edits: Edits, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return communities whose verdict is another in the edited drawing, or that only one drawing has.

    Parameters
    ----------
    edits
        From `edits_of`.
    before, after
        ``locality_id, locality_name, verdict`` of each drawing.

    Returns
    -------
    pandas.DataFrame
        ``community_before, verdict_before, community_after, verdict_after``; missing where a drawing has no such
        community.
    """
    one = before.set_index("locality_id")[["locality_name", "verdict"]].add_suffix("_before")
    two = after.set_index("locality_id")[["locality_name", "verdict"]].add_suffix("_after")
    pairs = edits.matched.set_index("locality_before")["locality_after"].reindex(one.index)
    joined = one.assign(after=pairs).merge(two, left_on="after", right_index=True, how="outer")
    joined = joined.rename(
        columns={"locality_name_before": "community_before", "locality_name_after": "community_after"}
    )
    changed = joined["verdict_before"].fillna("") != joined["verdict_after"].fillna("")
    columns = ["community_before", "verdict_before", "community_after", "verdict_after"]
    return joined.loc[changed, columns].sort_values(columns[:1] + columns[2:3], ignore_index=True)
