"""Documents of partnerships and places: which to write, from which rows of the store, and into which files.

What they say is in `localities.documents`. They are written when asked for: several hundred files for all of Scotland,
of which most readers open three. The same tables and decisions give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from indicators.declaring.own import use_folder
from indicators.errors import ConfigError
from pipelines.folders import find_home
from pipelines.run.team import look_in
from pipelines.storage.reading import rows_of, settings_of
from pipelines.storage.store import Store
from pipelines.workers import is_a_worker, workers

if TYPE_CHECKING:
    import pandas as pd

    from localities.documents.document import Document
    from localities.documents.partnership import Partnership
    from pipelines.folders import Home
    from pipelines.run.report import Published
    from pipelines.run.workspace import Workspace

FORMATS = ("docx", "pdf", "html")

NEEDED = (
    "sources", "zones", "adjacency", "indicators", "candidate_localities", "membership", "estimates", "findings",
    "verdicts", "trends", "progress", "reach", "need_outside",
)  # fmt: skip
"""Tables without which no document is written."""

_PROJECT = "scottish-localities"
_PACKAGES = ("python-docx", "typst", "font-source-sans-pro", "shapely")
"""Packages that decide the bytes of a document."""

_TOGETHER = 12
"""Documents that one process writes at a time: the rows of a partnership are read once for them."""


@dataclass(frozen=True)
class Wanted:
    """One document: ``profile``, ``evidence_pack`` or ``progress_report``, and what it is about."""

    kind: str
    cpp_code: str
    candidate_set: str
    locality_id: str = ""


class Writer:
    """Writes documents of a working folder.

    Parameters
    ----------
    home
        Working folder.
    formats
        Of `FORMATS`.
    """

    def __init__(self, home: Home, formats: Sequence[str]) -> None:
        self._home, self._formats = home, tuple(formats)
        self._of_sets: dict[str, dict[str, pd.DataFrame]] = {}
        self._partnerships: dict[tuple[str, str], Partnership] = {}

    @cached_property
    def _store(self) -> Store:
        return Store(self._home.store)

    @cached_property
    def _national(self) -> dict[str, pd.DataFrame]:
        """Return the tables of which documents read rows of any partnership; without what only large ones need."""
        names = {*NEEDED, "council_context", "hot_spots", "hot_spot_zones", "group_indicators", "group_coverage"} & set(
            self._store.manifests()
        )
        left = {"findings", "estimates", "trends", "progress", "zones", "need_outside",
                "membership", "verdicts"}  # fmt: skip
        tables = {name: rows_of(self._store, name) for name in sorted(names - left)}
        tables["zones"] = self._store.read("zones")
        return tables

    def _of_set(self, candidate_set: str) -> dict[str, pd.DataFrame]:
        """Return the tables of which documents read the rows of one way of drawing alone, in all of Scotland."""
        if candidate_set not in self._of_sets:
            own = {"candidate_set": [candidate_set]}
            tables = {name: rows_of(self._store, name, where=own) for name in ("membership", "verdicts")}
            tables["candidate_localities"] = self._store.read("candidate_localities", sets=[candidate_set])
            ids = tables["candidate_localities"]["locality_id"].tolist()
            tables["estimates"] = rows_of(
                self._store, "estimates", where={"locality_id": ids, "is_headline_period": [True]}
            )
            self._of_sets[candidate_set] = tables
        return self._of_sets[candidate_set]

    def partnership(self, cpp_code: str, candidate_set: str) -> Partnership:
        """Return what the documents of a partnership are written from."""
        key = (cpp_code, candidate_set)
        if key in self._partnerships:
            return self._partnerships[key]
        from indicators.catalogue import load_catalogue
        from localities.documents.partnership import Partnership
        from pipelines.run.decisions import decided_in
        from pipelines.run.place_standard import place_standard_in

        store, places = self._store, self._of_set(candidate_set)["candidate_localities"]
        own = places[places["cpp_code"] == cpp_code]
        ids = own["locality_id"].tolist()
        tables: dict[str, Any] = {
            **self._national,
            **self._of_set(candidate_set),
            "findings": rows_of(store, "findings", where={"locality_id": ids, "is_headline_period": [True]}),
            "trends": rows_of(store, "trends", where={"locality_id": ids}),
            "progress": rows_of(store, "progress", where={"area_id": [*ids, cpp_code]}),
            "need_outside": rows_of(store, "need_outside", where={"cpp_code": [cpp_code]}),
        }
        manifests = store.manifests()
        of_partnership = {"area_code": [cpp_code]}
        parts = {
            "peers": {"area_id": ids},
            "peer_findings": {"locality_id": ids},
            "inequality": of_partnership,
            "group_findings": of_partnership,
        }
        for name, where in parts.items():
            if name in manifests:
                tables[name] = rows_of(store, name, where=where)
        settings = settings_of(store)
        # the last partnership is kept alone: its places come one after another
        self._partnerships = {
            key: Partnership(
                cpp_code=cpp_code,
                cpp_name=str(own["cpp_name"].iloc[0]),
                candidate_set=candidate_set,
                tables=tables,
                settings=settings,
                catalogue=load_catalogue(),
                decided=decided_in(self._home, store, cpp_codes=[cpp_code]),
                find_moved=lambda: self._moved,
                made_with=self._made_with,
                place_standard=place_standard_in(self._home, store, cpp_codes=[cpp_code]),
            )
        }
        return self._partnerships[key]

    @cached_property
    def _moved(self) -> tuple[str, pd.DataFrame] | None:
        """Return the edition before the last, and which verdicts moved since; None where there is but one."""
        from pipelines.run.differences import difference
        from pipelines.storage.editions import Editions

        editions = Editions(self._home.editions)
        kept = editions.all()
        return (kept[-2].id, difference(editions, kept[-2], kept[-1]).verdicts) if len(kept) > 1 else None

    @cached_property
    def _made_with(self) -> str:
        """Return thresholds that are not the usual ones, and the version of the code that made the verdicts."""
        from localities.explain.technical import changed_settings

        changed = changed_settings(settings_of(self._store)) or ("Made with the usual thresholds.",)
        version = self._store.manifests()["verdicts"].code_version
        return f"{changed[0]} Code {version}, scottish-localities {_version_of(_PROJECT)}."

    def write(self, wanted: Sequence[Wanted]) -> dict[str, bytes]:
        """Return some documents by the names of their files: a folder for each partnership."""
        return {name: content for one in wanted for name, content in self._write(one)}

    def _write(self, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
        import pandas as pd

        from localities.councils import slug_of

        # single rows of text are picked out all the time: a fifth of the work where they are Arrow's
        with pd.option_context("mode.string_storage", "python"):
            partnership = self.partnership(wanted.cpp_code, wanted.candidate_set)
        document = _text_of(wanted, partnership)
        stem = f"{slug_of(partnership.cpp_name)}/{_stem(wanted, partnership)}"
        for form in self._formats:
            yield f"{stem}.{form}", _RENDERED[form](document)


def publish_documents(workspace: Workspace, areas: Sequence[str] | None = None) -> list[Published]:
    """Return what became of the documents of each partnership, after writing those that are due.

    Profiles of flagged places of the drawing proposed, the evidence pack and the progress report, in every format. They
    lie in ``documents`` of the publications, where ``made_of.json`` says what each partnership's were made of. Files of
    before that are not made any more, because a place is flagged no longer, are deleted.

    Parameters
    ----------
    workspace
        With a store whose tables are up to date.
    areas
        CPPs by code, slug or usual spelling; None for all.

    Raises
    ------
    ConfigError
        As `written`.
    """
    import json

    from localities.councils import cpp_codes, cpp_table
    from pipelines.run.decisions import states_of_decisions
    from pipelines.run.partnership import hash_of
    from pipelines.run.report import Published
    from pipelines.storage.whole import write_whole

    store, folder = workspace.store, workspace.home.publications / "documents"
    zones = store.read("zones", columns=["cpp_code", "cpp_name"])
    slugs = cpp_table(zones).set_index("cpp_code")["cpp_slug"].to_dict()
    codes = list(slugs) if areas is None else list(dict.fromkeys(cpp_codes(areas, zones)))
    general, decided = _stands_on(workspace.home, store), states_of_decisions(workspace.home)
    made_of = {code: hash_of([*general, decided.get(code)]) for code in codes}
    path = folder / "made_of.json"
    record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    due = [
        code
        for code in codes
        if record.get(code, {}).get("made_of") != made_of[code]
        or not all((folder / one).is_file() for one in record[code]["files"])
    ]
    files: dict[str, list[str]] = {code: [] for code in due}
    by_slug = {slug: code for code, slug in slugs.items()}
    for some in written(workspace.home, _wanted(store, due), folder) if due else ():
        for one in some:
            files[by_slug[one.parent.name]].append(one.relative_to(folder).as_posix())
    for code in due:
        for old in set(record.get(code, {}).get("files", ())) - set(files[code]):
            (folder / old).unlink(missing_ok=True)
        record[code] = {"made_of": made_of[code], "files": sorted(files[code])}
    if due:
        write_whole(path, json.dumps(dict(sorted(record.items())), indent=1) + "\n")
    return [
        Published(
            f"documents/{slugs[code]}",
            folder / slugs[code],
            "written" if code in files else "unchanged",
            sha256=made_of[code],
        )
        for code in codes
    ]


def _stands_on(home: Home, store: Store) -> list[object]:
    """Return what the documents of every partnership are made of, beside its own decisions."""
    from pipelines.run.place_standard import state_of_rounds
    from pipelines.storage.code_versions import code_of

    versions = {name: one.version for name, one in store.manifests().items()}
    return [versions, state_of_rounds(home), code_of(__name__), {name: _version_of(name) for name in _PACKAGES}]


def _wanted(store: Store, codes: Sequence[str]) -> list[Wanted]:
    """Return every document of partnerships: two of each, and one of every flagged place of the drawing proposed."""
    proposed = rows_of(store, "reach", columns=["cpp_code", "candidate_set"], where={"is_proposed": [True]})
    verdicts = rows_of(store, "verdicts", columns=["locality_id", "cpp_code", "candidate_set"],
                       where={"is_flagged": [True], "cpp_code": list(codes)})  # fmt: skip
    sets = proposed.set_index("cpp_code")["candidate_set"].astype("str")
    flagged = verdicts[verdicts["candidate_set"].astype("str") == verdicts["cpp_code"].map(sets)]
    whole = [Wanted(kind, code, sets[code]) for code in codes for kind in ("evidence_pack", "progress_report")]
    return whole + [
        Wanted("profile", str(row.cpp_code), str(row.candidate_set), str(row.locality_id))
        for row in flagged.itertuples()
    ]


def _version_of(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _stem(wanted: Wanted, partnership: Partnership) -> str:
    from localities.councils import slug_of

    start = "fictional-" if partnership.tables["sources"]["is_fictional"].any() else ""
    if wanted.locality_id:
        places = partnership.tables["candidate_localities"].set_index("locality_id")
        name = slug_of(str(places.at[wanted.locality_id, "locality_name"]))
        code = re.sub(r"[^\w-]+", "-", wanted.locality_id.partition(":")[2])
        return f"{start}{name}-{code}"
    return f"{start}{slug_of(partnership.cpp_name)}-{wanted.kind.replace('_', '-')}"


def _text_of(wanted: Wanted, partnership: Partnership) -> Document:
    if wanted.kind == "evidence_pack":
        from localities.documents.evidence_pack import evidence_pack_of

        return evidence_pack_of(partnership)
    if wanted.kind == "progress_report":
        from localities.documents.progress_report import progress_report_of

        return progress_report_of(partnership)
    from localities.documents.profile import profile_of

    return profile_of(partnership, wanted.locality_id)


def _as_docx(document: Document) -> bytes:
    from localities.documents.as_word import as_word

    return as_word(document)


def _as_pdf(document: Document) -> bytes:
    from localities.documents.as_pdf import as_pdf

    return as_pdf(document)


def _as_html(document: Document) -> bytes:
    from localities.documents.as_html import as_html

    return as_html(document)


_RENDERED = {"docx": _as_docx, "pdf": _as_pdf, "html": _as_html}

_ONE = Lock()
"""A worker of Dask's may have threads; a writer serves one."""


