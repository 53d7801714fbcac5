"""`localities vintages`: what becomes of every locality on the zones of the other census."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import (
    Areas,
    AsCsv,
    AsJson,
    CandidateSets,
    HomeFolder,
    Limit,
    Sample,
    areas_named,
    first_rows,
    home_of,
    one_form,
    refuse,
    sets_named,
)
from pipelines.cli.parts.output import count, in_words, percent, screen, table_of, write_csv, write_rows
from pipelines.cli.parts.reading import open_store, where_of
from pipelines.storage.reading import rows_of, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from pipelines.folders import Home
    from pipelines.storage.store import Store

_TABLES = ("zones", "crosswalk", "candidate_localities", "membership", "vintages", "verdicts")


def vintages(
    area: Areas = None,
    candidate_set: CandidateSets = None,
    only_people: Annotated[
        bool, typer.Option("--only-people", help="People gained and lost only; no verdicts are worked out.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--every", help="Show also the localities in which nothing and nobody changes.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE.gpkg", help="Write them redrawn, and the zones that changed, for a map."),
    ] = None,
    sample: Sample = False,
    home: HomeFolder = None,
    limit: Limit = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show what becomes of localities on the zones of the other census, in both directions.

    Each is redrawn there by where people live: people gained and lost, and which verdicts move and why (figures,
    boundary, threshold, or modelled: not to be assessed there). Verdicts, and maps, need a run on the zones of both.
    """
    one_form(as_json, as_csv)
    working = home_of(home, is_sample=sample)
    areas = areas_named(area, working, is_sample=sample)
    sets = sets_named(candidate_set, working)
    found = _both_ways(working, areas, sets, with_verdicts=not only_people, is_sample=sample)
    if not every:
        is_quiet = (found[["changed_zones", "people_lost", "people_gained"]].round() == 0).all(axis=1)
        found = found[~is_quiet | found["moved_by"].notna()].reset_index(drop=True)
    if save is not None:
        _save(save, found, working)
    shown = first_rows(found, limit, is_for_machines=as_json or as_csv)
    if as_json:
        write_rows(shown)
    elif as_csv:
        write_csv(shown)
    elif found.empty:
        screen().print("Nothing changes for these localities.")
    else:
        for (come, go, name), rows in found.groupby(["from_vintage", "to_vintage", "candidate_set"], sort=False):
            _show(f"{name}: drawn on zones of {come}, redrawn on zones of {go}", rows, limit)


def _both_ways(
    home: Home, areas: Sequence[str] | None, sets: Sequence[str] | None, *, with_verdicts: bool, is_sample: bool
) -> pd.DataFrame:
    import pandas as pd

    from localities.settings import ZONES

    there = [zones for zones in ZONES if _has(home.on_zones(zones))]
    stores = {zones: open_store(home.on_zones(zones), *_TABLES, is_sample=is_sample) for zones in there or [home.zones]}
    parts = []
    for zones, store in stores.items():
        other = stores.get(next(one for one in ZONES if one != zones)) if with_verdicts else None
        rows = rows_of(store, "vintages", where=where_of(candidate_set=sets))
        rows = _with_verdicts(rows, store, other, sets) if other is not None else rows
        parts.append(rows if areas is None else rows[rows["cpp_code"].isin(areas)])
    found = pd.concat(parts, ignore_index=True)
    for name in ("verdict", "redrawn_verdict", "moved_by"):
        if name not in found:
            found[name] = pd.Series(pd.NA, index=found.index, dtype="str")
    return found


