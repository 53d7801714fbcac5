"""What is derived from what is declared: pages on tables and fields and on indicators, and JSON Schemas for editors.

``python -m pipelines.documentation`` writes them; a test fails while they are not current. What the
method is and how it was validated is elsewhere (``docs/METHODS.md``, ``localities validate``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indicators.catalogue import Catalogue, Indicator
    from indicators.schema.field import Field

_HEAD = "Written by `python -m pipelines.documentation`; do not edit.\n"


def tables_page() -> str:
    """Return the page of every table and field, from `indicators.schema.tables`."""
    from indicators.schema.fields import FIELDS
    from indicators.schema.tables import TABLES

    parts = [
        "# Tables\n",
        _HEAD,
        "The same names in the store, in GeoParquet, in DuckDB and in GeoPackages. Codes are texts; coordinates are in "
        "metres (EPSG:27700). *May be empty* says that a missing value is allowed.\n",
    ]
    for table in TABLES.values():
        more = " More columns may follow." if table.is_open else ""
        more += " Made of what people keep in the working folder, when asked for; no store holds it." * table.is_given
        parts += [
            f"## `{table.name}`: {table.title}\n",
            f"{table.row[0].upper()}{table.row[1:]}. Key: {', '.join(f'`{name}`' for name in table.key)}.{more}\n",
            _markdown(
                ("Column", "Type", "Meaning", "Unit", "Values", "May be empty"),
                (
                    (f"`{name}`", one.dtype, one.description, one.unit, _values(one), "yes" if one.nullable else "")
                    for name, one in ((name, FIELDS[name]) for name in table.columns)
                ),
            ),
        ]
    return "\n".join(parts)


def _values(field: Field) -> str:
    if field.allowed:
        return ", ".join(f"`{value}`" for value in field.allowed)
    if field.pattern:
        return f"pattern `{field.pattern}`"
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return "" if low is None else f"{low:g} or more"


def indicators_page(catalogue: Catalogue | None = None) -> str:
    """Return the page of every declared indicator, by role and domain."""
    from indicators.catalogue import ROLES, load_catalogue

    catalogue = catalogue or load_catalogue()
    parts = [
        "# Indicators\n",
        _HEAD,
        "One declaration each, in `indicators/declarations/`. Outcomes vote in a verdict, by themselves or through an "
        "index of their domain; the others describe. The smallest important difference is what a finding of *poorer* "
        "must surely exceed: as a ratio, an odds ratio, points of the unit, or standard deviations between zones.\n",
    ]
    for role in ROLES:
        chosen = sorted((one for one in catalogue if one.role == role), key=lambda one: (one.domain, one.id))
        if not chosen:
            continue
        parts += [
            f"## {role.capitalize()}s\n" if role != "access" else "## Access\n",
            _markdown(
                ("Indicator", "Title", "Domain", "Kind", "Unit", "Poorer is", "Smallest important", "Votes", "Source"),
                (
                    (
                        f"`{one.id}`",
                        one.title,
                        one.domain,
                        one.kind.replace("_", " "),
                        one.unit,
                        one.poorer_is,
                        _important(one),
                        _voting(one),
                        f"`{one.source}`",
                    )
                    for one in chosen
                ),
            ),
        ]
    if catalogue.by_group:
        parts += [
            "## By group\n",
            "Outcomes of groups of people of each council (table `group_findings`); they never vote on places.\n",
            _markdown(
                ("Indicator", "Title", "Domain", "By", "Groups", "Unit", "Smallest important", "Source"),
                (
                    (f"`{one.id}`", one.title, one.domain, one.groups.dimension.replace("_", " "),
                     "; ".join(one.groups.members), one.unit, _important(one), f"`{one.source}`")
                    for one in catalogue.by_group
                    if one.groups
                ),
            ),
        ]  # fmt: skip
    parts += ["## Definitions and caveats\n"]
    for one in sorted((*catalogue.indicators, *catalogue.by_group), key=lambda one: one.id):
        caveats = f" *{_one_line(one.caveats)}*" if one.caveats else ""
        if one.not_read:
            left_out = ", ".join((*one.not_read.periods, *one.not_read.areas))
            caveats += f" Not read: {left_out}. {_one_line(one.not_read.because)}"
        parts.append(f"- `{one.id}`: {_one_line(one.definition)}{caveats}")
    return "\n".join(parts) + "\n"


def _important(one: Indicator) -> str:
    if not one.is_tested:
        return "not tested"
    scale = {"ratio": "ratio", "odds": "odds ratio", "points": "points", "sd": "standard deviations"}
    return f"{one.smallest_important_difference:g} ({scale[one.smallest_important_difference_scale]})"


def _voting(one: Indicator) -> str:
    if one.votes:
        return one.vote.replace("_", " ")
    return "no"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join("---" for _ in head) + "|"]
    lines += ["| " + " | ".join(_one_line(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Return the content of every derived page by its file name."""
    return {"TABLES.md": tables_page(), "INDICATORS.md": indicators_page()}


def schemas() -> dict[Path, str]:
    """Return the JSON Schema of every kind of declaration by its place, for editors."""
    from indicators.catalogue import SCHEMA, Indicator
    from indicators.declaring.readers import READERS
    from indicators.declaring.strict_yaml import json_schema
    from localities.settings import SCHEMA as OF_SETTINGS
    from localities.settings import Settings
    from pipelines.sources.declarations import Source, source_schema

    indicator = json_schema(Indicator)
    indicator["properties"]["reader"]["enum"] = sorted(READERS)
    indicator["allOf"] = [
        {
            "if": {"properties": {"reader": {"const": name}}},
            "then": {"properties": {"columns": {"propertyNames": {"enum": sorted(keys)}}}},
        }
        for name, keys in sorted(READERS.items())
    ]
    found = {SCHEMA: indicator, source_schema(): json_schema(Source), OF_SETTINGS: json_schema(Settings)}
    return {path: json.dumps(one, indent=2, ensure_ascii=False) + "\n" for path, one in found.items()}


def write_pages(folder: Path) -> list[Path]:
    """Write every derived page into a folder, and the JSON Schemas to their places; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path, text in {**{folder / name: text for name, text in pages().items()}, **schemas()}.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written


if __name__ == "__main__":
    write_pages(Path(__file__).resolve().parent.parent / "docs")
