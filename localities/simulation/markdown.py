"""Tables of Markdown, and shares in words, for the page of the validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

Show = Callable[[pd.Series], str]
"""What a cell says of a row."""


def table(frame: pd.DataFrame, columns: dict[str, Show]) -> str:
    """Return a table: one column per name, its cells as the function makes them of a row."""
    head = "| " + " | ".join(name.strip() for name in columns) + " |"
    rule = "|" + "|".join("---" for _ in columns) + "|"
    rows: Sequence[str] = [
        "| " + " | ".join(show(row) for show in columns.values()) + " |" for _, row in frame.iterrows()
    ]
    return "\n".join([head, rule, *rows]) + "\n"


def percent(share: float, places: int = 1) -> str:
    """Return a share as a percentage; a dash where there is none."""
    return "–" if np.isnan(share) else f"{100 * share:.{places}f} %"


def share(part: float, whole: float, places: int = 1) -> str:
    """Return a part of a whole as a percentage; a dash of nothing."""
    return percent(part / whole, places) if whole else "–"
