"""Schedules: the night's look at the sources."""

from __future__ import annotations

import dagster as dg

__all__ = ["CRON", "TIMEZONE", "nightly_schedule"]

CRON = "0 2 * * *"
TIMEZONE = "Europe/London"


def nightly_schedule(job: dg.UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Return the schedule that checks the sources at 02:00 in Scotland, also when the clocks change; on by default."""
    return dg.ScheduleDefinition(
        name="nightly_refresh",
        job=job,
        cron_schedule=CRON,
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night at 02:00: check the sources. What changed is then recomputed (see the sensor).",
    )
