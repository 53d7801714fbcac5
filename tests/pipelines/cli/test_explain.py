"""`localities explain`: which locality is meant, and what is handed over. The words are tested with the explanation."""

from __future__ import annotations

import subprocess
import sys

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

    def explain(tables, locality, other=None, settings=None, is_technical=False, **more) -> Explanation:
        given.update(tables=tables, locality=locality, other=other, settings=settings, is_technical=is_technical)
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
    assert asked["is_technical"] is False
    explain("wards:S13002919", "--technical")
    assert asked["is_technical"] is True


def test_only_the_findings_of_the_places_in_question_are_read(explain, asked):
    explain("wards:S13002919", "wards:S13002999")
    assert (asked["locality"], asked["other"]) == ("wards:S13002919", "wards:S13002999")
    tables = asked["tables"]
    assert set(tables["findings"]["locality_id"]) == {"wards:S13002919", "wards:S13002999"}
    # neighbours are of the same way of drawing
    assert set(tables["verdicts"]["candidate_set"]) == {"wards"}


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


def test_a_data_zone_or_a_postcode_means_the_places_that_hold_it(localities, sample_home):
    """Zones of the sample by code and by the position of a postcode in its file."""
    from localities.residents.postcodes import read_postcodes
    from pipelines.sources.declarations import load_sources
    from pipelines.storage.store import Store

    store = Store(sample_home.store)
    zones = store.read("zones", columns=["zone_code", "geometry"])
    listed = read_postcodes(load_sources()["os-code-point-open"].path_in(sample_home.downloads)).iloc[7]
    import shapely

    at = zones["geometry"].intersects(shapely.Point(listed["x"], listed["y"]))
    zone = zones.loc[at, "zone_code"].iloc[0]
    members = store.read("membership")
    holding = sorted(members.loc[members["zone_code"] == zone, "locality_id"])
    home = ("--sample", "--home", str(sample_home.root.parent))
    for text in (zone, zone.lower(), listed["postcode"], listed["postcode"].replace(" ", "")):
        ran = localities("explain", text, *home)
        assert ran.code == 2
        assert f"may be any of {len(holding)} localities" in ran.words
        assert all(one in ran.words for one in holding)
    verdicts = store.read("verdicts").set_index("locality_id")["verdict"].str.replace("_", " ")
    for command in ("targets", "explain"):
        ran = localities(command, zone, *home)
        assert ran.code == 2
        assert all(f"({verdicts[one]})" in ran.words for one in holding)
    for command in ("findings", "trends", "progress"):
        both = [localities(command, "--locality", text, "--csv", *home) for text in (zone, listed["postcode"])]
        assert [one.code for one in both] == [0, 0]
        assert both[0].out == both[1].out
    one = localities("explain", listed["postcode"], "--candidate-set", "intermediate_zones", *home)
    assert one.code == 0
    nowhere = localities("explain", "ZZ1 1ZZ", *home)
    assert nowhere.code == 2
    assert "No such postcode in Scotland: ZZ1 1ZZ" in nowhere.words


def test_a_partnership_says_what_is_flagged_by_each_answer_and_whom_that_leaves_out(localities, sample_home):
    from pipelines.storage.store import Store

    store = Store(sample_home.store)
    need = store.read("need_outside")
    zones = store.read("zones", columns=["cpp_code", "cpp_name"]).astype("str")
    code, name = zones.iloc[0]
    own = need[need["cpp_code"].astype("str") == code]
    ran = localities("explain", code, "--sample", "--home", str(sample_home.root.parent))
    assert ran.code == 0
    assert f"{name} ({code})" in ran.words
    total, outside = round(own["people_in_need"].sum()), round(own["need_outside_scotland"].sum())
    assert f"{outside:,} of {total:,} income-deprived people of {name}" in ran.words
    assert "The two answers are never added up." in ran.words
    assert "No evidence does not mean no need." in ran.words
    listed = localities("reach", "--missed", "--area", code, "--csv", "--sample", "--home",
                        str(sample_home.root.parent))  # fmt: skip
    assert len(listed.out.splitlines()) == len(own) + 1
    shown = localities("reach", "--missed", "--area", code, "--sample", "--home", str(sample_home.root.parent))
    assert f"Of {total:,} people in need {outside:,} live outside every place poorer than Scotland" in shown.words


def test_explaining_only_reads(sample_home):
    """What a person waits for: no table is read twice, and nothing that computes is imported for it."""
    place = "intermediate_zones:S02990001"
    program = (
        "import collections, sys, pipelines.storage.reading as reading\n"
        "from pipelines.cli.app import app\n"
        "asked, given = collections.Counter(), reading.arrow_rows\n"
        "def counted(store, table, **wanted):\n"
        "    asked[table, tuple(wanted.get('columns') or ())] += 1\n"
        "    return given(store, table, **wanted)\n"
        "reading.arrow_rows = counted\n"
        f"app(['explain', {place!r}, '--sample', '--home', {str(sample_home.root.parent)!r}], standalone_mode=False)\n"
        "print([one for one, times in asked.items() if times > 1])\n"
        "print(sorted({'scipy', 'geopandas', 'shapely', 'rich', 'indicators.catalogue'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "no part in the verdict" in " ".join(done.stdout.split())
    assert done.stdout.splitlines()[-2:] == ["[]", "[]"]
