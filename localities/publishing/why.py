"""Sentences that say why a locality has its verdict: the strongest findings, with their numbers.

Nothing is judged here. The sentences repeat what `findings` and `verdicts` already say, in the order of how poorer an
outcome is. The longer account of one locality is `localities.explain`.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from localities.wording.codes import CODES_IN_WORDS
from localities.wording.numbers import NOT_KNOWN, is_missing, number
from localities.wording.periods import period_in_words

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 5
"""Findings listed for each locality."""

_VERDICT_COLUMNS = (
    "verdict", "answer", "reason", "domains_poorer", "cpp_name",
)  # fmt: skip


def number_text(value: float, unit: str = "") -> str:
    """Return a number as every text has it, with the percent sign of its unit and nothing more of it.

    Examples
    --------
    >>> number_text(23.14, "% of residents"), number_text(1204.4, "per 10,000"), number_text(float("nan"), "%")
    ('23.1%', '1,204', 'not known')
    """
    text = number(value)
    return f"{text}%" if unit.startswith("%") and text != NOT_KNOWN else text


def quantity_text(value: float, unit: str, aside: str) -> str:
    """Return a number with its whole unit, and an aside in brackets.

    Examples
    --------
    >>> quantity_text(23.14, "% of residents", "22.0 to 24.3")
    '23.1% of residents (22.0 to 24.3)'
    >>> quantity_text(235.2, "Scotland = 100", "193 to 278")
    '235 (193 to 278; Scotland = 100)'
    """
    if "=" in unit:
        return f"{number_text(value)} ({aside}; {unit})"
    rest = unit.removeprefix("%").strip()
    return f"{number_text(value, unit)}{' ' if rest else ''}{rest} ({aside})"


def difference_text(difference: float, lower: float, upper: float, unit: str) -> str:
    """Return how far a value is from another, with its interval where there is one; nothing where it is not known.

    Examples
    --------
    >>> difference_text(13.5, 11.25, 15.75, "% of residents"), difference_text(-3.0, -5.5, -0.5, "tariff points")
    ('higher by 13.5 points, 11.2 to 15.8', 'lower by 3.00, 0.500 to 5.50')
    >>> difference_text(0.5, float("nan"), float("nan"), "minutes"), difference_text(float("nan"), 1.0, 2.0, "%")
    ('higher by 0.500', '')
    """
    if is_missing(difference):
        return ""
    if difference < 0:
        # a place that is lower by something: the limits turn with it
        word, limits = "lower", (-upper, -lower)
    else:
        word, limits = "higher", (lower, upper)
    text = f"{word} by {number(abs(difference))}" + (" points" if unit.startswith("%") else "")
    return text if any(map(is_missing, limits)) else f"{text}, {number(limits[0])} to {number(limits[1])}"


def evidence_of(strongest: pd.DataFrame, names: Sequence[str]) -> dict[int, str]:
    """Return the lines of evidence of each locality, by its row.

    Parameters
    ----------
    strongest
        One row per locality and indicator, strongest first within a locality: ``locality`` (row of the locality),
        ``indicator_title, unit, period, value, lower_ci, upper_ci, confidence, numerator, denominator, is_count,
        source_title`` and, for each comparator, ``<comparator>_value``, ``<comparator>_significance`` (a code, or
        empty where there is no such finding) and ``<comparator>_difference`` with ``_difference_lower_ci`` and
        ``_difference_upper_ci``.
    names
        Name of the partnership of each locality row.
    """
    lines: dict[int, list[str]] = {}
    for row in rows_of(strongest):
        interval = f"{row.confidence:.0%} interval {number_text(row.lower_ci)} to {number_text(row.upper_ci)}"
        if row.is_count and row.numerator == row.numerator and row.denominator == row.denominator:
            interval += f"; {row.numerator:,.0f} of {row.denominator:,.0f}"
        parts = [
            f"{row.indicator_title} ({period_in_words(row.period)}): {quantity_text(row.value, row.unit, interval)}"
        ]
        for area, comparator in ((names[row.locality], "cpp"), ("Scotland", "scotland")):
            code = getattr(row, f"{comparator}_significance")
            if not code:
                continue
            apart, lower, upper = (
                getattr(row, f"{comparator}_difference{limit}") for limit in ("", "_lower_ci", "_upper_ci")
            )
            difference = difference_text(apart, lower, upper, row.unit)
            in_words = _lower_first(CODES_IN_WORDS["significance"].get(code, code))
            parts.append(
                f"rest of {area} {number_text(getattr(row, f'{comparator}_value'), row.unit)}"
                f" ({'; '.join(part for part in (difference, in_words) if part)})"
            )
        lines.setdefault(row.locality, []).append("; ".join(parts) + f". Source: {row.source_title}.")
    return {locality: "\n".join(found) for locality, found in lines.items()}


def why_of(localities: pd.DataFrame, strongest: pd.DataFrame) -> list[str]:
    """Return the answers of each locality in words, and its strongest finding, with numbers.

    Parameters
    ----------
    localities
        One row per locality, with ``verdict, answer, reason, domains_poorer, cpp_name``.
    strongest
        As in `evidence_of`.
    """
    leading = {row.locality: row for row in rows_of(strongest.drop_duplicates("locality"))}
    sentences = []
    for at, row in enumerate(rows_of(localities[list(_VERDICT_COLUMNS)])):
        text = f"{CODES_IN_WORDS['answer'].get(row.answer, str(row.answer))}. {row.reason}"
        if at in leading and row.verdict != "insufficient_evidence":
            most = "Most of all" if row.domains_poorer else "The nearest"
            text += f" {most}: {_lead(leading[at], row.cpp_name)}."
        sentences.append(text)
    return sentences


def _lead(row: Any, cpp_name: str) -> str:
    """Return the strongest finding as part of a sentence."""
    interval = f"{number_text(row.lower_ci)} to {number_text(row.upper_ci)}"
    against = [
        f"{number_text(value, row.unit)} in the rest of {area}"
        for area, value, code in (
            (cpp_name, row.cpp_value, row.cpp_significance),
            ("Scotland", row.scotland_value, row.scotland_significance),
        )
        if code
    ]
    text = f"{row.indicator_title} at {quantity_text(row.value, row.unit, interval)}"
    return text + (f", against {' and '.join(against)}" if against else "")


def top_rows(
    locality: np.ndarray, grade: np.ndarray, is_core: np.ndarray, depth: np.ndarray, shown: int = SHOWN
) -> np.ndarray:
    """Return the positions of the strongest rows of each locality: by grade, then core votes first, then by depth.

    Crime and housing make no flag, however far they are from elsewhere, so they do not lead the reasons for one.

    Examples
    --------
    >>> core = np.array([True, True, True])
    >>> top_rows(np.array([0, 0, 1]), np.array([0, 2, 1]), core, np.array([9.0, 1.0, 0.0]), shown=1).tolist()
    [1, 2]
    >>> top_rows(np.array([0, 0]), np.array([2, 2]), np.array([False, True]), np.array([9.0, 1.0]), shown=1).tolist()
    [1]
    """
    depths = -np.nan_to_num(depth, nan=-np.inf)
    order = np.lexsort((np.arange(len(locality)), depths, ~is_core, -grade, locality))
    placed = locality[order]
    starts = np.searchsorted(placed, placed, side="left")
    return order[np.arange(len(order)) - starts < shown]


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Iterate over rows as named tuples of plain Python values, several times faster than pandas does on text."""
    row = namedtuple("row", list(frame.columns))  # type: ignore[misc]
    return map(row._make, zip(*(frame[name].tolist() for name in frame.columns), strict=True))


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
