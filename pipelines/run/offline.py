"""The sources as they lie in the working folder: nobody is asked, neither mirror nor publisher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from indicators.errors import LocalitiesError, SourceUnavailable
from pipelines.run.run import fetch_sources
from pipelines.run.workspace import Workspace, without_sources

if TYPE_CHECKING:
    from pipelines.sources.provenance import Fetched


def at_hand(workspace: Workspace) -> Workspace:
    """Return a workspace that does without the sources of which no good version is among the downloads.

    Raises
    ------
    ConfigError
        If the zones need one of them.
    """
    absent: dict[str, LocalitiesError] = {}
    fetch_sources(replace(workspace, mirror=None), network=False, absent=absent)
    return without_sources(workspace, absent)


def held_sources(workspace: Workspace, only: Iterable[str]) -> Mapping[str, Fetched]:
    """Return the files of sources as they lie among the downloads; nobody is asked, neither mirror nor publisher.

    Raises
    ------
    SourceUnavailable
        If a file is not there, or is not the pinned one.
    """
    offline = replace(workspace, mirror=None)
    found: dict[str, Fetched] = {}
    for source_id in only:
        try:
            found |= fetch_sources(offline, only=[source_id], network=False)
        except SourceUnavailable as error:
            raise SourceUnavailable(
                f"The file of the source {source_id} is not among the downloads",
                where=workspace.sources[source_id].path_in(workspace.home.downloads),
                remedy=f"materialise downloads/{source_id} first",
            ) from error
    return found
