"""What Dagster loads: assets, checks, jobs, the nightly schedule and its sensor.

Assembled from `pipelines.defs`. Nothing is read at import: Dagster calls `defs` when it loads the code
location, and a test calls `build_definitions` with what it wants instead.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from indicators.errors import ConfigError
from pipelines.defs.alerts import alert_sensors
from pipelines.defs.assets import OWNERS, downloads_asset, publications_asset, step_asset
from pipelines.defs.checks import plan_checks
from pipelines.defs.executors import executor_of, pool_of
from pipelines.defs.io_managers import StoreIOManager
from pipelines.defs.jobs import check_sources_job, refresh_job
from pipelines.defs.night import night_asset
from pipelines.defs.resources import Work, download_key
from pipelines.defs.schedules import nightly_schedule
from pipelines.defs.sensors import SELDOM, SOON, refresh_sensor
from pipelines.defs.settings import settings_asset
from pipelines.folders import Home, find_home
from pipelines.run.logs import start_log
from pipelines.run.team import team_store
from pipelines.run.workspace import Workspace, needed_by_zones
from pipelines.steps.registry import in_turn

SAMPLE_VARIABLE = "LOCALITIES_SAMPLE"


def build_definitions(
    *,
    home: Home | None = None,
    mirror: str | Path | None = None,
    is_sample: bool | None = None,
    work: Work | None = None,
    executor: dg.ExecutorDefinition | None = None,
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
        By default the one that the environment asks for; else in process, because starting a process per step costs
        seconds that the work does not.
    """
    fictional = os.environ.get(SAMPLE_VARIABLE, "") in ("1", "true", "yes") if is_sample is None else is_sample
    if work is None:
        folder = str((home or find_home()).root)
        zones = home.zones if home else ""
        work = Work(home=folder, mirror=None if mirror is None else str(mirror), is_sample=fictional, zones=zones)
    try:
        declared = work.open()
    except ConfigError:
        # the page shows what there is all the same, and says of the settings what is wrong with them
        declared = work.open(with_settings=False)
    # whoever starts a run may say otherwise, and whatever depends on the resource gets the same one
    given = {name: getattr(work, name) for name in type(work).model_fields}
    launched = type(work).configure_at_launch(**{name: value for name, value in given.items() if value is not None})
    pool = pool_of(team_store(declared.home))
    tables = [table for step in declared.steps for table in step.outputs]
    needed = needed_by_zones(declared, declared.sources)
    files = {**declared.sources, **declared.optional}
    # what comes after others alone would be passed over where one of these cannot be had
    keys = [download_key(source_id) for source_id in sorted(needed)]
    plan = plan_checks(tables, after=keys)
    check_sources, refresh = check_sources_job(files, plan), refresh_job(tables)
    return dg.Definitions(
        assets=[
            downloads_asset(declared.sources, declared.optional, pool),
            *(step_asset(one, needed, pool, turn) for turn, one in enumerate(in_turn(declared.steps))),
            publications_asset(tables, _slugs(declared), _sets(declared), pool),
            night_asset(keys),
            settings_asset(OWNERS),
        ],
        asset_checks=[plan],
        jobs=[check_sources, refresh],
        schedules=[nightly_schedule(check_sources, work.open)],
        sensors=[
            refresh_sensor(work.look, after=check_sources, start=refresh, every=SOON if work.is_sample else SELDOM),
            *alert_sensors(os.environ),
        ],
        resources={"work": launched, "store": StoreIOManager(work=launched)},
        executor=executor or executor_of(os.environ),
    )


def _slugs(workspace: Workspace) -> list[str]:
    """Return the partnerships that can be published; of the fictional country, those of its last run."""
    from localities.councils import CPPS
    from pipelines.storage.reading import rows_of

    if not workspace.is_fictional:
        return [one.slug for one in CPPS]
    if "zones" not in workspace.store.manifests():
        return []
    return list(rows_of(workspace.store, "zones", columns=["cpp_slug"])["cpp_slug"].unique())


def _sets(workspace: Workspace) -> tuple[str, ...]:
    from pipelines.steps.parts import sets_drawn

    return sets_drawn(workspace.settings, workspace.sources)


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of this working folder."""
    start_log()
    return build_definitions()
