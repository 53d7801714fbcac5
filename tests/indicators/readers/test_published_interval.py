"""Means published with an interval: the people whose mean would have it stand behind each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from indicators.errors import ConfigError, SchemaError
from indicators.readers import published_interval
from tests.indicators.conftest import pointing_at

SOURCE = "scotpho-life-expectancy-intermediate-zone"
HEADER = "indicator,area_code,area_type,period,measure,lower_confidence_interval,upper_confidence_interval\n"
ROWS = (
    '"Life expectancy, females",S02001236,Intermediate zone,2014 to 2018 (5 year aggregate),84.28,82.31,86.25\n'
    '"Life expectancy, females",S02001237,Intermediate zone,2014 to 2018 (5 year aggregate),82.00,81.00,83.00\n'
    '"Life expectancy, males",S02001236,Intermediate zone,2014 to 2018 (5 year aggregate),80.00,79.00,81.00\n'
    '"Life expectancy, females",S12000033,Council area,2014 to 2018 (5 year aggregate),81.50,81.00,82.00\n'
)


def write_files(folder: Path, rows: str = ROWS) -> dict[str, Path]:
    path = folder / "extract.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return {SOURCE: path}


def test_the_denominator_is_the_number_of_people_whose_mean_has_the_published_interval(tmp_path, catalogue):
    rows = published_interval.read(write_files(tmp_path), [catalogue["life_expectancy_females"]]).set_index("area_code")
    assert rows["value"].to_dict() == {"S02001236": 84.28, "S02001237": 82.0}
    # 3.94 years wide at 95 %: standard error 3.94 / 3.92 = 1.005; (13 / 1.005) ** 2 = 167.3. Two years: 0.5102, 649.2
    assert rows["denominator"].to_dict() == pytest.approx({"S02001236": 167.3, "S02001237": 649.2}, rel=1e-3)
    assert set(rows["period"]) == {"2014-2018"}
    assert str(rows["period_end"].iloc[0].date()) == "2018-12-31"


def test_an_interval_that_does_not_hold_its_value_is_refused(tmp_path, catalogue):
    with pytest.raises(SchemaError, match="S02001236"):
        published_interval.read(
            write_files(tmp_path, ROWS.replace("84.28,82.31", "84.28,85.31")), [catalogue["life_expectancy_females"]]
        )


def test_limits_and_the_spread_between_people_must_be_declared(tmp_path, catalogue):
    one = catalogue["life_expectancy_females"]
    for wrong in (pointing_at(one, limits=None), replace(one, sd_between_people=None)):
        with pytest.raises(ConfigError, match="sd_between_people"):
            published_interval.read(write_files(tmp_path), [wrong])
