"""Files that no run needs: offered by name, passed over where they are not, and read from the moment they are there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pandas as pd

from localities.boundaries.own_files import add_boundaries, remove_own
from pipelines.definitions import build_definitions
from pipelines.defs.resources import download_key
from pipelines.folders import Home
from pipelines.run.workspace import open_workspace
from pipelines.sources.own import own_sources

from .conftest import Small

CATCHMENTS = "downloads/is-school-catchments"


def spare_of(small: Small):
    return replace(small.workspace.sources["zone-list"], id="spare-list", file_name="spare.csv", folder="spare-list")


def fetched(small: Small, source_id: str) -> bool:
    return small.instance.get_latest_materialization_event(download_key(source_id)) is not None


def test_optional_files_are_offered_and_nothing_stands_on_them(tmp_path: Path) -> None:
    definitions = build_definitions(home=Home(tmp_path), mirror=tmp_path, is_sample=False)
    specs = {one.key.to_user_string(): one for one in definitions.resolve_all_asset_specs()}
    assert specs[CATCHMENTS].metadata["optional"]
    assert "Optional" in (specs[CATCHMENTS].description or "")
    assert not specs["downloads/sg-simd-2020v2"].metadata["optional"]
    graph = definitions.resolve_asset_graph()
    assert not graph.get(dg.AssetKey(["downloads", "is-school-catchments"])).child_keys


def test_the_night_passes_over_what_is_not_here_and_a_person_may_fetch_it(small: Small) -> None:
    small.workspace = replace(small.workspace, optional={"spare-list": spare_of(small)})
    small.execute("check_sources")
    assert fetched(small, "zone-list")
    assert not fetched(small, "spare-list")
    path = small.mirror / "spare-list" / "spare.csv"
    path.parent.mkdir()
    shutil.copy(small.mirror / "zone-list" / "zones.csv", path)
    small.execute("check_sources", only=[["downloads", "spare-list"]])
    assert fetched(small, "spare-list")


def test_own_boundaries_are_sources_that_may_come_and_go(small: Small, tmp_path: Path) -> None:
    home = small.workspace.home
    pd.DataFrame({"zone": ["S01990001"], "name": ["Skerry"]}).to_csv(tmp_path / "ours.csv", index=False)
    own = add_boundaries(home.boundaries, tmp_path / "ours.csv")
    small.workspace = replace(small.workspace, sources={**small.workspace.sources, **own_sources(home)})
    loaded = small.definitions
    small.execute("check_sources")
    assert fetched(small, "own-ours")
    # removed after the definitions were loaded: the night goes on without it
    remove_own(home.boundaries, own.set_id)
    small.workspace = replace(small.workspace, sources={"zone-list": small.workspace.sources["zone-list"]})
    done = loaded.resolve_job_def("check_sources").execute_in_process(instance=small.instance, raise_on_error=False)
    assert done.success


def test_own_boundaries_added_while_dagster_runs_are_drawn_by_the_next_run(copied: Home, tmp_path: Path) -> None:
    home = copied
    loaded = build_definitions(home=home, is_sample=True)
    zones = open_workspace(home, is_sample=True).store.read("zones", columns=["zone_code"])["zone_code"]
    pd.DataFrame({"zone": zones.iloc[:3], "name": "Skerry"}).to_csv(tmp_path / "ours.csv", index=False)
    add_boundaries(home.for_sample().boundaries, tmp_path / "ours.csv")
    with dg.DagsterInstance.ephemeral() as instance:
        done = loaded.resolve_job_def("refresh").execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey("candidate_localities"), dg.AssetKey("membership")],
            raise_on_error=False,
        )
    assert done.success, [event.message for event in done.all_events if event.is_failure]
    drawn = open_workspace(home, is_sample=True).store.read("candidate_localities", columns=["locality_id"])
    assert "own_ours:skerry" in set(drawn["locality_id"])
