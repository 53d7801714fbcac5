"""The part of a profile on outcomes: held against elsewhere, how they changed, and what could be aimed for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from indicators.schema.vocabulary import CORE_VOTES
from localities.documents.document import Block, Bullets, Paragraph, Picture, Table
from localities.documents.drawings import Interval, intervals
from localities.documents.partnership import TARGET_YEARS, Partnership
from localities.explain import sentences as words
from localities.explain.facts import Facts, superseded_in
from localities.explain.technical import vote_name
from localities.wording.periods import period_in_words

GRADES = {"poorer": "surely", "slightly_poorer": "likely", "not_different": "not shown", "better": "better"}
"""Whether an outcome is poorer, in a table."""


def voting_outcomes(facts: Facts) -> pd.DataFrame:
    """Return outcomes that vote, strongest first, as `Facts.strongest` has them."""
    rows = facts.strongest
    return rows[rows["vote"].notna() & ~rows["indicator_id"].isin(superseded_in(facts.findings))]


def _domains(facts: Facts, partnership: Partnership) -> tuple[Paragraph, ...]:
    lines = []
    for vote, rows in facts.votes.groupby("vote", observed=True, sort=False):
        parts = []
        for row in rows.sort_values("comparator", ascending=False).itertuples():
            area = "Scotland" if row.comparator == "scotland" else partnership.cpp_name
            count = row.better if row.state == "better" else row.poorer
            parts.append(f"{words.VOTE[row.state]} than elsewhere in {area} ({int(count)} of {int(row.assessed)})")
        beside = "" if vote in CORE_VOTES else " (makes no flag)"
        lines.append(Paragraph(f"{'; '.join(parts)}.", f"{vote_name(vote)}{beside}:"))
    return tuple(sorted(lines, key=lambda one: "makes no flag" in one.lead))


def outcomes(facts: Facts, partnership: Partnership) -> list[Block]:
    """Return each domain in words, the chart of outcomes, and the table behind it."""
    rows = voting_outcomes(facts)
    if rows.empty:
        return [Paragraph("No outcome could be assessed here.")]
    cpp_name = partnership.cpp_name
    charted = [
        (str(row.indicator_title), _multiple(row, "scotland"), _multiple(row, "cpp")) for row in rows.itertuples()
    ]
    charted = [one for one in charted if one[1] or one[2]]
    svg = intervals(
        charted,
        ("than elsewhere in Scotland", f"than elsewhere in {cpp_name}"),
    )
    surely = [
        str(row.indicator_title)
        for row in rows.itertuples()
        if "poorer" in (row.scotland_significance, row.cpp_significance)
    ]
    description = (
        f"{len(charted)} outcomes with their limits, as multiples of elsewhere in Scotland and in {cpp_name}. Surely "
        f"and importantly poorer than one of the two or both: {'; '.join(surely) or 'none'}."
    )
    share = words.share(partnership.settings.vote_share)
    caption = "How many times as poor as elsewhere; right is poorer. Lines: limits of what chance leaves open."
    lines = tuple(
        (
            f"{row.indicator_title}, {period_in_words(row.period)}{unit_of(row)}",
            f"{words.figure(row.value, row.unit)} ({limits_of(row)})",
            *_against(row, "scotland"),
            *_against(row, "cpp"),
        )
        for row in rows.itertuples()
    )
    return [
        Paragraph(
            "In brackets: outcomes surely and importantly poorer (better, where it says so); "
            f"{share} make a domain poorer. Two of "
            "income and work, health and education make strong evidence, unless the third is better."
        ),
        Bullets(_domains(facts, partnership)),
        Picture(svg, description, caption),
        Table(
            "Limits of chance in brackets, without publishers' rounding. Surely: poorer by more than chance and by "
            "enough to matter; likely: perhaps not by enough. * Scotland is 100, ages allowed for.",
            ("Outcome", "Here", "Elsewhere in Scotland", "Poorer?", f"Elsewhere in {cpp_name}", "Poorer?"),
            lines,
            (3.2, 1.5, 1, 0.85, 1.45, 0.85),
        ),
    ]


def limits_of(row: Any) -> str:
    """Return the limits of a figure as they stand in brackets behind it."""
    return " to ".join(words.figure(one, row.unit).removesuffix("%") for one in (row.lower_ci, row.upper_ci))


def unit_of(row: Any) -> str:
    """Return the unit as it stands behind the name of an outcome; an asterisk for a ratio to what is expected."""
    if row.kind == "standardised_ratio":
        return "\u00a0*"
    return "" if row.unit.startswith("%") else f" ({row.unit})"


def _against(row: Any, comparator: str) -> tuple[str, str]:
    """Return the value of the rest of an area, and whether the place is poorer than that."""
    code = getattr(row, f"{comparator}_significance")
    if pd.isna(code):
        return "–", "–"
    return words.figure(getattr(row, f"{comparator}_value"), row.unit), GRADES[code]


def _multiple(row: Any, comparator: str) -> Interval | None:
    """Return how many times as poor an outcome is as the rest, with limits; None where it was not compared."""
    of = {name: getattr(row, f"{comparator}_{name}") for name in (
        "value", "significance", "ratio", "ratio_lower_ci", "ratio_upper_ci", "difference", "difference_lower_ci",
        "difference_upper_ci")}  # fmt: skip
    if pd.isna(of["significance"]):
        return None
    limits = (of["ratio"], of["ratio_lower_ci"], of["ratio_upper_ci"])
    if any(pd.isna(one) for one in limits):
        limits = tuple((of["value"] + of[f"difference{end}"]) / of["value"] for end in ("", "_lower_ci", "_upper_ci"))  # type: ignore[assignment]
    if any(pd.isna(one) or one <= 0 for one in limits):
        return None
    return limits if row.poorer_is == "higher" else (1 / limits[0], 1 / limits[2], 1 / limits[1])


def changes(facts: Facts, partnership: Partnership) -> list[Block]:
    """Return which outcomes went another way than in the rest, and from what to what each went."""
    progress = partnership.tables["progress"]
    about = partnership.tables["indicators"].set_index("indicator_id")
    rows = progress[
        (progress["area_id"] == facts.place["locality_id"]) & (progress["change_direction"] != "not_assessed")
    ]
    rows = rows.join(about[["indicator_title", "unit", "role", "poorer_is", "supersedes"]], on="indicator_id")
    rows = rows[(rows["role"] == "outcome") & ~rows["indicator_id"].isin(superseded_in(rows))]
    if rows.empty:
        return [Paragraph("No outcome has two periods that compare.")]
    rest = f"the rest of {partnership.cpp_name}"
    shown = voting_outcomes(facts).set_index("indicator_id")["period"].astype("str")
    rows = rows.assign(
        against_rest=[_against_rest(one) for one in rows.itertuples()],
        mark=np.where(rows["last_period"].astype("str") == rows["indicator_id"].map(shown), "", "\u00a0†"),
    )
    lines = []
    for text, some in rows[rows["against_rest"] != ""].groupby("against_rest", sort=True):
        named = [
            f"{one.indicator_title}{one.mark} ({words.figure(one.first_value, one.unit)} to "
            f"{words.figure(one.last_value, one.unit)}: {_own_change(one)})"
            for one in some.itertuples()
        ]
        than = "in" if _THERE in str(text) else "than in"
        lines.append(
            Paragraph(f"{'; '.join(named)}.", f"{str(text).capitalize().replace(_THERE, ' while it')} {than} {rest}:")
        )
    against = rows.loc[rows["is_against_the_trend"], "indicator_title"].astype("str").tolist()
    if against:
        lines.append(Paragraph(f"{'; '.join(against)}.", f"Against the trend of {partnership.cpp_name} as a whole:"))
    if not lines:
        lines = [Paragraph(f"In no outcome did the place surely change more or less than {rest}.")]
    table = tuple(
        (
            f"{row.indicator_title}{'' if row.unit.startswith('%') else f' ({row.unit})'}{row.mark}",
            f"{words.figure(row.first_value, row.unit)} ({_short(row.first_period)})",
            f"{words.figure(row.last_value, row.unit)} ({_short(row.last_period)})",
            _OWN_CHANGE.get(str(row.change_direction), _NO_CHANGE),
            row.against_rest or "no clear difference",
        )
        for row in rows.itertuples()
    )
    marked = " † Older than the figure above, or not comparable with it."
    caption = f"First and last of the periods that compare.{marked if rows['mark'].any() else ''}"
    return [
        Bullets(tuple(lines)),
        Table(caption, ("Outcome", "Was", "Is", "Change", f"Against {rest}"), table, (2.4, 1.95, 1.95, 1.25, 1.45)),
    ]


_OWN_CHANGE = {"improving": "better", "worsening": "worse"}
_NO_CHANGE = "no clear change"
_THERE = ", there it"


def _own_change(row: Any) -> str:
    """Return which way a figure went, whatever the rest did, and whether that is sure."""
    sure = _OWN_CHANGE.get(str(row.change_direction))
    if sure or not row.change:
        return sure or _NO_CHANGE
    return f"{'worse' if (row.change > 0) == (row.poorer_is == 'higher') else 'better'}, though not surely"


def _against_rest(row: Any) -> str:
    """Return how a figure moved beside that of the rest: "rose less"; "" where the two do not surely differ."""
    ground = str(row.ground)
    if ground not in ("gaining_ground", "losing_ground"):
        return ""
    is_upward = (ground == "gaining_ground") == (row.poorer_is == "lower")
    went, there = ("rose" if one > 0 else "fell" if one < 0 else "stayed" for one in (row.change, row.rest_change))
    if "stayed" in (went, there) or went != there:
        return f"{went}{_THERE} {there}"
    return f"{went} {'more' if is_upward == (row.change > 0) else 'less'}"


def _short(period: str) -> str:
    return period_in_words(period).replace(" to ", "–")


def targets(facts: Facts, partnership: Partnership) -> list[Block]:
    """Return what targets could rest on, for outcomes that are poorer."""
    ranges = partnership.target_ranges
    found_ranges = ranges[ranges["locality_id"] == facts.place["locality_id"]].set_index("indicator_id")
    rows = voting_outcomes(facts)
    lines, similar = [], ""
    for row in rows[rows["grade"] > 0].itertuples():
        if row.indicator_id not in found_ranges.index:
            continue
        found = found_ranges.loc[row.indicator_id]
        is_better = np.less if row.poorer_is == "higher" else np.greater
        now = words.figure(row.value, row.unit)
        grounds = [
            words.figure(found[one], row.unit) if pd.notna(found[one]) and is_better(found[one], row.value) else "–"
            for one in ("trend_continued", "best_quarter", "gap_closed")
        ]
        # better by less than is told is no better
        grounds = ["–" if one == now else one for one in grounds]
        if grounds != ["–"] * 3:
            similar = str(found["similar_to"])
            lines.append((f"{row.indicator_title}{unit_of(row)}", now, *grounds))
        if len(lines) == 6:
            break
    if not lines:
        return []
    kind = similar.partition(", ")[2].replace("middle deprived fifth", "middle fifth by deprivation")
    header = ("Outcome", "Now", f"Trend, {TARGET_YEARS} years on", "Best quarter of places of the same kind",
              f"Half the gap to {partnership.cpp_name} closed")  # fmt: skip
    kept = [at for at in range(len(header)) if any(line[at] != "–" for line in lines)]
    return [
        Paragraph(f"What is within reach; the target is the partnership's to choose. Places of the same kind: {kind}."),
        Table(
            "A dash: nothing better than now, or not known",
            tuple(header[at] for at in kept),
            tuple(tuple(line[at] for at in kept) for line in lines),
            tuple((3, 1, 1.2, 1.4, 1.6)[at] for at in kept),
        ),
    ]
