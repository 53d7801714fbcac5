"""Postcodes of a page: each with the data zone that it lies in, five letters a piece.

All of Scotland's are about a megabyte in this form, so every page has those of its own area.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

__all__ = ["postcodes_by_zone", "postcodes_of"]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def postcodes_by_zone(path: Path, wkb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return postcodes ("EH6 5AB") in order, and the position of the zone that each lies in.

    Parameters
    ----------
    path
        Code-Point Open; its points are the middles of the addresses of a postcode.
    wkb
        Polygons of zones, in metres. A postcode in none, such as one at sea, is left out.
    """
    import shapely

    from localities.residents.postcodes import read_postcodes

    postcodes = read_postcodes(path).sort_values("postcode", ignore_index=True)
    tree = shapely.STRtree(shapely.points(postcodes[["x", "y"]].to_numpy()))
    zone, point = tree.query(shapely.from_wkb(wkb), predicate="intersects")
    # a point on a border goes to the first of its zones
    order = np.lexsort((zone, point))
    point, first = np.unique(point[order], return_index=True)
    return postcodes["postcode"].to_numpy()[point], zone[order][first]


def postcodes_of(postcodes: np.ndarray, zones: np.ndarray) -> dict[str, str]:
    """Return, by postcode sector, two letters and three digits to the base of 36 for each postcode: unit and zone.

    Examples
    --------
    >>> postcodes_of(np.array(["EH6 5AB", "EH6 5AD"]), np.array([7, 745]))
    {'EH6 5': 'AB007AD0kp'}
    """
    found: dict[str, list[str]] = {}
    for postcode, zone in zip(postcodes.tolist(), zones.tolist(), strict=True):
        digits = _DIGITS[zone // 1296] + _DIGITS[zone // 36 % 36] + _DIGITS[zone % 36]
        found.setdefault(postcode[:-2], []).append(postcode[-2:] + digits)
    return {sector: "".join(units) for sector, units in found.items()}
