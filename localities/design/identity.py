"""What holds zones together: names of places, and other divisions that residents know.

A data zone's name is its intermediate zone's with a number. The names say more: "Oban North" and "Oban South" are both
Oban, "Largs Central and Cumbrae" is Largs and Cumbrae.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

__all__ = ["place_of", "places_in", "zone_places"]

_SIDES = (
    "north", "south", "east", "west", "central", "centre", "northeast", "northwest", "southeast", "southwest", "upper",
    "lower", "mid", "middle", "inner", "outer", "town", "rural", "landward", "village", "old", "harbour", "trail",
)  # fmt: skip
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
    plain = re.sub(r"\([^)]*\)", " ", re.sub(r"\s+-\s+\d+$", "", name))
    found = []
    for part in _PARTS.split(plain):
        words = part.split()
        while words and words[-1].casefold() in _SIDES:
            words.pop()
        if words:
            found.append(" ".join(words))
    return list(dict.fromkeys(found)) or [plain.strip()]


def place_of(name: str) -> str:
    """Return the first place that a name speaks of.

    Examples
    --------
    >>> place_of("Lerwick North - 03")
    'Lerwick'
    """
    return places_in(name)[0]


def zone_places(zones: pd.DataFrame) -> np.ndarray:
    """Return the place of each zone, from its intermediate zone's name; the same name in two CPPs is two places."""
    names = zones["intermediate_zone_name"]
    places = names.map({name: place_of(name).casefold() for name in names.unique()})
    return (zones["cpp_code"] + "/" + places).to_numpy(dtype=object)
