"""Figures carried to the zones of another census: every value worked by hand on a handful of zones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue, Suppression, load_catalogue
from indicators.observations.carrying import broken_at_vintages, carry_observations

A, B, C, D = (f"S010065{number:02d}" for number in range(6, 10))
K, L, M, N, O_ = (f"S010134{number}" for number in range(82, 87))

# A is K. B became L (60 people) and M (40). C and D: N holds all 90 of C and 10 of D's 80 people, O the other 70.
PAIRS = [(A, K, 100, A, True), (B, L, 60, B, False), (B, M, 40, B, False), (C, N, 90, C, False), (D, N, 10, C, False),
         (D, O_, 70, C, False)]  # fmt: skip


@pytest.fixture
def crosswalk() -> pd.DataFrame:
    table = pd.DataFrame(PAIRS, columns=["from_code", "to_code", "people", "common_group", "is_exact"])
    table["share_of_from"] = table["people"] / table.groupby("from_code")["people"].transform("sum")
    return table.assign(from_vintage="2011", to_vintage="2022")


@pytest.fixture
def indicator():
    return load_catalogue()["simd_income"]


def _figures(indicator, rows, **changes) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["area_code", "numerator", "denominator", "value", "status"])
    return table.assign(
        indicator_id=indicator.id, area_type="data_zone", vintage="2011", period="2017",
        period_start=pd.Timestamp("2017-01-01"), period_end=pd.Timestamp("2017-12-31"), source_id="made", **changes,
    )  # fmt: skip


def _carried(figures, crosswalk, indicator) -> pd.DataFrame:
    found = carry_observations(figures, crosswalk, Catalogue((indicator,)), [K, L, M, N, O_], "2022")
    assert len(found) == 5, "a row for every zone of the run"
    return found.set_index("area_code")


COUNTS = [(A, 20, 100, 20.0, "observed"), (B, 30, 200, 15.0, "observed"), (C, 9, 90, 10.0, "observed"),
          (D, 32, 80, 40.0, "observed")]  # fmt: skip


def test_counts_are_exact_where_the_same_people_live_else_shared_out(crosswalk, indicator):
    found = _carried(_figures(indicator, COUNTS), crosswalk, indicator)
    assert found["status"].to_dict() == {K: "observed", **dict.fromkeys([L, M, N, O_], "modelled")}
    # B's 30 of 200 by 60 to 40; N has C's 9 and an eighth of D's 32
    assert found["numerator"].to_dict() == pytest.approx({K: 20, L: 18, M: 12, N: 9 + 4, O_: 28})
    assert found["denominator"].to_dict() == pytest.approx({K: 100, L: 120, M: 80, N: 90 + 10, O_: 70})
    assert found["value"].to_dict() == pytest.approx({K: 20.0, L: 15.0, M: 15.0, N: 13.0, O_: 40.0})
    # in a place that holds B, or C and D, whole the parts add up to what was published
    assert found["is_summable"].to_dict() == {K: False, **dict.fromkeys([L, M, N, O_], True)}
    # nobody is lost on the way, and where the figure comes from stays known
    assert found["numerator"].sum() == sum(row[1] for row in COUNTS)
    assert set(found["vintage"]) == {"2011"}


def test_a_rate_without_counts_comes_only_where_its_whole_group_agrees(crosswalk, indicator):
    rates = [(A, np.nan, 100, 7.0, "observed"), (B, np.nan, 200, 5.0, "observed"), (C, np.nan, 90, 3.0, "observed"),
             (D, np.nan, 80, 4.0, "observed")]  # fmt: skip
    found = _carried(_figures(indicator, rates), crosswalk, indicator)
    assert found["status"].to_dict() == {
        K: "observed", L: "modelled", M: "modelled", N: "missing", O_: "missing"
    }  # fmt: skip
    assert found.loc[[K, L, M], "value"].tolist() == [7.0, 5.0, 5.0]
    # C and D had figures
    assert found["is_lost"].to_dict() == {K: False, L: False, M: False, N: True, O_: True}
    agreed = _carried(_figures(indicator, [*rates[:3], (D, np.nan, 80, 3.0, "observed")]), crosswalk, indicator)
    assert agreed.loc[[N, O_], "value"].tolist() == [3.0, 3.0]


def test_figures_of_an_intermediate_zone_come_where_another_holds_the_same_people(crosswalk, indicator):
    """A and B are one intermediate zone and K, L and M another; C and D's is cut: O lies in that of K, L and M too."""
    whole, cut, there, beyond = "S02001236", "S02001237", "S02002510", "S02002511"
    crosswalk["is_whole_group"] = True
    crosswalk["from_parent"] = crosswalk["from_code"].map({A: whole, B: whole, C: cut, D: cut})
    crosswalk["to_parent"] = crosswalk["to_code"].map({K: there, L: there, M: there, N: beyond, O_: beyond})
    rows = [(whole, 30, 300, 10.0, "observed"), (cut, 41, 170, 24.1, "observed")]
    figures = _figures(indicator, rows).assign(area_type="intermediate_zone")

    def carried() -> pd.DataFrame:
        found = carry_observations(figures, crosswalk, Catalogue((indicator,)), [K, L, M, N, O_], "2022")
        return found.set_index("area_code")[["value", "status"]]

    assert carried().loc[there].tolist() == [10.0, "observed"]
    assert carried().loc[beyond].tolist() == [24.1, "observed"]
    crosswalk.loc[crosswalk["to_code"] == O_, "to_parent"] = there
    assert carried()["status"].to_dict() == {there: "missing", beyond: "missing"}
    # nobody knows where some of the people live
    crosswalk.loc[crosswalk["to_code"] == O_, "to_parent"] = beyond
    crosswalk.loc[crosswalk["from_code"] == A, "is_whole_group"] = False
    assert carried()["status"].to_dict() == {there: "missing", beyond: "observed"}
    back = {
        "from_vintage": "2022",
        "to_vintage": "2011",
        "from_code": O_,
        "to_code": "unassigned",
        "from_parent": beyond,
    }
    crosswalk = pd.concat([crosswalk, pd.DataFrame([back | {"from_parent": beyond}])], ignore_index=True)
    assert set(carried()["status"]) == {"missing"}


