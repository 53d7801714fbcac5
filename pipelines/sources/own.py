"""A partnership's own boundaries as sources: each set that lies in the working folder, with a hash of what it holds.

They have no address: a person brings them with ``localities candidates add``. Because each is a source, a plan notices
one that was added, changed or removed, and the table of sources names them.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipelines.sources.declarations import Source
from pipelines.sources.provenance import Fetched

if TYPE_CHECKING:
    from pipelines.folders import Home


def is_own(source_id: str) -> bool:
    """Return whether a source is a set of own boundaries, or the names that were given to communities.

    Examples
    --------
    >>> is_own("own-plan-areas"), is_own("ons-wards-2025")
    (True, False)
    """
    from localities.boundaries.own_ids import SOURCE_PREFIX
    from localities.drawing.given_names import SOURCE

    return source_id == SOURCE or source_id.startswith(SOURCE_PREFIX)


def own_sources(home: Home) -> dict[str, Source]:
    """Return the sets of own boundaries of a working folder, and its given names, as sources, by id."""
    from localities.boundaries.own_files import describe_own, own_sets
    from localities.boundaries.own_ids import OF_CURRENT_PLANS, source_of
    from localities.drawing.given_names import SOURCE

    found = {}
    if home.names.is_file():
        found[SOURCE] = Source(
            id=SOURCE,
            title="Names that partnerships gave to their communities",
            publisher="Supplied to this working folder, not published here",
            landing_page=f"file:{home.names.name}",
            addresses=(),
            file_name=home.names.name,
            folder=SOURCE,
            format="csv",
            licence="Not stated: whoever gave the names decides",
            attribution="Names as given by partnerships.",
            vintage="none",
            update="rolling",
        )
    for set_id in own_sets(home.boundaries):
        about = describe_own(home.boundaries, set_id)
        key = source_of(set_id)
        found[key] = Source(
            id=key,
            title=f"{about.title}{OF_CURRENT_PLANS}" if about.is_current else about.title,
            publisher="Supplied to this working folder, not published here",
            landing_page=f"file:boundaries/{about.folder.name}",
            addresses=(),
            file_name=about.manifest.name,
            folder=about.folder.name,
            format="csv" if about.is_list else "geopackage",
            licence="Not stated: whoever supplied the boundaries decides",
            attribution=f"Own boundaries: {about.title}, from {about.file_name}.",
            vintage="2011" if about.is_list else "none",
            update="rolling",
        )
    return found


def held_own(home: Home, source_id: str) -> Fetched:
    """Return a set of own boundaries, or the given names, as it lies in the working folder.

    The hash is of the manifest and of the boundaries, so that either's change is one of the source.

    Raises
    ------
    ConfigError
        If there is no such set.
    """
    from localities.boundaries.own_files import describe_own
    from localities.boundaries.own_ids import set_of
    from localities.drawing.given_names import SOURCE

    if source_id == SOURCE:
        content = home.names.read_bytes()
        return Fetched(
            source_id=source_id,
            path=home.names,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            address_used="given by hand: localities candidates rename",
            retrieved_at=datetime.fromtimestamp(home.names.stat().st_mtime, UTC),
            from_mirror=False,
            changed=False,
        )
    about = describe_own(home.boundaries, set_of(source_id))
    digest = hashlib.sha256()
    size = 0
    for path in (about.manifest, about.areas):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(hashlib.sha256(content).digest())
        size += len(content)
    return Fetched(
        source_id=source_id,
        path=about.manifest,
        sha256=digest.hexdigest(),
        size=size,
        address_used=f"added by hand: {about.file_name}",
        retrieved_at=datetime.fromisoformat(about.added_at),
        from_mirror=False,
        changed=False,
    )
