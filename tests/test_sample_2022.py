"""The main job on the fictional sample's zones of 2022, end to end: the same evidence gives the same verdict."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pandas as pd
import pytest
import shapely

from pipelines.folders import Home, find_home, sample_folder
from pipelines.run.run import run
from pipelines.run.workspace import open_workspace
from pipelines.storage.store import Store

LAYER = "Localities on other zones"


@pytest.fixture(scope="module")
def home(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A working folder in which the pipeline has run on the sample's zones of 2011, and then on those of 2022."""
    home = find_home(tmp_path_factory.mktemp("later"))
    shutil.copytree(sample_home.root, home.for_sample().root, ignore=shutil.ignore_patterns("publications"))
    later = open_workspace(home.on_zones("2022"), is_sample=True, publications=("geopackage",))
    run(later, areas=["S12990001"], network=False)
    return home.on_zones("2022").for_sample()


@pytest.fixture(scope="module")
def later(home: Home) -> Store:
    return Store(home.store)


def test_residents_are_conserved_from_output_areas_to_localities(home, later) -> None:
    people = pd.read_parquet(sample_folder() / "nrs-census-2022-output-area" / "UV102b.parquet")["UV102b0001"].sum()
    zones, localities = later.read("zones"), later.read("candidate_localities")
    assert set(zones["vintage"]) == {"2022"}
    assert zones["population"].sum() == people
    residents = localities.groupby("candidate_set")["population"].sum()
    for name in ("intermediate_zones", "natural_communities", "wards_split"):
        assert residents[name] == people, name
    assert len(list(home.publications.glob("*.gpkg"))) == 1


def test_a_count_of_2017_adds_up_to_what_was_published(later) -> None:
    published = pd.read_csv(sample_folder() / "sg-simd-2020v2" / "simd2020_withinds.csv").set_index("Data_Zone")
    crosswalk = later.read("crosswalk").query("from_vintage == '2011' and to_vintage == '2022'")
    lost = crosswalk.loc[crosswalk["to_code"] == "unassigned", "from_code"]
    counts = published["income_count"].drop(lost)
    carried = later.read("observations").query("indicator_id == 'simd_income' and period == '2017'")
    carried = carried.set_index("area_code")
    assert carried["numerator"].sum() == pytest.approx(counts.sum())
    exact = crosswalk[crosswalk["is_exact"]]
    assert len(exact) > 250
    found = carried.loc[exact["to_code"], "numerator"].to_numpy()
    assert found.tolist() == counts.loc[exact["from_code"]].astype(float).tolist()
    # zones that were cut, or gave people to a neighbour
    assert (carried["status"] == "modelled").sum() > 30


def test_intermediate_zones_that_hold_their_old_zones_whole_keep_figures_and_verdicts(later, sample_home) -> None:
    """Inside them zones were cut and gave people to each other; over a whole one nothing is apportioned."""
    members = later.read("membership").query("candidate_set == 'intermediate_zones'")
    least = members.groupby("locality_id")["exact_share"].min()
    whole = least.index[least > 1 - 1e-9]
    # 61, but for the one whose zone has no output areas in the lookup
    assert len(whole) == 60
    figures, verdicts = [], []
    for store in (later, Store(sample_home.store)):
        estimates = store.read("estimates").query("indicator_id == 'simd_income' and is_headline_period")
        for table, found in ((estimates, figures), (store.read("verdicts"), verdicts)):
            # the same intermediate zone has another code in each census
            code = table["locality_id"].astype("str").str.replace("S02995", "S02990")
            found.append(table.set_index(code).loc[whole.str.replace("S02995", "S02990")])
    (here, before), (now, then) = figures, verdicts
    assert here["numerator"].to_numpy() == pytest.approx(before["numerator"].to_numpy())
    assert set(here["status"]) == {"observed"}
    assert (now["verdict"] == then["verdict"]).mean() > 0.95


def test_a_place_that_cuts_old_zones_is_not_assessed_and_says_between_what(later) -> None:
    verdicts = later.read("verdicts")
    cannot = verdicts[verdicts["verdict"] == "insufficient_evidence"]
    assert len(cannot) > 0
    assert cannot["reason"].str.startswith("Cannot be assessed on these zones: too many figures").all()
    assert not cannot["is_flagged"].any()


def test_localities_are_redrawn_on_the_zones_of_2011_with_verdicts_there(home, later) -> None:
    redrawn, vintages = later.read("redrawn"), later.read("vintages").set_index("locality_id")
    verdicts = later.read("verdicts").set_index("locality_id")["verdict"]
    assert set(redrawn["to_vintage"]) == {"2011"}
    assert redrawn["verdict"].tolist() == verdicts[redrawn["locality_id"]].tolist()
    is_moved = redrawn["verdict"] != redrawn["redrawn_verdict"]
    assert redrawn["moved_by"].notna().tolist() == is_moved.tolist()
    people = vintages.loc[redrawn.loc[~is_moved, "locality_id"], ["people_lost", "people_gained"]]
    assert (people.sum(axis=1) >= 0.5).all()
    # whole zones of 2011: each lies inside a redrawn place or outside it
    earlier = Store(home.on_zones("2011").store).read("zones")
    points = earlier.geometry.representative_point()
    one = redrawn[redrawn["candidate_set"] == "wards"].iloc[0]
    inside = earlier[shapely.contains(one.geometry, points.to_numpy())]
    assert len(inside) == vintages.loc[one["locality_id"], "redrawn_zones"]
    assert inside.geometry.area.sum() == pytest.approx(one.geometry.area)


def _described(home: Home) -> tuple[str, set[str]]:
    """Return what a GeoPackage says of its layer of localities on other zones, and its columns."""
    path = sorted(home.publications.glob("*.gpkg"))[0]
    with closing(sqlite3.connect(path)) as file:
        said = file.execute("SELECT description FROM gpkg_contents WHERE table_name = ?", (LAYER,)).fetchone()[0]
        columns = {row[1] for row in file.execute(f'PRAGMA table_info("{LAYER}")')}
    return said, columns


def test_the_layer_shows_them_and_says_where_the_other_run_is_wanting(home, sample_home) -> None:
    said, columns = _described(home)
    assert "Shapes are those of the zones of 2011" in said
    assert {"verdict", "redrawn_verdict", "moved_by", "people_lost"} <= columns
    said, columns = _described(sample_home)
    assert "`localities run --zones 2022`" in said
    assert "people_lost" in columns
    assert not {"redrawn_verdict", "moved_by"} & columns
