"""Results of the Place Standard tool as a partnership brings them: a table and its declaration, read and protected.

Fourteen themes, each scored 1 (much to improve) to 7 (little to improve). ``place_standard/<id>.yaml`` in the working
folder says what ``<id>.csv`` beside it holds. What the tool itself hands out has no published format, so the table is
of one documented form (docs/decisions.md), aggregated or with a row per answer.

Few answers are withheld before anything else sees them. Where everyone's score stands beside those of groups, a single
group withheld could be worked out from the others, so the next smallest goes with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import pydantic
import pydantic.dataclasses

from indicators.declaring.strict_yaml import STRICT, read_as
from indicators.errors import SchemaError, UnreadableSource
from localities.councils import slug_of

WHAT = "A declaration of Place Standard results"
EVERYONE = "everyone"
SMALLEST = 10
"""Answers below which a score is withheld, unless the declaration says otherwise."""

THEMES: dict[str, str] = {
    "Moving around": "access",
    "Public transport": "access",
    "Traffic and parking": "",
    "Streets and spaces": "",
    "Natural space": "",
    "Play and recreation": "",
    "Facilities and services": "access",
    "Work and local economy": "income_and_work",
    "Housing and community": "housing",
    "Social interaction": "",
    "Identity and belonging": "",
    "Feeling safe": "crime",
    "Care and maintenance": "",
    "Influence and sense of control": "",
}
"""The themes in the tool's order, and the vote whose outcomes stand beside each, if one does."""

_ALSO = {"facilities-and-amenities": "Facilities and services", "social-contact": "Social interaction"}
_BY_SLUG = {**{slug_of(one): one for one in THEMES}, **_ALSO}
_LEAST, _MOST = 1.0, 7.0

