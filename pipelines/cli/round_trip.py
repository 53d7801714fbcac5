"""`localities candidates export` and `rename`, and what `add --based-on` says: a drawing goes out and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.parts.choices import (
    Areas,
    CandidateSets,
    HomeFolder,
    Sample,
    areas_named,
    home_of,
    one_locality,
    refuse,
    sets_named,
)
from pipelines.cli.parts.output import count, records, rows_in, screen, table, table_of
from pipelines.cli.parts.reading import open_store
from pipelines.storage.reading import rows_of, settings_of

if TYPE_CHECKING:
    import pandas as pd

    from localities.boundaries.own_files import OwnBoundaries
    from localities.choosing.edited_drawing import Edits
    from pipelines.folders import Home

_MOST_SHOWN = 40


def export(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="GeoPackage to write.")],
    area: Annotated[str, typer.Option("--area", "-a", metavar="NAME|CODE|SLUG", help="The partnership.")],
    candidate_set: Annotated[
        str, typer.Option("--set", metavar="SET", help="The drawing to edit.")
    ] = "natural_communities",
    sample: Sample = False,
    home: HomeFolder = None,
) -> None:
    """Write a proposed drawing as a GeoPackage to edit: zones move by the name of their community, with a reason."""
    from localities.publishing.for_editing import layers_for_editing
    from localities.publishing.geopackage import steady_gdal, write_geopackage
    from localities.publishing.metadata import About

    if path.suffix.lower() != ".gpkg":
        raise refuse("The file must end in .gpkg.", "FILE")
    working = home_of(home, is_sample=sample)
    code = (areas_named([area], working, is_sample=sample) or [""])[0]
    chosen = (sets_named([candidate_set], working) or [candidate_set])[0]
    store = open_store(working, "zones", "candidate_localities", "membership", is_sample=sample)
    zones = store.read("zones").query("cpp_code == @code")
    places = store.read("candidate_localities").query("cpp_code == @code and candidate_set == @chosen")
    if places.empty:
        raise refuse(f"No locality of {chosen} lies in this area, or the set was not drawn by the last run.", "--set")
    members = rows_of(store, "membership", where={"locality_id": places["locality_id"].tolist()})
    sources = rows_of(store, "sources", columns=["licence", "attribution"])
    name = str(places["cpp_name"].iloc[0])
    about = About(
        title=f"{name}: {chosen.replace('_', ' ')}, to edit",
        abstract="Select zones and give them another community's name; say why under reason. Then: localities"
        f" candidates add FILE --based-on {chosen} --area ...",
        licences=tuple(dict.fromkeys(sources["licence"].astype(str))),
        attributions=tuple(dict.fromkeys(sources["attribution"].astype(str))),
        is_fictional=sample,
    )
    note = " Fictional sample: describes no real place." if sample else ""
    with steady_gdal():
        placed = write_geopackage(path, layers_for_editing(zones, places, members, note=note), about)
    screen().print(
        f"{name}: {len(places):,} communities, {len(zones):,} zones, in {placed.path}.\n"
        "In QGIS, edit the layer Zones to edit: select zones, give them another community's name, say why under"
        " reason.\n"
        f"Then: localities candidates add {placed.path.name} --based-on {chosen} --area {code}",
        markup=False,
        soft_wrap=True,
    )


def rename(
    locality: Annotated[
        str, typer.Argument(metavar="LOCALITY", help="Id, code, present name, or a zone or postcode in it.")
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the partnership calls it.")],
    area: Areas = None,
    candidate_set: CandidateSets = None,
    sample: Sample = False,
    home: HomeFolder = None,
) -> None:
    """Give a community the name that the partnership calls it by: it wins over a run's own from now on."""
    from localities.drawing.given_names import give_name
    from pipelines.run.workspace import the_only_run

    working = home_of(home, is_sample=sample)
    wanted = " ".join(name.split())
    if not wanted:
        raise refuse("A name must have letters or digits.", "NAME")
    areas = areas_named(area, working, is_sample=sample)
    chosen = sets_named(candidate_set, working) or ["natural_communities"]
    store = open_store(working, "candidate_localities", "membership", is_sample=sample)
    places = rows_of(
        store,
        "candidate_localities",
        columns=["locality_id", "locality_name", "candidate_set", "cpp_code", "cpp_name"],
        where={"candidate_set": chosen} | ({"cpp_code": areas} if areas else {}),
    )
    found = one_locality(locality, places, option="LOCALITY", store=store, home=working)
    row = places.set_index("locality_id").loc[found]
    same = places[(places["cpp_code"] == row["cpp_code"]) & (places["candidate_set"] == row["candidate_set"])]
    taken = same[(same["locality_name"].str.casefold() == wanted.casefold()) & (same["locality_id"] != found)]
    if len(taken):
        raise refuse(f"{taken['locality_id'].iloc[0]} is called {wanted} already: rename it first.", "NAME")
    members = rows_of(store, "membership", where={"locality_id": [found]})
    with the_only_run(working):
        give_name(
            working.names,
            str(row["candidate_set"]),
            str(row["cpp_code"]),
            str(row["locality_name"]),
            wanted,
            members["zone_code"].astype(str).tolist(),
        )
    screen().print(
        f"{row['locality_name']} ({row['cpp_name']}) is {wanted} from the next run on; kept in {working.names}.",
        markup=False,
        soft_wrap=True,
    )


