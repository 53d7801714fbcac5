"""The files of one partnership: what they show, read from the store for it alone, and those of them that are due.

Nothing here holds more than one partnership at a time, so that several processes write side by side, and one
partnership does not wait for the country.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localities.publishing.archive import write_archive
from localities.publishing.explorer.by_zone import ZoneFigures, hot_spots_of
from localities.publishing.further import NEEDED, OF_TRENDS, Further
from localities.publishing.geopackage import fingerprint_of, steady_gdal, write_geopackage
from localities.publishing.headline import USED
from localities.publishing.layers import READ, READ_IF_THERE, prepare
from pipelines.run.decisions import decided_in
from pipelines.run.laid_out import Selection, laid_out_rows, lay_out
from pipelines.run.place_standard import place_standard_in
from pipelines.run.shelf import Shelf, sha256_of
from pipelines.storage.reading import arrow_rows
from pipelines.storage.store import Store

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from localities.publishing.layers import Layer
    from localities.publishing.metadata import About
    from pipelines.folders import Home

OF_EDITION = 8
"""Letters of what a file was made of that tell one edition of it from another."""

# these change whenever a source is fetched anew: they are written, but alone they do not make a file due
_VOLATILE = ("address_used", "sha256", "retrieved_at", "rows", "note")

_WHOSE = ("cpp_code", "locality_id", "area_id", "zone_code", "area_code")
"""Columns that tell whose a row is, the first that a table has."""
_OWNED = {"area_id": "locality_id", "area_code": "cpp_code"}
"""What some of them hold the code of."""
_WHOLE = ("indicators", "sources", "redrawn", "group_indicators", "council_context")
"""Tables of which every partnership sees all rows: Scotland's and the other councils' are set beside its own."""
_LONG = ("estimates", "findings")
_SERIES = ("locality_id", "indicator_id", "period", "value", "lower_ci", "upper_ci")


@dataclass(frozen=True)
class Edition:
    """What the files of every partnership have in common; small, so that it can go to other processes.

    Parameters
    ----------
    store, shelf
        Where the tables are, and the folder of publications.
    kinds
        Kinds of files wanted.
    names
        File names by code of the partnership and kind.
    pages
        File names of every partnership's page by the partnership's name.
    general
        What every file says of itself; ``abstract`` is added to the end of each file's own.
    home
        Working folder, which holds what partnerships decided.
    made_with, made_of
        Hashes of code, environment and settings, and of all that the files of each partnership can be made of, by code.
    settings, code
        Thresholds with which the tables were made, and the lines on versions, as `prepare` takes them.
    sets
        Candidate sets shown, in order.
    covers
        Councils that an indicator is published for, by its id, where it is not for all of Scotland: the files of no
        other partnership have it.
    figures
        Figures of every zone, which pages show in fifths of Scotland; None where pages are not wanted.
    postcodes
        Postcodes and the middles of their addresses, from `localities.publishing.explorer.postcodes.read_points`; None
        where no file of a run places them.
    library
        The script that draws the maps of pages.
    is_for_national
        Whether the national page is being made too.
    laid_out
        Folder with the rows of every partnership (`pipelines.run.laid_out`); None where each is read from the store.
    """

    store: Store
    shelf: Shelf
    kinds: tuple[str, ...]
    names: Mapping[tuple[str, str], str]
    pages: Mapping[str, str]
    general: About
    made_with: str
    made_of: Mapping[str, str]
    settings: Mapping[str, object]
    code: Mapping[str, str]
    home: Home
    sets: tuple[str, ...]
    covers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    figures: ZoneFigures | None = None
    postcodes: tuple[np.ndarray, np.ndarray] | None = None
    library: str = ""
    is_for_national: bool = False
    laid_out: Path | None = None

    def about(self, cpp_name: str) -> About:
        """Return what the files of a partnership say of themselves; of all partnerships where it has no name."""
        whose = (
            f"the community planning partnership of {cpp_name}" if cpp_name else "every community planning partnership"
        )
        return replace(
            self.general,
            title=f"Localities and their outcomes: {cpp_name or 'all partnerships'}"
            f"{' (fictional)' if self.general.is_fictional else ''}",
            abstract=(
                f"Candidate localities of {whose}, the statistical evidence on"
                " whether their residents experience significantly poorer outcomes than the rest of its area and the"
                " rest of Scotland, and what it rests on. The decision remains the partnership's."
                f"{self.general.abstract}"
            ),
        )


@dataclass(frozen=True)
class Written:
    """What became of the files of one partnership.

    Parameters
    ----------
    made
        What each new file was made of, by kind, with its SHA-256.
    unchanged
        The same for those that need not be written again.
    part
        Its part of the national page, where that is being made.
    """

    made: Mapping[str, dict[str, str]]
    unchanged: Mapping[str, dict[str, str]]
    part: dict[str, Any] | None = None


class Writer:
    """Writes the files of partnerships, one at a time; what several of them need is read once."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition

    def write(self, cpp_code: str, kinds: Sequence[str]) -> Written:
        """Write those files of some kinds that are made of something else than before."""
        edition = self.edition
        about = edition.about(self._names[cpp_code])
        tables = self._tables_of(cpp_code)
        layers = self._layers(tables, cpp_code)
        content = fingerprint_of(layers, about, edition.made_with, volatile=_VOLATILE)
        about = replace(about, edition=content[:OF_EDITION])
        located = self._located(tables["zones"]) if "explorer" in edition.kinds else None
        more = self._more(tables, cpp_code, located) if "explorer" in edition.kinds else {}
        further = self._further(tables, cpp_code) if edition.kinds != ("geopackage",) else []
        wider = hash_of([content, more]) + (fingerprint_of(further, about) if further else "")
        made: dict[str, dict[str, str]] = {}
        unchanged: dict[str, dict[str, str]] = {}
        for kind in kinds:
            kept = {"content": content if kind == "geopackage" else wider, "made_from": edition.made_of[cpp_code]}
            is_held = edition.shelf.holds(edition.names[cpp_code, kind], "content", kept["content"])
            (unchanged if is_held else made)[kind] = kept
        del tables
        wide = [*layers, *further]
        page: dict[str, Any] = {}
        if "explorer" in made or edition.is_for_national:
            from localities.publishing.explorer.content import page_content

            page = page_content(wide, about)
        with steady_gdal():
            for kind, kept in made.items():
                path = edition.shelf.room / edition.names[cpp_code, kind]
                if kind == "explorer":
                    from localities.publishing.explorer.page import write_page

                    write_page(path, page | more, edition.library)
                else:
                    _writer_of(kind)(path, layers=layers if kind == "geopackage" else wide, about=about)
                kept["sha256"] = sha256_of(path)
        if not edition.is_for_national:
            return Written(made, unchanged)
        from localities.publishing.explorer.national import part_of

        return Written(made, unchanged, {**part_of(page), "located": located})

    def _more(
        self, tables: Mapping[str, pa.Table], cpp_code: str, located: tuple[np.ndarray, np.ndarray] | None
    ) -> dict[str, Any]:
        """Return what a page holds beside its layers: names of other pages, figures of zones, hot spots, postcodes."""
        found = {"pages": dict(self.edition.pages), **_postcodes_in(located)}
        if self.edition.figures is not None:
            here = (self._areas["cpp_code"].to_numpy() == cpp_code).astype(bool)
            shown = set(tables["indicators"]["indicator_id"].to_pylist())
            figures = self.edition.figures.of(here)
            found["zone_figures"] = {name: one for name, one in figures.items() if name in shown}
        if {"hot_spots", "hot_spot_zones"} <= set(tables):
            spots, members = tables["hot_spots"].drop_columns("geometry"), tables["hot_spot_zones"]
            position = {code: at for at, code in enumerate(sorted(tables["zones"]["zone_code"].to_pylist()))}
            found["hot_spots"] = hot_spots_of(spots.to_pandas(), members.to_pandas(), position)
        return found

    def _tables_of(self, cpp_code: str) -> dict[str, pa.Table]:
        """Return the rows of every table that the files of a partnership are made of."""
        store, folder = self.edition.store, self.edition.laid_out
        wanted: dict[str, list[object]] = {"cpp_code": [cpp_code]}
        found: dict[str, pa.Table] = {}
        for name, one in selections(store, self.edition.kinds).items():
            if one.by and folder is not None:
                found[name] = laid_out_rows(folder, name, cpp_code)
                continue
            where = dict(one.where or {})
            if one.by:
                where[one.by] = wanted[_OWNED.get(one.by, one.by)]
            found[name] = arrow_rows(store, name, columns=one.columns, where=where, coded=one.coded)
            if name == "zones":
                wanted["zone_code"] = found[name]["zone_code"].to_pylist()
            if name == "candidate_localities":
                wanted["locality_id"] = found[name]["locality_id"].to_pylist()
        found = {name: table.replace_schema_metadata(None) for name, table in found.items()}
        others = frozenset(one for one, councils in self.edition.covers.items() if cpp_code not in councils)
        return _without_others(found, others)

    def _layers(self, tables: Mapping[str, pa.Table], cpp_code: str) -> list[Layer]:
        shown = {name: tables[name] for name in (*READ, *READ_IF_THERE) if name in tables}
        shown["estimates"] = tables["estimates"].filter(tables["estimates"]["is_headline_period"])
        edition = self.edition
        country = prepare(
            shown,
            settings=edition.settings,
            about=edition.code,
            candidate_sets=edition.sets,
            is_fictional=edition.general.is_fictional,
            unassessed=self._unassessed,
            decided=decided_in(edition.home, edition.store, cpp_codes=[cpp_code]),
            answers=place_standard_in(edition.home, edition.store, cpp_codes=[cpp_code]),
        )
        return country.of(cpp_code)

    def _further(self, tables: Mapping[str, pa.Table], cpp_code: str) -> list[Layer]:
        """Return the further layers of a partnership; none where their tables were never computed."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if "trends" not in tables:
            return []
        trends, estimates = tables["trends"], tables["estimates"]
        moving = pc.unique(trends.filter(pc.equal(trends["trend_status"], "trend"))["indicator_id"])
        series = estimates.filter(pc.is_in(estimates["indicator_id"].cast(moving.type), moving)).select(list(_SERIES))
        plain = [one.with_type(pa.string()) if pa.types.is_dictionary(one.type) else one for one in series.schema]
        series = series.cast(pa.schema(plain))
        given = {name: tables[name] for name in (*NEEDED, "indicators")}
        whole = {"series": series, "candidate_localities": self._places, "zones": self._areas}
        return Further({**given, **whole}).of(cpp_code)

    @cached_property
    def _areas(self) -> pa.Table:
        return areas_in_order(self.edition.store)

    @cached_property
    def _names(self) -> dict[str, str]:
        return dict(zip(*(self._areas[name].to_pylist() for name in ("cpp_code", "cpp_name")), strict=True))

    @cached_property
    def _places(self) -> pa.Table:
        """Names of all localities: similar places are anywhere in Scotland."""
        columns = ["locality_id", "locality_name", "candidate_set", "cpp_code"]
        return arrow_rows(self.edition.store, "candidate_localities", columns=columns)

    @cached_property
    def _unassessed(self) -> tuple[int, int]:
        """How many of all localities shown cannot be assessed on these zones, and how many there are."""
        from indicators.schema.vocabulary import OPEN_VERDICT

        shown = {"candidate_set": list(self.edition.sets)}
        verdicts = arrow_rows(self.edition.store, "verdicts", columns=["candidate_set", "reason"], where=shown)
        is_open = [str(one).startswith(OPEN_VERDICT) for one in verdicts["reason"].to_pylist()]
        return sum(is_open), len(is_open)

    @cached_property
    def _points(self) -> tuple[np.ndarray, Any] | None:
        import shapely

        if self.edition.postcodes is None:
            return None
        names, middles = self.edition.postcodes
        return names, shapely.STRtree(shapely.points(middles))

    def _located(self, zones: pa.Table) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the postcodes in a partnership's zones, and which of its zones each is in; None where none is known.

        Zones are in the order of their layer.
        """
        from localities.publishing.explorer.postcodes import postcodes_by_zone

        if self._points is None:
            return None
        order = zones.sort_by("zone_code")
        return postcodes_by_zone(*self._points, order["geometry"].to_numpy())


