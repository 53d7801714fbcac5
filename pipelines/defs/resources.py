"""Resources: the working folder, opened once per run and held under the lock that the command line shares.

Runs are in process, so a resource lives exactly as long as a run: the lock is taken before the first step and let go
after the last.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field, PrivateAttr

from indicators.errors import ConfigError
from pipelines.folders import Home
from pipelines.run.memory import spared
from pipelines.run.offline import at_hand, held_sources
from pipelines.run.run import Computing
from pipelines.run.staleness import plan_of
from pipelines.run.team import look_in, team_store
from pipelines.run.workspace import Workspace, open_workspace, the_only_run
from pipelines.steps.registry import in_turn

if TYPE_CHECKING:
    from pipelines.sources.provenance import Fetched

SETTINGS = "settings"
"""First part of the keys of the assets that are settings."""

# A national run takes half a minute, so whoever holds the lock longer than this has gone astray.
WAIT_SECONDS = 900.0


def download_key(source_id: str) -> dg.AssetKey:
    """Return the key of the asset that is a source's file.

    Examples
    --------
    >>> download_key("sg-simd-2020v2").to_user_string()
    'downloads/sg-simd-2020v2'
    """
    return dg.AssetKey(["downloads", source_id])


class Work(dg.ConfigurableResource["Work"]):
    """The working folder: settings, catalogue, sources and the store of record, as the command line has them."""

    home: str = Field(description="The working folder.")
    mirror: str | None = Field(default=None, description="Asked before the network; LOCALITIES_MIRROR if not given.")
    is_sample: bool = Field(default=False, description="Run on the fictional sample.")
    zones: str = Field(
        default="",
        description="Census whose data zones the run stands on, 2011 or 2022; empty for what the settings say.",
    )
    force: bool = Field(
        default=False, description="Compute every table asked for, also those behind which nothing changed."
    )
    wait_seconds: float = Field(default=WAIT_SECONDS, description="How long to wait for a run of the command line.")
    _workspace: Workspace | None = PrivateAttr(default=None)
    _at_hand: Workspace | None = PrivateAttr(default=None)
    _computing: Computing | None = PrivateAttr(default=None)

    def open(self, *, with_settings: bool = True) -> Workspace:
        """Open the workspace as it is now, without its lock.

        Parameters
        ----------
        with_settings
            Whether the folder's settings are read. What is declared needs none, and shows also where they are wrong.
        """
        return open_workspace(
            Home(Path(self.home)),
            mirror=self.mirror,
            is_sample=self.is_sample,
            zones=self.zones or None,
            with_settings=with_settings,
        )

    def look(self) -> Workspace:
        """Open the workspace as it is for everybody now, where a team's store keeps it; without its lock."""
        home = self.open(with_settings=False).home
        look_in(home)
        return self.open()

    @property
    def workspace(self) -> Workspace:
        """The workspace of this run: its settings are those of the moment when it started.

        Raises
        ------
        ConfigError
            If they cannot be read.
        """
        if self._workspace is None:
            self._workspace = self.open()
        return self._workspace

    @property
    def at_hand(self) -> Workspace:
        """The workspace without the sources of which no good version is among the downloads."""
        if self._at_hand is None:
            self._at_hand = at_hand(self.workspace)
        return self._at_hand

    def go_without(self, workspace: Workspace) -> None:
        """Go on with a workspace that does without further sources, for the rest of the run."""
        self.stop_computing()
        self._at_hand = workspace

    def computing(self, instance: dg.DagsterInstance, steps: Collection[str]) -> Computing:
        """Return what computes steps, for as long as this process goes on.

        Parameters
        ----------
        instance
            Where it is kept what the last fetch had to say of a file.
        steps
            Names of those that this process is to do: all of the run, or one where the executor gives each its own.
        """
        if self._computing is None:
            workspace = self.at_hand
            fetched = dict(held_sources(workspace, workspace.sources))
            planned = [one for one in workspace.steps if one.name in steps]
            if not self.force:
                due = plan_of(workspace, {key: one.sha256 for key, one in fetched.items()}).by_whole_table()
                planned = [one for one in planned if set(one.outputs) & set(due)]
            if any("sources" in one.outputs for one in planned):
                fetched = {key: _as_last_fetched(instance, one) for key, one in fetched.items()}
            self._computing = Computing(workspace, in_turn(planned), fetched, force=self.force)
        return self._computing

    def stop_computing(self) -> None:
        """End the process beside, and let go of every table that was read."""
        if self._computing is not None:
            self._computing.__exit__()
            self._computing = None

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator[Work]:
        """Hold the lock of the working folder until the run ends.

        Raises
        ------
        ConfigError
            If the settings cannot be read. A run that failed would read as failed data: Dagster shows everything that
            it was to make, and every check that it was to do, as failed too. So it is cancelled before it begins; a
            run of the settings alone goes on, and fails there by name.
        """
        try:
            self._workspace = self.open()
        except ConfigError as error:
            if not _asks_for_settings_alone(context.run):
                if context.instance is not None and context.run is not None:
                    says = f"{error}\nCancelled before anything began: what was there before stays."
                    context.instance.report_run_canceling(context.run, says)
                raise
        home = self.open(with_settings=False).home if self._workspace is None else self._workspace.home
        with the_only_run(home, timeout_seconds=self.wait_seconds), spared():
            if team_store(home) and self._workspace is not None:
                self._workspace = self.open()  # what others gave may have come just now
            try:
                yield self
            finally:
                self.stop_computing()


def _asks_for_settings_alone(run: dg.DagsterRun | None) -> bool:
    asked = (run.asset_selection if run is not None else None) or ()
    return bool(asked) and all(key.path[0] == SETTINGS for key in asked)


def _as_last_fetched(instance: dg.DagsterInstance, fetched: Fetched) -> Fetched:
    """Return a file with what the last fetch had to say of it."""
    event = instance.get_latest_materialization_event(download_key(fetched.source_id))
    metadata = event.asset_materialization.metadata if event and event.asset_materialization else {}
    if "sha256" not in metadata or metadata["sha256"].value != fetched.sha256:
        return fetched
    return replace(fetched, note=str(metadata["note"].value), served_stale=bool(metadata["is_stale"].value))
