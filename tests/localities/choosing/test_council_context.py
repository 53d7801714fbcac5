"""Figures of whole councils beside a partnership."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.errors import GeographyError
from localities.choosing.council_context import build_context
from tests.indicators.conftest import write_sheet

LIFE = (
    "indicator,area_code,area_type,period,measure,lower_confidence_interval,upper_confidence_interval\n"
    '"Life expectancy, males",S00000001,Scotland,2017 to 2019 (3 year aggregate),77.2,77.1,77.3\n'
    '"Life expectancy, males",S12000047,Council area,2017 to 2019 (3 year aggregate),77.5,77.2,77.8\n'
    '"Life expectancy, males",S02001236,Intermediate zone,2014 to 2018 (5 year aggregate),80,79,81\n'
)
HEADER = [
    "Council area",
    "Five-year period",
    "Age-standardised rate (per 100,000 population)",
    "Lower 95% confidence interval",
    "Upper 95% confidence interval",
]


def write_files(folder: Path, council: str = "Orkney Islands") -> dict[str, Path]:
    life = folder / "life.csv"
    life.write_text(LIFE, encoding="utf-8")
    deaths = [HEADER, ["Fife", "2020 - 2024", 21.5, 19.3, 23.7], [council, "2020 - 2024", "[l]", "[l]", "[l]"]]
    poverty = [
        ["Region", "Local authority ", "Area Code", "Number", "", "Percentage", ""],
        ["", "", "", "2022/23", "2023/24", "2022/23", "2023/24"],
        ["London", "Hackney", "E09000012", 26237, 26834, 0.45, 0.44],
        ["Scotland", "Fife", "S12000047", 16000, 15000, 0.245, 0.23],
    ]
    return {
        "scotpho-life-expectancy-intermediate-zone": life,
        "nrs-drug-deaths-council": write_sheet(folder / "deaths.xlsx", "Table_C4", deaths),
        "end-child-poverty-council": write_sheet(folder / "poverty.xlsx", "Local Authority", poverty),
    }


def test_councils_and_scotland_have_their_figures_as_published(tmp_path):
    table = build_context(write_files(tmp_path))
    rows = table.set_index(["area_code", "context_figure", "period"])
    life = rows.loc[("S12000047", "Life expectancy, males", "2017-2019")]
    assert life[["value", "lower_ci", "upper_ci"]].tolist() == [77.5, 77.2, 77.8]
    assert ("S92000003", "Life expectancy, males", "2017-2019") in rows.index
    assert rows.loc[("S12000047", "Children in poverty after housing costs", "2023/24"), "value"] == pytest.approx(23)
    # places inside councils and councils elsewhere are not context
    assert set(table["area_code"]) == {"S12000047", "S12000023", "S92000003"}


def test_a_rate_that_is_not_given_is_missing_and_not_zero(tmp_path):
    table = build_context(write_files(tmp_path)).set_index("area_code")
    orkney = table.loc["S12000023"]
    assert orkney["context_figure"] == "Drug misuse deaths, standardised by age"
    assert orkney[["value", "lower_ci", "upper_ci"]].isna().all()


def test_what_is_there_is_read_and_nothing_is_an_empty_table(tmp_path):
    files = write_files(tmp_path)
    del files["nrs-drug-deaths-council"]
    assert set(build_context(files)["source_id"]) == set(files)
    assert build_context({}).empty


def test_a_council_that_nobody_knows_is_refused(tmp_path):
    with pytest.raises(GeographyError, match="Orknay"):
        build_context(write_files(tmp_path, council="Orknay"))
