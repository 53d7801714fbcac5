"""What a planner finds in the GeoPackage."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from indicators.catalogue import Catalogue, load_catalogue
from indicators.schema.vocabulary import ANSWERS
from pipelines.run.publish import publish
from pipelines.run.workspace import Workspace

ISLE = "fictional-oneils-isle.gpkg"
LAYER = "Localities – Intermediate zones"
TABLES_WITH_WORDS = ("Findings", "Zones of localities", "Indicators", "Thresholds")


@pytest.fixture
def isle(published: Workspace) -> Path:
    return published.home.publications / ISLE


def rows(path: Path, sql: str, *values: object) -> list[tuple]:
    with closing(sqlite3.connect(path)) as file:
        return file.execute(sql, values).fetchall()


@pytest.mark.gdal
def test_gdals_own_validator_accepts_every_file(published, gpkg_checker):
    for one in publish(published):
        if one.name.endswith(".gpkg"):
            checker = gpkg_checker(str(one.path))
            checker.check()
            assert checker.errors == []


def test_layers_are_named_in_plain_words_and_spatial_ones_are_multipolygons_in_the_national_grid(isle):
    layers = dict(pyogrio.list_layers(isle).tolist())
    assert layers == {
        LAYER: "MultiPolygon",
        "Data zones": "MultiPolygon",
        "Findings": None,
        "Zones of localities": None,
        "Which boundaries serve best": None,
        "Indicators": None,
        "Sources": None,
        "Thresholds": None,
        "layer_styles": None,
    }
    assert gpd.read_file(isle, layer=LAYER).crs.to_epsg() == 27700


def test_a_geopackage_holds_its_own_partnership_only(isle):
    zones = gpd.read_file(isle, layer="Data zones")
    assert zones["zone_code"].tolist() == ["S01990001", "S01990002", "S01990003", "S01990004"]
    assert zones["cpp_name"].unique().tolist() == ["O'Neil's Isle"]
    # zones 1 and 2 make the flagged locality
    assert zones[["sets_flagged_scotland", "sets_flagged_cpp"]].values.tolist() == [[1, 1], [1, 1], [0, 0], [0, 0]]
    assert gpd.read_file(isle, layer=LAYER).area.tolist() == pytest.approx([2e6, 2e6])


def test_which_boundaries_serve_best_is_told_in_columns_with_titles(isle):
    layer = "Which boundaries serve best"
    shown = pyogrio.read_dataframe(isle, layer=layer)
    assert shown["cpp_name"].tolist() == ["O'Neil's Isle"]
    # 324 people in need among 1,350 of 2,150 residents
    found = shown.iloc[0]
    assert (found["candidate_set_title"], bool(found["is_recommended"])) == ("Intermediate zones", True)
    assert (found["need_reached"], found["residents_in_scope"], found["need_per_100_in"]) == (324, 1350, 24)
    assert found["evidence_to"] == "2017-12-31"
    titles = dict(rows(isle, "SELECT column_name, name FROM gpkg_data_columns WHERE table_name = ?", layer))
    assert titles["share_of_need"] == "Share of people in need reached"
    assert titles["lift"] == "Share of need less share of residents"


def test_each_locality_says_in_one_sentence_with_numbers_why(isle):
    localities = gpd.read_file(isle, layer=LAYER).set_index("locality_name")
    assert localities.loc["St Colm's", "why"] == (
        "Strong evidence: poorer than Scotland, and than elsewhere in the partnership. One domain. Most of all: Income "
        "deprived people at 24.0% of residents (21.8 to 26.3), against 10.5% in the rest of O'Neil's Isle and 10.0% in "
        "the rest of Scotland."
    )
    assert localities.loc["The Holm", "why"] == ("Too little evidence to say. Too little.")
    assert localities.loc["St Colm's", "evidence"] == (
        "Income deprived people (2017): 24.0% of residents (95% interval 21.8 to 26.3; 324 of 1,350); rest of "
        "O'Neil's Isle 10.5% (higher by 13.5 points, 11.2 to 15.8; surely and importantly poorer); rest of Scotland "
        "10.0% (higher by 14.0 points, 11.8 to 16.2; surely and importantly poorer). Source: Made-up figures & more."
    )
    assert localities["is_flagged"].tolist() == [True, False]


def test_findings_are_those_of_the_headline_period_with_what_stands_behind_them(isle):
    found = gpd.read_file(isle, layer="Findings")
    # two localities, one indicator, two comparators; the earlier period is in the national files only
    assert found[["locality_name", "comparator", "period"]].values.tolist() == [
        ["St Colm's", "cpp", "2017"],
        ["St Colm's", "scotland", "2017"],
        ["The Holm", "cpp", "2017"],
        ["The Holm", "scotland", "2017"],
    ]
    first = found.iloc[0]
    assert (first["numerator"], first["denominator"], first["value"], first["comparator_value"]) == (
        324, 1350, 24.0, 10.5,
    )  # fmt: skip
    assert (first["ci_method"], first["test_method"], first["significance"]) == ("Wilson", "score", "poorer")
    assert (first["source_title"], first["comparator_name"]) == (
        "Made-up figures & more",
        "The rest of O'Neil's Isle",
    )
    suppressed = found.iloc[2]
    assert suppressed[["value", "q_important", "depth"]].isna().all()
    assert (suppressed["status"], suppressed["significance"]) == ("suppressed", "not_assessed")
    assert suppressed["reason"] == "the count is suppressed"


def test_thresholds_list_every_setting_and_the_version_of_the_code(isle, published):
    listed = dict(rows(isle, "SELECT setting, setting_value FROM Thresholds"))
    assert set(published.settings.to_dict()) < set(listed)
    assert (listed["alpha"], listed["limit"]) == ("0.05", "10000")
    assert listed["code_version"]


def test_columns_carry_titles_and_meanings_and_codes_their_words(isle):
    titles = dict(
        rows(isle, "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'Findings'"),
    )
    assert titles["q_important"] == "q, important difference"
    assert set(titles) == {
        name for _, name, *_ in rows(isle, "SELECT * FROM pragma_table_info('Findings')") if name != "fid"
    }
    words = dict(
        rows(
            isle,
            "SELECT value, description FROM gpkg_data_column_constraints WHERE constraint_name = 'list_answer'",
        )
    )
    assert set(words) == set(ANSWERS)
    extensions = {name for (name,) in rows(isle, "SELECT extension_name FROM gpkg_extensions")}
    assert {"gpkg_schema", "gpkg_metadata", "gpkg_rtree_index"} <= extensions


def test_gdal_reads_the_titles(isle):
    import pyarrow as pa

    with pyogrio.open_arrow(isle, layer=LAYER, use_pyarrow=False) as (_, stream):
        schema = pa.RecordBatchReader.from_stream(stream).schema
    assert schema.field("priority_rank").metadata[b"GDAL:OGR:alternative_name"] == b"Priority rank"


def test_every_spatial_layer_has_a_default_style_with_a_category_for_each_verdict(isle):
    styles = {
        layer: (ElementTree.fromstring(qml), is_default)
        for layer, qml, is_default in rows(isle, "SELECT f_table_name, styleQML, useAsDefault FROM layer_styles")
    }
    assert set(styles) == {LAYER, "Data zones", *TABLES_WITH_WORDS}
    style, is_default = styles[LAYER]
    assert is_default == 1
    assert style.find("renderer-v2").get("attr") == "answer"
    categories = style.findall("renderer-v2/categories/category")
    assert {one.get("value") for one in categories} == set(ANSWERS)
    symbols = {one.get("name") for one in style.findall("renderer-v2/symbols/symbol")}
    assert {one.get("symbol") for one in categories} == symbols
    columns = [name for _, name, *_ in rows(isle, "SELECT * FROM pragma_table_info(?)", LAYER)]
    fields = style.findall("attributeEditorForm//attributeEditorField")
    assert {one.get("name") for one in fields} == set(columns) - {"fid", "geom"}
    tip = style.find("mapTip").text
    assert "coalesce(\"why\", '')" in tip
    # the evidence holds the interval of the difference, see above
    assert '"evidence"' in tip
    assert "Fictional" in tip


def styled(path: Path, layer: str) -> ElementTree.Element:
    [(found, geometry)] = rows(
        path, "SELECT styleQML, f_geometry_column FROM layer_styles WHERE f_table_name = ?", layer
    )
    # QGIS looks a style up by the geometry column too, which is empty where a table has none
    assert geometry == ("" if layer in TABLES_WITH_WORDS else "geom")
    return ElementTree.fromstring(found)


def widgets(style: ElementTree.Element) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the kind of widget of each column, and the words of its codes."""
    found = {}
    for field in style.findall("fieldConfiguration/field"):
        options = field.findall("editWidget/config/Option/Option[@type='List']/Option/Option")
        words = {one.get("value"): one.get("name") for one in options}
        found[field.get("name")] = (field.find("editWidget").get("type"), words)
    return found


