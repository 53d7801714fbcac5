"""No module imports another that imports it, by whatever way: at its top, inside a function, or for types alone."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("indicators", "localities", "pipelines")


def modules() -> dict[str, Path]:
    """Every module of the three packages, a package by the name of its folder."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """What a module imports, anywhere in it: the module that holds each name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & set(known) or {node.module}
    return found & set(known)


def test_there_is_no_circle():
    known = modules()
    graph = {name: imported(path, known) - {name} for name, path in known.items()}
    assert len(graph) > 200
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" imports ".join(reversed(error.args[1]))) from None


def test_a_hidden_circle_would_be_seen(tmp_path):
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("def late():\n    from pkg.two import later\n", encoding="utf-8")
    two.write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pkg import one\n", encoding="utf-8")
    known = {"pkg": tmp_path, "pkg.one": one, "pkg.two": two}
    assert imported(one, known) == {"pkg.two"}
    assert imported(two, known) == {"pkg.one"}
