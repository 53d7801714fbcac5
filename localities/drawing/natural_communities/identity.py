"""What holds zones together: names of places, and other divisions that residents know.

A data zone's name is its intermediate zone's with a number. The names say more: "Oban North" and "Oban South" are both
Oban, "Largs Central and Cumbrae" is Largs and Cumbrae.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

_SIDES = (
    "north", "south", "east", "west", "central", "centre", "northeast", "northwest", "southeast", "southwest", "upper",
    "lower", "mid", "middle", "inner", "outer", "town", "rural", "landward",
)  # fmt: skip
# with these a side is a name: City Centre, New Town
_BEFORE_A_SIDE = frozenset({"city", "town", "new", "old"})
_PARTS = re.compile(r"\s*(?:,|/|&|\band\b|\s-\s|\bincluding\b)\s*", flags=re.IGNORECASE)


def places_in(name: str) -> list[str]:
    """Return the places that the name of an intermediate zone or data zone speaks of, in order.

    Sides and kinds at the end of a name are dropped, as are numbers and what stands in brackets. A part that is only a
    side belongs to the place before it.

    Examples
    --------
    >>> places_in("Largs Central and Cumbrae - 06"), places_in("Falkirk - Camelon East")
    (['Largs', 'Cumbrae'], ['Falkirk', 'Camelon'])
    >>> places_in("North Berwick South")
    ['North Berwick']
    >>> places_in("Mull, Iona, Coll and Tiree"), places_in("Stirling North and South"), places_in("Central")
    (['Mull', 'Iona', 'Coll', 'Tiree'], ['Stirling'], ['Central'])
    """
    plain = _without_notes(name)
    found = []
    for part in _PARTS.split(plain):
        words = part.split()
        while words and words[-1].casefold() in _SIDES:
            if len(words) == 2 and words[0].casefold() in _BEFORE_A_SIDE:
                break
            words.pop()
        if words:
            found.append(" ".join(words))
    return list(dict.fromkeys(found)) or [plain.strip()]


def _without_notes(name: str) -> str:
    return re.sub(r"\([^)]*\)", " ", re.sub(r"\s+-\s+\d+$", "", name))


def head_of(name: str) -> str:
    """Return the first part of a name, with its side.

    Examples
    --------
    >>> head_of("Inverness Central, Raigmore and Longman"), head_of("Leith (Albert Street)")
    ('Inverness Central', 'Leith')
    """
    return " ".join(_PARTS.split(_without_notes(name))[0].split()) or name


def place_of(name: str) -> str:
    """Return the first place that a name speaks of.

    Examples
    --------
    >>> place_of("Lerwick North - 03")
    'Lerwick'
    """
    return places_in(name)[0]


def zone_places(zones: pd.DataFrame) -> pd.DataFrame:
    """Return the places that the name of each zone's intermediate zone speaks of: ``zone, label, strength``.

    With the root of its share each, so that two zones of one intermediate zone agree fully and "Ardler" agrees with
    "Ardler and St Mary's" by 0.7. The same name in two CPPs is two places.
    """
    names, number = pd.factorize(zones["intermediate_zone_name"])[::-1]
    places = pd.Series([places_in(name) for name in names])
    count = places.str.len().to_numpy()
    table = pd.DataFrame({"zone": np.arange(len(zones)), "place": places.to_numpy()[number]}).explode("place")
    at = table["zone"].to_numpy()
    label = zones["cpp_code"].to_numpy(dtype=object)[at] + "/" + table["place"].str.casefold().to_numpy(dtype=object)
    return pd.DataFrame({"zone": at, "label": label, "strength": count[number[at]] ** -0.5})