def test_tables_show_words_in_place_of_codes(isle):
    shown = widgets(styled(isle, "Findings"))
    assert shown["candidate_set"] == ("ValueMap", {"intermediate_zones": "Intermediate zones"})
    assert shown["significance"][1]["slightly_poorer"] == "Poorer, but not surely by enough to matter"
    assert shown["status"][1]["suppressed"] == "Suppressed by the publisher"
    # every code that the file holds has its word
    for layer, columns in {
        "Findings": ("significance", "candidate_set", "comparator", "null_model", "status"),
        "Indicators": ("poorer_is", "role", "kind", "smallest_important_difference_scale"),
        "Zones of localities": ("candidate_set",),
    }.items():
        shown = widgets(styled(isle, layer))
        for column in columns:
            codes = {code for (code,) in rows(isle, f'SELECT DISTINCT "{column}" FROM "{layer}"')} - {None}
            kind, words = shown[column]
            assert (kind, codes - set(words)) == ("ValueMap", set())


def test_what_is_true_or_false_is_a_box(isle):
    for layer, truths in {
        LAYER: {"is_flagged", "is_within_limit", "is_contiguous", "holds_without_special_zones"},
        "Indicators": {"is_approximate"},
        "Findings": set(),
    }.items():
        shown = widgets(styled(isle, layer))
        assert {name for name, (kind, _) in shown.items() if kind == "CheckBox"} == truths
        types = dict(rows(isle, "SELECT name, type FROM pragma_table_info(?)", layer))
        assert {name for name, kind in types.items() if kind == "BOOLEAN"} == truths


