"""The workspace of a run: its folder, thresholds, catalogue, steps and sources; and the lock that keeps runs apart.

What a working folder can compute depends on the files that it may have: the sample has a file of every format, not of
every dataset; optional candidate sets are drawn when their files are there; and a person may choose to run without what
cannot be had. How a run goes is in `pipelines.run.run`.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.declaring.own import finished_declarations, use_folder
from indicators.errors import ConfigError
from localities.settings import ZONES, Settings, load_settings
from pipelines.folders import Home
from pipelines.run.team import hand_over, keep_up
from pipelines.storage.store import Store

if TYPE_CHECKING:
    from indicators.catalogue import Catalogue, Indicator
    from pipelines.sources.declarations import Source
    from pipelines.steps.step import Step

_log = logging.getLogger(__name__)

NOT_SETTINGS = ("indicators", "source_state", "other_zones")
"""Names in `Workspace.configuration` that decide as settings do and are none."""


@dataclass(frozen=True)
class LeftOut:
    """A source that a run does without.

    Parameters
    ----------
    source
        Its declaration.
    reason
        Why no good version of its file could be had, on one line.
    missed
        Ids of the indicators and candidate sets that are left out with it.
    """

    source: Source
    reason: str
    missed: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """For people: what is left out, and why."""
        what = f"left out for want of it: {', '.join(self.missed)}. " if self.missed else ""
        return f"No good version of this file could be had; {what}{self.reason}"


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
    left_out
        Declared sources that this run does without, and why: no good version of their file could be had.
    """

    home: Home
    settings: Settings
    catalogue: Catalogue
    steps: tuple[Step, ...]
    sources: Mapping[str, Source]
    mirror: str | Path | None
    is_fictional: bool
    optional: Mapping[str, Source] = field(default_factory=dict)
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)

    @property
    def configuration(self) -> dict[str, object]:
        """Every setting by name, and three things that decide as settings do.

        ``indicators``: which of them (and which editions) this folder can read; ``source_state``: which sources are
        left out or held back; ``other_zones``: what the run on the zones of the other census has computed.
        """
        own = {path.stem: path.read_text("utf-8") for path in finished_declarations("indicators")}
        rules = {one.id: [str(rule)] for one in self.catalogue if (rule := one.columns.get("disclosure"))}
        can = json.dumps([[one.id, str(one.columns.get("editions")), *rules.get(one.id, ()),
                           *([own[one.id]] if one.id in own else [])]
                          for one in (*self.catalogue, *self.catalogue.by_group)])  # fmt: skip
        return {
            **self.settings.to_dict(),
            "indicators": hashlib.sha256(can.encode()).hexdigest()[:16],
            "source_state": self._source_state(),
            "other_zones": self.other_state,
        }

    def _source_state(self) -> list[list[str]]:
        from pipelines.sources.held_back import read_held_back

        beside = {key: read_held_back(one.path_in(self.home.downloads)) for key, one in self.sources.items()}
        entries = [[key, "held back", one.record.sha256] for key, one in beside.items() if one is not None]
        return sorted([*entries, *([key, "left out", ""] for key in self.left_out)])

    @property
    def store(self) -> Store:
        """The store of record of this working folder."""
        return Store(self.home.store)

    @property
    def other_store(self) -> Store:
        """The store of the run on the zones of the other census, whether or not there has been one."""
        return Store(self.home.on_zones(next(one for one in ZONES if one != self.settings.zones)).store)

    @property
    def other_state(self) -> list[list[str]]:
        """Versions of the tables of the other census's zones that a run here reads; none where one is not there."""
        found = [(name, self.other_store.manifest(name)) for name in ("observations", "zones")]
        return [] if any(one is None for _, one in found) else [[name, one.version] for name, one in found if one]


