"""Figures of one file that cannot all be of the areas it names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.observations.plausibility import Implausible, compare_observations

AREAS = [f"S0100{at}" for at in range(6506, 6536)]


def published(by_year: dict[int, np.ndarray]) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"indicator_id": "claims", "area_type": "data_zone", "area_code": AREAS, "period": str(year),
                      "period_end": pd.Timestamp(year, 12, 31), "value": values, "numerator": values,
                      "status": "observed"})
        for year, values in by_year.items()
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


@pytest.fixture
def years():
    """Return thirty areas in the same order every year, and by chance hardly out of it."""
    drawn = np.random.default_rng(1)
    return {year: np.arange(10.0, 40.0) + drawn.normal(0, 1, 30) for year in range(2013, 2021)}


def test_a_series_whose_early_years_stand_at_other_areas_is_held_back_at_the_year_where_it_parts(years):
    moved = {year: np.roll(values, 9) if year < 2018 else values for year, values in years.items()}
    with pytest.raises(Implausible, match=r"claims in 2018 has its figures in other areas"):
        compare_observations(published(moved), None, where="claims.xlsx")
    compare_observations(published({year: moved[year] for year in range(2018, 2021)}), None, where="claims.xlsx")


def test_figures_that_vary_by_chance_and_a_series_known_to_part_are_let_through(years):
    drawn = np.random.default_rng(2)
    small = {year: values + drawn.normal(0, 8, 30) for year, values in years.items()}
    compare_observations(published(years), None, where="claims.xlsx")
    compare_observations(published(small), None, where="claims.xlsx")
    moved = published({year: np.roll(values, 9) if year < 2018 else values for year, values in years.items()})
    compare_observations(moved, moved, where="claims.xlsx")
