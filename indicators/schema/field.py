"""What a field is: type, meaning, unit, values, publication. The fields are in `indicators.schema.fields`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FIRST, ASIDE = 100, 900
"""Places in a layer below which a column comes first, and from which it is not shown."""


@dataclass(frozen=True)
class Field:
    """One field: its type, what it means, its unit and the values it may take.

    Parameters
    ----------
    dtype
        One of ``code, text, integer, number, boolean, date, geometry``.
    description
        Plain words, used for aliases and documentation.
    unit
        Unit of a number, in words.
    allowed
        The only values that a text or code may take; empty means any.
    pattern
        Regular expression that a whole code must match.
    minimum, maximum
        Bounds of a number, inclusive.
    nullable
        Whether a missing value is allowed.
    alias
        Short title, as GeoPackages and QGIS show it; without one the description, or the name where that is long.
    decimals
        Decimals that a number is shown with; None shows it as it is.
    table
        The one table that it is a column of, after those that the table lists itself (`indicators.schema.tables`).
    when_none
        What a publication says in place of nothing, where nothing has one meaning; of a number only where a person
        reads (forms and tables of QGIS, dictionaries): the column itself stays a number or nothing.
    published
        Its place in each layer of a GeoPackage: below `FIRST` a reader sees it first, from `ASIDE` on it is kept for
        joins and not shown; see `indicators.schema.publication`.
    """

    dtype: str
    description: str
    unit: str = ""
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    nullable: bool = False
    alias: str = ""
    decimals: int | None = None
    when_none: str = ""
    table: str = ""
    published: Mapping[str, int] = field(default_factory=dict)


def share(description: str, *, nullable: bool = True, **shown: Any) -> Field:
    """Return a field of a share, 0 to 1."""
    shown = {"decimals": 3, **shown}
    return Field("number", description, "share, 0 to 1", minimum=0.0, maximum=1.0, nullable=nullable, **shown)


def number(description: str, unit: str = "unit of the indicator", **shown: Any) -> Field:
    """Return a field of a number that may be missing."""
    return Field("number", description, unit, nullable=True, **{"decimals": 2, **shown})


def text(description: str, **shown: Any) -> Field:
    """Return a field of text."""
    return Field("text", description, **shown)


def flag(description: str, **shown: Any) -> Field:
    """Return a field of yes or no."""
    return Field("boolean", description, **shown)
