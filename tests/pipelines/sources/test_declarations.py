"""Declarations of sources: those of the project, and mistakes in one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from indicators.errors import ConfigError
from indicators.schema.tables import TABLES
from pipelines.sources.addresses import is_secure
from pipelines.sources.declarations import (
    declared_folder,
    for_sample,
    load_source,
    load_sources,
    mirror_from_environment,
)
from pipelines.sources.provenance import Fetched, provenance_row, sources_table

GOOD = """\
id: small-table
title: "A small table"
publisher: "A publisher"
landing_page: https://publisher.example/small-table
addresses:
  - kind: plain
    url: https://publisher.example/table.csv
file_name: table.csv
format: csv
encoding: utf-8-sig
licence: "Open Government Licence v3.0"
attribution: "Contains public sector information."
vintage: "2011"
update: rolling
"""


@pytest.mark.parametrize("path", sorted(declared_folder().glob("*.yaml")), ids=lambda path: path.stem)
def test_every_declaration_of_the_project(path):
    source = load_source(path)
    assert source.licence
    assert source.attribution
    assert is_secure(source.landing_page)
    assert source.addresses
    assert source.is_pinned == bool(source.sha256)


def test_the_projects_declarations_fit_together():
    sources = load_sources()
    assert list(sources) == sorted(sources)
    assert {"sg-simd-2020v2", "sg-data-zone-boundaries-2011", "is-cpop", "ons-wards-2025"} <= set(sources)
    # the embargo on changes matters most for the index that every published flag rests on
    assert sources["sg-simd-2020v2"].is_pinned


def write(folder, text, name="small-table.yaml"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_good_declaration(tmp_path):
    source = load_source(write(tmp_path, GOOD))
    assert source.relative_path == "small-table/table.csv"
    assert source.addresses[0].shown == "https://publisher.example/table.csv"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('title: "A small table"\n', "", "title"),
        ("update: rolling", "update: sometimes", "update"),
        ("update: rolling", "update: pinned", "sha256"),
        ("update: rolling", "update: pinned\nsha256: [ABC]", "sha256"),
        ("update: rolling", "update: rolling\ncolour: blue", "colour"),
        ("format: csv", "format: docx", "format"),
        ("format: csv", "format: xlsx", "encoding"),
        ("encoding: utf-8-sig", "encoding: klingon", "encoding"),
        ("file_name: table.csv", "file_name: ../table.csv", "file_name"),
        ("file_name: table.csv", "file_name: con.csv", "file_name"),
        ("landing_page: https:", "landing_page: http:", "landing_page"),
        ("    url: https:", "    url: ftp:", r"addresses\[0\]\.url"),
        ("kind: plain", "kind: gopher", r"addresses\[0\]\.kind"),
        ("    url: ", "    link: ", r"addresses\[0\]\.link"),
        ("id: small-table", "id: other-table", "id"),
        ('vintage: "2011"', 'vintage: "1991"', "vintage"),
        ("format: csv", "format: csv\nformat: csv", "format"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(tmp_path, old, new, key):
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigError, match=rf"at {key}") as failure:
        load_source(path)
    assert "small-table.yaml" in str(failure.value)


def test_two_sources_may_share_a_folder_but_not_a_file(tmp_path):
    write(tmp_path, GOOD)
    other = GOOD.replace("id: small-table", "id: other-table\nfolder: small-table")
    write(tmp_path, other.replace("file_name: table.csv", "file_name: other.csv"), "other-table.yaml")
    assert {source.folder for source in load_sources(tmp_path).values()} == {"small-table"}
    write(tmp_path, other, "other-table.yaml")
    with pytest.raises(ConfigError, match="a file of its own"):
        load_sources(tmp_path)


def test_a_declaration_added_later_is_seen(tmp_path):
    write(tmp_path, GOOD)
    assert list(load_sources(tmp_path)) == ["small-table"]
    write(tmp_path, GOOD.replace("id: small-table", "id: another"), "another.yaml")
    assert list(load_sources(tmp_path)) == ["another", "small-table"]


def test_a_folder_without_declarations(tmp_path):
    with pytest.raises(ConfigError, match="No source is declared"):
        load_sources(tmp_path)
    with pytest.raises(ConfigError, match="missing"):
        load_sources(tmp_path / "nowhere")


def test_the_sample_carries_nobodys_licence(tmp_path):
    source = load_source(write(tmp_path, GOOD.replace("update: rolling", f"update: pinned\nsha256: [{'ab' * 32}]")))
    sample = for_sample({source.id: source})["small-table"]
    assert (sample.is_fictional, sample.is_pinned, sample.addresses) == (True, False, ())
    assert "Not about any real place" in sample.attribution
    assert "public sector" not in sample.attribution


def test_the_mirror_in_the_environment():
    assert mirror_from_environment({"LOCALITIES_MIRROR": "  "}) is None
    assert mirror_from_environment({"LOCALITIES_MIRROR": "https://mirror.example"}) == "https://mirror.example"


def test_a_row_of_provenance_conforms_to_the_declared_table(tmp_path):
    source = load_source(write(tmp_path, GOOD))
    fetched = Fetched(
        source_id=source.id,
        path=tmp_path / "table.csv",
        sha256="0" * 64,
        size=38,
        address_used="https://publisher.example/table.csv",
        retrieved_at=datetime(2026, 1, 5, 2, 0, tzinfo=UTC),
        from_mirror=False,
        changed=True,
    )
    row = provenance_row(source, fetched, rows=2)
    assert tuple(row) == TABLES["sources"].columns
    assert (row["retrieved_at"], row["rows"], row["is_stale"], row["note"]) == ("2026-01-05T02:00:00Z", 2, False, None)

    stale = replace(fetched, source_id="zz", served_stale=True, note="The server did not answer.")
    other = replace(source, id="zz", vintage="none")
    table = sources_table([provenance_row(other, stale), row])
    assert list(table.columns) == list(TABLES["sources"].columns)
    assert table["source_id"].tolist() == ["small-table", "zz"]
    assert table["is_stale"].tolist() == [False, True]
    assert table["rows"].isna().tolist() == [False, True]
    assert table["source_vintage"].isna().tolist() == [False, True]
