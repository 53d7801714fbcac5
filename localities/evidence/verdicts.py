"""Verdicts: the grade of the statistical evidence for each candidate locality. The decision is the partnership's.

What adds up to a verdict is in `localities.evidence.votes`, how far it hangs on choices in
`localities.evidence.stability`; here it becomes the table ``verdicts``, with its basis, the people in need, and the
order of places within each partnership.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue
from indicators.schema.tables import TABLES
from indicators.schema.vocabulary import VERDICTS
from localities.evidence.findings import Assessment, assess
from localities.evidence.panel import Floats, Panel, build_panel
from localities.evidence.stability import SPECIAL_ZONES, alternatives, drawing_support
from localities.evidence.sums import Places, build_places, parents_of
from localities.evidence.votes import NO_EVIDENCE, STRONG, Votes, ballot, best_of, count_votes
from localities.settings import Settings
from localities.zones.special_zones import is_special

__all__ = ["build_verdicts", "effective_number", "plain_name"]


def build_verdicts(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the table ``verdicts``: one row per candidate locality.

    The headline periods are judged against each comparator by itself; the verdict is the stronger of the two, and
    ``basis`` says which comparators reach it. ``priority_rank`` orders every locality of a partnership and candidate
    set by verdict, number of poorer votes, mean depth against both comparators and people in need, so that a
    partnership without any flag still sees which places come first. There is no quota.

    Raises
    ------
    ConfigError
        If the indicator of need is not declared.
    """
    places = build_places(zones, candidate_localities, membership)
    panel = build_panel(
        observations,
        catalogue,
        zones["zone_code"],
        headline_only=True,
        intermediate_zone_codes=parents_of(zones),
    ).tested()
    assessments = assess(places, panel, settings, with_q=False)
    voting = ballot(panel.indicators, np.ones(len(panel.indicators), dtype=bool))
    votes = [count_votes(one.grades.grade, one.evidence.comparison["depth"], voting, settings) for one in assessments]
    best = best_of([one.verdict for one in votes])
    need, need_id = _people_in_need(panel, assessments[0], catalogue, settings)

    # what is shown is the comparator with the stronger verdict; where both reach it, what is poorer than either
    chosen = np.where(votes[1].verdict < votes[0].verdict, 1, 0)
    either = (votes[0].verdict == votes[1].verdict)[:, None]
    assessed = _choose(chosen, [one.assessed for one in votes]) | (either & (votes[0].assessed | votes[1].assessed))
    poorer = _choose(chosen, [one.poorer for one in votes]) | (either & (votes[0].poorer | votes[1].poorer))
    leaning = _choose(chosen, [one.slightly for one in votes]) | (either & (votes[0].slightly | votes[1].slightly))
    slightly = leaning & ~poorer
    depth = _mean_depth(_choose(chosen, [one.depth for one in votes]), assessed)

    special = is_special(zones, settings.communal_share)
    share, changes, holds = _stability(places, panel, assessments, special, best == STRONG, settings)
    touched = places.members.copy()
    touched.data = (touched.data > 0).astype(float)
    names = [_names(voting.names, row) for row in poorer]
    basis = _basis(votes, best)
    table = pd.DataFrame(
        {
            "locality_id": places.locality_id,
            "candidate_set": places.candidate_set,
            "locality_name": candidate_localities["locality_name"].to_numpy(dtype=object),
            "cpp_code": candidate_localities["cpp_code"].to_numpy(dtype=object),
            "cpp_name": candidate_localities["cpp_name"].to_numpy(dtype=object),
            "domains_assessed": assessed.sum(axis=1),
            "domains_poorer": poorer.sum(axis=1),
            "domains_slightly_poorer": slightly.sum(axis=1),
            "poorer_domains": [name or None for name in names],
            "effective_domains": _effective(places, votes[1], assessed),
            "people_in_need": need,
            "people_in_need_indicator": need_id,
            "depth": depth,
            "basis": basis,
            "verdict": _words(best),
            "verdict_cpp": _words(votes[0].verdict),
            "verdict_scotland": _words(votes[1].verdict),
            "is_flagged": best == STRONG,
            "stability": share,
            "changes_under": changes,
            "drawing_support": drawing_support(places, best == STRONG),
            "special_zones": (touched @ special.astype(float)).astype(int),
            "holds_without_special_zones": holds,
        }
    )
    # places of one partnership are ordered by the same yardstick: the mean of both comparators
    yardstick = np.mean([_mean_depth(one.depth, one.assessed) for one in votes], axis=0)
    table["priority_rank"] = _rank(table, best, yardstick)
    partnerships = candidate_localities["cpp_name"].tolist()
    counts = zip(assessed.sum(axis=1).tolist(), slightly.sum(axis=1).tolist(), strict=True)
    table["reason"] = [
        _reason(VERDICTS[grade], cpp, ground, poor, *numbers)
        for grade, cpp, ground, poor, numbers in zip(best, partnerships, basis, names, counts, strict=True)
    ]
    return table[list(TABLES["verdicts"].columns)]


