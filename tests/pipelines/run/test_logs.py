"""The log of a run: off by itself; as lines that say what they are about."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from indicators.errors import ConfigError
from pipelines.run.logs import LOG_VARIABLE, about, measured, start_log

OURS = logging.getLogger("pipelines")


@pytest.fixture(autouse=True)
def as_before():
    before = OURS.handlers, OURS.level, OURS.propagate
    yield
    OURS.handlers, OURS.level, OURS.propagate = before


def test_a_line_of_json_has_run_step_part_and_source(capsys):
    start_log({LOG_VARIABLE: "json"})
    with about(run="r1"), measured("findings"), about(part="wards", source="simd"):
        OURS.getChild("run").warning("a \u201cnew\u201d version")
    begun, said, done = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {name: said[name] for name in ("level", "run", "step", "part", "source", "message")} == {
        "level": "warning", "run": "r1", "step": "findings", "part": "wards", "source": "simd",
        "message": "a \u201cnew\u201d version",
    }  # fmt: skip
    assert (begun["message"], done["message"]) == ("begun", "done")
    assert done["seconds"] >= 0
    assert "part" not in done


def test_a_step_that_fails_says_so_and_goes_on_failing(capsys):
    start_log({LOG_VARIABLE: "text"})
    with pytest.raises(ValueError), measured("zones"):
        raise ValueError("no file")
    assert "ERROR failed: no file [step=zones seconds=" in capsys.readouterr().err


def test_it_is_off_and_another_form_is_refused(capsys):
    OURS.handlers = []
    start_log({})
    with measured("zones"):
        pass
    assert capsys.readouterr().err == ""
    with pytest.raises(ConfigError, match="json or text"):
        start_log({LOG_VARIABLE: "xml"})


def test_a_step_that_fails_prints_nothing_of_its_own_where_no_log_is_asked_for():
    """In a process of its own: pytest takes what is logged, and Python prints what nobody takes."""
    failing = """
from pipelines.run.logs import measured
try:
    with measured("findings"):
        raise OSError("full")
except OSError:
    pass
"""
    done = subprocess.run([sys.executable, "-c", failing], capture_output=True, text=True, check=True)
    assert done.stdout == done.stderr == ""
