"""Findings: who is held against whom, by hand; what is not assessed, and why."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from indicators.schema.validation import validate
from localities.evidence.estimates import build_estimates
from localities.evidence.findings import build_findings
from localities.evidence.reasons import ROUNDED_REASON, SUPPRESSED_REASON
from localities.settings import Settings
from tests.localities.evidence.conftest import Country, indicator


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
    # one event per zone elsewhere: 2 expected in a locality of two zones, fewer than 12
    country = two_partnerships.add(indicator("rare"), [3, 3] + [1] * 10)
    row = findings_of(country).loc[("wards:L1", "rare", "2017", "cpp")]
    assert (row["significance"], row["reason"]) == ("not_assessed", "fewer than 12 events expected")


@pytest.mark.parametrize(
    ("people", "found"), [(12, ("not_assessed", "too few people behind the mean")), (13, ("not_different", ""))]
)
def test_a_mean_of_few_people_is_as_thin_as_few_events(two_partnerships, people, found) -> None:
    # 2 years where people differ by 13: 12 (13 ln 1.25 / 2)^2 = 25.2 people, of whom two zones hold half each
    life = indicator("life", kind="mean", sd_between_people=13.0, smallest_important_difference=2.0,
                     smallest_important_difference_scale="points", multiplier=1.0)  # fmt: skip
    country = two_partnerships.add(life, value=[80] * 12, denominator=[people] * 2 + [1000] * 10)
    row = findings_of(country).loc[("wards:L1", "life", "2017", "scotland")]
    assert (row["significance"], "" if pd.isna(row["reason"]) else row["reason"]) == found


def test_nothing_is_told_from_a_handful_of_residents_elsewhere() -> None:
    country = Country([1000, 1000, 400, 1000], [1, 1, 1, 2])
    country.locality("Most", [1, 2])
    country.add(indicator("income"), [300, 300, 40, 100])
    table = findings_of(country)
    row = table.loc[("wards:Most", "income", "2017", "cpp")]
    assert (row["significance"], row["reason"]) == (
        "not_assessed", "figures of fewer than 500 residents elsewhere to compare with",
    )  # fmt: skip
    assert table.loc[("wards:Most", "income", "2017", "scotland"), "significance"] == "poorer"


def test_a_proportion_near_one_is_thin_at_the_other_end(two_partnerships) -> None:
    country = two_partnerships.add(indicator("common", poorer_is="lower"), [990, 990] + [999] * 10)
    assert findings_of(country).loc[("wards:L1", "common", "2017", "cpp"), "reason"] == "fewer than 12 events expected"


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


def test_what_else_is_measured_or_drawn_does_not_decide(two_partnerships) -> None:
    country = two_partnerships.add(indicator("income"), [130, 130] + [100] * 10)
    alone = findings_of(country).loc[("wards:L1", "income", "2017", "cpp"), "q_value"]
    # six tests in the family, and this is the smallest p
    p = findings_of(country).loc[("wards:L1", "income", "2017", "cpp"), "p_value"]
    assert alone == pytest.approx(6 * p)
    country.add(indicator("crime"), [100] * 12)
    for number in range(1, 13):
        country.locality(f"Z{number}", [number], candidate_set="zones")
    assert findings_of(country).loc[("wards:L1", "income", "2017", "cpp"), "q_value"] == alone


def test_an_own_boundary_alone_pays_the_price_of_one_among_the_reference_set(two_partnerships) -> None:
    country = two_partnerships.add(indicator("income"), [120, 120] + [100] * 10)
    country.locality("mine", [1, 2], candidate_set="own_mine")
    settings = dataclasses.replace(Settings(), reference_set="wards")
    table = findings_of(country, settings)
    mine, ward = (table.loc[(name, "income", "2017", "cpp")] for name in ("own_mine:mine", "wards:L1"))
    assert mine["p_value"] == ward["p_value"]
    assert mine["q_value"] == ward["q_value"] > mine["p_value"]
    # and being there changes nothing for the set that it is held against
    before = two_partnerships.localities.pop()
    two_partnerships.members = [row for row in two_partnerships.members if row["locality_id"] != before["locality_id"]]
    assert findings_of(country, settings).loc[("wards:L1", "income", "2017", "cpp"), "q_value"] == ward["q_value"]


SCORE = {
    "kind": "mean",
    "smallest_important_difference": 0.5,
    "smallest_important_difference_scale": "sd",
    "multiplier": 1.0,
    "unit": "score",
}


def test_a_mean_is_tested_with_the_people_behind_it_and_never_by_how_zones_differ() -> None:
    from tests.localities.evidence.conftest import Country

    country = Country([400] * 6, [1] * 6)
    for number in range(3):
        country.locality(f"L{number + 1}", [2 * number + 1, 2 * number + 2])
    country.add(indicator("score", sd_between_people=12.0, **SCORE), value=[53, 53, 50, 50, 50, 50])
    country.add(indicator("minutes", sd_between_people=0.0, **SCORE), value=[20, 20, 5, 5, 5, 5])
    country.add(indicator("unknown", **SCORE), value=[53, 53, 50, 50, 50, 50])
    table = findings_of(country)
    row = table.loc[("wards:L1", "score", "2017", "cpp")]
    # 3 / (12 sqrt(1/800 + 1/1600)) = 5.774
    from scipy.stats import norm

    assert row["p_value"] == pytest.approx(norm.sf(3 / (12 * np.sqrt(1 / 800 + 1 / 1600))), rel=1e-6)
    assert row["null_model"] == "sampling"
    minutes = table.loc[("wards:L1", "minutes", "2017", "cpp")]
    assert (minutes["p_value"], minutes["significance"], minutes["test_method"]) == (0.0, "poorer", "measured")
    unknown = table.loc[("wards:L1", "unknown", "2017", "cpp")]
    assert unknown["significance"] == "not_assessed"
    assert "without the people behind it" in unknown["reason"]


def test_what_is_measured_is_not_shrunk_and_a_count_is_by_its_own_variance(two_partnerships) -> None:
    country = two_partnerships
    for number in range(1, 13):
        country.locality(f"Z{number}", [number], candidate_set="zones")
    minutes = [20, 5, 6, 7, 5, 4, 9, 5, 6, 8, 5, 7]
    country.add(indicator("minutes", sd_between_people=0.0, **SCORE), value=minutes)
    country.add(indicator("income"), [130, 120, *[90, 110, 95, 105] * 2, 80, 70])
    table = findings_of(country)
    assert table.loc[("zones:Z1", "minutes", "2017", "cpp"), "shrunken_value"] == pytest.approx(20.0, rel=1e-6)
    income = table.loc[("zones:Z1", "income", "2017", "cpp"), "shrunken_value"]
    assert 10.0 < income < 13.0


def test_episodes_are_as_uncertain_as_their_dispersion_says(two_partnerships) -> None:
    """4 times the variance is half the deviate: 140 against 100 of 1,000 each, two zones to six."""
    for name, dispersion in (("people", 1.0), ("stays", 4.0)):
        two_partnerships.add(
            indicator(name, kind="rate", dispersion=dispersion, counts_are_whole=False), [140, 140] + [100] * 10
        )
    table = findings_of(two_partnerships)
    from scipy.stats import norm

    first, second = (norm.isf(table.loc[("wards:L1", name, "2017", "cpp"), "p_value"]) for name in ("people", "stays"))
    assert second == pytest.approx(first / 2, rel=0.03)


def test_a_rounded_share_is_an_interval() -> None:
    """Of 100 people each, 20 % against 14 % rounded to whole 10 %: anything from 15 to 25 here and 9 to 19 there."""
    from indicators.catalogue import People
    from tests.localities.evidence.conftest import Country

    country = Country([1000] * 12, [1] * 12)
    for number in range(6):
        country.locality(f"L{number + 1}", [2 * number + 1, 2 * number + 2])
    people = People(column="pupils", per=100)
    figures = ([200, 200] + [140] * 10, [1000] * 12)
    country.add(indicator("exact", people=people), *figures)
    country.add(indicator("rounded", people=people, rounding=10.0), *figures)
    table = findings_of(country)
    exact = table.loc[("wards:L1", "exact", "2017", "scotland")]
    rounded = table.loc[("wards:L1", "rounded", "2017", "scotland")]
    assert exact["significance"] == "poorer"
    assert (rounded["significance"], rounded["reason"]) == ("not_assessed", ROUNDED_REASON)


def test_roundings_of_four_hundred_zones_do_not_all_go_one_way() -> None:
    """Five zones at 150 and 400 at 100, published in fives, 17 events expected in each.

    The five may all be 147.5: 125.4 events. The others were all 102.5 never: 2.5 sqrt(2 ln 2000 / 400) = 0.49 at most.
    125.4 or more where 1.25 x 100.49 per cent of 85 = 106.8 are expected: deviate (125.4 - 106.8) / 10.3 = 1.8. With
    all others at 102.5, 108.9 would be expected, deviate 1.58, and nothing could be said.
    """
    from indicators.catalogue import People
    from tests.localities.evidence.conftest import Country

    country = Country([1000] * 405, [1] * 405).locality("L1", [1, 2, 3, 4, 5])
    ratio = indicator("ratio", kind="standardised_ratio", multiplier=100.0, people=People(column="people", per=100))
    country.add(dataclasses.replace(ratio, rounding=5.0), [25.5] * 5 + [17.0] * 400, [17.0] * 405)
    country.add(dataclasses.replace(ratio, id="wider", rounding=25.0), [25.5] * 5 + [17.0] * 400, [17.0] * 405)
    table = findings_of(country)
    assert table.loc[("wards:L1", "ratio", "2017", "scotland"), "significance"] == "poorer"
    # the five themselves are not sure of their middle: from 137.5 up it might be less than a quarter more
    assert table.loc[("wards:L1", "wider", "2017", "scotland"), "reason"] == ROUNDED_REASON


def test_nobody_is_among_the_worst_fifth_of_fewer_than_five(two_partnerships) -> None:
    for number in range(5):
        two_partnerships.locality(f"Z{number + 1}", [number + 1], candidate_set="zones")
    table = findings_of(two_partnerships.add(indicator("income"), [130, 130] + [100] * 10))
    assert np.isnan(table.loc[("wards:L1", "income", "2017", "cpp"), "posterior_worst_fifth"])
    assert table.loc[("zones:Z1", "income", "2017", "cpp"), "posterior_worst_fifth"] > 0


def test_limits_of_a_mean_stay_inside_what_it_can_be() -> None:
    from tests.localities.evidence.conftest import Country

    country = Country([1000] * 6, [1] * 6)
    country.locality("L1", [1, 2]).locality("L2", [3, 4, 5, 6])
    ratio = indicator(
        "ratio", kind="mean", unit="Scotland = 100", smallest_important_difference=0.5,
        smallest_important_difference_scale="sd", multiplier=1.0, sd_between_people=6000.0,
    )  # fmt: skip
    country.add(ratio, value=[0, 10, 300, 200, 100, 90])
    country.add(dataclasses.replace(ratio, id="share", unit="% of pupils"), value=[99, 98, 10, 20, 30, 90])
    country.add(dataclasses.replace(ratio, id="index", unit="sd", is_ratio_scale=False), value=[-1, -2, 3, 0, 1, 2])
    estimates = build_estimates(*country.tables(), Settings()).set_index(["locality_id", "indicator_id"])
    assert estimates.loc[("wards:L1", "ratio"), "lower_ci"] == 0.0
    assert estimates.loc[("wards:L1", "share"), "upper_ci"] == 100.0
    assert estimates.loc[("wards:L1", "index"), "lower_ci"] < -2.0


def test_what_matters_of_a_mean_is_half_the_real_spread_without_the_chance_of_few_people(two_partnerships) -> None:
    # Twelve zones of 25 leavers who differ by 1 among each other; six zones at 5, six at 6. Variance between zones
    # 0.25 x 12 / 11 = 0.27273, of which chance 1 x 12 / 300 = 0.04: spread 0.48242, so that 0.24121 matters.
    leavers = indicator("school", kind="mean", multiplier=1.0, poorer_is="lower", sd_between_people=1.0,
                        smallest_important_difference=0.5, smallest_important_difference_scale="sd")  # fmt: skip
    country = two_partnerships.add(leavers, denominator=[25] * 12, value=[5.0] * 6 + [6.0] * 6)
    one = findings_of(country).loc[("wards:L1", "school", "2017", "scotland")]
    # L1 is zones 1 and 2; the rest are four zones at 5 and six at 6: 5.6
    error = np.sqrt(1 / 50 + 1 / 250)
    from scipy.stats import norm

    assert one["difference"] == pytest.approx(-0.6)
    assert one["p_important"] == pytest.approx(norm.sf((0.6 - 0.24121) / error), rel=1e-3)


def test_a_councils_own_data_are_tested_inside_it_and_nowhere_else(two_partnerships) -> None:
    # published for partnership 1 alone: zones 1 to 8; 400 of 2,000 in L1 against 600 of 6,000 in the rest of it
    outside = dict.fromkeys(range(9, 13), "missing")
    parcels = indicator("parcels", covers=("S12990001",))
    country = two_partnerships.add(parcels, [200, 200] + [100] * 6 + [0] * 4, status=outside)
    table = findings_of(country)
    inside = table.loc[("wards:L1", "parcels", "2017", "cpp")]
    assert (inside["significance"], inside["comparator_value"]) == ("poorer", pytest.approx(10.0))
    nationally = table.loc[("wards:L1", "parcels", "2017", "scotland")]
    assert nationally["significance"] == "not_assessed"
    assert nationally["reason"] == "published for some councils only: there is no figure for the rest of Scotland"
    for comparator in ("cpp", "scotland"):
        assert table.loc[("wards:L6", "parcels", "2017", comparator), "reason"] == "not published for this place"


def test_a_median_is_described_for_a_place_that_is_one_area_and_never_put_together() -> None:
    from tests.localities.evidence.conftest import Country

    country = Country([1000] * 6, [1] * 6)
    country.locality("L1", [1, 2]).locality("L2", [3])
    price = indicator(
        "price", kind="mean", unit="pounds", smallest_important_difference=0.5, multiplier=1.0, is_combined=False,
        smallest_important_difference_scale="sd", is_tested=False, vote="",
    )  # fmt: skip
    country.add(price, value=[100_000, 200_000, 150_000, 1, 1, 1])
    estimates = build_estimates(*country.tables(), Settings()).set_index("locality_id")
    assert np.isnan(estimates.loc["wards:L1", "value"])
    assert estimates.loc["wards:L1", "status"] == "not_applicable"
    assert (estimates.loc["wards:L2", "value"], estimates.loc["wards:L2", "status"]) == (150_000, "observed")
