"""Comparisons kept from one run to the next: what no threshold decides, so that a changed one grades anew and no more.

p values, those at the bounds of open counts, limits and what is for maps hang on figures and places alone. They lie in
a folder, one file for each candidate set and kind, under a key that changes with all that is behind them; grades, q
values and reasons are made of them. What was deleted or damaged is made again.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Arrays = dict[str, NDArray]
Rows = NDArray[np.intp] | slice
"""Which localities: by number, in order; all of them as a slice."""
_WORDS = " in words"


class Keep(Protocol):
    """Returns arrays of localities x series under a name, those wanted: kept ones, or what `make` gives for `rows`."""

    def __call__(self, name: str, make: Callable[[Rows], Arrays], wanted: Sequence[str] = ...) -> Arrays: ...  # noqa: D102


def anew(name: str, make: Callable[[Rows], Arrays], wanted: Sequence[str] = ()) -> Arrays:
    """Return what `make` gives for all localities: nothing is kept."""
    return make(slice(None))


def of_what(keep: Keep, what: str) -> Keep:
    """Return what keeps the same names apart, under what is compared."""
    return lambda name, make, wanted=(): keep(f"{what}-{name}", make, wanted)


@dataclass(frozen=True)
class Kept:
    """Where comparisons are kept.

    Parameters
    ----------
    folder
        Folder of them all.
    keys
        Hash of what is behind those of each candidate set; other sets' are not kept.
    """

    folder: Path
    keys: Mapping[str, str]

    def of(self, candidate_set: NDArray[np.object_]) -> Keep:
        """Return what keeps arrays of localities x series, given the candidate set of each locality."""
        sets = list(dict.fromkeys(candidate_set.tolist()))
        if not set(sets) <= set(self.keys):
            return anew
        rows = [np.flatnonzero(candidate_set == one) for one in sets]
        order = np.argsort(np.concatenate(rows), kind="stable") if rows else np.empty(0, dtype=np.intp)

        def keep(name: str, make: Callable[[Rows], Arrays], wanted: Sequence[str] = ()) -> Arrays:
            paths = [self.folder / one / f"{self.keys[one]}-{name}.npz" for one in sets]
            parts = [_read(path, wanted) for path in paths]
            lacking = [at for at, part in enumerate(parts) if part is None]
            if len(lacking) == len(sets):
                made = make(slice(None))
                for at in lacking:
                    _write(paths[at], name, {key: array[rows[at]] for key, array in made.items()})
                return made
            if lacking:
                # only what is not there is made: of own boundaries their own, not what they are held against
                which = np.sort(np.concatenate([rows[at] for at in lacking]))
                made = make(which)
                for at in lacking:
                    place = np.searchsorted(which, rows[at])
                    parts[at] = own = {key: array[place] for key, array in made.items()}
                    _write(paths[at], name, own)
            found = [part for part in parts if part is not None]
            return {key: np.concatenate([part[key] for part in found])[order] for key in found[0]}

        return keep


def _write(path: Path, name: str, arrays: Arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"*-{name}.npz"):
        # the key has no hyphen, and names may end like others
        if old.name.partition("-")[2] == f"{name}.npz":
            old.unlink(missing_ok=True)
    plain: Arrays = {}
    for key, array in arrays.items():
        if array.dtype == object:
            codes, words = pd.factorize(array.ravel())
            plain[key], plain[key + _WORDS] = codes.astype(np.int8).reshape(array.shape), words.astype(str)
        else:
            plain[key] = array
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, **plain)  # type: ignore[arg-type]
    part.replace(path)


def _read(path: Path, wanted: Sequence[str]) -> Arrays | None:
    """Return what was kept, of arrays wanted where these are named; None where it was not, or is damaged."""
    try:
        with np.load(path) as file:
            names = [one for name in wanted for one in (name, name + _WORDS) if one in file.files or one in wanted]
            kept = {name: file[name] for name in names or file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
    # the code of what is missing, -1, is that of the last
    words = {
        name: np.array([*kept.pop(name + _WORDS), None], dtype=object) for name in list(kept) if name + _WORDS in kept
    }
    return {name: words[name][array] if name in words else array for name, array in kept.items()}
