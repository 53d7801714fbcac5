"""The strongest findings of a place as bars, in the few marks of HTML that every form of QGIS shows.

One bar for the place, its interval in a lighter colour, and one for elsewhere in the partnership and in Scotland, on a
scale of their own for each finding. Numbers stand beside the bars, so that nothing rests on length or colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from localities.publishing.why import number_text, rows_of
from localities.wording.periods import period_in_words

if TYPE_CHECKING:
    import pandas as pd

_LONGEST = 240
_HERE, _INTERVAL, _ELSEWHERE = "#7f2704", "#fdae6b", "#9ecae1"


def charts_of(strongest: pd.DataFrame, names: Sequence[str]) -> dict[int, str]:
    """Return the chart of each locality, by its row.

    Parameters
    ----------
    strongest
        As `localities.publishing.why.evidence_of` takes it.
    names
        Name of the partnership of each locality row.
    """
    parts: dict[int, list[str]] = {}
    for row in rows_of(strongest):
        bars = [("here", row.value, row.lower_ci, row.upper_ci)]
        if row.cpp_significance:
            bars.append((f"elsewhere in {names[row.locality]}", row.cpp_value, None, None))
        if row.scotland_significance:
            bars.append(("elsewhere in Scotland", row.scotland_value, None, None))
        parts.setdefault(row.locality, []).append(
            _finding(f"{row.indicator_title} ({period_in_words(row.period)})", row.unit, bars)
        )
    return {locality: "".join(found) for locality, found in parts.items()}


def _finding(title: str, unit: str, bars: Sequence[tuple[str, float, float | None, float | None]]) -> str:
    longest = max((limit for bar in bars for limit in bar[1:] if limit is not None and limit == limit), default=0.0)
    lines = [f"<b>{escape(title)}</b>, {escape(unit)}<table cellspacing='0' cellpadding='0'>"]
    for words, value, lower, upper in bars:
        end = [value, value] if lower is None or upper is None or lower != lower else [lower, upper]
        first, second = (round(_LONGEST * max(limit, 0.0) / longest) if longest > 0 else 0 for limit in end)
        colour = _ELSEWHERE if lower is None else _HERE
        aside = "" if lower is None else f" ({number_text(end[0])} to {number_text(end[1])})"
        marks = "".join(
            f"<td width='{width}' bgcolor='{fill}'></td>"
            for width, fill in ((first, colour), (second - first, _INTERVAL))
            if width > 0
        )
        lines.append(
            f"<tr><td width='260'>{escape(words)}</td>"
            f"<td><table cellspacing='0' cellpadding='4'><tr>{marks}</tr></table></td>"
            f"<td>&nbsp;{number_text(value)}{aside}</td></tr>"
        )
    return "".join([*lines, "</table>"])
