"""What is inside the files that are made, and on which terms: data, and libraries whose code a page carries.

PDF documents carry the letters of Source Sans that they use; no other file carries a font: pages and Word documents
name those of the reader's own machine. GeoPackages, workbooks and archives carry data
alone. What the libraries ask to be said is in ``notices.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_NOTICES = Path(__file__).parent / "notices.yaml"


@dataclass(frozen=True)
class Licensed:
    """One thing that somebody else made.

    Parameters
    ----------
    what
        Its name; of a library with its parts.
    inside
        The kind of file that carries it: ``data`` for figures, which all do, ``explorer`` or ``document``;
        ``installation`` for a package that is only run.
    licence
        Name of the licence, as its maker gives it.
    notice
        Attribution or copyright, as the licence asks for it.
    address
        Where it comes from.
    text
        The licence in full where it must go along.
    """

    what: str
    inside: str
    licence: str
    notice: str
    address: str = ""
    text: str = ""


def of_data(sources: pa.Table) -> list[Licensed]:
    """Return the licence and attribution of every source of a run, in their order; without what could not be had.

    Parameters
    ----------
    sources
        Table ``sources``.
    """
    rows = sources.select(["title", "licence", "attribution", "landing_page", "sha256"]).to_pylist()
    return [
        Licensed(row["title"], "data", row["licence"] or "", row["attribution"] or "", row["landing_page"] or "")
        for row in rows
        if row["sha256"] != "none"
    ]


@cache
def of_files(kind: str) -> tuple[Licensed, ...]:
    """Return the libraries whose code is inside every file of a kind.

    Examples
    --------
    >>> sorted({one.licence for one in of_files("explorer")})
    ['BSD-3-Clause', 'ISC', 'MIT', 'Unlicense']
    >>> of_files("workbook")
    ()
    """
    import yaml

    declared: dict[str, Any] = yaml.safe_load(_NOTICES.read_text(encoding="utf-8"))
    return tuple(
        Licensed(
            one["what"], kind, one["licence"], ". ".join(one["holders"]), one["address"], declared["texts"][one["text"]]
        )
        for one in declared["libraries"]
        if one["inside"] == kind
    )


def of_packages(name: str = "scottish-localities") -> Iterator[Licensed]:
    """Yield the installed packages that the project runs on, by name: those that it asks for, and what these ask for.

    Packages that are asked for only by an extra are left out, except where something else brings them.
    """
    from packaging.requirements import Requirement

    seen: set[str] = set()
    waiting = [name]
    while waiting:
        try:
            one = distribution(waiting.pop())
        except PackageNotFoundError:
            continue
        wanted = [Requirement(line) for line in one.requires or ()]
        further = {want.name.lower() for want in wanted if want.marker is None or want.marker.evaluate({"extra": ""})}
        waiting += sorted(further - seen)
        seen |= further
    for package in sorted(seen):
        try:
            one = distribution(package)
        except PackageNotFoundError:
            continue
        about = one.metadata.json
        stated = str(about.get("license_expression") or about.get("license") or "")
        classes = [line for line in about.get("classifier") or () if line.startswith("License ::")]
        licence = stated if stated and len(stated) < 60 else ", ".join(line.rpartition(" :: ")[2] for line in classes)
        files = [file for file in one.files or () if ".dist-info/" in str(file) and "LICEN" in file.name.upper()]
        texts = [Path(str(file.locate())).read_text(encoding="utf-8", errors="replace") for file in files]
        author = str(about.get("author") or about.get("author_email") or "")
        yield Licensed(
            f"{one.metadata['Name']} {one.version}", "installation", licence or "see its notice", author,
            str(about.get("home_page") or ""), "\n\n".join(texts),
        )  # fmt: skip
