"""Output areas of 2022 and the data zones that they lie in."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from indicators.errors import GeographyError, SourceUnavailable
from indicators.readers.shared.output_areas import zones_of_output_areas


def _files(folder: Path, to_2022: str = "", to_2011: str = "") -> dict[str, Path]:
    published, inferred = folder / "published.csv", folder / "inferred.csv.gz"
    published.write_text("OA22,DZ22,IZ22\n" + to_2022, encoding="utf-8")
    inferred.write_bytes(gzip.compress(("OA22,DZ22,DZ2011\n" + to_2011).encode()))
    return {"nrs-oa22-dz22-lookup": published, "derived-data-zone-2011-2022": inferred}


def test_output_areas_nest_in_zones_of_2022(tmp_path: Path) -> None:
    files = _files(tmp_path, to_2022="S00135308,S01013483,S02002516\nS00135307,S01013482,S02002515\n")
    table = zones_of_output_areas(files, "2022")
    assert table.to_numpy().tolist() == [["S00135307", "S01013482"], ["S00135308", "S01013483"]]


def test_an_output_area_that_no_2011_zone_was_found_for_stays_without_one(tmp_path: Path) -> None:
    files = _files(tmp_path, to_2011="S00135307,S01013482,S01006506\nS00135308,S01013482,\n")
    table = zones_of_output_areas(files, "2011")
    assert table["zone_code"].isna().tolist() == [False, True]
    assert len(table) == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("S00135307,S01006506,S02002515\n", "another vintage of data zones"),
        ("S00088956,S01013482,S02002515\n", "another vintage of output areas"),
        ("S00135307,S01013482,S02002515\nS00135307,S01013483,S02002515\n", "Duplicated output area"),
    ],
)
def test_codes_of_another_census_and_output_areas_twice_are_refused(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(GeographyError, match=said):
        zones_of_output_areas(_files(tmp_path, to_2022=rows), "2022")


def test_only_vintages_with_a_lookup_and_its_file_there(tmp_path: Path) -> None:
    with pytest.raises(GeographyError, match="no lookup to data zones"):
        zones_of_output_areas({}, "2001")
    with pytest.raises(SourceUnavailable, match="nrs-oa22-dz22-lookup"):
        zones_of_output_areas({}, "2022")
