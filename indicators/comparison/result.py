"""What every comparison of a locality with the rest of an area returns, and the words that its arguments may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indicators.arrays.arguments import Floats, check_positive, labels
from indicators.comparison.counts import METHODS, NUMBERS, SCALES


@dataclass(frozen=True)
class Comparison:
    """A locality against the rest of an area; every field is an array of one shape, one entry per row.

    Parameters
    ----------
    value, comparator_value
        Of the locality, and of the rest; numerator over denominator.
    difference, difference_lower, difference_upper
        Locality minus rest, with two-sided limits.
    ratio, ratio_lower, ratio_upper
        Locality over rest, with two-sided limits. Infinite where the rest has no events; 0/0 is NaN between 0 and ∞.
    p_value, p_better
        One-sided p of no difference, toward poorer and toward better.
    p_two_sided
        Twice the smaller of the two, at most 1.
    p_important
        One-sided p toward poorer of a difference at or below the smallest important one.
    depth
        The limit nearest to no difference on the side of poorer, in smallest important differences: 0 no difference, 1
        exactly important; on the logarithm for ratios and odds. Within ±20.
    null_model
        ``"sampling"``, or ``"none"`` where nothing is tested or the figures are measured without error.
    test_method
        Name of the test; ``"none"`` where a count is missing or a side is empty, and then every number that needs it is
        NaN.
    """

    value: Floats
    comparator_value: Floats
    difference: Floats
    difference_lower: Floats
    difference_upper: Floats
    ratio: Floats
    ratio_lower: Floats
    ratio_upper: Floats
    p_value: Floats
    p_better: Floats
    p_two_sided: Floats
    p_important: Floats
    depth: Floats
    null_model: NDArray[np.object_]
    test_method: NDArray[np.object_]


_NULLS = ("none", "sampling")


def word_codes(name: str, given: Any, allowed: tuple[str, ...], refused: tuple[str, ...] = ()) -> NDArray[np.int8]:
    """Return text, one word or an array of them, as codes into `allowed`.

    Raises
    ------
    ValueError
        If a word is not allowed, or is among the `refused`.

    Examples
    --------
    >>> word_codes("poorer_is", ["higher", "lower"], ("lower", "higher")).tolist()
    [1, 0]
    """
    text = np.atleast_1d(np.asarray(given, dtype=object))
    codes = np.full(text.shape, -1, dtype=np.int8)
    for code, word in enumerate(allowed):
        if word not in refused:
            codes[text == word] = code
    if (codes < 0).any():
        words = " or ".join(repr(word) for word in allowed if word not in refused)
        raise ValueError(f"{name} is {text[codes < 0][0]!r}; expected {words}")
    return codes


def check_important(important: Floats, scale: NDArray[np.int8], most_points: float) -> None:
    """Raise a ``ValueError`` where a smallest important difference cannot be one on its scale (codes into `SCALES`)."""
    is_ratio = (scale == SCALES.index("ratio")) | (scale == SCALES.index("odds"))
    check_positive("important", important)
    low = is_ratio & (important <= 1)
    if low.any():
        raise ValueError(
            f"important is {important[low][0]:g}; a smallest important ratio or odds ratio is above 1 whichever way is"
            " poorer: where lower is poorer, 1.25 means a ratio of 1 / 1.25"
        )
    high = (scale == SCALES.index("points")) & (important >= most_points)
    if high.any():
        raise ValueError(
            f"important is {important[high][0]:g}; points of a proportion are shares below 1, such as 0.05"
        )


def comparison_of(numbers: Floats, methods: NDArray[np.int8], null: str) -> Comparison:
    """Return a `Comparison` of the `NUMBERS` along the first axis, and codes into `METHODS`; code 0 has no null."""
    return Comparison(
        **dict(zip(NUMBERS, numbers, strict=True)),
        null_model=labels(
            np.where((methods > 0) & (methods != METHODS.index("measured")), _NULLS.index(null), 0), _NULLS
        ),
        test_method=labels(methods.astype(np.intp), METHODS),
    )
