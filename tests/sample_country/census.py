"""The sample's censuses: households in 2011 by deprivation, and in 2022 homes, disability and ethnic group.

Drawn around each zone's latent deprivation like the outcomes; cells of 2022 are perturbed afterwards, as the real ones
are, so that parts do not sum to their total. The exports that hold these tables are written in `census_files`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.sample_country.country import Country
from tests.sample_country.people import People

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_HOUSE, _FLAT, _OWNED, _PRIVATE = "Whole house or bungalow", "Flat, maisonette or apartment", "Owned", "Private rented"
_ASIAN = "Asian, Asian Scottish or Asian British"

# table, name of the dimension and of the total; then per column its share in an average zone, what a unit of
# deprivation adds to the logarithm of that share, and what being rural does. No share: the sum of those with the same
# beginning.
_TABLES: dict[str, tuple[str, str, tuple[tuple[str, float | None, float, float], ...]]] = {
    "QS119SC": (
        "Household deprivation classification",
        "All households",
        (
            ("Household is not deprived in any dimension", 0.42, -0.45, 0.1),
            ("Household is deprived in 1 dimension", 0.32, 0.0, 0.0),
            ("Household is deprived in 2 dimensions", 0.19, 0.30, 0.0),
            ("Household is deprived in 3 dimensions", 0.06, 0.60, -0.1),
            ("Household is deprived in 4 dimensions", 0.01, 0.80, -0.2),
        ),
    ),
    "UV303": (
        "Disability",
        "All people",
        (
            ("Day-to-day activities limited a lot", 0.10, 0.35, 0.0),
            ("Day-to-day activities limited a little", 0.13, 0.12, 0.0),
            ("Day-to-day activities not limited", 0.77, -0.08, 0.0),
        ),
    ),
    "UV402": (
        "Type of accomodation",
        "All occupied households",
        (
            (f"{_HOUSE}: Total", None, 0.0, 0.0),
            (f"{_HOUSE}: Detached", 0.20, -0.50, 0.9),
            (f"{_HOUSE}: Semi-detached", 0.23, -0.15, 0.2),
            (f"{_HOUSE}: Terraced (including end-terrace)", 0.22, 0.10, 0.0),
            (f"{_FLAT}: Total", None, 0.0, 0.0),
            (f"{_FLAT}: Purpose-built block of flats or tenement", 0.30, 0.35, -1.6),
            (f"{_FLAT}: Part of a converted or shared house (including bed-sits)", 0.03, 0.1, -1.0),
            (f"{_FLAT}: In a commercial building", 0.015, 0.1, -0.5),
            ("Caravan or other mobile or temporary structure", 0.005, 0.0, 0.8),
        ),
    ),
    "UV404": (
        "Household tenure",
        "All occupied households",
        (
            (f"{_OWNED}: Total", None, 0.0, 0.0),
            (f"{_OWNED}: Owned outright", 0.34, -0.30, 0.1),
            (f"{_OWNED}: Owned with a mortgage or loan", 0.30, -0.35, 0.0),
            (f"{_OWNED}: Shared ownership (part owned and part rented)", 0.004, 0.0, 0.0),
            (f"{_OWNED}: Shared Equity (e.g. LIFT or Help-to-Buy)", 0.01, 0.0, 0.0),
            ("Social Rented: Council (LA) or Housing Association/ Registered Social Landlord", 0.20, 0.60, -0.3),
            (f"{_PRIVATE}: Total", None, 0.0, 0.0),
            (f"{_PRIVATE}: Private landlord or letting agency", 0.115, 0.05, -0.1),
            (f"{_PRIVATE}: Other", 0.011, 0.0, 0.2),
            ("Lives Rent Free", 0.02, 0.0, 0.2),
        ),
    ),
    "UV415": (
        "Occupancy Rating",
        "All occupied households",
        (
            ("\tOccupancy rating of bedrooms: +2 or more", 0.30, -0.35, 0.3),
            ("Occupancy rating of bedrooms: +1", 0.38, -0.05, 0.0),
            ("Occupancy rating of bedrooms: 0", 0.30, 0.20, -0.1),
            ("\tOccupancy rating of bedrooms: -1 or less", 0.02, 0.50, -0.2),
        ),
    ),
    "UV201": (
        "Ethnic Group",
        "All People",
        (
            ("White: Total", None, 0.0, 0.0),
            ("White: White Scottish", 0.80, 0.02, 0.0),
            ("White: Other White British", 0.09, -0.2, 0.5),
            ("White: White Irish", 0.01, 0.0, 0.0),
            ("White: Gypsy/ Traveller", 0.001, 0.3, 0.3),
            ("White: White Polish", 0.015, 0.2, -0.3),
            ("Other White", 0.025, 0.0, 0.0),
            ("Mixed or multiple ethnic group", 0.01, 0.0, -0.4),
            (f"{_ASIAN}: Total", None, 0.0, 0.0),
            (f"{_ASIAN}: Pakistani, Pakistani Scottish or Pakistani British", 0.012, 0.0, -1.5),
            (f"{_ASIAN}: Indian, Indian Scottish or Indian British", 0.009, -0.2, -1.0),
            (f"{_ASIAN}: Bangladeshi, Bangladeshi Scottish or Bangladeshi British", 0.002, 0.0, -1.5),
            (f"{_ASIAN}: Chinese, Chinese Scottish or Chinese British", 0.007, 0.0, -1.0),
            (f"{_ASIAN}: Other Asian", 0.005, 0.0, -0.5),
            ("African: Total", None, 0.0, 0.0),
            ("African: African, African Scottish or African British", 0.002, 0.2, -1.0),
            ("African: Other African", 0.008, 0.2, -1.0),
            ("Caribbean or Black: Total", None, 0.0, 0.0),
            ("Caribbean or Black: Caribbean, Caribbean Scottish or Caribbean British", 0.001, 0.1, -0.5),
            ("Caribbean or Black: Black, Black Scottish or Black British", 0.0005, 0.1, -0.5),
            ("Caribbean or Black: Other Caribbean or Black", 0.0005, 0.1, -0.5),
            ("Other ethnic groups: Total", None, 0.0, 0.0),
            ("Other ethnic groups: Arab, Arab Scottish or Arab British", 0.004, 0.1, -1.0),
            ("Other ethnic groups: Other ethnic group", 0.006, 0.0, -0.5),
            ("African: Total", None, 0.0, 0.0),
            ("African: African, African Scottish or African British", 0.006, 0.2, -1.0),
            ("African: Other African", 0.0005, 0.0, -1.0),
            ("Caribbean or Black: Total", None, 0.0, 0.0),
            ("Caribbean or Black: Caribbean, Caribbean Scottish or Caribbean British", 0.0008, 0.0, -1.0),
            ("Caribbean or Black: Black, Black Scottish or Black British", 0.0005, 0.0, -1.0),
            ("Caribbean or Black: Other Caribbean or Black", 0.0003, 0.0, -1.0),
            ("Other ethnic groups: Total", None, 0.0, 0.0),
            ("Other ethnic groups: Arab, Arab Scottish or Arab British", 0.003, 0.1, -1.0),
            ("Other ethnic groups: Other ethnic group", 0.003, 0.0, -0.5),
        ),
    ),
}
_CENSUS_2011 = "QS119SC"


def make_census(country: Country, people: People, seed: int) -> dict[str, tuple[str, pd.DataFrame]]:
    """Return the tables by name: what the columns divide, and counts by zone, in the order of `Country.zones`."""
    zones = country.zones
    growth = people.in_year("total", 2021) / zones["total_2011"].to_numpy()
    households = np.round(zones["households_2011"].to_numpy() * growth).astype(np.int64)
    tables = {}
    for number, (name, (dimension, total_name, columns)) in enumerate(_TABLES.items()):
        rng = np.random.default_rng([seed, 51, number])
        if name == _CENSUS_2011:
            total = zones["households_2011"].to_numpy()
        else:
            total = people.in_year("total", 2021) if total_name.casefold() == "all people" else households
        rural = zones["urban_rural"].to_numpy() >= 6
        table = _divided(rng, total, columns, people.latent, rural)
        table.insert(0, total_name, total)
        tables[name] = (dimension, table if name == _CENSUS_2011 else _perturbed(rng, table))
    return tables


def _divided(
    rng: np.random.Generator,
    total: IntArray,
    columns: Sequence[tuple[str, float | None, float, float]],
    latent: FloatArray,
    rural: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Return a total divided at random among the columns that have a share, and the sums of those that have none."""
    parts = [(name, share, slope, shift) for name, share, slope, shift in columns if share is not None]
    share = np.array([one[1] for one in parts])
    slope, shift = np.array([one[2] for one in parts]), np.array([one[3] for one in parts])
    weight = share * np.exp(slope * latent[:, None] + shift * rural[:, None] + rng.normal(0.0, 0.2, (latent.size, 1)))
    counts = rng.multinomial(total, weight / weight.sum(axis=1, keepdims=True))
    drawn = dict(zip((one[0] for one in parts), counts.T, strict=True))
    for name, share_of, _, _ in columns:
        if share_of is None:
            start = name.removesuffix("Total")
            others = ("Other White",) if name == "White: Total" else ()
            drawn[name] = np.sum([drawn[one[0]] for one in parts if one[0].startswith((start, *others))], axis=0)
    return pd.DataFrame({name: drawn[name] for name, *_ in columns})