def _without_others(tables: Mapping[str, pa.Table], others: frozenset[str]) -> dict[str, pa.Table]:
    """Return tables without the rows of some indicators, and without sources that nothing else is read from."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def kept(table: pa.Table, column: str, without: Collection[str]) -> pa.Table:
        named = pc.is_in(table[column].cast(pa.string()), pa.array(sorted(without), pa.string()))
        return table.filter(pc.invert(named))

    if not others:
        return dict(tables)
    found = {
        name: kept(table, "indicator_id", others) if "indicator_id" in table.column_names else table
        for name, table in tables.items()
    }
    theirs = set(tables["indicators"]["source_id"].to_pylist()) - set(found["indicators"]["source_id"].to_pylist())
    return found | {"sources": kept(tables["sources"], "source_id", theirs)}


def _postcodes_in(located: tuple[np.ndarray, np.ndarray] | None) -> dict[str, Any]:
    from localities.publishing.explorer.postcodes import postcodes_of

    return {} if located is None else {"postcodes": postcodes_of(*located)}


def selections(store: Store, kinds: Sequence[str]) -> dict[str, Selection]:
    """Return what the files of partnerships are made of, by table: those that tell whose the others' rows are first."""
    from indicators.schema.tables import TABLES

    names = [*READ, *READ_IF_THERE, "hot_spot_zones", *(NEEDED if tuple(kinds) != ("geopackage",) else ())]
    names.sort(key=lambda name: name not in ("zones", "candidate_localities"))
    there = store.manifests()
    if not set(NEEDED) <= there.keys():
        names = [name for name in names if name not in NEEDED]

    def of(name: str) -> Selection:
        columns = TABLES[name].columns
        by = "" if name in _WHOLE else next((one for one in _WHOSE if one in columns), "")
        used = [one for one in columns if one in USED or one in _SERIES] if name in _LONG else None
        used = list(OF_TRENDS) if name == "trends" else used
        return Selection(by, used, {"is_headline_period": [True]} if name == "findings" else None, name in _LONG)

    return {name: of(name) for name in names if name in there}


