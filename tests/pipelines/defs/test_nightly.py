"""The night: what follows a check of the sources, and what stays when something is wrong."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from dataclasses import replace

import dagster as dg
import pytest
from dagster._core.loader import LoadingContextForTest

from indicators.errors import ConfigError
from localities.settings import Settings
from pipelines.definitions import build_definitions
from pipelines.defs.alerts import alert_sensors
from pipelines.defs.sensors import decide, tonight
from pipelines.run.history import last_success
from pipelines.run.run import run
from pipelines.run.workspace import the_only_run
from pipelines.storage.refresh import Plan, Planned


def _failure(done: dg.ExecuteInProcessResult) -> str:
    return "\n".join(
        event.event_specific_data.error.message + str(event.event_specific_data.user_failure_data)
        for event in done.all_events
        if event.event_type_value == "STEP_FAILURE"
    )


def _night_before(small) -> None:
    """Compute and publish everything, as a run of the command line does: Dagster takes ten times as long for it."""
    run(small.workspace, network=False)


def _run_night(small) -> tuple[str, ...]:
    small.execute("check_sources")
    decided = tonight(small.workspace)
    if decided.assets:
        small.execute("refresh", only=list(decided.assets))
    return decided.assets


def test_first_night_computes_and_publishes_everything(small):
    assets = _run_night(small)
    assert set(assets) == {"sources", "zones", "adjacency", "candidate_localities", "membership", "publications"}
    assert assets[-1] == "publications"
    assert small.published[0]["areas"] is None
    assert last_success(small.workspace.home).what == "a run published everything"


def test_night_without_a_change_does_nothing_says_so_on_an_asset_and_counts_as_success(small):
    _night_before(small)
    before = small.versions()
    done = small.execute("check_sources")
    decided = tonight(small.workspace)
    assert decided.assets == ()
    assert decided.why == (
        "Nothing to do: no source, code or setting has changed since the 5 tables were computed, and all is published."
    )
    assert small.versions() == before
    said = {one.asset_key.path[-1]: one.materialization.metadata for one in done.get_asset_materialization_events()}
    assert said["night"]["what follows"].value.startswith("Nothing to do")
    assert said["night"]["how things stand"].value == "All is good."
    assert last_success(small.workspace.home).what == "a check of the sources found that nothing had changed"


def test_changed_source_recomputes_its_descendants(small):
    _night_before(small)
    before = small.versions()
    small.offer((900, 800, 700, 601))
    assets = _run_night(small)
    assert set(assets) == {"sources", "zones", "adjacency", "candidate_localities", "membership", "publications"}
    # one person more in the last zone: who are neighbours, and of which locality, is as before
    changed = {table for table, version in small.versions().items() if version != before[table]}
    assert changed == {"sources", "zones", "candidate_localities"}


def test_publication_that_was_missed_is_made_up_for(small):
    _night_before(small)
    small.execute(
        "refresh", only=["publications"], config={"ops": {"publications": {"config": {"areas": ["north-skerry"]}}}}
    )
    assert small.published[-1]["areas"] == ["north-skerry"]
    assert tonight(small.workspace).assets == ("publications",)


def test_broken_rolling_source_serves_the_last_good_version_and_says_so_in_every_place(small):
    assert _checks(small.execute("check_sources"), "could_be_refreshed")["zone-list"].passed
    _night_before(small)
    before = small.versions()
    small.offer(text="<!DOCTYPE html><html><body>Down for maintenance</body></html>")
    done = small.execute("check_sources")
    said = next(one for one in done.get_asset_materialization_events() if one.asset_key.path[0] == "downloads")
    said = said.materialization.metadata
    assert said["is_stale"].value is True
    assert "zone-list could not be refreshed" in said["note"].value
    check = _checks(done, "could_be_refreshed")["zone-list"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "could not be refreshed" in check.metadata["what"].value
    assert tonight(small.workspace).assets == ()
    assert small.versions() == before
    # the table is written by another run: what was said must not be lost between
    (small.workspace.home.store / "sources" / "current.json").unlink()
    small.execute("refresh", only=["sources"])
    row = small.workspace.store.read("sources").iloc[0]
    assert row["is_stale"]
    assert "zone-list could not be refreshed" in row["note"]


def test_source_that_cannot_be_had_fails_the_check_by_name_and_touches_nothing(small):
    _night_before(small)
    before, published = small.versions(), len(small.published)
    (small.mirror / "zone-list" / "zones.csv").unlink()
    (small.workspace.home.downloads / "zone-list" / "zones.csv").unlink()
    done = small.execute("check_sources", succeeds=False)
    assert "1 of 1 sources could not be had" in _failure(done)
    assert "zone-list" in _failure(done)
    assert small.versions() == before
    assert len(small.published) == published


def test_broken_rule_fails_its_check_and_keeps_every_table(small):
    _night_before(small)
    before, published = small.versions(), len(small.published)
    small.offer((900, 900, 1190, 13))
    small.execute("check_sources")
    decided = tonight(small.workspace)
    done = small.execute("refresh", only=list(decided.assets), succeeds=False)
    checks = {one.check_name: one for one in done.get_asset_check_evaluations() if one.asset_key.path == ["adjacency"]}
    assert not checks["neighbours_are_zones"].passed
    assert "S01999999" in checks["neighbours_are_zones"].metadata["what"].value
    assert "what was there before stays" in _failure(done)
    # zones and sources are right and were promoted; what failed, and what follows from it, stands
    assert {table for table in before if small.versions()[table] == before[table]} == {
        "adjacency",
        "candidate_localities",
        "membership",
    }
    assert len(small.published) == published


def test_undeclared_form_fails_its_check_and_keeps_both_tables(small):
    _night_before(small)
    before = small.versions()
    small.offer((900, 850, 1250, 0))
    small.execute("check_sources")
    done = small.execute("refresh", only=list(tonight(small.workspace).assets), succeeds=False)
    failed = [(one.asset_key.path[0], one.check_name) for one in done.get_asset_check_evaluations() if not one.passed]
    assert failed == [("membership", "has_declared_form")]
    assert small.versions()["candidate_localities"] == before["candidate_localities"]
    assert small.versions()["membership"] == before["membership"]


def _sense(small) -> dg.RunRequest | dg.SkipReason:
    """Check the sources, and return what the sensor has to say to that."""
    done = small.execute("check_sources")
    context = dg.build_run_status_sensor_context(
        sensor_name="refresh_after_sources",
        dagster_event=next(one for one in done.all_events if one.event_type_value == "PIPELINE_SUCCESS"),
        dagster_instance=small.instance,
        dagster_run=done.dagster_run,
    )
    return small.definitions.resolve_sensor_def("refresh_after_sources")(context)


def test_sensor_asks_for_the_planned_assets_and_then_skips_with_the_reason(small):
    asked = _sense(small)
    assets = [key.to_user_string() for key in asked.asset_selection]
    assert set(assets) == {"sources", "zones", "adjacency", "candidate_localities", "membership", "publications"}
    assert "never computed" in asked.tags["localities/why"]
    _night_before(small)
    skipped = _sense(small)
    assert isinstance(skipped, dg.SkipReason)
    assert skipped.skip_message.startswith("Nothing to do: no source, code or setting has changed")


@pytest.mark.parametrize("is_published", [True, False])
def test_every_planned_table_is_asked_for_once_and_publishing_comes_last(is_published):
    plan = Plan((Planned("zones", ("source a changed",)), Planned("adjacency", ("zones is recomputed",))), ("sources",))
    assert decide(plan, is_published=is_published).assets == ("zones", "adjacency", "publications")


def test_materialising_waits_for_a_run_of_the_command_line(small):
    """The lock is shared: while the command line runs, a run of Dagster does not start to work."""
    job = build_definitions(work=small.work(wait_seconds=0.1)).resolve_job_def("check_sources")
    with the_only_run(small.workspace.home):
        done = job.execute_in_process(instance=small.instance, raise_on_error=False)
    assert not done.success
    assert any("Another run is under way" in str(event.event_specific_data) for event in done.all_events)


def _checks(done: dg.ExecuteInProcessResult, name: str) -> dict[str, dg.AssetCheckEvaluation]:
    return {one.asset_key.path[-1]: one for one in done.get_asset_check_evaluations() if one.check_name == name}


def test_changed_setting_recomputes_what_depends_on_it_alone_and_shows_on_it(small):
    """A neighbour of a neighbour is stale too, which Dagster's own staleness does not see."""
    _night_before(small)
    small.workspace = replace(small.workspace, settings=Settings(limit=1500))
    decided = tonight(small.workspace)
    assert set(decided.assets) == {"candidate_localities", "membership", "publications"}
    assert "settings changed: limit" in decided.why
    checks = _checks(small.execute("check_sources"), "is_up_to_date")
    assert {table for table, one in checks.items() if not one.passed} == {"candidate_localities", "membership"}
    assert checks["candidate_localities"].metadata["why"].value == "settings changed: limit"
    assert checks["candidate_localities"].severity == dg.AssetCheckSeverity.WARN
    again = _checks(small.execute("refresh"), "is_up_to_date")
    assert all(one.passed for one in again.values())


