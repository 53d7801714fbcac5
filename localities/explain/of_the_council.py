"""What is told of the whole council beside one of its places: figures that say what kind of area it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from localities.explain import sentences as words

TOPICS = ("life_expectancy", "drug_deaths", "child_poverty")
"""What is told beside one place; the other topics of ``council_context`` are for the whole partnership."""


def of_the_council(tables: Mapping[str, pd.DataFrame], place: pd.Series) -> tuple[str, ...]:
    """Return one line for each figure of the council in its latest period, beside Scotland's latest.

    Parameters
    ----------
    tables
        With ``council_context`` among them; without it nothing is told.
    place
        Row of ``candidate_localities``.
    """
    if "council_context" not in tables:
        return ()
    from localities.choosing.beside_scotland import beside

    lines = []
    for one in beside(tables["council_context"], str(place["cpp_code"]), topics=TOPICS).itertuples():
        limits = ""
        if pd.notna(one.lower_ci):
            limits = f" ({words.number(one.lower_ci)} to {words.number(one.upper_ci)})"
        country = ""
        if pd.notna(one.scotland_value):
            when = "" if one.scotland_period == one.period else f" in {_years(one.scotland_period)}, its latest here"
            share = "%" if one.unit.startswith("%") else ""
            country = f"; Scotland {words.number(one.scotland_value)}{share}{when}"
        unit = one.unit if one.unit.startswith("%") and not limits else f" {one.unit}"
        lines.append(f"{one.context_figure}, {_years(one.period)}: {words.number(one.value)}{limits}{unit}{country}.")
    if lines:
        lines.append(
            f"These are of the whole council ({place['cpp_name']}): they say nothing of one place in it, and have no "
            "part in any verdict."
        )
    return tuple(lines)


def _years(period: str) -> str:
    """Return a period with "to" between its years; other periods are told as the publisher does."""
    return re.sub(r"^(\d{4})-(\d{4})$", r"\1 to \2", period)
