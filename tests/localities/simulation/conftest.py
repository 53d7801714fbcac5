"""A square country for simulations: 20 x 20 zones in two partnerships, with figures of known origin."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue, Indicator, Suppression
from localities.evidence.panel import Panel, build_panel
from localities.evidence.sums import Places, build_places
from localities.simulation.worlds import Process, fit_process
from localities.zones.graph import neighbour_matrix
from tests.localities.evidence.conftest import BASE

SIDE = 20


def like(name: str, **changes: object) -> Indicator:
    vote = {"school": "education"}.get(name, name)
    return dataclasses.replace(BASE, id=name, vote=vote, **changes)


CATALOGUE = Catalogue(
    (
        like("crime", kind="rate", multiplier=10_000.0, suppression=Suppression(("*",), 0, 3)),
        like("health", kind="mean", multiplier=1.0, sd_between_people=150.0, smallest_important_difference=0.5,
             smallest_important_difference_scale="sd"),
        BASE,
        like("school", kind="mean", multiplier=1.0, sd_between_people=8.0, poorer_is="lower",
             smallest_important_difference=0.5,
             smallest_important_difference_scale="sd"),
    )
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Square:
    """The country's tables, and what the validation makes of them."""

    tables: dict[str, pd.DataFrame]
    places: Places
    panel: Panel
    process: Process

    @property
    def neighbours(self) -> list[np.ndarray]:
        """Positions of each zone's neighbours."""
        matrix = neighbour_matrix(pd.Index(self.tables["zones"]["zone_code"]), self.tables["adjacency"])
        return [matrix.indices[a:b] for a, b in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)]

    @property
    def points(self) -> np.ndarray:
        """Centroids in metres."""
        return self.tables["zones"][["centroid_x", "centroid_y"]].to_numpy(dtype=float)


@pytest.fixture(scope="package")
def square() -> Square:
    """Zones of 600 to 1,000 residents; localities of eight zones (blocks) and of twenty (bands)."""
    rng = np.random.default_rng(1)
    column, row = (one.ravel() for one in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    count = SIDE * SIDE
    codes = np.array([f"S0199{number:04d}" for number in range(count)], dtype=object)
    west = column < SIDE // 2
    block = (column // 2) + (SIDE // 2) * (row // 4)
    zones = pd.DataFrame(
        {
            "zone_code": codes,
            "population": rng.integers(600, 1000, count),
            "cpp_code": np.where(west, "S12990001", "S12990002"),
            "cpp_name": np.where(west, "West", "East"),
            "intermediate_zone_code": [f"S0299{number:04d}" for number in block],
            "intermediate_zone_name": [f"Place{number}" for number in block],
            "ward_code": "S13990001",
            "perimeter_m": 400.0,
            "centroid_x": 100.0 * column,
            "centroid_y": 100.0 * row,
        }
    )
    pairs = [(z, z + 1) for z in range(count) if column[z] < SIDE - 1]
    pairs += [(z, z + SIDE) for z in range(count) if row[z] < SIDE - 1]
    first, second = np.array(pairs + [(b, a) for a, b in pairs]).T
    adjacency = pd.DataFrame(
        {"zone_code": codes[first], "neighbour_code": codes[second], "shared_border_m": 100.0, "is_link": False}
    )
    band = row + SIDE * (~west)
    member = pd.concat(
        [
            pd.DataFrame({"locality_id": [f"{name}:{n}" for n in number], "candidate_set": name, "zone_code": codes})
            for name, number in (("blocks", block), ("bands", band))
        ],
        ignore_index=True,
    ).assign(weight=1.0)
    joined = member.merge(zones, on="zone_code")
    candidates = joined.groupby("locality_id", as_index=False).agg(
        candidate_set=("candidate_set", "first"), cpp_code=("cpp_code", "first"), population=("population", "sum")
    )
    candidates["drawn_from"] = None
    people = zones["population"].to_numpy()
    # two patches of poverty, so that neighbours are alike
    poverty = np.exp(-((column - 4) ** 2 + (row - 4) ** 2) / 20) + np.exp(-((column - 14) ** 2 + (row - 13) ** 2) / 30)
    poverty = poverty + 0.25 * rng.standard_normal(count)
    share = np.clip(0.10 * np.exp(1.2 * poverty), 0.01, 0.6)
    income, crime = rng.binomial(people, share), rng.poisson(people * 0.015 * np.exp(1.1 * poverty)).astype(float)
    crime[crime <= 3] = np.nan
    figures = {
        "income": (income, people, income / people * 100, None),
        "crime": (crime, people, crime / people * 10_000, np.isnan(crime)),
        "health": (None, people, 100 + 20 * poverty + 5 * rng.standard_normal(count), None),
        "school": (None, people, 5 - 0.5 * poverty + 0.3 * rng.standard_normal(count), None),
    }
    observations = pd.concat(
        [
            pd.DataFrame(
                {
                    "indicator_id": name,
                    "area_code": codes,
                    "area_type": "data_zone",
                    "period": "2017",
                    "period_start": pd.Timestamp(2017, 1, 1),
                    "period_end": pd.Timestamp(2017, 12, 31),
                    "numerator": np.nan if numerator is None else numerator,
                    "denominator": denominator.astype(float),
                    "value": value,
                    "status": "observed" if hidden is None else np.where(hidden, "suppressed", "observed"),
                    "source_id": "a-source",
                }
            )
            for name, (numerator, denominator, value, hidden) in figures.items()
        ],
        ignore_index=True,
    )
    tables = {
        "zones": zones,
        "adjacency": adjacency,
        "candidate_localities": candidates,
        "membership": member,
        "observations": observations,
    }
    panel = build_panel(observations, CATALOGUE, zones["zone_code"], headline_only=True)
    matrix = neighbour_matrix(pd.Index(zones["zone_code"]), adjacency)
    return Square(tables, build_places(zones, candidates, member), panel, fit_process(panel, matrix))
