"""`deploy/`: one configuration in three sizes, and nothing secret in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


def read(name: str):
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def test_a_cluster_queues_runs_as_a_server_does():
    server, cluster = read("server/dagster.yaml"), read("cluster/values.yaml")
    assert server["concurrency"]["pools"] == {"granularity": "run", "default_limit": 1}
    assert cluster["additionalInstanceConfig"]["concurrency"] == server["concurrency"]


def test_dagster_takes_the_settings_of_its_instance(tmp_path, monkeypatch):
    pytest.importorskip("dagster_postgres", reason="the extra `team` is not installed")
    from dagster._core.instance.config import dagster_instance_config

    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql+psycopg2://127.0.0.1:1/none")
    (tmp_path / "dagster.yaml").write_bytes((DEPLOY / "server" / "dagster.yaml").read_bytes())
    found, _ = dagster_instance_config(str(tmp_path))
    assert found["storage"]["postgres"] == {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}


def test_images_are_of_this_version_and_run_as_an_ordinary_user():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    cluster = read("cluster/values.yaml")
    images = [
        cluster["dagsterWebserver"],
        cluster["dagsterDaemon"],
        *cluster["dagster-user-deployments"]["deployments"],
    ]
    assert {one["image"]["tag"] for one in images} == {version}
    assert all(one["podSecurityContext"]["runAsNonRoot"] for one in images)
    services = read("server/compose.yaml")["services"]
    ours = [one for one in services.values() if one["image"].startswith("localities:")]
    assert len(ours) == 3
    assert {one["image"] for one in ours} == {"localities:${LOCALITIES_VERSION:-" + version + "}"}
    lines = (DEPLOY / "server" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER localities" in lines[lines.index("FROM python:3.12-slim", 5) :]


def test_a_server_begins_again_and_is_reached_through_its_proxy_alone():
    services = read("server/compose.yaml")["services"]
    assert {one["restart"] for one in services.values()} == {"unless-stopped"}
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]
    assert services["database"]["networks"] == ["inside"]
    for unit in (DEPLOY / "server" / "systemd").glob("*.service"):
        text = unit.read_text(encoding="utf-8")
        assert "Restart=always" in text
        assert "User=localities" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here to ask")
def test_systemd_takes_the_units(tmp_path):
    for unit in (DEPLOY / "server" / "systemd").glob("*.service"):
        # the environment that they start is not on this machine
        text = re.sub(r"/opt/localities/bin/\S+", shutil.which("true"), unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = sorted(map(str, tmp_path.glob("*.service")))
    assert len(units) == 3
    asked = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")


def test_whatever_a_server_is_told_is_in_its_environment_file():
    files = (
        "compose.yaml",
        "dagster.yaml",
        "Caddyfile",
        *(f"systemd/localities-{one}.service" for one in ("code", "page")),
    )
    text = "".join((DEPLOY / "server" / one).read_text(encoding="utf-8") for one in files)
    asked = set(re.findall(r"\{\$?([A-Z_]+)", text)) | set(re.findall(r"env: ([A-Z_]+)", text))
    example = (DEPLOY / "server" / "environment.example").read_text(encoding="utf-8")
    assert {"DAGSTER_POSTGRES_URL", "LOCALITIES_ADDRESS", "LOCALITIES_STORE"} <= asked
    assert asked == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))


def test_nothing_secret_is_in_it():
    given = read("server/compose.yaml")
    secret = ("PASSWORD", "SECRET", "KEY", "TOKEN", "WEBHOOK")
    for service in given["services"].values():
        for name, value in service.get("environment", {}).items():
            if any(word in name for word in secret):
                assert value.startswith("${"), name
    example = (DEPLOY / "server" / "environment.example").read_text(encoding="utf-8")
    for line in example.splitlines():
        name, _, value = line.partition("=")
        assert not (any(word in name for word in secret) and value), name
