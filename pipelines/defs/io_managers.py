"""IO manager: inputs come from the store of record; outputs are there before Dagster hears of them.

A step validates, writes and promotes its tables in one go (`pipelines.run.run.compute`), because Dagster would check an
output only after writing it. What an asset hands over is therefore the manifest of its table, never a frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from indicators.errors import ConfigError, compose
from pipelines.storage.store import Manifest

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.defs.resources import Work

__all__ = ["StoreIOManager", "store_io_manager"]


class StoreIOManager(dg.IOManager):
    """Parquet and GeoParquet under the store, one folder per table.

    Parameters
    ----------
    work
        What the assets of this run share.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    def handle_output(self, context: dg.OutputContext, obj: Manifest) -> None:
        """Make sure that the version an asset speaks of is the one that readers see.

        Raises
        ------
        ConfigError
            If it is not: something else wrote the table during the run.
        """
        current = self._work.workspace.store.manifest(obj.table)
        if current is None or current.version != obj.version:
            raise ConfigError(
                compose(
                    f"The current version of {obj.table} is not the one that this run promoted",
                    where=self._work.workspace.store.root,
                    expected=obj.version,
                    found=current.version if current else "none",
                    remedy="let one run at a time write to a working folder",
                )
            )
        context.add_output_metadata({"path": dg.MetadataValue.path(self._work.workspace.store.file_of(current))})

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """Return the current version of the upstream table."""
        return self._work.read(context.asset_key.path[-1])


@dg.io_manager(required_resource_keys={"work"}, description="The store of record: versioned Parquet and GeoParquet.")
def store_io_manager(context: dg.InitResourceContext) -> StoreIOManager:
    """Return the IO manager of one run."""
    return StoreIOManager(context.resources.work)
