"""Small maps for the UI: one dot per place, drawn as SVG inside Markdown.

Dots, not polygons: seven thousand boundaries would be megabytes in every record of a run, and a dot where the people
are says at a glance whether the country is all there and where the flagged places lie.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd

HEIGHT = 360
GREY, BLUE, ORANGE = "#b8bcc2", "#0b5394", "#d95f02"  # told apart with every common colour blindness
_MARGIN = 6


def maps_of(table: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return small maps of a table as Markdown, by name; none where it has none.

    `zones` shows where residents live. `candidate_localities` and `verdicts` have a map of each candidate set: drawings
    overlap, so one of all would count a place as often as it is drawn.

    Parameters
    ----------
    table, frame
        Name and content.
    tables
        Tables at hand; `verdicts` takes its places from `candidate_localities`.
    """
    if table == "zones":
        points = frame[["centroid_x", "centroid_y"]].to_numpy()
        return {"map": dot_map("Data zones, one dot each", [("data zones", BLUE, points)])}
    if table == "candidate_localities":
        return {
            f"map of {name}": dot_map(f"Localities of {name}", _by_limit(_points(rows), rows["is_within_limit"]))
            for name, rows in frame.groupby("candidate_set", sort=True)
        }
    if table == "verdicts" and "candidate_localities" in tables:
        answers = frame.set_index("locality_id")["answer"]
        return {
            f"map of {name}": dot_map(f"Answers in {name}", _by_answer(_points(rows), rows["locality_id"].map(answers)))
            for name, rows in tables["candidate_localities"].groupby("candidate_set", sort=True)
        }
    return {}


def _by_limit(points: np.ndarray, is_within: pd.Series) -> list[tuple[str, str, np.ndarray]]:
    within = is_within.to_numpy(dtype=bool)
    return [("under the limit", BLUE, points[within]), ("at or over the limit", ORANGE, points[~within])]


def _by_answer(points: np.ndarray, answers: pd.Series) -> list[tuple[str, str, np.ndarray]]:
    is_scotland = answers.isin(["poorer_than_both", "poorer_than_scotland"]).to_numpy()
    is_within = (answers == "poorer_within_cpp").to_numpy()
    return [
        ("others", GREY, points[~is_scotland & ~is_within]),
        ("poorer only within its partnership", BLUE, points[is_within]),
        ("poorer than Scotland", ORANGE, points[is_scotland]),
    ]


def dot_map(title: str, layers: Sequence[tuple[str, str, np.ndarray]]) -> str:
    """Return a Markdown image, north up, of layers of dots, each a name, a colour and points in metres.

    Dots that would fall on the same pixel are drawn once.

    Examples
    --------
    >>> import numpy as np
    >>> dot_map("Two towns", [("towns", BLUE, np.array([[0.0, 0.0], [1000.0, 2000.0]]))])[:43]
    '![Two towns](data:image/svg+xml;base64,PHN2'
    """
    import numpy as np

    points = np.concatenate([one for _, _, one in layers])
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return ""
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (HEIGHT - 2 * _MARGIN) / max(float((high - low).max()), 1.0)
    width = round(float(high[0] - low[0]) * scale) + 2 * _MARGIN
    parts, legend = [], []
    for number, (name, colour, places) in enumerate(layers):
        shown = places[np.isfinite(places).all(axis=1)]
        x = np.rint((shown[:, 0] - low[0]) * scale).astype(int) + _MARGIN
        y = np.rint((high[1] - shown[:, 1]) * scale).astype(int) + _MARGIN
        dots = np.unique(np.column_stack([x, y]), axis=0)
        path = "".join(f"M{one} {other}h0" for one, other in dots.tolist())
        parts.append(f'<path d="{path}" stroke="{colour}" stroke-width="2.4" stroke-linecap="round"/>')
        legend.append(
            f'<circle cx="9" cy="{HEIGHT + 12 + 15 * number}" r="4" fill="{colour}"/>'
            f'<text x="18" y="{HEIGHT + 16 + 15 * number}">{name}: {len(shown):,}</text>'
        )
    height = HEIGHT + 10 + 15 * len(layers)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{max(width, 190)}" height="{height}" '
        f'font-family="sans-serif" font-size="11" fill="none"><rect width="100%" height="100%" fill="#fff"/>'
        f'{"".join(parts)}<g fill="#333">{"".join(legend)}</g></svg>'
    )
    return f"![{title}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _points(frame: pd.DataFrame) -> np.ndarray:
    """Return the middle of each place's bounding box: quick, and good enough for a dot."""
    import numpy as np

    box = frame["geometry"].bounds.to_numpy()
    return np.column_stack([(box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2])
