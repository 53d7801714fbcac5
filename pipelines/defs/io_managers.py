"""IO manager: inputs come from the store of record; outputs are there before Dagster hears of them.

A step validates, writes and promotes its tables in one go (`pipelines.run.run.compute`), because Dagster would check an
output only after writing it. What an asset hands over is therefore the manifest of its table, never a frame. What it
takes in is what the command line gives the same step (`pipelines.run.inputs`).

Annotations are evaluated in this module: Dagster reads the class of ``work`` from its annotation.
"""

from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from indicators.errors import ConfigError, compose
from pipelines.defs.resources import Work
from pipelines.run.inputs import Inputs
from pipelines.storage.store import Manifest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WITH_GEOMETRY", "StoreIOManager"]

WITH_GEOMETRY = "with_geometry"
"""Metadata of an input whose geometry the step needs."""


class StoreIOManager(dg.ConfigurableIOManager):
    """The store of record: versioned Parquet and GeoParquet, one folder per table."""

    # shared with the assets by identity: the store is that of the run, whatever census its zones are of
    work: dg.ResourceDependency[Work]
    _inputs: Inputs | None = PrivateAttr(default=None)

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
                compose(
                    f"The current version of {obj.table} is not the one that this run promoted",
                    where=store.root,
                    expected=obj.version,
                    found=current.version if current else "none",
                    remedy="let one run at a time write to a working folder",
                )
            )
        context.add_output_metadata({"path": dg.MetadataValue.path(store.files_of(current)[0])})

    def load_input(self, context: dg.InputContext) -> "pd.DataFrame":
        """Return the current version of the upstream table."""
        return self.read(context.asset_key.path[-1], with_geometry=bool(context.definition_metadata[WITH_GEOMETRY]))

    def read(self, table: str, *, with_geometry: bool = True) -> "pd.DataFrame":
        """Return the current version of a table, read once per version."""
        if self._inputs is None:
            self._inputs = Inputs(self.work.workspace.store)
        return self._inputs.read(table, with_geometry=with_geometry)

    def forget(self) -> None:
        """Let go of every table that was read: publishing reads what it needs, and needs the room."""
        self._inputs = None
