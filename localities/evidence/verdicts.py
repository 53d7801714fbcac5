"""Verdicts: the grade of the statistical evidence for each candidate locality. The decision is the partnership's.

What adds up to a verdict is in `localities.evidence.votes`, how firm it is in `localities.evidence.stability`; here it
becomes the table ``verdicts``: two answers side by side (against Scotland, against elsewhere in the partnership), what
each rests and hangs on, people in need, the dates of the evidence, and the order of places within each partnership.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue
from indicators.schema.tables import TABLES
from indicators.schema.vocabulary import (
    ACCESS_VERDICTS,
    ANSWERS,
    COMPARATORS,
    CORE_VOTES,
    OPEN_VERDICT,
    VERDICTS,
    VOTES,
)
from localities.boundaries.own_ids import PREFIX
from localities.evidence.findings import VOTING, Assessment, assess, assess_beside, sums_of_tested
from localities.evidence.grading import NOT_ASSESSED, POORER
from localities.evidence.kept import Keep, Kept, anew
from localities.evidence.panel import Floats
from localities.evidence.sides import LocalitySums
from localities.evidence.stability import SPECIAL_ZONES, alternatives, drawing_support, holds_up_to, without_old
from localities.evidence.sums import Panels, Places, build_places
from localities.evidence.votes import NO_EVIDENCE, SOME, STRONG, Ballot, Votes, ballot, best_of, count_votes, settled
from localities.evidence.weighing import sides_of_a_kind
from localities.settings import Settings
from localities.zones.special_zones import is_special

_CORE = slice(0, len(CORE_VOTES))
_HANGS_ON = ("vote", "indicator", "counts", "dispersion")
"""Kinds of alternatives that name something a flag hangs on, and not a threshold."""


def build_verdicts(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the table ``verdicts``: one row per candidate locality.

    The headline periods are judged against each comparator by itself: two answers, never added up. ``verdict`` is the
    stronger of the two and ``basis`` says which reach it; the columns on domains are those of the answer against
    Scotland, unless only the other is stronger. ``priority_rank`` orders every locality of a partnership and candidate
    set by firmness: verdict, largest ratio at which evidence is strong, core votes poorer, mean depth of the core votes
    against both comparators, people in need. There is no quota.

    Raises
    ------
    ConfigError
        If the indicator of need is not declared.
    """
    judged = build_judgements(observations, catalogue, zones, candidate_localities, membership, settings)
    return with_drawing_support(judged, zones, candidate_localities, membership)


