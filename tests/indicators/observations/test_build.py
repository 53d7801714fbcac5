"""The table of observations: all readers together, checked against the zones, cached, in one order."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from indicators.catalogue import Catalogue, People
from indicators.declaring.readers import READERS
from indicators.errors import ConfigError, GeographyError, SchemaError, UnreadableSource
from indicators.observations import build as observations
from indicators.observations.build import build_observations
from indicators.readers import reader_named, sources_of
from indicators.schema.validation import validate
from tests.indicators.conftest import ZONES, pointing_at
from tests.indicators.readers import test_cpop, test_simd


@pytest.fixture
def few(catalogue):
    """Three indicators of two readers."""
    children = pointing_at(catalogue["cpop_child_poverty"], totals=None, periods=["2014/15", "2015/16"])
    children = replace(children, same_as=())
    latest = [pointing_at(catalogue[name], editions=None) for name in ("simd_attendance", "simd_income")]
    latest[0] = replace(pointing_at(latest[0], companions=None), people=People(column="Total_population"))
    return Catalogue((children, *latest))


@pytest.fixture
def files(tmp_path):
    return {**test_simd.write_files(tmp_path), **test_cpop.write_files(tmp_path)}


def test_rows_are_valid_and_in_order_of_the_key(few, files):
    table = build_observations(files, few, zone_codes=ZONES)
    assert len(table) == 3 * (2 + 1 + 1)
    pd.testing.assert_frame_equal(validate("observations", table), table)
    key = ["indicator_id", "area_code", "period"]
    pd.testing.assert_frame_equal(table, table.sort_values(key, ignore_index=True))


def test_the_cache_gives_the_same_table_without_reading(few, files, tmp_path, monkeypatch):
    fresh = build_observations(files, few, zone_codes=ZONES, cache=tmp_path / "cache")
    monkeypatch.setattr(observations, "reader_named", lambda name: pytest.fail(f"{name} read its files again"))
    pd.testing.assert_frame_equal(build_observations(files, few, zone_codes=ZONES, cache=tmp_path / "cache"), fresh)


def test_a_changed_file_or_declaration_is_read_again(few, files, tmp_path):
    cache = tmp_path / "cache"
    build_observations(files, few, zone_codes=ZONES, cache=cache)
    test_simd.write_files(tmp_path, rows=test_simd.changed(0, "Income_count", 72))
    changed = build_observations(files, few, zone_codes=ZONES, cache=cache)
    income = changed[changed["indicator_id"] == "simd_income"].set_index("area_code")
    assert income.loc[ZONES[0], "numerator"] == 72

    per_mille = Catalogue((*few.indicators[:2], replace(few.indicators[2], multiplier=1000.0)))
    again = build_observations(files, per_mille, zone_codes=ZONES, cache=cache)
    income = again[again["indicator_id"] == "simd_income"].set_index("area_code")
    assert income.loc[ZONES[0], "value"] == pytest.approx(72 / 894 * 1000)
    # what was superseded is not kept
    assert len(list((cache / "observations").glob("*.parquet"))) == 2


def test_a_damaged_cache_is_made_again(few, files, tmp_path):
    cache = tmp_path / "cache"
    fresh = build_observations(files, few, zone_codes=ZONES, cache=cache)
    for path in (cache / "observations").glob("*.parquet"):
        path.write_bytes(path.read_bytes()[:100])
    pd.testing.assert_frame_equal(build_observations(files, few, zone_codes=ZONES, cache=cache), fresh)


def test_figures_for_zones_that_are_not_there_are_refused(few, files):
    with pytest.raises(GeographyError, match=rf"not there[\s\S]*{ZONES[2]}"):
        build_observations(files, few, zone_codes=ZONES[:2])


def test_a_table_with_few_of_the_zones_is_refused(few, files):
    with pytest.raises(UnreadableSource, match=r"lacks many[\s\S]*90%"):
        build_observations(files, few, zone_codes=[*ZONES, "S01006509"])


def test_a_figure_given_twice_is_refused(few, files):
    twice = pointing_at(few.indicators[0], periods=["2014/15", "2014/15"])
    with pytest.raises(SchemaError, match=rf"twice[\s\S]*{ZONES[0]} / 2014/15"):
        build_observations(files, Catalogue((twice,)), zone_codes=ZONES)


def test_an_unknown_reader_is_named(few, files):
    lost = replace(few.indicators[0], reader="stars")
    with pytest.raises(ConfigError, match=r"cpop[\s\S]*stars"):
        build_observations(files, Catalogue((lost,)), zone_codes=ZONES)


def test_every_reader_can_be_had_by_name():
    assert {"cpop", "deprived_share", "simd"} <= set(READERS)
    assert all(callable(reader_named(name)) for name in READERS)


def test_sources_include_companions(few):
    assert sources_of(few) == ("is-cpop", "sg-simd-2020v2", "sg-simd-2020v2-indicators")
