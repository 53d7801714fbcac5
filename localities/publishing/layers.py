"""What each layer of a GeoPackage holds: the tables of the store, cut to one partnership and put in a planner's order.

Tables of one partnership and of all of Scotland are prepared alike. Frames are Arrow tables, and geometries stay WKB
from the store to the file. How a layer looks is in `styles`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from indicators.schema.fields import FIELDS
from indicators.schema.publication import in_order
from indicators.schema.vocabulary import COMPARATORS, OPEN_VERDICT
from localities.place_standard.beside import texts_of as said_texts
from localities.place_standard.beside import themes_low
from localities.publishing.chart import charts_of
from localities.publishing.headline import HeadlineFindings
from localities.publishing.of_groups import (
    CONTEXT,
    GROUPS,
    PLACES,
    READ_OF_GROUPS,
    context_of,
    outcomes_of_groups,
    places_of_groups,
)
from localities.publishing.why import evidence_of, why_of
from localities.wording.codes import set_title, setting_meaning, setting_text

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from localities.decisions.beside import Decided

READ = (
    "zones", "candidate_localities", "membership", "indicators", "sources", "verdicts", "estimates", "findings",
)  # fmt: skip
"""Tables that a GeoPackage is made of; of the last two only the headline periods."""

FOR_QGIS = ("geometry", "chart")
"""Columns that only a map or a form of QGIS can show."""

READ_IF_THERE = ("hot_spots", "reach", "need_outside", "vintages", "redrawn", "council_context", *READ_OF_GROUPS)
"""Tables that a GeoPackage shows where they have been computed."""


NO_HOT_SPOT = "No clear hot spot here."

CURRENT = " (current plan areas)"
"""How the name of a layer ends whose areas have a locality plan now."""


@dataclass(frozen=True)
class Layer:
    """One layer of a GeoPackage.

    Parameters
    ----------
    name
        In plain words; the table's name in the file.
    description
        What one row is.
    table
        Arrow table, with a WKB column ``geometry`` (multipolygons, EPSG:27700) where the layer is spatial.
    style
        Name of the layer's look in `styles`, or empty.
    words
        Words for the codes of columns whose codes depend on the run, such as candidate sets: by column and code.
    """

    name: str
    description: str
    table: pa.Table
    style: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def years(self) -> str:
        """Return the first and last year of the evidence of localities, in words; empty where there is none."""
        ends = [one for name in ("evidence_from", "evidence_to") for one in self.table[name].to_pylist() if one]
        return f"Evidence of {min(ends).year} to {max(ends).year}." if ends else ""

    @property
    def is_spatial(self) -> bool:
        """Whether the layer has a geometry."""
        return "geometry" in self.table.column_names

    @property
    def is_bare(self) -> bool:
        """Whether hot spots were looked for here and none was clear."""
        return self.style == "hot_spot" and not self.table.num_rows


@dataclass(frozen=True)
class _Sliced:
    """A layer for all of Scotland, its rows in order of partnership; `cut` makes the table of a run of rows."""

    name: str
    description: str
    codes: np.ndarray
    cut: Callable[[np.ndarray], pa.Table]
    style: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, cpp_code: str) -> Layer:
        start, stop = np.searchsorted(self.codes, cpp_code, "left"), np.searchsorted(self.codes, cpp_code, "right")
        # copied, so that bytes hashed or written never depend on the rows of another partnership
        return Layer(self.name, self.description, _plain(self.cut(np.arange(start, stop))), self.style, self.words)


@dataclass(frozen=True)
class Country:
    """Every layer of every partnership, ready to be cut."""

    names: Mapping[str, str]
    sliced: tuple[_Sliced, ...]
    shared: tuple[Layer, ...]
    is_fictional: bool

    def of(self, cpp_code: str) -> list[Layer]:
        """Return the layers of one partnership, localities first; a set without a place there has no layer.

        Hot spots are looked for everywhere: their layer is there without any too, and says so.
        """
        own = [one.of(cpp_code) for one in self.sliced]
        own = [replace(one, description=f"{NO_HOT_SPOT} {one.description}") if one.is_bare else one for one in own]
        shown = [one for one in own if one.table.num_rows or one.is_bare or not one.is_spatial]
        return shown + list(self.shared)


def locality_layer_name(candidate_set: str, own_title: str = "") -> str:
    """Return the name of a candidate set's layer.

    Parameters
    ----------
    candidate_set
        Its id.
    own_title
        Title of a partnership's own boundaries.

    Examples
    --------
    >>> locality_layer_name("a_set_of_tomorrow"), locality_layer_name("own_plan_areas", "Plan areas")
    ('Localities – A set of tomorrow', 'Localities – Plan areas (own)')
    >>> locality_layer_name("own_seven", "Seven areas (areas of current locality plans)")
    'Localities – Seven areas (current plan areas)'
    """
    from localities.boundaries.own_ids import OF_CURRENT_PLANS

    if own_title.endswith(OF_CURRENT_PLANS):
        return f"Localities – {own_title.removesuffix(OF_CURRENT_PLANS)}{CURRENT}"
    if own_title:
        return f"Localities – {own_title} (own)"
    return f"Localities – {_set_in_words(candidate_set)}"


def _set_in_words(candidate_set: str, own_title: str = "") -> str:
    return own_title or _declared(candidate_set, "TITLE") or _capital(set_title(candidate_set))


def _declared(candidate_set: str, what: str) -> str:
    from importlib import import_module

    try:
        module = import_module(f"localities.candidate_sets.{candidate_set}")
    except ModuleNotFoundError:
        return ""
    return str(getattr(module, what, ""))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def prepare(
    tables: Mapping[str, pa.Table],
    *,
    settings: Mapping[str, object],
    about: Mapping[str, str],
    candidate_sets: Sequence[str],
    is_fictional: bool = False,
    unassessed: tuple[int, int] | None = None,
    decided: Decided | None = None,
    answers: pd.DataFrame | None = None,
) -> Country:
    """Return every layer of all of Scotland, ready to be cut by partnership.

    Parameters
    ----------
    tables
        The tables of `READ` by name, and of `READ_IF_THERE`, as Arrow tables with WKB geometries.
    settings
        Thresholds in force, by name.
    about
        Further lines of the layer "Thresholds", such as the version of the code.
    candidate_sets
        Sets wanted, in this order.
    is_fictional
        Whether the data describe no real place: said in every description.
    unassessed
        How many localities of all of Scotland cannot be assessed on these zones, and how many there are, where the
        tables are of a partnership only.
    decided
        What partnerships decided.
    answers
        What residents said: rows of the table ``place_standard``.
    """
    sets = list(candidate_sets)
    localities = _localities(tables, sets)
    joined = HeadlineFindings(tables, localities)
    strongest = joined.strongest()
    localities["why"] = why_of(localities, strongest)
    evidence = evidence_of(strongest, localities["cpp_name"].tolist())
    localities["evidence"] = [evidence.get(number) for number in range(len(localities))]
    charts = charts_of(strongest, localities["cpp_name"].tolist())
    _add_decisions(localities, decided)
    texts = {} if answers is None else said_texts(answers)
    localities["said_text"] = [texts.get(one) for one in localities["locality_id"]]
    localities["chart"] = [charts.get(number) for number in range(len(localities))]

    note = plain_note = " Fictional sample: describes no real place." if is_fictional else ""
    is_open = localities["reason"].astype("str").str.startswith(OPEN_VERDICT)
    count, every = unassessed or (int(is_open.sum()), len(localities))
    if count:
        note = (
            f" On these zones {count:,} of Scotland's {every:,} localities cannot be assessed: "
            f"figures of other zones (another census's, or larger ones) are modelled there.{note}"
        )
    shapes = tables["candidate_localities"]["geometry"]
    own = _own_titles(tables["sources"])
    in_words = {"candidate_set": {one: _set_in_words(one, own.get(one, "")) for one in sets}}
    titles = (tables["indicators"][name].to_pylist() for name in ("indicator_id", "indicator_title"))
    need = {"people_in_need_indicator": dict(zip(*titles, strict=True))}
    sliced = [_locality_layer(localities, shapes, one, note, own.get(one, ""), need) for one in sets]
    sliced += _decision_layers(decided, note, in_words)
    sliced += _said_layers(answers, localities, shapes, note, in_words)
    if "hot_spots" in tables:
        sliced.append(_hot_spot_layer(tables["hot_spots"], plain_note))
    sliced.append(_zone_layer(tables, localities, plain_note))
    if "need_outside" in tables:
        sliced.append(_need_layer(tables, note, in_words))
    sliced.append(
        _Sliced(
            "Findings",
            "One row per locality, indicator and comparator, for the latest period of each indicator." + note,
            localities["cpp_code"].to_numpy(dtype=str)[joined.locality],
            joined.table,
            "findings",
            in_words,
        )
    )
    sliced.append(_member_layer(tables, localities, plain_note, in_words))
    if "reach" in tables:
        sliced.append(_reach_layer(tables["reach"], sets, note, {**in_words, **need}))
    if set(READ_OF_GROUPS) <= set(tables):
        sliced += [
            _group_layer(GROUPS, outcomes_of_groups(tables), note),
            _group_layer(PLACES, places_of_groups(tables), note),
        ]
    if "council_context" in tables and tables["council_context"].num_rows:
        codes = sorted(set(tables["zones"]["cpp_code"].to_pylist()))
        sliced.append(_group_layer(CONTEXT, context_of(tables, codes), plain_note))
    if "vintages" in tables and tables["vintages"].num_rows:
        sliced.append(_vintage_layer(tables["vintages"], tables.get("redrawn"), localities, shapes, note, in_words))
    return Country(
        names=dict(zip(*(tables["zones"][name].to_pylist() for name in ("cpp_code", "cpp_name")), strict=True)),
        sliced=tuple(sliced),
        shared=(
            Layer(
                "Indicators",
                "What is measured: one row per indicator." + plain_note,
                _without_direction(_ordered("indicators", tables["indicators"])),
                "indicators",
            ),
            Layer(
                "Sources",
                "Where the data came from: one row per file." + plain_note,
                _plain(_ordered("sources", tables["sources"])),
            ),
            Layer(
                "Thresholds",
                "Every setting that the results depend on." + plain_note,
                _plain(_threshold_table(settings, about)),
                "thresholds",
            ),
        ),
        is_fictional=is_fictional,
    )


def _localities(tables: Mapping[str, pa.Table], sets: Sequence[str]) -> pd.DataFrame:
    """Localities of the wanted sets with their verdicts, in order of partnership, set and rank."""
    import pandas as pd

    drawn = tables["candidate_localities"].drop_columns("geometry").to_pandas()
    drawn["geometry_row"] = np.arange(len(drawn))
    repeated = [name for name in tables["verdicts"].column_names if name in drawn.columns and name != "locality_id"]
    verdicts = tables["verdicts"].drop_columns(repeated).to_pandas()
    frame = drawn[drawn["candidate_set"].isin(sets)].merge(verdicts, on="locality_id", how="left", sort=False)
    order = pd.Series(range(len(sets)), index=list(sets))
    frame["set_order"] = frame["candidate_set"].map(order)
    return frame.sort_values(["cpp_code", "set_order", "priority_rank", "locality_id"], ignore_index=True)


def _as_multi(wkb: bytes) -> bytes:
    """Return a polygon in WKB as a multipolygon of one, so that every feature has the layer's declared type."""
    order = "little" if wkb[0] == 1 else "big"
    if int.from_bytes(wkb[1:5], order) != 3:  # type: ignore[arg-type]
        return wkb
    return wkb[:1] + (6).to_bytes(4, order) + (1).to_bytes(4, order) + wkb  # type: ignore[arg-type]


