"""Which boundaries serve best: four zones and ways of drawing them, small enough to work by hand.

The North has zones a and b with 100 and 200 residents, 50 and 70 of them in need; the South has c and d with 300 and
400, of them 10 and 30: 160 of 1,000 in need.
"""

from __future__ import annotations

import pandas as pd
import pytest

from indicators.errors import SchemaError
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce, validate
from localities.choosing.need_outside import build_need_outside
from localities.choosing.reach import need_counted, of_one_answer, reach_table, recommend
from localities.rules import check_rules
from localities.settings import Settings

CODES = {"a": "S01990001", "b": "S01990002", "c": "S01990003", "d": "S01990004"}
ZONES = pd.DataFrame(
    {
        "zone_code": list(CODES.values()),
        "population": [100, 200, 300, 400],
        "cpp_code": "S12990001",
        "cpp_name": "Mill",
        "intermediate_zone_code": ["S02990001", "S02990001", "S02990002", "S02990002"],
        "intermediate_zone_name": ["North", "North", "South", "South"],
    }
)
# b had 140 residents when they were counted
NEED = pd.DataFrame(
    {"numerator": [50.0, 70.0, 10.0, 30.0], "denominator": [100.0, 140.0, 300.0, 400.0]}, index=list(CODES.values())
)


def drawn(**sets):
    """Return localities, membership and verdicts; a set is a list of (zones, is flagged[, weight])."""
    places, rows = [], []
    for name, localities in sets.items():
        for number, (zones, flagged, *weight) in enumerate(localities):
            key = {"locality_id": f"{name}:{number}", "candidate_set": name}
            people = sum(int(ZONES.set_index("zone_code")["population"][CODES[zone]]) for zone in zones)
            places.append(
                key | {"cpp_code": "S12990001", "population": people, "fit": 1.0, "is_within_limit": people < 800,
                       "is_flagged": flagged}
            )  # fmt: skip
            rows += [key | {"zone_code": CODES[zone], "weight": weight[0] if weight else 1.0} for zone in zones]
    frame = pd.DataFrame(places)
    return frame, pd.DataFrame(rows), frame[["locality_id", "is_flagged"]]


def served(*further, need=NEED, **sets):
    return reach_table(ZONES, *drawn(**sets), need, *further)


HALVES = [("ab", True), ("cd", False)]


def test_what_a_drawing_reaches():
    x = served(halves=HALVES).iloc[0]
    # 120 of 160 people in need live among 300 of 1,000 residents
    assert (x["people_in_need"], x["need_reached"], x["need_missed"]) == (160, 120, 40)
    assert x["share_of_need"] == 0.75
    assert (x["residents_in_scope"], x["share_of_residents"]) == (300, 0.3)
    assert x["lift"] == pytest.approx(0.45)
    assert x["need_per_100_in"] == pytest.approx(50)
    assert x["need_per_100_out"] == pytest.approx(40 / 7)
    assert x["missed_where"] == "South (40)"
    assert (x["locality_count"], x["flagged_count"], x["share_covered"], x["share_overlapping"]) == (2, 1, 1.0, 0.0)


def test_a_drawing_that_takes_everyone_in_gains_nothing():
    x = served(whole=[("abcd", True)]).iloc[0]
    assert (x["share_of_need"], x["lift"], x["need_missed"]) == (1.0, 0.0, 0.0)
    assert pd.isna(x["need_per_100_out"])
    assert x["missed_where"] is None


def test_a_drawing_that_leaves_zones_out_misses_the_people_there():
    x = served(some=[("a", True), ("c", False)]).iloc[0]
    # only 100 and 300 of 1,000 residents are in a locality; b, outside every one, still counts as missed
    assert x["share_covered"] == 0.4
    assert x["need_missed"] == 110
    assert x["missed_where"] == "North (70); South (40)"


def test_zones_in_localities_that_overlap_count_once():
    x = served(twice=[("ab", True), ("bc", True), ("d", False)]).iloc[0]
    # a, b and c: 600 residents and 130 in need, though b is in two flagged localities
    assert (x["residents_in_scope"], x["need_reached"]) == (600, 130)
    # b's 200 of 1,000 residents
    assert x["share_overlapping"] == 0.2


