"""The version of the code behind a table or a file: a hash of every project module that it can reach by import.

Nobody has to remember to raise a version by hand, and a change to the statistics does not recompute the zones. Imports
are followed statically, including those inside functions, within `indicators`, `localities` and the step itself;
packages whose modules are found by name (readers, candidate sets) and folders of declarations are added whole, and so
is a file of declarations beside a module that names it.

What is declared of a table's own fields counts for that table alone: a new column, or a description in other words,
does not move the others.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.steps.step import Step

_ALWAYS = ("indicators.schema.validation",)
# every table's declaration: of these a step depends on its own tables' part
_DECLARED = frozenset({"indicators.schema.fields", "indicators.schema.tables"})
_DATA = (".yaml", ".yml")


def code_versions(steps: tuple[Step, ...]) -> dict[str, str]:
    """Return the code version behind each table of the steps, and each of its parts."""
    return {
        table: version
        for whole in steps
        for version in [code_version(whole)]
        for one in (whole, *whole.parts)
        for table in one.outputs
    }


def code_version(step: Step) -> str:
    """Return the hash of the step's own source, of everything that it can reach, and of what its tables declare."""
    digest = hashlib.sha256(_source_of(step.compute).encode())
    _add_modules(digest, modules_reached(step), step.registries)
    for table in step.outputs:
        # a part has the code of its table
        digest.update(declared_of(table.partition("/")[0]).encode())
    return digest.hexdigest()[:16]


def code_of(module: str, registries: tuple[str, ...] = ()) -> str:
    """Return the hash of a module of the project and of everything in the toolkit that it can reach.

    Parameters
    ----------
    module
        Such as ``pipelines.run.publish``.
    registries
        Packages whose modules are found by name.
    """
    path = _file_of(module)
    if path is None:
        raise ModuleNotFoundError(module)
    digest = hashlib.sha256(_hash_of(path))
    _add_modules(digest, _reached([*_imports_of(module), *_members(registries)]), registries)
    return digest.hexdigest()[:16]


def modules_reached(step: Step) -> tuple[str, ...]:
    """Return the project modules that a step can reach by import, in order of name."""
    return _reached([*_imports(_source_of(step.compute)), *_ALWAYS, *_members(step.registries)], without=_DECLARED)


@cache
def _source_of(compute: Callable[..., object]) -> str:
    return inspect.getsource(compute)


def _reached(start: Iterable[str], without: frozenset[str] = frozenset()) -> tuple[str, ...]:
    waiting = set(start)
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached or name in without or _file_of(name) is None:
            continue
        reached.add(name)
        waiting |= set(_imports_of(name)) - reached
    return tuple(sorted(reached))


def _members(registries: Iterable[str]) -> set[str]:
    return {
        f"{registry}.{path.stem}"
        for registry in registries
        for path in _folder_of(registry).glob("*.py")
        if path.stem != "__init__"
    }


def _add_modules(digest: hashlib._Hash, modules: Iterable[str], registries: Iterable[str]) -> None:
    for name in modules:
        path = _file_of(name)
        if path is not None:
            digest.update(name.encode())
            for one in (path, *_data_named_in(path)):
                digest.update(_hash_of(one))
    for registry in registries:
        for path in sorted(path for path in _folder_of(registry).iterdir() if path.suffix in _DATA):
            digest.update(path.name.encode())
            digest.update(_hash_of(path))


def declared_of(table: str) -> str:
    """Return what is declared of a table and its fields, but for how they are published."""
    from dataclasses import replace

    from indicators.schema.fields import FIELDS
    from indicators.schema.tables import TABLES

    one = TABLES[table]
    return repr([one, *(replace(FIELDS[name], alias="", decimals=None, published={}) for name in one.columns)])


_IMPORT = re.compile(
    r"^[ \t]*(?:import[ \t]+((?:indicators|localities)[\w.]*)"
    r"|from[ \t]+((?:indicators|localities)[\w.]*)[ \t]+import[ \t]+(\((?:[^)#]|#[^\n]*)*\)|[^\n]+))",
    re.MULTILINE,
)
"""A statement that imports from the toolkit. To parse every module takes six times as long, and waits on every run."""


@cache
def _imports_of(name: str) -> frozenset[str]:
    path = _file_of(name)
    return frozenset() if path is None else _imports(path.read_text(encoding="utf-8"))


def _imports(source: str) -> frozenset[str]:
    """Return what a source imports from the toolkit: modules, and names in them, which may be modules too.

    Examples
    --------
    >>> sorted(_imports("from localities import councils as one, rules" + chr(10) + "import numpy"))
    ['localities', 'localities.councils', 'localities.rules']
    """
    found: set[str] = set()
    for whole, module, names in _IMPORT.findall(source):
        found.add(whole or module)
        found |= {f"{module}.{one}" for one in re.findall(r"(\w+)(?:\s+as\s+\w+)?", names)}
    return frozenset(found)


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


def _folder_of(package: str) -> Path:
    return _root() / Path(*package.split("."))


@cache
def _root() -> Path:
    return Path(__file__).resolve().parent.parent.parent
