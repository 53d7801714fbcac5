"""Which zones a run stands on: said by the settings, the environment, the command or the run's configuration."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from typer.testing import CliRunner

from indicators.errors import ConfigError
from pipelines.cli.app import app
from pipelines.cli.parts.choices import home_of
from pipelines.defs import resources
from pipelines.folders import ZONES_VARIABLE, Home, find_home
from pipelines.run.workspace import open_workspace


def test_results_on_other_zones_lie_apart_and_the_rest_is_shared(tmp_path: Path):
    usual, later = Home(tmp_path), Home(tmp_path).on_zones("2022")
    assert usual.on_zones("2011").store == usual.store == tmp_path / "store"
    assert later.store == tmp_path / "zones_2022" / "store"
    assert later.publications == tmp_path / "zones_2022" / "publications"
    for shared in ("downloads", "boundaries", "cache", "lock", "settings_file"):
        assert getattr(later, shared) == getattr(usual, shared)


def test_one_setting_changes_the_zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(ZONES_VARIABLE, raising=False)
    assert open_workspace(find_home(tmp_path)).settings.zones == "2011"
    (tmp_path / "settings.yaml").write_text("zones: 2022\n", encoding="utf-8")
    workspace = open_workspace(find_home(tmp_path))
    assert workspace.settings.zones == "2022"
    assert workspace.home.store == tmp_path / "zones_2022" / "store"
    assert "sg-data-zone-boundaries-2022" in workspace.sources
    assert "nrs-sape-2021" not in {source for one in workspace.steps if "zones" in one.outputs
                                   for source in one.find_sources()}  # fmt: skip
    # a command's word wins over the folder's
    monkeypatch.setenv(ZONES_VARIABLE, "2011")
    assert open_workspace(find_home(tmp_path)).settings.zones == "2011"


def test_other_zones_than_there_are_are_refused(tmp_path: Path):
    (tmp_path / "settings.yaml").write_text("zones: 2001\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="zones"):
        open_workspace(find_home(tmp_path))
    result = CliRunner().invoke(app, ["run", "--zones", "2001", "--home", str(tmp_path)])
    assert result.exit_code == 2


def test_the_sample_has_zones_of_both(tmp_path: Path):
    home = home_of(tmp_path, is_sample=True, zones="2022")
    assert home.store == tmp_path / "sample_run" / "zones_2022" / "store"
    workspace = open_workspace(find_home(tmp_path).on_zones("2022"), is_sample=True)
    assert workspace.home.store == home.store
    assert {"sg-data-zone-boundaries-2022", "nrs-oa22-dz22-lookup"} <= set(workspace.sources)


@pytest.mark.parametrize(("config", "asked"), [({}, ""), ({"zones": "2022"}, "2022")])
def test_zones_are_run_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config, asked):
    given = []

    def opened(home: Home, **said: object) -> SimpleNamespace:
        given.append(said)
        return SimpleNamespace(home=Home(tmp_path))

    monkeypatch.setattr(resources, "open_workspace", opened)
    work = resources.Work(home=str(tmp_path))
    with dg.build_resources(
        {"work": work}, resource_config={"work": {"config": {"home": str(tmp_path), **config}}}
    ) as built:
        assert built.work.zones == asked
    assert [one["zones"] for one in given] == [asked or None]


def test_zones_may_be_named_before_any_command(tmp_path: Path):
    asked = CliRunner().invoke(app, ["--zones", "2022", "findings", "--home", str(tmp_path)])
    assert f"zones_2022{os.sep}store" in asked.output
    refused = CliRunner().invoke(app, ["--zones", "2001", "findings", "--home", str(tmp_path)])
    assert refused.exit_code == 2
    after = CliRunner().invoke(app, ["findings", "--home", str(tmp_path)])
    assert "zones_2022" not in after.output
