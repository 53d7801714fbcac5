"""Series that pass to other zones: they go on where a place holds the old zones whole, and break elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue
from localities.change.across_vintages import across_vintages, hold_zones_whole
from localities.change.progress import build_progress
from localities.change.trends import build_trends
from localities.evidence.estimates import build_estimates
from localities.settings import Settings
from tests.localities.evidence.conftest import Country, indicator

COUNTS = replace(indicator("income"), rounding=0.0)
YEARS = ("2011", "2014", "2017", "2022", "2025")


@pytest.fixture
def tables():
    """Zones 1 and 2 are one old zone, 3 and 4 another; to 2017 figures of the old zones, from 2022 of the new."""
    country = Country([1000] * 8, [1] * 8)
    for number, year in enumerate(YEARS):
        country.add(COUNTS, [400 - 40 * number] * 4 + [100] * 4, period=year)
    country.locality("whole", [1, 2]).locality("halves", [2, 3]).locality("same", [5, 6])
    observations, catalogue, zones, localities, members = country.tables()
    old = observations["period"] < "2020"
    carried = old & observations["area_code"].isin([f"S0199{n:04d}" for n in (1, 2, 3, 4)])
    observations["vintage"] = np.where(old, "2011", "2022")
    observations["is_summable"] = carried
    observations.loc[carried, "status"] = "modelled"
    share = members["locality_id"].map({"wards:whole": 1.0, "wards:same": 1.0, "wards:halves": 0.0})
    return observations, catalogue, zones, localities, members.assign(exact_share=share)


def test_a_place_holds_the_old_zones_whole_where_every_resident_comes_from_one(tables):
    assert hold_zones_whole(tables[4]) == {"wards:whole", "wards:same"}


def test_trends_go_on_in_whole_zones_and_break_elsewhere(tables):
    observations, catalogue, _, _, members = tables
    estimates = build_estimates(*tables, Settings())

    def build(one: Catalogue) -> pd.DataFrame:
        return build_trends(estimates, one, Settings())

    found = across_vintages(build, catalogue, observations, members, "locality_id").set_index("locality_id")
    assert found.index.is_unique
    whole = found.loc["wards:whole"]
    # from 800 to 480 of 2,000: 16 percentage points over five periods
    assert (whole["period_count"], whole["first_period"], whole["change"]) == (5, "2011", pytest.approx(-16.0))
    assert found.loc["wards:same", "period_count"] == 5
    halves = found.loc["wards:halves"]
    # the two years of 2022's zones: from 560 to 480 of 2,000
    assert (halves["period_count"], halves["first_period"], halves["change"]) == (2, "2022", pytest.approx(-4.0))
    assert "figures from before 1 January 2022 do not compare (zones of another census)" in halves["reason"]


def test_progress_goes_on_likewise_and_in_partnerships(tables):
    observations, catalogue, zones, localities, members = tables

    def build(one: Catalogue) -> pd.DataFrame:
        return build_progress(observations, one, zones, localities, members, Settings())

    found = across_vintages(build, catalogue, observations, members, "area_id").set_index("area_id")
    assert found["first_period"].astype(str).to_dict() == {
        "wards:whole": "2011", "wards:same": "2011", "wards:halves": "2022", "S12990001": "2011"
    }  # fmt: skip
    assert found.loc["wards:whole", "change"] == pytest.approx(-16.0)


def test_a_series_on_one_vintage_is_built_once(tables):
    observations, catalogue, _, _, members = tables
    calls = []

    def build(one: Catalogue) -> pd.DataFrame:
        calls.append(one)
        return pd.DataFrame({"indicator_id": ["income"], "locality_id": ["wards:halves"], "reason": [None]})

    across_vintages(build, catalogue, observations.assign(vintage="2022"), members, "locality_id")
    assert [one.indicators for one in calls] == [catalogue.indicators]
