"""What to recompute: one pure function, used by the command line and by Dagster alike.

`plan_refresh` compares what stands behind each table (versions of its inputs, of its sources, of the code and of the
settings) with how things are now, and returns the tables that changed *and everything downstream of them*, in order,
each with its reason. It reads nothing and writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Protocol

from indicators.errors import ConfigError

_NEVER = "never computed"


class Recorded(Protocol):
    """What `plan_refresh` needs of a manifest."""

    @property
    def version(self) -> str:
        """Hash of the content."""

    @property
    def inputs(self) -> Mapping[str, str]:
        """Version of every table that it was computed from."""

    @property
    def sources(self) -> Mapping[str, str]:
        """SHA-256 of every source file that it was computed from."""

    @property
    def code_version(self) -> str:
        """Version of the code that made it."""

    @property
    def configuration(self) -> Mapping[str, object]:
        """Settings that it depends on, by name."""


@dataclass(frozen=True)
class Node:
    """One table in the graph: what it is computed from, and what is computed together with it.

    Parameters
    ----------
    inputs
        Tables that it is computed from.
    sources
        Sources that it reads directly.
    settings
        Names of the settings that it depends on.
    together
        Tables that the same step computes; they are planned together.
    """

    inputs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    together: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """One table to recompute, and why."""

    table: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What to recompute, in an order in which it can be done, and what stays."""

    planned: tuple[Planned, ...]
    unchanged: tuple[str, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables to recompute, in order."""
        return tuple(one.table for one in self.planned)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.planned

    def why(self) -> dict[str, tuple[str, ...]]:
        """Return the reasons by table."""
        return {one.table: one.reasons for one in self.planned}

    def by_whole_table(self) -> dict[str, tuple[str, ...]]:
        """Return the reasons by table, those of its parts among them, each once; in order.

        Examples
        --------
        >>> Plan((Planned("reach/wards", ("zones is recomputed",)), Planned("reach/towns", ("zones is recomputed",)),
        ...       Planned("reach", ("reach/wards is recomputed",))), ()).by_whole_table()
        {'reach': ('zones is recomputed',)}
        """
        found: dict[str, dict[str, None]] = {}
        for one in self.planned:
            table = one.table.partition("/")[0]
            own = (reason for reason in one.reasons if not reason.startswith(f"{table}/"))
            found.setdefault(table, {}).update(dict.fromkeys(own))
        return {table: tuple(reasons) for table, reasons in found.items()}


def plan_refresh(
    graph: Mapping[str, Node],
    manifests: Mapping[str, Recorded],
    source_versions: Mapping[str, str],
    code_versions: Mapping[str, str],
    configuration: Mapping[str, object],
    other_formats: Collection[str] = (),
) -> Plan:
    """Return the tables whose causes changed, and everything downstream, each with its reasons.

    Parameters
    ----------
    graph
        Every table and what it is computed from.
    manifests
        What stands behind the current version of each table; absent where there is none.
    source_versions
        SHA-256 of each source as it is now.
    code_versions
        Version of the code behind each table as it is now.
    configuration
        Every setting as it is now; a table looks only at those that its node names.
    other_formats
        Tables that are there in another format of the store, and so have no manifest here.

    Raises
    ------
    ConfigError
        If the graph has a cycle, or names a table or a source that does not exist.

    Examples
    --------
    >>> from pipelines.storage.store import Manifest
    >>> graph = {"zones": Node(sources=("boundaries",)), "findings": Node(inputs=("zones",))}
    >>> built = {"zones": Manifest("zones", "v1", 1, sources={"boundaries": "a"}),
    ...          "findings": Manifest("findings", "v1", 1, inputs={"zones": "v1"})}
    >>> code = {"zones": "", "findings": ""}
    >>> plan_refresh(graph, built, {"boundaries": "a"}, code, {}).is_empty
    True
    >>> for one in plan_refresh(graph, built, {"boundaries": "b"}, code, {}).planned:
    ...     print(one.table, one.reasons)
    zones ('source boundaries changed',)
    findings ('zones is recomputed',)
    """
    order = _order(graph)
    reasons: dict[str, list[str]] = {}
    for table in order:
        why = _own_reasons(table, graph[table], manifests, source_versions, code_versions, configuration)
        if why == [_NEVER] and table in other_formats:
            why = ["kept in another format of the store"]
        why += [f"{parent} is recomputed" for parent in graph[table].inputs if parent in reasons]
        if why:
            reasons[table] = why
            for sibling in graph[table].together:
                reasons.setdefault(sibling, [f"computed together with {table}"])
    # a sibling that came earlier in the order may have been drawn in late, so look downstream once more
    for table in order:
        if table not in reasons:
            late = [f"{parent} is recomputed" for parent in graph[table].inputs if parent in reasons]
            if late:
                reasons[table] = late
    planned = tuple(Planned(table, tuple(reasons[table])) for table in order if table in reasons)
    return Plan(planned, tuple(table for table in order if table not in reasons))


def _own_reasons(
    table: str,
    node: Node,
    manifests: Mapping[str, Recorded],
    source_versions: Mapping[str, str],
    code_versions: Mapping[str, str],
    configuration: Mapping[str, object],
) -> list[str]:
    manifest = manifests.get(table)
    if manifest is None:
        return [_NEVER]
    why = []
    for source in node.sources:
        if source not in source_versions:
            raise ConfigError(f"The table {table} reads a source whose version is not known", codes=[source])
        if manifest.sources.get(source) != source_versions[source]:
            why.append(f"source {source} changed" if source in manifest.sources else f"source {source} is new")
    why += [f"source {gone} is no longer read" for gone in sorted(set(manifest.sources) - set(node.sources))]
    why += [f"{gone} is no longer part of it" for gone in sorted(set(manifest.inputs) - set(node.inputs))]
    for parent in node.inputs:
        parent_manifest = manifests.get(parent)
        if parent_manifest is not None and manifest.inputs.get(parent) != parent_manifest.version:
            why.append(f"{parent} has a newer version")
    if manifest.code_version != code_versions.get(table, ""):
        why.append("the code changed")
    changed = [name for name in node.settings if not same_configuration([name], manifest.configuration, configuration)]
    if changed:
        why.append(f"settings changed: {', '.join(changed)}")
    return why


def same_configuration(names: Sequence[str], recorded: Mapping[str, object], current: Mapping[str, object]) -> bool:
    """Return whether the named settings are as they were when a table was written."""
    return all(_plain(recorded.get(name)) == _plain(current.get(name)) for name in names)


def _plain(value: object) -> object:
    """Return the value as JSON would give it back, so that a tuple equals the list that it was stored as."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _order(graph: Mapping[str, Node]) -> list[str]:
    unknown = sorted({parent for node in graph.values() for parent in node.inputs} - set(graph))
    if unknown:
        raise ConfigError("The graph names tables that it does not hold", codes=unknown)
    sorter = TopologicalSorter({table: sorted(graph[table].inputs) for table in sorted(graph)})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise ConfigError("The graph of tables has a cycle", found=" -> ".join(error.args[1])) from error
