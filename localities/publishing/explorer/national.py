"""The page of all partnerships, put together from the contents of their own pages.

It has the answers, reasons and significance of every place of every drawing; figures, intervals, trends and similar
places are on the page of the partnership, to which each place leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from localities.publishing.metadata import About

_GRID_M = 100.0
"""Step of the grid of the national map: under a pixel until a council fills the screen."""

_OF_ALL = ("words", "order", "colours")
_NOT_HERE = ("decision_text", "said_text", "evidence", "hangs_on", "would_flag")


def part_of(content: dict[str, Any]) -> dict[str, Any]:
    """Return what the national page has of one partnership's: no figures, and borders on a coarser grid."""
    topology = content["topology"]
    scale, translate = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    arcs = []
    for arc in topology["arcs"]:
        points = np.round((np.cumsum(np.array(arc), axis=0) * scale + translate) / _GRID_M).astype(int)
        steps = np.diff(points, axis=0, prepend=0)
        # the first is where the arc begins; a step of nothing is no corner, but an arc keeps its end
        moves = (steps != 0).any(axis=1)
        moves[[0, -1]] = True
        arcs.append(steps[moves].tolist())
    places = {name: values for name, values in content["places"].items() if name not in _NOT_HERE}
    findings = {name: text for name, text in content["findings"].items() if name.startswith("grade_")}
    kept = {name: content[name] for name in ("zones", "need", "drawings", "indicators", "licences", *_OF_ALL)}
    return {**kept, "places": places, "findings": findings, "arcs": arcs, "rings": topology["zones"]}


def national_content(parts: Sequence[dict[str, Any]], about: About) -> dict[str, Any]:
    """Return what the national page holds, as `localities.publishing.explorer.content.page_content` does.

    Parameters
    ----------
    parts
        From `part_of`, in order of partnership.
    about
        What the page says of itself.
    """
    indicators = {one["indicator_id"]: one for part in parts for one in part["indicators"]}
    recommended = [one["id"] for part in parts for one in part["drawings"] if one["recommended"]]
    titles = {one["id"]: one for part in parts for one in part["drawings"]}
    first = max(sorted(set(recommended)), key=recommended.count, default="")
    drawings, places = [], {name: [] for name in parts[0]["places"]}  # type: ignore[var-annotated]
    grades: dict[str, list[str]] = {name: [] for name in parts[0]["findings"]}
    for drawing in sorted(titles, key=lambda one: (one != first, titles[one]["title"])):
        start, zones = len(places["locality_id"]), []
        for part in parts:
            listed = next((one for one in part["drawings"] if one["id"] == drawing), None)
            if listed is None:
                zones += [-1] * len(part["zones"]["code"])
                continue
            moved = len(places["locality_id"]) - listed["start"]
            zones += [one + moved if one >= 0 else -1 for one in listed["zones"]]
            for name, values in part["places"].items():
                places[name] += values[listed["start"] : listed["stop"]]
            _add_grades(grades, part, listed, list(indicators))
        stop = len(places["locality_id"])
        kept = {name: titles[drawing][name] for name in ("id", "title", "about")}
        drawings.append({**kept, "start": start, "stop": stop, "zones": zones, "recommended": False, "missed": []})
    places |= {name: [""] * len(places["locality_id"]) for name in _NOT_HERE}
    arcs: list[Any] = []
    rings: list[Any] = []
    for part in parts:
        rings += _moved(part["rings"], len(arcs))
        arcs += part["arcs"]
    return {
        **{name: parts[0][name] for name in _OF_ALL},
        "title": about.title,
        "abstract": about.abstract,
        "fictional": about.is_fictional,
        "national": True,
        "attributions": list(about.attributions),
        "licences": parts[0]["licences"],
        "topology": {
            "transform": {"scale": [_GRID_M, _GRID_M], "translate": [0, 0]}, "arcs": arcs, "zones": rings,
        },
        "zones": {name: [one for part in parts for one in part["zones"][name]] for name in parts[0]["zones"]},
        "need": _need(parts),
        "drawings": drawings,
        "places": places,
        "indicators": list(indicators.values()),
        "findings": {name: "".join(texts) for name, texts in grades.items()},
        "series": [],
        "peers": {},
    }  # fmt: skip


def _need(parts: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the people in need outside flagged places of all zones; none where a partnership has no such figures."""
    if any(part["need"] is None for part in parts):
        return None
    joined = {name: [one for part in parts for one in part["need"][name]] for name in ("scotland", "cpp")}
    return {**joined, "drawing": parts[0]["need"]["drawing"]}


def _add_grades(
    grades: dict[str, list[str]], part: dict[str, Any], drawing: dict[str, Any], indicators: Sequence[str]
) -> None:
    """Add the significance of the places of a drawing, its columns those of the national page."""
    column = {one["indicator_id"]: number for number, one in enumerate(part["indicators"])}
    width = len(column)
    order = [column.get(one, -1) for one in indicators]
    for name, text in part["findings"].items():
        for place in range(drawing["start"], drawing["stop"]):
            row = text[place * width : (place + 1) * width]
            # past the last code stands what was not held against a comparator
            grades[name].append("".join(row[at] if at >= 0 else "5" for at in order))


def _moved(rings: Any, by: int) -> Any:
    """Return numbers of arcs as they are after as many others."""
    if isinstance(rings, int):
        return rings + by if rings >= 0 else rings - by
    return [_moved(one, by) for one in rings]
