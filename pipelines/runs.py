"""One run, from sources to publications: fetch, plan, compute, publish. Dagster uses its parts.

A run computes all of Scotland in one pass and recomputes only what `plan_refresh` names. Each table is promoted only
when it is whole and valid, so a run that fails leaves every table and publication as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.errors import ConfigError, SourceUnavailable, compose
from indicators.tables import TABLES
from localities.settings import Settings, load_settings
from pipelines.home import Home
from pipelines.storage.refresh import Plan, plan_refresh
from pipelines.storage.store import Manifest, Store

if TYPE_CHECKING:
    import pandas as pd

    from indicators.catalogue import Catalogue
    from pipelines.publications import Published
    from pipelines.sources.declarations import Source
    from pipelines.sources.download import Fetched
    from pipelines.steps import Context, Step

__all__ = [
    "Report",
    "Workspace",
    "compute",
    "fetch_sources",
    "is_at_hand",
    "open_workspace",
    "run",
    "sample_sources",
    "the_only_run",
]

Progress = Callable[[str, int, int], None]
Received = Callable[[str, int, "int | None"], None]
Check = Callable[[str, "pd.DataFrame", Mapping[str, "pd.DataFrame"]], None]

_LONG = ("observations", "estimates")
"""Tables of a million rows, whose text steps take as categories."""


@dataclass(frozen=True)
class Workspace:
    """What every part of a run needs to know.

    Parameters
    ----------
    home
        Working folder; the sample has one of its own inside it.
    settings
        Thresholds in force.
    catalogue
        The declared indicators.
    steps
        The steps of the pipeline.
    sources
        Declarations of the sources that the steps read.
    mirror
        Folder or base address asked before the network.
    is_fictional
        Whether this is the sample.
    optional
        Declarations of sources that steps can do without and that are not here.
    """

    home: Home
    settings: Settings
    catalogue: Catalogue
    steps: tuple[Step, ...]
    sources: Mapping[str, Source]
    mirror: str | Path | None
    is_fictional: bool
    optional: Mapping[str, Source] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The store of record of this working folder."""
        return Store(self.home.store)


@dataclass
class Report:
    """What a run did.

    Parameters
    ----------
    plan
        What was to be recomputed, and why.
    fetched
        What was fetched, by source id.
    computed
        Manifest of every table that was recomputed.
    kept
        Tables that were planned, but whose inputs turned out to be what they were.
    published
        What was published, or left alone.
    seconds
        Time by phase.
    """

    plan: Plan
    fetched: Mapping[str, Fetched] = field(default_factory=dict)
    computed: dict[str, Manifest] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """What a person should know: sources served from their last good version, files that could not be replaced."""
        found = [f"{one.source_id}: {one.note}" for one in self.fetched.values() if one.note]
        return found + [f"{one.name}: {one.note}" for one in self.published if one.note]

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the time of a block to a phase."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - start


def open_workspace(
    home: Home,
    *,
    mirror: str | Path | None = None,
    is_sample: bool = False,
    sources_folder: Path | None = None,
    **overrides: object,
) -> Workspace:
    """Return the workspace of a working folder.

    Parameters
    ----------
    home
        Working folder. The sample runs in a folder of its own inside it.
    mirror
        Asked before the network; by default what ``LOCALITIES_MIRROR`` names.
    is_sample
        Run on the embedded fictional sample, or on files like its own in ``mirror``.
    sources_folder
        Declarations, by default the project's own.
    overrides
        Settings that win over the folder's ``settings.yaml``.
    """
    from indicators.catalogue import load_catalogue
    from pipelines.sources.declarations import for_sample, load_sources, mirror_from_environment
    from pipelines.sources.own import own_sources
    from pipelines.steps import all_steps, optional_sources, reading_only

    steps, catalogue = all_steps(), load_catalogue()
    needed = {source for one in steps for source in one.find_sources()}
    declared = load_sources(sources_folder)
    absent = sorted(needed - set(declared))
    if absent:
        raise ConfigError(
            compose(
                "The pipeline reads sources that are not declared", codes=absent, remedy="add data/sources/<id>.yaml"
            )
        )
    may_lack = set(optional_sources(steps))
    sources = {key: declared[key] for key in sorted(needed - may_lack)}
    optional = {key: declared[key] for key in sorted(may_lack)}
    if is_sample:
        from pipelines.sample import sample_folder

        home, mirror = home.for_sample(), mirror or sample_folder()
        sources, optional = for_sample(sample_sources(sources)), for_sample(optional)
        catalogue = _with_sources(catalogue, sources)
    settings = load_settings(home.settings_file, **overrides)
    mirror = mirror or mirror_from_environment()
    wanted = _wanted_optional(optional, home, mirror, settings)
    own = own_sources(home)
    sources = dict(sorted({**sources, **{key: optional[key] for key in wanted}, **own}.items()))
    return Workspace(
        home=home,
        settings=settings,
        catalogue=catalogue,
        steps=reading_only(steps, sources, more=own),
        sources=sources,
        mirror=mirror,
        is_fictional=is_sample,
        optional={key: one for key, one in optional.items() if key not in wanted},
    )


