"""Small countries for tests of findings and verdicts: zones, localities and figures given outright."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue, Indicator, Suppression
from indicators.schema.vocabulary import VOTES

BASE = Indicator(
    id="income",
    title="Income-deprived residents",
    definition="Residents who are income deprived",
    domain="Income",
    role="outcome",
    source="a-source",
    reader="none",
    geography="data_zone_2011",
    kind="proportion",
    unit="% of residents",
    poorer_is="higher",
    smallest_important_difference=1.25,
    smallest_important_difference_scale="ratio",
    national_outcome="Poverty",
    vote="income_and_work",
    multiplier=100.0,
)


def indicator(name: str, **changes: object) -> Indicator:
    """Return an indicator like the base one, with another id and whatever else is given."""
    changes.setdefault("vote", {"income": "income_and_work"}.get(name, name if name in VOTES else ""))
    if isinstance(changes.get("suppression"), tuple):
        changes["suppression"] = Suppression(("..",), *changes["suppression"])  # type: ignore[misc]
    return dataclasses.replace(BASE, id=name, title=name.capitalize(), **changes)


class Country:
    """Tables of a country whose zones are numbered from 1."""

    def __init__(self, population: Sequence[int], cpp: Sequence[int]) -> None:
        count = len(population)
        self.zones = pd.DataFrame(
            {
                "zone_code": [f"S0199{number:04d}" for number in range(1, count + 1)],
                "population": np.asarray(population),
                "census_population": np.asarray(population),
                "census_household_population": np.asarray(population),
                "cpp_code": [f"S1299000{number}" for number in cpp],
            }
        )
        self.cpp = list(cpp)
        self.rows: list[pd.DataFrame] = []
        self.indicators: list[Indicator] = []
        self.localities: list[dict[str, object]] = []
        self.members: list[dict[str, object]] = []

    def add(
        self,
        one: Indicator,
        numerator: Sequence[float] | None = None,
        denominator: Sequence[float] | None = None,
        value: Sequence[float] | None = None,
        status: Mapping[int, str] | None = None,
        period: str = "2017",
    ) -> Country:
        """Add the figures of an indicator; `status` gives zone numbers whose figure is not observed."""
        count = len(self.zones)
        n = np.asarray(denominator if denominator is not None else self.zones["population"], dtype=float)
        x = np.full(count, np.nan) if numerator is None else np.asarray(numerator, dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            v = x / n * one.multiplier if value is None else np.asarray(value, dtype=float)
        states = np.full(count, "observed", dtype=object)
        for number, word in (status or {}).items():
            states[number - 1] = word
            x = np.where(np.arange(count) == number - 1, np.nan, x)
            v = np.where(np.arange(count) == number - 1, np.nan, v)
        year = int(period[:4])
        self.rows.append(
            pd.DataFrame(
                {
                    "indicator_id": one.id,
                    "area_code": self.zones["zone_code"],
                    "area_type": "data_zone",
                    "vintage": "2011",
                    "period_start": pd.Timestamp(year, 1, 1),
                    "period_end": pd.Timestamp(year, 12, 31),
                    "period": period,
                    "numerator": x,
                    "denominator": n,
                    "value": v,
                    "status": states,
                    "source_id": one.source,
                }
            )
        )
        if one.id not in [other.id for other in self.indicators]:
            self.indicators.append(one)
        return self

    def locality(self, name: str, zones: Sequence[int], candidate_set: str = "wards", drawn_from: str | None = None):
        """Add a candidate locality made of whole zones."""
        locality_id = f"{candidate_set}:{name}"
        people = int(self.zones["population"].iloc[[number - 1 for number in zones]].sum())
        self.localities.append(
            {
                "locality_id": locality_id,
                "candidate_set": candidate_set,
                "locality_name": name,
                "cpp_code": self.zones["cpp_code"].iloc[zones[0] - 1],
                "cpp_name": f"Partnership {self.cpp[zones[0] - 1]}",
                "population": people,
                "drawn_from": drawn_from,
            }
        )
        self.members += [
            {
                "locality_id": locality_id,
                "candidate_set": candidate_set,
                "zone_code": self.zones["zone_code"].iloc[number - 1],
                "weight": 1.0,
            }
            for number in zones
        ]
        return self

    def tables_without_figures(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Return zones, candidate localities and membership."""
        return self.zones, pd.DataFrame(self.localities), pd.DataFrame(self.members)

    def tables(self) -> tuple[pd.DataFrame, Catalogue, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Return observations, catalogue, zones, candidate localities and membership."""
        return (
            pd.concat(self.rows, ignore_index=True),
            Catalogue(tuple(sorted(self.indicators, key=lambda one: one.id))),
            self.zones,
            pd.DataFrame(self.localities),
            pd.DataFrame(self.members),
        )


@pytest.fixture
def two_partnerships() -> Country:
    """Twelve zones of 1,000 residents; zones 1 to 8 in partnership 1, 9 to 12 in partnership 2; six localities."""
    country = Country([1000] * 12, [1] * 8 + [2] * 4)
    for number in range(6):
        country.locality(f"L{number + 1}", [2 * number + 1, 2 * number + 2])
    return country