def test_ranks_and_distances_do_not_come(crosswalk, indicator):
    ranks = replace(indicator, is_carried=False)
    found = carry_observations(_figures(ranks, COUNTS), crosswalk, Catalogue((ranks,)), [K, L, M, N, O_], "2022")
    assert found.empty
    declared = {one.id for one in load_catalogue() if not one.is_carried}
    assert {"simd_most_deprived_20", "simd_drive_gp", "simd_pt_retail"} <= declared
    assert "simd_income" not in declared


def test_what_is_not_observed_stays_apart(crosswalk, indicator):
    hidden = replace(indicator, suppression=Suppression(("*",), 0, 4))
    rows = [(A, np.nan, 100, np.nan, "suppressed"), (B, np.nan, 200, np.nan, "suppressed"), COUNTS[2],
            (D, np.nan, 80, np.nan, "suppressed")]  # fmt: skip
    found = _carried(_figures(hidden, rows), crosswalk, hidden)
    # a part of one hidden count is hidden; N adds C's 9 to an eighth of what lies between 0 and 4
    assert found.loc[[K, L, M, O_], "status"].tolist() == ["suppressed"] * 4
    assert found.loc[L, "denominator"] == pytest.approx(120)
    assert found.loc[N, ["numerator", "status"]].tolist() == [pytest.approx(9 + 2 / 8), "modelled"]
    # an eighth of the two that the middle may be off; over all of C and D's people it is two, as it was in D
    assert found.loc[N, ["open_by", "is_summable"]].tolist() == [pytest.approx(2 / 8), True]
    assert not found.loc[[K, L, M, O_], ["open_by", "is_summable"]].any(axis=None)
    # where fewer people live than could be hidden, the middle and the bounds are theirs
    few = _carried(_figures(hidden, [*rows[:3], (D, np.nan, 2, np.nan, "suppressed")]), crosswalk, hidden)
    assert few.loc[N, ["numerator", "open_by"]].tolist() == pytest.approx([9 + 1 / 8, 1 / 8])
    unbounded = replace(indicator, suppression=Suppression(("*",)))
    assert _carried(_figures(unbounded, rows), crosswalk, unbounded).loc[N, "status"] == "suppressed"

    gone = [COUNTS[0], (B, np.nan, np.nan, np.nan, "missing"), COUNTS[2], (D, np.nan, np.nan, np.nan, "not_applicable")]
    found = _carried(_figures(indicator, gone), crosswalk, indicator)
    assert found.loc[[L, M], "status"].tolist() == ["missing", "missing"]
    # nothing was published for B either
    assert not found["is_lost"].any()
    assert found.loc[O_, "status"] == "not_applicable"
    assert found.loc[N, ["numerator", "denominator", "status"]].tolist() == [9, 90, "modelled"]


def test_figures_on_the_zones_of_the_run_stay_as_they_are(crosswalk, indicator):
    figures = _figures(indicator, COUNTS)
    found = carry_observations(figures, crosswalk, Catalogue((indicator,)), [A, B, C, D], "2011")
    pd.testing.assert_frame_equal(found.drop(columns=["is_summable", "is_lost", "open_by"]), figures, check_dtype=False)


def test_a_series_that_passes_to_other_zones_is_two(indicator):
    rows = [("2011", "2019-01-01"), ("2011", "2021-01-01"), ("2022", "2023-01-01"), ("2022", "2024-01-01")]
    figures = pd.DataFrame(rows, columns=["vintage", "period_start"]).assign(indicator_id=indicator.id)
    figures["period_start"] = pd.to_datetime(figures["period_start"])
    added = set(broken_at_vintages(Catalogue((indicator,)), figures)[indicator.id].breaks) - set(indicator.breaks)
    assert added == {dt.date(2023, 1, 1)}
    whole = figures.assign(vintage="2011")
    assert broken_at_vintages(Catalogue((indicator,)), whole)[indicator.id].breaks == indicator.breaks