def _with_shapes(table: pa.Table, shapes: pa.ChunkedArray, order: np.ndarray) -> Callable[[np.ndarray], pa.Table]:
    """Return a function that takes rows of a table with their geometry; all of it at once would be large.

    `order` says where the geometry of each row is among the shapes.
    """
    import pyarrow as pa

    def cut(rows: np.ndarray) -> pa.Table:
        multi = pa.array([_as_multi(wkb) for wkb in shapes.take(order[rows]).to_pylist()], pa.binary())
        return table.take(rows).append_column("geometry", multi)

    return cut


def _own_titles(sources: pa.Table) -> dict[str, str]:
    """Return the titles of a partnership's own boundaries, which are sources, by candidate set."""
    from localities.boundaries.own_ids import SOURCE_PREFIX, set_of

    titles = zip(sources["source_id"].to_pylist(), sources["title"].to_pylist(), strict=True)
    return {set_of(one): title for one, title in titles if one.startswith(SOURCE_PREFIX)}


def _without_direction(indicators: pa.Table) -> pa.Table:
    """Return the indicators with no direction of "poorer" where they describe who lives there."""
    import pyarrow.compute as pc

    is_population = pc.equal(indicators["role"], "population")
    directions = pc.if_else(is_population, "neither", indicators["poorer_is"])
    return indicators.set_column(indicators.column_names.index("poorer_is"), "poorer_is", directions)


