"""What people in the sample live with: SIMD's indicators, children in low-income families, benefits.

Each figure is drawn once, at full precision, around what the zone's latent deprivation says (`people.EFFECTS`). What
publishers then do to it, such as rounding and suppression, is in the writers. Suppression that depends on the figure
itself is marked here, because two files must agree on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from tests.sample_country.country import Country
from tests.sample_country.people import EFFECTS, People, make_people
from tests.sample_country.ranks import domain_ranks, overall_rank
from tests.sample_country.services import make_broadband, make_journeys

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# level in an average zone and the noise between zones, on the scale of the effect
_RATIOS = {
    "CIF": (88.0, 0.16),
    "ALCOHOL": (72.0, 0.50),
    "DRUG": (55.0, 0.70),
    "SMR": (92.0, 0.24),
    "EMERG": (93.0, 0.16),
    "no_qualifications": (88.0, 0.30),
}
_CHILDREN_BY_YEAR = (0.120, 0.124, 0.139, 0.156, 0.155, 0.164, 0.139)
_OUT_OF_WORK_BY_YEAR = (0.107, 0.099, 0.095, 0.094, 0.093, 0.096, 0.103, 0.136)


@dataclass(frozen=True)
class Outcomes:
    """The sample's figures, rows in the order of `Country.zones`.

    Attributes
    ----------
    people
        Residents, latent deprivation and truth.
    simd
        Every column of SIMD 2020v2 at full precision under the names of its CSV file, rates and shares in 0 to 1; NaN
        where it does not apply.
    hidden
        For each column with suppression, where its publisher hides the figure.
    children
        Children in low-income families by year 2014/15 to 2020/21, whole numbers; 0 to 4 are suppressed when published.
    out_of_work
        Claimants of out-of-work benefits by year 2013/14 to 2020/21: averages over four quarters; NaN where the
        publisher's cell is blank.
    """

    people: People
    simd: pd.DataFrame
    hidden: dict[str, Flags]
    children: IntArray
    out_of_work: FloatArray


def make_outcomes(country: Country, seed: int) -> Outcomes:
    """Return the figures of the sample for a seed."""
    people = make_people(country, seed)
    simd, hidden = _simd(country, people, seed)
    children = _children(np.random.default_rng([seed, 33]), people)
    claims = _out_of_work(np.random.default_rng([seed, 34]), country, people)
    return Outcomes(people, simd, hidden, children, claims)


def _odds(rng: np.random.Generator, people: People, name: str, level: float, noise: float) -> FloatArray:
    """Return each zone's chance, moved from `level` by deprivation and by noise on the log odds."""
    slope = EFFECTS[name][1]
    chances: FloatArray = expit(logit(level) + slope * people.latent + rng.normal(0.0, noise, people.latent.size))
    return chances


