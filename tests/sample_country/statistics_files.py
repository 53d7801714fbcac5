"""The sample's statistics in the publishers' files: SIMD 2020v2 twice, residents, outcomes by year."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.sample_country.country import Country
from tests.sample_country.formats import csv_bytes, write_workbook
from tests.sample_country.outcomes import Outcomes
from tests.sample_country.plan import COUNCILS, COUNTRY_NAME

_FICTIONAL = f"{COUNTRY_NAME}: every figure in this file is invented"
_ACCESS = (
    *("drive_petrol", "drive_GP", "drive_post", "drive_primary", "drive_retail", "drive_secondary"),
    *("PT_GP", "PT_post", "PT_retail"),
)
_RANKS = (
    *("SIMD2020v2_Rank", "SIMD_2020v2_Percentile", "SIMD2020v2_Vigintile", "SIMD2020v2_Decile"),
    *("SIMD2020v2_Quintile", "SIMD2020v2_Income_Domain_Rank", "SIMD2020_Employment_Domain_Rank"),
    *("SIMD2020_Health_Domain_Rank", "SIMD2020_Education_Domain_Rank", "SIMD2020_Access_Domain_Rank"),
    *("SIMD2020_Crime_Domain_Rank", "SIMD2020_Housing_Domain_Rank"),
)
_SUPPRESSED_CHILDREN = 4

Cell = Callable[[float], object]


def write_statistics(folder: Path, country: Country, outcomes: Outcomes) -> None:
    """Write the statistical files of the sample under a folder, as `<source id>/<file name>`."""
    simd = folder / "sg-simd-2020v2"
    simd.mkdir(parents=True, exist_ok=True)
    index = csv_bytes(_simd_csv(country, outcomes), encoding="utf-8-sig", newline="\r\n")
    (simd / "simd2020_withinds.csv").write_bytes(index)
    write_workbook(
        simd / "SIMD+2020v2+-+indicators.xlsx",
        {
            "Contents & notes": [[None, None, "Scottish Index of Multiple Deprivation 2020"], [None, None, _FICTIONAL]],
            "Indicator descriptions": [[None, "Column", "Indicator type", "Description"], [_FICTIONAL]],
            "Data": _simd_workbook(country, outcomes),
        },
    )
    (folder / "nrs-sape-2021").mkdir(exist_ok=True)
    write_workbook(folder / "nrs-sape-2021" / "sape-2021-persons.xlsx", _population_sheets(country, outcomes))
    (folder / "is-cpop").mkdir(exist_ok=True)
    write_workbook(folder / "is-cpop" / "CPOP Data - for PHS.xlsx", _outcome_sheets(country, outcomes))


def _per_cent(share: float) -> str:
    """Return a share as the CSV has it: "8%", halves upwards."""
    return f"{math.floor(100.0 * share + 0.5)}%"


def _whole(value: float) -> int:
    return math.floor(value + 0.5)


def _rank(value: float) -> object:
    return int(value) if value == int(value) else value


def _simd_csv(country: Country, outcomes: Outcomes) -> Iterable[Sequence[object]]:
    """Return the rows of the CSV: rounded, `*` where suppressed, blank where it does not apply, `n/a` for leavers."""
    hidden = outcomes.hidden
    columns: list[tuple[str, Cell]] = [
        ("Total_population", int),
        ("Working_Age_population", int),
        *((name, _rank) for name in _RANKS),
        *((f"{name}_{part}", as_text) for name in ("income", "employment") for part, as_text in _RATE_THEN_COUNT),
        *((name, _whole) for name in ("CIF", "ALCOHOL", "DRUG", "SMR")),
        *(("DEPRESS", _per_cent), ("LBWT", _per_cent), ("EMERG", _whole), ("Attendance", _per_cent)),
        *(("Attainment", "{:.2f}".format), ("no_qualifications", _whole), ("not_participating", _per_cent)),
        *(("University", _per_cent), ("crime_count", _whole), ("crime_rate", _whole)),
        *(("overcrowded_count", int), ("nocentralheating_count", int)),
        *(("overcrowded_rate", _per_cent), ("nocentralheating_rate", _per_cent)),
        *((name, lambda minutes: f"{minutes:.9f}".rstrip("0")) for name in _ACCESS),
        ("broadband", _per_cent),
    ]
    names = ["Data_Zone", "Intermediate_Zone", "Council_area", *(name for name, _ in columns)]
    cells = []
    for name, as_text in columns:
        blank = "0%" if name in ("income_rate", "employment_rate") else "n/a" if name == "Attainment" else ""
        cells.append(_cells(outcomes.simd[name], as_text, blank, hidden.get(name.split("_")[0]), "*"))
    zones = country.zones
    council = [COUNCILS[position].other_name for position in zones["council"]]
    return [names, *zip(zones["zone_code"], zones["intermediate_zone_name"], council, *cells, strict=True)]


_RATE_THEN_COUNT: tuple[tuple[str, Cell], ...] = (("rate", _per_cent), ("count", int))


def _cells(values: pd.Series, as_text: Cell, blank: object, hidden: np.ndarray | None, symbol: object) -> list[object]:
    is_hidden = np.zeros(len(values), dtype=bool) if hidden is None else hidden
    return [
        symbol if hides else blank if math.isnan(value) else as_text(value)
        for value, hides in zip(values.astype(float), is_hidden, strict=True)
    ]


def _simd_workbook(country: Country, outcomes: Outcomes) -> Iterable[Sequence[object]]:
    """Return the rows of the sheet Data: fractions, and `*` both where suppressed and where it does not apply."""
    simd, hidden = outcomes.simd, outcomes.hidden

    def fraction(value: float) -> object:
        return round(value, 9)

    def hundredths(value: float) -> object:
        return round(value, 2)

    columns: list[tuple[str, str, Cell]] = [
        ("Total_population", "Total_population", int),
        ("Working_age_population", "Working_Age_population", int),
        ("Income_rate", "income_rate", hundredths),
        ("Income_count", "income_count", int),
        ("Employment_rate", "employment_rate", hundredths),
        ("Employment_count", "employment_count", int),
        ("CIF", "CIF", int),
        *((name, name, fraction) for name in ("ALCOHOL", "DRUG", "SMR", "DEPRESS", "LBWT", "EMERG", "Attendance")),
        *((name, name, fraction) for name in ("Attainment", "no_qualifications", "not_participating", "University")),
        *((name, name, fraction) for name in _ACCESS),
        ("Broadband", "broadband", fraction),
        ("crime_count", "crime_count", fraction),
        ("crime_rate", "crime_rate", fraction),
        ("overcrowded_count", "overcrowded_count", int),
        ("nocentralheat_count", "nocentralheating_count", int),
        ("overcrowded_rate", "overcrowded_rate", fraction),
        ("nocentralheat_rate", "nocentralheating_rate", fraction),
    ]
    cells = [_cells(simd[name], as_cell, "*", hidden.get(name.split("_")[0]), "*") for _, name, as_cell in columns]
    zones = country.zones
    council = [COUNCILS[position].other_name for position in zones["council"]]
    names = ["Data_Zone", "Intermediate_Zone", "Council_area", *(header for header, _, _ in columns)]
    return [names, *zip(zones["zone_code"], zones["intermediate_zone_name"], council, *cells, strict=True)]


def _population_sheets(country: Country, outcomes: Outcomes) -> dict[str, Iterable[Sequence[object]]]:
    title = "Population of data zones by council area and single year of age, persons, mid-2021"
    rows: list[list[object]] = [
        [f"Table 1: {title}"],
        ["This worksheet contains one table. "],
        [
            *("Data zone code", "Data zone name", "Council area code", "Council area name", "Total population"),
            *(f"Age {age}" for age in range(90)),
            "Age 90 and over",
        ],
    ]
    zone: Any
    for zone, ages in zip(country.zones.itertuples(index=False), outcomes.people.ages_2021, strict=True):
        council = COUNCILS[zone.council]
        rows.append([zone.zone_code, zone.zone_name, council.code, council.other_name, int(ages.sum()), *ages.tolist()])
    notes = [
        [title],
        [_FICTIONAL],
        ["Geographical coverage and time period"],
        [f"The data zones and council areas of {COUNTRY_NAME} as at 30 June 2021"],
    ]
    return {"General_notes": notes, "Population_persons_2021": rows}


def _outcome_sheets(country: Country, outcomes: Outcomes) -> dict[str, Iterable[Sequence[object]]]:
    """Return the sheets of the outcomes workbook: on each, a table of counts and beside it one of residents."""
    zones, people = country.zones, outcomes.people
    years = [f"{year}/{(year + 1) % 100:02d}" for year in range(2014, 2021)]
    children = np.column_stack([people.in_year("children", year) for year in range(2014, 2021)])
    working_age = np.column_stack([people.in_year("working_age", year) for year in range(2013, 2021)])
    council = [COUNCILS[position].other_name for position in zones["council"]]

    hidden = outcomes.children <= _SUPPRESSED_CHILDREN
    by_zone: list[list[object]] = [
        [*["Children in low-income households"], *[None] * 10, "Population 0-15", *[None] * 9],
        ["S-code", "Council", "Name", *years, None, "S-code", "Council", "Name", *range(2014, 2021)],
    ]
    for row, names in enumerate(zip(zones["zone_code"], council, zones["zone_name"], strict=True)):
        counts = [
            ".." if hides else int(count) for count, hides in zip(outcomes.children[row], hidden[row], strict=True)
        ]
        by_zone.append([*names, *counts, None, *names, *children[row].tolist()])

    claims: list[list[object]] = [
        [None, "Total claiming OOWB (average for financial year)", *[None] * 8, "Working age population", *[None] * 8],
        ["DataZone", "2013/14", *years, None, "DZ", *range(2013, 2021)],
    ]
    for row, code in enumerate(zones["zone_code"]):
        averages = [None if math.isnan(count) else count for count in outcomes.out_of_work[row].tolist()]
        claims.append([code, *averages, None, code, *working_age[row].tolist()])

    parent = zones["intermediate_zone_code"]
    first = zones.drop_duplicates("intermediate_zone_code").set_index("intermediate_zone_code")
    sums = [
        pd.DataFrame(table).groupby(parent.to_numpy()).sum()
        for table in (outcomes.children, children, np.nan_to_num(outcomes.out_of_work), working_age)
    ]
    above: list[list[object]] = [
        ["Children in low-income households", *[None] * 9, "Population 0-15", *[None] * 7],
        ["InterZone", "Council", *years, None, "InterZone", *range(2014, 2021)],
    ]
    claims_above: list[list[object]] = [
        [*[None] * 2, "Total claiming OOWB (average for financial year)", *[None] * 10, "Working age population"],
        ["Average", "LA Name", "2013/14", *years, *[None] * 3, "CPP", *range(2013, 2021)],
    ]
    for code in sums[0].index:
        place = COUNCILS[first.loc[code, "council"]]
        above.append([code, place.code, *sums[0].loc[code].tolist(), None, code, *sums[1].loc[code].tolist()])
        claims_above.append(
            [code, place.name, *sums[2].loc[code].tolist(), None, None, code, place.name, *sums[3].loc[code].tolist()]
        )

    crime: list[list[object]] = [
        ["Data_Zone", "Intermediate_Zone", "Council_area", "crime_count", "Total population 2017", "WA population 2017"]
    ]
    simd = outcomes.simd
    counts_of_crime = _cells(simd["crime_count"], lambda value: round(value, 9), "*", outcomes.hidden["crime"], "*")
    residents = simd[["Total_population", "Working_Age_population"]].astype(int).to_numpy().tolist()
    for row, names in enumerate(zip(zones["zone_code"], zones["intermediate_zone_name"], council, strict=True)):
        crime.append([*names, counts_of_crime[row], *residents[row]])
    return {
        "Child Poverty - DZ": by_zone,
        "Child Poverty - IGZ": above,
        "OOWB - DZ": claims,
        "OOWB - IGZ": claims_above,
        "Crime - DZ": crime,
    }