def _perturbed(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Return counts moved by up to 2 each, never below 0; an empty zone stays empty."""
    moved = (table + rng.integers(-2, 3, table.shape)).clip(lower=0)
    return moved.mul(table.iloc[:, 0] > 0, axis=0)


def make_dwellings(country: Country, people: People, accommodation: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    """Return the percentages of dwellings by type and by use, by zone; the emptied zones are absent."""
    rng = np.random.default_rng([seed, 52])
    lived_in = ~country.zones["is_emptied"].to_numpy()
    rural = country.zones["urban_rural"].to_numpy() >= 6
    counts = accommodation.iloc[:, [2, 5, 3, 4]].to_numpy(dtype=float)
    shares = 100.0 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    by_type = pd.DataFrame(np.round(shares, 1), columns=["Detached", "Flats", "Semi-Detached", "Terraced"])
    by_type["Unknown"] = 0.0
    size = len(rural)
    second = np.round(rng.gamma(1.0, np.where(rural, 3.5, 0.4), size))
    vacant = np.round(rng.gamma(2.0, 1.4 * np.exp(0.2 * people.latent)))
    by_use = pd.DataFrame(
        {
            "Which Are Long-term empty": np.floor(vacant / 2.0),
            "Which Are Occupied": np.clip(100.0 - second - vacant, 0.0, 100.0),
            "Which Are Second Homes": second,
            "Which Are Vacant": vacant,
            "With 'Occupied Exemptions'": np.round(rng.gamma(1.5, 1.5, size)),
            "With 'Unoccupied Exemptions'": np.round(rng.gamma(2.0, 0.8, size)),
            "With Single Adult Discounts": np.round(
                np.clip(36.0 + 6.0 * people.latent + rng.normal(0, 4, size), 10, 70)
            ),
        }
    )
    return {"dwellings-type": by_type[lived_in], "household-estimates": by_use[lived_in]}
