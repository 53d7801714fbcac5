"""The steps of the pipeline: which table is computed from what, by which one call into the toolkit.

A step is a few lines: its inputs are its parameters, its description is its docstring, and its body is one call into
`indicators` or `localities`. The command line runs steps directly; `pipelines.dagster` turns each into an asset. To add
a table: describe it in `indicators/tables.py`, write its function in the toolkit, and add a step to the module of its
layer here. Not here: any logic of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicators.errors import ConfigError, compose
from indicators.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from indicators.catalogue import Catalogue
    from localities.settings import Settings
    from pipelines.storage.refresh import Node

__all__ = [
    "GROUPS",
    "Context",
    "Step",
    "all_steps",
    "graph",
    "optional_sources",
    "reading_only",
    "step",
    "steps_by_table",
]

GROUPS = ("sources", "geography", "indicators", "candidates", "findings")
_MODULES = ("provenance", "geography", "measures", "candidates", "findings", "change", "hotspots")


@dataclass(frozen=True)
class Context:
    """What a step may use beside its input tables.

    Parameters
    ----------
    files
        The file of each source id.
    settings
        Thresholds.
    catalogue
        The declared indicators.
    cache
        Folder for parsed sources.
    provenance
        Rows of the table ``sources``.
    """

    files: Mapping[str, Path]
    settings: Settings
    catalogue: Catalogue
    cache: Path
    provenance: pd.DataFrame | None = None


@dataclass(frozen=True)
class Step:
    """One step: a function that computes one or more tables.

    Parameters
    ----------
    name
        Name of the function.
    group
        Layer of the flow.
    outputs
        Tables that it computes.
    inputs
        Tables that it takes, in order of its parameters.
    spatial_inputs
        Those of them whose geometry it needs: parameters declared as ``gpd.GeoDataFrame``.
    compute
        ``compute(context, *inputs)`` returns the table, or a mapping of tables where there are several.
    find_sources
        Returns the ids of the sources that it reads.
    settings
        Names of the settings that it depends on.
    registries
        Packages whose modules it finds by name; part of its code.
    kinds
        What the UI shows it as.
    find_optional
        Returns the ids of those of its sources that it does without where nobody has supplied them.
    ahead
        ``ahead(context)`` does what can be done before its input tables are there, beside other steps.
    """

    name: str
    group: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    compute: Callable[..., Any]
    find_sources: Callable[[], tuple[str, ...]]
    settings: tuple[str, ...]
    registries: tuple[str, ...]
    kinds: tuple[str, ...]
    spatial_inputs: tuple[str, ...] = ()
    find_optional: Callable[[], tuple[str, ...]] = tuple
    ahead: Callable[[Context], None] | None = None

    @property
    def description(self) -> str:
        """What the step does, from its docstring."""
        return inspect.cleandoc(self.compute.__doc__ or "")

    def run(self, context: Context, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Return the computed tables by name."""
        result = self.compute(context, *(tables[name] for name in self.inputs))
        return dict(result) if len(self.outputs) > 1 else {self.outputs[0]: result}


def step(
    *,
    group: str,
    outputs: tuple[str, ...] = (),
    sources: tuple[str, ...] | Callable[[], tuple[str, ...]] = (),
    settings: tuple[str, ...] = (),
    registries: tuple[str, ...] = (),
    kinds: tuple[str, ...] = ("pandas",),
    optional: Callable[[], tuple[str, ...]] = tuple,
    ahead: Callable[[Context], None] | None = None,
) -> Callable[[Callable[..., Any]], Step]:
    """Return a decorator that makes a step of a function; its parameters after the first name its input tables."""

    def decorate(function: Callable[..., Any]) -> Step:
        parameters = tuple(inspect.signature(function).parameters.values())[1:]
        inputs = tuple(one.name for one in parameters)
        return Step(
            name=function.__name__,
            group=group,
            outputs=outputs or (function.__name__,),
            inputs=inputs,
            compute=function,
            find_sources=sources if callable(sources) else lambda: sources,
            # which indicators a folder can read decides as settings do
            settings=(*settings, "indicators") if "indicators.declarations" in registries else settings,
            registries=registries,
            kinds=kinds,
            spatial_inputs=tuple(one.name for one in parameters if "GeoDataFrame" in str(one.annotation)),
            find_optional=optional,
            ahead=ahead,
        )

    return decorate


@cache
def all_steps() -> tuple[Step, ...]:
    """Return every step, in order of layer.

    Raises
    ------
    ConfigError
        If a step names a table that is not declared, or two steps compute the same one.
    """
    found = tuple(
        value
        for name in _MODULES
        for value in vars(import_module(f"pipelines.steps.{name}")).values()
        if isinstance(value, Step)
    )
    outputs = [table for one in found for table in one.outputs]
    unknown = sorted({*outputs, *(table for one in found for table in one.inputs)} - set(TABLES))
    twice = sorted({table for table in outputs if outputs.count(table) > 1})
    if unknown or twice:
        raise ConfigError(compose("The steps do not fit the declared tables", codes=unknown + twice))
    return found


def steps_by_table() -> dict[str, Step]:
    """Return the step that computes each table."""
    return {table: one for one in all_steps() for table in one.outputs}


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
        Those of them that no declaration names, such as a partnership's own boundaries: steps that can do without some
        of their sources read these too.
    """

    def kept(one: Step) -> Step:
        declared = one.find_sources()
        added = more if one.find_optional() else ()
        wanted = tuple(sorted({source for source in (*declared, *added) if source in available}))
        return replace(one, find_sources=lambda: wanted)

    return tuple(kept(one) for one in steps)


def in_turn(steps: Sequence[Step]) -> list[Step]:
    """Return steps in an order in which those that can begin ahead come as late as the others allow."""
    found = list(steps)
    for one in [step for step in steps if step.ahead is not None]:
        rest = [other for other in found if other is not one]
        users = [place for place, other in enumerate(rest) if set(other.inputs) & set(one.outputs)]
        rest.insert(min(users, default=len(rest)), one)
        found = rest
    return found


def graph(steps: Iterable[Step]) -> dict[str, Node]:
    """Return the graph of tables for `pipelines.storage.refresh.plan_refresh`."""
    from pipelines.storage.refresh import Node

    return {
        table: Node(
            inputs=one.inputs,
            sources=one.find_sources(),
            settings=one.settings,
            together=tuple(other for other in one.outputs if other != table),
        )
        for one in steps
        for table in one.outputs
    }
