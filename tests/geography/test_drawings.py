"""Two drawings compared, and which boundaries reach people in need."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from indicators.errors import GeographyError, SchemaError
from localities.drawings import adjusted_rand_index, compare_drawings, variation_of_information
from localities.serving import recommend, serving_table

ZONES = pd.DataFrame(
    {
        "zone_code": ["a", "b", "c", "d"],
        "population": [100, 200, 300, 400],
        "cpp_code": "S12990001",
        "cpp_name": "Mill",
        "intermediate_zone_name": ["North", "North", "South", "South"],
    }
)


def members(localities, zones="abcd", weight=1.0, candidate_set="x"):
    return pd.DataFrame(
        {"locality_id": list(localities), "zone_code": list(zones), "weight": weight, "candidate_set": candidate_set}
    )


def test_the_same_drawing_under_other_names_has_not_moved():
    found = compare_drawings(members("xxyy"), members("ppqq"), ZONES)
    assert found.zones_moved == found.residents_affected == 0
    assert found.variation_of_information == 0
    assert found.adjusted_rand_index == 1
    assert found.matched[["locality_before", "locality_after"]].to_numpy().tolist() == [["x", "p"], ["y", "q"]]


def test_one_zone_moved():
    found = compare_drawings(members("xxyy"), members("pqqq"), ZONES)
    assert found.moved["zone_code"].tolist() == ["b"]
    assert found.residents_affected == 200
    # shares .1 (x,p), .2 (x,q), .7 (y,q): H(A|B) = .2 ln(.9/.2) + .7 ln(.9/.7), H(B|A) = .1 ln 3 + .2 ln 1.5
    expected = 0.2 * math.log(4.5) + 0.7 * math.log(9 / 7) + 0.1 * math.log(3) + 0.2 * math.log(1.5)
    assert found.variation_of_information == pytest.approx(expected)


def test_zones_in_one_drawing_only_have_moved():
    found = compare_drawings(members("xx", "ab"), members("xxx", "abc"), ZONES)
    assert found.moved["zone_code"].tolist() == ["c"]
    assert found.residents == 600


def test_a_split_locality_keeps_its_larger_part():
    found = compare_drawings(members("xxxx"), members("pppq"), ZONES)
    assert found.moved["zone_code"].tolist() == ["d"]
    assert found.residents_affected == 400
    assert found.matched["residents_kept"].tolist() == [600]


def test_unknown_zones_are_named():
    with pytest.raises(GeographyError, match="z"):
        compare_drawings(members("x", "z"), members("x", "a"), ZONES)


def test_indices_at_their_ends():
    assert adjusted_rand_index(np.array([[2, 0], [0, 3]])) == 1.0
    assert adjusted_rand_index(np.array([[1]])) == 1.0
    # 6 pairs; 2 together in either division, none in both: expected 2 x 2 / 6, so (0 - 2/3) / (2 - 2/3)
    assert adjusted_rand_index(np.array([[1, 1], [1, 1]])) == pytest.approx(-0.5)
    assert variation_of_information(np.array([[1, 1], [1, 1]])) == pytest.approx(2 * math.log(2))
    assert variation_of_information(np.zeros((1, 1))) == 0.0


def tables():
    localities = pd.DataFrame(
        {
            "locality_id": ["x:1", "x:2", "w:1"],
            "candidate_set": ["x", "x", "w"],
            "cpp_code": "S12990001",
            "population": [300, 700, 1_000],
            "fit": [1.0, 1.0, 0.6],
            "is_within_limit": [True, True, False],
        }
    )
    rows = [("x:1", "x", "a"), ("x:1", "x", "b"), ("x:2", "x", "c"), ("x:2", "x", "d")]
    rows += [("w:1", "w", zone) for zone in "abcd"]
    membership = pd.DataFrame(rows, columns=["locality_id", "candidate_set", "zone_code"]).assign(weight=1.0)
    verdicts = pd.DataFrame({"locality_id": ["x:1", "x:2", "w:1"], "is_flagged": [True, False, True]})
    need = pd.Series({"a": 50.0, "b": 70.0, "c": 10.0, "d": 30.0})
    return localities, membership, verdicts, need


def test_what_each_drawing_reaches():
    localities, membership, verdicts, need = tables()
    found = serving_table(ZONES, localities, membership, verdicts, need).set_index("candidate_set")
    x = found.loc["x"]
    # 120 of 160 people in need live among 300 of 1,000 residents
    assert x["share_of_need"] == 0.75
    assert x["share_of_residents"] == 0.3
    assert x["lift"] == pytest.approx(0.45)
    assert x["need_per_100_in"] == pytest.approx(40)
    assert x["need_per_100_out"] == pytest.approx(40 / 7)
    assert x["need_missed"] == 40
    assert x["missed_where"] == "South (40)"
    assert found.loc["w", "share_of_need"] == 1.0
    assert found.loc["w", "lift"] == 0.0


def test_the_recommendation_says_why():
    localities, membership, verdicts, need = tables()
    table = serving_table(ZONES, localities, membership, verdicts, need)
    found = recommend(table).iloc[0]
    assert found["candidate_set"] == "x"
    assert "75%" in found["reasons"]
    assert "Left out for fit or size: w" in found["reasons"]
    nothing = recommend(table.assign(flagged=0)).iloc[0]
    assert pd.isna(nothing["candidate_set"])
    assert "no set flags" in nothing["reasons"]


def test_evidence_has_an_age_and_a_modelled_share():
    localities, membership, verdicts, need = tables()
    estimates = pd.DataFrame(
        {
            "locality_id": ["x:1", "x:2", "x:1", "x:2"],
            "period": ["2016", "2020/21", "2010", "2017"],
            "is_headline_period": [True, True, False, True],
            "status": ["observed", "modelled", "observed", "suppressed"],
        }
    )
    x = serving_table(ZONES, localities, membership, verdicts, need, estimates).set_index("candidate_set").loc["x"]
    assert (x["evidence_from"], x["evidence_to"], x["share_modelled"]) == ("2016", "2020", 0.5)


def test_negative_need_is_refused():
    localities, membership, verdicts, need = tables()
    with pytest.raises(SchemaError, match="negative"):
        serving_table(ZONES, localities, membership, verdicts, -need)
