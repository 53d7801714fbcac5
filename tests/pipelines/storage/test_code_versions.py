"""The version of the code behind a table: what moves it, and what does not."""

from __future__ import annotations

import pytest

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
