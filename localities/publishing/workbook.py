"""One workbook per community planning partnership, for whoever works in a spreadsheet.

A cover, a list of contents, and one tidy sheet per question: names in the first row, one row per thing, words in place
of codes, a unit in every title that has one. Everything is a value, never a formula. Long tables show the recommended
way of drawing only; all ways are in the archive of tables beside it (`localities.publishing.archive`).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indicators.schema.fields import FIELDS
from indicators.schema.publication import title_of
from localities.publishing.atomic import Placed, place_whole
from localities.publishing.layers import FOR_QGIS
from localities.publishing.licences import of_data
from localities.publishing.side_by_side import OF_EACH_COMPARATOR, side_by_side
from localities.wording.codes import CODES_IN_WORDS, FLAGGED_AS, describe

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from localities.publishing.layers import Layer
    from localities.publishing.metadata import About
    from localities.publishing.sheet_lines import LinedSheet

_MOMENT = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)
_WIDTHS = {"text": 28, "code": 12, "number": 12, "integer": 11, "boolean": 9, "date": 12}
_WRAPPED = 30
"""Letters from which on a column is of sentences, which go on in a further line."""
_WIDE = ("why", "evidence", "reason", "definition", "caveats", "setting_meaning", "attribution", "missed_where")

_AT_SIGHT = {
    "Localities": {
        "locality_name": 24, "candidate_set": 14, "priority_rank": 7, "answer": 62, "population": 9,
        "people_in_need": 8, "poorer_votes_scotland": 22, "poorer_votes_cpp": 22, "evidence_from": 11,
        "evidence_to": 11,
    },
    "Evidence": {
        "locality_name": 24, "indicator_title": 34, "period": 11, "value": 8, "lower_ci": 8, "upper_ci": 8, "unit": 18,
        "significance_scotland": 24, "comparator_value_scotland": 12, "significance_cpp": 24,
        "comparator_value_cpp": 12,
    },
    "Hot spots": {
        "hot_spot_name": 40, "rank": 9, "population": 10, "people_in_need": 9, "people_in_need_among": 12,
        "observed": 10, "expected": 10, "ratio": 9, "is_beyond_chance": 9, "is_beyond_inequality": 13,
    },
    "Data zones": {
        "zone_name": 34, "intermediate_zone_name": 30, "population": 10, "sets_flagged_scotland": 14,
        "sets_flagged_cpp": 14, "urban_rural_8_name": 26, "ward_name": 30,
    },
    "Which boundaries serve best": {
        "candidate_set_title": 30, "is_recommended": 13, "locality_count": 10, "flagged_count_scotland": 13,
        "flagged_count_cpp": 13, "people_in_need": 9, "need_reached": 9, "need_missed": 9, "reason": 60,
    },
    "Groups of people": {
        "indicator_title": 44, "group_name": 22, "group_comparator": 32, "significance": 30, "value": 8, "lower_ci": 8,
        "upper_ci": 8, "comparator_value": 10, "age_basis": 26,
    },
    "Where groups live": {
        "indicator_title": 44, "numerator": 10, "share_of_people": 10, "share_in_densest_fifth": 12,
        "share_in_deprived_fifth": 13, "share_in_flagged_scotland": 14, "share_in_flagged_cpp": 14,
    },
    "The council in context": {
        "context_figure": 60, "period": 12, "value": 9, "lower_ci": 9, "upper_ci": 9, "unit": 34, "scotland_value": 10,
        "scotland_period": 12, "poorer_rank": 10, "councils": 9,
    },
    "Place Standard": {
        "locality_name": 26, "theme": 28, "answer_group": 22, "place_score": 8, "people_asked": 9, "answer_status": 10,
        "outcome_beside": 40, "gathered": 14, "results_title": 30,
    },
    "Decisions": {
        "locality_name": 24, "decision": 22, "by_role": 24, "decided_on": 11, "because": 40, "boundary_now": 16,
        "boundary_change": 34, "is_in_force": 8,
    },
    "Targets": {
        "locality_name": 20, "indicator_title": 30, "unit": 16, "years_ahead": 6, "due_on": 11, "value_then": 8,
        "period_then": 11, "target": 8, "value": 8, "lower_ci": 8, "upper_ci": 8, "period": 11, "target_track": 16,
        "reason": 30,
    },
    "Sources": {
        "title": 60, "publisher": 30, "licence": 34, "attribution": 60,
    },
}  # fmt: skip
"""Columns that a sheet shows first, with their widths: no wider than a laptop shows (190 letters). Its others are
folded away behind them; of other sheets, codes and ids are."""

_LONG = ("Zones of localities", "Similar places")
_NOT_HERE = ("Series", "What residents said")
"""Too long for a workbook, or on the map alone: in the archive of tables."""

_HOW_TO_READ = (
    "Two answers stand side by side and are never added up: whether residents' outcomes are poorer than those of people"
    " in the rest of Scotland, and poorer than those elsewhere in this partnership.",
    "A place is held against the rest of its comparator, never against a whole that it is part of.",
    "No evidence does not mean no need: rural need is scattered, and areas miss it. The decision remains the "
    "partnership's.",
    "An empty cell is a figure that is not there; the column Status says why. It is never zero.",
    "Sheets open on what is read first. The other columns, codes among them, are folded: press the plus sign, or the"
    " small 2, above the columns.",
)


@dataclass(frozen=True)
class _Sheet:
    """One sheet: its name, what one row is, its rows, and the title and meaning of every column."""

    name: str
    description: str
    frame: pd.DataFrame
    titles: Mapping[str, str]
    meanings: Mapping[str, str]


def recommended_set(layers: Sequence[Layer]) -> str:
    """Return the way of drawing to start from: recommended here, else proposed to the partnership, else the first."""
    reach: list[dict[str, Any]] = next(
        (one.table.to_pylist() for one in layers if one.name == "Which boundaries serve best"), []
    )
    first = [str(one.table["candidate_set"][0]) for one in layers if one.style == "verdict"]
    named = (row["candidate_set"] for choice in ("is_recommended", "is_proposed") for row in reach if row[choice])
    return next(named, first[0] if first else "")


def write_workbook(target: Path, layers: Sequence[Layer], about: About) -> Placed:
    """Return where the workbook is after writing it whole; the same layers give the same bytes.

    Parameters
    ----------
    target
        Wanted path, ending in ``.xlsx``.
    layers
        What the partnership shows, from `localities.publishing.layers.Country.of`.
    about
        What the file says of itself.

    Raises
    ------
    ConfigError
        If the file cannot be put in place.
    """
    return place_whole(target, lambda draft: _write(draft, layers, about))


def _write(draft: Path, layers: Sequence[Layer], about: About) -> None:
    import xlsxwriter

    from localities.publishing.sheet_lines import LinedSheet

    sheets = _sheets(layers)
    # what looks like an address stays a text
    book = xlsxwriter.Workbook(str(draft), {"strings_to_urls": False})
    book.set_properties({"title": about.title, "subject": about.abstract, "created": _MOMENT})
    formats = {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DEEBF7", "border": 1}),
        "link": book.add_format({"font_color": "#0563C1", "underline": True, "valign": "top"}),
    }
    chosen = recommended_set(layers)
    years = [
        one.years() for one in layers if one.style == "verdict" and one.table["candidate_set"][0].as_py() == chosen
    ]
    _write_cover(book.add_worksheet("Cover"), [*years, *missed_lines(layers, chosen)], about, formats)
    _write_contents(book.add_worksheet("Contents"), sheets, formats)
    for sheet in sheets:
        _write_sheet(book, book.add_worksheet(sheet.name, LinedSheet), sheet, formats["head"])
    book.close()


def _sheets(layers: Sequence[Layer]) -> list[_Sheet]:
    import pandas as pd

    drawn = [layer for layer in layers if layer.style == "verdict"]
    words = {
        "candidate_set": {code: word for one in drawn for code, word in one.words.get("candidate_set", {}).items()}
    }
    indicators = next(layer.table for layer in layers if layer.name == "Indicators")
    titles = zip(*(indicators[name].to_pylist() for name in ("indicator_id", "indicator_title")), strict=True)
    words["people_in_need_indicator"] = dict(titles)
    chosen = recommended_set(layers)
    places = pd.concat([_frame(one.table) for one in drawn], ignore_index=True)
    # the way of drawing to start from stands first, each in order of priority
    sets = [chosen, *(one for one in words["candidate_set"] if one != chosen)]
    order = places["candidate_set"].map({one: number for number, one in enumerate(sets)})
    places = places.iloc[np.lexsort((places["priority_rank"], order))].reset_index(drop=True)
    sheets = [_sheet("Localities", "One row per candidate locality, of every way of drawing.", places, words)]
    for layer in layers:
        only = f" Only {words['candidate_set'].get(chosen, chosen)}; all ways of drawing are in the archive of tables."
        if layer.style == "verdict" or layer.name in _NOT_HERE:
            continue
        if layer.name == "Findings":
            frame = side_by_side(_of_set(layer.table, chosen))
            about = "One row per locality and indicator, held against both comparators." + only
            after = sum(one.name in ("Localities", "Decisions", "Targets") for one in sheets)
            sheets.insert(after, _sheet("Evidence", about, frame, words))
        elif layer.name in _LONG:
            frame = _frame(_of_set(layer.table, chosen))
            sheets.append(_sheet(layer.name, layer.description + only, frame, words))
        else:
            sheets.append(_sheet(layer.name, layer.description, _frame(layer.table), {**words, **layer.words}))
    notes = [
        (one.name, one.titles[name], one.meanings[name], FIELDS[name].unit if name in FIELDS else "", name)
        for one in sheets
        for name in one.titles
    ]
    named = ["Sheet", "Column", "Meaning", "Unit", "Name in the tables"]
    sources = next(layer.table for layer in layers if layer.name == "Sources")
    licences = [(one.what, one.licence, one.notice, one.address) for one in of_data(sources)]
    sheets += [
        _plain_sheet("Notes", "What every column means.", named, notes),
        _plain_sheet(
            "Licences", "What the figures may be used for, and on which condition.",
            ["What", "Licence", "Notice", "Address"], licences,
        ),
    ]  # fmt: skip
    return sheets


def _of_set(table: pa.Table, candidate_set: str) -> pa.Table:
    import pyarrow.compute as pc

    return table.filter(pc.equal(table["candidate_set"], candidate_set))


def _frame(table: pa.Table) -> pd.DataFrame:
    return table.select([name for name in table.column_names if name not in FOR_QGIS]).to_pandas()


def _plain_sheet(name: str, description: str, titles: Sequence[str], rows: Sequence[tuple[str, ...]]) -> _Sheet:
    import pandas as pd

    return _Sheet(name, description, pd.DataFrame(rows, columns=list(titles)), {one: one for one in titles}, {})


def _sheet(name: str, description: str, frame: pd.DataFrame, words: Mapping[str, Mapping[str, str]]) -> _Sheet:
    """Return the sheet: words for codes, yes and no, and titles with their unit."""
    titles: dict[str, str] = {}
    meanings, columns = {}, {}
    first = [column for column in _AT_SIGHT.get(name, ()) if column in frame.columns]
    for column in [*first, *(column for column in frame.columns if column not in first)]:
        base, against = _base_of(column)
        title, unit = title_of(base), FIELDS[base].unit if base in FIELDS else ""
        if unit and unit not in ("unit of the indicator", title.lower()) and unit.lower() not in title.lower():
            title += f" ({unit})"
        title, meanings[column] = title + against, describe(base) + against
        titles[column] = title if title not in titles.values() else f"{title} [{column}]"
        values = frame[column]
        coded = {**CODES_IN_WORDS, **words}.get(base)
        if coded is not None:
            values = values.map(lambda code, coded=coded: coded.get(code, code))
        elif base in FIELDS and FIELDS[base].dtype == "boolean":
            values = values.map({True: "yes", False: "no"})
        columns[column] = values
    import pandas as pd

    return _Sheet(name, description, pd.DataFrame(columns), titles, meanings)


def _base_of(column: str) -> tuple[str, str]:
    for comparator, words in (("scotland", "the rest of Scotland"), ("cpp", "elsewhere in this partnership")):
        base = column.removesuffix(f"_{comparator}")
        if base != column and base in OF_EACH_COMPARATOR:
            return base, f", against {words}"
    return column, ""


def _lay_on_paper(sheet: Any) -> None:
    """Print as wide as a page, A4 across, with the headings on every page: columns of one row stay together."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _height(text: str, width: int) -> float:
    """Return a height that holds a text in a column so wide: LibreOffice finds too little by itself."""
    return 15.0 * max(1, -(-len(text) // width))


def _write_cover(sheet: Any, missed: Sequence[str], about: About, formats: Mapping[str, Any]) -> None:
    sheet.set_column(0, 0, 110)
    _lay_on_paper(sheet)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, about.title, formats["title"])
    lines = [about.abstract, "", *_HOW_TO_READ, "", *missed, "", "Sources and licences"]
    lines += [*about.attributions, *(f"Licence: {one}" for one in about.licences)]
    for number, line in enumerate(lines, start=2):
        sheet.write_string(number, 0, line, formats["text"])
        sheet.set_row(number, _height(line, 110))


def missed_lines(layers: Sequence[Layer], candidate_set: str) -> list[str]:
    """Return what is said of a way of drawing: whether to start from it, and who in need lives outside its flags."""
    reach = next((one.table for one in layers if one.name == "Which boundaries serve best"), None)
    row = (
        next((one for one in reach.to_pylist() if one["candidate_set"] == candidate_set), None)
        if reach is not None
        else None
    )
    if row is None:
        return []
    indicators = next(one.table for one in layers if one.name == "Indicators").select(
        ["indicator_id", "indicator_title"]
    )
    titles = {one["indicator_id"]: one["indicator_title"] for one in indicators.to_pylist()}
    need = titles.get(row["people_in_need_indicator"], row["people_in_need_indicator"])
    return [
        f"{row['candidate_set_title']}. {row['reason'] or ''}".strip(),
        f"{row['need_missed']:,.0f} of {row['people_in_need']:,.0f} people in need ({need}) "
        f"live outside every place of that drawing {FLAGGED_AS[row['counted_against']]}."
        + (f" The largest numbers: {row['missed_where']}." if row["missed_where"] else ""),
    ]


def _write_contents(sheet: Any, sheets: Sequence[_Sheet], formats: Mapping[str, Any]) -> None:
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, 90)
    sheet.set_column(2, 2, 10)
    for column, title in enumerate(("Sheet", "What one row is", "Rows")):
        sheet.write_string(0, column, title, formats["head"])
    sheet.freeze_panes(1, 0)
    _lay_on_paper(sheet)
    for number, one in enumerate(sheets, start=1):
        sheet.write_url(number, 0, f"internal:'{one.name}'!A1", formats["link"], one.name)
        sheet.write_string(number, 1, one.description, formats["text"])
        sheet.set_row(number, _height(one.description, 90))
        sheet.write_number(number, 2, len(one.frame), formats["text"])


