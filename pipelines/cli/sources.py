"""`localities sources`: what is declared, fetching and checking it, adding a file by hand, accepting one held back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indicators.errors import LocalitiesError
from pipelines.cli.parts.choices import AsJson, HomeFolder, Mirror, Sample, home_of, refuse
from pipelines.cli.parts.output import (
    EXIT_CODES,
    count,
    records,
    rows_in,
    screen,
    table,
    table_of,
    to_stderr,
    write_json,
)
from pipelines.cli.parts.progress import watching

if TYPE_CHECKING:
    from pipelines.folders import Home
    from pipelines.sources.declarations import Source
    from pipelines.sources.provenance import Fetched

SourceIds = Annotated[
    list[str] | None, typer.Argument(metavar="SOURCE", help="Ids of sources; all by default.", show_default=False)
]

sources = typer.Typer(
    help="The declared sources: list, fetch, check, add a file by hand.", no_args_is_help=True, epilog=EXIT_CODES
)


def _chosen(ids: Sequence[str] | None) -> dict[str, Source]:
    from pipelines.sources.declarations import load_sources

    declared = load_sources()
    if not ids:
        return declared
    return {one: _declared(declared, one) for one in dict.fromkeys(ids)}


def _declared(declared: dict[str, Source], source_id: str) -> Source:
    if source_id in declared:
        return declared[source_id]
    import difflib

    near = difflib.get_close_matches(source_id, declared, n=5, cutoff=0.5)
    listed = ", ".join(near or declared)
    raise refuse(f"No such source: {source_id!r}. {'Nearest' if near else 'Declared'}: {listed}.", "SOURCE")


@sources.command("list", epilog=EXIT_CODES)
def list_sources(home: HomeFolder = None, as_json: AsJson = False) -> None:
    """Show every declared source, and whether its file is here."""
    from pipelines.sources.held_back import read_held_back
    from pipelines.sources.provenance import read_record

    downloads, optional = home_of(home).downloads, _optional()
    rows: list[dict[str, Any]] = []
    for source in _chosen(None).values():
        path = source.path_in(downloads)
        record = read_record(path) if path.is_file() else None
        beside = read_held_back(path)
        rows.append(
            {
                "source_id": source.id,
                "title": source.title,
                "publisher": source.publisher,
                "landing_page": source.landing_page,
                "addresses": [address.shown for address in source.addresses],
                "interfaces": [
                    {"kind": one.kind, "form": one.form, "key": one.key or None, "unconfirmed": one.unconfirmed}
                    for one in source.addresses
                ],
                "is_automatic": any(address.is_automatic for address in source.addresses),
                "is_optional": source.id in optional,
                "file": source.relative_path,
                "format": source.format,
                "update": source.update,
                "vintage": source.vintage,
                "period": source.period,
                "licence": source.licence,
                "attribution": source.attribution,
                "is_here": path.is_file(),
                "retrieved_at": record.retrieved_at if record else None,
                "sha256": record.sha256 if record else None,
                "accepted_because": record.accepted_because if record else None,
                "held_back": beside.in_words if beside else None,
            }
        )
    if as_json:
        write_json(rows)
        return
    table_of(
        f"Sources ({len(rows)})",
        rows,
        (
            ("Source", "code", lambda one: one["source_id"]),
            ("Title", "left", lambda one: one["title"]),
            ("Publisher", "left", lambda one: one["publisher"]),
            ("Update", "left", lambda one: one["update"]),
            ("Zones", "left", lambda one: one["vintage"]),
            ("File", "left", lambda one: one["file"].rsplit("/", 1)[-1]),
            ("Retrieved", "left", lambda one: _when(one)),
        ),
        if_wide=("Zones", "Publisher", "File", "Update"),
        caption="pinned: only the bytes whose hash is declared; rolling: the publisher may replace the file. "
        "by hand: no machine can download it; see `localities sources add-file`. "
        "key: it is asked with a key of yours; unconfirmed: no documentation says that the address is right (--json). "
        "optional: what it allows to be drawn is drawn once its file is here.",
    )
    for one in rows:
        if one["held_back"]:
            screen().print(f"{one['source_id']}: {one['held_back']}", markup=False, soft_wrap=True)


def _when(row: dict[str, Any]) -> str:
    if row["is_here"]:
        return str(row["retrieved_at"] or "here, no record")[:10]
    notes = [*(["optional"] if row["is_optional"] else []), *([] if row["is_automatic"] else ["by hand"])]
    machines = [one for one in row["interfaces"] if one["kind"] != "page"]
    notes += ["key"] if machines and all((one["key"] or "").startswith("needed") for one in machines) else []
    notes += ["unconfirmed"] if machines and all(one["unconfirmed"] for one in machines) else []
    return f"not here ({', '.join(notes)})" if notes else "not here"


def _optional() -> frozenset[str]:
    """Return the ids of the sources that every run can do without, and of those that no run reads and few can ask."""
    from localities.settings import ZONES
    from pipelines.folders import DEFAULT_ZONES
    from pipelines.sources.declarations import load_sources
    from pipelines.steps.registry import all_steps, optional_sources

    needed = {source for one in all_steps(DEFAULT_ZONES) for source in one.find_sources()}
    elsewhere = {source for zones in ZONES for one in all_steps(zones) for source in one.find_sources()} - needed
    unasked = {one.id for one in load_sources().values() if one.is_for_few} - needed
    return frozenset({*optional_sources(all_steps(DEFAULT_ZONES)), *elsewhere, *unasked})


@sources.command("fetch", epilog=EXIT_CODES)
def fetch_files(
    source: SourceIds = None,
    mirror: Mirror = None,
    force: Annotated[bool, typer.Option("--force", help="Ask also for pinned files that are already here.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no publisher: the mirror and what is here.")] = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only warnings and errors.")] = False,
) -> None:
    """Bring the files of sources up to date. A source that fails does not keep the others from coming.

    Optional sources are fetched where they are named, or their file is here already or in a mirror folder.
    """
    from functools import partial

    from localities.settings import load_settings
    from pipelines.run.workspace import is_at_hand, the_only_run
    from pipelines.sources.declarations import mirror_from_environment
    from pipelines.sources.download import fetch
    from pipelines.sources.transport import Client

    working = home_of(home)
    chosen = _chosen(source)
    if not source:
        asked = mirror or mirror_from_environment()
        optional = _optional()
        chosen = {key: one for key, one in chosen.items() if key not in optional or is_at_hand(one, working, asked)}
    checks, seconds = _checks(working, chosen), load_settings(working.settings_file).download_seconds
    came: list[Fetched] = []
    failed: dict[str, str] = {}
    with the_only_run(working), watching(is_quiet=quiet) as watch:
        for number, (source_id, one) in enumerate(chosen.items()):
            watch.step(f"Fetching {source_id}", number, len(chosen))
            try:
                came.append(
                    fetch(
                        one,
                        downloads=working.downloads,
                        mirror=mirror or mirror_from_environment(),
                        progress=partial(watch.received, source_id),
                        network=not offline,
                        force=force,
                        check=checks.get(source_id),
                        client=Client(max_seconds=seconds),
                    )
                )
            except LocalitiesError as error:
                failed[source_id] = str(error)
    if as_json:
        write_json({"fetched": [_fetched_row(one) for one in came], "failed": failed})
    elif came and not quiet:
        table(
            f"Fetched ({len(came)} of {len(chosen)})",
            (("Source", "code"), ("File", "left"), ("MB", "right"), ("State", "left"), ("From", "left")),
            [(one.source_id, one.path.name, f"{one.size / 1e6:,.1f}", _state(one), one.address_used) for one in came],
            if_wide=("File",),
        )
    for got in came:
        if got.note:
            to_stderr(f"Warning: {got.source_id}: {got.note}")
    for message in failed.values():
        to_stderr(f"Error: {message}")
    if failed:
        raise typer.Exit(1)


def _checks(
    home: Home, sources: Collection[str], *, is_first: bool = False, compare: bool = True
) -> dict[str, Callable[[Path], None]]:
    """Return, for each source that a run reads, the check that a new version of its file has to pass.

    ``is_first`` also checks a file that nothing serves in place of yet.
    """
    from functools import partial

    from pipelines.steps.registry import all_steps

    read = {source for step in all_steps() for source in step.find_sources()} & set(sources)
    if not read:
        return {}
    from pipelines.run.acceptance import examine, examiner
    from pipelines.run.workspace import open_workspace

    workspace = open_workspace(home)
    known = {**workspace.optional, **workspace.sources}
    if is_first:
        return {one: partial(examine, workspace, one, compare=compare) for one in read if one in known}
    return {one: examiner(workspace, one, compare=compare) for one in read if one in known}


def _state(one: Fetched) -> str:
    if one.served_stale:
        return "stale: last good version"
    return "new" if one.changed else "unchanged"


def _fetched_row(one: Fetched) -> dict[str, Any]:
    return {
        "source_id": one.source_id,
        "path": str(one.path),
        "sha256": one.sha256,
        "size": one.size,
        "address_used": one.address_used,
        "retrieved_at": one.retrieved_at,
        "is_changed": one.changed,
        "is_stale": one.served_stale,
        "note": one.note,
    }


@sources.command("check", epilog=EXIT_CODES)
def check_files(source: SourceIds = None, home: HomeFolder = None, as_json: AsJson = False) -> None:
    """Check the files that are here as a run would: hashes, formats, columns, what its readers say. Asks no one."""
    from pipelines.sources.checking import check

    downloads = home_of(home).downloads
    chosen = _chosen(source)
    checks = _checks(home_of(home), chosen, is_first=True, compare=False)
    if not source:
        optional = _optional()
        chosen = {key: one for key, one in chosen.items() if key not in optional or one.path_in(downloads).is_file()}
    found = {source_id: check(one, downloads, checks.get(source_id)) for source_id, one in chosen.items()}
    if as_json:
        write_json(
            [
                {"source_id": key, "findings": [{"level": one.level, "what": one.what} for one in findings]}
                for key, findings in found.items()
            ]
        )
    else:
        table(
            "Files of the sources",
            (("Source", "code"), ("State", "left"), ("What", "left")),
            [
                row
                for key, findings in found.items()
                for row in ([(key, str(one.level), one.what) for one in findings] or [(key, "good", "")])
            ],
            styles={"error": "bold red", "warning": "yellow", "good": "green"},
        )
    if any(one.level == "error" for findings in found.values() for one in findings):
        raise typer.Exit(1)


@sources.command("add-file", epilog=EXIT_CODES)
def add_one_file(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Id of the source.")],
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file that you downloaded; it is copied.")],
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Take a file that you downloaded yourself as the file of a source, after the same checks."""
    from pipelines.run.workspace import the_only_run
    from pipelines.sources.download import add_file

    working = home_of(home, is_sample=sample)
    one = _chosen([source])[source]
    with the_only_run(working):
        added = add_file(one, path, working.downloads, check=_checks(working, [source], is_first=True).get(source))
    if as_json:
        write_json(_fetched_row(added))
        return
    screen().print(
        f"{source}: {'added' if added.changed else 'already here, the same bytes'} ({added.size:,} bytes, "
        f"sha256 {added.sha256[:12]}...) as {added.path}",
        markup=False,
        soft_wrap=True,
    )


