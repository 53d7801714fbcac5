"""The errors that a person is expected to act on.

Every message says what is wrong, where (file, column, up to five codes), what was expected and found, and what to do.
The command line turns any of them into exit code 1 and prints the message without a traceback. Programming mistakes
stay ordinary Python exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict, Unpack


class Parts(TypedDict, total=False):
    """What a message says beside what is wrong; see `compose`."""

    where: object | None
    column: str | None
    codes: Iterable[object] | None
    expected: object | None
    found: object | None
    remedy: str | None


class LocalitiesError(Exception):
    """Base of every error that this project raises on purpose: given the parts of its message, or the whole of it.

    Examples
    --------
    >>> print(ConfigError("Unknown indicator", found="crime", remedy="use a declared id"))
    Unknown indicator.
      found: crime
      to do: use a declared id
    """

    def __init__(self, what: object = "", **parts: Unpack[Parts]) -> None:
        super().__init__(compose(str(what), **parts) if parts else what)


class SourceUnavailable(LocalitiesError):
    """A source could not be had from any of its addresses, nor from the mirror."""


class SourceChanged(LocalitiesError):
    """A pinned source no longer has the bytes that its declaration lists."""


class UnreadableSource(LocalitiesError):
    """A file is not what it should be: empty, truncated, an HTML page, the wrong format."""


class SchemaError(LocalitiesError):
    """A table lacks a column, or holds values that its declared rules forbid."""


class GeographyError(LocalitiesError):
    """Zones, boundaries or codes do not fit together: vintage, CRS, validity, cover, contiguity."""


class ConfigError(LocalitiesError):
    """A declaration, an option or an environment variable is wrong."""


def some(codes: Iterable[object], limit: int = 5) -> str:
    """Return the first few codes of a collection as text, with the number left out.

    Parameters
    ----------
    codes
        Codes or values to show, in the order given.
    limit
        How many to show.

    Examples
    --------
    >>> some(["S01000001", "S01000002", "S01000003"], limit=2)
    'S01000001, S01000002 and 1 more'
    >>> some([])
    'none'
    """
    shown = [str(code) for code in codes]
    if not shown:
        return "none"
    text = ", ".join(shown[:limit])
    rest = len(shown) - limit
    return f"{text} and {rest:,} more" if rest > 0 else text


def compose(
    what: str,
    *,
    where: object | None = None,
    column: str | None = None,
    codes: Iterable[object] | None = None,
    expected: object | None = None,
    found: object | None = None,
    remedy: str | None = None,
) -> str:
    """Return an error message with its parts always in the same order.

    Examples
    --------
    >>> print(compose("Duplicated zone codes", where="lookup.csv", column="DZ2011_Code",
    ...               codes=["S01000001"], expected="each zone once", found="1 zone twice",
    ...               remedy="remove the second row"))
    Duplicated zone codes.
      where: lookup.csv, column DZ2011_Code
      codes: S01000001
      expected: each zone once
      found: 1 zone twice
      to do: remove the second row
    """
    lines = [what.rstrip(".") + "."]
    place = ", ".join(
        part for part in (str(where) if where is not None else "", f"column {column}" if column else "") if part
    )
    if place:
        lines.append(f"  where: {place}")
    if codes is not None:
        lines.append(f"  codes: {some(codes)}")
    if expected is not None:
        lines.append(f"  expected: {expected}")
    if found is not None:
        lines.append(f"  found: {found}")
    if remedy:
        lines.append(f"  to do: {remedy}")
    return "\n".join(lines)
