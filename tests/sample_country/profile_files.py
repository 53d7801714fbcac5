"""The sample's outcomes by intermediate zone, as the Improvement Service's workbook of fifteen years has them.

Rates without their counts. A header says what a figure is: `Raw data` was observed, `Imputed` and `Projected` were
not: here, as there, they only continue the line of the observed years.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from tests.sample_country.country import Country
from tests.sample_country.formats import write_workbook
from tests.sample_country.outcomes import Outcomes
from tests.sample_country.people import EFFECTS, YEARS
from tests.sample_country.plan import COUNCILS, COUNTRY_NAME

FloatArray = npt.NDArray[np.float64]

_YEARS = range(2010, 2025)
_LAST_RAW = 2021


def write_profile(folder: Path, country: Country, outcomes: Outcomes, seed: int) -> None:
    """Write the workbook of eight outcomes under a folder, as `<source id>/<file name>`."""
    zones = country.zones
    parent, place = np.unique(zones["intermediate_zone_code"].to_numpy(dtype=str), return_inverse=True)
    first = zones.drop_duplicates("intermediate_zone_code").set_index("intermediate_zone_code").loc[parent]
    labels: list[list[object]] = [["InterZone", "InterZone_Name", "CPP", "Typology_Group", "Typology_Name"]]
    for code, name, council in zip(parent, first["intermediate_zone_name"], first["council"], strict=True):
        labels.append([code, name, COUNCILS[council].other_name, 99, f"{COUNTRY_NAME}: no typology"])
    sheets: dict[str, list[list[object]]] = {"Labels": labels}
    for sheet, name, first_raw, raw in _observed(outcomes, place, seed):
        last_raw = first_raw + raw.shape[1] - 1
        header = ["InterZone"]
        for year in _YEARS:
            kind = "Raw data" if first_raw <= year <= last_raw else "Imputed" if year <= _LAST_RAW else "Projected"
            header.append(f"{name}_{kind}_{year}/{(year + 1) % 100:02d}")
        values = np.round(_continued(raw, first_raw), 9).tolist()
        sheets[sheet] = [list(header), *([code, *row] for code, row in zip(parent, values, strict=True))]
    (folder / "is-cpop").mkdir(parents=True, exist_ok=True)
    write_workbook(folder / "is-cpop" / "IGZ Data - Sep 23.xlsx", sheets)


def _observed(outcomes: Outcomes, place: npt.NDArray[np.intp], seed: int) -> Sequence[tuple[str, str, int, FloatArray]]:
    """Return sheet, name in its header, first observed year, and the observed values (intermediate zones × years)."""
    people = outcomes.people

    def over(values: npt.ArrayLike) -> FloatArray:
        return pd.DataFrame(np.nan_to_num(np.asarray(values, dtype=float))).groupby(place).sum().to_numpy()

    residents = over(people.total)
    # zones weigh by their residents on census day, so that none of the years lacks them
    latent = over((people.latent * people.total[:, 0])[:, None])[:, 0] / residents[:, 0]
    rng = np.random.default_rng([seed, 61])
    size = latent.size

    def noisy(years: int, spread: float) -> FloatArray:
        return rng.normal(0.0, spread, (size, 1)) + rng.normal(0.0, spread / 3, (size, years))

    children = 100.0 * over(outcomes.children) / over(people.children[:, YEARS.index(2014) : YEARS.index(2021)])
    working_age = people.working_age[:, YEARS.index(2013) : YEARS.index(2021)]
    claims = 100.0 * over(outcomes.out_of_work) / over(np.where(np.isnan(outcomes.out_of_work), 0, working_age))
    attainment = 5.63 + EFFECTS["Attainment"][1] * latent[:, None] + noisy(8, 0.12)
    participation = 100.0 * expit(logit(0.93) - EFFECTS["not_participating"][1] * latent[:, None] + noisy(6, 0.2))
    crime = 420.0 * np.exp(EFFECTS["crime"][1] * latent[:, None] + noisy(12, 0.2))
    emergencies = 24_000.0 * np.exp(EFFECTS["EMERG"][1] * latent[:, None] + noisy(12, 0.09))
    mortality = np.round(380.0 * np.exp(EFFECTS["SMR"][1] * latent[:, None] + noisy(12, 0.09)))
    # these two were observed for one year more than the counts by data zone
    children = np.column_stack([children, children[:, -1] * rng.normal(1.10, 0.06, size)])
    claims = np.column_stack([claims, claims[:, -1] * rng.normal(0.95, 0.04, size)])
    change = 100.0 * residents / residents[:, :1]
    depopulation = np.column_stack([change[:, 0], change])
    return (
        ("Chi Pov - IGZ ", "Child Poverty", 2014, children),
        ("Educational Attainment", "Attainment", 2013, attainment),
        ("Participation", "Participation Rate", 2016, participation),
        ("Out of work benefits - IGZ", "Out of Work Benefits", 2013, claims),
        ("Total crimes per 10,000 - IGZ", "Crime Rate", 2010, crime),
        ("Emergency hos (65+) - IGZ", "Emergency Admissions", 2010, emergencies),
        ("Mortality - IGZ", "Early Mortality", 2010, mortality),
        ("Depopulation - IGZ", "Depopulation", 2010, depopulation),
    )


def _continued(raw: FloatArray, first_raw: int) -> FloatArray:
    """Return all the years: those observed, and before and after them the nearest observed value drawn to the mean."""
    before, after = first_raw - _YEARS[0], len(_YEARS) - (first_raw - _YEARS[0]) - raw.shape[1]
    mean = raw.mean(axis=1, keepdims=True)
    back = mean + (raw[:, :1] - mean) * 0.8 ** np.arange(before, 0, -1)
    on = mean + (raw[:, -1:] - mean) * 0.8 ** np.arange(1, after + 1)
    return np.hstack([back, raw, on])
