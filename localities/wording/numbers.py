"""One way to write a number for people: in tables on a terminal, in sentences, and in files.

Every figure that is told has three significant digits, so that the same value reads the same wherever it is met.
"""

from __future__ import annotations

import math
from typing import Any

NOT_KNOWN = "not known"

_SMALLEST = 1e-6
"""Below it a figure is only said to be smaller: more noughts tell a reader nothing."""


def number(value: Any, digits: int = 3, *, missing: str = NOT_KNOWN) -> str:
    """Return a number to so many significant digits: no exponent, thousands separated, no decimals from 100 upward.

    Parameters
    ----------
    value
        A number, or None, NaN or `pandas.NA` for one that is missing; an infinite one counts as missing.
    digits
        Significant digits. Whole numbers above them stay whole.
    missing
        What stands for a missing one, such as nothing in a table.

    Examples
    --------
    >>> number(0.012345), number(3.14159), number(23.14), number(1234.5), number(12.0), number(0.0)
    ('0.0123', '3.14', '23.1', '1,234', '12.0', '0')

    Digits are counted after rounding:

    >>> number(99.96), number(0.99961), number(-2.5), number(2e-9), number(-2e-9)
    ('100', '1.00', '-2.50', '< 0.000001', '> -0.000001')

    >>> number(float("nan")), number(None, missing=""), number(float("inf"), missing="no limit")
    ('not known', '', 'no limit')
    """
    if is_missing(value) or not math.isfinite(value):
        return missing
    figure = float(value)
    if figure == 0:
        return "0"
    if abs(figure) < _SMALLEST:
        return f"{'<' if figure > 0 else '>'} {math.copysign(_SMALLEST, figure):.6f}"
    # the power of ten after rounding says how many decimals leave so many significant digits
    power = int(f"{figure:.{digits - 1}e}".rpartition("e")[2])
    return f"{figure:,.{max(0, digits - 1 - power)}f}"


def is_missing(value: Any) -> bool:
    """Return whether a cell of a table holds nothing.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(0.0)
    (True, True, False)
    """
    if type(value) is float:
        return value != value
    # a NaN, a NaT and pandas' NA are not equal to themselves (NA's comparison is neither true nor false)
    return value is None or type(value).__name__ == "NAType" or bool(value != value)
