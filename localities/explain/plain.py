"""The explanation for everybody: no method, no q, no depth, and dates as people say them.

The words are those of the column "Why" of a GeoPackage (`localities.publishing.why`): the same answer, the same reason,
numbers written the same way. Profiles for boards and communities are built from the same phrases.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from indicators.schema.vocabulary import CORE_VOTES
from localities.explain import sentences as words
from localities.explain.facts import Facts
from localities.explain.technical import (
    STRONGEST,
    Sections,
    changed_settings,
    not_assessed,
    outside,
    short_name,
    vote_name,
)
from localities.publishing.why import number_text, quantity_text
from localities.settings import Settings
from localities.wording.codes import CODES_IN_WORDS
from localities.wording.periods import period_in_words

WHO_DECIDES = "This grades the evidence. The decision is the partnership's."
DECISION = f"{WHO_DECIDES} No evidence of poorer outcomes does not mean that there is no need."

_TRIALS = {
    "a vote poorer from 67% of its indicators": "asking for two thirds of a domain's indicators instead of half",
    "a vote poorer from 33% of its indicators": "asking for a third of a domain's indicators instead of half",
    "important differences 25% smaller": "taking differences a quarter smaller as large enough to matter",
    "important differences 25% larger": "asking for differences a quarter larger",
    "alpha 0.01": "a stricter test for chance",
    "alpha 0.1": "a laxer test for chance",
    "episodes at dispersion 1": "stays in hospital taken to be independent of each other",
    "episodes at dispersion 2": "stays in hospital taken to come more in clusters",
    "special zones left out": "zones with many residents in institutions left out",
}
"""What is tried, as `localities.evidence.stability` names it, in plain words; the rest is plain as it is."""


def plain_of_one(
    facts: Facts, beside: tuple[str, ...], spots: tuple[str, ...], council: tuple[str, ...], settings: Settings
) -> Sections:
    """Return the sections about one locality."""
    return (
        ("In short", (*in_short(facts, settings), DECISION, *changed_settings(settings))),
        ("Where outcomes are poorer", domains(facts, settings)),
        (f"The {STRONGEST} strongest findings", _strongest(facts)),
        ("How sure this is, and what would change it", how_sure(facts)),
        ("How old the evidence is", how_old(facts)),
        ("What could not be assessed, and why", not_assessed(facts, is_plain=True)),
        ("Need outside flagged places", outside(facts)),
        ("Neighbours", _neighbours(facts)),
        ("Hot spots", spots),
        ("Beside similar places", beside),
        ("The whole council, for context", council),
        ("Where the figures come from", sources(facts)),
    )


def in_short(facts: Facts, settings: Settings) -> tuple[str, ...]:
    """Return the answer and its reason, who lives there, and how many of them are in need."""
    verdict, place = facts.verdict, facts.place
    limit = words.size(place["is_within_limit"], settings.limit)
    people, zones = words.things(place["population"], "resident"), words.things(place["zone_count"], "data zone")
    lines = [
        f"{CODES_IN_WORDS['answer'][verdict['answer']]}. {verdict['reason']}",
        f"{people} in {zones}, {limit}.",
    ]
    if pd.notna(verdict["people_in_need"]):
        lines.append(
            f"People in need (income deprived): {words.count(verdict['people_in_need'])}. Each counts, whatever the "
            "verdict."
        )
    return tuple(lines)


def domains(facts: Facts, settings: Settings) -> tuple[str, ...]:
    """Return one line for each domain that was assessed, and how it is read."""
    lines = []
    for vote, rows in facts.votes.groupby("vote", observed=True, sort=True):
        parts = []
        for row in rows.sort_values("comparator", ascending=False).itertuples():
            against = words.against(str(row.comparator), facts.place["cpp_name"])
            count, kind = (row.better, "better") if row.state == "better" else (row.poorer, words.SURELY)
            parts.append(
                f"{words.VOTE[row.state]} than {against} ({words.counted(count, row.assessed, 'indicator')} {kind})"
            )
        beside = "" if vote in CORE_VOTES else " (makes no flag)"
        lines.append(f"{vote_name(vote)}{beside}: {'; '.join(parts)}.")
    if not lines:
        return ("No domain could be assessed.",)
    lines.append(
        f"A domain counts as poorer where at least {words.share(settings.vote_share)} of its indicators are surely and "
        "importantly poorer: by more than chance explains, and by enough to matter. Strong evidence needs two of "
        "income and work, health and education, and the third not better."
    )
    return tuple(lines)


def figure_in_words(row: Any, cpp_name: str) -> str:
    """Return a row of `Facts.strongest` in words: the figure with its limits, and against what it was held.

    Parameters
    ----------
    row
        As a named tuple.
    cpp_name
        Name of the partnership.
    """
    limits = f"between {number_text(row.lower_ci)} and {number_text(row.upper_ci)}"
    if pd.notna(row.numerator) and row.kind == "proportion":
        limits += f"; {words.count(row.numerator)} of {words.count(row.denominator)}"
    elif row.kind == "standardised_ratio":
        limits += "; ages allowed for"
    of_comparators = [
        (words.against(one, cpp_name), getattr(row, f"{one}_value"), getattr(row, f"{one}_significance"))
        for one in ("scotland", "cpp")
    ]
    of_comparators = [one for one in of_comparators if pd.notna(one[2])]
    against = words.listed([f"{number_text(value, row.unit)} {where}" for where, value, _ in of_comparators])
    return f"{_quantity(row, limits)}, against {against}. {_grades(of_comparators)}"


def _quantity(row: Any, aside: str) -> str:
    if row.kind == "standardised_ratio":
        return f"{number_text(row.value)} where Scotland as a whole is 100 ({aside})"
    return quantity_text(row.value, row.unit, aside)


def _grades(of_comparators: Sequence[tuple[str, float, str]]) -> str:
    grades = [words.SIGNIFICANCE[code] for _, _, code in of_comparators]
    if len(set(grades)) == 1:
        text = f"{grades[0]}{' against both' if len(grades) > 1 else ''}"
    else:
        text = "; ".join(
            f"against {where}, {grade}" for (where, _, _), grade in zip(of_comparators, grades, strict=True)
        )
    return f"{text[0].upper()}{text[1:]}."


def _strongest(facts: Facts) -> tuple[str, ...]:
    return tuple(
        f"{row.indicator_title}, {period_in_words(row.period)}: {figure_in_words(row, facts.place['cpp_name'])} "
        f"National Outcome: {row.national_outcome}. Source: {row.source_title} ({row.licence})."
        for row in facts.strongest.head(STRONGEST).itertuples()
    )


def how_sure(facts: Facts) -> tuple[str, ...]:
    """Return under how many of the trials the answer stays, what would change it, and what it hangs on."""
    verdict = facts.verdict
    state = "flagged" if verdict["is_flagged"] else "unflagged"
    lines = [
        "The answer was tried again with other thresholds, without one indicator at a time, and with withheld "
        f"counts guessed low or high. The place stays {state} in {words.trials(verdict['stability'])}."
        f"{hangs_on(verdict)}"
    ]
    if pd.notna(verdict["changes_under"]):
        changes = (_TRIALS.get(one, one) for one in str(verdict["changes_under"]).split("; "))
        if not int(verdict["special_zones"]):
            # it has none: what it is held against changes
            changes = (one.replace("zones with", "zones elsewhere with") for one in changes)
        lines.append(
            "It would change with: " + "; ".join(re.sub("^without ", "leaving out ", one) for one in changes) + "."
        )
    if pd.notna(verdict["drawing_support_scotland"]):
        within = [verdict[f"drawing_support_{one}"] for one in ("scotland", "cpp")]
        lines.append(
            f"Drawn on other boundaries, on average {words.share(within[0])} of its residents are "
            f"{'still ' if verdict['is_flagged'] else ''}in a place flagged as poorer than Scotland, "
            f"{words.share(within[1])} in one flagged as poorer than elsewhere in the partnership."
            if any(within)
            else "Drawn on other boundaries, none of its residents are in a flagged place."
        )
    if int(verdict["special_zones"]):
        stays = "stays" if verdict["holds_without_special_zones"] else "does NOT stay"
        lines.append(
            f"{words.things(verdict['special_zones'], 'data zone')} with many residents in institutions (halls, "
            f"prisons, barracks, hospitals). Without them the place {stays} {state}."
        )
    if pd.notna(verdict["would_flag"]):
        needed = str(verdict["would_flag"]).replace("core votes", "domains").replace("core vote", "domain")
        needed = needed.replace("(not different:", "(not shown to be poorer:")
        needed = needed.replace("(slightly poorer:", "(poorer, not surely by enough to matter:")
        needed = re.sub(r"if a ratio of ([\d.]+) were", r"if \1 times as poor were", needed)
        lines.append(f"What would flag it: {needed}.")
    return tuple(lines)


def hangs_on(verdict: pd.Series) -> str:
    """Return a sentence, after a space, on what the flag hangs; "" where there is no such thing."""
    if pd.isna(verdict["hangs_on"]):
        return ""
    needed = str(verdict["hangs_on"]).split("; ")
    taken = "take one away, and it is not flagged" if len(needed) > 1 else "otherwise it would not be flagged"
    return f" It hangs on {words.listed(needed)}: {taken}."


def how_old(facts: Facts) -> tuple[str, ...]:
    """Return the years of the core evidence, and the oldest and newest of it by name."""
    verdict = facts.verdict
    if pd.isna(verdict["evidence_from"]):
        return ()
    first, last = (pd.Timestamp(verdict[name]).year for name in ("evidence_from", "evidence_to"))
    years = f"of {first}" if first == last else f"of {first} to {last}"
    rows = facts.strongest
    rows = rows.loc[rows["core"], ["indicator_title", "period"]]
    by_age = rows.assign(year=rows["period"].astype("str").str.extract(r"(\d{4})(?!.*\d{4})")[0])
    oldest, newest = (by_age[by_age["year"] == by_age["year"].agg(end)] for end in ("min", "max"))
    lines = [f"What decides the answer is evidence {years}."]
    if first != last and len(by_age):
        lines.append(f"Oldest: {_dated(oldest)}. Newest: {_dated(newest)}.")
    return tuple(lines)


def _dated(rows: pd.DataFrame) -> str:
    named = [f"{one.indicator_title} ({period_in_words(one.period)})" for one in rows.head(2).itertuples()]
    more = len(rows) - len(named)
    return f"{'; '.join(named)}; and {more} more" if more else "; ".join(named)


def _neighbours(facts: Facts) -> tuple[str, ...]:
    if facts.neighbours.empty:
        return ("It has no neighbours in this way of drawing.",)
    lines = []
    for code in CODES_IN_WORDS["verdict"]:
        named = facts.neighbours.loc[facts.neighbours["verdict"] == code, "locality_name"].astype("str").tolist()
        if named:
            lines.append(f"{CODES_IN_WORDS['verdict'][code]}: {words.listed(named)}.")
    return tuple(lines)


def sources(facts: Facts) -> tuple[str, ...]:
    """Return the sources of the findings, each with its publisher and licence."""
    used = facts.findings[["source_title", "publisher", "licence"]].dropna(subset="source_title").drop_duplicates()
    return tuple(
        f"{row.source_title}. {row.publisher}. {row.licence}." for row in used.sort_values("source_title").itertuples()
    )


def plain_of_two(first: Facts, second: Facts, settings: Settings) -> Sections:
    """Return the sections about two localities: both answers, and what surely differs."""
    lines = []
    for facts in (first, second):
        place, verdict = facts.place, facts.verdict
        lines.append(
            f"{short_name(facts)} ({place['cpp_name']}): {words.VERDICT[verdict['verdict']]}. {verdict['reason']} "
            f"{words.things(place['population'], 'resident')}, {words.count(verdict['people_in_need'])} of them income "
            "deprived."
        )
    if first.place["cpp_code"] != second.place["cpp_code"]:
        lines.append(
            "They lie in different partnerships: each is held against its own, so only the comparison with Scotland is "
            "the same for both."
        )
    if first.place["candidate_set"] != second.place["candidate_set"]:
        lines.append("They come from different ways of drawing localities, so they may overlap.")
    return (
        ("The two answers", (*lines, DECISION)),
        ("Where they differ, domain by domain", _domain_differences(first, second)),
        ("What surely differs", _sure_differences(first, second)),
        (f"How sure the answer on {short_name(first)} is", how_sure(first)),
        (f"How sure the answer on {short_name(second)} is", how_sure(second)),
    )


def _domain_differences(first: Facts, second: Facts) -> tuple[str, ...]:
    both = first.votes.merge(second.votes, on=["vote", "comparator"], suffixes=("_1", "_2"))
    both = both[(both["state_1"] == "poorer") != (both["state_2"] == "poorer")]
    lines = []
    for row in both.sort_values(["vote", "comparator"], ascending=[True, False]).itertuples():
        poorer, other = (first, second) if row.state_1 == "poorer" else (second, first)
        same = first.place["cpp_code"] == second.place["cpp_code"]
        area = first.place["cpp_name"] if same else "its partnership"
        lines.append(
            f"{vote_name(row.vote)}: {short_name(poorer)} is poorer than {words.against(str(row.comparator), area)}, "
            f"{short_name(other)} is not shown to be."
        )
    return tuple(lines) or ("In no domain that was assessed in both: the same ones are poorer.",)


def _sure_differences(first: Facts, second: Facts) -> tuple[str, ...]:
    """Return outcomes whose intervals do not meet and of which at least one is a finding, farthest apart first."""
    columns = ["indicator_id", "period", "indicator_title", "unit", "kind", "value", "lower_ci", "upper_ci", "grade",
               "depth", "poorer_is"]  # fmt: skip
    one, two = (facts.strongest[columns] for facts in (first, second))
    both = one.merge(two, on=["indicator_id", "period", "indicator_title", "unit", "kind", "poorer_is"],
                     suffixes=("_1", "_2"))  # fmt: skip
    apart = (both["lower_ci_1"] > both["upper_ci_2"]) | (both["lower_ci_2"] > both["upper_ci_1"])
    both = both[apart & (both[["grade_1", "grade_2"]].max(axis=1) > 0)]
    both = both.assign(apart=(both["depth_1"] - both["depth_2"]).abs())
    both = both.sort_values(["apart", "indicator_id"], ascending=[False, True])
    lines = []
    for row in both.head(STRONGEST).itertuples():
        is_first = (row.value_1 > row.value_2) == (row.poorer_is == "higher")
        scale = " where Scotland as a whole is 100" if row.kind == "standardised_ratio" else ""
        sides = [
            f"{short_name(facts)} {number_text(value, row.unit)}{scale} ({number_text(lower)} to {number_text(upper)})"
            for facts, value, lower, upper in (
                (first, row.value_1, row.lower_ci_1, row.upper_ci_1),
                (second, row.value_2, row.lower_ci_2, row.upper_ci_2),
            )
        ]
        poorer = short_name(first if is_first else second)
        lines.append(
            f"{row.indicator_title}, {period_in_words(row.period)}: {'; '.join(sides)}. {poorer} is surely the poorer."
        )
    return tuple(lines) or ("Nothing: no outcome differs by more than the figures of both leave open.",)
