"""The sample's census of 2022 by output area: health, disability, qualifications and work, and what its columns hold.

Drawn person by person around each zone's latent deprivation, cells perturbed afterwards as real ones are. On purpose:
some names begin with a tab; emptied zones have no output area; one zone's output areas are assigned to no zone, as 422
real ones are.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.sample_country.country import Country
from tests.sample_country.formats import csv_bytes, write_gzip
from tests.sample_country.people import People

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_AGES = {"0 to 15": 16, "16 to 24": 25, "25 to 34": 35, "35 to 49": 50, "50 to 64": 65, "65 and over": 91}
_LEVELS = "Very good", "Good", "Fair", "Bad", "Very bad"
_LIMITED = "limited a lot", "limited a little", "not limited"
# shares at each age in an average zone, and what a unit of deprivation adds to their logarithm
_HEALTH = (
    [(0.83, 0.14, 0.024, 0.004, 0.001), (0.66, 0.26, 0.06, 0.015, 0.003), (0.56, 0.32, 0.09, 0.024, 0.005),
     (0.47, 0.36, 0.12, 0.042, 0.012), (0.35, 0.37, 0.18, 0.08, 0.025), (0.19, 0.36, 0.30, 0.113, 0.037)],
    (-0.25, 0.0, 0.25, 0.5, 0.6),
)  # fmt: skip
_DISABILITY = (
    [(0.027, 0.052, 0.921), (0.044, 0.098, 0.858), (0.05, 0.095, 0.855), (0.072, 0.105, 0.823), (0.133, 0.149, 0.718),
     (0.249, 0.253, 0.498)],
    (0.45, 0.15, -0.1),
)  # fmt: skip
_QUALIFICATIONS = {
    "No qualifications": (0.166, 0.5),
    "Lower school qualifications": (0.19, 0.2),
    "Upper school qualifications": (0.11, -0.05),
    "Apprenticeship qualifications": (0.076, 0.05),
    "Further Education and sub-degree Higher Education qualifications incl. HNC/HNDs": (0.132, 0.0),
    "Degree level qualifications or above": (0.326, -0.45),
}
_ACTIVE, _INACTIVE = "Economically Active (excluding full-time students)", "Economically inactive"
_WORK = {
    f"{_ACTIVE} - Employee - Total": (0.476, -0.08),
    f"{_ACTIVE} - Self-employed without employees - Total": (0.074, -0.1),
    f"{_ACTIVE} - Unemployed - Available for work": (0.019, 0.6),
    "Economically Active full-time students - Total": (0.04, -0.1),
    f"{_INACTIVE} - Retired": (0.233, 0.0),
    f"{_INACTIVE} - Student": (0.048, -0.1),
    f"{_INACTIVE} - Looking after home/ family": (0.034, 0.3),
    f"{_INACTIVE} - Long term sick or disabled": (0.052, 0.7),
    f"{_INACTIVE} - Other": (0.024, 0.3),
}


def write_output_areas(folder: Path, country: Country, people: People, seed: int) -> None:
    """Write the tables by output area, their metadata and their lookup under a folder."""
    rng = np.random.default_rng([seed, 61])
    ages = people.ages_2021
    zone = np.repeat(np.flatnonzero(ages.sum(axis=1) > 0), 2)
    # each zone's people fall into one of its two output areas
    half = rng.binomial(ages[zone[::2]], 0.5)
    singly = np.stack([half, ages[zone[::2]] - half], axis=1).reshape(-1, ages.shape[1])
    by_age = np.stack([part.sum(axis=1) for part in np.split(singly, list(_AGES.values())[:-1], axis=1)], axis=1)
    adults, latent = singly[:, 16:].sum(axis=1), people.latent[zone]
    health, disability = (_by_age(rng, by_age, latent, *shares) for shares in (_HEALTH, _DISABILITY))
    work = _divided(rng, adults, latent, _WORK)
    active = work[[name for name in work if name.startswith(_ACTIVE)]].sum(axis=1)
    # the census's own spelling differs in this one
    work.insert(0, "Economically Active (excluding full time students) - Total", active)
    tables = {
        "UV302b": _crossed("All people", _LEVELS, by_age, health),
        "UV303b": _crossed("All people", [f"Day-to-day activities {one}" for one in _LIMITED], by_age, disability),
        "UV501": _with_total("All people aged 16 and over", adults, _divided(rng, adults, latent, _QUALIFICATIONS)),
        "UV601": _with_total("\tAll people aged 16 and over", adults, work),
    }
    codes = pd.Index([f"S00{995001 + place}" for place in range(len(zone))], name="OA")
    place = folder / "nrs-census-2022-output-area"
    place.mkdir(parents=True, exist_ok=True)
    metadata: list[list[object]] = [
        ["Variable_Name", "Variable_ID", "Table_ID", "Table_Name", "Type", "Unit", "Full_Name"]
    ]
    for name, table in tables.items():
        ids = [f"{name}{number:04}" for number in range(1, table.shape[1] + 1)]
        moved = (table.to_numpy() + rng.integers(-1, 2, table.shape)).clip(0) * (table.to_numpy() > 0)
        pd.DataFrame(moved, index=codes, columns=ids).to_parquet(place / f"{name}.parquet", compression="zstd")
        metadata += [[said, one, name, name, "Count", "Person", said] for one, said in zip(ids, table, strict=True)]
    (place / "Table_Metadata.csv").write_bytes(csv_bytes(metadata))
    known = country.zones["zone_code"].to_numpy()[zone].astype(object)
    known[_unassigned(people, zone)] = ""
    lookup = folder / "derived-data-zone-2011-2022"
    lookup.mkdir(parents=True, exist_ok=True)
    rows = [["OA22", "DZ2011", "how"], *([*one, "group"] for one in zip(codes, known, strict=True))]
    write_gzip(lookup / "oa2022_to_dz2011_inferred.csv.gz", csv_bytes(rows))


def _unassigned(people: People, zone: IntArray) -> npt.NDArray[np.bool_]:
    """Return the output areas of the zone whose deprivation is nearest to the average."""
    return zone == zone[np.argmin(np.abs(people.latent[zone]))]


def _by_age(
    rng: np.random.Generator,
    by_age: IntArray,
    latent: FloatArray,
    shares: list[tuple[float, ...]],
    slopes: tuple[float, ...],
) -> IntArray:
    """Return people by output area, age and answer."""
    weight = np.array(shares)[None] * np.exp(np.array(slopes) * latent[:, None])[:, None]
    return rng.multinomial(by_age, weight / weight.sum(axis=2, keepdims=True))


def _divided(
    rng: np.random.Generator, total: IntArray, latent: FloatArray, parts: dict[str, tuple[float, float]]
) -> pd.DataFrame:
    share, slope = np.array(list(parts.values())).T
    weight = share * np.exp(slope * latent[:, None])
    return pd.DataFrame(rng.multinomial(total, weight / weight.sum(axis=1, keepdims=True)), columns=list(parts))


def _crossed(base: str, answers: list[str] | tuple[str, ...], by_age: IntArray, counts: IntArray) -> pd.DataFrame:
    """Return a table of answers by age, as published: the base first, each with its total before its ages."""
    found = {}
    for name, part in ((base, by_age), *zip(answers, np.moveaxis(counts, 2, 0), strict=True)):
        found[f"{name}: Total"] = part.sum(axis=1)
        found |= {f"{name}: {age}": part[:, number] for number, age in enumerate(_AGES)}
    return pd.DataFrame(found)


def _with_total(name: str, total: IntArray, table: pd.DataFrame) -> pd.DataFrame:
    table.insert(0, name, total)
    return table
