"""The derived pages of documentation are what the declarations say now."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from indicators.catalogue import load_catalogue
from indicators.declaring.strict_yaml import read_yaml
from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from pipelines.documentation import indicators_page, pages, schemas, tables_page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_committed_pages_are_current(name):
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == pages()[name], "declarations changed: run python -m pipelines.documentation and commit docs/"


@pytest.mark.parametrize("path", sorted(schemas()), ids=lambda path: path.name)
def test_committed_schemas_are_current(path):
    assert path.read_text(encoding="utf-8") == schemas()[path], "run python -m pipelines.documentation and commit"


def test_what_an_editor_says_is_what_a_run_says():
    """Every declaration is good by its JSON Schema, and what a run would refuse is not."""
    from indicators.catalogue import SCHEMA
    from indicators.catalogue import declared_folder as of_indicators
    from pipelines.sources.declarations import declared_folder as of_sources
    from pipelines.sources.declarations import source_schema

    for schema, folder in ((SCHEMA, of_indicators()), (source_schema(), of_sources())):
        check = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
        for path in folder.glob("*.yaml"):
            assert not list(check.iter_errors(read_yaml(path, "A declaration"))), path
    good = read_yaml(of_indicators() / "simd_income.yaml", "A declaration")
    check = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for wrong in ({"ci_method": "nonsense"}, {"role": "result"}, {"columns": {"numeratr": "x"}}, {"vote": "income"}):
        assert list(check.iter_errors(good | wrong)), wrong


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
