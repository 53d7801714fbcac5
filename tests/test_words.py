"""Words of `docs/GLOSSARY.md` that can be held fixed by a machine: names in the code, and values in the tables."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from indicators.schema.fields import FIELDS
from indicators.schema.vocabulary import SIGNIFICANCES, STATUSES, VERDICTS

_ROOT = Path(__file__).parent.parent
_SAY_NOTHING = {"told", "said", "mine", "held", "hold", "weigh"}
"""Names that say how a value came about, and not what it is."""


def _names(tree: ast.AST) -> set[str]:
    """Return every name that a module gives: to a variable, an attribute, an argument, a function or a class."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


@pytest.mark.parametrize("package", ["indicators", "localities", "pipelines"])
def test_names_say_what_they_name(package):
    modules = sorted((_ROOT / package).rglob("*.py"))
    wrong = [
        f"{path.relative_to(_ROOT)}: {name}"
        for path in modules
        for name in _names(ast.parse(path.read_text(encoding="utf-8")))
        if name.strip("_").lower() in _SAY_NOTHING
    ]
    assert len(modules) > 50
    assert not wrong


def test_every_answer_of_the_tables_is_in_the_glossary():
    glossary = (_ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
    words = set(re.findall(r"`([a-z_]+)`", glossary))
    assert {*STATUSES, *SIGNIFICANCES, *VERDICTS} <= words


def test_coverage_alone_is_that_of_data_and_a_vintage_is_a_census():
    assert "observed data" in FIELDS["coverage"].description
    vintages = [field for name, field in FIELDS.items() if name.split("_")[-1] == "vintage"]
    assert vintages
    assert all("census" in field.description.lower() or "zones" in field.description.lower() for field in vintages)
