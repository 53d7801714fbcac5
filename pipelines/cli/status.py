"""`localities status`, `history` and `diff`: how things stand, what was kept, and what moved between two editions."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import Areas, AsJson, HomeFolder, Limit, Sample, areas_named, first_rows, home_of
from pipelines.cli.parts.output import count, in_words, number, records, rows_in, screen, table, to_stderr, write_json

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.run.differences import Difference

_STYLES = {"good": "green", "stale": "yellow", "held back": "bold yellow", "missing": "bold red"}


def show_status(
    fail_if_older: Annotated[
        str | None,
        typer.Option(
            "--fail-if-older",
            metavar="36h",
            help="End with exit code 1 where all was last well longer ago than this (m, h or d), for cron or the Task "
            "Scheduler: a scheduler that has died tells nobody.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--every", help="List also what is good.")] = False,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show how things stand: what is fresh, stale, held back or missing, and what to do. Asks no one."""
    from pipelines.run.history import last_success
    from pipelines.run.status import duration, status
    from pipelines.run.workspace import open_workspace

    longest = duration(fail_if_older) if fail_if_older is not None else None
    workspace = open_workspace(home_of(home, is_sample=sample), is_sample=sample)
    states = status(workspace)
    if as_json:
        write_json([asdict(one) for one in states])
    else:
        shown = [one for one in states if every or one.state != "good" or one.kind == "run"]
        table(
            "How things stand",
            (("What", "code"), ("State", "left"), ("Found", "left"), ("To do", "left")),
            [(one.what, one.state, one.found, one.remedy) for one in shown],
            styles=_STYLES,
        )
        kinds = {kind: [one for one in states if one.kind == kind] for kind in ("source", "table")}
        parts = [
            f"{sum(one.state == 'good' for one in found)} of {len(found)} {kind}s are good"
            for kind, found in kinds.items()
        ]
        screen().print(f"{', '.join(parts)}.", markup=False)
    if longest is None:
        return
    found = last_success(workspace.home)
    if found is None or dt.datetime.now(dt.UTC) - found.at > longest:
        when = "never" if found is None else f"last on {found.at.isoformat(timespec='minutes')}"
        to_stderr(f"Error: all was {when} well here, longer ago than {fail_if_older}.")
        raise typer.Exit(1)


def history(sample: Sample = False, home: HomeFolder = None, as_json: AsJson = False) -> None:
    """List the editions that are kept: what stood in the store each time that something had changed."""
    from pipelines.storage.editions import Editions

    editions = Editions(home_of(home, is_sample=sample).editions)
    found = editions.all()
    rows: list[tuple[str, str, list[str], Path | None]] = []
    for before, one in zip([None, *found], found, strict=False):
        old = before.versions() if before else {}
        page = editions.root / f"{one.id}.html"
        changed = [name for name, version in one.versions().items() if old.get(name) != version]
        rows.append((one.id, one.made_at, changed, page if page.is_file() else None))
    if as_json:
        write_json([dict(zip(("edition", "made_at", "changed", "page"), row, strict=True)) for row in rows])
        return
    if not rows:
        screen().print("No edition is kept yet: the first run keeps one.")
        return
    table(
        f"Editions in {editions.root}",
        (("Edition", "code"), ("Made", "left"), ("What had changed", "left"), ("Page", "left")),
        [(name, made_at, ", ".join(changed), page.name if page else "") for name, made_at, changed, page in rows[::-1]],
        caption="`localities diff EDITION` holds one against the last; with two names, one against the other.",
        if_wide=("Page",),
    )


def diff(
    first: Annotated[
        str | None, typer.Argument(metavar="[EDITION]", help="The earlier one; by default the last but one.")
    ] = None,
    second: Annotated[
        str | None, typer.Argument(metavar="[EDITION]", help="The later one; by default the last.")
    ] = None,
    area: Areas = None,
    sample: Sample = False,
    home: HomeFolder = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Show what moved between two editions: figures that publishers revised, verdicts that moved, and why."""
    from indicators.errors import ConfigError
    from pipelines.run.differences import difference
    from pipelines.storage.editions import Editions

    working = home_of(home, is_sample=sample)
    areas = areas_named(area, working, is_sample=sample)
    editions = Editions(working.editions)
    kept = editions.all()
    if len(kept) < 2:
        raise ConfigError(
            "There are not two editions to hold against each other",
            where=editions.root,
            found=f"{len(kept)} kept",
            remedy="`localities run` keeps one each time that something changed",
        )
    after = editions.find(second) if second else kept[-1]
    before = editions.find(first) if first else kept[-2]
    found = difference(editions, before, after)
    moved = found.verdicts if areas is None else found.verdicts[found.verdicts["cpp_code"].isin(areas)]
    if as_json:
        write_json(
            {
                "before": found.before,
                "after": found.after,
                "sources": list(found.sources),
                "settings": [{"setting": name, "before": a, "after": b} for name, a, b in found.settings],
                "code": list(found.code),
                "figures": records(found.figures),
                "verdicts": records(moved),
            }
        )
        return
    _show(found, moved, limit)


def _show(found: Difference, moved: pd.DataFrame, limit: int | None) -> None:
    console = screen()
    console.print(f"From edition {found.before} to {found.after}.\n", markup=False)
    if len(found.figures):
        shown = first_rows(found.figures, limit, is_for_machines=False)
        table(
            f"Figures that moved: {len(found.figures):,} indicators and periods",
            (("Indicator", "code"), ("Period", "left"), ("Changed", "right"), ("New", "right"), ("Gone", "right"),
             ("Largest change", "right")),
            [
                (row.indicator_id, row.period, count(row.changed), count(row.appeared), count(row.gone),
                 number(row.largest))
                for row in rows_in(shown)
            ],
            caption="Areas in all. Largest change in the indicator's unit.",
        )  # fmt: skip
    else:
        console.print("No figure moved.\n")
    if len(moved):
        shown = first_rows(moved, limit, is_for_machines=False)
        table(
            f"Verdicts that moved: {len(moved):,}",
            (("Partnership", "left"), ("Candidate set", "left"), ("Locality", "left"), ("Against Scotland", "left"),
             ("Within the partnership", "left"), ("Because", "left")),
            [
                (row.cpp_name, row.candidate_set, row.locality_name,
                 _moved(row.verdict_scotland_before, row.verdict_scotland_after),
                 _moved(row.verdict_cpp_before, row.verdict_cpp_after), row.because)
                for row in rows_in(shown)
            ],
            caption="Every cause that there was is named; which of several tipped it is not guessed.",
            once=("Partnership", "Candidate set"),
        )  # fmt: skip
    else:
        console.print("No verdict moved.\n")
    for what, names in (("Files of sources that changed", found.sources), ("Tables whose code changed", found.code)):
        if names:
            console.print(f"{what}: {', '.join(names)}.\n", markup=False)
    for name, before, after in found.settings:
        console.print(f"Threshold {name}: {before} before, {after} now.", markup=False)


def _moved(before: object, after: object) -> str:
    old, new = in_words(before) or "none", in_words(after) or "none"
    return new if old == new else f"{old} → {new}"