def _write_some(home: Home, formats: tuple[str, ...], state: str, wanted: Sequence[Wanted]) -> dict[str, bytes]:
    """Return documents that another process asked this one for."""
    with _ONE:
        return _writer(home, formats, state).write(wanted)


@lru_cache(maxsize=1)
def _writer(home: Home, formats: tuple[str, ...], state: str) -> Writer:
    """Return the writer of this process, made anew when what documents stand on is another."""
    if not is_a_worker():
        use_folder(home.root)
        return Writer(home, formats)
    own = find_home()
    own = (own.for_sample() if home.is_sample else own).on_zones(home.zones)
    use_folder(own.root)
    look_in(own)
    if _state(own) != state:
        raise ConfigError(
            "A worker of Dask's does not have what the documents are asked of",
            where=own.root,
            expected="the same tables, decisions, settings of publication and version of the package",
            remedy="give it a LOCALITIES_HOME and the same LOCALITIES_STORE; or leave the scheduler out",
        )
    return Writer(own, formats)


def _state(home: Home) -> str:
    """Return a hash of all that documents stand on."""
    from pipelines.run.decisions import states_of_decisions
    from pipelines.run.partnership import hash_of
    from pipelines.storage.editions import Editions

    editions = [one.id for one in Editions(home.editions).all()]
    return hash_of([_stands_on(home, Store(home.store)), states_of_decisions(home), editions[-2:]])


