"""Jobs: checking the sources, and bringing everything up to date."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from pipelines.defs.assets import PUBLICATIONS
from pipelines.defs.night import NIGHT
from pipelines.defs.resources import SETTINGS, download_key

_SETTINGS = dg.AssetSelection.groups(SETTINGS)


def check_sources_job(sources: Iterable[str], plan: dg.AssetChecksDefinition) -> dg.UnresolvedAssetJobDefinition:
    """Return the job that fetches every source, records its version and says what follows; it computes nothing."""
    files = dg.AssetSelection.assets(*(download_key(source_id) for source_id in sources), NIGHT)
    return dg.define_asset_job(
        "check_sources",
        selection=files | _SETTINGS | dg.AssetSelection.checks(plan),
        description="Fetch every source and say what follows. The run after it recomputes what changed.",
    )


def refresh_job(tables: Iterable[str]) -> dg.UnresolvedAssetJobDefinition:
    """Return the job over every table and the publications; the nightly refresh runs the planned part of it."""
    return dg.define_asset_job(
        "refresh",
        selection=dg.AssetSelection.assets(*tables, PUBLICATIONS) | _SETTINGS,
        description="Recompute tables and publish. Tables behind which nothing changed are kept as they are.",
    )
