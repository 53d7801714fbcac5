"""A file serves only after a run could use it and what it says can be true; what is refused is kept beside."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from indicators.errors import ConfigError, LocalitiesError
from pipelines.folders import Home, sample_folder
from pipelines.run.acceptance import examine
from pipelines.run.run import fetch_sources, run
from pipelines.run.workspace import Workspace, open_workspace, without_sources
from pipelines.sources.download import accept
from pipelines.sources.held_back import read_held_back

LOOKUP = ("sg-data-zone-lookup-2011", "2011_data_zone_lookup.csv", "cp1252")
HOUSEHOLDS = ("sg-household-estimates", "household-estimates.csv", "utf-8")
LOCALITIES = ("phs-hscp-locality-lookup", "datazone-to-locality-lookup.csv", "utf-8-sig")

Rows = list[list[str]]


@pytest.fixture(scope="module")
def opened(sample_home: Home) -> Workspace:
    return open_workspace(Home(sample_home.root.parent), is_sample=True)


@pytest.fixture
def country(tmp_path: Path, copied: Home, opened: Workspace) -> tuple[Workspace, Path]:
    """A working folder in which the sample has run, and files of its own that the next run will find."""
    files = tmp_path / "files"
    shutil.copytree(sample_folder(), files)
    return replace(opened, home=copied.for_sample(), mirror=files), files


def alter(files: Path, which: tuple[str, str, str], change: Callable[[Rows], Rows]) -> Path:
    folder, name, encoding = which
    path = files / folder / name
    with path.open(encoding=encoding, newline="") as stream:
        rows = list(csv.reader(stream))
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(change(rows))
    return path


def header_of(rows: Rows) -> int:
    """Return where the table starts: the export has titles above it, and a row of addresses."""
    return next((place for place, row in enumerate(rows) if "Reference Area" in row), 0)


def renamed(rows: Rows) -> Rows:
    start = header_of(rows)
    return [*rows[:start], [f"{name} (new)" for name in rows[start]], *rows[start + 1 :]]


def header_alone(rows: Rows) -> Rows:
    return rows[: header_of(rows) + 1]


def a_zone_twice(rows: Rows) -> Rows:
    return [*rows, rows[-1]]


def a_bad_cell(rows: Rows) -> Rows:
    return [*rows[:-1], [*rows[-1][:-1], "n.k."]]


def half_the_zones(rows: Rows) -> Rows:
    start = header_of(rows) + 1
    return rows[: start + (len(rows) - start) // 2]


def all_equal(rows: Rows) -> Rows:
    start = header_of(rows) + 1
    return [*rows[:start], *([*row[:-1], "50"] for row in rows[start:])]


def halved(rows: Rows) -> Rows:
    start = header_of(rows) + 1
    return [*rows[:start], *([*row[:-1], str(float(row[-1]) / 2)] for row in rows[start:])]


def shuffled(rows: Rows) -> Rows:
    start = header_of(rows) + 1
    figures = sorted((row[-1] for row in rows[start:]), key=float)
    return [*rows[:start], *([*row[:-1], one] for row, one in zip(rows[start:], figures, strict=True))]


@pytest.mark.parametrize("which", [LOOKUP, HOUSEHOLDS, LOCALITIES], ids=lambda one: one[0])
@pytest.mark.parametrize("change", [renamed, header_alone, a_zone_twice])
def test_what_no_run_can_read_is_held_back(country, which, change):
    workspace, files = country
    good = workspace.sources[which[0]].path_in(workspace.home.downloads)
    before = good.read_bytes()
    bad = alter(files, which, change).read_bytes()
    (fetched,) = fetch_sources(workspace, only=[which[0]], network=False).values()
    assert good.read_bytes() == before
    beside = read_held_back(good)
    assert beside.path.read_bytes() == bad
    assert fetched.served_stale
    assert beside.reason in fetched.note
    assert ".incoming" not in beside.reason
    with pytest.raises(LocalitiesError):
        examine(workspace, which[0], beside.path, compare=False)


@pytest.mark.parametrize(
    ("which", "change", "says"),
    [
        (HOUSEHOLDS, a_bad_cell, "not a number"),
        (HOUSEHOLDS, half_the_zones, "lacks many data zones"),
        (LOCALITIES, half_the_zones, "areas are gone"),
        (HOUSEHOLDS, all_equal, "one value in every area"),
        (HOUSEHOLDS, halved, "the total of"),
        (HOUSEHOLDS, shuffled, "in other areas than before"),
    ],
)
def test_figures_that_can_hardly_be_true_are_held_back(country, which, change, says):
    workspace, files = country
    alter(files, which, change)
    (fetched,) = fetch_sources(workspace, only=[which[0]], network=False).values()
    assert fetched.served_stale
    assert says in fetched.note


def test_a_file_that_no_set_drawn_now_reads_is_read_all_the_same(country):
    """It would serve whoever draws that set tomorrow, and the good one would be gone."""
    workspace, files = country
    workspace = replace(workspace, settings=replace(workspace.settings, candidate_sets=("wards",)))
    alter(files, LOCALITIES, renamed)
    (fetched,) = fetch_sources(workspace, only=[LOCALITIES[0]], network=False).values()
    assert fetched.served_stale


def test_a_table_that_is_empty_for_want_of_other_files_says_nothing_of_this_one(country):
    """Without the lookup of the census of 2022 there is no crosswalk, whatever the lookup of 2011 says."""
    workspace, files = country
    workspace = without_sources(workspace, {"nrs-oa22-dz22-lookup": "it is not here"})
    (crosswalk,) = (one for one in workspace.steps if one.name == "crosswalk")
    assert "nrs-oa22-dz22-lookup" not in crosswalk.find_sources()
    path = files / LOOKUP[0] / LOOKUP[1]
    path.write_bytes(path.read_bytes() + b"\r\n")
    (fetched,) = fetch_sources(workspace, only=[LOOKUP[0]], network=False).values()
    assert fetched.changed
    assert not fetched.served_stale


@pytest.mark.parametrize(("does_without", "is_opened"), [(False, False), (True, True), (False, True)])
def test_a_file_of_which_nothing_comes_is_refused_where_it_was_opened_or_all_are_here(country, does_without, is_opened):
    workspace, _ = country

    def compute(context):
        if is_opened:
            context.files[LOOKUP[0]]
        return pd.DataFrame({"from_code": []})

    (crosswalk,) = (one for one in workspace.steps if one.name == "crosswalk")
    lacking = (lambda: ("not-here",)) if does_without else tuple
    bare = replace(crosswalk, compute=compute, find_optional=lacking)
    target = workspace.sources[LOOKUP[0]].path_in(workspace.home.downloads)
    with pytest.raises(LocalitiesError, match="Nothing comes of this file"):
        examine(replace(workspace, steps=(bare,)), LOOKUP[0], target, compare=False)


def test_a_good_version_takes_the_place_of_what_was_held_back(country):
    workspace, files = country
    alter(files, HOUSEHOLDS, a_bad_cell)
    fetch_sources(workspace, only=[HOUSEHOLDS[0]], network=False)
    shutil.copy(sample_folder() / HOUSEHOLDS[0] / HOUSEHOLDS[1], files / HOUSEHOLDS[0] / HOUSEHOLDS[1])
    (fetched,) = fetch_sources(workspace, only=[HOUSEHOLDS[0]], network=False).values()
    assert not fetched.served_stale
    assert not (fetched.path.parent / "held-back").exists()


def test_a_person_may_accept_what_can_be_read_and_the_reason_goes_into_the_record(country):
    workspace, files = country
    source = workspace.sources[HOUSEHOLDS[0]]
    downloads = workspace.home.downloads
    with pytest.raises(ConfigError, match="No version of sg-household-estimates is held back"):
        accept(source, downloads, "so said the publisher")
    bad = alter(files, HOUSEHOLDS, halved).read_bytes()
    fetch_sources(workspace, only=[source.id], network=False)
    with pytest.raises(ConfigError, match="for a reason"):
        accept(source, downloads, "  ")
    taken = accept(source, downloads, "the publisher counts\n halves now")
    assert taken.path.read_bytes() == bad
    assert "the publisher counts halves now" in taken.note
    # the next night finds the same bytes and asks no more
    (fetched,) = fetch_sources(workspace, only=[source.id], network=False).values()
    assert not fetched.served_stale
    assert "the publisher counts halves now" in fetched.note


def test_what_no_run_can_read_cannot_be_accepted(country):
    workspace, files = country
    source = workspace.sources[HOUSEHOLDS[0]]
    alter(files, HOUSEHOLDS, renamed)
    fetch_sources(workspace, only=[source.id], network=False)

    def read(path: Path) -> None:
        examine(workspace, source.id, path, compare=False)

    with pytest.raises(LocalitiesError, match="held back"):
        accept(source, workspace.home.downloads, "it must be right", check=read)
    assert read_held_back(source.path_in(workspace.home.downloads)) is not None


def test_a_run_may_do_without_what_is_bad_or_cannot_be_had_and_takes_it_up_when_it_comes(country, copied):
    """Nothing serves in its place, so its indicators are left out and every output says so; the others are computed."""
    _, files = country

    def opened() -> Workspace:
        # one way of drawing is enough
        return open_workspace(copied, is_sample=True, mirror=files, candidate_sets=("wards",))

    workspace = opened()
    for source in (HOUSEHOLDS[0], "is-cpop"):
        shutil.rmtree(workspace.sources[source].path_in(workspace.home.downloads).parent)
    alter(files, HOUSEHOLDS, a_bad_cell)
    workbook = files / "is-cpop" / "CPOP Data - for PHS.xlsx"
    content = workbook.read_bytes()
    workbook.unlink()
    report = run(workspace, network=False, areas=[])
    assert set(report.left_out) == {HOUSEHOLDS[0], "is-cpop"}
    assert "cpop_child_poverty" in report.left_out["is-cpop"].missed
    assert any("is-cpop" in warning for warning in report.warnings)
    left = report.left_out[HOUSEHOLDS[0]]
    assert left.missed
    assert "not a number" in left.reason
    indicators = set(workspace.store.read("indicators")["indicator_id"])
    assert "simd_income" in indicators
    assert not indicators & {*left.missed, *report.left_out["is-cpop"].missed}
    sources = workspace.store.read("sources").set_index("source_id")
    assert "cpop_child_poverty" in sources.loc["is-cpop", "note"]
    row = sources.loc[HOUSEHOLDS[0]]
    assert row["title"].endswith("(left out)")
    assert left.missed[0] in row["note"]
    assert read_held_back(workspace.sources[HOUSEHOLDS[0]].path_in(workspace.home.downloads)) is not None
    again = run(workspace, network=False, areas=[])
    assert again.left_out.keys() == report.left_out.keys()
    assert not again.computed
    workbook.write_bytes(content)
    workspace = opened()
    report = run(workspace, network=False, areas=[])
    assert {"indicators", "observations", "findings"} <= set(report.computed)
    assert "cpop_child_poverty" in set(workspace.store.read("indicators")["indicator_id"])