def _locality_layer(
    localities: pd.DataFrame,
    shapes: pa.ChunkedArray,
    candidate_set: str,
    note: str,
    own_title: str,
    in_words: Mapping[str, Mapping[str, str]],
) -> _Sliced:
    import pyarrow as pa

    frame = localities[localities["candidate_set"] == candidate_set]
    columns = in_order("localities", sorted(set(frame.columns) - {"geometry_row", "set_order"}))
    table = pa.Table.from_pandas(frame[columns], preserve_index=False).replace_schema_metadata(None)
    cut = _with_shapes(table, shapes, frame["geometry_row"].to_numpy())
    about_the_set = f"Own boundaries: {own_title}." if own_title else _declared(candidate_set, "DESCRIPTION")
    description = " ".join(
        part for part in ("One row per candidate locality, with its verdict.", about_the_set) if part
    )
    codes = frame["cpp_code"].to_numpy(dtype=str)
    words = {**in_words, "candidate_set": {candidate_set: _set_in_words(candidate_set, own_title)}}
    return _Sliced(locality_layer_name(candidate_set, own_title), description + note, codes, cut, "verdict", words)


def _zone_layer(tables: Mapping[str, pa.Table], localities: pd.DataFrame, note: str) -> _Sliced:
    """Zones, with the number of sets that flag the locality holding most of the zone's residents, by each answer."""
    import pandas as pd
    import pyarrow as pa

    zones, order = _zones_in_order(tables)
    members = tables["membership"].select(["locality_id", "candidate_set", "zone_code", "weight"]).to_pandas()
    members = members[members["weight"] > 0.5]
    codes = pd.Series(zones["zone_code"].to_pylist())
    table = zones
    for comparator in COMPARATORS:
        strong = localities.loc[localities[f"verdict_{comparator}"] == "strong_evidence", "locality_id"]
        flagged_in = members[members["locality_id"].isin(strong)].groupby("zone_code")["candidate_set"].nunique()
        counts = codes.map(flagged_in).fillna(0).astype("int64")
        table = table.append_column(f"sets_flagged_{comparator}", pa.array(counts.to_numpy()))
    return _Sliced(
        "Data zones",
        "One row per data zone, with the number of candidate sets in which its locality is flagged, by each answer."
        + note,
        np.array(zones["cpp_code"].to_pylist(), dtype=str),
        _with_shapes(_ordered("zones", table), tables["zones"]["geometry"], order),
        "flagged",
    )


