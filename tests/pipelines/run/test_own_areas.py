"""A partnership's own boundaries, end to end on the sample: added, drawn, tested, published, changed, removed.

The areas are made of the sample's own zones: "Shore" is the first two intermediate zones of a partnership, "Moor" the
second and third, so that they overlap in one whole intermediate zone.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner

from indicators.errors import UnreadableSource
from localities.boundaries.own_files import describe_own
from pipelines.cli import app
from pipelines.folders import Home, find_home
from pipelines.run.report import Report
from pipelines.run.run import fetch_sources, run
from pipelines.run.staleness import plan_of
from pipelines.run.workspace import open_workspace
from pipelines.storage.store import Store

from .test_qgis_project import project


def call(home: Home, *arguments: object, code: int = 0) -> str:
    words = [str(one) for one in arguments]
    ran = CliRunner().invoke(app, [*words, "--sample", "--home", str(home.root)], env={"COLUMNS": "200"})
    assert ran.exit_code == code, ran.output
    return " ".join(ran.output.split())


def stored(home: Home, name: str) -> pd.DataFrame:
    return Store(home.for_sample().store).read(name)


def planned(home: Home) -> dict[str, tuple[str, ...]]:
    """What the next run would recompute, and why."""
    workspace = open_workspace(home, is_sample=True)
    versions = {key: one.sha256 for key, one in fetch_sources(workspace, network=False).items()}
    return plan_of(workspace, versions).why()


@dataclass
class Added:
    """A working folder to which boundaries were added, and what was said and done."""

    home: Home
    said: str
    report: Report
    zones: gpd.GeoDataFrame
    places: tuple[str, str, str]
    versions: dict[str, str]


def areas_of(zones: gpd.GeoDataFrame, places: tuple[str, str, str]) -> gpd.GeoDataFrame:
    one, two, three = (zones[zones["intermediate_zone_code"] == place].union_all() for place in places)
    shore, moor = shapely.union_all([one, two]), shapely.union_all([two, three])
    # a speck far out at sea, a row without geometry, and a third area given as a bow-tie about nowhere
    speck = shapely.box(0, 0, 5, 5)
    x, y = three.representative_point().coords[0]
    tie = shapely.Polygon([(x - 40, y - 40), (x + 40, y + 40), (x + 40, y - 40), (x - 40, y + 40)])
    return gpd.GeoDataFrame(
        {"Area name": ["Shore", "Moor  & Hill", "Lost", "Tie"]},
        geometry=[shapely.union_all([shore, shapely.affinity.translate(speck, x, y)]), moor, None, tie],
        crs="EPSG:27700",
    )


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory, sample_home: Home) -> Added:
    root = tmp_path_factory.mktemp("own")
    shutil.copytree(sample_home.root.parent, root / "home", ignore=shutil.ignore_patterns("publications"))
    home = find_home(root / "home")
    before = {name: one.version for name, one in Store(home.for_sample().store).manifests().items()}
    zones = stored(home, "zones")
    cpp = zones["cpp_code"].min()
    places = tuple(sorted(zones.loc[zones["cpp_code"] == cpp, "intermediate_zone_code"].unique())[:3])
    areas_of(zones, places).to_crs("EPSG:4326").to_file(root / "plan-areas.gpkg")
    said = call(home, "candidates", "add", root / "plan-areas.gpkg", "--area", cpp, "--current")
    # a list of zones, one of them in two areas
    listed = zones.loc[zones["cpp_code"] == cpp, "zone_code"].iloc[:6].tolist()
    rows = [(code, "Estate") for code in listed[:4]] + [(code, "Regeneration area") for code in listed[3:]]
    pd.DataFrame(rows, columns=["zone", "name"]).to_csv(root / "housing.csv", index=False)
    call(home, "candidates", "add", root / "housing.csv", "--name", "Housing areas")
    report = run(open_workspace(home, is_sample=True, publications=("geopackage",)), areas=[cpp], network=False)
    return Added(home, said, report, zones, places, before)


def test_what_was_mended_and_how_it_fits_is_said_at_once(added: Added) -> None:
    assert "4 areas" not in added.said
    assert "3 areas of current locality plans, kept as the candidate set own_plan_areas" in added.said
    for word in ("no geometry", "invalid: Self-intersection", "1 slivers", "overlaps Shore", "Fit", "Captured"):
        assert word in added.said
    assert "no zone is drawn for: Tie." in added.said
    about = describe_own(added.home.for_sample().boundaries, "own_plan_areas")
    assert about.is_current
    assert about.file_name == "plan-areas.gpkg"
    assert json.loads(about.manifest.read_text(encoding="utf-8"))["name"] == "plan-areas"


def test_the_plan_says_why(added: Added) -> None:
    why = added.report.plan.why()
    assert why["candidate_localities/own_plan_areas"] == ("never computed",)
    assert why["candidate_localities/own_housing_areas"] == ("never computed",)
    assert "candidate_localities/wards" not in why
    assert "zones" not in why
    assert "verdicts" in why
    assert planned(added.home) == {}


def test_own_areas_overlap_and_are_fitted_whole(added: Added) -> None:
    members = stored(added.home, "membership")
    mine = members[members["candidate_set"] == "own_plan_areas"]
    place = mine["zone_code"].map(added.zones.set_index("zone_code")["intermediate_zone_code"])
    found = {code: set(some) for code, some in place.groupby(mine["locality_id"])}
    one, two, three = added.places
    assert found == {"own_plan_areas:shore": {one, two}, "own_plan_areas:moor-and-hill": {two, three}}
    twice = mine[mine["zone_code"].duplicated(keep=False)]
    assert set(twice["zone_code"].map(added.zones.set_index("zone_code")["intermediate_zone_code"])) == {two}
    localities = stored(added.home, "candidate_localities")
    shore = localities[localities["locality_id"] == "own_plan_areas:shore"].iloc[0]
    residents = added.zones.loc[added.zones["intermediate_zone_code"].isin([one, two]), "population"].sum()
    assert shore["population"] == residents
    assert shore["fit"] > 0.95
    names = set(localities.loc[localities["candidate_set"] == "own_plan_areas", "locality_name"])
    assert names == {"Shore", "Moor & Hill"}


def test_own_areas_have_findings_and_verdicts_like_any_other(added: Added) -> None:
    for table in ("verdicts", "findings", "estimates"):
        ids = stored(added.home, table)["locality_id"]
        assert {"own_plan_areas:shore", "own_housing_areas:estate"} <= set(ids), table
    sources = stored(added.home, "sources").set_index("source_id")
    assert sources.loc["own-plan-areas", "title"] == "plan areas (areas of current locality plans)"
    assert "plan-areas.gpkg" in sources.loc["own-plan-areas", "address_used"]


def test_own_areas_are_published_and_explained(added: Added) -> None:
    cpp = added.zones.loc[added.zones["intermediate_zone_code"] == added.places[0], "cpp_slug"].iloc[0]
    path = added.home.for_sample().publications / f"fictional-{cpp}.gpkg"
    layers = pyogrio.list_layers(path)[:, 0].tolist()
    name = "Localities – plan areas (current plan areas)"
    assert name in layers
    tree = project(path).find("layer-tree-group")
    groups = {one.get("name"): [child.get("name") for child in one] for one in tree.findall("layer-tree-group")}
    assert groups["Current plan areas"] == [name]
    assert "Localities – Housing areas (own)" in groups["Other ways of drawing localities"]
    reach = pyogrio.read_dataframe(path, layer="Which boundaries serve best", columns=["candidate_set_title"])
    # by the name that its people gave it, and what it is
    assert {"plan areas", "Housing areas"} <= {one.partition(" (")[0] for one in reach["candidate_set_title"]}
    shown = pyogrio.read_dataframe(path, layer=name, read_geometry=False)
    assert set(shown["locality_name"]) == {"Shore", "Moor & Hill"}
    assert "Shore" in call(added.home, "explain", "own_plan_areas:shore")
    shown = call(added.home, "candidates", "--candidate-set", "own-plan-areas", "--csv")
    assert "own_plan_areas:moor-and-hill" in shown
    assert call(added.home, "candidates", "list", "--candidate-set", "own-plan-areas", "--csv") == shown


def test_current_areas_are_held_against_every_other_drawing(added: Added) -> None:
    shown = call(added.home, "candidates", "current", "--json")
    rows = pd.DataFrame(json.loads(shown))
    assert set(rows["current_set"]) == {"own_plan_areas"}
    assert {"intermediate_zones", "wards", "own_housing_areas"} <= set(rows["candidate_set"])
    # whoever is in need in a flagged locality is inside a current area or missed by all of them
    assert (rows["need_in_both"] + rows["need_missed"]).to_numpy() == pytest.approx(rows["need_flagged"].to_numpy())
    inside = rows["need_in_both"] + rows["need_only_current"]
    assert inside.to_numpy() == pytest.approx(rows["need_current"].to_numpy())
    one = rows.iloc[0]
    zones = added.zones[added.zones["intermediate_zone_code"].isin(added.places)]
    assert one["residents_current"] == zones["population"].sum()
    assert "people in need" in call(added.home, "candidates", "current")


def test_own_sets_are_listed(added: Added) -> None:
    rows = json.loads(call(added.home, "candidates", "list-own", "--json"))
    assert [(one["candidate_set"], one["is_current"]) for one in rows] == [
        ("own_housing_areas", False),
        ("own_plan_areas", True),
    ]


def test_a_name_is_not_taken_twice_and_wrong_files_leave_nothing(added: Added, tmp_path: Path) -> None:
    (tmp_path / "housing.csv").write_text("zone,name\nS01990001,Elsewhere\n")
    said = call(added.home, "candidates", "add", tmp_path / "housing.csv", "--name", "Housing Areas", code=1)
    assert "--replace" in said
    # polygons that hold no one's home are refused before anything is kept
    far = gpd.GeoDataFrame({"name": ["Far"]}, geometry=[shapely.box(1_000, 1_000, 2_000, 2_000)], crs="EPSG:27700")
    far.to_file(tmp_path / "far.gpkg")
    assert "hold no zone" in call(added.home, "candidates", "add", tmp_path / "far.gpkg", code=1)
    said = call(added.home, "candidates", "add", tmp_path / "nowhere.gpkg", code=1)
    assert "missing" in said
    assert len(json.loads(call(added.home, "candidates", "list-own", "--json"))) == 2
    assert "own_plan_areas" in call(added.home, "candidates", "remove", "nothing", code=2)


@pytest.fixture
def copy(added: Added, tmp_path: Path) -> Home:
    shutil.copytree(added.home.root, tmp_path / "home")
    return find_home(tmp_path / "home")


def test_changed_boundaries_are_planned_again(copy: Home, tmp_path: Path) -> None:
    zones = stored(copy, "zones")
    (tmp_path / "h.csv").write_text(f"zone,name\n{zones['zone_code'].iloc[0]},Estate\n")
    call(copy, "candidates", "add", tmp_path / "h.csv", "--name", "Housing areas", "--replace")
    assert "source own-housing-areas changed" in planned(copy)["candidate_localities/own_housing_areas"]


def test_boundaries_altered_by_hand_stop_the_run_and_change_nothing(copy: Home) -> None:
    about = describe_own(copy.for_sample().boundaries, "own_housing_areas")
    pd.read_parquet(about.areas).head(1).to_parquet(about.areas)
    before = Store(copy.for_sample().store).manifests()
    assert "source own-housing-areas changed" in planned(copy)["candidate_localities/own_housing_areas"]
    with pytest.raises(UnreadableSource, match=r"(?s)altered.*--replace"):
        run(open_workspace(copy, is_sample=True), network=False, areas=[])
    after = Store(copy.for_sample().store).manifests()
    assert after["candidate_localities"] == before["candidate_localities"]


def test_removed_boundaries_leave_no_trace_in_any_table(copy: Home, added: Added) -> None:
    call(copy, "candidates", "remove", "plan areas")
    call(copy, "candidates", "remove", "own_housing_areas")
    assert "candidate_localities/own_plan_areas is no longer part of it" in planned(copy)["candidate_localities"]
    run(open_workspace(copy, is_sample=True), network=False, areas=[])
    versions = {name: one.version for name, one in Store(copy.for_sample().store).manifests().items()}
    assert versions == added.versions
