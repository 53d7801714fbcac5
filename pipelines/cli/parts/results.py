"""What commands that show results share: what was asked for, and printing what was found in one of three forms.

A command says what it needs (`asked_for`), narrows the rows that it reads, and hands them to `Asked.show` with the
function that prints them for people. JSON and CSV hold every row and column; a table for people is of limited length,
and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.parts.choices import areas_named, first_rows, home_of, indicators_named, one_form, sets_named
from pipelines.cli.parts.output import say_fictional, screen, write_csv, write_rows
from pipelines.cli.parts.reading import where_of
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.folders import Home
    from pipelines.storage.store import Store

PLACE = ("locality_id", "candidate_set", "locality_name", "cpp_code", "cpp_name")
"""Columns that name a candidate locality."""


@dataclass(frozen=True)
class Asked:
    """What was asked for: the working folder, codes of areas, ids of sets and indicators (None for all), the form."""

    home: Home
    areas: list[str] | None
    sets: list[str] | None
    indicators: list[str] | None
    is_sample: bool
    as_json: bool
    as_csv: bool

    def show(
        self,
        rows: pd.DataFrame,
        for_people: Callable[[pd.DataFrame], None],
        *,
        what: str,
        nothing: str = "",
        limit: int | None = 0,
    ) -> None:
        """Print rows as JSON, as CSV, or for people; say what is left out.

        Parameters
        ----------
        rows
            Everything that was found.
        for_people
            Prints some rows as tables.
        what
            What a row is, in the plural.
        nothing
            What to say where there is no row; without it, `for_people` says it.
        limit
            Rows to show; 0 for all, None for all in JSON and CSV and a screenful for people.
        """
        shown = first_rows(rows, limit, is_for_machines=self.as_json or self.as_csv)
        if self.as_json:
            write_rows(shown)
        elif self.as_csv:
            write_csv(shown)
        elif shown.empty and nothing:
            screen().print(nothing, markup=False)
        else:
            if self.is_sample:
                say_fictional()
            for_people(shown)
            if len(shown) < len(rows):
                screen().print(
                    f"Showing {len(shown):,} of {len(rows):,} {what}: narrow them, or give --limit 0 for all."
                )


def asked_for(
    home: Path | None,
    *,
    sample: bool,
    as_json: bool,
    as_csv: bool,
    area: Sequence[str] | None = None,
    candidate_set: Sequence[str] | None = None,
    indicator: Sequence[str] | None = None,
) -> Asked:
    """Return what the options of a command mean. Wrong names and two forms at once are refused (exit code 2)."""
    one_form(as_json, as_csv)
    working = home_of(home, is_sample=sample)
    return Asked(
        home=working,
        areas=areas_named(area, working, is_sample=sample),
        sets=sets_named(candidate_set, working),
        indicators=indicators_named(indicator),
        is_sample=sample,
        as_json=as_json,
        as_csv=as_csv,
    )


def places_in(store: Store, asked: Asked) -> pd.DataFrame:
    """Return the candidate localities of the areas and sets that were asked for."""
    where = where_of(cpp_code=asked.areas, candidate_set=asked.sets)
    return rows_of(store, "candidate_localities", columns=list(PLACE), where=where)


def titled(indicator_ids: pd.Series, store: Store, *, with_unit: bool = True) -> dict[str, str]:
    """Return titles of indicators with their units, as a run had them; the id of one that it did not have."""
    if store.manifest("indicators") is None:
        from indicators.catalogue import load_catalogue

        known = load_catalogue().to_frame()
    else:
        known = rows_of(store, "indicators", columns=["indicator_id", "indicator_title", "unit"])
    declared = {
        str(one.indicator_id): f"{one.indicator_title} ({one.unit})" if with_unit else str(one.indicator_title)
        for one in known.itertuples()
    }
    return {str(one): declared.get(str(one), str(one)) for one in indicator_ids.unique()}
