"""Materialising everything in Dagster gives what the command line gives, on the embedded sample."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.definitions import build_definitions
from pipelines.folders import Home
from pipelines.run.apart import Apart
from pipelines.run.workspace import Workspace, open_workspace
from pipelines.steps.registry import all_steps
from pipelines.steps.step import Step

TABLES = {table for one in all_steps() for table in one.outputs}


@dataclass
class Both:
    """The sample, run by the command line in one working folder and by Dagster in another."""

    by_command: Workspace
    by_dagster: Workspace
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    done: dg.ExecuteInProcessResult
    beside: set[str]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, sample_home: Home):
    page = Home(tmp_path_factory.mktemp("page"))
    by_command = open_workspace(Home(sample_home.root.parent), is_sample=True)
    # the same files with the same time of retrieval, which is part of the table of sources
    shutil.copytree(by_command.home.downloads, page.for_sample().downloads)
    # workbooks and pages come from the same call, and their tests hold that they come out the same twice
    page.for_sample().settings_file.write_text("publications: [geopackage]\n", encoding="utf-8")
    definitions = build_definitions(home=page, is_sample=True)
    with dg.DagsterInstance.ephemeral() as instance, pytest.MonkeyPatch.context() as smaller:
        # one candidate set at a time and with a process beside, as all of Scotland is; otherwise by the command line
        smaller.setattr("pipelines.run.run._PLACES", 1)
        smaller.setattr("pipelines.run.apart._MANY_BYTES", 0)
        smaller.setattr("os.cpu_count", lambda: 2)
        beside, take = set(), Apart.take

        def noting(self: Apart, step: Step) -> Any:
            made = take(self, step)
            beside.update(step.outputs if made else ())
            return made

        smaller.setattr(Apart, "take", noting)
        done = definitions.resolve_implicit_global_asset_job_def().execute_in_process(instance=instance)
        yield Both(by_command, open_workspace(page, is_sample=True), definitions, instance, done, beside)


def _said(done: dg.ExecuteInProcessResult, table: str) -> dict[str, Any]:
    event = next(one for one in done.get_asset_materialization_events() if one.asset_key.path == [table])
    return {key: value.value for key, value in event.materialization.metadata.items()}


def test_same_versions_from_the_same_causes(both: Both):
    command = {table: asdict(one) for table, one in both.by_command.store.manifests().items()}
    page = {table: asdict(one) for table, one in both.by_dagster.store.manifests().items()}
    assert set(page) == TABLES
    for manifests in (command, page):
        for one in manifests.values():
            one.pop("written_at")
    assert page == command


def test_what_the_command_line_computes_beside_is_computed_beside(both: Both):
    assert both.beside == {"inequality", "hot_spots", "hot_spot_zones", "judgements"}
    begun = [one.step_key for one in both.done.all_events if one.event_type_value == "STEP_START"]
    # findings are made while judgements are, and files of figures are read while localities are drawn
    assert begun.index("zones") < begun.index("candidate_localities") < begun.index("observations")
    assert begun.index("findings") < begun.index("judgements") < begun.index("hot_spots")


def test_same_publications(both: Both):
    def hashes(workspace: Workspace) -> dict[str, str]:
        files = json.loads((workspace.home.publications / "publications.json").read_text(encoding="utf-8"))["files"]
        return {name: one["sha256"] for name, one in files.items() if name.endswith((".gpkg", ".parquet"))}

    assert len([name for name in hashes(both.by_dagster) if name.endswith(".gpkg")]) == 5
    # the DuckDB file holds the same tables, but its own pages are not the same byte for byte
    assert hashes(both.by_dagster) == hashes(both.by_command)
    assert (both.by_dagster.home.publications / "fictional-country.duckdb").is_file()


def test_data_versions_are_those_of_the_store(both: Both):
    manifests = both.by_dagster.store.manifests()
    for table in TABLES:
        event = both.instance.get_latest_materialization_event(dg.AssetKey(table))
        assert event.asset_materialization.tags["dagster/data_version"] == manifests[table].version


def test_every_check_was_made_and_passed(both: Both):
    made = {(one.asset_key.to_user_string(), one.check_name) for one in both.done.get_asset_check_evaluations()}
    declared = both.definitions.resolve_asset_graph().asset_check_keys
    # of an optional file that is not here there is nothing to say
    absent = {f"downloads/{source_id}" for source_id in both.by_dagster.optional}
    assert made == {
        (key.asset_key.to_user_string(), key.name) for key in declared if key.asset_key.to_user_string() not in absent
    }
    assert all(one.passed for one in both.done.get_asset_check_evaluations())


def test_metadata_is_worth_reading(both: Both):
    zones = _said(both.done, "zones")
    stored = both.by_dagster.store.read("zones", columns=["zone_code", "population"])
    assert zones["dagster/row_count"] == len(stored)
    assert zones["residents"] == stored["population"].sum()
    assert zones["map"].startswith("![Data zones")
    first = both.by_dagster.store.read("zones", columns=["zone_name"])["zone_name"].iloc[0]
    assert first in zones["preview"]
    verdicts = both.by_dagster.store.read("verdicts", columns=["candidate_set", "is_flagged"])
    said = _said(both.done, "verdicts")
    for name, flagged in verdicts.groupby("candidate_set")["is_flagged"].sum().items():
        assert said[f"flagged in {name}"] == flagged
    assert "flagged" in said["localities flagged"]


def test_places_are_shown_by_priority_and_by_name(both: Both):
    verdicts = both.by_dagster.store.read("verdicts").nsmallest(5, "priority_rank")
    shown = _said(both.done, "verdicts")["preview"]
    assert verdicts["locality_name"].iloc[0] in shown.splitlines()[2]
    assert verdicts["locality_id"].iloc[0] not in shown


def test_maps_are_light_and_of_one_drawing_each(both: Both):
    sets = set(both.by_dagster.store.read("verdicts", columns=["candidate_set"])["candidate_set"])
    for table in ("candidate_localities", "verdicts"):
        maps = {name: one for name, one in _said(both.done, table).items() if name.startswith("map")}
        assert set(maps) == {f"map of {name}" for name in sets}
        assert all(len(one) < 100_000 for one in maps.values())


def test_publications_say_what_became_of_each_partnership(both: Both):
    said = _said(both.done, "publications")
    slugs = both.by_dagster.store.read("zones", columns=["cpp_slug"])["cpp_slug"].unique()
    assert len(slugs) >= 3
    for slug in slugs:
        assert f"| fictional-{slug}.gpkg | written |" in said["publications"]


def test_second_time_recomputes_nothing_and_leaves_the_publications_alone(both: Both):
    before = {path: path.stat().st_mtime_ns for path in _files(both.by_dagster.home)}
    job = both.definitions.resolve_implicit_global_asset_job_def()
    again = job.execute_in_process(instance=both.instance)
    for table in TABLES:
        assert _said(again, table)["recomputed"] is False
    assert "written" not in _said(again, "publications")
    assert {path: path.stat().st_mtime_ns for path in _files(both.by_dagster.home)} == before


def test_one_partnership_is_published(both: Both):
    names = both.by_dagster.store.read("zones", columns=["cpp_name", "cpp_slug"]).drop_duplicates()
    slug = names.iloc[0]["cpp_slug"]
    done = both.definitions.resolve_job_def("refresh").execute_in_process(
        instance=both.instance,
        asset_selection=[dg.AssetKey("publications")],
        run_config={"ops": {"publications": {"config": {"areas": [slug]}}}},
    )
    said = _said(done, "publications")
    assert said["areas"] == slug
    assert said["publications"].count(".gpkg") == 1
    assert f"fictional-{slug}.gpkg" in said["publications"]


def test_unknown_partnership_is_refused_by_name(both: Both):
    done = both.definitions.resolve_job_def("refresh").execute_in_process(
        instance=both.instance,
        asset_selection=[dg.AssetKey("publications")],
        run_config={"ops": {"publications": {"config": {"areas": ["Atlantis"]}}}},
        raise_on_error=False,
    )
    failed = next(event for event in done.all_events if event.event_type_value == "STEP_FAILURE")
    assert "Atlantis" in str(failed.event_specific_data)
    assert "What was published before stays" in str(failed.event_specific_data)


def _files(home: Home) -> list[Path]:
    return [path for folder in (home.store, home.publications) for path in folder.rglob("*") if path.suffix != ".json"]