def with_drawing_support(
    judgements: pd.DataFrame, zones: pd.DataFrame, candidate_localities: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    """Return the table ``verdicts``: judgements, and what the other ways of drawing localities say of each.

    ``drawing_support`` is `localities.evidence.stability.drawing_support`; a flag that most of its residents do not
    have under the others hangs on where its boundary is drawn.
    """
    places = build_places(zones, candidate_localities, membership)  # type: ignore[arg-type]
    table = judgements.set_index("locality_id").loc[places.locality_id].reset_index()
    is_strong = np.column_stack([table[f"verdict_{one}"] == VERDICTS[STRONG] for one in COMPARATORS])
    support = np.column_stack([drawing_support(places, flags) for flags in is_strong.T])
    # a flag hangs on its boundary where no answer that it has is borne out by other drawings
    most = is_strong.any(axis=1) & ~(is_strong & ~(support < 0.5)).any(axis=1)
    alone = table["hangs_on"].to_numpy(dtype=object)
    both = [_ON_BOUNDARY if pd.isna(text) else f"{text}; {_ON_BOUNDARY}" for text in alone]
    table["hangs_on"] = np.where(most, np.array(both, dtype=object), np.where(pd.isna(alone), None, alone))
    named = {f"drawing_support_{one}": support[:, side] for side, one in enumerate(COMPARATORS)}
    return table.assign(**named)[list(TABLES["verdicts"].columns)]


_ON_BOUNDARY = "where its boundary is drawn"


def build_judgements(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    settings: Settings,
    *,
    is_alone: bool = False,
    panels: Panels | None = None,
    kept: Kept | None = None,
) -> pd.DataFrame:
    """Return the table ``judgements``: verdicts as far as each candidate set by itself decides them.

    With `is_alone` without what says how firm they are, which is most of the work; as in `verdicts_of`. What no
    threshold decides is taken from `kept`, and left there.

    Raises
    ------
    ConfigError
        If the indicator of need is not declared.
    """
    localities = sums_of_tested(
        observations, catalogue, zones, candidate_localities, membership, headline_only=True, panels=panels
    )
    keep = kept.of(localities.places.candidate_set) if kept else anew
    assessments = assess(localities, settings, wanted=VOTING, keep=keep)
    return verdicts_of(
        localities, assessments, zones, candidate_localities, catalogue, settings, is_alone=is_alone, keep=keep
    )


def verdicts_of(
    localities: LocalitySums,
    assessments: list[Assessment],
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    catalogue: Catalogue,
    settings: Settings,
    *,
    is_alone: bool = False,
    keep: Keep = anew,
) -> pd.DataFrame:
    """Return the table ``judgements`` of localities from the assessments of their headline periods.

    With `is_alone` the localities are some of those that were assessed together: the columns that need the others are
    absent. These say how firm a verdict is (``holds_up_to``, stability, what it hangs on), give its rank, the effective
    number of domains, and the verdict among places of the same kind.
    """
    places = localities.places
    every = ballot(localities.indicators, np.ones(len(localities.indicators), dtype=bool))
    voting = without_old(every, localities.series, settings.evidence_years)
    votes = [count_votes(one.grades.grade, one.evidence.comparison["depth"], voting, settings) for one in assessments]
    cpp, scotland = votes
    best = settled([one.strongest for one in votes], [one.weakest for one in votes])
    is_strong = np.column_stack([one.verdict == STRONG for one in votes])
    firmness = np.full(is_strong.shape, np.nan)
    if not is_alone:
        firmness = holds_up_to(localities, assessments, voting, settings, keep)
    need, need_rate, rest_rate = _need(localities, assessments, catalogue, settings)

    only_cpp = (cpp.verdict < scotland.verdict)[:, None]
    assessed, poorer, slightly = (
        np.where(only_cpp, getattr(cpp, name), getattr(scotland, name))[:, _CORE]
        for name in ("assessed", "poorer", "slightly")
    )
    depths = [_mean_depth(one.depth[:, _CORE], one.assessed[:, _CORE]) for one in votes]
    special = is_special(zones, settings.communal_share)
    touched = places.members.copy()
    touched.data = (touched.data > 0).astype(float)
    basis = _basis(votes, best)
    start, end = _dates(localities, assessments, voting)
    table = pd.DataFrame(
        {
            "locality_id": places.locality_id,
            "candidate_set": places.candidate_set,
            **{
                name: candidate_localities[name].to_numpy(dtype=object)
                for name in ("locality_name", "cpp_code", "cpp_name")
            },
            **_answers(votes, firmness),
            "domains_assessed": assessed.sum(axis=1),
            "domains_poorer": poorer.sum(axis=1),
            "domains_slightly_poorer": slightly.sum(axis=1),
            "poorer_domains": _names(poorer),
            "people_in_need": need,
            "people_in_need_indicator": settings.need_indicator if np.isfinite(need).any() else None,
            "depth": np.where(only_cpp[:, 0], *depths),
            "basis": basis,
            "verdict": _words(best),
            "answer": _answer(votes, best),
            "is_flagged": best == STRONG,
            **_access(localities, assessments[COMPARATORS.index("scotland")]),
            "evidence_from": start,
            "evidence_to": end,
            "special_zones": (touched @ special.astype(float)).astype(int),
        }
    )
    if not is_alone:
        table = table.assign(**_same_kind(localities, zones, voting, settings, keep))
        table["effective_domains"] = _effective(places, scotland, assessed, settings)
        table["holds_up_to"] = np.where(
            is_strong.any(axis=1), _largest(np.where(is_strong, firmness, np.nan)), _largest(firmness)
        )
        share, changes, hangs, holds = _stability(localities, assessments, voting, special, is_strong, settings, keep)
        table["hangs_on"] = ["; ".join(dict.fromkeys(names)) or None for names in hangs]
        table.loc[~table["is_flagged"], "hangs_on"] = None
        table["stability"], table["changes_under"] = share, changes
        table["holds_without_special_zones"] = holds
        table["priority_rank"] = _rank(table, best, np.mean(depths, axis=0))
    else:
        table = table.drop(columns=[name for name in table if str(name).startswith("holds_up_to")])
    table["would_flag"] = _would_flag(table, votes, firmness)
    answers = zip(*(_domains_by_answer(one) for one in votes), strict=True)
    table["reason"] = [
        _reason(*given)
        for given in zip(table["cpp_name"].tolist(), answers, best.tolist(), scotland.verdict.tolist(), basis.tolist(),
                         need_rate.tolist(), rest_rate.tolist(), _share_of_cpp(places).tolist(), strict=True)
    ]  # fmt: skip
    is_open = best_of([one.strongest for one in votes]) < best
    table.loc[is_open, "reason"] = [_open(votes, row) for row in np.flatnonzero(is_open).tolist()]
    return table[[name for name in TABLES["judgements"].columns if name in table]]


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


def _answers(votes: list[Votes], firmness: Floats) -> dict[str, object]:
    """Return the two answers side by side: verdict, votes that are poorer and better, and how far it holds."""
    found: dict[str, object] = {}
    for position, (comparator, one) in enumerate(zip(COMPARATORS, votes, strict=True)):
        found[f"verdict_{comparator}"] = _words(one.verdict)
        for name in ("poorer", "slightly", "better"):
            found[f"{name}_votes_{comparator}"] = _names(getattr(one, name))
        found[f"holds_up_to_{comparator}"] = firmness[:, position]
    return found


def _answer(votes: list[Votes], best: NDArray[np.int8]) -> NDArray[np.object_]:
    cpp, scotland = (one.verdict == STRONG for one in votes)
    strong = np.select([cpp & scotland, scotland, cpp], [0, 1, 2], -1)
    return np.array(ANSWERS, dtype=object)[np.where(strong >= 0, strong, best + 2)]


def _same_kind(
    localities: LocalitySums, zones: pd.DataFrame, voting: Ballot, settings: Settings, keep: Keep
) -> dict[str, object]:
    """Return the verdict among places of the same kind: the six-fold urban rural class of most residents."""
    if "urban_rural_8_code" not in zones.columns or zones["urban_rural_8_code"].isna().all():
        return {"verdict_same_kind": "insufficient_evidence", "poorer_votes_same_kind": None}
    eight = zones["urban_rural_8_code"].astype("Int64").fillna(0).to_numpy(dtype=np.intp)
    sums = localities.columns(voting.columns)
    kind = sides_of_a_kind(sums, _SIX_OF_EIGHT[eight])
    graded = assess_beside(sums, settings, kind, "same_kind", keep).grades.grade
    ballot = Ballot(np.arange(len(voting.columns)), voting.vote)
    found = count_votes(graded, None, ballot, settings)
    return {"verdict_same_kind": _words(found.verdict), "poorer_votes_same_kind": _names(found.poorer)}


_SIX_OF_EIGHT = np.array([-1, 0, 1, 2, 3, 3, 4, 5, 5])
"""The six-fold class, from 0, of each eight-fold one: very remote is remote, in small towns as in the country."""


def _access(localities: LocalitySums, scotland: Assessment) -> dict[str, object]:
    """Return how access compares with elsewhere in Scotland: a verdict of its own, which makes no flag."""
    headline = localities.series["is_headline_period"].to_numpy(dtype=bool)
    columns = [k for k, one in enumerate(localities.indicators) if one.role == "access" and headline[k]]
    grades = scotland.grades.grade[:, columns]
    assessed, poorer = (grades < NOT_ASSESSED).sum(axis=1), (grades == POORER).sum(axis=1)
    found = np.where(assessed == 0, 2, np.where((poorer > 0) & (2 * poorer >= assessed), 0, 1))
    return {
        "verdict_access": np.array(ACCESS_VERDICTS, dtype=object)[found],
        "access_poorer": poorer,
        "access_assessed": assessed,
    }


def _largest(values: Floats) -> Floats:
    found = np.where(np.isnan(values), -np.inf, values).max(axis=1)
    return np.where(np.isfinite(found), found, np.nan)


def _mean_depth(depth: Floats, assessed: NDArray[np.bool_]) -> Floats:
    count = assessed.sum(axis=1)
    total = np.where(assessed, np.nan_to_num(depth), 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _effective(places: Places, votes: Votes, assessed: NDArray[np.bool_], settings: Settings) -> Floats:
    """Return the effective number of the core votes assessed in each locality, from their correlation in its set.

    Own boundaries take the correlation of the reference set: a few places of one's own say nothing about it.
    """
    found = np.full(len(assessed), np.nan)
    sets = pd.Series(places.candidate_set, dtype="str")
    for name in sets.unique():
        rows = np.flatnonzero(sets == name)
        reference = np.flatnonzero(sets == settings.reference_set) if name.startswith(PREFIX) else rows
        depth = votes.depth[reference if len(reference) else rows][:, _CORE]
        correlation = pd.DataFrame(depth).corr(min_periods=3).to_numpy(copy=True)
        np.fill_diagonal(correlation, 1.0)
        # a pair never seen together says nothing against being separate
        correlation = np.nan_to_num(correlation)
        patterns, which = np.unique(assessed[rows], axis=0, return_inverse=True)
        numbers = np.array([effective_number(correlation[np.ix_(one, one)]) for one in patterns])
        found[rows] = numbers[which.ravel()]
    return found


def _need(
    localities: LocalitySums, assessments: list[Assessment], catalogue: Catalogue, settings: Settings
) -> tuple[Floats, Floats, Floats]:
    """Return people in need, their share, and their share in the rest of Scotland."""
    one = catalogue[settings.need_indicator]
    columns = [k for k, other in enumerate(localities.indicators) if other.id == one.id]
    if not columns:
        blank = np.full(len(localities.residents), np.nan)
        return blank, blank, blank
    sides = assessments[1].sides.columns(np.array(columns[:1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        here, rest = (side.numerator[:, 0] / side.denominator[:, 0] for side in (sides.locality, sides.rest))
    return np.where(np.isfinite(here), sides.locality.numerator[:, 0], np.nan), here, rest


def _stability(
    localities: LocalitySums,
    assessments: list[Assessment],
    voting: Ballot,
    special: NDArray[np.bool_],
    is_strong: NDArray[np.bool_],
    settings: Settings,
    keep: Keep,
) -> tuple[Floats, list[str | None], list[list[str]], NDArray[np.bool_]]:
    """Return how often both answers stay, what moves either, what flags hang on, and whether special zones matter."""
    same = np.zeros(len(is_strong))
    changes: list[list[str]] = [[] for _ in is_strong]
    hangs: list[list[str]] = [[] for _ in is_strong]
    holds = np.ones(len(is_strong), dtype=bool)
    count = 0
    for other in alternatives(localities, assessments, voting, special, settings, keep):
        stays = (other.flags == is_strong).all(axis=1)
        if other.kind in _HANGS_ON:
            # a flag hangs on what takes away every answer that it has
            for row in np.flatnonzero(is_strong.any(axis=1) & ~(other.flags & is_strong).any(axis=1)):
                hangs[row].append(other.name.removeprefix("without "))
        if other.kind == "vote":
            continue
        same += stays
        count += 1
        for row in np.flatnonzero(~stays):
            changes[row].append(other.name)
        if other.name == SPECIAL_ZONES:
            holds = stays
    return same / max(count, 1), ["; ".join(names) or None for names in changes], hangs, holds


def _dates(localities: LocalitySums, assessments: list[Assessment], voting: Ballot) -> tuple[pd.Series, pd.Series]:
    """Return the ends of the earliest and of the latest period among the core indicators assessed in each locality."""
    core = voting.columns[voting.is_core]
    end = pd.to_datetime(localities.series["period_end"]).to_numpy().astype("datetime64[s]").astype("int64")[core]
    assessed = np.logical_or.reduce([one.evidence.is_assessed[:, core] for one in assessments])
    if not len(core):
        assessed, end = np.zeros((len(localities.residents), 1), dtype=bool), np.zeros(1, dtype="int64")
    none = ~assessed.any(axis=1)
    found = []
    for worst, extreme in ((end.max(initial=0) + 1, np.min), (-1, np.max)):
        value = extreme(np.where(assessed, end, worst), axis=1).astype("datetime64[s]")
        found.append(pd.Series(value).mask(none))
    return found[0], found[1]


def _basis(votes: list[Votes], best: NDArray[np.int8]) -> NDArray[np.object_]:
    cpp, scotland = (one.verdict == best for one in votes)
    found = np.select([cpp & scotland, cpp, scotland], ["both", "cpp", "scotland"], "none").astype(object)
    found[best >= NO_EVIDENCE] = "none"
    return found


def _words(verdict: NDArray[np.int8]) -> NDArray[np.object_]:
    return np.array(VERDICTS, dtype=object)[verdict]


def _names(chosen: NDArray[np.bool_]) -> list[str | None]:
    """Return the names of the chosen votes of each row, of the core votes or of all."""
    # a name may hold "and"; a comma would not keep it apart
    return ["; ".join(names) or None for names in _chosen(chosen)]


def _chosen(chosen: NDArray[np.bool_]) -> list[tuple[str, ...]]:
    codes = chosen @ (1 << np.arange(chosen.shape[1]))
    words = {
        code: tuple(plain_name(VOTES[bit]) for bit in range(chosen.shape[1]) if code >> bit & 1)
        for code in np.unique(codes).tolist()
    }
    return [words[code] for code in codes.tolist()]


def plain_name(vote: str) -> str:
    """Return the name of a vote as it stands in a sentence.

    Examples
    --------
    >>> plain_name("income_and_work"), plain_name("health")
    ('income and work', 'health')
    """
    return vote.replace("_", " ").lower()


def _rank(table: pd.DataFrame, best: NDArray[np.int8], yardstick: Floats) -> pd.Series:
    ordered = table.assign(grade=best, yardstick=yardstick).sort_values(
        ["candidate_set", "cpp_code", "grade", "holds_up_to", "domains_poorer", "yardstick", "people_in_need",
         "locality_id"],
        ascending=[True, True, True, False, False, False, False, True],
        na_position="last",
        kind="stable",
    )  # fmt: skip
    return (ordered.groupby(["candidate_set", "cpp_code"], observed=True).cumcount() + 1).reindex(table.index)


def _would_flag(table: pd.DataFrame, votes: list[Votes], firmness: Floats) -> list[str | None]:
    """Return for places without a flag what would give them one, against Scotland or, if nearer, the partnership."""
    nearer = np.where(votes[0].verdict < votes[1].verdict, 0, 1).tolist()
    assessed, poorer, slightly, better, carrying, of, needed = (
        [getattr(one, name)[:, _CORE].tolist() for one in votes]
        for name in ("assessed", "poorer", "slightly", "better", "carrying", "of", "needed")
    )
    ratios, names = firmness.tolist(), [plain_name(name) for name in CORE_VOTES]
    texts: list[str | None] = []
    for row, (flagged, verdict) in enumerate(zip(table["is_flagged"].tolist(), table["verdict"].tolist(), strict=True)):
        if flagged or verdict == "insufficient_evidence":
            texts.append(None)
            continue
        at = nearer[row]
        missing = [
            f"{name} ({'better' if up else 'slightly poorer' if lean else 'not different'}: {have:.0f} of {every:.0f} "
            f"{'indicator' if every == 1 else 'indicators'} poorer, {least:.0f} needed)"
            for name, known, poor, lean, up, have, every, least in zip(
                names, assessed[at][row], poorer[at][row], slightly[at][row], better[at][row], carrying[at][row],
                of[at][row], needed[at][row], strict=True,
            )
            if known and not poor
        ]  # fmt: skip
        count = sum(poorer[at][row])
        short = f"{max(2 - count, 0)} more core vote{'' if count == 1 else 's'} poorer"
        if count >= 2:
            short = "no core vote better"
        elif any(better[at][row]):
            short += " and none better"
        text = f"{short} than {'Scotland' if at else 'the partnership'}: {'; '.join(missing)}"
        if np.isfinite(ratios[row][at]):
            text += f". It would be flagged if a ratio of {ratios[row][at]:g} were enough to matter"
        texts.append(text)
    return texts


def _domains_by_answer(votes: Votes) -> list[dict[str, tuple[str, ...]]]:
    """Return for each locality the votes that are assessed, poorer, slightly poorer and better."""
    words = {name: _chosen(getattr(votes, name)) for name in ("assessed", "poorer", "slightly", "better")}
    return [dict(zip(words, row, strict=True)) for row in zip(*words.values(), strict=True)]


_ANSWER_WORDS = {
    "poorer": "surely and importantly poorer",
    "slightly": "poorer, not surely by enough to matter,",
    "better": "better",
}


def _open(votes: list[Votes], row: int) -> str:
    """Return the headline of a place whose verdict hangs on figures that its zones do not have."""
    most, least = (VERDICTS[min(int(getattr(one, end)[row]) for one in votes)] for end in ("strongest", "weakest"))
    return (
        f"{OPEN_VERDICT}: too many figures are modelled from other zones (another census's, or larger ones). The true "
        f"answer lies between {plain_name(least)} and {plain_name(most)}."
    )


_MOST = 0.5
"""Share of a partnership's residents above which "elsewhere" there is the smaller part."""


def _share_of_cpp(places: Places) -> Floats:
    people = (places.by_cpp @ places.population)[places.cpp]
    return np.where(people > 0, (places.members @ places.population) / np.maximum(people, 1.0), np.nan)


def _reason(
    cpp: str,
    answers: tuple[dict[str, tuple[str, ...]], ...],
    best: int,
    against: int,
    basis: str,
    need: float,
    rest: float,
    share: float,
) -> str:
    """Return the headline: the answer against Scotland, then that against the partnership."""
    inside, country = answers
    known = len(set(inside["assessed"] + country["assessed"]) & {plain_name(name) for name in CORE_VOTES})
    if VERDICTS[best] == "insufficient_evidence":
        return f"Only {known} of three core votes could be assessed." if known else "No core vote could be assessed."
    parts = []
    if best == STRONG and basis == "cpp":
        beside = f"Poorer only within {cpp}, and not shown to be poorer than Scotland"
        if against == SOME:
            beside = f"Strong evidence only within {cpp}; against Scotland there is some"
        if need < rest:
            beside += f" (income deprived {need:.1%}, elsewhere in Scotland {rest:.1%})"
        parts.append(beside)
    if share > _MOST:
        parts.append(f"It holds {share:.1%} of the residents of {cpp}: elsewhere there is the smaller part")
    for where, one in (("Scotland", country), (cpp, inside)):
        phrases = [f"{words} in {', '.join(one[name])}" for name, words in _ANSWER_WORDS.items() if one[name]]
        none = "not shown to differ" if one["assessed"] else "not assessed"
        parts.append(f"Than elsewhere in {where}: {'; '.join(phrases) or none}")
    return ". ".join(parts) + "."
