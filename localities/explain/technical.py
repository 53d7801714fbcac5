"""The explanation for an analyst: methods, intervals, q and depth of one locality, or of one beside another."""

from __future__ import annotations

import pandas as pd

from indicators.schema.vocabulary import CORE_VOTES
from localities.explain import sentences as words
from localities.explain.facts import Facts, superseded_in
from localities.settings import OF_VERDICTS, Settings
from localities.wording.codes import FLAGGED_AS, setting_text

STRONGEST = 5
"""How many findings are told in full."""


Sections = tuple[tuple[str, tuple[str, ...]], ...]


def technical_of_one(
    facts: Facts, beside: tuple[str, ...], spots: tuple[str, ...], council: tuple[str, ...], settings: Settings
) -> Sections:
    """Return the sections about one locality."""
    return (
        ("The verdict", _verdict(facts, settings)),
        ("Domain by domain", _domains(facts, settings)),
        (f"The {STRONGEST} strongest findings", _strongest(facts, settings)),
        ("Not assessed, and why", not_assessed(facts)),
        ("What would change the verdict", what_changes(facts, settings)),
        ("Need outside flagged places", outside(facts)),
        ("Neighbours", _neighbours(facts)),
        ("Hot spots", spots),
        ("Beside similar places", beside),
        ("The whole council, for context", council),
        ("Where the figures come from", _sources(facts)),
    )


def _name(facts: Facts) -> str:
    return f"{facts.place['locality_name']} ({facts.place['cpp_name']}; {facts.place['locality_id']})"


def short_name(facts: Facts) -> str:
    """Return the name of the place alone."""
    return str(facts.place["locality_name"])


def _verdict(facts: Facts, settings: Settings) -> tuple[str, ...]:
    verdict, place = facts.verdict, facts.place
    lines = [
        f"{words.VERDICT[verdict['verdict']].capitalize()}. {verdict['reason']}",
        f"{words.things(place['population'], 'resident')} in {words.things(place['zone_count'], 'data zone')}, "
        f"{words.size(place['is_within_limit'], settings.limit)}.",
    ]
    if pd.notna(verdict["people_in_need"]):
        lines.append(
            f"People in need (income deprived): {words.count(verdict['people_in_need'])}. Each counts, whatever "
            "the verdict."
        )
    for comparator in ("scotland", "cpp"):
        grade = words.VERDICT[verdict[f"verdict_{comparator}"]]
        holds = verdict[f"holds_up_to_{comparator}"]
        firm = f"; it holds up to a ratio of {holds:g}" if grade.startswith("strong") and pd.notna(holds) else ""
        lines.append(f"Held against {words.against(comparator, place['cpp_name'])}: {grade}{firm}.")
    kind = words.VERDICT[verdict["verdict_same_kind"]]
    lines.append(
        f"Beside the verdict: among places of the same kind (urban rural class), {kind}. Access to services: "
        f"{words.counted(verdict['access_poorer'], verdict['access_assessed'], 'indicator')} importantly poorer than "
        "elsewhere in Scotland; access has no part in the verdict."
    )
    if pd.notna(verdict["evidence_from"]):
        first, last = (pd.Timestamp(verdict[name]).year for name in ("evidence_from", "evidence_to"))
        lines.append(
            f"Its core evidence is of {first}." if first == last else f"Its core evidence is of {first} to {last}."
        )
    lines.append(
        f"Priority rank {int(verdict['priority_rank'])} in {place['cpp_name']} in this way of drawing localities "
        f"({place['candidate_set'].replace('_', ' ')}), by firmness. The grade is about evidence; the decision is the "
        "partnership's. No evidence does not mean no need."
    )
    return (*lines, *changed_settings(settings))


def changed_settings(settings: Settings) -> tuple[str, ...]:
    """Return a line on thresholds that are not the usual ones, where there are any."""
    changed = [
        f"{name} {setting_text(getattr(settings, name))} ({setting_text(getattr(Settings(), name))} is usual)"
        for name in (*OF_VERDICTS, "limit")
        if getattr(settings, name) != getattr(Settings(), name)
    ]
    return (f"Made with other thresholds than usual: {'; '.join(changed)}.",) if changed else ()


