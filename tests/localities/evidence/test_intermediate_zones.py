"""Figures published for intermediate zones only: used where a locality is made of whole ones, else apportioned."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue
from localities.evidence.estimates import build_estimates
from localities.evidence.findings import build_findings
from localities.settings import Settings
from tests.localities.evidence.conftest import Country, indicator

RATE = indicator(
    "participation",
    kind="mean",
    geography="intermediate_zone_2011",
    unit="% of people",
    poorer_is="lower",
    smallest_important_difference=0.5,
    smallest_important_difference_scale="sd",
    multiplier=1.0,
    sd_between_people=30.0,
)
BELOW = indicator("income")
ONE, TWO, THREE = "S02990001", "S02990002", "S02990003"


@pytest.fixture
def country() -> Country:
    """Six zones of 100 to 300 residents in three intermediate zones of two each."""
    country = Country(population=[100, 300, 200, 200, 100, 100], cpp=[1, 1, 1, 1, 1, 1])
    country.zones["intermediate_zone_code"] = [ONE, ONE, TWO, TWO, THREE, THREE]
    country.add(BELOW, numerator=[10, 30, 20, 20, 10, 10])
    country.rows.append(
        pd.DataFrame(
            {
                "indicator_id": RATE.id,
                "area_code": [ONE, TWO, THREE],
                "area_type": "intermediate_zone",
                "vintage": "2011",
                "period_start": pd.Timestamp("2020-04-01"),
                "period_end": pd.Timestamp("2021-03-31"),
                "period": "2020/21",
                "numerator": np.nan,
                "denominator": [40.0, 20.0, 20.0],
                "value": [90.0, 80.0, 70.0],
                "status": "observed",
                "source_id": "a-source",
            }
        )
    )
    country.indicators.append(RATE)
    return country


def estimates(country: Country, **localities: dict[int, float]) -> pd.DataFrame:
    for name, members in localities.items():
        country.locality(name, list(members))
        for row in country.members:
            if row["locality_id"] == f"wards:{name}":
                row["weight"] = members[int(str(row["zone_code"])[-4:])]
    tables = country.tables_without_figures()
    observations = pd.concat(country.rows, ignore_index=True)
    table = build_estimates(observations, Catalogue(tuple(country.indicators)), *tables, Settings())
    rows = table[table["indicator_id"] == RATE.id]
    return rows.set_index(rows["locality_id"].str.removeprefix("wards:"))


def test_whole_intermediate_zones_have_their_published_figure(country):
    found = estimates(country, one={1: 1, 2: 1}, both={1: 1, 2: 1, 3: 1, 4: 1})
    assert found.loc["one", "value"] == 90
    assert found.loc["one", "status"] == "observed"
    # weighed with 40 and 20 young people: (90 x 40 + 80 x 20) / 60
    assert found.loc["both", "value"] == pytest.approx(5200 / 60)
    assert found.loc["both", "coverage"] == 1


def test_a_part_gets_the_figure_by_its_share_of_residents_as_modelled(country):
    # zone 2 holds 300 of the 400 residents of the first, so 30 of its 40 young people
    found = estimates(country, part={2: 1, 3: 1, 4: 1})
    assert found.loc["part", "value"] == pytest.approx((90 * 30 + 80 * 20) / 50)
    assert found.loc["part", "status"] == "modelled"


def test_a_part_has_wider_limits_than_the_whole(country):
    found = estimates(country, part={2: 1, 3: 1, 4: 1}, whole={1: 1, 2: 1, 3: 1, 4: 1})
    width = found["upper_ci"] - found["lower_ci"]
    assert width["part"] > width["whole"]


def test_residents_of_a_zone_that_is_shared_count_by_their_share(country):
    # half of zone 1 (50 people) and all of zone 2: 350 of 400 residents of the first intermediate zone
    found = estimates(country, shared={1: 0.5, 2: 1})
    assert found.loc["shared", "denominator"] == pytest.approx(40 * 350 / 400)
    assert found.loc["shared", "value"] == 90
    assert found.loc["shared", "status"] == "modelled"


def test_an_empty_zone_left_out_does_not_cut_an_intermediate_zone(country):
    country.zones.loc[0, "population"] = 0
    assert estimates(country, rest={2: 1}).loc["rest", "status"] == "observed"


def test_figures_of_data_zones_are_not_touched(country):
    country.locality("one", [1, 2])
    tables = country.tables_without_figures()
    observations = pd.concat(country.rows, ignore_index=True)
    table = build_estimates(observations, Catalogue(tuple(country.indicators)), *tables, Settings())
    assert not table.duplicated(["locality_id", "indicator_id", "period"]).any()
    income = table.set_index(["locality_id", "indicator_id"]).loc[("wards:one", "income")]
    assert (income["numerator"], income["denominator"], income["status"]) == (40, 400, "observed")


def test_it_is_tested_where_a_locality_is_made_of_whole_ones_and_says_why_not_elsewhere(country):
    country.locality("whole", [1, 2]).locality("part", [2, 3, 4])
    tables = country.tables_without_figures()
    observations = pd.concat(country.rows, ignore_index=True)
    settings = dataclasses.replace(Settings(), minimum_residents=100)
    found = build_findings(observations, Catalogue(tuple(country.indicators)), *tables, settings)
    found = found[found["indicator_id"] == RATE.id].set_index(["locality_id", "comparator"])
    whole, part = found.loc[("wards:whole", "scotland")], found.loc[("wards:part", "scotland")]
    # the rest: 80 % of 20 and 70 % of 20 young people
    assert whole["comparator_value"] == pytest.approx(75.0)
    assert whole["significance"] != "not_assessed"
    assert part["significance"] == "not_assessed"
    assert part["reason"] == "published by intermediate zone, and this locality is not made of whole ones"