def _zones_in_order(tables: Mapping[str, pa.Table]) -> tuple[pa.Table, np.ndarray]:
    """Return the zones in order of partnership and code, without shapes, and the row of each in the table."""
    import pyarrow.compute as pc

    by_partnership = [("cpp_code", "ascending"), ("zone_code", "ascending")]
    order = pc.sort_indices(tables["zones"].select(["cpp_code", "zone_code"]), sort_keys=by_partnership).to_numpy()
    return tables["zones"].drop_columns(["geometry", "cpp_slug"]).take(order), order


def _need_layer(tables: Mapping[str, pa.Table], note: str, in_words: Mapping[str, Mapping[str, str]]) -> _Sliced:
    """Zones by the people in need there who live outside every flagged place of the proposed drawing."""
    import pyarrow as pa

    zones, order = _zones_in_order(tables)
    about = ["zone_code", "zone_name", "population", "intermediate_zone_name", "urban_rural_8_name"]
    of_zone = zones.select([name for name in about if name in zones.column_names]).to_pandas()
    need = tables["need_outside"].to_pandas()
    frame = of_zone.merge(need.astype({"zone_code": "str"}), on="zone_code", how="left")
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    return _Sliced(
        "Need outside flagged places",
        "One row per data zone: people in need, and those of them who live outside every flagged place of the proposed "
        "drawing, by each answer. Need in rural areas is scattered, and areas miss it: no "
        "evidence does not mean no need. What the publisher hides stays hidden." + note,
        np.array(zones["cpp_code"].to_pylist(), dtype=str),
        _with_shapes(_ordered("need_outside", table), tables["zones"]["geometry"], order),
        "need_outside",
        in_words,
    )


