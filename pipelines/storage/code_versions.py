"""The version of the code behind a table: a hash of every project module that its step can reach by import.

Nobody has to remember to raise a version by hand, and a change to the statistics does not recompute the zones. Imports
are followed statically, including those inside functions, within `indicators`, `localities` and the step itself;
packages whose modules are found by name (readers, candidate sets) and folders of declarations are added whole, and so
is a file of declarations beside a module that names it.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import textwrap
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.steps.step import Step

__all__ = ["code_version", "code_versions", "modules_reached"]

_PACKAGES = ("indicators", "localities")
_ALWAYS = ("indicators.schema.tables", "indicators.schema.validation")
_DATA = (".yaml", ".yml")


def code_versions(steps: tuple[Step, ...]) -> dict[str, str]:
    """Return the code version behind each table of the steps."""
    return {table: version for one in steps for version in [code_version(one)] for table in one.outputs}


def code_version(step: Step) -> str:
    """Return the hash of the step's own source and of everything that it can reach."""
    digest = hashlib.sha256(inspect.getsource(step.compute).encode())
    for name in modules_reached(step):
        path = _file_of(name)
        if path is not None:
            digest.update(name.encode())
            for one in (path, *_data_named_in(path)):
                digest.update(_hash_of(one))
    for registry in step.registries:
        folder = _root() / Path(*registry.split("."))
        for path in sorted(path for path in folder.iterdir() if path.suffix in _DATA):
            digest.update(path.name.encode())
            digest.update(_hash_of(path))
    return digest.hexdigest()[:16]


def modules_reached(step: Step) -> tuple[str, ...]:
    """Return the project modules that a step can reach by import, in order of name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(step.compute)))
    waiting = {*_imports(tree), *_ALWAYS}
    for registry in step.registries:
        folder = _root() / Path(*registry.split("."))
        waiting |= {f"{registry}.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__"}
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached or _file_of(name) is None:
            continue
        reached.add(name)
        waiting |= set(_imports_of(name)) - reached
    return tuple(sorted(reached))


@cache
def _imports_of(name: str) -> frozenset[str]:
    path = _file_of(name)
    return frozenset() if path is None else frozenset(_imports(ast.parse(path.read_text(encoding="utf-8"))))


def _imports(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in _PACKAGES}


@cache
def _data_named_in(path: Path) -> tuple[Path, ...]:
    """Return the files of declarations beside a module that its source names, such as the links of `adjacency`."""
    named = re.findall(r"""["']([\w.-]+\.ya?ml)["']""", path.read_text(encoding="utf-8"))
    beside = sorted(set(named))
    return tuple(path.parent / name for name in beside if (path.parent / name).is_file())


@cache
def _hash_of(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).digest()


@cache
def _file_of(name: str) -> Path | None:
    path = _root() / Path(*name.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    package = path / "__init__.py"
    return package if package.is_file() else None


@cache
def _root() -> Path:
    return Path(__file__).resolve().parent.parent.parent
