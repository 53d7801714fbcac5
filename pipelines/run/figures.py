"""Where published figures lie laid out for arithmetic: made once for each content, and mapped into memory from then on.

All processes of a run, the next runs and `localities check` read the same files; nothing is copied between them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.run.staleness import current_version

if TYPE_CHECKING:
    from indicators.catalogue import Catalogue
    from pipelines.storage.store import Store


def figures_folder(store: Store, cache: Path, catalogue: Catalogue) -> Path:
    """Return the folder for the current observations by zone, under the declarations and the code that lay them out.

    It lies in one for these observations and zones, whose neighbours are of others and no longer wanted.
    """
    from indicators.observations import suppression
    from localities.evidence import panel, sums

    versions = [current_version(store, name) for name in ("observations", "zones")]
    declared = [
        (one.id, one.area_type, one.kind, one.rounding, one.people, one.suppression, one.counts_are_whole)
        for one in catalogue
    ]
    code = [Path(str(one.__file__)).read_bytes() for one in (panel, suppression, sums)]
    parts = [repr(versions).encode(), b"".join([repr(declared).encode(), *code])]
    of_content, made_by = (hashlib.sha256(one).hexdigest()[:20] for one in parts)
    return cache / "figures" / of_content / made_by
