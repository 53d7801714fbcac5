"""What Dagster is offered, by name: a rename or a lost schedule shows here as a difference."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.schedules import cron_string_iterator

from indicators.schema.tables import TABLES
from localities.rules import RULES
from localities.settings import ZONES, Settings
from pipelines.definitions import build_definitions, defs
from pipelines.defs.checks import FORM, REFRESHED, UP_TO_DATE
from pipelines.folders import Home
from pipelines.run.workspace import NOT_SETTINGS
from pipelines.steps.registry import all_steps, optional_sources

GROUPS = {
    "sources": "sources",
    "zones": "geography",
    "adjacency": "geography",
    "crosswalk": "geography",
    "indicators": "indicators",
    "council_context": "indicators",
    "observations": "indicators",
    "candidate_localities": "candidates",
    "membership": "candidates",
    "vintages": "candidates",
    "estimates": "findings",
    "findings": "findings",
    "judgements": "findings",
    "verdicts": "findings",
    "redrawn": "findings",
    "need_outside": "findings",
    "reach": "findings",
    "group_indicators": "findings",
    "group_findings": "findings",
    "group_coverage": "findings",
    "group_places": "findings",
    "inequality": "findings",
    "trends": "findings",
    "progress": "findings",
    "peers": "findings",
    "peer_findings": "findings",
    "hot_spots": "findings",
    "hot_spot_zones": "findings",
    "publications": "publications",
    "night": "sources",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("definitions") / "home")


@pytest.fixture(scope="module")
def definitions(home: Home) -> dg.Definitions:
    return build_definitions(home=home, is_sample=False)


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {one.key.to_user_string(): one for one in definitions.resolve_all_asset_specs()}


def _is_download(key: str) -> bool:
    return key.startswith("downloads/")


def test_assets_and_their_groups(specs):
    groups = {key: one.group_name for key, one in specs.items() if not _is_download(key)}
    settings = {f"settings/{name}": "settings" for name in Settings().to_dict()}
    assert groups == GROUPS | settings


def test_every_source_that_a_step_reads_can_be_fetched_by_itself(definitions, specs):
    read = {source for zones in ZONES for one in all_steps(zones) for source in one.find_sources()}
    assert {key for key in specs if _is_download(key)} == {f"downloads/{source}" for source in read}
    assert {one.group_name for key, one in specs.items() if _is_download(key)} == {"sources"}
    downloads = definitions.resolve_assets_def(dg.AssetKey(["downloads", "sg-simd-2020v2"]))
    assert downloads.can_subset


def test_every_asset_is_described_owned_and_of_a_kind(specs):
    for key, one in specs.items():
        assert len(one.description or "") > 30, key
        assert one.owners == ["team:community-planning"], key
        assert one.kinds, key
        if key in TABLES:
            assert one.code_version, key
            shown = [column.name for column in one.metadata["dagster/column_schema"].columns]
            assert shown == list(TABLES[key].columns)


def test_downloads_say_whose_they_are_and_on_what_terms(specs):
    for key, one in specs.items():
        if _is_download(key):
            assert {"publisher", "landing page", "licence", "attribution"} <= set(one.metadata), key
            assert one.metadata["landing page"].value.startswith("https://"), key


def test_assets_stand_on_what_their_steps_read(definitions):
    graph = definitions.resolve_asset_graph()
    (zones,) = (one.find_sources() for one in all_steps() if one.name == "zones")
    for one in all_steps():
        for table in one.outputs:
            parents = {key.to_user_string() for key in graph.get(dg.AssetKey(table)).parent_keys}
            # nothing stands on an optional file that is not here
            read = set(one.find_sources()) - set(optional_sources(all_steps()))
            # and nothing comes before the files that every run needs
            read = read or (set() if one.inputs else set(zones))
            settings = {"zones", *one.settings} - set(NOT_SETTINGS)
            assert parents == {
                *one.inputs,
                *(f"downloads/{source}" for source in read),
                *(f"settings/{name}" for name in settings),
            }, table
    assert {key.to_user_string() for key in graph.get(dg.AssetKey("publications")).parent_keys} == {
        key for key in GROUPS if key not in ("publications", "night")
    }


def test_checks_are_the_rules_under_their_names_and_block(definitions):
    graph = definitions.resolve_asset_graph()
    found = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}
    tables = {key for key in GROUPS if key not in ("publications", "night")}
    rules = {(rule.table, rule.name) for rule in RULES} | {(table, FORM) for table in tables}
    # what was good goes on serving where a table is out of date or a file could not be refreshed
    others = {(table, UP_TO_DATE) for table in tables}
    others |= {(key.to_user_string(), REFRESHED) for key in graph.get_all_asset_keys() if key.path[0] == "downloads"}
    assert found == rules | others
    for key in graph.asset_check_keys:
        assert graph.get(key).blocking == ((key.asset_key.to_user_string(), key.name) in rules), key


def test_night_begins_at_two_in_scotland_and_is_on_by_default(definitions):
    schedule = definitions.resolve_schedule_def("nightly_refresh")
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "Europe/London"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "check_sources"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (datetime(2027, 1, 10, 12, tzinfo=UTC), datetime(2027, 1, 11, 2, tzinfo=UTC)),
        # British Summer Time: two in the morning is one o'clock UTC
        (datetime(2027, 7, 10, 12, tzinfo=UTC), datetime(2027, 7, 11, 1, tzinfo=UTC)),
    ],
)
def test_two_in_the_morning_moves_with_the_clocks(definitions, after, expected):
    schedule = definitions.resolve_schedule_def("nightly_refresh")
    following = cron_string_iterator(after.timestamp(), str(schedule.cron_schedule), schedule.execution_timezone)
    assert next(following).astimezone(UTC) == expected


def test_check_of_the_sources_computes_nothing(definitions):
    selected = definitions.resolve_job_def("check_sources").asset_layer.selected_asset_keys
    assert selected
    assert {key.path[0] for key in selected} == {"downloads", "night", "settings"}


def test_what_follows_the_check_is_on_by_default(definitions):
    sensor = definitions.resolve_sensor_def("refresh_after_sources")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert [job.name for job in sensor.jobs] == ["refresh"]


def test_runs_are_in_process(definitions):
    for name in ("check_sources", "refresh"):
        assert definitions.resolve_job_def(name).executor_def.name == "in_process"


def test_definitions_load_and_leave_no_file(definitions, home: Home):
    dg.Definitions.validate_loadable(definitions)
    assert not home.root.exists()


def test_code_location_reads_its_folder_from_the_environment(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("LOCALITIES_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("LOCALITIES_SAMPLE", "1")
    loaded = defs()
    fictional = loaded.resolve_asset_graph().get(dg.AssetKey(["downloads", "sg-simd-2020v2"]))
    assert fictional.metadata["publisher"].startswith("None: a fictional country")
    assert not (tmp_path / "elsewhere").exists()


def test_importing_the_definitions_imports_nothing_that_only_the_work_needs():
    """What every process of Dagster pays for at its start."""
    late = ("pandas", "pyarrow", "geopandas", "shapely", "scipy", "duckdb", "pyogrio")
    code = f"import sys, pipelines.definitions; print([one for one in {late!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
