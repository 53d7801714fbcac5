"""`localities run`: the main job, and what it says when it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.parts.choices import (
    Areas,
    AsJson,
    CandidateSets,
    HomeFolder,
    Mirror,
    Sample,
    Zones,
    areas_named,
    home_of,
    refuse,
    sets_named,
)
from pipelines.cli.parts.output import (
    Column,
    count,
    percent,
    rows_in,
    say_fictional,
    screen,
    table,
    to_stderr,
    write_json,
)
from pipelines.cli.parts.progress import watching

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.run.report import Published, Report
    from pipelines.run.workspace import Workspace
    from pipelines.storage.store import Store

FLAG_COLUMNS: tuple[Column, ...] = (
    ("Candidate set", "left"),
    ("Localities", "right"),
    ("Poorer than both", "right"),
    ("Than Scotland", "right"),
    ("Only within CPP", "right"),
    ("Some evidence", "right"),
    ("No evidence", "right"),
    ("Too little evidence", "right"),
    ("Residents, Scotland", "right"),
    ("Residents, CPP", "right"),
)


def run(
    area: Areas = None,
    mirror: Mirror = None,
    sample: Sample = False,
    candidate_set: CandidateSets = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where to publish. By default publications/ of the working folder."),
    ] = None,
    home: HomeFolder = None,
    zones: Zones = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no publisher: the mirror and what is here.")] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only warnings and errors.")] = False,
) -> None:
    """Bring everything up to date: fetch, compute what changed, publish.

    All of Scotland is computed in one pass; --area and --candidate-set say what is published.
    """
    if sample and mirror is not None:
        raise refuse("The sample needs no mirror: give --sample or --mirror.", "--mirror")
    working = home_of(home, zones=zones)
    areas = areas_named(area, home_of(home, is_sample=sample, zones=zones), is_sample=sample)
    sets = sets_named(candidate_set, home_of(home, is_sample=sample, zones=zones))

    from pipelines.run.run import run as run_all
    from pipelines.run.workspace import open_workspace

    workspace = open_workspace(working, mirror=mirror, is_sample=sample)
    with watching(is_quiet=quiet) as watch:
        report = run_all(
            workspace,
            areas=areas,
            candidate_sets=sets,
            out=out,
            progress=watch.step,
            received=watch.received,
            network=not offline,
        )
    flags = flagged(workspace.store, areas, sets)
    if as_json:
        write_json(summary(workspace, report, flags, areas=areas, sets=sets))
    elif not quiet:
        _show(workspace, report, flags, areas=areas, home=home)
    for warning in [*report.warnings, *unassessable(workspace.store)]:
        to_stderr(f"Warning: {warning}")


def unassessable(store: Store) -> list[str]:
    """Return a warning where verdicts hang on figures that these zones do not have."""
    from indicators.schema.vocabulary import OPEN_VERDICT
    from pipelines.storage.reading import rows_of

    if not {"zones", "verdicts"} <= set(store.manifests()):
        return []
    is_open = rows_of(store, "verdicts", columns=["reason"])["reason"].str.startswith(OPEN_VERDICT)
    if not is_open.any():
        return []
    vintage = rows_of(store, "zones", columns=["vintage"])["vintage"].iloc[0]
    return [
        f"figures of other zones (another census's, or larger ones) are modelled on zones of {vintage}: "
        f"{int(is_open.sum()):,} of {len(is_open):,} localities cannot be assessed there"
    ]


_ANSWERED = ("verdict_scotland", "verdict_cpp")
_FLAGGED = ("residents_flagged_scotland", "residents_flagged_cpp")


def flagged(store: Store, areas: Sequence[str] | None, sets: Sequence[str] | None) -> pd.DataFrame:
    """Return how many localities have each pair of answers, one row per candidate set, in order of set.

    Columns: ``candidate_set, localities``, one for each of `indicators.schema.vocabulary.ANSWERS`, ``residents,
    residents_flagged_scotland, residents_flagged_cpp``; residents are people. The two answers are never added up.
    """
    import pandas as pd

    from indicators.schema.vocabulary import ANSWERS
    from pipelines.cli.parts.reading import where_of
    from pipelines.storage.reading import rows_of

    if not {"verdicts", "candidate_localities"} <= set(store.manifests()):
        return pd.DataFrame(columns=["candidate_set", "localities", *ANSWERS, "residents", *_FLAGGED])
    where = where_of(cpp_code=areas, candidate_set=sets)
    verdicts = rows_of(store, "verdicts", columns=["locality_id", "candidate_set", "answer", *_ANSWERED], where=where)
    residents = rows_of(store, "candidate_localities", columns=["locality_id", "population"])
    rows = verdicts.merge(residents, on="locality_id", validate="one_to_one")
    grouped = rows.groupby("candidate_set", sort=True)
    counts = pd.crosstab(rows["candidate_set"], rows["answer"]).reindex(columns=list(ANSWERS), fill_value=0)
    return (
        pd.DataFrame(
            {
                "localities": grouped.size(),
                **{answer: counts[answer] for answer in ANSWERS},
                "residents": grouped["population"].sum(),
                **{
                    flagged: rows[rows[answered] == "strong_evidence"].groupby("candidate_set")["population"].sum()
                    for flagged, answered in zip(_FLAGGED, _ANSWERED, strict=True)
                },
            }
        )
        .fillna(0)
        .astype(int)
        .rename_axis("candidate_set")
        .reset_index()
    )


def summary(
    workspace: Workspace,
    report: Report,
    flags: pd.DataFrame,
    *,
    areas: Sequence[str] | None,
    sets: Sequence[str] | None,
) -> dict[str, Any]:
    """Return what a run did, for `--json`."""
    from pipelines.cli.parts.output import records

    return {
        "areas": "all" if areas is None else list(areas),
        "candidate_sets": "all" if sets is None else list(sets),
        "home": workspace.home.root,
        "is_fictional": workspace.is_fictional,
        "sources": [
            {
                "source_id": key,
                "address_used": one.address_used,
                "sha256": one.sha256,
                "is_changed": one.changed,
                "is_stale": one.served_stale,
                "note": one.note,
            }
            for key, one in sorted(report.fetched.items())
        ],
        "left_out": [
            {"source_id": key, "missed": list(one.missed), "reason": one.reason}
            for key, one in sorted(report.left_out.items())
        ],
        "tables": _tables(workspace, report),
        "flagged": records(flags),
        "publications": sorted(
            (
                {"name": one.name, "path": str(one.path), "status": one.status, "note": one.note, "sha256": one.sha256}
                for one in report.published
            ),
            key=lambda one: (str(one["name"]), str(one["path"])),
        ),
        "edition": report.edition,
        "warnings": [*report.warnings, *unassessable(workspace.store)],
        "seconds": {phase: round(seconds, 3) for phase, seconds in report.seconds.items()},
    }


def _tables(workspace: Workspace, report: Report) -> list[dict[str, Any]]:
    """Return every table with its rows and whether this run recomputed it, in order of name."""
    why = report.plan.why()
    return [
        {
            "table": name,
            "rows": manifest.rows,
            "version": manifest.version,
            "is_recomputed": name in report.computed,
            "reasons": _reasons(name, why, len(manifest.parts)) if name in report.computed else [],
        }
        for name, manifest in sorted(workspace.store.manifests().items())
    ]


def _reasons(table: str, why: Mapping[str, Sequence[str]], parts: int) -> list[str]:
    """Return why a table was computed, or those of its parts that were: by name where it was not all of them."""
    due = {name.partition("/")[2]: reasons for name, reasons in why.items() if name.startswith(f"{table}/")}
    if not due:
        return list(why.get(table, ()))
    is_all = len(due) == parts
    return list(dict.fromkeys(
        one if is_all else f"{name}: {one}" for name, reasons in due.items() for one in reasons
    ))  # fmt: skip


def _show(
    workspace: Workspace, report: Report, flags: pd.DataFrame, *, areas: Sequence[str] | None, home: Path | None
) -> None:
    from indicators.schema.vocabulary import ANSWERS

    console = screen()
    if workspace.is_fictional:
        say_fictional()
    tables = _tables(workspace, report)
    recomputed = [one for one in tables if one["is_recomputed"]]
    if recomputed:
        table(
            "Tables recomputed",
            (("Table", "left"), ("Rows", "right"), ("Why", "left")),
            [(one["table"], count(one["rows"]), _short(one["reasons"])) for one in recomputed],
        )
    unchanged = [one["table"] for one in tables if not one["is_recomputed"]]
    if unchanged:
        sentence = (
            "Nothing has changed: no table was recomputed." if not recomputed else f"Unchanged: {', '.join(unchanged)}."
        )
        console.print(f"{sentence}\n", markup=False)
    if len(flags):
        table(
            f"Localities by answer{_of(workspace.store, areas)}",
            FLAG_COLUMNS,
            [
                (
                    str(row.candidate_set),
                    count(row.localities),
                    *(count(getattr(row, answer)) for answer in ANSWERS),
                    *(percent(getattr(row, name) / row.residents) if row.residents else "" for name in _FLAGGED),
                )
                for row in rows_in(flags)
            ],
            if_wide=("Some evidence", "No evidence", "Too little evidence"),
            caption="Two answers, against Scotland and within the partnership, never added up. Sets overlap.",
        )
    _show_publications(report)
    if report.edition:
        console.print(f"Edition {report.edition} kept: `localities diff` says what moved.\n", markup=False)
    phases = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in report.seconds.items() if seconds >= 0.05)
    total = sum(report.seconds.values())
    console.print(f"Done in {total:.1f} seconds{f' ({phases})' if phases else ''}.", markup=False, soft_wrap=True)
    command, options = _as_typed(workspace, home)
    console.print(
        f"Next: `{command} candidates{options}`, `{command} findings{options}`,"
        f" `{command} explain LOCALITY{options}` with an id that the first of these prints.",
        markup=False,
        soft_wrap=True,
    )


def _as_typed(workspace: Workspace, home: Path | None) -> tuple[str, str]:
    """Return how this program is called from here, and the options that name what this run made."""
    import shutil
    import sys

    called = Path(sys.argv[0])
    command = "localities"
    if called.stem == command and shutil.which(command) is None:
        # not on the path, as after `make run`: the program of the environment
        command = str(called)
    options = (" --sample" if workspace.is_fictional else "") + (f' --home "{home}"' if home is not None else "")
    return command, options


def _of(store: Store, areas: Sequence[str] | None) -> str:
    """Return the areas that a table is about, in words."""
    from pipelines.storage.reading import rows_of

    if areas is None:
        return ""
    zones = rows_of(store, "zones", columns=["cpp_code", "cpp_name"], where={"cpp_code": areas}).drop_duplicates()
    names = sorted(zones["cpp_name"])
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f" in {'; '.join(names[:4])}{more}"


def _short(reasons: Sequence[str]) -> str:
    more = f" and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}" if reasons else ""


def _show_publications(report: Report) -> None:
    if not report.published:
        return
    due = [one for one in report.published if one.status != "unchanged"]
    if due:
        words = {"written": "written", "kept_beside": "in use by another program: the new one is beside it"}
        table(
            f"Publications in {_folder(report)}",
            (("File", "left"), ("Status", "left")),
            [(name, words.get(status, status)) for name, status in _gathered(due)],
        )
    left_alone = len(report.published) - len(due)
    if left_alone:
        screen().print(
            f"Publications left alone, being up to date: {left_alone} in {_folder(report)}.\n",
            markup=False,
            soft_wrap=True,
        )


def _gathered(published: Sequence[Published]) -> list[tuple[str, str]]:
    """Return file and status; files that were written into a folder beneath stand together on one line."""
    lines: dict[tuple[str, str], int] = {}
    for one in published:
        name = one.name if one.status == "written" else str(one.path)
        parent = Path(one.name).parent.as_posix()
        if one.status == "written" and parent != ".":
            name = f"{parent}/*{Path(one.name).suffix}"
        lines[name, one.status] = lines.get((name, one.status), 0) + 1
    return [(f"{name} ({number} files)" if number > 1 else name, status) for (name, status), number in lines.items()]


def _folder(report: Report) -> Path:
    """Return the folder of the publications; names may lead into folders beneath it."""
    first = report.published[0]
    return Path(first.path).parents[len(Path(first.name).parts) - 1]
