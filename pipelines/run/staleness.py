"""What is out of date in a working folder: the refresh plan for its tables, and whether a step need not run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from indicators.errors import ConfigError, UnreadableSource
from pipelines.run.workspace import Workspace
from pipelines.storage.refresh import Plan, plan_refresh
from pipelines.storage.store import Store

if TYPE_CHECKING:
    from pipelines.sources.provenance import Fetched
    from pipelines.steps.step import Step


def plan_of(workspace: Workspace, versions: Mapping[str, str]) -> Plan:
    """Return what to recompute, given the SHA-256 of each source."""
    from pipelines.steps.registry import graph
    from pipelines.storage.code_versions import code_versions

    return plan_refresh(
        graph(workspace.steps),
        workspace.store.sound_manifests(),
        versions,
        code_versions(workspace.steps),
        workspace.configuration,
        workspace.store.of_other_formats(),
    )


def current_version(store: Store, table: str) -> str:
    """Return the version of a table that stands in a store, which must have it."""
    manifest = store.manifest(table)
    if manifest is None:
        raise ConfigError(f"The table {table} has not been computed yet", where=store.root)
    return manifest.version


def is_unchanged(
    workspace: Workspace,
    step: Step,
    fetched: Mapping[str, Fetched],
    code: str = "",
    configuration: Mapping[str, object] | None = None,
    but: Collection[str] = (),
) -> bool:
    """Return whether everything behind a step's tables is what it was, now that its inputs have been recomputed.

    `code` is the version of its code, and `configuration` the workspace's, where these are known: looking up which
    sources are held back takes longer than the rest. `but` names settings that may have changed.
    """
    from pipelines.storage.code_versions import code_version
    from pipelines.storage.refresh import same_configuration

    code = code or code_version(step)
    settings = workspace.configuration if configuration is None else configuration
    if not all(is_unchanged(workspace, one, fetched, code, settings) for one in step.parts):
        return False
    inputs, sources = step.inputs, step.find_sources()
    names = tuple(one for one in step.settings if one not in but)
    if step.parts:
        sources = names = ()
    for table in step.outputs:
        if step.parts:
            inputs = tuple(f"{table}/{one.part}" for one in step.parts)
        try:
            manifest = workspace.store.manifest(table)
        except UnreadableSource:  # as good as never computed
            return False
        if (
            manifest is None
            or not workspace.store.is_sound(manifest)
            or manifest.code_version != code
            or dict(manifest.sources) != {source: fetched[source].sha256 for source in sources}
            or dict(manifest.inputs) != {name: current_version(workspace.store, name) for name in inputs}
            or not same_configuration(names, manifest.configuration, settings)
        ):
            return False
    return True
