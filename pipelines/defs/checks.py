"""Asset checks: the declared form of a table and the rules between tables, under the names that the rules have.

The store is protected before anything is written: a step whose result breaks a rule fails and promotes nothing. The
checks here report that, rule by rule, where the UI shows it. They block, so nothing downstream goes on from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import dagster as dg

from indicators.errors import LocalitiesError, SchemaError
from indicators.schema.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORM", "RuleBook", "check_specs"]

FORM = "has_declared_form"


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
        self._results: dict[str, list[dg.AssetCheckResult]] = {}

    def check(self, table: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> None:
        """Raise at the first rule that a table breaks, having noted it."""
        from localities.rules import RULES

        noted = self._results.setdefault(table, [])
        for rule in RULES:
            if rule.table != table:
                continue
            try:
                rule.check(frame, tables)
            except LocalitiesError as error:
                noted.append(_result(table, rule.name, passed=False, says=str(error)))
                raise
            noted.append(_result(table, rule.name, passed=True))

    def passed(self, table: str) -> list[dg.AssetCheckResult]:
        """Return the results for a table that was promoted: its rules, and its form, without which it would not be."""
        return [_result(table, FORM, passed=True), *self._results.get(table, [])]

    def broken(self, outputs: Iterable[str], error: LocalitiesError) -> list[dg.AssetCheckResult]:
        """Return the results to report when a step failed: every rule looked at, or the form if that was at fault."""
        noted = [result for table in outputs for result in self._results.get(table, [])]
        if noted or not isinstance(error, SchemaError):
            return noted
        # no rule was looked at yet, so a table named by the error is one whose form was refused
        named = [table for table in outputs if re.search(rf"where: table {table}\b", str(error))]
        return [_result(table, FORM, passed=False, says=str(error)) for table in named]


def _result(table: str, name: str, *, passed: bool, says: str = "") -> dg.AssetCheckResult:
    metadata = {"what": dg.MetadataValue.text(says)} if says else {}
    return dg.AssetCheckResult(asset_key=table, check_name=name, passed=passed, metadata=metadata)
