"""Three councils, one table by group, and ways to declare it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from indicators.catalogue import Catalogue, Indicator, parse_indicator

A, B, C = "S12000005", "S12000006", "S12000008"

ROWS = [
    # council, year, group, ill, people
    (A, 2022, "All", 1400, 10_000), (A, 2022, "Disabled", 400, 1_000), (A, 2022, "Carers", 150, 800),
    (B, 2022, "All", 2600, 20_000), (B, 2022, "Disabled", 600, 2_000), (B, 2022, "Carers", 200, 1_600),
    (C, 2022, "All", 600, 6_000), (C, 2022, "Disabled", 100, 500), (C, 2022, "Carers", 40, 400),
]  # fmt: skip


@pytest.fixture
def zones() -> pd.DataFrame:
    rows = [("S01006506", A, "Clackmannanshire", "S02001236"), ("S01006507", B, "Dumfries and Galloway", "S02001237"),
            ("S01006508", C, "East Ayrshire", "S02001238")]  # fmt: skip
    return pd.DataFrame(rows, columns=["zone_code", "cpp_code", "cpp_name", "intermediate_zone_code"])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., dict[str, Path]]:
    """Write a table by group as the file of a source."""

    def make(rows: list[tuple[object, ...]] = ROWS, source: str = "a-table") -> dict[str, Path]:
        path = tmp_path / f"{source}.csv"
        lines = ["Council,Year,Group,Ill,People", *(",".join(map(str, row)) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return {source: path}

    return make


@pytest.fixture
def declare() -> Callable[..., Indicator]:
    """Declare a table by group."""

    def make(groups: dict[str, object] | None = None, *, id: str = "ill_by_group", **changes: object) -> Indicator:
        given: dict[str, object] = {
            "title": "People who are ill", "definition": "People who are ill, among people.", "domain": "Health",
            "role": "outcome", "source": "a-table", "reader": "mapped_table", "geography": "council_2019",
            "kind": "proportion", "unit": "% of people", "multiplier": 100, "poorer_is": "higher",
            "smallest_important_difference": 1.25, "smallest_important_difference_scale": "ratio",
            "national_outcome": "Health",
            "groups": {"dimension": "disability", "members": {"Disabled people": "Disabled"}, "whole": "All"}
            | (groups or {}),
            "columns": {"area": "Council", "date": "Year", "where": {"Group": "{group}"},
                        "numerator": {"column": "Ill"}, "denominator": {"column": "People"}},
        }  # fmt: skip
        merged = given | changes
        if isinstance(merged["groups"], dict):
            merged["groups"] = {key: value for key, value in merged["groups"].items() if value is not None}
        return parse_indicator(merged, Path(f"{id}.yaml"))

    return make


@pytest.fixture
def by_group() -> Callable[..., Catalogue]:
    return lambda *declared: Catalogue((), tuple(declared))
