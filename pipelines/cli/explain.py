"""`localities explain`: why a locality has its verdict. The words are those of `localities.explain`."""

from __future__ import annotations

from shutil import get_terminal_size
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
from pipelines.cli.parts.output import write_json
from pipelines.cli.parts.reading import StoredTables, open_store, where_of
from pipelines.storage.reading import rows_of, settings_of

if TYPE_CHECKING:
    import pandas as pd

    from localities.explain import Explanation
    from pipelines.folders import Home
    from pipelines.storage.store import Store

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


def explain(
    locality: Annotated[
        str,
        typer.Argument(
            metavar="LOCALITY",
            help="Id, code or name of a candidate locality, a data zone or postcode in it, or a partnership.",
        ),
    ],
    other: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="Another one to hold it against.", show_default=False)
    ] = None,
    area: Areas = None,
    candidate_set: CandidateSets = None,
    technical: Annotated[
        bool, typer.Option("--technical", help="With methods, intervals, depth and q values.")
    ] = False,
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
    if other is None:
        code = _partnership(locality, places, working, is_sample=sample)
        if code is not None and "need_outside" in store.manifests():
            from localities.explain import explain_partnership

            _say(explain_partnership(StoredTables(store), code), as_json)
            return
    chosen = one_locality(locality, places, option="LOCALITY", store=store, home=working)
    held_against = None if other is None else one_locality(other, places, option="OTHER", store=store, home=working)

    from localities.explain import explain as explanation_of

    ids = [one for one in (chosen, held_against) if one is not None]
    tables = _tables_about(ids, store)

    explained = explanation_of(
        tables, chosen, other=held_against, settings=settings_of(store), is_technical=technical,
        decided=_decided_on(chosen, working, store), answers=_said_of(chosen, working, store),
    )  # fmt: skip
    _say(explained, as_json)


def _tables_about(ids: list[str], store: Store) -> StoredTables:
    """Return the tables of a store with no more of the large ones than some localities are explained from."""
    of_them, of_sets = {"locality_id": ids}, {"candidate_set": [one.partition(":")[0] for one in ids]}
    only: dict[str, dict[str, list[str]]] = {
        **dict.fromkeys(("findings", "estimates", "peer_findings"), of_them),
        **dict.fromkeys(("membership", "verdicts"), of_sets),
        "peers": {"area_id": ids},
    }
    alike = rows_of(store, "peers", columns=["peer_id"], where=only["peers"]) if "peers" in store.manifests() else None
    only["candidate_localities"] = {"locality_id": ids if alike is None else [*ids, *alike["peer_id"].unique()]}
    columns = {
        "zones": ("zone_code", "zone_name", "population"),
        "adjacency": ("zone_code", "neighbour_code"),
    }
    return StoredTables(store, only, columns)


def _decided_on(locality: str, working: Home, store: Store) -> list[str]:
    """Return what the partnership decided on a place, line by line; nothing where nothing is recorded."""
    if not working.decisions.is_dir():
        return []
    from localities.decisions.wording import sentences_of
    from pipelines.run.decisions import decided_in

    return sentences_of(decided_in(working, store, places=[locality]), locality)


def _said_of(locality: str, working: Home, store: Store) -> list[str]:
    """Return what residents of a place said, line by line; nothing where no answers were brought in."""
    if not (working.place_standard.is_dir() or working.is_sample):
        return []
    from localities.place_standard.beside import said_in
    from pipelines.run.place_standard import place_standard_in

    rows = place_standard_in(working, store)
    return said_in(rows[rows["locality_id"] == locality])


def _partnership(text: str, places: pd.DataFrame, working: Home, *, is_sample: bool) -> str | None:
    """Return the code of the partnership that a text means, unless a locality has that very name."""
    from localities.councils import slug_of

    slug = slug_of(text)
    if not slug or slug in {slug_of(name) for name in places["locality_name"].unique()}:
        return None
    try:
        codes = areas_named([text], working, is_sample=is_sample)
    except typer.BadParameter:
        return None
    return codes[0] if codes else None


def _say(explanation: Explanation, as_json: bool) -> None:
    if as_json:
        write_json(explanation.to_dict())
    else:
        # lines as they are: for these Rich, which costs a twentieth of the command, would do nothing
        typer.echo(explanation.text(min(get_terminal_size((_MOST, 0)).columns, _MOST)))


_MOST = 100
"""Characters of a line at most."""
