"""Executors: where the steps of a run are computed; in the run's own process unless the environment says otherwise.

``LOCALITIES_SCHEDULER``, the address of a Dask scheduler, has its workers compute them;
``LOCALITIES_EXECUTOR=kubernetes`` gives each a pod. Either needs a team's store (`pipelines.run.team`), because
machines share no folder.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from indicators.errors import ConfigError
from pipelines.workers import SCHEDULER_VARIABLE

EXECUTOR_VARIABLE = "LOCALITIES_EXECUTOR"


def executor_of(environment: Mapping[str, str]) -> dg.ExecutorDefinition:
    """Return the executor that the environment asks for.

    Raises
    ------
    ConfigError
        If the package that it is in is not installed, or the name is unknown.
    """
    address, name = environment.get(SCHEDULER_VARIABLE, ""), environment.get(EXECUTOR_VARIABLE, "")
    try:
        if address:
            from dagster_dask import dask_executor

            _leave_records_whole()
            return dask_executor.configured({"cluster": {"existing": {"address": address}}})
        if name == "kubernetes":
            from dagster_k8s import k8s_job_executor

            return k8s_job_executor
    except ModuleNotFoundError as error:
        extra = "dask" if address else "kubernetes"
        raise ConfigError(
            "The executor that the environment asks for is not installed",
            expected=f"the extra `{extra}`",
            found=error.name,
            remedy=f'pip install "scottish-localities[{extra}]"',
        ) from error
    if name:
        raise ConfigError("No such executor", where=EXECUTOR_VARIABLE, expected="kubernetes", found=name)
    return dg.in_process_executor


def _leave_records_whole() -> None:
    """Have Dask take Dagster's records as they are: it looks through every tuple that it is sent, and they refuse that.

    Dask has done so since 2024.12, and dagster-dask has not followed (0.29.27 with Dask 2026.8).
    """
    import dask._task_spec as dask_tasks
    import distributed.client as dask_client
    from dagster_shared.record import is_record

    look_through = getattr(dask_tasks, "parse_input", None)
    if look_through is None or getattr(look_through, "leaves_records", False):
        return

    def look_through_others(given: object) -> object:
        return given if is_record(given) else look_through(given)

    look_through_others.leaves_records = True  # type: ignore[attr-defined]
    dask_tasks.parse_input = dask_client.parse_input = look_through_others  # type: ignore[assignment]


def pool_of(address: str) -> str | None:
    """Return the pool of a workspace of a team's store: with a limit of one, one run at a time writes to it.

    Examples
    --------
    >>> pool_of("s3://council/localities"), pool_of("s3://council/localities#anna.b"), pool_of("")
    ('localities/main', 'localities/anna_b', None)
    """
    if not address:
        return None
    from pipelines.storage.objects import Address

    return "localities/" + "".join(one if one.isalnum() else "_" for one in Address(address).workspace)
