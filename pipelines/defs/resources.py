"""Resources: the working folder, opened once per run and held under the lock that the command line shares.

Runs are in process, so a resource lives exactly as long as a run: the lock is taken before the first step and let go
after the last, and a table that several steps read is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import dagster as dg

from indicators.errors import LocalitiesError, SourceUnavailable, compose
from pipelines.run.run import fetch_sources
from pipelines.run.workspace import Workspace, the_only_run, without_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from pipelines.sources.provenance import Fetched

__all__ = ["WAIT_SECONDS", "Work", "at_hand", "held_sources", "work_resource"]

# A national run takes half a minute, so whoever holds the lock longer than this has gone astray.
WAIT_SECONDS = 900.0


@dataclass
class Work:
    """What the assets of one run share.

    Parameters
    ----------
    workspace
        Working folder, settings, catalogue and sources, as the command line has them.
    """

    workspace: Workspace
    _at_hand: Workspace | None = None
    _read: dict[str, tuple[str, pd.DataFrame]] = field(default_factory=dict)

    @property
    def at_hand(self) -> Workspace:
        """The workspace without the sources of which no good version is among the downloads."""
        if self._at_hand is None:
            self._at_hand = at_hand(self.workspace)
        return self._at_hand

    @at_hand.setter
    def at_hand(self, workspace: Workspace) -> None:
        self._at_hand = workspace

    def read(self, table: str) -> pd.DataFrame:
        """Return the current version of a table, read from the store once per version.

        Raises
        ------
        ConfigError
            If the table has not been computed yet.
        """
        store = self.workspace.store
        manifest = store.manifest(table)
        version = manifest.version if manifest is not None else ""
        if table not in self._read or self._read[table][0] != version:
            self._read[table] = (version, store.read(table))
        # a shallow copy: a step that adds a column to its input must not change that of the next
        return self._read[table][1].copy(deep=False)

    def forget(self) -> None:
        """Let go of every table that was read: publishing reads what it needs, and needs the room."""
        self._read.clear()


def work_resource(
    open_workspace: Callable[..., Workspace], *, wait_seconds: float = WAIT_SECONDS
) -> dg.ResourceDefinition:
    """Return the resource ``work``: one per run, holding the lock of the working folder until the run ends.

    Parameters
    ----------
    open_workspace
        Opens the workspace; called when a run starts, so settings are those of that moment. Takes ``zones`` where the
        run configuration names a census.
    wait_seconds
        How long to wait for a run of the command line to end.
    """

    @dg.resource(
        description="The working folder: settings, catalogue, sources and the store of record.",
        config_schema={
            "zones": dg.Field(
                str,
                default_value="",
                description="Census whose data zones the run stands on, 2011 or 2022; empty for what the settings say.",
            )
        },
    )
    def work(context: dg.InitResourceContext) -> Iterator[Work]:
        zones = context.resource_config["zones"]
        workspace = open_workspace(zones=zones) if zones else open_workspace()
        with the_only_run(workspace.home, timeout_seconds=wait_seconds):
            yield Work(workspace)

    return work


def at_hand(workspace: Workspace) -> Workspace:
    """Return a workspace that does without the sources of which no good version is among the downloads.

    Raises
    ------
    ConfigError
        If the zones need one of them.
    """
    absent: dict[str, LocalitiesError] = {}
    fetch_sources(replace(workspace, mirror=None), network=False, absent=absent)
    return without_sources(workspace, absent)


def held_sources(workspace: Workspace, only: Iterable[str]) -> Mapping[str, Fetched]:
    """Return the files of sources as they lie among the downloads; nobody is asked, neither mirror nor publisher.

    Raises
    ------
    SourceUnavailable
        If a file is not there, or is not the pinned one.
    """
    offline = replace(workspace, mirror=None)
    found: dict[str, Fetched] = {}
    for source_id in only:
        try:
            found |= fetch_sources(offline, only=[source_id], network=False)
        except SourceUnavailable as error:
            raise SourceUnavailable(
                compose(
                    f"The file of the source {source_id} is not among the downloads",
                    where=workspace.sources[source_id].path_in(workspace.home.downloads),
                    remedy=f"materialise downloads/{source_id} first",
                )
            ) from error
    return found
