"""The Duncan index of real partnerships against the one that the Improvement Service publishes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from indicators.inequality.duncan_index import duncan_index

pytestmark = pytest.mark.mirror

# Improvement Service, Community Planning Outcomes Profile, "Duncan index by FINALSep23", year 2021, turned so that
# above 0 is poorer for the income deprived: crime, child poverty, early mortality, by intermediate zone.
PUBLISHED = {
    "S12000033": (0.294621393525386, 0.366802009372545, 0.33326002978049),  # Aberdeen City
    "S12000041": (0.223271757846117, 0.307902332552373, 0.294092656358271),  # Angus
    "S12000036": (0.356138451280628, 0.44894203683079, 0.440153843060351),  # City of Edinburgh
    "S12000049": (0.190366167157698, 0.269836535476294, 0.281387240599095),  # Glasgow City
    "S12000018": (0.248281024457535, 0.343516649297818, 0.377308264106184),  # Inverclyde
    "S12000023": (0.0210476330617704, 0.15977540246566, 0.168021951870214),  # Orkney Islands
    "S12000030": (0.244441992203551, 0.368755353716534, 0.36900524312987),  # Stirling
}
SHEETS = {
    "Total crimes per 10,000 - IGZ": "Crime Rate_Raw data_2021/22",
    "Chi Pov - IGZ ": "Child Poverty_Raw data_2021/22",
    "Mortality - IGZ": "Early Mortality_Raw data_2021/22",
}


def test_duncan_index_is_the_published_one(mirror: Path) -> None:
    simd = pd.read_csv(mirror / "sg-simd-2020v2" / "simd2020_withinds.csv", encoding="utf-8-sig")
    lookup = pd.read_csv(mirror / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv", encoding="cp1252")
    people = (
        simd.merge(lookup, left_on="Data_Zone", right_on="DZ2011_Code")
        .groupby("IZ2011_Code")
        .agg(deprived=("income_count", "sum"), residents=("Total_population", "sum"), council=("LA_Code", "first"))
    )
    book = CalamineWorkbook.from_path(mirror / "is-cpop" / "IGZ Data - Sep 23.xlsx")
    values = []
    for sheet, column in SHEETS.items():
        header, *rows = book.get_sheet_by_name(sheet).to_python()
        values.append(pd.DataFrame(rows, columns=header).set_index("InterZone").loc[people.index, column])
    group, councils = pd.factorize(people["council"], sort=True)
    out = duncan_index(
        np.column_stack(values).astype(float), people["deprived"], people["residents"] - people["deprived"], group
    )
    for council, expected in PUBLISHED.items():
        # 0.0001: the publisher leaves tied zones in the order of the file
        np.testing.assert_allclose(out.estimate[list(councils).index(council)], expected, atol=1e-4)
