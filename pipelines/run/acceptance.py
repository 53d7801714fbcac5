"""Acceptance: whether a file may serve, found by running on it what a run would run.

A new version of a file is read by the steps that read it, each kept to the indicators and candidate sets that need the
file, under the same declared form and rules as in a run; then it is compared with the tables as they are. The same
finds, when a step fails, the file that is at fault, so that a run can go on without it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.errors import LocalitiesError, UnreadableSource

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.run.workspace import Workspace
    from pipelines.steps.step import Context, Step

Tables = dict[str, "pd.DataFrame"]


def examiner(workspace: Workspace, source_id: str, *, compare: bool = True) -> Callable[[Path], None]:
    """Return the check that a new version of a source's file has to pass before it serves.

    The first version of all replaces nothing: it is read by the run itself, which finds what is at fault.
    """
    from pipelines.sources.held_back import read_held_back

    source = {**workspace.optional, **workspace.sources}[source_id]
    target = source.path_in(workspace.home.downloads)

    def check(candidate: Path) -> None:
        if target.is_file() or read_held_back(target) is not None:
            examine(workspace, source_id, candidate, compare=compare)

    return check


def examine(workspace: Workspace, source_id: str, path: Path, *, compare: bool = True) -> None:
    """Raise unless a run could use a file as that of a source.

    Parameters
    ----------
    workspace
        Whose steps, settings, catalogue, other files and tables are used. Nothing in it is changed.
    source_id, path
        The source, and the file to look at.
    compare
        Whether what it says is also compared with the tables as they are.

    Raises
    ------
    LocalitiesError
        As the readers and the rules; `indicators.observations.plausibility.Implausible` if it can be read and can
        hardly be true; `UnreadableSource` if a reader breaks off in a way that nobody foresaw.
    """
    from indicators.schema.validation import validate
    from localities.rules import check_rules

    files = {**_files(workspace), source_id: path}
    with tempfile.TemporaryDirectory(prefix="localities-") as scratch:
        for step in workspace.steps:
            if source_id not in step.find_sources() or "sources" in step.outputs:
                continue
            narrowed = _narrowed(workspace, step, files, source_id, Path(scratch))
            tables = {name: _table(workspace, name, files, Path(scratch)) for name in step.inputs}
            if narrowed is None or any(frame is None for frame in tables.values()):
                continue  # another file that it needs is not here either
            known = {name: frame for name, frame in tables.items() if frame is not None}
            made = _run(step, narrowed, known, source_id)
            valid = {name: validate(name, frame, keep_categories=True) for name, frame in made.items()}
            for name, frame in valid.items():
                check_rules(name, frame, {**known, **valid})
                _be_plausible(workspace, narrowed, name, frame, path.name, compare=compare)


def at_fault(workspace: Workspace, step: Step, files: Mapping[str, Path]) -> dict[str, LocalitiesError]:
    """Return, by source, why a file by itself makes a step fail; empty where the fault is not in one file.

    Sets of own boundaries are a person's own, and are never left out in silence.
    """
    from pipelines.sources.own import is_own

    found: dict[str, LocalitiesError] = {}
    for source_id in step.find_sources():
        if is_own(source_id) or source_id not in files:
            continue
        try:
            examine(workspace, source_id, files[source_id], compare=False)
        except LocalitiesError as error:
            found[source_id] = error
    # a file that is read beside the bad one fails with it: the error names the one that is at fault, or its indicators
    declared = {one.id: one.source for one in workspace.catalogue}
    named = {
        source_id: error
        for source_id, error in found.items()
        if files[source_id].name in str(error)
        or any(source == source_id and re.search(rf"\b{one}\b", str(error)) for one, source in declared.items())
    }
    return named or found


def _files(workspace: Workspace) -> dict[str, Path]:
    """Return the files that serve now."""
    places = {key: one.path_in(workspace.home.downloads) for key, one in workspace.sources.items()}
    return {key: place for key, place in places.items() if place.is_file()}


def _context(workspace: Workspace, files: Mapping[str, Path], scratch: Path) -> Context:
    from pipelines.sources.declarations import inferred
    from pipelines.steps.step import Context

    return Context(
        files=files,
        settings=workspace.settings,
        catalogue=workspace.catalogue,
        cache=scratch,
        inferred=inferred(workspace.sources),
    )


def _narrowed(
    workspace: Workspace, step: Step, files: Mapping[str, Path], source_id: str, scratch: Path
) -> Context | None:
    """Return what a step may use when it computes only what needs a source; None where nothing can be computed."""
    context = _context(workspace, files, scratch)
    if "observations" in step.outputs:
        from indicators.catalogue import Catalogue
        from indicators.readers import sources_of

        users = [one for one in workspace.catalogue if source_id in sources_of([one])]
        users = [one for one in users if set(sources_of([one])) <= set(files)]
        return replace(context, catalogue=Catalogue(tuple(users))) if users else None
    if "group_findings" in step.outputs:
        from indicators.catalogue import Catalogue
        from indicators.readers import sources_of

        groups = [one for one in workspace.catalogue.by_group if source_id in sources_of([one])]
        groups = [one for one in groups if set(sources_of([one])) <= set(files)]
        return replace(context, catalogue=Catalogue((), tuple(groups))) if groups else None
    if "candidate_localities" in step.outputs:
        from localities.candidate_sets import default_sets, drawable, set_ids
        from localities.candidate_sets import sources_of as needs

        # also those that are not drawn now: a file that nobody reads tonight serves whoever draws them tomorrow
        drawn = dict.fromkeys((*workspace.settings.candidate_sets, *default_sets(files)))
        users = [one for one in drawn if one in set_ids() and source_id in needs([one])]
        users = [one for one in users if drawable(one, files)]
        settings = replace(workspace.settings, candidate_sets=tuple(users))
        return replace(context, settings=settings) if users else None
    return context if set(step.find_sources()) <= set(files) else None


def _table(workspace: Workspace, name: str, files: Mapping[str, Path], scratch: Path) -> pd.DataFrame | None:
    """Return a table as it is, or as its step makes it of the files that are here; None where that cannot be."""
    if name in workspace.store.manifests():
        return workspace.store.read(name)
    step = next((one for one in workspace.steps if name in one.outputs), None)
    if step is None or not set(step.find_sources()) <= set(files):
        return None
    tables = {other: _table(workspace, other, files, scratch) for other in step.inputs}
    known = {other: frame for other, frame in tables.items() if frame is not None}
    return step.run(_context(workspace, files, scratch), known)[name] if len(known) == len(tables) else None


class _Opened(Mapping[str, Path]):
    """Files by source, that remembers which of them were asked for."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self.asked: set[str] = set()

    def __getitem__(self, source_id: str) -> Path:
        self.asked.add(source_id)
        return self._files[source_id]

    def __contains__(self, source_id: object) -> bool:
        return source_id in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _run(step: Step, context: Context, tables: Tables, source_id: str) -> Tables:
    files = _Opened(context.files)
    path = context.files[source_id]
    try:
        made = step.run(replace(context, files=files), tables)
        # a step that does without absent files may make nothing and never look at this one: that says nothing of it
        does_without = set(step.find_optional()) - set(files)
        may_be_empty = does_without and source_id not in files.asked
        empty = [name for name, frame in made.items() if not len(frame)]
        if empty and not may_be_empty:
            raise UnreadableSource(
                "Nothing comes of this file", where=path.name, found=f"no row of the table {', '.join(empty)}"
            )
        return made
    except LocalitiesError as error:
        # where the candidate lies is nobody's concern; the error speaks of the file
        raise type(error)(str(error).replace(str(path), path.name)) from error
    except Exception as error:  # whatever a file does to a reader, it does not serve and the night goes on
        raise UnreadableSource(
            "A reader breaks off at this file",
            where=path.name,
            found=f"{type(error).__name__}: {error}",
            remedy="look at the file; if it is right, the reader needs to learn its form",
        ) from error


def _be_plausible(
    workspace: Workspace, context: Context, table: str, frame: pd.DataFrame, where: str, *, compare: bool
) -> None:
    from indicators.observations.plausibility import compare_observations, compare_residents

    kept = compare and table in workspace.store.manifests()
    if table == "group_findings":
        from localities.groups.findings import be_read

        be_read(frame, where=where)
    if table == "observations":
        before = workspace.store.read(table, as_categories=True) if kept else None
        compare_observations(frame, before, where=where)
    if table == "zones":
        was = workspace.store.read(table, ["zone_code", "population"]) if kept else None
        compare_residents(_by(frame, "zone_code"), None if was is None else _by(was, "zone_code"), where=where)
    if table == "candidate_localities" and kept:
        columns = ["candidate_set", "locality_id", "population"]
        was = workspace.store.read(table, columns)
        for one in context.settings.candidate_sets:
            now, then = (_by(rows[rows["candidate_set"] == one], "locality_id") for rows in (frame[columns], was))
            compare_residents(now, then, where=f"{where}, candidate set {one}")


def _by(rows: pd.DataFrame, code: str) -> pd.Series:
    return rows.set_index(code)["population"]
