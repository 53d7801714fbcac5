"""IO manager: outputs are in the store of record before Dagster hears of them.

A step reads, validates, writes and promotes its tables in one go (`pipelines.run.run.Computing`), because Dagster would
check an output only after writing it. What an asset hands over is therefore the manifest of its table, never a frame.

Annotations are evaluated in this module: Dagster reads the class of ``work`` from its annotation.
"""

from typing import TYPE_CHECKING

import dagster as dg

from indicators.errors import ConfigError
from pipelines.defs.resources import Work
from pipelines.storage.store import Manifest

if TYPE_CHECKING:
    import pandas as pd


class StoreIOManager(dg.ConfigurableIOManager):
    """The store of record: versioned Parquet and GeoParquet, one folder per table."""

    # shared with the assets by identity: the store is that of the run, whatever census its zones are of
    work: dg.ResourceDependency[Work]

    def handle_output(self, context: dg.OutputContext, obj: Manifest) -> None:
        """Make sure that the version an asset speaks of is the one that readers see.

        Raises
        ------
        ConfigError
            If it is not: something else wrote the table during the run.
        """
        store = self.work.workspace.store
        current = store.manifest(obj.table)
        if current is None or current.version != obj.version:
            raise ConfigError(
                f"The current version of {obj.table} is not the one that this run promoted",
                where=store.root,
                expected=obj.version,
                found=current.version if current else "none",
                remedy="let one run at a time write to a working folder",
            )
        context.add_output_metadata({"path": dg.MetadataValue.path(store.files_of(current)[0])})

    def load_input(self, context: dg.InputContext) -> "pd.DataFrame":
        """Return the current version of the upstream table, for assets of one's own: steps take theirs themselves."""
        return self.work.workspace.store.read(context.asset_key.path[-1])