def outside(facts: Facts, *, is_short: bool = False) -> tuple[str, ...]:
    """Return how many people in need live outside every flagged place of the set, and, at length, where."""
    row = facts.reach
    if row is None or pd.isna(row["need_missed"]) or not row["people_in_need"]:
        return ()
    share = row["need_missed"] / row["people_in_need"]
    where = f" The largest numbers live in {row['missed_where']}." if pd.notna(row["missed_where"]) else ""
    scattered = " Need is scattered: these places miss most of it." if share > 0.5 else ""
    return (
        f"{words.count(round(row['need_missed']))} of {words.count(row['people_in_need'])} income-deprived people of "
        f"{facts.place['cpp_name']} ({words.share(share)}) live outside every place "
        f"{FLAGGED_AS[row['counted_against']]} in this way of drawing.{'' if is_short else where + scattered}",
    )


def _domains(facts: Facts, settings: Settings) -> tuple[str, ...]:
    lines = []
    for vote, rows in facts.votes.groupby("vote", observed=True, sort=True):
        parts = []
        for row in rows.sort_values("comparator").itertuples():
            against = words.against(str(row.comparator), facts.place["cpp_name"])
            grade = "POORER" if row.state == "poorer" else words.VOTE[row.state]
            parts.append(
                f"{grade} than {against} (of {words.things(row.assessed, 'indicator')} {int(row.poorer)} surely and "
                f"importantly poorer, {int(row.better)} better; mean depth {row.depth:z.1f})"
            )
        role = "core vote" if vote in CORE_VOTES else "beside: makes no flag"
        lines.append(f"{vote_name(vote)} ({role}): {'; '.join(parts)}.")
    if not lines:
        return ("No domain could be assessed.",)
    lines.append(
        f"A vote counts as poorer where at least {words.share(settings.vote_share)} of its assessed indicators are. "
        "Depth 0 is no sure difference, 1 a difference surely as large as the smallest that matters. Because votes "
        f"move together, the {int(facts.verdict['domains_assessed'])} core ones assessed count for about as much as "
        f"{facts.verdict['effective_domains']:.1f} independent ones."
    )
    return tuple(lines)


def vote_name(vote: object) -> str:
    """Return a vote as a heading has it."""
    return str(vote).replace("_", " ").capitalize()


def _strongest(facts: Facts, settings: Settings) -> tuple[str, ...]:
    assessed = facts.findings[
        (facts.findings["significance"] != "not_assessed") & (facts.findings["role"] == "outcome")
    ]
    # the order of `localities.publishing.why`, so that both name the same findings
    grade = assessed["significance"].astype("str").map({"poorer": 2, "slightly_poorer": 1}).fillna(0)
    best = (
        assessed.assign(grade=grade)
        .sort_values(["grade", "depth", "indicator_id"], ascending=[False, False, True])
        .drop_duplicates("indicator_id")
    )
    return tuple(_finding(row, facts, settings) for row in best.head(STRONGEST).itertuples())


def _finding(row, facts: Facts, settings: Settings) -> str:  # type: ignore[no-untyped-def]
    against = words.against(str(row.comparator), facts.place["cpp_name"])
    grade = words.SIGNIFICANCE[str(row.significance)]
    if pd.isna(row.numerator):
        counts = f"weighted by {words.count(row.denominator)} people, "
    else:
        between = "of" if row.kind == "proportion" else "over"
        counts = f"{words.count(row.numerator)} {between} {words.count(row.denominator)}, "
    multiple = words.comparison(row.ratio, row.difference, row.unit)
    limits = (
        f" ({words.interval(row.ratio_lower_ci, row.ratio_upper_ci, row.confidence)})"
        if pd.notna(row.ratio_lower_ci) and pd.notna(row.ratio_upper_ci)
        else ""
    )
    return (
        f"{row.indicator_title}, {row.period}: {words.value(row.value, row.unit)} "
        f"({counts}{words.interval(row.lower_ci, row.upper_ci, row.confidence)}, {row.ci_method}), {multiple} the "
        f"{words.value(row.comparator_value, row.unit)} {against}{limits}: {grade}. q {words.chance(row.q_important)} "
        f"for a difference of at least {_important(row)}, {row.test_method}."
    )


