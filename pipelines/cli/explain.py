"""`localities explain`: why a locality has its verdict. The words are those of `localities.explain`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import (
    Areas,
    AsJson,
    CandidateSets,
    HomeFolder,
    Sample,
    areas_named,
    home_of,
    one_locality,
    sets_named,
)
from pipelines.cli.parts.output import EXIT_CODES, screen, write_json
from pipelines.cli.parts.reading import StoredTables, open_store, rows_of, settings_of, where_of

if TYPE_CHECKING:
    from pipelines.storage.store import Store

__all__ = ["register"]

NEEDED = (
    "sources",
    "zones",
    "adjacency",
    "indicators",
    "candidate_localities",
    "membership",
    "estimates",
    "findings",
    "verdicts",
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("explain", epilog=EXIT_CODES)(explain)


def _headline(store: Store, locality: str) -> dict[str, Sequence[object]]:
    """Return what to read of the observations: headline periods of outcomes, told beside similar places."""
    where: dict[str, Sequence[object]] = {"locality_id": [locality], "is_headline_period": [True]}
    described = rows_of(store, "indicators", columns=["indicator_id", "role"], where={"role": ["outcome"]})
    shown = rows_of(store, "estimates", columns=["indicator_id", "period"], where=where)
    shown = shown[shown["indicator_id"].isin(described["indicator_id"])]
    return {"indicator_id": sorted(shown["indicator_id"].unique()), "period": sorted(shown["period"].unique())}


def explain(
    locality: Annotated[str, typer.Argument(metavar="LOCALITY", help="Id, code or name of a candidate locality.")],
    other: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="Another one to hold it against.", show_default=False)
    ] = None,
    area: Areas = None,
    candidate_set: CandidateSets = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Say in plain English why a locality is flagged, or is not; or how it differs from another."""
    working = home_of(home, is_sample=sample)
    areas = areas_named(area, working, is_sample=sample)
    store = open_store(working, *NEEDED, is_sample=sample)
    places = rows_of(
        store,
        "candidate_localities",
        columns=["locality_id", "locality_name", "candidate_set", "cpp_code", "cpp_name"],
        where=where_of(cpp_code=areas, candidate_set=sets_named(candidate_set, working)),
    )
    chosen = one_locality(locality, places, option="LOCALITY")
    held_against = None if other is None else one_locality(other, places, option="OTHER")

    from localities.explain import explain as explanation_of

    ids = [one for one in (chosen, held_against) if one is not None]
    only = {name: {"locality_id": ids} for name in ("findings", "estimates")}
    tables = StoredTables(store, only={**only, "peers": {"area_id": ids}, "observations": _headline(store, chosen)})
    explanation = explanation_of(tables, chosen, other=held_against, settings=settings_of(store))
    if as_json:
        write_json(explanation.to_dict())
    else:
        console = screen()
        console.print(explanation.text(min(console.width, 100)), markup=False, soft_wrap=True)
