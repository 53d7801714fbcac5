"""Sensors: what follows once the sources have been checked.

`decide` is pure: from the plan, and whether what is published is of the present tables, to the assets that one run
has to cover, or to the reason why nothing has to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.defs.assets import PUBLICATIONS
from pipelines.defs.settings import run_that_says_so
from pipelines.run.history import last_success, made_of
from pipelines.run.offline import at_hand, held_sources
from pipelines.run.staleness import plan_of
from pipelines.run.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.storage.refresh import Plan

SELDOM, SOON = 120, 10
"""Seconds between looks. Dagster keeps a grey tick of each for a day, and at night nobody waits; whoever tries the
sample does."""


@dataclass(frozen=True)
class Decision:
    """What the night's second run has to cover, and why.

    Parameters
    ----------
    assets
        Tables to recompute, in order, then the publications; empty if nothing has to be done.
    why
        The reason, for people.
    """

    assets: tuple[str, ...]
    why: str


def decide(plan: Plan, *, is_published: bool) -> Decision:
    """Return what to materialise.

    Parameters
    ----------
    plan
        From `pipelines.run.staleness.plan_of`.
    is_published
        Whether the last publication of everything was made from the tables that are current.

    Examples
    --------
    >>> from pipelines.storage.refresh import Plan, Planned
    >>> decide(Plan((), ("zones",)), is_published=True).why
    'Nothing to do: no source, code or setting has changed since the 1 table was computed, and all is published.'
    >>> decide(Plan((Planned("zones", ("source boundaries changed",)),), ()), is_published=True)
    Decision(assets=('zones', 'publications'), why='zones (source boundaries changed)')
    """
    if plan.is_empty and is_published:
        number = len(_whole(plan.unchanged))
        tables = "1 table was" if number == 1 else f"{number} tables were"
        return Decision(
            (),
            f"Nothing to do: no source, code or setting has changed since the {tables} computed, and all is published.",
        )
    if plan.is_empty:
        return Decision((PUBLICATIONS,), "No table has changed, but what is published is not of the present tables.")
    why = "; ".join(f"{table} ({', '.join(reasons)})" for table, reasons in plan.by_whole_table().items())
    return Decision((*_whole(plan.tables), PUBLICATIONS), why)


def _whole(names: Iterable[str]) -> tuple[str, ...]:
    """Return tables without their parts: an asset computes the parts of its table that are due."""
    return tuple(one for one in names if "/" not in one)


def tonight(workspace: Workspace) -> Decision:
    """Return the decision for a working folder as it lies, once its sources have been checked.

    What the command line published counts as much as what a run of Dagster did.

    Raises
    ------
    ConfigError
        If a source that the zones need is not among the downloads.
    """
    workspace = at_hand(workspace)
    versions = {key: one.sha256 for key, one in held_sources(workspace, workspace.sources).items()}
    last = last_success(workspace.home)
    is_published = last is not None and last.made_of == made_of(workspace)
    return decide(plan_of(workspace, versions), is_published=is_published)


def refresh_sensor(
    open_workspace: Callable[[], Workspace],
    *,
    after: dg.UnresolvedAssetJobDefinition,
    start: dg.UnresolvedAssetJobDefinition,
    every: int = SELDOM,
    decision: Callable[[Workspace], Decision] = tonight,
) -> dg.RunStatusSensorDefinition:
    """Return the sensor that follows a successful check of the sources; on by default.

    It asks for one run of exactly the planned tables and the publications, or says why nothing has to be done.

    Parameters
    ----------
    open_workspace
        Opens the workspace, without its lock: the sensor only reads.
    after
        The job whose success it waits for.
    start
        The job of which it asks for a part.
    every
        Seconds between looks whether there was one.
    decision
        What to do; by default `tonight`.
    """

    @dg.run_status_sensor(
        name="refresh_after_sources",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[after],
        request_job=start,
        minimum_interval_seconds=every,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="After the sources were checked: one run of what changed and what follows from it, or none.",
    )
    def refresh_after_sources(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        refused = run_that_says_so(open_workspace, context.dagster_run.run_id)
        if refused is not None:  # mistyped since the sources were checked
            return refused
        decided = decision(open_workspace())
        context.log.info(decided.why)
        if not decided.assets:
            return dg.SkipReason(decided.why)
        return dg.RunRequest(
            run_key=context.dagster_run.run_id,
            asset_selection=[dg.AssetKey(asset) for asset in decided.assets],
            tags={"localities/why": decided.why if len(decided.why) <= 250 else f"{decided.why[:249]}…"},
        )

    return refresh_after_sources
