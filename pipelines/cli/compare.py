"""`localities compare`: how two ways of drawing differ, or one way between two runs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import Areas, AsCsv, AsJson, HomeFolder, Sample, among, refuse
from pipelines.cli.parts.output import count, number, table_of
from pipelines.cli.parts.reading import open_store
from pipelines.cli.parts.results import asked_for
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.storage.store import Store

COLUMNS = ("locality_id", "candidate_set", "zone_code", "weight")
# as localities.publishing.layers names it
_LAYER = "Zones of localities"


def compare(
    first: Annotated[str, typer.Argument(metavar="SET", help="Way of drawing localities, such as wards.")],
    second: Annotated[
        str | None, typer.Argument(metavar="[SET]", help="The other one; with --against, the same by default.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="PATH",
            help="Take the first drawing from an earlier run: its working folder, a GeoPackage, or membership.parquet.",
            show_default=False,
        ),
    ] = None,
    moved: Annotated[bool, typer.Option("--moved", help="List the zones that moved, not the areas.")] = False,
    area: Areas = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Compare two ways of drawing localities, or one way between two runs: zones moved and residents affected.

    Localities are matched one to one so that as many residents as possible stay; a zone has moved when its locality is
    not the match of its former one. The variation of information is 0 (nats) and the adjusted Rand index 1 for the same
    division.
    """
    if second is None and against is None:
        raise refuse("Name a second way of drawing, or an earlier run with --against.", "SET")
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=area)
    store = open_store(asked.home, "zones", "membership", "candidate_localities", is_sample=sample)
    now = rows_of(store, "membership", columns=COLUMNS)
    earlier = now if against is None else read_membership(against)
    before = _drawing(earlier, first)
    after = _drawing(now, second or first)
    from localities.choosing.two_drawings import compare_by_partnership

    zones = rows_of(store, "zones", columns=["zone_code", "cpp_code", "cpp_name", "population"])
    compared, zones_moved = compare_by_partnership(before, after, zones)
    rows = _named(zones_moved, store) if moved else compared
    rows = rows if asked.areas is None else rows[rows["cpp_code"].isin(asked.areas)]
    title = f"{first} against {second or first}" if against is None else f"{first} in {against.name} against now"
    show = partial(_show_moved if moved else _show_areas, title)
    nothing = "No zone moved." if moved and len(compared) else "No area has localities in both drawings."
    asked.show(rows, show, what="rows", nothing=nothing)


def _drawing(membership: pd.DataFrame, name: str) -> pd.DataFrame:
    chosen = among([name], sorted(membership["candidate_set"].unique()), "SET")
    return membership[membership["candidate_set"].isin(chosen or [])]


def read_membership(path: Path) -> pd.DataFrame:
    """Return which zones belonged to which localities in an earlier run.

    Columns ``locality_id, candidate_set, zone_code, weight``, as in the table ``membership``.

    Parameters
    ----------
    path
        A working folder or its store, a partnership's GeoPackage, or ``membership.parquet``.

    Raises
    ------
    UnreadableSource
        If it holds no membership of localities.
    """
    from indicators.errors import UnreadableSource

    try:
        if path.is_dir():
            return _of_folder(path)
        if path.suffix.casefold() == ".gpkg":
            import pyogrio

            return pyogrio.read_dataframe(path, layer=_LAYER, columns=list(COLUMNS), read_geometry=False)[list(COLUMNS)]
        import pandas as pd

        return pd.read_parquet(path, columns=list(COLUMNS))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise UnreadableSource(
            "The earlier run holds no zones of localities that can be read",
            where=path,
            expected=f"a working folder, a GeoPackage with the layer {_LAYER!r}, or membership.parquet",
            found=error,
            remedy="name one of these with --against",
        ) from error


def _of_folder(path: Path) -> pd.DataFrame:
    from pipelines.storage.store import Store

    for folder in (path, path / "store"):
        store = Store(folder)
        if (folder / "membership").is_dir() and "membership" in store.manifests():
            return rows_of(store, "membership", columns=COLUMNS)
    raise FileNotFoundError("no table membership in this folder")


def _named(moved: pd.DataFrame, store: Store) -> pd.DataFrame:
    """Return zones that moved with the names of their localities, as far as this run knows them."""
    places = rows_of(store, "candidate_localities", columns=["locality_id", "locality_name"])
    names = places.set_index("locality_id")["locality_name"]
    return moved.assign(name_before=moved["locality_before"].map(names), name_after=moved["locality_after"].map(names))


def _show_areas(title: str, rows: pd.DataFrame) -> None:
    table_of(
        title,
        rows,
        (
            ("Partnership", "left", lambda row: str(row.cpp_name)),
            ("Localities before", "right", lambda row: count(row.localities_before)),
            ("After", "right", lambda row: count(row.localities_after)),
            ("Zones moved", "right", lambda row: count(row.zones_moved)),
            ("Residents affected", "right", lambda row: count(row.residents_affected)),
            ("Share", "right", lambda row: f"{100 * row.share_affected:.1f}%"),
            ("Variation of information, nats", "right", lambda row: number(row.variation_of_information)),
            ("Adjusted Rand index", "right", lambda row: number(row.adjusted_rand_index)),
        ),
        caption="The same division has no zone moved, a variation of information of 0 and an adjusted Rand index of 1.",
        if_wide=("Variation of information, nats", "Adjusted Rand index", "Localities before", "After"),
    )


def _show_moved(title: str, rows: pd.DataFrame) -> None:
    def place(name: object, locality: object) -> str:
        return str(next((one for one in (name, locality) if isinstance(one, str)), "none"))

    table_of(
        title,
        rows,
        (
            ("Partnership", "left", lambda row: str(row.cpp_name)),
            ("Zone", "code", lambda row: str(row.zone_code)),
            ("Residents", "right", lambda row: count(row.population)),
            ("Before", "left", lambda row: place(row.name_before, row.locality_before)),
            ("After", "left", lambda row: place(row.name_after, row.locality_after)),
        ),
    )