def written(
    home: Home,
    wanted: Sequence[Wanted],
    out: Path,
    formats: Sequence[str] = FORMATS,
    scheduler: str | None = None,
) -> Iterator[list[Path]]:
    """Yield the files of documents as they are written: where they are many, by several `pipelines.workers`.

    Raises
    ------
    ConfigError
        If the packages of the extra ``documents`` are not installed, or a file cannot be put in place.
    """
    from importlib.util import find_spec

    needed = {"docx": ("docx", "typst", "font_source_sans_pro"), "pdf": ("typst", "font_source_sans_pro"), "html": ()}
    absent = sorted({one for form in formats for one in needed[form] if find_spec(one) is None})
    if absent:
        raise ConfigError(
            "Documents need packages that are not installed",
            expected="those of the extra `documents`",
            found=f"missing: {', '.join(absent)}",
            remedy="pip install 'scottish-localities[documents]', or ask for --format html alone",
        )
    by_partnership: dict[tuple[str, str], list[Wanted]] = {}
    for one in wanted:
        by_partnership.setdefault((one.cpp_code, one.candidate_set), []).append(one)
    parts = [some[at : at + _TOGETHER] for some in by_partnership.values() for at in range(0, len(some), _TOGETHER)]
    parts.sort(key=len, reverse=True)
    with workers(scheduler, parts=len(parts)) as others:
        if others is None:
            writer = Writer(home, formats)
            for part in parts:
                yield _placed(writer.write(part), out)
            return
        state = _state(home)
        begun = [others.submit(_write_some, home, tuple(formats), state, part) for part in parts]
        for done in as_completed(begun):
            yield _placed(done.result(), out)


def _placed(contents: dict[str, bytes], out: Path) -> list[Path]:
    from localities.publishing.atomic import place_whole

    return [place_whole(out / name, partial(_fill, content=content)).path for name, content in contents.items()]
