"""A locality held against the places most like it: context beside the two comparators of the Act, never in a verdict.

The Act asks whether residents have poorer outcomes than elsewhere in their partnership's area, or than people in
Scotland generally. Whether a place does worse than *others like it* is another question, and a useful one: it tells
what comes with the kind of place from what is this place's own. So nothing here enters a finding, a verdict or a rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from indicators.catalogue import Catalogue, Indicator
from indicators.schema.vocabulary import MATCHINGS, SIGNIFICANCES
from localities.evidence.findings import BOUNDS, panels_of_tested
from localities.evidence.grading import NOT_ASSESSED, Families, grade, regrade
from localities.evidence.panel import Panel
from localities.evidence.reasons import NOTHING_TO_COMPARE, SUPPRESSED, words_of
from localities.evidence.sides import Sides
from localities.evidence.sums import (
    Places,
    aggregate,
    build_places,
    coarse_places,
    values_of,
)
from localities.evidence.weighing import Evidence, evidence_against, sum_localities
from localities.settings import Settings

__all__ = ["compare_with_peers", "is_matched_on"]

_COLUMNS = {
    "peers_value": "comparator_value",
    "difference": "difference",
    "difference_lower_ci": "difference_lower",
    "difference_upper_ci": "difference_upper",
    "ratio": "ratio",
    "ratio_lower_ci": "ratio_lower",
    "ratio_upper_ci": "ratio_upper",
    "p_value": "p_value",
    "p_important": "p_important",
    "depth": "depth",
    "test_method": "test_method",
}
"""Columns of the result, and the fields of a comparison that they hold."""


def compare_with_peers(
    tables: Mapping[str, pd.DataFrame],
    locality_id: str,
    catalogue: Catalogue,
    settings: Settings,
    figures: Sequence[Panel] | None = None,
) -> pd.DataFrame:
    """Return a locality's headline figures held against those of its peers, pooled: one row per indicator.

    Parameters
    ----------
    tables
        ``peers, observations, zones, candidate_localities`` and ``membership``. Of the observations, the headline
        periods are enough.
    locality_id
        Candidate locality.
    catalogue
        The declared indicators. Populations, and what is not tested, are left out.
    settings
        Thresholds, as for findings.
    figures
        Of `localities.evidence.findings.panels_of_tested` for headline periods, where they are at hand; made of the
        observations otherwise.

    Returns
    -------
    pandas.DataFrame
        ``indicator_id, period, matching, peer_count, value, peers_value``; difference and ratio with limits,
        ``p_value, q_value, p_important, q_important, depth, test_method, significance, reason`` as in the table
        ``findings``. Empty where the locality has no peers.

    Notes
    -----
    The same tests as for findings (`localities.evidence.weighing`), with the peers' sums in the place of the rest of an
    area: peers of a set share no residents with the locality. q values are corrected over this locality's own
    indicators. Peers are alike in income deprivation, so income, and indicators declared to be nearly the same, are
    held against peers found without it; ``matching`` says which. The limits take the peers as given: others, a little
    less alike, would give other figures.
    """
    matched = tables["peers"]
    matched = matched[matched["area_id"] == locality_id]
    matched = matched.sort_values(["matching", "peer_rank"])
    ids = [locality_id, *dict.fromkeys(matched["peer_id"].astype(str))]
    peers = {name: matched.loc[matched["matching"] == name, "peer_id"].astype(str).tolist() for name in MATCHINGS}
    parts = []
    for places, panel in _group(tables, catalogue, ids, figures) if len(ids) > 1 else ():
        for matching, named in peers.items():
            at = [
                column
                for column, one in enumerate(panel.indicators)
                if is_matched_on(one, catalogue, settings) == (matching == "without_deprivation")
            ]
            if named and at:
                chosen = panel.take(np.array(at, dtype=np.intp))
                rows = np.array([0, *(ids.index(one) for one in named)])
                parts.append((matching, len(named), chosen, *_evidence(places, rows, chosen, settings)))
    return _table(parts, settings)


def is_matched_on(one: Indicator, catalogue: Catalogue, settings: Settings) -> bool:
    """Return whether peers are chosen to be alike in an indicator: income deprivation, or what is nearly the same."""
    need = settings.need_indicator
    return one.id == need or need in one.same_as or (need in catalogue and one.id in catalogue[need].same_as)


def _group(
    tables: Mapping[str, pd.DataFrame], catalogue: Catalogue, ids: list[str], figures: Sequence[Panel] | None
) -> list[tuple[Places, Panel]]:
    """Return the locality and its peers, in this order, with the headline figures of zones and of larger areas."""
    zones, every, membership = tables["zones"], tables["candidate_localities"], tables["membership"]
    localities = every[every["locality_id"].isin(ids)]
    localities = localities.set_index("locality_id", drop=False).loc[ids].reset_index(drop=True)
    members = membership[membership["locality_id"].isin(ids)]
    places = build_places(zones, localities, members)  # type: ignore[arg-type]
    if figures is None:
        figures = panels_of_tested(tables["observations"], catalogue, zones, headline_only=True)
    layers = [(places, figures[0]), *((coarse_places(zones, places), one) for one in figures[1:])]
    return [(where, what) for where, what in layers if len(what.series)]


def _evidence(places: Places, rows: NDArray[np.intp], panel: Panel, settings: Settings) -> tuple[Sides, Evidence]:
    """Return the sums held against each other, and what they say; not assessed where that hangs on hidden counts."""
    locality = places.members[[0]].tocsr()
    whole = sparse.csr_array(np.asarray(places.members[rows].sum(axis=0)).reshape(1, -1))
    # an area that two of them share counts once, and never more than whole
    whole.data = np.minimum(whole.data, 1.0)
    alone = replace(
        places,
        locality_id=places.locality_id[:1],
        candidate_set=places.candidate_set[:1],
        members=locality,
        cpp=places.cpp[:1],
        drawn_from=places.drawn_from[:1],
    )
    own = sum_localities((alone, panel))
    together = aggregate(whole, panel, places.population)
    sides = Sides(own.indicators, own.spread, own.sums, together, together.minus(own.sums))
    evidence = evidence_against(own, sides, settings)
    who = Families(np.zeros(evidence.reason.shape, dtype=np.intp), np.zeros(1, dtype=bool))
    grades = regrade(evidence, who, settings)
    if sides.is_open.any():
        for counts, rest_counts in BOUNDS:
            bound = evidence_against(own, sides, settings, counts=counts, rest_counts=rest_counts)
            changed = sides.is_open & evidence.is_assessed & (regrade(bound, who, settings) != grades)
            evidence = replace(evidence, reason=np.where(changed, np.int16(SUPPRESSED), evidence.reason))
    return sides, evidence


def _table(parts: list[tuple[str, int, Panel, Sides, Evidence]], settings: Settings) -> pd.DataFrame:
    names = ["indicator_id", "period", "matching", "peer_count", "value", *_COLUMNS, "q_value", "q_important",
             "significance", "reason"]  # fmt: skip
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in names})
    # corrected together, whichever peers and areas they come from
    joined = Evidence(
        {
            name: np.concatenate([evidence.comparison[name] for *_, evidence in parts], axis=1)
            for name in parts[0][4].comparison
        },
        np.concatenate([evidence.whole_value for *_, evidence in parts], axis=1),
        np.concatenate([evidence.reason for *_, evidence in parts], axis=1),
    )
    graded = grade(joined, Families(np.zeros(joined.reason.shape, dtype=np.intp), np.zeros(1, dtype=bool)), settings)
    bare = (graded.grade[0] == NOT_ASSESSED) & joined.is_assessed[0]
    reason = words_of(settings)[np.where(bare, NOTHING_TO_COMPARE, joined.reason[0])]
    frame = pd.DataFrame(
        {
            "indicator_id": np.concatenate([panel.series["indicator_id"] for _, _, panel, *_ in parts]),
            "period": np.concatenate([panel.series["period"] for _, _, panel, *_ in parts]),
            "matching": np.concatenate([np.full(len(panel.series), name) for name, _, panel, *_ in parts]),
            "peer_count": np.concatenate([np.full(len(panel.series), count) for _, count, panel, *_ in parts]),
            "value": np.concatenate([values_of(sides.locality, panel.indicators)[0] for *_, panel, sides, _ in parts]),
            **{name: joined.comparison[source][0] for name, source in _COLUMNS.items()},
            "q_value": graded.q_value[0],
            "q_important": graded.q_important[0],
            "significance": np.array(SIGNIFICANCES, dtype=object)[np.minimum(graded.grade[0], NOT_ASSESSED)],
            "reason": [text or None for text in reason.tolist()],
        }
    )
    limits = frame.select_dtypes("number").columns
    frame[limits] = frame[limits].where(np.isfinite(frame[limits]))
    return frame[names].sort_values("indicator_id", ignore_index=True)
