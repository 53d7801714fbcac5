"""The sample's postcodes and schools in the publishers' files, and the truth of what was planted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from tests.sample_country.country import CRS, Country
from tests.sample_country.formats import csv_bytes, write_zip
from tests.sample_country.geography_files import URBAN_RURAL_6, URBAN_RURAL_8
from tests.sample_country.outcomes import Outcomes
from tests.sample_country.plan import COUNCILS, COUNTRY_NAME

# the one real code in the sample: readers keep the rows of Scotland
_COUNTRY = "S92000003"
_ENGLAND = "E92000001"
_NO_POSITION = 90
_HEALTH_BOARD = "S08990001"
_GOOD_POSITION = 10
_POSTCODE_COLUMNS = "PC PQ EA NO CY RH LH CC DC WC"
_POSTCODE_COLUMN_TITLES = (
    "Postcode Positional_quality_indicator Eastings Northings Country_code NHS_regional_HA_code NHS_HA_code "
    "Admin_county_code Admin_district_code Admin_ward_code"
)
_SCHOOL_COLUMNS = (
    "SchUID SeedCode SchoolType CentreType SchoolName AddressLine1 AddressLine2 AddressLine3 PostCode LAName LACode "
    "DataZone UPRN Denomination Pupil_Roll FTE_Teachers PropPupilsMinorityEthnic PropPupils20PCMostDeprived "
    "DZSIMDPercentile DZSIMDMostDep15Pct DZSIMDMostDep16_25Pct DZSIMDMostDep25Pct AddrUR8 AddrUR6 AddrUR8Desc "
    "AddrUR6Desc DZUR8 DZUR6 DZUR8Desc DZUR6Desc GridRefEasting GridRefNorthing Latitude Longitude Notes"
)


def write_postcodes(folder: Path, country: Country, postcodes: pd.DataFrame) -> None:
    """Write the postcodes as Code-Point Open: a zip of files without header, one for each postcode area."""
    zones = country.zones
    members: dict[str, bytes] = {
        "Doc/Code-Point_Open_Column_Headers.csv": csv_bytes(
            [
                _POSTCODE_COLUMNS.split(),
                _POSTCODE_COLUMN_TITLES.split(),
            ]
        ),
        "Doc/licence.txt": f"{COUNTRY_NAME}: every postcode in this file is invented.\n".encode(),
    }
    council = zones["council"].map(lambda position: COUNCILS[position].code).to_numpy()[postcodes["zone"]]
    ward = zones["ward_code"].to_numpy()[postcodes["zone"]]
    rows = pd.DataFrame(
        {
            "area": postcodes["postcode"].str[:2].str.lower(),
            "row": list(
                zip(postcodes["postcode"], postcodes["easting"], postcodes["northing"], council, ward, strict=True)
            ),
        }
    )
    for area, within in rows.groupby("area"):
        lines = [
            [postcode, _GOOD_POSITION, east, north, _COUNTRY, "", _HEALTH_BOARD, "", *parents]
            for postcode, east, north, *parents in sorted(within["row"])
        ]
        if area == "zz":
            # rows that the real files have too: a postcode without a position, and one across the border
            lines += [
                ["ZZ98 1AA", _GOOD_POSITION, 530_000, 775_000, _ENGLAND, "", "", "", "", ""],
                ["ZZ99 1AA", _NO_POSITION, 0, 0, _COUNTRY, "", _HEALTH_BOARD, "", COUNCILS[0].code, ""],
            ]
        members[f"Data/CSV/{area}.csv"] = csv_bytes(lines, quote_text=True)
    place = folder / "os-code-point-open"
    place.mkdir(parents=True, exist_ok=True)
    write_zip(place / "codepo_gb.zip", dict(sorted(members.items())))


def write_schools(
    folder: Path, country: Country, outcomes: Outcomes, schools: pd.DataFrame, postcodes: pd.DataFrame
) -> None:
    """Write the schools with the columns of the published file: proportions in bands, `*` where pupils are few."""
    zones = country.zones
    degrees = gpd.GeoSeries(gpd.points_from_xy(schools["easting"], schools["northing"]), crs=CRS).to_crs("EPSG:4326")
    percentile = outcomes.simd["SIMD_2020v2_Percentile"]
    first_postcode = postcodes.drop_duplicates("zone").set_index("zone")["postcode"]
    rows: list[list[object]] = [list(_SCHOOL_COLUMNS.split())]
    school: Any
    for number, school in enumerate(schools.itertuples(index=False)):
        zone = zones.iloc[school.zone]
        council = COUNCILS[zone["council"]]
        seed_code = 9_900_000 + number
        share = int(percentile[school.zone])
        class_8 = int(zone["urban_rural"])
        class_6, name_6 = URBAN_RURAL_6[class_8]
        is_small = school.roll < 60
        classes = [class_8, class_6, URBAN_RURAL_8[class_8], name_6]
        rows.append(
            [
                *(f"{seed_code}{school.kind[0]}", seed_code, school.kind, "Local Authority", school.name),
                *("School Road", zone["intermediate_zone_name"], 0, first_postcode[school.zone]),
                *(council.other_name, council.code, zone["zone_code"], 990_000_000_000 + number, school.denomination),
                *(school.roll, school.teachers),
                "*" if is_small else _band(school.minority, minority=True),
                "*" if is_small else _band(school.deprived),
                *(share, *("Y" if yes else "N" for yes in (share <= 15, 15 < share <= 25, share <= 25))),
                *(*classes, *classes, school.easting, school.northing),
                *(round(float(degrees.y[number]), 7), round(float(degrees.x[number]), 7), ""),
            ]
        )
    place = folder / "sg-school-roll-2022"
    place.mkdir(parents=True, exist_ok=True)
    (place / "SG_SchoolRoll_2022.csv").write_bytes(csv_bytes(rows))


def _band(share: float, minority: bool = False) -> str:
    """Return a share as one of the bands that are published."""
    if share == 0:
        return "0"
    per_cent = 100.0 * share
    if minority and per_cent >= 10:
        return "10 - <20%" if per_cent < 20 else ">20%"
    start = int(np.floor(min(per_cent, 99.0) / 5.0)) * 5
    return f"{start} - <{start + 5}%"


def write_truth(folder: Path, outcomes: Outcomes) -> None:
    """Write what was planted: one row per zone of each community, with the effect on every indicator."""
    truth = outcomes.people.truth
    (folder / "truth.csv").write_bytes(csv_bytes([list(truth.columns), *truth.itertuples(index=False)]))
