"""Help, version, exit codes, errors and the cost of starting; in processes of their own where that matters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from indicators.errors import SourceUnavailable
from pipelines.folders import Home

COMMANDS = ["run", "sources", "candidates", "findings", "explain", "indicators", "ui", "home"]


def in_a_process(*arguments: object, home: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCALITIES_", "COLUMNS"))}
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *map(str, arguments)],
        capture_output=True,
        timeout=120,
        check=False,
        env={**kept, "LOCALITIES_HOME": str(home), **environment},
    )


def test_help_lists_the_commands_and_the_exit_codes(localities):
    ran = localities("--help")
    assert ran.code == 0
    for command in COMMANDS:
        assert f" {command} " in ran.out
    assert "Exit codes: 0 done; 1 failed, the reason is on standard error; 2 wrong usage" in ran.words


@pytest.mark.parametrize(
    "command", [("run",), ("findings",), ("explain",), ("sources", "fetch"), ("indicators", "list")]
)
def test_every_command_documents_its_exit_codes(localities, command):
    ran = localities(*command, "--help")
    assert ran.code == 0
    assert "Exit codes: 0 done" in ran.words


def test_no_arguments_show_the_help(localities):
    assert "Usage: localities" in localities().words


def test_version(localities):
    ran = localities("--version")
    assert ran.code == 0
    assert ran.out.startswith("localities ")


def test_an_unknown_command_is_wrong_usage(localities):
    ran = localities("frobnicate")
    assert (ran.code, ran.out) == (2, "")
    assert "No such command 'frobnicate'" in ran.words


@pytest.fixture
def broken(monkeypatch):
    """Make `localities home` fail with an error."""

    def breaks(error: Exception) -> None:
        def raise_it(*_: object, **__: object) -> Home:
            raise error

        monkeypatch.setattr("pipelines.cli.service.home_of", raise_it)

    return breaks


def test_an_error_for_people_is_printed_plainly(localities, broken):
    broken(SourceUnavailable("The source simd could not be had.\n  to do: name a mirror [sic]"))
    ran = localities("home")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "Error: The source simd could not be had.\n  to do: name a mirror [sic]\n"


def test_a_fault_of_the_program_is_short_and_says_how_to_see_more(localities, broken, monkeypatch):
    broken(ZeroDivisionError("division by zero"))
    ran = localities("home")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Unexpected error: ZeroDivisionError: division by zero\n")
    assert "--traceback" in ran.err
    assert "Traceback (most recent call last)" not in ran.err

    asked = localities("--traceback", "home")
    assert asked.code == 1
    assert "Traceback (most recent call last)" in asked.err
    assert "in raise_it" in asked.err

    monkeypatch.setenv("LOCALITIES_TRACEBACK", "1")
    assert "in raise_it" in localities("home").err
    monkeypatch.setenv("LOCALITIES_TRACEBACK", "0")
    assert "in raise_it" not in localities("home").err


def test_an_interruption_is_not_an_error_of_the_program(localities, monkeypatch):
    def interrupt(*_: object, **__: object) -> Home:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.cli.service.home_of", interrupt)
    ran = localities("home")
    assert ran.code in (1, 130)
    assert "Unexpected" not in ran.err


def test_home_says_where_things_lie(localities, tmp_path):
    told = localities("home", "--json").json
    assert Path(told["store"]) == tmp_path / "home" / "store"
    assert told["mirror"] is None
    assert (Path(told["declared_sources"]) / "sg-simd-2020v2.yaml").is_file()
    sample = localities("home", "--sample", "--json").json
    assert Path(sample["store"]) == tmp_path / "home" / "sample_run" / "store"
    assert "not yet" in localities("home").out


def test_ui_hands_over_to_dagster(localities, monkeypatch, tmp_path):
    given: dict[str, object] = {}

    def start(home: Home, **options: object) -> int:
        given.update(options, home=home)
        return 3

    monkeypatch.setattr("pipelines.service.start", start)
    ran = localities("ui", "--port", "4000", "--sample")
    assert ran.code == 3
    assert given == {
        "home": Home(tmp_path / "home"),
        "host": "127.0.0.1",
        "port": 4000,
        "sample": True,
        "mirror": None,
        "address": None,
    }
    localities("ui", "--address", "https://localities.example")
    assert given["address"] == "https://localities.example"
    assert localities("ui", "--port", "99999").code == 2
    assert localities("ui", "--sample", "--mirror", "somewhere").code == 2


# ---- in a process -------------------------------------------------------------------------------------------------


def test_starting_up_imports_nothing_heavy():
    """Help must come at once: importing pandas, geopandas or Dagster would cost seconds."""
    program = (
        "import sys; import pipelines.cli; "
        "heavy = {'pandas', 'numpy', 'geopandas', 'scipy', 'dagster', 'pyarrow', 'duckdb', 'requests', 'yaml'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("candidates",), ("indicators", "list"), ("candidates", "--area", "Nowhere")],
    ids=" ".join,
)
def test_a_windows_code_page_is_no_obstacle(stored, tmp_path, arguments):
    """Output sent to a file in cp1252, which lacks both Rich's lines and the Welsh letter in one locality's name."""
    done = in_a_process(*arguments, home=tmp_path / "home", PYTHONIOENCODING="cp1252")
    assert b"UnicodeEncodeError" not in done.stderr
    assert done.returncode == (2 if "Nowhere" in arguments else 0)
    (done.stdout or done.stderr).decode("cp1252")
    if arguments == ("candidates",):
        assert "Barraigh agus Bhatarsaigh’s Mòr ?" in done.stdout.decode("cp1252")


def test_csv_and_json_keep_every_letter_in_a_windows_code_page(stored, tmp_path):
    done = in_a_process("candidates", "--csv", home=tmp_path / "home", PYTHONIOENCODING="cp1252")
    assert "Bhatarsaigh’s Mòr ŵ" in done.stdout.decode("utf-8")
    assert b"\r" not in done.stdout
    done = in_a_process("candidates", "--json", home=tmp_path / "home", PYTHONIOENCODING="cp1252")
    assert b"M\\u00f2r \\u0175" in done.stdout
