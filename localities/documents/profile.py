"""The profile of one place, for those who live there, their councillors and the planners of the partnership.

Every figure is in the tables; `localities.explain` has the phrases. What differs between places comes first and at
length, what is the same for all of them once and shortly.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from indicators.schema.vocabulary import CORE_VOTES
from localities.documents.document import Block, Bullets, Document, Paragraph
from localities.documents.partnership import Partnership
from localities.documents.profile_outcomes import changes, outcomes, targets, voting_outcomes
from localities.documents.profile_place import (
    alike,
    inside,
    inside_a_sentence,
    services,
    shares_shown,
    where_it_is,
    who_lives_here,
)
from localities.documents.sources import sources_in_words
from localities.explain import sentences as words
from localities.explain.facts import Facts, gather
from localities.explain.plain import WHO_DECIDES, hangs_on, how_old, how_sure
from localities.explain.technical import not_compared, outside
from localities.wording.codes import CODES_IN_WORDS
from localities.wording.periods import period_in_words


def profile_of(partnership: Partnership, locality_id: str) -> Document:
    """Return the profile of one candidate locality.

    Parameters
    ----------
    partnership
        The partnership in which it lies.
    locality_id
        Id of the candidate locality.
    """
    tables = {**partnership.tables, "estimates": partnership.own_estimates}
    facts = gather(tables, locality_id)
    old, shares = how_old(facts), shares_shown(facts, partnership)
    name, cpp_name = str(facts.place["locality_name"]), partnership.cpp_name
    sections: tuple[tuple[str, list[Block]], ...] = (
        ("In short", _in_short(facts, partnership, old)),
        ("Where it is", where_it_is(facts, partnership)),
        ("Who lives here", who_lives_here(shares, partnership)),
        (f"Outcomes here and elsewhere in {cpp_name} and Scotland", outcomes(facts, partnership)),
        ("How that has changed", changes(facts, partnership)),
        ("Inside the place", inside(facts, partnership)),
        ("Places like it", alike(facts, partnership)),
        ("Services near it", services(facts)),
        ("What the answer rests on, and what would change it", _rests_on(facts, old)),
        ("What could be aimed for", targets(facts, partnership)),
        ("What residents say, and what to do next", _next(facts, partnership)),
        ("Where the figures come from", _sources(facts, partnership, shares)),
    )
    return partnership.document(f"{name}: locality profile", sections, f"{cpp_name}, {locality_id}")


def _in_short(facts: Facts, partnership: Partnership, old: Sequence[str]) -> list[Block]:
    verdict, place = facts.verdict, facts.place
    need = ""
    if pd.notna(verdict["people_in_need"]):
        of_need = facts.findings[facts.findings["indicator_id"] == verdict["people_in_need_indicator"]]
        in_need = f"{words.count(verdict['people_in_need'])} were income deprived"
        if len(of_need) and pd.notna(of_need["denominator"].iloc[0]):
            when, counted = period_in_words(str(of_need["period"].iloc[0])), of_need["denominator"].iloc[0]
            in_need = (
                f"In {when}, {words.count(verdict['people_in_need'])} of the {words.count(counted)} counted then were "
                "income deprived"
            )
        need = f" {in_need} (on a low income or the benefits for it). Each counts, whatever the answer."
    limit = "" if place["is_within_limit"] else f" That is {words.size(False, partnership.settings.limit)}."
    state = "flagged" if verdict["is_flagged"] else "unflagged"
    lines = [
        Paragraph(f"{CODES_IN_WORDS['answer'][verdict['answer']]}.", "The answer."),
        Paragraph(_why(facts), "Why."),
        Paragraph(f"{words.things(place['population'], 'resident')}.{need}{limit}", "Who."),
        Paragraph(
            f"With other thresholds, or one outcome left out, it stays {state} in "
            f"{words.trials(verdict['stability'])}.{hangs_on(verdict)}",
            "How sure.",
        ),
        *(Paragraph(one, "How old.") for one in old[:1]),
        Paragraph(_decision(facts, partnership), "What next."),
    ]
    return [Bullets(tuple(lines)), Paragraph(WHO_DECIDES)]


def _why(facts: Facts) -> str:
    """Return the reason of the answer, with what makes no flag apart."""
    verdict, cpp_name = facts.verdict, str(facts.place["cpp_name"])
    reason = str(verdict["reason"])
    before, found, _ = reason.partition("Than elsewhere in Scotland: ")
    if not found:
        return reason
    parts: list[str] = []
    beside: dict[str, dict[str, list[str]]] = {}
    core = {one.replace("_", " ") for one in CORE_VOTES}
    for comparator, area in (("scotland", "Scotland"), ("cpp", cpp_name)):
        phrases = []
        for grade, phrase in _GRADES.items():
            votes = verdict[f"{grade}_votes_{comparator}"]
            named = str(votes).split("; ") if pd.notna(votes) and votes else []
            counted = [one for one in named if one in core]
            if counted:
                phrases.append(f"{phrase} in {words.listed(counted)}")
            for one in named:
                if one not in core:
                    beside.setdefault(one, {}).setdefault(_BESIDE[grade], []).append(f"in {area}")
        none = "not assessed" if verdict[f"verdict_{comparator}"] == "insufficient_evidence" else "not shown to differ"
        parts.append(f"Than elsewhere in {area}: {'; '.join(phrases) or none}.")
    if beside:
        left = [
            f"{vote} ({', '.join(f'{grade} than elsewhere {words.listed(areas)}' for grade, areas in grades.items())})"
            for vote, grades in beside.items()
        ]
        parts.append(f"Not counted towards a flag: {'; '.join(left)}.")
    return before + " ".join(parts)


_GRADES = {
    "poorer": "surely and importantly poorer",
    "slightly": "poorer, but not surely by enough to matter,",
    "better": "better",
}
_BESIDE = {"poorer": "poorer", "slightly": "likely poorer", "better": "better"}


def _decision(facts: Facts, partnership: Partnership) -> str:
    decided = _decided(facts, partnership)
    if decided:
        return decided[0]
    if facts.verdict["is_flagged"]:
        return "No decision of the partnership is recorded yet."
    return "No decision of the partnership is recorded. The evidence alone does not ask for one."


def _decided(facts: Facts, partnership: Partnership) -> list[str]:
    if partnership.decided is None:
        return []
    from localities.decisions.wording import sentences_of

    return sentences_of(partnership.decided, str(facts.place["locality_id"]))


def _rests_on(facts: Facts, old: Sequence[str]) -> list[Block]:
    # the first line is in short above
    lines = [*how_sure(facts)[1:], *old[1:], *not_compared(facts, is_plain=True)]
    if not facts.verdict["is_flagged"]:
        lines += outside(facts, is_short=True)
    return [Bullets(tuple(Paragraph(one) for one in lines))]


def _next(facts: Facts, partnership: Partnership) -> list[Block]:
    verdict, name = facts.verdict, str(facts.place["locality_name"])
    decided = _decided(facts, partnership)
    answers = partnership.answers(str(facts.place["locality_id"])) or [
        "No residents' survey (Place Standard) is recorded: figures do not say what matters to them."
    ]
    lines = [Paragraph(one) for one in (*answers, *decided)]
    if verdict["is_flagged"]:
        flagged = facts.neighbours[facts.neighbours["is_flagged"]]["locality_name"].astype("str").tolist()
        if flagged:
            lines.append(
                Paragraph(f"Flagged beside it: {words.listed(flagged)}. One plan for them together is worth a thought.")
            )
        strongest = voting_outcomes(facts).head(3)["indicator_title"].astype("str").map(inside_a_sentence).tolist()
        lines.append(Paragraph(f"Ask residents and services first about what stands out: {words.listed(strongest)}."))
    if not decided:
        lines.append(Paragraph(f"Decisions on {name}, once recorded, stand here, their targets in the yearly report."))
    return [Bullets(tuple(lines))]


def _sources(facts: Facts, partnership: Partnership, shares: pd.DataFrame) -> list[Block]:
    """Return the sources of what the document shows; findings on what it leaves out are not among it."""
    sources, estimates = partnership.tables["sources"], partnership.own_estimates
    findings, place = facts.findings, facts.place["locality_id"]
    shown = voting_outcomes(facts)["indicator_id"]
    used = findings[
        findings["indicator_id"].isin(shown)
        | (findings["role"] == "access")
        | ((findings["role"] == "outcome") & (findings["significance"] == "not_assessed"))
    ]["source_id"]
    own = estimates[estimates["locality_id"] == place]
    described = own.loc[own["indicator_id"].isin(shares.index), "source_id"]
    return [sources_in_words(sources[sources["source_id"].isin({*used.dropna(), *described.dropna()})])]
