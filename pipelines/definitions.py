"""What Dagster loads: assets, checks, jobs, the nightly schedule and its sensor.

Assembled from `pipelines.defs`. Nothing is read at import: Dagster calls `defs` when it loads the code
location, and a test calls `build_definitions` with what it wants instead.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from pipelines.defs.assets import downloads_asset, publications_asset, step_asset
from pipelines.defs.io_managers import StoreIOManager
from pipelines.defs.jobs import check_sources_job, refresh_job
from pipelines.defs.resources import Work
from pipelines.defs.schedules import nightly_schedule
from pipelines.defs.sensors import refresh_sensor
from pipelines.folders import Home, find_home
from pipelines.run.workspace import needed_by_zones

__all__ = ["SAMPLE_VARIABLE", "build_definitions", "defs"]

SAMPLE_VARIABLE = "LOCALITIES_SAMPLE"


def build_definitions(
    *,
    home: Home | None = None,
    mirror: str | Path | None = None,
    is_sample: bool | None = None,
    work: Work | None = None,
    executor: dg.ExecutorDefinition = dg.in_process_executor,
) -> dg.Definitions:
    """Return everything that Dagster shows and runs.

    Parameters
    ----------
    home
        Working folder; by default as `pipelines.folders.find_home` finds it.
    mirror
        Asked before the network; by default what ``LOCALITIES_MIRROR`` names.
    is_sample
        Run on the fictional sample; by default what ``LOCALITIES_SAMPLE`` says.
    work
        The resource that opens the working folder, now and again for every run; by default from the first three.
    executor
        Runs are in process by default: starting a process per step costs seconds that the work does not.
    """
    fictional = os.environ.get(SAMPLE_VARIABLE, "") in ("1", "true", "yes") if is_sample is None else is_sample
    if work is None:
        folder = str((home or find_home()).root)
        zones = home.zones if home else ""
        work = Work(home=folder, mirror=None if mirror is None else str(mirror), is_sample=fictional, zones=zones)
    declared = work.open()
    # whoever starts a run may say otherwise, and whatever depends on the resource gets the same one
    given = {name: getattr(work, name) for name in type(work).model_fields}
    launched = type(work).configure_at_launch(**{name: value for name, value in given.items() if value is not None})
    tables = [table for step in declared.steps for table in step.outputs]
    needed = needed_by_zones(declared, declared.sources)
    check_sources, refresh = check_sources_job({**declared.sources, **declared.optional}), refresh_job(tables)
    return dg.Definitions(
        assets=[
            downloads_asset(declared.sources, declared.optional),
            *(step_asset(one, after=needed) for one in declared.steps),
            publications_asset(tables),
        ],
        jobs=[check_sources, refresh],
        schedules=[nightly_schedule(check_sources)],
        sensors=[refresh_sensor(work.open, after=check_sources, start=refresh)],
        resources={"work": launched, "store": StoreIOManager(work=launched)},
        executor=executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of this working folder."""
    return build_definitions()
