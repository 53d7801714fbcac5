"""Boundaries of one's own judged at once from a store that is there: `localities check`, and the same in a notebook.

Nothing is added to the working folder but the figures of the headline periods laid out for arithmetic, in the cache:
made of the current observations when they are first asked for, and mapped into memory from then on.
"""

from __future__ import annotations

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
    from localities.evidence.findings import headlines_of
    from localities.evidence.panel import load_panel, save_panel
    from localities.evidence.sums import Panels, load_panels
    from localities.similar_places.peers import described_by
    from pipelines.run.figures import figures_folder
    from pipelines.sources.declarations import with_own_rules

    catalogue = with_own_rules(catalogue)
    folder = figures_folder(store, cache, catalogue)
    alike, every = folder / f"alike-{settings.need_indicator}", load_panels(folder, catalogue)
    if every is None or not alike.is_dir():
        rows = store.read("observations", as_categories=True)
        every = Panels(lambda _: folder).of(rows, catalogue, zones)
        described = described_by(rows, catalogue, zones, settings)
        draft = folder / f".{uuid.uuid4().hex}.part"
        if described is None:
            draft.mkdir()
        else:
            save_panel(described, draft)
        with suppress(OSError):  # another command was quicker
            draft.rename(alike)
        shutil.rmtree(draft, ignore_errors=True)
    tested = headlines_of([one.tested() for one in every if one is not None])
    return list(tested), load_panel(alike, catalogue) if any(alike.iterdir()) else None
