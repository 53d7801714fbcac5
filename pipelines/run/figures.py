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
    from pipelines.storage.code_versions import code_of

    versions = [current_version(store, name) for name in ("observations", "zones")]
    made_by = [code_of("localities.evidence.sums"), code_of("localities.similar_places.peers"), *catalogue]
    of_content, of_code = (hashlib.sha256(repr(one).encode()).hexdigest()[:20] for one in (versions, made_by))
    return cache / "figures" / of_content / of_code
