"""`localities check`: what the evidence says of boundaries of one's own, at once, with nothing kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.findings import STYLES
from pipelines.cli.parts.choices import AsJson, HomeFolder, Sample, areas_named, home_of
from pipelines.cli.parts.output import (
    count,
    in_words,
    number,
    numbers,
    percent,
    records,
    rows_in,
    say_fictional,
    screen,
    table_of,
    write_json,
)
from pipelines.cli.parts.reading import open_store
from pipelines.cli.parts.results import titled
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from localities.evidence.checking import Checked
    from pipelines.storage.store import Store


def check(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="GeoPackage, GeoJSON, shapefile (or a zip of one), or CSV of data zone codes."
        ),
    ],
    area: Annotated[
        str | None,
        typer.Option("--area", "-a", metavar="NAME|CODE|SLUG", help="The partnership whose areas these are."),
    ] = None,
    by_shares: Annotated[
        bool, typer.Option("--by-shares", help="Share zones out by residents; by default they belong whole or not.")
    ] = False,
    name_column: Annotated[
        str | None, typer.Option("--name-column", metavar="COLUMN", help="Column of the areas' names.")
    ] = None,
    code_column: Annotated[
        str | None, typer.Option("--code-column", metavar="COLUMN", help="Of a list: column of zones or postcodes.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", metavar="NAME", help="Layer of a map, or sheet of a workbook.")
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option("--crs", metavar="EPSG:CODE", help="Coordinate system of the file, whatever it states."),
    ] = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Judge boundaries of your own at once, against the evidence of the last run; nothing of them is kept."""
    from pipelines.run.check import NEEDED
    from pipelines.run.check import check as checked_of

    working = home_of(home, is_sample=sample)
    store = open_store(working, *NEEDED, is_sample=sample)
    areas = areas_named([area] if area else None, working, is_sample=sample)
    found = checked_of(
        path,
        area=areas[0] if areas else None,
        home=working,
        name_column=name_column,
        code_column=code_column,
        layer=layer,
        crs=crs,
        by_shares=by_shares,
    )
    if as_json:
        write_json(_as_record(found))
        return
    if sample:
        say_fictional()
    ids = sorted(found.peers["peer_id"].unique())
    names = rows_of(
        store, "candidate_localities", columns=["locality_id", "locality_name", "cpp_name"], where={"locality_id": ids}
    )
    _show(found, dict(zip(names["locality_id"], names["locality_name"] + ", " + names["cpp_name"], strict=True)), store)


def _as_record(found: Checked) -> dict[str, Any]:
    return {
        "reference_set": found.reference_set,
        "repairs": records(found.own.report),
        "fit": records(found.fit),
        "localities": records(found.places.drop(columns="geometry")),
        "verdicts": records(found.verdicts),
        "findings": records(found.findings),
        "peers": records(found.peers),
    }


def _show(found: Checked, names: dict[str, str], store: Store) -> None:
    out, titles = screen(), titled(found.findings["indicator_id"], store)
    for row in rows_in(found.own.report):
        out.print(f"{row.locality_name}: {row.problem}, {row.done}.", markup=False)
    fits = {} if found.fit.empty else found.fit.set_index("locality_code").to_dict("index")
    verdicts = found.verdicts.set_index("locality_id")
    likeness = found.peers[found.peers["matching"] == "with_deprivation"]
    for place in rows_in(found.places):
        verdict = verdicts.loc[place.locality_id]
        out.print(f"{place.locality_name}, {place.cpp_name}", style="bold", markup=False)
        out.print(
            f"Than elsewhere in Scotland: {in_words(verdict['verdict_scotland'])}. "
            f"Than elsewhere in {place.cpp_name}: {in_words(verdict['verdict_cpp'])}.",
            markup=False,
        )
        out.print(str(verdict["reason"]), markup=False, soft_wrap=True)
        fit = fits.get(str(place.locality_id).partition(":")[2].removesuffix(f"-{place.cpp_code}"))
        drawn = "" if fit is None else (
            f"; {percent(fit['captured'])} of the {count(round(fit['residents_inside']))} people inside live in them, "
            f"and {percent(fit['fit'])} of theirs live inside"
        )  # fmt: skip
        out.print(f"{count(place.population)} residents in {count(place.zone_count)} data zones{drawn}.", markup=False)
        alike = [names.get(str(one.peer_id), str(one.peer_id).partition(":")[2]) for one in rows_in(
            likeness[likeness["area_id"] == place.locality_id].head(_PEERS))]  # fmt: skip
        out.print(f"Most like it: {'; '.join(alike) or 'no place is like it'}.\n", markup=False, soft_wrap=True)
        _show_findings(found.findings[found.findings["locality_id"] == place.locality_id], titles, place.cpp_name)
    out.print(
        f"Judged against the thresholds of the candidate set {found.reference_set}. Nothing was kept; how firm a "
        "verdict is, and what it hangs on, a run says: `localities candidates add`.",
        markup=False,
    )


_PEERS = 3
"""Most similar places that are named for each."""


def _show_findings(rows: pd.DataFrame, titles: dict[str, str], cpp: str) -> None:
    by_side = {name: part.set_index("indicator_id") for name, part in rows.groupby("comparator", observed=True)}
    scotland, inside = by_side["scotland"], by_side["cpp"]
    ordered = scotland.sort_values("depth", ascending=False, na_position="last")
    table_of(
        "Findings, poorest first",
        ordered.itertuples(),
        (
            ("Indicator", "left", lambda row: titles[row.Index]),
            ("Period", "left", lambda row: str(row.period)),
            ("Value", "right", lambda row: number(row.value)),
            ("Interval", "right", lambda row: numbers(row.lower_ci, row.upper_ci)),
            ("Rest of Scotland", "right", lambda row: number(row.comparator_value)),
            ("Than Scotland", "left", lambda row: in_words(row.significance)),
            (f"Rest of {cpp}", "right", lambda row: number(inside.at[row.Index, "comparator_value"])),
            ("Than its CPP", "left", lambda row: in_words(inside.at[row.Index, "significance"])),
        ),
        styles=STYLES,
        if_wide=("Interval", "Period"),
    )
