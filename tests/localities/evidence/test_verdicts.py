"""Verdicts: breadth, depth, shared votes, basis, order and stability, worked out on small countries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.schema.validation import validate
from localities.evidence.findings import build_findings
from localities.evidence.grading import NOT_ASSESSED, NOT_DIFFERENT, POORER, SLIGHTLY_POORER
from localities.evidence.stability import drawing_support
from localities.evidence.verdicts import build_verdicts, effective_number
from localities.evidence.votes import INSUFFICIENT, NO_EVIDENCE, SOME, STRONG, Ballot, count_votes
from localities.settings import Settings
from localities.zones.special_zones import is_special
from tests.localities.evidence.conftest import Country, indicator

NEED = replace(Settings(), need_indicator="income")


def verdicts_of(country: Country, settings: Settings = NEED) -> pd.DataFrame:
    table = build_verdicts(*country.tables(), settings)
    return validate("verdicts", table).set_index("locality_id")


def votes_of(grades: list[int], depth: list[float], vote: list[int], settings: Settings | None = None):
    names = tuple(f"vote {number}" for number in range(max(vote) + 1))
    voting = Ballot(np.arange(len(grades)), np.array(vote), names)
    return count_votes(np.array([grades], dtype=np.int8), np.array([depth]), voting, settings or Settings())


def test_indicators_of_one_vote_share_it() -> None:
    # three poorer indicators of one domain are one vote, so some evidence only; three domains, two not poorer
    votes = votes_of([POORER, POORER, POORER, NOT_DIFFERENT, NOT_DIFFERENT], [9, 9, 9, 0, 0], [0, 0, 0, 1, 2])
    assert votes.poorer.tolist() == [[True, False, False]]
    assert votes.verdict.tolist() == [SOME]


def test_half_of_the_assessed_domains_is_strong() -> None:
    votes = votes_of([POORER, POORER, NOT_DIFFERENT, NOT_DIFFERENT], [1.1, 1.1, 0, 0], [0, 1, 2, 3])
    assert votes.verdict.tolist() == [STRONG]


def test_two_deep_domains_of_five_are_strong_and_two_shallow_ones_are_not() -> None:
    grades = [POORER, POORER, NOT_DIFFERENT, NOT_DIFFERENT, NOT_DIFFERENT]
    deep = votes_of(grades, [2.5, 1.6, 0, 0, 0], [0, 1, 2, 3, 4])
    shallow = votes_of(grades, [1.2, 1.2, 0, 0, 0], [0, 1, 2, 3, 4])
    assert (deep.verdict.tolist(), shallow.verdict.tolist()) == ([STRONG], [SOME])


def test_one_domain_is_never_strong_however_deep() -> None:
    assert votes_of([POORER, NOT_DIFFERENT, NOT_DIFFERENT], [9, 0, 0], [0, 1, 2]).verdict.tolist() == [SOME]


def test_too_few_domains_is_too_little_evidence() -> None:
    grades = [POORER, POORER, NOT_ASSESSED]
    assert votes_of(grades, [3, 3, np.nan], [0, 1, 2]).verdict.tolist() == [INSUFFICIENT]


def test_a_broad_pattern_of_slight_differences_is_some_evidence() -> None:
    broad = votes_of([SLIGHTLY_POORER] * 3 + [NOT_DIFFERENT] * 2, [0.5] * 5, [0, 1, 2, 3, 4])
    narrow = votes_of([SLIGHTLY_POORER] + [NOT_DIFFERENT] * 4, [0.5] * 5, [0, 1, 2, 3, 4])
    assert (broad.verdict.tolist(), narrow.verdict.tolist()) == ([SOME], [NO_EVIDENCE])


def three_domains(country: Country, poor: float = 300) -> Country:
    """Zones 1 and 2 have three times the events of the others in three domains of four."""
    for name in ("income", "crime", "health"):
        country.add(indicator(name), [poor, poor] + [100] * 10)
    return country.add(indicator("housing"), [100] * 12)


def test_a_place_poorer_in_three_of_four_domains_is_flagged_on_both_grounds(two_partnerships) -> None:
    table = verdicts_of(three_domains(two_partnerships))
    first = table.loc["wards:L1"]
    assert first["verdict"] == "strong_evidence"
    assert bool(first["is_flagged"])
    assert first["basis"] == "both"
    assert first["poorer_domains"] == "crime; health; income"
    assert (first["domains_assessed"], first["domains_poorer"]) == (4, 3)
    assert first["people_in_need"] == 600
    assert first["priority_rank"] == 1
    assert first["stability"] == 1.0
    assert set(table.loc["wards:L2":, "verdict"]) == {"no_evidence"}
    assert set(table.loc["wards:L2":, "basis"]) == {"none"}


def test_each_comparator_stands_on_its_own() -> None:
    # Partnership 2 is poor throughout: its places stand out from Scotland, not from each other.
    country = Country([1000] * 16, [1] * 12 + [2] * 4)
    for number in range(8):
        country.locality(f"L{number + 1}", [2 * number + 1, 2 * number + 2])
    for name in ("income", "crime", "health"):
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
    named = poorer.groupby("locality_id", observed=True)["indicator_id"].nunique()
    by_comparator = poorer.groupby(["locality_id", "comparator"], observed=True)["indicator_id"].nunique()
    assert (verdicts["basis"] != "none").sum() > 0
    for locality, row in verdicts.iterrows():
        if row["basis"] == "both":  # poorer than either
            assert named[locality] == row["domains_poorer"]
        elif row["basis"] != "none":
            assert by_comparator[(locality, row["basis"])] == row["domains_poorer"]


def test_where_both_comparators_reach_a_verdict_the_domains_of_either_are_named() -> None:
    # L1 is poorer in income and crime than its partnership, which is poorer in health than Scotland: so L1 is poorer
    # in income and crime than either, and in health than Scotland only.
    country = Country([2000] * 16, [1] * 6 + [2] * 10)
    for number in range(8):
        country.locality(f"L{number + 1}", [2 * number + 1, 2 * number + 2])
    for name in ("income", "crime"):
        country.add(indicator(name), [600, 600] + [200] * 14)
    country.add(indicator("health"), [500] * 6 + [200] * 10)
    country.add(indicator("housing"), [200] * 16)
    row = verdicts_of(country).loc["wards:L1"]
    assert (row["basis"], row["domains_poorer"]) == ("both", 3)
    assert row["poorer_domains"] == "crime; health; income"
    assert "or in Scotland" in row["reason"]


def test_a_flag_that_rests_on_students_halls_does_not_hold_without_them(two_partnerships) -> None:
    country = two_partnerships
    # zone 1 is a hall: 900 of 1,000 residents in an institution, and every event happens there
    country.zones.loc[0, "household_population_2011"] = 100
    for name in ("income", "crime", "health"):
        country.add(indicator(name), [500, 100] + [100] * 10)
    row = verdicts_of(country).loc["wards:L1"]
    assert row["special_zones"] == 1
    assert row["verdict"] == "strong_evidence"
    assert not row["holds_without_special_zones"]
    assert "special zones left out" in row["changes_under"]
    assert row["stability"] < 1


def test_special_zones_are_those_with_a_quarter_in_institutions() -> None:
    zones = pd.DataFrame({"population_2011": [1000, 1000, 0], "household_population_2011": [751, 750, 0]})
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