def _add_decisions(localities: pd.DataFrame, decided: Decided | None) -> None:
    """Add what was decided on each locality, as a code and in words."""
    from localities.decisions.wording import texts_of

    standing, texts = {}, {}
    if decided is not None:
        rows = decided.decisions[decided.decisions["is_in_force"]]
        standing, texts = dict(zip(rows["locality_id"], rows["decision"], strict=True)), texts_of(decided)
    localities["decision"] = [standing.get(one, "none") for one in localities["locality_id"]]
    localities["decision_text"] = [texts.get(one) for one in localities["locality_id"]]


def _decision_layers(decided: Decided | None, note: str, in_words: Mapping[str, Mapping[str, str]]) -> list[_Sliced]:
    """Return the partnership's decisions and targets, also those on places that are no longer drawn."""
    import pyarrow as pa

    found = []
    named = (
        ("Decisions", "decisions", "One row per decision of the partnership on a place: by which role, when and why."),
        (
            "Targets",
            "decision_targets",
            "One row per target of the partnership, beside the latest figure of the place.",
        ),
    )
    for (name, key, about), frame in zip(named, decided or (), strict=False):
        if len(frame):
            rows = frame.sort_values("cpp_code", kind="stable", ignore_index=True)
            table = pa.Table.from_pandas(rows[in_order(key, rows.columns)], preserve_index=False)
            plain = table.replace_schema_metadata(None)
            found.append(_Sliced(name, about + note, rows["cpp_code"].to_numpy(dtype=str), plain.take, key, in_words))
    return found


def _said_layers(
    answers: pd.DataFrame | None,
    localities: pd.DataFrame,
    shapes: pa.ChunkedArray,
    note: str,
    in_words: Mapping[str, Mapping[str, str]],
) -> list[_Sliced]:
    """Return what residents said: the places that answered, as a map, and every score."""
    import pyarrow as pa

    if answers is None or answers.empty:
        return []
    low = themes_low(answers)
    names = ["locality_id", "locality_name", "candidate_set", "cpp_name", "cpp_code", "said_text", "geometry_row"]
    places = localities.loc[localities["locality_id"].isin(low), names].reset_index(drop=True)
    places["themes_low"] = places["locality_id"].map(low)
    plain = [
        pa.Table.from_pandas(frame[in_order(key, columns)], preserve_index=False).replace_schema_metadata(None)
        for key, frame, columns in (
            ("said", places, [one for one in places.columns if one != "geometry_row"]),
            ("place_standard", answers, answers.columns),
        )
    ]
    about = (
        " Answers of those who took part, from 1 (much to improve) to 7: no sample, never tested, and no part of a"
        " verdict. Few answers are withheld."
    )
    return [
        _Sliced(
            "What residents said",
            f"One row per place whose residents answered with the Place Standard tool.{about}{note}",
            places["cpp_code"].to_numpy(dtype=str),
            _with_shapes(plain[0], shapes, places["geometry_row"].to_numpy()),
            "said",
            in_words,
        ),
        _Sliced(
            "Place Standard",
            f"One row per place, theme and group of residents.{about}{note}",
            answers["cpp_code"].to_numpy(dtype=str),
            plain[1].take,
            "place_standard",
            in_words,
        ),
    ]


