"""The people of the sample: residents by year and age, and which of them live in the planted communities.

Deprivation is one latent number per zone, 0 in an average zone and higher where life is poorer. What it does to each
published indicator is `EFFECTS`, and the truth of the planted communities is written from there. The indicators
themselves are drawn in `outcomes`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.sample_country.country import Country
from tests.sample_country.plan import COMMUNITIES, COUNCILS, Community

YEARS = range(2011, 2022)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

EFFECTS: dict[str, tuple[str, float]] = {
    "income": ("odds", 0.80),
    "employment": ("odds", 0.75),
    "CIF": ("ratio", 0.60),
    "ALCOHOL": ("ratio", 0.60),
    "DRUG": ("ratio", 0.80),
    "SMR": ("ratio", 0.26),
    "DEPRESS": ("odds", 0.26),
    "LBWT": ("odds", 0.25),
    "EMERG": ("ratio", 0.28),
    "Attendance": ("odds", -0.42),
    "Attainment": ("difference", -0.40),
    "no_qualifications": ("ratio", 0.45),
    "not_participating": ("odds", 0.65),
    "University": ("odds", -0.40),
    "crime": ("ratio", 0.45),
    "overcrowded": ("odds", 0.45),
    "children": ("odds", 0.55),
    "out_of_work": ("odds", 0.70),
}
"""What one unit of latent deprivation does to each indicator, and on which scale.

