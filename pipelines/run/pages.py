"""What workbooks and pages of a partnership need beyond the layers of its GeoPackage, read once for a publication.

Series and similar places come from tables of the store; postcodes from the file that places them, where a run has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from localities.publishing.explorer.by_zone import ZoneFigures
    from localities.publishing.layers import Layer
    from localities.publishing.metadata import About
    from pipelines.run.workspace import Workspace

__all__ = ["Beside", "helper", "write_beside"]

POSTCODES = "os-code-point-open"

_MANY = 4
"""Partnerships from which starting another process, a second or two, is worth it."""


class Beside:
    """Further layers and contents, by partnership.

    Parameters
    ----------
    workspace
        Its store must hold every table that partnerships show.
    page_of
        Returns the file name of a partnership's page for its slug. Pages lead to those of every partnership, whichever
        are being published.
    """

    def __init__(self, workspace: Workspace, page_of: Callable[[str], str]) -> None:
        self.workspace = workspace
        columns = ["zone_code", "intermediate_zone_code", "cpp_code", "cpp_name", "cpp_slug"]
        zones = workspace.store.read("zones", columns=columns)
        # as the layer of zones has them: by partnership, then by code
        self.zones = zones.sort_values(["cpp_code", "zone_code"])
        named = zones.drop_duplicates("cpp_code")
        self.pages = {name: page_of(slug) for name, slug in zip(named["cpp_name"], named["cpp_slug"], strict=True)}

    @cached_property
    def _further(self) -> Any:
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        from localities.publishing.further import NEEDED, Further

        store = self.workspace.store
        if not set(NEEDED) <= set(store.manifests()):
            return None
        columns = ["locality_id", "locality_name", "candidate_set", "cpp_code"]
        tables: dict[str, pa.Table] = {name: pq.read_table(store.paths(name)) for name in (*NEEDED, "indicators")}
        tables["candidate_localities"] = pq.read_table(store.paths("candidate_localities"), columns=columns)
        tables["zones"] = pq.read_table(store.paths("zones"), columns=["cpp_code", "cpp_name"])
        moving = pc.unique(tables["trends"].filter(pc.equal(tables["trends"]["trend_status"], "trend"))["indicator_id"])
        tables["series"] = pq.read_table(
            store.paths("estimates"),
            columns=["locality_id", "indicator_id", "period", "value", "lower_ci", "upper_ci"],
            filters=pc.field("indicator_id").isin(moving),
        )
        return Further(tables)

    def layers(self, cpp_code: str) -> list[Layer]:
        """Return the further layers of a partnership; none where their tables were never computed."""
        return self._further.of(cpp_code) if self._further else []

    @cached_property
    def _figures(self) -> ZoneFigures | None:
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        from localities.publishing.explorer.by_zone import ZoneFigures

        store = self.workspace.store
        if "observations" not in store.manifests():
            return None
        # every part holds all indicators against the same comparators: the first names them
        shown = pc.unique(pq.read_table(store.paths("findings")[:1], columns=["indicator_id"])["indicator_id"])
        columns = ["indicator_id", "area_code", "area_type", "period", "period_end", "value", "status"]
        observations = pq.read_table(
            store.paths("observations"), columns=columns, filters=pc.field("indicator_id").isin(shown),
            read_dictionary=["indicator_id", "area_code", "area_type", "period", "status"],
        )  # fmt: skip
        indicators = store.read("indicators", columns=["indicator_id", "poorer_is"])
        poorer_is = dict(zip(indicators["indicator_id"], indicators["poorer_is"], strict=True))
        return ZoneFigures(observations.to_pandas(), self.zones, poorer_is)

    @cached_property
    def _hot_spots(self) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        import pandas as pd

        store = self.workspace.store
        if not {"hot_spots", "hot_spot_zones"} <= set(store.manifests()):
            return None
        return pd.DataFrame(store.read("hot_spots").drop(columns="geometry")), store.read("hot_spot_zones")

    @cached_property
    def _postcodes(self) -> tuple[np.ndarray, np.ndarray] | None:
        import pyarrow.parquet as pq

        from localities.publishing.explorer.postcodes import postcodes_by_zone

        source = self.workspace.sources.get(POSTCODES)
        path = source.path_in(self.workspace.home.downloads) if source else None
        if path is None or not path.is_file():
            return None
        shapes = pq.read_table(self.workspace.store.paths("zones"), columns=["geometry"])["geometry"]
        return postcodes_by_zone(path, shapes.to_numpy()[self.zones.index.to_numpy()])

    def more(self, cpp_code: str | None) -> dict[str, Any]:
        """Return what a page holds beside its layers: names of other pages, figures of zones, hot spots, postcodes.

        Hot spots and postcodes are there where they are known.
        """
        import numpy as np

        from localities.publishing.explorer.by_zone import hot_spots_of
        from localities.publishing.explorer.postcodes import postcodes_of

        here = np.ones(len(self.zones), dtype=bool)
        if cpp_code is not None:
            here = (self.zones["cpp_code"] == cpp_code).to_numpy()
        found: dict[str, Any] = {"pages": self.pages}
        if self._figures is not None:
            # figures of every zone of Scotland would be a tenth of the national page: it has their fifths alone
            found["zone_figures"] = self._figures.of(here, with_values=cpp_code is not None)
        if self._hot_spots is not None:
            position = {code: number for number, code in enumerate(self.zones["zone_code"][here])}
            found["hot_spots"] = hot_spots_of(*self._hot_spots, position)
        if self._postcodes is not None:
            postcodes, zone = self._postcodes
            inside = here[zone]
            found["postcodes"] = postcodes_of(postcodes[inside], zone[inside] - int(np.argmax(here)))
        return found


def write_beside(
    paths: Mapping[str, Path], layers: Sequence[Layer], about: About, more: dict[str, Any], *, is_for_national: bool
) -> dict[str, Any] | None:
    """Write the workbook and the page of a partnership; return its part of the national page where asked.

    Parameters
    ----------
    paths
        Wanted path by kind of file: ``workbook``, ``explorer``; those that are due.
    layers
        What the partnership shows, with what is further.
    about
        What the files say of themselves.
    more
        From `Beside.more`.
    is_for_national
        Whether the national page is being made too.
    """
    if "workbook" in paths:
        from localities.publishing.workbook import write_workbook

        write_workbook(paths["workbook"], layers, about)
    if "explorer" not in paths and not is_for_national:
        return None
    from localities.publishing.explorer.content import page_content

    content = page_content(layers, about)
    if "explorer" in paths:
        from localities.publishing.explorer.page import write_page

        write_page(paths["explorer"], content | more)
    if not is_for_national:
        return None
    from localities.publishing.explorer.national import part_of

    return part_of(content)


@contextmanager
def helper(partnerships: int) -> Iterator[Executor]:
    """Give something that works beside this process: another process where many partnerships are due, else a thread.

    Workbooks and pages are made by Python alone, which one process does on one core.
    """
    pool: Executor = (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) if partnerships >= _MANY else ThreadPoolExecutor(1)
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