def open_workspace(
    home: Home,
    *,
    mirror: str | Path | None = None,
    is_sample: bool = False,
    sources_folder: Path | None = None,
    with_settings: bool = True,
    **overrides: object,
) -> Workspace:
    """Return the workspace of a working folder.

    Parameters
    ----------
    home
        Working folder. The sample runs in a folder of its own inside it. Where it does not say on which zones, the
        settings do.
    mirror
        Asked before the network; by default what ``LOCALITIES_MIRROR`` names.
    is_sample
        Run on the embedded fictional sample, or on files like its own in ``mirror``.
    sources_folder
        Declarations, by default the project's own.
    with_settings
        Whether the folder's ``settings.yaml`` is read; otherwise settings are defaults.
    overrides
        Settings that win over the folder's ``settings.yaml``.
    """
    from indicators.catalogue import load_catalogue
    from pipelines.sources.declarations import for_sample, load_sources, mirror_from_environment, with_encodings
    from pipelines.sources.own import own_sources
    from pipelines.steps.parts import in_parts
    from pipelines.steps.registry import all_steps, optional_sources, reading_only

    use_folder((home.for_sample() if is_sample else home).root)
    is_set = {"zones": home.zones} if home.zones else {}
    zones = load_settings(home.settings_file if with_settings else None, **{**is_set, **overrides}).zones
    home, steps, catalogue = home.on_zones(zones), all_steps(zones), load_catalogue(zones=zones)
    needed = {source for one in steps for source in one.find_sources()}
    # may be fetched too, so that a run on the zones of another census finds its files
    elsewhere = {source for other in ZONES for one in all_steps(other) for source in one.find_sources()} - needed
    declared = load_sources(sources_folder)
    steps, catalogue, waiting = _without_waiting(steps, catalogue, declared)
    needed, elsewhere = needed - waiting, elsewhere - waiting
    absent = sorted((needed | elsewhere) - set(declared))
    if absent:
        raise ConfigError(
            "The pipeline reads sources that are not declared", codes=absent, remedy="add data/sources/<id>.yaml"
        )
    may_lack = set(optional_sources(steps))
    sources = {key: declared[key] for key in sorted(needed - may_lack)}
    optional = {key: declared[key] for key in sorted(may_lack | elsewhere)}
    catalogue = with_encodings(catalogue, {**sources, **optional})
    if is_sample:
        from pipelines.folders import sample_folder

        home, mirror = home.for_sample(), mirror or sample_folder()
        sources, optional = for_sample(sample_sources(sources)), for_sample(optional)
        catalogue = _with_sources(catalogue, sources, more=sample_sources(optional))
    settings = load_settings(home.settings_file if with_settings else None, **{**overrides, "zones": zones})
    mirror = mirror or mirror_from_environment()
    wanted = _wanted_optional(steps, optional, home, mirror, settings)
    own = own_sources(home)
    sources = dict(sorted({**sources, **{key: optional[key] for key in wanted}, **own}.items()))
    return Workspace(
        home=home,
        settings=settings,
        catalogue=catalogue,
        steps=in_parts(reading_only(steps, sources, more=own), settings, sources),
        sources=sources,
        mirror=mirror,
        is_fictional=is_sample,
        optional={key: one for key, one in optional.items() if key not in wanted},
    )


def _without_waiting(
    steps: tuple[Step, ...], catalogue: Catalogue, declared: Mapping[str, Source]
) -> tuple[tuple[Step, ...], Catalogue, set[str]]:
    """Return steps and catalogue without own indicators whose source is not declared (yet), and those sources."""
    from indicators.declaring.own import own_folder
    from indicators.readers import sources_of
    from pipelines.steps.registry import reading_only

    folder = own_folder("indicators")
    own = [one for one in catalogue if folder is not None and (folder / f"{one.id}.yaml").is_file()]
    waiting = set(sources_of(own)) - set(declared)
    if not waiting:
        return steps, catalogue, set()
    for one in own:
        if lacking := waiting & set(sources_of([one])):
            _log.warning("%s is not used yet: its source %s is not declared", one.id, ", ".join(sorted(lacking)))
    known = {source for one in steps for source in one.find_sources()} - waiting
    return reading_only(steps, known), _with_sources(catalogue, known), waiting


def _wanted_optional(
    steps: Sequence[Step], optional: Mapping[str, Source], home: Home, mirror: str | Path | None, settings: Settings
) -> set[str]:
    """Return the optional sources that are here: of sets with all theirs, or that the settings name; all others."""
    from localities.candidate_sets import is_optional, set_ids, sources_of

    here = {key for key, one in optional.items() if is_at_hand(one, home, mirror)}
    of_sets = set(sources_of(filter(is_optional, set_ids()), with_optional=False))
    wanted = here & {source for one in steps for source in one.find_optional()} - of_sets
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
    """Return the sources of which the sample has a file, and those declared in its folder.

    It has one for every format, not for every dataset.
    """
    from indicators.declaring.own import own_folder
    from pipelines.folders import sample_folder

    folder, own = sample_folder(), own_folder("sources")

    def is_own(one: Source) -> bool:
        return own is not None and one.declared_in is not None and one.declared_in.parent == own

    return {key: one for key, one in sources.items() if is_own(one) or (folder / one.relative_path).is_file()}


