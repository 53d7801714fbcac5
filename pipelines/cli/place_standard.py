"""`localities place-standard`: what residents said of their places, brought in, listed and taken out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import Areas, AsCsv, AsJson, HomeFolder, Sample, home_of, refuse, sets_named
from pipelines.cli.parts.output import EXIT_CODES, rows_in, screen, table
from pipelines.cli.parts.reading import open_store
from pipelines.cli.parts.results import asked_for

if TYPE_CHECKING:
    import pandas as pd

NEEDED = ("candidate_localities", "verdicts")


place_standard = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What residents said of their places (Place Standard)."
)


@place_standard.command("add", epilog=EXIT_CODES)
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Scores by place, theme and group, or answers.")],
    title: Annotated[str, typer.Option("--title", help="Name of the round of answers.")],
    gathered: Annotated[str, typer.Option("--gathered", help="When they were given, such as 'March 2025'.")],
    places: Annotated[str, typer.Option("--places", metavar="SET", help="Way of drawing whose places it names.")],
    smallest_count: Annotated[
        int, typer.Option("--smallest-count", min=3, help="Scores of fewer people are withheld.")
    ] = 10,
    sample: Sample = False,
    home: HomeFolder = None,
) -> None:
    """Bring in a table of Place Standard results; docs/decisions.md says what it looks like.

    It is read and its places are looked up before it is kept. What it says of few people is withheld everywhere.
    """
    from functools import partial

    import yaml

    from indicators.declaring.strict_yaml import check_as
    from localities.councils import slug_of
    from localities.place_standard.beside import build_place_standard
    from localities.place_standard.results import WHAT, Results
    from pipelines.run.workspace import the_only_run
    from pipelines.storage.reading import rows_of
    from pipelines.storage.whole import write_whole

    working = home_of(home, is_sample=sample)
    store = open_store(working, *NEEDED, is_sample=sample)
    (drawing,) = sets_named([places], working) or [places]
    content = {"id": slug_of(title), "title": title, "gathered": gathered, "places": drawing,
               "smallest_count": smallest_count}  # fmt: skip
    declared: Results = check_as(Results, content, WHAT)
    rows = build_place_standard([(declared, file)], partial(rows_of, store), is_new=True)
    with the_only_run(working):
        target = working.place_standard / f"{declared.id}.csv"
        if target.exists() and target.read_bytes() != file.read_bytes():
            raise refuse(
                f"{declared.id} is there with other answers: take it out first, or give another title.", "--title"
            )
        working.place_standard.mkdir(parents=True, exist_ok=True)
        write_whole(target, file.read_text(encoding="utf-8-sig"))
        write_whole(target.with_suffix(".yaml"), yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    withheld = int((rows["answer_status"] == "withheld").sum())
    screen().print(
        f"{title}: {rows['locality_id'].nunique():,} places, {len(rows):,} scores, of which {withheld:,} are withheld "
        f"(fewer than {smallest_count} people, or others would tell). Kept as {target}. The next `localities run` "
        "shows them beside the evidence; no verdict reads them.",
        markup=False,
    )


@place_standard.command("show", epilog=EXIT_CODES)
def show(
    area: Areas = None, sample: Sample = False, home: HomeFolder = None, as_json: AsJson = False, as_csv: AsCsv = False
) -> None:
    """List scores by place and theme, of everyone and of groups; few answers are withheld."""
    from pipelines.run.place_standard import place_standard_in

    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=area)
    store = open_store(asked.home, *NEEDED, is_sample=sample)
    rows = place_standard_in(asked.home, store, cpp_codes=asked.areas)

    def for_people(shown: object) -> None:
        from localities.place_standard.beside import said_in

        for _, place in rows.groupby("locality_id", sort=False):
            first = place.iloc[0]
            table(
                f"{first['locality_name']} ({first['locality_id']}), {first['cpp_name']}",
                (("Theme", "left"), ("Who", "left"), ("Score, 1 to 7", "right"), ("People", "right"),
                 ("What the figures say beside it", "left")),
                [
                    (row.theme, row.answer_group, _shown(row.place_score, 1), _shown(row.people_asked, 0),
                     row.outcome_beside if isinstance(row.outcome_beside, str) else "")
                    for row in rows_in(_in_short(place))
                ],
                caption="\n".join(said_in(place)),
                once=("Who",),
            )  # fmt: skip

    asked.show(
        rows, for_people, what="scores", nothing="No answers have been brought in: localities place-standard add"
    )


def _shown(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}" if value == value else "withheld"


def _in_short(place: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of a place with one row for a group of which all are withheld."""
    import numpy as np

    is_hidden = place["answer_status"].eq("withheld").groupby(place["answer_group"]).transform("all")
    rows = place.assign(
        theme=place["theme"].where(~is_hidden, "all themes"),
        outcome_beside=place["outcome_beside"].where(~is_hidden, np.nan),
    )
    return rows[~(is_hidden & rows["answer_group"].duplicated())]


@place_standard.command("remove", epilog=EXIT_CODES)
def remove(
    results: Annotated[str, typer.Argument(metavar="ID", help="Round of answers, as its files are named.")],
    home: HomeFolder = None,
) -> None:
    """Take a round of answers out: its table and its declaration are deleted."""
    from pipelines.run.workspace import the_only_run

    working = home_of(home)
    known = sorted(path.stem for path in working.place_standard.glob("*.yaml"))
    if results not in known:
        raise refuse(f"No such round of answers: {results!r}. There: {', '.join(known) or 'none'}.", "ID")
    with the_only_run(working):
        for ending in (".yaml", ".csv"):
            (working.place_standard / f"{results}{ending}").unlink(missing_ok=True)
    screen().print(f"Deleted: {results}. The next `localities run` publishes without it.", markup=False)
