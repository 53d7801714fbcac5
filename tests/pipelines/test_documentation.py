"""The derived pages of documentation are what the declarations say now."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.catalogue import load_catalogue
from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from pipelines.documentation import indicators_page, pages, tables_page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_committed_pages_are_current(name):
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == pages()[name], "declarations changed: run python -m pipelines.documentation and commit docs/"


def test_every_table_and_column_is_described():
    page = tables_page()
    for table in TABLES.values():
        section = page.split(f"## `{table.name}`: ")[1].split("\n## ")[0]
        for column in table.columns:
            assert f"| `{column}` | {FIELDS[column].dtype} |" in section


def test_every_indicator_is_listed_once_with_what_matters():
    page = indicators_page()
    for one in load_catalogue():
        assert page.count(f"| `{one.id}` |") == 1
    row = next(line for line in page.splitlines() if line.startswith("| `simd_income` |"))
    assert "1.25 (ratio)" in row
    assert "| higher |" in row
