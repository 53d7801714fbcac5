"""Assets: every declared source's file, every table, and the publications.

The bodies call what the command line calls (`pipelines.run.run`, `pipelines.run.publish`), so both give the same stored
versions. A step becomes one asset, or one asset per table where it computes several; it has no logic of its own here.

Annotations are evaluated in this module: Dagster reads the class of ``config`` from the signature.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field, create_model

from indicators.errors import LocalitiesError
from indicators.schema.tables import TABLES
from pipelines.defs.checks import RuleBook, check_specs, refreshed, refreshed_spec
from pipelines.defs.metadata.tables import column_schema, markdown_table, table_metadata
from pipelines.defs.resources import Work, download_key
from pipelines.defs.settings import setting_keys
from pipelines.run.history import keep_edition, made_of, note_success
from pipelines.run.logs import about, measured, peak_memory_mb
from pipelines.run.run import FilesAtFault, fetch_sources
from pipelines.run.workspace import NOT_SETTINGS, needed_by_zones
from pipelines.sources.own import is_own
from pipelines.storage.code_versions import code_version

if TYPE_CHECKING:
    from pipelines.run.report import Published
    from pipelines.sources.declarations import Source
    from pipelines.sources.provenance import Fetched
    from pipelines.steps.step import Step

OWNERS = ["team:community-planning"]
PUBLICATIONS = "publications"
_FILE_KINDS = {
    "xlsx": "excel",
    "csv_bz2": "csv",
    "csv_gz": "csv",
    "csv_xz": "csv",
    "csv_zip": "csv",
    "shapefile_zip": "shapefile",
}


class Downloading(dg.Config):
    """How to fetch."""

    force: bool = Field(False, description="Ask the publisher also for a pinned file that is already here.")


def _publishing(areas: Iterable[str], candidate_sets: Iterable[str]) -> type[dg.Config]:
    """Return the class of what to publish: choices among what there is, so that the page shows and checks them."""

    def choice(what: str, names: Iterable[str]) -> Any:
        allowed = sorted(names)
        # where none is known yet, as before the first run of the sample, any name is taken and sought when publishing
        if not allowed:
            return list[str]
        # Dagster keeps types by name, for the whole process
        name = f"{what}_{hashlib.sha256(repr(allowed).encode()).hexdigest()[:8]}"
        return list[Enum(name, {one: one for one in allowed})]  # type: ignore[misc]

    return create_model(
        "Publishing",
        __base__=dg.Config,
        areas=(choice("Area", areas), Field([], description="Partnerships; empty for all.")),
        candidate_sets=(choice("CandidateSet", candidate_sets), Field([], description="Drawings; empty for all.")),
    )


def downloads_asset(
    sources: Mapping[str, "Source"], optional: Mapping[str, "Source"] | None = None, pool: str | None = None
) -> dg.AssetsDefinition:
    """Return the assets that are the files of the sources, each of which can be fetched by itself.

    Fetching one asks the mirror and then the publisher, and records its hash as the data version. A new version that
    is refused is held back and the last good one serves; where there is none, what needs the file is left out of the
    tables. Only files that the zones need make the run fail, after every source was tried.

    Parameters
    ----------
    sources
        Sources that the steps read.
    optional
        Sources that the steps can do without and that are not here. Such a one is fetched where nothing but optional
        ones is asked for; among others it is passed over until its file is here.
    pool
        Whose limit says how many runs may write at a time.
    """
    spare = dict(optional or {})

    @dg.multi_asset(
        name="downloads",
        pool=pool,
        specs=[
            # skippable: one that cannot be had leaves out what needs it, and the night goes on
            *(_download_spec(one, is_optional=is_own(one.id)) for one in sources.values()),
            *(_download_spec(one, is_optional=True) for one in spare.values()),
        ],
        check_specs=[refreshed_spec(download_key(source_id)) for source_id in (*sources, *spare)],
        can_subset=True,
    )
    def downloads(
        context: dg.AssetExecutionContext, config: Downloading, work: Work
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        workspace = work.workspace
        asked = sorted(key.path[-1] for key in context.selected_asset_keys)
        # what is here now, not when the definitions were loaded: a file may have come or gone since
        there = set(workspace.sources)
        if set(asked) <= set(workspace.optional):
            there |= set(workspace.optional)
        wanted = [source_id for source_id in asked if source_id in there]
        for source_id in sorted(set(asked) - set(wanted)):
            context.log.info(f"{source_id}: passed over, because nothing reads it until its file is here.")
        failures: dict[str, LocalitiesError] = {}
        for source_id in wanted:
            try:
                fetched = fetch_sources(workspace, only=[source_id], force=config.force)[source_id]
            except LocalitiesError as error:
                failures[source_id] = error
                context.log.error(f"{source_id}: {error}")
                yield refreshed(download_key(source_id), str(error), is_there=False)
                continue
            if fetched.note:
                context.log.warning(fetched.note)
            yield dg.MaterializeResult(
                asset_key=download_key(source_id),
                data_version=dg.DataVersion(fetched.sha256),
                metadata=_download_metadata(fetched),
                check_results=[refreshed(download_key(source_id), fetched.note if fetched.served_stale else "")],
            )
        fatal = needed_by_zones(workspace, failures)
        if fatal:
            listed = "\n".join(f"{source_id}: {error}" for source_id, error in failures.items())
            raise dg.Failure(
                f"{len(failures)} of {len(wanted)} sources could not be had. Every table and publication stays as it "
                f"was.\n{listed}",
                metadata={source_id: dg.MetadataValue.text(str(error)) for source_id, error in failures.items()},
                allow_retries=False,
            )

    return downloads


def _download_spec(source: "Source", *, is_optional: bool = False) -> dg.AssetSpec:
    description = f"{source.title}. The file as {source.publisher} publishes it, checked, whole and with its hash."
    if is_own(source.id):
        description = f"{source.title}: own boundaries, kept in this working folder."
    elif is_optional:
        description += " Optional: no run needs it; what it allows to be drawn is drawn once its file is here."
    return dg.AssetSpec(
        download_key(source.id),
        group_name="sources",
        skippable=True,
        deps=setting_keys(["download_seconds"]),
        description=description,
        owners=OWNERS,
        kinds={_FILE_KINDS.get(source.format, source.format)},
        tags={"update": source.update, "geography": source.vintage},
        metadata={
            "publisher": source.publisher,
            "landing page": dg.MetadataValue.url(source.landing_page),
            "optional": is_optional,
            "licence": source.licence,
            "attribution": source.attribution,
            "file name": source.file_name,
            "addresses": "\n".join(one.shown for one in source.addresses) or "none: only the mirror has it",
        },
    )


def _download_metadata(fetched: "Fetched") -> dict[str, dg.MetadataValue]:
    return {
        "sha256": dg.MetadataValue.text(fetched.sha256),
        "size (bytes)": dg.MetadataValue.int(fetched.size),
        "address used": dg.MetadataValue.text(fetched.address_used),
        "retrieved at": dg.MetadataValue.text(fetched.retrieved_at.isoformat(timespec="seconds")),
        "changed": dg.MetadataValue.bool(fetched.changed),
        "is_stale": dg.MetadataValue.bool(fetched.served_stale),
        "note": dg.MetadataValue.text(fetched.note),
        "path": dg.MetadataValue.path(fetched.path),
    }


def step_asset(step: "Step", after: Iterable[str] = (), pool: str | None = None, turn: int = 0) -> dg.AssetsDefinition:
    """Return the asset of a step: one per table that it computes, with the tables and files that it reads upstream.

    Parameters
    ----------
    step
        The step.
    after
        Sources whose files it comes after where it reads none and takes no table: what a run can do is known only when
        the files that every run needs are here.
    pool
        As of `downloads_asset`.
    turn
        Its place among the steps, in the order of `pipelines.steps.registry.in_turn`.
    """
    version = code_version(step)
    upstream = step.find_sources() or (() if step.inputs else tuple(sorted(after)))
    outs = {
        table: dg.AssetOut.from_spec(_table_spec(step, table, version), io_manager_key="store")
        for table in step.outputs
    }

    @dg.multi_asset(
        name=step.name,
        pool=pool,
        outs=outs,
        deps=[*step.inputs, *(download_key(source_id) for source_id in upstream), *setting_keys(_own_settings(step))],
        check_specs=check_specs(step.outputs),
        # of those that could go on, the one with the highest priority does
        op_tags={"dagster/priority": str(-1 - turn)},
    )
    def computed(context: dg.AssetExecutionContext, work: Work) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        try:
            yield from _materialise(context, work, step)
        except LocalitiesError as error:
            raise dg.Failure(
                f"{error}\n{', '.join(step.outputs)}: what was there before stays, and so does what follows from it.",
                allow_retries=False,
            ) from error

    return computed


def _own_settings(step: "Step") -> set[str]:
    """Return the settings that a step reads, without what decides as settings do and is none."""
    return set(step.settings) - set(NOT_SETTINGS)


def _table_spec(step: "Step", table: str, version: str) -> dg.AssetSpec:
    declared = TABLES[table]
    return dg.AssetSpec(
        table,
        group_name=step.group,
        description=f"{step.description}\n\n{declared.title}: {declared.row}.",
        owners=OWNERS,
        kinds={*step.kinds, "parquet"},
        tags={"spatial": "yes" if declared.is_spatial else "no"},
        code_version=version,
        metadata={
            "dagster/column_schema": column_schema(table),
            "dagster/table_name": table,
            "depends on settings": ", ".join(step.settings) or "none",
        },
    )


def _materialise(
    context: dg.AssetExecutionContext, work: Work, step: "Step"
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Compute a step unless nothing behind it changed, and yield what the UI shows of each of its tables."""
    start, book = time.perf_counter(), RuleBook()
    # which steps this process does, Dagster tells nowhere else
    here = context.get_step_execution_context().execution_plan.step_keys_to_execute
    computing = work.computing(context.instance, here)
    # the step as this run's workspace has it: what it reads may have come or gone since the definitions were loaded
    declared, step = step, next((one for one in work.at_hand.steps if one.outputs == step.outputs), step)
    try:
        with about(run=context.run.run_id), measured(step.name):
            computed = computing.compute(step, book.check)
    except FilesAtFault as found:
        for source_id, one in found.without.left_out.items():
            context.log.warning(f"{source_id}: {one.in_words}")
        work.go_without(found.without)
        yield from _materialise(context, work, declared)
        return
    except LocalitiesError as error:
        yield from book.broken(step.outputs, error)
        raise
    seconds = time.perf_counter() - start
    if computed is None:
        context.log.info(f"{', '.join(step.outputs)}: kept, because nothing behind it changed.")
        everything = work.at_hand.store.manifests()
        manifests, upstream = {table: everything[table] for table in step.outputs}, computing.inputs.of(step)
    else:
        # what names places; the rules, which look at more, are checked
        manifests, upstream = computed, {}
    stored = {table: computing.inputs.read(table, with_geometry=True) for table in step.outputs}
    # a map of verdicts takes its places from the localities, whose geometry the step itself does without
    places = {"candidate_localities"} & {*step.inputs} - {*step.outputs}
    mapped = {name: computing.inputs.read(name, with_geometry="verdicts" in step.outputs) for name in places}
    for table, manifest in manifests.items():
        if computed is None:
            book.check(table, stored[table], {**upstream, **stored})
        yield dg.MaterializeResult(
            asset_key=table,
            value=manifest,
            data_version=dg.DataVersion(manifest.version),
            metadata={
                **table_metadata(table, stored[table], {**mapped, **stored}),
                "version": manifest.version,
                "content since": manifest.written_at,
                "recomputed": computed is not None,
                "seconds": round(seconds, 3),
                "peak memory of the process so far (MB)": peak_memory_mb() or "not told",
                "settings": dg.MetadataValue.json(dict(manifest.configuration)),
            },
            check_results=book.passed(table),
        )


