"""`localities indicators add`: a draft of a declaration, made by looking at a published file."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote, urlsplit

import typer

from indicators.errors import ConfigError, SourceUnavailable
from pipelines.cli.parts.choices import AsJson, HomeFolder, Sample, home_of
from pipelines.cli.parts.output import screen, write_json

if TYPE_CHECKING:
    from indicators.declaring.looking import Form
    from pipelines.folders import Home


def add_indicator(
    file: Annotated[
        str, typer.Argument(metavar="FILE|ADDRESS", help="Published CSV or workbook, or its https address.")
    ],
    indicator: Annotated[str, typer.Option("--id", metavar="ID", help="Id of the new indicator.")],
    source: Annotated[
        str | None,
        typer.Option(
            "--source", metavar="SOURCE", help="Id of its source; made from the name of the file if not given."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Where to write the draft; by default among the declarations of the working folder, where it counts "
            "as soon as no question mark is left.",
        ),
    ] = None,
    encoding: Annotated[
        str, typer.Option("--encoding", metavar="NAME", help="Of text, where names look wrong without it: cp1252.")
    ] = "",
    sheet: Annotated[
        str, typer.Option("--sheet", metavar="NAME", help="Of a workbook; by default that with most zones and figures.")
    ] = "",
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Draft a declaration by looking at a file, and list all that was seen and what was left out and why.

    What only a person can decide is left as a question mark. A draft with one left is used by nobody. Check the
    finished declaration with `localities indicators check ID`: it shows what would change before anything does.
    """
    from indicators.catalogue import SCHEMA
    from indicators.declaring.drafting import draft_declaration
    from indicators.declaring.looking import look_at, what_was_seen
    from indicators.declaring.strict_yaml import editor_line
    from pipelines.sources.declarations import load_sources, source_schema

    with _at_hand(file) as path:
        name = unquote(Path(urlsplit(file).path).name) if _is_address(file) else path.name
        source_id = source or re.sub(r"[^a-z0-9]+", "-", Path(name).stem.casefold()).strip("-")
        working = home_of(home, is_sample=sample)
        form = look_at(path, sheet=sheet, encoding=encoding)
        own, of_source = (out or working.declarations / kind for kind in ("indicators", "sources"))
        draft = draft_declaration(
            form, indicator_id=indicator, source=source_id, covers=_councils(form.areas, form.geography, working)
        )
        drafts = {own / f"{indicator}.yaml": f"{editor_line(SCHEMA, own)}\n{draft}"}
        is_new = source_id not in load_sources()
        if is_new:
            draft = _source_draft(source_id, name, file, form, path)
            drafts[of_source / f"{source_id}.yaml"] = f"{editor_line(source_schema(), of_source)}\n{draft}"
    written = list(drafts)
    if present := [path for path in written if path.exists()]:
        raise ConfigError(
            "A draft would replace a file",
            where=present[0],
            remedy="choose another --id or --out, or remove the file",
        )
    for place, text in drafts.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    lines = list(what_was_seen(form))
    if as_json:
        seen = {"form": form.reader, "geography": form.geography, "areas": form.rows, "seen": lines}
        write_json(seen | {"symbols": form.symbols, "written": list(map(str, written))})
        return
    for line in lines:
        screen().print(line, markup=False, soft_wrap=True)
    for place in written:
        screen().print(f"Draft written: {place}", markup=False, soft_wrap=True)
    fetching = "`localities sources fetch`" if _is_address(file) else f"`localities sources add-file {source_id} FILE`"
    screen().print(
        f"Replace every question mark, bring the file in with {fetching}, and check with `localities indicators check "
        f"{indicator}`, which shows what would change.",
        markup=False,
        soft_wrap=True,
    )


def _councils(areas: frozenset[str], geography: str, home: Home) -> list[str]:
    """Return the councils that a file covers where it has not the zones of all; nothing where no run can tell."""
    from pipelines.storage.reading import rows_of
    from pipelines.storage.store import Store

    store = Store(home.store)
    if "zones" not in store.manifests() or geography.rpartition("_")[0] not in ("data_zone", "intermediate_zone"):
        return []
    code = "zone_code" if geography.startswith("data_zone") else "intermediate_zone_code"
    zones = rows_of(store, "zones", columns=["cpp_code", code]).drop_duplicates()
    inside = zones[zones[code].isin(areas)]
    found = sorted(inside["cpp_code"].unique())
    return [] if len(found) == zones["cpp_code"].nunique() else found


def _is_address(file: str) -> bool:
    return file.startswith(("https://", "http://"))


@contextmanager
def _at_hand(file: str) -> Iterator[Path]:
    """Give the file, downloaded first to a temporary folder if it is an address."""
    if not _is_address(file):
        path = Path(file).expanduser()
        if not path.is_file():
            raise SourceUnavailable("The file is not there", where=path, remedy="check the path")
        yield path
        return
    from pipelines.sources.addresses import is_secure
    from pipelines.sources.transport import AddressFailed, Client

    if not is_secure(file):
        raise ConfigError("An address is not secure", where=file, expected="https", remedy="use https")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "file"
        try:
            Client().get_file(file, target)
        except AddressFailed as error:
            raise SourceUnavailable(
                "The address does not yield a file", where=file, found=error, remedy="check the address"
            ) from error
        yield target


def _format(head: bytes, form: Form) -> str:
    """Return the format of a source's file, by how it begins."""
    marks = {
        b"PAR1": "parquet",
        b"SQLite": "geopackage",
        b"\x1f\x8b": "csv_gz",
        b"BZh": "csv_bz2",
        b"\xfd7zXZ": "csv_xz",
    }
    if found := next((kind for mark, kind in marks.items() if head.startswith(mark)), ""):
        return found
    if head.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return "csv_zip" if form.seen.compression or not form.seen.sheet else "xlsx"
    return "json" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) else "csv"


def _source_draft(source_id: str, name: str, file: str, form: Form, path: Path) -> str:
    """Return a draft of the source's declaration."""
    kind = _format(path.read_bytes()[:64], form)
    encoding = "utf-8-sig" if form.seen.encoding in ("utf-8", "") else form.seen.encoding
    lines = [
        "# A draft: replace every ?.",
        f"id: {source_id}",
        'title: "?"',
        'publisher: "?"',
        *(
            ['landing_page: "https://?"', "addresses:", "  - kind: plain", f"    url: {file}"]
            if _is_address(file)
            else [f'landing_page: "file:{name}"  # or the page of the publisher: https://...', "addresses: []"]
        ),
        f'file_name: "{name}"',
        f"format: {kind}",
        *([f"encoding: {encoding}  # as found"] if kind.startswith("csv") else []),
        'licence: "Unknown: not stated with the file"  # until you know; every output says so',
        'attribution: "?"',
        f'vintage: "{form.geography.rpartition("_")[2]}"',
        "update: rolling",
    ]
    return "\n".join(lines) + "\n"
