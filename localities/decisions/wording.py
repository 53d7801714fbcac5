"""What a partnership decided, in plain English: the same sentences in every output."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from localities.decisions.beside import Decided
from localities.wording.codes import CODES_IN_WORDS
from localities.wording.numbers import is_missing, number
from localities.wording.periods import period_in_words


def day(moment: dt.date | pd.Timestamp) -> str:
    """Return a day in words.

    Examples
    --------
    >>> day(dt.date(2026, 11, 3))
    '3 November 2026'
    """
    return f"{moment.day} {moment:%B} {moment.year}"


def sentences_of(decided: Decided, locality_id: str) -> list[str]:
    """Return what was decided on a place: decision and reason, evidence and boundary since, targets, earlier decisions.

    Nothing where nothing is recorded.
    """
    rows = decided.decisions[decided.decisions["locality_id"] == locality_id]
    targets = decided.targets[decided.targets["locality_id"] == locality_id]
    lines: list[str] = []
    for row in rows.sort_values("decided_on", ascending=False).itertuples():
        when = f"by the {row.by_role} on {day(row.decided_on)}" if _is_role(row.by_role) else (
            f"by {row.by_role} on {day(row.decided_on)}"
        )  # fmt: skip
        what = CODES_IN_WORDS["decision"][str(row.decision)]
        if not row.is_in_force:
            lines.append(f"Before that: {what[0].lower()}{what[1:]}, {when}, because: {_sentence(row.because)}")
            continue
        lines.append(f"{what} {when}, because: {_sentence(row.because)}")
        lines += _since(row)
        lines += [target_sentence(one) for one in targets.itertuples()]
    return lines


def texts_of(decided: Decided) -> dict[str, str]:
    """Return the sentences of each place on which something was decided, line by line."""
    return {one: "\n".join(sentences_of(decided, one)) for one in decided.decisions["locality_id"].unique()}


def target_sentence(row: Any) -> str:
    """Return one target: where it stood, where it is to be, where it is, and whether that is on the way.

    Parameters
    ----------
    row
        A row of ``decision_targets``.
    """
    start = f"from {_figure(row.value_then, row.value_then_lower_ci, row.value_then_upper_ci, row.period_then)}"
    years = "1 year" if row.years_ahead == 1 else f"{row.years_ahead} years"
    text = (
        f"Target, {row.indicator_title} ({row.unit}): {start} to {number(row.target)} in {years}, by {day(row.due_on)}."
    )
    track = CODES_IN_WORDS["target_track"][str(row.target_track)]
    now = "" if is_missing(row.value) or row.period == row.period_then else (
        f" Now {_figure(row.value, row.lower_ci, row.upper_ci, row.period)}."
    )  # fmt: skip
    why = "" if pd.isna(row.reason) else f": {row.reason}"
    return f"{text}{now} {track}{why}."


def _since(row: Any) -> list[str]:
    lines = []
    if pd.notna(row.answer_now) and row.answer_now != row.answer_then:
        then, now = (CODES_IN_WORDS["answer"][str(one)] for one in (row.answer_then, row.answer_now))
        lines.append(f"The evidence reads otherwise since. Then: {then}. Now: {now}.")
    if row.boundary_now != "same":
        lines.append(f"{CODES_IN_WORDS['boundary_now'][str(row.boundary_now)]}: {row.boundary_change}.")
    return lines


def _figure(value: float, lower: float, upper: float, period: str) -> str:
    limits = "" if is_missing(lower) or is_missing(upper) else f"{number(lower)} to {number(upper)}; "
    return f"{number(value)} ({limits}{period_in_words(period)})"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _is_role(text: str) -> bool:
    """Return whether a role reads with an article: it has none yet, and begins with a small letter."""
    return text[:1].islower() and not text.startswith(("the ", "a ", "an ", "our "))
