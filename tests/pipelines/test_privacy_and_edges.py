"""Nothing is told to anybody, logs hold no row of data, and what the machine refuses is said in words."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from pipelines.cli.parts.machine import in_words
from pipelines.folders import Home
from pipelines.run.workspace import the_only_run
from pipelines.service import environment_of, place_settings
from pipelines.storage.store import Store


def test_dagsters_telemetry_is_off_by_its_settings_and_by_environment(tmp_path: Path, monkeypatch):
    import dagster as dg
    from dagster_shared.telemetry import get_telemetry_enabled_from_dagster_yaml

    folder = place_settings(tmp_path / "dagster_home")
    named = environment_of(Home(tmp_path), folder)
    monkeypatch.setenv("DAGSTER_HOME", named["DAGSTER_HOME"])
    with dg.DagsterInstance.get() as instance:
        assert not instance.telemetry_enabled
    # read by the thread that sends what was logged
    assert named["DAGSTER_DISABLE_TELEMETRY"] == "1"
    assert not get_telemetry_enabled_from_dagster_yaml()


def test_nothing_of_ours_reports_anywhere():
    """The only module that may open a connection is the one that asks publishers; a free port is looked for here."""
    root = Path(__file__).resolve().parents[2]
    names = ("requests", "urllib.request", "http.client", "socket", "httpx", "aiohttp", "smtplib")
    users = {
        path.relative_to(root).as_posix()
        for package in ("indicators", "localities", "pipelines")
        for path in (root / package).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(tuple(f"{word} {name}" for word in ("import", "from") for name in names))
    }
    # alerts go where the environment says, to nobody by default; the doctor asks publishers whether they answer
    asking = {"pipelines/defs/alerts.py", "pipelines/run/doctor.py"}
    assert users - asking == {"pipelines/service.py", "pipelines/sources/transport.py"}
    assert asking <= users


def test_logs_of_a_run_hold_no_row_of_data(sample_home: Home):
    said = (sample_home.root.parent / "said.txt").read_text(encoding="utf-8")
    assert "run.lock" in said
    zones = Store(sample_home.store).read("zones", ["zone_code", "zone_name"])
    assert not [code for code in zones["zone_code"] if code in said]
    assert not [name for name in zones["zone_name"] if name in said]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "zones.part"), "The disk is full"),
        (sqlite3.OperationalError("database or disk is full"), "The disk is full"),
        (RuntimeError("IO Error: Could not write: No space left on device"), "The disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "run.lock"), "may not be written or read"),
        (OSError(errno.EROFS, "Read-only file system", "store"), "may not be written or read"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "store"), "a file where a folder should be"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "a.csv"), "a file where a folder should be"),
        (sqlite3.OperationalError("database is locked"), "held open by another program"),
        (UnicodeDecodeError("utf-8", b"\xe9", 0, 1, "invalid continuation byte"), "bytes that are not text"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, BaseException) else "",
)
def test_what_the_machine_refuses_is_said_in_words(error, words):
    assert words in str(in_words(error))
    wrapped = RuntimeError("a library's own words")
    wrapped.__cause__ = error
    assert words in str(in_words(wrapped))


def test_a_working_folder_that_is_a_file_is_no_fault_of_the_program(localities_in_a_file):
    code, said = localities_in_a_file
    assert code == 1
    assert "a file where a folder should be" in said
    assert "fault of the program" not in said


@pytest.fixture
def localities_in_a_file(tmp_path: Path, capsys) -> tuple[int, str]:
    from pipelines.cli.app import app

    home = tmp_path / "home"
    home.write_text("not a folder", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        app(["run", "--sample", "--home", str(home)], prog_name="localities")
    return int(ended.value.code or 0), capsys.readouterr().err


def test_what_a_killed_run_left_is_gone_at_the_next_start_under_the_lock(tmp_path: Path):
    home = Home(tmp_path)
    left = [
        home.downloads / "a-source" / ".incoming-x" / "table.csv",
        home.store / "zones" / ".123.parquet.part",
        home.cache / "observations" / "simd-1.123.part",
        home.boundaries / ".incoming-y" / "areas.parquet",
    ]
    kept = [home.downloads / "a-source" / "table.csv", home.store / "zones" / "1.parquet"]
    for path in (*left, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    with the_only_run(home):
        assert not [path for path in left if path.exists()]
    assert all(path.exists() for path in kept)