def _important(row) -> str:  # type: ignore[no-untyped-def]
    size = f"{row.smallest_important_difference:g}"
    return {
        "ratio": f"{size} times",
        "odds": f"{size} times the odds",
        "points": f"{size} {row.unit}",
        "sd": f"{size} standard deviations between zones",
    }[row.smallest_important_difference_scale]


def not_assessed(facts: Facts, *, is_plain: bool = False) -> tuple[str, ...]:
    """Return outcomes that were not assessed, by reason, and those without a figure to assess."""
    lines = list(not_compared(facts, is_plain=is_plain))
    if not facts.without.empty:
        lines.append(f"Described only, or without figures here: {_titles(facts.without['indicator_title'])}.")
        votes = sorted(set(facts.without["vote"].dropna()))
        if votes:
            lines.append(f"So these votes stand on less than is declared: {', '.join(map(vote_name, votes))}.")
    return tuple(lines) or ("Every outcome indicator was assessed.",)


def not_compared(facts: Facts, *, is_plain: bool = False) -> tuple[str, ...]:
    """Return outcomes with a figure that could not be compared, by reason."""
    left = facts.findings[(facts.findings["significance"] == "not_assessed") & (facts.findings["role"] == "outcome")]
    if is_plain:
        left = left[~left["indicator_id"].isin(superseded_in(facts.findings))]
    found: dict[tuple[str, str], list[str]] = {}
    for (reason, comparator), rows in left.groupby(["reason", "comparator"], observed=True):
        found.setdefault((str(reason), _titles(rows["indicator_title"])), []).append(str(comparator))
    lines = []
    for (reason, titles), comparators in found.items():
        against = words.listed([words.against(one, facts.place["cpp_name"]) for one in comparators], "or")
        areas = ["Scotland" if one == "scotland" else str(facts.place["cpp_name"]) for one in comparators[::-1]]
        if is_plain and reason.endswith(("events expected", "people behind the mean")):
            lines.append(f"Too few cases to judge against {words.listed(areas, 'or')}: {titles}.")
        elif is_plain and reason.startswith("published by intermediate zone"):
            lines.append(f"Published only for larger areas that do not fit this place: {titles}.")
        elif is_plain:
            lines.append(f"Not judged against {words.listed(areas, 'or')}: {titles}. Why: {reason}.")
        else:
            lines.append(f"Against {against}, {reason}: {titles}.")
    return tuple(lines)


def _titles(titles: pd.Series) -> str:
    """Return titles in a row; some hold commas."""
    return "; ".join(sorted(set(titles.dropna().astype("str"))))


def what_changes(facts: Facts, settings: Settings) -> tuple[str, ...]:
    """Return how firm the answer is, what it hangs on and what would change it."""
    verdict = facts.verdict
    state = "the flag" if verdict["is_flagged"] else "the absence of a flag"
    lines = [f"Under {words.share(verdict['stability'])} of the alternative settings tried, {state} stays."]
    if pd.notna(verdict["changes_under"]):
        lines.append(f"It changes under: {verdict['changes_under']}.")
    if pd.notna(verdict["drawing_support_scotland"]):
        lines.append(
            f"Under the other ways of drawing localities, {words.share(verdict['drawing_support_scotland'])} of its "
            f"residents live in a locality flagged as poorer than Scotland, "
            f"{words.share(verdict['drawing_support_cpp'])} in one flagged within the partnership, on average."
        )
    if int(verdict["special_zones"]):
        holds = "stays" if verdict["holds_without_special_zones"] else "does NOT stay"
        lines.append(
            f"Zones with {words.share(settings.communal_share)} or more of residents in institutions: "
            f"{int(verdict['special_zones'])} (halls, prisons, barracks, hospitals); without such zones {state} "
            f"{holds}."
        )
    if pd.notna(verdict["hangs_on"]):
        lines.append(f"The flag hangs on: {verdict['hangs_on']}. Without any one of these it would not be given.")
    if pd.notna(verdict["would_flag"]):
        lines.append(f"What would flag it: {verdict['would_flag']}.")
    return tuple(lines)


