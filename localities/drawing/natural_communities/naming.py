"""Names of designed localities that a local would recognise, unique in their CPP.

Names come from the places in the names of intermediate zones: the place itself where a locality is nearly all of it,
else its largest intermediate zones. Where two localities of a CPP would share a name, each says on which side it lies.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from localities.drawing.natural_communities.identity import head_of, place_of

__all__ = ["names_of"]

_NEARLY_ALL = 0.85
_MOSTLY = 0.7
_SIDES = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")


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
    table = pd.DataFrame(
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
    table["place"] = table["zone_name"].map({name: place_of(name) for name in table["zone_name"].unique()})
    names = _plain_names(table)
    cpp = table.drop_duplicates("region").set_index("region")["cpp"].sort_index().to_numpy()
    return _made_unique(names, cpp, table)


def _plain_names(table: pd.DataFrame) -> list[str]:
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
    weighted = table.assign(x=table["x"] * table["people"], y=table["y"] * table["people"])
    sums = weighted.groupby("region")[["x", "y", "people"]].sum()
    frame["x"], frame["y"] = (sums[axis] / sums["people"] for axis in ("x", "y"))
    shared = frame.groupby(["cpp", "name"])["name"].transform("size") > 1
    middle = frame.groupby(["cpp", "name"])[["x", "y"]].transform("mean")
    apart = (frame[["x", "y"]] - middle).to_numpy()
    angle = np.arctan2(apart[:, 1], apart[:, 0])
    side = np.array(_SIDES, dtype=object)[np.round(angle / (np.pi / 4)).astype(int) % 8]
    frame["label"] = frame["name"].where(~shared, frame["name"] + " (" + pd.Series(side, index=frame.index) + ")")
    again = frame.groupby(["cpp", "label"])["label"].transform("size")
    number = frame.groupby(["cpp", "label"]).cumcount() + 1
    return frame["label"].where(again == 1, frame["label"] + " " + number.astype("str")).to_numpy(dtype=object)
