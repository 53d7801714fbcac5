"""The main job on the fictional sample: what comes out, what is recomputed, and what a bad input leaves standing."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pandas as pd
import pytest

from indicators.errors import LocalitiesError
from pipelines.folders import Home, find_home, sample_folder
from pipelines.run.run import run
from pipelines.run.workspace import open_workspace
from pipelines.storage.store import Store


def read(home: Home, *names: str) -> list[pd.DataFrame]:
    store = Store(home.store)
    return [store.read(name) for name in names]


def prints(folder: Path) -> dict[str, str]:
    """Return the hash of every file under a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def truth() -> pd.DataFrame:
    return pd.read_csv(sample_folder() / "truth.csv")


@pytest.fixture
def own(tmp_path: Path, sample_home: Home) -> tuple[Home, Path]:
    """A working folder that has run, and its own copy of the sample's files to change."""
    shutil.copytree(sample_home.root.parent, tmp_path / "home")
    shutil.copytree(sample_folder(), tmp_path / "files")
    return find_home(tmp_path / "home"), tmp_path / "files"


def run_again(home: Home, files: Path, areas: list[str] | None = None):
    return run(open_workspace(home, is_sample=True, mirror=files), network=False, areas=areas)


def test_planted_communities_are_found_where_a_boundary_can_show_them(sample_home, truth) -> None:
    verdicts, members = read(sample_home, "verdicts", "membership")
    flagged = set(verdicts.loc[verdicts["is_flagged"], "locality_id"])
    residents = truth.set_index("zone_code")["residents_2021"]
    for community in ("Quayside", "Nine Fields", "Fennie Muirs"):
        zones = truth.loc[truth["community"] == community, "zone_code"]
        inside = members[members["zone_code"].isin(zones) & members["locality_id"].isin(flagged)]
        reached = residents[inside["zone_code"].unique()].sum() / residents[zones].sum()
        assert reached > 0.5, f"{community}: {reached:.0%} of its residents live in a flagged locality of some set"


def test_where_nothing_was_planted_nothing_is_flagged(sample_home) -> None:
    # Carrickmorlich has no poorer community and its zones differ little
    (verdicts,) = read(sample_home, "verdicts")
    quiet = verdicts[verdicts["cpp_name"] == "Carrickmorlich"]
    assert len(quiet) > 0
    assert not quiet["is_flagged"].any()


def test_most_flags_stand_on_planted_ground(sample_home, truth) -> None:
    verdicts, members = read(sample_home, "verdicts", "membership")
    poorer = set(truth.loc[truth["kind"] == "poorer", "zone_code"])
    flagged = verdicts.loc[verdicts["is_flagged"], "locality_id"]
    touching = members[members["zone_code"].isin(poorer)]["locality_id"].unique()
    assert len(flagged) >= 5
    assert flagged.isin(touching).mean() > 0.8


def test_every_output_says_that_the_sample_is_fictional(sample_home) -> None:
    (sources,) = read(sample_home, "sources")
    assert sources["is_fictional"].all()
    kinds = (".gpkg", ".duckdb", ".parquet")
    names = [path.name for path in sample_home.publications.rglob("*") if path.suffix in kinds]
    assert len(names) >= 5 + 1 + 10
    assert all("fictional" in name for name in names)


def test_complete_sets_hold_every_zone_once_and_every_resident(sample_home) -> None:
    zones, localities, members = read(sample_home, "zones", "candidate_localities", "membership")
    for name in ("intermediate_zones", "wards", "sub_council_areas", "wards_split"):
        mine = members[members["candidate_set"] == name]
        assert sorted(mine["zone_code"]) == sorted(zones["zone_code"])
        assert localities.loc[localities["candidate_set"] == name, "population"].sum() == zones["population"].sum()


def test_a_second_run_recomputes_and_rewrites_nothing(own) -> None:
    home, files = own
    before = prints(home.for_sample().publications)
    report = run_again(home, files)
    assert report.plan.tables == ()
    assert report.computed == {}
    assert {one.status for one in report.published} == {"unchanged"}
    assert prints(home.for_sample().publications) == before


