"""A locality held against the places most like it: context beside the two comparators of the Act, never in a verdict.

The Act asks whether residents have poorer outcomes than elsewhere in their partnership's area, or than people in
Scotland generally. Whether a place does worse than *others like it* is another question, and a useful one: it tells
what comes with the kind of place from what is this place's own. So nothing here enters a finding, a verdict or a rank.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from indicators.catalogue import Catalogue, Indicator
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from indicators.schema.vocabulary import MATCHINGS, SIGNIFICANCES
from localities.evidence.findings import BOUNDS, panels_of_tested, sums_over
from localities.evidence.grading import NOT_ASSESSED, Families, grade, regrade
from localities.evidence.kept import Keep, Kept, anew, of_what
from localities.evidence.panel import Floats
from localities.evidence.reasons import NOTHING_TO_COMPARE, why_open, words_of
from localities.evidence.sides import LocalitySums
from localities.evidence.sums import Panels, values_of
from localities.evidence.weighing import Evidence, evidence_against, sides_in
from localities.settings import Settings

_FIELDS = ("comparator_value", "depth", "p_value", "p_important", "p_better")


def build_peer_findings(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    peers: pd.DataFrame,
    settings: Settings,
    panels: Panels | None = None,
    kept: Kept | None = None,
) -> pd.DataFrame:
    """Return the table ``peer_findings``: headline figures of each place held against those of its peers, pooled.

    Parameters
    ----------
    observations, zones, candidate_localities, membership, peers
        Tables of these names. Places without peers have no rows.
    catalogue
        The declared indicators. Outcomes that are tested are held against peers.
    settings
        Thresholds, as for findings.
    panels
        Of the same figures, where other tables of the run have made them.
    kept
        Where comparisons are kept that no threshold decides.

    Returns
    -------
    pandas.DataFrame
        Columns as declared in `indicators.schema.tables`: one row per locality and outcome.

    Notes
    -----
    The same tests as for findings (`localities.evidence.weighing`), with the peers' sums in the place of the rest of an
    area: peers of a set share no residents with the locality. q values are corrected over each locality's own
    indicators. Peers are alike in income deprivation, so income, and indicators declared to be nearly the same, are
    held against peers found without it; ``matching`` says which. The comparison takes the peers as given: others, a
    little less alike, would give other figures.
    """
    every = panels_of_tested(observations, catalogue, zones, headline_only=True, panels=panels)
    outcomes = [one.take(np.flatnonzero([each.role == "outcome" for each in one.indicators])) for one in every]
    localities = sums_over(outcomes, zones, candidate_localities, membership)
    ids = pd.Index(localities.places.locality_id)
    area, peer = (ids.get_indexer(peers[name].astype("str")) for name in ("area_id", "peer_id"))
    known = (area >= 0) & (peer >= 0)
    ends = np.cumsum([0, *(len(one.indicators) for one in outcomes)])
    matched = np.array([is_matched_on(one, catalogue, settings) for one in localities.indicators], dtype=bool)
    found = _Found(localities, len(ids), len(matched))
    for matching in MATCHINGS:
        of = known & (peers["matching"] == matching).to_numpy(dtype=bool)
        rows, number = np.unique(area[of], return_inverse=True)
        pairs = sparse.csr_array((np.ones(len(number)), (number, peer[of])), shape=(len(rows), len(ids)))
        keep = kept.of(localities.places.candidate_set[rows]) if kept else anew
        for start, end in pairwise(ends):
            at = start + np.flatnonzero(matched[start:end] == (matching == "without_deprivation"))
            if len(rows) and len(at):
                keeping = of_what(keep, f"{matching} {start}")
                evidence = _evidence(localities, pairs, rows, at, settings, keeping)
                found.put(matching, rows, at, np.bincount(number), *evidence)
    return found.table(settings)


def is_matched_on(one: Indicator, catalogue: Catalogue, settings: Settings) -> bool:
    """Return whether peers are chosen to be alike in an indicator: income deprivation, or what is nearly the same."""
    need = settings.need_indicator
    return one.id == need or need in one.same_as or (need in catalogue and one.id in catalogue[need].same_as)


def _evidence(
    every: LocalitySums,
    pairs: sparse.csr_array,
    rows: NDArray[np.intp],
    at: NDArray[np.intp],
    settings: Settings,
    keep: Keep,
) -> tuple[Floats, Evidence]:
    """Return the places' values, and what holding them against their peers says; hidden counts must not decide it."""
    own = every.take(rows).columns(at)
    wholes = []
    for (here, _), (places, _) in zip(own.layers, every.layers, strict=True):
        whole = sparse.csr_array(pairs @ places.members + here.members)
        # an area that two of them share counts once, and never more than whole
        whole.data = np.minimum(whole.data, 1.0)
        wholes.append(whole)
    sides = sides_in(own, wholes)
    evidence = evidence_against(own, sides, settings, keep, wanted=_FIELDS)
    who = _by_place(evidence.reason.shape)
    grades = regrade(evidence, who, settings)
    if sides.is_open.any():
        for counts, rest_counts in BOUNDS:
            bound = evidence_against(
                own, sides, settings, of_what(keep, counts), counts=counts, rest_counts=rest_counts, wanted=_FIELDS
            )
            changed = sides.is_open & evidence.is_assessed & (regrade(bound, who, settings) != grades)
            evidence = replace(evidence, reason=np.where(changed, why_open(sides), evidence.reason))
    return values_of(sides.locality, sides.indicators), evidence


