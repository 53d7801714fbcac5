"""Checks of what a person passes to the statistics, in the person's words.

Everything numeric becomes float arrays of one shape, with NaN for whatever is not known. A wrong argument is a
programming mistake and so a ``ValueError`` or ``TypeError``, which names the argument, the first rows and the remedy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def check_confidence(confidence: float) -> float:
    """Return the confidence as a float strictly between 0 and 1.

    Raises
    ------
    ValueError
        If it is not in (0, 1): 95 is refused, so that no one wonders what 0.5 and 1 mean.

    Examples
    --------
    >>> check_confidence(0.95)
    0.95
    >>> check_confidence(95)
    Traceback (most recent call last):
    ValueError: confidence is 95; give it as a share between 0 and 1, such as 0.95
    """
    if np.ndim(confidence) != 0:
        raise TypeError("confidence is one number for all rows, such as 0.95")
    value = float(confidence)
    if not 0.0 < value < 1.0:
        example = value / 100 if 1 < value < 100 else 0.95
        raise ValueError(f"confidence is {confidence}; give it as a share between 0 and 1, such as {example:g}")
    return value


def _floats(name: str, values: Any) -> Floats:
    try:
        if hasattr(values, "to_numpy"):
            return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{name} must be numbers, with NaN where a value is not known; found {type(values).__name__}: {error}"
        ) from error


def aligned(**named: ArrayLike) -> list[Floats]:
    """Return the named arguments as float arrays of one shape, at least one-dimensional.

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        If the lengths do not fit together, or a value is infinite.

    Examples
    --------
    >>> aligned(events=[1, None], total=10)
    [array([ 1., nan]), array([10., 10.])]
    """
    arrays = [np.atleast_1d(_floats(name, values)) for name, values in named.items()]
    for name, array in zip(named, arrays, strict=True):
        bad = np.isinf(array)
        if bad.any():
            raise ValueError(f"{name} must be finite, or NaN where not known; {_first(bad, array)}")
    try:
        return [np.array(array) for array in np.broadcast_arrays(*arrays)]
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(named, arrays, strict=True))
        raise ValueError(f"arguments differ in length: {shapes}") from error


def _first(bad: NDArray[np.bool_], values: Floats) -> str:
    rows = np.flatnonzero(np.ravel(bad))
    shown = ", ".join(f"{np.ravel(values)[row]:g} in row {row}" for row in rows[:5])
    more = f" and {len(rows) - 5:,} more" if len(rows) > 5 else ""
    return f"found {shown}{more}"


def check_not_negative(name: str, values: Floats) -> None:
    """Raise a ``ValueError`` where a value is below 0. NaN passes."""
    bad = values < 0
    if bad.any():
        raise ValueError(f"{name} cannot be negative; {_first(bad, values)}. A suppressed count is NaN, not a code")


def check_positive(name: str, values: Floats) -> None:
    """Raise a ``ValueError`` where a value is 0 or below. NaN passes."""
    bad = values <= 0
    if bad.any():
        raise ValueError(f"{name} must be above 0; {_first(bad, values)}")


def check_not_above(name: str, values: Floats, limit_name: str, limit: Floats) -> None:
    """Raise a ``ValueError`` where a value is above its limit. NaN passes.

    A relative difference under 1e-9 is rounding: counts of split zones are sums of shares.
    """
    bad = values > limit * (1 + 1e-9)
    if bad.any():
        raise ValueError(f"{name} cannot be above {limit_name}; {_first(bad, values)}. Are they swapped?")


def is_whole(*counts: ArrayLike) -> NDArray[np.bool_]:
    """Return, row by row, whether all the counts are whole numbers. NaN counts as whole.

    Examples
    --------
    >>> is_whole([3, 2.5], [10, 10]).tolist()
    [True, False]
    """
    arrays = aligned(**{f"count {i}": count for i, count in enumerate(counts, 1)})
    whole = np.ones(arrays[0].shape, dtype=bool)
    for array in arrays:
        whole &= np.isnan(array) | (array == np.rint(array))
    return whole


def check_whole(name: str, values: Floats, remedy: str, where: NDArray[np.bool_] | None = None) -> None:
    """Raise a ``ValueError`` where a count is not whole: nothing is rounded silently. NaN passes."""
    bad = ~np.isnan(values) & (values != np.rint(values))
    if where is not None:
        bad &= where
    if bad.any():
        raise ValueError(f"{name} must be whole numbers; {_first(bad, values)}. {remedy}")


def labels(codes: NDArray[np.intp], names: tuple[str, ...]) -> NDArray[np.object_]:
    """Return an array with the name of each code.

    Examples
    --------
    >>> labels(np.array([0, 1]), ("none", "Wilson"))
    array(['none', 'Wilson'], dtype=object)
    """
    return np.array(names, dtype=object)[codes]