def _simd(country: Country, people: People, seed: int) -> tuple[pd.DataFrame, dict[str, Flags]]:
    rng = np.random.default_rng([seed, 31])
    zones = country.zones
    latent = people.latent
    total, working_age = people.in_year("total", 2017), people.in_year("working_age", 2017)
    households = zones["resident_2011"].to_numpy()
    nobody = total == 0
    data: dict[str, FloatArray] = {
        "Total_population": total.astype(float),
        "Working_Age_population": working_age.astype(float),
    }
    for name, level, people_at_risk in (("income", 0.088, total), ("employment", 0.068, working_age)):
        count = rng.binomial(people_at_risk, _odds(rng, people, name, level, 0.10))
        data[f"{name}_rate"] = np.divide(count, people_at_risk, out=np.full(count.size, np.nan), where=~nobody)
        data[f"{name}_count"] = count.astype(float)
    for name, (level, noise) in _RATIOS.items():
        data[name] = level * np.exp(EFFECTS[name][1] * latent + rng.normal(0.0, noise, latent.size))
    data["CIF"] = np.clip(5.0 * np.round(data["CIF"] / 5.0), 5.0, None)
    for name in ("ALCOHOL", "DRUG"):
        # few stays in a zone: one is worth about 18, and many zones had none
        data[name] = 18.0 * rng.poisson(data[name] / 18.0) * rng.uniform(0.9, 1.1, latent.size)
    data["DEPRESS"] = _odds(rng, people, "DEPRESS", 0.18, 0.12)
    for name, level, typical in (("LBWT", 0.047, 24), ("not_participating", 0.030, 34), ("University", 0.085, 110)):
        at_risk = 4 + rng.poisson(typical * np.maximum(total, 300) / 770.0)
        data[name] = rng.binomial(at_risk, _odds(rng, people, name, level, 0.05)) / at_risk
    data["Attendance"] = np.round(_odds(rng, people, "Attendance", 0.825, 0.20), 5)
    leavers = 6 + rng.poisson(20, latent.size)
    points = 5.63 + EFFECTS["Attainment"][1] * latent + rng.normal(0.0, 0.18, latent.size)
    data["Attainment"] = np.clip(np.round(points * leavers) / leavers, 2.9, 6.9)

    urban = zones["urban_rural"].map({1: 1.15, 2: 1.1, 3: 1.0, 4: 1.0, 5: 0.8, 6: 0.75, 7: 0.65, 8: 0.5}).to_numpy()
    per_head = 0.0205 * urban * np.exp(EFFECTS["crime"][1] * latent + rng.normal(0.0, 0.30, latent.size))
    crimes = rng.poisson(per_head * total)
    # grossed up to all crimes of the council by the share that could be given a place
    located = np.array([1.0126, 1.0042, 1.0213, 1.0077, 1.0301])[zones["council"]]
    data["crime_count"] = crimes * located
    data["crime_rate"] = np.divide(1e4 * crimes * located, total, out=np.full(total.size, np.nan), where=~nobody)
    unheated = expit(logit(0.013) + 0.35 * (zones["urban_rural"].to_numpy() >= 6) + rng.normal(0.0, 0.55, latent.size))
    for name, chance in (
        ("overcrowded", _odds(rng, people, "overcrowded", 0.088, 0.22)),
        ("nocentralheating", unheated),
    ):
        count = rng.binomial(households, chance)
        data[f"{name}_count"] = count.astype(float)
        data[f"{name}_rate"] = count / households
    simd = pd.concat([pd.DataFrame(data), make_journeys(country, seed)], axis=1)
    simd["broadband"] = make_broadband(country, seed)

    # ranks stand on the figures before anything is hidden, as the published ones do
    ranks = domain_ranks(simd.fillna({"income_rate": 0.0, "employment_rate": 0.0, "crime_rate": 0.0}))
    simd = pd.concat([simd, ranks, overall_rank(ranks)], axis=1)
    # SIMD keeps the census-based ratio of people without qualifications where nobody lives any more
    shares = ("DEPRESS", "LBWT", "not_participating", "University", "Attendance", "Attainment", "broadband")
    simd.loc[nobody, [*(name for name in _RATIOS if name != "no_qualifications"), *shares]] = np.nan
    return simd, _hidden(np.random.default_rng([seed, 32]), people, crimes, nobody)


def _hidden(rng: np.random.Generator, people: People, crimes: IntArray, nobody: Flags) -> dict[str, Flags]:
    """Return where the publisher hides figures: fewer than 3 crimes, few pupils, few leavers."""
    children = people.in_year("children", 2017)
    few = np.argsort(children + rng.normal(0.0, 25.0, children.size), kind="stable")
    attendance, attainment = np.zeros(children.size, dtype=bool), np.zeros(children.size, dtype=bool)
    few = few[~nobody[few]]
    attendance[few[:24]] = True
    attainment[few[16:26]] = True
    return {"crime": crimes < 3, "Attendance": attendance, "Attainment": attainment}


def _children(rng: np.random.Generator, people: People) -> IntArray:
    """Return children in low-income families: a zone's own level stays, and each year has its draw."""
    level = people.latent * EFFECTS["children"][1] + rng.normal(0.0, 0.25, people.latent.size)
    years = [
        rng.binomial(people.in_year("children", year), expit(logit(share) + level))
        for year, share in zip(range(2014, 2021), _CHILDREN_BY_YEAR, strict=True)
    ]
    return np.column_stack(years)


def _out_of_work(rng: np.random.Generator, country: Country, people: People) -> FloatArray:
    """Return claimants, averaged over four quarters; three zones of the islands have blanks in the last years."""
    level = people.latent * EFFECTS["out_of_work"][1] + rng.normal(0.0, 0.12, people.latent.size)
    years: Sequence[FloatArray] = [
        rng.binomial(people.in_year("working_age", year), expit(logit(share) + level)) + _quarters(rng, level.size)
        for year, share in zip(range(2013, 2021), _OUT_OF_WORK_BY_YEAR, strict=True)
    ]
    claims = np.column_stack(years)
    working_age = np.column_stack([people.in_year("working_age", year) for year in range(2013, 2021)])
    claims = np.clip(claims, 0.0, working_age)
    islands = np.flatnonzero(country.zones["urban_rural"] == 8)
    claims[islands[-3:], -3:] = np.nan
    return claims


def _quarters(rng: np.random.Generator, size: int) -> FloatArray:
    return rng.integers(-2, 3, size) / 4.0
