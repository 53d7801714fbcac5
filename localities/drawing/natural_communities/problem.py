"""A division to be designed, as plain arrays: residents, the graph with its borders, and the identities of zones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.errors import ConfigError, GeographyError
from localities.drawing.natural_communities.weights import Weights

Identity: TypeAlias = NDArray | pd.DataFrame


@dataclass(frozen=True)
class Problem:
    """Zones (n) to be divided.

    Parameters
    ----------
    population
        Residents of each zone (n).
    neighbours
        Neighbours of each zone inside its group, in order.
    ties
        Worth of each of these borders, in residents, in the same order.
    labels
        Identities of each zone, numbered over all kinds, each with the residents of the zone times its strength there.
    worth
        Vote of each identity for each pair of residents who share it: the weight of its kind / the limit.
    size
        What the votes for a pair of residents must exceed for them to be better together, / the limit.
    group
        Number of the CPP of each zone: no locality crosses it.
    attributes
        Standardised variables for homogeneity (n x v; v may be 0).
    limit
        A locality has fewer residents.
    floor
        A locality should have at least these.
    weights
        See `Weights`.
    """

    population: list[float]
    neighbours: list[list[int]]
    ties: list[list[float]]
    labels: list[tuple[tuple[int, float], ...]]
    worth: list[float]
    size: float
    group: NDArray[np.intp]
    attributes: NDArray[np.float64]
    limit: float
    floor: float
    weights: Weights

    @cached_property
    def pulls(self) -> list[tuple[tuple[int, float], ...]]:
        """Identities of each zone as `labels`, each with its residents times the vote."""
        worth = self.worth
        return [tuple((label, worth[label] * some) for label, some in one) for one in self.labels]

    @cached_property
    def gains(self) -> list[list[float]]:
        """What two neighbours gain by being together, but for their size: border and votes, as `ties`."""
        found = []
        for zone, (near, ties) in enumerate(zip(self.neighbours, self.ties, strict=True)):
            own_pulls = dict(self.pulls[zone])
            found.append(
                [
                    tie + 2 * sum(own_pulls[label] * some for label, some in self.labels[one] if label in own_pulls)
                    for one, tie in zip(near, ties, strict=True)
                ]
            )
        return found


def problem_of(
    zones: pd.DataFrame,
    adjacency: pd.DataFrame,
    identities: Mapping[str, Identity],
    *,
    limit: float = 10_000,
    floor: float = 2_000,
    weights: Weights | None = None,
    group: NDArray | None = None,
    attributes: NDArray | None = None,
    crossed: NDArray | None = None,
) -> Problem:
    """Return the problem of dividing zones.

    Parameters
    ----------
    zones
        Table ``zones`` (geometry is not used).
    adjacency
        Table ``adjacency``; other zones in it are left out.
    identities
        For each kind of identity, the label of each zone (None or NaN is no label); or, where a zone has several or
        has them in part, a frame of ``zone`` (position), ``label`` and ``strength`` (0 to 1): two zones agree by the
        sum of the products of their strengths over labels. Kinds without a weight are left out.
    limit, floor
        A locality has fewer residents than the limit and should have at least the floor.
    weights
        None means the defaults.
    group
        What no locality crosses; None means the CPP.
    attributes
        Variables (n x v) for homogeneity; they are standardised here.
    crossed
        For each row of `adjacency`, whether a locality may go across it; None means all. Ferries are the use of this.

    Raises
    ------
    ConfigError
        If the floor is not below the limit, or the arrays do not fit the zones.
    GeographyError
        If a zone alone reaches the limit.
    """
    weights = weights or Weights()
    population = zones["population"].to_numpy(dtype="float64")
    if not 0 <= floor < limit:
        raise ConfigError("The floor of a design is not below its limit", expected=f"< {limit}", found=floor)
    if (population >= limit).any():
        raise GeographyError(
            "A single zone reaches the limit of residents",
            where="table zones",
            codes=zones["zone_code"][population >= limit],
            expected=f"fewer than {limit:,.0f} residents",
            remedy="raise the setting `limit`",
        )
    groups = pd.factorize(zones["cpp_code"] if group is None else pd.Series(group), sort=True)[0]
    neighbours, ties = _graph(zones, adjacency, groups, population, weights, crossed)
    labels, worth, votes = _labels(identities, population, weights, limit)
    size = votes / 2 if weights.size is None else weights.size
    return Problem(
        population=population.tolist(),
        neighbours=neighbours,
        ties=ties,
        labels=labels,
        worth=worth,
        size=size / limit,
        group=groups,
        attributes=_standardised(attributes, len(zones)),
        limit=float(limit),
        floor=float(floor),
        weights=weights,
    )


def _graph(
    zones: pd.DataFrame,
    adjacency: pd.DataFrame,
    groups: NDArray,
    population: NDArray,
    weights: Weights,
    crossed: NDArray | None,
) -> tuple[list[list[int]], list[list[float]]]:
    codes = pd.Index(zones["zone_code"])
    first, second = (codes.get_indexer(pd.Index(adjacency[name])) for name in ("zone_code", "neighbour_code"))
    kept = (first >= 0) & (second >= 0)
    if crossed is not None:
        kept &= np.asarray(crossed, dtype=bool)
    kept[kept] = groups[first[kept]] == groups[second[kept]]
    first, second = first[kept], second[kept]
    border = adjacency["shared_border_m"].to_numpy(dtype="float64")[kept]
    perimeter = np.maximum(zones["perimeter_m"].to_numpy(dtype="float64"), 1e-9)
    share = (border / perimeter[first] + border / perimeter[second]) / 2
    # a bridge or causeway joins as a short border does
    share = np.where(border > 0, np.minimum(share, 1.0), 0.05)
    tie = weights.border * share * np.maximum((population[first] + population[second]) / 2, 1.0)
    order = np.lexsort((second, first))
    first, second, tie = first[order], second[order], tie[order]
    start = np.searchsorted(first, np.arange(len(codes) + 1))
    near, worth = second.tolist(), tie.tolist()
    return (
        [near[start[one] : start[one + 1]] for one in range(len(codes))],
        [worth[start[one] : start[one + 1]] for one in range(len(codes))],
    )


def _labels(
    identities: Mapping[str, Identity], population: NDArray, weights: Weights, limit: float
) -> tuple[list[tuple[tuple[int, float], ...]], list[float], float]:
    size = len(population)
    labels: list[list[tuple[int, float]]] = [[] for _ in range(size)]
    worth: list[float] = []
    votes = 0.0
    for kind, values in identities.items():
        weight = weights.identities.get(kind, 0.0)
        if not weight:
            continue
        if isinstance(values, pd.DataFrame):
            zone, strength = values["zone"].to_numpy(dtype=np.intp), values["strength"].to_numpy(dtype="float64")
            number, unique = pd.factorize(values["label"], sort=True)
        else:
            if len(values) != size:
                found = len(values)
                raise ConfigError("An identity does not fit the zones", column=kind, expected=size, found=found)
            zone, strength = np.arange(size), np.ones(size)
            number, unique = pd.factorize(pd.Series(values), sort=True)
        known = number >= 0
        pull = (strength * population[zone])[known]
        for at, label, people in zip(
            zone[known].tolist(), (number[known] + len(worth)).tolist(), pull.tolist(), strict=True
        ):
            labels[at].append((label, people))
        worth.extend([weight / limit] * len(unique))
        votes += weight
    return [tuple(one) for one in labels], worth, votes


def _standardised(attributes: NDArray | None, size: int) -> NDArray[np.float64]:
    if attributes is None:
        return np.empty((size, 0))
    values = np.asarray(attributes, dtype="float64").reshape(size, -1)
    if not np.isfinite(values).all():
        raise ConfigError(
            "An attribute for homogeneity is missing for some zones",
            expected="a number for every zone",
            found=f"{int((~np.isfinite(values)).any(axis=1).sum()):,} zones without",
            remedy="fill or leave out what is missing before the design",
        )
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
