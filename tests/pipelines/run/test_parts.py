"""Parts: a drawing that is added or removed computes itself alone; one that fails leaves the others standing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from indicators.errors import UnreadableSource
from localities.boundaries.own_files import add_boundaries, own_sets, remove_own
from localities.evidence.estimates import build_estimates
from localities.evidence.findings import build_findings
from localities.evidence.panel import Panel
from localities.evidence.sums import Panels
from localities.evidence.verdicts import build_judgements
from localities.hotspots import search as searching
from pipelines.folders import Home
from pipelines.run.inputs import Inputs
from pipelines.run.report import Report
from pipelines.run.run import Computing, compute, fetch_sources, run
from pipelines.run.workspace import open_workspace
from pipelines.steps.parts import of_parts
from pipelines.steps.step import Context
from pipelines.storage.store import Store

SPLIT = (
    "candidate_localities",
    "membership",
    "estimates",
    "findings",
    "judgements",
    "peers",
    "peer_findings",
    "progress",
    "trends",
)


def run_again(home: Home) -> Report:
    """Draw two sets and one's own alone, which does without most of the work."""
    sets = ("intermediate_zones", "wards", *own_sets(home.for_sample().boundaries))
    return run(open_workspace(home, is_sample=True, candidate_sets=sets), areas=[], network=False)


def versions(store: Store) -> dict[str, str]:
    return {name: one.version for name, one in store.sound_manifests().items()}


def without_times(found: dict[str, str]) -> dict[str, str]:
    """Leave out the table that says when files were fetched."""
    return {name: version for name, version in found.items() if name != "sources"}


def add(home: Home, name: str) -> None:
    """Add the first data zones of a partnership as an area of one's own."""
    working = home.for_sample()
    table = Store(working.store).read("zones")
    some = table[table["cpp_code"] == table["cpp_code"].min()].head(4)
    shape = gpd.GeoDataFrame({"name": ["Shore"]}, geometry=[some.union_all()], crs=table.crs)
    file = home.root / f"{name}.gpkg"
    shape.to_file(file)
    add_boundaries(working.boundaries, file)


@pytest.mark.parametrize("build", [build_estimates, build_findings, build_judgements])
def test_a_set_has_the_same_rows_alone_and_among_others(sample_home: Home, build) -> None:
    """To the last bit: after a disk that filled up sets are computed one by one, and the table must be the same."""
    workspace = open_workspace(Home(sample_home.root.parent), is_sample=True)
    observations = workspace.store.read("observations", as_categories=True)
    zones, places, members = (workspace.store.read(name) for name in ("zones", "candidate_localities", "membership"))

    def built(sets: list[str]) -> pd.DataFrame:
        drawn = of_parts(places, sets), of_parts(members, sets)
        frame = build(observations, workspace.catalogue, zones, *drawn, workspace.settings)
        return frame.astype(dict.fromkeys(frame.select_dtypes("category"), "str"))

    sets = ["intermediate_zones", "wards"]
    together = built(sets)
    for one in sets:
        alone, among = (of_parts(frame, [one]).reset_index(drop=True) for frame in (built([one]), together))
        pd.testing.assert_frame_equal(alone, among, check_exact=True)


def test_a_set_that_is_added_or_removed_computes_itself_alone(copied: Home) -> None:
    home, store = copied, Store(copied.for_sample().store)
    run_again(home)
    before, verdicts_before = versions(store), store.read("verdicts").set_index("locality_id")
    parts_before = {name for name in before if "/" in name}
    assert {name.partition("/")[0] for name in parts_before} == set(SPLIT)

    add(home, "mine")
    report = run_again(home)
    assert {name for name in report.plan.tables if "/" in name} == {f"{table}/own_mine" for table in SPLIT}
    added = versions(store)
    assert {name: added[name] for name in parts_before} == {name: before[name] for name in parts_before}
    for table in SPLIT:
        assert added[table] != before[table]
        assert store.manifest(table).rows == len(store.read(table))

    # one more way of drawing has a say in the places that it reaches, and in no other
    verdicts = store.read("verdicts").set_index("locality_id").loc[verdicts_before.index]
    members = store.read("membership")
    mine = set(members.loc[members["candidate_set"] == "own_mine", "zone_code"])
    touched = set(members.loc[members["zone_code"].isin(mine), "locality_id"])
    comparing = ["drawing_support_scotland", "drawing_support_cpp"]
    assert set(verdicts[comparing].compare(verdicts_before[comparing]).index) <= touched
    same = [name for name in verdicts if name not in (*comparing, "hangs_on")]
    pd.testing.assert_frame_equal(verdicts[same], verdicts_before[same])

    # the same from nothing, all parts together, to the byte
    shutil.rmtree(store.root)
    shutil.rmtree(home.for_sample().cache)
    run_again(home)
    from_nothing = versions(store)
    assert without_times(from_nothing) == without_times(added)

    remove_own(home.for_sample().boundaries, "own_mine")
    report = run_again(home)
    assert not [name for name in report.plan.tables if "/" in name]
    assert not (store.root / "findings" / "own_mine").exists()
    assert without_times(versions(store)) == without_times(before)


