"""The annual progress report of a partnership (sections 8 and 12 of the Act) and of its localities.

Did outcomes move, against their own past, against the rest over the same years, and against the partnership's own
targets; what does its average hide (guidance, paragraph 119); and which answers moved since the last edition, and why.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from localities.documents.document import Block, Bullets, Document, Paragraph, Table
from localities.documents.evidence_pack import against_in_words, sources_of_partnership
from localities.documents.partnership import Partnership
from localities.explain import sentences as words
from localities.explain.facts import superseded_in
from localities.wording.codes import CODES_IN_WORDS
from localities.wording.periods import period_in_words

_WAYS = {"improving": "better", "worsening": "worse", "no_clear_change": "no clear change"}
_GROUNDS = {"gaining_ground": "gaining", "losing_ground": "losing", "no_clear_difference": "no clear difference"}


def progress_report_of(partnership: Partnership) -> Document:
    """Return the annual progress report of a partnership."""
    name = partnership.cpp_name
    rows = _changes(partnership)
    sections: tuple[tuple[str, list[Block]], ...] = (
        ("In short", _in_short(partnership, rows)),
        (f"{name} as a whole", _whole(partnership, rows)),
        ("Against the partnership's own targets", _targets(partnership)),
        ("Places with strong evidence, and places decided on", _places(partnership, rows)),
        ("What the average hides", _hidden(partnership, rows)),
        ("Answers that moved since the last edition", _moved(partnership)),
        ("How to read this", _reading(partnership)),
        ("Where the figures come from", sources_of_partnership(partnership, rows["indicator_id"])),
    )
    return partnership.document(f"{name}: annual progress report", sections)


def _changes(partnership: Partnership) -> pd.DataFrame:
    """Return assessed changes of outcomes, of the partnership and its places, with title and unit."""
    about = partnership.tables["indicators"].set_index("indicator_id")
    rows = partnership.tables["progress"]
    places = [partnership.cpp_code, *partnership.own["locality_id"]]
    rows = rows[rows["area_id"].isin(places)].join(
        about[["indicator_title", "unit", "role", "supersedes"]], on="indicator_id"
    )
    rows = rows[(rows["role"] == "outcome") & (rows["change_direction"] != "not_assessed")]
    rows = rows[~rows["indicator_id"].isin(superseded_in(rows))]
    text = {
        name: rows[name].astype("str") for name in ("change_direction", "wider_direction", "ground", "indicator_title")
    }
    return rows.assign(**text, is_against_the_trend=rows["is_against_the_trend"].fillna(False).astype(bool))


def _titles(rows: pd.DataFrame) -> str:
    return words.listed(sorted(rows["indicator_title"]))


def _in_short(partnership: Partnership, rows: pd.DataFrame) -> list[Block]:
    name = partnership.cpp_name
    whole = rows[rows["area_id"] == partnership.cpp_code]
    better, worse = (whole[whole["change_direction"] == one] for one in ("improving", "worsening"))
    ahead, behind = (whole[whole["ground"] == one] for one in ("gaining_ground", "losing_ground"))
    lines = [
        Paragraph(f"{_titles(better)}.", f"Surely better in {name} ({len(better)} of {len(whole)} outcomes):"),
        Paragraph(f"{_titles(worse)}.", f"Surely worse ({len(worse)}):"),
        Paragraph(f"Gaining in {_titles(ahead)}; losing in {_titles(behind)}.", "Against the rest of Scotland:"),
        Paragraph(against_in_words(partnership), "Hidden in the average:"),
        Paragraph(_of_targets(partnership), "Targets:"),
        *_how_old(whole),
    ]
    return [Bullets(tuple(lines))]


def _how_old(whole: pd.DataFrame) -> list[Paragraph]:
    """Return of when the newest of the figures is, as a list of one or none."""
    if whole.empty:
        return []
    last = whole["last_period"].astype("str")
    years = last.str.extract(r"(\d{4}(?:/\d{2})?)(?!.*\d{4})")[0]
    return [Paragraph(f"The newest of these figures is of {years.max()}, the oldest of {years.min()}.", "How old:")]


def _of_targets(partnership: Partnership) -> str:
    if partnership.decided is None or partnership.decided.targets.empty:
        return "none recorded yet, so outcomes are not compared with any."
    tracks = partnership.decided.targets["target_track"].astype("str").value_counts()
    named = [f"{count} {CODES_IN_WORDS['target_track'][one][0].lower()}{CODES_IN_WORDS['target_track'][one][1:]}"
             for one, count in tracks.items()]  # fmt: skip
    return f"{'; '.join(named)}."


def _table(rows: pd.DataFrame, caption: str, rest: str, names: dict[str, str] | None = None) -> Table:
    lines = tuple(
        (
            *((names[row.area_id],) if names else ()),
            f"{row.indicator_title}{'' if row.unit.startswith('%') else f' ({row.unit})'}",
            _figure(row.first_value, row.unit, row.first_period),
            _figure(row.last_value, row.unit, row.last_period),
            _WAYS[row.change_direction],
            _WAYS.get(row.wider_direction, "not known") if names else _GROUNDS.get(row.ground, "not known"),
        )
        for row in rows.itertuples()
    )
    header = (*(("Place",) if names else ()), "Outcome", "Was", "Is", "Change", rest)
    return Table(caption, header, lines, (*((1.7,) if names else ()), 2.4, 1.95, 1.95, 1.25, 1.4))


def _figure(value: float, unit: str, period: str) -> str:
    return f"{words.figure(value, unit)} ({period_in_words(period).replace(' to ', '–')})"


def _whole(partnership: Partnership, rows: pd.DataFrame) -> list[Block]:
    whole = rows[rows["area_id"] == partnership.cpp_code].sort_values("indicator_title")
    if whole.empty:
        return [Paragraph("No outcome has two periods that compare.")]
    caption = "First and last of the periods that compare; against the rest of Scotland over the same years"
    return [_table(whole, caption, "Against the rest")]


def _targets(partnership: Partnership) -> list[Block]:
    if partnership.decided is None or partnership.decided.targets.empty:
        return [
            Paragraph("No target is recorded. Once one is, it stands here: from where, to where, by when, where it is.")
        ]
    from localities.decisions.wording import target_sentence

    targets = partnership.decided.targets.sort_values(["locality_name", "indicator_id", "years_ahead"])
    return [Bullets(tuple(Paragraph(target_sentence(row), f"{row.locality_name}:") for row in targets.itertuples()))]


def _places(partnership: Partnership, rows: pd.DataFrame) -> list[Block]:
    verdicts = partnership.verdicts
    decided = set() if partnership.decided is None else set(partnership.decided.decisions["locality_id"])
    chosen = verdicts[verdicts["is_flagged"] | verdicts["locality_id"].isin(decided)]
    if chosen.empty:
        return [Paragraph("No place is flagged in these boundaries, and none has been decided on.")]
    lines = []
    for row in chosen.itertuples():
        of_place = rows[rows["area_id"] == row.locality_id]
        counts = [of_place[of_place["change_direction"] == one] for one in ("improving", "worsening")]
        grounds = [of_place[of_place["ground"] == one] for one in ("gaining_ground", "losing_ground")]
        lines.append(
            (
                str(row.locality_name),
                f"{len(counts[0])} of {len(of_place)}",
                f"{len(counts[1])} of {len(of_place)}",
                *("; ".join(sorted(one["indicator_title"])) or "–" for one in grounds),
            )
        )
    rest = f"the rest of {partnership.cpp_name}"
    return [
        Table(
            f"Each place over the years that compare: outcomes surely better and worse, and where it "
            f"gains or loses on {rest}",
            ("Place", "Better", "Worse", f"Gaining on {rest}", f"Losing on {rest}"),
            tuple(lines),
            (1.8, 0.8, 0.8, 3, 3),
        )
    ]


def _hidden(partnership: Partnership, rows: pd.DataFrame) -> list[Block]:
    hidden = rows[rows["is_against_the_trend"] & (rows["area_id"] != partnership.cpp_code)]
    if hidden.empty:
        return [Paragraph(f"No place surely goes against {partnership.cpp_name} as a whole.")]
    names = partnership.own.set_index("locality_id")["locality_name"].astype("str").to_dict()
    hidden = hidden.assign(place=hidden["area_id"].map(names)).sort_values(["indicator_title", "place"])
    caption = (
        f"Places surely worse where {partnership.cpp_name} as a whole is surely better, or better where it is worse. "
        "Where nothing changes, one place in forty looks better and one worse by chance alone"
    )
    return [_table(hidden, caption, "The whole", names)]


def _moved(partnership: Partnership) -> list[Block]:
    found = partnership.find_moved()
    if found is None:
        return [Paragraph("There is no earlier edition to hold these answers against. The next report has this one.")]
    since, moved = found
    moved = moved[moved["cpp_code"] == partnership.cpp_code]
    moved = moved[moved["locality_id"].str.startswith(f"{partnership.candidate_set}:")]
    if moved.empty:
        return [Paragraph(f"No answer moved since the edition of {since}.")]
    lines = [
        Paragraph(
            f"{_both(row, 'scotland')}; {_both(row, 'cpp')}. Because of: {row.because}.",
            f"{row.locality_name}:",
        )
        for row in moved.itertuples()
    ]
    return [Paragraph(f"Since the edition of {since}:"), Bullets(tuple(lines))]


def _both(row: Any, comparator: str) -> str:
    """Return what an answer was and is, or that it stays."""
    before, after = (_verdict(getattr(row, f"verdict_{comparator}_{when}")) for when in ("before", "after"))
    against = "than Scotland" if comparator == "scotland" else "within the partnership"
    return f"{against}, {after} as before" if before == after else f"{against}, {before} before and {after} now"


def _verdict(code: Any) -> str:
    return "not there" if pd.isna(code) else words.VERDICT[str(code)]


def _reading(partnership: Partnership) -> list[Block]:
    confidence = words.share(partnership.settings.confidence)
    return [
        Paragraph(
            f"Surely means beyond chance at {confidence}. A change is from the first to the last of the periods that "
            "compare; figures after a break in a series are left out. Gaining and losing compare a place with the rest "
            "of its partnership, and a partnership with the rest of Scotland, whichever way both went."
        )
    ]