def _save(path: Path, found: pd.DataFrame, home: Home) -> None:
    """Write the localities redrawn on the other zones, and the zones of each census that changed, as layers."""
    import geopandas as gpd
    import numpy as np

    from localities.change.redrawn import shapes_there
    from localities.change.vintages import changed_zones, membership_on
    from localities.publishing.geopackage import steady_gdal
    from localities.settings import ZONES

    stores = {zones: open_store(home.on_zones(zones), *_TABLES) for zones in ZONES if _has(home.on_zones(zones))}
    if path.suffix.lower() != ".gpkg" or len(stores) < len(ZONES):
        raise refuse("It takes a name that ends in .gpkg, and a run on the zones of each census.", "--save")
    path.unlink(missing_ok=True)
    grounds = {zones: store.read("zones") for zones, store in stores.items()}
    with steady_gdal():
        for vintage, other in (ZONES, ZONES[::-1]):
            store, rows = stores[vintage], found[found["from_vintage"] == vintage]
            places = store.read("candidate_localities")
            places = places[places["locality_id"].isin(rows["locality_id"])].reset_index(drop=True)
            crosswalk = store.read("crosswalk")
            members = membership_on(grounds[vintage], crosswalk, places, store.read("membership"))
            shapes = shapes_there(members, grounds[other])
            drawn = rows[rows["locality_id"].isin(shapes.index)].reset_index(drop=True)
            layer = gpd.GeoDataFrame(drawn, geometry=np.asarray(shapes.reindex(drawn["locality_id"])), crs=shapes.crs)
            layer.to_file(path, layer=f"Localities of {vintage} on zones of {other}", engine="pyogrio")
            names = ["zone_code", "zone_name", "cpp_code", "people", "common_group", "other_zones", "geometry"]
            changed = changed_zones(grounds[vintage], crosswalk)
            changed = changed[changed["cpp_code"].isin(found["cpp_code"])]
            changed[names].to_file(path, layer=f"Zones of {vintage} that changed", engine="pyogrio")


def _has(home: Home) -> bool:
    from pipelines.storage.store import Store

    return set(_TABLES) <= set(Store(home.store).manifests())


def _with_verdicts(rows: pd.DataFrame, here: Store, other: Store, sets: Sequence[str] | None) -> pd.DataFrame:
    """Return the rows with the verdicts that the localities have here, and would have on the other zones."""
    from localities.change.redrawn import with_verdicts_there

    where = where_of(candidate_set=sets)
    return with_verdicts_there(
        rows,
        rows_of(here, "verdicts", where=where),
        rows_of(here, "zones"),
        rows_of(here, "crosswalk"),
        rows_of(here, "candidate_localities", where=where),
        rows_of(here, "membership", where=where),
        rows_of(other, "zones"),
        rows_of(other, "observations"),
        settings_of(other),
    )


def _show(title: str, rows: pd.DataFrame, limit: int | None) -> None:
    shown = first_rows(rows, limit, is_for_machines=False)
    people, lost, gained = (float(rows[name].sum()) for name in ("people", "people_lost", "people_gained"))
    unknown = int(rows["unassigned_zones"].sum())
    table_of(
        title,
        shown,
        (
            ("Locality", "left", lambda row: str(row.locality_name)),
            ("Zones", "right", lambda row: count(row.zone_count)),
            ("Changed", "right", lambda row: count(row.changed_zones)),
            ("As redrawn", "right", lambda row: count(row.redrawn_zones)),
            ("People", "right", lambda row: count(row.people)),
            (
                "In changed zones",
                "right",
                lambda row: percent(row.people_in_changed_zones / row.people if row.people else None),
            ),
            ("Lost", "right", lambda row: count(row.people_lost)),
            ("Gained", "right", lambda row: count(row.people_gained)),
            ("Verdict", "left", lambda row: in_words(row.verdict)),
            (
                "As redrawn",
                "left",
                lambda row: in_words(row.redrawn_verdict) or ("no zone there" if not row.redrawn_zones else ""),
            ),
            ("Moved by", "left", lambda row: in_words(row.moved_by)),
        ),
        caption=f"{len(rows):,} localities with {people:,.0f} residents of 2022, of whom {lost:,.0f} are left out and "
        f"{gained:,.0f} others come in."
        + (f" {len(rows) - len(shown):,} more: --limit 0 shows all." if len(rows) > len(shown) else "")
        + (f" People of {unknown:,} zones cannot be followed." if unknown else ""),
    )
