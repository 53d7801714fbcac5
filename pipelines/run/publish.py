"""Publishing: which files are due, and what became of each.

What a file holds and how it is written is in `localities.publishing`. Here is only the choice: every file is kept with
a fingerprint of what it was made of, in ``publications.json`` beside the files, and is left alone while that holds.
All files that are due become current together, or none does. Thresholds and sources that a file states are those that
its tables were made with; tables that are out of date are not published.
"""

from __future__ import annotations

import importlib.metadata
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicators.errors import ConfigError
from pipelines.run.decisions import decided_in, states_of_decisions
from pipelines.run.partnership import OF_EDITION, Edition, beside_national, figures_of_zones, hash_of
from pipelines.run.place_standard import place_standard_in, state_of_rounds
from pipelines.run.report import Published
from pipelines.run.shelf import Shelf, sha256_of
from pipelines.run.side_by_side import library_kept_in, written_by
from pipelines.run.team import fetch_publications
from pipelines.run.workspace import NOT_SETTINGS
from pipelines.storage.code_versions import code_of, declared_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from localities.publishing.metadata import About
    from pipelines.run.report import Progress
    from pipelines.run.workspace import Workspace

_LONGEST = 80
_VERSIONED = ("pyogrio", "pyarrow", "pandas", "duckdb", "xlsxwriter", "shapely", "vl-convert-python")

_KINDS = {"geopackage": ("geopackage",), "workbook": ("workbook", "archive"), "explorer": ("explorer",), "editions": (),
          "documents": ()}  # fmt: skip
"""Files of a partnership by the name of a publication in the setting ``publications``."""
_POSTCODES = "os-code-point-open"


def file_names(slug: str, *, is_fictional: bool = False, sets: Sequence[str] | None = None) -> dict[str, str]:
    """Return the file names of one partnership's publications and of the national DuckDB file.

    Publications of some candidate sets lie beside the full ones, and are named for them.

    Examples
    --------
    >>> names = file_names("fife")
    >>> names["geopackage"], names["workbook"], names["archive"], names["duckdb"]
    ('fife.gpkg', 'fife.xlsx', 'fife tables.zip', 'scotland.duckdb')
    >>> file_names("sgeire-mhor", is_fictional=True)["geopackage"]
    'fictional-sgeire-mhor.gpkg'
    >>> file_names("fife", sets=["wards", "own_plan_areas"])["geopackage"]
    'fife (own_plan_areas, wards).gpkg'
    """
    start = "fictional-" if is_fictional else ""
    named = ", ".join(sorted(sets or ()))
    if len(named) > _LONGEST:
        named = f"{len(set(sets or ()))} sets, {hash_of(sorted(sets or ()))[:8]}"
    stem = f"{start}{slug}{f' ({named})' if named else ''}"
    return {
        "geopackage": f"{stem}.gpkg",
        "workbook": f"{stem}.xlsx",
        "archive": f"{stem} tables.zip",
        "explorer": f"{stem}.html",
        "national": "fictional-country.html" if is_fictional else "scotland.html",
        "duckdb": "fictional-country.duckdb" if is_fictional else "scotland.duckdb",
    }