def _hot_spot_layer(found: pa.Table, note: str) -> _Sliced:
    import pyarrow.compute as pc

    order = pc.sort_indices(found, sort_keys=[("cpp_code", "ascending"), ("rank", "ascending")]).to_numpy()
    table = found.drop_columns("geometry").take(order)
    table = _ordered("hot_spots", table)
    return _Sliced(
        "Hot spots",
        "One row per hot spot: where poorer outcomes gather, found by a spatial scan; no division of the area."
        " Its two answers, beyond chance and beyond this area's own inequality, are its only inference." + note,
        np.array(table["cpp_code"].to_pylist(), dtype=str),
        _with_shapes(table, found["geometry"], order),
        "hot_spot",
    )


def _vintage_layer(
    table: pa.Table,
    redrawn: pa.Table | None,
    localities: pd.DataFrame,
    shapes: pa.ChunkedArray,
    note: str,
    in_words: Mapping[str, Mapping[str, str]],
) -> _Sliced:
    """Localities in which something or somebody changes on the zones of the other census, redrawn there.

    Without a run on those zones they are shown as they are drawn here, and no verdicts stand beside them.
    """
    import pyarrow as pa

    frame = table.to_pandas().drop(columns=["candidate_set", "locality_name", "cpp_code"])
    names = ["locality_id", "locality_name", "candidate_set", "cpp_name", "cpp_code", "verdict", "geometry_row"]
    frame = localities[names].merge(frame, on="locality_id")
    has_other = redrawn is not None and redrawn.num_rows > 0
    other = str(frame["to_vintage"].iloc[0]) if len(frame) else ""
    if redrawn is not None and has_other:
        there = redrawn.select(["locality_id", "redrawn_verdict", "moved_by"]).to_pandas()
        there["shape"] = np.arange(len(there)) + len(shapes)
        frame = frame.merge(there, on="locality_id", how="left")
        frame["geometry_row"] = frame.pop("shape").fillna(frame["geometry_row"]).astype("int64")
        shapes = pa.chunked_array([*shapes.chunks, *redrawn["geometry"].cast(shapes.type).chunks])
        frame["redrawn_verdict"] = frame["redrawn_verdict"].fillna(frame["verdict"].where(frame["redrawn_zones"] > 0))
        shown = f"Shapes are those of the zones of {other}, and verdicts there come of the figures there."
    else:
        frame = frame.assign(redrawn_verdict=None, moved_by=None)
        shown = (
            f"Shapes are as drawn here; those on zones of {other}, and verdicts there, are wanting because nothing has "
            f"been computed on them in this folder: `localities run --zones {other}`, then run again."
        )
    people = ["people", "people_in_changed_zones", "people_kept", "people_lost", "people_gained"]
    frame[people] = frame[people].round()
    moves = (frame[["changed_zones", "unassigned_zones", "people_lost", "people_gained"]] > 0).any(axis=1)
    frame = frame[moves | frame["moved_by"].notna()].reset_index(drop=True)
    shown_columns = [one for one in in_order("vintages") if has_other or one not in ("redrawn_verdict", "moved_by")]
    columns = pa.Table.from_pandas(frame[shown_columns], preserve_index=False).replace_schema_metadata(None)
    return _Sliced(
        "Localities on other zones",
        "One row per locality that changes on the zones of the other census: redrawn there by where people live, with "
        f"people kept, lost and gained. Residents are those of the 2022 census. {shown}{note}",
        frame["cpp_code"].to_numpy(dtype=str),
        _with_shapes(columns, shapes, frame["geometry_row"].to_numpy()),
        "redrawn" if has_other else "",
        in_words,
    )


