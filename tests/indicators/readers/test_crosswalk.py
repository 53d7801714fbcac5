"""Figures drawn for another census: refused by their codes, carried over by residents where a crosswalk is declared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indicators.errors import ConfigError, GeographyError, SchemaError, SourceUnavailable
from indicators.readers import mapped_table
from tests.indicators.conftest import ZONES

OLD = ("S01000001", "S01000002", "S01000003")
TABLE = "Data Zone,Deprived,People\n{},10,100\n{},40,200\n{},9,90\n".format(*OLD)
# the first old zone lies wholly in the first new one; the second is shared three to one; the third is the third
PAIRS = ((OLD[0], ZONES[0], "1"), (OLD[1], ZONES[0], "0.75"), (OLD[1], ZONES[1], "0.25"), (OLD[2], ZONES[2], "1"))
SHARES = "from,to,share\n" + "".join(",".join(pair) + "\n" for pair in PAIRS)
CROSSWALK = {"source": "a-crosswalk", "from": "from", "to": "to", "share": "share"}


@pytest.fixture
def income(catalogue):
    columns = {"area": "Data Zone", "numerator": "Deprived", "denominator": "People", "period": "2011"}
    return replace(catalogue["simd_income"], source="a-table", reader="mapped_table", columns=columns)


def carried(income, **columns):
    merged = {**income.columns, "drawn_as": "data_zone_2001", "crosswalk": CROSSWALK, **columns}
    return replace(income, columns=merged)


def write_files(folder: Path, table=TABLE, shares=SHARES) -> dict[str, Path]:
    files = {"a-table": folder / "table.csv", "a-crosswalk": folder / "shares.csv"}
    files["a-table"].write_text(table, encoding="utf-8")
    files["a-crosswalk"].write_text(shares, encoding="utf-8")
    return files


def test_old_zones_are_never_matched_by_code(tmp_path, income):
    with pytest.raises(GeographyError, match=r"2001 data zones[\s\S]*never matched across vintages"):
        mapped_table.read(write_files(tmp_path), [income])


def test_without_a_crosswalk_the_reason_is_given(tmp_path, income):
    with pytest.raises(ConfigError, match="need a crosswalk"):
        mapped_table.read(write_files(tmp_path), [carried(income, crosswalk=None)])


def test_counts_follow_the_residents_as_modelled(tmp_path, income):
    rows = mapped_table.read(write_files(tmp_path), [carried(income)]).set_index("area_code")
    # 10 + 0.75 x 40 of 100 + 0.75 x 200, and 0.25 x 40 of 0.25 x 200
    assert rows.loc[list(ZONES), "numerator"].tolist() == [40, 10, 9]
    assert rows.loc[list(ZONES), "denominator"].tolist() == [250, 50, 90]
    assert set(rows["status"]) == {"modelled"}
    assert rows["numerator"].sum() == 59


def test_a_mean_is_carried_with_its_weight(tmp_path, income):
    columns = {**income.columns, "value": "Deprived", "weight": "People"}
    mean = replace(income, kind="mean", multiplier=1.0, columns=columns, smallest_important_difference_scale="sd")
    rows = mapped_table.read(write_files(tmp_path), [carried(mean)]).set_index("area_code")
    # (10 x 100 + 40 x 150) / 250
    assert rows.loc[ZONES[0], "value"] == pytest.approx(28)
    assert rows.loc[ZONES[0], "denominator"] == 250


def test_a_new_zone_with_an_unknown_part_has_no_figure(tmp_path, income):
    rows = mapped_table.read(write_files(tmp_path, TABLE.replace(",40,", ",,")), [carried(income)])
    rows = rows.set_index("area_code")
    assert rows.loc[ZONES[0], "status"] == "missing"
    assert np.isnan(rows.loc[ZONES[0], "numerator"])
    assert rows.loc[ZONES[2], "numerator"] == 9


def test_shares_that_lose_residents_are_refused(tmp_path, income):
    with pytest.raises(GeographyError, match=rf"do not sum to 1[\s\S]*{OLD[1]}"):
        mapped_table.read(write_files(tmp_path, shares=SHARES.replace("0.25", "0.20")), [carried(income)])


def test_an_old_zone_without_shares_is_named(tmp_path, income):
    table = TABLE + "S01000004,1,10\n"
    with pytest.raises(GeographyError, match=r"lacks areas[\s\S]*S01000004"):
        mapped_table.read(write_files(tmp_path, table), [carried(income)])


def test_a_crosswalk_to_the_wrong_vintage_is_refused(tmp_path, income):
    with pytest.raises(GeographyError, match="S01013500"):
        mapped_table.read(write_files(tmp_path, shares=SHARES.replace(ZONES[2], "S01013500")), [carried(income)])


def test_a_missing_crosswalk_or_column_is_named(tmp_path, income):
    files = write_files(tmp_path)
    with pytest.raises(SchemaError, match="part"):
        mapped_table.read(files, [carried(income, crosswalk={**CROSSWALK, "share": "part"})])
    files["a-crosswalk"].unlink()
    with pytest.raises(SourceUnavailable, match="a-crosswalk"):
        mapped_table.read(files, [carried(income)])


@pytest.mark.mirror
def test_simd_2012_can_be_read_and_is_refused_on_the_zones_of_2011(mirror, income):
    files = {"a-table": mirror / "sg-simd-2012" / "simd2012_data_00410767_plusintervals.csv"}
    columns = {
        "area": "Data Zone",
        "numerator": "Number of Income Deprived People 2012",
        "denominator": "Total Population (SAPE 2010)",
        "period": "2011",
    }
    with pytest.raises(GeographyError, match=r"6,505 of 6,505 codes are of the 2001 data zones"):
        mapped_table.read(files, [replace(income, columns=columns)])
    rows = mapped_table.read(files, [replace(income, columns=columns, geography="data_zone_2001")])
    # totals of the published columns, with their separators of thousands: residents of mid-2010
    assert len(rows) == 6505
    assert rows["denominator"].sum() == 5_222_100
