"""Where steps are computed, and which runs wait for each other: what the environment says of both."""

from __future__ import annotations

import dagster as dg
import pytest

from indicators.errors import ConfigError
from pipelines.defs.assets import publications_asset
from pipelines.defs.executors import EXECUTOR_VARIABLE, executor_of, pool_of
from pipelines.workers import SCHEDULER_VARIABLE


def test_steps_are_computed_in_process_unless_the_environment_says_otherwise():
    assert executor_of({}) is dg.in_process_executor
    with pytest.raises(ConfigError, match=r"(?s)No such executor.*kubernetes.*celery"):
        executor_of({EXECUTOR_VARIABLE: "celery"})


def test_a_schedulers_address_is_that_of_the_dask_executor():
    pytest.importorskip("dagster_dask", reason="the extra `dask` is not installed")
    found = executor_of({SCHEDULER_VARIABLE: "tcp://127.0.0.1:8786"})
    assert found.name == "dask"
    # what is sent to a worker holds records of Dagster's, through which nobody may iterate
    import dask._task_spec
    from dagster._core.code_pointer import ModuleCodePointer
    from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository

    sent = ReconstructableJob(ReconstructableRepository(ModuleCodePointer("pipelines", "defs", None)), "refresh")
    assert dask._task_spec.parse_input([sent]) == [sent]


def test_what_writes_to_a_workspace_of_a_teams_store_is_in_its_pool():
    of_anna = publications_asset(["zones"], pool=pool_of("s3://council/localities#anna"))
    assert of_anna.op.pool == "localities/anna"
    assert publications_asset(["zones"], pool=pool_of("")).op.pool is None
