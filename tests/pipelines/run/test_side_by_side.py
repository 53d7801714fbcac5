"""Partnerships written twice, by several processes and by one alone: the same files to the byte."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.run import side_by_side
from pipelines.run.publish import publish
from pipelines.run.shelf import RECORD


def test_several_processes_write_the_same_bytes_as_one(publishing, tmp_path, monkeypatch):
    alone, together = tmp_path / "alone", tmp_path / "together"
    publish(publishing, out=alone)
    monkeypatch.setattr(side_by_side, "_MANY", 2)
    monkeypatch.setattr(side_by_side, "processes_for", lambda _: 2)
    publish(publishing, out=together)
    first, second = (json.loads((one / RECORD).read_text(encoding="utf-8"))["files"] for one in (alone, together))
    # DuckDB's bytes differ from one writing to the next
    compared = [name for name in first if not name.endswith(".duckdb")]
    assert first.keys() == second.keys()
    assert [first[name]["sha256"] for name in compared] == [second[name]["sha256"] for name in compared]
    wanted = {"fictional-oneils-isle.gpkg", "fictional-mor-and-beag.xlsx", "fictional-mor-and-beag tables.zip"}
    assert wanted | {"fictional-country.html", "parquet/fictional-zones.parquet"} <= set(compared)


def test_one_partnership_reads_no_row_of_another(publishing, tmp_path, monkeypatch):
    from pipelines.run import partnership

    read, tables = [], partnership.Writer._tables_of

    def noting(self, cpp_code):
        found = tables(self, cpp_code)
        read.append(found)
        return found

    monkeypatch.setattr(partnership.Writer, "_tables_of", noting)
    written = {one.name for one in publish(publishing, areas=["Mòr & Beag"], out=tmp_path)}
    # nor are the files of all partnerships made
    assert {Path(name).stem.removesuffix(" tables") for name in written} == {"fictional-mor-and-beag"}
    (found,) = read
    places = {"intermediate_zones:S02990003"}
    assert set(found["zones"]["zone_code"].to_pylist()) == {"S01990005", "S01990006"}
    for name in ("candidate_localities", "membership", "verdicts", "estimates", "findings"):
        assert set(found[name]["locality_id"].to_pylist()) == places, name


def test_the_script_of_maps_is_made_once_for_a_working_folder(tmp_path, monkeypatch):
    from localities.publishing.explorer import page

    made = []
    monkeypatch.setattr(page, "map_library", lambda: made.append(1) or "draw('é');\n")
    first, second = (side_by_side.library_kept_in(tmp_path / "cache", 1) for _ in range(2))
    assert first == second == "draw('é');\n"
    assert made == [1]