def test_table_stands_on_just_the_settings_that_it_reads(small):
    graph = small.definitions.resolve_asset_graph()

    def settings_of(table: str) -> set[str]:
        return {key.path[-1] for key in graph.get(dg.AssetKey(table)).parent_keys if key.path[0] == "settings"}

    assert settings_of("membership") == {"limit", "zones"}
    assert settings_of("adjacency") == {"zones"}


def _failed_checks(small) -> set[str]:
    """Return the checks that Dagster's page shows as failed: also those planned by a run that failed before them."""
    loading = LoadingContextForTest(small.instance)
    keys = small.definitions.resolve_asset_graph().asset_check_keys
    found = small.instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    return {
        key.to_user_string()
        for key, record in found.items()
        if asyncio.run(record.resolve_status(loading)).value in ("FAILED", "EXECUTION_FAILED")
    }


@pytest.mark.parametrize(
    ("job", "only"), [("check_sources", None), ("refresh", None), ("refresh", ["zones", "adjacency"])]
)
def test_mistyped_setting_cancels_a_run_before_it_begins_and_nothing_reads_as_failed_data(small, job, only):
    _night_before(small)
    before = small.versions()
    small.is_mistyped = True
    done = small.execute(job, only=only, succeeds=False)
    assert small.instance.get_run_by_id(done.run_id).status is dg.DagsterRunStatus.CANCELED
    assert any("wrong at alhpa" in event.message for event in small.instance.all_logs(done.run_id))
    assert not [event for event in done.all_events if event.event_type_value == "STEP_START"]
    assert _failed_checks(small) == set()
    assert small.versions() == before


