"""Boundaries of one's own judged at once from a store that is there: `localities check`, and the same in a notebook.

Nothing is added to the working folder but the figures of the headline periods laid out for arithmetic, in the cache:
made of the current observations when they are first asked for, and mapped into memory from then on.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.folders import Home, find_home
from pipelines.storage.reading import rows_of, settings_of
from pipelines.storage.store import Store

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from indicators.catalogue import Catalogue
    from localities.evidence.checking import Checked
    from localities.evidence.panel import Panel
    from localities.settings import Settings

__all__ = ["NEEDED", "check", "figures_at_hand"]

NEEDED = ("zones", "adjacency", "observations", "candidate_localities", "membership")


def check(
    areas: gpd.GeoDataFrame | Path | str,
    *,
    area: str | None = None,
    home: Home | Path | None = None,
    title: str | None = None,
    name_column: str | None = None,
    code_column: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
    by_shares: bool = False,
) -> Checked:
    """Return what a run would say of boundaries of one's own; nothing of them is kept.

    Parameters
    ----------
    areas
        Polygons, or a file that ``localities candidates add`` reads.
    area
        The partnership whose areas these are, by code, slug or usual spelling.
    home
        Working folder in which a run was made; found as the command line finds it by default.
    title
        What to call them; the file's name by default.
    name_column, code_column, layer, crs, by_shares
        As in `localities.boundaries.own_files.add_boundaries`.

    Raises
    ------
    ConfigError
        If no run was made there, or there is no such partnership.
    UnreadableSource, SchemaError, GeographyError
        If the boundaries cannot be read, or fit no zone.
    """
    from indicators.catalogue import load_catalogue
    from localities.boundaries.files import in_grid
    from localities.boundaries.own_files import areas_in, read_boundaries
    from localities.candidates import drawing_context
    from localities.councils import cpp_codes
    from localities.drawing.own import READ_IF_THERE
    from localities.evidence.checking import check_boundaries, reference_of, unkept
    from pipelines.sources.declarations import declared_folder, load_source

    working = home if isinstance(home, Home) else find_home(home)
    store = Store(working.store)
    for name in NEEDED:
        store.paths(name, is_read_whole=False)
    file_name = ""
    if isinstance(areas, str | Path):
        path = Path(areas).expanduser()
        file_name = path.name
        found, report = read_boundaries(path, name_column=name_column, code_column=code_column, layer=layer, crs=crs)
        title = title or path.stem.replace("_", " ")
    else:
        title = title or "areas"
        found, report = areas_in(in_grid(areas.copy(), Path(title), True), Path(title), name_column=name_column)
    zones = store.read("zones")
    codes = cpp_codes([area], zones) if area else (None,)
    settings = settings_of(store)
    catalogue = load_catalogue(zones=str(zones["vintage"].iloc[0]))
    sets = rows_of(store, "candidate_localities", columns=["candidate_set"])
    only = {"candidate_set": [reference_of(sets["candidate_set"], settings)]}
    declared = [load_source(declared_folder() / f"{one}.yaml") for one in READ_IF_THERE]
    places = {one.id: one.path_in(working.downloads) for one in declared}
    context = drawing_context(
        zones,
        store.read("adjacency"),
        {one: place for one, place in places.items() if place.is_file()},
        limit=settings.limit,
        crosswalk=store.read("crosswalk"),
    )
    figures, alike = figures_at_hand(store, working.cache, catalogue, context.zones, settings)
    return check_boundaries(
        unkept(found, report, title=title, file_name=file_name, cpp_code=codes[0], by_shares=by_shares),
        context,
        (rows_of(store, "candidate_localities", where=only), rows_of(store, "membership", where=only)),
        figures,
        alike,
        catalogue,
        settings,
    )


def figures_at_hand(
    store: Store, cache: Path, catalogue: Catalogue, zones: pd.DataFrame, settings: Settings
) -> tuple[list[Panel], Panel | None]:
    """Return the headline figures by zone: of what is tested, and of what places are likened by.

    They are made of the stored observations when they are first asked for, kept in the cache, and mapped into memory.
    """
    from localities.evidence import findings, panel
    from localities.similar_places import peers
    from pipelines.sources.declarations import with_own_rules

    catalogue = with_own_rules(catalogue)
    versions = [store.paths(name, is_read_whole=False)[0].stem for name in ("observations", "zones")]
    basis = repr([versions, settings.need_indicator, tuple(catalogue)]).encode()
    code = [Path(str(one.__file__)).read_bytes() for one in (findings, panel, peers)]
    folder = cache / "figures" / hashlib.sha256(b"".join([basis, *code])).hexdigest()[:20]
    if not folder.is_dir():
        rows = store.read("observations", as_categories=True)
        made = {f"tested-{at}": one for at, one in enumerate(
            findings.panels_of_tested(rows, catalogue, zones, headline_only=True))}  # fmt: skip
        alike = peers.described_by(rows, catalogue, zones, settings)
        draft = folder.with_name(f".{uuid.uuid4().hex}.part")
        for name, one in {**made, **({} if alike is None else {"alike": alike})}.items():
            panel.save_panel(one, draft / name)
        with suppress(OSError):  # another command was quicker
            draft.rename(folder)
        shutil.rmtree(draft, ignore_errors=True)
        for old in set(folder.parent.iterdir()) - {folder}:
            shutil.rmtree(old, ignore_errors=True)
    tested = [panel.load_panel(one, catalogue) for one in sorted(folder.glob("tested-*"))]
    found = folder / "alike"
    return tested, panel.load_panel(found, catalogue) if found.is_dir() else None
