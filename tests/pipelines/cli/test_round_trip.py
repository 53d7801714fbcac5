"""A partnership's round trip: the proposed drawing goes out, is edited, comes back, and is the one proposed to it."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.folders import Home, find_home
from pipelines.run.run import run
from pipelines.run.workspace import open_workspace

AREA = "S12990001"


@pytest.fixture
def home(copied: Home) -> Path:
    return copied.root


def command(home: Path, *arguments: object) -> tuple[int, str]:
    given = ["candidates", *map(str, arguments), "--sample", "--home", str(home)]
    result = CliRunner().invoke(app, given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout + result.stderr


def test_a_drawing_goes_out_is_edited_and_comes_back(home: Path) -> None:
    file = home / "out.gpkg"
    assert command(home, "export", file, "--area", AREA)[0] == 0
    zones = gpd.read_file(file, layer="Zones to edit")
    assert zones.crs.to_epsg() == 27700
    assert (zones["community"] == zones["community_proposed"]).all()
    styles = gpd.read_file(file, layer="layer_styles").set_index("f_table_name")
    assert 'attr="community"' in styles.loc["Zones to edit", "styleQML"]

    largest = zones["community"].value_counts().index[0]
    other = zones.loc[zones["community"] != largest, "community"].iloc[0]
    moved = zones.index[zones["community"] == largest][0]
    zones.loc[moved, ["community", "reason"]] = [other, "One school"]
    zones.to_file(file, layer="Zones to edit", driver="GPKG")

    code, out = command(
        home, "add", file, "--based-on", "natural_communities", "--name", "Ours", "--json", "--area", AREA
    )
    changes = json.loads(out)["changes"]
    assert code == 0
    assert [
        (one["zone_code"], one["community_before"], one["community_after"], one["reason"]) for one in changes["moved"]
    ] == [(zones.loc[moved, "zone_code"], largest, other, "One school")]
    assert changes["residents_moved"] == zones.loc[moved, "population"]
    assert changes["residents"] == zones["population"].sum()
    assert isinstance(changes["verdicts"], list)

    # and what it is called, in the proposed drawing
    code, _ = command(home, "rename", other, "The Weavers", "--area", AREA)
    assert code == 0
    workspace = open_workspace(find_home(home), is_sample=True)
    run(workspace, network=False, areas=[])
    drawn = workspace.store.read("candidate_localities")
    own = drawn[drawn["candidate_set"] == "own_ours"]
    assert (own["based_on"] == "natural_communities").all()
    natural = drawn[(drawn["candidate_set"] == "natural_communities") & (drawn["cpp_code"] == AREA)]
    assert "The Weavers" in set(natural["locality_name"])
    assert other not in set(natural["locality_name"])
    reach = workspace.store.read("reach")
    proposed = reach[reach["is_proposed"]].set_index("cpp_code")["candidate_set"]
    assert proposed[AREA] == "own_ours"
    assert set(proposed.drop(AREA)) == {"natural_communities"}
    # the name given to the proposed community goes into the edited one, which still had its former name
    assert "The Weavers" in set(own["locality_name"])


def test_a_drawing_without_a_change_moves_nothing(home: Path) -> None:
    file = home / "out.gpkg"
    assert command(home, "export", file, "--area", AREA)[0] == 0
    code, out = command(home, "add", file, "--based-on", "natural_communities", "--json", "--area", AREA)
    changes = json.loads(out)["changes"]
    assert code == 0
    assert changes["moved"] == changes["renamed"] == changes["verdicts"] == changes["zones_left_out"] == []


def test_an_edited_drawing_needs_its_partnership_and_its_zones(home: Path) -> None:
    file = home / "out.gpkg"
    assert command(home, "export", file, "--area", AREA)[0] == 0
    assert command(home, "add", file, "--based-on", "natural_communities")[0] == 2
    assert command(home, "export", home / "out.shp", "--area", AREA)[0] == 2
    code, said = command(home, "add", file, "--based-on", "natural_communities", "--area", "S12990002")
    assert code == 1
    assert "no zone" in said or "does not fit" in said
    assert not (find_home(home).for_sample().boundaries / "out").exists()
