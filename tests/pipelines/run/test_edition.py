"""An edition is whole or not there; what it says is what its tables were made with; what is open is left alone."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from indicators.errors import ConfigError
from localities.settings import Settings
from pipelines.run.publish import publish

from .conftest import A, fill, made_with
from .test_publish import ISLE, MOR, statuses


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def thresholds(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as file:
        return dict(file.execute("SELECT setting, setting_value FROM Thresholds"))


def test_a_disk_that_fills_after_some_files_leaves_the_edition_before(already, monkeypatch):
    """Today six files were new and eighteen old."""
    workspace = already
    before = contents(workspace.home.publications)
    made_with(workspace, alpha=0.01)
    import localities.publishing.geopackage as writer

    write, written = writer.write_metadata, []

    def until_full(*args) -> None:
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(args)
        write(*args)

    with monkeypatch.context() as patched:
        patched.setattr(writer, "write_metadata", until_full)
        with pytest.raises(OSError, match="No space left"):
            publish(workspace)
    assert len(written) == 1
    assert contents(workspace.home.publications) == before
    assert statuses(workspace)[ISLE] == "written"


def test_a_run_killed_between_two_moves_is_finished_by_the_next(already, monkeypatch):
    workspace = already
    made_with(workspace, alpha=0.01)
    import localities.publishing.atomic as atomic

    move, moved = atomic.os.replace, []

    class Killed(BaseException):
        pass

    def once(source: Path, target: Path) -> None:
        if Path(target).suffix == ".gpkg" and ".edition" in str(source) and ".edition" not in str(target):
            if moved:
                raise Killed
            moved.append(target)
        move(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(atomic.os, "replace", once)
        patched.setattr("pipelines.run.shelf.shutil.rmtree", lambda *_args, **_options: None)
        with pytest.raises(Killed):
            publish(workspace)
    assert {status for name, status in statuses(workspace).items() if name.endswith(".gpkg")} == {"unchanged"}
    assert [thresholds(workspace.home.publications / name)["alpha"] for name in (ISLE, MOR)] == ["0.01", "0.01"]
    assert not (workspace.home.publications / ".edition").exists()


def test_thresholds_are_those_that_the_tables_were_made_with(workspace):
    made_with(workspace, alpha=0.02)
    publish(replace(workspace, settings=Settings(alpha=0.01)))
    assert thresholds(workspace.home.publications / ISLE)["alpha"] == "0.02"


def test_tables_made_with_other_settings_are_not_published(sample_home):
    from pipelines.folders import Home
    from pipelines.run.workspace import open_workspace

    workspace = open_workspace(Home(sample_home.root.parent), is_sample=True, alpha=0.01)
    before = contents(workspace.home.publications)
    with pytest.raises(ConfigError, match=r"out of date[\s\S]*settings changed: alpha"):
        publish(workspace)
    assert contents(workspace.home.publications) == before


def test_some_candidate_sets_are_published_beside_all_of_them(workspace):
    store = workspace.store
    for name in store.manifests():
        rows = store.read(name)
        if "locality_id" in rows or "candidate_set" in rows:
            more = rows.copy()
            for column in {"locality_id", "candidate_set"} & set(rows):
                more[column] = rows[column].str.replace("intermediate_zones", "wards")
            store.write(name, pd.concat([rows, more], ignore_index=True))
    publish(workspace)
    whole = (workspace.home.publications / ISLE).read_bytes()
    some = statuses(workspace, candidate_sets=["wards"])
    name = ISLE.replace(".gpkg", " (wards).gpkg")
    assert some[name] == "written"
    assert ISLE not in some
    assert (workspace.home.publications / ISLE).read_bytes() == whole
    assert statuses(workspace, candidate_sets=["wards", "intermediate_zones"])[ISLE] == "unchanged"


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_database_that_somebody_has_open_is_left_alone(already, ending):
    workspace, names = already, (ISLE, "fictional-country.duckdb")
    folder = workspace.home.publications
    old = {name: (folder / name).read_bytes() for name in names}
    for name in names:
        (folder / f"{name}{ending}").write_bytes(b"in the middle of something")
    findings = workspace.store.read("findings")
    findings.loc[findings["locality_id"] == A, "q_important"] = 0.01
    workspace.store.write("findings", findings, code_version="1")
    found = {one.name: one for one in publish(workspace)}
    for name in names:
        assert found[name].status == "kept_beside"
        assert ending in found[name].note
        assert (folder / name).read_bytes() == old[name]
        assert found[name].path.is_file()
        (folder / f"{name}{ending}").unlink()
    again = statuses(workspace)
    assert {again[name] for name in names} == {"written"}


def test_unchanged_is_said_of_the_content_not_of_the_size(already):
    workspace = already
    path = workspace.home.publications / MOR
    whole = path.read_bytes()
    path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    assert statuses(workspace)[MOR] == "written"
    assert path.read_bytes() == whole


def test_a_damaged_file_of_the_store_is_never_served_and_is_computed_again(workspace):
    from indicators.errors import UnreadableSource

    store = workspace.store
    path = store.paths("verdicts")[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-100] + bytes(100))
    with pytest.raises(UnreadableSource, match=r"damaged[\s\S]*verdicts"):
        store.read("verdicts")
    assert "verdicts" not in store.sound_manifests()
    (store.root / "findings" / "current.json").write_text("{", encoding="utf-8")
    assert "findings" not in store.sound_manifests()
    fill(store)
    assert {"verdicts", "findings"} <= set(store.sound_manifests())
