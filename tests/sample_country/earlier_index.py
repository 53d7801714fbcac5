"""The edition before: SIMD 2016's workbook for the sample, drawn around the figures of the later edition.

The publisher's names of columns changed between the editions, and `*` meant only *not applicable*, except for crime.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from tests.sample_country.country import Country
from tests.sample_country.formats import write_workbook
from tests.sample_country.outcomes import Outcomes
from tests.sample_country.plan import COUNCILS, COUNTRY_NAME

# columns of 2016 and what they are called later
_RATIOS = {"CIF": "CIF", "ALCOHOL": "ALCOHOL", "DRUG": "DRUG", "SMR": "SMR"}
_SHARES = {"DEPRESS": "DEPRESS", "LBWT": "LBWT"}
_SCHOOL = {"Attendance": "Attendance"}
_LEAVERS = {"NEET": "not_participating", "HESA": "University"}
_TIMES = {
    "drive_petrol": "drive_petrol", "drive_GP": "drive_GP", "drive_PO": "drive_post", "drive_primary": "drive_primary",
    "drive_retail": "drive_retail", "drive_secondary": "drive_secondary", "PT_GP": "PT_GP", "PT_Post": "PT_post",
    "PT_retail": "PT_retail",
}  # fmt: skip


def write_earlier_index(folder: Path, country: Country, outcomes: Outcomes, seed: int) -> None:
    """Write the workbook of SIMD 2016's indicators under a folder, as `<source id>/<file name>`."""
    rng = np.random.default_rng([seed, 71])
    simd, people = outcomes.simd, outcomes.people
    total, working = people.in_year("total", 2014), people.in_year("working_age", 2014)
    is_empty = total == 0

    def shares(name: str) -> list[object]:
        moved = np.clip(simd[name].to_numpy(dtype=float) * rng.normal(1.03, 0.05, len(simd)), 0.0, 1.0)
        return _cells(moved, "")

    def scaled(name: str, spread: float) -> list[object]:
        return _cells(simd[name].to_numpy(dtype=float) * rng.normal(1.0, spread, len(simd)).clip(0.5, 1.5), "*")

    income = np.minimum(_fives(total * simd["income_rate"].fillna(0.0).to_numpy() * 1.03), total)
    employment = np.minimum(_fives(working * simd["employment_rate"].fillna(0.0).to_numpy() * 1.12), working)
    crime = simd["crime_count"].to_numpy(dtype=float) * rng.normal(1.05, 0.1, len(simd)).clip(0.6, 1.5)
    crime[is_empty | (crime < 3.0)] = np.nan
    zones = country.zones
    columns: dict[str, list[object]] = {
        "Data_Zone": zones["zone_code"].tolist(),
        "Intermediate_Zone": zones["intermediate_zone_name"].tolist(),
        "Council_area": [COUNCILS[position].other_name for position in zones["council"]],
        "Total_population": [int(value) for value in total],
        "Working_age_population_revised": [int(value) for value in working],
        "Income_rate": _cells(_over(income, total), ""),
        "Income_count": [int(value) for value in income],
        "Employment_rate": _cells(_over(employment, working), ""),
        "Employment_count": [int(value) for value in employment],
        **{name: scaled(later, 0.1) for name, later in _RATIOS.items()},
        **{name: scaled(later, 0.05) for name, later in _SHARES.items()},
        "EMERG": scaled("EMERG", 0.08),
        **{name: shares(later) for name, later in _SCHOOL.items()},
        "Attainment": scaled("Attainment", 0.02),
        "Noquals": _cells(simd["no_qualifications"].to_numpy(dtype=float), "*"),
        **{name: _starred(shares(later)) for name, later in _LEAVERS.items()},
        **{name: scaled(later, 0.04) for name, later in _TIMES.items()},
        "crime_count": _cells(crime, "*"),
        "crime_rate": _cells(_over(crime, total) * 10_000.0, "*"),
        "overcrowded_count": [int(value) for value in simd["overcrowded_count"]],
        "nocentralheat_count": [int(value) for value in simd["nocentralheating_count"]],
        "overcrowded_rate": _cells(simd["overcrowded_rate"].to_numpy(dtype=float), "*"),
        "nocentralheat_rate": _cells(simd["nocentralheating_rate"].to_numpy(dtype=float), "*"),
    }
    path = folder / "sg-simd-2016" / "SIMD16 indicator data.xlsx"
    path.parent.mkdir(exist_ok=True)
    title = "Scottish Index of Multiple Deprivation (SIMD) 2016"
    notes = [[None, None, title], [None, None, f"{COUNTRY_NAME}: every figure in this file is invented"]]
    write_workbook(
        path, {"Contents & Notes": notes, "Data": [list(columns), *map(list, zip(*columns.values(), strict=True))]}
    )


def _fives(values: np.ndarray) -> np.ndarray:
    return 5 * np.round(values / 5.0).astype(np.int64)


def _over(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    quotient = np.full(len(denominator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def _cells(values: np.ndarray, blank: str) -> list[object]:
    return [(blank or None) if math.isnan(value) else round(float(value), 9) for value in values]


def _starred(cells: list[object]) -> list[object]:
    return ["*" if cell is None else cell for cell in cells]
