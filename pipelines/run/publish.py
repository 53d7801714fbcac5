"""Publishing: which files are due, and what became of each.

What a file holds and how it is written is in `localities.publishing`. Here is only the choice: every file is kept with
a fingerprint of what it was made of, in ``publications.json`` beside the files, and is left alone while that holds.
All files that are due become current together, or none does. Thresholds and sources that a file states are those that
its tables were made with; tables that are out of date are not published.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from indicators.errors import ConfigError, compose
from pipelines.run.pages import Beside, helper, write_beside
from pipelines.run.report import Published
from pipelines.run.workspace import NOT_SETTINGS
from pipelines.storage.code_versions import code_of, declared_of
from pipelines.storage.whole import write_whole

if TYPE_CHECKING:
    import pyarrow as pa

    from localities.publishing.atomic import Placed
    from localities.publishing.layers import Country, Layer
    from localities.publishing.metadata import About
    from pipelines.run.report import Progress
    from pipelines.run.workspace import Workspace

__all__ = ["file_names", "made_by", "publish"]

T = TypeVar("T")
RECORD = "publications.json"
_ROOM = ".edition"
_BATCH_ROWS = 65_536
_LONGEST = 80
_EDITION = 8
"""Letters of what a file was made of that tell one edition of it from another."""
_VERSIONED = ("pyogrio", "pyarrow", "pandas", "duckdb", "xlsxwriter", "topojson", "vl-convert-python")

_KINDS = {"geopackage": ("geopackage",), "workbook": ("workbook", "archive"), "explorer": ("explorer",)}
"""Files of a partnership by the name of a publication in the setting ``publications``."""

# these change whenever a source is fetched anew: they are written, but alone they do not make a file due
_VOLATILE = ("address_used", "sha256", "retrieved_at", "rows", "note")


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
        named = f"{len(set(sets or ()))} sets, {_hash(sorted(sets or ()))[:8]}"
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
        CPPs by code, slug or usual spelling; None for all. National files are kept up to date whatever the areas.
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
    shelf = _Shelf(folder)
    versions = {name: one.version for name, one in workspace.store.manifests().items()}
    _refuse_absent(workspace, versions)
    _refuse_stale(workspace)
    # every table has this format now, whoever computed them
    workspace.store.forget_other_formats()
    chosen = {code: slugs[code] for code in wanted}
    # the national files are written beside those of partnerships: DuckDB works outside Python's lock
    with ThreadPoolExecutor(1) as pool:
        national = pool.submit(_national, workspace, shelf, versions)
        try:
            found = _of_partnerships(workspace, shelf, versions, chosen, candidate_sets, progress)
            if progress:
                progress("Writing the national files", len(found), len(found) + 1 + len(versions))
            found += national.result()
        except BaseException:
            wait([national])
            shelf.abandon()
            raise
    return shelf.issue(found)


class _Shelf:
    """The folder of publications, what each file in it was made of, and the edition that is being made beside it.

    New files are written under ``.edition``; only when every one of them is whole are they moved, all together. What
    is to be moved is noted first, so that a run that is killed between two moves is finished by the next.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.room = folder / _ROOM
        self.record: dict[str, dict[str, Any]] = self._read(folder / RECORD)
        if self.room.is_dir():
            for name, kept in self._read(self.room / RECORD).items():
                if (self.room / name).is_file():
                    self._move(name, kept)
                elif (folder / name).is_file() and _sha256(folder / name) == kept["sha256"]:
                    self.record[name] = kept
            shutil.rmtree(self.room, ignore_errors=True)
            self._save()
        self.before = json.dumps(self.record, sort_keys=True)
        self.made: dict[str, dict[str, Any]] = {}

    @staticmethod
    def _read(path: Path) -> dict[str, dict[str, Any]]:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return {name: dict(one) for name, one in content["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # no record, or a damaged one: every file is due again, which is slower and never wrong
            return {}

    def holds(self, name: str, kind: str, fingerprint: str) -> bool:
        """Return whether the file is there, holds what was written, and was made of just this."""
        kept = self.record.get(name, {})
        if not fingerprint or kept.get(kind) != fingerprint:
            return False
        try:
            return _sha256(self.folder / name) == kept.get("sha256")
        except OSError:
            return False

    def unchanged(self, name: str, **kept: str) -> Published:
        self.record[name] |= kept
        return Published(name, self.folder / name, "unchanged", "", str(self.record[name].get("sha256", "")))

    def place(self, name: str, write: Callable[[Path], Placed], **kept: str) -> Published:
        """Write a file of the new edition and keep what it was made of."""
        write(self.room / name)
        return self.take(name, **kept)

    def take(self, name: str, **kept: str) -> Published:
        """Take in a file that was written where the new edition is made, and keep what it was made of."""
        draft = self.room / name
        self.made[name] = {"sha256": _sha256(draft), "size": draft.stat().st_size, **kept}
        return Published(name, self.folder / name, "written", "", self.made[name]["sha256"])

    def issue(self, found: Sequence[Published]) -> list[Published]:
        """Move the whole edition into place; return what became of every file."""
        if self.made:
            write_whole(self.room / RECORD, json.dumps({"files": self.made}) + "\n")
        placed = {name: self._move(name, kept) for name, kept in self.made.items()}
        self._save()
        shutil.rmtree(self.room, ignore_errors=True)
        return [
            one
            if one.name not in placed or placed[one.name].is_in_place
            else replace(one, path=placed[one.name].path, status="kept_beside", note=placed[one.name].note)
            for one in found
        ]

    def abandon(self) -> None:
        """Let go of an edition that did not become whole."""
        shutil.rmtree(self.room, ignore_errors=True)

    def _move(self, name: str, kept: dict[str, Any]) -> Placed:
        from localities.publishing.atomic import move_whole

        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        placed = move_whole(self.room / name, self.folder / name)
        if placed.is_in_place:
            self.record[name] = kept
        return placed

    def _save(self) -> None:
        if json.dumps(self.record, sort_keys=True) != getattr(self, "before", ""):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.folder / RECORD, json.dumps({"files": self.record}, indent=1, sort_keys=True) + "\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _of_partnerships(
    workspace: Workspace,
    shelf: _Shelf,
    versions: Mapping[str, str],
    slugs: Mapping[str, str],
    candidate_sets: Sequence[str] | None,
    progress: Progress | None,
) -> list[Published]:
    """Write the files of partnerships that are due; where nothing at all changed, not even the tables are read."""
    made_with = _made_with(workspace)
    sets = _selection(workspace, candidate_sets)
    kinds = [kind for one in workspace.settings.publications for kind in _KINDS[one]]
    all_of_it = _hash([{name: versions[name] for name in (*_shown(versions), *_further(versions))}, made_with, sets])
    names = {
        (code, kind): file_names(slug, is_fictional=workspace.is_fictional, sets=sets)[kind]
        for code, slug in slugs.items()
        for kind in kinds
    }
    # the national page is put together from those of every partnership
    if (
        "explorer" in kinds
        and sets is None
        and len(slugs) == workspace.store.read("zones", columns=["cpp_code"])["cpp_code"].nunique()
    ):
        names["", "national"] = file_names("", is_fictional=workspace.is_fictional)["national"]
    found = {one: shelf.unchanged(name) for one, name in names.items() if shelf.holds(name, "made_from", all_of_it)}
    is_national_due = ("", "national") in names and ("", "national") not in found
    due = [code for code in slugs if is_national_due or any((code, kind) not in found for kind in kinds)]
    if not due:
        return [found[one] for one in names]
    total = len(slugs) + 1 + len(versions)
    if progress:
        progress("Preparing what partnerships show", len(slugs) - len(due), total)
    country = _prepare(workspace, made_with, sets)
    from localities.publishing.archive import write_archive
    from localities.publishing.geopackage import fingerprint_of, steady_gdal, write_geopackage

    writers: dict[str, Callable[..., Placed]] = {"geopackage": write_geopackage, "archive": write_archive}
    about = _about(workspace)
    named = partial(file_names, is_fictional=workspace.is_fictional, sets=sets)
    beside = Beside(workspace, lambda slug: named(slug)["explorer"])
    parts: dict[str, dict[str, Any]] = {}

    def cut(code: str) -> tuple[list[Layer], About, str]:
        layers, about_file = country.of(code), about(country.names[code])
        return layers, about_file, fingerprint_of(layers, about_file, _hash(made_with), volatile=_VOLATILE)

    def collect(begun: tuple[str, Future[dict[str, Any] | None], dict[tuple[str, str], dict[str, str]]]) -> None:
        code, future, files = begun
        part = future.result()
        if part:
            parts[code] = part
        for one, kept in files.items():
            found[one] = shelf.take(names[one], **kept)

    with steady_gdal(), helper(len(due)) as pool:
        begun = None
        for number, (code, (layers, about_file, content)) in enumerate(
            zip(due, _one_ahead(cut, due), strict=True), start=len(slugs) - len(due)
        ):
            if progress:
                progress(f"Writing the files of {country.names[code]}", number, total)
            about_file = replace(about_file, edition=content[:_EDITION])
            more = beside.more(code) if "explorer" in kinds else {}
            further = beside.layers(code) if kinds != ["geopackage"] else []
            wider = _hash([content, more]) + (fingerprint_of(further, about_file) if further else "")
            files: dict[tuple[str, str], dict[str, str]] = {}
            for kind in (one for one in kinds if (code, one) not in found):
                kept = {"content": content if kind == "geopackage" else wider, "made_from": all_of_it}
                if shelf.holds(names[code, kind], "content", kept["content"]):
                    found[code, kind] = shelf.unchanged(names[code, kind], **kept)
                else:
                    files[code, kind] = kept
            before, begun = begun, None
            # what GDAL, Arrow and zlib write is written here; what Python alone writes goes to the helper
            paths = {kind: shelf.room / names[code, kind] for code, kind in files if kind not in writers}
            if paths or is_national_due:
                task = pool.submit(
                    write_beside, paths, [*layers, *further], about_file, more, is_for_national=is_national_due
                )
                begun = code, task, {one: kept for one, kept in files.items() if one[1] not in writers}
            for kind in (one for one in writers if (code, one) in files):
                shown = layers if kind == "geopackage" else [*layers, *further]
                write = partial(writers[kind], layers=shown, about=about_file)
                found[code, kind] = shelf.place(names[code, kind], write, **files[code, kind])
            if before:
                collect(before)
        if begun:
            collect(begun)
    if is_national_due:
        from localities.publishing.explorer.national import national_content
        from localities.publishing.explorer.page import write_page

        national = national_content([parts[code] for code in sorted(parts)], about("")) | beside.more(None)
        name = names["", "national"]
        found["", "national"] = shelf.place(
            name, partial(write_page, content=national), content=all_of_it, made_from=all_of_it
        )
    return [found[one] for one in names]


def _selection(workspace: Workspace, candidate_sets: Sequence[str] | None) -> list[str] | None:
    """Return the candidate sets asked for, or None where those are all that there are."""
    if candidate_sets is None:
        return None
    present = set(workspace.store.read("candidate_localities", columns=["candidate_set"])["candidate_set"])
    return None if set(candidate_sets) == present else list(dict.fromkeys(candidate_sets))


def _one_ahead(function: Callable[[str], T], items: Sequence[str]) -> Iterator[T]:
    """Yield what the function returns for each item, computing the next one while the last is being used."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(function, items[0])
        for item in items[1:]:
            result, waiting = waiting.result(), pool.submit(function, item)
            yield result
        yield waiting.result()


def _national(workspace: Workspace, shelf: _Shelf, versions: Mapping[str, str]) -> list[Published]:
    from localities.publishing.duckdb_file import write_duckdb
    from localities.publishing.parquet import write_parquet

    found = []
    name = file_names("", is_fictional=workspace.is_fictional)["duckdb"]
    content = _hash([versions, made_by(), _environment(), workspace.is_fictional])
    if shelf.holds(name, "content", content):
        found.append(shelf.unchanged(name))
    else:
        paths = {table: workspace.store.paths(table) for table in versions}
        note = "Fictional sample: describes no real place." if workspace.is_fictional else ""
        found.append(shelf.place(name, lambda path: write_duckdb(path, paths, about=note), content=content))
    for table, version in versions.items():
        name = f"parquet/{'fictional-' if workspace.is_fictional else ''}{table}.parquet"
        # the version is that of the data: what the file says of its columns in words counts too
        content = _hash([version, declared_of(table)])
        if shelf.holds(name, "content", content):
            found.append(shelf.unchanged(name))
            continue
        stored = workspace.store.paths(table)
        found.append(shelf.place(name, partial(write_parquet, stored=stored), content=content))
    return found


def _prepare(workspace: Workspace, made_with: Mapping[str, Any], sets: Sequence[str] | None) -> Country:
    from localities.publishing.layers import prepare

    about = {"code_version": str(made_with["code"]), "project_version": _version_of("scottish-localities")}
    return prepare(
        {name: _read(workspace, name) for name in _shown(workspace.store.manifests())},
        settings=_settings_used(workspace),
        about=about,
        candidate_sets=sets,
        is_fictional=workspace.is_fictional,
    )


def _shown(computed: Collection[str]) -> tuple[str, ...]:
    """Return the tables that publications of partnerships are made of."""
    from localities.publishing.layers import READ, READ_IF_THERE

    return (*READ, *(name for name in READ_IF_THERE if name in computed))


def _further(computed: Collection[str]) -> tuple[str, ...]:
    from localities.publishing.further import NEEDED

    return tuple(name for name in NEEDED if name in computed)


def _read(workspace: Workspace, name: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from indicators.schema.fields import FIELDS
    from indicators.schema.tables import TABLES
    from localities.publishing.headline import USED

    paths = workspace.store.paths(name)
    if name not in ("estimates", "findings"):
        read = [pq.ParquetFile(path).read(use_threads=False).replace_schema_metadata(None) for path in paths]
        return pa.concat_tables(read)
    # the two large tables: text as codes into a dictionary, and a batch at a time to the rows that are wanted
    columns = [one for one in TABLES[name].columns if one in USED]
    texts = [one for one in columns if FIELDS[one].dtype in ("code", "text")]
    batches: list[pa.RecordBatch] = []
    for path in paths:
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            read = file.iter_batches(_BATCH_ROWS, columns=columns, use_threads=False)
            batches += [batch.filter(batch["is_headline_period"]) for batch in read]
            schema = batches[0].schema if batches else file.schema_arrow
    return pa.Table.from_batches(batches, schema).replace_schema_metadata(None).unify_dictionaries().combine_chunks()


def _about(workspace: Workspace) -> Callable[[str], About]:
    from localities.publishing.metadata import About

    sources = workspace.store.read("sources", columns=["title", "licence", "attribution", "sha256", "note"])
    absent = sources[sources["sha256"] == "none"]
    missing = f" {' '.join(f'{row.title}: {row.note}' for row in absent.itertuples())}" if len(absent) else ""
    sources = sources.drop(index=absent.index)
    general = About(
        title="",
        abstract="",
        licences=tuple(sorted(sources["licence"].dropna().unique())),
        attributions=tuple(sorted(sources["attribution"].dropna().unique())),
        is_fictional=workspace.is_fictional,
    )
    fiction = " Fictional sample: describes no real place." if workspace.is_fictional else ""

    def about(cpp_name: str) -> About:
        whose = (
            f"the community planning partnership of {cpp_name}" if cpp_name else "every community planning partnership"
        )
        return replace(
            general,
            title=f"Localities and their outcomes: {cpp_name or 'all partnerships'}"
            f"{' (fictional)' if workspace.is_fictional else ''}",
            abstract=(
                f"Candidate localities of {whose}, the statistical evidence on"
                " whether their residents experience significantly poorer outcomes than the rest of its area and the"
                f" rest of Scotland, and what it rests on. The decision remains the partnership's.{fiction}{missing}"
            ),
        )

    return about


def _refuse_absent(workspace: Workspace, versions: Mapping[str, str]) -> None:
    from localities.publishing.layers import READ

    absent = [name for name in READ if name not in versions]
    if absent:
        raise ConfigError(
            compose(
                "Tables that publications are made of have not been computed yet",
                where=workspace.home.store,
                codes=absent,
                remedy="run `localities run`, or materialise them in Dagster, first",
            )
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
            compose(
                "Tables are out of date, so nothing is published from them",
                where=workspace.home.store,
                codes=plan.tables,
                found=why,
                remedy="run `localities run`, or materialise them in Dagster, first",
            )
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
        "code": _hash([made_by(), tables])[:16],
        "environment": _environment(),
        "settings": _settings_used(workspace),
        "fictional": workspace.is_fictional,
    }


def made_by() -> str:
    """Return a hash of the code that writes publications: this module and everything that it reaches by import."""
    # the titles of candidate sets are found by name
    return code_of(__name__, registries=("localities.candidate_sets",))


def _environment() -> dict[str, str]:
    """Return the versions that decide the bytes of a file."""
    return {**{name: _version_of(name) for name in _VERSIONED}, "sqlite": sqlite3.sqlite_version}


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