def _by_place(shape: tuple[int, ...]) -> Families:
    """Return families of all that is held against one place's peers."""
    family = np.broadcast_to(np.arange(shape[0])[:, None], shape)
    return Families(family.astype(np.intp), np.zeros(shape[0], dtype=bool))


@dataclass
class _Found:
    """What is found of places and series, put together from parts; places without peers keep no rows."""

    localities: LocalitySums
    places: int
    series: int

    def __post_init__(self) -> None:
        shape = (self.places, self.series)
        self.value = np.full(shape, np.nan)
        self.comparison = {name: np.full(shape, np.nan) for name in _FIELDS}
        self.reason = np.full(shape, NOTHING_TO_COMPARE, dtype=np.int16)
        self.count = np.zeros(shape, dtype=np.int64)
        self.matching = np.zeros(self.series, dtype=np.intp)

    def put(
        self,
        matching: str,
        rows: NDArray[np.intp],
        at: NDArray[np.intp],
        count: NDArray[np.intp],
        value: Floats,
        evidence: Evidence,
    ) -> None:
        """Put in what was found of some places and series."""
        block = np.ix_(rows, at)
        self.value[block] = value
        self.reason[block] = evidence.reason
        self.count[block] = count[:, None]
        self.matching[at] = MATCHINGS.index(matching)
        for name, array in self.comparison.items():
            array[block] = evidence.comparison[name]

    def table(self, settings: Settings) -> pd.DataFrame:
        """Return the rows: corrected together, whichever peers and areas they come from."""
        joined = Evidence(self.comparison, self.value, self.reason)
        graded = grade(joined, _by_place(self.reason.shape), settings)
        bare = (graded.grade == NOT_ASSESSED) & joined.is_assessed
        reason = words_of(settings)[np.where(bare, NOTHING_TO_COMPARE, self.reason)]
        names = self.localities.series["indicator_id"].to_numpy(dtype=object)
        row, column = np.nonzero(self.count)
        order = np.lexsort((names[column].astype(str), row))
        row, column = row[order], column[order]

        def numbers(array: Floats) -> Floats:
            picked = array[row, column]
            return np.where(np.isfinite(picked), picked, np.nan)

        frame = {
            "locality_id": self.localities.places.locality_id[row],
            "indicator_id": names[column],
            "period": self.localities.series["period"].to_numpy(dtype=object)[column],
            "matching": np.array(MATCHINGS, dtype=object)[self.matching[column]],
            "peer_count": self.count[row, column],
            "value": numbers(self.value),
            "peers_value": numbers(self.comparison["comparator_value"]),
            "depth": numbers(self.comparison["depth"]),
            "q_value": numbers(graded.q_value),
            "q_important": numbers(graded.q_important),
            "significance": np.array(SIGNIFICANCES, dtype=object)[np.minimum(graded.grade, NOT_ASSESSED)[row, column]],
            "reason": [text or None for text in reason[row, column].tolist()],
        }
        return coerce("peer_findings", pd.DataFrame(frame)[list(TABLES["peer_findings"].columns)])
