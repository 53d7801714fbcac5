"""What a run reports: as it goes, and when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.errors import some
from pipelines.run.logs import measured
from pipelines.storage.refresh import Plan
from pipelines.storage.store import Manifest

if TYPE_CHECKING:
    from pipelines.run.workspace import LeftOut
    from pipelines.sources.provenance import Fetched

Progress = Callable[[str, int, int], None]


Received = Callable[[str, int, "int | None"], None]


@dataclass
class Report:
    """What a run did.

    Parameters
    ----------
    plan
        What was to be recomputed, and why.
    fetched
        What was fetched, by source id.
    computed
        Manifest of every table that was recomputed.
    kept
        Tables that were planned, but whose inputs turned out to be what they were.
    published
        What was published, or left alone.
    seconds
        Time by phase.
    left_out
        Sources of which no good version could be had, so that the run did without.
    other_formats
        Tables that were kept in another format of the store and have been computed again.
    edition, no_edition
        Id of the edition that was kept, if anything changed; why none could be.
    """

    plan: Plan
    fetched: Mapping[str, Fetched] = field(default_factory=dict)
    computed: dict[str, Manifest] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    other_formats: list[str] = field(default_factory=list)
    edition: str = ""
    no_edition: str = ""

    @property
    def warnings(self) -> list[str]:
        """What a person should know: sources served from their last good version, files that could not be replaced."""
        found = [f"{source}: {one.in_words}" for source, one in sorted(self.left_out.items())]
        if self.other_formats:
            found.append(
                f"{len(self.other_formats)} tables were kept in an earlier format of the store and have been computed "
                f"again: {some(self.other_formats)}"
            )
        found += [f"{one.source_id}: {one.note}" for one in self.fetched.values() if one.note]
        found += [self.no_edition] if self.no_edition else []
        return found + [f"{one.name}: {one.note}" for one in self.published if one.note]

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the time of a block to a phase."""
        start = time.perf_counter()
        try:
            with measured(phase):
                yield
        finally:
            self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - start


@dataclass(frozen=True)
class Published:
    """What became of one file.

    Parameters
    ----------
    name
        Name of the file inside the folder of publications, such as ``glasgow-city.gpkg``.
    path
        Where the current content is.
    status
        ``written``, ``unchanged``, or ``kept_beside`` where the old file was held open by another program.
    note
        What a person should know, or empty.
    sha256
        Hash of the file.
    """

    name: str
    path: Path
    status: str
    note: str = ""
    sha256: str = ""
