"""A step: which tables it computes from what."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from indicators.catalogue import Catalogue
    from localities.evidence.kept import Kept
    from localities.evidence.sums import Panels
    from localities.settings import Settings


@dataclass(frozen=True)
class Before:
    """What a step made of the very same under other grades.

    Parameters
    ----------
    tables
        As they are stored.
    settings
        Those that they were made with.
    """

    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, Any]


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
    sets
        Candidate sets to draw, where only some are due.
    provenance
        Rows of the table ``sources``.
    inferred
        Sources that are declared as inferred, not published.
    there
        Reads a table of the run on the zones of the other census in the same working folder; None where there is none.
    panels
        Where several steps work on the same figures, their panels, which each of them would make anew.
    kept
        Comparisons of the parts that are due, of a step in parts that is ``graded_by`` settings.
    before
        Of a step that is ``graded_by`` settings and has no parts, its tables where nothing else has changed.
    """

    files: Mapping[str, Path]
    settings: Settings
    catalogue: Catalogue
    cache: Path
    provenance: pd.DataFrame | None = None
    inferred: frozenset[str] = frozenset()
    sets: tuple[str, ...] = ()
    there: Callable[[str], pd.DataFrame] | None = None
    panels: Panels | None = None
    kept: Kept | None = None
    before: Before | None = None


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
        Those of them whose geometry it needs.
    compute
        ``compute(context, *inputs)`` returns the table, or a mapping of tables where there are several.
    find_sources
        Returns the ids of the sources that it reads; as declared it may take the census of the ``zones``.
    settings
        Names of the settings that it depends on.
    graded_by
        Those of them that grade comparisons and decide none, so that these can be kept when they change.
    registries
        Packages whose modules it finds by name; part of its code.
    kinds
        What the UI shows it as.
    find_optional
        Returns the ids of those of its sources that it does without where nobody has supplied them.
    ahead
        ``ahead(context)`` does what can be done before its input tables are there, beside other steps.
    apart
        Whether it is worth a process of its own beside the others: few steps wait for it, and its tables are small.
    vintage
        Census for whose zones it computes; empty where it is the same for all.
    per_set
        Whether each candidate set's rows come of that set alone, so that its tables are kept in parts.
    beside
        Names of parts beside those of the candidate sets: rows of no set, such as those of partnerships.
    held_against
        Setting that names the set whose localities own ones are held against; empty where they are not.
    parts
        The same step for each part, in order (`pipelines.steps.parts`).
    part
        Which part it computes.
    """

    name: str
    group: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    compute: Callable[..., Any]
    find_sources: Callable[..., tuple[str, ...]]
    settings: tuple[str, ...]
    registries: tuple[str, ...]
    kinds: tuple[str, ...]
    spatial_inputs: tuple[str, ...] = ()
    find_optional: Callable[[], tuple[str, ...]] = tuple
    ahead: Callable[[Context], None] | None = None
    apart: bool = False
    vintage: str = ""
    per_set: bool = False
    beside: tuple[str, ...] = ()
    held_against: str = ""
    graded_by: tuple[str, ...] = ()
    parts: tuple[Step, ...] = ()
    part: str = ""

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
    sources: tuple[str, ...] | Callable[..., tuple[str, ...]] = (),
    settings: tuple[str, ...] = (),
    registries: tuple[str, ...] = (),
    kinds: tuple[str, ...] = ("pandas",),
    spatial_inputs: tuple[str, ...] = (),
    optional: Callable[[], tuple[str, ...]] = tuple,
    ahead: Callable[[Context], None] | None = None,
    apart: bool = False,
    vintage: str = "",
    per_set: bool = False,
    beside: tuple[str, ...] = (),
    held_against: str = "",
    graded_by: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Step]:
    """Return a decorator that makes a step of a function; its parameters after the first name its input tables.

    Those whose geometry it needs are named under `spatial_inputs`; the others come without.
    """

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
            spatial_inputs=spatial_inputs,
            find_optional=optional,
            ahead=ahead,
            apart=apart,
            vintage=vintage,
            per_set=per_set,
            beside=beside,
            held_against=held_against,
            graded_by=graded_by,
        )

    return decorate
