"""Findings: who is held against whom, by hand; what is not assessed, and why."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from indicators.schema.validation import validate
from localities.evidence.estimates import build_estimates
from localities.evidence.findings import SUPPRESSED_REASON, build_findings
from localities.settings import Settings
from tests.localities.evidence.conftest import indicator


def findings_of(country, settings: Settings | None = None) -> pd.DataFrame:
    observations, catalogue, zones, localities, members = country.tables()
    table = build_findings(observations, catalogue, zones, localities, members, settings or Settings())
    return validate("findings", table).set_index(["locality_id", "indicator_id", "period", "comparator"])


def test_a_locality_is_held_against_the_rest_never_against_itself(two_partnerships) -> None:
    # L1 is zones 1 and 2: 400 of 2,000. The rest of partnership 1 is zones 3 to 8: 600 of 6,000 = 10 %.
    # The rest of Scotland is zones 3 to 12: 600 + 200 of 10,000 = 8 %. Whole areas: 1,000 / 8,000 and 1,200 / 12,000.
    country = two_partnerships.add(indicator("income"), [200, 200] + [100] * 6 + [50] * 4)
    table = findings_of(country)
    cpp = table.loc[("wards:L1", "income", "2017", "cpp")]
    scotland = table.loc[("wards:L1", "income", "2017", "scotland")]
    assert cpp["comparator_value"] == pytest.approx(10.0)
    assert cpp["whole_area_value"] == pytest.approx(12.5)
    assert cpp["difference"] == pytest.approx(10.0)
    assert cpp["ratio"] == pytest.approx(2.0)
    assert scotland["comparator_value"] == pytest.approx(8.0)
    assert scotland["whole_area_value"] == pytest.approx(10.0)
    assert scotland["ratio"] == pytest.approx(2.5)
    assert cpp["difference_lower_ci"] < 10.0 < cpp["difference_upper_ci"]
    assert cpp["significance"] == "poorer"
    # the pooled score test by hand: (0.2 - 0.1) / sqrt(0.125 x 0.875 x (1 / 2000 + 1 / 6000)) = 11.71
    from scipy.stats import norm

    z = (0.2 - 0.1) / np.sqrt(0.125 * 0.875 * (1 / 2000 + 1 / 6000))
    assert cpp["p_value"] == pytest.approx(norm.sf(z), rel=1e-6)


def test_direction_is_the_declaration_s_alone(two_partnerships) -> None:
    events = [200, 200] + [100] * 6 + [50] * 4
    higher = findings_of(two_partnerships.add(indicator("income"), events))
    lower = findings_of(two_partnerships.add(indicator("income_lower", poorer_is="lower"), events))
    flipped = {"poorer": "better", "better": "poorer"}
    a = higher.xs("income", level="indicator_id")
    b = lower.xs("income_lower", level="indicator_id")
    assert a.loc[("wards:L1", "2017", "cpp"), "significance"] == "poorer"
    assert b.loc[("wards:L1", "2017", "cpp"), "significance"] == "better"
    assert b.loc[("wards:L6", "2017", "scotland"), "significance"] in {"poorer", "slightly_poorer"}
    assert a.loc[("wards:L6", "2017", "scotland"), "significance"] == flipped["poorer"]
    # the values themselves have no direction
    pd.testing.assert_series_equal(a["difference"], b["difference"])


def test_slightly_poorer_is_a_difference_that_may_not_matter(two_partnerships) -> None:
    # 115 of 1,000 against 100: surely more with 50 times the residents, but surely less than a quarter more
    country = two_partnerships.add(indicator("income"), [5750, 5750] + [5000] * 10, denominator=[50_000] * 12)
    row = findings_of(country).loc[("wards:L1", "income", "2017", "cpp")]
    assert row["ratio"] == pytest.approx(1.15)
    assert row["significance"] == "slightly_poorer"
    assert row["q_value"] < 0.001 < 0.999 < row["p_important"]
    assert 0 < row["depth"] < 1


def test_what_was_used_to_draw_a_place_is_not_tested_on_it_nor_its_twin(two_partnerships) -> None:
    country = two_partnerships
    country.add(indicator("income", same_as=("work",)), [200, 200] + [100] * 10)
    country.add(indicator("work"), [200, 200] + [100] * 10)
    country.add(indicator("crime"), [200, 200] + [100] * 10)
    country.locality("drawn", [1, 2], candidate_set="hot", drawn_from="work")
    country.locality("beside", [3, 4], candidate_set="hot")
    table = findings_of(country)
    for name in ("work", "income"):
        row = table.loc[("hot:drawn", name, "2017", "cpp")]
        assert (row["significance"], row["reason"]) == ("not_assessed", "used to draw the locality")
    assert table.loc[("hot:drawn", "crime", "2017", "cpp"), "significance"] == "poorer"
    assert table.loc[("wards:L1", "income", "2017", "cpp"), "significance"] == "poorer"


@pytest.mark.parametrize("changes", [{"role": "population"}, {"is_tested": False}])
def test_populations_and_descriptions_have_estimates_and_are_never_held_against_anything(
    two_partnerships, changes
) -> None:
    country = two_partnerships.add(indicator("income"), [100] * 12)
    country.add(indicator("renters", **changes), [900, 900] + [10] * 10)
    assert set(findings_of(country).index.get_level_values("indicator_id")) == {"income"}
    estimates = build_estimates(*country.tables(), Settings())
    renters = estimates[(estimates["indicator_id"] == "renters") & (estimates["locality_id"] == "wards:L1")]
    assert renters["value"].tolist() == [90.0]


def test_evidence_too_thin_to_say(two_partnerships) -> None:
    # one event per zone elsewhere: 2 expected in a locality of two zones, fewer than 3
    country = two_partnerships.add(indicator("rare"), [3, 3] + [1] * 10)
    row = findings_of(country).loc[("wards:L1", "rare", "2017", "cpp")]
    assert (row["significance"], row["reason"]) == ("not_assessed", "fewer than 3 events expected")


def test_a_proportion_near_one_is_thin_at_the_other_end(two_partnerships) -> None:
    country = two_partnerships.add(indicator("common", poorer_is="lower"), [990, 990] + [999] * 10)
    assert findings_of(country).loc[("wards:L1", "common", "2017", "cpp"), "reason"] == "fewer than 3 events expected"


def test_suppression_low_coverage_and_nothing_published_are_told_apart(two_partnerships) -> None:
    country = two_partnerships
    country.add(indicator("crime"), [200] * 12, status={1: "suppressed", 2: "suppressed", 3: "suppressed"})
    country.add(indicator("school"), [200] * 12, status={1: "not_applicable", 2: "not_applicable", 4: "missing"})
    table = findings_of(country)
    assert table.loc[("wards:L1", "crime", "2017", "cpp"), "reason"] == "suppressed by the publisher"
    assert table.loc[("wards:L2", "crime", "2017", "cpp"), "reason"] == "figures cover less than 75% of its residents"
    assert table.loc[("wards:L1", "school", "2017", "cpp"), "reason"] == "not applicable here"
    assert table.loc[("wards:L2", "school", "2017", "cpp"), "reason"].startswith("figures cover less")


def test_a_grade_that_hangs_on_suppressed_counts_is_not_assessed(two_partnerships) -> None:
    # each of the locality's two zones hides 0 to 60 of 1,000; elsewhere 20 of 1,000: anything may be true
    country = two_partnerships.add(
        indicator("children", suppression=(0, 60)), [20] * 12, status={1: "suppressed", 2: "suppressed"}
    )
    row = findings_of(country).loc[("wards:L1", "children", "2017", "cpp")]
    assert (row["significance"], row["reason"]) == ("not_assessed", SUPPRESSED_REASON)


def test_a_grade_that_holds_at_both_bounds_is_kept_and_marked_as_modelled(two_partnerships) -> None:
    # 300 visible and 0 to 4 hidden of 2,000, against 50 of 1,000: poorer whatever the hidden count is
    country = two_partnerships.add(
        indicator("children", suppression=(0, 4)), [300, 0] + [50] * 10, status={2: "suppressed"}
    )
    row = findings_of(country).loc[("wards:L1", "children", "2017", "cpp")]
    assert row["significance"] == "poorer"
    observations, catalogue, zones, localities, members = country.tables()
    estimates = build_estimates(observations, catalogue, zones, localities, members, Settings())
    estimate = estimates.set_index("locality_id").loc["wards:L1"]
    assert (estimate["status"], estimate["coverage"]) == ("modelled", 0.5)
    assert estimate["numerator"] == 302  # the middle of 0 to 4


def test_a_zone_without_residents_adds_nothing_and_breaks_nothing(two_partnerships) -> None:
    country = two_partnerships
    country.zones.loc[1, "population"] = 0
    country.add(indicator("income"), [400, 0] + [100] * 10, denominator=[1000, 0] + [1000] * 10)
    row = findings_of(country).loc[("wards:L1", "income", "2017", "cpp")]
    assert row["ratio"] == pytest.approx(4.0)
    assert row["significance"] == "poorer"


def test_earlier_periods_are_families_of_their_own(two_partnerships) -> None:
    events = [130, 130] + [100] * 10
    alone = findings_of(two_partnerships.add(indicator("income"), events))
    q_alone = alone.loc[("wards:L1", "income", "2017", "cpp"), "q_value"]
    # an earlier year of another indicator does not dilute the headline family; a headline one does
    earlier = two_partnerships.add(indicator("crime"), [100] * 12, period="2010").add(
        indicator("crime"), [100] * 12, period="2017"
    )
    with_headline = findings_of(earlier).loc[("wards:L1", "income", "2017", "cpp"), "q_value"]
    # 6 localities were 6 tests; now 12 in the family of the headline period, of which the first is still the smallest
    assert with_headline == pytest.approx(2 * q_alone)


def test_means_are_tested_by_exchange_of_zones() -> None:
    # A partnership of 6 zones in 3 localities: the pair with the highest values of 1..6 is one of C(6,2) = 15.
    from tests.localities.evidence.conftest import Country

    country = Country([1000] * 6, [1] * 6)
    for number in range(3):
        country.locality(f"L{number + 1}", [2 * number + 1, 2 * number + 2])
    country.add(
        indicator("score", kind="mean", smallest_important_difference=0.5, smallest_important_difference_scale="sd"),
        value=[6, 5, 4, 3, 2, 1],
    )
    row = findings_of(country).loc[("wards:L1", "score", "2017", "cpp")]
    assert row["null_model"] == "zone_exchange"
    assert row["difference"] == pytest.approx(5.5 - 2.5)
    assert 0.01 < row["p_value"] < 0.12  # exactly 1 / 15 by enumeration; moments approximate it


def test_limits_of_a_mean_stay_inside_what_it_can_be() -> None:
    from tests.localities.evidence.conftest import Country

    country = Country([1000] * 6, [1] * 6)
    country.locality("L1", [1, 2]).locality("L2", [3, 4, 5, 6])
    ratio = indicator(
        "ratio", kind="mean", unit="Scotland = 100", smallest_important_difference=0.5,
        smallest_important_difference_scale="sd", multiplier=1.0,
    )  # fmt: skip
    country.add(ratio, value=[0, 10, 300, 200, 100, 90])
    country.add(dataclasses.replace(ratio, id="share", unit="% of pupils"), value=[99, 98, 10, 20, 30, 90])
    country.add(dataclasses.replace(ratio, id="index", unit="sd", is_ratio_scale=False), value=[-1, -2, 3, 0, 1, 2])
    estimates = build_estimates(*country.tables(), Settings()).set_index(["locality_id", "indicator_id"])
    assert estimates.loc[("wards:L1", "ratio"), "lower_ci"] == 0.0
    assert estimates.loc[("wards:L1", "share"), "upper_ci"] == 100.0
    assert estimates.loc[("wards:L1", "index"), "lower_ci"] < -2.0
