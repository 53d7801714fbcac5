"""Schedules: the night's look at the sources."""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg

from pipelines.defs.settings import run_that_says_so
from pipelines.run.workspace import Workspace

CRON = "0 2 * * *"
TIMEZONE = "Europe/London"


def nightly_schedule(
    job: dg.UnresolvedAssetJobDefinition, open_workspace: Callable[[], Workspace]
) -> dg.ScheduleDefinition:
    """Return the schedule that checks the sources at 02:00 in Scotland, also when the clocks change; on by default."""

    @dg.schedule(
        name="nightly_refresh",
        job=job,
        cron_schedule=CRON,
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night at 02:00: check the sources. What changed is then recomputed (see the sensor).",
    )
    def nightly_refresh() -> dg.RunRequest:
        return run_that_says_so(open_workspace) or dg.RunRequest()

    return nightly_refresh
