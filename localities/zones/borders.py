"""Which polygons share a stretch of border, and how much: the geometry under the graph of zones.

What a border means (neighbours, barriers, links) is in `localities.zones.adjacency`.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

_MILLIMETRES = 1000.0
_SAMPLE_EVERY = 64
_log = logging.getLogger(__name__)


def borders_of(
    polygons: np.ndarray, tolerance_m: float, names: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Stretches]:
    """Return pairs of polygons that share a stretch of border: ``first, second, length_m, stretches``.

    In a clean coverage, neighbours have the same vertices along their common border, so a border is a set of segments
    that occur twice. All segments are hashed and sorted once. Where vertices do not match (slivers, gaps or overlaps up
    to the tolerance, a vertex on one side only), the segments that occur once are measured as well: what of them runs
    within the tolerance of the other polygon's, averaged over the two; without matched segments at least ten times the
    tolerance counts. Which polygons need that is found from samples along those segments, and is logged.

    Parameters
    ----------
    polygons
        Valid polygons in one metric CRS.
    tolerance_m
        Largest gap or overlap, in metres, across which polygons still touch.
    names
        Codes for the log; None means positions.

    Returns
    -------
    tuple
        Positions ``first < second`` in order, metres, and the matched segments.
    """
    count = len(polygons)
    lines = _Segments(polygons)
    first, second, length = lines.matched_pairs(count)
    suspect, involved = lines.pairs_running_along(tolerance_m)
    if len(suspect):
        shown = np.unique(suspect) if names is None else names[np.unique(suspect)]
        _log.warning(
            "borders of %d polygons do not match their neighbours' vertex by vertex (%s, ...): measured within %g m",
            len(shown), ", ".join(map(str, shown[:5])), tolerance_m,
        )  # fmt: skip
        metres = lines.measured(suspect, involved, tolerance_m)
        merged = pd.DataFrame(
            {
                "first": np.concatenate([first, suspect[:, 0]]),
                "second": np.concatenate([second, suspect[:, 1]]),
                "length": np.concatenate([length, metres]),
            }
        )
        merged = merged.groupby(["first", "second"], sort=True)["length"].sum().reset_index()
        # a pair with matched segments stays, however short they are
        matched = pd.MultiIndex.from_arrays([first, second])
        known = pd.MultiIndex.from_frame(merged[["first", "second"]]).isin(matched)
        merged = merged[known | (merged["length"] >= 10 * tolerance_m)]
        first, second, length = (merged[name].to_numpy() for name in ("first", "second", "length"))
    return first, second, length, lines.stretches


class Stretches(NamedTuple):
    """Straight pieces of border: positions of the two polygons, and both ends (n x 2, metres)."""

    first: np.ndarray
    second: np.ndarray
    start: np.ndarray
    end: np.ndarray


class _Segments:
    """Every segment of every ring, with the polygon that it belongs to."""

    def __init__(self, polygons: np.ndarray) -> None:
        parts, part_owner = shapely.get_parts(polygons, return_index=True)
        rings, ring_owner = shapely.get_rings(parts, return_index=True)
        points, ring = shapely.get_coordinates(rings, return_index=True)
        self._origin = points.min(axis=0) if len(points) else np.zeros(2)
        points = points - self._origin
        # a vertex is one whole number: millimetres east and north, 32 bits each (4,294 km)
        grid = np.rint(points * _MILLIMETRES).astype(np.uint64)
        vertex = (grid[:, 0] << np.uint64(32)) | grid[:, 1]
        keep = (ring[1:] == ring[:-1]) & (vertex[1:] != vertex[:-1])
        self.start = points[:-1][keep]
        self.end = points[1:][keep]
        self.ring = ring[:-1][keep]
        self.owner = part_owner[ring_owner][self.ring]
        self._low = np.minimum(vertex[:-1][keep], vertex[1:][keep])
        self._high = np.maximum(vertex[:-1][keep], vertex[1:][keep])
        self._is_matched = np.zeros(len(self.ring), dtype=bool)
        nothing = np.empty(0, dtype=np.int64)
        self.stretches = Stretches(nothing, nothing, np.empty((0, 2)), np.empty((0, 2)))

    def matched_pairs(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        mixed = (self._low * np.uint64(0x9E3779B97F4A7C15)) ^ (self._high * np.uint64(0xC2B2AE3D27D4EB4F))
        order = np.argsort(mixed, kind="stable")
        low, high, owner = self._low[order], self._high[order], self.owner[order]
        # a hash only brings equal segments together; that they are equal is checked on the segments
        twin = np.flatnonzero((low[1:] == low[:-1]) & (high[1:] == high[:-1]))
        self._is_matched[order[twin]] = True
        self._is_matched[order[twin + 1]] = True
        twin = twin[owner[twin] != owner[twin + 1]]
        one, other = owner[twin], owner[twin + 1]
        at = order[twin]
        metres = np.hypot(*(self.end[at] - self.start[at]).T)
        low_owner, high_owner = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
        self.stretches = Stretches(low_owner, high_owner, self.start[at] + self._origin, self.end[at] + self._origin)
        pair = low_owner * count + high_owner
        pairs, index = np.unique(pair, return_inverse=True)
        return pairs // count, pairs % count, np.bincount(index, weights=metres, minlength=len(pairs))

    def pairs_running_along(self, tolerance_m: float) -> tuple[np.ndarray, np.ndarray]:
        """Return pairs of polygons, ``first < second``, whose unmatched borders run along each other, and where.

        The second array has the positions of the segments involved.

        The middles of some unmatched segments are held against short stretches of unmatched border: first a sample,
        then, for the polygons that it finds, every segment.
        """
        single = np.flatnonzero(~self._is_matched)
        if not len(single):
            return np.empty((0, 2), dtype=np.int64), single
        starts = np.ones(len(single), dtype=bool)
        starts[1:] = (np.diff(single) > 1) | (np.diff(self.ring[single]) != 0)
        run_start = np.flatnonzero(starts)
        run = np.cumsum(starts) - 1
        run_length = np.diff(np.append(run_start, len(single)))
        within = np.arange(len(single)) - run_start[run]
        stretches, owner = self._stretches(single, within % _SAMPLE_EVERY == 0)
        tree = shapely.STRtree(stretches)
        sample = single[(within % _SAMPLE_EVERY == 0) | (within == run_length[run] // 2)]
        involved, own, near = self._near(tree, owner, sample, tolerance_m)
        if len(own):
            found = np.unique(np.concatenate([own, near]))
            every = single[np.isin(self.owner[single], found)]
            involved, own, near = self._near(tree, owner, every, tolerance_m)
        pairs = np.stack([np.minimum(own, near), np.maximum(own, near)], axis=1)
        return np.unique(pairs, axis=0), np.unique(involved)

    def _stretches(self, single: np.ndarray, begins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return lines of consecutive segments, each beginning where said, and their polygons."""
        number = np.cumsum(begins) - 1
        last = np.append(begins[1:], True)
        # each line: the start of every segment, then the end of the last
        position = np.arange(len(single)) + number
        total = len(single) + int(begins.sum())
        points = np.empty((total, 2))
        indices = np.empty(total, dtype=np.intp)
        points[position], indices[position] = self.start[single], number
        points[position[last] + 1], indices[position[last] + 1] = self.end[single[last]], number[last]
        return shapely.linestrings(points, indices=indices), self.owner[single[begins]]

    def _near(
        self, tree: shapely.STRtree, owner: np.ndarray, sample: np.ndarray, tolerance_m: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        middle = shapely.points((self.start[sample] + self.end[sample]) / 2)
        at, near = tree.query(middle, predicate="dwithin", distance=tolerance_m)
        own, other = self.owner[sample[at]], owner[near]
        differ = own != other
        return sample[at[differ]], own[differ], other[differ]

    def measured(self, pairs: np.ndarray, involved: np.ndarray, tolerance_m: float) -> np.ndarray:
        """Return the metres of unmatched border that each pair has in common: the mean of both polygons' lengths."""
        used, index = np.unique(pairs, return_inverse=True)
        index = index.reshape(pairs.shape)
        segments = shapely.linestrings(np.stack([self.start[involved], self.end[involved]], axis=1))
        place = np.searchsorted(used, self.owner[involved])
        order = np.argsort(place, kind="stable")
        lines = np.full(len(used), shapely.MultiLineString(), dtype=object)
        shapely.multilinestrings(segments[order], indices=place[order], out=lines)
        wide = shapely.buffer(lines, tolerance_m, cap_style="flat")
        one = shapely.length(shapely.intersection(lines[index[:, 0]], wide[index[:, 1]]))
        other = shapely.length(shapely.intersection(lines[index[:, 1]], wide[index[:, 0]]))
        return (one + other) / 2
