"""`localities candidates`: candidate localities as a run drew them, and a partnership's own boundaries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.findings import show_candidates
from pipelines.cli.parts.choices import (
    Areas,
    AsCsv,
    AsJson,
    CandidateSets,
    HomeFolder,
    Sample,
    areas_named,
    home_of,
    refuse,
    sets_named,
)
from pipelines.cli.parts.output import (
    EXIT_CODES,
    count,
    percent,
    records,
    rows_in,
    screen,
    table,
    table_of,
    write_json,
    yes_no,
)
from pipelines.cli.parts.results import asked_for
from pipelines.cli.round_trip import changes_as_record, changes_of, changes_shown, export, rename

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from localities.boundaries.own_files import OwnBoundaries, OwnDescription
    from pipelines.folders import Home

_MOST_SHOWN = 20
_MOST_NAMED = 8

candidates = typer.Typer(
    help="Candidate localities, and boundaries of your own: list, add, remove, hold current areas against the rest.",
    invoke_without_command=True,
    epilog=EXIT_CODES,
)

Flagged = Annotated[
    bool, typer.Option("--flagged", help="Only localities with strong evidence of being poorer than Scotland.")
]
Within = Annotated[
    bool,
    typer.Option("--flagged-within", help="Only those with strong evidence of being poorer within the partnership."),
]


@candidates.callback()
def _by_default(
    context: typer.Context,
    area: Areas = None,
    candidate_set: CandidateSets = None,
    flagged: Flagged = False,
    flagged_within: Within = False,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show candidate localities with their residents, shape, fit and verdict; or work with boundaries of your own."""
    if context.invoked_subcommand is None:
        show_candidates(area, candidate_set, flagged, flagged_within, sample, home, as_json, as_csv)
    elif any((area, candidate_set, flagged, flagged_within, sample, home, as_json, as_csv)):
        raise refuse(
            f"Give options after the command: localities candidates {context.invoked_subcommand} ...", "--help"
        )


