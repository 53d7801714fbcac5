"""Hot spots of the fictional sample: through the pipeline, on the command line, and in a planner's GeoPackage."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from typer.testing import CliRunner

from indicators.schema.validation import validate
from pipelines.cli import app
from pipelines.folders import Home, find_home
from pipelines.run.publish import publish
from pipelines.run.workspace import open_workspace
from pipelines.storage.store import Store


@pytest.fixture
def stored(sample_home: Home) -> Store:
    return Store(sample_home.store)


def command(sample_home: Home, *arguments: str) -> tuple[int, str, str]:
    given = ["hot-spots", "--sample", "--home", str(sample_home.root.parent), *arguments]
    result = CliRunner().invoke(app, given)
    return result.exit_code, result.stdout, result.stderr


def test_every_partnership_of_the_sample_has_its_most_likely_hot_spot(stored: Store) -> None:
    spots, zones = validate("hot_spots", stored.read("hot_spots")), stored.read("zones")
    assert set(spots.loc[spots["rank"] == 1, "cpp_code"]) == set(zones["cpp_code"])
    assert (spots["population"] < 10_000).all()
    assert (spots["ratio"] >= 1.5).all()
    assert (spots["log_likelihood_ratio"] >= 12).all()
    for answer in ("p_chance", "p_inequality"):
        assert (spots[answer] * 500).round(6).isin(range(1, 501)).all()
    # the count of need is the outcome scanned
    assert spots["people_in_need"].tolist() == spots["observed"].tolist()


def test_command_repeats_the_nightly_search(sample_home: Home, stored: Store) -> None:
    code, out, _ = command(sample_home, "--replications", "499", "--json")
    found = {one["hot_spot_id"]: one for one in json.loads(out)}
    members = stored.read("hot_spot_zones").groupby("hot_spot_id")["zone_code"].agg(", ".join)
    nightly = stored.read("hot_spots").set_index("hot_spot_id")
    assert code == 0
    assert {name: one["p_inequality"] for name, one in found.items()} == nightly["p_inequality"].to_dict()
    assert {name: one["zones"] for name, one in found.items()} == members.to_dict()


def test_command_searches_other_outcomes_shapes_and_areas(sample_home: Home) -> None:
    code, out, _ = command(
        sample_home, "--indicator", "simd_income", "--indicator", "simd_employment", "--shape", "flexible",
        "--area", "S12990001", "--replications", "49", "--csv",
    )  # fmt: skip
    head, row, *_ = out.splitlines()
    assert code == 0
    assert head.startswith("hot_spot_id,hot_spot_name,cpp_code")
    assert '"simd_income, simd_employment"' in row
    assert row.startswith("hot_spot:S12990001-1")
    code, out, _ = command(sample_home, "--within", "scotland", "--replications", "19")
    assert code == 0
    assert out.startswith("Fictional sample")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--shape", "square"],
        ["--indicator", "simd_incom"],
        ["--within", "scotland", "--area", "S12990001"],
        ["--json", "--csv"],
    ],
)
def test_wrong_usage_is_refused(sample_home: Home, wrong: list[str]) -> None:
    assert command(sample_home, *wrong)[0] == 2


def test_planner_finds_hot_spots_as_a_layer(sample_home: Home, tmp_path: Path) -> None:
    workspace = open_workspace(find_home(sample_home.root.parent), is_sample=True)
    written = publish(workspace, areas=["S12990001"], out=tmp_path / "out")
    package = next(one.path for one in written if one.path.suffix == ".gpkg")
    layer = gpd.read_file(package, layer="Hot spots")
    own = workspace.store.read("hot_spots").query("cpp_code == 'S12990001'")
    assert layer["hot_spot_id"].tolist() == own["hot_spot_id"].tolist()
    assert layer.area.tolist() == pytest.approx(own.geometry.area.tolist())
    styles = gpd.read_file(package, layer="layer_styles").set_index("f_table_name")
    assert 'attr="is_beyond_inequality"' in styles.loc["Hot spots", "styleQML"]


def test_an_area_where_nothing_is_strong_enough_has_no_clear_hot_spot(sample_home: Home) -> None:
    weak = ("--area", "S12990001", "--replications", "9", "--least-strength", "100000")
    code, out, _ = command(sample_home, *weak)
    assert code == 0
    assert "No clear hot spot: Inverbrae, City of." in out
    assert "of 1 areas" not in out
    code, out, _ = command(sample_home, *weak, "--json")
    assert (code, json.loads(out)) == (0, [])


def test_an_area_with_hot_spots_says_how_many_have_each_answer(sample_home: Home, stored: Store) -> None:
    code, out, _ = command(sample_home, "--area", "S12990001", "--replications", "499")
    own = stored.read("hot_spots").query("cpp_code == 'S12990001'")
    assert code == 0
    said = f"{len(own)} beyond the least risk and strength, {own['is_beyond_chance'].sum()} of them beyond chance"
    assert said in " ".join(out.split())
    assert "of 1 areas" not in out
