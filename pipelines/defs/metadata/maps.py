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

__all__ = ["dot_map", "map_of"]

HEIGHT = 360
GREY, BLUE, ORANGE = "#b8bcc2", "#0b5394", "#d95f02"  # told apart with every common colour blindness
_MARGIN = 6


def map_of(table: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return a small map of a table as Markdown, or an empty text where it has none.

    `zones` shows where residents live, `candidate_localities` its places by whether they are under the limit,
    `verdicts` the flagged places over the others.

    Parameters
    ----------
    table, frame
        Name and content.
    tables
        Tables at hand; `verdicts` takes its places from `candidate_localities`.
    """
    if table == "zones":
        return dot_map(
            "Data zones, one dot each", [("data zones", BLUE, frame[["centroid_x", "centroid_y"]].to_numpy())]
        )
    if table == "candidate_localities":
        places, within = _points(frame), frame["is_within_limit"].to_numpy()
        return dot_map(
            "Candidate localities of every set",
            [("under the limit", BLUE, places[within]), ("at or over the limit", ORANGE, places[~within])],
        )
    if table == "verdicts" and "candidate_localities" in tables:
        drawn = tables["candidate_localities"]
        flagged = drawn["locality_id"].isin(frame.loc[frame["is_flagged"], "locality_id"]).to_numpy()
        places = _points(drawn)
        return dot_map(
            "Localities with strong evidence of poorer outcomes, in any candidate set",
            [("others", GREY, places[~flagged]), ("flagged", ORANGE, places[flagged])],
        )
    return ""


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