def _wanted_optional(
    optional: Mapping[str, Source], home: Home, mirror: str | Path | None, settings: Settings
) -> set[str]:
    """Return the optional sources of sets all of whose optional files are here, or that the settings name."""
    from localities.candidate_sets import is_optional, set_ids, sources_of

    here = {key for key, one in optional.items() if is_at_hand(one, home, mirror)}
    wanted: set[str] = set()
    for set_id in filter(is_optional, set_ids()):
        own = set(sources_of([set_id], with_optional=False)) & set(optional)
        if own <= here or set_id in settings.candidate_sets:
            wanted |= own
    return wanted


def is_at_hand(source: Source, home: Home, mirror: str | Path | None) -> bool:
    """Return whether a source's file lies among the downloads or in a mirror folder; nobody is asked."""
    folders = [home.downloads]
    if mirror is not None and "://" not in str(mirror):
        folders.append(Path(mirror).expanduser())
    return any(source.path_in(folder).is_file() for folder in folders)


def sample_sources(sources: Mapping[str, Source]) -> dict[str, Source]:
    """Return the sources of which the sample has a file. It has one for every format, not for every dataset."""
    from pipelines.sample import sample_folder

    folder = sample_folder()
    return {key: one for key, one in sources.items() if (folder / one.relative_path).is_file()}


def _with_sources(catalogue: Catalogue, sources: Collection[str]) -> Catalogue:
    """Return the indicators all of whose sources are among these."""
    from indicators.catalogue import Catalogue
    from indicators.readers import sources_of

    return Catalogue(tuple(one for one in catalogue if set(sources_of(Catalogue((one,)))) <= set(sources)))


