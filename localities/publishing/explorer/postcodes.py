"""Postcodes of a page: each with the data zone that it lies in, five letters a piece.

All of Scotland's are about a megabyte in this form, so every page has those of its own area.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import shapely

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def read_points(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return Scotland's postcodes ("EH6 5AB") in order, and the middles of their addresses (metres, n x 2).

    Parameters
    ----------
    path
        Code-Point Open.
    """
    from localities.residents.postcodes import read_postcodes

    postcodes = read_postcodes(path).sort_values("postcode", ignore_index=True)
    return postcodes["postcode"].to_numpy(dtype=object), postcodes[["x", "y"]].to_numpy()


def postcodes_by_zone(postcodes: np.ndarray, points: shapely.STRtree, wkb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the postcodes in some zones, in order, and the position of the zone that each lies in.

    Parameters
    ----------
    postcodes, points
        From `read_points`, the middles as a tree.
    wkb
        Polygons of zones, in metres. A postcode in none, such as one at sea, is left out.
    """
    import shapely

    zone, point = points.query(shapely.from_wkb(wkb), predicate="intersects")
    # a point on a border goes to the first of its zones
    order = np.lexsort((zone, point))
    point, first = np.unique(point[order], return_index=True)
    return postcodes[point], zone[order][first]


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