def test_shares_of_a_zone_in_several_flagged_localities_add_up():
    x = served(shares=[("a", True, 0.25), ("a", True, 0.5), ("a", False, 0.25), ("bcd", False)]).iloc[0]
    assert x["residents_in_scope"] == 75
    assert x["need_reached"] == 37.5
    assert x["share_overlapping"] == 0.0


def test_a_zone_without_a_number_of_people_in_need_has_none_known():
    x = served(halves=HALVES, need=NEED.drop(CODES["b"])).iloc[0]
    assert (x["people_in_need"], x["need_reached"]) == (90, 50)


def test_negative_need_is_refused():
    with pytest.raises(SchemaError, match="negative"):
        served(halves=HALVES, need=-NEED)


def test_need_is_that_of_the_latest_period_and_only_where_counted():
    observations = pd.DataFrame(
        {
            "indicator_id": ["income", "income", "income", "income", "crime"],
            "area_code": [CODES["a"], CODES["a"], CODES["b"], "S02990001", CODES["a"]],
            "area_type": ["data_zone", "data_zone", "data_zone", "intermediate_zone", "data_zone"],
            "period_end": pd.to_datetime(["2016-12-31", "2017-12-31", "2017-12-31", "2017-12-31", "2018-12-31"]),
            "period": ["2016", "2017", "2017", "2017", "2018"],
            "numerator": [40.0, 50.0, None, 120.0, 3.0],
            "denominator": [390.0, 400.0, 300.0, 700.0, 400.0],
        }
    )
    assert need_counted(observations, "income").to_dict("index") == {
        CODES["a"]: {"numerator": 50.0, "denominator": 400.0, "period": "2017"}
    }


def test_evidence_has_an_age_and_a_modelled_share():
    headline = pd.DataFrame(
        {
            "locality_id": ["halves:0", "halves:1", "halves:1", "elsewhere:9"],
            "indicator_id": ["income", "crime", "health", "income"],
            "status": ["observed", "modelled", "suppressed", "observed"],
        }
    )
    ends = pd.Series(pd.to_datetime(["2016-12-31", "2021-03-31", "2022-12-31"]), index=["income", "crime", "health"])
    x = served(headline, ends, halves=HALVES).iloc[0]
    # what is suppressed is no evidence
    assert (str(x["evidence_from"].date()), str(x["evidence_to"].date())) == ("2016-12-31", "2021-03-31")
    assert x["share_modelled"] == 0.5


def recommended(table, **least):
    return recommend(table, **least).set_index("candidate_set")


def test_the_recommendation_says_why_and_why_not():
    found = recommended(served(halves=HALVES, whole=[("abcd", True)], quiet=[("ac", False), ("bd", False)]))
    assert found.index[found["is_recommended"]].tolist() == ["halves"]
    held = "1 of 2 localities holds 75.0% of people in need and 30.0% of residents: 45.0 points gained (50 in 100"
    assert held in found.loc["halves", "reason"]
    assert found.loc["whole", "reason"] == "Not recommended: too few of its localities are under the limit (0%)."
    assert found.loc["quiet", "reason"] == "Not recommended: it flags no locality here."


def test_a_set_that_gains_less_is_told_than_which_and_one_nearly_as_good_is_named():
    # a alone: 50 of 160 in need less 100 of 1,000 residents, 21.25 points; halves gain 45
    found = recommended(served(halves=HALVES, other_halves=HALVES, alone=[("a", True), ("bcd", False), ("", False)]),
                        least_within_limit=0.3)  # fmt: skip
    assert "gains less than halves (45.0 points)" in found.loc["alone", "reason"]
    assert "21.2 points gained" in found.loc["alone", "reason"]
    assert "Nearly as good: other halves." in found.loc["halves", "reason"]
    assert "gains nearly as much as halves" in found.loc["other_halves", "reason"]


def test_where_nobody_in_need_is_known_nothing_is_recommended():
    found = recommended(served(halves=HALVES, need=NEED.head(0)))
    assert found.loc["halves", "reason"] == "Not recommended: no people in need are known here."
    assert not found["is_recommended"].any()


def test_what_is_no_division_of_the_area_is_not_recommended():
    table = served(gaps=[("ab", True), ("c", False)], twice=[("ab", True), ("bcd", False)])
    found = recommended(table)
    assert not found["is_recommended"].any()
    assert "leave residents out: too few are in one (60%)" in found.loc["gaps", "reason"]
    assert "overlap (20%)" in found.loc["twice", "reason"]
    # a partnership that thinks otherwise says so in its settings
    assert recommended(table, least_covered=0.6)["is_recommended"].sum() == 1