def _with_sources(catalogue: Catalogue, sources: Collection[str], more: Collection[str] = ()) -> Catalogue:
    """Return the indicators whose sources are among these; earlier editions that are not there are left out of them.

    Those by group, whose sources are all optional, may have ``more``.
    """
    from indicators.catalogue import Catalogue
    from indicators.readers import companions_of, editions_of, sources_of

    def is_there(edition: Indicator) -> bool:
        return {edition.source, *companions_of(edition)} <= set(sources)

    kept = []
    for one in catalogue:
        latest, *others = editions_of(one)
        if is_there(latest):
            given = one.columns.get("editions") or ()
            editions = [declared for declared, edition in zip(given, others, strict=True) if is_there(edition)]
            kept.append(replace(one, columns={**one.columns, "editions": editions}) if given else one)
    names = {one.id for one in kept}
    # an index needs every member
    whole = tuple(one for one in kept if set(one.columns.get("of") or ()) <= names)
    at_hand = {*sources, *more}
    return Catalogue(whole, tuple(one for one in catalogue.by_group if set(sources_of([one])) <= at_hand))


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
            _sweep(home)
            keep_up(home)
            yield
            hand_over(home)
    except Timeout as error:
        raise ConfigError(
            "Another run is under way in this working folder",
            where=home.lock,
            remedy="wait for it to end, or give another folder through LOCALITIES_HOME",
        ) from error


_LEFTOVERS = (
    "downloads/*/.incoming-*",
    "downloads/*/.*.part",
    "store/*/.*.part",
    "store/*/*/.*.part",
    "cache/*/*.part",
    "boundaries/.incoming-*",
    "publications/.*.part",
    "publications/.*.partial.*",
)
"""Where unfinished work lies until it is moved into place: whoever holds the lock knows that nobody is at it."""


def _sweep(home: Home) -> None:
    """Remove what a killed run left unfinished; an edition that was whole is finished by the next publishing."""
    import shutil

    for pattern in _LEFTOVERS:
        for left in home.root.glob(pattern):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                with suppress(OSError):
                    left.unlink()


def needed_by_zones(workspace: Workspace, sources: Collection[str]) -> set[str]:
    """Return those of some sources that the zones, on which everything stands, are made of."""
    return {
        source
        for one in workspace.steps
        if "zones" in one.outputs
        for source in one.find_sources()
        if source in sources
    }


def without_sources(workspace: Workspace, absent: Mapping[str, object]) -> Workspace:
    """Return a workspace that does without some sources: their indicators and candidate sets are left out.

    Parameters
    ----------
    workspace
        With them.
    absent
        Why each of them cannot be had, by id.

    Raises
    ------
    ConfigError
        If zones, which everything stands on, cannot do without one of them.
    """
    from localities.candidate_sets import set_ids, sources_of
    from pipelines.steps.parts import in_parts
    from pipelines.steps.registry import reading_only

    if not absent:
        return workspace
    needed = needed_by_zones(workspace, absent)
    declared = {**workspace.optional, **workspace.sources}
    if needed:
        # all of them, so that a person can collect the files in one go
        listed = "".join(f"\n    {one}: {declared[one].file_name}, from {declared[one].landing_page}" for one in absent)
        why = "".join(f"\n    {one}: {_one_line(absent[one])}" for one in sorted(needed)[:3])
        raise ConfigError(
            "The zones cannot be built without these sources",
            codes=sorted(needed),
            found=f"{len(absent)} sources could not be had{listed}{why}",
            remedy="download each file and run `localities sources add-file <source> <path>`, or name a mirror",
        )
    sources = {key: one for key, one in workspace.sources.items() if key not in absent}
    catalogue = _with_sources(workspace.catalogue, sources)
    kept = {one.id for one in (*catalogue.indicators, *catalogue.by_group)}
    lost = [one for one in (*workspace.catalogue.indicators, *workspace.catalogue.by_group) if one.id not in kept]
    sets = workspace.settings.candidate_sets or set_ids()

    def missed(source_id: str) -> tuple[str, ...]:
        from indicators.readers import sources_of as read_by

        indicators = [one.id for one in lost if source_id in read_by([one])]
        drawn = [one for one in sets if one in set_ids() and source_id in sources_of([one], with_optional=False)]
        return (*indicators, *drawn)

    gone = {key: LeftOut(declared[key], _one_line(why), missed(key)) for key, why in absent.items()}
    return replace(
        workspace,
        sources=sources,
        steps=in_parts(reading_only(workspace.steps, sources), workspace.settings, sources),
        catalogue=catalogue,
        left_out={**workspace.left_out, **gone},
    )


def _one_line(why: object) -> str:
    return " ".join(str(why).split())