def _member_layer(
    tables: Mapping[str, pa.Table],
    localities: pd.DataFrame,
    note: str,
    in_words: Mapping[str, Mapping[str, str]],
) -> _Sliced:
    import pyarrow as pa

    zones = tables["zones"].select(["zone_code", "zone_name", "population"]).to_pandas().set_index("zone_code")
    members = tables["membership"].select(["locality_id", "zone_code", "weight"]).to_pandas()
    known = localities[["locality_id", "locality_name", "candidate_set", "cpp_code"]].assign(
        order=np.arange(len(localities))
    )
    frame = members.merge(known, on="locality_id").sort_values(["order", "zone_code"], ignore_index=True)
    frame["zone_name"] = frame["zone_code"].map(zones["zone_name"])
    frame["residents"] = frame["zone_code"].map(zones["population"]) * frame["weight"]
    table = pa.Table.from_pandas(frame[in_order("members")], preserve_index=False).replace_schema_metadata(None)
    codes = frame["cpp_code"].to_numpy(dtype=str)
    description = "One row per locality and data zone." + note
    return _Sliced("Zones of localities", description, codes, table.take, "members", in_words)


def _group_layer(named: tuple[str, str], frame: pd.DataFrame, note: str) -> _Sliced:
    import pyarrow as pa

    frame = frame.sort_values("area_code", kind="stable")
    codes = frame.pop("area_code").to_numpy(dtype=str)
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    return _Sliced(named[0], named[1] + note, codes, table.take)


def _reach_layer(table: pa.Table, sets: Sequence[str], note: str, in_words: Mapping[str, Mapping[str, str]]) -> _Sliced:
    """Ways of drawing, the recommended one first and then by what they gain."""
    import pyarrow as pa

    frame = table.to_pandas()
    frame = frame[frame["candidate_set"].isin(sets)].sort_values(
        ["cpp_code", "is_recommended", "lift", "candidate_set"], ascending=[True, False, False, True]
    )
    frame["candidate_set_title"] = frame["candidate_set"].map(in_words["candidate_set"])
    return _Sliced(
        "Which boundaries serve best",
        "One row per way of drawing localities: what its flagged localities reach of the people in need, what they "
        "miss, and which to start from." + note,
        frame["cpp_code"].to_numpy(dtype=str),
        pa.Table.from_pandas(frame[in_order("reach", frame.columns)], preserve_index=False)
        .replace_schema_metadata(None)
        .take,
        words=in_words,
    )


def _threshold_table(settings: Mapping[str, object], about: Mapping[str, str]) -> pa.Table:
    import pyarrow as pa

    lines = {**{name: setting_text(settings[name]) for name in sorted(settings)}, **about}
    meanings = [setting_meaning(name) or None for name in lines]
    columns = {"setting": list(lines), "setting_value": list(lines.values()), "setting_meaning": meanings}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _ordered(layer: str, table: pa.Table) -> pa.Table:
    return _plain(table.select(in_order(layer, table.column_names)))


def _plain(table: pa.Table) -> pa.Table:
    """Return the table with text as plain text, also where it is coded or large, and in words where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for number, column in enumerate(table.schema):
        kind = column.type
        if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
            table = table.set_column(number, column.name, table[column.name].cast(pa.string()))
        elif pa.types.is_null(kind):
            # nothing is there in this partnership, in a column that has a kind all the same
            declared = FIELDS[column.name].dtype if column.name in FIELDS else "text"
            plain = {"number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}.get(declared, pa.string())
            table = table.set_column(number, column.name, table[column.name].cast(plain))
        words = FIELDS[column.name].when_none if column.name in FIELDS else ""
        if words and pa.types.is_string(table[column.name].type) and table[column.name].null_count:
            table = table.set_column(number, column.name, pc.fill_null(table[column.name], words))
    return table.combine_chunks()
