"""What a layer of a GeoPackage shows: derived from what each field declares of its publication.

A layer's columns, their order, which a reader sees first, titles and formats of numbers come from `Field.published`,
`alias` and `decimals`. What a layer is made of, and how it looks, is in `localities.publishing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from indicators.schema.field import ASIDE, FIRST
from indicators.schema.fields import FIELDS

_UNPLACED = (FIRST + ASIDE) // 2


def in_order(layer: str, columns: Iterable[str] | None = None) -> list[str]:
    """Return columns in the order of a layer.

    Parameters
    ----------
    layer
        Such as ``findings`` or ``localities``.
    columns
        Those that there are. What declares no place in the layer stands behind what is shown, as it comes. None means
        exactly what declares a place.

    Examples
    --------
    >>> in_order("members")
    ['locality_name', 'candidate_set', 'zone_name', 'weight', 'residents', 'zone_code', 'locality_id']
    >>> in_order("members", ["locality_id", "a_new_one", "weight"])
    ['weight', 'a_new_one', 'locality_id']
    """
    names = [name for name, one in FIELDS.items() if layer in one.published] if columns is None else list(columns)
    return sorted(names, key=lambda name: _place(layer, name))


def comes_first(layer: str, columns: Sequence[str]) -> list[str]:
    """Return the columns that a reader of the layer sees first."""
    return [name for name in columns if _place(layer, name) < FIRST]


def is_kept_aside(layer: str, column: str) -> bool:
    """Return whether a column is there for joins and not shown: names stand beside it."""
    return _place(layer, column) >= ASIDE


@cache
def title_of(column: str) -> str:
    """Return the short title of a column, as shown in QGIS.

    Examples
    --------
    >>> title_of("q_important"), title_of("comparator_name"), title_of("ward_name"), title_of("of_tomorrow")
    ('q, important difference', 'Held against', 'Electoral ward', 'Of tomorrow')
    """
    one = FIELDS.get(column)
    if one is not None and (one.alias or len(one.description) <= 60):
        return one.alias or one.description
    return column.replace("_", " ").capitalize()


def _place(layer: str, column: str) -> int:
    one = FIELDS.get(column)
    return _UNPLACED if one is None else one.published.get(layer, _UNPLACED)
