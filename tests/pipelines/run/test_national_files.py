"""The national DuckDB file and GeoParquet."""

from __future__ import annotations

import duckdb
import geopandas as gpd
import pytest

from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES

GIVEN = {name for name, one in TABLES.items() if one.is_given}


@pytest.fixture
def country(published):
    path = published.home.publications / "fictional-country.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def test_every_table_is_there_under_its_name_with_as_many_rows(country, published):
    names = {name for (name,) in country.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert names == set(published.store.manifests()) | GIVEN
    for name, manifest in published.store.manifests().items():
        assert country.execute(f'SELECT count(*) FROM "{name}"').fetchall() == [(manifest.rows,)]


def test_every_column_has_its_meaning(country, published):
    found = country.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns()"
        " WHERE table_name IN (SELECT table_name FROM duckdb_tables())"
    ).fetchall()
    assert {(table, column) for table, column, _ in found} == {
        (name, column) for name in {*published.store.manifests(), *GIVEN} for column in TABLES[name].columns
    }
    assert all(comment.startswith(FIELDS[column].description) for _, column, comment in found)


def test_tables_say_what_a_row_is_and_that_it_is_fictional(country):
    ((comment,),) = country.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'zones'").fetchall()
    assert comment == (
        "Data zones: one row per data zone. Fictional sample: describes no real place. Needs DuckDB 1.5 or later; "
        "older clients read the Parquet files beside this one."
    )


def test_geometry_is_a_geometry_in_the_national_grid(country):
    kinds = country.execute(
        "SELECT data_type FROM duckdb_columns() WHERE column_name = 'geometry'"
        " AND table_name IN (SELECT table_name FROM duckdb_tables())"
    ).fetchall()
    assert kinds == [("GEOMETRY('EPSG:27700')",)] * 2
    ((text,),) = country.execute("SELECT ST_AsText(geometry) FROM zones WHERE zone_code = 'S01990001'").fetchall()
    assert "1000 1000" in text


def test_a_view_answers_each_common_question(country):
    places = country.execute(
        "SELECT locality_name, verdict, geometry IS NOT NULL FROM localities ORDER BY locality_name"
    ).fetchall()
    assert ("St Colm's", "strong_evidence", True) in places
    assert len(places) == country.execute("SELECT count(*) FROM candidate_localities").fetchone()[0]
    assert country.execute("SELECT locality_name FROM flagged").fetchall() == [("St Colm's",)]
    # 324 of 1,350 residents, against 10.5 % and 10.0 %
    found = country.execute(
        "SELECT indicator_title, numerator, denominator, value, comparator_value, significance FROM evidence"
        " WHERE locality_name = 'St Colm''s' ORDER BY comparator"
    ).fetchall()
    assert found == [
        ("Income deprived people", 324, 1350, 24.0, 10.5, "poorer"),
        ("Income deprived people", 324, 1350, 24.0, 10.0, "poorer"),
    ]


def test_missing_suppressed_and_zero_stay_apart(country):
    found = country.execute("SELECT numerator, status FROM observations ORDER BY area_code").fetchall()
    assert found[2:4] == [(0.0, "not_applicable"), (None, "suppressed")]


def test_the_file_opens_in_duckdb_since_1_5(country, published):
    ((tags,),) = country.execute(
        "SELECT tags FROM duckdb_databases() WHERE database_name = 'fictional-country'"
    ).fetchall()
    assert str(tags["storage_version"]).startswith("v1.5.0")


def test_geoparquet_is_what_the_store_holds(published):
    folder = published.home.publications / "parquet"
    zones = gpd.read_parquet(folder / "fictional-zones.parquet")
    assert zones.crs.to_epsg() == 27700
    assert zones["population"].sum() == 700 + 650 + 0 + 800 + 900 + 750
    for name in published.store.manifests():
        assert (folder / f"fictional-{name}.parquet").read_bytes() == published.store.paths(name)[0].read_bytes()
