"""Every table that a partnership shows, as CSV in one archive, with a dictionary of its columns.

Codes stay as they are in the store, so that a table joins to the national files; the dictionary says what they mean. A
name that a spreadsheet would take for a formula has an apostrophe before it (`localities.wording.escaping`).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.schema.fields import FIELDS
from indicators.schema.publication import title_of
from localities.publishing.atomic import Placed, place_whole
from localities.publishing.layers import FOR_QGIS
from localities.wording.codes import CODES_IN_WORDS, describe

if TYPE_CHECKING:
    import pyarrow as pa

    from localities.publishing.layers import Layer
    from localities.publishing.metadata import About

_MOMENT = (2020, 1, 1, 0, 0, 0)
# as `in_cell` has it, for a whole column at once
_FORMULA = r"^ *[=+\-@\t\r]"


def write_archive(target: Path, layers: Sequence[Layer], about: About) -> Placed:
    """Return where the archive is after writing it whole; the same layers give the same bytes.

    Parameters
    ----------
    target
        Wanted path, ending in ``.zip``.
    layers
        What the partnership shows, from `localities.publishing.layers.Country.of`; shapes are left out.
    about
        What the file says of itself.

    Raises
    ------
    ConfigError
        If the file cannot be put in place.
    """
    return place_whole(target, lambda draft: _write(draft, layers, about))


def _write(draft: Path, layers: Sequence[Layer], about: About) -> None:
    import pyarrow as pa

    tables: dict[str, tuple[str, pa.Table, Mapping[str, Mapping[str, str]]]] = {}
    drawn = [layer for layer in layers if layer.style == "verdict"]
    if drawn:
        words = {code: word for one in drawn for code, word in one.words.get("candidate_set", {}).items()}
        together = pa.concat_tables([_flat(one.table) for one in drawn], promote_options="permissive")
        tables["localities.csv"] = (
            "One row per candidate locality, of every way of drawing.", together, {"candidate_set": words},
        )  # fmt: skip
    for layer in layers:
        if layer.style != "verdict":
            name = re.sub(r"\W+", "_", layer.name.lower()).strip("_") + ".csv"
            tables[name] = (layer.description, _flat(layer.table), layer.words)
    readme = [about.title, "", about.abstract, "", *(f"{name}: {one[0]}" for name, one in tables.items()), ""]
    readme += ["dictionary.csv: every column of every table.", "", "Sources and licences", *about.attributions]
    readme += [f"Licence: {one}" for one in about.licences]
    with zipfile.ZipFile(draft, "w") as archive:
        _add(archive, "README.txt", ("\n".join(readme) + "\n").encode())
        _add(archive, "dictionary.csv", _csv(_dictionary(tables)))
        for name, (_, table, _) in tables.items():
            _add(archive, name, _csv(table))


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _MOMENT)
    # the same on Windows as elsewhere: made on Unix, readable by everybody
    entry.create_system, entry.external_attr, entry.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
    # the level of the archive is not that of an entry of one's own; higher ones take twice as long for a tenth less
    archive.writestr(entry, content, compresslevel=1)


def _flat(table: pa.Table) -> pa.Table:
    return table.select([name for name in table.column_names if name not in FOR_QGIS])


def _dictionary(tables: Mapping[str, tuple[str, pa.Table, Mapping[str, Mapping[str, str]]]]) -> pa.Table:
    import pyarrow as pa

    rows = []
    for name, (_, table, words) in tables.items():
        for column in table.column_names:
            field = FIELDS.get(column)
            codes = {**CODES_IN_WORDS, **words}.get(column, {})
            rows.append(
                {
                    "file": name,
                    "column": column,
                    "title": title_of(column),
                    "meaning": describe(column),
                    "unit": field.unit if field else "",
                    "type": field.dtype if field else "text",
                    "values": "; ".join(f"{code} = {word}" for code, word in codes.items()),
                    "empty_means": field.when_none if field and field.dtype in ("number", "date") else "",
                }
            )
    return pa.Table.from_pylist(rows)


def _csv(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    for number, field in enumerate(table.schema):
        column = table.column(number)
        if pa.types.is_string(field.type):
            risky = pc.fill_null(pc.match_substring_regex(column, _FORMULA), False)
            if pc.any(risky).as_py():
                column = pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
        elif pa.types.is_temporal(field.type):
            column = pc.strftime(column, format="%Y-%m-%d")
        elif pa.types.is_floating(field.type):
            # NaN is not a figure: an empty cell, as for whatever else is missing
            column = pc.if_else(pc.is_nan(column), None, column)
        table = table.set_column(number, field.name, column)
    written = io.BytesIO()
    # a mark at the start tells Excel that the letters are UTF-8
    written.write("\ufeff".encode())
    csv.write_csv(table, written)
    return written.getvalue()
