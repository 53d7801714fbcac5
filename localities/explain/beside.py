"""What is told of a locality beside the places most like it: who they are, how it compares, and what that is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from localities.explain import sentences as words
from localities.settings import Settings

if TYPE_CHECKING:
    from indicators.catalogue import Catalogue
    from localities.evidence.panel import Panel

__all__ = ["NEEDED", "beside_similar_places"]

NEEDED = ("peers", "observations", "zones", "candidate_localities", "membership", "indicators")
"""Tables without which nothing is told."""

NAMED = 4
"""How many peers and indicators are told by name."""


def beside_similar_places(
    tables: Mapping[str, pd.DataFrame],
    locality_id: str,
    settings: Settings,
    figures: Callable[[Catalogue], Sequence[Panel]] | None = None,
    *,
    is_technical: bool = False,
) -> tuple[str, ...]:
    """Return three plain lines, or none where the tables hold no peers of the locality.

    Parameters
    ----------
    tables
        With ``peers`` and ``observations`` among them; a store from before they were there tells nothing.
    locality_id
        Candidate locality.
    settings
        Thresholds of the comparison.
    figures
        Returns the figures by zone, as `compare_with_peers` takes them, where they are at hand.
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
    from indicators.catalogue import load_catalogue
    from localities.similar_places.against_peers import compare_with_peers

    catalogue = load_catalogue()
    found = compare_with_peers(tables, locality_id, catalogue, settings, figures(catalogue) if figures else None)
    described = tables["indicators"].set_index("indicator_id")
    found = found[found["indicator_id"].isin(described.index[described["role"] == "outcome"])]
    return (
        _who(peers, tables["candidate_localities"], is_technical),
        _how(found, described),
        _what_for(),
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
        f"Most like it in settlement, ages and income deprivation, among {drawing} in all of Scotland: {listed}. {own}"
    )
    if not is_technical:
        return text
    apart = " to ".join(words.number(peers["distance"].agg(end), 2) for end in ("min", "max"))
    return f"{text} They differ from it by {apart} standard deviations."


def _how(found: pd.DataFrame, described: pd.DataFrame) -> str:
    assessed = found[found["significance"] != "not_assessed"]
    if assessed.empty:
        return "No outcome indicator could be held against theirs."

    def names_of(significance: str, *, most_first: bool) -> str:
        rows = assessed[assessed["significance"] == significance].sort_values("depth", ascending=not most_first)
        some = []
        for row in rows.head(NAMED).itertuples():
            title, unit = described.loc[row.indicator_id, ["indicator_title", "unit"]]
            value = words.value(row.value, unit).replace(" (Scotland = 100)", " where Scotland is 100")
            some.append(f"{title} ({value}, against {words.number(row.peers_value)})")
        more = len(rows) - len(some)
        return f"{', '.join(some)} and {more} more" if more else words.listed(some)

    return (
        f"Held against all of them together, of {len(assessed)} outcome indicators assessed, surely and importantly "
        f"poorer: {names_of('poorer', most_first=True)}; better: {names_of('better', most_first=False)}."
    )


def _what_for() -> str:
    return (
        "This has no part in the verdict, which rests on the rest of the partnership's area and of Scotland. It tells "
        "what is this place's own from what comes with its kind; income itself is held against peers chosen without it."
    )
