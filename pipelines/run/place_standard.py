"""What residents said, as a working folder keeps it, in the form that everything shows: few answers withheld."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.folders import sample_folder
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from localities.place_standard.results import Results
    from pipelines.folders import Home
    from pipelines.storage.store import Store


def rounds_in(home: Home) -> list[tuple[Results, Path]]:
    """Return the rounds of answers that a working folder holds; the sample has one of its own."""
    from localities.place_standard.results import read_results

    found = read_results(home.place_standard)
    return [*read_results(sample_folder() / "place-standard"), *found] if home.is_sample else found


def place_standard_in(home: Home, store: Store, *, cpp_codes: list[str] | None = None) -> pd.DataFrame:
    """Return the table ``place_standard``: one row per round, place, theme and group; of all partnerships by default.

    Raises
    ------
    ConfigError, UnreadableSource, SchemaError
        If a round is not what it should be, or names places that are not drawn.
    """
    from localities.place_standard.beside import build_place_standard

    table = build_place_standard(rounds_in(home), partial(rows_of, store))
    return table if cpp_codes is None else table[table["cpp_code"].isin(cpp_codes)].reset_index(drop=True)


def state_of_rounds(home: Home) -> str:
    """Return a hash of every round of answers; empty where there is none."""
    digest = hashlib.sha256()
    rounds = rounds_in(home)
    for declared, path in rounds:
        digest.update(repr(declared).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest() if rounds else ""