@candidates.command("list", epilog=EXIT_CODES)
def list_candidates(
    area: Areas = None,
    candidate_set: CandidateSets = None,
    flagged: Flagged = False,
    flagged_within: Within = False,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show candidate localities with their residents, shape, fit and verdict."""
    show_candidates(area, candidate_set, flagged, flagged_within, sample, home, as_json, as_csv)


@candidates.command("add", epilog=EXIT_CODES)
def add(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="GeoPackage, GeoJSON, shapefile (or a zip of one), or a list by code: text or workbook.",
        ),
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="TEXT", help="Name of the set; by default the file's.")
    ] = None,
    area: Annotated[
        str | None,
        typer.Option("--area", "-a", metavar="NAME|CODE|SLUG", help="The partnership whose areas these are."),
    ] = None,
    current: Annotated[bool, typer.Option("--current", help="These are areas of current locality plans.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the set of this name.")] = False,
    by_shares: Annotated[
        bool, typer.Option("--by-shares", help="Share zones out by residents; by default they belong whole or not.")
    ] = False,
    based_on: Annotated[
        str | None,
        typer.Option("--based-on", metavar="SET", help="The file is an edited drawing of this set (from `export`)."),
    ] = None,
    name_column: Annotated[
        str | None, typer.Option("--name-column", metavar="COLUMN", help="Column of the areas' names.")
    ] = None,
    code_column: Annotated[
        str | None, typer.Option("--code-column", metavar="COLUMN", help="Of a list: column of zones or postcodes.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", metavar="NAME", help="Layer of a map, or sheet of a workbook.")
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option("--crs", metavar="EPSG:CODE", help="Coordinate system of the file, whatever it states."),
    ] = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Take boundaries of your own as a candidate set: repaired with a report, and drawn by every run from now on."""
    from localities.boundaries.own_files import add_boundaries
    from localities.candidate_sets import set_ids
    from pipelines.run.workspace import the_only_run

    working = home_of(home, is_sample=sample)
    areas = areas_named([area] if area else None, working, is_sample=sample)
    if based_on is not None:
        if not areas:
            raise refuse("Name the partnership whose edited drawing this is.", "--area")
        based_on = (sets_named([based_on], working) or [based_on])[0]
    fitted: list[pd.DataFrame] = []
    changes: list[dict[str, Any]] = []

    def check(found: OwnBoundaries) -> pd.DataFrame | None:
        drawn = _drawn(working, found)
        if drawn is not None:
            fitted.append(fit_shown(found, drawn[0], drawn[1]))
            if found.about.based_on is not None:
                changes.append(changes_of(working, found, drawn[1], drawn[2]))
        return None if drawn is None else drawn[3]

    def kept(**given: str | None) -> OwnBoundaries:
        return add_boundaries(
            working.boundaries,
            path,
            title=name,
            crs=crs,
            **given,
            cpp_code=areas[0] if areas else None,
            is_current=current,
            by_shares=by_shares,
            replace=replace,
            reserved=set_ids(),
            based_on=based_on,
            check=check,
        )

    with the_only_run(working):
        own = _asking(kept, is_script=as_json, name_column=name_column, code_column=code_column, layer=layer)
    fit = fitted[0] if fitted else None
    if as_json:
        record = {**_as_record(own.about), "repairs": records(own.report), "fit": None if fit is None else records(fit)}
        write_json(record | ({"changes": changes_as_record(changes[0])} if changes else {}))
        return
    _show_added(own, fit, is_sample=sample)
    if changes:
        changes_shown(changes[0])


def _asking(kept: Callable[..., OwnBoundaries], *, is_script: bool, **given: str | None) -> OwnBoundaries:
    """Return what is kept; in a terminal, a column or layer that cannot be told is asked for."""
    import sys

    import click

    from localities.boundaries.files import Undecided

    while True:
        try:
            return kept(**given)
        except Undecided as which:
            if is_script or not sys.stdin.isatty():
                raise
            question = f"Which {which.parameter.replace('_', ' ')} is meant?"
            given[which.parameter] = click.prompt(question, type=click.Choice(which.choices), err=True)


def _drawn(working: Home, own: OwnBoundaries) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame] | None:
    """Return how zones fit the boundaries, and these drawn, if zones are there; an error here refuses the file."""
    from localities.candidates import drawing_context, finish_drawing
    from localities.drawing.own import READ_IF_THERE, draw_own, fit_report, left_out
    from pipelines.sources.declarations import load_sources
    from pipelines.storage.store import Store

    store = Store(working.store)
    if not {"zones", "adjacency"} <= set(store.manifests()):
        return None
    declared = load_sources()
    paths = {one: declared[one].path_in(working.downloads) for one in READ_IF_THERE if one in declared}
    files = {one: path for one, path in paths.items() if path.is_file()}
    crosswalk = store.read("crosswalk") if "crosswalk" in store.manifests() else None
    context = drawing_context(store.read("zones"), store.read("adjacency"), files, crosswalk=crosswalk)
    drawing = draw_own(context, own)
    places, members = finish_drawing(context, own.set_id, drawing, edited=(own.about.based_on, own.about.added_at))
    return fit_report(context, own, drawing), places, members, left_out(context, own)


