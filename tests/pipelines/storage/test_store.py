"""The store: what a version is a hash of, and stores of before."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pyarrow.parquet as pq
import pytest

from indicators.errors import ConfigError, UnreadableSource
from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from pipelines.cli.parts.reading import open_store
from pipelines.run.run import run
from pipelines.run.workspace import open_workspace
from pipelines.storage.reading import rows_of
from pipelines.storage.store import FORMAT, Store

MEMBERS = pd.DataFrame(
    {
        "locality_id": ["wards:A"],
        "candidate_set": ["wards"],
        "zone_code": ["S01000001"],
        "weight": [1.0],
        "exact_share": [0.0],
    }
)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


def test_other_words_for_a_column_keep_the_version_and_are_in_the_file(store, monkeypatch):
    first = store.write("membership", MEMBERS)
    monkeypatch.setitem(FIELDS, "weight", replace(FIELDS["weight"], description="Part of the zone that belongs"))
    second = store.write("membership", MEMBERS)
    assert second == first
    said = pq.read_schema(store.paths("membership")[0]).field("weight").metadata
    assert said[b"description"] == b"Part of the zone that belongs"
    assert store.write("membership", MEMBERS.assign(weight=0.5)).version != first.version


def test_a_table_of_a_version_with_fewer_columns_is_named_with_what_to_do(store, monkeypatch):
    with monkeypatch.context() as before:
        before.setitem(TABLES, "membership", replace(TABLES["membership"], columns=tuple(MEMBERS.columns[:4])))
        store.write("membership", MEMBERS.drop(columns="exact_share"))
    for read in (store.read, lambda table: rows_of(store, table, columns=["weight"])):
        with pytest.raises(
            ConfigError, match=r"(?s)membership was made by another version.*exact_share.*localities run"
        ):
            read("membership")


def test_rows_of_one_place_lie_in_a_group_of_their_own(store):
    """Of 40,000 members in order, those of the last place are in the last group of 8,192 rows."""
    many = MEMBERS.loc[[0] * 40_000].assign(
        locality_id=[f"wards:{n // 10:05d}" for n in range(40_000)], zone_code=[f"S01{n:06d}" for n in range(40_000)]
    )
    store.write("membership", many)
    file = pq.ParquetFile(store.paths("membership")[0])
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [8_192] * 4 + [7_232]
    least = file.metadata.row_group(4).column(0).statistics.min
    assert least == "wards:03276"
    assert len(rows_of(store, "membership", where={"locality_id": ["wards:03999"]})) == 10


def test_a_file_cut_short_is_named_where_a_few_rows_are_read(store):
    store.write("membership", MEMBERS)
    path = store.paths("membership")[0]
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(UnreadableSource, match=r"damaged[\s\S]*membership"):
        rows_of(store, "membership", where={"locality_id": ["wards:A"]})


def as_before(folder):
    """Make the table of a folder one of the first format, which had no number."""
    path = folder / "current.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["format"]
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_table_of_another_format_counts_as_never_computed_and_stays(store):
    written = store.write("membership", MEMBERS)
    as_before(store.root / "membership")
    assert store.manifest("membership") is None
    assert store.of_other_formats() == {"membership": 1}
    with pytest.raises(ConfigError, match=r"(?s)found: those of an earlier version.*to do: run `localities run` first"):
        open_store(SimpleNamespace(store=store.root), "membership")
    store.forget_other_formats()
    # it has a name of today, so only a new version takes its place
    assert store.files_of(written)[0].is_file()
    assert store.write("membership", MEMBERS).format == FORMAT
    assert store.of_other_formats() == {}


def test_a_store_of_before_is_computed_again_said_and_then_forgotten(copied):
    folder = copied.for_sample().store
    shutil.copytree(folder / "reach", folder / "serving")
    for name in ("reach", "serving", "findings"):
        as_before(folder / name)
    report = run(open_workspace(copied, is_sample=True), network=False, areas=[])
    assert report.plan.why()["findings"] == ("kept in another format of the store",)
    assert set(report.computed) >= {"reach", "findings"}
    assert "zones" not in report.computed
    assert any("earlier format of the store" in one and "serving" in one for one in report.warnings)
    assert not (folder / "serving").exists()
    assert Store(folder).of_other_formats() == {}
