"""The national DuckDB file: every table under its own name, with the meaning of every column.

Written in the storage version that clients since DuckDB 1.5 open, and swapped in whole: DuckDB lets one process write,
and a reader in another would block it. The file is compared by content; its bytes differ from one writing to the next.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from localities.publishing.atomic import Placed, place_whole

STORAGE_VERSION = "v1.5.0"
LEAST_CLIENT = "1.5"
_CLIENT = f"Needs DuckDB {LEAST_CLIENT} or later; older clients read the Parquet files beside this one."
VIEWS: dict[str, tuple[frozenset[str], str, str]] = {
    "localities": (
        frozenset({"candidate_localities", "verdicts"}),
        "One row per candidate locality, with its verdict and its boundary.",
        "SELECT c.*, v.* EXCLUDE (locality_id, candidate_set, locality_name, cpp_code, cpp_name)"
        " FROM candidate_localities AS c JOIN verdicts AS v USING (locality_id)",
    ),
    "flagged": (
        frozenset({"candidate_localities", "verdicts"}),
        "The localities with strong evidence against either comparator, the firmest first within partnership and set.",
        "SELECT * FROM localities WHERE is_flagged ORDER BY cpp_name, candidate_set, priority_rank",
    ),
    "evidence": (
        frozenset({"verdicts", "findings", "estimates", "indicators"}),
        "One row per locality, indicator and comparator for the latest period, with the estimate and what it measures.",
        "SELECT v.locality_name, v.cpp_name, v.candidate_set, i.indicator_title, i.domain, i.vote, i.role, i.unit,"
        " f.*, e.* EXCLUDE (locality_id, indicator_id, period, is_headline_period)"
        " FROM findings AS f JOIN estimates AS e USING (locality_id, indicator_id, period)"
        " JOIN indicators AS i USING (indicator_id) JOIN verdicts AS v USING (locality_id)"
        " WHERE f.is_headline_period",
    ),
    "decided": (
        frozenset({"decisions", "verdicts"}),
        "One row per decision in force, with the verdict on the place as it is now: nothing where it is not drawn now.",
        "SELECT d.*, v.* EXCLUDE (locality_id, candidate_set, locality_name, cpp_code, cpp_name, answer)"
        " FROM decisions AS d LEFT JOIN verdicts AS v USING (locality_id) WHERE d.is_in_force",
    ),
    "groups": (
        frozenset({"group_findings", "group_indicators"}),
        "One row per group of people, council (or Scotland), outcome and comparator, for the latest period.",
        "SELECT f.area_name, i.indicator_title, i.domain, i.unit, i.national_outcome, f.* EXCLUDE (area_name)"
        " FROM group_findings AS f JOIN group_indicators AS i USING (indicator_id) WHERE f.is_headline_period",
    ),
}
"""A view for each question that is asked most: the tables that it needs, what a row is, and the query."""
_CRS = "EPSG:27700"


def write_duckdb(target: Path, stored: Mapping[str, Sequence[Path]], *, about: str = "") -> Placed:
    """Return where the file is after writing every table into it.

    Parameters
    ----------
    target
        Wanted path, ending in ``.duckdb``.
    stored
        Parquet files of each table, one after another; geometries as WKB GeoParquet in EPSG:27700.
    about
        A sentence that becomes the comment of every table, after what a row is.
    """

    def write(draft: Path) -> None:
        spill = draft.with_name(draft.name + ".spill")
        try:
            _write(draft, stored, about, spill)
        finally:
            shutil.rmtree(spill, ignore_errors=True)

    return place_whole(target, write)


def _write(draft: Path, stored: Mapping[str, Sequence[Path]], about: str, spill: Path) -> None:
    import duckdb

    with duckdb.connect(":memory:") as connection:
        # tables stream through, beside GeoPackages: more memory or threads would be taken from those
        connection.execute("SET memory_limit = '200MB'")
        connection.execute("SET threads = 1")
        connection.execute(f"SET temp_directory = {_text(str(spill))}")
        # nothing is fetched: reading geometry needs no extension here
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute(f"ATTACH {_text(str(draft))} AS country (STORAGE_VERSION {_text(STORAGE_VERSION)})")
        for table, paths in stored.items():
            source = f"read_parquet([{', '.join(_text(str(path)) for path in paths)}])"
            described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
            columns = ", ".join(
                f"ST_SetCRS({_name(name)}, {_text(_CRS)}) AS {_name(name)}"
                if str(kind).startswith("GEOMETRY")
                else _name(name)
                for name, kind, *_ in described
            )
            connection.execute(f"CREATE TABLE country.{_name(table)} AS SELECT {columns} FROM {source}")
            for sentence in _comments(table, [name for name, *_ in described], about):
                connection.execute(sentence)
        # a view keeps its text: names in it must not say under what name the file was attached here
        connection.execute("USE country")
        for view, (needs, meaning, query) in VIEWS.items():
            if needs <= set(stored):
                connection.execute(f"CREATE VIEW {_name(view)} AS {query}")
                connection.execute(f"COMMENT ON VIEW {_name(view)} IS {_text(f'{meaning} {about}'.strip())}")
        connection.execute("USE memory")
        connection.execute("DETACH country")


def _comments(table: str, columns: list[str], about: str) -> list[str]:
    declared = TABLES.get(table)
    found = []
    if declared is not None:
        comment = f"{declared.title}: {declared.row}. {about} {_CLIENT}".replace("  ", " ")
        found.append(f"COMMENT ON TABLE country.{_name(table)} IS {_text(comment)}")
    for column in columns:
        if column in FIELDS:
            field = FIELDS[column]
            comment = f"{field.description} ({field.unit})" if field.unit else field.description
            found.append(f"COMMENT ON COLUMN country.{_name(table)}.{_name(column)} IS {_text(comment)}")
    return found


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
