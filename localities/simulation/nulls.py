"""How often localities are called poorer that are not, by scenario and candidate set, on the real geography.

The boundaries of these sets do not depend on any outcome, so one drawing serves every simulated world. Places drawn
from outcomes are drawn and tested together: `localities.simulation.drawn`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from localities.evidence.sums import Places
from localities.evidence.votes import STRONG
from localities.settings import Settings
from localities.simulation.tally import Tally, judge
from localities.simulation.worlds import SCENARIOS, Process, Scenario, simulate


def null_tables(
    places: Places,
    process: Process,
    settings: Settings,
    *,
    worlds: int,
    seed: int,
    scenarios: Iterable[Scenario] = SCENARIOS,
    alternatives: Mapping[str, Settings] | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, pd.DataFrame]:
    """Return how often each grade and verdict is given where the truth is known.

    Parameters
    ----------
    places
        Localities of sets whose drawing used no outcome.
    process
        From `localities.simulation.worlds.fit_process`, of the indicators that vote.
    worlds
        Simulated worlds per scenario.
    seed
        Each scenario and world has its own stream, so that more worlds begin with the same ones.
    alternatives
        Other settings of the verdict's rule, by name.
    progress
        Told the name of each scenario as it begins.

    Returns
    -------
    dict
        ``kinds``: one row per scenario and kind of indicator; ``indicators``: per scenario and indicator; ``sets``:
        per scenario and candidate set. Columns are the counts of `localities.simulation.tally`. ``rules``: one row per
        scenario and rule, all sets together: ``localities, strong``, and ``baseless``, those of them with fewer than
        two votes truly and importantly poorer.
    """
    panel = process.panel
    kinds = [one.kind for one in panel.indicators]
    ids = [one.id for one in panel.indicators]
    sets = tuple(sorted(set(places.candidate_set)))
    tables: dict[str, list[pd.DataFrame]] = {"kinds": [], "indicators": [], "sets": [], "rules": []}
    for number, scenario in enumerate(scenarios):
        if progress:
            progress(scenario.name)
        tally = Tally(sets)
        rules = {name: np.zeros(3) for name in alternatives or {}}
        for count in range(worlds):
            world = simulate(process, scenario, np.random.default_rng([seed, number, count]))
            judged = judge(tally, places, world, settings)
            for name, other in (alternatives or {}).items():
                strong = judged.under(other) == STRONG
                rules[name] += (len(strong), strong.sum(), (strong & (judged.true_votes < 2)).sum())
        for name, frame in (
            ("kinds", tally.finding_rows(kinds, "kind")),
            ("indicators", tally.finding_rows(ids, "indicator_id")),
            ("sets", tally.verdict_rows()),
            ("rules", _rules(rules)),
        ):
            frame.insert(0, "scenario", scenario.name)
            tables[name].append(frame)
    return {name: pd.concat(frames, ignore_index=True) for name, frames in tables.items()}


def _rules(rules: Mapping[str, np.ndarray]) -> pd.DataFrame:
    rows = [dict(zip(("rule", "localities", "strong", "baseless"), (name, *sums), strict=True))
            for name, sums in rules.items()]  # fmt: skip
    return pd.DataFrame(rows, columns=["rule", "localities", "strong", "baseless"])
