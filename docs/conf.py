"""The documentation site: `make docs` builds it from these pages and from the docstrings, without the network."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("indicators", "localities", "pipelines")

project = "scottish-localities"
author = "The scottish-localities developers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

html_theme = "furo"
html_title = project
html_show_copyright = False
html_copy_source = False

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

default_role = "code"  # names in single backticks are names in code
napoleon_google_docstring = False
napoleon_attr_annotations = False
napoleon_use_ivar = True
napoleon_use_rtype = False
autodoc_typehints = "none"  # the signature of a vectorised function is told by its docstring
autodoc_member_order = "bysource"


def _rooms(package: str) -> dict[str, list[str]]:
    """Return the modules of each room of a package."""
    rooms: dict[str, list[str]] = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if not parts[-1].startswith("__"):
            rooms.setdefault(".".join(parts[:-1]), []).append(".".join(parts))
    return rooms


def _write_reference(app: object) -> None:
    """Write a page for each room with the docstrings of its modules; none of these pages is committed."""
    folder = ROOT / "docs" / "reference"
    folder.mkdir(exist_ok=True)
    pages = {}
    for package in PACKAGES:
        for room, modules in _rooms(package).items():
            parts = [f"{room}\n{'=' * len(room)}\n", f".. automodule:: {room}\n"]
            parts += [
                f"{one}\n{'-' * len(one)}\n\n.. automodule:: {one}\n   :members:\n   :ignore-module-all:\n"
                for one in modules
            ]
            pages[room] = "\n".join(parts)
    listed = "\n   ".join(sorted(pages))
    pages["index"] = (
        f"Reference\n=========\n\nOne page for each room.\n\n.. toctree::\n   :maxdepth: 1\n\n   {listed}\n"
    )
    for name, text in pages.items():
        (folder / f"{name}.rst").write_text(text, encoding="utf-8", newline="\n")


def _is_left_out(app: object, what: str, name: str, one: object, skip: bool, options: object) -> bool | None:
    """Leave out fields of named tuples, which their class describes, and what pydantic keeps in a module: ``A[B]``."""
    return True if type(one).__name__ == "_tuplegetter" or "[" in name else None


def setup(app: object) -> None:
    """Have Sphinx call the functions above."""
    app.connect("builder-inited", _write_reference)  # type: ignore[attr-defined]
    app.connect("autodoc-skip-member", _is_left_out)  # type: ignore[attr-defined]