@pytest.mark.parametrize("layer", TABLES_WITH_WORDS)
def test_a_table_lists_its_columns_in_a_readers_order(isle, layer):
    style = styled(isle, layer)
    listed = {one.get("name"): one.get("hidden") for one in style.findall("attributetableconfig/columns/column")}
    columns = {name for name, *_ in rows(isle, "SELECT name FROM pragma_table_info(?)", layer)}
    assert set(listed) - {None} == columns
    assert listed["fid"] == "1"
    assert {one.get("field") for one in style.findall("aliases/alias")} == columns - {"fid"}
    fields = style.findall("attributeEditorForm//attributeEditorField")
    assert {one.get("name") for one in fields} == columns - {"fid"}
    first = {"Findings": "locality_name", "Indicators": "indicator_title", "Thresholds": "setting"}
    assert next(iter(listed)) == first.get(layer, "locality_name")
    assert style.find("renderer-v2") is None
    assert style.findtext("layerGeometryType") == "4"


def test_colours_of_the_verdicts_differ_in_lightness_too(isle):
    from localities.publishing.styles import ANSWER_COLOURS

    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    shades = [
        lightness(ANSWER_COLOURS[one])
        for one in ("poorer_than_both", "poorer_than_scotland", "some_evidence", "no_evidence")
    ]
    assert shades == sorted(shades)
    assert min(high - low for low, high in itertools.pairwise(shades)) > 0.1


