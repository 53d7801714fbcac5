"""A range for the targets of a locality, read from a store made by hand and from the fictional sample."""

from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.storage.store import Store

LEITH = "wards:45"


def figures(ran, indicator: str = "simd_income") -> dict[tuple[str, int], tuple[float | None, ...]]:
    """Targets and their limits, by ground and years ahead."""
    return {
        (one["ground"], one["years_ahead"]): (one["target"], one["target_lower"], one["target_upper"])
        for one in ran.json
        if one["indicator_id"] == indicator
    }


def reasons(ran, indicator: str) -> dict[str, str | None]:
    """Why there is no target, by ground, in the first year."""
    rows = [one for one in ran.json if one["indicator_id"] == indicator and one["years_ahead"] == 1]
    return {one["ground"]: one["reason"] for one in rows}


def test_targets_by_hand(localities, stored_targets):
    ran = localities("targets", "Leith", "--json")
    # similar: 37 to 45 %, nine of them, of which the best quarter reach the third. Half of 45 - 11 is 17.
    assert figures(ran) == {
        ("trend_continued", 1): (44, 43, 46),
        ("trend_continued", 3): (42, 39, 48),
        ("trend_continued", 10): (46, 36, 66),
        **{("best_quarter", years): (39, None, None) for years in (1, 3, 10)},
        **{("gap_closed", years): (28, None, None) for years in (1, 3, 10)},
    }
    first = ran.json[-1]
    assert (first["value"], first["lower_ci"], first["upper_ci"], first["period"]) == (45, 44.5, 45.5, "2017")
    assert first["similar_to"] == "wards, urban, most deprived fifth"
    assert first["similar_count"] == 9


def test_the_share_of_the_gap_is_the_boards_to_choose(localities, stored_targets):
    ran = localities("targets", "Leith", "--gap-share", "0.25", "--json")
    assert figures(ran)["gap_closed", 3] == (36.5, None, None)
    assert figures(localities("targets", "Leith", "--gap-share", "1", "--json"))["gap_closed", 3][0] == 11


def test_where_there_is_no_target_it_says_why(localities, stored_targets):
    ran = localities("targets", LEITH, "--json")
    # one with a trend that stops before a break, no place alike and no comparator; the suppressed one has no series
    assert {one["indicator_id"] for one in ran.json} == {"simd_income", "cpop_child_poverty"}
    assert set(figures(ran, "cpop_child_poverty").values()) == {(None, None, None)}
    assert reasons(ran, "cpop_child_poverty") == {
        "trend_continued": "the trend ends with 2018/19, and 2020/21 is the latest",
        "best_quarter": "places like it with a figure: 1, and 8 are needed",
        "gap_closed": "too few children",
    }
    crime = localities("targets", LEITH, "--indicator", "simd_crime", "--json")
    assert set(reasons(crime, "simd_crime").values()) == {"no figure for 2017/18: suppressed"}


def test_a_figure_that_asks_for_nothing_says_so(localities, stored_targets):
    worse = [one["reason"] for one in localities("targets", LEITH, "-i", "simd_income", "--json").json]
    # in ten years the trend leads to 46 %, from 45
    assert [reason is None for reason in worse] == [True, True, False] + [True] * 6
    # 1 %, the least of all: the best quarter of 1 to 9 is 3, and the rest has 11
    best = reasons(localities("targets", "wards:01", "-i", "simd_income", "--json"), "simd_income")
    assert best == {
        "trend_continued": "no earlier period to compare with",
        "best_quarter": "already within the best quarter of similar places",
        "gap_closed": "no gap to close, or none of it to be closed: the value stays as it is",
    }


def test_shown_in_a_table(localities, stored_targets, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    ran = localities("targets", "Leith")
    assert ran.code == 0
    assert "Leith (wards:45), City of Edinburgh" in ran.out
    row = next(line for line in ran.out.splitlines() if "Income-deprived" in line)
    for figure in ("2017", "45.0", "trend continued", "44.0", "42.0", "46.0", "43.0 to 46.0", "39.0 to 48.0"):
        assert figure in row
    assert "no better than now (years: 10)" in row
    assert "Gap closed: 50% of that to the rest of its area. Similar: wards, urban, most deprived fifth." in ran.words
    assert "not shown unless named with --indicator: 1" in ran.words
    assert "no outcome has a series" in localities("targets", "wards:01").words


def test_as_csv(localities, stored_targets):
    rows = list(csv.DictReader(io.StringIO(localities("targets", "Leith", "--csv").out)))
    assert len(rows) == 2 * 3 * 3
    assert {"target", "target_lower", "target_upper", "reason", "ground", "years_ahead"} <= set(rows[0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Leth",), "No such locality: 'Leth'"),
        (("Ward",), "may be any of 44 localities"),
        (("Leith", "--candidate-set", "intermediate-zones"), "No such locality: 'Leith'"),
        (("Leith", "--gap-share", "30"), "less than or equal to 1"),
        (("Leith", "--indicator", "nrs_children"), "Not an outcome: nrs_children"),
        (("Leith", "--csv", "--json"), "not both"),
    ],
)
def test_wrong_usage(localities, stored_targets, arguments, words):
    ran = localities("targets", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.words


def test_help_and_a_store_from_before(localities, stored):
    assert "Exit codes: 0 done" in localities("targets", "--help").words
    ran = localities("targets", "Leith")
    assert ran.code == 1
    assert "no membership, trends" in ran.err


def test_a_flagged_locality_of_the_sample_has_a_range(sample_home):
    verdicts = Store(sample_home.store).read("verdicts")
    flagged = verdicts[verdicts["is_flagged"]].sort_values("priority_rank")["locality_id"].iloc[0]
    given = ["targets", flagged, "--sample", "--home", str(sample_home.root.parent)]
    result = CliRunner().invoke(app, [*given, "--json"])
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert rows
    for one in rows:
        assert (one["target"] is None) <= bool(one["reason"])
        if one["target_lower"] is not None:
            assert one["ground"] == "trend_continued"
            assert one["target_lower"] <= one["target"] <= one["target_upper"]
    # votes through an index, and has a trend that reaches its latest period
    trend = [one for one in rows if one["indicator_id"] == "cpop_participation" and one["ground"] == "trend_continued"]
    assert [one["years_ahead"] for one in trend if one["target_lower"] is not None] == [1, 3, 10]
    # a flagged place is poorer than the rest: half of the gap lies between the two
    closed = [one for one in rows if one["ground"] == "gap_closed" and one["reason"] is None]
    assert closed
    assert all(2 * one["target"] == pytest.approx(one["value"] + one["comparator_value"]) for one in closed)
    assert CliRunner().invoke(app, given).stdout.startswith("Fictional sample")
