"""`localities indicators add`: a draft of a declaration, made by looking at a published file."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from indicators.errors import ConfigError, SourceUnavailable, compose
from pipelines.cli.parts.choices import AsJson
from pipelines.cli.parts.output import EXIT_CODES, screen, write_json

__all__ = ["register"]


def register(indicators: typer.Typer) -> None:
    """Add the command to `localities indicators`."""
    indicators.command("add", epilog=EXIT_CODES)(add_indicator)


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
        typer.Option("--out", metavar="DIR", help="Where to write the draft; the current folder by default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draft a declaration by looking at a file: its form, areas, periods, columns and dimensions.

    What only a person can decide is left as a question mark. Check the finished declaration with `localities indicators
    check FILE`, then put it into indicators/declarations/.
    """
    from indicators.catalogue import SCHEMA
    from indicators.declaring.drafting import draft_declaration, look_at
    from indicators.declaring.strict_yaml import editor_line
    from pipelines.sources.declarations import load_sources, source_schema

    with _at_hand(file) as path:
        name = unquote(Path(urlsplit(file).path).name) if _is_address(file) else path.name
        source_id = source or re.sub(r"[^a-z0-9]+", "-", Path(name).stem.casefold()).strip("-")
        form = look_at(path)
        folder = out or Path.cwd()
        draft = draft_declaration(form, indicator_id=indicator, source=source_id)
        drafts = {f"{indicator}.yaml": f"{editor_line(SCHEMA, folder)}\n{draft}"}
        if source_id not in load_sources():
            draft = _source_draft(source_id, name, file, form.geography)
            drafts[f"{source_id}.yaml"] = f"{editor_line(source_schema(), folder)}\n{draft}"
    written = [folder / name for name in drafts]
    if present := [path for path in written if path.exists()]:
        raise ConfigError(
            compose(
                "A draft would replace a file",
                where=present[0],
                remedy="choose another --id or --out, or remove the file",
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in zip(written, drafts.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    if as_json:
        seen = {"form": form.reader, "geography": form.geography, "areas": form.rows}
        write_json(seen | {"written": list(map(str, written))})
        return
    screen().print(f"{form.rows:,} areas ({form.geography.replace('_', ' ')}), form {form.reader}.")
    for path in written:
        screen().print(f"Draft written: {path}")
    screen().print(
        "Replace every question mark, check with `localities indicators check`, then move the indicator's draft to "
        "indicators/declarations/" + (" and the source's to data/sources/." if len(written) > 1 else ".")
    )


def _is_address(file: str) -> bool:
    return file.startswith(("https://", "http://"))


@contextmanager
def _at_hand(file: str) -> Iterator[Path]:
    """Give the file, downloaded first to a temporary folder if it is an address."""
    if not _is_address(file):
        path = Path(file).expanduser()
        if not path.is_file():
            raise SourceUnavailable(compose("The file is not there", where=path, remedy="check the path"))
        yield path
        return
    from pipelines.sources.addresses import is_secure
    from pipelines.sources.transport import AddressFailed, Client

    if not is_secure(file):
        raise ConfigError(compose("An address is not secure", where=file, expected="https", remedy="use https"))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "file"
        try:
            Client().get_file(file, target)
        except AddressFailed as error:
            raise SourceUnavailable(
                compose("The address does not yield a file", where=file, found=error, remedy="check the address")
            ) from error
        yield target


def _source_draft(source_id: str, name: str, file: str, geography: str) -> str:
    """Return a draft of the source's declaration."""
    kind = {".xlsx": "xlsx", ".csv": "csv"}.get(Path(name).suffix.casefold(), "csv")
    address = file if _is_address(file) else "https://?"
    lines = [
        "# A draft: replace every ?.",
        f"id: {source_id}",
        'title: "?"',
        'publisher: "?"',
        'landing_page: "https://?"',
        "addresses:",
        f"  - kind: {'plain' if _is_address(file) else 'page'}",
        f"    url: {address}",
        f'file_name: "{name}"',
        f"format: {kind}",
        *(["encoding: utf-8-sig"] if kind == "csv" else []),
        'licence: "?"',
        'attribution: "?"',
        f'vintage: "{geography.rpartition("_")[2]}"',
        "update: rolling",
    ]
    return "\n".join(lines) + "\n"
