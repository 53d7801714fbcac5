"""Fixtures that every test may use: the real data where it is named, and a guard that nothing reaches the network."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

import pytest

from pipelines.folders import Home, find_home

_connect = socket.socket.connect


def _only_loopback(self: socket.socket, address: object) -> None:
    host = address[0] if isinstance(address, tuple) else None
    if isinstance(host, str) and host != "localhost":
        try:
            local = ipaddress.ip_address(host).is_loopback
        except ValueError:
            local = False
        if not local:
            raise OSError(f"a test tried to reach {host}: tests may use loopback only")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    monkeypatch.setattr(socket.socket, "connect", _only_loopback)


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real data; its absence fails the test, it never skips it."""
    named = os.environ.get("LOCALITIES_MIRROR")
    if not named:
        pytest.fail("LOCALITIES_MIRROR is not set: `make test-mirror` needs the folder of real data", pytrace=False)
    folder = Path(named).expanduser().resolve()
    if not (folder / "sg-simd-2020v2").is_dir():
        pytest.fail(f"LOCALITIES_MIRROR names {folder}, which is not the folder of real data", pytrace=False)
    return folder


@pytest.fixture
def gpkg_checker() -> type:
    """GDAL's own validator of GeoPackages.

    It needs only sqlite3, but the package that it comes in, ``gdal-utils``, asks for GDAL built from source: ``make``
    installs it without what it asks for, and where it is not installed the test is skipped.
    """
    reason = "gdal-utils is not installed: pip install --no-deps gdal-utils"
    return pytest.importorskip("osgeo_utils.samples.validate_gpkg", reason=reason).GPKGChecker


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A working folder in which the whole pipeline has run on the fictional sample."""
    from pipelines.run.run import run
    from pipelines.run.workspace import open_workspace

    home = find_home(tmp_path_factory.mktemp("sample"))
    run(open_workspace(home, is_sample=True), network=False)
    return home.for_sample()
