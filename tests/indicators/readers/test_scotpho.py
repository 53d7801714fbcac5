"""Council context from the ScotPHO profiles, its direction from the technical document."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.errors import GeographyError, SchemaError, SourceUnavailable, UnreadableSource
from indicators.readers.scotpho import PROFILES, TECHNICAL_DOCUMENT, council_context
from tests.indicators.conftest import spoil

HEADER = (
    '"area_code","area_name","period","type_definition","indicator","numerator","measure",'
    '"upper_confidence_interval","lower_confidence_interval"'
)
SMOKING, QUIT, LONELY = "S4 pupils who smoke (SALSUS)", "Smoking quit rate", "Adults feeling lonely in past week"
ROWS = [
    f'"S12000005","Clackmannanshire","2013","Percentage","{SMOKING}",NA,9,11,7',
    f'"S12000049","Glasgow City","2013","Percentage","{SMOKING}",20,12,15,10',
    f'"S12000005","Clackmannanshire","2021","Percentage","{QUIT}",30,40,45,35',
    f'"S12000049","Glasgow City","2021","Percentage","{QUIT}",30,50,55,45',
    f'"S12000049","Glasgow City","2022","Percentage","{LONELY}",NA,24,28,20',
]
DOCUMENT = [
    "indicator_name,profile,indicator_definition,interpretation",
    f"{SMOKING},Tobacco,Pupils who smoke,Higher numbers are better",
    f"{QUIT},Tobacco,People who quit,Higher numbers are better",
    f"{QUIT},Health & wellbeing,People who quit,Higher numbers are better",
]


def write_files(folder: Path, rows=ROWS, header=HEADER) -> dict[str, Path]:
    files = {PROFILES: folder / "data.csv", TECHNICAL_DOCUMENT: folder / "techdoc.csv"}
    files[PROFILES].write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    files[TECHNICAL_DOCUMENT].write_text("\n".join(DOCUMENT) + "\n", encoding="utf-8")
    return files


def test_reversed_rows_are_put_right_and_ranks_follow_the_direction(tmp_path):
    context = council_context(write_files(tmp_path)).set_index(["indicator", "cpp_code"])
    assert context.loc[(SMOKING, "S12000049"), "poorer_is"] == "higher"
    assert context.loc[(SMOKING, "S12000049"), "poorer_rank"] == 1
    assert context.loc[(QUIT, "S12000005"), "poorer_is"] == "lower"
    assert context.loc[(QUIT, "S12000005"), "poorer_rank"] == 1


def test_without_a_direction_there_is_no_rank(tmp_path):
    row = council_context(write_files(tmp_path)).set_index("indicator").loc[LONELY]
    assert row["poorer_is"] is None or row["poorer_is"] != row["poorer_is"]
    assert row.isna()["poorer_rank"]
    assert (row["value"], row["lower_ci"], row["upper_ci"]) == (24, 20, 28)
    assert row.isna()["numerator"]


def test_a_missing_file_is_named(tmp_path):
    files = write_files(tmp_path)
    spoil(files[TECHNICAL_DOCUMENT], "missing")
    with pytest.raises(SourceUnavailable, match=TECHNICAL_DOCUMENT):
        council_context(files)


@pytest.mark.parametrize("how", ["empty", "html", "other"])
def test_what_is_no_data_is_refused(tmp_path, how):
    files = write_files(tmp_path)
    spoil(files[PROFILES], how)
    with pytest.raises(UnreadableSource, match=r"data\.csv"):
        council_context(files)


def test_a_renamed_column_is_named(tmp_path):
    with pytest.raises(SchemaError, match="a column named measure"):
        council_context(write_files(tmp_path, header=HEADER.replace('"measure"', '"value"')))


@pytest.mark.parametrize("code", ["S08000015", "S12000049"])
def test_other_areas_and_councils_twice_are_refused(tmp_path, code):
    rows = [row.replace("S12000005", code) for row in ROWS]
    with pytest.raises(GeographyError, match=code):
        council_context(write_files(tmp_path, rows))


@pytest.mark.parametrize("cells", [",-20,12,15,10", ",20,many,15,10"])
def test_negative_counts_and_wordy_cells_are_refused(tmp_path, cells):
    rows = [ROWS[1].replace(",20,12,15,10", cells)]
    with pytest.raises(SchemaError, match="S12000049"):
        council_context(write_files(tmp_path, rows))


@pytest.mark.mirror
def test_the_published_profiles_cover_every_council(mirror):
    folder = mirror / "phs-scotpho-profiles"
    context = council_context({PROFILES: folder / "scotpho_data.csv", TECHNICAL_DOCUMENT: folder / "techdoc.csv"})
    assert (context["indicator"].nunique(), context["cpp_code"].nunique(), len(context)) == (230, 32, 7258)
    directed = context[context["poorer_is"].notna()]
    # 204 of the 230 are in the technical document, 24 of them without a direction
    assert directed["indicator"].nunique() == 180
    smoking = directed[directed["indicator"].str.startswith(("S2 pupils who smoke", "S4 pupils who smoke"))]
    assert set(smoking["poorer_is"]) == {"higher"}