@contextmanager
def the_only_run(home: Home, timeout_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock that the command line and Dagster share: one run at a time in a working folder.

    Raises
    ------
    ConfigError
        If another run holds it.
    """
    from filelock import FileLock, Timeout

    home.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.lock, timeout=timeout_seconds)
    try:
        with lock:
            yield
    except Timeout as error:
        raise ConfigError(
            compose(
                "Another run is under way in this working folder",
                where=home.lock,
                remedy="wait for it to end, or give another folder through LOCALITIES_HOME",
            )
        ) from error


def fetch_sources(
    workspace: Workspace,
    *,
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
    received: Received | None = None,
    network: bool = True,
    force: bool = False,
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

    Raises
    ------
    SourceUnavailable, SourceChanged, UnreadableSource
        See `pipelines.sources.download.fetch`. Files fetched before the failure stay. Every source is asked for before
        those that could not be had are named, all together.
    """
    from pipelines.sources.download import fetch
    from pipelines.sources.own import held_own, is_own

    wanted = list(only) if only is not None else list(workspace.sources)
    declared = {**workspace.optional, **workspace.sources}
    found: dict[str, Fetched] = {}
    absent: dict[str, SourceUnavailable] = {}
    for number, source_id in enumerate(wanted):
        if progress:
            progress(f"Fetching {source_id}", number, len(wanted))
        if is_own(source_id):
            found[source_id] = held_own(workspace.home, source_id)
            continue
        try:
            found[source_id] = fetch(
                declared[source_id],
                downloads=workspace.home.downloads,
                mirror=workspace.mirror,
                progress=partial(received, source_id) if received else None,
                network=network,
                force=force,
            )
        except SourceUnavailable as error:
            absent[source_id] = error
    if len(absent) > 1:
        raise _unavailable([declared[one] for one in absent]) from next(iter(absent.values()))
    for only_one in absent.values():
        raise only_one
    return found


def _unavailable(sources: Sequence[Source]) -> SourceUnavailable:
    """Return one error for several sources, so that a person can collect their files in one go."""
    listed = "".join(f"\n    {one.id}: {one.file_name}, from {one.landing_page}" for one in sources)
    return SourceUnavailable(
        compose(
            f"{len(sources)} sources could not be had",
            found=listed,
            remedy="download each file and run `localities sources add-file <source> <path>`, or name a mirror with "
            "--mirror or LOCALITIES_MIRROR; `localities sources fetch` says why each failed",
        )
    )


def plan_of(workspace: Workspace, versions: Mapping[str, str]) -> Plan:
    """Return what to recompute, given the SHA-256 of each source."""
    from pipelines.steps import graph
    from pipelines.storage.code_versions import code_versions

    return plan_refresh(
        graph(workspace.steps),
        workspace.store.manifests(),
        versions,
        code_versions(workspace.steps),
        workspace.settings.to_dict(),
    )


def context_of(workspace: Workspace, fetched: Mapping[str, Fetched]) -> Context:
    """Return what steps may use, given the fetched files."""
    from pipelines.sources.provenance import provenance_row, sources_table
    from pipelines.steps import Context

    return Context(
        files={key: one.path for key, one in fetched.items()},
        settings=workspace.settings,
        catalogue=workspace.catalogue,
        cache=workspace.home.cache,
        provenance=sources_table(
            provenance_row(workspace.sources[key], one) for key, one in fetched.items() if key in workspace.sources
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

    Raises
    ------
    LocalitiesError
        If the step or a check fails. Nothing is promoted then.
    """
    from indicators.validation import validate
    from localities.rules import check_rules
    from pipelines.storage.code_versions import code_version

    check = check or check_rules
    # every table of the step before any is promoted, so that two that belong together never part
    result = {
        table: validate(table, frame, keep_categories=True) for table, frame in step.run(context, tables).items()
    }
    for table, frame in result.items():
        check(table, frame, {**tables, **result})
    return {
        table: workspace.store.write(
            table,
            frame,
            inputs={name: _current(workspace.store, name) for name in step.inputs},
            sources={source: fetched[source].sha256 for source in step.find_sources()},
            code_version=code_version(step),
            configuration={name: workspace.settings.to_dict()[name] for name in step.settings},
            is_valid=True,
        )
        for table, frame in result.items()
    }


def _current(store: Store, table: str) -> str:
    manifest = store.manifest(table)
    if manifest is None:
        raise ConfigError(compose(f"The table {table} has not been computed yet", where=store.root))
    return manifest.version


def is_unchanged(workspace: Workspace, step: Step, fetched: Mapping[str, Fetched]) -> bool:
    """Return whether everything behind a step's tables is what it was, now that its inputs have been recomputed."""
    from pipelines.storage.code_versions import code_version
    from pipelines.storage.refresh import same_configuration

    settings = workspace.settings.to_dict()
    for table in step.outputs:
        manifest = workspace.store.manifest(table)
        if (
            manifest is None
            or not workspace.store.file_of(manifest).is_file()
            or manifest.code_version != code_version(step)
            or dict(manifest.sources) != {source: fetched[source].sha256 for source in step.find_sources()}
            or dict(manifest.inputs) != {name: _current(workspace.store, name) for name in step.inputs}
            or not same_configuration(step.settings, manifest.configuration, settings)
        ):
            return False
    return True


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
    """
    from pipelines.memory import give_back
    from pipelines.publications import publish

    with the_only_run(workspace.home):
        report = Report(plan=Plan((), ()))
        with report.timed("fetch"):
            report.fetched = fetch_sources(workspace, progress=progress, received=received, network=network)
        with report.timed("plan"):
            report.plan = plan_of(workspace, {key: one.sha256 for key, one in report.fetched.items()})
            planned = [one for one in workspace.steps if set(one.outputs) & set(report.plan.tables)]
            planned.sort(key=lambda one: min(report.plan.tables.index(table) for table in one.outputs))
        if planned:
            context = context_of(workspace, report.fetched)
            cached = _Cache(workspace.store)
            for number, one in enumerate(planned):
                if progress:
                    progress(f"Computing {', '.join(one.outputs)}", number, len(planned))
                with report.timed(one.name):
                    if is_unchanged(workspace, one, report.fetched):
                        report.kept += one.outputs
                        continue
                    report.computed |= compute(workspace, one, context, report.fetched, cached.tables(one))
                cached.keep(planned[number + 1 :])
                give_back()
        with report.timed("publish"):
            report.published = publish(
                workspace, areas=areas, candidate_sets=candidate_sets, out=out, progress=progress
            )
        return report


class _Cache:
    """Tables read from the store for the steps of one run, each as long as a step to come needs it.

    A step gets geometry only where it asks for it, and the long tables with text as categories: both are most of what
    they would take of memory, and of time to read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[tuple[str, bool], pd.DataFrame] = {}

    def tables(self, step: Step) -> dict[str, pd.DataFrame]:
        """Return the inputs of a step."""
        found = {}
        for name, key in zip(step.inputs, _keys(step), strict=True):
            if key not in self._read:
                self._read[key] = self._load(*key)
            # a shallow copy: a step that adds a column to its input must not change that of the next
            found[name] = self._read[key].copy(deep=False)
        return found

    def keep(self, steps: Sequence[Step]) -> None:
        """Let go of everything that none of these steps reads."""
        wanted = {key for one in steps for key in _keys(one)}
        for key in [key for key in self._read if key not in wanted]:
            del self._read[key]

    def _load(self, table: str, with_geometry: bool) -> pd.DataFrame:
        if TABLES[table].is_spatial and not with_geometry:
            return self._store.read(table, [name for name in TABLES[table].columns if name != "geometry"])
        return self._store.read(table, as_categories=table in _LONG)


def _keys(step: Step) -> list[tuple[str, bool]]:
    return [(name, name in step.spatial_inputs) for name in step.inputs]
