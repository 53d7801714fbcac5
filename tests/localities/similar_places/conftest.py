"""A small made-up country for tests of similar places: four partnerships of three localities, two zones each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue, Indicator
from localities.settings import Settings
from localities.similar_places.peers import AGE

NEED = Indicator(
    id="simd_income", title="Income-deprived residents", definition="", domain="Income", role="outcome",
    source="made-up", reader="none", geography="data_zone_2011", kind="proportion", unit="% of residents",
    poorer_is="higher", smallest_important_difference=1.25, smallest_important_difference_scale="ratio",
    national_outcome="Poverty", vote="income", multiplier=100.0, same_as=("benefits",),
)  # fmt: skip


def like(name: str, **changes: object) -> Indicator:
    """Return an indicator like the one of need, with another id and whatever else is given."""
    from dataclasses import replace

    return replace(NEED, **{"id": name, "title": name.capitalize(), "vote": name, "same_as": (), **changes})


CATALOGUE = Catalogue(
    (
        *(like(name, role="population", is_tested=False) for name in AGE),
        like("benefits"),
        like("crime", kind="rate", unit="per 10,000 residents", multiplier=10_000.0),
        like("score", kind="mean", unit="points", multiplier=1.0, sd_between_people=9.0,
             smallest_important_difference=0.5,
             smallest_important_difference_scale="sd"),
        NEED,
    )
)  # fmt: skip
SETTINGS = Settings()
ZONES = 24


def figures(indicator_id: str, numerator, value=None) -> pd.DataFrame:
    """Return observations of an indicator for every zone, of 1,000 residents each."""
    one = CATALOGUE[indicator_id]
    x = np.broadcast_to(np.asarray(numerator, dtype=float), ZONES)
    return pd.DataFrame(
        {
            "indicator_id": indicator_id,
            "area_code": [f"S0199{n:04d}" for n in range(ZONES)],
            "area_type": "data_zone",
            "vintage": "2011",
            "period_start": pd.Timestamp("2017-01-01"),
            "period_end": pd.Timestamp("2017-12-31"),
            "period": "2017",
            "numerator": x if value is None else np.nan,
            "denominator": 1000.0,
            "value": x / 1000 * one.multiplier if value is None else np.asarray(value, dtype=float),
            "status": "observed",
            "source_id": "made-up",
        }
    )


@pytest.fixture
def country() -> Mapping[str, pd.DataFrame]:
    """Zones that grow denser, older and more deprived in orders of their own, so that no two localities are alike."""
    n = np.arange(ZONES)
    codes = [f"S0199{one:04d}" for one in n]
    cpp = n // 6 + 1
    zones = pd.DataFrame(
        {
            "zone_code": codes,
            "intermediate_zone_code": [f"S0299{one // 2:04d}" for one in n],
            "cpp_code": [f"S1299000{one}" for one in cpp],
            "cpp_name": [f"Partnership {one}" for one in cpp],
            "population": 1000,
            "census_population": 1000,
            "census_household_population": 1000,
            "urban_rural_8_code": n * 5 % 8 + 1,
            "area_m2": 10_000.0 * (n * 7 % 24 + 1),
        }
    )
    places = pd.DataFrame(
        [
            {"locality_id": f"wards:{one}", "candidate_set": "wards", "locality_name": f"Ward {one}",
             "cpp_code": f"S1299000{one // 3 + 1}", "cpp_name": f"Partnership {one // 3 + 1}", "population": 2000,
             "drawn_from": None}
            for one in range(12)
        ]
    )  # fmt: skip
    membership = pd.DataFrame(
        {"locality_id": [f"wards:{one // 2}" for one in n], "candidate_set": "wards", "zone_code": codes, "weight": 1.0}
    )
    observations = pd.concat(
        [
            *(figures(name, 20 + (n * (3 + 2 * k) % 24) * 5) for k, name in enumerate(AGE)),
            figures("simd_income", 50 + (n * 11 % 24) * 15),
            figures("benefits", 40 + (n * 11 % 24) * 10),
            figures("crime", 100 + n),
            figures("score", 0, value=5 + (n * 13 % 24) / 4),
        ],
        ignore_index=True,
    )
    return {
        "zones": zones,
        "candidate_localities": places,
        "membership": membership,
        "observations": observations,
    }
