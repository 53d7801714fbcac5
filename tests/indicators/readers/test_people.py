"""Figures published without counts, turned into counts by the people that they concern; worked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indicators.catalogue import load_catalogue, parse_indicator
from indicators.errors import ConfigError
from indicators.readers.shared.measured import as_cells, weighted
from indicators.readers.shared.periods import parse_period

SHARE = {
    "title": "Young people not taking part",
    "definition": "Not taking part, among all aged 16 to 19.",
    "domain": "Education",
    "role": "outcome",
    "source": "x",
    "reader": "simd",
    "geography": "data_zone_2011",
    "kind": "proportion",
    "unit": "%",
    "multiplier": 100,
    "poorer_is": "higher",
    "smallest_important_difference": 1.25,
    "smallest_important_difference_scale": "ratio",
    "national_outcome": "Education",
    "vote": "education",
    "people": {"source": "nrs-sape-2021", "ages": [16, 19], "per": 100},
}


def declared(**changes):
    return parse_indicator({**SHARE, **changes}, Path("young.yaml"))


def test_a_percentage_of_known_people_is_a_count():
    """5 % of 40 young people are 2; nobody of that age, and it does not apply."""
    rows = weighted(declared(), parse_period("2020"), np.array(["a", "b"]), as_cells([5.0, 0.0]), as_cells([40.0, 0.0]))
    assert rows["numerator"].tolist()[0] == pytest.approx(2.0)
    assert rows["value"].tolist()[0] == pytest.approx(5.0)
    assert rows["denominator"].tolist() == [40.0, 0.0]
    assert rows["status"].tolist() == ["observed", "not_applicable"]


def test_a_standardised_ratio_gives_observed_and_expected_events():
    """1,000 residents, 4 % of whom are expected to die: 40; a ratio of 150 where Scotland is 100: 60 observed."""
    ratio = declared(kind="standardised_ratio", people={"column": "Total_population", "per_person": 0.04, "per": 100})
    rows = weighted(ratio, parse_period("2020"), np.array(["a"]), as_cells([150.0]), as_cells([1000.0]))
    assert (rows["numerator"][0], rows["denominator"][0], rows["value"][0]) == (60.0, 40.0, 150.0)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("vote", "income", "income_and_work"),
        ("people", {"ages": [16, 19]}, "a column, or a source"),
        ("people", {"source": "nrs-sape-2021"}, "one of column, ages and by_age"),
        ("people", {"column": "x", "whose": 1}, "only ages, by_age, column"),
        ("dispersion", 5, "at least 1 and at most 4"),
        ("dispersion", 0.5, "at least 1 and at most 4"),
        ("rounding", -1, "a number at least 0"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(key, value, message):
    with pytest.raises(ConfigError, match=message):
        declared(**{key: value})


def test_nothing_votes_that_does_not_say_so():
    assert not declared(vote="").votes
    assert declared().votes
    assert {one.vote for one in load_catalogue() if one.votes} <= {
        "income_and_work", "health", "education", "crime", "housing",
    }  # fmt: skip
    assert not replace(declared(), role="determinant").votes
