"""The index of a domain: by hand, with gaps, and with its direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue
from indicators.errors import ConfigError
from indicators.readers.domain_index import derive, members_of
from indicators.schema.tables import TABLES
from indicators.schema.validation import validate


def rows(indicator: str, values: dict[str, float | str], people: float = 100.0, period: str = "2017") -> pd.DataFrame:
    year = int(period)
    return pd.DataFrame(
        [
            {
                "indicator_id": indicator,
                "area_code": code,
                "area_type": "data_zone",
                "vintage": "2011",
                "period_start": pd.Timestamp(year, 1, 1),
                "period_end": pd.Timestamp(year, 12, 31),
                "period": period,
                "numerator": np.nan,
                "denominator": people,
                "value": value if isinstance(value, float) else np.nan,
                "status": "observed" if isinstance(value, float) else value,
                "source_id": "a-source",
            }
            for code, value in values.items()
        ]
    )


@pytest.fixture
def index(catalogue: Catalogue):
    return replace(catalogue["health_index"], columns={"of": ["simd_smr", "simd_cif"]})


def test_an_index_is_the_mean_of_standardised_members(catalogue, index) -> None:
    # SMR 80, 100, 120, 100: mean 100, sd sqrt(200) = 14.14. CIF 90, 110, 110, 90: mean 100, sd 10.
    zones = ("S01006506", "S01006507", "S01006508", "S01006509")
    smr = rows("simd_smr", dict(zip(zones, (80.0, 100.0, 120.0, 100.0), strict=True)))
    cif = rows("simd_cif", dict(zip(zones, (90.0, 110.0, 110.0, 90.0), strict=True)), people=200.0, period="2018")
    found = derive(pd.concat([smr, cif]), [index], catalogue)
    expected = [(-20 / 14.1421 - 1) / 2, (0 + 1) / 2, (20 / 14.1421 + 1) / 2, (0 - 1) / 2]
    assert found["value"].tolist() == pytest.approx(expected, abs=1e-4)
    assert set(found["denominator"]) == {150.0}
    assert set(found["period"]) == {"2017-2018"}
    found = found.assign(is_summable=False, is_lost=False, is_remainder=False, open_by=0.0)
    validate("observations", found[list(TABLES["observations"].columns)])


def test_where_lower_is_poorer_the_member_is_turned_round(catalogue, index) -> None:
    zones = ("S01006506", "S01006507")
    smr = rows("simd_smr", dict(zip(zones, (80.0, 120.0), strict=True)))
    attendance = rows("simd_attendance", dict(zip(zones, (95.0, 70.0), strict=True)))
    turned = replace(index, columns={"of": ["simd_smr", "simd_attendance"]})
    assert catalogue["simd_attendance"].poorer_is == "lower"
    assert derive(pd.concat([smr, attendance]), [turned], catalogue)["value"].tolist() == [-1.0, 1.0]


def test_half_of_the_members_is_enough_and_none_says_what_is_lacking(catalogue, index) -> None:
    smr = rows("simd_smr", {"S01006506": 80.0, "S01006507": 120.0, "S01006508": "suppressed"})
    cif = rows("simd_cif", {"S01006506": 80.0, "S01006507": "suppressed", "S01006508": "suppressed"})
    cif = pd.concat([cif, rows("simd_cif", {"S01006509": 120.0})])
    found = derive(pd.concat([smr, cif]), [index], catalogue).set_index("area_code")
    assert found.loc["S01006507", "value"] == 1.0
    assert found.loc["S01006508", "status"] == "suppressed"
    assert np.isnan(found.loc["S01006508", "value"])


@pytest.mark.parametrize("of", [["simd_smr"], ["simd_smr", "nothing"], None])
def test_an_index_of_one_or_of_what_is_not_declared_is_refused(catalogue, index, of) -> None:
    with pytest.raises(ConfigError, match=r"health_index.yaml"):
        members_of(replace(index, columns={"of": of}), catalogue)


def test_an_index_describes_and_its_members_vote(catalogue) -> None:
    for name, vote in (("health_index", "health"), ("education_index", "education")):
        assert not catalogue[name].votes
        assert {member.vote for member in members_of(catalogue[name], catalogue) if member.votes} == {vote}


def test_a_member_weighs_by_how_much_of_its_spread_is_more_than_chance(catalogue, index) -> None:
    """Ratios of 80 and 120 (variance 400) of 100 deaths expected: chance alone is 100² x 1 / 100 = 100. So 3/4."""
    zones = ("S01006506", "S01006507")
    smr = rows("simd_smr", dict(zip(zones, (80.0, 120.0), strict=True)))
    attainment = rows("simd_attainment", dict(zip(zones, (5.0, 6.0), strict=True)))
    both = replace(index, columns={"of": ["simd_smr", "simd_attainment"]})
    certain = Catalogue(
        tuple(replace(one, sd_between_people=0.0) if one.id == "simd_attainment" else one for one in catalogue)
    )
    people = float(smr["denominator"].iloc[0])
    weight = 1 - 100.0 * 100.0 / people / 400.0
    found = derive(pd.concat([smr, attainment]), [both], certain)["value"].tolist()
    # z of -1 and 1 for deaths, 1 and -1 for attainment, where lower is poorer
    assert found == pytest.approx([(1 - weight) / (1 + weight), (weight - 1) / (1 + weight)])