@sources.command("revised", epilog=EXIT_CODES)
def revised_figures(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Id of the source, whose file is here.")],
    earlier: Annotated[Path, typer.Argument(metavar="FILE", help="An earlier edition of its file.")],
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show which figures a source's file revises of an earlier edition of it. The newer one stands; nothing is kept."""
    from indicators.catalogue import load_catalogue
    from indicators.observations.revisions import revised_since
    from pipelines.sources.declarations import load_sources, with_own_rules

    downloads = home_of(home).downloads
    _chosen([source])
    places = {key: one.path_in(downloads) for key, one in load_sources().items()}
    files = {key: place for key, place in places.items() if place.is_file()}
    found = revised_since(earlier, files, source, with_own_rules(load_catalogue()))
    if as_json:
        write_json(records(found))
        return
    table(
        f"{source} against {earlier.name}",
        (("Indicator", "code"), ("Period", "left"), ("Areas in both", "right"), ("Revised", "right"),
         ("Largest change", "right")),
        [
            (str(row.indicator_id), str(row.period), count(row.areas), count(row.moved), f"{row.largest:g}")
            for row in rows_in(found)
        ],
        caption="Revised: the value, or what stands for it, differs. Largest change in the indicator's unit.",
    )  # fmt: skip


@sources.command("accept", epilog=EXIT_CODES)
def accept_file(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Id of the source.")],
    because: Annotated[str, typer.Option("--because", help="Why the version is right after all; it is recorded.")],
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Take the version of a file that is held back, having looked at it. Your reason goes into every output.

    What can hardly be true may be accepted; what no run can read cannot.
    """
    from pipelines.run.workspace import the_only_run
    from pipelines.sources.download import accept

    working = home_of(home)
    one = _chosen([source])[source]
    with the_only_run(working):
        check = _checks(working, [source], is_first=True, compare=False).get(source)
        taken = accept(one, working.downloads, because, check=check)
    if as_json:
        write_json(_fetched_row(taken))
        return
    screen().print(f"{source}: {taken.path.name} now serves; {taken.note}", markup=False, soft_wrap=True)
