"""Two drawings compared."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from indicators.errors import GeographyError
from localities.choosing.two_drawings import adjusted_rand_index, compare_drawings, variation_of_information

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
