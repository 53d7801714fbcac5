"""Figures of whole councils beside a partnership."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.errors import GeographyError
from indicators.readers.scotpho import PROFILES, TECHNICAL_DOCUMENT
from localities.choosing.beside_scotland import beside
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


BENCHMARKS = (
    "Indicators_Information_Code,LA_Information_LocalAuthority,LA_Data_LGBF_Year,LA_Data_LA_IndicatorReal,"
    "Scotland_Data_Scotland_Indicator_Real\n"
    "ENV06,Fife,2023-24,0.43,0.44\nENV06,Argyll & Bute,2023-24,0.39,0.44\nENV06,Eilean Siar,2023-24,0.31,0.44\n"
    "ENV06,Fife,2024-25,0.45,0.443\nENV06,Argyll & Bute,2024-25,0.41,0.443\nENV06,Eilean Siar,2024-25,0.3,0.443\n"
    "NEW99,Fife,2024-25,1,2\n"
)
PROFILE = (
    "area_code,area_name,period,type_definition,indicator,numerator,measure,upper_confidence_interval,"
    "lower_confidence_interval\n"
    'S12000047,Fife,2020 to 2022 (3 year aggregate),Years,"Life expectancy, males",NA,77,77.4,76.6\n'
    "S12000047,Fife,2022 survey year,Percentage,Adults feeling lonely in past week,NA,24,28,20\n"
)
DOCUMENT = "indicator_name,profile,indicator_definition,interpretation\n"


def write_more(folder: Path) -> dict[str, Path]:
    files = {}
    for source, text in (("is-lgbf-council", BENCHMARKS), (PROFILES, PROFILE), (TECHNICAL_DOCUMENT, DOCUMENT)):
        files[source] = folder / f"{source}.csv"
        files[source].write_text(text, encoding="utf-8")
    return files


def write_files(folder: Path, council: str = "Orkney Islands") -> dict[str, Path]:
    life = folder / "life.csv"
    life.write_text(LIFE, encoding="utf-8")
    deaths = [HEADER, ["Fife", "2020 - 2024", 21.5, 19.3, 23.7], [council, "2020 - 2024", "[l]", "[l]", "[l]"]]
    poverty = [
        ["Region", "Local authority ", "Area Code", "Number", "", "Percentage", ""],
        ["", "", "", "2022/23", "2023/24", "2022/23", "2023/24"],
        ["London", "Hackney", "E09000012", 26237, 26834, 0.45, 0.44],
        ["Scotland", "Fife", "S12000047", 16000, 15000, 0.25, 0.2],
        ["Scotland", "Orkney Islands", "S12000023", 800, 1000, 0.2, 0.1],
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
    assert rows.loc[("S12000047", "Children in poverty after housing costs", "2023/24"), "value"] == pytest.approx(20)
    # 16,000 of 75,000 and 10,000 children: 18.8 %, and of Scotland no sum but of its own councils
    assert rows.loc[("S92000003", "Children in poverty after housing costs", "2023/24"), "value"] == pytest.approx(
        100 * 16_000 / 85_000
    )
    # places inside councils and councils elsewhere are not context
    assert set(table["area_code"]) == {"S12000047", "S12000023", "S92000003"}


def test_a_rate_that_is_not_given_is_missing_and_not_zero(tmp_path):
    table = build_context(write_files(tmp_path)).set_index(["area_code", "context_figure"])
    orkney = table.loc[("S12000023", "Drug misuse deaths, standardised by age")]
    assert orkney[["value", "lower_ci", "upper_ci"]].isna().all()


def test_what_is_there_is_read_and_nothing_is_an_empty_table(tmp_path):
    files = write_files(tmp_path)
    del files["nrs-drug-deaths-council"]
    assert set(build_context(files)["source_id"]) == set(files)
    assert build_context({}).empty


def test_a_council_that_nobody_knows_is_refused(tmp_path):
    with pytest.raises(GeographyError, match="Orknay"):
        build_context(write_files(tmp_path, council="Orknay"))


def test_a_council_is_shown_beside_scotland_with_its_place_among_councils(tmp_path):
    table = build_context(write_files(tmp_path) | write_more(tmp_path))
    rows = beside(table, "S12000047").set_index("context_figure")
    recycled = rows.loc["Household waste that is recycled"]
    # 45 % in Fife, 41 % in Argyll and Bute, 30 % in Na h-Eileanan Siar: less is poorer, so Fife is third of three
    assert recycled[["period", "value", "scotland_value"]].tolist() == pytest.approx(["2024/25", 45, 44.3])
    assert recycled[["poorer_rank", "councils"]].tolist() == [3, 3]
    # the profiles have a later life expectancy than the file that has Scotland's: each says its years
    life = rows.loc["Life expectancy, males"]
    assert life[["context_topic", "period", "value", "unit"]].tolist() == ["life_expectancy", "2020-2022", 77, "years"]
    assert life[["scotland_period", "scotland_value"]].tolist() == ["2017-2019", 77.2]
    # where the publisher names no poorer way there is no rank
    lonely = rows.loc["Adults feeling lonely in past week"]
    assert lonely[["value", "lower_ci", "upper_ci"]].tolist() == [24, 20, 28]
    assert lonely.isna()["poorer_rank"]
    # an indicator of the framework without a known title is left out, not shown by its code
    assert not table["context_figure"].str.contains("NEW99").any()
    assert beside(table, "S12000047", topics=["drug_deaths"])["context_figure"].tolist() == [
        "Drug misuse deaths, standardised by age"
    ]


def test_a_figure_too_old_to_be_context_is_left_out(tmp_path):
    table = build_context(write_more(tmp_path))
    old = (table["area_code"] == "S12000035") & (table["period"] == "2024/25")
    assert beside(table[~old], "S12000035").empty
    assert beside(table, "S12000035")["value"].tolist() == [pytest.approx(41)]


def test_profiles_need_their_technical_document(tmp_path):
    files = write_more(tmp_path)
    del files[TECHNICAL_DOCUMENT]
    assert set(build_context(files)["source_id"]) == {"is-lgbf-council"}
