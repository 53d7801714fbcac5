"""Verdicts: breadth, depth, shared votes, basis, order and stability, worked out on small countries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.schema.validation import validate
from indicators.schema.vocabulary import VOTES
from localities.evidence.findings import build_findings
from localities.evidence.grading import BETTER, NOT_ASSESSED, NOT_DIFFERENT, POORER, SLIGHTLY_POORER
from localities.evidence.stability import drawing_support, without_old
from localities.evidence.verdicts import build_verdicts, effective_number
from localities.evidence.votes import INSUFFICIENT, NO_EVIDENCE, SOME, STRONG, Ballot, ballot, count_votes
from localities.settings import Settings
from localities.zones.special_zones import is_special
from tests.localities.evidence.conftest import Country, indicator

NEED = replace(Settings(), need_indicator="income")


def verdicts_of(country: Country, settings: Settings = NEED) -> pd.DataFrame:
    table = build_verdicts(*country.tables(), settings)
    return validate("verdicts", table).set_index("locality_id")


CODES = {"poorer": POORER, "slightly": SLIGHTLY_POORER, "same": NOT_DIFFERENT, "better": BETTER, "none": NOT_ASSESSED}


def verdict_of(**votes: str | list[str]) -> int:
    """Return the verdict of a place from the grades of each vote's indicators."""
    pairs = [(VOTES.index(vote), CODES[one]) for vote, given in votes.items()
             for one in ([given] if isinstance(given, str) else given)]  # fmt: skip
    voting = Ballot(np.arange(len(pairs)), np.array([vote for vote, _ in pairs]))
    grades = np.array([[grade for _, grade in pairs]], dtype=np.int8)
    return int(count_votes(grades, np.zeros(grades.shape), voting, Settings()).verdict[0])


@pytest.mark.parametrize(
    ("work", "health", "education", "beside", "verdict"),
    [
        ("poorer", "poorer", "same", {}, STRONG),
        ("same", "poorer", "poorer", {}, STRONG),
        ("poorer", "poorer", "poorer", {"crime": "better", "housing": "better"}, STRONG),
        # better in the third
        ("poorer", "poorer", "better", {}, SOME),
        # one that cannot be assessed: both others
        ("poorer", "none", "poorer", {}, STRONG),
        ("poorer", "none", "same", {"crime": "poorer", "housing": "poorer"}, SOME),
        # crime, housing and access never make a flag
        ("same", "same", "same", {"crime": "poorer", "housing": "poorer", "access": "poorer"}, NO_EVIDENCE),
        ("poorer", "same", "same", {"crime": "poorer", "housing": "poorer"}, SOME),
        # slightly
        ("slightly", "slightly", "same", {}, SOME),
        ("slightly", "same", "same", {}, NO_EVIDENCE),
        ("slightly", "same", "same", {"housing": "poorer"}, SOME),
        ("slightly", "same", "same", {"access": "poorer"}, NO_EVIDENCE),
        # one core vote says too little
        ("poorer", "none", "none", {"crime": "poorer"}, INSUFFICIENT),
    ],
)
def test_three_core_votes_make_a_verdict(work, health, education, beside, verdict) -> None:
    assert verdict_of(income_and_work=work, health=health, education=education, **beside) == verdict


def test_a_student_quarter_better_off_in_all_three_is_not_flagged_for_crime_and_crowding() -> None:
    """Better than Scotland in income and work, health and education; poorer in crime, crowding and heating."""
    assert verdict_of(
        income_and_work=["better", "better"], health="better", education="better", crime="poorer",
        housing=["poorer", "poorer", "slightly"],
    ) == NO_EVIDENCE  # fmt: skip


def test_half_of_the_assessed_indicators_carry_a_vote() -> None:
    half = ["poorer", "poorer", "same", "same", "none"]
    less = ["poorer", "same", "same"]
    assert verdict_of(income_and_work=half, health="poorer", education="same") == STRONG
    assert verdict_of(income_and_work=less, health="poorer", education="same") == SOME


def test_what_is_superseded_does_not_vote_and_does_where_the_newer_has_no_figures() -> None:
    old, new = indicator("crowding_2011", vote="housing"), indicator(
        "crowding_2022", vote="housing", supersedes=("crowding_2011",)
    )  # fmt: skip
    assert ballot((old, new), np.array([True, True])).columns.tolist() == [1]
    assert ballot((old,), np.array([True])).columns.tolist() == [0]