def test_metadata_names_licence_attribution_and_that_it_is_fictional(isle):
    documents = rows(
        isle,
        "SELECT reference_scope, table_name, metadata FROM gpkg_metadata_reference JOIN gpkg_metadata"
        " ON md_file_id = id ORDER BY id",
    )
    scope, table, text = documents[0]
    whole = ElementTree.fromstring(text)
    assert (scope, table) == ("geopackage", None)
    assert whole.findtext("title") == "Localities and their outcomes: O'Neil's Isle (fictional)"
    assert whole.findtext("license") == "Open Government Licence v3.0"
    assert whole.findtext("rights") == "Contains made-up data <2020>"
    assert "describes no real place" in whole.findtext("abstract")
    assert LAYER in {table for _, table, _ in documents}


def test_a_wanted_set_is_the_only_one_shown_and_gdals_settings_are_put_back(workspace, tmp_path):
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    publish(workspace, candidate_sets=["intermediate_zones"], out=tmp_path)
    names = [name for name, _ in pyogrio.list_layers(tmp_path / ISLE) if name.startswith("Localities")]
    assert names == [LAYER]
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


def test_layers_that_gdal_did_not_write_are_as_good_as_its_own(isle):
    zones = gpd.read_file(isle, layer="Data zones", bbox=(100, 100, 200, 200))
    assert zones["zone_code"].tolist() == ["S01990001"]
    assert pyogrio.read_info(isle, layer="Data zones")["total_bounds"] == (0, 0, 4000, 1000)
    triggers = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
    assert rows(isle, triggers, "Data zones") == rows(isle, triggers, LAYER) != [(0,)]

    # a planner who adds a feature: the spatial index and the count follow
    pyogrio.write_dataframe(zones.set_geometry(zones.translate(50_000)), isle, layer="Data zones", append=True)
    assert len(gpd.read_file(isle, layer="Data zones", bbox=(50_000, 0, 50_500, 500))) == 1
    assert rows(isle, "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'Data zones'") == [(5,)]


def test_layers_are_listed_in_a_planners_order(isle):
    names = [name for name, _ in pyogrio.list_layers(isle)]
    assert names[:3] == [LAYER, "Data zones", "Findings"]


def test_a_layer_whose_name_needs_escaping_is_left_to_gdal():
    import pyarrow as pa

    from localities.publishing.layers import Layer
    from localities.publishing.shapes import can_repeat

    table = pa.table({"a": [1]})
    assert can_repeat(Layer("Localities – Wards", "", table))
    assert not can_repeat(Layer("Localities – O'Neil's own", "", table))


def test_a_councils_own_data_are_published_for_its_partnership_alone(workspace):
    """Food parcels cover O'Neil's Isle: elsewhere there is neither a finding nor the indicator nor its source."""
    for table in ("indicators", "findings", "estimates", "sources"):
        one, rows_of_all = workspace.store.manifest(table), workspace.store.read(table)
        own = {"source_id": "parcels", **({"title": "Parcels"} if table == "sources" else {"indicator_id": "parcels"})}
        more = rows_of_all.assign(**{name: value for name, value in own.items() if name in rows_of_all.columns})
        workspace.store.write(
            table, pd.concat([rows_of_all, more], ignore_index=True), inputs=one.inputs, sources=one.sources,
            code_version="3", configuration=one.configuration,
        )  # fmt: skip
    parcels = replace(load_catalogue()["nrs_children"], id="parcels", covers=("S12990001",))
    publish(replace(workspace, catalogue=Catalogue((parcels,))))
    isle, beag = (workspace.home.publications / name for name in (ISLE, "fictional-mor-and-beag.gpkg"))
    for path, ids in ((isle, ["income", "parcels"]), (beag, ["income"])):
        for layer in ("Findings", "Indicators"):
            found = rows(path, f'select distinct indicator_id from "{layer}" order by 1')
            assert [one for (one,) in found] == ids
        titles = [one for (one,) in rows(path, 'select title from "Sources"')]
        assert ("Parcels" in titles) == (len(ids) > 1)