def fit_shown(own: OwnBoundaries, fit: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return how residents fit the boundaries: those with residents, and lists of zones as themselves."""
    import pandas as pd

    if len(fit):
        # of a file for all of Scotland, the areas of other partnerships hold no one
        fit = fit[fit["residents_inside"] > 0]
    if not own.has_polygons:
        codes = places["locality_id"].str.partition(":")[2]
        fit = pd.DataFrame({"locality_code": codes, "locality_name": places["locality_name"]}).assign(
            residents_inside=(places["population"] * places["fit"]).round().astype("int64"),
            residents_fitted=places["population"],
            fit=places["fit"],
            # of a list by zones of another census, who is left out is in the table `vintages`
            captured=places["fit"].where(places["fit"] == 1.0),
        )
    return fit


def _as_record(about: OwnDescription) -> dict[str, Any]:
    return {
        "candidate_set": about.set_id,
        "title": about.title,
        "cpp_code": about.cpp_code,
        "is_current": about.is_current,
        "by_shares": about.by_shares,
        "based_on": about.based_on,
        "file_name": about.file_name,
        "file_sha256": about.file_sha256,
        "added_at": about.added_at,
        "folder": about.folder,
    }


def _show_added(own: OwnBoundaries, fit: pd.DataFrame | None, *, is_sample: bool) -> None:
    number = own.areas["locality_code"].nunique()
    kind = "areas of current locality plans" if own.is_current else "areas"
    screen().print(f"{own.title}: {number:,} {kind}, kept as the candidate set {own.set_id}.\n", markup=False)
    report = own.report
    if len(report):
        table(
            f"What was found in the file ({len(report):,})",
            (("Area", "left"), ("Found", "left"), ("Done", "left"), ("Square metres", "right")),
            [
                (str(row.locality_name), str(row.problem), str(row.done), count(round(row.area_m2)))
                for row in rows_in(report.head(_MOST_SHOWN))
            ],
        )
        if len(report) > _MOST_SHOWN:
            screen().print(f"and {len(report) - _MOST_SHOWN:,} more: see {own.about.manifest}\n", soft_wrap=True)
    if len(report) < 2:
        screen().print("Nothing had to be mended.\n")
    if fit is None:
        screen().print("How well zones fit them is shown by the next run: no zones have been computed yet.")
    else:
        worst = fit.sort_values(["fit", "locality_name"], na_position="first").head(_MOST_SHOWN)
        table_of(
            "Residents inside, and of the zones that stand for the area (least fit first)",
            worst,
            (
                ("Area", "left", lambda row: str(row.locality_name)),
                ("Inside", "right", lambda row: count(round(row.residents_inside))),
                (
                    "Of its zones",
                    "right",
                    lambda row: count(round(row.residents_fitted)) if row.residents_fitted else "no zone",
                ),
                ("Fit", "right", lambda row: percent(row.fit)),
                ("Captured", "right", lambda row: percent(row.captured)),
            ),
            caption="Fit: share of those zones' residents who live inside. Captured: share of those inside who live "
            "in these zones.",
        )
        bare = sorted(set(own.areas["locality_name"]) - set(fit["locality_name"]))
        if bare:
            more = f" and {len(bare) - _MOST_NAMED:,} more" if len(bare) > _MOST_NAMED else ""
            shown = ", ".join(bare[:_MOST_NAMED])
            screen().print(f"No resident lives in, and so no zone is drawn for: {shown}{more}.\n", markup=False)
    screen().print(f"Next: `localities run{' --sample' if is_sample else ''}` draws, tests and publishes them.")


@candidates.command("list-own", epilog=EXIT_CODES)
def list_own(sample: Sample = False, home: HomeFolder = None, as_json: AsJson = False) -> None:
    """Show the boundaries of your own that are kept in the working folder."""
    from localities.boundaries.own_files import describe_own, own_sets

    working = home_of(home, is_sample=sample)
    rows = [describe_own(working.boundaries, one) for one in own_sets(working.boundaries)]
    if as_json:
        write_json([_as_record(one) for one in rows])
        return
    if not rows:
        screen().print("No boundaries of your own are here. Add some: localities candidates add <file>")
        return
    table_of(
        f"Own boundaries ({len(rows)})",
        rows,
        (
            ("Candidate set", "code", lambda one: one.set_id),
            ("Title", "left", lambda one: one.title),
            ("Area", "left", lambda one: one.cpp_code or "all"),
            ("Current plans", "left", lambda one: yes_no(one.is_current)),
            ("Mended", "right", lambda one: count(len(one.report))),
            ("From", "left", lambda one: one.file_name),
            ("Added", "left", lambda one: one.added_at[:10]),
        ),
        if_wide=("From", "Mended"),
    )


@candidates.command("remove", epilog=EXIT_CODES)
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Candidate set, or its title.")],
    sample: Sample = False,
    home: HomeFolder = None,
) -> None:
    """Remove boundaries of your own; the next run draws and publishes without them."""
    from localities.boundaries.own_files import own_sets, remove_own
    from localities.boundaries.own_ids import PREFIX
    from localities.councils import slug_of
    from pipelines.run.workspace import the_only_run

    working = home_of(home, is_sample=sample)
    known = own_sets(working.boundaries)
    slug = slug_of(name).replace("-", "_")
    found = [one for one in known if one in (slug, PREFIX + slug)]
    if not found:
        raise refuse(f"No own boundaries of this name: {name!r}. Kept: {', '.join(known) or 'none'}.", "NAME")
    with the_only_run(working):
        about = remove_own(working.boundaries, found[0])
    screen().print(
        f"{about.title} ({about.set_id}) is removed. The next run draws and publishes without it.", markup=False
    )


@candidates.command("current", epilog=EXIT_CODES)
def current(
    area: Areas = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Hold the areas of current locality plans against every other drawing: whom they reach, whom they miss."""
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=area)
    rows = _current_rows(asked.home, is_sample=sample)
    if asked.areas is not None:
        rows = rows[rows["cpp_code"].isin(asked.areas)]
    nothing = "No current areas have been drawn here: `localities candidates add <file> --current`, then a run."
    asked.show(rows, _show_current, what="rows", nothing=nothing)


