"""Where groups of people live: shares worked by hand in five zones of one council and two of another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue, load_catalogue
from localities.groups.places import build_group_places, densest_share, dissimilarity
from localities.settings import Settings
from tests.localities.groups.conftest import A, B

ZONES = [f"S010065{number:02d}" for number in range(6, 13)]
DISABLED = [60, 10, 10, 10, 10, 30, 10]


def build(observations: pd.DataFrame, verdicts: pd.DataFrame | None = None) -> pd.DataFrame:
    known = load_catalogue()
    zones = pd.DataFrame(
        {
            "zone_code": ZONES,
            "cpp_code": [A] * 5 + [B] * 2,
            "cpp_name": ["Here"] * 5 + ["There"] * 2,
            "population": 100.0,
        }
    )
    flagged = pd.DataFrame(
        {"locality_id": ["x:1", "y:1"], "cpp_code": [A, A], "candidate_set": ["x", "y"],
         "verdict_scotland": "strong_evidence", "verdict_cpp": "no_evidence"}
    )  # fmt: skip
    membership = pd.DataFrame(
        {"locality_id": ["x:1", "x:1", "y:1"], "zone_code": [ZONES[0], ZONES[1], ZONES[4]], "weight": [0.5, 1.0, 1.0]}
    )
    reach = pd.DataFrame({"cpp_code": [A, B], "candidate_set": ["x", "x"], "is_proposed": True})
    some = Catalogue((known["census_disability"], known["simd_income"]))
    table = build_group_places(
        observations, some, zones, membership, flagged if verdicts is None else verdicts, reach, Settings()
    )
    return table.set_index(["indicator_id", "area_code"])


@pytest.fixture
def observations() -> pd.DataFrame:
    def of(name: str, counts: list[float], year: int) -> pd.DataFrame:
        return pd.DataFrame(
            {"indicator_id": name, "area_code": ZONES, "area_type": "data_zone", "period": str(year),
             "period_end": pd.Timestamp(year, 12, 31), "numerator": counts, "denominator": 100.0}
        )  # fmt: skip

    deprived = [5, 40, 10, 20, 15, 30, 10]
    older = of("census_disability", [1.0] * 7, 2011)
    return pd.concat([of("census_disability", DISABLED, 2022), older, of("simd_income", deprived, 2017)])


def test_a_group_is_gathered_deprived_and_reached_as_far_as_it_lives_there(observations):
    row = build(observations).loc[("census_disability", A)]
    assert row[["numerator", "denominator", "share_of_people"]].tolist() == [100, 500, 0.2]
    # the densest zone is a fifth of the people and holds 60 of the 100; the most deprived one, the second, holds 10
    assert row["share_in_densest_fifth"] == pytest.approx(0.6)
    assert row["share_in_deprived_fifth"] == pytest.approx(0.1)
    # 60 of 100 against 40 of 400 in the first, 10 of 100 against 90 of 400 in each other: (0.5 + 4 * 0.125) / 2
    assert row["dissimilarity"] == pytest.approx(0.5)
    # of the proposed drawing alone: half of the first zone and all of the second
    assert row["share_in_flagged_scotland"] == pytest.approx((30 + 10) / 100)
    assert row["share_in_flagged_cpp"] == 0


def test_scotland_takes_all_zones_together(observations):
    row = build(observations).loc[("census_disability", "S92000003")]
    # 700 people: the first zone of 100, and 40 of the zone with 30: 60 + 12 of 140
    assert row["share_in_densest_fifth"] == pytest.approx(72 / 140)
    assert row["share_in_flagged_scotland"] == pytest.approx(40 / 140)


def test_zones_without_a_figure_leave_the_area_without_one_where_they_are_many(observations):
    hidden = observations.copy()
    few = (hidden["indicator_id"] == "census_disability") & hidden["area_code"].isin(ZONES[5:6])
    hidden.loc[few, "numerator"] = np.nan
    found = build(hidden)
    row = found.loc[("census_disability", B)]
    assert pd.isna(row["numerator"])
    assert row["reason"].startswith("zones with a figure hold less than 75%")
    assert found.loc[("census_disability", A), "numerator"] == 100


def test_nobody_of_the_group_is_no_share(observations):
    none = observations.copy()
    none.loc[none["indicator_id"].eq("census_disability") & none["area_code"].isin(ZONES[5:]), "numerator"] = 0.0
    row = build(none).loc[("census_disability", B)]
    assert (row["reason"], pd.isna(row["share_in_densest_fifth"])) == ("nobody of the group", True)


def test_a_group_spread_as_everybody_is_has_a_fifth_in_any_fifth():
    even, zone = np.full(10, 7.0), np.zeros(10, dtype=int)
    assert densest_share(even, np.full(10, 50.0), zone, 1) == pytest.approx([0.2])
    assert dissimilarity(even, np.full(10, 50.0), zone, 1) == pytest.approx([0.0])
    # one that lives apart
    apart = np.array([50.0] + [0.0] * 9)
    assert dissimilarity(apart, np.full(10, 50.0), zone, 1) == pytest.approx([1.0])
