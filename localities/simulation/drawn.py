"""Places drawn from the very outcomes that they are then tested on: drawn and tested anew in every world.

Two ways of drawing, beside the sets whose boundaries use no outcome: communities designed to be alike in income
(`localities.drawing.natural_communities` with homogeneity), and one place per partnership gathered around its worst
zones, as a person with a map would. Each is tested twice: as if nothing had happened, and by the rule that an indicator
used to draw, or nearly the same as one, is not tested on what it drew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from localities.evidence.sums import Places
from localities.settings import Settings
from localities.simulation.tally import Tally, judge
from localities.simulation.worlds import Process, Scenario, levels_of, simulate

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext


class Draw(Protocol):
    """A way of drawing from outcomes."""

    def __call__(self, context: DrawingContext, outcome: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the number of each zone's locality, -1 for none; `outcome` is higher where it is poorer."""
        ...


def draw_alike(context: DrawingContext, outcome: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return communities designed under the limit to be alike in the outcome."""
    from localities.drawing.natural_communities.communities import design_communities
    from localities.drawing.natural_communities.weights import Weights

    attributes = pd.DataFrame({"outcome": outcome}, index=context.zones["zone_code"])
    return design_communities(context, weights=Weights(homogeneity=HOMOGENEITY), attributes=attributes).region


HOMOGENEITY = 2.0
"""Weight of likeness in the drawing beside the votes of identity and smooth borders."""


def draw_around_worst(context: DrawingContext, outcome: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return one place per CPP: from its worst zone, the worst neighbour is added until the limit is reached."""
    zones, matrix = context.zones, context.matrix
    cpp, residents = zones["cpp_code"].to_numpy(dtype=object), context.population
    region = np.full(len(zones), -1, dtype=np.intp)
    for number, name in enumerate(pd.unique(cpp)):
        own = np.flatnonzero((cpp == name) & (residents > 0))
        start = int(own[outcome[own].argmax()])
        region[start], total, edge = number, residents[start], set(_near(matrix, start))
        while True:
            allowed = [
                z for z in sorted(edge) if region[z] < 0 and cpp[z] == name and total + residents[z] < context.limit
            ]
            if not allowed:
                break
            chosen = allowed[int(outcome[allowed].argmax())]
            region[chosen] = number
            total += residents[chosen]
            edge |= set(_near(matrix, chosen))
    return region


def _near(matrix, zone: int) -> list[int]:
    return matrix.indices[matrix.indptr[zone] : matrix.indptr[zone + 1]].tolist()


DRAWS: dict[str, Draw] = {
    "communities alike in income": draw_alike,
    "gathered around the worst zones": draw_around_worst,
}


def drawn_tables(
    places: Places,
    process: Process,
    settings: Settings,
    context: DrawingContext,
    *,
    worlds: int,
    seed: int,
    scenarios: Iterable[Scenario],
    outcome: str,
    draws: dict[str, Draw] | None = None,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Return how often findings and verdicts are false for places drawn from an outcome and then tested.

    Parameters
    ----------
    places
        All zones, in the order of the process; their localities are not used.
    context
        Zones among which places are drawn: some or all partnerships.
    outcome
        Indicator that the drawing uses.

    Returns
    -------
    DataFrame
        One row per scenario, drawing and rule (``tested on what drew it``: yes or no), with the counts of
        `localities.simulation.tally` for all indicators, and for the outcome itself those named ``own_*``.
    """
    panel = process.panel
    column = [one.id for one in panel.indicators].index(outcome)
    sign = 1.0 if panel.indicators[column].poorer_is == "higher" else -1.0
    at = pd.Index(panel.zone_codes).get_indexer(context.codes)
    rows: list[dict[object, object]] = []
    for number, scenario in enumerate(scenarios):
        for name, draw in (draws or DRAWS).items():
            if progress:
                progress(f"{name}: {scenario.name}")
            tallies = {False: Tally((name,)), True: Tally((name,))}
            for world_number in range(worlds):
                world = simulate(process, scenario, np.random.default_rng([seed, 202, number, world_number]))
                region = draw(context, sign * _filled(levels_of(world.panel)[at, column]))
                for keeps_rule, tally in tallies.items():
                    drawn_from = frozenset({outcome}) if keeps_rule else frozenset()
                    drawn = _places_of(places, at, region, name, drawn_from)
                    judge(tally, drawn, world, settings)
            for keeps_rule, tally in tallies.items():
                rows.append(
                    {
                        "scenario": scenario.name,
                        "drawing": name,
                        "tested_on_what_drew_it": "no" if keeps_rule else "yes",
                        **tally.verdict_rows().drop(columns="candidate_set").to_dict("records")[0],
                        **{key: float(array.sum()) for key, array in tally.findings.items()},
                        **{f"own_{key}": float(array[:, column].sum()) for key, array in tally.findings.items()},
                    }
                )
    return pd.DataFrame(rows)


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nanmedian(values))


def _places_of(
    places: Places, at: NDArray[np.intp], region: NDArray[np.intp], name: str, drawn_from: frozenset[str]
) -> Places:
    inside = region >= 0
    count = int(region.max()) + 1
    members = sparse.csr_array(
        (np.ones(int(inside.sum())), (region[inside], at[inside])), shape=(count, len(places.population))
    )
    first = np.zeros(count, dtype=np.intp)
    first[region[inside][::-1]] = at[inside][::-1]
    return Places(
        locality_id=np.array([f"{name}:{number}" for number in range(count)], dtype=object),
        candidate_set=np.full(count, name, dtype=object),
        members=members,
        cpp=places.zone_cpp[first],
        zone_cpp=places.zone_cpp,
        cpp_codes=places.cpp_codes,
        population=places.population,
        drawn_from=tuple(drawn_from for _ in range(count)),
    )
