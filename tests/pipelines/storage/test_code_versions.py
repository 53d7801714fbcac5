"""The version of the code behind a table: what moves it, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indicators.schema.field import Field
from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from pipelines.run.publish import made_by
from pipelines.steps.registry import all_steps
from pipelines.storage import code_versions


@pytest.fixture(autouse=True)
def no_memory():
    """Forget what was hashed, before and after."""
    caches = [getattr(code_versions, name) for name in ("_hash_of", "_imports_of", "_data_named_in")]
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


def changed(monkeypatch: pytest.MonkeyPatch, name: str) -> dict[str, bool]:
    """Return which tables get another version when the file of that name changes."""
    steps = {table: step for step in all_steps() for table in step.outputs}
    before = {table: code_versions.code_version(step) for table, step in steps.items()}
    real = code_versions._hash_of
    monkeypatch.setattr(code_versions, "_hash_of", lambda path: b"another" if path.name == name else real(path))
    return {table: code_versions.code_version(step) != before[table] for table, step in steps.items()}


def test_a_change_to_the_statistics_moves_findings_and_not_zones(monkeypatch) -> None:
    moved = changed(monkeypatch, "compare.py")
    assert moved["findings"]
    assert moved["verdicts"]
    assert not moved["zones"]
    assert not moved["adjacency"]


def test_declared_links_are_part_of_the_code_of_adjacency(monkeypatch) -> None:
    moved = changed(monkeypatch, "links.yaml")
    assert moved["adjacency"]
    assert not moved["observations"]


def test_a_declaration_moves_observations_and_what_is_tested(monkeypatch) -> None:
    moved = changed(monkeypatch, "simd_income.yaml")
    assert moved["observations"]
    assert moved["findings"]
    assert not moved["zones"]


def test_a_candidate_set_moves_the_candidates_only_of_what_it_computes(monkeypatch) -> None:
    moved = changed(monkeypatch, "hscp_localities.py")
    assert moved["candidate_localities"]
    assert moved["membership"]
    assert not moved["observations"]


def versions() -> dict[str, str]:
    return code_versions.code_versions(all_steps())


def test_a_description_in_other_words_moves_the_tables_that_have_the_field(monkeypatch) -> None:
    before = versions()
    monkeypatch.setitem(FIELDS, "q_important", replace(FIELDS["q_important"], description="Other words"))
    after = versions()
    of_groups = {"group_indicators", "group_findings", "group_coverage"}  # made in one step
    assert {table for table in before if before[table] != after[table]} == {"findings", "peer_findings", *of_groups}


def test_a_new_column_moves_its_table_and_a_title_none(monkeypatch) -> None:
    before = versions()
    findings = TABLES["findings"]
    monkeypatch.setitem(FIELDS, "of_tomorrow", Field("number", "Of tomorrow", nullable=True))
    monkeypatch.setitem(TABLES, "findings", replace(findings, columns=(*findings.columns, "of_tomorrow")))
    monkeypatch.setitem(FIELDS, "population", replace(FIELDS["population"], alias="People", decimals=1))
    after = versions()
    assert {table for table in before if before[table] != after[table]} == {"findings"}


@pytest.mark.parametrize(
    ("name", "moves"),
    [
        ("choosing.py", True),  # titles, places and formats
        ("styles.py", True),
        ("codes.py", True),  # words for codes, outside the folder of what publishes
        ("wards.py", True),  # its title names a layer
        ("score.py", False),  # statistics are in the tables' versions
        ("transport.py", False),
    ],
)
def test_publications_are_made_by_all_that_writes_them_and_nothing_else(monkeypatch, name, moves) -> None:
    before = made_by()
    real = code_versions._hash_of
    monkeypatch.setattr(code_versions, "_hash_of", lambda path: b"another" if path.name == name else real(path))
    assert (made_by() != before) == moves
