"""Reading some rows of a table: the same as reading all and choosing, without reading the rest."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipelines.storage import store as stores
from pipelines.storage.reading import arrow_rows, rows_of
from pipelines.storage.store import Store


def members(places: int, zones: int) -> pd.DataFrame:
    """Return the zones of some localities, place by place."""
    rows = [
        (f"wards:S{place:03}", f"S0100{place * zones + zone:04}") for place in range(places) for zone in range(zones)
    ]
    frame = pd.DataFrame(rows, columns=["locality_id", "zone_code"])
    return frame.assign(candidate_set="wards", weight=1.0, exact_share=0.0)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(stores, "_GROUP_OF_PLACES", 10)
    filled = Store(tmp_path / "store")
    filled.write("membership", members(places=10, zones=5))
    return filled


def test_rows_wanted_are_those_of_the_whole_table(store: Store) -> None:
    wanted = {"locality_id": ["wards:S003", "wards:S004", "wards:S999"]}
    whole = rows_of(store, "membership")
    expected = whole[whole["locality_id"].isin(wanted["locality_id"])].reset_index(drop=True)
    assert len(expected) == 10
    pd.testing.assert_frame_equal(rows_of(store, "membership", where=wanted), expected)
    coded = arrow_rows(store, "membership", where=wanted, coded=True)
    assert coded["zone_code"].to_pylist() == expected["zone_code"].tolist()


def test_two_conditions_hold_together_and_nothing_wanted_is_nothing(store: Store) -> None:
    one = rows_of(store, "membership", where={"locality_id": ["wards:S003"], "zone_code": ["S01000016", "S01000020"]})
    assert one["zone_code"].tolist() == ["S01000016"]
    none = rows_of(store, "membership", where={"locality_id": []})
    assert list(none.columns) == list(one.columns)
    assert none.empty


def test_of_other_places_nothing_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    read_row_groups = pq.ParquetFile.read_row_groups

    def noting(self, groups, *args, **options):
        read.extend(groups)
        return read_row_groups(self, groups, *args, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", noting)
    # fifty rows, ten a group, five a place: places 6 and 7 are in the fourth group
    rows_of(store, "membership", where={"locality_id": ["wards:S006", "wards:S007"]})
    assert set(read) == {3}


def test_a_text_column_is_text_whether_it_was_asked_about_or_not(store: Store) -> None:
    where = {"locality_id": ["wards:S001"]}
    types = [str(one.type) for one in arrow_rows(store, "membership", where=where).schema]
    assert types == [str(one.type) for one in arrow_rows(store, "membership").schema]


def test_asking_whether_a_table_is_there_does_not_read_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.cli.parts import reading

    monkeypatch.setattr(reading, "rows_of", None)
    tables = reading.StoredTables(store)
    assert "membership" in tables
    assert "verdicts" not in tables
