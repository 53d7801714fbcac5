"""Which hot spots a locality's residents live in, with both answers about each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from localities.explain import sentences as words


def in_hot_spots(
    tables: Mapping[str, pd.DataFrame], place: pd.Series, *, is_technical: bool = False
) -> tuple[str, ...]:
    """Return a line for each hot spot that some residents live in, strongest first, or that there is none.

    In plain words a cluster is a hot spot only where it is beyond what this area's own inequality shows anywhere.

    Parameters
    ----------
    tables
        With ``hot_spots, hot_spot_zones, membership, zones`` among them; a store from before they were there tells
        nothing.
    place
        Row of ``candidate_localities``.
    """
    if any(name not in tables for name in ("hot_spots", "hot_spot_zones", "membership", "zones")):
        return ()
    spots = tables["hot_spots"]
    own = spots[spots["cpp_code"] == place["cpp_code"]]
    if own.empty:
        return (f"{place['cpp_name']} has no clear hot spot.",)
    members = tables["membership"]
    members = members[members["locality_id"] == place["locality_id"]]
    people = members.merge(tables["zones"][["zone_code", "population"]], on="zone_code")
    people = people.merge(tables["hot_spot_zones"], on="zone_code")
    inside = (people["population"] * people["weight"]).groupby(people["hot_spot_id"]).sum()
    # of a cluster that is mostly elsewhere a place may hold a zone where nobody lives
    shown = own.assign(inside=own["hot_spot_id"].map(inside)).query("inside >= 0.5").sort_values("rank")
    if not is_technical:
        return _plain(shown, own, str(place["cpp_name"]))
    if shown.empty:
        return (f"None of its residents lives in one of the {len(own)} hot spots of {place['cpp_name']}.",)
    return tuple(
        f"{words.things(round(row.inside), 'resident')} in hot spot {row.rank} of {place['cpp_name']}, "
        f"{row.hot_spot_name}: {words.things(row.population, 'resident')}"
        f"{_times(row.ratio)}. Beyond chance: {_yes(row.is_beyond_chance)}. Beyond this area's own inequality: "
        f"{_yes(row.is_beyond_inequality)} (p {words.number(row.p_inequality)})."
        for row in shown.itertuples()
    )


def _plain(shown: pd.DataFrame, own: pd.DataFrame, cpp_name: str) -> tuple[str, ...]:
    is_hot = own["is_beyond_chance"] & own["is_beyond_inequality"]
    if shown.empty:
        none = f"None of its residents live in a hot spot of {cpp_name}."
        return (none if is_hot.any() else f"{cpp_name} has no clear hot spot.",)
    hot, high, low = (
        [_lived(row) for row in shown[some.reindex(shown.index)].itertuples()]
        for some in (is_hot, own["is_beyond_chance"] & ~is_hot, ~own["is_beyond_chance"])
    )
    lines = [
        f"{one}: a hot spot. It stands out beyond chance and beyond the inequality found all over {cpp_name}."
        for one in hot
    ]
    if high:
        lines.append(
            f"{'; '.join(high)}. An area as unequal as {cpp_name} has clusters as strong anyway: no hot "
            f"spot{'' if len(high) == 1 else 's'} of {'its' if len(high) == 1 else 'their'} own."
        )
    if low:
        lines.append(f"{'; '.join(low)}: no hot spot. Chance alone would show clusters as strong.")
    return tuple(lines)


def _lived(row: Any) -> str:
    """Return how many live in a cluster, of how many, and how much more frequent need is there."""
    inside = round(row.inside)
    whole = "all" if inside == row.population else f"of {words.count(row.population)}"
    rate = f", where need is {words.number(row.ratio, 2)} times as frequent as elsewhere" if pd.notna(row.ratio) else ""
    return f"{words.things(inside, 'resident')} ({whole}) of the cluster {row.hot_spot_name}{rate}"


def _times(ratio: float) -> str:
    return "" if pd.isna(ratio) else f", {words.number(ratio)} times the rest's rate"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
