"""Indicators and sources declared in a working folder: used where they are finished, and stopping nobody while not."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.catalogue import load_catalogue
from indicators.declaring.own import use_folder
from indicators.errors import ConfigError
from indicators.observations.revisions import revised_since
from indicators.readers import reader_named
from pipelines.folders import Home
from pipelines.run.workspace import open_workspace
from pipelines.sources.declarations import load_sources, with_encodings, with_own_rules

INDICATOR = """\
id: food_parcels
title: Food parcels
definition: Households given a food parcel, among all households.
domain: Income
role: outcome
source: parcels
reader: mapped_table
geography: data_zone_2011
covers: [S12000047]
kind: proportion
columns: {area: DataZone, numerator: "Parcels £", denominator: Homes, period: "2024"}
unit: "% of households"
multiplier: 100
poorer_is: higher
smallest_important_difference: 1.25
smallest_important_difference_scale: ratio
national_outcome: Poverty
"""
SOURCE = """\
id: parcels
title: Food parcels
publisher: Fife Council
landing_page: "https://www.fife.gov.uk/"
addresses: []
file_name: parcels.csv
format: csv
encoding: cp850
licence: "Unknown: not stated with the file"
attribution: Fife Council
vintage: "2011"
update: rolling
"""


@pytest.fixture
def home(tmp_path: Path):
    for kind, name, text in (("indicators", "food_parcels", INDICATOR), ("sources", "parcels", SOURCE)):
        path = tmp_path / "declarations" / kind / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    yield Home(tmp_path)
    use_folder(None)


def change(home: Home, kind: str, name: str, old: str, new: str) -> None:
    path = home.declarations / kind / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_workspace_has_the_indicators_of_its_folder_and_no_other(home, tmp_path):
    workspace = open_workspace(home)
    assert workspace.catalogue["food_parcels"].covers == ("S12000047",)
    assert "parcels" in workspace.sources
    assert "food_parcels" in load_catalogue()
    elsewhere = open_workspace(Home(tmp_path / "elsewhere"))
    assert "food_parcels" not in elsewhere.catalogue
    assert elsewhere.configuration["indicators"] != workspace.configuration["indicators"]


def test_a_change_of_the_declaration_is_a_change_of_the_configuration(home):
    before = open_workspace(home).configuration["indicators"]
    change(home, "indicators", "food_parcels", "1.25", "1.5")
    assert open_workspace(home).configuration["indicators"] != before


@pytest.mark.parametrize(
    ("kind", "name", "old", "named"),
    [
        ("indicators", "food_parcels", "domain: Income", "question mark is left in it: food_parcels"),
        ("sources", "parcels", "publisher: Fife Council", "source parcels is not declared"),
    ],
)
def test_an_unfinished_draft_is_skipped_with_a_warning(home, caplog, kind, name, old, named):
    change(home, kind, name, old, f'{old.partition(":")[0]}: "?"')
    workspace = open_workspace(home)
    assert "food_parcels" not in workspace.catalogue
    assert "parcels" not in {source for one in workspace.steps for source in one.find_sources()}
    assert named in caplog.text


def test_a_finished_declaration_that_is_wrong_is_an_error_that_names_it(home):
    change(home, "indicators", "food_parcels", "kind: proportion", "kind: share")
    with pytest.raises(ConfigError, match=r"wrong at kind[\s\S]*food_parcels\.yaml"):
        open_workspace(home)


def test_an_id_of_the_projects_own_is_refused(home):
    path = home.declarations / "indicators" / "food_parcels.yaml"
    path.with_name("simd_income.yaml").write_text(INDICATOR.replace("food_parcels", "simd_income"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"simd_income[\s\S]*does not use itself"):
        open_workspace(home)


def test_the_encoding_of_a_source_is_obeyed_by_the_reader(home, tmp_path):
    one = open_workspace(home).catalogue["food_parcels"]
    path = tmp_path / "parcels.csv"
    # the pound sign of code page 850, which Windows-1252 has as another letter
    path.write_bytes("DataZone,Parcels £,Homes\nS01009264,3,10\n".encode("cp850"))
    assert reader_named("mapped_table")({"parcels": path}, [one])["value"].tolist() == [30]
    (unknowing,) = with_encodings(load_catalogue(home.declarations / "indicators"), {})
    with pytest.raises(Exception, match="Parcels £"):
        reader_named("mapped_table")({"parcels": path}, [unknowing])


def test_a_rule_of_disclosure_is_obeyed_by_whatever_reads_the_source(home, tmp_path):
    before = open_workspace(home).configuration["indicators"]
    change(home, "sources", "parcels", "format: csv", "format: csv\ndisclosure: {smallest_count: 5, rounding: 5}")
    workspace = open_workspace(home)
    assert workspace.configuration["indicators"] != before
    path = tmp_path / "parcels.csv"
    rows = "DataZone,Parcels £,Homes\nS01009264,3,41\nS01009265,12,39\n"
    path.write_bytes(rows.encode("cp850"))
    read = reader_named("mapped_table")({"parcels": path}, [workspace.catalogue["food_parcels"]])
    assert read["status"].tolist() == ["suppressed", "observed"]
    assert read["denominator"].tolist() == [40, 40]
    assert read["numerator"].tolist()[1] == 10
    # an earlier file of it is protected alike, and who reads stored figures knows what a suppressed count may be
    earlier = tmp_path / "earlier.csv"
    earlier.write_bytes(rows.replace(",12,", ",11,").encode("cp850"))
    one = with_own_rules(load_catalogue())["food_parcels"]
    revised = revised_since(earlier, {"parcels": path}, "parcels", [one])
    assert revised[["areas", "moved"]].to_numpy().tolist() == [[2, 0]]
    assert (one.suppression.lower, one.suppression.upper) == (1.0, 4.0)
    change(home, "sources", "parcels", "rounding: 5", "rounding: 3")
    with pytest.raises(ConfigError, match=r"rounding[\s\S]*at least smallest_count, 5"):
        open_workspace(home)


def test_sources_of_the_folder_are_listed_with_the_projects(home):
    open_workspace(home)
    assert load_sources()["parcels"].landing_page == "https://www.fife.gov.uk/"
