"""A column added to `findings` is one declaration and the line that computes it: it appears in every output."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.folders import Home

ROOT = Path(__file__).parents[1]
DECLARATION = """\
FIELDS["gap_in_events"] = Field(
    "number", "Events or people more than at the comparator's rate", "count", nullable=True, alias="More than expected",
    decimals=0, table="findings", published={"findings": 62},
)
"""
ANCHOR = '        "significance": significance,\n'
COMPUTED = '        "gap_in_events": _finite(comparison["difference"] * 2),\n'


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory, sample_home: Home) -> tuple[Path, Path]:
    """A copy of the project with the column, and a working folder of before in which its sample has run again."""
    copy = tmp_path_factory.mktemp("copy")
    without = shutil.ignore_patterns("__pycache__")
    for name in ("indicators", "localities", "pipelines", "data/sources", "data/sample"):
        shutil.copytree(ROOT / name, copy / name, ignore=without)
    shutil.copy(ROOT / "pyproject.toml", copy)
    fields = copy / "indicators" / "schema" / "fields" / "evidence.py"
    fields.write_text(fields.read_text(encoding="utf-8") + DECLARATION, encoding="utf-8")
    findings = copy / "localities" / "evidence" / "findings.py"
    text = findings.read_text(encoding="utf-8")
    assert text.count(ANCHOR) == 1
    findings.write_text(text.replace(ANCHOR, ANCHOR + COMPUTED), encoding="utf-8")
    home = copy / "home"
    shutil.copytree(sample_home.root.parent, home)
    # what is looked at here; workbooks and pages show chosen columns
    Home(home).for_sample().settings_file.write_text("publications: [geopackage]\n", encoding="utf-8")
    report = json.loads(python(copy, "-m", "pipelines.cli", "run", "--sample", "--json", "--home", str(home)))
    computed = {one["table"] for one in report["tables"] if one["is_recomputed"]}
    assert "findings" in computed
    assert not computed & {"zones", "observations", "candidate_localities", "membership"}
    return copy, next(home.rglob("publications.json")).parent


def python(copy: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_it_is_in_the_national_files(changed) -> None:
    _, published = changed
    parquet = pd.read_parquet(next(published.rglob("fictional-findings.parquet")))
    assert parquet["gap_in_events"].dropna().to_list() == (parquet["difference"].dropna() * 2).to_list()
    with duckdb.connect(str(next(published.glob("*.duckdb"))), read_only=True) as file:
        rows = file.execute("select count(gap_in_events), count(difference) from findings").fetchall()
    assert rows[0][0] == rows[0][1] > 0


def test_it_is_in_the_geopackage_with_its_title_its_place_and_its_format(changed) -> None:
    _, published = changed
    with sqlite3.connect(next(published.glob("*.gpkg"))) as file:
        columns = [row[1] for row in file.execute("pragma table_info('Findings')")]
        assert columns.index("gap_in_events") == columns.index("difference") + 1
        assert file.execute('select count(gap_in_events) from "Findings"').fetchone()[0] > 0
        titles = "select title, description from gpkg_data_columns where column_name = 'gap_in_events'"
        assert file.execute(titles).fetchall() == [
            ("More than expected", "Events or people more than at the comparator's rate (count)")
        ]
        (style,) = file.execute("select styleQML from layer_styles where f_table_name = 'Findings'").fetchone()
    widget = style.split('<field name="gap_in_events"')[1].split("</field>")[0]
    assert 'type="Range"' in widget
    assert '<Option type="int" name="Precision" value="0"/>' in widget


def test_it_is_in_the_documentation_and_in_the_ui(changed) -> None:
    copy, _ = changed
    shown = python(
        copy,
        "-c",
        "from pipelines.defs.metadata.tables import column_schema\n"
        "from pipelines.documentation import tables_page\n"
        "print(tables_page(), column_schema('findings').columns[-1].name)",
    )
    assert "| `gap_in_events` | number | Events or people more than at the comparator's rate | count |" in shown
    assert shown.split()[-1] == "gap_in_events"