def publish(
    workspace: Workspace,
    areas: Sequence[str] | None = None,
    candidate_sets: Sequence[str] | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> list[Published]:
    """Return what became of every file, after writing those that are due.

    Parameters
    ----------
    workspace
        From `pipelines.run.workspace.open_workspace`; its store must hold every table.
    areas
        CPPs by code, slug or usual spelling; None for all. National files are written with those of all: where only
        some are published, they stay as they are, and nobody waits for the country.
    candidate_sets
        Ways of drawing localities that publications show; None for all. Publications of some lie beside those of all.
        National files hold all.
    out
        Folder; by default the working folder's publications.
    progress
        Called with what is being done, how many files are done and how many there are.

    Raises
    ------
    ConfigError
        If an area or candidate set is unknown, a table was never computed or is out of date, or a file cannot be put
        in place. Files that are already there stay as they were.
    """
    from localities.councils import cpp_codes, cpp_table

    folder = Path(out) if out is not None else workspace.home.publications
    zones = workspace.store.read("zones", columns=["cpp_code", "cpp_name"])
    cpps = cpp_table(zones)
    slugs = dict(zip(cpps["cpp_code"], cpps["cpp_slug"], strict=True))
    wanted = list(slugs) if areas is None else list(dict.fromkeys(cpp_codes(areas, zones)))
    if out is None:
        fetch_publications(workspace.home)
    shelf = Shelf(folder)
    versions = {name: one.version for name, one in workspace.store.manifests().items()}
    _refuse_absent(workspace, versions)
    _refuse_stale(workspace)
    # every table has this format now, whoever computed them
    workspace.store.forget_other_formats()
    chosen = {code: slugs[code] for code in wanted}
    of_all = versions if len(chosen) == len(slugs) else {}
    try:
        with ThreadPoolExecutor(1) as pool:
            begun: list[Future[list[Published]]] = []

            def begin_national() -> None:
                """Begin with tables beside the page, now that the processes of partnerships have ended."""
                if progress and of_all:
                    progress("Writing the national files", len(chosen), len(chosen) + 1 + len(of_all))
                begun.append(pool.submit(_national, workspace, shelf, of_all))

            found = _of_partnerships(workspace, shelf, versions, chosen, candidate_sets, progress, begin_national)
            for one in begun:
                found += one.result()
    except BaseException:
        shelf.abandon()
        raise
    issued = shelf.issue(found)
    if "editions" in workspace.settings.publications:
        with ThreadPoolExecutor() as copying:  # reading, hashing and writing leave the interpreter to others
            issued += chain.from_iterable(copying.map(lambda one: list(_copies(shelf, one)), list(issued)))
    return issued


def _copies(shelf: Shelf, published: Published) -> Iterator[Published]:
    """Yield what became of the copy of a GeoPackage that carries its edition in its name; nothing for other files."""
    from localities.publishing.edition_copy import copy_of_edition, edition_name

    if not published.name.endswith(".gpkg") or published.status == "kept_beside":
        return
    edition = str(shelf.record[published.name]["content"])[:OF_EDITION]
    name = edition_name(published.name, edition)
    path = published.path.with_name(name)
    if path.is_file():
        yield Published(name, path, "unchanged", "", sha256_of(path))
        return
    placed = copy_of_edition(published.path, edition)
    yield Published(name, placed.path, "written", placed.note, sha256_of(placed.path))


def _of_partnerships(
    workspace: Workspace,
    shelf: Shelf,
    versions: Mapping[str, str],
    slugs: Mapping[str, str],
    candidate_sets: Sequence[str] | None,
    progress: Progress | None,
    when_written: Callable[[], None],
) -> list[Published]:
    """Write the files of partnerships that are due; where nothing at all changed, not even the tables are read.

    `when_written` is called when only the national page is left.
    """
    from indicators.observations.coverage import councils_of

    made_with = _made_with(workspace)
    present = sorted(set(workspace.store.read("candidate_localities", columns=["candidate_set"])["candidate_set"]))
    sets = _selection(present, candidate_sets)
    kinds = [kind for one in workspace.settings.publications for kind in _KINDS[one]]
    all_of_it = hash_of([{name: versions[name] for name in _shown(versions)}, made_with, sets])
    # what a partnership decided is in its own files alone, and what residents said in none of the national page
    states, answers = states_of_decisions(workspace.home), state_of_rounds(workspace.home)
    given = {code: [one for one in (states.get(code), answers) if one] if code else [] for code in (*slugs, "")}
    made_of = {code: hash_of([all_of_it, *more]) if more else all_of_it for code, more in given.items()}
    named = partial(file_names, is_fictional=workspace.is_fictional, sets=sets)
    names = {(code, kind): named(slug)[kind] for code, slug in slugs.items() for kind in kinds}
    areas = workspace.store.read("zones", columns=["cpp_code", "cpp_name", "cpp_slug"])
    # the national page is put together from those of every partnership
    if "explorer" in kinds and sets is None and len(slugs) == areas["cpp_code"].nunique():
        names["", "national"] = file_names("", is_fictional=workspace.is_fictional)["national"]
    found = {
        one: shelf.unchanged(name) for one, name in names.items() if shelf.holds(name, "made_from", made_of[one[0]])
    }
    is_national_due = ("", "national") in names and ("", "national") not in found
    due = [code for code in slugs if is_national_due or any((code, kind) not in found for kind in kinds)]
    if not due:
        when_written()
        return [found[one] for one in names]
    pages = "explorer" in kinds
    size = areas["cpp_code"].value_counts()
    zones = int(size[due].sum())
    with ThreadPoolExecutor(1) as beside:
        library = beside.submit(library_kept_in, workspace.home.cache, zones) if pages else None
        figures = figures_of_zones(workspace.store) if pages else None
        postcodes = _postcodes(workspace) if pages else None
    edition = Edition(
        store=workspace.store,
        shelf=shelf,
        kinds=tuple(kinds),
        names=names,
        # pages lead to those of every partnership, whichever are being published
        pages={one.cpp_name: named(one.cpp_slug)["explorer"] for one in areas.drop_duplicates("cpp_code").itertuples()},
        general=_general(workspace),
        made_with=hash_of(made_with),
        made_of=made_of,
        home=workspace.home,
        settings=_settings_used(workspace),
        code={"code_version": str(made_with["code"]), "project_version": _version_of("scottish-localities")},
        sets=tuple(sets or present),
        covers={one.id: councils_of(one.covers) for one in workspace.catalogue if one.covers},
        figures=figures,
        postcodes=postcodes,
        library=library.result() if library is not None else "",
        is_for_national=is_national_due,
    )
    # the largest first, so that none of them is begun last
    due.sort(key=lambda code: (-size[code], code))
    wanted = [(code, [kind for kind in kinds if (code, kind) not in found]) for code in due]
    total = len(slugs) + 1 + len(versions)
    titles = dict(zip(areas["cpp_code"], areas["cpp_name"], strict=True))
    parts: dict[str, dict[str, Any]] = {}
    if progress:
        progress("Writing the files of partnerships", len(slugs) - len(due), total)
    for number, (code, written) in enumerate(written_by(edition, wanted, zones), start=len(slugs) - len(due) + 1):
        if progress:
            progress(f"Wrote the files of {titles[code]}", number, total)
        for kind, kept in written.made.items():
            found[code, kind] = shelf.take(names[code, kind], **kept)
        for kind, kept in written.unchanged.items():
            found[code, kind] = shelf.unchanged(names[code, kind], **kept)
        if written.part is not None:
            parts[code] = written.part
    when_written()
    if is_national_due:
        from localities.publishing.explorer.national import national_content
        from localities.publishing.explorer.page import write_page

        every = [parts.pop(code) for code in sorted(parts)]
        national = national_content(every, edition.about("")) | beside_national(edition, every)
        name = names["", "national"]
        found["", "national"] = shelf.place(
            name, partial(write_page, content=national, library=edition.library), content=all_of_it, made_from=all_of_it
        )
    return [found[one] for one in names]


def _postcodes(workspace: Workspace) -> tuple[np.ndarray, np.ndarray] | None:
    """Return where postcodes are, where a run has the file."""
    from localities.publishing.explorer.postcodes import read_points

    source = workspace.sources.get(_POSTCODES)
    path = source.path_in(workspace.home.downloads) if source else None
    return read_points(path) if path is not None and path.is_file() else None


def _selection(present: Sequence[str], candidate_sets: Sequence[str] | None) -> list[str] | None:
    """Return the candidate sets asked for, or None where those are all that there are.

    Raises
    ------
    ConfigError
        If one of them is not among the candidate localities.
    """
    absent = [one for one in dict.fromkeys(candidate_sets or ()) if one not in present]
    if absent:
        raise ConfigError(
            "No such candidate set among the computed ones",
            codes=absent,
            expected=", ".join(present),
            remedy="use one of these names, or add it to the setting candidate_sets",
        )
    return (
        None if candidate_sets is None or set(candidate_sets) == set(present) else list(dict.fromkeys(candidate_sets))
    )


def _national(workspace: Workspace, shelf: Shelf, versions: Mapping[str, str]) -> list[Published]:
    from localities.publishing.duckdb_file import write_duckdb
    from localities.publishing.parquet import write_parquet

    if not versions:
        return []
    found = []
    name = file_names("", is_fictional=workspace.is_fictional)["duckdb"]
    given = _given(workspace, shelf)
    found += list(given.values())
    states = [one.sha256 for one in given.values()]
    content = hash_of([versions, made_by(), _environment(), workspace.is_fictional, states])
    if shelf.holds(name, "content", content):
        found.append(shelf.unchanged(name))
    else:
        paths = {table: workspace.store.paths(table) for table in versions}
        paths |= {table: [shelf.latest(one.name)] for table, one in given.items()}
        note = "Fictional sample: describes no real place." if workspace.is_fictional else ""
        found.append(shelf.place(name, lambda path: write_duckdb(path, paths, about=note), content=content))
    for table, version in versions.items():
        name = f"parquet/{'fictional-' if workspace.is_fictional else ''}{table}.parquet"
        # the version is that of the data: what the file says of its columns in words counts too
        content = hash_of([version, declared_of(table)])
        if shelf.holds(name, "content", content):
            found.append(shelf.unchanged(name))
            continue
        stored = workspace.store.paths(table)
        found.append(shelf.place(name, partial(write_parquet, stored=stored), content=content))
    return found


def _given(workspace: Workspace, shelf: Shelf) -> dict[str, Published]:
    """Write the tables of what people decided and said, which no store holds; return what became of each."""
    from localities.publishing.parquet import write_frame

    found: dict[str, Published] = {}
    states, answers = states_of_decisions(workspace.home), state_of_rounds(workspace.home)
    versions = {name: one.version for name, one in workspace.store.manifests().items()}
    tables: dict[str, pd.DataFrame] = {}
    for table in ("decisions", "decision_targets", "place_standard"):
        name = f"parquet/{'fictional-' if workspace.is_fictional else ''}{table}.parquet"
        behind = answers if table == "place_standard" else states
        content = hash_of([behind, versions if behind else {}, made_by()])
        if shelf.holds(name, "content", content):
            found[table] = shelf.unchanged(name)
            continue
        if not tables:
            tables["decisions"], tables["decision_targets"] = decided_in(workspace.home, workspace.store)
            tables["place_standard"] = place_standard_in(workspace.home, workspace.store)
        found[table] = shelf.place(name, partial(write_frame, frame=tables[table]), content=content)
    return found


def _shown(computed: Collection[str]) -> tuple[str, ...]:
    """Return the tables that publications of partnerships are made of."""
    from localities.publishing.further import NEEDED
    from localities.publishing.layers import READ, READ_IF_THERE

    more = (*READ_IF_THERE, *NEEDED, "observations", "hot_spot_zones")
    return (*READ, *(name for name in more if name in computed))


def _general(workspace: Workspace) -> About:
    """Return what the files of every partnership say of themselves."""
    from localities.publishing.metadata import About

    sources = workspace.store.read("sources", columns=["title", "licence", "attribution", "sha256", "note"])
    absent = sources[sources["sha256"] == "none"]
    missing = f" {' '.join(f'{row.title}: {row.note}' for row in absent.itertuples())}" if len(absent) else ""
    sources = sources.drop(index=absent.index)
    fiction = " Fictional sample: describes no real place." if workspace.is_fictional else ""
    return About(
        title="",
        abstract=f"{fiction}{missing}",
        licences=tuple(sorted(sources["licence"].dropna().unique())),
        attributions=tuple(sorted(sources["attribution"].dropna().unique())),
        is_fictional=workspace.is_fictional,
    )


def _refuse_absent(workspace: Workspace, versions: Mapping[str, str]) -> None:
    from localities.publishing.layers import READ

    absent = [name for name in READ if name not in versions]
    if absent:
        raise ConfigError(
            "Tables that publications are made of have not been computed yet",
            where=workspace.home.store,
            codes=absent,
            remedy="run `localities run`, or materialise them in Dagster, first",
        )


def _refuse_stale(workspace: Workspace) -> None:
    """Raise where a table is not what its sources, the settings and the code would make of it now."""
    from pipelines.run.staleness import plan_of

    manifests = workspace.store.manifests()
    known = {source: sha256 for one in manifests.values() for source, sha256 in one.sources.items()}
    if "sources" in manifests:
        known |= manifests["sources"].sources
    for one in workspace.steps:
        known = dict.fromkeys(one.find_sources(), "not read yet") | known
    plan = plan_of(workspace, known)
    if not plan.is_empty:
        why = "".join(f"\n    {one.table}: {', '.join(one.reasons)}" for one in plan.planned[:5])
        raise ConfigError(
            "Tables are out of date, so nothing is published from them",
            where=workspace.home.store,
            codes=plan.tables,
            found=why,
            remedy="run `localities run`, or materialise them in Dagster, first",
        )


def _settings_used(workspace: Workspace) -> dict[str, object]:
    """Return the settings that the tables were made with, by name."""
    used: dict[str, object] = {}
    for manifest in workspace.store.manifests().values():
        used |= {name: value for name, value in manifest.configuration.items() if name not in NOT_SETTINGS}
    return dict(sorted(used.items()))


def _made_with(workspace: Workspace) -> dict[str, Any]:
    manifests = workspace.store.manifests()
    tables = {name: one.code_version for name, one in manifests.items()}
    return {
        "code": hash_of([made_by(), tables])[:16],
        "environment": _environment(),
        "settings": _settings_used(workspace),
        "fictional": workspace.is_fictional,
    }


def made_by() -> str:
    """Return a hash of the code that writes publications: this module and everything that it reaches by import."""
    # the titles of candidate sets are found by name
    sets = ("localities.candidate_sets",)
    return hash_of([code_of(name, registries=sets) for name in (__name__, "pipelines.run.partnership")])[:16]


def _environment() -> dict[str, str]:
    """Return the versions that decide the bytes of a file."""
    return {**{name: _version_of(name) for name in _VERSIONED}, "sqlite": sqlite3.sqlite_version}


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
