"""Maps and charts of documents as SVG: a place in its partnership and its zones, and outcomes with their intervals.

Text stands in the font of the documents, and where a reader has it not in a common one. Nothing rests on colour alone:
marks differ in shape, shades of zones in the number that stands in each, and every figure stands in a table beside.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from html import escape

import numpy as np
import shapely

from localities.publishing.extent import extent_without_islets

_FONT = "font-family=\"'Source Sans Pro',Arial,sans-serif\""
_BLUE, _ORANGE, _INK, _PALE = "#0b5394", "#b45f06", "#1a1a1a", "#d9d9d9"
_NAMES = 276
"""Room for the names of outcomes, which the longest of them just fills."""
_SHADES = ("#f1eef6", "#bdc9e1", "#74a9cf", "#2b8cbe", "#045a8d")

Interval = tuple[float, float, float]
"""A multiple of the rest with its limits."""


def _shade(share: float) -> str:
    """Return the fill for a share in steps of a tenth; one that is not known is white."""
    return "#ffffff" if share != share else _SHADES[min(len(_SHADES) - 1, int(10 * share))]


def _text(
    x: float, y: float, text: str, size: float = 10, anchor: str = "start", fill: str = _INK, more: str = ""
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{fill}" {_FONT}{more}>'
        f"{escape(text)}</text>"
    )


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">' + "".join(parts) + "</svg>"
    )


def intervals(rows: Sequence[tuple[str, Interval | None, Interval | None]], names: tuple[str, str]) -> str:
    """Return a chart of outcomes as multiples of the rest, to the right the poorer, each with its limits.

    Parameters
    ----------
    rows
        Name of the outcome, and how many times as poor it is as the rest of Scotland and of the partnership.
    names
        What the two are called in the legend.
    """
    left, width, step, top = _NAMES, 640, 15.5, 40
    scale = _Scale([limit for _, *both in rows for one in both if one for limit in one], left, width - 12)
    height = top + step * len(rows) + 8
    parts = [
        f'<circle cx="{left + 6}" cy="8" r="4" fill="{_BLUE}"/>',
        _text(left + 14, 12, names[0]),
        f'<path d="M{left + 160},4l4,4l-4,4l-4,-4z" fill="#fff" stroke="{_ORANGE}" stroke-width="1.5"/>',
        _text(left + 169, 12, names[1]),
        *scale.ticks(30, top - 6, height - 6),
    ]
    for number, (name, scotland, cpp) in enumerate(rows):
        y = top + step * number + 5
        parts.append(_text(left - 8, y + 3, _shortened(name), 9.5, "end"))
        for one, offset, colour in ((scotland, -3, _BLUE), (cpp, 3.5, _ORANGE)):
            if one is None:
                continue
            at, lower, upper = map(scale.at, one)
            parts.append(f'<path d="M{lower:.1f},{y + offset}H{upper:.1f}" stroke="{colour}" stroke-width="1.6"/>')
            if colour == _BLUE:
                parts.append(f'<circle cx="{at:.1f}" cy="{y + offset}" r="3.2" fill="{colour}"/>')
            else:
                parts.append(
                    f'<path d="M{at:.1f},{y + offset - 3.4}l3.4,3.4l-3.4,3.4l-3.4,-3.4z" fill="#fff" '
                    f'stroke="{colour}" stroke-width="1.4"/>'
                )
    return _svg(width, height, parts)


def strips(rows: Sequence[tuple[str, Sequence[tuple[float, bool]]]]) -> str:
    """Return places as dots, a row for each outcome: multiples of the whole country, flagged ones orange, on top.

    Parameters
    ----------
    rows
        Name of the outcome, and of each place how many times as poor it is, and whether it is flagged.
    """
    left, width, step, top = _NAMES, 640, 15.5, 26
    scale = _Scale([one for _, points in rows for one, _ in points], left, width - 12)
    height = top + step * len(rows) + 8
    parts = scale.ticks(16, top - 6, height - 6)
    for number, (name, points) in enumerate(rows):
        y = top + step * number + 5
        parts.append(_text(left - 8, y + 3, _shortened(name), 9.5, "end"))
        for multiple, is_flagged in sorted(points, key=lambda one: one[1]):
            fill, opacity = (_ORANGE, 0.75) if is_flagged else ("#7f8c99", 0.4)
            parts.append(
                f'<circle cx="{scale.at(multiple):.1f}" cy="{y:.1f}" r="{3.2 if is_flagged else 2.6}" fill="{fill}" '
                f'fill-opacity="{opacity}"/>'
            )
    return _svg(width, height, parts)


def map_of_answers(places: Sequence[tuple[shapely.Geometry, str, int]]) -> str:
    """Return a map of a partnership, each place by its answer, with a legend of the answers that there are.

    Parameters
    ----------
    places
        Polygon and answer (`answer` of the table ``verdicts``) of each place, and the number at it or 0.
    """
    width, height = 640, 380
    frame = _Frame(extent_without_islets([one for one, _, _ in places]), (0, 0, 430, height))
    parts = [
        f'<path d="{frame.path(polygon)}" fill="{_ANSWERS.get(answer, ("#ececec", ""))[0]}" stroke="#ffffff" '
        f'stroke-width="0.7"/>'
        for polygon, answer, _ in places
    ]
    dots = 0
    # the strongest evidence on top
    order = [*_ANSWERS][::-1]
    for polygon, answer, _ in sorted(places, key=lambda one: order.index(one[1]) if one[1] in order else -1):
        # a town in a large country is a dot, and so is a strip of coast
        if answer in _ANSWERS and min(sizes := frame.half_sizes(polygon)) < 4 and max(sizes) < 8:
            x, y = frame.middle(polygon)
            dots += 1
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{_ANSWERS[answer][0]}" stroke="#ffffff" '
                f'stroke-width="1"/>'
            )
    marks = [
        (frame.middle(polygon), number, min(frame.half_sizes(polygon)) > 10) for polygon, _, number in places if number
    ]
    parts += _numbers(marks, 0, 430, height)
    answers = {answer for _, answer, _ in places}
    legend = [look for one, look in _ANSWERS.items() if one in answers]
    if answers - set(_ANSWERS):
        legend.append(("#ececec", "No evidence, or too little to say"))
    for number, (fill, name) in enumerate(legend):
        y = 30 + 20 * number
        parts.append(f'<rect x="446" y="{y - 10}" width="14" height="12" fill="{fill}" stroke="#8c8c8c"/>')
        parts.append(_text(466, y, name, 9.5))
    if dots:
        parts.append(_text(446, 30 + 20 * len(legend), "Dots: places too small to see", 9.5))
    return _svg(width, height, parts)


def _numbers(
    marks: Sequence[tuple[tuple[float, float], int, bool]], left: float, right: float, height: float
) -> list[str]:
    """Return numbers in their places where these are large, else beside them with a line, as near as there is room."""
    parts: list[str] = []
    taken = [shapely.box(x - 4, y - 4, x + 4, y + 4) for (x, y), _, is_large in marks if not is_large]
    for (x, y), number, is_large in sorted(marks, key=lambda one: (not one[2], one[1])):
        tries = [
            (x + reach * math.cos(math.pi * turn / 6), y - reach * math.sin(math.pi * turn / 6))
            for reach in range(12, 120, 8)
            for turn in range(12)
        ]
        tries = [(x, y), *tries] if is_large else tries
        rooms = [shapely.box(at - 8, down - 6, at + 8, down + 6) for at, down in tries]
        free = [
            place for place, (room, (at, down)) in enumerate(zip(rooms, tries, strict=True))
            if left + 8 < at < right - 8 and 8 < down < height - 8 and not any(room.intersects(one) for one in taken)
        ]  # fmt: skip
        chosen = free[0] if free else 0
        at, down = tries[chosen]
        taken.append(rooms[chosen])
        halo = ' font-weight="bold" stroke="#ffffff" stroke-width="2.5" paint-order="stroke"'
        if (at, down) != (x, y):
            parts.append(f'<path d="M{x:.1f},{y:.1f}L{at:.1f},{down:.1f}" stroke="{_INK}" stroke-width="0.6"/>')
        parts.append(_text(at, down + 3.5, str(number), 10, "middle", _INK, halo))
    return parts


_ANSWERS = {
    "poorer_than_both": ("#7f2704", "Poorer than Scotland and partnership"),
    "poorer_than_scotland": ("#d94801", "Poorer than Scotland only"),
    "poorer_within_cpp_only": ("#2b8cbe", "Poorer only within the partnership"),
    "some_evidence": ("#fdd0a2", "Some evidence of poorer outcomes"),
}
"""Fill and words of each answer that is not "no"; fills differ in lightness, too."""


def map_of(
    place: shapely.Geometry,
    partnership: Sequence[shapely.Geometry],
    around: Sequence[tuple[str, shapely.Geometry]],
    zones: Sequence[tuple[shapely.Geometry, float]],
) -> str:
    """Return two maps side by side: where a place lies in its partnership, and its zones with their numbers and shades.

    Parameters
    ----------
    place
        Polygon of the place, in metres of the National Grid.
    partnership
        Polygons that together are the partnership.
    around
        Name and polygon of each neighbour.
    zones
        Polygon and figure (a share, or NaN) of each data zone, in the order of their numbers.
    """
    height = 270
    first = _Frame(extent_without_islets(partnership), (0, 0, 230, height))
    near = extent_without_islets([one for one, _ in zones])
    margin = 0.08 * max(near[2] - near[0], near[3] - near[1])
    second = _Frame(near + margin * np.array([-1, -1, 1, 1]), (250, 0, 390, height))
    # a large place is seen without a circle
    radius = max(9.0, *first.half_sizes(place))
    x, y = first.middle(place)
    parts = [
        *(f'<path d="{first.path(one)}" fill="#ececec" stroke="#ffffff" stroke-width="0.6"/>' for one in partnership),
        f'<path d="{first.path(place)}" fill="{_ORANGE}" stroke="{_INK}" stroke-width="0.8"/>',
        *(
            [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="none" stroke="{_ORANGE}" stroke-width="1.6"/>']
            if radius < 24
            else []
        ),
        f'<clipPath id="frame"><rect x="250" y="0" width="390" height="{height}"/></clipPath>',
        '<g clip-path="url(#frame)">',
        f'<rect x="250" y="0" width="390" height="{height}" fill="#fafafa"/>',
        *(f'<path d="{second.path(one)}" fill="#ececec" stroke="#8c8c8c" stroke-width="0.8"/>' for _, one in around),
    ]
    marks = []
    for number, (polygon, figure) in enumerate(zones, start=1):
        parts.append(f'<path d="{second.path(polygon)}" fill="{_shade(figure)}" stroke="#ffffff" stroke-width="0.8"/>')
        marks.append((second.middle(polygon), number, min(second.half_sizes(polygon)) > 7))
    parts.append(f'<path d="{second.path(place)}" fill="none" stroke="{_INK}" stroke-width="1.4"/>')
    # on top of borders: a small zone is hardly more than these
    parts += [*_names(second, place, around, 250, 640), *_numbers(marks, 250, 640, height)]
    parts.append("</g>")
    for step, fill in enumerate(_SHADES):
        text = f"{10 * step}% and more" if step + 1 == len(_SHADES) else f"{10 * step} to {10 * step + 10}%"
        parts.append(f'<rect x="{250 + 76 * step}" y="{height + 6}" width="12" height="10" fill="{fill}" '
                     f'stroke="#8c8c8c" stroke-width="0.5"/>')  # fmt: skip
        parts.append(_text(266 + 76 * step, height + 15, text, 9))
    return _svg(640, height + 20, parts)


def _names(
    frame: _Frame,
    place: shapely.Geometry,
    around: Sequence[tuple[str, shapely.Geometry]],
    left: float,
    right: float,
) -> list[str]:
    """Return the names of neighbours, each where most of it is seen beside the place, where there is room for it."""
    parts: list[str] = []
    taken: list[shapely.Geometry] = []
    outline = shapely.make_valid(shapely.simplify(place, 1 / frame.scale))
    for name, polygon in around:
        seen = shapely.difference(frame.clipped(polygon), outline)
        pieces = [one for one in shapely.get_parts(seen) if one.area > 0.01 * frame.area]
        if not pieces:
            continue
        x, y = frame.middle(max(pieces, key=lambda one: one.area))
        half = 2.2 * len(name) + 2
        x = min(max(x, left + half), right - half)
        room = shapely.box(x - half, y - 9, x + half, y + 3)
        if all(not room.intersects(one) for one in taken):
            taken.append(room)
            parts.append(_text(x, y, name, 9, "middle", "#333333", ' stroke="#ffffff" stroke-width="2.5" '
                               'paint-order="stroke"'))  # fmt: skip
    return parts


def _shortened(name: str) -> str:
    return textwrap.shorten(name, 64, placeholder="…")


class _Scale:
    """Multiples on a scale of ratios: twice as much is as far from the same as half as much."""

    def __init__(self, multiples: Sequence[float], left: float, right: float) -> None:
        known = [one for one in multiples if math.isfinite(one) and one > 0]
        self.low, self.high = min([*known, 0.8]) / 1.05, max([*known, 1.5]) * 1.05
        self.left, self.right = left, right

    def at(self, multiple: float) -> float:
        share = math.log(min(max(multiple, self.low), self.high) / self.low) / math.log(self.high / self.low)
        return self.left + share * (self.right - self.left)

    def ticks(self, y: float, top: float, bottom: float) -> list[str]:
        """Return the lines of the scale, with a number above each that has room."""
        parts = [_text(0, y, "times as poor:", 9)]
        last = -math.inf
        for tick in (1, 0.1, 0.25, 0.5, 0.75, 1.5, 2, 3, 4, 6, 10, 20):
            if not self.low <= tick <= self.high:
                continue
            x = self.at(tick)
            stroke = f'stroke="{_INK}" stroke-width="1.2"' if tick == 1 else f'stroke="{_PALE}"'
            parts.append(f'<path d="M{x:.1f},{top}V{bottom:.1f}" {stroke}/>')
            if tick == 1 or (abs(x - self.at(1)) > 30 and x - last > 16):
                parts.append(_text(x, y, "the same" if tick == 1 else f"{tick:g}", 9, "middle"))
                last = -math.inf if tick == 1 else x
        return parts


class _Frame:
    """A rectangle of a drawing, and the part of the country that it shows."""

    def __init__(self, bounds: np.ndarray, frame: tuple[float, float, float, float]) -> None:
        left, top, width, height = frame
        self.scale = min(width / max(bounds[2] - bounds[0], 1.0), height / max(bounds[3] - bounds[1], 1.0))
        self.middle_x, self.middle_y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
        self.left, self.top = left + width / 2, top + height / 2
        reach_x, reach_y = width / 2 / self.scale, height / 2 / self.scale
        self.shown = shapely.box(
            self.middle_x - reach_x, self.middle_y - reach_y, self.middle_x + reach_x, self.middle_y + reach_y
        )
        self.area = self.shown.area

    def clipped(self, shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.intersection(shapely.make_valid(shape), self.shown)

    def half_sizes(self, shape: shapely.Geometry) -> tuple[float, float]:
        """Return half the width and half the height of a shape."""
        west, south, east, north = shape.bounds
        return (east - west) / 2 * self.scale, (north - south) / 2 * self.scale

    def middle(self, shape: shapely.Geometry) -> tuple[float, float]:
        # of islands the largest: it is always in the frame
        point = shapely.point_on_surface(max(shapely.get_parts(shape), key=shapely.area))
        x, y = self.moved(np.array([[point.x, point.y]]))[0]
        return float(x), float(y)

    def moved(self, points: np.ndarray) -> np.ndarray:
        return np.column_stack(
            [
                self.left + (points[:, 0] - self.middle_x) * self.scale,
                self.top - (points[:, 1] - self.middle_y) * self.scale,
            ]
        )

    def path(self, shape: shapely.Geometry) -> str:
        """Return the outline of polygons, without what is smaller than the drawing can show."""
        simple = shapely.simplify(shape, 0.5 / self.scale)
        parts = []
        for polygon in shapely.get_parts(simple):
            if polygon.is_empty or polygon.area * self.scale**2 < 0.3:
                continue
            for ring in (polygon.exterior, *polygon.interiors):
                points = self.moved(shapely.get_coordinates(ring))
                parts.append("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points[:-1]) + "Z")
        return "".join(parts)
