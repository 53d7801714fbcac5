"""The QGIS project inside a GeoPackage, as far as it can be read without QGIS; `make qgis-check` opens it there."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipelines.run.workspace import Workspace

ISLE = "fictional-oneils-isle.gpkg"
DRAWING = "Localities – Intermediate zones"


@pytest.fixture
def isle(published: Workspace) -> Path:
    return published.home.publications / ISLE


def stored(path: Path) -> tuple[str, dict, zipfile.ZipFile]:
    with closing(sqlite3.connect(path)) as file:
        ((name, metadata, content),) = file.execute("SELECT name, metadata, content FROM qgis_projects")
    return name, json.loads(metadata), zipfile.ZipFile(io.BytesIO(bytes.fromhex(content)))


def project(path: Path) -> ElementTree.Element:
    archive = stored(path)[2]
    return ElementTree.fromstring(archive.read("Localities.qgs"))


def test_it_is_a_zip_of_one_project_with_a_date_that_never_moves(isle):
    name, metadata, archive = stored(isle)
    assert (name, archive.namelist()) == ("Localities", ["Localities.qgs"])
    assert archive.infolist()[0].date_time == (2020, 1, 1, 0, 0, 0)
    assert metadata["last_modified_time"] == "2020-01-01T00:00:00"


def test_the_title_tells_one_edition_from_another(isle, published):
    first = project(isle).find("title").text
    kept = json.loads((published.home.publications / "publications.json").read_text(encoding="utf-8"))
    assert first == (
        f"Localities and their outcomes: O'Neil's Isle (fictional), edition {kept['files'][ISLE]['content'][:8]}"
    )


def test_every_layer_comes_from_the_file_itself_by_a_relative_path(isle):
    found = [one.text for one in project(isle).iter("datasource")]
    assert f"./{ISLE}|layername={DRAWING}" in found
    assert all(one.startswith(f"./{ISLE}|layername=") for one in found)


def test_one_drawing_is_on_the_map_and_the_rest_is_in_groups_that_are_off(isle):
    tree = project(isle).find("layer-tree-group")
    on = [one.get("name") for one in tree.findall("layer-tree-layer") if one.get("checked") == "Qt::Checked"]
    assert on == [DRAWING, "The partnership's area"]
    groups = {one.get("name"): one.get("checked") for one in tree.findall("layer-tree-group")}
    assert groups == {"Zones": "Qt::Unchecked", "Tables": "Qt::Unchecked"}


def test_the_form_of_a_place_lists_its_own_findings(isle):
    found = project(isle)
    (relation,) = found.find("relations")
    ids = {one.find("layername").text: one.find("id").text for one in found.iter("maplayer")}
    assert relation.get("referencedLayer") == ids[DRAWING]
    assert relation.get("referencingLayer") == ids["Findings"]
    assert relation.find("fieldRef").attrib == {"referencedField": "locality_id", "referencingField": "locality_id"}
    (drawing,) = [one for one in found.iter("maplayer") if one.find("layername").text == DRAWING]
    assert drawing.find(".//attributeEditorRelation").get("relation") == relation.get("id")


def test_flagged_places_are_marked_and_named_from_far_away(isle):
    (drawing,) = [one for one in project(isle).iter("maplayer") if one.find("layername").text == DRAWING]
    categories = {one.get("value"): one.get("symbol") for one in drawing.iter("category")}
    symbols = {one.get("name"): one for one in drawing.findall("renderer-v2/symbols/symbol")}
    marked = {
        code for code, symbol in categories.items() if symbols[symbol].find("layer[@class='CentroidFill']") is not None
    }
    assert marked == {"poorer_than_both", "poorer_than_scotland", "poorer_within_cpp_only"}
    farthest = max(drawing.iter("rule"), key=lambda one: int(one.get("scalemaxdenom")))
    assert farthest.get("filter") == "\"answer\" LIKE 'poorer%'"


def test_the_page_to_print_says_what_must_stand_beside_a_map(isle):
    page = project(isle).find("Layouts/Layout")
    texts = {one.get("id"): one.get("labelText") for one in page.iter("LayoutItem") if one.get("labelText")}
    assert texts["title"] == "Localities and their outcomes: O'Neil's Isle (fictional)"
    assert texts["drawing"] == "Localities drawn as: Intermediate zones"
    assert "Two answers, never added up" in texts["notes"]
    # 324 of its 324 + people in need elsewhere are reached, so the rest live outside every place poorer than Scotland
    assert "live outside every place poorer than Scotland" in texts["notes"]
    assert texts["sources"].startswith("Fictional sample: describes no real place.")
    assert "CAUTION: this project shows the data of another file" in texts["warning"]


def test_bars_are_as_long_as_their_numbers(isle):
    with closing(sqlite3.connect(isle)) as file:
        ((chart,),) = file.execute(
            f'SELECT chart FROM "{DRAWING}" WHERE locality_name = ?',
            ("St Colm's",),
        )
    # 24.0 (21.8 to 26.3) against 10.5 and 10.0: the longest end, 26.3, is 240 pixels
    assert "<td width='199' bgcolor='#7f2704'></td><td width='41' bgcolor='#fdae6b'></td>" in chart
    assert "<td width='96' bgcolor='#9ecae1'></td>" in chart
    assert "24.0 (21.8 to 26.3)" in chart


def layer_of(path: Path, name: str) -> ElementTree.Element:
    (found,) = [one for one in project(path).iter("maplayer") if one.find("layername").text == name]
    return found


def test_a_number_that_is_not_there_says_why_and_is_never_shown_as_nothing(isle):
    """The count of B is suppressed, so its finding has no value: that is what the form and the table show."""
    findings = layer_of(isle, "Findings")
    shown = {one.get("name"): one.get("expression") for one in findings.iter("field") if one.get("expression")}
    assert shown["value_in_words"].startswith('coalesce(format_number("value", 2), ')
    assert 'lower(represent_value("status"))' in shown["value_in_words"]
    hidden = {one.get("name"): one.get("hidden") for one in findings.iter("column")}
    assert (hidden["value"], hidden["value_in_words"]) == ("1", "0")
    form = [one.get("name") for one in findings.iter("attributeEditorField")]
    assert "value_in_words" in form
    assert "value" not in form
    # a chance that rounds to nothing is not nothing
    assert "THEN 'under 0.0001'" in shown["p_value_in_words"]


def test_a_code_is_written_out_in_the_form_where_a_list_would_be_grey(isle):
    drawing = layer_of(isle, DRAWING)
    shown = {one.get("name"): one.get("expression") for one in drawing.iter("field") if one.get("expression")}
    assert shown["answer_in_words"] == 'represent_value("answer")'
    titles = {one.get("field"): one.get("name") for one in drawing.iter("alias")}
    assert (titles["answer_in_words"], titles["answer"]) == ("Answer", "Answer (as stored)")
