"""The evidence pack for a partnership's local outcomes improvement plan.

The guidance asks a plan to say how outcomes vary (paragraph 127), which communities have significantly poorer ones and
why, and which National Outcome each local one serves (128). The last part follows the six statements by which plans
were reviewed nationally: what figures can say of each, and what only the partnership can.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from indicators.schema.vocabulary import VOTES
from localities.documents.communities import NEEDED, communities_of_interest
from localities.documents.document import Block, Bullets, Document, Heading, Paragraph, Picture, Table
from localities.documents.drawings import map_of_answers, strips
from localities.documents.partnership import Partnership
from localities.documents.sources import sources_in_words
from localities.explain import sentences as words
from localities.explain.facts import superseded_in
from localities.explain.of_the_council import TOPICS, of_the_council
from localities.explain.partnership import need_outside_lines
from localities.explain.plain import DECISION
from localities.place_standard.beside import LOW
from localities.place_standard.results import EVERYONE
from localities.wording.codes import CODES_IN_WORDS
from localities.wording.numbers import number
from localities.wording.periods import period_in_words

_ANSWERS = ("poorer_than_both", "poorer_than_scotland", "poorer_within_cpp_only")


def evidence_pack_of(partnership: Partnership) -> Document:
    """Return the evidence pack of a partnership."""
    name = partnership.cpp_name
    sections: tuple[tuple[str, list[Block]], ...] = (
        ("In short", _in_short(partnership)),
        ("Evidence of poorer outcomes, by place", _places(partnership)),
        (f"How outcomes vary across {name}", _outcomes(partnership)),
        ("Communities of interest", communities_of_interest(partnership)),
        ("Inequality over time", _inequality(partnership)),
        ("Boundaries considered, and how firm the answer is", _drawings(partnership)),
        ("People in need outside places poorer than Scotland", _outside(partnership)),
        ("The whole council, for context", _council(partnership)),
        ("The six statements by which plans were nationally reviewed", _statements(partnership)),
        (
            "Where the figures come from",
            sources_of_partnership(partnership, _indicators_of(partnership), _other_sources(partnership)),
        ),
    )
    return partnership.document(f"{name}: evidence for the local outcomes improvement plan", sections)


def _of(partnership: Partnership, *answers: str) -> pd.DataFrame:
    return partnership.verdicts[partnership.verdicts["answer"].isin(answers)]


def _in_short(partnership: Partnership) -> list[Block]:
    verdicts = partnership.verdicts
    flagged = verdicts[verdicts["is_flagged"]]
    names = flagged["locality_name"].astype("str").tolist()
    people = partnership.own.set_index("locality_id")["population"]
    inside = people.reindex(flagged["locality_id"]).sum() / people.sum()
    lines = [
        Paragraph(
            _answers_in_words(partnership),
            "Places.",
        ),
        Paragraph(_RULE, "Strong evidence."),
    ]
    if len(flagged):
        lines.append(
            Paragraph(
                f"{words.listed([*names[:5], *([f'{len(names) - 5} more'] if len(names) > 5 else [])])}: "
                f"{words.share(inside)} of residents.",
                "Places with strong evidence, the firmest first.",
            )
        )
        stable = flagged["stability"]
        lines.append(
            Paragraph(
                "With other thresholds, or one outcome left out, "
                + (
                    f"the flag stays in {words.trials(stable.iloc[0])}."
                    if len(flagged) == 1
                    else f"flags stay in {_range(stable)} of trials; in every one for "
                    f"{words.counted((stable == 1).sum(), len(flagged), 'place')}."
                ),
                "How sure.",
            )
        )
    if verdicts["evidence_from"].notna().any():
        first, last = verdicts["evidence_from"].min(), verdicts["evidence_to"].max()
        lines.append(Paragraph(f"What decides is evidence of {first.year} to {last.year}.", "How old."))
    return [Bullets(tuple(lines)), Paragraph(DECISION)]


_RULE = (
    "Surely and importantly poorer in two of income and work, health, and education, and not better in the third. "
    "Crime and housing make no flag."
)


def _answers_in_words(partnership: Partnership) -> str:
    """Return how many places have each answer, as a sentence."""
    name, total = partnership.cpp_name, len(partnership.verdicts)
    within = _of(partnership, "poorer_within_cpp_only")["locality_name"].astype("str").tolist()
    named = f" ({words.listed(within)})" if 0 < len(within) <= 3 else ""
    counts = [
        (len(_of(partnership, "poorer_than_both")), "", f"poorer than Scotland and than elsewhere in {name}"),
        (len(_of(partnership, "poorer_than_scotland")), "", f"poorer than Scotland, not than elsewhere in {name}"),
        (len(within), named, f"poorer than elsewhere in {name}, not than Scotland"),
    ]
    strong = [f"{count}{who} {'is' if count == 1 else 'are'} {text}" for count, who, text in counts if count]
    some = len(_of(partnership, "some_evidence"))
    return (
        f"Of {words.things(total, 'place')}, {'; '.join(strong) or 'none has strong evidence of being poorer'}; "
        f"{some} {'shows' if some == 1 else 'show'} some evidence."
    )


def _range(shares: pd.Series) -> str:
    low, high = words.share(shares.min()), words.share(shares.max())
    return low if low == high else f"{low.removesuffix('%')} to {high}"


def _places(partnership: Partnership) -> list[Block]:
    verdicts = partnership.verdicts
    own = partnership.own.set_index("locality_id")
    answers = [str(verdicts.set_index("locality_id").at[one, "answer"]) for one in own.index]
    flagged = verdicts[verdicts["is_flagged"] | (verdicts["answer"] == "poorer_within_cpp_only")]
    shown = {one: [n for n, answer in enumerate(answers) if answer == one] for one in (*_ANSWERS, "some_evidence")}
    description = f"Map of {partnership.cpp_name} by answer. " + " ".join(
        f"{CODES_IN_WORDS['answer'][one]}: {words.listed([str(own['locality_name'].iloc[n]) for n in at])}."
        for one, at in shown.items()
    )
    at = {str(one): number for number, one in enumerate(flagged["locality_id"], start=1)}
    numbers = [at.get(str(one), 0) for one in own.index]
    blocks: list[Block] = [
        Picture(
            map_of_answers(list(zip(own["geometry"], answers, numbers, strict=True))),
            description,
            "Places by answer; numbers are those of the table." if at else "Places by answer.",
        )
    ]
    names = _of(partnership, "some_evidence")["locality_name"].astype("str").tolist()
    some = [Paragraph(f"{words.listed(names)}.", "Some evidence, the firmest first:")] if names else []
    if flagged.empty:
        return [
            *blocks,
            Paragraph("No place has strong evidence of significantly poorer outcomes in these boundaries."),
            *some,
        ]
    decided = _decided(partnership)
    rows = tuple(
        (
            f"{at[str(row.locality_id)]}. {row.locality_name}",
            words.count(own.at[row.locality_id, "population"]),
            words.count(row.people_in_need) if pd.notna(row.people_in_need) else "not known",
            _votes(row.poorer_votes_scotland),
            _votes(row.poorer_votes_cpp),
            words.share(row.stability),
            *((decided.get(str(row.locality_id), "none yet"),) if decided else ()),
        )
        for row in flagged.itertuples()
    )
    blocks.append(
        Table(
            "Places with strong evidence in either comparison: the domains in which they are surely and importantly "
            f"poorer, and in how many trials the flag stays{', and what was decided' if decided else ''}. First those "
            "still flagged if only larger differences counted, then those poorer in more domains",
            ("Place", "Residents", _need_in_words(partnership), "Poorer than Scotland in",
             f"Poorer than elsewhere in {partnership.cpp_name} in", "Stays", *(("Decision",) if decided else ())),
            rows,
            (1.9, 0.9, 1.4, 1.9, 1.9, 0.7, *((1.1,) if decided else ())),
        )
    )  # fmt: skip
    return [*blocks, *some]


def _need_in_words(partnership: Partnership) -> str:
    """Return what people in need are counted by, and of when."""
    indicator_id = str(partnership.verdicts["people_in_need_indicator"].dropna().iloc[0])
    title = partnership.tables["indicators"].set_index("indicator_id").at[indicator_id, "indicator_title"]
    periods = partnership.headline.loc[partnership.headline["indicator_id"] == indicator_id, "period"]
    return f"{title}, {period_in_words(str(periods.iloc[0]))}" if len(periods) else str(title)


def _votes(text: Any) -> str:
    return "–" if pd.isna(text) else str(text).replace("; ", ", ")


def _decided(partnership: Partnership) -> dict[str, str]:
    if partnership.decided is None:
        return {}
    rows = partnership.decided.decisions
    rows = rows[rows["is_in_force"]] if len(rows) else rows
    return {str(row.locality_id): CODES_IN_WORDS["decision"][str(row.decision)] for row in rows.itertuples()}


def outcomes_of_partnership(partnership: Partnership) -> pd.DataFrame:
    """Return how each voting outcome lies in the partnership: one row per outcome, in the order of the domains.

    Columns ``indicator_id, indicator_title, vote, unit, kind, poorer_is, national_outcome, period``; ``whole`` and
    ``scotland``, the values of the whole areas; ``least`` and ``most``, of its places, with ``least_name`` and
    ``most_name``; ``poorer_scotland`` and ``poorer_cpp``, how many places are surely and importantly poorer; and
    ``assessed``, how many were compared with either.
    """
    findings = partnership.tables["findings"]
    about = partnership.tables["indicators"].set_index("indicator_id")
    names = partnership.own.set_index("locality_id")["locality_name"].astype("str")
    rows = findings[findings["locality_id"].isin(names.index)].join(
        about[["indicator_title", "vote", "unit", "kind", "poorer_is", "national_outcome", "role", "supersedes"]],
        on="indicator_id",
    )
    rows = rows[(rows["role"] == "outcome") & rows["vote"].notna()]
    rows = rows[~rows["indicator_id"].isin(superseded_in(rows))]
    values = partnership.own_estimates[["locality_id", "indicator_id", "period", "value"]]
    rows = rows.merge(values, on=["locality_id", "indicator_id", "period"], how="left")
    significance = rows["significance"].astype("str")
    rows = rows.assign(assessed=significance != "not_assessed", poorer=significance == "poorer")
    found = []
    for indicator_id, group in rows.groupby("indicator_id", observed=True):
        by = {one: group[group["comparator"] == one] for one in ("cpp", "scotland")}
        known = group.dropna(subset="value").drop_duplicates("locality_id")
        if not group["assessed"].any() or known.empty:
            continue
        least, most = known.loc[known["value"].idxmin()], known.loc[known["value"].idxmax()]
        first = group.iloc[0]
        found.append(
            {
                "indicator_id": str(indicator_id),
                **{name: first[name] for name in ("indicator_title", "vote", "unit", "kind", "poorer_is",
                                                  "national_outcome", "period")},
                "whole": _first(by["cpp"]["whole_area_value"]),
                "scotland": _first(by["scotland"]["whole_area_value"]),
                "least": least["value"],
                "least_name": names[least["locality_id"]],
                "most": most["value"],
                "most_name": names[most["locality_id"]],
                "poorer_scotland": int(by["scotland"]["poorer"].sum()),
                "poorer_cpp": int(by["cpp"]["poorer"].sum()),
                "assessed": int(group[group["assessed"]]["locality_id"].nunique()),
            }
        )  # fmt: skip
    table = pd.DataFrame(found)
    order = table["vote"].map({vote: number for number, vote in enumerate(VOTES)}) if len(table) else None
    return table if order is None else table.assign(order=order).sort_values(
        ["order", "indicator_title"], ignore_index=True
    )  # fmt: skip


def _first(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.iloc[0]) if len(known) else float("nan")


def _outcomes(partnership: Partnership) -> list[Block]:
    table = outcomes_of_partnership(partnership)
    if table.empty:
        return []
    flagged = set(partnership.verdicts.loc[partnership.verdicts["is_flagged"], "locality_id"])
    values = partnership.own_estimates.dropna(subset="value")
    lines, rows = [], []
    for row in table.itertuples():
        of_places = values[(values["indicator_id"] == row.indicator_id) & (values["period"] == row.period)]
        multiples = of_places["value"] / row.scotland
        if row.poorer_is == "lower":
            multiples = 1 / multiples
        points = [
            (float(one), place in flagged)
            for one, place in zip(multiples, of_places["locality_id"], strict=True)
            if np.isfinite(one) and one > 0
        ]
        lines.append((str(row.indicator_title), points))
        unit = "\u00a0*" if row.kind == "standardised_ratio" else "" if row.unit.startswith("%") else f" ({row.unit})"
        low, high = (
            f"{words.figure(row.least, row.unit)} {row.least_name}",
            f"{words.figure(row.most, row.unit)} {row.most_name}",
        )
        rows.append(
            (
                f"{row.indicator_title}, {period_in_words(row.period)}{unit}",
                str(row.national_outcome),
                words.figure(row.scotland, row.unit),
                words.figure(row.whole, row.unit),
                f"{low} to {high}",
                f"{row.poorer_scotland} of {row.assessed}",
            )
        )
    description = (
        f"Each of the {len(partnership.own)} places as a dot for each of {len(lines)} outcomes, as a multiple of "
        "Scotland's value, flagged places orange. The table has the lowest and the highest of each."
    )
    return [
        Picture(
            strips(lines),
            description,
            "Each dot is a place: how many times as poor as Scotland; to the right is poorer."
            f"{' Orange: places with strong evidence.' if flagged else ''}",
        ),
        Table(
            "Outcomes, each with its National Outcome: Scotland, the partnership, the lowest and the highest of its "
            "places, and how many are surely and importantly poorer than elsewhere in Scotland. * Standardised for "
            "age; Scotland about 100.",
            ("Outcome", "National Outcome", "Scotland", partnership.cpp_name, "Places: lowest to highest",
             "Poorer than Scotland"),
            tuple(rows),
            (2.7, 1.4, 0.9, 1.6, 2.5, 0.9),
        ),
    ]  # fmt: skip


def _inequality(partnership: Partnership) -> list[Block]:
    if "inequality" not in partnership.tables:
        return []
    about = partnership.tables["indicators"].set_index("indicator_id")
    rows = partnership.tables["inequality"]
    rows = rows[(rows["area_code"] == partnership.cpp_code) & (rows["measure"] == "fifths_ratio")]
    values = rows.dropna(subset="value").set_index(["indicator_id", "period"])
    # of a series that was broken off, only periods that compare
    comparable = partnership.tables["progress"]
    comparable = comparable[comparable["area_id"] == partnership.cpp_code].join(
        about[["indicator_title", "role", "vote", "poorer_is", "supersedes"]], on="indicator_id"
    )
    comparable = comparable[(comparable["role"] == "outcome") & comparable["vote"].notna()]
    comparable = comparable[~comparable["indicator_id"].isin(superseded_in(comparable))]
    lines: list[tuple[str, ...]] = []
    wider: list[str] = []
    narrower: list[str] = []
    for one in comparable.sort_values("indicator_title").itertuples():
        keys = [(one.indicator_id, one.first_period), (one.indicator_id, one.last_period)]
        if any(key not in values.index for key in keys):
            continue
        first, last = (values.loc[key] for key in keys)
        title = one.indicator_title
        # where lower is poorer, the farther below 1 the wider
        sign = 1 if one.poorer_is == "higher" else -1
        is_apart = first["upper_ci"] < last["lower_ci"] or last["upper_ci"] < first["lower_ci"]
        grows = sign * (last["value"] - first["value"]) > 0
        way = ("wider" if grows else "narrower") if is_apart else "no clear change"
        (wider if way == "wider" else narrower if way == "narrower" else []).append(str(title))
        lines.append((str(title), _ratio(first, one.first_period), _ratio(last, one.last_period), way))
    if not lines:
        return []
    ways = [f"{way} in {words.listed(some)}" for way, some in (("wider apart", wider), ("closer", narrower)) if some]
    lead = (
        f"The most and the least deprived fifth of {partnership.cpp_name} are surely {'; and '.join(ways)} than before."
        if ways
        else f"In no outcome are the most and the least deprived fifth of {partnership.cpp_name} surely wider apart "
        "than before, or closer."
    )
    return [
        Paragraph(lead),
        Table(
            "The most deprived fifth of residents as a multiple of the least deprived, with limits: "
            "first and last period. Where lower is poorer, as for school outcomes, a multiple under 1 is poorer",
            ("Outcome", "First", "Last", "Change"),
            tuple(lines),
            (2.3, 2.7, 2.7, 1.2),
        ),
    ]


def _ratio(row: pd.Series, period: str) -> str:
    limits = f"{number(row['lower_ci'], 2)} to {number(row['upper_ci'], 2)}"
    return f"{number(row['value'], 2)} ({limits}; {period_in_words(period).replace(' to ', '–')})"


def _drawings(partnership: Partnership) -> list[Block]:
    reach = partnership.tables["reach"]
    rows = reach[reach["cpp_code"] == partnership.cpp_code].sort_values(
        ["is_proposed", "is_recommended", "lift"], ascending=[False, False, False]
    )
    lines = tuple(
        (
            str(row.candidate_set).replace("_", " "),
            words.count(row.locality_count),
            words.count(row.flagged_count),
            words.share(row.share_of_residents) if pd.notna(row.share_of_residents) else "–",
            words.share(row.share_of_need) if pd.notna(row.share_of_need) else "–",
            words.share(row.share_within_limit) if pd.notna(row.share_within_limit) else "–",
            words.share(row.fit) if pd.notna(row.fit) else "–",
        )
        for row in rows.itertuples()
    )
    taken = rows[rows["is_proposed"]]
    own = set(taken["candidate_set"].astype("str"))
    is_natural = own == {"natural_communities"}
    against = "Scotland" if (rows["counted_against"] == "scotland").all() else f"elsewhere in {partnership.cpp_name}"
    limit = f"{partnership.settings.limit:,.0f}"
    reasons = [
        Paragraph(
            _what_it_gains(row.reason),
            f"{_capital(row.candidate_set)} (used here):" if row.is_proposed else
            f"{_capital(row.candidate_set)} gain most:",
        )
        for row in rows.itertuples()
        if row.is_proposed or row.is_recommended
    ]  # fmt: skip
    hidden = partnership.verdicts
    hidden = hidden[~hidden["is_flagged"] & (hidden["drawing_support_scotland"].fillna(0) >= 0.5)]
    if len(hidden):
        reasons.append(
            Paragraph(
                f"{words.listed(hidden['locality_name'].astype('str').tolist())}: not flagged here, but half or more "
                "of the residents live in a locality flagged as poorer than Scotland when boundaries "
                "are drawn otherwise.",
                "Hangs on the boundary:",
            )
        )
    others = [str(row.candidate_set).replace("_", " ") for row in rows.itertuples() if row.is_recommended]
    others = [one for one in others if one.replace(" ", "_") not in own]
    opens = (
        f" The map in QGIS, the page and the workbook open on {words.listed(others)}, which gain most: places and "
        "flags there are others."
        if others
        else ""
    )
    return [
        Paragraph(
            f"This pack uses {words.listed(sorted(one.replace('_', ' ') for one in own))}"
            f"{_WHY_NATURAL if is_natural else ''}. Which boundaries to take is the partnership's to decide. A way of "
            f"drawing gains by how much more of the people in need than of residents its flagged places hold.{opens}"
        ),
        Table(
            f"Ways of drawing localities: how many are poorer than {against}, and whom those reach. Under {limit} "
            "residents: the size the guidance often expects; not a legal limit",
            ("Boundaries", "Localities", f"Poorer than {against}", "Residents in those", "People in need in those",
             f"Under {limit}", "Boundaries fit"),
            lines,
            (2.1, 1, 1.4, 1.1, 1.3, 0.9, 1.05),
        ),
        Bullets(tuple(reasons)),
    ]  # fmt: skip


_WHY_NATURAL = ": a locality is to be a natural community, and places in all of Scotland are then drawn by one rule"


def _what_it_gains(reason: str) -> str:
    """Return what a drawing gains, without whether it is recommended."""
    gain = str(reason).removeprefix("Not recommended: ").removeprefix("Recommended: of the sets that qualify, ")
    gain = gain.removeprefix("it gains most. ")
    # the heading names several places, the reason the set
    gain = re.sub("^gains ", "gain ", re.sub("^it flags ", "they flag ", gain))
    return gain[:1].upper() + gain[1:]


def _capital(candidate_set: str) -> str:
    return str(candidate_set).replace("_", " ").capitalize()


def _outside(partnership: Partnership) -> list[Block]:
    lines = [*need_outside_lines(partnership.tables, partnership.cpp_code)]
    reach = partnership.tables["reach"]
    most = reach.loc[reach["cpp_code"] == partnership.cpp_code, "share_of_need_scotland"]
    if lines and most.notna().all() and most.max() < 0.5:
        whom = f"most of the people in need with places poorer than Scotland: at most {words.share(most.max())}"
        lines.append(
            f"None of the {words.things(len(most), 'way')} of drawing tried "
            f"{f'reaches {whom}' if most.max() else 'has a place poorer than Scotland'}."
        )
    return [Bullets(tuple(map(Paragraph, lines)))] if lines else []


def _council(partnership: Partnership) -> list[Block]:
    lines = of_the_council(partnership.tables, partnership.own.iloc[0])
    return [Bullets(tuple(map(Paragraph, lines)))] if lines else []


def _statements(partnership: Partnership) -> list[Block]:
    table = outcomes_of_partnership(partnership)
    verdicts, name = partnership.verdicts, partnership.cpp_name
    flagged = verdicts[verdicts["is_flagged"]]
    decided = partnership.decided
    targets = 0 if decided is None else len(decided.targets)
    worse = _worsening(partnership)
    is_early = table["indicator_title"].astype("str").str.contains(_EARLY)
    children = table[is_early | (table["national_outcome"] == "Children and Young People")]
    of_children = [
        f"{row.indicator_title} ({row.poorer_scotland} of {row.assessed} places)"
        for row in children.itertuples()
        if row.poorer_scotland
    ]
    own = partnership.own.set_index("locality_id")["population"]
    inside = own.reindex(flagged["locality_id"]).sum()
    need = flagged["people_in_need"].sum() / verdicts["people_in_need"].sum() if len(flagged) else 0.0
    statements: tuple[tuple[str, str, str], ...] = (
        (
            "Evidence",
            f"{len(table)} outcomes are compared for {words.things(len(verdicts), 'place')}, each with limits, against "
            f"elsewhere in {name} and in Scotland. Strong evidence, in either comparison: "
            f"{words.counted(len(flagged), len(verdicts), 'place')}. Everything is in the partnership's GeoPackage and "
            "workbook.",
            "what services know that no published figure shows, and whether the boundaries are those "
            "that residents use.",
        ),
        (
            "Prevention",
            f"Outcomes of children and young people in which places are surely and importantly poorer than Scotland: "
            f"{words.listed(of_children)}. Surely worsening in {name} as a whole: {words.listed(worse)}.",
            "which causes it acts on, how early, and what each partner stops doing to pay for it.",
        ),
        (
            "Participation",
            _participation(partnership),
            "who was asked, by whom, what they said, and what changed because of it.",
        ),
        (
            "Resources",
            f"Places with strong evidence hold {words.count(inside)} residents "
            f"({words.share(inside / own.sum())}) and "
            f"{words.share(need)} of the people who are income deprived. Effort there alone leaves out the others."
            if len(flagged) else
            "No place is flagged, so figures give no ground to direct effort to one place: people in "
            "need live all over.",
            "money, staff and buildings: what each partner puts in, and where.",
        ),
        (
            "Improvement and timescales",
            f"{words.things(targets, 'target')} recorded for 1, 3 and 10 years; the yearly report tracks them."
            if targets else
            "No target is recorded yet. Each profile has a range to choose from: where known, the trend; the best of "
            "similar places; half the gap closed.",
            "the targets it chooses, for 1, 3 and 10 years, and the steps to them.",
        ),
        (
            "Scrutiny",
            f"{against_in_words(partnership)} The yearly report lists such places; what moved between two editions, "
            "and why, can be listed for everyone.",
            "who holds whom to account, how often, and what follows when a target is missed.",
        ),
    )  # fmt: skip
    blocks: list[Block] = []
    for title, known, own_part in statements:
        blocks += [Heading(title, 2), Paragraph(known), Paragraph(own_part, "Only the partnership can add:")]
    return blocks


def _participation(partnership: Partnership) -> str:
    """Return how many decisions are recorded, and where residents were asked and what they scored low."""
    decisions = 0 if partnership.decided is None else len(partnership.decided.decisions)
    recorded = (
        f"{words.things(decisions, 'decision')} on places recorded with a reason."
        if decisions
        else "No decision on a place is recorded yet."
    )
    answers = partnership.place_standard
    if answers is None or answers.empty:
        return f"{recorded} No results of the Place Standard have been brought in."
    shown = answers[(answers["answer_group"] == EVERYONE) & (answers["answer_status"] == "observed")]
    low = shown[shown["place_score"] < LOW].groupby("theme", observed=True)["locality_id"].nunique()
    named = [f"{theme} ({words.things(count, 'place')})" for theme, count in low.sort_values(ascending=False).items()]
    return (
        f"{recorded} Residents of {words.things(answers['locality_id'].nunique(), 'place')} were asked with the Place "
        f"Standard; scored low: {words.listed(named[:5])}. Each profile has the answers."
    )


_EARLY = re.compile(r"bab(?:y|ies)|child|school|pupil|young", re.IGNORECASE)
"""What titles of outcomes about children and young people name."""


def _worsening(partnership: Partnership) -> list[str]:
    """Return outcomes that surely worsen in the partnership."""
    progress = partnership.tables["progress"]
    about = partnership.tables["indicators"].set_index("indicator_id")
    whole = progress[(progress["area_id"] == partnership.cpp_code) & (progress["change_direction"] == "worsening")]
    outcomes = about.index[about["role"] == "outcome"]
    titles = about.loc[whole["indicator_id"][whole["indicator_id"].isin(outcomes)], "indicator_title"].astype("str")
    return sorted(titles)


def against_the_whole(partnership: Partnership) -> tuple[int, str]:
    """Return how many places surely change the other way than the partnership in an outcome, and which way each."""
    progress, name = partnership.tables["progress"], partnership.cpp_name
    about = partnership.tables["indicators"].set_index("indicator_id")["role"]
    names = partnership.own.set_index("locality_id")["locality_name"].astype("str")
    rows = progress[progress["is_against_the_trend"].fillna(False) & progress["area_id"].isin(names.index)]
    rows = rows[rows["indicator_id"].astype("str").map(about) == "outcome"]
    ways = []
    for way, whole in (("worsening", "improves"), ("improving", "worsens")):
        places = sorted(names.loc[rows.loc[rows["change_direction"] == way, "area_id"].unique()])
        if places:
            ways.append(f"{way} where {name} {whole}: {words.listed(places)}")
    return rows["area_id"].nunique(), "; ".join(ways)


def against_in_words(partnership: Partnership) -> str:
    """Return `against_the_whole` as a sentence."""
    name, of = partnership.cpp_name, len(partnership.own)
    hidden, ways = against_the_whole(partnership)
    if not hidden:
        return f"None of {words.things(of, 'place')} surely goes against {name} as a whole in any outcome."
    go = "goes" if hidden == 1 else "go"
    return f"{words.counted(hidden, of, 'place')} surely {go} against {name} as a whole in some outcome ({ways})."


def _indicators_of(partnership: Partnership) -> set[str]:
    """Return the indicators of outcomes and of inequality that the pack shows."""
    shown = set(outcomes_of_partnership(partnership)["indicator_id"])
    if "inequality" in partnership.tables:
        rows = partnership.tables["inequality"]
        shown |= set(rows.loc[rows["area_code"] == partnership.cpp_code, "indicator_id"].astype("str"))
    return shown


def _other_sources(partnership: Partnership) -> set[str]:
    """Return the sources of figures of groups and of the whole council."""
    tables = partnership.tables
    found: set[str] = set()
    if all(name in tables for name in NEEDED):
        groups = tables["group_findings"]
        roles = groups["indicator_id"].astype("str").map(tables["group_indicators"].set_index("indicator_id")["role"])
        shown = groups[(groups["area_code"] == partnership.cpp_code) & groups["value"].notna() & (roles == "outcome")]
        found |= set(shown["source_id"].dropna().astype("str"))
    if "council_context" in tables:
        from localities.choosing.beside_scotland import beside

        figures = beside(tables["council_context"], partnership.cpp_code, topics=TOPICS)
        found |= set(figures["source_id"].astype("str"))
    return found


def sources_of_partnership(
    partnership: Partnership, indicator_ids: Iterable[str] | None = None, others: Iterable[str] = ()
) -> list[Block]:
    """Return the sources of a partnership's estimates by publisher and licence; of some indicators, where given.

    ``others`` are ids of further sources.
    """
    rows = partnership.own_estimates
    if indicator_ids is not None:
        rows = rows[rows["indicator_id"].isin(set(indicator_ids))]
    sources = partnership.tables["sources"]
    used = sources[sources["source_id"].isin({*rows["source_id"].astype("str"), *others})]
    return [sources_in_words(used)]