def test_evidence_too_old_does_not_vote() -> None:
    voting = ballot((indicator("income"), indicator("health")), np.array([True, True]))
    series = pd.DataFrame({"period_end": pd.to_datetime(["2022-03-20", "2011-03-27"])})
    assert without_old(voting, series, 0).columns.tolist() == [0, 1]
    assert without_old(voting, series, 8).columns.tolist() == [0]


def three_domains(country: Country, poor: float = 300) -> Country:
    """Zones 1 and 2 have three times the events of the others in income, health and crime, and as many in education."""
    for name in ("income", "crime", "health"):
        country.add(indicator(name), [poor, poor] + [100] * 10)
    return country.add(indicator("education"), [100] * 12)


def test_a_place_poorer_in_two_core_votes_is_flagged_on_both_grounds(two_partnerships) -> None:
    table = verdicts_of(three_domains(two_partnerships))
    first = table.loc["wards:L1"]
    assert first["verdict"] == "strong_evidence"
    assert bool(first["is_flagged"])
    assert first["basis"] == "both"
    assert first["poorer_domains"] == "income and work; health"
    assert first["poorer_votes_cpp"] == first["poorer_votes_scotland"] == "income and work; health; crime"
    assert (first["domains_assessed"], first["domains_poorer"]) == (3, 2)
    assert first["hangs_on"].startswith("income and work; health")
    # 300 of 1,000 against 100: three times, and surely two and a half
    assert first["holds_up_to"] == first["holds_up_to_cpp"] == 2.5
    assert first["evidence_from"] == first["evidence_to"] == pd.Timestamp(2017, 12, 31)
    assert first["people_in_need"] == 600
    assert first["priority_rank"] == 1
    assert first["stability"] < 1.0  # two core votes: each indicator of them is needed
    assert set(table.loc["wards:L2":, "verdict"]) == {"no_evidence"}
    assert set(table.loc["wards:L2":, "basis"]) == {"none"}


def test_each_comparator_stands_on_its_own() -> None:
    # Partnership 2 is poor throughout: its places stand out from Scotland, not from each other.
    country = Country([1000] * 16, [1] * 12 + [2] * 4)
    for number in range(8):
        country.locality(f"L{number + 1}", [2 * number + 1, 2 * number + 2])
    for name in ("income", "education", "health"):
        country.add(indicator(name), [100] * 12 + [250] * 4)
    row = verdicts_of(country).loc["wards:L7"]
    assert (row["verdict"], row["basis"]) == ("strong_evidence", "scotland")
    assert (row["verdict_cpp"], row["verdict_scotland"]) == ("no_evidence", "strong_evidence")


def test_every_locality_of_a_partnership_has_a_rank_of_its_own(two_partnerships) -> None:
    table = verdicts_of(three_domains(two_partnerships))
    ranks = table.groupby("cpp_code")["priority_rank"].apply(sorted)
    assert ranks.tolist() == [[1, 2, 3, 4], [1, 2]]


def test_verdicts_rest_on_the_findings_that_are_published(two_partnerships) -> None:
    country = three_domains(two_partnerships, poor=160)
    observations, catalogue, zones, localities, members = country.tables()
    findings = build_findings(observations, catalogue, zones, localities, members, NEED)
    verdicts = verdicts_of(country)
    poorer = findings[findings["significance"] == "poorer"]
    assert (verdicts["basis"] != "none").sum() > 0
    for comparator in ("cpp", "scotland"):
        # one indicator to a vote here
        by_locality = poorer[poorer["comparator"] == comparator].groupby("locality_id", observed=True)["indicator_id"]
        named = by_locality.nunique().reindex(verdicts.index, fill_value=0)
        told = verdicts[f"poorer_votes_{comparator}"].str.split("; ").map(lambda one: len(one) if one == one else 0)
        assert told.tolist() == named.tolist()


def test_two_answers_stand_side_by_side_and_are_never_added() -> None:
    # L1 is poorer in income than its partnership, and its partnership is poorer in health than Scotland: one core vote
    # against each, and so no strong evidence, although two votes are poorer than something.
    country = Country([2000] * 16, [1] * 6 + [2] * 10)
    for number in range(8):
        country.locality(f"L{number + 1}", [2 * number + 1, 2 * number + 2])
    country.add(indicator("income"), [600, 600] + [200] * 4 + [550] * 10)
    country.add(indicator("health"), [500] * 6 + [200] * 10)
    country.add(indicator("education"), [200] * 16)
    row = verdicts_of(country).loc["wards:L1"]
    assert (row["poorer_votes_cpp"], row["poorer_votes_scotland"]) == ("income and work", "health")
    assert (row["verdict"], row["basis"], bool(row["is_flagged"])) == ("some_evidence", "both", False)
    assert row["would_flag"].startswith(
        "1 more core vote poorer than Scotland: income and work (slightly poorer: 0 of 1 indicator poorer, 1 needed); "
        "education (not different: 0 of 1 indicator poorer, 1 needed)"
    )


