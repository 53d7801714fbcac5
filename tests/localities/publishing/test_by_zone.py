"""What a page shows by data zone: fifths of Scotland's figures, and what has none, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from localities.publishing.explorer.by_zone import ZoneFigures, fifths, hot_spots_of

ZONES = pd.DataFrame(
    {
        "zone_code": [f"S0100000{n}" for n in range(8)],
        "intermediate_zone_code": ["S02000001"] * 4 + ["S02000002"] * 4,
    }
)
EVERY = np.ones(8, dtype=bool)


def observed(indicator: str, area_type: str, codes: list[str], values: list[float | None], status: list[str]):
    return pd.DataFrame(
        {
            "indicator_id": indicator,
            "area_code": codes,
            "area_type": area_type,
            "period": "2017",
            "period_end": pd.Timestamp("2017-12-31"),
            "value": values,
            "status": status,
        }
    )


def figures() -> ZoneFigures:
    # five figures (one of them modelled), a suppressed one, one that does not apply; of the eighth zone there is no row
    income = observed(
        "income",
        "data_zone",
        ZONES["zone_code"].tolist()[:7],
        [30.0, 10.0, 20.0, 5.0, 40.0, None, None],
        ["observed", "observed", "modelled", "observed", "observed", "suppressed", "not_applicable"],
    )
    before = income.assign(period="2016", period_end=pd.Timestamp("2016-12-31"), value=99.0, status="observed")
    life = observed("life", "intermediate_zone", ["S02000001", "S02000002"], [70.0, 80.5], ["observed"] * 2)
    return ZoneFigures(pd.concat([before, income, life]), ZONES, {"income": "higher", "life": "lower"})


def test_missing_suppressed_and_not_applicable_stay_three_things_and_the_poorest_is_last():
    income = figures().of(EVERY)["income"]
    # 5, 10, 20, 30, 40: a fifth each, the modelled 20 in the middle one
    assert income["classes"] == "31c04snm"
    assert income["values"] == [30, 10, 20, 5, 40, None, None, None]
    assert income["bounds"] == [[5, 5], [10, 10], [20, 20], [30, 30], [40, 40]]
    assert income["period"] == "2017"


def test_shorter_lives_are_the_poorer_and_a_larger_zones_figure_stands_in_each_of_its_zones():
    life = figures().of(np.arange(8) >= 3)["life"]
    assert life["area"] == "intermediate_zone"
    assert life["values"] == [70, 80.5, 80.5, 80.5, 80.5]
    # four zones of 80.5 years, the better half: the best fifth; those of 70 begin in the third
    assert life["classes"] == "20000"


def test_a_page_may_leave_the_figures_out():
    assert "values" not in figures().of(EVERY, with_values=False)["income"]


def test_equal_figures_are_in_the_same_fifth_the_better_one():
    # three of five are 0: the first three fifths are one
    assert fifths(np.array([0.0, 0.0, 0.0, 1.0, 2.0]), "higher").tolist() == [0, 0, 0, 3, 4]


def test_hot_spots_are_those_of_the_zones_of_the_page_in_their_places():
    spots = pd.DataFrame(
        {
            "hot_spot_id": ["hot_spot:B-1", "hot_spot:A-2", "hot_spot:A-1"],
            "hot_spot_name": ["Elsewhere", "Second", "First"],
            "cpp_name": ["B", "A", "A"],
            "rank": [1, 2, 1],
            "population": [900, 700, 800],
            "observed": [90.0, 70.0, None],
            "expected": [45.0, 35.04999, None],
            "ratio": [2.0, 2.0, 2.0],
            "people_in_need": 50.0,
            "people_in_need_among": 100.0,
            "people_in_need_period": "2017",
            "is_beyond_chance": True,
            "is_beyond_inequality": [False, False, True],
            "p_inequality": [0.5, 0.25, 0.01],
        }
    )
    members = pd.DataFrame(
        {
            "hot_spot_id": ["hot_spot:A-1", "hot_spot:A-1", "hot_spot:A-2", "hot_spot:B-1"],
            "zone_code": ["S01000003", "S01000001", "S01000002", "S01000009"],
        }
    )
    found = hot_spots_of(spots, members, {"S01000001": 0, "S01000002": 1, "S01000003": 2})
    assert [(one["hot_spot_name"], one["zones"]) for one in found] == [("First", [0, 2]), ("Second", [1])]
    assert (found[0]["observed"], found[1]["expected"]) == (None, 35.05)
    assert found[0]["is_beyond_inequality"] is True
