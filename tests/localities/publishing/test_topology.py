"""Borders of a page: each once, and every zone put together again from them."""

from __future__ import annotations

import numpy as np
import shapely

from localities.publishing.explorer.topology import topology_of


def outlines(topology):
    """Return the corners of every ring in metres, by zone and polygon, as a page puts them together."""
    scale, translate = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in topology["arcs"]]

    def joined(ring):
        lines = [arcs[one] if one >= 0 else arcs[~one][::-1] for one in ring]
        return np.concatenate([lines[0], *(line[1:] for line in lines[1:])])

    return [[[joined(ring) for ring in polygon] for polygon in zone] for zone in topology["zones"]]


def test_a_border_of_two_zones_is_there_once_and_a_zone_within_another_shares_its_hole():
    outer, hole = shapely.box(0, 0, 1000, 1000), shapely.box(400, 400, 600, 600)
    zones = [outer - hole, hole, shapely.box(1000, 0, 2000, 1000)]
    topology = topology_of(shapely.to_wkb(np.array(zones)))
    # the shared side, the rest of each of the two outlines, and the hole
    assert len(topology["arcs"]) == 4
    assert [abs(one) if one >= 0 else ~one for one in topology["zones"][1][0][0]] == [
        one if one >= 0 else ~one for one in topology["zones"][0][0][1]
    ]
    for zone, polygons in zip(zones, outlines(topology), strict=True):
        (rings,) = polygons
        assert all((ring[0] == ring[-1]).all() for ring in rings)
        # a grid of 20,000 steps over 2 km
        assert abs(shapely.Polygon(rings[0], rings[1:]).symmetric_difference(zone).area) < 500


def test_islands_of_a_zone_stay_its_own():
    zones = [shapely.MultiPolygon([shapely.box(0, 0, 500, 500), shapely.box(2000, 0, 2500, 500)])]
    (polygons,) = outlines(topology_of(shapely.to_wkb(np.array(zones))))
    assert len(polygons) == 2
    assert abs(sum(shapely.Polygon(*rings).area for rings in polygons) - 500_000) < 500
