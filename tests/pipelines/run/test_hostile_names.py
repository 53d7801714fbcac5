"""Names that anybody may have written into a file of boundaries, through every writer: shown as they are, never run."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

from indicators.errors import LocalitiesError
from indicators.schema.fields import FIELDS
from localities.boundaries.own_files import add_boundaries, own_sets, read_boundaries
from pipelines.cli.parts.output import table, write_csv, write_json
from pipelines.defs.metadata.tables import markdown_table
from pipelines.run.publish import publish

NAMES = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    '=HYPERLINK("http://x","click")',
    "O'Brien\"; DROP TABLE verdicts;--",
    "[% @project_path %] | `y` [bold red]z[/]",
    "@SUM(1+1)",
    "  +1&2",
    "</abstract><x>&amp;",
]


@pytest.fixture(scope="module")
def hostile(country_at, tmp_path_factory):
    """The country, its localities and partnerships called by these names in turn, with every file: to read only."""
    workspace = country_at(tmp_path_factory.mktemp("hostile"))
    for name in ("candidate_localities", "zones"):
        frame = workspace.store.read(name)
        column = "locality_name" if name == "candidate_localities" else "zone_name"
        frame[column] = [NAMES[n % len(NAMES)] for n in range(len(frame))]
        frame["cpp_name"] = frame["cpp_name"].map(
            dict(zip(sorted(frame["cpp_name"].unique()), NAMES[-2:], strict=True))
        )
        workspace.store.write(name, frame, code_version="1")
    sources = workspace.store.read("sources").assign(title=NAMES[0], attribution=NAMES[6], licence=NAMES[3])
    workspace.store.write("sources", sources, code_version="1")
    publish(workspace)
    return workspace


def geopackage(workspace) -> Path:
    """Return the file of the partnership that has two localities, under its plain name."""
    plain = [path for path in workspace.home.publications.glob("*.gpkg") if "_" not in path.stem]
    return max(plain, key=lambda path: path.stat().st_size)


def test_map_tips_show_every_field_as_text(hostile):
    with sqlite3.connect(geopackage(hostile)) as file:
        styles = [text for (text,) in file.execute("SELECT styleQML FROM layer_styles")]
    tips = [tip for text in styles if (tip := ElementTree.fromstring(text).findtext("mapTip"))]
    assert len(tips) >= 2
    for tip in tips:
        expressions = re.findall(r"\[%(.*?)%\]", tip, re.DOTALL)
        assert expressions
        for one in expressions:
            dated = re.fullmatch(r' year\("(\w+)"\) ', one)
            if dated:  # the year of a date is a number
                assert FIELDS[dated[1]].dtype == "date", one
                continue
            # a number is rounded; whatever else a field holds goes through the escape of both characters
            assert one.strip().startswith(("replace(replace(", "round(")), one
            assert one.count("'&amp;'") == one.count("'&lt;'") == (0 if "round(" in one else 1)


def test_what_a_geopackage_says_of_itself_is_well_formed(hostile):
    with sqlite3.connect(geopackage(hostile)) as file:
        documents = [text for (text,) in file.execute("SELECT metadata FROM gpkg_metadata")]
        names = [name for (name,) in file.execute("SELECT locality_name FROM Findings")]
    rights = [ElementTree.fromstring(text.partition("\n")[2]).findtext("rights") for text in documents]
    assert set(rights) == {NAMES[6]}
    assert set(names) <= set(NAMES)


def test_the_duckdb_file_keeps_names_and_tables(hostile):
    import duckdb

    with duckdb.connect(str(hostile.home.publications / "fictional-country.duckdb"), read_only=True) as file:
        kept = [name for (name,) in file.execute("SELECT locality_name FROM candidate_localities").fetchall()]
        assert file.execute("SELECT count(*) FROM verdicts").fetchall()
    assert kept == [NAMES[n] for n in range(len(kept))]


def test_no_cell_of_a_csv_is_a_formula_and_numbers_stay_numbers(capsysbinary):
    write_csv(pd.DataFrame({"name": NAMES, "difference": [-1.5] * len(NAMES)}))
    rows = list(csv.DictReader(io.StringIO(capsysbinary.readouterr().out.decode())))
    assert [row["name"].removeprefix("'") for row in rows] == NAMES
    assert not [row["name"] for row in rows if row["name"].lstrip()[0] in "=+-@"]
    assert {float(row["difference"]) for row in rows} == {-1.5}


def test_json_gives_names_back(capsys):
    write_json([{"name": name} for name in NAMES])
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == NAMES


def test_the_terminal_shows_mark_up_as_it_is(capsys):
    table("", (("Name", "left"),), [(name,) for name in NAMES])
    shown = " ".join(capsys.readouterr().out.split())
    assert "[bold red]z[/]" in shown


def test_markdown_holds_no_html_link_or_further_cell():
    lines = markdown_table(pd.DataFrame({"name": NAMES, "n": 1})).splitlines()
    assert len(lines) == 2 + len(NAMES)
    for line in lines[2:]:
        bare = re.sub(r"\\.", "", line)  # what is escaped is text
        assert not re.search(r"[<>`*\[\]]", bare)
        assert bare.count("|") == 3


def boundaries(folder: Path, names: list[str], shapes: list[Polygon]) -> Path:
    path = folder / "areas.gpkg"
    gpd.GeoDataFrame({"name": names}, geometry=shapes, crs="EPSG:27700").to_file(path)
    return path


def test_a_corner_that_lies_nowhere_is_refused_and_nothing_is_kept(tmp_path):
    broken = Polygon([(0, 0), (1000, float("nan")), (1000, 1000), (0, 0)])
    path = boundaries(tmp_path, ["N", "A"], [broken, box(0, 0, 500, 500)])
    with pytest.raises(LocalitiesError, match=r"lie nowhere[\s\S]*codes: N\n"):
        add_boundaries(tmp_path / "boundaries", path)
    assert own_sets(tmp_path / "boundaries") == ()


def test_names_without_latin_letters_stay_three_areas(tmp_path):
    names = ["東京", "北京", "Ελλάδα", "Ελλάδα North", "東京 North"]
    squares = [box(200_000 + 100 * n, 700_000, 200_100 + 100 * n, 700_100) for n in range(5)]
    areas, _ = read_boundaries(boundaries(tmp_path, names, squares))
    assert sorted(areas["locality_name"]) == sorted(names)
    assert areas["locality_code"].str.fullmatch(r"[a-z0-9-]+").all()


def test_no_cell_of_a_workbook_or_of_an_archive_is_a_formula(hostile):
    import zipfile

    import openpyxl

    book = openpyxl.load_workbook(geopackage(hostile).with_suffix(".xlsx"))
    cells = [cell for one in book for row in one.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert set(NAMES[:2]) <= {cell.value for cell in cells}
    with zipfile.ZipFile(geopackage(hostile).with_name(geopackage(hostile).stem + " tables.zip")) as archive:
        rows = [row for name in archive.namelist() if name.endswith(".csv")
                for row in csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig")))]  # fmt: skip
    texts = {text for row in rows for text in row}
    assert f"'{NAMES[1]}" in texts
    # a figure below zero is a number
    risky = [text for text in texts if re.match(r" *[=+@\t\r]", text) or re.match(r" *-(?![\d.])", text)]
    assert risky == []


def test_no_name_ends_the_part_of_a_page_that_holds_it(hostile):
    text = geopackage(hostile).with_suffix(".html").read_text(encoding="utf-8")
    inside = re.search(r'id="content">(.*?)</script>', text, re.DOTALL)
    assert inside
    assert "<" not in inside[1]
    assert NAMES[0] in json.loads(inside[1])["places"]["locality_name"]
    # the page's title is the one place where a name stands in the mark-up itself
    assert "<x>" not in re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1]
