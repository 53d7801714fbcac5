"""Outcomes by intermediate zone: only raw data is observed, and residents of the right ages stand in as weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.errors import ConfigError, GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from indicators.readers import cpop_intermediate
from tests.indicators.conftest import ZONES, pointing_at, spoil, write_sheet
from tests.indicators.readers import test_nrs_population

SOURCE, PEOPLE, LOOKUP = "is-cpop-intermediate-zones", "nrs-sape-2021", "sg-data-zone-lookup-2011"
HEADER = [
    "InterZone",
    "Participation Rate_Imputed_2015/16",
    "Participation Rate_Raw data_2016/17",
    "Participation Rate_Raw data_2017/18",
    "Participation Rate_Projected_2024/25",
]
ROWS = [["S02001236", 94.7, 94.87, 95.5, 97.0], ["S02001237", 90.1, 90.5, "", 91.0]]


def write_files(folder: Path, rows=ROWS, header=HEADER) -> dict[str, Path]:
    lookup = folder / "lookup.csv"
    pairs = zip(ZONES, ("S02001236", "S02001236", "S02001237"), strict=True)
    text = "DZ2011_Code,IZ2011_Code\n" + "".join(f"{zone},{parent}\n" for zone, parent in pairs)
    lookup.write_text(text, encoding="cp1252")
    people = test_nrs_population.write_files(
        folder,
        [
            test_nrs_population.row(ZONES[0], {16: 20, 20: 5}),
            test_nrs_population.row(ZONES[1], {17: 7}),
            test_nrs_population.row(ZONES[2], {19: 9}),
        ],
    )
    return {
        SOURCE: write_sheet(folder / "IGZ.xlsx", "Participation", [header, *rows]),
        PEOPLE: people[PEOPLE],
        LOOKUP: lookup,
    }


@pytest.fixture
def participation(catalogue):
    return catalogue["cpop_participation"]


def test_only_raw_data_is_read(tmp_path, participation):
    read = cpop_intermediate.read(write_files(tmp_path), [participation])
    assert sorted(set(read["period"])) == ["2016/17", "2017/18"]
    assert set(read["area_type"]) == {"intermediate_zone"}
    rows = read.set_index(["area_code", "period"])
    assert rows.loc[("S02001236", "2016/17"), "value"] == 94.87
    assert rows.loc[("S02001237", "2017/18"), "status"] == "missing"


def test_residents_of_16_to_19_of_its_zones_stand_in_as_weights(tmp_path, participation):
    rows = cpop_intermediate.read(write_files(tmp_path), [participation]).set_index(["area_code", "period"])
    assert rows.loc[("S02001236", "2016/17"), "denominator"] == 20 + 7
    assert rows.loc[("S02001237", "2016/17"), "denominator"] == 9


def test_the_publishers_own_models_are_labelled_where_asked_for(tmp_path, participation):
    every = pointing_at(participation, types=["Raw data", "Imputed", "Projected"])
    rows = cpop_intermediate.read(write_files(tmp_path), [every]).set_index(["area_code", "period"])
    assert rows.loc[("S02001236", "2015/16"), "status"] == "modelled"
    assert rows.loc[("S02001236", "2024/25"), "status"] == "modelled"
    assert rows.loc[("S02001236", "2016/17"), "status"] == "observed"


def test_higher_depopulation_is_the_poorer_side(catalogue):
    """The index is residents then over residents now: above 100 where numbers fell."""
    assert catalogue["cpop_depopulation"].poorer_is == "higher"


@pytest.mark.parametrize("which", [SOURCE, PEOPLE, LOOKUP])
def test_a_missing_file_is_named(tmp_path, participation, which):
    files = write_files(tmp_path)
    spoil(files[which], "missing")
    with pytest.raises(SourceUnavailable, match=which):
        cpop_intermediate.read(files, [participation])


@pytest.mark.parametrize("how", ["empty", "html", "truncated", "other"])
def test_what_is_no_workbook_is_refused(tmp_path, participation, how):
    files = write_files(tmp_path)
    spoil(files[SOURCE], how)
    with pytest.raises(UnreadableSource, match=r"IGZ\.xlsx"):
        cpop_intermediate.read(files, [participation])


def test_a_renamed_outcome_is_named(tmp_path, participation):
    header = [name.replace("Participation Rate", "Participation") for name in HEADER]
    with pytest.raises(SchemaError, match=r"Participation Rate_Raw data[\s\S]*found: Participation"):
        cpop_intermediate.read(write_files(tmp_path, header=header), [participation])


@pytest.mark.parametrize("code", ["S02000001", "S01006506", "S02001237"])
def test_codes_of_2001_of_data_zones_or_twice_are_refused(tmp_path, participation, code):
    rows = [[code, *ROWS[0][1:]], ROWS[1]]
    with pytest.raises(GeographyError, match=code):
        cpop_intermediate.read(write_files(tmp_path, rows=rows), [participation])


@pytest.mark.parametrize("cell", [-1, "many"])
def test_negative_or_wordy_cells_are_refused(tmp_path, participation, cell):
    rows = [["S02001236", 94.7, cell, 95.5, 97.0], ROWS[1]]
    with pytest.raises(SchemaError, match="S02001236"):
        cpop_intermediate.read(write_files(tmp_path, rows=rows), [participation])


def test_a_declaration_without_weights_is_refused(tmp_path, participation):
    with pytest.raises(ConfigError, match="who weighs"):
        cpop_intermediate.read(write_files(tmp_path), [pointing_at(participation, lookup=None)])


def test_figures_by_data_zone_are_labelled_by_the_last_of_the_years_that_they_cover(tmp_path, catalogue):
    files = write_files(tmp_path)
    header = ["DZ", "Attainment_Raw data_2020/21"]
    files["is-cpop-data-zone"] = write_sheet(
        tmp_path / "DZ.xlsx", "Educational attainmnet", [header, [ZONES[0], 5.9], [ZONES[1], ""]]
    )
    rows = cpop_intermediate.read(files, [catalogue["cpop_attainment_zone"]]).set_index("area_code")
    assert rows["period"].unique().tolist() == ["2018/19-2020/21"]
    assert str(rows["period_start"].iloc[0].date()) == "2018-04-01"
    # residents of 15 to 18: those aged 16 of the first zone, 17 of the second
    assert rows["denominator"].tolist() == [20, 7]
    assert rows["status"].tolist() == ["observed", "missing"]


def test_a_rate_of_known_people_gives_its_count(tmp_path, catalogue):
    files = write_files(tmp_path)
    files[PEOPLE] = test_nrs_population.write_files(
        tmp_path, [test_nrs_population.row(ZONES[0], {64: 9, 65: 30, 90: 10})]
    )[PEOPLE]
    header = ["DZ", "Emergency Admissions_Raw data_2019/20"]
    files["is-cpop-data-zone"] = write_sheet(tmp_path / "DZ.xlsx", "Em Ad", [header, [ZONES[0], 25_000]])
    row = cpop_intermediate.read(files, [catalogue["cpop_emergency_admissions_zone"]]).iloc[0]
    # 25,000 per 100,000 of 30 + 10 residents aged 65 and over
    assert (row["numerator"], row["denominator"], row["value"]) == (10, 40, 25_000)


@pytest.mark.mirror
def test_attainment_by_data_zone_is_the_indexs_own_three_years_on(mirror, catalogue):
    """Two publications of one series: so the newer supersedes the older."""
    from indicators.readers import simd
    from pipelines.sources.declarations import load_sources

    files = {key: one.path_in(mirror) for key, one in load_sources().items() if one.path_in(mirror).is_file()}
    newer = cpop_intermediate.read(files, [catalogue["cpop_attainment_zone"]])
    newer = newer[newer["period"] == "2015/16-2017/18"].set_index("area_code")["value"]
    older = simd.read(files, [catalogue["simd_attainment"]]).set_index("area_code")["value"]
    away = (newer - older).abs().dropna()
    assert len(away) > 6_700
    assert away.max() < 0.0051  # rounded to two places
