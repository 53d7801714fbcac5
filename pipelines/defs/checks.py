"""Asset checks: the declared form of a table, the rules between tables, and whether tables and files are up to date.

The store is protected before anything is written: a step whose result breaks a rule fails and promotes nothing. The
checks here report that, rule by rule, where the UI shows it. They block, so nothing downstream goes on from there.

Whether a table is up to date is what the refresh plan says: Dagster's own staleness looks one step back and knows no
settings. Whether a file could be refreshed is a check of its asset. Neither blocks: what was good goes on serving.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import dagster as dg

from indicators.errors import LocalitiesError, SchemaError
from indicators.schema.tables import TABLES
from pipelines.defs.resources import Work
from pipelines.run.offline import held_sources
from pipelines.run.staleness import plan_of

if TYPE_CHECKING:
    import pandas as pd

FORM = "has_declared_form"
REFRESHED = "could_be_refreshed"
UP_TO_DATE = "is_up_to_date"


def refreshed_spec(file: dg.AssetKey) -> dg.AssetCheckSpec:
    """Return the check of a source's file: whether it could be refreshed when it was last asked for."""
    return dg.AssetCheckSpec(
        REFRESHED, asset=file, description="The publisher was asked, and what came may serve; else the last good file."
    )


def refreshed(file: dg.AssetKey, why_not: str, *, is_there: bool = True) -> dg.AssetCheckResult:
    """Return the result of that check: a warning where the last good file serves, an error where there is none."""
    severity = dg.AssetCheckSeverity.WARN if is_there else dg.AssetCheckSeverity.ERROR
    metadata = {"what": dg.MetadataValue.text(why_not)} if why_not else {}
    return dg.AssetCheckResult(
        asset_key=file, check_name=REFRESHED, passed=not why_not, severity=severity, metadata=metadata
    )


def plan_checks(tables: Iterable[str], after: Iterable[dg.AssetKey]) -> dg.AssetChecksDefinition:
    """Return a check of each table: whether the refresh plan leaves it as it is; a warning says why it does not.

    Parameters
    ----------
    tables
        Names of the tables.
    after
        Files that are fetched first, where a run does both.
    """
    files = list(after)

    @dg.multi_asset_check(
        name="refresh_plan",
        specs=[
            dg.AssetCheckSpec(
                UP_TO_DATE,
                asset=table,
                additional_deps=files,
                description="No source, setting or code behind it has changed, nor anything that it is computed from.",
            )
            for table in tables
        ],
        can_subset=True,
    )
    def refresh_plan(context: dg.AssetCheckExecutionContext, work: Work) -> Iterator[dg.AssetCheckResult]:
        workspace = work.at_hand
        versions = {key: one.sha256 for key, one in held_sources(workspace, workspace.sources).items()}
        reasons = plan_of(workspace, versions).by_whole_table()
        for key in sorted(context.selected_asset_check_keys, key=str):
            table = key.asset_key.path[-1]
            yield dg.AssetCheckResult(
                asset_key=table,
                check_name=UP_TO_DATE,
                passed=table not in reasons,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"why": dg.MetadataValue.text("; ".join(reasons[table]))} if table in reasons else {},
            )

    return refresh_plan


def check_specs(tables: Iterable[str]) -> list[dg.AssetCheckSpec]:
    """Return the checks of some tables: the declared form, then every rule of `localities.rules`."""
    from localities.rules import RULES

    specs = []
    for table in tables:
        declared = TABLES[table]
        specs.append(
            dg.AssetCheckSpec(
                FORM,
                asset=table,
                description=f"Columns, types, allowed values, bounds and key as declared: {declared.row}.",
                blocking=True,
            )
        )
        specs += [
            dg.AssetCheckSpec(rule.name, asset=table, description=f"{rule.says}.", blocking=True)
            for rule in RULES
            if rule.table == table
        ]
    return specs


class RuleBook:
    """Checks rules as `localities.rules.check_rules` does, and remembers how each came out.

    Handed to `pipelines.run.run.compute` as its ``check``.
    """

    def __init__(self) -> None:
        # by rule: a table that is computed some candidate sets at a time is looked at as often
        self._results: dict[str, dict[str, dg.AssetCheckResult]] = {}

    def check(self, table: str, frame: "pd.DataFrame", tables: Mapping[str, "pd.DataFrame"]) -> None:
        """Raise at the first rule that a table breaks, having noted it."""
        from localities.rules import RULES

        noted = self._results.setdefault(table, {})
        for rule in RULES:
            if rule.table != table:
                continue
            try:
                rule.check(frame, tables)
            except LocalitiesError as error:
                noted[rule.name] = _result(table, rule.name, passed=False, says=str(error))
                raise
            noted[rule.name] = _result(table, rule.name, passed=True)

    @staticmethod
    def passed(table: str) -> list[dg.AssetCheckResult]:
        """Return the results for a table that was promoted: without its form and all its rules it would not be."""
        return [_result(table, one.name, passed=True) for one in check_specs([table])]

    def broken(self, outputs: Iterable[str], error: LocalitiesError) -> list[dg.AssetCheckResult]:
        """Return the results to report when a step failed: every rule looked at, or the form if that was at fault."""
        noted = [result for table in outputs for result in self._results.get(table, {}).values()]
        if noted or not isinstance(error, SchemaError):
            return noted
        # no rule was looked at yet, so a table named by the error is one whose form was refused
        named = [table for table in outputs if re.search(rf"where: table {table}\b", str(error))]
        return [_result(table, FORM, passed=False, says=str(error)) for table in named]


def _result(table: str, name: str, *, passed: bool, says: str = "") -> dg.AssetCheckResult:
    metadata = {"what": dg.MetadataValue.text(says)} if says else {}
    return dg.AssetCheckResult(asset_key=table, check_name=name, passed=passed, metadata=metadata)
