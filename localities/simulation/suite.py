"""The whole validation of a country's tables, seeded: every part, with what it was run on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from indicators.catalogue import Catalogue
from indicators.errors import ConfigError
from localities.evidence.panel import Panel, build_panel
from localities.evidence.sums import build_places, parents_of
from localities.settings import Settings
from localities.simulation.planted import RATIOS
from localities.simulation.worlds import SCENARIOS

if TYPE_CHECKING:
    import geopandas as gpd

TABLES_NEEDED = ("zones", "adjacency", "candidate_localities", "membership", "observations", "verdicts")

_AT_THE_BOUNDARY = 5
"""Times as many worlds where shares of some 5 % are told from 5 %, indicator by indicator."""


@dataclass(frozen=True)
class Replications:
    """How much is simulated.

    Parameters
    ----------
    null
        Worlds per scenario.
    planted
        Worlds per pattern and ratio, each with one community per CPP.
    drawn
        Worlds per scenario in which places are drawn and tested.
    ratios
        Sizes of effect.
    persons
        Worlds per size, ratio and dispersion of places drawn person by person.
    """

    null: int = 10
    planted: int = 3
    drawn: int = 10
    ratios: tuple[float, ...] = RATIOS
    persons: int = 6

    def __post_init__(self) -> None:
        """Check every number."""
        for name in ("null", "planted", "drawn", "persons"):
            if getattr(self, name) < 1:
                raise ConfigError("Too few replications", column=name, expected="at least 1", found=getattr(self, name))


@dataclass(frozen=True)
class Validation:
    """What the validation found.

    Parameters
    ----------
    facts
        What it was run on and with, in the order to be shown.
    tables
        ``interval_coverage, size`` (`indicators.comparison.operating_characteristics`), ``kinds, indicators, sets,
        rules`` (`localities.simulation.nulls`), ``drawn``, ``power``, ``invariance``, ``process``: neighbours'
        correlation and smooth share per indicator, those of `localities.simulation.persons`, and those of
        `localities.simulation.known` where the tables hold verdicts.
    """

    facts: dict[str, str]
    tables: dict[str, pd.DataFrame]


def alternatives_of(settings: Settings) -> dict[str, Settings]:
    """Return other rules of the verdict to hold beside the one in use, one change at a time."""
    changes: tuple[dict[str, float], ...] = (
        {},
        {"alpha": settings.alpha / 5},
        {"alpha": min(2 * settings.alpha, 0.5)},
        {"vote_share": 0.34},
        {"vote_share": 0.67},
    )
    found = {}
    for change in changes:
        name = ", ".join(f"{key} {value:g}" for key, value in change.items()) or "as set"
        found[name] = replace(settings, **change)  # type: ignore[arg-type]
    return found


def validate(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    settings: Settings,
    *,
    replications: Replications | None = None,
    seed: int | None = None,
    names: pd.Series | None = None,
    progress: Callable[[str], None] | None = None,
    workers: Executor | None = None,
) -> Validation:
    """Return every part of the validation, on the tables of a country.

    Parameters
    ----------
    tables
        `TABLES_NEEDED`, as in the store; geometry is not used. Without ``verdicts`` nothing is held beside what is
        known.
    seed
        None means the one in the settings. The same tables, settings, seed and replications give the same numbers.
    names
        Named place that most residents of each zone live nearest to, by zone code; None where it is not known, and then
        no communities are planted along names.
    progress
        Told what begins; of what workers do, only that.
    workers
        Compute the simulations beside each other: each has random numbers of its own, so the results are the same.

    Notes
    -----
    Simulated are the outcomes published for data zones, in their latest period. An index through which several vote is
    a series of its own in a world, with its real distribution and correlation with its members. Sets whose localities
    were drawn from an indicator are left out of the nulls: their boundaries would have to be drawn anew in each world,
    as in `localities.simulation.drawn`.
    """
    from indicators.comparison.operating_characteristics import interval_coverage_table, size_table
    from localities.simulation.drawn import drawn_tables
    from localities.simulation.invariance import invariance_table
    from localities.simulation.known import KNOWN_SET, known_tables
    from localities.simulation.next_edition import next_edition_tables
    from localities.simulation.nulls import null_tables
    from localities.simulation.persons import persons_tables
    from localities.simulation.planted import power_table
    from localities.simulation.worlds import fit_process
    from localities.zones.graph import neighbour_matrix

    amount, start = replications or Replications(), settings.seed if seed is None else seed
    say = progress or (lambda text: None)
    zones = tables["zones"].reset_index(drop=True)
    candidates = tables["candidate_localities"]
    free = candidates[candidates["drawn_from"].isna() | (candidates["drawn_from"] == "")].reset_index(drop=True)
    member = tables["membership"]
    places = build_places(zones, free, member[member["locality_id"].isin(free["locality_id"])])
    codes = pd.Index(zones["zone_code"])
    figures = build_panel(
        tables["observations"],
        catalogue,
        codes.tolist(),
        headline_only=True,
        intermediate_zone_codes=parents_of(zones),
    )
    panel = _outcomes(figures.tested())
    neighbours = neighbour_matrix(codes, tables["adjacency"])

    say("coverage of intervals, size of tests")
    found = {"interval_coverage": interval_coverage_table(settings.confidence), "size": size_table(settings.alpha)}
    say("invariance")
    found["invariance"] = invariance_table(places, panel, settings, seed=start)
    process = fit_process(panel, neighbours)
    found["process"] = pd.DataFrame(
        {
            "indicator_id": [one.id for one in panel.indicators],
            "kind": [one.kind for one in panel.indicators],
            "vote": [one.vote for one in panel.indicators],
            "dispersion": [one.dispersion for one in panel.indicators],
            "neighbour_correlation": process.neighbour_correlation,
            "smooth_share": process.smooth_share,
        }
    )
    others = alternatives_of(settings)
    votes = sorted({one.vote for one in panel.indicators if one.votes})
    patterns = _patterns(votes)
    sets = sorted(set(places.candidate_set))
    near = np.split(neighbours.indices.astype(np.intp), neighbours.indptr[1:-1])
    base = "natural_communities" if "natural_communities" in sets else sets[0]
    points = zones[["centroid_x", "centroid_y"]].to_numpy(dtype="float64")
    context, chosen = _some_partnerships(zones, tables["adjacency"], settings, start)
    common = (places, process, settings)
    simulations: dict[str, Callable[..., Any]] = {
        "places drawn person by person": partial(
            persons_tables, *common, neighbours=near, points=points, base=base, worlds=amount.persons,
            worlds_at_the_boundary=_AT_THE_BOUNDARY * amount.persons, seed=start,
        ),
        "planted communities": partial(
            power_table, *common, neighbours=near, points=points, background=SCENARIOS[-1], patterns=patterns,
            worlds=amount.planted, seed=start, base=base, alternatives=others,
            names=None if names is None else names.reindex(codes).to_numpy(dtype=object), ratios=amount.ratios,
        ),
        "worlds without effects": partial(
            null_tables, *common, worlds=amount.null, seed=start, alternatives=others
        ),
        "places drawn from outcomes": partial(
            drawn_tables, *common, context, worlds=amount.drawn, seed=start, scenarios=[SCENARIOS[0], SCENARIOS[-1]],
            outcome=settings.need_indicator,
        ),
    }  # fmt: skip
    persons, power, nulls, drawn = _each(simulations, workers, progress)
    found |= nulls
    found["power"] = power
    found |= persons
    found |= known_tables(tables, catalogue)
    shown = free[free["candidate_set"] == KNOWN_SET].reset_index(drop=True)
    if len(shown):
        own = build_places(zones, shown, member[member["locality_id"].isin(shown["locality_id"])])
        found |= next_edition_tables(tables["observations"], catalogue, codes.tolist(), own)
    found["drawn"] = drawn
    facts = {
        "Zones": f"{len(zones):,}, {int(zones['population'].sum()):,} residents, "
        f"{zones['cpp_code'].nunique()} partnerships",
        "Candidate sets": ", ".join(f"{name} ({(places.candidate_set == name).sum():,})" for name in sets),
        "Indicators": f"{len(panel.indicators)} outcomes, of which {sum(one.votes for one in panel.indicators)} vote, "
        f"in {len(votes)} votes ({', '.join(votes)})",
        "Patterns planted": "; ".join(f"{name}: {', '.join(given)}" for name, given in patterns.items()),
        "Partnerships drawn from outcomes": ", ".join(chosen),
        "Seed": str(start),
        "Replications": f"{amount.null} worlds per scenario, {amount.planted} per planted effect and pattern, "
        f"{amount.persons} per size, ratio and dispersion of places drawn person by person ({_AT_THE_BOUNDARY} times "
        f"that at the boundary, of the middle size), {amount.drawn} per scenario for places drawn from outcomes",
        "Settings": ", ".join(
            f"{name} {getattr(settings, name):g}"
            for name in ("alpha", "vote_share", "minimum_residents", "minimum_coverage", "minimum_expected", "limit")
        ),
    }  # fmt: skip
    return Validation(facts, found)


def _each(
    simulations: Mapping[str, Callable[..., Any]], workers: Executor | None, progress: Callable[[str], None] | None
) -> list[Any]:
    """Return what each simulation gives, in order: one after another here, or all beside each other by workers."""
    if workers is None:
        return [simulate(progress=progress) for simulate in simulations.values()]
    if progress:
        progress(f"beside each other: {', '.join(simulations)}")
    begun = [workers.submit(simulate) for simulate in simulations.values()]
    return [one.result() for one in begun]


def _outcomes(panel: Panel) -> Panel:
    """Return the series of outcomes: those that vote and those that vote through another."""
    return panel.take(np.flatnonzero([one.role == "outcome" for one in panel.indicators]))


def _patterns(votes: list[str]) -> dict[str, list[str]]:
    """Return which votes planted communities are poorer in: all, every other, and two of these."""
    found = {f"all {len(votes)} votes": votes}
    for chosen in (votes[::2], votes[2::2][:2]):
        if 1 < len(chosen) < len(votes):
            found.setdefault(f"{len(chosen)} votes", chosen)
    return found


def _some_partnerships(zones: gpd.GeoDataFrame, adjacency: pd.DataFrame, settings: Settings, seed: int):
    """Return a drawing context of up to four partnerships, from the one with most zones to that with fewest."""
    from localities.candidates import draw_set
    from localities.drawing.context import DrawingContext

    counts = zones.groupby(["cpp_code", "cpp_name"], observed=True).size().reset_index(name="zones")
    counts = counts.sort_values(["zones", "cpp_code"], ascending=[False, True], ignore_index=True)
    chosen = counts.iloc[np.unique(np.linspace(0, len(counts) - 1, 4).round().astype(int))]
    inside = zones[zones["cpp_code"].isin(chosen["cpp_code"])].reset_index(drop=True)
    return DrawingContext(inside, adjacency, {}, draw_set, limit=settings.limit, seed=seed), chosen["cpp_name"].tolist()
