"""What partnerships decided, as a working folder keeps it, beside what its store says now."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localities.decisions.beside import Decided
    from pipelines.folders import Home
    from pipelines.storage.store import Store


def decided_in(
    home: Home, store: Store, *, cpp_codes: Sequence[str] | None = None, places: Sequence[str] | None = None
) -> Decided:
    """Return the tables ``decisions`` and ``decision_targets`` of partnerships; of all by default.

    Parameters
    ----------
    home
        Working folder, whose ``decisions`` are read.
    store
        Tables of its last run.
    cpp_codes
        Codes of the partnerships wanted.
    places
        Ids of the candidate localities wanted.

    Raises
    ------
    ConfigError
        If a file of decisions is damaged.
    """
    from indicators.catalogue import load_catalogue
    from localities.decisions.beside import build_decided
    from localities.decisions.records import forget, read_decisions

    files = [one for one in read_decisions(home.decisions) if cpp_codes is None or one.cpp_code in cpp_codes]
    if places is not None:
        files = [forget(one, lambda decision: decision.place not in places) for one in files]
    return build_decided(files, partial(rows_of, store), load_catalogue())


def states_of_decisions(home: Home) -> dict[str, str]:
    """Return a hash of what each partnership decided, by its code; nothing of it can be read from that.

    Raises
    ------
    ConfigError
        If a file of decisions is damaged.
    """
    from localities.decisions.records import read_decisions

    return {
        one.cpp_code: hashlib.sha256(repr(one).encode()).hexdigest()
        for one in read_decisions(home.decisions)
        if one.decisions
    }
