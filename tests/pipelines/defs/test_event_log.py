"""Dagster's event log whose files stay open: the same events, in the same places."""

from __future__ import annotations

import shutil

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from pipelines.defs.event_log import EventLogKeptOpen
from pipelines.folders import checkout


@pytest.fixture
def instance(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    shutil.copy(checkout() / "dagster.yaml", tmp_path)
    with dg.DagsterInstance.get() as found:
        yield found


@dg.asset(check_specs=[dg.AssetCheckSpec("is_there", asset="skerry")])
def skerry() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"residents": 12}, check_results=[dg.AssetCheckResult(passed=True)])


def test_who_reads_the_files_as_dagster_does_finds_what_was_told(instance, tmp_path):
    assert isinstance(instance.event_log_storage, EventLogKeptOpen)
    runs = [dg.materialize([skerry], instance=instance) for _ in range(2)]
    plain = SqliteEventLogStorage(str(tmp_path / "history" / "runs"))
    for run in runs:
        kinds = [one.dagster_event.event_type_value for one in plain.get_logs_for_run(run.run_id) if one.dagster_event]
        assert kinds.count("ASSET_MATERIALIZATION") == kinds.count("ASSET_CHECK_EVALUATION") == 1
        assert instance.event_log_storage.get_logs_for_run(run.run_id) == plain.get_logs_for_run(run.run_id)
    found = plain.get_latest_materialization_events([dg.AssetKey("skerry")])[dg.AssetKey("skerry")]
    assert found.run_id == runs[1].run_id
    # who looks at many runs does not keep the files of all
    assert set(instance.event_log_storage._open) == {"index", runs[1].run_id}
