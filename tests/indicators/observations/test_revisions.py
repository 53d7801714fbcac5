"""Two editions of one figure: the newer stands, and what moved is counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from indicators.catalogue import load_catalogue
from indicators.errors import ConfigError
from indicators.observations.revisions import EARLIER, newest_editions, revised, revised_since
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


def test_what_a_file_revises_of_an_earlier_edition(tmp_path):
    """One zone's vacant dwellings are revised, from what the file says to a tenth of a point more."""
    from pipelines.folders import sample_folder
    from pipelines.sources.declarations import load_sources

    places = {key: sample_folder() / one.relative_path for key, one in load_sources().items()}
    files = {key: place for key, place in places.items() if place.is_file()}
    catalogue = load_catalogue()
    mine = [one for one in catalogue if one.source == "sg-household-estimates"]
    lines = files["sg-household-estimates"].read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if "S01990001" in line)
    cells = lines[at].split(",")
    place = next(number for number, cell in enumerate(cells) if number and cell.replace(".", "", 1).isdigit())
    cells[place] = str(float(cells[place]) + 0.1)
    lines[at] = ",".join(cells)
    earlier = tmp_path / "earlier.csv"
    earlier.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = revised_since(earlier, files, "sg-household-estimates", catalogue)
    assert set(told["indicator_id"]) == {one.id for one in mine}
    assert set(told["superseded"]) == {EARLIER}
    assert told["moved"].sum() == 1
    assert told["largest"].max() == pytest.approx(0.1)
    with pytest.raises(ConfigError, match="No indicator is read"):
        revised_since(earlier, files, "sg-data-zone-lookup-2011", catalogue)


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
