"""The command for an annual progress report, read from a store made by hand."""

from __future__ import annotations

import csv
import io

import pytest


def names(ran) -> list[str]:
    return [one["area_name"] for one in ran.json]


def test_partnerships_come_first_and_then_flagged_localities(localities, stored_progress):
    ran = localities("progress", "--area", "Edinburgh", "--json")
    assert names(ran)[:2] == ["City of Edinburgh", "Leith"]
    assert [one["is_flagged"] for one in ran.json] == [False, True, False]
    assert not any(one["is_current"] for one in ran.json)
    assert "order" not in ran.json[0]


def test_areas_of_current_locality_plans_come_before_flagged_ones(localities, stored_progress, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr("localities.boundaries.own_files.own_sets", lambda folder: ("wards",))
    monkeypatch.setattr(
        "localities.boundaries.own_files.describe_own", lambda folder, one: SimpleNamespace(is_current=True)
    )
    rows = localities("progress", "--area", "Edinburgh", "--json").json
    assert [one["is_current"] for one in rows] == [False, True, True]


def test_what_an_average_hides_is_listed_and_counted(localities, stored_progress):
    ran = localities("progress", "--against-the-trend", "--json")
    assert [(one["area_id"], one["ground"]) for one in ran.json] == [("wards:S13002919", "gaining_ground")]
    said = localities("progress", "--area", "Edinburgh").words
    assert "1 locality surely goes the other way than the partnership as a whole" in said
    assert "other way" not in localities("progress", "--area", "Western Isles").words


def test_a_place_is_shown_with_its_figures(localities, stored_progress, monkeypatch):
    monkeypatch.setenv("COLUMNS", "220")
    ran = localities("progress", "--locality", "wards:S13002919")
    assert "Leith (wards:S13002919), City of Edinburgh, flagged" in ran.out
    row = next(line for line in ran.out.splitlines() if "2018/19" in line)
    for figure in ("2019/20", "24.0", "21.0", "-3.00", "-4.00 to -2.00", "improving", "1.50", "-22.5%", "gaining"):
        assert figure in row
    assert "City of Edinburgh (S12000036)" not in ran.out


def test_narrowed_by_set_ground_and_indicator(localities, stored_progress):
    assert names(localities("progress", "--ground", "losing-ground", "--json")) == ["City of Edinburgh"]
    # partnerships stay beside the set asked for
    assert names(localities("progress", "-s", "intermediate_zones", "--json")) == ["City of Edinburgh"]
    assert names(localities("progress", "--indicator", "simd_crime", "--json")) == []
    assert localities("progress", "--indicator", "simd_crime").out.strip() == "No change matches."


def test_as_csv(localities, stored_progress):
    rows = list(csv.DictReader(io.StringIO(localities("progress", "--csv").out)))
    assert len(rows) == 4
    assert {"change_lower_ci", "change_against_rest", "is_against_the_trend", "reason"} <= set(rows[0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--ground", "sideways"), "is not one of gaining_ground"), (("--csv", "--json"), "not both")],
)
def test_wrong_usage(localities, stored_progress, arguments, words):
    ran = localities("progress", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.words


def test_a_store_from_before_says_what_to_run(localities, stored):
    ran = localities("progress")
    assert ran.code == 1
    assert "no progress" in ran.err
