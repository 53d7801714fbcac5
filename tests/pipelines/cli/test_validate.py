"""`localities validate` on the fictional sample: the page, and that it is the same twice."""

from __future__ import annotations

from typer.testing import CliRunner

from indicators.comparison import operating_characteristics as coverage
from pipelines.cli import app
from pipelines.folders import Home


def test_validate_writes_a_page_that_says_what_it_was_run_on(sample_home: Home, tmp_path, monkeypatch):
    # tested in tests/indicators/comparison/test_operating_characteristics.py, and slow
    for name in ("_TWO_PROPORTIONS", "_TWO_RATES"):
        monkeypatch.setattr(coverage, name, tuple(one[:1] for one in getattr(coverage, name)))
    few = ["--sample", "--worlds", "1", "--planted", "1", "--drawn", "1", "--persons", "1"]
    out = tmp_path / "docs" / "VALIDATION.md"
    home = str(sample_home.root.parent)
    ran = CliRunner().invoke(app, ["validate", *few, "--home", home, "--seed", "7", "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    page = out.read_bytes()
    assert b"\r" not in page
    text = page.decode()
    for words in ("the fictional sample", "Seed: 7", "Code version", "1 worlds per scenario", "alpha 0.05"):
        assert words in text
    assert f"Written: {out}" in ran.stderr.replace("\n", "")


def test_validate_needs_a_run(tmp_path):
    ran = CliRunner().invoke(app, ["validate", "--home", str(tmp_path)])
    assert ran.exit_code == 1
    assert "localities run" in ran.stderr
