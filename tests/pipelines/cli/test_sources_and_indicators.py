"""`localities sources` over a small mirror, and `localities indicators` over the project's declarations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pipelines.sources.declarations as declarations

TABLE = b"\xef\xbb\xbfDataZone,Count\nS01006506,8\n"

DECLARATION = """\
id: {id}
title: "A small table of {id}"
publisher: "A publisher"
landing_page: https://publisher.example/{id}
addresses:
  - kind: page
    url: https://publisher.example/{id}
file_name: {id}.csv
format: csv
encoding: utf-8-sig
licence: "Open Government Licence v3.0"
attribution: "Contains public sector information."
vintage: "2011"
update: rolling
requires_columns: [DataZone]
"""


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two declared sources, of which a mirror holds the first."""
    declared = tmp_path / "declared"
    declared.mkdir()
    for name in ("first-table", "second-table"):
        (declared / f"{name}.yaml").write_text(DECLARATION.format(id=name), encoding="utf-8")
    monkeypatch.setattr(declarations, "declared_folder", lambda: declared)
    folder = tmp_path / "mirror"
    (folder / "first-table").mkdir(parents=True)
    (folder / "first-table" / "first-table.csv").write_bytes(TABLE)
    return folder


def test_sources_are_listed_with_licence_and_whereabouts(localities, mirror):
    listed = localities("sources", "list", "--json").json
    assert [one["source_id"] for one in listed] == ["first-table", "second-table"]
    assert listed[0]["licence"] == "Open Government Licence v3.0"
    assert [one["is_here"] for one in listed] == [False, False]
    assert "not here (by hand)" in localities("sources", "list").words

    localities("sources", "fetch", "first-table", "--mirror", mirror)
    assert [one["is_here"] for one in localities("sources", "list", "--json").json] == [True, False]


def test_the_projects_own_sources_are_listed(localities):
    listed = {one["source_id"]: one for one in localities("sources", "list", "--json").json}
    assert listed["sg-simd-2020v2"]["update"] == "pinned"
    assert "sg-simd-2020v2" in localities("sources", "list").out


def test_one_source_that_fails_does_not_keep_the_others_from_coming(localities, mirror, tmp_path):
    ran = localities("sources", "fetch", "--mirror", mirror, "--json")
    assert ran.code == 1
    assert [one["source_id"] for one in ran.json["fetched"]] == ["first-table"]
    assert list(ran.json["failed"]) == ["second-table"]
    assert "localities sources add-file second-table" in ran.err
    assert (tmp_path / "home" / "downloads" / "first-table" / "first-table.csv").read_bytes() == TABLE


def test_fetching_says_what_came_and_from_where(localities, mirror):
    ran = localities("sources", "fetch", "first-table", "--mirror", mirror)
    assert ran.code == 0
    assert "new mirror:first-table/first-table.csv" in ran.words
    assert "unchanged" in localities("sources", "fetch", "first-table", "--mirror", mirror).words
    assert localities("sources", "fetch", "first-table", "--mirror", mirror, "--quiet").out == ""


def test_a_source_that_cannot_be_refreshed_is_a_warning(localities, mirror):
    localities("sources", "fetch", "first-table", "--mirror", mirror)
    (mirror / "first-table" / "first-table.csv").write_bytes(b"<html>busy, try later</html>")
    ran = localities("sources", "fetch", "first-table", "--mirror", mirror)
    assert ran.code == 0
    assert "stale: last good version" in ran.words
    assert ran.err.count("Warning: first-table: ") == 1


def test_a_file_added_by_hand_is_checked(localities, mirror, tmp_path):
    good, page = tmp_path / "good.csv", tmp_path / "page.csv"
    good.write_bytes(TABLE)
    page.write_bytes(b"<html></html>")

    ran = localities("sources", "add-file", "second-table", page)
    assert (ran.code, ran.out) == (1, "")
    assert "web page" in ran.err
    ran = localities("sources", "add-file", "second-table", good)
    assert ran.code == 0
    assert "second-table: added" in ran.words
    assert localities("sources", "add-file", "second-table", good, "--json").json["is_changed"] is False
    assert localities("sources", "add-file", "third-table", good).code == 2