def _current_rows(working: Home, *, is_sample: bool) -> pd.DataFrame:
    from localities.boundaries.own_files import describe_own, own_sets
    from localities.choosing.current_plans import compare_current, need_by_zone
    from pipelines.cli.parts.reading import open_store
    from pipelines.storage.reading import rows_of, settings_of

    store = open_store(working, "zones", "candidate_localities", "membership", "verdicts", is_sample=is_sample)
    marked = [one for one in own_sets(working.boundaries) if describe_own(working.boundaries, one).is_current]
    need_id = settings_of(store).need_indicator
    observed = rows_of(
        store,
        "observations",
        columns=["indicator_id", "area_code", "period_end", "numerator"],
        where={"indicator_id": [need_id]},
    )
    tables = {name: rows_of(store, name) for name in ("zones", "candidate_localities", "membership", "verdicts")}
    return compare_current(**tables, need=need_by_zone(observed, need_id), current_sets=marked)


def _show_current(rows: pd.DataFrame) -> None:
    for (cpp, _), group in rows.groupby(["cpp_name", "current_set"], sort=False):
        first = next(iter(rows_in(group.head(1))))
        screen().print(
            f"{cpp}, current areas ({first.current_set}): {count(round(first.need_current))} of "
            f"{count(round(first.need))} people in need ({percent(first.share_of_need_current)}) live in them, with "
            f"{percent(first.share_of_residents_current)} of residents. Most people in need outside: "
            f"{first.outside_where or 'nobody'}.\n",
            markup=False,
        )
        table_of(
            "Against the flagged localities of each drawing (people in need)",
            group,
            (
                ("Candidate set", "code", lambda row: str(row.candidate_set)),
                ("Flagged", "right", lambda row: count(row.flagged)),
                ("In flagged", "right", lambda row: count(round(row.need_flagged))),
                ("In both", "right", lambda row: count(round(row.need_in_both))),
                ("Missed", "right", lambda row: count(round(row.need_missed))),
                ("Only in current", "right", lambda row: count(round(row.need_only_current))),
                ("Flagged places missed", "left", lambda row: str(row.missed_where)),
            ),
            caption="Missed: people in need in a flagged locality and in no current area.",
        )


candidates.command("export", epilog=EXIT_CODES)(export)
candidates.command("rename", epilog=EXIT_CODES)(rename)
