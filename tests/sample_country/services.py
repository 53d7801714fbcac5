"""Where the sample's services are: journeys to them, its schools and its postcodes.

Services stand where people live, more of one kind than of another. Journeys follow distance and, on the islands, a
ferry; they have nothing to do with deprivation.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tests.sample_country.country import Country
from tests.sample_country.people import People
from tests.sample_country.plan import COUNCILS

FloatArray = npt.NDArray[np.float64]

_ZONES_PER_SITE = {"petrol": 15, "GP": 9, "post": 7, "primary": 8, "retail": 14, "secondary": 28}
_FERRY_MINUTES = 55.0
_FAR_MINUTES = 190.0
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
_SAINTS = ("Brannoc", "Morran", "Fardle", "Senga", "Ailith", "Torran")


def make_journeys(country: Country, seed: int) -> pd.DataFrame:
    """Return minutes to the nearest service of each kind, one row per zone, named as SIMD names them."""
    rng = np.random.default_rng([seed, 21])
    journeys: dict[str, FloatArray] = {}
    zones = country.zones
    rural = zones["urban_rural"].to_numpy() >= 6
    for kind, zones_per_site in _ZONES_PER_SITE.items():
        sites = _sites(rng, country, zones_per_site)
        kilometres = _nearest(country, sites) / 1000.0
        minutes = 0.9 + kilometres * np.where(rural, 1.25, 1.9) + rng.gamma(2.0, 0.3, len(zones))
        journeys[f"drive_{kind}"] = np.minimum(minutes, _FAR_MINUTES)
        if kind in ("GP", "post", "retail"):
            wait = rng.gamma(3.0, 1.1, len(zones)) + np.where(rural, 4.0, 0.0)
            journeys[f"PT_{kind}"] = np.minimum(1.5 + wait + 2.1 * minutes, _FAR_MINUTES)
    return pd.DataFrame(journeys)


def make_broadband(country: Country, seed: int) -> FloatArray:
    """Return the share of each zone's premises without superfast broadband: mostly none, except on the land."""
    rng = np.random.default_rng([seed, 22])
    rural = country.zones["urban_rural"].to_numpy() >= 6
    share = np.where(rural, rng.beta(0.8, 3.0, rural.size), rng.beta(0.15, 6.0, rural.size))
    return np.where(share < 0.002, 0.0, share)


def _inhabited(country: Country, council: int) -> npt.NDArray[np.int64]:
    zones = country.zones
    return np.flatnonzero((zones["council"] == council) & ~zones["is_emptied"])


def _sites(rng: np.random.Generator, country: Country, zones_per_site: int) -> FloatArray:
    """Return points of a service: in zones chosen evenly along their order, so that every council has some."""
    start = int(rng.integers(0, zones_per_site))
    chosen = np.arange(start, len(country.zones), zones_per_site)
    points = country.zones[["x", "y"]].to_numpy()[chosen]
    return points + rng.normal(0.0, 120.0, points.shape)


def _nearest(country: Country, sites: FloatArray) -> FloatArray:
    """Return metres to the nearest site; one on another island is as far again as a ferry takes."""
    zones = country.zones
    land = _land_of(country, zones[["x", "y"]].to_numpy())
    away = np.hypot(*(zones[["x", "y"]].to_numpy()[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    away[land[:, None] != _land_of(country, sites)[None, :]] += _FERRY_MINUTES * 800.0
    return away.min(axis=1)


def _land_of(country: Country, points: FloatArray) -> npt.NDArray[np.str_]:
    land = country.zones["land"].to_numpy()
    nearest = shapely.STRtree(country.zones.geometry.to_numpy()).nearest(shapely.points(points))
    return land[nearest].astype(str)


def make_postcodes(country: Country, seed: int) -> pd.DataFrame:
    """Return two or three postcodes for each output area: `postcode, easting, northing, zone, output_area`.

    `zone` and `output_area` are positions. A district such as ZZ7 is one ward; the islands have the area ZY.
    """
    rng = np.random.default_rng([seed, 23])
    zones, areas = country.zones, country.output_areas
    zone = pd.Index(zones["zone_code"]).get_indexer(areas["DataZone"])
    repeats = rng.integers(2, 4, len(areas))
    area = np.repeat(np.arange(len(areas)), repeats)
    zone = zone[area]
    point = areas[["easting", "northing"]].to_numpy()[area].astype(float)
    moved = np.round(point + rng.normal(0.0, 90.0, point.shape))
    inside = shapely.contains_xy(zones.geometry.to_numpy()[zone], moved)
    point = np.where(inside[:, None], moved, point)

    ward = zones["ward"].to_numpy().astype(int)[zone]
    within = pd.Series(zone).groupby(ward).cumcount().to_numpy()
    islands = zones["council"].to_numpy()[zone] == len(COUNCILS) - 1
    letters = len(_LETTERS)
    postcodes = [
        f"{'ZY' if is_island else 'ZZ'}{district + 1} {1 + number // 60 % 9}"
        f"{_LETTERS[number // letters % letters]}{_LETTERS[number % letters]}"
        for is_island, district, number in zip(islands, ward, within, strict=True)
    ]
    return pd.DataFrame(
        {
            "postcode": postcodes,
            "easting": point[:, 0].astype(int),
            "northing": point[:, 1].astype(int),
            "zone": zone,
            "output_area": area,
        }
    )


def make_schools(country: Country, people: People, rank: npt.NDArray[np.int64], seed: int) -> pd.DataFrame:
    """Return the schools: `kind, name, zone` (position)`, easting, northing, roll, teachers, minority, deprived`.

    Most are primaries; each council has a secondary, or two. `deprived` is the share of pupils from the most deprived
    20 % of zones by `rank` (1 the most deprived), taken over the zones nearest to the school.
    """
    rng = np.random.default_rng([seed, 24])
    zones = country.zones
    xy = zones[["x", "y"]].to_numpy()
    pupils = people.in_year("children", 2020)
    is_deprived = rank <= len(zones) / 5
    rows = []
    for kind, zones_per_site, share in (("Primary", 8, 7 / 16), ("Secondary", 30, 6 / 16)):
        chosen = np.concatenate(
            [_inhabited(country, council)[zones_per_site // 3 :: zones_per_site] for council in range(len(COUNCILS))]
        )
        owner = np.argmin(np.hypot(*(xy[:, None, :] - xy[chosen][None, :, :]).transpose(2, 0, 1)), axis=1)
        for number, position in enumerate(chosen):
            zone = zones.iloc[position]
            catchment = owner == number
            roll = int(np.round(pupils[catchment].sum() * share * rng.uniform(0.85, 1.1)))
            from_deprived = float((pupils * is_deprived)[catchment].sum() / max(pupils[catchment].sum(), 1))
            is_catholic = kind == "Primary" and number % 6 == 2
            name = zone["intermediate_zone_name"].split(",")[0].split(" and ")[0]
            saint = f"St {_SAINTS[number % len(_SAINTS)]}'s RC"
            rows.append(
                {
                    "kind": kind,
                    "name": f"{saint if is_catholic else name} {'Primary School' if kind == 'Primary' else 'Academy'}",
                    "denomination": "Roman Catholic" if is_catholic else "Non-denominational",
                    "zone": int(position),
                    "easting": int(zone["x"]) + int(rng.integers(-40, 41)),
                    "northing": int(zone["y"]) + int(rng.integers(-40, 41)),
                    "roll": roll,
                    "teachers": round(roll / rng.uniform(11.0, 16.0), 1),
                    "minority": float(rng.beta(1.0, 20.0)),
                    "deprived": from_deprived,
                }
            )
    return pd.DataFrame(rows)
