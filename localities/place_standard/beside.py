"""What residents said, place by place, beside what the evidence says of the outcomes that a theme is nearest to."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from indicators.errors import SchemaError
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from localities.councils import slug_of
from localities.place_standard.results import EVERYONE, THEMES, Results, protected, read_answers

if TYPE_CHECKING:
    from localities.decisions.beside import ReadRows

_log = logging.getLogger(__name__)

LOW = 4.0
"""Scores below this are called low: 4 is the middle of the scale."""
_NAMED = 3
_VOTES = {
    "poorer": "poorer than Scotland",
    "slightly": "poorer than Scotland, not surely by enough",
    "better": "better",
}


def build_place_standard(
    rounds: Sequence[tuple[Results, Path]], read: ReadRows, *, is_new: bool = False
) -> pd.DataFrame:
    """Return the table ``place_standard``: one row per round, place, theme and group, few answers withheld.

    Parameters
    ----------
    rounds
        From `localities.place_standard.results.read_results`.
    read
        Reads rows of ``candidate_localities`` and ``verdicts``.
    is_new
        Whether the rounds are being brought in: places that are not drawn are then an error. Later on a drawing may
        change; its answers wait, with a warning.

    Raises
    ------
    UnreadableSource, SchemaError
        If a table is not what it should be, or names places that are not drawn.
    """
    frames = []
    for declared, path in rounds:
        answers = protected(read_answers(path), declared.smallest_count)
        places = read(
            "candidate_localities",
            columns=["locality_id", "candidate_set", "locality_name", "cpp_code", "cpp_name"],
            where={"candidate_set": [declared.places]},
        )
        ids = _ids_of(answers["place"], places, declared, path, is_new=is_new)
        rows = answers.assign(locality_id=ids).dropna(subset="locality_id")
        if rows.empty:  # none of its places is drawn now
            continue
        rows = rows.merge(places, on="locality_id")
        frames.append(rows.assign(results_id=declared.id, results_title=declared.title, gathered=declared.gathered))
    if not frames:
        return coerce(
            "place_standard", pd.DataFrame({one: pd.Series(dtype="object") for one in TABLES["place_standard"].columns})
        )
    table = pd.concat(frames, ignore_index=True)
    table["theme_number"] = table["theme"].map({one: number for number, one in enumerate(THEMES, 1)})
    table["outcome_beside"] = _outcomes(table, read)
    table = table.rename(columns={"group": "answer_group", "people": "people_asked", "score": "place_score"})
    order = table["answer_group"].ne(EVERYONE)
    table = table.assign(order=order).sort_values(
        ["cpp_code", "locality_id", "results_id", "order", "answer_group", "theme_number"], ignore_index=True
    )
    return coerce("place_standard", table[list(TABLES["place_standard"].columns)])


def _ids_of(named: pd.Series, places: pd.DataFrame, declared: Results, path: Path, *, is_new: bool) -> pd.Series:
    """Return the ids of the places that are named by id, code or name; nothing for those that are not drawn."""
    ids = places["locality_id"].astype("str")
    known = {slug: place for slug, place in zip(places["locality_name"].map(slug_of), ids, strict=True)}
    repeated = places["locality_name"].map(slug_of).value_counts()
    known = {slug: place for slug, place in known.items() if repeated[slug] == 1}
    known |= {slug_of(one.partition(":")[2]): one for one in ids} | {slug_of(one): one for one in ids}
    found = named.map(slug_of).map(known)
    if found.isna().any() and not is_new:
        gone = named[found.isna()].nunique()
        _log.warning("Place Standard results %s: %d places are not drawn now, and not shown", declared.id, gone)
    if found.isna().any() and is_new:
        raise SchemaError(
            "Place Standard results name places that are not drawn", where=path, column="place",
            codes=sorted(set(named[found.isna()])),
            expected=f"ids, codes or names of {declared.places}, each of one place",
            found=f"{len(places):,} places in that drawing",
            remedy="correct them, or name another drawing under `places`",
        )  # fmt: skip
    return found


def _outcomes(table: pd.DataFrame, read: ReadRows) -> list[str | None]:
    """Return, for each row, what the evidence says of the outcomes beside its theme."""
    columns = [f"{name}_votes_scotland" for name in _VOTES]
    verdicts = read(
        "verdicts", columns=["locality_id", *columns], where={"locality_id": table["locality_id"].unique().tolist()}
    )
    votes: dict[tuple[str, str], str] = {}
    for row in verdicts.to_dict("records"):
        for name, words in _VOTES.items():
            for vote in str(row[f"{name}_votes_scotland"] or "").split("; "):
                votes[str(row["locality_id"]), vote] = words
    found: list[str | None] = []
    for place, theme in zip(table["locality_id"], table["theme"], strict=True):
        vote = THEMES[theme].replace("_", " ")
        words = votes.get((place, vote), "not shown to be poorer")
        found.append(f"{vote.capitalize()}: {words}" if vote and vote != "access" else None)
    return found


def said_in(rows: pd.DataFrame) -> list[str]:
    """Return in plain words what residents of one place said: lowest and highest themes, whom it rests on, groups.

    Parameters
    ----------
    rows
        Rows of ``place_standard`` of one place.
    """
    lines = []
    for _, one in rows.groupby("results_id", sort=True):
        first = one.iloc[0]
        about = f"{first['results_title']}, {first['gathered']}"
        every = one[one["answer_group"] == EVERYONE]
        shown = every[every["answer_status"] == "observed"].sort_values(["place_score", "theme_number"])
        if shown.empty:
            lines.append(f"{about}: withheld, because too few people answered.")
            continue
        people = shown["people_asked"].astype(int)
        count = f"{people.min():,}" if people.min() == people.max() else f"{people.min():,} to {people.max():,}"
        lines.append(
            f"{about}: {count} people, who scored each theme from 1 (much to improve) to 7 (little to improve). "
            f"Lowest: {_scores(shown.head(_NAMED))}. Highest: {_scores(shown.tail(_NAMED).iloc[::-1])}."
        )
        beside = shown[shown["place_score"].lt(LOW) & shown["outcome_beside"].notna()]
        if len(beside):
            pairs = "; ".join(
                f"{row.theme} {row.place_score:.1f} ({row.outcome_beside})" for row in beside.itertuples()
            )
            lines.append(f"Low scores beside what the figures say of outcomes: {pairs}.")
        lines.append(_of_groups(one))
    if lines:
        lines.append(
            "These are the answers of those who took part, who need not be like all residents: they are not tested, "
            "and have no part in the verdict."
        )
    return [line for line in lines if line]


def _of_groups(rows: pd.DataFrame) -> str:
    groups = rows[rows["answer_group"] != EVERYONE]
    if groups.empty:
        return ""
    withheld = groups.groupby("answer_group")["answer_status"].agg(lambda one: (one == "withheld").all())
    shown = groups[groups["answer_status"] == "observed"].sort_values(["place_score", "theme_number"])
    lowest = shown.drop_duplicates("answer_group").sort_values("answer_group")
    parts = [f"{row.answer_group}: {row.theme} {row.place_score:.1f}" for row in lowest.itertuples()]
    text = f"Lowest by group: {'; '.join(parts)}." if parts else ""
    if names := withheld.index[withheld].tolist():
        text += f" Withheld, because few answered or others' scores would tell: {'; '.join(names)}."
    return text.strip()


def _scores(rows: pd.DataFrame) -> str:
    return "; ".join(f"{row.theme} {row.place_score:.1f}" for row in rows.itertuples())


def texts_of(table: pd.DataFrame) -> dict[str, str]:
    """Return what was said in each place that answered, line by line, by its id."""
    return {str(place): "\n".join(said_in(rows)) for place, rows in table.groupby("locality_id", sort=True)}


def themes_low(table: pd.DataFrame) -> dict[str, str]:
    """Return how many themes everyone scores below the middle, in each place that answered: none, some, most.

    Of several rounds the last by id counts. ``withheld`` where no score may be shown.
    """
    every = table[table["answer_group"] == EVERYONE]
    last = every.groupby("locality_id")["results_id"].transform("max")
    shown = every[every["results_id"] == last]
    share = shown["place_score"].lt(LOW).where(shown["place_score"].notna()).astype("float64")
    by_place = share.groupby(shown["locality_id"].astype("str")).mean()
    words = np.select([by_place.isna(), by_place >= 0.5, by_place > 0], ["withheld", "most", "some"], "none")
    found = dict.fromkeys(table["locality_id"].astype("str").unique(), "withheld")
    return found | dict(zip(by_place.index, words.tolist(), strict=True))