def effective_number(correlation: Floats) -> float:
    """Return the effective number of domains: (sum of eigenvalues)^2 / sum of squared eigenvalues.

    Equal to the number of domains where they are uncorrelated, and to 1 where they are the same. The sum of the squared
    eigenvalues of a symmetric matrix is the sum of its squared entries (Bretherton and others 1999, Journal of Climate
    12:1990-2009, their N_eff of the eigenvalue spectrum).

    Examples
    --------
    >>> effective_number(np.eye(4)), effective_number(np.ones((4, 4)))
    (4.0, 1.0)
    """
    return float(np.trace(correlation) ** 2 / (correlation**2).sum()) if len(correlation) else 0.0


def _choose(chosen: NDArray[np.intp], arrays: list[NDArray]) -> NDArray:
    return np.where(chosen[:, None] == 0, arrays[0], arrays[1])


def _mean_depth(depth: Floats, assessed: NDArray[np.bool_]) -> Floats:
    count = assessed.sum(axis=1)
    total = np.where(assessed, np.nan_to_num(depth), 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _effective(places: Places, votes: Votes, assessed: NDArray[np.bool_]) -> Floats:
    """Return the effective number of the domains assessed in each locality, from their correlation in its set."""
    found = np.full(len(assessed), np.nan)
    for name in pd.unique(places.candidate_set):
        rows = np.flatnonzero(places.candidate_set == name)
        correlation = pd.DataFrame(votes.depth[rows]).corr(min_periods=3).to_numpy(copy=True)
        np.fill_diagonal(correlation, 1.0)
        # a pair never seen together says nothing against being separate
        correlation = np.nan_to_num(correlation)
        patterns, which = np.unique(assessed[rows], axis=0, return_inverse=True)
        numbers = np.array([effective_number(correlation[np.ix_(one, one)]) for one in patterns])
        found[rows] = numbers[which.ravel()]
    return found


def _people_in_need(
    panel: Panel, assessment: Assessment, catalogue: Catalogue, settings: Settings
) -> tuple[Floats, str | None]:
    one = catalogue[settings.need_indicator]
    columns = [k for k, other in enumerate(panel.indicators) if other.id == one.id]
    if not columns:
        return np.full(len(assessment.held.locality.numerator), np.nan), None
    sums = assessment.held.locality
    return np.where(sums.denominator[:, columns[0]] > 0, sums.numerator[:, columns[0]], np.nan), one.id


def _stability(
    places: Places,
    panel: Panel,
    assessments: list[Assessment],
    special: NDArray[np.bool_],
    flagged: NDArray[np.bool_],
    settings: Settings,
) -> tuple[Floats, list[str | None], NDArray[np.bool_]]:
    """Return how often flags stay, the changes that move each, and whether special zones matter."""
    same = np.zeros(len(flagged))
    changes: list[list[str]] = [[] for _ in flagged]
    holds = np.ones(len(flagged), dtype=bool)
    count = 0
    for name, other in alternatives(places, panel, assessments, special, settings):
        stays = other == flagged
        same += stays
        count += 1
        for row in np.flatnonzero(~stays):
            changes[row].append(name)
        if name == SPECIAL_ZONES:
            holds = stays
    return same / max(count, 1), ["; ".join(names) or None for names in changes], holds


def _basis(votes: list[Votes], best: NDArray[np.int8]) -> NDArray[np.object_]:
    cpp, scotland = (one.verdict == best for one in votes)
    found = np.select([cpp & scotland, cpp, scotland], ["both", "cpp", "scotland"], "none").astype(object)
    found[best >= NO_EVIDENCE] = "none"
    return found


def _words(verdict: NDArray[np.int8]) -> NDArray[np.object_]:
    return np.array(VERDICTS, dtype=object)[verdict]


def _names(names: tuple[str, ...], row: NDArray[np.bool_]) -> str:
    # a name may hold "and"; a comma would not keep it apart
    return "; ".join(plain_name(name) for name, is_poorer in zip(names, row, strict=True) if is_poorer)


def plain_name(vote: str) -> str:
    """Return the name of a vote as it stands in a sentence.

    Examples
    --------
    >>> plain_name("income_and_work"), plain_name("Health")
    ('income and work', 'health')
    """
    return vote.replace("_", " ").lower()


def _rank(table: pd.DataFrame, best: NDArray[np.int8], yardstick: Floats) -> pd.Series:
    ordered = table.assign(grade=best, yardstick=yardstick).sort_values(
        ["candidate_set", "cpp_code", "grade", "domains_poorer", "yardstick", "people_in_need", "locality_id"],
        ascending=[True, True, True, False, False, False, True],
        na_position="last",
        kind="stable",
    )
    return (ordered.groupby(["candidate_set", "cpp_code"], observed=True).cumcount() + 1).reindex(table.index)


def _reason(verdict: str, cpp: str, basis: str, poorer: str, assessed: int, slightly: int) -> str:
    """Return one sentence on a verdict."""
    than = {
        "cpp": f"elsewhere in {cpp}",
        "scotland": "elsewhere in Scotland",
        "both": f"elsewhere in {cpp} or in Scotland",
        "none": "",
    }[basis]
    domains = f"{assessed} domain" + ("" if assessed == 1 else "s")
    if verdict == "insufficient_evidence":
        return f"Only {domains} could be assessed." if assessed else "No domain could be assessed."
    if verdict == "no_evidence":
        return f"In none of {domains} surely and importantly poorer."
    if poorer:
        return f"Surely and importantly poorer than {than} in {poorer} (of {domains} assessed)."
    return f"Poorer than {than} in {slightly} of {domains}, but not surely by enough to matter."
