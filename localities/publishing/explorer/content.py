"""What a page holds: places, zones, findings and series of a partnership as columns of short figures.

Everything comes from the layers that the GeoPackage and the workbook have. Figures have four significant digits, one
more than any is shown with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from indicators.schema.fields import FIELDS
from indicators.schema.vocabulary import ANSWERS, SIGNIFICANCES, VERDICTS
from localities.publishing.explorer.topology import topology_of
from localities.publishing.explorer.whole_area import whole_area
from localities.publishing.licences import of_data, of_files
from localities.publishing.side_by_side import side_by_side
from localities.publishing.styles import ANSWER_COLOURS
from localities.publishing.workbook import missed_lines, recommended_set
from localities.wording.codes import CODES_IN_WORDS
from localities.wording.periods import period_in_words

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from localities.publishing.layers import Layer
    from localities.publishing.metadata import About

_PLACE = (
    "locality_id", "locality_name", "alternative_names", "answer", "verdict_scotland", "verdict_cpp", "population",
    "people_in_need", "priority_rank", "poorer_votes_scotland", "slightly_votes_scotland", "better_votes_scotland",
    "poorer_votes_cpp", "slightly_votes_cpp", "better_votes_cpp", "hangs_on", "would_flag", "verdict_access",
    "verdict_same_kind", "holds_up_to", "stability", "cpp_name",
)  # fmt: skip
_INDICATOR = ("indicator_id", "indicator_title", "domain", "definition", "unit", "poorer_is", "role")
_COMPARATORS = ("scotland", "cpp")


def page_content(layers: Sequence[Layer], about: About) -> dict[str, Any]:
    """Return everything that a page shows, as JSON can hold it.

    Parameters
    ----------
    layers
        What the partnership shows, from `localities.publishing.layers.Country`; with those for pages.
    about
        What the page says of itself.
    """
    tables = {layer.name: layer.table for layer in layers}
    drawn = [layer for layer in layers if layer.style == "verdict"]
    chosen = recommended_set(layers)
    reach = tables.get("Which boundaries serve best")
    recommended = {row["candidate_set"] for row in reach.to_pylist() if row["is_recommended"]} if reach else set()
    drawn.sort(key=lambda one: str(one.table["candidate_set"][0]) != chosen)
    zones = tables["Data zones"]
    position = {code: number for number, code in enumerate(zones["zone_code"].to_pylist())}
    places: dict[str, list[Any]] = {
        name: [] for name in (*_PLACE, "why", "decision_text", "said_text", "evidence", "years")
    }
    drawings, start = [], 0
    of_zone = _zones_of(tables["Zones of localities"], position)
    for layer in drawn:
        table = layer.table
        code = str(table["candidate_set"][0])
        for name in places:
            if name in table.column_names:
                # what a form says in place of nothing is left out here
                nothing = FIELDS[name].when_none if name in FIELDS else ""
                values_of = table[name].to_pylist()
                places[name] += _plain([None if nothing and one == nothing else one for one in values_of])
        places["years"] += _years(table)
        ids = {one: start + number for number, one in enumerate(table["locality_id"].to_pylist())}
        holder = [-1] * len(position)
        for locality, zone in of_zone.get(code, ()):
            holder[zone] = ids.get(locality, -1)
        drawings.append(
            {
                "id": code,
                "title": layer.words.get("candidate_set", {}).get(code, code),
                "about": layer.description.removeprefix("One row per candidate locality, with its verdict.").strip(),
                "start": start,
                "stop": start + table.num_rows,
                "zones": holder,
                "recommended": code in recommended,
                "missed": missed_lines(layers, code),
            }
        )
        start += table.num_rows
    indicators, matrix = _findings(tables["Findings"], tables["Indicators"], places["locality_id"])
    return {
        "title": about.title,
        "abstract": about.abstract,
        "fictional": about.is_fictional,
        "national": False,
        "attributions": list(about.attributions),
        "licences": [vars(one) for one in (*of_data(tables["Sources"]), *of_files("explorer"))],
        "topology": topology_of(zones["geometry"].to_numpy(zero_copy_only=False)),
        "zones": {
            "code": zones["zone_code"].to_pylist(),
            "name": zones["zone_name"].to_pylist(),
            "population": zones["population"].to_pylist(),
        },
        "need": _need(tables.get("Need outside flagged places"), layers, position),
        "drawings": drawings,
        "places": places,
        "indicators": indicators,
        "findings": matrix,
        "series": _series(tables.get("Series"), places["locality_id"], indicators),
        "peers": _peers(tables.get("Similar places"), places["locality_id"]),
        "whole": whole_area(tables),
        "words": {
            name: CODES_IN_WORDS[name]
            for name in ("answer", "verdict", "significance", "verdict_access", "poorer_is")
        },
        "order": {"answer": ANSWERS, "verdict": VERDICTS, "significance": SIGNIFICANCES},
        "colours": ANSWER_COLOURS,
    }  # fmt: skip


def _need(table: pa.Table | None, layers: Sequence[Layer], position: Mapping[str, int]) -> dict[str, Any] | None:
    """Return people in need outside flagged places by zone, for each answer; none where it was never computed."""
    if table is None or not table.num_rows:
        return None
    words = next((one.words.get("candidate_set", {}) for one in layers if one.table is table), {})
    against = next((one for one in table["candidate_set"].to_pylist() if one), "")
    found: dict[str, Any] = {"drawing": words.get(against, against)}
    for comparator in _COMPARATORS:
        column: list[Any] = [None] * len(position)
        for code, value in zip(
            table["zone_code"].to_pylist(), table[f"need_outside_{comparator}"].to_pylist(), strict=True
        ):
            column[position[code]] = short(value) if value is not None else None
        found[comparator] = column
    return found


def _plain(values: Sequence[Any]) -> list[Any]:
    return [None if value is None or value != value else short(value) for value in values]


def short(value: Any) -> Any:
    """Return a figure with four significant digits, whole where it is whole; text as it is.

    Examples
    --------
    >>> short(23.14159), short(1204.0), short(0.000123456), short(123456.7), short("a")
    (23.14, 1204, 0.0001235, 123457, 'a')
    """
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.4g}") if abs(value) < 1000 else round(value)
    return int(rounded) if rounded == int(rounded) else rounded


def shorts(values: np.ndarray) -> list[Any]:
    """Return many figures as `short` has each.

    A figure times a power of ten, rounded and divided by it again, is the number nearest to its four digits; where it
    lies between two of them to within what that product can be off, `short` decides by its decimals.

    Examples
    --------
    >>> shorts(np.array([23.14159, 1204.0, 0.000123456, 123456.7, np.nan, -0.5]))
    [23.14, 1204, 0.0001235, 123457, None, -0.5]
    """
    size = np.abs(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        digits = 3.0 - np.floor(np.log10(size))
        plain = (size < 1000) & (digits <= 22)
        scale = 10.0 ** np.where(plain, digits, 0.0)
        scaled = values * scale
        rounded = np.rint(scaled) / scale
        close = plain & (np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) < 1e-6)
    found = rounded.astype(object)
    whole = np.flatnonzero(np.isfinite(rounded) & (rounded == np.rint(rounded)))
    found[whole] = rounded[whole].astype(np.int64)
    # nought has no digits, and what is smaller than a power of ten can say has too many
    for at in np.flatnonzero(close | (size < 1000) & ~plain | ~np.isfinite(values)).tolist():
        found[at] = short(float(values[at]))
    return found.tolist()  # type: ignore[no-any-return]


def _years(table: pa.Table) -> list[str]:
    import pyarrow.compute as pc

    first, last = (
        pc.fill_null(pc.cast(pc.year(table[f"evidence_{end}"]), "string"), "").to_pylist() for end in ("from", "to")
    )
    return [f"{one} to {other}" if one else "" for one, other in zip(first, last, strict=True)]


def _zones_of(members: pa.Table, position: Mapping[str, int]) -> dict[str, list[tuple[str, int]]]:
    """Return localities with the zones most of whose residents they hold, which is how they are drawn, by set."""
    rows = members.select(["candidate_set", "locality_id", "zone_code", "weight"]).to_pandas()
    rows = rows[rows["weight"] > 0.5]
    found: dict[str, list[tuple[str, int]]] = {}
    for candidate_set, group in rows.groupby("candidate_set", sort=True):
        zones = group["zone_code"].map(position).astype(int)
        found[str(candidate_set)] = list(zip(group["locality_id"], zones, strict=True))
    return found


def _findings(
    findings: pa.Table, indicators: pa.Table, places: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the indicators that were held against a comparator, and figures of every place on each, place by place."""
    import pandas as pd

    frame = side_by_side(findings)
    there = set(frame["indicator_id"])
    known = [one for one in indicators.select(list(_INDICATOR)).to_pylist() if one["indicator_id"] in there]
    known.sort(key=lambda one: (one["role"] != "outcome", one["domain"], one["indicator_title"]))
    column = {one["indicator_id"]: number for number, one in enumerate(known)}
    row = {locality: number for number, locality in enumerate(places)}
    cell = frame["locality_id"].map(row).to_numpy(dtype=int) * len(known) + frame["indicator_id"].map(column).to_numpy()
    size = len(places) * len(known)

    def laid_out(name: str) -> list[Any]:
        if pd.api.types.is_float_dtype(frame[name]):
            figures = np.full(size, np.nan)
            figures[cell] = frame[name].to_numpy()
            return shorts(figures)
        cells: np.ndarray = np.full(size, None, dtype=object)
        cells[cell] = _plain(frame[name].tolist())
        return cells.tolist()  # type: ignore[no-any-return]

    grades: dict[str, Any] = {}
    for comparator in _COMPARATORS:
        codes = np.full(size, len(SIGNIFICANCES), dtype=int)
        codes[cell] = frame[f"significance_{comparator}"].map(SIGNIFICANCES.index, na_action="ignore").fillna(
            len(SIGNIFICANCES)
        )  # fmt: skip
        grades[f"grade_{comparator}"] = "".join(map(str, codes.tolist()))
    names = ["value", "lower_ci", "upper_ci", *(f"comparator_value_{one}" for one in _COMPARATORS)]
    names += [f"difference{limit}_{one}" for one in _COMPARATORS for limit in ("", "_lower_ci", "_upper_ci")]
    reasons = {f"reason_{one}": _coded(laid_out(f"reason_{one}")) for one in _COMPARATORS}
    periods = frame.drop_duplicates("indicator_id").set_index("indicator_id")[["period", "source_title"]]
    for one in known:
        one |= {
            "period": period_in_words(periods.loc[one["indicator_id"], "period"]),
            "source": periods.loc[one["indicator_id"], "source_title"],
        }
    return known, {**grades, **{name: laid_out(name) for name in names}, **reasons}


