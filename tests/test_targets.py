"""A range for targets, worked by hand, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.targets import best_quarter, gap_closed, target_range

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