def lay_out_for(store: Store, kinds: Sequence[str], folder: Path) -> Path:
    """Lay out everything that the files of partnerships are made of, and return the folder."""
    zones = arrow_rows(store, "zones", columns=["zone_code", "cpp_code"]).to_pydict()
    places = arrow_rows(store, "candidate_localities", columns=["locality_id", "cpp_code"]).to_pydict()
    of_places = dict(zip(places["locality_id"], places["cpp_code"], strict=True))
    of_zones = dict(zip(zones["zone_code"], zones["cpp_code"], strict=True))
    lay_out(
        store, selections(store, kinds), folder, {"locality_id": of_places, "area_id": of_places, "zone_code": of_zones}
    )
    return folder


def areas_in_order(store: Store) -> pa.Table:
    """Return the zones as pages have them: by partnership, then by code."""
    columns = ["cpp_code", "zone_code", "cpp_name", "cpp_slug", "intermediate_zone_code"]
    return arrow_rows(store, "zones", columns=columns).sort_by([(name, "ascending") for name in columns[:2]])


def figures_of_zones(store: Store) -> ZoneFigures | None:
    """Return the latest figures of all zones on what findings are about; None where there are no observations."""
    import pyarrow.compute as pc

    if store.manifest("observations") is None:
        return None
    # every place is held against comparators on the same indicators
    place = arrow_rows(store, "candidate_localities", columns=["locality_id"])["locality_id"][:1].to_pylist()
    shown = pc.unique(
        arrow_rows(store, "findings", columns=["indicator_id"], where={"locality_id": place})["indicator_id"]
    )
    columns = ["indicator_id", "area_code", "area_type", "period", "period_end", "value", "status"]
    rows = arrow_rows(store, "observations", columns=columns, where={"indicator_id": shown.to_pylist()}, coded=True)
    indicators = arrow_rows(store, "indicators", columns=["indicator_id", "poorer_is"])
    poorer_is = dict(zip(*(indicators[name].to_pylist() for name in ("indicator_id", "poorer_is")), strict=True))
    return ZoneFigures(rows.to_pandas(ignore_metadata=True), areas_in_order(store).to_pandas(), poorer_is)