def _coded(values: Sequence[Any]) -> dict[str, Any]:
    """Return texts, each once, and which stands in each cell (-1 for none)."""
    texts = sorted({one for one in values if one})
    place = {text: number for number, text in enumerate(texts)}
    return {"texts": texts, "at": [place.get(one, -1) for one in values]}


def _series(table: pa.Table | None, places: Sequence[str], indicators: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return, by indicator, its periods and the values of every place over them, with what became of them."""
    if table is None or not table.num_rows:
        return []
    frame: pd.DataFrame = table.to_pandas()
    row = {locality: number for number, locality in enumerate(places)}
    column = {one["indicator_id"]: number for number, one in enumerate(indicators)}
    frame = frame[frame["indicator_id"].isin(column) & frame["locality_id"].isin(row)]
    found = []
    for indicator, group in frame.groupby("indicator_id", sort=True):
        periods = sorted(set(group["period"]))
        at = {period: number for number, period in enumerate(periods)}
        values: np.ndarray = np.full((len(places), len(periods)), None, dtype=object)
        values[group["locality_id"].map(row), group["period"].map(at)] = shorts(group["value"].to_numpy(dtype=float))
        known = group.drop_duplicates("locality_id")
        directions = dict(zip(known["locality_id"], known["trend_direction"], strict=True))
        found.append(
            {
                "indicator": column[str(indicator)],
                "periods": periods,
                "values": values.tolist(),
                "direction": [directions.get(one) or "" for one in places],
            }
        )
    return found


def _peers(table: pa.Table | None, places: Sequence[str]) -> dict[int, list[list[str]]]:
    """Return the names, partnerships and ids of the places most like each, nearest first, by place."""
    if table is None or not table.num_rows:
        return {}
    row = {locality: number for number, locality in enumerate(places)}
    found: dict[int, list[list[str]]] = {}
    for one in table.to_pylist():
        if one["locality_id"] in row:
            like = [one["peer_name"], one["peer_cpp_name"], one["peer_id"]]
            found.setdefault(row[one["locality_id"]], []).append(like)
    return found
