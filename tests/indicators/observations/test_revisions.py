"""Two editions of one figure: the newer stands, and what moved is counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from indicators.catalogue import load_catalogue
from indicators.observations.revisions import newest_editions, revised
from indicators.readers import editions_of, reader_named


@pytest.fixture
def indicator():
    one = load_catalogue()["simd_income"]
    return replace(one, source="new", columns={**one.columns, "editions": [{"source": "old"}]})


def _rows(indicator, rows) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["source_id", "area_code", "period", "value"])
    return table.assign(indicator_id=indicator.id, status="observed")


def test_the_newer_edition_stands_and_what_moved_is_told(indicator, caplog):
    rows = [("old", "A", "2018", 10.0), ("old", "B", "2018", 12.0), ("old", "C", "2018", 7.0),
            ("old", "A", "2017", 9.0),
            ("new", "A", "2018", 10.0), ("new", "B", "2018", 15.0), ("new", "A", "2019", 11.0)]  # fmt: skip
    frame = _rows(indicator, rows)
    told = revised(frame, [indicator])
    assert told.iloc[0].tolist() == [indicator.id, "2018", "new", "old", 2, 1, 3.0]
    assert len(told) == 1
    found = newest_editions(frame, [indicator]).set_index(["area_code", "period"])
    # C of 2018 and A of 2017 are in the old edition alone: they stay
    assert found["value"].to_dict() == {
        ("A", "2018"): 10.0, ("B", "2018"): 15.0, ("C", "2018"): 7.0, ("A", "2017"): 9.0, ("A", "2019"): 11.0
    }  # fmt: skip
    assert "1 of 2 areas differ" in caplog.text


def test_editions_of_different_years_are_no_revision(indicator):
    frame = _rows(indicator, [("old", "A", "2016", 9.0), ("new", "A", "2020", 10.0)])
    assert revised(frame, [indicator]).empty
    assert len(newest_editions(frame, [indicator])) == 2


@pytest.mark.mirror
def test_child_poverty_of_2018_19_was_revised_in_4755_zones(mirror: Path):
    """The profile's workbooks of August 2022 and September 2021 differ by more than 0.1 point in 4,755 zones."""
    one = load_catalogue()["cpop_emergency_admissions_zone"]
    columns = {**one.columns, "sheet": "Chi Pov - DZ", "outcome": "Child Poverty", "editions": [{"source": "old"}]}
    one = replace(one, source="new", columns=columns)
    folder = mirror / "is-cpop-data-zone"
    files = {
        "new": folder / "Final DZ Data - Aug 22.xlsx",
        "old": folder / "Final DZ Data - Sep 21.xlsx",
        "nrs-sape-2021": next((mirror / "nrs-sape-2021").iterdir()),
    }
    frame = reader_named(one.reader)(files, editions_of(one))
    mine = frame[frame["period"] == "2018/19"].pivot_table(
        index="area_code", columns="source_id", values="value", observed=True
    )
    assert ((mine["new"] - mine["old"]).abs() > 0.1).sum() == 4_755
    told = revised(frame, [one]).set_index("period")
    assert told.loc["2018/19", "moved"] >= 4_755
    kept = newest_editions(frame, [one])
    assert not kept.duplicated(["area_code", "period"]).any()
    assert set(kept.loc[kept["period"] == "2018/19", "source_id"].astype(str)) == {"new"}