def test_checking_reports_every_source_and_fails_on_an_error(localities, mirror, tmp_path):
    localities("sources", "fetch", "first-table", "--mirror", mirror)
    good = localities("sources", "check", "first-table")
    assert (good.code, "good" in good.words) == (0, True)

    (tmp_path / "home" / "downloads" / "first-table" / "first-table.csv").write_bytes(TABLE + b"S01006507,9\n")
    ran = localities("sources", "check", "--json")
    assert ran.code == 1
    told = {one["source_id"]: one["findings"] for one in ran.json}
    assert "altered since it was retrieved" in told["first-table"][0]["what"]
    assert "not downloaded yet" in told["second-table"][0]["what"]


def test_a_second_run_at_the_same_time_is_refused(localities, mirror, tmp_path):
    from pipelines.folders import Home
    from pipelines.run.workspace import the_only_run

    with the_only_run(Home(tmp_path / "home")):
        ran = localities("sources", "fetch", "first-table", "--mirror", mirror)
    assert ran.code == 1
    assert "Another run is under way" in ran.err


def test_an_unknown_source_is_answered_with_the_nearest(localities):
    ran = localities("sources", "fetch", "sg-simd-2020")
    assert ran.code == 2
    assert "Nearest: sg-simd-2020v2" in ran.words


def test_indicators_are_listed_by_domain(localities):
    ran = localities("indicators", "list")
    assert ran.code == 0
    lines = [line.strip() for line in ran.out.splitlines()]
    assert lines.index("Crime") < lines.index("Income")
    row = next(line.split() for line in lines if line.startswith("simd_income "))
    assert "outcome" in row
    assert row[-1] == "yes"  # it votes
    listed = localities("indicators", "list", "--json").json
    assert [one["id"] for one in listed] == sorted(one["id"] for one in listed)


def test_an_indicator_is_shown_whole(localities):
    from dataclasses import fields

    from indicators.catalogue import Indicator

    ran = localities("indicators", "show", "simd_income")
    assert ran.code == 0
    for field in fields(Indicator):
        assert field.name == "title" or field.name.replace("_", " ") in ran.words
    declared = localities("indicators", "show", "simd_income", "--json").json
    assert (declared["poorer_is"], declared["kind"], declared["votes"]) == ("higher", "proportion", True)
    assert "Nearest: simd_income" in localities("indicators", "show", "simd_inkome").words


def test_the_catalogue_is_good(localities):
    ran = localities("indicators", "check", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["problems"] == {}
    assert ran.json["checked"] >= 25


def test_a_declaration_is_checked_by_itself(localities, tmp_path):
    from indicators.catalogue import declared_folder

    text = (declared_folder() / "simd_income.yaml").read_text(encoding="utf-8")
    mine = tmp_path / "my_income.yaml"

    def check() -> tuple[int, str]:
        ran = localities("indicators", "check", mine)
        return ran.code, ran.err

    mine.write_text(text.replace("id: simd_income", "id: my_income"), encoding="utf-8")
    assert check() == (0, "")
    mine.write_text(text.replace("poorer_is: higher", "poorer_is: sideways"), encoding="utf-8")
    code, said = check()
    assert code == 1
    assert "my_income.yaml" in said
    mine.write_text(text.replace("id: simd_income", "id: my_income").replace("reader: simd", "reader: nobody"),
                    encoding="utf-8")  # fmt: skip
    code, said = check()
    assert code == 1
    assert "wrong at reader" in said
    assert "nobody" in said
    # the readers that there are
    assert "simd" in said.split()
    assert "cpop" in said.split()
    mine.write_text("a: [", encoding="utf-8")
    assert "not valid YAML" in check()[1]
    mine.unlink()
    assert "cannot be read" in check()[1]
    assert json.loads(localities("indicators", "check", mine, "--json").out)["checked"] == 1