For ``odds`` and ``ratio`` the number is the natural logarithm of what the odds or the value are multiplied by; for
``difference`` it is what is added. Travel times, broadband and central heating follow the land, not deprivation.
"""


@dataclass(frozen=True)
class People:
    """Who lives where, rows in the order of `Country.zones`.

    Attributes
    ----------
    total
        Residents at mid-year, shape (zones, years of `YEARS`); 0 in the emptied zones from 2016.
    children, working_age
        Residents aged 0–15 and 16–64, same shape.
    ages_2020, ages_2021
        Residents by single year of age at mid-year, shape (zones, 91), the last being 90 and over.
    latent
        Deprivation of each zone.
    truth
        One row per planted zone: community, kind, CPP, zone, residents, and the effect on every indicator.
    """

    total: IntArray
    children: IntArray
    working_age: IntArray
    ages_2020: IntArray
    ages_2021: IntArray
    latent: FloatArray
    truth: pd.DataFrame

    def in_year(self, ages: str, year: int) -> IntArray:
        """Return `total`, `children` or `working_age` of one year."""
        values: IntArray = getattr(self, ages)[:, YEARS.index(year)]
        return values


def make_people(country: Country, seed: int) -> People:
    """Return the people of the sample for a seed."""
    total, children, working_age = _by_year(np.random.default_rng([seed, 11]), country)
    ages = {
        year: _single_years(
            np.random.default_rng([seed, stream]),
            *(one[:, YEARS.index(year)] for one in (total, children, working_age)),
        )
        for year, stream in ((2020, 14), (2021, 12))
    }
    residents = total[:, YEARS.index(2021)]
    members = {one.name: _grown(one, country, residents) for one in COMMUNITIES}
    latent = _deprivation(np.random.default_rng([seed, 13]), country, members)
    truth = _truth(country, members, residents)
    return People(total, children, working_age, ages[2020], ages[2021], latent, truth)


def _by_year(rng: np.random.Generator, country: Country) -> tuple[IntArray, IntArray, IntArray]:
    """Return residents, children and people of working age by zone and year, each moving smoothly from census day."""
    zones = country.zones
    size = len(zones)
    since = np.arange(len(YEARS)) / (len(YEARS) - 1)
    growth = rng.normal(0.01, 0.06, size)
    wobble = rng.normal(0.0, 0.006, (size, len(YEARS)))
    wobble[:, 0] = 0.0
    total = np.round(zones["total_2011"].to_numpy()[:, None] * np.exp(growth[:, None] * since + wobble))
    rural = zones["urban_rural"].to_numpy() >= 6
    share_children = np.clip(rng.normal(0.165, 0.03, size), 0.08, 0.27)[:, None] + rng.normal(0.0, 0.004, total.shape)
    share_working = np.where(rural, 0.60, 0.645)[:, None] + rng.normal(0.0, 0.03, (size, 1)) - 0.015 * since
    years = np.array(YEARS)
    total[np.ix_(zones["is_emptied"].to_numpy(), years >= 2016)] = 0
    return (
        total.astype(np.int64),
        np.round(total * share_children).astype(np.int64),
        np.round(total * share_working).astype(np.int64),
    )


def _single_years(rng: np.random.Generator, total: IntArray, children: IntArray, working_age: IntArray) -> IntArray:
    """Return residents by single year of age, whose children and people of working age are those given."""
    older = np.exp(-((np.arange(65, 91) - 65.0) ** 2) / 320.0)
    # the last single year stands for all who are 90 and over
    older[-1] *= 2.5
    bands = (
        (children, np.full(16, 1 / 16)),
        (working_age, np.full(49, 1 / 49)),
        (total - children - working_age, older / older.sum()),
    )
    return np.hstack([rng.multinomial(people, shares) for people, shares in bands])


def _grown(community: Community, country: Country, residents: IntArray) -> IntArray:
    """Return the zones of a community: from its middle outwards, always to the nearest neighbour."""
    zones = country.zones
    of_council = zones["council"].map(lambda position: COUNCILS[position].code) == community.council_code
    may_join = (of_council & ~zones["is_emptied"]).to_numpy()
    away = np.hypot(zones["x"].to_numpy() - community.x, zones["y"].to_numpy() - community.y)
    away[~may_join] = np.inf
    members = [int(np.argmin(away))]
    # a zone joins while that brings the community nearer to the number of residents that was asked for
    while True:
        beside = np.unique(country.neighbours[members].nonzero()[1])
        beside = beside[may_join[beside] & ~np.isin(beside, members)]
        if beside.size == 0:
            break
        nearest = int(beside[np.argmin(away[beside])])
        if residents[members].sum() + residents[nearest] / 2 > community.residents:
            break
        members.append(nearest)
    return np.sort(np.array(members))


def _deprivation(rng: np.random.Generator, country: Country, members: dict[str, IntArray]) -> FloatArray:
    """Return the latent deprivation of each zone: its council, a little from its surroundings, its own, and effects."""
    size = len(country.zones)
    council = country.zones["council"].to_numpy()
    own, surroundings = rng.normal(size=size), rng.normal(size=size)
    for _ in range(3):
        surroundings = (surroundings + country.neighbours @ surroundings) / (1.0 + country.neighbours.sum(axis=1))
    surroundings = (surroundings - surroundings.mean()) / surroundings.std()
    spread = np.array([one.variation for one in COUNCILS])[council]
    ordinary = spread * (0.92 * own + 0.39 * surroundings)
    latent = np.array([one.deprivation for one in COUNCILS])[council] + ordinary
    for community in COMMUNITIES:
        within = members[community.name]
        if community.effect == 0.0:
            latent[within] += COUNCILS[council[within[0]]].deprivation - latent[within].mean()
        else:
            latent[within] += community.effect
    return latent


def _truth(country: Country, members: dict[str, IntArray], residents: IntArray) -> pd.DataFrame:
    rows = []
    for community in COMMUNITIES:
        for position in members[community.name]:
            row: dict[str, object] = {
                "community": community.name,
                "kind": community.kind,
                "cpp_code": community.council_code,
                "zone_code": country.zones.loc[position, "zone_code"],
                "residents_2021": int(residents[position]),
                "effect": community.effect,
            }
            for name, (scale, slope) in EFFECTS.items():
                shift = slope * community.effect
                row[f"{name}_{scale}"] = round(shift if scale == "difference" else float(np.exp(shift)), 3)
            rows.append(row)
    return pd.DataFrame(rows)
