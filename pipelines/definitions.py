"""What Dagster loads: assets, checks, jobs, the nightly schedule and its sensor.

Assembled from `pipelines.orchestration`. Nothing is read at import: Dagster calls `defs` when it loads the code
location, and a test calls `build_definitions` with what it wants instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.home import Home, find_home
from pipelines.orchestration.assets import downloads_asset, publications_asset, step_asset
from pipelines.orchestration.io_managers import store_io_manager
from pipelines.orchestration.jobs import check_sources_job, refresh_job
from pipelines.orchestration.resources import work_resource
from pipelines.orchestration.schedules import nightly_schedule
from pipelines.orchestration.sensors import refresh_sensor
from pipelines.runs import Workspace, open_workspace, sample_sources

if TYPE_CHECKING:
    from pipelines.sources.declarations import Source
    from pipelines.steps import Step

__all__ = ["SAMPLE_VARIABLE", "build_definitions", "defs"]

SAMPLE_VARIABLE = "LOCALITIES_SAMPLE"


def build_definitions(
    *,
    home: Home | None = None,
    mirror: str | Path | None = None,
    is_sample: bool | None = None,
    steps: Sequence[Step] | None = None,
    sources: Mapping[str, Source] | None = None,
    workspace: Callable[[], Workspace] | None = None,
    executor: dg.ExecutorDefinition = dg.in_process_executor,
) -> dg.Definitions:
    """Return everything that Dagster shows and runs.

    Parameters
    ----------
    home
        Working folder; by default as `pipelines.home.find_home` finds it.
    mirror
        Asked before the network; by default what ``LOCALITIES_MIRROR`` names.
    is_sample
        Run on the fictional sample; by default what ``LOCALITIES_SAMPLE`` says.
    steps, sources
        By default the project's own, and the sources that those steps read.
    workspace
        Opens the workspace of a run; by default from the first three.
    executor
        Runs are in process by default: starting a process per step costs seconds that the work does not.
    """
    from pipelines.sources.declarations import for_sample, load_sources
    from pipelines.steps import all_steps, reading_only

    home = home or find_home()
    fictional = os.environ.get(SAMPLE_VARIABLE, "") in ("1", "true", "yes") if is_sample is None else is_sample
    steps = all_steps() if steps is None else steps
    if sources is None:
        needed = sorted({source for one in steps for source in one.find_sources()})
        declared = load_sources()
        sources = {key: declared[key] for key in needed if key in declared}
        if fictional:
            sources = for_sample(sample_sources(sources))
            steps = reading_only(steps, sources)
    opened = workspace or (lambda: open_workspace(home, mirror=mirror, is_sample=fictional))
    tables = [table for one in steps for table in one.outputs]
    check_sources, refresh = check_sources_job(sources), refresh_job(tables)
    return dg.Definitions(
        assets=[downloads_asset(sources), *map(step_asset, steps), publications_asset(tables)],
        jobs=[check_sources, refresh],
        schedules=[nightly_schedule(check_sources)],
        sensors=[refresh_sensor(opened, after=check_sources, start=refresh)],
        resources={"work": work_resource(opened), "store": store_io_manager},
        executor=executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of this working folder."""
    return build_definitions()