def publications_asset(
    tables: Iterable[str],
    areas: Iterable[str] = (),
    candidate_sets: Iterable[str] = (),
    pool: str | None = None,
) -> dg.AssetsDefinition:
    """Return the asset of everything that is published; areas and candidate sets are run configuration.

    Parameters
    ----------
    tables
        Tables that publications are made of.
    areas, candidate_sets
        Slugs of partnerships and ids of candidate sets that may be chosen.
    pool
        As of `downloads_asset`.
    """
    publishing: Any = _publishing(areas, candidate_sets)

    @dg.asset(
        key=PUBLICATIONS,
        pool=pool,
        group_name="publications",
        deps=list(tables),
        owners=OWNERS,
        kinds={"geopackage", "excel", "duckdb", "parquet"},
        description=(
            "One GeoPackage, page for a browser, workbook and archive of tables per community planning partnership, "
            "and one page, DuckDB file and GeoParquet for all of them.\n\n"
            "Run configuration: `areas` and `candidate_sets`, chosen from a list; empty means all. "
            "What has not changed is left alone."
        ),
    )
    def publications(
        context: dg.AssetExecutionContext,
        config: publishing,
        work: Work,
    ) -> dg.MaterializeResult:
        from pipelines.run.publish import publish

        workspace = work.at_hand
        areas, sets = ([getattr(one, "value", one) for one in asked] for asked in (config.areas, config.candidate_sets))
        work.stop_computing()
        earlier = sorted(workspace.store.of_other_formats())
        if earlier:
            context.log.info(f"Of an earlier format of the store, and deleted: {', '.join(earlier)}")
        try:
            published = publish(
                workspace,
                areas=areas or None,
                candidate_sets=sets or None,
                progress=lambda what, done, number: context.log.info(f"{what} ({done + 1} of {number})"),
            )
            if "documents" in workspace.settings.publications and not sets:
                from pipelines.run.documents import publish_documents

                published += publish_documents(workspace, areas or None)
        except LocalitiesError as error:
            raise dg.Failure(f"{error}\nWhat was published before stays.", allow_retries=False) from error
        for one in published:
            if one.note:
                context.log.warning(f"{one.name}: {one.note}")
        is_everything = not areas and not sets
        edition, warning = keep_edition(workspace)
        if warning:
            context.log.warning(warning)
        made = made_of(workspace) if is_everything else ""
        note_success(workspace.home, "a run published everything", made)
        return dg.MaterializeResult(
            metadata={
                **_published_metadata(published),
                "made of": made,
                "edition": edition or "as before",
                "areas": ", ".join(areas) or "all",
                "candidate sets": ", ".join(sets) or "all",
                "folder": dg.MetadataValue.path(workspace.home.publications),
            }
        )

    return publications


def _published_metadata(published: Sequence["Published"]) -> dict[str, dg.MetadataValue]:
    """Return one row per file in order of name, with its size, and how many there are by what became of them."""
    import pandas as pd

    named = sorted(published, key=lambda one: one.name)
    sizes = [one.path.stat().st_size if one.path.is_file() else 0 for one in named]
    rows = pd.DataFrame(
        [
            (one.name, one.status.replace("_", " "), f"{size / 1e6:,.1f} MB", one.sha256[:12], one.note)
            for one, size in zip(named, sizes, strict=True)
        ],
        columns=["publication", "status", "size", "sha256", "note"],
    )
    return {
        "publications": dg.MetadataValue.md(markdown_table(rows)),
        "files": dg.MetadataValue.int(len(rows)),
        "size of all (bytes)": dg.MetadataValue.int(sum(sizes)),
        **{str(status): dg.MetadataValue.int(int(count)) for status, count in rows["status"].value_counts().items()},
    }
