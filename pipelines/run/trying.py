"""An indicator tried on the tables of the last run before it is taken in: what it would have, and what would change.

Every rule of a run is applied to its figures; then it is held against the same localities as in a run. Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipelines.folders import Home
from pipelines.storage.reading import rows_of, settings_of
from pipelines.storage.store import Store

if TYPE_CHECKING:
    from indicators.catalogue import Catalogue, Indicator
    from localities.settings import Settings

NEEDED = ("zones", "observations", "candidate_localities", "membership", "verdicts", "crosswalk")
_ANSWERS = ("verdict_scotland", "verdict_cpp")


@dataclass(frozen=True)
class Tried:
    """What an indicator would have and change.

    Parameters
    ----------
    figures
        One row per period: ``period, areas, with_figure``, and the areas in every other status.
    findings
        One row per candidate set: ``candidate_set, localities, assessed_scotland, poorer_scotland, assessed_cpp,
        poorer_cpp, reason``, the last being why most of the others are not assessed. Empty where it is not tested.
    verdicts
        One row per locality whose answer would be another: ``cpp_name, candidate_set, locality_name, comparator,
        before, after``. Empty where it does not vote.
    """

    figures: pd.DataFrame
    findings: pd.DataFrame
    verdicts: pd.DataFrame


def has_run(home: Home) -> bool:
    """Return whether a working folder has the tables that an indicator can be tried on."""
    return set(NEEDED) <= set(Store(home.store).manifests())


def try_indicator(home: Home, indicator: Indicator, catalogue: Catalogue, files: Mapping[str, Path]) -> Tried:
    """Return what an indicator would have and change in a working folder.

    Parameters
    ----------
    indicator, catalogue
        The indicator, and the others.
    files
        The file of each source that it reads.

    Raises
    ------
    LocalitiesError
        Whatever would stop a run at its figures: of readers, of coverage, of the rules of the table ``observations``.
    """
    from indicators.catalogue import Catalogue
    from indicators.observations.build import build_observations
    from indicators.schema.validation import validate
    from localities.rules import check_rules

    store = Store(home.store)
    settings = settings_of(store)
    zones = rows_of(store, "zones")
    vintage = str(zones["vintage"].iloc[0])
    one = indicator.on_zones(vintage)
    rows = build_observations(
        files,
        Catalogue((one,)),
        zone_codes=zones["zone_code"],
        zones=vintage,
        crosswalk=store.read("crosswalk"),
        zone_councils=zones["cpp_code"],
    )
    rows = validate("observations", rows)
    check_rules("observations", rows, {"zones": zones, "observations": rows})
    figures = rows.groupby("period")["status"].value_counts().unstack(fill_value=0)
    others = Catalogue((*(known for known in catalogue if known.id != one.id), one))
    return Tried(
        figures=figures.reset_index(),
        findings=_findings(store, zones, rows, others, settings) if one.is_tested else pd.DataFrame(),
        verdicts=_changes(store, zones, rows, one, others, settings) if one.votes else pd.DataFrame(),
    )


def _findings(
    store: Store, zones: pd.DataFrame, rows: pd.DataFrame, catalogue: Catalogue, settings: Settings
) -> pd.DataFrame:
    """Return, by candidate set, how many findings there would be, and why not more."""
    from indicators.schema.vocabulary import SIGNIFICANCES
    from localities.evidence.findings import VOTING, assess, sums_of_tested
    from localities.evidence.reasons import words_of

    places = rows_of(store, "candidate_localities")
    members = rows_of(store, "membership")
    localities = sums_of_tested(rows, catalogue, zones, places, members, headline_only=True)
    if not len(localities.series):
        return pd.DataFrame()
    words = words_of(settings)
    found = pd.DataFrame({"candidate_set": places["candidate_set"].to_numpy()})
    poorer = SIGNIFICANCES.index("poorer")
    for side in assess(localities, settings, wanted=VOTING):
        found[f"assessed_{side.comparator}"] = side.evidence.is_assessed[:, 0]
        found[f"poorer_{side.comparator}"] = side.evidence.is_assessed[:, 0] & (side.grades.grade[:, 0] == poorer)
        found[f"why_{side.comparator}"] = words[side.evidence.reason[:, 0]]
    table = found.groupby("candidate_set").agg(
        localities=("candidate_set", "size"),
        **{name: (name, "sum") for name in found if name.startswith(("assessed", "poorer"))},
    )
    why = pd.concat([found[["candidate_set", name]].set_axis(["candidate_set", "reason"], axis=1)
                     for name in found if name.startswith("why")])  # fmt: skip
    most = why[why["reason"] != ""].groupby("candidate_set")["reason"].agg(lambda texts: texts.mode().iloc[0])
    return table.assign(reason=most.reindex(table.index).fillna("")).reset_index()


def _changes(
    store: Store, zones: pd.DataFrame, rows: pd.DataFrame, one: Indicator, catalogue: Catalogue, settings: Settings
) -> pd.DataFrame:
    """Return the answers that would be others: those of the last run beside those with the indicator."""
    from indicators.schema.vocabulary import VERDICTS
    from localities.evidence.findings import VOTING, assess, sums_of_tested
    from localities.evidence.stability import without_old
    from localities.evidence.votes import ballot, count_votes, settled

    ids = [known.id for known in catalogue if known.votes and known.id != one.id]
    now = rows_of(store, "observations", where={"indicator_id": ids})
    places = rows_of(store, "candidate_localities")
    members = rows_of(store, "membership")
    both = pd.concat([now, rows], ignore_index=True)
    localities = sums_of_tested(both, catalogue, zones, places, members, headline_only=True)
    every = ballot(localities.indicators, np.ones(len(localities.indicators), dtype=bool))
    voting = without_old(every, localities.series, settings.evidence_years)
    before = rows_of(store, "verdicts", columns=["locality_id", *_ANSWERS]).set_index("locality_id")
    before = before.reindex(places["locality_id"].to_numpy())
    words = np.array(VERDICTS, dtype=object)
    found = []
    for side in assess(localities, settings, wanted=VOTING):
        votes = count_votes(side.grades.grade, None, voting, settings)
        after = words[settled([votes.strongest], [votes.weakest])]
        was = before[f"verdict_{side.comparator}"].to_numpy(dtype=object)
        moved = was != after
        part = places.loc[moved, ["cpp_name", "candidate_set", "locality_name"]]
        found.append(part.assign(comparator=side.comparator, before=was[moved], after=after[moved]))
    return pd.concat(found, ignore_index=True).sort_values(
        ["cpp_name", "candidate_set", "locality_name"], ignore_index=True
    )
