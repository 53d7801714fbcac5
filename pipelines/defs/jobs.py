"""Jobs: checking the sources, and bringing everything up to date."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from pipelines.defs.assets import PUBLICATIONS, download_key

__all__ = ["check_sources_job", "refresh_job"]


def check_sources_job(sources: Iterable[str]) -> dg.UnresolvedAssetJobDefinition:
    """Return the job that fetches every source and records its version; it computes nothing."""
    return dg.define_asset_job(
        "check_sources",
        selection=dg.AssetSelection.assets(*(download_key(source_id) for source_id in sources)),
        description="Fetch every source and record its version. The run that follows recomputes what changed.",
    )


def refresh_job(tables: Iterable[str]) -> dg.UnresolvedAssetJobDefinition:
    """Return the job over every table and the publications; the nightly refresh runs the planned part of it."""
    return dg.define_asset_job(
        "refresh",
        selection=dg.AssetSelection.assets(*tables, PUBLICATIONS),
        description="Recompute tables and publish. Tables behind which nothing changed are kept as they are.",
    )