def _write_sheet(book: Any, sheet: LinedSheet, content: _Sheet, head: Any) -> None:
    from localities.publishing.sheet_lines import lines_of

    frame = content.frame
    looks = []
    for place, column in enumerate(frame.columns):
        base = _base_of(column)[0]
        field = FIELDS.get(base)
        kind = field.dtype if field else "text"
        decimals = field.decimals if field else None
        pattern = {"integer": "#,##0", "date": "yyyy-mm-dd"}.get(kind)
        if kind == "number" and decimals is not None:
            pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        width = 60 if base in _WIDE else _WIDTHS.get(kind, 28)
        if content.name in _AT_SIGHT:
            is_folded = column not in _AT_SIGHT[content.name]
        else:
            is_folded = kind == "code" or base.endswith("_id")
        width = _AT_SIGHT.get(content.name, {}).get(column, width)
        # the first column names the row and stays
        sheet.set_column(place, place, width, None, {"level": 1, "hidden": True} if is_folded and place else {})
        look: dict[str, Any] = {"valign": "top"} | ({"num_format": pattern} if pattern else {})
        # what is folded away may not make rows high
        if width >= _WRAPPED and (not is_folded or not place):
            look["text_wrap"] = True
        looks.append(book.add_format(look))
    sheet.set_row(0, 75)
    sheet.freeze_panes(1, 1)
    _lay_on_paper(sheet)
    if len(frame.columns):
        sheet.autofilter(0, 0, max(len(frame), 1), len(frame.columns) - 1)
    for place, column in enumerate(frame.columns):
        sheet.write_string(0, place, content.titles[column], head)
    lines = lines_of([frame[column].tolist() for column in frame.columns], looks)
    sheet.add_lines(lines, len(lines) + 1, max(len(frame.columns), 1))