def test_a_place_poorer_only_within_a_well_off_partnership_is_said_to_be_that() -> None:
    country = Country([2000] * 20, [1] * 10 + [2] * 10)
    for number in range(10):
        country.locality(f"L{number + 1}", [2 * number + 1, 2 * number + 2])
    for name in ("income", "health"):
        country.add(indicator(name), [120, 120] + [40] * 8 + [300] * 10)
    country.add(indicator("education"), [200] * 20)
    row = verdicts_of(country).loc["wards:L1"]
    assert (row["verdict_cpp"], row["verdict_scotland"], row["basis"]) == ("strong_evidence", "no_evidence", "cpp")
    assert row["reason"].startswith(
        "Poorer only within Partnership 1, and not shown to be poorer than Scotland (income deprived 6.0%, elsewhere "
    )
    assert "better in" in row["reason"]
    # five times as income deprived as elsewhere here, and 2.7 times as elsewhere in Scotland: one core vote
    country.add(indicator("income"), [500, 500] + [40] * 8 + [300] * 10)
    row = verdicts_of(country).loc["wards:L1"]
    assert (row["verdict_cpp"], row["verdict_scotland"], row["basis"]) == ("strong_evidence", "some_evidence", "cpp")
    assert row["reason"].startswith("Strong evidence only within Partnership 1; against Scotland there is some")


def test_a_place_that_is_most_of_its_partnership_or_all_of_it_is_said_to_be_that() -> None:
    country = Country([2000] * 20, [1] * 10 + [2] * 10)
    country.locality("Most", range(1, 10))
    country.locality("All", range(11, 21))
    for name in ("income", "health", "education"):
        country.add(indicator(name), [400] * 9 + [100] + [200] * 10)
    reasons = verdicts_of(country)["reason"]
    assert (
        "It holds 90.0% of the residents of Partnership 1: elsewhere there is the smaller part. "
        in reasons["wards:Most"]
    )
    assert reasons["wards:All"].endswith("Than elsewhere in Partnership 2: not assessed.")


def test_a_flag_that_rests_on_students_halls_does_not_hold_without_them(two_partnerships) -> None:
    country = two_partnerships
    # zone 1 is a hall: 900 of 1,000 residents in an institution, and every event happens there
    country.zones.loc[0, "census_household_population"] = 100
    for name in ("income", "crime", "health"):
        country.add(indicator(name), [500, 100] + [100] * 10)
    row = verdicts_of(country).loc["wards:L1"]
    assert row["special_zones"] == 1
    assert row["verdict"] == "strong_evidence"
    assert not row["holds_without_special_zones"]
    assert "special zones left out" in row["changes_under"]
    assert row["stability"] < 1


def test_special_zones_are_those_with_a_quarter_in_institutions() -> None:
    zones = pd.DataFrame({"census_population": [1000, 1000, 0], "census_household_population": [751, 750, 0]})
    assert is_special(zones, 0.25).tolist() == [False, True, False]


def test_a_flag_is_supported_by_other_drawings_that_flag_the_same_residents() -> None:
    from localities.evidence.sums import build_places

    country = Country([1000, 3000, 1000, 1000], [1, 1, 1, 1])
    country.locality("A", [1, 2], "wards").locality("B", [3, 4], "wards")
    country.locality("C", [1], "zones").locality("D", [2, 3], "zones").locality("E", [4], "zones")
    places = build_places(*country.tables_without_figures())
    flagged = np.array([True, False, False, True, False])  # A and D
    # A: 3,000 of its 4,000 residents are in D. B: 1,000 of 2,000. C: all in A. D: 3,000 of 4,000. E: none in A.
    assert drawing_support(places, flagged).tolist() == [0.75, 0.5, 1.0, 0.75, 0.0]


def test_the_effective_number_of_domains_shrinks_as_they_move_together() -> None:
    # two domains with correlation r: (2)^2 / (2 + 2 r^2); with r = 0.5 that is 1.6
    assert effective_number(np.array([[1, 0.5], [0.5, 1]])) == pytest.approx(1.6)