def beside_national(edition: Edition, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the national page holds beside the content of all partnerships."""
    import numpy as np

    found: dict[str, Any] = {"pages": dict(edition.pages), **_postcodes_of_all(parts)}
    zones = areas_in_order(edition.store)["zone_code"].to_pylist()
    if edition.figures is not None:
        # figures of every zone of Scotland would be a tenth of the national page: it has their fifths alone
        found["zone_figures"] = edition.figures.of(np.ones(len(zones), dtype=bool), with_values=False)
    if {"hot_spots", "hot_spot_zones"} <= set(edition.store.manifests()):
        spots, members = (arrow_rows(edition.store, name) for name in ("hot_spots", "hot_spot_zones"))
        position = {code: at for at, code in enumerate(zones)}
        found["hot_spots"] = hot_spots_of(spots.drop_columns("geometry").to_pandas(), members.to_pandas(), position)
    return found


def _postcodes_of_all(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the postcodes of the national page from those of every partnership, in the order of their zones."""
    import numpy as np

    if any(part["located"] is None for part in parts):
        return {}
    first = np.cumsum([0, *(len(part["zones"]["code"]) for part in parts)])
    postcodes = np.concatenate([part["located"][0] for part in parts])
    zones = np.concatenate([part["located"][1] + start for part, start in zip(parts, first[:-1], strict=True)])
    # one on a border of partnerships goes to the first of its zones
    found, at = np.unique(postcodes.astype(str), return_index=True)
    return _postcodes_in((found, zones[at]))


def _writer_of(kind: str) -> Callable[..., Any]:
    if kind == "geopackage":
        return write_geopackage
    if kind == "archive":
        return write_archive
    from localities.publishing.workbook import write_workbook

    return write_workbook


def hash_of(content: object) -> str:
    """Return a hash of what JSON can hold; anything else counts as its text."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
