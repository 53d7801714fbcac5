"""The steps that there are, in order, and the graph of their tables."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING

from indicators.errors import ConfigError
from indicators.schema.tables import TABLES
from pipelines.steps.step import Step

if TYPE_CHECKING:
    from pipelines.storage.refresh import Node

GROUPS = ("sources", "geography", "indicators", "candidates", "findings")


_MODULES = (
    "provenance",
    "geography",
    "measures",
    "candidates",
    "findings",
    "groups",
    "inequality_and_change",
    "hotspots",
)


@cache
def all_steps(zones: str = "2011") -> tuple[Step, ...]:
    """Return every step of a run on the zones of one census, in order of layer.

    Raises
    ------
    ConfigError
        If a step names a table that is not declared, or two steps compute the same one.
    """
    found = tuple(
        _bound(value, zones)
        for name in _MODULES
        for value in vars(import_module(f"pipelines.steps.{name}")).values()
        if isinstance(value, Step) and value.vintage in ("", zones)
    )
    outputs = [table for one in found for table in one.outputs]
    unknown = sorted({*outputs, *(table for one in found for table in one.inputs)} - set(TABLES))
    twice = sorted({table for table in outputs if outputs.count(table) > 1})
    if unknown or twice:
        raise ConfigError("The steps do not fit the declared tables", codes=unknown + twice)
    return tuple(_listing(one, found) if one.outputs == ("sources",) else one for one in found)


def _bound(one: Step, zones: str) -> Step:
    """Return a step whose sources depend on the zones, for these."""
    if "zones" not in inspect.signature(one.find_sources).parameters:
        return one
    return replace(one, find_sources=partial(one.find_sources, zones=zones))


def _listing(one: Step, steps: Sequence[Step]) -> Step:
    """Return the step that lists sources, which reads whatever the others read."""
    others = [other for other in steps if other is not one]
    return replace(
        one,
        find_sources=lambda: tuple(sorted({source for other in others for source in other.find_sources()})),
        find_optional=lambda: optional_sources(others),
    )


def optional_sources(steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the ids of the sources without which every step can do, in order."""
    wanted = tuple(steps)
    needed = {source for one in wanted for source in set(one.find_sources()) - set(one.find_optional())}
    return tuple(sorted({source for one in wanted for source in one.find_optional()} - needed))


def reading_only(steps: Iterable[Step], available: Collection[str], more: Collection[str] = ()) -> tuple[Step, ...]:
    """Return steps that read no other sources than these, such as those of the sample.

    Parameters
    ----------
    steps
        The steps as declared.
    available
        Ids of the sources that are there.
    more
        Those of them that no declaration names, such as a partnership's own boundaries: the steps that draw and that
        list sources read them.
    """

    def kept(one: Step) -> Step:
        declared = one.find_sources()
        added = more if {"candidate_localities", "sources"} & set(one.outputs) else ()
        wanted = tuple(sorted({source for source in (*declared, *added) if source in available}))
        return replace(one, find_sources=lambda: wanted)

    return tuple(kept(one) for one in steps)


def in_turn(steps: Sequence[Step]) -> list[Step]:
    """Return steps in an order in which as much as possible is done side by side.

    Those that go to a process of their own come as late as the others allow, where their result is taken up, and what
    they need comes first; those that can begin ahead come as late as the others allow, too.
    """
    found = [one for one in steps if not one.apart]
    apart = [one for one in steps if one.apart]
    # what can begin before localities are drawn
    drawn = {table for one in steps if one.per_set for table in one.outputs}
    needed: set[str] = {name for one in apart if not drawn & set(one.inputs) for name in one.inputs}
    for one in reversed(found):
        if needed & set(one.outputs):
            needed |= set(one.inputs)
    found.sort(key=lambda one: not needed & set(one.outputs))
    for one in [step for step in found if step.ahead is not None]:
        found.remove(one)
        found.insert(_first_user(one, found), one)
    for one in apart:
        found.insert(_first_user(one, found), one)
    return found


def _first_user(step: Step, steps: Sequence[Step]) -> int:
    """Return the place of the first of some steps that takes a table of another; their number where none does."""
    users = (place for place, other in enumerate(steps) if set(other.inputs) & set(step.outputs))
    return next(users, len(steps))


def graph(steps: Iterable[Step]) -> dict[str, Node]:
    """Return the graph of tables and their parts for `pipelines.storage.refresh.plan_refresh`."""
    from pipelines.storage.refresh import Node

    def node(one: Step, table: str) -> Node:
        together = tuple(other for other in one.outputs if other != table)
        if one.parts:
            # the whole is the list of its parts
            return Node(inputs=tuple(f"{table}/{part.part}" for part in one.parts), together=together)
        return Node(inputs=one.inputs, sources=one.find_sources(), settings=one.settings, together=together)

    return {table: node(one, table) for whole in steps for one in (*whole.parts, whole) for table in one.outputs}
