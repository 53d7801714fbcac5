"""The sample's censuses, dwellings and residents of 2020 in the publishers' files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from tests.sample_country.census import make_census, make_dwellings
from tests.sample_country.country import Country
from tests.sample_country.formats import csv_bytes, write_workbook
from tests.sample_country.people import People
from tests.sample_country.plan import COUNCILS, COUNTRY_NAME

_TITLES_2022 = {
    "UV201": "Ethnic group",
    "UV303": "Disability",
    "UV402": "Accommodation type - Households",
    "UV404": "Household tenure - Households",
    "UV415": "Occupancy rating for bedrooms",
}
_AREA_2022 = "Intermediate Zone - Data Zone 2011"
_NOTE = (
    f"Crown copyright belongs to the real tables: this one is of {COUNTRY_NAME}, and every figure in it is invented."
)
_END = "© WingArc Australia 2018"
_SITE = "http://statistics.gov.scot"
_CONCEPTS = {
    "dwellings-type": ("Dwellings by Type", "2017", "type-of-dwelling"),
    "household-estimates": ("Household Estimates", "2019", "indicator-dwellings"),
}


def write_census(folder: Path, country: Country, people: People, seed: int) -> None:
    """Write both censuses, dwellings, and residents of 2020 under a folder, as `<source id>/<file name>`."""
    census = make_census(country, people, seed)
    _write_exports(folder, country, census)
    _write_dwellings(folder, country, make_dwellings(country, people, census["UV402"][1], seed))
    _write_residents_2020(folder, country, people)


def _write_exports(folder: Path, country: Country, census: Mapping[str, tuple[str, pd.DataFrame]]) -> None:
    """Write the exports of the census table builder: titles above the table, notes below it."""
    codes = country.zones["zone_code"]
    for name, (dimension, table) in census.items():
        rows = [[code, *counts] for code, counts in zip(codes, table.to_numpy().tolist(), strict=True)]
        if name == "UV201":
            place = _folder(folder, "nrs-census-2022-data-zone-2011")
            (place / "UV201.csv").write_bytes(_comma_export(name, dimension, list(table.columns), rows))
            continue
        is_2011 = name not in _TITLES_2022
        place = _folder(folder, "nrs-census-2011-data-zone" if is_2011 else "nrs-census-2022-data-zone-2011")
        area = "Datazone 2011" if is_2011 else _AREA_2022
        title = (
            "Scotland's Census 2011 - National Records of Scotland\n"
            "Table QS119SC - Households by deprivation dimensions (1)\nAll households\n"
            if is_2011
            else f"Scotland's Census 2022 - National Records of Scotland\nTable {name} - {_TITLES_2022[name]}"
        )
        sheet: list[list[object]] = [
            [],
            [],
            ["C11" if is_2011 else "2022"],
            [title],
            [f"{area} by {dimension}"],
            ["Counting: Abode" if is_2011 else "Counting: Households"],
            [],
            ["Filters:"],
            ["Default Summation", COUNTRY_NAME],
            [],
            [dimension, None, *table.columns],
            [None, area],
            *([None, *row] for row in rows),
            [],
            [],
            ["INFO", None if is_2011 else "Data has been perturbed"],
            [_NOTE],
            [_END],
        ]
        write_workbook(place / f"{name}.xlsx", {"Data Sheet 0": sheet, "template_rse": [["#TABLE#"], [_END]]})


def _comma_export(name: str, dimension: str, columns: list[str], rows: list[list[object]]) -> bytes:
    """Return an export as text: texts in quotes, a comma after the last cell, two lines without quotes."""
    title = f"Scotland's Census 2022 - National Records of Scotland Table {name} - {_TITLES_2022[name]} All people "
    lines = [
        "SuperWEB2(tm)",
        "",
        '"Census 2022-Person-2Cv1"',
        f'"{title}"',
        f'"{_AREA_2022} by {dimension} by Individuals"',
        '"Counting: Individuals"',
        "",
        "Filters:",
        '"Summation Options","Individuals"',
        "",
        ",".join(f'"{column}"' for column in [dimension, *columns]) + ",",
        f'"{_AREA_2022}",',
        *(",".join([f'"{code}"', *map(str, counts)]) + "," for code, *counts in rows),
        *(
            "",
            "",
            '"INFO","Data has been perturbed"',
            "",
            "",
            f'"{_NOTE} "',
            "",
            "(c) Copyright WingArc Australia 2018",
        ),
    ]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _write_dwellings(folder: Path, country: Country, dwellings: Mapping[str, pd.DataFrame]) -> None:
    """Write the slices of statistics.gov.scot: the country, its councils and its zones, one period."""
    zones = country.zones
    for name, table in dwellings.items():
        title, year, concept = _CONCEPTS[name]
        addresses = [f"{_SITE}/def/concept/{concept}/{str(column).casefold().replace(' ', '-')}" for column in table]
        rows: list[list[object]] = [
            [f"Generated by {_SITE}", "2020-07-25T09:15:09+00:00"],
            [f"{_SITE}/data/{name}", title],
            ["measure type", "Ratio"],
            ["Reference Period", year],
            ["Measure (cell values): ", "Ratio(Percent Of Dwellings)"],
            [],
            ["", "", *addresses],
            ["http://purl.org/linked-data/sdmx/2009/dimension#refArea", "Reference Area", *table.columns],
        ]
        places = [("S92990001", COUNTRY_NAME, np.ones(len(table), dtype=bool))]
        council = zones.loc[table.index, "council"].to_numpy()
        places += [(one.code, one.other_name, council == position) for position, one in enumerate(COUNCILS)]
        for code, place, within in places:
            rows.append([f"{_SITE}/id/statistical-geography/{code}", place, *map(_short, table[within].mean())])
        for index, values in table.iterrows():
            zone = zones.loc[index]
            rows.append(
                [f"{_SITE}/id/statistical-geography/{zone['zone_code']}", zone["zone_name"], *map(_short, values)]
            )
        source = "sg-dwellings-by-type" if name == "dwellings-type" else "sg-household-estimates"
        (_folder(folder, source) / f"{name}.csv").write_bytes(csv_bytes(rows))


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _write_residents_2020(folder: Path, country: Country, people: People) -> None:
    """Write the residents of mid-2020, in the form of that year's workbook: other titles and names than in 2021."""
    ages = people.ages_2020
    everyone = ages.sum(axis=0)
    rows: list[list[object]] = [
        [
            "Table 1a: Estimated population by sex, single year of age and 2011 Data Zone area, and council area: "
            "30 June 2020"
        ],
        [],
        ["PERSONS" if place in (4, 16, 29, 41, 53, 65, 77) else None for place in range(95)],
        ["Area code", "Area name", "Council area", "All ages", *(f"AGE{age}" for age in range(90)), "AGE90+"],
        [None, COUNTRY_NAME.upper(), None, int(everyone.sum()), *everyone.tolist()],
        ["DataZone2011Code", "DataZone2011Name", "CouncilArea2019Name"],
    ]
    zones = country.zones
    for code, name, council, by_age in zip(zones["zone_code"], zones["zone_name"], zones["council"], ages, strict=True):
        rows.append([code, name, COUNCILS[council].other_name, int(by_age.sum()), *by_age.tolist()])
    rows += [[], [f"Every figure of {COUNTRY_NAME} is invented"]]
    place = _folder(folder, "nrs-sape-2020")
    write_workbook(place / "sape-2020-persons.xlsx", {"Table 1a Persons (2020)": rows})


def _folder(folder: Path, source: str) -> Path:
    place = folder / source
    place.mkdir(parents=True, exist_ok=True)
    return place
