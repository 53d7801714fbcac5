"""Declared sources and the downloading of their files.

`load_sources` reads the declarations; `fetch` brings a file, checked and with its provenance; `add_file` takes one
that a person supplies; `check` looks at what is on disk; `sources_table` makes the `sources` table.
"""

from __future__ import annotations

from pipelines.sources.checking import Finding, check
from pipelines.sources.declarations import (
    Source,
    declared_folder,
    for_sample,
    load_source,
    load_sources,
    mirror_from_environment,
)
from pipelines.sources.download import accept, add_file, fetch
from pipelines.sources.provenance import Fetched, provenance_row, sources_table

__all__ = [
    "Fetched",
    "Finding",
    "Source",
    "accept",
    "add_file",
    "check",
    "declared_folder",
    "fetch",
    "for_sample",
    "load_source",
    "load_sources",
    "mirror_from_environment",
    "provenance_row",
    "sources_table",
]