def test_boundaries_that_fit_badly_are_not_recommended():
    table = served(halves=HALVES).assign(fit=0.75)
    assert "fit their boundaries too badly (75%)" in recommended(table).loc["halves", "reason"]
    assert recommended(table, least_fit=0.7).loc["halves", "is_recommended"]


def whole_table(**sets):
    table = recommend(of_one_answer({"scotland": served(**sets), "cpp": served(**sets)}))
    table = table.assign(people_in_need_indicator="income", is_proposed=False)
    return validate("reach", coerce("reach", table))


def test_the_table_keeps_its_rules():
    table = whole_table(halves=HALVES, whole=[("abcd", True)])
    assert list(table.columns) == list(TABLES["reach"].columns)
    places = {"candidate_localities": drawn(halves=HALVES, whole=[("abcd", True)])[0]}
    check_rules("reach", table, places)
    with pytest.raises(SchemaError, match="reached and missed"):
        check_rules("reach", table.assign(need_missed=table["need_missed"] + 1), places)
    with pytest.raises(SchemaError, match="not weighed"):
        check_rules("reach", table.head(1), places)
    with pytest.raises(SchemaError, match="more than one is recommended"):
        check_rules("reach", table.assign(is_recommended=True), places)


def test_the_two_answers_are_counted_apart_and_the_one_within_the_partnership_only_where_there_is_no_other():
    none = served(halves=HALVES).assign(flagged_count=0, share_of_need=0.0)
    inside = served(halves=HALVES)
    both = of_one_answer({"scotland": inside, "cpp": none})
    assert set(both["counted_against"]) == {"scotland"}
    assert both["flagged_count_cpp"].tolist() == [0] * len(both)
    only = of_one_answer({"scotland": none, "cpp": inside})
    assert set(only["counted_against"]) == {"cpp"}
    assert only["flagged_count"].tolist() == only["flagged_count_cpp"].tolist() == inside["flagged_count"].tolist()
    assert only["flagged_count_scotland"].tolist() == [0] * len(only)


def test_people_in_need_outside_flagged_places_are_shown_zone_by_zone_for_each_answer_and_what_is_hidden_stays_hidden():
    """Of the drawing proposed, a is poorer than Scotland with a half of b; c only within; the count of d is hidden."""
    places, members, _ = drawn(halves=[("ab", True)], proposed=[("a", True), ("b", True, 0.5), ("c", True)])
    verdicts = places[["locality_id"]].assign(
        verdict_scotland=["strong_evidence", "strong_evidence", "strong_evidence", "some_evidence"],
        verdict_cpp=["strong_evidence", "no_evidence", "no_evidence", "strong_evidence"],
    )
    observations = pd.DataFrame(
        {
            "indicator_id": "simd_income", "area_code": [*CODES.values(), CODES["a"]], "area_type": "data_zone",
            "period_end": pd.to_datetime(["2017-12-31"] * 4 + ["2014-12-31"]),
            "numerator": [50.0, 70.0, 10.0, None, 999.0],
            "status": ["observed", "observed", "observed", "suppressed", "observed"],
        }
    )  # fmt: skip
    reach = pd.DataFrame(
        {"cpp_code": "S12990001", "candidate_set": ["halves", "proposed"], "is_proposed": [False, True],
         "is_recommended": [True, False]}
    )  # fmt: skip
    found = build_need_outside(observations, ZONES, places, members, verdicts, reach, Settings())
    assert found["zone_code"].tolist() == list(CODES.values())
    assert found["candidate_set"].unique().tolist() == ["proposed"]
    assert found["need_outside_scotland"].tolist()[:3] == [0, 35, 10]
    assert found["need_outside_cpp"].tolist()[:3] == [50, 70, 0]
    assert found.loc[3, ["people_in_need", "need_outside_scotland", "need_outside_cpp"]].isna().all()
    assert found["status"].tolist()[3] == "suppressed"
    # a run without the proposal shows what it recommends
    without = build_need_outside(observations, ZONES, places, members, verdicts, reach.iloc[:1], Settings())
    assert without["need_outside_scotland"].tolist()[:3] == [0, 0, 10]
