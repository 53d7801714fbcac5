"""`localities check`: what it says of a file is what a run says of the same file added, and nothing of it is kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

from indicators.errors import GeographyError
from pipelines.cli import app
from pipelines.folders import Home, find_home
from pipelines.run.check import check
from pipelines.run.run import run
from pipelines.run.workspace import open_workspace
from pipelines.storage.store import Store


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sample_home: Home) -> Home:
    """A working folder in which the sample was run."""
    root = tmp_path_factory.mktemp("check")
    shutil.copytree(sample_home.root.parent, root / "home", ignore=shutil.ignore_patterns("publications"))
    return find_home(root / "home")


@pytest.fixture(scope="module")
def areas(home: Home) -> gpd.GeoDataFrame:
    """Two areas of a partnership: its first four intermediate zones, two by two."""
    zones = Store(home.for_sample().store).read("zones")
    some = zones[zones["cpp_code"] == zones["cpp_code"].min()]
    names = sorted(some["intermediate_zone_code"].unique())[:4]
    shapes = [some[some["intermediate_zone_code"].isin(names[at : at + 2])].union_all() for at in (0, 2)]
    return gpd.GeoDataFrame({"name": ["Shore", "Moor"], "geometry": shapes}, crs=zones.crs)


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "cache" not in path.parts
    }


def test_a_file_is_judged_as_a_run_judges_it_when_it_is_added(home: Home, areas: gpd.GeoDataFrame) -> None:
    working = home.for_sample()
    file = home.root / "mine.geojson"
    areas.to_crs("EPSG:4326").to_file(file)
    before = everything_in(working.root)
    ran = CliRunner().invoke(app, ["check", str(file), "--sample", "--home", str(home.root), "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["reference_set"] == "natural_communities"
    assert everything_in(working.root) == before

    added = CliRunner().invoke(app, ["candidates", "add", str(file), "--sample", "--home", str(home.root)])
    assert added.exit_code == 0, added.output
    run(open_workspace(home, is_sample=True), network=False, areas=[])
    store = Store(working.store)
    for table, key in (("verdicts", ["locality_id"]), ("findings", ["locality_id", "indicator_id", "comparator"])):
        now = pd.DataFrame(told[table]).set_index(key).sort_index()
        whole = store.read(table)
        whole = whole[whole["locality_id"].str.startswith("own_mine:")]
        if "is_headline_period" in whole:
            whole = whole[whole["is_headline_period"]]
            described = store.read("indicators").set_index("indicator_id")["kind"]
            assert set(described[now.index.get_level_values("indicator_id")]) > {"proportion", "mean"}
        then = whole.set_index(key).sort_index()
        assert len(now) == len(then) > 0
        assert now.index.equals(then.index)
        names = {
            "verdicts": ["verdict_scotland", "verdict_cpp", "basis", "poorer_votes_cpp", "people_in_need", "reason"],
            "findings": ["comparator_value", "ratio", "p_important", "q_important", "significance", "reason"],
        }[table]
        for name in names:
            said, found = now[name], then[name]
            if pd.api.types.is_numeric_dtype(found):
                assert said.astype(float).to_numpy() == pytest.approx(found.to_numpy(dtype=float), nan_ok=True), name
            else:
                assert said.fillna("").tolist() == found.astype("str").fillna("").tolist(), name


def test_polygons_in_memory_are_judged_like_a_file(home: Home, areas: gpd.GeoDataFrame) -> None:
    working = home.for_sample()
    found = check(areas, home=working, title="Mine")
    assert found.verdicts["locality_name"].tolist() == ["Moor", "Shore"]
    zones = Store(working.store).read("zones")
    inside = zones[zones["zone_code"].isin(found.membership["zone_code"])]
    assert found.places["population"].sum() == inside["population"].sum()
    # two places have no peers among themselves: they are likened to the set that they are held against
    assert set(found.peers["peer_id"].str.partition(":")[0]) == {"natural_communities"}
    # every indicator against both, with the value that it is about
    assert found.findings.groupby(["locality_id", "indicator_id", "period"]).size().eq(2).all()
    poor = found.findings["significance"] == "poorer"
    assert found.findings.loc[poor, "value"].notna().all()


def test_zones_of_others_on_a_list_are_named(home: Home, tmp_path: Path) -> None:
    zones = Store(home.for_sample().store).read("zones")
    first, second, *_ = sorted(zones["cpp_code"].unique())
    inside, outside = (zones.loc[zones["cpp_code"] == one, "zone_code"].head(2).tolist() for one in (first, second))
    named = zones.loc[zones["cpp_code"] == second, "cpp_name"].iloc[0]
    file = tmp_path / "list.csv"
    file.write_text("\n".join(["zone,name", *(f"{one},Shore" for one in (*inside, *outside))]))
    found = check(file, area=first, home=home.for_sample())
    assert f"2 zones of {named}: {', '.join(outside)}" in found.own.report["problem"].tolist()
    file.write_text("\n".join(["zone,name", *(f"{one},Shore" for one in outside)]))
    with pytest.raises(GeographyError, match=f"(?s)list.csv.*2 zones of {named}"):
        check(file, area=first, home=home.for_sample())


def test_areas_that_hold_no_zone_are_an_error(home: Home, areas: gpd.GeoDataFrame) -> None:
    with pytest.raises(GeographyError, match="hold no zone"):
        check(areas.assign(geometry=areas.translate(-150_000, 0)), home=home.for_sample())


def test_without_a_run_it_says_what_to_do_first(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["check", "mine.gpkg", "--home", str(tmp_path)])
    assert ran.exit_code == 1
    assert "localities run" in " ".join(ran.output.split())
