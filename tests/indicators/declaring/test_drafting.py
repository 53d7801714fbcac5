"""Drafting a declaration by looking at a file, and checking one before a run does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from openpyxl import load_workbook

from indicators.catalogue import People, parse_indicator
from indicators.declaring.checking import check_declaration, refuse_draft
from indicators.declaring.drafting import draft_declaration
from indicators.declaring.looking import look_at, what_was_seen
from indicators.errors import ConfigError, SchemaError, UnreadableSource
from indicators.readers import reader_named
from tests.indicators.conftest import ZONES, pointing_at, write_sheet
from tests.indicators.readers import (
    test_census_exports,
    test_mapped_table,
    test_nrs_population,
    test_simd,
    test_slices,
)


def test_each_published_form_is_known(tmp_path):
    cube = look_at(test_mapped_table.write_text(tmp_path, test_mapped_table.CUBE)["a-table"])
    assert (cube.reader, cube.area, cube.date) == ("mapped_table", "FeatureCode", "DateCode")
    assert cube.periods == ("2019/20", "2020/21")
    assert cube.dimensions["Age"] == ("0-15", "16-24", "All")
    assert cube.symbols == {"*": "suppressed"}

    census = look_at(test_census_exports.write_book(tmp_path)["nrs-census-2022-uv303"])
    assert (census.reader, census.area) == ("mapped_table", "Intermediate Zone - Data Zone 2011")
    assert "All people" in census.figures

    homes = look_at(test_slices.write_files(tmp_path)["sg-household-estimates"])
    assert (homes.reader, homes.periods) == ("mapped_table", ("2019",))

    residents = look_at(test_nrs_population.write_files(tmp_path)["nrs-sape-2021"])
    assert (residents.reader, residents.rows) == ("nrs_population", 3)

    book = look_at(test_simd.write_files(tmp_path)["sg-simd-2020v2-indicators"])
    assert (book.reader, book.seen.sheet, book.area) == ("mapped_table", "Data", "Data_Zone")


def test_a_finished_draft_reads_its_file(tmp_path):
    """From file to figures without code: only the question marks are filled in."""
    files = test_mapped_table.write_text(tmp_path, test_mapped_table.CUBE.replace("*", "5"))
    draft = draft_declaration(look_at(files["a-table"]), indicator_id="young_people", source="a-table", title="Youth")
    content = yaml.safe_load(draft)
    assert content["columns"]["where"]["Sex"] == "All"
    content |= {
        "definition": "Residents under 16, among all residents.",
        "domain": "Population",
        "role": "population",
        "numerator": "residents under 16",
        "denominator": "residents",
        "unit": "% of residents",
        "poorer_is": "higher",
        "smallest_important_difference": 1.25,
        "national_outcome": "Children and Young People",
        "caveats": "",
    }
    content["columns"]["where"] = {"Measurement": "Count", "Sex": "All"}
    content["columns"] |= {"numerator": {"where": {"Age": "0-15"}}, "denominator": {"where": {"Age": "All"}}}
    indicator = parse_indicator(content, tmp_path / "young_people.yaml")
    assert check_declaration(indicator, sources=["a-table"], files=files) == []
    rows = reader_named(indicator.reader)(files, [indicator])
    assert rows["value"].dropna().tolist() == [40, pytest.approx(5 / 12 * 100)]


def test_a_draft_is_not_taken_for_a_declaration(tmp_path):
    files = test_mapped_table.write_text(tmp_path, test_mapped_table.CUBE)
    draft = yaml.safe_load(draft_declaration(look_at(files["a-table"]), indicator_id="young", source="a-table"))
    with pytest.raises(ConfigError, match="role"):
        parse_indicator(draft, tmp_path / "young.yaml")
    with pytest.raises(ConfigError, match=r"still a draft[\s\S]*definition"):
        refuse_draft(draft, tmp_path / "young.yaml")


def test_zones_of_another_census_are_drafted_with_a_warning(tmp_path):
    path = tmp_path / "old.csv"
    path.write_text("Data Zone,People\nS01000001,3\nS01000002,4\n", encoding="utf-8")
    assert "never matched across vintages" in draft_declaration(look_at(path), indicator_id="old", source="s")


def test_a_table_that_mixes_two_censuses_asks_before_it_drops_one(tmp_path):
    """Zones of 2001 are the past of a table; those of 2022 may be its newest years."""
    rows = {"2001": "S01000001,3", "2011": "S01006506,4\nS01006507,5", "2022": "S01013482,6\nS01013483,7"}
    path = tmp_path / "both.csv"
    path.write_text(f"Data Zone,People\n{rows['2011']}\n{rows['2022']}\n", encoding="utf-8")
    draft = draft_declaration(look_at(path), indicator_id="both", source="s")
    assert 'mixes_vintages: "?"  # true leaves out 2 of 2022; else split the table by census' in draft
    path.write_text(f"Data Zone,People\n{rows['2001']}\n{rows['2011']}\n", encoding="utf-8")
    draft = draft_declaration(look_at(path), indicator_id="both", source="s")
    assert "mixes_vintages: true  # true leaves out 1 of 2001" in draft


def test_intermediate_zones_by_name_alone_are_refused(tmp_path):
    """Blackburn is in Aberdeenshire and in West Lothian."""
    path = tmp_path / "names.csv"
    path.write_text("Intermediate Zone,Households\nBlackburn,3\nBlackburn,4\nCulter,5\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="several intermediate zones have the same"):
        look_at(path)


def test_a_file_without_areas_is_refused(tmp_path):
    path = tmp_path / "councils.csv"
    path.write_text("Council,People\nS12000033,3\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="no areas"):
        look_at(path)
    path.write_text("<html></html>", encoding="utf-8")
    with pytest.raises(UnreadableSource, match="web page"):
        look_at(path)


def test_an_id_of_the_wrong_form_is_refused(tmp_path):
    form = look_at(test_mapped_table.write_text(tmp_path, test_mapped_table.CUBE)["a-table"])
    with pytest.raises(ConfigError, match="Young People"):
        draft_declaration(form, indicator_id="Young People", source="a-table")


def test_what_is_not_there_is_said(catalogue):
    lost = replace(catalogue["simd_income"], source="nowhere", national_outcome="Happiness")
    lost = pointing_at(lost, editions=None, period="soon")
    said = "\n".join(check_declaration(lost, sources=["sg-simd-2020v2"]))
    assert all(word in said for word in ("nowhere", "Happiness", "soon"))


def test_figures_that_cannot_be_right_are_said(tmp_path, catalogue):
    files = test_simd.write_files(tmp_path)
    sources = [*files, "sg-simd-2016-indicators"]
    good = pointing_at(catalogue["simd_income"], editions=None)
    assert check_declaration(good, sources=sources, files=files) == []
    (said,) = check_declaration(pointing_at(good, numerator="Incomes"), sources=sources, files=files)
    assert "Incomes" in said
    (said,) = check_declaration(pointing_at(good, period="2099"), sources=sources, files=files)
    assert said.startswith("2099 has not begun")
    fractional = replace(catalogue["simd_crime"], counts_are_whole=True)
    said = check_declaration(pointing_at(fractional, editions=None), sources=sources, files=files)
    assert any("fewer than half" in one.casefold() for one in said)


def test_an_area_at_0_in_every_year_is_said_where_others_hardly_ever_are(tmp_path, catalogue):
    years, codes = range(2015, 2021), [f"S0100{number}" for number in range(6506, 6536)]
    cells = [
        (code, year, 0 if code == codes[4] or (code, year) == (codes[7], 2016) else 9)
        for code in codes
        for year in years
    ]
    files = test_mapped_table.write_text(tmp_path, "\n".join(["Z,Y,X,N", *(f"{z},{y},{x},90" for z, y, x in cells)]))
    columns = {"area": "Z", "date": "Y", "numerator": "X", "denominator": "N"}
    one = replace(catalogue["nrs_children"], source="a-table", reader="mapped_table", columns=columns)
    (said,) = check_declaration(one, sources=list(files), files=files)
    assert said.startswith("Areas stand at 0 in every period")
    assert codes[4] in said
    assert codes[7] not in said


def test_fractional_counts_must_be_declared(tmp_path, catalogue):
    rows = [[*row] for row in test_simd.ROWS[:1]]
    files = test_simd.write_files(tmp_path, rows=rows, csv_rows=test_simd.CSV_ROWS[:1])
    crime = replace(pointing_at(catalogue["simd_crime"], editions=None), counts_are_whole=True)
    said = "\n".join(check_declaration(crime, sources=list(files), files=files))
    assert "counts_are_whole: false" in said
    assert ZONES[0] not in said


def looked_at(folder, text):
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return look_at(path)


def test_every_symbol_of_a_column_of_figures_is_kept_with_a_proposed_meaning(tmp_path):
    cells = ["[c]", "<5", "–", "[z]", "12", "banana", "7", "8", "9", "10", "11"]
    rows = "".join(f"S{1006506 + n:08d},{cell},20\n" for n, cell in enumerate(cells))
    form = looked_at(tmp_path, "DataZone,Patients,All\n" + rows)
    assert form.symbols == {
        "[c]": "suppressed", "<5": "suppressed", "–": "missing", "[z]": "not_applicable", "banana": "",
    }  # fmt: skip
    draft = draft_declaration(form, indicator_id="x", source="s")
    content = yaml.safe_load(draft)["suppression"]
    assert set(content["symbols"]) == {"<5", "[c]", "?"}
    assert (content["not_applicable"], content["missing"]) == (["[z]"], ["–"])
    assert (content["lower"], content["upper"]) == (0, 4)
    assert any("'banana': meaning not known, to confirm" in line for line in what_was_seen(form))


def test_groups_are_listed_with_their_members_and_the_total_that_is_taken(tmp_path):
    rows = "".join(f"{zone},{sex},Fife,3,9\n" for zone in ZONES for sex in ("Female", "Male"))
    form = looked_at(tmp_path, "DataZone,Sex,Council,Patients,All\n" + rows)
    assert (form.dimensions, form.over) == ({"Sex": ("Female", "Male")}, ("Sex",))
    assert any("Sex: groups; 2 members: Female, Male; taken: their sum" in line for line in what_was_seen(form))
    assert any("Council: left out; the same for every row" in line for line in what_was_seen(form))
    columns = yaml.safe_load(draft_declaration(form, indicator_id="x", source="s"))["columns"]
    assert columns["sum_over"] == ["Sex"]
    rows += "".join(f"{zone},Both sexes,Fife,6,18\n" for zone in ZONES)
    form = looked_at(tmp_path, "DataZone,Sex,Council,Patients,All\n" + rows)
    assert yaml.safe_load(draft_declaration(form, indicator_id="x", source="s"))["columns"]["where"] == {
        "Sex": "Both sexes"
    }


def test_a_column_for_each_period_is_seen_as_that(tmp_path):
    rows = "".join(f"{zone},1,9,2,8\n" for zone in ZONES)
    form = looked_at(tmp_path, "DataZone,Some 2019/20,All 2019/20,Some 2020/21,All 2020/21\n" + rows)
    assert (form.wide, form.periods) == (("Some {period}", "All {period}"), ("2019/20", "2020/21"))


def test_a_sheet_for_each_year_is_drafted_as_that(tmp_path):
    path = write_sheet(tmp_path / "book.xlsx", "Year 2018-19", [["Zone", "All", "Young"], [ZONES[0], 50, 10]])
    assert "{period}" not in draft_declaration(look_at(path), indicator_id="young", source="s")
    book = load_workbook(path)
    for row in (["Zone", "All", "Young"], [ZONES[0], 50, 12]):
        (book["Year 2019-20"] if "Year 2019-20" in book else book.create_sheet("Year 2019-20")).append(row)
    book.save(path)
    draft = yaml.safe_load(draft_declaration(look_at(path), indicator_id="young", source="s"))
    assert draft["columns"]["sheet"] == "Year {period}"
    assert "period" not in draft["columns"]


def test_titles_notes_encoding_and_delimiter_are_said(tmp_path):
    path = tmp_path / "file.txt"
    path.write_bytes("Homes under £200k\nDataZone\tHomes\nS01006506\t3\nNote: of 2020\n".encode("cp1252"))
    lines = "\n".join(what_was_seen(look_at(path)))
    assert "Text in cp1252, cells parted by tab" in lines
    assert "Above the table: Homes under £200k" in lines
    assert "Below the table: Note: of 2020" in lines


@pytest.mark.parametrize(
    ("name", "kind"), [("Median price", "mean"), ("Income rate", "mean"), ("Score", "mean"), ("Patients", "proportion")]
)
def test_a_kind_is_proposed_by_the_names_of_the_figures(tmp_path, name, kind):
    form = looked_at(tmp_path, f"DataZone,{name}\nS01006506,3.5\nS01006507,4\n")
    content = yaml.safe_load(draft_declaration(form, indicator_id="x", source="s"))
    assert content["kind"] == kind
    assert content["vote"] == ""
    assert content["smallest_important_difference"] == "?"
    assert content.get("is_combined", True) == (name != "Median price")


def test_a_file_of_some_councils_asks_whom_it_covers(tmp_path):
    form = looked_at(tmp_path, "DataZone,Patients\nS01006506,3\nS01006507,4\n")
    assert yaml.safe_load(draft_declaration(form, indicator_id="x", source="s"))["covers"] == ["?"]
    content = yaml.safe_load(draft_declaration(form, indicator_id="x", source="s", covers=["S12000033"]))
    assert content["covers"] == ["S12000033"]


def test_rows_that_nothing_tells_apart_are_said(tmp_path):
    form = looked_at(tmp_path, "DataZone,Patients\nS01006506,3\nS01006506,4\nS01006507,4\n")
    assert any(line.startswith("1 rows repeat an area and period") for line in what_was_seen(form))


def test_a_count_that_a_share_comes_to_need_not_be_whole(tmp_path, catalogue):
    """15.5 % of 40 young people are 6.2: no fault of the declaration."""
    path = tmp_path / "share.csv"
    path.write_text("DataZone,Share,Young\n" + "".join(f"{zone},15.5,40\n" for zone in ZONES), encoding="utf-8")
    columns = {"area": "DataZone", "value": "Share", "period": "2021"}
    share = replace(
        catalogue["nrs_children"], source="s", reader="mapped_table", columns=columns, people=People("Young", per=100)
    )
    assert check_declaration(share, sources=["s"], files={"s": path}) == []
