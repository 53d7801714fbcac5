"""What is told of a locality beside the places most like it: who they are, how it compares, and what that is for."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from localities.explain import sentences as words
from localities.settings import Settings

NEEDED = ("peers", "peer_findings", "candidate_localities", "indicators")
"""Tables without which nothing is told."""

NAMED = 4
"""How many peers and indicators are told by name."""


def beside_similar_places(
    tables: Mapping[str, pd.DataFrame],
    locality_id: str,
    settings: Settings,
    *,
    is_technical: bool = False,
) -> tuple[str, ...]:
    """Return three plain lines, or none where the tables hold no peers of the locality.

    Parameters
    ----------
    tables
        With ``peers`` and ``peer_findings`` among them; a store from before they were there tells nothing.
    locality_id
        Candidate locality.
    settings
        Thresholds that the tables were made with.
    is_technical
        Say how far the peers are from it, too.
    """
    if any(name not in tables for name in NEEDED):
        return ()
    peers = tables["peers"]
    peers = peers[(peers["area_id"] == locality_id) & (peers["matching"] == "with_deprivation")].sort_values(
        "peer_rank"
    )
    if peers.empty:
        return ()
    found = tables["peer_findings"]
    found = found[found["locality_id"] == locality_id].astype({"significance": "str", "matching": "str"})
    described = tables["indicators"].set_index("indicator_id")
    found = found[found["indicator_id"].isin(_voting(found, described))]
    return (
        _who(peers, tables["candidate_localities"], is_technical) + _own_need(peers, tables, settings),
        _how(found, described),
        _what_for(),
    )


def _voting(found: pd.DataFrame, described: pd.DataFrame) -> list[str]:
    """Return the outcomes that vote, without those for which a newer one stands that was compared, too."""
    rows = described[(described["role"] == "outcome") & described["vote"].notna()]
    compared = found.loc[found["significance"] != "not_assessed", "indicator_id"]
    newer = rows.loc[rows.index.isin(compared), "supersedes"].dropna()
    older = {name for text in newer for name in str(text).split("; ")}
    return [str(one) for one in rows.index if one not in older]


def _own_need(peers: pd.DataFrame, tables: Mapping[str, pd.DataFrame], settings: Settings) -> str:
    """Return whether fewer or more of its residents are in need than of all of theirs; "" where that is not known."""
    if "estimates" not in tables:
        return ""
    of_need = tables["estimates"]
    of_need = of_need[(of_need["indicator_id"] == settings.need_indicator) & of_need["is_headline_period"]]
    counts = of_need.set_index("locality_id")[["numerator", "denominator"]].astype("float64")
    own, others = (
        counts.reindex(ids).sum(min_count=len(ids)) for ids in ([peers["area_id"].iloc[0]], peers["peer_id"])
    )
    here, there = (100 * one["numerator"] / one["denominator"] for one in (own, others))
    if pd.isna(here) or pd.isna(there):
        return ""
    # within a twentieth of theirs there is nothing to tell
    apart = "higher" if here > 1.05 * there else "lower" if here < 0.95 * there else "much the same"
    return (
        f" Its own income deprivation is {apart}: {words.figure(here, '%')} of residents, against "
        f"{words.figure(there, '%')} of all of theirs."
    )


def _who(peers: pd.DataFrame, localities: pd.DataFrame, is_technical: bool) -> str:
    place = localities.set_index("locality_id")
    drawing = str(peers["peer_id"].iloc[0]).partition(":")[0].replace("_", " ")
    named = [f"{place.at[one, 'locality_name']} ({place.at[one, 'cpp_name']})" for one in peers["peer_id"].head(NAMED)]
    more = len(peers) - len(named)
    listed = f"{'; '.join(named)}; and {more} more" if more else "; ".join(named)
    near = int(peers["is_same_cpp"].sum())
    own = f"{near or 'None'} of the {len(peers)} {'lies' if near == 1 else 'lie'} in its own partnership."
    text = (
        f"Nearest to it in settlement, ages and income deprivation, among {drawing} in all of Scotland: {listed}. {own}"
    )
    if not is_technical:
        return text
    apart = " to ".join(words.number(peers["distance"].agg(end), 2) for end in ("min", "max"))
    return f"{text} They differ from it by {apart} standard deviations."


def _how(found: pd.DataFrame, described: pd.DataFrame) -> str:
    assessed = found[found["significance"] != "not_assessed"]
    if assessed.empty:
        return "No outcome indicator could be held against theirs."

    def names_of(rows: pd.DataFrame, *, most_first: bool) -> str:
        some = []
        for row in rows.sort_values("depth", ascending=not most_first).head(NAMED).itertuples():
            title, unit = described.loc[row.indicator_id, ["indicator_title", "unit"]]
            rest = unit.removeprefix("%").replace("Scotland = 100", "where Scotland is 100").strip()
            some.append(
                f"{title} ({words.figure(row.value, unit)} {rest}, against {words.figure(row.peers_value, unit)})"
            )
        more = len(rows) - len(some)
        return words.listed([*some, *([f"{more} more"] if more else [])])

    def graded(rows: pd.DataFrame) -> str:
        poorer, better = (rows[rows["significance"] == one] for one in ("poorer", "better"))
        if poorer.empty and better.empty:
            return "none is surely and importantly poorer, and none better"
        return (
            f"surely and importantly poorer: {names_of(poorer, most_first=True)}; better: "
            f"{names_of(better, most_first=False)}"
        )

    by_need = assessed["matching"] == "with_deprivation"
    text = (
        f"Of {words.things(by_need.sum(), 'outcome')} held against all of them together, {graded(assessed[by_need])}."
    )
    if by_need.all():
        return text
    return (
        f"{text} Income, and what goes with it, is held against places alike in settlement and ages alone: "
        f"{graded(assessed[~by_need])}."
    )


def _what_for() -> str:
    return (
        "This has no part in the verdict, which rests on the rest of the partnership's area and of Scotland. It tells "
        "what is this place's own from what comes with its kind."
    )
