"""Figures shared out from another census's zones: exact where the old zones are held whole, else lost to a verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localities.evidence.estimates import build_estimates
from localities.evidence.findings import build_findings
from localities.evidence.verdicts import build_verdicts
from localities.settings import Settings
from tests.localities.evidence.conftest import Country, indicator

# Zones 1 and 2 hold the people of one old zone, 3 and 4 those of another; the rest are as they were.
SHARED = (1, 2, 3, 4)
NEED = Settings(need_indicator="income")
CODES = [f"S0199{number:04d}" for number in SHARED]


@pytest.fixture
def tables():
    """Places of 2,000: one holds an old zone whole, one holds halves of two, one is of zones that did not change."""
    country = Country([1000] * 12, [1] * 8 + [2] * 4)
    poor = [400, 400, 400, 400, *[100] * 8]
    for name in ("income", "health", "education"):
        country.add(indicator(name), poor)
    country.add(indicator("counted", vote="income_and_work"), poor)
    country.locality("whole", [1, 2]).locality("halves", [2, 3]).locality("same", [5, 6]).locality("rest", [9, 10])
    observations, catalogue, zones, localities, members = country.tables()
    carried = observations["area_code"].isin(CODES) & (observations["indicator_id"] != "counted")
    observations["is_summable"] = carried
    observations.loc[carried, "status"] = "modelled"
    holds_whole = ~members["zone_code"].isin(CODES) | (members["locality_id"] == "wards:whole")
    return observations, catalogue, zones, localities, members.assign(exact_share=holds_whole.astype(float))


def test_a_place_of_whole_old_zones_has_exact_figures(tables):
    found = build_estimates(*tables, Settings()).query("indicator_id == 'income'").set_index("locality_id")
    assert found.loc["wards:whole", ["numerator", "status", "coverage"]].tolist() == [800, "observed", 1.0]
    # zones 2 and 3 are each half of an old zone: 400 and 400 are shared out, and none of it was observed
    assert found.loc["wards:halves", ["numerator", "status", "coverage"]].tolist() == [800, "modelled", 0.0]
    assert found.loc["wards:same", "status"] == "observed"


def test_a_finding_that_rests_on_shares_is_not_assessed_and_says_how_much(tables):
    found = build_findings(*tables, Settings()).query("comparator == 'scotland'")
    income = found[found["indicator_id"] == "income"].set_index("locality_id")
    assert income.loc["wards:whole", "significance"] == "poorer"
    assert income.loc["wards:halves", "significance"] == "not_assessed"
    assert income.loc["wards:halves", "reason"].startswith("figures of 100% of its residents are modelled")
    counted = found[found["indicator_id"] == "counted"].set_index("locality_id")
    assert counted.loc["wards:halves", "significance"] == "poorer"


def test_a_verdict_stands_only_where_what_is_lost_could_not_change_it(tables):
    """Half of the work vote is known and poorer, health and education are lost: anything from some to strong."""
    verdicts = build_verdicts(*tables, NEED).set_index("locality_id")
    assert verdicts.loc["wards:whole", "verdict"] == "strong_evidence"
    assert verdicts.loc["wards:same", "verdict"] == "no_evidence"
    halves = verdicts.loc["wards:halves"]
    assert halves["verdict"] == halves["verdict_scotland"] == "insufficient_evidence"
    assert not halves["is_flagged"]
    assert halves["reason"] == (
        "Cannot be assessed on these zones: too many figures are modelled from other zones (another census's, or "
        "larger ones). The true answer lies between some evidence and strong evidence."
    )


@pytest.mark.parametrize(
    ("is_lost", "reason"),
    [(True, "figures of 50% of its residents are modelled"), (False, "figures cover less than 75% of its residents")],
)
def test_what_is_missing_on_the_zones_of_home_too_is_not_lost(tables, is_lost, reason):
    """Lost evidence may be contrary evidence; what nobody published is not."""
    observations, *rest = tables
    gone = (observations["area_code"] == "S01990005") & (observations["indicator_id"] == "health")
    observations["is_lost"] = gone & is_lost
    observations.loc[gone, ["numerator", "value"]] = float("nan")
    observations.loc[gone, "status"] = "missing"
    found = build_findings(observations, *rest, Settings()).query("comparator == 'scotland'")
    health = found[found["indicator_id"] == "health"].set_index("locality_id")
    assert health.loc["wards:same", "significance"] == "not_assessed"
    assert health.loc["wards:same", "reason"].startswith(reason)


@pytest.fixture
def remainders():
    """Zones 1 to 4 are an intermediate zone; of three only what its total leaves over is known, shared among them."""
    country = Country([1000] * 12, [1] * 8 + [2] * 4)
    poor = [400, 400, 400, 400, *[100] * 8]
    for name in ("income", "health", "education"):
        country.add(indicator(name), poor)
    country.locality("whole", [1, 2, 3, 4]).locality("sharing", [1, 2, 3, 5]).locality("cut", [1, 2, 5, 6])
    observations, catalogue, zones, localities, members = country.tables()
    left_over = observations["area_code"].isin(CODES[:3])
    observations["is_remainder"] = left_over
    observations.loc[left_over, "status"] = "modelled"
    zones = zones.assign(intermediate_zone_code=["S02000001"] * 4 + ["S02000002"] * 4 + ["S02000003"] * 4)
    return observations, catalogue, zones, localities, members


def test_a_place_of_all_zones_that_share_a_remainder_has_what_was_published(remainders):
    """It need not hold the whole intermediate zone: what zone 4 has was published."""
    found = build_estimates(*remainders, Settings()).query("indicator_id == 'income'").set_index("locality_id")
    assert found.loc["wards:whole", ["numerator", "status", "coverage"]].tolist() == [1600, "observed", 1.0]
    assert found.loc["wards:sharing", ["numerator", "status", "coverage"]].tolist() == [1300, "observed", 1.0]
    assert found.loc["wards:cut", ["numerator", "status", "coverage"]].tolist() == [1000, "modelled", 0.5]
    verdicts = build_verdicts(*remainders, NEED).set_index("locality_id")["verdict"]
    assert verdicts[["wards:whole", "wards:sharing"]].tolist() == ["strong_evidence"] * 2
    assert verdicts["wards:cut"] == "insufficient_evidence"


def test_remainders_without_their_intermediate_zones_do_not_add_up(remainders):
    observations, catalogue, zones, localities, members = remainders
    tables = observations, catalogue, zones.drop(columns="intermediate_zone_code"), localities, members
    found = build_estimates(*tables, Settings()).query("indicator_id == 'income'").set_index("locality_id")
    assert found.loc["wards:whole", ["status", "coverage"]].tolist() == ["modelled", 0.25]


def test_hidden_counts_that_were_shared_out_keep_their_bounds(tables):
    """Between 400 - 300 and 400 + 300 of 1,000 in each half of the old zone: the place of both is not surely poorer."""
    observations, *rest = tables
    observations["open_by"] = 0.0
    halves = observations["area_code"].isin(CODES[:2]) & (observations["indicator_id"] == "income")
    observations.loc[halves, "open_by"] = 300.0
    found = build_findings(observations, *rest, Settings()).query("comparator == 'scotland'")
    income = found[found["indicator_id"] == "income"].set_index("locality_id")
    assert income.loc["wards:whole", "significance"] == "not_assessed"
    assert income.loc["wards:whole", "reason"] == "the grade depends on counts that the publisher suppressed"
    health = found[found["indicator_id"] == "health"].set_index("locality_id")
    assert health.loc["wards:whole", "significance"] == "poorer"
    estimates = build_estimates(observations, *rest, Settings()).query("indicator_id == 'income'")
    whole = estimates.set_index("locality_id").loc["wards:whole"]
    assert whole[["numerator", "status", "coverage"]].tolist() == [800, "modelled", 0.0]


def test_below_the_declared_share_what_is_shared_out_is_taken(tables):
    found = build_verdicts(*tables, replace(NEED, modelled_share=1.0)).set_index("locality_id")
    assert found.loc["wards:halves", "verdict"] == "strong_evidence"
