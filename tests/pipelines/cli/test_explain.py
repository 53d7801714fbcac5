"""`localities explain`: which locality is meant, and what is handed over. The words are tested with the explanation."""

from __future__ import annotations

import pytest

import localities.explain
from indicators.schema.tables import TABLES
from localities.explain import Explanation


@pytest.fixture
def asked(stored, monkeypatch):
    """Stand in for the explanation, over a store that holds every table; returns what it was asked for."""
    given: dict[str, object] = {}
    import pandas as pd

    from indicators.schema.validation import coerce

    for name in ("sources", "adjacency", "indicators", "membership"):
        stored.write(name, coerce(name, pd.DataFrame(columns=list(TABLES[name].columns))))
    stored.write("verdicts", stored.read("verdicts"), configuration={"alpha": 0.01})

    def explain(tables, locality, other=None, settings=None) -> Explanation:
        given.update(tables=tables, locality=locality, other=other, settings=settings)
        return Explanation("Leith: strong evidence [sic]", (("The verdict", ("Poorer than elsewhere: ŵ.",)),))

    monkeypatch.setattr(localities.explain, "explain", explain)
    return given


@pytest.fixture
def explain(localities):
    """Run `localities explain`."""
    return lambda *arguments: localities("explain", *arguments)


def test_a_locality_is_explained_by_its_id(explain, asked):
    ran = explain("wards:S13002919")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "Leith: strong evidence [sic]"
    assert "  - Poorer than elsewhere" in ran.out
    assert (asked["locality"], asked["other"]) == ("wards:S13002919", None)
    # the thresholds that the tables were made with, not the defaults
    assert asked["settings"].alpha == 0.01


def test_only_the_findings_of_the_places_in_question_are_read(explain, asked):
    explain("wards:S13002919", "wards:S13002999")
    assert (asked["locality"], asked["other"]) == ("wards:S13002919", "wards:S13002999")
    tables = asked["tables"]
    assert set(tables["findings"]["locality_id"]) == {"wards:S13002919", "wards:S13002999"}
    assert len(tables["verdicts"]) == 4


def test_a_name_is_narrowed_by_set_and_area(explain, asked):
    ran = explain("leith")
    assert ran.code == 2
    assert "may be any of 2 localities" in ran.words
    assert "wards:S13002919 Leith, City of Edinburgh" in ran.words
    assert asked == {}

    assert explain("leith", "--candidate-set", "wards").code == 0
    assert asked["locality"] == "wards:S13002919"
    assert explain("barraigh", "--area", "Eilean Siar").code == 0
    assert asked["locality"] == "wards:S13002999"
    assert explain("leith", "--area", "Eilean Siar").code == 2


def test_an_explanation_for_machines(explain, asked):
    assert explain("wards:S13002919", "--json").json == {
        "title": "Leith: strong evidence [sic]",
        "sections": [{"heading": "The verdict", "lines": ["Poorer than elsewhere: ŵ."]}],
    }
