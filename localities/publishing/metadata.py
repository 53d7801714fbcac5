"""What a GeoPackage says of itself: title, abstract, licence and attribution, for the file and for every layer.

Written in the form that QGIS shows under *Layer properties, Information*, by the metadata extension of GeoPackage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localities.publishing.layers import Layer

_DEFINITION = "http://www.geopackage.org/spec121/#extension_metadata"
_MOMENT = "2020-01-01T00:00:00.000Z"

_METADATA_SQL = """
CREATE TABLE IF NOT EXISTS gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '')
"""
_REFERENCE_SQL = """
CREATE TABLE IF NOT EXISTS gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL,
  md_parent_id INTEGER, CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id))
"""


@dataclass(frozen=True)
class About:
    """What a file is.

    Parameters
    ----------
    title
        Title of the file.
    abstract
        A few sentences.
    licences
        Licences of the sources, each once.
    attributions
        Attributions that the licences ask for, each once.
    is_fictional
        Whether it describes no real place.
    edition
        What tells this edition of the file from any other: the same for the same content.
    """

    title: str
    abstract: str
    licences: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    is_fictional: bool = False
    edition: str = ""


def write_metadata(file: sqlite3.Connection, about: About, layers: Sequence[Layer]) -> None:
    """Write the metadata of the file and of its layers into the open GeoPackage."""
    file.execute(_METADATA_SQL)
    file.execute(_REFERENCE_SQL)
    documents: list[tuple[str | None, str]] = [(None, _document(about, about.title, about.abstract))]
    documents += [(layer.name, _document(about, f"{layer.name}: {about.title}", layer.description)) for layer in layers]
    for number, (table, document) in enumerate(documents, start=1):
        file.execute(
            "INSERT INTO gpkg_metadata (id, md_scope, md_standard_uri, mime_type, metadata)"
            " VALUES (?, 'dataset', 'http://mrcc.com/qgis.dtd', 'text/xml', ?)",
            (number, document),
        )
        file.execute(
            "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, timestamp, md_file_id)"
            " VALUES (?, ?, ?, ?)",
            ("table" if table else "geopackage", table, _MOMENT, number),
        )
    file.executemany(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope)"
        " VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
        [("gpkg_metadata", _DEFINITION), ("gpkg_metadata_reference", _DEFINITION)],
    )


def _document(about: About, title: str, abstract: str) -> str:
    keywords = ["community planning", "localities", *(["fictional"] if about.is_fictional else [])]
    return "\n".join(
        (
            "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>",
            '<qgis version="3.28.0">',
            "<language>ENG</language>",
            "<type>dataset</type>",
            f"<title>{escape(title)}</title>",
            f"<abstract>{escape(abstract)}</abstract>",
            '<keywords vocabulary="gmd:topicCategory"><keyword>Society</keyword></keywords>',
            '<keywords vocabulary="subject">',
            *(f"<keyword>{one}</keyword>" for one in keywords),
            "</keywords>",
            *(f"<rights>{escape(one)}</rights>" for one in about.attributions),
            *(f"<license>{escape(one)}</license>" for one in about.licences),
            "</qgis>",
        )
    )