def test_who_asks_for_everything_anew_gets_every_part_anew(copied: Home) -> None:
    workspace = open_workspace(copied, is_sample=True)
    fetched, before = fetch_sources(workspace, network=False), versions(workspace.store)
    step = next(one for one in workspace.steps if "membership" in one.outputs)
    made: set[str] = set()

    def look(_: str, table: pd.DataFrame, __: object) -> None:
        made.update(table["candidate_set"])

    with Computing(workspace, [step], fetched) as computing:
        assert computing.compute(step, look) is None
    with Computing(workspace, [step], fetched, force=True) as computing:
        computing.compute(step, look)
    assert made == {one.part for one in step.parts}
    assert versions(workspace.store) == before


def test_a_part_that_fails_names_itself_and_the_others_stand(copied: Home) -> None:
    home, working = copied, copied.for_sample()
    store = Store(working.store)
    add(home, "good")
    add(home, "bad")
    areas = working.boundaries / "bad" / "areas.parquet"
    areas.write_bytes(areas.read_bytes() + b"altered by hand")
    with pytest.raises(UnreadableSource, match=r"altered since they were added[\s\S]*part: own_bad"):
        run_again(home)
    drawn = set(store.read("candidate_localities")["candidate_set"])
    assert "own_good" in drawn
    assert "own_bad" not in drawn


def test_another_threshold_grades_the_comparisons_that_were_kept(copied: Home) -> None:
    changed = {"alpha": 0.09, "minimum_residents": 900, "vote_share": 0.7}
    workspace = open_workspace(copied, is_sample=True, **changed)
    store, folder = workspace.store, workspace.home.cache / "comparisons"
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("*.npz")}
    context = Context({}, workspace.settings, workspace.catalogue, workspace.home.cache)
    for name, decided in (("findings", "significance"), ("judgements", "stability"), ("peer_findings", "significance")):
        step = next(one for one in workspace.steps if one.name == name)
        assert {path.parent.name for path in kept if path.parts[-3] == name} == set(store.manifest(name).parts)
        before, inputs = store.read(name), Inputs(store).of(step)
        compute(workspace, step, context, {}, inputs)
        graded = store.read(name)
        assert (graded[decided].astype("str") != before[decided].astype("str")).any()
        # the same to the bit as with nothing kept
        fresh = step.run(context, inputs)[name]
        store.write(name, pd.concat([of_parts(fresh, [one.part]) for one in step.parts]))
        pd.testing.assert_frame_equal(graded, store.read(name), check_exact=True)
    # p values are those that lie there
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.npz")} == kept
    assert {path.parts[-3] for path in kept} == {"findings", "judgements", "peer_findings"}


def test_hot_spots_are_searched_again_only_where_another_alpha_decides(
    copied: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str] | None] = []
    search = searching.find_hot_spots

    def noting(*tables: pd.DataFrame, areas: list[str] | None = None, **rules) -> searching.HotSpots:
        asked.append(areas)
        return search(*tables, areas=areas, **rules)

    monkeypatch.setattr(searching, "find_hot_spots", noting)
    store, aside = open_workspace(copied, is_sample=True).store, Store(tmp_path)
    p = store.read("hot_spots").set_index("cpp_code")["p_inequality"]
    # of those beyond no inequality at 5 % the first is, at an alpha as large as its p
    least = p[p > 0.06].min()
    for alpha, areas in ((0.051, None), (least, sorted(p[(p > 0.051) & (p <= least)].index.unique()))):
        workspace = open_workspace(copied, is_sample=True, alpha=float(alpha))
        step = next(one for one in workspace.steps if one.name == "hot_spots")
        fetched = fetch_sources(workspace, only=list(step.find_sources()), network=False)
        inputs = Inputs(store).of(step)
        context = Context({}, workspace.settings, workspace.catalogue, workspace.home.cache)
        compute(workspace, step, context, fetched, inputs)
        assert asked == ([] if areas is None else [areas])
        # the same to the bit as searched whole
        for name, whole in step.run(context, inputs).items():
            assert aside.write(name, whole).version == store.manifest(name).version
        asked.clear()


def test_figures_laid_out_come_back_as_they_were_and_those_of_others_go(sample_home: Home, tmp_path: Path) -> None:
    workspace = open_workspace(Home(sample_home.root.parent), is_sample=True)
    tables = [workspace.store.read("observations", as_categories=True), workspace.catalogue]
    tables.append(workspace.store.read("zones"))
    (tmp_path / "of other figures" / "some").mkdir(parents=True)

    def laid_out() -> tuple[Panel, Panel | None]:
        return Panels(lambda _: tmp_path / "of these" / "by this code").of(*tables)

    first = laid_out()
    # a disk that filled up, or a copy that broke off
    os.truncate(tmp_path / "of these" / "by this code" / "fine" / "value.npy", 200)
    assert all(one is None or one.value.flags.writeable for one in laid_out())
    for made, mapped in zip(first, laid_out(), strict=True):
        assert made.numerator.flags.writeable
        assert not mapped.numerator.flags.writeable
        assert made.indicators == mapped.indicators
        pd.testing.assert_frame_equal(made.series, mapped.series, check_dtype=False)
        for name in ("zone_codes", "numerator", "denominator", "value", "numerator_low", "numerator_high", "state",
                     "summable", "parent"):  # fmt: skip
            assert_array_equal(getattr(made, name), getattr(mapped, name))
    assert [path.name for path in tmp_path.iterdir()] == ["of these"]
