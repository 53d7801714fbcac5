"""Inequality and trends, read from a store made by hand."""

from __future__ import annotations

import pytest


def areas_and_values(ran) -> list[tuple[str, str, float | None]]:
    return [(one["area_name"], one["measure"], one["value"]) for one in ran.json]


def test_inequality_shows_the_latest_period_of_every_area(localities, stored_over_time):
    assert areas_and_values(localities("inequality", "--json")) == [
        ("City of Edinburgh", "fifths_gap", 18.5),
        ("City of Edinburgh", "fifths_ratio", None),
        ("Scotland", "fifths_gap", 20.25),
    ]


def test_inequality_of_areas_and_of_the_country(localities, stored_over_time):
    def names(*options: str) -> set[str]:
        return {one["area_name"] for one in localities("inequality", "--json", *options).json}

    assert names("--area", "Edinburgh") == {"City of Edinburgh"}
    assert names("--area", "Scotland") == {"Scotland"}
    assert names("--area", "scotland", "--area", "edinburgh") == {"City of Edinburgh", "Scotland"}
    assert names("--area", "all", "--area", "scotland") == {"City of Edinburgh", "Scotland"}
    assert names("--area", "Eilean Siar") == set()


def test_inequality_over_all_periods_and_by_measure(localities, stored_over_time):
    ran = localities("inequality", "--all-periods", "--measure", "fifths-gap", "--area", "edinburgh", "--json")
    assert [one["period"] for one in ran.json] == ["2019/20", "2020/21"]


def test_inequality_as_a_table_holds_an_area_beside_scotland(localities, stored_over_time):
    ran = localities("inequality", "--area", "edinburgh")
    row = next(line for line in ran.out.splitlines() if "fifths gap" in line)
    # the measure with its unit, value, its interval, and Scotland's value
    assert " ".join(row.split()).endswith("fifths gap (% of children under 16) 18.5 16.0 to 21.0 20.2")
    assert "no events" in ran.out
    assert localities("inequality", "--indicator", "simd_crime").out.strip() == "Nothing matches."


def test_trends_with_their_direction_and_where_they_lead(localities, stored_over_time):
    ran = localities("trends")
    row = next(line for line in ran.out.splitlines() if "2014/15" in line)
    for figure in ("2020/21", " 7 ", "-2.50", "-3.50 to -1.50", "-2.10", "14.0", "12.0 to 16.0", "improving"):
        assert figure in row
    assert "too few children" in ran.out


def test_trends_are_narrowed(localities, stored_over_time):
    def places(*options: str) -> list[str]:
        return [one["locality_name"] for one in localities("trends", "--json", *options).json]

    isle = "Barraigh agus Bhatarsaigh’s Mòr ŵ"
    assert places() == ["Leith", isle]
    assert places("--direction", "improving") == ["Leith"]
    assert places("--area", "Western Isles") == [isle]
    assert places("--locality", "wards:S13002919") == ["Leith"]
    assert places("--indicator", "simd_crime") == []
    assert places("--limit", "1") == ["Leith"]


@pytest.mark.parametrize("command", ["inequality", "trends"])
def test_a_store_from_before_these_tables_says_what_to_run(localities, stored, command):
    ran = localities(command)
    assert ran.code == 1
    assert f"no {command}" in ran.err
    assert "localities run" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inequality", "--measure", "gini"), "is not one of duncan_index"),
        (("trends", "--direction", "sideways"), "is not one of improving"),
        (("trends", "--csv", "--json"), "not both"),
    ],
)
def test_wrong_usage(localities, stored_over_time, arguments, words):
    ran = localities(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.words
