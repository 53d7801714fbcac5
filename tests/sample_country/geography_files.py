"""The sample's geography in the publishers' files: boundaries, centroids, lookups, wards and output areas."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import MultiPolygon

from tests.sample_country.country import CRS, Country
from tests.sample_country.formats import (
    csv_bytes,
    write_geopackage,
    write_gzip,
    write_shapefile_zip,
    write_workbook,
)
from tests.sample_country.plan import COUNCILS, COUNTRY_NAME

URBAN_RURAL_8 = {
    1: "Large Urban Areas",
    2: "Other Urban Areas",
    3: "Accessible Small Towns",
    4: "Remote Small Towns",
    5: "Very Remote Small Towns",
    6: "Accessible Rural",
    7: "Remote Rural",
    8: "Very Remote Rural",
}
URBAN_RURAL_6 = {
    1: (1, "Large Urban Areas"),
    2: (2, "Other Urban Areas"),
    3: (3, "Accessible Small Towns"),
    4: (4, "Remote Small Towns"),
    5: (4, "Remote Small Towns"),
    6: (5, "Accessible Rural"),
    7: (6, "Remote Rural"),
    8: (6, "Remote Rural"),
}
_LOOKUP_AREAS = "DZ2011 IZ2011 MMWard LA SPC UKPC HB HIA SPD SFRLSO SFRSDA RRP LRP TTWA2011 UR2 UR3 UR6 UR8 Country"
_CONSTITUENCIES = ("Brae", "Fardle", "Fennie", "Morlich")
_WARDS_PER_CONSTITUENCY = 6
# like the published lookup, which covers 23 of the 32 councils: the last two have no HSCP localities in it
_COUNCILS_WITH_HSCP_LOCALITIES = 3


def write_geography(folder: Path, country: Country, postcodes: pd.DataFrame) -> None:
    """Write the geographic files of the sample under a folder, as `<source id>/<file name>`."""
    _write_zones(folder, country)
    _write_lookup(folder / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv", country)
    _write_wards(folder / "ons-wards-2025" / "wards_WD25_scotland_bgc.gpkg", country)
    _write_output_areas(folder / "nrs-output-areas-2011" / "output_area_2011.csv.gz", country, postcodes)
    _write_sub_council_areas(
        folder / "is-sub-council-areas" / "Geography Lookup Table - dashboard format.xlsx", country
    )
    _write_hscp_localities(folder / "phs-hscp-locality-lookup" / "datazone-to-locality-lookup.csv", country)


def _write_zones(folder: Path, country: Country) -> None:
    zones = country.zones
    names = pd.DataFrame(
        {
            "DataZone": zones["zone_code"],
            "Name": zones["zone_name"],
            "TotPop2011": zones["total_2011"].astype("int32"),
            "ResPop2011": zones["resident_2011"].astype("int32"),
            "HHCnt2011": zones["households_2011"].astype("int32"),
        }
    )
    area = zones.geometry.area
    measured = names.assign(
        StdAreaHa=np.round(area / 1e4, 6),
        StdAreaKm2=np.round(area / 1e6, 6),
        Shape_Leng=np.round(zones.geometry.length, 6),
        Shape_Area=np.round(area, 6),
    )
    write_shapefile_zip(
        _place(folder / "sg-data-zone-boundaries-2011" / "SG_DataZoneBdry_2011.zip"),
        gpd.GeoDataFrame(measured, geometry=zones.geometry, crs=CRS),
        "SG_DataZone_Bdry_2011",
    )
    write_shapefile_zip(
        _place(folder / "sg-data-zone-centroids-2011" / "SG_DataZoneCent_2011.zip"),
        gpd.GeoDataFrame(names, geometry=gpd.points_from_xy(zones["x"], zones["y"]), crs=CRS),
        "SG_DataZone_Cent_2011",
    )


def _write_lookup(path: Path, country: Country) -> None:
    header = [f"{area}_{part}" for area in _LOOKUP_AREAS.split() for part in ("Code", "Name")]
    towns = list(dict.fromkeys(council.travel_to_work_area for council in COUNCILS))
    rows: list[list[object]] = [list(header)]
    zone: Any
    for zone in country.zones.itertuples(index=False):
        council = COUNCILS[zone.council]
        constituency = int(zone.ward) // _WARDS_PER_CONSTITUENCY
        is_rural = zone.urban_rural >= 6
        is_remote = zone.urban_rural >= 7
        class_6, name_6 = URBAN_RURAL_6[zone.urban_rural]
        rows.append(
            [
                *(zone.zone_code, zone.zone_name, zone.intermediate_zone_code, zone.intermediate_zone_name),
                *(zone.ward_code, zone.ward_name, council.code, council.name),
                *(f"S1699{constituency + 1:04d}", f"Alltmara {_CONSTITUENCIES[constituency]}"),
                *(f"S1499{1 + constituency // 2:04d}", f"Alltmara {'North' if constituency < 2 else 'South'}"),
                *("S08990001", "Alltmara", f"S3799{zone.council + 1:04d}", council.other_name),
                *("S32990001", "Alltmara", "S39990001", "Alltmara", "S40990001", "Alltmara"),
                *("S43990001", "Alltmara", "S42990001", "Alltmara"),
                *(f"S2299{towns.index(council.travel_to_work_area) + 1:04d}", council.travel_to_work_area),
                *((2, "Rural Scotland") if is_rural else (1, "Rest of Scotland")),
                *(
                    (3, "Remote Rural")
                    if is_remote
                    else (2, "Accessible Rural")
                    if is_rural
                    else (1, "Rest of Scotland")
                ),
                *(class_6, name_6, zone.urban_rural, URBAN_RURAL_8[zone.urban_rural], "S92990001", COUNTRY_NAME),
            ]
        )
    _place(path).write_bytes(csv_bytes(rows, encoding="cp1252"))


def _write_wards(path: Path, country: Country) -> None:
    wards = country.wards
    middle = wards.geometry.representative_point()
    degrees = middle.to_crs("EPSG:4326")
    frame = gpd.GeoDataFrame(
        {
            "WD25CD": wards["ward_code"],
            "WD25NM": wards["ward_name"],
            "WD25NMW": "",
            "LAD25CD": wards["council"].map(lambda position: COUNCILS[position].code),
            "LAD25NM": wards["council"].map(lambda position: COUNCILS[position].other_name),
            "BNG_E": np.round(middle.x).astype("int32"),
            "BNG_N": np.round(middle.y).astype("int32"),
            "LONG": np.round(degrees.x, 6),
            "LAT": np.round(degrees.y, 6),
            "GlobalID": [str(uuid.uuid5(uuid.NAMESPACE_URL, f"alltmara/{code}")) for code in wards["ward_code"]],
        },
        geometry=wards.geometry.to_crs("EPSG:4326").set_precision(1e-7),
        crs="EPSG:4326",
    )
    frame = frame.rename_geometry("geom")
    frame["geom"] = [shape if shape.geom_type == "MultiPolygon" else MultiPolygon([shape]) for shape in frame["geom"]]
    write_geopackage(_place(path), frame, path.stem)


def _write_output_areas(path: Path, country: Country, postcodes: pd.DataFrame) -> None:
    areas = country.output_areas.copy()
    areas["masterpc"] = postcodes.drop_duplicates("output_area").set_index("output_area")["postcode"]
    write_gzip(_place(path), csv_bytes([list(areas.columns), *areas.itertuples(index=False)]))


def _write_sub_council_areas(path: Path, country: Country) -> None:
    rows: list[list[object]] = [
        ["Datazone 2011 Code", "Sub-Council Area Name", "Local Authority Name", "Type of Geography"]
    ]
    zone: Any
    for zone in country.zones.itertuples(index=False):
        council = COUNCILS[zone.council]
        kind = "Custom" if council.custom_areas else "MMW"
        rows.append([zone.zone_code, zone.sub_council_area, council.other_name, kind])
    write_workbook(_place(path), {"2011": rows})


def _write_hscp_localities(path: Path, country: Country) -> None:
    rows: list[list[object]] = [["DataZone", "SubHSCP", "SubHSCPName", "CA", "HSCP", "HB", "Country"]]
    zones = country.zones[country.zones["council"] < _COUNCILS_WITH_HSCP_LOCALITIES]
    zone: Any
    for zone in zones.itertuples(index=False):
        council = COUNCILS[zone.council]
        pair = int(zone.ward - country.zones.loc[country.zones["council"] == zone.council, "ward"].min()) // 2
        name = f"{council.travel_to_work_area} {('Central', 'East', 'West')[pair]}"
        code = f"P{'ABC'[zone.council]}{99_0001 + pair:07d}"
        partnership = f"S3799{zone.council + 1:04d}"
        rows.append([zone.zone_code, code, name, council.code, partnership, "S08990001", "S92990001"])
    _place(path).write_bytes(csv_bytes(rows, newline="\r\n"))


def _place(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