Words = Annotated[str, pydantic.Field(min_length=1)]


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Results:
    """One round of answers, as it is declared."""

    id: Annotated[str, pydantic.Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    """Name of the files: lower-case words and digits joined by hyphens."""
    title: Words
    """What it is called, such as the name of the engagement."""
    gathered: Words
    """When the answers were given, in words."""
    places: Words
    """Id of the candidate set whose places the column ``place`` names."""
    licence: Words = "Not stated: whoever gathered the answers decides"
    """The terms on which the scores may be shown."""
    smallest_count: Annotated[int, pydantic.Field(ge=3)] = SMALLEST
    """Fewer answers than this are withheld."""


def read_results(folder: Path) -> list[tuple[Results, Path]]:
    """Return every round declared in a folder, with its table, in order of id; none where there is no folder.

    Raises
    ------
    ConfigError
        If a declaration is wrong.
    UnreadableSource
        If its table is not there.
    """
    found = []
    for path in sorted(folder.glob("*.yaml")):
        declared: Results = read_as(Results, path, WHAT)
        table = path.with_suffix(".csv")
        if declared.id != path.stem or not table.is_file():
            raise UnreadableSource(
                "Place Standard results are not whole", where=path, expected=f"{declared.id}.yaml and .csv",
                found="another name" if declared.id != path.stem else f"no {table.name}",
                remedy="bring them in again: localities place-standard add",
            )  # fmt: skip
        found.append((declared, table))
    return found


def read_answers(path: Path) -> pd.DataFrame:
    """Return the scores of a table, one row per place, theme and group, not protected yet.

    Parameters
    ----------
    path
        CSV in UTF-8 with the column ``place``; ``group`` where answers are told apart (``Age: 16 to 24``: what stands
        before the colon is the kind of group); and either ``theme``, ``score`` and ``people``, or a column named for
        each theme, with ``people``, or without, when each row is one person's answers.

    Returns
    -------
    pandas.DataFrame
        ``place, group, theme, score, people``; the group is `EVERYONE` where none is named. Of persons' answers the
        score is their mean, and everyone's stands beside the groups'.

    Raises
    ------
    UnreadableSource, SchemaError
        If it is no such table: naming columns, themes or cells.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableSource(
            "Place Standard results cannot be read", where=path, found=error, remedy="save the table as CSV in UTF-8",
        ) from error  # fmt: skip
    table.columns = [" ".join(one.split()) for one in table.columns]
    lower = {one.casefold(): one for one in table.columns}
    wide = [one for one in table.columns if slug_of(one) in _BY_SLUG]
    needed = ["place"] if wide else ["place", "theme", "score", "people"]
    if absent := [one for one in needed if one not in lower]:
        raise SchemaError(
            "Place Standard results lack columns", where=path, codes=absent,
            expected="place, theme, score, people (and group); or place and a column for each theme",
            found=", ".join(table.columns), remedy="name the columns so",
        )  # fmt: skip
    given = table.rename(
        columns={lower[one]: one for one in ("place", "theme", "score", "people", "group") if one in lower}
    )
    given["group"] = given["group"].str.strip().replace("", EVERYONE) if "group" in given else EVERYONE
    given["place"] = given["place"].str.strip()
    is_of_persons = bool(wide) and "people" not in given
    if wide:
        kept = ["place", "group", *(["people"] if "people" in given else [])]
        given = given.melt(id_vars=kept, value_vars=wide, var_name="theme", value_name="score")
        given = given[given["score"].str.strip() != ""]
    slugs = given["theme"].map(slug_of)
    if (strange := ~slugs.isin(_BY_SLUG)).any():
        raise SchemaError(
            "A theme is none of the Place Standard's", where=path, column="theme",
            codes=sorted(set(given.loc[strange, "theme"])), expected="; ".join(THEMES), remedy="correct it",
        )  # fmt: skip
    given = given.assign(theme=slugs.map(_BY_SLUG), score=_numbers(given["score"], path, "score", _LEAST, _MOST))
    if is_of_persons:
        return _counted(given)
    given["people"] = _numbers(given["people"], path, "people", 0.0, np.inf)
    if given.duplicated(["place", "group", "theme"]).any():
        raise SchemaError(
            "A place, group and theme is there twice", where=path,
            codes=given.loc[given.duplicated(["place", "group", "theme"]), "place"].unique(),
            remedy="leave one row of each",
        )  # fmt: skip
    return given[["place", "group", "theme", "score", "people"]].reset_index(drop=True)


def _numbers(column: pd.Series, path: Path, name: str, least: float, most: float) -> pd.Series:
    found = pd.to_numeric(column.str.strip(), errors="coerce")
    if (wrong := ~found.between(least, most)).any():
        raise SchemaError(
            "A cell is no number that can be", where=path, column=name, codes=column[wrong].unique(),
            expected=f"a number from {least:g}" + (f" to {most:g}" if np.isfinite(most) else " up"),
            found=f"{int(wrong.sum()):,} others", remedy="correct them; leave out rows without an answer",
        )  # fmt: skip
    return found.astype("float64")


def _counted(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the means of persons' answers, by group and of everyone."""
    grouped = answers[answers["group"] != EVERYONE]
    every = pd.concat([answers.assign(group=EVERYONE), grouped])
    summed = (
        every.groupby(["place", "group", "theme"], sort=True)["score"].agg(score="mean", people="size").reset_index()
    )
    return summed.astype({"people": "float64"})


def protected(answers: pd.DataFrame, smallest_count: int) -> pd.DataFrame:
    """Return the same rows with few answers withheld: ``score`` and ``people`` missing, ``answer_status`` says so.

    Parameters
    ----------
    answers
        From `read_answers`.
    smallest_count
        Fewer are withheld, and with a single group of a kind the next smallest of that kind, lest it be worked out
        from everyone's score and the others'. Scores that are shown are rounded to one decimal.

    Examples
    --------
    >>> rows = pd.DataFrame({"place": "a", "theme": "Feeling safe", "group": ["everyone", "Age: old", "Age: young"],
    ...                      "score": [4.04, 4.5, 2.2], "people": [40, 32, 8]})
    >>> protected(rows, 10)["answer_status"].tolist()
    ['observed', 'withheld', 'withheld']
    """
    kind = answers["group"].where(answers["group"] != EVERYONE, "").str.partition(":")[0]
    few = answers["people"] < smallest_count
    is_group = answers["group"] != EVERYONE
    key = [answers["place"], answers["theme"], kind]
    hidden = few.groupby(key).transform("sum")
    order = answers["people"].where(is_group & ~few).groupby(key).rank(method="first")
    withheld = few | (is_group & (hidden == 1) & (order == 1))
    return answers.assign(
        score=answers["score"].round(1).where(~withheld),
        people=answers["people"].where(~withheld),
        answer_status=np.where(withheld, "withheld", "observed"),
    )
