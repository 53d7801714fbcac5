"""Shapes of a page: data zones as one topology in whole numbers.

Every locality is a union of data zones, so a page carries each border once and puts localities of every drawing
together from their zones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["topology_of"]

_STEPS = 20_000
"""Steps of the grid over the longer side of the area: well below a pixel at ten times the size of a screen."""


def topology_of(wkb: np.ndarray, fineness: float = 2_000.0) -> dict[str, Any]:
    """Return the topology of zones (TopoJSON): ``transform``, ``arcs`` in differences, and rings of arcs by zone.

    Borders are simplified together (Visvalingam and Whyatt, 1993), so that neighbours still meet.

    Parameters
    ----------
    wkb
        Polygons of zones that do not overlap, in metres.
    fineness
        The side of a square as large as the area, over the length below which detail is left out; never under 10 m.

    Returns
    -------
    dict
        ``transform`` (scale and translate, metres), ``arcs``, and ``zones``: for each zone a list of polygons, each a
        list of rings, each a list of arcs (``~n`` for arc n backwards).
    """
    import geopandas as gpd
    import shapely
    from topojson import Topology

    shapes = shapely.from_wkb(wkb)
    tolerance = max(10.0, float(np.sqrt(shapely.area(shapes).sum())) / fineness)
    simple = shapely.coverage_simplify(shapes, tolerance)
    # a zone whose every corner goes keeps its shape
    simple = np.where(shapely.is_empty(simple), shapes, simple)
    parts, zone = shapely.get_parts(simple, return_index=True)
    # islets of a few pixels at most: they would be most of the file in the north and west
    area = shapely.area(parts)
    largest = np.zeros(len(simple))
    np.maximum.at(largest, zone, area)
    kept = (area >= 4 * tolerance**2) | (area == largest[zone])
    simple = shapely.multipolygons(parts[kept], indices=zone[kept])
    frame = gpd.GeoDataFrame({"zone": range(len(simple))}, geometry=simple)
    made = Topology(frame, prequantize=_STEPS, shared_coords=True).to_dict()
    zones = made["objects"]["data"]["geometries"]
    return {
        "transform": made["transform"],
        "arcs": made["arcs"],
        "zones": [one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]] for one in zones],
    }
