"""Areas of current plans held against other drawings, worked by hand on six zones in two partnerships."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.errors import SchemaError
from localities.choosing.current_plans import compare_current, need_by_zone

ZONES = pd.DataFrame(
    {
        "zone_code": list("abcdef"),
        "population": [100, 100, 200, 100, 100, 400],
        "cpp_code": ["A"] * 5 + ["B"],
        "cpp_name": ["Alpha"] * 5 + ["Beta"],
        "intermediate_zone_name": ["North", "North", "South", "South", "Holm", "Brae"],
    }
)
NEED = pd.Series({"a": 40, "b": 10, "c": 60, "d": 30, "f": 99})  # of e nothing is known


def drawing(**localities):
    """Localities of sets ``now`` and ``other``: a text of zones, or weights by zone."""
    rows = [
        (f"{name.replace('_', ':')}", name.split("_")[0], zone, weight)
        for name, zones in localities.items()
        for zone, weight in (zones if isinstance(zones, dict) else dict.fromkeys(zones, 1.0)).items()
    ]
    members = pd.DataFrame(rows, columns=["locality_id", "candidate_set", "zone_code", "weight"])
    places = members.drop_duplicates("locality_id").merge(ZONES[["zone_code", "cpp_code"]], on="zone_code")
    places["locality_name"] = places["locality_id"].str.partition(":")[2]
    return places, members


def compare(flagged, **localities):
    places, members = drawing(**localities)
    verdicts = pd.DataFrame({"locality_id": places["locality_id"], "is_flagged": places["locality_id"].isin(flagged)})
    return compare_current(ZONES, places, members, verdicts, NEED, ["now"]).set_index(["cpp_code", "candidate_set"])


def test_who_is_reached_and_who_is_missed():
    found = compare(["other:west", "other:south"], now_plan="ab", other_west="ae", other_south="cd", other_brae="f")
    row = found.loc[("A", "other")]
    # the plan has a and b: 200 of 600 residents, 50 of 140 people in need
    assert row["residents_current"] == 200
    assert row["share_of_residents_current"] == pytest.approx(1 / 3)
    assert row["need"] == 140
    assert row["share_of_need_current"] == pytest.approx(50 / 140)
    assert row["outside_where"] == "South (90)"
    # flagged: a, e, c, d, with 40 + 0 + 60 + 30; of them only a's 40 lies in the plan's area, which has b's 10 besides
    assert row["flagged"] == 2
    assert [row["need_flagged"], row["need_in_both"], row["need_missed"], row["need_only_current"]] == [130, 40, 90, 10]
    # west has half of its residents in a: not missed; south has none
    assert row["flagged_missed"] == 1
    assert row["missed_where"] == "south (90)"
    # the plan is not of B, and says nothing about it
    assert set(found.index.get_level_values("cpp_code")) == {"A"}


def test_overlapping_areas_count_a_zone_once_and_shares_count_in_part():
    found = compare(["other:x"], now_one={"a": 0.5, "b": 1.0}, now_two={"a": 0.75}, other_x={"a": 1.0})
    row = found.loc[("A", "other")]
    assert row["residents_current"] == 175
    assert row["need_current"] == 40
    assert row["need_in_both"] == 30
    assert row["need_missed"] == 10
    assert row["flagged_missed"] == 0


def test_the_current_areas_are_held_against_their_own_evidence():
    found = compare(["now:one"], now_one="a", now_two="c")
    row = found.loc[("A", "now")]
    assert [row["need_flagged"], row["need_in_both"], row["need_only_current"]] == [40, 40, 60]


def test_nothing_is_flagged_and_nobody_is_current():
    row = compare([], now_plan="a", other_x="bc").loc[("A", "other")]
    assert [row["flagged"], row["need_missed"], row["need_only_current"]] == [0, 0, 40]
    assert row["missed_where"] == ""
    places, members = drawing(other_x="ab")
    verdicts = pd.DataFrame({"locality_id": ["other:x"], "is_flagged": [True]})
    assert compare_current(ZONES, places, members, verdicts, NEED, []).empty


def test_negative_need_is_refused():
    places, members = drawing(now_x="a")
    verdicts = pd.DataFrame({"locality_id": ["now:x"], "is_flagged": [True]})
    with pytest.raises(SchemaError, match="negative"):
        compare_current(ZONES, places, members, verdicts, -NEED, ["now"])


def test_need_is_of_the_latest_period_and_suppressed_zones_are_unknown():
    rows = pd.DataFrame(
        {
            "indicator_id": ["i", "i", "i", "other"],
            "area_code": ["a", "a", "b", "a"],
            "period_end": pd.to_datetime(["2016-01-01", "2017-01-01", "2017-01-01", "2018-01-01"]),
            "numerator": [5.0, 7.0, np.nan, 1.0],
        }
    )
    assert need_by_zone(rows, "i").to_dict() == {"a": 7.0}
