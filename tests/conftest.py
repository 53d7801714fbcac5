"""Fixtures that every test may use: the real data where it is named, and a guard that nothing reaches the network."""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import ipaddress
import logging
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.folders import Home, find_home
from pipelines.storage.store import Store

# as the generator of the sample has it, whichever module asks for openpyxl first
os.environ.setdefault("OPENPYXL_LXML", "False")

_connect = socket.socket.connect

_FIRST = (
    "test_scotland", "test_real_hot_spots", "test_scotland_2022",
    "test_service", "test_packaging", "test_acceptance", "test_suite", "test_own_areas", "test_materialise",
    "test_one_declaration", "test_sample_run", "test_parts", "test_sample_2022", "test_round_trip", "test_validate",
    "test_persons", "test_check", "test_search", "test_nightly", "test_edition", "test_publish", "test_sample",
)  # fmt: skip
"""Modules that take or wait longest: they begin, so that no process is left alone with one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest modules first."""
    rank = {name: place for place, name in enumerate(_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(_FIRST)))


def pytest_collection_finish() -> None:
    """Keep the garbage collector off what was imported and collected, which stays: small tests take a fifth less."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Hand it back, or libraries complain of what they find left over."""
    gc.unfreeze()


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
def filled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[Store], None], Path], Store]:
    """Fill a store with small tables made by hand once per process, and give each test a copy in its working folder."""

    @functools.cache
    def made(fill: Callable[[Store], None]) -> Path:
        home = tmp_path_factory.mktemp("filled")
        fill(Store(home / "store"))
        return home

    def copy(fill: Callable[[Store], None], home: Path) -> Store:
        shutil.copytree(made(fill), home, dirs_exist_ok=True)
        return Store(home / "store")

    return copy


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A working folder in which the whole pipeline has run on the fictional sample: to read, or to copy.

    What it said, to the last detail, is in ``said.txt`` beside.
    """
    return _run_once(tmp_path_factory, "sample-home", _run_the_sample).for_sample()


@pytest.fixture
def copied(sample_home: Home, tmp_path: Path) -> Home:
    """A working folder of the test's own, as the run on the sample left it, without what was published."""
    shutil.copytree(sample_home.root.parent, tmp_path / "home", ignore=shutil.ignore_patterns("publications"))
    return find_home(tmp_path / "home")


@pytest.fixture(scope="session")
def scotland(tmp_path_factory: pytest.TempPathFactory, mirror: Path) -> Home:
    """A working folder in which the main job has run for all of Scotland, on zones of 2011: to read, or to copy."""
    from pipelines.run.run import run
    from pipelines.run.workspace import open_workspace

    return _run_once(tmp_path_factory, "scotland", lambda home: run(open_workspace(home, mirror=mirror), network=False))


def _run_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Home], object]) -> Home:
    """Return a working folder that one of the processes that share the tests makes, and all of them read."""
    from filelock import FileLock

    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    home = find_home(folder / name)
    with FileLock(folder / f"{name}.lock"):
        if not (folder / f"{name}.made").is_file():
            home.root.mkdir(exist_ok=True)
            make(home)
            (folder / f"{name}.made").touch()
    return home


def _run_the_sample(home: Home) -> None:
    from pipelines.run.run import run
    from pipelines.run.workspace import open_workspace

    said = io.StringIO()
    log, root = logging.StreamHandler(said), logging.getLogger()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            run(open_workspace(home, is_sample=True), network=False)
    finally:
        root.setLevel(level)
        root.removeHandler(log)
    (home.root / "said.txt").write_text(said.getvalue(), encoding="utf-8")
