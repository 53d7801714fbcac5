"""`localities validate`: proof of the method on the geography at hand, written as a page of documentation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import HomeFolder, Sample, Scheduler, home_of
from pipelines.cli.parts.output import to_stderr
from pipelines.cli.parts.reading import open_store
from pipelines.storage.reading import rows_of, settings_of
from pipelines.workers import workers

if TYPE_CHECKING:
    import pandas as pd

_MANY_ROWS = 200_000
"""Figures from which processes beside this one are worth starting."""
_SIMULATIONS = 4
"""Parts of a validation that do not need each other."""


def validate(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Write the page here instead of printing it.", show_default=False
        ),
    ] = None,
    worlds: Annotated[int, typer.Option("--worlds", min=1, help="Simulated worlds per scenario without effects.")] = 10,
    planted: Annotated[int, typer.Option("--planted", min=1, help="Worlds per size and pattern of effect.")] = 3,
    drawn: Annotated[int, typer.Option("--drawn", min=1, help="Worlds in which places are drawn from outcomes.")] = 10,
    persons: Annotated[
        int, typer.Option("--persons", min=1, help="Worlds per size and ratio of places drawn person by person.")
    ] = 6,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Seed; by default the one in the settings.", show_default=False)
    ] = None,
    scheduler: Scheduler = None,
    sample: Sample = False,
    home: HomeFolder = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Do not say what is being simulated.")] = False,
) -> None:
    """Simulate where the truth is known: false findings and verdicts, power, coverage of intervals, invariance.

    Uses the geography, denominators and gaps of the last run. The same tables, settings, seed and numbers of worlds
    give the same bytes, whoever computes them. The defaults take about nine minutes of one processor for all of
    Scotland.
    """
    from indicators.catalogue import load_catalogue
    from localities.simulation.document import document
    from localities.simulation.suite import TABLES_NEEDED, Replications
    from localities.simulation.suite import validate as validation_of

    working = home_of(home, is_sample=sample)
    store = open_store(working, *TABLES_NEEDED, is_sample=sample)
    tables = {name: rows_of(store, name) for name in TABLES_NEEDED}
    with workers(scheduler, parts=_SIMULATIONS if len(tables["observations"]) > _MANY_ROWS else 1) as executor:
        found = validation_of(
            tables,
            load_catalogue(),
            settings_of(store),
            replications=Replications(worlds, planted, drawn, persons=persons),
            seed=seed,
            names=_names(rows_of(store, "zones"), working.downloads),
            progress=None if quiet else to_stderr,
            workers=executor,
        )
    versions = {name: manifest.version for name, manifest in store.manifests().items() if name in TABLES_NEEDED}
    provenance = {
        "Geography and figures": ("the fictional sample; " if sample else "")
        + "tables "
        + ", ".join(f"{name} {version[:12]}" for name, version in sorted(versions.items())),
        "Code version": _code_version(),
    }
    text = document(found, provenance=provenance)
    if out is None:
        typer.echo(text)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8", newline="\n")
    to_stderr(f"Written: {out}")


def _names(zones: pd.DataFrame, downloads: Path) -> pd.Series | None:
    """Return the named place of each zone, where the files that say it were fetched."""
    import pandas as pd

    from localities.candidates import drawing_context
    from pipelines.sources.declarations import load_sources

    paths = {key: source.path_in(downloads) for key, source in load_sources().items()}
    files = {key: path for key, path in paths.items() if path.is_file()}
    context = drawing_context(zones, pd.DataFrame(), files)
    if context.named_places is None:
        return None
    shares = context.named_places[1]
    largest = shares.sort_values("share", kind="stable").drop_duplicates("zone", keep="last")
    return pd.Series(largest["place"].to_numpy(), index=context.codes[largest["zone"]])


def _code_version() -> str:
    """Return the hash of every module that the validation can reach."""
    from pipelines.steps.step import Step
    from pipelines.storage.code_versions import code_version

    def compute() -> None:
        import localities.simulation.document
        import localities.simulation.suite  # noqa: F401

    return code_version(
        Step(
            name="validate",
            group="findings",
            outputs=(),
            inputs=(),
            compute=compute,
            find_sources=lambda: (),
            settings=(),
            registries=("indicators.declarations",),
            kinds=(),
        )
    )
