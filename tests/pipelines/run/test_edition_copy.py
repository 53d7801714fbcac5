"""A GeoPackage once more under the name of its edition: its project shows its own data."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.run.publish import publish
from pipelines.run.workspace import Workspace

from .test_qgis_project import ISLE, project


@pytest.fixture
def editions(workspace: Workspace) -> Workspace:
    return replace(workspace, settings=replace(workspace.settings, publications=("geopackage", "editions")))


def copies(folder: Path) -> list[Path]:
    return sorted(folder.glob("fictional-oneils-isle_*.gpkg"))


def test_the_copys_name_carries_the_edition_of_its_title_and_its_project_names_the_copy(editions):
    found = publish(editions)
    folder = editions.home.publications
    (copy,) = copies(folder)
    edition = json.loads((folder / "publications.json").read_text(encoding="utf-8"))["files"][ISLE]["content"][:8]
    assert copy.name == f"fictional-oneils-isle_{edition}.gpkg"
    assert project(copy).find("title").text.endswith(f"edition {edition}")
    assert {one.text.partition("|")[0] for one in project(copy).iter("datasource")} == {f"./{copy.name}"}
    # the plain file stays as it was, for links
    assert {one.text.partition("|")[0] for one in project(folder / ISLE).iter("datasource")} == {f"./{ISLE}"}
    assert copy.name in {one.name for one in found}
    query = 'SELECT locality_id, why FROM "Localities – Intermediate zones" ORDER BY 1'
    with closing(sqlite3.connect(copy)) as one, closing(sqlite3.connect(folder / ISLE)) as other:
        assert one.execute(query).fetchall() == other.execute(query).fetchall()


def test_it_has_the_same_bytes_twice_and_an_earlier_edition_goes(editions, tmp_path):
    for name in ("first", "second"):
        publish(editions, out=tmp_path / name)
    (first,), (second,) = copies(tmp_path / "first"), copies(tmp_path / "second")
    assert first.read_bytes() == second.read_bytes()
    earlier = first.with_name("fictional-oneils-isle_00000000.gpkg")
    earlier.write_bytes(b"of an earlier edition")
    kept = first.with_name("fictional-oneils-isle_my notes.gpkg")
    kept.write_bytes(b"kept by a person")
    first.unlink()
    again = publish(editions, out=tmp_path / "first")
    assert {one.name: one.status for one in again}[first.name] == "written"
    assert (first.is_file(), earlier.exists(), kept.exists()) == (True, False, True)
    assert {one.name: one.status for one in publish(editions, out=tmp_path / "first")}[first.name] == "unchanged"
