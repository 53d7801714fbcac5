"""Resources: the working folder, opened once per run and held under the lock that the command line shares.

Runs are in process, so a resource lives exactly as long as a run: the lock is taken before the first step and let go
after the last.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from pydantic import Field, PrivateAttr

from indicators.errors import ConfigError
from pipelines.folders import Home
from pipelines.run.offline import at_hand
from pipelines.run.team import look_in, team_store
from pipelines.run.workspace import Workspace, open_workspace, the_only_run

__all__ = ["SETTINGS", "WAIT_SECONDS", "Work"]

SETTINGS = "settings"
"""First part of the keys of the assets that are settings."""

# A national run takes half a minute, so whoever holds the lock longer than this has gone astray.
WAIT_SECONDS = 900.0


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
        self._at_hand = workspace

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
        with the_only_run(home, timeout_seconds=self.wait_seconds):
            if team_store(home) and self._workspace is not None:
                self._workspace = self.open()  # what others gave may have come just now
            yield self


def _asks_for_settings_alone(run: dg.DagsterRun | None) -> bool:
    asked = (run.asset_selection if run is not None else None) or ()
    return bool(asked) and all(key.path[0] == SETTINGS for key in asked)
