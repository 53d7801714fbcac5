"""Eight published files that are no indicator of the project come in by a declaration alone.

Each expected figure was read off the raw row of the file by eye.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from indicators.catalogue import People, load_catalogue
from indicators.readers import mapped_table
from pipelines.sources.declarations import load_sources

CARS = "Number of cars or vans in household: No cars or vans"
NEW, OLD = "nrs-census-2022-data-zone-2022/scotlandcenus2022_", "nrs-census-2022-data-zone-2011/"
COUNTED = [
    (f"{NEW}CarVan5_DataZone.csv", "2022", "S01013482", CARS, "Total", 79, 491),
    (f"{NEW}Tenure5_DataZone.csv", "2022", "S01013482", "Private rented", "Total", 101, 491),
    (f"{NEW}hhSize5_DataZone.csv", "2022", "S01013482", "One person", "Total", 208, 491),
    (f"{NEW}householdComp10_DataZone.csv", "2022", "S01013482", "One person household: Aged 66 and over", "Total", 59,
     491),
    (f"{NEW}AccType7_DataZone.csv", "2022", "S01013482",
     "Flat, maisonette or apartment: Purpose-built block of flats or tenement", "Total", 213, 491),
    (f"{OLD}UV205.csv", "2011", "S01006506", "No religion", "All people", 581, 969),
    (f"{OLD}UV102b.xlsx", "2011", "S01006506", {"column": "Female", "where": {"Age": "85 and over"}},
     {"column": "All people", "where": {"Age": "85 and over"}}, 8, 15),
]  # fmt: skip


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("file", "zones", "zone", "part", "whole", "counted", "among"), COUNTED, ids=[one[0][-24:] for one in COUNTED]
)
def test_counts_of_a_published_table(mirror: Path, file, zones, zone, part, whole, counted, among) -> None:
    declared = replace(
        load_catalogue()["nrs_children"], id="own", source="own", reader="mapped_table",
        geography=f"data_zone_{zones}",
        columns={"numerator": [part], "denominator": [whole], "period": "2022-03-20", "tolerated_excess": 200},
    )  # fmt: skip
    rows = mapped_table.read({"own": mirror / file}, [declared])
    assert len(rows) == {"2011": 6976, "2022": 7392}[zones]
    found = rows[rows["area_code"] == zone].iloc[0]
    assert (found["numerator"], found["denominator"], found["status"]) == (counted, among, "observed")
    assert found["value"] == pytest.approx(100 * counted / among)


@pytest.mark.mirror
def test_a_share_whose_people_are_in_another_file(mirror: Path) -> None:
    sape = load_catalogue()["nrs_children"].source
    declared = replace(
        load_catalogue()["nrs_children"], id="own", source="own", reader="mapped_table",
        people=People(source=sape, ages=(0, 90), per=1),
        columns={"area": "DataZone", "value": "SIMD2020V2Most15pc", "period": "2017", "companions": [sape]},
    )  # fmt: skip
    file = mirror / "phs-simd-2020v2" / "simd2020v2_22062020.csv"
    people = load_sources()[sape].path_in(mirror)
    rows = mapped_table.read({"own": file, sape: people}, [declared])
    found = rows[rows["area_code"] == "S01006728"].iloc[0]
    assert (found["numerator"], found["denominator"]) == (0, 788)
