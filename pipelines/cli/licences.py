"""`localities licences`: what the files that are made carry, and what an installation runs on, each with its terms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.cli.parts.choices import AsJson
from pipelines.cli.parts.output import screen, table, write_json

_CARRIED = {
    "data": "figures of every file",
    "explorer": "pages",
    "document": "PDF documents",
    "installation": "nothing: it is only run",
}


def licences(
    as_json: AsJson = False,
    notices: Annotated[
        bool, typer.Option("--notices", help="Print every notice in full, with the text of its licence.")
    ] = False,
) -> None:
    """List data, libraries and packages with their licences: what is inside the files made, and what makes them."""
    from localities.publishing.licences import Licensed, of_files, of_packages
    from pipelines.sources.declarations import load_sources

    sources = load_sources().values()
    found = [Licensed(one.title, "data", one.licence, one.attribution, one.landing_page) for one in sources]
    found += [*of_files("explorer"), *of_files("document"), *of_packages()]
    if as_json:
        write_json([asdict(one) for one in found])
        return
    if notices:
        for one in found:
            parts = (one.what, one.licence, one.notice, one.address, one.text)
            screen().print("\n".join(part for part in parts if part), markup=False, highlight=False, soft_wrap=True)
            screen().print()
        return
    table(
        "Licences",
        (("What", "left"), ("Licence", "left"), ("Inside", "left")),
        [(one.what, one.licence, _CARRIED[one.inside]) for one in found],
        caption="Fonts: PDF documents carry letters of Source Sans; others name those of the reader's machine. "
        "--notices prints notices in full.",
    )