def _neighbours(facts: Facts) -> tuple[str, ...]:
    if facts.neighbours.empty:
        return ("It has no neighbours in this candidate set.",)
    return tuple(
        f"{row.locality_name} ({row.locality_id}): {words.VERDICT[row.verdict]}, {int(row.domains_poorer)} of "
        f"{int(row.domains_assessed)} core votes poorer."
        for row in facts.neighbours.itertuples()
    )


def _sources(facts: Facts) -> tuple[str, ...]:
    return tuple(f"{title}." for title in sorted(set(facts.findings["source_title"].dropna())))


def technical_of_two(first: Facts, second: Facts, settings: Settings) -> Sections:
    """Return the sections about two localities."""
    lines = []
    for facts in (first, second):
        verdict = facts.verdict
        lines.append(
            f"{_name(facts)}: {words.VERDICT[verdict['verdict']]}. {verdict['reason']} Stability "
            f"{words.share(verdict['stability'])}; {int(facts.place['population']):,} residents, "
            f"{words.count(verdict['people_in_need'])} income deprived; priority rank {int(verdict['priority_rank'])}."
        )
    if first.place["cpp_code"] != second.place["cpp_code"]:
        lines.append(
            "They lie in different partnerships: each is held against its own, so only the comparison with Scotland is "
            "the same for both."
        )
    if first.place["candidate_set"] != second.place["candidate_set"]:
        lines.append("They come from different ways of drawing localities, so they may overlap.")
    return (
        ("The two verdicts", tuple(lines)),
        ("Where they differ, domain by domain", _domain_differences(first, second)),
        ("The findings that set them apart most", _finding_differences(first, second)),
        (f"What would change the verdict on {short_name(first)}", what_changes(first, settings)),
        (f"What would change the verdict on {short_name(second)}", what_changes(second, settings)),
    )


def _domain_differences(first: Facts, second: Facts) -> tuple[str, ...]:
    lines = []
    both = first.votes.merge(second.votes, on=["vote", "comparator"], how="outer", suffixes=("_1", "_2"))
    for row in both.sort_values(["vote", "comparator"]).itertuples():
        if row.state_1 == row.state_2:
            continue
        comparator = "elsewhere in its partnership" if row.comparator == "cpp" else "elsewhere in Scotland"

        def state(one: object, poorer: float, assessed: float, depth: float) -> str:
            if pd.isna(one):
                return "not assessed"
            grade = words.VOTE[str(one)].removesuffix(",")
            return f"{grade} ({words.counted(poorer, assessed, 'indicator')}, mean depth {depth:z.1f})"

        lines.append(
            f"{vote_name(row.vote)}, held against {comparator}: {short_name(first)} "
            f"{state(row.state_1, row.poorer_1, row.assessed_1, row.depth_1)}; {short_name(second)} "
            f"{state(row.state_2, row.poorer_2, row.assessed_2, row.depth_2)}."
        )
    return tuple(lines) or ("In no domain: the same domains are poorer in both.",)


def _finding_differences(first: Facts, second: Facts) -> tuple[str, ...]:
    columns = ["indicator_id", "comparator", "indicator_title", "period", "unit", "value", "lower_ci", "upper_ci",
               "confidence", "significance", "depth", "role"]  # fmt: skip
    both = first.findings[columns].merge(
        second.findings[columns], on=["indicator_id", "comparator", "period"], suffixes=("_1", "_2")
    )
    both = both[
        (both["role_1"] == "outcome")
        & (both["significance_1"] != "not_assessed")
        & (both["significance_2"] != "not_assessed")
    ]
    both = both.assign(apart=(both["depth_1"] - both["depth_2"]).abs())
    both = both.sort_values(["apart", "indicator_id"], ascending=[False, True]).drop_duplicates("indicator_id")
    return tuple(
        f"{row.indicator_title_1}, {row.period}: {short_name(first)} {words.value(row.value_1, row.unit_1)} "
        f"({words.interval(row.lower_ci_1, row.upper_ci_1, row.confidence_1)}), {short_name(second)} "
        f"{words.value(row.value_2, row.unit_1)} ({words.interval(row.lower_ci_2, row.upper_ci_2, row.confidence_2)}); "
        f"depth {row.depth_1:z.1f} and {row.depth_2:z.1f}."
        for row in both.head(STRONGEST).itertuples()
    )
