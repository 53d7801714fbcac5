"""The notebooks: stored without outputs, and run to their end on the outputs of the sample.

The first two run in a kernel, as a reader runs them; the others in this process, which is faster. The second compares
a published finding with its own arithmetic and stops if they differ, so running it is the check.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from pipelines.folders import Home
from tests.notebook_pictures import NOTEBOOKS as FOLDER
from tests.notebook_pictures import run_here

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def executed(path: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    # the notebooks ask for the sample's folder inside the working folder
    monkeypatch.setenv("LOCALITIES_HOME", str(home.root.parent))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(path, as_version=4)
    # started elsewhere, so that a notebook cannot lean on the checkout
    elsewhere = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=elsewhere).execute()
    return notebook


def shown(notebook: nbformat.NotebookNode) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


def named(start: str) -> Path:
    return next(path for path in NOTEBOOKS if path.name.startswith(start))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert "fictional" in notebook.cells[0].source


def test_outputs_answer_which_localities_and_why(
    sample_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = executed(named("01"), sample_home, tmp_path, monkeypatch)
    text = shown(notebook)
    # the community of Nine Fields is planted where Hillhead of Mastrin lies (tests/sample_country/plan.py)
    # within the city, which has other poor places, two of the three core domains are not surely poorer by enough
    assert "Hillhead of Mastrin: Strong evidence: poorer than Scotland. Than elsewhere in Scotland: surely" in text
    assert "\nMastrin: Strong evidence: poorer than Scotland, and than elsewhere in the partnership." in text
    pictures = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 3
    assert "Recommended: of the sets that qualify, it gains most." in text
    # nothing is planted in these, and nothing is found in them
    assert "Dalmorran Braes      5       4208   0.00" in text
    assert "Abbey Parks          5       4497   0.00" in text


def test_a_finding_is_what_plain_arithmetic_says(
    sample_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = shown(executed(named("02"), sample_home, tmp_path, monkeypatch))
    # counted in the sample's workbook: overcrowded residents of Mastrin, and of the rest of the city
    assert "inside: 530 of 3,493 = 15.17 %; rest: 9,563 of 88,209 = 10.84 %" in text
    assert "p_important" in text


@pytest.fixture
def here(sample_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a notebook in this process, and close its figures."""
    monkeypatch.setenv("LOCALITIES_HOME", str(sample_home.root.parent))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.delenv("LOCALITIES_AREA", raising=False)
    monkeypatch.chdir(tmp_path)
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    yield lambda start: run_here(named(start))
    plt.close("all")


def test_an_indicator_is_added_and_finds_what_was_put_into_it(here, capsys: pytest.CaptureFixture[str]) -> None:
    names = here("03")
    # parcels were drawn around income deprivation, which Quayside and Nine Fields have most of: planted in these three
    assert "Surely and importantly poorer: Hillhead of Mastrin, Mastrin, Tollmorran" in capsys.readouterr().out
    rows = names["rows"]
    table = names["TABLE"].set_index("DataZone")["Parcels"]
    few = table.index[table.between(1, 4)]
    assert len(few)
    assert set(rows.loc[rows["area_code"].isin(few), "status"]) == {"suppressed"}
    assert set(rows["numerator"].dropna() % 5) == {0.0}


def test_two_ways_of_drawing_are_held_against_each_other(here, capsys: pytest.CaptureFixture[str]) -> None:
    names = here("04")
    text = capsys.readouterr().out
    reached = [int(line.split(": ")[1].split()[0].replace(",", "")) for line in text.splitlines() if "Reached" in line]
    flagged = [names["first"], names["second"]]
    # each drawing reaches those of both and its own alone
    totals = [round((one * names["people"]).sum()) for one in flagged]
    assert [reached[0] + one for one in reached[1:]] == pytest.approx(totals, abs=1)
    assert 0 < names["compared"].adjusted_rand_index < 1


@pytest.mark.parametrize("name", ["first-tour", "adding-an-indicator", "comparing-boundaries"])
def test_pictures_are_there_and_small(name: str) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in NOTEBOOKS)
    assert f"pictures/{name}.png" in text
    assert 2_000 < (FOLDER / "pictures" / f"{name}.png").stat().st_size < 60_000
