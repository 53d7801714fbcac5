"""The next edition of a figure held against what was shown of the one before, in a country whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue
from localities.evidence.sums import build_places
from localities.simulation.next_edition import next_edition_tables
from tests.localities.evidence.conftest import Country, indicator


@pytest.fixture(scope="module")
def editions() -> dict[str, pd.DataFrame]:
    """Twenty partnerships of twenty zones of 400 people, each a locality; true shares stay, chance alone differs."""
    rng = np.random.default_rng(3)
    country = Country([400] * 400, [1 + number // 20 for number in range(400)])
    for number in range(400):
        country.locality(f"L{number}", [number + 1])
    share = rng.beta(12, 88, 400)
    one = indicator("income")
    for period in ("2015", "2017"):
        country.add(one, rng.binomial(400, share).astype(float), period=period)
    broken = indicator("broken", breaks=(pd.Timestamp("2016-06-01").date(),))
    for period in ("2015", "2017"):
        country.add(broken, [40.0] * 400, period=period)
    observations, _, zones, localities, members = country.tables()
    places = build_places(zones, localities, members)
    return next_edition_tables(observations, Catalogue((one, broken)), zones["zone_code"].tolist(), places)


def test_a_shrunken_value_foretells_the_next_edition_better_and_nothing_is_foretold_across_a_break(editions):
    values = editions["next_values"]
    assert values["indicator_id"].tolist() == ["income"]
    row = values.iloc[0]
    assert (row["earlier"], row["later"], row["places"]) == ("2015", "2017", 400)
    # true shares vary by 0.032, chance by 0.016: error of the value sqrt(2) x 0.016 over 0.036, of the shrunken less
    assert row["as_published"] == pytest.approx(np.sqrt(2) * 0.0162 / np.hypot(0.0323, 0.0162), rel=0.1)
    assert row["shrunken"] < 0.97 * row["as_published"]


def test_chances_come_true_but_for_the_chance_of_the_next_edition(editions):
    chances = editions["next_chances"]
    assert chances["places"].sum() == 400
    assert chances["came_true"].is_monotonic_increasing
    lowest, highest = chances.iloc[0], chances.iloc[-1]
    assert lowest["mean_chance"] <= lowest["came_true"] < 0.1
    assert highest["came_true"] > 0.8
    likely = chances[chances["from"] >= 0.6]
    came, said = (np.average(likely[name], weights=likely["places"]) for name in ("came_true", "mean_chance"))
    assert said - 0.15 < came < said
    # a fifth of twenty is four
    assert (chances["came_true"] * chances["places"]).sum() == pytest.approx(80)