def changes_of(working: Home, own: OwnBoundaries, places: pd.DataFrame, members: pd.DataFrame) -> dict[str, Any]:
    """Return what an edited drawing changes in the one it is based on: zones, residents, names, verdicts.

    Verdicts are worked out here and now for the edited drawing, in the place of the proposed one among the other
    partnerships', by the settings of the store, and held against those of the last run.

    Raises
    ------
    ConfigError
        If the last run did not draw the set, or the file's zones are not those of the partnership.
    """
    from indicators.errors import ConfigError
    from localities.choosing.edited_drawing import edits_of, moved_verdicts
    from localities.evidence.verdicts import build_verdicts
    from pipelines.storage.store import Store

    store = Store(working.store)
    base, code = own.about.based_on, own.about.cpp_code
    drawn = store.read("candidate_localities")
    before = drawn[(drawn["candidate_set"] == base) & (drawn["cpp_code"] == code)]
    zones = store.read("zones")
    own_zones = zones[zones["cpp_code"] == code]
    absent = sorted(set(own_zones["zone_code"]) - set(own.areas["zone_code"]))
    foreign = sorted(set(own.areas["zone_code"]) - set(own_zones["zone_code"]))
    if before.empty or foreign:
        raise ConfigError(
            "An edited drawing does not fit the one that it is based on",
            where=own.about.file_name,
            codes=foreign,
            expected=f"zones of {code} and a run that drew {base}",
            found=f"{len(foreign):,} zones of other areas" if foreign else f"no locality of {base} there",
            remedy="name the partnership with --area, and export the file again after a run",
        )
    members_before = rows_of(store, "membership", where={"locality_id": before["locality_id"].tolist()})
    reasons = own.areas.set_index("zone_code")["reason"]
    edits = edits_of((before, members_before), (places, members), own_zones, reasons)
    verdicts = None
    if {"observations", "verdicts"} <= set(store.manifests()):
        import pandas as pd

        from indicators.catalogue import load_catalogue

        # in the set's place in the partnership, so that no verdict moves because fewer places are judged together
        others = drawn[(drawn["candidate_set"] == base) & (drawn["cpp_code"] != code)]
        theirs = rows_of(store, "membership", where={"locality_id": others["locality_id"].tolist()})
        everyone = pd.concat([others, places.assign(candidate_set=base)], ignore_index=True)
        belong = pd.concat([theirs, members.assign(candidate_set=base)], ignore_index=True)
        catalogue = load_catalogue(zones=str(zones["vintage"].iloc[0]))
        now = build_verdicts(store.read("observations"), catalogue, zones, everyone, belong, settings_of(store))
        last = rows_of(store, "verdicts", where={"locality_id": before["locality_id"].tolist()})
        names = [one[["locality_id", "locality_name"]] for one in (before, places)]
        verdicts = moved_verdicts(
            edits,
            names[0].merge(last[["locality_id", "verdict"]], on="locality_id"),
            names[1].merge(now[["locality_id", "verdict"]], on="locality_id"),
        )
    return {
        "residents": edits.residents,
        "residents_moved": edits.residents_moved,
        "zones_left_out": absent,
        "edits": edits,
        "verdicts": verdicts,
    }


def changes_shown(changes: dict[str, Any]) -> None:
    """Print what an edited drawing changes."""
    edits: Edits = changes["edits"]
    share = changes["residents_moved"] / changes["residents"] if changes["residents"] else 0.0
    screen().print(
        f"\n{len(edits.moved):,} zones moved, with {changes['residents_moved']:,} of {changes['residents']:,} residents"
        f" ({share:.1%}); {len(changes['zones_left_out']):,} zones are in no community.\n",
        markup=False,
    )
    if len(edits.moved):
        table_of(
            "Zones moved",
            edits.moved.head(_MOST_SHOWN),
            (
                ("Zone", "left", lambda row: f"{row.zone_name} ({row.zone_code})"),
                ("From", "left", lambda row: _or_none(row.community_before)),
                ("To", "left", lambda row: _or_none(row.community_after)),
                ("Residents", "right", lambda row: count(row.population)),
                ("Reason", "left", lambda row: str(row.reason)),
            ),
            caption=f"and {len(edits.moved) - _MOST_SHOWN:,} more" if len(edits.moved) > _MOST_SHOWN else "",
        )
    if len(edits.renamed):
        table(
            "Names",
            (("Proposed", "left"), ("Now", "left"), ("Residents kept", "right")),
            [
                (str(row.community_before), str(row.community_after), count(row.residents_kept))
                for row in rows_in(edits.renamed)
            ],
        )
    verdicts = changes["verdicts"]
    if verdicts is None:
        screen().print("Verdicts are shown once a run has computed them.")
    elif verdicts.empty:
        screen().print("No verdict moves.")
    else:
        table(
            "Verdicts that move",
            (("Proposed", "left"), ("Verdict", "code"), ("Now", "left"), ("Verdict now", "code")),
            [
                tuple(_or_none(value) for value in
                      (row.community_before, row.verdict_before, row.community_after, row.verdict_after))
                for row in rows_in(verdicts)
            ],
        )  # fmt: skip


def changes_as_record(changes: dict[str, Any]) -> dict[str, Any]:
    """Return what an edited drawing changes as plain values."""
    edits: Edits = changes["edits"]
    return {
        "residents": changes["residents"],
        "residents_moved": changes["residents_moved"],
        "zones_left_out": changes["zones_left_out"],
        "moved": records(edits.moved),
        "renamed": records(edits.renamed),
        "verdicts": None if changes["verdicts"] is None else records(changes["verdicts"]),
    }


def _or_none(value: Any) -> str:
    from localities.wording.numbers import is_missing

    return "none" if is_missing(value) else str(value)
