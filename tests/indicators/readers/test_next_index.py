"""A made edition of the index on zones of 2022, in each form in which SIMD 2020v2 was published.

The names of columns and the period are made up on purpose: whatever the next edition calls them, they are said in
declarations, and nothing else changes.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from indicators.catalogue import load_catalogue
from indicators.errors import GeographyError
from indicators.observations.build import build_observations
from indicators.readers.shared.areas import check_areas
from tests.indicators.conftest import write_sheet

ZONES = ["S01013482", "S01013483", "S01013484"]
# residents, income deprived, rank (1 is most deprived); the last zone's count is hidden
FIGURES = [(1000, 250, 1), (800, 80, 3), (500, "*", 2)]

COMMON = """
definition: "Made up."
domain: "Income"
role: determinant
geography: {geography}
kind: proportion
unit: "% of residents"
multiplier: 100
poorer_is: higher
smallest_important_difference: 1.25
smallest_important_difference_scale: ratio
national_outcome: "Poverty"
numerator: "people"
denominator: "residents"
"""

WORKBOOK = """
id: next_income
title: "Income, workbook"
source: made-workbook
reader: simd
columns: {sheet: "Figures", area: "DZ_2022", numerator: "Inc_n", denominator: "Pop_n", period: "2024"}
suppression: {symbols: ["*"], lower: 0, upper: 4}
"""
RANKS = """
id: next_most_deprived
title: "Third of zones ranked most deprived, CSV"
source: made-ranks
reader: deprived_share
columns: {area: "dz22", rank: "SIMD26_Rank", population: "pop", most_deprived: 0.34, period: "2026"}
is_carried: false
is_tested: false
"""
LONG = """
id: next_income_long
title: "Income, long form of the data portal"
source: made-long
reader: mapped_table
columns:
  area: "GeographyCode"
  date: "DateCode"
  numerator: {where: {Measurement: "Count", Indicator: "Income"}}
  denominator: {where: {Measurement: "Count", Indicator: "Residents"}}
suppression: {symbols: ["*"], lower: 0, upper: 4}
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    rows = [[zone, people, poor] for zone, (people, poor, _) in zip(ZONES, FIGURES, strict=True)]
    book = write_sheet(tmp_path / "next.xlsx", "Figures", [["DZ_2022", "Pop_n", "Inc_n"], *rows])
    ranks = tmp_path / "ranks.csv"
    table = pd.DataFrame(
        {"dz22": ZONES, "pop": [row[0] for row in FIGURES], "SIMD26_Rank": [row[2] for row in FIGURES]}
    )
    table.to_csv(ranks, index=False, encoding="utf-8-sig")
    long = tmp_path / "long.csv"
    cells = [
        (zone, name, value) for zone, people, poor in rows for name, value in (("Residents", people), ("Income", poor))
    ]
    table = pd.DataFrame(cells, columns=["GeographyCode", "Indicator", "Value"])
    table.assign(GeographyType="2022 Data Zones", DateCode="2024", Measurement="Count").to_csv(long, index=False)
    return {"made-workbook": book, "made-ranks": ranks, "made-long": long}


def _catalogue(folder: Path, geography: str = "data_zone_2022"):
    declared = folder / "declared"
    declared.mkdir()
    for text in (WORKBOOK, RANKS, LONG):
        name = text.split("id: ")[1].split("\n")[0]
        (declared / f"{name}.yaml").write_text(text + COMMON.format(geography=geography), encoding="utf-8")
    return load_catalogue(declared)


def test_the_next_index_comes_in_by_declarations_alone(tmp_path, files):
    found = build_observations(files, _catalogue(tmp_path), zone_codes=ZONES, zones="2022")
    assert set(found["vintage"]) == {"2022"}
    by = found.set_index(["indicator_id", "area_code"])
    for form in ("next_income", "next_income_long"):
        # 250 of 1,000 and 80 of 800; a hidden count is hidden, never 0
        assert by.loc[form, "value"].tolist()[:2] == [25.0, 10.0]
        assert by.loc[form, "status"].tolist() == ["observed", "observed", "suppressed"]
        assert by.loc[form, "denominator"].tolist() == [1000, 800, 500]
    # a third of three zones is one: rank 1
    assert by.loc["next_most_deprived", "numerator"].tolist() == [1000, 0, 0]


def test_an_edition_on_other_zones_than_declared_is_refused(tmp_path, files):
    with pytest.raises(GeographyError, match=r"(?s)another vintage.*S01013482"):
        build_observations(files, _catalogue(tmp_path, "data_zone_2011"), zone_codes=ZONES, zones="2022")


def test_mixed_vintages_in_one_file_are_refused(tmp_path, files):
    table = pd.read_csv(files["made-ranks"], encoding="utf-8-sig").replace({ZONES[0]: "S01006506"})
    table.to_csv(files["made-ranks"], index=False)
    with pytest.raises(GeographyError, match=r"(?s)1 of 3 codes are of the 2011 data zones"):
        build_observations(files, _catalogue(tmp_path), zone_codes=ZONES, zones="2022")


def test_figures_of_other_zones_need_a_crosswalk(tmp_path, files):
    with pytest.raises(GeographyError, match=r"(?s)nothing leads from them to those of 2011.*lookups by output area"):
        build_observations(files, _catalogue(tmp_path), zone_codes=["S01006506"], zones="2011")


def test_areas_by_name_only_are_refused():
    """Names of intermediate zones occur twice, so they cannot stand for codes."""
    with pytest.raises(GeographyError, match=r"(?s)not those of intermediate zones.*City Centre"):
        check_areas(["City Centre", "City Centre"], geography="intermediate_zone_2022", where="file", column="Zone")