def test_one_changed_source_recomputes_its_descendants_only(own) -> None:
    home, files = own
    lookup = files / "phs-hscp-locality-lookup"
    workbook = files / "is-cpop" / "CPOP Data - for PHS.xlsx"
    from openpyxl import load_workbook

    book = load_workbook(workbook)
    sheet = book["Child Poverty - DZ"]
    cells = (cell for row in sheet.iter_rows(min_row=3) for cell in row if isinstance(cell.value, int | float))
    cell = next(cell for cell in cells if cell.value > 20)
    cell.value = cell.value - 5
    book.save(workbook)
    assert lookup.is_dir()  # other sources are as they were
    report = run_again(home, files, areas=[])
    assert "zones" not in report.plan.tables
    assert "candidate_localities" not in report.plan.tables
    assert {"sources", "observations", "estimates", "findings", "judgements"} <= set(report.computed)


def test_content_that_comes_out_the_same_stops_the_recomputing(own) -> None:
    home, files = own
    # one more blank line at the end of the lookup: another file, the same zones
    path = files / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv"
    path.write_bytes(path.read_bytes() + b"\r\n")
    report = run_again(home, files, areas=[])
    assert "zones" in report.plan.tables
    assert "zones" in report.computed
    # observations by intermediate zone read the lookup too, and come out the same
    assert {"estimates", "findings", "verdicts"} <= set(report.kept)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("is-cpop/CPOP Data - for PHS.xlsx", b"<!DOCTYPE html><html><body>Not found</body></html>"),
        ("sg-data-zone-boundaries-2011/SG_DataZoneBdry_2011.zip", b"PK\x03\x04 cut short"),
        ("sg-data-zone-lookup-2011/2011_data_zone_lookup.csv", b""),
    ],
)
def test_a_broken_download_serves_the_last_good_version_and_says_so(own, file, content) -> None:
    home, files = own
    (files / file).write_bytes(content)
    before = prints(home.for_sample().publications)
    report = run_again(home, files)
    source = file.split("/")[0]
    assert any(source in warning for warning in report.warnings)
    assert report.fetched[source].served_stale
    changed = {name for name, value in prints(home.for_sample().publications).items() if before.get(name) != value}
    # only what says where data came from may have moved
    assert "zones" not in report.computed
    assert "findings" not in report.computed
    assert all("sources" in name or name.endswith((".gpkg", ".duckdb", ".json")) for name in changed)


def test_bad_content_is_held_back_with_its_place_and_leaves_everything_standing(own) -> None:
    home, files = own
    path = files / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv"
    lines = path.read_text(encoding="cp1252").splitlines()
    lines[1] = lines[2]  # a zone twice, another not at all
    path.write_text("\r\n".join(lines) + "\r\n", encoding="cp1252")
    before = prints(home.for_sample().store)
    report = run_again(home, files, areas=[])
    (warning,) = report.warnings
    assert "S0199" in warning
    assert "2011_data_zone_lookup.csv" in warning
    assert set(report.computed) == {"sources"}
    (sources,) = read(home.for_sample(), "sources")
    row = sources.set_index("source_id").loc["sg-data-zone-lookup-2011"]
    assert row["is_stale"]
    assert "held back" in row["note"]
    assert {name: value for name, value in prints(home.for_sample().store).items() if "sources/" not in name} == {
        name: value for name, value in before.items() if "sources/" not in name
    }
    # nothing has changed the next night: the same bytes are held back, and nothing is written anew
    assert not run_again(home, files, areas=[]).computed


def test_all_files_that_are_not_there_are_named_together(tmp_path) -> None:
    # nothing is here and nobody is asked: a person must see the whole list of files to collect, not the first
    workspace = open_workspace(find_home(tmp_path))
    with pytest.raises(LocalitiesError) as failed:
        run(workspace, network=False)
    message = str(failed.value)
    assert f"{len(workspace.sources)} sources could not be had" in message
    assert "is-cpop: CPOP Data - for PHS.xlsx, from https://" in message
    assert not (workspace.home.store / "zones").exists()


def test_zones_cannot_be_done_without(tmp_path) -> None:
    files = tmp_path / "files"
    shutil.copytree(sample_folder(), files)
    (files / "nrs-sape-2021" / "sape-2021-persons.xlsx").unlink()
    with pytest.raises(LocalitiesError, match=r"zones cannot be built[\s\S]*nrs-sape-2021"):
        run(open_workspace(find_home(tmp_path), is_sample=True, mirror=files), network=False)
