"""Families of areas as whole numbers, and sums within them: what the vectorised statistics group by.

A *family* is a set of areas held against each other, such as one indicator, comparator area and period.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from indicators.arrays.arguments import Floats


def family_codes(group: Any, length: int) -> tuple[np.ndarray, pd.Index]:
    """Return each row's family as a whole number from 0 in order of appearance, and the families' labels.

    None is one family. A missing label is a family of its own.

    Examples
    --------
    >>> codes, names = family_codes(["Fife", "Moray", "Fife"], 3)
    >>> codes.tolist(), names.tolist()
    ([0, 1, 0], ['Fife', 'Moray'])
    """
    if group is None:
        return np.zeros(length, dtype=np.intp), pd.Index([0])
    if len(group) != length:
        raise ValueError(f"group must have {length} values, one per row, found {len(group)}")
    codes, names = pd.factorize(group if isinstance(group, pd.Series) else np.asarray(group), use_na_sentinel=False)
    return codes, pd.Index(names)


def family_sum(codes: np.ndarray, amount: Any, families: int) -> Floats:
    """Return the sum of each family, as floats even where there is nothing to add.

    Examples
    --------
    >>> family_sum(np.array([0, 1, 0]), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [4.0, 2.0, 0.0]
    """
    return np.bincount(codes, np.asarray(amount), minlength=families).astype(np.float64)


def index_of(length: int, *arguments: Any) -> pd.Index:
    """Return the index of the first argument that is a Series, or 0, 1, ... where none is.

    Examples
    --------
    >>> index_of(2, [1, 2], pd.Series([3, 4], index=["a", "b"])).tolist()
    ['a', 'b']
    """
    for one in arguments:
        if isinstance(one, pd.Series):
            return one.index
    return pd.RangeIndex(length)