def test_night_with_a_mistyped_setting_runs_the_settings_alone_which_fail_by_name(small):
    _night_before(small)
    small.is_mistyped = True
    schedule = small.definitions.resolve_schedule_def("nightly_refresh")
    [asked] = schedule.evaluate_tick(dg.build_schedule_context(instance=small.instance)).run_requests
    names = [key.to_user_string() for key in asked.asset_selection]
    assert "settings/alpha" in names
    done = small.execute("check_sources", only=[key.path for key in asked.asset_selection], succeeds=False)
    assert small.instance.get_run_by_id(done.run_id).status is dg.DagsterRunStatus.FAILURE
    assert "wrong at alhpa" in _failure(done)
    assert _failed_checks(small) == set()


def test_night_is_overdue_at_four(small):
    policy = small.definitions.resolve_asset_graph().get(dg.AssetKey("night")).freshness_policy
    assert (policy.deadline_cron, policy.timezone) == ("0 4 * * *", "Europe/London")


def test_one_launch_computes_everything_again(small):
    _night_before(small)
    done = small.execute("refresh", config={"resources": {"work": {"config": {"force": True}}}})
    said = {one.asset_key.path[-1]: one.materialization.metadata for one in done.get_asset_materialization_events()}
    assert all(said[table]["recomputed"].value for table in ("zones", "adjacency", "membership"))


@pytest.fixture
def told():
    """A web address that notes what it is told."""
    notes: list[dict] = []

    class Listening(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            notes.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Listening)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", notes
    server.shutdown()
    server.server_close()


def test_a_failed_run_is_told_with_its_reason(small, told):
    address, notes = told
    [sensor] = alert_sensors({"LOCALITIES_ALERT_WEBHOOK": address})
    small.offer((900, 900, 1190, 13))
    done = small.execute("refresh", succeeds=False)
    failure = next(one for one in done.all_events if one.event_type_value == "PIPELINE_FAILURE")
    context = dg.build_run_status_sensor_context(
        sensor_name="tell_by_webhook",
        dagster_event=failure,
        dagster_instance=small.instance,
        dagster_run=small.instance.get_run_by_id(done.run_id),
    )
    sensor(context.for_run_failure())
    [note] = notes
    assert note["text"].startswith("localities: refresh failed")
    assert "zone-list" in note["text"]


def test_nobody_is_told_until_it_is_configured():
    assert alert_sensors({}) == []
    with pytest.raises(ConfigError, match="https"):
        alert_sensors({"LOCALITIES_ALERT_WEBHOOK": "http://example.org/hook"})
    with pytest.raises(ConfigError, match="LOCALITIES_SMTP_HOST"):
        alert_sensors({"LOCALITIES_ALERT_TO": "a@example.org", "LOCALITIES_ALERT_FROM": "b@example.org"})
