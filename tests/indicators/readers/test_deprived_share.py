"""Share of residents in the most deprived zones, from the ranks of SIMD."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.errors import ConfigError, GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from indicators.readers import deprived_share
from tests.indicators.conftest import pointing_at, spoil

SOURCE = "sg-simd-2020v2"
CODES = [f"S010065{number:02d}" for number in range(6, 16)]


@pytest.fixture
def fifth(catalogue):
    return catalogue["simd_most_deprived_20"]


def write_files(folder: Path, rows: list[str] | None = None, header="Data_Zone,Total_population,SIMD2020v2_Rank"):
    """Ten zones of 100 residents with ranks 1 to 10."""
    rows = rows or [f"{code},100,{rank}" for rank, code in enumerate(CODES, start=1)]
    path = folder / "simd.csv"
    path.write_text("\ufeff" + "\n".join([header, *rows]) + "\n", encoding="utf-8")
    return {SOURCE: path}


def changed(row: int, text: str) -> list[str]:
    rows = [f"{code},100,{rank}" for rank, code in enumerate(CODES, start=1)]
    rows[row] = text
    return rows


def test_a_fifth_of_ten_zones_is_two(tmp_path, fifth):
    read = deprived_share.read(write_files(tmp_path), [fifth])
    assert read["numerator"].tolist() == [100, 100, *[0] * 8]
    assert read["denominator"].tolist() == [100] * 10


def test_tied_ranks_are_read(tmp_path, fifth):
    """Two zones tied for places 2 and 3 have rank 2.5: only one zone is then surely in the first two."""
    rows = changed(1, f"{CODES[1]},100,2.5")
    rows[2] = f"{CODES[2]},100,2.5"
    read = deprived_share.read(write_files(tmp_path, rows), [fifth])
    assert read["numerator"].sum() == 100


def test_the_cut_is_where_the_published_quintiles_have_it(fifth):
    # the largest rank in quintile 1 of the published file is 1,395
    assert deprived_share.zones_at_most(fifth, 6976) == 1395


def test_a_share_above_one_is_refused(fifth):
    with pytest.raises(ConfigError, match="most_deprived"):
        deprived_share.zones_at_most(pointing_at(fifth, most_deprived=20), 6976)


def test_a_missing_file_is_named(tmp_path, fifth):
    with pytest.raises(SourceUnavailable, match=SOURCE):
        deprived_share.read({SOURCE: tmp_path / "none.csv"}, [fifth])


@pytest.mark.parametrize("how", ["empty", "html", "other"])
def test_what_is_no_data_is_refused(tmp_path, fifth, how):
    files = write_files(tmp_path)
    spoil(files[SOURCE], how)
    with pytest.raises(UnreadableSource, match=r"simd\.csv"):
        deprived_share.read(files, [fifth])


def test_a_file_cut_short_is_refused(tmp_path, fifth):
    with pytest.raises(UnreadableSource, match="cut short"):
        deprived_share.read(write_files(tmp_path, changed(9, CODES[9])), [fifth])


def test_a_renamed_column_is_named(tmp_path, fifth):
    with pytest.raises(SchemaError, match=r"SIMD2020v2_Rank[\s\S]*SIMD2020_Rank"):
        deprived_share.read(write_files(tmp_path, header="Data_Zone,Total_population,SIMD2020_Rank"), [fifth])


@pytest.mark.parametrize("code", ["S01000001", "E01000001", CODES[1]])
def test_codes_of_2001_of_elsewhere_or_twice_are_refused(tmp_path, fifth, code):
    with pytest.raises(GeographyError, match=code):
        deprived_share.read(write_files(tmp_path, changed(0, f"{code},100,1")), [fifth])


@pytest.mark.parametrize("cells", ["-100,1", "100,first", "100,-1"])
def test_negative_or_wordy_cells_are_refused(tmp_path, fifth, cells):
    with pytest.raises(SchemaError, match=CODES[0]):
        deprived_share.read(write_files(tmp_path, changed(0, f"{CODES[0]},{cells}")), [fifth])
