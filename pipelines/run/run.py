"""One run, from sources to publications: fetch, plan, compute, publish. Dagster uses its parts.

A run computes all of Scotland in one pass and recomputes only what `plan_refresh` names. Each table is promoted only
when it is whole and valid, so a run that fails leaves every table and publication as it was.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.errors import ConfigError, LocalitiesError, SourceUnavailable
from pipelines.run.apart import Apart
from pipelines.run.history import keep_edition, made_of, note_success
from pipelines.run.inputs import Inputs
from pipelines.run.logs import about, new_run
from pipelines.run.report import Progress, Received, Report
from pipelines.run.staleness import current_version, is_unchanged, plan_of
from pipelines.run.workspace import Workspace, the_only_run, without_sources
from pipelines.storage.refresh import Plan
from pipelines.storage.store import Manifest

if TYPE_CHECKING:
    import pandas as pd

    from localities.evidence.kept import Kept
    from pipelines.sources.declarations import Source
    from pipelines.sources.provenance import Fetched
    from pipelines.steps.step import Before, Context, Step

_log = logging.getLogger(__name__)

Check = Callable[[str, "pd.DataFrame", Mapping[str, "pd.DataFrame"]], None]


def fetch_sources(
    workspace: Workspace,
    *,
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
    received: Received | None = None,
    network: bool = True,
    force: bool = False,
    absent: dict[str, LocalitiesError] | None = None,
) -> dict[str, Fetched]:
    """Return the file of every source, brought up to date where it can be.

    Parameters
    ----------
    only
        Ids of the sources wanted; all of the workspace by default.
    progress
        Called before each source with what is being done, how many are done and how many there are.
    received
        Called during a download with the source, the bytes so far and, if known, the bytes in all.
    absent
        Where given, takes up the sources of which no good version could be had, and why; otherwise they are an error.

    Raises
    ------
    SourceUnavailable, SourceChanged, UnreadableSource, SchemaError, GeographyError
        See `pipelines.sources.download.fetch`. Files fetched before the failure stay. Every source is asked for before
        those that could not be had are named, all together. A new version that `pipelines.run.acceptance` refuses is
        held back, and the one before it serves.
    ConfigError
        If the mirror or the downloads folder cannot be used: then none can be had.
    """
    from pipelines.run.acceptance import examiner
    from pipelines.sources.download import fetch
    from pipelines.sources.own import held_own, is_own
    from pipelines.sources.transport import Client

    wanted = list(only) if only is not None else list(workspace.sources)
    declared = {**workspace.optional, **workspace.sources}
    found: dict[str, Fetched] = {}
    lacking: dict[str, LocalitiesError] = {} if absent is None else absent
    for number, source_id in enumerate(wanted):
        if progress:
            progress(f"Fetching {source_id}", number, len(wanted))
        if is_own(source_id):
            found[source_id] = held_own(workspace.home, source_id)
            continue
        try:
            with about(source=source_id):
                found[source_id] = fetch(
                    declared[source_id],
                    downloads=workspace.home.downloads,
                    mirror=workspace.mirror,
                    progress=partial(received, source_id) if received else None,
                    network=network,
                    force=force,
                    check=examiner(workspace, source_id),
                    client=Client(max_seconds=workspace.settings.download_seconds),
                )
                if network:
                    _log.info("not changed" if not found[source_id].changed else "a new version")
        except ConfigError:
            raise
        except LocalitiesError as error:
            with about(source=source_id):
                _log.warning("not to be had: %s", " ".join(str(error).split()))
            lacking[source_id] = error
    if absent is None and len(lacking) > 1:
        raise _unavailable([declared[one] for one in lacking]) from next(iter(lacking.values()))
    if absent is None:
        for only_one in lacking.values():
            raise only_one
    return found


def _unavailable(sources: Sequence[Source]) -> SourceUnavailable:
    """Return one error for several sources, so that a person can collect their files in one go."""
    listed = "".join(f"\n    {one.id}: {one.file_name}, from {one.landing_page}" for one in sources)
    return SourceUnavailable(
        f"{len(sources)} sources could not be had",
        found=listed,
        remedy="download each file and run `localities sources add-file <source> <path>`, or name a mirror with "
        "--mirror or LOCALITIES_MIRROR; `localities sources fetch` says why each failed",
    )


def context_of(workspace: Workspace, fetched: Mapping[str, Fetched]) -> Context:
    """Return what steps may use, given the fetched files."""
    from pipelines.sources.declarations import inferred
    from pipelines.sources.provenance import absent_row, provenance_row, sources_table
    from pipelines.steps.step import Context

    return Context(
        files={key: one.path for key, one in fetched.items()},
        settings=workspace.settings,
        catalogue=workspace.catalogue,
        cache=workspace.home.cache,
        inferred=inferred(workspace.sources),
        there=workspace.other_store.read if workspace.other_state else None,
        provenance=sources_table(
            [
                *(
                    provenance_row(workspace.sources[key], one)
                    for key, one in fetched.items()
                    if key in workspace.sources
                ),
                *(absent_row(one.source, one.in_words) for one in workspace.left_out.values()),
            ]
        ),
    )


def compute(
    workspace: Workspace,
    step: Step,
    context: Context,
    fetched: Mapping[str, Fetched],
    tables: Mapping[str, pd.DataFrame],
    *,
    check: Check | None = None,
    force: bool = False,
) -> dict[str, Manifest]:
    """Run one step, check what came out, and promote its tables; return their manifests.

    Parameters
    ----------
    workspace, step, context
        Where, what, and what the step may use.
    fetched
        The file of every source that the step reads.
    tables
        Its input tables.
    check
        Raises where a table breaks a rule; by default `localities.rules.check_rules`.
    force
        Compute also parts that are as they were, from nothing that an earlier run kept.

    Raises
    ------
    LocalitiesError
        If the step or a check fails. Nothing is promoted then, but for the parts of a table that did not fail.
    """
    from localities.rules import check_rules

    if step.parts:
        return _compute_parts(workspace, step, context, fetched, tables, check or check_rules, force=force)
    context = replace(context, before=None if force else _before(workspace, step, fetched))
    return _promote(workspace, step, fetched, _result_of(step, context, tables, check or check_rules))


def _compute_parts(
    workspace: Workspace,
    step: Step,
    context: Context,
    fetched: Mapping[str, Fetched],
    tables: Mapping[str, pd.DataFrame],
    check: Check,
    made: Sequence[Mapping[str, pd.DataFrame]] = (),
    *,
    force: bool = False,
) -> dict[str, Manifest]:
    """Compute the parts behind which something changed, many at once; if they fail, one by one, so that others stand.

    `made` are the tables of each batch of them, where another process has computed them.
    """
    from pipelines.steps.parts import of_parts
    from pipelines.storage.code_versions import code_version

    code = code_version(step)
    everything = workspace.configuration
    due = [one for one in step.parts if force or not is_unchanged(workspace, one, fetched, code, everything)]
    split = {key.partition("/")[0] for one in step.parts for key in one.inputs if "/" in key}
    failed: dict[str, LocalitiesError] = {}

    def make(parts: Sequence[Step], result: Mapping[str, pd.DataFrame] | None) -> None:
        names = [one.part for one in parts]
        needed = {key.partition("/")[2] for one in parts for key in one.inputs if "/" in key}
        # what is beside the sets needs none of them, and the step some
        needed = needed or {step.parts[0].part}
        if result is None:
            given = {name: of_parts(frame, needed) if name in split else frame for name, frame in tables.items()}
            kept = None if force else _kept(workspace, step, {*names, *needed}, context.cache)
            with about(part=", ".join(names)):
                result = _result_of(step, replace(context, sets=tuple(names), kept=kept), given, check, only=names)
                _log.info("computed")
        made_now = result

        def promote(one: Step) -> None:
            own = {f"{name}/{one.part}": of_parts(frame, [one.part]) for name, frame in made_now.items()}
            _promote(workspace, one, fetched, own)

        # most of writing is Arrow's, which lets other threads work
        with ThreadPoolExecutor(2) as writers:
            list(writers.map(promote, parts))

    for number, some in enumerate(_in_batches(due, tables)):
        try:
            make(some, made[number] if made else None)
        except LocalitiesError as error:
            if len(some) == 1:
                failed[some[0].part] = error
            for one in some if len(some) > 1 else ():
                try:
                    make([one], None)
                except LocalitiesError as own:
                    failed[one.part] = own
    configuration = _configuration(workspace, step)
    manifests = {
        table: workspace.store.list_parts(
            table, [one.part for one in step.parts], code_version=code, configuration=configuration
        )
        for table in step.outputs
    }
    for first in failed.values():
        raise type(first)(f"{first}\n  part: {', '.join(failed)}") from first
    return manifests


def _kept(workspace: Workspace, step: Step, sets: Collection[str], cache: Path) -> Kept | None:
    """Return where comparisons of some sets are kept: under a hash of all that decides them, and no threshold."""
    from localities.evidence.kept import Kept
    from pipelines.storage.code_versions import code_version

    if not step.graded_by:
        return None
    code, configuration = code_version(step), _configuration(workspace, step)
    settings = {name: value for name, value in configuration.items() if name not in step.graded_by}

    def key(one: Step) -> str:
        behind = {name: current_version(workspace.store, name) for name in one.inputs}
        return hashlib.sha256(json.dumps([code, behind, settings], default=str, sort_keys=True).encode()).hexdigest()

    return Kept(cache / "comparisons" / step.name, {one.part: key(one)[:20] for one in step.parts if one.part in sets})


def _before(workspace: Workspace, step: Step, fetched: Mapping[str, Fetched]) -> Before | None:
    """Return a step's tables of before, where nothing but what grades them has changed since."""
    from pipelines.steps.step import Before

    if not step.graded_by or step.parts or not is_unchanged(workspace, step, fetched, but=step.graded_by):
        return None
    manifest = workspace.store.manifest(step.outputs[0])
    tables = {name: workspace.store.read(name) for name in step.outputs}
    return None if manifest is None else Before(tables, dict(manifest.configuration))


