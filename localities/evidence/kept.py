"""Comparisons kept from one run to the next: what no threshold decides, so that a changed one grades anew and no more.

p values, those at the bounds of open counts, limits and what is for maps hang on figures and places alone. They lie in
a folder, one file for each candidate set and kind, under a key that changes with all that is behind them; grades, q
values and reasons are made of them. What was deleted or damaged is made again.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Arrays", "Keep", "Kept", "anew"]

Arrays = dict[str, NDArray]
Keep = Callable[[str, Callable[[], Arrays]], Arrays]
_WORDS = " in words"


def anew(_: str, make: Callable[[], Arrays]) -> Arrays:
    """Return what `make` returns: nothing is kept."""
    return make()


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
        order = np.argsort(np.concatenate(rows), kind="stable")

        def keep(name: str, make: Callable[[], Arrays]) -> Arrays:
            paths = [self.folder / one / f"{self.keys[one]}-{name}.npz" for one in sets]
            parts = [part for part in map(_read, paths) if part is not None]
            if len(parts) == len(sets):
                return {key: np.concatenate([part[key] for part in parts])[order] for key in parts[0]}
            found = make()
            for path, own in zip(paths, rows, strict=True):
                path.parent.mkdir(parents=True, exist_ok=True)
                for old in path.parent.glob(f"*-{name}.npz"):
                    old.unlink()
                _write(path, {key: array[own] for key, array in found.items()})
            return found

        return keep


def _write(path: Path, arrays: Arrays) -> None:
    plain: Arrays = {}
    for name, array in arrays.items():
        if array.dtype == object:
            codes, words = pd.factorize(array.ravel())
            plain[name], plain[name + _WORDS] = codes.astype(np.int8).reshape(array.shape), words.astype(str)
        else:
            plain[name] = array
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, **plain)  # type: ignore[arg-type]
    part.replace(path)


def _read(path: Path) -> Arrays | None:
    """Return what was kept; None where nothing was, or what was is damaged."""
    try:
        with np.load(path) as file:
            kept = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
    # the code of what is missing, -1, is that of the last
    words = {
        name: np.array([*kept.pop(name + _WORDS), None], dtype=object) for name in list(kept) if name + _WORDS in kept
    }
    return {name: words[name][array] if name in words else array for name, array in kept.items()}
