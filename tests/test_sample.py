"""The embedded sample: that its generator makes it again, that its forms are the publishers', and that its truth holds.

Expected figures are counted from the plan of the country (`tests/sample_country/plan.py`) or worked from the files by
plain arithmetic, not taken from the code that reads them.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import math
import sqlite3
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from python_calamine import CalamineWorkbook

from pipelines.folders import sample_folder
from tests.sample_country import write_sample
from tests.sample_country.__main__ import main
from tests.sample_country.country import make_country
from tests.sample_country.formats import write_workbook
from tests.sample_country.people import make_people

SAMPLE = sample_folder()
SIMD = SAMPLE / "sg-simd-2020v2" / "simd2020_withinds.csv"
INDICATORS = SAMPLE / "sg-simd-2020v2" / "SIMD+2020v2+-+indicators.xlsx"
OUTCOMES = SAMPLE / "is-cpop" / "CPOP Data - for PHS.xlsx"
RESIDENTS = SAMPLE / "nrs-sape-2021" / "sape-2021-persons.xlsx"
LOOKUP = SAMPLE / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv"
BOUNDARIES = SAMPLE / "sg-data-zone-boundaries-2011" / "SG_DataZoneBdry_2011.zip"
WARDS = SAMPLE / "ons-wards-2025" / "wards_WD25_scotland_bgc.gpkg"

# settlements of the plan: 84+20+14, 18+9+7+32, 34+15+7+16, 22+8+14, 9+9+6+4+3+1
ZONES_BY_CPP = {"S12990001": 118, "S12990002": 66, "S12990003": 72, "S12990004": 44, "S12990005": 32}


@pytest.fixture(scope="module")
def simd() -> pd.DataFrame:
    return pd.read_csv(SIMD, encoding="utf-8-sig", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return pd.read_csv(SAMPLE / "truth.csv")


@pytest.fixture(scope="module")
def boundaries() -> gpd.GeoDataFrame:
    return gpd.read_file(BOUNDARIES, engine="pyogrio").set_index("DataZone")


def sheet(path: Path, name: str) -> list[list[object]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python(skip_empty_area=False)


def files_in(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def contents(path: Path) -> object:
    """What a file says, and when it says that it was made, whatever compressed it.

    Libraries of another system may pack the same content otherwise.
    """
    if path.suffix in (".zip", ".xlsx"):
        with zipfile.ZipFile(path) as archive:
            return [(entry.filename, entry.date_time, archive.read(entry)) for entry in archive.infolist()]
    if path.suffix == ".gz":
        packed = path.read_bytes()
        return packed[4:8], gzip.decompress(packed)
    if path.suffix == ".gpkg":
        frame = gpd.read_file(path, engine="pyogrio")
        with contextlib.closing(sqlite3.connect(path)) as file:
            moments = file.execute("select last_change from gpkg_contents").fetchall()
        return moments, frame.crs, frame.drop(columns="geometry").to_dict("list"), frame.geometry.to_wkb().tolist()
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_dict("split")
    return path.read_bytes()


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


def test_the_generator_makes_the_committed_files_again_and_nothing_of_the_moment_is_in_them(made_again: Path) -> None:
    made, committed = files_in(made_again), files_in(SAMPLE)
    assert set(made) == set(committed) - {"README.md"}
    differing = [
        name
        for name, path in made.items()
        if path.read_bytes() != committed[name].read_bytes() and contents(path) != contents(committed[name])
    ]
    assert differing == []


def test_another_seed_makes_another_country(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, int]] = []
    monkeypatch.setattr("tests.sample_country.__main__.write_sample", lambda *given: asked.append(given))
    assert main(["--out", str(tmp_path), "--seed", "7"]) == 0
    assert asked == [(tmp_path, 7)]
    country = make_country(7)
    assert len(country.zones) == sum(ZONES_BY_CPP.values())
    truth, committed = make_people(country, 7).truth, pd.read_csv(SAMPLE / "truth.csv")
    assert truth["residents_2021"].tolist() != committed["residents_2021"].tolist()


def test_workbooks_say_when_their_writer_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    assert main(["--out", str(tmp_path)]) == 1
    assert "openpyxl" in capsys.readouterr().err


def test_workbook_is_the_same_on_another_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["Data zone code", "Total population"], ["S01990001", 941]]
    write_workbook(tmp_path / "one.xlsx", {"Table 1": rows})
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2096, 10, 2, 7, 6, 40, 1, 276, 0))
    write_workbook(tmp_path / "other.xlsx", {"Table 1": rows})
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "other.xlsx").read_bytes()


def test_files_stay_small() -> None:
    sizes = {name: path.stat().st_size for name, path in files_in(SAMPLE).items()}
    assert max(sizes.values()) < 700_000
    assert sum(sizes.values()) < 1_700_000


def test_the_folder_says_that_it_is_fictional() -> None:
    assert "fictional" in (SAMPLE / "README.md").read_text(encoding="utf-8").splitlines()[0]
    for path, name in ((RESIDENTS, "General_notes"), (INDICATORS, "Contents & notes")):
        assert any("fictional" in str(cell) for row in sheet(path, name) for cell in row)


def test_codes_are_in_ranges_that_no_publisher_uses() -> None:
    names = pd.read_csv(LOOKUP, encoding="cp1252", dtype=str)
    for column, prefix in (
        ("DZ2011_Code", "S0199"),
        ("IZ2011_Code", "S0299"),
        ("MMWard_Code", "S1399"),
        ("LA_Code", "S1299"),
    ):
        assert names[column].str.fullmatch(prefix + r"\d{4}").all()
    assert names["LA_Code"].value_counts().to_dict() == ZONES_BY_CPP
    assert names["IZ2011_Code"].nunique() == 61
    assert names["MMWard_Code"].nunique() == 22


def test_index_file_has_the_quirks_of_the_published_one(simd: pd.DataFrame) -> None:
    assert SIMD.read_bytes().startswith(b"\xef\xbb\xbfData_Zone,Intermediate_Zone,Council_area,Total_population,")
    assert SIMD.read_bytes().count(b"\r\n") == len(simd) + 1
    assert simd["income_rate"].str.fullmatch(r"\d{1,2}%").all()
    suppressed = {name: int((simd[name] == "*").sum()) for name in ("crime_count", "Attendance", "Attainment")}
    assert suppressed == {"crime_count": 6, "Attendance": 24, "Attainment": 10}
    assert (simd["crime_count"] == "*").equals(simd["crime_rate"] == "*")
    # in two zones nobody lives any more: rates are 0%, what does not apply is blank, and there were no leavers
    emptied = simd.loc[simd["Total_population"] == "0", ["income_rate", "CIF", "Attendance", "Attainment"]]
    assert emptied.to_numpy().tolist() == [["0%", "", "", "n/a"]] * 2


def test_ranks_agree_with_the_indicators(simd: pd.DataFrame) -> None:
    rank = simd["SIMD2020v2_Rank"].astype(int)
    assert sorted(rank) == list(range(1, 333))
    # the 34th of 332 zones is past a tenth of them (33.2), so in the second tenth
    decile = simd.set_index(rank)["SIMD2020v2_Decile"].astype(int)
    assert decile[[1, 33, 34, 332]].tolist() == [1, 1, 2, 10]
    residents = simd["Total_population"].astype(int)
    share = (simd["income_count"].astype(int) / residents).fillna(0.0)
    by_domain = simd["SIMD2020v2_Income_Domain_Rank"].astype(float)
    # poorest first, equal shares the mean of their places: the two zones without residents share 331 and 332
    np.testing.assert_allclose(by_domain, share.rank(ascending=False))
    assert by_domain[residents == 0].tolist() == [331.5, 331.5]


def test_the_two_index_files_agree(simd: pd.DataFrame) -> None:
    header, *rows = sheet(INDICATORS, "Data")
    table = pd.DataFrame(rows, columns=header)
    assert table["Data_Zone"].tolist() == simd["Data_Zone"].tolist()
    for count, published in (("Income_count", "income_count"), ("overcrowded_count", "overcrowded_count")):
        assert table[count].tolist() == simd[published].astype(float).tolist()
    # the workbook's symbol stands both for suppressed and for what does not apply: 6 and 24 + 2
    assert [int((table[name] == "*").sum()) for name in ("crime_count", "Attendance")] == [6, 26]
    shown = table["DEPRESS"] != "*"
    rounded = [f"{math.floor(100 * value + 0.5)}%" for value in table.loc[shown, "DEPRESS"]]
    assert rounded == simd.loc[shown, "DEPRESS"].tolist()


def test_lookup_is_in_windows_1252_with_names_that_need_it() -> None:
    content = LOOKUP.read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    text = content.decode("cp1252")
    for name in ("Cotter's Wynd", "Laird’s Cross and Muirfardle", "Sgèire a Tuath", '"Inverbrae, City of"'):
        assert name in text
    assert pd.read_csv(io.StringIO(text))["IZ2011_Name"].str.len().max() == len(
        "Braes of Tullymorran, Kirkhaugh and Upper Strathfardle"
    )


def test_residents_have_their_header_on_the_third_row_and_sum() -> None:
    rows = sheet(RESIDENTS, "Population_persons_2021")
    assert rows[2][:3] == ["Data zone code", "Data zone name", "Council area code"]
    assert rows[2][3:6] == ["Council area name", "Total population", "Age 0"]
    assert rows[2][-1] == "Age 90 and over"
    figures = np.array([row[4:] for row in rows[3:]], dtype=float)
    assert figures.shape == (332, 92)
    assert (figures[:, 0] == figures[:, 1:].sum(axis=1)).all()
    assert (figures[:, 0] == 0).sum() == 2


def test_outcomes_stand_side_by_side_with_their_residents() -> None:
    rows = sheet(OUTCOMES, "Child Poverty - DZ")
    assert [rows[0][0], rows[0][11]] == ["Children in low-income households", "Population 0-15"]
    assert rows[1][:5] == ["S-code", "Council", "Name", "2014/15", "2015/16"]
    assert rows[1][10:16] == ["", "S-code", "Council", "Name", 2014.0, 2015.0]
    counts = [cell for row in rows[2:] for cell in row[3:10]]
    assert counts.count("..") == 27
    assert min(cell for cell in counts if cell != "..") == 5.0
    for row in rows[2:]:
        assert all(count == ".." or count <= people for count, people in zip(row[3:10], row[14:21], strict=True))
    claims = sheet(OUTCOMES, "OOWB - DZ")
    assert claims[1][:2] == ["DataZone", "2013/14"]
    figures = [cell for row in claims[2:] for cell in row[1:9]]
    # three zones are blank in three years
    assert figures.count("") == 9
    averages = [float(cell) for cell in figures if cell != ""]
    assert all((4 * value).is_integer() for value in averages)
    assert sum(not value.is_integer() for value in averages) > len(averages) / 2


def test_census_totals_agree_between_files(boundaries: gpd.GeoDataFrame) -> None:
    areas = pd.read_csv(SAMPLE / "nrs-output-areas-2011" / "output_area_2011.csv.gz")
    sums = areas.groupby("DataZone")[["Popcount", "HHcount"]].sum()
    assert sums["Popcount"].to_dict() == boundaries["TotPop2011"].to_dict()
    assert sums["HHcount"].to_dict() == boundaries["HHCnt2011"].to_dict()
    points = gpd.points_from_xy(areas["easting"], areas["northing"])
    assert shapely.contains(boundaries.geometry[areas["DataZone"]].to_numpy(), points).all()


def test_boundaries_are_a_clean_coverage_far_from_scotland(boundaries: gpd.GeoDataFrame) -> None:
    assert boundaries.crs.to_epsg() == 27700
    assert boundaries.geometry.is_valid.all()
    assert shapely.coverage_is_valid(boundaries.geometry.to_numpy())
    # Scotland ends near easting 470 000 in this latitude
    assert boundaries.total_bounds[0] > 500_000
    assert (boundaries.geometry.area / boundaries["Shape_Area"] - 1).abs().max() < 1e-6
    centroids = gpd.read_file(SAMPLE / "sg-data-zone-centroids-2011" / "SG_DataZoneCent_2011.zip").set_index("DataZone")
    assert centroids.geometry.within(boundaries.geometry[centroids.index]).all()


def test_wards_cut_through_zones(boundaries: gpd.GeoDataFrame) -> None:
    assert pyogrio.read_info(WARDS)["crs"] == "EPSG:4326"
    wards = gpd.read_file(WARDS)
    assert set(wards.geom_type) == {"MultiPolygon"}
    zones = boundaries.reset_index()[["DataZone", "geometry"]]
    pieces = gpd.overlay(zones, wards.to_crs(27700)[["WD25CD", "geometry"]])
    share = pieces.geometry.area / boundaries.geometry.area[pieces["DataZone"]].to_numpy()
    cut = pieces.loc[share.between(0.05, 0.95), "DataZone"].nunique()
    assert 30 < cut < 166


def test_postcodes_have_no_header_and_schools_stand_in_zones(boundaries: gpd.GeoDataFrame) -> None:
    with zipfile.ZipFile(SAMPLE / "os-code-point-open" / "codepo_gb.zip") as archive:
        members = [name for name in archive.namelist() if name.startswith("Data/CSV/")]
        assert members == ["Data/CSV/zy.csv", "Data/CSV/zz.csv"]
        points = pd.concat([pd.read_csv(archive.open(name), header=None) for name in members])
    assert points.shape[1] == 10
    assert points[0].is_unique
    assert points[0].str.fullmatch(r"Z[YZ]\d{1,2} \d[A-Z]{2}").all()
    schools = pd.read_csv(SAMPLE / "sg-school-roll-2022" / "SG_SchoolRoll_2022.csv")
    assert schools["SchUID"].is_unique
    assert set(schools["PostCode"]) <= set(points[0])
    assert set(schools["DataZone"]) <= set(boundaries.index)


def test_census_tables_stand_between_titles_and_notes_and_are_perturbed() -> None:
    rows = sheet(SAMPLE / "nrs-census-2022-data-zone-2011" / "UV303.xlsx", "Data Sheet 0")
    assert [row[0] for row in rows[10:12]] == ["Disability", ""]
    assert rows[10][2:] == [
        "All people",
        "Day-to-day activities limited a lot",
        "Day-to-day activities limited a little",
        "Day-to-day activities not limited",
    ]
    counts = np.array([row[2:] for row in rows[12:344]], dtype=float)
    assert [rows[12][1], rows[343][1], rows[344][1]] == ["S01990001", "S01990332", ""]
    # each of the four cells is moved by up to 2, so parts miss the total by up to 8, and few hit it
    off = np.abs(counts[:, 1:].sum(axis=1) - counts[:, 0])
    assert off.max() <= 8
    assert (off > 0).mean() > 0.5
    text = (SAMPLE / "nrs-census-2022-data-zone-2011" / "UV201.csv").read_bytes()
    assert text.startswith(b'SuperWEB2(tm)\r\n\r\n"Census 2022')
    assert text.count(b'\r\n"S0199') == 332
    households = sheet(SAMPLE / "nrs-census-2011-data-zone" / "QS119SC.xlsx", "Data Sheet 0")[12:344]
    assert all(sum(row[3:]) == row[2] for row in households)


def test_rates_by_intermediate_zone_are_those_of_the_counts() -> None:
    header, *rates = sheet(SAMPLE / "is-cpop" / "IGZ Data - Sep 23.xlsx", "Chi Pov - IGZ ")
    counts = sheet(OUTCOMES, "Child Poverty - IGZ")
    assert len(rates) == 61
    published, children, residents = header.index("Child Poverty_Raw data_2016/17"), 4, 13
    assert (counts[1][children], counts[1][residents]) == ("2016/17", 2016.0)
    for rate, count in zip(rates, counts[2:], strict=True):
        assert rate[0] == count[0]
        assert rate[published] == pytest.approx(100 * count[children] / count[residents], abs=1e-8)
    kinds = [name.split("_")[1] for name in header[1:]]
    # from 2010/11: four years before the first observed one, eight observed, three after the last
    assert kinds == ["Imputed"] * 4 + ["Raw data"] * 8 + ["Projected"] * 3


def test_only_some_councils_have_hscp_localities() -> None:
    table = pd.read_csv(SAMPLE / "phs-hscp-locality-lookup" / "datazone-to-locality-lookup.csv")
    assert table["CA"].value_counts().to_dict() == {
        code: zones for code, zones in ZONES_BY_CPP.items() if code <= "S12990003"
    }
    lookup = SAMPLE / "is-sub-council-areas" / "Geography Lookup Table - dashboard format.xlsx"
    areas = pd.DataFrame(sheet(lookup, "2011")[1:])
    assert len(areas) == sum(ZONES_BY_CPP.values())
    # one name in two councils: names are no keys
    assert areas.groupby(1)[2].nunique().loc["Landward"] == 2


def test_planted_communities_are_contiguous_and_of_the_size_of_a_locality(
    truth: pd.DataFrame, boundaries: gpd.GeoDataFrame
) -> None:
    assert truth.groupby("kind")["community"].nunique().to_dict() == {"better": 1, "no_different": 1, "poorer": 5}
    assert truth["zone_code"].is_unique
    residents = {row[0]: row[4] for row in sheet(RESIDENTS, "Population_persons_2021")[3:]}
    assert truth["residents_2021"].tolist() == [residents[code] for code in truth["zone_code"]]
    sizes = truth.groupby("community")["residents_2021"].sum()
    assert sizes.between(2_000, 9_000).all()
    for _, members in truth.groupby("community"):
        assert shapely.union_all(boundaries.geometry[members["zone_code"]].to_numpy()).geom_type == "Polygon"


def test_truth_shows_in_the_published_counts(truth: pd.DataFrame, simd: pd.DataFrame) -> None:
    """Odds of income deprivation in a community over those of its council's zones where nothing is planted."""
    table = simd.set_index("Data_Zone")[["Council_area", "Total_population", "income_count"]]
    table[["Total_population", "income_count"]] = table[["Total_population", "income_count"]].astype(int)
    is_planted = table.index.isin(truth["zone_code"])

    def odds(part: pd.DataFrame) -> float:
        poor, people = part["income_count"].sum(), part["Total_population"].sum()
        return poor / (people - poor)

    for _, members in truth.groupby("community"):
        inside = table.loc[members["zone_code"]]
        council = inside["Council_area"].iloc[0]
        outside = table[~is_planted & (table["Council_area"] == council)]
        # zones differ besides (0.45 on the latent scale, 0.36 on the log odds), so four of them scatter about the truth
        # by 0.36/sqrt(4) = 0.18, and 140 people by 1/sqrt(140) = 0.08: two standard deviations of both are 0.4
        planted = members["income_odds"].iloc[0]
        assert math.log(odds(inside) / odds(outside)) == pytest.approx(math.log(planted), abs=0.4)


def test_no_poorer_community_is_planted_in_carrickmorlich(truth: pd.DataFrame) -> None:
    assert set(truth.loc[truth["cpp_code"] == "S12990004", "kind"]) == {"no_different"}
    effects = truth[truth["kind"] == "no_different"].filter(regex="_(odds|ratio)$")
    assert (effects == 1.0).all(axis=None)