_PLACES = 3_500
"""Localities that are worked on at once: arrays of all of Scotland's together take more memory than anything else."""


def _in_batches(parts: Sequence[Step], tables: Mapping[str, pd.DataFrame]) -> Iterator[list[Step]]:
    """Yield parts that are computed together, in order; all of them where no table says how many places each has."""
    places = tables.get("candidate_localities")
    sizes = {} if places is None else places["candidate_set"].astype("str").value_counts().to_dict()
    batch: list[Step] = []
    count = 0
    for one in parts:
        size = sizes.get(one.part, 0)
        if batch and count + size > _PLACES:
            yield batch
            batch, count = [], 0
        batch.append(one)
        count += size
    if batch:
        yield batch


def result_of(step: Step, context: Context, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables of a step, valid and by the rules of `localities.rules`."""
    from localities.rules import check_rules

    return _result_of(step, context, tables, check_rules)


def _result_of(
    step: Step, context: Context, tables: Mapping[str, pd.DataFrame], check: Check, only: Sequence[str] = ()
) -> dict[str, pd.DataFrame]:
    """Return the tables of a step, valid and by the rules; of some parts only, where these are named."""
    from indicators.schema.validation import validate
    from pipelines.run.memory import give_back
    from pipelines.steps.parts import of_parts

    drawn = step.run(context, tables)
    give_back()
    # every table of the step before any is promoted, so that two that belong together never part
    result = {table: validate(table, drawn.pop(table), keep_categories=True) for table in list(drawn)}
    if only:
        result = {table: of_parts(frame, only) for table, frame in result.items()}
    for table, frame in result.items():
        check(table, frame, {**tables, **result})
    give_back()
    return result


def _promote(
    workspace: Workspace, step: Step, fetched: Mapping[str, Fetched], result: dict[str, pd.DataFrame]
) -> dict[str, Manifest]:
    from pipelines.storage.code_versions import code_version

    code, configuration = code_version(step), _configuration(workspace, step)
    return {
        table: workspace.store.write(
            table,
            result.pop(table),
            inputs={name: current_version(workspace.store, name) for name in step.inputs},
            sources={source: fetched[source].sha256 for source in step.find_sources()},
            code_version=code,
            configuration=configuration,
            is_valid=True,
        )
        for table in list(result)
    }


def _configuration(workspace: Workspace, step: Step) -> dict[str, object]:
    """Return what decides as settings do, of what the step names; which sources are held back is looked up once."""
    everything = workspace.configuration
    return {name: everything[name] for name in step.settings}


class FilesAtFault(Exception):
    """A step failed for files without which the others can go on; carries the workspace that does without them."""

    def __init__(self, without: Workspace) -> None:
        super().__init__(", ".join(without.left_out))
        self.without = without


def raise_if_files_at_fault(
    workspace: Workspace, step: Step, fetched: Mapping[str, Fetched], error: LocalitiesError
) -> None:
    """Look for the files that make a step fail; hold them back, and raise `FilesAtFault` where others can go on.

    A first version is read by the run itself, and code that has learnt to look closer may refuse a file that served.
    Where none is found, or it is one of the zones', nothing is raised: the step's own error says what is wrong.

    Raises
    ------
    FilesAtFault
        With the workspace without them.
    """
    from pipelines.run.acceptance import at_fault
    from pipelines.sources.held_back import hold_back
    from pipelines.sources.provenance import read_record

    wrong = at_fault(workspace, step, {key: one.path for key, one in fetched.items()})
    if not wrong or "zones" in step.outputs:
        return
    without = without_sources(workspace, wrong)
    for source_id, reason in wrong.items():
        target = fetched[source_id].path
        record = read_record(target)
        if record is not None and not workspace.sources[source_id].is_pinned:
            hold_back(target, target, record, reason)
    raise FilesAtFault(without) from error


def run(
    workspace: Workspace,
    *,
    areas: Sequence[str] | None = None,
    candidate_sets: Sequence[str] | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
    received: Received | None = None,
    network: bool = True,
) -> Report:
    """Bring every table up to date and publish; return what was done.

    Parameters
    ----------
    workspace
        From `open_workspace`.
    areas
        CPPs to publish, by code, slug or usual spelling; None for all. The computation is always national.
    candidate_sets
        Ways of drawing localities to publish; None for all.
    out
        Folder of the publications; by default the working folder's.
    progress
        Called with what is being done, how many steps are done and how many there are.
    received
        As in `fetch_sources`.

    Raises
    ------
    LocalitiesError
        At the first failure. Tables and publications that are already there stay as they were.

    Notes
    -----
    A source of which no good version can be had leaves out its own indicators and candidate sets, never the others; the
    table ``sources`` and the report say so. Only the zones cannot do without theirs.
    """
    from pipelines.run.memory import spared
    from pipelines.run.publish import publish
    from pipelines.steps.registry import in_turn

    with about(run=new_run()), the_only_run(workspace.home), spared():
        report = Report(plan=Plan((), ()))
        with report.timed("fetch"):
            absent: dict[str, LocalitiesError] = {}
            report.fetched = fetch_sources(
                workspace, progress=progress, received=received, network=network, absent=absent
            )
            workspace = without_sources(workspace, absent)
        before = sorted(workspace.store.of_other_formats())
        while True:
            with report.timed("plan"):
                report.plan = plan_of(workspace, {key: one.sha256 for key, one in report.fetched.items()})
                planned = [one for one in workspace.steps if set(one.outputs) & set(report.plan.tables)]
                order = {table: place for place, table in enumerate(report.plan.tables)}
                planned.sort(key=lambda one: min(order[name] for name in _names_of(one) if name in order))
                planned = in_turn(planned)
            if not planned:
                break
            try:
                _compute_all(workspace, planned, report, progress)
                break
            except FilesAtFault as found:
                # each round leaves out at least one more source, so this ends
                workspace = found.without
                report.fetched = {key: one for key, one in report.fetched.items() if key in workspace.sources}
        report.left_out = dict(workspace.left_out)
        report.other_formats = before
        with report.timed("publish"):
            report.published = publish(
                workspace, areas=areas, candidate_sets=candidate_sets, out=out, progress=progress
            )
        if "documents" in workspace.settings.publications and candidate_sets is None and out is None:
            from pipelines.run.documents import publish_documents

            with report.timed("documents"):
                report.published += publish_documents(workspace, areas)
        with report.timed("history"):
            report.edition, report.no_edition = keep_edition(workspace)
            is_everything = areas is None and candidate_sets is None and out is None
            note_success(
                workspace.home, "a run brought everything up to date", made_of(workspace) if is_everything else ""
            )
        return report


def _names_of(step: Step) -> list[str]:
    """Return the tables of a step, and their parts: these are computed where the first of them is due."""
    return [table for one in (step, *step.parts) for table in one.outputs]


class Computing:
    """The steps of a run, of the command line or of Dagster: what needs no table of an earlier one is done beside them.

    Parameters
    ----------
    workspace
        Where.
    planned
        Steps that will be computed, in the order of `pipelines.steps.registry.in_turn`.
    fetched
        The file of every source.
    force
        Compute also what is as it was.
    """

    def __init__(
        self, workspace: Workspace, planned: Sequence[Step], fetched: Mapping[str, Fetched], *, force: bool = False
    ) -> None:
        from localities.evidence.sums import Panels
        from pipelines.run.figures import figures_folder

        panels = Panels(partial(figures_folder, workspace.store, workspace.home.cache))
        self.inputs = Inputs(workspace.store)
        self._workspace, self._fetched, self._force = workspace, fetched, force
        self._left = list(planned)
        self._waiting = [one for one in planned if one.apart]
        self._context = replace(context_of(workspace, fetched), panels=panels)
        self._apart = Apart(workspace.store, result_of)
        # the first has nothing to be done beside
        for one in planned[1:]:
            self._apart.begin_ahead(one, self._context)

    def __enter__(self) -> Computing:
        """Return itself: nothing is computed yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process beside; what it is at is waited for."""
        self._apart.__exit__()

    def compute(self, step: Step, check: Check | None = None) -> dict[str, Manifest] | None:
        """Return the manifests of a step's tables; None where they stay, because nothing behind them changed.

        Parameters
        ----------
        step
            The next of those planned, or one that was not.
        check
            As in `compute`; not asked where another process has made the tables, and checked them by the rules.

        Raises
        ------
        FilesAtFault
            If it failed for files without which the others can go on.
        LocalitiesError
            As in `compute`.
        """
        from pipelines.run.memory import give_back

        # what the step before has read, and who shows its tables
        self.inputs.keep([step, *self._left])
        give_back()
        # with nothing else left to do they are computed here
        for other in () if step.apart else self._apart.ready(self._waiting, self._left):
            self._waiting.remove(other)
            if batches := self._batches_apart(other):
                kept = _kept(self._workspace, other, {one.part for one in other.parts}, self._context.cache)
                before = _before(self._workspace, other, self._fetched)
                self._apart.begin(other, replace(self._context, kept=kept, before=before), batches)
        if not self._waiting:
            self._apart.close()
        try:
            self._apart.wait_ahead(step)
            if not self._force and is_unchanged(self._workspace, step, self._fetched):
                manifests = None
            else:
                manifests = self._taken_or_made(step, check)
        except LocalitiesError as error:
            raise_if_files_at_fault(self._workspace, step, self._fetched, error)
            raise
        self._left = [one for one in self._left if one.name != step.name]
        if not any("observations" in one.inputs for one in self._left):
            self._context = replace(self._context, panels=None)
        return manifests

    def _batches_apart(self, step: Step) -> list[tuple[str, ...]]:
        """Return the batches in which another process computes a step; none where it need not, or only some parts."""
        from localities.boundaries.own_ids import PREFIX

        if is_unchanged(self._workspace, step, self._fetched):
            return []
        if not step.parts:
            return [()]
        # own sets are held against others, and a few parts are made more quickly here
        if any(one.part.startswith(PREFIX) or is_unchanged(self._workspace, one, self._fetched) for one in step.parts):
            return []
        return [tuple(one.part for one in some) for some in _in_batches(step.parts, self.inputs.of(step))]

    def _taken_or_made(self, step: Step, check: Check | None) -> dict[str, Manifest]:
        try:
            made = self._apart.take(step)
        except LocalitiesError:
            # what is wrong, and in which part of it so that the others stand, is found out here
            made = None
        if made is None:
            tables = self.inputs.of(step)
            return compute(self._workspace, step, self._context, self._fetched, tables, check=check, force=self._force)
        if step.parts:
            from localities.rules import check_rules

            tables = self.inputs.of(step)
            return _compute_parts(
                self._workspace, step, self._context, self._fetched, tables, check or check_rules, made
            )
        return _promote(self._workspace, step, self._fetched, made[0])


def _compute_all(workspace: Workspace, planned: Sequence[Step], report: Report, progress: Progress | None) -> None:
    """Run the planned steps in order."""
    with Computing(workspace, planned, report.fetched) as computing:
        for number, one in enumerate(planned):
            if progress:
                progress(f"Computing {', '.join(one.outputs)}", number, len(planned))
            with report.timed(one.name):
                manifests = computing.compute(one)
            if manifests is None:
                report.kept += one.outputs
            else:
                report.computed |= manifests
