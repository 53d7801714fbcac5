"""Every way of drawing localities: one module each, found by its name.

A module says what it is in five constants and draws in one function:

``TITLE``, ``DESCRIPTION``
    For people.
``SOURCES``
    Ids of the declared sources that it reads, beside those of the zones.
``OPTIONAL_SOURCES``
    May be absent: ids of sources that sharpen the drawing where they were fetched.
``IS_OPTIONAL``
    May be absent: whether the set is drawn only where all its files are at hand or the settings name it, because its
    publisher offers no file that a program may always fetch.
``IS_DEFAULT``
    May be absent: False where the set is drawn only if the settings name it, because it stands in for boundaries that
    others have, or its areas are seldom localities in the guidance's sense.
``IS_COMPLETE``
    Whether every zone is in exactly one of its localities.
``DRAWN_FROM``
    Ids of the indicators that the drawing used; never tested on its localities.
``draw(context)``
    Takes a `localities.drawing.context.DrawingContext`; returns one row per locality and zone: ``locality_code,
    locality_name, zone_code, weight``, and where the boundary is not made of whole zones by definition ``inside``, the
    share of the zone's members who live inside the boundary that the locality is named for. A set that knows other
    names of a locality gives them as ``alternative_names``, "; " between them.

A new module here needs nothing else to appear in the pipeline, the command line and the outputs. What is common to all
sets (ids, unique names, clipping to one CPP, dissolving, residents) is in `localities.candidates`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Iterable
from functools import cache
from importlib import import_module
from types import ModuleType

from indicators.errors import ConfigError

_CONSTANTS = {"TITLE": str, "DESCRIPTION": str, "SOURCES": tuple, "IS_COMPLETE": bool, "DRAWN_FROM": tuple}


@cache
def set_ids() -> tuple[str, ...]:
    """Return the ids of all candidate sets, in order.

    Examples
    --------
    >>> {"intermediate_zones", "sub_council_areas", "wards", "wards_split"} <= set(set_ids())
    True
    """
    return tuple(sorted(one.name for one in pkgutil.iter_modules(__path__)))


@cache
def candidate_set(set_id: str) -> ModuleType:
    """Return the module of a candidate set.

    Raises
    ------
    ConfigError
        If there is no such set, or its module lacks a constant or ``draw``.
    """
    if set_id not in set_ids():
        raise ConfigError(
            "No such way of drawing localities",
            expected=", ".join(set_ids()),
            found=repr(set_id),
            remedy="give one of these ids",
        )
    module = import_module(f"{__name__}.{set_id}")
    wrong = [name for name, kind in _CONSTANTS.items() if not isinstance(getattr(module, name, None), kind)]
    if wrong or not callable(getattr(module, "draw", None)):
        raise ConfigError(
            "A candidate set does not say all that it should",
            where=module.__file__,
            expected=", ".join([*_CONSTANTS, "draw(context)"]),
            found=f"missing or of another type: {', '.join(wrong) or 'draw'}",
            remedy="add it to the module; see localities/candidate_sets/__init__.py",
        )
    return module


def sources_of(sets: Iterable[str] | None = None, *, with_optional: bool = True) -> tuple[str, ...]:
    """Return the ids of the sources that candidate sets read, in order; all sets unless some are named.

    Sources that a set can do without (its ``OPTIONAL_SOURCES``) are among them unless said otherwise.

    Examples
    --------
    >>> sources_of(["intermediate_zones"])
    ()
    >>> sources_of(["wards", "sub_council_areas"])
    ('is-sub-council-areas', 'nrs-output-areas-2011', 'ons-wards-2025')
    """
    chosen = set_ids() if sets is None else tuple(sets)
    found = {source for one in chosen for source in candidate_set(one).SOURCES}
    if with_optional:
        found |= {source for one in chosen for source in getattr(candidate_set(one), "OPTIONAL_SOURCES", ())}
    return tuple(sorted(found))


def is_optional(set_id: str) -> bool:
    """Return whether the set is drawn only where its files are at hand or the settings name it."""
    return bool(getattr(candidate_set(set_id), "IS_OPTIONAL", False))


def default_sets(available: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the sets that are drawn where the settings name none.

    Parameters
    ----------
    available
        Ids of the sources whose files are there.

    Examples
    --------
    >>> drawn = default_sets(["is-sub-council-areas"])
    >>> "sub_council_areas" in drawn, "intermediate_zones" in drawn, "wards" in drawn
    (True, True, False)
    """
    return tuple(
        one for one in set_ids() if getattr(candidate_set(one), "IS_DEFAULT", True) and drawable(one, available)
    )


def drawable(set_id: str, available: Collection[str]) -> bool:
    """Return whether every source that the set cannot do without is among these."""
    return set(sources_of([set_id], with_optional=False)) <= set(available)


def optional_sources() -> tuple[str, ...]:
    """Return the ids of the sources that no set needs but optional ones, in order."""
    needed = set(sources_of((one for one in set_ids() if not is_optional(one)), with_optional=False))
    return tuple(one for one in sources_of() if one not in needed)


def is_complete(set_id: str) -> bool:
    """Return whether every zone is in exactly one locality of the set."""
    return bool(candidate_set(set_id).IS_COMPLETE)


def drawn_from_of(set_id: str) -> tuple[str, ...]:
    """Return the ids of the indicators that the drawing used."""
    return tuple(candidate_set(set_id).DRAWN_FROM)
