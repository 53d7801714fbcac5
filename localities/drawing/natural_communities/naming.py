"""Names of designed localities that a local would recognise, unique in their CPP, and what else they could be called.

Where names with points are at hand, a locality is called by the names that most of its residents live nearest to, and
each name belongs to the one locality that most of its people live in. A settlement that is nearly all of a locality
gives it its name, and so does an island. Without them names come from the places in the names of intermediate zones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from localities.drawing.natural_communities.identity import head_of, place_of, places_in

_NEARLY_ALL = 0.85
_MOSTLY = 0.7
_HALF = 0.5
_MENTIONED = 0.15
_ALTERNATIVE = 0.08
_A_FIFTH = 0.2
_SIDES = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")


@dataclass(frozen=True)
class PlaceNames:
    """Names with points.

    Parameters
    ----------
    names
        Name of each place; several may share one.
    shares
        ``zone, place, share`` of the zone's residents, from `named_places.nearest_places`.
    is_large
        Whether each place is a town of more residents than a community may have.
    settlement
        Name of the settlement of each zone (None in the open country); None where it is not known.
    islands
        ``zone, name, share`` of the zone's residents by island, of zones on islands; None where there are none.
    """

    names: NDArray[np.object_]
    shares: pd.DataFrame
    is_large: NDArray[np.bool_]
    settlement: NDArray[np.object_] | None = None
    islands: pd.DataFrame | None = None


def names_by_places(
    zones: pd.DataFrame, region: NDArray, places: PlaceNames, *, limit: float = 10_000
) -> tuple[NDArray, NDArray]:
    """Return the name of each region and its other possible names ("; " between them, None where there is none).

    1. Islands that at least a fifth of its residents live on name a region; else a settlement with nearly all its
       residents here (of one that is larger than any region, seven tenths), where most of the region's live in it.
    2. Else names whose people live here more than in any other region, those with most residents first, until half of
       the region's residents are named, at most three. A town over the limit is named as its centre.
    3. Where no name is at home here, what the intermediate zones are called, or where that speaks of a side a place in
       it; where that is the name of another region, the name that most residents live nearest to, with the side of it.

    A name that two regions of a CPP would share is told apart by the next name, then by the intermediate zone, then by
    side.

    Parameters
    ----------
    zones
        Table ``zones`` (geometry is not used).
    region
        Number of each zone's region, 0 to k - 1; each in one CPP.
    places
        Names with points.
    limit
        Residents under which every region is.

    Examples
    --------
    >>> zones = pd.DataFrame({
    ...     "cpp_code": "S12000036", "population": [900, 800, 700, 600], "centroid_x": range(4), "centroid_y": 0.0,
    ...     "intermediate_zone_name": ["Corstorphine", "Corstorphine", "Carrick Knowe", "Saughton"]})
    >>> shares = pd.DataFrame({"zone": [0, 1, 2, 2, 3], "place": [0, 0, 0, 1, 2], "share": [1, 1, 0.6, 0.4, 1.0]})
    >>> names = np.array(["Corstorphine", "Carrick Knowe", "Saughton"], dtype=object)
    >>> known = PlaceNames(names, shares, np.zeros(3, bool))
    >>> [one.tolist() for one in names_by_places(zones, np.array([0, 0, 1, 2]), known)]
    [['Corstorphine', 'Carrick Knowe', 'Saughton'], [None, 'Corstorphine', None]]
    """
    table = _table_of(zones, region)
    cpp = table.drop_duplicates("region").set_index("region")["cpp"].sort_index()
    total = table.groupby("region")["people"].sum()
    called = _called(table, places, region, total)
    whole, towns = _settlements(table, places, total, limit)
    settlement = {**whole, **_islands(table, places)}
    # plain lists: a table per region would take longer than the drawing itself
    near: list[list[tuple[str, float, bool]]] = [[] for _ in total]
    columns = (called[name].tolist() for name in ("region", "label", "of_region", "is_home"))
    for number, label, share, is_home in zip(*columns, strict=True):
        near[number].append((label, share, is_home))
    chosen: list[str] = []
    others: list[list[str]] = []
    for number, some in enumerate(near):
        home = [(label, share) for label, share, is_home in some if is_home and share >= _MENTIONED]
        if not home and some and some[0][2]:
            home = [some[0][:2]]
        words = list(dict.fromkeys(label for label, _ in home))
        if number in settlement:
            name, used = settlement[number], 0
        elif words:
            enough = int(np.searchsorted(np.cumsum([share for _, share in home]), _HALF) + 1)
            used = min(enough, 3, len(words))
            name = _listed(words[:used])
        else:
            name, used = "", 0
        chosen.append(name)
        others.append([*words[used:], *(label for label, share, _ in some if share >= _ALTERNATIVE)])
    # nor does a council's name say where in it one is
    _fill_unnamed(chosen, called, table, cpp.to_numpy(), towns | set(zones.get("cpp_name", ())))
    names = _made_distinct(chosen, others, cpp.to_numpy(), table)
    rest = [
        list(dict.fromkeys(one for one in some if one not in name)) for some, name in zip(others, names, strict=True)
    ]
    alternatives = np.array(["; ".join(some) or None for some in rest], dtype=object)
    return names, alternatives


def _table_of(zones: pd.DataFrame, region: NDArray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": region,
            "cpp": zones["cpp_code"].to_numpy(),
            "zone_name": zones["intermediate_zone_name"].to_numpy(),
            # zones without residents still need a name
            "people": np.maximum(zones["population"].to_numpy(dtype="float64"), 1e-3),
            "x": zones["centroid_x"].to_numpy(),
            "y": zones["centroid_y"].to_numpy(),
        }
    )


def _called(table: pd.DataFrame, places: PlaceNames, region: NDArray, total: pd.Series) -> pd.DataFrame:
    """Return ``region, place, label, people, of_region, is_home``, those with most residents first in each region."""
    zone = places.shares["zone"].to_numpy()
    frame = pd.DataFrame(
        {
            "region": region[zone],
            "place": places.shares["place"].to_numpy(),
            "people": places.shares["share"].to_numpy() * table["people"].to_numpy()[zone],
        }
    )
    frame = frame.groupby(["region", "place"], as_index=False)["people"].sum()
    frame["of_region"] = frame["people"] / frame["region"].map(total)
    frame["is_home"] = frame["people"] == frame.groupby("place")["people"].transform("max")
    at = frame["place"].to_numpy()
    frame["label"] = np.where(places.is_large[at], places.names[at] + " Town Centre", places.names[at])
    return frame.sort_values(["region", "people", "place"], ascending=[True, False, True], kind="stable")


def _settlements(
    table: pd.DataFrame, places: PlaceNames, total: pd.Series, limit: float
) -> tuple[dict[int, str], set[str]]:
    """Return the settlement that nearly is each region that has one, and the towns that no region can be."""
    towns = set(places.names[places.is_large])
    if places.settlement is None:
        return {}, towns
    frame = table.assign(settlement=places.settlement).dropna(subset="settlement")
    residents = frame.groupby(["region", "cpp", "settlement"], as_index=False)["people"].sum()
    whole = residents.groupby(["cpp", "settlement"])["people"].transform("sum")
    needed = np.where(whole < limit, _NEARLY_ALL, _MOSTLY)
    fits = (residents["people"] >= needed * whole) & (residents["people"] >= _MOSTLY * residents["region"].map(total))
    return residents[fits].set_index("region")["settlement"].to_dict(), towns | set(
        residents["settlement"][whole >= limit]
    )


def _islands(table: pd.DataFrame, places: PlaceNames) -> dict[int, str]:
    """Return the names of the islands that regions lie on, the one with most residents first."""
    if places.islands is None:
        return {}
    at = places.islands["zone"].to_numpy()
    frame = table.iloc[at][["region", "people"]].reset_index(drop=True)
    frame = frame.assign(name=places.islands["name"].to_numpy())
    frame["people"] *= places.islands["share"].to_numpy()
    residents = frame.groupby(["region", "name"], as_index=False)["people"].sum()
    residents = residents[residents["people"] >= _A_FIFTH * residents.groupby("region")["people"].transform("sum")]
    residents = residents.sort_values(["region", "people", "name"], ascending=[True, False, True], kind="stable")
    return {int(region): _listed(names.tolist()) for region, names in residents.groupby("region")["name"]}


def _fill_unnamed(chosen: list[str], called: pd.DataFrame, table: pd.DataFrame, cpp: NDArray, towns: set[str]) -> None:
    """Name regions where no name is at home: by intermediate zones, else the nearest name with its side."""
    bare = [number for number, name in enumerate(chosen) if not name]
    if not bare:
        return
    plain = dict(zip(bare, _plain_names(table, set(bare)), strict=True))
    taken = {(at, name) for at, name in zip(cpp, chosen, strict=True) if name}
    used = {(at, word) for at, name in taken for word in name.replace(" and ", ", ").split(", ")}
    for number, place in _places_in_names(table, towns):
        sided = number in plain and any(word.casefold() in _SIDES for word in re.split(r"[ ,]+", plain[number]))
        if sided and (cpp[number], place) not in used:
            plain[number] = place
            used.add((cpp[number], place))
    middle = _middles(table)
    home = called[called["is_home"]].drop_duplicates("place").set_index("place")["region"]
    top = called.drop_duplicates("region").set_index("region")[["place", "label"]]
    for number in bare:
        if number not in top.index or (cpp[number], plain[number]) not in taken:
            chosen[number] = plain[number]
            taken.add((cpp[number], plain[number]))
            continue
        place, label = top.loc[number]
        apart = (middle.loc[number] - middle.loc[home[place]]).to_numpy()
        chosen[number] = f"{label.removesuffix(' Town Centre')} {_side(apart)}"


def _places_in_names(table: pd.DataFrame, towns: set[str]) -> list[tuple[int, str]]:
    """Return regions and places in the names of their intermediate zones, those with most residents first.

    Only places of half of the region, or of a fifth of it and of more people there than elsewhere; no towns over the
    limit.
    """
    names = {name: [one for one in places_in(name) if one not in towns] for name in table["zone_name"].unique()}
    frame = table.assign(place=table["zone_name"].map(names))
    frame["people"] /= frame["place"].str.len().clip(lower=1)
    residents = frame.explode("place").groupby(["region", "cpp", "place"], as_index=False)["people"].sum()
    is_home = residents["people"] == residents.groupby(["cpp", "place"])["people"].transform("max")
    share = residents["people"] / residents["region"].map(table.groupby("region")["people"].sum())
    residents = residents[(share >= _HALF) | (is_home & (share >= _A_FIFTH))].sort_values(
        ["people", "region", "place"], ascending=[False, True, True]
    )
    return list(zip(residents["region"].tolist(), residents["place"].tolist(), strict=True))


def _made_distinct(chosen: list[str], others: list[list[str]], cpp: NDArray, table: pd.DataFrame) -> NDArray:
    """Return names that are unique in their CPP."""
    frame = pd.DataFrame({"name": chosen, "cpp": cpp})
    largest = table.groupby(["region", "zone_name"])["people"].sum().reset_index()
    largest = largest.sort_values(["region", "people", "zone_name"], ascending=[True, False, True], kind="stable")
    zone_name = largest.drop_duplicates("region")["zone_name"].to_list()
    other = [next((one for one in some if one not in name), None) for some, name in zip(others, chosen, strict=True)]
    for more in (other, zone_name):
        shared = frame.duplicated(["cpp", "name"], keep=False)
        for number in np.flatnonzero(shared):
            word = more[number]
            if word and f"({word})" not in frame.at[number, "name"]:
                frame.at[number, "name"] = f"{frame.at[number, 'name']} ({word})"
    return _made_unique(frame["name"].to_list(), cpp, table)


def names_of(zones: pd.DataFrame, region: np.ndarray) -> np.ndarray:
    """Return the name of each region, in order of its number; unique in its CPP.

    Parameters
    ----------
    zones
        Table ``zones`` (geometry is not used).
    region
        Number of each zone's region, 0 to k - 1; each in one CPP.

    Examples
    --------
    >>> zones = pd.DataFrame({
    ...     "cpp_code": "S12000035", "ward_name": "Oban", "population": 900, "centroid_x": range(5), "centroid_y": 0.0,
    ...     "intermediate_zone_name": ["Oban North", "Oban South", "Loch Awe", "Loch Awe", "Benderloch Trail"]})
    >>> names_of(zones, np.array([0, 0, 1, 2, 2])).tolist()
    ['Oban', 'Loch Awe', 'Benderloch Trail and Loch Awe']
    >>> names_of(zones, np.array([0, 0, 1, 2, 3]))[1:3].tolist()
    ['Loch Awe (west)', 'Loch Awe (east)']
    """
    table = _table_of(zones, region)
    names = _plain_names(table)
    cpp = table.drop_duplicates("region").set_index("region")["cpp"].sort_index().to_numpy()
    return _made_unique(names, cpp, table)


def _plain_names(table: pd.DataFrame, only: set[int] | None = None) -> list[str]:
    """Return the names that intermediate zones give to regions, in order; to some of them, if so asked."""
    names = {name: place_of(name) for name in table["zone_name"].unique()}
    table = table.assign(place=table["zone_name"].map(names))
    of_place = table.groupby(["cpp", "place"])["people"].sum()
    by_place = table.groupby(["region", "cpp", "place"])[["people"]].sum().reset_index()
    by_place["of_region"] = by_place["people"] / by_place.groupby("region")["people"].transform("sum")
    whole = of_place.reindex(pd.MultiIndex.from_frame(by_place[["cpp", "place"]])).to_numpy()
    is_name = (by_place["people"] / whole >= _NEARLY_ALL) & (by_place["of_region"] >= _MOSTLY)
    named = by_place[is_name].set_index("region")["place"].to_dict()
    mostly = by_place[by_place["people"] / whole >= _NEARLY_ALL]
    whole_places = mostly.groupby("region")["place"].agg(set).to_dict()
    by_zone = table.groupby(["region", "zone_name", "place"])[["people"]].sum().reset_index()
    by_zone = by_zone.sort_values(["region", "people", "zone_name"], ascending=[True, False, True], kind="stable")
    result = []
    if only is not None:
        by_zone = by_zone[by_zone["region"].isin(only)]
    for region, parts in by_zone.groupby("region", sort=True):
        if region in named:
            result.append(named[region])
            continue
        share = (parts["people"] / parts["people"].sum()).to_numpy()
        needed = int(np.searchsorted(np.cumsum(share), _MOSTLY) + 1)
        if needed == 1:
            result.append(str(parts["zone_name"].iloc[0]))
        else:
            few = parts.iloc[: min(needed, 3)]
            whole_here = few["place"].isin(whole_places.get(region, ()))
            heads = [head_of(name) for name in few["zone_name"]]
            words = np.where(whole_here, few["place"], heads).tolist()
            result.append(_together(few["zone_name"].tolist(), words))
    return result


def _together(zone_names: list[str], words: list[str]) -> str:
    """Return one name for a few intermediate zones: "Lerwick North and South", "Coylton and Kilmarnock"."""
    words = list(dict.fromkeys(words))
    if len(words) == 1:
        first, rest = _common_start(zone_names)
        return f"{first} {_listed(rest)}" if first and _are_plain(rest) else words[0]
    first, rest = _common_start(words)
    return f"{first} {_listed(rest)}" if first and _are_plain(rest) else _listed(words)


def _common_start(names: list[str]) -> tuple[str, list[str]]:
    split = [name.split() for name in names]
    length = 0
    while len({tuple(words[: length + 1]) for words in split}) == 1 and all(len(words) > length for words in split):
        length += 1
    return " ".join(split[0][:length]), [" ".join(words[length:]) for words in split]


def _are_plain(rest: list[str]) -> bool:
    return all(rest) and not any(word in ("and", "-") or word.endswith(",") for one in rest for word in one.split())


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _made_unique(names: list[str], cpp: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    frame = pd.DataFrame({"name": names, "cpp": cpp})
    frame[["x", "y"]] = _middles(table).to_numpy()
    shared = frame.groupby(["cpp", "name"])["name"].transform("size") > 1
    middle = frame.groupby(["cpp", "name"])[["x", "y"]].transform("mean")
    side = pd.Series([_side(apart) for apart in (frame[["x", "y"]] - middle).to_numpy()], index=frame.index)
    frame["label"] = frame["name"].where(~shared, frame["name"] + " (" + side + ")")
    again = frame.groupby(["cpp", "label"])["label"].transform("size")
    number = frame.groupby(["cpp", "label"]).cumcount() + 1
    return frame["label"].where(again == 1, frame["label"] + " " + number.astype("str")).to_numpy(dtype=object)


def _middles(table: pd.DataFrame) -> pd.DataFrame:
    """Return where the residents of each region live in the mean: ``x, y``."""
    weighted = table.assign(x=table["x"] * table["people"], y=table["y"] * table["people"])
    sums = weighted.groupby("region")[["x", "y", "people"]].sum()
    return sums[["x", "y"]].div(sums["people"], axis=0)


def _side(apart: NDArray) -> str:
    return _SIDES[int(np.round(np.arctan2(apart[1], apart[0]) / (np.pi / 4))) % 8]
