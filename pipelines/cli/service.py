"""`localities ui` and `localities home`: starting Dagster's pages, and saying where things lie."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.parts.choices import AsJson, HomeFolder, Mirror, Sample, home_of, refuse
from pipelines.cli.parts.output import table, write_json


def ui(
    port: Annotated[int, typer.Option("--port", "-p", min=0, max=65_535, help="Port of the pages.")] = 3000,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on. There is no log-in: leave it at this machine's own.")
    ] = "127.0.0.1",
    address: Annotated[
        str | None,
        typer.Option("--address", help="Where a proxy that asks people to sign in serves the page, https://..."),
    ] = None,
    mirror: Mirror = None,
    sample: Sample = False,
    home: HomeFolder = None,
) -> None:
    """Start Dagster's pages and its nightly schedule, with this project's own DAGSTER_HOME."""
    if sample and mirror is not None:
        raise refuse("The sample needs no mirror: give --sample or --mirror.", "--mirror")

    from pipelines.service import start

    raise typer.Exit(start(home_of(home), host=host, port=port, sample=sample, mirror=mirror, address=address))


def show_home(sample: Sample = False, home: HomeFolder = None, as_json: AsJson = False) -> None:
    """Show the folders of the working folder: downloads, store, publications and the rest."""
    from indicators.catalogue import declared_folder as indicator_folder
    from pipelines.sources.declarations import declared_folder as source_folder
    from pipelines.sources.declarations import mirror_from_environment
    from pipelines.sources.transport import without_password

    working = home_of(home, is_sample=sample)
    places = {
        "home": working.root,
        "downloads": working.downloads,
        "cache": working.cache,
        "store": working.store,
        "publications": working.publications,
        "dagster_home": working.dagster,
        "settings": working.settings_file,
        "declared_sources": source_folder(),
        "declared_indicators": indicator_folder(),
    }
    mirror = mirror_from_environment()
    mirror = without_password(mirror) if mirror and "://" in mirror else mirror
    if as_json:
        write_json({name: str(path) for name, path in places.items()} | {"mirror": mirror})
        return
    table(
        "",
        (("What", "left"), ("Where", "left"), ("There", "left")),
        [
            *(
                (name.replace("_", " "), str(path), "yes" if path.exists() else "not yet")
                for name, path in places.items()
            ),
            ("mirror", mirror or "none named", ""),
        ],
    )
