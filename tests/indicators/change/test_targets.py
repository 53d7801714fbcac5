"""A range for targets, worked by hand, and what must always hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.catalogue import Catalogue, Indicator
from indicators.change.targets import best_quarter, gap_closed, target_range
from indicators.errors import ConfigError
from localities.change.targets import build_target_ranges, similar_places
from localities.settings import Settings

SHARES = st.floats(0, 100)


def test_best_quarter_is_the_quartile_of_places_alike() -> None:
    # 1..9: first quartile (definition 7) at position 1 + 8 / 4 = 3; third at 7
    value = np.arange(1.0, 10)
    assert best_quarter(value)[0] == 3
    assert best_quarter(value, poorer_is="lower")[0] == 7
    two = best_quarter(np.r_[value, value + 100], ["urban"] * 9 + ["rural"] * 9)
    assert two[0] == 3
    assert two[-1] == 103


def test_best_quarter_is_not_given_for_a_handful_of_places() -> None:
    assert np.isnan(best_quarter(np.arange(7.0))).all()
    assert np.isnan(best_quarter([1.0] * 7 + [np.nan])).all()


def test_three_tenths_of_a_gap() -> None:
    # 20 % against 10 %: 17 %; attainment of 5.0 against 6.0, where lower is poorer: 5.3
    assert gap_closed(20.0, 10.0, 0.3)[0] == pytest.approx(17)
    assert gap_closed(5.0, 6.0, 0.3, "lower")[0] == pytest.approx(5.3)


def test_a_place_that_is_better_already_keeps_what_it_has() -> None:
    assert gap_closed(8.0, 10.0, 0.5)[0] == 8
    out = target_range(8.0, 9.0, 12.0, 8.0)
    assert out.loc[0, ["least_ambitious", "most_ambitious"]].tolist() == [8, 8]
    assert out.loc[0, "is_ahead"]


def test_range_uses_what_is_known() -> None:
    out = target_range([20.0, 20.0], [np.nan, np.nan], [12.0, np.nan], [17.0, np.nan])
    assert out["least_ambitious"].iloc[0] == 17
    assert out["most_ambitious"].iloc[0] == 12
    assert out.iloc[1][["least_ambitious", "most_ambitious"]].isna().all()
    assert not out["is_ahead"].iloc[1]


@given(SHARES, SHARES, SHARES, SHARES)
def test_range_flips_with_direction_and_never_loses_ground(now, trend, best, gap) -> None:
    higher = target_range(now, trend, best, gap, "higher")
    lower = target_range(-now, -trend, -best, -gap, "lower")
    for name in ("least_ambitious", "most_ambitious"):
        assert higher[name].iloc[0] == pytest.approx(-lower[name].iloc[0])
    assert higher["most_ambitious"].iloc[0] <= higher["least_ambitious"].iloc[0] <= now


@given(SHARES, SHARES, st.floats(0, 1))
def test_closing_part_of_a_gap_lies_between_the_two(value, comparator, share) -> None:
    out = gap_closed(value, comparator, share)[0]
    assert min(value, comparator) - 1e-9 <= out <= max(value, comparator) + 1e-9


def test_wrong_words_are_refused() -> None:
    with pytest.raises(ValueError, match="expected higher or lower"):
        gap_closed(1.0, 2.0, 0.5, "worse")
    with pytest.raises(ValueError, match="between 0 and 1"):
        gap_closed(1.0, 2.0, 30)


# ---- from the stored tables

NEED = Indicator(
    id="simd_income", title="Income deprived", definition="", domain="Income", role="outcome", source="made-up",
    reader="made_up", geography="data_zone_2011", kind="proportion", unit="%", poorer_is="higher",
    smallest_important_difference=1.25, smallest_important_difference_scale="ratio", national_outcome="",
)  # fmt: skip
PLACES = [f"wards:{n:02d}" for n in range(40)]


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    zones = pd.DataFrame(
        {"zone_code": PLACES, "population": 1000, "urban_rural_8_code": [1] * 20 + [7] * 18 + [None] * 2}
    )
    values = np.r_[np.arange(20.0), np.arange(20.0)]
    return {
        "zones": zones,
        "places": pd.DataFrame({"locality_id": PLACES, "candidate_set": "wards", "population": 1000}),
        "membership": pd.DataFrame({"locality_id": PLACES, "zone_code": PLACES, "weight": 1.0}),
        "estimates": pd.DataFrame(
            {"locality_id": PLACES, "indicator_id": "simd_income", "period": "2017", "is_headline_period": True,
             "value": values}
        ),
        "findings": pd.DataFrame(
            {"locality_id": PLACES, "indicator_id": "simd_income", "period": "2017", "comparator": "cpp",
             "comparator_value": 5.0}
        ),
        "trends": pd.DataFrame(
            {"locality_id": PLACES[:2], "indicator_id": "simd_income", "last_period": ["2017", "2015"],
             "projected_1": 3.0, "projected_3": -1.0, "projected_10": -9.0}
        ),
    }  # fmt: skip


def test_similar_places_share_set_class_and_fifth(tables) -> None:
    similar = similar_places(tables["estimates"], tables["places"], tables["membership"], tables["zones"], Settings())
    assert similar.iloc[0] == "wards, urban, least deprived fifth"
    assert similar.iloc[37] == "wards, rural, most deprived fifth"
    assert similar.iloc[38:].isna().all()


def test_targets_from_tables_by_hand(tables) -> None:
    similar = pd.Series("alike", index=PLACES)
    out = build_target_ranges(
        tables["trends"], tables["estimates"], tables["findings"], similar, Catalogue((NEED,)), years=3, gap_share=0.4
    ).set_index("locality_id")
    # values 0..19 twice: the best quarter reach position 39 / 4 = 9.75 of 0, 0, 1, 1, ...: 4.75 (9th: 4, 10th: 5)
    assert out["best_quarter"].iloc[0] == pytest.approx(4.75)
    assert out.loc["wards:19", "gap_closed"] == pytest.approx(19 - 0.4 * 14)
    assert out.loc["wards:19", "least_ambitious"] == pytest.approx(13.4)
    assert out.loc["wards:19", "most_ambitious"] == pytest.approx(4.75)
    assert out["similar_count"].eq(40).all()
    assert out.loc["wards:00", "trend_continued"] == -1
    # the second place's trend ends before a break, in figures that no longer compare
    assert np.isnan(out.loc["wards:01", "trend_continued"])
    with pytest.raises(ConfigError, match="some horizons"):
        build_target_ranges(
            tables["trends"], tables["estimates"], tables["findings"], similar, Catalogue((NEED,)), years=5
        )


def test_an_own_boundary_is_like_the_places_of_the_reference_set_and_is_none_of_them(tables) -> None:
    """One own place of zone 10: as deprived as ward 10, in the middle fifth of them, and alone in its set."""
    own = pd.DataFrame({"locality_id": ["own_plan:1"], "candidate_set": ["own_plan"], "population": [1000]})
    places = pd.concat([tables["places"], own], ignore_index=True)
    one = pd.DataFrame({"locality_id": ["own_plan:1"], "zone_code": ["wards:10"], "weight": [1.0]})
    members = pd.concat([tables["membership"], one], ignore_index=True)
    mine = tables["estimates"].iloc[[10]].assign(locality_id="own_plan:1")
    estimates = pd.concat([tables["estimates"], mine], ignore_index=True)
    similar = similar_places(estimates, places, members, tables["zones"], Settings())
    assert similar["own_plan:1"] == similar["wards:10"] == "wards, urban, middle deprived fifth"
    found = build_target_ranges(
        tables["trends"], estimates, tables["findings"], pd.Series("alike", index=similar.index), Catalogue((NEED,))
    ).set_index("locality_id")
    # the quartile by hand of the test before, of the forty wards alone
    assert found.loc["own_plan:1", "best_quarter"] == pytest.approx(4.75)
    assert found["similar_count"].eq(40).all()
