"""All of Scotland on zones of 2022, beside zones of 2011 in one working folder: conserved, carried, published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pyogrio
import pytest

from pipelines.folders import Home, find_home
from pipelines.run.run import run
from pipelines.run.workspace import open_workspace
from pipelines.storage.store import Store

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, mirror: Path, scotland: Home) -> Home:
    """A working folder in which the main job has run on the zones of both censuses."""
    folder = find_home(tmp_path_factory.mktemp("both") / "home")
    shutil.copytree(scotland.root, folder.root, ignore=shutil.ignore_patterns("publications"))
    folder.publications.mkdir()
    shutil.copy(scotland.publications / "glasgow-city.gpkg", folder.publications)
    later = open_workspace(folder, mirror=mirror, zones="2022", publications=("geopackage",))
    run(later, areas=["glasgow-city", "na-h-eileanan-siar"], network=False)
    return folder


@pytest.fixture(scope="module")
def later(home: Home) -> Store:
    return Store(home.on_zones("2022").store)


@pytest.fixture(scope="module")
def earlier(home: Home) -> Store:
    return Store(home.store)


def test_zones_and_census_residents(later, mirror):
    zones = later.read("zones")
    assert len(zones) == 7_392
    assert zones["intermediate_zone_code"].nunique() == 1_334
    assert zones["cpp_code"].nunique() == 32
    table = pq.read_table(mirror / "nrs-census-2022-output-area" / "UV102b.parquet", columns=["UV102b0001"])
    counted = sum(table["UV102b0001"].to_pylist())
    assert zones["population"].sum() == counted == 5_440_284
    localities = later.read("candidate_localities", ["candidate_set", "population"])
    of_sets = localities.groupby("candidate_set")["population"].sum()
    for name in ("intermediate_zones", "wards", "wards_split", "sub_council_areas", "natural_communities"):
        assert of_sets[name] == counted, name


def test_figures_are_carried_exactly_to_5592_zones(later, earlier):
    """Income deprivation of 2017: what is exact is what was published; what is shared out adds up to the same."""
    now = later.read("observations").query("indicator_id == 'simd_income' and period == '2017'").set_index("area_code")
    before = earlier.read("observations").query("indicator_id == 'simd_income' and period == '2017'")
    before = before.set_index("area_code")["numerator"]
    crosswalk = later.read("crosswalk").query("from_vintage == '2011' and to_vintage == '2022'")
    exact = crosswalk[crosswalk["is_exact"]]
    assert len(exact) == 5_592
    same = now.loc[exact["to_code"], "numerator"].to_numpy() == before.loc[exact["from_code"]].to_numpy()
    assert same.all()
    # three zones without residents are not applicable in both
    assert now.loc[exact["to_code"], "status"].isin(["observed", "not_applicable"]).all()
    others = now.drop(exact["to_code"])
    assert set(others["status"]) <= {"modelled", "missing", "not_applicable"}
    lost = crosswalk.loc[crosswalk["to_code"] == "unassigned", "from_code"]
    assert len(lost) == 54
    assert now["numerator"].sum() == pytest.approx(before.drop(lost).sum(), abs=1e-3)
    # nobody is taken for nobody: zones all of whose people are unassigned have no figure
    assert others.loc[others["status"] == "missing", "numerator"].isna().all()


def test_a_census_count_is_the_same_on_both_but_for_the_unassigned(later, earlier):
    """Residents with bad or very bad health, counted by output area: 422 of them have no zone of 2011."""
    totals = []
    for store in (earlier, later):
        rows = store.read("observations").query("indicator_id == 'census_disability'")
        totals.append((rows["numerator"].sum(), rows["denominator"].sum()))
    (fewer, people_2011), (all_of_them, people_2022) = totals
    assert people_2011 < people_2022
    assert 0 < (people_2022 - people_2011) / people_2022 < 0.012
    assert 0 < all_of_them - fewer < 0.02 * all_of_them


def test_figures_by_intermediate_zone_come_to_790_that_hold_the_same_people(later, earlier):
    """Life expectancy: 790 of 1,334 intermediate zones of 2022 are one of 2011, and carry its figure as it was."""
    tables = (store.read("observations") for store in (later, earlier))
    now, before = (one[one["indicator_id"] == "life_expectancy_females"] for one in tables)
    period = now["period"].max()
    now, before = now[now["period"] == period], before[before["period"] == period]
    assert len(now) == 1_334
    # of the 1,279 of 2011 the publisher has 1,252
    assert 750 < now["value"].notna().sum() <= 790
    assert set(now["value"].dropna()) <= set(before["value"].dropna())


def test_verdicts_do_not_lean_because_figures_are_modelled(later):
    """A place whose verdict hangs on them cannot be assessed; every other one is of figures that hold."""
    verdicts = later.read("verdicts")
    cannot = verdicts["reason"].str.startswith("Cannot be assessed on these zones")
    assert set(verdicts.loc[cannot, "verdict"]) == {"insufficient_evidence"}
    share = cannot.groupby(verdicts["candidate_set"]).mean()
    # those that cut old zones for over a quarter of their people: a tenth of intermediate zones
    assert share["intermediate_zones"] < 0.12


def test_ranks_and_distances_stay_on_their_zones(later):
    found = set(later.read("observations", ["indicator_id"])["indicator_id"])
    assert not {one for one in found if one.startswith(("simd_drive_", "simd_pt_")) or "most_deprived" in one}


def test_findings_on_figures_shared_out_say_so(later):
    findings = later.read("findings")
    shared = findings[findings["reason"].astype("str").str.contains("modelled from other zones").fillna(False)]
    assert len(shared)
    assert set(shared["significance"]) == {"not_assessed"}


def test_what_becomes_of_localities_conserves_people(later, earlier):
    for store in (later, earlier):
        table = store.read("vintages")
        whole = table[table["candidate_set"] == "wards"]
        # nobody is kept twice; who leaves one ward comes to another
        assert whole["people"].sum() == pytest.approx(5_440_284 - 59_496)
        assert (whole["people_kept"] + whole["people_lost"]).sum() == pytest.approx(whole["people"].sum())
    back = later.read("vintages").query("candidate_set == 'wards'")
    assert back["people_gained"].sum() == pytest.approx(back["people_lost"].sum())


def test_localities_are_redrawn_on_whole_zones_of_2011_with_verdicts_there(later):
    redrawn, vintages = later.read("redrawn"), later.read("vintages").set_index("locality_id")
    assert set(redrawn["to_vintage"]) == {"2011"}
    assert redrawn.geometry.is_valid.all()
    assert (redrawn["moved_by"].notna() == (redrawn["verdict"] != redrawn["redrawn_verdict"])).all()
    # every ward of 2022 that changes; together they hold all zones of 2011 but those to which nobody is assigned
    wards = redrawn[redrawn["candidate_set"] == "wards"]
    people = vintages[vintages["candidate_set"] == "wards"]
    changes = people.index[people[["people_lost", "people_gained"]].max(axis=1) >= 0.5]
    assert set(changes) <= set(wards["locality_id"])
    assert people["redrawn_zones"].sum() == 6_976 - 54


def test_publications_lie_apart_and_are_valid(home, scotland):
    from osgeo_utils.samples.validate_gpkg import GPKGChecker

    written = sorted(home.on_zones("2022").publications.glob("*.gpkg"))
    assert [path.stem for path in written] == ["glasgow-city", "na-h-eileanan-siar"]
    for path in written:
        checker = GPKGChecker(str(path), extra_checks=True, abort_at_first_error=False)
        checker.check()
        assert not checker.errors, (path.name, checker.errors[:3])
    zones = Store(home.on_zones("2022").store).read("zones", columns=["zone_code", "cpp_slug"])
    shown = pyogrio.read_dataframe(written[0], layer="Data zones", columns=["zone_code"], read_geometry=False)
    assert set(shown["zone_code"]) == set(zones.loc[zones["cpp_slug"] == "glasgow-city", "zone_code"])
    # and what was published on zones of 2011 is as it was
    before, now = (one.publications / "glasgow-city.gpkg" for one in (scotland, home))
    assert now.read_bytes() == before.read_bytes()
