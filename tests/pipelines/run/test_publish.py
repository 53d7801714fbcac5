"""Which files are written, which are left alone, and what happens when one cannot be replaced."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from indicators.errors import ConfigError
from localities.decisions.records import Decision, Decisions, write_decisions
from pipelines.run.publish import publish
from pipelines.run.shelf import RECORD
from pipelines.run.workspace import Workspace
from pipelines.storage.whole import write_whole

from .conftest import A, made_up_source, made_with

ISLE, MOR = "fictional-oneils-isle.gpkg", "fictional-mor-and-beag.gpkg"


def statuses(workspace: Workspace, **options) -> dict[str, str]:
    return {one.name: one.status for one in publish(workspace, **options)}


def test_everything_is_written_once_and_then_left_alone(publishing):
    workspace = publishing
    first = statuses(workspace)
    folder = workspace.home.publications
    assert set(first.values()) == {"written"}
    assert {ISLE, MOR, "fictional-country.duckdb", "parquet/fictional-zones.parquet"} <= set(first)
    of_all = {one.with_suffix(end).name for one in (Path(ISLE), Path(MOR)) for end in (".gpkg", ".xlsx", ".html")}
    of_all |= {f"{Path(one).stem} tables.zip" for one in (ISLE, MOR)}
    assert {path.name for path in folder.iterdir()} == of_all | {
        "fictional-country.duckdb", "fictional-country.html", "parquet", RECORD
    }  # fmt: skip
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    second = publish(workspace)

    assert {one.status for one in second} == {"unchanged"}
    assert all(len(one.sha256) == 64 for one in second)
    assert times == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_names_of_real_publications_do_not_say_fictional(workspace):
    names = set(statuses(replace(workspace, is_fictional=False)))
    assert {"oneils-isle.gpkg", "mor-and-beag.gpkg", "scotland.duckdb", "parquet/zones.parquet"} <= names


def test_a_change_in_one_area_rewrites_only_that_area(publishing):
    workspace = publishing
    publish(workspace)
    findings = workspace.store.read("findings")
    findings.loc[findings["locality_id"] == A, "q_important"] = 0.01
    workspace.store.write("findings", findings, code_version="1")

    again = statuses(workspace)

    assert again.pop("fictional-country.duckdb") == "written"
    assert again.pop("parquet/fictional-findings.parquet") == "written"
    assert again.pop(ISLE) == again.pop(ISLE.replace(".gpkg", ".xlsx")) == "written"
    assert again.pop(ISLE.replace(".gpkg", " tables.zip")) == again.pop(ISLE.replace(".gpkg", ".html")) == "written"
    assert again.pop("fictional-country.html") == "written"
    assert again.pop(MOR) == "unchanged"
    assert set(again.values()) == {"unchanged"}


def test_a_source_fetched_anew_with_the_same_figures_rewrites_no_geopackage(already):
    workspace = already
    sources = made_up_source().assign(sha256="1" * 64, retrieved_at="2026-02-01T00:00:00+00:00")
    workspace.store.write("sources", sources, code_version="1")

    again = statuses(workspace)

    assert (again[ISLE], again[MOR]) == ("unchanged", "unchanged")
    assert again["parquet/fictional-sources.parquet"] == "written"


def test_tables_made_with_other_settings_rewrite_every_geopackage(already):
    workspace = already
    made_with(workspace, alpha=0.01)
    again = statuses(workspace)
    assert {status for name, status in again.items() if name.endswith(".gpkg")} == {"written"}
    again = statuses(replace(workspace, is_fictional=False))
    assert {status for name, status in again.items() if name.endswith(".gpkg")} == {"written"}


def test_other_code_rewrites_every_geopackage(already):
    workspace = already
    workspace.store.write("verdicts", workspace.store.read("verdicts"), code_version="2")
    again = statuses(workspace)
    assert (again[ISLE], again[MOR]) == ("written", "written")


def test_a_file_that_vanished_or_was_cut_short_is_written_again(already):
    workspace = already
    folder = workspace.home.publications
    whole = (folder / MOR).read_bytes()
    (folder / ISLE).unlink()
    (folder / MOR).write_bytes(whole[:1000])
    (folder / "parquet" / "fictional-zones.parquet").unlink()

    again = statuses(workspace)

    assert {name for name, status in again.items() if status == "written"} == {
        ISLE,
        MOR,
        "parquet/fictional-zones.parquet",
    }
    assert (folder / MOR).read_bytes() == whole


def test_a_damaged_record_means_that_everything_is_written_again(already):
    workspace = already
    (workspace.home.publications / RECORD).write_text("{", encoding="utf-8")
    assert set(statuses(workspace).values()) == {"written"}


def test_areas_are_found_by_any_usual_spelling(workspace, tmp_path):
    again = statuses(workspace, areas=["Mor and Beag", "S12990002"], out=tmp_path / "elsewhere")
    assert [name for name in again if name.endswith(".gpkg")] == [MOR]
    assert (tmp_path / "elsewhere" / MOR).is_file()
    assert not workspace.home.publications.exists()


def test_an_unknown_area_or_set_is_refused_before_anything_is_written(workspace):
    with pytest.raises(ConfigError, match="No such community planning partnership"):
        publish(workspace, areas=["Atlantis"])
    assert not workspace.home.publications.exists()
    with pytest.raises(ConfigError, match="candidate set"):
        publish(workspace, candidate_sets=["parishes"])
    assert not list(workspace.home.publications.glob("*.gpkg"))


def test_tables_that_were_never_computed_are_named(workspace):
    (workspace.home.store / "verdicts" / "current.json").unlink()
    with pytest.raises(ConfigError, match="verdicts"):
        publish(workspace)


def test_a_file_held_open_by_another_program_keeps_the_new_one_beside_it(already, monkeypatch):
    workspace = already
    folder = workspace.home.publications
    old = (folder / ISLE).read_bytes()
    move = os.replace

    def refuse(source: Path, target: Path) -> None:
        if Path(target) == folder / ISLE:
            raise PermissionError(13, "held open")
        move(source, target)

    made_with(workspace, alpha=0.01)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse)
        found = {one.name: one for one in publish(workspace)}

    kept = found[ISLE]
    assert (kept.status, kept.path.name) == ("kept_beside", "fictional-oneils-isle (new).gpkg")
    assert "open in another program" in kept.note
    assert (folder / ISLE).read_bytes() == old
    assert kept.path.read_bytes() != old
    assert found[MOR].status == "written"

    # the next run tries again, and the copy beside goes
    assert statuses(workspace)[ISLE] == "written"
    assert not kept.path.exists()


def test_a_failure_while_writing_leaves_the_old_file_and_no_rubbish(already, monkeypatch):
    workspace = already
    folder = workspace.home.publications
    before = {path.name: path.read_bytes() for path in folder.glob("*.gpkg")}

    def fail(*_args, **_options) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("localities.publishing.geopackage.write_styles", fail)
    made_with(workspace, alpha=0.01)
    with pytest.raises(OSError, match="No space left"):
        publish(workspace)

    assert {path.name: path.read_bytes() for path in folder.glob("*.gpkg")} == before
    assert not [path.name for path in folder.rglob("*partial*")]


def test_a_table_of_an_earlier_format_goes_when_every_table_of_this_one_is_there(workspace):
    """The command line and Dagster both publish last."""
    renamed = workspace.store.root / "serving"
    renamed.mkdir()
    (renamed / "current.json").write_text("{}", encoding="utf-8")
    assert workspace.store.of_other_formats() == {"serving": 1}
    publish(workspace, areas=[])
    assert not renamed.exists()


def test_a_decision_rewrites_the_files_of_its_partnership_alone_and_what_is_deleted_is_gone(publishing):
    workspace = publishing
    publish(workspace)
    reason = "Residents asked for it at the harbour"
    made = Decision(place=A, name="St Colm's", decision="chosen", by_role="board", decided_on=dt.date(2026, 3, 1),
                    because=reason, answer="some_evidence", vintage="2011", people=1350,
                    zones=("S01990001", "S01990002"))  # fmt: skip
    folder = workspace.home.decisions
    write_decisions(folder, Decisions("S12990001", "O'Neil's Isle", (made,)), write_whole)

    again = statuses(workspace)

    of_isle = {ISLE.replace(".gpkg", end) for end in (".gpkg", ".xlsx", ".html", " tables.zip")}
    national = {"fictional-country.duckdb", "parquet/fictional-decisions.parquet",
                "parquet/fictional-decision_targets.parquet"}  # fmt: skip
    assert {name for name, status in again.items() if status == "written"} == of_isle | national
    assert set(statuses(workspace).values()) == {"unchanged"}
    published = workspace.home.publications
    with sqlite3.connect(published / ISLE) as file:
        shown = dict(file.execute('select locality_name, decision from "Localities – Intermediate zones"').fetchall())
        assert shown == {"St Colm's": "chosen", "The Holm": "none"}
        assert file.execute('select because from "Decisions"').fetchall() == [(reason,)]
    assert reason in (published / ISLE).with_suffix(".html").read_text(encoding="utf-8")
    with duckdb.connect(str(published / "fictional-country.duckdb"), read_only=True) as file:
        assert file.execute("select locality_name, answer_then, answer_now from decided").fetchall() == [
            ("St Colm's", "some_evidence", "poorer_than_both")
        ]

    write_decisions(folder, Decisions("S12990001", "O'Neil's Isle"), write_whole)
    statuses(workspace)
    files = [path for path in workspace.home.root.rglob("*") if path.is_file()]
    assert not [path for path in files if reason.encode() in path.read_bytes()]
    with zipfile.ZipFile((published / ISLE).with_suffix(".xlsx")) as book:
        assert not [name for name in book.namelist() if reason.encode() in book.read(name)]
    with duckdb.connect(str(published / "fictional-country.duckdb"), read_only=True) as file:
        assert file.execute("select count(*) from decisions").fetchall() == [(0,)]
